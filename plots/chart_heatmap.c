/* chart_heatmap.c - one metric over the grid: of the three factors that do most to it the one with
 * the most levels upwards, the next across, the third as panels; further ones are averaged. Factors
 * that vary together (zip, cells) are one axis.
 *
 * A field without a value is hatched, never coloured; one that was not part of the sweep is left
 * white.  The value is printed in each field, and the fields all of whose cells are in the set that
 * holds the best are framed. */
#include "chart.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "chart_axes.h"
#include "gnuplot.h"
#include "num.h"

#define AXES        3
#define ROWS_MAX    40
#define COLUMNS_MAX 14
#define PANELS_MAX  12
#define TOP         86
#define PANEL_TITLE 26
#define RIGHT       110 /* the colour bar */
#define GAP         18
#define FRAME       3.5 /* from the edge of a field to its frame */

/* One place of the grid: cells that differ only in averaged factors. */
struct field {
	struct chart_value value; /* the interval only where it is one cell */
	double n, failed;
	uint32_t ncells, nwith; /* cells, and those with a value */
	uint32_t nbest;         /* in the set that holds the best */
};

struct heat {
	const struct chart_data *d;
	enum chart_metric m;
	const struct chart_metric_spec *spec;
	struct chart_axes axes;
	const struct chart_axis *up_axis, *across_axis, *panel_axis;
	const struct chart_factor *up, *across, *panel; /* of them; panel NULL for two */
	uint32_t rows, columns, panels;
	struct field *field;  /* [panels][rows][columns] */
	double lo, hi;        /* of the values */
	uint32_t least, most; /* cells with a value in a field that has any */
	bool averaged, some_failed, hatched, absent;
	double bar_lo, bar_hi; /* ends of the colour bar, which may be logarithmic */
	bool is_log;
};

/* ---- the fields ---- */

/* Of the three axes that do most to the metric the k-th largest, in levels; equal ones in order. */
static const struct chart_axis *nth_largest(const struct chart_axes *axes, uint32_t k)
{
	uint32_t n = axes->n < AXES ? axes->n : AXES;

	for (uint32_t f = 0; f < n; f++) {
		uint32_t before = 0, mine = axes->v[f].factor.nlevels;

		for (uint32_t g = 0; g < n; g++)
			before += axes->v[g].factor.nlevels > mine ||
				(axes->v[g].factor.nlevels == mine && g < f);
		if (before == k)
			return &axes->v[f];
	}
	return NULL;
}

static struct field *field_of(const struct heat *h, uint32_t cell)
{
	uint32_t panel = h->panels > 1 ? h->panel_axis->level[cell] : 0;

	return &h->field[(panel * h->rows + h->up_axis->level[cell]) * h->columns +
		h->across_axis->level[cell]];
}

/* Sums of logarithms first; finish_field makes the mean of them. */
static void add_cell(struct heat *h, uint32_t cell)
{
	const struct chart_cell *c = &h->d->cells[cell];
	struct field *f = field_of(h, cell);
	const struct chart_value *v = &c->value[h->m];

	f->ncells++;
	f->n += c->n;
	f->failed += c->failed;
	f->nbest += c->best[h->m];
	h->some_failed = h->some_failed || c->failed > 0;
	if (!isfinite(v->estimate))
		return;
	f->value = (struct chart_value){f->value.estimate + log(v->estimate), v->low, v->high};
	f->nwith++;
}

static void finish_field(struct heat *h, struct field *f)
{
	if (f->nwith == 0) {
		h->hatched = h->hatched || f->ncells > 0;
		h->absent = h->absent || f->ncells == 0;
		f->value = (struct chart_value){NAN, NAN, NAN};
		return;
	}
	f->value.estimate = exp(f->value.estimate / f->nwith);
	if (f->nwith > 1)
		f->value.low = f->value.high = NAN;
	h->averaged = h->averaged || f->ncells > 1;
	h->least = h->least == 0 || f->nwith < h->least ? f->nwith : h->least;
	h->most = f->nwith > h->most ? f->nwith : h->most;
	h->lo = fmin(h->lo, f->value.estimate);
	h->hi = fmax(h->hi, f->value.estimate);
}

static uint32_t nfields(const struct heat *h)
{
	return h->panels * h->rows * h->columns;
}

static void fill_fields(struct heat *h)
{
	h->field = xcalloc(nfields(h), sizeof(*h->field));
	for (uint32_t i = 0; i < h->d->ncells; i++)
		add_cell(h, i);
	h->lo = INFINITY;
	h->hi = -INFINITY;
	for (uint32_t i = 0; i < nfields(h); i++)
		finish_field(h, &h->field[i]);
}

/* False, with the reason, where there is no readable picture. */
static bool lay_out(struct heat *h, struct chart *c)
{
	chart_axes_make(&h->axes, h->d, h->m);
	h->up_axis = nth_largest(&h->axes, 0);
	h->across_axis = nth_largest(&h->axes, 1);
	h->panel_axis = nth_largest(&h->axes, 2);
	h->up = h->up_axis ? &h->up_axis->factor : NULL;
	h->across = h->across_axis ? &h->across_axis->factor : NULL;
	h->panel = h->panel_axis ? &h->panel_axis->factor : NULL;
	if (!h->up || !h->across) {
		str_addf(&c->why, "a heat map needs two factors, this run has %s%s",
			h->up ? "one" : "none",
			h->d->nfactors > 1 ? " axis: too few combinations of its factors are there"
					   : "");
		return false;
	}
	h->rows = h->up->nlevels;
	h->columns = h->across->nlevels;
	h->panels = h->panel ? h->panel->nlevels : 1;
	if (h->rows > ROWS_MAX || h->columns > COLUMNS_MAX || h->panels > PANELS_MAX) {
		str_addf(&c->why,
			"a grid of %u x %u x %u is too large for one readable picture; "
			"tables/cells.csv has the values",
			h->rows, h->columns, h->panels);
		return false;
	}
	fill_fields(h);
	if (!(h->hi > 0)) {
		str_addf(&c->why, "no cell has a value of %s", h->spec->lower);
		return false;
	}
	return true;
}

/* Of a field that averages cells a frame says so of each. */
static bool all_best(const struct field *f)
{
	return f->ncells > 0 && f->nbest == f->ncells;
}

/* ---- the data file ---- */

/* 0 worst, 1 best: the place on the palette, over the range of the colour bar. */
static double goodness(const struct heat *h, double x)
{
	double t = h->is_log ? log(x / h->bar_lo) / log(h->bar_hi / h->bar_lo)
			     : (x - h->bar_lo) / (h->bar_hi - h->bar_lo);

	return h->spec->better > 0 ? t : 1 - t;
}

static void write_field(
	struct heat *h, struct chart *c, uint32_t panel, uint32_t row, uint32_t column)
{
	const struct field *f = &h->field[(panel * h->rows + row) * h->columns + column];
	char text[NUM_TEXT], shown[NUM_TEXT];
	bool has = f->nwith > 0;

	str_addf(&c->dat, "%u\t%u\t%u\t", panel, column, row);
	gnuplot_number(&c->dat, f->value.estimate);
	str_addf(&c->dat, "\t%s%s\t%s\t%d\t%d\t%s\t", has ? chart_estimate(shown, &f->value) : "-",
		has && f->failed > 0 ? "*" : "",
		has ? chart_ink_on(goodness(h, f->value.estimate)) : "0", has && all_best(f),
		f->ncells == 0 ? -1 : has, num_text(text, f->n));
	str_addf(&c->dat, "%s\n", num_text(text, f->failed));
}

static void write_data(struct heat *h, struct chart *c)
{
	str_addf(&c->dat,
		"# panel\tcolumn\trow\t%s_%s\tshown\tink\tin_best_set\thas_value\tn\tfailed\n",
		h->spec->column, h->spec->unit);
	for (uint32_t panel = 0; panel < h->panels; panel++)
		for (uint32_t row = 0; row < h->rows; row++)
			for (uint32_t column = 0; column < h->columns; column++)
				write_field(h, c, panel, row, column);
}

/* ---- the script ---- */

/* How panels stand on the picture. */
struct grid {
	uint32_t across;                   /* panels in a row */
	double left, width, height, below; /* of one panel; below: room for tics and axis name */
	int size;                          /* of the values */
};

/* Which fields a panel has. */
struct kinds {
	bool value, missing, best;
};

static struct kinds kinds_of(const struct heat *h, uint32_t panel)
{
	struct kinds k = {false, false, false};

	for (uint32_t i = 0; i < h->rows * h->columns; i++) {
		const struct field *f = &h->field[panel * h->rows * h->columns + i];

		k.value = k.value || f->nwith > 0;
		k.missing = k.missing || (f->nwith == 0 && f->ncells > 0);
		k.best = k.best || (f->nwith > 0 && all_best(f));
	}
	return k;
}

/* Clauses only for what is there: gnuplot stops at a plot without a point. */
static void plot_panel(const struct heat *h, struct chart *c, const struct grid *g, uint32_t panel)
{
	struct kinds k = kinds_of(h, panel);
	const char *between = "plot ";

	if (k.value)
		str_addf(&c->gp,
			"plot '%s.dat' using ($1==%u ? $2 : NaN):3:(0.5):(0.5):4 with boxxyerror "
			"fillstyle solid 1 border lc rgb '#ffffff' lc palette",
			c->name, panel),
			between = ", \\\n";
	if (k.missing)
		str_addf(&c->gp,
			"%s'%s.dat' using ($1==%u && $8==0 ? $2 : NaN):3:(0.5):(0.5) with "
			"boxxyerror fillstyle pattern 4 border lc rgb '#aaaaaa' lc rgb '#aaaaaa'",
			between, c->name, panel),
			between = ", \\\n";
	if (k.best)
		str_addf(&c->gp,
			"%s'%s.dat' using ($1==%u && $7==1 ? $2 : NaN):3:(%.3f):(%.3f) with "
			"boxxyerror fillstyle empty border lc rgb '#000000' lc rgb '#000000' lw 2",
			between, c->name, panel, 0.5 - FRAME * h->columns / g->width,
			0.5 - FRAME * h->rows / g->height);
	if (k.value)
		str_addf(&c->gp,
			"%s'%s.dat' using ($1==%u && $8==1 ? $2 : NaN):3:(strcol(5)):6 with labels "
			"font 'sans-serif,%d' tc rgb variable",
			between, c->name, panel, g->size);
	str_add(&c->gp, "\nunset label\n");
}

static void axis_name(struct chart *c, char axis, const struct chart_factor *f)
{
	struct str text = STR_INIT(4096);

	chart_short(&text, f->name, 40);
	if (f->naliases > 0)
		str_add(&text, "   (\xe2\x80\xa1 one setting)");
	str_addf(&c->gp, "set %clabel ", axis);
	gnuplot_text(&c->gp, text.s);
	str_add(&c->gp, " font 'sans-serif,13'\n");
	str_release(&text);
}

static void panel_title(const struct heat *h, struct str *out, uint32_t panel)
{
	const struct chart_level *l = &h->panel->level[panel];

	chart_short(out, h->panel->name, 20);
	str_add(out, " = ");
	chart_short(out, l->name, 20);
	if (l->alias)
		str_add(out, " \xe2\x80\xa1");
}

static struct grid arrange(
	const struct heat *h, struct chart *c, double tics_left, double tics_below)
{
	struct grid g = {.left = tics_left + 40, .below = tics_below + 42};
	double room = CHART_WIDTH - g.left - RIGHT;
	double least = fmax(h->columns * 52.0, 130);
	double field = h->rows > 24 ? 20 : h->rows > 10 ? 26 : 38;
	uint32_t rows;

	g.across = (uint32_t)fmin(h->panels, fmax(1, floor((room + GAP) / (least + GAP))));
	g.width = fmin((room - (g.across - 1) * GAP) / g.across, h->columns * 170.0);
	g.height = h->rows * field;
	g.size = field < 24 || g.width / h->columns < 56 ? 11 : 13;
	rows = (h->panels + g.across - 1) / g.across;
	c->height = (int)(TOP + rows * (PANEL_TITLE + g.height + g.below) + 6);
	return g;
}

/* Before the data, which hold the ink that each colour needs. */
static void scale_colours(struct heat *h)
{
	struct chart scratch;

	chart_init(&scratch, "");
	h->bar_lo = h->lo;
	h->bar_hi = h->hi;
	h->is_log = chart_range(&scratch, "cb", 0, &h->bar_lo, &h->bar_hi);
	chart_release(&scratch);
}

static void colour_bar(const struct heat *h, struct chart *c, const struct grid *g)
{
	double x = g->left + g->across * (g->width + GAP) + 4;
	double height = fmin(g->height, 220);
	double lo = h->lo, hi = h->hi;

	chart_palette(c, h->spec->better < 0);
	chart_range(c, "cb", 0, &lo, &hi);
	str_addf(&c->gp,
		"set cbtics scale 0.4 font 'sans-serif,11'\n"
		"set colorbox user noborder origin screen %.4f,%.4f size screen %.4f,%.4f\n",
		x / CHART_WIDTH, 1 - (TOP + PANEL_TITLE + height) / c->height, 14.0 / CHART_WIDTH,
		height / c->height);
	chart_label(c, x, TOP + PANEL_TITLE - 12, "left", 12, CHART_INK, h->spec->unit);
}

static void draw_panel(const struct heat *h, struct chart *c, const struct grid *g, uint32_t panel)
{
	uint32_t column = panel % g->across, row = panel / g->across;
	double x = g->left + column * (g->width + GAP);
	double y = TOP + PANEL_TITLE + row * (PANEL_TITLE + g->height + g->below);
	struct str title = STR_INIT(4096);

	if (h->panel)
		panel_title(h, &title, panel);
	chart_box(c, x, y, x + g->width, y + g->height, h->panel ? title.s : NULL);
	str_release(&title);
	chart_level_tics(c, 'x', h->across, g->width / h->columns);
	axis_name(c, 'x', h->across);
	if (column == 0) {
		chart_level_tics(c, 'y', h->up, 0);
		axis_name(c, 'y', h->up);
	} else {
		str_add(&c->gp, "unset ytics\nunset ylabel\n");
	}
	if (panel > 0)
		str_add(&c->gp, "unset colorbox\n");
	plot_panel(h, c, g, panel);
}

static void draw(const struct heat *h, struct chart *c)
{
	struct chart scratch; /* tics are measured before the height is known */
	struct str lead = STR_INIT(4096), below = STR_INIT(4096);
	struct grid g;
	double least = fmax(h->columns * 52.0, 130) / h->columns;
	int left, under;

	chart_init(&scratch, c->name);
	left = chart_level_tics(&scratch, 'y', h->up, 0);
	under = chart_level_tics(&scratch, 'x', h->across, least);
	chart_release(&scratch);
	g = arrange(h, c, left, under);
	str_addf(&lead, "Yellow is better. Framed: %sin the set that holds the best (95 %%). ",
		h->averaged ? "all its cells are " : "");
	str_addf(&below, "%s%s%s%s%s", h->averaged ? "Averaged over further factors. " : "",
		h->least < h->most ? "Holes: fields average different cells. " : "",
		h->hatched ? "Hatched: no result. " : "",
		h->absent ? "White: not part of the sweep. " : "",
		h->some_failed ? "*: some requests failed." : "");
	chart_cell_n(h->d, &lead);
	chart_begin(c, lead.s);
	str_release(&lead);
	if (below.len > 0)
		chart_label(c, 12, 60, "left", 12, CHART_GREY, below.s);
	str_release(&below);
	colour_bar(h, c, &g);
	str_addf(&c->gp,
		"set xrange [-0.5:%u.5]\nset yrange [-0.5:%u.5]\n"
		"set tics scale 0\nset border 0\n",
		h->columns - 1, h->rows - 1);
	for (uint32_t panel = 0; panel < h->panels; panel++)
		draw_panel(h, c, &g, panel);
	chart_end(c);
}

/* ---- the words ---- */

static const struct chart_cell *extreme(const struct heat *h, int direction)
{
	const struct chart_cell *found = NULL;

	for (uint32_t i = 0; i < h->d->ncells; i++) {
		const struct chart_cell *c = &h->d->cells[i];
		double x = c->value[h->m].estimate * direction;

		if (isfinite(x) && (!found || x > found->value[h->m].estimate * direction))
			found = c;
	}
	return found;
}

static void describe(const struct heat *h, struct chart *c)
{
	const struct chart_cell *best = extreme(h, h->spec->better);
	const struct chart_cell *worst = extreme(h, -h->spec->better);
	char a[NUM_TEXT], b[NUM_TEXT];

	str_addf(&c->alt, "Heat map of %s over %s and %s%s%s: ", h->spec->lower, h->up->name,
		h->across->name, h->panel ? ", one panel per level of " : "",
		h->panel ? h->panel->name : "");
	str_addf(&c->alt, "%s %s at %s is the best estimate of %u cells, %s %s at %s the worst.",
		chart_estimate(a, &best->value[h->m]), h->spec->unit, best->label, h->d->ncells,
		chart_estimate(b, &worst->value[h->m]), h->spec->unit, worst->label);
	str_addf(&c->caption, "%s in %s, ", h->spec->label, h->spec->unit);
	str_add(&c->caption,
		h->averaged ? "geometric means over the cells of a field that differ "
			      "in further factors; "
			    : "geometric mean of each cell; ");
	chart_cell_n(h->d, &c->caption);
	str_addf(&c->caption,
		". Frames mark %sthe set that holds the best with 95 %% confidence%s.",
		h->averaged ? "fields all of whose cells are in " : "",
		h->d->has_best[h->m] ? "" : ", which could not be made here");
	if (h->least < h->most)
		str_addf(&c->caption,
			" The grid has holes: fields average %u to %u cells, not of the same "
			"levels, so that neighbours need not be comparable.",
			h->least, h->most);
	if (h->axes.n > AXES)
		str_add(&c->caption, " The axes are the factors that differ most in this metric.");
	if (h->hatched)
		str_add(&c->caption, " Hatched fields have no result that counts.");
	if (h->absent)
		str_add(&c->caption, " White fields were not part of the sweep.");
	if (h->some_failed)
		str_add(&c->caption, " * marks fields in which some requests failed.");
	for (uint32_t f = 0; f < h->d->nfactors; f++)
		if (h->d->factors[f].naliases > 0)
			str_addf(&c->caption,
				" \xe2\x80\xa1 marks levels of %s that are one setting%s%s.",
				h->d->factors[f].name, h->d->factors[f].alias_why[0] ? ": " : "",
				h->d->factors[f].alias_why);
}

void chart_heatmap(const struct chart_data *d, enum chart_metric m, struct chart *c)
{
	struct heat h = {.d = d, .m = m, .spec = &chart_metric_specs[m]};

	if (lay_out(&h, c)) {
		str_addf(&c->title, "%s (%s) by ", h.spec->label, h.spec->unit);
		chart_short(&c->title, h.up->name, 20);
		str_add(&c->title, h.panel ? ", " : " and ");
		chart_short(&c->title, h.across->name, 20);
		if (h.panel) {
			str_add(&c->title, " and ");
			chart_short(&c->title, h.panel->name, 20);
		}
		for (uint32_t i = 0; i < d->ncells; i++)
			c->n += d->cells[i].n;
		scale_colours(&h);
		write_data(&h, c);
		draw(&h, c);
		describe(&h, c);
	}
	free(h.field);
	chart_axes_release(&h.axes);
}
