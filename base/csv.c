/* csv.c - one line of RFC 4180 at a time. */
#include "csv.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Commas and quotes need quoting by the RFC; spaces at the ends, which some readers strip. */
static bool needs_quotes(const char *s, size_t len)
{
	if (len == 0)
		return false;
	if (s[0] == ' ' || s[len - 1] == ' ')
		return true;
	return memchr(s, ',', len) || memchr(s, '"', len);
}

static void add_byte(struct str *line, char c)
{
	if (c == '"')
		str_add(line, "\"\"");
	else if (c == '\\')
		str_add(line, "\\\\");
	else if (c == '\n')
		str_add(line, "\\n");
	else if (c == '\t')
		str_add(line, "\\t");
	else if (is_control(c))
		str_addf(line, "\\x%02x", (unsigned char)c);
	else
		str_addc(line, c);
}

void csv_add(struct str *line, const char *field, size_t len)
{
	bool quotes = needs_quotes(field, len);
	size_t plain = 0;

	if (quotes)
		str_addc(line, '"');
	/* Stretches without anything special, nearly always the whole field, are copied at once. */
	for (size_t i = 0; i < len; i++) {
		if (field[i] != '"' && field[i] != '\\' && !is_control(field[i]))
			continue;
		str_addn(line, field + plain, i - plain);
		add_byte(line, field[i]);
		plain = i + 1;
	}
	str_addn(line, field + plain, len - plain);
	if (quotes)
		str_addc(line, '"');
}

/* Unquotes the field whose opening quote is at *p, in place; *p moves behind the closing quote. */
static bool split_quoted(char **p, char *end, struct csv_field *field)
{
	char *from = *p + 1, *to = from;

	field->s = to;
	for (; from < end; from++) {
		if (*from == '"') {
			if (from + 1 == end || from[1] != '"')
				break;
			from++;
		}
		*to++ = *from;
	}
	if (from == end)
		return false;
	field->len = (size_t)(to - field->s);
	*p = from + 1;
	return true;
}

/* The bare field at *p; *p moves behind it. */
static bool split_bare(char **p, char *end, char sep, struct csv_field *field)
{
	char *stop = memchr(*p, sep, (size_t)(end - *p));

	if (!stop)
		stop = end;
	field->s = *p;
	field->len = (size_t)(stop - *p);
	*p = stop;
	return !memchr(field->s, '"', field->len);
}

int csv_split(char *line, size_t len, char sep, struct csv_field *fields, int max)
{
	char *p = line, *end = line + len;

	for (int n = 0;; p++) {
		struct csv_field field;
		bool quoted = p < end && *p == '"';

		if (quoted ? !split_quoted(&p, end, &field) : !split_bare(&p, end, sep, &field))
			return -1;
		if (n < max)
			fields[n] = field;
		n++;
		if (p == end)
			return n;
		if (*p != sep)
			return -1; /* something behind a closing quote */
	}
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* The escape at s (after its backslash, `len` bytes left): its byte, and how many bytes it took; 0
 * if it is not one of csv_add's. */
static size_t read_escape(const char *s, size_t len, char *ret)
{
	if (len == 0)
		return 0;
	if (s[0] == 'n' || s[0] == 't' || s[0] == '\\') {
		*ret = s[0] == 'n' ? '\n' : s[0] == 't' ? '\t' : '\\';
		return 1;
	}
	if (len < 3 || s[0] != 'x' || hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0)
		return 0;
	*ret = (char)(hex_digit(s[1]) * 16 + hex_digit(s[2]));
	return 3;
}

size_t csv_unescape(char *s, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '\\')
			i += read_escape(s + i + 1, len - i - 1, &c);
		s[to++] = c;
	}
	return to;
}
