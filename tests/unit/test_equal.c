/* test_equal.c - throughput over equal lengths, from the arrival times of chunks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunks.h"
#include "dataset_build.h"
#include "hash.h"
#include "str.h"
#include "unit.h"

#define HEADER "run_id,attempt,first_us,gaps_us,user_stamped,row_crc\n"

static void add_line(struct str *text, const char *body)
{
	str_addf(text, "%s,%08x\n", body, crc32c(0, body, strlen(body)));
}

/* An answer of n pieces: the first ten gaps are `early` us, the others `late`. */
static void add_answer(struct str *text, unsigned id, unsigned n, unsigned early, unsigned late)
{
	struct str line = STR_INIT(1 << 20);

	str_addf(&line, "%016x,1,1000,", id);
	for (unsigned i = 0; i + 1 < n; i++)
		str_addf(&line, "%s%u", i ? " " : "", i < 10 ? early : late);
	str_add(&line, ",0");
	add_line(text, line.s);
	str_release(&line);
}

struct seen {
	size_t rows, gaps;
	double sum;
};

static void see(void *arg, const struct chunks_row *row)
{
	struct seen *s = arg;

	s->rows++;
	s->gaps += row->ngaps;
	for (size_t i = 0; i < row->ngaps; i++)
		s->sum += row->gap_us[i];
}

static void rows_that_do_not_count_are_passed_over(void **state)
{
	struct str text = STR_INIT(1 << 20);
	struct seen s = {0};
	struct err e = ERR_INIT;

	(void)state;
	str_add(&text, HEADER);
	add_answer(&text, 1, 4, 100, 100);
	str_add(&text, "0000000000000002,1,1,5 5,0,00000000\n"); /* its CRC does not fit */
	add_line(&text, "zz00000000000002,1,1,5 5,0");
	add_line(&text, "0000000000000003,0,1,5 5,0");
	add_line(&text, "0000000000000003,1,1,5 -5,0");
	add_line(&text, "0000000000000003,1,1,5 x,0");
	add_line(&text, "0000000000000003,1,1,5,0,7");
	add_line(&text, "0000000000000004,2,1,,0");      /* one piece, no gap */
	add_line(&text, "0000000000000006,1,1,7 ~ 3,0"); /* two came together */
	str_add(&text, "0000000000000005,1,1,5");
	assert_int_equal(chunks_read(unit_write_text("chunks.csv", text.s), see, &s, &e), 0);
	assert_int_equal(s.rows, 3);
	assert_int_equal(s.gaps, 6);
	assert_double(s.sum, 310);
	assert_int_equal(chunks_read(unit_write_text("x.csv", "a,b\n"), see, &s, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_int_equal(chunks_read("/nowhere/chunks.csv", see, &s, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	str_release(&text);
}

/* Ten answers in each of two cells, of so many tokens. */
static void make(struct dataset *d, struct data_row *rows, unsigned first, unsigned second)
{
	*d = (struct dataset){.metrics = metric_specs, .nmetrics = METRIC_COUNT};
	d->ncells = 2;
	d->rows = rows;
	d->nrows = 20;
	for (unsigned i = 0; i < 20; i++) {
		rows[i] = (struct data_row){.cell = i / 10,
			.run_id = i + 1,
			.attempt = 1,
			.counts = true,
			.ok = true,
			.output_tokens = i < 10 ? first : second};
		for (size_t m = 0; m < METRIC_MAX; m++)
			rows[i].metric[m] = NAN;
	}
}

static const char *write_answers(const struct data_row *rows)
{
	struct str text = STR_INIT(1 << 20);
	const char *path;

	str_add(&text, HEADER);
	for (unsigned i = 0; i < 20; i++)
		add_answer(&text, i + 1, (unsigned)rows[i].output_tokens, 10000, 20000);
	path = unit_write_text("chunks.csv", text.s);
	str_release(&text);
	return path;
}

/* Long answers are half as fast after their first ten tokens; over equal lengths they are not. */
static void lengths_that_differ_are_made_equal(void **state)
{
	struct data_row rows[20];
	struct dataset d;

	(void)state;
	make(&d, rows, 11, 41);
	build_equal_lengths(&d, write_answers(rows));
	assert_int_equal(d.equal_tokens, 11);
	for (unsigned i = 0; i < 20; i++)
		assert_true(fabs(rows[i].metric[METRIC_EQUAL] - 100) < 1e-9);
}

/* The longest that nine in ten reach: one short answer does not shorten it. */
static void nine_in_ten_reach_it(void **state)
{
	struct data_row rows[20];
	struct dataset d;

	(void)state;
	make(&d, rows, 31, 41);
	rows[0].output_tokens = 9;
	rows[1].output_tokens = 12;
	build_equal_lengths(&d, write_answers(rows));
	assert_int_equal(d.equal_tokens, 31);
	assert_true(isnan(rows[0].metric[METRIC_EQUAL]));
	assert_true(isnan(rows[1].metric[METRIC_EQUAL]));
	assert_true(fabs(rows[2].metric[METRIC_EQUAL] - 30e6 / 500000) < 1e-9);
}

static void it_is_left_out_where_it_says_nothing(void **state)
{
	struct data_row rows[20];
	struct dataset d;

	(void)state;
	make(&d, rows, 30, 30); /* one length */
	build_equal_lengths(&d, write_answers(rows));
	assert_int_equal(d.equal_tokens, 0);
	make(&d, rows, 5, 30); /* too short to have a rate */
	build_equal_lengths(&d, write_answers(rows));
	assert_int_equal(d.equal_tokens, 0);
	make(&d, rows, 20, 30);
	build_equal_lengths(&d, "/nowhere/chunks.csv");
	assert_int_equal(d.equal_tokens, 0);
	make(&d, rows, 20, 30); /* text was held back: pieces are not tokens */
	{
		const char *path = write_answers(rows);

		for (unsigned i = 0; i < 20; i++)
			rows[i].output_tokens += 3;
		build_equal_lengths(&d, path);
	}
	assert_int_equal(d.equal_tokens, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_that_do_not_count_are_passed_over),
		cmocka_unit_test(lengths_that_differ_are_made_equal),
		cmocka_unit_test(nine_in_ten_reach_it),
		cmocka_unit_test(it_is_left_out_where_it_says_nothing),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
