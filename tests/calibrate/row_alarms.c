/* row_alarms.c - sweeps without any effect: how often is one seen? */
#include <math.h>
#include <stdlib.h>

#include "rows.h"

#define ROW "false alarms"

static void claim_tests(
	struct claims *to, const struct seen *s, size_t n, const struct condition *c, bool ideal)
{
	size_t withheld = 0, tests = 0;

	for (unsigned t = 0; t < SEEN_TESTS; t++) {
		size_t small = 0, made = 0;

		for (size_t i = 0; i < n; i++) {
			bool there = s[i].tests >> t & 1, not_made = s[i].withheld >> t & 1;

			tests += there;
			withheld += there && not_made;
			made += there && !not_made;
			small += s[i].small >> t & 1;
		}
		claims_share(to, ROW, seen_tests[t], c->name, small, made,
			ideal ? BAR_FROM(0.044, 0.056) : BAR_FROM(0.01, 0.08));
	}
	/* A test that is missing altogether is withheld as well. */
	claims_share(to, ROW, "tests not withheld", c->name, tests - withheld, n * SEEN_TESTS,
		BAR_LEAST(0.95));
}

static void claim_ratios(
	struct claims *to, const struct seen *s, size_t n, const struct condition *c, bool ideal)
{
	static const char *const what[2] = {"ratio of num_ctx levels", "ratio of temperatures"};

	for (int k = 0; k < 2; k++) {
		size_t holds = 0;

		for (size_t i = 0; i < n; i++)
			holds += s[i].interval[k].given && s[i].interval[k].holds;
		claims_share(to, "coverage", what[k], c->name, holds, n,
			ideal ? BAR_FROM(0.94, 0.96) : BAR_LEAST(0.92));
	}
}

static void claim_warnings(
	struct claims *to, const struct seen *s, size_t n, const struct condition *c)
{
	size_t trends = 0, sentinels = 0, steps = 0, cells = 0;

	for (size_t i = 0; i < n; i++) {
		trends += s[i].trend;
		sentinels += s[i].sentinel;
		steps += s[i].step;
		cells += s[i].cell;
	}
	claims_share(to, ROW, "warned of a trend", c->name, trends, n, BAR_NONE);
	claims_share(to, ROW, "warned of a step", c->name, steps, n, BAR_NONE);
	claims_share(to, ROW, "warned by the sentinel", c->name, sentinels, n, BAR_NONE);
	claims_share(to, ROW, "warned of a cell", c->name, cells, n, BAR_NONE);
}

static int alarms_under(struct calibration_of *a, const struct condition *c, struct err *e)
{
	bool ideal = c == &conditions[0];
	struct chain_spec spec = calibration_grid();
	size_t n = a->sweeps, alarms = 0, worse = 0;
	struct seen *s;

	spec.noise = c->noise;
	s = calibration_see(a, &spec, c->name, n, e);
	if (!s)
		return -1;
	for (size_t i = 0; i < n; i++) {
		alarms += s[i].alarm;
		worse += s[i].worse;
	}
	claims_share(a->claims, ROW, "family: any effect", c->name, alarms, n,
		BAR_MOST(ideal ? 0.055 : 0.08));
	claim_tests(a->claims, s, n, c, ideal);
	claims_share(a->claims, ROW, "\"worse\" said", c->name, worse, n, BAR_NONE);
	claim_warnings(a->claims, s, n, c);
	claim_ratios(a->claims, s, n, c, ideal);
	free(s);
	return 0;
}

int row_false_alarms(struct calibration_of *a, struct err *e)
{
	for (size_t i = 0; i < CONDITIONS; i++) {
		if (alarms_under(a, &conditions[i], e))
			return -1;
	}
	return 0;
}
