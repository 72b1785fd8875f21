/* insight_claims.c - figures that files tell, held against the rows. */
#include "insight_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define MOST_BAD   40
#define MOST_FILES 30
#define VERDICTS   (TOLD_FAILED + 1)

void page_told_counts(const struct insight *in, size_t counts[VERDICTS])
{
	memset(counts, 0, VERDICTS * sizeof(*counts));
	for (size_t i = 0; i < in->corpus->ntold; i++)
		counts[in->told[i].verdict]++;
}

/* ---- what came of them ---- */

static void counts_table(struct page *p, const size_t counts[VERDICTS])
{
	static const char *const head[] = {"What came of it", "Figures", "Means"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_RIGHT, DOC_LEFT};
	static const struct {
		enum told_verdict verdict;
		const char *name, *means;
	} rows[] = {
		{TOLD_AGREES, "agrees",
			"rows give the same to the digits printed: an echo of them"},
		{TOLD_POSSIBLE, "possible", "within what the rows span, but none of their figures"},
		{TOLD_CONTRADICTS, "contradicts", "outside of all that the rows span"},
		{TOLD_SWAPPED, "swapped", "it is what the rows have of another quantity"},
		{TOLD_SETTING, "a setting", "it is the value of a setting, not a measurement"},
		{TOLD_FAILED, "failed", "its row failed: whatever stands there is no figure"},
		{TOLD_ALONE, "alone", "there are no rows to hold it against"},
	};

	doc_table(p->doc, "Figures that files tell, held against rows", COUNTOF(head), head, align);
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char n[NUM_TEXT];
		const char *cells[] = {rows[i].name, num_group(n, (int64_t)counts[rows[i].verdict]),
			rows[i].means};

		if (counts[rows[i].verdict] > 0)
			doc_table_row(p->doc, cells);
	}
}

/* ---- those that are wrong ---- */

static bool is_bad(const struct insight_told *t)
{
	return t->verdict == TOLD_CONTRADICTS || t->verdict == TOLD_SWAPPED ||
		t->verdict == TOLD_SETTING;
}

static const char *with_unit(struct page *p, const char *number, const char *unit)
{
	return unit[0] ? page_fmt(p, "%s %s", number, page_quote(p, unit)) : number;
}

/* A figure with as many digits as the one that is told was printed with. */
static const char *alike(struct page *p, const struct corpus_told *t, double x)
{
	int places = t->precision > 0 ? (int)lround(-log10(2 * t->precision)) : 0;
	const char *number = !isfinite(x) ? NOT_GIVEN
		: t->precision > 0        ? figures_fixed(&p->arena, x,
                                             places > 6           ? 6
							    : places < 0 ? 0
									 : places)
					  : figures_plain(&p->arena, x);

	return with_unit(p, number, t->unit);
}

static const char *really(struct page *p, const struct insight_told *t)
{
	const char *which = t->which && t->which[0] ? page_clause(p, t->which) : "";

	if (t->verdict == TOLD_SETTING)
		return which[0] ? page_fmt(p, "the setting %s", which) : "a setting";
	if (t->verdict == TOLD_SWAPPED)
		return which[0] ? page_fmt(p, "it is %s", which) : "another quantity";
	if (!isfinite(t->rows_say))
		return which[0] ? which : "none of the rows comes near";
	return page_fmt(p, "%s%s%s", alike(p, t->of, t->rows_say), which[0] ? ", " : "", which);
}

/* The same figure of the same, in another file or place. */
static bool same_claim(const struct insight_told *a, const struct insight_told *b)
{
	const struct corpus_told *x = a->of, *y = b->of;

	return a->verdict == b->verdict && a->subject == b->subject && x->stat == y->stat &&
		x->value == y->value && strcmp(x->quantity, y->quantity) == 0 &&
		strcmp(x->subject, y->subject) == 0;
}

/* As it says itself; else whose rows it was held against. */
static const char *about(struct page *p, const struct insight_told *t)
{
	if (t->of->subject && t->of->subject[0])
		return page_quote(p, t->of->subject);
	return t->subject < p->c->nsubjects ? page_subject(p, t->subject) : NOT_GIVEN;
}

/* `more`: how many others tell the same. */
static void bad_row(struct page *p, const struct insight_told *t, size_t more)
{
	static const char *const verdicts[] = {[TOLD_CONTRADICTS] = "contradicts",
		[TOLD_SWAPPED] = "swapped",
		[TOLD_SETTING] = "a setting"};
	const struct corpus_told *of = t->of;
	struct behind behind = page_behind_place(p, &of->place);
	const char *stat = rule_stat_name(of->stat);
	const char *cells[] = {more
			? page_fmt(p, "%s and %zu more", page_file(p, of->place.file), more)
			: page_file(p, of->place.file),
		about(p, t),
		page_fmt(p, "%s%s%s", page_quote(p, of->label), stat[0] ? ", " : "", stat),
		alike(p, of, of->value), really(p, t), verdicts[t->verdict]};

	doc_table_row_of(p->doc, cells, page_evidence(p, &behind));
}

static void bad_table(struct page *p)
{
	static const char *const head[] = {
		"File", "About", "Quantity", "Told", "Rows say", "Verdict"};
	static const enum doc_align align[] = {
		DOC_LEFT, DOC_LEFT, DOC_LEFT, DOC_RIGHT, DOC_LEFT, DOC_LEFT};
	const struct insight_told *first[MOST_BAD];
	size_t more[MOST_BAD] = {0}, n = 0, beyond = 0;

	for (size_t i = 0; i < p->c->ntold; i++) {
		const struct insight_told *t = &p->in->told[i];
		size_t k = 0;

		if (!is_bad(t))
			continue;
		while (k < n && !same_claim(first[k], t))
			k++;
		if (k < n)
			more[k]++;
		else if (n < MOST_BAD)
			first[n++] = t;
		else
			beyond++;
	}
	if (n == 0)
		return;
	doc_table(p->doc, "Figures that the rows here do not bear out", COUNTOF(head), head, align);
	for (size_t k = 0; k < n; k++)
		bad_row(p, first[k], more[k]);
	page_more(p, n, n + beyond, "such figure");
}

/* ---- by file ---- */

struct tally {
	uint32_t file;
	size_t all, n[VERDICTS];
};

/* Those with contradictions first, then those that tell most. */
static int by_worst(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;
	size_t bad_x = x->n[TOLD_CONTRADICTS] + x->n[TOLD_SWAPPED] + x->n[TOLD_SETTING];
	size_t bad_y = y->n[TOLD_CONTRADICTS] + y->n[TOLD_SWAPPED] + y->n[TOLD_SETTING];

	if (bad_x != bad_y)
		return bad_x > bad_y ? -1 : 1;
	if (x->all != y->all)
		return x->all > y->all ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

static const char *count_text(struct page *p, size_t n)
{
	char text[NUM_TEXT];

	return n ? page_fmt(p, "%s", num_group(text, (int64_t)n)) : NOT_GIVEN;
}

static void files_table(struct page *p)
{
	static const char *const head[] = {"File", "Figures", "Agree", "Possible", "Contradict",
		"Swapped", "Settings", "Failed", "Alone"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT,
		DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT};
	static const enum told_verdict order[] = {TOLD_AGREES, TOLD_POSSIBLE, TOLD_CONTRADICTS,
		TOLD_SWAPPED, TOLD_SETTING, TOLD_FAILED, TOLD_ALONE};
	struct tally *v = arena_alloc(&p->arena, p->c->nfiles + 1, sizeof(*v));
	size_t n = 0;

	for (uint32_t i = 0; i < p->c->nfiles; i++)
		v[i].file = i;
	for (size_t i = 0; i < p->c->ntold; i++) {
		struct tally *t = &v[p->in->told[i].of->place.file];

		n += t->all++ == 0;
		t->n[p->in->told[i].verdict]++;
	}
	qsort(v, p->c->nfiles, sizeof(*v), by_worst);
	doc_table(p->doc, "Figures told, by file", COUNTOF(head), head, align);
	for (size_t i = 0; i < p->c->nfiles && i < MOST_FILES && v[i].all > 0; i++) {
		const char *cells[COUNTOF(head)];

		cells[0] = page_file(p, v[i].file);
		cells[1] = count_text(p, v[i].all);
		for (size_t k = 0; k < COUNTOF(order); k++)
			cells[2 + k] = count_text(p, v[i].n[order[k]]);
		doc_table_row(p->doc, cells);
	}
	page_more(p, n < MOST_FILES ? n : MOST_FILES, n, "file");
}

void page_told(struct page *p)
{
	size_t counts[VERDICTS];

	if (p->c->ntold == 0)
		return;
	page_told_counts(p->in, counts);
	doc_section(p->doc, "told", "What files tell, held against rows");
	doc_para(p->doc,
		page_fmt(p,
			"%s %s no measurement of %s own: a mean, a percentile, a number in a "
			"report. %s in no figure above; rows decide where there are any.",
			page_count(p, p->c->ntold, "figure"),
			wording_verb(p->c->ntold, "is", "are"),
			wording_verb(p->c->ntold, "its", "their"),
			wording_verb(p->c->ntold, "It is", "They are")),
		0);
	counts_table(p, counts);
	bad_table(p);
	files_table(p);
}
