/* chart_series_tradeoff.c - the subjects of a corpus: TTFT against throughput, a point for each. */
#include "chart_series_parts.h"

#include <math.h>
#include <string.h>

#include "compiler.h"
#include "gnuplot.h"

#define BOX_RIGHT 600
#define BOX_TOP   76
#define BELOW     66
#define KEY_ROW   22 /* one name, with some room: a key that is too tall takes two columns */

/* Shapes that stay apart where colours do not. */
static const int shapes[] = {7, 5, 9, 13};
#define COLOURS 7

static void trade_data(const struct series *t, struct chart *c)
{
	str_add(&c->dat, "# ttft\tlow\thigh\tthroughput\tlow\thigh\tplace\tsubject\n");
	for (size_t i = 0; i < t->drawn; i++) {
		double at = (double)i;

		series_add_ends(&c->dat, &t->v[i].other->warm);
		series_add_ends(&c->dat, &t->v[i].m->warm);
		series_numbers(&c->dat, &at, 1);
		gnuplot_text(&c->dat, t->v[i].s->name);
		str_addc(&c->dat, '\n');
	}
}

static void trade_plot(const struct series *t, struct chart *c)
{
	for (size_t i = 0; i < t->drawn; i++) {
		str_addf(&c->gp,
			"%s'%s.dat' every ::%zu::%zu using 1:4:2:3:5:6 with xyerrorbars pt %d ps "
			"1.1 lw 1.4 lc rgb '#%06x' title ",
			i ? ", \\\n" : "plot ", c->name, i, i,
			shapes[i / COLOURS % COUNTOF(shapes)],
			chart_colour((uint32_t)(i % COLOURS), COLOURS, false));
		gnuplot_text(&c->gp, t->v[i].shown);
	}
	str_add(&c->gp, "\nunset label\n");
}

/* Subjects that have both, by throughput. */
static void collect_both(const struct chart_data *d, struct series *t)
{
	size_t n = 0;

	series_collect(d, "throughput", false, t);
	for (size_t i = 0; i < t->n; i++) {
		t->v[n] = t->v[i];
		t->v[n].other = series_measure_of(t->v[i].s, "ttft");
		n += t->v[n].other != NULL;
	}
	t->n = n;
	t->drawn = n < SERIES_DRAWN ? n : SERIES_DRAWN;
	t->beyond = n - t->drawn;
}

static void trade_range(struct series *t, struct chart *c, const char *axis, bool of_x)
{
	t->lo = INFINITY;
	t->hi = -INFINITY;
	for (size_t i = 0; i < t->drawn; i++) {
		const struct chart_figure *f = of_x ? &t->v[i].other->warm : &t->v[i].m->warm;

		series_stretch(t, f->mean);
		series_stretch(t, series_low_end(f));
		series_stretch(t, f->high);
	}
	chart_range(c, axis, 0.08, &t->lo, &t->hi);
}

static void describe_trade(const struct series *t, struct chart *c)
{
	const struct series_row *fastest = &t->v[0], *first = &t->v[0];

	for (size_t i = 0; i < t->drawn; i++)
		if (t->v[i].other->warm.mean < first->other->warm.mean)
			first = &t->v[i];
	str_addf(&c->alt, "Throughput against TTFT for %zu subject%s. The highest throughput is ",
		t->drawn, chart_plural((double)t->drawn));
	series_add_value(&c->alt, fastest->m, &fastest->m->warm);
	str_addf(&c->alt, " at %s; the lowest TTFT is ", fastest->s->name);
	series_add_value(&c->alt, first->other, &first->other->warm);
	str_addf(&c->alt, " at %s.", first->s->name);
	str_addf(&c->caption, "Each point is one subject: means of rows%s%s.",
		series_any_cold(t) ? " that paid for no load" : "",
		series_any(t, series_has_bar) ? ", with their 95 % intervals" : "");
	series_say_rest(t, c);
}

static const char *below_title(const struct series *t)
{
	static const char *const texts[2][2] = {
		{"Up and to the left is better. Means.",
			"Up and to the left is better. Means without loads."},
		{"Up and to the left is better. Means; bars: their 95 % intervals.",
			"Up and to the left is better. Means without loads; bars: their 95 % "
			"intervals."}};

	return texts[series_any(t, series_has_bar)][series_any_cold(t)];
}

void chart_series_tradeoff(const struct chart_data *d, struct chart *c)
{
	struct series t;
	int bottom, key;

	collect_both(d, &t);
	if (t.drawn < 2) {
		str_add(&c->why,
			t.drawn ? "only one subject has both a throughput and a TTFT"
				: "no subject has both a throughput and a TTFT");
		series_release(&t);
		return;
	}
	series_count_rows(&t, c, false);
	t.failed = 0;
	str_add(&c->title, "Throughput against TTFT, by subject");
	key = BOX_TOP + KEY_ROW * (int)t.drawn;
	bottom = key > 440 ? key : 440;
	c->height = bottom + BELOW;
	chart_begin(c, below_title(&t));
	chart_box(c, 84, BOX_TOP, BOX_RIGHT, bottom, NULL);
	trade_range(&t, c, "x", true);
	trade_range(&t, c, "y", false);
	series_axis_name(c, 'x', t.v[0].other);
	series_axis_name(c, 'y', t.v[0].m);
	str_addf(&c->gp,
		"set grid lc rgb '" CHART_FAINT "' lw 0.7\nset bars 0.4\n"
		"set key at screen %.4f,%.4f left top Left reverse samplen 0.6 spacing 1.15 "
		"font 'sans-serif,12'\n",
		(BOX_RIGHT + 14.0) / CHART_WIDTH, 1 - (BOX_TOP - 6.0) / c->height);
	series_name_rows(&t);
	trade_data(&t, c);
	trade_plot(&t, c);
	chart_end(c);
	describe_trade(&t, c);
	series_release(&t);
}
