/* expr_parse.c - the text of a condition to operations: a function for each binding strength. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "expr.h"
#include "expr_parts.h"

/* ---- operations ---- */

/* Values on the stack after an operation, less those before it. */
static int stack_change(enum expr_code code)
{
	switch (code) {
	case CODE_VALUE:
	case CODE_WORD:
		return 1;
	case CODE_NEGATE:
	case CODE_NOT:
	case CODE_ABS:
		return 0;
	default:
		return -1;
	}
}

static void emit(struct expr_parser *p, struct expr_op op)
{
	struct expr *x = p->x;

	p->stacked += (size_t)stack_change(op.code);
	if (p->stacked > EXPR_MAX_STACK || p->stacked == 0)
		BUG("%zu values on the stack", p->stacked);
	if (x->nops == p->ops_room) {
		p->ops_room = p->ops_room ? 2 * p->ops_room : 16;
		x->ops = xrealloc(x->ops, p->ops_room, sizeof(*x->ops));
	}
	x->ops[x->nops++] = op;
}

static void emit_code(struct expr_parser *p, enum expr_code code)
{
	emit(p, (struct expr_op){.code = code});
}

static void emit_word(struct expr_parser *p)
{
	struct expr *x = p->x;
	const char *s = p->text + p->now.at;
	size_t w = 0;

	while (w < x->nwords &&
		(strlen(x->words[w].name) != p->now.len ||
			strncmp(x->words[w].name, s, p->now.len) != 0))
		w++;
	if (w == x->nwords) {
		if (x->nwords == p->words_room) {
			p->words_room = p->words_room ? 2 * p->words_room : 8;
			x->words = xrealloc(x->words, p->words_room, sizeof(*x->words));
		}
		x->words[x->nwords++] = (struct expr_word){.name = xstrndup(s, p->now.len),
			.place = expr_characters(p->text, p->now.at) + 1};
	}
	emit(p, (struct expr_op){.code = CODE_WORD, .word = w});
}

/* ---- grammar, loosest last ---- */

static int parse_or(struct expr_parser *p);
static int parse_sum(struct expr_parser *p);

static int open_bracket(struct expr_parser *p, const char *what)
{
	if (!expr_is_sign(p, "("))
		return expr_expected(p, what);
	return expr_next(p);
}

static int close_bracket(struct expr_parser *p)
{
	if (!expr_is_sign(p, ")"))
		return expr_expected(p, "an operator or \")\"");
	return expr_next(p);
}

/* min(a, b, ...), max(a, b, ...), abs(a); the word has been read. */
static int parse_call(struct expr_parser *p, enum expr_code code)
{
	if (expr_next(p) || open_bracket(p, "\"(\" after the function") || parse_or(p))
		return -1;
	if (code == CODE_ABS)
		emit_code(p, code);
	while (code != CODE_ABS && expr_is_sign(p, ",")) {
		if (expr_next(p) || parse_or(p))
			return -1;
		emit_code(p, code);
	}
	return close_bracket(p);
}

static int parse_word(struct expr_parser *p)
{
	static const struct {
		const char *name;
		enum expr_code code;
	} functions[] = {{"min", CODE_MIN}, {"max", CODE_MAX}, {"abs", CODE_ABS}};

	for (size_t i = 0; i < COUNTOF(functions); i++) {
		if (expr_is_word(p, functions[i].name))
			return parse_call(p, functions[i].code);
	}
	if (p->now.code != CODE_VALUE || expr_is_word(p, "in") || expr_is_word(p, "not"))
		return expr_expected(p, "a value");
	emit_word(p);
	return expr_next(p);
}

static int parse_primary(struct expr_parser *p)
{
	struct expr_token t = p->now;

	if (t.kind == TOKEN_WORD)
		return parse_word(p);
	if (t.kind == TOKEN_NUMBER) {
		emit(p, (struct expr_op){.value = {.kind = EXPR_NUMBER, .number = t.number}});
		return expr_next(p);
	}
	if (t.kind == TOKEN_QUOTED) {
		emit(p, (struct expr_op){.value = expr_text_value(t.text)});
		return expr_next(p);
	}
	if (!expr_is_sign(p, "("))
		return expr_expected(p, "a value");
	return expr_next(p) || parse_or(p) || close_bracket(p) ? -1 : 0;
}

/* Every way down to something inside something passes here or parse_not. */
static int deeper(struct expr_parser *p)
{
	if (++p->depth > EXPR_MAX_DEPTH)
		return expr_complain(p, p->now.at, "brackets and signs are nested too deep");
	return 0;
}

static int parse_unary(struct expr_parser *p)
{
	bool minus = expr_is_sign(p, "-");
	int failed;

	if (deeper(p))
		return -1;
	if (minus || expr_is_sign(p, "+")) {
		failed = expr_next(p) || parse_unary(p);
		if (!failed && minus)
			emit_code(p, CODE_NEGATE);
	} else {
		failed = parse_primary(p);
	}
	p->depth--;
	return failed ? -1 : 0;
}

static int parse_product(struct expr_parser *p)
{
	if (parse_unary(p))
		return -1;
	for (;;) {
		enum expr_code code = p->now.code;

		if (code != CODE_MUL && code != CODE_DIV && code != CODE_MOD)
			return 0;
		if (expr_next(p) || parse_unary(p))
			return -1;
		emit_code(p, code);
	}
}

static int parse_sum(struct expr_parser *p)
{
	if (parse_product(p))
		return -1;
	for (;;) {
		enum expr_code code = p->now.code;

		if (code != CODE_ADD && code != CODE_SUB)
			return 0;
		if (expr_next(p) || parse_product(p))
			return -1;
		emit_code(p, code);
	}
}

/* in (a, b); the word has been read. */
static int parse_in(struct expr_parser *p)
{
	if (expr_next(p) || open_bracket(p, "\"(\" after \"in\""))
		return -1;
	emit(p, (struct expr_op){.value = {.kind = EXPR_NUMBER, .number = 0}});
	for (;;) {
		if (parse_sum(p))
			return -1;
		emit_code(p, CODE_IN);
		if (!expr_is_sign(p, ","))
			break;
		if (expr_next(p))
			return -1;
	}
	emit_code(p, CODE_IN_END);
	return close_bracket(p);
}

static int parse_comparison(struct expr_parser *p)
{
	enum expr_code code;

	if (parse_sum(p))
		return -1;
	code = p->now.code;
	if (expr_is_word(p, "in"))
		return parse_in(p);
	if (expr_is_word(p, "not")) {
		if (expr_next(p))
			return -1;
		if (!expr_is_word(p, "in"))
			return expr_expected(p, "\"in\" after \"not\"");
		if (parse_in(p))
			return -1;
		emit_code(p, CODE_NOT);
		return 0;
	}
	if (code < CODE_LT || code > CODE_NE)
		return 0;
	if (expr_next(p) || parse_sum(p))
		return -1;
	emit_code(p, code);
	if (p->now.code >= CODE_LT && p->now.code <= CODE_NE)
		return expr_expected(p, "one comparison (join two with \"and\")");
	return 0;
}

static int parse_not(struct expr_parser *p)
{
	int failed;

	if (!expr_is_word(p, "not") && !expr_is_sign(p, "!"))
		return parse_comparison(p);
	if (deeper(p))
		return -1;
	failed = expr_next(p) || parse_not(p);
	if (!failed)
		emit_code(p, CODE_NOT);
	p->depth--;
	return failed ? -1 : 0;
}

static int parse_and(struct expr_parser *p)
{
	if (parse_not(p))
		return -1;
	while (p->now.code == CODE_AND) {
		if (expr_next(p) || parse_not(p))
			return -1;
		emit_code(p, CODE_AND);
	}
	return 0;
}

static int parse_or(struct expr_parser *p)
{
	if (parse_and(p))
		return -1;
	while (p->now.code == CODE_OR) {
		if (expr_next(p) || parse_and(p))
			return -1;
		emit_code(p, CODE_OR);
	}
	return 0;
}

static int parse_all(struct expr_parser *p)
{
	if (strlen(p->text) > EXPR_MAX_TEXT)
		return err_set(p->e, ERR_USAGE, "longer than %d bytes", EXPR_MAX_TEXT);
	if (expr_next(p))
		return -1;
	if (p->now.kind == TOKEN_END)
		return expr_expected(p, "a condition");
	if (parse_or(p))
		return -1;
	return p->now.kind == TOKEN_END ? 0 : expr_expected(p, "an operator or the end");
}

int expr_parse(const char *text, struct expr **ret, struct err *e)
{
	struct expr *x = xcalloc(1, sizeof(*x));
	struct expr_parser p = {.x = x, .text = text, .e = e};

	x->pool = xcalloc(strlen(text) + 1, 1); /* quoted texts lose at least their marks */
	if (parse_all(&p)) {
		expr_free(x);
		return -1;
	}
	*ret = x;
	return 0;
}
