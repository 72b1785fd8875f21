/* understand_values.c - numbers and other cells as people write them. */
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "compiler.h"
#include "num.h"
#include "understand_parts.h"

#define MOST_DIGITS  60
#define LONGEST_UNIT 24

/* A text that is being read. */
struct rest {
	const char *s;
	size_t len;
};

static void skip(struct rest *r, size_t n)
{
	r->s += n;
	r->len -= n;
}

static bool starts(const struct rest *r, const char *s)
{
	size_t n = strlen(s);

	return r->len >= n && memcmp(r->s, s, n) == 0;
}

static bool skip_over(struct rest *r, const char *s)
{
	if (!starts(r, s))
		return false;
	skip(r, strlen(s));
	return true;
}

/* Blanks, and what Markdown makes text bold with. */
static void skip_blanks(struct rest *r)
{
	while (r->len > 0 && (*r->s == ' ' || *r->s == '\t' || *r->s == '*' || *r->s == '`'))
		skip(r, 1);
	if (skip_over(r, "\xc2\xa0"))
		skip_blanks(r);
}

static void trim_end(struct rest *r)
{
	while (r->len > 0 && strchr(" \t*`", r->s[r->len - 1]) && r->s[r->len - 1])
		r->len--;
}

/* "about" signs before a number. */
static void skip_signs(struct rest *r)
{
	static const char *const signs[] = {"~", "\xe2\x89\x88", "\xc2\xb1", "+/-", "$"};

	for (size_t i = 0; i < COUNTOF(signs); i++) {
		if (skip_over(r, signs[i])) {
			skip_blanks(r);
			return;
		}
	}
}

/* Digits with thousands between commas: each group but the first of three digits, or of two but the
 * last ("22,80,000"). */
static bool groups_fit(const char *s, size_t len)
{
	size_t group = 0, groups = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && s[i] != ',') {
			group++;
			continue;
		}
		if (groups > 0 && (i == len ? group != 3 : group != 3 && group != 2))
			return false;
		if (groups == 0 && (group == 0 || group > 3))
			return false;
		groups++;
		group = 0;
	}
	return true;
}

/* The number at the start, as num_parse wants it; its length in the text, 0 none. */
static size_t digits_of(const struct rest *r, bool comma, char *out, size_t *n)
{
	size_t i = 0, from, point;

	*n = 0;
	if (starts(r, "\xe2\x88\x92")) {
		out[(*n)++] = '-';
		i = 3;
	} else if (r->len > 0 && (r->s[0] == '-' || r->s[0] == '+')) {
		if (r->s[0] == '-')
			out[(*n)++] = '-';
		i = 1;
	}
	from = i;
	while (i < r->len && i < MOST_DIGITS && (isdigit((unsigned char)r->s[i]) || r->s[i] == ','))
		i++;
	if (i > from && r->s[i - 1] == ',')
		i--;
	point = i;
	if (comma) {
		const char *at = memchr(r->s + from, ',', i - from);

		if (at && memchr(at + 1, ',', (size_t)(r->s + i - at) - 1))
			return 0;
	} else if (memchr(r->s + from, ',', i - from) && !groups_fit(r->s + from, i - from)) {
		return 0;
	}
	for (size_t k = from; k < i; k++) {
		if (r->s[k] != ',')
			out[(*n)++] = r->s[k];
		else if (comma)
			out[(*n)++] = '.';
	}
	if (i < r->len && r->s[i] == '.' && !(comma && memchr(r->s + from, ',', i - from))) {
		out[(*n)++] = '.';
		for (i++; i < r->len && i < MOST_DIGITS && isdigit((unsigned char)r->s[i]); i++)
			out[(*n)++] = r->s[i];
	}
	if (i == point && i == from)
		return 0;
	/* An exponent needs digits: "5e" of "5 em" is none. */
	if (i + 1 < r->len && (r->s[i] == 'e' || r->s[i] == 'E')) {
		size_t k = i + 1 + (r->s[i + 1] == '-' || r->s[i + 1] == '+'), first = k;

		while (k < r->len && k - i < 6 && isdigit((unsigned char)r->s[k]))
			k++;
		if (k > first) {
			memcpy(out + *n, r->s + i, k - i);
			*n += k - i;
			i = k;
		}
	}
	return i;
}

/* "± 0.3" behind a number. */
static void skip_deviation(struct rest *r, bool comma)
{
	char out[2 * MOST_DIGITS];
	struct rest at = *r;
	size_t n, used;

	skip_blanks(&at);
	if (!skip_over(&at, "\xc2\xb1") && !skip_over(&at, "+/-") && !skip_over(&at, "+-"))
		return;
	skip_blanks(&at);
	used = digits_of(&at, comma, out, &n);
	if (used == 0)
		return;
	skip(&at, used);
	*r = at;
}

/* What may stand behind a number and its unit without changing it: a remark in brackets, a sign. */
static bool is_remark(struct rest r)
{
	skip_blanks(&r);
	if (r.len == 0)
		return true;
	if (r.s[0] == '(' || r.s[0] == '[')
		return memchr(r.s, r.s[0] == '(' ? ')' : ']', r.len) != NULL;
	/* An emoji, a tick: bytes that are no ASCII, and then a remark perhaps. */
	while (r.len > 0 && (unsigned char)r.s[0] >= 0x80)
		skip(&r, 1);
	return r.len == 0 || ((r.s[0] == ' ' || r.s[0] == '(') && is_remark(r));
}

/* A unit at the start of what is behind a number: the longest run that is one. */
static bool unit_behind(struct rest r, struct unit *unit)
{
	*unit = unit_named("", 0);
	skip_blanks(&r);
	trim_end(&r);
	if (r.len > 0 && !isalpha((unsigned char)r.s[0]) && r.s[0] != '%' && r.s[0] != '1' &&
		(unsigned char)r.s[0] < 0x80)
		return is_remark(r);
	for (size_t end = r.len < LONGEST_UNIT ? r.len : LONGEST_UNIT; end > 0; end--) {
		if (end < r.len && isalnum((unsigned char)r.s[end]))
			continue;
		*unit = unit_named(r.s, end);
		if (unit->name[0] || (end == 1 && r.s[0] == 'x')) {
			skip(&r, end);
			break;
		}
	}
	return is_remark(r);
}

static bool number_of_text(struct rest r, bool comma, double *number, struct unit *unit)
{
	char out[2 * MOST_DIGITS];
	size_t used, n;

	skip_blanks(&r);
	trim_end(&r);
	skip_signs(&r);
	used = digits_of(&r, comma, out, &n);
	if (used == 0 || !num_parse(out, n, number))
		return false;
	skip(&r, used);
	skip_deviation(&r, comma);
	return unit_behind(r, unit);
}

bool cell_number(const struct grid_cell *c, bool comma, double *number, struct unit *unit)
{
	struct rest r = {c->s, c->len};

	*unit = (struct unit){"", UNIT_OTHER, 1};
	if (c->kind == GRID_NUMBER) {
		*number = c->number;
		return isfinite(c->number);
	}
	if (c->kind != GRID_TEXT || c->len == 0)
		return false;
	return num_parse(c->s, c->len, number) || number_of_text(r, comma, number, unit);
}

bool understand_number(const struct grid_cell *c, bool comma, double *number, struct unit *unit)
{
	return cell_number(c, comma, number, unit);
}

bool cell_empty(const struct grid_cell *c)
{
	static const char *const nothing[] = {"-", "--", "\xe2\x80\x94", "\xe2\x80\x93", "n/a",
		"na", "nan", "null", "none", "nil", "?", "missing", "unknown"};

	if (c->kind != GRID_TEXT)
		return c->kind == GRID_MISSING;
	if (c->len == 0)
		return true;
	if (isdigit((unsigned char)c->s[0]))
		return false;
	for (size_t i = 0; c->len <= 7 && i < COUNTOF(nothing); i++) {
		if (strlen(nothing[i]) == c->len && strncasecmp(nothing[i], c->s, c->len) == 0)
			return true;
	}
	return false;
}

bool cell_is_date(const struct grid_cell *c)
{
	size_t digits = 0, marks = 0;

	if (c->kind != GRID_TEXT || c->len < 6 || c->len > 40)
		return false;
	for (size_t i = 0; i < c->len; i++) {
		digits += isdigit((unsigned char)c->s[i]) != 0;
		marks += i > 0 && strchr("-:/.", c->s[i]) && isdigit((unsigned char)c->s[i - 1]);
	}
	return digits >= 4 && marks >= 2 && isdigit((unsigned char)c->s[0]) && 2 * digits >= c->len;
}

/* 1: a decimal comma for certain; -1: the point is one, or commas divide thousands; 0: neither. */
static int comma_of(const struct grid_cell *c)
{
	const char *comma, *end = c->s + c->len;
	size_t behind = 0;

	if (c->kind != GRID_TEXT || c->len == 0 || c->len > MOST_DIGITS ||
		!(isdigit((unsigned char)c->s[0]) || strchr("-+~", c->s[0])))
		return 0;
	comma = memchr(c->s, ',', c->len);
	if (!comma) {
		double number;
		const char *point = memchr(c->s, '.', c->len);

		return point && num_parse(c->s, c->len, &number) ? -1 : 0;
	}
	if (memchr(comma + 1, ',', (size_t)(end - comma) - 1) ||
		memchr(comma + 1, '.', (size_t)(end - comma) - 1))
		return -1;
	while (comma + 1 + behind < end && isdigit((unsigned char)comma[1 + behind]))
		behind++;
	if (behind == 0 || comma == c->s || !isdigit((unsigned char)comma[-1]))
		return 0;
	return behind != 3 || (comma == c->s + 1 && c->s[0] == '0') || comma > c->s + 4;
}

bool cells_have_commas(const struct seen *s)
{
	size_t commas = 0;

	if (s->g->form == GRID_JSON || s->g->form == GRID_JSONL)
		return false;
	for (size_t col = 0; col < s->g->ncols; col++) {
		const struct meaning *m = &s->u->column[col].meaning;

		if (m->part != PART_MEASURE && m->part != PART_LOAD && m->part != PART_SETTING)
			continue;
		for (size_t i = 0; i < seen_rows(s); i++) {
			int is = comma_of(grid_at(s->g, seen_row(s, i), col));

			if (is < 0)
				return false;
			commas += (size_t)is;
		}
	}
	return commas > 0;
}
