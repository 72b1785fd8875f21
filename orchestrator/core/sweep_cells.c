/* sweep_cells.c - factors that vary together: "zip" (levels in step) and "cells" (combinations
 * written out). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "sweep_internal.h"

static struct sweep_link *add_link(struct sweep *s)
{
	s->links = xrealloc(s->links, s->nlinks + 1, sizeof(*s->links));
	s->links[s->nlinks] = (struct sweep_link){0};
	return &s->links[s->nlinks++];
}

static size_t index_of(const struct sweep *s, const struct factor *f)
{
	return (size_t)(f - s->factors);
}

static int linked_twice(const struct jsonx_at *at, const char *name, struct err *e)
{
	jsonx_error(at, e, "%s varies together with others already", name);
	return err_hint(e, "a factor stands in one zip or one list of cells");
}

/* ---- zip ---- */

static int compare_indices(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int unknown_factor(
	const struct jsonx_at *at, const struct sweep *s, const char *name, struct err *e)
{
	const char *names[SWEEP_MAX_FACTORS + 1] = {NULL};
	const char *nearest;
	char safe[80];

	for (size_t i = 0; i < s->nfactors; i++)
		names[i] = s->factors[i].name;
	nearest = jsonx_did_you_mean(name, names);
	jsonx_error(at, e, "\"%s\" is not under factors", err_quote(safe, sizeof(safe), name));
	return nearest ? err_hint(e, "did you mean \"%s\"?", nearest)
		       : err_hint(e, "name factors of this sweep");
}

static int add_zipped(struct reading *r, const struct jsonx_at *at, struct sweep_link *link)
{
	const struct factor *f;
	const char *name;

	if (jsonx_string(at, &name, r->e))
		return -1;
	f = sweep_factor(r->s, name);
	if (!f)
		return unknown_factor(at, r->s, name, r->e);
	if (sweep_link_of(r->s, index_of(r->s, f)))
		return linked_twice(at, name, r->e);
	link->factor[link->nfactors++] = index_of(r->s, f);
	return 0;
}

static int check_lengths(
	struct reading *r, const struct jsonx_at *at, const struct sweep_link *link)
{
	const struct factor *first = &r->s->factors[link->factor[0]];

	for (size_t i = 1; i < link->nfactors; i++) {
		const struct factor *f = &r->s->factors[link->factor[i]];

		if (f->nlevels == first->nlevels)
			continue;
		jsonx_error(at, r->e, "%s has %zu levels, %s has %zu", first->name, first->nlevels,
			f->name, f->nlevels);
		return err_hint(r->e, "levels go in step, so there must be as many of each");
	}
	return 0;
}

/* The link is in the sweep while it is read, so that its own factors are seen as taken. */
static int read_zip_list(struct reading *r, const struct jsonx_at *at)
{
	struct sweep_link *link;
	size_t n = json_array_size(at->value);

	if (n < 2 || n > SWEEP_MAX_FACTORS)
		return jsonx_error(at, r->e, "expected 2 to %d names of factors, got %zu",
			SWEEP_MAX_FACTORS, n);
	link = add_link(r->s);
	for (size_t i = 0; i < n; i++) {
		struct jsonx_at one = sweep_at_index(at, i);

		if (add_zipped(r, &one, link))
			return -1;
	}
	if (check_lengths(r, at, link))
		return -1;
	qsort(link->factor, n, sizeof(*link->factor), compare_indices);
	link->nrows = r->s->factors[link->factor[0]].nlevels;
	link->level = xmalloc(link->nrows * n * sizeof(*link->level));
	for (size_t i = 0; i < link->nrows * n; i++)
		link->level[i] = (uint32_t)(i / n);
	return 0;
}

static int read_zip(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "zip");

	if (!at.value)
		return 0;
	if (jsonx_array(&at, r->e))
		return -1;
	if (!json_is_array(json_array_get(at.value, 0)))
		return read_zip_list(r, &at);
	for (size_t i = 0; i < json_array_size(at.value); i++) {
		struct jsonx_at one = sweep_at_index(&at, i);

		if (jsonx_array(&one, r->e) || read_zip_list(r, &one))
			return -1;
	}
	return 0;
}

/* ---- cells ---- */

/* Levels by what they are called and by their value, for one factor of a list of cells. */
struct known_levels {
	bool declared; /* its levels stand under factors */
	json_t *by_name, *by_value;
};

struct cell_list {
	struct sweep_link *link;
	struct known_levels known[SWEEP_MAX_FACTORS]; /* as link->factor */
};

static void remember_level(struct known_levels *known, const struct level *l, size_t index)
{
	char *value = sweep_value_text(l->value);

	if (l->named)
		json_object_set_new(known->by_name, l->text, json_integer((json_int_t)index));
	json_object_set_new(known->by_value, value, json_integer((json_int_t)index));
	free(value);
}

static int begin_factor(
	struct reading *r, const struct jsonx_at *at, const char *name, struct cell_list *list)
{
	const struct factor *f = sweep_factor(r->s, name);
	struct known_levels *known = &list->known[list->link->nfactors];

	*known = (struct known_levels){
		.declared = f, .by_name = json_object(), .by_value = json_object()};
	if (!f) {
		f = sweep_new_factor(r, at, name);
		if (!f)
			return -1;
	} else if (sweep_link_of(r->s, index_of(r->s, f))) {
		return linked_twice(at, name, r->e);
	}
	for (size_t i = 0; i < f->nlevels; i++)
		remember_level(known, &f->levels[i], i);
	list->link->factor[list->link->nfactors++] = index_of(r->s, f);
	return 0;
}

/* The factors are those of the first cell, in rising order. */
static int begin_list(struct reading *r, const struct jsonx_at *first, struct cell_list *list)
{
	const char *name;
	json_t *value;

	if (jsonx_object(first, r->e))
		return -1;
	if (json_object_size(first->value) == 0)
		return jsonx_error(first, r->e, "expected at least one factor, got none");
	json_object_foreach (first->value, name, value) {
		struct jsonx_at at = sweep_at(r, first, name);

		if (list->link->nfactors == SWEEP_MAX_FACTORS)
			return jsonx_error(&at, r->e, "more than %d factors", SWEEP_MAX_FACTORS);
		if (begin_factor(r, &at, name, list))
			return -1;
	}
	return 0;
}

/* Index of a level that is there, or -1. */
static int64_t find_level(const struct known_levels *known, const char *name, const json_t *value)
{
	const json_t *at = name ? json_object_get(known->by_name, name) : NULL;
	char *text;

	if (!at && value) {
		text = sweep_value_text(value);
		at = json_object_get(known->by_value, text);
		free(text);
	}
	return at ? json_integer_value(at) : -1;
}

static int add_cell_level(struct reading *r, const struct jsonx_at *at, const char *name,
	struct factor *f, struct known_levels *known, uint32_t *ret)
{
	if (known->declared) {
		char safe[80];

		jsonx_error(at, r->e, "is no level of factors.%s", f->name);
		return err_hint(r->e, "%s has %zu levels, the first is %s", f->name, f->nlevels,
			err_quote(safe, sizeof(safe), f->levels[0].text));
	}
	if (f->nlevels == SWEEP_MAX_CELLS)
		return jsonx_error(at, r->e, "more than %d levels", SWEEP_MAX_CELLS);
	if (sweep_take_level(at, f, name, r->e))
		return -1;
	*ret = (uint32_t)f->nlevels - 1;
	remember_level(known, &f->levels[*ret], *ret);
	return 0;
}

/* 4096, "short", or {"short": "Answer in one word."} */
static int read_cell_level(struct reading *r, const struct jsonx_at *at, struct factor *f,
	struct known_levels *known, uint32_t *ret)
{
	struct jsonx_at value = *at;
	const char *name = NULL;
	int64_t found = find_level(known, json_string_value(at->value), NULL);
	json_t *typed;

	if (json_is_object(at->value) && json_object_size(at->value) == 1) {
		name = json_object_iter_key(json_object_iter(at->value));
		value = sweep_at(r, at, name);
	}
	if (found < 0) {
		typed = sweep_typed_level(&value, f, r->e);
		if (!typed)
			return -1;
		found = find_level(known, NULL, typed);
		json_decref(typed);
	}
	if (found < 0)
		return add_cell_level(r, &value, name, f, known, ret);
	if (name && strcmp(f->levels[found].text, name) != 0)
		return jsonx_error(&value, r->e, "the same level is called %s elsewhere",
			f->levels[found].text);
	*ret = (uint32_t)found;
	return 0;
}

static int read_cell(
	struct reading *r, const struct jsonx_at *at, struct cell_list *list, uint32_t *row)
{
	const struct sweep_link *link = list->link;

	if (jsonx_object(at, r->e))
		return -1;
	for (size_t i = 0; i < link->nfactors; i++) {
		struct factor *f = &r->s->factors[link->factor[i]];
		struct jsonx_at one = sweep_at(r, at, f->name);

		if (!one.value) {
			jsonx_error(at, r->e, "has no %s, which the first cell has", f->name);
			return err_hint(r->e, "all cells of a list name the same factors");
		}
		if (read_cell_level(r, &one, f, &list->known[i], &row[i]))
			return -1;
	}
	if (json_object_size(at->value) != link->nfactors) {
		jsonx_error(at, r->e, "has a factor that the first cell has not");
		return err_hint(r->e, "all cells of a list name the same factors");
	}
	return 0;
}

/* Rows that are there already are found by their levels as text. */
static int check_new_row(const struct jsonx_at *at, json_t *rows, const uint32_t *row, size_t n,
	size_t number, struct err *e)
{
	char key[SWEEP_MAX_FACTORS * 12];
	size_t len = 0;
	const json_t *before;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(key + len, sizeof(key) - len, "%" PRIu32 " ", row[i]);
	before = json_object_get(rows, key);
	if (before)
		return jsonx_error(at, e,
			"is the same cell as number %" JSON_INTEGER_FORMAT " of the list",
			json_integer_value(before) + 1);
	json_object_set_new(rows, key, json_integer((json_int_t)number));
	return 0;
}

static int read_rows(struct reading *r, const struct jsonx_at *at, struct cell_list *list)
{
	struct sweep_link *link = list->link;
	size_t n = json_array_size(at->value), width = link->nfactors;
	json_t *rows = json_object();
	int failed = 0;

	link->level = xcalloc(n * width, sizeof(*link->level));
	for (size_t i = 0; i < n && !failed; i++) {
		struct jsonx_at one = sweep_at_index(at, i);
		uint32_t *row = &link->level[i * width];

		failed = read_cell(r, &one, list, row) ||
			check_new_row(&one, rows, row, width, i, r->e);
	}
	link->nrows = n;
	json_decref(rows);
	return failed ? -1 : 0;
}

static int check_used(
	struct reading *r, const struct jsonx_at *at, const struct cell_list *list, size_t i)
{
	const struct sweep_link *link = list->link;
	const struct factor *f = &r->s->factors[link->factor[i]];
	bool *used = xcalloc(f->nlevels, sizeof(*used));
	size_t unused = 0;
	char safe[80];

	for (size_t row = 0; row < link->nrows; row++)
		used[link->level[row * link->nfactors + i]] = true;
	while (unused < f->nlevels && used[unused])
		unused++;
	free(used);
	if (unused == f->nlevels)
		return 0;
	jsonx_error(at, r->e, "no cell has the level %s of factors.%s",
		err_quote(safe, sizeof(safe), f->levels[unused].text), f->name);
	return err_hint(r->e, "leave it out there, or add a cell");
}

static int finish_list(struct reading *r, const struct jsonx_at *at, struct cell_list *list)
{
	for (size_t i = 0; i < list->link->nfactors; i++) {
		struct factor *f = &r->s->factors[list->link->factor[i]];

		if (list->known[i].declared ? check_used(r, at, list, i)
					    : sweep_finish_levels(at, f, false, r->e) ||
					sweep_check_prompt_levels(r, at, f))
			return -1;
	}
	sweep_sort_link(list->link);
	return 0;
}

static int read_cell_list(struct reading *r, const struct jsonx_at *at)
{
	struct cell_list list = {0};
	struct jsonx_at first = sweep_at_index(at, 0);
	size_t n = json_array_size(at->value);
	char a[NUM_TEXT], b[NUM_TEXT];
	int failed;

	if (n == 0)
		return jsonx_error(at, r->e, "expected at least one cell, got none");
	if (n > SWEEP_MAX_CELLS)
		return jsonx_error(at, r->e, "%s cells are more than %s", num_group(a, (int64_t)n),
			num_group(b, SWEEP_MAX_CELLS));
	list.link = add_link(r->s);
	failed = begin_list(r, &first, &list) || read_rows(r, at, &list) ||
		finish_list(r, at, &list);
	for (size_t i = 0; i < SWEEP_MAX_FACTORS; i++) {
		json_decref(list.known[i].by_name);
		json_decref(list.known[i].by_value);
	}
	return failed ? -1 : 0;
}

static int read_cells(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = sweep_at(r, root, "cells");

	if (!at.value)
		return 0;
	if (jsonx_array(&at, r->e))
		return -1;
	if (!json_is_array(json_array_get(at.value, 0)))
		return read_cell_list(r, &at);
	for (size_t i = 0; i < json_array_size(at.value); i++) {
		struct jsonx_at one = sweep_at_index(&at, i);

		if (jsonx_array(&one, r->e) || read_cell_list(r, &one))
			return -1;
	}
	return 0;
}

int sweep_read_links(struct reading *r, const struct jsonx_at *root)
{
	return read_cells(r, root) || read_zip(r, root) ? -1 : 0;
}
