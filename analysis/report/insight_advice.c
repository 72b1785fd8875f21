/* insight_advice.c - what to do by these files: which subject for throughput, TTFT or latency,
 * loads, settings, quality; each with its gain, its price and when not to.
 *
 * Subjects that cannot be told apart are one piece of advice.  There are at least three. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define LEAST_ADVICE 3
#define ENOUGH_ROWS  20 /* of a subject, from which p95 is given */
#define MOST_MODELS  3  /* in one command */
#define MOST_RUNS    2
#define SURE         0.05

/* ---- who ---- */

/* Other quantities of the chosen one: "its TTFT is 72 ms (69 to 75), against 64 ms (...) of ...,
 * the lowest". */
static const char *price_in(struct page *p, uint32_t subject, const char *quantity)
{
	const struct insight_measure *m = insight_measure(p->in, subject, quantity);
	struct contest k;
	const char *noun;

	if (!m || m->warm.n == 0 || !isfinite(m->warm.mean))
		return NULL;
	noun = page_noun(p, quantity, m->of->label);
	if (!page_contest(p, quantity, &k))
		return page_fmt(p, "its %s is %s, with no other to compare", noun, page_mean(p, m));
	if (k.best == subject)
		return page_fmt(p, "nothing in %s, in which it %s best too: %s", noun,
			k.ntied ? "may be" : "is", page_mean(p, m));
	for (size_t i = 0; i < k.ntied; i++)
		if (k.tied[i] == subject)
			return page_fmt(p, "nothing that shows in %s: %s", noun, page_mean(p, m));
	return page_fmt(p, "its %s is %s, against %s of %s", noun, page_mean(p, m),
		page_mean(p, k.of), page_subject(p, k.best));
}

/* Names of one kind of thing: models answer with unlike quality, backends should not. */
static bool is_model(struct page *p, const struct contest *k)
{
	return p->c->subjects[k->best].model != NULL;
}

static const char *quality_price(struct page *p, const struct contest *k)
{
	if (!is_model(p, k))
		return "whether results are the same was not checked in these files";
	return page_has_score(p)
		? "look at the grades of its answers before"
		: "quality is unknown: no answer was graded, and a faster model may answer worse";
}

/* The next one that is beaten; where none is, how nothing can be gained. */
static const char *gain_text(struct page *p, const struct contest *k)
{
	if (!k->next)
		return page_fmt(p, "none that shows: %s cannot be told apart (%s)",
			page_count(p, k->ntied + 1, "subject"), page_mean(p, k->of));
	if (k->next == k->last)
		return page_gain(p, k->next);
	return page_fmt(p, "from %s to %s", page_gain(p, k->next), page_gain(p, k->last));
}

static const char *choice_not_when(struct page *p, const struct contest *k)
{
	return page_fmt(p,
		"other work is meant than these prompts or inputs; on another machine or version; "
		"%s",
		k->same_prompts
			? "where results of the others are worth the wait"
			: "where prompts decide, since subjects did not all answer the same "
			  "ones here, as far as that is known");
}

static bool choose(struct page *p, const char *quantity, const char *title, const char *other,
	struct advice *ret)
{
	struct contest k;
	const char *price, *noun;

	if (!page_contest(p, quantity, &k))
		return false;
	noun = page_noun(p, quantity, k.of->of->label);
	price = other ? price_in(p, k.best, other) : NULL;
	*ret = (struct advice){.title = title,
		.setting = page_fmt(p, "%s at %s", page_best_names(p, &k), page_mean(p, k.of)),
		.gain = gain_text(p, &k),
		.cost = page_fmt(
			p, "%s%s%s", price ? price : "", price ? "; " : "", quality_price(p, &k)),
		.not_when = choice_not_when(p, &k),
		.plain = page_fmt(p, "Use %s for %s %s", page_best_names(p, &k),
			k.of->of->better > 0 ? "a high" : "a short", noun),
		.figure = page_mean(p, k.of),
		.behind = page_behind_subject(p, k.best)};
	return true;
}

/* ---- loads ---- */

static bool keep_loaded(struct page *p, struct advice *ret)
{
	const struct insight_measure *m = NULL;
	uint32_t s = page_most_loaded(p, &m);
	const char *noun, *name;
	double ratio;

	if (s == CORPUS_NONE)
		return false;
	noun = page_noun(p, m->of->quantity, m->of->label);
	name = page_subject(p, s);
	ratio = m->all.mean / m->warm.mean;
	*ret = (struct advice){.title = page_fmt(p, "For %s: keep the model loaded", noun),
		.setting =
			"keep_alive of 30m or more in every request, one request to warm up "
			"after each start, and no change of num_ctx or num_gpu between requests, "
			"which loads anew",
		.gain = page_fmt(p,
			"of %s, a mean %s of %s in place of %s with the %llu of %s that paid for a "
			"load (%s%s)",
			name, noun, page_mean(p, m),
			figures_estimate(&p->arena, m->all.mean, page_low(&m->all), m->all.high,
				m->of->unit),
			(unsigned long long)p->c->subjects[s].cold,
			page_count(p, p->c->subjects[s].rows, "row"),
			figures_rough(&p->arena, ratio >= 2 ? ratio : (ratio - 1) * 100),
			ratio >= 2 ? " times the warm one" : " % longer"),
		.cost = "memory that stays taken; nothing in throughput or quality",
		.not_when =
			"the memory is needed by another model, or requests come so rarely that "
			"a load now and then is cheaper",
		.plain = page_fmt(p,
			"Keep the model loaded between requests: a load makes the first answer "
			"of %s late",
			name),
		.figure = page_fmt(p, "%s without loads, %s %s with them", page_mean(p, m),
			page_lone_mean(p, &m->all), m->of->unit),
		.behind = page_behind_subject(p, s)};
	return true;
}

/* ---- settings ---- */

static const char *swept_reason(struct page *p, const struct swept *w)
{
	const char *trap = NULL;

	for (size_t i = 0; i < p->in->nfindings && !trap; i++)
		if (p->in->findings[i].trap == TRAP_ORDER ||
			p->in->findings[i].trap == TRAP_LOAD_BY_LEVEL)
			trap = p->in->findings[i].id;
	if (trap)
		return page_fmt(p,
			"they followed the order of the rows, or took the loads, so that an effect "
			"of theirs cannot be told from drift (%s)",
			trap);
	if (w->open)
		return page_fmt(p, "what %s would do is open", w->open);
	return w->sweeps ? "no effect that matters is shown" : "no table of them could be examined";
}

static bool settings_advice(struct page *p, struct advice *ret)
{
	struct swept w = page_swept(p);
	const char *names[16];
	size_t n = 0;

	if (p->c->nsettings == 0)
		return false;
	for (size_t i = 0; i < p->c->nsettings && n < COUNTOF(names); i++)
		if (p->c->settings[i].nlevels > 1)
			names[n++] = p->c->settings[i].name;
	if (n == 0)
		return false;
	*ret = (struct advice){.title = "Settings: leave them as they are",
		.setting = page_fmt(p, "the defaults of %s, not tuned by these files",
			page_names(p, names, n, 6)),
		.gain = page_fmt(p, "none to be had for sure: %s%s%s", swept_reason(p, &w),
			w.effect ? "; the largest difference that shows: " : "",
			w.effect ? page_effect_text(p, w.effect) : ""),
		.cost = "nothing in TTFT, throughput or quality",
		.not_when =
			"prompts need a larger context, the model does not fit into memory, or a "
			"sweep in random order with repeats has shown a difference",
		.plain =
			page_fmt(p, "Leave %s at the defaults: these files show no gain that holds",
				page_names(p, names, n, 6))};
	return true;
}

/* ---- our own runs ---- */

static const struct finding *finding_of(const struct summary *s, enum finding_kind kind)
{
	for (size_t i = 0; s && i < s->nfindings; i++)
		if (s->findings[i].kind == kind)
			return &s->findings[i];
	return NULL;
}

/* What the first runs that have a best say, each with its strongest effect as the gain. */
static size_t follow_runs(struct page *p, struct advice *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < p->in->nruns && n < MOST_RUNS; i++) {
		const struct insight_run *run = &p->in->runs[i];
		const struct finding *best = finding_of(run->summary, FIND_BEST);
		const struct finding *effect = finding_of(run->summary, FIND_EFFECT);
		const char *name = page_file(p, run->file);

		if (!best)
			continue;
		ret[n++] = (struct advice){.title = page_fmt(p, "Settings: by the run %s", name),
			.setting = page_clause(p, best->text),
			.gain = effect ? page_clause(p, effect->text)
				       : "none that shows between its settings",
			.cost = page_fmt(p,
				"what the others are at this setting is in its own report, "
				"%s/report.html",
				name),
			.not_when = "on another machine, model or version, and for prompts unlike "
				    "those of the run",
			.plain = page_fmt(
				p, "Use a setting that the run %s found among the best", name)};
	}
	return n;
}

/* ---- quality ---- */

static bool grade(struct page *p, struct advice *ret)
{
	const char *models[MOST_MODELS];
	size_t n = page_models(p, models, MOST_MODELS);

	if (page_has_score(p))
		return false;
	*ret = (struct advice){.title = "For quality, and a balance of all three",
		.setting = "none yet: nothing in these files was graded, so that no choice can be "
			   "called a balance of throughput, TTFT and quality",
		.gain = "a choice that speed alone cannot make; its size is not known before",
		.cost = n ? "one run of prompts that check their own answers"
			  : "a check that all that is compared computes the same",
		.not_when = "only speed matters, or what is compared cannot change a result",
		.command = n
			? page_run_command(p, models, n, " --prompts graded --passes 3 --repeats 3")
			: NULL,
		.plain = "Grade results before choosing by speed: nothing here was graded"};
	return true;
}

/* ---- what files only tell ---- */

/* A group of a primary quantity in which the best is ahead for sure; else NULL. */
static const struct insight_group *told_contest(const struct insight *in)
{
	for (size_t i = 0; i < in->ngroups; i++) {
		const struct insight_group *g = &in->groups[i];
		const struct insight_series *s = &in->series[g->first];

		if (g->compared && g->one_table && insight_use(s->quantity) == USE_FIRST &&
			s[1].p < SURE)
			return g;
	}
	return NULL;
}

/* Of the same thing in another quantity, such as the time to compile it. */
static const char *told_price(struct page *p, const struct insight_series *of)
{
	for (size_t i = 0; i < p->in->nseries; i++) {
		const struct insight_series *s = &p->in->series[i];

		if (!s->failed && s->better < 0 && isfinite(s->mean) &&
			s->places[0].table == of->places[0].table &&
			strcmp(s->subject, of->subject) == 0 &&
			strcmp(s->settings, of->settings) == 0 &&
			strcmp(s->quantity, of->quantity) != 0)
			return page_fmt(p, "a %s of %s", page_noun(p, s->quantity, s->label),
				page_series_mean(p, s));
	}
	return NULL;
}

static const char *told_gain(struct page *p, const struct insight_group *g)
{
	const struct insight_series *s = &p->in->series[g->first], *last = &s[1];

	for (size_t i = 1; i < g->n; i++)
		last = isfinite(s[i].ratio) ? &s[i] : last;
	if (last == &s[1])
		return page_series_ahead(p, last);
	return page_fmt(
		p, "from %s to %s", page_series_ahead(p, &s[1]), page_series_ahead(p, last));
}

static bool choose_told(struct page *p, struct advice *ret)
{
	const struct insight_group *g = told_contest(p->in);
	const struct insight_series *s;
	const char *price, *noun;

	if (!g)
		return false;
	s = &p->in->series[g->first];
	noun = page_noun(p, s->quantity, s->label);
	price = told_price(p, s);
	*ret = (struct advice){
		.title = page_fmt(p, "For %s, by what files tell", page_quote(p, g->name)),
		.setting = page_fmt(p, "%s, at a %s of %s", page_quote(p, s->part), noun,
			page_series_mean(p, s)),
		.gain = told_gain(p, g),
		.cost = page_fmt(p,
			"%s%swhether results are the same was not checked in these files",
			price ? price : "", price ? "; " : ""),
		.not_when = "another input, machine or version is meant; where the figure itself "
			    "has to be checked, since no single measurement is behind it",
		.plain = page_fmt(p, "Use %s for %s, as far as told figures go",
			page_quote(p, s->part), page_quote(p, g->name)),
		.figure = page_series_mean(p, s),
		.behind = page_behind_series(p, s)};
	return true;
}

/* ---- failures, thin data ---- */

static bool mend_failures(struct page *p, struct advice *ret)
{
	uint64_t all = p->c->failed;
	uint32_t worst = page_most_failed(p);
	const struct corpus_subject *s;

	if (worst == CORPUS_NONE || all == 0)
		return false;
	s = &p->c->subjects[worst];
	*ret = (struct advice){.title = "Failures: mend them before comparing",
		.lead = "What to do:",
		.setting = s->nfailures
			? page_fmt(p, "find out what \"%s\" of %s comes from",
				  page_quote(p, s->failures[0].why), page_subject(p, worst))
			: page_fmt(p,
				  "find out why rows of %s fail, and have it written beside them",
				  page_subject(p, worst)),
		.gain = page_fmt(p, "up to %s more with a result; %llu of them of %s",
			page_count(p, all, "row"), (unsigned long long)s->failed,
			page_subject(p, worst)),
		.cost = "the time to find it, and to measure what failed once more",
		.not_when = "the failure is what was to be shown",
		.plain = page_fmt(p, "Find out why rows of %s fail", page_subject(p, worst)),
		.figure = page_fmt(p, "%llu of %s failed", (unsigned long long)s->failed,
			page_count(p, s->rows + s->failed, "row")),
		.behind = page_behind_subject(p, worst)};
	return true;
}

/* Some subject has too few rows for a p95. */
static bool is_thin(const struct page *p)
{
	bool thin = p->c->nsubjects == 0;

	for (size_t i = 0; i < p->c->nsubjects; i++)
		thin = thin || p->c->subjects[i].rows < ENOUGH_ROWS;
	return thin;
}

static bool measure_more(struct page *p, struct advice *ret)
{
	const char *models[MOST_MODELS];
	size_t n = page_models(p, models, MOST_MODELS);

	if (!is_thin(p))
		return false;
	*ret = (struct advice){.title = "More measurements",
		.lead = "What to do:",
		.setting = page_fmt(p,
			"at least %d requests of each subject, one by one, in random "
			"order, each row with its load time",
			ENOUGH_ROWS),
		.gain = "intervals half as wide for four times the rows, and a p95; what it will "
			"show is not known before",
		.cost = "the time of the requests; nothing in TTFT, throughput or quality",
		.not_when = "the differences above are already larger than anything that matters",
		.command = page_run_command(
			p, models, n, page_fmt(p, " --passes 4 --repeats %d", ENOUGH_ROWS)),
		.plain = "Measure each subject more often, in random order"};
	return true;
}

/* Of what is here nothing was compared: a single thing, or runs each by itself. */
static bool measure_another(struct page *p, struct advice *ret)
{
	const char *models[MOST_MODELS];
	size_t n = page_models(p, models, MOST_MODELS);

	if (n == 1)
		models[n++] = "ANOTHER";
	*ret = (struct advice){.title = "Something to compare with",
		.lead = "What to do:",
		.setting = "measure at least one other model or backend on the same prompts",
		.gain = p->c->nsubjects == 1
			? "a choice; with what is here there is none"
			: "a choice; what is here was not measured side by side",
		.cost = "the time of the requests",
		.not_when = "there is nothing to choose",
		.command = n ? page_run_command(p, models, n, " --passes 4 --repeats 20")
			     : "chimera run --model MODEL,ANOTHER --num-ctx 4096 --passes 4 "
			       "--repeats 20",
		.plain = "Measure something else on the same prompts: there is nothing to choose "
			 "between"};
	return true;
}

/* What always holds. */
static bool measure_here(struct advice *ret)
{
	*ret = (struct advice){.title = "Your own machine",
		.lead = "What to do:",
		.setting = "measure on the machine, with the model and the prompts that are meant",
		.gain = "figures that hold there; those of these files hold where they come from",
		.cost = "the time of the requests; nothing in TTFT, throughput or quality",
		.not_when = "these files come from that machine, and nothing on it has changed",
		.command = "chimera run --model MODEL",
		.plain = "Measure on the machine that is meant: these figures hold where they come "
			 "from"};
	return true;
}

size_t page_advice(struct page *p, struct advice ret[ADVICE_MOST])
{
	size_t n = 0, chosen;

	n += choose(p, INSIGHT_THROUGHPUT, "For throughput", INSIGHT_TTFT, &ret[n]);
	n += choose(p, INSIGHT_TTFT, "For TTFT", INSIGHT_THROUGHPUT, &ret[n]);
	if (n == 0)
		n += choose(p, INSIGHT_LATENCY, "For latency", NULL, &ret[n]);
	n += choose_told(p, &ret[n]);
	chosen = n;
	n += keep_loaded(p, &ret[n]);
	n += grade(p, &ret[n]);
	n += settings_advice(p, &ret[n]);
	n += follow_runs(p, &ret[n]);
	n += mend_failures(p, &ret[n]);
	if (n < LEAST_ADVICE)
		n += measure_more(p, &ret[n]);
	if (n < LEAST_ADVICE && chosen == 0)
		n += measure_another(p, &ret[n]);
	if (n < LEAST_ADVICE)
		n += measure_here(&ret[n]);
	return n;
}

/* ---- in the report ---- */

static void say(struct page *p, const char *lead, const char *text, int evidence)
{
	if (text)
		doc_item(p->doc, lead, page_fmt(p, "%s.", figures_capital(&p->arena, text)),
			evidence);
}

void page_recommend(struct page *p)
{
	struct advice all[ADVICE_MOST];
	size_t n = page_advice(p, all);

	doc_section(p->doc, "recommendations", "Recommendations");
	for (size_t i = 0; i < n; i++) {
		const struct advice *a = &all[i];

		doc_subsection(p->doc, page_fmt(p, "%zu. %s", i + 1, a->title));
		say(p, a->lead ? a->lead : "Setting:", a->setting, page_evidence(p, &a->behind));
		say(p, "Expected gain:", a->gain, page_evidence(p, &a->behind));
		say(p, "Costs:", a->cost, 0);
		say(p, "Not when:", a->not_when, 0);
		if (a->command)
			doc_code(p->doc, a->command);
	}
}
