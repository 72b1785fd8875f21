/* test_simqueue.c - the heap of what is due, against a plain search. */
#include "unit.h"

#include "rng.h"
#include "simqueue.h"

enum { N = 64 };

/* The first of those queued: earliest, then first in. */
static struct simqueue_entry *first_of(struct simqueue_entry *e)
{
	struct simqueue_entry *best = NULL;

	for (size_t i = 0; i < N; i++)
		if (e[i].at &&
			(!best || e[i].due < best->due ||
				(e[i].due == best->due && e[i].seq < best->seq)))
			best = &e[i];
	return best;
}

static void test_order(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct simqueue_entry e[N] = {0};
		struct simqueue q = {0};
		struct rng r;

		rng_init(&r, seed, "simqueue");
		for (int step = 0; step < 1000; step++) {
			size_t i = (size_t)rng_below(&r, N);

			if (e[i].at)
				simqueue_remove(&q, &e[i]);
			else
				simqueue_add(&q, &e[i], (ns)rng_below(&r, 20)); /* many ties */
			if (simqueue_first(&q) != first_of(e))
				fail_msg("seed %d, step %d", (int)seed, step);
		}
		for (struct simqueue_entry *f; (f = simqueue_first(&q)) != NULL;) {
			assert_ptr_equal(f, first_of(e));
			simqueue_remove(&q, f);
			simqueue_remove(&q, f); /* fine if not queued */
		}
		simqueue_release(&q);
	}
}

static void add_twice(void *arg)
{
	struct simqueue_entry e = {0};
	struct simqueue q = {0};

	(void)arg;
	simqueue_add(&q, &e, 1);
	simqueue_add(&q, &e, 2);
}

static void test_an_entry_is_queued_once(void **state)
{
	(void)state;
	assert_int_not_equal(unit_in_child(add_twice, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_an_entry_is_queued_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
