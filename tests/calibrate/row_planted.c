/* row_planted.c - interactions are found where they are, and names of one setting never are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "rows.h"

#define ROW "planted"

/* By the truth of the chain. */
struct counted {
	unsigned effects, found; /* that are there */
	unsigned nulls, alarms;  /* that are not */
	unsigned aliases, as_alias, as_effect;
	bool interactions; /* all of those that are there were found */
};

static void count(struct counted *to, const struct rehearse_effect *truth, const struct effect *e)
{
	bool seen = e && e->verdict == VERDICT_EFFECT;

	if (truth->alias) {
		to->aliases++;
		to->as_alias += e && e->verdict == VERDICT_ALIAS;
		to->as_effect += seen;
	} else if (truth->known && truth->null) {
		to->nulls++;
		to->alarms += seen;
	} else if (truth->known) {
		to->effects++;
		to->found += seen;
		to->interactions = to->interactions && (truth->b < 0 || seen);
	}
}

static int play(const void *arg, size_t number, void *out, struct err *e)
{
	const struct see_arg *a = arg;
	const struct rehearse_truth *t = &a->chain->truth;
	struct counted *to = out;
	struct chain_run run;

	if (chain_play(&run, a->chain, a->seed + number, e))
		return -1;
	to->interactions = true;
	for (size_t i = 0; i < t->n; i++)
		count(to, &t->effects[i],
			chain_effect(&run, t->effects[i].name, t->effects[i].metric));
	chain_run_release(&run);
	return 0;
}

static struct counted *play_all(const struct calibration_of *a, const struct chain_spec *spec,
	const char *name, struct err *e)
{
	struct chain c;
	struct see_arg arg = {&c, calibration_seed(a, name)};
	struct counted *all = NULL;

	if (!chain_open(&c, spec, e))
		all = many_run(play, &arg, a->fewer, sizeof(*all), a->threads, e);
	chain_release(&c);
	return all;
}

/* Longer contexts push layers off the GPU, and change nothing on the CPU. */
static int interaction(const struct calibration_of *a, struct err *e)
{
	static const char name[] = "num_ctx:num_gpu by offload";
	struct chain_spec spec = calibration_grid();
	size_t found = 0, alarms = 0, there = 0;
	struct counted *all;

	spec.gpus = "[\"auto\", 0]";
	spec.temperatures = 2;
	spec.own_effects = true;
	spec.machine[0] = "ctx_cost=0";
	spec.machine[1] = "vram_mib=300";
	all = play_all(a, &spec, name, e);
	if (!all)
		return -1;
	for (size_t i = 0; i < a->fewer; i++) {
		there += all[i].effects;
		found += all[i].interactions && all[i].effects > 0;
		alarms += all[i].alarms > 0;
	}
	claims_share(a->claims, ROW, "interactions found", name, found, a->fewer, BAR_LEAST(0.9));
	claims_share(a->claims, ROW, "effect where there is none", name, alarms, a->fewer,
		BAR_MOST(0.08));
	free(all);
	return there > 0 ? 0 : err_set(e, ERR_DATA, "the machine has no interaction");
}

/* Three names of one setting, on a machine without a GPU. */
static int aliases(const struct calibration_of *a, struct err *e)
{
	static const char name[] = "num_gpu without a GPU";
	struct chain_spec spec = calibration_grid();
	size_t n = 0, as_alias = 0, as_effect = 0, alarms = 0;
	struct counted *all;

	spec.gpus = "[0, 9, 18]";
	spec.contexts = 2;
	spec.temperatures = 2;
	spec.machine[0] = "vram_mib=0";
	all = play_all(a, &spec, name, e);
	if (!all)
		return -1;
	for (size_t i = 0; i < a->fewer; i++) {
		n += all[i].aliases > 0;
		as_alias += all[i].aliases > 0 && all[i].as_alias == all[i].aliases;
		as_effect += all[i].as_effect > 0;
		alarms += all[i].alarms > 0;
	}
	claims_share(a->claims, ROW, "an alias called an effect", name, as_effect, n, BAR_MOST(0));
	claims_share(a->claims, ROW, "all aliases called so", name, as_alias, n, BAR_LEAST(1));
	claims_share(a->claims, ROW, "effect where there is none", name, alarms, a->fewer,
		BAR_MOST(0.08));
	free(all);
	return 0;
}

int row_planted(struct calibration_of *a, struct err *e)
{
	return interaction(a, e) || aliases(a, e) ? -1 : 0;
}
