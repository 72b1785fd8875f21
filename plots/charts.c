/* charts.c - all charts of a run directory, and their index.
 *
 * A chart that is left out also loses the files an earlier run left for it, so that the folder
 * holds what the index names. */
#include "charts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bug.h"
#include "chart.h"
#include "chart_data.h"
#include "fsx.h"
#include "gnuplot.h"
#include "jsonx.h"

enum { CHARTS = 7, SERIES = 5, MOST = CHARTS };

struct folder {
	char *path;
	json_t *drawn, *left_out;
	struct err first; /* the first failure of gnuplot */
};

/* Of a corpus; returns how many. */
static int make_series(const struct chart_data *d, struct chart charts[MOST])
{
	static const char *const names[SERIES] = {"series-throughput", "series-ttft",
		"series-tradeoff", "series-latency", "series-told"};

	for (int i = 0; i < SERIES; i++) {
		chart_init(&charts[i], names[i]);
		charts[i].simulated = d->simulated;
	}
	chart_series(d, "throughput", &charts[0]);
	chart_series_loads(d, &charts[1]);
	chart_series_tradeoff(d, &charts[2]);
	if (charts[0].why.len == 0 || charts[1].why.len == 0)
		str_add(&charts[3].why, "throughput or TTFT is drawn, which says more");
	else
		chart_series(d, "latency", &charts[3]);
	chart_series_told(d, &charts[4]);
	return SERIES;
}

/* Of a run, or of a corpus; returns how many. */
static int make_all(const struct chart_data *d, struct chart charts[MOST])
{
	static const char *const names[CHARTS] = {"ttft-throughput", "main-effects-throughput",
		"main-effects-ttft", "heatmap-throughput", "heatmap-ttft", "run-order", "bursts"};

	if (d->is_corpus)
		return make_series(d, charts);
	for (int i = 0; i < CHARTS; i++) {
		chart_init(&charts[i], names[i]);
		charts[i].simulated = d->simulated;
		charts[i].model = d->model;
		if (d->ncells == 0)
			str_add(&charts[i].why, "no request was measured yet");
	}
	if (d->ncells == 0)
		return CHARTS;
	chart_tradeoff(d, &charts[0]);
	chart_effects(d, CHART_THROUGHPUT, &charts[1]);
	chart_effects(d, CHART_TTFT, &charts[2]);
	chart_heatmap(d, CHART_THROUGHPUT, &charts[3]);
	chart_heatmap(d, CHART_TTFT, &charts[4]);
	chart_order(d, &charts[5]);
	chart_bursts(d, &charts[6]);
	return CHARTS;
}

static void remove_old(const struct folder *f, const char *name, bool scripts_too)
{
	static const char *const ext[] = {"svg", "png", "gp", "dat"};

	for (size_t i = 0; i < (scripts_too ? 4 : 2); i++) {
		char *path = xasprintf("%s/%s.%s", f->path, name, ext[i]);

		unlink(path);
		free(path);
	}
}

static int write_part(const struct folder *f, const char *name, const char *ext,
	const struct str *text, struct err *e)
{
	char *path = xasprintf("%s/%s.%s", f->path, name, ext);
	int failed = text->overflowed ? err_set(e, ERR_ENV, "%s: larger than a chart may be", path)
				      : fsx_put(path, text->s, text->len, e);

	free(path);
	return failed;
}

static void leave_out(struct folder *f, const char *name, const char *why)
{
	json_array_append_new(f->left_out, json_pack("{s:s, s:s}", "name", name, "why", why));
}

/* A text of the index; jansson takes valid UTF-8 only. */
static json_t *index_text(const struct str *text)
{
	json_t *s = json_stringn(text->s, text->len);

	return s ? s : json_string("(not valid UTF-8)");
}

static void add_to_index(struct folder *f, const struct chart *c)
{
	json_array_append_new(f->drawn,
		json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", c->name, "title",
			index_text(&c->title), "alt", index_text(&c->alt), "caption",
			index_text(&c->caption), "n", jsonx_number(c->n)));
}

/* -1 only where a file cannot be written; a failing gnuplot is remembered. */
static int draw_one(struct folder *f, const struct chart *c, struct err *e)
{
	struct err why = ERR_INIT;

	remove_old(f, c->name, c->why.len > 0);
	if (c->why.len > 0) {
		leave_out(f, c->name, c->why.s);
		return 0;
	}
	if (write_part(f, c->name, "dat", &c->dat, e) || write_part(f, c->name, "gp", &c->gp, e))
		return -1;
	if (gnuplot_run(f->path, c->name, &why) == 0) {
		add_to_index(f, c);
		return 0;
	}
	leave_out(f, c->name, why.msg);
	if (f->first.code == ERR_NONE)
		f->first = why;
	return 0;
}

static int write_index(const struct folder *f, struct err *e)
{
	json_t *index = json_pack(
		"{s:i, s:O, s:O}", "schema", 1, "charts", f->drawn, "left_out", f->left_out);
	struct str text = STR_INIT(STR_MAX_LINE);
	int failed;

	jsonx_dump(&text, index, 2, false);
	str_addc(&text, '\n');
	failed = write_part(f, "index", "json", &text, e);
	str_release(&text);
	json_decref(index);
	return failed;
}

static int draw_all(struct folder *f, const struct chart *charts, int n, struct err *e)
{
	if (fsx_mkdirs(f->path, e))
		return -1;
	for (int i = 0; i < n; i++)
		if (draw_one(f, &charts[i], e))
			return -1;
	if (write_index(f, e))
		return -1;
	if (f->first.code != ERR_NONE) {
		if (e)
			*e = f->first;
		return -1;
	}
	return 0;
}

int charts_draw(const char *dir, struct err *e)
{
	struct chart_data d;
	struct chart charts[MOST];
	struct folder f = {.first = ERR_INIT};
	int failed, n;

	if (chart_data_load(&d, dir, e))
		return -1;
	f.path = fsx_join(dir, "charts");
	f.drawn = json_array();
	f.left_out = json_array();
	n = make_all(&d, charts);
	failed = draw_all(&f, charts, n, e);
	for (int i = 0; i < n; i++)
		chart_release(&charts[i]);
	json_decref(f.drawn);
	json_decref(f.left_out);
	free(f.path);
	chart_data_release(&d);
	return failed;
}
