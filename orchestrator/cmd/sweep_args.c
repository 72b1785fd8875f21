/* sweep_args.c - options to sweep object. */
#include "sweep_args.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "options.h"
#include "range.h"
#include "sweep.h"

enum {
	OPT_MODEL = 1,
	OPT_SET,
	OPT_CONCURRENCY,
	OPT_CACHE,
	OPT_BURST,
	OPT_PROMPT,
	OPT_PROMPTS,
	OPT_SYSTEM,
	OPT_RAW,
	OPT_NAME,
	OPT_REPEATS,
	OPT_PASSES,
	OPT_WARMUPS,
	OPT_ORDER_SEED,
	OPT_NO_SENTINEL,
	OPT_ALIASES,
	OPT_KEEP_ALIVE,
	OPT_LIMIT,
	OPT_MARGIN,
	OPT_SERVER,
	OPT_SIMULATE,
	OPT_VIRTUAL,
	OPT_SIM,
	OPT_SIM_SEED,
	OPT_OLLAMA = 1000, /* + index in option_specs */
};

static const struct opt shared_options[] = {
	{"", 0, NULL,
		"The grid (VALUES: one value fixes it, several make a factor: 0,20,40  0-48+8  "
		"1024-8192x2)",
		0},
	{"model", 'm', "NAMES", "model to measure, as `ollama list` names it", OPT_MODEL},
	{"set", 0, "KEY=VALUES", "any other option of the server", OPT_SET},
	{"concurrency", 0, "VALUES", "requests kept in flight [1]", OPT_CONCURRENCY},
	{"burst", 0, "N",
		"requests in a burst where concurrency is above 1 [10 x concurrency, at least 30]",
		OPT_BURST},
	{"cache", 0, "VALUES",
		"unique: each prompt begins with a new word; repeat: sent as it is [unique]",
		OPT_CACHE},
	{"prompt", 'p', "TEXT", "prompt; repeat for several", OPT_PROMPT},
	{"prompts", 0, "FILE", "prompt suite (JSON), or short or graded, which come with chimera",
		OPT_PROMPTS},
	{"system", 0, "TEXT", "system prompt", OPT_SYSTEM},
	{"raw", 0, NULL, "send prompts without the model's template", OPT_RAW},
	{"", 0, NULL, "The experiment", 0},
	{"name", 0, "NAME", "name of the sweep, used for the run directory", OPT_NAME},
	{"repeats", 'r', "N", "requests per cell and prompt over all passes [2 per pass]",
		OPT_REPEATS},
	{"passes", 0, "N",
		"visits of every block, each with a load of its own [3 or more, by blocks]",
		OPT_PASSES},
	{"warmups", 0, "N", "discarded requests after each load, at least 1 [2]", OPT_WARMUPS},
	{"order-seed", 0, "N", "seed of the order [1]", OPT_ORDER_SEED},
	{"no-sentinel", 0, NULL, "leave out the cell that is measured again after each pass",
		OPT_NO_SENTINEL},
	{"aliases", 0, "WHAT",
		"merge, or keep as an A/A control: levels that are one setting [merge]",
		OPT_ALIASES},
	{"keep-alive", 0, "TIME", "how long the server keeps the model, seconds or 30m [30m]",
		OPT_KEEP_ALIVE},
	{"limit", 0, "WHICH=S", "time limit in seconds: connect, first_load, first, stall, total",
		OPT_LIMIT},
	{"margin", 0, "METRIC=F",
		"difference that does not matter: throughput, tpot, ttft, score (0.02 is 2 %)",
		OPT_MARGIN},
	{"", 0, NULL, "Servers", 0},
	{"server", 's', "URL", "server to measure, URL or NAME=URL; repeat for more [$OLLAMA_HOST]",
		OPT_SERVER},
	{"simulate", 0, NULL, "use the simulator inside this process instead of a server",
		OPT_SIMULATE},
	{"virtual", 0, NULL, "with --simulate: under a virtual clock, hours in seconds",
		OPT_VIRTUAL},
	{"sim", 0, "KEY=VALUE",
		"change the simulated machine (chimera simulate --help lists the keys)", OPT_SIM},
	{"sim-seed", 0, "N", "seed of the simulated machine's noise [1]", OPT_SIM_SEED},
};

/* "num_ctx" -> "num-ctx", once for the life of the process. */
static const char *option_dashed(const char *name)
{
	char *s = xstrdup(name);

	for (char *c = s; *c; c++) {
		if (*c == '_')
			*c = '-';
	}
	return s;
}

const struct opt *sweep_args_table(const struct opt *own)
{
	size_t nown = 0, n = 0;
	struct opt *table;

	while (own && own[nown].name)
		nown++;
	table = xcalloc(nown + COUNTOF(shared_options) + option_count + 2, sizeof(*table));
	if (nown)
		memcpy(table, own, nown * sizeof(*own));
	n = nown;
	memcpy(table + n, shared_options, sizeof(shared_options));
	n += COUNTOF(shared_options);
	table[n++] = (struct opt){"", 0, NULL, "Ollama's options (VALUES as above)", 0};
	for (size_t i = 0; i < option_count; i++)
		table[n++] = (struct opt){option_dashed(option_specs[i].name), 0, "VALUES",
			option_specs[i].help, OPT_OLLAMA + (int)i};
	return table; /* the last element is zero: the end */
}

void sweep_args_init(struct sweep_args *a)
{
	*a = (struct sweep_args){.given = json_object(),
		.origin = json_object(),
		.sim_set = json_array(),
		.sim_seed = 1};
	if (!a->given || !a->origin || !a->sim_set)
		BUG("no memory for an empty object");
	sim_config_default(&a->sim);
}

void sweep_args_release(struct sweep_args *a)
{
	json_decref(a->given);
	json_decref(a->origin);
	json_decref(a->sim_set);
	*a = (struct sweep_args){0};
}

/* Text as the JSON scalar it looks like. */
static json_t *scalar(const char *text)
{
	int64_t i;
	double x;

	if (num_parse_int(text, strlen(text), &i))
		return json_integer(i);
	if (num_parse(text, strlen(text), &x))
		return json_real(x);
	return json_string(text);
}

static void remember(struct sweep_args *a, const char *path, const char *option)
{
	char dashed[80];

	snprintf(dashed, sizeof(dashed), "--%s", option);
	json_object_set_new(a->origin, path, json_string(dashed));
}

static int put(struct sweep_args *a, const char *key, json_t *value, const struct opt *opt)
{
	json_object_set_new(a->given, key, value);
	remember(a, key, opt->name);
	return 0;
}

/* A key of an object inside the sweep: "limits", "stall". */
static int put_inner(struct sweep_args *a, const char *object, const char *key, json_t *value,
	const char *option)
{
	json_t *inner = json_object_get(a->given, object);
	char path[200];

	if (!inner) {
		inner = json_object();
		json_object_set_new(a->given, object, inner);
	}
	json_object_set_new(inner, key, value);
	snprintf(path, sizeof(path), "%s.%s", object, key);
	remember(a, path, option);
	return 0;
}

/* VALUES: one becomes the fixed value (`fixed` key or options.KEY), several a factor. */
static int put_levels(struct sweep_args *a, const char *key, const char *text, const char *option,
	const char *fixed, struct err *e)
{
	json_t *levels = range_parse(text, e);

	if (!levels)
		return err_prefix(e, "--%s: ", option);
	if (json_array_size(levels) != 1)
		return put_inner(a, "factors", key, levels, option);
	if (fixed) {
		json_object_set(a->given, fixed, json_array_get(levels, 0));
		remember(a, fixed, option);
	} else {
		char path[200];

		put_inner(a, "options", key, json_incref(json_array_get(levels, 0)), option);
		snprintf(path, sizeof(path), "factors.%s", key); /* where the file varies it */
		remember(a, path, option);
	}
	json_decref(levels);
	return 0;
}

/* KEY=VALUE of an option that takes such pairs. */
static int split_pair(const struct opt *opt, const char *text, char *key, size_t size,
	const char **value, struct err *e)
{
	const char *eq = strchr(text, '=');
	char safe[80];

	if (!eq || eq == text || (size_t)(eq - text) >= size) {
		err_set(e, ERR_USAGE, "--%s: expected %s, got \"%s\"", opt->name, opt->value,
			err_quote(safe, sizeof(safe), text));
		return -1;
	}
	memcpy(key, text, (size_t)(eq - text));
	key[eq - text] = '\0';
	*value = eq + 1;
	return 0;
}

static int take_set(struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	char key[64] = "", name[80];
	const char *value = NULL;

	if (split_pair(opt, text, key, sizeof(key), &value, e))
		return -1;
	snprintf(name, sizeof(name), "set %s", key);
	return put_levels(a, key, value, name, NULL, e);
}

static int take_inner(struct sweep_args *a, const char *object, const struct opt *opt,
	const char *text, struct err *e)
{
	char key[64] = "", name[100];
	const char *value = NULL;

	if (split_pair(opt, text, key, sizeof(key), &value, e))
		return -1;
	snprintf(name, sizeof(name), "%s %s", opt->name, key);
	return put_inner(a, object, key, scalar(value), name);
}

static int take_prompt(struct sweep_args *a, const struct opt *opt, const char *text)
{
	json_t *list = json_object_get(a->given, "prompts");

	if (!json_is_array(list))
		put(a, "prompts", list = json_array(), opt);
	json_array_append_new(list, json_string(text));
	return 0;
}

/* A file, relative to where the person stands, or the name of a suite that comes with the program:
 * "graded" is sweeps/prompts/graded.json here, else where it was installed.  NULL if neither is. */
static char *find_prompts(const char *text)
{
	static const char *const folders[] = {"sweeps", CHIMERA_SWEEPS};
	char *full = realpath(text, NULL);

	for (size_t i = 0; !full && !strchr(text, '/') && i < COUNTOF(folders); i++) {
		char *path = xasprintf("%s/prompts/%s.json", folders[i], text);

		full = realpath(path, NULL);
		free(path);
	}
	return full;
}

static int take_prompts(
	struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	char *full = find_prompts(text);
	char safe[200];

	if (!full) {
		err_set(e, ERR_USAGE, "--prompts: there is no file \"%s\"",
			err_quote(safe, sizeof(safe), text));
		return err_hint(
			e, "name a JSON file, or a suite that comes with chimera: short, graded");
	}
	put(a, "prompts", json_string(full), opt);
	free(full);
	return 0;
}

static int take_sim(struct sweep_args *a, const char *text, struct err *e)
{
	if (sim_config_set(&a->sim, text, e))
		return err_prefix(e, "--sim: ");
	if (strncmp(text, "model=", 6) == 0)
		a->sim_model_given = true;
	json_array_append_new(a->sim_set, json_string(text));
	return 0;
}

static int take_sim_seed(struct sweep_args *a, const char *text, struct err *e)
{
	int64_t seed;
	char safe[80];

	if (!num_parse_int(text, strlen(text), &seed) || seed < 0)
		return err_set(e, ERR_USAGE, "--sim-seed: expected a number from 0 on, got \"%s\"",
			err_quote(safe, sizeof(safe), text));
	a->sim_seed = (uint64_t)seed;
	return 0;
}

int sweep_args_server(struct sweep_args *a, const char *text, struct err *e)
{
	if (a->nservers == COUNTOF(a->servers))
		return err_set(
			e, ERR_USAGE, "--server: more than %zu servers", COUNTOF(a->servers));
	a->servers[a->nservers++] = text;
	return 0;
}

static int take_operand(struct sweep_args *a, const char *text, struct err *e)
{
	char safe[200];

	if (a->file)
		return err_set(e, ERR_USAGE, "one sweep file at a time: \"%s\" is a second one",
			err_quote(safe, sizeof(safe), text));
	a->file = text;
	return 0;
}

int sweep_args_take(struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	if (!opt)
		return take_operand(a, text, e);
	if (opt->id >= OPT_OLLAMA)
		return put_levels(
			a, option_specs[opt->id - OPT_OLLAMA].name, text, opt->name, NULL, e);
	switch (opt->id) {
	case OPT_MODEL:
		return put_levels(a, "model", text, opt->name, "model", e);
	case OPT_CONCURRENCY:
		return put_levels(a, "concurrency", text, opt->name, "concurrency", e);
	case OPT_CACHE:
		return put_levels(a, "cache", text, opt->name, "cache", e);
	case OPT_SET:
		return take_set(a, opt, text, e);
	case OPT_PROMPT:
		return take_prompt(a, opt, text);
	case OPT_PROMPTS:
		return take_prompts(a, opt, text, e);
	case OPT_RAW:
		return put(a, "raw", json_true(), opt);
	case OPT_NO_SENTINEL:
		return put(a, "sentinel", json_false(), opt);
	case OPT_SYSTEM:
		return put(a, "system", json_string(text), opt);
	case OPT_NAME:
		return put(a, "name", json_string(text), opt);
	case OPT_ALIASES:
		return put(a, "aliases", json_string(text), opt);
	case OPT_REPEATS:
		return put(a, "repeats", scalar(text), opt);
	case OPT_PASSES:
		return put(a, "passes", scalar(text), opt);
	case OPT_WARMUPS:
		return put(a, "warmups", scalar(text), opt);
	case OPT_BURST:
		return put(a, "burst", scalar(text), opt);
	case OPT_ORDER_SEED:
		return put(a, "order_seed", scalar(text), opt);
	case OPT_KEEP_ALIVE:
		return put(a, "keep_alive", scalar(text), opt);
	case OPT_LIMIT:
		return take_inner(a, "limits", opt, text, e);
	case OPT_MARGIN:
		return take_inner(a, "margin", opt, text, e);
	case OPT_SERVER:
		return sweep_args_server(a, text, e);
	case OPT_SIMULATE:
		a->simulate = true;
		return 0;
	case OPT_VIRTUAL:
		a->is_virtual = true;
		return 0;
	case OPT_SIM:
		return take_sim(a, text, e);
	case OPT_SIM_SEED:
		return take_sim_seed(a, text, e);
	default:
		BUG("option --%s has no case", opt->name);
	}
}

/* A single value for something the file varies leaves a factor of one level: the grid shrinks, it
 * does not become another grid. */
static bool fix_factor(json_t *object, const char *name, json_t *value)
{
	json_t *factors = json_object_get(object, "factors");
	json_t *one;

	if (!json_object_get(factors, name))
		return false;
	one = json_array();
	json_array_append(one, value);
	json_object_set_new(factors, name, one);
	return true;
}

/* Takes the keys of a given "factors", "options", "limits" or "margin" over into the file's. */
static void override_inner(json_t *object, const char *key, json_t *given)
{
	bool factors = strcmp(key, "factors") == 0, options = strcmp(key, "options") == 0;
	json_t *inner = json_object_get(object, key);
	const char *name;
	json_t *v;

	if (!json_is_object(inner))
		json_object_set_new(object, key, inner = json_object());
	json_object_foreach (given, name, v) {
		if (options && fix_factor(object, name, v))
			continue;
		json_object_set(inner, name, v);
		if (factors) {
			json_object_del(json_object_get(object, "options"), name);
			json_object_del(object, name); /* model, concurrency, cache */
		}
	}
	if (json_object_size(inner) == 0)
		json_object_del(object, key);
}

json_t *sweep_args_object(const struct sweep_args *a, const char **source, struct err *e)
{
	json_t *object = a->file ? sweep_object_load(a->file, e) : json_object();
	const char *key;
	json_t *value;

	if (!object)
		return NULL;
	*source = a->file ? a->file : "command line";
	json_object_foreach (a->given, key, value) {
		if (json_is_object(value))
			override_inner(object, key, value);
		else if (!fix_factor(object, key, value))
			json_object_set(object, key, value);
	}
	return object;
}
