/* chain.c - see chain.h. */
#include "chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "manifest.h"

#define SLOWER 3 /* an outlier of the simulated machine (sim.h) */

/* Levels whose names tell nothing: 2048, 3072, ...; 0.2, 0.4, ... */
static json_t *levels(uint32_t n, double first, double step)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++) {
		double x = first + step * i;

		json_array_append_new(list,
			step >= 1 ? json_integer((json_int_t)x) : json_real(round(x * 10) / 10));
	}
	return list;
}

static json_t *factors_of(const struct chain_spec *s)
{
	json_t *f = json_object();

	if (s->contexts > 1)
		json_object_set_new(f, "num_ctx", levels(s->contexts, 2048, 1024));
	if (s->gpus)
		json_object_set_new(f, "num_gpu", json_loads(s->gpus, 0, NULL));
	if (s->temperatures > 1)
		json_object_set_new(f, "temperature", levels(s->temperatures, 0.2, 0.2));
	return f;
}

static json_t *sweep_of(const struct chain_spec *s)
{
	json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:b, s:{s:i}, s:o}", "name", "calibration",
		"model", "gemma3:270m", "passes", (json_int_t)s->passes, "repeats",
		(json_int_t)s->passes * s->per_pass, "sentinel", s->sentinel, "options",
		"num_predict", 16, "factors", factors_of(s));

	if (!o)
		BUG("a sweep that is no JSON");
	return o;
}

/* All of TTFT is prefill, so that what slows the machine (drift, outliers) slows TTFT and decoding
 * alike; the cells are alike but for the plants. */
static int machine_of(struct sim_config *m, const struct chain_spec *s, struct err *e)
{
	m->resident_load_ms = m->overhead_ms = 0;
	m->gpu_prefill_tok_s = m->cpu_prefill_tok_s = 100;
	m->sliding_window = 0;
	if (!s->own_effects) {
		m->ctx_cost = 0;
		m->cpu_tok_s = m->gpu_tok_s;
	}
	for (size_t i = 0; i < CHAIN_MACHINE && s->machine[i]; i++) {
		if (sim_config_set(m, s->machine[i], e))
			return -1;
	}
	return 0;
}

static void noise_of(struct noise *n, const struct chain_noise *of)
{
	noise_assumed(n);
	n->origin = NOISE_GIVEN;
	for (int m = 0; m < METRIC_COUNT; m++) {
		if (!noise_has((enum metric)m))
			continue;
		n->of[m] =
			(struct noise_of){.request = {of->request, of->request, of->request, false},
				.load = {of->load, of->load, of->load, false},
				.pass = {of->pass, of->pass, of->pass, false},
				.ar1 = {of->ar1, of->ar1, of->ar1, false},
				.tail = {of->tail, of->tail, of->tail, false}};
	}
}

static int make_plan(struct chain *c, const struct chain_spec *s, struct err *e)
{
	struct sweep_args a;
	int failed;

	sweep_args_init(&a);
	a.simulate = a.is_virtual = true;
	json_decref(a.given);
	a.given = sweep_of(s);
	failed = machine_of(&a.sim, s, e) || setup_open(&c->setup, &a, e);
	sweep_args_release(&a);
	return failed ? -1 : 0;
}

/* Mean logarithms of the first cell, less its plants, of a sweep without noise. */
static int find_base(struct chain *c, struct err *e)
{
	struct rehearse_stage quiet = c->stage;
	struct chain still = *c;
	struct chain_run run;

	quiet.noise = NULL;
	still.stage = quiet;
	if (chain_play(&run, &still, 0, e))
		return -1;
	for (int m = 0; m < METRIC_COUNT; m++) {
		c->base[m] = 0;
		c->base[m] = log(run.summary.cells[0].metric[m].estimate) -
			chain_cell(c, &run.data, 0, (enum metric)m);
	}
	chain_run_release(&run);
	return 0;
}

int chain_open(struct chain *c, const struct chain_spec *s, struct err *e)
{
	*c = (struct chain){0};
	if (make_plan(c, s, e))
		return -1;
	for (size_t i = 0; i < CHAIN_PLANTS && s->plants[i]; i++) {
		if (rehearse_plants_add(&c->plants, &c->setup.plan, s->plants[i], e))
			return -1;
	}
	noise_of(&c->noise, &s->noise);
	c->sweep = sweep_file_json(&c->setup.plan);
	c->stage = (struct rehearse_stage){.plan = &c->setup.plan,
		.sweep = c->sweep,
		.machine = *sim_config_of(c->setup.sim),
		.plants = c->plants.v,
		.nplants = c->plants.n,
		.noise = &c->noise,
		.own_effects = s->own_effects,
		.all_passes = true};
	if (rehearse_truth_find(&c->truth, &c->stage, e) || find_base(c, e))
		return -1;
	/* By the key's own range a sweep of seconds could not drift so far. */
	c->stage.machine.drift = s->noise.drift / (c->truth.seconds / 3600);
	c->stage.machine.outlier = s->noise.outlier;
	/* Outliers are part of what is expected of a cell. */
	for (int m = 0; m < METRIC_COUNT; m++)
		c->base[m] -= metric_specs[m].better * s->noise.outlier * log(SLOWER);
	return 0;
}

void chain_release(struct chain *c)
{
	rehearse_truth_release(&c->truth);
	rehearse_plants_release(&c->plants);
	json_decref(c->sweep);
	setup_release(&c->setup);
}

double chain_planted(const struct chain *c, const char *factor, const char *level, enum metric m)
{
	double sum = 0;

	for (size_t i = 0; i < c->plants.n; i++) {
		const struct rehearse_plant *p = &c->plants.v[i];

		if (p->metric == m && strcmp(p->sim.name, factor) == 0 &&
			strcmp(p->level, level) == 0)
			sum += log1p(p->size);
	}
	return sum;
}

double chain_cell(const struct chain *c, const struct dataset *d, uint32_t cell, enum metric m)
{
	double sum = c->base[m];

	for (size_t f = 0; f < d->nfactors; f++)
		sum += chain_planted(
			c, d->factors[f].name, d->factors[f].level[d->cells[cell].level[f]], m);
	return sum;
}

int chain_play(struct chain_run *run, const struct chain *c, uint64_t seed, struct err *e)
{
	struct rehearse_rows rows;
	int failed;

	if (rehearse_perform(&rows, &c->stage, seed, NULL, e))
		return -1;
	failed = rehearse_read(&run->data, &c->stage, &rows, "complete", e);
	rehearse_rows_release(&rows);
	if (failed)
		return -1;
	if (summary_make(&run->summary, &run->data, e)) {
		dataset_release(&run->data);
		return -1;
	}
	return 0;
}

void chain_run_release(struct chain_run *run)
{
	summary_release(&run->summary);
	dataset_release(&run->data);
}

const struct effect *chain_effect(const struct chain_run *run, const char *name, enum metric m)
{
	for (size_t i = 0; i < run->summary.neffects; i++) {
		const struct effect *e = &run->summary.effects[i];

		if (e->metric == m && strcmp(e->factor, name) == 0)
			return e;
	}
	return NULL;
}
