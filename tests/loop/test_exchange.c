/* test_exchange.c - one exchange against a server that misbehaves on cue, on the same loop. */
#include <string.h>

#include "exchanger.h"
#include "unit.h"

/* ---- every misbehaviour is a case ---- */

struct misbehaviour {
	const char *name;
	struct scripted_step steps[12];
	int first_ms, stall_ms, total_ms; /* 0: long */
	enum status status;
	int http_status;
	int64_t chunks;    /* -1: none counted */
	const char *text;  /* the answer */
	const char *error; /* part of the message */
};

static const struct misbehaviour cases[] = {
	{"as it should be", {HEAD(200), LINE(TOKEN), LINE(TOKEN2), LINE(FINAL), LAST}, 0, 0, 0,
		STATUS_OK, 200, 2, "Hello", ""},
	{"split every byte", {SPLIT, HEAD(200), LINE(TOKEN), LINE(TOKEN2), LINE(FINAL), LAST}, 0, 0,
		0, STATUS_OK, 200, 2, "Hello", ""},
	{"all lines in one chunk", {HEAD(200), LINE(TOKEN "\n" TOKEN2 "\n" FINAL), LAST}, 0, 0, 0,
		STATUS_OK, 200, 2, "Hello", ""},
	{"a head that comes late", {WAIT(30), HEAD(200), WAIT(30), LINE(TOKEN), LINE(FINAL), LAST},
		0, 0, 0, STATUS_OK, 200, 1, "He", ""},
	{"an interim head first",
		{RAW("HTTP/1.1 100 Continue\r\n\r\n"), HEAD(200), LINE(TOKEN), LINE(FINAL), LAST},
		0, 0, 0, STATUS_OK, 200, 1, "He", ""},
	{"a trailer", {HEAD(200), LINE(TOKEN), LINE(FINAL), RAW("0\r\nX-Late: 1\r\n\r\n")}, 0, 0, 0,
		STATUS_OK, 200, 1, "He", ""},
	{"no framing, ended by close",
		{RAW("HTTP/1.1 200 OK\r\n\r\n" TOKEN "\n" FINAL "\n"), CLOSE}, 0, 0, 0, STATUS_OK,
		200, 1, "He", ""},
	{"final line, then silence", {HEAD(200), LINE(TOKEN), LINE(FINAL), HOLD}, 0, 40, 0,
		STATUS_OK, 200, 1, "He", ""},
	{"final line, then reset", {HEAD(200), LINE(TOKEN), LINE(FINAL), WAIT(20), RESET}, 0, 0, 0,
		STATUS_OK, 200, 1, "He", ""},
	{"closed before a byte", {CLOSE}, 0, 0, 0, STATUS_CONNECT_ERROR, 0, -1, "", "Empty reply"},
	{"reset before a byte", {RESET}, 0, 0, 0, STATUS_CONNECT_ERROR, 0, -1, "", "reset by peer"},
	{"closed inside the head", {RAW("HTTP/1.1 200 OK\r\nContent-T"), CLOSE}, 0, 0, 0,
		STATUS_TRUNCATED, 0, -1, "", ""},
	{"closed after the head", {HEAD(200), CLOSE}, 0, 0, 0, STATUS_TRUNCATED, 200, 0, "",
		"closed"},
	{"closed in the stream", {HEAD(200), LINE(TOKEN), CLOSE}, 0, 0, 0, STATUS_TRUNCATED, 200, 1,
		"He", "closed"},
	{"reset in the stream", {HEAD(200), LINE(TOKEN), WAIT(20), RESET}, 0, 0, 0,
		STATUS_TRUNCATED, 200, 1, "He", "reset by peer"},
	{"ends well without final", {HEAD(200), LINE(TOKEN), LAST}, 0, 0, 0, STATUS_TRUNCATED, 200,
		1, "He", "without done"},
	{"half a line", {HEAD(200), LINE(TOKEN), RAW("f\r\n{\"model\":\"m\",\"r\r\n0\r\n\r\n")}, 0,
		0, 0, STATUS_TRUNCATED, 200, 1, "He", ""},
	{"an error line", {HEAD(200), LINE(TOKEN), LINE("{\"error\":\"unexpected EOF\"}"), LAST}, 0,
		0, 0, STATUS_SERVER_ERROR, 200, 1, "He", "unexpected EOF"},
	{"an error line and no end", {HEAD(200), LINE("{\"error\":\"unexpected EOF\"}"), HOLD}, 0,
		0, 0, STATUS_SERVER_ERROR, 200, 0, "", "unexpected EOF"},
	{"a line that is not JSON", {HEAD(200), LINE(TOKEN), LINE("{\"response\":"), LAST}, 0, 0, 0,
		STATUS_BAD_LINE, 200, 1, "He", "not JSON"},
	{"a huge line", {HEAD(200), FILL(9 << 20), HOLD}, 0, 0, 0, STATUS_BAD_LINE, 200, 0, "",
		"8 MiB"},
	{"wrong chunk framing", {HEAD(200), LINE(TOKEN), RAW("zz\r\nwhat\r\n"), HOLD}, 0, 0, 0,
		STATUS_TRUNCATED, 200, 1, "He", "hunk"},
	{"less than its length",
		{RAW("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" TOKEN "\n"), CLOSE}, 0, 0, 0,
		STATUS_TRUNCATED, 200, 1, "He", "closed"},
	{"not HTTP", {RAW("220 mail.example.org ESMTP\r\n"), CLOSE}, 0, 0, 0, STATUS_CONNECT_ERROR,
		0, -1, "", "HTTP/0.9"},
	{"the queue is full", {WHOLE(503, "{\"error\":\"server busy\"}")}, 0, 0, 0,
		STATUS_QUEUE_FULL, 503, -1, "", "server busy"},
	{"no such model", {WHOLE(404, "{\"error\":\"model 'm' not found\"}")}, 0, 0, 0,
		STATUS_MODEL_MISSING, 404, -1, "", "not found"},
	{"an error without a body", {RAW("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")}, 0,
		0, 0, STATUS_HTTP_ERROR, 403, -1, "", ""},
	{"a redirect is not followed",
		{RAW("HTTP/1.1 302 Found\r\nLocation: /api/version\r\n"
		     "Content-Length: 0\r\n\r\n")},
		0, 0, 0, STATUS_HTTP_ERROR, 302, -1, "", ""},
	{"silence from the start", {HOLD}, 40, 0, 0, STATUS_TIMEOUT_FIRST, 0, -1, "", ""},
	{"silence after the head", {HEAD(200), HOLD}, 40, 0, 0, STATUS_TIMEOUT_FIRST, 200, 0, "",
		""},
	{"silence in the stream", {HEAD(200), LINE(TOKEN), HOLD}, 0, 40, 0, STATUS_TIMEOUT_STALL,
		200, 1, "He", ""},
	{"the first limit does not stop a stream",
		{HEAD(200), LINE(TOKEN), WAIT(120), LINE(FINAL), LAST}, 80, 0, 0, STATUS_OK, 200, 1,
		"He", ""},
	{"the total limit does", {HEAD(200), LINE(TOKEN), WAIT(200), LINE(FINAL), LAST}, 0, 0, 40,
		STATUS_TIMEOUT_TOTAL, 200, 1, "He", ""},
};

static ns limit(int ms)
{
	return (ms ? ms : LONG_MS) * NS_PER_MS;
}

static void every_misbehaviour(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct misbehaviour *m = &cases[i];
		const struct scripted_route routes[] = {{PATH, m->steps}, {0}};
		struct exchanger f;

		exchanger_start(&f, routes);

		struct exchange_spec spec = exchanger_spec(f.url);

		spec.limits.first = limit(m->first_ms);
		spec.limits.stall = limit(m->stall_ms);
		spec.limits.total = limit(m->total_ms);
		exchanger_run(&f, &spec);
		if (f.sample.status != m->status || f.sample.http_status != m->http_status ||
			f.sample.chunks != m->chunks || strcmp(f.text, m->text) != 0 ||
			!strstr(f.sample.error, m->error))
			fail_msg("%s: %s %d \"%s\", %d chunks: \"%s\"", m->name,
				status_name(f.sample.status), f.sample.http_status, f.sample.error,
				(int)f.sample.chunks, f.text);
		exchanger_check_times(m->name, &f.sample);
		assert_int_equal(scripted_connections(f.server), 1);
		exchanger_stop(&f);
	}
}

static void nobody_listens(void **state)
{
	static const struct scripted_route none[] = {{0}};
	struct exchanger f;
	char url[80];

	(void)state;
	exchanger_start(&f, none);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d" PATH, scripted_dead_port());

	struct exchange_spec spec = exchanger_spec(url);

	exchanger_run(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_CONNECT_ERROR);
	assert_string_equal(f.sample.error, "Connection refused");
	assert_true(f.sample.sent == NS_NONE && f.sample.first_byte == NS_NONE);
	assert_true(f.sample.connect == NS_NONE);
	exchanger_stop(&f);
}

static void no_such_host(void **state)
{
	static const struct scripted_route none[] = {{0}};
	struct exchanger f;
	struct exchange_spec spec = exchanger_spec("http://no-such-host.invalid" PATH);

	(void)state;
	exchanger_start(&f, none);
	exchanger_run(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_CONNECT_ERROR);
	assert_contains(f.sample.error, "no-such-host.invalid");
	exchanger_stop(&f);
}

static void endless_head(void **state)
{
	struct scripted_step steps[2] = {{0}};
	struct scripted_route routes[] = {{PATH, steps}, {0}};
	struct str head = STR_INIT(STR_MAX_LINE);
	struct exchanger f;

	(void)state;
	str_add(&head, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 9500; i++)
		str_addf(&head, "X-Line-%d: one more of many\r\n", i);
	steps[0] = (struct scripted_step)RAW(head.s);
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);

	exchanger_run(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_TRUNCATED);
	assert_string_equal(f.sample.error, HTTP_HEAD_TOO_LONG);
	exchanger_stop(&f);
	str_release(&head);
}

static const struct scripted_step good[] = {HEAD(200), LINE(TOKEN), LINE(FINAL), LAST, {0}};

/* ---- cancelling ---- */

static void cancelled_at_once(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	struct exchanger f;

	(void)state;
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);
	struct exchange *x = exchanger_begin(&f, &spec);

	exchange_cancel(x);
	exchange_cancel(x);
	assert_int_equal(f.ended, 0);
	exchanger_wait(&f, 1);
	assert_int_equal(f.sample.status, STATUS_CANCELLED);
	assert_true(f.sample.sent == NS_NONE);
	exchanger_stop(&f);
}

static void on_cancel_time(uv_timer_t *timer)
{
	exchange_cancel(timer->data);
	uv_close((uv_handle_t *)timer, NULL);
}

static void cancelled_in_the_stream(void **state)
{
	static const struct scripted_step steps[] = {HEAD(200), LINE(TOKEN), HOLD};
	static const struct scripted_route routes[] = {{PATH, steps}, {0}};
	struct exchanger f;
	uv_timer_t timer;

	(void)state;
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);

	timer.data = exchanger_begin(&f, &spec);
	uv_timer_init(&f.loop, &timer);
	uv_timer_start(&timer, on_cancel_time, 60, 0);
	exchanger_wait(&f, 1);
	assert_int_equal(f.sample.status, STATUS_CANCELLED);
	assert_string_equal(f.text, "He");
	exchanger_stop(&f);
}

static void closing_ends_what_is_under_way(void **state)
{
	static const struct scripted_step steps[] = {HEAD(200), LINE(TOKEN), HOLD};
	static const struct scripted_route routes[] = {{PATH, steps}, {0}};
	struct exchanger f;
	struct exchange *x;

	(void)state;
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);

	exchanger_begin(&f, &spec);
	exchange_start(f.http, &spec, exchanger_done, &f, &x, NULL);
	http_close(f.http);
	assert_int_equal(f.ended, 0);
	assert_int_equal(exchange_start(f.http, &spec, exchanger_done, &f, &x, NULL), -1);
	exchanger_stop(&f);
	assert_int_equal(f.ended, 2);
	assert_int_equal(f.sample.status, STATUS_CANCELLED);
}

/* The loop's lateness is seen by what is in flight. */
static void hog(uv_timer_t *timer)
{
	ns until = clock_mono() + 20 * NS_PER_MS;

	while (clock_mono() < until)
		;
	uv_close((uv_handle_t *)timer, NULL);
}

static void a_late_loop_is_told(void **state)
{
	static const struct scripted_step steps[] = {
		HEAD(200), LINE(TOKEN), WAIT(60), LINE(FINAL), LAST, {0}};
	static const struct scripted_route routes[] = {{PATH, steps}, {0}};
	struct exchanger f;
	uv_timer_t timer;

	(void)state;
	exchanger_start(&f, routes);

	struct exchange_spec spec = exchanger_spec(f.url);

	exchanger_begin(&f, &spec);
	uv_timer_init(&f.loop, &timer);
	uv_timer_start(&timer, hog, 30, 0);
	exchanger_wait(&f, 1);
	assert_int_equal(f.sample.status, STATUS_OK);
	assert_true(f.sample.loop_lag_max >= 20 * NS_PER_MS);
	exchanger_stop(&f);
}

/* A loop that was late finds bytes waiting: they count, the limit that passed meanwhile does not.
 */
static void a_late_loop_is_no_silent_server(void **state)
{
	static const struct scripted_step steps[] = {
		WAIT(600), HEAD(200), LINE(TOKEN), LINE(FINAL), LAST, {0}};
	static const struct scripted_route routes[] = {{PATH, good}, {PATH, steps}, {0}};
	struct scripted_thread t;
	struct exchanger f;
	char url[80];

	(void)state;
	exchanger_start(&f, routes);
	scripted_thread_start(&t, routes);
	snprintf(url, sizeof(url), "%s" PATH, scripted_url(t.server));

	struct exchange_spec spec = exchanger_spec(url);

	/* Over a kept connection: curl's own timers of connecting would look at the socket, too. */
	exchanger_run(&f, &spec);
	spec.limits.first = 500 * NS_PER_MS;
	exchanger_begin(&f, &spec);
	while (scripted_asked(t.server) == 1)
		uv_run(&f.loop, UV_RUN_NOWAIT);
	while (scripted_answered(t.server) == 1)
		uv_sleep(1); /* and the loop stands still */
	exchanger_wait(&f, 1);
	assert_int_equal(f.sample.status, STATUS_OK);
	exchanger_stop(&f);
	scripted_thread_stop(&t);
	scripted_free(t.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_misbehaviour),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(no_such_host),
		cmocka_unit_test(endless_head),
		cmocka_unit_test(cancelled_at_once),
		cmocka_unit_test(cancelled_in_the_stream),
		cmocka_unit_test(closing_ends_what_is_under_way),
		cmocka_unit_test(a_late_loop_is_told),
		cmocka_unit_test(a_late_loop_is_no_silent_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
