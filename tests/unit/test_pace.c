/* test_pace.c - how long requests and bursts take, from rows of a run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pace.h"
#include "str.h"
#include "unit.h"

#define HEADER "cell_id,load_id,phase,status,paid_load,concurrency,rate,burst,started_at,done_ms\n"

static struct str csv;

static void row(const char *cell, const char *load, const char *phase, const char *status,
	const char *how, double at, double took)
{
	str_addf(&csv, "%s,%s,%s,%s,0,%s,2026-11-24T20:%02d:%06.3fZ,", cell, load, phase, status,
		how, (int)(at / 60), fmod(at, 60));
	if (!isnan(took))
		str_addf(&csv, "%.3f", took * 1000);
	str_addc(&csv, '\n');
}

/* A burst of a server with one slot of 1 s: each request waits for those before it. */
static void burst(const char *cell, const char *load, int concurrency, int n, double at)
{
	char how[40];

	snprintf(how, sizeof(how), "%d,,1", concurrency);
	for (int i = 0; i < n; i++) {
		int sent = i < concurrency ? 0 : i - concurrency + 1;

		row(cell, load, "measure", "ok", how, at + sent, i + 1 - sent);
	}
}

static bool read_rows(struct pace *p)
{
	static const char loads[] = "status,load_ms\nok,2000\nout_of_memory,90000\nok,4000\n";
	struct err e = ERR_INIT;
	struct table runs, l;
	bool known;

	if (table_read_bytes(&runs, "runs", csv.s, csv.len, false, NULL, 0, &e) ||
		table_read_bytes(&l, "loads", loads, strlen(loads), false, NULL, 0, &e))
		fail_msg("%s", e.msg);
	known = pace_read(p, &runs, &l);
	table_release(&runs);
	table_release(&l);
	str_reset(&csv);
	return known;
}

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-6))
		fail_msg("%.9g, not %.9g", got, want);
}

/* Requests of a burst wait in the server: their own times would count that many times over. */
static void test_bursts_by_their_own_time(void **state)
{
	struct pace p;

	(void)state;
	str_add(&csv, HEADER);
	for (int i = 0; i < 4; i++)
		row("c1", "l1", "measure", "ok", "1,,", i, 1);
	burst("c2", "l1", 16, 160, 100);
	burst("c2", "l2", 16, 160, 400);
	assert_true(read_rows(&p));
	assert_near(p.per_load, 3);
	assert_near(p.per_request, 1);
	assert_int_equal(p.nbursts, 1);
	assert_near(p.bursts[0].n, 2);
	assert_near(pace_unit_s(&p, 160, 16, 0), 160);
	assert_near(pace_unit_s(&p, 40, 16, 0), 40);
	assert_near(pace_unit_s(&p, 1, 1, 0), 1);
}

/* With four slots: sixteen at once are four times as fast as one by one. */
static void test_other_concurrency(void **state)
{
	struct pace p = {.per_load = 1,
		.per_request = 1,
		.bursts = {{.concurrency = 16, .n = 1, .per_request = 0.25},
			{.concurrency = 4, .n = 1, .per_request = 0.3},
			{.rate = 2, .n = 1, .after = 1.5}},
		.nbursts = 3};

	(void)state;
	assert_near(pace_unit_s(&p, 100, 4, 0), 30);
	assert_near(pace_unit_s(&p, 100, 8, 0), 30);  /* as the next lower */
	assert_near(pace_unit_s(&p, 100, 64, 0), 25); /* no slower than 16 */
	assert_near(pace_unit_s(&p, 100, 2, 0), 60);  /* 0.3 x 4 / 2 */
	p.bursts[1].per_request = 0.9;
	assert_near(pace_unit_s(&p, 100, 2, 0), 100); /* no slower than one by one */
	p.nbursts = 0;
	assert_near(pace_unit_s(&p, 100, 8, 0), 100);
}

/* An open loop lasts as long as requests are due, and until the last one is answered. */
static void test_rates(void **state)
{
	struct pace p;

	(void)state;
	str_add(&csv, HEADER);
	for (int i = 0; i < 3; i++)
		row("c1", "l1", "sentinel", "ok", "1,,", i, 1);
	for (int i = 0; i < 21; i++)
		row("c2", "l1", "measure", i % 2 ? "ok" : "timeout_first", "1,4,1", 10 + i / 4.0,
			i == 20 ? 3 : 1);
	assert_true(read_rows(&p));
	assert_near(pace_unit_s(&p, 21, 1, 4), 5 + 3);
	assert_near(pace_unit_s(&p, 41, 1, 4), 10 + 3);
	assert_near(pace_unit_s(&p, 41, 1, 2), 20 + 1); /* this rate was not seen */
}

static void test_too_little(void **state)
{
	struct pace p;

	(void)state;
	str_add(&csv, HEADER);
	burst("c1", "l1", 4, 40, 0);
	assert_false(read_rows(&p)); /* nothing was sent alone */
	str_add(&csv, HEADER);
	burst("c1", "l1", 4, 40, 0);
	row("c1", "l1", "warmup", "ok", "4,,", 100, 2);
	row("c1", "l1", "warmup", "timeout_first", "4,,", 110, 60);
	assert_true(read_rows(&p));
	assert_near(p.per_request, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bursts_by_their_own_time),
		cmocka_unit_test(test_other_concurrency),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_too_little),
	};
	int failed;

	csv = (struct str)STR_INIT(1 << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	str_release(&csv);
	return failed;
}
