/* plan.c - what a plan answers about its cells. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "plan_internal.h"
#include "vec.h"

void plan_release(struct plan *p)
{
	arena_release(&p->arena);
	*p = (struct plan){0};
}

int plan_factor_index(const struct plan *p, const char *name)
{
	const struct factor *f = sweep_factor(p->sweep, name);

	return f ? (int)(f - p->sweep->factors) : -1;
}

uint32_t plan_digit(const struct plan *p, uint64_t grid, size_t f)
{
	const struct plan_place *at = &p->place[f];
	const struct plan_dim *dim = &p->dims[at->dim];
	uint32_t digit = (uint32_t)(grid / dim->stride % dim->size);

	return at->level ? at->level[digit * at->step] : digit;
}

uint32_t plan_level(const struct plan *p, uint32_t cell, size_t f)
{
	return plan_digit(p, p->grid_index[cell], f);
}

/* The cell's level of the factor of a kind that is no option; NULL where it does not vary. */
static const struct level *level_of(const struct plan *p, uint32_t cell, enum factor_kind kind)
{
	int f = p->of_kind[kind];

	return f < 0 ? NULL : &p->sweep->factors[f].levels[plan_level(p, cell, (size_t)f)];
}

/* A text is its value and not what charts call it: levels may have names. */
static const char *text_of(
	const struct plan *p, uint32_t cell, enum factor_kind kind, const char *fixed)
{
	const struct level *l = level_of(p, cell, kind);

	return l ? json_string_value(l->value) : fixed;
}

uint32_t plan_concurrency(const struct plan *p, uint32_t cell)
{
	const struct level *l = level_of(p, cell, FACTOR_CONCURRENCY);

	return (uint32_t)(l ? json_integer_value(l->value) : p->sweep->concurrency);
}

double plan_rate(const struct plan *p, uint32_t cell)
{
	const struct level *l = level_of(p, cell, FACTOR_RATE);

	return l ? json_number_value(l->value) : p->sweep->rate;
}

bool plan_is_burst(const struct plan *p, uint32_t cell)
{
	return plan_rate(p, cell) > 0 || plan_concurrency(p, cell) > 1;
}

const char *plan_cache(const struct plan *p, uint32_t cell)
{
	return text_of(p, cell, FACTOR_CACHE, p->sweep->cache);
}

const char *plan_model(const struct plan *p, uint32_t cell)
{
	return text_of(p, cell, FACTOR_MODEL, p->sweep->model);
}

const char *plan_system(const struct plan *p, uint32_t cell)
{
	const char *text = text_of(p, cell, FACTOR_SYSTEM, p->sweep->system);

	return text && *text ? text : NULL; /* a level "" is the sweep without one */
}

const char *plan_template(const struct plan *p, uint32_t cell)
{
	const char *text = text_of(p, cell, FACTOR_TEMPLATE, p->sweep->template);

	return text && *text ? text : NULL;
}

int64_t plan_keep_alive_s(const struct plan *p, uint32_t cell)
{
	const struct level *l = level_of(p, cell, FACTOR_KEEP_ALIVE);

	return l ? json_integer_value(l->value) : p->sweep->keep_alive_s;
}

size_t plan_prompts(const struct plan *p, uint32_t cell, size_t *first)
{
	int f = p->of_kind[FACTOR_PROMPT];

	*first = f < 0 ? 0 : p->prompt_of_level[plan_level(p, cell, (size_t)f)];
	return f < 0 ? p->sweep->nprompts : 1;
}

int64_t plan_num_ctx_at(const struct plan *p, uint64_t grid)
{
	int ctx = plan_factor_index(p, "num_ctx"), model = p->of_kind[FACTOR_MODEL];
	const struct sweep *s = p->sweep;
	const json_t *value = ctx < 0
		? json_object_get(s->options, "num_ctx")
		: s->factors[ctx].levels[plan_digit(p, grid, (size_t)ctx)].value;
	const char *name = model < 0
		? s->model
		: json_string_value(
			  s->factors[model].levels[plan_digit(p, grid, (size_t)model)].value);
	const struct model_facts *m =
		p->nservers && name ? server_facts_model(&p->servers[0], name) : NULL;

	return json_is_integer(value) ? canon_ctx(m, json_integer_value(value)) : -1;
}

int64_t plan_tokens_at(const struct plan *p, uint64_t grid)
{
	int f = p->of_kind[FACTOR_PROMPT_TOKENS];
	const json_t *value =
		f < 0 ? NULL : p->sweep->factors[f].levels[plan_digit(p, grid, (size_t)f)].value;
	const char *share = json_string_value(value);
	double part = f < 0 ? p->sweep->prompt_tokens_share : 0, percent;
	int64_t ctx;

	if (json_is_integer(value))
		return json_integer_value(value);
	if (share && strlen(share) > 1 && num_parse(share, strlen(share) - 1, &percent))
		part = percent / 100;
	if (!(part > 0))
		return f < 0 ? p->sweep->prompt_tokens : 0;
	ctx = plan_num_ctx_at(p, grid);
	return ctx < 0 ? 0 : (int64_t)(part * (double)ctx + 1e-6);
}

int64_t plan_prompt_tokens(const struct plan *p, uint32_t cell)
{
	return plan_tokens_at(p, p->grid_index[cell]);
}

uint32_t plan_visit_cell(const struct plan *p, const struct visit *v)
{
	if (v->kind == VISIT_BLOCK)
		return p->cell_of_block[p->blocks[v->block].first_cell];
	return p->sentinel_of_server ? p->sentinel_of_server[v->server] : p->sentinel_cell;
}

void plan_cell_id(const struct plan *p, uint32_t cell, char id[HASH_ID_TEXT])
{
	struct str text = STR_INIT(STR_MAX_LINE);

	for (size_t i = 0; i < p->nsettings; i++) {
		const struct plan_setting *s = &p->settings[i];

		str_addf(&text, "%s=", s->name);
		if (s->factor < 0) {
			str_add(&text, s->fixed);
		} else {
			const struct factor *f = &p->sweep->factors[s->factor];

			jsonx_dump(&text, f->levels[plan_level(p, cell, (size_t)s->factor)].value,
				0, true);
		}
		str_addc(&text, '\n');
	}
	if (text.overflowed)
		BUG("the settings of a cell are longer than %zu bytes", text.max);
	hash_id(id, text.s, NULL);
	str_release(&text);
}

char *plan_cell_label(const struct plan *p, uint32_t cell)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	for (size_t f = 0; f < p->sweep->nfactors; f++)
		str_addf(&text, "%s%s=%s", f ? " " : "", p->sweep->factors[f].name,
			p->sweep->factors[f].levels[plan_level(p, cell, f)].text);
	if (p->sweep->nfactors == 0)
		str_add(&text, p->sweep->model);
	return str_take(&text);
}

/* As the server wants it: auto is -1, stop is a list. */
static void put_sent(json_t *options, const char *name, json_t *value)
{
	const struct option_spec *spec = option_find(name);
	json_t *sent;

	if (strcmp(name, "num_gpu") == 0 && json_is_string(value))
		sent = json_integer(-1);
	else if (spec && spec->type == OPTION_STRINGS && json_is_string(value))
		sent = json_pack("[O]", value);
	else
		sent = json_incref(value);
	if (json_object_set_new(options, name, sent))
		BUG("a JSON object does not take \"%s\"", name);
}

json_t *plan_options(const struct plan *p, uint32_t cell, uint32_t repeat)
{
	json_t *options = json_object();
	const json_t *seed = json_object_get(p->sweep->options, "seed");
	const char *name;
	json_t *value;

	json_object_foreach (p->sweep->options, name, value)
		put_sent(options, name, value);
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		const struct factor *factor = &p->sweep->factors[f];

		if (factor->kind == FACTOR_OPTION)
			put_sent(options, factor->name,
				factor->levels[plan_level(p, cell, f)].value);
	}
	if (seed) /* a seed that is a factor is sent as it is */
		json_object_set_new(
			options, "seed", json_integer(json_integer_value(seed) + repeat));
	return options;
}

json_t *plan_runner_options(const struct plan *p, uint32_t block)
{
	json_t *all = plan_options(p, p->cell_of_block[p->blocks[block].first_cell], 0);
	json_t *runner = json_object();
	const char *name;
	json_t *value;

	json_object_foreach (all, name, value) {
		const struct option_spec *spec = option_find(name);

		if (spec && spec->stratum == STRATUM_RUNNER)
			json_object_set(runner, name, value);
	}
	json_decref(all);
	return runner;
}
