/* reply_ollama.c - the lines of /api/generate and /api/chat.
 *
 * A token:  {"model":"m","created_at":"...","response":" word","done":false}
 * The end:  {...,"response":"","done":true,"done_reason":"length","total_duration":...}, also
 * alone, without a newline, for loads, unloads and stream:false. */
#include "reply_parts.h"

#include <math.h>
#include <string.h>

#define MAX_COUNT    1000000000000
#define MAX_DURATION (30 * 86400 * NS_PER_S)

/* A positive number of at most `max`, or -1. */
static int64_t positive(const json_t *value, int64_t max)
{
	int64_t x = -1;

	if (json_is_integer(value))
		x = json_integer_value(value);
	else if (json_is_real(value) && fabs(json_real_value(value)) < (double)max)
		x = (int64_t)json_real_value(value);
	return x > 0 && x <= max ? x : -1;
}

int64_t reply_count(const json_t *object, const char *key)
{
	return positive(json_object_get(object, key), MAX_COUNT);
}

ns reply_duration(const json_t *object, const char *key)
{
	int64_t x = positive(json_object_get(object, key), MAX_DURATION);

	return x < 0 ? NS_NONE : x;
}

/* A character that stands for itself in a JSON string. */
static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* The string that begins with the quote at *p; *p moves behind its closing quote.  False if it is
 * not plain ASCII without escapes. */
static bool plain_string(const char **p, const char *end, const char **text, size_t *len)
{
	const char *s = *p;

	if (s == end || *s != '"')
		return false;
	*text = ++s;
	while (s < end && is_plain(*s))
		s++;
	*len = (size_t)(s - *text);
	*p = s + 1;
	return s < end && *s == '"';
}

/* The length is known where the text is a literal: no call per token. */
#define SKIP(p, end, literal) skip(p, end, literal, sizeof(literal) - 1)

static inline bool skip(const char **p, const char *end, const char *literal, size_t len)
{
	if ((size_t)(end - *p) < len || memcmp(*p, literal, len) != 0)
		return false;
	*p += len;
	return true;
}

/* What a line of one token has; NULL: not yet. */
struct plain_line {
	const char *model, *created_at, *response;
	size_t response_len;
	bool done_false;
};

/* One member; false if it is none of these, or there already. */
static bool plain_member(struct plain_line *l, const char **p, const char *end)
{
	size_t len;

	if (!l->model && SKIP(p, end, "\"model\":"))
		return plain_string(p, end, &l->model, &len);
	if (!l->created_at && SKIP(p, end, "\"created_at\":"))
		return plain_string(p, end, &l->created_at, &len);
	if (!l->response && SKIP(p, end, "\"response\":"))
		return plain_string(p, end, &l->response, &l->response_len);
	if (l->done_false || !SKIP(p, end, "\"done\":false"))
		return false;
	l->done_false = true;
	return true;
}

/* One line in twenty at most is not of this form, and building JSON for each token costs as much as
 * all the rest of the client's work on it.  Members may come in any order, each once. */
bool reply_ollama_plain(struct reply *r, const char *line, size_t len, const struct moment *m)
{
	struct plain_line l = {0};
	const char *p = line, *end = line + len;

	if (!SKIP(&p, end, "{"))
		return false;
	do {
		if (!plain_member(&l, &p, end))
			return false;
	} while (SKIP(&p, end, ","));
	if (!SKIP(&p, end, "}") || p != end || !l.done_false || !l.response)
		return false;
	if (l.response_len > 0)
		sample_add_arrival(&r->sample, l.response, l.response_len, m);
	return true;
}

static size_t length_of(const json_t *object, const char *key)
{
	return json_string_length(json_object_get(object, key));
}

static void take_content(struct reply *r, const json_t *object, const struct moment *m)
{
	const json_t *message = json_object_get(object, "message");
	const json_t *text = json_object_get(object, "response");

	if (!json_string_length(text))
		text = json_object_get(message, "content");
	if (json_string_length(text))
		sample_add_arrival(
			&r->sample, json_string_value(text), json_string_length(text), m);
	else if (length_of(object, "thinking") || length_of(message, "thinking"))
		sample_add_arrival(&r->sample, "", 0, m);
}

void reply_ollama_object(struct reply *r, const json_t *object, const struct moment *m)
{
	struct sample *s = &r->sample;
	const json_t *reason = json_object_get(object, "done_reason");

	take_content(r, object, m);
	if (!json_is_true(json_object_get(object, "done")))
		return;
	r->done_seen = true;
	s->done = m->at;
	if (json_is_string(reason))
		reply_copy_text(s->done_reason, sizeof(s->done_reason), json_string_value(reason),
			json_string_length(reason));
	s->total = reply_duration(object, "total_duration");
	s->load = reply_duration(object, "load_duration");
	s->prompt_eval = reply_duration(object, "prompt_eval_duration");
	s->eval = reply_duration(object, "eval_duration");
	s->prompt_tokens = reply_count(object, "prompt_eval_count");
	s->cached_tokens = reply_count(object, "prompt_eval_cached_count");
	s->output_tokens = reply_count(object, "eval_count");
}
