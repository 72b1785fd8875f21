/* row_front.c - the knee of a factor, and the front of settings that no other beats. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "choice.h"
#include "rows.h"

static uint32_t index_of(const struct effect *e, const char *level)
{
	uint32_t i = 0;

	while (i < e->nlevels && strcmp(e->levels[i].level, level) != 0)
		i++;
	return i;
}

/* ---- knee ---- */

/* 2048 is far below, 3072 just as far as the margin, 4096 as good as 5120. */
static const char *const knee_plants[] = {
	"num_ctx=2048: throughput -10%", "num_ctx=3072: throughput -1.9607843137%"};
/* The same with a cliff. */
static const char *const cliff_plants[] = {
	"num_ctx=2048: throughput -10%", "num_ctx=3072: throughput -6%"};

struct knee_seen {
	bool given, right, below;
};

static int play_knee(const void *arg, size_t number, void *out, struct err *e)
{
	const struct see_arg *a = arg;
	struct knee_seen *to = out;
	const struct choice *c;
	struct chain_run run;

	if (chain_play(&run, a->chain, a->seed + number, e))
		return -1;
	c = run.summary.choice;
	for (size_t i = 0; c && i < c->nknees; i++) {
		const struct choice_knee *k = &c->knees[i];

		if (k->why || k->of->metric != METRIC_DECODE ||
			strcmp(k->of->factor, "num_ctx") != 0)
			continue;
		to->given = true;
		to->right = k->knee == index_of(k->of, "4096");
		to->below = k->knee < index_of(k->of, "4096");
	}
	chain_run_release(&run);
	return 0;
}

static int knee(const struct calibration_of *a, const char *const plants[2], const char *name,
	struct bar found, struct err *e)
{
	struct chain_spec spec = calibration_grid();
	struct chain c;
	struct see_arg arg = {&c, calibration_seed(a, name)};
	struct knee_seen *seen = NULL;
	size_t right = 0, not_below = 0;

	spec.plants[0] = plants[0];
	spec.plants[1] = plants[1];
	spec.passes = 5;
	if (!chain_open(&c, &spec, e))
		seen = many_run(play_knee, &arg, a->fewer, sizeof(*seen), a->threads, e);
	chain_release(&c);
	if (!seen)
		return -1;
	for (size_t i = 0; i < a->fewer; i++) {
		right += seen[i].given && seen[i].right;
		not_below += seen[i].given && !seen[i].below;
	}
	claims_share(a->claims, "knee", "not below the true one", name, not_below, a->fewer,
		BAR_LEAST(0.95));
	claims_share(a->claims, "knee", "the true one", name, right, a->fewer, found);
	free(seen);
	return 0;
}

/* ---- front ---- */

/* Each num_ctx wins throughput and loses TTFT; the other temperatures lose both. */
static const char *const front_plants[] = {"num_ctx=3072: throughput +2%, ttft +2%",
	"num_ctx=4096: throughput +4%, ttft +4%", "num_ctx=5120: throughput +6%, ttft +6%",
	"temperature=0.4: throughput -1%, ttft +1%", "temperature=0.6: throughput -3%, ttft +3%"};

struct front_arg {
	const struct chain *chain;
	uint64_t seed;
	bool equal; /* all cells are: none beats another, and all are on the front */
};

struct front_seen {
	bool may, share; /* one that is on it: may be so, is so in 5 % of the draws */
	double size;     /* settings that may be on it */
	double off;      /* of those that are not on it, how many may be */
};

/* The one that is asked about is another one for each sweep. */
static bool is_asked(const struct front_arg *a, const struct data_cell *cell, size_t number)
{
	return cell->level[0] == number % 4 &&
		cell->level[1] == (a->equal ? (uint32_t)(number / 4 % 3) : 0);
}

static int play_front(const void *arg, size_t number, void *out, struct err *e)
{
	const struct front_arg *a = arg;
	struct front_seen *to = out;
	const struct choice *c;
	struct chain_run run;

	if (chain_play(&run, a->chain, a->seed + number, e))
		return -1;
	c = run.summary.choice;
	for (size_t i = 0; c && !c->why && i < c->n; i++) {
		const struct choice_setting *s = &c->settings[i];
		const struct data_cell *cell = &run.data.cells[s->cell];

		to->size += s->may_be_front;
		to->off += s->may_be_front && !a->equal && cell->level[1] != 0;
		if (is_asked(a, cell, number)) {
			to->may = s->may_be_front;
			to->share = s->on_front >= 0.05;
		}
	}
	chain_run_release(&run);
	return 0;
}

static void claim_front(
	const struct calibration_of *a, const struct front_seen *seen, const char *where)
{
	static const char row[] = "Pareto";
	double *v = xcalloc(2 * a->fewer, sizeof(*v));
	size_t may = 0, share = 0, n = a->fewer;

	for (size_t i = 0; i < n; i++) {
		may += seen[i].may;
		share += seen[i].share;
		v[i] = seen[i].size;
		v[n + i] = seen[i].off;
	}
	claims_share(a->claims, row, "one that is on it may be", where, may, n, BAR_LEAST(0.95));
	claims_share(a->claims, row, "it is in 5 % of the draws", where, share, n, BAR_NONE);
	claims_mean(a->claims, row, "settings that may be", where, v, n, false, BAR_NONE);
	claims_mean(a->claims, row, "of them not on it", where, v + n, n, false, BAR_NONE);
	free(v);
}

static int front(const struct calibration_of *a, bool equal, const char *where, struct err *e)
{
	struct chain_spec spec = calibration_grid();
	struct chain c;
	struct front_arg arg = {&c, calibration_seed(a, where), equal};
	struct front_seen *seen = NULL;

	/* Memory would be a third measure, in which a longer context is worse. */
	spec.machine[0] = "kv_kib_per_token=0";
	if (!equal)
		memcpy(spec.plants, front_plants, sizeof(front_plants));
	if (!chain_open(&c, &spec, e))
		seen = many_run(play_front, &arg, a->fewer, sizeof(*seen), a->threads, e);
	chain_release(&c);
	if (!seen)
		return -1;
	claim_front(a, seen, where);
	free(seen);
	return 0;
}

int row_front(struct calibration_of *a, struct err *e)
{
	return knee(a, knee_plants, "next level off by the margin", BAR_NONE, e) ||
			knee(a, cliff_plants, "next level off by 6 %", BAR_LEAST(0.9), e) ||
			front(a, false, "4 of 12 on the front", e) ||
			front(a, true, "12 equal ones", e)
		? -1
		: 0;
}
