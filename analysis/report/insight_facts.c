/* insight_facts.c - what a narrator may say: numbered statements without figures, and the figures
 * beside them.
 *
 * The numbers go on behind those of the findings, so that one number means one thing in a report.
 */
#include "insight_page.h"

#include <string.h>

#define MOST_CONTESTED 5 /* facts of who is ahead of whom, in one quantity */
#define MOST_NAMES     60

struct facts {
	struct page *p;
	struct narrator_fact *v;
	size_t n;
	uint64_t first; /* number of the first one */
};

static void add(struct facts *f, enum narrator_kind kind, const char *what, const char *figure,
	const struct behind *behind)
{
	struct narrator_fact *fact;

	if (f->n == NARRATOR_MAX_FACTS)
		return;
	fact = &f->v[f->n];
	*fact = (struct narrator_fact){
		.id = page_fmt(f->p, "F%llu", (unsigned long long)(f->first + f->n)),
		.kind = kind,
		.what = what,
		.figure = figure};
	if (behind && behind->n > 0) {
		fact->file = behind->n == 1 ? behind->place[0].file
					    : page_count(f->p, behind->n, "place");
		fact->where = behind->n == 1
			? behind->place[0].where
			: page_fmt(f->p, "%s and others", behind->place[0].file);
		fact->n = behind->rows;
	}
	f->n++;
}

static void add_contest(struct facts *f, const char *quantity)
{
	struct page *p = f->p;
	struct contest k;
	struct behind behind;
	const char *noun;

	if (!page_contest(p, quantity, &k))
		return;
	noun = page_noun(p, quantity, k.of->of->label);
	behind = page_behind_subject(p, k.best);
	add(f, NARRATOR_FINDING,
		page_fmt(p, "%s %s the %s %s of what was compared, loads left out",
			page_best_names(p, &k), k.ntied ? "may have" : "has",
			k.of->of->better > 0 ? "highest" : "lowest", noun),
		page_mean(p, k.of), &behind);
	for (size_t i = 0; i < k.nbeaten && i < MOST_CONTESTED; i++) {
		uint32_t pair[] = {k.best, k.beaten[i]};

		behind = page_behind_subjects(p, pair, 2);
		add(f, NARRATOR_FINDING,
			page_fmt(p, "%s is behind %s in %s", page_subject(p, k.beaten[i]),
				page_subject(p, k.best), noun),
			page_mean(p, insight_measure(p->in, k.beaten[i], quantity)), &behind);
	}
}

static void add_loads(struct facts *f)
{
	const struct insight_measure *m = NULL;
	uint32_t s = page_most_loaded(f->p, &m);
	struct behind behind;

	if (s == CORPUS_NONE)
		return;
	behind = page_behind_subject(f->p, s);
	add(f, NARRATOR_FINDING,
		page_fmt(f->p, "Loading the model dominates the mean %s of %s",
			page_noun(f->p, m->of->quantity, m->of->label), page_subject(f->p, s)),
		page_fmt(f->p, "%s %s with loads, %s without", page_lone_mean(f->p, &m->all),
			m->of->unit, page_mean(f->p, m)),
		&behind);
}

static void add_advice(struct facts *f)
{
	struct advice all[ADVICE_MOST];
	size_t n = page_advice(f->p, all);

	for (size_t i = 0; i < n; i++)
		add(f, NARRATOR_RECOMMENDATION, all[i].plain, all[i].figure, &all[i].behind);
}

static void add_risks(struct facts *f)
{
	struct risk all[RISK_MOST];
	size_t n = page_risk_list(f->p, all);

	for (size_t i = 0; i < n; i++)
		add(f, NARRATOR_RISK, all[i].plain, NULL, &all[i].behind);
}

static void add_limits(struct facts *f)
{
	size_t counts[TOLD_FAILED + 1];

	page_told_counts(f->p->in, counts);
	if (counts[TOLD_ALONE] > 0)
		add(f, NARRATOR_LIMIT,
			"Some figures that reports tell have no rows to be held against, and stay "
			"unproven",
			page_count(f->p, counts[TOLD_ALONE], "figure"), NULL);
	add(f, NARRATOR_LIMIT,
		"Rows are taken as independent: what drifts with time widens no interval", NULL,
		NULL);
}

/* Subjects, models and settings. */
static void add_names(struct page *p, struct narrator_facts *ret)
{
	const char **names = arena_alloc(&p->arena, MOST_NAMES, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < p->c->nsettings && n < MOST_NAMES / 3; i++)
		names[n++] = p->c->settings[i].name;
	for (size_t i = 0; i < p->in->nruns && n < MOST_NAMES / 2; i++)
		names[n++] = page_file(p, p->in->runs[i].file);
	for (size_t i = 0; i < p->c->nsubjects && n + 1 < MOST_NAMES; i++) {
		const struct corpus_subject *s = &p->c->subjects[i];

		names[n++] = page_subject(p, (uint32_t)i);
		if (s->model && strcmp(s->model, s->name) != 0)
			names[n++] = page_quote(p, s->model);
	}
	ret->names = names;
	ret->nnames = n;
}

void insight_facts(const struct insight *in, struct arena *a, struct narrator_facts *ret)
{
	struct page p;
	struct facts f = {.p = &p, .first = in->nfindings + 1};

	page_init(&p, in, NULL);
	f.v = arena_alloc(&p.arena, NARRATOR_MAX_FACTS, sizeof(*f.v));
	add_contest(&f, INSIGHT_THROUGHPUT);
	add_contest(&f, INSIGHT_TTFT);
	add_contest(&f, INSIGHT_LATENCY);
	add_loads(&f);
	add_advice(&f);
	add_risks(&f);
	add_limits(&f);
	*ret = (struct narrator_facts){.v = f.v, .n = f.n};
	add_names(&p, ret);
	arena_adopt(a, &p.arena);
	page_release(&p);
}
