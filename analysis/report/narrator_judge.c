/* narrator_judge.c - a text is accepted whole, in pieces of plain text with their facts, or refused
 * with what is wrong in each place. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hash.h"
#include "narrator_internal.h"
#include "vec.h"

#define MAX_LINES  200 /* a text of 400 words has 40 */
#define MAX_CITES  6   /* in one line */
#define LEAST_SAID 3   /* facts that the summary cites */

struct judging {
	const struct narrator_facts *f;
	struct narrator_source *s;
	struct narrator_reasons *why;
	struct narration *ret;
	size_t cite; /* the next one of the source */
	size_t nlines;
	uint32_t said[MAX_LINES]; /* sums of the lines, to find one that comes twice */
	struct str read;          /* all lines as read */
};

/* ---- lines ---- */

struct pieces {
	struct narrator_piece *v;
	size_t n, cap;
};

/* White space in a row is one space. */
static const char *squeezed(struct arena *a, const char *s, size_t len)
{
	struct str out = STR_INIT(STR_MAX_LINE);
	const char *kept;

	for (size_t i = 0; i < len; i++) {
		bool space = isspace((unsigned char)s[i]);

		if (!space || (out.len > 0 && out.s[out.len - 1] != ' ') || i == 0)
			str_addc(&out, space ? ' ' : s[i]);
	}
	kept = arena_strn(a, out.s, out.len);
	str_release(&out);
	return kept;
}

static void add_piece(struct judging *j, struct pieces *p, size_t start, size_t end, int fact)
{
	const char *t = j->s->text;

	while (end > start && isspace((unsigned char)t[end - 1]))
		end--;
	if (fact < 0 && start == end)
		return;
	*VEC_PUSH(p) =
		(struct narrator_piece){squeezed(&j->ret->arena, t + start, end - start), fact};
}

/* "It is fast. [F1]": the full stop goes behind what will be put in. */
static void move_stop(struct judging *j, struct pieces *p)
{
	size_t first = p->n;
	const char *text;
	size_t len;

	while (first > 0 && p->v[first - 1].fact >= 0 && (first == p->n || !p->v[first].text[0]))
		first--;
	if (first == p->n)
		return;
	text = p->v[first].text;
	len = strlen(text);
	if (len == 0 || !strchr(".!", text[len - 1]))
		return;
	*VEC_PUSH(p) = (struct narrator_piece){arena_strn(&j->ret->arena, text + len - 1, 1), -1};
	p->v[first].text = arena_strn(&j->ret->arena, text, len - 1);
}

/* Facts that a line cites, in its order. */
struct cites {
	int v[2 * MAX_CITES];
	size_t n;
};

/* The pieces of a range.  Citations that are no fact have a reason already. */
static struct narrator_line make_line(
	struct judging *j, struct narrator_span at, struct cites *cites, const char *place)
{
	size_t most = cites->n + MAX_CITES;
	struct narrator_source *s = j->s;
	struct pieces p = {0};
	struct narrator_line line;
	size_t from = at.start;

	while (j->cite < s->cites.n && s->cites.v[j->cite].at < at.start)
		j->cite++; /* of a table's head */
	for (; j->cite < s->cites.n && s->cites.v[j->cite].at < at.end; j->cite++) {
		const struct narrator_cite *c = &s->cites.v[j->cite];

		if (c->fact >= 0 && cites->n < most) {
			cites->v[cites->n++] = c->fact;
			add_piece(j, &p, from, c->at, c->fact);
		} else if (c->fact >= 0) {
			narrator_reason(j->why, "%s: cites more than %d facts", place, MAX_CITES);
		}
		from = c->at + c->len;
	}
	add_piece(j, &p, from, at.end, -1);
	move_stop(j, &p);
	line.n = p.n;
	line.v = arena_alloc(&j->ret->arena, p.n + 1, sizeof(*p.v));
	if (p.n)
		memcpy((void *)line.v, p.v, p.n * sizeof(*p.v));
	VEC_RELEASE(&p);
	return line;
}

/* A line that has been said already; citations aside. */
static void check_twice(struct judging *j, struct narrator_span at, const char *place)
{
	uint32_t sum = 0;

	for (size_t i = at.start; i < at.end; i++) {
		char c = (char)tolower((unsigned char)j->s->text[i]);

		if (j->s->mask[i] != ' ' && isalnum((unsigned char)c))
			sum = crc32c(sum, &c, 1);
	}
	for (size_t i = 0; i < j->nlines; i++)
		if (j->said[i] == sum)
			narrator_reason(j->why, "%s: says again what was said before", place);
	j->said[j->nlines++] = sum;
}

/* False where there are so many lines that the rest is of no interest. */
static bool judge_line(struct judging *j, struct narrator_span at, const char *place,
	struct narrator_line *ret, struct cites *cites)
{
	if (j->nlines == MAX_LINES) {
		narrator_reason(j->why, "the text: more than %d sentences", MAX_LINES);
		return false;
	}
	narrator_check_figures(j->s, at, place, j->why);
	narrator_check_manner(j->s, at, place, j->why);
	narrator_check_repeats(j->s, at, place, j->why);
	check_twice(j, at, place);
	*ret = make_line(j, at, cites, place);
	narrator_read_out(j->f, ret, &j->read);
	str_addc(&j->read, '\n');
	return true;
}

/* ---- sentences ---- */

static bool is_abbreviation(const char *t, size_t start, size_t stop)
{
	static const char *const list[] = {"e.g", "i.e", "vs", "approx", "etc"};

	for (size_t i = 0; i < COUNTOF(list); i++) {
		size_t len = strlen(list[i]);

		if (stop - start >= len && strncasecmp(t + stop - len, list[i], len) == 0)
			return true;
	}
	return false;
}

/* Where the sentence that begins at `start` ends; citations behind its stop belong to it. */
static size_t sentence_end(const struct narrator_source *s, size_t start, size_t end)
{
	const char *t = s->mask;

	for (size_t i = start; i < end; i++) {
		size_t next = i + 1, after;

		if (!strchr(".!?", t[i]) || (next < end && t[next] != ' ') ||
			is_abbreviation(t, start, i))
			continue;
		for (after = next; after < end && t[after] == ' ';) {
			after++;
			if (s->text[after - 1] == ']')
				next = after;
		}
		return next;
	}
	return end;
}

struct lines {
	struct narrator_line *v;
	size_t n, cap;
};

/* Hands the lines over to the narration. */
static const struct narrator_line *keep(struct judging *j, struct lines *lines, size_t *n)
{
	struct narrator_line *v = arena_alloc(&j->ret->arena, lines->n + 1, sizeof(*v));

	if (lines->n)
		memcpy(v, lines->v, lines->n * sizeof(*v));
	*n = lines->n;
	VEC_RELEASE(lines);
	return v;
}

static size_t count_facts(const struct lines *lines)
{
	bool said[NARRATOR_MAX_FACTS] = {false};
	size_t n = 0;

	for (size_t i = 0; i < lines->n; i++) {
		for (size_t k = 0; k < lines->v[i].n; k++) {
			int fact = lines->v[i].v[k].fact;

			if (fact >= 0) {
				n += !said[fact];
				said[fact] = true;
			}
		}
	}
	return n;
}

/* ---- sections ---- */

static void judge_paragraph(struct judging *j, struct narrator_span at, struct lines *lines)
{
	while (at.start < at.end) {
		size_t end = sentence_end(j->s, at.start, at.end);
		struct narrator_span sentence = {at.start, end};
		struct cites cites = {.n = 0};
		struct narrator_line line;
		char place[64];

		snprintf(place, sizeof(place), "summary, sentence %zu", lines->n + 1);
		if (!judge_line(j, sentence, place, &line, &cites))
			return;
		*VEC_PUSH(lines) = line;
		narrator_check_ground(j->s, sentence, cites.v, cites.n, place, j->why);
		for (at.start = end; at.start < at.end && j->s->text[at.start] == ' ';)
			at.start++;
	}
}

static void judge_summary(struct judging *j, const struct narrator_spans *paragraphs)
{
	struct lines lines = {0};
	size_t said;

	for (size_t i = 0; i < paragraphs->n && j->nlines < MAX_LINES; i++)
		judge_paragraph(j, paragraphs->v[i], &lines);
	said = count_facts(&lines);
	if (lines.n > 0 && said < LEAST_SAID)
		narrator_reason(j->why,
			"summary: cites %zu different facts, at least %d are wanted", said,
			LEAST_SAID);
	j->ret->summary = keep(j, &lines, &j->ret->nsummary);
}

/* Some recommendation has one of these words. */
static bool speaks_of(
	struct judging *j, const struct narrator_spans *items, const char *const *words, size_t n)
{
	for (size_t i = 0; i < items->n; i++)
		for (size_t at = items->v[i].start; at < items->v[i].end; at++)
			for (size_t k = 0; k < n; k++)
				if (strncasecmp(j->s->text + at, words[k], strlen(words[k])) == 0)
					return true;
	return false;
}

static void check_balance(struct judging *j, const struct narrator_spans *items)
{
	static const char *const rate[] = {"throughput", "tokens per second"};
	static const char *const first[] = {"TTFT", "first token"};
	static const char *const quality[] = {"quality", "graded", "grading", "grade the"};

	if (items->n == 0)
		return;
	if (!speaks_of(j, items, rate, COUNTOF(rate)))
		narrator_reason(j->why, "recommendations: none speaks of throughput");
	if (!speaks_of(j, items, first, COUNTOF(first)))
		narrator_reason(j->why, "recommendations: none speaks of TTFT");
	if (!speaks_of(j, items, quality, COUNTOF(quality)))
		narrator_reason(j->why, "recommendations: none speaks of quality");
}

static void judge_advice(struct judging *j, const struct narrator_spans *items)
{
	struct lines lines = {0};

	for (size_t i = 0; i < items->n; i++) {
		struct cites cites = {.n = 0};
		struct narrator_line line;
		char place[64];

		snprintf(place, sizeof(place), "recommendation %zu", i + 1);
		if (!judge_line(j, items->v[i], place, &line, &cites))
			break;
		*VEC_PUSH(&lines) = line;
		narrator_check_ground(j->s, items->v[i], cites.v, cites.n, place, j->why);
	}
	if (j->nlines < MAX_LINES)
		check_balance(j, items);
	j->ret->advice = keep(j, &lines, &j->ret->nadvice);
}

/* A row's citations may stand in either cell, and are of both. */
static bool judge_risk(struct judging *j, const struct narrator_span *pair, size_t number,
	struct narrator_risk *ret)
{
	struct narrator_span both = {pair[0].start, pair[1].end};
	struct cites cites = {.n = 0};
	char place[64];

	snprintf(place, sizeof(place), "risk %zu", number);
	if (!judge_line(j, pair[0], place, &ret->risk, &cites))
		return false;
	snprintf(place, sizeof(place), "mitigation %zu", number);
	if (!judge_line(j, pair[1], place, &ret->mitigation, &cites))
		return false;
	snprintf(place, sizeof(place), "risk %zu", number);
	narrator_check_ground(j->s, both, cites.v, cites.n, place, j->why);
	return true;
}

static void judge_risks(struct judging *j, const struct narrator_spans *cells)
{
	struct narrator_risk *v = arena_alloc(&j->ret->arena, cells->n / 2 + 1, sizeof(*v));
	size_t n = 0;

	while (n < cells->n / 2 && judge_risk(j, &cells->v[2 * n], n + 1, &v[n]))
		n++;
	j->ret->risks = v;
	j->ret->nrisks = n;
}

/* ---- all of it ---- */

static void check_length(struct judging *j)
{
	size_t words = narrator_words(j->read.s, j->read.len);

	j->ret->words = words;
	if (words < NARRATOR_WORDS_LEAST || words > NARRATOR_WORDS_MOST)
		narrator_reason(j->why,
			"the text: %zu words with the figures put in, %d to %d are wanted", words,
			NARRATOR_WORDS_LEAST, NARRATOR_WORDS_MOST);
}

static void judge_text(struct judging *j)
{
	struct narrator_sections parts;

	narrator_split(j->s, &parts, j->why);
	judge_summary(j, &parts.summary);
	judge_advice(j, &parts.advice);
	judge_risks(j, &parts.risks);
	if (j->nlines < MAX_LINES)
		check_length(j);
	narrator_sections_release(&parts);
}

int narrator_judge(const struct narrator_facts *f, const char *text, size_t len,
	struct narration *ret, struct narrator_reasons *why)
{
	struct narrator_source source = {.f = f};
	struct judging j = {
		.f = f, .s = &source, .why = why, .ret = ret, .read = STR_INIT(STR_MAX_LINE)};

	*ret = (struct narration){.words = 0};
	*why = (struct narrator_reasons){.n = 0};
	if (len > NARRATOR_MAX_TEXT)
		narrator_reason(why, "the text: longer than %zu KiB", NARRATOR_MAX_TEXT >> 10);
	else if (len == 0)
		narrator_reason(why, "the text: there is none");
	else if (narrator_source(&source, f, text, len, why) == 0)
		judge_text(&j);
	narrator_source_release(&source);
	str_release(&j.read);
	if (why->n == 0)
		return 0;
	narration_release(ret);
	return -1;
}
