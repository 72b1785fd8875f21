/* test_clockfacts.c - what is told of a machine's clock and processors, from files made up and from
 * the one that runs this. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clockfacts.h"
#include "fsx.h"
#include "unit.h"

#define CPUS "/sys/devices/system/cpu"

static void put(const char *root, const char *path, const char *text)
{
	char folder[800], file[800];
	struct err e = ERR_INIT;

	snprintf(file, sizeof(file), "%s%s", root, path);
	snprintf(folder, sizeof(folder), "%s", file);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(fsx_mkdirs(unit_path(folder), &e), 0);
	unit_write_text(file, text);
}

static void told_by_files(void **state)
{
	struct clockfacts f;

	(void)state;
	put("a", "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
	put("a", "/proc/loadavg", "1.25 0.50 0.10 1/80 1234\n");
	put("a", CPUS "/cpu0/cpufreq/scaling_governor", "powersave\n");
	put("a", CPUS "/cpu1/cpufreq/scaling_governor", "powersave\n");
	clockfacts_find(&f, unit_path("a"));
	assert_string_equal(f.source, "hpet");
	assert_string_equal(f.governor, "powersave");
	assert_double(f.load, 1.25);
	assert_true(f.cores > 0);
	assert_contains(f.kernel, "Linux ");
	assert_true(f.reading > 0);
}

static void each_governor_once(void **state)
{
	char governor[CLOCKFACTS_WORD];

	(void)state;
	put("b", CPUS "/cpu0/cpufreq/scaling_governor", "performance\n");
	put("b", CPUS "/cpu1/cpufreq/scaling_governor", "perf\n"); /* a part of the one before */
	put("b", CPUS "/cpu2/cpufreq/scaling_governor", "performance\n");
	put("b", CPUS "/cpu3/cpufreq/scaling_governor", "");
	put("b", CPUS "/cpufreq/scaling_governor", "other\n"); /* no processor's */
	clockfacts_governor(governor, sizeof(governor), unit_path("b"));
	assert_string_equal(governor, "performance, perf");
	clockfacts_governor(governor, 8, unit_path("b")); /* cut, and ended */
	assert_string_equal(governor, "perform");
}

static void not_told_is_empty(void **state)
{
	struct clockfacts f;

	(void)state;
	clockfacts_find(&f, unit_path("nowhere"));
	assert_string_equal(f.source, "");
	assert_string_equal(f.governor, "");
	assert_true(isnan(f.load));
}

/* Dated or not, there is either a time or a reason. */
static void tried_here(void **state)
{
	struct clockfacts f;

	(void)state;
	clockfacts_find(&f, "");
	if (f.dated) {
		assert_string_equal(f.undated_why, "");
		assert_true(f.dated_late >= 0);
	} else {
		assert_true(f.undated_why[0] != '\0');
		assert_int_equal(f.dated_late, NS_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_by_files),
		cmocka_unit_test(each_governor_once),
		cmocka_unit_test(not_told_is_empty),
		cmocka_unit_test(tried_here),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
