/* test_expr_random.c - conditions drawn at random: nothing crashes, and what is valid has the value
 * that its maker gave it. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "num.h"
#include "rng.h"
#include "str.h"

#define TEXTS       100000
#define EXPRESSIONS 30000

/* ---- any text ---- */

static void random_text(struct rng *r, struct str *out)
{
	static const char *const tokens[] = {"num_ctx", "a", "auto", "1", "0.5", "1e9", "1e", "8k",
		"(", ")", ",", "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "=", "==", "!=", "!",
		"&&", "||", "&", "|", "and", "or", "not", "in", "min", "max", "abs", "'x'", "\"y\"",
		"'", "\"", "\\", "\\'", ".", "..", ":", "$", "\x01", "\x7f", "é", "\xff",
		"\xc2\x85", "\t", "\n", "99999999999999999999999999", "-0", "()"};
	size_t n = rng_below(r, 30);

	str_reset(out);
	for (size_t i = 0; i < n; i++) {
		str_add(out, tokens[rng_below(r, COUNTOF(tokens))]);
		if (rng_below(r, 2))
			str_addc(out, ' ');
	}
}

static void test_random_texts(void **state)
{
	const struct expr_value values[1] = {{.kind = EXPR_NUMBER, .number = 4096}};
	struct str text = STR_INIT(STR_MAX_LINE);
	size_t valid = 0, refused = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 1, "expr texts");
	for (size_t i = 0; i < TEXTS; i++) {
		struct err e = ERR_INIT;
		struct expr *x;
		int is;

		random_text(&r, &text);
		if (expr_parse(text.s, &x, &e)) {
			assert_memory_equal(e.msg, "character ", 10);
			for (const char *c = e.hint; *c; c++)
				assert_true((unsigned char)*c >= 0x20);
			refused++;
			continue;
		}
		for (size_t w = 0; w < expr_words(x); w += 2)
			expr_bind(x, w, 0);
		is = expr_test(x, values);
		assert_in_range(is + 1, 0, 2);
		expr_free(x);
		valid++;
	}
	assert_in_range(valid, 1000, TEXTS);
	assert_in_range(refused, 1000, TEXTS);
	str_release(&text);
}

/* ---- valid ones, with the value known ---- */

/* A value as the maker knows it: NaN is missing; texts are told by number. */
struct made {
	bool is_text;
	int text;
	double number;
};

struct maker {
	struct rng r;
	struct str *out;
	struct made values[6];
};

static const char *const texts[] = {"auto", "x y", "é"};

static struct made num(double x)
{
	return (struct made){.number = isfinite(x) ? x : NAN};
}

static double as_number(struct made v)
{
	return v.is_text ? NAN : v.number;
}

/* Kleene's logic with 0, 1/2 and 1: and is min, or is max, not is 1 - x. */
static double as_truth(struct made v)
{
	double x = as_number(v);

	return isnan(x) ? 0.5 : x != 0;
}

static struct made from_truth(double t)
{
	return num(t == 0.5 ? NAN : t);
}

static double equality(struct made a, struct made b)
{
	if ((!a.is_text && isnan(a.number)) || (!b.is_text && isnan(b.number)))
		return 0.5;
	if (a.is_text != b.is_text)
		return 0;
	return a.is_text ? a.text == b.text : a.number == b.number;
}

static struct made make(struct maker *m, int depth);

static struct made make_leaf(struct maker *m)
{
	static const char *const names[] = {"v0", "v1", "v2", "v3", "v4", "v5"};
	char number[NUM_TEXT];
	double x;
	size_t v;

	switch (rng_below(&m->r, 3)) {
	case 0:
		x = (double)rng_below(&m->r, 7) / 2;
		str_add(m->out, num_text(number, x));
		return num(x);
	case 1:
		v = rng_below(&m->r, COUNTOF(texts));
		str_addf(m->out, "'%s'", texts[v]);
		return (struct made){.is_text = true, .text = (int)v};
	default:
		v = rng_below(&m->r, COUNTOF(names));
		str_add(m->out, names[v]);
		return m->values[v];
	}
}

static struct made in_brackets(struct maker *m, int depth)
{
	struct made v;

	str_addc(m->out, '(');
	v = make(m, depth);
	str_addc(m->out, ')');
	return v;
}

static struct made make_list(struct maker *m, int depth)
{
	bool negated = rng_below(&m->r, 2);
	size_t n = 1 + rng_below(&m->r, 3);
	struct made needle = in_brackets(m, depth);
	double found = 0;

	str_add(m->out, negated ? " not in (" : " in (");
	for (size_t i = 0; i < n; i++) {
		if (i)
			str_add(m->out, ", ");
		found = fmax(found, equality(needle, in_brackets(m, depth)));
	}
	str_addc(m->out, ')');
	return from_truth(negated ? 1 - found : found);
}

static struct made make_call(struct maker *m, int depth)
{
	bool least = rng_below(&m->r, 2);
	size_t n = 1 + rng_below(&m->r, 3);
	double x = NAN;

	str_add(m->out, least ? "min(" : "max(");
	for (size_t i = 0; i < n; i++) {
		struct made v;
		double y;

		if (i)
			str_add(m->out, ", ");
		v = make(m, depth);
		if (n == 1) {
			str_addc(m->out, ')');
			return v;
		}
		y = as_number(v);
		x = i == 0 ? y : isnan(x) || isnan(y) ? NAN : least ? fmin(x, y) : fmax(x, y);
	}
	str_addc(m->out, ')');
	return num(x);
}

static double ordered(size_t op, double a, double b)
{
	if (isnan(a) || isnan(b))
		return 0.5;
	return op == 0 ? a < b : op == 1 ? a <= b : op == 2 ? a > b : a >= b;
}

static struct made apply(size_t op, struct made a, struct made b)
{
	double x = as_number(a), y = as_number(b);

	switch (op) {
	case 0:
		return num(x + y);
	case 1:
		return num(x - y);
	case 2:
		return num(x * y);
	case 3:
		return num(y == 0 ? NAN : x / y);
	case 4:
		return num(y == 0 ? NAN : fmod(x, y));
	case 5:
	case 6:
	case 7:
	case 8:
		return from_truth(ordered(op - 5, x, y));
	case 9:
		return from_truth(equality(a, b));
	case 10:
		return from_truth(1 - equality(a, b));
	case 11:
		return from_truth(fmin(as_truth(a), as_truth(b)));
	default:
		return from_truth(fmax(as_truth(a), as_truth(b)));
	}
}

static struct made make_binary(struct maker *m, int depth)
{
	static const char *const ops[] = {
		"+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or"};
	size_t op = rng_below(&m->r, COUNTOF(ops));
	struct made a = in_brackets(m, depth);

	str_addf(m->out, " %s ", ops[op]);
	return apply(op, a, in_brackets(m, depth));
}

static struct made make_unary(struct maker *m, int depth)
{
	bool minus = rng_below(&m->r, 2);
	struct made v;

	str_add(m->out, minus ? "-" : "not ");
	v = in_brackets(m, depth);
	return minus ? num(-as_number(v)) : from_truth(1 - as_truth(v));
}

static struct made make(struct maker *m, int depth)
{
	if (depth == 0)
		return make_leaf(m);
	switch (rng_below(&m->r, 6)) {
	case 0:
		return make_leaf(m);
	case 1:
		return make_list(m, depth - 1);
	case 2:
		return make_call(m, depth - 1);
	case 3:
		return make_unary(m, depth - 1);
	default:
		return make_binary(m, depth - 1);
	}
}

static struct expr_value as_expr(struct made v)
{
	if (v.is_text)
		return (struct expr_value){.kind = EXPR_TEXT, .text = texts[v.text]};
	if (isnan(v.number))
		return (struct expr_value){.kind = EXPR_MISSING};
	return (struct expr_value){.kind = EXPR_NUMBER, .number = v.number};
}

static void check_one(struct maker *m)
{
	struct expr_value values[COUNTOF(m->values)], got, wanted;
	struct err e = ERR_INIT;
	struct expr *x;

	str_reset(m->out);
	wanted = as_expr(make(m, 4));
	if (m->out->len > EXPR_MAX_TEXT)
		return;
	if (expr_parse(m->out->s, &x, &e))
		fail_msg("%s: %s", m->out->s, e.msg);
	for (size_t v = 0; v < COUNTOF(values); v++)
		values[v] = as_expr(m->values[v]);
	for (size_t w = 0; w < expr_words(x); w++)
		expr_bind(x, w, (size_t)(expr_word(x, w)[1] - '0'));
	got = expr_eval(x, values);
	if (got.kind != wanted.kind || (got.kind == EXPR_NUMBER && got.number != wanted.number) ||
		(got.kind == EXPR_TEXT && strcmp(got.text, wanted.text) != 0))
		fail_msg("%s: got %d %g, wanted %d %g", m->out->s, (int)got.kind, got.number,
			(int)wanted.kind, wanted.number);
	expr_free(x);
}

static void test_random_expressions(void **state)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	struct maker m = {.out = &text};

	(void)state;
	rng_init(&m.r, 2, "expr values");
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		for (size_t v = 0; v < COUNTOF(m.values); v++) {
			m.values[v] = num((double)rng_below(&m.r, 7) / 2);
			if (v == 4)
				m.values[v].number = NAN;
			if (v == 5)
				m.values[v] = (struct made){
					.is_text = true, .text = (int)rng_below(&m.r, 3)};
		}
		check_one(&m);
	}
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_random_expressions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
