/* understand_row.c - a row as an observation: its figures, whether it failed, what it is about.
 *
 * This runs for each of millions of rows: all that can be settled once for a column is. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "compiler.h"
#include "num.h"
#include "understand_parts.h"

static bool one_of(const struct grid_cell *c, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(words[i]) == c->len && strncasecmp(words[i], c->s, c->len) == 0)
			return true;
	}
	return false;
}

/* A text in the column of errors that says there was none. */
static bool says_none(const struct grid_cell *c)
{
	static const char *const none[] = {"none", "null", "nan", "ok", "0", "false", "[]", "{}",
		"no", "n/a", "-", "nil", "no error", "success", "\"\"", "''"};

	return c->len == 0 || (c->len <= 8 && one_of(c, none, COUNTOF(none)));
}

static bool is_error(const struct grid_cell *c)
{
	if (c->kind == GRID_NUMBER)
		return c->number != 0;
	return c->kind == GRID_TRUE || (c->kind == GRID_TEXT && !says_none(c));
}

/* A column of successes says no; an HTTP status of 400 and above does. */
static bool says_no(const struct grid_cell *c)
{
	static const char *const no[] = {"false", "no", "0", "n", "f", "fail", "failed", "failure",
		"error", "errored", "timeout", "timed out", "timed_out", "crashed", "aborted",
		"cancelled", "canceled", "oom", "\xe2\x9d\x8c", "\xe2\x9c\x97", "\xe2\x9c\x98"};
	double x;

	if (c->kind == GRID_FALSE)
		return true;
	if (c->kind == GRID_NUMBER)
		return c->number == 0 || (c->number >= 400 && c->number < 600);
	if (c->kind != GRID_TEXT || c->len == 0)
		return false;
	if (num_parse(c->s, c->len, &x))
		return x == 0 || (x >= 400 && x < 600);
	return c->len <= 9 && one_of(c, no, COUNTOF(no));
}

static void fail(struct observation *o, const char *why, size_t len)
{
	o->failed = true;
	o->failure = why;
	o->failure_len = (uint32_t)len;
}

static void signs(
	const struct understood *u, const struct grid *g, size_t row, struct observation *o)
{
	static const char no[] = "success is no", failed[] = "the row says that it failed";

	for (size_t i = 0; i < u->nerrors; i++) {
		const struct grid_cell *c = grid_at(g, row, u->errors[i]);

		if (!is_error(c))
			continue;
		if (c->kind == GRID_TEXT)
			fail(o, c->s, c->len);
		else
			fail(o, failed, sizeof(failed) - 1);
		return;
	}
	for (size_t i = 0; i < u->nsuccesses; i++) {
		if (says_no(grid_at(g, row, u->successes[i]))) {
			fail(o, no, sizeof(no) - 1);
			return;
		}
	}
}

/* The value of a measure in its canonical unit; NaN.  `zero`: it is 0 as it stands. */
static double value_of(const struct understood *u, const struct understood_column *c,
	const struct grid_cell *cell, bool *zero, bool *held)
{
	struct unit unit;
	double x, factor = c->factor;
	bool level = c->meaning.stat != STAT_SD && c->meaning.stat != STAT_CV;

	if (cell->kind == GRID_MISSING || (cell->kind == GRID_TEXT && cell->len == 0))
		return NAN;
	if (!cell_number(cell, u->comma, &x, &unit)) {
		*held = !cell_empty(cell);
		return NAN;
	}
	*held = true;
	*zero = x == 0;
	if (unit.name[0]) {
		struct unit canonical =
			unit_named(c->meaning.canonical, strlen(c->meaning.canonical));

		if (canonical.kind != UNIT_SHARE && canonical.name[0])
			factor = unit_factor(&unit, &canonical);
		else if (canonical.name[0])
			factor = unit.kind == UNIT_SHARE ? 1 : NAN;
	}
	if (c->no_powers && is_setting_power(x))
		return NAN;
	x *= factor;
	return level ? (x >= c->meaning.least && x <= c->meaning.most ? x : NAN) : x >= 0 ? x : NAN;
}

static void values(
	const struct understood *u, const struct grid *g, size_t row, struct observation *o)
{
	static const char zeros[] = "all that was measured is 0",
			  nothing[] = "nothing was measured";
	size_t headlines = 0, zero_headlines = 0, cells = 0;

	for (size_t i = 0; i < u->nmeasures; i++) {
		bool zero = false, held = false, headline = u->headline & 1U << i;

		o->value[i] = value_of(
			u, &u->column[u->measure[i]], grid_at(g, row, u->measure[i]), &zero, &held);
		cells += held;
		headlines += headline && held;
		zero_headlines += headline && zero;
		o->unusable += held && isnan(o->value[i]) && !(headline && zero);
		if ((int32_t)u->measure[i] == u->load)
			o->load_s = o->value[i] / 1000;
	}
	if (o->failed)
		return;
	if (u->nmeasures > 0 && cells == 0)
		fail(o, nothing, sizeof(nothing) - 1);
	else if (headlines > 0 && headlines == zero_headlines)
		fail(o, zeros, sizeof(zeros) - 1);
	else
		o->unusable += (uint32_t)zero_headlines;
}

static uint64_t count_of(const struct understood *u, const struct grid *g, size_t row)
{
	struct unit unit;
	double x;

	if (u->class == TABLE_ROWS)
		return 1;
	if (u->count >= 0 && cell_number(grid_at(g, row, (size_t)u->count), u->comma, &x, &unit) &&
		x >= 0 && x < 1e15)
		return (uint64_t)x;
	return u->count_all;
}

/* "mean", "Average", "Total": a row that sums up those above it. */
static bool sums_up(const struct grid_cell *c)
{
	static const char *const words[] = {"mean", "average", "avg", "total", "sum", "overall",
		"median", "std", "stddev", "min", "max", "cv", "aggregate", "aggregated"};

	return c->kind == GRID_TEXT && c->len >= 2 && c->len <= 10 &&
		one_of(c, words, COUNTOF(words));
}

/* A name of all subjects together, as load generators have below theirs. */
static bool is_all(const struct grid_cell *c)
{
	static const char *const words[] = {"aggregated", "overall", "total"};

	return c->kind == GRID_TEXT && c->len >= 5 && c->len <= 10 &&
		one_of(c, words, COUNTOF(words));
}

/* In its first column or where the repetition is; "sum" and "max" are kernels too. */
static bool is_summary(const struct understood *u, const struct grid *g, size_t row)
{
	const struct meaning *first;

	if (u->repeat >= 0 && sums_up(grid_at(g, row, (size_t)u->repeat)))
		return true;
	if (u->class != TABLE_ROWS || g->ncols == 0)
		return false;
	first = &u->column[0].meaning;
	if (first->part == PART_SUBJECT && strcmp(first->quantity, "kernel") == 0)
		return false;
	return sums_up(grid_at(g, row, 0)) ||
		(u->nsubjects > 0 && u->subject[u->nsubjects - 1].column > 0 &&
			is_all(grid_at(g, row, (size_t)u->subject[u->nsubjects - 1].column)));
}

/* The header once more, as files have that were put together. */
static bool is_header(const struct understood *u, const struct grid *g, size_t row)
{
	const struct grid_cell *c, *name;

	if (g->form != GRID_CSV || u->nmeasures == 0)
		return false;
	c = grid_at(g, row, u->measure[0]);
	name = &g->name[u->measure[0]];
	return c->kind == GRID_TEXT && c->len == name->len && c->len > 0 &&
		memcmp(c->s, name->s, c->len) == 0;
}

/* A part of an answer that goes on, or a warm-up: no measurement, and no failure. */
static bool is_aside(const struct understood *u, const struct grid *g, size_t row)
{
	return (u->done >= 0 && grid_at(g, row, (size_t)u->done)->kind == GRID_FALSE) ||
		(u->warmup >= 0 && says_warmup(grid_at(g, row, (size_t)u->warmup)));
}

void understand_row(
	const struct understood *u, const struct grid *g, size_t row, struct observation *ret)
{
	ret->load_s = NAN;
	ret->failed = false;
	ret->failure = NULL;
	ret->failure_len = 0;
	ret->unusable = 0;
	ret->skip = (u->units_row && g->piece == 0 && row == 0) || is_summary(u, g, row) ||
		is_header(u, g, row) || is_aside(u, g, row);
	signs(u, g, row, ret);
	values(u, g, row, ret);
	ret->count = count_of(u, g, row);
}

struct grid_cell understand_text(
	const struct understood_source *s, const struct grid *g, size_t row)
{
	return s->column >= 0 ? *grid_at(g, row, (size_t)s->column) : g->context[s->context].value;
}
