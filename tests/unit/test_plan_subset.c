/* test_plan_subset.c - parts of a grid drawn by seed: at random, Latin hypercube, Sobol. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fake_plan.h"
#include "unit.h"

static const char *const one_url[] = {"http://127.0.0.1:11434"};

#define LARGE                                                                                      \
	"{\"model\":\"m\",\"factors\":{\"num_ctx\":\"1024-9216+1024\",\"num_batch\":\"1-100\","    \
	"\"top_k\":\"1-100\",\"temperature\":\"0-1.9+0.1\",\"num_keep\":\"1-50\",\"repeat_last_"   \
	"n\":"                                                                                     \
	"\"1-100\"}"

static void make_subset(struct fake_plan *f, const char *base, const char *kind, int cells,
	int seed, const char *more)
{
	char *sweep = xasprintf("%s,\"subset\":{\"kind\":\"%s\",\"cells\":%d,\"seed\":%d}%s}", base,
		kind, cells, seed, more);

	fake_plan_make(f, sweep, one_url, 1);
	free(sweep);
}

static const char *const kinds[] = {"random", "latin", "sobol"};

static bool same_cells(const struct plan *a, const struct plan *b)
{
	return a->ncells == b->ncells &&
		memcmp(a->grid_index, b->grid_index, a->ncells * sizeof(*a->grid_index)) == 0;
}

static void test_subset_seeds(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNTOF(kinds); k++) {
		struct fake_plan f, g;

		make_subset(&f, LARGE, kinds[k], 60, 1, "");
		assert_int_equal(f.plan.ncells, 60);
		assert_int_equal(f.plan.counts.grid, 9000000000);
		assert_int_equal(f.plan.counts.left_out, 9000000000 - 60);
		assert_non_null(f.plan.subset_note);
		for (uint32_t c = 1; c < 60; c++)
			assert_true(f.plan.grid_index[c] > f.plan.grid_index[c - 1]);
		for (int seed = 1; seed < 4; seed++) {
			make_subset(&g, LARGE, kinds[k], 60, seed, "");
			assert_int_equal(same_cells(&f.plan, &g.plan), seed == 1);
			fake_plan_release(&g);
		}
		fake_plan_release(&f);
	}
}

/* Where there is a subset, factors are in the order of their names. */
static int level_number(const struct plan *p, uint32_t cell, const char *name)
{
	const struct factor *f = sweep_factor(p->sweep, name);
	uint32_t level = plan_level(p, cell, (size_t)(f - p->sweep->factors));

	return (int)json_integer_value(f->levels[level].value);
}

/* Conditions hold in every subset, and a subset is as large as is asked. */
static void test_subset_conditions(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNTOF(kinds); k++) {
		struct fake_plan f;

		make_subset(&f, LARGE, kinds[k], 200, 3,
			",\"exclude\":[\"top_k > 10\"],\"only\":[\"num_batch + num_keep < 60\"]");
		assert_int_equal(f.plan.ncells, 200);
		for (uint32_t c = 0; c < 200; c++) {
			assert_in_range(level_number(&f.plan, c, "top_k"), 1, 10);
			assert_in_range(level_number(&f.plan, c, "num_batch") +
					level_number(&f.plan, c, "num_keep"),
				2, 59);
		}
		fake_plan_release(&f);
	}
}

/* In a Latin hypercube every level is there equally often, but for one. */
static void test_latin_balance(void **state)
{
	static const int sizes[] = {7, 60, 100, 333};

	(void)state;
	for (size_t i = 0; i < COUNTOF(sizes); i++) {
		struct fake_plan f;

		make_subset(&f, LARGE, "latin", sizes[i], (int)i + 1, "");
		assert_int_equal(f.plan.ncells, sizes[i]);
		for (size_t k = 0; k < f.sweep.nfactors; k++) {
			int n = (int)f.sweep.factors[k].nlevels,
			    *count = xcalloc((size_t)n, sizeof(int));

			for (uint32_t c = 0; c < f.plan.ncells; c++)
				count[plan_level(&f.plan, c, k)]++;
			for (int l = 0; l < n; l++)
				assert_in_range(
					count[l], sizes[i] / n, sizes[i] / n + (sizes[i] % n > 0));
			free(count);
		}
		fake_plan_release(&f);
	}
}

#define SMALL "{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16,32],\"top_k\":\"1-4\"}"

/* Of 12 cells, 4 excluded: 5 of 8; then more than there are. */
static void test_small_grid(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNTOF(kinds); k++) {
		struct fake_plan f;

		make_subset(&f, SMALL, kinds[k], 5, 1, ",\"exclude\":[\"num_ctx == 16\"]");
		assert_int_equal(f.plan.ncells, 5);
		assert_int_equal(f.plan.counts.grid, 12);
		assert_int_equal(f.plan.counts.excluded, 4);
		assert_int_equal(f.plan.counts.left_out, 3);
		fake_plan_release(&f);
		make_subset(&f, SMALL, kinds[k], 50, 1, ",\"exclude\":[\"num_ctx == 16\"]");
		assert_int_equal(f.plan.ncells, 8);
		assert_int_equal(f.plan.counts.left_out, 0);
		assert_int_equal(f.plan.nnotes, 1);
		assert_string_equal(
			f.plan.notes[0], "subset: 50 cells are asked for, and there are only 8");
		fake_plan_release(&f);
	}
}

/* A random subset of a small grid takes each cell equally often: over 4000 seeds 3 of 12 cells, so
 * each about 1000 times; the chance of a miss by 150 is below one in a million. */
static void test_random_is_fair(void **state)
{
	int count[12] = {0};
	struct fake_plan f;

	(void)state;
	make_subset(&f, SMALL, "random", 3, 1, "");
	for (int seed = 0; seed < 4000; seed++) {
		struct err e = ERR_INIT;
		struct plan p;

		f.sweep.subset.seed = seed;
		assert_int_equal(plan_build(&p, &f.sweep, f.servers, 1, &e), 0);
		assert_int_equal(p.ncells, 3);
		for (uint32_t c = 0; c < 3; c++)
			count[p.grid_index[c]]++;
		plan_release(&p);
	}
	for (int i = 0; i < 12; i++)
		assert_in_range(count[i], 850, 1150);
	fake_plan_release(&f);
}

/* Conditions that leave next to nothing of a large grid: fewer cells, and it is said. */
static void test_found_too_few(void **state)
{
	struct fake_plan f;

	(void)state;
	make_subset(&f, LARGE, "random", 10, 1,
		",\"only\":[\"num_batch == 1 and top_k == 1 and num_ctx < 3000 and num_keep == "
		"1\"]");
	assert_in_range(f.plan.ncells, 1, 9);
	assert_int_equal(f.plan.nnotes, 1);
	assert_contains(f.plan.notes[0], "of 10 cells were found in 10,000,000 draws");
	fake_plan_release(&f);
}

static void test_subset_note(void **state)
{
	struct fake_plan f;

	(void)state;
	make_subset(&f, SMALL, "latin", 6, 1, "");
	assert_contains(f.plan.subset_note, "6 of 12 cells, of a Latin hypercube, seed 1; ");
	assert_contains(f.plan.subset_note, "num_ctx all 3 levels, 2 cells each");
	assert_contains(f.plan.subset_note, "top_k all 4 levels, 1 to 2 cells each");
	assert_contains(f.plan.subset_note,
		"two-factor interactions: 0 of 1 have all their pairs, not num_ctx x top_k (6 of "
		"12 "
		"pairs)");
	assert_contains(f.plan.subset_note, "would need 12 cells, there are 6");
	assert_contains(f.plan.subset_note, "3 blocks for 6 cells: 12 loads");
	fake_plan_release(&f);
	make_subset(&f, LARGE, "sobol", 30, 1, "");
	assert_contains(f.plan.subset_note, "nearly every cell needs loads of its own, 90 loads");
	fake_plan_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subset_seeds),
		cmocka_unit_test(test_subset_conditions),
		cmocka_unit_test(test_latin_balance),
		cmocka_unit_test(test_small_grid),
		cmocka_unit_test(test_random_is_fair),
		cmocka_unit_test(test_found_too_few),
		cmocka_unit_test(test_subset_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
