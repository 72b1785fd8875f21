/* chart_series_read.c - `series` of a corpus's summary.json. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "chart_data.h"
#include "jsonx.h"

static const char *text_of(struct chart_data *d, const json_t *o, const char *key, const char *none)
{
	const char *s = jsonx_get_string(o, key);

	return s ? arena_str(&d->arena, s) : none;
}

static double count_of(const json_t *o, const char *key)
{
	double n = jsonx_get_number(o, key);

	return n >= 0 ? n : 0;
}

static struct chart_figure read_figure(const json_t *o)
{
	struct chart_figure f = {count_of(o, "n"), jsonx_get_number(o, "mean"),
		jsonx_get_number(o, "ci_low"), jsonx_get_number(o, "ci_high"),
		jsonx_get_number(o, "min"), jsonx_get_number(o, "max")};

	if (isnan(f.low) || isnan(f.high))
		f.low = f.high = NAN;
	if (isnan(f.min) || isnan(f.max))
		f.min = f.max = NAN;
	return f;
}

static void read_subject(struct chart_data *d, const json_t *o, struct chart_subject *s)
{
	const json_t *measures = json_object_get(o, "measures");
	size_t i;
	json_t *one;

	*s = (struct chart_subject){.name = text_of(d, o, "subject", "(no name)"),
		.n = count_of(o, "n"),
		.failed = count_of(o, "failed"),
		.cold = count_of(o, "cold")};
	s->measure = arena_alloc(&d->arena, json_array_size(measures) + 1, sizeof(*s->measure));
	json_array_foreach (measures, i, one) {
		double better = jsonx_get_number(one, "better");

		s->measure[s->nmeasures++] =
			(struct chart_measure){.quantity = text_of(d, one, "quantity", ""),
				.label = text_of(d, one, "label", "(no name)"),
				.unit = text_of(d, one, "unit", ""),
				.better = better > 0 ? 1
					: better < 0 ? -1
						     : 0,
				.all = read_figure(json_object_get(one, "all")),
				.warm = read_figure(json_object_get(one, "warm"))};
	}
}

void chart_series_read(struct chart_data *d, const json_t *series)
{
	size_t i;
	json_t *one;

	d->is_corpus = json_is_array(series);
	d->subjects = arena_alloc(&d->arena, json_array_size(series) + 1, sizeof(*d->subjects));
	json_array_foreach (series, i, one)
		read_subject(d, one, &d->subjects[d->nsubjects++]);
}

/* ---- what files only tell ---- */

static bool same_group(const json_t *a, const json_t *b)
{
	static const char *const keys[] = {"group", "quantity", "unit"};

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		const char *x = jsonx_get_string(a, keys[i]), *y = jsonx_get_string(b, keys[i]);

		if (!x || !y || strcmp(x, y) != 0)
			return false;
	}
	return true;
}

static bool has_mean(const json_t *o)
{
	return isfinite(jsonx_get_number(o, "mean"));
}

static bool has_spread(const json_t *o)
{
	return has_mean(o) &&
		(isfinite(jsonx_get_number(o, "ci_low")) || isfinite(jsonx_get_number(o, "sd")));
}

/* Groups stand one after the other; the largest of one table that is compared, the first of equals:
 * figures of several tables may be of unlike work. */
static size_t largest_group(const json_t *list, size_t *ret)
{
	size_t most = 1, n = json_array_size(list);

	*ret = 0;
	for (size_t from = 0, to; from < n; from = to) {
		const json_t *first = json_array_get(list, from);
		size_t with = 0;
		bool compared = false;

		for (to = from; to < n && same_group(first, json_array_get(list, to)); to++) {
			const json_t *one = json_array_get(list, to);

			with += has_spread(one);
			compared = compared || isfinite(jsonx_get_number(one, "ratio"));
		}
		to = to == from ? from + 1 : to;
		if (compared && with > 1 && to - from > most &&
			json_is_true(json_object_get(first, "one_table"))) {
			most = to - from;
			*ret = from;
		}
	}
	return most > 1 ? most : 0;
}

static void read_told(struct chart_data *d, const json_t *o, struct chart_subject *s)
{
	struct chart_figure f = read_figure(o);
	double sd = jsonx_get_number(o, "sd"), better = jsonx_get_number(o, "better");
	bool failed = json_is_true(json_object_get(o, "failed"));

	/* Where the n is not told there is no interval: the spread itself, which the row says. */
	*s = (struct chart_subject){.name = text_of(d, o, "part", "(no name)"),
		.n = failed ? 0 : f.n,
		.failed = failed,
		.is_sd = isnan(f.low) && isfinite(sd)};
	if (s->is_sd) {
		f.low = f.mean - sd;
		f.high = f.mean + sd;
	}
	if (!has_mean(o))
		return;
	s->measure = arena_alloc(&d->arena, 1, sizeof(*s->measure));
	s->nmeasures = 1;
	s->measure[0] = (struct chart_measure){.quantity = "told",
		.label = text_of(d, o, "label", "(no name)"),
		.unit = text_of(d, o, "unit", ""),
		.better = better > 0 ? 1
			: better < 0 ? -1
				     : 0,
		.all = f,
		.warm = f};
}

void chart_told_read(struct chart_data *d, const json_t *told_series)
{
	size_t from, n = largest_group(told_series, &from);

	d->told = arena_alloc(&d->arena, n + 1, sizeof(*d->told));
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(told_series, from + i);

		d->told_group = text_of(d, one, "group", "");
		read_told(d, one, &d->told[d->ntold++]);
	}
}
