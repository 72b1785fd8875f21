/* chart_series_read.c - `series` of a corpus's summary.json. */
#include <math.h>

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
