/* report_summary.c - the page for those who read no further: three sentences and one picture; then
 * the findings, strongest first. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "columns.h"
#include "jsonx.h"
#include "num.h"
#include "wording.h"

#define STRONGEST 10 /* findings before the rest is set apart */

/* ---- first sentence: what was done ---- */

static const char *what_model(struct report *r)
{
	const json_t *server = json_array_get(json_object_get(r->d->manifest, "servers"), 0);
	const json_t *models = json_object_get(server, "models");
	const char *name = jsonx_get_string(json_array_get(models, 0), "name");
	size_t n = json_array_size(models);

	if (n > 1)
		return words_fmt(r, " of %s models", words_number(r, n));
	return name ? words_fmt(r, " of %s", words_quote(r, name)) : "";
}

static const char *what_was_done(struct report *r)
{
	const struct summary *s = r->s;
	char took[NUM_TEXT];

	return words_fmt(r, "%s%s %s measured with %s over %s%s%s%s; %s.",
		words_count(r, s->ncells, "setting"), what_model(r),
		s->ncells == 1 ? "was" : "were", words_count(r, s->measured, "request"),
		words_count(r, s->loads_made, "model load"),
		r->simulated ? " on a simulated server" : "", isfinite(s->seconds) ? " in " : "",
		isfinite(s->seconds) ? num_duration(took, s->seconds) : "",
		s->failed == 0 ? "none failed"
			       : words_fmt(r, "%s failed", words_number(r, s->failed)));
}

/* ---- second sentence: what matters ---- */

/* Where a factor stands by its main effects on throughput and TTFT. */
enum standing { STANDS_ALIAS, STANDS_EFFECT, STANDS_OPEN, STANDS_NONE, STANDS_UNKNOWN };

static enum standing standing_of(const struct report *r, int factor)
{
	enum standing worst = STANDS_UNKNOWN;

	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct effect *e = report_effect(r, factor, (enum metric)m);
		enum standing here;

		if (!e || !e->primary)
			continue;
		here = e->verdict == VERDICT_ALIAS                       ? STANDS_ALIAS
			: e->verdict == VERDICT_EFFECT && !e->negligible ? STANDS_EFFECT
			: e->verdict == VERDICT_INCONCLUSIVE             ? STANDS_OPEN
									 : STANDS_NONE;
		worst = here < worst ? here : worst;
	}
	return worst;
}

static size_t factors_of(struct report *r, enum standing wanted, const char **names)
{
	size_t n = 0;

	for (size_t f = 0; f < r->d->nfactors; f++)
		if (standing_of(r, (int)f) == wanted)
			names[n++] = words_quote(r, r->d->factors[f].name);
	return n;
}

static void add_clause(struct str *text, const char *clause)
{
	str_addf(text, "%s%s", text->len ? "; " : "", clause);
}

/* "num_ctx matters: 8192 gives 4.9 % less throughput than 1024 (...) and has a ..." */
static void add_effects(struct report *r, struct str *text)
{
	for (size_t f = 0; f < r->d->nfactors; f++) {
		const char *clauses[METRIC_COUNT];
		size_t n = 0;

		for (int m = 0; m < METRIC_COUNT; m++) {
			const struct effect *e = report_effect(r, (int)f, (enum metric)m);

			if (report_is_effect(e) && e->primary)
				clauses[n++] = report_effect_text(r, e);
		}
		if (n > 0)
			add_clause(text,
				words_fmt(r, "%s matters: %s",
					words_quote(r, r->d->factors[f].name),
					wording_list(&r->arena, clauses, n, "and")));
	}
}

static void add_aliases(struct report *r, struct str *text)
{
	for (size_t f = 0; f < r->d->nfactors; f++)
		if (standing_of(r, (int)f) == STANDS_ALIAS)
			add_clause(text,
				words_fmt(r, "%s is one setting under %s names",
					words_quote(r, r->d->factors[f].name),
					words_number(r, r->d->factors[f].nlevels)));
}

/* "rate 20 is more than this server takes": all levels of a rate of which a cell was. */
static void add_overload(struct report *r, struct str *text)
{
	int rate = dataset_factor(r->d, "rate");
	const struct data_factor *f = rate < 0 ? NULL : &r->d->factors[rate];
	const char **names = arena_alloc(&r->arena, f ? f->nlevels + 1 : 1, sizeof(*names));
	bool any = false;
	size_t n = 0;

	for (uint32_t i = 0; i < (f ? f->nlevels : 1); i++) {
		bool over = false;

		for (size_t c = 0; c < r->s->ncells; c++)
			over = over ||
				(r->s->cells[c].overload &&
					(!f || r->d->cells[c].level[rate] == i));
		any = any || over;
		if (over && f)
			names[n++] = words_quote(r, f->level[i]);
	}
	if (any)
		add_clause(text,
			n ? words_fmt(r, "rate %s %s " OVERLOAD_ERROR,
				    wording_list(&r->arena, names, n, "and"), n == 1 ? "is" : "are")
			  : "what was sent is " OVERLOAD_ERROR);
}

static const char *what_matters(struct report *r)
{
	const char **names = arena_alloc(&r->arena, r->d->nfactors + 1, sizeof(*names));
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *kept;
	size_t n;

	add_overload(r, &text);
	add_effects(r, &text);
	n = factors_of(r, STANDS_NONE, names);
	if (n > 0)
		add_clause(&text,
			words_fmt(r, "%s %s no difference beyond the margins",
				wording_list(&r->arena, names, n, "and"),
				n == 1 ? "makes" : "make"));
	add_aliases(r, &text);
	n = factors_of(r, STANDS_OPEN, names);
	if (n > 0)
		add_clause(&text,
			words_fmt(r, "what %s %s stays open",
				wording_list(&r->arena, names, n, "and"), n == 1 ? "does" : "do"));
	if (text.len == 0)
		str_add(&text,
			report_varies(r) ? "What the factors do could not be tested"
					 : "Nothing was varied, so there is nothing to compare");
	kept = words_fmt(r, "%s.", text.s);
	str_release(&text);
	return kept;
}

/* ---- third sentence: what is best ---- */

static const char *best_clause(struct report *r, enum metric m)
{
	const struct best_set *set = &r->s->best[m];
	const struct metric_summary *best;
	const char *common;

	if (set->ncells == 0)
		return NULL;
	best = &r->s->cells[set->cells[0]].metric[m];
	if (r->s->ncells == 1)
		return words_fmt(r, "%s is %s", words_name(m),
			words_metric(r, m, best->estimate, best->ci_low, best->ci_high));
	common = report_common(r, set->cells, set->ncells);
	if (set->different == 1)
		return words_fmt(r, "the best %s is that of %s at %s", words_name(m),
			words_cell(r, set->cells[0]),
			words_metric(r, m, best->estimate, best->ci_low, best->ci_high));
	if (report_is_all(set))
		return words_fmt(r,
			"no setting can be called the best in %s: any of the %zu different "
			"ones may be, at about %s %s",
			words_name(m), set->of,
			words_value(r, best->estimate, best->ci_low, best->ci_high),
			metric_specs[m].unit);
	return words_fmt(r, "the best %s is among %zu of %zu different settings at about %s %s%s%s",
		words_name(m), set->different, set->of,
		words_value(r, best->estimate, best->ci_low, best->ci_high), metric_specs[m].unit,
		common[0] ? ", all with " : "", common);
}

static const char *what_is_best(struct report *r)
{
	const char *throughput = best_clause(r, METRIC_DECODE), *ttft = best_clause(r, METRIC_TTFT);
	const char *why = r->s->best[METRIC_DECODE].why;

	if (!throughput && !ttft)
		return words_fmt(r, "Which setting is best cannot be told: %s.",
			why ? why : "no cell has a result");
	return words_fmt(r, "%s%s%s.", throughput ? throughput : "", throughput && ttft ? "; " : "",
		ttft ? ttft : "");
}

static int rows_that_count(struct report *r)
{
	return doc_evidence(r->doc, "runs.csv",
		"phase=measure status=ok validity!=invalid paid_load=0",
		(unsigned long)(r->s->ok > r->s->invalid ? r->s->ok - r->s->invalid : 0));
}

void report_summary(struct report *r)
{
	doc_section(r->doc, "summary", "In three sentences");
	doc_para(r->doc, words_capital(r, what_was_done(r)),
		doc_evidence(r->doc, "runs.csv", "phase=measure", (unsigned long)r->s->measured));
	doc_para(r->doc, words_capital(r, what_matters(r)), rows_that_count(r));
	doc_para(r->doc, words_capital(r, what_is_best(r)), 0);
	if (!r->s->interleaved && report_varies(r))
		doc_note(r->doc,
			"Every setting was loaded in one pass only: a difference between "
			"loads cannot be told from a difference between settings.");
	report_chart(r, "ttft-throughput");
}

/* ---- findings ---- */

static const char *kind_lead(enum finding_kind kind)
{
	static const char *const leads[] = {[FIND_RUN] = "The run.",
		[FIND_ALIAS] = "One setting.",
		[FIND_EFFECT] = "Effect.",
		[FIND_NO_EFFECT] = "No effect.",
		[FIND_INCONCLUSIVE] = "Open.",
		[FIND_BEST] = "Best.",
		[FIND_FAILURE] = "Failures.",
		[FIND_LOAD] = "Loads.",
		[FIND_DRIFT] = "Drift.",
		[FIND_QUALITY] = "Quality.",
		[FIND_AUDIT] = "Client.",
		[FIND_LIMIT] = "Limit."};

	return (size_t)kind < COUNTOF(leads) && leads[kind] ? leads[kind] : "Finding.";
}

/* A text of the analysis as a sentence. */
static const char *sentence(struct report *r, const char *text)
{
	size_t len = strlen(text);
	bool ended = len > 0 && strchr(".!?", text[len - 1]);

	return words_fmt(r, "%s%s", words_capital(r, doc_guard(r->doc, text)), ended ? "" : ".");
}

static void say_finding(struct report *r, const struct finding *f)
{
	int evidence = f->file && f->file[0]
		? doc_evidence(r->doc, doc_guard(r->doc, f->file),
			  f->filter ? doc_guard(r->doc, f->filter) : "", f->n)
		: 0;

	doc_item(r->doc, words_fmt(r, "%s %s", f->id, kind_lead(f->kind)), sentence(r, f->text),
		evidence);
}

void report_findings(struct report *r)
{
	doc_section(r->doc, "findings", "Findings, strongest first");
	for (size_t i = 0; i < r->s->nfindings; i++) {
		const struct finding *f = &r->s->findings[i];

		if (i == STRONGEST)
			doc_subsection(r->doc, "Weaker, or about the measuring itself");
		say_finding(r, f);
	}
	if (r->s->nfindings == 0)
		doc_para(r->doc, "Nothing could be established from these rows.", 0);
}
