/* best_parts.h - the settings that are compared, and the chance that is drawn for them. */
#ifndef STATS_BEST_PARTS_H
#define STATS_BEST_PARTS_H

#include "strata.h"

/* One setting.  Its mean's variance is own * (a load's) + (a request's) / weight. */
struct best_setting {
	uint32_t setting;   /* as in struct effective */
	uint32_t treatment; /* in best_contest.treatments */
	double mean;        /* adjusted for passes and prompts, turned so that more is better */
	double weight;      /* observations */
	size_t first, n;    /* the loads it has observations in, in best_contest.shares */
	double own;         /* sum of its shares squared */
	double excess;      /* 1 / weight less what MS_load holds of it */
	uint32_t pattern;   /* of its shares, among those of its treatment */
	uint32_t days;      /* of its shares in passes, among those of all */
};

/* Part of a setting's observations in one load. */
struct best_share {
	uint32_t load;
	double part;
};

/* Settings that have loads in common.  Settings with the same shares are one pattern. */
struct best_treatment {
	uint32_t *members; /* [n] in best_contest.v */
	size_t n, npatterns;
	double *common; /* lower triangle by rows: sum of products of two patterns' shares */
	double *factor; /* [npatterns * nfactors], whose square it is */
	size_t nfactors;
	double least_load, least_request; /* coefficients of any pair of members */
};

struct best_contest {
	const struct strata *s;
	struct best_setting *v;
	size_t n;
	struct best_share *shares;
	struct best_treatment *treatments;
	size_t ntreatments;
	uint32_t *members; /* [n] by treatment */
	/* Where servers are compared: shares in each class of server and pass, [ndays * npasses];
	 * and how much of a server's shifts from pass to pass is left between two of them. */
	double *in_pass, *days;
	size_t ndays;
	double least_own, least_excess;
	bool needs_load, needs_request, needs_host;
};

/* Var(mean i - mean j) = load * MS_load + request * MS_within + host * (a server's shift). */
struct best_variance {
	double load, request, host;
};

void best_contest_init(struct best_contest *c, const struct strata *s, const struct effective *eff);
void best_contest_release(struct best_contest *c);
struct best_variance best_variance(const struct best_contest *c, size_t i, size_t j);

/* stays[i]: no other is better than it by more than chance would make the truly best one look
 * worse.  Returns how many are shown to be worse than the best. */
size_t best_judge(const struct best_contest *c, bool *stays);

#endif
