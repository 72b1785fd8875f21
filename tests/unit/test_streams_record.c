/* test_streams_record.c - levels judged, the number of streams that follows, and the record of it
 * kept and read again. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "streams_record.h"

/* ---- judging ---- */

static struct truth_figures figures(ns p50, ns p99)
{
	return (struct truth_figures){
		.n = 200, .p50 = p50, .p99 = p99, .max = 2 * p99, .bias = -p50};
}

static struct streams_level good_level(uint32_t streams)
{
	return (struct streams_level){.streams = streams,
		.requests = 200,
		.ttft = figures(STREAMS_P50_LIMIT, STREAMS_P99_LIMIT),
		.itl = figures(2000, 30000),
		.sent = figures(40000, 50000),
		.late = figures(100000, STREAMS_LATE_LIMIT),
		.gaps = 1000,
		.tokens = 900,
		.cpu_us = 10.5,
		.user_us = 4.5,
		.system_us = 6,
		.client_share = STREAMS_CPU_LIMIT,
		.server_share = 0.5,
		.memory = 20 << 20};
}

enum spoil {
	NOTHING,
	TTFT_P50,
	TTFT_P99,
	ITL_P50,
	ITL_P99,
	CPU,
	CPU_UNKNOWN,
	DIFFERING,
	LATE,
	LATE_AND_OFF,
	FAILED,
	UNPAIRED,
	EMPTY,
	NO_GAPS
};

static void spoil(struct streams_level *l, enum spoil what)
{
	l->ttft.p50 += what == TTFT_P50;
	l->ttft.p99 += what == TTFT_P99 || what == LATE_AND_OFF;
	l->itl.p50 = what == ITL_P50 ? STREAMS_P50_LIMIT + 1 : l->itl.p50;
	l->itl.p99 = what == ITL_P99 ? STREAMS_P99_LIMIT + 1 : l->itl.p99;
	l->client_share += what == CPU ? 0.01 : 0;
	l->client_share = what == CPU_UNKNOWN ? (double)NAN : l->client_share;
	l->differing = what == DIFFERING;
	l->late.p99 += what == LATE || what == LATE_AND_OFF;
	l->failed = what == FAILED ? 3 : 0;
	l->unpaired = what == UNPAIRED ? 2 : 0;
	if (what == EMPTY)
		l->ttft.n = 0;
	if (what == NO_GAPS)
		l->itl = (struct truth_figures){0, NS_NONE, NS_NONE, NS_NONE, NS_NONE};
}

static const struct judge_case {
	enum spoil what;
	enum streams_verdict verdict;
	const char *why;
} judge_cases[] = {
	{NOTHING, STREAMS_TRUSTED, ""},
	{NO_GAPS, STREAMS_TRUSTED, ""},
	{CPU_UNKNOWN, STREAMS_TRUSTED, ""},
	{TTFT_P50, STREAMS_NOT_TRUSTED, "TTFT is off by 0.10 ms in the median, above 0.10"},
	{TTFT_P99, STREAMS_NOT_TRUSTED, "TTFT is off by 1.0 ms at the 99th percentile, above 1.0"},
	{ITL_P50, STREAMS_NOT_TRUSTED, "ITL is off by 0.10 ms in the median"},
	{ITL_P99, STREAMS_NOT_TRUSTED, "ITL is off by 1.0 ms at the 99th"},
	{CPU, STREAMS_NOT_TRUSTED, "the client used 96 % of a processor"},
	{DIFFERING, STREAMS_NOT_TRUSTED, "1 of 200 answers have another number of chunks"},
	{LATE, STREAMS_TRUSTED, ""},
	{LATE_AND_OFF, STREAMS_NOT_JUDGED, "the server itself was late"},
	{FAILED, STREAMS_NOT_JUDGED, "3 of 200 requests failed"},
	{UNPAIRED, STREAMS_NOT_JUDGED, "no one row for 2 of 200 requests"},
	{EMPTY, STREAMS_NOT_JUDGED, "nothing was measured"},
};

static void judges_a_level(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(judge_cases); i++) {
		const struct judge_case *c = &judge_cases[i];
		struct streams_level l = good_level(8);

		spoil(&l, c->what);
		snprintf(l.why, sizeof(l.why), "left over");
		streams_judge(&l);
		if (l.verdict != c->verdict || !strstr(l.why, c->why) || !l.why[0] != !c->why[0])
			fail_msg("case %zu: %s (%s)", i, streams_verdict_name(l.verdict), l.why);
	}
}

static void trust_ends_at_the_first_doubt(void **state)
{
	static const struct {
		enum streams_verdict v[4];
		size_t n;
		bool known;
		uint32_t trusted;
	} cases[] = {
		{{STREAMS_TRUSTED, STREAMS_TRUSTED, STREAMS_TRUSTED, STREAMS_TRUSTED}, 4, true, 64},
		{{STREAMS_TRUSTED, STREAMS_TRUSTED, STREAMS_NOT_TRUSTED, STREAMS_TRUSTED}, 4, true,
			4},
		{{STREAMS_TRUSTED, STREAMS_NOT_JUDGED, STREAMS_TRUSTED, STREAMS_TRUSTED}, 4, true,
			1},
		{{STREAMS_NOT_TRUSTED, STREAMS_TRUSTED}, 2, true, 0},
		{{STREAMS_NOT_JUDGED, STREAMS_TRUSTED}, 2, false, 0},
		{{STREAMS_TRUSTED}, 0, false, 0},
	};
	static const uint32_t streams[] = {1, 4, 16, 64};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct streams_level levels[4] = {{0}};
		uint32_t trusted = 99;

		for (size_t k = 0; k < 4; k++) {
			levels[k].streams = streams[k];
			levels[k].verdict = cases[i].v[k];
		}
		assert_int_equal(streams_trusted(levels, cases[i].n, &trusted), cases[i].known);
		assert_int_equal(trusted, cases[i].trusted);
	}
}

/* ---- where it is kept ---- */

static void place_of_the_record(void **state)
{
	static const struct {
		const char *state_home, *home, *path;
	} cases[] = {
		{"/var/s", "/home/u", "/var/s/chimera/doctor.json"},
		{NULL, "/home/u", "/home/u/.local/state/chimera/doctor.json"},
		{"", "/home/u", "/home/u/.local/state/chimera/doctor.json"},
		{"relative", "/home/u", "/home/u/.local/state/chimera/doctor.json"},
		{NULL, "", NULL},
		{NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char *path = streams_record_path(cases[i].state_home, cases[i].home);

		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
		free(path);
	}
}

/* ---- the record ---- */

static const struct streams_machine box = {"box", "Fast CPU", "Linux 6.1 x86_64"};

static json_t *record_of(const struct streams_machine *m, struct streams_level *levels, size_t n)
{
	const struct streams_record r = {.machine = *m,
		.version = "1.2.3",
		.measured_wall = clock_parse_iso("2026-11-25T10:00:00Z", 20),
		.rate = 50,
		.seconds = 3,
		.levels = levels,
		.nlevels = n};

	for (size_t i = 0; i < n; i++)
		streams_judge(&levels[i]);
	return streams_record_json(&r);
}

/* Levels 1, 4 (trusted) and 16 (not). */
static const char *write_record(const struct streams_machine *m)
{
	static char path[900];
	struct streams_level levels[] = {good_level(1), good_level(4), good_level(16)};
	struct err e = ERR_INIT;
	json_t *record;

	levels[2].itl.p99 = 3 * NS_PER_MS;
	levels[2].user_us = levels[2].system_us = (double)NAN;
	record = record_of(m, levels, 3);
	snprintf(path, sizeof(path), "%s", unit_path("state/chimera/doctor.json"));
	assert_int_equal(streams_record_write(path, record, &e), 0);
	json_decref(record);
	return path;
}

static void written_and_read_again(void **state)
{
	struct err e = ERR_INIT;
	struct streams_trust t;

	(void)state;
	assert_int_equal(streams_record_load(&t, write_record(&box), &box, &e), 0);
	assert_int_equal(t.streams, 4);
	assert_double(t.rate, 50);
	assert_string_equal(t.measured_at, "2026-11-25T10:00:00.000000000Z");
}

static void the_curve_is_in_it(void **state)
{
	struct err e = ERR_INIT;
	json_t *o = jsonx_load(write_record(&box), &e), *level, *ttft;

	(void)state;
	assert_non_null(o);
	assert_double(jsonx_get_number(o, "schema"), 1);
	assert_string_equal(jsonx_get_string(o, "version"), "1.2.3");
	assert_string_equal(jsonx_get_string(json_object_get(o, "machine"), "cpu"), "Fast CPU");
	assert_int_equal(json_array_size(json_object_get(o, "levels")), 3);
	level = json_array_get(json_object_get(o, "levels"), 2);
	assert_double(jsonx_get_number(level, "streams"), 16);
	ttft = json_object_get(level, "ttft_error_us");
	assert_double(jsonx_get_number(ttft, "n"), 200);
	assert_double(jsonx_get_number(ttft, "p50"), 100);
	assert_double(jsonx_get_number(ttft, "p99"), 1000);
	assert_double(jsonx_get_number(ttft, "bias"), -100);
	assert_double(jsonx_get_number(json_object_get(level, "itl_error_us"), "p99"), 3000);
	assert_double(jsonx_get_number(level, "cpu_us_per_token"), 10.5);
	assert_true(json_is_null(json_object_get(level, "cpu_user_us_per_token")));
	assert_contains(jsonx_get_string(level, "cpu_user_us_per_token_why"), "too little");
	assert_string_equal(jsonx_get_string(level, "verdict"), "not trusted");
	assert_contains(jsonx_get_string(level, "why"), "ITL is off by 3");
	level = json_array_get(json_object_get(o, "levels"), 0);
	assert_string_equal(jsonx_get_string(level, "verdict"), "trusted");
	assert_true(json_is_null(json_object_get(level, "why")));
	json_decref(o);
}

static void another_machine_is_another(void **state)
{
	struct streams_machine others[3] = {box, box, box};
	static const char *const why[] = {"another machine (box, this is mill)",
		"another processor (Fast CPU, this is unknown)",
		"another kernel (Linux 6.1 x86_64, this is Linux 6.2 x86_64)"};
	const char *path = write_record(&box);

	(void)state;
	strcpy(others[0].host, "mill");
	others[1].cpu[0] = '\0';
	strcpy(others[2].kernel, "Linux 6.2 x86_64");
	for (size_t i = 0; i < COUNTOF(others); i++) {
		struct streams_trust t = {.streams = 7};
		struct err e = ERR_INIT;

		assert_int_equal(streams_record_load(&t, path, &others[i], &e), -1);
		assert_contains(e.msg, why[i]);
		assert_contains(e.hint, "chimera doctor");
		assert_int_equal(t.streams, 0);
	}
}

static void unknown_trust_is_no_number(void **state)
{
	struct streams_level levels[] = {good_level(1)};
	struct streams_trust t;
	struct err e = ERR_INIT;
	json_t *record;
	char path[900];

	(void)state;
	levels[0].failed = 1;
	record = record_of(&box, levels, 1);
	assert_true(json_is_null(json_object_get(record, "trusted_streams")));
	snprintf(path, sizeof(path), "%s", unit_path("unknown/doctor.json"));
	assert_int_equal(streams_record_write(path, record, &e), 0);
	json_decref(record);
	assert_int_equal(streams_record_load(&t, path, &box, &e), -1);
}

static void broken_ones_are_none(void **state)
{
	static const char machine[] = "\"machine\":{\"hostname\":\"box\",\"cpu\":\"Fast CPU\","
				      "\"kernel\":\"Linux 6.1 x86_64\"}";
	static const char *const heads[] = {"", "{", "[]", "null", "{}\n",
		"{\"schema\":2,\"trusted_streams\":4,\"rate_tok_s\":50,\"measured_at\":"
		"\"2026-11-25T10:00:00Z\",",
		"{\"schema\":1,\"trusted_streams\":-4,\"rate_tok_s\":50,\"measured_at\":"
		"\"2026-11-25T10:00:00Z\",",
		"{\"schema\":1,\"trusted_streams\":1e99,\"rate_tok_s\":50,\"measured_at\":"
		"\"2026-11-25T10:00:00Z\",",
		"{\"schema\":1,\"trusted_streams\":\"4\",\"rate_tok_s\":50,\"measured_at\":"
		"\"2026-11-25T10:00:00Z\",",
		"{\"schema\":1,\"trusted_streams\":4,\"rate_tok_s\":0,\"measured_at\":"
		"\"2026-11-25T10:00:00Z\",",
		"{\"schema\":1,\"trusted_streams\":4,\"rate_tok_s\":50,\"measured_at\":\"once\","};

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i++) {
		struct streams_trust t = {.streams = 7};
		struct err e = ERR_INIT;
		char text[600];

		snprintf(text, sizeof(text), "%s%s", heads[i], i < 5 ? "" : machine);
		if (i >= 5)
			strcat(text, "}");
		assert_int_equal(
			streams_record_load(&t, unit_write_text("broken.json", text), &box, &e),
			-1);
		assert_contains(e.msg, "is no record of chimera doctor");
		assert_int_equal(t.streams, 0);
	}
}

static void none_is_told_as_none(void **state)
{
	struct streams_trust t;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(streams_record_load(&t, unit_path("no/such.json"), &box, &e), -1);
	assert_contains(e.msg, "not measured yet");
	assert_contains(e.hint, "chimera doctor");
}

/* By the environment, and for the machine that this test runs on. */
static void found_where_it_is_kept(void **state)
{
	struct streams_machine here;
	struct streams_trust t;
	struct err e = ERR_INIT;
	char home[900];

	(void)state;
	streams_machine_here(&here);
	assert_true(here.kernel[0] != '\0');
	snprintf(home, sizeof(home), "%s", unit_path("state"));
	setenv("XDG_STATE_HOME", home, 1);
	write_record(&here);
	assert_int_equal(streams_record_here(&t, &e), 0);
	assert_int_equal(t.streams, 4);
	write_record(&box); /* the latest counts, and it is of another machine */
	assert_int_equal(streams_record_here(&t, &e), -1);
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	assert_int_equal(streams_record_here(&t, &e), -1);
	assert_contains(e.msg, "no home folder");
}

static void a_folder_that_is_a_file(void **state)
{
	struct streams_level levels[] = {good_level(1)};
	struct err e = ERR_INIT;
	json_t *record = record_of(&box, levels, 1);

	(void)state;
	unit_write_text("file", "x");
	assert_int_equal(
		streams_record_write(unit_path("file/chimera/doctor.json"), record, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	json_decref(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_a_level),
		cmocka_unit_test(trust_ends_at_the_first_doubt),
		cmocka_unit_test(place_of_the_record),
		cmocka_unit_test(written_and_read_again),
		cmocka_unit_test(the_curve_is_in_it),
		cmocka_unit_test(another_machine_is_another),
		cmocka_unit_test(unknown_trust_is_no_number),
		cmocka_unit_test(broken_ones_are_none),
		cmocka_unit_test(none_is_told_as_none),
		cmocka_unit_test(found_where_it_is_kept),
		cmocka_unit_test(a_folder_that_is_a_file),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
