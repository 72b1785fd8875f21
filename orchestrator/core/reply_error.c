/* reply_error.c - what servers say about failures, and which kind of failure it is.
 *
 * Ollama: {"error":"text"}; newer versions put the JSON of the runner into that text.  OpenAI
 * style:
 * {"error":{"message":"text", ...}}.  Routes that do not exist: plain text. */
#include "reply_parts.h"

#include <stdio.h>
#include <string.h>

#include "jsonx.h"

static const char *const memory_texts[] = {"out of memory", "out of device memory", "out-of-memory",
	"cudaMalloc failed", "hipMalloc failed", "failed to allocate", "allocation failed",
	"not enough memory", "insufficient memory", "requires more system memory",
	"memory layout cannot be allocated", "unable to load full model on GPU", NULL};

static const char *const context_texts[] = {"exceeds the available context size",
	"input length exceeds the context length", "longer than the context length",
	"maximum context length", NULL};

static const char *const missing_texts[] = {"not found", "does not exist", NULL};

static bool says(const char *text, const char *const *candidates)
{
	for (; *candidates; candidates++) {
		if (strcasestr(text, *candidates))
			return true;
	}
	return false;
}

/* `json`: the text came in an error object, so it is the server's own and not a router's. */
static enum status classify(int http_status, bool json, const char *text)
{
	if (http_status >= 500 && says(text, memory_texts))
		return STATUS_OUT_OF_MEMORY;
	if (http_status == 503)
		return STATUS_QUEUE_FULL;
	if (http_status == 404 && json && strcasestr(text, "model") && says(text, missing_texts))
		return STATUS_MODEL_MISSING;
	if (http_status == 400 && says(text, context_texts))
		return STATUS_PROMPT_TRUNCATED;
	return STATUS_HTTP_ERROR;
}

/* Length of the character at s, 0 if the bytes there are not UTF-8 (RFC 3629). */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	size_t need = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4 || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates, and what is above U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return need;
}

void reply_copy_text(char *dst, size_t size, const char *src, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_len((const unsigned char *)src + i, len - i);
		size_t take = n ? n : 1;

		if (to + take >= size)
			break;
		if (n == 0)
			dst[to] = '?';
		else if (src[i] == '\0')
			dst[to] = ' ';
		else
			memcpy(dst + to, src + i, n);
		to += take;
		i += take;
	}
	dst[to] = '\0';
}

/* The text of an error value: a string or an object with a message.  NULL if it has none. */
static const json_t *error_text(const json_t *error)
{
	const json_t *message = json_is_object(error) ? json_object_get(error, "message") : error;

	return json_is_string(message) ? message : NULL;
}

/* Takes over the status and the text of an error value of either shape. */
static void take_error(
	struct reply *r, const json_t *error, enum status (*judge)(int, const char *))
{
	const json_t *text = error_text(error);
	json_t *inner = NULL;

	/* JSON inside the JSON: its message says it better. */
	if (text && json_string_value(text)[0] == '{') {
		const json_t *within;

		inner = jsonx_parse(json_string_value(text), json_string_length(text));
		within = error_text(json_object_get(inner, "error"));
		if (within)
			text = within;
	}
	r->sample.status = judge(r->sample.http_status, text ? json_string_value(text) : "");
	if (text)
		reply_copy_text(r->sample.error, sizeof(r->sample.error), json_string_value(text),
			json_string_length(text));
	json_decref(inner);
}

static enum status judge_line(int http_status, const char *text)
{
	(void)http_status; /* it was 200 */
	return says(text, memory_texts) ? STATUS_OUT_OF_MEMORY : STATUS_SERVER_ERROR;
}

static enum status judge_body(int http_status, const char *text)
{
	return classify(http_status, true, text);
}

void reply_error_line(struct reply *r, const json_t *error)
{
	r->failed = true;
	take_error(r, error, judge_line);
	if (!r->sample.error[0])
		snprintf(r->sample.error, sizeof(r->sample.error), "an error without a text");
}

void reply_error_body(struct reply *r, const char *body, size_t len)
{
	struct sample *s = &r->sample;
	json_t *object = jsonx_parse(body, len);
	const json_t *error = json_object_get(object, "error");

	while (len > 0 && strchr(" \t\r\n", body[len - 1]))
		len--;
	if (error && !json_is_null(error)) {
		take_error(r, error, judge_body);
	} else {
		reply_copy_text(s->error, sizeof(s->error), body, len);
		s->status = classify(s->http_status, false, s->error);
	}
	if (!s->error[0])
		snprintf(s->error, sizeof(s->error), "HTTP status %d", s->http_status);
	r->failed = true;
	json_decref(object);
}
