/* test_arrivals_proxy.c - the simulated server behind a proxy that merges, tears and delays: every
 * time against the proxy's clock, and what of it reaches runs.csv and chunks.csv. */
#include <math.h>
#include <string.h>

#include "real_run.h"
#include "resegment.h"
#include "simtest.h"
#include "trial.h"
#include "unit.h"

#define SLACK (200 * NS_PER_US) /* of a clock that is read by a thread that is held up */

/* ---- many streams, torn and merged at random ---- */

/* The reply to the request of this name; NULL: not over this connection.  Each request of a
 * connection has one reply, in order. */
static const char *reply_to(const struct resegmented *c, const char *id)
{
	const char *request = c->requests, *reply = c->replies, *name;
	char wanted[TRIAL_ID + 32];

	snprintf(wanted, sizeof(wanted), "X-Request-Id: %s\r\n", id);
	name = strstr(request, wanted);
	if (!name)
		return NULL;
	while ((request = strstr(request + 1, " HTTP/1.1\r\n")) && request < name) {
		/* The first of them is behind the start of the first request. */
		const char *next = strstr(request + 1, " HTTP/1.1\r\n");

		if (!next || next > name)
			break;
		reply = strstr(reply + 1, "HTTP/1.1 200");
		assert_non_null(reply);
	}
	return reply;
}

struct tally {
	size_t exact, bounded, users, unresolved;
};

/* The send of the byte before `end`. */
static const struct segment_sent *send_of(const struct resegmented *c, size_t end)
{
	size_t i = 0, upto = 0;

	for (; i < c->nsent; i++) {
		upto += c->sent[i].len;
		if (upto >= end)
			return &c->sent[i];
	}
	fail_msg("not sent");
	return NULL;
}

static void check_times(const struct resegmented *c, const char *reply,
	const struct trial_request *r, struct tally *tally)
{
	const struct sample *s = &r->sample;
	const char *line = reply;

	for (size_t i = 0; i < s->times.n; i++) {
		const struct segment_sent *sent;
		ns at = s->times.v[i];

		line = strstr(line, "\"done\":false}\n");
		assert_non_null(line);
		line += strlen("\"done\":false}\n");
		sent = send_of(c, (size_t)(line - c->replies));
		if (at < sent->before - SLACK)
			fail_msg("%s: chunk %zu is %.3f ms early", r->id, i,
				(double)(sent->before - at) / NS_PER_MS);
		if (s->user_stamped == 0 && at - s->late_max > sent->after + SLACK)
			fail_msg("%s: chunk %zu is %.3f ms late and its bound %.3f", r->id, i,
				(double)(at - sent->after) / NS_PER_MS,
				(double)s->late_max / NS_PER_MS);
		assert_true(i == 0 || at >= s->times.v[i - 1]);
	}
	tally->exact += s->late_max == 0;
	tally->bounded += s->late_max > 0;
	tally->users += (size_t)s->user_stamped;
	tally->unresolved += (size_t)sample_unresolved(s);
}

static void check_request(
	const struct resegment *p, const struct trial_request *r, struct tally *tally)
{
	struct resegmented c;

	assert_int_equal(r->sample.status, STATUS_OK);
	for (size_t i = 0; resegment_connection(p, i, &c); i++) {
		const char *reply = reply_to(&c, r->id);

		if (reply) {
			check_times(&c, reply, r, tally);
			return;
		}
	}
	fail_msg("%s went nowhere", r->id);
}

static void try(const struct resegment_how *how, struct tally *tally)
{
	struct simthread *server =
		SIMTHREAD("num_parallel=64", "warmup_slow=0", "noise_request=0", "gpu_tok_s=1000");
	struct resegment *proxy = resegment_start(simthread_port(server), how);
	struct trial_spec spec = {.url = resegment_url(proxy),
		.model = "gemma3:270m",
		.label = "cut",
		.streams = 8,
		.bursts = 2,
		.tokens = 40,
		.limit = 60 * NS_PER_S};
	struct err e = ERR_INIT;
	struct trial t;

	if (trial_run(&t, &spec, &e))
		fail_msg("%s", e.msg);
	resegment_stop(proxy);
	assert_int_equal(t.n, 16);
	for (size_t i = 0; i < t.n; i++) {
		assert_int_equal(t.v[i].sample.chunks, 40);
		check_request(proxy, &t.v[i], tally);
	}
	trial_release(&t);
	resegment_free(proxy);
	simthread_stop(server);
}

static void torn(void **state)
{
	struct tally tally = {0};

	(void)state;
	try(&(struct resegment_how){.torn = true, .pauses = 2, .seed = 1}, &tally);
	assert_true(tally.exact + tally.bounded == 16);
}

static void merged(void **state)
{
	struct tally tally = {0};

	(void)state;
	try(&(struct resegment_how){.lines = 3, .read = true, .seed = 2}, &tally);
	assert_int_equal(tally.exact, 0);
	assert_true(tally.unresolved >= 16 * 26); /* two of three gaps, but of the last line */
}

static void merged_and_torn(void **state)
{
	struct tally tally = {0};

	(void)state;
	try(&(struct resegment_how){.lines = 4, .torn = true, .pauses = 1, .seed = 3}, &tally);
	assert_true(tally.bounded > 0 && tally.unresolved > 0);
}

/* ---- a run ---- */

static double number(const struct table *t, const char *column, size_t row)
{
	return table_num(table_column(t, column), row);
}

static size_t count(const char *text, char what)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == what;
	return n;
}

/* Pairs of lines: the first gap cannot be told, nor the third. */
static void check_run(const struct table *runs, const struct table *chunks, size_t i)
{
	static const char *const filled[] = {"stamp_bound_us", "multi_line_reads", "streams",
		"cpu_share", "send_us", "itl_unresolved", "itl_p50_ms"};
	const char *gaps = table_text(table_column(chunks, "gaps_us"), i);

	assert_string_equal(table_text(table_column(runs, "status"), i), "ok");
	assert_string_equal(table_text(table_column(runs, "timestamp_source"), i), "kernel");
	assert_string_equal(table_text(table_column(chunks, "run_id"), i),
		table_text(table_column(runs, "run_id"), i));
	for (size_t k = 0; k < COUNTOF(filled); k++)
		if (!(number(runs, filled[k], i) > 0))
			fail_msg("row %zu: no %s", i, filled[k]);
	assert_true(number(runs, "chunks", i) == 4);
	assert_true(number(runs, "multi_line_reads", i) == 2);
	assert_true(number(runs, "itl_unresolved", i) == 2);
	assert_true(number(runs, "streams", i) == 1);
	assert_true(number(chunks, "user_stamped", i) == 0);
	assert_int_equal(count(gaps, ' '), 2);
	assert_int_equal(count(gaps, '~'), 2);
	assert_true(gaps[0] == '~' && gaps[strlen(gaps) - 1] == '~');
	/* The gap that can be told is all there is of percentiles. */
	assert_double(number(runs, "itl_max_ms", i), number(runs, "itl_p50_ms", i));
	assert_true(fabs(atof(gaps + 2) / 1e3 - number(runs, "itl_p50_ms", i)) < 1e-5);
}

static void a_run(void **state)
{
	struct simthread *server = SIMTHREAD("warmup_slow=0", "gpu_tok_s=1000");
	struct resegment *proxy = resegment_start(simthread_port(server),
		&(struct resegment_how){.lines = 2, .read = true, .pauses = 1});
	struct table runs, chunks;
	struct real_run r;

	(void)state;
	unit_tmpdir();
	real_run_init(&r, GRID, resegment_url(proxy), JOURNAL_NEW, true);
	r.sim = server;
	real_run_go(&r, STOP_COMPLETE);
	real_run_rows(&runs, "runs.csv", run_columns, RUN_COLUMN_COUNT);
	real_run_rows(&chunks, "chunks.csv", chunk_columns, CHUNKS_COLUMN_COUNT);
	assert_int_equal(runs.nrows, (size_t)r.rows);
	assert_int_equal(chunks.nrows, runs.nrows);
	for (size_t i = 0; i < runs.nrows; i++)
		check_run(&runs, &chunks, i);
	table_release(&runs);
	table_release(&chunks);
	real_run_release(&r, false);
	resegment_stop(proxy);
	resegment_free(proxy);
	unit_tmpdir_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torn),
		cmocka_unit_test(merged),
		cmocka_unit_test(merged_and_torn),
		cmocka_unit_test(a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
