/* insight_pairs.c - subjects against each other, in one quantity: Welch's t on logarithms, adjusted
 * for all pairs of the quantity (Holm). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_parts.h"
#include "multiple.h"

/* Those with most rows are compared with each other. */
#define MOST_COMPARED 200
/* Pairs that are written down beside those of the best, the surest of them. */
#define MOST_OTHERS 60

struct entry {
	uint32_t subject;
	const struct corpus_measure *of;
	struct log_moments logs;
};

/* A pair before it is written down. */
struct raw {
	uint32_t a, b; /* in entries; a is the better one */
	struct log_ratio r;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->of->warm.n != y->of->warm.n)
		return x->of->warm.n > y->of->warm.n ? -1 : 1;
	return (x->subject > y->subject) - (x->subject < y->subject);
}

/* Surest first; where several are beyond doubt, those farthest apart. */
static int compare_raw(const void *a, const void *b)
{
	const struct raw *x = a, *y = b;

	if (x->r.p != y->r.p)
		return x->r.p < y->r.p ? -1 : 1;
	if (x->r.apart != y->r.apart)
		return fabs(x->r.apart) > fabs(y->r.apart) ? -1 : 1;
	return x->a != y->a ? (x->a > y->a) - (x->a < y->a) : (x->b > y->b) - (x->b < y->b);
}

/* Subjects with two rows of the quantity, all above 0. */
static size_t collect(const struct insight_work *w, const char *quantity, struct entry **ret)
{
	struct entry *list = xcalloc(w->c->nsubjects + 1, sizeof(*list));
	size_t n = 0, kept = 0;

	for (uint32_t s = 0; s < w->c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(w->in, s, quantity);

		if (m && m->warm.n >= 2 && m->of->better != 0 && m->warm.min > 0)
			list[n++] = (struct entry){.subject = s, .of = m->of};
	}
	qsort(list, n, sizeof(*list), compare_entries);
	n = n < MOST_COMPARED ? n : MOST_COMPARED;
	for (size_t i = 0; i < n; i++) {
		list[i].logs = insight_logs(&list[i].of->warm);
		if (isfinite(list[i].logs.variance))
			list[kept++] = list[i];
	}
	*ret = list;
	return kept;
}

/* Unlike things, a model and a kernel, are not held against each other; nor figures in different
 * units; nor two runs of ours, whose rows share their day and their loads (docs/statistics.md). */
static bool comparable(const struct insight_work *w, const struct entry *a, const struct entry *b)
{
	const struct corpus_subject *x = &w->c->subjects[a->subject],
				    *y = &w->c->subjects[b->subject];

	return !x->model == !y->model && !(x->run && y->run) &&
		strcmp(a->of->unit, b->of->unit) == 0;
}

/* The better one first. */
static bool compare_two(const struct entry *list, uint32_t a, uint32_t b, struct raw *ret)
{
	const struct log_moments *x = &list[a].logs, *y = &list[b].logs;
	bool first = list[a].of->better > 0 ? x->mean >= y->mean : x->mean <= y->mean;

	*ret = (struct raw){.a = first ? a : b, .b = first ? b : a};
	return insight_welch_test(&list[ret->a].logs, &list[ret->b].logs, &ret->r);
}

/* As far as that is known: both have their rows in the same tables, with as many prompts. */
static bool same_prompts(const struct corpus_subject *x, const struct corpus_subject *y)
{
	if (x->prompts == 0 || x->prompts != y->prompts || x->nplaces != y->nplaces ||
		x->nplaces == 0)
		return false;
	for (size_t i = 0; i < x->nplaces; i++) {
		if (x->places[i].table != y->places[i].table ||
			x->places[i].file != y->places[i].file)
			return false;
	}
	return true;
}

static struct insight_pair write_down(const struct insight_work *w, const struct entry *list,
	const struct raw *r, double p_adjusted)
{
	const struct entry *a = &list[r->a], *b = &list[r->b];
	struct log_ratio ratio = r->r;

	insight_welch(&a->logs, &b->logs, 0.95, &ratio);
	return (struct insight_pair){.better = a->subject,
		.worse = b->subject,
		.quantity = a->of->quantity,
		.label = a->of->label,
		.ratio = ratio.ratio,
		.low = ratio.low,
		.high = ratio.high,
		.p = ratio.p,
		.p_adjusted = p_adjusted,
		.same_prompts =
			same_prompts(&w->c->subjects[a->subject], &w->c->subjects[b->subject])};
}

/* ---- who is best ---- */

uint32_t insight_best_of(
	const struct insight *in, const struct insight_pair *pairs, size_t n, const char *quantity)
{
	size_t nsubjects = in->corpus->nsubjects;
	bool *worse = xcalloc(nsubjects + 1, sizeof(*worse));
	uint32_t *won = xcalloc(nsubjects + 1, sizeof(*won)), best = CORPUS_NONE;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(pairs[i].quantity, quantity) != 0)
			continue;
		worse[pairs[i].worse] = true;
		won[pairs[i].better]++;
	}
	for (uint32_t s = 0; s < nsubjects; s++) {
		const struct insight_measure *m = insight_measure(in, s, quantity), *of;

		if (worse[s] || won[s] == 0 || !m)
			continue;
		of = best == CORPUS_NONE ? NULL : insight_measure(in, best, quantity);
		if (!of || won[s] > won[best] ||
			(won[s] == won[best] &&
				(m->of->better > 0 ? m->warm.mean > of->warm.mean
						   : m->warm.mean < of->warm.mean)))
			best = s;
	}
	free(worse);
	free(won);
	return best;
}

uint32_t insight_best(const struct insight *in, const char *quantity)
{
	return insight_best_of(in, in->pairs, in->npairs, quantity);
}

/* ---- which are written down ---- */

/* All pairs of the best, so that all who are beaten and all who are tied with it are known; of
 * every other the surest that it loses, so that it does not look unbeaten; and the surest. */
static size_t keep(const struct insight_work *w, const struct entry *list, const struct raw *raw,
	size_t npairs, bool *ret)
{
	struct insight_pair *all = xcalloc(npairs + 1, sizeof(*all));
	bool *lost = xcalloc(w->c->nsubjects + 1, sizeof(*lost));
	size_t others = 0, kept = 0;
	uint32_t best;

	for (size_t i = 0; i < npairs; i++)
		all[i] = (struct insight_pair){.better = list[raw[i].a].subject,
			.worse = list[raw[i].b].subject,
			.quantity = list[raw[i].a].of->quantity};
	best = npairs ? insight_best_of(w->in, all, npairs, all[0].quantity) : CORPUS_NONE;
	for (size_t i = 0; i < npairs; i++) {
		ret[i] = all[i].better == best || !lost[all[i].worse] || others++ < MOST_OTHERS;
		lost[all[i].worse] = true;
		kept += ret[i];
	}
	free(lost);
	free(all);
	return kept;
}

static void add_kept(struct insight_work *w, const struct entry *list, const struct raw *raw,
	size_t npairs, const double *p)
{
	struct insight *in = w->in;
	bool *kept = xcalloc(npairs + 1, sizeof(*kept));
	size_t n = in->npairs + keep(w, list, raw, npairs, kept);
	struct insight_pair *pairs = arena_alloc(w->arena, n, sizeof(*pairs));

	if (in->npairs)
		memcpy(pairs, in->pairs, in->npairs * sizeof(*pairs));
	for (size_t i = 0; i < npairs; i++) {
		if (kept[i])
			pairs[in->npairs++] = write_down(w, list, &raw[i], p[i]);
	}
	in->pairs = pairs;
	free(kept);
}

static void pairs_of(struct insight_work *w, const char *quantity)
{
	struct entry *list;
	size_t n = collect(w, quantity, &list), npairs = 0;
	struct raw *raw = xcalloc(n * (n + 1) / 2 + 1, sizeof(*raw));
	double *p;

	for (uint32_t a = 0; a < n; a++) {
		for (uint32_t b = a + 1; b < n; b++) {
			if (comparable(w, &list[a], &list[b]))
				npairs += compare_two(list, a, b, &raw[npairs]);
		}
	}
	qsort(raw, npairs, sizeof(*raw), compare_raw);
	p = xcalloc(npairs + 1, sizeof(*p));
	for (size_t i = 0; i < npairs; i++)
		p[i] = raw[i].r.p;
	multiple_holm(p, npairs);
	add_kept(w, list, raw, npairs, p);
	free(p);
	free(raw);
	free(list);
}

void insight_pairs(struct insight_work *w)
{
	static const char *const primary[] = {INSIGHT_THROUGHPUT, INSIGHT_TTFT, INSIGHT_LATENCY};

	for (size_t i = 0; i < COUNTOF(primary); i++)
		pairs_of(w, primary[i]);
}
