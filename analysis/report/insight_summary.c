/* insight_summary.c - the first page: what this is about, three sentences and a picture, findings
 * by strength. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "num.h"
#include "wording.h"

#define STRONGEST     10 /* findings before the weaker ones */
#define MOST_FINDINGS 40
#define MOST_NAMES    3
#define SURE          0.05

static const char *const quantities[] = {INSIGHT_THROUGHPUT, INSIGHT_TTFT, INSIGHT_LATENCY};

/* ---- the line below the title ---- */

/* "28 CSV, 44 JSON and 29 Markdown" */
static const char *kinds(struct page *p)
{
	const char *parts[TREE_RUN + 1];
	char n[NUM_TEXT];
	size_t found = 0;

	for (int k = 0; k <= TREE_RUN; k++)
		if (p->c->by_kind[k] > 0)
			parts[found++] = page_fmt(p, "%s %s%s",
				num_group(n, (int64_t)p->c->by_kind[k]),
				k == TREE_RUN ? "run folder" : tree_kind_name((enum tree_kind)k),
				k == TREE_RUN && p->c->by_kind[k] != 1 ? "s" : "");
	return wording_list(&p->arena, parts, found, "and");
}

static uint64_t files_read(const struct page *p)
{
	uint64_t n = 0;

	for (int k = 0; k <= TREE_RUN; k++)
		n += p->c->by_kind[k];
	return n;
}

/* "2025-10-02 to 2025-10-08"; NULL without readable time stamps. */
static const char *dates(struct page *p)
{
	const struct corpus_span *span = &p->c->span;
	char first[32], last[32];

	/* What is outside of these years has not been measured. */
	if (!(span->first_s > 0) || !(span->last_s < 7e9))
		return NULL;
	clock_date(first, (ns)(span->first_s * 1e9));
	clock_date(last, (ns)(span->last_s * 1e9));
	return strcmp(first, last) == 0 ? page_fmt(p, "%s", first)
					: page_fmt(p, "%s to %s", first, last);
}

/* Different models among the subjects, whose names are in order. */
static size_t count_models(const struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->c->nsubjects; i++) {
		const char *model = p->c->subjects[i].model;
		bool known = false;

		/* Far back it would take long; that many are all different. */
		for (size_t k = i > 100 ? i - 100 : 0; model && k < i && !known; k++)
			known = p->c->subjects[k].model &&
				strcmp(p->c->subjects[k].model, model) == 0;
		n += model && !known;
	}
	return n;
}

void page_lead(struct page *p)
{
	const char *parts[4];
	char size[NUM_TEXT];
	size_t n = 0, models = count_models(p);
	const char *when = dates(p);
	struct str text = STR_INIT(STR_MAX_LINE);

	parts[n++] = page_fmt(p, "%s (%s)", page_count(p, files_read(p), "file"), kinds(p));
	parts[n++] = page_fmt(p, "%s", num_bytes(size, (double)p->c->bytes));
	if (models > 0)
		parts[n++] = page_count(p, models, "model");
	if (when)
		parts[n++] = when;
	for (size_t i = 0; i < n; i++)
		str_addf(&text, "%s%s", i ? " \xc2\xb7 " : "", parts[i]);
	doc_lead(p->doc, text.s);
	str_release(&text);
}

/* ---- first sentence: what was read ---- */

static uint64_t rows_that_count(const struct page *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->c->nsubjects; i++)
		n += p->c->subjects[i].rows;
	return n;
}

const char *page_what_was_read(struct page *p)
{
	uint64_t counted = rows_that_count(p), copies = p->c->copies, failed = p->c->failed;
	const char *lost[2];
	size_t n = 0;
	const char *told = p->c->ntold
		? page_fmt(p, " and %s that files tell", page_count(p, p->c->ntold, "figure"))
		: "";
	const char *verb = wording_verb(files_read(p), "holds", "hold");

	if (p->c->rows == 0)
		return page_fmt(p, "%s %s no row of single measurements%s.",
			page_count(p, files_read(p), "file"), verb,
			p->c->ntold ? page_fmt(p, ", but %s that %s told",
					      page_count(p, p->c->ntold, "figure"),
					      wording_verb(p->c->ntold, "is", "are"))
				    : "");
	if (copies > 0)
		lost[n++] = page_fmt(p, "%s %s twice", page_count(p, copies, "row"),
			wording_verb(copies, "stands", "stand"));
	if (failed > 0)
		lost[n++] = page_fmt(p, "%s failed",
			copies ? page_fmt(p, "%llu", (unsigned long long)failed)
			       : page_count(p, failed, "row"));
	if (n == 0)
		return page_fmt(p, "%s %s %s of measurements%s, of %s.",
			page_count(p, files_read(p), "file"), verb,
			page_count(p, p->c->rows, "row"), told,
			page_count(p, p->c->nsubjects, "subject"));
	/* Rows of subjects beyond the most that are kept are in neither. */
	return page_fmt(p, "%s %s %s of measurements%s; %s, %s %s of %s.",
		page_count(p, files_read(p), "file"), verb, page_count(p, p->c->rows, "row"), told,
		wording_list(&p->arena, lost, n, "and"),
		counted + copies + failed == p->c->rows ? "which leaves" : "and the figures are of",
		page_count(p, counted, "row"), page_count(p, p->c->nsubjects, "subject"));
}

/* ---- second sentence: who is best ---- */

/* "the highest throughput, 289 tok/s (283 to 295), 57 % above gemma3:1b (53 to 61)" */
static const char *lead_text(struct page *p, const struct contest *k)
{
	return page_fmt(p, "the %s %s, %s%s%s", k->of->of->better > 0 ? "highest" : "lowest",
		page_noun(p, k->quantity, k->of->of->label), page_mean(p, k->of),
		k->next ? ", " : "", k->next ? page_ahead(p, k->next) : "");
}

/* Of the best alone, or of those that cannot be told from it. */
static const char *best_clause(struct page *p, const struct contest *k)
{
	if (k->ntied > 0)
		return page_fmt(p, "the %s %s is that of %s at %s",
			k->of->of->better > 0 ? "highest" : "lowest",
			page_noun(p, k->quantity, k->of->of->label), page_best_names(p, k),
			page_mean(p, k->of));
	return page_fmt(p, "%s has %s", page_subject(p, k->best), lead_text(p, k));
}

/* One subject that is best in both is named once. */
static const char *contest_text(struct page *p, const struct contest *k, size_t n)
{
	if (n > 1 && k[0].best == k[1].best && k[0].ntied == 0 && k[1].ntied == 0)
		return page_fmt(p, "%s, and %s.", best_clause(p, &k[0]), lead_text(p, &k[1]));
	return page_fmt(p, "%s%s%s.", best_clause(p, &k[0]), n > 1 ? "; " : "",
		n > 1 ? best_clause(p, &k[1]) : "");
}

/* Of one quantity that nothing was compared in. */
static const char *alone_clause(struct page *p, const char *quantity)
{
	size_t n;
	uint32_t *ranked = page_ranked(p, quantity, &n);
	const struct insight_measure *m, *last = NULL;

	if (n == 0)
		return NULL;
	m = insight_measure(p->in, ranked[0], quantity);
	if (n > 1)
		last = insight_measure(p->in, ranked[n - 1], quantity);
	return page_fmt(p, "%s has a mean %s of %s%s", page_subject(p, ranked[0]),
		page_noun(p, quantity, m->of->label), page_mean(p, m),
		!last           ? ""
			: n > 2 ? page_fmt(p, ", the last of %s, %s, one of %s",
					  page_count(p, n, "subject"),
					  page_subject(p, ranked[n - 1]), page_mean(p, last))
				: page_fmt(p, ", %s one of %s", page_subject(p, ranked[1]),
					  page_mean(p, last)));
}

/* Where there are no rows: "by what files tell alone, of conv, cpu: onnx is best in time, ...". */
static const char *best_as_told(struct page *p, struct behind *behind)
{
	for (size_t i = 0; i < p->in->ngroups; i++) {
		const struct insight_group *g = &p->in->groups[i];
		const struct insight_series *s = &p->in->series[g->first];

		if (!g->compared || !g->one_table || insight_use(s->quantity) != USE_FIRST ||
			!isfinite(s[1].ratio))
			continue;
		*behind = page_behind_series(p, s);
		return page_fmt(p,
			"by what files tell alone, without rows to check it by, of %s: %s is best "
			"in "
			"%s, %s%s%s.",
			page_quote(p, g->name), page_quote(p, s->part),
			page_noun(p, s->quantity, s->label), page_series_mean(p, s),
			s[1].p >= SURE ? ", from which the next cannot be told: " : ", ",
			page_series_ahead(p, &s[1]));
	}
	return NULL;
}

static const char *who_is_best(struct page *p, struct behind *behind)
{
	uint32_t subjects[2];
	struct contest k[2];
	size_t n = 0;

	for (size_t i = 0; i < COUNTOF(quantities) && n < COUNTOF(k); i++)
		if (page_contest(p, quantities[i], &k[n])) {
			subjects[n] = k[n].best;
			n++;
		}
	if (n > 0) {
		*behind = page_behind_subjects(
			p, subjects, n > 1 && subjects[0] != subjects[1] ? 2 : 1);
		return contest_text(p, k, n);
	}
	for (size_t i = 0; i < COUNTOF(quantities); i++) {
		size_t any;
		uint32_t *ranked = page_ranked(p, quantities[i], &any);

		if (any == 0)
			continue;
		*behind = page_behind_subject(p, ranked[0]);
		return page_fmt(p, "%s; %s.", alone_clause(p, quantities[i]),
			any > 1 && p->c->subjects[ranked[0]].run
				? "runs are not compared by their rows"
				: "nothing was compared with another");
	}
	return best_as_told(p, behind);
}

/* ---- third sentence: what to beware of ---- */

const char *page_failed_sentence(struct page *p, struct behind *behind)
{
	uint32_t most = page_most_failed(p);
	const struct corpus_subject *s;

	if (most == CORPUS_NONE)
		return NULL;
	s = &p->c->subjects[most];
	*behind = page_behind_subject(p, most);
	if (s->rows == 0)
		return page_fmt(p, "%s of %s failed.",
			s->failed == 1 ? "The only row"
				       : page_fmt(p, "All %s", page_count(p, s->failed, "row")),
			page_subject(p, most));
	return page_fmt(p, "%llu of %s of %s failed.", (unsigned long long)s->failed,
		page_count(p, s->rows + s->failed, "row"), page_subject(p, most));
}

const char *page_load_sentence(struct page *p, struct behind *behind)
{
	const struct insight_measure *m = NULL;
	uint32_t s = page_most_loaded(p, &m);
	const struct corpus_subject *of;

	if (s == CORPUS_NONE)
		return NULL;
	of = &p->c->subjects[s];
	*behind = page_behind_subject(p, s);
	return page_fmt(p,
		"%llu of %s of %s paid for loading the model: with %s the mean %s is %s %s, "
		"without "
		"%s.",
		(unsigned long long)of->cold, page_count(p, of->rows, "row"), page_subject(p, s),
		of->cold == 1 ? "it" : "them", page_noun(p, m->of->quantity, m->of->label),
		page_lone_mean(p, &m->all), m->of->unit, page_mean(p, m));
}

static const struct insight_finding *strongest_trap(const struct page *p)
{
	for (size_t i = 0; i < p->in->nfindings; i++)
		if (p->in->findings[i].trap >= 0)
			return &p->in->findings[i];
	return NULL;
}

static const char *what_to_beware_of(struct page *p, struct behind *behind)
{
	const struct insight_finding *trap = strongest_trap(p);
	const char *text = page_load_sentence(p, behind);

	if (!text)
		text = page_failed_sentence(p, behind);
	if (text || !trap)
		return text;
	*behind = page_behind_finding(p, trap);
	return page_sentence(p, trap->text);
}

void page_summary(struct page *p)
{
	static const char *const pictures[] = {
		"series-throughput", "series-ttft", "series-latency", "series-told"};
	struct behind behind = {0}, beware = {0};
	const char *best = who_is_best(p, &behind), *caution = what_to_beware_of(p, &beware);

	doc_section(p->doc, "summary", caution ? "In three sentences" : "In two sentences");
	doc_para(p->doc, page_what_was_read(p), 0);
	if (best)
		doc_para(p->doc, figures_capital(&p->arena, best), page_evidence(p, &behind));
	else
		doc_para(p->doc,
			"None of the rows has a throughput, a TTFT or a latency that can be "
			"averaged, so that nothing can be called the best.",
			0);
	if (caution)
		doc_para(p->doc, caution, page_evidence(p, &beware));
	for (size_t i = 0; i < COUNTOF(pictures) && !p->picture; i++)
		if (page_chart(p, pictures[i]))
			p->picture = pictures[i];
}

/* ---- findings ---- */

static const char *kind_lead(const struct insight_finding *f)
{
	static const struct {
		const char *kind, *lead;
	} leads[] = {{"comparison", "Comparison."}, {"load", "Loads."}, {"failure", "Failures."},
		{"trap", "Trap."}, {"effect", "Setting."}, {"limit", "Limit."}, {"run", "Run."}};

	for (size_t i = 0; i < COUNTOF(leads); i++)
		if (strcmp(leads[i].kind, f->kind) == 0)
			return leads[i].lead;
	return "Finding.";
}

void page_findings(struct page *p)
{
	size_t n = p->in->nfindings, shown = n < MOST_FINDINGS ? n : MOST_FINDINGS;

	doc_section(p->doc, "findings", "Findings, strongest first");
	for (size_t i = 0; i < shown; i++) {
		const struct insight_finding *f = &p->in->findings[i];
		struct behind behind = page_behind_finding(p, f);

		if (i == STRONGEST)
			doc_subsection(p->doc, "Weaker, or about the files themselves");
		doc_item(p->doc, page_fmt(p, "%s %s", f->id, kind_lead(f)),
			page_sentence(p, f->text), page_evidence(p, &behind));
	}
	page_more(p, shown, n, "finding");
	if (n == 0)
		doc_para(p->doc, "Nothing could be established from these files.", 0);
}
