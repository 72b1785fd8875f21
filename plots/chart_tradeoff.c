/* chart_tradeoff.c - throughput against TTFT: one point per cell, with intervals on both axes.
 *
 * The shape says for what a cell may be the best, the colour its level of the factor that matters
 * most for throughput. */
#include "chart.h"

#include <math.h>
#include <string.h>

#include "gnuplot.h"
#include "num.h"

#define CELLS_MAX  1000
#define LEVELS_MAX 12 /* lines of the legend */
#define BOX_LEFT   84
#define BOX_TOP    76
#define BOX_RIGHT  650
#define BOX_BOTTOM 500
#define HEIGHT     580
#define BARS_SEEN  60 /* cells up to which intervals are drawn in full */

enum shape { MAY_BE_NEITHER, MAY_BE_FASTEST, MAY_BE_FIRST, MAY_BE_BOTH, SHAPES };

static const struct {
	int pt;
	const char *meaning;
} shapes[SHAPES] = {
	[MAY_BE_NEITHER] = {6, "in neither set"},
	[MAY_BE_FASTEST] = {9, "best throughput"},
	[MAY_BE_FIRST] = {11, "best TTFT"},
	[MAY_BE_BOTH] = {7, "best of both"},
};

struct tradeoff {
	const struct chart_data *d;
	const struct chart_factor *colour_by; /* NULL: one colour */
	uint32_t drawn, seen[SHAPES];
	double lo[CHART_METRICS], hi[CHART_METRICS];
};

static bool is_drawn(const struct chart_cell *c)
{
	return isfinite(c->value[CHART_THROUGHPUT].estimate) &&
		isfinite(c->value[CHART_TTFT].estimate);
}

static enum shape shape_of(const struct chart_cell *c)
{
	return (c->best[CHART_THROUGHPUT] ? MAY_BE_FASTEST : 0) +
		(c->best[CHART_TTFT] ? MAY_BE_FIRST : 0);
}

/* Colours that can be told apart: one by one, or as a scale. */
static bool can_colour(const struct chart_factor *f)
{
	return f->naliases < f->nlevels && (f->numeric || f->nlevels <= LEVELS_MAX);
}

/* The factor with the clearest effect on throughput, else the one with the most levels; none that
 * is one setting throughout. */
static const struct chart_factor *pick_factor(const struct chart_data *d)
{
	const struct chart_factor *found = NULL;
	double p = INFINITY;

	for (size_t i = 0; i < d->neffects; i++) {
		const struct chart_effect *x = &d->effects[i];
		const struct chart_factor *f = &d->factors[x->factor];

		if (x->metric == CHART_THROUGHPUT && strcmp(x->verdict, "effect") == 0 &&
			x->p < p && can_colour(f)) {
			p = x->p;
			found = f;
		}
	}
	for (uint32_t f = 0; !isfinite(p) && f < d->nfactors; f++) {
		const struct chart_factor *x = &d->factors[f];

		if (can_colour(x) && (!found || x->nlevels > found->nlevels))
			found = x;
	}
	return found;
}

static void stretch(struct tradeoff *t, enum chart_metric m, const struct chart_value *v)
{
	t->lo[m] = fmin(t->lo[m], isnan(v->low) ? v->estimate : fmax(v->low, v->estimate / 20));
	t->hi[m] = fmax(t->hi[m], isnan(v->high) ? v->estimate : fmin(v->high, v->estimate * 20));
}

static void survey(struct tradeoff *t, struct chart *c)
{
	for (enum chart_metric m = 0; m < CHART_METRICS; m++) {
		t->lo[m] = INFINITY;
		t->hi[m] = -INFINITY;
	}
	for (uint32_t i = 0; i < t->d->ncells; i++) {
		const struct chart_cell *cell = &t->d->cells[i];

		if (!is_drawn(cell))
			continue;
		t->drawn++;
		t->seen[shape_of(cell)]++;
		c->n += cell->n;
		for (enum chart_metric m = 0; m < CHART_METRICS; m++)
			stretch(t, m, &cell->value[m]);
	}
}

/* ---- data and script ---- */

static uint32_t level_of(const struct tradeoff *t, const struct chart_cell *c)
{
	return t->colour_by ? c->level[t->colour_by - t->d->factors] : 0;
}

static unsigned colour_of(const struct tradeoff *t, uint32_t level)
{
	const struct chart_factor *f = t->colour_by;

	return chart_colour(level, f ? f->nlevels : 1, f && f->numeric);
}

static void write_data(const struct tradeoff *t, struct chart *c)
{
	str_add(&c->dat, "# ttft_ms\tlow\thigh\tdecode_tok_s\tlow\thigh\tshape\tcolour\tn\tcell\n");
	for (uint32_t i = 0; i < t->d->ncells; i++) {
		const struct chart_cell *cell = &t->d->cells[i];

		if (!is_drawn(cell))
			continue;
		for (int m = CHART_METRICS - 1; m >= 0; m--) {
			const struct chart_value *v = &cell->value[m];
			const double three[] = {v->estimate, v->low, v->high};

			for (int k = 0; k < 3; k++) {
				gnuplot_number(&c->dat, three[k]);
				str_addc(&c->dat, '\t');
			}
		}
		str_addf(&c->dat, "%d\t%u\t", (int)shape_of(cell), colour_of(t, level_of(t, cell)));
		gnuplot_number(&c->dat, cell->n);
		str_addc(&c->dat, '\t');
		gnuplot_text(&c->dat, cell->label);
		str_addc(&c->dat, '\n');
	}
}

static bool has_intervals(const struct tradeoff *t, enum chart_metric m)
{
	for (uint32_t i = 0; i < t->d->ncells; i++)
		if (is_drawn(&t->d->cells[i]) && !isnan(t->d->cells[i].value[m].low))
			return true;
	return false;
}

static bool has_sets(const struct tradeoff *t)
{
	return t->drawn > 1 && (t->d->has_best[CHART_THROUGHPUT] || t->d->has_best[CHART_TTFT]);
}

static void colour_legend(const struct tradeoff *t, struct chart *c)
{
	const struct chart_factor *f = t->colour_by;
	/* Of a long scale the ends and the middle. */
	uint32_t shown = f->nlevels > LEVELS_MAX ? 3 : f->nlevels;

	str_add(&c->gp, ", \\\nkeyentry title ' ', \\\nkeyentry title ");
	gnuplot_text(&c->gp, f->name);
	for (uint32_t i = 0; i < shown; i++) {
		uint32_t l = shown > 1 ? i * (f->nlevels - 1) / (shown - 1) : 0;
		struct str name = STR_INIT(4096);

		chart_short(&name, f->level[l].name, 22);
		if (f->level[l].alias)
			str_add(&name, " \xe2\x80\xa1");
		str_addf(&c->gp, ", \\\nkeyentry with points pt 5 ps 1.2 lc rgb '#%06x' title ",
			colour_of(t, l));
		gnuplot_text(&c->gp, name.s);
		str_release(&name);
	}
}

static void legend(const struct tradeoff *t, struct chart *c)
{
	if (has_sets(t))
		str_add(&c->gp, ", \\\nkeyentry title 'The cell may have the'");
	for (int s = SHAPES - 1; has_sets(t) && s >= 0; s--)
		if (t->seen[s] > 0)
			str_addf(&c->gp,
				", \\\nkeyentry with points pt %d ps 1.1 lc rgb '" CHART_INK
				"' title '%s'",
				shapes[s].pt, shapes[s].meaning);
	if (t->colour_by)
		colour_legend(t, c);
}

static void plot(const struct tradeoff *t, struct chart *c)
{
	const char *alpha = t->drawn > BARS_SEEN ? "0xd0000000" : "0x90000000";
	const char *between = "plot ";

	if (has_intervals(t, CHART_TTFT)) {
		str_addf(&c->gp,
			"%s'%s.dat' using 1:4:2:3:($8+%s) with xerrorbars ps 0 lc rgb variable "
			"notitle",
			between, c->name, alpha);
		between = ", \\\n";
	}
	if (has_intervals(t, CHART_THROUGHPUT)) {
		str_addf(&c->gp,
			"%s'%s.dat' using 1:4:5:6:($8+%s) with yerrorbars ps 0 lc rgb variable "
			"notitle",
			between, c->name, alpha);
		between = ", \\\n";
	}
	for (int s = 0; s < SHAPES; s++) {
		if (t->seen[s] == 0)
			continue;
		str_addf(&c->gp,
			"%s'%s.dat' using 1:($7==%d ? $4 : NaN):8 with points pt %d ps 1.1 "
			"lc rgb variable notitle",
			between, c->name, s, shapes[s].pt);
		between = ", \\\n";
	}
	legend(t, c);
	str_add(&c->gp, "\nunset label\n");
}

static void draw(struct tradeoff *t, struct chart *c)
{
	struct str below = STR_INIT(4096);

	str_addf(&below, "Up and to the left is better. Bars: %s intervals of a cell's estimate. ",
		chart_share(t->d));
	chart_cell_n(t->d, &below);
	c->height = HEIGHT;
	chart_begin(c, below.s);
	str_release(&below);
	chart_box(c, BOX_LEFT, BOX_TOP, BOX_RIGHT, BOX_BOTTOM, NULL);
	chart_range(c, "x", 0.08, &t->lo[CHART_TTFT], &t->hi[CHART_TTFT]);
	chart_range(c, "y", 0.08, &t->lo[CHART_THROUGHPUT], &t->hi[CHART_THROUGHPUT]);
	str_addf(&c->gp,
		"set grid lc rgb '" CHART_FAINT "' lw 0.7\n"
		"set xlabel 'TTFT (ms)'\nset ylabel 'Throughput (tok/s)'\n"
		"set bars 0.4\n"
		"set key at screen %.4f,%.4f left top Left reverse samplen 0.6 spacing 1.15 "
		"width 0 font 'sans-serif,12'\n",
		(BOX_RIGHT + 14.0) / CHART_WIDTH, 1 - (BOX_TOP - 6.0) / HEIGHT);
	plot(t, c);
	chart_end(c);
}

/* ---- words ---- */

static void describe(const struct tradeoff *t, struct chart *c)
{
	const struct chart_cell *best[CHART_METRICS] = {NULL, NULL};
	char a[NUM_TEXT], b[NUM_TEXT];

	for (uint32_t i = 0; i < t->d->ncells; i++) {
		const struct chart_cell *cell = &t->d->cells[i];

		for (enum chart_metric m = 0; is_drawn(cell) && m < CHART_METRICS; m++) {
			double better = chart_metric_specs[m].better;

			if (!best[m] ||
				better * cell->value[m].estimate >
					better * best[m]->value[m].estimate)
				best[m] = cell;
		}
	}
	if (!best[CHART_THROUGHPUT] || !best[CHART_TTFT])
		return; /* nothing is drawn */
	str_addf(&c->alt, "Throughput against TTFT for %u cell%s. ", t->drawn,
		chart_plural(t->drawn));
	str_addf(&c->alt, "The highest throughput is %s tok/s at %s; ",
		chart_estimate(a, &best[CHART_THROUGHPUT]->value[CHART_THROUGHPUT]),
		best[CHART_THROUGHPUT]->label[0] ? best[CHART_THROUGHPUT]->label : "the one cell");
	str_addf(&c->alt, "the lowest TTFT is %s ms at %s.",
		chart_estimate(b, &best[CHART_TTFT]->value[CHART_TTFT]),
		best[CHART_TTFT]->label[0] ? best[CHART_TTFT]->label : "the one cell");
	str_addf(&c->caption, "Each point is one cell; ");
	chart_cell_n(t->d, &c->caption);
	str_addf(&c->caption, ". Bars are %s intervals of the cell's geometric mean. ",
		chart_share(t->d));
	if (t->drawn > 1)
		str_add(&c->caption,
			has_sets(t)
				? "Filled shapes mark cells in the set that holds the best with 95 "
				  "% "
				  "confidence: any of them may be the best; hollow ones are in "
				  "neither set."
				: "Which cells may be the best could not be told from these data.");
	if (t->drawn < t->d->ncells)
		str_addf(&c->caption, " Not drawn, for want of a result: %u cell%s.",
			t->d->ncells - t->drawn, chart_plural(t->d->ncells - t->drawn));
}

void chart_tradeoff(const struct chart_data *d, struct chart *c)
{
	struct tradeoff t = {.d = d, .colour_by = pick_factor(d)};

	survey(&t, c);
	if (t.drawn == 0) {
		str_add(&c->why, "no cell has both a throughput and a TTFT");
	} else if (t.drawn > CELLS_MAX) {
		str_addf(&c->why,
			"%u cells are too many for one readable picture; tables/cells.csv has them",
			t.drawn);
	} else {
		str_add(&c->title, "Throughput against TTFT, cell by cell");
		write_data(&t, c);
		draw(&t, c);
		describe(&t, c);
	}
}
