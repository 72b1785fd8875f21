/* understand_signs.c - how the rows of a table went: columns of errors, successes and repetitions,
 * and a table in which nothing was measured. */
#include <string.h>
#include <strings.h>

#include "compiler.h"
#include "understand_parts.h"

static void sign(uint32_t *list, size_t *n, size_t col)
{
	if (*n < UNDERSTAND_MOST_SIGNS)
		list[(*n)++] = (uint32_t)col;
}

static void first(int32_t *at, size_t col)
{
	if (*at < 0)
		*at = (int32_t)col;
}

/* The first, but for one with texts: "mean" stands there, where a number does not say it. */
static void choose_repeat(struct seen *s, size_t col)
{
	int32_t *at = &s->u->repeat;

	if (*at < 0 || (s->column[*at].texts == 0 && s->column[col].texts > 0))
		*at = (int32_t)col;
}

/* "PASS", "fail", "ok" and no other text, whatever the column is called. */
static bool is_verdict(const struct seen *s, size_t col)
{
	static const char *const words[] = {"pass", "passed", "fail", "failed", "ok", "success",
		"succeeded", "failure", "error"};

	for (size_t i = s->u->units_row; i < seen_rows(s); i++) {
		const struct grid_cell *c = grid_at(s->g, seen_row(s, i), col);
		size_t k = 0;

		if (cell_empty(c))
			continue;
		while (c->kind == GRID_TEXT && k < COUNTOF(words) &&
			(strlen(words[k]) != c->len || strncasecmp(words[k], c->s, c->len) != 0))
			k++;
		if (c->kind != GRID_TEXT || k == COUNTOF(words))
			return false;
	}
	return s->column[col].texts > 0;
}

void find_verdicts(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		struct meaning *m = &s->u->column[col].meaning;

		if (m->part == PART_UNKNOWN && is_verdict(s, col))
			m->part = PART_SUCCESS;
	}
}

/* "done": false, of the parts that a server streams. */
static bool is_done(const struct seen *s, size_t col)
{
	const struct grid_cell *name = &s->g->name[col];
	const struct column_seen *c = &s->column[col];

	return name->len == 4 && strncasecmp(name->s, "done", 4) == 0 && c->booleans > 0 &&
		c->booleans == c->cells;
}

bool says_warmup(const struct grid_cell *c)
{
	return c->kind == GRID_TRUE ||
		(c->kind == GRID_TEXT &&
			((c->len == 4 && strncasecmp(c->s, "true", 4) == 0) ||
				(c->len == 3 && strncasecmp(c->s, "yes", 3) == 0)));
}

static bool is_warmup(const struct grid_cell *name)
{
	static const char *const names[] = {"warmup", "is_warmup", "warm_up", "is_warm_up"};

	for (size_t i = 0; i < COUNTOF(names); i++) {
		if (strlen(names[i]) == name->len && strncasecmp(names[i], name->s, name->len) == 0)
			return true;
	}
	return false;
}

/* A number of warm-ups says nothing of a row. */
static void choose_warmup(struct seen *s, size_t col)
{
	bool any = false;

	if (s->u->warmup >= 0 || !is_warmup(&s->g->name[col]))
		return;
	for (size_t i = 0; i < seen_rows(s) && !any; i++)
		any = says_warmup(grid_at(s->g, seen_row(s, i), col));
	if (!any)
		return;
	s->u->warmup = (int32_t)col;
	note_warmups(s, col);
}

void choose_others(struct seen *s)
{
	struct understood *u = s->u;

	for (size_t col = 0; col < s->g->ncols; col++) {
		enum rule_part part = u->column[col].meaning.part;

		choose_warmup(s, col);
		if (is_done(s, col))
			first(&u->done, col);
		/* "completed": true. */
		if (part == PART_COUNT && s->column[col].booleans > 0)
			part = PART_SUCCESS;
		if (part == PART_PROMPT)
			first(&u->prompt, col);
		else if (part == PART_TIME)
			first(&u->time, col);
		else if (part == PART_COUNT && s->column[col].numbers > 0)
			first(&u->count, col);
		else if (part == PART_REPEAT)
			choose_repeat(s, col);
		else if (part == PART_LOAD && !u->column[col].why)
			first(&u->load, col);
		else if (part == PART_ERROR)
			sign(u->errors, &u->nerrors, col);
		else if (part == PART_SUCCESS)
			sign(u->successes, &u->nsuccesses, col);
	}
	u->error = u->nerrors ? (int32_t)u->errors[0] : -1;
	u->success = u->nsuccesses ? (int32_t)u->successes[0] : -1;
}

/* A table none of whose rows holds any figure tells of no failure, unless it says so itself. */
void drop_empty(struct seen *s)
{
	struct understood *u = s->u;

	if (u->nerrors + u->nsuccesses > 0 || s->g->piece > 0 || !s->g->last ||
		s->g->nrows > SAMPLE_ROWS)
		return;
	for (size_t i = 0; i < u->nmeasures; i++) {
		if (s->column[u->measure[i]].cells > 0)
			return;
	}
	for (size_t i = 0; i < u->nmeasures; i++) {
		u->column[u->measure[i]].why = "it is empty";
		note_column(s, u->measure[i], "it is empty");
	}
	u->nmeasures = 0;
	u->headline = 0;
	u->class = TABLE_NOTHING;
}
