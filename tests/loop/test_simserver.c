/* test_simserver.c - the simulated server over real sockets, with a small blocking client. */
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "simclient.h"
#include "simserver.h"
#include "simtest.h"

#define GENERATE(n)                                                                                \
	"{\"model\":\"gemma3:270m\",\"prompt\":\"hello\",\"options\":{\"num_predict\":" #n "}}"

/* --- replies --- */

/* The head as Go writes it, but for the date. */
static void assert_head(
	const struct client_reply *r, const char *before_date, const char *after_date)
{
	const char *date = strstr(r->bytes.s, "Date: ");

	assert_non_null(date);
	assert_int_equal((size_t)(date - r->bytes.s), strlen(before_date));
	assert_memory_equal(r->bytes.s, before_date, strlen(before_date));
	assert_string_equal(strchr(date, '\n') + 1, after_date);
}

static void test_heads(void **state)
{
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));
	struct client_reply r;

	(void)state;
	client_get(fd, "/api/version");
	r = client_read(fd);
	assert_head(&r, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n",
		"Content-Length: 25\r\n\r");
	assert_string_equal(r.body.s, "{\"version\":\"0.32.14-sim\"}");
	client_release(&r);
	client_get(fd, "/api/generate");
	r = client_read(fd);
	assert_head(&r,
		"HTTP/1.1 405 Method Not Allowed\r\nAllow: POST\r\nContent-Type: text/plain\r\n",
		"Content-Length: 22\r\n\r");
	client_release(&r);
	client_post(fd, "/api/generate", GENERATE(2));
	r = client_read(fd);
	assert_head(&r, "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n",
		"Transfer-Encoding: chunked\r\n\r");
	client_release(&r);
	client_send(fd, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 46);
	r = client_read(fd);
	assert_head(&r, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n",
		"Content-Length: 17\r\nConnection: close\r\n\r");
	assert_string_equal(r.body.s, "Ollama is running");
	client_assert_closed(fd);
	client_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_stream(void **state)
{
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));
	struct client_reply r;

	(void)state;
	client_post(fd, "/api/generate", GENERATE(50));
	r = client_read(fd);
	assert_int_equal(r.status, 200);
	assert_true(r.complete);
	assert_int_equal(client_lines(&r), 51);
	assert_int_equal(r.chunks, 51); /* one line each */
	assert_int_equal(
		strncmp(r.body.s, "{\"model\":\"gemma3:270m\",\"created_at\":\"20", 39), 0);
	assert_contains(r.body.s, "\"response\":\"\",\"done\":true,\"done_reason\":\"length\"");
	assert_string_equal(r.body.s + r.body.len - 2, "}\n");
	client_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_connection_is_kept(void **state)
{
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct client_reply r;

		client_post(fd, i % 2 ? "/api/chat" : "/api/generate", GENERATE(3));
		r = client_read(fd);
		assert_true(r.complete);
		assert_int_equal(client_lines(&r), i % 2 ? 0 : 4);
		if (i % 2) /* chat without messages: a load */
			assert_contains(r.body.s, "\"done_reason\":\"load\"}");
		client_release(&r);
		client_get(fd, "/api/ps");
		r = client_read(fd);
		assert_contains(r.body.s, "\"context_length\":4096");
		client_release(&r);
	}
	close(fd);
	simthread_stop(t);
}

/* Requests sent ahead are answered one after the other, in their order. */
static void test_requests_sent_ahead(void **state)
{
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));
	struct client_reply a, b, c;

	(void)state;
	client_post(fd, "/api/generate", GENERATE(20));
	client_get(fd, "/api/version");
	client_get(fd, "/nowhere");
	a = client_read(fd);
	b = client_read_after(fd, &a);
	c = client_read_after(fd, &b);
	assert_int_equal(client_lines(&a), 21);
	assert_contains(b.body.s, "version");
	assert_int_equal(c.status, 404);
	client_release(&a);
	client_release(&b);
	client_release(&c);
	close(fd);
	simthread_stop(t);
}

static void test_head_request_has_no_body(void **state)
{
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));
	struct client_reply r = CLIENT_REPLY_INIT;

	(void)state;
	client_send(fd, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 47);
	while (client_more(fd, &r))
		;
	assert_contains(r.bytes.s, "Content-Length: 17\r\n");
	assert_string_equal(r.bytes.s + r.bytes.len - 4, "\r\n\r\n");
	str_release(&r.bytes);
	close(fd);
	simthread_stop(t);
}

static void test_many_streams_at_once(void **state)
{
	enum { STREAMS = 64 };
	struct simthread *t = SIMTHREAD("num_parallel=64", "gpu_tok_s=2000");
	int fd[STREAMS];

	(void)state;
	for (size_t i = 0; i < STREAMS; i++) {
		fd[i] = client_dial(simthread_port(t));
		client_post(fd[i], "/api/generate", GENERATE(30));
	}
	for (size_t i = 0; i < STREAMS; i++) {
		struct client_reply r = client_read(fd[i]);

		assert_true(r.complete);
		assert_int_equal(client_lines(&r), 31);
		client_release(&r);
		close(fd[i]);
	}
	simthread_stop(t);
}

/* --- request bodies --- */

static void test_bodies(void **state)
{
	static const char chunked[] =
		"POST /api/generate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		"10\r\n{\"model\":\"gemma3\r\n30\r\n:270m\",\"prompt\":\"x\",\"options\":"
		"{\"num_predict\":2}}\r\n0\r\n\r\n";
	static const char expect[] =
		"POST /api/generate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		"Content-Length: 2\r\n\r\n";
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));
	struct client_reply r = CLIENT_REPLY_INIT;

	(void)state;
	for (size_t i = 0; i < strlen(chunked); i++)
		client_send(fd, chunked + i, 1);
	client_release(&r);
	r = client_read(fd);
	assert_int_equal(client_lines(&r), 3);
	client_release(&r);
	/* Asked for before it is sent. */
	client_send(fd, expect, strlen(expect));
	r.bytes = (struct str)STR_INIT(STR_MAX_LINE);
	assert_true(client_take(fd, &r, 0, 25));
	assert_string_equal(r.bytes.s, "HTTP/1.1 100 Continue\r\n\r\n");
	client_send(fd, "{}", 2);
	client_release(&r);
	r = client_read(fd);
	assert_string_equal(r.body.s, "{\"error\":\"model '' not found\"}");
	client_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_large_body(void **state)
{
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));
	struct str body = STR_INIT(STR_MAX_FILE);
	struct client_reply r;

	(void)state;
	str_add(&body, "{\"model\":\"gemma3:270m\",\"stream\":false,\"prompt\":\"");
	for (int i = 0; i < 1 << 20; i++)
		str_add(&body, "abcd");
	str_add(&body, "\",\"options\":{\"num_predict\":1,\"num_ctx\":4096}}");
	client_post(fd, "/api/generate", body.s);
	r = client_read(fd);
	assert_int_equal(r.status, 200);
	assert_contains(r.body.s, "\"prompt_eval_count\":2051,"); /* cut */
	client_release(&r);
	str_release(&body);
	close(fd);
	simthread_stop(t);
}

/* --- refusals --- */

static void test_bad_requests(void **state)
{
	static const struct {
		const char *bytes;
		int status;
	} cases[] = {
		{"nonsense\r\n\r\n", 400},
		{"GET / HTTP/1.0\r\n\r\n", 505},
		{"GET / HTTP/1.1\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777217\r\n\r\n", 413},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: br\r\n\r\n", 501},
		/* whatever was sent ahead is not answered */
		{"GET /\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	};
	struct simthread *t = SIMTHREAD("era=3");

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		int fd = client_dial(simthread_port(t));
		struct client_reply r;

		client_send(fd, cases[i].bytes, strlen(cases[i].bytes));
		r = client_read(fd);
		assert_int_equal(r.status, cases[i].status);
		assert_contains(r.bytes.s, "Connection: close\r\n");
		assert_true(r.complete);
		assert_int_equal(r.used, r.bytes.len);
		client_assert_closed(fd);
		client_release(&r);
		close(fd);
	}
	simthread_stop(t);
}

/* The reply reaches a client that goes on sending for a while. */
static void test_big_body_is_refused(void **state)
{
	struct simthread *t = SIMTHREAD("era=3");
	int fd = client_dial(simthread_port(t));
	struct str body = STR_INIT(STR_MAX_FILE);
	struct client_reply r;

	(void)state;
	while (body.len < (17 << 20))
		str_add(&body, "0123456789abcdef0123456789abcdef");
	client_post(fd, "/api/generate", body.s);
	r = client_read(fd);
	assert_int_equal(r.status, 413);
	assert_true(r.complete);
	client_release(&r);
	str_release(&body);
	close(fd);
	/* The others are served as before. */
	fd = client_dial(simthread_port(t));
	client_get(fd, "/api/version");
	r = client_read(fd);
	assert_int_equal(r.status, 200);
	client_release(&r);
	close(fd);
	simthread_stop(t);
}

/* --- the caller's loop --- */

static void test_on_the_callers_loop(void **state)
{
	struct err e = ERR_INIT;
	struct sim_config c;
	struct simserver_options o = {.config = &c, .seed = 1, .address = "127.0.0.1"};
	struct simserver *a;
	uv_loop_t loop;
	int fd;

	(void)state;
	sim_config_default(&c);
	assert_int_equal(uv_loop_init(&loop), 0);
	a = simserver_start(&loop, &o, &e);
	assert_non_null(a);
	assert_in_range(simserver_port(a), 1, 65535);
	/* The port is taken; an address that is none; a port that is none. */
	o.port = simserver_port(a);
	assert_null(simserver_start(&loop, &o, &e));
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "cannot listen on 127.0.0.1 port ");
	o.address = "nowhere.example";
	assert_null(simserver_start(&loop, &o, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.hint, "numeric");
	o.address = NULL;
	o.port = 65536;
	assert_null(simserver_start(&loop, &o, &e));
	assert_int_equal(e.code, ERR_USAGE);
	fd = client_dial(simserver_port(a));
	client_get(fd, "/api/version");
	uv_run(&loop, UV_RUN_ONCE);
	simserver_close(a);
	simserver_close(a); /* twice is fine */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(simserver_free(a, &e), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(fd);
}

static int ignore_sigpipe(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_connection_is_kept),
		cmocka_unit_test(test_requests_sent_ahead),
		cmocka_unit_test(test_head_request_has_no_body),
		cmocka_unit_test(test_many_streams_at_once),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_large_body),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_big_body_is_refused),
		cmocka_unit_test(test_on_the_callers_loop),
	};

	return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}
