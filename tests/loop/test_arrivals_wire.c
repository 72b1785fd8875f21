/* test_arrivals_wire.c - the times of chunks on real sockets, against the clock of the server that
 * decides what stands in each segment. */
#include <math.h>
#include <string.h>

#include "unit.h"
#include "wired.h"

/* What ends every good reply, in one segment. */
static void add_end(struct wired *w)
{
	struct str end = STR_INIT(STR_MAX_LINE);

	segments_chunk(&end, FINAL);
	str_add(&end, SEGMENTS_LAST);
	segments_bytes(w->server, &end);
	str_release(&end);
}

/* `n` lines in one segment. */
static void add_lines(struct wired *w, int n)
{
	struct str lines = STR_INIT(STR_MAX_LINE);

	for (int i = 0; i < n; i++)
		segments_chunk(&lines, TOKEN);
	segments_bytes(w->server, &lines);
	str_release(&lines);
}

/* A line's chunk torn into two or, with `at2`, three segments, each read by itself. */
static void add_torn(struct wired *w, size_t at, size_t at2)
{
	struct str chunk = STR_INIT(STR_MAX_LINE);
	size_t cuts[] = {0, at, at2, 0};

	segments_chunk(&chunk, TOKEN);
	cuts[3] = chunk.len;
	for (size_t i = 0; i < 3; i++) {
		struct str part = STR_INIT(STR_MAX_LINE);

		str_addn(&part, chunk.s + cuts[i], cuts[i + 1] - cuts[i]);
		if (part.len > 0) {
			segments_bytes(w->server, &part);
			segments_read(w->server);
			segments_pause(w->server, 8);
		}
		str_release(&part);
	}
	str_release(&chunk);
}

/* Has been read, and then nothing for some time. */
static void add_silence(struct wired *w, int ms)
{
	segments_read(w->server);
	segments_pause(w->server, ms);
}

static void check_ok(const struct wired *w)
{
	if (w->sample.status != STATUS_OK)
		fail_msg("%s: %s", status_name(w->sample.status), w->sample.error);
	assert_int_equal(w->sample.new_connects, 0);
	assert_int_equal(w->sample.connect, 0); /* it was kept */
}

/* ---- segments as a server writes them ---- */

static void one_line_a_segment(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	for (int i = 0; i < 5; i++) {
		add_silence(&w, 20);
		segments_line(w.server, TOKEN);
	}
	add_silence(&w, 1);
	add_end(&w);
	wired_run(&w);
	check_ok(&w);
	wired_counts(&w, 5, 0, 0);
	for (size_t i = 0; i < 5; i++)
		wired_came_with(&w, i, i + 1);
	assert_int_equal(w.sample.stamps, STAMP_KERNEL);
	assert_int_equal(w.sample.late_max, 0);
	assert_int_equal(w.sample.multi_line_reads, 0);
	assert_false(isnan(sample_itl_ms(&w.sample, 50, 4)));
	wired_end(&w);
}

/* Their gaps cannot be told, and are in no percentile. */
static void lines_in_one_segment(void **state)
{
	struct wired w;
	const struct sample *s = &w.sample;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 5);
	segments_line(w.server, TOKEN);
	add_silence(&w, 10);
	add_lines(&w, 3);
	add_silence(&w, 5);
	segments_line(w.server, TOKEN);
	add_silence(&w, 1);
	add_end(&w);
	wired_run(&w);
	check_ok(&w);
	wired_counts(&w, 5, 2, 0);
	wired_came_with(&w, 0, 1);
	for (size_t i = 1; i < 4; i++)
		wired_came_with(&w, i, 2);
	wired_came_with(&w, 4, 3);
	assert_true(s->times.v[1] == s->times.v[2] && s->times.v[2] == s->times.v[3]);
	assert_int_equal(s->multi_line_reads, 1);
	assert_int_equal(s->late_first, 0);
	assert_true(s->late_max > 0); /* were they sent apart and merged?  It cannot be seen. */

	double gaps[] = {(double)(s->times.v[1] - s->times.v[0]) / NS_PER_MS,
		(double)(s->times.v[4] - s->times.v[3]) / NS_PER_MS};

	assert_double(sample_itl_ms(s, 0, 1), fmin(gaps[0], gaps[1]));
	assert_double(sample_itl_ms(s, 100, 1), fmax(gaps[0], gaps[1]));
	assert_double(sample_itl_ms(s, 50, 3), NAN); /* there are two */
	wired_end(&w);
}

/* A line is there when its newline is. */
static void torn_lines(void **state)
{
	struct str chunk = STR_INIT(STR_MAX_LINE);
	struct wired w;

	(void)state;
	segments_chunk(&chunk, TOKEN);
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 5);
	add_torn(&w, 30, 30);                       /* sends 1, 2 */
	add_torn(&w, 2, 50);                        /* 3, 4, 5: inside the size, too */
	add_torn(&w, chunk.len - 3, chunk.len - 3); /* 6, 7: before the newline */
	add_torn(&w, chunk.len - 2, chunk.len - 2); /* 8, 9: behind it */
	add_torn(&w, chunk.len - 1, chunk.len - 1); /* 10, 11 */
	add_torn(&w, 10, chunk.len - 2);            /* 12, 13, 14 */
	segments_line(w.server, TOKEN2);            /* 15 */
	add_silence(&w, 1);
	add_end(&w);
	wired_run(&w);
	check_ok(&w);
	wired_counts(&w, 7, 0, 0);
	wired_came_with(&w, 0, 2);
	wired_came_with(&w, 1, 5);
	wired_came_with(&w, 2, 7);
	wired_came_with(&w, 3, 8);
	wired_came_with(&w, 4, 10);
	wired_came_with(&w, 5, 13);
	wired_came_with(&w, 6, 15);
	assert_int_equal(w.sample.late_max, 0);
	assert_int_equal(w.sample.multi_line_reads, 0);
	wired_end(&w);
	str_release(&chunk);
}

static void burst_after_a_stall(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 1);
	segments_line(w.server, TOKEN);
	add_silence(&w, 150);
	add_lines(&w, 5);
	add_silence(&w, 1);
	add_end(&w);
	wired_run(&w);
	check_ok(&w);
	wired_counts(&w, 6, 4, 0);
	wired_came_with(&w, 0, 1);
	for (size_t i = 1; i < 6; i++)
		wired_came_with(&w, i, 2);
	assert_int_equal(w.sample.multi_line_reads, 1);
	assert_true(sample_itl_ms(&w.sample, 0, 1) >= 149); /* the stall is the only gap */
	assert_true(w.sample.late_max >= 149 * NS_PER_MS);  /* for all that can be known */
	wired_end(&w);
}

/* ---- a client that is late ---- */

/* The kernel may merge what waits: then a time is an upper bound, and says so. */
static void late_client(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 1);
	segments_gate(w.server);
	for (int i = 0; i < 12; i++) {
		segments_pause(w.server, 6);
		segments_line(w.server, TOKEN);
	}
	segments_gate(w.server);
	add_silence(&w, 1);
	add_end(&w);
	wired_run_late(&w);
	check_ok(&w);
	wired_counts(&w, 12, sample_unresolved(&w.sample), 0);
	for (size_t i = 0; i < 12; i++)
		wired_came_before(&w, i, i + 1);
	wired_came_with(&w, 11, 12);
	for (size_t i = 0; i < 12 && w.sample.late_max == 0; i++)
		wired_came_with(&w, i, i + 1);
	assert_int_equal(sample_unresolved(&w.sample) > 0, w.sample.late_max > 0);
	assert_int_equal(w.sample.multi_line_reads, 1);
	assert_true(w.sample.loop_lag_max >= 72 * NS_PER_MS);
	wired_end(&w);
}

/* The same with lines torn and put together. */
static void late_client_of_torn_lines(void **state)
{
	static const size_t cuts[] = {20, 90, 100, 300, 310, 500, 600};
	static const size_t lines = 8;
	struct str all = STR_INIT(STR_MAX_LINE);
	size_t from = 0, one;
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 1);
	segments_gate(w.server);
	for (size_t i = 0; i < lines; i++)
		segments_chunk(&all, TOKEN);
	one = all.len / lines;
	for (size_t i = 0; i <= COUNTOF(cuts); i++) {
		struct str part = STR_INIT(STR_MAX_LINE);
		size_t upto = i < COUNTOF(cuts) ? cuts[i] : all.len;

		assert_true(upto % one == 0 || upto % one < one - 3);
		str_addn(&part, all.s + from, upto - from);
		segments_bytes(w.server, &part);
		segments_pause(w.server, 5);
		from = upto;
		str_release(&part);
	}
	segments_gate(w.server);
	add_silence(&w, 1);
	add_end(&w);
	wired_run_late(&w);
	check_ok(&w);
	wired_counts(&w, (int64_t)lines, sample_unresolved(&w.sample), 0);
	for (size_t i = 0, k = 0; i < lines; i++) {
		while (k < COUNTOF(cuts) && cuts[k] < (i + 1) * one - 2)
			k++;
		wired_came_before(&w, i, k + 1);
	}
	wired_came_with(&w, lines - 1, COUNTOF(cuts) + 1);
	assert_true(w.sample.late_max > 0); /* some came together for certain */
	wired_end(&w);
	str_release(&all);
}

/* ---- a kernel that does not say ---- */

/* Four lines, a segment each, of which those from `from` on and before `upto` are not dated. */
static void run_undated(struct wired *w, int from, int upto, enum stamp_source wanted)
{
	wired_begin(w);
	segments_text(w->server, SEGMENTS_HEAD);
	for (int i = 0; i < 4; i++) {
		add_silence(w, 5);
		if (i == from || i == upto)
			segments_dated(w->server, i == upto);
		segments_line(w->server, TOKEN);
	}
	add_silence(w, 1);
	add_end(w);
	wired_run(w);
	check_ok(w);
	wired_counts(w, 4, 0, upto - from);
	for (int i = 0; i < 4; i++) {
		assert_true(w->sample.times.v[i] >= w->sent[i + 1].before);
		if (i < from || i >= upto)
			wired_came_with(w, (size_t)i, (size_t)i + 1);
	}
	assert_int_equal(w->sample.stamps, wanted);
	assert_true(w->sample.late_max > 0);
	assert_int_equal(w->sample.late_first > 0, from == 0);
	wired_end(w);
}

static void some_reads_are_not_dated(void **state)
{
	struct wired w;

	(void)state;
	run_undated(&w, 1, 3, STAMP_KERNEL);
	run_undated(&w, 0, 1, STAMP_USER);
	run_undated(&w, 3, 4, STAMP_USER);
	run_undated(&w, 0, 4, STAMP_USER);
}

/* What the loop did meanwhile is the bound. */
static void a_late_client_is_told_nothing(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 1);
	segments_dated(w.server, false);
	segments_gate(w.server);
	for (int i = 0; i < 5; i++) {
		segments_line(w.server, TOKEN);
		segments_pause(w.server, 5);
	}
	segments_gate(w.server);
	add_silence(&w, 1);
	segments_dated(w.server, true);
	segments_line(w.server, TOKEN);
	add_silence(&w, 1);
	add_end(&w);
	wired_run_late(&w);
	check_ok(&w);
	wired_counts(&w, 6, 4, 5);
	for (size_t i = 0; i < 5; i++)
		assert_true(w.sample.times.v[i] >= w.sent[5].after);
	assert_true(w.sample.late_first >= 25 * NS_PER_MS);
	wired_came_with(&w, 5, 6);
	assert_int_equal(w.sample.stamps, STAMP_USER);
	wired_end(&w);
}

/* What was overtaken on its way came with what it waited for. */
static void times_that_go_back(void **state)
{
	static const ns came[] = {1000, 3000, 2000, 2500, 4000, 10};
	struct sample s;

	(void)state;
	sample_init(&s);
	s.sent = 500;
	for (size_t i = 0; i < COUNTOF(came); i++)
		sample_add_arrival(&s, "x", 1, &(struct moment){.at = came[i], .kernel = true});
	for (size_t i = 1; i < s.times.n; i++)
		assert_true(s.times.v[i] >= s.times.v[i - 1]);
	assert_int_equal(s.times.v[3], 3000);
	assert_int_equal(s.first_content, 1000);
	assert_int_equal(s.last_content, 4000);
	assert_int_equal(sample_unresolved(&s), 3);
	assert_double(sample_itl_ms(&s, 0, 1), 1000 / 1e6);
	assert_double(sample_itl_ms(&s, 100, 1), 2000 / 1e6);
	assert_double(sample_itl_ms(&s, 50, 3), NAN);
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_a_segment),
		cmocka_unit_test(lines_in_one_segment),
		cmocka_unit_test(torn_lines),
		cmocka_unit_test(burst_after_a_stall),
		cmocka_unit_test(late_client),
		cmocka_unit_test(late_client_of_torn_lines),
		cmocka_unit_test(some_reads_are_not_dated),
		cmocka_unit_test(a_late_client_is_told_nothing),
		cmocka_unit_test(times_that_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
