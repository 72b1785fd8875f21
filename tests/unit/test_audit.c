/* test_audit.c - each cause that makes a row suspect or invalid, just below and just above its
 * bound. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "fake_plan.h"

#define MS NS_PER_MS

static const char *const urls[] = {"http://10.0.0.1:1"};
static struct fake_plan fake;
static struct item item;
static struct load load;
static struct audit audit;

static int setup(void **state)
{
	(void)state;
	fake_plan_make(&fake, "{\"model\":\"m:1b\",\"prompt\":\"Hi\",\"passes\":1,\"repeats\":1}",
		urls, 1);
	item = (struct item){.concurrency = 1};
	load = (struct load){.id = "s1-l0001"};
	audit = (struct audit){.concurrency = 0};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_plan_release(&fake);
	return 0;
}

/* An ok row with nothing to object to: TTFT 500 ms, a resident model's load, 100 tokens in 200 ms.
 */
static void begin(struct sample *s)
{
	sample_init(s);
	s->status = STATUS_OK;
	s->due = s->sent = NS_PER_S;
	s->loop_lag_max = 0;
	for (int i = 0; i < 10; i++)
		sample_add_chunk(s, "x", 1, s->sent + (500 + 10 * i) * MS);
	s->load = 120 * MS;
	s->prompt_eval = 200 * MS;
	s->prompt_tokens = 100;
}

/* The verdict; releases the sample. */
static struct row_keys judge(struct sample *s, bool load_due, bool may_cache)
{
	struct row_keys k = {.plan = &fake.plan, .item = &item, .load = &load};

	audit_row(&audit, &k, s, load_due, may_cache);
	sample_release(s);
	return k;
}

static void assert_verdict(const struct row_keys *k, enum validity v, const char *why)
{
	if (k->validity != v)
		print_error("%s: %s\n", validity_name(k->validity), k->validity_why);
	assert_int_equal(k->validity, v);
	if (*why)
		assert_contains(k->validity_why, why);
	else
		assert_string_equal(k->validity_why, "");
}

static void test_a_good_row(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	begin(&s);
	k = judge(&s, false, false);
	assert_verdict(&k, VALID, "");
	assert_false(k.paid_load);
}

static void test_the_loop_was_late(void **state)
{
	static const struct {
		ns ttft, lag;
		enum validity verdict;
	} cases[] = {
		{50 * MS, MS, VALID},
		{50 * MS, MS + 1, SUSPECT},
		{500 * MS, 5 * MS, VALID}, /* 1 % of the TTFT */
		{500 * MS, 5 * MS + 1, SUSPECT},
		{NS_NONE, MS + 1, SUSPECT},
		{500 * MS, NS_NONE, VALID},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct row_keys k;
		struct sample s;

		begin(&s);
		s.first_content = cases[i].ttft == NS_NONE ? NS_NONE : s.sent + cases[i].ttft;
		s.loop_lag_max = cases[i].lag;
		k = judge(&s, false, false);
		assert_verdict(&k, cases[i].verdict,
			cases[i].verdict == SUSPECT ? "the loop was late by" : "");
	}
}

/* At a rate by more than 5 ms; else also by more than 5 % of its 590 ms. */
static void test_sent_late(void **state)
{
	static const struct {
		double rate;
		ns late;
		enum validity verdict;
	} cases[] = {{2, 5 * MS, VALID}, {2, 5 * MS + 1, SUSPECT}, {0, 29 * MS, VALID},
		{0, 30 * MS, SUSPECT}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct row_keys k;
		struct sample s;

		begin(&s);
		item.rate = cases[i].rate;
		s.due = s.sent - cases[i].late;
		k = judge(&s, false, false);
		assert_verdict(&k, cases[i].verdict, cases[i].verdict == SUSPECT ? "late" : "");
	}
	item.rate = 0;
}

/* Times of the kernel do not depend on the loop, but on what the kernel can tell. */
static void test_kernel_times(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	begin(&s);
	s.stamps = STAMP_KERNEL;
	s.loop_lag_max = NS_PER_S;
	s.late_max = NS_PER_S;
	s.late_first = 5 * MS; /* 1 % of the TTFT */
	k = judge(&s, false, false);
	assert_verdict(&k, VALID, "");

	begin(&s);
	s.stamps = STAMP_KERNEL;
	s.late_first = 6 * MS;
	k = judge(&s, false, false);
	assert_verdict(&k, SUSPECT, "the first content may have come 6.00 ms earlier");

	begin(&s);
	s.sending = 7 * MS;
	k = judge(&s, false, false);
	assert_verdict(&k, SUSPECT, "handing it to the kernel took 7.00 ms");
}

static void test_what_the_client_used(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	begin(&s);
	s.done = s.sent + 600 * MS;
	s.cpu_share = 0.95;
	s.streams = 65;
	k = judge(&s, false, false);
	assert_verdict(&k, VALID, ""); /* nobody said with how many it is trusted */

	begin(&s);
	s.done = s.sent + 600 * MS;
	s.cpu_share = 0.97;
	k = judge(&s, false, false);
	assert_verdict(&k, SUSPECT, "the client used 97 % of a processor");

	begin(&s);
	s.done = s.sent + 90 * MS; /* too short to tell */
	s.cpu_share = 0.97;
	k = judge(&s, false, false);
	assert_verdict(&k, VALID, "");

	audit.trust_known = true;
	audit.trusted_streams = 64;
	audit_new_load(&audit);
	begin(&s);
	s.streams = 65;
	k = judge(&s, false, false);
	assert_verdict(&k, SUSPECT, "65 requests in flight, this machine is trusted with 64");
	begin(&s);
	s.streams = 64;
	k = judge(&s, false, false);
	assert_verdict(&k, VALID, "");
}

static void test_causes_one_by_one(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	begin(&s);
	s.new_connects = 1;
	k = judge(&s, false, false);
	assert_verdict(&k, SUSPECT, "the connection was opened again");

	begin(&s);
	s.slept = 49 * MS;
	k = judge(&s, false, false);
	assert_verdict(&k, VALID, "");

	begin(&s);
	s.slept = 50 * MS;
	k = judge(&s, false, false);
	assert_verdict(&k, INVALID, "the machine slept");

	begin(&s);
	strcpy(load.other_models, "llama3:8b");
	k = judge(&s, false, false);
	assert_verdict(&k, SUSPECT, "in memory too: llama3:8b");
}

/* What the machine did that server and client share; e2e is 590 ms, then 2 s. */
static void test_the_machine_itself(void **state)
{
	static const struct {
		int64_t swapped_in;
		ns memory_stall;
		int64_t throttled;
		ns last;
		enum validity verdict;
		const char *why;
	} cases[] = {
		{-1, NS_NONE, -1, 590 * MS, VALID, ""},
		{9, 0, 0, 590 * MS, VALID, ""},
		{10, 0, 0, 590 * MS, SUSPECT, "the machine swapped in 10 pages while it ran"},
		{0, 10 * MS - 1, 0, 590 * MS, VALID, ""},
		{0, 10 * MS, 0, 590 * MS, SUSPECT, "tasks waited 10.0 ms for memory while it ran"},
		{0, 20 * MS, 0, 2000 * MS, VALID, ""}, /* 1 % of the whole */
		{0, 20 * MS + 1, 0, 2000 * MS, SUSPECT, "tasks waited 20.0 ms for memory"},
		{0, 0, 1, 590 * MS, SUSPECT, "the processor was slowed to cool while it ran"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct row_keys k;
		struct sample s;

		begin(&s);
		s.swapped_in = cases[i].swapped_in;
		s.memory_stall = cases[i].memory_stall;
		s.throttled = cases[i].throttled;
		s.last_content = s.sent + cases[i].last;
		k = judge(&s, false, false);
		assert_verdict(&k, cases[i].verdict, cases[i].why);
	}
}

static void test_causes_together(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	begin(&s);
	s.slept = NS_PER_S;
	s.new_connects = 2;
	s.due = s.sent - NS_PER_S;
	k = judge(&s, false, false);
	assert_int_equal(k.validity, INVALID);
	assert_string_equal(k.validity_why,
		"sent 1000 ms late; the connection was opened again; the machine slept");
}

static void test_reasons_are_bounded(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	begin(&s);
	memset(load.other_models, 'm', sizeof(load.other_models) - 1);
	s.loop_lag_max = NS_PER_S;
	s.cached_tokens = 90; /* one more behind the long one */
	k = judge(&s, false, false);
	assert_int_equal(k.validity, SUSPECT);
	assert_int_equal(strlen(k.validity_why), sizeof(k.validity_why) - 1);
}

/* `lumps` pairs of chunks that came together, then single ones. */
static void test_several_chunks_in_a_read(void **state)
{
	static const struct {
		int pairs, singles;
		enum validity verdict;
	} cases[] = {{1, 3, VALID}, {2, 4, VALID}, {2, 3, SUSPECT}, {1, 0, SUSPECT}, {0, 5, VALID}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct row_keys k;
		struct sample s;
		ns at;

		begin(&s);
		s.times.n = 0;
		at = s.first_content;
		for (int n = 0; n < 2 * cases[i].pairs; n++)
			sample_add_chunk(&s, "x", 1, at + n / 2 * MS);
		for (int n = 0; n < cases[i].singles; n++)
			sample_add_chunk(&s, "x", 1, at + NS_PER_S + n * MS);
		k = judge(&s, false, false);
		assert_verdict(
			&k, cases[i].verdict, cases[i].verdict == SUSPECT ? "several at once" : "");
	}
}

/* ---- loads ---- */

/* A row with that load_duration. */
static struct row_keys with_load(ns duration, bool due)
{
	struct sample s;

	begin(&s);
	s.load = duration;
	return judge(&s, due, false);
}

static void test_a_planned_load(void **state)
{
	struct row_keys k = with_load(1300 * MS, true);

	(void)state;
	assert_true(k.paid_load);
	assert_verdict(&k, VALID, "");
	assert_int_equal(audit.nresident, 0); /* says nothing about a resident model */
}

/* Resident values and reloads as measured on two real servers. */
static void test_an_unplanned_load(void **state)
{
	static const struct {
		ns resident[5], reload;
	} servers[] = {
		{{115 * MS, 120 * MS, 117 * MS, 118 * MS, 116 * MS}, 585 * MS},
		{{195 * MS, 235 * MS, 200 * MS, 210 * MS, 222 * MS}, 1310 * MS},
		{{2 * MS, 1 * MS, 3 * MS, 2 * MS, 1 * MS}, 300 * MS},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(servers); i++) {
		struct row_keys k;

		audit_new_load(&audit);
		with_load(servers[i].reload, true);
		for (size_t n = 0; n < 5; n++) {
			k = with_load(servers[i].resident[n], false);
			assert_verdict(&k, VALID, "");
			assert_false(k.paid_load);
		}
		k = with_load(servers[i].reload, false);
		assert_true(k.paid_load);
		assert_verdict(&k, SUSPECT, "that was not planned");
		/* It has not become usual. */
		k = with_load(servers[i].reload, false);
		assert_true(k.paid_load);
	}
}

static void test_slow_but_no_load(void **state)
{
	struct row_keys k;

	(void)state;
	for (int i = 0; i < 5; i++)
		with_load((100 + i) * MS, false);
	k = with_load(290 * MS, false); /* not three times the median */
	assert_false(k.paid_load);
	audit_new_load(&audit);
	for (int i = 0; i < 5; i++)
		with_load((2 + i % 2) * MS, false);
	k = with_load(40 * MS, false); /* no process starts in 40 ms */
	assert_false(k.paid_load);
	audit_new_load(&audit);
	for (int i = 0; i < 6; i++)
		with_load((20 + 50 * i) * MS, false); /* spread: 10 deviations are 750 ms */
	k = with_load(600 * MS, false);
	assert_false(k.paid_load);
}

static void test_too_little_seen_to_tell(void **state)
{
	struct row_keys k;

	(void)state;
	with_load(100 * MS, false);
	with_load(100 * MS, false);
	k = with_load(2000 * MS, false);
	assert_false(k.paid_load);
	assert_verdict(&k, VALID, "");
}

static void test_another_concurrency_is_compared_with_itself(void **state)
{
	struct row_keys k;

	(void)state;
	for (int i = 0; i < 5; i++)
		with_load(20 * MS, false);
	item.concurrency = 8;
	k = with_load(350 * MS, false);
	assert_false(k.paid_load);
	assert_int_equal(audit.nresident, 1);
}

static void test_a_missing_load_duration(void **state)
{
	struct row_keys k;

	(void)state;
	for (int i = 0; i < 5; i++) {
		k = with_load(NS_NONE, false);
		assert_verdict(&k, VALID, "");
	}
	assert_int_equal(audit.nresident, 0);
}

static void test_the_latest_are_kept(void **state)
{
	struct row_keys k;

	(void)state;
	for (int i = 0; i < AUDIT_KEPT; i++)
		with_load(10 * MS, false);
	for (int i = 0; i < AUDIT_KEPT; i++)
		with_load((10 + i) * MS, false); /* slowly more, never an outlier */
	k = with_load(110 * MS, false);          /* of the first ones, eleven times */
	assert_false(k.paid_load);
}

/* ---- caching ---- */

/* A row whose prompt of `tokens` took `prefill`. */
static struct row_keys with_prefill(int64_t tokens, ns prefill, bool load_due, bool may_cache)
{
	struct sample s;

	begin(&s);
	s.prompt_tokens = tokens;
	s.prompt_eval = prefill;
	return judge(&s, load_due, may_cache);
}

static void test_a_unique_prompt_that_looks_cached(void **state)
{
	struct row_keys k;

	(void)state;
	for (int i = 0; i < 3; i++) {
		k = with_prefill(100, (200 + 40 * i) * MS, false, false);
		assert_verdict(&k, VALID, "");
	}
	with_prefill(100, 900 * MS, false, false); /* a busy machine */
	k = with_prefill(
		100, 90 * MS, false, false); /* 0.45 of the fastest, though 0.1 of the last */
	assert_verdict(&k, VALID, "");
	k = with_prefill(100, 30 * MS, false, false);
	assert_verdict(&k, SUSPECT, "a unique prompt that looks cached");
	assert_int_equal(audit.nprefill, 5); /* not taken for usual */
}

static void test_only_prompts_of_like_length_are_compared(void **state)
{
	struct row_keys k;

	(void)state;
	for (int i = 0; i < 5; i++)
		with_prefill(24, 40 * MS, false, false);
	/* A long prompt costs less per token; that is no cache. */
	k = with_prefill(2000, 300 * MS, false, false);
	assert_verdict(&k, VALID, "");
	k = with_prefill(30, 12 * MS, false, false);
	assert_verdict(&k, SUSPECT, "looks cached");
}

static void test_a_repeat(void **state)
{
	struct row_keys k = with_prefill(299, 405 * MS, true, true); /* right after the load */

	(void)state;
	assert_verdict(&k, VALID, "");
	k = with_prefill(299, 14 * MS, false, true);
	assert_verdict(&k, VALID, "");
	k = with_prefill(299, 390 * MS, false, true);
	assert_verdict(&k, SUSPECT, "a repeated prompt that does not look cached");
}

static void test_a_repeat_that_cannot_be_cached(void **state)
{
	struct row_keys k;

	(void)state;
	/* Longer than the sliding window of 512. */
	with_prefill(899, 1400 * MS, true, true);
	k = with_prefill(899, 1400 * MS, false, true);
	assert_verdict(&k, VALID, "");
	/* Another prompt came in between. */
	audit_new_load(&audit);
	with_prefill(299, 405 * MS, true, true);
	item.prompt = 1;
	with_prefill(299, 405 * MS, false, true);
	item.prompt = 0;
	k = with_prefill(299, 405 * MS, false, true);
	assert_verdict(&k, VALID, "");
	/* Several in flight: another one had the slot. */
	item.concurrency = 4;
	with_prefill(299, 405 * MS, true, true);
	k = with_prefill(299, 405 * MS, false, true);
	assert_verdict(&k, VALID, "");
}

/* With what was answered to it the prompt was longer than the window. */
static void test_a_repeat_whose_answer_filled_the_window(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	begin(&s);
	s.prompt_tokens = 480;
	s.output_tokens = 33;
	judge(&s, true, true);
	k = with_prefill(480, 200 * MS, false, true);
	assert_verdict(&k, VALID, "");
	begin(&s);
	s.prompt_tokens = 480;
	s.output_tokens = 32;
	judge(&s, false, true);
	k = with_prefill(480, 200 * MS, false, true);
	assert_verdict(&k, SUSPECT, "does not look cached");
}

/* The prompt before had the same id, but it was another text, or others were in flight. */
static void test_a_repeat_of_something_else(void **state)
{
	struct row_keys k;

	(void)state;
	with_prefill(299, 405 * MS, true, true);
	with_prefill(299, 405 * MS, false, false); /* unique: another first word */
	k = with_prefill(299, 405 * MS, false, true);
	assert_verdict(&k, VALID, "");
	k = with_prefill(299, 405 * MS, false, true);
	assert_verdict(&k, SUSPECT, "does not look cached");
	item.rate = 2;
	with_prefill(299, 405 * MS, true, true);
	k = with_prefill(299, 405 * MS, false, true);
	assert_verdict(&k, VALID, "");
}

/* Cells of one load with another length and another system prompt. */
static void test_a_repeat_in_another_cell(void **state)
{
	struct row_keys k;

	(void)state;
	fake_plan_release(&fake);
	fake_plan_make(&fake,
		"{\"model\":\"m:1b\",\"prompt\":\"Hi\",\"factors\":{\"system\":[\"Be short.\",\"Be "
		"long.\"],\"prompt_tokens\":[300,310]},\"passes\":1,\"repeats\":1}",
		urls, 1);
	assert_int_equal(fake.plan.ncells, 4);
	item.concurrency = 1;
	with_prefill(300, 405 * MS, true, true);
	for (uint32_t cell = 1; cell < 4; cell++) {
		item.cell = cell;
		k = with_prefill(300 + cell % 2 * 10, 405 * MS, false, true);
		assert_verdict(&k, VALID, "");
	}
	k = with_prefill(310, 405 * MS, false, true);
	assert_verdict(&k, SUSPECT, "does not look cached");
}

static void test_a_length_that_was_missed(void **state)
{
	static const struct {
		int64_t asked, got;
		enum validity verdict;
	} cases[] = {
		{100, 104, VALID},
		{100, 105, SUSPECT},
		{100, 95, SUSPECT},
		{100, 96, VALID},
		{1000, 1020, VALID},
		{1000, 1021, SUSPECT},
		{1000, 979, SUSPECT},
		{1000, -1, VALID},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char sweep[200];
		struct row_keys k;

		fake_plan_release(&fake);
		snprintf(sweep, sizeof(sweep),
			"{\"model\":\"m:1b\",\"prompt\":\"Hi\",\"prompt_tokens\":%d,\"passes\":1,"
			"\"repeats\":1}",
			(int)cases[i].asked);
		fake_plan_make(&fake, sweep, urls, 1);
		k = with_prefill(cases[i].got, 200 * MS, false, false);
		assert_verdict(
			&k, cases[i].verdict, cases[i].verdict == SUSPECT ? "tokens where 1" : "");
	}
}

static struct row_keys with_cached(int64_t cached, bool may_cache)
{
	struct sample s;

	begin(&s);
	s.cached_tokens = cached;
	return judge(&s, false, may_cache);
}

static void test_a_server_that_says_what_was_cached(void **state)
{
	struct row_keys k = with_cached(5, false); /* the template's first words */

	(void)state;
	assert_verdict(&k, VALID, "");
	k = with_cached(51, false);
	assert_verdict(&k, SUSPECT, "a unique prompt that was cached");
	k = with_cached(95, true);
	assert_verdict(&k, VALID, "");
	k = with_cached(5, true);
	assert_verdict(&k, SUSPECT, "a repeated prompt that was not cached");
	assert_int_equal(audit.nprefill, 0);
}

static void test_missing_figures_blame_nobody(void **state)
{
	struct row_keys k;
	struct sample s;

	(void)state;
	for (int i = 0; i < 5; i++) {
		begin(&s);
		s.prompt_tokens = i % 2 ? -1 : 100;
		s.prompt_eval = NS_NONE;
		s.due = NS_NONE;
		k = judge(&s, false, i > 2);
		assert_verdict(&k, VALID, "");
	}
	assert_int_equal(audit.nprefill, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_good_row),
		TEST(test_the_loop_was_late),
		TEST(test_sent_late),
		TEST(test_kernel_times),
		TEST(test_what_the_client_used),
		TEST(test_causes_one_by_one),
		TEST(test_the_machine_itself),
		TEST(test_causes_together),
		TEST(test_reasons_are_bounded),
		TEST(test_several_chunks_in_a_read),
		TEST(test_a_planned_load),
		TEST(test_an_unplanned_load),
		TEST(test_slow_but_no_load),
		TEST(test_too_little_seen_to_tell),
		TEST(test_another_concurrency_is_compared_with_itself),
		TEST(test_a_missing_load_duration),
		TEST(test_the_latest_are_kept),
		TEST(test_a_unique_prompt_that_looks_cached),
		TEST(test_only_prompts_of_like_length_are_compared),
		TEST(test_a_repeat),
		TEST(test_a_repeat_that_cannot_be_cached),
		TEST(test_a_repeat_whose_answer_filled_the_window),
		TEST(test_a_repeat_of_something_else),
		TEST(test_a_repeat_in_another_cell),
		TEST(test_a_length_that_was_missed),
		TEST(test_a_server_that_says_what_was_cached),
		TEST(test_missing_figures_blame_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
