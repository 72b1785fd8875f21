/* power_plan.h - what a plan would find, and what it would take: `plan`, `plan --power`,
 * `rehearse`.
 */
#ifndef CMD_POWER_PLAN_H
#define CMD_POWER_PLAN_H

#include "earlier_times.h"
#include "plan.h"
#include "power.h"

/* A plan as the closed forms see it.  They hold for whole grids; a factor that varies in step with
 * another has the other's figures, and is no test of its own. */
struct power_plan {
	const struct plan *plan;
	struct power_factor factors[SWEEP_MAX_FACTORS];
	struct power_design design;
	struct noise noise;
	struct power_cost cost; /* zeros where times are unknown */
};
void power_plan_init(
	struct power_plan *pp, const struct plan *p, const struct earlier_times *times);

/* Which noise to plan with, in this order: of the run `run`, as `given`, of the earlier run of this
 * model that times are known from, assumed.  The first three may be NULL (unknown). */
int power_plan_noise(struct noise *n, const char *run, const char *given,
	const struct earlier_times *times, struct err *e);
/* "ASSUMED: requests 1 %, loads 0.7 %", "from runs/x: ..."; new string. */
char *power_plan_noise_text(const struct noise *n, enum metric m);

/* Passes x repeats; `found` false: more than anyone makes, or none can be named. */
struct power_need {
	bool found, as_planned;
	const char *why; /* none can be named: the reason; else NULL */
	uint32_t passes, per_pass;
};
/* What is said of one factor in one metric: at the noise as estimated, and at its upper limit (both
 * the same where it has no limits).  NaN where there is no test. */
struct power_answer {
	const struct power_factor *factor;
	enum metric metric;
	double least90[2], least80[2];
	struct power_need need[2]; /* for the size asked, with the target asked */
	struct power_need equal;   /* for no_effect within that size, 8 times in 10, upper limit */
};
struct power_answer power_plan_ask(const struct power_plan *pp, const struct power_factor *f,
	enum metric m, double size, double target);
/* The factor of that name, or the one that it varies in step with; NULL where it is none with two
 * levels. */
const struct power_factor *power_plan_factor(const struct power_plan *pp, const char *name);
/* The cheapest passes x repeats with which every factor's effect of that size on throughput is
 * found, at the noise as estimated or its upper limit. */
struct power_need power_plan_cheapest(
	const struct power_plan *pp, double size, double target, bool upper);

/* Whether both metrics have the same noise, so that one answer does for both. */
bool power_same_noise(const struct noise *n);
/* The line of a plan: "will find in throughput, 9 times in 10: ...". */
void power_text_line(const struct power_plan *pp);
/* The table of --power. */
void power_text_table(const struct power_plan *pp, double size, double target);
/* The object "power" of plan --json; new reference. */
json_t *power_json(const struct power_plan *pp, double size, double target);
/* The noise, and a need, as JSON; new references. */
json_t *power_need_json(const struct power_need *n);
json_t *power_noise_json(const struct noise *n);
/* "2%" or "0.02" (between 0 and 1); ERR_USAGE naming the option. */
int power_take_share(const char *option, const char *text, double *ret, struct err *e);

#endif
