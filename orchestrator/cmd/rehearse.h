/* rehearse.h - a sweep on a simulated machine of known truth, many times over.
 *
 * A rehearsal runs the plan's own schedule under the virtual clock, writes its rows in memory,
 * reads them back and analyses them with the code that analyses runs.  What it knows beside them,
 * the planted effects, tells whether the analysis was right.  A rehearsal is a function of the
 * stage and its seed; nothing is shared between two that either changes. */
#ifndef CMD_REHEARSE_H
#define CMD_REHEARSE_H

#include "effects.h"
#include "rehearse_stage.h"

/* One rehearsal, before it is judged.  rehearse_release. */
struct rehearse_run {
	struct dataset data;
	struct effective eff;
	struct strata strata[METRIC_COUNT]; /* of throughput and TTFT; the others say why not */
	struct effects effects;
	struct best_set best[METRIC_COUNT]; /* of the same */
	double seconds;                     /* virtual time */
	uint32_t loads, requests, passes;
	bool enough; /* stopped by its own looks */
};

/* 0, or -1 when the rehearsal made no data.  The best is looked for if `best`: that is the slow
 * part. */
int rehearse_play(struct rehearse_run *run, const struct rehearse_stage *stage, uint64_t seed,
	bool best, struct err *e);
void rehearse_release(struct rehearse_run *run);

/* The rows of a performance as the analysis reads them; `ended` as the manifest has it, "" while
 * the schedule is still played. */
int rehearse_read(struct dataset *d, const struct rehearse_stage *stage,
	const struct rehearse_rows *rows, const char *ended, struct err *e);

/* What is true on a stage: what is planted; where the machine has effects of its own, what the
 * cells of a rehearsal without noise differ by. */
struct rehearse_effect {
	const char *name;
	int a, b; /* factors of the dataset, b -1 for a main effect */
	enum metric metric;
	bool alias;
	bool null;        /* there is no effect */
	bool known;       /* else neither null nor the opposite can be said of all of it */
	uint32_t nlevels; /* main effects */
	double *diff; /* [nlevels * nlevels] log of the true ratio of level i to j; NaN unknown */
};
struct rehearse_truth {
	struct arena arena;
	struct rehearse_effect *effects; /* of the family */
	size_t n;
	const char **factors; /* [nfactors] of the dataset */
	int *judged_as;       /* [nfactors] itself, or the factor that it varies in step with */
	size_t nfactors;
	const char *best[METRIC_COUNT]; /* id of the best cell; the first of equals; NULL none */
	size_t settings;
	double seconds, request_s; /* of the whole, and of a request in the mean */
};
int rehearse_truth_find(
	struct rehearse_truth *t, const struct rehearse_stage *stage, struct err *e);
void rehearse_truth_release(struct rehearse_truth *t);
/* Index of the main effect by which that factor is judged, or -1. */
int rehearse_truth_main(const struct rehearse_truth *t, const char *factor, enum metric metric);

/* How one rehearsal went, beside the truth. */
enum rehearse_verdict {
	REHEARSE_WITHHELD, /* there was no test */
	REHEARSE_EFFECT,
	REHEARSE_NO_EFFECT,
	REHEARSE_INCONCLUSIVE,
	REHEARSE_ALIAS,
};
struct rehearse_judged {
	uint8_t verdict; /* enum rehearse_verdict */
	bool in_order;   /* effect, and the levels furthest apart are so in truth */
	uint16_t compared,
		covered; /* ratios to the reference whose 95 % interval holds the truth */
};
struct rehearse_outcome {
	bool played;
	bool enough;
	double seconds;
	uint32_t loads, requests, passes;
	bool held[METRIC_COUNT];         /* the set holds the best */
	uint32_t size[METRIC_COUNT];     /* of the set, in different settings; 0: there is none */
	struct rehearse_judged *effects; /* [truth.n] */
};
/* `o->effects` is the caller's. */
void rehearse_judge(
	struct rehearse_outcome *o, const struct rehearse_run *run, const struct rehearse_truth *t);

#endif
