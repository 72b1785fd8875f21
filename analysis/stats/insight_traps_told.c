/* insight_traps_told.c - what files tell and rows do not bear out: figures under the wrong name,
 * echoes, contradictions, percentiles of a handful of means, means of one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_parts.h"
#include "vec.h"

#define MOST_NAMED 2
#define LEAST_ECHO 3 /* figures that agree: fewer may do so by chance */

struct texts {
	const char **v;
	size_t n, cap;
};

/* "253.9 tok/s": as many digits as it was told with. */
static const char *value_with_unit(
	struct insight_work *w, double x, double precision, const char *unit)
{
	char text[WORDING_TEXT];

	if (precision > 0)
		wording_fixed(text, x, (int)lround(-log10(2 * precision)));
	else
		insight_plain(text, x);
	return arena_fmt(w->arena, "%s%s%s", text, unit[0] ? " " : "", unit);
}

/* "Throughput (mean) of a 253.9 tok/s" */
static const char *name_told(struct insight_work *w, const struct insight_told *t)
{
	const char *stat = rule_stat_name(t->of->stat);
	const char *whose = t->of->subject[0] || t->subject == CORPUS_NONE
		? t->of->subject
		: w->c->subjects[t->subject].name;

	return arena_fmt(w->arena, "%s%s%s%s%s%s %s", t->of->label, stat[0] ? " (" : "", stat,
		stat[0] ? ")" : "", whose[0] ? " of " : "", whose,
		value_with_unit(w, t->of->value, t->of->precision, t->of->unit));
}

/* ---- figures under the wrong name ---- */

/* Some of them, the same text once. */
static const char *some_different(struct arena *a, const struct texts *named)
{
	const char *part[MOST_NAMED + 1];
	size_t n = 0, left = named->n;

	for (size_t i = 0; i < named->n && n < MOST_NAMED; i++) {
		size_t same = 0;

		for (size_t k = 0; k < n; k++)
			same += strcmp(part[k], named->v[i]) == 0;
		if (same == 0)
			part[n++] = named->v[i];
		left--;
	}
	if (left)
		part[n++] = arena_fmt(a, "%zu more", left);
	return wording_list(a, part, n, "and");
}

static const char *say_swapped(struct insight_work *w, struct file_list *files, uint64_t *n)
{
	struct texts named = {0};
	const char *text = NULL;

	for (size_t i = 0; i < w->c->ntold; i++) {
		const struct insight_told *t = &w->in->told[i];

		if (t->verdict != TOLD_SWAPPED && t->verdict != TOLD_SETTING)
			continue;
		*VEC_PUSH(files) = t->of->place.file;
		*VEC_PUSH(&named) = arena_fmt(w->arena, "%s is %s", name_told(w, t),
			t->verdict == TOLD_SETTING
				? arena_fmt(w->arena, "the value of %s", t->which)
				: t->which);
	}
	*n += named.n;
	if (named.n)
		text = arena_fmt(w->arena, "%s under the wrong name: %s",
			wording_count(w->arena, named.n, "figure stands", "figures stand"),
			some_different(w->arena, &named));
	VEC_RELEASE(&named);
	return text;
}

/* Columns that were not used, since they hold something else than their heading says. */
static const char *say_misnamed(struct insight_work *w, struct file_list *files, uint64_t *n)
{
	struct texts named = {0};
	const char *text = NULL;

	for (size_t i = 0; i < w->c->nnotes; i++) {
		const struct corpus_note *note = &w->c->notes[i];

		if (!note->misnamed)
			continue;
		*VEC_PUSH(files) = note->file;
		*VEC_PUSH(&named) =
			arena_fmt(w->arena, "%s (%s)", insight_file_name(w, note->file), note->why);
	}
	*n += named.n;
	if (named.n)
		text = arena_fmt(w->arena, "%s something else than what the heading says: %s",
			wording_count(w->arena, named.n, "column holds", "columns hold"),
			insight_some(w->arena, named.v, named.n, 1));
	VEC_RELEASE(&named);
	return text;
}

/* Figures and columns alike. */
static void say_wrong_names(struct insight_work *w)
{
	struct file_list files = {0};
	const char *part[2], *text;
	uint64_t n = 0;

	part[0] = say_swapped(w, &files, &n);
	part[1] = say_misnamed(w, &files, &n);
	text = insight_joined(w->arena, part, COUNTOF(part));
	if (text[0])
		insight_add(w, "trap", TRAP_SWAPPED, INSIGHT_TRAP_MINOR + 46, text, "", n, &files);
	VEC_RELEASE(&files);
}

/* ---- echoes and contradictions ---- */

/* "repeat what the rows here give (60) or what another file tells (12)" */
static const char *what_they_repeat(struct insight_work *w, uint64_t rows, uint64_t files)
{
	if (files == 0)
		return "repeat what the rows here give";
	if (rows == 0)
		return "repeat what another file tells";
	return arena_fmt(w->arena,
		"repeat what the rows here give (%llu) or what another file tells (%llu)",
		(unsigned long long)rows, (unsigned long long)files);
}

static void say_echoes(struct insight_work *w)
{
	struct file_list files = {0};
	uint64_t n = 0, of_files = 0;

	for (size_t i = 0; i < w->c->ntold; i++) {
		const struct insight_told *t = &w->in->told[i];

		if (t->verdict != TOLD_AGREES)
			continue;
		n++;
		of_files += isnan(t->rows_say);
		*VEC_PUSH(&files) = t->of->place.file;
	}
	if (n >= LEAST_ECHO)
		insight_add(w, "trap", TRAP_ECHO, INSIGHT_TRAP_MINOR + 30,
			arena_fmt(w->arena,
				"%s that files tell %s: they confirm nothing, since they are the "
				"same measurements",
				wording_count(w->arena, n, "figure", "figures"),
				what_they_repeat(w, n - of_files, of_files)),
			"", n, &files);
	VEC_RELEASE(&files);
}

/* How far outside a figure is, as a ratio to the nearest value; infinite beside 0. */
static double how_far(const struct insight_work *w, const struct insight_told *t)
{
	const struct insight_measure *m = insight_measure(w->in, t->subject, t->of->quantity);
	double x = t->of->value, near;

	if (!m)
		return 0;
	near = x < m->all.min ? m->all.min : m->all.max;
	return x > 0 && near > 0 ? fabs(log(x / near)) : INFINITY;
}

struct far {
	double far;
	const struct insight_told *told;
};

static int compare_far(const void *a, const void *b)
{
	const struct far *x = a, *y = b;

	if (x->far != y->far)
		return x->far > y->far ? -1 : 1;
	return (x->told > y->told) - (x->told < y->told);
}

/* "Throughput (mean) of a 253.9 tok/s, where its 46 rows are from 98.1 to 103.4" */
static const char *name_contradiction(struct insight_work *w, const struct insight_told *t)
{
	const struct insight_measure *m = insight_measure(w->in, t->subject, t->of->quantity);
	char low[WORDING_TEXT], high[WORDING_TEXT];

	if (m->all.n == 1)
		return arena_fmt(w->arena, "%s, where the one row of %s has %s", name_told(w, t),
			w->c->subjects[t->subject].name, insight_plain(low, m->all.min));
	return arena_fmt(w->arena, "%s, where %s of %s go from %s to %s", name_told(w, t),
		wording_count(w->arena, m->all.n, "row", "rows"), w->c->subjects[t->subject].name,
		insight_plain(low, m->all.min), insight_plain(high, m->all.max));
}

static void say_contradictions(struct insight_work *w)
{
	struct file_list files = {0};
	struct far *list = xcalloc(w->c->ntold + 1, sizeof(*list));
	const char *part[MOST_NAMED];
	size_t n = 0, k;

	for (size_t i = 0; i < w->c->ntold; i++) {
		const struct insight_told *t = &w->in->told[i];

		if (t->verdict != TOLD_CONTRADICTS)
			continue;
		list[n++] = (struct far){how_far(w, t), t};
		*VEC_PUSH(&files) = t->of->place.file;
	}
	qsort(list, n, sizeof(*list), compare_far);
	k = 0;
	for (size_t i = 0; i < n && k < MOST_NAMED; i++) {
		const char *text = name_contradiction(w, list[i].told);

		/* Several files may tell the same. */
		if (k == 0 || strcmp(text, part[k - 1]) != 0)
			part[k++] = text;
	}
	if (n)
		insight_add(w, "trap", TRAP_CONTRADICTION, INSIGHT_TRAP + 34,
			arena_fmt(w->arena, "%s outside of all that the rows here have: %s%s",
				wording_count(w->arena, n, "told figure is", "told figures are"),
				wording_list(w->arena, part, k, "and"),
				n > k ? "; those are the farthest" : ""),
			"", n, &files);
	VEC_RELEASE(&files);
	free(list);
}

/* ---- figures of figures ---- */

/* Percentiles that need more values than there are: what they are, then, is the largest. */
static const char *say_percentiles(struct insight_work *w, struct file_list *files, uint64_t *all)
{
	uint64_t few = 0, most_n = 0;

	for (size_t i = 0; i < w->c->ntold; i++) {
		const struct corpus_told *t = &w->c->told[i];
		uint64_t needs = t->stat == STAT_P95 ? 20 : t->stat == STAT_P99 ? 100 : 0;

		if (t->failed || t->n == 0 || t->n >= needs)
			continue;
		few++;
		most_n = t->n > most_n ? t->n : most_n;
		*VEC_PUSH(files) = t->place.file;
	}
	*all += few;
	if (few == 0)
		return NULL;
	return arena_fmt(w->arena,
		"%s of %s values at most: of so few, p95 and p99 are the largest "
		"value or nearly",
		wording_count(w->arena, few, "percentile is told", "percentiles are told"),
		arena_fmt(w->arena, "%llu", (unsigned long long)most_n));
}

/* p95 and p99 of one row that are one number, or nearly, while the median is another. */
static const char *say_equal_tails(struct insight_work *w, struct file_list *files, uint64_t *all)
{
	const struct corpus *c = w->c;
	uint64_t n = 0;

	for (size_t i = 0; i < c->ntold; i++) {
		const struct corpus_told *a = &c->told[i];

		for (size_t k = i + 1; a->stat == STAT_P95 && k < c->ntold && k < i + 8 &&
			c->told[k].row == a->row;
			k++) {
			const struct corpus_told *b = &c->told[k];

			if (b->stat != STAT_P99 || a->failed || a->value == 0 ||
				strcmp(a->quantity, b->quantity) != 0 ||
				!(fabs(a->value - b->value) <= 1e-3 * fabs(a->value)))
				continue;
			n++;
			*VEC_PUSH(files) = a->place.file;
		}
	}
	*all += n;
	if (n == 0)
		return NULL;
	return arena_fmt(w->arena,
		"p95 and p99 are one figure, to 0.1 %%, in %s: they are of a "
		"handful "
		"of values, perhaps of means of runs, and say nothing of the "
		"slowest "
		"requests",
		wording_count(w->arena, n, "row", "rows"));
}

/* Tables of means each of which is the figure of one row. */
static const char *say_means_of_one(struct insight_work *w, struct file_list *files, uint64_t *all)
{
	const struct corpus *c = w->c;
	uint32_t *means = xcalloc(c->ntables + 1, sizeof(*means));
	uint32_t *ones = xcalloc(c->ntables + 1, sizeof(*ones));
	uint64_t n = 0;

	for (size_t i = 0; i < c->ntold; i++) {
		const struct corpus_told *t = &c->told[i];

		if (t->failed || t->stat != STAT_MEAN || t->place.table >= c->ntables ||
			w->in->told[i].subject == CORPUS_NONE)
			continue;
		means[t->place.table]++;
		ones[t->place.table] += w->single[i] || t->n == 1;
	}
	for (size_t i = 0; i < c->ntables; i++) {
		/* A few rows may be copies with a digit less, or missing: nearly all will do. */
		if (means[i] < LEAST_ECHO || ones[i] * 10 < means[i] * 9)
			continue;
		n += ones[i];
		*VEC_PUSH(files) = c->tables[i].file;
	}
	free(means);
	free(ones);
	*all += n;
	if (n == 0)
		return NULL;
	return arena_fmt(w->arena,
		"%s of one row each: they have no spread, and the best of them is partly luck",
		wording_count(w->arena, n, "told mean is", "told means are"));
}

static void say_aggregates(struct insight_work *w)
{
	struct file_list files = {0};
	const char *part[3], *text;
	uint64_t n = 0;

	part[0] = say_means_of_one(w, &files, &n);
	part[1] = say_percentiles(w, &files, &n);
	part[2] = say_equal_tails(w, &files, &n);
	text = insight_joined(w->arena, part, COUNTOF(part));
	if (text[0])
		insight_add(
			w, "trap", TRAP_AGGREGATE, INSIGHT_TRAP_MINOR + 25, text, "", n, &files);
	VEC_RELEASE(&files);
}

void insight_traps_told(struct insight_work *w)
{
	say_wrong_names(w);
	say_echoes(w);
	say_contradictions(w);
	say_aggregates(w);
}
