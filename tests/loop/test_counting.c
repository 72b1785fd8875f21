/* test_counting.c - prompts whose tokens a server is asked to count, and servers that do not. */
#include <stdlib.h>
#include <string.h>

#include "counting.h"
#include "scripted.h"
#include "unit.h"

#define COUNTED(tokens)                                                                            \
	"{\"response\":\"a\",\"done\":true,\"done_reason\":\"length\",\"prompt_eval_"              \
	"count\":" tokens ",\"eval_count\":1}"

static const struct scripted_step first[] = {WHOLE(200, COUNTED("88")), {0}};
static const struct scripted_step second[] = {WHOLE(200, COUNTED("152")), {0}};
static const struct scripted_step unloaded[] = {
	WHOLE(200, "{\"response\":\"\",\"done\":true,\"done_reason\":\"unload\"}"), {0}};

/* Two prompts of 400 bytes in a context of 2048. */
static int count(struct scripted_thread *t, const struct scripted_route *routes,
	struct counting c[2], struct err *e)
{
	struct server_facts f;
	int rc;

	scripted_thread_start(t, routes);
	assert_int_equal(server_facts_init(&f, scripted_url(t->server), e), 0);
	c[0] = (struct counting){.body = "{\"n\":1}", .prompt_bytes = 400, .num_ctx = 2048};
	c[1] = (struct counting){.body = "{\"n\":2}", .prompt_bytes = 400, .num_ctx = 2048};
	rc = counting_real(&f, "gemma3:270m", c, 2, 5, e);
	scripted_thread_stop(t);
	server_facts_release(&f);
	return rc;
}

static void tokens_are_counted_and_the_model_unloaded(void **state)
{
	static const struct scripted_route routes[] = {{"/api/generate", first},
		{"/api/generate", second}, {"/api/generate", unloaded}, {0}};
	const struct scripted_request *r;
	struct scripted_thread t;
	struct err e = ERR_INIT;
	struct counting c[2];

	(void)state;
	assert_int_equal(count(&t, routes, c, &e), 0);
	assert_int_equal(c[0].tokens, 88);
	assert_int_equal(c[1].tokens, 152);
	assert_int_equal(scripted_requests(t.server, &r), 3);
	assert_string_equal(r[0].body, "{\"n\":1}");
	assert_string_equal(r[1].body, "{\"n\":2}");
	assert_contains(r[2].body, "\"keep_alive\":0");
	assert_contains(r[2].body, "\"model\":\"gemma3:270m\"");
	assert_int_equal(scripted_connections(t.server), 1);
	scripted_free(t.server);
}

/* Whatever goes wrong is one line that names the server; nothing more is counted, and the model is
 * unloaded all the same. */
static void servers_that_do_not_count(void **state)
{
	static const struct {
		struct scripted_step steps[3];
		const char *says;
	} cases[] = {
		{{WHOLE(200, "{\"response\":\"a\",\"done\":true}")},
			"does not say how many tokens a prompt has (prompt_eval_count)"},
		{{WHOLE(500, "{\"error\":\"llama runner process has terminated\"}")},
			"counting the tokens of a prompt: http_error: llama runner process has "
			"terminated"},
		{{WHOLE(500, "{\"error\":\"cudaMalloc failed: out of memory\"}")},
			"out_of_memory: "},
		{{WHOLE(404, "{\"error\":\"model 'x' not found\"}")}, "model_missing: "},
		{{WHOLE(200, "{\"error\":\"model runner has unexpectedly stopped\"}")},
			"server_error: "},
		{{WHOLE(200, "{\"response\":\"a\",\"done\":true,\"prompt_eval_count\":2048}")},
			"prompt_truncated: "},
		{{WHOLE(200, "<html>\x1b[31m")}, "bad_line: "},
		{{WHOLE(200, "{\"response\":\"a\"")}, "truncated: "},
		{{RESET}, "connect_error: "},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct scripted_route routes[] = {
			{"/api/generate", cases[i].steps}, {"/api/generate", unloaded}, {0}};
		const struct scripted_request *r;
		struct scripted_thread t;
		struct err e = ERR_INIT;
		struct counting c[2];
		size_t n;

		assert_int_equal(count(&t, routes, c, &e), -1);
		assert_int_equal(e.code, ERR_ENV);
		assert_contains(e.msg, scripted_url(t.server));
		assert_contains(e.msg, cases[i].says);
		assert_null(strpbrk(e.msg, "\n\r\x1b"));
		n = scripted_requests(t.server, &r);
		assert_int_equal(n, 2);
		assert_contains(r[n - 1].body, "\"keep_alive\":0");
		scripted_free(t.server);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_counted_and_the_model_unloaded),
		cmocka_unit_test(servers_that_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
