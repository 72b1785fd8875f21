/* rehearse_json.c - a rehearsal for scripts. */
#include <math.h>

#include "jsonx.h"
#include "rehearse_show.h"

static json_t *share_json(struct rehearse_share s)
{
	json_t *o = json_object();
	double low, high;

	jsonx_put(o, "n", json_integer((json_int_t)s.of));
	jsonx_put(o, "hits", json_integer((json_int_t)s.hits));
	if (s.of == 0)
		return o;
	rehearse_share_limits(s, &low, &high);
	jsonx_put(o, "share", jsonx_number((double)s.hits / (double)s.of));
	jsonx_put(o, "ci_low", jsonx_number(low));
	jsonx_put(o, "ci_high", jsonx_number(high));
	return o;
}

static json_t *pair_json(const double v[2])
{
	json_t *o = json_object();

	jsonx_put(o, "median", jsonx_number(v[0]));
	jsonx_put(o, "p95", jsonx_number(v[1]));
	return o;
}

static json_t *best_json(const struct rehearse_tally *t)
{
	json_t *o = json_object();

	for (int m = 0; m < METRIC_COUNT; m++) {
		json_t *one;

		if (!noise_has((enum metric)m))
			continue;
		one = share_json(t->held[m]);
		jsonx_put(one, "mean_size", jsonx_number(t->mean_size[m]));
		jsonx_put(o, metric_specs[m].column, one);
	}
	return o;
}

static json_t *effects_json(const struct rehearse_tally *t, const struct rehearse_truth *truth)
{
	json_t *list = json_array();

	for (size_t i = 0; i < truth->n; i++) {
		json_t *one = json_object();

		jsonx_put(one, "factor", json_string(truth->effects[i].name));
		jsonx_put(
			one, "metric", json_string(metric_specs[truth->effects[i].metric].column));
		jsonx_put(one, "alias", json_boolean(truth->effects[i].alias));
		jsonx_put(one, "true_effect",
			truth->effects[i].null || truth->effects[i].known
				? json_boolean(!truth->effects[i].null)
				: json_null());
		jsonx_put(one, "effect", share_json(t->effects[i]));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *plants_json(const struct rehearsal *r, const struct rehearse_tally *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nplants; i++) {
		json_t *one = share_json(t->plants[i]);

		jsonx_put(one, "plant", json_string(r->plants[i].text));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *tally_json(const struct rehearsal *r, const struct rehearse_tally *t, bool with)
{
	json_t *o = json_object();

	jsonx_put(o, "rehearsals", json_integer((json_int_t)t->played));
	jsonx_put(o, "not_played", json_integer((json_int_t)(t->asked - t->played)));
	if (with) {
		jsonx_put(o, "found", plants_json(r, t));
		jsonx_put(o, "covered", share_json(t->covered));
	}
	jsonx_put(o, "false_alarms", share_json(t->alarms));
	jsonx_put(o, "best", best_json(t));
	jsonx_put(o, "withheld", share_json(t->withheld));
	jsonx_put(o, "inconclusive", share_json(t->inconclusive));
	jsonx_put(o, "no_effect", share_json(t->no_effect));
	jsonx_put(o, "stopped_early", share_json(t->enough));
	jsonx_put(o, "passes", pair_json(t->passes));
	jsonx_put(o, "loads", pair_json(t->loads));
	jsonx_put(o, "requests", pair_json(t->requests));
	jsonx_put(o, "seconds", pair_json(t->seconds));
	jsonx_put(o, "effects", effects_json(t, with ? &r->with : &r->without));
	return o;
}

static json_t *scenes_json(const struct rehearsal *r)
{
	json_t *list = json_array();

	for (int i = 0; i < SCENES; i++) {
		const struct rehearse_scene *s = &r->scenes[i];
		json_t *one = json_object();

		jsonx_put(one, "noise_times", jsonx_number(s->strength));
		jsonx_put(one, "with", r->nplants ? tally_json(r, &s->with, true) : json_null());
		jsonx_put(one, "without",
			s->without.asked ? tally_json(r, &s->without, false) : json_null());
		json_array_append_new(list, one);
	}
	return list;
}

json_t *rehearse_json(const struct rehearsal *r)
{
	json_t *o = json_object(), *plants = json_array();

	for (size_t i = 0; i < r->nplants; i++)
		json_array_append_new(plants, json_string(r->plants[i].text));
	jsonx_put(o, "name", json_string(r->plan->sweep->name));
	jsonx_put(o, "fingerprint", json_string(r->plan->fingerprint));
	jsonx_put(o, "passes", json_integer(r->plan->passes));
	jsonx_put(o, "repeats", json_integer(r->plan->repeats));
	jsonx_put(o, "cells", json_integer(r->plan->ncells));
	jsonx_put(o, "plants", plants);
	jsonx_put(o, "noise", power_noise_json(&r->power.noise));
	jsonx_put(o, "times_of_run", json_boolean(r->machine_of_run));
	jsonx_put(o, "scenes", scenes_json(r));
	jsonx_put(o, "closed_form",
		power_json(&r->power, r->plan->sweep->margin_throughput, r->target));
	jsonx_put(o, "cheapest", power_need_json(&r->cheapest));
	jsonx_put(o, "cheapest_upper", power_need_json(&r->cheapest_upper));
	jsonx_put(o, "cheapest_rehearsed",
		r->checked.asked ? tally_json(r, &r->checked, true) : json_null());
	return o;
}
