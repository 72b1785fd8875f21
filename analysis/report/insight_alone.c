/* insight_alone.c - figures that files tell and no rows are there for: a table for each quantity,
 * the best of each group on top. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define MOST_TABLES  6
#define MOST_ROWS    40
#define MOST_CELLS   13
#define MOST_REASON  200
#define MOST_REASONS 6 /* different ones below a table */

/* ---- words ---- */

/* Names of one table that are the same are told apart by where they stand. */
static const char *name_of(
	struct page *p, const struct insight_group *g, const struct insight_series *s)
{
	const char *name = page_quote(p, s->part);

	for (size_t i = 0; i < g->n; i++) {
		const struct insight_series *other = &p->in->series[g->first + i];

		if (other != s && strcmp(other->subject, s->subject) == 0)
			return page_fmt(p, "%s (%s)", name,
				s->places[0].file != other->places[0].file
					? page_file(p, s->places[0].file)
					: page_quote(
						  p, corpus_where(p->c, &s->places[0], &p->arena)));
	}
	return name;
}

const char *page_series_mean(struct page *p, const struct insight_series *s)
{
	return figures_estimate(&p->arena, s->mean, page_series_low(s), s->high, s->unit);
}

const char *page_series_ahead(struct page *p, const struct insight_series *s)
{
	bool is_time = s->better < 0;
	double ratio = is_time ? s->ratio : 1 / s->ratio;
	double low = is_time ? s->ratio_low : 1 / s->ratio_high;
	double high = is_time ? s->ratio_high : 1 / s->ratio_low;
	const char *words = is_time ? "as fast as" : "that of";

	if (!figures_has_range(low, high))
		return page_fmt(p, "%s times %s %s (told without spread)",
			figures_plain(&p->arena, ratio), words, page_quote(p, s->part));
	return page_fmt(p, "%s times %s %s (%s)", figures_value(&p->arena, ratio, low, high), words,
		page_quote(p, s->part), figures_range(&p->arena, low, high));
}

struct behind page_behind_series(struct page *p, const struct insight_series *s)
{
	struct behind b = page_behind_place(p, &s->places[0]);

	for (size_t i = 1; i < s->nplaces && b.n < DOC_MOST_PLACES; i++) {
		struct behind more = page_behind_place(p, &s->places[i]);
		struct doc_place *place = arena_alloc(&p->arena, b.n + 1, sizeof(*place));

		memcpy(place, b.place, b.n * sizeof(*place));
		place[b.n++] = more.place[0];
		b.place = place;
	}
	b.rows = s->nplaces;
	b.noun = "row";
	return b;
}

/* ---- one table ---- */

/* Columns that nobody tells are left out. */
struct columns {
	bool n, mean, interval, ends, p50, p95, p99, ratio;
};

static struct columns columns_of(const struct insight_series *s, size_t n)
{
	struct columns c = {0};

	for (size_t i = 0; i < n; i++) {
		c.n = c.n || s[i].n > 0;
		c.mean = c.mean || isfinite(s[i].mean) || s[i].failed;
		c.interval = c.interval || figures_has_range(s[i].low, s[i].high);
		c.ends = c.ends || isfinite(s[i].min) || isfinite(s[i].max);
		c.p50 = c.p50 || isfinite(s[i].p50);
		c.p95 = c.p95 || isfinite(s[i].p95);
		c.p99 = c.p99 || isfinite(s[i].p99);
		c.ratio = c.ratio || isfinite(s[i].ratio);
	}
	return c;
}

static void begin_table(struct page *p, const struct insight_series *s, const struct columns *c)
{
	const char *head[MOST_CELLS];
	enum doc_align align[MOST_CELLS];
	size_t n = 0;

	head[n++] = "Of";
	head[n++] = "Subject";
	if (c->n)
		head[n++] = "n";
	if (c->mean)
		head[n++] = "Mean \xc2\xb1 sd";
	if (c->interval)
		head[n++] = "95 % of the mean";
	if (c->ratio)
		head[n++] = "Times the best";
	if (c->ends)
		head[n++] = "Least to most";
	if (c->p50)
		head[n++] = "p50";
	if (c->p95)
		head[n++] = "p95";
	if (c->p99)
		head[n++] = "p99";
	for (size_t i = 0; i < n; i++)
		align[i] = i < 2 ? DOC_LEFT : DOC_RIGHT;
	doc_table(p->doc,
		page_fmt(p, "%s%s%s as told%s", page_quote(p, s->label), s->unit[0] ? ", " : "",
			s->unit[0] ? page_fmt(p, "%s,", page_quote(p, s->unit)) : "",
			s->better > 0           ? " (higher is better)"
				: s->better < 0 ? " (lower is better)"
						: ""),
		n, head, align);
}

static const char *mean_cell(struct page *p, const struct insight_series *s)
{
	if (s->failed)
		return "failed";
	if (!isfinite(s->sd) || !isfinite(s->mean))
		return figures_plain(&p->arena, s->mean);
	if (!figures_has_range(s->low, s->high))
		return page_fmt(p, "%s \xc2\xb1 %s", figures_plain(&p->arena, s->mean),
			figures_rough(&p->arena, s->sd));
	return page_fmt(p, "%s \xc2\xb1 %s",
		figures_value(&p->arena, s->mean, page_series_low(s), s->high),
		figures_rough(&p->arena, s->sd));
}

static const char *ratio_cell(
	struct page *p, const struct insight_group *g, const struct insight_series *s)
{
	const char *value;

	if (s == &p->in->series[g->first] && g->compared)
		return "the best";
	if (!isfinite(s->ratio))
		return NOT_GIVEN;
	value = figures_value(&p->arena, s->ratio, s->ratio_low, s->ratio_high);
	if (!figures_has_range(s->ratio_low, s->ratio_high))
		return value;
	return page_fmt(p, "%s (%s)", value, figures_range(&p->arena, s->ratio_low, s->ratio_high));
}

static void add_row(struct page *p, const struct insight_group *g, const struct insight_series *s,
	const struct columns *c)
{
	struct behind behind = page_behind_series(p, s);
	const char *cells[MOST_CELLS];
	char text[NUM_TEXT];
	size_t n = 0;

	cells[n++] = page_quote(p, g->name);
	cells[n++] = name_of(p, g, s);
	if (c->n)
		cells[n++] = s->n ? page_fmt(p, "%s", num_group(text, (int64_t)s->n)) : NOT_GIVEN;
	if (c->mean)
		cells[n++] = mean_cell(p, s);
	if (c->interval)
		cells[n++] = figures_range(&p->arena, page_series_low(s), s->high);
	if (c->ratio)
		cells[n++] = ratio_cell(p, g, s);
	if (c->ends)
		cells[n++] = isfinite(s->min) || isfinite(s->max)
			? page_fmt(p, "%s to %s", figures_plain(&p->arena, s->min),
				  figures_plain(&p->arena, s->max))
			: NOT_GIVEN;
	if (c->p50)
		cells[n++] = figures_plain(&p->arena, s->p50);
	if (c->p95)
		cells[n++] = figures_plain(&p->arena, s->p95);
	if (c->p99)
		cells[n++] = figures_plain(&p->arena, s->p99);
	doc_table_row_of(p->doc, cells, page_evidence(p, &behind));
}

static const char *reason_of(const struct insight_series *s)
{
	return s->failure && s->failure[0] ? s->failure : "no reason is told";
}

/* In quotation marks, since names have commas; each once. */
static size_t keep_name(struct page *p, const char **names, size_t n, const char *name)
{
	const char *text = page_fmt(p, "\"%s\"", name);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], text) == 0)
			return n;
	names[n] = text;
	return n + 1;
}

/* Why some failed, each reason once. */
static void say_failures(struct page *p, const struct insight_series *s, size_t n)
{
	const char *said[MOST_REASONS];
	size_t k = 0;

	for (size_t i = 0; i < n && k < MOST_REASONS; i++) {
		const char **names;
		size_t found = 0;
		bool known = false;

		for (size_t j = 0; j < k; j++)
			known = known || strcmp(said[j], reason_of(&s[i])) == 0;
		if (!s[i].failed || known)
			continue;
		said[k++] = reason_of(&s[i]);
		names = arena_alloc(&p->arena, n, sizeof(*names));
		for (size_t j = i; j < n; j++)
			if (s[j].failed && strcmp(reason_of(&s[j]), said[k - 1]) == 0)
				found = keep_name(p, names, found, s[j].subject);
		doc_item(p->doc, "Failed:",
			page_fmt(p, "%s: %s", page_names(p, names, found, 4),
				page_quote(p, page_cut(p, said[k - 1], MOST_REASON))),
			0);
	}
}

/* Groups from..to are of one quantity. */
static void write_table(struct page *p, size_t from, size_t to)
{
	const struct insight_group *g = &p->in->groups[from], *last = &p->in->groups[to - 1];
	const struct insight_series *s = &p->in->series[g->first];
	size_t all = last->first + last->n - g->first, shown = 0;
	size_t most = all < MOST_ROWS ? all : MOST_ROWS;
	struct columns c = columns_of(s, most);

	begin_table(p, s, &c);
	for (; shown < most; g++)
		for (size_t i = 0; i < g->n && shown < most; i++, shown++)
			add_row(p, g, &p->in->series[g->first + i], &c);
	say_failures(p, s, shown);
	if (shown < all)
		doc_para(p->doc,
			page_fmt(p, "And %s: tables/told_series.csv has all of them.",
				page_count(p, all - shown, "more row")),
			0);
}

/* ---- all of them ---- */

static size_t same_quantity(const struct insight *in, size_t from)
{
	const struct insight_series *s = &in->series[in->groups[from].first];
	size_t to = from + 1;

	for (; to < in->ngroups; to++) {
		const struct insight_series *t = &in->series[in->groups[to].first];

		if (strcmp(s->quantity, t->quantity) != 0 || strcmp(s->unit, t->unit) != 0)
			break;
	}
	return to;
}

/* Quantities with a comparison that has an interval come first, then those with any. */
#define ROUNDS 3
static int round_of(const struct insight *in, size_t group)
{
	const struct insight_group *g = &in->groups[group];

	return !g->compared ? 2 : !isfinite(in->series[g->first].low);
}

void page_alone(struct page *p)
{
	const struct insight *in = p->in;
	size_t tables = 0, left = 0, failed = 0;

	if (in->nseries == 0)
		return;
	for (size_t i = 0; i < in->nseries; i++)
		failed += in->series[i].failed;
	doc_subsection(p->doc, "Figures that files tell, without rows behind them");
	doc_para(p->doc,
		page_fmt(p,
			"Nobody can check %s: %s told, with no single measurement behind %s. "
			"A series that several files repeat stands here once%s. Intervals are by "
			"Student's t from the n and the sd that are told.",
			in->nseries == 1 ? "this" : "these",
			in->nseries == 1 ? "a mean is" : "only means are",
			in->nseries == 1 ? "it" : "them",
			failed ? "; why some failed stands below" : ""),
		0);
	if (!p->picture || strcmp(p->picture, "series-told") != 0)
		page_chart(p, "series-told");
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t from = 0, to; from < in->ngroups; from = to) {
			to = same_quantity(in, from);
			if (round_of(in, from) != round)
				continue;
			if (tables++ < MOST_TABLES)
				write_table(p, from, to);
			else
				left++;
		}
	}
	if (left)
		doc_para(p->doc,
			page_fmt(p, "And %s: tables/told_series.csv has all of them.",
				wording_count(&p->arena, left, "more quantity", "more quantities")),
			0);
}
