/* search_run.h - a capacity search in a run directory: level after level, each a session of its own
 * with SEARCH_BURSTS passes of one burst, judged from its rows as they are written. */
#ifndef CMD_SEARCH_RUN_H
#define CMD_SEARCH_RUN_H

#include "search.h"
#include "search_burst.h"
#include "setup.h"

/* What a search varies. */
struct search_axis {
	const char *name; /* as in --find and in the sweep's factors */
	enum search_find find;
	double from, to;  /* by default; to 0: what the model has (trained context, layers + 1) */
	double step;      /* as search_init */
	double most;      /* as the sweep takes */
	const char *unit; /* behind a level, "" none */
};
extern const struct search_axis search_axes[4];
const struct search_axis *search_axis(const char *name); /* NULL if it is none */
/* Whether the axis has that level; `option` names the place.  NaN is none, and fine. */
int search_axis_check(
	const struct search_axis *axis, const char *option, double level, struct err *e);

/* What is known of one burst when it is over. */
struct search_note {
	enum burst_verdict verdict;
	char why[160];
	uint32_t pass, requests, met, failed, invalid;
	uint32_t over_ttft, over_tpot, over_e2e, unknown;
	double ttft_p95_ms, tpot_p95_ms, e2e_p95_ms; /* NaN below 20 values */
	double offload;
	int64_t context_length;
};

struct search_trial {
	double level;
	uint32_t begun;   /* sessions that tried it; more than one after an interruption */
	uint32_t session; /* the last of them */
	bool told;        /* it was tried to the end */
	struct search_note burst[SEARCH_BURSTS];
};

struct search_job {
	const struct search_axis *axis;
	struct search_asked asked;
	struct search search;
	const struct setup *base; /* servers and simulator; borrowed */
	json_t *sweep;            /* what every level's sweep has */
	struct sweep whole_sweep; /* with the two ends as levels: what sweep.json says */
	struct plan whole;
	const char *dir;
	bool resumed; /* the journal is there */
	bool no_chunks;
	bool live; /* within a level a line tells how far it is */
	struct {
		struct search_trial *v;
		size_t n, cap;
	} trials; /* in the order tried */
	const char
		*end; /* "complete", "interrupted", "server gone", "failed"; NULL while it runs */
	char why[300];
	ns clock; /* of the virtual world, NS_NONE before the first session */
	/* Told after each level; may be NULL. */
	void (*on_trial)(const struct search_job *job, const struct search_trial *trial);
};

/* Ready to go: the range is checked against the sweep and the model.  `base` has a sweep with the
 * factor of the axis, whatever its levels.  from, to or resolution NaN: the default.  On failure
 * nothing is left. */
int search_job_init(struct search_job *job, const struct setup *base,
	const struct search_axis *axis, const struct search_asked *asked, const double range[3],
	struct err *e);
void search_job_release(struct search_job *job);
/* Tries what is left to try and writes search.json after every level.  0 when the search ended in
 * good order (see job->end), -1 with the error otherwise. */
int search_job_run(struct search_job *job, struct err *e);

#endif
