/* foreign_jsonl_scan.c - a flat line of JSON, without a tree of it. */
#include <string.h>

#include "foreign_jsonl_parts.h"
#include "num.h"
#include "word.h"

static inline const char *past_spaces(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\r')
		s++;
	return s;
}

/* The closing quote of a string whose first byte is at s; NULL with an escape, a control byte or
 * bytes that are no UTF-8. */
static inline const char *string_end(const char *s, const char *end)
{
	const char *start = s;
	uint64_t high = 0;

	for (; s < end; s += 8) {
		uint64_t word = word_at(s);
		uint64_t stops = word_equal(word, '"') | word_equal(word, '\\') |
			word_zeros(word & 0xe0 * WORD_EACH);
		uint64_t before = stops ? (stops & -stops) - 1 : UINT64_MAX;

		high |= word & before & 0x80 * WORD_EACH;
		if (!stops)
			continue;
		s += word_first(stops);
		if (s >= end || *s != '"')
			return NULL;
		return !high || foreign_utf8_valid(start, (size_t)(s - start)) ? s : NULL;
	}
	return NULL;
}

/* The grammar of JSON is narrower than num_parse's. */
static const char *scan_number(const char *s, const char *end, double *ret)
{
	const char *p = s, *digits = s + (*s == '-');

	while (p < end &&
		((*p >= '0' && *p <= '9') || *p == '.' || *p == '-' || *p == '+' || *p == 'e' ||
			*p == 'E')) {
		if (*p == '.' && (p[1] < '0' || p[1] > '9'))
			return NULL;
		p++;
	}
	if (*digits < '0' || *digits > '9' ||
		(*digits == '0' && digits[1] >= '0' && digits[1] <= '9'))
		return NULL;
	return num_parse(s, (size_t)(p - s), ret) ? p : NULL;
}

static inline const char *scan_word(const char *s, const char *end, const char *word, size_t len)
{
	return (size_t)(end - s) >= len && memcmp(s, word, len) == 0 ? s + len : NULL;
}

static inline const char *scan_value(const char *s, const char *end, struct grid_cell *cell)
{
	const char *stop;

	*cell = (struct grid_cell){0};
	switch (*s) {
	case '"':
		stop = string_end(s + 1, end);
		if (!stop)
			return NULL;
		*cell = foreign_text(s + 1, stop);
		return stop + 1;
	case 't':
		cell->kind = GRID_TRUE;
		return scan_word(s, end, "true", 4);
	case 'f':
		cell->kind = GRID_FALSE;
		return scan_word(s, end, "false", 5);
	case 'n':
		return scan_word(s, end, "null", 4);
	default:
		cell->kind = GRID_NUMBER;
		return scan_number(s, end, &cell->number);
	}
}

/* The column of the key whose opening quote is at s; mostly the one after that before it. */
static inline const char *scan_key(
	const char *s, const char *end, struct foreign_columns *c, uint32_t *column)
{
	const char *stop;

	if (*s++ != '"')
		return NULL;
	if (c->next < c->n) {
		const struct foreign_column *one = &c->v[c->next];

		if ((size_t)(end - s) > one->len && s[one->len] == '"' &&
			memcmp(s, one->key, one->len) == 0) {
			*column = c->next;
			return s + one->len + 1;
		}
	}
	stop = string_end(s, end);
	if (!stop)
		return NULL;
	*column = foreign_column(c, s, (size_t)(stop - s), NULL);
	return *column == FOREIGN_NONE ? NULL : stop + 1;
}

bool foreign_jsonl_scan(const char *s, const char *end, struct foreign_columns *c,
	struct grid_cell *row, size_t *values)
{
	*values = 0;
	c->next = 0;
	s = past_spaces(s);
	if (*s++ != '{')
		return false;
	for (;;) {
		uint32_t column;

		s = scan_key(past_spaces(s), end, c, &column);
		if (!s)
			return false;
		s = past_spaces(s);
		if (*s++ != ':')
			return false;
		s = scan_value(past_spaces(s), end, &row[column]);
		if (!s)
			return false;
		c->next = column + 1;
		*values += row[column].kind != GRID_MISSING;
		s = past_spaces(s);
		if (*s == '}')
			break;
		if (*s++ != ',')
			return false;
	}
	return past_spaces(s + 1) == end;
}
