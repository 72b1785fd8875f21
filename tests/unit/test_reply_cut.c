/* test_reply_cut.c - prompts that the server cut to fit the context, and ones that only look like
 * it. */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "reply.h"

/* A final line that counts `tokens` of a prompt of `bytes` bytes, made to `made_to` tokens, under
 * `num_ctx`. */
static enum status cut(int64_t num_ctx, size_t bytes, int64_t made_to, int64_t tokens)
{
	char body[200];
	enum status status;
	struct reply r;

	snprintf(body, sizeof(body),
		"{\"response\":\"a\",\"done\":true,\"prompt_eval_count\":%lld}\n",
		(long long)tokens);
	reply_init(&r, REPLY_OLLAMA, num_ctx, bytes);
	r.made_to = made_to;
	reply_status(&r, 200);
	reply_body(&r, body, strlen(body), 1);
	reply_end(&r, REPLY_CLEAN, NULL, 2);
	status = r.sample.status;
	if (status == STATUS_PROMPT_TRUNCATED)
		assert_contains(r.sample.error, "was cut to");
	reply_release(&r);
	return status;
}

static void test_prompts_that_were_cut(void **state)
{
	static const struct {
		const char *what;
		int64_t num_ctx;
		size_t bytes;
		int64_t tokens;
		bool cut;
	} cases[] = {
		{"era B keeps num_ctx tokens", 2048, 20000, 2048, true},
		{"one less fits", 2048, 9000, 2047, false},
		{"more than we were told: another context", 1024, 9000, 2000, false},
		{"era C, 4096", 4096, 19000, 2051, true},
		{"era C, 2048", 2048, 10000, 1027, true},
		{"era C, no first token", 4096, 19000, 2050, true},
		{"2,048 words and a template at 4096", 4096, 9300, 2051, false},
		{"the same in Cyrillic", 4096, 13300, 2051, false},
		{"half by chance, far from the formula", 4096, 30000, 1900, false},
		{"a few words of a long chat", 4096, 200000, 700, true},
		{"long runs of spaces fit", 4096, 20000, 700, false},
		{"context unknown", -1, 200000, 64, false},
		{"context asked 64, in effect 256", 64, 2005, 35, true},
		{"the same with the one in effect", 256, 2005, 35, true},
		{"a short prompt", 4096, 120, 35, false},
		{"the least context", 4, 30, 4, true},
		{"an empty count", 4096, 120, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		enum status status = cut(cases[i].num_ctx, cases[i].bytes, 0, cases[i].tokens);

		if ((status == STATUS_PROMPT_TRUNCATED) != cases[i].cut)
			print_error("%s: %s\n", cases[i].what, status_name(status));
		assert_int_equal(status, cases[i].cut ? STATUS_PROMPT_TRUNCATED : STATUS_OK);
	}
}

/* Prompts made to a length by words of five bytes, near and far beyond the context. */
static void test_prompts_made_to_a_length(void **state)
{
	static const struct {
		int64_t num_ctx, made_to, tokens;
		bool cut;
	} cases[] = {
		{4096, 3277, 3277, false}, /* 80 % */
		{4096, 4095, 4095, false},
		{4096, 4095, 4090, false},
		{4096, 2051, 2051, false}, /* what a cut prompt would have, and this one has */
		{4096, 4096, 2051, true},
		{4096, 4096, 4096, true},
		{4096, 4100, 4096, true},
		{4096, 4097, 4094, false}, /* it came out shorter, and fits */
		{4096, 5000, 2051, true},
		{4096, 5000, 2148, true}, /* num_keep 200 */
		{4096, 100000, 2051, true},
		{1024, 2000, 1999, false}, /* another context is in effect */
		{-1, 5000, 2051, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		enum status status = cut(cases[i].num_ctx, (size_t)cases[i].made_to * 5,
			cases[i].made_to, cases[i].tokens);

		if ((status == STATUS_PROMPT_TRUNCATED) != cases[i].cut)
			print_error("case %zu: %s\n", i, status_name(status));
		assert_int_equal(status, cases[i].cut ? STATUS_PROMPT_TRUNCATED : STATUS_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prompts_that_were_cut),
		cmocka_unit_test(test_prompts_made_to_a_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
