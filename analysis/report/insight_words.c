/* insight_words.c - names, counts and the rows behind a statement, as they stand in the report of a
 * corpus. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "str.h"
#include "wording.h"

#define LONE_DIGITS 3
#define FEW_PLACES  8

void page_init(struct page *p, const struct insight *in, const struct insight_report_options *o)
{
	*p = (struct page){.in = in, .c = in->corpus, .o = o};
}

void page_release(struct page *p)
{
	json_decref(p->charts);
	doc_free(p->doc);
	arena_release(&p->arena);
}

/* ---- words ---- */

const char *page_quote(struct page *p, const char *text)
{
	char line[600];

	if (p->doc)
		return doc_quote(p->doc, text);
	return arena_str(&p->arena, err_quote(line, sizeof(line), text));
}

/* Where names from outside look like faults, a text may hold a part of one: then it is all from
 * outside. */
const char *page_clause(struct page *p, const char *text)
{
	const char *guarded;

	if (!p->doc)
		return page_quote(p, text);
	guarded = doc_guard(p->doc, text);
	return doc_is_fit(p->doc, guarded) ? guarded : doc_quote(p->doc, text);
}

const char *page_sentence(struct page *p, const char *text)
{
	size_t len = strlen(text);
	bool ended = len > 0 && strchr(".!?", text[len - 1]);

	return page_fmt(
		p, "%s%s", figures_capital(&p->arena, page_clause(p, text)), ended ? "" : ".");
}

const char *page_count(struct page *p, uint64_t n, const char *singular)
{
	return figures_count(&p->arena, n, singular);
}

const char *page_names(struct page *p, const char *const *names, size_t n, size_t most)
{
	size_t shown = n > most ? most - 1 : n;
	const char **list = arena_alloc(&p->arena, shown + 1, sizeof(*list));

	for (size_t i = 0; i < shown; i++)
		list[i] = page_quote(p, names[i]);
	if (shown < n)
		list[shown] = page_fmt(p, "%s more", figures_number(&p->arena, n - shown));
	return wording_list(&p->arena, list, shown + (shown < n), "and");
}

void page_more(struct page *p, size_t shown, size_t all, const char *singular)
{
	if (shown < all)
		doc_para(p->doc,
			page_fmt(p, "And %s: summary.json has all of them.",
				page_count(p, all - shown, page_fmt(p, "more %s", singular))),
			0);
}

const char *page_cut(struct page *p, const char *text, size_t most)
{
	size_t n = most;

	if (strlen(text) <= most)
		return text;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return page_fmt(p, "%.*s...", (int)n, text);
}

const char *page_subject(struct page *p, uint32_t subject)
{
	return page_quote(p, p->c->subjects[subject].name);
}

const char *page_file(struct page *p, uint32_t file)
{
	return page_quote(p, p->c->files[file].of->name);
}

const char *page_noun(struct page *p, const char *quantity, const char *label)
{
	char word[80];

	if (!label || !label[0])
		label = quantity;
	if (strlen(label) >= sizeof(word))
		return page_quote(p, label);
	snprintf(word, sizeof(word), "%s", label);
	if (word[0] >= 'A' && word[0] <= 'Z' && !(word[1] >= 'A' && word[1] <= 'Z'))
		word[0] = (char)(word[0] - 'A' + 'a');
	return page_quote(p, word);
}

const char *page_mean(struct page *p, const struct insight_measure *m)
{
	return figures_estimate(
		&p->arena, m->warm.mean, page_low(&m->warm), m->warm.high, m->of->unit);
}

double page_low(const struct insight_stat *s)
{
	return s->low < 0 && s->min >= 0 ? 0 : s->low;
}

/* Of times and rates nobody needs to tell the least value. */
double page_series_low(const struct insight_series *s)
{
	bool from_0 = isfinite(s->min) ? s->min >= 0 : insight_use(s->quantity) == USE_FIRST;

	return s->low < 0 && from_0 && s->mean >= 0 ? 0 : s->low;
}

const char *page_lone_mean(struct page *p, const struct insight_stat *s)
{
	int whole = isfinite(s->mean) && s->mean != 0 ? (int)floor(log10(fabs(s->mean))) + 1 : 1;
	int places;

	if (!isfinite(s->mean) || !figures_has_range(s->low, s->high))
		return figures_plain(&p->arena, s->mean);
	places = figures_decimals(s->mean, s->low, s->high);
	return places > LONE_DIGITS - whole && places > 0
		? figures_fixed(&p->arena, s->mean, places)
		: figures_plain(&p->arena, s->mean);
}

uint32_t page_most_failed(const struct page *p)
{
	const struct corpus_subject *s = p->c->subjects;
	uint32_t most = CORPUS_NONE;

	for (uint32_t i = 0; i < p->c->nsubjects; i++)
		if (s[i].failed > 0 && (most == CORPUS_NONE || s[i].failed > s[most].failed))
			most = i;
	return most;
}

const char *page_gain(struct page *p, const struct insight_pair *pair)
{
	struct change c = figures_change(&p->arena, true, "", pair->ratio, pair->low, pair->high);
	const char *noun = page_noun(p, pair->quantity, pair->label);
	const char *range = c.range[0] ? page_fmt(p, " (%s)", c.range) : "";
	const char *other = page_subject(p, pair->worse);

	if (c.is_times)
		return page_fmt(p, "%s the %s of %s%s", c.text, noun, other, range);
	return page_fmt(p, "%s %s %s than %s%s", c.text, c.is_more ? "higher" : "lower", noun,
		other, range);
}

const char *page_ahead(struct page *p, const struct insight_pair *pair)
{
	struct change c = figures_change(&p->arena, true, "", pair->ratio, pair->low, pair->high);
	const char *range = c.range[0] ? page_fmt(p, " (%s)", c.range) : "";
	const char *other = page_subject(p, pair->worse);

	if (c.is_times)
		return page_fmt(p, "%s that of %s%s", c.text, other, range);
	return page_fmt(p, "%s %s %s%s", c.text, c.is_more ? "above" : "below", other, range);
}

/* ---- rows behind a statement ---- */

static struct doc_place place_of(struct page *p, const struct corpus_place *at)
{
	const char *where = at->table == CORPUS_NONE && at->first == 0
		? ""
		: page_quote(p, corpus_where(p->c, at, &p->arena));

	return (struct doc_place){page_file(p, at->file), where};
}

static size_t named(size_t n)
{
	return n < DOC_MOST_PLACES ? n : DOC_MOST_PLACES;
}

struct behind page_behind_subject(struct page *p, uint32_t subject)
{
	return page_behind_subjects(p, &subject, 1);
}

/* Nested parts of a JSON file may all be called alike. */
static bool same_place(const struct doc_place *a, const struct doc_place *b)
{
	return strcmp(a->file, b->file) == 0 && strcmp(a->where, b->where) == 0;
}

/* Of subjects in more tables than are kept: the first places, and how many rows are elsewhere. */
static struct behind behind_many(struct page *p, const uint32_t *subjects, size_t n)
{
	struct behind b = {.noun = "row"};
	uint64_t left;

	b.place = arena_alloc(&p->arena, FEW_PLACES + 1, sizeof(*b.place));
	for (size_t i = 0; i < n; i++)
		b.rows += p->c->subjects[subjects[i]].rows + p->c->subjects[subjects[i]].failed;
	left = b.rows;
	for (size_t i = 0; i < n; i++) {
		const struct corpus_subject *s = &p->c->subjects[subjects[i]];

		for (size_t k = 0; k < s->nplaces && b.n < FEW_PLACES; k++) {
			b.place[b.n++] = place_of(p, &s->places[k]);
			left -= s->places[k].n < left ? s->places[k].n : left;
		}
	}
	if (left > 0)
		b.place[b.n++] = (struct doc_place){
			page_fmt(p, "and %s in other tables", page_count(p, left, "row")), ""};
	return b;
}

struct behind page_behind_subjects(struct page *p, const uint32_t *subjects, size_t n)
{
	struct behind b = {.noun = "row"};
	size_t kept = 0, same = 0;

	for (size_t i = 0; i < n; i++)
		if (p->c->subjects[subjects[i]].places_beyond > 0)
			return behind_many(p, subjects, n);
	b.place = arena_alloc(&p->arena, DOC_MOST_PLACES, sizeof(*b.place));
	for (size_t i = 0; i < n; i++) {
		const struct corpus_subject *s = &p->c->subjects[subjects[i]];

		for (size_t k = 0; k < s->nplaces && kept < DOC_MOST_PLACES; k++) {
			b.place[kept] = place_of(p, &s->places[k]);
			if (kept > 0 && same_place(&b.place[kept], &b.place[kept - 1]))
				same++;
			else
				kept++;
		}
		b.n += s->nplaces;
		b.rows += s->rows + s->failed;
	}
	b.n -= same;
	return b;
}

struct behind page_behind_place(struct page *p, const struct corpus_place *place)
{
	struct behind b = {.n = 1, .noun = "figure", .rows = 1};

	b.place = arena_alloc(&p->arena, 1, sizeof(*b.place));
	b.place[0] = place_of(p, place);
	return b;
}

/* The rows that a finding names, or its files. */
struct behind page_behind_finding(struct page *p, const struct insight_finding *f)
{
	struct behind b = {.rows = f->n, .noun = "row"};

	if (f->nfiles > 1) {
		b.n = f->nfiles;
		b.place = arena_alloc(&p->arena, named(b.n), sizeof(*b.place));
		for (size_t i = 0; i < named(b.n); i++)
			b.place[i] = (struct doc_place){page_file(p, f->files[i]), ""};
	} else if (f->file && f->file[0]) {
		b.n = 1;
		b.place = arena_alloc(&p->arena, 1, sizeof(*b.place));
		b.place[0] = (struct doc_place){page_quote(p, f->file),
			f->where && f->where[0] ? page_quote(p, f->where) : ""};
	}
	if (f->trap == TRAP_ECHO || f->trap == TRAP_CONTRADICTION || f->trap == TRAP_SWAPPED)
		b.noun = "figure";
	return b;
}

int page_evidence(struct page *p, const struct behind *b)
{
	return p->doc && b->n
		? doc_evidence_places(p->doc, b->place, b->n, (unsigned long)b->rows, b->noun)
		: 0;
}
