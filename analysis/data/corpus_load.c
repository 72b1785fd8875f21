/* corpus_load.c - one file, read and understood. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "stamp.h"

/* JSON takes many times its size in memory: of large files one is read at a time. */
#define LARGE_JSON ((uint64_t)2 << 20)

/* What is known while a file is read. */
struct loading {
	struct corpus_loader *by;
	struct loaded *l;
	struct understood u; /* of the table that is read */
	bool understood;
	bool whole;        /* it is in memory whole */
	bool surroundings; /* figures beside the lists were taken */
	uint32_t table;    /* in l->tables */
	struct part *part;
};

/* ---- beside the rows ---- */

static void note(void *arg, uint64_t line, const char *why)
{
	struct loading *g = arg;

	g->l->notes_in_all++;
	if (g->l->notes.n < CORPUS_MOST_NOTES)
		*VEC_PUSH(&g->l->notes) =
			(struct corpus_note){.line = line, .why = arena_str(&g->l->arena, why)};
}

static void see_stamp(struct loaded *l, const struct grid_cell *c)
{
	struct stamp s = {.form = STAMP_NONE};

	if (c->kind == GRID_TEXT)
		s = stamp_parse(c->s, c->len);
	else if (c->kind == GRID_NUMBER)
		s = stamp_number(c->number);
	if (s.form == STAMP_NONE)
		return;
	if (l->span.n++ == 0)
		l->span.first_s = l->span.last_s = s.seconds;
	l->span.first_s = fmin(l->span.first_s, s.seconds);
	l->span.last_s = fmax(l->span.last_s, s.seconds);
	l->span.local = l->span.local || s.local;
	l->forms |= 1u << s.form;
}

static void see_model(struct loaded *l, const struct grid_cell *c)
{
	if (c->kind != GRID_TEXT || c->len == 0 || l->models)
		return;
	if (!l->model)
		l->model = arena_strn(&l->arena, c->s, c->len < 200 ? c->len : 200);
	else if (strlen(l->model) != (c->len < 200 ? c->len : 200) ||
		memcmp(l->model, c->s, strlen(l->model)) != 0)
		l->models = true;
}

static void see(struct loading *g, const struct grid *grid)
{
	const struct understood *u = &g->u;

	for (size_t row = 0; u->time >= 0 && row < grid->nrows; row++)
		see_stamp(g->l, grid_at(grid, row, (size_t)u->time));
	if (!u->has_model || u->nsubjects == 0 || strcmp(u->subject_name[0], "model") != 0)
		return;
	for (size_t row = 0; row < (u->subject[0].column >= 0 ? grid->nrows : 1); row++) {
		struct grid_cell c = understand_text(&u->subject[0], grid, row);

		see_model(g->l, &c);
	}
}

/* ---- tables ---- */

static void end_part(struct loading *g)
{
	if (g->part)
		part_finish(g->part, g->by->enough);
	g->part = NULL;
}

static bool is_list(const struct grid *grid)
{
	return grid->form == GRID_MARKDOWN && strncmp(grid->place, "list", 4) == 0;
}

/* Figures that stand beside a list: one told row of their own, once for each file. */
static void take_context(struct loading *g, const struct grid *grid)
{
	struct understood u;
	struct grid around;

	if (g->surroundings || !understand_context(&u, grid, g->by->rules, &around))
		return;
	g->surroundings = true;
	if (u.class == TABLE_AGGREGATES && !atomic_load(&g->by->enough->told)) {
		*VEC_PUSH(&g->l->tables) = (struct loaded_table){
			.place = "", .title = "", .json = true, .use = CORPUS_TOLD, .rows = 1};
		told_add(g->l, &u, &around, (uint32_t)g->l->tables.n - 1);
	}
	understood_release(&u);
	free((void *)around.name);
}

static void begin_table(struct loading *g, const struct grid *grid)
{
	struct loaded *l = g->l;
	struct loaded_table *t;

	take_context(g, grid);
	if (g->understood)
		understood_release(&g->u);
	understand_table(&g->u, grid, g->by->rules);
	g->understood = true;
	if (g->u.class == TABLE_NOTHING && is_list(grid)) {
		g->table = CORPUS_NONE; /* prose has many of them: no table was expected */
		return;
	}
	for (size_t i = 0; i < g->u.nnotes; i++) {
		note(g, 0, g->u.note[i]);
		if (g->u.misnamed[i] && l->notes.n > 0 && l->notes_in_all == l->notes.n)
			l->notes.v[l->notes.n - 1].misnamed = true;
	}
	t = VEC_PUSH(&l->tables);
	*t = (struct loaded_table){.place = arena_str(&l->arena, grid->place),
		.title = arena_str(&l->arena, grid->title),
		.json = grid->form == GRID_JSON,
		.use = CORPUS_UNUSED};
	g->table = (uint32_t)l->tables.n - 1;
	if (g->u.class == TABLE_NOTHING) {
		t->why = arena_str(&l->arena, g->u.why ? g->u.why : "no measure in it is known");
	} else if (g->u.class == TABLE_AGGREGATES) {
		t->use = CORPUS_TOLD;
	} else {
		t->use = CORPUS_ROWS;
		t->part = g->part = part_new(l, &g->u, grid);
		if (g->part->rate)
			note(g, 0,
				"it holds no throughput: output tokens but the first, by decode "
				"time, "
				"stand for it");
	}
}

/* The rows so far are taken, since they are many; the table goes on. */
static void flush_part(struct loading *g, const struct grid *grid)
{
	struct loaded *l = g->l;
	struct loaded_table *t;

	g->part->more = true;
	end_part(g);
	g->by->flush(g->by->arg, l);
	t = VEC_PUSH(&l->tables);
	*t = (struct loaded_table){.place = arena_str(&l->arena, grid->place),
		.title = arena_str(&l->arena, grid->title),
		.json = grid->form == GRID_JSON,
		.use = CORPUS_ROWS};
	g->table = (uint32_t)l->tables.n - 1;
	t->part = g->part = part_new(l, &g->u, grid);
	g->part->later = true;
}

static int take_grid(void *arg, const struct grid *grid, struct err *e)
{
	struct loading *g = arg;

	(void)e;
	if (grid->piece == 0)
		begin_table(g, grid);
	if (g->table == CORPUS_NONE)
		return 0;
	see(g, grid);
	g->l->tables.v[g->table].rows += grid->nrows;
	g->l->rows += grid->nrows;
	if (g->u.class == TABLE_AGGREGATES && !atomic_load(&g->by->enough->told)) {
		told_add(g->l, &g->u, grid, g->table);
	} else if (g->u.class == TABLE_ROWS) {
		part_add(g->part, g->l, &g->u, grid);
		/* A whole JSON file is in memory anyway; and who waits for his turn must not hold
		 * what others wait for (LARGE_JSON). */
		if (!grid->last && !g->whole && g->part->nrows >= PART_MOST_ROWS)
			flush_part(g, grid);
	}
	if (grid->last)
		end_part(g);
	return 0;
}

void corpus_load(struct corpus_loader *by, const struct tree_file *f, struct loaded *l)
{
	struct loading g = {.by = by, .l = l, .whole = f->kind == TREE_JSON};
	const struct foreign_sink sink = {.grid = take_grid, .note = note, .arg = &g};

	*l = (struct loaded){.error = ERR_INIT, .continues = CORPUS_NONE, .enough = by->enough};
	l->span.first_s = l->span.last_s = NAN;
	if (f->kind == TREE_JSON && f->bytes > LARGE_JSON) {
		static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

		pthread_mutex_lock(&one);
		foreign_read(f->path, f->kind, &by->work, &sink, &l->facts, &l->error);
		pthread_mutex_unlock(&one);
	} else {
		foreign_read(f->path, f->kind, &by->work, &sink, &l->facts, &l->error);
	}
	end_part(&g);
	if (g.understood)
		understood_release(&g.u);
}

void loaded_release(struct loaded *l)
{
	for (size_t i = 0; i < l->tables.n; i++) {
		if (l->tables.v[i].part)
			part_release(l->tables.v[i].part);
	}
	VEC_RELEASE(&l->tables);
	VEC_RELEASE(&l->told);
	VEC_RELEASE(&l->notes);
	arena_release(&l->arena);
}
