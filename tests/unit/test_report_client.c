/* test_report_client.c - what the report says of the client's own times, in singular and plural,
 * and what it leaves out. */
#include "unit.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analysed.h"
#include "document.h"
#include "report.h"
#include "report_internal.h"

struct fixture {
	struct analysed a;
	struct str text; /* of the section, as Markdown */
};

static const struct data_client by_kernel = {.stamp_bound_us = 0,
	.send_us = 20,
	.cpu_share = 0.25,
	.gaps = 15,
	.streams = 1,
	.dated = DATED_KERNEL};
static const struct data_client by_user = {.stamp_bound_us = 40,
	.send_us = 20,
	.cpu_share = 0.25,
	.gaps = 15,
	.streams = 1,
	.dated = DATED_USER};

/* A run of 216 answered requests, all of which noted `c`. */
static void make(struct fixture *f, const struct data_client *c)
{
	struct splitplot plain = analysed_plain();

	plain.per_pass *= 3;
	*f = (struct fixture){.text = STR_INIT(STR_MAX_FILE)};
	analysed_make(&f->a, &plain);
	for (size_t i = 0; i < f->a.d.nrows; i++) {
		f->a.d.rows[i].client = *c;
		f->a.d.rows[i].client_queue_ms = 0.2;
	}
}

/* Only the first n rows are there. */
static void keep(struct fixture *f, size_t n)
{
	assert_true(n <= f->a.d.nrows);
	f->a.d.nrows = n;
}

static void write(struct fixture *f)
{
	struct err e = ERR_INIT;
	struct report r;

	analysed_run(&f->a);
	report_init(&r, &f->a.s, ".", "1");
	r.doc = doc_new("t", NULL);
	doc_section(r.doc, "quality", "Quality");
	report_client(&r);
	if (doc_markdown(r.doc, &f->text, &e))
		fail_msg("%s", e.msg);
	report_release(&r);
}

static void release(struct fixture *f)
{
	analysed_release(&f->a);
	str_release(&f->text);
}

static void expect(const struct fixture *f, const char *part)
{
	if (!strstr(f->text.s, part))
		fail_msg("\"%s\" is not in:\n%s", part, f->text.s);
}

static void expect_none(const struct fixture *f, const char *part)
{
	if (strstr(f->text.s, part))
		fail_msg("\"%s\" is in:\n%s", part, f->text.s);
}

static void trust(struct fixture *f, json_t *clock)
{
	if (!f->a.d.manifest)
		f->a.d.manifest = json_object();
	json_object_set_new(f->a.d.manifest, "clock", clock);
}

static void test_all_exact(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &by_kernel);
	write(&f);
	expect(&f, "within 100 \xc2\xb5s in all requests, at most 20 \xc2\xb5s off in any:");
	expect(&f, "all 216 answered requests, each chunk by the segment it came in.");
	expect(&f, "runs.csv: 216 rows with status=ok timestamp_source=kernel");
	expect(&f, "3,240 gaps, and all can be told; no read held more than one line.");
	expect(&f, "by 200 \xc2\xb5s (median), 200 \xc2\xb5s in 99 of 100, 200 \xc2\xb5s at most.");
	expect(&f, "known within 20 \xc2\xb5s (median), 20 \xc2\xb5s in 99 of 100, 20 \xc2\xb5s");
	expect(&f, "at most 1 request.");
	expect(&f, "of one processor, 25 % (median)");
	expect_none(&f, "Dated by the reader");
	expect_none(&f, "Not dated");
	expect_none(&f, "Trusted with"); /* the manifest does not say */
	release(&f);
}

static void test_some_late(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &by_kernel);
	f.a.d.rows[7].client.stamp_bound_us = 85;
	f.a.d.rows[9].client.stamp_bound_us = 25400;
	f.a.d.rows[9].client.unresolved = 1;
	f.a.d.rows[9].client.multi_line_reads = 1;
	f.a.d.rows[9].client.streams = 64;
	f.a.d.rows[11].client.dated = DATED_UNKNOWN;
	write(&f);
	expect(&f, "within 100 \xc2\xb5s in 99.0 % of the requests, at most 25 ms off in any:");
	expect(&f,
		"215 of 216 answered requests, each chunk by the segment it came in, but for 2 "
		"with a chunk that may be late, by at most 25 ms.");
	expect(&f, "1 of 216 answered requests; whose time it is was not recorded.");
	expect(&f,
		"1 of 3,240 gaps (0.031 %) cannot be told and is in no figure, since its chunks "
		"came together; 1 read held more than one line.");
	expect(&f, "at most 64 requests.");
	release(&f);
}

static void test_reader(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &by_user);
	f.a.d.rows[3].client.stamp_bound_us = 1500;
	f.a.d.rows[4].client.unresolved = 15;
	f.a.d.rows[4].client.multi_line_reads = 15;
	write(&f);
	expect(&f,
		"all 216 answered requests, when the client read them: late by at most 40 "
		"\xc2\xb5s in 99 of 100, 1.5 ms at worst.");
	expect(&f,
		"15 of 3,240 gaps (0.46 %) cannot be told and are in no figure, since their "
		"chunks came together; 15 reads held more than one line.");
	expect_none(&f, "Dated by the kernel");
	expect_none(&f, "the kernel dated do not depend");
	release(&f);
}

/* Fewer than 100: no 99 of 100; and one alone. */
static void test_few(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &by_kernel);
	keep(&f, 90);
	f.a.d.rows[0].client = by_user;
	f.a.d.rows[1].client.send_us = 40;
	write(&f);
	expect(&f,
		"1 of 90 answered requests, when the client read them: late by at most 40 "
		"\xc2\xb5s.");
	expect(&f, "known within 20 \xc2\xb5s (median), 40 \xc2\xb5s at most:");
	release(&f);
	make(&f, &by_kernel);
	keep(&f, 1);
	f.a.d.rows[0].client.stamp_bound_us = 7;
	f.a.d.rows[0].client.gaps = 1;
	write(&f);
	expect(&f, "the one answered request, late by at most 7.0 \xc2\xb5s.");
	expect(&f, "1 gap, and it can be told; no read");
	expect(&f, "known within 20 \xc2\xb5s: handing");
	release(&f);
}

/* Of rows of before there were the columns only what they hold is said. */
static void test_old_rows(void **state)
{
	static const struct data_client old = {.stamp_bound_us = NAN,
		.send_us = NAN,
		.cpu_share = NAN,
		.gaps = DATA_NONE,
		.unresolved = DATA_NONE,
		.multi_line_reads = DATA_NONE,
		.streams = DATA_NONE};
	static const char *const unsaid[] = {"wire", "Dated", "Not dated", "Gaps", "Send time",
		"In flight", "Processor", "Trusted"};
	struct data_client user = old;
	struct fixture f;

	(void)state;
	make(&f, &old);
	write(&f);
	for (size_t i = 0; i < COUNTOF(unsaid); i++)
		expect_none(&f, unsaid[i]);
	expect(&f, "Send delay:");
	release(&f);
	user.dated = DATED_USER;
	make(&f, &user);
	write(&f);
	expect(&f,
		"all 216 answered requests, when the client read them; how late is not "
		"recorded.");
	expect_none(&f, "wire");
	release(&f);
	user.dated = DATED_KERNEL;
	make(&f, &user);
	write(&f);
	expect(&f, "all 216 answered requests; how exactly is not recorded.");
	release(&f);
}

static void test_virtual(void **state)
{
	struct data_client c = by_kernel;
	struct str clause = STR_INIT(STR_MAX_LINE);
	struct fixture f;

	(void)state;
	c.dated = DATED_VIRTUAL;
	make(&f, &c);
	f.a.d.is_virtual = true;
	trust(&f, json_pack("{s:i}", "trusted_streams", 64));
	write(&f);
	expect(&f, "all times are the virtual clock's, under which nothing is late.");
	expect_none(&f, "Trusted");
	expect_none(&f, "Send");
	report_client_clause(&f.a.s, &clause);
	assert_int_equal(clause.len, 0);
	str_release(&clause);
	release(&f);
}

static void test_trust(void **state)
{
	static const struct {
		int streams, had; /* -1: not known */
		const char *says;
	} cases[] = {
		{64, 16,
			"trusted with 64 requests in flight (chimera doctor, 2026-11-25); the run "
			"had at most 16."},
		{1, 1,
			"trusted with 1 request in flight (chimera doctor, 2026-11-25); the run "
			"had "
			"at most 1."},
		{64, 1024, "; the run had more, up to 1,024."},
		{0, 4,
			"trusted with no request in flight (chimera doctor, 2026-11-25); the run "
			"had "
			"more, up to 4."},
		{-1, 16,
			"how many streams this machine can be trusted with is not known: it was "
			"not measured yet. To measure it: chimera doctor."},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		make(&f, &by_kernel);
		f.a.d.rows[5].client.streams = (uint32_t)cases[i].had;
		trust(&f,
			cases[i].streams < 0
				? json_pack("{s:n,s:s}", "trusted_streams", "trusted_why",
					  "it was not measured yet")
				: json_pack("{s:i,s:s}", "trusted_streams", cases[i].streams,
					  "trusted_measured_at", "2026-11-25T10:11:12Z"));
		write(&f);
		expect(&f, cases[i].says);
		release(&f);
	}
}

static void expect_clause(struct fixture *f, const char *wanted)
{
	struct str clause = STR_INIT(STR_MAX_LINE);

	write(f);
	report_client_clause(&f->a.s, &clause);
	assert_string_equal(clause.len ? clause.s : "", wanted);
	str_release(&clause);
	release(f);
}

static void test_clause(void **state)
{
	struct data_client unknown = by_kernel;
	struct fixture f;

	(void)state;
	make(&f, &by_kernel);
	f.a.d.rows[0].client.send_us = 500; /* 215 of 216 are 99 of 100 */
	expect_clause(&f, "client within 0.1 ms of the wire");
	make(&f, &by_kernel);
	for (size_t i = 0; i < 54; i++)
		f.a.d.rows[i].client.stamp_bound_us = 80.5; /* and 20 for sending */
	expect_clause(&f, "client within 0.1 ms of the wire in 75.0 % of the requests");
	unknown.send_us = NAN;
	make(&f, &unknown);
	expect_clause(&f, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_exact),
		cmocka_unit_test(test_some_late),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_old_rows),
		cmocka_unit_test(test_virtual),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_clause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
