/* plan.c - what a plan answers about its cells. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
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

uint32_t plan_digit(const struct plan *p, uint32_t grid, size_t f)
{
	return grid / p->stride[f] % (uint32_t)p->sweep->factors[f].nlevels;
}

uint32_t plan_level(const struct plan *p, uint32_t cell, size_t f)
{
	return plan_digit(p, p->grid_index[cell], f);
}

/* The cell's level of a factor by name, NULL where it is none. */
static const struct level *level_of(const struct plan *p, uint32_t cell, const char *name)
{
	int f = plan_factor_index(p, name);

	return f < 0 ? NULL : &p->sweep->factors[f].levels[plan_level(p, cell, (size_t)f)];
}

uint32_t plan_concurrency(const struct plan *p, uint32_t cell)
{
	const struct level *l = level_of(p, cell, "concurrency");

	return (uint32_t)(l ? json_integer_value(l->value) : p->sweep->concurrency);
}

const char *plan_cache(const struct plan *p, uint32_t cell)
{
	const struct level *l = level_of(p, cell, "cache");

	return l ? l->text : p->sweep->cache;
}

const char *plan_model(const struct plan *p, uint32_t cell)
{
	const struct level *l = level_of(p, cell, "model");

	return l ? l->text : p->sweep->model;
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

/* The requests that a visit holds. */
static uint64_t visit_requests(const struct plan *p, const struct visit *v)
{
	uint64_t n = 0;

	if (v->kind == VISIT_SENTINEL)
		return PLAN_SENTINEL_REQUESTS;
	for (uint32_t i = 0; i < p->blocks[v->block].ncells; i++)
		n += plan_cell_requests(p, p->cell_of_block[p->blocks[v->block].first_cell + i]);
	return n;
}

/* Servers on one host take turns, so the host that is busy longest counts.  Requests of a burst
 * overlap only as far as the server has slots, which is not known: they count as if one by one. */
double plan_seconds(const struct plan *p, double per_load, double per_request)
{
	uint32_t servers = p->nservers ? (uint32_t)p->nservers : 1;
	double *busy, longest = 0;

	if (!(per_load >= 0) || !(per_request >= 0))
		return -1;
	busy = xcalloc(servers, sizeof(*busy));
	for (uint32_t i = 0; i < p->nvisits; i++) {
		const struct visit *v = &p->visits[i];
		double requests = (double)visit_requests(p, v) + (double)p->sweep->warmups;
		uint32_t host = 0;

		while (host < v->server &&
			strcmp(p->servers[host].host, p->servers[v->server].host) != 0)
			host++;
		busy[host] += per_load + per_request * requests;
	}
	for (uint32_t i = 0; i < servers; i++)
		longest = busy[i] > longest ? busy[i] : longest;
	free(busy);
	return longest;
}
