/* insight.c - from a corpus to what it says, step by step. */
#include "insight.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_parts.h"

const char *trap_kind_name(enum trap_kind k)
{
	static const char *const names[] = {
		[TRAP_LOAD_IN_TTFT] = "load in TTFT",
		[TRAP_ORDER] = "order",
		[TRAP_LOAD_BY_LEVEL] = "loads on one level",
		[TRAP_PLACEBO] = "levels that are one setting",
		[TRAP_ZEROS] = "zeros for failures",
		[TRAP_COPIES] = "copies",
		[TRAP_SWAPPED] = "figures under the wrong name",
		[TRAP_ECHO] = "echo",
		[TRAP_CONTRADICTION] = "contradiction",
		[TRAP_AGGREGATE] = "figures of figures",
		[TRAP_POOLED] = "unlike rows in one figure",
		[TRAP_ALL_FAILED] = "all failed",
	};

	return (size_t)k < COUNTOF(names) ? names[k] : "";
}

const struct insight_measure *insight_measure(
	const struct insight *in, uint32_t subject, const char *quantity)
{
	const struct insight_subject *s;

	if (subject >= in->corpus->nsubjects)
		return NULL;
	s = &in->subjects[subject];
	for (size_t i = 0; i < s->of->nmeasures; i++) {
		if (strcmp(s->of->measures[i].quantity, quantity) == 0)
			return &s->measures[i];
	}
	return NULL;
}

/* ---- figures of all subjects ---- */

/* Of all rows and of those that paid for no load. */
static void fill_measure(struct insight_measure *m, struct t95 *t)
{
	const struct values *warm = &m->of->warm, *cold = &m->of->cold;
	struct values both;

	insight_stat_of(&m->warm, warm, t);
	m->all = m->warm;
	if (cold->n == 0)
		return;
	insight_merge(&both, warm, cold);
	insight_stat_of(&m->all, &both, t);
	values_release(&both);
}

static void make_subjects(struct insight_work *w)
{
	struct insight *in = w->in;
	const struct corpus *c = w->c;

	in->subjects = arena_alloc(w->arena, c->nsubjects, sizeof(*in->subjects));
	for (size_t s = 0; s < c->nsubjects; s++) {
		const struct corpus_subject *of = &c->subjects[s];
		struct insight_subject *to = &in->subjects[s];

		to->of = of;
		to->measures = arena_alloc(w->arena, of->nmeasures, sizeof(*to->measures));
		for (size_t m = 0; m < of->nmeasures; m++) {
			to->measures[m].of = &of->measures[m];
			fill_measure(&to->measures[m], &w->t);
			in->has_score = in->has_score ||
				(strcmp(of->measures[m].quantity, "score") == 0 &&
					to->measures[m].all.n > 0);
		}
	}
}

/* ---- all of it ---- */

void insight_make(struct insight *in, const struct corpus *c)
{
	struct insight_work w = {.in = in, .c = c, .arena = &in->arena};

	*in = (struct insight){.corpus = c};
	w.single = xcalloc(c->ntold + 1, sizeof(*w.single));
	make_subjects(&w);
	insight_pairs(&w);
	insight_told(&w);
	insight_sweeps(&w);
	insight_runs(&w);
	insight_traps_loads(&w);
	insight_traps_placebo(&w);
	insight_traps_rows(&w);
	insight_traps_told(&w);
	insight_findings(&w);
	insight_number(&w);
	free(w.single);
}

static void release_summary(struct dataset *d, struct summary *s)
{
	if (s)
		summary_release(s);
	if (d)
		dataset_release(d);
	free(s);
	free(d);
}

void insight_release(struct insight *in)
{
	for (size_t i = 0; in->corpus && i < in->corpus->nsweeps && in->sweeps; i++)
		release_summary(in->sweeps[i].data, in->sweeps[i].summary);
	for (size_t i = 0; i < in->nruns; i++)
		release_summary(in->runs[i].data, in->runs[i].summary);
	arena_release(&in->arena);
	*in = (struct insight){0};
}
