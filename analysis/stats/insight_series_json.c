/* insight_series_json.c - `told_series` of OUT/summary.json. */
#include <math.h>

#include "insight_json.h"
#include "jsonx.h"
#include "summary_json_parts.h"

static const char *file_of(const struct insight *in, const struct corpus_place *at)
{
	return at->file < in->corpus->nfiles ? in->corpus->files[at->file].of->name : "";
}

static const char *where_of(
	const struct insight *in, const struct corpus_place *at, struct arena *a)
{
	return at->table < in->corpus->ntables ? corpus_where(in->corpus, at, a) : "";
}

static json_t *places_json(
	const struct insight *in, const struct insight_series *s, struct arena *a)
{
	json_t *list = json_array();

	for (size_t i = 1; i < s->nplaces; i++) {
		json_t *o = json_object();

		jsonx_put(o, "file", insight_text_json(file_of(in, &s->places[i])));
		jsonx_put(o, "where", insight_text_json(where_of(in, &s->places[i], a)));
		summary_append(list, o);
	}
	return list;
}

static void put_figures(json_t *o, const struct insight_series *s)
{
	const char *none = s->failed ? "it failed" : "it is not told";

	if (s->n)
		summary_put_count(o, "n", s->n);
	else
		jsonx_put_or_why(o, "n", NAN, "the file does not say");
	jsonx_put_or_why(o, "mean", insight_rounded(s->mean), none);
	jsonx_put_or_why(o, "sd", insight_rounded(s->sd), none);
	jsonx_put_or_why(o, "ci_low", insight_rounded(s->low), s->interval_why);
	jsonx_put_or_why(o, "ci_high", insight_rounded(s->high), s->interval_why);
	jsonx_put_or_why(o, "min", insight_rounded(s->min), none);
	jsonx_put_or_why(o, "max", insight_rounded(s->max), none);
	jsonx_put_or_why(o, "p50", insight_rounded(s->p50), none);
	jsonx_put_or_why(o, "p95", insight_rounded(s->p95), none);
	jsonx_put_or_why(o, "p99", insight_rounded(s->p99), none);
}

static void put_ratio(json_t *o, const struct insight_series *s, bool first, bool compared)
{
	const char *none = s->failed ? "it failed"
		: !compared          ? "there is no other to compare with"
		: first              ? "it is the best"
				     : "it has no mean above 0 of its own";

	jsonx_put_or_why(o, "ratio", insight_rounded(s->ratio), none);
	none = isfinite(s->ratio) ? "told without spread" : none;
	jsonx_put_or_why(o, "ratio_low", insight_rounded(s->ratio_low), none);
	jsonx_put_or_why(o, "ratio_high", insight_rounded(s->ratio_high), none);
	jsonx_put_or_why(o, "p_adjusted", insight_rounded(s->p), none);
}

static json_t *series_json(
	const struct insight *in, const struct insight_group *g, size_t i, struct arena *a)
{
	const struct insight_series *s = &in->series[g->first + i];
	json_t *o = json_object();

	jsonx_put(o, "subject", insight_text_json(s->subject));
	jsonx_put(o, "group", insight_text_json(g->name));
	jsonx_put(o, "part", insight_text_json(s->part));
	jsonx_put(o, "one_table", json_boolean(g->one_table));
	jsonx_put(o, "quantity", insight_text_json(s->quantity));
	jsonx_put(o, "label", insight_text_json(s->label));
	jsonx_put(o, "unit", insight_text_json(s->unit));
	jsonx_put(o, "better", json_integer(s->better));
	jsonx_put(o, "file", insight_text_json(file_of(in, &s->places[0])));
	jsonx_put(o, "where", insight_text_json(where_of(in, &s->places[0], a)));
	jsonx_put(o, "repeated", places_json(in, s, a));
	jsonx_put(o, "settings", insight_text_json(s->settings));
	jsonx_put(o, "failed", json_boolean(s->failed));
	jsonx_put(o, "failure", s->failed ? insight_text_json(s->failure) : json_null());
	put_figures(o, s);
	put_ratio(o, s, i == 0, g->compared);
	return o;
}

json_t *insight_series_json(const struct insight *in)
{
	json_t *list = json_array();
	struct arena a = {0};

	for (size_t g = 0; g < in->ngroups; g++) {
		for (size_t i = 0; i < in->groups[g].n; i++)
			summary_append(list, series_json(in, &in->groups[g], i, &a));
	}
	arena_release(&a);
	return list;
}
