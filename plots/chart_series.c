/* chart_series.c - the subjects of a corpus: one below the other in a quantity, and in TTFT with
 * and without loads.
 *
 * The best stand on top.  Subjects of which every row failed have a hatched row, since there is no
 * value, and none of 0 either. */
#include "chart_series_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "gnuplot.h"
#include "num.h"

/* Sizes of pictures of rows, in pixels. */
#define ROW_HEIGHT  26
#define TOP         70
#define BOTTOM      66 /* below the box: the axis and its name */
#define KEY_HEIGHT  26
#define N_WIDTH     190 /* right of the box: n, cold, failed */
#define MOST_LEFT   240
#define WARM_COLOUR "#0072b2"
#define ALL_COLOUR  "#d55e00"

/* ---- rows ---- */

static void add_figure(struct str *dat, const struct chart_figure *f)
{
	const double range[] = {f->min, f->max};

	series_add_ends(dat, f);
	series_numbers(dat, range, 2);
}

/* The best on top: at the largest place. */
static double place(const struct series *t, size_t i)
{
	return (double)(t->drawn - 1 - i);
}

/* Place, warm and all means with their ends, counts and name of each row. */
static void write_rows(const struct series *t, struct chart *c)
{
	static const struct chart_figure none = {0, NAN, NAN, NAN, NAN, NAN};

	str_add(&c->dat,
		"# place\twarm mean\tlow\thigh\tmin\tmax\tall "
		"mean\tlow\thigh\tmin\tmax\tn\tfailed\t"
		"cold\tsubject\n");
	for (size_t i = 0; i < t->drawn; i++) {
		const struct series_row *r = &t->v[i];
		const double counts[] = {r->s->n, r->s->failed, r->s->cold};
		double at = place(t, i);

		series_numbers(&c->dat, &at, 1);
		add_figure(&c->dat, r->m ? &r->m->warm : &none);
		add_figure(&c->dat, r->m ? &r->m->all : &none);
		series_numbers(&c->dat, counts, 3);
		gnuplot_text(&c->dat, r->s->name);
		str_addc(&c->dat, '\n');
	}
}

static void count_label(const struct series *t, struct chart *c, size_t i, double x)
{
	const struct series_row *r = &t->v[i];
	struct str text = STR_INIT(4096);
	char n[NUM_TEXT], k[NUM_TEXT];
	double y = TOP + ROW_HEIGHT * ((double)i + 0.5);

	if (r->m && t->told && !(r->m->all.n > 0))
		str_add(&text, "n is not told");
	else if (r->m)
		str_addf(&text, "n = %s", num_text(n, r->m->all.n));
	else if (t->told)
		str_add(&text, "failed");
	else
		str_addf(&text, "all %s failed", num_text(n, r->s->failed));
	if (r->m && r->s->cold > 0)
		str_addf(&text, ", %s cold", num_text(k, r->s->cold));
	if (r->m && r->s->failed > 0)
		str_addf(&text, ", %s failed", num_text(k, r->s->failed));
	chart_label(c, x, y, "left", 11, r->m ? CHART_GREY : "#b00020", text.s);
	str_release(&text);
}

/* Names left, box, counts right; rows without a value hatched. */
static void add_frame(const struct series *t, struct chart *c)
{
	struct chart_factor names = {.nlevels = (uint32_t)t->drawn};
	int bottom = TOP + ROW_HEIGHT * (int)t->drawn, left;

	names.level = xcalloc(t->drawn, sizeof(*names.level));
	for (size_t i = 0; i < t->drawn; i++)
		names.level[t->drawn - 1 - i].name = t->v[i].shown;
	left = chart_level_tics(c, 'y', &names, ROW_HEIGHT);
	free(names.level);
	left = left > MOST_LEFT ? MOST_LEFT : left < 60 ? 60 : left;
	chart_box(c, left + 12, TOP, CHART_WIDTH - N_WIDTH, bottom, NULL);
	for (size_t i = 0; i < t->drawn; i++)
		count_label(t, c, i, CHART_WIDTH - N_WIDTH + 10);
	str_addf(&c->gp, "set yrange [-0.5:%g]\nset grid x lc rgb '" CHART_FAINT "' lw 0.7\n",
		(double)t->drawn - 0.5);
	for (size_t i = 0; i < t->drawn; i++)
		if (!t->v[i].m)
			str_addf(&c->gp,
				"set object rectangle from graph 0, first %g to graph 1, first %g "
				"fc rgb '#999999' fs pattern 4 noborder behind\n",
				place(t, i) - 0.36, place(t, i) + 0.36);
}

void series_begin(struct series *t, struct chart *c, struct str *below, int room)
{
	c->height = TOP + ROW_HEIGHT * (int)t->drawn + BOTTOM + room;
	chart_begin(c, below->s);
	str_release(below);
	series_name_rows(t);
	add_frame(t, c);
	chart_range(c, "x", 0.05, &t->lo, &t->hi);
	series_axis_name(c, 'x', t->of);
	write_rows(t, c);
}

const char *series_direction(const struct chart_measure *m)
{
	return m->better > 0 ? "Higher is better. " : m->better < 0 ? "Lower is better. " : "";
}

/* ---- words ---- */

void series_describe(const struct series *t, struct chart *c)
{
	size_t with = t->drawn - t->failed;
	const struct series_row *first = &t->v[0], *last = &t->v[with - 1];

	str_add(&c->alt, "Mean ");
	series_noun(&c->alt, t->of);
	str_addf(&c->alt, " of %s%zu%s subject%s. ", t->beyond ? "the " : "", with,
		t->beyond ? " best" : "", chart_plural((double)with));
	if (with > 1) {
		str_addf(&c->alt, "%s is %s at ", t->of->better > 0 ? "The highest" : "The lowest",
			first->s->name);
		series_add_value(&c->alt, t->of, &first->m->warm);
		str_addf(&c->alt, ", %s %s at ", t->of->better > 0 ? "the lowest" : "the highest",
			last->s->name);
		series_add_value(&c->alt, t->of, &last->m->warm);
	} else {
		str_addf(&c->alt, "%s has ", first->s->name);
		series_add_value(&c->alt, t->of, &first->m->warm);
	}
	str_addc(&c->alt, '.');
	if (t->failed > 0)
		str_addf(&c->alt,
			t->told ? " %zu subject%s failed." : " Of %zu subject%s every row failed.",
			t->failed, chart_plural((double)t->failed));
}

static void say_none(struct chart *c, const char *quantity)
{
	str_addf(&c->why, "no subject has a mean %s", quantity);
}

/* ---- one quantity ---- */

void series_stretch_warm(struct series *t)
{
	for (size_t i = 0; i < t->drawn; i++) {
		const struct chart_figure *f = t->v[i].m ? &t->v[i].m->warm : NULL;

		if (!f)
			continue;
		series_stretch(t, f->mean);
		series_stretch(t, series_low_end(f));
		series_stretch(t, f->high);
		series_stretch(t, f->min);
		series_stretch(t, f->max);
	}
}

/* What the line below the title and the caption say of the marks: only of those that are there. */
static void explain(const struct series *t, struct str *below, struct chart *c)
{
	const char *rows = series_any_cold(t) ? "rows that paid for no load" : "rows";
	bool bars = series_any(t, series_has_bar), lines = series_any(t, series_has_range);

	str_addf(below, "%sDot: mean of %s%s%s.", series_direction(t->of), rows,
		bars ? "; bar: its 95 % interval" : "", lines ? "; thin line: least to most" : "");
	str_addf(&c->caption, "Dots are means of %s%s%s%s.", rows,
		bars ? ", bars their 95 % intervals" : "",
		lines ? ", thin lines reach from the least to the most" : "",
		t->drawn - t->failed > 1 ? "; the best is on top" : "");
	if (series_any(t, series_is_cut))
		str_add(&c->caption,
			" A bar that would reach below the least value is drawn from there on.");
	str_add(&c->caption, " n is the number of rows, failed ones not counted.");
}

void chart_series(const struct chart_data *d, const char *quantity, struct chart *c)
{
	struct str below = STR_INIT(4096);
	struct series t;

	series_collect(d, quantity, true, &t);
	if (!t.of) {
		say_none(c, quantity);
		series_release(&t);
		return;
	}
	series_stretch_warm(&t);
	series_count_rows(&t, c, false);
	str_addf(&c->title, "%s by subject", t.of->label);
	explain(&t, &below, c);
	series_begin(&t, c, &below, 0);
	str_addf(&c->gp,
		"set bars 0.6\n"
		"plot '%s.dat' using 5:1:($6-$5):(0) with vectors nohead lw 1 lc rgb '#999999' "
		"notitle, \\\n"
		"'%s.dat' using 2:1:3:4 with xerrorbars pt 7 ps 0.9 lw 1.6 lc rgb '" WARM_COLOUR
		"' notitle\nunset label\n",
		c->name, c->name);
	chart_end(c);
	series_describe(&t, c);
	series_say_rest(&t, c);
	series_release(&t);
}

/* ---- TTFT with and without loads ---- */

/* Where nothing paid for a load both means are one. */
static void draw_warm(struct chart *c)
{
	str_addf(&c->gp,
		"set bars 0.6\n"
		"plot '%s.dat' using 2:1:3:4 with xerrorbars pt 7 ps 0.9 lw 1.6 lc rgb "
		"'" WARM_COLOUR "' notitle\nunset label\n",
		c->name);
}

static void draw_loads(struct chart *c)
{
	str_addf(&c->gp,
		"set bars 0.5\n"
		"set key at screen %.4f,%.4f left bottom horizontal Left reverse samplen 0.8 "
		"font 'sans-serif,12'\n"
		"plot '%s.dat' using 7:($1-0.17):8:9 with xerrorbars pt 12 ps 1.0 lw 1.4 lc rgb "
		"'" ALL_COLOUR "' title 'all rows, loads too', \\\n"
		"'%s.dat' using 2:($1+0.17):3:4 with xerrorbars pt 7 ps 0.9 lw 1.6 lc rgb "
		"'" WARM_COLOUR "' title 'rows that paid for no load'\nunset label\n",
		12.0 / CHART_WIDTH, 6.0 / c->height, c->name, c->name);
}

static bool any_cut(const struct series *t)
{
	bool cut = series_any(t, series_is_cut);

	for (size_t i = 0; i < t->drawn; i++)
		cut = cut || (t->v[i].m && series_is_cut(&t->v[i].m->all));
	return cut;
}

static void describe_loads(const struct series *t, bool cold, struct chart *c)
{
	const struct series_row *most = NULL;
	double times = 1;

	series_describe(t, c);
	for (size_t i = 0; i < t->drawn; i++) {
		const struct chart_measure *m = t->v[i].m;

		if (m && m->warm.mean > 0 && m->all.mean / m->warm.mean > times) {
			times = m->all.mean / m->warm.mean;
			most = &t->v[i];
		}
	}
	if (most) {
		str_addf(&c->alt, " With the rows that paid for a load, the mean of %s is ",
			most->s->name);
		series_add_value(&c->alt, t->of, &most->m->all);
		str_addc(&c->alt, '.');
	}
	str_add(&c->caption,
		cold ? "Two means for each subject: with and without the rows that paid for "
		       "loading the model."
		     : "Dots are means of rows.");
	if (series_any(t, series_has_bar))
		str_addf(&c->caption, " Bars are 95 %% intervals of the mean%s.",
			any_cut(t) ? "; one that would reach below the least value is drawn from "
				     "there on"
				   : "");
	str_add(&c->caption, " n is the number of rows, failed ones not counted.");
	series_say_rest(t, c);
}

static void stretch_both(struct series *t)
{
	for (size_t i = 0; i < t->drawn; i++) {
		const struct chart_measure *m = t->v[i].m;

		if (!m)
			continue;
		series_stretch(t, m->warm.mean);
		series_stretch(t, series_low_end(&m->warm));
		series_stretch(t, m->warm.high);
		series_stretch(t, m->all.mean);
		series_stretch(t, series_low_end(&m->all));
		series_stretch(t, m->all.high);
	}
}

void chart_series_loads(const struct chart_data *d, struct chart *c)
{
	struct str below = STR_INIT(4096);
	struct series t;
	bool is_log, cold;

	series_collect(d, "ttft", true, &t);
	if (!t.of) {
		say_none(c, "TTFT");
		series_release(&t);
		return;
	}
	cold = series_any_cold(&t);
	stretch_both(&t);
	series_count_rows(&t, c, true);
	str_addf(&c->title, "%s by subject%s", t.of->label, cold ? ", with loads and without" : "");
	is_log = t.lo > 0 && t.hi / t.lo > 8;
	str_addf(&below, "%sDots: means%s.%s", series_direction(t.of),
		series_any(&t, series_has_bar) ? "; bars: their 95 % intervals" : "",
		is_log ? " Logarithmic axis." : "");
	series_begin(&t, c, &below, cold ? KEY_HEIGHT : 0);
	if (cold)
		draw_loads(c);
	else
		draw_warm(c);
	chart_end(c);
	describe_loads(&t, cold, c);
	series_release(&t);
}
