/* corpus_take.c - what was made of a file is taken into the corpus, when its turn has come. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "num.h"

/* ---- notes and times ---- */

static void take_notes(struct growing *g, uint32_t file, const struct loaded *l)
{
	struct corpus *c = g->c;

	c->notes_in_all += l->notes_in_all;
	for (size_t i = 0; i < l->notes.n && c->nnotes < CORPUS_MOST_NOTES; i++)
		c->notes[c->nnotes++] = (struct corpus_note){.file = file,
			.line = l->notes.v[i].line,
			.why = arena_str(&c->arena, l->notes.v[i].why),
			.misnamed = l->notes.v[i].misnamed};
}

static void add_note(struct growing *g, uint32_t file, const char *why)
{
	struct corpus *c = g->c;

	c->notes_in_all++;
	if (c->nnotes < CORPUS_MOST_NOTES)
		c->notes[c->nnotes++] = (struct corpus_note){.file = file, .why = why};
}

static void take_span(struct growing *g, const struct loaded *l)
{
	struct corpus_span *s = &g->c->span;

	if (l->span.n == 0)
		return;
	s->first_s = s->n ? fmin(s->first_s, l->span.first_s) : l->span.first_s;
	s->last_s = s->n ? fmax(s->last_s, l->span.last_s) : l->span.last_s;
	s->n += l->span.n;
	s->local = s->local || l->span.local;
	g->forms |= l->forms;
	s->formats = (uint32_t)__builtin_popcount(g->forms);
}

/* ---- settings ---- */

static struct setting_work *setting(struct growing *g, const char *name)
{
	for (size_t i = 0; i < g->settings.n; i++) {
		if (strcmp(g->settings.v[i].name, name) == 0)
			return &g->settings.v[i];
	}
	*VEC_PUSH(&g->settings) = (struct setting_work){.name = arena_str(&g->c->arena, name)};
	return &g->settings.v[g->settings.n - 1];
}

static void add_level(struct growing *g, struct setting_work *s, const char *level, uint64_t n)
{
	uint32_t i = names_number(&s->levels, &g->c->arena, level, strlen(level), PART_MOST_LEVELS);

	if (i == CORPUS_NONE)
		return;
	while (s->count.n <= i)
		*VEC_PUSH(&s->count) = 0;
	s->count.v[i] += n;
}

void growing_settings(struct growing *g, const struct part *p)
{
	for (size_t i = 0; i < p->nsettings; i++) {
		const struct part_setting *of = &p->setting[i];
		uint64_t *n = xcalloc(of->levels.list.n + 1, sizeof(*n));

		for (size_t row = 0; row < p->nrows; row++) {
			if (of->of_row.v[row] != CORPUS_NONE && !(p->flags.v[row] & ROW_COPY))
				n[of->of_row.v[row]]++;
		}
		for (size_t k = 0; k < of->levels.list.n; k++) {
			if (n[k])
				add_level(g, setting(g, of->name), of->levels.list.v[k], n[k]);
		}
		free(n);
	}
}

/* ---- tables ---- */

static void take_sweep(struct growing *g, const struct part *p, uint32_t table)
{
	struct arena *a = &g->c->arena;
	struct corpus_sweep s = {.table = table, .rows = p->nrows, .has_ok = true};

	if (g->sweeps.n >= CORPUS_MOST_SWEEPS) {
		g->c->sweeps_beyond += part_is_sweep(p);
		atomic_store(&g->enough.sweeps, true);
		return;
	}
	if (p->sweep.len == 0 || p->sweep.overflowed)
		return;
	s.subject = growing_subject(g, p->subjects.list.v[0], table);
	if (s.subject == CORPUS_NONE)
		return;
	s.csv = arena_strn(a, p->sweep.s, p->sweep.len);
	s.len = p->sweep.len;
	s.setting = arena_alloc(a, p->nsettings, sizeof(*s.setting));
	for (size_t i = 0; i < p->nsettings; i++) {
		if (p->setting[i].varies)
			s.setting[s.nsettings++] = arena_str(a, p->setting[i].name);
	}
	s.measure = arena_alloc(a, p->nmeasures, sizeof(*s.measure));
	s.better = arena_alloc(a, p->nmeasures, sizeof(*s.better));
	for (size_t i = 0; i < p->nmeasures; i++) {
		if (p->again[i])
			continue;
		s.measure[s.nmeasures] = arena_str(a, p->measure[i].quantity);
		s.better[s.nmeasures++] = p->measure[i].better;
	}
	s.has_load = p->has_load;
	*VEC_PUSH(&g->sweeps) = s;
}

static void take_rows(struct growing *g, uint32_t file, uint32_t table, struct part *p)
{
	struct corpus *c = g->c;
	struct corpus_table *t = &g->tables.v[table];
	uint64_t copies;
	uint32_t of = growing_find_copies(g, p, table, &copies);

	t->failed += p->failures.n;
	t->copies += copies;
	c->rows += p->nrows;
	c->copies += copies;
	for (size_t i = 0; i < p->failures.n; i++)
		c->failed += !(p->flags.v[p->failures.v[i].row] & ROW_COPY);
	if (of != CORPUS_NONE) {
		t->copy_of = of;
		if (copies >= p->nrows) {
			t->use = CORPUS_COPY;
			t->why = "its rows stand in another table";
		}
	}
	growing_remember(g, p, table);
	growing_pool(g, p, file, table);
	growing_settings(g, p);
	c->files[file].used += p->nrows - copies;
	if (t->use == CORPUS_ROWS)
		take_sweep(g, p, table);
}

static uint32_t take_table(
	struct growing *g, uint32_t file, struct loaded *l, const struct loaded_table *from)
{
	struct arena *a = &g->c->arena;
	uint32_t table;

	if (from->part && from->part->later && l->continues != CORPUS_NONE) {
		table = l->continues;
		g->tables.v[table].rows += from->rows;
	} else {
		table = (uint32_t)g->tables.n;
		*VEC_PUSH(&g->tables) = (struct corpus_table){.file = file,
			.place = arena_str(a, from->place),
			.title = arena_str(a, from->title),
			.use = from->use,
			.why = from->why ? arena_str(a, from->why) : NULL,
			.copy_of = CORPUS_NONE,
			.rows = from->rows,
			.failed = from->part ? 0 : from->failed,
			.json = from->json};
		g->c->files[file].tables++;
	}
	g->c->files[file].rows += from->rows;
	l->continues = from->part && from->part->more ? table : CORPUS_NONE;
	if (from->part)
		take_rows(g, file, table, from->part);
	return table;
}

static void take_told(
	struct growing *g, uint32_t file, const struct loaded_told *from, uint32_t table)
{
	struct arena *a = &g->c->arena;
	struct corpus_told t = from->of;

	if (g->told.n >= CORPUS_MOST_TOLD) {
		atomic_store(&g->enough.told, true);
		g->c->told_beyond += t.row != g->told_dropped;
		g->told_dropped = t.row;
		return;
	}
	t.place.file = file;
	t.place.table = table;
	t.place.n = 1;
	t.row += g->told_rows;
	t.subject = arena_str(a, t.subject);
	t.settings = arena_str(a, t.settings);
	t.failure = t.failure ? arena_str(a, t.failure) : NULL;
	t.quantity = arena_str(a, t.quantity);
	t.label = arena_str(a, t.label);
	t.unit = arena_str(a, t.unit);
	t.column = arena_str(a, t.column);
	*VEC_PUSH(&g->told) = t;
	g->c->files[file].used++;
}

static void take_tables(struct growing *g, uint32_t file, struct loaded *l)
{
	size_t told = 0;

	for (size_t i = 0; i < l->tables.n; i++) {
		bool beyond = l->tables.v[i].use == CORPUS_TOLD && g->told.n >= CORPUS_MOST_TOLD;
		uint32_t table = take_table(g, file, l, &l->tables.v[i]);

		if (beyond) { /* of which no figure may have been noted at all */
			g->tables.v[table].failed = 0;
			g->c->told_beyond += g->tables.v[table].rows;
			g->c->files[file].used += g->tables.v[table].rows;
		}
		for (; told < l->told.n && l->told.v[told].table == i; told++) {
			if (!beyond)
				take_told(g, file, &l->told.v[told], table);
		}
		g->c->told_beyond += beyond ? 0 : l->tables.v[i].beyond;
		if (l->tables.v[i].part) {
			part_release(l->tables.v[i].part);
			l->tables.v[i].part = NULL;
		}
	}
	g->told_rows += l->told_rows;
	l->tables.n = l->told.n = 0;
}

/* ---- files ---- */

/* Whether a file with the same bytes was taken before. */
static bool is_copy(struct growing *g, uint32_t file, const struct loaded *l)
{
	size_t before = g->hash_map.n;
	uint32_t i = keymap_number(&g->hash_map, l->facts.hash, l->facts.bytes);

	if (g->hash_map.n == before) {
		g->c->files[file].copy_of = g->hash_file.v[i];
		return true;
	}
	*VEC_PUSH(&g->hash_file) = file;
	return false;
}

static uint64_t rows_of_parts(const struct loaded *l)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->tables.n; i++)
		n += l->tables.v[i].part ? l->tables.v[i].part->nrows : 0;
	return n;
}

static const char *why_unused(
	struct growing *g, const struct corpus_file *f, const struct loaded *l)
{
	if (f->facts.tables == 0 && l->notes.n > 0)
		return arena_str(&g->c->arena, l->notes.v[0].why);
	if (f->facts.bytes == 0)
		return "it is empty";
	if (f->facts.tables == 0)
		return f->of->kind == TREE_MARKDOWN ? "no table and no list of figures in it"
						    : "no table in it";
	for (size_t i = 0; i < g->tables.n; i++) {
		const struct corpus_table *t = &g->tables.v[g->tables.n - 1 - i];

		if (t->file != (uint32_t)(f - g->c->files))
			break;
		if (t->why)
			return t->why;
	}
	return "no figure in it is known";
}

static void finish_file(struct growing *g, uint32_t file, const struct loaded *l)
{
	struct corpus *c = g->c;
	struct corpus_file *f = &c->files[file];

	f->facts = l->facts;
	c->hash_lines += l->facts.hash_lines;
	c->headings += l->facts.headings;
	if (!l->models && l->model)
		g->file_model[file] = arena_str(&c->arena, l->model);
}

void growing_take_run_part(struct growing *g, uint32_t i, struct loaded *l)
{
	finish_file(g, i, l);
	take_notes(g, i, l);
	take_tables(g, i, l);
}

void growing_take(struct growing *g, uint32_t i, struct loaded *l, bool last)
{
	struct corpus_file *f = &g->c->files[i];

	if (!last) { /* its bytes are not all known: only its rows can tell a copy */
		take_tables(g, i, l);
		return;
	}
	if (l->error.code != ERR_NONE) { /* what was taken before is none the worse */
		take_notes(g, i, l);
		f->why = f->used ? NULL : arena_str(&g->c->arena, l->error.msg);
		if (f->used)
			add_note(g, i,
				arena_fmt(&g->c->arena, "reading ended early: %s", l->error.msg));
		return;
	}
	finish_file(g, i, l);
	take_notes(g, i, l);
	if (is_copy(g, i, l)) {
		uint64_t rows = rows_of_parts(l);

		f->rows = l->rows;
		f->tables = l->facts.tables;
		g->c->rows += rows;
		g->c->copies += rows;
		return;
	}
	take_span(g, l);
	take_tables(g, i, l);
	if (f->used == 0 && f->copy_of == CORPUS_NONE && !f->why)
		f->why = why_unused(g, f, l);
}

/* ---- from start to end ---- */

void growing_start(struct growing *g, struct corpus *c)
{
	*g = (struct growing){.c = c};
	g->fine.most = CORPUS_MOST_REMEMBERED;
	g->coarse.most = CORPUS_COARSE_ROWS;
	g->file_model = xcalloc(c->nfiles + 1, sizeof(*g->file_model));
	c->span.first_s = c->span.last_s = NAN;
	c->notes = arena_alloc(&c->arena, CORPUS_MOST_NOTES, sizeof(*c->notes));
}

struct level {
	const char *name;
	double value;
	uint64_t n;
};

static int by_value(const void *a, const void *b)
{
	const struct level *x = a, *y = b;

	if (isnan(x->value) != isnan(y->value))
		return isnan(x->value) ? 1 : -1;
	if (x->value != y->value && !isnan(x->value))
		return x->value < y->value ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void finish_setting(
	struct growing *g, const struct setting_work *w, struct corpus_setting *s)
{
	struct arena *a = &g->c->arena;
	size_t n = w->levels.list.n;
	struct level *levels = xcalloc(n + 1, sizeof(*levels));

	for (size_t i = 0; i < n; i++) {
		levels[i] = (struct level){w->levels.list.v[i], NAN, w->count.v[i]};
		num_parse(levels[i].name, strlen(levels[i].name), &levels[i].value);
	}
	qsort(levels, n, sizeof(*levels), by_value);
	*s = (struct corpus_setting){.name = w->name,
		.level = arena_alloc(a, n, sizeof(*s->level)),
		.value = arena_alloc(a, n, sizeof(*s->value)),
		.n = arena_alloc(a, n, sizeof(*s->n)),
		.nlevels = n,
		.numeric = true};
	for (size_t i = 0; i < n; i++) {
		s->level[i] = levels[i].name;
		s->value[i] = levels[i].value;
		s->n[i] = levels[i].n;
		s->numeric = s->numeric && !isnan(levels[i].value);
	}
	free(levels);
}

static int settings_by_name(const void *a, const void *b)
{
	const struct corpus_setting *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A copy of an array that grew, in the arena. */
static void *kept(struct arena *a, const void *v, size_t n, size_t size)
{
	void *ret = arena_alloc(a, n, size);

	if (n)
		memcpy(ret, v, n * size);
	return ret;
}

/* Figures of a file that is about one model, which no row names. */
static void name_told(struct growing *g)
{
	for (size_t i = 0; i < g->told.n; i++) {
		struct corpus_told *t = &g->told.v[i];
		uint32_t near = g->c->files[t->place.file].model_of;
		const char *model = g->file_model[t->place.file];

		if (!model && near != CORPUS_NONE)
			model = g->file_model[near];
		if (!t->subject[0] && model)
			t->subject = model;
	}
}

void growing_finish(struct growing *g)
{
	struct corpus *c = g->c;
	uint32_t *place = growing_finish_subjects(g);

	name_told(g);

	for (size_t i = 0; i < g->sweeps.n; i++)
		g->sweeps.v[i].subject = place[g->sweeps.v[i].subject];
	free(place);
	c->tables = kept(&c->arena, g->tables.v, g->tables.n, sizeof(*c->tables));
	c->ntables = g->tables.n;
	c->told = kept(&c->arena, g->told.v, g->told.n, sizeof(*c->told));
	c->ntold = g->told.n;
	c->sweeps = kept(&c->arena, g->sweeps.v, g->sweeps.n, sizeof(*c->sweeps));
	c->nsweeps = g->sweeps.n;
	c->settings = arena_alloc(&c->arena, g->settings.n, sizeof(*c->settings));
	c->nsettings = g->settings.n;
	for (size_t i = 0; i < g->settings.n; i++)
		finish_setting(g, &g->settings.v[i], &c->settings[i]);
	if (c->nsettings)
		qsort(c->settings, c->nsettings, sizeof(*c->settings), settings_by_name);
	c->exact = !g->histograms;
}

void growing_release(struct growing *g)
{
	for (size_t i = 0; i < g->subjects.n; i++) {
		struct subject_work *s = &g->subjects.v[i];

		for (size_t k = 0; k < s->measures.n; k++) {
			values_release(&s->measures.v[k].warm);
			values_release(&s->measures.v[k].cold);
		}
		VEC_RELEASE(&s->measures);
		VEC_RELEASE(&s->failures);
		VEC_RELEASE(&s->places);
		keymap_release(&s->prompts);
		late_release(s);
	}
	for (size_t i = 0; i < g->settings.n; i++) {
		names_release(&g->settings.v[i].levels);
		VEC_RELEASE(&g->settings.v[i].count);
	}
	VEC_RELEASE(&g->settings);
	VEC_RELEASE(&g->subjects);
	VEC_RELEASE(&g->tables);
	VEC_RELEASE(&g->told);
	VEC_RELEASE(&g->sweeps);
	VEC_RELEASE(&g->hash_file);
	keymap_release(&g->subject_map);
	keymap_release(&g->renamed);
	VEC_RELEASE(&g->renamed_to);
	VEC_RELEASE(&g->distinct);
	keymap_release(&g->hash_map);
	rowset_release(&g->fine);
	rowset_release(&g->coarse);
	free(g->file_model);
}
