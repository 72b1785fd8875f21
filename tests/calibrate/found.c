/* found.c - see found.h. */
#include "found.h"

#include <math.h>
#include <string.h>

int found_play(struct found *to, const struct chain *c, const struct wanted *w, uint64_t seed,
	struct err *e)
{
	const struct effect *f;
	struct chain_run run;

	if (chain_play(&run, c, seed, e))
		return -1;
	f = chain_effect(&run, w->factor, METRIC_DECODE);
	if (f) {
		to->effect = f->verdict == VERDICT_EFFECT;
		to->no_effect = f->verdict == VERDICT_NO_EFFECT;
		to->in_order = to->effect && !isnan(f->furthest.ratio) &&
			strcmp(f->levels[f->furthest.better].level, w->level) == 0;
	}
	chain_run_release(&run);
	return 0;
}

struct found_arg {
	const struct chain *chain;
	const struct wanted *wanted;
	uint64_t seed;
};

static int one(const void *arg, size_t number, void *out, struct err *e)
{
	const struct found_arg *a = arg;

	return found_play(out, a->chain, a->wanted, a->seed + number, e);
}

struct found *found_of(const struct calibration_of *a, const struct chain_spec *spec,
	const struct wanted *w, const char *name, size_t n, struct err *e)
{
	struct chain c;
	struct found_arg arg = {&c, w, calibration_seed(a, name)};
	struct found *found = NULL;

	if (!chain_open(&c, spec, e))
		found = many_run(one, &arg, n, sizeof(*found), a->threads, e);
	chain_release(&c);
	return found;
}
