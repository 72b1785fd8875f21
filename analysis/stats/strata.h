/* strata.h - one metric of a split-plot run, taken apart into its two strata (docs/statistics.md).
 *
 * Request stratum: observations within a load, the load as a fixed term; the error is what is left
 * beside load and cell x prompt.  Runner stratum: one adjusted mean per load; the error is what is
 * left beside treatment and pass.  Everything is on the analysis scale (logarithms, or as is). */
#ifndef STATS_STRATA_H
#define STATS_STRATA_H

#include "design.h"
#include "linmodel.h"

/* Requests of one load, cell and prompt; or one burst, which weighs as one observation. */
struct strata_group {
	uint32_t load;   /* in strata.loads */
	uint32_t cell;   /* in dataset.cells */
	uint32_t prompt; /* DATA_NONE for a burst */
	uint32_t rows;
	double weight, mean, ss;
};

struct strata_load {
	uint32_t load;            /* in dataset.loads */
	uint32_t treatment, pass; /* pass: class of server and pass, from 0 */
	uint32_t number;          /* class of pass alone */
	size_t first, ngroups;
	double weight;         /* observations */
	double mean, adjusted; /* over the rows; over cells and prompts as if each had its share */
};

/* A requested cell. */
struct strata_cell {
	uint32_t nloads;
	double weight, mean;
	double share; /* sum over its loads of (part of its weight)^2: 1/P when balanced */
};

struct strata {
	enum metric metric;
	const struct metric_spec *spec; /* the dataset's */
	bool log, valid_only;
	bool foreign;      /* reasons are worded for rows and blocks */
	bool independent;  /* rows of a table without blocks: their error is that of all means */
	double confidence; /* of intervals */
	int host; /* the factor `server` (or what it varies in step with) where it has levels to
		     compare; -1: none */
	const char *why; /* nothing could be fitted: the reason; else NULL */
	struct strata_group *groups;
	size_t ngroups;
	struct strata_load *loads;
	size_t nloads;
	struct strata_cell *cells;  /* [dataset.ncells] */
	uint32_t *by_treatment;     /* [nloads] indices of loads, sorted by treatment */
	uint32_t npasses, nnumbers; /* classes of server and pass, and of pass alone */
	uint32_t nhosts;            /* servers compared, 1 where none are */
	double per_load;            /* mean observations per load */
	bool *overload;             /* [dataset.ncells] more was sent than the server takes */
	bool overloaded;            /* there are such cells, and their rows are left out */
	/* Errors; NaN with the reason where there are no degrees of freedom. */
	double ms_within, df_within, ms_load, df_load;
	const char *within_why, *load_why;
	/* Error of the server's own effect: server x pass, on the scale of load means. */
	double ms_host, df_host;
	const char *host_why;
	/* Standard deviations on the analysis scale; NaN unknown. */
	double sd_request, sd_load, sd_pass;
	double *pass_effect;   /* [npasses] with mean 0 */
	double *prompt_effect; /* [nprompts] with mean 0 */
	struct design within_design, between_design;
	struct lin within, between;
	/* Combinations of levels are missing (holes), or whole levels: then both strata are
	 * analysed at once (strata_gls.c), and the two above serve the errors alone. */
	bool holes, gls;
	bool *whole_pair; /* [nfactors * nfactors] a < b: all pairs of levels that are there */
	struct design joint;
	struct lin whole, near;     /* rows made independent; the same a step of the ratio on */
	double gls_ms;              /* error of `whole` */
	double gls_ratio, gls_step; /* variance of loads over that of requests */
	bool gls_single;            /* one request in each load */
	bool unchecked;             /* no cell is left over to see whether effects add up */
	const char *misfit_why;     /* they do not: main effects are withheld; else NULL */
	const char *pairs_why;      /* interactions are withheld; else NULL */
};

/* Fits the rows that count (without suspect ones if valid_only).  Tables are in the arena; release
 * frees the rest. */
void strata_fit(struct strata *s, const struct dataset *d, const struct effective *eff,
	enum metric metric, bool valid_only, struct arena *arena);
void strata_release(struct strata *s);

/* What an effect is held against. */
struct strata_error {
	const char *term; /* "block x pass", "server x pass", "within loads" */
	const char *why;  /* there is none: the reason; else NULL */
	double ms, df;
	const struct design *design;
	struct lin *lin;
	bool withheld; /* an estimate would mislead: none is given, though its width is known */
};
/* Of factor a, or of its interaction with b (-1: none). */
struct strata_error strata_error_of(struct strata *s, const struct dataset *d, int a, int b);

/* Variance of a sum of independent parts of the two mean squares, with its degrees of freedom by
 * Satterthwaite (1946). */
struct variance {
	double value, df;
	double load, request; /* its parts */
};
/* per_load * MS_load + per_request * MS_within. */
struct variance strata_variance(const struct strata *s, double per_load, double per_request);
/* The same of an estimate by generalised least squares, from its unit variances in `whole` and in
 * `near`. */
struct variance strata_gls_variance(const struct strata *s, double unit, double near);
/* Half the interval of an estimate with that variance. */
double strata_half(const struct strata *s, struct variance v);

/* Interval of the expectation of a cell's mean over loads, on the analysis scale.  Returns
 * NULL, or why there is none. */
const char *strata_cell_interval(
	const struct strata *s, uint32_t cell, double *low, double *high, double *df);

/* The metric's scale from the analysis scale: exp, or itself. */
double strata_unscale(const struct strata *s, double x);

#endif
