/* insight_swapped.c - figures that another file has under another name: a "latency" of 46.57 where
 * the rates of a second report are 46.57 and rows bear that one out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_told.h"

#define TELLING 2e-3 /* a figure is recognised by as many digits */
#define NEAR    1e-6

/* Seconds that were taken as milliseconds, and the other way round, are found too. */
static const double scales[] = {1, 1e3, 1e-3};

struct entry {
	uint32_t subject, told;
	double value;
};

static int by_value(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->subject != y->subject)
		return x->subject < y->subject ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->told < y->told ? -1 : x->told > y->told;
}

static bool is_central(const struct corpus_told *t)
{
	return t->stat == STAT_VALUE || t->stat == STAT_MEAN || t->stat == STAT_P50;
}

/* Times and rates are what stands under each other's names. */
static bool is_time_or_rate(const struct corpus_told *t)
{
	enum unit_kind kind = unit_named(t->unit, strlen(t->unit)).kind;

	return kind == UNIT_TIME || kind == UNIT_RATE;
}

/* Figures that rows bear out, by subject and value. */
static size_t list_sound(const struct insight *in, struct entry *list)
{
	size_t n = 0;

	for (uint32_t i = 0; i < in->corpus->ntold; i++) {
		const struct insight_told *t = &in->told[i];

		if ((t->verdict == TOLD_AGREES || t->verdict == TOLD_POSSIBLE) &&
			t->subject != CORPUS_NONE && is_central(t->of) && is_time_or_rate(t->of))
			list[n++] = (struct entry){t->subject, i, t->of->value};
	}
	if (n)
		qsort(list, n, sizeof(*list), by_value);
	return n;
}

/* The first that is not before subject and value. */
static size_t lower(const struct entry *list, size_t n, uint32_t subject, double value)
{
	const struct entry key = {.subject = subject, .value = value};
	size_t from = 0, end = n;

	while (from < end) {
		size_t middle = from + (end - from) / 2;

		if (by_value(&list[middle], &key) < 0)
			from = middle + 1;
		else
			end = middle;
	}
	return from;
}

/* A sound figure of another quantity in another file that is the same number; CORPUS_NONE. */
static uint32_t same_number(
	const struct insight *in, const struct entry *list, size_t n, const struct insight_told *t)
{
	for (size_t s = 0; s < COUNTOF(scales); s++) {
		double value = t->of->value * scales[s];
		double tol = t->of->precision * scales[s] + NEAR * fabs(value);
		size_t at = lower(list, n, t->subject, value - tol);

		for (; at < n && list[at].subject == t->subject && list[at].value <= value + tol;
			at++) {
			const struct corpus_told *other = in->told[list[at].told].of;

			/* Another scale is one of units, and units tell quantities apart. */
			if (strcmp(other->quantity, t->of->quantity) != 0 &&
				other->place.file != t->of->place.file &&
				(s == 0 || strcmp(other->unit, t->of->unit) != 0))
				return list[at].told;
		}
	}
	return CORPUS_NONE;
}

void insight_swapped(struct insight_work *w)
{
	struct insight *in = w->in;
	struct entry *list = xcalloc(w->c->ntold + 1, sizeof(*list));
	size_t n = list_sound(in, list);

	for (size_t i = 0; i < w->c->ntold; i++) {
		struct insight_told *t = &in->told[i];
		const struct corpus_told *other;
		uint32_t found;

		if ((t->verdict != TOLD_ALONE && t->verdict != TOLD_CONTRADICTS) ||
			t->subject == CORPUS_NONE || !is_central(t->of) ||
			!is_time_or_rate(t->of) || !isfinite(t->of->value) || t->of->value == 0 ||
			t->of->precision <= 0 || t->of->precision > TELLING * fabs(t->of->value))
			continue;
		found = same_number(in, list, n, t);
		if (found == CORPUS_NONE)
			continue;
		other = in->told[found].of;
		t->verdict = TOLD_SWAPPED;
		t->rows_say = NAN;
		t->which = arena_fmt(w->arena, "%s, as %s has it", other->label,
			insight_file_name(w, other->place.file));
	}
	free(list);
}
