/* test_tree.c - which files are listed, in which order, and why others are not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"
#include "str.h"
#include "tree_parts.h"
#include "unit.h"

static void put(const char *name, const char *text, size_t len)
{
	char *path = xstrdup(unit_path(name)), *slash = strrchr(path, '/');
	struct err e = ERR_INIT;
	FILE *f;

	*slash = '\0';
	assert_int_equal(fsx_mkdirs(path, &e), 0);
	*slash = '/';
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	free(path);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void link_to(const char *target, const char *name)
{
	char *path = xstrdup(unit_path(name));

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

/* "name kind bytes" or "name: why", one a line. */
static void assert_tree(
	const char *const *names, size_t n, const struct tree_limits *l, const char *wanted)
{
	struct tree t;
	struct err e = ERR_INIT;
	struct str got = STR_INIT(1 << 20);
	const char *paths[4];
	size_t usable = 0;

	for (size_t i = 0; i < n; i++)
		paths[i] = xstrdup(unit_path(names[i]));
	assert_int_equal(tree_walk(&t, paths, n, l, &e), 0);
	for (size_t i = 0; i < t.nfiles; i++) {
		const struct tree_file *f = &t.files[i];

		usable += !f->why;
		if (f->why)
			str_addf(&got, "%s: %s\n", f->name, f->why);
		else
			str_addf(&got, "%s %s %llu\n", f->name, tree_kind_name(f->kind),
				(unsigned long long)f->bytes);
		assert_true(f->path[0] == '/');
	}
	if (t.beyond)
		str_addf(&got, "%llu beyond\n", (unsigned long long)t.beyond);
	assert_string_equal(got.s, wanted);
	assert_int_equal(usable, t.nusable);
	tree_release(&t);
	str_release(&got);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)paths[i]);
}

static void assert_one(const char *name, const struct tree_limits *l, const char *wanted)
{
	assert_tree(&name, 1, l, wanted);
}

static void test_kinds(void **state)
{
	(void)state;
	put_text("k/b/x.JSON", "{\"a\": 1}");
	put_text("k/b/lines.json", "{\"a\": 1}\n{\"a\": 2}\n");
	put_text("k/b.ndjson", "{}");
	put_text("k/a.csv", "a,b\n");
	put_text("k/c.tsv", "a\tb\n");
	put_text("k/d.markdown", "# x\n");
	put_text("k/e.txt", "a;b\n1;2\n3;4\n");
	put_text("k/f.txt", "Some words, and more.\nNothing else.\n");
	put_text("k/g", "[\n {\"a\": 1}]");
	put_text("k/h.log", "[info] started, ok\n[info] ended, ok\n");
	put_text("k/i.py", "a,b\n1,2\n");
	put_text("k/.hidden.csv", "a,b\n");
	put_text("k/.git/config.json", "{}");
	put_text("k/j.csv", "");
	put("k/k.csv", "a,b\0\n1,2\n", 9);
	put("k/l.csv",
		"\xff\xfe"
		"a\0,\0b\0",
		8);
	put("k/m.csv", "\xc3\xbf\xc3\xbe=\0=\0", 8);
	assert_one("k", NULL,
		".git: hidden\n.hidden.csv: hidden\na.csv CSV 4\nb.ndjson JSON lines 2\n"
		"b/lines.json JSON lines 18\nb/x.JSON JSON 8\nc.tsv CSV 4\n"
		"d.markdown Markdown 4\ne.txt CSV 12\n"
		"f.txt: neither CSV, TSV, JSON, JSON lines nor Markdown\ng JSON 12\n"
		"h.log: neither CSV, TSV, JSON, JSON lines nor Markdown\n"
		"i.py: neither CSV, TSV, JSON, JSON lines nor Markdown\nj.csv: empty\n"
		"k.csv: a binary file\nl.csv CSV 8\nm.csv: a binary file\n");
}

static void test_runs(void **state)
{
	(void)state;
	put_text("r/run1/runs.csv", "run_id\n");
	put_text("r/run1/manifest.json", "{}");
	put_text("r/run1/report.md", "x");
	put_text("r/run1/deeper/a.csv", "a\n");
	put_text("r/run2/runs.csv", "a,b\n");
	assert_one("r", NULL, "run1 run 7\nrun2/runs.csv CSV 4\n");
	assert_one("r/run1", NULL, "run1 run 7\n");
	assert_one("r/run1/runs.csv", NULL, "runs.csv CSV 7\n");
}

static void test_links(void **state)
{
	(void)state;
	put_text("l/in/a.csv", "a,b\n");
	put_text("l/in/z.csv", "a,b\n");
	put_text("l/other/b.csv", "a,b\n");
	link_to("../other/b.csv", "l/in/out.csv");
	link_to("a.csv", "l/in/same.csv");
	link_to("nowhere", "l/in/broken.csv");
	link_to(".", "l/in/loop");
	link_to("/", "l/in/root");
	link_to("../in/z.csv", "l/in/y.csv");
	assert_one("l/in", NULL,
		"a.csv CSV 4\n"
		"broken.csv: a symbolic link that leads nowhere: No such file or directory\n"
		"loop: the same folder as in\nout.csv: a symbolic link that leads out of the path\n"
		"root: a symbolic link that leads out of the path\n"
		"same.csv: the same file as a.csv\ny.csv CSV 4\nz.csv: the same file as y.csv\n");
	/* A path that was given is followed. */
	link_to("in", "l/given");
	assert_one("l/given/a.csv", NULL, "a.csv CSV 4\n");
}

static void test_limits(void **state)
{
	struct tree_limits small = {.file_bytes = 10}, flat = {.depth = 1}, few = {.files = 2};

	(void)state;
	put_text("m/a.json", "{\"a\": 12345}");
	put_text("m/b.md", "# a\n# b\n# c\n");
	put_text("m/c.csv", "a,b,c\n1,2,3\n");
	put_text("m/d/e/f.csv", "a\n");
	assert_one("m", &small,
		"a.json: larger than 10 B\nb.md: larger than 10 B\nc.csv CSV 12\nd/e/f.csv CSV "
		"2\n");
	assert_one("m/a.json", &small, "a.json JSON 12\n");
	assert_one("m", &flat,
		"a.json JSON 12\nb.md Markdown 12\nc.csv CSV 12\nd/e: more than 1 folders deep\n");
	assert_one("m", &few, "a.json JSON 12\nb.md Markdown 12\n2 beyond\n");
}

static void test_paths(void **state)
{
	const char *both[] = {"p/b", "p/a/", "p/b/x.csv"};
	const char *missing[] = {"/nonexistent/folder"};
	struct tree t;
	struct err e = ERR_INIT;

	(void)state;
	put_text("p/a/x.csv", "a\n");
	put_text("p/a.csv", "a\n");
	put_text("p/b/x.csv", "a\n");
	put_text("p/b/.y.csv", "a\n");
	assert_tree(both, 3, NULL,
		"a/x.csv CSV 2\nb/.y.csv: hidden\nb/x.csv CSV 2\nx.csv: the same file as "
		"b/x.csv\n");
	assert_one("p/b/.y.csv", NULL, ".y.csv CSV 2\n");
	assert_one("p/b/..", NULL, "a.csv CSV 2\na/x.csv CSV 2\nb/.y.csv: hidden\nb/x.csv CSV 2\n");
	assert_int_equal(tree_walk(&t, missing, 1, NULL, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "/nonexistent/folder: No such file");
	missing[0] = "";
	assert_int_equal(tree_walk(&t, missing, 1, NULL, &e), -1);
}

/* What this program wrote before is told of other files: it is not read again. */
static void test_earlier_reports(void **state)
{
	(void)state;
	put_text("t/a.csv", "a,b\n1,2\n");
	put_text("t/out/summary.json",
		"{\n  \"schema\": 1,\n  \"kind\": \"insight\",\n  \"x\": 1}\n");
	put_text("t/out/report.md", "# x\n");
	put_text("t/out/tables/told.csv", "a,b\n1,2\n");
	put_text("t/out/mine.csv", "a,b\n1,2\n");
	put_text("t/other/summary.json", "{\"schema\": 1, \"kind\": \"other\"}\n");
	assert_one("t", NULL,
		"a.csv CSV 8\n"
		"other/summary.json JSON 31\n"
		"out/mine.csv CSV 8\n"
		"out/report.md: of an earlier report of this program\n"
		"out/summary.json: of an earlier report of this program\n"
		"out/tables: of an earlier report of this program\n");
}

static void test_special(void **state)
{
	char *path = xstrdup(unit_path("s/pipe.csv"));

	(void)state;
	put_text("s/a.csv", "a\n");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_one("s", NULL, "a.csv CSV 2\npipe.csv: not a regular file\n");
	assert_one("s/pipe.csv", NULL, "pipe.csv: not a regular file\n");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_earlier_reports),
		cmocka_unit_test(test_special),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
