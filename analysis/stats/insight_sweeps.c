/* insight_sweeps.c - tables with varying settings, and run folders, analysed as `chimera analyze`
 * would. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_table.h"
#include "insight_parts.h"
#include "parallel.h"

/* The largest table is analysed, and as many with so many rows in all: permutation tests take 30
 * microseconds a row. */
#define MOST_SWEEPS 40
#define MOST_ROWS   10000
/* Ratios that nobody would act on, as in sweeps of ours that set none. */
#define MARGIN_RATE 0.02
#define MARGIN_TIME 0.05
#define MOST_RUNS   100

/* ---- roles ---- */

static bool is_primary(const char *quantity)
{
	return strcmp(quantity, INSIGHT_THROUGHPUT) == 0 || strcmp(quantity, INSIGHT_TTFT) == 0 ||
		strcmp(quantity, INSIGHT_LATENCY) == 0;
}

/* Times and rates by their logarithms, where all are above 0. */
static void take_measures(const struct corpus_sweep *s, struct table_roles *r)
{
	for (size_t i = 0; i < s->nmeasures && r->nmeasures < METRIC_MAX; i++) {
		if (!is_primary(s->measure[i]) || s->better[i] == 0)
			continue;
		r->measure[r->nmeasures++] = (struct table_measure){.name = s->measure[i],
			.better = s->better[i],
			.scale = TABLE_SCALE_LOG,
			.margin = s->better[i] > 0 ? MARGIN_RATE : MARGIN_TIME};
	}
}

static void take_roles(const struct corpus_sweep *s, struct table_roles *r)
{
	*r = (struct table_roles){
		.load_time = s->has_load ? "load_s" : NULL, .ok = s->has_ok ? "ok" : NULL};
	for (size_t i = 0; i < s->nsettings && r->nfactors < TABLE_MOST_FACTORS; i++)
		r->factor[r->nfactors++] = s->setting[i];
	take_measures(s, r);
}

/* Headings are quantities: what people call them, and their units, are the subject's. */
static void name_metrics(struct dataset *d, const struct corpus_subject *of)
{
	struct metric_spec *specs = arena_alloc(&d->arena, d->nmetrics, sizeof(*specs));

	for (size_t m = 0; m < d->nmetrics; m++) {
		specs[m] = d->metrics[m];
		if (!specs[m].log)
			d->margin[m] = NAN; /* it is one of ratios */
		for (size_t i = 0; i < of->nmeasures; i++) {
			const struct corpus_measure *c = &of->measures[i];

			if (strcmp(c->quantity, specs[m].column) != 0)
				continue;
			specs[m].label = arena_str(&d->arena, c->label);
			specs[m].unit = arena_str(&d->arena, c->unit);
		}
	}
	d->metrics = specs;
}

/* ---- one table ---- */

struct sweep_work {
	const struct corpus *c;
	struct insight_sweep **list; /* those that are analysed */
};

static const char *analyse(const struct corpus *c, struct insight_sweep *s, struct arena *a)
{
	const struct corpus_sweep *of = s->of;
	const char *name = c->files[c->tables[of->table].file].of->name;
	struct table_roles roles;
	struct err e = ERR_INIT;

	take_roles(of, &roles);
	if (roles.nfactors == 0 || roles.nmeasures == 0)
		return "it has no throughput, TTFT or latency beside settings";
	s->data = xcalloc(1, sizeof(*s->data));
	if (dataset_from_table_text(s->data, name, of->csv, of->len, &roles, &e)) {
		free(s->data);
		s->data = NULL;
		return arena_str(a, e.msg);
	}
	name_metrics(s->data, &c->subjects[of->subject]);
	s->data->unpermuted = true;
	s->summary = xcalloc(1, sizeof(*s->summary));
	if (!summary_make(s->summary, s->data, &e))
		return NULL;
	dataset_release(s->data);
	free(s->data);
	free(s->summary);
	s->data = NULL;
	s->summary = NULL;
	return arena_str(a, e.msg);
}

static void analyse_one(void *of, size_t i, struct arena *a)
{
	struct sweep_work *w = of;

	w->list[i]->why = analyse(w->c, w->list[i], a);
}

/* ---- all of them ---- */

static int compare_sizes(const void *a, const void *b)
{
	const struct insight_sweep *x = *(struct insight_sweep *const *)a,
				   *y = *(struct insight_sweep *const *)b;

	if (x->of->rows != y->of->rows)
		return x->of->rows > y->of->rows ? -1 : 1;
	return (x > y) - (x < y);
}

void insight_sweeps(struct insight_work *w)
{
	const struct corpus *c = w->c;
	struct sweep_work work = {.c = c};
	uint64_t rows = 0;
	size_t n = 0;

	w->in->sweeps = arena_alloc(w->arena, c->nsweeps, sizeof(*w->in->sweeps));
	work.list = xcalloc(c->nsweeps + 1, sizeof(struct insight_sweep *));
	for (size_t i = 0; i < c->nsweeps; i++) {
		w->in->sweeps[i].of = &c->sweeps[i];
		work.list[i] = &w->in->sweeps[i];
	}
	qsort(work.list, c->nsweeps, sizeof(*work.list), compare_sizes);
	for (size_t i = 0; i < c->nsweeps; i++) {
		struct insight_sweep *s = work.list[i];

		if (n == 0 || (n < MOST_SWEEPS && rows + s->of->rows <= MOST_ROWS)) {
			rows += s->of->rows;
			work.list[n++] = s;
		} else {
			s->why = "larger tables were analysed in its place; `chimera analyze` "
				 "takes it alone";
		}
	}
	parallel_for(n, n > 1, w->arena, analyse_one, &work);
	free(work.list);
}

/* ---- runs of ours ---- */

static const char *open_run(const struct corpus *c, struct insight_run *r, struct arena *a)
{
	const struct dataset_options options = {0};
	struct err e = ERR_INIT;

	r->data = xcalloc(1, sizeof(*r->data));
	if (!dataset_open(r->data, c->files[r->file].of->path, &options, &e)) {
		r->summary = xcalloc(1, sizeof(*r->summary));
		if (!summary_make(r->summary, r->data, &e))
			return NULL;
		dataset_release(r->data);
	}
	free(r->data);
	free(r->summary);
	r->data = NULL;
	r->summary = NULL;
	return arena_str(a, e.msg);
}

void insight_runs(struct insight_work *w)
{
	const struct corpus *c = w->c;
	struct insight *in = w->in;
	size_t n = 0;

	for (size_t i = 0; i < c->nfiles; i++)
		n += c->files[i].of->kind == TREE_RUN && !c->files[i].of->why;
	in->runs = arena_alloc(w->arena, n, sizeof(*in->runs));
	for (uint32_t i = 0; i < c->nfiles; i++) {
		struct insight_run *r = &in->runs[in->nruns];

		if (c->files[i].of->kind != TREE_RUN || c->files[i].of->why)
			continue;
		*r = (struct insight_run){.file = i};
		if (c->files[i].copy_of != CORPUS_NONE)
			r->why = "it is a copy of another run";
		else if (in->nruns >= MOST_RUNS)
			r->why = "there are too many runs; `chimera analyze` takes it alone";
		else
			r->why = open_run(c, r, w->arena);
		in->nruns++;
	}
}
