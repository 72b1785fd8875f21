/* expr_parts.h - shared by expr.c and expr_parse.c only.
 *
 * A condition is kept as postfix operations: evaluating it needs a stack of values and no
 * recursion, so its cost is its length. */
#ifndef BASE_EXPR_PARTS_H
#define BASE_EXPR_PARTS_H

#include <stdbool.h>

#include "expr.h"

/* Values that wait while an operand is read: at most 7 for each of EXPR_MAX_DEPTH brackets. */
#define EXPR_MAX_STACK (8 * (EXPR_MAX_DEPTH + 1))

enum expr_code {
	CODE_VALUE, /* pushes `value` */
	CODE_WORD,  /* pushes what words[word] is */
	CODE_NEGATE,
	CODE_NOT,
	CODE_ABS,
	CODE_MUL, /* from here on two operands, of which the result takes the place */
	CODE_DIV,
	CODE_MOD,
	CODE_ADD,
	CODE_SUB,
	CODE_MIN,
	CODE_MAX,
	CODE_LT,
	CODE_LE,
	CODE_GT,
	CODE_GE,
	CODE_EQ,
	CODE_NE,
	CODE_AND,
	CODE_OR,
	CODE_IN,     /* needle, found so far, item -> needle, found so far */
	CODE_IN_END, /* needle, found -> found */
};

struct expr_op {
	enum expr_code code;
	size_t word;
	struct expr_value value;
};

struct expr_word {
	char *name;
	size_t place; /* character of its first appearance, from 1 */
	enum { WORD_TEXT, WORD_BOUND, WORD_FIXED } is;
	size_t bound;
	struct expr_value fixed;
	char *fixed_text;
};

struct expr {
	struct expr_op *ops;
	size_t nops;
	struct expr_word *words;
	size_t nwords;
	char *pool; /* texts of quoted literals, one after the other */
};

/* ---- reading ---- */

enum expr_token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_QUOTED, TOKEN_WORD, TOKEN_SIGN };

struct expr_token {
	enum expr_token_kind kind;
	size_t at, len; /* bytes of the text */
	double number;
	const char *text;    /* of a quoted one, in the pool */
	enum expr_code code; /* of a sign that stands between two values; else CODE_VALUE */
};

struct expr_parser {
	struct expr *x;
	const char *text;
	struct expr_token now;
	size_t pool_used, ops_room, words_room;
	size_t depth, stacked; /* brackets open, values that evaluation would hold */
	struct err *e;
};

/* The next token, into `now`. */
int expr_next(struct expr_parser *p);
bool expr_is_word(const struct expr_parser *p, const char *word);
bool expr_is_sign(const struct expr_parser *p, const char *sign);
/* "character 11: WHAT", with the place in the hint.  Return -1. */
int expr_complain(const struct expr_parser *p, size_t at, const char *what);
int expr_expected(const struct expr_parser *p, const char *what);
/* Characters before a byte. */
size_t expr_characters(const char *text, size_t bytes);

/* A text that reads as a number is that number. */
struct expr_value expr_text_value(const char *text);

#endif
