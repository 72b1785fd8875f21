/* dataset_rows.c - the rows of runs.csv as they are scanned, and which of them count. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "clock.h"
#include "columns.h"
#include "dataset_build.h"
#include "vec.h"

/* ---- fields ---- */

static uint64_t hash_at(const struct scan_batch *batch, size_t column, size_t row)
{
	const uint64_t *hash = batch->columns[column].hash;

	return hash ? hash[row] : 0;
}

/* Seconds since 1970; NaN without a time. */
static double time_at(const struct scan_batch *batch, size_t column, size_t row)
{
	const int64_t *time = batch->columns[column].time;

	return time && time[row] != NS_NONE ? (double)time[row] / NS_PER_S : (double)NAN;
}

/* What the word in a column stands for; `missing` where there is none. */
static uint8_t meaning(struct coded *c, const struct scan *s, const struct scan_batch *batch,
	size_t column, size_t row, uint8_t (*of)(const char *word), uint8_t missing)
{
	uint32_t code = build_code(batch, column, row);
	struct scan_dict dict;

	if (code == SCAN_MISSING)
		return missing;
	if (code >= c->ncodes) {
		dict = scan_dict(s, column);
		c->of_code = xrealloc(c->of_code, dict.n, sizeof(*c->of_code));
		for (; c->ncodes < dict.n; c->ncodes++)
			c->of_code[c->ncodes] = of(dict.text[c->ncodes]);
	}
	return c->of_code[code];
}

static uint8_t phase_named(const char *name)
{
	if (strcmp(name, "measure") == 0)
		return ROW_MEASURE;
	if (strcmp(name, "warmup") == 0)
		return ROW_WARMUP;
	return strcmp(name, "sentinel") == 0 ? ROW_SENTINEL : ROW_OTHER;
}

uint8_t build_phase(
	struct build *b, const struct scan *s, const struct scan_batch *batch, size_t row)
{
	return meaning(&b->phases, s, batch, IN_PHASE, row, phase_named, ROW_OTHER);
}

static uint8_t validity_named(const char *name)
{
	if (strcmp(name, "suspect") == 0)
		return ROW_SUSPECT;
	return strcmp(name, "invalid") == 0 ? ROW_INVALID : ROW_VALID;
}

static uint8_t dated_by(const char *source)
{
	static const char *const names[DATED_KINDS] = {
		[DATED_KERNEL] = "kernel", [DATED_USER] = "user", [DATED_VIRTUAL] = "virtual"};
	uint8_t i = DATED_KERNEL;

	while (i < DATED_KINDS && strcmp(source, names[i]) != 0)
		i++;
	return i < DATED_KINDS ? i : DATED_UNKNOWN;
}

enum success { FAILED, OK, SKIPPED };

static uint8_t success_named(const char *status)
{
	if (strcmp(status, "ok") == 0)
		return OK;
	return strcmp(status, "skipped") == 0 ? SKIPPED : FAILED;
}

/* ---- one row ---- */

/* The states met have numbers; those that do not fit a byte are unknown. */
static uint8_t status_of(
	struct build *b, const struct scan *s, const struct scan_batch *batch, size_t row)
{
	uint32_t i = build_number(b, &b->states, s, IN_STATUS, build_code(batch, IN_STATUS, row));

	return i < BUILD_MAX_STATES ? (uint8_t)i : BUILD_UNKNOWN;
}

static bool is_overload(const struct scan *s, const struct scan_batch *batch, size_t row)
{
	uint32_t code = build_code(batch, IN_ERROR, row);

	return code != SCAN_MISSING &&
		strncmp(scan_dict(s, IN_ERROR).text[code], OVERLOAD_ERROR,
			strlen(OVERLOAD_ERROR)) == 0;
}

static void read_load_of_row(const struct scan_batch *batch, size_t i, struct data_row *r)
{
	r->concurrency = build_index_or(build_num(batch, IN_CONCURRENCY, i), 1);
	if (r->concurrency == 0)
		r->concurrency = 1;
	r->rate = build_num(batch, IN_RATE, i);
	if (!(r->rate > 0))
		r->rate = NAN;
	/* Rows of before there was the column: one burst for each load and cell. */
	r->burst = r->concurrency > 1 || isfinite(r->rate)
		? build_index_or(build_num(batch, IN_BURST, i), 1)
		: 0;
}

static void read_client(struct build *b, const struct scan *s, const struct scan_batch *batch,
	size_t i, struct data_client *c)
{
	uint32_t chunks = build_index(build_num(batch, IN_CHUNKS, i));

	*c = (struct data_client){.stamp_bound_us = build_num(batch, IN_STAMP_BOUND, i),
		.send_us = build_num(batch, IN_SEND, i),
		.cpu_share = build_num(batch, IN_CPU_SHARE, i),
		.gaps = DATA_NONE,
		.unresolved = build_index(build_num(batch, IN_ITL_UNRESOLVED, i)),
		.multi_line_reads = build_index(build_num(batch, IN_MULTI_LINE_READS, i)),
		.streams = build_index(build_num(batch, IN_STREAMS, i)),
		.dated = meaning(
			&b->clocks, s, batch, IN_TIMESTAMP_SOURCE, i, dated_by, DATED_UNKNOWN)};
	if (c->unresolved != DATA_NONE && chunks != DATA_NONE && chunks > c->unresolved)
		c->gaps = chunks - 1;
	else
		c->unresolved = DATA_NONE;
}

static void read_state(struct build *b, const struct scan *s, const struct scan_batch *batch,
	size_t i, struct data_row *r)
{
	uint8_t success = meaning(&b->successes, s, batch, IN_STATUS, i, success_named, FAILED);

	r->phase = build_phase(b, s, batch, i);
	r->validity = meaning(&b->validities, s, batch, IN_VALIDITY, i, validity_named, ROW_VALID);
	r->ok = success == OK;
	r->status = status_of(b, s, batch, i);
	r->paid_load = build_num(batch, IN_PAID_LOAD, i) > 0;
	r->overload = success == SKIPPED && is_overload(s, batch, i);
}

/* All of it; its cell is the code of its cell_id yet. */
static void read_row(struct build *b, const struct scan *s, const struct scan_batch *batch,
	size_t i, struct data_row *r)
{
	uint32_t pass = build_index_or(build_num(batch, IN_PASS, i), 0);
	uint64_t answer = hash_at(batch, IN_ANSWER, i);

	r->cell = build_code(batch, IN_CELL_ID, i);
	r->load = build_load_of(b, s, batch, i);
	r->prompt =
		build_number(b, &b->prompts, s, IN_PROMPT_ID, build_code(batch, IN_PROMPT_ID, i));
	r->order = build_index_or(build_num(batch, IN_ORDER, i), 0);
	r->session = build_index_or(build_num(batch, IN_SESSION, i), 1);
	r->attempt = build_index_or(build_num(batch, IN_ATTEMPT, i), 1);
	r->answer = answer ? answer : DATA_NONE;
	r->line = (uint32_t)batch->line[i];
	r->run_id = hash_at(batch, IN_RUN_ID, i);
	r->pass = pass < UINT16_MAX ? (uint16_t)pass : UINT16_MAX;
	r->started_s = time_at(batch, IN_STARTED_AT, i);
	r->client_queue_ms = build_num(batch, IN_CLIENT_QUEUE, i);
	r->done_ms = build_num(batch, IN_DONE, i);
	r->prompt_eval_ms = build_num(batch, IN_PROMPT_EVAL, i);
	r->prompt_tokens = build_num(batch, IN_PROMPT_TOKENS, i);
	r->output_tokens = build_num(batch, IN_OUTPUT_TOKENS, i);
	r->loop_lag_us = build_num(batch, IN_LOOP_LAG, i);
	read_client(b, s, batch, i, &r->client);
	read_load_of_row(batch, i, r);
	read_state(b, s, batch, i, r);
	for (size_t m = 0; m < METRIC_COUNT; m++)
		r->metric[m] = build_num(batch, IN_METRIC + m, i);
	build_number(b, &b->servers, s, IN_SERVER, build_code(batch, IN_SERVER, i));
}

/* The first measured row of a cell tells its levels. */
static void see_cell(struct build *b, const struct scan *s, const struct scan_batch *batch,
	size_t row, uint32_t code)
{
	size_t nfactors = b->d->nfactors, dict = scan_dict(s, IN_CELL_ID).n;
	struct seen_cell *c;

	if (code >= b->ncell_codes) {
		b->cell_of_code = xrealloc(b->cell_of_code, dict, sizeof(*b->cell_of_code));
		for (; b->ncell_codes < dict; b->ncell_codes++)
			b->cell_of_code[b->ncell_codes] = DATA_NONE;
	}
	if (b->cell_of_code[code] != DATA_NONE)
		return;
	b->cell_of_code[code] = (uint32_t)b->cells.n;
	c = VEC_PUSH(&b->cells);
	c->id = arena_str(&b->d->arena, scan_dict(s, IN_CELL_ID).text[code]);
	c->code = code;
	c->block = build_index(build_num(batch, IN_BLOCK, row));
	c->text = arena_alloc(&b->d->arena, nfactors, sizeof(*c->text));
	for (size_t f = 0; f < nfactors; f++) {
		uint32_t level = build_code(batch, IN_FACTOR + f, row);

		c->text[f] = level == SCAN_MISSING
			? NULL
			: arena_str(&b->d->arena, scan_dict(s, IN_FACTOR + f).text[level]);
	}
}

/* ---- which count ---- */

static bool would_count(const struct data_row *r)
{
	return r->phase == ROW_MEASURE && r->ok && r->validity != ROW_INVALID && !r->paid_load &&
		r->cell != DATA_NONE && r->load != DATA_NONE && r->run_id != 0;
}

/* Whether a row with that id counts already; known only of ids that come more than once. */
static bool met_before(struct build *b, uint64_t id)
{
	ptrdiff_t at = ids_find(&b->twice, id);
	bool met;

	if (at < 0)
		return false;
	met = b->met_twice[at];
	b->met_twice[at] = true;
	return met;
}

static void judge(struct build *b, struct data_row *r)
{
	bool measured = r->phase == ROW_MEASURE && r->cell != DATA_NONE;

	r->counts = would_count(r) && !met_before(b, r->run_id);
	if (r->counts)
		ids_add(&b->counted, r->run_id);
	else if (measured && r->pass > 0 && r->run_id)
		*VEC_PUSH(&b->tried) = (struct tried){r->run_id, r->cell, r->pass};
	if (measured && r->pass > b->most_pass)
		b->most_pass = r->pass;
	b->any_burst = b->any_burst || r->burst > 0;
	if (r->phase == ROW_WARMUP && r->load != DATA_NONE && isfinite(r->started_s))
		*VEC_PUSH(&b->rests) = (struct rest){r->load, r->started_s};
}

/* ---- keeping ---- */

static void keep(struct build *b, const struct data_row *r)
{
	struct dataset *d = b->d;

	if (d->nrows == b->room) {
		b->room = b->room ? 2 * b->room : 1024;
		d->rows_owned = xrealloc(d->rows_owned, b->room, sizeof(*d->rows_owned));
	}
	d->rows_owned[d->nrows++] = *r;
}

static uint64_t given(uint64_t option, uint64_t otherwise)
{
	return option ? option : otherwise;
}

static uint64_t rows_first(const struct build *b)
{
	return given(b->options->rows_first, DATA_ROWS_FIRST);
}

static enum build_size size_of(const struct build *b, uint64_t rows)
{
	if (rows > given(b->options->rows_exact, DATA_ROWS_EXACT))
		return SIZE_COUNTED;
	return rows > given(b->options->rows_kept, DATA_ROWS_KEPT) ? SIZE_FOLDED : SIZE_KEPT;
}

/* Requests of bursts wait for the others of theirs. */
static void fold_or_keep(struct build *b, struct data_row *r)
{
	if (build_is_of_burst(r)) {
		keep(b, r);
		return;
	}
	if (b->rates)
		build_rate_single(b->d, r);
	fold_row(b->fold, r);
	if (r->phase == ROW_SENTINEL || (r->counts && b->nfirst < rows_first(b))) {
		b->nfirst += r->counts;
		keep(b, r);
	}
}

/* What was assumed of the run before the scan turns out to be wrong: it begins again.  So whether
 * percentiles are exact follows from the number of rows alone. */
static bool must_restart(struct build *b)
{
	enum build_size size = size_of(b, b->nrows);
	bool guesses = b->more_loads.n > 0 && !b->guesses;
	bool larger = size > b->size, rated = b->size != SIZE_KEPT && b->any_burst && !b->rates;

	b->size = larger ? size : b->size;
	b->rates = b->rates || rated;
	b->guesses = b->guesses || guesses;
	return larger || rated || guesses;
}

static int take_batch(
	void *arg, const struct scan *s, const struct scan_batch *batch, struct err *e)
{
	struct data_row r = {0};
	struct build *b = arg;

	(void)e;
	for (size_t i = 0; i < batch->nrows; i++) {
		if (b->where && !where_holds(b->where, s, batch, i)) {
			b->d->left_out++;
			continue;
		}
		read_row(b, s, batch, i, &r);
		if (r.phase == ROW_MEASURE && r.cell != DATA_NONE)
			see_cell(b, s, batch, i, r.cell);
		judge(b, &r);
		b->nrows++;
		if (b->size == SIZE_KEPT)
			keep(b, &r);
		else
			fold_or_keep(b, &r);
	}
	b->again = must_restart(b);
	return b->again ? -1 : 0;
}

/* ---- the scan ---- */

/* As before the first scan, but for what that one taught. */
static void restart(struct build *b)
{
	struct dataset *d = b->d;

	build_release(b);
	where_restart(b->where);
	free(d->rows_owned);
	d->rows_owned = NULL;
	d->nrows = b->room = b->nrows = b->nfirst = 0;
	d->left_out = 0;
	b->most_pass = 0;
	b->any_burst = b->again = false;
	if (b->twice.n)
		memset(b->met_twice, 0, b->twice.n * sizeof(*b->met_twice));
	if (b->size != SIZE_KEPT) {
		b->fold = xmalloc(sizeof(*b->fold));
		fold_init(b->fold, d, b->size == SIZE_COUNTED);
	}
}

/* A column that no row of this scan is asked for is not wanted: what guesses loads, and what only
 * bursts need of a row that is not kept. */
static void choose_columns(struct build *b)
{
	build_want(b, IN_EFF_NUM_CTX, b->guesses);
	build_want(b, IN_OFFLOAD, b->guesses);
	build_want(b, IN_OUTPUT_TOKENS, b->rates || b->size == SIZE_KEPT);
}

static int scan_once(struct build *b, struct scan *first, struct err *e)
{
	const struct scan_options options = {.checked = true, .threads = b->options->threads};
	struct scan *s = first;
	int failed = 0;

	restart(b);
	choose_columns(b);
	if (!s)
		failed = scan_open(&s, &b->source, &options, e);
	failed = failed || scan_run(s, b->wanted, b->nwanted, take_batch, b, e);
	b->rejected = failed ? 0 : scan_rejected(s);
	if (s && s != first)
		scan_close(s);
	return b->again ? 0 : failed ? -1 : 0;
}

/* Of a small run the rows are all there, and only the later ones with an id must be told. */
static void mark_twice(struct build *b)
{
	for (size_t i = 0; b->twice.n && i < b->d->nrows; i++) {
		struct data_row *r = &b->d->rows_owned[i];

		r->counts = r->counts && !met_before(b, r->run_id);
	}
}

/* Ids that more than one row would count with.  True where they ask for another scan. */
static bool find_twice(struct build *b)
{
	struct ids_list twice;

	ids_check(&b->counted, NULL, 0, NULL, &twice);
	if (twice.n == 0 || b->twice.n) {
		free(twice.v);
		return false;
	}
	b->twice = twice;
	b->met_twice = xcalloc(twice.n, sizeof(*b->met_twice));
	if (b->size != SIZE_KEPT)
		return true;
	mark_twice(b);
	return false;
}

int build_rows(struct build *b, struct scan *first, struct err *e)
{
	b->size = size_of(b, scan_rows_guess(first));
	do {
		if (scan_once(b, first, e))
			return -1;
		first = NULL;
		if (!b->again && size_of(b, b->nrows) < b->size && !b->shrunk) {
			b->size = size_of(b, b->nrows);
			b->again = b->shrunk = true;
		}
	} while (b->again || find_twice(b));
	return 0;
}
