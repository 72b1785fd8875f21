/* test_probe.c - what is found out about a server, and what is said about one that is not there or
 * is something else. */
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "scripted.h"
#include "str.h"
#include "unit.h"

#define TAGS                                                                                       \
	"{\"models\":[{\"name\":\"gemma3:270m\",\"model\":\"gemma3:270m\",\"size\":1,"             \
	"\"digest\":\"735af2139dc652bf01112746474883d79a52fa1c19038265d363e3d42556f7a2\","         \
	"\"details\":{\"family\":\"gemma3\",\"parameter_size\":\"268.10M\","                       \
	"\"quantization_level\":\"Q4_K_M\"}},{\"name\":\"llama3:latest\",\"digest\":\"\"}]}"
#define SHOW                                                                                       \
	"{\"details\":{\"family\":\"gemma3\"},\"model_info\":{"                                    \
	"\"general.architecture\":\"gemma3\",\"gemma3.block_count\":18,"                           \
	"\"gemma3.context_length\":32768},\"capabilities\":[\"completion\"]}"

static const struct scripted_step version[] = {WHOLE(200, "{\"version\":\"0.32.14\"}"), {0}};
static const struct scripted_step tags[] = {WHOLE(200, TAGS), {0}};
static const struct scripted_step show[] = {WHOLE(200, SHOW), {0}};
static const struct scripted_step ps[] = {WHOLE(200, "{\"models\":[]}"), {0}};

/* Asks a server with these routes about `model` (NULL: none). */
static int probe(const struct scripted_route *routes, const char *model, struct server_facts *f,
	struct err *e)
{
	struct scripted_thread t;
	int rc;

	scripted_thread_start(&t, routes);
	assert_int_equal(server_facts_init(f, scripted_url(t.server), e), 0);
	if (model)
		server_facts_add_model(f, model);
	rc = probe_server(f, e);
	scripted_thread_stop(&t);
	scripted_free(t.server);
	return rc;
}

static void everything_is_read(void **state)
{
	static const struct scripted_route routes[] = {{"/api/version", version},
		{"/api/tags", tags}, {"/api/show", show}, {"/api/ps", ps}, {0}};
	struct scripted_thread t;
	const struct scripted_request *r;
	struct server_facts f;
	struct err e = ERR_INIT;

	(void)state;
	scripted_thread_start(&t, routes);
	assert_int_equal(server_facts_init(&f, scripted_url(t.server), &e), 0);
	server_facts_add_model(&f, "gemma3:270m");
	server_facts_add_model(&f, "llama3");
	assert_int_equal(probe_server(&f, &e), 0);
	scripted_thread_stop(&t);

	assert_string_equal(f.version, "0.32.14");
	assert_true(f.has_tags && f.has_show && f.has_ps);
	assert_null(f.proxy);
	assert_int_equal(f.ninstalled, 2);
	assert_int_equal(f.models[0].layers, 18);
	assert_int_equal(f.models[0].context_train, 32768);
	assert_string_equal(f.models[0].quantization, "Q4_K_M");
	assert_true(f.models[0].shown && f.models[1].shown);
	/* Reads only, over one connection. */
	assert_int_equal(scripted_requests(t.server, &r), 5);
	assert_contains(r[0].head, "GET /api/version ");
	assert_contains(r[1].head, "GET /api/tags ");
	assert_contains(r[2].head, "POST /api/show ");
	assert_contains(r[2].body, "gemma3:270m");
	assert_contains(r[3].body, "llama3");
	assert_contains(r[4].head, "GET /api/ps ");
	assert_int_equal(scripted_connections(t.server), 1);
	scripted_free(t.server);
	server_facts_release(&f);
}

static void little_is_enough(void **state)
{
	static const struct scripted_step broken[] = {WHOLE(200, "{\"models\":"), {0}};
	static const struct scripted_step error[] = {WHOLE(500, "{\"error\":\"x\"}"), {0}};
	static const struct scripted_step gone[] = {RESET, {0}};
	static const struct scripted_route cases[][5] = {
		{{"/api/version", version}, {0}},
		{{"/api/version", version}, {"/api/tags", broken}, {"/api/show", broken},
			{"/api/ps", broken}, {0}},
		{{"/api/version", version}, {"/api/tags", error}, {"/api/show", error},
			{"/api/ps", error}, {0}},
		{{"/api/version", version}, {"/api/tags", gone}, {"/api/show", gone},
			{"/api/ps", gone}, {0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct server_facts f;
		struct err e = ERR_INIT;

		assert_int_equal(probe(cases[i], "m", &f, &e), 0);
		assert_string_equal(f.version, "0.32.14");
		assert_false(f.has_tags || f.has_show || f.has_ps || f.models[0].shown);
		assert_int_equal(f.models[0].layers, -1);
		server_facts_release(&f);
	}
}

struct stranger {
	struct scripted_step steps[3];
	const char *says; /* after "http://127.0.0.1:PORT: " */
};

static const struct stranger strangers[] = {
	{{RAW("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
	      "\n<html>\n<b>nginx</b>\x1b[31m"),
		 CLOSE},
		"answers, but is not Ollama (GET /api/version gave 404 text/html: "
		"\"<html>?<b>nginx</b>?[31m\")"},
	{{WHOLE(200, "{\"api\":\"2\"}")},
		"answers, but is not Ollama (GET /api/version gave 200 application/json; "
		"charset=utf-8: "
		"\"{\"api\":\"2\"}\")"},
	{{WHOLE(200, "[]")},
		"answers, but is not Ollama (GET /api/version gave 200 application/json; "
		"charset=utf-8: \"[]\")"},
	{{WHOLE(200, "{\"version\":3}")}, "answers, but is not Ollama"},
	{{WHOLE(200, "Ollama is running")}, "answers, but is not Ollama"},
	{{RAW("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")},
		"answers, but is not Ollama (GET /api/version gave 403: \"\")"},
	{{WHOLE(200, "0123456789012345678901234567890123456789012345678901234567890123456789")},
		"\"012345678901234567890123456789012345678901234567890123456789...\")"},
	{{RAW("220 mail.example.org ESMTP\r\n"), CLOSE}, "no server answers (Received HTTP/0.9"},
	{{RESET}, "no server answers (Recv failure: Connection reset by peer)"},
};

static void who_is_not_ollama(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(strangers); i++) {
		const struct scripted_route routes[] = {{"/api/version", strangers[i].steps}, {0}};
		struct server_facts f;
		struct err e = ERR_INIT;

		assert_int_equal(probe(routes, "m", &f, &e), -1);
		assert_int_equal(e.code, ERR_ENV);
		assert_contains(e.msg, strangers[i].says);
		assert_int_equal(strncmp(e.msg, f.url, strlen(f.url)), 0);
		assert_contains(e.hint, "--simulate");
		server_facts_release(&f);
	}
}

static void nobody_answers(void **state)
{
	struct server_facts f;
	struct err e = ERR_INIT;
	char url[40], wanted[120];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", scripted_dead_port());
	snprintf(wanted, sizeof(wanted), "%s: no server answers (Connection refused)", url);
	assert_int_equal(server_facts_init(&f, url, &e), 0);
	assert_int_equal(probe_server(&f, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_string_equal(e.msg, wanted);
	assert_string_equal(e.hint,
		"start it with `ollama serve`, name another with --server URL, or try --simulate");
	server_facts_release(&f);
}

static void a_proxy_in_between_is_named(void **state)
{
	struct server_facts f;
	struct err e = ERR_INIT;
	char proxy[40];

	(void)state;
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", scripted_dead_port());
	setenv("http_proxy", proxy, 1);
	assert_int_equal(server_facts_init(&f, "http://far.invalid:11434", &e), 0);
	assert_int_equal(probe_server(&f, &e), -1);
	unsetenv("http_proxy");
	assert_string_equal(f.proxy, proxy);
	assert_contains(e.msg, "http://far.invalid:11434: no server answers (Connection refused)");
	assert_contains(e.hint, "no_proxy=far.invalid");
	server_facts_release(&f);
}

static void missing_model_is_named_with_those_there(void **state)
{
	static const struct scripted_route routes[] = {
		{"/api/version", version}, {"/api/tags", tags}, {0}};
	struct server_facts f;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(probe(routes, "gemma3:1b", &f, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg,
		": model \"gemma3:1b\" is not installed there; it has gemma3:270m, llama3:latest");
	assert_string_equal(e.hint, "ollama pull gemma3:1b");
	server_facts_release(&f);
}

static void few_of_many_models_are_named(void **state)
{
	static const struct {
		int n;
		const char *tail, *last, *more;
	} cases[] = {
		{12, "", ", m11", "m11"},
		{15, "", ", m11 and 3 more", " and 3 more"},
		{15,
			":a-name-of-some-length-that-would-leave-no-room-on-the-line-for-a-dozen-"
			"of-its-kind",
			"its-kind, m03:", " and 11 more"},
		{0, "", "is not installed there, and no other is", "no other is"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str many = STR_INIT(STR_MAX_LINE);
		struct server_facts f;
		struct err e = ERR_INIT;

		str_add(&many, "{\"models\":[");
		for (int k = 0; k < cases[i].n; k++)
			str_addf(&many, "%s{\"name\":\"m%02d%s\"}", k ? "," : "", k, cases[i].tail);
		str_add(&many, "]}");

		const struct scripted_step steps[] = {{SCRIPTED_WHOLE, 200, many.s}, {0}};
		const struct scripted_route routes[] = {
			{"/api/version", version}, {"/api/tags", steps}, {0}};

		assert_int_equal(probe(routes, "gemma3:1b", &f, &e), -1);
		assert_contains(e.msg, cases[i].last);
		assert_string_equal(e.msg + strlen(e.msg) - strlen(cases[i].more), cases[i].more);
		server_facts_release(&f);
		str_release(&many);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(little_is_enough),
		cmocka_unit_test(who_is_not_ollama),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(a_proxy_in_between_is_named),
		cmocka_unit_test(missing_model_is_named_with_those_there),
		cmocka_unit_test(few_of_many_models_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
