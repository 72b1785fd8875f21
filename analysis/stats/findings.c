/* findings.c - the collection of statements. */
#include "findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "vec.h"

const char *finding_kind_name(enum finding_kind k)
{
	static const char *const names[] = {
		[FIND_RUN] = "run",
		[FIND_ALIAS] = "alias",
		[FIND_EFFECT] = "effect",
		[FIND_NO_EFFECT] = "no_effect",
		[FIND_INCONCLUSIVE] = "inconclusive",
		[FIND_BEST] = "best",
		[FIND_FAILURE] = "failure",
		[FIND_LOAD] = "load",
		[FIND_DRIFT] = "drift",
		[FIND_QUALITY] = "quality",
		[FIND_AUDIT] = "audit",
		[FIND_LIMIT] = "limit",
	};

	return names[k];
}

/* A table of the user's has no such columns: its rows that count are all but those left out. */
static const char *without_counts(const char *filter)
{
	size_t len = strlen(FILTER_COUNTS);

	if (strncmp(filter, FILTER_COUNTS, len) != 0)
		return filter;
	return filter + len + (filter[len] == ' ');
}

void findings_add(struct author *a, enum finding_kind kind, int strength, const char *text,
	const char *filter, uint64_t n)
{
	*VEC_PUSH(&a->found) = (struct finding){.kind = kind,
		.strength = strength,
		.text = text,
		.file = a->d->foreign ? a->d->name : "runs.csv",
		.filter = a->d->foreign ? without_counts(filter) : filter,
		.n = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX};
}

void findings_of_file(struct author *a, const char *file)
{
	a->found.v[a->found.n - 1].file = file;
}

const char *findings_here(const struct author *a)
{
	return a->d->foreign ? "these rows" : "this run";
}

const char *findings_noun(const struct dataset *d, enum metric metric)
{
	static const char *const nouns[METRIC_COUNT] = {
		[METRIC_DECODE] = "throughput",
		[METRIC_TTFT] = "TTFT",
		[METRIC_TPOT] = "TPOT",
		[METRIC_E2E] = "end-to-end time",
		[METRIC_PREFILL] = "prefill rate",
		[METRIC_LOAD] = "the server's load_duration",
		[METRIC_SYSTEM] = "system throughput",
		[METRIC_GOODPUT] = "goodput",
		[METRIC_EQUAL] = "throughput over equal lengths",
		[METRIC_SCORE] = "score",
	};

	return d->foreign ? d->metrics[metric].label : nouns[metric];
}

uint64_t findings_rows(const struct author *a, enum metric metric)
{
	uint64_t n = 0;

	for (size_t c = 0; c < a->s->ncells; c++)
		n += a->s->cells[c].metric[metric].n;
	return n;
}

static int compare(const void *x, const void *y)
{
	const struct finding *const *a = x, *const *b = y;

	if ((*a)->strength != (*b)->strength)
		return (*a)->strength > (*b)->strength ? -1 : 1;
	return *a < *b ? -1 : *a > *b; /* then as they were made */
}

static void finish(struct author *a)
{
	struct summary *s = a->s;
	const struct finding **order = xcalloc(a->found.n, sizeof(*order));

	for (size_t i = 0; i < a->found.n; i++)
		order[i] = &a->found.v[i];
	qsort(order, a->found.n, sizeof(*order), compare);
	s->nfindings = a->found.n;
	s->findings = arena_alloc(&s->arena, s->nfindings, sizeof(*s->findings));
	for (size_t i = 0; i < s->nfindings; i++) {
		s->findings[i] = *order[i];
		s->findings[i].id = arena_fmt(&s->arena, "F%zu", i + 1);
	}
	free(order);
	VEC_RELEASE(&a->found);
}

/* What the prompts allow to be said. */
static const char *scope_of(const struct fold *f, struct arena *arena)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nprompts; i++)
		n += f->prompt_met[i];
	if (n == 0)
		return "";
	return n == 1 ? " for this prompt" : arena_fmt(arena, " for these %zu prompts", n);
}

void findings_make(struct summary *s, const struct effective *eff, const struct effects *effects,
	const struct strata *strata)
{
	struct author a = {.s = s,
		.d = s->data,
		.eff = eff,
		.effects = effects,
		.strata = strata,
		.arena = &s->arena,
		.scope = scope_of(s->fold, &s->arena)};

	if (s->data->foreign) {
		findings_table(&a);
	} else {
		findings_run(&a);
		findings_bursts(&a);
		findings_spill(&a);
		findings_quality(&a);
		findings_audit(&a);
	}
	findings_trust(&a);
	findings_effects(&a);
	findings_best(&a);
	findings_choice(&a);
	finish(&a);
}
