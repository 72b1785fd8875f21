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

#define LOAD_MATTERS 1.1 /* mean of all rows against the warm ones */
#define MOST_NAMED   3
#define MOST_EFFECTS 3 /* of a sweep */
#define MOST_OF_RUN  3
#define MOST_RUNS    10
#define FEW_ROWS     10

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

/* "2,000 ms over all 41 rows and 94 ms over the 28 that paid for no load" */
static const char *both_means(struct insight_work *w, const struct insight_measure *m)
{
	const char *space = m->of->unit[0] ? " " : "";
	char all[WORDING_TEXT], warm[WORDING_TEXT];

	return arena_fmt(w->arena,
		"%s%s%s over all %s and %s%s%s over the %llu that paid for no load",
		insight_digits(all, m->all.mean, m->all.low, m->all.high), space, m->of->unit,
		wording_count(w->arena, m->all.n, "row", "rows"),
		insight_digits(warm, m->warm.mean, m->warm.low, m->warm.high), space, m->of->unit,
		(unsigned long long)m->warm.n);
}

static const char *loads_of_one(struct insight_work *w, const struct loaded *l)
{
	const struct insight_measure *m = insight_measure(w->in, l->subject, INSIGHT_TTFT);
	char times[WORDING_TEXT];

	return arena_fmt(w->arena, "mean %s of %s is %s: loads make it %s times as long",
		m->of->label, w->c->subjects[l->subject].name, both_means(w, m),
		wording_fixed(times, l->times, l->times < 10));
}

static const char *loads_of_several(struct insight_work *w, const struct loaded *v, size_t n)
{
	const char *part[MOST_NAMED];
	size_t k = n < MOST_NAMED ? n : MOST_NAMED;

	for (size_t i = 0; i < k; i++)
		part[i] = arena_fmt(w->arena, "%s with %s", w->c->subjects[v[i].subject].name,
			both_means(w, insight_measure(w->in, v[i].subject, INSIGHT_TTFT)));
	return arena_fmt(w->arena, "loads make the mean TTFT of %zu subjects %s as long: %s%s", n,
		insight_times_range(w, v[n - 1].times, v[0].times), n > k ? "the most " : "",
		wording_list(w->arena, part, k, "and"));
}

static void say_loads(struct insight_work *w)
{
	struct file_list files = {0};
	struct {
		struct loaded *v;
		size_t n, cap;
	} list = {0};
	uint64_t rows = 0;

	for (uint32_t s = 0; s < w->c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(w->in, s, INSIGHT_TTFT);
		double times;

		if (!m || m->of->cold.n == 0 || m->warm.n == 0 || !(m->warm.mean > 0))
			continue;
		times = m->all.mean / m->warm.mean;
		if (!(times > LOAD_MATTERS))
			continue;
		*VEC_PUSH(&list) = (struct loaded){s, times};
		insight_subject_files(w, s, &files);
		rows += m->all.n;
	}
	if (list.n) {
		qsort(list.v, list.n, sizeof(*list.v), compare_loaded);
		insight_add(w, "load", -1, INSIGHT_LOAD,
			list.n == 1 ? loads_of_one(w, list.v) : loads_of_several(w, list.v, list.n),
			"", rows, &files);
	}
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

static const char *how_often(struct insight_work *w, uint64_t n)
{
	return n == 1 ? "once" : n == 2 ? "twice" : wording_count(w->arena, n, "time", "times");
}

/* "25 of 35 rows of owl3"; ": 10 times \"refused\" and once \"timed out\"" */
static const char *failing_rows(struct insight_work *w, const struct corpus_subject *s)
{
	char failed[NUM_TEXT];

	return arena_fmt(w->arena, "%s of %s of %s", num_group(failed, (int64_t)s->failed),
		wording_count(w->arena, s->rows + s->failed, "row", "rows"), s->name);
}

static const char *reasons_of(struct insight_work *w, const struct corpus_subject *s, size_t most)
{
	const char *part[3];
	size_t n = s->nfailures < most ? s->nfailures : most;

	for (size_t i = 0; i < n; i++)
		part[i] = arena_fmt(w->arena, "%s \"%s\"", how_often(w, s->failures[i].n),
			insight_cut(w->arena, s->failures[i].why));
	return wording_list(w->arena, part, n, "and");
}

static void say_failing(struct insight_work *w, uint32_t subject, struct file_list *files)
{
	const struct corpus_subject *s = &w->c->subjects[subject];

	insight_add(w, "failure", -1, INSIGHT_FAILURE,
		arena_fmt(w->arena, "%s failed%s%s", failing_rows(w, s), s->nfailures ? ": " : "",
			s->nfailures ? reasons_of(w, s, 3) : ""),
		s->nfailures ? insight_where(w, &s->failures[0].first) : "", s->failed, files);
}

/* All of them, and those that failed most. */
static void say_all_failing(struct insight_work *w, const struct failing *v, size_t n,
	uint64_t failed, struct file_list *files)
{
	const char *part[MOST_NAMED], *said = NULL;
	size_t k = n < MOST_NAMED ? n : MOST_NAMED;

	for (size_t i = 0; i < k; i++) {
		const struct corpus_subject *s = &w->c->subjects[v[i].subject];

		bool known = s->nfailures && said && strcmp(said, s->failures[0].why) == 0;

		said = s->nfailures ? s->failures[0].why : said;
		part[i] = arena_fmt(w->arena, "%s%s%s%s", failing_rows(w, s),
			s->nfailures ? " (" : "",
			known                  ? "most often the same"
				: s->nfailures ? reasons_of(w, s, 1)
					       : "",
			s->nfailures ? ")" : "");
	}
	insight_add(w, "failure", -1, INSIGHT_FAILURE,
		arena_fmt(w->arena, "%s of %zu subjects failed%s: %s",
			wording_count(w->arena, failed, "row", "rows"), n,
			n > k ? "; most of them" : "", wording_list(w->arena, part, k, "and")),
		"", failed, files);
}

static void say_failures(struct insight_work *w)
{
	struct file_list files = {0};
	struct {
		struct failing *v;
		size_t n, cap;
	} list = {0};
	uint64_t failed = 0;

	for (uint32_t s = 0; s < w->c->nsubjects; s++) {
		const struct corpus_subject *of = &w->c->subjects[s];

		if (of->failed == 0)
			continue;
		*VEC_PUSH(&list) = (struct failing){s, of->failed};
		failed += of->failed;
		for (size_t i = 0; i < of->nfailures; i++)
			*VEC_PUSH(&files) = of->failures[i].first.file;
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), compare_failing);
	if (list.n == 1)
		say_failing(w, list.v[0].subject, &files);
	else if (list.n)
		say_all_failing(w, list.v, list.n, failed, &files);
	VEC_RELEASE(&list);
}

/* ---- settings and runs ---- */

/* What the analysis of a table found, before what it says of its own rows. */
static void say_sweep(struct insight_work *w, const struct insight_sweep *s)
{
	const struct corpus_table *t = &w->c->tables[s->of->table];
	size_t said = 0;

	if (sweep_is_single(s->summary))
		return; /* say_levels() has them */
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
			arena_fmt(w->arena, "run %s: %s", insight_file_name(w, r->file), f->text),
			f->file, f->n, &files);
	}
}

/* ---- what it cannot say ---- */

static const char *say_few(struct insight_work *w, uint64_t few)
{
	const char *who = few < w->c->nsubjects
		? arena_fmt(w->arena, "%s %s", wording_count(w->arena, few, "subject", "subjects"),
			  wording_verb(few, "has", "have"))
		: few == 1 ? "the only subject has"
			   : "all subjects have";

	return arena_fmt(
		w->arena, "%s fewer than %d rows, so that their intervals are wide", who, FEW_ROWS);
}

static void say_limits(struct insight_work *w)
{
	const struct corpus *c = w->c;
	uint64_t few = 0, withheld = 0;
	const char *part[4];
	size_t n = 0;

	for (size_t s = 0; s < c->nsubjects; s++) {
		few += c->subjects[s].rows > 0 && c->subjects[s].rows < FEW_ROWS;
		withheld += c->subjects[s].rows > 0 && c->subjects[s].rows < 100;
	}
	if (few)
		part[n++] = say_few(w, few);
	if (withheld)
		part[n++] = arena_fmt(w->arena,
			"p99 is withheld of %s, since of fewer than 100 rows it is the largest "
			"value",
			wording_count(w->arena, withheld, "subject", "subjects"));
	if (c->nsubjects && !w->in->has_score)
		part[n++] = "no file grades answers, so that what is faster here may answer worse";
	if (c->copies_bounded)
		part[n++] = "there were too many rows to look for copies among all of them";
	if (n)
		insight_add(w, "limit", -1, INSIGHT_LIMIT, insight_joined(w->arena, part, n), "",
			few + withheld ? few + withheld : c->rows, NULL);
}

void insight_findings(struct insight_work *w)
{
	insight_comparisons(w);
	say_loads(w);
	say_failures(w);
	for (size_t i = 0; i < w->c->nsweeps; i++) {
		if (w->in->sweeps[i].summary)
			say_sweep(w, &w->in->sweeps[i]);
	}
	say_levels(w);
	for (size_t i = 0, said = 0; i < w->in->nruns && said < MOST_RUNS; i++) {
		if (!w->in->runs[i].summary)
			continue;
		said++;
		say_run(w, &w->in->runs[i]);
	}
	say_limits(w);
}
