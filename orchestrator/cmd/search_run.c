/* search_run.c - see search_run.h */
#include "search_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "measure.h"
#include "num.h"
#include "quantile.h"
#include "search_file.h"
#include "vec.h"

#define SINGLE_REQUESTS    30 /* in a "burst" of a level at which one request follows the other */
#define DEFAULT_RESOLUTION 0.05

const struct search_axis search_axes[4] = {
	{"concurrency", FIND_CONCURRENCY, 1, 64, 1, 4096, ""},
	{"rate", FIND_RATE, 0.25, 64, 0, 1e5, "/s"},
	{"num_ctx", FIND_NUM_CTX, 2048, 0, 256, 1e8, ""},
	{"num_gpu", FIND_NUM_GPU, 1, 0, 1, 1e4, ""},
};

const struct search_axis *search_axis(const char *name)
{
	for (size_t i = 0; i < COUNTOF(search_axes); i++) {
		if (strcmp(search_axes[i].name, name) == 0)
			return &search_axes[i];
	}
	return NULL;
}

/* ---- the sweep of a level ---- */

/* What a level's sweep does not take over: how much, which part, and when to stop.  (A sweep that
 * chooses among cells was refused: search_args_check.) */
static const char *const dropped[] = {"repeats", "passes", "per_pass", "until", "max_passes",
	"budget", "priority", "priority_kept", "shard", "shards", "quick", "fingerprint",
	"aliases_found"};

static json_t *common_sweep(const struct search_job *job)
{
	json_t *o = sweep_json(&job->base->sweep), *prompts = json_object_get(o, "prompts");

	for (size_t i = 0; i < COUNTOF(dropped); i++)
		json_object_del(o, dropped[i]);
	jsonx_put(o, "sentinel", json_false());
	/* A load says the same of every prompt. */
	while (search_is_of_load(job->axis->find) && json_array_size(prompts) > 1)
		json_array_remove(prompts, json_array_size(prompts) - 1);
	return o;
}

static json_t *level_json(const struct search_job *job, double level)
{
	return job->axis->step > 0 ? json_integer((json_int_t)level) : json_real(level);
}

/* Requests of each prompt in a pass; a burst where the cell runs as bursts. */
static int64_t per_pass(const struct search_job *job, double level)
{
	int64_t prompts = (int64_t)json_array_size(json_object_get(job->sweep, "prompts"));
	int64_t n = json_integer_value(json_object_get(job->sweep, "burst"));

	if (search_is_of_load(job->axis->find) || job->axis->find == FIND_RATE || level > 1 ||
		prompts == 0)
		return 1;
	n = n > 0 ? n : SINGLE_REQUESTS;
	return (n + prompts - 1) / prompts;
}

/* The sweep with these levels of the axis, its plan, `passes` of it.  On failure nothing is left.
 */
static int build(const struct search_job *job, const double *levels, size_t n, int64_t passes,
	struct sweep *s, struct plan *p, struct err *e)
{
	json_t *o = json_copy(job->sweep), *list = json_array();
	json_t *factors = json_copy(json_object_get(o, "factors"));
	int64_t of_pass = n == 1 ? per_pass(job, levels[0]) : 1;
	int failed;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, level_json(job, levels[i]));
	jsonx_put(factors, job->axis->name, list);
	jsonx_put(o, "factors", factors);
	jsonx_put(o, "passes", json_integer(passes));
	jsonx_put(o, "per_pass", json_integer(of_pass));
	jsonx_put(o, "repeats", json_integer(passes * of_pass));
	*p = (struct plan){0};
	failed = sweep_parse(s, o, job->base->sweep.source, NULL, e) ||
		sweep_resolve(s, job->base->servers, job->base->nservers, e) ||
		plan_build(p, s, job->base->servers, job->base->nservers, e);
	json_decref(o);
	if (failed) {
		plan_release(p);
		sweep_release(s);
	}
	return failed ? -1 : 0;
}

/* ---- making a job ---- */

static const struct model_facts *model_of(const struct setup *base)
{
	return base->plan.ncells ? server_facts_model(&base->servers[0], plan_model(&base->plan, 0))
				 : NULL;
}

/* How far the model itself goes; 0 unknown. */
static double model_end(const struct search_axis *axis, const struct model_facts *m)
{
	if (axis->find == FIND_NUM_CTX)
		return m && m->context_train > 0 ? (double)m->context_train : 0;
	if (axis->find == FIND_NUM_GPU)
		return m && m->layers > 0 ? (double)m->layers + 1 : 0;
	return 0;
}

/* More is the same setting under another name. */
static double model_start(const struct search_axis *axis, const struct model_facts *m)
{
	return axis->find == FIND_NUM_CTX && m && m->vision ? FACTS_VISION_NUM_CTX : 0;
}

int search_axis_check(
	const struct search_axis *axis, const char *option, double level, struct err *e)
{
	if (isnan(level))
		return 0;
	if (level > axis->most) {
		err_set(e, ERR_USAGE, "%s %.15g: at most %.15g", option, level, axis->most);
		return err_hint(e, "a search for %s ends there", axis->name);
	}
	if (axis->step > 0 && level != floor(level)) {
		err_set(e, ERR_USAGE, "%s %.15g: expected a whole number", option, level);
		return err_hint(e, "%s goes in whole numbers", axis->name);
	}
	return 0;
}

static int find_range(struct search_job *job, const double range[3], double found[3], struct err *e)
{
	const struct search_axis *axis = job->axis;
	const struct model_facts *m = model_of(job->base);
	double end = model_end(axis, m);

	found[0] = isnan(range[0]) ? axis->from : range[0];
	found[1] = isnan(range[1]) ? (axis->to > 0 ? axis->to : end) : range[1];
	found[2] = isnan(range[2]) ? DEFAULT_RESOLUTION : range[2];
	if (found[1] == 0) {
		err_set(e, ERR_USAGE, "--to: missing: the server does not say what the model has");
		return err_hint(e, "--to N ends the search at %s N", axis->name);
	}
	found[0] = fmax(found[0], model_start(axis, m));
	if (end > 0)
		found[1] = fmin(found[1], end);
	return search_axis_check(axis, "--from", found[0], e) ||
			search_axis_check(axis, "--to", found[1], e)
		? -1
		: 0;
}

/* Everything but the level is held fixed. */
static int check_rest(const struct setup *base, const struct search_axis *axis, struct err *e)
{
	const struct sweep *s = &base->sweep;

	if (base->nservers > 1) {
		err_set(e, ERR_USAGE, "a search tries one server, not %zu", base->nservers);
		return err_hint(e, "--server URL names the one");
	}
	for (size_t i = 0; i < s->nfactors; i++) {
		const struct factor *f = &s->factors[i];

		if (f->nlevels == 1 || strcmp(f->name, axis->name) == 0)
			continue;
		err_set(e, ERR_USAGE, "%s has %zu levels: a search varies %s alone", f->name,
			f->nlevels, axis->name);
		return err_hint(e, "name the one value of %s that is to hold", f->name);
	}
	return 0;
}

int search_job_init(struct search_job *job, const struct setup *base,
	const struct search_axis *axis, const struct search_asked *asked, const double range[3],
	struct err *e)
{
	double found[3], all_layers = model_end(search_axis("num_gpu"), model_of(base));

	*job = (struct search_job){.axis = axis,
		.asked = *asked,
		.base = base,
		.whole_sweep = SWEEP_INIT,
		.clock = NS_NONE};
	job->asked.all_layers = all_layers > 0 ? (int64_t)all_layers : -1;
	if (check_rest(base, axis, e) || find_range(job, range, found, e))
		return -1;
	if (search_init(&job->search, found[0], found[1], axis->step, found[2], e))
		return err_hint(e, "--from, --to and --resolution bound the search");
	job->sweep = common_sweep(job);
	if (build(job, found, 2, SEARCH_BURSTS, &job->whole_sweep, &job->whole, e)) {
		json_decref(job->sweep);
		return -1;
	}
	return 0;
}

void search_job_release(struct search_job *job)
{
	plan_release(&job->whole);
	sweep_release(&job->whole_sweep);
	json_decref(job->sweep);
	VEC_RELEASE(&job->trials);
}

/* ---- one level ---- */

/* The bursts of a level under way. */
struct level_watch {
	const struct search_job *job;
	uint32_t first_pass;
	struct search_burst burst[SEARCH_BURSTS];
};

static void on_row(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct level_watch *w = arg;

	if (k->pass < w->first_pass || k->pass - w->first_pass >= SEARCH_BURSTS)
		BUG("a row of pass %u in a level from pass %u on", k->pass, w->first_pass);
	search_burst_add(&w->burst[k->pass - w->first_pass], &w->job->asked, k, s);
}

/* 95th percentile; sorts the values. */
static double p95(double *v, size_t n)
{
	if (n < QUANTILE_P95_NEEDS)
		return NAN;
	quantile_sort(v, n);
	return quantile(v, n, 0.95);
}

static struct search_note note_of(
	const struct search_job *job, double level, uint32_t pass, struct search_burst *b)
{
	struct search_note n = {.pass = pass,
		.requests = b->requests,
		.met = b->met,
		.failed = b->failed,
		.invalid = b->invalid,
		.over_ttft = b->over_ttft,
		.over_tpot = b->over_tpot,
		.over_e2e = b->over_e2e,
		.unknown = b->unknown,
		.ttft_p95_ms = p95(b->ttft_ms.v, b->ttft_ms.n),
		.tpot_p95_ms = p95(b->tpot_ms.v, b->tpot_ms.n),
		.e2e_p95_ms = p95(b->e2e_ms.v, b->e2e_ms.n),
		.offload = b->offload,
		.context_length = b->context_length};

	n.verdict = search_burst_judge(b, &job->asked, level, n.why);
	return n;
}

static void judge_level(struct search_job *job, struct search_trial *trial, struct level_watch *w)
{
	uint32_t kept = 0, not_kept = 0;

	for (uint32_t i = 0; i < SEARCH_BURSTS; i++) {
		trial->burst[i] = note_of(job, trial->level, w->first_pass + i, &w->burst[i]);
		kept += trial->burst[i].verdict == BURST_KEPT;
		not_kept += trial->burst[i].verdict == BURST_NOT_KEPT;
	}
	trial->told = true;
	search_told(&job->search, trial->level, kept, not_kept);
}

/* Passes of a level that an earlier session had begun are not gone on with: half a burst is none.
 * New ones follow them, since names of requests are made of the pass. */
static void drop_passes(struct plan *p, uint32_t before)
{
	while (p->nvisits && p->visits[0].pass < before) {
		p->visits++;
		p->nvisits--;
	}
}

/* Runs the level's session; what came of it is in job->end. */
static int measure_level(
	struct search_job *job, struct search_trial *trial, struct level_watch *w, struct err *e)
{
	struct setup level = *job->base;
	struct measure_search how = {
		.whole = &job->whole, .on_row = on_row, .arg = w, .clock = &job->clock};
	/* What was out of memory at another level says nothing of this one. */
	struct measure_options opt = {.quiet = !job->live,
		.retry_failed = true,
		.no_chunks = job->no_chunks,
		.search = &how};
	struct measured m;
	uint32_t requests;
	int failed;

	if (build(job, &trial->level, 1, (int64_t)SEARCH_BURSTS * trial->begun, &level.sweep,
		    &level.plan, e))
		return -1;
	requests = (uint32_t)(level.plan.requests / (uint64_t)level.plan.passes);
	for (uint32_t i = 0; i < SEARCH_BURSTS; i++)
		search_burst_init(&w->burst[i], requests);
	drop_passes(&level.plan, w->first_pass);
	failed = measure(&level, job->dir, job->resumed, &opt, &m, e);
	job->resumed |= m.ran;
	if (!failed && m.stopped != STOP_COMPLETE) {
		job->end = m.end;
		snprintf(job->why, sizeof(job->why), "%s", m.why);
	}
	trial->session = m.session;
	plan_release(&level.plan);
	sweep_release(&level.sweep);
	return failed;
}

static struct search_trial *trial_of(struct search_job *job, double level)
{
	for (size_t i = 0; i < job->trials.n; i++) {
		if (job->trials.v[i].level == level)
			return &job->trials.v[i];
	}
	*VEC_PUSH(&job->trials) = (struct search_trial){.level = level};
	return &job->trials.v[job->trials.n - 1];
}

static int try_level(struct search_job *job, double level, struct err *e)
{
	struct search_trial *trial = trial_of(job, level);
	struct level_watch w = {.job = job, .first_pass = trial->begun * SEARCH_BURSTS + 1};
	int failed;

	/* Before it begins, so that a search that is killed knows what was begun. */
	trial->begun++;
	if (search_file_write(job, e))
		return -1;
	failed = measure_level(job, trial, &w, e);
	if (!failed && !job->end)
		judge_level(job, trial, &w);
	for (uint32_t i = 0; i < SEARCH_BURSTS; i++)
		search_burst_release(&w.burst[i]);
	if (!failed && trial->told && job->on_trial)
		job->on_trial(job, trial);
	return failed;
}

int search_job_run(struct search_job *job, struct err *e)
{
	double level;
	int failed = 0;

	while (!failed && !job->end && search_next(&job->search, &level))
		failed = try_level(job, level, e);
	if (!job->end)
		job->end = failed ? "failed" : "complete";
	/* The first error is the one to tell. */
	return search_file_write(job, failed ? NULL : e) || failed ? -1 : 0;
}
