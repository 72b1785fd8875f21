/* insight_narrated.c - what a language model wrote, in the report: its text with the figures put
 * in, the facts it cites in our words, and what it took.  Nothing of it is more than text. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bug.h"
#include "narrator.h"
#include "num.h"

#define CHUNK         180 /* bytes quoted at once: a quotation is cut where it is long */
#define SHOWN_REASONS 5   /* of a try */
#define NOT_GIVEN     "\xe2\x80\x93"

/* ---- text that is not ours ---- */

/* Quoted whole, in pieces that end between words. */
static void add_quoted(struct doc *d, struct str *out, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		size_t n = len < CHUNK ? len : CHUNK;
		char *piece;

		while (n < len && n > 1 && text[n - 1] != ' ')
			n--;
		if (n <= 1 && len > CHUNK) /* one long word */
			for (n = CHUNK; n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80;)
				n--;
		piece = xstrndup(text, n);
		if (piece[strspn(piece, " ")])
			str_add(out, doc_quote(d, piece));
		else
			str_add(out, piece);
		free(piece);
		text += n;
		len -= n;
	}
}

static void add_line(struct doc *d, const struct narrator_facts *f, const struct narrator_line *l,
	struct str *out)
{
	struct str read = STR_INIT(STR_MAX_LINE);

	narrator_read_out(f, l, &read);
	add_quoted(d, out, read.s);
	str_release(&read);
}

/* ---- evidence ---- */

static int evidence_of(struct doc *d, const struct narrator_fact *fact)
{
	struct str file = STR_INIT(STR_MAX_LINE), where = STR_INIT(STR_MAX_LINE);
	int number;

	if (!fact->file || !fact->file[0])
		return 0;
	add_quoted(d, &file, fact->file);
	if (fact->where)
		add_quoted(d, &where, fact->where);
	number = doc_evidence(d, file.s, where.s, (unsigned long)fact->n);
	str_release(&file);
	str_release(&where);
	return number;
}

/* Of the first fact that a line cites and that has rows. */
static int line_evidence(
	struct doc *d, const struct narrator_facts *f, const struct narrator_line *l)
{
	for (size_t i = 0; i < l->n; i++) {
		int number = l->v[i].fact >= 0 ? evidence_of(d, &f->v[l->v[i].fact]) : 0;

		if (number)
			return number;
	}
	return 0;
}

static void note_cited(const struct narrator_line *l, bool cited[NARRATOR_MAX_FACTS])
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].fact >= 0)
			cited[l->v[i].fact] = true;
}

/* ---- the text ---- */

static void say_summary(struct doc *d, const struct narrator_facts *f, const struct narration *n)
{
	for (size_t i = 0; i < n->nsummary; i++) {
		struct str text = STR_INIT(STR_MAX_LINE);

		add_line(d, f, &n->summary[i], &text);
		doc_para(d, text.s, line_evidence(d, f, &n->summary[i]));
		str_release(&text);
	}
}

static void say_advice(struct doc *d, const struct narrator_facts *f, const struct narration *n)
{
	doc_subsection(d, "Recommendations of the narrator");
	for (size_t i = 0; i < n->nadvice; i++) {
		struct str text = STR_INIT(STR_MAX_LINE);

		add_line(d, f, &n->advice[i], &text);
		doc_item(d, NULL, text.s, line_evidence(d, f, &n->advice[i]));
		str_release(&text);
	}
}

static void say_risks(struct doc *d, const struct narrator_facts *f, const struct narration *n)
{
	static const char *const head[] = {"Risk", "Mitigation"};

	doc_subsection(d, "Risks named by the narrator");
	doc_table(d, "Risks and what helps against them, in the narrator's words", COUNTOF(head),
		head, NULL);
	for (size_t i = 0; i < n->nrisks; i++) {
		struct str risk = STR_INIT(STR_MAX_LINE), mitigation = STR_INIT(STR_MAX_LINE);

		add_line(d, f, &n->risks[i].risk, &risk);
		add_line(d, f, &n->risks[i].mitigation, &mitigation);
		doc_table_row(d, (const char *const[]){risk.s, mitigation.s});
		str_release(&risk);
		str_release(&mitigation);
	}
}

static void say_cited(struct doc *d, const struct narrator_facts *f, const struct narration *n)
{
	bool cited[NARRATOR_MAX_FACTS] = {false};

	for (size_t i = 0; i < n->nsummary; i++)
		note_cited(&n->summary[i], cited);
	for (size_t i = 0; i < n->nadvice; i++)
		note_cited(&n->advice[i], cited);
	for (size_t i = 0; i < n->nrisks; i++) {
		note_cited(&n->risks[i].risk, cited);
		note_cited(&n->risks[i].mitigation, cited);
	}
	doc_subsection(d, "The facts cited, in our words");
	for (size_t i = 0; i < NARRATOR_MAX_FACTS && i < f->n; i++) {
		struct str lead = STR_INIT(STR_MAX_LINE), text = STR_INIT(STR_MAX_LINE);

		if (!cited[i])
			continue;
		str_addf(&lead, "%s.", f->v[i].id);
		add_quoted(d, &text, f->v[i].what);
		if (f->v[i].figure && f->v[i].figure[0]) {
			str_add(&text, ": ");
			add_quoted(d, &text, f->v[i].figure);
		}
		str_addc(&text, '.');
		doc_item(d, lead.s, text.s, evidence_of(d, &f->v[i]));
		str_release(&lead);
		str_release(&text);
	}
}

/* ---- what it took ---- */

static const char *figure(char *dst, double x)
{
	if (isfinite(x) && fabs(x) >= 1000 && fabs(x) < 1e15)
		return num_group(dst, llround(x));
	return isfinite(x) ? num_sig(dst, x, 3) : strcpy(dst, NOT_GIVEN);
}

static const char *count(char *dst, int64_t n)
{
	return n >= 0 ? num_group(dst, n) : strcpy(dst, NOT_GIVEN);
}

static const char *result_of(const struct narrator_try *t)
{
	if (t->accepted)
		return "accepted";
	return strcmp(t->status, "ok") == 0 ? "refused" : t->status;
}

static void say_tries(struct doc *d, const struct narrated *n)
{
	static const char *const head[] = {"Try", "Result", "Seed", "Prompt tokens",
		"Output tokens", "Model load, ms", "TTFT, ms", "Decode, tok/s", "Total, ms"};
	static const enum doc_align align[] = {DOC_RIGHT, DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT,
		DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT};
	struct str caption = STR_INIT(STR_MAX_LINE);

	if (n->ntries == 0)
		return;
	str_addf(&caption, "Narrator: %s, %s", doc_quote(d, n->model),
		n->ntries == 1 ? "asked once" : "asked twice");
	doc_table(d, caption.s, COUNTOF(head), head, align);
	for (size_t i = 0; i < n->ntries; i++) {
		const struct narrator_try *t = &n->tries[i];
		char v[8][NUM_TEXT];

		doc_table_row(d,
			(const char *const[]){count(v[0], (int64_t)i + 1), result_of(t),
				count(v[1], t->seed), count(v[2], t->prompt_tokens),
				count(v[3], t->output_tokens), figure(v[4], t->load_ms),
				figure(v[5], t->ttft_ms), figure(v[6], t->decode_tok_s),
				figure(v[7], t->total_ms)});
	}
	str_release(&caption);
}

static void say_reasons(struct doc *d, const struct narrated *n)
{
	for (size_t i = 0; i < n->ntries; i++) {
		const struct narrator_reasons *why = &n->tries[i].why;
		size_t shown = why->n < SHOWN_REASONS ? why->n : SHOWN_REASONS;

		for (size_t k = 0; k < shown; k++) {
			struct str text = STR_INIT(STR_MAX_LINE);

			add_quoted(d, &text, why->v[k]);
			doc_item(d, i == 0 ? "First try." : "Second try.", text.s, 0);
			str_release(&text);
		}
		if (why->n + why->more > shown) {
			struct str text = STR_INIT(STR_MAX_LINE);
			size_t rest = why->n + why->more - shown;

			str_addf(&text, "%zu more %s.", rest, rest == 1 ? "reason" : "reasons");
			doc_item(d, i == 0 ? "First try." : "Second try.", text.s, 0);
			str_release(&text);
		}
	}
}

static void say_refusal(struct doc *d, const struct narrated *n)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	str_addf(&text, "The computed text stands, without a narration by %s: ",
		n->model[0] ? doc_quote(d, n->model) : "a model");
	add_quoted(d, &text, n->why[0] ? n->why : "it was not asked");
	str_addc(&text, '.');
	doc_para(d, text.s, 0);
	str_release(&text);
	say_reasons(d, n);
}

/* The text that was accepted was put together out of ours. */
static bool is_bound(const struct narrated *n)
{
	return n->ntries > 0 && n->tries[n->ntries - 1].bound;
}

void insight_narrated(
	struct doc *d, const struct narrator_facts *f, const struct narrated *narrated)
{
	static const char wrote[] =
		"Written by %s from numbered facts. The figures were put in by this program. "
		"Whether a sentence says what its facts say was not checked: the facts stand "
		"below, in our words.";
	static const char chose[] =
		"Put together by %s: which facts, and how each sentence goes on, out of statements "
		"and clauses of this program, since the text in its own words was refused. The "
		"figures were put in by this program as well.";
	struct str note = STR_INIT(STR_MAX_LINE);

	doc_section(d, "narrator", "Summary by a language model");
	if (!narrated->accepted) {
		say_refusal(d, narrated);
		say_tries(d, narrated);
		return;
	}
	str_addf(&note, is_bound(narrated) ? chose : wrote, doc_quote(d, narrated->model));
	doc_note(d, note.s);
	str_release(&note);
	say_summary(d, f, &narrated->said);
	say_advice(d, f, &narrated->said);
	say_risks(d, f, &narrated->said);
	say_cited(d, f, &narrated->said);
	doc_subsection(d, "What the narrator took");
	say_tries(d, narrated);
}
