/* plan_cells.c - which combinations of levels are cells.
 *
 * The grid has a dimension for each link and for each factor in none.  Its places are walked in
 * rising order (or drawn: plan_subset.c); a place becomes a cell unless exclude or only take it,
 * its settings in effect are another cell's, or a budget dropped it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "plan_cells.h"
#include "vec.h"

#define MAX_PLACES 100000000 /* looked at one by one */

/* ---- the grid ---- */

static void add_dim(struct plan *p, const struct sweep_link *link, size_t factor, size_t size)
{
	p->dims[p->ndims++] =
		(struct plan_dim){.link = link, .factor = factor, .size = (uint32_t)size};
}

static const struct sweep_link *link_of(const struct sweep *s, size_t f, size_t *member)
{
	for (size_t l = 0; l < s->nlinks; l++) {
		for (*member = 0; *member < s->links[l].nfactors; ++*member) {
			if (s->links[l].factor[*member] == f)
				return &s->links[l];
		}
	}
	return NULL;
}

int plan_make_grid(struct plan *p, struct err *e)
{
	const struct sweep *s = p->sweep;
	uint64_t places = 1;
	size_t member;

	for (size_t f = 0; f < s->nfactors; f++) {
		const struct sweep_link *link = link_of(s, f, &member);

		if (!link)
			add_dim(p, NULL, f, s->factors[f].nlevels);
		else if (member == 0)
			add_dim(p, link, f, link->nrows);
	}
	for (size_t f = 0; f < s->nfactors; f++) {
		const struct sweep_link *link = link_of(s, f, &member);
		size_t d = 0;

		while (p->dims[d].link != link || (!link && p->dims[d].factor != f))
			d++;
		p->place[f] = (struct plan_place){.dim = d,
			.level = link ? link->level + member : NULL,
			.step = link ? link->nfactors : 0};
	}
	for (size_t d = p->ndims; d-- > 0;) {
		p->dims[d].stride = places;
		if (p->dims[d].size == 0)
			return err_set(
				e, ERR_USAGE, "%s: no levels", s->factors[p->dims[d].factor].name);
		if (places > PLAN_MAX_GRID / p->dims[d].size) {
			err_set(e, ERR_USAGE, "the grid has more than 2^53 combinations");
			return err_hint(e, "fewer factors or levels");
		}
		places *= p->dims[d].size;
	}
	p->counts.grid = places;
	return 0;
}

/* ---- a place ---- */

static struct expr_value fixed_value(const json_t *value)
{
	if (json_is_number(value))
		return (struct expr_value){.kind = EXPR_NUMBER, .number = json_number_value(value)};
	if (json_is_boolean(value))
		return (struct expr_value){
			.kind = EXPR_TEXT, .text = json_is_true(value) ? "true" : "false"};
	if (json_is_string(value))
		return (struct expr_value){.kind = EXPR_TEXT, .text = json_string_value(value)};
	return (struct expr_value){.kind = EXPR_MISSING};
}

static void set_dim(struct plan_walk *w, size_t d, uint32_t at)
{
	const struct sweep *s = w->p->sweep;
	const struct plan_dim *dim = &w->p->dims[d];
	size_t n = dim->link ? dim->link->nfactors : 1;

	w->at[d] = at;
	for (size_t i = 0; i < n; i++) {
		size_t f = dim->link ? dim->link->factor[i] : dim->factor;

		w->digit[f] = dim->link ? dim->link->level[(size_t)at * n + i] : at;
		if (w->values)
			w->values[f] = sweep_level_value(&s->factors[f].levels[w->digit[f]]);
	}
}

void plan_walk_seek(struct plan_walk *w, uint64_t grid)
{
	w->grid = grid;
	for (size_t d = 0; d < w->p->ndims; d++)
		set_dim(w, d, (uint32_t)(grid / w->p->dims[d].stride % w->p->dims[d].size));
}

/* The next place: only the dimensions that move are set anew. */
static bool step(struct plan_walk *w)
{
	size_t d = w->p->ndims;

	if (++w->grid >= w->places)
		return false;
	while (d-- > 0) {
		if (w->at[d] + 1 < w->p->dims[d].size) {
			set_dim(w, d, w->at[d] + 1);
			break;
		}
		set_dim(w, d, 0);
	}
	return true;
}

static void open_walk(struct plan_walk *w, struct plan *p, const struct canon *c)
{
	const struct sweep *s = p->sweep;
	size_t i = SWEEP_MAX_FACTORS;
	const char *name;
	json_t *value;

	*w = (struct plan_walk){.p = p, .canon = c, .places = p->counts.grid};
	w->ntally = s->nexclude + s->nonly;
	w->tally = xcalloc(w->ntally + 1, sizeof(*w->tally));
	for (size_t k = 0; k < w->ntally; k++)
		w->tally[k] = k < s->nexclude
			? (struct plan_tally){"exclude", &s->exclude[k], true, 0, 0, 0}
			: (struct plan_tally){"only", &s->only[k - s->nexclude], false, 0, 0, 0};
	if (w->ntally || s->npriority) {
		int tokens = p->of_kind[FACTOR_PROMPT_TOKENS];

		w->values = xcalloc(
			SWEEP_MAX_FACTORS + json_object_size(s->options), sizeof(*w->values));
		json_object_foreach (s->options, name, value)
			w->values[i++] = fixed_value(value);
		w->tokens_vary = tokens >= 0;
	}
	plan_walk_seek(w, 0);
}

static void close_walk(struct plan_walk *w)
{
	plan_set_release(&w->seen);
	VEC_RELEASE(&w->kept);
	free(w->tally);
	free(w->values);
}

/* ---- what takes a place out ---- */

/* A length such as "80%" is a number of tokens, which depends on the place. */
static void set_tokens(struct plan_walk *w)
{
	int f = w->p->of_kind[FACTOR_PROMPT_TOKENS];
	int64_t tokens = plan_tokens_at(w->p, w->grid);

	w->values[f] = (struct expr_value){
		.kind = tokens > 0 ? EXPR_NUMBER : EXPR_MISSING, .number = (double)tokens};
}

static bool is_excluded(struct plan_walk *w)
{
	bool taken = false;

	if (w->tokens_vary)
		set_tokens(w);
	for (size_t i = 0; i < w->ntally; i++) {
		struct plan_tally *t = &w->tally[i];
		int answer = expr_test(t->condition->expr, w->values);

		if (!w->counted) {
			t->unsure += answer < 0;
			t->takes += answer == (int)t->wanted;
			t->first += answer == (int)t->wanted && !taken;
		}
		taken = taken || answer == (int)t->wanted;
	}
	return taken;
}

/* The settings in effect, by which cells are told apart; aliases kept as a control are told apart
 * by name. */
static void effective(const struct plan_walk *w, uint32_t *digit)
{
	if (w->p->sweep->merge_aliases)
		canon_digits(w->canon, w->p, digit);
}

struct looked_for {
	const struct plan_walk *w;
	uint32_t digit[SWEEP_MAX_FACTORS];
};

static bool same_settings(const void *arg, uint32_t number)
{
	const struct looked_for *x = arg;
	const struct plan *p = x->w->p;
	uint32_t digit[SWEEP_MAX_FACTORS];

	for (size_t f = 0; f < p->sweep->nfactors; f++)
		digit[f] = plan_digit(p, x->w->kept.v[number], f);
	effective(x->w, digit);
	return memcmp(digit, x->digit, p->sweep->nfactors * sizeof(*digit)) == 0;
}

/* Whether the settings are there; under another place they are merged. */
static bool is_there(struct plan_walk *w)
{
	struct looked_for x = {.w = w};
	size_t n = w->p->sweep->nfactors;
	uint32_t number = (uint32_t)w->kept.n, there;

	memcpy(x.digit, w->digit, n * sizeof(*x.digit));
	effective(w, x.digit);
	there = plan_set_put(&w->seen, plan_set_hash(x.digit, NULL, n), number, same_settings, &x);
	if (there != number && !w->counted)
		w->merged += w->kept.v[there] != w->grid;
	return there != number;
}

bool plan_walk_keep(struct plan_walk *w)
{
	w->looked += !w->counted;
	if (w->ntally && is_excluded(w)) {
		w->excluded += !w->counted;
		return false;
	}
	if (is_there(w))
		return false;
	*VEC_PUSH(&w->kept) = w->grid;
	return true;
}

/* ---- all places ---- */

static bool some_alias(const struct plan *p)
{
	for (size_t i = 0; i < p->naliases; i++) {
		if (p->aliases[i].merged)
			return true;
	}
	return false;
}

/* Whether two places may be one setting; without it nothing need be remembered. */
static bool may_be_equal(const struct plan *p)
{
	return p->sweep->nlinks || (p->sweep->merge_aliases && some_alias(p));
}

static int too_many(const struct plan_walk *w, struct err *e)
{
	char most[NUM_TEXT], places[NUM_TEXT];

	err_set(e, ERR_USAGE, "more than %s cells are left of %s combinations",
		num_group(most, SWEEP_MAX_CELLS), num_group(places, (int64_t)w->places));
	return err_hint(e,
		"fewer levels, more conditions, or a part of them: "
		"\"subset\": \"latin:1000\"");
}

int plan_walk_all(struct plan_walk *w, struct err *e)
{
	bool remember = may_be_equal(w->p);
	char most[NUM_TEXT], places[NUM_TEXT];

	if (w->places > MAX_PLACES) {
		err_set(e, ERR_USAGE, "%s combinations are more than %s, and are not gone through",
			num_group(places, (int64_t)w->places), num_group(most, MAX_PLACES));
		return err_hint(e, "a part of them: \"subset\": \"latin:1000\"");
	}
	do {
		if (remember) {
			plan_walk_keep(w);
		} else {
			w->looked++;
			if (w->ntally && is_excluded(w))
				w->excluded++;
			else
				*VEC_PUSH(&w->kept) = w->grid;
		}
		if (w->kept.n > SWEEP_MAX_CELLS)
			return too_many(w, e);
	} while (step(w));
	return 0;
}

/* ---- what the conditions did ---- */

static void nothing_left(const struct plan_walk *w, struct err *e)
{
	const struct plan_tally *last = NULL;
	char n[NUM_TEXT];

	for (size_t i = 0; i < w->ntally; i++) {
		if (w->tally[i].first)
			last = &w->tally[i];
	}
	if (!last)
		BUG("no cell, and nothing took them");
	err_set(e, ERR_USAGE, "%s \"%s\": no cell is left of %s combinations%s", last->kind,
		last->condition->text, num_group(n, (int64_t)w->looked),
		w->looked < w->places ? " drawn" : "");
	err_hint(e, "it took the last %s of them: loosen it, or add levels",
		num_group(n, (int64_t)last->first));
}

static void note_conditions(struct plan_walk *w)
{
	const char *what = w->looked < w->places ? "combinations drawn" : "combinations";
	char n[NUM_TEXT], all[NUM_TEXT];

	num_group(all, (int64_t)w->looked);
	for (size_t i = 0; i < w->ntally; i++) {
		const struct plan_tally *t = &w->tally[i];

		if (t->takes == 0)
			plan_note(w->p, "%s \"%s\" takes none of the %s %s", t->kind,
				t->condition->text, all, what);
		if (t->unsure)
			plan_note(w->p, "%s \"%s\" cannot be told for %s of the %s %s: they stay",
				t->kind, t->condition->text, num_group(n, (int64_t)t->unsure), all,
				what);
	}
}

/* A priority of which every cell falls short ranks nothing. */
static void note_priorities(struct plan_walk *w)
{
	const struct sweep *s = w->p->sweep;

	for (size_t i = 0; i < s->npriority; i++) {
		bool met = false;

		for (size_t k = 0; k < w->kept.n && !met; k++) {
			plan_walk_seek(w, w->kept.v[k]);
			if (w->tokens_vary)
				set_tokens(w);
			met = expr_test(s->priority[i].expr, w->values) == 1;
		}
		if (!met)
			plan_note(w->p, "priority \"%s\" fits no cell", s->priority[i].text);
	}
}

/* ---- what a budget dropped ---- */

static bool is_dropped(struct plan_walk *w)
{
	const struct sweep *s = w->p->sweep;

	if (w->tokens_vary)
		set_tokens(w);
	for (size_t i = 0; i < (size_t)s->priority_kept && i < s->npriority; i++) {
		if (expr_test(s->priority[i].expr, w->values) == 1)
			return false;
	}
	return true;
}

static int drop_cells(struct plan_walk *w, struct err *e)
{
	const struct sweep *s = w->p->sweep;
	size_t n = 0;

	if (s->priority_kept <= 0 || s->npriority == 0)
		return 0;
	for (size_t i = 0; i < w->kept.n; i++) {
		plan_walk_seek(w, w->kept.v[i]);
		if (!is_dropped(w))
			w->kept.v[n++] = w->kept.v[i];
	}
	w->p->counts.dropped = w->kept.n - n;
	w->kept.n = n;
	if (n)
		return 0;
	err_set(e, ERR_USAGE, "priority \"%s\": no cell meets it", s->priority[0].text);
	return err_hint(e, "write conditions that some cells meet, the most important first");
}

/* ---- all of it ---- */

static int compare_places(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void take_over(struct plan *p, struct plan_walk *w)
{
	uint64_t rest;

	p->ncells = (uint32_t)w->kept.n;
	p->grid_index = arena_alloc(&p->arena, w->kept.n, sizeof(*p->grid_index));
	for (size_t i = 0; i < w->kept.n; i++)
		p->grid_index[i] = w->kept.v[i];
	/* Draws from a grid too large to be gone through may meet a place twice. */
	rest = p->counts.grid - w->kept.n - p->counts.dropped;
	p->counts.merged = w->merged < rest ? w->merged : rest;
	rest -= p->counts.merged;
	p->counts.excluded = w->excluded < rest ? w->excluded : rest;
	p->counts.left_out = rest - p->counts.excluded;
}

int plan_make_cells(struct plan *p, const struct canon *c, struct err *e)
{
	struct plan_walk w;
	int failed = 0;

	open_walk(&w, p, c);
	if (p->sweep->subset.kind == SUBSET_ALL)
		failed = plan_walk_all(&w, e);
	else
		failed = plan_walk_subset(&w, e);
	if (!failed && (!w.kept.v || w.kept.n == 0)) {
		nothing_left(&w, e);
		failed = -1;
	}
	if (!failed) {
		if (p->sweep->subset.kind != SUBSET_ALL)
			qsort(w.kept.v, w.kept.n, sizeof(*w.kept.v), compare_places);
		note_conditions(&w);
		note_priorities(&w);
		failed = drop_cells(&w, e);
	}
	if (!failed)
		take_over(p, &w);
	close_walk(&w);
	return failed;
}
