/* findings_effects.c - what the factors do, what they do not do, what could not be seen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "findings.h"
#include "num.h"
#include "str.h"
#include "vec.h"
#include "wording.h"

struct names {
	const char **v;
	size_t n, cap;
};

static const char *factor_name(const struct author *a, int factor)
{
	return a->d->factors[factor].name;
}

static const char *p_text(const struct author *a, double p)
{
	char text[NUM_TEXT];

	if (p < 0.001)
		return "p below 0.001";
	return arena_fmt(a->arena, "p %s", num_sig(text, p, p < 0.095 ? 1 : 2));
}

/* A percentage no finer than the interval to either side of it supports. */
static const char *percent(const struct author *a, double x, double half)
{
	char text[WORDING_TEXT];

	return arena_fmt(a->arena, "%s %%", wording_fixed(text, x, wording_decimals(half)));
}

const char *findings_level_filter(const struct author *a, size_t factor, uint32_t x, uint32_t y)
{
	const struct data_factor *f = &a->d->factors[factor];
	const uint32_t *of = a->eff->factors[factor].of;
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *filter, *separator = "=";

	str_addf(&text, FILTER_COUNTS " %s", f->column);
	for (uint32_t i = 0; i < f->nlevels; i++) {
		if (of[i] != x && of[i] != y)
			continue;
		str_addf(&text, "%s%s", separator, f->level[i]);
		separator = "|";
	}
	filter = arena_str(a->arena, text.s);
	str_release(&text);
	return filter;
}

/* ---- aliases ---- */

static uint64_t alias_rows(
	const struct author *a, const struct alias_finding *f, struct str *filter)
{
	int factor = dataset_factor(a->d, f->factor);
	uint64_t n = 0;

	str_addf(filter,
		FILTER_COUNTS " %s=", factor >= 0 ? a->d->factors[factor].column : f->factor);
	for (size_t i = 0; i < f->nlevels; i++) {
		str_addf(filter, "%s%s", i ? "|" : "", f->levels[i]);
		for (size_t c = 0; factor >= 0 && c < a->d->ncells; c++) {
			uint32_t level = a->d->cells[c].level[factor];

			if (strcmp(a->d->factors[factor].level[level], f->levels[i]) == 0)
				n += a->s->cells[c].n;
		}
	}
	return n;
}

static void say_aliases(struct author *a)
{
	for (size_t i = 0; i < a->s->naliases; i++) {
		const struct alias_finding *f = &a->s->aliases[i];
		struct str filter = STR_INIT(STR_MAX_LINE);
		uint64_t n = alias_rows(a, f, &filter);

		findings_add(a, FIND_ALIAS, STRENGTH_ALIAS,
			arena_fmt(a->arena, "%s: %s are one setting; %s", f->factor,
				wording_list(a->arena, f->levels, f->nlevels, "and"), f->why),
			arena_str(a->arena, filter.s), n);
		str_release(&filter);
	}
}

/* ---- effects ---- */

/* What follows the figures: margin, degrees of freedom, family. */
static const char *tail(const struct author *a, const struct effect *e)
{
	char margin[WORDING_TEXT];
	const char *small = "", *note = "";

	if (e->negligible)
		small = arena_fmt(a->arena,
			"; that is within the margin of %s%s, too small to act on",
			wording_plain(
				margin, a->d->metrics[e->metric].log ? 100 * e->margin : e->margin),
			a->d->metrics[e->metric].log ? " %" : "");
	if (e->note[0])
		note = arena_fmt(a->arena, "; it %s", e->note);
	return arena_fmt(a->arena, "%s%s%s", small, note,
		e->primary ? "" : "; exploratory, found among many");
}

/* "has a goodput 0.4 req/s lower than ...": of a measure whose differences are no ratios. */
static const char *linear_difference(const struct author *a, const struct effect *e)
{
	const struct level_pair *p = &e->furthest;
	const struct metric_spec *spec = &a->d->metrics[e->metric];
	double x = fabs(p->ratio), low = p->ci_low, high = p->ci_high;
	int decimals = wording_decimals((high - low) / 2);
	char size[WORDING_TEXT], from[WORDING_TEXT], to[WORDING_TEXT];
	const char *unit = spec->unit[0] ? arena_fmt(a->arena, " %s", spec->unit) : "";

	if (p->ratio < 0) {
		low = -p->ci_high;
		high = -p->ci_low;
	}
	wording_fixed(size, x, decimals);
	wording_fixed(from, low, decimals);
	wording_fixed(to, high, decimals);
	if (low <= 0)
		return arena_fmt(a->arena,
			"acts on %s%s (%s), but no two of its levels can be told apart: %s against "
			"%s differ by %s%s (%s to %s)",
			findings_noun(a->d, e->metric), a->scope, p_text(a, e->p_adjusted),
			e->levels[p->worse].level, e->levels[p->better].level, size, unit, from,
			to);
	return arena_fmt(a->arena, "%s has a %s %s%s %s than %s (%s to %s)%s",
		e->levels[p->worse].level, findings_noun(a->d, e->metric), size, unit,
		p->ratio < 0 ? "lower" : "higher", e->levels[p->better].level, from, to, a->scope);
}

/* "costs 3.1 % throughput" or "adds 12 % to TTFT", with the interval as percentages. */
static const char *difference(const struct author *a, const struct effect *e)
{
	const struct level_pair *p = &e->furthest;
	bool lost = a->d->metrics[e->metric].better > 0;
	double x = 100 * (lost ? 1 - p->ratio : p->ratio - 1);
	double low = 100 * (lost ? 1 - p->ci_high : p->ci_low - 1);
	double high = 100 * (lost ? 1 - p->ci_low : p->ci_high - 1);
	int decimals = wording_decimals((high - low) / 2);
	char size[WORDING_TEXT], from[WORDING_TEXT], to[WORDING_TEXT];
	const char *noun = findings_noun(a->d, e->metric);

	wording_fixed(size, x, decimals);
	wording_fixed(from, low, decimals);
	wording_fixed(to, high, decimals);
	if (low <= 0)
		return arena_fmt(a->arena,
			"acts on %s%s (%s), but no two of its levels can be told apart: %s against "
			"%s "
			"differ by %s %% (%s to %s)",
			noun, a->scope, p_text(a, e->p_adjusted), e->levels[p->worse].level,
			e->levels[p->better].level, size, from, to);
	return arena_fmt(a->arena, "%s %s %s %% %s%s against %s (%s to %s)%s",
		e->levels[p->worse].level, lost ? "costs" : "adds", size, lost ? "" : "to ", noun,
		e->levels[p->better].level, from, to, a->scope);
}

static int strength_of(const struct effect *e, double size)
{
	double scaled = fmin(size * 300, e->primary ? 99 : 49);

	if (e->negligible)
		return STRENGTH_NO_EFFECT + 1;
	return (e->primary ? STRENGTH_EFFECT : STRENGTH_EXPLORATORY) + (int)scaled;
}

/* A wait that grows as long as requests are sent has no size of its own. */
static const char *grows(const struct author *a, const struct effect *e, uint32_t level)
{
	const uint32_t *of = a->eff->factors[e->factor_a].of;

	if ((e->metric != METRIC_TTFT && e->metric != METRIC_E2E) || strcmp(e->factor, "rate") != 0)
		return "";
	for (size_t c = 0; c < a->s->ncells; c++) {
		if (a->s->cells[c].overload && of[a->d->cells[c].level[e->factor_a]] == level)
			return "; it grows as long as requests come, for that is more than the "
			       "server takes";
	}
	return "";
}

static void say_main_effect(struct author *a, const struct effect *e)
{
	const struct level_pair *p = &e->furthest;

	if (!isfinite(p->ratio))
		return;
	findings_add(a, FIND_EFFECT,
		strength_of(e, a->d->metrics[e->metric].log ? fabs(log(p->ratio)) : fabs(p->ratio)),
		arena_fmt(a->arena, "%s %s%s%s", e->factor,
			a->d->metrics[e->metric].log ? difference(a, e) : linear_difference(a, e),
			grows(a, e, p->worse), tail(a, e)),
		findings_level_filter(a, (size_t)e->factor_a, p->worse, p->better),
		(uint64_t)e->levels[p->worse].n + e->levels[p->better].n);
}

/* How far the furthest pairwise 90 % interval reaches, in percent of what is a ratio. */
static double reach_of(const struct effect *e)
{
	if (!e->spec->log)
		return fmax(fabs(e->widest_low), fabs(e->widest_high));
	return 100 * (fmax(e->widest_high, 1 / e->widest_low) - 1);
}

static double reach_half(const struct effect *e)
{
	return (e->spec->log ? 100 : 1) * (e->widest_high - e->widest_low) / 2;
}

/* "1.1 %", or "0.4 MiB" of a measure whose differences are no ratios. */
static const char *reach_text(const struct author *a, const struct effect *e)
{
	char text[WORDING_TEXT];

	if (e->spec->log)
		return percent(a, reach_of(e), reach_half(e));
	return arena_fmt(a->arena, "%s%s%s",
		wording_fixed(text, reach_of(e), wording_decimals(reach_half(e))),
		e->spec->unit[0] ? " " : "", e->spec->unit);
}

static void say_interaction(struct author *a, const struct effect *e)
{
	const char *size = a->d->metrics[e->metric].log && isfinite(reach_of(e))
		? arena_fmt(a->arena,
			  "; what one does differs by up to %s between levels of the other",
			  percent(a, reach_of(e), reach_half(e)))
		: "";

	findings_add(a, FIND_EFFECT, strength_of(e, 0),
		arena_fmt(a->arena, "what %s does to %s%s depends on %s (%s)%s%s",
			factor_name(a, e->factor_a), findings_noun(a->d, e->metric), a->scope,
			factor_name(a, e->factor_b), p_text(a, e->p_adjusted), size, tail(a, e)),
		FILTER_COUNTS, findings_rows(a, e->metric));
}

/* ---- no effects ---- */

static bool is_said(const struct effect *e, enum verdict verdict)
{
	return e->primary && e->verdict == verdict;
}

/* "temperature changes nothing in speed ...: throughput within 1.1 % and TTFT within 2.3 %"; for
 * one metric alone "num_ctx changes nothing in TTFT ...: within 0.5 %". */
static void say_no_effect(struct author *a, int factor)
{
	const char *parts[METRIC_MAX], *within = "", *noun = "";
	size_t n = 0;
	uint64_t rows = 0;

	for (size_t i = 0; i < a->s->neffects; i++) {
		const struct effect *e = &a->s->effects[i];

		if (e->factor_a != factor || e->factor_b >= 0 || !is_said(e, VERDICT_NO_EFFECT))
			continue;
		noun = n == 0           ? findings_noun(a->d, e->metric)
			: a->d->foreign ? "what was measured"
					: "speed";
		within = arena_fmt(a->arena, "within %s", reach_text(a, e));
		parts[n++] = arena_fmt(a->arena, "%s %s", findings_noun(a->d, e->metric), within);
		rows = findings_rows(a, e->metric);
	}
	if (n)
		findings_add(a, FIND_NO_EFFECT, STRENGTH_NO_EFFECT,
			arena_fmt(a->arena, "%s changes nothing in %s that %s could see%s: %s",
				factor_name(a, factor), noun, findings_here(a), a->scope,
				n == 1 ? within : wording_list(a->arena, parts, n, "and")),
			FILTER_COUNTS, rows);
}

/* "num_ctx with temperature (throughput, TTFT)" for each pair that has the verdict. */
static const char *name_pairs(
	const struct author *a, enum verdict verdict, uint64_t *n, uint32_t *passes)
{
	struct names named = {0};
	const char *list;

	*n = 0;
	for (size_t i = 0; i < a->s->neffects; i++) {
		const struct effect *e = &a->s->effects[i];

		if (e->factor_b < 0 || !is_said(e, verdict) || isnan(e->p))
			continue;
		*VEC_PUSH(&named) =
			arena_fmt(a->arena, "%s with %s in %s", factor_name(a, e->factor_a),
				factor_name(a, e->factor_b), findings_noun(a->d, e->metric));
		if (e->passes_needed > *passes)
			*passes = e->passes_needed;
	}
	*n = named.n;
	list = wording_list(a->arena, named.v, named.n, "and");
	VEC_RELEASE(&named);
	return list;
}

/* "; about 12 passes would tell"; nothing where it is not known. */
static const char *passes_text(const struct author *a, uint32_t passes, const char *would)
{
	const char *what = a->d->independent ? "times as many rows"
		: a->d->foreign              ? "blocks of each setting"
					     : "passes";

	if (passes == 0)
		return "";
	if (passes > PASSES_MANY)
		return arena_fmt(a->arena, "; it would take more than %d %s to %s", PASSES_MANY,
			what, would);
	return arena_fmt(a->arena, "; about %u %s would %s", passes, what, would);
}

static void say_interactions(struct author *a)
{
	uint64_t n;
	uint32_t passes = 0;
	const char *list = name_pairs(a, VERDICT_NO_EFFECT, &n, &passes);

	if (n)
		findings_add(a, FIND_NO_EFFECT, STRENGTH_NO_EFFECT - 1,
			arena_fmt(a->arena, "no interaction that %s could see%s: %s",
				findings_here(a), a->scope, list),
			FILTER_COUNTS, findings_rows(a, METRIC_DECODE));
	passes = 0;
	list = name_pairs(a, VERDICT_INCONCLUSIVE, &n, &passes);
	if (n)
		findings_add(a, FIND_INCONCLUSIVE, STRENGTH_INCONCLUSIVE - 2,
			arena_fmt(a->arena, "%s neither found nor excluded: %s%s",
				wording_count(a->arena, n, "interaction is", "interactions are"),
				list, passes_text(a, passes, "tell")),
			FILTER_COUNTS, findings_rows(a, METRIC_DECODE));
}

/* ---- inconclusive ones ---- */

/* One pass: what a second and third would cost, by this run's own times. */
static const char *cost_of_passes(const struct author *a)
{
	const struct dataset *d = a->d;
	bool sentinel = json_is_true(json_object_get(d->sweep, "sentinel"));
	uint64_t loads = 2 * (uint64_t)d->nblocks + (sentinel ? 2 : 0);
	char time[NUM_TEXT];

	if (d->shards > 1)
		return "; the other shards make the other passes: `chimera merge`";
	if (!isfinite(a->s->seconds) || !a->s->loads_made)
		return arena_fmt(a->arena, "; `chimera resume --passes 3` costs %s more",
			wording_count(a->arena, loads, "load", "loads"));
	return arena_fmt(a->arena, "; `chimera resume --passes 3` costs %s more, about %s",
		wording_count(a->arena, loads, "load", "loads"),
		num_duration(time, a->s->seconds * (double)loads / (double)a->s->loads_made));
}

static const char *why_inconclusive(const struct author *a, const struct effect *e)
{
	const struct strata *s = &a->strata[e->metric];

	if (isnan(e->p) && e->stratum == DATA_RUNNER && s->npasses == 1 && !a->d->foreign)
		return arena_fmt(a->arena, "%s%s", e->why, cost_of_passes(a));
	if (isnan(e->p))
		return e->why;
	return arena_fmt(a->arena, "%s%s%s", e->why,
		passes_text(a, e->passes_needed, "find or exclude it"),
		e->note[0] ? arena_fmt(a->arena, "; it %s", e->note) : "");
}

/* Metrics of one factor that have the same reason are one statement. */
static void say_inconclusive(struct author *a, int factor)
{
	for (size_t i = 0; i < a->s->neffects; i++) {
		const struct effect *e = &a->s->effects[i];
		const char *parts[METRIC_MAX], *why;
		size_t n = 0;
		bool first = true;

		if (e->factor_a != factor || e->factor_b >= 0 || !is_said(e, VERDICT_INCONCLUSIVE))
			continue;
		why = why_inconclusive(a, e);
		for (size_t j = 0; j < a->s->neffects; j++) {
			const struct effect *other = &a->s->effects[j];

			if (other->factor_a != factor || other->factor_b >= 0 ||
				!is_said(other, VERDICT_INCONCLUSIVE) ||
				strcmp(why_inconclusive(a, other), why) != 0)
				continue;
			first = first && j >= i;
			parts[n++] = findings_noun(a->d, other->metric);
		}
		if (first)
			findings_add(a, FIND_INCONCLUSIVE, STRENGTH_INCONCLUSIVE,
				arena_fmt(a->arena, "%s is inconclusive for %s%s: %s", e->factor,
					wording_list(a->arena, parts, n, "and"), a->scope, why),
				FILTER_COUNTS, findings_rows(a, e->metric));
	}
}

/* ---- what could have been seen ---- */

/* "2.1 %", or "0.93 tok/s" of a measure whose differences are no ratios. */
static const char *detectable_text(const struct author *a, const struct effect *e)
{
	char text[WORDING_TEXT], number[NUM_TEXT];

	if (e->spec->log)
		return arena_fmt(a->arena, "%s %%",
			wording_fixed(text, 100 * e->detectable, e->detectable < 0.0995 ? 1 : 0));
	return arena_fmt(a->arena, "%s%s%s", num_sig(number, e->detectable, 2),
		e->spec->unit[0] ? " " : "", e->spec->unit);
}

static void say_detectable(struct author *a, enum metric metric)
{
	struct names parts = {0};

	for (size_t i = 0; i < a->s->neffects; i++) {
		const struct effect *e = &a->s->effects[i];

		if (e->metric != metric || e->factor_b >= 0 || !isfinite(e->detectable))
			continue;
		*VEC_PUSH(&parts) =
			arena_fmt(a->arena, "%s for %s", detectable_text(a, e), e->factor);
	}
	if (parts.n)
		findings_add(a, FIND_LIMIT, STRENGTH_LIMIT,
			arena_fmt(a->arena,
				"9 times in 10 %s would have found one level that is off in %s "
				"by %s",
				findings_here(a), findings_noun(a->d, metric),
				wording_list(a->arena, parts.v, parts.n, "and")),
			FILTER_COUNTS, findings_rows(a, metric));
	VEC_RELEASE(&parts);
}

/* Factors that varied together: what is said of the one is said of both. */
static void say_steps(struct author *a)
{
	for (size_t f = 0; f < a->d->nfactors; f++) {
		int lead = a->eff->in_step[f];

		if (lead >= 0)
			findings_add(a, FIND_LIMIT, STRENGTH_ALIAS - 1,
				arena_fmt(a->arena,
					"%s varied in step with %s: what is said of %s is said of "
					"both, and which of them it is cannot be told",
					a->d->factors[f].name, factor_name(a, lead),
					factor_name(a, lead)),
				FILTER_COUNTS, findings_rows(a, METRIC_DECODE));
	}
}

void findings_effects(struct author *a)
{
	say_aliases(a);
	say_steps(a);
	for (size_t i = 0; i < a->s->neffects; i++) {
		const struct effect *e = &a->s->effects[i];

		if (e->verdict == VERDICT_EFFECT && e->factor_b < 0)
			say_main_effect(a, e);
		else if (e->verdict == VERDICT_EFFECT)
			say_interaction(a, e);
	}
	for (int f = 0; f < (int)a->d->nfactors; f++) {
		say_no_effect(a, f);
		say_inconclusive(a, f);
	}
	say_interactions(a);
	for (size_t m = 0; m < a->d->nmetrics; m++) {
		if (a->d->metrics[m].primary)
			say_detectable(a, (enum metric)m);
	}
}
