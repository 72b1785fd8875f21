/* foreign_markdown_lines.c - what a line of Markdown is by itself: a rule, a row, a fence. */
#include <string.h>

#include "foreign_markdown_parts.h"

size_t foreign_markdown_rule(const char *s, size_t len)
{
	const char *p = s, *end = s + len;
	size_t cells = 0, bars = 0;

	while (end > p && strchr(" \t\r", end[-1]) && end[-1])
		end--;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p == '|') {
		bars++;
		p++;
	}
	while (p < end) {
		size_t dashes = 0;

		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		p += p < end && *p == ':';
		for (; p < end && *p == '-'; p++)
			dashes++;
		p += p < end && *p == ':';
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (dashes == 0 || (p < end && *p != '|'))
			return 0;
		cells++;
		bars += p < end;
		p++;
	}
	return bars > 0 ? cells : 0;
}

size_t foreign_markdown_cells(const char *s, size_t len)
{
	struct grid_cell row = foreign_text(s, s + len);
	size_t n = 1;

	for (size_t i = 0; i < row.len; i++) {
		if (row.s[i] == '\\')
			i++;
		else
			n += row.s[i] == '|' && i > 0 && i + 1 < row.len;
	}
	return n;
}

void foreign_markdown_fence(struct markdown_fence *f, const char *s, const char *end)
{
	const char *p = s;
	size_t n = 0;

	while (p < end && *p == ' ')
		p++;
	if (p - s > 3 || p == end || (*p != '`' && *p != '~'))
		return;
	while (p + n < end && p[n] == *p)
		n++;
	if (n < 3)
		return;
	if (!f->open) {
		f->open = *p;
		f->length = n;
	} else if (f->open == *p && n >= f->length) {
		f->open = '\0';
	}
}

bool foreign_markdown_blank(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t' || *s == '\r'))
		s++;
	return s == end;
}
