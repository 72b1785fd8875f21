/* test_truth.c - truth logs read row by row, and clients held against them: values worked out by
 * hand. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "columns.h"
#include "row.h"
#include "str.h"
#include "truth.h"
#include "vec.h"

#define US(x)    ((ns)((x)*1000.0 + ((x) < 0 ? -0.5 : 0.5)))
#define RECEIVED "2026-11-25T10:00:00.000000500Z"
#define NONE     NS_NONE

/* ---- files made up ---- */

static struct str file = STR_INIT(STR_MAX_LINE);

static void add_header(const struct column_spec *specs, size_t n)
{
	str_reset(&file);
	for (size_t i = 0; i < n; i++)
		str_addf(&file, "%s,", specs[i].name);
	str_add(&file, "row_crc\n");
}

static void begin_truth(void)
{
	add_header(truth_columns, TRUTH_COLUMN_COUNT);
}

/* A row whose CRC fits. */
static void add_row(const char *fields)
{
	size_t start = file.len;

	str_add(&file, fields);
	row_seal(&file, start);
}

static void add_stream(const char *id, const char *first_gaps_late_queued)
{
	char row[400];

	snprintf(row, sizeof(row), "%s," RECEIVED ",kernel,%s", id, first_gaps_late_queued);
	add_row(row);
}

static struct truth log_of(void)
{
	struct err e = ERR_INIT;
	struct truth t;

	assert_int_equal(truth_read(&t, unit_write("truth.csv", file.s, file.len), &e), 0);
	return t;
}

/* ---- reading ---- */

static void reads_a_row(void **state)
{
	const struct truth_row *r;
	struct truth t;

	(void)state;
	begin_truth();
	add_row("b-1," RECEIVED ",user,50000.25,10000 9999.5,0.5 12 7,1");
	add_row("a-1," RECEIVED ",kernel,,,,0");
	t = log_of();
	assert_int_equal(t.rows.n, 2);
	assert_int_equal(t.rejected, 0);
	r = truth_find(&t, "b-1");
	assert_non_null(r);
	assert_int_equal(r->received_wall, clock_parse_iso(RECEIVED, strlen(RECEIVED)));
	assert_int_equal(r->received_wall % NS_PER_S, 500);
	assert_false(r->by_kernel);
	assert_int_equal(r->first, 50000250);
	assert_int_equal(r->ngaps, 2);
	assert_int_equal(r->gaps[0], 10000000);
	assert_int_equal(r->gaps[1], 9999500);
	assert_int_equal(r->nlate, 3);
	assert_int_equal(r->late[0], 500);
	assert_int_equal(r->queued, 1);
	r = truth_find(&t, "a-1");
	assert_non_null(r);
	assert_true(r->by_kernel);
	assert_int_equal(r->first, NONE);
	assert_int_equal(r->ngaps, 0);
	assert_int_equal(r->nlate, 0);
	assert_null(truth_find(&t, "c-1"));
	assert_null(truth_find(&t, "b"));
	truth_release(&t);
}

static void finds_every_one_of_many(void **state)
{
	struct truth t;
	char id[40], rest[40];

	(void)state;
	begin_truth();
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "r%d-1", i * 7 % 1000);
		snprintf(rest, sizeof(rest), "%d,,0,0", i * 7 % 1000);
		add_stream(id, rest);
	}
	t = log_of();
	assert_int_equal(t.rows.n, 1000);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "r%d-1", i);
		assert_non_null(truth_find(&t, id));
		assert_int_equal(truth_find(&t, id)->first, i * 1000);
	}
	truth_release(&t);
}

/* What does not count is counted, and what stands after it is still read. */
static void judges_rows_one_by_one(void **state)
{
	static const char *const odd[] = {
		"x-1," RECEIVED ",kernel,abc,,,0",       /* not a number */
		"x-1," RECEIVED ",kernel,1,2 3x,,0",     /* a gap that is none */
		"x-1," RECEIVED ",kernel,1,2  3,,0",     /* one between two spaces */
		"x-1," RECEIVED ",kernel,1,~,0 0,0",     /* a server can tell */
		"x-1," RECEIVED ",kernel,1,2,0 nan,0",   /* late */
		"x-1," RECEIVED ",kernel,1,1e300,0 0,0", /* beyond time */
		"x-1," RECEIVED ",nobody,1,2,0 0,0",     /* received by whom */
		"x-1,yesterday,kernel,1,2,0 0,0",        /* when */
		"x-1," RECEIVED ",kernel,1,2,0 0,-1",    /* fewer than none queued */
		"," RECEIVED ",kernel,1,2,0 0,0",        /* nobody's */
		"x-1," RECEIVED ",kernel,1,2,0 0,0,9",   /* a field too many */
	};
	struct truth t;
	char *flipped;

	(void)state;
	begin_truth();
	for (size_t i = 0; i < COUNTOF(odd); i++)
		add_row(odd[i]);
	str_add(&file, "x-1," RECEIVED ",kernel,1,2,0 0,0,00000000\n");
	add_stream("x-1", "777,2,0 0,0");
	flipped = strstr(file.s, ",777,");
	assert_non_null(flipped);
	flipped[1] = '8'; /* its CRC no longer fits */
	add_stream("good-1", "5,,0,0");
	str_add(&file, "torn-1," RECEIVED ",kern");
	t = log_of();
	assert_int_equal(t.rows.n, 1);
	assert_non_null(truth_find(&t, "good-1"));
	assert_int_equal(t.rejected, COUNTOF(odd) + 3);
	truth_release(&t);
}

static void refuses_what_is_no_log(void **state)
{
	struct err e = ERR_INIT;
	struct truth t;

	(void)state;
	assert_int_equal(truth_read(&t, unit_path("none.csv"), &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "none.csv");
	truth_release(&t);
	assert_int_equal(truth_read(&t, unit_write_text("a.csv", "a,b\n1,2\n"), &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	truth_release(&t);
	add_header(chunk_columns, CHUNKS_COLUMN_COUNT);
	assert_int_equal(truth_read(&t, unit_write("c.csv", file.s, file.len), &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "request_id");
	truth_release(&t);
}

static void an_empty_log_has_nothing(void **state)
{
	struct truth t;

	(void)state;
	begin_truth();
	t = log_of();
	assert_int_equal(t.rows.n, 0);
	assert_null(truth_find(&t, "a-1"));
	truth_release(&t);
}

/* ---- pairing ---- */

struct pair_case {
	const char *name;
	ns first, gaps[5];
	size_t ngaps;
	size_t nttft, nitl;
	ns ttft, itl[5];
	size_t differing, unmeasured, unresolved;
};

/* Against first 50000, gaps 10000 20000 30000 40000 us. */
static const struct pair_case pair_cases[] = {
	{"exact", US(50000), {US(10000), US(20000), US(30000), US(40000)}, 4, 1, 4, 0, {0}, 0, 0,
		0},
	{"late and early", US(50100.5), {US(10010), US(19990), US(30000), US(40001)}, 4, 1, 4,
		US(100.5), {US(10), US(-10), 0, US(1)}, 0, 0, 0},
	{"one came with the one before", US(50000), {US(30007), NONE, US(30000), US(40000)}, 4, 1,
		3, 0, {US(7), 0, 0}, 0, 0, 1},
	{"three came together", US(50000), {US(60009), NONE, NONE, US(40000)}, 4, 1, 2, 0,
		{US(9), 0}, 0, 0, 2},
	{"the last two came together", US(50000), {US(10000), US(20000), US(70000), NONE}, 4, 1, 3,
		0, {0, 0, 0}, 0, 0, 1},
	{"the first two came together", US(60000), {NONE, US(20000), US(30000), US(40000)}, 4, 1, 3,
		US(10000), {0, 0, 0}, 0, 0, 1},
	{"all came together", US(150000), {NONE, NONE, NONE, NONE}, 4, 1, 0, US(100000), {0}, 0, 0,
		4},
	{"a chunk too few", US(50001), {US(10000), US(20000), US(70000)}, 3, 1, 0, US(1), {0}, 1, 0,
		0},
	{"a chunk too many", US(50001), {US(1), US(2), US(3), US(4), US(5)}, 5, 1, 0, US(1), {0}, 1,
		0, 0},
	{"nothing came", NONE, {0}, 0, 0, 0, 0, {0}, 0, 1, 0},
};

static void pairs_by_the_gap(void **state)
{
	struct truth t;

	(void)state;
	begin_truth();
	add_stream("a-1", "50000,10000 20000 30000 40000,1 2 3 4 5,2");
	t = log_of();
	for (size_t i = 0; i < COUNTOF(pair_cases); i++) {
		const struct pair_case *c = &pair_cases[i];
		struct truth_client client = {.request_id = "a-1",
			.sent_wall = t.rows.v[0].received_wall + 77,
			.first = c->first,
			.gaps = c->gaps,
			.ngaps = c->ngaps};
		struct truth_errors x;

		truth_errors_init(&x);
		truth_pair(&x, &t, &client);
		if (x.paired != 1 || x.ttft.n != c->nttft || x.itl.n != c->nitl ||
			(c->nttft && x.ttft.v[0] != c->ttft) || x.differing != c->differing ||
			x.unmeasured != c->unmeasured || x.unresolved != c->unresolved)
			fail_msg("%s: %zu ttft, %zu itl, %zu differ, %zu unmeasured, %zu not told",
				c->name, x.ttft.n, x.itl.n, x.differing, x.unmeasured,
				x.unresolved);
		for (size_t k = 0; k < x.itl.n; k++) {
			if (x.itl.v[k] != c->itl[k])
				fail_msg("%s: gap %zu is off by %lld", c->name, k,
					(long long)x.itl.v[k]);
		}
		assert_int_equal(x.sent.n, 1);
		assert_int_equal(x.sent.v[0], 77);
		assert_int_equal(x.late.n, 5);
		assert_int_equal(x.late.v[4], US(5));
		assert_int_equal(x.queued, 2);
		truth_errors_release(&x);
	}
	truth_release(&t);
}

static void counts_what_has_no_partner(void **state)
{
	const ns gap = US(10);
	struct truth_client missing = {"b-1", NONE, US(1), &gap, 1},
			    twice = {"a-1", NONE, US(1), &gap, 1},
			    empty = {"e-1", NONE, US(1), &gap, 1},
			    by_user = {"u-1", NONE, US(3), &gap, 1};
	struct truth_errors x;
	struct truth t;

	(void)state;
	begin_truth();
	add_stream("a-1", "1,10,0 0,0");
	add_stream("e-1", ",,,0");
	add_stream("a-1", "2,10,0 0,0");
	add_row("u-1," RECEIVED ",user,1,8,0 0,0");
	t = log_of();
	truth_errors_init(&x);
	truth_pair(&x, &t, &missing);
	truth_pair(&x, &t, &twice);
	truth_pair(&x, &t, &empty);
	truth_pair(&x, &t, &by_user);
	assert_int_equal(x.missing, 1);
	assert_int_equal(x.twice, 1);
	assert_int_equal(x.paired, 2);
	assert_int_equal(x.unmeasured, 1);
	assert_int_equal(x.user_received, 1);
	assert_int_equal(x.ttft.n, 1);
	assert_int_equal(x.ttft.v[0], US(2));
	assert_int_equal(x.itl.n, 1);
	assert_int_equal(x.itl.v[0], US(2));
	assert_int_equal(x.sent.n, 0); /* nobody knows when they were sent */
	truth_errors_release(&x);
	truth_release(&t);
}

/* Chunks of one segment have one time, and their gap is none. */
static void pairs_a_sample(void **state)
{
	const ns start = 1000 * NS_PER_S;
	struct truth_errors x;
	struct sample s;
	struct truth t;

	(void)state;
	begin_truth();
	add_stream("a-1", "100,10 20 30,0 0 0 0,0");
	t = log_of();
	sample_init(&s);
	s.sent = start;
	s.sent_wall = t.rows.v[0].received_wall - US(40);
	sample_add_chunk(&s, "a", 1, start + US(101));
	sample_add_chunk(&s, "b", 1, start + US(133));
	sample_add_chunk(&s, "c", 1, start + US(133));
	sample_add_chunk(&s, "d", 1, start + US(160));
	truth_errors_init(&x);
	truth_pair_sample(&x, &t, "a-1", &s);
	assert_int_equal(x.ttft.n, 1);
	assert_int_equal(x.ttft.v[0], US(1));
	assert_int_equal(x.itl.n, 2);
	assert_int_equal(x.itl.v[0], US(2));  /* 32 against 10 + 20 */
	assert_int_equal(x.itl.v[1], US(-3)); /* 27 against 30 */
	assert_int_equal(x.unresolved, 1);
	assert_int_equal(x.sent.v[0], US(-40));
	sample_release(&s);
	sample_init(&s); /* one that was never sent */
	truth_pair_sample(&x, &t, "a-1", &s);
	assert_int_equal(x.paired, 2);
	assert_int_equal(x.unmeasured, 1);
	assert_int_equal(x.ttft.n, 1);
	sample_release(&s);
	truth_errors_release(&x);
	truth_release(&t);
}

/* ---- a run directory ---- */

static void write_runs(void)
{
	char row[1200];

	add_header(run_columns, RUN_COLUMN_COUNT);
	for (int attempt = 1; attempt <= 3; attempt++) {
		size_t len = 0;

		for (size_t c = 0; c < RUN_COLUMN_COUNT; c++) {
			const char *name = run_columns[c].name, *value = "";
			char number[16];

			snprintf(number, sizeof(number), "%d", attempt);
			if (strcmp(name, "run_id") == 0)
				value = "00000000000000aa";
			else if (strcmp(name, "attempt") == 0)
				value = number;
			else if (strcmp(name, "started_at") == 0 && attempt != 3)
				value = "2026-11-25T10:00:00.000000400Z";
			len += (size_t)snprintf(
				row + len, sizeof(row) - len, "%s%s", c ? "," : "", value);
		}
		add_row(row);
	}
	unit_write("runs.csv", file.s, file.len);
}

static void pairs_a_run(void **state)
{
	struct err e = ERR_INIT;
	struct truth_errors x;
	struct truth t;

	(void)state;
	begin_truth();
	add_stream("00000000000000aa-1", "100,10 20 30,0 0 0 0,0");
	add_stream("00000000000000aa-2", "100,10 20,0 0 0,0");
	t = log_of();
	add_header(chunk_columns, CHUNKS_COLUMN_COUNT);
	add_row("00000000000000aa,1,100.5,30.25 ~ 30,0");
	add_row("00000000000000aa,2,101,10,0");
	add_row("00000000000000aa,3,101,10,0");
	add_row("00000000000000aa,4,101,10 ?,0"); /* nothing that could be paired */
	unit_write("chunks.csv", file.s, file.len);
	write_runs();
	truth_errors_init(&x);
	assert_int_equal(truth_pair_run(&x, &t, unit_path("."), &e), 0);
	assert_int_equal(x.paired, 2);
	assert_int_equal(x.missing, 1);
	assert_int_equal(x.differing, 1);
	assert_int_equal(x.unresolved, 1);
	assert_int_equal(x.ttft.n, 2);
	assert_int_equal(x.ttft.v[0], 500);
	assert_int_equal(x.ttft.v[1], 1000);
	assert_int_equal(x.itl.n, 2);
	assert_int_equal(x.itl.v[0], 250);
	assert_int_equal(x.itl.v[1], 0);
	assert_int_equal(x.sent.n, 2); /* attempts 1 and 2; sent 100 ns before they were received */
	assert_int_equal(x.sent.v[0], -100);
	truth_errors_release(&x);
	truth_release(&t);
}

static void a_run_must_be_there(void **state)
{
	struct err e = ERR_INIT;
	struct truth t = {0};
	struct truth_errors x;

	(void)state;
	truth_errors_init(&x);
	assert_int_equal(truth_pair_run(&x, &t, unit_path("nowhere"), &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "nowhere/chunks.csv");
	assert_int_equal(x.paired + x.missing, 0);
	truth_errors_release(&x);
}

/* ---- figures ---- */

static void figures_of_a_series(void **state)
{
	struct truth_series s = {0};
	struct truth_figures f = truth_figures(&s);

	(void)state;
	assert_int_equal(f.n, 0);
	assert_int_equal(f.p50, NONE);
	assert_int_equal(f.p99, NONE);
	assert_int_equal(f.max, NONE);
	assert_int_equal(f.bias, NONE);
	*VEC_PUSH(&s) = -7;
	f = truth_figures(&s);
	assert_int_equal(f.p50, 7);
	assert_int_equal(f.p99, 7);
	assert_int_equal(f.max, 7);
	assert_int_equal(f.bias, -7);
	s.n = 0;
	for (int i = 100; i >= 0; i--) /* 0, -1, 2, -3 ... 100 */
		*VEC_PUSH(&s) = i % 2 ? -i : i;
	f = truth_figures(&s);
	assert_int_equal(f.n, 101);
	assert_int_equal(f.p50, 50);
	assert_int_equal(f.p99, 99);
	assert_int_equal(f.max, 100);
	assert_int_equal(f.bias, 0);
	assert_int_equal(s.v[0], 100); /* the series itself stays in its order */
	s.n = 0;
	*VEC_PUSH(&s) = 0;
	*VEC_PUSH(&s) = 1000;
	f = truth_figures(&s);
	assert_int_equal(f.p50, 500);
	assert_int_equal(f.p99, 990);
	VEC_RELEASE(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_row),
		cmocka_unit_test(finds_every_one_of_many),
		cmocka_unit_test(judges_rows_one_by_one),
		cmocka_unit_test(refuses_what_is_no_log),
		cmocka_unit_test(an_empty_log_has_nothing),
		cmocka_unit_test(pairs_by_the_gap),
		cmocka_unit_test(counts_what_has_no_partner),
		cmocka_unit_test(pairs_a_sample),
		cmocka_unit_test(pairs_a_run),
		cmocka_unit_test(a_run_must_be_there),
		cmocka_unit_test(figures_of_a_series),
	};
	int failed = cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);

	str_release(&file);
	return failed;
}
