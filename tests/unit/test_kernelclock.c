/* test_kernelclock.c - receive times on the monotonic clock, with a wall clock that steps. */
#include "kernelclock.h"
#include "unit.h"

#define US  NS_PER_US
#define MS  NS_PER_MS
#define DAY (86400 * NS_PER_S)

/* A reading at `mono` that took `width`, of a wall clock that is `offset` ahead. */
static void read_at(struct kernelclock *k, ns mono, ns width, ns offset)
{
	kernelclock_read(k, mono, mono + width / 2 + offset, mono + width);
}

static void test_maps(void **state)
{
	struct kernelclock k = {0};

	(void)state;
	assert_int_equal(kernelclock_map(&k, DAY, NS_NONE, DAY), NS_NONE); /* nothing is known */
	read_at(&k, 10 * MS, US, DAY);
	assert_int_equal(k.steps, 0);
	assert_int_equal(kernelclock_map(&k, DAY + 9 * MS, NS_NONE, 11 * MS), 9 * MS);
	assert_int_equal(kernelclock_map(&k, DAY + 9 * MS, 8 * MS, 11 * MS), 9 * MS);
	/* Not after it was asked, nor before the question before; a reading's width is forgiven. */
	assert_int_equal(kernelclock_map(&k, DAY + 11 * MS + 2 * US, 8 * MS, 11 * MS), 11 * MS);
	assert_int_equal(kernelclock_map(&k, DAY + 11 * MS + 9 * US, 8 * MS, 11 * MS), NS_NONE);
	assert_int_equal(kernelclock_map(&k, DAY + 8 * MS - 2 * US, 8 * MS, 11 * MS), 8 * MS);
	assert_int_equal(kernelclock_map(&k, DAY + 8 * MS - 9 * US, 8 * MS, 11 * MS), NS_NONE);
	assert_int_equal(kernelclock_map(&k, 0, NS_NONE, 11 * MS), NS_NONE); /* no stamp */
}

static void test_the_narrowest_reading_counts(void **state)
{
	struct kernelclock k = {0};

	(void)state;
	read_at(&k, 0, 40 * US, DAY + 10 * US); /* pre-empted */
	read_at(&k, MS, US, DAY);
	assert_int_equal(k.offset, DAY);
	read_at(&k, 2 * MS, 60 * US, DAY + 20 * US);
	assert_int_equal(k.offset, DAY);
	assert_int_equal(k.steps, 0);
}

/* Forward or back, by a little or a lot: what came before the step was noticed has no time, what
 * comes later has the right one, and nothing is ever dated after it was read. */
static void test_steps(void **state)
{
	static const ns steps[] = {
		DAY, -DAY, NS_PER_S, -NS_PER_S, 5 * MS, -5 * MS, 100 * US, -100 * US};

	(void)state;
	for (size_t i = 0; i < COUNTOF(steps); i++) {
		struct kernelclock k = {0};
		ns old = 10 * DAY, new = old + steps[i];
		ns t;

		read_at(&k, 10 * MS, US, old);
		read_at(&k, 20 * MS, US, new); /* stepped at 15 ms */
		assert_int_equal(k.steps, 1);
		/* Came at 12 ms, by the old clock; at 17 ms, by the new one. */
		t = kernelclock_map(&k, old + 12 * MS, 10 * MS, 21 * MS);
		assert_true(t == NS_NONE || (t >= 12 * MS && t <= 21 * MS));
		assert_int_equal(kernelclock_map(&k, new + 17 * MS, 10 * MS, 21 * MS), NS_NONE);
		assert_int_equal(kernelclock_map(&k, new + 22 * MS, 21 * MS, 23 * MS), 22 * MS);
	}
}

/* The step falls between two readings: until it is noticed, times that cannot be are refused. */
static void test_a_step_not_noticed_yet(void **state)
{
	struct kernelclock k = {0};

	(void)state;
	read_at(&k, 10 * MS, US, DAY);
	assert_int_equal(kernelclock_map(&k, 2 * DAY + 10 * MS, 10 * MS, 11 * MS), NS_NONE);
	assert_int_equal(kernelclock_map(&k, 10 * MS, 10 * MS, 11 * MS), NS_NONE);
}

static void test_looks(void **state)
{
	struct kernelclock k = {0};
	ns now = clock_mono(), t;

	(void)state;
	kernelclock_look(&k, now);
	assert_true(k.known);
	t = kernelclock_map(&k, clock_wall(), now, clock_mono() + MS);
	assert_true(t == NS_NONE || (t >= now && t <= clock_mono()));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_the_narrowest_reading_counts),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_a_step_not_noticed_yet),
		cmocka_unit_test(test_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
