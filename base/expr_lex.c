/* expr_lex.c - the text of a condition to tokens, and messages that name the character. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "expr_parts.h"
#include "num.h"

#define SHOWN     40 /* bytes of a token in a message */
#define HINT_SIDE 60 /* characters of the text on either side of the mark */

static const struct {
	const char *sign;
	enum expr_code code;
} signs[] = {
	/* Longer ones first. */
	{"<=", CODE_LE},
	{">=", CODE_GE},
	{"==", CODE_EQ},
	{"!=", CODE_NE},
	{"&&", CODE_AND},
	{"||", CODE_OR},
	{"<", CODE_LT},
	{">", CODE_GT},
	{"=", CODE_EQ},
	{"+", CODE_ADD},
	{"-", CODE_SUB},
	{"*", CODE_MUL},
	{"/", CODE_DIV},
	{"%", CODE_MOD},
	{"!", CODE_VALUE},
	{"(", CODE_VALUE},
	{")", CODE_VALUE},
	{",", CODE_VALUE},
};

/* ---- messages ---- */

/* Characters before a byte; what continues a character in UTF-8 is none of its own. */
size_t expr_characters(const char *text, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static size_t step_back(const char *text, size_t at, size_t count)
{
	while (at > 0 && count > 0) {
		at--;
		count -= ((unsigned char)text[at] & 0xc0) != 0x80;
	}
	return at;
}

static size_t step_on(const char *text, size_t at, size_t count)
{
	while (text[at] && count > 0) {
		at++;
		while (((unsigned char)text[at] & 0xc0) == 0x80)
			at++;
		count--;
	}
	return at;
}

/* `num_ctx * [here] > 5` */
static int hint_place(const struct expr_parser *p, size_t at)
{
	size_t from = step_back(p->text, at, HINT_SIDE), to = step_on(p->text, at, HINT_SIDE);

	return err_hint(p->e, "%s%.*s[here] %.*s%s", from ? "..." : "", (int)(at - from),
		p->text + from, (int)(to - at), p->text + at, p->text[to] ? "..." : "");
}

int expr_complain(const struct expr_parser *p, size_t at, const char *what)
{
	err_set(p->e, ERR_USAGE, "character %zu: %s", expr_characters(p->text, at) + 1, what);
	return hint_place(p, at);
}

static const char *token_shown(const struct expr_parser *p, char dst[SHOWN])
{
	char *copy;
	char inner[SHOWN - 2];

	if (p->now.kind == TOKEN_END)
		return "the end";
	copy = xstrndup(p->text + p->now.at, p->now.len);
	if (p->now.kind == TOKEN_QUOTED)
		err_quote(dst, SHOWN, copy);
	else
		snprintf(dst, SHOWN, "\"%s\"", err_quote(inner, sizeof(inner), copy));
	free(copy);
	return dst;
}

int expr_expected(const struct expr_parser *p, const char *what)
{
	char shown[SHOWN], text[200];

	snprintf(text, sizeof(text), "expected %s, got %s", what, token_shown(p, shown));
	return expr_complain(p, p->now.at, text);
}

/* ---- tokens ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

/* Names of models and prompts have : and . inside. */
static bool is_word_part(char c)
{
	return is_word_start(c) || is_digit(c) || c == '.' || c == ':';
}

static size_t number_length(const char *s)
{
	size_t at = 0, digits;

	while (is_digit(s[at]) || s[at] == '.')
		at++;
	if (s[at] != 'e' && s[at] != 'E')
		return at;
	digits = at + 1 + (s[at + 1] == '-' || s[at + 1] == '+');
	if (!is_digit(s[digits]))
		return at;
	while (is_digit(s[digits]))
		digits++;
	return digits;
}

static int read_number(struct expr_parser *p)
{
	struct expr_token *t = &p->now;
	const char *s = p->text + t->at;
	char shown[SHOWN], text[100];

	t->kind = TOKEN_NUMBER;
	t->len = number_length(s);
	if (num_parse(s, t->len, &t->number) && !is_word_part(s[t->len]))
		return 0;
	while (is_word_part(s[t->len]))
		t->len++;
	snprintf(text, sizeof(text), "%s is no number", token_shown(p, shown));
	return expr_complain(p, t->at, text);
}

/* "a" or 'a'; a backslash before a quote or another backslash takes its meaning away. */
static int read_quoted(struct expr_parser *p)
{
	struct expr_token *t = &p->now;
	const char *s = p->text + t->at;
	char quote = *s, *to = p->x->pool + p->pool_used;
	size_t at = 1;

	t->kind = TOKEN_QUOTED;
	t->text = to;
	while (s[at] && s[at] != quote) {
		if (s[at] == '\\' && (s[at + 1] == quote || s[at + 1] == '\\'))
			at++;
		*to++ = s[at++];
	}
	if (!s[at])
		return expr_complain(p, t->at, "the quotation mark has no partner");
	*to++ = '\0';
	p->pool_used = (size_t)(to - p->x->pool);
	t->len = at + 1;
	return 0;
}

static int read_sign(struct expr_parser *p)
{
	const char *s = p->text + p->now.at;

	for (size_t i = 0; i < COUNTOF(signs); i++) {
		size_t len = strlen(signs[i].sign);

		if (strncmp(s, signs[i].sign, len) == 0) {
			p->now.kind = TOKEN_SIGN;
			p->now.len = len;
			p->now.code = signs[i].code;
			return 0;
		}
	}
	p->now.kind = TOKEN_SIGN;
	p->now.len = 1;
	return expr_expected(p, "a value, a name or an operator");
}

bool expr_is_word(const struct expr_parser *p, const char *word)
{
	return p->now.kind == TOKEN_WORD && strlen(word) == p->now.len &&
		strncmp(p->text + p->now.at, word, p->now.len) == 0;
}

bool expr_is_sign(const struct expr_parser *p, const char *sign)
{
	return p->now.kind == TOKEN_SIGN && strlen(sign) == p->now.len &&
		strncmp(p->text + p->now.at, sign, p->now.len) == 0;
}

static void read_word(struct expr_parser *p)
{
	struct expr_token *t = &p->now;

	t->kind = TOKEN_WORD;
	while (is_word_part(p->text[t->at + t->len]))
		t->len++;
	if (expr_is_word(p, "and"))
		t->code = CODE_AND;
	else if (expr_is_word(p, "or"))
		t->code = CODE_OR;
}

/* The next token, into `now`. */
int expr_next(struct expr_parser *p)
{
	size_t at = p->now.at + p->now.len;

	while (p->text[at] == ' ' || p->text[at] == '\t' || p->text[at] == '\n' ||
		p->text[at] == '\r')
		at++;
	p->now = (struct expr_token){.kind = TOKEN_END, .at = at, .code = CODE_VALUE};
	if (!p->text[at])
		return 0;
	if (is_digit(p->text[at]) || p->text[at] == '.')
		return read_number(p);
	if (p->text[at] == '"' || p->text[at] == '\'')
		return read_quoted(p);
	if (!is_word_start(p->text[at]))
		return read_sign(p);
	read_word(p);
	return 0;
}
