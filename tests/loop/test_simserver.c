/* test_simserver.c - the simulated server over real sockets, with a small blocking client. */
#include "unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "simserver.h"

/* --- the client --- */

static struct simthread *start(const char *const *settings)
{
	struct err e = ERR_INIT;
	struct sim_config c;
	struct simthread *t;

	sim_config_default(&c);
	for (; *settings; settings++)
		if (sim_config_set(&c, *settings, &e))
			fail_msg("%s", e.msg);
	t = simthread_start(&c, 1, &e);
	if (!t)
		fail_msg("%s", e.msg);
	return t;
}

/* A machine that answers fast: the tests are about order, not about time. */
#define START(...)                                                                                 \
	start((const char *const[]){"load_ms=0", "resident_load_ms=0", "overhead_ms=0",            \
		"gpu_tok_s=20000", __VA_ARGS__, NULL})

/* Whoever would wait for ever fails after 30 s. */
static int dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval limit = {.tv_sec = 30};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* the reply will tell */
		bytes += n;
		len -= (size_t)n;
	}
}

/* A request with its body. */
static void post(int fd, const char *path, const char *body)
{
	struct str s = STR_INIT(STR_MAX_FILE);

	str_addf(&s, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", path,
		strlen(body), body);
	send_all(fd, s.s, s.len);
	str_release(&s);
}

static void get(int fd, const char *path)
{
	char s[200];

	snprintf(s, sizeof(s), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	send_all(fd, s, strlen(s));
}

/* What came for one request.  `bytes` may hold more than the reply. */
struct reply {
	struct str bytes;
	size_t head; /* its length */
	int status;
	struct str body;   /* framing undone */
	size_t chunks;	   /* of the framing */
	bool complete;	   /* its end was seen */
	size_t used;	   /* of bytes */
};

static bool more(int fd, struct reply *r)
{
	static char buffer[65536];
	ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

	if (n > 0)
		str_addn(&r->bytes, buffer, (size_t)n);
	return n > 0;
}

/* One line up to its line feed from `at` on; 0 at the end of what comes. */
static size_t line_end(int fd, struct reply *r, size_t at)
{
	const char *end;

	while (!(end = r->bytes.len > at ? memchr(r->bytes.s + at, '\n', r->bytes.len - at) : NULL))
		if (!more(fd, r))
			return 0;
	return (size_t)(end - r->bytes.s) + 1;
}

static bool take(int fd, struct reply *r, size_t at, size_t len)
{
	while (r->bytes.len < at + len)
		if (!more(fd, r))
			return false;
	return true;
}

static void read_chunks(int fd, struct reply *r)
{
	size_t at = r->head, data, size;

	while ((data = line_end(fd, r, at))) {
		size = strtoul(r->bytes.s + at, NULL, 16);
		if (!take(fd, r, data, size + 2))
			return;
		str_addn(&r->body, r->bytes.s + data, size);
		at = data + size + 2;
		if (size == 0) {
			r->complete = true;
			r->used = at;
			return;
		}
		r->chunks++;
	}
}

/* `left` are bytes that came with the reply before, or NULL. */
static struct reply read_reply_after(int fd, const struct reply *before)
{
	struct reply r = {.bytes = STR_INIT(STR_MAX_FILE), .body = STR_INIT(STR_MAX_FILE)};
	const char *length;
	size_t at = 0, end;

	if (before)
		str_addn(&r.bytes, before->bytes.s + before->used,
			before->bytes.len - before->used);
	while ((end = line_end(fd, &r, at)) > at + 2)
		at = end;
	if (end == 0)
		return r;
	r.head = end;
	r.status = atoi(r.bytes.s + strlen("HTTP/1.1 "));
	r.bytes.s[end - 1] = '\0'; /* ends the head for strstr */
	length = strstr(r.bytes.s, "Content-Length: ");
	if (!length) {
		read_chunks(fd, &r);
	} else {
		size_t n = (size_t)atol(length + strlen("Content-Length: "));

		r.complete = take(fd, &r, r.head, n);
		str_addn(&r.body, r.bytes.s + r.head, r.bytes.len - r.head < n ? r.bytes.len - r.head : n);
		r.used = r.head + n;
	}
	return r;
}

static struct reply read_reply(int fd)
{
	return read_reply_after(fd, NULL);
}

static void reply_release(struct reply *r)
{
	str_release(&r->bytes);
	str_release(&r->body);
}

/* The server has closed its side, and sent nothing before. */
static void assert_closed(int fd)
{
	char c;

	assert_true(recv(fd, &c, 1, 0) <= 0);
}

static size_t lines_of(const struct reply *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->body.len; i++)
		n += r->body.s[i] == '\n';
	return n;
}

#define GENERATE(n)                                                                                \
	"{\"model\":\"gemma3:270m\",\"prompt\":\"hello\",\"options\":{\"num_predict\":" #n "}}"

/* --- replies --- */

/* The head as Go writes it, but for the date. */
static void assert_head(const struct reply *r, const char *before_date, const char *after_date)
{
	const char *date = strstr(r->bytes.s, "Date: ");

	assert_non_null(date);
	assert_int_equal((size_t)(date - r->bytes.s), strlen(before_date));
	assert_memory_equal(r->bytes.s, before_date, strlen(before_date));
	assert_string_equal(strchr(date, '\n') + 1, after_date);
}

static void test_heads(void **state)
{
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));
	struct reply r;

	(void)state;
	get(fd, "/api/version");
	r = read_reply(fd);
	assert_head(&r, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n",
		"Content-Length: 25\r\n\r");
	assert_string_equal(r.body.s, "{\"version\":\"0.32.14-sim\"}");
	reply_release(&r);
	get(fd, "/api/generate");
	r = read_reply(fd);
	assert_head(&r,
		"HTTP/1.1 405 Method Not Allowed\r\nAllow: POST\r\nContent-Type: text/plain\r\n",
		"Content-Length: 22\r\n\r");
	reply_release(&r);
	post(fd, "/api/generate", GENERATE(2));
	r = read_reply(fd);
	assert_head(&r, "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n",
		"Transfer-Encoding: chunked\r\n\r");
	reply_release(&r);
	send_all(fd, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 46);
	r = read_reply(fd);
	assert_head(&r, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n",
		"Content-Length: 17\r\nConnection: close\r\n\r");
	assert_string_equal(r.body.s, "Ollama is running");
	assert_closed(fd);
	reply_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_stream(void **state)
{
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));
	struct reply r;

	(void)state;
	post(fd, "/api/generate", GENERATE(50));
	r = read_reply(fd);
	assert_int_equal(r.status, 200);
	assert_true(r.complete);
	assert_int_equal(lines_of(&r), 51);
	assert_int_equal(r.chunks, 51); /* one line each */
	assert_int_equal(strncmp(r.body.s, "{\"model\":\"gemma3:270m\",\"created_at\":\"20", 39), 0);
	assert_contains(r.body.s, "\"response\":\"\",\"done\":true,\"done_reason\":\"length\"");
	assert_string_equal(r.body.s + r.body.len - 2, "}\n");
	reply_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_connection_is_kept(void **state)
{
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct reply r;

		post(fd, i % 2 ? "/api/chat" : "/api/generate", GENERATE(3));
		r = read_reply(fd);
		assert_true(r.complete);
		assert_int_equal(lines_of(&r), i % 2 ? 1 : 4); /* chat without messages: a load */
		reply_release(&r);
		get(fd, "/api/ps");
		r = read_reply(fd);
		assert_contains(r.body.s, "\"context_length\":4096");
		reply_release(&r);
	}
	close(fd);
	simthread_stop(t);
}

/* Requests sent ahead are answered one after the other, in their order. */
static void test_requests_sent_ahead(void **state)
{
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));
	struct reply a, b, c;

	(void)state;
	post(fd, "/api/generate", GENERATE(20));
	get(fd, "/api/version");
	get(fd, "/nowhere");
	a = read_reply(fd);
	b = read_reply_after(fd, &a);
	c = read_reply_after(fd, &b);
	assert_int_equal(lines_of(&a), 21);
	assert_contains(b.body.s, "version");
	assert_int_equal(c.status, 404);
	reply_release(&a);
	reply_release(&b);
	reply_release(&c);
	close(fd);
	simthread_stop(t);
}

static void test_head_request_has_no_body(void **state)
{
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));
	struct reply r = {.bytes = STR_INIT(STR_MAX_LINE)};

	(void)state;
	send_all(fd, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 47);
	while (more(fd, &r))
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
	struct simthread *t = START("num_parallel=64", "gpu_tok_s=2000");
	int fd[STREAMS];

	(void)state;
	for (size_t i = 0; i < STREAMS; i++) {
		fd[i] = dial(simthread_port(t));
		post(fd[i], "/api/generate", GENERATE(30));
	}
	for (size_t i = 0; i < STREAMS; i++) {
		struct reply r = read_reply(fd[i]);

		assert_true(r.complete);
		assert_int_equal(lines_of(&r), 31);
		reply_release(&r);
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
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));
	struct reply r = {.bytes = STR_INIT(STR_MAX_LINE)};

	(void)state;
	for (size_t i = 0; i < strlen(chunked); i++)
		send_all(fd, chunked + i, 1);
	reply_release(&r);
	r = read_reply(fd);
	assert_int_equal(lines_of(&r), 3);
	reply_release(&r);
	/* Asked for before it is sent. */
	send_all(fd, expect, strlen(expect));
	r.bytes = (struct str)STR_INIT(STR_MAX_LINE);
	assert_true(take(fd, &r, 0, 25));
	assert_string_equal(r.bytes.s, "HTTP/1.1 100 Continue\r\n\r\n");
	send_all(fd, "{}", 2);
	reply_release(&r);
	r = read_reply(fd);
	assert_string_equal(r.body.s, "{\"error\":\"model '' not found\"}");
	reply_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_large_body(void **state)
{
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));
	struct str body = STR_INIT(STR_MAX_FILE);
	struct reply r;

	(void)state;
	str_add(&body, "{\"model\":\"gemma3:270m\",\"stream\":false,\"prompt\":\"");
	for (int i = 0; i < 1 << 20; i++)
		str_add(&body, "abcd");
	str_add(&body, "\",\"options\":{\"num_predict\":1,\"num_ctx\":4096}}");
	post(fd, "/api/generate", body.s);
	r = read_reply(fd);
	assert_int_equal(r.status, 200);
	assert_contains(r.body.s, "\"prompt_eval_count\":2051,"); /* cut */
	reply_release(&r);
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
	struct simthread *t = START("era=3");

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		int fd = dial(simthread_port(t));
		struct reply r;

		send_all(fd, cases[i].bytes, strlen(cases[i].bytes));
		r = read_reply(fd);
		assert_int_equal(r.status, cases[i].status);
		assert_contains(r.bytes.s, "Connection: close\r\n");
		assert_true(r.complete);
		assert_int_equal(r.used, r.bytes.len);
		assert_closed(fd);
		reply_release(&r);
		close(fd);
	}
	simthread_stop(t);
}

/* The reply reaches a client that goes on sending for a while. */
static void test_big_body_is_refused(void **state)
{
	struct simthread *t = START("era=3");
	int fd = dial(simthread_port(t));
	struct str body = STR_INIT(STR_MAX_FILE);
	struct reply r;

	(void)state;
	while (body.len < (17 << 20))
		str_add(&body, "0123456789abcdef0123456789abcdef");
	post(fd, "/api/generate", body.s);
	r = read_reply(fd);
	assert_int_equal(r.status, 413);
	assert_true(r.complete);
	reply_release(&r);
	str_release(&body);
	close(fd);
	/* The others are served as before. */
	fd = dial(simthread_port(t));
	get(fd, "/api/version");
	r = read_reply(fd);
	assert_int_equal(r.status, 200);
	reply_release(&r);
	close(fd);
	simthread_stop(t);
}

/* --- clients that leave --- */

/* One slot, and an answer that would hold it for an hour and more. */
static void test_client_leaves_midstream(void **state)
{
	struct simthread *t = START("decode_speed=0.001");
	int fd = dial(simthread_port(t));
	struct reply r = {.bytes = STR_INIT(STR_MAX_LINE)};

	(void)state;
	post(fd, "/api/generate", GENERATE(100000));
	while (!strstr(r.bytes.s, "\"done\":false"))
		assert_true(more(fd, &r));
	str_release(&r.bytes);
	close(fd);
	fd = dial(simthread_port(t));
	post(fd, "/api/generate", GENERATE(1));
	r = read_reply(fd);
	assert_true(r.complete);
	assert_int_equal(lines_of(&r), 2);
	reply_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_client_leaves_early(void **state)
{
	static const char *const beginnings[] = {"", "GET", "POST / HTTP/1.1\r\nHost: x\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
		"POST /api/generate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"};
	struct simthread *t = START("era=3");
	struct reply r;
	int fd;

	(void)state;
	for (size_t i = 0; i < 20 * COUNTOF(beginnings); i++) {
		const char *s = beginnings[i % COUNTOF(beginnings)];
		struct linger reset = {.l_onoff = 1};

		fd = dial(simthread_port(t));
		send_all(fd, s, strlen(s));
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	fd = dial(simthread_port(t));
	get(fd, "/");
	r = read_reply(fd);
	assert_int_equal(r.status, 200);
	reply_release(&r);
	close(fd);
	simthread_stop(t);
}

/* A client that asks for much and reads nothing loses its stream, not our memory. */
static void test_client_that_does_not_read(void **state)
{
	struct simthread *t = START("num_parallel=2", "gpu_tok_s=100000");
	int idle = dial(simthread_port(t)), fd = dial(simthread_port(t)), small = 4096;
	struct reply r;

	(void)state;
	setsockopt(idle, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	post(idle, "/api/generate",
		"{\"model\":\"gemma3:270m\",\"prompt\":\"x\",\"options\":{\"num_ctx\":32768,"
		"\"num_predict\":300000,\"num_keep\":0}}");
	/* As long, later and slower, and read: by its end the other has been dropped. */
	post(fd, "/api/generate",
		"{\"model\":\"gemma3:270m\",\"prompt\":\"x\",\"options\":{\"num_ctx\":32768,"
		"\"num_predict\":300000,\"num_keep\":0}}");
	r = read_reply(fd);
	assert_true(r.complete);
	reply_release(&r);
	r = read_reply(idle);
	assert_false(r.complete);
	assert_null(strstr(r.body.s, "\"done\":true"));
	reply_release(&r);
	close(fd);
	close(idle);
	simthread_stop(t);
}

/* --- faults --- */

static void test_endings(void **state)
{
	static const struct {
		const char *setting;
		bool complete; /* the framing is */
		const char *last;
	} cases[] = {
		{"fail_midstream=1", true,
			"{\"error\":\"an error was encountered while running the model: unexpected "
			"EOF\"}\n"},
		{"fail_truncated=1", true, "\"done\":false}\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct simthread *t = START(cases[i].setting);
		int fd = dial(simthread_port(t));
		struct reply r;

		post(fd, "/api/generate", GENERATE(20));
		r = read_reply(fd);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.complete, cases[i].complete);
		assert_null(strstr(r.body.s, "\"done\":true"));
		assert_true(r.body.len > strlen(cases[i].last));
		assert_string_equal(r.body.s + r.body.len - strlen(cases[i].last), cases[i].last);
		reply_release(&r);
		close(fd);
		simthread_stop(t);
	}
}

static void test_refused(void **state)
{
	struct simthread *t = START("fail_connect=1");
	int fd = dial(simthread_port(t));

	(void)state;
	post(fd, "/api/generate", GENERATE(20));
	assert_closed(fd);
	close(fd);
	simthread_stop(t);
}

/* Silence until the server goes: the stop does not wait for streams that never end. */
static void test_stall(void **state)
{
	struct simthread *t = START("fail_stall=1");
	int fd = dial(simthread_port(t));
	struct reply r = {.bytes = STR_INIT(STR_MAX_LINE)};

	(void)state;
	post(fd, "/api/generate", GENERATE(20));
	while (!strstr(r.bytes.s, "\"done\":false"))
		assert_true(more(fd, &r));
	simthread_stop(t);
	while (more(fd, &r))
		;
	assert_null(strstr(r.bytes.s, "\"done\":true"));
	assert_null(strstr(r.bytes.s, "\r\n0\r\n"));
	str_release(&r.bytes);
	close(fd);
}

static void test_stop_with_open_streams(void **state)
{
	struct simthread *t = START("decode_speed=0.001", "num_parallel=8");
	int fd[16];

	(void)state;
	for (size_t i = 0; i < COUNTOF(fd); i++) {
		fd[i] = dial(simthread_port(t));
		if (i % 4)
			post(fd[i], "/api/generate", GENERATE(1000));
	}
	simthread_stop(t);
	for (size_t i = 0; i < COUNTOF(fd); i++)
		close(fd[i]);
	simthread_stop(NULL);
}

/* --- the caller's loop --- */

static void test_on_the_callers_loop(void **state)
{
	struct err e = ERR_INIT;
	struct sim_config c;
	struct simserver *a, *b;
	uv_loop_t loop;
	int fd;

	(void)state;
	sim_config_default(&c);
	assert_int_equal(uv_loop_init(&loop), 0);
	a = simserver_start(&loop, "127.0.0.1", 0, &c, 1, &e);
	assert_non_null(a);
	assert_in_range(simserver_port(a), 1, 65535);
	/* The port is taken; an address that is none; a port that is none. */
	b = simserver_start(&loop, "127.0.0.1", simserver_port(a), &c, 1, &e);
	assert_null(b);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "cannot listen on 127.0.0.1 port ");
	assert_null(simserver_start(&loop, "nowhere.example", 0, &c, 1, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.hint, "numeric");
	assert_null(simserver_start(&loop, NULL, 65536, &c, 1, &e));
	assert_int_equal(e.code, ERR_USAGE);
	fd = dial(simserver_port(a));
	get(fd, "/api/version");
	uv_run(&loop, UV_RUN_ONCE);
	simserver_close(a);
	simserver_close(a); /* twice is fine */
	uv_run(&loop, UV_RUN_DEFAULT);
	simserver_free(a);
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
		cmocka_unit_test(test_client_leaves_midstream),
		cmocka_unit_test(test_client_leaves_early),
		cmocka_unit_test(test_client_that_does_not_read),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_stop_with_open_streams),
		cmocka_unit_test(test_on_the_callers_loop),
	};

	return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}
