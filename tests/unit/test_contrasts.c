/* test_contrasts.c - the shapes of the effects of ordered factors, on runs of a known truth. */
#include <math.h>
#include <stdlib.h>

#include "lined.h"
#include "unit.h"

/* Fisher and Yates' table XXIII: four and five equal steps; and R's contr.poly(4, c(1, 2, 4, 8)).
 */
static void test_polynomials(void **state)
{
	static const double even[] = {-3, -1, 1, 3}, five[] = {10, 20, 30, 40, 50};
	static const double uneven[] = {1, 2, 4, 8};
	static const double r[] = {-0.5128776445321725, -0.3263766828841099, 0.04662524041201567,
		0.7926290870042667, 0.5296271413323761, -0.1059254282664754, -0.7679593549319451,
		0.3442576418660444, -0.4543694673976518, 0.7951465679458908, -0.3975732839729455,
		0.05679618342470653};
	double p[12];

	(void)state;
	contrasts_polynomials(even, 4, 3, p);
	for (size_t i = 0; i < 4; i++) {
		static const double linear[] = {-3, -1, 1, 3}, square[] = {1, -1, -1, 1},
				    cube[] = {-1, 3, -3, 1};

		lined_close(p[i], linear[i] / sqrt(20), 1e-14);
		lined_close(p[4 + i], square[i] / 2, 1e-14);
		lined_close(p[8 + i], cube[i] / sqrt(20), 1e-14);
	}
	contrasts_polynomials(five, 5, 2, p);
	for (size_t i = 0; i < 5; i++) {
		static const double square[] = {2, -1, -2, -1, 2};

		lined_close(p[5 + i], square[i] / sqrt(14), 1e-14);
	}
	contrasts_polynomials(uneven, 4, 3, p);
	for (size_t i = 0; i < 12; i++)
		lined_close(p[i], r[i], 1e-12);
}

/* A bend is seen, and then nothing is said between the levels. */
static void test_bend(void **state)
{
	struct splitplot c = lined_plan();
	const double bend[] = {0, -0.05, -0.05, 0};
	const struct contrasts *shapes;
	const struct trend_line *t;
	struct lined f;
	struct rng r;

	(void)state;
	c.context_effect = bend;
	rng_init(&r, 6, "lines");
	lined_make(&f, &c, &r);
	lined_run(&f);
	t = lined_line(&f, "num_ctx");
	assert_true(t->misfit_p < 1e-3);
	assert_int_equal(t->nbetween, 0);
	assert_contains(t->between_why, "not lie on a line");
	shapes = lined_shapes(&f, "num_ctx");
	assert_non_null(shapes);
	assert_true(shapes->doubling);
	assert_int_equal(shapes->n, 3);
	assert_string_equal(shapes->v[1].name, "quadratic");
	assert_true(shapes->v[1].p_adjusted < 1e-3 && shapes->v[1].share > 0.8);
	assert_true(shapes->v[1].estimate > 0); /* valley */
	assert_true(shapes->v[0].p_adjusted >= shapes->v[0].p);
	/* In a balanced run the shapes share the whole. */
	lined_close(shapes->v[0].share + shapes->v[1].share + shapes->v[2].share, 1, 1e-9);
	/* Nothing was found in temperature, so no shape is looked for. */
	assert_null(lined_shapes(&f, "temperature"));
	lined_release(&f);
}

/* Of runs without any effect in fact: only where an effect was found (wrongly) there are shapes. */
static void test_no_effect_no_shape(void **state)
{
	struct splitplot c = lined_plan();
	struct rng r;

	(void)state;
	rng_init(&r, 7, "lines");
	for (int i = 0; i < 20; i++) {
		struct lined f;
		size_t found = 0;

		lined_make(&f, &c, &r);
		lined_run(&f);
		for (size_t k = 0; k < f.effects.n; k++)
			found += f.effects.v[k].factor_b < 0 &&
				f.effects.v[k].verdict == VERDICT_EFFECT;
		assert_int_equal(f.nshapes, found);
		lined_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_polynomials),
		cmocka_unit_test(test_bend),
		cmocka_unit_test(test_no_effect_no_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
