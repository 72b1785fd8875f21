/* test_corpus.c - files below a path become subjects with figures, each row once. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bug.h"
#include "corpus.h"
#include "rng.h"
#include "str.h"
#include "unit.h"

static void read_tree(struct corpus *c, unsigned threads)
{
	const struct corpus_options o = {.threads = threads};
	const char *paths[] = {unit_path("")};
	struct err e = ERR_INIT;

	if (corpus_read(c, paths, 1, &o, &e))
		fail_msg("%s", e.msg);
}

static void fresh(void)
{
	unit_tmpdir_remove();
	unit_tmpdir();
}

static const struct corpus_subject *subject(const struct corpus *c, const char *name)
{
	for (size_t i = 0; i < c->nsubjects; i++) {
		if (strcmp(c->subjects[i].name, name) == 0)
			return &c->subjects[i];
	}
	fail_msg("there is no subject %s", name);
	return NULL;
}

static const struct corpus_measure *measure(const struct corpus_subject *s, const char *quantity)
{
	for (size_t i = 0; i < s->nmeasures; i++) {
		if (strcmp(s->measures[i].quantity, quantity) == 0)
			return &s->measures[i];
	}
	fail_msg("%s has no %s", s->name, quantity);
	return NULL;
}

#define HEAD   "model,ttft_s,tokens_per_s,load_s,error\n"
#define COLD   "m:1b,2.5,40.1,2.2,\n"
#define WARM1  "m:1b,0.125,41.25,0.1,\n"
#define WARM2  "m:1b,0.135,42.75,0.11,\n"
#define WARM3  "m:1b,0.145,43.5,0.09,\n"
#define FAILED "m:1b,0,0,0,\"refused, twice\"\n"

static void rows_by_model(void **state)
{
	struct corpus c;
	const struct corpus_subject *s;

	(void)state;
	fresh();
	unit_write_text("a.csv", HEAD COLD WARM1 WARM2 WARM3 FAILED "n:2b,0.5,10,0.3,\n");
	read_tree(&c, 1);
	assert_int_equal(c.nsubjects, 2);
	s = subject(&c, "m:1b");
	assert_int_equal(s->rows, 4);
	assert_int_equal(s->failed, 1);
	assert_int_equal(s->cold, 1);
	assert_true(s->load_known);
	assert_string_equal(s->failures[0].why, "refused, twice");
	assert_int_equal(s->failures[0].first.first, 6); /* the header is line 1 */
	assert_int_equal(measure(s, "ttft")->warm.n, 3);
	assert_double(measure(s, "ttft")->warm.v[0], 125);
	assert_int_equal(measure(s, "ttft")->cold.n, 1);
	assert_string_equal(measure(s, "ttft")->unit, "ms");
	assert_int_equal(measure(s, "throughput")->better, 1);
	assert_int_equal(s->nplaces, 1);
	assert_int_equal(s->places[0].first, 2);
	assert_int_equal(s->places[0].last, 6); /* the failed row too */
	assert_int_equal(s->places[0].n, 5);
	assert_int_equal(c.zeros, 1);
	corpus_release(&c);
}

/* JSON of the same rows, a file that holds them all and more, and the same bytes again. */
static void each_row_once(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("a.csv", HEAD COLD WARM1 WARM2 FAILED);
	unit_write_text("b.json",
		"{\"model\":\"m:1b\",\"results\":[{\"ttft_s\":2.5,\"tokens_per_s\":40.1},"
		"{\"ttft_s\":0.125,\"tokens_per_s\":41.25},{\"ttft_s\":0.135,\"tokens_per_s\":42."
		"75}]}");
	unit_write_text("c.csv", HEAD COLD WARM1 WARM2 WARM3 FAILED);
	unit_write_text("d.csv", HEAD COLD WARM1 WARM2 FAILED);
	read_tree(&c, 1);
	assert_int_equal(subject(&c, "m:1b")->rows, 4);
	assert_int_equal(subject(&c, "m:1b")->failed, 1);
	assert_int_equal(c.copies, 3 + 4 + 4);
	assert_int_equal(c.tables[1].use, CORPUS_COPY);
	assert_int_equal(c.tables[2].copy_of, 0);
	assert_int_equal(c.tables[2].copies, 4);
	assert_int_equal(c.files[3].copy_of, 0);
	corpus_release(&c);
}

/* Two rows by chance alike do not make a copy. */
static void likeness_is_no_copy(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("a.csv", HEAD WARM1 WARM2 "m:1b,0.2,50,0.1,\nm:1b,0.3,51,0.1,\n");
	unit_write_text("b.csv", HEAD WARM1 WARM2 "m:1b,0.4,52,0.1,\nm:1b,0.6,53,0.1,\n");
	read_tree(&c, 1);
	assert_int_equal(subject(&c, "m:1b")->rows, 8);
	assert_int_equal(c.copies, 0);
	corpus_release(&c);
}

/* Whole numbers are soon alike: rows of two models, or of two devices, are no copies. */
static void rows_of_two_are_no_copies(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text(
		"a.csv", "model,latency_ms,tokens_per_s\nm:1b,20,50\nm:1b,21,49\nm:1b,22,48\n");
	unit_write_text(
		"b.csv", "model,latency_ms,tokens_per_s\nn:1b,20,50\nn:1b,21,49\nn:1b,22,48\n");
	unit_write_text("c.csv", "latency_ms,tokens_per_s\n20,50\n21,49\n22,48\n"); /* of anybody */
	read_tree(&c, 1);
	assert_int_equal(subject(&c, "m:1b")->rows, 3);
	assert_int_equal(subject(&c, "n:1b")->rows, 3);
	assert_int_equal(c.tables[2].use, CORPUS_COPY);
	corpus_release(&c);
}

/* A thousand equal rows say no more than one. */
static void equal_rows_tell_once(void **state)
{
	struct str text = STR_INIT(1 << 20);
	struct corpus c;

	(void)state;
	fresh();
	str_add(&text, "latency_ms,tokens_per_s\n");
	for (int i = 0; i < 100; i++)
		str_add(&text, "20,50\n");
	for (int i = 0; i < 10; i++)
		str_addf(&text, "%d,50\n", 30 + i);
	unit_write_text("a.csv", text.s);
	str_reset(&text);
	str_add(&text, "latency_ms,tokens_per_s\n");
	for (int i = 0; i < 100; i++)
		str_add(&text, "20,50\n");
	for (int i = 0; i < 10; i++)
		str_addf(&text, "%d,50\n", 60 + i);
	unit_write_text("b.csv", text.s);
	str_release(&text);
	read_tree(&c, 1);
	assert_int_equal(c.copies, 0);
	corpus_release(&c);
}

/* Files that get their model from one that only tells figures of it are one subject. */
static void two_files_of_a_told_model(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("elk_base.json", "{\"model\":\"elk:3b\",\"mean_ttft_s\":0.5,\"runs\":7}");
	unit_write_text("elk_one.csv", "ttft_s,tokens_per_s\n0.7,21\n0.8,22\n");
	unit_write_text("elk_two.csv", "ttft_s,tokens_per_s\n0.9,23\n0.6,24\n");
	read_tree(&c, 1);
	assert_int_equal(c.nsubjects, 1);
	assert_int_equal(subject(&c, "elk:3b")->rows, 4);
	corpus_release(&c);
}

/* JSON lines under another name, longer than a part, beside others: nobody waits for ever. */
static void long_lines_named_json(void **state)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	struct corpus c;

	(void)state;
	fresh();
	str_add(&text, "{\"model\":\"m\",\"note\":\"");
	for (int i = 0; i < 1200; i++)
		str_addc(&text, 'x');
	str_add(&text, "\",\"ttft_ms\":99,\"tokens_per_s\":9}\n");
	for (int i = 0; i < 260000; i++)
		str_addf(&text, "{\"ttft_ms\":%d.5,\"tokens_per_s\":%d}\n", 100 + i % 1000,
			10 + i / 1000);
	for (char name[] = "a.json"; name[0] < 'e'; name[0]++) {
		text.s[text.len - 3] = (char)('0' + name[0] - 'a'); /* no two of the same bytes */
		unit_write_text(name, text.s);
	}
	str_release(&text);
	read_tree(&c, 4);
	assert_int_equal(c.by_kind[TREE_JSON] + c.by_kind[TREE_JSONL], 4);
	assert_int_equal(c.rows, 4 * 260001);
	corpus_release(&c);
}

static void precision_of_a_decimal_comma(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("a.csv",
		"model;runs;mean_ttft_ms;mean_tokens_per_s\nm:1b;5;12,99;40,5\nn:1b;5;1,3e2;41,"
		"25\n");
	read_tree(&c, 1);
	assert_int_equal(c.ntold, 4);
	assert_double(c.told[0].value, 12.99);
	assert_double(c.told[0].precision, 0.005);
	assert_double(c.told[2].precision, 5);
	corpus_release(&c);
}

/* More told figures than are kept: they are counted. */
static void too_many_told(void **state)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	struct corpus c;

	(void)state;
	fresh();
	str_add(&text, "model,runs,mean_ttft_ms,mean_tokens_per_s\n");
	for (int i = 0; i < 15000; i++)
		str_addf(&text, "m%d,5,%d.5,40\n", i % 50, 100 + i);
	unit_write_text("a.csv", text.s);
	unit_write_text("b.csv", "model,runs,mean_ttft_ms\nz,5,7\nz,5,8\n");
	str_release(&text);
	read_tree(&c, 1);
	assert_int_equal(c.ntold, CORPUS_MOST_TOLD);
	assert_int_equal(c.told_beyond, 15000 - CORPUS_MOST_TOLD / 2 + 2);
	corpus_release(&c);
}

/* As a server of Ollama's answers: tokens and nanoseconds. */
static void a_rate_from_tokens_and_time(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("a.jsonl",
		"{\"model\":\"m\",\"eval_count\":101,\"eval_duration\":2000000000}\n"
		"{\"model\":\"m\",\"eval_count\":7,\"eval_duration\":100000000}\n");
	read_tree(&c, 1);
	assert_int_equal(measure(subject(&c, "m"), "throughput")->warm.n, 1);
	assert_double(measure(subject(&c, "m"), "throughput")->warm.v[0], 50);
	assert_int_equal(measure(subject(&c, "m"), "decode")->warm.n, 2);
	assert_contains(c.notes[0].why, "no throughput");
	corpus_release(&c);
}

/* A file for each answer: which of them paid for a load shows when they are seen together. */
static void a_file_for_each_answer(void **state)
{
	struct corpus c;
	char name[40], text[200];

	(void)state;
	fresh();
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "a%d.json", i);
		snprintf(text, sizeof(text),
			"{\"model\":\"m\",\"eval_count\":%d,\"eval_duration\":2000000000,"
			"\"load_duration\":%d}",
			100 + i, i == 2 ? 2100000000 : 12000000 + i);
		unit_write_text(name, text);
	}
	read_tree(&c, 2);
	assert_int_equal(subject(&c, "m")->rows, 8);
	assert_int_equal(subject(&c, "m")->cold, 1);
	assert_int_equal(measure(subject(&c, "m"), "throughput")->warm.n, 7);
	assert_double(measure(subject(&c, "m"), "throughput")->cold.v[0], 50.5);
	corpus_release(&c);
}

static void fewer_digits_are_a_copy(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("a.csv",
		"model,latency_ms,tokens_per_s\nm,123.4567,41.25123\nm,133.1234,42.75456\n"
		"m,143.9876,43.51789\n");
	unit_write_text("b.csv",
		"model,latency_ms,tokens_per_s\nm,123.46,41.25\nm,133.12,42.75\nm,143.99,43.52\n");
	read_tree(&c, 1);
	assert_int_equal(subject(&c, "m")->rows, 3);
	assert_int_equal(c.tables[1].use, CORPUS_COPY);
	corpus_release(&c);
}

static void a_model_from_beside(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("elk_base.json",
		"{\"model\":\"elk:3b\",\"results\":["
		"{\"ttft_s\":0.5,\"tokens_per_s\":20.5},"
		"{\"ttft_s\":0.6,\"tokens_per_s\":20.75}]}");
	unit_write_text(
		"elk_tuning.csv", "num_ctx,ttft_s,tokens_per_s\n1024,0.7,21\n2048,0.8,22\n");
	unit_write_text("other.csv", "num_ctx,ttft_s,tokens_per_s\n1024,0.9,31\n2048,0.95,32\n");
	read_tree(&c, 1);
	assert_int_equal(subject(&c, "elk:3b")->rows, 4);
	assert_string_equal(subject(&c, "elk:3b")->model_from, "elk_base.json");
	assert_int_equal(subject(&c, "other")->rows, 2);
	assert_null(subject(&c, "other")->model);
	assert_int_equal(c.nsettings, 1);
	assert_int_equal(c.settings[0].nlevels, 2);
	assert_int_equal(c.settings[0].n[1], 2);
	corpus_release(&c);
}

/* Figures of others are told, not pooled; failed ones are no figures. */
static void aggregates_are_told(void **state)
{
	struct corpus c;

	(void)state;
	fresh();
	unit_write_text("a.csv", HEAD WARM1 WARM2);
	unit_write_text(
		"b.md", "# Results\n\n| model | mean TTFT (ms) |\n|---|---|\n| m:1b | 130.0 |\n");
	read_tree(&c, 1);
	assert_int_equal(subject(&c, "m:1b")->rows, 2);
	assert_int_equal(c.ntold, 1);
	assert_string_equal(c.told[0].quantity, "ttft");
	assert_int_equal(c.told[0].stat, STAT_MEAN);
	assert_double(c.told[0].value, 130);
	assert_double(c.told[0].precision, 0.05);
	assert_int_equal(c.told[0].place.first, 5);
	assert_int_equal(c.hash_lines, 1);
	corpus_release(&c);
}

static void write_many(size_t files)
{
	struct rng r;

	rng_init(&r, 5, "test");
	for (size_t i = 0; i < files; i++) {
		struct str text = STR_INIT(1 << 20);
		char name[40];

		str_add(&text, "model,num_ctx,ttft_ms,tokens_per_s,error\n");
		for (int row = 0; row < 40; row++)
			str_addf(&text, "m%llu,%d,%.3f,%.3f,%s\n",
				(unsigned long long)rng_below(&r, 5), 1024 << rng_below(&r, 3),
				50 + rng_uniform(&r), 20 + rng_uniform(&r),
				rng_below(&r, 20) ? "" : "no");
		snprintf(name, sizeof(name), "f%03zu.csv", i % 7 == 6 ? i - 1 + 500 : i);
		unit_write_text(name, text.s);
		if (i % 7 == 3) /* the same bytes again */
			unit_write_text("z.csv", text.s);
		str_release(&text);
	}
}

/* What comes out does not depend on how many threads read. */
static void any_number_of_threads(void **state)
{
	struct corpus one, many;

	(void)state;
	fresh();
	write_many(60);
	read_tree(&one, 1);
	for (unsigned threads = 2; threads <= 8; threads += 3) {
		read_tree(&many, threads);
		assert_int_equal(one.nsubjects, many.nsubjects);
		assert_int_equal(one.copies, many.copies);
		assert_int_equal(one.ntables, many.ntables);
		for (size_t i = 0; i < one.nsubjects; i++) {
			const struct corpus_measure *a = measure(&one.subjects[i], "ttft");
			const struct corpus_measure *b = measure(&many.subjects[i], "ttft");

			assert_string_equal(one.subjects[i].name, many.subjects[i].name);
			assert_int_equal(one.subjects[i].failed, many.subjects[i].failed);
			assert_int_equal(a->warm.n, b->warm.n);
			assert_memory_equal(a->warm.v, b->warm.v, a->warm.n * sizeof(*a->warm.v));
		}
		corpus_release(&many);
	}
	corpus_release(&one);
}

/* A table of more rows than are held at a time. */
static void a_long_table(void **state)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	struct corpus c;

	(void)state;
	fresh();
	str_add(&text, "model,ttft_ms,tokens_per_s\n");
	for (int i = 0; i < 600000; i++)
		str_addf(&text, "m,%d.5,%d\n", 100 + i % 1000, 10 + i / 1000);
	unit_write_text("long.csv", text.s);
	unit_write_text("short.csv", "model,ttft_ms,tokens_per_s\nm,1,2\nm,3,4\n");
	str_release(&text);
	read_tree(&c, 2);
	assert_int_equal(c.ntables, 2);
	assert_int_equal(c.tables[0].rows, 600000);
	assert_int_equal(c.copies, 0);
	assert_int_equal(subject(&c, "m")->rows, 600002);
	assert_int_equal(measure(subject(&c, "m"), "ttft")->warm.n, 600002);
	assert_int_equal(subject(&c, "m")->places[0].last, 600001);
	corpus_release(&c);
}

static void what_is_refused(void **state)
{
	const struct corpus_options o = {0};
	const char *paths[] = {unit_path("nowhere")};
	struct corpus c;
	struct err e = ERR_INIT;

	(void)state;
	fresh();
	assert_int_equal(corpus_read(&c, paths, 1, &o, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "nowhere");
	unit_write_text("a.csv", "colour,shape\nred,round\n");
	paths[0] = unit_path("");
	assert_int_equal(corpus_read(&c, paths, 1, &o, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.hint, "a.csv: no measure");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_by_model),
		cmocka_unit_test(each_row_once),
		cmocka_unit_test(likeness_is_no_copy),
		cmocka_unit_test(rows_of_two_are_no_copies),
		cmocka_unit_test(equal_rows_tell_once),
		cmocka_unit_test(two_files_of_a_told_model),
		cmocka_unit_test(long_lines_named_json),
		cmocka_unit_test(precision_of_a_decimal_comma),
		cmocka_unit_test(too_many_told),
		cmocka_unit_test(a_rate_from_tokens_and_time),
		cmocka_unit_test(a_file_for_each_answer),
		cmocka_unit_test(fewer_digits_are_a_copy),
		cmocka_unit_test(a_model_from_beside),
		cmocka_unit_test(aggregates_are_told),
		cmocka_unit_test(any_number_of_threads),
		cmocka_unit_test(a_long_table),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
