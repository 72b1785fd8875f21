/* corpus_part.c - the rows of one table, column by column. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "corpus_parts.h"
#include "hash.h"
#include "num.h"

/* A row whose load time is above so many times the lower quartile of its subject's waited for a
 * load (dataset_table.h has the same rule). */
#define PAID_TIMES 4
/* Fewer of them do not tell. */
#define FEW_ROWS 4
/* TTFT is the sum of load and prefill if it differs by no more: parts of it, and milliseconds. */
#define SUM_PART 1e-4
#define SUM_MS   0.11

/* ---- identities ---- */

/* About nine digits: what differs by rounding in the last places is one number. */
static uint64_t fine_bits(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return (bits + (1u << 21)) >> 22;
}

/* Four digits, as print would round them. */
static uint64_t coarse_bits(double x)
{
	double scale = pow(10, 3 - floor(log10(fabs(x))));

	return fine_bits(x == 0 ? 0 : round(x * scale) / scale);
}

/* Which two measures a row is known by: those that most files have, else the first. */
static size_t headline(const struct part *p, size_t which[2])
{
	static const char *const first[] = {"throughput", "ttft", "e2el", "latency", "tpot", NULL};
	size_t n = 0;

	for (const char *const *q = first; *q && n < 2; q++) {
		for (size_t i = 0; i < p->nmeasures && n < 2; i++) {
			if (strcmp(p->measure[i].quantity, *q) == 0 && (n == 0 || which[0] != i))
				which[n++] = i;
		}
	}
	for (size_t i = 0; i < p->nmeasures && n < 2; i++) {
		if (n == 0 || which[0] != i)
			which[n++] = i;
	}
	return n;
}

/* A row that failed has no figures: it is known by all its texts. */
static uint64_t text_identity(const struct grid *g, size_t row)
{
	uint64_t h = HASH64;

	for (size_t i = 0; i < g->ncols; i++) {
		const struct grid_cell *c = grid_at(g, row, i);

		h = hash64_add(h, c->s, c->len);
		h = hash64_mix(h ^ c->kind ^ (c->kind == GRID_NUMBER ? fine_bits(c->number) : 0));
	}
	return h | 1;
}

static void identify(struct part *p, const double *value, bool coarse_too)
{
	size_t which[2];
	uint64_t fine = 0, coarse = 0;
	bool whole = headline(p, which) == 2;

	for (size_t i = 0; whole && i < 2; i++) {
		uint64_t name = hash64_add(HASH64, p->measure[which[i]].quantity,
			strlen(p->measure[which[i]].quantity));
		double x = value[which[i]];

		whole = isfinite(x);
		fine += hash64_mix(name ^ hash64_mix(fine_bits(x)));
		if (coarse_too)
			coarse += hash64_mix(name ^ hash64_mix(coarse_bits(x)));
	}
	*VEC_PUSH(&p->identity) = whole ? fine | 1 : 0;
	*VEC_PUSH(&p->coarse) = whole ? coarse | 1 : 0;
}

/* ---- rows ---- */

static bool says(const struct grid_cell *c)
{
	return c->kind != GRID_MISSING && !(c->kind == GRID_TEXT && c->len == 0);
}

/* Whether one text is part of another, in whatever letters: a tag that the model's name holds. */
static bool holds(const struct str *name, const char *s, size_t len)
{
	for (size_t i = 0; len > 0 && i + len <= name->len; i++) {
		if (strncasecmp(name->s + i, s, len) == 0)
			return true;
	}
	return false;
}

void part_subject_name(
	const struct understood *u, const struct grid *g, size_t row, struct str *out)
{
	char number[NUM_TEXT];
	bool is_number;
	double x;

	str_reset(out);
	for (size_t i = 0; i < u->nsubjects; i++) {
		struct grid_cell c = understand_text(&u->subject[i], g, row);
		const char *s = c.s;
		size_t len = c.len;

		if (!says(&c))
			continue;
		if (c.kind == GRID_NUMBER) {
			s = num_text(number, c.number);
			len = strlen(s);
		} else if (c.kind != GRID_TEXT) {
			s = c.kind == GRID_TRUE ? "true" : "false";
			len = strlen(s);
		}
		len = len < 200 ? len : 200;
		is_number = num_parse(s, len, &x);
		if (!is_number && holds(out, s, len))
			continue;
		if (out->len)
			str_add(out, ", ");
		if (is_number) /* "device 0" */
			str_addf(out, "%s ", u->subject_name[i]);
		str_addn(out, s, len);
	}
}

static uint64_t cell_hash(uint64_t h, const struct grid_cell *c)
{
	if (c->kind == GRID_TEXT)
		return hash64_mix(hash64_add(h, c->s, c->len));
	return hash64_mix(h ^ c->kind ^ (c->kind == GRID_NUMBER ? fine_bits(c->number) << 8 : 0));
}

/* The text of a model that the row names, or NULL. */
static const char *model_of(
	struct loaded *l, const struct understood *u, const struct grid *g, size_t row)
{
	struct grid_cell c;

	if (!u->has_model || strcmp(u->subject_name[0], "model") != 0)
		return NULL;
	c = understand_text(&u->subject[0], g, row);
	return c.kind == GRID_TEXT && c.len > 0
		? arena_strn(&l->arena, c.s, c.len < 200 ? c.len : 200)
		: NULL;
}

static uint32_t subject_of(struct part *p, struct loaded *l, const struct understood *u,
	const struct grid *g, size_t row, struct str *name)
{
	uint64_t hash = HASH64;
	size_t at;

	for (size_t i = 0; i < u->nsubjects; i++) {
		struct grid_cell c = understand_text(&u->subject[i], g, row);

		hash = cell_hash(hash, &c);
	}
	at = hash % LATELY;
	if (p->lately.hash[at] != hash) {
		part_subject_name(u, g, row, name);
		p->lately.hash[at] = hash;
		p->lately.number[at] = names_number(
			&p->subjects, &l->arena, name->s, name->len, PART_MOST_SUBJECTS);
		if (p->models.n < p->subjects.list.n)
			*VEC_PUSH(&p->models) = model_of(l, u, g, row);
	}
	return p->lately.number[at];
}

/* The level's number; 40, 40.0 and "40.00" are one. */
static uint32_t level_of(struct part_setting *s, struct loaded *l, struct grid_cell c)
{
	char number[NUM_TEXT];
	const char *text = c.s;
	size_t len = c.len;
	double x;

	if (c.kind == GRID_TEXT && num_parse(c.s, c.len, &x))
		c = (struct grid_cell){.kind = GRID_NUMBER, .number = x};
	if (c.kind == GRID_NUMBER)
		text = num_text(number, c.number);
	else if (c.kind != GRID_TEXT)
		text = c.kind == GRID_TRUE ? "true" : c.kind == GRID_FALSE ? "false" : "";
	if (c.kind != GRID_TEXT)
		len = strlen(text);
	return len == 0
		? CORPUS_NONE
		: names_number(&s->levels, &l->arena, text, len < 80 ? len : 80, PART_MOST_LEVELS);
}

static void add_settings(struct part *p, struct loaded *l, const struct understood *u,
	const struct grid *g, size_t row)
{
	for (size_t i = 0; i < p->nsettings; i++) {
		struct grid_cell c = understand_text(&u->setting[i], g, row);
		struct part_setting *s = &p->setting[i];
		uint64_t hash = cell_hash(HASH64, &c);
		size_t at = hash % LATELY;

		if (s->lately.hash[at] != hash) {
			s->lately.hash[at] = hash;
			s->lately.number[at] = level_of(s, l, c);
		}
		*VEC_PUSH(&s->of_row) = s->lately.number[at];
		s->varies = s->levels.list.n > 1;
	}
}

static void add_prompt(struct part *p, const struct understood *u, const struct grid *g, size_t row,
	uint32_t subject)
{
	const struct grid_cell *c = u->prompt >= 0 ? grid_at(g, row, (size_t)u->prompt) : NULL;
	uint64_t hash;
	size_t before = p->prompt_map.n;

	if (!c || !says(c) || before >= PART_MOST_PROMPTS)
		return;
	hash = cell_hash(HASH64, c);
	keymap_number(&p->prompt_map, subject, hash);
}

static double figure_of(const struct part *p, const double *value, const char *quantity)
{
	for (size_t i = 0; i < p->nmeasures; i++) {
		if (strcmp(p->measure[i].quantity, quantity) == 0)
			return value[i];
	}
	return NAN;
}

/* Whether TTFT is what the server spent on loading and on the prompt. */
static uint8_t sum_flags(const struct part *p, const double *value)
{
	double ttft = figure_of(p, value, "ttft"), load = figure_of(p, value, "load");
	double prefill = figure_of(p, value, "prefill"), off = fabs(ttft - load - prefill);

	if (!isfinite(off))
		return 0;
	return off <= SUM_MS || off <= SUM_PART * ttft ? ROW_SUMMED | ROW_SUM : ROW_SUMMED;
}

static bool all_zero(const struct part *p, const double *value)
{
	bool any = false;

	for (size_t i = 0; i < p->nmeasures; i++) {
		if (value[i] > 0 || value[i] < 0)
			return false;
		any = any || value[i] == 0;
	}
	return any;
}

static void add_failure(struct part *p, struct loaded *l, const struct observation *o)
{
	*VEC_PUSH(&p->failures) = (struct part_failure){.row = (uint32_t)p->nrows,
		.why = arena_strn(&l->arena, o->failure ? o->failure : "",
			o->failure_len < 300 ? o->failure_len : 300),
		.zeros = all_zero(p, o->value)};
}

static void add_row(struct part *p, struct loaded *l, const struct understood *u,
	const struct grid *g, size_t row, struct str *name)
{
	struct observation o;
	uint32_t subject;

	understand_row(u, g, row, &o);
	if (o.skip)
		return;
	if (p->rate)
		o.value[p->rate] = part_rate(p, o.value);
	subject = subject_of(p, l, u, g, row, name);
	if (o.failed)
		add_failure(p, l, &o);
	for (size_t i = 0; i < p->nmeasures; i++)
		*VEC_PUSH(&p->value[i]) = o.failed ? NAN : o.value[i];
	*VEC_PUSH(&p->subject) = subject;
	*VEC_PUSH(&p->line) = g->line[row];
	*VEC_PUSH(&p->flags) = o.failed ? ROW_FAILED : sum_flags(p, o.value);
	*VEC_PUSH(&p->load_s) = o.load_s;
	if (o.failed) {
		*VEC_PUSH(&p->identity) = text_identity(g, row);
		*VEC_PUSH(&p->coarse) = p->identity.v[p->identity.n - 1];
	} else {
		identify(p, o.value, !atomic_load(&l->enough->coarse));
	}
	add_settings(p, l, u, g, row);
	add_prompt(p, u, g, row, subject);
	p->nrows++;
}

void part_add(struct part *p, struct loaded *l, const struct understood *u, const struct grid *g)
{
	struct str name = STR_INIT(4096);

	for (size_t row = 0; row < g->nrows; row++)
		add_row(p, l, u, g, row, &name);
	str_release(&name);
}

struct part *part_new(struct loaded *l, const struct understood *u, const struct grid *g)
{
	struct part *p = arena_alloc(&l->arena, 1, sizeof(*p));

	*p = (struct part){.place = arena_str(&l->arena, g->place),
		.title = arena_str(&l->arena, g->title),
		.json = g->form == GRID_JSON,
		.nmeasures = u->nmeasures,
		.nsettings = u->nsettings,
		.has_load = u->load >= 0,
		.has_time = u->time >= 0,
		.sweep = STR_INIT(STR_MAX_FILE)};
	for (size_t i = 0; i < u->nmeasures; i++) {
		p->measure[i] = u->column[u->measure[i]].meaning;
		for (size_t k = 0; k < i; k++)
			p->again[i] = p->again[i] ||
				strcmp(p->measure[k].quantity, p->measure[i].quantity) == 0;
	}
	part_derive_rate(p);
	for (size_t i = 0; i < u->nsettings; i++)
		p->setting[i].name = arena_str(&l->arena, u->setting_name[i]);
	return p;
}

/* ---- rows that paid for a load ---- */

double part_paid_above(double *v, size_t n)
{
	double quarter, most, at = 0.25 * (double)(n - 1);
	size_t below = (size_t)at;

	if (n == 0)
		return INFINITY;
	values_sort(v, n);
	most = v[n - 1];
	quarter = v[below];
	if (below + 1 < n)
		quarter += (at - (double)below) * (v[below + 1] - v[below]);
	if (quarter > 0)
		return PAID_TIMES * quarter;
	return most > 0 ? most / PAID_TIMES : (double)INFINITY;
}

/* Rows in the order of their subjects; those of subject s are from start[s] to before start[s + 1].
 */
static uint32_t *group_rows(const struct part *p, size_t *start)
{
	size_t n = p->subjects.list.n, sum = 0, *at = xcalloc(n + 1, sizeof(*at));
	uint32_t *rows = xcalloc(p->nrows + 1, sizeof(*rows));

	for (size_t row = 0; row < p->nrows; row++) {
		if (p->subject.v[row] < n)
			at[p->subject.v[row]]++;
	}
	for (size_t s = 0; s <= n; s++) {
		size_t here = s < n ? at[s] : 0;

		start[s] = at[s] = sum;
		sum += here;
	}
	for (size_t row = 0; row < p->nrows; row++) {
		if (p->subject.v[row] < n)
			rows[at[p->subject.v[row]]++] = (uint32_t)row;
	}
	free(at);
	return rows;
}

/* Of the rows of one subject; `v` has room for all their load times. */
static void mark_subject(struct part *p, const uint32_t *rows, size_t n, double *v)
{
	size_t k = 0;
	double above;

	for (size_t i = 0; i < n; i++) {
		if (!(p->flags.v[rows[i]] & ROW_FAILED) && isfinite(p->load_s.v[rows[i]]))
			v[k++] = p->load_s.v[rows[i]];
	}
	above = part_paid_above(v, k);
	for (size_t i = 0; i < n; i++) {
		double x = p->load_s.v[rows[i]];

		if (isfinite(x) && k < FEW_ROWS)
			p->flags.v[rows[i]] |= ROW_LOAD_KNOWN | ROW_LATE;
		else if (isfinite(x))
			p->flags.v[rows[i]] |=
				(uint8_t)(ROW_LOAD_KNOWN | (x > above ? ROW_COLD : 0));
	}
}

static void mark_cold(struct part *p)
{
	size_t n = p->subjects.list.n, *start = xcalloc(n + 1, sizeof(*start));
	uint32_t *rows = group_rows(p, start);
	double *v = xcalloc(p->nrows + 1, sizeof(*v));

	for (size_t s = 0; s < n; s++)
		mark_subject(p, rows + start[s], start[s + 1] - start[s], v);
	free(v);
	free(rows);
	free(start);
}

void part_finish(struct part *p, const struct corpus_enough *enough)
{
	if (p->has_load)
		mark_cold(p);
	if (part_is_sweep(p) && !atomic_load(&enough->sweeps))
		part_write_sweep(p);
}

void part_release(struct part *p)
{
	for (size_t i = 0; i < p->nmeasures; i++)
		VEC_RELEASE(&p->value[i]);
	for (size_t i = 0; i < p->nsettings; i++) {
		names_release(&p->setting[i].levels);
		VEC_RELEASE(&p->setting[i].of_row);
	}
	VEC_RELEASE(&p->subject);
	VEC_RELEASE(&p->line);
	VEC_RELEASE(&p->flags);
	VEC_RELEASE(&p->load_s);
	VEC_RELEASE(&p->identity);
	VEC_RELEASE(&p->coarse);
	VEC_RELEASE(&p->failures);
	names_release(&p->subjects);
	VEC_RELEASE(&p->models);
	keymap_release(&p->prompt_map);
	str_release(&p->sweep);
}
