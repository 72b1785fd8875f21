/* insight_performance.c - the figures of each subject, a table for each quantity. */
#include "insight_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define MOST_TABLES 8
#define COLUMNS     10

struct quantity {
	const struct corpus_measure *of; /* of the first subject that has it */
	uint32_t subjects;
};

struct list {
	struct quantity *v;
	size_t n, cap;
};

/* ---- which quantities ---- */

static void add_quantity(struct page *p, struct list *all, const struct corpus_measure *m)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].of->quantity, m->quantity) == 0) {
			all->v[i].subjects++;
			return;
		}
	if (all->n == all->cap) {
		size_t cap = all->cap ? 2 * all->cap : 16;
		struct quantity *v = arena_alloc(&p->arena, cap, sizeof(*v));

		if (all->n)
			memcpy(v, all->v, all->n * sizeof(*v));
		all->v = v;
		all->cap = cap;
	}
	all->v[all->n++] = (struct quantity){m, 1};
}

/* By use, then those that most subjects have. */
static int by_use(const void *a, const void *b)
{
	const struct quantity *x = a, *y = b;
	int order = insight_use_order(x->of->quantity, y->of->quantity);

	if (order)
		return order;
	if (x->subjects != y->subjects)
		return x->subjects > y->subjects ? -1 : 1;
	return strcmp(x->of->quantity, y->of->quantity);
}

static struct list quantities_of(struct page *p)
{
	struct list all = {0};

	for (size_t s = 0; s < p->c->nsubjects; s++)
		for (size_t m = 0; m < p->c->subjects[s].nmeasures; m++)
			add_quantity(p, &all, &p->c->subjects[s].measures[m]);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_use);
	return all;
}

/* ---- one table ---- */

/* Columns that a table may leave out, and why. */
struct shape {
	const char *quantity, *unit;
	bool loads; /* cold rows, and means with them */
	bool failed, interval, p95, p99;
};

static struct shape shape_of(struct page *p, const struct quantity *q, const uint32_t *s, size_t n)
{
	struct shape shape = {.quantity = q->of->quantity, .unit = q->of->unit};

	for (size_t i = 0; i < n; i++) {
		const struct corpus_subject *of = &p->c->subjects[s[i]];
		const struct insight_measure *m = insight_measure(p->in, s[i], shape.quantity);
		const struct insight_stat *w = &m->warm;

		shape.loads = shape.loads || (of->load_known && of->cold > 0);
		shape.failed = shape.failed || of->failed > 0;
		shape.interval = shape.interval || figures_has_range(w->low, w->high);
		shape.p95 = shape.p95 || isfinite(w->p95);
		shape.p99 = shape.p99 || isfinite(w->p99);
	}
	return shape;
}

static void begin_table(struct page *p, const struct quantity *q, const struct shape *shape)
{
	const char *head[COLUMNS];
	enum doc_align align[COLUMNS];
	size_t n = 0;
	const char *warm = shape->loads ? ", warm" : "";

	head[n++] = "Subject";
	head[n++] = "n";
	if (shape->failed)
		head[n++] = "Failed";
	if (shape->loads)
		head[n++] = "Cold";
	head[n++] = page_fmt(p, "Mean%s%s", shape->interval ? " \xc2\xb1 sd" : "", warm);
	if (shape->interval)
		head[n++] = page_fmt(p, "95 %% of the mean%s", warm);
	if (shape->loads)
		head[n++] = "Mean, all";
	head[n++] = page_fmt(p, "p50%s", warm);
	if (shape->p95)
		head[n++] = page_fmt(p, "p95%s", warm);
	if (shape->p99)
		head[n++] = page_fmt(p, "p99%s", warm);
	for (size_t i = 0; i < n; i++)
		align[i] = i == 0 ? DOC_LEFT : DOC_RIGHT;
	doc_table(p->doc,
		page_fmt(p, "%s%s%s%s", page_quote(p, q->of->label), shape->unit[0] ? ", " : "",
			shape->unit[0] ? page_quote(p, shape->unit) : "",
			q->of->better > 0           ? " (higher is better)"
				: q->of->better < 0 ? " (lower is better)"
						    : ""),
		n, head, align);
}

/* The spread has the decimals of the mean. */
static const char *mean_sd(struct page *p, const struct insight_stat *w)
{
	int places;

	if (!isfinite(w->mean))
		return NOT_GIVEN;
	if (!isfinite(w->sd) || !figures_has_range(w->low, w->high))
		return figures_plain(&p->arena, w->mean);
	places = figures_decimals(w->mean, page_low(w), w->high);
	return page_fmt(p, "%s \xc2\xb1 %s", figures_fixed(&p->arena, w->mean, places),
		w->sd < pow(10, -places) ? figures_rough(&p->arena, w->sd)
					 : figures_fixed(&p->arena, w->sd, places));
}

static const char *number(struct page *p, uint64_t n)
{
	char text[NUM_TEXT];

	return page_fmt(p, "%s", num_group(text, (int64_t)n));
}

static void add_row(struct page *p, uint32_t subject, const struct shape *shape)
{
	const struct corpus_subject *of = &p->c->subjects[subject];
	const struct insight_measure *m = insight_measure(p->in, subject, shape->quantity);
	struct behind behind = page_behind_subject(p, subject);
	const char *cells[COLUMNS];
	size_t n = 0;

	cells[n++] = page_subject(p, subject);
	cells[n++] = number(p, m->all.n);
	if (shape->failed)
		cells[n++] = number(p, of->failed);
	if (shape->loads)
		cells[n++] = of->load_known ? number(p, m->all.n - m->warm.n) : NOT_GIVEN;
	cells[n++] = mean_sd(p, &m->warm);
	if (shape->interval)
		cells[n++] = figures_range(&p->arena, page_low(&m->warm), m->warm.high);
	if (shape->loads)
		cells[n++] = page_lone_mean(p, &m->all);
	cells[n++] = figures_plain(&p->arena, m->warm.p50);
	if (shape->p95)
		cells[n++] = figures_plain(&p->arena, m->warm.p95);
	if (shape->p99)
		cells[n++] = figures_plain(&p->arena, m->warm.p99);
	doc_table_row_of(p->doc, cells, page_evidence(p, &behind));
}

static void write_table(struct page *p, const struct quantity *q)
{
	size_t n;
	uint32_t *ranked = page_ranked(p, q->of->quantity, &n);
	size_t shown = n < PAGE_MOST_ROWS ? n : PAGE_MOST_ROWS;
	struct shape shape;

	if (n == 0)
		return;
	shape = shape_of(p, q, ranked, shown);
	begin_table(p, q, &shape);
	for (size_t i = 0; i < shown; i++)
		add_row(p, ranked[i], &shape);
	page_more(p, shown, n, "subject");
}

/* ---- who has no figure ---- */

/* All of its rows failed, or paid for a load. */
static void say_without(struct page *p)
{
	const char **names = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*names));
	uint32_t *ids = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*ids));
	struct behind behind;
	size_t n = 0;

	for (uint32_t s = 0; s < p->c->nsubjects; s++)
		if (p->c->subjects[s].rows == 0 && p->c->subjects[s].failed > 0) {
			ids[n] = s;
			names[n++] = p->c->subjects[s].name;
		}
	if (n == 0)
		return;
	behind = page_behind_subjects(p, ids, n);
	doc_para(p->doc,
		page_fmt(p, "Of %s every row failed: %s no figure, and no 0 in place of one.",
			page_names(p, names, n, 12), wording_verb(n, "it has", "they have")),
		page_evidence(p, &behind));
}

void page_performance(struct page *p)
{
	struct list all = quantities_of(p);
	size_t shown = all.n < MOST_TABLES ? all.n : MOST_TABLES;
	static const char *const pictures[] = {"series-ttft", "series-tradeoff", "series-latency"};
	bool any_known = false;

	doc_section(p->doc, "performance", "Performance");
	if (all.n == 0) {
		doc_para(p->doc,
			p->in->nseries
				? "No row of single measurements is there, so that there is "
				  "nothing to average: there are only figures that files tell."
				: "No row of single measurements is there, so that there is "
				  "nothing to average. What the files tell is below.",
			0);
		say_without(p);
		page_alone(p);
		return;
	}
	for (size_t i = 0; i < p->c->nsubjects; i++)
		any_known = any_known || p->c->subjects[i].load_known;
	doc_para(p->doc,
		page_fmt(p,
			"Failed rows and copies are in no figure. %s The 95 %% interval is that of "
			"the mean, by Student's t, as if rows were independent; one row has none. "
			"Where no value is below 0, an interval is shown from 0 on. "
			"A p95 needs 20 rows, a p99 needs 100: where there are fewer, it is "
			"withheld.",
			any_known ? "Warm rows did not pay for a load; where no load time is "
				    "given, rows cannot be told apart and all count as warm."
				  : "No file gives load times, so that rows that paid for a load "
				    "cannot be told from the others."),
		0);
	for (size_t i = 0; i < COUNTOF(pictures); i++)
		if (!p->picture || strcmp(p->picture, pictures[i]) != 0)
			page_chart(p, pictures[i]);
	for (size_t i = 0; i < shown; i++)
		write_table(p, &all.v[i]);
	page_more(p, shown, all.n, "measure");
	say_without(p);
	page_alone(p);
}
