/* foreign_csv_record.c - one record of CSV: where its fields are. */
#include <string.h>

#include "foreign_csv_parts.h"
#include "word.h"

/* ---- without quotes ---- */

struct plain {
	char *start; /* of the field */
	struct grid_cell *cell;
	size_t n, most;
};

static inline void end_field(struct plain *p, char *stop)
{
	if (p->n < p->most)
		p->cell[p->n] = foreign_text(p->start, stop);
	p->n++;
	p->start = stop + 1;
}

/* Up to the line's end, or to a quote or the buffer's end: then NULL, with *quote. */
static inline char *plain_line(struct plain *p, char *from, char *end, char sep, bool *quote)
{
	for (char *s = from; s < end; s += 8) {
		uint64_t word = word_at(s), seps = word_equal(word, sep);
		uint64_t stops = word_equal(word, '\n') | word_equal(word, '"');
		uint64_t before = stops ? (stops & -stops) - 1 : UINT64_MAX;

		for (seps &= before; seps; seps &= seps - 1)
			end_field(p, s + word_first(seps));
		if (stops) {
			s += word_first(stops);
			*quote = *s == '"';
			return *quote ? NULL : s;
		}
	}
	*quote = false;
	return NULL;
}

/* ---- with quotes ---- */

/* Behind the closing quote of the field whose opening one is at s; NULL if it is not there. */
static char *closing(char *s, char *end)
{
	for (;;) {
		s = s + 1 < end ? memchr(s + 1, '"', (size_t)(end - s - 1)) : NULL;
		if (!s || s + 1 == end || s[1] != '"')
			return s ? s + 1 : NULL;
		s++; /* two stand for one */
	}
}

static char *past_spaces(char *s, char *end, char sep)
{
	while (s < end && (*s == ' ' || *s == '\t' || *s == '\r') && *s != sep)
		s++;
	return s;
}

/* The end of a field without quotes. */
static char *bare_end(char *s, char *end, char sep)
{
	while (s < end && *s != sep && *s != '\n')
		s++;
	return s;
}

static enum csv_found unfinished(
	char *quote, char *end, bool whole, struct csv_record *ret, enum csv_found found)
{
	char *stop = memchr(quote, '\n', (size_t)(end - quote));

	if (!stop && !whole)
		return CSV_MORE;
	ret->next = stop ? stop + 1 : end;
	return found;
}

/* The end of the record: at its newline or at `end`. */
static enum csv_found find_end(
	char *from, char *end, bool whole, char sep, char **stop, struct csv_record *ret)
{
	for (char *s = from;; s++) {
		char *quote = past_spaces(s, end, sep);

		if (quote < end && *quote == '"') {
			s = closing(quote, end);
			if (!s)
				return unfinished(quote, end, whole, ret, CSV_OPEN);
			s = past_spaces(s, end, sep);
			if (s < end && *s != sep && *s != '\n')
				return unfinished(quote, end, whole, ret, CSV_BAD);
		} else {
			s = bare_end(s, end, sep);
		}
		if (s == end && !whole)
			return CSV_MORE;
		if (s == end || *s == '\n') {
			*stop = s;
			return CSV_RECORD;
		}
	}
}

/* Undoes the quoting from the opening quote on; the closing one is there. */
static struct grid_cell unquoted(char *quote, char *end, char **behind)
{
	char *from = quote + 1, *to = from, *start = from;

	for (;;) {
		char *next = memchr(from, '"', (size_t)(end - from));

		if (to != from)
			memmove(to, from, (size_t)(next - from));
		to += next - from;
		from = next + 1;
		if (from >= end || *from != '"')
			break;
		*to++ = '"';
		from++;
	}
	*behind = from;
	return foreign_text(start, to);
}

static size_t count_lines(const char *s, const char *end)
{
	size_t n = 0;

	while (s < end && (s = memchr(s, '\n', (size_t)(end - s)))) {
		n++;
		s++;
	}
	return n;
}

static enum csv_found quoted_record(char *from, char *end, bool whole, char sep,
	struct grid_cell *cell, size_t most, struct csv_record *ret)
{
	char *stop = end;
	enum csv_found found = find_end(from, end, whole, sep, &stop, ret);

	if (found != CSV_RECORD) {
		if (found != CSV_MORE)
			ret->lines = count_lines(from, ret->next);
		return found;
	}
	ret->next = stop < end ? stop + 1 : end;
	ret->lines = count_lines(from, ret->next);
	for (char *s = from;; s++) {
		char *quote = past_spaces(s, stop, sep), *behind;
		struct grid_cell here;

		if (quote < stop && *quote == '"') {
			here = unquoted(quote, stop, &behind);
			behind = past_spaces(behind, stop, sep);
		} else {
			behind = bare_end(s, stop, sep);
			here = foreign_text(s, behind);
		}
		if (ret->nfields < most)
			cell[ret->nfields] = here;
		ret->nfields++;
		s = behind;
		if (s >= stop)
			return CSV_RECORD;
	}
}

enum csv_found foreign_csv_record(char *from, char *end, bool whole, char sep,
	struct grid_cell *cell, size_t most, struct csv_record *ret)
{
	struct plain p = {.start = from, .cell = cell, .most = most};
	bool quote;
	char *stop = plain_line(&p, from, end, sep, &quote);

	*ret = (struct csv_record){.quoted = quote};
	if (quote)
		return quoted_record(from, end, whole, sep, cell, most, ret);
	if (!stop && !whole)
		return CSV_MORE;
	end_field(&p, stop ? stop : end);
	ret->nfields = p.n;
	ret->next = stop ? stop + 1 : end;
	ret->lines = 1;
	return CSV_RECORD;
}
