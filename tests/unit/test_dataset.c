/* test_dataset.c - a run directory into a dataset: meaning, counting rule, damage.
 *
 * tests/data/runs/small: num_ctx 1024 and 4096 x temperature 0.2 and 0.8, 3 passes of 2 requests, a
 * sentinel; among its rows a timeout that was done again, one out of memory, a suspect one, an
 * invalid one that was measured again, one that paid a load, a run_id that is ok twice, a damaged
 * line, and a tail that was cut off. */
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "dataset.h"
#include "fsx.h"
#include "hash.h"
#include "str.h"
#include "unit.h"

static const char *small(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/runs/small", getenv("TEST_DATA"));
	return path;
}

static void test_meaning(void **state)
{
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	assert_int_equal(dataset_from_run(&d, small(), &e), 0);
	assert_string_equal(d.name, "small");
	assert_false(d.simulated || d.is_virtual);
	assert_int_equal(d.nfactors, 2);
	assert_string_equal(d.factors[0].name, "num_ctx");
	assert_int_equal(d.factors[0].stratum, DATA_RUNNER);
	assert_int_equal(d.factors[1].stratum, DATA_SAMPLING);
	assert_int_equal(d.factors[0].nlevels, 2);
	assert_string_equal(d.factors[1].level[1], "0.8");
	assert_double(d.factors[1].value[1], 0.8);
	assert_true(d.factors[0].numeric && d.factors[1].numeric);
	assert_int_equal(dataset_factor(&d, "temperature"), 1);
	assert_int_equal(dataset_factor(&d, "top_k"), -1);
	assert_int_equal(json_integer_value(dataset_option(&d, "num_predict")), 64);
	assert_null(dataset_option(&d, "num_thread"));
	assert_int_equal(d.ncells, 4);
	assert_string_equal(d.cells[0].label, "num_ctx=1024 temperature=0.2");
	assert_string_equal(d.cells[3].label, "num_ctx=4096 temperature=0.8");
	assert_string_equal(d.cells[3].id, "cell-4096-0.8");
	assert_int_equal(d.cells[3].block, 1);
	assert_int_equal(d.nblocks, 2);
	assert_int_equal(d.nprompts, 1);
	assert_string_equal(d.prompts[0], "capital");
	assert_double(d.margin[METRIC_DECODE], 0.03); /* from the sweep, not the default */
	assert_double(d.margin[METRIC_TTFT], 0.05);
	assert_true(isnan(d.margin[METRIC_E2E]));
	dataset_release(&d);
}

static void test_loads_and_plan(void **state)
{
	struct err e = ERR_INIT;
	struct dataset d;
	size_t sentinels = 0;

	(void)state;
	assert_int_equal(dataset_from_run(&d, small(), &e), 0);
	assert_int_equal(d.nloads, 10);
	for (size_t i = 0; i < d.nloads; i++) {
		sentinels += d.loads[i].sentinel;
		assert_double(d.loads[i].size_vram, 0);
		assert_string_equal(d.loads[i].status, "ok");
	}
	assert_int_equal(sentinels, 4);
	assert_int_equal(d.planned_loads, 2 * 3 + 4);
	assert_int_equal(d.planned_requests, 4 * 6);
	assert_int_equal(d.passes_planned, 3);
	assert_int_equal(d.passes_complete, 3);
	assert_int_equal(d.nfiles, 4);
	assert_int_equal(d.files[2].rejected, 2); /* runs.csv */
	assert_true(d.files[2].bytes > 10000);
	dataset_release(&d);
}

static void test_counting_rule(void **state)
{
	struct err e = ERR_INIT;
	size_t counts = 0, measured = 0, failed = 0, invalid = 0, suspect = 0, paid = 0, other = 0;
	struct dataset d;

	(void)state;
	assert_int_equal(dataset_from_run(&d, small(), &e), 0);
	assert_int_equal(d.nrows, 63);
	for (size_t i = 0; i < d.nrows; i++) {
		const struct data_row *r = &d.rows[i];

		other += r->phase != ROW_MEASURE;
		assert_false(r->counts && r->phase != ROW_MEASURE);
		assert_false(r->counts && (!r->ok || r->validity == ROW_INVALID || r->paid_load));
		if (r->phase != ROW_MEASURE)
			continue;
		measured++;
		counts += r->counts;
		failed += !r->ok;
		invalid += r->validity == ROW_INVALID;
		suspect += r->validity == ROW_SUSPECT && r->counts;
		paid += r->paid_load;
	}
	assert_int_equal(measured, 27);
	assert_int_equal(other, 36);
	assert_int_equal(failed, 2);
	assert_int_equal(invalid, 1);
	assert_int_equal(suspect, 1);
	assert_int_equal(paid, 1);
	/* 24 planned, less one out of memory and one that paid; the second ok of a run_id is none.
	 */
	assert_int_equal(counts, 22);
	dataset_release(&d);
}

static void test_values(void **state)
{
	struct err e = ERR_INIT;
	struct dataset d;
	const struct data_row *r = NULL;

	(void)state;
	assert_int_equal(dataset_from_run(&d, small(), &e), 0);
	for (size_t i = 0; i < d.nrows && !r; i++) {
		if (d.rows[i].phase == ROW_MEASURE && !d.rows[i].ok)
			r = &d.rows[i];
	}
	assert_non_null(r);
	assert_string_equal(d.status[r->status], "timeout_first");
	for (int m = 0; m < METRIC_COUNT; m++)
		assert_true(isnan(r->metric[m])); /* missing is not zero */
	assert_true(isnan(d.rows[0].metric[METRIC_SCORE]));
	assert_double(d.rows[0].metric[METRIC_LOAD], 600);
	/* 2026-11-24T20:00:01Z */
	assert_double(floor(d.rows[0].started_s), 1795550401);
	assert_int_equal(d.rows[0].line, 2);
	assert_int_equal(d.rows[0].concurrency, 1);
	assert_double(d.rows[0].loop_lag_us, 80);
	dataset_release(&d);
}

/* ---- run directories made here ---- */

static void add_line(struct str *out, const char *line)
{
	str_addf(out, "%s,%08x\n", line, crc32c(0, line, strlen(line)));
}

/* A run of these columns and lines, in the temporary folder. */
static const char *write_run(const char *header, const char *const *lines, size_t n)
{
	struct str out = STR_INIT(STR_MAX_LINE);
	static char dir[4096];

	str_addf(&out, "%s,row_crc\n", header);
	for (size_t i = 0; i < n; i++)
		add_line(&out, lines[i]);
	unit_write("runs.csv", out.s, out.len);
	str_release(&out);
	snprintf(dir, sizeof(dir), "%s", unit_path("."));
	return dir;
}

#define HEADER                                                                                     \
	"run_id,cell_id,block,pass,load_id,phase,num_gpu,prompt_id,status,decode_tok_s,ttft_ms"

static int empty_folder(void **state)
{
	static const char *const names[] = {"runs.csv", "loads.csv", "sweep.json", "manifest.json"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++)
		remove(unit_path(names[i]));
	return 0;
}

static void test_nothing_but_rows(void **state)
{
	static const char *const lines[] = {"r1,c1,0,1,l1,measure,auto,p,ok,50,100",
		"r2,c1,0,1,l1,measure,auto,p,ok,51,101", "r3,c2,1,1,l2,measure,99,p,ok,52,102",
		"r4,c2,1,1,,measure,99,p,skipped,,"};
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 4), &e), 0);
	assert_null(d.sweep);
	assert_non_null(d.manifest);
	assert_int_equal(d.nfactors, 0);
	assert_int_equal(d.ncells, 2);
	assert_int_equal(d.nblocks, 2);
	assert_string_equal(d.cells[1].label, "c2");
	assert_int_equal(d.nloads, 2); /* known from the rows alone */
	assert_string_equal(d.loads[0].status, "");
	assert_int_equal(d.planned_loads, 0);
	assert_int_equal(d.rows[3].load, DATA_NONE);
	assert_false(d.rows[3].counts);
	dataset_release(&d);
}

static void test_levels(void **state)
{
	/* 99.0 is 99; 40 was merged and no row has it; 7 is in the rows alone. */
	static const char *const lines[] = {"r1,c1,0,1,l1,measure,auto,p,ok,50,100",
		"r2,c2,1,1,l2,measure,99.0,p,ok,51,101", "r3,c3,2,1,l3,measure,7,p,ok,52,102",
		"r4,c4,3,1,l4,warmup,5,p,ok,52,102", "r5,c5,4,1,l5,measure,,p,ok,52,102"};
	struct err e = ERR_INIT;
	struct dataset d;
	const struct data_factor *f;

	(void)state;
	unit_write_text("sweep.json",
		"{\"factors\":{\"num_gpu\":[\"auto\",40,99]},\"passes\":2,\"sentinel\":true,"
		"\"aliases_found\":[{\"factor\":\"num_gpu\",\"level\":\"40\",\"same_as\":\"99\","
		"\"why\":\"all 18 layers are 19\",\"merged\":true}]}");
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 5), &e), 0);
	f = &d.factors[0];
	assert_int_equal(d.ncells, 4);
	assert_int_equal(f->nlevels, 4);
	assert_string_equal(f->level[0], "auto");
	assert_string_equal(f->level[1], "99");
	assert_string_equal(f->level[2], "7");
	assert_string_equal(f->level[3], "none");
	assert_true(isnan(f->value[0]));
	assert_false(f->numeric);
	assert_int_equal(d.rows[3].cell, DATA_NONE); /* a cell that was never measured */
	assert_int_equal(d.naliases, 1);
	assert_string_equal(d.aliases[0].why, "all 18 layers are 19");
	assert_int_equal(d.planned_loads, 2 * 2 + 3); /* auto and 99, two passes, sentinel */
	dataset_release(&d);
}

#define KIND_HEADER                                                                                \
	"run_id,cell_id,block,pass,load_id,phase,server,keep_alive,prompt_id,"                     \
	"prompt_tokens_asked,system,concurrency,rate,burst,status,error,decode_tok_s"

/* Factors that are no options: their columns, strata and names. */
static void test_kinds_of_factors(void **state)
{
	static const char *const lines[] = {
		"r1,c1,0,1,l1,measure,a,600,p1,100,short,1,2.5,1,ok,,50",
		"r2,c2,1,1,l2,measure,b,1800,p2,80%,long,1,,,ok,,51",
		"r3,c3,1,1,l2,measure,b,1800,p2,80%,none,4,,2,ok,,51",
		"r4,c1,0,1,,measure,a,600,p1,100,short,1,2.5,1,skipped," OVERLOAD_ERROR ",",
		"r5,c1,0,1,,measure,a,600,p1,100,short,1,2.5,1,skipped,no memory,"};
	static const struct {
		const char *name, *column;
		enum data_stratum stratum;
		uint32_t nlevels;
	} wanted[] = {{"server", "server", DATA_RUNNER, 2},
		{"keep_alive", "keep_alive", DATA_RUNNER, 2},
		{"prompt", "prompt_id", DATA_SAMPLING, 2},
		{"prompt_tokens", "prompt_tokens_asked", DATA_SAMPLING, 2},
		{"system", "system", DATA_SAMPLING, 3}};
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	unit_write_text("sweep.json",
		"{\"factors\":{\"server\":[\"a\",\"b\"],\"keep_alive\":[600,1800],"
		"\"prompt\":[\"p1\",\"p2\"],\"prompt_tokens\":[100,\"80%\"],"
		"\"system\":[{\"short\":\"In one word.\"},{\"long\":\"Explain.\"},\"none\"]},"
		"\"prompts\":[{\"id\":\"p1\",\"text\":\"x\",\"kind\":\"facts\",\"difficulty\":2},"
		"{\"id\":\"p2\",\"text\":\"y\"}],\"until\":0.02,\"budget\":3600,"
		"\"goodput\":{\"ttft_ms\":500},\"passes\":8}");
	unit_write_text("manifest.json",
		"{\"sessions\":[{\"end\":\"interrupted\"},"
		"{\"end\":\"enough\"}]}");
	assert_int_equal(dataset_from_run(&d, write_run(KIND_HEADER, lines, 5), &e), 0);
	assert_int_equal(d.nfactors, COUNTOF(wanted));
	for (size_t i = 0; i < COUNTOF(wanted); i++) {
		assert_string_equal(d.factors[i].name, wanted[i].name);
		assert_string_equal(d.factors[i].column, wanted[i].column);
		assert_int_equal(d.factors[i].stratum, wanted[i].stratum);
		assert_int_equal(d.factors[i].nlevels, wanted[i].nlevels);
	}
	assert_string_equal(d.factors[4].level[0], "short");
	assert_string_equal(d.cells[0].label,
		"server=a keep_alive=600 prompt=p1 prompt_tokens=100 system=short");
	assert_string_equal(d.suite[0].kind, "facts");
	assert_string_equal(d.suite[0].difficulty, "2");
	assert_null(d.suite[1].kind);
	assert_double(d.rows[0].rate, 2.5);
	assert_int_equal(d.rows[0].burst, 1);
	assert_true(isnan(d.rows[1].rate));
	assert_int_equal(d.rows[1].burst, 0); /* a single request */
	assert_int_equal(d.rows[2].burst, 2);
	assert_true(d.rows[3].overload);
	assert_false(d.rows[4].overload);
	assert_double(d.until, 0.02);
	assert_double(dataset_confidence(&d), 0.97);
	assert_double(d.budget_s, 3600);
	assert_double(d.goodput.ttft_ms, 500);
	assert_true(isnan(d.goodput.e2e_ms));
	assert_string_equal(d.ended, "enough"); /* of the last session */
	assert_int_equal(d.passes_planned, 8);
	assert_int_equal(dataset_passes_due(&d), d.passes_complete);
	dataset_release(&d);
}

/* A named level of a number keeps the number that was sent, and is a word all the same. */
static void test_named_numbers(void **state)
{
	static const char *const lines[] = {
		"r1,c1,0,1,l1,measure,small,p,ok,50,100", "r2,c2,1,1,l2,measure,9,p,ok,51,101"};
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	unit_write_text("sweep.json", "{\"factors\":{\"num_gpu\":[{\"small\":4},9]}}");
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 2), &e), 0);
	assert_string_equal(d.factors[0].level[0], "small");
	assert_true(isnan(d.factors[0].value[0]));
	assert_double(d.factors[0].sent[0], 4);
	assert_double(d.factors[0].sent[1], 9);
	assert_false(d.factors[0].numeric);
	dataset_release(&d);
}

/* What the manifest says was planned counts, whatever grid it was. */
static void test_planned(void **state)
{
	static const char *const lines[] = {"r1,c1,0,1,l1,measure,auto,p,ok,50,100",
		"r2,c1,0,2,l2,measure,auto,p,ok,51,101", "r3,c1,0,3,l3,measure,auto,p,ok,51,101"};
	static const char sweep[] = "{\"factors\":{\"num_gpu\":[\"auto\",9]},\"passes\":6,"
				    "\"sentinel\":true,\"exclude\":[\"num_gpu == 9\"]}";
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	unit_write_text("sweep.json", sweep);
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 3), &e), 0);
	assert_int_equal(d.planned_loads, 0); /* does not follow from the levels */
	dataset_release(&d);
	unit_write_text("manifest.json",
		"{\"planned\":{\"requests\":60,\"loads\":13,\"passes\":6},"
		"\"sessions\":[{\"end\":\"interrupted\"}]}");
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 3), &e), 0);
	assert_int_equal(d.planned_loads, 13);
	assert_int_equal(d.planned_requests, 60);
	dataset_release(&d);
	/* Three passes were enough: half of the requests, 3 blocks and 4 sentinels. */
	unit_write_text("manifest.json",
		"{\"planned\":{\"requests\":60,\"loads\":13,\"passes\":6},"
		"\"sessions\":[{\"end\":\"enough\"}]}");
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 3), &e), 0);
	assert_int_equal(d.planned_loads, 7);
	assert_int_equal(d.planned_requests, 30);
	dataset_release(&d);
}

/* A shard has every so many'th pass, and is complete with those. */
static void test_shard(void **state)
{
	static const char *const lines[] = {"r1,c1,0,2,l1,measure,auto,p,ok,50,100",
		"r2,c2,1,2,l2,measure,99,p,ok,51,101", "r3,c1,0,5,l3,measure,auto,p,ok,50,100",
		"r4,c2,1,5,l4,measure,99,p,ok,51,101"};
	static const struct {
		const char *shard;
		uint32_t planned, complete;
	} cases[] = {{"2/3", 2, 2}, {"3/3", 2, 2}, {"1/3", 3, 2}, {"4/3", 7, 2}, {"x", 7, 2}};
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char sweep[96];

		snprintf(sweep, sizeof(sweep),
			"{\"factors\":{\"num_gpu\":[\"auto\",99]},\"passes\":7,"
			"\"repeats\":14,\"shard\":\"%s\"}",
			cases[i].shard);
		unit_write_text("sweep.json", sweep);
		assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 4), &e), 0);
		assert_int_equal(d.passes_planned, cases[i].planned);
		assert_int_equal(d.passes_complete, cases[i].complete);
		assert_int_equal(dataset_cell_requests(&d), 2 * cases[i].planned);
		dataset_release(&d);
	}
	unit_write_text("sweep.json", "{\"passes\":7,\"shard\":\"2/3\"}");
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 4), &e), 0);
	assert_true(dataset_has_pass(&d, 2) && dataset_has_pass(&d, 5));
	assert_false(dataset_has_pass(&d, 1) || dataset_has_pass(&d, 3));
	dataset_release(&d);
}

static void test_incomplete_pass(void **state)
{
	static const char *const lines[] = {"r1,c1,0,1,l1,measure,auto,p,ok,50,100",
		"r2,c2,1,1,l2,measure,99,p,ok,51,101", "r3,c1,0,2,l3,measure,auto,p,ok,50,100",
		"r4,c2,1,2,l4,measure,99,p,timeout_total,,",
		"r5,c1,0,3,l5,measure,auto,p,ok,50,100"};
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	assert_int_equal(dataset_from_run(&d, write_run(HEADER, lines, 5), &e), 0);
	assert_int_equal(d.passes_complete, 2); /* a failed request was tried, a missing one not */
	dataset_release(&d);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *sweep, *manifest, *header, *line;
		enum err_code code;
		const char *says;
	} cases[] = {
		{NULL, NULL, HEADER, NULL, ERR_DATA, "no row"},
		{NULL, NULL, "run_id,cell_id,phase", "r,c,measure", ERR_JOURNAL,
			"no column status"},
		{"[]", NULL, HEADER, "r1,c1,0,1,l1,measure,auto,p,ok,50,100", ERR_JOURNAL,
			"sweep.json"},
		{"{\"factors\":[1]}", NULL, HEADER, "r1,c1,0,1,l1,measure,auto,p,ok,50,100",
			ERR_JOURNAL, "factors: expected an object"},
		{"{\"factors\":{\"num_gpu\":3}}", NULL, HEADER,
			"r1,c1,0,1,l1,measure,auto,p,ok,50,100", ERR_JOURNAL,
			"factors.num_gpu: expected an array"},
		{"{\"factors\":{\"num_gpu\":[[]]}}", NULL, HEADER,
			"r1,c1,0,1,l1,measure,auto,p,ok,50,100", ERR_JOURNAL, "factors.num_gpu[0]"},
		{"{\"factors\":{\"top_k\":[1]}}", NULL, HEADER,
			"r1,c1,0,1,l1,measure,auto,p,ok,50,100", ERR_JOURNAL,
			"no column for the factor top_k"},
		{NULL, "{", HEADER, "r1,c1,0,1,l1,measure,auto,p,ok,50,100", ERR_JOURNAL,
			"manifest.json"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct err e = ERR_INIT;
		struct dataset d;

		empty_folder(NULL);
		if (cases[i].sweep)
			unit_write_text("sweep.json", cases[i].sweep);
		if (cases[i].manifest)
			unit_write_text("manifest.json", cases[i].manifest);
		assert_int_equal(
			dataset_from_run(&d,
				write_run(cases[i].header, &cases[i].line, cases[i].line ? 1 : 0),
				&e),
			-1);
		assert_int_equal(e.code, cases[i].code);
		assert_contains(e.msg, cases[i].says);
	}
}

static void test_no_run_directory(void **state)
{
	struct err e = ERR_INIT;
	struct dataset d;

	(void)state;
	assert_int_equal(dataset_from_run(&d, unit_path("nowhere"), &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_int_equal(dataset_from_run(&d, unit_path("."), &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "no runs.csv");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_loads_and_plan),
		cmocka_unit_test(test_counting_rule),
		cmocka_unit_test(test_values),
		cmocka_unit_test_setup(test_nothing_but_rows, empty_folder),
		cmocka_unit_test_setup(test_levels, empty_folder),
		cmocka_unit_test_setup(test_kinds_of_factors, empty_folder),
		cmocka_unit_test_setup(test_named_numbers, empty_folder),
		cmocka_unit_test_setup(test_planned, empty_folder),
		cmocka_unit_test_setup(test_shard, empty_folder),
		cmocka_unit_test_setup(test_incomplete_pass, empty_folder),
		cmocka_unit_test_setup(test_refusals, empty_folder),
		cmocka_unit_test_setup(test_no_run_directory, empty_folder),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
