/* setup.c - from options to a plan. */
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"
#include "http.h"
#include "journal_tally.h"
#include "jsonx.h"
#include "probe.h"
#include "say.h"
#include "sweep.h"
#include "virtual.h"

/* The models a sweep asks for, into a server's facts. */
static void add_models(struct server_facts *f, const struct sweep *s)
{
	const struct factor *model = sweep_factor(s, "model");

	if (s->model)
		server_facts_add_model(f, s->model);
	for (size_t i = 0; model && i < model->nlevels; i++)
		server_facts_add_model(f, json_string_value(model->levels[i].value));
}

/* Names beyond what there is room for are not installed, and found missing. */
static void install_models(struct sim_config *c, const struct sweep *s)
{
	const struct factor *model = sweep_factor(s, "model");
	struct str names = STR_INIT(sizeof(c->model));

	if (s->model)
		str_add(&names, s->model);
	for (size_t i = 0; model && i < model->nlevels; i++)
		str_addf(&names, "%s%s", i ? "\n" : "", json_string_value(model->levels[i].value));
	snprintf(c->model, sizeof(c->model), "%s", names.s);
	str_release(&names);
}

/* The simulated machine: it has the sweep's models installed unless --sim model= says otherwise. */
static int start_simulator(struct setup *s, const struct sweep_args *a, char url[64], struct err *e)
{
	struct sim_config config = a->sim;

	s->sim_seed = a->sim_seed;
	s->sim_set = json_incref(a->sim_set);
	if (!a->sim_model_given)
		install_models(&config, &s->sweep);
	if (a->is_virtual) {
		s->sim = sim_new(&config, a->sim_seed);
		snprintf(url, 64, "simulator=http://simulator.invalid");
		return 0;
	}
	s->thread = simthread_start(&config, a->sim_seed, e);
	if (!s->thread)
		return -1;
	snprintf(url, 64, "simulator=http://127.0.0.1:%d", simthread_port(s->thread));
	return 0;
}

static int probe_one(struct setup *s, struct server_facts *f, struct err *e)
{
	add_models(f, &s->sweep);
	if (s->is_virtual)
		return virtual_probe(f, s->sim, e);
	f->proxy = http_proxy_for(f->url);
	return probe_server(f, e);
}

/* Names tell rows of servers apart, so no two may have one. */
static int check_distinct(const struct setup *s, const char *const *specs, size_t i, struct err *e)
{
	char a[120], b[120];

	for (size_t k = 0; k < i; k++) {
		if (strcmp(s->servers[k].url, s->servers[i].url) == 0)
			return err_set(e, ERR_USAGE, "--server %s: given twice",
				err_quote(a, sizeof(a), specs[i]));
		if (strcmp(s->servers[k].name, s->servers[i].name) != 0)
			continue;
		err_set(e, ERR_USAGE, "--server %s and --server %s: two servers of one name",
			err_quote(a, sizeof(a), specs[k]), err_quote(b, sizeof(b), specs[i]));
		return err_hint(e, "give each a name of its own: --server NAME=URL");
	}
	return 0;
}

/* Nothing is asked of a server before all of them are known to be different. */
static int probe_all(struct setup *s, const char *const *specs, size_t n, struct err *e)
{
	s->servers = xcalloc(n, sizeof(*s->servers));
	for (size_t i = 0; i < n; i++) {
		if (server_facts_init(&s->servers[i], specs[i], e))
			return err_prefix(e, "--server: ");
		s->nservers++;
		if (check_distinct(s, specs, i, e))
			return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (probe_one(s, &s->servers[i], e))
			return -1;
	}
	return 0;
}

/* --server, else the sweep's own, else OLLAMA_HOST or the usual port. */
static int find_servers(struct setup *s, const struct sweep_args *a, struct err *e)
{
	char sim_url[64];
	const char *one = sim_url;
	char *dflt;
	int failed;

	if (s->simulated) {
		if (a->nservers)
			return err_set(e, ERR_USAGE, "--simulate and --server exclude each other");
		return start_simulator(s, a, sim_url, e) ? -1 : probe_all(s, &one, 1, e);
	}
	if (a->nservers)
		return probe_all(s, a->servers, a->nservers, e);
	if (s->sweep.nservers)
		return probe_all(s, (const char *const *)s->sweep.servers, s->sweep.nservers, e);
	one = dflt = server_url_default(getenv("OLLAMA_HOST"));
	failed = probe_all(s, &one, 1, e);
	free(dflt);
	return failed;
}

/* Without a model there is nothing to measure; the simulator has one of its own. */
static int need_model(json_t *object, const struct sweep_args *a, const char *source, struct err *e)
{
	if (json_object_get(object, "model") ||
		json_object_get(json_object_get(object, "factors"), "model"))
		return 0;
	if (a->simulate) {
		json_object_set_new(
			object, "model", json_stringn(a->sim.model, strcspn(a->sim.model, "\n")));
		return 0;
	}
	if (a->file)
		err_set(e, ERR_USAGE, "%s: model: missing", source);
	else
		err_set(e, ERR_USAGE, "--model: missing: which model is to be measured?");
	return err_hint(e, "`ollama list` names the models that are there; or try --simulate");
}

/* A name for the run directory where the sweep has none: the file's, else the model's. */
static void default_name(json_t *object, const struct sweep_args *a)
{
	const char *base, *model = jsonx_get_string(object, "model");
	char *name, *dot;

	if (json_object_get(object, "name"))
		return;
	base = a->file ? a->file : model ? model : "sweep";
	if (strrchr(base, '/'))
		base = strrchr(base, '/') + 1;
	name = xstrdup(base);
	dot = strrchr(name, '.');
	if (a->file && dot && dot != name)
		*dot = '\0';
	for (char *c = name; *c; c++) {
		if (*c == ':')
			*c = '-';
	}
	json_object_set_new(object, "name", json_string(name));
	free(name);
}

json_t *setup_object(const struct sweep_args *a, const char **source, struct err *e)
{
	json_t *object = sweep_args_object(a, source, e);

	if (object && need_model(object, a, *source, e)) {
		json_decref(object);
		return NULL;
	}
	if (object)
		default_name(object, a);
	return object;
}

static int read_sweep(struct setup *s, const struct sweep_args *a, struct err *e)
{
	const char *source;
	json_t *object = setup_object(a, &source, e);
	int failed;

	if (!object)
		return -1;
	failed = sweep_parse(&s->sweep, object, source, a->origin, e);
	json_decref(object);
	return failed;
}

/* A plan knows keys, not where they were written: the option that set one, else the file. */
static int place_error(const struct sweep *s, const json_t *origin, struct err *e)
{
	size_t len = strspn(e->msg, "abcdefghijklmnopqrstuvwxyz_");
	char *key = xstrndup(e->msg, e->msg[len] == ':' ? len : 0), rest[sizeof(e->msg)];
	const char *option = jsonx_get_string(origin, key);

	free(key);
	if (e->code != ERR_USAGE || strncmp(e->msg, s->source, strlen(s->source)) == 0 ||
		strncmp(e->msg, "--", 2) == 0)
		return -1;
	if (option) {
		snprintf(rest, sizeof(rest), "%s", e->msg + len);
		snprintf(e->msg, sizeof(e->msg), "%s%s", option, rest);
		return -1;
	}
	return err_prefix(e, "%s: ", s->source);
}

static int make_plan(struct setup *s, const json_t *origin, struct err *e)
{
	if (sweep_resolve(&s->sweep, s->servers, s->nservers, e) ||
		plan_build(&s->plan, &s->sweep, s->servers, s->nservers, e))
		return place_error(&s->sweep, origin, e);
	return 0;
}

static int check_virtual(const struct sweep_args *a, struct err *e)
{
	if (a->is_virtual && !a->simulate) {
		err_set(e, ERR_USAGE, "--virtual: a virtual clock needs a simulated machine");
		return err_hint(e, "add --simulate");
	}
	if (!a->simulate && json_array_size(a->sim_set)) {
		err_set(e, ERR_USAGE, "--sim: changes the simulated machine, and there is none");
		return err_hint(e, "add --simulate");
	}
	return 0;
}

int setup_open(struct setup *s, const struct sweep_args *a, struct err *e)
{
	*s = (struct setup){
		.sweep = SWEEP_INIT, .simulated = a->simulate, .is_virtual = a->is_virtual};
	if (check_virtual(a, e) || read_sweep(s, a, e) || find_servers(s, a, e) ||
		make_plan(s, a->origin, e)) {
		setup_release(s);
		return -1;
	}
	return 0;
}

/* The simulated machine of a run directory, so that it can be resumed on the same one. */
static int recall_simulator(struct sweep_args *a, const json_t *manifest, struct err *e)
{
	const json_t *sim = json_object_get(manifest, "simulator");
	const json_t *set = json_object_get(sim, "set");
	size_t i;
	json_t *v;

	if (a->nservers)
		return err_set(e, ERR_USAGE, "--server: this run was simulated, it has no server");
	a->simulate = true;
	a->is_virtual = json_is_true(json_object_get(sim, "virtual"));
	a->sim_seed = (uint64_t)json_integer_value(json_object_get(sim, "seed"));
	json_array_foreach (set, i, v) {
		if (!json_is_string(v) || sim_config_set(&a->sim, json_string_value(v), e))
			return err_prefix(e, "manifest.json: simulator.set: ");
		json_array_append(a->sim_set, v);
		if (strncmp(json_string_value(v), "model=", 6) == 0)
			a->sim_model_given = true;
	}
	return 0;
}

/* A server of a merged run that is at a loopback address of another machine. */
static bool is_elsewhere(const json_t *server)
{
	const char *host = jsonx_get_string(server, "host");
	char here[256] = "";

	gethostname(here, sizeof(here) - 1);
	return host && strcmp(host, here) != 0;
}

/* Whether one of the first n servers has this address: of a merged run each node has a name, and
 * they may all say 127.0.0.1. */
static bool has_url(const json_t *servers, size_t n, const char *url)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(servers, i);
		const char *its = jsonx_get_string(one, "url");

		if (its && !is_elsewhere(one) && strcmp(its, url) == 0)
			return true;
	}
	return false;
}

/* Servers of the manifest as NAME=URL, owned by `keep`. */
static int recall_servers(
	struct sweep_args *a, const char *dir, const json_t *manifest, json_t *keep, struct err *e)
{
	const json_t *servers = json_object_get(manifest, "servers");
	const char *elsewhere = NULL;
	size_t i;
	json_t *v;

	json_array_foreach (servers, i, v) {
		const char *url = jsonx_get_string(v, "url"), *name = jsonx_get_string(v, "name");
		json_t *spec;

		if (is_elsewhere(v))
			elsewhere = jsonx_get_string(v, "host");
		if (!url || is_elsewhere(v) || has_url(servers, i, url) ||
			a->nservers == COUNTOF(a->servers))
			continue;
		spec = name && strcmp(name, url) != 0 ? json_sprintf("%s=%s", name, url)
						      : json_string(url);
		json_array_append_new(keep, spec);
		a->servers[a->nservers++] = json_string_value(spec);
	}
	if (a->nservers || !elsewhere)
		return 0;
	err_set(e, ERR_ENV, "%s: its servers are at addresses that only %s can reach", dir,
		elsewhere);
	return err_hint(e, "name one that can be reached from here: --server NAME=URL");
}

#define LEAST_WITH_LOOKS 3 /* as core/sweep_parse.c reads max_passes */

/* More passes; fewer would take back what was measured, but that a run which stops when it knows
 * enough may not have made all it could (check_passes).  Another budget for all sessions. */
static int extend(
	json_t *object, const char *dir, int64_t passes, const char *budget, struct err *e)
{
	int64_t now = json_integer_value(json_object_get(object, "passes"));

	if (budget)
		json_object_set_new(object, "budget", json_string(budget));
	if (passes == 0)
		return 0;
	if (passes < now && !json_object_get(object, "max_passes"))
		return err_set(e, ERR_USAGE, "--passes %lld: %s has %lld already",
			(long long)passes, dir, (long long)now);
	if (passes < LEAST_WITH_LOOKS && json_object_get(object, "max_passes"))
		return err_set(e, ERR_USAGE, "--passes %lld: with `until` there are at least %d",
			(long long)passes, LEAST_WITH_LOOKS);
	json_object_set_new(object, "passes", json_integer(passes));
	if (json_object_get(object, "max_passes"))
		json_object_set_new(object, "max_passes", json_integer(passes));
	return 0;
}

/* No pass that has rows may be beyond the last one. */
static int check_passes(const struct sweep *s, const char *dir, int64_t passes, struct err *e)
{
	struct row_schema schema;
	struct journal_tally t;
	uint32_t furthest;

	if (passes == 0 || !(s->until > 0))
		return 0;
	row_schema_init(&schema, s);
	if (journal_tally_read(&t, dir, &schema, e))
		return -1;
	furthest = t.furthest_pass;
	journal_tally_release(&t);
	if (passes >= (int64_t)furthest)
		return 0;
	return err_set(e, ERR_USAGE, "--passes %lld: %s has rows of pass %lu already",
		(long long)passes, dir, (unsigned long)furthest);
}

static int parse_run_sweep(
	struct setup *s, const char *dir, int64_t passes, const char *budget, struct err *e)
{
	json_t *origin = json_pack("{s:s, s:s}", "budget", "--budget", "passes", "--passes");
	char *path = fsx_join(dir, "sweep.json");
	json_t *object = jsonx_load(path, e);
	int failed = -1;

	if (object) {
		failed = extend(object, dir, passes, budget, e);
		failed = failed ||
			sweep_parse(&s->sweep, object, path, passes || budget ? origin : NULL, e) ||
			check_passes(&s->sweep, dir, passes, e);
		json_decref(object);
	}
	if (failed && e->code == ERR_USAGE && strncmp(e->msg, "--", 2) != 0)
		e->code = ERR_JOURNAL; /* not what the user wrote, but a run directory that is not
					  whole */
	json_decref(origin);
	free(path);
	return failed;
}

int setup_resume(struct setup *s, const char *dir, const json_t *manifest,
	const struct sweep_args *given, int64_t passes, const char *budget, struct err *e)
{
	struct sweep_args a = *given;
	json_t *keep = json_array();
	bool simulated = json_is_object(json_object_get(manifest, "simulator"));
	int failed = 0;

	*s = (struct setup){.sweep = SWEEP_INIT};
	if (simulated)
		failed = recall_simulator(&a, manifest, e);
	else if (a.nservers == 0)
		failed = recall_servers(&a, dir, manifest, keep, e);
	s->simulated = a.simulate;
	s->is_virtual = a.is_virtual;
	if (failed || parse_run_sweep(s, dir, passes, budget, e) || find_servers(s, &a, e) ||
		make_plan(s, a.origin, e)) {
		setup_release(s);
		failed = -1;
	}
	json_decref(keep);
	return failed;
}

void setup_warn(const struct setup *s)
{
	say_warnings(s->sweep.warnings.s);
}

void setup_release(struct setup *s)
{
	plan_release(&s->plan);
	for (size_t i = 0; i < s->nservers; i++)
		server_facts_release(&s->servers[i]);
	free(s->servers);
	simthread_stop(s->thread);
	json_decref(s->sim_set);
	if (s->sim)
		sim_free(s->sim);
	sweep_release(&s->sweep);
	*s = (struct setup){0};
}
