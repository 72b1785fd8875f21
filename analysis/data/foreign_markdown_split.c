/* foreign_markdown_split.c - rows of tables that need no parser of inlines: most of a long table.
 *
 * What is taken here has one meaning in CommonMark: a text without any character that could begin
 * or end something, or such a text that is wholly code, emphasis or strong emphasis.  All other is
 * left to cmark. */
#include <string.h>

#include "foreign_markdown_parts.h"
#include "vec.h"

/* What a byte may do to the cell it is in: nothing, end it, be a mark to look at, be of a character
 * that is to be checked, or make the row one for cmark. */
enum part { PLAIN = 0, BAR = 1, MARK = 2, HIGH = 4, NOT_OURS = 8 };

#define NOT_OURS_8 NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS

#define HIGH_8  HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
#define HIGH_64 HIGH_8, HIGH_8, HIGH_8, HIGH_8, HIGH_8, HIGH_8, HIGH_8, HIGH_8

static const uint8_t part_of[256] = {
	NOT_OURS_8,
	NOT_OURS_8,
	NOT_OURS_8,
	NOT_OURS_8,
	['|'] = BAR,
	['`'] = MARK,
	['*'] = MARK,
	['_'] = MARK,
	['<'] = MARK,
	['&'] = MARK,
	['['] = MARK,
	[']'] = MARK,
	['\\'] = NOT_OURS,
	[0x7f] = NOT_OURS,
	HIGH_64,
	HIGH_64,
};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* '_' in a word, '<' and '&' before what makes no tag, link or entity. */
static bool means_itself(const char *s, size_t len, size_t i)
{
	char next = i + 1 < len ? s[i + 1] : ' ';

	switch (s[i]) {
	case '_':
		return i > 0 && is_alnum(s[i - 1]) && is_alnum(next);
	case '<':
		return next == ' ' || next == '=' || (next >= '0' && next <= '9');
	case '&':
		return next == ' ';
	default:
		return false;
	}
}

static bool is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (part_of[(unsigned char)s[i]] == MARK && !means_itself(s, len, i))
			return false;
	}
	return true;
}

static bool is_graph(char c)
{
	return c > ' ' && c <= '~';
}

/* Takes the marks off a text that has some; false if they are not as simple as that. */
static bool take_off(struct grid_cell *text)
{
	const char *s = text->s;
	size_t len = text->len, n = 0;

	if (!s || len == 0)
		return false;
	if (s[0] == '`') {
		if (len < 3 || memchr(s + 1, '`', len - 1) != s + len - 1)
			return false;
		*text = foreign_text(s + 1, s + len - 1);
		return true;
	}
	if (s[0] == '*' || s[0] == '_') {
		n = len > 1 && s[1] == s[0] ? 2 : 1;
		if (len <= 2 * n || memcmp(s + len - n, s, n) != 0)
			return false;
		s += n;
		len -= 2 * n;
		/* What stands beside the marks decides whether they are any. */
		if (!is_graph(s[0]) || !is_graph(s[len - 1]))
			return false;
		*text = foreign_text(s, s + len);
	}
	return is_plain(s, len);
}

bool foreign_markdown_split(struct markdown *m, const char *s, const char *end, uint32_t line)
{
	size_t first = m->cell.n;
	const char *p = s + 1;
	unsigned row = 0;

	if (s == end || *s != '|' || (size_t)(end - s) >= MARKDOWN_MOST_TEXT)
		return false;
	while (end > p && end[-1] == ' ')
		end--;
	while (p < end) {
		const char *from = p;
		struct grid_cell text;
		unsigned seen = 0;

		for (; p < end && part_of[(unsigned char)*p] != BAR; p++)
			seen |= part_of[(unsigned char)*p];
		text = foreign_text(from, p);
		row |= (seen & (MARK | NOT_OURS)) == MARK && !take_off(&text) ? NOT_OURS : seen;
		if (row & NOT_OURS)
			break;
		*VEC_PUSH(&m->cell) = text;
		p++;
	}
	/* In a row that is no UTF-8, cmark does not see all cells. */
	if ((row & NOT_OURS) || m->cell.n == first ||
		((row & HIGH) && !foreign_utf8_valid(s, (size_t)(end - s)))) {
		m->cell.n = first;
		return false;
	}
	*VEC_PUSH(&m->row) =
		(struct markdown_row){.line = line, .first = first, .n = m->cell.n - first};
	return true;
}
