/* test_http.c - whole-body calls over the bridge, the choice of a proxy, the loop's lateness. */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "lag.h"
#include "scripted.h"
#include "unit.h"

/* ---- calls ---- */

struct fixture {
	uv_loop_t loop;
	struct http *http;
	struct scripted *server;
	int answers;
	/* The last one. */
	int status;
	size_t len;
	char type[64], body[64], why[200];
};

static void fixture_start(struct fixture *f, const struct scripted_route *routes)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->http = http_new(&f->loop, NULL);
	assert_non_null(f->http);
	f->server = scripted_start(&f->loop, routes);
}

static void fixture_stop(struct fixture *f)
{
	scripted_close(f->server);
	http_close(f->http);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	http_free(f->http);
	scripted_free(f->server);
}

static void on_answer(void *arg, const struct http_answer *a)
{
	struct fixture *f = arg;

	f->answers++;
	f->status = a->status;
	f->len = a->len;
	snprintf(f->type, sizeof(f->type), "%s", a->type);
	snprintf(f->body, sizeof(f->body), "%s", a->body);
	snprintf(f->why, sizeof(f->why), "%s", a->why);
}

/* It may come by a timer, after which a loop that waits for more would wait for ever. */
static void wait_for_answer(struct fixture *f)
{
	while (f->answers == 0) {
		uv_run(&f->loop, UV_RUN_NOWAIT);
		uv_sleep(1);
	}
}

static void call(struct fixture *f, const char *path, const char *post, double limit_s)
{
	char url[80];

	snprintf(url, sizeof(url), "%s%s", scripted_url(f->server), path);
	f->answers = 0;
	assert_int_equal(http_call(f->http, url, NULL, post, limit_s, on_answer, f), 0);
	assert_int_equal(f->answers, 0); /* never from inside the call */
	wait_for_answer(f);
	assert_int_equal(f->answers, 1);
}

struct call_case {
	const char *name;
	struct scripted_step steps[6];
	double limit_s;
	int status;
	size_t len;
	const char *type, *body, *why;
};

static const struct call_case call_cases[] = {
	{"whole", {WHOLE(200, "{\"version\":\"1\"}")}, 60, 200, 15,
		"application/json; charset=utf-8", "{\"version\":\"1\"}", ""},
	{"chunked, every byte alone", {SPLIT, HEAD(200), LINE("{}"), LAST}, 60, 200, 3,
		"application/x-ndjson", "{}\n", ""},
	{"a failure has a body too", {WHOLE(500, "{\"error\":\"x\"}")}, 60, 500, 13,
		"application/json; charset=utf-8", "{\"error\":\"x\"}", ""},
	{"no type, no body", {RAW("HTTP/1.1 204 No\r\n\r\n")}, 60, 204, 0, "", "", ""},
	{"a redirect is not followed",
		{RAW("HTTP/1.1 301 Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")}, 60, 301,
		0, "", "", ""},
	{"too large", {HEAD(200), FILL(9 << 20), HOLD}, 60, 0, 0, "", "", "8 MiB"},
	{"cut off", {RAW("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), CLOSE}, 60, 0, 0, "",
		"", "closed"},
	{"reset", {RESET}, 60, 0, 0, "", "", "reset by peer"},
	{"silence", {HEAD(200), HOLD}, 0.05, 0, 0, "", "", "timed out"},
};

static void calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(call_cases); i++) {
		const struct call_case *c = &call_cases[i];
		const struct scripted_route routes[] = {{"/a", c->steps}, {0}};
		struct fixture f;

		fixture_start(&f, routes);
		call(&f, "/a", NULL, c->limit_s);
		if (f.status != c->status || f.len != c->len || strcmp(f.type, c->type) != 0 ||
			strcmp(f.body, c->body) != 0 || !strstr(f.why, c->why) ||
			!*f.why != !*c->why)
			fail_msg("%s: %d, %zu bytes of \"%s\": \"%s\" (%s)", c->name, f.status,
				f.len, f.type, f.body, f.why);
		fixture_stop(&f);
	}
}

static void endless_head(void **state)
{
	struct scripted_step steps[2] = {{0}};
	const struct scripted_route routes[] = {{"/a", steps}, {0}};
	struct str head = STR_INIT(STR_MAX_LINE);
	struct fixture f;

	(void)state;
	str_add(&head, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 9500; i++)
		str_addf(&head, "X-Line-%d: one more of many\r\n", i);
	str_add(&head, "Content-Length: 0\r\n\r\n");
	steps[0] = (struct scripted_step)RAW(head.s);
	fixture_start(&f, routes);
	call(&f, "/a", NULL, 60);
	assert_int_equal(f.status, 0);
	assert_string_equal(f.why, HTTP_HEAD_TOO_LONG);
	fixture_stop(&f);
	str_release(&head);
}

static void get_and_post_share_a_connection(void **state)
{
	static const struct scripted_step ok[] = {WHOLE(200, "{}"), {0}};
	static const struct scripted_route routes[] = {{"/a", ok}, {"/b", ok}, {0}};
	const struct scripted_request *r;
	struct fixture f;

	(void)state;
	fixture_start(&f, routes);
	call(&f, "/a", NULL, 60);
	call(&f, "/b", "{\"model\":\"m\"}", 60);
	call(&f, "/none", NULL, 60);
	assert_int_equal(f.status, 404);
	assert_string_equal(f.type, "text/plain");
	assert_int_equal(scripted_requests(f.server, &r), 3);
	assert_contains(r[0].head, "GET /a HTTP/1.1\r\n");
	assert_contains(r[1].head, "POST /b HTTP/1.1\r\n");
	assert_contains(r[1].head, "\r\nContent-Type: application/json\r\n");
	assert_string_equal(r[1].body, "{\"model\":\"m\"}");
	assert_int_equal(scripted_connections(f.server), 1);
	fixture_stop(&f);
}

static void refused(void **state)
{
	static const struct scripted_route none[] = {{0}};
	char url[80];
	struct fixture f;

	(void)state;
	fixture_start(&f, none);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/a", scripted_dead_port());
	assert_int_equal(http_call(f.http, url, NULL, NULL, 60, on_answer, &f), 0);
	wait_for_answer(&f);
	assert_int_equal(f.status, 0);
	assert_string_equal(f.why, "Connection refused");
	fixture_stop(&f);
}

static void only_http_is_spoken(void **state)
{
	static const struct scripted_route none[] = {{0}};
	struct fixture f;

	(void)state;
	fixture_start(&f, none);
	assert_int_equal(http_call(f.http, "file:///etc/passwd", NULL, NULL, 60, on_answer, &f), 0);
	wait_for_answer(&f);
	assert_int_equal(f.status, 0);
	assert_int_equal(f.len, 0);
	fixture_stop(&f);
}

static void closing_answers_what_is_open(void **state)
{
	static const struct scripted_step silent[] = {HOLD};
	static const struct scripted_route routes[] = {{"/a", silent}, {0}};
	char url[80];
	struct fixture f;

	(void)state;
	fixture_start(&f, routes);
	snprintf(url, sizeof(url), "%s/a", scripted_url(f.server));
	for (int i = 0; i < 3; i++)
		assert_int_equal(http_call(f.http, url, NULL, NULL, 60, on_answer, &f), 0);
	while (scripted_asked(f.server) < 3)
		uv_run(&f.loop, UV_RUN_ONCE);
	http_close(f.http);
	assert_int_equal(f.answers, 0);
	assert_int_equal(http_call(f.http, url, NULL, NULL, 60, on_answer, &f), -1);
	fixture_stop(&f);
	assert_int_equal(f.answers, 3);
	assert_int_equal(f.status, 0);
}

/* ---- the proxy of the environment ---- */

static const char *const proxy_names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
	"all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};

struct proxy_case {
	const char *url;
	const char *set[4][2];
	const char *proxy; /* NULL: none */
};

static const struct proxy_case proxy_cases[] = {
	{"http://far.example.org:11434", {{0}}, NULL},
	{"http://far.example.org:11434", {{"http_proxy", "http://p:1"}}, "http://p:1"},
	{"http://far.example.org:11434", {{"HTTP_PROXY", "http://p:1"}}, NULL},
	{"http://far.example.org:11434", {{"https_proxy", "http://p:1"}}, NULL},
	{"https://far.example.org", {{"https_proxy", "http://p:1"}}, "http://p:1"},
	{"https://far.example.org", {{"HTTPS_PROXY", "http://p:1"}}, "http://p:1"},
	{"https://far.example.org", {{"http_proxy", "http://p:1"}}, NULL},
	{"http://far.example.org", {{"all_proxy", "socks5://p:1"}}, "socks5://p:1"},
	{"http://far.example.org", {{"ALL_PROXY", "http://p:1"}}, "http://p:1"},
	{"http://far.example.org", {{"all_proxy", "http://a:1"}, {"http_proxy", "http://p:1"}},
		"http://p:1"},
	{"http://far.example.org", {{"all_proxy", "http://a:1"}, {"http_proxy", ""}}, NULL},
	{"http://far.example.org", {{"http_proxy", "p:1"}, {"no_proxy", "*"}}, NULL},
	{"http://far.example.org", {{"http_proxy", "p:1"}, {"NO_PROXY", "far.example.org"}}, NULL},
	{"http://far.example.org", {{"http_proxy", "p:1"}, {"no_proxy", "a.org, EXAMPLE.org"}},
		NULL},
	{"http://far.example.org", {{"http_proxy", "p:1"}, {"no_proxy", ".example.org"}}, NULL},
	{"http://example.org", {{"http_proxy", "p:1"}, {"no_proxy", ".example.org"}}, NULL},
	{"http://farexample.org", {{"http_proxy", "p:1"}, {"no_proxy", "example.org"}}, "p:1"},
	{"http://far.example.org:80", {{"http_proxy", "p:1"}, {"no_proxy", "example.org:80"}},
		NULL},
	{"http://far.example.org", {{"http_proxy", "p:1"}, {"no_proxy", "example.org:80"}}, NULL},
	{"http://far.example.org:81", {{"http_proxy", "p:1"}, {"no_proxy", "example.org:80"}},
		"p:1"},
	{"http://far.example.org", {{"http_proxy", "p:1"}, {"no_proxy", ""}, {"NO_PROXY", "*"}},
		"p:1"},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}}, "p:1"},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.0.0/16"}}, NULL},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.4.4/32"}}, NULL},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.4.4:11434"}}, NULL},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.4.4:11435"}}, "p:1"},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.8.0/23"}}, "p:1"},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.5.0/23"}}, NULL},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.4.0/33"}}, "p:1"},
	{"http://8.8.4.4:11434", {{"http_proxy", "p:1"}, {"no_proxy", "8.8.4.0/"}}, "p:1"},
	{"http://[2001:db8::1]:80", {{"http_proxy", "p:1"}}, "p:1"},
	{"http://[2001:db8::1]:80", {{"http_proxy", "p:1"}, {"no_proxy", "2001:db8::/32"}}, NULL},
	{"http://[2001:db8::1]:80", {{"http_proxy", "p:1"}, {"no_proxy", "2001:db8::1"}}, NULL},
	{"http://[2001:db8::1]:80", {{"http_proxy", "p:1"}, {"no_proxy", "[2001:db8::1]:80"}},
		NULL},
	{"http://[2001:db8::1]:80", {{"http_proxy", "p:1"}, {"no_proxy", "[2001:db8::1]:81"}},
		"p:1"},
	{"http://[2001:db8::1]:80", {{"http_proxy", "p:1"}, {"no_proxy", "2001:db8::2"}}, "p:1"},
	/* Local ones, whatever the environment says. */
	{"http://127.0.0.1:11434", {{"http_proxy", "p:1"}}, NULL},
	{"http://localhost:11434", {{"http_proxy", "p:1"}}, NULL},
	{"http://[::1]:11434", {{"all_proxy", "p:1"}}, NULL},
	{"http://192.168.1.7:11434", {{"http_proxy", "p:1"}}, NULL},
	{"http://10.1.2.3:11434", {{"http_proxy", "p:1"}}, NULL},
	/* Nonsense. */
	{"", {{"http_proxy", "p:1"}}, NULL},
	{"http://", {{"http_proxy", "p:1"}}, NULL},
};

static void proxies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(proxy_cases); i++) {
		const struct proxy_case *c = &proxy_cases[i];
		char *got;

		for (size_t k = 0; k < COUNTOF(proxy_names); k++)
			unsetenv(proxy_names[k]);
		for (size_t k = 0; k < COUNTOF(c->set) && c->set[k][0]; k++)
			setenv(c->set[k][0], c->set[k][1], 1);
		got = http_proxy_for(c->url);
		if ((got || c->proxy) && (!got || !c->proxy || strcmp(got, c->proxy) != 0))
			fail_msg("case %zu, %s: %s", i, c->url, got ? got : "none");
		free(got);
	}
	for (size_t k = 0; k < COUNTOF(proxy_names); k++)
		unsetenv(proxy_names[k]);
}

/* ---- lateness ---- */

/* The worst since any instant, against the plain list of all stretches. */
static void lag_is_the_worst_since(void **state)
{
	static const int length[] = {5, 3, 9, 2, 4, 4, 1, 0, 7, 6, 6, 2, 8, 1};
	struct lag l = {.n = 0};

	(void)state;
	assert_int_equal(lag_max(&l, 0), 0);
	for (size_t n = 0; n < COUNTOF(length); n++) {
		lag_add(&l, (ns)n * 10, length[n]);
		for (size_t since = 0; since <= n + 1; since++) {
			ns worst = 0;

			for (size_t i = since; i <= n; i++)
				worst = length[i] > worst ? length[i] : worst;
			assert_int_equal(lag_max(&l, (ns)since * 10), worst);
			assert_int_equal(lag_max(&l, (ns)since * 10 - 9), worst);
		}
	}
}

static void a_full_lag_never_understates(void **state)
{
	struct lag l = {.n = 0};

	(void)state;
	for (ns i = 0; i < 1000; i++)
		lag_add(&l, i, 5000 - i);
	assert_int_equal(l.n, LAG_STEPS);
	for (ns since = 0; since < 1000; since++)
		assert_true(lag_max(&l, since) >= 5000 - since);
	assert_int_equal(lag_max(&l, 0), 5000);
	lag_add(&l, 1000, 9000);
	assert_int_equal(l.n, 1);
	assert_int_equal(lag_max(&l, 1000), 9000);
	assert_int_equal(lag_max(&l, 1001), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),
		cmocka_unit_test(endless_head),
		cmocka_unit_test(get_and_post_share_a_connection),
		cmocka_unit_test(refused),
		cmocka_unit_test(only_http_is_spoken),
		cmocka_unit_test(closing_answers_what_is_open),
		cmocka_unit_test(proxies),
		cmocka_unit_test(lag_is_the_worst_since),
		cmocka_unit_test(a_full_lag_never_understates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
