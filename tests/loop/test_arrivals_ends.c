/* test_arrivals_ends.c - other framings than chunks of one line, and replies that break off: what
 * is dated, and what the end is called, though asking for times may be what meets it first. */
#include <string.h>

#include "unit.h"
#include "wired.h"

#define L TOKEN "\n"

static void add_silence(struct wired *w, int ms)
{
	segments_read(w->server);
	segments_pause(w->server, ms);
}

static void add_chunked(struct wired *w, const char *before, const char *line, const char *after)
{
	struct str all = STR_INIT(STR_MAX_LINE);

	str_add(&all, before);
	segments_chunk(&all, line);
	str_add(&all, after);
	segments_bytes(w->server, &all);
	str_release(&all);
}

static void check_end(const struct wired *w, enum status status, const char *error)
{
	bool told = error[0] ? strstr(w->sample.error, error) != NULL : w->sample.error[0] == '\0';

	if (w->sample.status != status || !told)
		fail_msg("%s: %s", status_name(w->sample.status), w->sample.error);
}

/* ---- framings ---- */

static void a_body_of_known_length(void **state)
{
	struct str head = STR_INIT(STR_MAX_LINE);
	struct wired w;

	(void)state;
	str_addf(&head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		4 * strlen(L) + strlen(FINAL "\n"));
	wired_begin(&w);
	segments_bytes(w.server, &head);
	add_silence(&w, 5);
	segments_text(w.server, L);
	add_silence(&w, 5);
	segments_text(w.server, L L);
	add_silence(&w, 5);
	segments_text(w.server, L);
	add_silence(&w, 1);
	segments_text(w.server, FINAL "\n");
	wired_run(&w);
	check_end(&w, STATUS_OK, "");
	wired_counts(&w, 4, 1, 0);
	wired_came_with(&w, 0, 1);
	wired_came_with(&w, 1, 2);
	wired_came_with(&w, 2, 2);
	wired_came_with(&w, 3, 3);
	assert_int_equal(w.sample.multi_line_reads, 1);
	assert_int_equal(w.sample.stamps, STAMP_KERNEL);
	wired_end(&w);
	str_release(&head);
}

/* Segments that wait together are told apart without chunks, too. */
static void a_late_client_without_chunks(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, "HTTP/1.0 200 OK\r\n\r\n");
	add_silence(&w, 1);
	segments_gate(w.server);
	for (int i = 0; i < 4; i++) {
		segments_text(w.server, L);
		segments_pause(w.server, 2);
	}
	segments_gate(w.server);
	add_silence(&w, 1);
	segments_text(w.server, FINAL "\n");
	segments_close(w.server);
	wired_run_late(&w);
	check_end(&w, STATUS_OK, "");
	wired_counts(&w, 4, sample_unresolved(&w.sample), 0);
	for (size_t i = 0; i < 4; i++)
		wired_came_before(&w, i, i + 1);
	wired_came_with(&w, 3, 4);
	wired_end(&w);
}

static void ended_by_close(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, "HTTP/1.0 200 OK\r\n\r\n");
	for (int i = 0; i < 3; i++) {
		add_silence(&w, 5);
		segments_text(w.server, L);
	}
	add_silence(&w, 1);
	segments_text(w.server, FINAL "\n");
	add_silence(&w, 1);
	segments_close(w.server);
	wired_run(&w);
	check_end(&w, STATUS_OK, "");
	wired_counts(&w, 3, 0, 0);
	for (size_t i = 0; i < 3; i++)
		wired_came_with(&w, i, i + 1);
	assert_int_equal(w.sample.late_max, 0);
	wired_end(&w);
}

static void head_and_chunk_in_one_segment(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_pause(w.server, 5);
	add_chunked(&w, SEGMENTS_HEAD, TOKEN, "");
	add_silence(&w, 5);
	add_chunked(&w, "", TOKEN, "");
	add_silence(&w, 5);
	add_chunked(&w, "", FINAL, "0\r\nX-Late: 1\r\n\r\n");
	wired_run(&w);
	check_end(&w, STATUS_OK, "");
	wired_counts(&w, 2, 0, 0);
	wired_came_with(&w, 0, 0);
	wired_came_with(&w, 1, 1);
	assert_true(w.sample.first_byte == w.sample.first_content);
	assert_int_equal(w.sample.late_max, 0);
	wired_end(&w);
}

static void extensions_and_an_early_last_chunk(void **state)
{
	struct str chunk = STR_INIT(STR_MAX_LINE);
	struct wired w;

	(void)state;
	str_addf(&chunk, "%zX;name=\"a;b\"\r\n" L "\r\n", strlen(L));
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	for (int i = 0; i < 3; i++) {
		add_silence(&w, 5);
		segments_bytes(w.server, &chunk);
	}
	add_silence(&w, 5);
	/* What ends the last of the content may come with it. */
	add_chunked(&w, "", TOKEN "\n" FINAL, "0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n");
	wired_run(&w);
	check_end(&w, STATUS_OK, "");
	wired_counts(&w, 4, 0, 0);
	for (size_t i = 0; i < 4; i++)
		wired_came_with(&w, i, i + 1);
	assert_int_equal(w.sample.multi_line_reads, 0);
	wired_end(&w);
	str_release(&chunk);
}

/* ---- replies that break off ---- */

#define RESET_TEXT "Connection reset by peer"

static void reset_in_the_stream(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 5);
	add_chunked(&w, "", TOKEN, "");
	add_silence(&w, 5);
	segments_reset(w.server);
	wired_run(&w);
	check_end(&w, STATUS_TRUNCATED, RESET_TEXT);
	wired_counts(&w, 1, 0, 0);
	wired_came_with(&w, 0, 1);
	assert_true(w.sample.broken);
	wired_end(&w);
}

/* What came before the reset is read, and dated. */
static void reset_while_the_client_is_late(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 1);
	segments_gate(w.server);
	for (int i = 0; i < 3; i++) {
		add_chunked(&w, "", TOKEN, "");
		segments_pause(w.server, 3);
	}
	segments_reset(w.server);
	wired_run_late(&w);
	check_end(&w, STATUS_TRUNCATED, RESET_TEXT);
	wired_counts(&w, 3, sample_unresolved(&w.sample), 0);
	for (size_t i = 0; i < 3; i++)
		wired_came_before(&w, i, i + 1);
	wired_came_with(&w, 2, 3);
	assert_true(w.sample.broken);
	wired_end(&w);
}

/* A kept connection that dies is replaced once by libcurl; then it is the end. */
static void reset_before_a_byte(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_reset(w.server);
	segments_request(w.server);
	segments_pause(w.server, 5);
	segments_reset(w.server);
	wired_run(&w);
	check_end(&w, STATUS_CONNECT_ERROR, RESET_TEXT);
	assert_true(w.sample.first_byte == NS_NONE && w.sample.done == NS_NONE);
	assert_int_equal(w.sample.chunks, -1);
	wired_end(&w);
}

static void a_kept_connection_is_replaced(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_pause(w.server, 5);
	segments_reset(w.server);
	segments_request(w.server);
	segments_text(w.server, SEGMENTS_HEAD);
	add_silence(&w, 5);
	add_chunked(&w, "", TOKEN, "");
	add_silence(&w, 5);
	add_chunked(&w, "", FINAL, SEGMENTS_LAST);
	wired_run(&w);
	check_end(&w, STATUS_OK, "");
	assert_int_equal(w.sample.chunks, 1);
	wired_came_before(&w, 0, 1);
	assert_true(w.sample.connect > 0);
	wired_end(&w);
}

/* The end of such a body is the end of the connection, if it ends well. */
static void reset_where_close_is_the_end(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, "HTTP/1.0 200 OK\r\n\r\n");
	add_silence(&w, 5);
	segments_text(w.server, L);
	add_silence(&w, 5);
	segments_reset(w.server);
	wired_run(&w);
	check_end(&w, STATUS_TRUNCATED, RESET_TEXT);
	wired_counts(&w, 1, 0, 0);
	assert_true(w.sample.broken);
	wired_end(&w);
}

static void closed_where_close_is_the_end(void **state)
{
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_text(w.server, "HTTP/1.0 200 OK\r\n\r\n");
	add_silence(&w, 5);
	segments_text(w.server, L);
	add_silence(&w, 5);
	segments_close(w.server);
	wired_run(&w);
	check_end(&w, STATUS_TRUNCATED, "the reply ended without done");
	wired_counts(&w, 1, 0, 0);
	assert_false(w.sample.broken);
	wired_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_of_known_length),
		cmocka_unit_test(a_late_client_without_chunks),
		cmocka_unit_test(ended_by_close),
		cmocka_unit_test(head_and_chunk_in_one_segment),
		cmocka_unit_test(extensions_and_an_early_last_chunk),
		cmocka_unit_test(reset_in_the_stream),
		cmocka_unit_test(reset_while_the_client_is_late),
		cmocka_unit_test(reset_before_a_byte),
		cmocka_unit_test(a_kept_connection_is_replaced),
		cmocka_unit_test(reset_where_close_is_the_end),
		cmocka_unit_test(closed_where_close_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
