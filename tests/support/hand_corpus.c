/* hand_corpus.c - see hand_corpus.h. */
#include "hand_corpus.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

#include "bug.h"

static size_t next(size_t *n)
{
	if (*n >= HAND_MOST)
		BUG("more than %d in a corpus by hand", HAND_MOST);
	return (*n)++;
}

void hand_init(struct corpus *c)
{
	gsl_set_error_handler_off(); /* as the program does */
	*c = (struct corpus){.exact = true};
	c->tree.files = arena_alloc(&c->arena, HAND_MOST, sizeof(*c->tree.files));
	c->files = arena_alloc(&c->arena, HAND_MOST, sizeof(*c->files));
	c->tables = arena_alloc(&c->arena, HAND_MOST, sizeof(*c->tables));
	c->subjects = arena_alloc(&c->arena, HAND_MOST, sizeof(*c->subjects));
	c->told = arena_alloc(&c->arena, HAND_MOST, sizeof(*c->told));
	c->settings = arena_alloc(&c->arena, HAND_MOST, sizeof(*c->settings));
	c->sweeps = arena_alloc(&c->arena, HAND_MOST, sizeof(*c->sweeps));
}

void hand_release(struct corpus *c)
{
	for (size_t s = 0; s < c->nsubjects; s++) {
		for (size_t m = 0; m < c->subjects[s].nmeasures; m++) {
			values_release(&c->subjects[s].measures[m].warm);
			values_release(&c->subjects[s].measures[m].cold);
		}
	}
	arena_release(&c->arena);
	*c = (struct corpus){0};
}

uint32_t hand_file(struct corpus *c, const char *name, enum tree_kind kind)
{
	uint32_t i = (uint32_t)next(&c->nfiles);

	c->tree.files[i] =
		(struct tree_file){.path = name, .name = name, .kind = kind, .result = true};
	c->files[i] = (struct corpus_file){.of = &c->tree.files[i], .copy_of = CORPUS_NONE};
	c->tree.nfiles = c->nfiles;
	c->by_kind[kind]++;
	c->results++;
	return i;
}

uint32_t hand_table(struct corpus *c, uint32_t file, const char *title)
{
	uint32_t i = (uint32_t)next(&c->ntables);

	c->tables[i] = (struct corpus_table){
		.file = file, .place = "", .title = title, .copy_of = CORPUS_NONE};
	c->files[file].tables++;
	return i;
}

uint32_t hand_subject(struct corpus *c, const char *name, uint32_t table, uint64_t rows)
{
	uint32_t i = (uint32_t)next(&c->nsubjects);
	struct corpus_subject *s = &c->subjects[i];

	*s = (struct corpus_subject){.name = name, .model = name, .rows = rows};
	s->measures = arena_alloc(&c->arena, HAND_MOST, sizeof(*s->measures));
	s->places = arena_alloc(&c->arena, HAND_MOST, sizeof(*s->places));
	s->places[s->nplaces++] = (struct corpus_place){.file = c->tables[table].file,
		.table = table,
		.first = 2,
		.last = (uint32_t)rows + 1,
		.n = rows};
	c->tables[table].rows += rows;
	c->files[c->tables[table].file].rows += (uint32_t)rows;
	c->files[c->tables[table].file].used += (uint32_t)rows;
	c->rows += rows;
	return i;
}

struct corpus_measure *hand_measure(
	struct corpus *c, uint32_t subject, const char *quantity, const char *label)
{
	struct corpus_subject *s = &c->subjects[subject];
	struct corpus_measure *m = &s->measures[next(&s->nmeasures)];
	bool rate = strcmp(quantity, "throughput") == 0;

	*m = (struct corpus_measure){.quantity = quantity,
		.label = label,
		.unit = rate ? "tok/s" : "ms",
		.better = rate ? 1 : -1};
	values_init(&m->warm, false);
	values_init(&m->cold, false);
	return m;
}

static void add(struct values *to, const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		values_add(to, v[i]);
	values_finish(to);
}

void hand_warm(struct corpus_measure *m, const double *v, size_t n)
{
	add(&m->warm, v, n);
}

void hand_cold(struct corpus_measure *m, const double *v, size_t n)
{
	add(&m->cold, v, n);
}

struct corpus_told *hand_told(struct corpus *c, uint32_t table, const char *subject,
	const char *quantity, enum rule_stat stat, double value, int digits)
{
	size_t i = next(&c->ntold);
	bool rate = strcmp(quantity, "throughput") == 0;

	c->told[i] = (struct corpus_told){.subject = subject,
		.quantity = quantity,
		.label = quantity,
		.unit = rate ? "tok/s" : "ms",
		.better = rate ? 1 : -1,
		.stat = stat,
		.value = value,
		.precision = pow(10, -digits) / 2,
		.column = quantity,
		.place = {.file = c->tables[table].file,
			.table = table,
			.first = (uint32_t)i + 2,
			.last = (uint32_t)i + 2,
			.n = 1},
		.settings = "",
		.row = (uint32_t)i};
	c->tables[table].use = CORPUS_TOLD;
	return &c->told[i];
}

struct corpus_setting *hand_setting(
	struct corpus *c, const char *name, const double *level, size_t n)
{
	struct corpus_setting *s = &c->settings[next(&c->nsettings)];

	*s = (struct corpus_setting){.name = name, .nlevels = n, .numeric = true};
	s->level = arena_alloc(&c->arena, n, sizeof(*s->level));
	s->value = arena_alloc(&c->arena, n, sizeof(*s->value));
	s->n = arena_alloc(&c->arena, n, sizeof(*s->n));
	for (size_t i = 0; i < n; i++) {
		s->level[i] = arena_fmt(&c->arena, "%g", level[i]);
		s->value[i] = level[i];
		s->n[i] = 1;
	}
	return s;
}

struct corpus_sweep *hand_sweep(struct corpus *c, uint32_t subject, uint32_t table, const char *csv,
	uint64_t rows, const char **setting, size_t nsettings)
{
	static const char *measure[] = {"throughput", "ttft"};
	static int better[] = {1, -1};
	struct corpus_sweep *s = &c->sweeps[next(&c->nsweeps)];

	*s = (struct corpus_sweep){.subject = subject,
		.table = table,
		.csv = csv,
		.len = strlen(csv),
		.setting = setting,
		.nsettings = nsettings,
		.measure = measure,
		.better = better,
		.nmeasures = COUNTOF(measure),
		.has_load = true,
		.has_ok = true,
		.rows = rows};
	return s;
}
