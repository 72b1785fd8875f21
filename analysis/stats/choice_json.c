/* choice_json.c - the choice as summary.json has it. */
#include <math.h>

#include "choice.h"
#include "jsonx.h"

static json_t *axes_json(const struct choice *c)
{
	json_t *list = json_array();

	for (size_t a = 0; a < c->naxes; a++) {
		json_t *o = json_object();

		jsonx_put(o, "measure", json_string(c->axis[a].name));
		jsonx_put(o, "better", json_string(c->axis[a].better > 0 ? "higher" : "lower"));
		jsonx_put(o, "scale", json_string(c->axis[a].log ? "log" : "linear"));
		jsonx_put(o, "weight", jsonx_number(c->axis[a].weight));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *setting_json(
	const struct choice *c, const struct choice_setting *v, const struct dataset *d)
{
	const char *why = c->why ? c->why : "not drawn";
	json_t *o = json_object();

	jsonx_put(o, "cell_id", json_string(d->cells[v->cell].id));
	jsonx_put_or_why(o, "value", v->value, "a measure with a weight is not known of it");
	jsonx_put(o, "front", json_boolean(v->front));
	jsonx_put_or_why(o, "on_front", v->on_front, why);
	jsonx_put(o, "may_be_front", c->why ? json_null() : json_boolean(v->may_be_front));
	if (c->why)
		jsonx_put(o, "may_be_front_why", json_string(why));
	jsonx_put(o, "may_be_best", c->why ? json_null() : json_boolean(v->may_be_best));
	if (c->why)
		jsonx_put(o, "may_be_best_why", json_string(why));
	jsonx_put_or_why(o, "is_best", v->is_best, why);
	jsonx_put(o, "failed", json_integer(v->failed));
	jsonx_put_or_why(o, "failure_upper", v->failure_upper, "nothing was tried");
	jsonx_put(o, "failures_excluded", json_boolean(v->failures_excluded));
	return o;
}

static json_t *sweeps_json(const struct choice *c, const struct dataset *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nsweeps; i++) {
		const struct choice_sweep *s = &c->sweeps[i];
		json_t *o = json_object(), *breaks = json_array();

		jsonx_put(o, "measure", json_string(c->axis[s->axis].name));
		for (size_t k = 0; k < s->n; k++) {
			json_t *one = json_object();

			jsonx_put(one, "from", jsonx_number(s->breaks[k].from));
			jsonx_put(one, "best",
				json_string(d->cells[c->settings[s->breaks[k].best].cell].id));
			json_array_append_new(breaks, one);
		}
		jsonx_put(o, "breaks", breaks);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *knees_json(const struct choice *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nknees; i++) {
		const struct choice_knee *k = &c->knees[i];
		json_t *o = json_object();

		jsonx_put(o, "factor", json_string(k->of->factor));
		jsonx_put(o, "metric", json_string(k->of->spec->column));
		jsonx_put(o, "best",
			k->why ? json_null() : json_string(k->of->levels[k->best].level));
		jsonx_put(o, "knee",
			k->why ? json_null() : json_string(k->of->levels[k->knee].level));
		if (k->why) {
			jsonx_put(o, "best_why", json_string(k->why));
			jsonx_put(o, "knee_why", json_string(k->why));
		}
		jsonx_put_or_why(o, "margin", k->of->margin, "no margin is set");
		jsonx_put(o, "least", json_boolean(k->least));
		jsonx_put_or_why(o, "low", k->low,
			k->why ? k->why : "no smaller level is shown to be as good");
		json_array_append_new(list, o);
	}
	return list;
}

json_t *choice_json(const struct choice *c, const struct dataset *d)
{
	json_t *o = json_object(), *settings = json_array();

	jsonx_put(o, "why", json_string(c->why ? c->why : ""));
	jsonx_put(o, "measures", axes_json(c));
	jsonx_put(o, "max_failures", jsonx_number(c->max_failures));
	jsonx_put(o, "draws", json_integer((json_int_t)c->draws));
	jsonx_put_or_why(o, "correlation_load", c->correlation_load, "there are no two measures");
	jsonx_put_or_why(
		o, "correlation_request", c->correlation_request, "there are no two measures");
	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(settings, setting_json(c, &c->settings[i], d));
	jsonx_put(o, "settings", settings);
	jsonx_put(o, "weights", sweeps_json(c, d));
	jsonx_put(o, "knees", knees_json(c));
	return o;
}
