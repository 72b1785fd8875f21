/* test_bursts.c - requests in flight together: the window between the ramps, system throughput,
 * goodput, how many are served at once, and what is made of rows that failed or were done again.
 *
 * Times are chosen so that the right value is a whole number. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset.h"
#include "hash.h"
#include "str.h"
#include "unit.h"

#define HEADER                                                                                     \
	"run_id,cell_id,block,pass,load_id,attempt,phase,concurrency,rate,burst,status,error,"     \
	"paid_load,client_queue_ms,ttft_ms,tpot_ms,e2e_ms,done_ms,prompt_eval_ms,output_tokens,"   \
	"started_at"

/* One request; times in seconds since the first send of the run. */
struct request {
	const char *cell, *load, *status, *error, *phase;
	int concurrency, burst, attempt, tokens;
	bool paid;
	double rate, sent, waited, ttft, e2e, prefill;
};

static struct str csv;
static int nrows;

static void begin(void)
{
	str_reset(&csv);
	str_add(&csv, HEADER ",row_crc\n");
	nrows = 0;
}

static void number(struct str *line, double x)
{
	if (!isnan(x))
		str_addf(line, "%.6f", x);
	str_addc(line, ',');
}

static void add(struct request r)
{
	struct str line = STR_INIT(4096);
	bool sent = strcmp(r.status, "skipped") != 0;

	str_addf(&line, "r%d,%s,0,1,%s,%d,%s,%d,", nrows++, r.cell, r.load,
		r.attempt ? r.attempt : 1, r.phase ? r.phase : "measure", r.concurrency);
	number(&line, r.rate > 0 ? r.rate : (double)NAN);
	if (r.burst)
		str_addf(&line, "%d", r.burst);
	str_addf(&line, ",%s,%s,%d,", r.status, r.error ? r.error : "", r.paid);
	number(&line, sent ? r.waited * 1000 : (double)NAN);
	number(&line, sent ? r.ttft * 1000 : (double)NAN);
	number(&line,
		sent && r.tokens > 2 ? (r.e2e - r.ttft) * 1000 / (r.tokens - 1) : (double)NAN);
	number(&line, sent ? r.e2e * 1000 : (double)NAN);
	number(&line, sent ? r.e2e * 1000 : (double)NAN);
	number(&line, sent ? r.prefill * 1000 : (double)NAN);
	if (sent && r.tokens)
		str_addf(&line, "%d", r.tokens);
	str_addc(&line, ',');
	if (sent)
		str_addf(&line, "2026-11-24T20:%02d:%09.6fZ", (int)(r.sent / 60), fmod(r.sent, 60));
	str_addf(&csv, "%s,%08x\n", line.s, crc32c(0, line.s, line.len));
	str_release(&line);
}

static void load(struct dataset *d, const char *sweep)
{
	struct err e = ERR_INIT;

	unit_write("runs.csv", csv.s, csv.len);
	unit_write_text("sweep.json", sweep ? sweep : "{}");
	if (dataset_from_run(d, unit_path("."), &e))
		fail_msg("%s", e.msg);
}

static int close_to(double got, double want)
{
	return fabs(got - want) <= 1e-6 * fabs(want) + 1e-9;
}

#define assert_close(got, want)                                                                    \
	do {                                                                                       \
		if (!close_to(got, want))                                                          \
			fail_msg("%s is %.9g, not %.9g", #got, (double)(got), (double)(want));     \
	} while (0)

/* A server that works on `slots` requests at once, one second each of which the first quarter is
 * prefill; 30 tokens an answer; n requests, so many kept in flight. */
static void closed(const char *cell, int concurrency, int slots, int n)
{
	double free_at[8] = {0}, end[64];

	for (int i = 0; i < n; i++) {
		int slot = i % slots;
		double sent = i < concurrency ? 0 : end[i - concurrency];
		double start = fmax(sent, free_at[slot]);

		end[i] = start + 1;
		free_at[slot] = end[i];
		add((struct request){.cell = cell,
			.load = "l1",
			.status = "ok",
			.concurrency = concurrency,
			.burst = 1,
			.tokens = 30,
			.sent = sent,
			.ttft = start + 0.25 - sent,
			.e2e = end[i] - sent,
			.prefill = 0.25});
	}
}

static void test_closed_loop(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	closed("c1", 4, 4, 40); /* as many slots as requests */
	closed("c2", 4, 1, 40); /* a queue */
	closed("c3", 2, 4, 20); /* slots to spare */
	load(&d, NULL);
	assert_int_equal(d.nbursts, 3);
	/* Four answers of 30 tokens every second, from the end of the first to the last send. */
	assert_close(d.bursts[0].from_s, 1);
	assert_close(d.bursts[0].to_s, 9);
	assert_close(d.bursts[0].system_tok_s, 120);
	assert_int_equal(d.bursts[0].at_once, 4);
	assert_close(d.bursts[1].system_tok_s, 30);
	assert_int_equal(d.bursts[1].at_once, 1);
	assert_close(d.bursts[2].system_tok_s, 60);
	assert_int_equal(d.bursts[2].at_once, 2);
	for (int i = 0; i < 3; i++) {
		assert_null(d.bursts[i].why);
		assert_true(isnan(d.bursts[i].goodput_rps)); /* no limits are stated */
	}
	dataset_release(&d);
}

/* A burst is one value: it stands on one row, and on a valid one if there is. */
static void test_one_row_has_it(void **state)
{
	struct dataset d;
	size_t with = 0;

	(void)state;
	begin();
	closed("c1", 4, 4, 40);
	load(&d, NULL);
	for (size_t i = 0; i < d.nrows; i++) {
		assert_int_equal(d.rows[i].burst, 1);
		with += isfinite(d.rows[i].metric[METRIC_SYSTEM]);
	}
	assert_int_equal(with, 1);
	dataset_release(&d);
}

static void test_goodput(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	closed("c1", 4, 4, 40); /* TTFT 0.25 s, end to end 1 s, TPOT 25.9 ms */
	load(&d, "{\"goodput\":{\"ttft_ms\":300}}");
	assert_close(d.bursts[0].goodput_rps, 4);
	dataset_release(&d);
	load(&d, "{\"goodput\":{\"ttft_ms\":300,\"e2e_ms\":999}}");
	assert_close(d.bursts[0].goodput_rps, 0);
	dataset_release(&d);
	load(&d, "{\"goodput\":{\"tpot_ms\":25}}");
	assert_close(d.bursts[0].goodput_rps, 0);
	dataset_release(&d);
	load(&d, "{\"goodput\":{\"tpot_ms\":26}}");
	assert_close(d.bursts[0].goodput_rps, 4);
	dataset_release(&d);
}

/* Requests due every half second, each answered in 0.4 s. */
static void open_loop(const char *cell, double waited, int n)
{
	for (int i = 0; i < n; i++)
		add((struct request){.cell = cell,
			.load = "l1",
			.status = "ok",
			.concurrency = 1,
			.rate = 2,
			.burst = 1,
			.tokens = 10,
			.sent = 10 + i * 0.5 + waited,
			.waited = waited,
			.ttft = 0.1,
			.e2e = 0.4,
			.prefill = 0.1});
}

static void test_open_loop(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	open_loop("c1", 0, 20);
	open_loop("c2", 0.3, 20);
	load(&d, "{\"goodput\":{\"ttft_ms\":200}}");
	assert_int_equal(d.nbursts, 2);
	assert_close(d.bursts[0].rate, 2);
	/* The offered rate exactly, though the server rests between answers. */
	assert_close(d.bursts[0].system_tok_s, 20);
	assert_close(d.bursts[0].goodput_rps, 2);
	assert_int_equal(d.bursts[0].at_once, 1);
	/* TTFT is 100 ms from sending and 400 ms from when each was due: waiting counts. */
	assert_close(d.bursts[1].system_tok_s, 20);
	assert_close(d.bursts[1].goodput_rps, 0);
	dataset_release(&d);
}

static void test_more_than_it_takes(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	open_loop("c1", 0, 20);
	add((struct request){.cell = "c1",
		.load = "",
		.status = "skipped",
		.error = "more than this server takes: 72 in flight after 2.9 s",
		.concurrency = 1,
		.rate = 2,
		.burst = 1});
	add((struct request){.cell = "c2",
		.load = "",
		.status = "skipped",
		.error = "the cell did not fit in memory",
		.concurrency = 1,
		.rate = 2,
		.burst = 1});
	load(&d, "{\"goodput\":{\"ttft_ms\":200}}");
	assert_int_equal(d.nbursts, 3);
	for (size_t i = 0; i < d.nbursts; i++) {
		const struct data_burst *b = &d.bursts[i];
		bool first = strcmp(d.cells[b->cell].id, "c1") == 0;

		assert_int_equal(b->overload, first);
		assert_true(isnan(b->goodput_rps)); /* nothing steady to speak of */
		if (b->rows)
			assert_close(b->system_tok_s, 20); /* but that was done */
	}
	dataset_release(&d);
}

static void test_why_there_is_none(void **state)
{
	static const struct request ok = {.cell = "c1",
		.load = "l1",
		.status = "ok",
		.concurrency = 2,
		.burst = 1,
		.tokens = 10,
		.ttft = 0.1,
		.e2e = 1,
		.prefill = 0.1};
	struct dataset d;
	struct request r;

	(void)state;
	/* Two at once and no more. */
	begin();
	add(ok);
	add(ok);
	load(&d, NULL);
	assert_contains(d.bursts[0].why, "too few requests were sent after the first answer");
	assert_true(isnan(d.bursts[0].system_tok_s));
	dataset_release(&d);
	/* Never two in flight. */
	begin();
	for (int i = 0; i < 5; i++) {
		r = ok;
		r.sent = 2 * i;
		add(r);
	}
	load(&d, NULL);
	assert_contains(d.bursts[0].why, "never were as many requests in flight");
	dataset_release(&d);
	/* A load in the middle. */
	begin();
	closed("c1", 2, 2, 20);
	r = ok;
	r.sent = 3.5;
	r.paid = true;
	add(r);
	load(&d, NULL);
	assert_contains(d.bursts[0].why, "waited for a model load");
	assert_true(isnan(d.bursts[0].system_tok_s));
	dataset_release(&d);
	/* No counts of tokens. */
	begin();
	for (int i = 0; i < 6; i++) {
		r = ok;
		r.tokens = 0;
		r.sent = i / 2;
		add(r);
	}
	load(&d, NULL);
	assert_contains(d.bursts[0].why, "did not say how many tokens");
	dataset_release(&d);
	begin();
	for (int i = 0; i < 6; i++) {
		r = ok;
		r.status = "timeout_total";
		add(r);
	}
	load(&d, NULL);
	assert_contains(d.bursts[0].why, "none of its requests was answered");
	dataset_release(&d);
}

/* What failed makes no tokens and is not good, but its time passes. */
static void test_failures_take_time(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	for (int i = 0; i < 40; i++)
		add((struct request){.cell = "c1",
			.load = "l1",
			.status = i % 4 ? "ok" : "server_error",
			.concurrency = 4,
			.burst = 1,
			.tokens = 30,
			.sent = i / 4,
			.ttft = 0.25,
			.e2e = 1,
			.prefill = 0.25});
	load(&d, "{\"goodput\":{\"ttft_ms\":300}}");
	assert_close(d.bursts[0].system_tok_s, 90);
	assert_close(d.bursts[0].goodput_rps, 3);
	dataset_release(&d);
}

/* Done again, or in another load: bursts of their own, and the first keeps its window. */
static void test_done_again(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	closed("c1", 4, 4, 40);
	for (int i = 0; i < 3; i++)
		add((struct request){.cell = "c1",
			.load = "l1",
			.status = "ok",
			.concurrency = 4,
			.burst = 1,
			.attempt = 2,
			.tokens = 30,
			.sent = 100 + i,
			.ttft = 0.25,
			.e2e = 1,
			.prefill = 0.25});
	load(&d, NULL);
	assert_int_equal(d.nbursts, 2);
	assert_close(d.bursts[0].system_tok_s, 120);
	assert_true(isnan(d.bursts[1].system_tok_s));
	dataset_release(&d);
}

/* Made again without the others: no wait of its cell under load. */
static void test_made_again_alone(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	closed("c1", 4, 4, 40);
	add((struct request){.cell = "c1",
		.load = "l1",
		.status = "ok",
		.concurrency = 4,
		.burst = 1,
		.attempt = 2,
		.tokens = 30,
		.sent = 100,
		.ttft = 0.25,
		.e2e = 1,
		.prefill = 0.25});
	load(&d, "{\"prompts\":[{\"id\":\"p\",\"text\":\"x\"}],\"burst\":40}");
	assert_int_equal(d.nbursts, 2);
	assert_false(d.bursts[0].part);
	assert_true(d.bursts[1].part);
	assert_true(isfinite(d.rows[39].metric[METRIC_TTFT]));
	assert_true(isnan(d.rows[40].metric[METRIC_TTFT]));
	assert_true(isnan(d.rows[40].metric[METRIC_DECODE]));
	dataset_release(&d);
}

static void closed_from(const char *load, double at, int n)
{
	for (int i = 0; i < n; i++)
		add((struct request){.cell = "c1",
			.load = load,
			.status = "ok",
			.concurrency = 4,
			.burst = 1,
			.tokens = 30,
			.sent = at + i / 4,
			.ttft = 0.25,
			.e2e = 1,
			.prefill = 0.25});
}

/* Cut off after 24 of 40 and gone on with after another load: neither part is a burst. */
static void test_parts(void **state)
{
	static const struct {
		const char *sweep;
		bool part;
	} cases[] = {
		{"{\"burst\": 40, \"prompts\": [{}]}", true},
		{"{\"prompts\": [{}]}", true},                                /* 10 times 4 */
		{"{\"burst\": 22, \"prompts\": [{}, {}, {}, {}, {}]}", true}, /* 25 */
		{"{\"burst\": 22, \"prompts\": [{}, {}]}", false},
		{"{\"burst\": 24, \"prompts\": [{}]}", false},
		{"{}", false}, /* how many were planned is not known */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dataset d;

		begin();
		closed_from("l1", 0, 24);
		closed_from("l2", 100, 16);
		load(&d, cases[i].sweep);
		assert_int_equal(d.nbursts, 2);
		assert_int_equal(d.bursts[0].part, cases[i].part);
		if (cases[i].part) {
			assert_contains(d.bursts[0].why, "fewer of its requests than planned");
			assert_contains(d.bursts[1].why, "fewer of its requests than planned");
			assert_true(isnan(d.bursts[0].system_tok_s));
			assert_true(isnan(d.bursts[1].system_tok_s));
		} else {
			assert_close(d.bursts[0].system_tok_s, 120);
		}
		dataset_release(&d);
	}
}

/* Of a rate the requests due in its seconds, sent or not, are the burst. */
static void test_parts_of_a_rate(void **state)
{
	for (int missing = 0; missing < 2; missing++) {
		struct dataset d;

		(void)state;
		begin();
		for (int i = 0; i < 20 - missing; i++)
			add((struct request){.cell = "c1",
				.load = "l1",
				.status = i < 15 ? "ok" : "skipped",
				.error = "more than this server takes",
				.concurrency = 1,
				.rate = 2,
				.burst = 1,
				.tokens = 10,
				.sent = i / 2.0,
				.ttft = 0.25,
				.e2e = 0.5,
				.prefill = 0.25});
		load(&d, "{\"burst\": \"10s\", \"prompts\": [{}]}");
		assert_int_equal(d.nbursts, 1);
		assert_int_equal(d.bursts[0].part, missing);
		assert_int_equal(isnan(d.bursts[0].system_tok_s), missing);
		dataset_release(&d);
	}
}

/* After a failure the server is left to itself and warmed up again: that time is none of the
 * burst's.  A warm-up before it, after it or of another load says nothing. */
static void test_rest_inside(void **state)
{
	static const struct {
		const char *load;
		double at;
		bool inside;
	} cases[] = {{"l1", -2, false}, {"l1", 5.5, true}, {"l1", 20, false}, {"l2", 5.5, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dataset d;

		begin();
		closed_from("l1", 3, 40);
		add((struct request){.cell = "c1",
			.load = cases[i].load,
			.status = "ok",
			.phase = "warmup",
			.concurrency = 4,
			.sent = 3 + cases[i].at,
			.ttft = 0.1,
			.e2e = 0.2});
		load(&d, "{\"goodput\": {\"e2e_ms\": 1500}}");
		assert_int_equal(d.nbursts, 1);
		assert_int_equal(isnan(d.bursts[0].system_tok_s), cases[i].inside);
		assert_int_equal(isnan(d.bursts[0].goodput_rps), cases[i].inside);
		if (cases[i].inside)
			assert_contains(d.bursts[0].why, "had a rest");
		dataset_release(&d);
	}
}

/* Rows of before there was a column `burst`. */
static void test_without_the_column(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	for (int i = 0; i < 20; i++)
		add((struct request){.cell = "c1",
			.load = "l1",
			.status = "ok",
			.concurrency = 2,
			.tokens = 10,
			.sent = i / 2,
			.ttft = 0.1,
			.e2e = 1,
			.prefill = 0.1});
	load(&d, NULL);
	assert_int_equal(d.nbursts, 1);
	assert_int_equal(d.bursts[0].burst, 1);
	assert_close(d.bursts[0].system_tok_s, 20);
	dataset_release(&d);
}

/* One request at a time beside bursts is a burst of one; alone there is no such measure. */
static void test_singles(void **state)
{
	static const struct request single = {.cell = "c9",
		.load = "l1",
		.status = "ok",
		.concurrency = 1,
		.tokens = 30,
		.sent = 60,
		.ttft = 0.25,
		.e2e = 1,
		.prefill = 0.25};
	struct dataset d;

	(void)state;
	begin();
	add(single);
	load(&d, NULL);
	assert_int_equal(d.nbursts, 0);
	assert_true(isnan(d.rows[0].metric[METRIC_SYSTEM]));
	dataset_release(&d);
	closed("c1", 4, 4, 40);
	load(&d, "{\"goodput\":{\"ttft_ms\":300}}");
	assert_int_equal(d.rows[0].burst, 0);
	assert_close(d.rows[0].metric[METRIC_SYSTEM], 30);
	assert_close(d.rows[0].metric[METRIC_GOODPUT], 1);
	dataset_release(&d);
}

/* An overlap of a sliver is none: one answer's last chunk beside the next one's first. */
static void test_slivers(void **state)
{
	struct dataset d;

	(void)state;
	begin();
	for (int i = 0; i < 20; i++)
		add((struct request){.cell = "c1",
			.load = "l1",
			.status = "ok",
			.concurrency = 2,
			.burst = 1,
			.tokens = 10,
			.sent = i < 2 ? 0 : i - 1,
			.ttft = (i < 2 ? i : 1) + 0.1,
			.e2e = (i < 2 ? i : 1) + 1.002,
			.prefill = 0.1});
	load(&d, NULL);
	assert_int_equal(d.bursts[0].at_once, 1);
	dataset_release(&d);
}

static int teardown(void **state)
{
	str_release(&csv);
	return unit_teardown_tmpdir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_loop),
		cmocka_unit_test(test_one_row_has_it),
		cmocka_unit_test(test_goodput),
		cmocka_unit_test(test_open_loop),
		cmocka_unit_test(test_more_than_it_takes),
		cmocka_unit_test(test_why_there_is_none),
		cmocka_unit_test(test_failures_take_time),
		cmocka_unit_test(test_done_again),
		cmocka_unit_test(test_made_again_alone),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_parts_of_a_rate),
		cmocka_unit_test(test_rest_inside),
		cmocka_unit_test(test_without_the_column),
		cmocka_unit_test(test_singles),
		cmocka_unit_test(test_slivers),
	};

	csv = (struct str)STR_INIT(STR_MAX_FILE);
	return cmocka_run_group_tests(tests, unit_setup_tmpdir, teardown);
}
