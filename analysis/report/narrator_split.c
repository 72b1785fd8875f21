/* narrator_split.c - headings, paragraphs, list items and table rows of an answer.
 *
 * Lines are looked at one by one; those that belong together are joined where they stand (a newline
 * becomes a space), so that a part is a range of the text. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "narrator_internal.h"
#include "vec.h"

enum part { PART_NONE, PART_SUMMARY, PART_ADVICE, PART_RISKS };

static const struct {
	const char *heading;
	enum part part;
} headings[] = {{"executive summary", PART_SUMMARY}, {"summary", PART_SUMMARY},
	{"recommendations", PART_ADVICE}, {"risks", PART_RISKS}, {"risk table", PART_RISKS},
	{"risks and mitigation", PART_RISKS}, {"risks and mitigations", PART_RISKS},
	{"risk and mitigation", PART_RISKS}};

static const char *const part_names[] = {"", NARRATOR_SUMMARY, NARRATOR_ADVICE, NARRATOR_RISKS};

struct splitting {
	struct narrator_source *s;
	struct narrator_sections *to;
	struct narrator_reasons *why;
	enum part part;
	bool seen[PART_RISKS + 1];
	bool open;                  /* the last span of the part goes on with the next line */
	bool table_begun;           /* its head has been read */
	struct narrator_spans rows; /* of the risks, each a line or several */
};

struct line {
	size_t start, end; /* without white space at the ends */
};

static struct line trimmed(const char *t, size_t start, size_t end)
{
	while (start < end && isspace((unsigned char)t[start]))
		start++;
	while (end > start && isspace((unsigned char)t[end - 1]))
		end--;
	return (struct line){start, end};
}

/* ---- headings ---- */

static enum part heading_of(const char *t, struct line l)
{
	while (l.start < l.end && strchr("# ", t[l.start]))
		l.start++;
	while (l.end > l.start && strchr("#: ", t[l.end - 1]))
		l.end--;
	for (size_t i = 0; i < COUNTOF(headings); i++)
		if (strlen(headings[i].heading) == l.end - l.start &&
			strncasecmp(t + l.start, headings[i].heading, l.end - l.start) == 0)
			return headings[i].part;
	return PART_NONE;
}

static void begin_part(struct splitting *x, enum part part)
{
	if (x->seen[part])
		narrator_reason(x->why, "the section %s: is there twice", part_names[part]);
	else if (part < x->part)
		narrator_reason(x->why, "the section %s: comes after %s", part_names[part],
			part_names[x->part]);
	x->seen[part] = true;
	x->part = part;
	x->open = false;
}

/* ---- parts ---- */

/* Joins a line to the last span, or begins one. */
static void add_line(struct splitting *x, struct narrator_spans *to, struct line l, bool joins)
{
	if (!joins) {
		*VEC_PUSH(to) = (struct narrator_span){l.start, l.end};
		return;
	}
	for (size_t i = to->v[to->n - 1].end; i < l.start; i++)
		x->s->text[i] = x->s->mask[i] = ' ';
	to->v[to->n - 1].end = l.end;
}

/* Length of "- ", "2. " or "2) " at the line's beginning; a number must be the next one. */
static size_t bullet(const char *t, struct line l, size_t next)
{
	size_t number = 0, digits = 0;

	if (l.end - l.start > 1 && strchr("-*+", t[l.start]) && t[l.start + 1] == ' ')
		return 2;
	if (l.end - l.start > 4 && strncmp(t + l.start, "\xe2\x80\xa2 ", 4) == 0)
		return 4;
	for (; digits < 3 && isdigit((unsigned char)t[l.start + digits]); digits++)
		number = number * 10 + (size_t)(t[l.start + digits] - '0');
	if (digits == 0 || number != next || !strchr(".)", t[l.start + digits]) ||
		t[l.start + digits + 1] != ' ')
		return 0;
	return digits + 2;
}

static void take_item(struct splitting *x, struct narrator_spans *to, struct line l)
{
	size_t skip = bullet(x->s->mask, l, to->n + 1);

	if (skip == 0 && to->n == 0) {
		narrator_reason(x->why, "%s: a line that is no list item", part_names[x->part]);
		return;
	}
	l = trimmed(x->s->text, l.start + skip, l.end);
	add_line(x, to, l, skip == 0);
}

static bool is_rule(const char *t, struct line l)
{
	return strspn(t + l.start, "|-: ") >= l.end - l.start &&
		memchr(t + l.start, '-', l.end - l.start);
}

/* A row of a table.  What stands above the rule is its head. */
static void take_table_row(struct splitting *x, struct line l)
{
	if (is_rule(x->s->mask, l)) {
		if (x->rows.n == 1 && !x->table_begun)
			x->rows.n = 0;
		x->table_begun = true;
		return;
	}
	add_line(x, &x->rows, l, false);
}

static void take_line(struct splitting *x, struct line l)
{
	const char *t = x->s->mask;

	switch (x->part) {
	case PART_NONE:
		narrator_reason(
			x->why, "the text: begins before the heading \"%s\"", NARRATOR_SUMMARY);
		return;
	case PART_SUMMARY:
		if (bullet(t, l, 0) > 0) {
			x->open = false;
			l = trimmed(x->s->text, l.start + bullet(t, l, 0), l.end);
		}
		add_line(x, &x->to->summary, l, x->open);
		x->open = true;
		return;
	case PART_ADVICE:
		take_item(x, &x->to->advice, l);
		return;
	case PART_RISKS:
		if (t[l.start] == '|')
			take_table_row(x, l);
		else
			take_item(x, &x->rows, l);
	}
}

/* ---- a risk and its mitigation ---- */

static bool skip_word(const char *t, struct narrator_span *x, const char *word)
{
	size_t len = strlen(word);

	if (x->end - x->start < len || strncasecmp(t + x->start, word, len) != 0)
		return false;
	x->start += len;
	while (x->start < x->end && t[x->start] == ' ')
		x->start++;
	return true;
}

static size_t find_word(const char *t, struct narrator_span x, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = x.start; i + len <= x.end; i++)
		if (strncasecmp(t + i, word, len) == 0)
			return i;
	return x.end;
}

/* White space and what leads from one part to the other. */
static struct narrator_span tidy(const char *t, struct narrator_span x)
{
	struct line l;

	while (x.end > x.start && strchr(" -;|", t[x.end - 1]))
		x.end--;
	l = trimmed(t, x.start, x.end);
	return (struct narrator_span){l.start, l.end};
}

/* "| a | b |" and what may follow, all of it as the mitigation's (a column of citations). */
static bool split_cells(const char *t, struct narrator_span row, struct narrator_span *risk,
	struct narrator_span *mitigation)
{
	const char *bar = memchr(t + row.start + 1, '|', row.end - row.start - 1);

	if (!bar)
		return false;
	*risk = (struct narrator_span){row.start + 1, (size_t)(bar - t)};
	*mitigation = (struct narrator_span){risk->end + 1, row.end};
	return true;
}

static void split_row(struct splitting *x, struct narrator_span row, size_t number)
{
	char *t = x->s->mask;
	struct narrator_span risk = row, mitigation = row;
	bool found;

	if (t[row.start] == '|') {
		found = split_cells(t, row, &risk, &mitigation);
		mitigation = tidy(x->s->text, mitigation);
		for (size_t i = mitigation.start; found && i < mitigation.end; i++)
			if (t[i] == '|') /* the next column */
				t[i] = x->s->text[i] = ' ';
	} else {
		(void)skip_word(t, &risk, "risk:");
		risk.end = mitigation.start = find_word(t, risk, "mitigation:");
		found = skip_word(t, &mitigation, "mitigation:");
	}
	risk = tidy(x->s->text, risk);
	mitigation = tidy(x->s->text, mitigation);
	if (!found || risk.start == risk.end || mitigation.start == mitigation.end) {
		narrator_reason(x->why, "risk %zu: needs a risk and its mitigation", number);
		return;
	}
	*VEC_PUSH(&x->to->risks) = risk;
	*VEC_PUSH(&x->to->risks) = mitigation;
}

/* ---- all of it ---- */

static void check_counts(struct splitting *x)
{
	const struct narrator_sections *to = x->to;

	for (int p = PART_SUMMARY; p <= PART_RISKS; p++)
		if (!x->seen[p])
			narrator_reason(x->why, "the section %s: is missing", part_names[p]);
	if (x->seen[PART_SUMMARY] && to->summary.n == 0)
		narrator_reason(x->why, "%s: is empty", NARRATOR_SUMMARY);
	if (x->seen[PART_ADVICE] && to->advice.n < NARRATOR_LEAST_ADVICE)
		narrator_reason(x->why, "%s: %zu, at least %d are wanted", NARRATOR_ADVICE,
			to->advice.n, NARRATOR_LEAST_ADVICE);
	if (x->seen[PART_RISKS] && to->risks.n / 2 < NARRATOR_LEAST_RISKS)
		narrator_reason(x->why, "%s: %zu with a mitigation, at least %d are wanted",
			NARRATOR_RISKS, to->risks.n / 2, NARRATOR_LEAST_RISKS);
}

void narrator_split(
	struct narrator_source *s, struct narrator_sections *ret, struct narrator_reasons *why)
{
	struct splitting x = {.s = s, .to = ret, .why = why};
	size_t next;

	*ret = (struct narrator_sections){0};
	for (size_t i = 0; i < s->len; i = next + 1) {
		const char *newline = memchr(s->text + i, '\n', s->len - i);
		struct line l;

		next = newline ? (size_t)(newline - s->text) : s->len;
		l = trimmed(s->text, i, next);
		if (l.start == l.end)
			x.open = false;
		else if (heading_of(s->mask, l) != PART_NONE)
			begin_part(&x, heading_of(s->mask, l));
		else if (s->mask[l.start] == '#')
			narrator_reason(why, "the text: a heading that was not asked for");
		else
			take_line(&x, l);
	}
	for (size_t i = 0; i < x.rows.n; i++)
		split_row(&x, x.rows.v[i], i + 1);
	VEC_RELEASE(&x.rows);
	check_counts(&x);
}

void narrator_sections_release(struct narrator_sections *x)
{
	VEC_RELEASE(&x->summary);
	VEC_RELEASE(&x->advice);
	VEC_RELEASE(&x->risks);
}
