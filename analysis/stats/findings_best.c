/* findings_best.c - where the best is, without crowning a winner inside the noise. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "findings.h"
#include "num.h"
#include "vec.h"
#include "wording.h"

static const char *estimate_text(
	const struct author *a, enum metric metric, const struct metric_summary *m)
{
	char text[WORDING_TEXT];
	double half = isfinite(m->ci_low) ? (m->ci_high - m->ci_low) / 2 : fabs(m->estimate) / 20;
	const char *unit = a->d->metrics[metric].unit;

	return arena_fmt(a->arena, "%s%s%s",
		wording_fixed(text, m->estimate, wording_decimals(half)), unit[0] ? " " : "", unit);
}

/* Which effective levels of a factor the settings of the set have. */
static size_t levels_in_set(
	const struct author *a, const struct best_set *best, size_t factor, bool *in)
{
	const struct effective_factor *f = &a->eff->factors[factor];
	size_t n = 0;

	for (size_t i = 0; i < best->ncells; i++) {
		uint32_t level = f->of[a->d->cells[best->cells[i]].level[factor]];

		n += !in[level];
		in[level] = true;
	}
	return n;
}

/* Numbers in the set are all below, or all above, those outside. */
static bool is_cut(const struct effective_factor *f, const bool *in, int direction, double *bound)
{
	double most = -INFINITY, least = INFINITY;

	for (uint32_t i = 0; i < f->nlevels; i++) {
		if (in[i])
			most = fmax(most, direction * f->value[i]);
		else
			least = fmin(least, direction * f->value[i]);
	}
	*bound = direction * most;
	return most < least;
}

/* "num_ctx 4096 or less"; NULL if the set has all levels of the factor. */
static const char *restriction(const struct author *a, const struct best_set *best, size_t factor)
{
	const struct effective_factor *f = &a->eff->factors[factor];
	const char *name = a->d->factors[factor].name, *text = NULL;
	bool *in = xcalloc(f->nlevels, sizeof(*in));
	size_t n = levels_in_set(a, best, factor, in);
	struct {
		const char **v;
		size_t n, cap;
	} named = {0};
	double bound;
	char number[NUM_TEXT];

	if (n > 0 && n < f->nlevels) {
		for (uint32_t i = 0; i < f->nlevels; i++) {
			if (in[i])
				*VEC_PUSH(&named) = f->name[i];
		}
		if (n > 1 && a->d->factors[factor].numeric && is_cut(f, in, 1, &bound))
			text = arena_fmt(a->arena, "%s %s or less", name, num_text(number, bound));
		else if (n > 1 && a->d->factors[factor].numeric && is_cut(f, in, -1, &bound))
			text = arena_fmt(a->arena, "%s %s or more", name, num_text(number, bound));
		else
			text = arena_fmt(a->arena, "%s %s", name,
				wording_list(a->arena, named.v, named.n, "or"));
	}
	VEC_RELEASE(&named);
	free(in);
	return text;
}

static const char *restrictions(const struct author *a, const struct best_set *best)
{
	const char **parts = xcalloc(a->d->nfactors, sizeof(*parts)), *text = "";
	size_t n = 0;

	for (size_t f = 0; f < a->d->nfactors; f++) {
		const char *part = restriction(a, best, f);

		if (part)
			parts[n++] = part;
	}
	if (n)
		text = arena_fmt(
			a->arena, ", all with %s", wording_list(a->arena, parts, n, "and"));
	free(parts);
	return text;
}

/* Requests that failed in the cells of the set. */
static const char *failures(const struct author *a, const struct best_set *best)
{
	uint64_t failed = 0;

	for (size_t i = 0; i < best->ncells; i++)
		failed += a->s->cells[best->cells[i]].n_failed;
	if (!failed)
		return "";
	return arena_fmt(a->arena, "; %s there did not succeed",
		wording_count(a->arena, failed, a->d->foreign ? "row" : "request",
			a->d->foreign ? "rows" : "requests"));
}

static uint64_t rows_of(const struct author *a, const struct best_set *best)
{
	uint64_t n = 0;

	for (size_t i = 0; i < best->ncells; i++)
		n += a->s->cells[best->cells[i]].metric[best->metric].n;
	return n;
}

static const char *best_text(const struct author *a, const struct best_set *best)
{
	const struct cell_summary *top = &a->s->cells[best->cells[0]];
	const char *noun = findings_noun(a->d, best->metric);
	const char *value = estimate_text(a, best->metric, &top->metric[best->metric]);

	if (best->different == best->of)
		return arena_fmt(a->arena,
			"no setting can be called the best in %s%s: any of the %zu different "
			"settings may be it, about %s",
			noun, a->scope, best->of, value);
	if (best->different == 1)
		return arena_fmt(a->arena,
			"the best in %s%s, of %zu different settings, is %s at %s%s", noun,
			a->scope, best->of, a->d->cells[best->cells[0]].label, value,
			failures(a, best));
	return arena_fmt(a->arena,
		"the best in %s%s is among %zu of %zu different settings, at about %s%s%s", noun,
		a->scope, best->different, best->of, value, restrictions(a, best),
		failures(a, best));
}

static void say_best(struct author *a, const struct best_set *best)
{
	if (best->of < 2)
		return;
	if (best->ncells)
		findings_add(a, FIND_BEST, STRENGTH_BEST, best_text(a, best), FILTER_COUNTS,
			rows_of(a, best));
	else
		findings_add(a, FIND_BEST, STRENGTH_INCONCLUSIVE - 1,
			arena_fmt(a->arena, "no setting can be called the best in %s: %s",
				findings_noun(a->d, best->metric), best->why),
			FILTER_COUNTS, findings_rows(a, best->metric));
}

void findings_best(struct author *a)
{
	for (size_t m = 0; m < a->d->nmetrics; m++) {
		if (a->d->metrics[m].primary)
			say_best(a, &a->s->best[m]);
	}
}
