/* test_dataset_large.c - runs whose rows are not kept: the summary of the same run whose rows are,
 * but for what it says it is not; and conditions on rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsx.h"
#include "hash.h"
#include "rng.h"
#include "str.h"
#include "summary.h"
#include "unit.h"

/* ---- comparing ---- */

/* What is said of the rows that are kept. */
static bool is_of_kept(const char *key)
{
	static const char *const keys[] = {
		"lag1", "lag1_n", "lag1_why", "permutation", "looked_at", "humps", "findings"};

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

static bool is_percentile(const char *key)
{
	static const char *const keys[] = {"p50", "p95", "p99", "median",
		"ttft_minus_server_ms_p50", "ttft_minus_server_ms_p95", "client_lag_p99_us",
		"ttft_due_p95"};

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

/* How alike: percentiles within a part of themselves, other numbers to 12 digits. */
struct likeness {
	double percentiles;
	bool few_kept; /* what is of kept rows is not compared */
};

static void compare(const json_t *a, const json_t *b, const char *at, struct likeness like)
{
	const char *key;
	json_t *value;
	double limit = is_percentile(at) ? like.percentiles : 1e-12;

	if (json_is_number(a) && json_is_number(b)) {
		double x = json_number_value(a), y = json_number_value(b);

		if (!(fabs(x - y) <= limit * fmax(fabs(x), fabs(y))))
			fail_msg("%s: %.17g and %.17g", at, x, y);
		return;
	}
	if (json_is_object(a) && json_is_object(b)) {
		json_object_foreach ((json_t *)b, key, value)
			assert_true(json_object_get(a, key) || is_of_kept(key));
		json_object_foreach ((json_t *)a, key, value) {
			bool other = like.percentiles > 1e-12 &&
				(strcmp(key, "mad") == 0 || strcmp(key, "percentiles") == 0);

			if (!other && !(like.few_kept && is_of_kept(key)))
				compare(value, json_object_get(b, key), key, like);
		}
		return;
	}
	if (json_is_array(a) && json_is_array(b)) {
		assert_int_equal(json_array_size(a), json_array_size(b));
		for (size_t i = 0; i < json_array_size(a); i++)
			compare(json_array_get(a, i), json_array_get(b, i), at, like);
		return;
	}
	if (!json_equal(a, b))
		fail_msg("%s differs", at);
}

static json_t *analyse(const char *dir, const struct dataset_options *o, bool kept)
{
	struct err e = ERR_INIT;
	struct dataset d;
	struct summary s;
	json_t *json;

	if (dataset_open(&d, dir, o, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(d.fold == NULL, kept);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	assert_true(s.data == &d);
	json = summary_json(&s);
	summary_release(&s);
	dataset_release(&d);
	return json;
}

/* The run kept, folded and counted, by one thread and by three. */
static void compare_sizes(const char *dir)
{
	static const struct dataset_options kept = {.threads = 1};
	json_t *all = analyse(dir, &kept, true);

	for (unsigned threads = 1; threads <= 3; threads += 2) {
		const struct dataset_options folded = {.threads = threads, .rows_kept = 1},
					     counted = {.threads = threads,
						     .rows_kept = 1,
						     .rows_exact = 1},
					     first = {.threads = threads,
						     .rows_kept = 1,
						     .rows_first = 3};
		json_t *a = analyse(dir, &folded, false), *b = analyse(dir, &counted, false);
		json_t *c = analyse(dir, &first, false);
		const json_t *run = json_object_get(b, "run");

		compare(all, a, "folded", (struct likeness){1e-12, false});
		compare(all, b, "counted", (struct likeness){0.001, false});
		compare(all, c, "first", (struct likeness){1e-12, true});
		assert_string_equal(json_string_value(json_object_get(run, "percentiles")),
			"histogram within 0.1 %");
		json_decref(a);
		json_decref(b);
		json_decref(c);
	}
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(all, "run"), "percentiles")),
		"exact");
	json_decref(all);
}

static const char *small(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/runs/small", getenv("TEST_DATA"));
	return path;
}

/* Among its rows a run_id that is ok twice, failures, suspect and invalid ones (test_dataset.c). */
static void test_small(void **state)
{
	(void)state;
	compare_sizes(small());
}

/* ---- a run with bursts ---- */

#define HEADER                                                                                     \
	"run_id,cell_id,block,pass,load_id,order,session,attempt,phase,num_ctx,prompt_id,"         \
	"concurrency,rate,burst,status,error,paid_load,client_queue_ms,ttft_ms,tpot_ms,e2e_ms,"    \
	"done_ms,load_ms,prompt_eval_ms,prompt_tokens,output_tokens,decode_tok_s,score,"           \
	"response_sha256,loop_lag_max_us,chunks,timestamp_source,stamp_bound_us,send_us,"          \
	"multi_line_reads,itl_unresolved,streams,cpu_share,validity,started_at"

struct writer {
	struct str out;
	struct rng rng;
	uint64_t order;
	double clock_s;
};

struct request {
	int cell, pass, load, concurrency, burst, attempt;
	uint64_t id;
	const char *phase, *status;
};

static void end_line(struct str *out, size_t from)
{
	str_addf(out, ",%08x\n", crc32c(0, out->s + from, out->len - from));
}

static void put(struct writer *w, const struct request *r)
{
	size_t from = w->out.len;
	double ttft = 100 * exp(0.1 * rng_normal(&w->rng)) * r->concurrency, eval = 640;
	int ms = (int)(w->clock_s * 1000);
	bool ok = strcmp(r->status, "ok") == 0;

	str_addf(&w->out, "%016llx,c%d,%d,%d,l%d,%llu,1,%d,%s,%d,p%llu,%d,,",
		(unsigned long long)r->id, r->cell, r->cell / 2, r->pass, r->load,
		(unsigned long long)++w->order, r->attempt, r->phase, 1024 * (1 + r->cell / 2),
		(unsigned long long)(r->id % 3), r->concurrency);
	if (r->burst)
		str_addf(&w->out, "%d", r->burst);
	str_addf(&w->out, ",%s,,0,0.5,", r->status);
	if (ok)
		str_addf(&w->out, "%.6f,10,%.6f,%.6f,3,50,40,64,%.6f,%d,%04x,%d", ttft, ttft + eval,
			ttft + eval + 1, 98.4 * exp(0.01 * rng_normal(&w->rng)),
			(int)rng_below(&w->rng, 2), (unsigned)rng_below(&w->rng, 3),
			(int)rng_below(&w->rng, 100));
	else
		str_addf(&w->out, ",,,5,,,,,,,,");
	if (ok) {
		bool kernel = rng_below(&w->rng, 3) > 0;

		str_addf(&w->out, ",64,%s,%d,%d.25,%d,%d,%d,0.0%d", kernel ? "kernel" : "user",
			kernel && rng_below(&w->rng, 4) ? 0 : 1 + (int)rng_below(&w->rng, 99),
			10 + (int)rng_below(&w->rng, 200), (int)rng_below(&w->rng, 2),
			(int)rng_below(&w->rng, 3), r->concurrency,
			10 + (int)rng_below(&w->rng, 80));
	} else {
		str_addf(&w->out, ",,,,,,,,");
	}
	str_addf(&w->out, ",%s,2026-11-24T10:%02d:%02d.%03d000000Z",
		rng_below(&w->rng, 20) ? "valid" : "suspect", ms / 60000, ms / 1000 % 60,
		ms % 1000);
	end_line(&w->out, from);
	w->clock_s += 0.7 / r->concurrency;
}

/* Cell 2k asks one at a time, cell 2k + 1 in bursts of 4; some fail and are tried again, and one
 * that was ok comes once more. */
static void put_visit(struct writer *w, int block, int pass, bool bursts)
{
	int load = 10 * pass + block;

	for (int i = 0; i < 42; i++) {
		bool burst = bursts && i >= 22;
		struct request r = {.cell = 2 * block + (i >= 22),
			.pass = pass,
			.load = load,
			.concurrency = burst ? 4 : 1,
			.burst = burst,
			.attempt = 1,
			.id = (uint64_t)(load * 100 + i) * 0x123456789abcdu,
			.phase = i == 0  ? "warmup"
				: i == 1 ? "sentinel"
					 : "measure",
			.status = i % 9 == 5 ? "timeout_first" : "ok"};

		put(w, &r);
		if (i % 18 == 5 || (i == 10 && pass == 2)) {
			r.attempt = 2;
			r.status = "ok";
			put(w, &r);
		}
	}
}

static const char *write_run(const char *sweep, bool bursts)
{
	struct writer w = {.out = STR_INIT(STR_MAX_FILE)};
	static char dir[4096];

	rng_init(&w.rng, 9, "large");
	str_addf(&w.out, "%s,row_crc\n", HEADER);
	for (int pass = 1; pass <= 3; pass++) {
		for (int block = 0; block < 3; block++)
			put_visit(&w, (block + pass) % 3, pass, bursts);
	}
	unit_write("runs.csv", w.out.s, w.out.len);
	unit_write_text("sweep.json", sweep);
	str_release(&w.out);
	snprintf(dir, sizeof(dir), "%s", unit_path("."));
	return dir;
}

#define CONTEXTS "\"num_ctx\":[1024,2048,3072]"

/* Bursts that the sweep announces, and bursts that come as a surprise; none though announced. */
static void test_bursts(void **state)
{
	(void)state;
	compare_sizes(write_run("{\"factors\":{" CONTEXTS ",\"concurrency\":[1,4]},\"passes\":3,"
				"\"burst\":20,\"goodput\":{\"ttft_ms\":500}}",
		true));
	compare_sizes(write_run("{\"factors\":{" CONTEXTS "}}", true));
	compare_sizes(write_run("{\"factors\":{" CONTEXTS ",\"concurrency\":[1,4]}}", false));
}

/* The limits themselves: a run of exactly so many rows is still kept, or still exact. */
static void test_limits(void **state)
{
	const char *dir = write_run("{\"factors\":{" CONTEXTS "}}", false);
	struct dataset_options o = {0};
	struct err e = ERR_INIT;
	struct dataset d;
	uint64_t rows;

	(void)state;
	assert_int_equal(dataset_from_run(&d, dir, &e), 0);
	rows = d.nrows;
	dataset_release(&d);
	for (int kept = 0; kept < 2; kept++) {
		for (int exact = 0; exact < 2; exact++) {
			o.rows_kept = kept ? rows : rows - 1;
			o.rows_exact = exact ? rows : rows - 1;
			json_decref(analyse(dir, &o, kept && exact));
		}
	}
}

/* ---- conditions ---- */

static void test_where(void **state)
{
	static const struct {
		const char *where;
		uint64_t rows;
	} cases[] = {{"num_ctx == 4096", 0}, {"num_ctx == 1024", 0}, {"phase == measure", 27},
		{"phase == measure and status != ok", 2},
		{"decode_tok_s > 0 and phase == measure", 0}, {"run_id in (nothing, such)", 0}};
	struct err e = ERR_INIT;
	uint64_t both = 0;
	struct dataset d;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct dataset_options o = {.where = cases[i].where};
		int failed = dataset_open(&d, small(), &o, &e);

		if (i == 5) {
			assert_int_equal(failed, -1);
			assert_int_equal(e.code, ERR_DATA);
			assert_contains(e.msg, "none of its 63 rows meets the condition");
			continue;
		}
		assert_int_equal(failed, 0);
		assert_int_equal(d.nrows + d.left_out, 63);
		if (cases[i].rows)
			assert_int_equal(d.nrows, cases[i].rows);
		both += i < 2 ? d.nrows : 0;
		for (size_t k = 0; k < d.nrows; k++) {
			assert_true(i < 2 || d.rows[k].phase == ROW_MEASURE);
			assert_true(i != 3 || !d.rows[k].ok);
			assert_true(i != 4 || d.rows[k].metric[METRIC_DECODE] > 0);
		}
		if (i < 2) {
			assert_int_equal(d.factors[0].nlevels, 1);
			assert_string_equal(d.factors[0].level[0], i ? "1024" : "4096");
		}
		dataset_release(&d);
	}
	assert_int_equal(both, 63);
}

static void test_bad_condition(void **state)
{
	static const struct {
		const char *where, *says;
	} cases[] = {{"num_gpus > 3", "no column is called num_gpus"},
		{"phase == measure and ttft in (1, 2)", "no column is called ttft"},
		{"num_ctx >", "expected a value"}};
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct dataset_options o = {.where = cases[i].where};

		assert_int_equal(dataset_open(&d, small(), &o, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_contains(e.msg, cases[i].says);
		if (i < 2)
			assert_contains(e.hint, "run_id, cell_id, block");
	}
}

/* A condition holds in every size, and codes of an earlier scan are forgotten. */
static void test_where_of_large(void **state)
{
	const char *dir = write_run("{\"factors\":{" CONTEXTS "}}", true);
	const struct dataset_options kept = {.where = "num_ctx < 3000 and error != x or pass == 1"};
	struct dataset_options folded = kept;
	json_t *a, *b;

	(void)state;
	folded.rows_kept = 1;
	a = analyse(dir, &kept, true);
	b = analyse(dir, &folded, false);
	assert_true(json_integer_value(json_object_get(json_object_get(a, "run"), "left_out")) > 0);
	compare(a, b, "where", (struct likeness){1e-12, false});
	json_decref(a);
	json_decref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_bad_condition),
		cmocka_unit_test(test_where_of_large),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
