/* journal_scan.c - reading a journal file line by line, in one pass and little memory. */
#include "journal_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "vec.h"

#define READ_STEP ((size_t)256 << 10)

#define MAX_FIELDS  128
#define MAX_RESCUES 8

struct scanner {
	struct journal_scan *scan;
	journal_judge_fn *judge;
	void *arg;
	int nfields;
	off_t at;        /* where the line at hand begins */
	uint64_t number; /* of the line at hand, the header is 1 */
	struct str line; /* its beginning, if it came in several reads */
	off_t skipped;   /* bytes of a line too long to be a row */
	struct str scratch;
};

static int count_fields(const struct str *header)
{
	int n = 1;

	/* Names of columns are words: no quotes, no commas of their own. */
	for (size_t i = 0; i < header->len; i++)
		n += header->s[i] == ',';
	return n;
}

/* NULL if the form is right; then `fields` point into the scratch. */
static const char *form_of(
	struct scanner *sc, const char *s, size_t len, struct csv_field fields[MAX_FIELDS])
{
	switch (row_crc_check(s, len)) {
	case ROW_CRC_MISSING:
		return "it has no row_crc at its end";
	case ROW_CRC_WRONG:
		return "its row_crc does not fit";
	case ROW_CRC_FITS:
		break;
	}
	str_reset(&sc->scratch);
	str_addn(&sc->scratch, s, len);
	if (csv_split(sc->scratch.s, len, ',', fields, MAX_FIELDS) != sc->nfields)
		return "it has another number of fields than the header";
	return NULL;
}

static void add_bad(struct scanner *sc, off_t from, off_t to, const char *why)
{
	struct journal_scan *scan = sc->scan;

	scan->lines++;
	if (scan->bad.n > 0) {
		struct journal_span *last = &scan->bad.v[scan->bad.n - 1];

		if (last->to == from && last->why == why) {
			last->to = to;
			last->last_line = sc->number;
			return;
		}
	}
	*VEC_PUSH(&scan->bad) = (struct journal_span){.from = from,
		.to = to,
		.first_line = sc->number,
		.last_line = sc->number,
		.why = why};
}

/* Where the newline between two rows is damaged, the second is whole: it begins one byte behind the
 * first one's CRC.  Returns where, or 0 if there is none. */
static size_t find_glued_row(struct scanner *sc, const char *s, size_t len)
{
	struct csv_field fields[MAX_FIELDS];
	int tries = 0;
	uint32_t crc;

	for (size_t i = 0; i + ROW_CRC_DIGITS + 2 < len && tries < MAX_RESCUES; i++) {
		size_t begin = i + ROW_CRC_DIGITS + 2;

		if (s[i] != ',' || !row_crc_parse(s + i + 1, &crc))
			continue;
		tries++;
		if (!form_of(sc, s + begin, len - begin, fields) && !sc->judge(sc->arg, fields))
			return begin;
	}
	return 0;
}

static void take_line(struct scanner *sc, const char *s, size_t len, bool ended)
{
	struct csv_field fields[MAX_FIELDS];
	off_t end = sc->at + (off_t)len + ended;
	size_t glued = 0;
	const char *why = ended ? form_of(sc, s, len, fields) : JOURNAL_NO_END;

	if (!why)
		why = sc->judge(sc->arg, fields);
	else if (ended)
		glued = find_glued_row(sc, s, len);
	if (why)
		add_bad(sc, sc->at, glued ? sc->at + (off_t)glued : end, why);
	sc->at = end;
	sc->number++;
}

/* The end of a line of which some was skipped, since no row is that long. */
static void take_skipped(struct scanner *sc, size_t len, bool ended)
{
	off_t end = sc->at + sc->skipped + (off_t)len + ended;

	add_bad(sc, sc->at, end, "it is longer than any row");
	sc->at = end;
	sc->skipped = 0;
	sc->number++;
}

/* A piece of a line; with `ends` the last one. */
static void take_piece(struct scanner *sc, const char *s, size_t len, bool ends)
{
	if (!sc->skipped && ends && sc->line.len == 0) {
		take_line(sc, s, len, true);
		return;
	}
	if (!sc->skipped && sc->line.len + len > JOURNAL_MAX_ROW) {
		sc->skipped = (off_t)sc->line.len;
		str_reset(&sc->line);
	}
	if (sc->skipped && ends) {
		take_skipped(sc, len, true);
	} else if (sc->skipped) {
		sc->skipped += (off_t)len;
	} else {
		str_addn(&sc->line, s, len);
		if (ends) {
			take_line(sc, sc->line.s, sc->line.len, true);
			str_reset(&sc->line);
		}
	}
}

static void take_bytes(struct scanner *sc, const char *s, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(s, '\n', len);
		size_t n = newline ? (size_t)(newline - s) : len;

		take_piece(sc, s, n, newline != NULL);
		n += newline != NULL;
		s += n;
		len -= n;
	}
}

static ssize_t read_at(int fd, char *buf, size_t size, off_t at)
{
	ssize_t n;

	do
		n = pread(fd, buf, size, at);
	while (n < 0 && errno == EINTR);
	return n;
}

static int scan_rows(struct scanner *sc, struct journal_file *f, struct err *e)
{
	char *buf = xmalloc(READ_STEP);
	off_t at = sc->at;
	ssize_t n;

	while ((n = read_at(f->fd, buf, READ_STEP, at)) > 0) {
		if (f->stop && *f->stop) {
			free(buf);
			return err_set(e, ERR_INTERRUPTED, "%s: interrupted", f->path);
		}
		take_bytes(sc, buf, (size_t)n);
		at += n;
	}
	if (n < 0)
		err_sys(e, ERR_ENV, errno, "%s", f->path);
	else if (sc->skipped)
		take_skipped(sc, 0, false);
	else if (sc->line.len > 0)
		take_line(sc, sc->line.s, sc->line.len, false);
	sc->scan->size = f->size = at;
	free(buf);
	return n < 0 ? -1 : 0;
}

/* Compares the beginning of the file with the header.  A file that ends inside it has no rows. */
static int check_header(struct journal_file *f, const struct str *header, struct err *e)
{
	char *begin = xmalloc(header->len);
	size_t have = 0;
	ssize_t n = 1;
	bool same;

	while (have < header->len && n > 0) {
		n = read_at(f->fd, begin + have, header->len - have, (off_t)have);
		have += n > 0 ? (size_t)n : 0;
	}
	same = memcmp(begin, header->s, have) == 0;
	free(begin);
	if (n < 0)
		return err_sys(e, ERR_ENV, errno, "%s", f->path);
	if (!same) {
		err_set(e, ERR_JOURNAL, "%s: its first line is not the header of this sweep's rows",
			f->path);
		return err_hint(e, "another sweep or another version wrote it; start a new run");
	}
	if (have == header->len || f->readonly)
		return 0;
	if (ftruncate(f->fd, 0))
		return err_sys(e, ERR_ENV, errno, "%s", f->path);
	f->size = 0;
	return journal_file_append(f, header->s, header->len, e);
}

int journal_scan(struct journal_scan *scan, struct journal_file *f, const struct str *header,
	journal_judge_fn *judge, void *arg, struct err *e)
{
	struct scanner sc = {.scan = scan,
		.judge = judge,
		.arg = arg,
		.nfields = count_fields(header),
		.at = (off_t)header->len,
		.number = 2,
		.line = STR_INIT(JOURNAL_MAX_ROW),
		.scratch = STR_INIT(JOURNAL_MAX_ROW)};
	int result;

	*scan = (struct journal_scan){0};
	result = check_header(f, header, e);
	if (result == 0)
		result = scan_rows(&sc, f, e);
	str_release(&sc.line);
	str_release(&sc.scratch);
	return result;
}

void journal_scan_release(struct journal_scan *scan)
{
	VEC_RELEASE(&scan->bad);
}
