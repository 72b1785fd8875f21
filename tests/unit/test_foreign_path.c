/* test_foreign_path.c - what the folders of a file say of all its tables. */
#include <stdio.h>
#include <string.h>

#include "fsx.h"
#include "grid_log.h"
#include "unit.h"

/* The grids of a file of that text in `folder`. */
static void read_in(const char *folder, enum tree_kind kind, const char *text, const char *wanted)
{
	struct grid_log log = GRID_LOG_INIT;
	struct foreign_work work = {0};
	struct foreign_sink sink = grid_log_sink(&log);
	struct foreign_facts facts;
	struct err e = ERR_INIT;
	char name[512];
	const char *path;

	assert_int_equal(fsx_mkdirs(unit_path(folder), &e), 0);
	snprintf(name, sizeof(name), "%s/x=1.csv", folder);
	path = unit_write_text(name, text);
	assert_int_equal(foreign_read(path, kind, &work, &sink, &facts, &e), 0);
	assert_string_equal(log.text.s, wanted);
	foreign_work_release(&work);
	grid_log_release(&log);
}

static void test_settings(void **state)
{
	(void)state;
	read_in("model=m:1/num_ctx=4096,num_batch=256", TREE_CSV, "ttft_ms\n1.5\n",
		"csv '' piece 0 last\n with model=m:1\n with num_ctx=4096\n with "
		"num_batch=256\n names ttft_ms\n 2: 1.5\n");
	/* Before what the file says, which is nearer to its rows. */
	read_in("num_ctx=4096", TREE_JSON, "{\"num_ctx\": 8, \"r\": [{\"a\": 1}]}",
		"json 'r[]' piece 0 last\n with num_ctx=4096\n with num_ctx=#8\n names a\n 0: "
		"#1\n");
}

/* Folders that say nothing, and more than are kept. */
static void test_others(void **state)
{
	struct str wanted = STR_INIT(1000);
	char many[200] = "a=0";

	(void)state;
	read_in("=x/y=/a,b", TREE_CSV, "t\n1\n", "csv '' piece 0 last\n names t\n 2: 1\n");
	for (int i = 1; i < 30; i++)
		strcat(many, ",a=0");
	str_add(&wanted, "csv '' piece 0 last\n");
	for (int i = 0; i < 16; i++)
		str_add(&wanted, " with a=0\n");
	str_add(&wanted, " names t\n 2: 1\n");
	read_in(many, TREE_CSV, "t\n1\n", wanted.s);
	str_release(&wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
