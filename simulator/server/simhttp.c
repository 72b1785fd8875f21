/* simhttp.c - request parsing, and the head of a reply. */
#include "simhttp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "num.h"

void simhttp_init(struct simhttp *h)
{
	*h = (struct simhttp){
		.line = STR_INIT(SIMHTTP_MAX_HEAD), .body = STR_INIT(SIMHTTP_MAX_BODY)};
}

void simhttp_release(struct simhttp *h)
{
	str_release(&h->line);
	str_release(&h->body);
}

void simhttp_reset(struct simhttp *h)
{
	/* A large body's memory is given back, a usual one's is kept. */
	if (h->body.cap > SIMHTTP_MAX_HEAD)
		str_release(&h->body);
	str_reset(&h->body);
	str_reset(&h->line);
	*h = (struct simhttp){.line = h->line, .body = h->body};
}

static void bad(struct simhttp *h, int status)
{
	h->stage = SIMHTTP_BAD;
	h->status = status;
}

/* --- the head --- */

static const char token_chars[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
			return true;
	return false;
}

/* "POST /api/generate HTTP/1.1" */
static void request_line(struct simhttp *h, const char *s)
{
	size_t method = strspn(s, token_chars), path;
	const char *version;

	if (method == 0 || method >= sizeof(h->method) || s[method] != ' ' ||
		s[method + 1] != '/') {
		bad(h, 400);
		return;
	}
	memcpy(h->method, s, method);
	s += method + 1;
	path = strcspn(s, " \t");
	version = s + path;
	if (strncmp(version, " HTTP/", 6) != 0)
		bad(h, 400);
	else if (strcmp(version, " HTTP/1.1") != 0)
		bad(h, 505);
	else if (path >= sizeof(h->path))
		bad(h, 414);
	else {
		memcpy(h->path, s, path);
		h->stage = SIMHTTP_HEADERS;
	}
}

/* Digits only; a second one must say the same. */
static void content_length(struct simhttp *h, const char *value)
{
	int64_t n;

	if (strspn(value, "0123456789") != strlen(value) ||
		!num_parse_int(value, strlen(value), &n))
		bad(h, 400);
	else if (h->has_length && h->left != (uint64_t)n)
		bad(h, 400);
	else
		h->left = (uint64_t)n;
	h->has_length = true;
}

static bool lists(const char *value, const char *token)
{
	size_t len = strlen(token);

	while (*value) {
		size_t n = strcspn(value, ", \t");

		if (n == len && strncasecmp(value, token, len) == 0)
			return true;
		value += n;
		value += strspn(value, ", \t");
	}
	return false;
}

/* One that was cut would be another's: too long is as good as none.  The first one counts. */
static void request_id(struct simhttp *h, const char *value)
{
	size_t len = strlen(value);

	if (len < sizeof(h->request_id) && h->request_id[0] == '\0')
		memcpy(h->request_id, value, len + 1);
}

static void header(struct simhttp *h, char *s)
{
	size_t name = strspn(s, token_chars), end;
	char *value = s + name + 1;

	if (name == 0 || s[name] != ':') {
		bad(h, 400);
		return;
	}
	s[name] = '\0';
	value += strspn(value, " \t");
	for (end = strlen(value); end > 0 && strchr(" \t", value[end - 1]);)
		value[--end] = '\0';
	if (strcasecmp(s, "host") == 0) {
		h->has_host = true;
	} else if (strcasecmp(s, "content-length") == 0) {
		content_length(h, value);
	} else if (strcasecmp(s, "transfer-encoding") == 0) {
		if (h->chunked || strcasecmp(value, "chunked") != 0)
			bad(h, h->chunked ? 400 : 501);
		h->chunked = true;
	} else if (strcasecmp(s, "connection") == 0) {
		h->close = h->close || lists(value, "close");
	} else if (strcasecmp(s, "expect") == 0) {
		h->expects_continue = strcasecmp(value, "100-continue") == 0;
	} else if (strcasecmp(s, "x-request-id") == 0) {
		request_id(h, value);
	}
}

static void end_of_head(struct simhttp *h)
{
	h->head = 0;
	if (!h->has_host || (h->chunked && h->has_length))
		bad(h, 400);
	else if (h->left > SIMHTTP_MAX_BODY)
		bad(h, 413);
	else if (h->chunked)
		h->stage = SIMHTTP_CHUNK_SIZE;
	else
		h->stage = h->left > 0 ? SIMHTTP_BODY : SIMHTTP_DONE;
}

/* --- the body --- */

/* Hexadecimal, then perhaps an extension, which is ignored. */
static void chunk_size(struct simhttp *h, const char *s)
{
	uint64_t size = 0;
	size_t digits = strspn(s, "0123456789abcdefABCDEF");

	if (digits == 0 || (s[digits] && !strchr("; \t", s[digits]))) {
		bad(h, 400);
		return;
	}
	for (size_t i = 0; i < digits && size <= SIMHTTP_MAX_BODY; i++) {
		int c = s[i] | 0x20;

		size = size * 16 + (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	h->left = size;
	if (size > SIMHTTP_MAX_BODY - h->body.len)
		bad(h, 413);
	else
		h->stage = size > 0 ? SIMHTTP_CHUNK : SIMHTTP_TRAILER;
}

/* One line without its end. */
static void line(struct simhttp *h, char *s, size_t len)
{
	if (has_control(s, len)) {
		bad(h, 400);
		return;
	}
	switch (h->stage) {
	case SIMHTTP_REQUEST_LINE:
		if (len > 0) /* an empty line before a request is forgiven */
			request_line(h, s);
		break;
	case SIMHTTP_HEADERS:
		if (len > 0)
			header(h, s);
		else
			end_of_head(h);
		break;
	case SIMHTTP_CHUNK_SIZE:
		chunk_size(h, s);
		h->head = 0;
		break;
	case SIMHTTP_CHUNK_END:
		h->stage = SIMHTTP_CHUNK_SIZE;
		if (len > 0)
			bad(h, 400);
		break;
	default: /* the trailer */
		if (len == 0)
			h->stage = SIMHTTP_DONE;
	}
}

static size_t feed_line(struct simhttp *h, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\n', len);
	size_t taken = end ? (size_t)(end - bytes) + 1 : len;

	h->head += taken;
	if (h->head > SIMHTTP_MAX_HEAD) {
		bad(h, 431);
		return taken;
	}
	str_addn(&h->line, bytes, end ? taken - 1 : taken);
	if (!end)
		return taken;
	if (h->line.len > 0 && h->line.s[h->line.len - 1] == '\r')
		h->line.s[--h->line.len] = '\0';
	line(h, h->line.s, h->line.len);
	str_reset(&h->line);
	return taken;
}

static size_t feed_body(struct simhttp *h, const char *bytes, size_t len)
{
	size_t taken = len < h->left ? len : (size_t)h->left;

	str_addn(&h->body, bytes, taken);
	h->left -= taken;
	if (h->left == 0)
		h->stage = h->stage == SIMHTTP_BODY ? SIMHTTP_DONE : SIMHTTP_CHUNK_END;
	return taken;
}

size_t simhttp_feed(struct simhttp *h, const char *bytes, size_t len)
{
	size_t taken = 0;

	while (taken < len && h->stage != SIMHTTP_DONE && h->stage != SIMHTTP_BAD) {
		bool body = h->stage == SIMHTTP_BODY || h->stage == SIMHTTP_CHUNK;

		taken += body ? feed_body(h, bytes + taken, len - taken)
			      : feed_line(h, bytes + taken, len - taken);
	}
	return taken;
}

/* --- replies --- */

const char *simhttp_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {{200, "OK"}, {400, "Bad Request"}, {404, "Not Found"},
		{405, "Method Not Allowed"}, {413, "Request Entity Too Large"},
		{414, "Request URI Too Long"}, {431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"}, {501, "Not Implemented"},
		{503, "Service Unavailable"}, {505, "HTTP Version Not Supported"}};

	for (size_t i = 0; i < COUNTOF(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

char *simhttp_date(char *dst, int64_t wall_seconds)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)wall_seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(dst, 32, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday % 7],
		(unsigned)tm.tm_mday % 100, months[tm.tm_mon % 12],
		(unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
		(unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
	return dst;
}

void simhttp_add_head(struct str *out, const struct simhttp_head *h, int64_t wall_seconds)
{
	char date[32];

	str_addf(out, "HTTP/1.1 %d %s\r\n", h->status, simhttp_reason(h->status));
	if (h->allow)
		str_addf(out, "Allow: %s\r\n", h->allow);
	str_addf(
		out, "Content-Type: %s\r\nDate: %s\r\n", h->type, simhttp_date(date, wall_seconds));
	if (h->length)
		str_addf(out, "Content-Length: %zu\r\n", *h->length);
	if (h->close)
		str_add(out, "Connection: close\r\n");
	if (!h->length)
		str_add(out, "Transfer-Encoding: chunked\r\n");
	str_add(out, "\r\n");
}
