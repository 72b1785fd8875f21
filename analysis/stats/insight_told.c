/* insight_told.c - what files tell, held against rows: is it what the rows have, what they cannot
 * have, or what another quantity or a setting has. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_told.h"

#define UNKNOWN_PRECISION 0.005 /* of a figure of which nobody says how it was rounded */
#define LEAST_PRECISION   1e-4  /* figures that were computed in another way differ so much */
/* Digits that a figure needs to be recognised among those of other quantities. */
#define TELLING         1e-3
#define TELLING_PRIMARY 5e-3 /* of those that there are only three of */
/* And among other kinds of figures of its own. */
#define COARSE 5e-3

/* ---- near enough ---- */

static double tolerance(const struct corpus_told *told, double v)
{
	double least = LEAST_PRECISION * fabs(v);

	return told->precision > 0 ? fmax(told->precision * 1.000001, least)
				   : UNKNOWN_PRECISION * fabs(v);
}

static double tight(const struct corpus_told *told, double v)
{
	double least = LEAST_PRECISION * fabs(v);

	return told->precision > 0 ? fmax(told->precision * 1.000001, least) : least;
}

/* Of a figure that was copied: its rounding, and no more. */
static double rounding(const struct corpus_told *told, double v)
{
	return told->precision > 0 ? told->precision * 1.000001 + 1e-9 * fabs(v)
				   : LEAST_PRECISION * fabs(v);
}

/* What a figure is held against: one of the row's own kind where it says which, else the mean. */
static enum rule_stat own_kind(const struct corpus_told *told)
{
	return told->stat == STAT_VALUE ? STAT_MEAN : told->stat;
}

/* ---- verdicts ---- */

struct held {
	struct told_work *t;
	struct insight_told *told;
	uint32_t subject;
	size_t measure; /* of the subject: the same quantity in the same unit; SIZE_MAX none */
};

static void judge(struct held *h, enum told_verdict v, const char *which, double rows_say)
{
	h->told->verdict = v;
	h->told->which = which;
	h->told->rows_say = rows_say;
}

static const struct corpus_measure *measure_of(const struct held *h)
{
	return &h->t->w->c->subjects[h->subject].measures[h->measure];
}

static bool try_kind(struct held *h, enum rule_stat s, double tol)
{
	const struct figures *f = told_figures(h->t, h->subject, h->measure);
	double v = h->told->of->value, best = tol;
	enum rows_part which = PARTS;

	for (enum rows_part p = OF_ALL; p < PARTS; p++) {
		double away = fabs(f->of[p][s] - v);

		if (away <= best && (which == PARTS || away < best)) {
			best = away;
			which = p;
		}
	}
	if (which == PARTS)
		return false;
	judge(h, TOLD_AGREES, told_which(h->t, s, which, measure_of(h)->cold.n > 0),
		f->of[which][s]);
	return true;
}

static bool try_single(struct held *h)
{
	const struct corpus_measure *m = measure_of(h);
	double v = h->told->of->value;
	double row = told_single_row(m, &h->t->w->in->subjects[h->subject].measures[h->measure], v,
		rounding(h->told->of, v));

	if (isnan(row))
		return false;
	h->t->w->single[h->told - h->t->w->in->told] = true;
	judge(h, TOLD_AGREES, "a single row", row);
	return true;
}

/* Its own kind of figure, a single row, any other kind. */
static bool agrees(struct held *h)
{
	const struct corpus_told *told = h->told->of;
	enum rule_stat own = own_kind(told);

	if (h->measure == SIZE_MAX)
		return false;
	if (try_kind(h, own, tolerance(told, told->value)) || try_single(h))
		return true;
	if (tight(told, told->value) > COARSE * fabs(told->value))
		return false; /* so rounded that some figure or other is near */
	for (enum rule_stat s = STAT_MEAN; s < STAT_TOTAL; s++) {
		if (s != own && s != STAT_SD && own != STAT_SD && own != STAT_CV &&
			own != STAT_TOTAL && try_kind(h, s, tight(told, told->value)))
			return true;
	}
	return false;
}

/* The figure in the unit in which it may have stood: a time in seconds, taken as milliseconds or
 * the other way round. */
static size_t readings(const char *told_unit, const char *other_unit, double v, double ret[2])
{
	ret[0] = v;
	if (strcmp(other_unit, "ms") == 0 && strcmp(told_unit, "ms") != 0)
		ret[1] = v * 1000;
	else if (strcmp(told_unit, "ms") == 0 && strcmp(other_unit, "ms") != 0)
		ret[1] = v / 1000;
	else
		return 1;
	return 2;
}

static bool is_primary(const char *quantity)
{
	return strcmp(quantity, INSIGHT_THROUGHPUT) == 0 || strcmp(quantity, INSIGHT_TTFT) == 0 ||
		strcmp(quantity, INSIGHT_LATENCY) == 0;
}

static bool try_other(struct held *h, size_t other)
{
	const struct corpus_told *told = h->told->of;
	const struct corpus_measure *m = &h->t->w->c->subjects[h->subject].measures[other];
	const struct figures *f = told_figures(h->t, h->subject, other);
	const struct insight_measure *i = &h->t->w->in->subjects[h->subject].measures[other];
	double v[2];
	size_t n = readings(told->unit, m->unit, told->value, v);

	for (size_t k = 0; k < n; k++) {
		double tol = tight(told, told->value) * fabs(v[k] / told->value), row;

		if (tol > (is_primary(m->quantity) ? TELLING_PRIMARY : TELLING) * fabs(v[k]))
			continue;
		for (enum rows_part p = OF_ALL; p < PARTS; p++) {
			double x = f->of[p][own_kind(told)];

			if (!(fabs(x - v[k]) <= tol))
				continue;
			judge(h, TOLD_SWAPPED,
				arena_fmt(h->t->w->arena, "%s of %s, %s", m->label,
					h->t->w->c->subjects[h->subject].name,
					told_which(h->t, own_kind(told), p, m->cold.n > 0)),
				x);
			return true;
		}
		row = told_single_row(m, i, v[k], tol);
		if (isfinite(row) && i->all.n > 1 && tol <= TELLING * fabs(v[k])) {
			judge(h, TOLD_SWAPPED,
				arena_fmt(h->t->w->arena, "%s of %s, a single row", m->label,
					h->t->w->c->subjects[h->subject].name),
				row);
			return true;
		}
	}
	return false;
}

/* Another quantity of the subject has it, and its own cannot. */
static bool swapped(struct held *h, bool outside)
{
	const struct corpus_told *told = h->told->of;
	const struct corpus_subject *s;

	if (h->subject == CORPUS_NONE || !outside || told->value == 0 || told->stat == STAT_SD ||
		told->stat == STAT_CV)
		return false;
	s = &h->t->w->c->subjects[h->subject];
	for (size_t m = 0; m < s->nmeasures; m++) {
		if (m != h->measure && strcmp(s->measures[m].quantity, told->quantity) != 0 &&
			try_other(h, m))
			return true;
	}
	return false;
}

/* ---- settings ---- */

static int compare_settings(const void *a, const void *b)
{
	const struct setting_value *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return strcmp(x->of->name, y->of->name);
}

static void index_settings(struct told_work *t)
{
	const struct corpus *c = t->w->c;
	size_t n = 0;

	for (size_t i = 0; i < c->nsettings; i++)
		n += c->settings[i].nlevels;
	t->at = xcalloc(n + 1, sizeof(*t->at));
	for (size_t i = 0; i < c->nsettings; i++) {
		const struct corpus_setting *s = &c->settings[i];

		for (size_t k = 0; s->nlevels >= 2 && k < s->nlevels; k++) {
			if (isfinite(s->value[k]))
				t->at[t->nat++] =
					(struct setting_value){.value = s->value[k], .of = s};
		}
	}
	qsort(t->at, t->nat, sizeof(*t->at), compare_settings);
}

static const struct corpus_setting *setting_with(const struct told_work *t, double x)
{
	size_t low = 0, high = t->nat;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->at[middle].value < x)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->nat && t->at[low].value == x ? t->at[low].of : NULL;
}

/* Small whole numbers are times and rates too; without rows to be held against even large ones. */
#define LEAST_SETTING       16
#define LEAST_SETTING_ALONE 256

static bool is_setting(struct held *h, bool outside)
{
	const struct corpus_told *told = h->told->of;
	bool is_time = strcmp(told->unit, "ms") == 0;
	double v[2] = {told->value, told->value / 1000};

	if ((!is_time && !strstr(told->unit, "/s")) || !outside || told->stat == STAT_SD)
		return false;
	for (size_t k = 0; k < (is_time ? 2 : 1); k++) {
		const struct corpus_setting *s;

		if (v[k] != floor(v[k]) ||
			v[k] < (h->measure == SIZE_MAX ? LEAST_SETTING_ALONE : LEAST_SETTING))
			continue;
		s = setting_with(h->t, v[k]);
		if (s) {
			judge(h, TOLD_SETTING, s->name, NAN);
			return true;
		}
	}
	return false;
}

/* ---- one figure ---- */

static bool has_range(enum rule_stat s)
{
	return s != STAT_SD && s != STAT_CV && s != STAT_TOTAL && s != STAT_OTHER;
}

static void hold(struct held *h)
{
	const struct corpus_told *told = h->told->of;
	const struct insight_stat *all = NULL;
	bool outside = true;
	double say = NAN;

	if (told->failed) {
		judge(h, TOLD_FAILED, NULL, NAN);
		return;
	}
	if (!isfinite(told->value))
		return;
	if (h->measure != SIZE_MAX) {
		double tol = tolerance(told, told->value);

		all = &h->t->w->in->subjects[h->subject].measures[h->measure].all;
		outside = told->value < all->min - tol || told->value > all->max + tol;
		say = told_figures(h->t, h->subject, h->measure)->of[OF_ALL][own_kind(told)];
	}
	if (agrees(h) || swapped(h, outside) || is_setting(h, outside))
		return;
	if (all && all->n > 0)
		judge(h, outside && has_range(told->stat) ? TOLD_CONTRADICTS : TOLD_POSSIBLE, NULL,
			say);
}

/* ---- whose rows ---- */

/* The last part of "group, label" alone: groups are often files. */
static uint32_t find_label(struct told_work *t, const struct corpus_told *told)
{
	const char *comma = strrchr(told->subject, ',');
	struct name_words words = {.n = 0};

	if (!comma)
		return CORPUS_NONE;
	whose_words(&t->names, comma + 1, &words);
	return whose_find(&t->names, &words);
}

/* "quant=q8_0" of a row that names nothing else: settings that are words, not numbers. */
static void add_settings(
	struct told_work *t, const struct corpus_told *told, struct name_words *words)
{
	const char *s = told->settings;

	while (*s) {
		size_t len = strcspn(s, " "), name = strcspn(s, "=");
		char value[100];

		if (name < len && len - name < sizeof(value)) {
			snprintf(value, sizeof(value), "%.*s", (int)(len - name - 1), s + name + 1);
			if (strpbrk(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
				whose_words(&t->names, value, words);
		}
		s += len + strspn(s + len, " ");
	}
}

/* Its own words first, or those of its label; then with the title of its table, then with the name
 * of its file. */
static uint32_t find_subject(struct told_work *t, const struct corpus_told *told)
{
	const struct corpus *c = t->w->c;
	struct name_words words = {.n = 0};
	uint32_t found;

	whose_words(&t->names, told->subject, &words);
	if (!told->subject[0])
		add_settings(t, told, &words);
	found = whose_find(&t->names, &words);
	if (found == CORPUS_NONE)
		found = find_label(t, told);
	if (found == CORPUS_NONE && told->place.table < c->ntables) {
		whose_words(&t->names, c->tables[told->place.table].title, &words);
		found = whose_find(&t->names, &words);
	}
	if (found == CORPUS_NONE && told->place.file < c->nfiles) {
		whose_words(&t->names, insight_file_name(t->w, told->place.file), &words);
		found = whose_find(&t->names, &words);
	}
	return found;
}

static size_t find_measure(const struct corpus *c, uint32_t subject, const struct corpus_told *told)
{
	const struct corpus_subject *s;

	if (subject == CORPUS_NONE)
		return SIZE_MAX;
	s = &c->subjects[subject];
	for (size_t m = 0; m < s->nmeasures; m++) {
		if (strcmp(s->measures[m].quantity, told->quantity) == 0 &&
			strcmp(s->measures[m].unit, told->unit) == 0 &&
			s->measures[m].warm.n + s->measures[m].cold.n > 0)
			return m;
	}
	return SIZE_MAX;
}

/* Figures of one row come one after the other and speak of the same. */
static bool same_names(const struct corpus_told *a, const struct corpus_told *b)
{
	return a->place.table == b->place.table && a->place.file == b->place.file &&
		strcmp(a->subject, b->subject) == 0 &&
		(a->subject[0] || strcmp(a->settings, b->settings) == 0);
}

static void work_init(struct told_work *t, struct insight_work *w)
{
	const struct corpus *c = w->c;

	*t = (struct told_work){.w = w};
	whose_init(&t->names, c);
	t->first = xcalloc(c->nsubjects + 1, sizeof(*t->first));
	for (size_t s = 0; s < c->nsubjects; s++)
		t->first[s + 1] = t->first[s] + c->subjects[s].nmeasures;
	t->cache = xcalloc(t->first[c->nsubjects] + 1, sizeof(struct figures *));
	index_settings(t);
}

static void work_release(struct told_work *t)
{
	for (size_t i = 0; i < t->first[t->w->c->nsubjects]; i++)
		free(t->cache[i]);
	free(t->cache);
	free(t->first);
	free(t->at);
	whose_release(&t->names);
}

void insight_told(struct insight_work *w)
{
	const struct corpus *c = w->c;
	struct told_work t;

	work_init(&t, w);
	w->in->told = arena_alloc(w->arena, c->ntold, sizeof(*w->in->told));
	for (size_t i = 0; i < c->ntold; i++) {
		const struct corpus_told *told = &c->told[i];
		struct held h = {.t = &t, .told = &w->in->told[i]};

		h.subject = i > 0 && same_names(told, &c->told[i - 1]) ? w->in->told[i - 1].subject
								       : find_subject(&t, told);
		*h.told = (struct insight_told){
			.of = told, .verdict = TOLD_ALONE, .subject = h.subject, .rows_say = NAN};
		h.measure = find_measure(c, h.subject, told);
		hold(&h);
	}
	insight_swapped(w);
	insight_echoes(w, &t.names);
	insight_series(w, &t.names);
	insight_groups(w);
	work_release(&t);
}
