/* sim_render.c - replies as Go writes them: escapes, dates, the order of fields, what is left out
 * when it is zero. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim_internal.h"

/* --- JSON --- */

/* Bytes of the UTF-8 character at s, 0 if there is none. */
static size_t utf8_length(const unsigned char *s, size_t len)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;

	if (n == 0 || n > len || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void json_escape(struct str *out, unsigned char c)
{
	static const char plain[] = "\"\\\n\r\t", letter[] = "\"\\nrt";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at)
		str_addf(out, "\\%c", letter[at - plain]);
	else
		str_addf(out, "\\u%04x", c);
}

/* Go also escapes what would mean something inside HTML, and two line ends of JavaScript. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

void sim_json_text(struct str *out, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	str_addc(out, '"');
	for (size_t i = 0; i < len; i += n ? n : 1) {
		for (n = 0; i + n < len && is_plain(p[i + n]);)
			n++;
		if (n > 0) {
			str_addn(out, s + i, n);
			continue;
		}
		n = utf8_length(p + i, len - i);
		if (n == 1)
			json_escape(out, p[i]);
		else if (n == 0)
			str_add(out, "\\ufffd");
		else if (n == 3 && memcmp(s + i, "\xe2\x80\xa8", 2) == 0 &&
			(p[i + 2] & 0xfe) == 0xa8)
			str_addf(out, "\\u%04x", 0x2000 + (p[i + 2] & 0x3f));
		else
			str_addn(out, s + i, n);
	}
	str_addc(out, '"');
}

static void add_string(struct str *out, const char *s)
{
	sim_json_text(out, s, strlen(s));
}

static char *digits(char *p, int n, long x)
{
	for (int i = n - 1; i >= 0; i--, x /= 10)
		p[i] = (char)('0' + x % 10);
	return p + n;
}

/* A date down to the second, as RFC 3339 has it. */
static void write_second(char *p, time_t second)
{
	struct tm tm;

	gmtime_r(&second, &tm);
	p = digits(p, 4, tm.tm_year + 1900);
	*p++ = '-';
	p = digits(p, 2, tm.tm_mon + 1);
	*p++ = '-';
	p = digits(p, 2, tm.tm_mday);
	*p++ = 'T';
	p = digits(p, 2, tm.tm_hour);
	*p++ = ':';
	p = digits(p, 2, tm.tm_min);
	*p++ = ':';
	digits(p, 2, tm.tm_sec);
}

/* By hand: it is part of every line, and a busy server writes a hundred thousand a second. */
static void add_time(struct str *out, ns wall, struct sim_second *s)
{
	ns second = wall / NS_PER_S;
	char text[40] = "\"", *p = text + 1 + sizeof(s->text);

	if (!s->known || second != s->second) {
		write_second(s->text, (time_t)second);
		s->second = second;
		s->known = true;
	}
	memcpy(text + 1, s->text, sizeof(s->text));
	*p++ = '.';
	p = digits(p, 9, (long)(wall % NS_PER_S));
	while (p[-1] == '0')
		p--;
	if (p[-1] == '.')
		p--;
	*p++ = 'Z';
	*p++ = '"';
	str_addn(out, text, (size_t)(p - text));
}

void sim_json_time(struct str *out, ns wall)
{
	struct sim_second second = {0};

	add_time(out, wall, &second);
}

int sim_error(struct sim_answer *a, int status, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->shape = SIM_WHOLE;
	a->http_status = status;
	a->content_type = SIM_JSON;
	str_reset(&a->body);
	str_add(&a->body, "{\"error\":");
	add_string(&a->body, text);
	str_addc(&a->body, '}');
	return -1;
}

/* --- lines of a stream --- */

static void add_model(const struct sim_answer *a, struct str *out)
{
	str_add(out, "{\"model\":");
	add_string(out, a->model);
	str_add(out, ",\"created_at\":");
}

/* What follows the time, up to the text. */
static void add_key(const struct sim_answer *a, struct str *out)
{
	str_add(out,
		a->chat ? ",\"message\":{\"role\":\"assistant\",\"content\":" : ",\"response\":");
}

static void add_head(const struct sim_answer *a, ns wall, struct str *out)
{
	add_model(a, out);
	sim_json_time(out, wall);
	add_key(a, out);
}

/* Zero is left out. */
static void add_count(struct str *out, const char *name, int64_t x)
{
	if (x != 0)
		str_addf(out, ",\"%s\":%" PRId64, name, x);
}

/* What follows the text of the last object. */
static void add_end(const struct sim_answer *a, struct str *out)
{
	bool reason_first = a->chat && a->era < 2;

	if (a->chat)
		str_addc(out, '}');
	if (reason_first)
		str_addf(out, ",\"done_reason\":\"%s\"", a->done_reason);
	str_add(out, ",\"done\":true");
	if (!reason_first)
		str_addf(out, ",\"done_reason\":\"%s\"", a->done_reason);
	if (a->has_context)
		str_add(out, ",\"context\":[105,2364,107,11355,563,106,107,105,4368,107]");
	add_count(out, "total_duration", a->total);
	add_count(out, "load_duration", a->load);
	add_count(out, "prompt_eval_count", a->prompt_tokens);
	add_count(out, "prompt_eval_duration", a->prompt_eval);
	add_count(out, "eval_count", a->output_tokens);
	add_count(out, "eval_duration", a->eval);
	str_addc(out, '}');
}

/* What follows the model. */
static void add_token(
	const struct sim_answer *a, size_t i, ns wall, struct sim_second *second, struct str *out)
{
	add_time(out, wall, second);
	add_key(a, out);
	add_string(out, a->token[i]);
	str_add(out, a->chat ? "},\"done\":false}\n" : ",\"done\":false}\n");
}

void sim_answer_line(const struct sim_answer *a, size_t i, ns wall, struct str *out)
{
	struct sim_second second = {0};

	if (i < a->ntokens) {
		add_model(a, out);
		add_token(a, i, wall, &second, out);
	} else if (a->ending == SIM_END_CLEAN) {
		add_head(a, wall, out);
		str_add(out, "\"\"");
		add_end(a, out);
		str_addc(out, '\n');
	} else if (a->ending == SIM_END_ERROR_LINE) {
		str_add(out, "{\"error\":");
		add_string(out, a->error);
		str_add(out, "}\n");
	}
}

void sim_lines_begin(struct sim_lines *l, const struct sim_answer *a)
{
	str_reset(&l->model);
	add_model(a, &l->model);
}

void sim_lines_add(
	struct sim_lines *l, const struct sim_answer *a, size_t i, ns wall, struct str *out)
{
	if (i >= a->ntokens) {
		sim_answer_line(a, i, wall, out);
		return;
	}
	str_addn(out, l->model.s, l->model.len);
	add_token(a, i, wall, &l->second, out);
}

void sim_lines_release(struct sim_lines *l)
{
	str_release(&l->model);
}

void sim_render_whole(const struct sim_answer *a, ns wall, struct str *out)
{
	struct str text = STR_INIT(STR_MAX_FILE);

	for (size_t i = 0; i < a->ntokens; i++)
		str_add(&text, a->token[i]);
	add_head(a, wall, out);
	sim_json_text(out, text.s, text.len);
	add_end(a, out);
	str_release(&text);
}

void sim_render_load(const struct sim_answer *a, const char *reason, ns wall, struct str *out)
{
	bool reason_first = a->chat && a->era < 2;

	add_head(a, wall, out);
	str_add(out, a->chat ? "\"\"}" : "\"\"");
	if (reason_first)
		str_addf(out, ",\"done_reason\":\"%s\",\"done\":true}", reason);
	else
		str_addf(out, ",\"done\":true,\"done_reason\":\"%s\"}", reason);
}

void sim_answer_release(struct sim_answer *a)
{
	str_release(&a->body);
	free(a->token_at);
	free(a->token);
	a->token_at = NULL;
	a->token = NULL;
	a->ntokens = 0;
}
