/* chart_axes.c - see chart_axes.h. */
#include "chart_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "str.h"

/* Of the combinations of two factors less than this part are there: they are no grid, but a list.
 */
#define LIST 0.5

/* ---- pairs of factors ---- */

/* Different pairs of levels of f and g among the cells. */
static uint32_t count_pairs(const struct chart_data *d, uint32_t f, uint32_t g)
{
	uint32_t wide = d->factors[g].nlevels, n = 0;
	bool *seen = xcalloc((size_t)d->factors[f].nlevels * wide, sizeof(*seen));

	for (uint32_t c = 0; c < d->ncells; c++) {
		bool *one = &seen[(size_t)d->cells[c].level[f] * wide + d->cells[c].level[g]];

		n += !*one;
		*one = true;
	}
	free(seen);
	return n;
}

bool chart_in_step(const struct chart_data *d, uint32_t f, uint32_t g)
{
	uint32_t n = d->factors[f].nlevels;

	return f != g && d->factors[g].nlevels == n && count_pairs(d, f, g) == n;
}

static bool is_linked(const struct chart_data *d, uint32_t f, uint32_t g)
{
	double all = (double)d->factors[f].nlevels * d->factors[g].nlevels;

	return chart_in_step(d, f, g) || count_pairs(d, f, g) < LIST * all;
}

/* ---- what is in common ---- */

/* A cell with a value, and the levels of all factors but f and what follows it as one number. */
struct rest {
	uint64_t key;
	uint32_t cell;
};

static int by_key(const void *a, const void *b)
{
	const struct rest *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static uint64_t key_of(const struct chart_data *d, uint32_t cell, const bool *left_out)
{
	uint64_t h = UINT64_C(1469598103934665603);

	for (uint32_t g = 0; g < d->nfactors; g++) {
		if (!left_out[g])
			h = (h ^ d->cells[cell].level[g]) * UINT64_C(1099511628211);
	}
	return h;
}

/* Cells with a value, sorted by the rest of their levels; *levels: of f, those with any. */
static struct rest *collect(
	const struct chart_data *d, uint32_t f, enum chart_metric m, uint32_t *n, uint32_t *levels)
{
	struct rest *rest = xcalloc(d->ncells, sizeof(*rest));
	bool *left_out = xcalloc(d->nfactors, sizeof(*left_out));
	bool *seen = xcalloc(d->factors[f].nlevels, sizeof(*seen));

	for (uint32_t g = 0; g < d->nfactors; g++)
		left_out[g] = g == f || chart_in_step(d, f, g);
	for (uint32_t c = 0; c < d->ncells; c++) {
		uint32_t level = d->cells[c].level[f];

		if (!isfinite(d->cells[c].value[m].estimate))
			continue;
		*levels += !seen[level];
		seen[level] = true;
		rest[(*n)++] = (struct rest){key_of(d, c, left_out), c};
	}
	qsort(rest, *n, sizeof(*rest), by_key);
	free(left_out);
	free(seen);
	return rest;
}

bool chart_common(const struct chart_data *d, uint32_t f, enum chart_metric m, bool *use)
{
	uint32_t n = 0, levels = 0;
	struct rest *rest = collect(d, f, m, &n, &levels);
	bool any = false;

	for (uint32_t c = 0; c < d->ncells; c++)
		use[c] = false;
	for (uint32_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && rest[end].key == rest[i].key; end++)
			;
		for (uint32_t k = i; end - i == levels && k < end; k++)
			any = use[rest[k].cell] = true;
	}
	free(rest);
	return any;
}

/* ---- axes ---- */

static double spread_of(
	const struct chart_data *d, enum chart_metric m, const uint32_t *level, uint32_t nlevels)
{
	double *sum = xcalloc(nlevels, sizeof(*sum)), *n = xcalloc(nlevels, sizeof(*n));
	double least = INFINITY, most = -INFINITY;

	for (uint32_t c = 0; c < d->ncells; c++) {
		double x = d->cells[c].value[m].estimate;

		if (!(x > 0) || !isfinite(x))
			continue;
		sum[level[c]] += log(x);
		n[level[c]]++;
	}
	for (uint32_t i = 0; i < nlevels; i++) {
		if (n[i] == 0)
			continue;
		least = fmin(least, sum[i] / n[i]);
		most = fmax(most, sum[i] / n[i]);
	}
	free(sum);
	free(n);
	return most > least ? most - least : 0;
}

/* A cell's place in the order of the linked factors' levels. */
struct place {
	const uint32_t *level;
	const uint32_t *members;
	uint32_t nmembers, cell;
};

static int by_levels(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	for (uint32_t i = 0; i < x->nmembers; i++) {
		uint32_t p = x->level[x->members[i]], q = y->level[y->members[i]];

		if (p != q)
			return p < q ? -1 : 1;
	}
	return 0;
}

static const char *join(struct arena *arena, const struct chart_data *d, const struct place *p)
{
	struct str text = STR_INIT(4096);
	const char *ret;

	for (uint32_t i = 0; i < p->nmembers; i++) {
		const struct chart_factor *f = &d->factors[p->members[i]];

		str_addf(&text, "%s%s", i ? ", " : "",
			p->level ? f->level[p->level[p->members[i]]].name : f->name);
	}
	ret = arena_str(arena, text.s);
	str_release(&text);
	return ret;
}

/* The combinations that there are, in the order of their levels. */
static void make_list(struct chart_axes *a, struct chart_axis *axis, const struct chart_data *d,
	const uint32_t *members, uint32_t n)
{
	struct place *all = xcalloc(d->ncells, sizeof(*all)), name = {NULL, members, n, 0};
	struct chart_factor *f = &axis->factor;

	for (uint32_t c = 0; c < d->ncells; c++)
		all[c] = (struct place){d->cells[c].level, members, n, c};
	qsort(all, d->ncells, sizeof(*all), by_levels);
	*f = (struct chart_factor){.name = join(&a->arena, d, &name),
		.level = arena_alloc(&a->arena, d->ncells, sizeof(*f->level))};
	for (uint32_t i = 0; i < d->ncells; i++) {
		if (i == 0 || by_levels(&all[i - 1], &all[i]) != 0)
			f->level[f->nlevels++] = (struct chart_level){
				.name = join(&a->arena, d, &all[i]), .value = NAN};
		axis->level[all[i].cell] = f->nlevels - 1;
	}
	free(all);
}

static void make_axis(struct chart_axes *a, const struct chart_data *d, enum chart_metric m,
	const uint32_t *members, uint32_t n)
{
	struct chart_axis *axis = &a->v[a->n++];

	axis->level = arena_alloc(&a->arena, d->ncells, sizeof(*axis->level));
	if (n == 1) {
		axis->factor = d->factors[members[0]];
		for (uint32_t c = 0; c < d->ncells; c++)
			axis->level[c] = d->cells[c].level[members[0]];
	} else {
		make_list(a, axis, d, members, n);
	}
	axis->spread = spread_of(d, m, axis->level, axis->factor.nlevels);
}

/* Stable: equal ones stay in the order of the sweep. */
static void sort_axes(struct chart_axes *a)
{
	for (uint32_t i = 1; i < a->n; i++) {
		struct chart_axis one = a->v[i];
		uint32_t k = i;

		for (; k > 0 && a->v[k - 1].spread < one.spread; k--)
			a->v[k] = a->v[k - 1];
		a->v[k] = one;
	}
}

void chart_axes_make(struct chart_axes *ret, const struct chart_data *d, enum chart_metric m)
{
	uint32_t *members = xcalloc(d->nfactors, sizeof(*members));
	bool *taken = xcalloc(d->nfactors, sizeof(*taken));

	*ret = (struct chart_axes){0};
	ret->v = arena_alloc(&ret->arena, d->nfactors, sizeof(*ret->v));
	for (uint32_t f = 0; f < d->nfactors; f++) {
		uint32_t n = 0;

		if (taken[f])
			continue;
		members[n++] = f;
		/* Each that is linked to one of them; the list grows while it is walked. */
		for (uint32_t i = 0; i < n; i++) {
			for (uint32_t g = f + 1; g < d->nfactors; g++) {
				bool is_new = !taken[g] && is_linked(d, members[i], g);

				for (uint32_t k = 0; k < n; k++)
					is_new = is_new && members[k] != g;
				if (is_new)
					members[n++] = g;
			}
		}
		for (uint32_t i = 0; i < n; i++)
			taken[members[i]] = true;
		make_axis(ret, d, m, members, n);
	}
	sort_axes(ret);
	free(members);
	free(taken);
}

void chart_axes_release(struct chart_axes *a)
{
	arena_release(&a->arena);
}
