/* insight_findings.c - what the corpus says beside its traps: comparisons, loads, failures, effects
 * of settings, runs, and what it cannot say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "findings.h"
#include "insight_parts.h"
#include "insight_traps.h"
#include "num.h"
#include "vec.h"

#define MOST_PAIRS    3 /* of a quantity */
#define SURE          0.05
#define LOAD_MATTERS  1.1 /* mean of all rows against the warm ones */
#define MOST_LOADS    6
#define MOST_FAILURES 10
#define MOST_EFFECTS  3 /* of a sweep */
#define MOST_OF_RUN   3
#define MOST_RUNS     10
#define FEW_ROWS      10

/* 0 to 49, by how far a ratio is from 1. */
static int by_size(double ratio)
{
	double far = fabs(log(ratio)) * 10;

	return far < 49 ? (int)far : 49;
}

/* ---- comparisons ---- */

static const char *ratio_with_interval(struct insight_work *w, double x, double low, double high)
{
	char text[3][WORDING_TEXT];
	int digits = wording_decimals((high - low) / 2);

	/* An interval of no width at that many digits would look exact. */
	digits = digits > 4 ? 4 : digits;
	return arena_fmt(w->arena, "%s times (%s to %s)", wording_fixed(text[0], x, digits),
		wording_fixed(text[1], low, digits), wording_fixed(text[2], high, digits));
}

static void say_pair(struct insight_work *w, const struct insight_pair *p)
{
	const struct corpus_subject *a = &w->c->subjects[p->better], *b = &w->c->subjects[p->worse];
	const struct insight_measure *x = insight_measure(w->in, p->better, p->quantity),
				     *y = insight_measure(w->in, p->worse, p->quantity);
	struct file_list files = {0};
	const char *tail = p->same_prompts
		? ""
		: "; nothing says that both answered the same prompts, so it describes these rows";

	insight_subject_files(w, p->better, &files);
	insight_subject_files(w, p->worse, &files);
	insight_add(w, "comparison", -1, INSIGHT_COMPARISON + by_size(p->ratio),
		arena_fmt(w->arena, "%s of %s is %s that of %s, over %llu and %llu rows%s%s",
			p->label, a->name, ratio_with_interval(w, p->ratio, p->low, p->high),
			b->name, (unsigned long long)x->warm.n, (unsigned long long)y->warm.n,
			a->load_known || b->load_known ? " that paid for no load" : "", tail),
		"", x->warm.n + y->warm.n, &files);
}

/* Those whose ratio is farthest from 1 among the sure ones. */
static const struct insight_pair *next_pair(
	const struct insight *in, size_t from, size_t to, const bool *said)
{
	const struct insight_pair *best = NULL;

	for (size_t i = from; i < to; i++) {
		const struct insight_pair *p = &in->pairs[i];

		if (said[i] || !(p->p_adjusted < SURE))
			continue;
		if (!best || fabs(log(p->ratio)) > fabs(log(best->ratio)))
			best = p;
	}
	return best;
}

static void say_pairs(struct insight_work *w)
{
	const struct insight *in = w->in;
	bool *said = xcalloc(in->npairs + 1, sizeof(*said));

	for (size_t from = 0, to; from < in->npairs; from = to) {
		for (to = from; to < in->npairs &&
			strcmp(in->pairs[to].quantity, in->pairs[from].quantity) == 0;)
			to++;
		for (size_t k = 0; k < MOST_PAIRS; k++) {
			const struct insight_pair *p = next_pair(in, from, to, said);

			if (!p)
				break;
			said[p - in->pairs] = true;
			say_pair(w, p);
		}
	}
	free(said);
}

/* ---- loads ---- */

struct loaded {
	uint32_t subject;
	double times;
};

static int compare_loaded(const void *a, const void *b)
{
	const struct loaded *x = a, *y = b;

	if (x->times != y->times)
		return x->times > y->times ? -1 : 1;
	return (x->subject > y->subject) - (x->subject < y->subject);
}

static void say_load(struct insight_work *w, const struct loaded *l)
{
	const struct insight_measure *m = insight_measure(w->in, l->subject, INSIGHT_TTFT);
	const struct corpus_subject *s = &w->c->subjects[l->subject];
	struct file_list files = {0};
	char all[WORDING_TEXT], warm[WORDING_TEXT], times[WORDING_TEXT];

	insight_subject_files(w, l->subject, &files);
	insight_add(w, "load", -1, INSIGHT_LOAD + by_size(l->times),
		arena_fmt(w->arena,
			"mean %s of %s is %s%s%s over all %s and %s%s%s over the %llu that paid "
			"for "
			"no load: loads make it %s times as long",
			m->of->label, s->name,
			insight_digits(all, m->all.mean, m->all.low, m->all.high),
			m->of->unit[0] ? " " : "", m->of->unit,
			wording_count(w->arena, m->all.n, "row", "rows"),
			insight_digits(warm, m->warm.mean, m->warm.low, m->warm.high),
			m->of->unit[0] ? " " : "", m->of->unit, (unsigned long long)m->warm.n,
			wording_fixed(times, l->times, l->times < 10)),
		"", m->all.n, &files);
}

static void say_loads(struct insight_work *w)
{
	struct {
		struct loaded *v;
		size_t n, cap;
	} list = {0};

	for (uint32_t s = 0; s < w->c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(w->in, s, INSIGHT_TTFT);
		double times;

		if (!m || m->of->cold.n == 0 || m->warm.n == 0 || !(m->warm.mean > 0))
			continue;
		times = m->all.mean / m->warm.mean;
		if (times > LOAD_MATTERS)
			*VEC_PUSH(&list) = (struct loaded){s, times};
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), compare_loaded);
	for (size_t i = 0; i < list.n && i < MOST_LOADS; i++)
		say_load(w, &list.v[i]);
	VEC_RELEASE(&list);
}

/* ---- failures ---- */

struct failing {
	uint32_t subject;
	uint64_t failed;
};

static int compare_failing(const void *a, const void *b)
{
	const struct failing *x = a, *y = b;

	if (x->failed != y->failed)
		return x->failed > y->failed ? -1 : 1;
	return (x->subject > y->subject) - (x->subject < y->subject);
}

static void say_failing(struct insight_work *w, uint32_t subject)
{
	const struct corpus_subject *s = &w->c->subjects[subject];
	struct file_list files = {0};
	const char *part[3];
	size_t n = s->nfailures < 3 ? s->nfailures : 3;
	char failed[NUM_TEXT];
	double share = (double)s->failed / (double)(s->rows + s->failed);

	for (size_t i = 0; i < n; i++) {
		part[i] = arena_fmt(w->arena, "%s \"%s\"",
			wording_count(w->arena, s->failures[i].n, "time", "times"),
			insight_cut(w->arena, s->failures[i].why));
		*VEC_PUSH(&files) = s->failures[i].first.file;
	}
	insight_add(w, "failure", -1, INSIGHT_FAILURE + (int)(49 * share),
		arena_fmt(w->arena, "%s of %s of %s failed%s%s",
			num_group(failed, (int64_t)s->failed),
			wording_count(w->arena, s->rows + s->failed, "row", "rows"), s->name,
			n ? ": " : "", n ? wording_list(w->arena, part, n, "and") : ""),
		n ? insight_where(w, &s->failures[0].first) : "", s->failed, &files);
}

static void say_failures(struct insight_work *w)
{
	struct {
		struct failing *v;
		size_t n, cap;
	} list = {0};

	for (uint32_t s = 0; s < w->c->nsubjects; s++) {
		if (w->c->subjects[s].failed)
			*VEC_PUSH(&list) = (struct failing){s, w->c->subjects[s].failed};
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), compare_failing);
	for (size_t i = 0; i < list.n && i < MOST_FAILURES; i++)
		say_failing(w, list.v[i].subject);
	VEC_RELEASE(&list);
}

/* ---- settings and runs ---- */

/* What the analysis of a table found, before what it says of its own rows. */
static void say_sweep(struct insight_work *w, const struct insight_sweep *s)
{
	const struct corpus_table *t = &w->c->tables[s->of->table];
	size_t said = 0;

	if (sweep_is_single(s->summary)) {
		say_levels(w, s);
		return;
	}
	for (size_t i = 0; i < s->summary->nfindings && said < MOST_EFFECTS; i++) {
		const struct finding *f = &s->summary->findings[i];
		struct file_list files = {0};

		if (f->kind != FIND_EFFECT && f->kind != FIND_NO_EFFECT &&
			f->kind != FIND_INCONCLUSIVE && f->kind != FIND_BEST)
			continue;
		said++;
		*VEC_PUSH(&files) = t->file;
		insight_add(w, "effect", -1, INSIGHT_EFFECT + (f->kind == FIND_EFFECT ? 40 : 10),
			arena_fmt(w->arena, "%s: %s", w->c->subjects[s->of->subject].name, f->text),
			t->place, f->n, &files);
	}
}

static void say_run(struct insight_work *w, const struct insight_run *r)
{
	for (size_t i = 0; i < r->summary->nfindings && i < MOST_OF_RUN; i++) {
		const struct finding *f = &r->summary->findings[i];
		struct file_list files = {0};

		*VEC_PUSH(&files) = r->file;
		insight_add(w, "run", -1,
			f->strength >= STRENGTH_SIMULATED ? INSIGHT_SIMULATED
							  : INSIGHT_RUN - (int)i,
			arena_fmt(w->arena, "%s: %s", insight_file_name(w, r->file), f->text),
			f->file, f->n, &files);
	}
}

/* ---- what it cannot say ---- */

static void say_limits(struct insight_work *w)
{
	const struct corpus *c = w->c;
	uint64_t few = 0, withheld = 0;

	for (size_t s = 0; s < c->nsubjects; s++) {
		few += c->subjects[s].rows > 0 && c->subjects[s].rows < FEW_ROWS;
		withheld += c->subjects[s].rows > 0 && c->subjects[s].rows < 100;
	}
	if (few)
		insight_add(w, "limit", -1, INSIGHT_LIMIT + 30,
			arena_fmt(w->arena, "%s fewer than %d rows: intervals of so few are wide",
				few == c->nsubjects
					? few == 1 ? "the only subject has" : "all subjects have"
					: arena_fmt(w->arena, "%s %s",
						  wording_count(
							  w->arena, few, "subject", "subjects"),
						  wording_verb(few, "has", "have")),
				FEW_ROWS),
			"", few, NULL);
	if (withheld)
		insight_add(w, "limit", -1, INSIGHT_LIMIT + 20,
			arena_fmt(w->arena,
				"p99 is withheld of %s: it needs 100 rows, and of fewer it is the "
				"largest value",
				wording_count(w->arena, withheld, "subject", "subjects")),
			"", withheld, NULL);
	if (c->nsubjects && !w->in->has_score)
		insight_add(w, "limit", -1, INSIGHT_LIMIT + 10,
			"no file grades answers: what is faster here may answer worse", "", c->rows,
			NULL);
	if (c->copies_bounded)
		insight_add(w, "limit", -1, INSIGHT_LIMIT + 25,
			"there were too many rows to look for copies among all of them", "",
			c->rows, NULL);
}

void insight_findings(struct insight_work *w)
{
	say_pairs(w);
	say_loads(w);
	say_failures(w);
	for (size_t i = 0; i < w->c->nsweeps; i++) {
		if (w->in->sweeps[i].summary)
			say_sweep(w, &w->in->sweeps[i]);
	}
	for (size_t i = 0, said = 0; i < w->in->nruns && said < MOST_RUNS; i++) {
		if (!w->in->runs[i].summary)
			continue;
		said++;
		say_run(w, &w->in->runs[i]);
	}
	say_limits(w);
}
