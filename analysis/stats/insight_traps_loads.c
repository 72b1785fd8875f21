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
	insight_add(w, "trap", TRAP_LOAD_IN_TTFT, INSIGHT_TRAP + 40,
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

/* findings_table.c writes it where all rows that waited for a load have one level of a factor. */
#define ON_ONE_LEVEL "; all of them have "

static void say_of_sweep(struct insight_work *w, const struct insight_sweep *s)
{
	for (size_t i = 0; i < s->summary->nfindings; i++) {
		const struct finding *f = &s->summary->findings[i];
		bool level = f->kind == FIND_LOAD && strstr(f->text, ON_ONE_LEVEL);
		bool order = f->kind == FIND_AUDIT && f->strength == STRENGTH_AUDIT + 1;

		if (level || order)
			add_of_sweep(w, s->of, "trap", level ? TRAP_LOAD_BY_LEVEL : TRAP_ORDER,
				INSIGHT_TRAP + (level ? 35 : 20),
				arena_fmt(w->arena, "%s: %s", w->c->subjects[s->of->subject].name,
					f->text),
				f->n);
	}
}

void insight_traps_loads(struct insight_work *w)
{
	say_ttft_holds_load(w);
	for (size_t i = 0; i < w->c->nsweeps; i++) {
		if (w->in->sweeps[i].summary)
			say_of_sweep(w, &w->in->sweeps[i]);
	}
}
