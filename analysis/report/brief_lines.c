/* brief_lines.c - lines for a terminal. */
#include "brief_lines.h"

#include <stdint.h>
#include <string.h>

#define WIDTH 100

/* Characters of a text, which is UTF-8. */
static size_t width_of(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

/* The text in lines of at most WIDTH, the later ones below the first one's text. */
static void add_wrapped(struct str *out, size_t indent, const char *text)
{
	size_t column = indent;

	while (*text) {
		size_t len = strcspn(text, " "), width = width_of(text, len);

		if (column > indent && column + 1 + width > WIDTH) {
			str_addf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			str_addc(out, ' ');
			column++;
		}
		while (width > WIDTH - indent) { /* a word longer than a line is cut */
			size_t part = 0;

			while (width_of(text, part + 1) <= WIDTH - indent)
				part++;
			str_addn(out, text, part);
			str_addf(out, "\n%*s", (int)indent, "");
			text += part;
			len -= part;
			width = width_of(text, len);
		}
		str_addn(out, text, len);
		column += width;
		text += len;
		text += strspn(text, " ");
	}
	str_addc(out, '\n');
}

void brief_text(struct str *out, const char *text)
{
	add_wrapped(out, 0, text);
}

void brief_line(struct str *out, size_t width, const char *name, const char *text)
{
	size_t named = width_of(name, strlen(name));

	str_addf(out, "%*s%s%*s", BRIEF_INDENT, "", name, (int)(named < width ? width - named : 1),
		"");
	add_wrapped(out, BRIEF_INDENT + width, text);
}
