/* narrator_manner.c - what a text for a report does not do: markup, places left open, questions and
 * offers, characters of no plain text, the same words again and again. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "narrator_internal.h"

#define SHOWN     32 /* bytes of a place that are shown */
#define REPEATS   3  /* of a long word in one line */
#define LONG_WORD 4
#define MAX_WORDS 512 /* of a line that are compared */

struct phrase {
	const char *text, *fault;
};

#define OPEN  "a place left open"
#define OFFER "a question or an offer to the reader"
#define LINK  "a link"

static const struct phrase phrases[] = {{"tbd", OPEN}, {"todo", OPEN}, {"fixme", OPEN},
	{"n/a", OPEN}, {"xx", OPEN}, {"xxx", OPEN}, {"xxxx", OPEN}, {"xyz", OPEN},
	{"lorem ipsum", OPEN}, {"to be determined", OPEN}, {"insert here", OPEN},
	{"not provided", OPEN}, {"would you like", OFFER}, {"do you want", OFFER},
	{"let me know", OFFER}, {"shall i", OFFER}, {"if you'd like", OFFER},
	{"if you would like", OFFER}, {"feel free", OFFER}, {"happy to", OFFER},
	{"i can also", OFFER}, {"i hope", OFFER}, {"i'm sorry", OFFER}, {"i am sorry", OFFER},
	{"i cannot", OFFER}, {"i can't", OFFER}, {"here's", OFFER}, {"here is the", OFFER},
	{"here is a", OFFER}, {"okay", OFFER}, {"ok,", OFFER}, {"sure,", OFFER}, {"sure!", OFFER},
	{"certainly", OFFER}, {"of course", OFFER}, {"as an ai", OFFER},
	{"as a language model", OFFER}, {"please provide", OFFER}, {"please let", OFFER},
	{"thank you", OFFER}, {"ignore the above", "words that are not for the reader"},
	{"ignore all", "words that are not for the reader"},
	{"ignore previous", "words that are not for the reader"},
	{"system prompt", "words that are not for the reader"},
	{"end of facts", "words that are not for the reader"}, {"http:", LINK}, {"https:", LINK},
	{"www.", LINK}, {"javascript:", LINK}, {"mailto:", LINK}, {"data:text", LINK},
	{"data:image", LINK}, {"vbscript:", LINK}, {"file:", LINK}};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* ---- phrases ---- */

/* A phrase that stands at i as whole words; NULL: none. */
static const struct phrase *phrase_at(const char *t, size_t i, size_t end)
{
	for (size_t k = 0; k < COUNTOF(phrases); k++) {
		const char *p = phrases[k].text;
		size_t len = strlen(p);

		if (len <= end - i && tolower((unsigned char)t[i]) == p[0] &&
			strncasecmp(t + i, p, len) == 0 &&
			(!is_word(p[len - 1]) || i + len == end || !is_word(t[i + len])))
			return &phrases[k];
	}
	return NULL;
}

static void check_phrases(
	const char *t, struct narrator_span at, const char *place, struct narrator_reasons *why)
{
	for (size_t i = at.start; i < at.end; i++) {
		const struct phrase *p;

		if (i > at.start && is_word(t[i - 1]))
			continue;
		p = phrase_at(t, i, at.end);
		if (p)
			narrator_reason(why, "%s: %s, \"%s\"", place, p->fault, p->text);
	}
}

/* ---- signs ---- */

static const char *sign_fault(const char *t, size_t i, size_t end)
{
	char next = i + 1 < end ? t[i + 1] : ' ';

	switch (t[i]) {
	case '<':
	case '>':
	case '`':
	case '\\':
	case '|':
	case '~':
	case '^':
	case '#':
	case '*':
	case '$':
		return "markup or a sign of no plain text";
	case '{':
	case '}':
		return OPEN;
	case '[':
	case ']':
		return "a bracket that is no citation [F12]";
	case '?':
		return OFFER;
	case '&':
		return isalpha((unsigned char)next) ? "markup or a sign of no plain text" : NULL;
	case '_':
		return next == '_' ? OPEN : NULL;
	case '.':
		return next == '.' ? "a sentence that trails off" : NULL;
	case ':':
		return next == '/' ? LINK : NULL;
	default:
		return NULL;
	}
}

/* The two bytes of a letter of Latin script beyond ASCII, three of a dash; 0: something else. */
static size_t plain_beyond_ascii(const char *t, size_t i, size_t end)
{
	unsigned char a = (unsigned char)t[i], b = i + 1 < end ? (unsigned char)t[i + 1] : 0;

	if (a >= 0xc3 && a <= 0xc9 && !(a == 0xc3 && (b == 0x97 || b == 0xb7)))
		return 2;
	if (a == 0xe2 && i + 2 < end && b == 0x80 &&
		((unsigned char)t[i + 2] == 0x93 || (unsigned char)t[i + 2] == 0x94))
		return 3;
	return 0;
}

static void check_signs(const struct narrator_source *s, struct narrator_span at, const char *place,
	struct narrator_reasons *why)
{
	const char *t = s->mask;

	for (size_t i = at.start; i < at.end; i++) {
		size_t len = at.end - i < SHOWN ? at.end - i : SHOWN;
		const char *fault = NULL;

		if ((unsigned char)t[i] >= 0x80) {
			size_t plain = plain_beyond_ascii(t, i, at.end);

			if (plain == 0)
				fault = "a character of no plain English text (digits of other "
					"scripts are figures)";
			else
				i += plain - 1;
		} else {
			fault = sign_fault(t, i, at.end);
		}
		if (fault) {
			narrator_reason(
				why, "%s: %s, \"%.*s\"", place, fault, (int)len, s->text + i);
			return; /* one place is enough to say */
		}
	}
}

void narrator_check_manner(const struct narrator_source *s, struct narrator_span at,
	const char *place, struct narrator_reasons *why)
{
	check_signs(s, at, place, why);
	check_phrases(s->mask, at, place, why);
}

/* ---- repeats ---- */

struct word {
	const char *s;
	size_t len;
};

static bool same(struct word a, struct word b)
{
	return a.len == b.len && strncasecmp(a.s, b.s, a.len) == 0;
}

static bool is_name(struct word w)
{
	for (size_t i = 0; i < w.len; i++)
		if (w.s[i] != 'n')
			return false;
	return w.len > 1;
}

static size_t words_of(const char *t, struct narrator_span at, struct word v[MAX_WORDS])
{
	size_t n = 0;

	for (size_t i = at.start; i < at.end && n < MAX_WORDS;) {
		size_t len = 0;

		while (i + len < at.end && is_word(t[i + len]))
			len++;
		if (len > 0)
			v[n++] = (struct word){t + i, len};
		i += len ? len : 1;
	}
	return n;
}

void narrator_check_repeats(const struct narrator_source *s, struct narrator_span at,
	const char *place, struct narrator_reasons *why)
{
	struct word v[MAX_WORDS];
	size_t n = words_of(s->mask, at, v);

	for (size_t i = 0; i < n; i++) {
		size_t times = 1;

		if (is_name(v[i]))
			continue;
		if (i + 1 < n && same(v[i], v[i + 1]) && strncasecmp(v[i].s, "that", 4) != 0)
			times = REPEATS;
		for (size_t k = i + 1; v[i].len >= LONG_WORD && k < n; k++)
			times += same(v[i], v[k]);
		if (times >= REPEATS) {
			narrator_reason(
				why, "%s: \"%.*s\" again and again", place, (int)v[i].len, v[i].s);
			return;
		}
	}
}
