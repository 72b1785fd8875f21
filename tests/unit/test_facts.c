/* test_facts.c - addresses, and what servers say about themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "fsx.h"
#include "unit.h"

/* ---- addresses ---- */

static void test_url_default(void **state)
{
	static const struct {
		const char *env, *url;
	} cases[] = {
		{NULL, "http://127.0.0.1:11434"},
		{"", "http://127.0.0.1:11434"},
		{"1.2.3.4", "http://1.2.3.4:11434"},
		{"1.2.3.4:5678", "http://1.2.3.4:5678"},
		{":1234", "http://127.0.0.1:1234"},
		{"example.com", "http://example.com:11434"},
		{"http://example.com", "http://example.com:80"},
		{"https://example.com", "https://example.com:443"},
		{"https://example.com/", "https://example.com:443"},
		{"HTTPS://example.com:8443/ollama/", "https://example.com:8443/ollama"},
		{"0.0.0.0", "http://127.0.0.1:11434"},
		{"0.0.0.0:80", "http://127.0.0.1:80"},
		{"[::]:80", "http://[::1]:80"},
		{"[::1]", "http://[::1]:11434"},
		{"::1", "http://[::1]:11434"},
		{"[2001:db8::7]:99", "http://[2001:db8::7]:99"},
		{" \"1.2.3.4\" ", "http://1.2.3.4:11434"},
		{"'localhost'", "http://localhost:11434"},
		{"1.2.3.4:99999", "http://1.2.3.4:11434"},
		{"1.2.3.4:port", "http://1.2.3.4:11434"},
		{"http://h:-1", "http://h:80"},
		{"ftp://x", "http://127.0.0.1:11434"},
		{"a b", "http://127.0.0.1:11434"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char *url = server_url_default(cases[i].env);

		assert_string_equal(url, cases[i].url);
		free(url);
	}
}

/* What a person has written is not silently made something else. */
static void test_url_normalize(void **state)
{
	static const char *const bad[] = {"", "  ", "\"\"", "ftp://x", "http://h:99999", "h:0",
		"h:port", "h:+1", "a b", "user@host", "http://h/a?b=c", "[::1", "[::1]x", "[zz]:1",
		"h\tx", "h,x", "h\"x"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_null(server_url_normalize(bad[i]));
	for (int i = 0; i < 2; i++) {
		char *url = server_url_normalize(i ? "localhost" : "http://localhost:11434/");

		assert_string_equal(url, "http://localhost:11434");
		free(url);
	}
}

static void test_server(void **state)
{
	struct server_facts f;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(server_facts_init(&f, "box=http://[fd00::1]:8080/", &e), 0);
	assert_string_equal(f.name, "box");
	assert_string_equal(f.url, "http://[fd00::1]:8080");
	assert_string_equal(f.host, "fd00::1");
	server_facts_release(&f);
	assert_int_equal(server_facts_init(&f, "gpu-1.lab", &e), 0);
	assert_string_equal(f.name, "http://gpu-1.lab:11434");
	assert_string_equal(f.host, "gpu-1.lab");
	server_facts_release(&f);
	assert_int_equal(server_facts_init(&f, "a b=http://x", &e), -1);
	assert_string_equal(e.msg, "\"a b=http://x\" is no address of a server");
	assert_int_equal(e.code, ERR_USAGE);
	assert_true(strlen(e.hint) > 0);
	server_facts_release(&f); /* fine after a release */
}

static void test_local(void **state)
{
	static const char *const local[] = {"localhost", "LOCALHOST", "a.localhost", "127.0.0.1",
		"127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.7",
		"169.254.0.9", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "0.0.0.0"};
	static const char *const remote[] = {"example.com", "8.8.8.8", "172.15.0.1", "172.32.0.1",
		"192.169.0.1", "11.0.0.1", "2001:db8::1", "::ffff:8.8.8.8", "localhost.example.com",
		""};

	(void)state;
	for (size_t i = 0; i < COUNTOF(local); i++)
		assert_true(server_host_is_local(local[i]));
	for (size_t i = 0; i < COUNTOF(remote); i++)
		assert_false(server_host_is_local(remote[i]));
}

static void test_loopback(void **state)
{
	static const struct {
		const char *host;
		bool loopback;
	} cases[] = {
		{"localhost", true},
		{"LOCALHOST", true},
		{"127.0.0.1", true},
		{"127.1.2.3", true},
		{"::1", true},
		{"10.0.0.1", false}, /* private, but another machine */
		{"192.168.1.1", false},
		{"::2", false},
		{"localhost.example.org", false},
		{"127.0.0.1.example.org", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(server_host_is_loopback(cases[i].host), cases[i].loopback);
}

static void test_names(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"gemma3", "gemma3:latest", true},
		{"gemma3:270m", "gemma3:270m", true},
		{"gemma3:270m", "Gemma3:270M", true},
		{"library/gemma3", "gemma3", true},
		{"registry.ollama.ai/library/gemma3:1b", "gemma3:1b", true},
		{"host:5000/a/b", "host:5000/a/b:latest", true},
		{"gemma3", "gemma3:1b", false},
		{"gemma3:270m", "gemma3:270", false},
		{"gemma3", "gemma3n", false},
		{"a/gemma3", "gemma3", false},
		{"", ":latest", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		assert_int_equal(model_name_equal(cases[i].a, cases[i].b), cases[i].same);
		assert_int_equal(model_name_equal(cases[i].b, cases[i].a), cases[i].same);
	}
}

/* ---- replies ---- */

/* A recorded body. */
static struct str recorded(const char *version, const char *name)
{
	struct str body = STR_INIT(STR_MAX_LINE);
	struct err e = ERR_INIT;
	char path[600];

	snprintf(path, sizeof(path), "%s/facts/%s-%s.json", getenv("TEST_DATA"), version, name);
	if (fsx_read(path, STR_MAX_LINE, &body, &e))
		fail_msg("%s", e.msg);
	return body;
}

static void init(struct server_facts *f)
{
	struct err e = ERR_INIT;

	assert_int_equal(server_facts_init(f, "127.0.0.1", &e), 0);
}

static void read_server(struct server_facts *f, const char *version)
{
	struct model_facts *m = server_facts_add_model(f, "gemma3:270m");
	struct str body = recorded(version, "version");

	assert_int_equal(facts_read_version(f, body.s, body.len), 0);
	str_release(&body);
	body = recorded(version, "tags");
	assert_int_equal(facts_read_tags(f, body.s, body.len), 0);
	str_release(&body);
	body = recorded(version, "show");
	assert_int_equal(facts_read_show(m, body.s, body.len), 0);
	str_release(&body);
}

static void test_recorded(void **state)
{
	static const struct {
		const char *dir, *version, *digest;
		int64_t size;
	} cases[] = {
		{"v0.24.0", "0.24.0",
			"8eab290c7e15f796a32069aab3148ad57b9c74b62f8fd33cdcc867f97f00eae8",
			467313152},
		{"v0.32.14", "0.32.14",
			"66d93b8a37cc0748efb0327bc49d4ed99eafe844125de3eb9361c91917299219",
			285684530},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct server_facts f;
		struct ps_list ps;
		struct str body;

		init(&f);
		read_server(&f, cases[i].dir);
		assert_string_equal(f.version, cases[i].version);
		assert_true(f.has_tags);
		assert_int_equal(f.ninstalled, 1);
		assert_string_equal(f.installed[0], "gemma3:270m");
		assert_true(f.models[0].shown);
		assert_string_equal(f.models[0].digest, cases[i].digest);
		assert_string_equal(f.models[0].quantization, "Q4_K_M");
		assert_string_equal(f.models[0].parameter_size, "268.10M");
		assert_string_equal(f.models[0].family, "gemma3");
		assert_int_equal(f.models[0].layers, 18);
		assert_int_equal(f.models[0].context_train, 32768);
		assert_int_equal(f.models[0].sliding_window, 512);
		assert_false(f.models[0].vision);

		body = recorded(cases[i].dir, "ps-loaded");
		assert_int_equal(facts_read_ps(&ps, body.s, body.len), 0);
		assert_true(ps.known);
		assert_int_equal(ps.n, 1);
		assert_int_equal(ps.entry[0].size, cases[i].size);
		assert_int_equal(ps.entry[0].size_vram, 0); /* said to be 0, not missing */
		assert_int_equal(ps.entry[0].context_length, 2048);
		assert_ptr_equal(ps_find(&ps, "gemma3:270m", NULL), &ps.entry[0]);
		assert_ptr_equal(ps_find(&ps, "copy", cases[i].digest), &ps.entry[0]);
		assert_null(ps_find(&ps, "copy", ""));
		assert_null(ps_find(&ps, "copy", NULL));
		str_release(&body);

		body = recorded(cases[i].dir, "ps-empty");
		assert_int_equal(facts_read_ps(&ps, body.s, body.len), 0);
		assert_true(ps.known);
		assert_int_equal(ps.n, 0);
		str_release(&body);

		body = recorded(cases[i].dir, "show-missing");
		assert_int_equal(facts_read_show(&f.models[0], body.s, body.len), -1);
		assert_int_equal(f.models[0].layers, 18); /* untouched */
		str_release(&body);
		server_facts_release(&f);
	}
}

static void show(struct model_facts *m, const char *body, int wanted)
{
	*m = (struct model_facts){.layers = -1, .context_train = -1, .sliding_window = -1};
	assert_int_equal(facts_read_show(m, body, strlen(body)), wanted);
}

static void test_show(void **state)
{
	struct model_facts m;

	(void)state;
	/* The vision part has a block_count of its own. */
	show(&m,
		"{\"model_info\":{\"gemma3.vision.block_count\":27,\"gemma3.block_count\":34,"
		"\"general.architecture\":\"gemma3\"},\"capabilities\":[\"completion\",\"vision\"]"
		"}",
		0);
	assert_int_equal(m.layers, 34);
	assert_true(m.vision);
	show(&m, "{\"model_info\":{\"x.vision.block_count\":27,\"x.block_count\":34}}", 0);
	assert_int_equal(m.layers, 34);
	assert_true(m.vision); /* an old server does not name capabilities */
	show(&m, "{\"details\":{\"family\":\"llama\"}}", 0);
	assert_int_equal(m.layers, -1);
	assert_int_equal(m.context_train, -1);
	assert_string_equal(m.family, "llama");
	/* Nonsense is unknown, not zero. */
	show(&m,
		"{\"model_info\":{\"general.architecture\":\"a\",\"a.block_count\":-3,"
		"\"a.context_length\":\"many\",\"a.attention.sliding_window\":1e300}}",
		0);
	assert_int_equal(m.layers, -1);
	assert_int_equal(m.context_train, -1);
	assert_int_equal(m.sliding_window, -1);
	show(&m, "{\"error\":\"no\"}", -1);
	assert_false(m.shown);
	show(&m, "{}", -1);
	show(&m, "[1]", -1);
	show(&m, "<html>", -1);
	show(&m, "", -1);
}

static void test_not_what_it_should_be(void **state)
{
	static const char *const bodies[] = {"", "null", "[]", "{}", "3", "Ollama is running",
		"{\"version\":3,\"models\":3}", "{\"models\":{\"a\":1}}",
		"{\"error\":\"x\",\"models\":[]}"};
	struct server_facts f;
	struct ps_list ps;

	(void)state;
	init(&f);
	for (size_t i = 0; i < COUNTOF(bodies); i++) {
		size_t len = strlen(bodies[i]);

		assert_int_equal(facts_read_version(&f, bodies[i], len), -1);
		assert_int_equal(facts_read_tags(&f, bodies[i], len), -1);
		assert_int_equal(facts_read_ps(&ps, bodies[i], len), -1);
		assert_false(ps.known);
	}
	assert_string_equal(f.version, "");
	assert_false(f.has_tags);
	server_facts_release(&f);
}

static void test_hostile_lists(void **state)
{
	struct str body = STR_INIT(STR_MAX_LINE);
	struct server_facts f;
	struct ps_list ps;
	static const char odd[] =
		"{\"models\":[3,null,{},{\"name\":\"\"},{\"model\":\"b\\u0007\",\"digest\":\"xyz\"}"
		","
		"{\"name\":\"m\",\"digest\":\"SHA\",\"size\":-5,\"size_vram\":1.5}]}";

	(void)state;
	init(&f);
	server_facts_add_model(&f, "m");
	assert_int_equal(facts_read_tags(&f, odd, strlen(odd)), 0);
	assert_int_equal(f.ninstalled, 2);
	assert_string_equal(f.installed[0], "b?");
	assert_string_equal(f.models[0].digest, "");
	assert_int_equal(
		facts_read_tags(&f, "{\"models\":null}", 15), 0); /* an empty list, from Go */
	assert_int_equal(f.ninstalled, 0);

	assert_int_equal(facts_read_ps(&ps, odd, strlen(odd)), 0);
	assert_int_equal(ps.n, 6);
	assert_int_equal(ps.entry[5].size, -1);
	assert_int_equal(ps.entry[5].size_vram, -1);
	assert_int_equal(ps.entry[5].context_length, -1);

	str_add(&body, "{\"models\":[{\"name\":\"x\"}");
	for (int i = 0; i < 99; i++)
		str_add(&body, ",{\"name\":\"x\"}");
	str_add(&body, "]}");
	assert_int_equal(facts_read_ps(&ps, body.s, body.len), 0);
	assert_int_equal(ps.n, COUNTOF(ps.entry));
	str_release(&body);
	server_facts_release(&f);
}

static void test_models(void **state)
{
	struct server_facts f;
	char name[20];

	(void)state;
	init(&f);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(server_facts_add_model(&f, name)->layers, -1);
	}
	server_facts_add_model(&f, "m7")->layers = 7;
	assert_int_equal(f.nmodels, 100);
	assert_int_equal(server_facts_model(&f, "m7:latest")->layers, 7);
	assert_null(server_facts_model(&f, "m100"));
	server_facts_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url_default),
		cmocka_unit_test(test_url_normalize),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_not_what_it_should_be),
		cmocka_unit_test(test_hostile_lists),
		cmocka_unit_test(test_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
