/* findings_table.c - what a table of the user's holds: rows, blocks, failures, rows that waited for
 * a load, and what was left out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_table.h"
#include "findings.h"
#include "keymap.h"
#include "num.h"
#include "str.h"
#include "wording.h"

/* Rows that waited for a load change a level's figure by less than this: not worth a word. */
#define PAID_MATTERS 0.05
#define MOST_NAMED   3 /* cells */

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
}

/* What could not be used, and what is to be said of the table as a whole. */
static void say_notes(struct author *a)
{
	const struct dataset *d = a->d;
	const struct data_note *first = NULL;
	uint64_t lines = d->notes_in_all;

	for (size_t i = 0; i < d->nnotes; i++) {
		const struct data_note *n = &d->notes[i];

		if (n->line) {
			first = first ? first : n;
			continue;
		}
		lines--;
		findings_add(a, FIND_AUDIT, STRENGTH_AUDIT - 1, n->why, "", a->s->measured);
	}
	if (first)
		findings_add(a, FIND_AUDIT, STRENGTH_AUDIT,
			arena_fmt(a->arena, "%s could not be used; the first is in line %llu: %s",
				wording_count(a->arena, lines, "row or value", "rows or values"),
				(unsigned long long)first->line, first->why),
			"", lines);
}

/* The cells where most rows failed, up to three by name. */
static void say_failures(struct author *a)
{
	const struct summary *s = a->s;
	bool *named = xcalloc(s->ncells, sizeof(*named));
	const char *parts[MOST_NAMED];
	size_t n = 0;

	while (n < MOST_NAMED) {
		size_t worst = 0;

		for (size_t c = 0; c < s->ncells; c++) {
			if (!named[c] &&
				(named[worst] || s->cells[c].n_failed > s->cells[worst].n_failed))
				worst = c;
		}
		if (s->ncells == 0 || named[worst] || s->cells[worst].n_failed == 0)
			break;
		named[worst] = true;
		parts[n++] = arena_fmt(a->arena, "%u with %s", s->cells[worst].n_failed,
			a->d->cells[s->cells[worst].cell].label);
	}
	free(named);
	if (n)
		findings_add(a, FIND_FAILURE, STRENGTH_FAILING,
			arena_fmt(a->arena, "%llu of %s failed: %s", (unsigned long long)s->failed,
				wording_count(a->arena, s->measured, "row", "rows"),
				wording_list(a->arena, parts, n, "and")),
			"", s->failed);
}

/* ---- the order of the rows ---- */

/* In how many stretches of rows of one level a factor came. */
static size_t count_stretches(const struct dataset *d, size_t factor)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		n += i == 0 ||
			d->cells[r->cell].level[factor] !=
				d->cells[d->rows[i - 1].cell].level[factor];
	}
	return n;
}

/* Whether the rows come as loops inside each other write them, the factors in `by` from the
 * outermost: no combination of the first of them is ever come back to. */
static bool is_nested(const struct dataset *d, const size_t *by)
{
	for (size_t depth = 1; depth <= d->nfactors; depth++) {
		struct keymap met = {0};
		size_t stretches = 0, combinations;
		uint64_t last[2] = {0, 0};

		for (size_t i = 0; i < d->nrows; i++) {
			const uint32_t *level = d->cells[d->rows[i].cell].level;
			uint64_t key[2] = {0, 0};

			for (size_t k = 0; k < depth; k++) {
				uint64_t *part = &key[by[k] >= d->nfactors / 2];

				*part = *part * d->factors[by[k]].nlevels + level[by[k]];
			}
			stretches += i == 0 || memcmp(key, last, sizeof(key)) != 0;
			memcpy(last, key, sizeof(key));
			keymap_number(&met, key[0], key[1]);
		}
		combinations = met.n;
		keymap_release(&met);
		if (stretches != combinations)
			return false;
	}
	return true;
}

/* One setting after the other, in the order of loops: a change of the machine is in the settings.
 */
static void say_order(struct author *a)
{
	const struct dataset *d = a->d;
	size_t by[TABLE_MOST_FACTORS], stretches[TABLE_MOST_FACTORS];
	const char *names[TABLE_MOST_FACTORS];

	if (d->ncells < 3 || a->strata[0].nnumbers > 1)
		return;
	for (size_t f = 0; f < d->nfactors; f++) {
		size_t at = f, n = count_stretches(d, f);

		for (; at > 0 && stretches[at - 1] > n; at--) {
			stretches[at] = stretches[at - 1];
			by[at] = by[at - 1];
		}
		stretches[at] = n;
		by[at] = f;
	}
	if (!is_nested(d, by))
		return;
	for (size_t f = 0; f < d->nfactors; f++)
		names[f] = d->factors[by[f]].name;
	findings_add(a, FIND_AUDIT, STRENGTH_AUDIT + 1,
		arena_fmt(a->arena,
			"each setting has its rows at one time, in the order of nested loops "
			"(%s%s): what changed with time cannot be told from what the settings do",
			wording_list(a->arena, names, d->nfactors, "then"),
			d->nfactors > 1 ? ", outermost first" : ""),
		"", d->nrows);
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

/* ": with them ttft_s there would be 9.5 times what it is without, which is the load's doing" */
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
			": with them %s there would be %s times what it is %s, which is the load's "
			"doing and not %s's",
			a->d->metrics[m].column, wording_fixed(text, exp(with - without), 2),
			n > 0 && isnan(level_mean(a, factor, level, (enum metric)m, false))
				? "elsewhere"
				: "without",
			f->name);
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
			arena_fmt(a->arena, "%s for a load (%s) and %s not count%s",
				wording_count(a->arena, n, "row waited", "rows waited"),
				a->d->paid_how, n == 1 ? "does" : "do", where_they_are(a)),
			"", n);
}

void findings_table(struct author *a)
{
	say_rows(a);
	say_notes(a);
	say_failures(a);
	say_order(a);
	say_paid(a);
}
