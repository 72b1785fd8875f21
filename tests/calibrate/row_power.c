/* row_power.c - 2 % on one level, with as many passes as `plan --power` advises. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bug.h"
#include "found.h"
#include "vec.h"

#define ROW    "power"
#define SIZE   0.02
#define TARGET 0.90

/* A runner option, and a sampling option; requests are noisier for it, since otherwise the fewest
 * that can be asked for find it. */
static const struct subject {
	struct wanted wanted;
	const char *plant;
	double request;
	bool runner;
} subjects[] = {{{"num_ctx", "3072"}, "num_ctx=3072: throughput +2%", 0.01, true},
	{{"temperature", "0.4"}, "temperature=0.4: throughput +2%", 0.03, false}};

static struct chain_spec grid_of(const struct subject *s)
{
	struct chain_spec spec = calibration_grid();

	spec.noise.request = s->request;
	return spec;
}

static struct chain_spec advised_spec(const struct subject *s, struct power_need n)
{
	struct chain_spec spec = grid_of(s);

	spec.plants[0] = s->plant;
	spec.passes = n.passes;
	spec.per_pass = n.per_pass;
	return spec;
}

/* As plan --power says it of that factor; with limits, at the upper ones. */
static struct power_need advice(
	const struct chain *c, const struct subject *s, const struct noise *noise)
{
	struct power_plan pp;
	const struct power_factor *f;

	power_plan_init(&pp, &c->setup.plan, NULL);
	pp.noise = *noise;
	f = power_plan_factor(&pp, s->wanted.factor);
	if (!f)
		BUG("the plan has no such factor");
	return power_plan_ask(&pp, f, METRIC_DECODE, SIZE, TARGET).need[1];
}

/* ---- from pilots ---- */

struct pilot_arg {
	const struct chain *chain;
	const struct subject *subject;
	uint64_t seed;
};

static int pilot(const void *arg, size_t number, void *out, struct err *e)
{
	const struct pilot_arg *a = arg;
	struct chain_run run;
	struct noise noise;
	int failed;

	if (chain_play(&run, a->chain, a->seed + number, e))
		return -1;
	failed = noise_fit(&noise, &run.data, e);
	chain_run_release(&run);
	if (failed)
		return -1;
	*(struct power_need *)out = advice(a->chain, a->subject, &noise);
	return 0;
}

static struct power_need *advise(
	const struct calibration_of *a, const struct subject *s, struct err *e)
{
	struct chain_spec spec = grid_of(s);
	struct power_need *needs = NULL;
	struct chain c;
	struct pilot_arg arg = {&c, s, 0};
	char name[60];

	snprintf(name, sizeof(name), "pilots of %s", s->wanted.factor);
	arg.seed = calibration_seed(a, name);
	if (!chain_open(&c, &spec, e))
		needs = many_run(pilot, &arg, a->pilots, sizeof(*needs), a->threads, e);
	chain_release(&c);
	return needs;
}

/* A plan that pilots advised, made once. */
struct advised {
	struct power_need need;
	struct chain chain;
};
struct all_advised {
	struct advised **v;
	size_t n, cap;
};

static const struct chain *advised_chain(
	struct all_advised *all, const struct subject *s, struct power_need need, struct err *e)
{
	struct chain_spec spec = advised_spec(s, need);
	struct advised *new;

	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i]->need.passes == need.passes &&
			all->v[i]->need.per_pass == need.per_pass)
			return &all->v[i]->chain;
	}
	*VEC_PUSH(all) = new = xcalloc(1, sizeof(*new));
	new->need = need;
	return chain_open(&new->chain, &spec, e) ? NULL : &new->chain;
}

static void release_all(struct all_advised *all)
{
	for (size_t i = 0; i < all->n; i++) {
		chain_release(&all->v[i]->chain);
		free(all->v[i]);
	}
	VEC_RELEASE(all);
}

struct main_arg {
	const struct chain **chains; /* [pilots]; NULL where nothing can be advised */
	const struct subject *subject;
	size_t per_pilot;
	uint64_t seed;
};

static int main_sweep(const void *arg, size_t number, void *out, struct err *e)
{
	const struct main_arg *a = arg;
	const struct chain *c = a->chains[number / a->per_pilot];

	return c ? found_play(out, c, &a->subject->wanted, a->seed + number, e) : 0;
}

static void claim_pilots(const struct calibration_of *a, const struct subject *s,
	const struct power_need *needs, const struct found *found)
{
	double *share = xcalloc(a->pilots, sizeof(*share)),
	       *passes = xcalloc(a->pilots, sizeof(*passes)),
	       *repeats = xcalloc(a->pilots, sizeof(*repeats));

	for (size_t i = 0; i < a->pilots; i++) {
		for (size_t k = 0; k < a->per_pilot; k++)
			share[i] += found[i * a->per_pilot + k].in_order / (double)a->per_pilot;
		passes[i] = needs[i].passes;
		repeats[i] = (double)needs[i].passes * needs[i].per_pass;
	}
	claims_mean(a->claims, ROW, "2 % found; by pilots, mean", s->wanted.factor, share,
		a->pilots, true, BAR_LEAST(TARGET));
	claims_mean(a->claims, ROW, "passes advised", s->wanted.factor, passes, a->pilots, false,
		BAR_NONE);
	claims_mean(a->claims, ROW, "repeats advised", s->wanted.factor, repeats, a->pilots, false,
		BAR_NONE);
	free(share);
	free(passes);
	free(repeats);
}

static int piloted(const struct calibration_of *a, const struct subject *s, struct err *e)
{
	const struct chain **chains = xcalloc(a->pilots, sizeof(*chains));
	struct power_need *needs = advise(a, s, e);
	struct all_advised all = {0};
	char name[60];
	struct main_arg arg = {chains, s, a->per_pilot, 0};
	struct found *found = NULL;
	bool ready = needs;

	snprintf(name, sizeof(name), "advised for %s", s->wanted.factor);
	arg.seed = calibration_seed(a, name);
	for (size_t i = 0; ready && i < a->pilots; i++) {
		if (needs[i].found)
			ready = (chains[i] = advised_chain(&all, s, needs[i], e));
	}
	if (ready)
		found = many_run(
			main_sweep, &arg, a->pilots * a->per_pilot, sizeof(*found), a->threads, e);
	if (found)
		claim_pilots(a, s, needs, found);
	release_all(&all);
	free(chains);
	free(needs);
	free(found);
	return found ? 0 : -1;
}

/* ---- at the true noise ---- */

static int claim_found(const struct calibration_of *a, const struct subject *s,
	struct power_need need, const char *what, struct bar bar, struct err *e)
{
	struct chain_spec spec = advised_spec(s, need);
	char condition[80];
	struct found *found;
	size_t hits = 0;

	snprintf(condition, sizeof(condition), "%s: %u passes of %u", s->wanted.factor, need.passes,
		need.per_pass);
	found = found_of(a, &spec, &s->wanted, condition, a->fewer, e);
	if (!found)
		return -1;
	for (size_t i = 0; i < a->fewer; i++)
		hits += found[i].in_order;
	claims_share(a->claims, ROW, what, condition, hits, a->fewer, bar);
	free(found);
	return 0;
}

/* With two less it is not found so often: the advice is at most one above the least.  (Of a
 * sampling option two requests a pass less, which is less than two passes.) */
static int at_true_noise(const struct calibration_of *a, const struct subject *s, struct err *e)
{
	struct chain_spec spec = grid_of(s);
	struct power_need need, less;
	struct chain c;

	if (chain_open(&c, &spec, e)) {
		chain_release(&c);
		return -1;
	}
	need = less = advice(&c, s, &c.noise);
	chain_release(&c);
	if (!need.found)
		return err_set(e, ERR_DATA, "%s: nothing is advised", s->wanted.factor);
	if (claim_found(a, s, need, "2 % found; noise known", BAR_LEAST(TARGET), e))
		return -1;
	if (s->runner)
		less.passes -= 2;
	else
		less.per_pass -= 2;
	return claim_found(a, s, less, "the same with two less", BAR_MOST(TARGET), e);
}

int row_power(struct calibration_of *a, struct err *e)
{
	for (size_t i = 0; i < COUNTOF(subjects); i++) {
		if (at_true_noise(a, &subjects[i], e) || piloted(a, &subjects[i], e))
			return -1;
	}
	return 0;
}
