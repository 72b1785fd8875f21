/* test_units.c - units as people write them. */
#include <math.h>
#include <string.h>

#include "unit.h"
#include "units.h"

static void headings(void **state)
{
	static const struct {
		const char *heading, *unit;
		enum unit_kind kind;
	} cases[] = {
		{"ttft_ms", "ms", UNIT_TIME},
		{"latency_s", "s", UNIT_TIME},
		{"mean_latency (ms)", "ms", UNIT_TIME},
		{"Rate [tok/s]", "tok/s", UNIT_RATE},
		{"tokens_per_s", "tok/s", UNIT_RATE},
		{"tokens_per_second", "tok/s", UNIT_RATE},
		{"decode_tok_s", "tok/s", UNIT_RATE},
		{"throughput tokens/s", "tok/s", UNIT_RATE},
		{"memory_MiB", "MiB", UNIT_BYTES},
		{"gpu load %", "%", UNIT_SHARE},
		{"power_w", "W", UNIT_OTHER},
		{"temperature", "", UNIT_OTHER},
		{"s", "", UNIT_OTHER},
		{"b", "", UNIT_OTHER},
		{"tps", "tok/s", UNIT_RATE},
		{"class", "", UNIT_OTHER},
		{"", "", UNIT_OTHER},
		{"()", "", UNIT_OTHER},
		{"x ()", "", UNIT_OTHER},
		{"note (fast)", "", UNIT_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct unit u = unit_of_heading(cases[i].heading);

		assert_string_equal(u.name, cases[i].unit);
		assert_int_equal(u.kind, cases[i].kind);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		double number; /* NaN: none */
		const char *unit;
	} cases[] = {
		{"12", 12, ""},
		{"12.5 ms", 12.5, "ms"},
		{"3s", 3, "s"},
		{" 40 % ", 40, "%"},
		{"1e3", 1000, ""},
		{"1e3 ms", 1000, "ms"},
		{"53.51 W", 53.51, "W"},
		{"12 parrots", NAN, ""},
		{"ms", NAN, ""},
		{"inf", NAN, ""},
		{"nan", NAN, ""},
		{"", NAN, ""},
		{"1.2.3 ms", NAN, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct unit u;
		double x;
		bool is = unit_number(cases[i].text, strlen(cases[i].text), &x, &u);

		assert_int_equal(is, !isnan(cases[i].number));
		if (is) {
			assert_double(x, cases[i].number);
			assert_string_equal(u.name, cases[i].unit);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headings),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
