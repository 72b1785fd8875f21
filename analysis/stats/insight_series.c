/* insight_series.c - series that files only tell: the figures of one row together, each series once
 * however many files repeat it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_told.h"
#include "vec.h"

#define ENOUGH      1e-4 /* equal, where nobody says how it was rounded */
#define MOST_NEAR   16   /* neighbours in size that are looked at */
#define MOST_OF_ROW 64   /* series of one row that a figure may go on with */

/* The figures of one quantity in one row. */
struct bundle {
	struct insight_series s;
	struct corpus_place place;
	uint32_t set; /* words of its subject */
	double precision;
	uint32_t is; /* the bundle that it repeats; its own number: none */
	struct {
		struct corpus_place *v;
		size_t n, cap;
	} places;
};

struct bundles {
	struct bundle *v;
	size_t n, cap;
};

/* ---- figures of one row ---- */

static double *figure_of(struct insight_series *s, enum rule_stat stat)
{
	switch (stat) {
	case STAT_MEAN:
		return &s->mean;
	case STAT_SD:
		return &s->sd;
	case STAT_MIN:
		return &s->min;
	case STAT_MAX:
		return &s->max;
	case STAT_P50:
		return &s->p50;
	case STAT_P95:
		return &s->p95;
	case STAT_P99:
		return &s->p99;
	default:
		return NULL;
	}
}

/* No rows are there to hold it against, and it is not one of them. */
static bool stands_alone(const struct insight *in, const struct insight_told *t)
{
	const struct insight_measure *m =
		t->subject == CORPUS_NONE ? NULL : insight_measure(in, t->subject, t->of->quantity);

	if (m && m->all.n > 0)
		return false;
	return t->verdict == TOLD_ALONE || t->verdict == TOLD_FAILED ||
		(t->verdict == TOLD_AGREES && isnan(t->rows_say));
}

/* "a/b/eager.json" is of eager, where the row names nothing and nothing else is in the file. */
static const char *subject_of(struct insight_work *w, const struct corpus_told *t)
{
	const struct corpus_file *f = &w->c->files[t->place.file];
	const char *name = f->of->name, *slash = strrchr(name, '/'), *dot;

	if (t->subject[0])
		return t->subject;
	if (f->rows != 1)
		return NULL;
	name = slash ? slash + 1 : name;
	dot = strrchr(name, '.');
	return arena_strn(w->arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static struct bundle *begin(struct bundles *all, const struct corpus_told *t, const char *subject)
{
	struct bundle *b = VEC_PUSH(all);

	*b = (struct bundle){.place = t->place, .is = (uint32_t)(all->n - 1)};
	b->s = (struct insight_series){.subject = subject,
		.quantity = t->quantity,
		.label = t->label,
		.unit = t->unit,
		.better = t->better,
		.settings = t->settings,
		.n = t->n,
		.mean = NAN,
		.sd = NAN,
		.min = NAN,
		.max = NAN,
		.p50 = NAN,
		.p95 = NAN,
		.p99 = NAN,
		.low = NAN,
		.high = NAN,
		.failed = t->failed,
		.failure = t->failed ? t->failure : NULL,
		.ratio = NAN,
		.ratio_low = NAN,
		.ratio_high = NAN,
		.p = NAN};
	return b;
}

/* The bundle of the last row that this figure goes on with: of its quantity, and without that
 * figure yet. */
static struct bundle *going_on(
	struct bundles *all, size_t from, const struct corpus_told *t, enum rule_stat stat)
{
	for (size_t i = all->n; i > from && all->n - i < MOST_OF_ROW; i--) {
		struct insight_series *s = &all->v[i - 1].s;

		if (strcmp(s->quantity, t->quantity) == 0 && strcmp(s->unit, t->unit) == 0 &&
			(t->failed || isnan(*figure_of(s, stat))))
			return &all->v[i - 1];
	}
	return NULL;
}

static void take(
	struct insight_work *w, struct bundles *all, size_t from, const struct insight_told *told)
{
	const struct corpus_told *t = told->of;
	const char *subject;
	struct bundle *b;

	if (!figure_of(&(struct insight_series){0}, t->stat) || !stands_alone(w->in, told))
		return;
	b = going_on(all, from, t, t->stat);
	if (!b) {
		subject = subject_of(w, t);
		if (!subject)
			return;
		b = begin(all, t, subject);
	}
	if (t->failed)
		return;
	*figure_of(&b->s, t->stat) = t->value;
	if (t->stat == STAT_MEAN || isnan(b->s.mean))
		b->precision = t->precision;
}

/* What is told of the middle; NaN where only ends are. */
static double middle(const struct insight_series *s)
{
	return isfinite(s->mean) ? s->mean : s->p50;
}

static void collect(struct insight_work *w, struct bundles *all)
{
	size_t from = 0, kept = 0;

	for (size_t i = 0; i < w->c->ntold; i++) {
		const struct corpus_told *t = &w->c->told[i];

		if (i == 0 || t->row != t[-1].row || t->place.file != t[-1].place.file)
			from = all->n;
		take(w, all, from, &w->in->told[i]);
	}
	for (size_t i = 0; i < all->n; i++) {
		if (!all->v[i].s.failed && !isfinite(middle(&all->v[i].s)))
			continue;
		all->v[kept] = all->v[i];
		all->v[kept].is = (uint32_t)kept;
		kept++;
	}
	all->n = kept;
}

/* ---- the same in several files ---- */

struct order {
	const struct bundle *b;
	uint32_t number;
};

static int compare_names(const struct bundle *a, const struct bundle *b)
{
	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	return strcmp(a->s.quantity, b->s.quantity);
}

static int compare_order(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	double mx = middle(&x->b->s), my = middle(&y->b->s);
	int order = compare_names(x->b, y->b);

	if (order)
		return order;
	if (x->b->s.failed != y->b->s.failed)
		return x->b->s.failed ? 1 : -1;
	if (!x->b->s.failed && mx != my)
		return mx < my ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static bool may_be_one(const struct bundle *a, const struct bundle *b)
{
	const struct insight_series *x = &a->s, *y = &b->s;

	if (a->place.file == b->place.file || strcmp(x->unit, y->unit) != 0)
		return false;
	return !x->settings[0] || !y->settings[0] || strcmp(x->settings, y->settings) == 0;
}

/* Ways get shorter as they are gone, so that long ones are gone once. */
static uint32_t root_of(struct bundles *all, uint32_t i)
{
	while (all->v[i].is != i) {
		all->v[i].is = all->v[all->v[i].is].is;
		i = all->v[i].is;
	}
	return i;
}

/* Which of two says more: how many it stands for, then more digits; the first of equals. */
static bool says_more(const struct bundle *a, const struct bundle *b)
{
	if ((a->s.n > 0) != (b->s.n > 0))
		return a->s.n > 0;
	if (a->precision != b->precision)
		return a->precision < b->precision;
	return a->is < b->is;
}

static void make_one(struct bundles *all, uint32_t x, uint32_t y)
{
	uint32_t a = root_of(all, x), b = root_of(all, y);

	if (a == b)
		return;
	if (says_more(&all->v[a], &all->v[b]))
		all->v[b].is = a;
	else
		all->v[a].is = b;
}

static bool same_value(const struct bundle *a, const struct bundle *b)
{
	double x = middle(&a->s), y = middle(&b->s);
	double tol = fmax(fmax(a->precision, b->precision) * 1.000001, ENOUGH * fabs(x));

	return isnan(a->s.mean) == isnan(b->s.mean) && fabs(x - y) <= tol;
}

static void unite_values(struct bundles *all, const struct order *list)
{
	for (size_t i = 0; i < all->n; i++) {
		for (size_t k = i + 1; k < all->n && k <= i + MOST_NEAR; k++) {
			const struct bundle *a = list[i].b, *b = list[k].b;

			if (compare_names(a, b) != 0 || b->s.failed || a->s.failed ||
				!same_value(a, b))
				break;
			if (may_be_one(a, b))
				make_one(all, list[i].number, list[k].number);
		}
	}
}

/* Name of a file without its ending. */
static bool same_stem(const struct insight_work *w, uint32_t a, uint32_t b)
{
	const char *x = insight_file_name(w, a), *y = insight_file_name(w, b);
	const char *end_x = strrchr(x, '.'), *end_y = strrchr(y, '.');
	size_t n = end_x ? (size_t)(end_x - x) : strlen(x);

	return n == (end_y ? (size_t)(end_y - y) : strlen(y)) && memcmp(x, y, n) == 0;
}

/* Failed rows have no value to be recognised by: the table must repeat what succeeded in the
 * other, or the file have its name. */
static void unite_failed(struct insight_work *w, struct bundles *all, const struct order *list)
{
	uint32_t *repeats = xcalloc(w->c->ntables + 1, sizeof(*repeats));

	for (size_t i = 0; i < w->c->ntables; i++)
		repeats[i] = CORPUS_NONE;
	for (uint32_t i = 0; i < all->n; i++) {
		uint32_t root = root_of(all, i);

		if (root != i && all->v[i].place.table < w->c->ntables)
			repeats[all->v[i].place.table] = all->v[root].place.table;
	}
	for (size_t i = 0; i < all->n; i++) {
		for (size_t k = i + 1; k < all->n && k <= i + MOST_NEAR; k++) {
			const struct bundle *a = list[i].b, *b = list[k].b;
			uint32_t ta = a->place.table, tb = b->place.table;

			if (compare_names(a, b) != 0)
				break;
			if (!a->s.failed || !b->s.failed || !may_be_one(a, b) ||
				ta >= w->c->ntables || tb >= w->c->ntables)
				continue;
			if (repeats[ta] == tb || repeats[tb] == ta ||
				same_stem(w, a->place.file, b->place.file))
				make_one(all, list[i].number, list[k].number);
		}
	}
	free(repeats);
}

/* What one leaves open the other may say. */
static void fill_up(struct bundle *to, const struct bundle *from)
{
	static const enum rule_stat stats[] = {
		STAT_MEAN, STAT_SD, STAT_MIN, STAT_MAX, STAT_P50, STAT_P95, STAT_P99};
	struct insight_series other = from->s;

	for (size_t i = 0; i < COUNTOF(stats); i++) {
		double *x = figure_of(&to->s, stats[i]);

		if (isnan(*x))
			*x = *figure_of(&other, stats[i]);
	}
	if (to->s.n == 0)
		to->s.n = other.n;
	if (!to->s.settings[0])
		to->s.settings = other.settings;
	if (to->s.failed && (!to->s.failure || !to->s.failure[0]))
		to->s.failure = other.failure;
}

static void unite(struct insight_work *w, struct bundles *all, struct whose *names)
{
	struct order *list = xcalloc(all->n + 1, sizeof(*list));

	for (uint32_t i = 0; i < all->n; i++) {
		struct name_words words = {.n = 0};

		whose_words(names, all->v[i].s.subject, &words);
		all->v[i].set = whose_set(names, &words);
		list[i] = (struct order){&all->v[i], i};
	}
	qsort(list, all->n, sizeof(*list), compare_order);
	unite_values(all, list);
	unite_failed(w, all, list);
	for (uint32_t i = 0; i < all->n; i++) {
		struct bundle *root = &all->v[root_of(all, i)];

		if (root == &all->v[i])
			continue;
		fill_up(root, &all->v[i]);
		*VEC_PUSH(&root->places) = all->v[i].place;
	}
	free(list);
}

/* ---- series ---- */

static void add_interval(struct insight_work *w, struct insight_series *s)
{
	double half;

	if (s->failed)
		s->interval_why = "it failed";
	else if (!isfinite(s->mean))
		s->interval_why = "no mean is told";
	else if (!isfinite(s->sd))
		s->interval_why = "no spread is told";
	else if (s->n < 2)
		s->interval_why = "how many values it is of is not told";
	if (s->interval_why)
		return;
	half = t95_of(&w->t, s->n - 1) * s->sd / sqrt((double)s->n);
	s->low = s->mean - half;
	s->high = s->mean + half;
}

static void keep(struct insight_work *w, const struct bundle *b)
{
	struct insight_series *s = &w->in->series[w->in->nseries++];
	struct corpus_place *places = arena_alloc(w->arena, b->places.n + 1, sizeof(*places));

	*s = b->s;
	places[0] = b->place;
	if (b->places.n)
		memcpy(places + 1, b->places.v, b->places.n * sizeof(*places));
	s->places = places;
	s->nplaces = b->places.n + 1;
	add_interval(w, s);
}

void insight_series(struct insight_work *w, struct whose *names)
{
	struct bundles all = {0};

	collect(w, &all);
	unite(w, &all, names);
	w->in->series = arena_alloc(w->arena, all.n, sizeof(*w->in->series));
	for (uint32_t i = 0; i < all.n; i++) {
		if (all.v[i].is == i)
			keep(w, &all.v[i]);
		VEC_RELEASE(&all.v[i].places);
	}
	VEC_RELEASE(&all);
}
