/* test_reply.c - bytes in, a sample out: protocols and failures.  Hostile bytes and odd splits are
 * in test_reply_hostile.c. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "ollama_lines.h"
#include "reply.h"

/* A reply whole: the status line at 100, all bytes at 200, the end at 300. */
struct exchange {
	const char *name;
	enum reply_format format;
	int http_status;
	const char *body;
	enum reply_end how;
	const char *why;
	enum status status;
	const char *error; /* part of it */
	int64_t chunks;
	const char *text;
};

static void feed(struct reply *r, const struct exchange *x)
{
	reply_init(r, x->format, -1, 0);
	r->sample.sent = 50;
	if (x->http_status)
		reply_status(r, x->http_status);
	reply_body(r, x->body, strlen(x->body), 200);
	reply_end(r, x->how, x->why, 300);
}

static void check(const struct exchange *x)
{
	struct reply r;

	feed(&r, x);
	if (r.sample.status != x->status || r.sample.chunks != x->chunks)
		print_error("%s: %s, %d chunks: %s\n", x->name, status_name(r.sample.status),
			(int)r.sample.chunks, r.sample.error);
	assert_int_equal(r.sample.status, x->status);
	assert_int_equal(r.sample.chunks, x->chunks);
	assert_int_equal(r.sample.http_status, x->http_status);
	assert_string_equal(r.sample.text.s, x->text);
	if (*x->error)
		assert_contains(r.sample.error, x->error);
	else
		assert_string_equal(r.sample.error, "");
	reply_release(&r);
}

static void check_all(const struct exchange *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&cases[i]);
}

static void test_streams(void **state)
{
	static const struct exchange cases[] = {
		{"plain", REPLY_OLLAMA, 200, STREAM, REPLY_CLEAN, NULL, STATUS_OK, "", 2, "Hello"},
		{"reset after the end", REPLY_OLLAMA, 200, STREAM, REPLY_RESET, "recv failed",
			STATUS_OK, "", 2, "Hello"},
		{"limit after the end", REPLY_OLLAMA, 200, STREAM, REPLY_LIMIT_STALL, NULL,
			STATUS_OK, "", 2, "Hello"},
		{"bytes after the end", REPLY_OLLAMA, 200, STREAM "garbage\n{\"error\":\"x\"}\n",
			REPLY_CLEAN, NULL, STATUS_OK, "", 2, "Hello"},
		{"blank lines", REPLY_OLLAMA, 200, "\n\r\n " TOKEN("a") "\n\n" FINAL "\n",
			REPLY_CLEAN, NULL, STATUS_OK, "", 1, "a"},
		{"escapes", REPLY_OLLAMA, 200,
			TOKEN("\\u003cb\\u003e\\n") TOKEN("\\u00fc\xc3\xbc") TOKEN("a\\u0000b")
				FINAL,
			REPLY_CLEAN, NULL, STATUS_OK, "", 3,
			"<b>\n\xc3\xbc\xc3\xbc"
			"a"},
		{"white space is content", REPLY_OLLAMA, 200, TOKEN(" ") FINAL, REPLY_CLEAN, NULL,
			STATUS_OK, "", 1, " "},
		{"empty chunks are none", REPLY_OLLAMA, 200, TOKEN("") TOKEN("x") TOKEN("") FINAL,
			REPLY_CLEAN, NULL, STATUS_OK, "", 1, "x"},
		{"thinking counts, and is not the answer", REPLY_OLLAMA, 200,
			"{\"response\":\"\",\"thinking\":\"hm\",\"done\":false}\n" TOKEN("x") FINAL,
			REPLY_CLEAN, NULL, STATUS_OK, "", 2, "x"},
		{"chat", REPLY_OLLAMA, 200,
			"{\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n"
			"{\"message\":{\"thinking\":\"so\",\"content\":\"\"},\"done\":false}\n"
			"{\"message\":{\"content\":\"\"},\"done_reason\":\"stop\",\"done\":true}\n",
			REPLY_CLEAN, NULL, STATUS_OK, "", 2, "Hi"},
		{"one object without a newline", REPLY_OLLAMA, 200,
			"{\"response\":\"Hello you\",\"done\":true}", REPLY_CLEAN, NULL, STATUS_OK,
			"", 1, "Hello you"},
		{"a load", REPLY_OLLAMA, 200,
			"{\"model\":\"m\",\"response\":\"\",\"done\":true,\"done_reason\":"
			"\"load\"}",
			REPLY_CLEAN, NULL, STATUS_OK, "", 0, ""},
		{"unknown keys and types", REPLY_OLLAMA, 200,
			"{\"response\":5,\"done\":false}\n{\"response\":[\"x\"],\"message\":3,"
			"\"done\":"
			"\"true\"}\n{\"new\":{}}\n" FINAL,
			REPLY_CLEAN, NULL, STATUS_OK, "", 0, ""},
	};

	(void)state;
	check_all(cases, COUNTOF(cases));
}

static void test_short_streams(void **state)
{
	static const struct exchange cases[] = {
		{"ends without done", REPLY_OLLAMA, 200, TOKEN("ha") TOKEN("ha"), REPLY_CLEAN, NULL,
			STATUS_TRUNCATED, "without done", 2, "haha"},
		{"reset", REPLY_OLLAMA, 200, TOKEN("ha"), REPLY_RESET, "Connection reset by peer",
			STATUS_TRUNCATED, "Connection reset by peer", 1, "ha"},
		{"in a line", REPLY_OLLAMA, 200, TOKEN("ha") "{\"model\":\"m\",\"resp", REPLY_CLEAN,
			NULL, STATUS_TRUNCATED, "without done", 1, "ha"},
		{"head only", REPLY_OLLAMA, 200, "", REPLY_CLEAN, NULL, STATUS_TRUNCATED,
			"without done", 0, ""},
		{"not a byte", REPLY_OLLAMA, 0, "", REPLY_CLEAN, NULL, STATUS_CONNECT_ERROR,
			"without a reply", -1, ""},
		{"reset before a byte", REPLY_OLLAMA, 0, "", REPLY_RESET, "reset",
			STATUS_CONNECT_ERROR, "reset", -1, ""},
		{"refused", REPLY_OLLAMA, 0, "", REPLY_NO_CONNECTION, "Connection refused",
			STATUS_CONNECT_ERROR, "Connection refused", -1, ""},
		{"nothing in time", REPLY_OLLAMA, 0, "", REPLY_LIMIT_FIRST, NULL,
			STATUS_TIMEOUT_FIRST, "no content in time", -1, ""},
		{"head but nothing in time", REPLY_OLLAMA, 200, "", REPLY_LIMIT_FIRST, NULL,
			STATUS_TIMEOUT_FIRST, "no content in time", 0, ""},
		{"stalls", REPLY_OLLAMA, 200, TOKEN("a") "{\"mod", REPLY_LIMIT_STALL, NULL,
			STATUS_TIMEOUT_STALL, "silence", 1, "a"},
		{"too long in all", REPLY_OLLAMA, 200, TOKEN("a"), REPLY_LIMIT_TOTAL, NULL,
			STATUS_TIMEOUT_TOTAL, "too long", 1, "a"},
		{"cancelled", REPLY_OLLAMA, 200, TOKEN("a"), REPLY_CANCEL, NULL, STATUS_CANCELLED,
			"cancelled", 1, "a"},
	};

	(void)state;
	check_all(cases, COUNTOF(cases));
}

static void test_bad_lines(void **state)
{
	static const struct exchange cases[] = {
		{"not JSON", REPLY_OLLAMA, 200, TOKEN("a") "oops\n" FINAL, REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not JSON: oops", 1, "a"},
		{"not an object", REPLY_OLLAMA, 200, "[1,2]\n" FINAL, REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not a JSON object: [1,2]", 0, ""},
		{"a number", REPLY_OLLAMA, 200, "5\n", REPLY_CLEAN, NULL, STATUS_BAD_LINE,
			"not a JSON object", 0, ""},
		{"two objects on a line", REPLY_OLLAMA, 200, "{} {}\n", REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not JSON", 0, ""},
		{"a page instead of a reply", REPLY_OLLAMA, 200, "Ollama is running", REPLY_CLEAN,
			NULL, STATUS_BAD_LINE, "not JSON: Ollama is running", 0, ""},
		{"the same, cut", REPLY_OLLAMA, 200, "Ollama is run", REPLY_RESET, NULL,
			STATUS_TRUNCATED, "broke", 0, ""},
		{"not UTF-8", REPLY_OLLAMA, 200, TOKEN("a\xff") FINAL, REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not JSON", 0, ""},
		{"control bytes", REPLY_OLLAMA, 200, "\x1b[31mred\n", REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not JSON: ?[31mred", 0, ""},
		{"a half escape", REPLY_OLLAMA, 200, TOKEN("\\ud83d") FINAL, REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not JSON", 0, ""},
	};

	(void)state;
	check_all(cases, COUNTOF(cases));
}

static void test_error_bodies(void **state)
{
	static const struct exchange cases[] = {
		{"unknown model", REPLY_OLLAMA, 404, "{\"error\":\"model 'x' not found\"}",
			REPLY_CLEAN, NULL, STATUS_MODEL_MISSING, "model 'x' not found", -1, ""},
		{"unknown model, older words", REPLY_OLLAMA, 404,
			"{\"error\":\"model \\\"x\\\" not found, try pulling it first\"}",
			REPLY_CLEAN, NULL, STATUS_MODEL_MISSING, "try pulling it first", -1, ""},
		{"unknown route", REPLY_OLLAMA, 404, "404 page not found", REPLY_CLEAN, NULL,
			STATUS_HTTP_ERROR, "404 page not found", -1, ""},
		{"another server's 404", REPLY_OLLAMA, 404, "{\"detail\":\"Not Found\"}",
			REPLY_CLEAN, NULL, STATUS_HTTP_ERROR, "Not Found", -1, ""},
		{"wrong method", REPLY_OLLAMA, 405, "405 method not allowed\n", REPLY_CLEAN, NULL,
			STATUS_HTTP_ERROR, "405 method not allowed", -1, ""},
		{"queue full", REPLY_OLLAMA, 503,
			"{\"error\":\"server busy, please try again.  maximum pending requests "
			"exceeded\"}",
			REPLY_CLEAN, NULL, STATUS_QUEUE_FULL, "maximum pending", -1, ""},
		{"a type", REPLY_OLLAMA, 500,
			"{\"error\":\"option \\\"num_ctx\\\" must be of type integer\"}",
			REPLY_CLEAN, NULL, STATUS_HTTP_ERROR, "must be of type integer", -1, ""},
		{"no memory", REPLY_OLLAMA, 500,
			"{\"error\":\"llama-server process has terminated: exit status 1: "
			"cudaMalloc "
			"failed: out of memory\"}",
			REPLY_CLEAN, NULL, STATUS_OUT_OF_MEMORY, "cudaMalloc failed", -1, ""},
		{"no memory, older words", REPLY_OLLAMA, 500,
			"{\"error\":\"model requires more system memory (9 GiB) than is available "
			"(5 "
			"GiB)\"}",
			REPLY_CLEAN, NULL, STATUS_OUT_OF_MEMORY, "more system memory", -1, ""},
		{"no memory, other words", REPLY_OLLAMA, 500,
			"{\"error\":\"memory layout cannot be allocated with num_gpu = 99\"}",
			REPLY_CLEAN, NULL, STATUS_OUT_OF_MEMORY, "num_gpu = 99", -1, ""},
		{"no room on the GPU", REPLY_OLLAMA, 500,
			"{\"error\":\"unable to load full model on GPU\"}", REPLY_CLEAN, NULL,
			STATUS_OUT_OF_MEMORY, "full model", -1, ""},
		{"memory in a 400 is a word", REPLY_OLLAMA, 400,
			"{\"error\":\"the prompt is out of memory lane\"}", REPLY_CLEAN, NULL,
			STATUS_HTTP_ERROR, "lane", -1, ""},
		{"context, JSON in JSON", REPLY_OLLAMA, 400,
			"{\"error\":\"{\\\"error\\\":{\\\"code\\\":400,\\\"message\\\":\\\"request "
			"(410 tokens) exceeds the available context size (256 tokens), try "
			"increasing it\\\"}}\"}",
			REPLY_CLEAN, NULL, STATUS_PROMPT_TRUNCATED, "request (410 tokens) exceeds",
			-1, ""},
		{"context, era B", REPLY_OLLAMA, 400,
			"{\"error\":\"the input length exceeds the context length\"}", REPLY_CLEAN,
			NULL, STATUS_PROMPT_TRUNCATED, "input length", -1, ""},
		{"context, shift off", REPLY_OLLAMA, 400,
			"{\"error\":\"the prompt is longer than the context length currently "
			"available\"}",
			REPLY_CLEAN, NULL, STATUS_PROMPT_TRUNCATED, "longer than", -1, ""},
		{"forbidden, no body", REPLY_OLLAMA, 403, "", REPLY_CLEAN, NULL, STATUS_HTTP_ERROR,
			"HTTP status 403", -1, ""},
		{"a redirect", REPLY_OLLAMA, 302, "<html>", REPLY_CLEAN, NULL, STATUS_HTTP_ERROR,
			"<html>", -1, ""},
		{"null error", REPLY_OLLAMA, 500, "{\"error\":null}", REPLY_CLEAN, NULL,
			STATUS_HTTP_ERROR, "{\"error\":null}", -1, ""},
		{"a number as error", REPLY_OLLAMA, 500, "{\"error\":7}", REPLY_CLEAN, NULL,
			STATUS_HTTP_ERROR, "HTTP status 500", -1, ""},
		{"cut while it was told", REPLY_OLLAMA, 500, "{\"error\":\"mod", REPLY_RESET,
			"reset", STATUS_HTTP_ERROR, "{\"error\":\"mod", -1, ""},
		{"OpenAI style", REPLY_OPENAI, 404,
			"{\"error\":{\"message\":\"model 'x' not found\",\"type\":\"t\"}}\n",
			REPLY_CLEAN, NULL, STATUS_MODEL_MISSING, "model 'x' not found", -1, ""},
	};

	(void)state;
	check_all(cases, COUNTOF(cases));
}

static void test_error_lines(void **state)
{
	static const struct exchange cases[] = {
		{"the runner died", REPLY_OLLAMA, 200,
			TOKEN("a") "{\"error\":\"an error was encountered: unexpected EOF\"}\n",
			REPLY_CLEAN, NULL, STATUS_SERVER_ERROR, "unexpected EOF", 1, "a"},
		{"out of memory", REPLY_OLLAMA, 200,
			"{\"error\":\"llama runner process has terminated: CUDA error: Out Of "
			"Memory\"}\n",
			REPLY_CLEAN, NULL, STATUS_OUT_OF_MEMORY, "CUDA", 0, ""},
		{"without a newline", REPLY_OLLAMA, 200, "{\"error\":\"boom\"}", REPLY_CLEAN, NULL,
			STATUS_SERVER_ERROR, "boom", 0, ""},
		{"without a text", REPLY_OLLAMA, 200, "{\"error\":{}}\n", REPLY_CLEAN, NULL,
			STATUS_SERVER_ERROR, "an error without a text", 0, ""},
		{"null is none", REPLY_OLLAMA, 200, "{\"error\":null,\"response\":\"a\"}\n" FINAL,
			REPLY_CLEAN, NULL, STATUS_OK, "", 1, "a"},
		{"an event", REPLY_OPENAI, 200,
			"data: {\"error\":{\"message\":\"boom\",\"type\":\"api_error\"}}\n\n",
			REPLY_CLEAN, NULL, STATUS_SERVER_ERROR, "boom", 0, ""},
	};

	(void)state;
	check_all(cases, COUNTOF(cases));
}

#define EVENT(choice) "data: {\"id\":\"c\",\"choices\":[{\"index\":0," choice "}]}\n\n"

static void test_openai(void **state)
{
	static const struct exchange cases[] = {
		{"chat", REPLY_OPENAI, 200,
			EVENT("\"delta\":{\"role\":\"assistant\",\"content\":\"He\"},"
			      "\"finish_reason\":null") EVENT("\"delta\":{\"content\":\"y\"}")
				EVENT("\"delta\":{},\"finish_reason\":\"length\"") "data: "
										   "[DONE]\n\n",
			REPLY_CLEAN, NULL, STATUS_OK, "", 2, "Hey"},
		{"completions", REPLY_OPENAI, 200,
			EVENT("\"text\":\"a\"") EVENT("\"text\":\"\"") "data:[DONE]\r\n\r\n",
			REPLY_CLEAN, NULL, STATUS_OK, "", 1, "a"},
		{"one object", REPLY_OPENAI, 200,
			"{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}\n", REPLY_CLEAN, NULL,
			STATUS_OK, "", 1, "Hi"},
		{"thinking", REPLY_OPENAI, 200,
			EVENT("\"delta\":{\"reasoning\":\"hm\"}")
				EVENT("\"delta\":{\"reasoning_content\":\"hm\"}") "data: [DONE]\n",
			REPLY_CLEAN, NULL, STATUS_OK, "", 2, ""},
		{"comments and other fields", REPLY_OPENAI, 200,
			": ping\n\nevent: message\nid: 5\nretry: 10\n" EVENT(
				"\"delta\":{\"content\":\"x\"}") "data: [DONE]\n",
			REPLY_CLEAN, NULL, STATUS_OK, "", 1, "x"},
		{"without its end", REPLY_OPENAI, 200, EVENT("\"delta\":{\"content\":\"x\"}"),
			REPLY_CLEAN, NULL, STATUS_TRUNCATED, "without done", 1, "x"},
		{"cut in an event", REPLY_OPENAI, 200, "data: {\"choi", REPLY_CLEAN, NULL,
			STATUS_TRUNCATED, "without done", 0, ""},
		{"cut in the word", REPLY_OPENAI, 200, "dat", REPLY_CLEAN, NULL, STATUS_TRUNCATED,
			"without done", 0, ""},
		{"a bad event", REPLY_OPENAI, 200, "data: {nope}\n", REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not JSON: {nope}", 0, ""},
		{"not an event at all", REPLY_OPENAI, 200, "hello\n", REPLY_CLEAN, NULL,
			STATUS_BAD_LINE, "not JSON: hello", 0, ""},
		{"another object", REPLY_OPENAI, 200, "{\"object\":\"list\"}\n", REPLY_CLEAN, NULL,
			STATUS_TRUNCATED, "without done", 0, ""},
	};

	(void)state;
	check_all(cases, COUNTOF(cases));
}

static void test_openai_usage(void **state)
{
	static const struct exchange x = {"usage", REPLY_OPENAI, 200,
		"data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}],\"usage\":{"
		"\"prompt_tokens\":0,\"completion_tokens\":0}}\n"
		"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":16,"
		"\"prompt_tokens_details\":{\"cached_tokens\":8}}}\n"
		"data: [DONE]\n",
		REPLY_CLEAN, NULL, STATUS_OK, "", 1, "a"};
	struct reply r;

	(void)state;
	feed(&r, &x);
	assert_int_equal(r.sample.prompt_tokens, 12);
	assert_int_equal(r.sample.output_tokens, 16);
	assert_int_equal(r.sample.cached_tokens, 8);
	assert_string_equal(r.sample.done_reason, "stop");
	assert_true(r.sample.eval == NS_NONE);
	reply_release(&r);
}

static void test_times(void **state)
{
	struct reply r;
	const char *first = TOKEN("a"), *second = TOKEN("b"), *end = FINAL;

	(void)state;
	reply_init(&r, REPLY_OLLAMA, -1, 0);
	r.sample.sent = 1000;
	assert_false(reply_has_content(&r));
	reply_status(&r, 200);
	assert_int_equal(reply_body(&r, first, 10, 2000), 0);
	assert_false(reply_has_content(&r));
	assert_int_equal(reply_body(&r, first + 10, strlen(first) - 10, 2500), 0);
	assert_true(reply_has_content(&r));
	assert_int_equal(reply_body(&r, second, strlen(second), 3000), 0);
	assert_int_equal(reply_body(&r, end, strlen(end), 3100), 0);
	assert_int_equal(r.last_activity, 3100);
	reply_end(&r, REPLY_CLEAN, NULL, 9999);
	assert_int_equal(r.sample.first_byte, 2000);
	assert_int_equal(r.sample.first_content, 2500);
	assert_int_equal(r.sample.last_content, 3000);
	assert_int_equal(
		r.sample.done, 3100); /* the line's arrival, not when we were told of the end */
	assert_int_equal(r.sample.times.n, 2);
	assert_int_equal(r.sample.user_stamped, 2);
	assert_int_equal(r.sample.multi_line_reads, 0);
	assert_int_equal(r.sample.load, 100);
	assert_int_equal(r.sample.prompt_eval, 200);
	assert_int_equal(r.sample.eval, 500);
	assert_int_equal(r.sample.total, 900);
	assert_int_equal(r.sample.prompt_tokens, 26);
	assert_int_equal(r.sample.output_tokens, 3);
	assert_int_equal(r.sample.cached_tokens, -1);
	assert_string_equal(r.sample.done_reason, "stop");
	reply_release(&r);
}

static void test_a_whole_body_has_its_last_read_as_time(void **state)
{
	const char *body = "{\"response\":\"Hello\",\"done\":true}";
	struct reply r;

	(void)state;
	reply_init(&r, REPLY_OLLAMA, -1, 0);
	reply_status(&r, 200);
	reply_body(&r, body, 5, 100);
	reply_body(&r, body + 5, strlen(body) - 5, 200);
	reply_end(&r, REPLY_CLEAN, NULL, 900);
	assert_int_equal(r.sample.first_content, 200);
	assert_int_equal(r.sample.done, 200);
	reply_release(&r);
}

static void test_several_lines_in_a_read(void **state)
{
	const char *two = TOKEN("a") TOKEN("b"), *one = TOKEN("c"), *end = TOKEN("d") FINAL;
	struct reply r;

	(void)state;
	reply_init(&r, REPLY_OLLAMA, -1, 0);
	reply_status(&r, 200);
	reply_body(&r, two, strlen(two), 1);
	reply_body(&r, one, strlen(one), 2);
	reply_body(&r, end, strlen(end), 3); /* the final line has no content */
	assert_int_equal(r.sample.multi_line_reads, 1);
	reply_release(&r);
}

static void test_counters_that_are_missing_or_mad(void **state)
{
	static const struct exchange x = {"mad", REPLY_OLLAMA, 200,
		"{\"response\":\"a\",\"done\":true,\"total_duration\":-9223372036854775808,"
		"\"load_duration\":-5,\"prompt_eval_duration\":0,\"eval_duration\":9e30,"
		"\"prompt_eval_count\":\"12\",\"eval_count\":5000000000000,"
		"\"prompt_eval_cached_count\":0,\"done_reason\":\"a_reason_longer_than_fifteen\"}"
		"\n",
		REPLY_CLEAN, NULL, STATUS_OK, "", 1, "a"};
	struct reply r;

	(void)state;
	feed(&r, &x);
	assert_int_equal(r.sample.status, STATUS_OK);
	assert_true(r.sample.total == NS_NONE);
	assert_true(r.sample.load == NS_NONE);
	assert_true(r.sample.prompt_eval == NS_NONE);
	assert_true(r.sample.eval == NS_NONE);
	assert_int_equal(r.sample.prompt_tokens, -1);
	assert_int_equal(r.sample.output_tokens, -1);
	assert_int_equal(r.sample.cached_tokens, -1);
	assert_string_equal(r.sample.done_reason, "a_reason_longer");
	reply_release(&r);
}

static void test_cached_count_of_newer_servers(void **state)
{
	static const struct exchange x = {"cached", REPLY_OLLAMA, 200,
		"{\"response\":\"a\",\"done\":true,\"prompt_eval_count\":21,"
		"\"prompt_eval_cached_count\":16,\"eval_duration\":1000.0}\n",
		REPLY_CLEAN, NULL, STATUS_OK, "", 1, "a"};
	struct reply r;

	(void)state;
	feed(&r, &x);
	assert_int_equal(r.sample.cached_tokens, 16);
	assert_int_equal(r.sample.eval, 1000);
	reply_release(&r);
}

/* Ended by the server and broken off are one status, but only after the latter is it in doubt
 * whether the model is still there. */
static void test_broken(void **state)
{
	static const struct {
		const char *body;
		enum reply_end how;
		bool broken;
	} cases[] = {
		{TOKEN("ha"), REPLY_CLEAN, false},
		{TOKEN("ha"), REPLY_RESET, true},
		{TOKEN("ha"), REPLY_LIMIT_STALL, false},
		{STREAM, REPLY_RESET, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct exchange x = {.format = REPLY_OLLAMA,
			.http_status = 200,
			.body = cases[i].body,
			.how = cases[i].how};
		struct reply r;

		feed(&r, &x);
		assert_int_equal(r.sample.broken, cases[i].broken);
		reply_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_short_streams),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_error_bodies),
		cmocka_unit_test(test_error_lines),
		cmocka_unit_test(test_openai),
		cmocka_unit_test(test_openai_usage),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_a_whole_body_has_its_last_read_as_time),
		cmocka_unit_test(test_several_lines_in_a_read),
		cmocka_unit_test(test_counters_that_are_missing_or_mad),
		cmocka_unit_test(test_cached_count_of_newer_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
