/* chart_bursts.c - what the server makes of load: system throughput, goodput and the wait, one
 * below the other, against concurrency or rate; a line for each level of the factor beside it.
 *
 * A point is hollow where the server is a queue; a column is hatched where requests failed or were
 * not sent, since what is drawn there is of those that were answered. */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "gnuplot.h"
#include "num.h"

#define LEVELS_MAX 16
#define SERIES_MAX 7
#define LEFT       84
#define RIGHT      650
#define TOP        92
#define PANEL      190
#define GAP        58
#define DODGE      0.05 /* between lines, so that equal ones are seen both */
#define NAME_MAX   22

enum part { PART_SYSTEM, PART_GOODPUT, PART_WAIT, PARTS };

static const struct {
	const char *title, *label, *column;
} parts[PARTS] = {
	[PART_SYSTEM] = {"System throughput: more is better", "tok/s", "system_tok_s"},
	[PART_GOODPUT] = {"Goodput: requests that meet every stated limit, more is better", "req/s",
		"goodput_rps"},
	[PART_WAIT] = {"TTFT of the slowest 5 in 100 requests: less is better", "ms",
		"ttft_p95_ms"},
};

/* Cells at one level of one line: one, or several that differ in further factors. */
struct point {
	struct chart_value value[PARTS];
	double first[PARTS];  /* of the first cell: the value itself where it is the only one */
	uint32_t with[PARTS]; /* cells that have it */
	uint32_t ncells, queued;
	double n, failed;
	bool overload;
};

struct bursts {
	const struct chart_data *d;
	const struct chart_factor *along, *line; /* line NULL: one */
	uint32_t nlevels, nlines;
	struct point *point; /* [nlines * nlevels] */
	bool has[PARTS], averaged, some_queued, some_failed, bars;
	double lo, hi; /* how many at a time where there is a queue: least and most */
	double bursts;
};

/* ---- content ---- */

/* Concurrency or rate, the one with more levels. */
static const struct chart_factor *pick_along(const struct chart_data *d)
{
	const struct chart_factor *found = NULL;

	for (uint32_t f = 0; f < d->nfactors; f++) {
		const struct chart_factor *x = &d->factors[f];

		if ((strcmp(x->name, "concurrency") == 0 || strcmp(x->name, "rate") == 0) &&
			(!found || x->nlevels > found->nlevels))
			found = x;
	}
	return found;
}

/* Of the others the first that has as many levels as can be told apart, and no other has more. */
static const struct chart_factor *pick_line(const struct bursts *b)
{
	const struct chart_factor *found = NULL;

	for (uint32_t f = 0; f < b->d->nfactors; f++) {
		const struct chart_factor *x = &b->d->factors[f];

		if (x != b->along && x->nlevels <= SERIES_MAX && x->naliases < x->nlevels &&
			(!found || x->nlevels > found->nlevels))
			found = x;
	}
	return found;
}

static uint32_t level_of(
	const struct bursts *b, const struct chart_cell *c, const struct chart_factor *f)
{
	return f ? c->level[f - b->d->factors] : 0;
}

/* Sums first: of logarithms, but for goodput, which may be 0. */
static void add_value(struct point *p, enum part part, struct chart_value v)
{
	bool log_scale = part != PART_GOODPUT;

	if (!isfinite(v.estimate) || (log_scale && !(v.estimate > 0)))
		return;
	if (p->with[part] == 0)
		p->first[part] = v.estimate;
	p->value[part].estimate += log_scale ? log(v.estimate) : v.estimate;
	p->value[part].low = v.low;
	p->value[part].high = v.high;
	p->with[part]++;
}

static void add_cell(struct bursts *b, const struct chart_cell *c)
{
	struct point *p =
		&b->point[level_of(b, c, b->line) * b->nlevels + level_of(b, c, b->along)];
	struct chart_value wait = {c->burst.wait, NAN, NAN};

	add_value(p, PART_SYSTEM, c->burst.system);
	add_value(p, PART_GOODPUT, c->burst.goodput);
	add_value(p, PART_WAIT, wait);
	p->ncells++;
	p->queued += c->burst.queued;
	p->n += c->n;
	p->failed += c->failed;
	p->overload = p->overload || c->burst.overload;
	b->averaged = b->averaged || p->ncells > 1;
	b->some_queued = b->some_queued || c->burst.queued;
	b->some_failed = b->some_failed || c->failed > 0;
	b->bursts += c->burst.is_burst && isfinite(c->burst.n) ? c->burst.n : 0;
	if (c->burst.queued) {
		b->lo = fmin(b->lo, c->burst.serves);
		b->hi = fmax(b->hi, c->burst.serves);
	}
}

static void finish_point(struct bursts *b, struct point *p)
{
	for (int k = 0; k < PARTS; k++) {
		struct chart_value *v = &p->value[k];

		if (p->with[k] == 0) {
			*v = (struct chart_value){NAN, NAN, NAN};
			continue;
		}
		v->estimate /= p->with[k];
		if (k != PART_GOODPUT)
			v->estimate = exp(v->estimate);
		if (p->with[k] == 1)
			v->estimate = p->first[k];
		else
			v->low = v->high = NAN;
		b->bars = b->bars || isfinite(v->low);
		b->has[k] = true;
	}
}

/* False, with the reason, where there is nothing to draw. */
static bool fill(struct bursts *b, struct chart *c)
{
	b->along = pick_along(b->d);
	if (!b->along) {
		str_add(&c->why, "neither concurrency nor rate is varied");
		return false;
	}
	if (b->along->nlevels > LEVELS_MAX) {
		str_addf(&c->why, "%u levels are too many for one readable picture",
			b->along->nlevels);
		return false;
	}
	b->line = pick_line(b);
	b->nlevels = b->along->nlevels;
	b->nlines = b->line ? b->line->nlevels : 1;
	b->point = xcalloc((size_t)b->nlevels * b->nlines, sizeof(*b->point));
	b->lo = INFINITY;
	b->hi = -INFINITY;
	for (uint32_t i = 0; i < b->d->ncells; i++)
		add_cell(b, &b->d->cells[i]);
	for (uint32_t i = 0; i < b->nlevels * b->nlines; i++) {
		finish_point(b, &b->point[i]);
		c->n += b->point[i].n;
	}
	if (!b->has[PART_SYSTEM] && !b->has[PART_WAIT])
		str_add(&c->why, "no burst has a system throughput");
	return b->has[PART_SYSTEM] || b->has[PART_WAIT];
}

/* ---- data and script ---- */

static void write_data(const struct bursts *b, struct chart *c)
{
	str_add(&c->dat, "# line\tlevel");
	for (int k = 0; k < PARTS; k++)
		str_addf(&c->dat, "\t%s\tlow\thigh", parts[k].column);
	str_add(&c->dat, "\tqueued\tfailed\tn\tname\n");
	for (uint32_t i = 0; i < b->nlines * b->nlevels; i++) {
		const struct point *p = &b->point[i];

		str_addf(&c->dat, "%u\t%u", i / b->nlevels, i % b->nlevels);
		for (int k = 0; k < PARTS; k++) {
			const double three[] = {
				p->value[k].estimate, p->value[k].low, p->value[k].high};

			for (int j = 0; j < 3; j++) {
				str_addc(&c->dat, '\t');
				gnuplot_number(&c->dat, three[j]);
			}
		}
		str_addf(&c->dat, "\t%d\t", p->queued > 0);
		gnuplot_number(&c->dat, p->failed);
		str_addc(&c->dat, '\t');
		gnuplot_number(&c->dat, p->n);
		str_addc(&c->dat, '\t');
		gnuplot_text(&c->dat, b->along->level[i % b->nlevels].name);
		str_addc(&c->dat, '\n');
	}
}

static bool has_failed(const struct bursts *b, uint32_t level)
{
	for (uint32_t l = 0; l < b->nlines; l++)
		if (b->point[l * b->nlevels + level].failed > 0)
			return true;
	return false;
}

static bool is_overload(const struct bursts *b, uint32_t level)
{
	for (uint32_t l = 0; l < b->nlines; l++)
		if (b->point[l * b->nlevels + level].overload)
			return true;
	return false;
}

/* Columns in which requests failed or were not sent; what is too much says so. */
static void hatch(const struct bursts *b, struct chart *c, bool with_words)
{
	for (uint32_t l = 0; with_words && l < b->nlevels; l++)
		if (is_overload(b, l))
			str_addf(&c->gp,
				"set label \"more than\\nit takes\" at first %u, graph 0.55 center "
				"front font 'sans-serif,11' tc rgb '" CHART_INK "'\n",
				l + 1);
	for (uint32_t l = 0; l < b->nlevels; l++)
		if (has_failed(b, l))
			str_addf(&c->gp,
				"set object %u rectangle from first %u.5, graph 0 to first "
				"%u.5, graph 1 behind fillstyle pattern 4 border lc rgb '#bbbbbb' "
				"fillcolor rgb '#bbbbbb'\n",
				l + 1, l, l + 1);
}

/* Lines of the part: one line at a time, in the colours of its levels; points are filled, or hollow
 * where there is a queue. */
static void plot_lines(const struct bursts *b, struct chart *c, enum part part)
{
	int column = 3 + 3 * (int)part;
	const char *between = "plot ";

	for (uint32_t l = 0; l < b->nlines; l++) {
		unsigned colour = chart_colour(l, b->nlines, b->line && b->line->numeric);
		double by = 1 + DODGE * (l - (b->nlines - 1) / 2.0);
		bool any = false, queued = false, free_ones = false, bars = false;

		for (uint32_t i = 0; i < b->nlevels; i++) {
			const struct point *p = &b->point[l * b->nlevels + i];

			if (!isfinite(p->value[part].estimate))
				continue;
			any = true;
			bars = bars || isfinite(p->value[part].low);
			queued = queued || p->queued;
			free_ones = free_ones || !p->queued;
		}
		if (!any)
			continue;
		str_addf(&c->gp,
			"%s'%s.dat' using ($1==%u ? $2+%.3f : NaN):%d with lines lw 1.4 lc "
			"rgb '#%06x' notitle",
			between, c->name, l, by, column, colour);
		between = ", \\\n";
		if (bars)
			str_addf(&c->gp,
				", \\\n'%s.dat' using ($1==%u ? $2+%.3f : NaN):%d:%d:%d with "
				"yerrorbars ps 0 lw 1.4 lc rgb '#%06x' notitle",
				c->name, l, by, column, column + 1, column + 2, colour);
		if (free_ones)
			str_addf(&c->gp,
				", \\\n'%s.dat' using ($1==%u && $12==0 ? $2+%.3f : NaN):%d "
				"with points pt 7 ps 0.9 lc rgb '#%06x' notitle",
				c->name, l, by, column, colour);
		if (queued)
			str_addf(&c->gp,
				", \\\n'%s.dat' using ($1==%u && $12==1 ? $2+%.3f : NaN):%d "
				"with points pt 6 ps 1.2 lw 1.6 lc rgb '#%06x' notitle",
				c->name, l, by, column, colour);
	}
}

static void entry(struct chart *c, const char *style, const char *text)
{
	str_addf(&c->gp, ", \\\nkeyentry %stitle ", style);
	gnuplot_text(&c->gp, text);
}

/* Right of the first panel, off the data. */
static void legend(const struct bursts *b, struct chart *c)
{
	struct str text = STR_INIT(4096);

	if (b->line) {
		chart_short(&text, b->line->name, NAME_MAX);
		entry(c, "", text.s);
	}
	for (uint32_t l = 0; b->line && l < b->nlines; l++) {
		char style[80];

		str_reset(&text);
		chart_short(&text, b->line->level[l].name, NAME_MAX);
		if (b->line->level[l].alias)
			str_add(&text, " \xe2\x80\xa1");
		snprintf(style, sizeof(style), "with linespoints pt 7 ps 0.9 lc rgb '#%06x' ",
			chart_colour(l, b->nlines, b->line->numeric));
		entry(c, style, text.s);
	}
	if (b->some_queued) {
		entry(c, "", " ");
		entry(c, "with points pt 6 ps 1.2 lw 1.6 lc rgb '" CHART_INK "' ",
			"queue: the server");
		str_reset(&text);
		if (b->lo == b->hi)
			str_addf(&text, "decodes %.0f at a time", b->lo);
		else
			str_addf(&text, "decodes %.0f to %.0f at a time", b->lo, b->hi);
		entry(c, "", text.s);
	}
	str_release(&text);
}

static void draw_part(const struct bursts *b, struct chart *c, enum part part, uint32_t row)
{
	double top = TOP + row * (PANEL + GAP), lo = INFINITY, hi = 0;
	bool last = row + 1u == (uint32_t)(b->has[0] + b->has[1] + b->has[2]), is_log;

	for (uint32_t i = 0; i < b->nlines * b->nlevels; i++) {
		const struct chart_value *v = &b->point[i].value[part];

		if (!isfinite(v->estimate))
			continue;
		lo = fmin(lo, v->estimate);
		hi = fmax(hi, isfinite(v->high) ? fmin(v->high, 3 * v->estimate) : v->estimate);
	}
	chart_box(c, LEFT, top, RIGHT, top + PANEL, parts[part].title);
	/* A wait grows without bounds and needs a scale for it; rates begin at 0. */
	if (part == PART_WAIT && hi > 8 * lo) {
		is_log = chart_range(c, "y", 0.08, &lo, &hi);
	} else {
		is_log = false;
		str_add(&c->gp, "unset logscale y\nset ytics norotate autofreq\nset yrange [0:");
		gnuplot_number(&c->gp, hi > 0 ? hi * 1.08 : 1);
		str_add(&c->gp, "]\n");
	}
	str_addf(&c->gp, "set ylabel '%s%s'\nset xrange [0.5:%u.5]\n", parts[part].label,
		is_log ? ", log scale" : "", b->nlevels);
	str_add(&c->gp, "set xtics norotate center font 'sans-serif,12' (");
	for (uint32_t l = 0; l < b->nlevels; l++) {
		gnuplot_text(&c->gp, b->along->level[l].name);
		str_addf(&c->gp, " %u%s", l + 1, l + 1 < b->nlevels ? ", " : ")\n");
	}
	if (last)
		str_addf(&c->gp, "set xlabel '%s'\n",
			strcmp(b->along->name, "rate") == 0
				? "requests sent per second (rate)"
				: "requests kept in flight (concurrency)");
	hatch(b, c, row == 0);
	plot_lines(b, c, part);
	if (row == 0)
		legend(b, c);
	str_add(&c->gp, "\nunset label\nunset object\nunset xlabel\nunset key\n");
}

static void draw(const struct bursts *b, struct chart *c)
{
	struct str below = STR_INIT(4096), second = STR_INIT(4096);
	uint32_t row = 0, rows = (uint32_t)(b->has[0] + b->has[1] + b->has[2]);
	char n[NUM_TEXT];

	c->height = (int)(TOP + rows * (PANEL + GAP) + 22);
	str_addf(&below, "Ramps left out. %sn = %s bursts.",
		b->bars ? (b->d->confidence > 0.96 ? "Bars: 97 % intervals. "
						   : "Bars: 95 % intervals. ")
			: "",
		num_text(n, b->bursts));
	str_addf(&second, "%s%s", b->averaged ? "Averaged over further factors. " : "",
		b->some_failed ? "Hatched: requests failed or were not sent." : "");
	chart_begin(c, below.s);
	if (second.len > 0)
		chart_label(c, 12, 60, "left", 12, CHART_GREY, second.s);
	str_release(&below);
	str_release(&second);
	str_addf(&c->gp,
		"set grid y lc rgb '" CHART_FAINT "' lw 0.7\nset bars 0.6\n"
		"set key at screen %.4f,%.4f left top Left reverse samplen 1.2 spacing 1.15 "
		"width 0 font 'sans-serif,12'\n",
		(RIGHT + 14.0) / CHART_WIDTH, 1 - (TOP - 6.0) / c->height);
	for (int k = 0; k < PARTS; k++) {
		if (b->has[k])
			draw_part(b, c, (enum part)k, row++);
	}
	chart_end(c);
}

/* ---- words ---- */

static void describe(const struct bursts *b, struct chart *c)
{
	const struct point *best = NULL;
	uint32_t at = 0;
	char text[NUM_TEXT];

	for (uint32_t i = 0; i < b->nlines * b->nlevels; i++) {
		const struct point *p = &b->point[i];

		if (isfinite(p->value[PART_SYSTEM].estimate) &&
			(!best ||
				p->value[PART_SYSTEM].estimate >
					best->value[PART_SYSTEM].estimate)) {
			best = p;
			at = i;
		}
	}
	str_addf(&c->alt, "System throughput%s and p95 of TTFT against %s%s%s.",
		b->has[PART_GOODPUT] ? ", goodput" : "", b->along->name,
		b->line ? ", a line for each level of " : "", b->line ? b->line->name : "");
	if (best)
		str_addf(&c->alt, " The highest system throughput is %s tok/s at %s %s%s%s%s%s.",
			chart_estimate(text, &best->value[PART_SYSTEM]), b->along->name,
			b->along->level[at % b->nlevels].name, b->line ? " and " : "",
			b->line ? b->line->name : "", b->line ? " " : "",
			b->line ? b->line->level[at / b->nlevels].name : "");
	str_addf(&c->caption,
		"System throughput is tokens a second of all requests together, between the "
		"ramps of a burst; bars are %s intervals over bursts. TTFT counts from %s.",
		chart_share(b->d),
		strcmp(b->along->name, "rate") == 0 ? "when a request was due" : "sending");
	if (b->some_queued)
		str_add(&c->caption,
			" Hollow points: more requests in flight than the server "
			"decodes at a time, the others wait their turn.");
	for (uint32_t l = 0; l < b->nlevels; l++)
		if (is_overload(b, l))
			str_addf(&c->caption, " %s %s is more than this server takes.",
				b->along->name, b->along->level[l].name);
	if (b->some_failed)
		str_add(&c->caption,
			" Hatched: requests failed or were not sent, and the "
			"figures are of those that were answered.");
	if (b->averaged)
		str_add(&c->caption,
			" Points are means over the cells that differ in further "
			"factors.");
}

void chart_bursts(const struct chart_data *d, struct chart *c)
{
	struct bursts b = {.d = d};

	if (fill(&b, c)) {
		str_addf(&c->title, "What the server makes of load, by %s", b.along->name);
		write_data(&b, c);
		draw(&b, c);
		describe(&b, c);
	}
	free(b.point);
}
