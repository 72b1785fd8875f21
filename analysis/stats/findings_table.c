/* findings_table.c - what a table of the user's holds: rows, blocks, failures, rows that waited for
 * a load, and what was left out. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "findings.h"
#include "num.h"
#include "str.h"
#include "wording.h"

/* Rows that waited for a load change a level's figure by less than this: not worth a word. */
#define PAID_MATTERS 0.05

static void say_rows(struct author *a)
{
	const struct summary *s = a->s;
	const struct dataset *d = a->d;
	char n[NUM_TEXT];
	const char *left_out = d->left_out ? arena_fmt(a->arena, "; %s left out by the condition",
						     num_group(n, (int64_t)d->left_out))
					   : "";
	const char *blocks = d->independent
		? "rows are taken as independent, since no column says what was set up together"
		: wording_count(a->arena, d->nloads, "block", "blocks");
	char ok[NUM_TEXT];

	findings_add(a, FIND_RUN, STRENGTH_RUN,
		arena_fmt(a->arena, "%s of %s ok; %s%s", num_group(ok, (int64_t)s->ok),
			wording_count(a->arena, s->measured, "row", "rows"), blocks, left_out),
		"", s->measured);
	if (d->notes_in_all)
		findings_add(a, FIND_AUDIT, STRENGTH_AUDIT,
			arena_fmt(a->arena, "%s not used, or only in part: the first is %s",
				wording_count(
					a->arena, d->notes_in_all, "thing was", "things were"),
				d->notes[0].line ? arena_fmt(a->arena, "line %llu, %s",
							   (unsigned long long)d->notes[0].line,
							   d->notes[0].why)
						 : d->notes[0].why),
			"", d->notes_in_all);
}

static void say_failures(struct author *a)
{
	const struct summary *s = a->s;
	uint32_t most = 0;
	size_t worst = 0;

	for (size_t c = 0; c < s->ncells; c++) {
		if (s->cells[c].n_failed > most) {
			most = s->cells[c].n_failed;
			worst = c;
		}
	}
	if (most)
		findings_add(a, FIND_FAILURE, STRENGTH_FAILING,
			arena_fmt(a->arena, "%llu of %s failed; most with %s (%u)",
				(unsigned long long)s->failed,
				wording_count(a->arena, s->measured, "row", "rows"),
				a->d->cells[worst].label, most),
			"", s->failed);
}

/* ---- rows that waited for a load ---- */

/* Mean of a level over rows that are fine, with those that waited or without; NaN none. */
static double level_mean(
	const struct author *a, size_t factor, uint32_t level, enum metric m, bool with_paid)
{
	const struct dataset *d = a->d;
	double sum = 0, n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		double y = r->metric[m];

		if (!r->ok || (r->paid_load && !with_paid) || !isfinite(y) ||
			d->cells[r->cell].level[factor] != level || (d->metrics[m].log && y <= 0))
			continue;
		sum += d->metrics[m].log ? log(y) : y;
		n++;
	}
	return n > 0 ? sum / n : (double)NAN;
}

/* "; with them ttft_s at temperature=0.2 would be 9.5 times as large" */
static const char *what_they_do(const struct author *a, size_t factor, uint32_t level)
{
	const struct data_factor *f = &a->d->factors[factor];

	for (size_t m = 0; m < a->d->nmetrics; m++) {
		double with = level_mean(a, factor, level, (enum metric)m, true);
		double without = level_mean(a, factor, level, (enum metric)m, false);
		double others = 0, n = 0;
		char text[WORDING_TEXT];

		for (uint32_t l = 0; l < f->nlevels; l++) {
			double x = l == level ? (double)NAN
					      : level_mean(a, factor, l, (enum metric)m, false);

			if (isfinite(x)) {
				others += x;
				n++;
			}
		}
		if (isnan(without))
			without = others / n;
		if (!a->d->metrics[m].log || !(fabs(with - without) > PAID_MATTERS))
			continue;
		return arena_fmt(a->arena,
			", and with them %s there would be %s times what it is %s",
			a->d->metrics[m].column, wording_fixed(text, exp(with - without), 2),
			n > 0 && isnan(level_mean(a, factor, level, (enum metric)m, false))
				? "elsewhere"
				: "without");
	}
	return "";
}

/* The factor of which all of them have one level, if there is one. */
static const char *where_they_are(const struct author *a)
{
	const struct dataset *d = a->d;

	for (size_t f = 0; f < d->nfactors; f++) {
		uint32_t level = DATA_NONE;
		bool one = d->factors[f].nlevels > 1;

		for (size_t i = 0; i < d->nrows && one; i++) {
			uint32_t its = d->cells[d->rows[i].cell].level[f];

			if (!d->rows[i].paid_load)
				continue;
			one = level == DATA_NONE || level == its;
			level = its;
		}
		if (one && level != DATA_NONE)
			return arena_fmt(a->arena, "; all of them have %s=%s%s", d->factors[f].name,
				d->factors[f].level[level], what_they_do(a, f, level));
	}
	return "";
}

static void say_paid(struct author *a)
{
	uint64_t n = 0;

	for (size_t i = 0; i < a->d->nrows; i++)
		n += a->d->rows[i].paid_load;
	if (n)
		findings_add(a, FIND_LOAD, STRENGTH_UNPLANNED,
			arena_fmt(a->arena,
				"%s for a load (load time over 4 times the lower quartile) and "
				"%s not count%s",
				wording_count(a->arena, n, "row waited", "rows waited"),
				n == 1 ? "does" : "do", where_they_are(a)),
			"", n);
}

void findings_table(struct author *a)
{
	say_rows(a);
	say_failures(a);
	say_paid(a);
}
