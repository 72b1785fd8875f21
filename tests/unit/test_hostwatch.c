/* test_hostwatch.c - the kernel's texts, hostile ones too, and what passed between two looks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fsx.h"
#include "hostwatch.h"
#include "unit.h"

#define MS NS_PER_MS

static void test_swap(void **state)
{
	static const struct {
		const char *text;
		int64_t pages;
	} cases[] = {
		{"nr_free_pages 1\npswpin 123\npswpout 456\n", 123},
		{"pswpin 0\n", 0},
		{"pswpin 9223372036854775807\n", INT64_MAX},
		{"pswpin 9223372036854775808\n", -1},
		{"pswpin 99999999999999999999999999\n", -1},
		{"pswpin -1\n", -1},
		{"pswpin +1\n", -1},
		{"pswpin  1\n", -1},
		{"pswpin \n", -1},
		{"pswpin\n", -1},
		{"pswpin 1x\n", -1},
		{"pswpin 1.5\n", -1},
		{"pswpin 12", -1}, /* cut: it may have been 123 */
		{"xpswpin 12\n", -1},
		{"pswpin_other 12\n", -1},
		{"", -1},
		{"\n\n\n", -1},
		{"garbage", -1},
	};
	static const char nul[] = "a\0b 1\npswpin 7\n";

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(
			hostwatch_read_swap(cases[i].text, strlen(cases[i].text)), cases[i].pages);
	assert_int_equal(hostwatch_read_swap(nul, sizeof(nul) - 1), 7);
}

static void test_stall(void **state)
{
	static const struct {
		const char *text;
		ns stall;
	} cases[] = {
		{"some avg10=0.00 avg60=0.00 avg300=0.00 total=1500\n"
		 "full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n",
			1500 * NS_PER_US},
		{"some total=0\n", 0},
		{"full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n", NS_NONE},
		{"some avg10=0.00\nfull total=9\n", NS_NONE},
		{"some total=\n", NS_NONE},
		{"some total=-4\n", NS_NONE},
		{"some total=9223372036854775807\n", NS_NONE}, /* no such nanoseconds */
		{"some total=12", NS_NONE},
		{"", NS_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(
			hostwatch_read_stall(cases[i].text, strlen(cases[i].text)), cases[i].stall);
}

static void test_count(void **state)
{
	static const struct {
		const char *text;
		int64_t count;
	} cases[] = {{"17\n", 17}, {"0\n", 0}, {"17", -1}, {"\n", -1}, {"", -1}, {"-1\n", -1},
		{"1 2\n", -1}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(
			hostwatch_read_count(cases[i].text, strlen(cases[i].text)), cases[i].count);
}

/* A machine of our own under the temporary folder. */
static void write_throttle(int cpu, int count)
{
	char dir[120], name[200], text[20];
	struct err e = ERR_INIT;

	snprintf(dir, sizeof(dir), "sys/devices/system/cpu/cpu%d/thermal_throttle", cpu);
	assert_int_equal(fsx_mkdirs(unit_path(dir), &e), 0);
	snprintf(name, sizeof(name), "%s/package_throttle_count", dir);
	snprintf(text, sizeof(text), "%d\n", count);
	unit_write_text(name, text);
}

static void write_memory(int pages, int stall_us)
{
	char text[200];
	struct err e = ERR_INIT;

	assert_int_equal(fsx_mkdirs(unit_path("proc/pressure"), &e), 0);
	snprintf(text, sizeof(text), "pgpgin 5\npswpin %d\npswpout 0\n", pages);
	unit_write_text("proc/vmstat", text);
	snprintf(text, sizeof(text), "some avg10=0.00 total=%d\nfull avg10=0.00 total=0\n",
		stall_us);
	unit_write_text("proc/pressure/memory", text);
}

static void test_what_passed(void **state)
{
	struct hostwatch w;
	struct host_counts before, soon, after;
	struct sample s;

	(void)state;
	write_memory(100, 5000);
	for (int cpu = 0; cpu < 80; cpu++) /* more than are watched */
		write_throttle(cpu, 2);
	hostwatch_open(&w, unit_path("."));
	assert_true(w.nthrottle > 0 && w.nthrottle <= HOSTWATCH_CPUS);
	before = hostwatch_look(&w, 0);
	assert_int_equal(before.swapped_in, 100);
	assert_int_equal(before.memory_stall, 5 * MS);
	assert_int_equal(before.throttled, 2 * (int64_t)w.nthrottle);
	write_memory(130, 25000);
	for (int cpu = 0; cpu < 80; cpu++)
		write_throttle(cpu, 3);
	soon = hostwatch_look(&w, 99 * MS); /* not read again so soon */
	assert_int_equal(soon.swapped_in, 100);
	after = hostwatch_look(&w, 100 * MS); /* memory is, throttling not yet */
	assert_int_equal(after.swapped_in, 130);
	assert_int_equal(after.throttled, before.throttled);
	after = hostwatch_look(&w, NS_PER_S);
	sample_init(&s);
	hostwatch_note(&s, &before, &after);
	assert_int_equal(s.swapped_in, 30);
	assert_int_equal(s.memory_stall, 20 * MS);
	assert_int_equal(s.throttled, w.nthrottle);
	assert_true(s.slept > -50 * MS && s.slept < 50 * MS);
	sample_release(&s);
	hostwatch_close(&w);
}

/* No /proc, no /sys: unknown is not zero. */
static void test_another_kernel(void **state)
{
	struct hostwatch w;
	struct host_counts before, after;
	struct sample s;

	(void)state;
	hostwatch_open(&w, unit_path("nowhere"));
	before = hostwatch_look(&w, 0);
	after = hostwatch_look(&w, NS_PER_S);
	sample_init(&s);
	hostwatch_note(&s, &before, &after);
	assert_int_equal(s.swapped_in, -1);
	assert_int_equal(s.memory_stall, NS_NONE);
	assert_int_equal(s.throttled, -1);
	assert_int_not_equal(s.slept, NS_NONE);
	sample_release(&s);
	hostwatch_close(&w);
}

/* A server elsewhere: nobody watches its machine, only our own sleep counts. */
static void test_without_watch(void **state)
{
	struct host_counts c = hostwatch_look(NULL, 0);

	(void)state;
	assert_int_equal(c.swapped_in, -1);
	assert_int_equal(c.memory_stall, NS_NONE);
	assert_int_equal(c.throttled, -1);
	assert_int_not_equal(c.asleep, NS_NONE);
}

static void test_totals_that_go_back(void **state)
{
	struct host_counts high = {.swapped_in = 5, .memory_stall = 7, .throttled = 3};
	struct host_counts low = {.asleep = 2, .swapped_in = 4, .memory_stall = 6, .throttled = -1};
	struct sample s;

	(void)state;
	sample_init(&s);
	hostwatch_note(&s, &high, &low);
	assert_int_equal(s.swapped_in, -1);
	assert_int_equal(s.memory_stall, NS_NONE);
	assert_int_equal(s.throttled, -1);
	assert_int_equal(s.slept, 2);
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_what_passed),
		cmocka_unit_test(test_another_kernel),
		cmocka_unit_test(test_without_watch),
		cmocka_unit_test(test_totals_that_go_back),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
