/* test_insight_traps.c - traps are found where they are, with the rows behind them, and not where
 * they are not. */
#include <math.h>
#include <string.h>

#include "big_run.h"
#include "fsx.h"
#include "hand_corpus.h"
#include "insight.h"
#include "str.h"
#include "unit.h"

static struct corpus c;
static struct insight in;
static struct str csv = STR_INIT(1 << 20);

static int setup(void **state)
{
	(void)state;
	hand_init(&c);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	insight_release(&in);
	hand_release(&c);
	str_release(&csv);
	return 0;
}

static void make(void)
{
	insight_make(&in, &c);
}

/* The only one of its kind, or NULL. */
static const struct insight_finding *trap(enum trap_kind k)
{
	const struct insight_finding *found = NULL;

	for (size_t i = 0; i < in.nfindings; i++) {
		if (in.findings[i].trap != (int)k)
			continue;
		assert_string_equal(in.findings[i].kind, "trap");
		assert_null(found);
		found = &in.findings[i];
	}
	return found;
}

static const struct insight_finding *trap_with(enum trap_kind k, const char *part)
{
	for (size_t i = 0; i < in.nfindings; i++) {
		if (in.findings[i].trap == (int)k && strstr(in.findings[i].text, part))
			return &in.findings[i];
	}
	return NULL;
}

/* Nested loops over num_gpu, num_ctx and temperature on a server to which the contexts 1024 and
 * 2048 are one: rows pay a load where the context changes to 4096 or back, and it is always in the
 * first temperature that they do.  `every`: each change of the context is paid for. */
static void write_sweep(bool every)
{
	static const int gpu[] = {40, 60, 999}, ctx[] = {1024, 2048, 4096};
	static const char *const temperature[] = {"0.2", "0.8"};
	int row = 0;

	str_add(&csv, "ok,num_gpu,num_ctx,temperature,throughput,ttft,load_s\n");
	for (int i = 0; i < 18; i++) {
		int k = i / 2 % 3;
		bool paid = i % 2 == 0 && (every || k != 1);
		double load = paid ? 2.5 : 0.1;

		str_addf(&csv, "1,%d,%d,%s,%g,%g,%g\n", gpu[i / 6], ctx[k], temperature[i % 2],
			100 + (row * 7 % 5) * 0.1, 1000 * load + 20 + (row * 3 % 4), load);
		row++;
	}
}

static uint32_t add_sweep(bool every)
{
	static const char *setting[] = {"num_gpu", "num_ctx", "temperature"};
	uint32_t table = hand_table(&c, hand_file(&c, "a/grid.csv", TREE_CSV), "");
	uint32_t s = hand_subject(&c, "owl3", table, 18);

	hand_measure(&c, s, "throughput", "Throughput");
	hand_measure(&c, s, "ttft", "TTFT");
	write_sweep(every);
	hand_sweep(&c, s, table, csv.s, 18, setting, 3);
	return s;
}

static void sweeps_are_analysed(void **state)
{
	(void)state;
	add_sweep(false);
	make();
	assert_null(in.sweeps[0].why);
	assert_non_null(in.sweeps[0].summary);
	assert_int_equal(in.sweeps[0].data->nfactors, 3);
	assert_int_equal(in.sweeps[0].data->nrows, 18);
	assert_string_equal(in.sweeps[0].data->metrics[1].label, "TTFT");
	assert_string_equal(in.sweeps[0].data->metrics[1].unit, "ms");
	assert_true(in.sweeps[0].data->metrics[0].log);
	assert_double(in.sweeps[0].data->margin[0], 0.02);
	assert_double(in.sweeps[0].data->margin[1], 0.05);
}

/* Beyond 40 tables, or 10,000 rows behind the first, they are named and not analysed. */
static void too_many_sweeps_have_a_reason(void **state)
{
	(void)state;
	add_sweep(false);
	for (size_t i = 0; i < 2; i++)
		c.sweeps[c.nsweeps++] = c.sweeps[0];
	c.sweeps[1].rows = 20000;
	c.sweeps[2].rows = 10001;
	make();
	assert_null(in.sweeps[1].why); /* the largest, as it says */
	assert_non_null(in.sweeps[2].why);
	assert_null(in.sweeps[2].summary);
	assert_non_null(in.sweeps[0].why);
}

static void a_sweep_without_measures_has_a_reason(void **state)
{
	static const char *other[] = {"power", "memory"};

	(void)state;
	add_sweep(false);
	c.sweeps[0].measure = other;
	make();
	assert_null(in.sweeps[0].summary);
	assert_contains(in.sweeps[0].why, "no throughput, TTFT or latency");
}

static void loads_on_one_level_and_order(void **state)
{
	const struct insight_finding *f;

	(void)state;
	add_sweep(false);
	make();
	f = trap(TRAP_LOAD_BY_LEVEL);
	assert_non_null(f);
	assert_contains(f->text, "owl3: 6 rows waited for a load");
	assert_contains(f->text, "temperature=0.2");
	assert_int_equal(f->n, 6);
	assert_string_equal(f->file, "a/grid.csv");
	assert_string_equal(f->where, "lines 2 to 19");
	f = trap(TRAP_ORDER);
	assert_non_null(f);
	assert_contains(f->text, "num_gpu, num_ctx then temperature");
}

/* A level is called what it is called, and the figure is of the rows: 8 of 100 ms, and of one level
 * 2 of 1600 ms that waited for a load, so that its mean is 16^(2 / 6) = 2.52 times as long. */
static void levels_are_not_read_from_prose(void **state)
{
	static const char *setting[] = {"mode"};
	uint32_t table = hand_table(&c, hand_file(&c, "modes.csv", TREE_CSV), "");
	uint32_t s = hand_subject(&c, "owl3", table, 12);
	const struct insight_finding *f;

	(void)state;
	hand_measure(&c, s, "throughput", "Throughput");
	hand_measure(&c, s, "ttft", "TTFT");
	str_add(&csv, "ok,mode,throughput,ttft,load_s\n");
	for (int i = 0; i < 12; i++)
		str_addf(&csv, "1,%s,%g,%d,%g\n", i % 2 ? "fast" : "slow: would be 9",
			100 + i % 3 * 0.1, i == 0 || i == 4 ? 1600 : 100,
			i == 0 || i == 4 ? 1.5 : 0.01);
	hand_sweep(&c, s, table, csv.s, 12, setting, 1);
	make();
	f = trap(TRAP_LOAD_BY_LEVEL);
	assert_non_null(f);
	assert_contains(f->text,
		"2 rows waited for a load and do not count; all have mode=slow: would be 9, so "
		"that it looks 2.5 times as slow as it is");
	assert_int_equal(f->n, 2);
}

/* What holds of two tables alike is one statement. */
static void alike_tables_are_one_statement(void **state)
{
	const struct insight_finding *f;
	uint32_t table;

	(void)state;
	add_sweep(false);
	table = hand_table(&c, hand_file(&c, "b/grid.csv", TREE_CSV), "");
	c.sweeps[c.nsweeps++] = c.sweeps[0];
	c.sweeps[1].subject = hand_subject(&c, "hawk", table, 18);
	c.sweeps[1].table = table;
	make();
	f = trap(TRAP_LOAD_BY_LEVEL);
	assert_non_null(f);
	assert_contains(f->text,
		"in 2 tables (owl3 and hawk) all loads fell on temperature=0.2, so that it looks");
	assert_int_equal(f->n, 12);
	assert_int_equal(f->nfiles, 2);
	f = trap(TRAP_ORDER);
	assert_non_null(f);
	assert_contains(
		f->text, "in 2 tables (owl3 and hawk) each setting has its rows at one time");
	f = trap_with(TRAP_PLACEBO, "num_gpu");
	assert_non_null(f);
	assert_contains(f->text, "the throughput of 2 of them shows no difference");
	f = trap_with(TRAP_PLACEBO, "num_ctx");
	assert_non_null(f);
	assert_int_equal(f->n, 6);
}

static void contexts_without_a_load_are_one(void **state)
{
	const struct insight_finding *f;

	(void)state;
	add_sweep(false);
	make();
	f = trap_with(TRAP_PLACEBO, "num_ctx");
	assert_non_null(f);
	assert_contains(f->text,
		"num_ctx 1024 and 2048 are one setting to this server: in 3 of 3 changes between "
		"them no load was paid, while 3 of 3 other changes of it paid one");
	assert_int_equal(f->n, 3);
}

static void contexts_that_are_paid_for_are_not(void **state)
{
	(void)state;
	add_sweep(true);
	make();
	assert_null(trap_with(TRAP_PLACEBO, "num_ctx"));
}

static void layers_beyond_all(void **state)
{
	const struct insight_finding *f;

	(void)state;
	add_sweep(false);
	make();
	f = trap_with(TRAP_PLACEBO, "num_gpu");
	assert_non_null(f);
	assert_contains(f->text, "999 means all of them");
	assert_contains(f->text, "fewer than 40");
	assert_contains(f->text,
		"no difference that could be told from chance (throughput with 999 against the "
		"others: "
		"ratio 0.999");
}

static void ttft_that_holds_the_load(void **state)
{
	static const double warm[] = {50, 60}, cold[] = {1100};
	uint32_t s =
		hand_subject(&c, "owl3", hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), ""), 3);
	struct corpus_measure *m = hand_measure(&c, s, "ttft", "TTFT");
	const struct insight_finding *f;

	(void)state;
	hand_warm(m, warm, 2);
	hand_cold(m, cold, 1);
	c.subjects[s].load_known = true;
	c.ttft_checked = 40;
	c.ttft_is_sum = 39;
	make();
	f = trap(TRAP_LOAD_IN_TTFT);
	assert_non_null(f);
	assert_contains(f->text, "to the digit, in 39 of 40 rows");
	assert_contains(f->text, "is 20 times (owl3) that of the others");
	assert_int_equal(f->n, 39);
}

static void ttft_that_does_not(void **state)
{
	(void)state;
	c.ttft_checked = 40;
	c.ttft_is_sum = 30;
	make();
	assert_null(trap(TRAP_LOAD_IN_TTFT));
	assert_int_equal(in.nfindings, 0);
}

static void zeros_and_files_in_which_all_failed(void **state)
{
	uint32_t good = hand_table(&c, hand_file(&c, "good.csv", TREE_CSV), "");
	uint32_t bad = hand_table(&c, hand_file(&c, "bad.csv", TREE_CSV), "");
	struct corpus_failure why = {
		.why = "connection refused", .n = 8, .first = {.file = 1, .table = 1, .first = 2}};
	uint32_t s = hand_subject(&c, "owl3", good, 10);
	const struct insight_finding *f;

	(void)state;
	c.subjects[s].failed = 9;
	c.subjects[s].failures = &why;
	c.subjects[s].nfailures = 1;
	c.tables[good].failed = 1;
	c.tables[good].rows = 11;
	c.tables[bad].failed = c.tables[bad].rows = 12; /* four stand in the other table too */
	c.files[1].rows = 8;
	c.failed = 9;
	c.zeros = 8;
	make();
	f = trap(TRAP_ZEROS);
	assert_non_null(f);
	assert_contains(f->text, "8 of 9 rows that failed have figures that are all 0");
	assert_contains(f->text, "connection refused");
	assert_int_equal(f->nfiles, 2);
	f = trap(TRAP_ALL_FAILED);
	assert_non_null(f);
	assert_string_equal(f->file, "bad.csv");
	assert_int_equal(f->n, 12);
}

/* By what reading says, not by its words. */
static void columns_under_a_wrong_name(void **state)
{
	struct corpus_note notes[] = {{.why = "rate: a time, as it seems", .misnamed = true},
		{.why = "its values are those of nobody"}};
	const struct insight_finding *f;

	(void)state;
	hand_subject(&c, "owl3", hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), ""), 10);
	c.notes = notes;
	c.nnotes = c.notes_in_all = 2;
	make();
	f = trap(TRAP_SWAPPED);
	assert_non_null(f);
	assert_contains(f->text,
		"1 column holds something else than what the heading says: a.csv "
		"(rate: a time, as it seems)");
	assert_int_equal(f->n, 1);
}

static void copies(void **state)
{
	uint32_t first = hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), "");
	uint32_t twin = hand_file(&c, "b.csv", TREE_CSV);
	uint32_t part = hand_table(&c, hand_file(&c, "c.json", TREE_JSON), "");
	const struct insight_finding *f;

	(void)state;
	hand_subject(&c, "owl3", first, 36);
	c.files[twin].copy_of = 0;
	c.tables[part].use = CORPUS_COPY;
	c.tables[part].copy_of = first;
	c.tables[part].copies = 5;
	c.copies = 41;
	make();
	f = trap(TRAP_COPIES);
	assert_non_null(f);
	assert_contains(f->text, "41 rows stand a second time, and count once");
	assert_contains(f->text, "b.csv is in a.csv and 5 rows of c.json are in a.csv");
	assert_int_equal(f->nfiles, 2);
}

static void reports_that_are_wrong(void **state)
{
	static const double v[] = {100, 101, 102, 105}, ctx[] = {1024, 2048};
	uint32_t rows = hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), "");
	uint32_t report = hand_table(&c, hand_file(&c, "r.md", TREE_MARKDOWN), "");
	uint32_t s = hand_subject(&c, "owl3", rows, 4);
	const struct insight_finding *f;

	(void)state;
	hand_warm(hand_measure(&c, s, "throughput", "Throughput"), v, 4);
	hand_setting(&c, "num_ctx", ctx, 2);
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 253.9, 1);
	hand_told(&c, report, "owl3", "latency", STAT_MEAN, 102.00, 2);
	hand_told(&c, report, "owl3", "latency", STAT_MEAN, 2048, 0);
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 102.0, 1);
	hand_told(&c, report, "owl3", "throughput", STAT_MAX, 105.0, 1);
	hand_told(&c, report, "owl3", "throughput", STAT_MIN, 100.0, 1);
	make();
	f = trap(TRAP_CONTRADICTION);
	assert_non_null(f);
	assert_contains(f->text, "1 told figure is outside of all that the rows here have");
	assert_contains(f->text, "253.9 tok/s, where 4 rows of owl3 go from 100 to 105");
	f = trap(TRAP_SWAPPED);
	assert_non_null(f);
	assert_contains(f->text, "2 figures stand under the wrong name");
	assert_contains(f->text, "is Throughput of owl3");
	assert_contains(f->text, "2,048 ms is the value of num_ctx");
	f = trap(TRAP_ECHO);
	assert_non_null(f);
	assert_int_equal(f->n, 3);
}

static void percentiles_of_a_few_and_means_of_one(void **state)
{
	static const double v[] = {100, 107, 113, 131};
	uint32_t rows = hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), "");
	uint32_t means = hand_table(&c, hand_file(&c, "summary.csv", TREE_CSV), "");
	uint32_t tails = hand_table(&c, hand_file(&c, "t.json", TREE_JSON), "");
	uint32_t s = hand_subject(&c, "owl3", rows, 4);
	struct corpus_told *p95, *p99;

	(void)state;
	hand_warm(hand_measure(&c, s, "throughput", "Throughput"), v, 4);
	for (size_t i = 0; i < 4; i++)
		hand_told(&c, means, "owl3", "throughput", STAT_MEAN, v[i], 4);
	p95 = hand_told(&c, tails, "kernel", "latency", STAT_P95, 15.584, 3);
	p99 = hand_told(&c, tails, "kernel", "latency", STAT_P99, 15.585, 3);
	p95->n = p99->n = 3;
	p99->row = p95->row;
	make();
	assert_non_null(trap_with(TRAP_AGGREGATE, "4 told means are of one row each"));
	assert_non_null(trap_with(TRAP_AGGREGATE, "2 percentiles are told of 3 values at most"));
	assert_non_null(trap_with(TRAP_AGGREGATE, "p95 and p99 are one figure"));
}

static void pooled_rows(void **state)
{
	uint32_t a = hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), "");
	uint32_t b = hand_table(&c, hand_file(&c, "b.csv", TREE_CSV), "");
	uint32_t s = hand_subject(&c, "owl3", a, 36);
	const struct insight_finding *f;

	(void)state;
	hand_subject(&c, "alone", b, 5);
	c.subjects[s].prompts = 5;
	c.subjects[s].places[c.subjects[s].nplaces++] =
		(struct corpus_place){.file = 1, .table = b, .first = 2, .last = 6};
	make();
	f = trap(TRAP_POOLED);
	assert_non_null(f);
	assert_contains(f->text, "36 rows of owl3 (5 prompts and 2 files)");
	assert_null(strstr(f->text, "alone"));
	assert_int_equal(f->n, 36);
}

/* Bytes of all kinds in names: findings stay one line of UTF-8, and JSON has them. */
static void hostile_names(void **state)
{
	static const char *const names[] = {
		"owl\xff\n3", "\xc3\xa9t\xc3\xa9", "", "%s%n", "a\"b\\c", "=1+1"};
	static const double v[] = {10, 11, 12};
	uint32_t table = hand_table(&c, hand_file(&c, "x\xfe.csv", TREE_CSV), "\x80");
	json_t *o;

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		uint32_t s = hand_subject(&c, names[i], table, 3);
		double shifted[3] = {
			v[0] * (double)(i + 1), v[1] * (double)(i + 1), v[2] * (double)(i + 1)};

		hand_warm(hand_measure(&c, s, "throughput", "Throughput"), shifted, 3);
		c.subjects[s].prompts = 2;
		hand_told(&c, table, names[i], "throughput", STAT_MEAN, 1e6, 0);
	}
	make();
	o = insight_json(&in);
	assert_int_equal(json_array_size(json_object_get(o, "findings")), in.nfindings);
	for (size_t i = 0; i < in.nfindings; i++) {
		json_t *text =
			json_object_get(json_array_get(json_object_get(o, "findings"), i), "text");

		assert_true(json_is_string(text));
		assert_null(strchr(json_string_value(text), '\n'));
	}
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(o, "series"), 0), "subject")),
		"owl?\n3");
	json_decref(o);
}

static void runs_are_analysed(void **state)
{
	const struct big_run about = {
		.rows = 240, .gpus = 1, .contexts = 2, .temperatures = 2, .passes = 3};
	struct err e = ERR_INIT;
	const char *dir;
	size_t found = 0;

	unit_setup_tmpdir(state);
	dir = unit_path("run");
	assert_int_equal(fsx_mkdirs(dir, &e), 0);
	assert_true(big_run_write(dir, &about) > 0);
	hand_file(&c, dir, TREE_RUN);
	hand_file(&c, "nowhere/run", TREE_RUN);
	hand_file(&c, "copy", TREE_RUN);
	c.files[2].copy_of = 0;
	make();
	assert_int_equal(in.nruns, 3);
	assert_null(in.runs[0].why);
	assert_non_null(in.runs[0].summary);
	assert_null(in.runs[1].summary);
	assert_contains(in.runs[1].why, "nowhere/run");
	assert_contains(in.runs[2].why, "copy");
	for (size_t i = 0; i < in.nfindings; i++)
		found += strcmp(in.findings[i].kind, "run") == 0;
	assert_int_equal(found, 3);
	unit_teardown_tmpdir(state);
}

static void findings_are_numbered_by_strength(void **state)
{
	static const double fast[] = {100, 101, 102}, slow[] = {50, 51, 52};
	uint32_t table = hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), "");

	(void)state;
	hand_warm(hand_measure(&c, hand_subject(&c, "fast", table, 3), "throughput", "Throughput"),
		fast, 3);
	hand_warm(hand_measure(&c, hand_subject(&c, "slow", table, 3), "throughput", "Throughput"),
		slow, 3);
	make();
	assert_int_equal(in.nfindings, 2); /* and what it cannot say */
	assert_string_equal(in.findings[0].id, "F1");
	assert_string_equal(in.findings[0].kind, "comparison");
	assert_contains(in.findings[0].text, "Throughput of fast is 1.98 times (");
	assert_contains(in.findings[0].text, "that of slow, over 3 and 3 rows; nothing says");
	assert_int_equal(in.findings[0].n, 6);
	for (size_t i = 1; i < in.nfindings; i++)
		assert_true(in.findings[i].strength <= in.findings[i - 1].strength);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sweeps_are_analysed),
		CASE(too_many_sweeps_have_a_reason),
		CASE(a_sweep_without_measures_has_a_reason),
		CASE(loads_on_one_level_and_order),
		CASE(levels_are_not_read_from_prose),
		CASE(alike_tables_are_one_statement),
		CASE(contexts_without_a_load_are_one),
		CASE(contexts_that_are_paid_for_are_not),
		CASE(layers_beyond_all),
		CASE(ttft_that_holds_the_load),
		CASE(ttft_that_does_not),
		CASE(zeros_and_files_in_which_all_failed),
		CASE(columns_under_a_wrong_name),
		CASE(copies),
		CASE(reports_that_are_wrong),
		CASE(percentiles_of_a_few_and_means_of_one),
		CASE(pooled_rows),
		CASE(hostile_names),
		CASE(runs_are_analysed),
		CASE(findings_are_numbered_by_strength),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
