/* rehearse_make.c - the scenes of a rehearsal, and the check of the cheapest plan. */
#include "rehearse_make.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "calibrate.h"
#include "dataset.h"
#include "manifest.h"

/* At other strengths of the noise fewer times do. */
#define OTHER_TIMES 200
/* Seeds of one kind of rehearsal are this far apart: none is used twice. */
#define SEEDS_APART ((uint64_t)1 << 32)

enum kind { KIND_WITH, KIND_WITHOUT, KIND_CHECK, KINDS };

/* ---- the machine ---- */

static bool is_set(const struct sweep_args *a, const char *key)
{
	size_t i;
	json_t *v;

	json_array_foreach (a->sim_set, i, v) {
		const char *text = json_string_value(v);

		if (strncmp(text, key, strlen(key)) == 0 && text[strlen(key)] == '=')
			return true;
	}
	return false;
}

/* All cells alike but for what is planted: the effects that the machine has of its own are left
 * out, unless asked for. */
static bool level_machine(struct sim_config *c, const struct sweep_args *a)
{
	bool own = is_set(a, "ctx_cost") || is_set(a, "cpu_tok_s") ||
		is_set(a, "cpu_prefill_tok_s") || is_set(a, "temperature_cost");

	if (!is_set(a, "ctx_cost"))
		c->ctx_cost = 0;
	if (!is_set(a, "cpu_tok_s"))
		c->cpu_tok_s = c->gpu_tok_s;
	if (!is_set(a, "cpu_prefill_tok_s"))
		c->cpu_prefill_tok_s = c->gpu_prefill_tok_s;
	return own;
}

/* Keys of the noise, where nothing better is given. */
static void noise_of_keys(struct noise *n, const struct sim_config *c, const struct sweep_args *a)
{
	struct {
		const char *key;
		double value;
		size_t part;
	} const keys[] = {{"noise_request", c->noise_request, offsetof(struct noise_of, request)},
		{"noise_load", c->noise_load, offsetof(struct noise_of, load)},
		{"noise_pass", c->noise_pass, offsetof(struct noise_of, pass)},
		{"ar1", c->ar1, offsetof(struct noise_of, ar1)},
		{"tail", c->tail, offsetof(struct noise_of, tail)}};

	for (size_t k = 0; k < COUNTOF(keys); k++) {
		if (!is_set(a, keys[k].key))
			continue;
		n->origin = NOISE_GIVEN;
		for (int m = 0; m < METRIC_COUNT; m++) {
			struct noise_part *part = (void *)((char *)&n->of[m] + keys[k].part);

			if (noise_has((enum metric)m))
				*part = (struct noise_part){
					keys[k].value, keys[k].value, keys[k].value, false};
		}
	}
}

static double geometric_mean(const struct dataset *d, enum metric metric)
{
	double sum = 0, n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		double x = d->rows[i].metric[metric];

		if (!d->rows[i].counts || !(x > 0))
			continue;
		sum += log(x);
		n++;
	}
	return n > 0 ? exp(sum / n) : (double)NAN;
}

static double mean_load_ms(const struct dataset *d)
{
	double sum = 0, n = 0;

	for (size_t i = 0; i < d->nloads; i++) {
		if (!(d->loads[i].load_ms > 0))
			continue;
		sum += d->loads[i].load_ms;
		n++;
	}
	return n > 0 ? sum / n : (double)NAN;
}

static void set_key(struct sim_config *c, const struct sweep_args *a, const char *key, double x)
{
	char text[80];
	struct err ignored = ERR_INIT;

	/* What the run does not tell, or tells beyond the key's range, stays. */
	if (isnan(x) || is_set(a, key))
		return;
	snprintf(text, sizeof(text), "%s=%.9g", key, x);
	(void)sim_config_set(c, text, &ignored);
}

/* Speeds of the run that the noise is from. */
static int machine_of_run(
	struct sim_config *c, const struct sweep_args *a, const char *dir, struct err *e)
{
	struct dataset d;
	double decode, ttft, prefill_ms = 0;

	if (dataset_from_run(&d, dir, e))
		return -1;
	decode = geometric_mean(&d, METRIC_DECODE);
	ttft = geometric_mean(&d, METRIC_TTFT);
	set_key(c, a, "gpu_tok_s", decode);
	set_key(c, a, "gpu_prefill_tok_s", geometric_mean(&d, METRIC_PREFILL));
	set_key(c, a, "load_ms", mean_load_ms(&d));
	for (size_t i = 0, n = 0; i < d.nrows; i++) {
		if (d.rows[i].counts && d.rows[i].prompt_eval_ms > 0)
			prefill_ms += (d.rows[i].prompt_eval_ms - prefill_ms) / (double)++n;
	}
	set_key(c, a, "resident_load_ms", fmax(0, ttft - c->overhead_ms - prefill_ms));
	dataset_release(&d);
	return 0;
}

static int choose_machine(struct rehearsal *r, struct rehearse_stage *stage,
	const struct setup *setup, const struct rehearse_wish *w, struct err *e)
{
	struct sim_config *machine = &stage->machine;

	*machine = *sim_config_of(setup->sim);
	if (w->noise_from) {
		if (machine_of_run(machine, w->sweep, w->noise_from, e))
			return err_prefix(e, "--noise-from: ");
		r->machine_of_run = true;
	}
	stage->own_effects = r->own_effects = level_machine(machine, w->sweep);
	if (power_plan_noise(&r->power.noise, w->noise_from, w->noise, NULL, e))
		return -1;
	if (!w->noise_from && !w->noise)
		noise_of_keys(&r->power.noise, machine, w->sweep);
	return 0;
}

/* ---- scenes ---- */

static uint64_t seed_of(const struct rehearse_wish *w, enum kind kind, int scene)
{
	return (w->sweep->sim_seed * (KINDS * SCENES) + (uint64_t)kind * SCENES + (uint64_t)scene) *
		SEEDS_APART;
}

static void play_scene(
	struct rehearsal *r, int which, struct rehearse_stage stage, const struct rehearse_wish *w)
{
	static const double strengths[SCENES] = {0.5, 1, 2};
	struct rehearse_scene *scene = &r->scenes[which];
	struct noise noise = r->power.noise;
	size_t most = which == SCENE_AS_IS ? SIZE_MAX : OTHER_TIMES;

	scene->strength = strengths[which];
	noise_scale(&noise, scene->strength);
	stage.noise = &noise;
	if (r->nplants)
		rehearse_tally_make(&scene->with, &stage, &r->with, seed_of(w, KIND_WITH, which),
			w->times < most ? w->times : most, w->jobs);
	stage.nplants = 0;
	rehearse_tally_make(&scene->without, &stage, &r->without, seed_of(w, KIND_WITHOUT, which),
		w->without < most ? w->without : most, w->jobs);
}

static int find_truths(struct rehearsal *r, struct rehearse_stage stage, struct err *e)
{
	if (rehearse_truth_find(&r->with, &stage, e))
		return -1;
	stage.nplants = 0;
	return rehearse_truth_find(&r->without, &stage, e);
}

/* ---- the cheapest ---- */

/* Seconds of a load and of a request, from a rehearsal without noise. */
static void find_cost(struct rehearsal *r)
{
	const struct rehearse_truth *t = &r->with;
	double requests = t->request_s * (double)r->plan->requests;
	double loads = (double)(r->plan->block_loads + r->plan->sentinel_loads);

	r->power.cost =
		(struct power_cost){fmax(0, t->seconds - requests) / fmax(1, loads), t->request_s};
}

static struct power_need cheapest_for_plants(const struct rehearsal *r, bool upper)
{
	struct noise noise = r->power.noise;
	struct power_wish *wishes = xcalloc(r->nplants, sizeof(*wishes));
	struct power_need need = {0};
	size_t n = 0;

	if (upper)
		noise_upper(&noise);
	for (size_t i = 0; i < r->nplants; i++) {
		const struct power_factor *f = power_plan_factor(&r->power, r->plants[i].sim.name);

		if (!f || f->why)
			need.why = f ? f->why : "one setting: nothing to compare";
		else
			wishes[n++] = (struct power_wish){f, &noise.of[r->plants[i].metric],
				r->plants[i].size, r->target, false};
	}
	need.found = !need.why && n &&
		power_search(&r->power.design, wishes, n, POWER_LEAST_PASSES, 0, r->power.cost,
			&need.passes, &need.per_pass);
	free(wishes);
	return need;
}

static void find_cheapest(struct rehearsal *r)
{
	double margin = r->plan->sweep->margin_throughput;

	if (r->nplants) {
		r->cheapest = cheapest_for_plants(r, false);
		r->cheapest_upper = cheapest_for_plants(r, true);
	} else {
		r->cheapest = power_plan_cheapest(&r->power, margin, r->target, false);
		r->cheapest_upper = power_plan_cheapest(&r->power, margin, r->target, true);
	}
}

/* The same sweep with as many passes and repeats. */
static int check_cheapest(struct rehearsal *r, struct rehearse_stage stage,
	const struct rehearse_wish *w, struct err *e)
{
	struct sweep_args other = *w->sweep;
	const struct power_need *n = &r->cheapest;
	struct rehearse_truth truth;
	struct calibrated calibrated;
	struct setup setup;
	json_t *sweep;
	int failed;

	other.given = json_deep_copy(w->sweep->given);
	json_object_set_new(other.given, "passes", json_integer(n->passes));
	json_object_set_new(
		other.given, "repeats", json_integer((json_int_t)n->passes * n->per_pass));
	failed = setup_open(&setup, &other, e);
	json_decref(other.given);
	if (failed)
		return -1;
	if (calibrate(&setup.sweep, &setup.plan, setup.sim, &calibrated, e)) {
		setup_release(&setup);
		return -1;
	}
	sweep = sweep_file_json(&setup.plan);
	stage.plan = &setup.plan;
	stage.sweep = sweep;
	stage.noise = &r->power.noise;
	stage.all_passes = true; /* its number is what is to be checked */
	failed = rehearse_truth_find(&truth, &stage, e);
	if (!failed) {
		rehearse_tally_make(&r->checked, &stage, &truth, seed_of(w, KIND_CHECK, 0),
			w->times < OTHER_TIMES ? w->times : OTHER_TIMES, w->jobs);
		rehearse_truth_release(&truth);
	}
	json_decref(sweep);
	setup_release(&setup);
	return failed;
}

/* What finds a plant not once is no plan for it, whatever the formula says. */
static void withdraw_cheapest(struct rehearsal *r)
{
	for (size_t i = 0; r->checked.played && i < r->nplants; i++) {
		if (r->checked.plants[i].hits > 0)
			continue;
		r->cheapest = r->cheapest_upper = (struct power_need){
			.why = "what the formula gives, rehearsed, does not find them"};
	}
}

/* ---- all of it ---- */

static int play(struct rehearsal *r, struct rehearse_stage *stage, const struct setup *setup,
	const struct rehearse_wish *w, struct err *e)
{
	if (choose_machine(r, stage, setup, w, e) || find_truths(r, *stage, e))
		return -1;
	for (int i = 0; i < SCENES; i++)
		play_scene(r, i, *stage, w);
	find_cost(r);
	find_cheapest(r);
	if (!r->nplants || !r->cheapest.found || w->times == 0)
		return 0;
	if (check_cheapest(r, *stage, w, e))
		return -1;
	withdraw_cheapest(r);
	return 0;
}

int rehearse_make(struct rehearsal *r, struct rehearse_plants *plants, const struct setup *setup,
	const struct rehearse_wish *w, struct err *e)
{
	struct rehearse_stage stage = {.plan = &setup->plan};
	json_t *sweep;
	int failed;

	*r = (struct rehearsal){.plan = &setup->plan, .target = w->target};
	power_plan_init(&r->power, &setup->plan, NULL);
	for (size_t i = 0; i < w->nplants; i++) {
		if (rehearse_plants_add(plants, &setup->plan, w->plants[i], e))
			return -1;
	}
	r->plants = stage.plants = plants->v;
	r->nplants = stage.nplants = plants->n;
	stage.sweep = sweep = sweep_file_json(&setup->plan);
	failed = play(r, &stage, setup, w, e);
	json_decref(sweep);
	return failed;
}

void rehearse_free(struct rehearsal *r)
{
	for (int i = 0; i < SCENES; i++) {
		rehearse_tally_release(&r->scenes[i].with);
		rehearse_tally_release(&r->scenes[i].without);
	}
	rehearse_tally_release(&r->checked);
	rehearse_truth_release(&r->with);
	rehearse_truth_release(&r->without);
}
