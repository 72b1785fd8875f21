/* insight_quality.c - how far the data can be trusted: failures, loads, time stamps, encodings,
 * traps.
 */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define MOST_SUBJECTS 30
#define MOST_REASONS  3

/* ---- failures ---- */

static const char *reasons_text(struct page *p, const struct corpus_subject *s)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	size_t n = s->nfailures < MOST_REASONS ? s->nfailures : MOST_REASONS;
	const char *kept;

	for (size_t i = 0; i < n; i++)
		str_addf(&text, "%s%s (%llu)", i ? "; " : "", page_quote(p, s->failures[i].why),
			(unsigned long long)s->failures[i].n);
	if (s->nfailures > n)
		str_addf(&text, "; %s", page_count(p, s->nfailures - n, "other reason"));
	kept = text.len ? page_fmt(p, "%s", text.s) : "no reason is given";
	str_release(&text);
	return kept;
}

static void failures_table(struct page *p)
{
	static const char *const head[] = {"Subject", "Failed", "Of", "Reasons (rows)"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_LEFT};
	size_t n = 0, shown = 0;

	for (size_t i = 0; i < p->c->nsubjects; i++)
		n += p->c->subjects[i].failed > 0;
	if (n == 0) {
		if (p->c->rows > 0)
			doc_para(p->doc, "No row failed.", 0);
		return;
	}
	doc_table(p->doc, "Failed rows: counted, and in no mean", COUNTOF(head), head, align);
	for (uint32_t i = 0; i < p->c->nsubjects && shown < MOST_SUBJECTS; i++) {
		const struct corpus_subject *s = &p->c->subjects[i];
		struct behind behind;
		char failed[NUM_TEXT], all[NUM_TEXT];
		const char *cells[4];

		if (s->failed == 0)
			continue;
		behind = s->nfailures ? page_behind_place(p, &s->failures[0].first)
				      : page_behind_subject(p, i);
		behind.noun = "row";
		behind.rows = s->failed;
		cells[0] = page_subject(p, i);
		cells[1] = num_group(failed, (int64_t)s->failed);
		cells[2] = num_group(all, (int64_t)(s->rows + s->failed));
		cells[3] = reasons_text(p, s);
		doc_table_row_of(p->doc, cells, page_evidence(p, &behind));
		shown++;
	}
	page_more(p, shown, n, "subject");
}

/* ---- lines ---- */

static void item(struct page *p, const char *lead, const char *text)
{
	doc_item(p->doc, lead, text, 0);
}

static void say_loads(struct page *p)
{
	uint64_t cold = 0, known = 0, unknown = 0;

	for (size_t i = 0; i < p->c->nsubjects; i++) {
		const struct corpus_subject *s = &p->c->subjects[i];

		cold += s->cold;
		known += s->load_known ? s->rows : 0;
		unknown += s->load_known ? 0 : s->rows;
	}
	if (known == 0)
		return;
	item(p, "Loads.",
		page_fmt(p, "%s paid for one, of %s with a load time%s.",
			page_count(p, cold, "row"), page_count(p, known, "row"),
			unknown ? page_fmt(p, "; %s %s no load time", page_count(p, unknown, "row"),
					  wording_verb(unknown, "has", "have"))
				: ""));
}

static void say_ttft(struct page *p)
{
	uint64_t checked = p->c->ttft_checked, sums = p->c->ttft_is_sum;

	if (checked == 0)
		return;
	item(p, "TTFT.",
		sums == 0 ? page_fmt(p,
				    "Of %s with a load time and a prefill time beside it, none has "
				    "their sum as its TTFT: it was taken by the client.",
				    page_count(p, checked, "row"))
			: sums == checked
			? page_fmt(p,
				  "In %s with a load time and a prefill time beside it TTFT is "
				  "their sum: what the server told, not what a client saw.",
				  checked == 1
					  ? "the one row"
					  : page_fmt(p, "all %s", page_count(p, checked, "row")))
			: page_fmt(p,
				  "It is defined in two ways: of %s with a load time and a prefill "
				  "time beside it, %llu have their sum, the others another figure.",
				  page_count(p, checked, "row"), (unsigned long long)sums));
}

static void say_times(struct page *p)
{
	const struct corpus_span *span = &p->c->span;

	if (span->n == 0)
		return;
	item(p, "Time stamps.",
		page_fmt(p, "%s could be read%s%s.", page_count(p, span->n, "time stamp"),
			span->formats > 1 ? page_fmt(p, ", in %s ways of writing them",
						    figures_number(&p->arena, span->formats))
					  : "",
			span->local ? "; some have no zone, so that their order with others may be "
				      "off by hours"
				    : ""));
}

static void say_encodings(struct page *p)
{
	struct {
		const char *name;
		size_t n;
	} seen[8];
	size_t n = 0;
	const char *items[8];

	for (size_t i = 0; i < p->c->nfiles; i++) {
		const char *name = p->c->files[i].facts.encoding;
		size_t k = 0;

		if (!name || p->c->files[i].of->why)
			continue;
		while (k < n && strcmp(seen[k].name, name) != 0)
			k++;
		if (k == COUNTOF(seen))
			continue;
		if (k == n)
			seen[n++].name = name, seen[k].n = 0;
		seen[k].n++;
	}
	if (n < 2)
		return;
	for (size_t k = 0; k < n; k++)
		items[k] = page_fmt(p, "%s in %s", seen[k].name, page_count(p, seen[k].n, "file"));
	item(p, "Encodings.", page_fmt(p, "%s.", wording_list(&p->arena, items, n, "and")));
}

static void say_prompts(struct page *p)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (size_t i = 0; i < p->c->nsubjects; i++) {
		uint32_t n = p->c->subjects[i].prompts;

		if (n == 0)
			continue;
		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	if (most == 0)
		return;
	item(p, "Prompts.",
		least == most
			? page_fmt(p, "%s for each subject that names them.",
				  page_count(p, most, "different prompt"))
			: page_fmt(p,
				  "From %u to %u different ones a subject: means of unlike prompts "
				  "are means of unlike work.",
				  least, most));
}

static void say_bounds(struct page *p)
{
	if (!p->c->exact)
		item(p, "Percentiles.",
			"There are more values than are kept one by one: percentiles are within "
			"0.1 % of the exact ones.");
	if (p->c->copies_bounded)
		item(p, "Copies.",
			"There were too many rows to look for copies among all of them, so that "
			"some "
			"may count twice.");
}

/* ---- traps ---- */

/* One line for each kind that was found. */
static void traps_list(struct page *p)
{
	size_t n[TRAP_ALL_FAILED + 1] = {0}, found = 0;
	const struct insight_finding *first[TRAP_ALL_FAILED + 1] = {NULL};

	for (size_t i = 0; i < p->in->nfindings; i++) {
		const struct insight_finding *f = &p->in->findings[i];

		if (f->trap < 0 || f->trap > TRAP_ALL_FAILED)
			continue;
		found += n[f->trap]++ == 0;
		first[f->trap] = first[f->trap] ? first[f->trap] : f;
	}
	if (found == 0)
		return;
	doc_subsection(p->doc, "Traps in these files");
	for (int t = 0; t <= TRAP_ALL_FAILED; t++) {
		struct behind behind;

		if (n[t] == 0)
			continue;
		behind = page_behind_finding(p, first[t]);
		doc_item(p->doc,
			page_fmt(p, "%s:",
				figures_capital(&p->arena, trap_kind_name((enum trap_kind)t))),
			n[t] == 1 ? page_fmt(p, "see %s.", first[t]->id)
				  : page_fmt(p, "see %s, and %s more.", first[t]->id,
					    figures_number(&p->arena, n[t] - 1)),
			page_evidence(p, &behind));
	}
}

void page_quality(struct page *p)
{
	doc_section(p->doc, "quality", "Data quality");
	failures_table(p);
	say_loads(p);
	say_ttft(p);
	say_prompts(p);
	say_times(p);
	say_encodings(p);
	say_bounds(p);
	traps_list(p);
}
