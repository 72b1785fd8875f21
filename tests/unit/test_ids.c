/* test_ids.c - ids that came more than once, and ids that came at all, against a plain search. */
#include <stdlib.h>

#include "ids.h"
#include "keymap.h"
#include "rng.h"
#include "unit.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

#define N 30000

/* Random ones, ones in a row, and few different ones; 0 and the largest among them. */
static uint64_t draw(struct rng *r, int kind, size_t i)
{
	if (i % 1000 == 0)
		return i % 2000 ? UINT64_MAX : 0;
	if (kind == 0)
		return rng_next(r) & (rng_below(r, 2) ? UINT64_MAX : 0xffff);
	return kind == 1 ? i : rng_below(r, 50);
}

static void test_repeated(void **state)
{
	static uint64_t id[N];

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct ids_list twice;
		struct ids v = {0};
		struct rng r;
		size_t expected = 0;

		rng_init(&r, 3, "ids");
		for (size_t i = 0; i < N; i++) {
			id[i] = draw(&r, kind, i);
			ids_add(&v, id[i]);
		}
		ids_check(&v, NULL, 0, NULL, &twice);
		qsort(id, N, sizeof(*id), compare);
		for (size_t i = 1; i < N; i++) {
			bool second = id[i] == id[i - 1] && (i == 1 || id[i - 2] != id[i]);

			if (!second)
				continue;
			assert_true(expected < twice.n);
			assert_true(twice.v[expected] == id[i]);
			assert_int_equal(ids_find(&twice, id[i]), expected);
			expected++;
		}
		assert_true(expected > 0);
		assert_int_equal(twice.n, expected);
		assert_int_equal(ids_find(&twice, 0x123456789abcdefu), -1);
		free(twice.v);
		ids_release(&v);
	}
}

static void test_among(void **state)
{
	static uint64_t wanted[2 * N];
	static bool found[2 * N];
	struct ids_list twice;
	struct ids v = {0};
	struct rng r;

	(void)state;
	rng_init(&r, 4, "ids");
	for (size_t i = 0; i < 2 * N; i++) {
		wanted[i] = rng_next(&r);
		if (i % 2)
			ids_add(&v, wanted[i]);
	}
	ids_check(&v, wanted, 2 * N, found, &twice);
	for (size_t i = 0; i < 2 * N; i++)
		assert_int_equal(found[i], i % 2);
	assert_int_equal(twice.n, 0);
	assert_int_equal(ids_find(&twice, wanted[1]), -1);
	free(twice.v);
	ids_release(&v);
}

static void test_nothing(void **state)
{
	struct ids_list twice;
	struct ids v = {0};
	uint64_t one = 1;
	bool found = true;

	(void)state;
	ids_check(&v, &one, 1, &found, &twice);
	assert_false(found);
	assert_int_equal(twice.n, 0);
	free(twice.v);
}

static void test_keymap(void **state)
{
	struct keymap m = {0};

	(void)state;
	for (int again = 0; again < 2; again++) {
		for (uint64_t i = 0; i < 10000; i++)
			assert_int_equal(keymap_number(&m, i / 100, i % 100), i);
	}
	assert_int_equal(m.n, 10000);
	assert_int_equal(m.key[4321].a, 43);
	assert_int_equal(m.key[4321].b, 21);
	keymap_release(&m);
	assert_int_equal(keymap_number(&m, 7, 7), 0);
	keymap_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_among),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_keymap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
