/* test_simhttp.c - the simulated server's request parser: what is taken, what is refused and why.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "simhttp.h"

#define HOST "Host: a\r\n"
#define GET  "GET / HTTP/1.1\r\n" HOST

/* Feeds `bytes` in pieces of `piece`; returns how many were taken. */
static size_t feed(struct simhttp *h, const char *bytes, size_t len, size_t piece)
{
	size_t taken = 0;

	while (taken < len && h->stage < SIMHTTP_DONE) {
		size_t n = len - taken < piece ? len - taken : piece;

		taken += simhttp_feed(h, bytes + taken, n);
	}
	return taken;
}

static void test_requests(void **state)
{
	static const struct {
		const char *bytes, *method, *path, *body;
		bool close;
		size_t behind; /* bytes left for the next request */
	} cases[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", "GET", "/", "", false, 0},
		{"GET / HTTP/1.1\n"
		 "host:a\n"
		 "\n",
			"GET", "/", "", false, 0},
		{"\r\nGET /a?b=c HTTP/1.1\r\n" HOST "\r\nGET", "GET", "/a?b=c", "", false, 3},
		{"POST /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhelloPOST", "POST", "/x",
			"hello", false, 4},
		{"POST /x HTTP/1.1\r\n" HOST "content-length:  0 \r\n\r\n", "POST", "/x", "", false,
			0},
		{"POST /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nz",
			"POST", "/x", "z", false, 0},
		{"POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
		 "5\r\nhello\r\n0006;x=y\r\n world\r\n0\r\n\r\nG",
			"POST", "/x", "hello world", false, 1},
		{"POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
		 "A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n",
			"POST", "/x", "0123456789", false, 0},
		{"GET / HTTP/1.1\r\n" HOST "Connection: Keep-Alive, CLOSE\r\n\r\n", "GET", "/", "",
			true, 0},
		{"GET / HTTP/1.1\r\n" HOST "Connection: closed\r\nX-Y:\r\n\r\n", "GET", "/", "",
			false, 0},
		{"OPTIONS / HTTP/1.1\r\n" HOST "X: \t a\tb \t\r\n\r\n", "OPTIONS", "/", "", false,
			0},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		size_t len = strlen(cases[i].bytes);

		for (size_t piece = 1; piece <= len; piece++) {
			struct simhttp h;

			simhttp_init(&h);
			assert_int_equal(
				feed(&h, cases[i].bytes, len, piece), len - cases[i].behind);
			if (h.stage != SIMHTTP_DONE)
				fail_msg("case %zu, pieces of %zu: stage %d", i, piece, h.stage);
			assert_string_equal(h.method, cases[i].method);
			assert_string_equal(h.path, cases[i].path);
			assert_string_equal(h.body.s, cases[i].body);
			assert_int_equal(h.close, cases[i].close);
			simhttp_release(&h);
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *bytes;
		int status;
	} cases[] = {
		{"garbage\r\n", 400},
		{"GET /\r\n", 400},
		{"GET  / HTTP/1.1\r\n", 400},
		{"GET x HTTP/1.1\r\n", 400},
		{"GET http://a/ HTTP/1.1\r\n", 400},
		{"G(T / HTTP/1.1\r\n", 400},
		{"GETTTTTTTTTTTTTTTTTTTTTT / HTTP/1.1\r\n", 400},
		{"GET / a HTTP/1.1\r\n", 400},
		{"GET / HTTP/1.1 \r\n", 505},
		{"GET / HTTP/1.0\r\n", 505},
		{"GET / HTTP/2.0\r\n", 505},
		{"GET / FTP/1.1\r\n", 400},
		{"GET /\x01 HTTP/1.1\r\n", 400},
		{"GET / HTTP/1.1\r\n\r\n", 400}, /* no Host */
		{GET "Bad Name: x\r\n", 400},
		{GET "Name : x\r\n", 400},
		{GET ": x\r\n", 400},
		{GET "no colon\r\n", 400},
		{GET " folded\r\n", 400},
		{GET "X: a\x7f\r\n", 400},
		{GET "X: a\rb\r\n", 400},
		{GET "Content-Length: x\r\n", 400},
		{GET "Content-Length:\r\n", 400},
		{GET "Content-Length: -1\r\n", 400},
		{GET "Content-Length: +1\r\n", 400},
		{GET "Content-Length: 1,1\r\n", 400},
		{GET "Content-Length: 99999999999999999999\r\n", 400},
		{GET "Content-Length: 1\r\nContent-Length: 2\r\n", 400},
		{GET "Content-Length: 16777217\r\n\r\n", 413},
		{GET "Transfer-Encoding: gzip\r\n", 501},
		{GET "Transfer-Encoding: chunked, chunked\r\n", 501},
		{GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
		{GET "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
		{GET "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400},
		{GET "Transfer-Encoding: chunked\r\n\r\n\r\n", 400},
		{GET "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
		{GET "Transfer-Encoding: chunked\r\n\r\n5x\r\n", 400},
		{GET "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400},
		{GET "Transfer-Encoding: chunked\r\n\r\n1000001\r\n", 413},
		{GET "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 413},
		{GET "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1000000\r\n", 413},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		size_t len = strlen(cases[i].bytes);

		for (size_t piece = 1; piece <= len; piece++) {
			struct simhttp h;

			simhttp_init(&h);
			feed(&h, cases[i].bytes, len, piece);
			if (h.stage != SIMHTTP_BAD || h.status != cases[i].status)
				fail_msg("case %zu, pieces of %zu: stage %d, status %d", i, piece,
					h.stage, h.status);
			/* Nothing more is taken. */
			assert_int_equal(simhttp_feed(&h, "GET", 3), 0);
			simhttp_release(&h);
		}
	}
}

static void test_nul_is_refused(void **state)
{
	static const char bytes[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
	struct simhttp h;

	(void)state;
	simhttp_init(&h);
	feed(&h, bytes, sizeof(bytes) - 1, 7);
	assert_int_equal(h.stage, SIMHTTP_BAD);
	assert_int_equal(h.status, 400);
	simhttp_release(&h);
}

/* A head of exactly the limit is taken; one byte more is not.  The body does not count. */
static void test_head_limit(void **state)
{
	static const char start[] = GET "Transfer-Encoding: chunked\r\nX: ";

	(void)state;
	for (size_t over = 0; over <= 1; over++) {
		struct str s = STR_INIT(STR_MAX_LINE);
		struct simhttp h;

		str_add(&s, start);
		while (s.len < SIMHTTP_MAX_HEAD + over - 4)
			str_addc(&s, 'x');
		str_add(&s, "\r\n\r\n1\r\na\r\n0\r\n\r\n");
		simhttp_init(&h);
		feed(&h, s.s, s.len, 1000);
		assert_int_equal(h.stage, over ? SIMHTTP_BAD : SIMHTTP_DONE);
		assert_int_equal(h.status, over ? 431 : 0);
		simhttp_release(&h);
		str_release(&s);
	}
}

static void test_endless_line_and_trailer(void **state)
{
	static const char *const starts[] = {"", "GET / HTTP/1.1\r\n" HOST,
		GET "Transfer-Encoding: chunked\r\n\r\n0\r\n",
		GET "Transfer-Encoding: chunked\r\n\r\n1;"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(starts); i++) {
		struct simhttp h;
		size_t n = 0;

		simhttp_init(&h);
		feed(&h, starts[i], strlen(starts[i]), 10);
		while (h.stage != SIMHTTP_BAD && n < 2 * SIMHTTP_MAX_HEAD)
			n += simhttp_feed(&h, "xxxxxxxx", 8);
		assert_int_equal(h.status, 431);
		assert_in_range(n, 1, SIMHTTP_MAX_HEAD + 8);
		simhttp_release(&h);
	}
}

static void test_long_path(void **state)
{
	struct str s = STR_INIT(STR_MAX_LINE);
	struct simhttp h;

	(void)state;
	str_add(&s, "GET /");
	while (s.len < 4 + sizeof(h.path))
		str_addc(&s, 'p');
	str_add(&s, " HTTP/1.1\r\n");
	simhttp_init(&h);
	feed(&h, s.s, s.len, s.len);
	assert_int_equal(h.status, 414);
	simhttp_release(&h);
	str_release(&s);
}

static void test_reset(void **state)
{
	static const char one[] = "POST /a HTTP/1.1\r\n" HOST "Connection: close\r\n"
				  "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
	static const char two[] = "GET /b HTTP/1.1\r\n" HOST "\r\n";
	struct simhttp h;

	(void)state;
	simhttp_init(&h);
	feed(&h, one, strlen(one), strlen(one));
	assert_int_equal(h.stage, SIMHTTP_DONE);
	assert_true(h.close && h.expects_continue);
	simhttp_reset(&h);
	feed(&h, two, strlen(two), strlen(two));
	assert_int_equal(h.stage, SIMHTTP_DONE);
	assert_string_equal(h.path, "/b");
	assert_int_equal(h.body.len, 0);
	assert_false(h.close || h.expects_continue);
	simhttp_release(&h);
}

static void test_request_id(void **state)
{
	static const struct {
		const char *headers, *id;
	} cases[] = {
		{"", ""},
		{"X-Request-Id: ab12-1\r\n", "ab12-1"},
		{"x-request-ID:\t a, \"b\" \r\n", "a, \"b\""},
		{"X-Request-Id:\r\nX-Request-Id: second\r\n", "second"},
		{"X-Request-Id: first\r\nX-Request-Id: second\r\n", "first"},
		{"X-Request-Identity: x\r\nX-Request-I: x\r\n", ""},
	};
	struct simhttp h;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[200];

		simhttp_init(&h);
		snprintf(bytes, sizeof(bytes), GET "%s\r\n", cases[i].headers);
		feed(&h, bytes, strlen(bytes), 3);
		assert_int_equal(h.stage, SIMHTTP_DONE);
		assert_string_equal(h.request_id, cases[i].id);
		simhttp_reset(&h);
		assert_string_equal(h.request_id, "");
		simhttp_release(&h);
	}
}

/* One of 200 bytes is kept whole; a longer one is none, and the request is taken all the same. */
static void test_long_request_id(void **state)
{
	(void)state;
	for (size_t len = 199; len <= 201; len++) {
		struct str s = STR_INIT(STR_MAX_LINE);
		struct simhttp h;

		str_add(&s, GET "X-Request-Id: ");
		for (size_t i = 0; i < len; i++)
			str_addc(&s, 'i');
		str_add(&s, "\r\n\r\n");
		simhttp_init(&h);
		feed(&h, s.s, s.len, 50);
		assert_int_equal(h.stage, SIMHTTP_DONE);
		assert_int_equal(strlen(h.request_id), len <= 200 ? len : 0);
		simhttp_release(&h);
		str_release(&s);
	}
}

static void test_heads(void **state)
{
	static const size_t length = 7;
	static const struct {
		struct simhttp_head head;
		const char *text;
	} cases[] = {
		{{.status = 200, .type = "a/b"},
			"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nDate: Thu, 01 Jan 1970 00:00:00 "
			"GMT\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{{.status = 405, .type = "a/b", .allow = "GET", .close = true, .length = &length},
			"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Type: "
			"a/b\r\nDate: "
			"Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 7\r\nConnection: "
			"close\r\n\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str out = STR_INIT(STR_MAX_LINE);

		simhttp_add_head(&out, &cases[i].head, 0);
		assert_string_equal(out.s, cases[i].text);
		str_release(&out);
	}
}

static void test_date(void **state)
{
	char date[32];

	(void)state;
	assert_string_equal(simhttp_date(date, 1795486046), "Tue, 24 Nov 2026 02:07:26 GMT");
	assert_string_equal(simhttp_date(date, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul_is_refused),
		cmocka_unit_test(test_head_limit),
		cmocka_unit_test(test_endless_line_and_trailer),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_request_id),
		cmocka_unit_test(test_long_request_id),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
