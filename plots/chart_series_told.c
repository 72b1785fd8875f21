/* chart_series_told.c - what files only tell, no rows behind it: one group, the best on top, those
 * that failed hatched. */
#include <math.h>

#include "chart_series_parts.h"

#define TOLD_COLOUR "#009e73"

/* "their 95 % intervals"; where n is not told the spread itself. */
static const char *what_bars_are(const struct series *t)
{
	size_t sd = 0, intervals = 0;

	for (size_t i = 0; i < t->drawn; i++) {
		const struct series_row *r = &t->v[i];

		if (!r->m || isnan(r->m->warm.high))
			continue;
		sd += r->s->is_sd;
		intervals += !r->s->is_sd;
	}
	if (sd == 0)
		return "95 % intervals from the n and the standard deviation that are told";
	return intervals == 0 ? "one standard deviation to either side, since no n is told"
			      : "95 % intervals, or one standard deviation to either side where no "
				"n is told";
}

static void draw(struct chart *c)
{
	str_addf(&c->gp,
		"set bars 0.6\n"
		"plot '%s.dat' using 5:1:($6-$5):(0) with vectors nohead lw 1 lc rgb '#999999' "
		"notitle, \\\n"
		"'%s.dat' using 2:1:3:4 with xerrorbars pt 5 ps 0.9 lw 1.6 lc rgb '" TOLD_COLOUR
		"' notitle\nunset label\n",
		c->name, c->name);
}

void chart_series_told(const struct chart_data *d, struct chart *c)
{
	struct str below = STR_INIT(4096);
	struct series t;

	series_collect_of(d->told, d->ntold, "told", true, &t);
	t.told = true;
	if (!t.of) {
		str_add(&c->why,
			"no file tells a group of means with their spread and without "
			"rows");
		series_release(&t);
		return;
	}
	series_stretch_warm(&t);
	series_count_rows(&t, c, false);
	str_addf(&c->title, "%s of %s, as told", t.of->label, d->told_group);
	str_addf(&below, "%sNo rows are behind it. Bars: %s.", series_direction(t.of),
		what_bars_are(&t));
	series_begin(&t, c, &below, 0);
	draw(c);
	chart_end(c);
	series_describe(&t, c);
	str_addf(&c->caption,
		"Squares are means that files tell, with no single measurement behind them; bars "
		"are %s, from the least value on where they would reach below it; thin lines reach "
		"from the least to the most.",
		what_bars_are(&t));
	if (t.failed)
		str_addf(&c->caption, " Hatched: failed.");
	series_release(&t);
}
