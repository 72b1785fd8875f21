/* understand_choice.c - which columns are the measures, settings and subjects of a table, and what
 * its rows are: measurements, or figures of several. */
#include <math.h>
#include <string.h>

#include "understand_parts.h"

/* Different values of a column that may be a setting, or a name, though no rule knows it. */
#define MOST_LEVELS  50
#define LONGEST_NAME 200

/* In this order. */
static const char *const subjects[] = {"model", "tag", "backend", "framework", "device", "kernel",
	"task", "test", "name", "config"};

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool is_rate_or_time(const struct meaning *m)
{
	enum unit_kind kind = unit_named(m->canonical, strlen(m->canonical)).kind;

	return kind == UNIT_TIME || kind == UNIT_RATE;
}

/* Within one answer there are means and percentiles of these too. */
static bool within_row(const struct meaning *m)
{
	return same(m->quantity, "itl") || same(m->quantity, "tpot");
}

static int find_measure(const struct seen *s, const struct meaning *m)
{
	for (size_t i = 0; i < s->u->nmeasures; i++) {
		const struct meaning *other = &s->u->column[s->u->measure[i]].meaning;

		if (other->stat == m->stat && same(other->quantity, m->quantity))
			return (int)i;
	}
	return -1;
}

/* Of two columns that mean the same the one with more in it; the first, if equal. */
static void twice(struct seen *s, size_t at, size_t col)
{
	size_t first = s->u->measure[at], loser = col;
	struct understood_column *u;

	if (s->column[col].numbers > s->column[first].numbers) {
		s->u->measure[at] = (uint32_t)col;
		loser = first;
	}
	u = &s->u->column[loser];
	u->why = arena_fmt(&s->u->arena, "another column is %s too", u->meaning.label);
	if (s->column[loser].cells > 0)
		note_column(s, loser, u->why);
}

static void choose_measures(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		struct understood_column *u = &s->u->column[col];
		int at;

		if (!is_figure(u) || u->why)
			continue;
		at = find_measure(s, &u->meaning);
		if (at >= 0) {
			twice(s, (size_t)at, col);
		} else if (s->u->nmeasures == UNDERSTAND_MOST_MEASURES) {
			u->why = "there are too many measures in the table";
			note_column(s, col, u->why);
		} else {
			s->u->measure[s->u->nmeasures++] = (uint32_t)col;
		}
	}
	for (size_t i = 0; i < s->u->nmeasures; i++) {
		const struct meaning *m = &s->u->column[s->u->measure[i]].meaning;

		if (m->least > 0 && is_rate_or_time(m) && m->stat != STAT_SD && m->stat != STAT_CV)
			s->u->headline |= 1U << i;
	}
}

static bool short_value(const struct grid_cell *c)
{
	return !cell_empty(c) && (c->kind != GRID_TEXT || c->len <= LONGEST_NAME);
}

static bool number_in(const struct grid_cell *c, const struct meaning *m)
{
	struct unit unit;
	double x;

	return short_value(c) &&
		(!isfinite(m->most) ||
			(cell_number(c, false, &x, &unit) && x >= m->least && x <= m->most));
}

static bool has_setting(const struct seen *s, const char *name)
{
	for (size_t i = 0; i < s->u->nsettings; i++) {
		if (same(s->u->setting_name[i], name))
			return true;
	}
	return false;
}

static bool add_setting(struct seen *s, const char *name, int32_t column, int32_t context)
{
	struct understood *u = s->u;

	if (u->nsettings == UNDERSTAND_MOST_SETTINGS || has_setting(s, name))
		return false;
	u->setting[u->nsettings] = (struct understood_source){column, context};
	u->setting_name[u->nsettings++] = name;
	return true;
}

/* A setting that is a number must be one that can be. */
static const char *no_setting(const struct column_seen *c, const struct meaning *m)
{
	if (c->cells == 0)
		return "it is empty";
	if (!isfinite(m->most))
		return NULL;
	if (2 * (c->numbers + c->leads) < c->cells)
		return "it holds no numbers";
	if (c->numbers == 0)
		return NULL;
	return c->least < m->least || c->most > m->most ? "its values are none of that setting"
							: NULL;
}

static void choose_settings(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		struct understood_column *u = &s->u->column[col];

		if (u->meaning.part != PART_SETTING)
			continue;
		u->why = no_setting(&s->column[col], &u->meaning);
		if (!u->why && !add_setting(s, u->meaning.quantity, (int32_t)col, -1))
			u->why = "another column is that setting too";
		if (u->why && s->column[col].cells > 0)
			note_column(s, col, u->why);
	}
	for (size_t i = s->g->ncontext; i > 0; i--) {
		struct meaning m = s->context[i - 1];

		if (m.part == PART_SETTING && number_in(&s->g->context[i - 1].value, &m))
			add_setting(s, m.quantity, -1, (int32_t)i - 1);
		if (m.part == PART_COUNT && s->u->count_all == 0 && m.stat == STAT_VALUE) {
			const struct grid_cell *c = &s->g->context[i - 1].value;

			s->u->count_all =
				c->kind == GRID_NUMBER && c->number >= 1 && c->number < 1e15
				? (uint64_t)c->number
				: 0;
		}
	}
}

static void add_subject(struct seen *s, const char *name, int32_t column, int32_t context)
{
	struct understood *u = s->u;

	if (u->nsubjects == UNDERSTAND_MOST_SUBJECTS)
		return;
	u->subject[u->nsubjects] = (struct understood_source){column, context};
	u->subject_name[u->nsubjects++] = name;
}

static bool same_cell(const struct grid_cell *a, const struct grid_cell *b)
{
	return a->kind == b->kind && a->len == b->len &&
		(a->kind != GRID_TEXT || memcmp(a->s, b->s, a->len) == 0) &&
		(a->kind != GRID_NUMBER || a->number == b->number);
}

/* Whether the column says nothing that a subject before it does not say. */
static bool repeats(const struct seen *s, size_t col)
{
	for (size_t i = 0; i < s->u->nsubjects; i++) {
		size_t k = 0;

		if (s->u->subject[i].column < 0)
			continue;
		while (k < seen_rows(s) &&
			same_cell(grid_at(s->g, seen_row(s, k), col),
				grid_at(s->g, seen_row(s, k), (size_t)s->u->subject[i].column)))
			k++;
		if (k == seen_rows(s))
			return true;
	}
	return false;
}

/* A number may tell a device or a test from another; as a framework it is something else. */
static bool may_name(const struct seen *s, size_t col, const char *name)
{
	const struct column_seen *c = &s->column[col];

	return c->cells > c->numbers || same(name, "device") || same(name, "test") ||
		same(name, "config") || same(name, "model");
}

static size_t depth_of(const struct grid_cell *name)
{
	size_t n = 0;

	for (size_t i = 0; i < name->len; i++)
		n += name->s[i] == '.';
	return n;
}

/* How far in the outermost column of that subject stands: "model_name" beside "config.model". */
static size_t least_depth(const struct seen *s, const char *name)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; s->g->form != GRID_CSV && i < s->g->ncols; i++) {
		const struct meaning *m = &s->u->column[i].meaning;
		size_t depth;

		if (m->part != PART_SUBJECT || !same(m->quantity, name) ||
			s->column[i].cells == 0 || !may_name(s, i, name))
			continue;
		depth = depth_of(&s->g->name[i]);
		least = depth < least ? depth : least;
	}
	return least;
}

/* The outermost column with something in it (of names all: "group", "name"), else the innermost of
 * what surrounds the table. */
static void find_subject(struct seen *s, const char *name)
{
	size_t most = same(name, "model") ? least_depth(s, name) : SIZE_MAX;
	bool found = false;

	for (size_t col = 0; col < s->g->ncols; col++) {
		const struct meaning *m = &s->u->column[col].meaning;

		if (m->part != PART_SUBJECT || s->column[col].cells == 0 ||
			!same(m->quantity, name) || !may_name(s, col, name) ||
			(most < SIZE_MAX && depth_of(&s->g->name[col]) > most) ||
			(found && (!same(name, "name") || repeats(s, col))))
			continue;
		add_subject(s, m->quantity, (int32_t)col, -1);
		found = true;
	}
	for (size_t i = s->g->ncontext; i > 0 && !found; i--) {
		struct meaning m = s->context[i - 1];

		if (m.part == PART_SUBJECT && same(m.quantity, name) &&
			short_value(&s->g->context[i - 1].value)) {
			add_subject(s, m.quantity, -1, (int32_t)i - 1);
			found = true;
		}
	}
}

/* Subjects of a user's own rules. */
static void other_subjects(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		const struct meaning *m = &s->u->column[col].meaning;
		bool known = false;

		for (size_t i = 0; i < COUNTOF(subjects); i++)
			known = known || same(subjects[i], m->quantity);
		for (size_t i = 0; i < s->u->nsubjects; i++)
			known = known || same(s->u->subject_name[i], m->quantity);
		if (m->part == PART_SUBJECT && !known && s->column[col].cells > 0)
			add_subject(s, m->quantity, (int32_t)col, -1);
	}
}

static bool column_settings(const struct seen *s)
{
	for (size_t i = 0; i < s->u->nsettings; i++) {
		if (s->u->setting[i].column >= 0)
			return true;
	}
	return false;
}

static void choose_subjects(struct seen *s)
{
	for (size_t i = 0; i < COUNTOF(subjects); i++) {
		/* The name of a combination of settings says no more than they do. */
		if (!same(subjects[i], "config") || !column_settings(s))
			find_subject(s, subjects[i]);
	}
	other_subjects(s);
	s->u->has_model = s->u->nsubjects > 0 && same(s->u->subject_name[0], "model");
}

/* Whether a column nobody knows has a few values that come again and again. */
static bool has_levels(const struct seen *s, size_t col)
{
	const struct column_seen *c = &s->column[col];

	return c->cells == seen_rows(s) && c->distinct >= 2 && c->distinct <= MOST_LEVELS &&
		2 * c->distinct <= c->cells && c->dates == 0 &&
		c->wholes + c->texts + c->booleans > 0 && (c->numbers == 0 || c->distinct <= 12);
}

/* Rows of a JSON object by its keys, and rows of a report, are named by their first column. */
static bool is_keyed(const struct grid *g)
{
	size_t n = strlen(g->place);

	return g->form == GRID_MARKDOWN ||
		(g->form == GRID_JSON && n > 0 && g->place[n - 1] == '*');
}

static void choose_unknown(struct seen *s)
{
	for (size_t col = 0; col < s->g->ncols; col++) {
		const struct column_seen *c = &s->column[col];
		const struct grid_cell *name = &s->g->name[col];
		bool text = c->texts == c->cells && c->texts > 0;

		if (s->u->column[col].meaning.part != PART_UNKNOWN || name->len > LONGEST_NAME)
			continue;
		if (col == 0 && text && is_keyed(s->g)) {
			add_subject(s, "name", 0, -1);
			continue;
		}
		if (!has_levels(s, col))
			continue;
		if (text && s->u->nsubjects == 0)
			add_subject(s, "name", (int32_t)col, -1);
		else
			add_setting(
				s, arena_strn(&s->u->arena, name->s, name->len), (int32_t)col, -1);
	}
}

/* Rows that stand for several have means, deviations or percentiles of times and rates. */
static bool stands_for_several(const struct seen *s)
{
	const struct understood *u = s->u;
	bool plain = false, within = false, several = false;

	if (s->g->form == GRID_MARKDOWN)
		return true;
	for (size_t i = 0; i < u->nmeasures; i++) {
		const struct meaning *m = &u->column[u->measure[i]].meaning;
		bool stat = m->stat != STAT_VALUE;
		bool central = m->stat != STAT_MIN && m->stat != STAT_MAX && m->stat != STAT_TOTAL;

		if (!stat)
			plain = plain || is_rate_or_time(m);
		else if (is_rate_or_time(m) && !within_row(m))
			several = true;
		else if (central)
			within = true;
	}
	return several || (within && !plain) ||
		(u->count >= 0 && s->column[u->count].numbers > 0 && s->column[u->count].least > 1);
}

/* Beside means "prompt_eval" is one too; "duration" is that of the whole run. */
static void plain_are_means(struct seen *s)
{
	struct understood *u = s->u;
	bool means = false;

	for (size_t i = 0; i < u->nmeasures; i++)
		means = means || u->column[u->measure[i]].meaning.stat == STAT_MEAN;
	for (size_t i = 0; means && i < u->nmeasures; i++) {
		struct meaning *m = &u->column[u->measure[i]].meaning, mean = *m;

		mean.stat = STAT_MEAN;
		if (m->stat == STAT_VALUE && is_rate_or_time(m) && !same(m->quantity, "time") &&
			find_measure(s, &mean) < 0)
			m->stat = STAT_MEAN;
	}
}

void settle_parts(struct seen *s)
{
	struct understood *u = s->u;

	choose_measures(s);
	find_verdicts(s);
	choose_others(s);
	choose_settings(s);
	choose_subjects(s);
	choose_unknown(s);
	if (u->nmeasures == 0) {
		u->class = TABLE_NOTHING;
		return;
	}
	u->class = stands_for_several(s) ? TABLE_AGGREGATES : TABLE_ROWS;
	if (u->class == TABLE_AGGREGATES && s->g->form != GRID_MARKDOWN)
		plain_are_means(s);
	if (u->class == TABLE_ROWS) {
		drop_empty(s);
	}
}
