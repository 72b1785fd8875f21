/* narrator_ground.c - whether a line speaks of the facts it cites.
 *
 * What is true cannot be seen here.  But a line that shares hardly a word with its facts, or names
 * a model that none of them names, is not about them. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "narrator_internal.h"

#define STEM        5 /* letters that words must have in common to be one word */
#define LEAST_STEM  4
#define LEAST_WORDS 2 /* that a line shares with what it cites */

/* `text` has a word that begins as this one does. */
static bool has_stem(const char *text, const char *word, size_t len)
{
	size_t stem = len < STEM ? len : STEM;
	bool at_word = true;

	for (const char *p = text; *p; p++) {
		if (at_word && strncasecmp(p, word, stem) == 0)
			return true;
		at_word = !isalnum((unsigned char)*p);
	}
	return false;
}

static bool cited_has(const struct narrator_facts *f, const int *cites, size_t ncites,
	const char *word, size_t len)
{
	for (size_t i = 0; i < ncites; i++)
		if (has_stem(f->v[cites[i]].what, word, len))
			return true;
	return false;
}

/* Words of the line that the cited facts have as well, each counted once per place; names too. */
static size_t shared(
	const struct narrator_source *s, struct narrator_span at, const int *cites, size_t ncites)
{
	static const char *const common[] = {"that", "this", "with", "than", "from", "more", "less",
		"which", "when", "then", "they", "have", "some", "where", "there", "their", "were"};
	size_t n = 0;

	for (size_t i = at.start; i < at.end && n < LEAST_WORDS;) {
		size_t len = 0;
		bool is_common = false;

		while (i + len < at.end && isalnum((unsigned char)s->text[i + len]))
			len++;
		for (size_t k = 0; k < COUNTOF(common); k++)
			is_common = is_common ||
				(strlen(common[k]) == len &&
					strncasecmp(common[k], s->text + i, len) == 0);
		n += len >= LEAST_STEM && !is_common &&
			cited_has(s->f, cites, ncites, s->text + i, len);
		i += len ? len : 1;
	}
	return n;
}

/* Facts whose statement is very short have no more to share. */
static bool is_short(const struct narrator_facts *f, const int *cites, size_t ncites)
{
	for (size_t i = 0; i < ncites; i++)
		if (narrator_words(f->v[cites[i]].what, strlen(f->v[cites[i]].what)) > 3)
			return false;
	return true;
}

static bool names_it(
	const struct narrator_facts *f, const int *cites, size_t ncites, const char *name)
{
	for (size_t i = 0; i < ncites; i++)
		if (strcasestr(f->v[cites[i]].what, name))
			return true;
	return false;
}

void narrator_check_ground(const struct narrator_source *s, struct narrator_span at,
	const int *cites, size_t ncites, const char *place, struct narrator_reasons *why)
{
	size_t wanted = is_short(s->f, cites, ncites) ? 1 : LEAST_WORDS;

	if (ncites == 0) {
		narrator_reason(why, "%s: cites no fact", place);
		return;
	}
	if (shared(s, at, cites, ncites) < wanted)
		narrator_reason(why, "%s: does not speak of the fact it cites, %s", place,
			s->f->v[cites[0]].id);
	for (size_t i = 0; i < s->mentions.n; i++) {
		const struct narrator_mention *m = &s->mentions.v[i];
		const char *name = s->f->names[m->name];

		if (m->at >= at.start && m->at < at.end && !names_it(s->f, cites, ncites, name)) {
			narrator_reason(why, "%s: names %s, of which no fact that it cites speaks",
				place, name);
			return;
		}
	}
}
