/* plan_build.c - from a resolved sweep to a plan: the steps in turn, and what names a cell. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "plan_internal.h"

/* ---- factors that are no options ---- */

static void find_kinds(struct plan *p)
{
	for (size_t k = 0; k < COUNTOF(p->of_kind); k++)
		p->of_kind[k] = -1;
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		if (p->sweep->factors[f].kind != FACTOR_OPTION)
			p->of_kind[p->sweep->factors[f].kind] = (int)f;
	}
}

static int find_prompts(struct plan *p, struct err *e)
{
	int f = p->of_kind[FACTOR_PROMPT];
	const struct factor *factor = f < 0 ? NULL : &p->sweep->factors[f];

	if (!factor)
		return 0;
	p->prompt_of_level = arena_alloc(&p->arena, factor->nlevels, sizeof(*p->prompt_of_level));
	for (size_t l = 0; l < factor->nlevels; l++) {
		const char *id = json_string_value(factor->levels[l].value);
		uint32_t i = 0;

		while (i < p->sweep->nprompts && (!id || strcmp(p->sweep->prompts[i].id, id) != 0))
			i++;
		if (i == p->sweep->nprompts) {
			err_set(e, ERR_USAGE, "factors.prompt: no prompt has the id \"%s\"",
				factor->levels[l].text);
			return err_hint(e, "levels of prompt are ids of the sweep's prompts");
		}
		p->prompt_of_level[l] = i;
	}
	return 0;
}

static int find_servers(struct plan *p, struct err *e)
{
	int f = p->of_kind[FACTOR_SERVER];
	const struct factor *factor = f < 0 ? NULL : &p->sweep->factors[f];

	if (!factor || !p->nservers)
		return 0;
	p->server_of_level = arena_alloc(&p->arena, factor->nlevels, sizeof(*p->server_of_level));
	for (size_t l = 0; l < factor->nlevels; l++) {
		const char *name = json_string_value(factor->levels[l].value);
		uint32_t i = 0;

		while (i < p->nservers && (!name || strcmp(p->servers[i].name, name) != 0))
			i++;
		if (i == p->nservers) {
			err_set(e, ERR_USAGE, "factors.server: there is no server \"%s\"",
				factor->levels[l].text);
			return err_hint(e, "name it: --server %s=URL", factor->levels[l].text);
		}
		p->server_of_level[l] = i;
	}
	return 0;
}

/* ---- notes ---- */

void plan_note(struct plan *p, const char *fmt, ...)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	va_list ap;

	/* Grows by doubling: the capacity is the next power of two. */
	if ((p->nnotes & (p->nnotes - 1)) == 0) {
		const char **more =
			arena_alloc(&p->arena, p->nnotes ? 2 * p->nnotes : 1, sizeof(*more));

		if (p->nnotes)
			memcpy(more, p->notes, p->nnotes * sizeof(*more));
		p->notes = more;
	}
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	p->notes[p->nnotes++] = arena_str(&p->arena, text.s);
	str_release(&text);
}

/* ---- what names a cell ---- */

static void add_setting(struct plan *p, const char *name, const json_t *fixed)
{
	struct plan_setting *to = &p->settings[p->nsettings++];
	struct str text = STR_INIT(STR_MAX_LINE);

	*to = (struct plan_setting){.name = name, .factor = plan_factor_index(p, name)};
	if (to->factor < 0) {
		jsonx_dump(&text, fixed, 0, true);
		to->fixed = arena_str(&p->arena, text.s);
	}
	str_release(&text);
}

static int compare_settings(const void *a, const void *b)
{
	return strcmp(
		((const struct plan_setting *)a)->name, ((const struct plan_setting *)b)->name);
}

static void add_fixed(struct plan *p, const char *name, json_t *value)
{
	if (plan_factor_index(p, name) < 0)
		add_setting(p, name, value);
	json_decref(value);
}

static void make_settings(struct plan *p)
{
	const struct sweep *s = p->sweep;
	char share[NUM_TEXT];
	const char *name;
	json_t *value;

	p->settings = arena_alloc(
		&p->arena, s->nfactors + json_object_size(s->options) + 8, sizeof(*p->settings));
	for (size_t f = 0; f < s->nfactors; f++)
		add_setting(p, s->factors[f].name, NULL);
	json_object_foreach (s->options, name, value) {
		if (strcmp(name, "seed") != 0)
			add_setting(p, name, value);
	}
	add_fixed(p, "model", json_string(s->model ? s->model : ""));
	add_fixed(p, "cache", json_string(s->cache));
	add_fixed(p, "concurrency", json_integer(s->concurrency));
	/* Only where they are set, so that plain sweeps keep the names they always had. */
	if (s->system)
		add_fixed(p, "system", json_string(s->system));
	if (s->template)
		add_fixed(p, "template", json_string(s->template));
	if (s->rate > 0)
		add_fixed(p, "rate", jsonx_number(s->rate));
	if (s->poisson)
		add_fixed(p, "arrivals", json_string("poisson"));
	if (s->prompt_tokens_share > 0)
		add_fixed(p, "prompt_tokens",
			json_sprintf("%s%%",
				num_text(share, round(s->prompt_tokens_share * 1e11) / 1e9)));
	else if (s->prompt_tokens > 0)
		add_fixed(p, "prompt_tokens", json_integer(s->prompt_tokens));
	qsort(p->settings, p->nsettings, sizeof(*p->settings), compare_settings);
}

/* ---- all of it ---- */

static int build(struct plan *p, struct canon *c, struct err *e)
{
	if (find_prompts(p, e) || find_servers(p, e) || plan_make_grid(p, e))
		return -1;
	canon_init(c, p);
	if (plan_make_cells(p, c, e))
		return -1;
	plan_make_blocks(p);
	make_settings(p);
	plan_choose_sentinel(p, c);
	if (plan_count(p, e))
		return -1;
	plan_order_visits(p);
	plan_count_df(p, c);
	plan_note_all(p);
	return 0;
}

int plan_build(struct plan *p, const struct sweep *s, const struct server_facts *servers,
	size_t nservers, struct err *e)
{
	struct canon c = {0};
	int failed;

	*p = (struct plan){.sweep = s, .servers = servers, .nservers = nservers};
	sweep_fingerprint(s, nservers ? &servers[0] : NULL, p->fingerprint);
	find_kinds(p);
	failed = build(p, &c, e);
	canon_release(&c);
	if (failed)
		plan_release(p);
	return failed ? -1 : 0;
}
