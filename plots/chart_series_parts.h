/* chart_series_parts.h - what the pictures of a corpus's subjects share. */
#ifndef PLOTS_CHART_SERIES_PARTS_H
#define PLOTS_CHART_SERIES_PARTS_H

#include "chart.h"

#define SERIES_DRAWN 24 /* subjects in one picture */

struct series_row {
	const struct chart_subject *s;
	const struct chart_measure *m, *other; /* NULL: every row of it failed */
	double key;                            /* smaller is better */
	char *shown;                           /* its name in the picture; of those drawn */
};

struct series {
	struct series_row *v;
	size_t n, drawn, beyond, failed; /* failed: of the drawn ones, those without a value */
	const struct chart_measure *of;  /* of the first */
	double lo, hi;
	bool told; /* by files only: there are no rows */
};

const struct chart_measure *series_measure_of(const struct chart_subject *s, const char *quantity);
/* Subjects with a value, best first, then those of which every row failed. */
void series_collect(
	const struct chart_data *d, const char *quantity, bool with_failed, struct series *t);
void series_collect_of(const struct chart_subject *list, size_t n, const char *quantity,
	bool with_failed, struct series *t);
void series_release(struct series *t);
/* Characters that fonts tend to lack are a question mark, marks that hide are left out; long names
 * lose their middle.  Where two of them come to the same, all have their place in the
 * order in front, which is that of the report's tables too. */
void series_name_rows(struct series *t);
void series_stretch(struct series *t, double x);
/* The lower end of an interval that reaches below all values, as that of a few long times does, is
 * drawn from the least value on. */
double series_low_end(const struct chart_figure *f);
/* Of some row that is drawn: an interval, a range, an interval that begins at the least value. */
bool series_any(const struct series *t, bool (*has)(const struct chart_figure *));
bool series_has_bar(const struct chart_figure *f);
bool series_has_range(const struct chart_figure *f);
bool series_is_cut(const struct chart_figure *f);
/* Some row with a value paid for a load. */
bool series_any_cold(const struct series *t);
void series_numbers(struct str *dat, const double *v, size_t n);
/* Without an interval both of its ends are the mean. */
void series_add_ends(struct str *dat, const struct chart_figure *f);
void series_axis_name(struct chart *c, char axis, const struct chart_measure *m);
/* "throughput", "TTFT": a label inside a sentence. */
void series_noun(struct str *out, const struct chart_measure *m);
void series_add_value(struct str *out, const struct chart_measure *m, const struct chart_figure *f);
/* Begins the picture of rows: its height with `room` pixels below, the text in `below`, which is
 * released, names, frame, axis and rows. */
void series_begin(struct series *t, struct chart *c, struct str *below, int room);
void series_stretch_warm(struct series *t);
/* "Mean throughput of 11 subjects. The highest is ...". */
void series_describe(const struct series *t, struct chart *c);
/* "Higher is better. " */
const char *series_direction(const struct chart_measure *m);
void series_say_rest(const struct series *t, struct chart *c);
void series_count_rows(const struct series *t, struct chart *c, bool all);

#endif
