/* sweep.c - the sweep as a value: its parts and its release. */
#include "sweep.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "sweep_internal.h"

void sweep_warn(struct sweep *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&s->warnings, fmt, ap);
	va_end(ap);
	str_addc(&s->warnings, '\n');
}

char *sweep_value_text(const json_t *value)
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

/* Factors that are no options. */
static const struct {
	const char *name, *column;
	enum factor_kind kind;
	enum stratum stratum;
} kinds[] = {
	{"model", "model", FACTOR_MODEL, STRATUM_RUNNER},
	{"server", "server", FACTOR_SERVER, STRATUM_RUNNER},
	{"keep_alive", "keep_alive", FACTOR_KEEP_ALIVE, STRATUM_RUNNER},
	{"concurrency", "concurrency", FACTOR_CONCURRENCY, STRATUM_SAMPLING},
	{"rate", "rate", FACTOR_RATE, STRATUM_SAMPLING},
	{"cache", "cache", FACTOR_CACHE, STRATUM_SAMPLING},
	{"system", "system", FACTOR_SYSTEM, STRATUM_SAMPLING},
	{"template", "template", FACTOR_TEMPLATE, STRATUM_SAMPLING},
	{"prompt", "prompt_id", FACTOR_PROMPT, STRATUM_SAMPLING},
	{"prompt_tokens", "prompt_tokens_asked", FACTOR_PROMPT_TOKENS, STRATUM_SAMPLING},
};

bool sweep_is_kind(const char *name)
{
	for (size_t i = 0; i < COUNTOF(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return true;
	}
	return false;
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
	f->column = f->name;
	f->known = spec;
	for (size_t i = 0; i < COUNTOF(kinds); i++) {
		if (strcmp(name, kinds[i].name) != 0)
			continue;
		f->kind = kinds[i].kind;
		f->stratum = kinds[i].stratum;
		f->column = kinds[i].column;
		f->known = true;
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
	*l = (struct level){.value = value, .text = sweep_value_text(value)};
	l->asked = xstrdup(asked ? asked : l->text);
}

void sweep_set_level(struct level *l, json_t *value)
{
	json_decref(l->value);
	l->value = value;
	if (l->named)
		return;
	free(l->text);
	l->text = sweep_value_text(value);
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
		free(s->prompts[i].kind);
		free(s->prompts[i].difficulty);
		json_decref(s->prompts[i].check_spec);
	}
	for (size_t i = 0; i < s->nservers; i++)
		free(s->servers[i]);
	sweep_release_calibrations(s);
	free(s->prompts);
	free(s->servers);
	free(s->source);
	free(s->name);
	free(s->model);
	free(s->system);
	free(s->template);
	free(s->cache);
	sweep_release_links(s);
	sweep_release_conditions(s);
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
