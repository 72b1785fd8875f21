/* narrator_internal.h - what the parts of the narrator share; nobody else includes it. */
#ifndef REPORT_NARRATOR_INTERNAL_H
#define REPORT_NARRATOR_INTERNAL_H

#include "narrator.h"

#define NARRATOR_SUMMARY "Executive summary"
#define NARRATOR_ADVICE  "Recommendations"
#define NARRATOR_RISKS   "Risks"

#define NARRATOR_LEAST_ADVICE 3
#define NARRATOR_LEAST_RISKS  2

/* Facts that are shown. */
size_t narrator_shown(const struct narrator_facts *f);
/* Its statement is fit to be shown and repeated: without a figure, and nothing but text. */
bool narrator_is_plain(const struct narrator_facts *f, size_t fact);
/* The fact whose id this is, among those shown; -1: none. */
int narrator_find(const struct narrator_facts *f, const char *id, size_t len);
/* Text from outside as one line: controls are spaces, what is no UTF-8 is '?', the ends trimmed. */
void narrator_one_line(struct str *out, const char *text);
/* Words of a text: runs without white space that hold a letter or a digit. */
size_t narrator_words(const char *text, size_t len);

/* ---- the text as it is judged (narrator_source.c) ---- */

struct narrator_mention {
	size_t at;
	size_t name; /* in the facts' names */
};
struct narrator_cite {
	size_t at, len;
	int fact; /* -1: there is no such fact */
};

/* `mask` is as long as `text` and is what checks look at: names are letters in it, citations
 * spaces, so that neither is taken for anything else. */
struct narrator_source {
	const struct narrator_facts *f;
	char *text, *mask; /* NUL-terminated */
	size_t len;
	struct {
		struct narrator_mention *v;
		size_t n, cap;
	} mentions; /* by place */
	struct {
		struct narrator_cite *v;
		size_t n, cap;
	} cites; /* by place */
};

/* -1 with a reason where it is no text at all: not UTF-8, control characters, marks that turn or
 * hide.  narrator_source_release in either case. */
int narrator_source(struct narrator_source *s, const struct narrator_facts *f, const char *text,
	size_t len, struct narrator_reasons *why);
void narrator_source_release(struct narrator_source *s);

/* ---- its sections (narrator_split.c) ---- */

/* A part of the text; lines in it are joined already. */
struct narrator_span {
	size_t start, end;
};
struct narrator_spans {
	struct narrator_span *v;
	size_t n, cap;
};
struct narrator_sections {
	struct narrator_spans summary; /* paragraphs */
	struct narrator_spans advice;
	struct narrator_spans risks; /* in pairs: a risk, its mitigation */
};
/* What is missing or in a wrong place becomes a reason.  Caller: narrator_sections_release. */
void narrator_split(
	struct narrator_source *s, struct narrator_sections *ret, struct narrator_reasons *why);
void narrator_sections_release(struct narrator_sections *x);

/* ---- what may not be in it ---- */

/* Figures of its own, in digits or words (narrator_figures.c). */
void narrator_check_figures(const struct narrator_source *s, struct narrator_span at,
	const char *place, struct narrator_reasons *why);
/* Markup, places left open, questions and offers, characters of no plain text
 * (narrator_manner.c). */
void narrator_check_manner(const struct narrator_source *s, struct narrator_span at,
	const char *place, struct narrator_reasons *why);
/* Words that come again and again, as of a model that has lost its thread. */
void narrator_check_repeats(const struct narrator_source *s, struct narrator_span at,
	const char *place, struct narrator_reasons *why);
/* That it speaks of the facts it cites (narrator_ground.c); `cites` are of all that it belongs to.
 */
void narrator_check_ground(const struct narrator_source *s, struct narrator_span at,
	const int *cites, size_t ncites, const char *place, struct narrator_reasons *why);

#endif
