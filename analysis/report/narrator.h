/* narrator.h - a language model writes the summary from numbered facts, and is not believed.
 *
 *	facts -> narrator_prompt -> (a model) -> narrator_unfold -> narrator_judge -> narration
 *	                                     or reasons -> narrator_retry_message -> (once more)
 *
 * The model never sees a figure and never writes one: it cites facts as "[F12]", and the figures
 * are put in here.  What it writes is text and nothing else: it is judged, kept as pieces of plain
 * text, and escaped by the writers of the document like any text from outside.  The judge knows
 * form, not truth: whether a sentence says what its facts say cannot be told here, so the document
 * lists each cited fact in our own words beside it.
 *
 * Everything here is pure; the request is made by orchestrator/cmd/narrate.h. */
#ifndef REPORT_NARRATOR_H
#define REPORT_NARRATOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "document.h"
#include "str.h"

#define NARRATOR_MAX_FACTS   40 /* shown to the model: the first so many, in the order given */
#define NARRATOR_MAX_TEXT    ((size_t)64 << 10) /* bytes of an answer that is looked at */
#define NARRATOR_WORDS_LEAST 300                /* as read: with the figures in, without headings */
#define NARRATOR_WORDS_MOST  400
#define NARRATOR_TRIES       2
#define NARRATOR_MAX_REASONS 12 /* kept of one try; further ones are counted */

/* ---- what is known ---- */

enum narrator_kind {
	NARRATOR_FINDING,
	NARRATOR_RECOMMENDATION,
	NARRATOR_RISK, /* something seen that may go wrong, or has */
	NARRATOR_LIMIT /* what these data cannot say */
};
const char *narrator_kind_name(enum narrator_kind k); /* "finding" */

/* All strings are borrowed, and may come from outside (names): they are cleaned where they are put
 * to use. */
struct narrator_fact {
	const char *id; /* "F12": F and a number from 1 on without leading zeros; unlike any other
			 */
	enum narrator_kind kind;
	/* The statement, direction included, without any figure: "gemma3:latest answers faster than
	 * llama3:8b, warm".  It is all that the model is shown of the fact; for a recommendation
	 * the setting, for a risk what may happen and, after "; ", what would help.  One with a
	 * figure in it ("and 21 more"), or with anything else that a text may not hold, is not
	 * shown. */
	const char *what;
	/* What is put in behind a sentence that cites it: "102.2 tok/s (101.9 to 102.4)"; NULL or
	 * "" where the fact has none. */
	const char *figure;
	/* The rows behind it, as for doc_evidence; file NULL: none. */
	const char *file, *where;
	uint64_t n;
};

/* The first NARRATOR_MAX_FACTS count.  A text can be accepted only where there is at least one fact
 * each of NARRATOR_RECOMMENDATION and of NARRATOR_RISK or NARRATOR_LIMIT (narrator_can_try). */
struct narrator_facts {
	const struct narrator_fact *v;
	size_t n;
	/* Names that may stand in the text although they hold digits or signs: models, settings.
	 * One that reads as a figure ("4096", "8 ms") is not taken. */
	const char *const *names;
	size_t nnames;
};

/* NULL, or why no narrator need be asked: "there is no recommendation to write about". */
const char *narrator_can_try(const struct narrator_facts *f);

/* ---- what is asked ---- */

/* Schemas go to the server as `format`, which makes a grammar of them: facts can only be cited that
 * there are, and no digit can be written.  By the second one the model chooses and hardly writes:
 * which facts, in which order, and how each goes on, out of words of ours; so even a model that
 * cannot hold a sentence together gives one. */
struct narrator_prompt {
	struct str system, user;
	json_t *schema;
	json_t *schema_again; /* of the second try */
};

/* The first message of a conversation.  Caller: narrator_prompt_release. */
void narrator_prompt(const struct narrator_facts *f, struct narrator_prompt *ret);
void narrator_prompt_release(struct narrator_prompt *p);
/* What an answer is turned into before it is judged: an object of a schema becomes the text with
 * its headings and citations; anything else stays as it is. */
void narrator_unfold(
	const struct narrator_facts *f, const char *answer, size_t len, struct str *text);

/* ---- the judgement ---- */

/* A sentence, or a part of one, and the fact cited behind it. */
struct narrator_piece {
	const char *text; /* plain, without a citation; may be "" */
	int fact;         /* index in the facts; -1: none */
};
struct narrator_line {
	const struct narrator_piece *v;
	size_t n;
};
struct narrator_risk {
	struct narrator_line risk, mitigation;
};

/* An accepted text.  Strings are its own. */
struct narration {
	struct arena arena;
	const struct narrator_line *summary; /* sentences */
	size_t nsummary;
	const struct narrator_line *advice; /* recommendations, at least three */
	size_t nadvice;
	const struct narrator_risk *risks; /* at least two */
	size_t nrisks;
	size_t words;
};

/* Why a text is refused: each one line that names the place ("recommendation 2: a figure of its
 * own, \"20\""), fit for a terminal and for the model. */
struct narrator_reasons {
	struct arena arena;
	const char *v[NARRATOR_MAX_REASONS];
	size_t n, more; /* kept; beyond */
};

/* 0: accepted, and `ret` is filled; -1: refused, and `why` says why (at least one reason).  Both
 * are initialised here; caller releases both in either case.  Takes time linear in len: no more
 * than NARRATOR_MAX_TEXT is read, and a longer text is refused. */
int narrator_judge(const struct narrator_facts *f, const char *text, size_t len,
	struct narration *ret, struct narrator_reasons *why) NODISCARD;
void narration_release(struct narration *n);
void narrator_reasons_release(struct narrator_reasons *why);
/* One more reason, of a request that failed for instance; made one line and cut. */
void narrator_reason(struct narrator_reasons *why, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The message that asks for it once more, with the reasons. */
void narrator_retry_message(const struct narrator_reasons *why, struct str *out);
/* A line as read: figures put in, "(102.2 tok/s, 101.9 to 102.4; F12)". */
void narrator_read_out(
	const struct narrator_facts *f, const struct narrator_line *line, struct str *out);

/* ---- what came of it ---- */

/* One request.  -1 and NaN: unknown. */
struct narrator_try {
	const char *status; /* "ok", "timeout_first", ...; static */
	int64_t seed;
	int64_t prompt_tokens, output_tokens;
	double load_ms; /* of the model, told by the server */
	double ttft_ms, decode_tok_s, total_ms;
	bool bound; /* it only chose, out of words of ours (schema_again) */
	bool accepted;
	struct narrator_reasons why; /* empty if accepted */
};

struct narrated {
	char model[160];
	bool accepted;
	struct narration said; /* if accepted */
	struct narrator_try tries[NARRATOR_TRIES];
	size_t ntries;
	char why[600]; /* not accepted: one line, the last refusal or why nobody was asked */
};
void narrated_release(struct narrated *n);

/* Into the document, behind what is there: the section "narrator" with the text, its
 * recommendations, its risks, the facts that it cites in our words, each with its rows, and what
 * the narrator took; or, where it was refused, a line that says that the computed text stands and
 * why, and what the tries took. */
void insight_narrated(
	struct doc *d, const struct narrator_facts *f, const struct narrated *narrated);

#endif
