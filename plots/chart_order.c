/* chart_order.c - every measured request against the order in which it was sent: drift, loads that
 * differ, failures and what did not count are seen at a glance. */
#include "chart.h"

#include <math.h>

#include "gnuplot.h"
#include "num.h"

#define POINTS_MAX    2000
#define LOADS_MAX     160 /* loads up to which they are drawn */
#define GROUPS_MAX    7   /* colours */
#define SENTINEL_GREY 0x888888
#define LEFT          78
#define RIGHT         730
#define TOP           84
#define PANEL         220
#define GAP           44
#define HEIGHT        (TOP + 2 * PANEL + GAP + 72)

struct order {
	const struct chart_data *d;
	bool by_pass;     /* colours are passes, else blocks */
	uint32_t ngroups; /* colours used */
	bool by_turns;    /* too many groups for a colour each: even and odd ones */
	uint32_t first;   /* number of the first group */
	size_t step;      /* every step-th row that has a value is drawn */
	size_t seen[CHART_ROW_KINDS];
	double lo[CHART_METRICS], hi[CHART_METRICS];
	double first_order, last_order;
};

static bool has_value(const struct chart_row *r)
{
	return r->kind == CHART_ROW_COUNTS || r->kind == CHART_ROW_SUSPECT ||
		r->kind == CHART_ROW_SENTINEL;
}

static uint32_t number_of(const struct order *o, const struct chart_row *r)
{
	return o->by_pass ? r->pass : r->block;
}

static void survey(struct order *o)
{
	size_t drawn = 0;

	o->first = UINT32_MAX;
	for (enum chart_metric m = 0; m < CHART_METRICS; m++) {
		o->lo[m] = INFINITY;
		o->hi[m] = -INFINITY;
	}
	for (size_t i = 0; i < o->d->nrows; i++) {
		const struct chart_row *r = &o->d->rows[i];

		o->seen[r->kind]++;
		if (r->kind != CHART_ROW_SENTINEL && number_of(o, r) < o->first)
			o->first = number_of(o, r);
		if (!has_value(r))
			continue;
		drawn++;
		for (enum chart_metric m = 0; m < CHART_METRICS; m++) {
			o->lo[m] = fmin(o->lo[m], r->value[m]);
			o->hi[m] = fmax(o->hi[m], r->value[m]);
		}
	}
	o->step = (drawn + POINTS_MAX - 1) / POINTS_MAX;
	o->first_order = o->d->rows[0].order;
	o->last_order = o->d->rows[o->d->nrows - 1].order;
}

static uint32_t group_of(const struct order *o, const struct chart_row *r)
{
	uint32_t group = o->by_turns ? number_of(o, r) % 2 : number_of(o, r) - o->first;

	return group < o->ngroups ? group : o->ngroups - 1;
}

/* ---- data ---- */

static void write_row(const struct order *o, struct chart *c, const struct chart_row *r)
{
	unsigned rgb = SENTINEL_GREY;

	if (r->kind != CHART_ROW_SENTINEL)
		rgb = chart_colour(group_of(o, r), o->ngroups, false);
	gnuplot_number(&c->dat, r->order);
	for (enum chart_metric m = 0; m < CHART_METRICS; m++) {
		str_addc(&c->dat, '\t');
		gnuplot_number(&c->dat, r->value[m]);
	}
	str_addf(&c->dat, "\t%d\t%u\t%u\t%u\n", (int)r->kind, rgb, r->pass, r->block);
}

/* Rows with a value are thinned evenly; failures are kept, thinned only among themselves. */
static void write_data(const struct order *o, struct chart *c)
{
	size_t with = 0, without = 0;
	size_t lost = o->seen[CHART_ROW_FAILED] + o->seen[CHART_ROW_OUT];
	size_t step_lost = (lost + POINTS_MAX - 1) / POINTS_MAX;

	str_add(&c->dat,
		"# order\tdecode_tok_s\tttft_ms\tkind\tcolour\tpass\tblock\n"
		"# kind: 0 counts, 1 suspect, 2 sentinel, 3 failed, 4 does not count\n");
	for (size_t i = 0; i < o->d->nrows; i++) {
		const struct chart_row *r = &o->d->rows[i];
		bool draw = has_value(r) ? with++ % o->step == 0 : without++ % step_lost == 0;

		if (draw)
			write_row(o, c, r);
	}
	if (o->d->nloads == 0 || o->d->nloads > LOADS_MAX)
		return;
	str_add(&c->dat, "\n\n# order of the first request of each load\n");
	for (size_t i = 0; i < o->d->nloads; i++) {
		gnuplot_number(&c->dat, o->d->load_order[i] - 0.5);
		str_addc(&c->dat, '\n');
	}
}

/* ---- script ---- */

static const struct {
	int pt;
	double size;
	const char *meaning;
} marks[CHART_ROW_KINDS] = {
	[CHART_ROW_COUNTS] = {7, 0.45, "counts"},
	[CHART_ROW_SUSPECT] = {6, 0.6, "suspect, counts"},
	[CHART_ROW_SENTINEL] = {13, 0.7, "sentinel"},
	[CHART_ROW_FAILED] = {2, 0.8, "failed"},
	[CHART_ROW_OUT] = {1, 0.8, "does not count"},
};

static void plot_kinds(const struct order *o, struct chart *c, enum chart_metric m, double floor_at)
{
	bool any = false;

	for (int k = 0; k < CHART_ROW_KINDS; k++) {
		if (o->seen[k] == 0)
			continue;
		str_addf(&c->gp,
			"%s'%s.dat' index 0 using ($4==%d ? $1 : NaN):", any ? ", \\\n" : "",
			c->name, k);
		if (k == CHART_ROW_FAILED || k == CHART_ROW_OUT) {
			str_add(&c->gp, "(");
			gnuplot_number(&c->gp, floor_at);
			str_add(&c->gp, ")");
		} else {
			str_addf(&c->gp, "%d", m == CHART_THROUGHPUT ? 2 : 3);
		}
		if (k == CHART_ROW_FAILED)
			str_addf(&c->gp, " with points pt %d ps %g lw 1.5 lc rgb '#b00020' notitle",
				marks[k].pt, marks[k].size);
		else
			str_addf(&c->gp, ":5 with points pt %d ps %g lc rgb variable notitle",
				marks[k].pt, marks[k].size);
		any = true;
	}
}

static void legend(const struct order *o, struct chart *c)
{
	const char *group = o->by_pass ? "pass" : "block";

	for (int k = 0; k < CHART_ROW_KINDS; k++)
		if (o->seen[k] > 0)
			str_addf(&c->gp,
				", \\\nkeyentry with points pt %d ps 0.9 lc rgb '%s' title '%s'",
				marks[k].pt, k == CHART_ROW_FAILED ? "#b00020" : CHART_GREY,
				marks[k].meaning);
	if (o->d->nloads > 0 && o->d->nloads <= LOADS_MAX)
		str_add(&c->gp, ", \\\nkeyentry with lines lc rgb '#bbbbbb' title 'model load'");
	for (uint32_t g = 0; o->ngroups > 1 && g < o->ngroups; g++) {
		str_addf(&c->gp, ", \\\nkeyentry with points pt 5 ps 1 lc rgb '#%06x' title ",
			chart_colour(g, o->ngroups, false));
		if (o->by_turns)
			str_addf(&c->gp, "'%s %s'", g == 0 ? "even" : "odd",
				o->by_pass ? "passes" : "blocks");
		else
			str_addf(&c->gp, "'%s %u'", group, g + o->first);
	}
}

static void draw_panel(struct order *o, struct chart *c, enum chart_metric m)
{
	double top = m == CHART_THROUGHPUT ? TOP : TOP + PANEL + GAP;
	double lo = o->lo[m], hi = o->hi[m], floor_at;
	bool is_log;

	chart_box(c, LEFT, top, RIGHT, top + PANEL, NULL);
	is_log = chart_range(c, "y", 0.09, &lo, &hi);
	floor_at = is_log ? lo * pow(hi / lo, 0.03) : lo + (hi - lo) * 0.03;
	str_addf(&c->gp, "set ylabel '%s (%s)'\nset xlabel '%s'\nplot ",
		chart_metric_specs[m].label, chart_metric_specs[m].unit,
		m == CHART_TTFT ? "order in which the requests were sent" : "");
	if (o->d->nloads > 0 && o->d->nloads <= LOADS_MAX) {
		str_addf(&c->gp, "'%s.dat' index 1 using 1:(", c->name);
		gnuplot_number(&c->gp, lo);
		str_add(&c->gp, "):(0):(");
		gnuplot_number(&c->gp, hi - lo);
		str_add(&c->gp, ") with vectors nohead lw 0.6 lc rgb '#cccccc' notitle, \\\n");
	}
	plot_kinds(o, c, m, floor_at);
	if (m == CHART_THROUGHPUT)
		legend(o, c);
	str_add(&c->gp, "\nunset label\nunset key\n");
}

static void draw(struct order *o, struct chart *c)
{
	struct str below = STR_INIT(4096);

	str_addf(&below,
		"One point per request, n = %zu. A quiet machine shows level lines; a slope "
		"is drift.",
		o->d->nrows);
	c->height = HEIGHT;
	chart_begin(c, below.s);
	str_release(&below);
	str_addf(&c->gp,
		"set grid y lc rgb '" CHART_FAINT "' lw 0.7\nset format x '%%.0f'\n"
		"set xrange [");
	gnuplot_number(&c->gp, o->first_order - 1);
	str_addc(&c->gp, ':');
	gnuplot_number(&c->gp, o->last_order + 1);
	str_addf(&c->gp,
		"]\nset key at screen %.4f,%.4f left top Left reverse samplen 0.8 spacing 1.1 "
		"font 'sans-serif,12'\n",
		(RIGHT + 14.0) / CHART_WIDTH, 1 - (TOP - 6.0) / HEIGHT);
	draw_panel(o, c, CHART_THROUGHPUT);
	draw_panel(o, c, CHART_TTFT);
	chart_end(c);
}

/* ---- words ---- */

static void describe(const struct order *o, struct chart *c)
{
	char text[2][NUM_TEXT];

	str_addf(&c->alt, "Throughput and TTFT of each request in the order sent: %s requests, ",
		num_group(text[0], (int64_t)o->d->nrows));
	str_addf(&c->alt, "%zu model load%s, %zu failed; ", o->d->nloads,
		chart_plural((double)o->d->nloads), o->seen[CHART_ROW_FAILED]);
	str_addf(&c->alt, "throughput from %s to %s tok/s, ",
		num_sig(text[0], o->lo[CHART_THROUGHPUT], 3),
		num_sig(text[1], o->hi[CHART_THROUGHPUT], 3));
	str_addf(&c->alt, "TTFT from %s to %s ms.", num_sig(text[0], o->lo[CHART_TTFT], 3),
		num_sig(text[1], o->hi[CHART_TTFT], 3));
	str_addf(&c->caption,
		"Every request of the measurement, single values without intervals; "
		"n = %s requests in order of sending",
		num_group(text[0], (int64_t)c->n));
	if (o->ngroups > 1)
		str_addf(&c->caption, ", coloured by %s", o->by_pass ? "pass" : "block");
	str_addc(&c->caption, '.');
	if (o->step > 1)
		str_addf(&c->caption,
			" To keep the picture small, 1 of every %zu that have a value is drawn.",
			o->step);
	if (o->seen[CHART_ROW_FAILED] > 0)
		str_addf(&c->caption, " Red crosses on the axis: %zu failed request%s.",
			o->seen[CHART_ROW_FAILED], chart_plural((double)o->seen[CHART_ROW_FAILED]));
	if (o->seen[CHART_ROW_OUT] > 0)
		str_addf(&c->caption,
			" Pluses on the axis: %zu that did not count (invalid, skipped, or waiting "
			"for a load).",
			o->seen[CHART_ROW_OUT]);
	if (o->d->nloads > LOADS_MAX)
		str_addf(&c->caption, " The %zu model loads are too many to be drawn.",
			o->d->nloads);
	else if (o->d->nloads > 0)
		str_add(&c->caption, " Vertical lines: model loads.");
}

void chart_order(const struct chart_data *d, struct chart *c)
{
	struct order o = {.d = d, .by_pass = d->npasses > 1};
	uint32_t groups = o.by_pass ? d->npasses : d->nblocks;

	o.by_turns = groups > GROUPS_MAX;
	o.ngroups = o.by_turns ? 2 : groups > 0 ? groups : 1;
	if (d->nrows == 0) {
		str_add(&c->why, "runs.csv holds no measured request");
		return;
	}
	survey(&o);
	if (!(o.hi[CHART_THROUGHPUT] > 0) || !(o.hi[CHART_TTFT] > 0)) {
		str_add(&c->why, "no measured request has both a throughput and a TTFT");
		return;
	}
	str_add(&c->title, "Every request in the order it was sent");
	c->n = (double)d->nrows;
	write_data(&o, c);
	draw(&o, c);
	describe(&o, c);
}
