/* permute.h - the F tests checked by permutation within the strata: what p would be if nothing were
 * assumed of the noise but that it does not know the labels (Fisher 1935; Pitman 1938).
 *
 * Labels of a factor change places only among units that differ in nothing else: of a runner factor
 * among the loads of one pass (server and pass) whose other runner settings are alike, of a
 * sampling factor among the requests of one load whose prompt and other settings are alike.  The
 * schedule drew the order of both, so that not even drift and autocorrelation know the labels.
 * Under "the factor does nothing" every such arrangement is as likely as the one that was run,
 * whatever passes, loads, other factors and their interactions do, and whatever the noise is
 * distributed like: the test is exact, where permuting residuals is so in the limit only (Anderson
 * and ter Braak 2003).
 *
 * The statistic is the sum of squares of the factor beside what the units share: r' M r with r[l]
 * the sum over units of level l of weight x (value - mean of its like), and M the generalised
 * inverse of that sum's covariance over all arrangements, to a factor.  Balanced, it is the F
 * test's numerator, and since the sum of squares about the means of the like is the same in every
 * arrangement, it orders them as F does whose error is all that is left beside those means.
 * Unbalanced, it stands in for it, and the test stays exact as long as labels do not follow weights
 * and, for runner factors, but for what adjusted load means share. */
#ifndef STATS_PERMUTE_H
#define STATS_PERMUTE_H

#include <jansson.h>

#include "strata.h"

/* All arrangements are gone through up to so many; else so many are drawn, fewer of many units. */
#define PERMUTE_ALL      20000 /* holds four levels in three passes, 4!^3 */
#define PERMUTE_DRAWS    9999
#define PERMUTE_FEWER    999
#define PERMUTE_MANY     1000  /* units from which on fewer are drawn */
#define PERMUTE_MOST     20000 /* units beyond which nothing is */
#define PERMUTE_LEVELS   100
#define PERMUTE_ALPHA    0.05
#define PERMUTE_CLOSE_TO 0.01

struct permutation {
	double p;     /* NaN: there is none */
	double least; /* the smallest p that was possible; NaN */
	/* What p comes to, at most, where one level is far off from all others and these are alike:
	 * however far it is, its units share one label by chance so often (four levels in three
	 * passes: 4 / 4^3 = .0625).  NaN. */
	double one_level;
	uint64_t draws;   /* arrangements looked at */
	bool exact;       /* all there are */
	const char *unit; /* what changed places: "loads within a pass" */
	const char *why;  /* there is no p: the reason; else NULL */
};

/* The main effect of a factor on the strata's metric.  Withheld where the F test is, for servers
 * (whose loads share no pass), of loads in a grid with holes (which hold different requests), and
 * beyond the sizes above.  Reads the dataset's rows only where a cell was repeated within a load.
 * The same input gives the same p. */
void permute_effect(struct strata *s, const struct dataset *d, const struct effective *eff,
	int factor, struct permutation *ret);

/* What it says of an F test's unadjusted p.  Nothing where it could not have been below 5 %, or
 * where F finds an effect and p is not below 5 % but as small as one level that is far off can make
 * it. Both agree if they are on the same side of 5 %, or closer to each other than .01. */
enum permutation_says { PERMUTATION_NOTHING, PERMUTATION_AGREES, PERMUTATION_DISAGREES };
enum permutation_says permutation_compare(const struct permutation *p, double f_test_p);
const char *permutation_says_name(enum permutation_says says); /* "nothing", "agrees", ... */

/* {"p", "least_p", "one_level_p", "arrangements", "exact", "unit", "says", "why"}; new reference.
 */
json_t *permutation_json(const struct permutation *p, double f_test_p);

/* ---- the core, over plain arrays ---- */

struct permute_unit {
	uint32_t where, prompt, beside; /* units change places where all three are equal */
	uint32_t level;
	double weight, y;
};
/* Sorts the units. */
void permute_units(struct permute_unit *units, size_t n, uint32_t nlevels, struct permutation *ret);

/* The next arrangement of n labels in lexical order (each different one once), or false, back at
 * the first. */
bool permute_next(uint32_t *label, size_t n);

#endif
