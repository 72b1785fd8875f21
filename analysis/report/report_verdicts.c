/* report_verdicts.c - what the factors do, in clauses that several sections use. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "wording.h"

#define LISTED_MAX 3 /* levels named one by one */

const struct effect *report_effect(const struct report *r, int factor, enum metric m)
{
	for (size_t i = 0; i < r->s->neffects; i++) {
		const struct effect *e = &r->s->effects[i];

		if (e->factor_a == factor && e->factor_b < 0 && e->metric == m)
			return e;
	}
	return NULL;
}

const char *report_verdict(const struct effect *e, enum verdict v)
{
	if (v == VERDICT_EFFECT && e->negligible)
		return "effect, but too small to matter";
	return v == VERDICT_NO_EFFECT ? "no effect" : verdict_name(v);
}

bool report_is_effect(const struct effect *e)
{
	return e && e->verdict == VERDICT_EFFECT && !e->negligible && e->nlevels > 0 &&
		isfinite(e->furthest.ratio);
}

/* Which way a metric goes, in the words that belong to it. */
static const char *direction(enum metric m, bool is_more)
{
	if (strcmp(metric_specs[m].unit, "ms") == 0)
		return is_more ? "longer" : "shorter";
	if (m == METRIC_SCORE)
		return is_more ? "higher" : "lower";
	return is_more ? "more" : "less";
}

/* "4.9 % less throughput", "14.3 times the throughput", "a 12.7 % longer TTFT". */
static const char *change_text(struct report *r, enum metric m, const struct change *c)
{
	if (c->is_times)
		return words_fmt(r, "%s the %s", c->text, words_name(m));
	return words_fmt(r, "%s%s %s %s", strcmp(metric_specs[m].unit, "ms") == 0 ? "a " : "",
		c->text, direction(m, c->is_more), words_name(m));
}

static const char *brackets(struct report *r, const char *range)
{
	return range[0] ? words_fmt(r, " (%s)", range) : "";
}

const char *report_effect_text(struct report *r, const struct effect *e)
{
	const struct level_pair *p = &e->furthest;
	struct change c = words_change(r, e->metric, p->ratio, p->ci_low, p->ci_high);

	return words_fmt(r, "%s %s %s %s %s%s", words_quote(r, e->levels[p->worse].level),
		strcmp(metric_specs[e->metric].unit, "ms") == 0 ? "has" : "gives",
		change_text(r, e->metric, &c), c.is_times ? "of" : "than",
		words_quote(r, e->levels[p->better].level), brackets(r, c.range));
}

const char *report_gain_text(struct report *r, const struct effect *e)
{
	const struct level_pair *p = &e->furthest;
	bool log = metric_specs[e->metric].log;
	struct change c = log
		? words_change(r, e->metric, 1 / p->ratio, 1 / p->ci_high, 1 / p->ci_low)
		: words_change(r, e->metric, -p->ratio, -p->ci_high, -p->ci_low);

	return words_fmt(r, "%s %s instead of %s: %s%s", words_quote(r, e->factor),
		words_quote(r, e->levels[p->better].level),
		words_quote(r, e->levels[p->worse].level), change_text(r, e->metric, &c),
		brackets(r, c.range));
}

const char *report_reach(struct report *r, const struct effect *e)
{
	bool log = metric_specs[e->metric].log;
	double low = e->widest_low, high = e->widest_high;
	double reach = log ? fmax(high, 1 / low) - 1 : fmax(fabs(low), fabs(high));
	double scale = log ? 100 : 1;
	char text[WORDING_TEXT];

	if (!isfinite(low) || !isfinite(high))
		return NULL;
	wording_fixed(text, reach * scale, wording_decimals((high - low) / 2 * scale));
	return words_fmt(r, "%s%s", text, log ? " %" : "");
}

bool report_is_all(const struct best_set *set)
{
	return set->different > 1 && set->different == set->of;
}

bool report_is_alias(const struct report *r, int factor)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct effect *e = report_effect(r, factor, (enum metric)m);

		if (e)
			return e->verdict == VERDICT_ALIAS;
	}
	return false;
}

static bool is_level(const struct data_factor *f, const char *name)
{
	for (uint32_t i = 0; i < f->nlevels; i++)
		if (strcmp(f->level[i], name) == 0)
			return true;
	return false;
}

static const char *one_alias(struct report *r, const struct alias_finding *a, int factor)
{
	const struct data_factor *f = &r->d->factors[factor];
	const char **names = arena_alloc(&r->arena, a->nlevels, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < a->nlevels; i++)
		if (is_level(f, a->levels[i]))
			names[n++] = words_quote(r, a->levels[i]);
	if (n < 2) /* merged before the run: nothing was measured twice */
		return NULL;
	if (n == f->nlevels)
		return words_fmt(r, "one setting under %s names%s%s", words_number(r, n),
			a->why[0] ? ": " : "", a->why);
	return words_fmt(r, "%s are one setting%s%s", wording_list(&r->arena, names, n, "and"),
		a->why[0] ? ": " : "", a->why);
}

const char *report_alias_text(struct report *r, int factor)
{
	for (size_t i = 0; i < r->s->naliases; i++) {
		const struct alias_finding *a = &r->s->aliases[i];
		const char *text;

		if (strcmp(a->factor, r->d->factors[factor].name) != 0)
			continue;
		text = one_alias(r, a, factor);
		if (text)
			return text;
	}
	if (report_is_alias(r, factor))
		return words_fmt(r, "one setting under %s names",
			words_number(r, r->d->factors[factor].nlevels));
	return NULL;
}

bool report_varies(const struct report *r)
{
	for (size_t f = 0; f < r->d->nfactors; f++)
		if (r->d->factors[f].nlevels > 1)
			return true;
	return false;
}

bool report_has_score(const struct report *r)
{
	for (size_t i = 0; i < r->s->ncells; i++)
		if (r->s->cells[i].metric[METRIC_SCORE].n > 0)
			return true;
	return false;
}

/* ---- what the cells of a set share ---- */

/* Which levels of a factor the set has; returns how many. */
static uint32_t levels_of(
	const struct report *r, size_t f, const uint32_t *cells, size_t n, bool *has)
{
	uint32_t different = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t l = r->d->cells[cells[i]].level[f];

		different += !has[l];
		has[l] = true;
	}
	return different;
}

/* The ends of the set's levels against the ends of all. */
static const char *common_range(struct report *r, const struct data_factor *f, const bool *has)
{
	uint32_t low = UINT32_MAX, high = UINT32_MAX, most = 0, least = 0;

	for (uint32_t l = 0; l < f->nlevels; l++) {
		most = f->value[l] > f->value[most] ? l : most;
		least = f->value[l] < f->value[least] ? l : least;
		if (!has[l])
			continue;
		low = low == UINT32_MAX || f->value[l] < f->value[low] ? l : low;
		high = high == UINT32_MAX || f->value[l] > f->value[high] ? l : high;
	}
	if (high != most && low == least)
		return words_fmt(r, "%s %s or less", words_quote(r, f->name),
			words_quote(r, f->level[high]));
	if (low != least && high == most)
		return words_fmt(
			r, "%s %s or more", words_quote(r, f->name), words_quote(r, f->level[low]));
	return NULL;
}

/* "auto or 19": the few levels that the set has. */
static const char *common_levels(struct report *r, const struct data_factor *f, const bool *has)
{
	const char *names[LISTED_MAX];
	size_t n = 0;

	for (uint32_t l = 0; l < f->nlevels; l++) {
		if (!has[l])
			continue;
		if (n == LISTED_MAX)
			return NULL;
		names[n++] = words_quote(r, f->level[l]);
	}
	return words_fmt(
		r, "%s %s", words_quote(r, f->name), wording_list(&r->arena, names, n, "or"));
}

const char *report_common(struct report *r, const uint32_t *cells, size_t n)
{
	const char **parts = arena_alloc(&r->arena, r->d->nfactors + 1, sizeof(*parts));
	size_t nparts = 0;

	for (size_t i = 0; n > 0 && i < r->d->nfactors; i++) {
		const struct data_factor *f = &r->d->factors[i];
		bool *has = arena_alloc(&r->arena, f->nlevels, sizeof(*has));
		uint32_t different = levels_of(r, i, cells, n, has);
		const char *text = NULL;

		if (different == f->nlevels || report_is_alias(r, (int)i))
			continue;
		if (different > 1 && f->numeric)
			text = common_range(r, f, has);
		if (!text)
			text = common_levels(r, f, has);
		if (text)
			parts[nparts++] = text;
	}
	return wording_list(&r->arena, parts, nparts, "and");
}
