/* expr.c - the value of a condition: three-valued logic over a stack. */
#include "expr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "expr_parts.h"
#include "num.h"

static const struct expr_value missing = {.kind = EXPR_MISSING};

void expr_free(struct expr *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->nwords; i++) {
		free(x->words[i].name);
		free(x->words[i].fixed_text);
	}
	free(x->words);
	free(x->ops);
	free(x->pool);
	free(x);
}

/* ---- words ---- */

size_t expr_words(const struct expr *x)
{
	return x->nwords;
}

static struct expr_word *word_at(const struct expr *x, size_t word)
{
	if (word >= x->nwords)
		BUG("word %zu of %zu", word, x->nwords);
	return &x->words[word];
}

const char *expr_word(const struct expr *x, size_t word)
{
	return word_at(x, word)->name;
}

size_t expr_word_place(const struct expr *x, size_t word)
{
	return word_at(x, word)->place;
}

void expr_bind(struct expr *x, size_t word, size_t value)
{
	struct expr_word *w = word_at(x, word);

	w->is = WORD_BOUND;
	w->bound = value;
}

void expr_fix(struct expr *x, size_t word, struct expr_value value)
{
	struct expr_word *w = word_at(x, word);

	free(w->fixed_text);
	w->fixed_text = value.kind == EXPR_TEXT ? xstrdup(value.text) : NULL;
	w->is = WORD_FIXED;
	w->fixed = w->fixed_text ? expr_text_value(w->fixed_text) : value;
}

struct expr_value expr_text_value(const char *text)
{
	struct expr_value v = {.kind = EXPR_TEXT, .text = text};

	/* Most texts begin with a letter, and this is asked for every cell. */
	if (((*text >= '0' && *text <= '9') || *text == '-' || *text == '+' || *text == '.') &&
		num_parse(text, strlen(text), &v.number))
		v = (struct expr_value){.kind = EXPR_NUMBER, .number = v.number};
	return v;
}

static struct expr_value word_value(const struct expr_word *w, const struct expr_value *values)
{
	switch (w->is) {
	case WORD_TEXT:
		return (struct expr_value){.kind = EXPR_TEXT, .text = w->name};
	case WORD_FIXED:
		return w->fixed;
	case WORD_BOUND:
		break;
	}
	if (values[w->bound].kind == EXPR_TEXT)
		return expr_text_value(values[w->bound].text);
	return values[w->bound];
}

/* ---- operations ---- */

static struct expr_value number(double x)
{
	if (!isfinite(x))
		return missing;
	return (struct expr_value){.kind = EXPR_NUMBER, .number = x};
}

/* 1, 0, or -1 for what cannot be told: a number is true unless it is 0, a text is neither. */
static int truth(struct expr_value v)
{
	return v.kind == EXPR_NUMBER ? v.number != 0 : -1;
}

static struct expr_value from_truth(int t)
{
	return t < 0 ? missing : number(t);
}

static int negated(int t)
{
	return t < 0 ? t : !t;
}

static int and_of(int a, int b)
{
	if (a == 0 || b == 0)
		return 0;
	return a < 0 || b < 0 ? -1 : 1;
}

static int or_of(int a, int b)
{
	return negated(and_of(negated(a), negated(b)));
}

/* A number and a text are not equal; with what is missing it cannot be told. */
static int equal(struct expr_value a, struct expr_value b)
{
	if (a.kind == EXPR_MISSING || b.kind == EXPR_MISSING)
		return -1;
	if (a.kind != b.kind)
		return 0;
	if (a.kind == EXPR_NUMBER)
		return a.number == b.number;
	return a.text && b.text && strcmp(a.text, b.text) == 0;
}

static struct expr_value arithmetic(enum expr_code code, double a, double b)
{
	switch (code) {
	case CODE_MUL:
		return number(a * b);
	case CODE_DIV:
		return b == 0 ? missing : number(a / b);
	case CODE_MOD:
		return b == 0 ? missing : number(fmod(a, b));
	case CODE_ADD:
		return number(a + b);
	case CODE_SUB:
		return number(a - b);
	case CODE_MIN:
		return number(a < b ? a : b);
	case CODE_MAX:
		return number(a > b ? a : b);
	case CODE_LT:
		return number(a < b);
	case CODE_LE:
		return number(a <= b);
	case CODE_GT:
		return number(a > b);
	case CODE_GE:
		return number(a >= b);
	default:
		BUG("operation %d", (int)code);
	}
}

static struct expr_value binary(enum expr_code code, struct expr_value a, struct expr_value b)
{
	switch (code) {
	case CODE_EQ:
		return from_truth(equal(a, b));
	case CODE_NE:
		return from_truth(negated(equal(a, b)));
	case CODE_AND:
		return from_truth(and_of(truth(a), truth(b)));
	case CODE_OR:
		return from_truth(or_of(truth(a), truth(b)));
	default:
		if (a.kind != EXPR_NUMBER || b.kind != EXPR_NUMBER)
			return missing;
		return arithmetic(code, a.number, b.number);
	}
}

static struct expr_value unary(enum expr_code code, struct expr_value a)
{
	if (code == CODE_NOT)
		return from_truth(negated(truth(a)));
	if (a.kind != EXPR_NUMBER)
		return missing;
	return number(code == CODE_ABS ? fabs(a.number) : -a.number);
}

struct expr_value expr_eval(const struct expr *x, const struct expr_value *values)
{
	struct expr_value stack[EXPR_MAX_STACK];
	size_t n = 0;

	stack[0] = missing;
	for (const struct expr_op *op = x->ops; op < x->ops + x->nops; op++) {
		switch (op->code) {
		case CODE_VALUE:
			stack[n++] = op->value;
			break;
		case CODE_WORD:
			stack[n++] = word_value(&x->words[op->word], values);
			break;
		case CODE_NEGATE:
		case CODE_NOT:
		case CODE_ABS:
			stack[n - 1] = unary(op->code, stack[n - 1]);
			break;
		case CODE_IN:
			n--;
			stack[n - 1] = from_truth(
				or_of(truth(stack[n - 1]), equal(stack[n - 2], stack[n])));
			break;
		case CODE_IN_END:
			n--;
			stack[n - 1] = stack[n];
			break;
		default:
			n--;
			stack[n - 1] = binary(op->code, stack[n - 1], stack[n]);
		}
	}
	return stack[0];
}

int expr_test(const struct expr *x, const struct expr_value *values)
{
	return truth(expr_eval(x, values));
}
