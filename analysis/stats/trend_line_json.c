/* trend_line_json.c - lines and contrasts as summary.json has them (docs/formats.md). */
#include "bug.h"
#include "contrasts.h"
#include "jsonx.h"
#include "trend_line.h"

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		BUG("no memory for JSON");
}

/* Null where there is none, with the reason beside it. */
static void put_why(json_t *o, const char *key, const char *why)
{
	if (why)
		jsonx_put(o, key, jsonx_text(why));
}

static void put_interval(json_t *o, double estimate, double low, double high)
{
	jsonx_put(o, "ratio", jsonx_number(estimate));
	jsonx_put(o, "ci_low", jsonx_number(low));
	jsonx_put(o, "ci_high", jsonx_number(high));
}

static void put_effect(json_t *o, const struct effect *e)
{
	jsonx_put(o, "factor", jsonx_text(e->factor));
	jsonx_put(o, "metric", jsonx_text(e->spec->column));
	jsonx_put(o, "error_term", jsonx_text(e->error_term));
}

/* ---- lines ---- */

static json_t *misfit_json(const struct trend_line *t)
{
	json_t *o = json_object();

	jsonx_put(o, "f", jsonx_number(t->misfit_f));
	jsonx_put(o, "df", jsonx_number(t->misfit_df));
	jsonx_put(o, "p", jsonx_number(t->misfit_p));
	put_why(o, "p_why", t->error_why);
	return o;
}

static json_t *robust_json(const struct trend_line *t)
{
	json_t *o = json_object();

	put_interval(o, t->robust, t->robust_low, t->robust_high);
	put_why(o, "ratio_why", t->robust_why);
	put_why(o, "ci_why", t->robust_interval_why);
	jsonx_put(o, "points", json_integer((json_int_t)t->points));
	return o;
}

static json_t *between_json(const struct trend_line *t)
{
	json_t *array = json_array();

	for (size_t i = 0; i < t->nbetween; i++) {
		const struct trend_at *at = &t->between[i];
		json_t *o = json_object();

		jsonx_put(o, "level", jsonx_number(at->number));
		jsonx_put(o, "estimate", jsonx_number(at->estimate));
		jsonx_put(o, "mean_low", jsonx_number(at->mean_low));
		jsonx_put(o, "mean_high", jsonx_number(at->mean_high));
		jsonx_put(o, "low", jsonx_number(at->low));
		jsonx_put(o, "high", jsonx_number(at->high));
		append(array, o);
	}
	return array;
}

static json_t *line_json(const struct trend_line *t)
{
	json_t *o = json_object(), *levels = json_array();

	put_effect(o, t->of);
	jsonx_put(o, "per", json_string(t->doubling ? "doubling" : "unit"));
	for (size_t i = 0; i < t->nlevels; i++)
		append(levels, jsonx_number(t->number[i]));
	jsonx_put(o, "levels", levels);
	put_interval(o, t->slope, t->low, t->high);
	put_why(o, "ratio_why", t->why);
	put_why(o, "ci_why", t->error_why);
	jsonx_put(o, "p", jsonx_number(t->p));
	jsonx_put(o, "df_error", jsonx_number(t->df_error));
	jsonx_put(o, "misfit", misfit_json(t));
	jsonx_put(o, "theil_sen", robust_json(t));
	jsonx_put(o, "between", between_json(t));
	put_why(o, "between_why", t->between_why);
	return o;
}

json_t *trend_lines_json(const struct trend_line *v, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		append(array, line_json(&v[i]));
	return array;
}

/* ---- contrasts ---- */

static json_t *weights_json(const struct contrasts *c, const struct contrast *one)
{
	json_t *o = json_object();

	for (size_t i = 0; i < c->of->nlevels; i++)
		jsonx_put(o, c->of->levels[i].level, jsonx_number(one->weight[i]));
	return o;
}

static json_t *contrast_json(const struct contrasts *c, const struct contrast *one)
{
	json_t *o = json_object();

	jsonx_put(o, "shape", jsonx_text(one->name));
	jsonx_put(o, "weights", weights_json(c, one));
	jsonx_put(o, "estimate", jsonx_number(one->estimate));
	jsonx_put(o, "ci_low", jsonx_number(one->low));
	jsonx_put(o, "ci_high", jsonx_number(one->high));
	jsonx_put(o, "t", jsonx_number(one->t));
	jsonx_put(o, "p", jsonx_number(one->p));
	jsonx_put(o, "p_adjusted", jsonx_number(one->p_adjusted));
	jsonx_put(o, "share", jsonx_number(one->share));
	return o;
}

json_t *contrasts_json(const struct contrasts *v, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object(), *list = json_array();

		put_effect(o, v[i].of);
		jsonx_put(o, "over", json_string(v[i].doubling ? "log2" : "number"));
		jsonx_put(o, "df_error", jsonx_number(v[i].df_error));
		for (size_t k = 0; k < v[i].n; k++)
			append(list, contrast_json(&v[i], &v[i].v[k]));
		jsonx_put(o, "contrasts", list);
		append(array, o);
	}
	return array;
}
