/* expr.h - conditions over named values, as people write them:
 *
 *	num_ctx * concurrency > 32768
 *	num_gpu == auto and temperature in (0.2, 0.8) or not model == "gemma3:1b"
 *
 * Loosest first: or (||), and (&&), not (!), comparisons (< <= > >= == = != in), + -, * / %,
 * unary -, and ( ).  Values are numbers, quoted texts, and words.  A word is a name if the caller's
 * list says so when it is bound, else a text; quoted it is always a text.  A text that reads as a
 * number is that number.  Arithmetic and order with a text, or with a missing value, is missing; a
 * comparison with what is missing is neither true nor false, and so is what rests on it alone
 * (three-valued logic of SQL).  No loops, no functions but min, max and abs; nesting and length are
 * bounded, so hostile text costs little. */
#ifndef BASE_EXPR_H
#define BASE_EXPR_H

#include <stddef.h>

#include "err.h"

#define EXPR_MAX_TEXT  2000
#define EXPR_MAX_DEPTH 64

struct expr; /* opaque */

enum expr_kind { EXPR_MISSING, EXPR_NUMBER, EXPR_TEXT };
struct expr_value {
	enum expr_kind kind;
	double number;
	const char *text; /* borrowed for the call */
};

/* ERR_USAGE whose message begins at the thing and names the character: `character 11: expected a
 * value after "*", got the end`; the hint shows the text with a mark below the place.  Callers
 * prefix the place. */
int expr_parse(const char *text, struct expr **ret, struct err *e);
void expr_free(struct expr *x);

/* The unquoted words that are neither operators nor functions, each once, in order of appearance.
 */
size_t expr_words(const struct expr *x);
const char *expr_word(const struct expr *x, size_t word);
/* Where a word stands first: characters from 1. */
size_t expr_word_place(const struct expr *x, size_t word);
/* Says which of the caller's values a word is; words not bound are texts. */
void expr_bind(struct expr *x, size_t word, size_t value);
/* Gives a word one value for good; a text is copied. */
void expr_fix(struct expr *x, size_t word, struct expr_value value);

/* 1 true, 0 false, -1 cannot be told.  values[] are indexed as bound. */
int expr_test(const struct expr *x, const struct expr_value *values);
/* The value of an expression that is no condition; a condition is 1, 0 or missing. */
struct expr_value expr_eval(const struct expr *x, const struct expr_value *values);

#endif
