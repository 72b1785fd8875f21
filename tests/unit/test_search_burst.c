/* test_search_burst.c - whether a burst kept what was asked, just inside and just outside. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "search_burst.h"
#include "unit.h"

#define MS NS_PER_MS

static const struct search_asked ttft_500 = {.find = FIND_CONCURRENCY,
	.ttft_ms = 500,
	.tpot_ms = NAN,
	.e2e_ms = NAN,
	.share = 0.95,
	.all_layers = -1};

/* An ok answer of 11 tokens: TTFT as given, then 10 ms a token. */
static void answer(struct sample *s, ns ttft)
{
	sample_init(s);
	s->status = STATUS_OK;
	s->due = s->sent = NS_PER_S;
	for (int i = 0; i <= 10; i++)
		sample_add_chunk(s, "x", 1, s->sent + ttft + 10 * i * MS);
	s->output_tokens = 11;
	snprintf(s->done_reason, sizeof(s->done_reason), "length");
}

struct row {
	struct item item;
	struct row_keys k;
};

static struct row row(enum phase phase)
{
	return (struct row){.item = {.concurrency = 2}, .k = {.phase = phase, .attempt = 1}};
}

static void add(
	struct search_burst *b, const struct search_asked *a, struct row r, struct sample *s)
{
	r.k.item = &r.item;
	search_burst_add(b, a, &r.k, s);
	sample_release(s);
}

static void add_answer(struct search_burst *b, const struct search_asked *a, ns ttft)
{
	struct sample s;

	answer(&s, ttft);
	add(b, a, row(PHASE_SEARCH), &s);
}

static void add_status(struct search_burst *b, const struct search_asked *a, enum status status)
{
	struct sample s;

	sample_init(&s);
	s.status = status;
	add(b, a, row(PHASE_SEARCH), &s);
}

static void expect(struct search_burst *b, const struct search_asked *a, double level,
	enum burst_verdict verdict, const char *why)
{
	char said[160];

	assert_int_equal(search_burst_judge(b, a, level, said), verdict);
	assert_string_equal(said, why);
	search_burst_release(b);
}

static void test_share_of_requests(void **state)
{
	static const struct {
		uint32_t n, late;
		enum burst_verdict verdict;
		const char *why;
	} cases[] = {
		{20, 0, BURST_KEPT, "20 of 20 met the limits"},
		{20, 1, BURST_KEPT, "19 of 20 met the limits; 1 over TTFT"},
		{20, 2, BURST_NOT_KEPT, "18 of 20 met the limits; 2 over TTFT"},
		{10, 1, BURST_NOT_KEPT, "9 of 10 met the limits; 1 over TTFT"},
		{1, 1, BURST_NOT_KEPT, "0 of 1 met the limits; 1 over TTFT"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct search_burst b;

		search_burst_init(&b, cases[i].n);
		for (uint32_t k = 0; k < cases[i].n; k++)
			add_answer(&b, &ttft_500, k < cases[i].late ? 500 * MS + 1 : 500 * MS);
		assert_int_equal(b.ttft_ms.n, cases[i].n);
		expect(&b, &ttft_500, 4, cases[i].verdict, cases[i].why);
	}
}

/* Each limit by itself, and a figure that is not known. */
static void test_each_limit(void **state)
{
	struct search_asked tpot = ttft_500, e2e = ttft_500;
	struct search_burst b;
	struct sample s;

	(void)state;
	tpot.ttft_ms = e2e.ttft_ms = NAN;
	tpot.tpot_ms = 10;
	e2e.e2e_ms = 600;
	search_burst_init(&b, 1);
	add_answer(&b, &tpot, 9000 * MS);
	expect(&b, &tpot, 4, BURST_KEPT, "1 of 1 met the limits");
	tpot.tpot_ms = 9.999;
	search_burst_init(&b, 1);
	add_answer(&b, &tpot, 1 * MS);
	expect(&b, &tpot, 4, BURST_NOT_KEPT, "0 of 1 met the limits; 1 over TPOT");
	search_burst_init(&b, 1);
	add_answer(&b, &e2e, 501 * MS);
	expect(&b, &e2e, 4, BURST_NOT_KEPT, "0 of 1 met the limits; 1 over e2e");
	search_burst_init(&b, 1);
	answer(&s, 1 * MS);
	s.output_tokens = 40; /* text was held back: no TPOT */
	add(&b, &tpot, row(PHASE_SEARCH), &s);
	expect(&b, &tpot, 4, BURST_NOT_KEPT, "0 of 1 met the limits; 1 without the figure");
	search_burst_init(&b, 1);
	sample_init(&s);
	s.status = STATUS_OK;
	s.due = s.sent = NS_PER_S;
	sample_add_chunk(&s, "x", 1, s.sent + 9 * MS);
	s.output_tokens = 1; /* nothing is between one token and the next */
	add(&b, &tpot, row(PHASE_SEARCH), &s);
	expect(&b, &tpot, 4, BURST_KEPT, "1 of 1 met the limits");
}

/* At a rate the wait in the client counts; kept in flight it is no wait. */
static void test_from_when_it_was_due(void **state)
{
	struct search_burst b;

	(void)state;
	for (int at_a_rate = 0; at_a_rate <= 1; at_a_rate++) {
		struct row r = row(PHASE_SEARCH);
		struct sample s;

		r.item.rate = at_a_rate ? 2 : 0;
		answer(&s, 400 * MS);
		s.due = s.sent - 200 * MS;
		search_burst_init(&b, 1);
		add(&b, &ttft_500, r, &s);
		expect(&b, &ttft_500, 2, at_a_rate ? BURST_NOT_KEPT : BURST_KEPT,
			at_a_rate ? "0 of 1 met the limits; 1 over TTFT" : "1 of 1 met the limits");
	}
}

static void test_failed_and_skipped(void **state)
{
	struct search_burst b;

	(void)state;
	search_burst_init(&b, 4);
	add_answer(&b, &ttft_500, 1 * MS);
	add_status(&b, &ttft_500, STATUS_QUEUE_FULL);
	add_status(&b, &ttft_500, STATUS_TIMEOUT_FIRST);
	add_status(&b, &ttft_500, STATUS_SKIPPED);
	expect(&b, &ttft_500, 4, BURST_NOT_KEPT, "1 of 4 met the limits; 3 failed");
}

/* Only whole bursts are judged. */
static void test_not_judged(void **state)
{
	struct search_burst b;
	struct row r = row(PHASE_SEARCH);
	struct sample s;

	(void)state;
	search_burst_init(&b, 2);
	add_answer(&b, &ttft_500, 1 * MS);
	expect(&b, &ttft_500, 4, BURST_UNJUDGED, "1 of 2 requests were made");
	search_burst_init(&b, 0);
	expect(&b, &ttft_500, 4, BURST_UNJUDGED, "0 of 0 requests were made");
	search_burst_init(&b, 2);
	add_answer(&b, &ttft_500, 1 * MS);
	r.k.validity = INVALID;
	answer(&s, 1 * MS);
	add(&b, &ttft_500, r, &s);
	r.k.validity = VALID; /* measured again, but not in the burst */
	r.k.attempt = 2;
	answer(&s, 1 * MS);
	add(&b, &ttft_500, r, &s);
	expect(&b, &ttft_500, 4, BURST_UNJUDGED, "1 of 2 requests invalid by the audit");
}

static void test_first_try_decides(void **state)
{
	struct search_burst b;
	struct row r = row(PHASE_SEARCH);
	struct sample s;

	(void)state;
	search_burst_init(&b, 1);
	add_status(&b, &ttft_500, STATUS_CONNECT_ERROR);
	r.k.attempt = 2;
	answer(&s, 1 * MS);
	add(&b, &ttft_500, r, &s);
	expect(&b, &ttft_500, 4, BURST_NOT_KEPT, "0 of 1 met the limits; 1 failed");
}

static void test_warmups_do_not_count(void **state)
{
	struct search_burst b;
	struct sample s;

	(void)state;
	search_burst_init(&b, 1);
	answer(&s, 9000 * MS);
	add(&b, &ttft_500, row(PHASE_WARMUP), &s);
	add_answer(&b, &ttft_500, 1 * MS);
	assert_int_equal(b.measured, 1);
	expect(&b, &ttft_500, 4, BURST_KEPT, "1 of 1 met the limits");
}

/* ---- loads ---- */

static void test_read_back(void **state)
{
	static const struct {
		enum search_find find;
		double level;
		int64_t size, size_vram, context;
		enum burst_verdict verdict;
		const char *why;
	} cases[] = {
		{FIND_NUM_CTX, 4096, 1000, 1000, 4096, BURST_KEPT, "100 % on the GPU"},
		{FIND_NUM_CTX, 4096, 1000, 999, 4096, BURST_NOT_KEPT, "99.9 % on the GPU"},
		{FIND_NUM_CTX, 4096, 1000, 0, 4096, BURST_NOT_KEPT, "0 % on the GPU"},
		{FIND_NUM_CTX, 4096, 1000, -1, 4096, BURST_UNJUDGED,
			"the server does not say what is on the GPU"},
		{FIND_NUM_CTX, 4096, -1, -1, -1, BURST_UNJUDGED,
			"the server does not say what is on the GPU"},
		{FIND_NUM_CTX, 4096, 1000, 1000, 2048, BURST_UNJUDGED,
			"the server loaded a context of 2048"},
		{FIND_NUM_CTX, 4096, 1000, 1000, -1, BURST_KEPT, "100 % on the GPU"},
		{FIND_NUM_GPU, 10, 1000, 500, 4096, BURST_KEPT, "50.0 % on the GPU"},
		{FIND_NUM_GPU, 10, 1000, 0, 4096, BURST_NOT_KEPT, "0 % on the GPU"},
		{FIND_NUM_GPU, 19, 1000, 1000, 4096, BURST_KEPT, "100 % on the GPU"},
		{FIND_NUM_GPU, 19, 1000, 900, 4096, BURST_NOT_KEPT, "90.0 % on the GPU"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct search_asked a = {.find = cases[i].find, .all_layers = 19};
		struct load load = {.read_back = true,
			.size = cases[i].size,
			.size_vram = cases[i].size_vram,
			.context_length = cases[i].context};
		struct row r = row(PHASE_SEARCH);
		struct search_burst b;
		struct sample s;

		search_burst_init(&b, 1);
		r.k.load = &load;
		answer(&s, 9000 * MS); /* how long it takes is not asked */
		add(&b, &a, r, &s);
		expect(&b, &a, cases[i].level, cases[i].verdict, cases[i].why);
	}
}

static void test_loads_that_fail(void **state)
{
	struct search_asked a = {.find = FIND_NUM_CTX, .all_layers = 19};
	struct search_burst b;
	struct sample s;

	(void)state;
	/* The warm-up that was to load it, and no request after it. */
	search_burst_init(&b, 1);
	sample_init(&s);
	s.status = STATUS_OUT_OF_MEMORY;
	add(&b, &a, row(PHASE_WARMUP), &s);
	expect(&b, &a, 8192, BURST_NOT_KEPT, "out of memory");
	/* Given up after two of those. */
	search_burst_init(&b, 1);
	add_status(&b, &a, STATUS_SKIPPED);
	expect(&b, &a, 8192, BURST_NOT_KEPT, "out of memory");
	/* Any other failure says nothing of memory. */
	search_burst_init(&b, 1);
	add_status(&b, &a, STATUS_SERVER_ERROR);
	expect(&b, &a, 8192, BURST_UNJUDGED, "it did not run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_of_requests),
		cmocka_unit_test(test_each_limit),
		cmocka_unit_test(test_from_when_it_was_due),
		cmocka_unit_test(test_failed_and_skipped),
		cmocka_unit_test(test_not_judged),
		cmocka_unit_test(test_first_try_decides),
		cmocka_unit_test(test_warmups_do_not_count),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_loads_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
