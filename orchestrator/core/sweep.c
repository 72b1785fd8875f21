/* sweep.c - the sweep as a value: its parts, its release, and reading the file. */
#include "sweep.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "sweep_internal.h"

json_t *sweep_object_load(const char *path, struct err *e)
{
	json_t *object = jsonx_load(path, e);
	struct jsonx_at root = jsonx_root(path, object);

	if (object && jsonx_object(&root, e)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

void sweep_warn(struct sweep *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&s->warnings, fmt, ap);
	va_end(ap);
	str_addc(&s->warnings, '\n');
}

/* What rows and charts call a value. */
static char *value_text(const json_t *value)
{
	char number[NUM_TEXT];

	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "true" : "false");
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return xstrdup(num_text(number, json_real_value(value)));
}

struct factor *sweep_add_factor(struct sweep *s, const char *name)
{
	const struct option_spec *spec = option_find(name);
	struct factor *f;

	if (s->nfactors == SWEEP_MAX_FACTORS)
		BUG("more than %d factors", SWEEP_MAX_FACTORS);
	f = &s->factors[s->nfactors++];
	*f = (struct factor){.name = xstrdup(name), .kind = FACTOR_OPTION, .known = true};
	f->stratum = spec ? spec->stratum : STRATUM_SAMPLING;
	if (strcmp(name, "model") == 0) {
		f->kind = FACTOR_MODEL;
		f->stratum = STRATUM_RUNNER;
	} else if (strcmp(name, "concurrency") == 0) {
		f->kind = FACTOR_CONCURRENCY;
	} else if (strcmp(name, "cache") == 0) {
		f->kind = FACTOR_CACHE;
	} else {
		f->known = spec;
	}
	return f;
}

void sweep_add_level(struct factor *f, json_t *value, const char *asked)
{
	struct level *l;

	/* Grows by doubling: the capacity is the next power of two. */
	if ((f->nlevels & (f->nlevels - 1)) == 0)
		f->levels =
			xrealloc(f->levels, f->nlevels ? 2 * f->nlevels : 1, sizeof(*f->levels));
	l = &f->levels[f->nlevels++];
	*l = (struct level){.value = value, .text = value_text(value)};
	l->asked = xstrdup(asked ? asked : l->text);
}

void sweep_set_level(struct level *l, json_t *value)
{
	json_decref(l->value);
	free(l->text);
	l->value = value;
	l->text = value_text(value);
}

void sweep_release_level(struct level *l)
{
	json_decref(l->value);
	free(l->text);
	free(l->asked);
}

static void release_factor(struct factor *f)
{
	for (size_t i = 0; i < f->nlevels; i++)
		sweep_release_level(&f->levels[i]);
	free(f->levels);
	free(f->name);
}

void sweep_release(struct sweep *s)
{
	for (size_t i = 0; i < s->nfactors; i++)
		release_factor(&s->factors[i]);
	for (size_t i = 0; i < s->nprompts; i++) {
		free(s->prompts[i].id);
		free(s->prompts[i].text);
		json_decref(s->prompts[i].check_spec);
	}
	for (size_t i = 0; i < s->nservers; i++)
		free(s->servers[i]);
	free(s->prompts);
	free(s->servers);
	free(s->source);
	free(s->name);
	free(s->model);
	free(s->system);
	free(s->cache);
	json_decref(s->options);
	str_release(&s->warnings);
	*s = (struct sweep)SWEEP_INIT;
}

const struct factor *sweep_factor(const struct sweep *s, const char *name)
{
	for (size_t i = 0; i < s->nfactors; i++) {
		if (strcmp(s->factors[i].name, name) == 0)
			return &s->factors[i];
	}
	return NULL;
}
