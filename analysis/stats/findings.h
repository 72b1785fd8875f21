/* findings.h - statements with the rows behind them, in plain words.
 *
 * An author collects them; findings_finish sorts them by strength and numbers them.  Filters name
 * columns of the file as `column=value`, separated by spaces, `a|b` for either value. */
#ifndef STATS_FINDINGS_H
#define STATS_FINDINGS_H

#include "effects.h"

/* How much a statement weighs: groups that keep their order whatever their figures are. */
enum finding_strength {
	STRENGTH_SIMULATED = 1100,
	STRENGTH_RUN = 1000,
	STRENGTH_FAILING = 950, /* requests failed */
	STRENGTH_ALIAS = 900,
	STRENGTH_EFFECT = 800, /* and its size, up to 99 */
	STRENGTH_BEST = 750,
	STRENGTH_UNPLANNED = 740, /* loads, effective settings, other models */
	STRENGTH_AUDIT = 720,     /* rows that are suspect or invalid */
	STRENGTH_NO_EFFECT = 600,
	STRENGTH_INCONCLUSIVE = 500,
	STRENGTH_DRIFT = 450,
	STRENGTH_LIMIT = 400,
	STRENGTH_QUALITY = 350,
	STRENGTH_EXPLORATORY = 300, /* and its size, up to 49 */
	STRENGTH_CALM = 200,        /* nothing was amiss */
};

/* Rows that enter the figures. */
#define FILTER_COUNTS "phase=measure status=ok validity=valid|suspect paid_load=0"

struct author {
	struct summary *s;
	const struct dataset *d;
	const struct effective *eff;
	const struct effects *effects;
	const struct strata *strata; /* [nmetrics] */
	struct arena *arena;
	const char *scope; /* " for this prompt" */
	struct {
		struct finding *v;
		size_t n, cap;
	} found;
};

void findings_add(struct author *a, enum finding_kind kind, int strength, const char *text,
	const char *filter, uint64_t n);
/* As the last one added was about another file than runs.csv. */
void findings_of_file(struct author *a, const char *file);
/* "this run", or "these rows" of a table of the user's. */
const char *findings_here(const struct author *a);
/* "throughput": the metric inside a sentence. */
const char *findings_noun(const struct dataset *d, enum metric metric);
/* "phase=measure ... num_ctx=8192|1024": the rows of two effective levels of a factor. */
const char *findings_level_filter(const struct author *a, size_t factor, uint32_t x, uint32_t y);
/* Rows that count and have the metric. */
uint64_t findings_rows(const struct author *a, enum metric metric);

/* What a table of the user's holds, in place of the run, its requests and its client. */
void findings_table(struct author *a);
void findings_run(struct author *a); /* the run, failures, loads */
void findings_bursts(struct author *a);
void findings_spill(struct author *a);
void findings_quality(struct author *a); /* scores, and whether answers can be had again */
void findings_trust(struct author *a);   /* steps, humps, trends, permutation */
void findings_audit(struct author *a);   /* rows, client, drift */
void findings_effects(struct author *a); /* aliases, effects, what could have been seen */
void findings_best(struct author *a);
void findings_choice(struct author *a); /* knees, the front, the balance */

/* All of them, into s->findings. */
void findings_make(struct summary *s, const struct effective *eff, const struct effects *effects,
	const struct strata *strata);

#endif
