/* test_exchange_send.c - what is sent, over which connection, and through which proxy. */
#include <stdlib.h>
#include <string.h>

#include "exchanger.h"
#include "unit.h"

/* ---- what is sent, and over which connection ---- */

static const struct scripted_step good[] = {HEAD(200), LINE(TOKEN), LINE(FINAL), LAST, {0}};

static void request_as_promised(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	const struct scripted_request *r;
	struct exchanger f;

	(void)state;
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);

	spec.request_id = "0123456789abcdef-2";
	exchanger_run(&f, &spec);
	assert_int_equal(scripted_requests(f.server, &r), 1);
	assert_contains(r->head, "POST /api/generate HTTP/1.1\r\n");
	assert_contains(r->head, "\r\nX-Request-Id: 0123456789abcdef-2\r\n");
	assert_contains(r->head, "\r\nContent-Type: application/json\r\n");
	assert_contains(r->head, "\r\nUser-Agent: chimera\r\n");
	assert_null(strstr(r->head, "Expect:"));
	assert_null(strstr(r->head, "Accept-Encoding:"));
	assert_int_equal(r->body_len, spec.body_len);
	assert_string_equal(r->body, spec.body);
	exchanger_stop(&f);
}

static void large_body_is_sent_when_its_last_byte_is(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	const struct scripted_request *r;
	size_t len = (size_t)12 << 20;
	char *body = malloc(len);
	struct exchanger f;

	(void)state;
	assert_non_null(body);
	memset(body, 'b', len);
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);

	spec.body = body;
	spec.body_len = len;
	exchanger_run(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_OK);
	exchanger_check_times("large body", &f.sample);
	assert_int_equal(scripted_requests(f.server, &r), 1);
	assert_int_equal(r->body_len, len);
	assert_null(strstr(r->head, "Expect:")); /* or the server would be asked first */
	exchanger_stop(&f);
	free(body);
}

/* Opens `n` connections, as the loop does before a run. */
static void on_warm(void *arg, const struct http_answer *a)
{
	struct exchanger *f = arg;

	assert_int_equal(a->status, 200);
	f->ended++;
}

static void warm(struct exchanger *f, int n)
{
	char url[80];

	snprintf(url, sizeof(url), "%s/api/version", scripted_url(f->server));
	f->ended = 0;
	for (int i = 0; i < n; i++)
		assert_int_equal(http_call(f->http, url, NULL, NULL, 60, on_warm, f), 0);
	exchanger_wait(f, n);
	assert_int_equal(scripted_connections(f->server), n);
}

static const struct scripted_step version[] = {WHOLE(200, "{\"version\":\"0.1\"}"), {0}};

static void warm_connections_are_kept(void **state)
{
	static const struct scripted_route routes[] = {
		{"/api/version", version}, {PATH, good}, {0}};
	struct exchanger f;

	(void)state;
	exchanger_start(&f, routes);
	warm(&f, 12);

	struct exchange_spec spec = exchanger_spec(f.url);

	spec.warmed = true;
	for (int round = 0; round < 4; round++) {
		int n = round % 2 ? 12 : 1; /* one alone must not close the others */
		struct exchange *x;

		f.ended = 0;
		for (int i = 0; i < n; i++)
			assert_int_equal(
				exchange_start(f.http, &spec, exchanger_done, &f, &x, NULL), 0);
		exchanger_wait(&f, n);
		assert_int_equal(f.sample.status, STATUS_OK);
		assert_int_equal(f.sample.connect, 0);
		assert_int_equal(f.sample.new_connects, 0);
	}
	assert_int_equal(scripted_connections(f.server), 12);
	exchanger_stop(&f);
}

/* libcurl asks to be called "at once"; the request goes out before the loop next waits, and not
 * when a timer of a millisecond has passed. */
static void a_request_is_sent_in_its_turn_of_the_loop(void **state)
{
	static const struct scripted_route routes[] = {
		{"/api/version", version}, {PATH, good}, {0}};
	struct exchanger f;

	(void)state;
	exchanger_start(&f, routes);
	warm(&f, 1);

	struct exchange_spec spec = exchanger_spec(f.url);

	exchanger_begin(&f, &spec);
	uv_run(&f.loop, UV_RUN_NOWAIT);
	assert_int_equal(scripted_asked(f.server), 2);
	exchanger_wait(&f, 1);
	exchanger_stop(&f);
}

/* What the kernel holds when the reset arrives is more than curl reads at once. */
static void what_came_before_a_reset_is_read(void **state)
{
	struct str lines = STR_INIT(STR_MAX_LINE);
	struct exchanger f;

	(void)state;
	str_add(&lines, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 500; i++)
		str_add(&lines, TOKEN "\n");

	const struct scripted_step steps[] = {{SCRIPTED_RAW, 0, lines.s}, RESET};
	const struct scripted_route routes[] = {{"/api/version", version}, {PATH, steps}, {0}};

	exchanger_start(&f, routes);
	warm(&f, 1); /* no timers of curl's own that would look */

	struct exchange_spec spec = exchanger_spec(f.url);

	exchanger_run(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_TRUNCATED);
	assert_contains(f.sample.error, "reset by peer");
	assert_int_equal(f.sample.chunks, 500);
	exchanger_stop(&f);
	str_release(&lines);
}

static void a_new_connection_is_told_only_after_warming(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};

	(void)state;
	for (int warmed = 0; warmed < 2; warmed++) {
		struct exchanger f;

		exchanger_start(&f, routes);

		struct exchange_spec spec = exchanger_spec(f.url);

		spec.warmed = warmed;
		exchanger_run(&f, &spec);
		assert_int_equal(f.sample.status, STATUS_OK);
		assert_true(f.sample.connect > 0);
		assert_int_equal(f.sample.new_connects, warmed);
		exchanger_stop(&f);
	}
}

/* A kept connection that dies makes libcurl send the POST again by itself: the row must be suspect,
 * whether it went over a new connection or over another kept one. */
static void a_request_sent_twice_is_told(void **state)
{
	static const struct scripted_step reset[] = {RESET, {0}};
	static const struct scripted_route routes[] = {
		{"/api/version", version}, {PATH, reset}, {PATH, good}, {0}};

	(void)state;
	for (int kept = 1; kept <= 2; kept++) {
		const struct scripted_request *r;
		struct exchanger f;

		exchanger_start(&f, routes);
		warm(&f, kept);

		struct exchange_spec spec = exchanger_spec(f.url);

		spec.warmed = kept == 2;
		exchanger_run(&f, &spec);
		assert_int_equal(f.sample.status, STATUS_OK);
		assert_int_equal(f.sample.new_connects, 1);
		exchanger_check_times("sent twice", &f.sample);
		assert_int_equal(scripted_requests(f.server, &r), (size_t)kept + 2);
		assert_int_equal(scripted_connections(f.server), 2);
		exchanger_stop(&f);
	}
}

/* ---- proxies ---- */

static void the_environment_is_not_obeyed(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	char proxy[40];
	struct exchanger f;

	(void)state;
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", scripted_dead_port());
	setenv("http_proxy", proxy, 1);
	setenv("all_proxy", proxy, 1);
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);

	exchanger_run(&f, &spec);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_int_equal(f.sample.status, STATUS_OK);
	exchanger_stop(&f);
}

static void a_proxy_given_is_used(void **state)
{
	static const struct scripted_route routes[] = {{"http://far.invalid" PATH, good}, {0}};
	struct exchanger f;
	struct exchange_spec spec = exchanger_spec("http://far.invalid" PATH);

	(void)state;
	setenv("no_proxy", "*", 1); /* it was asked when the proxy was chosen, not here */
	exchanger_start(&f, routes);
	spec.proxy = scripted_url(f.server);
	exchanger_run(&f, &spec);
	unsetenv("no_proxy");
	assert_int_equal(f.sample.status, STATUS_OK);
	exchanger_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_as_promised),
		cmocka_unit_test(large_body_is_sent_when_its_last_byte_is),
		cmocka_unit_test(warm_connections_are_kept),
		cmocka_unit_test(a_request_is_sent_in_its_turn_of_the_loop),
		cmocka_unit_test(what_came_before_a_reset_is_read),
		cmocka_unit_test(a_new_connection_is_told_only_after_warming),
		cmocka_unit_test(a_request_sent_twice_is_told),
		cmocka_unit_test(the_environment_is_not_obeyed),
		cmocka_unit_test(a_proxy_given_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
