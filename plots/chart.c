/* chart.c - what all pictures share. */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gnuplot.h"
#include "num.h"

#define TEXT_MAX ((size_t)64 << 10)
#define DATA_MAX ((size_t)64 << 20)
#define LOG_FROM 8.0 /* ratio between the ends from which an axis is logarithmic */

void chart_init(struct chart *c, const char *name)
{
	*c = (struct chart){.name = name,
		.title = STR_INIT(TEXT_MAX),
		.alt = STR_INIT(TEXT_MAX),
		.caption = STR_INIT(TEXT_MAX),
		.gp = STR_INIT(DATA_MAX),
		.dat = STR_INIT(DATA_MAX),
		.why = STR_INIT(TEXT_MAX)};
}

void chart_release(struct chart *c)
{
	str_release(&c->title);
	str_release(&c->alt);
	str_release(&c->caption);
	str_release(&c->gp);
	str_release(&c->dat);
	str_release(&c->why);
}

/* ---- the frame of a script ---- */

static void stamp(struct chart *c)
{
	if (!c->simulated)
		return;
	chart_label(
		c, CHART_WIDTH - 12, 20, "right", 13, "#b00020", "SIMULATED: not a measurement");
}

void chart_begin(struct chart *c, const char *below_title)
{
	str_addf(&c->gp,
		"# Run it in this folder: gnuplot %s.gp\n"
		"set encoding utf8\n"
		"set datafile separator tab\n"
		"if (!exists('out')) out = '%s'\n"
		"do for [kind in 'svg png'] {\n"
		"if (kind eq 'svg') {\n"
		"set terminal svg size %d,%d noenhanced font 'sans-serif,13' background '#ffffff'\n"
		"} else {\n"
		"set terminal pngcairo size %d,%d noenhanced font 'sans-serif,13' fontscale 1.5 "
		"linewidth 2 pointscale 2 background '#ffffff'\n"
		"}\n"
		"set output out.'.'.kind\n"
		"set border 3 lc rgb '" CHART_GREY "'\n"
		"set tics nomirror out scale 0.5 textcolor rgb '" CHART_INK "'\n"
		"set format '%%.6g'\n"
		"unset key\n"
		"unset colorbox\n"
		"set multiplot\n",
		c->name, c->name, CHART_WIDTH, c->height, 2 * CHART_WIDTH, 2 * c->height);
	chart_label(c, 12, 20, "left", 16, CHART_INK, c->title.s);
	chart_label(c, 12, 43, "left", 12, CHART_GREY, below_title);
	stamp(c);
	if (c->model) {
		struct str model = STR_INIT(TEXT_MAX);

		chart_short(&model, c->model, 28);
		chart_label(c, CHART_WIDTH - 12, 43, "right", 12, CHART_GREY, model.s);
		str_release(&model);
	}
}

void chart_end(struct chart *c)
{
	str_add(&c->gp, "unset multiplot\nunset output\nreset\n}\n");
}

void chart_label(struct chart *c, double x, double y, const char *align, int size,
	const char *colour, const char *text)
{
	str_add(&c->gp, "set label ");
	gnuplot_text(&c->gp, text);
	str_addf(&c->gp, " at screen %.4f,%.4f %s front font 'sans-serif,%d' tc rgb '%s'\n",
		x / CHART_WIDTH, 1 - y / c->height, align, size, colour);
}

void chart_box(struct chart *c, double x0, double y0, double x1, double y1, const char *title)
{
	str_addf(&c->gp,
		"set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
		"set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
		x0 / CHART_WIDTH, x1 / CHART_WIDTH, 1 - y0 / c->height, 1 - y1 / c->height);
	if (title)
		chart_label(c, x0, y0 - 12, "left", 13, CHART_INK, title);
}

/* ---- axes ---- */

#define TICS_SIZE  12
#define TICS_LINE  20
#define NAME_MAX_Y 26 /* longest name shown, in characters */
#define NAME_MAX_X 16

static void tic_name(struct str *out, const struct chart_level *l, size_t max)
{
	chart_short(out, l->name, max);
	if (l->alias)
		str_add(out, " \xe2\x80\xa1"); /* a double dagger */
}

static double widest_tic(const struct chart_factor *f, size_t max)
{
	double widest = 0;

	for (uint32_t l = 0; l < f->nlevels; l++) {
		struct str name = STR_INIT(TEXT_MAX);

		tic_name(&name, &f->level[l], max);
		widest = fmax(widest, chart_text_width(name.s, TICS_SIZE));
		str_release(&name);
	}
	return widest;
}

/* The text of a tic is a format to gnuplot: "80%" has to be written "80%%". */
static void tic_text(struct str *gp, const char *name)
{
	struct str text = STR_INIT(2 * TEXT_MAX);

	for (; *name; name++) {
		if (*name == '%')
			str_addc(&text, '%');
		str_addc(&text, *name);
	}
	gnuplot_text(gp, text.s);
	str_release(&text);
}

int chart_level_tics(struct chart *c, char axis, const struct chart_factor *f, double room)
{
	size_t max = axis == 'x' ? NAME_MAX_X : NAME_MAX_Y;
	double width = widest_tic(f, max);
	bool turn = axis == 'x' && width + 8 > room;

	str_addf(&c->gp, "set %ctics%s font 'sans-serif,%d' (", axis,
		turn                  ? " rotate by 40 right"
			: axis == 'x' ? " norotate center"
				      : "",
		TICS_SIZE);
	for (uint32_t l = 0; l < f->nlevels; l++) {
		struct str name = STR_INIT(TEXT_MAX);

		tic_name(&name, &f->level[l], max);
		tic_text(&c->gp, name.s);
		str_addf(&c->gp, " %u%s", l, l + 1 < f->nlevels ? ", " : ")\n");
		str_release(&name);
	}
	if (axis == 'y')
		return (int)width + 8;
	return turn ? (int)(width * 0.65) + TICS_LINE : TICS_LINE;
}

/* Tics at 1, 2 and 5 times the powers of ten: three decades at most have room for all three. */
static void log_tics(struct chart *c, const char *axis, double lo, double hi)
{
	static const double of_decade[] = {1, 2, 5};
	bool all = hi / lo < 1200;
	const char *between = "";
	char text[NUM_TEXT];

	str_addf(&c->gp, "set logscale %s\nset %stics norotate (", axis, axis);
	for (int decade = (int)floor(log10(lo)); decade <= (int)ceil(log10(hi)); decade++) {
		for (size_t i = 0; i < (all ? 3 : 1); i++) {
			double x = of_decade[i] * pow(10, decade);

			if (x < lo || x > hi)
				continue;
			str_addf(&c->gp, "%s%s", between, num_sig(text, x, 1));
			between = ", ";
		}
	}
	str_add(&c->gp, ")\n");
}

bool chart_range(struct chart *c, const char *axis, double air, double *lo, double *hi)
{
	bool is_log = *lo > 0 && *hi / *lo > LOG_FROM;

	if (is_log) {
		double by = pow(*hi / *lo, air);

		*lo /= by;
		*hi *= by;
		log_tics(c, axis, *lo, *hi);
	} else { /* a little even where all values are the same */
		double by = fmax((*hi - *lo) * air, *hi > *lo ? 0 : fabs(*hi) * 0.01);

		*lo -= by;
		*hi += by;
		str_addf(&c->gp, "unset logscale %s\nset %stics norotate autofreq\n", axis, axis);
	}
	str_addf(&c->gp, "set %srange [", axis);
	gnuplot_number(&c->gp, *lo);
	str_addc(&c->gp, ':');
	gnuplot_number(&c->gp, *hi);
	str_add(&c->gp, "]\n");
	return is_log;
}

/* ---- words and numbers ---- */

/* Bytes of the first `chars` characters. */
static size_t prefix(const char *s, size_t chars)
{
	size_t at = 0;

	while (s[at] && chars > 0) {
		at++;
		while (((unsigned char)s[at] & 0xc0) == 0x80)
			at++;
		chars--;
	}
	return at;
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

double chart_text_width(const char *text, int size)
{
	return (double)characters(text) * size * 0.6;
}

void chart_short(struct str *out, const char *name, size_t max)
{
	size_t n = characters(name);
	size_t head = (max - 1) / 2;

	if (n <= max) {
		str_add(out, name);
		return;
	}
	str_addn(out, name, prefix(name, head));
	str_add(out, "\xe2\x80\xa6"); /* an ellipsis */
	str_add(out, name + prefix(name, n - (max - 1 - head)));
}

const char *chart_estimate(char dst[40], const struct chart_value *v)
{
	double half = (v->high - v->low) / 2;
	double size = floor(log10(fabs(v->estimate)));
	int most = fabs(v->estimate) / pow(10, size) < 2 ? 4 : 3; /* steps of half a percent */
	int digits = 3;

	if (half > 0) {
		double place = floor(log10(half)) - (half / pow(10, floor(log10(half))) < 3.55);

		digits = (int)(size - place) + 1;
	}
	return num_sig(dst, v->estimate, digits < 1 ? 1 : digits > most ? most : digits);
}

void chart_cell_n(const struct chart_data *d, struct str *out)
{
	double lo = INFINITY, hi = 0;
	char a[NUM_TEXT], b[NUM_TEXT];

	for (uint32_t i = 0; i < d->ncells; i++) {
		lo = fmin(lo, d->cells[i].n);
		hi = fmax(hi, d->cells[i].n);
	}
	num_text(a, lo);
	num_text(b, hi);
	if (lo == hi)
		str_addf(out, "n = %s request%s per cell", a, chart_plural(lo));
	else
		str_addf(out, "n = %s to %s requests per cell", a, b);
}

const char *chart_share(const struct chart_data *d)
{
	return d->confidence > 0.96 ? "97 %" : "95 %";
}

const char *chart_plural(double n)
{
	return n == 1 ? "" : "s";
}

/* ---- colours ---- */

/* viridis at 0, 1/8, ... 1 */
static const unsigned viridis[] = {
	0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725};
#define VIRIDIS_STEPS (COUNTOF(viridis) - 1)

/* Okabe and Ito, without yellow, which white swallows. */
static const unsigned names[] = {
	0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000};

static double channel(unsigned rgb, int shift)
{
	return (rgb >> shift) & 0xff;
}

static unsigned viridis_at(double t)
{
	double at = fmin(fmax(t, 0), 1) * VIRIDIS_STEPS;
	size_t i = at < VIRIDIS_STEPS ? (size_t)at : VIRIDIS_STEPS - 1;
	double f = at - (double)i;
	unsigned rgb = 0;

	for (int shift = 0; shift <= 16; shift += 8) {
		double mix =
			channel(viridis[i], shift) * (1 - f) + channel(viridis[i + 1], shift) * f;

		rgb |= (unsigned)(mix + 0.5) << shift;
	}
	return rgb;
}

unsigned chart_colour(uint32_t i, uint32_t n, bool ordered)
{
	/* The brightest sixth of viridis is too pale for a point on white. */
	double t = n > 1 ? 0.84 * i / (n - 1) : 0;

	return ordered || n > COUNTOF(names) ? viridis_at(t) : names[i];
}

void chart_palette(struct chart *c, bool bright_is_low)
{
	str_add(&c->gp, "set palette defined (");
	for (size_t i = 0; i <= VIRIDIS_STEPS; i++)
		str_addf(&c->gp, "%s%zu '#%06x'", i ? ", " : "", i,
			viridis[bright_is_low ? VIRIDIS_STEPS - i : i]);
	str_add(&c->gp, ")\n");
}

const char *chart_ink_on(double t)
{
	unsigned rgb = viridis_at(t);
	double luminance = 0;
	static const double weight[] = {0.0722, 0.7152, 0.2126}; /* blue, green, red */

	for (int i = 0; i < 3; i++)
		luminance += weight[i] * pow(channel(rgb, 8 * i) / 255, 2.2);
	/* White on it against black on it, by the WCAG contrast ratio. */
	return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "16777215" : "0";
}
