/* corpus_subjects.c - rows pooled by what they are about. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "hash.h"

#define MOST_FAILURES 20 /* different errors of a subject */
#define MOST_PLACES   2000
#define OTHER_ERRORS  "other errors"

static uint64_t hash_of(uint64_t start, const char *s)
{
	return hash64_add(start, s, strlen(s));
}

/* ---- one subject ---- */

/* Nameless tables of one place in one file are one: the arrays of an object in many rows. */
static uint64_t key_of(const struct growing *g, const char *name, uint32_t table)
{
	const struct corpus_table *t = &g->tables.v[table];

	return name[0] ? hash_of(1, name) : hash_of(t->file * UINT64_C(2654435761) + 1, t->place);
}

/* The subject of that name; of a table that names none, one of its own. */
static struct subject_work *subject(
	struct growing *g, const char *name, const char *model, uint32_t table)
{
	bool nameless = !name[0];
	size_t before = g->subject_map.n;
	struct subject_work *s;
	uint32_t i;

	if (g->subjects.n >= CORPUS_MOST_SUBJECTS)
		i = keymap_find(&g->subject_map, nameless, key_of(g, name, table));
	else
		i = keymap_number(&g->subject_map, nameless, key_of(g, name, table));
	if (i == UINT32_MAX)
		return NULL;
	if (g->subject_map.n == before)
		return &g->subjects.v[i];
	s = VEC_PUSH(&g->subjects);
	*s = (struct subject_work){
		.file = g->tables.v[table].file, .table = table, .nameless = nameless};
	s->of.name = arena_str(&g->c->arena, name);
	s->of.model = model ? arena_str(&g->c->arena, model) : NULL;
	s->of.run = g->c->files[s->file].of->kind == TREE_RUN;
	return s;
}

uint32_t growing_subject(const struct growing *g, const char *name, uint32_t table)
{
	return keymap_find(&g->subject_map, !name[0], key_of(g, name, table));
}

static struct corpus_measure *measure(
	struct growing *g, struct subject_work *s, const struct meaning *m)
{
	struct corpus_measure *new;

	for (size_t i = 0; i < s->measures.n; i++) {
		if (strcmp(s->measures.v[i].quantity, m->quantity) == 0)
			return &s->measures.v[i];
	}
	new = VEC_PUSH(&s->measures);
	*new = (struct corpus_measure){.quantity = arena_str(&g->c->arena, m->quantity),
		.label = arena_str(&g->c->arena, m->label),
		.unit = arena_str(&g->c->arena, m->canonical[0] ? m->canonical : m->unit.name),
		.better = m->better};
	values_init(&new->warm, g->histograms);
	values_init(&new->cold, g->histograms);
	return new;
}

static void add_failure(struct growing *g, struct subject_work *s, const struct corpus_failure *f)
{
	const char *why = f->why;

	for (size_t i = 0; i < s->failures.n; i++) {
		if (strcmp(s->failures.v[i].why, why) == 0) {
			struct corpus_place *first = &s->failures.v[i].first;

			s->failures.v[i].n += f->n;
			if (first->table == f->first.table && f->first.last > first->last) {
				first->last = f->first.last;
				first->n += f->n;
			}
			return;
		}
	}
	if (s->failures.n >= MOST_FAILURES)
		s->failures.v[MOST_FAILURES - 1].n += f->n;
	else
		*VEC_PUSH(&s->failures) = (struct corpus_failure){
			.why = arena_str(&g->c->arena,
				s->failures.n == MOST_FAILURES - 1 ? OTHER_ERRORS : why),
			.n = f->n,
			.first = f->first};
}

static void see_place(struct subject_work *s, const struct corpus_place *row)
{
	size_t n = s->places.n;

	if (n > 0 && s->places.v[n - 1].table == row->table) {
		s->places.v[n - 1].last = row->last;
		s->places.v[n - 1].n++;
	} else if (n < MOST_PLACES) {
		struct corpus_place *new = VEC_PUSH(&s->places);

		*new = *row;
	} else {
		s->of.places_beyond++;
	}
}

/* ---- pooling ---- */

/* Values so far are turned into histograms: there are too many to keep. */
static void add_value(struct growing *g, struct values *v, double x)
{
	values_add(v, x);
	g->values += !v->histogram;
}

static void to_histogram(struct values *v)
{
	struct values h;

	if (v->histogram)
		return;
	values_init(&h, true);
	for (uint64_t i = 0; i < v->n; i++)
		values_add(&h, v->v[i]);
	values_release(v);
	*v = h;
}

static void check_room(struct growing *g)
{
	if (g->histograms || g->values <= CORPUS_EXACT_VALUES)
		return;
	g->histograms = true;
	for (size_t i = 0; i < g->subjects.n; i++) {
		for (size_t k = 0; k < g->subjects.v[i].measures.n; k++) {
			to_histogram(&g->subjects.v[i].measures.v[k].warm);
			to_histogram(&g->subjects.v[i].measures.v[k].cold);
		}
	}
}

static void pool_late(
	const struct part *p, size_t row, struct subject_work *s, struct corpus_measure **of)
{
	double value[UNDERSTAND_MOST_MEASURES];
	uint32_t measure[UNDERSTAND_MOST_MEASURES];
	size_t n = 0;

	for (size_t i = 0; i < p->nmeasures; i++) {
		if (p->again[i])
			continue;
		value[n] = p->value[i].v[row];
		measure[n++] = (uint32_t)(of[i] - s->measures.v);
	}
	late_add(s, p->load_s.v[row], value, measure, n);
}

static void pool_row(struct growing *g, const struct part *p, size_t row, struct subject_work *s,
	struct corpus_measure **of)
{
	uint8_t flags = p->flags.v[row];
	bool cold = flags & ROW_COLD;

	s->of.rows++;
	s->of.cold += cold;
	s->of.load_known = s->of.load_known || flags & ROW_LOAD_KNOWN;
	g->c->ttft_checked += (flags & ROW_SUMMED) != 0;
	g->c->ttft_is_sum += (flags & ROW_SUM) != 0;
	if (flags & ROW_LATE && s->late_rows.n < MOST_LATE_ROWS) {
		pool_late(p, row, s, of);
		return;
	}
	for (size_t i = 0; i < p->nmeasures; i++) {
		double x = p->value[i].v[row];

		if (isfinite(x) && !p->again[i])
			add_value(g, cold ? &of[i]->cold : &of[i]->warm, x);
	}
}

/* Failures stand in the order of rows. */
static void pool_failure(struct growing *g, const struct part *p, size_t row, size_t *at,
	struct subject_work *s, const struct corpus_place *place)
{
	struct corpus_failure f = {.why = "", .n = 1, .first = *place};

	while (*at < p->failures.n && p->failures.v[*at].row < row)
		++*at;
	if (*at < p->failures.n && p->failures.v[*at].row == row) {
		f.why = p->failures.v[*at].why;
		g->c->zeros += p->failures.v[*at].zeros;
	}
	s->of.failed++;
	add_failure(g, s, &f);
}

/* What a part's subjects are in the corpus: places may move while subjects are added. */
static uint32_t *subjects_of(struct growing *g, const struct part *p, uint32_t table)
{
	uint32_t *ret = xcalloc(p->subjects.list.n + 1, sizeof(*ret));

	for (size_t i = 0; i < p->subjects.list.n; i++) {
		struct subject_work *s = subject(g, p->subjects.list.v[i], p->models.v[i], table);

		ret[i] = s ? (uint32_t)(s - g->subjects.v) : CORPUS_NONE;
		for (size_t m = 0; s && m < p->nmeasures; m++)
			measure(g, s, &p->measure[m]);
	}
	return ret;
}

static void add_prompts(struct growing *g, const struct part *p, const uint32_t *subject_at)
{
	for (size_t i = 0; i < p->prompt_map.n; i++) {
		const struct keymap_key *k = &p->prompt_map.key[i];

		if (k->a < p->subjects.list.n && subject_at[k->a] != CORPUS_NONE)
			keymap_number(&g->subjects.v[subject_at[k->a]].prompts, 0, k->b);
	}
}

void growing_pool(struct growing *g, const struct part *p, uint32_t file, uint32_t table)
{
	uint32_t *subject_at = subjects_of(g, p, table), last = CORPUS_NONE;
	struct corpus_measure *of[UNDERSTAND_MOST_MEASURES] = {0};
	struct corpus_place place = {.file = file, .table = table, .n = 1};
	size_t failure = 0;

	for (size_t row = 0; row < p->nrows; row++) {
		uint32_t number = p->subject.v[row];
		struct subject_work *s;

		if (number == CORPUS_NONE || subject_at[number] == CORPUS_NONE ||
			p->flags.v[row] & ROW_COPY)
			continue;
		s = &g->subjects.v[subject_at[number]];
		place.first = place.last = p->line.v[row];
		see_place(s, &place);
		if (p->flags.v[row] & ROW_FAILED) {
			pool_failure(g, p, row, &failure, s, &place);
			continue;
		}
		if (number != last) {
			for (size_t m = 0; m < p->nmeasures; m++)
				of[m] = measure(g, s, &p->measure[m]);
			last = number;
		}
		pool_row(g, p, row, s, of);
	}
	add_prompts(g, p, subject_at);
	check_room(g);
	free(subject_at);
}

/* ---- the end ---- */

/* The place of it among the other's. */
static uint32_t merge_measure(
	struct growing *g, struct subject_work *into, struct corpus_measure *from)
{
	struct corpus_measure *to;
	const struct meaning m = {.quantity = from->quantity,
		.label = from->label,
		.canonical = from->unit,
		.unit = {.name = ""},
		.better = from->better};

	to = measure(g, into, &m);
	/* Of equal kind, since all become histograms at once. */
	values_merge(&to->warm, &from->warm);
	values_merge(&to->cold, &from->cold);
	return (uint32_t)(to - into->measures.v);
}

/* Adds the rows of a table's subject to those of the model whose it is taken to be. */
static void merge(struct growing *g, struct subject_work *into, struct subject_work *from)
{
	uint32_t *place = xcalloc(from->measures.n + 1, sizeof(*place));

	for (size_t i = 0; i < from->measures.n; i++)
		place[i] = merge_measure(g, into, &from->measures.v[i]);
	late_merge(into, from, place);
	free(place);
	into->of.rows += from->of.rows;
	into->of.failed += from->of.failed;
	into->of.cold += from->of.cold;
	into->of.places_beyond += from->of.places_beyond;
	into->of.load_known = into->of.load_known || from->of.load_known;
	for (size_t i = 0; i < from->failures.n; i++)
		add_failure(g, into, &from->failures.v[i]);
	for (size_t i = 0; i < from->places.n && into->places.n < MOST_PLACES; i++)
		*VEC_PUSH(&into->places) = from->places.v[i];
	for (size_t i = 0; i < from->prompts.n; i++)
		keymap_number(&into->prompts, from->prompts.key[i].a, from->prompts.key[i].b);
}

/* "tuning" of "a/tuning.csv"; of one of several tables with its place behind it. */
static const char *table_name(struct growing *g, const struct subject_work *s)
{
	struct corpus *c = g->c;
	const char *name = c->files[s->file].of->name, *slash = strrchr(name, '/'), *dot;
	const char *place = g->tables.v[s->table].place;

	name = slash ? slash + 1 : name;
	dot = strrchr(name, '.');
	name = dot && dot > name ? arena_strn(&c->arena, name, (size_t)(dot - name)) : name;
	return c->files[s->file].tables > 1 && place[0]
		? arena_fmt(&c->arena, "%s, %s", name, place)
		: arena_str(&c->arena, name);
}

/* A file whose rows stand in another one may stand beside that which names the model. */
static void near_by_copies(struct growing *g, uint32_t *nearest)
{
	struct corpus *c = g->c;

	for (size_t i = 0; i < c->nfiles; i++) {
		uint32_t of = c->files[i].copy_of;

		if (of != CORPUS_NONE && !g->file_model[of] && nearest[of] == CORPUS_NONE)
			nearest[of] = nearest[i];
	}
	for (size_t i = 0; i < g->tables.n; i++) {
		const struct corpus_table *t = &g->tables.v[i];
		uint32_t of =
			t->copy_of == CORPUS_NONE ? CORPUS_NONE : g->tables.v[t->copy_of].file;

		if (of != CORPUS_NONE && of != t->file && !g->file_model[of] &&
			nearest[of] == CORPUS_NONE)
			nearest[of] = g->file_model[t->file] ? t->file : nearest[t->file];
	}
}

/* The subject of a model, or one that has got its name; UINT32_MAX. */
static uint32_t subject_of_model(const struct growing *g, const char *model)
{
	uint64_t hash = hash_of(1, model);
	uint32_t i = keymap_find(&g->subject_map, 0, hash), k;

	if (i != UINT32_MAX)
		return i;
	k = keymap_find(&g->renamed, 0, hash);
	return k == UINT32_MAX ? k : g->renamed_to.v[k];
}

static void take_model(struct growing *g, uint32_t at, uint32_t file)
{
	const char *model = g->file_model[file], *from = g->c->files[file].of->name;
	struct subject_work *s = &g->subjects.v[at], *into;
	uint32_t i = subject_of_model(g, model);

	if (i == UINT32_MAX) { /* no row names it, a context does: the first table is its subject */
		s->of.name = s->of.model = model;
		s->of.model_from = from;
		keymap_number(&g->renamed, 0, hash_of(1, model));
		*VEC_PUSH(&g->renamed_to) = at;
		return;
	}
	into = &g->subjects.v[i];
	merge(g, into, s);
	s->merged_into = i;
	s->merged = true;
	if (!into->of.model_from)
		into->of.model_from = from;
}

/* Subjects without a name take the model of the file beside theirs, else the name of their own. */
static void name_the_nameless(struct growing *g)
{
	struct corpus *c = g->c;
	uint32_t *nearest = xcalloc(c->nfiles + 1, sizeof(*nearest));

	corpus_nearest(c, g->file_model, nearest);
	near_by_copies(g, nearest);
	for (size_t i = 0; i < g->subjects.n; i++) {
		struct subject_work *s = &g->subjects.v[i];

		if (s->nameless && nearest[s->file] != CORPUS_NONE)
			take_model(g, (uint32_t)i, nearest[s->file]);
		else if (s->nameless)
			s->of.name = table_name(g, s);
	}
	for (size_t i = 0; i < c->nfiles; i++)
		c->files[i].model_of = nearest[i];
	free(nearest);
}

static int by_count(const void *a, const void *b)
{
	const struct corpus_failure *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->why, y->why);
}

static void finish_subject(struct growing *g, struct subject_work *s, struct corpus_subject *ret)
{
	struct arena *a = &g->c->arena;

	late_settle(s);
	*ret = s->of;
	ret->prompts = (uint32_t)s->prompts.n;
	ret->nmeasures = s->measures.n;
	ret->measures = arena_alloc(a, s->measures.n, sizeof(*ret->measures));
	for (size_t m = 0; m < s->measures.n; m++) {
		values_finish(&s->measures.v[m].warm);
		values_finish(&s->measures.v[m].cold);
		ret->measures[m] = s->measures.v[m];
	}
	s->measures.n = 0; /* their values are the corpus's now */
	if (s->failures.n)
		qsort(s->failures.v, s->failures.n, sizeof(*s->failures.v), by_count);
	ret->nfailures = s->failures.n;
	ret->failures = arena_alloc(a, s->failures.n, sizeof(*ret->failures));
	if (s->failures.n)
		memcpy(ret->failures, s->failures.v, s->failures.n * sizeof(*ret->failures));
	ret->nplaces = s->places.n;
	ret->places = arena_alloc(a, s->places.n, sizeof(*ret->places));
	if (s->places.n)
		memcpy(ret->places, s->places.v, s->places.n * sizeof(*ret->places));
}

struct by_name {
	const char *name;
	uint32_t at;
};

static int compare_names(const void *a, const void *b)
{
	const struct by_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

/* Subjects by name; *place[i] is where subject i of the growing corpus has come to. */
uint32_t *growing_finish_subjects(struct growing *g)
{
	struct by_name *order = xcalloc(g->subjects.n + 1, sizeof(*order));
	uint32_t *place = xcalloc(g->subjects.n + 1, sizeof(*place));
	struct corpus *c = g->c;

	name_the_nameless(g);
	for (size_t i = 0; i < g->subjects.n; i++) {
		if (!g->subjects.v[i].merged)
			order[c->nsubjects++] =
				(struct by_name){g->subjects.v[i].of.name, (uint32_t)i};
	}
	if (c->nsubjects)
		qsort(order, c->nsubjects, sizeof(*order), compare_names);
	c->subjects = arena_alloc(&c->arena, c->nsubjects, sizeof(*c->subjects));
	for (size_t i = 0; i < c->nsubjects; i++) {
		finish_subject(g, &g->subjects.v[order[i].at], &c->subjects[i]);
		place[order[i].at] = (uint32_t)i;
	}
	for (size_t i = 0; i < g->subjects.n; i++) {
		if (g->subjects.v[i].merged)
			place[i] = place[g->subjects.v[i].merged_into];
	}
	free(order);
	return place;
}
