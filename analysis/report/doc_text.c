/* doc_text.c - making text fit for a document, and finding what a report must not hold. */
#include "doc_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "num.h"
#include "utf8.h"
#include "vec.h"

#define QUOTED_MAX 240 /* bytes shown of a text from outside */

/* ---- clean text ---- */

/* Controls, and marks that turn the direction of text or hide in it. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void clean_into(struct str *out, const char *text, bool keep_marks)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t len;
		uint32_t c = utf8_at(s, SIZE_MAX, &len);

		if (c == 0) {
			str_addc(out, '?');
			len = 1;
		} else if (keep_marks && (c == DOC_OPEN || c == DOC_CLOSE)) {
			str_addc(out, (char)c);
		} else if (is_control(c)) {
			str_addc(out, ' ');
		} else {
			str_addn(out, (const char *)s, len);
		}
		s += len;
	}
}

char *doc_clean(struct arena *a, const char *text)
{
	struct str out = STR_INIT(STR_MAX_LINE);
	char *clean;

	clean_into(&out, text, true);
	clean = arena_strn(a, out.s, out.len);
	str_release(&out);
	return clean;
}

const char *doc_quote(struct doc *d, const char *text)
{
	struct str clean = STR_INIT(STR_MAX_LINE);
	const char *shown, *quoted;
	size_t len;

	clean_into(&clean, text ? text : "", false);
	shown = clean.s[strspn(clean.s, " ")] ? clean.s : "(empty)";
	len = strlen(shown);
	if (len > QUOTED_MAX) {
		len = QUOTED_MAX;
		while (len > 0 && ((unsigned char)shown[len] & 0xc0) == 0x80)
			len--;
	}
	quoted = arena_fmt(&d->arena, "%c%.*s%s%c", DOC_OPEN, (int)len, shown,
		shown[len] ? "\xe2\x80\xa6" : "", DOC_CLOSE);
	str_release(&clean);
	return quoted;
}

/* ---- faults ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || (unsigned char)c >= 0x80;
}

/* A word that a number or a name which was not there leaves behind. */
static const char *word_fault(const char *s, size_t len)
{
	static const struct {
		const char *word, *fault;
	} words[] = {{"nan", "a number that is not one (NaN)"}, {"inf", "an infinite number (inf)"},
		{"todo", "TODO"}, {"tbd", "TBD"}, {"fixme", "FIXME"}};

	for (size_t i = 0; i < COUNTOF(words); i++)
		if (strlen(words[i].word) == len && strncasecmp(s, words[i].word, len) == 0)
			return words[i].fault;
	return NULL;
}

/* "[Estimate p99]", "[...]": a bracket with words in it, as a form to be filled in has. */
static bool is_form(const char *s)
{
	const char *end = strpbrk(s + 1, "[]\002\003");

	if (!end || *end != ']' || end == s + 1)
		return end && *end == ']';
	return strncmp(s + 1, "...", 3) == 0 || strncmp(s + 1, "\xe2\x80\xa6", 3) == 0 ||
		(s[1] >= 'A' && s[1] <= 'Z') || (s[1] >= 'a' && s[1] <= 'z');
}

static const char *mark_fault(const char *s)
{
	if (strncmp(s, "{}", 2) == 0 || strncmp(s, "{{", 2) == 0 || strncmp(s, "${", 2) == 0)
		return "an unfilled place ({})";
	if (*s == '[' && is_form(s))
		return "an unfilled place ([...])";
	if (strncmp(s, "(null)", 6) == 0)
		return "a missing text ((null))";
	return NULL;
}

const char *doc_fault(const char *text)
{
	bool blank = true, quoted = false;

	for (const char *s = text; *s;) {
		size_t len = 0;
		const char *fault = NULL;

		blank = blank && (*s == ' ' || *s == DOC_OPEN || *s == DOC_CLOSE);
		quoted = *s == DOC_OPEN || (quoted && *s != DOC_CLOSE);
		while (!quoted && is_word(s[len]))
			len++;
		if (len > 0)
			fault = word_fault(s, len);
		else if (!quoted)
			fault = mark_fault(s);
		if (fault)
			return fault;
		s += len > 0 ? len : 1;
	}
	return blank ? "no text" : NULL;
}

/* ---- names in texts made elsewhere ---- */

void doc_expect(struct doc *d, const char *name)
{
	const char *kept;

	if (!name || !name[0] || !doc_fault(name))
		return;
	kept = arena_str(&d->arena, name);
	*VEC_PUSH(&d->expected) = (struct doc_name){kept, strlen(kept)};
	d->begins[(unsigned char)kept[0]] = true;
}

/* The expected name that stands at s, the longest; 0 if none does. */
static size_t expected_at(const struct doc *d, const char *s)
{
	size_t longest = 0;

	if (!d->begins[(unsigned char)*s])
		return 0;
	for (size_t i = 0; i < d->expected.n; i++) {
		const struct doc_name *name = &d->expected.v[i];

		if (name->len > longest && strncmp(s, name->s, name->len) == 0)
			longest = name->len;
	}
	return longest;
}

const char *doc_guard(struct doc *d, const char *text)
{
	struct str out = STR_INIT(STR_MAX_LINE);
	const char *guarded;

	if (d->expected.n == 0)
		return text;
	while (*text) {
		size_t len = expected_at(d, text);

		if (len > 0)
			str_addc(&out, DOC_OPEN);
		str_addn(&out, text, len ? len : 1);
		if (len > 0)
			str_addc(&out, DOC_CLOSE);
		text += len ? len : 1;
	}
	guarded = arena_strn(&d->arena, out.s, out.len);
	str_release(&out);
	return guarded;
}

bool doc_is_fit(const struct doc *d, const char *text)
{
	return d->expected.n == 0 || !doc_fault(text);
}

/* ---- evidence in words ---- */

static void add_places(struct str *out, const struct evidence *ev)
{
	char n[NUM_TEXT];

	for (size_t i = 0; i < ev->nplaces; i++) {
		str_addf(out, "%s%s", i ? ", " : "", ev->places[i].file);
		if (ev->places[i].where[0])
			str_addf(out, " (%s)", ev->places[i].where);
	}
	if (ev->more > 0)
		str_addf(out, " and %s more", num_group(n, (int64_t)ev->more));
}

void doc_evidence_text(struct str *out, const struct evidence *ev)
{
	char n[NUM_TEXT];

	if (ev->file)
		str_addf(out, "%s: ", ev->file);
	str_addf(out, "%s %s%s", num_group(n, (int64_t)ev->n), ev->noun, ev->n == 1 ? "" : "s");
	if (!ev->file) {
		str_add(out, ": ");
		add_places(out, ev);
	} else if (ev->filter[0]) {
		str_addf(out, " with %s", ev->filter);
	}
}
