/* scan_open.c - a scan is opened: its header, and what can be asked of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "columns.h"
#include "scan_internal.h"

#define CHUNK        ((uint64_t)1 << 20)
#define ALONE        ((uint64_t)256 << 10) /* smaller files are not worth a thread */
#define MAX_COLUMNS  10000
#define UTF8_BOM     "\xef\xbb\xbf"
#define UTF8_BOM_LEN 3

uint64_t scan_chunk_bytes; /* 0: CHUNK; tests make it small */

/* The line at s->data, appended to s->header; *ended if it has an end.  False: cannot be read. */
static bool read_line(struct scan *s, bool *ended)
{
	char block[4096];

	*ended = false;
	str_reset(&s->header);
	while (!*ended && s->data < s->size && !s->header.overflowed) {
		size_t n = s->size - s->data < sizeof(block) ? (size_t)(s->size - s->data)
							     : sizeof(block);
		const char *end;

		if (!scan_read_at(s, block, n, s->data))
			return false;
		end = memchr(block, '\n', n);
		str_addn(&s->header, block, end ? (size_t)(end - block) : n);
		*ended = end;
		s->data += end ? (size_t)(end - block) + 1 : n;
	}
	s->lines++;
	return true;
}

/* The header as table.h has it: other files may begin with empty lines. */
static int read_header(struct scan *s, bool *ended, struct err *e)
{
	char mark[UTF8_BOM_LEN];

	if (s->size >= UTF8_BOM_LEN && scan_read_at(s, mark, UTF8_BOM_LEN, 0) &&
		memcmp(mark, UTF8_BOM, UTF8_BOM_LEN) == 0)
		s->data = UTF8_BOM_LEN;
	do {
		if (s->data >= s->size)
			return err_set(e, ERR_JOURNAL, "%s: empty, without even a header", s->path);
		if (!read_line(s, ended))
			return scan_read_error(s, errno, e);
		if (!s->checked && s->header.len > 0 && s->header.s[s->header.len - 1] == '\r')
			s->header.s[--s->header.len] = '\0';
	} while (!s->checked && s->header.len == 0);
	return 0;
}

uint32_t scan_find_column(const struct scan *s, const char *name)
{
	uint64_t hash = scan_text_hash(name, strlen(name));

	for (size_t i = 0; i < s->ncolumns; i++) {
		if (s->name_hashes[i] == hash && strcmp(s->names[i], name) == 0)
			return (uint32_t)i;
	}
	return SCAN_MISSING;
}

static int check_names(const struct scan *s, bool ended, struct err *e)
{
	char quoted[80];

	if (!s->checked)
		return 0;
	if (!ended || strcmp(s->names[s->ncolumns - 1], COLUMN_ROW_CRC) != 0)
		return err_set(e, ERR_JOURNAL, "%s: its first line does not end in %s", s->path,
			COLUMN_ROW_CRC);
	for (size_t i = 0; i < s->ncolumns; i++) {
		if (scan_find_column(s, s->names[i]) != i)
			return err_set(e, ERR_JOURNAL, "%s: two columns named %s", s->path,
				err_quote(quoted, sizeof(quoted), s->names[i]));
	}
	return 0;
}

static int read_names(struct scan *s, bool ended, struct err *e)
{
	struct csv_field *fields;
	int most = 1, n;

	for (size_t i = 0; i < s->header.len && most <= MAX_COLUMNS; i++)
		most += s->header.s[i] == ',';
	if (most > MAX_COLUMNS || s->header.overflowed)
		return err_set(e, ERR_JOURNAL, "%s: more than %d columns", s->path, MAX_COLUMNS);
	fields = xcalloc((size_t)most, sizeof(*fields));
	n = csv_split(s->header.s, s->header.len, ',', fields, most);
	if (n < 0) {
		free(fields);
		return err_set(
			e, ERR_JOURNAL, "%s: the quotes of its first line do not match", s->path);
	}
	s->names = xcalloc((size_t)n, sizeof(*s->names));
	s->name_hashes = xcalloc((size_t)n, sizeof(*s->name_hashes));
	for (size_t i = 0; i < (size_t)n; i++) {
		struct csv_field *f = &fields[i];

		if (s->checked)
			f->len = csv_unescape(s->header.s + (f->s - s->header.s), f->len);
		f->len = strnlen(f->s, f->len);
		s->names[i] = xstrndup(f->s, f->len);
		s->name_hashes[i] = scan_text_hash(f->s, f->len);
	}
	s->ncolumns = (size_t)n;
	free(fields);
	return check_names(s, ended, e);
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > SCAN_MOST_THREADS ? SCAN_MOST_THREADS : (unsigned)n;
}

static int open_source(struct scan *s, const struct scan_source *source, struct err *e)
{
	struct stat st;

	if (source->bytes) {
		s->bytes = source->bytes;
		s->size = source->len;
		return 0;
	}
	s->fd = open(source->path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) != 0)
		return scan_read_error(s, errno, e);
	if (S_ISDIR(st.st_mode))
		return scan_read_error(s, EISDIR, e);
	s->size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	return 0;
}

int scan_open(struct scan **ret, const struct scan_source *source, const struct scan_options *o,
	struct err *e)
{
	struct scan *s = *ret = xcalloc(1, sizeof(*s));
	bool ended = false;

	s->fd = -1;
	s->path = xstrdup(source->path);
	s->header = (struct str)STR_INIT(STR_MAX_LINE);
	s->checked = o->checked;
	s->threads = o->threads ? o->threads : processors();
	if (s->threads > SCAN_MOST_THREADS)
		s->threads = SCAN_MOST_THREADS;
	s->reject = o->reject;
	s->reject_arg = o->reject_arg;
	s->chunk = scan_chunk_bytes ? scan_chunk_bytes : CHUNK;
	if (open_source(s, source, e) || read_header(s, &ended, e) || read_names(s, ended, e))
		return -1;
	if (!scan_chunk_bytes && s->size < ALONE)
		s->threads = 1;
	return 0;
}

void scan_close(struct scan *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	for (size_t i = 0; s->words && i < s->plan.nwanted; i++)
		scan_words_release(&s->words[i]);
	for (size_t i = 0; i < s->ncolumns; i++)
		free(s->names[i]);
	free(s->names);
	free(s->name_hashes);
	free(s->words);
	arena_release(&s->texts);
	free(s->plan.fields);
	free(s->slots);
	free(s->path);
	str_release(&s->header);
	free(s);
}

/* ---- questions ---- */

size_t scan_ncolumns(const struct scan *s)
{
	return s->ncolumns;
}

const char *scan_column_name(const struct scan *s, size_t i)
{
	return s->names[i];
}

uint64_t scan_rejected(const struct scan *s)
{
	return s->rejected;
}

struct scan_dict scan_dict(const struct scan *s, size_t i)
{
	return (struct scan_dict){s->words[i].text, s->words[i].n};
}

static uint64_t count_lines(const struct scan *s, uint64_t from, uint64_t to)
{
	char block[4096];
	uint64_t n = 0;

	while (from < to) {
		size_t len = to - from < sizeof(block) ? (size_t)(to - from) : sizeof(block);

		if (!scan_read_at(s, block, len, from))
			break;
		for (const char *at = block, *end = block + len;
			(at = memchr(at, '\n', (size_t)(end - at))); at++)
			n++;
		from += len;
	}
	return n;
}

uint64_t scan_rows_guess(const struct scan *s)
{
	enum { PLACES = 32, BYTES = 32 << 10, WHOLE = 1 << 20 };
	uint64_t size = s->size - s->data, lines = 0;

	if (size <= WHOLE)
		return count_lines(s, s->data, s->size) +
			(size > 0 && count_lines(s, s->size - 1, s->size) == 0);
	for (uint64_t i = 0; i < PLACES; i++) {
		uint64_t at = s->data + (size - BYTES) / (PLACES - 1) * i;

		lines += count_lines(s, at, at + BYTES);
	}
	return lines ? (uint64_t)((double)size / PLACES / BYTES * (double)lines) : 1;
}
