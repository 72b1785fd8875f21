/* insight_echo.c - figures that stand in several files, and no rows are there for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_told.h"

#define ENOUGH    1e-4 /* equal, where nobody says how it was rounded */
#define MOST_NEAR 16   /* neighbours in size that are looked at */

struct entry {
	uint32_t told, set; /* words of its subject */
	const struct corpus_told *of;
};

/* A value that nobody calls a mean is held against means too. */
static enum rule_stat kind_of(const struct corpus_told *told)
{
	return told->stat == STAT_VALUE ? STAT_MEAN : told->stat;
}

static int compare_words(const struct entry *x, const struct entry *y)
{
	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	if (kind_of(x->of) != kind_of(y->of))
		return kind_of(x->of) < kind_of(y->of) ? -1 : 1;
	return strcmp(x->of->quantity, y->of->quantity);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = compare_words(x, y);

	if (order)
		return order;
	if (x->of->value != y->of->value)
		return x->of->value < y->of->value ? -1 : 1;
	return (x->told > y->told) - (x->told < y->told);
}

/* A report that repeats a figure may leave out under which settings it was. */
static bool may_be_one(const struct corpus_told *a, const struct corpus_told *b)
{
	return !a->settings[0] || !b->settings[0] || strcmp(a->settings, b->settings) == 0;
}

/* The first of the earlier files that say the same, among neighbours; CORPUS_NONE. */
static uint32_t earlier_file(const struct entry *list, size_t n, size_t i)
{
	const struct corpus_told *me = list[i].of;
	uint32_t best = CORPUS_NONE;

	for (int side = -1; side <= 1; side += 2) {
		for (size_t k = 1; k <= MOST_NEAR; k++) {
			size_t at = side < 0 ? i - k : i + k; /* wraps around below 0 */
			const struct corpus_told *other;
			double tol;

			if (at >= n || compare_words(&list[at], &list[i]) != 0)
				break;
			other = list[at].of;
			tol = fmax(fmax(me->precision, other->precision) * 1.000001,
				ENOUGH * fabs(me->value));
			if (!(fabs(other->value - me->value) <= tol))
				break;
			if (other->place.file < me->place.file && may_be_one(me, other) &&
				(best == CORPUS_NONE || other->place.file < best))
				best = other->place.file;
		}
	}
	return best;
}

void insight_echoes(struct insight_work *w, struct whose *names)
{
	struct insight *in = w->in;
	struct entry *list = xcalloc(w->c->ntold + 1, sizeof(*list));
	size_t n = 0;

	for (uint32_t i = 0; i < w->c->ntold; i++) {
		struct name_words words = {.n = 0};

		if (in->told[i].verdict != TOLD_ALONE || !isfinite(w->c->told[i].value) ||
			w->c->told[i].value == 0)
			continue;
		whose_words(names, w->c->told[i].subject, &words);
		if (words.n)
			list[n++] = (struct entry){
				.told = i, .set = whose_set(names, &words), .of = &w->c->told[i]};
	}
	qsort(list, n, sizeof(*list), compare_entries);
	for (size_t i = 0; i < n; i++) {
		uint32_t file = earlier_file(list, n, i);

		if (file == CORPUS_NONE)
			continue;
		in->told[list[i].told].verdict = TOLD_AGREES;
		in->told[list[i].told].which =
			arena_fmt(w->arena, "%s says the same", insight_file_name(w, file));
	}
	free(list);
}
