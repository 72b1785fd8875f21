/* test_sim_time.c - the simulated machine: prompts, how long each step takes, what is answered. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simtest.h"

/* --- prompt: count, cache, truncation --- */

static void test_prompt_cache(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "era=1", "gpu_prefill_tok_s=1000");
	struct sim_answer a, b;
	ns now = 0;
	static const struct {
		const char *rest;
		int64_t tokens, evaluated;
	} cases[] = {
		{"\"prompt\":\"aaaabbbbccccdddd\"", 10, 10}, /* the first after a load: nothing */
		{"\"prompt\":\"aaaabbbbccccdddd\"", 10, 2},  /* 4 of the template + 4 */
		{"\"prompt\":\"aaaabbbbXXXXdddd\"", 10, 4},
		{"\"prompt\":\"Zaaabbbbccccdddd\"", 10, 10}, {"\"prompt\":\"Zaaabbbb\"", 8, 2},
		{"\"prompt\":\"Zaaabbbb\",\"raw\":true", 3, 3}, /* other tokens in front */
		{"\"prompt\":\"Zaaabbbb\",\"raw\":true", 3, 1}, /* the last is always evaluated */
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		a = simtest_ask(m, now, cases[i].rest);
		assert_int_equal(a.prompt_tokens, cases[i].tokens);
		if (a.prompt_eval != MS(cases[i].evaluated))
			fail_msg("case %zu: %lld ns", i, (long long)a.prompt_eval);
		now = a.end_at;
		sim_answer_release(&a);
	}
	/* As long as the sliding window, then longer: 506 and 507 words around 6 tokens. */
	for (size_t words = 506; words <= 507; words++) {
		a = simtest_words(m, now, words, "");
		b = simtest_words(m, a.end_at, words, "");
		assert_int_equal(a.prompt_tokens, words + 6);
		assert_int_equal(b.prompt_tokens, words + 6);
		assert_int_equal(b.prompt_eval, words == 506 ? MS(2) : MS(513));
		now = b.end_at;
		sim_answer_release(&a);
		sim_answer_release(&b);
	}
	/* The longer one left nothing behind. */
	a = simtest_words(m, now, 500, "");
	assert_int_equal(a.prompt_eval, MS(506));
	now = a.end_at;
	sim_answer_release(&a);
	/* A reload forgets. */
	a = simtest_ask(m, now, "\"prompt\":\"abcdefgh\"");
	b = simtest_ask(m, a.end_at, "\"prompt\":\"abcdefgh\",\"options\":{\"num_ctx\":2048}");
	assert_int_equal(b.prompt_eval, MS(8));
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_free(m);
}

static void test_truncation(void **state)
{
	static const struct {
		const char *era;
		size_t words; /* 6 tokens more */
		const char *options;
		int64_t tokens;
	} cases[] = {
		{"era=3", 4089, "\"num_ctx\":4096", 4095},
		{"era=3", 4090, "\"num_ctx\":4096", 2051},
		{"era=3", 5000, "\"num_ctx\":2048", 1027},
		{"era=3", 410, "\"num_ctx\":64", 35},
		{"era=3", 410, "\"num_ctx\":64,\"num_keep\":1000", 63},
		{"era=3", 410, "\"num_ctx\":64,\"num_keep\":-9", 32},
		{"era=2", 4090, "\"num_ctx\":4096", 4096},
		{"era=2", 4091, "\"num_ctx\":4096", 4096},
		{"era=2", 4089, "\"num_ctx\":4096", 4095},
		{"era=1", 410, "\"num_ctx\":64", 64},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era);
		struct sim_answer a;
		char rest[100];

		snprintf(rest, sizeof(rest), ",\"options\":{%s}", cases[i].options);
		a = simtest_words(m, 0, cases[i].words, rest);
		if (a.prompt_tokens != cases[i].tokens)
			fail_msg("case %zu: %lld tokens", i, (long long)a.prompt_tokens);
		sim_answer_release(&a);
		sim_free(m);
	}
}

static void test_truncation_refused(void **state)
{
	static const struct {
		const char *era, *rest;
		int status;
		const char *body;
	} cases[] = {
		{"era=2", ",\"truncate\":false", 400,
			"{\"error\":\"the input length exceeds the context length\"}"},
		{"era=3", ",\"truncate\":false", 400,
			"{\"error\":\"{\\\"error\\\":{\\\"code\\\":400,\\\"message\\\":\\\"request "
			"(410 "
			"tokens) exceeds the available context size (256 tokens), try increasing "
			"it\\\",\\\"type\\\":\\\"exceed_context_size_error\\\",\\\"n_prompt_"
			"tokens\\\":"
			"410,\\\"n_ctx\\\":256}}\"}"},
		{"era=3", ",\"shift\":false", 400,
			"{\"error\":\"the prompt is longer than the context length currently "
			"available to the model; shorten the prompt, or raise num_ctx\"}"},
		{"era=1", ",\"truncate\":false", 200, ""}, /* knows no such field */
		{"era=2", "", 200, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era);
		struct sim_answer a;
		char rest[100];

		snprintf(rest, sizeof(rest), ",\"options\":{\"num_ctx\":64}%s", cases[i].rest);
		a = simtest_words(m, 0, 404, rest);
		assert_int_equal(a.http_status, cases[i].status);
		assert_string_equal(a.body.s, cases[i].body);
		if (a.http_status == 400) {
			assert_string_equal(a.content_type, "application/json");
			assert_int_equal(a.ready_at, MS(1000)); /* it loaded all the same */
		}
		sim_answer_release(&a);
		sim_free(m);
	}
}

/* --- times --- */

static void test_decode_rate(void **state)
{
	static const struct {
		const char *setting, *options;
		double per_token; /* seconds */
	} cases[] = {
		{"era=1", "\"num_ctx\":1024", 1 / 280.0}, {"era=1", "\"num_ctx\":512", 1 / 280.0},
		{"era=1", "\"num_ctx\":4096", 1 / 280.0 * (1 + 2 * 0.012)},
		{"era=1", "\"num_ctx\":1024,\"num_gpu\":0", 1 / 85.0},
		{"era=1", "\"num_ctx\":1024,\"num_gpu\":9", 9 / 19.0 / 280 + 10 / 19.0 / 85},
		{"era=1", "\"num_ctx\":1024,\"num_gpu\":99", 1 / 280.0},
		{"decode_speed=0.5", "\"num_ctx\":1024", 2 / 280.0},
		{"prefill_speed=0.5", "\"num_ctx\":1024", 1 / 280.0},
		{"temperature_cost=0.1", "\"num_ctx\":1024,\"temperature\":0.5", 1.05 / 280},
		{"temperature_cost=-0.9", "\"num_ctx\":1024,\"temperature\":1e9", 0.05 / 280},
		{"era=2", "\"num_ctx\":1024", 0.96 / 280}, /* sampling is not counted */
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].setting);
		struct sim_answer a;
		char options[200];

		snprintf(options, sizeof(options), "\"num_predict\":101,%s", cases[i].options);
		a = simtest_options(m, 0, options);
		assert_int_equal(a.output_tokens, 101);
		if (fabs((double)a.eval / (cases[i].per_token * 1e9 * 100) - 1) > 1e-5)
			fail_msg("case %zu: %lld ns", i, (long long)a.eval);
		sim_answer_release(&a);
		sim_free(m);
	}
}

static void test_times_add_up(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "noise_request=0.2", "era=1");
	ns now = S(3);

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct sim_answer a = simtest_options(m, now, "\"num_predict\":40");

		assert_int_equal(a.shape, SIM_STREAM);
		assert_int_equal(a.ntokens, 40);
		assert_int_equal(a.ready_at, a.token_at[0]);
		assert_true(a.token_at[0] >= now + a.load + a.prompt_eval);
		assert_int_equal(a.token_at[39] - a.token_at[0], a.eval);
		assert_int_equal(a.total, a.token_at[39] - now);
		assert_true(a.end_at > a.token_at[39]);
		for (size_t t = 1; t < a.ntokens; t++)
			assert_true(a.token_at[t] > a.token_at[t - 1]);
		now = a.end_at + MS(5);
		sim_answer_release(&a);
	}
	sim_free(m);
}

/* Gaps vary by some per cent around their mean, and are never out of order. */
static void test_token_jitter(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_options(m, 0, "\"num_predict\":20000,\"num_ctx\":32768");
	double gap = (double)(a.token_at[19999] - a.token_at[0]) / 19999, sum = 0;

	(void)state;
	for (size_t i = 1; i < a.ntokens; i++) {
		double x = (double)(a.token_at[i] - a.token_at[i - 1]) / gap - 1;

		assert_true(x > -0.5);
		sum += x * x;
	}
	/* Two moves of sd 5 % each make a gap. */
	assert_float_equal(sqrt(sum / 19999), 0.05 * sqrt(2), 0.003);
	sim_answer_release(&a);
	sim_free(m);
}

static void test_one_token(void **state)
{
	static const struct {
		const char *era;
		ns eval;
	} cases[] = {{"era=3", 1000}, {"era=2", 0}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era);
		struct sim_answer a = simtest_options(m, 0, "\"num_predict\":1");

		assert_int_equal(a.ntokens, 1);
		assert_int_equal(a.output_tokens, 1);
		assert_int_equal(a.eval, cases[i].eval);
		assert_string_equal(a.done_reason, "length");
		sim_answer_release(&a);
		sim_free(m);
	}
}

static void test_output_length(void **state)
{
	static const struct {
		const char *era, *options;
		int64_t tokens;
	} cases[] = {
		{"era=3", "", 128},
		{"era=3", "\"num_predict\":0", 128},
		{"era=3", "\"num_predict\":-1", 128},
		{"era=3", "\"num_predict\":7", 7},
		/* "hello" is 8 tokens: a newer server ends at the context, an older one shifts */
		{"era=3", "\"num_predict\":5000,\"num_ctx\":512", 504},
		{"era=2", "\"num_predict\":5000,\"num_ctx\":512", 5000},
		{"era=2", "\"num_predict\":9000,\"num_ctx\":512", 5120},
		{"era=2", "\"num_predict\":9e18,\"num_ctx\":32768", 327680},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era);
		struct sim_answer a = simtest_options(m, 0, cases[i].options);

		assert_int_equal(a.output_tokens, cases[i].tokens);
		assert_int_equal(a.ntokens, cases[i].tokens);
		sim_answer_release(&a);
		sim_free(m);
	}
}

static void test_output_without_shift(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "era=2");
	struct sim_answer a = simtest_ask(m, 0,
		"\"prompt\":\"hello\",\"shift\":false,"
		"\"options\":{\"num_predict\":5000,\"num_ctx\":512}");

	(void)state;
	assert_int_equal(a.output_tokens, 504);
	assert_string_equal(a.done_reason, "length");
	sim_answer_release(&a);
	sim_free(m);
}

static void test_first_request_is_slow(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "warmup_slow=0.5", "era=1");
	struct sim_answer l = simtest_ask(m, 0, "\"prompt\":\"\""), a, b;

	(void)state;
	a = simtest_ask(m, l.ready_at, "\"prompt\":\"abcd\"");
	b = simtest_ask(m, a.end_at, "\"prompt\":\"wxyz\"");
	assert_float_equal((double)a.eval / (double)b.eval, 1.5, 1e-6);
	assert_float_equal((double)a.prompt_eval / (double)b.prompt_eval, 1.5, 1e-3);
	sim_answer_release(&l);
	sim_answer_release(&a);
	sim_answer_release(&b);
	sim_free(m);
}

/* --- what is answered --- */

static char *text_of(const struct sim_answer *a)
{
	struct str s = STR_INIT(STR_MAX_LINE);

	for (size_t i = 0; i < a->ntokens; i++)
		str_add(&s, a->token[i]);
	return str_take(&s);
}

static void test_text_is_a_function_of_the_request(void **state)
{
	static const struct {
		const char *first, *second;
		bool equal;
	} cases[] = {
		{"\"temperature\":0,\"seed\":1", "\"temperature\":0,\"seed\":2", true},
		{"\"temperature\":0", "\"temperature\":0,\"num_gpu\":0", true},
		{"\"temperature\":0.8,\"seed\":1", "\"temperature\":0.8,\"seed\":1", true},
		{"\"temperature\":0.8,\"seed\":1", "\"temperature\":0.8,\"seed\":2", false},
		{"\"temperature\":0.8,\"seed\":1", "\"temperature\":0.2,\"seed\":1", false},
		{"\"temperature\":0.8", "\"temperature\":0.8", false},
		{"\"temperature\":0.8,\"seed\":-1", "\"temperature\":0.8,\"seed\":-1", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, "stop_probability=0.01");
		struct sim_answer a = simtest_options(m, 0, cases[i].first), b;
		char *one, *two;

		b = simtest_options(m, a.end_at, cases[i].second);
		one = text_of(&a);
		two = text_of(&b);
		if ((strcmp(one, two) == 0) != cases[i].equal)
			fail_msg("case %zu", i);
		if (cases[i].equal)
			assert_int_equal(a.output_tokens, b.output_tokens);
		free(one);
		free(two);
		sim_answer_release(&a);
		sim_answer_release(&b);
		sim_free(m);
	}
}

static void test_answers_that_end_by_themselves(void **state)
{
	struct sim *m = MACHINE(1, "stop_probability=0.05");
	int64_t sum = 0, stopped = 0, n = 2000;
	ns now = 0;

	(void)state;
	for (int64_t i = 0; i < n; i++) {
		struct sim_answer a = simtest_options(m, now, "\"num_predict\":400");
		bool stop = strcmp(a.done_reason, "stop") == 0;

		/* The token that ends it is counted and not sent. */
		assert_int_equal(a.ntokens, a.output_tokens - stop);
		assert_true(stop || a.output_tokens == 400);
		if (a.ntokens > 1 && stop)
			assert_true(a.end_at > a.token_at[a.ntokens - 1] + MS(1));
		sum += a.output_tokens;
		stopped += stop;
		now = a.end_at;
		sim_answer_release(&a);
	}
	assert_true(stopped > n * 99 / 100);
	/* A geometric length has mean 20 and sd 19.5: 5 standard errors. */
	assert_float_equal((double)sum / (double)n, 20, 5 * 19.5 / sqrt((double)n));
	sim_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prompt_cache),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_truncation_refused),
		cmocka_unit_test(test_decode_rate),
		cmocka_unit_test(test_times_add_up),
		cmocka_unit_test(test_token_jitter),
		cmocka_unit_test(test_one_token),
		cmocka_unit_test(test_output_length),
		cmocka_unit_test(test_output_without_shift),
		cmocka_unit_test(test_first_request_is_slow),
		cmocka_unit_test(test_text_is_a_function_of_the_request),
		cmocka_unit_test(test_answers_that_end_by_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
