/* findings_run.c - what happened: requests, failures, passes, loads, contexts, scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "findings.h"
#include "fold.h"
#include "num.h"
#include "quantile.h"
#include "str.h"
#include "wording.h"

#define FILTER_MEASURED "phase=measure"
#define MOST_PRESENCE   ((size_t)100000000) /* blocks times passes */
#define MOST_NAMED      3                   /* things named before "and N more" */

/* ---- the run ---- */

static const char *loads_clause(const struct author *a)
{
	const struct summary *s = a->s;
	const char *made = wording_count(a->arena, s->loads_made, "load", "loads");
	char planned[NUM_TEXT];

	if (!s->loads_planned)
		return made;
	if (s->loads_made == s->loads_planned)
		return arena_fmt(a->arena, "%s, as planned", made);
	return arena_fmt(
		a->arena, "%s, %s planned", made, num_group(planned, (int64_t)s->loads_planned));
}

/* "216 requests"; "27 attempts" where some were tried again. */
static const char *tries(const struct author *a)
{
	bool again = a->d->planned_requests && a->s->measured > a->d->planned_requests;

	return wording_count(a->arena, a->s->measured, again ? "attempt" : "request",
		again ? "attempts" : "requests");
}

static void say_run(struct author *a)
{
	const struct summary *s = a->s;
	char ok[NUM_TEXT], time[NUM_TEXT];
	const char *took = isfinite(s->seconds)
		? arena_fmt(a->arena, " in %s", num_duration(time, s->seconds))
		: "";

	if (a->d->simulated)
		findings_add(a, FIND_RUN, STRENGTH_SIMULATED,
			"SIMULATED: a model of a server answered, no server was measured", "",
			s->rows);
	findings_add(a, FIND_RUN, STRENGTH_RUN,
		arena_fmt(a->arena, "%s of %s ok%s; %s", num_group(ok, (int64_t)s->ok), tries(a),
			took, loads_clause(a)),
		FILTER_MEASURED, s->measured);
	if (a->d->planned_requests > s->measured &&
		dataset_passes_due(a->d) == a->d->passes_planned)
		findings_add(a, FIND_RUN, STRENGTH_RUN - 1,
			arena_fmt(a->arena, "the run is not complete: %s of %s planned",
				num_group(ok, (int64_t)s->measured),
				wording_count(a->arena, a->d->planned_requests, "request was",
					"requests were")),
			FILTER_MEASURED, s->measured);
}

/* ---- passes that are not complete ---- */

static const char *block_label(const struct author *a, uint32_t block)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *label;

	for (size_t c = 0; c < a->d->ncells; c++) {
		const struct data_cell *cell = &a->d->cells[c];

		if (cell->block != block)
			continue;
		for (size_t f = 0; f < a->d->nfactors; f++) {
			const struct data_factor *factor = &a->d->factors[f];

			if (factor->stratum == DATA_RUNNER)
				str_addf(&text, "%s%s=%s", text.len ? " " : "", factor->name,
					factor->level[cell->level[f]]);
		}
		break;
	}
	label = text.len ? arena_str(a->arena, text.s) : arena_fmt(a->arena, "block %u", block);
	str_release(&text);
	return label;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The blocks, and in which passes each has something that counts: has[block * npasses + pass - 1].
 */
struct presence {
	uint32_t *blocks;
	size_t nblocks;
	uint32_t npasses;
	bool *has;
};

/* False for a run that is too large to list. */
static bool find_presence(const struct author *a, struct presence *p)
{
	const struct dataset *d = a->d;
	const struct fold *f = a->s->fold;

	*p = (struct presence){.blocks = xcalloc(d->ncells, sizeof(*p->blocks))};
	for (size_t c = 0; c < d->ncells; c++)
		p->blocks[c] = d->cells[c].block;
	qsort(p->blocks, d->ncells, sizeof(*p->blocks), compare_numbers);
	for (size_t c = 0; c < d->ncells; c++) {
		if (c == 0 || p->blocks[c] != p->blocks[p->nblocks - 1])
			p->blocks[p->nblocks++] = p->blocks[c];
	}
	p->npasses = f->most_pass;
	if (p->nblocks * p->npasses > MOST_PRESENCE) {
		free(p->blocks);
		return false;
	}
	p->has = xcalloc(p->nblocks * p->npasses, sizeof(*p->has));
	for (size_t i = 0; i < f->ngroups; i++) {
		const struct fold_group *g = fold_group(f, i);
		const uint32_t *block;

		if (g->pass == 0)
			continue;
		block = bsearch(&d->cells[g->cell].block, p->blocks, p->nblocks, sizeof(*block),
			compare_numbers);
		p->has[(size_t)(block - p->blocks) * p->npasses + g->pass - 1] = true;
	}
	return true;
}

/* The blocks of which a pass has nothing that counts, by name. */
static void say_missing(struct author *a, const struct presence *p, uint32_t pass)
{
	const char *named[MOST_NAMED + 1];
	size_t n = 0;

	for (size_t b = 0; b < p->nblocks; b++) {
		if (p->has[b * p->npasses + pass - 1])
			continue;
		if (n < MOST_NAMED)
			named[n] = block_label(a, p->blocks[b]);
		n++;
	}
	if (n == 0)
		return;
	if (n > MOST_NAMED)
		named[MOST_NAMED] = arena_fmt(a->arena, "%zu more", n - MOST_NAMED);
	findings_add(a, FIND_RUN, STRENGTH_RUN - 2,
		arena_fmt(a->arena,
			"pass %u has no figures for %s; the comparisons use what is there", pass,
			wording_list(a->arena, named, n > MOST_NAMED ? MOST_NAMED + 1 : n, "and")),
		arena_fmt(a->arena, "phase=measure pass=%u", pass), 0);
}

/* "; the ratios are known within 1.8 % (num_ctx in throughput), and 2 % was asked for" */
static const char *known_within(const struct author *a)
{
	const struct summary *s = a->s;
	char width[WORDING_TEXT], asked[WORDING_TEXT];

	if (!isfinite(s->widest))
		return arena_fmt(a->arena, "; how well the ratios are known cannot be told: %s",
			s->widest_why);
	return arena_fmt(a->arena,
		"; the ratios between levels are known within %s %% or better (the widest is %s in "
		"%s%s), and %s %% was asked for",
		wording_fixed(width, 100 * s->widest, s->widest < 0.0995 ? 1 : 0), s->widest_factor,
		findings_noun(a->d, s->widest_metric),
		a->d->metrics[s->widest_metric].primary && s->widest_metric != METRIC_DECODE
			? ", in proportion to its margin"
			: "",
		wording_plain(asked, 100 * a->d->until));
}

/* How many passes were made of how many, and why no more. */
static void say_length(struct author *a)
{
	const struct dataset *d = a->d;
	const char *most = wording_count(a->arena, d->passes_planned, "pass", "passes");
	const char *known = d->until > 0 ? known_within(a) : "", *text = NULL;
	char time[NUM_TEXT];

	if (strcmp(d->ended, "enough") == 0 && d->until > 0)
		text = arena_fmt(a->arena, "it stopped after %u of at most %s%s",
			d->passes_complete, most, known);
	else if (strcmp(d->ended, "budget") == 0 && d->budget_s > 0)
		text = arena_fmt(a->arena,
			"the budget of %s ended it after %u of %s: the next would not have "
			"fitted%s",
			num_duration(time, d->budget_s), d->passes_complete, most, known);
	else if (d->passes_planned > d->passes_complete)
		text = arena_fmt(a->arena, "%u of %s complete; `chimera resume` does the rest",
			d->passes_complete,
			wording_count(a->arena, d->passes_planned, "pass is", "passes are"));
	else if (d->until > 0)
		text = arena_fmt(a->arena, "all %s were made%s", most, known);
	if (text)
		findings_add(a, FIND_RUN, STRENGTH_RUN - 3, text, FILTER_MEASURED, a->s->measured);
}

/* What had to go so that the rest fits into the budget, as sweep.json keeps it. */
static void say_budget(struct author *a)
{
	const json_t *sweep = a->d->sweep;
	double kept = json_number_value(json_object_get(sweep, "priority_kept"));
	double per_pass = json_number_value(json_object_get(sweep, "per_pass"));
	size_t priorities = json_array_size(json_object_get(sweep, "priority"));
	const char *cells = "";
	char time[NUM_TEXT], number[NUM_TEXT];

	if (!(a->d->budget_s > 0))
		return;
	if (kept > 0)
		cells = arena_fmt(a->arena,
			"; of the cells those of the first %s of %zu "
			"priorities were kept, and no others",
			num_text(number, kept), priorities);
	findings_add(a, FIND_RUN, STRENGTH_RUN - 4,
		arena_fmt(a->arena,
			"the sweep had a budget of %s: the plan has %s with %s of each cell and "
			"prompt in each%s",
			num_duration(time, a->d->budget_s),
			wording_count(a->arena, a->d->passes_planned, "pass", "passes"),
			wording_count(a->arena, (uint64_t)fmax(0, per_pass), "request", "requests"),
			cells),
		FILTER_MEASURED, a->s->measured);
}

static void say_passes(struct author *a)
{
	struct presence p;

	if (!find_presence(a, &p))
		return;
	for (uint32_t pass = 1; pass <= p.npasses; pass++) {
		if (dataset_has_pass(a->d, pass))
			say_missing(a, &p, pass);
	}
	free(p.blocks);
	free(p.has);
}

/* ---- failures ---- */

static const char *failure_list(const struct author *a)
{
	const char **named = xcalloc(a->d->nstatus, sizeof(*named)), *list;
	const struct fold *f = a->s->fold;
	size_t n = 0;

	for (size_t i = 0; i < a->d->nstatus; i++) {
		uint64_t count = f->failed_by[i] - f->unsent_by[i];

		if (count)
			named[n++] = arena_fmt(
				a->arena, "%llu %s", (unsigned long long)count, a->d->status[i]);
	}
	list = wording_list(a->arena, named, n, "and");
	free(named);
	return list;
}

/* "; all with num_ctx=8192": where they were, if that is one cell more than any other. */
static const char *failing_cell(const struct author *a)
{
	const struct cell_summary *most = NULL;
	uint32_t second = 0;

	for (size_t c = 0; c < a->s->ncells; c++) {
		const struct cell_summary *cell = &a->s->cells[c];

		if (!most || cell->n_failed > most->n_failed) {
			second = most ? most->n_failed : 0;
			most = cell;
		} else if (cell->n_failed > second) {
			second = cell->n_failed;
		}
	}
	if (a->s->ncells < 2 || most->n_failed == second)
		return "";
	return arena_fmt(a->arena, "; %s with %s (%u)",
		most->n_failed == a->s->failed ? "all" : "most", a->d->cells[most->cell].label,
		most->n_failed);
}

static void say_failures(struct author *a)
{
	const struct summary *s = a->s;
	/* What was not sent since the server could not take it has a statement of its own. */
	uint64_t failed = s->failed - s->fold->unsent;
	double upper = 0;
	char text[WORDING_TEXT];

	for (size_t c = 0; c < s->ncells; c++) {
		if (isfinite(s->cells[c].failure_upper))
			upper = fmax(upper, s->cells[c].failure_upper);
	}
	if (failed > 0)
		findings_add(a, FIND_FAILURE, STRENGTH_FAILING,
			arena_fmt(a->arena, "%llu of %s did not succeed: %s%s",
				(unsigned long long)failed, tries(a), failure_list(a),
				failed == s->failed ? failing_cell(a) : ""),
			"phase=measure status!=ok", failed);
	else if (s->failed == 0 && upper > 0)
		findings_add(a, FIND_FAILURE, STRENGTH_CALM,
			arena_fmt(a->arena,
				"no request failed; that does not exclude a failure rate of up to "
				"%s %% in a cell",
				wording_fixed(text, 100 * upper, 0)),
			FILTER_MEASURED, s->measured);
}

/* ---- loads and contexts ---- */

static void say_load_times(struct author *a)
{
	double *v = xcalloc(a->d->nloads, sizeof(*v));
	char low[NUM_TEXT], middle[NUM_TEXT], high[NUM_TEXT];
	const char *range = "";
	size_t n = 0;

	for (size_t i = 0; i < a->d->nloads; i++) {
		if (isfinite(a->d->loads[i].load_ms))
			v[n++] = a->d->loads[i].load_ms / 1000;
	}
	quantile_sort(v, n);
	if (n > 0) {
		num_duration(low, v[0]);
		num_duration(high, v[n - 1]);
		if (strcmp(low, high) != 0)
			range = arena_fmt(a->arena, "; %s to %s", low, high);
		findings_add(a, FIND_LOAD, STRENGTH_CALM - 1,
			arena_fmt(a->arena, "a model load took %s (median of %zu%s)",
				num_duration(middle, quantile(v, n, 0.5)), n, range),
			"status=ok", n);
		findings_of_file(a, "loads.csv");
	}
	free(v);
}

static void say_other_models(struct author *a)
{
	const char *which = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < a->d->nloads; i++) {
		if (a->d->loads[i].other_models[0]) {
			which = which ? which : a->d->loads[i].other_models;
			n++;
		}
	}
	if (!n)
		return;
	findings_add(a, FIND_LOAD, STRENGTH_UNPLANNED,
		arena_fmt(a->arena, "another model was in memory after %llu of %s: %s",
			(unsigned long long)n,
			wording_count(a->arena, a->d->nloads, "load", "loads"), which),
		"other_models!=", n);
	findings_of_file(a, "loads.csv");
}

static void say_effective(struct author *a)
{
	const char *why = NULL;
	uint64_t cells = 0, rows = 0;

	for (size_t c = 0; c < a->s->ncells; c++) {
		if (!a->s->cells[c].effective_differs)
			continue;
		why = why ? why : a->s->cells[c].effective_why;
		cells++;
		rows += a->s->cells[c].n;
	}
	if (cells)
		findings_add(a, FIND_LOAD, STRENGTH_UNPLANNED,
			arena_fmt(a->arena, "the server did not do what was asked in %s: %s",
				wording_count(a->arena, cells, "cell", "cells"), why),
			FILTER_COUNTS, rows);
}

static void say_context(struct author *a)
{
	double filled = a->s->context_filled_max;
	char share[WORDING_TEXT], tokens[NUM_TEXT];

	if (!isfinite(filled))
		return;
	findings_add(a, FIND_LIMIT, filled < 0.5 ? STRENGTH_LIMIT - 1 : STRENGTH_CALM,
		arena_fmt(a->arena,
			"prompts of at most %s tokens filled at most %s %% of num_ctx%s",
			num_group(tokens, (int64_t)a->s->prompt_tokens_max),
			wording_fixed(share, 100 * filled, filled < 0.095 ? 1 : 0),
			filled < 0.5 ? ": nothing here speaks of long contexts" : ""),
		FILTER_COUNTS, findings_rows(a, METRIC_TTFT));
}

void findings_run(struct author *a)
{
	say_run(a);
	say_passes(a);
	say_length(a);
	say_budget(a);
	say_failures(a);
	say_load_times(a);
	say_other_models(a);
	say_effective(a);
	say_context(a);
}
