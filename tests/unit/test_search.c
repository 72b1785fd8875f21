/* test_search.c - which level comes next, and what the levels told amount to. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "rng.h"
#include "search.h"
#include "unit.h"

#define DOUBLES "1 2 4 8 16"

/* Levels asked for by a machine whose bursts all keep up to `kept` and all fail from `failed` on;
 * in between one of three keeps. */
static void run_search(struct search *s, double kept, double failed, char *asked, size_t size)
{
	double level;
	size_t len = 0;

	asked[0] = '\0';
	while (search_next(s, &level)) {
		char text[NUM_TEXT];
		bool confirmed = level <= kept, refused = level >= failed;

		len += (size_t)snprintf(
			asked + len, size - len, "%s%s", len ? " " : "", num_text(text, level));
		assert_true(s->n < SEARCH_MAX_LEVELS && len < size);
		search_told(s, level,
			confirmed         ? 3
				: refused ? 0
					  : 1,
			refused             ? 3
				: confirmed ? 0
					    : 2);
	}
}

static void test_order_of_levels(void **state)
{
	static const struct {
		double from, to, step, resolution, kept, failed;
		const char *asked;
		double confirmed, refused;
		size_t undecided;
	} cases[] = {
		{1, 64, 1, 0, 11, 12, DOUBLES " 12 10 11", 11, 12, 0},
		{1, 64, 1, 0, 8, 9, DOUBLES " 12 10 9", 8, 9, 0},
		{1, 16, 1, 0, 99, 100, DOUBLES, 16, NAN, 0},
		{1, 20, 1, 0, 99, 100, DOUBLES " 20", 20, NAN, 0},
		{1, 16, 1, 0, 0, 1, "1", NAN, 1, 0},
		/* Undecided at 6 and 7: both gaps are searched. */
		{1, 64, 1, 0, 5, 8, "1 2 4 8 6 5 7", 5, 8, 2},
		/* The first level is undecided: there is nothing to confirm below it. */
		{1, 64, 1, 0, 0, 4, "1 2 4 3", NAN, 4, 3},
		/* Undecided up to the end: what is refused is not known. */
		{1, 8, 1, 0, 3, 99, "1 2 4 8 3", 3, NAN, 2},
		{1, 64, 1, 0.5, 11, 12, DOUBLES " 12", 8, 12, 0},
		{2048, 32768, 256, 0.05, 9000, 9001,
			"2048 4096 8192 16384 12288 10240 9216 8704 8960", 8960, 9216, 0},
		/* From is on the grid, to need not be. */
		{1000, 3500, 256, 0, 3499, 3500, "1000 1768 3304 3500", 3304, 3500, 0},
		{0.5, 8, 0, 0.1, 3, 3.0001, "0.5 1 2 4 2.83 3.36 3.08", 2.83, 3.08, 0},
		{8, 32, 0, 0.05, 12, 12.001, "8 16 11.31 13.45 12.33 11.81", 11.81, 12.33, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct search_result r;
		struct err e = ERR_INIT;
		struct search s;
		char asked[400];

		assert_int_equal(search_init(&s, cases[i].from, cases[i].to, cases[i].step,
					 cases[i].resolution, &e),
			0);
		run_search(&s, cases[i].kept, cases[i].failed, asked, sizeof(asked));
		assert_string_equal(asked, cases[i].asked);
		search_result(&s, &r);
		assert_double(r.confirmed, cases[i].confirmed);
		assert_double(r.refused, cases[i].refused);
		assert_int_equal(r.nundecided, cases[i].undecided);
		assert_false(r.disorder);
		assert_true(s.n <= search_bound(&s));
	}
}

static void test_verdicts(void **state)
{
	static const struct {
		uint32_t confirmed, refused;
		enum search_verdict verdict;
	} cases[] = {
		{3, 0, SEARCH_CONFIRMED},
		{0, 3, SEARCH_REFUSED},
		{2, 1, SEARCH_UNDECIDED},
		{1, 2, SEARCH_UNDECIDED},
		{2, 0, SEARCH_UNDECIDED}, /* the third could not be judged */
		{0, 2, SEARCH_UNDECIDED},
		{0, 0, SEARCH_UNDECIDED},
		{3, 1, SEARCH_UNDECIDED},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(
			search_verdict(cases[i].confirmed, cases[i].refused), cases[i].verdict);
	assert_string_equal(search_verdict_name(SEARCH_CONFIRMED), "confirmed");
	assert_string_equal(search_verdict_name(SEARCH_REFUSED), "refused");
	assert_string_equal(search_verdict_name(SEARCH_UNDECIDED), "undecided");
}

static void test_bad_input(void **state)
{
	static const struct {
		double from, to, step, resolution;
		const char *says;
	} cases[] = {
		{0, 8, 1, 0, "expected 0 < from < to"},
		{-1, 8, 1, 0, "expected 0 < from < to"},
		{8, 8, 1, 0, "expected 0 < from < to"},
		{9, 8, 1, 0, "from 9 to 8"},
		{NAN, 8, 1, 0, "expected 0 < from < to"},
		{1, NAN, 1, 0, "expected 0 < from < to"},
		{1, INFINITY, 1, 0, "expected 0 < from < to"},
		{1, 8, 1, -0.1, "a resolution of -10 %: expected 0 to 100"},
		{1, 8, 1, 1.5, "a resolution of 150 %"},
		{1, 8, 1, NAN, "a resolution of"},
		{1, 8, 0, 0, "a resolution of 0 %: expected 0.1 to 100"},
		{1e-6, 1e9, 1e-6, 0, "more than 128 tries"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct err e = ERR_INIT;
		struct search s;

		assert_int_equal(search_init(&s, cases[i].from, cases[i].to, cases[i].step,
					 cases[i].resolution, &e),
			-1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_non_null(strstr(e.msg, cases[i].says));
	}
}

/* The same levels told in any order lead to the same next one. */
static void test_record_in_any_order(void **state)
{
	static const double levels[] = {16, 1, 8, 4, 2};
	struct err e = ERR_INIT;
	struct search s;
	double next = 0;

	(void)state;
	assert_int_equal(search_init(&s, 1, 64, 1, 0, &e), 0);
	for (size_t i = 0; i < COUNTOF(levels); i++)
		search_told(&s, levels[i], levels[i] < 16 ? 3 : 0, levels[i] < 16 ? 0 : 3);
	assert_int_equal(s.n, 5);
	assert_true(search_next(&s, &next));
	assert_true(next == 12);
	/* Told again: the last word counts. */
	search_told(&s, 8, 0, 3);
	assert_int_equal(s.n, 5);
	assert_true(search_next(&s, &next));
	assert_true(next == 6);
}

static void test_disorder_is_told(void **state)
{
	struct search_result r;
	struct err e = ERR_INIT;
	struct search s;

	(void)state;
	assert_int_equal(search_init(&s, 1, 64, 1, 0, &e), 0);
	search_told(&s, 1, 3, 0);
	search_told(&s, 2, 0, 3);
	search_told(&s, 4, 3, 0);
	search_told(&s, 8, 3, 0);
	search_told(&s, 16, 0, 3);
	search_result(&s, &r);
	assert_true(r.disorder);
	assert_true(r.confirmed == 1 && r.refused == 2 && r.confirmed_above == 8);
	assert_int_equal(r.nundecided, 0);
}

/* How a burst of a random machine ends: kept below the band around the threshold, not above it. */
struct machine {
	double threshold, low, high; /* of the band */
	bool only_mixed;             /* in the band never all three alike */
};

static uint32_t kept_bursts(const struct machine *m, struct rng *rng, double level)
{
	if (level <= m->low)
		return SEARCH_BURSTS;
	if (level >= m->high)
		return 0;
	if (m->only_mixed)
		return 1 + (uint32_t)rng_below(rng, SEARCH_BURSTS - 1);
	return (uint32_t)rng_below(rng, SEARCH_BURSTS + 1);
}

static void draw_search(struct rng *rng, struct search *s)
{
	static const double steps[] = {0, 1, 256}, resolutions[] = {0, 0.01, 0.05, 0.2};
	double step = steps[rng_below(rng, COUNTOF(steps))];
	double resolution = resolutions[rng_below(rng, COUNTOF(resolutions))];
	double from =
		step > 0 ? step * (double)(1 + rng_below(rng, 8)) : 0.1 + 3 * rng_uniform(rng);
	struct err e = ERR_INIT;

	if (step == 0 && resolution == 0)
		resolution = 0.001;
	assert_int_equal(
		search_init(s, from, from * (1.5 + 1000 * rng_uniform(rng)), step, resolution, &e),
		0);
}

static void draw_machine(struct rng *rng, const struct search *s, struct machine *m)
{
	double width = 1 + (rng_below(rng, 2) ? 0.3 * rng_uniform(rng) : 0);

	/* A few thresholds lie below `from` or beyond `to`. */
	m->threshold = s->from * pow(s->to / s->from, 1.2 * rng_uniform(rng) - 0.1);
	m->low = m->threshold / width;
	m->high = m->threshold * width;
	m->only_mixed = rng_below(rng, 2);
}

static void check_interval(const struct search *s, const struct machine *m)
{
	double slack = fmax(s->step, s->resolution * m->high) * 1.0001;
	struct search_result r;

	search_result(s, &r);
	assert_false(r.disorder);
	if (!isnan(r.confirmed))
		assert_true(m->only_mixed ? r.confirmed <= m->threshold : r.confirmed < m->high);
	else /* nothing keeps: the first level is in the band or above */
		assert_true(s->from > m->low);
	if (!isnan(r.refused))
		assert_true(m->only_mixed ? r.refused >= m->threshold : r.refused > m->low);
	else
		assert_true(s->tried[s->n - 1].level == s->to && s->to < m->high);
	/* As narrow as asked, but for what is undecided. */
	if (m->low == m->high && !isnan(r.confirmed) && !isnan(r.refused))
		assert_true(r.refused - r.confirmed <= slack);
	for (size_t i = 0; i < r.nundecided; i++)
		assert_true(r.undecided[i].level > m->low && r.undecided[i].level < m->high);
}

static void test_random_thresholds(void **state)
{
	struct rng rng;
	size_t most = 0;

	(void)state;
	rng_init(&rng, 11, "search");
	for (int i = 0; i < 20000; i++) {
		struct machine m;
		struct search s;
		double level, last = 0;

		draw_search(&rng, &s);
		draw_machine(&rng, &s, &m);
		while (search_next(&s, &level)) {
			uint32_t kept = kept_bursts(&m, &rng, level);

			assert_true(level >= s.from && level <= s.to && level != last);
			last = level;
			search_told(&s, level, kept, SEARCH_BURSTS - kept);
			assert_true(s.n <= search_bound(&s));
		}
		most = s.n > most ? s.n : most;
		check_interval(&s, &m);
	}
	assert_true(most > 15); /* long searches were among them */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_levels),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_record_in_any_order),
		cmocka_unit_test(test_disorder_is_told),
		cmocka_unit_test(test_random_thresholds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
