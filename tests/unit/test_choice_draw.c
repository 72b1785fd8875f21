/* test_choice_draw.c - what is drawn has the covariance that the set which holds the best rests on,
 * the correlation that was put into the rows, and scores that are paired by question. */
#include <math.h>
#include <stdlib.h>

#include "analysed.h"
#include "bug.h"
#include "choice_parts.h"
#include "fold.h"
#include "unit.h"

#define CELLS 6
#define DRAWS 20000

/* A run with its strata, and what is drawn for it. */
struct drawn {
	struct dataset d;
	struct summary s; /* its arena */
	struct effective eff;
	struct strata strata[METRIC_COUNT];
	struct choice c;
	struct choice_setting settings[CELLS];
	double mean[CELLS][3];
	struct choice_chance h;
	double noise[CELLS * 3];
};

static void open_drawn(struct drawn *t, size_t naxes, const enum metric *axes)
{
	struct alias_finding *aliases;
	size_t n;

	t->s.data = &t->d;
	t->s.fold = t->d.fold = fold_of(&t->d, t->s.own = xcalloc(1, sizeof(*t->s.own)));
	effective_find(&t->eff, &t->d, &t->s.arena, &aliases, &n);
	t->c = (struct choice){.settings = t->settings, .n = CELLS, .naxes = naxes};
	for (uint32_t i = 0; i < CELLS; i++)
		t->settings[i] =
			(struct choice_setting){.setting = i, .cell = i, .mean = t->mean[i]};
	for (size_t a = 0; a < naxes; a++) {
		t->c.axis[a] = (struct choice_axis){.metric = axes[a], .better = 1, .weight = 1};
		if (axes[a] != METRIC_SCORE)
			strata_fit(
				&t->strata[axes[a]], &t->d, &t->eff, axes[a], false, &t->s.arena);
	}
	assert_null(choice_chance_init(&t->h, &t->c, &t->s, &t->eff, t->strata));
}

static void close_drawn(struct drawn *t)
{
	choice_chance_release(&t->h);
	for (size_t a = 0; a < t->c.naxes; a++) {
		if (t->c.axis[a].metric != METRIC_SCORE)
			strata_release(&t->strata[t->c.axis[a].metric]);
	}
	t->d.fold = NULL; /* the summary's */
	summary_release(&t->s);
	dataset_release(&t->d);
}

static struct splitplot grid(void)
{
	return (struct splitplot){.contexts = 3,
		.temperatures = 2,
		.prompts = 1,
		.gpus = 1,
		.passes = 12,
		.per_pass = 3,
		.sd_request = 0.01,
		.sd_load = 0.02,
		.sd_pass = 0.01};
}

/* Cells lose whole loads, so that those of one treatment have not had the same ones. */
static void lose_rows(struct dataset *d)
{
	for (size_t i = 0; i < d->nrows; i++) {
		struct data_row *row = &d->rows[i];
		bool lost = row->cell == 0 ? row->pass <= 8 : row->cell == 1 && row->pass > 6;

		row->ok = row->counts = !lost;
		row->status = lost;
	}
}

static double mean_of(const double *squares)
{
	double sum = 0;

	for (size_t k = 0; k < CHOICE_SQUARES; k++)
		sum += squares[k] / CHOICE_SQUARES;
	return sum;
}

/* Of every pair's difference, against best_variance. */
static void differences_vary_as_they_should(void **state)
{
	static const enum metric axes[] = {METRIC_DECODE, METRIC_TTFT};
	double square[CELLS][CELLS] = {{0}}, load, within;
	struct drawn *t = xcalloc(1, sizeof(*t));
	struct splitplot grid_of = grid();
	struct best_contest contest;
	struct rng r;

	(void)state;
	rng_init(&r, 1, "draw");
	splitplot_make(&t->d, &grid_of, &r);
	lose_rows(&t->d);
	open_drawn(t, 2, axes);
	assert_true(t->h.by_load);
	for (int k = 0; k < DRAWS; k++) {
		choice_draw(&t->h, t->noise);
		for (size_t i = 0; i < CELLS; i++) {
			for (size_t j = 0; j < i; j++)
				square[i][j] += pow(t->noise[2 * i] - t->noise[2 * j], 2) / DRAWS;
		}
	}
	load = mean_of(t->h.axes[0].load);
	within = mean_of(t->h.axes[0].within);
	best_contest_init(&contest, &t->strata[METRIC_DECODE], &t->eff);
	for (size_t i = 0; i < CELLS; i++) {
		for (size_t j = 0; j < i; j++) {
			const size_t *place = t->h.axes[0].place;
			struct best_variance v = best_variance(&contest, place[i], place[j]);
			double expected = v.load * load + v.request * within;

			assert_true(fabs(square[i][j] / expected - 1) < 0.06); /* sd 0.013 */
		}
	}
	/* The two of a treatment that had different loads are as far apart as two treatments. */
	assert_true(square[1][0] > 0.8 * square[2][0]);
	/* Two that had the same ones are not. */
	assert_true(square[5][4] < 0.3 * square[4][2]);
	best_contest_release(&contest);
	close_drawn(t);
	free(t);
}

/* TTFT is off by what throughput is off, but for noise of its own, in loads and requests alike. */
static void metrics_move_together(void **state)
{
	static const enum metric axes[] = {METRIC_DECODE, METRIC_TTFT};
	double xx = 0, yy = 0, xy = 0;
	struct drawn *t = xcalloc(1, sizeof(*t));
	struct splitplot grid_of = grid();
	struct rng r;

	(void)state;
	grid_of.passes = 60;
	rng_init(&r, 2, "draw");
	splitplot_make(&t->d, &grid_of, &r);
	for (size_t i = 0; i < t->d.nrows; i++) {
		double *m = t->d.rows[i].metric;
		double own = m[METRIC_TTFT] * 100, all = m[METRIC_DECODE] / 100;

		m[METRIC_TTFT] = pow(own, 0.6) * pow(all, -0.8);
	}
	open_drawn(t, 2, axes);
	assert_false(t->h.by_load);
	assert_true(fabs(t->c.correlation_load + 0.8) < 0.1);
	assert_true(fabs(t->c.correlation_request + 0.8) < 0.1);
	for (int k = 0; k < DRAWS; k++) {
		choice_draw(&t->h, t->noise);
		for (size_t i = 0; i < CELLS; i++) {
			xx += t->noise[2 * i] * t->noise[2 * i];
			yy += t->noise[2 * i + 1] * t->noise[2 * i + 1];
			xy += t->noise[2 * i] * t->noise[2 * i + 1];
		}
	}
	assert_true(fabs(xy / sqrt(xx * yy) + 0.8) < 0.1);
	close_drawn(t);
	free(t);
}

/* What the mean over n questions is off, and the same for settings that answered alike. */
static void scores_are_paired(void **state)
{
	static const enum metric axes[] = {METRIC_DECODE, METRIC_SCORE};
	enum { QUESTIONS = 40 };
	double square = 0, apart = 0;
	struct drawn *t = xcalloc(1, sizeof(*t));
	struct splitplot grid_of = grid();
	struct rng r;

	(void)state;
	grid_of.passes = 3;
	grid_of.per_pass = 1;
	grid_of.prompts = QUESTIONS;
	rng_init(&r, 3, "draw");
	splitplot_make(&t->d, &grid_of, &r);
	for (size_t i = 0; i < t->d.nrows; i++) {
		struct data_row *row = &t->d.rows[i];

		/* A quarter is answered wrong by all; the last cell gets other ones wrong. */
		row->metric[METRIC_SCORE] =
			(row->prompt + (row->cell == CELLS - 1 ? 20 : 0)) % QUESTIONS >= 10;
	}
	open_drawn(t, 2, axes);
	for (size_t i = 0; i < CELLS; i++)
		t->mean[i][1] = 0.75;
	for (int k = 0; k < DRAWS; k++) {
		choice_draw(&t->h, t->noise);
		assert_double(t->noise[1], t->noise[3]);
		square += t->noise[1] * t->noise[1] / DRAWS;
		apart += pow(t->noise[1] - t->noise[2 * CELLS - 1], 2) / DRAWS;
	}
	assert_true(fabs(square / (0.75 * 0.25 / (QUESTIONS - 1)) - 1) < 0.04);
	/* 10 questions one way, 10 the other: mean square of a difference 20 / 40. */
	assert_true(fabs(apart / (0.5 / (QUESTIONS - 1)) - 1) < 0.04);
	assert_true(choice_same_answers(&t->h, 0, 1));
	assert_false(choice_same_answers(&t->h, 0, CELLS - 1));
	close_drawn(t);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences_vary_as_they_should),
		cmocka_unit_test(metrics_move_together),
		cmocka_unit_test(scores_are_paired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
