/* test_noise.c - the noise of a run, against runs of known noise. */
#include <math.h>
#include <string.h>

#include "noise.h"
#include "splitplot.h"
#include "unit.h"

static struct splitplot grid(void)
{
	return (struct splitplot){.contexts = 4,
		.gpus = 1,
		.temperatures = 3,
		.prompts = 1,
		.passes = 4,
		.per_pass = 3,
		.sd_request = 0.02,
		.sd_load = 0.01,
		.sd_pass = 0.015};
}

static void assert_between(double x, double low, double high)
{
	if (!(x >= low && x <= high))
		fail_msg("%g is not from %g to %g", x, low, high);
}

struct tally {
	double below_high, above_low, square;
};

static void count(struct tally *t, const struct noise_part *part, double truth)
{
	t->below_high += truth <= part->high;
	t->above_low += truth >= part->low;
	t->square += part->value * part->value;
	assert_true(part->low <= part->value && part->value <= part->high);
}

/* Each limit holds in 80 % of runs, and squares are right in the mean. */
static void test_components(void **state)
{
	enum { RUNS = 800 };
	struct splitplot c = grid();
	struct tally request = {0}, load = {0}, pass = {0};
	struct rng r;

	(void)state;
	rng_init(&r, 1, "components");
	for (int i = 0; i < RUNS; i++) {
		struct err e = ERR_INIT;
		struct dataset d;
		struct noise n;

		splitplot_make(&d, &c, &r);
		assert_int_equal(noise_fit(&n, &d, &e), 0);
		assert_int_equal(n.origin, NOISE_RUN);
		assert_false(noise_is_assumed(&n));
		count(&request, &n.of[METRIC_DECODE].request, c.sd_request);
		count(&load, &n.of[METRIC_TTFT].load, c.sd_load);
		count(&pass, &n.of[METRIC_DECODE].pass, c.sd_pass);
		dataset_release(&d);
	}
	print_message("of %d, below the upper, above the lower limit: request %g %g, load %g %g, "
		      "pass %g %g\n",
		RUNS, request.below_high, request.above_low, load.below_high, load.above_low,
		pass.below_high, pass.above_low);
	/* 80 % with 3.5 standard errors; limits at 0 hold more often. */
	for (int i = 0; i < 3; i++) {
		const struct tally *t = i == 0 ? &request : i == 1 ? &load : &pass;

		assert_between(t->below_high / RUNS, 0.75, 0.87);
		assert_between(t->above_low / RUNS, 0.75, 0.87);
	}
	assert_between(sqrt(request.square / RUNS), 0.0197, 0.0203);
	assert_between(sqrt(load.square / RUNS), 0.009, 0.011);
	assert_between(sqrt(pass.square / RUNS), 0.013, 0.017);
}

/* No noise of loads: the estimate is often 0, the upper limit is not. */
static void test_no_load_noise(void **state)
{
	struct splitplot c = grid();
	struct err e = ERR_INIT;
	size_t zero = 0;
	struct rng r;

	(void)state;
	c.sd_load = 0;
	rng_init(&r, 2, "none");
	for (int i = 0; i < 50; i++) {
		struct dataset d;
		struct noise n;

		splitplot_make(&d, &c, &r);
		assert_int_equal(noise_fit(&n, &d, &e), 0);
		zero += n.of[METRIC_DECODE].load.value == 0;
		dataset_release(&d);
	}
	assert_in_range(zero, 15, 38);
}

/* Noise with a memory, or from a distribution with tails, put in place of that of `d`. */
static void reshape(struct dataset *d, double ar1, bool tails, double sd, struct rng *r)
{
	double last = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		double z = rng_normal(r);

		if (tails) {
			double a = rng_normal(r), b = rng_normal(r), c = rng_normal(r);

			z /= sqrt(a * a + b * b + c * c);
		}
		z = i ? ar1 * last + sqrt(1 - ar1 * ar1) * z : z;
		d->rows[i].metric[METRIC_DECODE] = 100 * exp(sd * z);
		last = z;
	}
}

static double mean_of(double ar1, bool tails, bool want_tail, const char *stream)
{
	enum { RUNS = 60 };
	struct splitplot c = grid();
	double sum = 0;
	struct rng r;

	rng_init(&r, 3, stream);
	for (int i = 0; i < RUNS; i++) {
		struct err e = ERR_INIT;
		const struct noise_part *part;
		struct dataset d;
		struct noise n;

		splitplot_make(&d, &c, &r);
		reshape(&d, ar1, tails, 0.01, &r);
		assert_int_equal(noise_fit(&n, &d, &e), 0);
		part = want_tail ? &n.of[METRIC_DECODE].tail : &n.of[METRIC_DECODE].ar1;
		assert_true(part->low <= part->value && part->value <= part->high);
		sum += part->value / RUNS;
		dataset_release(&d);
	}
	return sum;
}

/* The loads' own means are taken off nine requests each: without the correction 0 would look like
 * -0.1, and 0.5 like 0.3. */
static void test_shape(void **state)
{
	(void)state;
	assert_between(mean_of(0, false, false, "white"), -0.07, 0.07);
	assert_between(mean_of(0.5, false, false, "red"), 0.38, 0.60);
	assert_between(mean_of(-0.4, false, false, "blue"), -0.52, -0.3);
	assert_between(mean_of(0, false, true, "normal"), 0, 0.15);
	assert_between(mean_of(0, true, true, "tails"), 0.45, 1);
}

static void test_parts_unknown(void **state)
{
	struct splitplot c = grid();
	struct err e = ERR_INIT;
	struct dataset d;
	struct noise n;
	struct rng r;

	(void)state;
	c.passes = 1;
	rng_init(&r, 4, "one pass");
	splitplot_make(&d, &c, &r);
	assert_int_equal(noise_fit(&n, &d, &e), 0);
	assert_false(n.of[METRIC_TTFT].request.assumed);
	assert_true(n.of[METRIC_TTFT].load.assumed);
	assert_double(n.of[METRIC_TTFT].load.value, 0.007);
	assert_true(noise_is_assumed(&n));
	dataset_release(&d);

	c.per_pass = 1;
	splitplot_make(&d, &c, &r);
	assert_int_equal(noise_fit(&n, &d, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, "nothing was repeated");
	dataset_release(&d);
}

static void test_parse(void **state)
{
	static const char *const wrong[] = {"request", "request=", "request=1x", "load=-1%",
		"ar1=1", "tail=2", "loud=1%", "decode.load=1%", "request=1%,,load=1%",
		"request=nan", "", "request=1%,"};
	struct err e = ERR_INIT;
	struct noise n;

	(void)state;
	assert_int_equal(noise_parse(&n, "request=2%,ttft.load=0.03,ar1=-0.2", &e), 0);
	assert_int_equal(n.origin, NOISE_GIVEN);
	assert_double(n.of[METRIC_DECODE].request.value, 0.02);
	assert_double(n.of[METRIC_TTFT].request.high, 0.02);
	assert_double(n.of[METRIC_TTFT].load.value, 0.03);
	assert_double(n.of[METRIC_DECODE].load.value, 0.007);
	assert_true(n.of[METRIC_DECODE].load.assumed);
	assert_false(n.of[METRIC_TTFT].load.assumed);
	assert_double(n.of[METRIC_DECODE].ar1.value, -0.2);
	assert_double(n.of[METRIC_DECODE].pass.value, 0.005);
	for (size_t i = 0; i < COUNTOF(wrong); i++) {
		e = (struct err)ERR_INIT;
		if (noise_parse(&n, wrong[i], &e) == 0)
			fail_msg("%s was taken", wrong[i]);
		assert_int_equal(e.code, ERR_USAGE);
		assert_true(e.hint[0]);
	}
}

static void test_scale(void **state)
{
	struct err e = ERR_INIT;
	struct splitplot c = grid();
	struct dataset d;
	struct noise n, up;
	struct rng r;

	(void)state;
	rng_init(&r, 5, "scale");
	splitplot_make(&d, &c, &r);
	assert_int_equal(noise_fit(&n, &d, &e), 0);
	up = n;
	noise_upper(&up);
	assert_double(up.of[METRIC_TTFT].load.value, n.of[METRIC_TTFT].load.high);
	up = n;
	noise_scale(&up, 2);
	assert_double(up.of[METRIC_DECODE].pass.value, 2 * n.of[METRIC_DECODE].pass.value);
	assert_double(up.of[METRIC_DECODE].ar1.value, n.of[METRIC_DECODE].ar1.value);
	dataset_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_components),
		cmocka_unit_test(test_no_load_noise),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_parts_unknown),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_scale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
