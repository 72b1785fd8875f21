/* test_choice.c - the front against its definition, weights against a search of them, knees and
 * sets in runs of a known truth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysed.h"
#include "choice_parts.h"
#include "unit.h"

/* ---- by definition ---- */

#define MOST 40

struct fake {
	struct choice c;
	struct choice_setting settings[MOST];
	double mean[MOST][3];
};

static void make_fake(struct fake *f, size_t n, size_t naxes, struct rng *r, bool ties)
{
	*f = (struct fake){.c = {.n = n, .naxes = naxes}};
	f->c.settings = f->settings;
	for (size_t a = 0; a < naxes; a++)
		f->c.axis[a] = (struct choice_axis){.better = a % 2 ? -1 : 1, .weight = 1};
	for (size_t i = 0; i < n; i++) {
		f->settings[i].mean = f->mean[i];
		for (size_t a = 0; a < naxes; a++)
			f->mean[i][a] = ties ? (double)rng_below(r, 4) : rng_normal(r);
	}
}

static bool beats(const struct fake *f, size_t x, size_t y)
{
	bool better = false;

	for (size_t a = 0; a < f->c.naxes; a++) {
		double d = f->c.axis[a].better * (f->mean[x][a] - f->mean[y][a]);

		if (d < 0)
			return false;
		better = better || d > 0;
	}
	return better;
}

static void the_front_is_who_nobody_beats(void **state)
{
	struct rng r;
	struct fake f;

	(void)state;
	rng_init(&r, 1, "front");
	for (int round = 0; round < 2000; round++) {
		bool on[MOST];

		make_fake(&f, 1 + rng_below(&r, MOST), 1 + rng_below(&r, 3), &r, round % 2);
		choice_front(&f.c, NULL, on);
		for (size_t i = 0; i < f.c.n; i++) {
			bool beaten = false;

			for (size_t j = 0; j < f.c.n; j++)
				beaten = beaten || beats(&f, j, i);
			assert_int_equal(on[i], !beaten);
		}
	}
}

/* Between two breaks the named setting is the best at any weight. */
static void breaks_are_where_the_best_changes(void **state)
{
	struct rng r;
	struct fake f;

	(void)state;
	rng_init(&r, 2, "weights");
	for (int round = 0; round < 500; round++) {
		struct arena arena = {0};

		make_fake(
			&f, 2 + rng_below(&r, MOST - 1), 2 + rng_below(&r, 2), &r, round % 3 == 0);
		choice_sweeps(&f.c, &arena);
		assert_int_equal(f.c.nsweeps, f.c.naxes);
		for (size_t s = 0; s < f.c.nsweeps; s++) {
			const struct choice_sweep *w = &f.c.sweeps[s];

			assert_double(w->breaks[0].from, 0);
			for (size_t k = 0; k < w->n; k++) {
				double from = w->breaks[k].from;
				double to = k + 1 < w->n ? w->breaks[k + 1].from : from + 10;
				double best = -INFINITY, its;

				assert_true(to >= from);
				f.c.axis[w->axis].weight = (from + to) / 2;
				for (size_t i = 0; i < f.c.n; i++)
					best = fmax(best, choice_value(&f.c, i, NULL));
				its = choice_value(&f.c, w->breaks[k].best, NULL);
				assert_true(best - its < 1e-9);
			}
			f.c.axis[w->axis].weight = 1;
		}
		arena_release(&arena);
	}
}

/* ---- runs of a known truth ---- */

static const struct choice_knee *knee_of(const struct choice *c, const char *factor, enum metric m)
{
	for (size_t i = 0; i < c->nknees; i++) {
		if (strcmp(c->knees[i].of->factor, factor) == 0 && c->knees[i].of->metric == m)
			return &c->knees[i];
	}
	return NULL;
}

static struct splitplot grid(void)
{
	return (struct splitplot){.contexts = 4,
		.temperatures = 2,
		.prompts = 1,
		.gpus = 1,
		.passes = 8,
		.per_pass = 4,
		.sd_request = 0.005,
		.sd_load = 0.003,
		.sd_pass = 0.002};
}

/* The first two levels are 10 % slower, the last two alike. */
static void a_knee_is_found_where_it_is(void **state)
{
	static const double effect[] = {0, 0, 0.1, 0.1};
	struct splitplot c = grid();
	const struct choice_knee *k;
	struct analysed f;

	(void)state;
	c.context_effect = effect;
	analysed_make(&f, &c);
	analysed_run(&f);
	k = knee_of(f.s.choice, "num_ctx", METRIC_DECODE);
	assert_non_null(k);
	assert_null(k->why);
	assert_int_equal(k->knee, 2);
	assert_true(k->best >= 2);
	assert_null(knee_of(f.s.choice, "temperature", METRIC_DECODE)); /* it costs nothing */
	if (k->best == 3)
		analysed_expect(&f, FIND_BEST, "is as good in throughput as");
	analysed_release(&f);
}

/* The fastest level is a word: it stands above those that are numbers. */
static void a_word_may_be_the_best_level(void **state)
{
	static const double effect[] = {0, 0.1, 0.1, 0.15};
	struct splitplot c = grid();
	const struct choice_knee *k;
	struct analysed f;

	(void)state;
	c.context_effect = effect;
	analysed_make(&f, &c);
	f.d.factors[0].level[3] = "auto";
	f.d.factors[0].value[3] = f.d.factors[0].sent[3] = NAN;
	f.d.factors[0].numeric = false;
	f.d.margin[METRIC_DECODE] = 0.1;
	analysed_run(&f);
	k = knee_of(f.s.choice, "num_ctx", METRIC_DECODE);
	assert_non_null(k);
	assert_null(k->why);
	assert_int_equal(k->best, 3);
	assert_int_equal(k->knee, 1);
	assert_false(k->least); /* the first is 15 % slower */
	assert_true(k->low > 0.9 && k->low < exp(-0.05));
	analysed_release(&f);
}

/* What was not measured is no step on the way down, and no best level. */
static void unmeasured_levels_are_passed_over(void **state)
{
	struct splitplot c = grid();
	const struct choice_knee *k;
	struct analysed f;

	(void)state;
	c.contexts = 5;
	analysed_make(&f, &c);
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *row = &f.d.rows[i];
		uint32_t level = f.d.cells[row->cell].level[0];

		row->ok = row->counts = level != 0 && level != 2;
		row->status = !row->ok;
	}
	analysed_run(&f);
	k = knee_of(f.s.choice, "num_ctx", METRIC_DECODE);
	assert_non_null(k);
	assert_null(k->why);
	assert_int_equal(k->knee, 1);
	assert_true(k->least);
	analysed_release(&f);
}

/* A level that is worse by exactly the margin is called as good in 5 of 100 runs or fewer. */
static void a_loss_of_the_margin_is_no_knee(void **state)
{
	const double effect[] = {-log1p(0.02), 0, -1, -1};
	struct splitplot c = grid();
	size_t wrong = 0;
	struct rng r;

	(void)state;
	c.contexts = 3;
	c.context_effect = effect;
	rng_init(&r, 5, "knee");
	for (int i = 0; i < 100; i++) {
		struct analysed f = {0};
		const struct choice_knee *k;

		splitplot_make(&f.d, &c, &r);
		analysed_run(&f);
		k = knee_of(f.s.choice, "num_ctx", METRIC_DECODE);
		assert_int_equal(k->best, 1);
		wrong += k->knee == 0;
		analysed_release(&f);
	}
	print_message("as good, where the margin is lost: %zu of 100\n", wrong);
	assert_true(wrong <= 12); /* 5 in the mean; more than 12 in 1 of 1,000 */
}

/* Eight settings that are all the same: a given one is kept in 95 of 100 runs. */
static void the_set_keeps_the_best(void **state)
{
	struct splitplot c = grid();
	size_t kept = 0, hardly = 0, front = 0;
	struct rng r;

	(void)state;
	c.passes = 4;
	rng_init(&r, 6, "set");
	for (int i = 0; i < 100; i++) {
		struct analysed f = {0};

		splitplot_make(&f.d, &c, &r);
		analysed_run(&f);
		assert_null(f.s.choice->why);
		for (size_t k = 0; k < f.s.choice->n; k++) {
			const struct choice_setting *v = &f.s.choice->settings[k];

			if (v->cell != 3)
				continue;
			kept += v->may_be_best;
			/* All equal is all on the front. */
			hardly += v->on_front < 0.05;
			front += v->front;
		}
		analysed_release(&f);
	}
	print_message("kept %zu, on the front %zu, probability below .05 in %zu of 100\n", kept,
		front, hardly);
	assert_true(kept >= 87); /* 95 in the mean */
	assert_true(hardly <= 10);
}

static void weights_are_the_users(void **state)
{
	static const double effect[] = {0, 0.05, 0.1, 0.15};
	struct splitplot c = grid();
	struct analysed f;
	json_t *o;

	(void)state;
	c.context_effect = effect; /* more throughput and less TTFT upwards */
	analysed_make(&f, &c);
	for (size_t l = 0; l < f.d.nloads; l++)
		f.d.loads[l].size = 1e9 * (1 + f.d.loads[l].block);
	f.d.wishes.weight[METRIC_DECODE] = 1;
	f.d.wishes.memory = 10;
	f.d.wishes.max_failures = 0.2;
	analysed_run(&f);
	assert_int_equal(f.s.choice->naxes, 3);
	assert_true(f.s.choice->axis[2].memory);
	assert_double(f.s.choice->axis[1].weight, 0); /* TTFT was not named */
	assert_int_equal(f.d.cells[f.s.choice->settings[0].cell].level[0], 0);
	assert_true(f.s.choice->settings[0].failures_excluded); /* 0 of 32 */
	o = choice_json(f.s.choice, &f.d);
	assert_int_equal(json_array_size(json_object_get(o, "settings")), 8);
	assert_int_equal(json_array_size(json_object_get(o, "weights")), 2);
	json_decref(o);
	analysed_release(&f);
	analysed_make(&f, &c);
	for (size_t l = 0; l < f.d.nloads; l++)
		f.d.loads[l].size = 1e9; /* memory tells nothing */
	analysed_run(&f);
	assert_int_equal(f.s.choice->naxes, 2);
	assert_int_equal(f.d.cells[f.s.choice->settings[0].cell].level[0], 3);
	assert_false(f.s.choice->settings[0].failures_excluded); /* up to 11 % */
	assert_true(f.s.choice->settings[7].on_front < 0.05);
	analysed_release(&f);
}

static void one_pass_gives_no_probabilities(void **state)
{
	struct splitplot c = grid();
	struct analysed f;

	(void)state;
	c.passes = 1;
	analysed_make(&f, &c);
	analysed_run(&f);
	assert_non_null(f.s.choice->why);
	for (size_t i = 0; i < f.s.choice->n; i++)
		assert_true(isnan(f.s.choice->settings[i].on_front));
	analysed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_front_is_who_nobody_beats),
		cmocka_unit_test(breaks_are_where_the_best_changes),
		cmocka_unit_test(a_knee_is_found_where_it_is),
		cmocka_unit_test(a_word_may_be_the_best_level),
		cmocka_unit_test(unmeasured_levels_are_passed_over),
		cmocka_unit_test(a_loss_of_the_margin_is_no_knee),
		cmocka_unit_test(the_set_keeps_the_best),
		cmocka_unit_test(weights_are_the_users),
		cmocka_unit_test(one_pass_gives_no_probabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
