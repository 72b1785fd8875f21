/* report_recommend.c - what to do: for throughput, for TTFT, for quality and balance; what to leave
 * out next time.  Each with the setting, the gain and its interval, the price, and when not to.
 *
 * Cells that cannot be told apart are one recommendation: the cheapest of them. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define GRADED "graded"

/* ---- setting ---- */

/* Factors whose levels are one setting, or shown to be within the margin. */
static const char *free_factors(struct report *r, enum metric m)
{
	const char **names = arena_alloc(&r->arena, r->d->nfactors + 1, sizeof(*names));
	size_t n = 0;

	for (size_t f = 0; f < r->d->nfactors; f++) {
		const struct effect *e = report_effect(r, (int)f, m);

		if (e && (e->verdict == VERDICT_ALIAS || e->verdict == VERDICT_NO_EFFECT))
			names[n++] = words_quote(r, r->d->factors[f].name);
	}
	return n ? wording_list(&r->arena, names, n, "and") : NULL;
}

static void say_setting(struct report *r, enum metric m, uint32_t cell)
{
	const struct best_set *set = &r->s->best[m];
	const struct metric_summary *v = &r->s->cells[cell].metric[m];
	const char *common = report_common(r, set->cells, set->ncells);
	const char *any = free_factors(r, m);
	const char *why;

	if (!report_varies(r))
		why = "there is no other to compare it with";
	else if (set->different <= 1)
		why = words_fmt(r,
			"the set that holds the best %s with 95 %% confidence has no other "
			"setting",
			words_name(m));
	else if (report_is_all(set))
		why = words_fmt(r,
			"none of the %zu different settings can be told from the best; this is the "
			"one "
			"that needs the least memory and context",
			set->of);
	else
		why = words_fmt(r,
			"%zu of %zu different settings cannot be told from the best%s%s; this is "
			"the "
			"one of them that needs the least memory and context",
			set->different, set->of, common[0] ? ", all with " : "", common);
	doc_item(r->doc, "Setting:",
		words_fmt(r, "%s, at %s; %s%s%s.", words_cell(r, cell),
			words_metric(r, m, v->estimate, v->ci_low, v->ci_high), why,
			any ? "; free to choose, as far as this goes: " : "", any ? any : ""),
		doc_evidence(r->doc, "runs.csv",
			words_fmt(r, "cell_id=%s phase=measure status=ok",
				words_quote(r, r->d->cells[cell].id)),
			v->n));
}

/* ---- gain ---- */

/* Factors of which the effect is shown: what taking the better level brings. */
static const char *gains(struct report *r, enum metric m)
{
	const char **clauses = arena_alloc(&r->arena, r->d->nfactors + 1, sizeof(*clauses));
	size_t n = 0;

	for (size_t f = 0; f < r->d->nfactors; f++) {
		const struct effect *e = report_effect(r, (int)f, m);

		if (report_is_effect(e))
			clauses[n++] = report_gain_text(r, e);
	}
	return n ? wording_list(&r->arena, clauses, n, "and") : NULL;
}

/* The widest difference that an open question leaves room for. */
static const char *room(struct report *r, enum metric m)
{
	const struct effect *widest = NULL;

	for (size_t f = 0; f < r->d->nfactors; f++) {
		const struct effect *e = report_effect(r, (int)f, m);

		if (e && e->verdict == VERDICT_INCONCLUSIVE && isfinite(e->widest_high) &&
			(!widest ||
				e->widest_high - e->widest_low >
					widest->widest_high - widest->widest_low))
			widest = e;
	}
	if (!widest)
		return "";
	return words_fmt(r, "; differences of up to %s by %s are not excluded",
		report_reach(r, widest), words_quote(r, widest->factor));
}

static void say_gain(struct report *r, enum metric m)
{
	const char *text = gains(r, m);

	if (!report_varies(r)) {
		doc_item(r->doc, "Expected gain:", "none: nothing was varied.", 0);
		return;
	}
	doc_item(r->doc, "Expected gain:",
		text ? words_fmt(r, "%s.", text)
		     : words_fmt(r,
			       "none that this run could show: no factor has a shown effect "
			       "on %s that matters%s.",
			       words_name(m), room(r, m)),
		0);
}

/* ---- cost ---- */

static const char *context_cost(struct report *r, uint32_t cell)
{
	int f = dataset_factor(r->d, "num_ctx");
	const struct cell_summary *c = &r->s->cells[cell];
	double asked = f >= 0 ? r->d->factors[f].value[r->d->cells[cell].level[f]] : NAN;
	double context = isfinite(c->eff_num_ctx) ? c->eff_num_ctx : asked;
	char tokens[NUM_TEXT], longest[NUM_TEXT];

	if (f < 0 || !isfinite(context))
		return NULL;
	num_group(tokens, (int64_t)context);
	if (!isfinite(r->s->prompt_tokens_max))
		return words_fmt(r, "prompt and answer together must fit in %s tokens", tokens);
	return words_fmt(r,
		"prompt and answer together must fit in %s tokens (the longest prompt here had %s)",
		tokens, num_group(longest, (int64_t)r->s->prompt_tokens_max));
}

static const char *memory_cost(struct report *r, uint32_t cell)
{
	double size = dataset_load_size(r->d, cell);
	char text[NUM_TEXT];

	return isfinite(size) ? words_fmt(r, "%s in memory", num_bytes(text, size)) : NULL;
}

/* What the other measure is at this cell, against its best. */
static const char *other_cost(struct report *r, enum metric other, uint32_t cell)
{
	const struct metric_summary *v = &r->s->cells[cell].metric[other], *best;

	if (!isfinite(v->estimate) || r->s->best[other].ncells == 0)
		return NULL;
	best = &r->s->cells[r->s->best[other].cells[0]].metric[other];
	if (report_in_set(r, other, cell))
		return words_fmt(r, "nothing in %s, in which it may be the best too: %s",
			words_name(other),
			words_metric(r, other, v->estimate, v->ci_low, v->ci_high));
	return words_fmt(r, "%s is %s there, against %s at the best", words_name(other),
		words_metric(r, other, v->estimate, v->ci_low, v->ci_high),
		words_metric(r, other, best->estimate, best->ci_low, best->ci_high));
}

static void say_cost(struct report *r, enum metric other, uint32_t cell)
{
	const char *parts[] = {
		other_cost(r, other, cell), context_cost(r, cell), memory_cost(r, cell)};
	struct str text = STR_INIT(STR_MAX_LINE);

	for (size_t i = 0; i < COUNTOF(parts); i++)
		if (parts[i])
			str_addf(&text, "%s%s", text.len ? "; " : "", parts[i]);
	doc_item(r->doc, "Costs:",
		text.len ? words_fmt(r, "%s.", text.s) : "Nothing that was measured here.", 0);
	str_release(&text);
}

/* ---- when not ---- */

static const char *prompts_limit(struct report *r)
{
	if (r->d->nprompts == 1)
		return "for prompts unlike the one that was measured, much longer ones above all";
	if (r->d->nprompts < 8)
		return words_fmt(r, "for prompts unlike the %s that were measured",
			words_number(r, r->d->nprompts));
	return "for prompts much longer than those measured";
}

static void say_when_not(struct report *r, uint32_t cell)
{
	const struct cell_summary *c = &r->s->cells[cell];
	char percent[WORDING_TEXT];

	doc_item(r->doc, "Not when:",
		words_fmt(r,
			"%s; on another machine or version of the server; with more requests at "
			"a time than here; where failures must be rare (%u of %u failed, which "
			"does not exclude a rate of up to %s %%).",
			prompts_limit(r), c->n_failed, c->n + c->n_failed,
			isfinite(c->failure_upper)
				? wording_fixed(percent, 100 * c->failure_upper, 0)
				: "100"),
		0);
}

/* ---- the recommendations ---- */

static void no_setting(struct report *r, enum metric m)
{
	const char *why = r->s->best[m].why;

	doc_para(r->doc,
		words_fmt(r, "No setting can be recommended for %s: %s.", words_name(m),
			why ? doc_guard(r->doc, why) : "no cell has a result"),
		0);
}

static void recommend_throughput(struct report *r, uint32_t cell)
{
	doc_subsection(r->doc, "1. For throughput");
	if (cell == CHOICE_NONE) {
		no_setting(r, METRIC_DECODE);
		return;
	}
	say_setting(r, METRIC_DECODE, cell);
	say_gain(r, METRIC_DECODE);
	say_cost(r, METRIC_TTFT, cell);
	say_when_not(r, cell);
}

/* The setting of the first recommendation, where it may be the best in TTFT too: there is no reason
 * to change it then. */
static void recommend_ttft(struct report *r, uint32_t first)
{
	bool same = first != CHOICE_NONE && report_in_set(r, METRIC_TTFT, first);
	uint32_t cell = same ? first : report_choice(r, METRIC_TTFT, METRIC_DECODE);

	doc_subsection(r->doc, "2. For TTFT");
	if (cell == CHOICE_NONE) {
		no_setting(r, METRIC_TTFT);
		return;
	}
	if (same)
		doc_para(r->doc,
			"The setting of the first recommendation: it may be the best here too, "
			"so that nothing is given up.",
			0);
	say_setting(r, METRIC_TTFT, cell);
	say_gain(r, METRIC_TTFT);
	say_cost(r, METRIC_DECODE, cell);
	if (!same)
		say_when_not(r, cell);
	else
		doc_item(r->doc, "Not when:", "as in the first recommendation.", 0);
}

static const char *graded_command(struct report *r)
{
	return words_fmt(r, "chimera run %s --prompts " GRADED "%s",
		words_quote(r, words_shell(r, words_fmt(r, "%s/sweep.json", r->dir))),
		words_simulated(r));
}

static void recommend_quality(struct report *r, int number)
{
	doc_subsection(r->doc, words_fmt(r, "%d. For quality, and a balance of all three", number));
	doc_item(r->doc, "Setting:",
		"None yet: the answers of this run were not graded, so that no setting can be "
		"called "
		"a balance of speed and quality. A setting that is faster may answer worse.",
		0);
	doc_item(r->doc, "What to do:",
		words_fmt(r,
			"Run the same grid on prompts that check their own answers; it costs as "
			"many loads as this run (%llu) and more requests per load.",
			(unsigned long long)r->s->loads_made),
		0);
	doc_code(r->doc, graded_command(r));
	doc_item(r->doc, "Not when:",
		"only speed matters, or the settings that are compared cannot change an answer "
		"(num_gpu, num_batch and num_thread should not).",
		0);
}

static const char *score_range(struct report *r)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < r->s->ncells; i++) {
		double x = r->s->cells[i].metric[METRIC_SCORE].estimate;

		low = fmin(low, isnan(x) ? low : x);
		high = fmax(high, isnan(x) ? high : x);
	}
	return low < high ? words_fmt(r, "mean scores from %s to %s", words_rough(r, low),
				    words_rough(r, high))
			  : words_fmt(r, "mean score %s", words_rough(r, low));
}

/* Of the set that may have the best score, the one that is best in throughput. */
static void recommend_balance(struct report *r, int number)
{
	uint32_t cell = report_choice(r, METRIC_SCORE, METRIC_DECODE);

	doc_subsection(r->doc, words_fmt(r, "%d. For quality, and a balance of all three", number));
	if (cell == CHOICE_NONE) {
		doc_para(r->doc,
			words_fmt(r,
				"The answers were graded (%s), but no setting can be told from "
				"another by its score: keep the recommendation for throughput.",
				score_range(r)),
			0);
		return;
	}
	say_setting(r, METRIC_SCORE, cell);
	say_gain(r, METRIC_SCORE);
	say_cost(r, METRIC_DECODE, cell);
	say_when_not(r, cell);
}

/* The setting with the highest estimate of those that the server takes. */
static uint32_t most_taken(const struct report *r, enum metric m)
{
	uint32_t found = CHOICE_NONE;

	for (uint32_t c = 0; c < r->s->ncells; c++) {
		double x = r->s->cells[c].metric[m].estimate;

		if (isfinite(x) && !r->s->cells[c].overload &&
			(found == CHOICE_NONE || x > r->s->cells[found].metric[m].estimate))
			found = c;
	}
	return found;
}

/* Goodput where limits are stated, else what the server makes of all requests together. */
static void recommend_load(struct report *r, int number)
{
	enum metric m = r->s->best[METRIC_GOODPUT].ncells ? METRIC_GOODPUT : METRIC_SYSTEM;
	uint32_t cell = report_choice(r, m, METRIC_TTFT);

	doc_subsection(r->doc, words_fmt(r, "%d. For many requests at once", number));
	if (cell != CHOICE_NONE && !r->s->cells[cell].overload) {
		say_setting(r, m, cell);
		say_gain(r, m);
	} else {
		cell = most_taken(r, m);
		if (cell == CHOICE_NONE) {
			doc_para(r->doc, "No burst has a figure to choose by.", 0);
			return;
		}
		doc_item(r->doc, "Setting:",
			words_fmt(r,
				"%s, at %s; the highest estimate among settings that the server "
				"takes. No set that holds the best is given.",
				words_cell(r, cell),
				words_metric(r, m, r->s->cells[cell].metric[m].estimate,
					r->s->cells[cell].metric[m].ci_low,
					r->s->cells[cell].metric[m].ci_high)),
			0);
	}
	say_cost(r, METRIC_TTFT, cell);
	say_when_not(r, cell);
}

/* Loads that went into names of one setting. */
static void recommend_fewer(struct report *r, int number)
{
	for (size_t f = 0; f < r->d->nfactors; f++) {
		const struct data_factor *factor = &r->d->factors[f];
		const char *alias = report_alias_text(r, (int)f);
		double spared;

		if (!alias || !report_is_alias(r, (int)f))
			continue;
		spared = (double)r->s->loads_made * (factor->nlevels - 1) / factor->nlevels;
		doc_subsection(r->doc,
			words_fmt(r, "%d. For the next sweep: one level of %s", number++,
				words_quote(r, factor->name)));
		doc_item(r->doc, "Setting:",
			words_fmt(r, "Keep one of the levels: %s.", doc_guard(r->doc, alias)), 0);
		doc_item(r->doc, "Expected gain:",
			factor->stratum == DATA_RUNNER
				? words_fmt(r,
					  "about %.0f of %llu model loads, and the time they take.",
					  spared, (unsigned long long)r->s->loads_made)
				: "fewer requests for the same answer.",
			0);
		doc_item(r->doc, "Not when:",
			"the levels are wanted as a control: equal settings must show no effect.",
			0);
	}
}

void report_recommend(struct report *r)
{
	uint32_t first = report_choice(r, METRIC_DECODE, METRIC_TTFT);
	int next = 4;

	doc_section(r->doc, "recommendations", "Recommendations");
	recommend_throughput(r, first);
	recommend_ttft(r, first);
	if (report_has_score(r))
		recommend_balance(r, 3);
	else
		recommend_quality(r, 3);
	if (report_has_bursts(r))
		recommend_load(r, next++);
	recommend_fewer(r, next);
}
