/* insight_next.c - the next experiments: what each would settle, its command, and what it costs by
 * the times of these rows. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define PASSES       3
#define REPEATS      6
#define MOST_FACTORS 3
#define MOST_LEVELS  6
#define MOST_MODELS  3
#define MOST_REPEATS 120
#define QUESTIONS    240 /* in the graded suite, sweeps/prompts/graded.json; a test counts them */

/* ---- time ---- */

/* Mean of all subjects' means over warm rows, in seconds; NaN where no row has it. */
static double mean_seconds(const struct page *p, const char *quantity)
{
	double sum = 0;
	size_t n = 0;

	for (uint32_t s = 0; s < p->c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(p->in, s, quantity);

		if (!m || strcmp(m->of->unit, "ms") != 0)
			continue;
		/* A load is paid by cold rows alone. */
		if (strcmp(quantity, "load") == 0 ? !isfinite(m->all.max) : !isfinite(m->warm.mean))
			continue;
		sum += strcmp(quantity, "load") == 0 ? m->all.max : m->warm.mean;
		n++;
	}
	return n ? sum / (double)n / 1e3 : NAN;
}

/* What one request takes: told as a whole, or made of its parts. */
static double request_seconds(const struct page *p)
{
	double whole = mean_seconds(p, "e2el");

	return isfinite(whole) ? whole : mean_seconds(p, "decode") + mean_seconds(p, INSIGHT_TTFT);
}

static const char *cost_text(struct page *p, uint64_t requests, uint64_t loads)
{
	double one = request_seconds(p), load = mean_seconds(p, "load");
	double seconds = (double)requests * one + (double)loads * (isfinite(load) ? load : 0);
	char took[NUM_TEXT];

	return page_fmt(p, "%s and %s%s%s", page_count(p, requests, "request"),
		page_count(p, loads, "load"), isfinite(seconds) ? ", about " : "",
		isfinite(seconds) ? num_duration(took, seconds) : "");
}

/* ---- settings ---- */

/* Options of Ollama's API that a sweep may vary; runner options need a load each time. */
static const struct {
	const char *name, *option;
	bool runner;
} options[] = {
	{"num_ctx", "num-ctx", true},
	{"num_gpu", "num-gpu", true},
	{"batch", "num-batch", true},
	{"threads", "num-thread", true},
	{"temperature", "temperature", false},
	{"top_p", "top-p", false},
	{"top_k", "top-k", false},
	{"num_predict", "num-predict", false},
	{"repeat_penalty", "repeat-penalty", false},
};

struct grid_text {
	struct str options;
	const char *name[MOST_FACTORS];
	size_t factors;
	uint64_t cells, blocks;
};

static bool add_factor(struct page *p, const struct corpus_setting *s, struct grid_text *g)
{
	size_t k = 0;

	while (k < COUNTOF(options) && strcmp(options[k].name, s->name) != 0)
		k++;
	if (k == COUNTOF(options) || !s->numeric || s->nlevels < 2 || s->nlevels > MOST_LEVELS)
		return false;
	str_addf(&g->options, " --%s ", options[k].option);
	for (size_t i = 0; i < s->nlevels; i++)
		str_addf(&g->options, "%s%s", i ? "," : "",
			page_quote(p, figures_shell(&p->arena, s->level[i])));
	g->name[g->factors] = s->name;
	g->factors++;
	g->cells *= s->nlevels;
	g->blocks *= options[k].runner ? s->nlevels : 1;
	return true;
}

/* A model that stands in a table with settings; else any. */
static const char *swept_model(const struct page *p)
{
	for (size_t i = 0; i < p->c->nsweeps; i++)
		if (p->c->subjects[p->c->sweeps[i].subject].model)
			return p->c->subjects[p->c->sweeps[i].subject].model;
	for (size_t i = 0; i < p->c->nsubjects; i++)
		if (p->c->subjects[i].model)
			return p->c->subjects[i].model;
	return NULL;
}

static bool say_settings(struct page *p)
{
	struct grid_text g = {.options = STR_INIT(4096), .cells = 1, .blocks = 1};
	const char *model = swept_model(p);

	for (size_t i = 0; model && i < p->c->nsettings && g.factors < MOST_FACTORS; i++)
		add_factor(p, &p->c->settings[i], &g);
	if (g.factors > 0) {
		doc_item(p->doc,
			page_fmt(p, "What %s %s.", page_names(p, g.name, g.factors, MOST_FACTORS),
				g.factors == 1 ? "does" : "do"),
			page_fmt(p,
				"The levels of these files once more, in random order, with %d "
				"passes and warm-ups after each load, so that neither order nor "
				"loads can pass for an effect: %s.",
				PASSES, cost_text(p, g.cells * REPEATS, g.blocks * PASSES)),
			0);
		doc_code(p->doc,
			page_fmt(p, "chimera run --model %s%s --passes %d --repeats %d",
				page_quote(p, figures_shell(&p->arena, model)), g.options.s, PASSES,
				REPEATS));
	}
	str_release(&g.options);
	return g.factors > 0;
}

/* ---- models ---- */

/* Warm rows per subject that would tell the best from the nearest of those it is tied with, by the
 * width of their pair's interval: it shrinks with the root of the rows. */
static uint64_t rows_wanted(const struct page *p, const struct contest *k)
{
	double rows = (double)k->of->warm.n, wanted = rows;

	for (size_t i = 0; i < p->in->npairs; i++) {
		const struct insight_pair *x = &p->in->pairs[i];
		double half, away;

		if (strcmp(x->quantity, k->quantity) != 0 || x->better != k->best ||
			x->worse != k->tied[0] || !(x->low > 0) || !(x->high > x->low))
			continue;
		half = log(x->high / x->low) / 2;
		away = fmax(fabs(log(x->ratio)), 0.005);
		/* Found 9 times in 10: the difference is 3.24 standard errors, and half is 1.96. */
		wanted = rows * pow(half / 1.96 * 3.24 / away, 2);
	}
	wanted = fmin(fmax(wanted, 20), MOST_REPEATS);
	return (uint64_t)ceil(wanted / PASSES) * PASSES;
}

static bool say_models(struct page *p)
{
	const char *models[MOST_MODELS];
	struct contest k;
	uint64_t repeats;
	size_t n;

	if (!page_contest(p, INSIGHT_THROUGHPUT, &k) && !page_contest(p, INSIGHT_TTFT, &k))
		return false;
	n = page_models(
		p, models, k.ntied && k.ntied + 1 < MOST_MODELS ? k.ntied + 1 : MOST_MODELS);
	if (n < 2 || (k.ntied == 0 && k.same_prompts))
		return false;
	repeats = k.ntied ? rows_wanted(p, &k) : 21;
	doc_item(p->doc, k.ntied ? "Which of them is best." : "The same prompts for all.",
		page_fmt(p, "%s in %s, on the same prompts and the same machine: %s%s.",
			page_names(p, models, n, MOST_MODELS),
			page_noun(p, k.quantity, k.of->of->label),
			cost_text(p, n * repeats, n * PASSES),
			repeats >= MOST_REPEATS
				? "; a difference as small as that of these rows may stay open"
				: ""),
		0);
	doc_code(p->doc,
		page_run_command(p, models, n,
			page_fmt(p, " --passes %d --repeats %llu", PASSES,
				(unsigned long long)repeats)));
	return true;
}

/* ---- quality ---- */

static bool say_quality(struct page *p)
{
	const char *models[MOST_MODELS];
	size_t n = page_models(p, models, MOST_MODELS);

	if (page_has_score(p) || n == 0)
		return false;
	doc_item(p->doc, "Whether what is faster answers worse.",
		page_fmt(p, "%s that check their own answers: %s.",
			page_count(p, QUESTIONS, "question"),
			cost_text(p, n * QUESTIONS * PASSES, n * PASSES)),
		0);
	doc_code(p->doc,
		page_run_command(p, models, n,
			page_fmt(p, " --prompts graded --passes %d --repeats %d", PASSES, PASSES)));
	return true;
}

static bool has_analysed_run(const struct page *p)
{
	for (size_t i = 0; i < p->in->nruns; i++)
		if (p->in->runs[i].summary)
			return true;
	return false;
}

void page_next(struct page *p)
{
	bool any;

	doc_section(p->doc, "next", "What would settle the open questions");
	any = say_models(p);
	any = say_settings(p) || any;
	any = say_quality(p) || any;
	if (!any)
		doc_para(p->doc,
			has_analysed_run(p)
				? "What would settle the open questions of a run stands in "
				  "its own report."
				: "Nothing that a run on a server of language models would "
				  "settle.",
			0);
	else
		doc_para(p->doc,
			page_fmt(p,
				"chimera plan, with the same options, says beforehand how small a "
				"difference each would find%s.",
				isfinite(request_seconds(p))
					? ""
					: ", and with --probe how long it takes: these rows do not "
					  "say how long a request did"),
			0);
}
