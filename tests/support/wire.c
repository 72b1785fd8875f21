/* wire.c - a small HTTP/1.1 decoder for recorded exchanges. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "fsx.h"
#include "unit.h"

#define MAX_DATA ((size_t)16 << 20)

void wire_data(struct str *out, const char *name)
{
	const char *data = getenv("TEST_DATA");
	char *path = fsx_join(data ? data : "tests/data", name);
	struct err e = ERR_INIT;

	if (fsx_read(path, MAX_DATA, out, &e))
		fail_msg("%s", e.msg);
	free(path);
}

static void read_one(struct str *out, const char *server, const char *name, const char *suffix)
{
	char *path = xasprintf("wire/%s/%s.%s", server, name, suffix);

	*out = (struct str)STR_INIT(MAX_DATA);
	wire_data(out, path);
	free(path);
}

/* Length of the head, with the empty line that ends it. */
static size_t head_len(const struct str *raw)
{
	const char *end = memmem(raw->s, raw->len, "\r\n\r\n", 4);

	assert_non_null(end);
	return (size_t)(end - raw->s) + 4;
}

/* The value of a header in a head, or NULL. */
static const char *header_value(const char *head, size_t len, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = head; p < head + len;) {
		if (strncasecmp(p, name, n) == 0 && p[n] == ':')
			return p + n + 1 + strspn(p + n + 1, " ");
		p = memchr(p, '\n', (size_t)(head + len - p));
		p = p ? p + 1 : head + len;
	}
	return NULL;
}

/* Undoes chunked framing; arrived[i] becomes the raw bytes needed for body byte i. */
static void decode_chunks(struct wire *w, const struct str *raw, size_t at, size_t *arrived)
{
	for (;;) {
		char *end;
		size_t size = strtoul(raw->s + at, &end, 16);

		assert_memory_equal(end, "\r\n", 2);
		at = (size_t)(end - raw->s) + 2;
		assert_true(at + size + 2 <= raw->len);
		for (size_t i = 0; i < size; i++)
			arrived[w->body.len + i] = at + i + 1;
		str_addn(&w->body, raw->s + at, size);
		at += size;
		assert_memory_equal(raw->s + at, "\r\n", 2);
		at += 2;
		if (size == 0)
			break;
	}
	assert_int_equal(at, raw->len);
}

static void decode_response(struct wire *w, const struct str *raw, size_t *arrived)
{
	size_t head = head_len(raw);
	const char *coding = header_value(raw->s, head, "Transfer-Encoding");
	const char *length = header_value(raw->s, head, "Content-Length");
	const char *type = header_value(raw->s, head, "Content-Type");

	assert_int_equal(sscanf(raw->s, "HTTP/1.1 %d ", &w->http_status), 1);
	if (type)
		sscanf(type, "%63[^;\r]", w->content_type);
	if (coding && strncmp(coding, "chunked\r", 8) == 0) {
		decode_chunks(w, raw, head, arrived);
		return;
	}
	assert_non_null(length);
	assert_int_equal(strtoul(length, NULL, 10), raw->len - head);
	for (size_t i = head; i < raw->len; i++)
		arrived[i - head] = i + 1;
	str_addn(&w->body, raw->s + head, raw->len - head);
}

/* The reads of the body, in bytes of the body. */
static void decode_times(struct wire *w, char *text, size_t raw_len, const size_t *arrived)
{
	size_t body = 0, raw = 0, cap = 0;
	char *save, *line = strtok_r(text, "\n", &save);

	assert_string_equal(line, "us,bytes");
	while ((line = strtok_r(NULL, "\n", &save))) {
		long long us;

		assert_int_equal(sscanf(line, "%lld,%zu", &us, &raw), 2);
		while (body < w->body.len && arrived[body] <= raw)
			body++;
		if (w->nreads == cap) {
			cap = cap ? cap * 2 : 64;
			w->reads = xrealloc(w->reads, cap, sizeof(*w->reads));
		}
		w->reads[w->nreads++] = (struct wire_read){.at = us * NS_PER_US, .body = body};
	}
	assert_int_equal(raw, raw_len);
	assert_int_equal(body, w->body.len);
}

void wire_load(struct wire *w, const char *server, const char *name)
{
	struct str raw, times;
	size_t *arrived, head;

	memset(w, 0, sizeof(*w));
	w->body = w->request = (struct str)STR_INIT(MAX_DATA);
	read_one(&raw, server, name, "request");
	assert_int_equal(sscanf(raw.s, "%7s %63s", w->method, w->path), 2);
	head = head_len(&raw);
	str_addn(&w->request, raw.s + head, raw.len - head);
	str_release(&raw);

	read_one(&raw, server, name, "response");
	read_one(&times, server, name, "times");
	arrived = xcalloc(raw.len + 1, sizeof(*arrived));
	decode_response(w, &raw, arrived);
	decode_times(w, times.s, raw.len, arrived);
	free(arrived);
	str_release(&times);
	str_release(&raw);
}

void wire_release(struct wire *w)
{
	str_release(&w->request);
	str_release(&w->body);
	free(w->reads);
}

ns wire_arrival(const struct wire *w, size_t len)
{
	for (size_t i = 0; i < w->nreads; i++) {
		if (w->reads[i].body >= len)
			return w->reads[i].at;
	}
	fail_msg("the body has no %zu bytes", len);
	return NS_NONE;
}

size_t wire_each(
	const char *server, void (*fn)(const char *server, const char *name, int http_status))
{
	struct str index = STR_INIT(1 << 20);
	char *path = xasprintf("wire/%s/INDEX.csv", server);
	char *save, *line;
	size_t n = 0;

	wire_data(&index, path);
	line = strtok_r(index.s, "\n", &save);
	assert_string_equal(line, "name,request,status,what");
	while ((line = strtok_r(NULL, "\n", &save))) {
		char name[64];
		int http_status;

		assert_int_equal(
			sscanf(line, "\"%63[^\"]\",\"%*[^\"]\",\"HTTP/1.1 %d", name, &http_status),
			2);
		fn(server, name, http_status);
		n++;
	}
	free(path);
	str_release(&index);
	return n;
}
