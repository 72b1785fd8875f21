/* test_exchange.c - one exchange against a server that misbehaves on cue, on the same loop. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "exchange.h"
#include "scripted.h"
#include "unit.h"

#define PATH   "/api/generate"
#define TOKEN  "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\"He\",\"done\":false}"
#define TOKEN2 "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\"llo\",\"done\":false}"
#define FINAL                                                                                      \
	"{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:01Z\",\"response\":\"\",\"done\":true,"        \
	"\"done_reason\":\"length\",\"total_duration\":900,\"load_duration\":100,"                         \
	"\"prompt_eval_count\":7,\"prompt_eval_duration\":200,\"eval_count\":2,\"eval_duration\":300}"
#define LONG_MS 60000

/* ---- a loop with a server and a client ---- */

struct fixture {
	uv_loop_t loop;
	struct http *http;
	struct scripted *server;
	char url[80];
	/* The last exchange. */
	int ended;
	struct sample sample; /* without its arrays */
	char text[64];
};

static void fixture_start(struct fixture *f, const struct scripted_route *routes)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->http = http_new(&f->loop, NULL);
	assert_non_null(f->http);
	f->server = scripted_start(&f->loop, routes);
	snprintf(f->url, sizeof(f->url), "%s" PATH, scripted_url(f->server));
}

/* Every handle must be closed and nothing left: a leak is a failure. */
static void fixture_stop(struct fixture *f)
{
	scripted_close(f->server);
	http_close(f->http);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	http_free(f->http);
	scripted_free(f->server);
}

static void on_done(void *arg, struct reply *reply)
{
	struct fixture *f = arg;

	f->ended++;
	f->sample = reply->sample;
	snprintf(f->text, sizeof(f->text), "%s", reply->sample.text.s);
}

static struct exchange_spec spec_for(const char *url)
{
	static const char body[] = "{\"model\":\"m\",\"prompt\":\"p\"}";

	return (struct exchange_spec){
		.url = url,
		.body = body,
		.body_len = sizeof(body) - 1,
		.request_id = "id-1",
		.num_ctx = -1,
		.prompt_bytes = 1,
		.due = clock_mono(),
		.limits = {.connect = LONG_MS * NS_PER_MS, .first = LONG_MS * NS_PER_MS,
			.stall = LONG_MS * NS_PER_MS, .total = 0},
	};
}

static struct exchange *begin(struct fixture *f, const struct exchange_spec *spec)
{
	struct exchange *x = NULL;

	f->ended = 0;
	assert_int_equal(exchange_start(f->http, spec, on_done, f, &x, NULL), 0);
	assert_int_equal(f->ended, 0); /* never from inside the call */
	return x;
}

static void wait_for_end(struct fixture *f, int ends)
{
	while (f->ended < ends)
		uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->ended, ends);
}

static void exchange(struct fixture *f, const struct exchange_spec *spec)
{
	begin(f, spec);
	wait_for_end(f, 1);
}

/* ---- every misbehaviour is a case ---- */

struct misbehaviour {
	const char *name;
	struct scripted_step steps[12];
	int first_ms, stall_ms, total_ms; /* 0: long */
	enum status status;
	int http_status;
	int64_t chunks;	   /* -1: none counted */
	const char *text;  /* the answer */
	const char *error; /* part of the message */
};

static const struct misbehaviour cases[] = {
	{"as it should be", {HEAD(200), LINE(TOKEN), LINE(TOKEN2), LINE(FINAL), LAST}, 0, 0, 0,
		STATUS_OK, 200, 2, "Hello", ""},
	{"split every byte", {SPLIT, HEAD(200), LINE(TOKEN), LINE(TOKEN2), LINE(FINAL), LAST}, 0, 0, 0,
		STATUS_OK, 200, 2, "Hello", ""},
	{"all lines in one chunk", {HEAD(200), LINE(TOKEN "\n" TOKEN2 "\n" FINAL), LAST}, 0, 0, 0,
		STATUS_OK, 200, 2, "Hello", ""},
	{"a head that comes late", {WAIT(30), HEAD(200), WAIT(30), LINE(TOKEN), LINE(FINAL), LAST}, 0, 0,
		0, STATUS_OK, 200, 1, "He", ""},
	{"an interim head first", {RAW("HTTP/1.1 100 Continue\r\n\r\n"), HEAD(200), LINE(TOKEN),
		LINE(FINAL), LAST}, 0, 0, 0, STATUS_OK, 200, 1, "He", ""},
	{"a trailer", {HEAD(200), LINE(TOKEN), LINE(FINAL), RAW("0\r\nX-Late: 1\r\n\r\n")}, 0, 0, 0,
		STATUS_OK, 200, 1, "He", ""},
	{"no framing, ended by close", {RAW("HTTP/1.1 200 OK\r\n\r\n" TOKEN "\n" FINAL "\n"), CLOSE}, 0, 0,
		0, STATUS_OK, 200, 1, "He", ""},
	{"final line, then silence", {HEAD(200), LINE(TOKEN), LINE(FINAL), HOLD}, 0, 40, 0, STATUS_OK,
		200, 1, "He", ""},
	{"final line, then reset", {HEAD(200), LINE(TOKEN), LINE(FINAL), WAIT(20), RESET}, 0, 0, 0,
		STATUS_OK, 200, 1, "He", ""},
	{"closed before a byte", {CLOSE}, 0, 0, 0, STATUS_CONNECT_ERROR, 0, -1, "", "Empty reply"},
	{"reset before a byte", {RESET}, 0, 0, 0, STATUS_CONNECT_ERROR, 0, -1, "", "reset by peer"},
	{"closed inside the head", {RAW("HTTP/1.1 200 OK\r\nContent-T"), CLOSE}, 0, 0, 0,
		STATUS_TRUNCATED, 0, -1, "", ""},
	{"closed after the head", {HEAD(200), CLOSE}, 0, 0, 0, STATUS_TRUNCATED, 200, 0, "", "closed"},
	{"closed in the stream", {HEAD(200), LINE(TOKEN), CLOSE}, 0, 0, 0, STATUS_TRUNCATED, 200, 1, "He",
		"closed"},
	{"reset in the stream", {HEAD(200), LINE(TOKEN), WAIT(20), RESET}, 0, 0, 0, STATUS_TRUNCATED, 200,
		1, "He", "reset by peer"},
	{"ends well without final", {HEAD(200), LINE(TOKEN), LAST}, 0, 0, 0, STATUS_TRUNCATED, 200, 1,
		"He", "without done"},
	{"half a line", {HEAD(200), LINE(TOKEN), RAW("f\r\n{\"model\":\"m\",\"r\r\n0\r\n\r\n")}, 0, 0, 0,
		STATUS_TRUNCATED, 200, 1, "He", ""},
	{"an error line", {HEAD(200), LINE(TOKEN), LINE("{\"error\":\"unexpected EOF\"}"), LAST}, 0, 0, 0,
		STATUS_SERVER_ERROR, 200, 1, "He", "unexpected EOF"},
	{"an error line and no end", {HEAD(200), LINE("{\"error\":\"unexpected EOF\"}"), HOLD}, 0, 0, 0,
		STATUS_SERVER_ERROR, 200, 0, "", "unexpected EOF"},
	{"a line that is not JSON", {HEAD(200), LINE(TOKEN), LINE("{\"response\":"), LAST}, 0, 0, 0,
		STATUS_BAD_LINE, 200, 1, "He", "not JSON"},
	{"a huge line", {HEAD(200), FILL(9 << 20), HOLD}, 0, 0, 0, STATUS_BAD_LINE, 200, 0, "", "8 MiB"},
	{"wrong chunk framing", {HEAD(200), LINE(TOKEN), RAW("zz\r\nwhat\r\n"), HOLD}, 0, 0, 0,
		STATUS_TRUNCATED, 200, 1, "He", "hunk"},
	{"less than its length", {RAW("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" TOKEN "\n"), CLOSE},
		0, 0, 0, STATUS_TRUNCATED, 200, 1, "He", "closed"},
	{"not HTTP", {RAW("220 mail.example.org ESMTP\r\n"), CLOSE}, 0, 0, 0, STATUS_CONNECT_ERROR, 0, -1,
		"", "HTTP/0.9"},
	{"the queue is full", {WHOLE(503, "{\"error\":\"server busy\"}")}, 0, 0, 0, STATUS_QUEUE_FULL, 503,
		-1, "", "server busy"},
	{"no such model", {WHOLE(404, "{\"error\":\"model 'm' not found\"}")}, 0, 0, 0,
		STATUS_MODEL_MISSING, 404, -1, "", "not found"},
	{"an error without a body", {RAW("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")}, 0, 0, 0,
		STATUS_HTTP_ERROR, 403, -1, "", ""},
	{"a redirect is not followed", {RAW("HTTP/1.1 302 Found\r\nLocation: /api/version\r\n"
		"Content-Length: 0\r\n\r\n")}, 0, 0, 0, STATUS_HTTP_ERROR, 302, -1, "", ""},
	{"silence from the start", {HOLD}, 40, 0, 0, STATUS_TIMEOUT_FIRST, 0, -1, "", ""},
	{"silence after the head", {HEAD(200), HOLD}, 40, 0, 0, STATUS_TIMEOUT_FIRST, 200, 0, "", ""},
	{"silence in the stream", {HEAD(200), LINE(TOKEN), HOLD}, 0, 40, 0, STATUS_TIMEOUT_STALL, 200, 1,
		"He", ""},
	{"the first limit does not stop a stream", {HEAD(200), LINE(TOKEN), WAIT(120), LINE(FINAL), LAST},
		80, 0, 0, STATUS_OK, 200, 1, "He", ""},
	{"the total limit does", {HEAD(200), LINE(TOKEN), WAIT(200), LINE(FINAL), LAST}, 0, 0, 40,
		STATUS_TIMEOUT_TOTAL, 200, 1, "He", ""},
};

static ns limit(int ms)
{
	return (ms ? ms : LONG_MS) * NS_PER_MS;
}

static void check_times(const char *name, const struct sample *s)
{
	bool ordered = s->sent >= s->due && s->sent_wall > 0 &&
		       (s->first_byte == NS_NONE || s->first_byte >= s->sent) &&
		       (s->first_content == NS_NONE || (s->first_content >= s->first_byte &&
							       s->last_content >= s->first_content)) &&
		       (s->done == NS_NONE || s->done >= s->sent);

	if (!ordered)
		fail_msg("%s: the times are out of order", name);
	assert_int_equal(s->stamps, STAMP_USER);
	assert_true(s->loop_lag_max >= 0);
	assert_int_equal(s->slept, 0);
}

static void every_misbehaviour(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct misbehaviour *m = &cases[i];
		const struct scripted_route routes[] = {{PATH, m->steps}, {0}};
		struct fixture f;

		fixture_start(&f, routes);

		struct exchange_spec spec = spec_for(f.url);

		spec.limits.first = limit(m->first_ms);
		spec.limits.stall = limit(m->stall_ms);
		spec.limits.total = limit(m->total_ms);
		exchange(&f, &spec);
		if (f.sample.status != m->status || f.sample.http_status != m->http_status ||
			f.sample.chunks != m->chunks || strcmp(f.text, m->text) ||
			!strstr(f.sample.error, m->error))
			fail_msg("%s: %s %d \"%s\", %d chunks: \"%s\"", m->name,
				status_name(f.sample.status), f.sample.http_status, f.sample.error,
				(int)f.sample.chunks, f.text);
		check_times(m->name, &f.sample);
		assert_int_equal(scripted_connections(f.server), 1);
		fixture_stop(&f);
	}
}

static void nobody_listens(void **state)
{
	static const struct scripted_route none[] = {{0}};
	struct fixture f;
	char url[80];

	(void)state;
	fixture_start(&f, none);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d" PATH, scripted_dead_port());

	struct exchange_spec spec = spec_for(url);

	exchange(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_CONNECT_ERROR);
	assert_string_equal(f.sample.error, "Connection refused");
	assert_true(f.sample.sent == NS_NONE && f.sample.first_byte == NS_NONE);
	assert_true(f.sample.connect == NS_NONE);
	fixture_stop(&f);
}

static void no_such_host(void **state)
{
	static const struct scripted_route none[] = {{0}};
	struct fixture f;
	struct exchange_spec spec = spec_for("http://no-such-host.invalid" PATH);

	(void)state;
	fixture_start(&f, none);
	exchange(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_CONNECT_ERROR);
	assert_contains(f.sample.error, "no-such-host.invalid");
	fixture_stop(&f);
}

static void endless_head(void **state)
{
	struct scripted_step steps[2] = {{0}};
	struct scripted_route routes[] = {{PATH, steps}, {0}};
	struct str head = STR_INIT(STR_MAX_LINE);
	struct fixture f;

	(void)state;
	str_add(&head, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 9500; i++)
		str_addf(&head, "X-Line-%d: one more of many\r\n", i);
	steps[0] = (struct scripted_step)RAW(head.s);
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);

	exchange(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_TRUNCATED);
	assert_string_equal(f.sample.error, HTTP_HEAD_TOO_LONG);
	fixture_stop(&f);
	str_release(&head);
}

/* ---- what is sent, and over which connection ---- */

static const struct scripted_step good[] = {HEAD(200), LINE(TOKEN), LINE(FINAL), LAST, {0}};

static void request_as_promised(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	const struct scripted_request *r;
	struct fixture f;

	(void)state;
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);

	spec.request_id = "0123456789abcdef-2";
	exchange(&f, &spec);
	assert_int_equal(scripted_requests(f.server, &r), 1);
	assert_contains(r->head, "POST /api/generate HTTP/1.1\r\n");
	assert_contains(r->head, "\r\nX-Request-Id: 0123456789abcdef-2\r\n");
	assert_contains(r->head, "\r\nContent-Type: application/json\r\n");
	assert_contains(r->head, "\r\nUser-Agent: chimera\r\n");
	assert_null(strstr(r->head, "Expect:"));
	assert_null(strstr(r->head, "Accept-Encoding:"));
	assert_int_equal(r->body_len, spec.body_len);
	assert_string_equal(r->body, spec.body);
	fixture_stop(&f);
}

static void large_body_is_sent_when_its_last_byte_is(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	const struct scripted_request *r;
	size_t len = (size_t)12 << 20;
	char *body = malloc(len);
	struct fixture f;

	(void)state;
	assert_non_null(body);
	memset(body, 'b', len);
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);

	spec.body = body;
	spec.body_len = len;
	exchange(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_OK);
	check_times("large body", &f.sample);
	assert_int_equal(scripted_requests(f.server, &r), 1);
	assert_int_equal(r->body_len, len);
	assert_null(strstr(r->head, "Expect:")); /* or the server would be asked first */
	fixture_stop(&f);
	free(body);
}

/* Opens `n` connections, as the loop does before a run. */
static void on_warm(void *arg, const struct http_answer *a)
{
	struct fixture *f = arg;

	assert_int_equal(a->status, 200);
	f->ended++;
}

static void warm(struct fixture *f, int n)
{
	char url[80];

	snprintf(url, sizeof(url), "%s/api/version", scripted_url(f->server));
	f->ended = 0;
	for (int i = 0; i < n; i++)
		assert_int_equal(http_call(f->http, url, NULL, NULL, 60, on_warm, f), 0);
	wait_for_end(f, n);
	assert_int_equal(scripted_connections(f->server), n);
}

static const struct scripted_step version[] = {WHOLE(200, "{\"version\":\"0.1\"}"), {0}};

static void warm_connections_are_kept(void **state)
{
	static const struct scripted_route routes[] = {{"/api/version", version}, {PATH, good}, {0}};
	struct fixture f;

	(void)state;
	fixture_start(&f, routes);
	warm(&f, 12);

	struct exchange_spec spec = spec_for(f.url);

	spec.warmed = true;
	for (int round = 0; round < 4; round++) {
		int n = round % 2 ? 12 : 1; /* one alone must not close the others */
		struct exchange *x;

		f.ended = 0;
		for (int i = 0; i < n; i++)
			assert_int_equal(exchange_start(f.http, &spec, on_done, &f, &x, NULL), 0);
		wait_for_end(&f, n);
		assert_int_equal(f.sample.status, STATUS_OK);
		assert_int_equal(f.sample.connect, 0);
		assert_int_equal(f.sample.new_connects, 0);
	}
	assert_int_equal(scripted_connections(f.server), 12);
	fixture_stop(&f);
}

/* libcurl asks to be called "at once"; the request goes out before the loop next waits, and not when
 * a timer of a millisecond has passed. */
static void a_request_is_sent_in_its_turn_of_the_loop(void **state)
{
	static const struct scripted_route routes[] = {{"/api/version", version}, {PATH, good}, {0}};
	struct fixture f;

	(void)state;
	fixture_start(&f, routes);
	warm(&f, 1);

	struct exchange_spec spec = spec_for(f.url);

	begin(&f, &spec);
	uv_run(&f.loop, UV_RUN_NOWAIT);
	assert_int_equal(scripted_asked(f.server), 2);
	wait_for_end(&f, 1);
	fixture_stop(&f);
}

/* What the kernel holds when the reset arrives is more than curl reads at once. */
static void what_came_before_a_reset_is_read(void **state)
{
	struct str lines = STR_INIT(STR_MAX_LINE);
	struct fixture f;

	(void)state;
	str_add(&lines, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 500; i++)
		str_add(&lines, TOKEN "\n");

	const struct scripted_step steps[] = {{SCRIPTED_RAW, 0, lines.s}, RESET};
	const struct scripted_route routes[] = {{"/api/version", version}, {PATH, steps}, {0}};

	fixture_start(&f, routes);
	warm(&f, 1); /* no timers of curl's own that would look */

	struct exchange_spec spec = spec_for(f.url);

	exchange(&f, &spec);
	assert_int_equal(f.sample.status, STATUS_TRUNCATED);
	assert_contains(f.sample.error, "reset by peer");
	assert_int_equal(f.sample.chunks, 500);
	fixture_stop(&f);
	str_release(&lines);
}

static void a_new_connection_is_told_only_after_warming(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};

	(void)state;
	for (int warmed = 0; warmed < 2; warmed++) {
		struct fixture f;

		fixture_start(&f, routes);

		struct exchange_spec spec = spec_for(f.url);

		spec.warmed = warmed;
		exchange(&f, &spec);
		assert_int_equal(f.sample.status, STATUS_OK);
		assert_true(f.sample.connect > 0);
		assert_int_equal(f.sample.new_connects, warmed);
		fixture_stop(&f);
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
		struct fixture f;

		fixture_start(&f, routes);
		warm(&f, kept);

		struct exchange_spec spec = spec_for(f.url);

		spec.warmed = kept == 2;
		exchange(&f, &spec);
		assert_int_equal(f.sample.status, STATUS_OK);
		assert_int_equal(f.sample.new_connects, 1);
		check_times("sent twice", &f.sample);
		assert_int_equal(scripted_requests(f.server, &r), (size_t)kept + 2);
		assert_int_equal(scripted_connections(f.server), 2);
		fixture_stop(&f);
	}
}

/* ---- proxies ---- */

static void the_environment_is_not_obeyed(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	char proxy[40];
	struct fixture f;

	(void)state;
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", scripted_dead_port());
	setenv("http_proxy", proxy, 1);
	setenv("all_proxy", proxy, 1);
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);

	exchange(&f, &spec);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_int_equal(f.sample.status, STATUS_OK);
	fixture_stop(&f);
}

static void a_proxy_given_is_used(void **state)
{
	static const struct scripted_route routes[] = {{"http://far.invalid" PATH, good}, {0}};
	struct fixture f;
	struct exchange_spec spec = spec_for("http://far.invalid" PATH);

	(void)state;
	setenv("no_proxy", "*", 1); /* it was asked when the proxy was chosen, not here */
	fixture_start(&f, routes);
	spec.proxy = scripted_url(f.server);
	exchange(&f, &spec);
	unsetenv("no_proxy");
	assert_int_equal(f.sample.status, STATUS_OK);
	fixture_stop(&f);
}

/* ---- cancelling ---- */

static void cancelled_at_once(void **state)
{
	static const struct scripted_route routes[] = {{PATH, good}, {0}};
	struct fixture f;

	(void)state;
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);
	struct exchange *x = begin(&f, &spec);

	exchange_cancel(x);
	exchange_cancel(x);
	assert_int_equal(f.ended, 0);
	wait_for_end(&f, 1);
	assert_int_equal(f.sample.status, STATUS_CANCELLED);
	assert_true(f.sample.sent == NS_NONE);
	fixture_stop(&f);
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
	struct fixture f;
	uv_timer_t timer;

	(void)state;
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);

	timer.data = begin(&f, &spec);
	uv_timer_init(&f.loop, &timer);
	uv_timer_start(&timer, on_cancel_time, 60, 0);
	wait_for_end(&f, 1);
	assert_int_equal(f.sample.status, STATUS_CANCELLED);
	assert_string_equal(f.text, "He");
	fixture_stop(&f);
}

static void closing_ends_what_is_under_way(void **state)
{
	static const struct scripted_step steps[] = {HEAD(200), LINE(TOKEN), HOLD};
	static const struct scripted_route routes[] = {{PATH, steps}, {0}};
	struct fixture f;
	struct exchange *x;

	(void)state;
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);

	begin(&f, &spec);
	exchange_start(f.http, &spec, on_done, &f, &x, NULL);
	http_close(f.http);
	assert_int_equal(f.ended, 0);
	assert_int_equal(exchange_start(f.http, &spec, on_done, &f, &x, NULL), -1);
	fixture_stop(&f);
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
	static const struct scripted_step steps[] = {HEAD(200), LINE(TOKEN), WAIT(60), LINE(FINAL), LAST,
		{0}};
	static const struct scripted_route routes[] = {{PATH, steps}, {0}};
	struct fixture f;
	uv_timer_t timer;

	(void)state;
	fixture_start(&f, routes);

	struct exchange_spec spec = spec_for(f.url);

	begin(&f, &spec);
	uv_timer_init(&f.loop, &timer);
	uv_timer_start(&timer, hog, 30, 0);
	wait_for_end(&f, 1);
	assert_int_equal(f.sample.status, STATUS_OK);
	assert_true(f.sample.loop_lag_max >= 20 * NS_PER_MS);
	fixture_stop(&f);
}

/* A loop that was late finds bytes waiting: they count, the limit that passed meanwhile does not. */
static void a_late_loop_is_no_silent_server(void **state)
{
	static const struct scripted_step steps[] = {WAIT(600), HEAD(200), LINE(TOKEN), LINE(FINAL), LAST,
		{0}};
	static const struct scripted_route routes[] = {{PATH, good}, {PATH, steps}, {0}};
	struct scripted_thread t;
	struct fixture f;
	char url[80];

	(void)state;
	fixture_start(&f, routes);
	scripted_thread_start(&t, routes);
	snprintf(url, sizeof(url), "%s" PATH, scripted_url(t.server));

	struct exchange_spec spec = spec_for(url);

	exchange(&f, &spec); /* a kept connection: curl's own timers of connecting would look, too */
	spec.limits.first = 500 * NS_PER_MS;
	begin(&f, &spec);
	while (scripted_asked(t.server) == 1)
		uv_run(&f.loop, UV_RUN_NOWAIT);
	while (scripted_answered(t.server) == 1)
		uv_sleep(1); /* and the loop stands still */
	wait_for_end(&f, 1);
	assert_int_equal(f.sample.status, STATUS_OK);
	fixture_stop(&f);
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
		cmocka_unit_test(request_as_promised),
		cmocka_unit_test(large_body_is_sent_when_its_last_byte_is),
		cmocka_unit_test(warm_connections_are_kept),
		cmocka_unit_test(a_request_is_sent_in_its_turn_of_the_loop),
		cmocka_unit_test(what_came_before_a_reset_is_read),
		cmocka_unit_test(a_new_connection_is_told_only_after_warming),
		cmocka_unit_test(a_request_sent_twice_is_told),
		cmocka_unit_test(the_environment_is_not_obeyed),
		cmocka_unit_test(a_proxy_given_is_used),
		cmocka_unit_test(cancelled_at_once),
		cmocka_unit_test(cancelled_in_the_stream),
		cmocka_unit_test(closing_ends_what_is_under_way),
		cmocka_unit_test(a_late_loop_is_told),
		cmocka_unit_test(a_late_loop_is_no_silent_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
