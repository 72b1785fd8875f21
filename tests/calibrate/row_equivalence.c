/* row_equivalence.c - no difference, and one of half the margin, with the passes that promise the
 * verdict `no_effect` 8 times in 10. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bug.h"
#include "found.h"

#define ROW    "equivalence"
#define MARGIN 0.02 /* of throughput, by default */
#define TARGET 0.80

static const struct subject {
	struct wanted wanted;
	const char *half;
} subjects[] = {{{"num_ctx", "3072"}, "num_ctx=3072: throughput +1%"},
	{{"temperature", "0.4"}, "temperature=0.4: throughput +1%"}};

static int promised(const struct subject *s, struct power_need *need, struct err *e)
{
	struct chain_spec spec = calibration_grid();
	const struct power_factor *f;
	struct power_plan pp;
	struct chain c;

	if (chain_open(&c, &spec, e)) {
		chain_release(&c);
		return -1;
	}
	power_plan_init(&pp, &c.setup.plan, NULL);
	pp.noise = c.noise;
	f = power_plan_factor(&pp, s->wanted.factor);
	if (!f)
		BUG("the plan has no such factor");
	*need = power_plan_ask(&pp, f, METRIC_DECODE, MARGIN, TARGET).equal;
	chain_release(&c);
	return need->found ? 0 : err_set(e, ERR_DATA, "%s: nothing is promised", s->wanted.factor);
}

static int claim(const struct calibration_of *a, const struct subject *s, struct power_need need,
	bool half, struct err *e)
{
	struct bar bar = BAR_LEAST(TARGET);
	struct chain_spec spec = calibration_grid();
	char condition[80], name[100];
	struct found *found;
	size_t hits = 0;

	spec.passes = need.passes;
	spec.per_pass = need.per_pass;
	if (half) {
		spec.plants[0] = s->half;
		bar.why = "no number of passes reaches it: with more of them the verdict becomes "
			  "`effect`, marked negligible";
	}
	snprintf(condition, sizeof(condition), "%s: %u passes of %u", s->wanted.factor, need.passes,
		need.per_pass);
	snprintf(name, sizeof(name), "%s %s", condition, half ? "half" : "zero");
	found = found_of(a, &spec, &s->wanted, name, a->fewer, e);
	if (!found)
		return -1;
	for (size_t i = 0; i < a->fewer; i++)
		hits += found[i].no_effect;
	claims_share(a->claims, ROW, half ? "no_effect; true half margin" : "no_effect; true zero",
		condition, hits, a->fewer, bar);
	free(found);
	return 0;
}

int row_equivalence(struct calibration_of *a, struct err *e)
{
	for (size_t i = 0; i < COUNTOF(subjects); i++) {
		struct power_need need;

		if (promised(&subjects[i], &need, e) || claim(a, &subjects[i], need, false, e) ||
			claim(a, &subjects[i], need, true, e))
			return -1;
	}
	return 0;
}
