/* corpus_told.c - the figures of a table whose rows stand for several measurements. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "num.h"

/* Half of the last digit of a number as it was printed; 0 where that is not known. */
static double precision_of(const struct grid_cell *c, bool comma)
{
	char number[NUM_TEXT], point = comma && c->kind == GRID_TEXT ? ',' : '.';
	const char *s = c->s, *end;
	int digits = 0, exponent = 0;
	bool behind = false;

	if (c->kind == GRID_NUMBER)
		s = num_text(number, c->number);
	else if (c->kind != GRID_TEXT)
		return 0;
	end = c->kind == GRID_NUMBER ? s + strlen(s) : s + c->len;
	while (s < end && (*s < '0' || *s > '9'))
		s++;
	for (; s < end && ((*s >= '0' && *s <= '9') || *s == ',' || *s == '.'); s++) {
		digits += behind && *s != ',' && *s != '.';
		behind = behind || *s == point;
	}
	if (s + 1 < end && (*s == 'e' || *s == 'E')) {
		bool negative = s[1] == '-';

		for (s += 1 + (s[1] == '-' || s[1] == '+'); s < end && *s >= '0' && *s <= '9'; s++)
			exponent = exponent < 400 ? exponent * 10 + (*s - '0') : exponent;
		exponent = negative ? -exponent : exponent;
	}
	return 0.5 * pow(10, exponent - digits);
}

/* "num_ctx=1024 temperature=0.4". */
static const char *settings_of(
	struct loaded *l, const struct understood *u, const struct grid *g, size_t row)
{
	struct str text = STR_INIT(2048);
	const char *ret;
	char number[NUM_TEXT];

	for (size_t i = 0; i < u->nsettings; i++) {
		struct grid_cell c = understand_text(&u->setting[i], g, row);

		if (c.kind != GRID_NUMBER && (c.kind != GRID_TEXT || c.len == 0))
			continue;
		if (text.len)
			str_addc(&text, ' ');
		str_addf(&text, "%s=", u->setting_name[i]);
		if (c.kind == GRID_NUMBER)
			str_add(&text, num_text(number, c.number));
		else
			str_addn(&text, c.s, c.len < 80 ? c.len : 80);
	}
	ret = arena_strn(&l->arena, text.s, text.len);
	str_release(&text);
	return ret;
}

/* One figure: like `like`, with what its column says. */
static void add_figure(struct loaded *l, const struct understood_column *c, double value,
	const struct grid_cell *heading, const struct grid_cell *cell, bool comma,
	const struct corpus_told *like, uint32_t table)
{
	struct corpus_told t = *like;

	if (!isfinite(value) && !t.failed)
		return;
	t.quantity = arena_str(&l->arena, c->meaning.quantity);
	t.label = arena_str(&l->arena, c->meaning.label);
	t.unit = arena_str(
		&l->arena, c->meaning.canonical[0] ? c->meaning.canonical : c->meaning.unit.name);
	t.better = c->meaning.better;
	t.stat = c->meaning.stat;
	t.value = value;
	t.precision = precision_of(cell, comma) * fabs(c->factor);
	t.column = arena_strn(&l->arena, heading->s ? heading->s : "", heading->len);
	*VEC_PUSH(&l->told) = (struct loaded_told){.of = t, .table = table};
}

/* "Metric | model A | model B": the row says what, the heading of whom. */
static void add_turned(struct loaded *l, const struct understood *u, const struct grid *g,
	size_t row, const struct corpus_told *like, uint32_t table)
{
	for (size_t i = 0; i < u->nvalues; i++) {
		struct grid_cell whom = understand_figure_subject(u, g, i);
		struct understood_figure f;
		struct corpus_told t = *like;

		if (!understand_figure(u, g, row, i, &f))
			continue;
		if (whom.len == 0 && u->model_row >= 0)
			whom = *grid_at(g, (size_t)u->model_row, u->value_column[i]);
		if (whom.kind == GRID_TEXT && whom.len)
			t.subject = arena_strn(&l->arena, whom.s, whom.len < 200 ? whom.len : 200);
		add_figure(l, &f.of, f.value, grid_at(g, row, 0),
			grid_at(g, row, u->value_column[i]), u->comma, &t, table);
	}
}

static void add_row(struct loaded *l, const struct understood *u, const struct grid *g, size_t row,
	struct str *name, uint32_t table)
{
	struct observation o;
	struct corpus_told t = {.place = {.first = g->line[row], .last = g->line[row]}};

	understand_row(u, g, row, &o);
	if (o.skip)
		return;
	t.row = l->told_rows++;
	part_subject_name(u, g, row, name);
	t.subject = arena_strn(&l->arena, name->s, name->len);
	t.settings = settings_of(l, u, g, row);
	t.failed = o.failed;
	if (o.failed)
		t.failure = arena_strn(&l->arena, o.failure ? o.failure : "",
			o.failure_len < 300 ? o.failure_len : 300);
	t.n = o.count > 1 ? o.count : 0;
	l->tables.v[table].failed += o.failed;
	if (u->transposed) {
		add_turned(l, u, g, row, &t, table);
		return;
	}
	for (size_t i = 0; i < u->nmeasures; i++) {
		uint32_t c = u->measure[i];

		add_figure(l, &u->column[c], o.value[i], &g->name[c], grid_at(g, row, c), u->comma,
			&t, table);
	}
}

void told_add(struct loaded *l, const struct understood *u, const struct grid *g, uint32_t table)
{
	struct str name = STR_INIT(4096);

	for (size_t row = 0; row < g->nrows; row++) {
		if (l->told.n < CORPUS_MOST_TOLD)
			add_row(l, u, g, row, &name, table);
		else
			l->tables.v[table].beyond++;
	}
	str_release(&name);
}
