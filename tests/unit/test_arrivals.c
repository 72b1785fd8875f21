/* test_arrivals.c - one read cut into pieces by what a kernel says of its segments. */
#include <string.h>

#include "arrivals.h"
#include "rng.h"
#include "str.h"
#include "unit.h"

#define LINE "{\"response\":\"x\",\"done\":false}\n"

/* A receive queue: segments as they stand after the kernel has merged some. */
struct queue {
	size_t upto[200];
	ns at[200];
	size_t n;
	size_t asked;
};

static ns ask(void *arg, size_t len)
{
	struct queue *q = arg;
	size_t i = 0;

	q->asked++;
	while (q->upto[i] < len)
		i++;
	return q->at[i];
}

static void add_segment(struct queue *q, size_t upto, ns at)
{
	q->upto[q->n] = upto;
	q->at[q->n++] = at;
}

static struct arrivals find(struct queue *q, const char *bytes, size_t len)
{
	struct arrivals a;

	arrivals_unknown(&a, 9000, 77);
	arrivals_find(&a, bytes, len, q->at[q->n - 1], 5000, ask, q);
	a.before = 10;
	return a;
}

static void assert_moment(struct moment m, ns at, ns late, bool kernel)
{
	assert_int_equal(m.at, at);
	assert_int_equal(m.late, late);
	assert_int_equal(m.kernel, kernel);
}

static void test_one_line_is_asked_once(void **state)
{
	static const char wire[] = "1f\r\n" LINE "\r\n";
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	add_segment(&q, sizeof(wire) - 1, 1000);
	a = find(&q, wire, sizeof(wire) - 1);
	assert_int_equal(q.asked, 0); /* the look itself has said it */
	assert_int_equal(a.n, 1);
	assert_moment(arrivals_of(&a, sizeof(wire) - 3, NS_NONE), 1000, 0, true);
}

/* Three lines in segments of their own: each has its own time. */
static void test_segments_apart(void **state)
{
	static const char wire[] = "1f\r\n" LINE "\r\n1f\r\n" LINE "\r\n1f\r\n" LINE "\r\n";
	size_t one = (sizeof(wire) - 1) / 3;
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	for (size_t i = 1; i <= 3; i++)
		add_segment(&q, i * one, (ns)(1000 * i));
	a = find(&q, wire, sizeof(wire) - 1);
	assert_int_equal(a.n, 3);
	for (size_t i = 1; i <= 3; i++)
		assert_moment(arrivals_of(&a, i * one - 2, NS_NONE), (ns)(1000 * i), 0, true);
}

/* The first two were merged: the second is exact, the first is bounded by the read before. */
static void test_merged_segments(void **state)
{
	static const char wire[] = "1f\r\n" LINE "\r\n1f\r\n" LINE "\r\n1f\r\n" LINE "\r\n";
	size_t one = (sizeof(wire) - 1) / 3;
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	add_segment(&q, 2 * one, 2000);
	add_segment(&q, 3 * one, 3000);
	a = find(&q, wire, sizeof(wire) - 1);
	assert_moment(arrivals_of(&a, one - 2, NS_NONE), 2000, 1990, true);
	assert_moment(arrivals_of(&a, 2 * one - 2, NS_NONE), 2000, 0, true);
	assert_moment(arrivals_of(&a, 3 * one - 2, NS_NONE), 3000, 0, true);
}

/* A segment that ends in the middle of the next line may have been merged with it: no line of it is
 * exact, and the torn line has the time of the segment that completes it. */
static void test_torn_lines(void **state)
{
	static const char wire[] = "1f\r\n" LINE "\r\n1f\r\n" LINE "\r\n1f\r\n" LINE "\r\n1f\r\n{";
	size_t one = (sizeof(wire) - 1 - 5) / 3;
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	add_segment(&q, one + 7, 1000);
	add_segment(&q, 3 * one, 2000);
	add_segment(&q, sizeof(wire) - 1, 2500);
	a = find(&q, wire, sizeof(wire) - 1);
	assert_moment(arrivals_of(&a, one - 2, NS_NONE), 1000, 990, true);
	assert_moment(arrivals_of(&a, 2 * one - 2, NS_NONE), 2000, 1000, true);
	assert_moment(arrivals_of(&a, 3 * one - 2, NS_NONE), 2000, 0, true);
}

/* Without chunks a line ends where the next begins. */
static void test_no_framing(void **state)
{
	static const char wire[] = LINE LINE;
	size_t one = (sizeof(wire) - 1) / 2;
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	add_segment(&q, one, 1000);
	add_segment(&q, 2 * one, 2000);
	a = find(&q, wire, sizeof(wire) - 1);
	assert_moment(arrivals_of(&a, one, NS_NONE), 1000, 0, true);
	assert_moment(arrivals_of(&a, 2 * one, NS_NONE), 2000, 0, true);
}

/* What came between the question and the read is the reader's time, bounded by the question; where
 * nothing was asked, by what the loop did. */
static void test_bytes_not_asked_about(void **state)
{
	static const char wire[] = "1f\r\n" LINE "\r\n";
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	add_segment(&q, sizeof(wire) - 1, 1000);
	a = find(&q, wire, sizeof(wire) - 1);
	assert_moment(arrivals_of(&a, sizeof(wire) + 20, NS_NONE), 9000, 4000, false);
	arrivals_unknown(&a, 9000, 77);
	assert_moment(arrivals_of(&a, 1, NS_NONE), 9000, 77, false);
}

static void test_nothing_was_read_before(void **state)
{
	static const char wire[] = "1f\r\n" LINE "\r\n1f\r\n" LINE "\r\n";
	size_t one = (sizeof(wire) - 1) / 2;
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	add_segment(&q, 2 * one, 2000);
	a = find(&q, wire, sizeof(wire) - 1);
	a.before = NS_NONE;
	assert_moment(arrivals_of(&a, one - 2, 400), 2000, 1600, true); /* after it was sent */
	a.taken = one;
	assert_moment(arrivals_of(&a, one - 2, 400), 2000, 0, true);
}

/* Of a header line that was torn the callback has more bytes than this read. */
static void test_a_torn_header(void **state)
{
	static const char wire[] = "oding: chunked\r\n\r\n1f\r\n" LINE "\r\n";
	struct queue q = {0};
	struct arrivals a;

	(void)state;
	add_segment(&q, sizeof(wire) - 1, 1000);
	a = find(&q, wire, sizeof(wire) - 1);
	arrivals_take_header(&a, sizeof("Transfer-Encoding: chunked\r\n") - 1);
	assert_int_equal(a.taken, sizeof("oding: chunked\r\n") - 1);
	arrivals_take_header(&a, 2);
	assert_int_equal(a.taken, sizeof("oding: chunked\r\n\r\n") - 1);
	assert_moment(arrivals_of(&a, sizeof("1f\r\n" LINE) - 1, NS_NONE), 1000, 0, true);
}

/* Random queues: whatever was merged or torn, no line is dated before it came, an exact one is
 * exact, and the bound holds.  Questions are few. */
static void test_random_queues(void **state)
{
	struct rng rng;
	size_t exact = 0, bounded = 0;

	(void)state;
	rng_init(&rng, 1, "queues");
	for (int round = 0; round < 3000; round++) {
		static const size_t one = sizeof("1f\r\n" LINE "\r\n") - 1;
		struct str wire = STR_INIT(STR_MAX_LINE);
		size_t lines = 1 + rng_below(&rng, 60), end[60];
		ns came[60], at = 100, times[200];
		struct queue q = {0}, parts = {0};
		struct arrivals a;

		/* Segments as they were sent: a line, or a part of one, or several. */
		for (size_t i = 0; i < lines; i++) {
			str_add(&wire, "1f\r\n" LINE "\r\n");
			end[i] = wire.len;
		}
		for (size_t upto = 0; upto < wire.len;) {
			size_t step =
				rng_below(&rng, 4) ? one - upto % one : 1 + rng_below(&rng, 90);

			upto = upto + step < wire.len ? upto + step : wire.len;
			if (upto % one > one - 3) /* not between a line and its framing */
				upto += one - upto % one;
			at += 1 + (ns)rng_below(&rng, 1000);
			if (parts.n == COUNTOF(parts.upto) - 1)
				upto = wire.len;
			times[parts.n] = at;
			add_segment(&parts, upto, at);
		}
		for (size_t i = 0, k = 0; i < lines; i++) {
			while (parts.upto[k] < end[i] - 2)
				k++;
			came[i] = times[k];
		}
		/* As the kernel keeps them. */
		for (size_t k = 0; k < parts.n; k++) {
			if (k + 1 < parts.n && rng_below(&rng, 3) == 0)
				continue; /* merged with the next */
			add_segment(&q, parts.upto[k], parts.at[k]);
		}
		a = find(&q, wire.s, wire.len);
		assert_true(q.asked <= 128);
		for (size_t i = 0; i < lines; i++) {
			struct moment m = arrivals_of(&a, end[i] - 2, NS_NONE);

			assert_true(m.kernel);
			assert_true(m.at >= came[i]);
			assert_true(m.at - m.late <= came[i]);
			exact += m.late == 0;
			bounded += m.late > 0;
		}
		str_release(&wire);
	}
	assert_true(exact > 20000);
	assert_true(bounded > 20000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line_is_asked_once),
		cmocka_unit_test(test_segments_apart),
		cmocka_unit_test(test_merged_segments),
		cmocka_unit_test(test_torn_lines),
		cmocka_unit_test(test_no_framing),
		cmocka_unit_test(test_bytes_not_asked_about),
		cmocka_unit_test(test_nothing_was_read_before),
		cmocka_unit_test(test_a_torn_header),
		cmocka_unit_test(test_random_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
