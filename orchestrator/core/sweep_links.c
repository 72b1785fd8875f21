/* sweep_links.c - factors that vary together, once they are read: how many places the grid has,
 * links after levels have become equal, and links as JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "sweep_internal.h"

#define MAX_PLACES     INT64_C(100000000) /* the plan goes through all of them */
#define MAX_SAMPLED    (INT64_C(1) << 53) /* of which a subset is drawn */
#define PLACES_COUNTED INT64_C(1000000000000000000)

void sweep_release_links(struct sweep *s)
{
	for (size_t i = 0; i < s->nlinks; i++)
		free(s->links[i].level);
	free(s->links);
	s->links = NULL;
	s->nlinks = 0;
}

const struct sweep_link *sweep_link_of(const struct sweep *s, size_t factor)
{
	for (size_t i = 0; i < s->nlinks; i++) {
		for (size_t k = 0; k < s->links[i].nfactors; k++) {
			if (s->links[i].factor[k] == factor)
				return &s->links[i];
		}
	}
	return NULL;
}

/* ---- how many ---- */

static void multiply(int64_t *places, size_t n)
{
	if (__builtin_mul_overflow(*places, (int64_t)n, places) || *places > PLACES_COUNTED)
		*places = PLACES_COUNTED;
}

/* Combinations of levels, links kept. */
static int64_t count_places(const struct sweep *s)
{
	int64_t places = 1;

	for (size_t i = 0; i < s->nlinks; i++)
		multiply(&places, s->links[i].nrows);
	for (size_t i = 0; i < s->nfactors; i++) {
		if (!sweep_link_of(s, i))
			multiply(&places, s->factors[i].nlevels);
	}
	return places;
}

int sweep_check_places(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "factors");
	const struct sweep *s = r->s;
	int64_t places = count_places(s), most = SWEEP_MAX_CELLS;
	char a[NUM_TEXT], b[NUM_TEXT];

	if (s->nexclude || s->nonly)
		most = MAX_PLACES;
	if (s->subset.kind != SUBSET_ALL)
		most = MAX_SAMPLED;
	if (places <= most)
		return 0;
	jsonx_error(&at, r->e, "%s%s cells are more than %s",
		places >= PLACES_COUNTED ? "over " : "", num_group(a, places), num_group(b, most));
	return err_hint(r->e, "fewer levels or factors; a cell is one combination of levels%s",
		most == SWEEP_MAX_CELLS ? "; or a part of them: \"subset\": \"latin:200\"" : "");
}

/* ---- order ---- */

void sweep_sort_link(struct sweep_link *link)
{
	for (size_t i = 1; i < link->nfactors; i++) {
		for (size_t k = i; k > 0 && link->factor[k - 1] > link->factor[k]; k--) {
			size_t f = link->factor[k];

			link->factor[k] = link->factor[k - 1];
			link->factor[k - 1] = f;
			for (size_t row = 0; row < link->nrows; row++) {
				uint32_t *level = &link->level[row * link->nfactors], l = level[k];

				level[k] = level[k - 1];
				level[k - 1] = l;
			}
		}
	}
}

struct named_factor {
	struct factor factor;
	size_t before;
};

static int compare_names(const void *a, const void *b)
{
	const struct named_factor *x = a, *y = b;

	return strcmp(x->factor.name, y->factor.name);
}

static int compare_links(const void *a, const void *b)
{
	const struct sweep_link *x = a, *y = b;

	return (x->factor[0] > y->factor[0]) - (x->factor[0] < y->factor[0]);
}

void sweep_sort_factors(struct sweep *s)
{
	struct named_factor order[SWEEP_MAX_FACTORS] = {{.before = 0}};
	size_t now[SWEEP_MAX_FACTORS] = {0};

	for (size_t i = 0; i < s->nfactors; i++)
		order[i] = (struct named_factor){s->factors[i], i};
	qsort(order, s->nfactors, sizeof(*order), compare_names);
	for (size_t i = 0; i < s->nfactors; i++) {
		s->factors[i] = order[i].factor;
		now[order[i].before] = i;
	}
	for (size_t i = 0; i < s->nlinks; i++) {
		for (size_t k = 0; k < s->links[i].nfactors; k++)
			s->links[i].factor[k] = now[s->links[i].factor[k]];
		sweep_sort_link(&s->links[i]);
	}
	if (s->nlinks)
		qsort(s->links, s->nlinks, sizeof(*s->links), compare_links);
}

/* ---- levels that have become equal ---- */

struct row_order {
	const uint32_t *row;
	size_t width, at;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row_order *x = a, *y = b;

	for (size_t i = 0; i < x->width; i++) {
		if (x->row[i] != y->row[i])
			return x->row[i] < y->row[i] ? -1 : 1;
	}
	return (x->at > y->at) - (x->at < y->at);
}

/* Of equal rows the first stays. */
static size_t drop_equal_rows(struct sweep_link *link)
{
	size_t n = link->nrows, width = link->nfactors, kept = 0;
	struct row_order *order = xmalloc(n * sizeof(*order));
	bool *again = xcalloc(n, sizeof(*again));

	for (size_t i = 0; i < n; i++)
		order[i] = (struct row_order){&link->level[i * width], width, i};
	qsort(order, n, sizeof(*order), compare_rows);
	for (size_t i = 1; i < n; i++)
		again[order[i].at] =
			memcmp(order[i].row, order[i - 1].row, width * sizeof(*link->level)) == 0;
	for (size_t i = 0; i < n; i++) {
		if (!again[i])
			memmove(&link->level[kept++ * width], &link->level[i * width],
				width * sizeof(*link->level));
	}
	link->nrows = kept;
	free(order);
	free(again);
	return n - kept;
}

void sweep_relevel(struct sweep *s, size_t factor, const uint32_t *now)
{
	struct sweep_link *link = NULL;
	size_t column = 0, dropped;

	for (size_t i = 0; i < s->nlinks && !link; i++) {
		for (column = 0; column < s->links[i].nfactors; column++) {
			if (s->links[i].factor[column] == factor) {
				link = &s->links[i];
				break;
			}
		}
	}
	if (!link)
		return;
	for (size_t row = 0; row < link->nrows; row++) {
		uint32_t *level = &link->level[row * link->nfactors + column];

		*level = now[*level];
	}
	dropped = drop_equal_rows(link);
	if (dropped)
		sweep_warn(s, "%zu %s written out are cells that were written out before", dropped,
			dropped == 1 ? "cell" : "cells");
}

/* ---- the order a subset is drawn in ---- */

struct ranked_level {
	struct level level;
	char *text; /* of its value, whatever it is called */
	uint32_t before;
};

/* Numbers by size, then texts. */
static int compare_ranked(const void *a, const void *b)
{
	const struct ranked_level *x = a, *y = b;
	bool number = json_is_number(x->level.value);
	double d = json_number_value(x->level.value) - json_number_value(y->level.value);

	if (number != json_is_number(y->level.value))
		return number ? -1 : 1;
	if (number && d != 0)
		return d < 0 ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void sort_levels_of(struct sweep *s, size_t factor)
{
	struct factor *f = &s->factors[factor];
	struct ranked_level *order = xcalloc(f->nlevels, sizeof(*order));
	uint32_t *now = xcalloc(f->nlevels, sizeof(*now));

	for (size_t i = 0; i < f->nlevels; i++)
		order[i] = (struct ranked_level){
			f->levels[i], sweep_value_text(f->levels[i].value), (uint32_t)i};
	qsort(order, f->nlevels, sizeof(*order), compare_ranked);
	for (size_t i = 0; i < f->nlevels; i++) {
		f->levels[i] = order[i].level;
		now[order[i].before] = (uint32_t)i;
		free(order[i].text);
	}
	sweep_relevel(s, factor, now);
	free(now);
	free(order);
}

static void sort_rows(struct sweep_link *link)
{
	size_t n = link->nrows, width = link->nfactors;
	struct row_order *order = xmalloc(n * sizeof(*order));
	uint32_t *sorted = xmalloc(n * width * sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		order[i] = (struct row_order){&link->level[i * width], width, i};
	qsort(order, n, sizeof(*order), compare_rows);
	for (size_t i = 0; i < n; i++)
		memcpy(&sorted[i * width], order[i].row, width * sizeof(*sorted));
	free(order);
	free(link->level);
	link->level = sorted;
}

void sweep_sort_levels(struct sweep *s)
{
	for (size_t i = 0; i < s->nfactors; i++)
		sort_levels_of(s, i);
	for (size_t i = 0; i < s->nlinks; i++)
		sort_rows(&s->links[i]);
}

/* ---- as JSON ---- */

static bool is_zip(const struct sweep *s, const struct sweep_link *link)
{
	size_t n = link->nfactors;

	for (size_t i = 0; i < n; i++) {
		if (s->factors[link->factor[i]].nlevels != link->nrows)
			return false;
	}
	for (size_t i = 0; i < link->nrows * n; i++) {
		if (link->level[i] != i / n)
			return false;
	}
	return n > 1;
}

static json_t *zip_json(const struct sweep *s, const struct sweep_link *link)
{
	json_t *names = json_array();

	for (size_t i = 0; i < link->nfactors; i++)
		json_array_append_new(names, json_string(s->factors[link->factor[i]].name));
	return names;
}

json_t *sweep_link_row_json(
	const struct sweep *s, const struct sweep_link *link, size_t row, bool names)
{
	json_t *cell = json_object();

	for (size_t i = 0; i < link->nfactors; i++) {
		const struct factor *f = &s->factors[link->factor[i]];
		const struct level *l = &f->levels[link->level[row * link->nfactors + i]];

		jsonx_put(cell, f->name,
			names && l->named ? json_string(l->text) : json_incref(l->value));
	}
	return cell;
}

static json_t *cells_json(const struct sweep *s, const struct sweep_link *link)
{
	json_t *cells = json_array();

	for (size_t row = 0; row < link->nrows; row++)
		json_array_append_new(cells, sweep_link_row_json(s, link, row, true));
	return cells;
}

void sweep_put_links(json_t *o, const struct sweep *s)
{
	json_t *zip = json_array(), *cells = json_array();

	for (size_t i = 0; i < s->nlinks; i++) {
		if (is_zip(s, &s->links[i]))
			json_array_append_new(zip, zip_json(s, &s->links[i]));
		else
			json_array_append_new(cells, cells_json(s, &s->links[i]));
	}
	if (json_array_size(zip))
		jsonx_put(o, "zip", json_incref(zip));
	if (json_array_size(cells))
		jsonx_put(o, "cells", json_incref(cells));
	json_decref(zip);
	json_decref(cells);
}
