/* dataset_loads.c - the loads of a run: rows of loads.csv, and those that only runs.csv names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_build.h"
#include "vec.h"

static int compare_load_ids(const void *a, const void *b)
{
	const struct data_load *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static double number(const struct table *t, const char *column, size_t row)
{
	return table_num(table_column(t, column), row);
}

static void read_load(struct dataset *d, struct data_load *l, const struct table *t, size_t row)
{
	const char *other = table_text(table_column(t, "other_models"), row);
	const char *status = table_text(table_column(t, "status"), row);
	const char *phase = table_text(table_column(t, "phase"), row);

	l->block = build_index(number(t, "block", row));
	l->pass = build_index_or(number(t, "pass", row), 0);
	l->sentinel = phase && strcmp(phase, "sentinel") == 0;
	l->status = status ? arena_str(&d->arena, status) : "";
	l->load_ms = number(t, "load_ms", row);
	l->context_length = number(t, "context_length", row);
	l->size = number(t, "size", row);
	l->size_vram = number(t, "size_vram", row);
	l->other_models = other ? arena_str(&d->arena, other) : "";
}

/* The first row of each load_id.  Until its servers have numbers, `server` is the row. */
void build_loads(struct build *b)
{
	struct dataset *d = b->d;
	const struct table_column *id = b->has_loads ? table_column(&b->loads, "load_id") : NULL;
	bool *known = xcalloc(id ? id->ndict : 0, sizeof(*known));
	size_t n = 0;

	d->loads = arena_alloc(&d->arena, id ? id->ndict : 0, sizeof(*d->loads));
	b->known_loads = xcalloc(id ? id->ndict : 0, sizeof(*b->known_loads));
	for (size_t row = 0; id && row < b->loads.nrows; row++) {
		struct data_load *l = &d->loads[n];

		if (id->code[row] == TABLE_MISSING || known[id->code[row]])
			continue;
		known[id->code[row]] = true;
		l->id = arena_str(&d->arena, id->dict[id->code[row]]);
		l->server = (uint32_t)row;
		read_load(d, l, &b->loads, row);
		b->known_loads[n++] = l;
	}
	d->nloads = b->nknown_loads = n;
	qsort(b->known_loads, n, sizeof(*b->known_loads), compare_load_ids);
	free(known);
}

/* A load that loads.csv lacks, from the first row it served. */
static void guess_load(struct build *b, struct data_load *l, const struct scan *s,
	const struct scan_batch *batch, size_t row)
{
	uint32_t server =
		build_number(b, &b->servers, s, IN_SERVER, build_code(batch, IN_SERVER, row));

	*l = (struct data_load){.id = l->id,
		.block = build_index(build_num(batch, IN_BLOCK, row)),
		.pass = build_index_or(build_num(batch, IN_PASS, row), 0),
		.server = server == DATA_NONE ? 0 : server,
		.sentinel = build_phase(b, s, batch, row) == ROW_SENTINEL,
		.status = "",
		.load_ms = NAN,
		.context_length = build_num(batch, IN_EFF_NUM_CTX, row),
		.size = NAN,
		.size_vram = build_num(batch, IN_OFFLOAD, row) == 0 ? 0 : (double)NAN,
		.other_models = ""};
}

static uint32_t find_load(struct build *b, const struct scan *s, const struct scan_batch *batch,
	size_t row, const char *id)
{
	struct dataset *d = b->d;
	struct data_load key = {.id = id}, *l;
	const struct data_load *wanted = &key, *const *hit = NULL;

	if (b->nknown_loads)
		hit = bsearch(
			&wanted, b->known_loads, b->nknown_loads, sizeof(*hit), compare_load_ids);
	if (hit)
		return (uint32_t)(*hit - d->loads);
	l = VEC_PUSH(&b->more_loads);
	l->id = arena_str(&d->arena, id);
	guess_load(b, l, s, batch, row);
	return (uint32_t)(b->nknown_loads + b->more_loads.n - 1);
}

uint32_t build_load_of(
	struct build *b, const struct scan *s, const struct scan_batch *batch, size_t row)
{
	uint32_t code = build_code(batch, IN_LOAD_ID, row);
	struct scan_dict dict;

	if (code == SCAN_MISSING)
		return DATA_NONE;
	if (code >= b->nload_codes) {
		dict = scan_dict(s, IN_LOAD_ID);
		b->load_of_code = xrealloc(b->load_of_code, dict.n, sizeof(*b->load_of_code));
		for (; b->nload_codes < dict.n; b->nload_codes++)
			b->load_of_code[b->nload_codes] = DATA_NONE;
	}
	if (b->load_of_code[code] == DATA_NONE)
		b->load_of_code[code] =
			find_load(b, s, batch, row, scan_dict(s, IN_LOAD_ID).text[code]);
	return b->load_of_code[code];
}

static uint32_t server_named(const struct dataset *d, const char *name)
{
	for (uint32_t i = 0; name && i < d->nservers; i++) {
		if (strcmp(d->servers[i], name) == 0)
			return i;
	}
	return 0;
}

void build_more_loads(struct build *b)
{
	struct dataset *d = b->d;
	const struct table_column *server = b->has_loads ? table_column(&b->loads, "server") : NULL;
	struct data_load *all =
		arena_alloc(&d->arena, b->nknown_loads + b->more_loads.n, sizeof(*all));

	for (size_t i = 0; i < b->nknown_loads; i++) {
		all[i] = d->loads[i];
		all[i].server = server_named(d, table_text(server, d->loads[i].server));
	}
	for (size_t i = 0; i < b->more_loads.n; i++)
		all[b->nknown_loads + i] = b->more_loads.v[i];
	d->loads = all;
	d->nloads = b->nknown_loads + b->more_loads.n;
}
