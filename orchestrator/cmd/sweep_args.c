/* sweep_args.c - options to sweep object. */
#include "sweep_args.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "options.h"
#include "range.h"
#include "sweep.h"
#include "sweep_args_table.h"

void sweep_args_init(struct sweep_args *a)
{
	*a = (struct sweep_args){.given = json_object(),
		.origin = json_object(),
		.sim_set = json_array(),
		.presets = json_array(),
		.sim_seed = 1};
	if (!a->given || !a->origin || !a->sim_set || !a->presets)
		BUG("no memory for an empty object");
	sim_config_default(&a->sim);
}

void sweep_args_release(struct sweep_args *a)
{
	json_decref(a->given);
	json_decref(a->origin);
	json_decref(a->sim_set);
	json_decref(a->presets);
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
	if (strcmp(key, "prompt") == 0 ||
		strcmp(key, "server") == 0) /* one level is a factor too */
		return put_inner(a, "factors", key, json_string(value), name);
	return put_levels(a, key, value, name, NULL, e);
}

/* What stands before the =, one of the NULL-ended words. */
static int check_word(
	const struct opt *opt, const char *const *words, const char *key, struct err *e)
{
	struct str all = STR_INIT(200);
	char safe[80];

	for (size_t i = 0; words[i]; i++) {
		if (strcmp(words[i], key) == 0) {
			str_release(&all);
			return 0;
		}
		str_addf(&all, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
	}
	err_set(e, ERR_USAGE, "--%s: expected %s, got \"%s\"", opt->name, all.s,
		err_quote(safe, sizeof(safe), key));
	str_release(&all);
	return -1;
}

static int take_inner(struct sweep_args *a, const char *object, const char *const *words,
	const struct opt *opt, const char *text, struct err *e)
{
	char key[64] = "", name[100];
	const char *value = NULL;

	if (split_pair(opt, text, key, sizeof(key), &value, e) || check_word(opt, words, key, e))
		return -1;
	snprintf(name, sizeof(name), "%s %s", opt->name, key);
	return put_inner(a, object, key, scalar(value), name);
}

/* ttft=500 */
static int put_goodput(struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	static const char *const words[] = {"ttft", "tpot", "e2e", NULL};
	char key[64] = "", path[80], name[100];
	const char *value = NULL;

	if (split_pair(opt, text, key, sizeof(key), &value, e) || check_word(opt, words, key, e))
		return -1;
	snprintf(path, sizeof(path), "%s_ms", key);
	snprintf(name, sizeof(name), "%s %s", opt->name, key);
	return put_inner(a, "goodput", path, scalar(value), name);
}

/* ttft=500,tpot=50,e2e=5000 */
static int take_goodput(
	struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		char *one = xstrndup(text, len);
		int failed = put_goodput(a, opt, one, e);

		free(one);
		if (failed || !text[len])
			return failed;
		text += len + 1;
	}
}

static int take_limit(struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	static const char *const words[] = {
		"connect", "first_load", "first", "stall", "total", NULL};

	if (take_inner(a, "limits", words, opt, text, e) == 0)
		return 0;
	if (e && strncmp(text, "ttft", 4) == 0)
		err_hint(e,
			"when a request is given up, in seconds; what a good one meets is "
			"--goodput ttft=500");
	return -1;
}

static int take_margin(struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	static const char *const words[] = {"throughput", "tpot", "ttft", "score", NULL};

	return take_inner(a, "margin", words, opt, text, e);
}

/* "a,b" as ["a", "b"] */
static json_t *name_list(const char *text)
{
	json_t *names = json_array();

	for (;;) {
		size_t len = strcspn(text, ","), skip = strspn(text, " ");
		size_t end = len;

		while (end > skip && text[end - 1] == ' ')
			end--;
		json_array_append_new(names,
			end > skip ? json_stringn(text + skip, end - skip) : json_string(""));
		if (!text[len])
			return names;
		text += len + 1;
	}
}

static bool is_utf8(const char *text)
{
	json_t *value = json_string(text);

	json_decref(value);
	return value;
}

/* The folder of this program, with the slash; "" unknown.  New string. */
static char *program_folder(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
	const char *slash =
		len > 0 && len < (ssize_t)sizeof(path) ? memrchr(path, '/', (size_t)len) : NULL;

	return xstrndup(path, slash ? (size_t)(slash - path) + 1 : 0);
}

/* A file, relative to where the person stands, or the name of a suite that comes with the program:
 * "graded" is sweeps/prompts/graded.json here, else beside the program's build folder, else where
 * it was installed, even if moved since.  NULL if none is. */
char *sweep_args_suite(const char *text)
{
	char *program = program_folder(), *full = realpath(text, NULL);
	const char *const folders[][2] = {{"", "sweeps"}, {program, "../sweeps"},
		{program, "../share/chimera/sweeps"}, {"", CHIMERA_SWEEPS}};

	for (size_t i = 0; !full && !strchr(text, '/') && i < COUNTOF(folders); i++) {
		char *path = xasprintf("%s%s/prompts/%s.json", folders[i][0], folders[i][1], text);

		full = realpath(path, NULL);
		free(path);
	}
	free(program);
	return full;
}

static int take_prompts(
	struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	char *full = sweep_args_suite(text);
	char safe[200];

	if (!full) {
		err_set(e, ERR_USAGE, "--prompts: there is no file \"%s\"",
			err_quote(safe, sizeof(safe), text));
		return err_hint(e,
			"name a JSON file, or a suite that comes with chimera: short, graded, "
			"long-prefill, long-decode");
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

/* Options that are a key of the sweep, their text taken as it is or as the number it looks like. */
static const struct {
	int id;
	const char *key;
	bool is_text;
} plain_keys[] = {
	{OPT_SYSTEM, "system", true},
	{OPT_TEMPLATE, "template", true},
	{OPT_NAME, "name", true},
	{OPT_ALIASES, "aliases", true},
	{OPT_ARRIVALS, "arrivals", true},
	{OPT_SUBSET, "subset", true},
	{OPT_DISTRIBUTE, "distribute", true},
	{OPT_SHARD, "shard", true},
	{OPT_REPEATS, "repeats", false},
	{OPT_PASSES, "passes", false},
	{OPT_MAX_PASSES, "max_passes", false},
	{OPT_UNTIL, "until", false},
	{OPT_BUDGET, "budget", false},
	{OPT_WARMUPS, "warmups", false},
	{OPT_BURST, "burst", false},
	{OPT_ORDER_SEED, "order_seed", false},
};

/* Options of the grid that are keys of their own when they do not vary. */
static const struct {
	int id;
	const char *key;
} level_keys[] = {
	{OPT_MODEL, "model"},
	{OPT_CONCURRENCY, "concurrency"},
	{OPT_RATE, "rate"},
	{OPT_CACHE, "cache"},
	{OPT_PROMPT_TOKENS, "prompt_tokens"},
	{OPT_KEEP_ALIVE, "keep_alive"},
};

static const char *level_key(int id)
{
	for (size_t i = 0; i < COUNTOF(level_keys); i++) {
		if (level_keys[i].id == id)
			return level_keys[i].key;
	}
	return NULL;
}

static bool take_plain(struct sweep_args *a, const struct opt *opt, const char *text)
{
	for (size_t i = 0; i < COUNTOF(plain_keys); i++) {
		if (plain_keys[i].id != opt->id)
			continue;
		put(a, plain_keys[i].key, plain_keys[i].is_text ? json_string(text) : scalar(text),
			opt);
		return true;
	}
	return false;
}

/* Options of which each adds one to a list. */
static int take_one_more(
	struct sweep_args *a, const char *key, const struct opt *opt, json_t *value)
{
	json_t *list = json_object_get(a->given, key);

	if (!json_is_array(list))
		put(a, key, list = json_array(), opt);
	json_array_append_new(list, value);
	return 0;
}

static int take_flag(struct sweep_args *a, const struct opt *opt)
{
	switch (opt->id) {
	case OPT_RAW:
		return put(a, "raw", json_true(), opt);
	case OPT_NO_SENTINEL:
		return put(a, "sentinel", json_false(), opt);
	case OPT_SIMULATE:
		a->simulate = true;
		return 0;
	case OPT_VIRTUAL:
		a->is_virtual = true;
		return 0;
	default:
		BUG("option --%s has no case", opt->name);
	}
}

int sweep_args_take(struct sweep_args *a, const struct opt *opt, const char *text, struct err *e)
{
	if (!opt)
		return take_operand(a, text, e);
	if (!text)
		return take_flag(a, opt);
	if (!is_utf8(text))
		return err_set(e, ERR_USAGE, "--%s: expected text in UTF-8", opt->name);
	if (opt->id >= OPT_OLLAMA)
		return put_levels(
			a, option_specs[opt->id - OPT_OLLAMA].name, text, opt->name, NULL, e);
	if (level_key(opt->id))
		return put_levels(a, level_key(opt->id), text, opt->name, level_key(opt->id), e);
	if (take_plain(a, opt, text))
		return 0;
	switch (opt->id) {
	case OPT_SET:
		return take_set(a, opt, text, e);
	case OPT_PROMPT:
		return take_one_more(a, "prompts", opt, json_string(text));
	case OPT_PROMPTS:
		return take_prompts(a, opt, text, e);
	case OPT_EXCLUDE:
	case OPT_ONLY:
	case OPT_PRIORITY:
		return take_one_more(a, opt->name, opt, json_string(text));
	case OPT_ZIP:
		return take_one_more(a, "zip", opt, name_list(text));
	case OPT_PRESET:
		json_array_append_new(a->presets, json_string(text));
		return 0;
	case OPT_LIMIT:
		return take_limit(a, opt, text, e);
	case OPT_MARGIN:
		return take_margin(a, opt, text, e);
	case OPT_GOODPUT:
		return take_goodput(a, opt, text, e);
	case OPT_SERVER:
		return sweep_args_server(a, text, e);
	case OPT_SIM:
		return take_sim(a, text, e);
	case OPT_SIM_SEED:
		return take_sim_seed(a, text, e);
	default:
		BUG("option --%s has no case", opt->name);
	}
}
