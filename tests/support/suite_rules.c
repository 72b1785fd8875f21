/* suite_rules.c - a table of verbs. */
#include "suite_rules.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "expr.h"
#include "num.h"

#define MAX_WORDS 40

struct rule {
	char text[200];   /* cut into words */
	const char *rest; /* all after the verb */
	char *w[MAX_WORDS];
	size_t n;
	double x[MAX_WORDS]; /* the words as numbers, NaN where they are none */
	struct str *out;
};

static void add_number(struct rule *r, double x)
{
	char text[NUM_TEXT];

	str_add(r->out, num_text(text, x));
}

static void add_yes(struct rule *r, bool yes)
{
	str_add(r->out, yes ? "yes" : "no");
}

/* ---- counting ---- */

static void letters(struct rule *r)
{
	add_number(r, (double)strlen(r->w[0]));
}

static void count(struct rule *r)
{
	size_t n = 0;

	for (const char *c = r->w[1]; *c; c++)
		n += *c == *r->w[0];
	add_number(r, (double)n);
}

static bool is_vowel(char c)
{
	return strchr("aeiou", c) != NULL;
}

static void vowels(struct rule *r)
{
	size_t n = 0;

	for (const char *c = r->w[0]; *c; c++)
		n += is_vowel(*c);
	add_number(r, (double)n);
}

static void words(struct rule *r)
{
	add_number(r, (double)r->n);
}

static void items(struct rule *r)
{
	size_t n = 1;

	for (const char *c = r->rest; *c; c++)
		n += *c == ',';
	add_number(r, (double)n);
}

/* ---- order ---- */

static int compare_numbers(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
		(*(const double *)a < *(const double *)b);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void smallest(struct rule *r)
{
	qsort(r->x, r->n, sizeof(*r->x), compare_numbers);
	add_number(r, r->x[0]);
}

static void largest(struct rule *r)
{
	qsort(r->x, r->n, sizeof(*r->x), compare_numbers);
	add_number(r, r->x[r->n - 1]);
}

static void rising(struct rule *r)
{
	qsort(r->x, r->n, sizeof(*r->x), compare_numbers);
	for (size_t i = 0; i < r->n; i++) {
		str_add(r->out, i ? ", " : "");
		add_number(r, r->x[i]);
	}
}

static void falling(struct rule *r)
{
	qsort(r->x, r->n, sizeof(*r->x), compare_numbers);
	for (size_t i = r->n; i-- > 0;) {
		add_number(r, r->x[i]);
		str_add(r->out, i ? ", " : "");
	}
}

static void first(struct rule *r)
{
	qsort(r->w, r->n, sizeof(*r->w), compare_words);
	str_add(r->out, r->w[0]);
}

static void last(struct rule *r)
{
	qsort(r->w, r->n, sizeof(*r->w), compare_words);
	str_add(r->out, r->w[r->n - 1]);
}

/* ---- texts ---- */

static void map(struct rule *r, int (*fn)(int))
{
	for (const char *c = r->w[0]; *c; c++)
		str_addc(r->out, (char)fn((unsigned char)*c));
}

static void upper(struct rule *r)
{
	map(r, toupper);
}

static void lower(struct rule *r)
{
	map(r, tolower);
}

static void letter(struct rule *r)
{
	long n = lround(r->x[0]);

	str_addc(r->out, r->w[1][n > 0 ? n - 1 : (long)strlen(r->w[1]) + n]);
}

static void join(struct rule *r)
{
	for (size_t i = 0; i < r->n; i++)
		str_add(r->out, r->w[i]);
}

static void repeat(struct rule *r)
{
	for (long i = 0; i < lround(r->x[0]); i++)
		str_addf(r->out, "%s%s", i ? " " : "", r->w[1]);
}

static void reverse(struct rule *r)
{
	for (size_t i = strlen(r->w[0]); i-- > 0;)
		str_addc(r->out, r->w[0][i]);
}

static void without(struct rule *r)
{
	for (const char *c = r->w[1]; *c; c++) {
		if (*c != *r->w[0])
			str_addc(r->out, *c);
	}
}

static void consonants(struct rule *r)
{
	for (const char *c = r->w[0]; *c; c++) {
		if (!is_vowel(*c))
			str_addc(r->out, *c);
	}
}

static void replace(struct rule *r)
{
	for (const char *c = r->w[2]; *c; c++)
		str_addc(r->out, *c == *r->w[0] ? *r->w[1] : *c);
}

static void initials(struct rule *r)
{
	for (size_t i = 0; i < r->n; i++)
		str_addc(r->out, *r->w[i]);
}

static void prefix(struct rule *r)
{
	str_addn(r->out, r->w[1], (size_t)lround(r->x[0]));
}

static void suffix(struct rule *r)
{
	str_add(r->out, r->w[1] + strlen(r->w[1]) - lround(r->x[0]));
}

static int compare_letters(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

static void sort(struct rule *r)
{
	qsort(r->w[0], strlen(r->w[0]), 1, compare_letters);
	str_add(r->out, r->w[0]);
}

static void opposite(struct rule *r)
{
	for (size_t i = r->n; i-- > 0;)
		str_addf(r->out, "%s%s", r->w[i], i ? " " : "");
}

/* ---- days ---- */

static void step_in(struct rule *r, const char *const *names, long n)
{
	long at = 0;

	while (at < n && strcmp(names[at], r->w[0]) != 0)
		at++;
	if (at == n)
		BUG("no such name: %s", r->w[0]);
	str_add(r->out, names[((at + lround(r->x[1])) % n + n) % n]);
}

static void weekday(struct rule *r)
{
	static const char *const names[] = {
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

	step_in(r, names, COUNTOF(names));
}

static void month(struct rule *r)
{
	static const char *const names[] = {"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"};

	step_in(r, names, COUNTOF(names));
}

/* Days since the first of March of the year 0, by the rule of the Gregorian calendar. */
static long day_number(long y, long m, long d)
{
	y -= m <= 2;
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
}

static long date_of(const char *text)
{
	long y, m, d = 1;

	if (sscanf(text, "%ld-%ld-%ld", &y, &m, &d) < 2)
		BUG("no date: %s", text);
	return day_number(y, m, d);
}

static void between(struct rule *r)
{
	add_number(r, (double)(date_of(r->w[1]) - date_of(r->w[0])));
}

static void days(struct rule *r)
{
	long y, m;

	if (sscanf(r->w[0], "%ld-%ld", &y, &m) != 2)
		BUG("no month: %s", r->w[0]);
	add_number(r, (double)(day_number(y + m / 12, m % 12 + 1, 1) - day_number(y, m, 1)));
}

static void leap(struct rule *r)
{
	long y = lround(r->x[0]);

	add_yes(r, day_number(y, 3, 1) - day_number(y, 2, 1) == 29);
}

static void clock_time(struct rule *r)
{
	int h, m;

	if (sscanf(r->w[0], "%d:%d", &h, &m) != 2)
		BUG("no time: %s", r->w[0]);
	m += h * 60 + (int)lround(r->x[1]);
	str_addf(r->out, "%02d:%02d", m / 60 % 24, m % 60);
}

/* ---- numbers ---- */

/* Whether x[i] - 2 x[i-1] ... is as one kind of sequence has it; the next of it. */
static void next(struct rule *r)
{
	const double *x = r->x;
	size_t n = r->n;
	bool sums = n > 3, squares = true, line = true, powers = true;

	for (size_t i = 0; i < n; i++) {
		squares = squares && x[i] == (double)((i + 1) * (i + 1));
		line = line && (i < 2 || x[i] - x[i - 1] == x[1] - x[0]);
		powers = powers && (i < 2 || x[i] * x[0] == x[i - 1] * x[1]);
		sums = sums && (i < 2 || x[i] == x[i - 1] + x[i - 2]);
	}
	add_number(r,
		line              ? x[n - 1] + x[1] - x[0]
			: powers  ? x[n - 1] * x[1] / x[0]
			: sums    ? x[n - 1] + x[n - 2]
			: squares ? (double)((n + 1) * (n + 1))
				  : NAN);
}

static void roman(struct rule *r)
{
	static const struct {
		long n;
		const char *text;
	} signs[] = {{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}};
	long n = lround(r->x[0]);

	for (size_t i = 0; i < COUNTOF(signs); i++) {
		for (; n >= signs[i].n; n -= signs[i].n)
			str_add(r->out, signs[i].text);
	}
}

static void binary(struct rule *r)
{
	long n = lround(r->x[0]), bit = 1;

	while (bit * 2 <= n)
		bit *= 2;
	for (; bit; bit /= 2)
		str_addc(r->out, n & bit ? '1' : '0');
}

static void expression(struct rule *r, bool condition)
{
	struct err e = ERR_INIT;
	struct expr *x;
	struct expr_value v;

	if (expr_parse(r->rest, &x, &e))
		BUG("%s: %s", r->rest, e.msg);
	v = expr_eval(x, NULL);
	if (v.kind != EXPR_NUMBER)
		BUG("%s: is no number", r->rest);
	if (condition)
		add_yes(r, v.number != 0);
	else
		add_number(r, round(v.number * 1e9) / 1e9);
	expr_free(x);
}

static const struct {
	const char *verb;
	size_t least; /* words after it */
	void (*fn)(struct rule *r);
} verbs[] = {{"letters", 1, letters}, {"count", 2, count}, {"vowels", 1, vowels},
	{"words", 1, words}, {"items", 1, items}, {"smallest", 1, smallest},
	{"largest", 1, largest}, {"rising", 1, rising}, {"falling", 1, falling},
	{"first", 1, first}, {"last", 1, last}, {"upper", 1, upper}, {"lower", 1, lower},
	{"letter", 2, letter}, {"join", 1, join}, {"repeat", 2, repeat}, {"reverse", 1, reverse},
	{"without", 2, without}, {"consonants", 1, consonants}, {"replace", 3, replace},
	{"initials", 1, initials}, {"prefix", 2, prefix}, {"suffix", 2, suffix}, {"sort", 1, sort},
	{"opposite", 1, opposite}, {"weekday", 2, weekday}, {"month", 2, month},
	{"between", 2, between}, {"days", 1, days}, {"leap", 1, leap}, {"clock", 2, clock_time},
	{"next", 3, next}, {"roman", 1, roman}, {"binary", 1, binary}};

static void cut(struct rule *r)
{
	char *save = NULL;

	for (char *w = strtok_r(r->text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (r->n == MAX_WORDS)
			BUG("a rule of more than %d words", MAX_WORDS);
		r->x[r->n] = NAN;
		num_parse(w + (*w == '+'), strlen(w + (*w == '+')), &r->x[r->n]);
		r->w[r->n++] = w;
	}
}

bool suite_rule(const char *rule, struct str *answer)
{
	size_t verb = strcspn(rule, " ");
	struct rule r = {.rest = rule + verb + (rule[verb] == ' '), .out = answer};

	if (strlen(r.rest) >= sizeof(r.text))
		return false;
	if (strncmp(rule, "= ", 2) == 0 || strncmp(rule, "? ", 2) == 0) {
		expression(&r, *rule == '?');
		return true;
	}
	strcpy(r.text, r.rest);
	cut(&r);
	for (size_t i = 0; i < COUNTOF(verbs); i++) {
		if (strlen(verbs[i].verb) == verb && strncmp(verbs[i].verb, rule, verb) == 0 &&
			r.n >= verbs[i].least) {
			verbs[i].fn(&r);
			return true;
		}
	}
	return false;
}
