/* range.c - "auto,0-48+8,1024-8192x2" to levels.
 *
 * An element that begins with a number followed by "-" is a range; one that is a number is a
 * number; anything else is a word, for the caller to judge ("8k" is a word: the caller knows the
 * option). */
#include "range.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"

#define SHOWN 60 /* of a piece in a message */

struct piece {
	const char *s;
	size_t len;
};

/* A number as written: integers stay exact beyond 2^53. */
struct number {
	bool is_int;
	int64_t i;
	double x;
};

static const char *shown(char dst[SHOWN], struct piece p)
{
	char *copy = xstrndup(p.s, p.len);

	err_quote(dst, SHOWN, copy);
	free(copy);
	return dst;
}

static struct piece trim(struct piece p)
{
	while (p.len && (*p.s == ' ' || *p.s == '\t'))
		p.s++, p.len--;
	while (p.len && (p.s[p.len - 1] == ' ' || p.s[p.len - 1] == '\t'))
		p.len--;
	return p;
}

static bool read_number(struct piece p, struct number *n)
{
	n->is_int = num_parse_int(p.s, p.len, &n->i);
	if (n->is_int)
		n->x = (double)n->i;
	return n->is_int || num_parse(p.s, p.len, &n->x);
}

/* How much of p's front a number may take: sign, digits, point, exponent. */
static size_t number_length(struct piece p)
{
	size_t at = p.len && (p.s[0] == '-' || p.s[0] == '+'), start = at;

	while (at < p.len && ((p.s[at] >= '0' && p.s[at] <= '9') || p.s[at] == '.'))
		at++;
	if (at == start)
		return 0;
	if (at < p.len && (p.s[at] == 'e' || p.s[at] == 'E')) {
		size_t digits =
			at + 1 + (at + 1 < p.len && (p.s[at + 1] == '-' || p.s[at + 1] == '+'));
		size_t end = digits;

		while (end < p.len && p.s[end] >= '0' && p.s[end] <= '9')
			end++;
		if (end > digits)
			return end;
	}
	return at;
}

static json_t *number_json(const struct number *n)
{
	return n->is_int ? json_integer(n->i) : jsonx_number(n->x == 0 ? 0 : n->x);
}

static int add(json_t *levels, json_t *value, struct err *e)
{
	if (json_array_size(levels) >= RANGE_MAX_LEVELS) {
		json_decref(value);
		return err_set(e, ERR_USAGE, "more than %d levels", RANGE_MAX_LEVELS);
	}
	if (json_array_append_new(levels, value))
		BUG("a JSON array does not grow");
	return 0;
}

/* The decimal of 15 digits nearest to v: 0.1 * 3 becomes 0.3.  Written and read back in one locale,
 * whichever that is. */
static double clean(double v)
{
	char text[NUM_TEXT];

	snprintf(text, sizeof(text), "%.15g", v);
	return strtod(text, NULL);
}

struct range {
	struct number from, to, step;
	bool multiply;
	struct piece text;
};

static int add_ints(json_t *levels, const struct range *r, struct err *e)
{
	int64_t v = r->from.i;

	while (v <= r->to.i) {
		if (add(levels, json_integer(v), e))
			return -1;
		if (r->multiply ? __builtin_mul_overflow(v, r->step.i, &v)
				: __builtin_add_overflow(v, r->step.i, &v))
			break;
	}
	return 0;
}

static int add_reals(json_t *levels, const struct range *r, struct err *e)
{
	double from = r->from.x, step = r->step.x, power = 1;

	for (int64_t i = 0;; i++) {
		double v = clean(r->multiply ? from * power : from + (double)i * step);

		if (!(v <= r->to.x))
			return 0;
		if (add(levels, jsonx_number(v), e))
			return -1;
		power *= step;
	}
}

static int check_range(const struct range *r, struct err *e)
{
	char text[SHOWN];

	shown(text, r->text);
	if (r->from.x > r->to.x) {
		err_set(e, ERR_USAGE, "the range \"%s\" runs backwards", text);
		return err_hint(
			e, "write the lower end first; the order of levels is drawn anyway");
	}
	if (r->multiply && (r->step.x <= 1 || r->from.x <= 0)) {
		err_set(e, ERR_USAGE, "the range \"%s\" never arrives", text);
		return err_hint(e, "start above 0 and multiply by more than 1, as in 1024-8192x2");
	}
	if (!r->multiply && r->step.x <= 0) {
		err_set(e, ERR_USAGE, "the range \"%s\" never arrives", text);
		return err_hint(e, "the step must be above 0, as in 0-48+8");
	}
	return 0;
}

static int expected_number(const char *after, struct piece got, struct err *e)
{
	char text[SHOWN];

	return err_set(e, ERR_USAGE, "expected a number after \"%s\", got \"%s\"", after,
		shown(text, got));
}

/* What follows the end of a range: "", "+8" or "x2". */
static int read_step(struct range *r, struct piece rest, struct err *e)
{
	char sign[2] = "", text[SHOWN];

	if (rest.len == 0) {
		r->step = (struct number){.is_int = true, .i = 1, .x = 1};
		if (r->from.is_int && r->to.is_int)
			return 0;
		err_set(e, ERR_USAGE, "the range \"%s\" has no step", shown(text, r->text));
		return err_hint(e, "write one, as in 0-1+0.1");
	}
	sign[0] = *rest.s;
	if (!strchr("+x*", sign[0]))
		return err_set(e, ERR_USAGE, "expected +STEP or xFACTOR after a range, got \"%s\"",
			shown(text, rest));
	r->multiply = sign[0] != '+';
	rest = trim((struct piece){rest.s + 1, rest.len - 1});
	if (!read_number(rest, &r->step))
		return expected_number(sign, rest, e);
	return 0;
}

/* `p` is FROM-TO, FROM-TO+STEP or FROM-TOxFACTOR; `dash` is the length of FROM. */
static int add_range(json_t *levels, struct piece p, size_t dash, struct err *e)
{
	struct range r = {.text = p};
	struct piece from = {p.s, dash},
		     after = trim((struct piece){p.s + dash + 1, p.len - dash - 1});
	size_t len = number_length(after);

	if (!read_number(trim(from), &r.from))
		return expected_number("", from, e);
	if (len == 0 || !read_number((struct piece){after.s, len}, &r.to) ||
		(len < after.len && !strchr("+x* ", after.s[len])))
		return expected_number("-", after, e);
	if (read_step(&r, trim((struct piece){after.s + len, after.len - len}), e) ||
		check_range(&r, e))
		return -1;
	if (r.from.is_int && r.to.is_int && r.step.is_int)
		return add_ints(levels, &r, e);
	return add_reals(levels, &r, e);
}

/* Whether p is NUMBER-..., and not a word such as "7b-instruct" or "3-fold". */
static bool is_range(struct piece p, size_t *dash)
{
	size_t at = number_length(p), next;

	while (at && at < p.len && p.s[at] == ' ')
		at++;
	*dash = at;
	if (at == 0 || at >= p.len || p.s[at] != '-')
		return false;
	for (next = at + 1; next < p.len && p.s[next] == ' ';)
		next++;
	return next == p.len || strchr("+-.0123456789", p.s[next]);
}

static int add_element(json_t *levels, struct piece p, struct err *e)
{
	struct number n;
	json_t *word;
	size_t dash;

	if (p.len == 0)
		return err_set(e, ERR_USAGE, "expected a value between the commas, got nothing");
	if (read_number(p, &n))
		return add(levels, number_json(&n), e);
	if (is_range(p, &dash))
		return add_range(levels, p, dash, e);
	if (p.len == 4 && memcmp(p.s, "true", 4) == 0)
		return add(levels, json_true(), e);
	if (p.len == 5 && memcmp(p.s, "false", 5) == 0)
		return add(levels, json_false(), e);
	word = json_stringn(p.s, p.len);
	if (!word)
		return err_set(e, ERR_USAGE, "expected text in UTF-8");
	return add(levels, word, e);
}

json_t *range_parse(const char *text, struct err *e)
{
	json_t *levels = json_array();
	const char *at = text;

	if (!levels)
		BUG("no memory for an empty array");
	if (trim((struct piece){text, strlen(text)}).len == 0) {
		err_set(e, ERR_USAGE, "expected a value, got nothing");
		json_decref(levels);
		return NULL;
	}
	for (;;) {
		size_t len = strcspn(at, ",");

		if (add_element(levels, trim((struct piece){at, len}), e)) {
			json_decref(levels);
			return NULL;
		}
		if (!at[len])
			return levels;
		at += len + 1;
	}
}
