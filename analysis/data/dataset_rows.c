/* dataset_rows.c - loads and rows of a run directory, which rows count, which passes are complete.
 */
#include "dataset_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "clock.h"
#include "columns.h"

#define MAX_STATUS 255                 /* row.status is a byte */
#define MAX_COUNTS ((size_t)100000000) /* cells times passes */

uint32_t build_index(const struct table_column *c, size_t row)
{
	double x = table_num(c, row);

	return x >= 0 && x < DATA_NONE && x == floor(x) ? (uint32_t)x : DATA_NONE;
}

static uint32_t index_or(const struct table_column *c, size_t row, uint32_t otherwise)
{
	uint32_t x = build_index(c, row);

	return x == DATA_NONE ? otherwise : x;
}

static bool text_is(const struct table_column *c, size_t row, const char *word)
{
	const char *text = table_text(c, row);

	return text && strcmp(text, word) == 0;
}

static enum row_phase phase_named(const char *name)
{
	if (name && strcmp(name, "measure") == 0)
		return ROW_MEASURE;
	if (name && strcmp(name, "warmup") == 0)
		return ROW_WARMUP;
	if (name && strcmp(name, "sentinel") == 0)
		return ROW_SENTINEL;
	return ROW_OTHER;
}

uint8_t build_phase(const struct build *b, size_t row)
{
	return (uint8_t)phase_named(table_text(b->phase, row));
}

int build_columns(struct build *b, struct err *e)
{
	const struct {
		const struct table_column **column;
		const char *name;
		bool needed;
	} wanted[] = {{&b->run_id, "run_id", true}, {&b->cell_id, "cell_id", true},
		{&b->phase, "phase", true}, {&b->status, "status", true},
		{&b->load_id, "load_id", false}, {&b->block, "block", false},
		{&b->pass, "pass", false}, {&b->repeat, "repeat", false},
		{&b->server, "server", false}, {&b->prompt_id, "prompt_id", false},
		{&b->order, "order", false}, {&b->session, "session", false},
		{&b->attempt, "attempt", false}, {&b->concurrency, "concurrency", false},
		{&b->rate, "rate", false}, {&b->burst, "burst", false}, {&b->error, "error", false},
		{&b->answer, "response_sha256", false}, {&b->validity, "validity", false},
		{&b->paid_load, "paid_load", false}, {&b->started_at, "started_at", false},
		{&b->client_queue_ms, "client_queue_ms", false}, {&b->done_ms, "done_ms", false},
		{&b->prompt_eval_ms, "prompt_eval_ms", false},
		{&b->prompt_tokens, "prompt_tokens", false},
		{&b->output_tokens, "output_tokens", false},
		{&b->loop_lag, "loop_lag_max_us", false}};

	for (size_t i = 0; i < COUNTOF(wanted); i++) {
		*wanted[i].column = table_column(&b->runs, wanted[i].name);
		if (wanted[i].needed && !*wanted[i].column)
			return err_set(e, ERR_JOURNAL, "%s: it has no column %s", b->runs_path,
				wanted[i].name);
	}
	for (int m = 0; m < METRIC_COUNT; m++)
		b->metric[m] = table_column(&b->runs, metric_specs[m].column);
	return 0;
}

/* The texts of a column, copied to the dataset. */
static const char **copy_dict(struct dataset *d, const struct table_column *c, size_t *n)
{
	const char **copy;

	*n = 0;
	if (!c)
		return NULL;
	*n = c->ndict;
	copy = arena_alloc(&d->arena, *n, sizeof(*copy));
	for (size_t i = 0; i < *n; i++)
		copy[i] = arena_str(&d->arena, c->dict[i]);
	return copy;
}

/* ---- loads ---- */

static int compare_load_ids(const void *a, const void *b)
{
	const struct data_load *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static void read_load(struct dataset *d, struct data_load *l, const struct table *t, size_t row)
{
	const struct table_column *server = table_column(t, "server");
	const char *name = table_text(server, row);
	const char *other = table_text(table_column(t, "other_models"), row);
	const char *status = table_text(table_column(t, "status"), row);

	l->block = build_index(table_column(t, "block"), row);
	l->pass = index_or(table_column(t, "pass"), row, 0);
	l->server = 0;
	for (uint32_t s = 0; name && s < d->nservers; s++) {
		if (strcmp(d->servers[s], name) == 0)
			l->server = s;
	}
	l->sentinel = text_is(table_column(t, "phase"), row, "sentinel");
	l->status = status ? arena_str(&d->arena, status) : "";
	l->load_ms = table_num(table_column(t, "load_ms"), row);
	l->context_length = table_num(table_column(t, "context_length"), row);
	l->size = table_num(table_column(t, "size"), row);
	l->size_vram = table_num(table_column(t, "size_vram"), row);
	l->other_models = other ? arena_str(&d->arena, other) : "";
}

/* A load that loads.csv lacks, from the first row it served. */
static void guess_load(struct build *b, struct data_load *l, size_t row)
{
	double context = table_num(table_column(&b->runs, "eff_num_ctx"), row);
	double fraction = table_num(table_column(&b->runs, "offload_fraction"), row);

	*l = (struct data_load){.id = l->id,
		.block = build_index(b->block, row),
		.pass = index_or(b->pass, row, 0),
		.server = b->server && b->server->code[row] != TABLE_MISSING ? b->server->code[row]
									     : 0,
		.sentinel = build_phase(b, row) == ROW_SENTINEL,
		.status = "",
		.load_ms = NAN,
		.context_length = context,
		.size = NAN,
		.size_vram = fraction == 0 ? 0 : (double)NAN,
		.other_models = ""};
}

/* Rows of loads.csv first, then the loads that only rows of runs.csv name. */
void build_loads(struct build *b)
{
	struct dataset *d = b->d;
	const struct table_column *id = b->has_loads ? table_column(&b->loads, "load_id") : NULL;
	size_t most = (b->has_loads ? b->loads.nrows : 0) + (b->load_id ? b->load_id->ndict : 0);
	bool *known = xcalloc(id ? id->ndict : 0, sizeof(*known));

	d->servers = copy_dict(d, b->server, &d->nservers);
	d->loads = arena_alloc(&d->arena, most, sizeof(*d->loads));
	for (size_t row = 0; id && row < b->loads.nrows; row++) {
		struct data_load *l = &d->loads[d->nloads];

		if (id->code[row] == TABLE_MISSING || known[id->code[row]])
			continue;
		known[id->code[row]] = true;
		l->id = arena_str(&d->arena, id->dict[id->code[row]]);
		read_load(d, l, &b->loads, row);
		d->nloads++;
	}
	free(known);
}

/* The load of each code of load_id in runs.csv; adds those not known yet. */
static uint32_t *map_loads(struct build *b)
{
	struct dataset *d = b->d;
	size_t n = b->load_id ? b->load_id->ndict : 0, known = d->nloads;
	uint32_t *of_code = xcalloc(n, sizeof(*of_code));
	const struct data_load **sorted = xcalloc(known, sizeof(*sorted));
	bool *done = xcalloc(n, sizeof(*done));

	for (size_t i = 0; i < known; i++)
		sorted[i] = &d->loads[i];
	qsort(sorted, known, sizeof(*sorted), compare_load_ids);
	for (size_t row = 0; n && row < b->runs.nrows; row++) {
		uint32_t code = b->load_id->code[row];
		struct data_load key, *wanted = &key;
		const struct data_load *const *hit;

		if (code == TABLE_MISSING || done[code])
			continue;
		done[code] = true;
		key.id = b->load_id->dict[code];
		hit = known ? bsearch(&wanted, sorted, known, sizeof(*sorted), compare_load_ids)
			    : NULL;
		of_code[code] = (uint32_t)(hit ? (size_t)(*hit - d->loads) : d->nloads);
		if (!hit) {
			d->loads[d->nloads].id = arena_str(&d->arena, key.id);
			guess_load(b, &d->loads[d->nloads++], row);
		}
	}
	free(sorted);
	free(done);
	return of_code;
}

/* ---- rows ---- */

/* Seconds since 1970; NaN without a time. */
static double started_at(const char *iso)
{
	ns at = iso ? clock_parse_iso(iso, strlen(iso)) : NS_NONE;

	return at == NS_NONE ? (double)NAN : (double)at / NS_PER_S;
}

static uint8_t validity_of(const struct table_column *c, size_t row)
{
	if (text_is(c, row, "suspect"))
		return ROW_SUSPECT;
	return text_is(c, row, "invalid") ? ROW_INVALID : ROW_VALID;
}

static uint32_t code_of(const struct table_column *c, size_t row)
{
	return c && c->code[row] != TABLE_MISSING ? c->code[row] : DATA_NONE;
}

static void read_load_of_row(const struct build *b, size_t i, struct data_row *r)
{
	const char *error = table_text(b->error, i);

	r->concurrency = index_or(b->concurrency, i, 1);
	if (r->concurrency == 0)
		r->concurrency = 1;
	r->rate = table_num(b->rate, i);
	if (!(r->rate > 0))
		r->rate = NAN;
	/* Rows of before there was the column: one burst for each load and cell. */
	if (r->concurrency > 1 || isfinite(r->rate))
		r->burst = index_or(b->burst, i, 1);
	r->overload = text_is(b->status, i, "skipped") && error &&
		strncmp(error, OVERLOAD_ERROR, strlen(OVERLOAD_ERROR)) == 0;
}

static void read_row(struct build *b, const uint32_t *load_of_code, size_t i, struct data_row *r)
{
	uint32_t load = code_of(b->load_id, i), cell = code_of(b->cell_id, i);
	uint32_t pass = index_or(b->pass, i, 0), status = code_of(b->status, i);

	r->cell = cell == DATA_NONE ? DATA_NONE : b->cell_of_code[cell];
	r->load = load == DATA_NONE ? DATA_NONE : load_of_code[load];
	r->prompt = code_of(b->prompt_id, i);
	r->order = index_or(b->order, i, 0);
	r->repeat = index_or(b->repeat, i, 0);
	r->session = index_or(b->session, i, 1);
	r->attempt = index_or(b->attempt, i, 1);
	r->answer = code_of(b->answer, i);
	read_load_of_row(b, i, r);
	r->line = (uint32_t)b->runs.line[i];
	r->pass = pass < UINT16_MAX ? (uint16_t)pass : UINT16_MAX;
	r->phase = build_phase(b, i);
	r->validity = validity_of(b->validity, i);
	r->ok = text_is(b->status, i, "ok");
	r->paid_load = table_num(b->paid_load, i) > 0;
	r->status = (uint8_t)(status < b->d->nstatus ? status : b->d->nstatus - 1);
	for (int m = 0; m < METRIC_COUNT; m++)
		r->metric[m] = table_num(b->metric[m], i);
	r->started_s = started_at(table_text(b->started_at, i));
	r->client_queue_ms = table_num(b->client_queue_ms, i);
	r->done_ms = table_num(b->done_ms, i);
	r->prompt_eval_ms = table_num(b->prompt_eval_ms, i);
	r->prompt_tokens = table_num(b->prompt_tokens, i);
	r->output_tokens = table_num(b->output_tokens, i);
	r->loop_lag_us = table_num(b->loop_lag, i);
}

/* The names of the states met; a row without one is "unknown", and so are more than fit a byte. */
static void copy_status(struct build *b)
{
	struct dataset *d = b->d;
	size_t n = b->status->ndict < MAX_STATUS - 1 ? b->status->ndict : MAX_STATUS - 1;

	d->status = arena_alloc(&d->arena, n + 1, sizeof(*d->status));
	for (size_t i = 0; i < n; i++)
		d->status[i] = arena_str(&d->arena, b->status->dict[i]);
	d->status[n] = "unknown";
	d->nstatus = n + 1;
}

void build_rows(struct build *b)
{
	struct dataset *d = b->d;
	uint32_t *load_of_code = map_loads(b);
	bool *counted = xcalloc(b->run_id->ndict, sizeof(*counted));

	copy_status(b);
	d->prompts = copy_dict(d, b->prompt_id, &d->nprompts);
	d->nrows = b->runs.nrows;
	d->rows = arena_alloc(&d->arena, d->nrows, sizeof(*d->rows));
	for (size_t i = 0; i < d->nrows; i++) {
		struct data_row *r = &d->rows[i];
		uint32_t id = code_of(b->run_id, i);

		read_row(b, load_of_code, i, r);
		r->counts = r->phase == ROW_MEASURE && r->ok && r->validity != ROW_INVALID &&
			!r->paid_load && r->cell != DATA_NONE && r->load != DATA_NONE &&
			id != DATA_NONE && !counted[id];
		if (r->counts)
			counted[id] = true;
	}
	free(counted);
	free(load_of_code);
}

/* ---- passes ---- */

/* Different requests of each cell in each pass, [cell * npasses + pass - 1]. */
static uint32_t *count_requests(const struct build *b, uint32_t npasses)
{
	const struct dataset *d = b->d;
	uint32_t *count = xcalloc(d->ncells * npasses, sizeof(*count));
	bool *seen = xcalloc(b->run_id->ndict, sizeof(*seen));

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		uint32_t id = code_of(b->run_id, i);

		if (r->phase != ROW_MEASURE || r->cell == DATA_NONE || id == DATA_NONE ||
			seen[id] || r->pass == 0)
			continue;
		seen[id] = true;
		count[r->cell * npasses + r->pass - 1]++;
	}
	free(seen);
	return count;
}

static int compare_indices(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t count_blocks(const struct dataset *d)
{
	uint32_t *blocks = xcalloc(d->ncells, sizeof(*blocks)), n = 0;

	for (size_t c = 0; c < d->ncells; c++)
		blocks[c] = d->cells[c].block;
	qsort(blocks, d->ncells, sizeof(*blocks), compare_indices);
	for (size_t c = 0; c < d->ncells; c++)
		n += c == 0 || blocks[c] != blocks[c - 1];
	free(blocks);
	return n;
}

/* Passes in which every cell has as many requests as it has in any. */
static uint32_t count_complete(const struct build *b, uint32_t npasses)
{
	const struct dataset *d = b->d;
	uint32_t *count = count_requests(b, npasses), complete = 0;
	bool *lacks = xcalloc(npasses, sizeof(*lacks));

	for (size_t c = 0; c < d->ncells; c++) {
		const uint32_t *of = count + c * npasses;
		uint32_t most = 0;

		for (uint32_t p = 0; p < npasses; p++)
			most = of[p] > most ? of[p] : most;
		for (uint32_t p = 0; p < npasses; p++)
			lacks[p] = lacks[p] || of[p] < most;
	}
	for (uint32_t p = 0; p < npasses; p++)
		complete += !lacks[p];
	free(lacks);
	free(count);
	return complete;
}

void build_passes(struct build *b)
{
	struct dataset *d = b->d;
	uint32_t npasses = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].phase == ROW_MEASURE && d->rows[i].pass > npasses)
			npasses = d->rows[i].pass;
	}
	/* A pass that is complete has a row of every cell: more than rows is no plan of ours. */
	if (d->ncells > 0 && d->ncells * npasses <= MAX_COUNTS)
		d->passes_complete = count_complete(b, npasses);
	d->nblocks = count_blocks(d);
}
