/* grid_log.c - grids as text. */
#include "grid_log.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "unit.h"

static void add_cell(struct str *to, const struct grid_cell *cell)
{
	char text[NUM_TEXT];

	switch (cell->kind) {
	case GRID_MISSING:
		str_addc(to, '_');
		break;
	case GRID_TEXT:
		str_addn(to, cell->s, cell->len);
		break;
	case GRID_NUMBER:
		str_addf(to, "#%s", num_text(text, cell->number));
		break;
	case GRID_TRUE:
	case GRID_FALSE:
		str_addc(to, cell->kind == GRID_TRUE ? 'T' : 'F');
		break;
	default:
		fail_msg("a cell of kind %d", cell->kind);
	}
}

/* Reads each byte, so that a checker sees a place outside of its buffer. */
static void check_cell(const struct grid_cell *cell, bool name)
{
	volatile char sum = 0;

	assert_true(cell->kind <= GRID_FALSE);
	if (cell->kind != GRID_TEXT) {
		assert_false(name);
		return;
	}
	assert_non_null(cell->s);
	assert_true(name || cell->len > 0);
	if (cell->len == 0)
		return;
	for (uint32_t i = 0; i < cell->len; i++)
		sum = (char)(sum + cell->s[i]);
	assert_true((unsigned char)cell->s[0] > ' ');
	assert_true((unsigned char)cell->s[cell->len - 1] > ' ');
}

/* Pieces come one after the other, with equal names. */
static void check_piece(struct grid_log *log, const struct grid *g)
{
	struct str names = STR_INIT(1 << 20);

	for (size_t i = 0; i < g->ncols; i++) {
		str_addc(&names, '|');
		add_cell(&names, &g->name[i]);
	}
	assert_int_equal(log->open, g->piece > 0);
	if (g->piece > 0) {
		assert_int_equal(g->piece, log->piece);
		assert_int_equal(names.len, log->names.len);
		assert_memory_equal(names.s, log->names.s, names.len);
	}
	str_release(&log->names);
	log->names = names;
	log->piece = g->piece + 1;
	log->open = !g->last;
}

static void check(struct grid_log *log, const struct grid *g)
{
	assert_true(g->ncols > 0 && g->ncols <= FOREIGN_MOST_COLUMNS);
	assert_non_null(g->place);
	assert_non_null(g->title);
	check_piece(log, g);
	for (size_t i = 0; i < g->ncols; i++)
		check_cell(&g->name[i], true);
	for (size_t i = 0; i < g->nrows * g->ncols; i++)
		check_cell(&g->cell[i], false);
	for (size_t i = 1; i < g->nrows; i++)
		assert_true(g->line[i] > g->line[i - 1] ||
			(g->form == GRID_MARKDOWN && g->line[i] == g->line[i - 1]));
	for (size_t i = 0; i < g->ncontext; i++) {
		assert_non_null(g->context[i].name);
		check_cell(&g->context[i].value, false);
	}
}

static void write_grid(struct grid_log *log, const struct grid *g)
{
	static const char *const forms[] = {"csv", "json", "jsonl", "markdown"};
	struct str *to = &log->text;

	str_addf(to, "%s '%s'%s%s piece %u%s\n", forms[g->form], g->place, g->title[0] ? " " : "",
		g->title, g->piece, g->last ? " last" : "");
	for (size_t i = 0; i < g->ncontext; i++) {
		str_addf(to, " with %s=", g->context[i].name);
		add_cell(to, &g->context[i].value);
		str_addc(to, '\n');
	}
	for (size_t i = 0; i < g->ncols; i++) {
		str_add(to, i ? "|" : " names ");
		add_cell(to, &g->name[i]);
	}
	str_addc(to, '\n');
	for (size_t row = 0; row < g->nrows; row++) {
		str_addf(to, " %u: ", g->line[row]);
		for (size_t i = 0; i < g->ncols; i++) {
			str_add(to, i ? "|" : "");
			add_cell(to, grid_at(g, row, i));
		}
		str_addc(to, '\n');
	}
}

static int take_grid(void *arg, const struct grid *g, struct err *e)
{
	struct grid_log *log = arg;

	check(log, g);
	log->grids++;
	log->tables += g->piece == 0;
	log->rows += g->nrows;
	if (!log->quiet)
		write_grid(log, g);
	if (log->refuse && log->grids >= (uint64_t)log->refuse)
		return err_set(e, ERR_DATA, "enough");
	return 0;
}

static void take_note(void *arg, uint64_t line, const char *why)
{
	struct grid_log *log = arg;

	log->notes++;
	assert_true(why[0] != '\0');
	if (!log->quiet)
		str_addf(&log->text, "note %u: %s\n", (unsigned)line, why);
}

struct foreign_sink grid_log_sink(struct grid_log *log)
{
	return (struct foreign_sink){.grid = take_grid, .note = take_note, .arg = log};
}

struct foreign_facts grid_log_read(
	struct grid_log *log, enum tree_kind kind, const char *text, size_t len)
{
	struct foreign_work work = {0};
	struct foreign_sink sink = grid_log_sink(log);
	struct foreign_facts facts;
	struct err e = ERR_INIT;
	/* On the heap, where overruns are seen. */
	char *copy = xmalloc(len ? len : 1);

	if (len > 0)
		memcpy(copy, text, len);
	assert_int_equal(foreign_read_bytes(copy, len, kind, &work, &sink, &facts, &e), 0);
	foreign_work_release(&work);
	free(copy);
	assert_false(log->open);
	assert_int_equal(facts.bytes, len);
	assert_int_equal(facts.tables, log->tables);
	assert_true(facts.rejected <= log->notes);
	return facts;
}

void grid_log_release(struct grid_log *log)
{
	str_release(&log->text);
	str_release(&log->names);
}

void assert_grids(enum tree_kind kind, const char *text, const char *wanted)
{
	struct grid_log log = GRID_LOG_INIT;

	grid_log_read(&log, kind, text, strlen(text));
	assert_string_equal(log.text.s, wanted);
	grid_log_release(&log);
}
