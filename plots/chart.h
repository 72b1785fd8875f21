/* chart.h - one picture in the making: its script, its numbers, its words; and what all pictures
 * share: size, fonts, colours, frames, the stamp.
 *
 * A script is complete: it reads NAME.dat beside it and writes NAME.svg and NAME.png.  Places are
 * in pixels of the picture, from the top left.  Colours tell levels apart for the colour-blind too
 * (viridis for ordered levels and values, Okabe-Ito for names). */
#ifndef PLOTS_CHART_H
#define PLOTS_CHART_H

#include "chart_data.h"
#include "str.h"

#define CHART_WIDTH 900
#define CHART_INK   "#222222"
#define CHART_GREY  "#666666"
#define CHART_FAINT "#dddddd"

struct chart {
	const char *name;
	const char *model; /* named in the picture; NULL where there is not one alone */
	int height;
	bool simulated;
	struct str title, alt, caption, gp, dat;
	struct str why; /* why there is nothing to draw, else empty */
	double n;       /* requests it stands on */
};

/* The charts, in the order of index.json. */
void chart_tradeoff(const struct chart_data *d, struct chart *c);
void chart_effects(const struct chart_data *d, enum chart_metric m, struct chart *c);
void chart_heatmap(const struct chart_data *d, enum chart_metric m, struct chart *c);
void chart_order(const struct chart_data *d, struct chart *c);
void chart_bursts(const struct chart_data *d, struct chart *c);
/* Of a corpus: subjects one below the other in a quantity ("throughput", "latency"); the same in
 * TTFT with and without loads; and TTFT against throughput. */
void chart_series(const struct chart_data *d, const char *quantity, struct chart *c);
void chart_series_loads(const struct chart_data *d, struct chart *c);
void chart_series_tradeoff(const struct chart_data *d, struct chart *c);
/* What files only tell: the largest group of it that has a spread. */
void chart_series_told(const struct chart_data *d, struct chart *c);

void chart_init(struct chart *c, const char *name);
void chart_release(struct chart *c);

/* Opens the script: terminals, output, title, and below it a line of what is shown.  The height is
 * set by then.  chart_end closes it. */
void chart_begin(struct chart *c, const char *below_title);
void chart_end(struct chart *c);

/* ---- parts of a script ---- */

/* A free text at a place; align is left, center or right. */
void chart_label(struct chart *c, double x, double y, const char *align, int size,
	const char *colour, const char *text);
/* The box of axes of the next plot, its title above it (may be NULL). */
void chart_box(struct chart *c, double x0, double y0, double x1, double y1, const char *title);
/* `set xtics` (axis 'x' or 'y') for levels at 0, 1, ...; names that do not fit into `room` pixels
 * each are turned; returns the pixels that they take across the axis. */
int chart_level_tics(struct chart *c, char axis, const struct chart_factor *f, double room);
/* Range of an axis ("x", "y", "cb") that holds lo..hi with a share of `air` on both sides; where a
 * factor of 8 lies between them it is logarithmic, with its tics.  Returns whether it is, and the
 * ends in *lo and *hi. */
bool chart_range(struct chart *c, const char *axis, double air, double *lo, double *hi);

/* ---- words and numbers ---- */

/* Pixels that a text takes at a font size. */
double chart_text_width(const char *text, int size);
/* A name of at most `max` characters, the middle of a longer one cut out. */
void chart_short(struct str *out, const char *name, size_t max);
/* An estimate with as many digits as its interval supports (three without one). */
const char *chart_estimate(char dst[40], const struct chart_value *v);
/* "95 %": of the intervals. */
const char *chart_share(const struct chart_data *d);
/* "n = 6" or "n = 4 to 6" requests per cell. */
void chart_cell_n(const struct chart_data *d, struct str *out);
/* "1 cell", "36 cells". */
const char *chart_plural(double n);

/* ---- colours ---- */

/* Colour i of n as 0xrrggbb: along viridis where ordered, else one of seven. */
unsigned chart_colour(uint32_t i, uint32_t n, bool ordered);
/* `set palette`: viridis, from its dark end for the worst to its bright end for the best. */
void chart_palette(struct chart *c, bool bright_is_low);
/* Ink for text on viridis at t (0 dark end, 1 bright end), as the number that gnuplot wants in
 * data. */
const char *chart_ink_on(double t);

#endif
