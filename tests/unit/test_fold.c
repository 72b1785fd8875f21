/* test_fold.c - the fold of a run against sums over its rows. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "fold.h"
#include "quality.h"
#include "splitplot.h"
#include "unit.h"

struct fixture {
	struct dataset d;
	struct fold own;
	const struct fold *f;
};

/* Of the kernel but every fourth; of a thirteenth nothing is recorded. */
static struct data_client client_of(size_t i)
{
	if (i % 13 == 12)
		return (struct data_client){.stamp_bound_us = NAN,
			.send_us = NAN,
			.cpu_share = NAN,
			.gaps = DATA_NONE,
			.unresolved = DATA_NONE,
			.multi_line_reads = DATA_NONE,
			.streams = DATA_NONE};
	return (struct data_client){.stamp_bound_us = i % 5 ? 0 : (double)i,
		.send_us = (double)(i % 120),
		.cpu_share = (double)(i % 9) / 10,
		.gaps = 15,
		.unresolved = i % 2,
		.multi_line_reads = i % 4,
		.streams = (uint32_t)(i % 60),
		.dated = i % 4 == 3 ? DATED_USER : DATED_KERNEL};
}

/* 4 x 3 cells, 2 prompts; suspect and failed rows, a paid load, answers, a second session. */
static void make(struct fixture *x)
{
	const struct splitplot c = {.contexts = 4,
		.gpus = 1,
		.temperatures = 3,
		.prompts = 2,
		.passes = 3,
		.per_pass = 3,
		.sd_request = 0.1,
		.sd_load = 0.05};
	struct rng r;

	rng_init(&r, 21, "fold");
	splitplot_make(&x->d, &c, &r);
	for (size_t i = 0; i < x->d.nrows; i++) {
		struct data_row *row = &x->d.rows[i];

		row->session = i < 100 ? 1 : 4000000000u;
		row->answer = i % 5;
		row->prompt_tokens = 30 + (double)(i % 7);
		row->loop_lag_us = (double)(i % 11);
		row->prompt_eval_ms = 1;
		row->client_queue_ms = 0.5 * (double)(i % 3);
		row->client = client_of(i);
		row->metric[METRIC_LOAD] = 2;
		if (i % 4 == 0)
			row->validity = ROW_SUSPECT;
		if (i % 3)
			row->metric[METRIC_SCORE] = i % 2;
		if (i % 10 == 9) {
			row->ok = i % 20 == 9;
			row->paid_load = row->ok;
			row->counts = false;
			row->status = !row->ok;
		}
	}
	x->f = fold_of(&x->d, &x->own);
}

static void release(struct fixture *x)
{
	fold_release(&x->own);
	dataset_release(&x->d);
}

static bool is_in(const struct fold_group *g, const struct data_row *r)
{
	return r->counts && r->load == g->load && r->cell == g->cell && r->burst == g->burst &&
		r->prompt == g->prompt;
}

static void close_to(double got, double want, double part)
{
	if (!(fabs(got - want) <= part * fmax(1e-300, fabs(want))))
		fail_msg("%.17g is not %.17g", got, want);
}

static void check_group(const struct fixture *x, size_t i, size_t metric, bool valid_only)
{
	const struct fold_group *g = fold_group(x->f, i);
	struct fold_moments m = fold_group_moments(x->f, i, metric, valid_only);
	double n = 0, sum = 0, square = 0;
	bool log_scale = x->d.metrics[metric].log;

	for (int round = 0; round < 2; round++) {
		for (size_t k = 0; k < x->d.nrows; k++) {
			const struct data_row *r = &x->d.rows[k];
			double y = r->metric[metric];

			if (!is_in(g, r) || !isfinite(y) ||
				(valid_only && r->validity == ROW_SUSPECT))
				continue;
			y = log_scale ? log(y) : y;
			n += round == 0;
			sum += round == 0 ? y : 0;
			square += round ? (y - sum / n) * (y - sum / n) : 0;
		}
	}
	assert_int_equal(m.n, n);
	if (n > 0)
		close_to(m.mean, sum / n, 1e-13);
	assert_true(fabs(m.ss - square) < 1e-12);
}

static void test_groups(void **state)
{
	static const size_t metrics[] = {METRIC_DECODE, METRIC_TTFT, METRIC_SCORE, METRIC_TPOT};
	struct fixture x;
	uint32_t rows = 0;

	(void)state;
	make(&x);
	assert_int_equal(x.f->ngroups, 4 * 3 * 3 * 2);
	for (size_t i = 0; i < x.f->ngroups; i++) {
		const struct fold_group *g = fold_group(x.f, i), *last = NULL;

		rows += g->rows;
		assert_int_equal(g->pass, x.d.loads[g->load].pass);
		if (i > 0) {
			last = fold_group(x.f, i - 1);
			assert_true(last->load < g->load ||
				(last->load == g->load &&
					(last->cell < g->cell ||
						(last->cell == g->cell &&
							last->prompt < g->prompt))));
		}
		for (size_t m = 0; m < COUNTOF(metrics); m++) {
			check_group(&x, i, metrics[m], false);
			check_group(&x, i, metrics[m], true);
		}
	}
	assert_int_equal(rows, x.f->counted);
	assert_null(x.f->all[METRIC_TPOT]); /* no row has it, and it takes no room */
	release(&x);
}

static void test_cells_and_loads(void **state)
{
	struct fixture x;

	(void)state;
	make(&x);
	for (uint32_t c = 0; c < x.d.ncells; c++) {
		const struct fold_cell *cell = &x.f->cells[c];
		uint32_t rows = 0, counted = 0, suspect = 0, paid = 0, failed = 0;

		for (size_t i = 0; i < x.d.nrows; i++) {
			const struct data_row *r = &x.d.rows[i];

			if (r->cell != c)
				continue;
			rows++;
			counted += r->counts;
			suspect += r->counts && r->validity == ROW_SUSPECT;
			paid += r->ok && r->paid_load;
			failed += !r->ok;
		}
		assert_int_equal(cell->rows, rows);
		assert_int_equal(cell->counted, counted);
		assert_int_equal(cell->suspect, suspect);
		assert_int_equal(cell->paid_load, paid);
		assert_int_equal(cell->failed, failed);
		assert_int_equal(cell->nby_status, failed > 0);
		assert_int_equal(cell->value[METRIC_DECODE]->n, counted);
		assert_null(cell->value[METRIC_E2E]);
	}
	for (uint32_t l = 0; l < x.d.nloads; l++) {
		double sum = 0, n = 0, tokens = 0;

		for (size_t i = 0; i < x.d.nrows; i++) {
			const struct data_row *r = &x.d.rows[i];

			if (!r->counts || r->load != l)
				continue;
			n++;
			sum += r->started_s - 1.8e9;
			tokens = fmax(tokens, r->prompt_tokens);
		}
		assert_int_equal(x.f->loads[l].rows, n);
		close_to(x.f->loads[l].first_s - 1.8e9 + x.f->loads[l].since_s / n, sum / n, 1e-9);
		assert_double(x.f->loads[l].prompt_tokens, tokens);
	}
	release(&x);
}

static void test_run(void **state)
{
	struct fixture x;
	struct values all;
	uint64_t failed = 0, right = 0, graded = 0;

	(void)state;
	make(&x);
	for (size_t i = 0; i < x.d.nrows; i++) {
		const struct data_row *r = &x.d.rows[i];

		failed += !r->ok;
		graded += r->counts && isfinite(r->metric[METRIC_SCORE]);
		right += r->counts && r->metric[METRIC_SCORE] == 1;
	}
	assert_int_equal(x.f->rows, 216);
	assert_int_equal(x.f->measured, 216);
	assert_int_equal(x.f->failed, failed);
	assert_int_equal(x.f->failed_by[1], failed);
	assert_int_equal(x.f->failed_by[0], 0);
	assert_int_equal(x.f->graded, graded);
	assert_int_equal(x.f->graded_right, right);
	assert_double(x.f->graded_sum, (double)right);
	assert_int_equal(x.f->most_pass, 3);
	assert_true(x.f->interleaved);
	assert_int_equal(x.f->nsessions, 2); /* whatever numbers they have */
	assert_int_equal(x.f->lag.n, x.f->ok);
	assert_int_equal(x.f->gap.n, x.f->counted);
	assert_true(x.f->prompt_met[0] && x.f->prompt_met[1]);
	fold_values(x.f, METRIC_TTFT, &all);
	assert_int_equal(all.n, x.f->counted);
	assert_int_equal(x.f->paid[METRIC_TTFT]->n + all.n, x.f->ok);
	assert_null(x.f->other[METRIC_TTFT]);
	values_release(&all);
	release(&x);
}

/* Of one row, added to what is known of those before. */
struct sums_of_client {
	uint64_t answered, known, kernel, exact, bounded, user, near, unresolved, reads;
	double bound, wire;
	uint32_t streams;
};

static void add_to_sums(struct sums_of_client *s, const struct data_client *r)
{
	bool kernel = r->dated == DATED_KERNEL;

	s->answered++;
	if (r->dated == DATED_UNKNOWN)
		return;
	s->known++;
	s->kernel += kernel;
	s->user += r->dated == DATED_USER;
	s->exact += kernel && r->stamp_bound_us == 0;
	s->bounded += kernel && r->stamp_bound_us > 0;
	s->bound = kernel ? fmax(s->bound, r->stamp_bound_us) : s->bound;
	s->near += r->stamp_bound_us + r->send_us <= 100;
	s->wire = fmax(s->wire, r->stamp_bound_us + r->send_us);
	s->unresolved += r->unresolved;
	s->reads += r->multi_line_reads;
	s->streams = r->streams > s->streams ? r->streams : s->streams;
}

/* Of all requests that were answered, whether they count or not. */
static void test_client(void **state)
{
	struct sums_of_client s = {0};
	const struct fold_client *c;
	struct fixture x;

	(void)state;
	make(&x);
	c = &x.f->client;
	for (size_t i = 0; i < x.d.nrows; i++) {
		if (x.d.rows[i].ok)
			add_to_sums(&s, &x.d.rows[i].client);
	}
	assert_true(s.answered > s.known && s.bounded > 0 && s.near < s.known);
	assert_int_equal(c->answered, s.answered);
	assert_int_equal(c->dated[DATED_KERNEL], s.kernel);
	assert_int_equal(c->dated[DATED_USER], s.user);
	assert_int_equal(c->dated[DATED_UNKNOWN], s.answered - s.known);
	assert_int_equal(c->kernel_exact, s.exact);
	assert_int_equal(c->kernel_bounded, s.bounded);
	assert_double(c->kernel_bound_us, s.bound);
	assert_int_equal(c->user_bound_us.n, s.user);
	assert_int_equal(c->wire_rows, s.known);
	assert_int_equal(c->wire_near, s.near);
	assert_double(c->wire_us, s.wire);
	assert_int_equal(c->queue_ms.n, s.answered);
	assert_double(c->queue_ms.max, 1);
	assert_int_equal(c->send_us.n, s.known);
	assert_int_equal(c->cpu_share.n, s.known);
	assert_int_equal(c->gap_rows, s.known);
	assert_int_equal(c->gaps, 15 * s.known);
	assert_int_equal(c->unresolved, s.unresolved);
	assert_int_equal(c->read_rows, s.known);
	assert_int_equal(c->multi_line_reads, s.reads);
	assert_int_equal(c->streams, s.streams);
	release(&x);
}

/* Answers in any order of suspect rows and others: the first counts, and one that differs shows. */
static void test_answers(void **state)
{
	struct fixture x;
	struct quality q;

	(void)state;
	make(&x);
	for (size_t valid_only = 0; valid_only < 2; valid_only++) {
		quality_read(&q, &x.d, valid_only);
		for (uint32_t c = 0; c < x.d.ncells; c++) {
			for (uint32_t p = 0; p < 2; p++) {
				double sum = 0, n = 0;

				for (size_t i = 0; i < x.d.nrows; i++) {
					const struct data_row *r = &x.d.rows[i];

					if (!r->counts || r->cell != c || r->prompt != p ||
						!isfinite(r->metric[METRIC_SCORE]) ||
						(valid_only && r->validity == ROW_SUSPECT))
						continue;
					sum += r->metric[METRIC_SCORE];
					n++;
				}
				if (n > 0)
					close_to(quality_score(&q, c, p), sum / n, 1e-14);
				else
					assert_true(isnan(quality_score(&q, c, p)));
				assert_int_equal(q.answers[c * 2 + p], n);
			}
		}
		quality_release(&q);
	}
	release(&x);
}

/* Cells met in another order than the one they end in. */
static void test_renumber(void **state)
{
	uint32_t cell_of[13];
	struct fold other;
	struct fixture x;

	(void)state;
	make(&x);
	fold_init(&other, &x.d, false);
	cell_of[12] = DATA_NONE;
	for (uint32_t c = 0; c < 12; c++)
		cell_of[(c * 5 + 3) % 12] = c;
	for (size_t i = 0; i < x.d.nrows; i++) {
		struct data_row r = x.d.rows[i];

		r.cell = (r.cell * 5 + 3) % 12;
		fold_row(&other, &r);
	}
	fold_renumber(&other, cell_of, 13);
	fold_finish(&other, &x.d);
	assert_int_equal(other.ngroups, x.f->ngroups);
	for (size_t i = 0; i < other.ngroups; i++) {
		struct fold_moments a = fold_group_moments(&other, i, METRIC_DECODE, false);
		struct fold_moments b = fold_group_moments(x.f, i, METRIC_DECODE, false);

		assert_int_equal(fold_group(&other, i)->cell, fold_group(x.f, i)->cell);
		assert_int_equal(a.n, b.n);
		assert_double(a.mean, b.mean);
		assert_double(a.ss, b.ss);
	}
	for (size_t c = 0; c < 12; c++) {
		assert_int_equal(other.cells[c].counted, x.f->cells[c].counted);
		assert_double(values_quantile(other.cells[c].value[METRIC_TTFT], 0, 0.5),
			values_quantile(x.f->cells[c].value[METRIC_TTFT], 0, 0.5));
	}
	for (size_t i = 0; i < other.nanswers; i++)
		assert_int_equal(other.answers[i].cell, x.f->answers[i].cell);
	fold_release(&other);
	release(&x);
}

/* Histograms change percentiles by a tenth of a percent, and nothing else. */
static void test_histogram(void **state)
{
	struct fold counted;
	struct fixture x;

	(void)state;
	make(&x);
	fold_init(&counted, &x.d, true);
	for (size_t i = 0; i < x.d.nrows; i++)
		fold_row(&counted, &x.d.rows[i]);
	fold_finish(&counted, &x.d);
	for (size_t c = 0; c < 12; c++) {
		const struct values *a = x.f->cells[c].value[METRIC_DECODE];
		const struct values *b = counted.cells[c].value[METRIC_DECODE];

		assert_int_equal(a->n, b->n);
		close_to(b->mean, a->mean, 1e-14);
		close_to(b->ss, a->ss, 1e-11);
		for (int p = 0; p <= 10; p++)
			close_to(values_quantile(b, 0, p / 10.0), values_quantile(a, 0, p / 10.0),
				VALUES_HISTOGRAM_ERROR);
	}
	for (size_t i = 0; i < counted.ngroups; i++)
		assert_double(fold_group_moments(&counted, i, METRIC_TTFT, false).mean,
			fold_group_moments(x.f, i, METRIC_TTFT, false).mean);
	fold_drop(&counted, METRIC_DECODE);
	assert_null(counted.cells[3].value[METRIC_DECODE]);
	assert_int_equal(fold_group_moments(&counted, 0, METRIC_DECODE, false).n, 0);
	fold_release(&counted);
	release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_cells_and_loads),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_renumber),
		cmocka_unit_test(test_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
