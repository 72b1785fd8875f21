/* insight_traps_loads.c - loads that look like something else: TTFT that holds them, a setting that
 * seems slow since all of them fell on it, an order that a setting follows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "insight_parts.h"
#include "insight_traps.h"
#include "num.h"
#include "vec.h"

#define IS_THE_SUM  0.95 /* of rows whose TTFT is load plus prompt evaluation */
#define FEW_CHECKED 3
#define MOST_NAMED  3
#define LOAD_SHOWS  0.05 /* in a level's mean of logarithms, from which it is worth a word */

const struct corpus_place *sweep_place(const struct insight_work *w, const struct corpus_sweep *s)
{
	const struct corpus_subject *of = &w->c->subjects[s->subject];

	for (size_t i = 0; i < of->nplaces; i++) {
		if (of->places[i].table == s->table)
			return &of->places[i];
	}
	return NULL;
}

void add_of_sweep(struct insight_work *w, const struct corpus_sweep *s, const char *kind, int trap,
	int strength, const char *text, uint64_t n)
{
	const struct corpus_place *p = sweep_place(w, s);
	struct file_list files = {0};

	*VEC_PUSH(&files) = w->c->tables[s->table].file;
	insight_add(w, kind, trap, strength, text, p ? insight_where(w, p) : "", n, &files);
}

/* ---- TTFT that holds the load ---- */

/* How many times the warm mean the cold one is; NaN where one is not there. */
static double cold_against_warm(const struct insight_measure *m)
{
	const struct values *cold = &m->of->cold;
	double all = m->all.mean * (double)m->all.n, warm = m->warm.mean * (double)m->warm.n;

	if (cold->n == 0 || m->warm.n == 0 || !(m->warm.mean > 0))
		return NAN;
	return (all - warm) / (double)cold->n / m->warm.mean;
}

struct named {
	double times;
	uint32_t subject;
};

static int compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->times != y->times)
		return x->times > y->times ? -1 : 1;
	return (x->subject > y->subject) - (x->subject < y->subject);
}

/* "; a row that paid for one has, on average, 20 times the TTFT of the others (owl3)..." */
static const char *name_ratios(struct insight_work *w, struct named *list, size_t n)
{
	const char *part[MOST_NAMED];
	size_t k = n < MOST_NAMED ? n : MOST_NAMED;
	char text[WORDING_TEXT];

	if (n == 0)
		return "";
	qsort(list, n, sizeof(*list), compare_named);
	for (size_t i = 0; i < k; i++)
		part[i] = arena_fmt(w->arena, "%s times (%s)",
			wording_fixed(text, list[i].times, list[i].times < 10),
			w->c->subjects[list[i].subject].name);
	return arena_fmt(w->arena, "; the mean of rows that paid for one is %s that of the others",
		insight_some(w->arena, part, k, MOST_NAMED));
}

/* Runs of ours have the client's TTFT. */
static void add_foreign_files(
	const struct insight_work *w, uint32_t subject, struct file_list *files)
{
	const struct corpus_subject *s = &w->c->subjects[subject];

	for (size_t i = 0; i < s->nplaces; i++) {
		if (w->c->files[s->places[i].file].of->kind != TREE_RUN)
			*VEC_PUSH(files) = s->places[i].file;
	}
}

static void say_ttft_holds_load(struct insight_work *w)
{
	const struct corpus *c = w->c;
	struct file_list files = {0};
	struct {
		struct named *v;
		size_t n, cap;
	} named = {0};
	char is[NUM_TEXT];

	if (c->ttft_checked < FEW_CHECKED ||
		(double)c->ttft_is_sum <= IS_THE_SUM * (double)c->ttft_checked)
		return;
	for (uint32_t s = 0; s < c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(w->in, s, INSIGHT_TTFT);
		double times = m ? cold_against_warm(m) : (double)NAN;

		if (!m || !c->subjects[s].load_known)
			continue;
		add_foreign_files(w, s, &files);
		if (times > 1)
			*VEC_PUSH(&named) = (struct named){.times = times, .subject = s};
	}
	insight_add(w, "trap", TRAP_LOAD_IN_TTFT, INSIGHT_TRAP + 45,
		arena_fmt(w->arena,
			"TTFT here is load time plus prompt evaluation, to the digit, in %s of %s: "
			"it is the server's figure and holds the load%s",
			num_group(is, (int64_t)c->ttft_is_sum),
			wording_count(w->arena, c->ttft_checked, "row", "rows"),
			name_ratios(w, named.v, named.n)),
		"", c->ttft_is_sum, &files);
	VEC_RELEASE(&named);
}

/* ---- what the analysis of each table says of loads and order ---- */

/* Rows that waited for a load; their level of a factor, DATA_NONE if they have several. */
static uint64_t count_paid(const struct dataset *d, size_t factor, uint32_t *level)
{
	uint64_t n = 0;

	*level = DATA_NONE;
	for (size_t i = 0; i < d->nrows; i++) {
		uint32_t its = d->cells[d->rows[i].cell].level[factor];

		if (!d->rows[i].paid_load)
			continue;
		*level = n == 0 || *level == its ? its : DATA_NONE;
		n++;
		if (*level == DATA_NONE)
			break;
	}
	return n;
}

/* Mean of the logarithms of a level, with the rows that waited or without them; DATA_NONE: of all
 * levels.  NaN where there is none. */
static double mean_log(
	const struct dataset *d, size_t factor, uint32_t level, size_t metric, bool with_paid)
{
	double sum = 0, n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];
		double y = r->metric[metric];

		if (!r->ok || (r->paid_load && !with_paid) || !(isfinite(y) && y > 0) ||
			(level != DATA_NONE && d->cells[r->cell].level[factor] != level))
			continue;
		sum += log(y);
		n++;
	}
	return n > 0 ? sum / n : (double)NAN;
}

/* How many times as slow as it is a level looks for the rows that waited, in the first measure that
 * they change; where it has no other rows, against those of the other levels.  NaN: in none. */
static double looks_times(const struct dataset *d, size_t factor, uint32_t level)
{
	for (size_t m = 0; m < d->nmetrics; m++) {
		double with = mean_log(d, factor, level, m, true);
		double without = mean_log(d, factor, level, m, false);

		if (isnan(without))
			without = mean_log(d, factor, DATA_NONE, m, false);
		if (d->metrics[m].log && fabs(with - without) > LOAD_SHOWS)
			return exp(d->metrics[m].better < 0 ? with - without : without - with);
	}
	return NAN;
}

/* All loads fell on one level of a factor. */
static void collect_level(
	struct insight_work *w, const struct insight_sweep *s, struct alikes *list)
{
	const struct dataset *d = s->data;

	for (size_t f = 0; f < d->nfactors; f++) {
		const struct data_factor *of = &d->factors[f];
		uint32_t level;
		uint64_t n = count_paid(d, f, &level);

		if (n == 0 || level == DATA_NONE || of->nlevels < 2)
			continue;
		*VEC_PUSH(list) = (struct alike){.sweep = s->of,
			.key = arena_fmt(w->arena, "%s=%s", of->name, of->level[level]),
			.size = looks_times(d, f, level),
			.n = n};
		return;
	}
}

/* ", so that it looks 7 to 71 times as slow as it is" */
static const char *looks_slow(struct insight_work *w, const struct alike *v, size_t n)
{
	double least = INFINITY, most = 0;

	for (size_t i = 0; i < n; i++) {
		if (!(v[i].size > 0))
			return "";
		least = fmin(least, v[i].size);
		most = fmax(most, v[i].size);
	}
	return arena_fmt(w->arena, ", so that it looks %s as slow as it is",
		insight_times_range(w, least, most));
}

static void say_levels_with_loads(struct insight_work *w, struct alikes *list)
{
	for (size_t from = 0, n; from < list->n; from += n) {
		const struct alike *v = list->v + from;
		uint64_t rows = 0;

		n = alike_first(list->v + from, list->n - from);
		for (size_t i = 0; i < n; i++)
			rows += v[i].n;
		list->v[from].text = arena_fmt(w->arena,
			"in the table of %s: %s for a load and %s not count; all have %s%s",
			w->c->subjects[v->sweep->subject].name,
			wording_count(w->arena, v->n, "row waited", "rows waited"),
			wording_verb(v->n, "does", "do"), v->key, looks_slow(w, v, 1));
		alike_add(w, v, n, TRAP_LOAD_BY_LEVEL, INSIGHT_TRAP + 39,
			arena_fmt(w->arena,
				"in %zu tables (%s) all loads fell on %s%s: %s that waited for one "
				"and do not count here",
				n, alike_names(w, v, n), v->key, looks_slow(w, v, n),
				wording_count(w->arena, rows, "row", "rows")));
	}
}

static void say_orders(struct insight_work *w, struct alikes *list)
{
	for (size_t from = 0, n; from < list->n; from += n) {
		const struct alike *v = list->v + from;

		n = alike_first(list->v + from, list->n - from);
		alike_add(w, v, n, TRAP_ORDER, INSIGHT_TRAP + 30,
			arena_fmt(w->arena, "in %zu tables (%s) %s", n, alike_names(w, v, n),
				v->key));
	}
}

static void collect_of_sweep(struct insight_work *w, const struct insight_sweep *s,
	struct alikes *levels, struct alikes *orders)
{
	for (size_t i = 0; i < s->summary->nfindings; i++) {
		const struct finding *f = &s->summary->findings[i];

		if (f->kind != FIND_AUDIT || f->strength != STRENGTH_AUDIT + 1)
			continue;
		*VEC_PUSH(orders) = (struct alike){.sweep = s->of,
			.key = f->text,
			.text = arena_fmt(
				w->arena, "%s: %s", w->c->subjects[s->of->subject].name, f->text),
			.size = NAN,
			.n = f->n};
	}
	collect_level(w, s, levels);
}

void insight_traps_loads(struct insight_work *w)
{
	struct alikes levels = {0}, orders = {0};

	say_ttft_holds_load(w);
	for (size_t i = 0; i < w->c->nsweeps; i++) {
		if (w->in->sweeps[i].summary)
			collect_of_sweep(w, &w->in->sweeps[i], &levels, &orders);
	}
	say_levels_with_loads(w, &levels);
	say_orders(w, &orders);
	VEC_RELEASE(&levels);
	VEC_RELEASE(&orders);
}
