/* insight_risk.c - what may be wrong with these figures, or go wrong when they are followed: each
 * with what was seen and what helps. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "wording.h"

#define FEW_ROWS        20 /* of a subject, below which there is no p95 */
#define LITTLE_HEADROOM 10 /* % of memory that was left */
#define GIST_LEAST      40 /* bytes of a finding that are shown at least, and at most */
#define GIST_MOST       200

static const struct {
	enum trap_kind trap;
	const char *what, *mitigation, *plain;
} traps[] = {
	{TRAP_LOAD_IN_TTFT, "TTFT holds the load",
		"compare warm rows only; keep the model loaded; have load times written with each "
		"row",
		"Times to the first token hold the loading of the model in some rows; compare warm "
		"rows only"},
	{TRAP_ORDER, "A setting follows the order",
		"measure again in random order, with repeats: chimera plan shows the order before",
		"A setting was changed in step with time, so that drift looks like its effect; "
		"measure in random order"},
	{TRAP_LOAD_BY_LEVEL, "Loads fell on one level",
		"leave rows that paid for a load out of the comparison, or warm up after each "
		"change",
		"Loads fell on one level of a setting, which looks slow for it; warm up after each "
		"change"},
	{TRAP_PLACEBO, "Levels that are one setting",
		"keep one of them; what differs between them is noise",
		"Some levels are one setting under several names; what differs between them is "
		"noise"},
	{TRAP_ZEROS, "Zeros that stand for failures",
		"write nothing where nothing was measured, and the reason beside it",
		"Zeros stand for failures in some files; a mean of them is wrong"},
	{TRAP_COPIES, "The same rows in several files",
		"count each once, as is done here; keep one file of each run",
		"The same rows stand in several files and would count more than once"},
	{TRAP_SWAPPED, "Figures under the wrong name",
		"do not use the files that tell them; write the unit into the name of a column",
		"Some figures stand under the wrong name; do not use the files that tell them"},
	{TRAP_ECHO, "Reports that repeat each other",
		"an echo is no second measurement: cite the rows",
		"Some reports only repeat what rows say, and are no second measurement"},
	{TRAP_CONTRADICTION, "Reports that no row bears out",
		"do not cite them before their rows are found",
		"Some reports tell figures that no row bears out; do not cite them"},
	{TRAP_AGGREGATE, "Aggregates of aggregates",
		"keep the single values: percentiles of means are none",
		"Some percentiles are of means, and are none; keep the single values"},
	{TRAP_POOLED, "Unlike rows in one figure",
		"compare like with like: the same prompts, the same settings",
		"Some figures pool unlike prompts or settings; compare like with like"},
	{TRAP_ALL_FAILED, "Files in which everything failed",
		"find the cause before the next run; none of their figures is one",
		"In some files everything failed; find the cause before the next run"},
};

struct rows {
	struct risk *v;
	size_t n;
};

static void add(struct rows *r, struct risk risk)
{
	if (r->n < RISK_MOST)
		r->v[r->n++] = risk;
}

/* ---- seen by the analysis ---- */

static const struct insight_finding *finding_of(
	const struct page *p, enum trap_kind trap, size_t *n)
{
	const struct insight_finding *first = NULL;

	*n = 0;
	for (size_t i = 0; i < p->in->nfindings; i++)
		if (p->in->findings[i].trap == (int)trap) {
			(*n)++;
			first = first ? first : &p->in->findings[i];
		}
	return first;
}

/* Where the first clause ends that is long enough, outside of brackets. */
static size_t first_clause(const char *text, size_t len)
{
	int depth = 0;

	for (size_t i = 0; i + 1 < len; i++) {
		depth += (text[i] == '(') - (text[i] == ')');
		if (i >= GIST_LEAST && depth == 0 && strchr(":;.", text[i]) && text[i + 1] == ' ')
			return i;
	}
	return len > 0 && text[len - 1] == '.' ? len - 1 : len;
}

/* The statement up to its first clause: the finding has the rest. */
static const char *gist(struct page *p, const char *text)
{
	size_t cut = first_clause(text, strlen(text));
	bool in_midst = cut > GIST_MOST;

	if (in_midst) {
		cut = GIST_MOST;
		while (cut > GIST_LEAST && text[cut] != ' ')
			cut--;
	}
	return page_fmt(p, "%s%s", page_clause(p, page_fmt(p, "%.*s", (int)cut, text)),
		in_midst ? "\xe2\x80\xa6" : "");
}

static void add_traps(struct page *p, struct rows *r)
{
	for (size_t i = 0; i < COUNTOF(traps); i++) {
		size_t n;
		const struct insight_finding *f = finding_of(p, traps[i].trap, &n);

		if (!f)
			continue;
		add(r,
			(struct risk){.what = traps[i].what,
				.seen = n == 1 ? page_fmt(p, "%s (%s)", gist(p, f->text), f->id)
					       : page_fmt(p, "%s (%s, and %s more of the kind)",
							 gist(p, f->text), f->id,
							 figures_number(&p->arena, n - 1)),
				.mitigation = traps[i].mitigation,
				.plain = traps[i].plain,
				.behind = page_behind_finding(p, f)});
	}
}

/* ---- failures ---- */

static void add_failures(struct page *p, struct rows *r)
{
	uint32_t worst = page_most_failed(p);
	const struct corpus_subject *s;

	if (worst == CORPUS_NONE)
		return;
	s = &p->c->subjects[worst];
	add(r,
		(struct risk){.what = "Failures",
			.seen = page_fmt(p, "%s failed in all; of %s %llu of %s%s%s%s",
				page_count(p, p->c->failed, "row"), page_subject(p, worst),
				(unsigned long long)s->failed,
				page_count(p, s->rows + s->failed, "row"),
				s->nfailures ? ", with \"" : "",
				s->nfailures ? page_quote(p, s->failures[0].why) : "",
				s->nfailures ? "\"" : ""),
			.mitigation =
				"read the errors below under data quality; a subject that fails "
				"often is not fast",
			.plain = page_fmt(p, "Rows of %s failed; read the errors before using it",
				page_subject(p, worst)),
			.behind = page_behind_subject(p, worst)});
}

/* ---- thin data ---- */

static void add_thin(struct page *p, struct rows *r)
{
	const char **names = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*names));
	uint32_t *ids = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*ids));
	size_t n = 0;
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < p->c->nsubjects; i++) {
		const struct corpus_subject *s = &p->c->subjects[i];

		if (s->rows == 0 || s->rows >= FEW_ROWS)
			continue;
		ids[n] = i;
		names[n++] = s->name;
		least = s->rows < least ? s->rows : least;
	}
	if (n == 0)
		return;
	add(r,
		(struct risk){.what = "Thin data",
			.seen = page_fmt(p, "%s %s fewer than %d rows (%s%llu): %s",
				page_count(p, n, "subject"), wording_verb(n, "has", "have"),
				FEW_ROWS, n > 1 ? "the least " : "", (unsigned long long)least,
				page_names(p, names, n, 4)),
			.mitigation = n == 1 ? "measure more before deciding: of so few rows there "
					       "is a wide interval or none, and no p95"
					     : "measure more before deciding; their intervals are "
					       "wide, and their percentiles are withheld",
			.plain = page_fmt(p, "Few rows are behind %s; measure more before deciding",
				page_names(p, names, n, 4)),
			.behind = page_behind_subjects(p, ids, n)});
}

/* ---- memory, and what nobody measured ---- */

/* Only where some row says how much memory was left. */
static void add_memory(struct page *p, struct rows *r)
{
	for (uint32_t i = 0; i < p->c->nsubjects; i++) {
		const struct insight_measure *m = insight_measure(p->in, i, "memory_headroom");

		if (!m || !(m->all.min < LITTLE_HEADROOM))
			continue;
		add(r,
			(struct risk){.what = "Memory headroom",
				.seen = page_fmt(p, "%s had %s %% of memory left at the least",
					page_subject(p, i), figures_rough(&p->arena, m->all.min)),
				.mitigation =
					"use a smaller context or quantization before something "
					"else needs the memory",
				.plain = page_fmt(p,
					"Little memory was left with %s; use a smaller "
					"context or quantization",
					page_subject(p, i)),
				.behind = page_behind_subject(p, i)});
		return;
	}
}

static void add_unknown(struct page *p, struct rows *r)
{
	bool known = false, rows = false, ttft = false;

	for (uint32_t i = 0; i < p->c->nsubjects; i++) {
		known = known || p->c->subjects[i].load_known;
		rows = rows || p->c->subjects[i].rows > 0;
		ttft = ttft || insight_measure(p->in, i, INSIGHT_TTFT);
	}
	if (!page_has_score(p))
		add(r,
			(struct risk){.what = "Quality unknown",
				.seen = "nothing in these files was graded",
				.mitigation = "grade results before choosing by speed",
				.plain =
					"Nothing was graded, so that what is faster may be worse"});
	if (ttft && !known)
		add(r,
			(struct risk){.what = "Loads cannot be told",
				.seen = "no file gives load times",
				.mitigation =
					"have the load time written with each row, or discard the "
					"first request after each start",
				.plain = "No file gives load times, so that slow first requests "
					 "hide in "
					 "the means"});
	if (rows)
		add(r,
			(struct risk){.what = "Another machine",
				.seen = "what these files say holds for the machines, versions and "
					"inputs that they come from",
				.mitigation = "measure on your own",
				.plain = "The figures hold for the machines and inputs that they "
					 "come "
					 "from; measure on your own"});
}

size_t page_risk_list(struct page *p, struct risk ret[RISK_MOST])
{
	struct rows r = {.v = ret};

	add_failures(p, &r);
	add_traps(p, &r);
	add_thin(p, &r);
	add_memory(p, &r);
	add_unknown(p, &r);
	return r.n;
}

void page_risks(struct page *p)
{
	static const char *const head[] = {"Risk", "What was seen", "What helps"};
	struct risk all[RISK_MOST];
	size_t n = page_risk_list(p, all);

	if (n == 0)
		return;
	doc_section(p->doc, "risks", "Risks, and what helps");
	doc_table(p->doc, "By what was seen in these files", COUNTOF(head), head, NULL);
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = {all[i].what, figures_capital(&p->arena, all[i].seen),
			figures_capital(&p->arena, all[i].mitigation)};

		doc_table_row_of(p->doc, cells, page_evidence(p, &all[i].behind));
	}
}
