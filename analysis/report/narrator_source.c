/* narrator_source.c - an answer as text that can be looked at: valid, plain, names and citations
 * found. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "narrator_internal.h"
#include "utf8.h"
#include "vec.h"

#define MAX_NAMES     256 /* looked for at every word */
#define MAX_NAME      200
#define MAX_ID_DIGITS 9

/* ---- characters ---- */

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Marks that turn the direction of text, or are not seen. */
static bool is_hidden(uint32_t c)
{
	return c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
		(c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

/* Typographic forms that mean a plain character; 0: it stays what it is. */
static char plain_form(uint32_t c)
{
	switch (c) {
	case '\t':
	case '\r':
	case 0xa0:
	case 0x2009:
	case 0x202f:
		return ' ';
	case 0x2010:
	case 0x2011:
		return '-';
	case 0x2018:
	case 0x2019:
		return '\'';
	case 0x201c:
	case 0x201d:
		return '"';
	default:
		return 0;
	}
}

void narrator_one_line(struct str *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t room = strlen(text), len, before = out->len;

	for (; room > 0; s += len, room -= len) {
		uint32_t c = utf8_at(s, room, &len);

		if (c == 0) {
			str_addc(out, '?');
			len = 1;
		} else if (is_control(c) || is_hidden(c) || c == ' ') {
			if (out->len > before && out->s[out->len - 1] != ' ')
				str_addc(out, ' ');
		} else {
			str_addn(out, (const char *)s, len);
		}
	}
}

/* Copies what is text.  Emphasis ("**") goes: it changes no word. */
static int copy_plain(struct narrator_source *s, const unsigned char *from, size_t room,
	struct narrator_reasons *why)
{
	size_t len;

	for (; room > 0; from += len, room -= len) {
		uint32_t c = utf8_at(from, room, &len);
		char plain = plain_form(c);

		if (c == 0 && from[0] != 0)
			narrator_reason(why, "the text: not UTF-8");
		else if (is_control(c) && c != '\n' && !plain)
			narrator_reason(why, "the text: a control character (0x%02x)", (unsigned)c);
		else if (is_hidden(c))
			narrator_reason(why,
				"the text: a hidden mark or one that turns text (U+%04X)",
				(unsigned)c);
		if (why->n > 0)
			return -1;
		if (c == '*' && room > 1 && from[1] == '*') {
			len = 2;
			continue;
		}
		if (plain)
			s->text[s->len++] = plain;
		else
			memcpy(s->text + s->len, from, len), s->len += len;
	}
	s->text[s->len] = '\0';
	return 0;
}

/* ---- names ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* "4096", "8 ms", "50%", "0.2": a figure that calls itself a name. */
static bool reads_as_figure(const char *name)
{
	size_t number = strspn(name, "0123456789.,+-eE ");
	const char *rest = name + number;
	static const char *const units[] = {"", "%", "ms", "s", "x", "tok/s", "tokens", "GB", "GiB",
		"MB", "MiB", "percent", "seconds", "tokens/s", "times", "W"};

	for (size_t i = 0; number > 0 && i < COUNTOF(units); i++)
		if (strcasecmp(rest, units[i]) == 0)
			return true;
	return false;
}

static bool is_usable(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (len == 0 || len > MAX_NAME || reads_as_figure(name) || strpbrk(name, "\n\r\t"))
		return false;
	for (size_t i = 0; i < len; i++)
		if (isalpha((unsigned char)name[i]) || (unsigned char)name[i] >= 0x80)
			return true;
	return false;
}

/* Nothing of a longer word or number follows: "gemma3" is not the name in "gemma3.5". */
static bool ends_here(const char *after)
{
	return !is_word(after[0]) &&
		!(after[0] && strchr(".:-/", after[0]) && isalnum((unsigned char)after[1]));
}

/* The longest name that stands at `at`; its length, 0 for none. */
static size_t name_at(const struct narrator_source *s, size_t at, const bool *usable, size_t *which)
{
	size_t longest = 0, n = s->f->nnames < MAX_NAMES ? s->f->nnames : MAX_NAMES;

	if (at > 0 && is_word(s->text[at - 1]))
		return 0;
	for (size_t i = 0; i < n; i++) {
		const char *name = s->f->names[i];
		size_t len = usable[i] ? strlen(name) : 0;

		if (len > longest && len <= s->len - at &&
			strncasecmp(s->text + at, name, len) == 0 &&
			ends_here(s->text + at + len)) {
			longest = len;
			*which = i;
		}
	}
	return longest;
}

/* ---- citations ---- */

/* The length of "[F12]" at s; 0 for anything else. */
static size_t citation_at(const char *s)
{
	size_t digits;

	if (s[0] != '[' || s[1] != 'F')
		return 0;
	digits = strspn(s + 2, "0123456789");
	return digits > 0 && s[2 + digits] == ']' ? digits + 3 : 0;
}

static void add_cite(struct narrator_source *s, size_t at, size_t len, struct narrator_reasons *why)
{
	int fact = len - 3 <= MAX_ID_DIGITS ? narrator_find(s->f, s->text + at + 1, len - 2) : -1;

	if (fact < 0)
		narrator_reason(why, "the text: cites %.*s, which is no fact",
			(int)(len < 24 ? len : 24), s->text + at);
	*VEC_PUSH(&s->cites) = (struct narrator_cite){at, len, fact};
	memset(s->mask + at, ' ', len);
}

static void mask_all(struct narrator_source *s, struct narrator_reasons *why)
{
	bool usable[MAX_NAMES] = {false};
	size_t len, which = 0;

	for (size_t i = 0; i < s->f->nnames && i < MAX_NAMES; i++)
		usable[i] = is_usable(s->f->names[i]);
	for (size_t i = 0; i < s->len; i += len ? len : 1) {
		len = citation_at(s->text + i);
		if (len > 0) {
			add_cite(s, i, len, why);
			continue;
		}
		len = name_at(s, i, usable, &which);
		if (len > 0) {
			*VEC_PUSH(&s->mentions) = (struct narrator_mention){i, which};
			memset(s->mask + i, 'n', len);
		}
	}
}

int narrator_source(struct narrator_source *s, const struct narrator_facts *f, const char *text,
	size_t len, struct narrator_reasons *why)
{
	*s = (struct narrator_source){.f = f, .text = xmalloc(len + 1)};
	if (copy_plain(s, (const unsigned char *)text, len, why))
		return -1;
	s->mask = xmalloc(s->len + 1);
	memcpy(s->mask, s->text, s->len + 1);
	mask_all(s, why);
	return 0;
}

void narrator_source_release(struct narrator_source *s)
{
	free(s->text);
	free(s->mask);
	VEC_RELEASE(&s->mentions);
	VEC_RELEASE(&s->cites);
}
