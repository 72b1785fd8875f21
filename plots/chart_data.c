/* chart_data.c - RUN/summary.json as factors, cells and effects.
 *
 * Factors are found from the settings of the cells, so that a summary made from foreign files,
 * which has no plan, is read the same way. */
#include "chart_data.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fsx.h"
#include "jsonx.h"
#include "num.h"

#define NO_SETTING "(not set)"

const struct chart_metric_spec chart_metric_specs[CHART_METRICS] = {
	[CHART_THROUGHPUT] = {"decode_tok_s", "Throughput", "throughput", "throughput", "tok/s", 1},
	[CHART_TTFT] = {"ttft_ms", "TTFT", "TTFT", "ttft", "ms", -1},
};

/* The level a setting is, as rows and axes call it. */
static const char *level_text(struct arena *a, const json_t *v)
{
	char num[NUM_TEXT];

	if (json_is_string(v))
		return arena_str(a, json_string_value(v));
	if (json_is_number(v))
		return arena_str(a, num_text(num, json_number_value(v)));
	if (json_is_boolean(v))
		return json_is_true(v) ? "true" : "false";
	return NO_SETTING;
}

static struct chart_value value_of(
	const json_t *o, const char *estimate, const char *low, const char *high)
{
	struct chart_value v = {
		jsonx_get_number(o, estimate), jsonx_get_number(o, low), jsonx_get_number(o, high)};

	if (isnan(v.low) || isnan(v.high))
		v.low = v.high = NAN;
	return v;
}

/* ---- factors ---- */

static uint32_t find_level(const struct chart_factor *f, const char *name)
{
	for (uint32_t l = 0; l < f->nlevels; l++)
		if (strcmp(f->level[l].name, name) == 0)
			return l;
	return UINT32_MAX;
}

/* Words first and as they came, then numbers from small to large. */
static bool stands_after(const struct chart_level *a, const struct chart_level *b)
{
	if (isnan(a->value) || isnan(b->value))
		return !isnan(a->value) && isnan(b->value);
	return a->value > b->value;
}

static void sort_levels(struct chart_factor *f)
{
	for (uint32_t i = 1; i < f->nlevels; i++) {
		struct chart_level l = f->level[i];
		uint32_t at = i;

		for (; at > 0 && stands_after(&f->level[at - 1], &l); at--)
			f->level[at] = f->level[at - 1];
		f->level[at] = l;
	}
}

/* "auto = 99" is a word, "1024 = 2048" the number 1024. */
static void add_level(struct chart_data *d, struct chart_factor *f, const char *name)
{
	struct chart_level *l = &f->level[f->nlevels++];
	const char *end = strstr(name, " = ");

	*l = (struct chart_level){.name = arena_str(&d->arena, name)};
	if (num_parse(name, end ? (size_t)(end - name) : strlen(name), &l->value))
		return;
	l->value = NAN;
	f->numeric = false;
}

/* The levels of one setting over all cells, in the order met. */
static void collect_levels(struct chart_data *d, const json_t *cells, struct chart_factor *f)
{
	size_t i;
	const json_t *cell;

	f->level = arena_alloc(&d->arena, json_array_size(cells), sizeof(*f->level));
	f->numeric = true;
	json_array_foreach (cells, i, cell) {
		const json_t *settings = json_object_get(cell, "settings");
		const char *name = level_text(&d->arena, json_object_get(settings, f->name));

		if (find_level(f, name) == UINT32_MAX)
			add_level(d, f, name);
	}
	sort_levels(f);
}

static bool is_known(const struct chart_factor *f, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(f[i].name, name) == 0)
			return true;
	return false;
}

/* Every setting named by a cell; those with one level only are no factors and are dropped. */
static void collect_factors(struct chart_data *d, const json_t *cells)
{
	size_t total = 0, i;
	uint32_t n = 0;
	json_t *cell, *value;
	const char *key;
	struct chart_factor *all;

	json_array_foreach (cells, i, cell)
		total += json_object_size(json_object_get(cell, "settings"));
	all = arena_alloc(&d->arena, total + 1, sizeof(*all));
	json_array_foreach (cells, i, cell) {
		json_object_foreach (json_object_get(cell, "settings"), key, value)
			if (!is_known(all, n, key))
				all[n++].name = arena_str(&d->arena, key);
	}
	d->factors = all;
	for (uint32_t f = 0; f < n; f++) {
		struct chart_factor factor = all[f];

		collect_levels(d, cells, &factor);
		if (factor.nlevels > 1)
			d->factors[d->nfactors++] = factor;
	}
}

/* ---- aliases ---- */

static struct chart_factor *find_factor(struct chart_data *d, const char *name)
{
	for (uint32_t f = 0; name && f < d->nfactors; f++)
		if (strcmp(d->factors[f].name, name) == 0)
			return &d->factors[f];
	return NULL;
}

/* Levels named by one entry; one alone is an alias of a level that was not swept. */
static void mark_alias(struct chart_data *d, const json_t *entry)
{
	struct chart_factor *f = find_factor(d, jsonx_get_string(entry, "factor"));
	const json_t *levels = json_object_get(entry, "levels"), *level;
	const char *why = jsonx_get_string(entry, "why");
	uint32_t found = 0;
	size_t i;

	if (!f)
		return;
	json_array_foreach (levels, i, level)
		found += find_level(f, level_text(&d->arena, level)) != UINT32_MAX;
	if (found < 2)
		return;
	json_array_foreach (levels, i, level) {
		uint32_t l = find_level(f, level_text(&d->arena, level));

		if (l == UINT32_MAX || f->level[l].alias)
			continue;
		f->level[l].alias = true;
		f->naliases++;
	}
	f->alias_why = why ? arena_str(&d->arena, why) : "";
}

static void mark_all_levels(struct chart_factor *f, const char *why)
{
	if (f->naliases == f->nlevels)
		return;
	for (uint32_t l = 0; l < f->nlevels; l++)
		f->level[l].alias = true;
	f->naliases = f->nlevels;
	f->alias_why = why;
}

/* ---- cells ---- */

static double count_failed(const json_t *failed)
{
	const char *status;
	json_t *count;
	double n = 0;

	json_object_foreach ((json_t *)failed, status, count)
		if (json_is_number(count))
			n += json_number_value(count);
	return n;
}

static const char *cell_label(struct chart_data *d, const struct chart_cell *c)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *label;

	for (uint32_t f = 0; f < d->nfactors; f++)
		str_addf(&text, "%s%s=%s", f ? " " : "", d->factors[f].name,
			d->factors[f].level[c->level[f]].name);
	label = arena_str(&d->arena, text.s);
	str_release(&text);
	return label;
}

static bool in_best(const json_t *root, enum chart_metric m, const char *id)
{
	const json_t *set =
		json_object_get(json_object_get(root, "best"), chart_metric_specs[m].column);
	size_t i;
	json_t *one;

	json_array_foreach (set, i, one)
		if (id && json_is_string(one) && strcmp(json_string_value(one), id) == 0)
			return true;
	return false;
}

static struct chart_burst read_burst(const json_t *cell)
{
	const json_t *o = json_object_get(cell, "bursts");
	const json_t *metrics = json_object_get(cell, "metrics");
	const json_t *system = json_object_get(metrics, "system_tok_s");
	double rate = jsonx_get_number(o, "rate");
	struct chart_burst b = {.is_burst = o != NULL,
		.n = jsonx_get_number(o ? o : system, "n"),
		.system = value_of(system, "estimate", "ci_low", "ci_high"),
		.goodput = value_of(
			json_object_get(metrics, "goodput_rps"), "estimate", "ci_low", "ci_high"),
		.wait = isfinite(rate)
			? jsonx_get_number(o, "ttft_due_p95")
			: jsonx_get_number(json_object_get(metrics, "ttft_ms"), "p95"),
		.serves = jsonx_get_number(o, "serves"),
		.queued = json_is_true(json_object_get(o, "queued")),
		.overload = json_is_true(json_object_get(o, "overload"))};

	return b;
}

static void read_cell(
	struct chart_data *d, const json_t *root, const json_t *o, struct chart_cell *c)
{
	const json_t *settings = json_object_get(o, "settings");
	const json_t *metrics = json_object_get(o, "metrics");
	double n = jsonx_get_number(o, "n");

	c->level = arena_alloc(&d->arena, d->nfactors + 1, sizeof(*c->level));
	for (uint32_t f = 0; f < d->nfactors; f++) {
		const json_t *v = json_object_get(settings, d->factors[f].name);

		c->level[f] = find_level(&d->factors[f], level_text(&d->arena, v));
	}
	c->label = cell_label(d, c);
	c->n = n >= 0 ? n : 0;
	c->failed = count_failed(json_object_get(o, "failed"));
	c->burst = read_burst(o);
	for (enum chart_metric m = 0; m < CHART_METRICS; m++) {
		const json_t *v = json_object_get(metrics, chart_metric_specs[m].column);

		c->value[m] = value_of(v, "estimate", "ci_low", "ci_high");
		if (!(c->value[m].estimate > 0))
			c->value[m] = (struct chart_value){NAN, NAN, NAN};
		c->best[m] = in_best(root, m, jsonx_get_string(o, "cell_id"));
		d->has_best[m] = d->has_best[m] || c->best[m];
	}
}

/* ---- effects ---- */

static void effect_axis(struct chart_data *d, const json_t *levels, const struct chart_factor *f,
	struct chart_effect *x)
{
	size_t i;
	json_t *one;

	x->axis = *f;
	x->own_levels = true;
	json_array_foreach (levels, i, one) {
		const char *name = level_text(&d->arena, json_object_get(one, "level"));

		x->own_levels = x->own_levels && find_level(f, name) != UINT32_MAX;
	}
	if (x->own_levels)
		return;
	x->axis.level = arena_alloc(&d->arena, json_array_size(levels), sizeof(*x->axis.level));
	x->axis.nlevels = x->axis.naliases = 0;
	x->axis.numeric = true;
	json_array_foreach (levels, i, one)
		add_level(d, &x->axis, level_text(&d->arena, json_object_get(one, "level")));
	sort_levels(&x->axis);
}

static void effect_levels(struct chart_data *d, const json_t *levels, struct chart_effect *x)
{
	size_t i;
	json_t *one;

	x->level = arena_alloc(&d->arena, x->axis.nlevels, sizeof(*x->level));
	for (uint32_t l = 0; l < x->axis.nlevels; l++)
		x->level[l] = (struct chart_value){NAN, NAN, NAN};
	json_array_foreach (levels, i, one) {
		const char *name = level_text(&d->arena, json_object_get(one, "level"));
		uint32_t l = find_level(&x->axis, name);

		if (l != UINT32_MAX)
			x->level[l] = value_of(one, "estimate", "estimate_low", "estimate_high");
	}
}

static bool read_effect(struct chart_data *d, const json_t *o, struct chart_effect *ret)
{
	struct chart_factor *f = find_factor(d, jsonx_get_string(o, "factor"));
	const char *metric = jsonx_get_string(o, "metric");
	const char *verdict = jsonx_get_string(o, "verdict"), *why = jsonx_get_string(o, "why");
	enum chart_metric m = 0;

	if (!f || !metric || !verdict)
		return false;
	while (m < CHART_METRICS && strcmp(metric, chart_metric_specs[m].column) != 0)
		m++;
	if (m == CHART_METRICS)
		return false;
	*ret = (struct chart_effect){.factor = (uint32_t)(f - d->factors),
		.metric = m,
		.verdict = arena_str(&d->arena, verdict),
		.why = why ? arena_str(&d->arena, why) : "",
		.p = jsonx_get_number(o, "p_adjusted"),
		.margin = jsonx_get_number(o, "margin"),
		.negligible = json_is_true(json_object_get(o, "negligible"))};
	effect_axis(d, json_object_get(o, "levels"), f, ret);
	effect_levels(d, json_object_get(o, "levels"), ret);
	if (strcmp(verdict, "alias") == 0) {
		mark_all_levels(f, ret->why);
		ret->axis = *f;
	}
	return true;
}

/* ---- the whole ---- */

/* The model, where all cells have the same. */
static const char *one_model(struct chart_data *d, const json_t *root, const json_t *cell)
{
	const char *name = jsonx_get_string(root, "model");

	if (!name)
		name = jsonx_get_string(json_object_get(cell, "settings"), "model");
	return name && !find_factor(d, "model") ? arena_str(&d->arena, name) : NULL;
}

static void read_summary(struct chart_data *d, const json_t *root)
{
	const json_t *cells = json_object_get(root, "cells");
	const json_t *effects = json_object_get(root, "effects");
	size_t i;
	json_t *one;

	d->simulated = json_is_true(json_object_get(root, "simulated"));
	d->confidence = jsonx_get_number(root, "confidence");
	if (!(d->confidence > 0 && d->confidence < 1))
		d->confidence = 0.95;
	collect_factors(d, cells);
	d->model = one_model(d, root, json_array_get(cells, 0));
	json_array_foreach (json_object_get(root, "aliases"), i, one)
		mark_alias(d, one);
	d->cells = arena_alloc(&d->arena, json_array_size(cells) + 1, sizeof(*d->cells));
	json_array_foreach (cells, i, one)
		read_cell(d, root, one, &d->cells[d->ncells++]);
	chart_series_read(d, json_object_get(root, "series"));
	chart_told_read(d, json_object_get(root, "told_series"));
	d->effects = arena_alloc(&d->arena, json_array_size(effects) + 1, sizeof(*d->effects));
	json_array_foreach (effects, i, one)
		d->neffects += read_effect(d, one, &d->effects[d->neffects]);
}

int chart_data_load(struct chart_data *d, const char *dir, struct err *e)
{
	char *path = fsx_join(dir, "summary.json");
	json_t *root = jsonx_load(path, e);
	int failed = -1;

	*d = (struct chart_data){0};
	if (!root) {
		if (e)
			e->code = ERR_ENV;
		if (!fsx_exists(path))
			err_hint(e, "chimera analyze %s", dir);
	} else {
		read_summary(d, root);
		failed = chart_rows_load(d, dir, e);
	}
	json_decref(root);
	free(path);
	if (failed)
		chart_data_release(d);
	return failed;
}

void chart_data_release(struct chart_data *d)
{
	arena_release(&d->arena);
	*d = (struct chart_data){0};
}
