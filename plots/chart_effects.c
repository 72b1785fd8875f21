/* chart_effects.c - what each factor does to one metric: a panel per factor with its levels, the
 * verdict in the panel's title.  All panels share one scale, so that a factor that does nothing
 * looks it. */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "chart_axes.h"
#include "gnuplot.h"
#include "num.h"

#define FACTORS_MAX 12
#define LEVELS_MAX  40
#define LEFT        82
#define RIGHT       14
#define TOP         66
#define TITLE       48
#define PANEL       230
#define GAP         26

struct panel {
	const struct chart_effect *effect; /* NULL: none was computed */
	const struct chart_factor *factor; /* with the levels that were compared */
	struct chart_value level[LEVELS_MAX];
	bool has_interval, any;
};

struct effects {
	const struct chart_data *d;
	enum chart_metric m;
	const struct chart_metric_spec *spec;
	struct panel panel[FACTORS_MAX];
	uint32_t npanels, skipped; /* factors not drawn: too many levels, or no room */
	struct str holes;          /* not drawn, since their plain means do not compare */
	struct str steps;          /* not drawn, since they vary in step with another */
	double lo, hi, margin;
};

/* ---- content ---- */

static const struct chart_effect *find_effect(const struct effects *x, uint32_t factor)
{
	for (size_t i = 0; i < x->d->neffects; i++)
		if (x->d->effects[i].factor == factor && x->d->effects[i].metric == x->m)
			return &x->d->effects[i];
	return NULL;
}

/* Where the analysis gives no estimate for a level: the geometric mean of those of its cells that
 * are like the cells of the other levels, without an interval. */
static double mean_of_cells(
	const struct effects *x, uint32_t factor, uint32_t level, const bool *use)
{
	double sum = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->d->ncells; i++) {
		double v = x->d->cells[i].value[x->m].estimate;

		if (!use[i] || x->d->cells[i].level[factor] != level || !isfinite(v))
			continue;
		sum += log(v);
		n++;
	}
	return n > 0 ? exp(sum / n) : NAN;
}

static void fill_panel(struct effects *x, uint32_t factor, struct panel *p)
{
	const struct chart_effect *effect = find_effect(x, factor);
	bool *use = xcalloc(x->d->ncells, sizeof(*use));
	bool plain = chart_common(x->d, factor, x->m, use) && !(effect && !effect->own_levels);

	*p = (struct panel){
		.effect = effect, .factor = effect ? &effect->axis : &x->d->factors[factor]};
	for (uint32_t l = 0; l < p->factor->nlevels; l++) {
		struct chart_value *v = &p->level[l];

		*v = (struct chart_value){NAN, NAN, NAN};
		if (effect)
			*v = effect->level[l];
		if (!(v->estimate > 0))
			*v = (struct chart_value){
				plain ? mean_of_cells(x, factor, l, use) : (double)NAN, NAN, NAN};
		if (isnan(v->estimate))
			continue;
		p->any = true;
		p->has_interval = p->has_interval || !isnan(v->low);
		x->lo = fmin(x->lo, isnan(v->low) ? v->estimate : fmax(v->low, v->estimate / 20));
		x->hi = fmax(x->hi, isnan(v->high) ? v->estimate : fmin(v->high, v->estimate * 20));
	}
	free(use);
	if (effect && isfinite(effect->margin))
		x->margin = effect->margin;
}

/* Whether it has no panel of its own, since one effect has two names; said in the caption. */
static bool is_told(struct effects *x, uint32_t factor)
{
	for (uint32_t f = 0; f < factor; f++) {
		if (find_effect(x, factor) || !chart_in_step(x->d, f, factor))
			continue;
		str_addf(&x->steps, "%s%s with %s", x->steps.len ? ", " : "",
			x->d->factors[factor].name, x->d->factors[f].name);
		return true;
	}
	return false;
}

static void note_holes(struct effects *x, uint32_t factor)
{
	bool *use = xcalloc(x->d->ncells, sizeof(*use));

	if (!chart_common(x->d, factor, x->m, use))
		str_addf(&x->holes, "%s%s", x->holes.len ? ", " : "", x->d->factors[factor].name);
	free(use);
}

static bool fill(struct effects *x, struct chart *c)
{
	x->lo = INFINITY;
	x->hi = -INFINITY;
	x->margin = NAN;
	for (uint32_t f = 0; f < x->d->nfactors; f++) {
		struct panel *p = &x->panel[x->npanels];

		const struct chart_effect *effect = find_effect(x, f);
		uint32_t nlevels = effect ? effect->axis.nlevels : x->d->factors[f].nlevels;

		if (x->npanels == FACTORS_MAX || nlevels > LEVELS_MAX) {
			x->skipped++;
			continue;
		}
		if (is_told(x, f))
			continue;
		fill_panel(x, f, p);
		x->npanels += p->any;
		if (!p->any)
			note_holes(x, f);
	}
	if (x->d->nfactors == 0)
		str_add(&c->why, "this run varies nothing");
	else if (x->npanels == 0 && x->holes.len)
		str_add(&c->why, "levels are not comparable: the grid has holes");
	else if (x->npanels == 0)
		str_addf(&c->why, "no level of any factor has a value of %s", x->spec->lower);
	return x->npanels > 0;
}

/* The middle of a panel's levels, round which the margin is drawn. */
static double middle(const struct panel *p)
{
	double sum = 0;
	uint32_t n = 0;

	for (uint32_t l = 0; l < p->factor->nlevels; l++) {
		if (!isfinite(p->level[l].estimate))
			continue;
		sum += log(p->level[l].estimate);
		n++;
	}
	return exp(sum / n);
}

/* ---- the verdict in words ---- */

static void add_p(struct str *out, double p)
{
	char text[NUM_TEXT];

	if (isnan(p))
		return;
	if (p < 0.001)
		str_add(out, ", p < 0.001");
	else if (p > 0.99)
		str_add(out, ", p > 0.99");
	else
		str_addf(out, ", p = %s", num_sig(text, p, p < 0.1 ? 1 : 2));
}

static void add_margin(struct str *out, const char *before, double margin)
{
	char text[NUM_TEXT];

	if (isfinite(margin)) /* a setting, not a measurement: without trailing zeros */
		str_addf(out, "%s%s %%", before, num_text(text, round(margin * 1e4) / 100));
}

static void count_names(struct str *out, uint32_t n)
{
	static const char *const words[] = {"no", "one", "two", "three", "four", "five", "six",
		"seven", "eight", "nine", "ten"};

	if (n < COUNTOF(words))
		str_add(out, words[n]);
	else
		str_addf(out, "%u", n);
}

static void verdict_text(const struct panel *p, struct str *out)
{
	const struct chart_effect *x = p->effect;
	const char *verdict = x ? x->verdict : "";

	if (p->factor->naliases == p->factor->nlevels) {
		str_add(out, "one setting under ");
		count_names(out, p->factor->nlevels);
		str_add(out, " names");
	} else if (strcmp(verdict, "effect") == 0) {
		str_add(out, x->negligible ? "effect, but small" : "effect");
		if (x->negligible)
			add_margin(out, " (within ", x->margin), str_add(out, ")");
		add_p(out, x->p);
	} else if (strcmp(verdict, "no_effect") == 0) {
		str_add(out, "no effect");
		add_margin(out, " within ", x->margin);
	} else if (strcmp(verdict, "inconclusive") == 0) {
		str_add(out, "inconclusive");
		add_p(out, x->p);
	} else {
		str_add(out, "no verdict");
	}
}

/* ---- data and script ---- */

static void write_data(const struct effects *x, struct chart *c)
{
	str_addf(&c->dat, "# panel\tlevel\t%s_%s\tlow\thigh\tname\n", x->spec->column,
		x->spec->unit);
	for (uint32_t i = 0; i < x->npanels; i++) {
		const struct panel *p = &x->panel[i];

		for (uint32_t l = 0; l < p->factor->nlevels; l++) {
			str_addf(&c->dat, "%u\t%u\t", i, l);
			gnuplot_number(&c->dat, p->level[l].estimate);
			str_addc(&c->dat, '\t');
			gnuplot_number(&c->dat, p->level[l].low);
			str_addc(&c->dat, '\t');
			gnuplot_number(&c->dat, p->level[l].high);
			str_addc(&c->dat, '\t');
			gnuplot_text(&c->dat, p->factor->level[l].name);
			str_addc(&c->dat, '\n');
		}
	}
}

static void margin_band(const struct effects *x, const struct panel *p, struct chart *c, uint32_t i)
{
	double at = middle(p);

	if (!isfinite(x->margin))
		return;
	str_addf(&c->gp, "set object %u rectangle from graph 0, first ", i + 1);
	gnuplot_number(&c->gp, at * (1 - x->margin));
	str_add(&c->gp, " to graph 1, first ");
	gnuplot_number(&c->gp, at * (1 + x->margin));
	str_add(&c->gp, " behind fillstyle solid 1 noborder fillcolor rgb '#eeeeee'\n");
}

static void plot_panel(struct chart *c, const struct panel *p, uint32_t i)
{
	unsigned colour = chart_colour(0, 1, false);
	bool alias = p->factor->naliases == p->factor->nlevels;

	str_add(&c->gp, "plot ");
	if (p->factor->numeric && !alias)
		str_addf(&c->gp,
			"'%s.dat' using ($1==%u ? $2 : NaN):3 with lines lw 1 lc rgb '#99c4e0', "
			"\\\n",
			c->name, i);
	if (p->has_interval)
		str_addf(&c->gp,
			"'%s.dat' using ($1==%u ? $2 : NaN):3:4:5 with yerrorbars ps 0 lw 1.6 lc "
			"rgb "
			"'#%06x', \\\n",
			c->name, i, colour);
	str_addf(&c->gp,
		"'%s.dat' using ($1==%u ? $2 : NaN):3 with points pt %d ps 0.9 lc rgb '#%06x'\n"
		"unset label\nunset object\n",
		c->name, i, p->has_interval ? 7 : 6, colour);
}

struct grid {
	uint32_t across;
	double width;
	double top[FACTORS_MAX + 1]; /* of each row of panels, then the end */
};

static uint32_t most_levels(const struct effects *x)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < x->npanels; i++)
		most = x->panel[i].factor->nlevels > most ? x->panel[i].factor->nlevels : most;
	return most;
}

/* Room that the names of a row's levels need below its panels. */
static double room_below(const struct effects *x, const struct grid *g, uint32_t row)
{
	double most = 0;

	for (uint32_t i = row * g->across; i < x->npanels && i < (row + 1) * g->across; i++) {
		const struct chart_factor *f = x->panel[i].factor;
		struct chart scratch;

		chart_init(&scratch, "");
		most = fmax(most, chart_level_tics(&scratch, 'x', f, g->width / f->nlevels));
		chart_release(&scratch);
	}
	return most;
}

static struct grid arrange(const struct effects *x, struct chart *c)
{
	struct grid g = {.across = most_levels(x) > 12 ? 1 : most_levels(x) > 6 ? 2 : 3};
	uint32_t rows;

	if (g.across > x->npanels)
		g.across = x->npanels;
	g.width = (CHART_WIDTH - LEFT - RIGHT - (g.across - 1) * GAP) / (double)g.across;
	rows = (x->npanels + g.across - 1) / g.across;
	g.top[0] = TOP + TITLE;
	for (uint32_t row = 0; row < rows; row++)
		g.top[row + 1] = g.top[row] + PANEL + room_below(x, &g, row) + TITLE + 20;
	c->height = (int)(g.top[rows] - TITLE);
	return g;
}

static void draw_panel(const struct effects *x, struct chart *c, const struct grid *g, uint32_t i)
{
	const struct panel *p = &x->panel[i];
	uint32_t column = i % g->across, row = i / g->across;
	double left = LEFT + column * (g->width + GAP);
	double top = g->top[row];
	struct str name = STR_INIT(4096), verdict = STR_INIT(4096);

	chart_short(&name, p->factor->name, (size_t)(g->width / 8.5));
	verdict_text(p, &verdict);
	chart_box(c, left, top, left + g->width, top + PANEL, NULL);
	chart_label(c, left, top - 34, "left", 14, CHART_INK, name.s);
	chart_label(c, left, top - 16, "left", 12, CHART_GREY, verdict.s);
	str_release(&name);
	str_release(&verdict);
	chart_level_tics(c, 'x', p->factor, g->width / p->factor->nlevels);
	str_addf(&c->gp, "set xrange [-0.6:%u.6]\n", p->factor->nlevels - 1);
	if (column == 0)
		str_addf(&c->gp, "set ylabel '%s (%s)'\nset format y '%%.6g'\n", x->spec->label,
			x->spec->unit);
	else
		str_add(&c->gp, "unset ylabel\nset format y ''\n");
	margin_band(x, p, c, i);
	plot_panel(c, p, i);
}

static void draw(struct effects *x, struct chart *c)
{
	struct grid g = arrange(x, c);
	struct str below = STR_INIT(4096);

	str_addf(&below, "Estimate per level with %s interval. ", chart_share(x->d));
	chart_cell_n(x->d, &below);
	add_margin(&below, ". Grey: the margin, \xc2\xb1", x->margin);
	for (uint32_t i = 0; isfinite(x->margin) && i < x->npanels; i++) {
		x->lo = fmin(x->lo, middle(&x->panel[i]) * (1 - x->margin));
		x->hi = fmax(x->hi, middle(&x->panel[i]) * (1 + x->margin));
	}
	chart_begin(c, below.s);
	str_release(&below);
	chart_range(c, "y", 0.09, &x->lo, &x->hi);
	str_add(&c->gp, "set grid y lc rgb '" CHART_FAINT "' lw 0.7\nset bars 0.6\n");
	for (uint32_t i = 0; i < x->npanels; i++)
		draw_panel(x, c, &g, i);
	chart_end(c);
}

/* ---- words ---- */

static void describe(const struct effects *x, struct chart *c)
{
	bool bare = false;

	str_addf(&c->alt, "%s by level of each factor. ", x->spec->label);
	for (uint32_t i = 0; i < x->npanels; i++) {
		str_addf(&c->alt, "%s%s: ", i ? "; " : "", x->panel[i].factor->name);
		verdict_text(&x->panel[i], &c->alt);
		bare = bare || !x->panel[i].has_interval;
	}
	str_addc(&c->alt, '.');
	str_addf(&c->caption,
		"%s in %s: the estimate of each level over all levels of the other "
		"factors, bars are %s intervals; ",
		x->spec->label, x->spec->unit, chart_share(x->d));
	chart_cell_n(x->d, &c->caption);
	str_add(&c->caption, ". All panels have one scale; p is adjusted for the number of tests.");
	add_margin(&c->caption, " Grey: \xc2\xb1", x->margin);
	if (isfinite(x->margin))
		str_add(&c->caption, ", differences set before the run as too small to matter.");
	if (bare)
		str_add(&c->caption,
			" Hollow points are plain means without an interval, "
			"over the cells that are alike for all levels.");
	if (x->holes.len)
		str_addf(&c->caption, " Not comparable, since the grid has holes: %s.", x->holes.s);
	if (x->steps.len)
		str_addf(&c->caption, " One effect under two names: %s.", x->steps.s);
	if (x->skipped > 0)
		str_addf(&c->caption, " Not drawn, for want of room: %u factor%s.", x->skipped,
			chart_plural(x->skipped));
	for (uint32_t i = 0; i < x->npanels; i++)
		if (x->panel[i].factor->naliases > 0 && x->panel[i].factor->alias_why[0])
			str_addf(&c->caption,
				" \xe2\x80\xa1 marks levels of %s that are one "
				"setting: %s.",
				x->panel[i].factor->name, x->panel[i].factor->alias_why);
}

static void show(struct effects *x, struct chart *c)
{
	str_addf(&c->title, "What each factor does to %s", x->spec->lower);
	for (uint32_t i = 0; i < x->d->ncells; i++)
		c->n += x->d->cells[i].n;
	write_data(x, c);
	draw(x, c);
	describe(x, c);
}

void chart_effects(const struct chart_data *d, enum chart_metric m, struct chart *c)
{
	struct effects x = {.d = d,
		.m = m,
		.spec = &chart_metric_specs[m],
		.holes = STR_INIT(4096),
		.steps = STR_INIT(4096)};

	if (fill(&x, c))
		show(&x, c);
	str_release(&x.holes);
	str_release(&x.steps);
}
