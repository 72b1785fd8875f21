/* narrator.c - facts, reasons, and lines as they are read. */
#include "narrator.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "narrator_internal.h"

#define REASON_TEXT 240 /* bytes of one reason */

const char *narrator_kind_name(enum narrator_kind k)
{
	static const char *const names[] = {[NARRATOR_FINDING] = "finding",
		[NARRATOR_RECOMMENDATION] = "recommendation",
		[NARRATOR_RISK] = "risk",
		[NARRATOR_LIMIT] = "limit"};

	return names[k];
}

/* ---- facts ---- */

size_t narrator_shown(const struct narrator_facts *f)
{
	return f->n < NARRATOR_MAX_FACTS ? f->n : NARRATOR_MAX_FACTS;
}

int narrator_find(const struct narrator_facts *f, const char *id, size_t len)
{
	for (size_t i = 0; i < narrator_shown(f); i++)
		if (strlen(f->v[i].id) == len && memcmp(f->v[i].id, id, len) == 0)
			return (int)i;
	return -1;
}

bool narrator_is_plain(const struct narrator_facts *f, size_t fact)
{
	const char *what = f->v[fact].what;
	struct narrator_reasons why = {.n = 0};
	struct narrator_source s;
	bool plain;

	if (narrator_source(&s, f, what, strlen(what), &why) == 0) {
		struct narrator_span all = {0, s.len};

		narrator_check_figures(&s, all, "the fact", &why);
		narrator_check_manner(&s, all, "the fact", &why);
	}
	plain = why.n == 0;
	narrator_source_release(&s);
	narrator_reasons_release(&why);
	return plain;
}

static size_t count_kind(const struct narrator_facts *f, enum narrator_kind k)
{
	size_t n = 0;

	for (size_t i = 0; i < narrator_shown(f); i++)
		n += f->v[i].kind == k && narrator_is_plain(f, i);
	return n;
}

const char *narrator_can_try(const struct narrator_facts *f)
{
	if (f->n == 0)
		return "there is no fact to write about";
	if (count_kind(f, NARRATOR_RECOMMENDATION) == 0)
		return "there is no recommendation to write about";
	if (count_kind(f, NARRATOR_RISK) + count_kind(f, NARRATOR_LIMIT) == 0)
		return "there is no risk to write about";
	return NULL;
}

/* ---- reasons ---- */

void narrator_reason(struct narrator_reasons *why, const char *fmt, ...)
{
	char text[2 * REASON_TEXT], shown[REASON_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_quote(shown, sizeof(shown), text);
	for (size_t i = 0; i < why->n; i++)
		if (strcmp(why->v[i], shown) == 0)
			return;
	if (why->n == NARRATOR_MAX_REASONS) {
		why->more++;
		return;
	}
	why->v[why->n++] = arena_str(&why->arena, shown);
}

void narrator_reasons_release(struct narrator_reasons *why)
{
	arena_release(&why->arena);
	*why = (struct narrator_reasons){0};
}

void narration_release(struct narration *n)
{
	arena_release(&n->arena);
	*n = (struct narration){0};
}

void narrated_release(struct narrated *n)
{
	narration_release(&n->said);
	for (size_t i = 0; i < NARRATOR_TRIES; i++)
		narrator_reasons_release(&n->tries[i].why);
}

/* ---- as read ---- */

size_t narrator_words(const char *text, size_t len)
{
	size_t words = 0;
	bool counted = false; /* the word at hand */

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (isspace(c)) {
			counted = false;
		} else if (!counted && (isalnum(c) || c >= 0x80)) {
			counted = true;
			words++;
		}
	}
	return words;
}

/* "102.2 tok/s (101.9 to 102.4)" is going to stand in brackets itself. */
static void add_figure(struct str *out, const char *figure)
{
	const char *open = strstr(figure, " (");
	size_t len = strlen(figure);

	if (!open || strchr(open + 2, '(') || figure[len - 1] != ')') {
		str_add(out, figure);
		return;
	}
	str_addn(out, figure, (size_t)(open - figure));
	str_add(out, ", ");
	str_addn(out, open + 2, len - (size_t)(open - figure) - 3);
}

void narrator_read_out(
	const struct narrator_facts *f, const struct narrator_line *line, struct str *out)
{
	for (size_t i = 0; i < line->n; i++) {
		const struct narrator_piece *p = &line->v[i];
		const struct narrator_fact *fact = p->fact >= 0 ? &f->v[p->fact] : NULL;

		str_add(out, p->text);
		if (!fact)
			continue;
		str_add(out, out->len > 0 && out->s[out->len - 1] != ' ' ? " (" : "(");
		if (fact->figure && fact->figure[0]) {
			add_figure(out, fact->figure);
			str_add(out, "; ");
		}
		str_addf(out, "%s)", fact->id);
	}
}
