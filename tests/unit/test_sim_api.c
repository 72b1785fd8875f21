/* test_sim_api.c - the simulated server's endpoints: errors and their order, replies to the byte.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "simtest.h"

#define GENERATE "POST", "/api/generate"
#define MODEL    "{\"model\":\"gemma3:270m\",\"prompt\":\"x\","

/* --- errors and their order --- */

static void test_errors(void **state)
{
	static const struct {
		const char *method, *path, *body;
		int status;
		const char *reply;
	} cases[] = {
		{GENERATE, "", 400, "{\"error\":\"missing request body\"}"},
		{GENERATE, " \r\n\t", 400, "{\"error\":\"missing request body\"}"},
		{GENERATE, "{", 400, "{\"error\":\"unexpected EOF\"}"},
		{GENERATE, "[]", 400,
			"{\"error\":\"json: cannot unmarshal array into Go value of type "
			"api.GenerateRequest\"}"},
		{"POST", "/api/chat", "3", 400,
			"{\"error\":\"json: cannot unmarshal number into Go value of type "
			"api.ChatRequest\"}"},
		{GENERATE, MODEL "\"prompt\":1}", 400,
			"{\"error\":\"json: cannot unmarshal number into Go struct field "
			"GenerateRequest.prompt of type string\"}"},
		{GENERATE, MODEL "\"stream\":\"no\"}", 400,
			"{\"error\":\"json: cannot unmarshal string into Go struct field "
			"GenerateRequest.stream of type bool\"}"},
		{GENERATE, MODEL "\"options\":true}", 400,
			"{\"error\":\"json: cannot unmarshal bool into Go struct field "
			"GenerateRequest.options of type map[string]interface {}\"}"},
		{"POST", "/api/chat", "{\"model\":\"x\",\"messages\":[{\"content\":[]}]}", 400,
			"{\"error\":\"json: cannot unmarshal array into Go struct field "
			"ChatRequest.messages.content of type string\"}"},
		{"POST", "/api/chat", "{\"model\":\"x\",\"messages\":[1]}", 400,
			"{\"error\":\"json: cannot unmarshal number into Go struct field "
			"ChatRequest.messages of type api.Message\"}"},
		/* keep_alive */
		{GENERATE, MODEL "\"keep_alive\":\"-1\"}", 400,
			"{\"error\":\"time: missing unit in duration \\\"-1\\\"\"}"},
		{GENERATE, MODEL "\"keep_alive\":\"\"}", 400,
			"{\"error\":\"time: invalid duration \\\"\\\"\"}"},
		{GENERATE, MODEL "\"keep_alive\":\"5 m\"}", 400,
			"{\"error\":\"time: unknown unit in duration \\\"5 m\\\"\"}"},
		{GENERATE, MODEL "\"keep_alive\":\"1e3s\"}", 400,
			"{\"error\":\"time: unknown unit in duration \\\"1e3s\\\"\"}"},
		{GENERATE, MODEL "\"keep_alive\":\"99999999999h\"}", 400,
			"{\"error\":\"time: invalid duration \\\"99999999999h\\\"\"}"},
		{GENERATE, MODEL "\"keep_alive\":true}", 400,
			"{\"error\":\"Unsupported type: 'bool'\"}"},
		/* types come before the model, the model before everything else */
		{GENERATE, "{\"prompt\":\"x\",\"raw\":1}", 400,
			"{\"error\":\"json: cannot unmarshal number into Go struct field "
			"GenerateRequest.raw of type bool\"}"},
		{GENERATE, "{\"prompt\":\"x\",\"options\":{\"num_ctx\":\"8k\"}}", 404,
			"{\"error\":\"model '' not found\"}"},
		{GENERATE, "{\"model\":\"a<b\\u2028\\n\\\"c\",\"prompt\":\"x\",\"think\":true}",
			404, "{\"error\":\"model 'a\\u003cb\\u2028\\n\\\"c' not found\"}"},
		{GENERATE, "{\"model\":\"gemma3:270m\\u0000\",\"prompt\":\"x\"}", 404,
			"{\"error\":\"model '' not found\"}"},
		{GENERATE, "{\"model\":\"gemma3\",\"prompt\":\"x\"}", 404,
			"{\"error\":\"model 'gemma3' not found\"}"},
		{GENERATE, MODEL "\"raw\":true,\"system\":\"s\",\"think\":true}", 400,
			"{\"error\":\"raw mode does not support template, system, or context\"}"},
		{GENERATE, MODEL "\"raw\":true,\"context\":[1]}", 400,
			"{\"error\":\"raw mode does not support template, system, or context\"}"},
		{GENERATE, MODEL "\"think\":true,\"options\":{\"seed\":\"x\"}}", 400,
			"{\"error\":\"\\\"gemma3:270m\\\" does not support thinking\"}"},
		{GENERATE, MODEL "\"think\":\"high\"}", 400,
			"{\"error\":\"\\\"gemma3:270m\\\" does not support thinking\"}"},
		{GENERATE, MODEL "\"think\":3}", 400,
			"{\"error\":\"think must be a boolean or string (\\\"high\\\", "
			"\\\"medium\\\", "
			"\\\"low\\\", true, or false)\"}"},
		/* options */
		{GENERATE, MODEL "\"options\":{\"num_ctx\":\"8k\"}}", 500,
			"{\"error\":\"option \\\"num_ctx\\\" must be of type integer\"}"},
		{GENERATE, MODEL "\"options\":{\"temperature\":\"hot\"}}", 500,
			"{\"error\":\"option \\\"temperature\\\" must be of type float32\"}"},
		{GENERATE, MODEL "\"options\":{\"use_mmap\":1}}", 500,
			"{\"error\":\"option \\\"use_mmap\\\" must be of type boolean\"}"},
		{GENERATE, MODEL "\"options\":{\"stop\":\"x\"}}", 500,
			"{\"error\":\"option \\\"stop\\\" must be of type array\"}"},
		{GENERATE, MODEL "\"options\":{\"stop\":[1]}}", 500,
			"{\"error\":\"option \\\"stop\\\" must be of an array of strings\"}"},
		{GENERATE, MODEL "\"options\":{\"top_k\":[]}}", 500,
			"{\"error\":\"option \\\"top_k\\\" must be of type integer\"}"},
		/* the other endpoints */
		{"POST", "/api/show", "{}", 400, "{\"error\":\"model is required\"}"},
		{"POST", "/api/show", "{\"model\":\"x'y\"}", 404,
			"{\"error\":\"model 'x'y' not found\"}"},
		{"POST", "/api/show", "", 400, "{\"error\":\"missing request body\"}"},
		{"GET", "/api/version/", "", 404, "404 page not found"},
		{"GET", "/API/version", "", 404, "404 page not found"},
		{"POST", "/api/version", "", 405, "405 method not allowed"},
		{"DELETE", "/api/generate", "", 405, "405 method not allowed"},
	};
	struct sim *m = MACHINE(1, QUIET);

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim_answer a;

		sim_request(m, cases[i].method, cases[i].path, cases[i].body, strlen(cases[i].body),
			(ns)i, &a);
		if (a.http_status != cases[i].status || strcmp(a.body.s, cases[i].reply) != 0)
			fail_msg("case %zu: %d %s", i, a.http_status, a.body.s);
		assert_int_equal(a.shape, SIM_WHOLE);
		assert_int_equal(a.ready_at, i);
		assert_int_equal(a.handle, 0);
		assert_int_equal(a.allow != NULL, a.http_status == 405);
		sim_answer_release(&a);
	}
	assert_false(simtest_is_listed(m, 1000)); /* nothing was loaded by any of them */
	sim_free(m);
}

/* Bodies that must not be believed: any answer will do, as long as it is one. */
static void test_hostile_bodies(void **state)
{
	static const char *const bodies[] = {
		MODEL "\"options\":{\"num_ctx\":9223372036854775807,\"num_predict\":1}}",
		MODEL "\"options\":{\"num_ctx\":-9223372036854775808,\"num_predict\":1}}",
		MODEL "\"options\":{\"num_gpu\":1e308,\"num_predict\":1}}",
		MODEL "\"options\":{\"num_keep\":9223372036854775807,\"num_predict\":1}}",
		MODEL "\"options\":{\"temperature\":-1e308,\"num_predict\":9}}",
		MODEL "\"keep_alive\":1e308,\"options\":{\"num_predict\":1}}",
		MODEL "\"keep_alive\":-1e308,\"options\":{\"num_predict\":1}}",
		MODEL "\"stream\":null,\"options\":null,\"raw\":null,\"keep_alive\":null}",
		"{\"model\":\"gemma3:270m\",\"prompt\":\"\\u0000\\u0001\\ud83d\\ude00\"}",
		"{\"model\":\"gemma3:270m\",\"messages\":[{},{\"content\":null},{\"role\":7}]}",
		"{\"model\":\"\xff\"}",
		"{\"a\":1}}}}}",
	};
	struct sim *m = MACHINE(1, QUIET);
	ns now = 0;

	(void)state;
	for (size_t i = 0; i < 2 * COUNTOF(bodies); i++) {
		const char *body = bodies[i / 2];
		struct sim_answer a;

		sim_request(m, "POST", i % 2 ? "/api/chat" : "/api/generate", body, strlen(body),
			now, &a);
		assert_in_range(a.http_status, 200, 500);
		assert_true(a.ready_at >= now && a.end_at >= now);
		now = a.end_at > a.ready_at ? a.end_at : a.ready_at;
		sim_answer_release(&a);
	}
	sim_free(m);
}

static void test_deep_json_is_refused(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct str body = STR_INIT(STR_MAX_LINE);
	struct sim_answer a;

	(void)state;
	for (int i = 0; i < 100000; i++)
		str_addc(&body, '[');
	sim_request(m, "POST", "/api/generate", body.s, body.len, 0, &a);
	assert_int_equal(a.http_status, 400);
	sim_answer_release(&a);
	str_release(&body);
	sim_free(m);
}

/* --- what the replies say --- */

static void test_lines_to_the_byte(void **state)
{
	static const char *const tokens[] = {" <b>", "\n", " caf\xc3\xa9", "\"\\&>\x01"};
	static const ns times[] = {1, 2, 3, 4};
	static const char *const lines[] = {
		"{\"model\":\"m\",\"created_at\":\"2026-08-21T18:48:22.1234Z\",\"response\":\" "
		"\\u003cb\\u003e\",\"done\":false}\n",
		"{\"model\":\"m\",\"created_at\":\"2026-08-21T18:48:22.1234Z\",\"response\":"
		"\"\\n\","
		"\"done\":false}\n",
		"{\"model\":\"m\",\"created_at\":\"2026-08-21T18:48:22.1234Z\",\"response\":\" "
		"caf\xc3\xa9\",\"done\":false}\n",
		"{\"model\":\"m\",\"created_at\":\"2026-08-21T18:48:22.1234Z\",\"response\":"
		"\"\\\"\\\\\\u0026\\u003e\\u0001\",\"done\":false}\n",
		"{\"model\":\"m\",\"created_at\":\"2026-08-21T18:48:22.1234Z\",\"response\":\"\","
		"\"done\":true,\"done_reason\":\"stop\",\"total_duration\":9,"
		"\"prompt_eval_count\":26,\"eval_count\":4,\"eval_duration\":5}\n",
	};
	struct sim_answer a = {.shape = SIM_STREAM,
		.model = "m",
		.ntokens = 4,
		.era = 3,
		.token = (const char **)(uintptr_t)tokens,
		.token_at = (ns *)(uintptr_t)times,
		.done_reason = "stop",
		.total = 9,
		.prompt_tokens = 26,
		.output_tokens = 4,
		.eval = 5};

	(void)state;
	for (size_t i = 0; i < COUNTOF(lines); i++) {
		struct str line = STR_INIT(999);

		/* Zero durations are left out, trailing zeros of the date too. */
		sim_answer_line(&a, i, 1787338102123400000, &line);
		assert_string_equal(line.s, lines[i]);
		str_release(&line);
	}
}

static void test_dates(void **state)
{
	static const struct {
		ns wall;
		const char *date;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z"},
		{1, "1970-01-01T00:00:00.000000001Z"},
		{951782400 * NS_PER_S + 500 * NS_PER_MS, "2000-02-29T00:00:00.5Z"},
		{1798761599 * NS_PER_S + 999999999, "2026-12-31T23:59:59.999999999Z"},
	};
	struct sim_answer a = {.shape = SIM_STREAM, .model = "m", .done_reason = "stop"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str line = STR_INIT(999);
		char wanted[80];

		sim_answer_line(&a, 0, cases[i].wall, &line);
		snprintf(wanted, sizeof(wanted), "\"created_at\":\"%s\",", cases[i].date);
		assert_contains(line.s, wanted);
		str_release(&line);
	}
}

static void test_chat_by_era(void **state)
{
	static const struct {
		const char *era, *end;
	} cases[] = {
		{"era=3",
			"\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
			"\"done_reason\":\"length\",\"total_duration\":"},
		{"era=1",
			"\"message\":{\"role\":\"assistant\",\"content\":\"\"},"
			"\"done_reason\":\"length\",\"done\":true,\"total_duration\":"},
	};
	static const char body[] =
		"{\"model\":\"gemma3:270m\",\"messages\":[{\"role\":\"system\","
		"\"content\":\"abcd\"},{\"role\":\"user\",\"content\":\"abcd\"}]}";

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era);
		struct str line = STR_INIT(9999);
		struct sim_answer a;

		sim_request(m, "POST", "/api/chat", body, strlen(body), 0, &a);
		assert_true(a.chat);
		assert_int_equal(a.prompt_tokens, 6 + 4 + 3); /* ends of lines are counted */
		sim_answer_line(&a, a.ntokens, 0, &line);
		assert_contains(line.s, cases[i].end);
		assert_null(strstr(line.s, "context"));
		sim_answer_release(&a);
		str_release(&line);
		sim_free(m);
	}
}

/* The oldest servers have sent their 200 before the model is loaded. */
static void test_errors_inside_a_200(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "era=1", "vram_mib=100");
	struct sim_answer a = simtest_options(m, 0, "\"num_gpu\":99");
	struct str line = STR_INIT(999);

	(void)state;
	assert_int_equal(a.http_status, 200);
	assert_int_equal(a.shape, SIM_STREAM);
	assert_int_equal(a.ending, SIM_END_ERROR_LINE);
	assert_int_equal(a.ntokens, 0);
	sim_answer_line(&a, 0, 0, &line);
	assert_string_equal(line.s,
		"{\"error\":\"llama runner process has terminated: exit status "
		"1: cudaMalloc failed: out of memory\"}\n");
	sim_answer_release(&a);
	/* What is known before keeps its status, and so does a reply that is no stream. */
	a = simtest_options(m, S(5), "\"num_gpu\":\"99\"");
	assert_int_equal(a.http_status, 500);
	sim_answer_release(&a);
	a = simtest_ask(m, S(5), "\"prompt\":\"x\",\"stream\":false,\"options\":{\"num_gpu\":99}");
	assert_int_equal(a.http_status, 500);
	sim_answer_release(&a);
	str_release(&line);
	sim_free(m);
}

/* Before v0.11.8 half a second was zero seconds, and unloaded. */
static void test_unload_by_era(void **state)
{
	static const struct {
		const char *era, *reason;
	} cases[] = {{"era=3", "\"load\""}, {"era=1", "\"unload\""}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, QUIET, cases[i].era);
		struct sim_answer a = simtest_ask(m, 0, "\"keep_alive\":\"500ms\"");

		assert_contains(a.body.s, cases[i].reason);
		sim_answer_release(&a);
		sim_free(m);
	}
}

static void test_whole_answer(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer s = simtest_ask(m, 0, "\"prompt\":\"x\",\"options\":{\"temperature\":0}"),
			  w;
	struct str text = STR_INIT(9999);
	json_t *body;

	(void)state;
	for (size_t i = 0; i < s.ntokens; i++)
		str_add(&text, s.token[i]);
	w = simtest_ask(
		m, s.end_at, "\"prompt\":\"x\",\"stream\":false,\"options\":{\"temperature\":0}");
	assert_int_equal(w.shape, SIM_WHOLE);
	assert_int_equal(w.ready_at, s.end_at + w.total + 300 * NS_PER_US);
	body = json_loads(w.body.s, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(body, "response")), text.s);
	assert_int_equal(json_integer_value(json_object_get(body, "eval_count")), 128);
	assert_int_equal(json_integer_value(json_object_get(body, "total_duration")), w.total);
	json_decref(body);
	str_release(&text);
	sim_answer_release(&s);
	sim_answer_release(&w);
	sim_free(m);
}

static void test_ps_dates(void **state)
{
	struct sim *m = MACHINE(1, QUIET);
	struct sim_answer a = simtest_ask(m, 0, "\"prompt\":\"x\",\"keep_alive\":60"), p;
	ns at = a.end_at + S(5), expires = a.end_at + S(60);
	char wanted[80];

	(void)state;
	sim_request(m, "GET", "/api/ps?x=1", "", 0, at, &p);
	snprintf(wanted, sizeof(wanted), "\"expires_at\":\"2026-01-01T00:01:%02d.",
		(int)(expires / NS_PER_S) - 60);
	assert_contains(p.body.s, wanted);
	sim_answer_release(&p);
	sim_set_wall(m, 0);
	sim_request(m, "GET", "/api/ps", "", 0, at, &p);
	assert_contains(p.body.s, "\"expires_at\":\"1970-01-01T00:01:0");
	sim_answer_release(&p);
	sim_answer_release(&a);
	a = simtest_ask(m, at, "\"prompt\":\"x\",\"keep_alive\":-1");
	sim_request(m, "GET", "/api/ps", "", 0, a.end_at, &p);
	assert_contains(p.body.s, "\"expires_at\":\"2318-");
	sim_answer_release(&p);
	sim_answer_release(&a);
	sim_free(m);
}

static void test_ps_of_the_oldest(void **state)
{
	struct sim *m = MACHINE(1, QUIET, "era=1");
	struct sim_answer a = simtest_options(m, 0, "");

	(void)state;
	assert_true(simtest_is_listed(m, a.end_at));
	assert_double(simtest_ps(m, a.end_at, "context_length"), -1);
	sim_answer_release(&a);
	sim_free(m);
}

static void test_endpoints(void **state)
{
	static const struct {
		const char *setting, *method, *path, *body;
		int status;
		const char *in_reply;
	} cases[] = {
		{"era=3", "GET", "/", "", 200, "Ollama is running"},
		{"era=3", "HEAD", "/", "", 200, "Ollama is running"},
		{"era=3", "GET", "/api/version", "", 200, "{\"version\":\"0.32.14-sim\"}"},
		{"era=2", "GET", "/api/version?a=b", "", 200, "{\"version\":\"0.24.0-sim\"}"},
		{"model=g2", "GET", "/api/tags", "", 200, "\"name\":\"g2\",\"model\":\"g2\""},
		{"model=g2", "POST", "/api/show", "{\"name\":\"g2:latest\"}", 200,
			"\"gemma3.block_count\":18,"},
		{"model=g2,q3:1b", "GET", "/api/tags", "", 200,
			"\"name\":\"q3:1b\",\"model\":\"q3:1b\""},
		{"model=g2,q3:1b", "POST", "/api/show", "{\"model\":\"q3:1b\"}", 200, "FROM q3:1b"},
		{"model=g2,q3:1b", "POST", "/api/show", "{\"model\":\"g2,q3:1b\"}", 404,
			"not found"},
		{"layers=34", "POST", "/api/show", "{\"model\":\"gemma3:270m\"}", 200,
			"\"gemma3.block_count\":34,"},
		{"context_train=2048", "POST", "/api/show", "{\"model\":\"gemma3:270m\"}", 200,
			"\"gemma3.context_length\":2048,"},
		{"sliding_window=1024", "POST", "/api/show", "{\"model\":\"gemma3:270m\"}", 200,
			"\"gemma3.attention.sliding_window\":1024,"},
		{"vision=1", "POST", "/api/show", "{\"model\":\"gemma3:270m\"}", 200,
			"\"capabilities\":[\"completion\",\"vision\"]"},
		{"has_show=0", "POST", "/api/show", "{\"model\":\"gemma3:270m\"}", 404,
			"404 page not found"},
		{"has_ps=0", "GET", "/api/ps", "", 404, "404 page not found"},
		{"era=3", "GET", "/api/ps", "", 200, "{\"models\":[]}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sim *m = MACHINE(1, cases[i].setting);
		struct sim_answer a;

		sim_request(m, cases[i].method, cases[i].path, cases[i].body, strlen(cases[i].body),
			0, &a);
		assert_int_equal(a.http_status, cases[i].status);
		assert_contains(a.body.s, cases[i].in_reply);
		sim_answer_release(&a);
		sim_free(m);
	}
}

/* --- the contract of time --- */

static void ask_backwards(void *arg)
{
	struct sim *m = MACHINE(1, QUIET);

	(void)arg;
	simtest_is_listed(m, 10);
	simtest_is_listed(m, 9);
}

static void test_time_does_not_go_back(void **state)
{
	(void)state;
	assert_int_not_equal(unit_in_child(ask_backwards, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_hostile_bodies),
		cmocka_unit_test(test_deep_json_is_refused),
		cmocka_unit_test(test_lines_to_the_byte),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_chat_by_era),
		cmocka_unit_test(test_errors_inside_a_200),
		cmocka_unit_test(test_unload_by_era),
		cmocka_unit_test(test_whole_answer),
		cmocka_unit_test(test_ps_dates),
		cmocka_unit_test(test_ps_of_the_oldest),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_time_does_not_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
