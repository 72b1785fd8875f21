/* sim_config.c - the machine's keys: defaults, `name=value`, help. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "fsx.h"
#include "jsonx.h"
#include "num.h"
#include "sim.h"

struct key {
	const char *name;
	size_t offset;
	double dflt, min, max;
	const char *help;
};

#define KEY(name, dflt, min, max, help)                                                            \
	{#name, offsetof(struct sim_config, name), dflt, min, max, help},
static const struct key keys[] = {SIM_KEYS(KEY)};

static const char *const whole_keys[] = {"layers", "context_train", "sliding_window", "vision",
	"num_parallel", "max_queue", "has_show", "has_ps", "era"};

/* Versions by era. */
static const char *const versions[] = {"", "0.9.6-sim", "0.24.0-sim", "0.32.14-sim"};

static double *field(struct sim_config *c, const struct key *k)
{
	return (double *)(void *)((char *)c + k->offset);
}

void sim_config_default(struct sim_config *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < COUNTOF(keys); i++)
		*field(c, &keys[i]) = keys[i].dflt;
	snprintf(c->model, sizeof(c->model), "gemma3:270m");
	snprintf(c->version, sizeof(c->version), "%s", versions[3]);
}

const char *sim_config_models(const struct sim_config *c, char dst[SIM_MODELS])
{
	snprintf(dst, SIM_MODELS, "%s", c->model);
	for (char *s = dst; *s; s++)
		*s = *s == '\n' ? ',' : *s;
	return dst;
}

/* The name in "name=value" or in a line of ours. */
static const struct key *find_key(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (strlen(keys[i].name) == len && memcmp(keys[i].name, name, len) == 0)
			return &keys[i];
	return NULL;
}

static bool is_whole(const struct key *k)
{
	for (size_t i = 0; i < COUNTOF(whole_keys); i++)
		if (strcmp(whole_keys[i], k->name) == 0)
			return true;
	return false;
}

static int unknown_key(const char *name, struct err *e)
{
	const char *names[COUNTOF(keys) + 4];
	const char *near;
	char shown[80];
	size_t n = 0;

	for (; n < COUNTOF(keys); n++)
		names[n] = keys[n].name;
	names[n++] = "model";
	names[n++] = "version";
	names[n++] = "answers";
	names[n] = NULL;
	near = jsonx_did_you_mean(name, names);
	err_set(e, ERR_USAGE, "unknown key \"%s\"", err_quote(shown, sizeof(shown), name));
	if (near)
		err_hint(e, "did you mean %s?", near);
	else
		err_hint(e, "chimera simulate --help lists the keys");
	return -1;
}

/* A name that goes into JSON and a terminal as it is. */
static int set_text(char *dst, size_t size, const char *name, const char *value, struct err *e)
{
	size_t len = strlen(value);
	char shown[80];

	if (len == 0 || len >= size || value[0] == ',' || value[len - 1] == ',' ||
		strstr(value, ",,") ||
		strspn(value,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
			"UVWXYZ0123456789.:/_-,") != len) {
		err_set(e, ERR_USAGE, "%s: expected a name, got \"%s\"", name,
			err_quote(shown, sizeof(shown), value));
		return err_hint(e,
			"at most %zu letters, digits and . : / _ - and commas between several",
			size - 1);
	}
	memcpy(dst, value, len + 1);
	return 0;
}

/* A version that was not chosen follows the era. */
static void follow_era(struct sim_config *c)
{
	for (size_t i = 1; i < COUNTOF(versions); i++) {
		if (strcmp(c->version, versions[i]) == 0) {
			snprintf(c->version, sizeof(c->version), "%s", versions[(int)c->era]);
			return;
		}
	}
}

static int set_number(struct sim_config *c, const struct key *k, const char *value, struct err *e)
{
	char low[NUM_TEXT], high[NUM_TEXT], shown[80];
	bool whole = is_whole(k);
	double x;

	if (!num_parse(value, strlen(value), &x) || !(x >= k->min && x <= k->max) ||
		(whole && x != floor(x))) {
		err_set(e, ERR_USAGE, "%s: expected %s from %s to %s, got \"%s\"", k->name,
			whole ? "an integer" : "a number", num_text(low, k->min),
			num_text(high, k->max), err_quote(shown, sizeof(shown), value));
		return err_hint(e, "%s: %s", k->name, k->help);
	}
	*field(c, k) = x;
	if (k->offset == offsetof(struct sim_config, era))
		follow_era(c);
	return 0;
}

/* A file that can be read now. */
static int set_answers(struct sim_config *c, const char *path, struct err *e)
{
	struct str text = STR_INIT(SIM_MAX_ANSWERS);
	int rc;

	if (strlen(path) >= sizeof(c->answers))
		return err_set(e, ERR_USAGE, "answers: the path is longer than %zu bytes",
			sizeof(c->answers) - 1);
	rc = fsx_read(path, SIM_MAX_ANSWERS, &text, e);
	if (!rc && (text.len == 0 || memchr(text.s, 0, text.len)))
		rc = err_set(e, ERR_USAGE, "answers: %s is empty or holds a NUL", path);
	str_release(&text);
	if (!rc)
		snprintf(c->answers, sizeof(c->answers), "%s", path);
	return rc;
}

int sim_config_set(struct sim_config *c, const char *key_value, struct err *e)
{
	const char *equals = strchr(key_value, '=');
	size_t len = equals ? (size_t)(equals - key_value) : strlen(key_value);
	const struct key *k = find_key(key_value, len);
	char name[80];

	snprintf(name, sizeof(name), "%.*s", (int)(len < 79 ? len : 79), key_value);
	if (!k && strcmp(name, "model") != 0 && strcmp(name, "version") != 0 &&
		strcmp(name, "answers") != 0)
		return unknown_key(name, e);
	if (!equals) {
		err_set(e, ERR_USAGE, "%s has no value", name);
		return err_hint(e, "write %s=VALUE", name);
	}
	if (k)
		return set_number(c, k, equals + 1, e);
	if (strcmp(name, "answers") == 0)
		return set_answers(c, equals + 1, e);
	if (strcmp(name, "model") == 0) {
		if (set_text(c->model, sizeof(c->model), name, equals + 1, e))
			return -1;
		for (char *s = c->model; *s; s++)
			*s = *s == ',' ? '\n' : *s;
		return 0;
	}
	return set_text(c->version, sizeof(c->version), name, equals + 1, e);
}

void sim_config_help(struct str *out)
{
	char dflt[NUM_TEXT], low[NUM_TEXT], high[NUM_TEXT], left[80];

	str_addf(out, "  %-28s %s\n", "model=gemma3:270m", "installed model, or several: a,b");
	str_addf(out, "  %-28s %s\n", "version=0.32.14-sim", "what /api/version says");
	str_addf(out, "  %-28s %s\n", "answers=FILE",
		"what is answered, instead of random words; form feeds part several");
	for (size_t i = 0; i < COUNTOF(keys); i++) {
		const struct key *k = &keys[i];

		snprintf(left, sizeof(left), "%s=%s", k->name, num_text(dflt, k->dflt));
		str_addf(out, "  %-28s %s (%s to %s)\n", left, k->help, num_text(low, k->min),
			num_text(high, k->max));
	}
}
