/* test_sample.c - the figures of one response, each against the definition done by hand. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "hash.h"
#include "sample.h"

#define MS NS_PER_MS

/* A streamed answer: `chunks` chunks, the first at `first`, then every `gap`; sent at 1 s. */
static void fill(struct sample *s, int chunks, ns first, ns gap)
{
	sample_init(s);
	s->status = STATUS_OK;
	s->sent = NS_PER_S;
	for (int i = 0; i < chunks; i++)
		sample_add_chunk(s, "ab", 2, NS_PER_S + first + i * gap);
}

static void test_nothing_measured(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	assert_int_equal(s.chunks, -1);
	assert_int_equal(s.response_bytes, -1);
	assert_true(sample_ttft(&s) == NS_NONE);
	assert_true(sample_e2e(&s) == NS_NONE);
	assert_true(sample_server_rest(&s) == NS_NONE);
	assert_double(sample_tpot_ms(&s), NAN);
	assert_double(sample_decode_tok_s(&s), NAN);
	assert_double(sample_decode_tok_s_raw(&s), NAN);
	assert_double(sample_decode_tok_s_client(&s), NAN);
	assert_double(sample_prefill_tok_s(&s), NAN);
	assert_double(sample_itl_ms(&s, 50, 1), NAN);
	sample_finish(&s);
	assert_string_equal(s.sha256, "");
	assert_int_equal(s.response_bytes, -1);
	sample_release(&s);
}

static void test_ttft_and_e2e(void **state)
{
	struct sample s;

	(void)state;
	fill(&s, 3, 250 * MS, 10 * MS);
	assert_int_equal(sample_ttft(&s), 250 * MS);
	assert_int_equal(sample_e2e(&s), 270 * MS);
	/* What arrives before it was asked for was not measured. */
	s.sent = 2 * NS_PER_S;
	assert_true(sample_ttft(&s) == NS_NONE);
	s.sent = NS_NONE;
	assert_true(sample_e2e(&s) == NS_NONE);
	sample_release(&s);
}

static void test_tpot(void **state)
{
	static const struct {
		int chunks;
		int64_t tokens;
		const char *reason;
		double ms;
	} cases[] = {
		{16, 16, "length", 10},
		{16, 17, "stop", 10},          /* 15 gaps over 17 - 2 */
		{15, 17, "length", 140. / 16}, /* two chunks missing is still a stream */
		{14, 17, "length", NAN},       /* three are text held back */
		{15, 17, "stop", 140. / 15},
		{2, 2, "length", 10},
		{2, 2, "stop", NAN}, /* one token and its end: no step */
		{1, 2, "length", NAN},
		{1, 3, "length", NAN}, /* a whole body is one chunk: no gap was seen */
		{1, 1, "length", NAN},
		{16, -1, "length", NAN},
		{16, 0, "length", NAN},
		{0, 5, "length", NAN},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sample s;

		fill(&s, cases[i].chunks, 100 * MS, 10 * MS);
		s.output_tokens = cases[i].tokens;
		strcpy(s.done_reason, cases[i].reason);
		assert_double(sample_tpot_ms(&s), cases[i].ms);
		sample_release(&s);
	}
}

static void test_tpot_needs_time(void **state)
{
	struct sample s;

	(void)state;
	fill(&s, 16, 100 * MS, 0); /* all in one read */
	s.output_tokens = 16;
	assert_double(sample_tpot_ms(&s), NAN);
	assert_double(sample_decode_tok_s_client(&s), NAN);
	sample_release(&s);
}

static void test_decode_rates(void **state)
{
	static const struct {
		int64_t tokens;
		ns eval;
		double rate, raw;
	} cases[] = {
		{101, NS_PER_S, 100, 101},
		{8, MS, 7000, 8000},
		{7, NS_PER_S, NAN, NAN},
		{8, MS - 1, NAN, NAN},
		{1, 1000, NAN, NAN}, /* what v0.32 says of one token */
		{1, NS_NONE, NAN, NAN},
		{100, NS_NONE, NAN, NAN},
		{-1, NS_PER_S, NAN, NAN},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sample s;

		sample_init(&s);
		s.output_tokens = cases[i].tokens;
		s.eval = cases[i].eval;
		assert_double(sample_decode_tok_s(&s), cases[i].rate);
		assert_double(sample_decode_tok_s_raw(&s), cases[i].raw);
		sample_release(&s);
	}
}

static void test_client_rate(void **state)
{
	struct sample s;

	(void)state;
	fill(&s, 11, 100 * MS, 20 * MS);
	s.output_tokens = 11;
	assert_double(sample_decode_tok_s_client(&s), 50);
	sample_release(&s);
	fill(&s, 7, 100 * MS, 20 * MS);
	s.output_tokens = 7;
	assert_double(sample_tpot_ms(&s), 20);
	assert_double(sample_decode_tok_s_client(&s), NAN);
	sample_release(&s);
	fill(&s, 11, 100 * MS, 1000);
	s.output_tokens = 11;
	assert_double(sample_decode_tok_s_client(&s), NAN); /* all within 10 us */
	sample_release(&s);
}

static void test_prefill_rate(void **state)
{
	static const struct {
		int64_t tokens, cached;
		ns eval;
		double rate;
	} cases[] = {
		{200, -1, NS_PER_S, 200},
		{200, 0, NS_PER_S, 200},
		{200, 150, NS_PER_S, 50},
		{200, 200, NS_PER_S, NAN}, /* nothing was left to compute */
		{200, 300, NS_PER_S, NAN},
		{-1, -1, NS_PER_S, NAN},
		{200, -1, NS_NONE, NAN},
		{200, -1, MS - 1, NAN},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sample s;

		sample_init(&s);
		s.prompt_tokens = cases[i].tokens;
		s.cached_tokens = cases[i].cached;
		s.prompt_eval = cases[i].eval;
		assert_double(sample_prefill_tok_s(&s), cases[i].rate);
		sample_release(&s);
	}
}

static void test_server_rest(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	s.total = 1000;
	s.load = 100;
	s.prompt_eval = 200;
	s.eval = 650;
	assert_int_equal(sample_server_rest(&s), 50);
	s.eval = 800; /* clocks of two processes: kept as it is */
	assert_int_equal(sample_server_rest(&s), -100);
	s.eval = NS_NONE;
	assert_true(sample_server_rest(&s) == NS_NONE);
	sample_release(&s);
}

/* Gaps 1..n ms, in an order that must not matter. */
static void fill_gaps(struct sample *s, int n)
{
	ns at = 0;

	sample_init(s);
	sample_add_chunk(s, "x", 1, at);
	for (int i = 0; i < n; i++) {
		at += (ns)(i % 2 ? n - i / 2 : i / 2 + 1) * MS;
		sample_add_chunk(s, "x", 1, at);
	}
}

static void test_itl(void **state)
{
	struct sample s;

	(void)state;
	fill_gaps(&s, 4); /* 1 2 3 4: by type 7 the median is 2.5 and the 99th 3.97 */
	assert_double(sample_itl_ms(&s, 50, 1), 2.5);
	assert_double(sample_itl_ms(&s, 99, 1), 3.97);
	assert_double(sample_itl_ms(&s, 25, 1), 1.75);
	assert_double(sample_itl_ms(&s, 0, 1), 1);
	assert_double(sample_itl_ms(&s, 100, 1), 4);
	assert_double(sample_itl_ms(&s, 99, 5), NAN);
	sample_release(&s);
	fill_gaps(&s, 99);
	assert_double(sample_itl_ms(&s, 99, 100), NAN);
	sample_release(&s);
	fill_gaps(&s, 101);
	assert_double(sample_itl_ms(&s, 99, 100), 100);
	assert_double(sample_itl_ms(&s, 50, 100), 51);
	sample_release(&s);
	fill_gaps(&s, 0);
	assert_double(sample_itl_ms(&s, 50, 0), NAN);
	sample_release(&s);
}

static void test_statuses(void **state)
{
	static const char *const finals[] = {
		"ok", "model_missing", "out_of_memory", "prompt_truncated", "skipped"};
	size_t found = 0;
	enum status s;

	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++) {
		bool final = false;

		assert_true(status_from_name(status_name((enum status)i), &s));
		assert_int_equal(s, i);
		for (size_t f = 0; f < COUNTOF(finals); f++)
			final = final || strcmp(finals[f], status_name((enum status)i)) == 0;
		assert_int_equal(status_is_final((enum status)i), final);
		found += final;
	}
	assert_int_equal(found, COUNTOF(finals));
	assert_false(status_from_name("OK", &s));
	assert_false(status_from_name("", &s));
}

static void test_finish(void **state)
{
	struct sample s;
	char hex[HASH_SHA_TEXT];

	(void)state;
	sample_init(&s);
	s.status = STATUS_OK; /* an empty answer is an answer */
	sample_finish(&s);
	assert_string_equal(s.sha256, hash_sha256(hex, "", 0));
	assert_int_equal(s.response_bytes, 0);
	sample_add_chunk(&s, "Hel", 3, 1);
	sample_add_chunk(&s, "", 0, 2); /* thinking */
	sample_add_chunk(&s, "lo", 2, 3);
	sample_finish(&s);
	assert_string_equal(s.sha256, hash_sha256(hex, "Hello", 5));
	assert_string_equal(s.text.s, "Hello");
	assert_int_equal(s.response_bytes, 5);
	assert_int_equal(s.chunks, 3);
	assert_int_equal(s.times.n, 3);
	sample_release(&s);
}

static void test_text_is_bounded(void **state)
{
	static char block[1 << 20];
	struct sample s;

	(void)state;
	memset(block, 'a', sizeof(block));
	sample_init(&s);
	s.status = STATUS_OK;
	for (int i = 0; i < 5; i++)
		sample_add_chunk(&s, block, sizeof(block), i);
	sample_finish(&s);
	assert_true(s.text.len <= SAMPLE_MAX_TEXT);
	assert_int_equal(s.response_bytes, 5 << 20);
	assert_string_equal(s.sha256, ""); /* of a text that was cut, none */
	sample_release(&s);
}

static void test_times_are_bounded(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	for (size_t i = 0; i < SAMPLE_MAX_TIMES + 10; i++)
		sample_add_chunk(&s, "", 0, (ns)i);
	assert_int_equal(s.times.n, SAMPLE_MAX_TIMES);
	assert_int_equal(s.chunks, SAMPLE_MAX_TIMES + 10);
	assert_int_equal(s.last_content, SAMPLE_MAX_TIMES + 9);
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_measured),
		cmocka_unit_test(test_ttft_and_e2e),
		cmocka_unit_test(test_tpot),
		cmocka_unit_test(test_tpot_needs_time),
		cmocka_unit_test(test_decode_rates),
		cmocka_unit_test(test_client_rate),
		cmocka_unit_test(test_prefill_rate),
		cmocka_unit_test(test_server_rest),
		cmocka_unit_test(test_itl),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_text_is_bounded),
		cmocka_unit_test(test_times_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
