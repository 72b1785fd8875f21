/* chart_series_rows.c - the subjects of a corpus in the order of a quantity, and what their
 * pictures share. */
#include "chart_series_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "gnuplot.h"
#include "num.h"

#define MOST_NAME 26 /* characters */

const struct chart_measure *series_measure_of(const struct chart_subject *s, const char *quantity)
{
	for (size_t i = 0; i < s->nmeasures; i++)
		if (strcmp(s->measure[i].quantity, quantity) == 0 &&
			isfinite(s->measure[i].warm.mean))
			return &s->measure[i];
	return NULL;
}

static int by_key(const void *a, const void *b)
{
	const struct series_row *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return strcmp(x->s->name, y->s->name);
}

static bool all_failed(const struct chart_subject *s)
{
	return s->n == 0 && s->failed > 0;
}

void series_collect_of(const struct chart_subject *list, size_t n, const char *quantity,
	bool with_failed, struct series *t)
{
	*t = (struct series){.lo = INFINITY, .hi = -INFINITY};
	t->v = xcalloc(n + 1, sizeof(*t->v));
	for (size_t i = 0; i < n; i++) {
		const struct chart_subject *s = &list[i];
		const struct chart_measure *m = series_measure_of(s, quantity);

		if (!m && !(with_failed && all_failed(s)))
			continue;
		t->v[t->n++] = (struct series_row){.s = s,
			.m = m,
			.key = !m               ? INFINITY
				: m->better > 0 ? -m->warm.mean
						: m->warm.mean};
	}
	qsort(t->v, t->n, sizeof(*t->v), by_key);
	t->of = t->n ? t->v[0].m : NULL;
	t->drawn = t->n < SERIES_DRAWN ? t->n : SERIES_DRAWN;
	t->beyond = t->n - t->drawn;
	for (size_t i = 0; i < t->drawn; i++)
		t->failed += !t->v[i].m;
}

void series_collect(
	const struct chart_data *d, const char *quantity, bool with_failed, struct series *t)
{
	series_collect_of(d->subjects, d->nsubjects, quantity, with_failed, t);
}

void series_release(struct series *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].shown);
	free(t->v);
}

/* Four bytes begin at 0xf0: emoji and what else lies there. */
static bool may_lack_glyph(const unsigned char *s)
{
	bool is_private = (s[0] == 0xee) || (s[0] == 0xef && s[1] < 0xa4);
	bool selects_variant = s[0] == 0xef && s[1] == 0xb8 && s[2] < 0x90;

	return s[0] >= 0xf0 || is_private || selects_variant;
}

/* Spaces of no width, and marks that turn the direction of a text: U+200B to U+200F, U+2028 to
 * U+202E, U+2060 to U+206F, U+FEFF. */
static bool is_unseen(const unsigned char *s)
{
	if (s[0] == 0xe2 && s[1] == 0x80)
		return (s[2] >= 0x8b && s[2] <= 0x8f) || (s[2] >= 0xa8 && s[2] <= 0xae);
	return (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xaf) ||
		(s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf);
}

/* A name, which is UTF-8, as it can be drawn.  A character that no font has becomes a box larger
 * than the picture in the PNG, so those that fonts tend to lack are a question mark. */
static void drawable(struct str *out, const char *name)
{
	const unsigned char *s = (const unsigned char *)name;

	while (*s) {
		size_t len = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

		if (strnlen((const char *)s, len) < len)
			return;
		if (*s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0))
			str_addc(out, ' ');
		else if (len > 2 && may_lack_glyph(s))
			str_addc(out, '?');
		else if (len < 3 || !is_unseen(s))
			str_addn(out, (const char *)s, len);
		s += len;
	}
}

static char *shown_name(const char *name, size_t place, size_t most)
{
	struct str whole = STR_INIT(1 << 20), shown = STR_INIT(4096);

	drawable(&whole, name);
	if (place)
		str_addf(&shown, "%zu. ", place);
	chart_short(&shown, whole.s, most);
	str_release(&whole);
	return str_take(&shown);
}

void series_name_rows(struct series *t)
{
	bool same = false;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < t->drawn; i++) {
			free(t->v[i].shown);
			t->v[i].shown = shown_name(t->v[i].s->name, same ? i + 1 : 0,
				same ? MOST_NAME - 4 : MOST_NAME);
		}
		for (size_t i = 0; i < t->drawn; i++)
			for (size_t k = 0; k < i; k++)
				same = same || strcmp(t->v[i].shown, t->v[k].shown) == 0;
		if (!same)
			return;
	}
}

void series_stretch(struct series *t, double x)
{
	if (isfinite(x)) {
		t->lo = fmin(t->lo, x);
		t->hi = fmax(t->hi, x);
	}
}

double series_low_end(const struct chart_figure *f)
{
	return f->min > 0 && f->low < f->min ? f->min : f->low;
}

bool series_any(const struct series *t, bool (*has)(const struct chart_figure *))
{
	for (size_t i = 0; i < t->drawn; i++)
		if (t->v[i].m &&
			(has(&t->v[i].m->warm) || (t->v[i].other && has(&t->v[i].other->warm))))
			return true;
	return false;
}

bool series_has_bar(const struct chart_figure *f)
{
	return f->high > f->low;
}

bool series_has_range(const struct chart_figure *f)
{
	return f->max > f->min;
}

bool series_is_cut(const struct chart_figure *f)
{
	return series_low_end(f) > f->low;
}

bool series_any_cold(const struct series *t)
{
	for (size_t i = 0; i < t->drawn; i++)
		if (t->v[i].m && t->v[i].s->cold > 0)
			return true;
	return false;
}

void series_numbers(struct str *dat, const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		gnuplot_number(dat, v[i]);
		str_addc(dat, '\t');
	}
}

void series_add_ends(struct str *dat, const struct chart_figure *f)
{
	bool given = isfinite(f->high);
	const double v[] = {
		f->mean, given ? series_low_end(f) : f->mean, given ? f->high : f->mean};

	series_numbers(dat, v, 3);
}

void series_axis_name(struct chart *c, char axis, const struct chart_measure *m)
{
	struct str text = STR_INIT(4096);

	str_add(&text, m->label);
	if (m->unit[0])
		str_addf(&text, " (%s)", m->unit);
	str_addf(&c->gp, "set %clabel ", axis);
	gnuplot_text(&c->gp, text.s);
	str_addc(&c->gp, '\n');
	str_release(&text);
}

void series_noun(struct str *out, const struct chart_measure *m)
{
	bool word = m->label[0] >= 'A' && m->label[0] <= 'Z' &&
		!(m->label[1] >= 'A' && m->label[1] <= 'Z');

	if (word)
		str_addc(out, (char)(m->label[0] - 'A' + 'a'));
	str_add(out, m->label + word);
}

static struct chart_value value_of(const struct chart_figure *f)
{
	return (struct chart_value){f->mean, f->low, f->high};
}

void series_add_value(struct str *out, const struct chart_measure *m, const struct chart_figure *f)
{
	struct chart_value v = value_of(f);
	char text[NUM_TEXT];

	str_addf(out, "%s%s%s", chart_estimate(text, &v), m->unit[0] ? " " : "", m->unit);
}

void series_say_rest(const struct series *t, struct chart *c)
{
	if (t->failed > 0)
		str_addf(&c->caption, " Hatched: %zu subject%s of which every row failed.",
			t->failed, chart_plural((double)t->failed));
	if (t->beyond > 0)
		str_addf(&c->caption, " Not drawn: %zu more subject%s, which summary.json has.",
			t->beyond, chart_plural((double)t->beyond));
}

void series_count_rows(const struct series *t, struct chart *c, bool all)
{
	for (size_t i = 0; i < t->drawn; i++)
		if (t->v[i].m)
			c->n += all ? t->v[i].m->all.n : t->v[i].m->warm.n;
}
