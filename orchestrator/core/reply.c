/* reply.c - bytes into lines, lines into a sample, and how the request ended. */
#include "reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jsonx.h"
#include "reply_parts.h"

/* More of an error body than this is not kept. */
#define MAX_ERROR_BODY ((size_t)64 << 10)

/* Bytes per token.  Prompts in the scripts and languages seen have 2.5 to 6.5 on average, so one
 * that was not cut hardly has 7.  Nothing but long runs of one character has 16. */
#define MANY_BYTES_PER_TOKEN       7
#define IMPOSSIBLE_BYTES_PER_TOKEN 16
#define MADE_TO_AT_LEAST           0.9 /* lengths are met better than that */

void reply_init(struct reply *r, enum reply_format format, int64_t num_ctx, size_t prompt_bytes)
{
	*r = (struct reply){
		.format = format,
		.num_ctx = num_ctx,
		.prompt_bytes = prompt_bytes,
		.line = STR_INIT(STR_MAX_LINE),
		.last_activity = NS_NONE,
	};
	sample_init(&r->sample);
}

void reply_release(struct reply *r)
{
	str_release(&r->line);
	sample_release(&r->sample);
}

void reply_status(struct reply *r, int http_status)
{
	reply_head(r, http_status, false);
}

void reply_head(struct reply *r, int http_status, bool chunked)
{
	r->chunked = chunked;
	r->dechunk = (struct dechunk){0};
	r->sample.http_status = http_status;
	r->is_error_body = http_status >= 300;
	/* From here on "no chunk" is a count and not an absence. */
	r->sample.chunks = r->is_error_body ? -1 : 0;
}

bool reply_has_content(const struct reply *r)
{
	return r->sample.chunks > 0;
}

static void bad_line(struct reply *r, const char *what, const char *line, size_t len)
{
	char start[100], quoted[100];

	r->failed = true;
	r->sample.status = STATUS_BAD_LINE;
	reply_copy_text(start, sizeof(start), line, len);
	snprintf(r->sample.error, sizeof(r->sample.error), "%s: %s", what,
		err_quote(quoted, sizeof(quoted), start));
}

static void too_long(struct reply *r)
{
	r->failed = true;
	r->sample.status = STATUS_BAD_LINE;
	snprintf(r->sample.error, sizeof(r->sample.error), "a line longer than 8 MiB");
}

static void take_object(struct reply *r, const json_t *object, bool event, const struct moment *m)
{
	const json_t *error = json_object_get(object, "error");

	if (error && !json_is_null(error))
		reply_error_line(r, error);
	else if (r->format == REPLY_OLLAMA)
		reply_ollama_object(r, object, m);
	else
		reply_openai_object(r, object, event, m);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes white space off both ends. */
static void trim(const char **s, size_t *len)
{
	while (*len > 0 && is_space((*s)[*len - 1]))
		(*len)--;
	for (; *len > 0 && is_space(**s); (*len)--)
		(*s)++;
}

/* "data:" taken off a server-sent event.  Other fields and comments become empty. */
static bool event_data(const char **s, size_t *len)
{
	const char *colon = memchr(*s, ':', *len);

	if (**s == '{' || !colon)
		return false;
	if (colon - *s == 4 && memcmp(*s, "data", 4) == 0) {
		*len -= 5;
		*s += 5;
		trim(s, len);
	} else {
		*len = 0;
	}
	return true;
}

/* One line, or with `cut` what stood behind the last newline when the transport broke: then only a
 * whole object means something. */
static void take_line(struct reply *r, const char *s, size_t len, bool cut, const struct moment *m)
{
	bool event = false;
	json_t *object;

	trim(&s, &len);
	if (len > 0 && r->format == REPLY_OPENAI)
		event = event_data(&s, &len);
	if (len == 0)
		return;
	if (r->format == REPLY_OLLAMA && reply_ollama_plain(r, s, len, m))
		return;
	if (event && len == 6 && memcmp(s, "[DONE]", 6) == 0) {
		r->done_seen = true;
		r->sample.done = m->at;
		return;
	}
	object = jsonx_parse(s, len);
	if (json_is_object(object))
		take_object(r, object, event, m);
	else if (!cut)
		bad_line(r, object ? "not a JSON object" : "not JSON", s, len);
	json_decref(object);
}

/* A line without its newline, or with m NULL the beginning of one. */
static void take_piece(struct reply *r, const char *s, size_t len, const struct moment *m)
{
	/* The usual read is whole lines: no copy. */
	if (m && r->line.len == 0 && len <= STR_MAX_LINE) {
		take_line(r, s, len, false, m);
		return;
	}
	str_addn(&r->line, s, len);
	if (r->line.overflowed) {
		too_long(r);
	} else if (m) {
		take_line(r, r->line.s, r->line.len, false, m);
		str_reset(&r->line);
	}
}

static void take_error_bytes(struct reply *r, const char *bytes, size_t len)
{
	size_t room = MAX_ERROR_BODY - r->line.len;

	str_addn(&r->line, bytes, len < room ? len : room);
	r->error_cut = len > room;
}

/* Body bytes that stand `from` bytes into what is left of the read. */
static void take_body(
	struct reply *r, const char *bytes, size_t len, size_t from, const struct arrivals *a)
{
	const char *p = bytes, *end = bytes + len;

	if (r->is_error_body) {
		take_error_bytes(r, bytes, len);
		return;
	}
	while (p < end && !r->failed && !r->done_seen) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct moment m;

		if (!newline) {
			r->rest = arrivals_of(a, from + len, r->sample.sent);
			take_piece(r, p, (size_t)(end - p), NULL);
			return;
		}
		m = arrivals_of(a, from + (size_t)(newline + 1 - bytes), r->sample.sent);
		take_piece(r, p, (size_t)(newline - p), &m);
		p = newline + 1;
	}
}

static void take_chunks(struct reply *r, const char *bytes, size_t len, const struct arrivals *a)
{
	size_t at = 0;

	while (at < len && !r->failed) {
		const char *data;
		size_t data_len;

		at += dechunk_next(&r->dechunk, bytes + at, len - at, &data, &data_len);
		if (data_len > 0)
			take_body(r, data, data_len, (size_t)(data - bytes), a);
	}
}

int reply_read(struct reply *r, const char *bytes, size_t len, struct arrivals *a)
{
	int64_t before = r->sample.chunks;

	if (r->failed)
		return -1;
	if (len == 0)
		return 0;
	if (r->sample.first_byte == NS_NONE)
		r->sample.first_byte = arrivals_of(a, 1, NS_NONE).at;
	r->last_activity = a->read_at;
	if (before < 0 && !r->is_error_body)
		r->sample.chunks = before = 0;
	if (r->chunked)
		take_chunks(r, bytes, len, a);
	else
		take_body(r, bytes, len, 0, a);
	a->taken += len;
	if (r->sample.chunks > before + 1)
		r->sample.multi_line_reads++;
	return r->failed || r->error_cut ? -1 : 0;
}

int reply_body(struct reply *r, const char *bytes, size_t len, ns at)
{
	struct arrivals a;

	arrivals_unknown(&a, at, 0);
	return reply_read(r, bytes, len, &a);
}

/* Whether the prompt was cut to fit the context.  No server says so (facts differ by version):
 *
 * 1. Ollama up to v0.24 keeps num_ctx tokens, so the count equals num_ctx.  A count above num_ctx
 * is no cut: the context is larger than we were told.
 * 2. From v0.30 on it keeps num_ctx - max((num_ctx - keep) / 2, 1), where keep is num_keep (4) and
 *    one more for a model that adds a first token.  A prompt that was not cut has that count by
 *    chance or on purpose (2,051 tokens at 4,096), but then it has no more than 7 bytes per token,
 *    whereas a cut one had at least twice the tokens that were counted.
 * 3. A prompt that does not fit at 7 bytes per token, but of which less than a sixteenth of its
 * bytes was counted, was cut by some other rule (whole chat messages, another num_ctx in effect).
 * 4. Where the prompt was made to a number of tokens that does not fit, fewer were counted for no
 * other reason (another num_keep).
 */
static bool prompt_was_cut(const struct reply *r)
{
	int64_t tokens = r->sample.prompt_tokens, num_ctx = r->num_ctx;
	int64_t bytes = (int64_t)r->prompt_bytes;

	if (num_ctx <= 0 || tokens <= 0)
		return false;
	if (tokens == num_ctx)
		return true;
	if (r->made_to >= num_ctx && (double)tokens < MADE_TO_AT_LEAST * (double)r->made_to)
		return true;
	for (int64_t keep = 4; keep <= 5; keep++) {
		int64_t discard = (num_ctx - keep) / 2 > 1 ? (num_ctx - keep) / 2 : 1;
		int64_t off = tokens - (num_ctx - discard);

		if (off >= -1 && off <= 1 && tokens < bytes / MANY_BYTES_PER_TOKEN)
			return true;
	}
	return num_ctx < bytes / MANY_BYTES_PER_TOKEN &&
		tokens < bytes / IMPOSSIBLE_BYTES_PER_TOKEN;
}

static void end_well(struct reply *r)
{
	struct sample *s = &r->sample;

	s->status = STATUS_OK;
	if (!prompt_was_cut(r))
		return;
	s->status = STATUS_PROMPT_TRUNCATED;
	snprintf(s->error, sizeof(s->error),
		"a prompt of %zu bytes was cut to %" PRId64 " tokens (num_ctx %" PRId64 ")",
		r->prompt_bytes, s->prompt_tokens, r->num_ctx);
}

/* The transport ended before the reply did. */
static void end_short(struct reply *r, enum reply_end how, const char *why)
{
	static const struct {
		enum status status;
		const char *text;
	} ends[] = {
		[REPLY_CLEAN] = {STATUS_TRUNCATED, "the reply ended without done"},
		[REPLY_RESET] = {STATUS_TRUNCATED, "the connection broke"},
		[REPLY_NO_CONNECTION] = {STATUS_CONNECT_ERROR, "no connection"},
		[REPLY_LIMIT_FIRST] = {STATUS_TIMEOUT_FIRST, "no content in time"},
		[REPLY_LIMIT_STALL] = {STATUS_TIMEOUT_STALL, "silence in the middle of the reply"},
		[REPLY_LIMIT_TOTAL] = {STATUS_TIMEOUT_TOTAL, "the reply took too long"},
		[REPLY_CANCEL] = {STATUS_CANCELLED, "cancelled"},
	};
	struct sample *s = &r->sample;
	bool silent = s->http_status == 0 && s->first_byte == NS_NONE;

	s->status = ends[how].status;
	if (s->status == STATUS_TRUNCATED && silent)
		s->status = STATUS_CONNECT_ERROR;
	if (!why || !*why)
		why = how == REPLY_CLEAN && silent ? "the connection closed without a reply"
						   : ends[how].text;
	reply_copy_text(s->error, sizeof(s->error), why, strlen(why));
}

/* What stands behind the last newline: a whole object (replies of one object have no newline), or
 * the beginning of one that was cut off, or something else. */
static void take_rest(struct reply *r, enum reply_end how)
{
	const char *s = r->line.s;
	size_t len = r->line.len;
	bool begins_well;

	trim(&s, &len);
	begins_well = len > 0 && (*s == '{' || (r->format == REPLY_OPENAI && *s == 'd'));
	take_line(r, s, len, how != REPLY_CLEAN || begins_well, &r->rest);
}

void reply_end(struct reply *r, enum reply_end how, const char *why, ns at)
{
	struct sample *s = &r->sample;

	if (r->is_error_body && !r->failed)
		reply_error_body(r, r->line.s, r->line.len);
	else if (!r->failed && !r->done_seen)
		take_rest(r, how);
	s->broken = how == REPLY_RESET && !r->done_seen;
	/* A failure seen in the bytes has set the status already. */
	if (!r->failed && r->done_seen)
		end_well(r);
	else if (!r->failed)
		end_short(r, how, why);
	if (s->done == NS_NONE && s->status != STATUS_CONNECT_ERROR)
		s->done = at;
	if (s->stamps == STAMP_VIRTUAL)
		s->user_stamped = 0;
	else
		s->stamps = s->first_by_kernel && s->last_by_kernel ? STAMP_KERNEL : STAMP_USER;
	sample_finish(s);
}
