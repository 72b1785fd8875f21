/* test_table_summary.c - tables of somebody else's to the end: what is tested, what is said, and
 * what is withheld. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_table.h"
#include "rng.h"
#include "str.h"
#include "summary.h"
#include "unit.h"

/* num_gpu and temperature against ttft_ms. */
static struct table_roles plain(void)
{
	return (struct table_roles){.factor = {"gpu", "temp"},
		.nfactors = 2,
		.measure = {{.name = "ttft_ms", .better = -1, .margin = NAN}},
		.nmeasures = 1};
}

static int make(struct dataset *d, const char *text, const struct table_roles *r, struct err *e)
{
	*e = (struct err)ERR_INIT;
	return dataset_from_table(d, unit_write_text("t.csv", text), r, e);
}

/* 3 gpu x 4 ctx x 3 temp, one row each, in nested order; the first of each load waits for it. */
static void make_nested(struct str *text)
{
	struct rng r;

	rng_init(&r, 1, "nested");
	str_add(text, "gpu,ctx,temp,ttft_s,rate_tok_s,load_s\n");
	for (int g = 0; g < 3; g++) {
		for (int c = 0; c < 4; c++) {
			for (int t = 0; t < 3; t++)
				str_addf(text, "%d,%d,0.%d,%.4f,%.3f,%.2f\n", g * 20, 1024 << c,
					2 * t + 2, (t == 0 ? 2 : 0.2) * exp(0.02 * rng_normal(&r)),
					80 * exp(0.01 * rng_normal(&r)), t == 0 ? 1.9 : 0.15);
		}
	}
}

static const struct finding *find(const struct summary *s, const char *part)
{
	for (size_t i = 0; i < s->nfindings; i++) {
		if (strstr(s->findings[i].text, part))
			return &s->findings[i];
	}
	return NULL;
}

static void one_row_for_each_setting_decides_nothing(void **state)
{
	struct table_roles r = {.factor = {"gpu", "ctx", "temp"},
		.nfactors = 3,
		.measure = {{.name = "ttft_s", .better = -1, .margin = NAN},
			{.name = "rate_tok_s", .better = 1, .margin = NAN}},
		.nmeasures = 2,
		.load_time = "load_s"};
	struct str text = STR_INIT(1 << 16);
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	make_nested(&text);
	assert_int_equal(make(&d, text.s, &r, &e), 0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	for (size_t i = 0; i < s.neffects; i++) {
		assert_int_equal(s.effects[i].verdict, VERDICT_INCONCLUSIVE);
		assert_true(isnan(s.effects[i].p));
		assert_contains(s.effects[i].why, "each setting has one row");
	}
	assert_contains(s.effects[0].why, "it followed the order of the rows");
	for (size_t m = 0; m < 2; m++)
		assert_int_equal(s.best[m].ncells, 0);
	assert_non_null(find(&s, "12 rows waited for a load"));
	assert_non_null(find(&s, "all of them have temp=0.2"));
	assert_non_null(find(&s, "the load's doing and not temp's"));
	assert_non_null(find(&s, "in the order of nested loops (gpu, ctx then temp"));
	assert_null(find(&s, "request"));
	assert_null(find(&s, "this run"));
	summary_release(&s);
	dataset_release(&d);
	str_release(&text);
}

/* One factor, three rows of each level: t intervals of the one-way layout.  Within sum of squares
 * 2 + 8 + 2 = 12 of 6 degrees of freedom; t(.975, 6) = 2.446912 (tables of Student's t). */
static void independent_rows_have_the_intervals_of_one_way(void **state)
{
	struct table_roles r = {.factor = {"kind"},
		.nfactors = 1,
		.measure = {{.name = "mass", .better = 1, .margin = NAN}},
		.nmeasures = 1};
	double half = 2.446911848791681 * sqrt(2.0 / 3);
	const struct effect *kind;
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	assert_int_equal(
		make(&d, "kind,mass\na,1\nb,8\nc,21\na,2\nb,10\nc,22\na,3\nb,12\nc,23\n", &r, &e),
		0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	kind = &s.effects[0];
	assert_string_equal(kind->error_term, "between rows");
	assert_double(kind->df_error, 6);
	assert_true(fabs(kind->f - 608.0 / 2 / 2) < 1e-9); /* means 2, 10, 22 about 34/3 */
	for (size_t i = 0; i < 3; i++) {
		static const double mean[] = {2, 10, 22};
		const struct metric_summary *m = &s.cells[i].metric[0];

		assert_true(fabs(m->estimate - mean[i]) < 1e-12);
		assert_true(fabs(m->ci_low - (mean[i] - half)) < 1e-6);
		assert_true(fabs(m->ci_high - (mean[i] + half)) < 1e-6);
		assert_double(m->df, 6);
		assert_true(fabs(kind->levels[i].estimate_low - (mean[i] - half)) < 1e-6);
		assert_true(fabs(kind->levels[i].estimate_high - (mean[i] + half)) < 1e-6);
	}
	assert_non_null(find(&s, "kind a has a mass 20.0 lower than c"));
	assert_non_null(find(&s, "rows are taken as independent"));
	summary_release(&s);
	dataset_release(&d);
}

/* 2 x 3 with a cell that nobody measured: the additive model by least squares.  Figures by hand:
 * with effects that add up exactly and noise of +-1 about them each level's difference is its own.
 */
static void an_empty_cell_is_no_obstacle(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	r.measure[0].scale = TABLE_SCALE_LINEAR;
	assert_int_equal(make(&d,
				 "gpu,temp,ttft_ms\n0,1,9\n1,1,19\n0,2,14\n1,2,24\n0,3,29\n"
				 "1,1,21\n0,2,16\n1,2,26\n0,1,11\n0,3,31\n",
				 &r, &e),
		0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	assert_string_equal(s.effects[0].factor, "gpu");
	assert_double(s.effects[0].df_error, 5);
	assert_true(fabs(s.effects[0].levels[1].ratio - 10) < 1e-9);
	assert_true(fabs(s.effects[1].levels[1].ratio - 5) < 1e-9);
	assert_true(fabs(s.effects[1].levels[2].ratio - 20) < 1e-9);
	assert_true(isfinite(s.effects[0].levels[0].estimate_low));
	summary_release(&s);
	dataset_release(&d);
}

static void no_margin_no_equality(void **state)
{
	struct table_roles r = plain();
	struct str text = STR_INIT(1 << 16);
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	str_add(&text, "gpu,temp,ttft_ms\n");
	for (int i = 0; i < 40; i++)
		str_addf(&text, "%d,%d,%d\n", i % 2, i / 2 % 2, 1000 + (i * 7 % 10));
	for (int with = 0; with < 2; with++) {
		r.measure[0].margin = with ? 0.02 : (double)NAN;
		assert_int_equal(make(&d, text.s, &r, &e), 0);
		assert_int_equal(summary_make(&s, &d, &e), 0);
		assert_int_equal(
			s.effects[1].verdict, with ? VERDICT_NO_EFFECT : VERDICT_INCONCLUSIVE);
		if (!with)
			assert_contains(s.effects[1].why, "no margin is set");
		summary_release(&s);
		dataset_release(&d);
	}
	str_release(&text);
}

/* 3 ctx in 6 passes, 4 temp-independent rows each; the last ctx is 10 % slower. */
static void a_planted_effect_is_found(void **state)
{
	struct table_roles r = {.factor = {"ctx", "temp"},
		.nfactors = 2,
		.measure = {{.name = "rate_tok_s", .better = 1, .margin = 0.02}},
		.nmeasures = 1,
		.block = "load",
		.pass = "pass"};
	struct str text = STR_INIT(1 << 16);
	struct dataset d;
	struct summary s;
	struct rng g;
	struct err e;

	(void)state;
	rng_init(&g, 2, "planted");
	str_add(&text, "ctx\ttemp\tload\tpass\trate_tok_s\n");
	for (int p = 0; p < 6; p++) {
		for (int k = 0; k < 3; k++) {
			int c = (k + p) % 3;
			double shift = 0.01 * rng_normal(&g) - (c == 2 ? 0.1 : 0);

			for (int i = 0; i < 4; i++)
				str_addf(&text, "%d\t%d\t%d-%d\t%d\t%.4f\n", 1024 << c, i % 2, p, c,
					p, 80 * exp(shift + 0.01 * rng_normal(&g)));
		}
	}
	assert_int_equal(make(&d, text.s, &r, &e), 0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	assert_string_equal(s.effects[0].factor, "ctx");
	assert_int_equal(s.effects[0].verdict, VERDICT_EFFECT);
	assert_double(s.effects[0].df_error, 10);
	assert_string_equal(s.effects[1].factor, "temp");
	assert_int_not_equal(s.effects[1].verdict, VERDICT_EFFECT);
	assert_non_null(find(&s, "ctx 4096"));
	summary_release(&s);
	dataset_release(&d);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(independent_rows_have_the_intervals_of_one_way),
		cmocka_unit_test(an_empty_cell_is_no_obstacle),
		cmocka_unit_test(no_margin_no_equality),
		cmocka_unit_test(one_row_for_each_setting_decides_nothing),
		cmocka_unit_test(a_planted_effect_is_found),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
