/* test_merge_refused.c - what merge does not join, and that it leaves nothing then. */
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_shards.h"

static const char *dir;

static int setup(void **state)
{
	(void)state;
	dir = unit_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unit_tmpdir_remove();
	return 0;
}

/* It is, with a message that has both texts. */
static void refused(const char *const *names, size_t n, const char *one, const char *two)
{
	struct merge_result r;
	struct err e = ERR_INIT;

	assert_int_equal(fake_merge(names, n, false, &r, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, one);
	assert_contains(e.msg, two);
	assert_true(strlen(e.hint) > 0);
	assert_int_equal(fake_merge_left(), 0);
}

static const char *const abc[] = {"c", "a", "b"}; /* the order given does not matter */

static void test_missing(void **state)
{
	static const char *const ac[] = {"a", "c"};

	(void)state;
	fake_shards_three();
	refused(ac, 2, "1 of 3 shards missing: 2", "");
}

static void test_not_shards(void **state)
{
	static const char *const none[] = {"none", "b"}, *const empty[] = {"empty", "b"};
	static const char *const plain[] = {"a", "plain"};
	struct fake_shard made = {.name = "plain"};
	struct merge_result r;
	struct err e = ERR_INIT;
	struct fake_rows f;

	(void)state;
	fake_shards_three();
	mkdir(unit_path("empty"), 0777);
	mkdir(unit_path("plain"), 0777);
	fake_rows_make(&f, FAKE_SHARD_WHOLE);
	fake_shard_manifest(&f, unit_path("plain"), &made, 1);
	fake_rows_release(&f);
	refused(plain, 2, "/plain is not a shard", "K/N");
	assert_int_equal(fake_merge(none, 2, false, &r, &e), -1);
	assert_int_equal(e.code, ERR_ENV); /* a name that is none, not a run of another kind */
	assert_contains(e.msg, "/none: no such run directory");
	unit_write_text("none", "");
	refused(none, 2, "/none is not a run directory", "no folder");
	refused(empty, 2, "/empty is not a run directory", "manifest.json");
}

static void test_what_does_not_belong(void **state)
{
	static const struct {
		struct fake_shard made;
		const char *one, *two;
	} cases[] = {
		{{.shard = "1/3"}, "/a and ", "are both shard 1/3"},
		{{.shard = "2/2"}, "/a is shard 1/3", "/x is shard 2/2"},
		{{.shard = "2/3", .sweep = FAKE_SHARD_OTHER_FACTOR}, "/a and ",
			"factors.temperature differs"},
		{{.shard = "2/3", .sweep = FAKE_SHARD_MORE_PASSES}, "/x do not have the same plan",
			"passes differs"},
		{{.shard = "2/3", .version = "0.40.0"}, "version 0.32.14 in ", "/a and 0.40.0 in "},
		{{.shard = "2/3", .digest = "abcdef0123456789"}, "m:1b has digest ",
			"abcdef012345 in "},
		{{.shard = "2/3", .version = "0.40.0", .url = "other=http://10.0.0.9:1"},
			"version 0.32.14 in ", "0.40.0 in "},
		{{.shard = "2/3", .simulated = true}, "/x was simulated", "/a was measured"},
		{{.shard = "2/3", .load = "k1-s1-l0001"}, "/a and ", "a load of one load_id"},
	};
	static const char *const ax[] = {"a", "x", "c"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct fake_shard made = cases[i].made;

		made.name = "x";
		fake_shards_three();
		fake_shard_make(made);
		refused(ax, 3, cases[i].one, cases[i].two);
		unit_tmpdir_remove();
		dir = unit_tmpdir();
	}
}

/* A request that two shards have, with the right shard in each: by hand, or by a faulty plan. */
static void test_overlap(void **state)
{
	struct fake_rows first, second;
	struct journal *j;

	(void)state;
	fake_shards_three();
	fake_shard_rows(&first, FAKE_SHARD_SWEEP, "1/3");
	fake_shard_rows(&second, FAKE_SHARD_SWEEP, "2/3");
	second.items[0] = first.items[4];
	j = fake_rows_open(&second, unit_path("b"), JOURNAL_RESUME, 0);
	fake_rows_add(&second, j, (struct fake_row){.item = 0, .session = 2});
	fake_rows_close(j);
	refused(abc, 3, "/a and ", first.items[4].run_id);
	fake_rows_release(&first);
	fake_rows_release(&second);
}

static void test_a_running_shard(void **state)
{
	struct fake_rows f;
	struct journal *j;

	(void)state;
	fake_shards_three();
	fake_shard_rows(&f, FAKE_SHARD_SWEEP, "2/3");
	j = fake_rows_open(&f, unit_path("b"), JOURNAL_RESUME, 0);
	refused(abc, 3, "/b/runs.csv", "in use");
	fake_rows_close(j);
	fake_rows_release(&f);
}

static void test_out_is_there(void **state)
{
	struct merge_result r;
	struct err e = ERR_INIT;

	(void)state;
	fake_shards_three();
	mkdir(unit_path("out"), 0777);
	assert_int_equal(fake_merge(abc, 3, false, &r, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "exists already");
	assert_int_equal(fake_merge_left(), 1);
}

static void test_interrupted(void **state)
{
	static const volatile sig_atomic_t now = 1;
	const char *dirs[3];
	struct merge_options opt = {.dirs = dirs, .n = 3, .interrupted = &now};
	struct merge_result r;
	struct err e = ERR_INIT;

	(void)state;
	fake_shards_three();
	dirs[0] = unit_path("a");
	dirs[1] = unit_path("b");
	dirs[2] = unit_path("c");
	opt.out = unit_path("out");
	assert_int_equal(merge_runs(&opt, &r, &e), -1);
	assert_int_equal(e.code, ERR_INTERRUPTED);
	assert_int_equal(fake_merge_left(), 0);
	/* While the first shard is read already. */
	assert_contains(e.msg, "/a/runs.csv: interrupted");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_missing),
		TEST(test_not_shards),
		TEST(test_what_does_not_belong),
		TEST(test_overlap),
		TEST(test_a_running_shard),
		TEST(test_out_is_there),
		TEST(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
