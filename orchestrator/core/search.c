/* search.c - see search.h */
#include "search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define LEAST_LEVEL      1e-6
#define MOST_LEVEL       1e9
#define LEAST_RESOLUTION 0.001 /* of a real level */

const char *search_verdict_name(enum search_verdict v)
{
	switch (v) {
	case SEARCH_UNDECIDED:
		return "undecided";
	case SEARCH_CONFIRMED:
		return "confirmed";
	case SEARCH_REFUSED:
		return "refused";
	}
	BUG("verdict %d", (int)v);
}

enum search_verdict search_verdict(uint32_t confirmed, uint32_t refused)
{
	if (confirmed >= SEARCH_BURSTS && refused == 0)
		return SEARCH_CONFIRMED;
	if (refused >= SEARCH_BURSTS && confirmed == 0)
		return SEARCH_REFUSED;
	return SEARCH_UNDECIDED;
}

static enum search_verdict verdict_of(const struct search_level *l)
{
	return search_verdict(l->confirmed, l->refused);
}

/* ---- begin ---- */

/* Whether [low, high] is as narrow as asked. */
static bool is_narrow(const struct search *s, double low, double high)
{
	return high - low <= fmax(s->step, s->resolution * low) * (1 + 1e-9);
}

static size_t doublings(const struct search *s)
{
	return (size_t)ceil(log2(s->to / s->from)) + 1;
}

/* Halvings of one gap between a level and its double. */
static size_t halvings(const struct search *s)
{
	double steps = s->step > 0 ? fmax(1, s->to / 2 / s->step) : INFINITY;
	double parts = s->resolution > 0 ? 1 / log2(1 + s->resolution) : INFINITY;

	return (size_t)ceil(log2(fmin(steps, parts))) + 1;
}

size_t search_bound(const struct search *s)
{
	/* An undecided level makes two gaps of one; more of them only narrow these two. */
	return doublings(s) + 2 * halvings(s);
}

static int check(const struct search *s, struct err *e)
{
	if (!(s->from >= LEAST_LEVEL && s->to <= MOST_LEVEL && s->from < s->to))
		return err_set(e, ERR_USAGE, "levels from %.15g to %.15g: expected 0 < from < to",
			s->from, s->to);
	if (!(s->resolution <= 1) || s->resolution < (s->step > 0 ? 0 : LEAST_RESOLUTION))
		return err_set(e, ERR_USAGE, "a resolution of %.15g %%: expected %s to 100",
			s->resolution * 100, s->step > 0 ? "0" : "0.1");
	if (search_bound(s) > SEARCH_MAX_LEVELS)
		return err_set(e, ERR_USAGE,
			"levels from %.15g to %.15g would take more than %d tries", s->from, s->to,
			SEARCH_MAX_LEVELS);
	return 0;
}

int search_init(
	struct search *s, double from, double to, double step, double resolution, struct err *e)
{
	*s = (struct search){.from = from, .to = to, .step = step, .resolution = resolution};
	return check(s, e);
}

/* ---- what is known ---- */

void search_result(const struct search *s, struct search_result *ret)
{
	size_t first_refused = s->n, largest_confirmed = s->n;

	*ret = (struct search_result){
		.confirmed = NAN, .refused = NAN, .confirmed_above = NAN, .undecided = s->tried};
	for (size_t i = s->n; i-- > 0;) {
		if (verdict_of(&s->tried[i]) == SEARCH_REFUSED)
			first_refused = i;
	}
	if (first_refused < s->n)
		ret->refused = s->tried[first_refused].level;
	for (size_t i = 0; i < s->n; i++) {
		if (verdict_of(&s->tried[i]) != SEARCH_CONFIRMED)
			continue;
		if (i < first_refused) {
			largest_confirmed = i;
			ret->confirmed = s->tried[i].level;
		} else {
			ret->disorder = true;
			ret->confirmed_above = s->tried[i].level;
		}
	}
	if (largest_confirmed < s->n)
		ret->undecided = s->tried + largest_confirmed + 1;
	ret->nundecided = (size_t)(s->tried + first_refused - ret->undecided);
}

/* ---- what next ---- */

/* By whole powers of ten, so that what comes out has no digits more. */
static double round_to_digits(double x, int digits)
{
	int places = digits - 1 - (int)floor(log10(x));
	double scale = pow(10, abs(places));

	return places < 0 ? round(x / scale) * scale : round(x * scale) / scale;
}

/* Between two levels that are not narrow. */
static double middle(const struct search *s, double low, double high)
{
	double mid = sqrt(low * high), round;

	if (s->step > 0)
		return low + s->step * fmax(1, floor((high - low) / s->step / 2));
	/* Digits that people can read, as long as they tell levels apart. */
	round = round_to_digits(mid, 2 - (int)floor(log10(s->resolution)));
	return round > low && round < high ? round : mid;
}

/* The wider of the gaps that are still open: below what is undecided, and above it. */
static bool widest_gap(
	const struct search *s, const struct search_result *r, double *low, double *high)
{
	const struct search_level *first = r->undecided, *last = first + r->nundecided - 1;
	double below = r->nundecided ? first->level : r->refused;
	bool lower, upper;

	/* Comparisons with NaN are false: where an end is not known there is no gap. */
	lower = r->confirmed < below && !is_narrow(s, r->confirmed, below);
	upper = r->nundecided && last->level < r->refused && !is_narrow(s, last->level, r->refused);
	if (lower && upper && r->refused / last->level > below / r->confirmed)
		lower = false;
	if (lower) {
		*low = r->confirmed;
		*high = below;
	} else if (upper) {
		*low = last->level;
		*high = r->refused;
	}
	return lower || upper;
}

static double doubled(const struct search *s, double level)
{
	double next = 2 * level;

	if (s->step > 0)
		next = s->from + s->step * fmax(1, floor((next - s->from) / s->step));
	return fmin(fmax(next, level + s->step), s->to);
}

bool search_next(const struct search *s, double *level)
{
	struct search_result r;
	double low = NAN, high = NAN;

	if (s->n == 0 || s->tried[0].level > s->from) {
		*level = s->from;
		return true;
	}
	if (s->n == SEARCH_MAX_LEVELS)
		return false;
	search_result(s, &r);
	if (isnan(r.refused) && s->tried[s->n - 1].level < s->to) {
		*level = doubled(s, s->tried[s->n - 1].level);
		return true;
	}
	if (!widest_gap(s, &r, &low, &high))
		return false;
	*level = middle(s, low, high);
	return true;
}

void search_told(struct search *s, double level, uint32_t confirmed, uint32_t refused)
{
	size_t i = 0;

	while (i < s->n && s->tried[i].level < level)
		i++;
	if (i == s->n || s->tried[i].level > level) {
		if (s->n == SEARCH_MAX_LEVELS)
			BUG("more than %d levels", SEARCH_MAX_LEVELS);
		memmove(s->tried + i + 1, s->tried + i, (s->n - i) * sizeof(s->tried[0]));
		s->n++;
	}
	s->tried[i] = (struct search_level){level, confirmed, refused};
}
