/* scan.c - a file in chunks: parsed by several threads, handed over in order. */
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "columns.h"
#include "csv.h"
#include "scan_internal.h"

#define CHUNK        ((uint64_t)1 << 20)
#define ALONE        ((uint64_t)256 << 10) /* smaller files are not worth a thread */
#define MORE         ((size_t)64 << 10)    /* read at a time to complete a line */
#define MAX_COLUMNS  10000
#define MAX_THREADS  8
#define UTF8_BOM     "\xef\xbb\xbf"
#define UTF8_BOM_LEN 3

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_READY };

struct slot {
	struct scan_chunk chunk;
	enum slot_state state;
};

struct scan {
	char *path;
	int fd;            /* -1: in memory */
	const char *bytes; /* in memory */
	uint64_t size;
	uint64_t data;  /* where the lines after the header begin */
	uint64_t lines; /* before them */
	uint64_t chunk; /* bytes of a chunk */
	unsigned threads;
	bool checked, alone;
	scan_reject_fn *reject;
	void *reject_arg;
	struct str header; /* its names, split in place */
	char **names;
	size_t ncolumns;
	/* While it runs. */
	struct scan_plan plan;
	uint32_t *place;
	struct scan_words *words; /* [nwanted] of the file */
	scan_batch_fn *fn;
	void *arg;
	struct err *e;
	struct slot *slots;
	size_t nslots;
	uint64_t taken, handed, nchunks;
	bool handing, failed;
	uint64_t rejected;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

uint64_t scan_chunk_bytes; /* 0: CHUNK; tests make it small */

/* ---- reading ---- */

/* Fills buf from the place on; false, with errno (0: the file is shorter than it was). */
static bool read_at(const struct scan *s, char *buf, size_t len, uint64_t at)
{
	if (s->fd < 0) {
		memcpy(buf, s->bytes + at, len);
		return true;
	}
	while (len > 0) {
		ssize_t n = pread(s->fd, buf, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : 0;
			return false;
		}
		buf += n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return true;
}

static int read_error(const struct scan *s, int error, struct err *e)
{
	return err_set(e, ERR_ENV, "%s: %s", s->path,
		error ? strerror(error) : "it became shorter while it was read");
}

static bool append(
	struct scan_chunk *c, const struct scan *s, size_t have, size_t more, uint64_t at)
{
	if (have + more > c->room) {
		c->room = have + more + MORE;
		c->buffer = xrealloc(c->buffer, c->room, 1);
	}
	return read_at(s, c->buffer + have, more, at);
}

/* Reads on until the last line is whole, the file ends, or it is too long to be one. */
static bool complete(struct scan_chunk *c, const struct scan *s, size_t *have, uint64_t at)
{
	uint64_t limit = at + SCAN_MOST_LINE + MORE;

	if (*have > 0 && c->buffer[*have - 1] == '\n')
		return true;
	while (at < s->size && at < limit) {
		size_t more = s->size - at < MORE ? (size_t)(s->size - at) : MORE;
		const char *end;

		if (!append(c, s, *have, more, at))
			return false;
		end = memchr(c->buffer + *have, '\n', more);
		if (end) {
			*have = (size_t)(end + 1 - c->buffer);
			return true;
		}
		*have += more;
		at += more;
	}
	return true;
}

/* The lines that begin in a chunk of a file. */
static bool load_file(struct scan_chunk *c, const struct scan *s)
{
	uint64_t from = s->data + c->number * s->chunk, to = from + s->chunk;
	size_t before = c->number > 0, have;
	const char *start;

	if (to > s->size)
		to = s->size;
	have = (size_t)(to - from) + before;
	if (!append(c, s, 0, have, from - before))
		return false;
	start = c->buffer;
	if (before) {
		start = memchr(c->buffer, '\n', have);
		start = start ? start + 1 : c->buffer + have;
	}
	if (start == c->buffer + have) { /* nothing begins here */
		c->from = c->end = start;
		return true;
	}
	before = (size_t)(start - c->buffer);
	if (!complete(c, s, &have, to))
		return false;
	c->from = c->buffer + before;
	c->end = c->buffer + have;
	return true;
}

/* The same of bytes in memory. */
static void load_bytes(struct scan_chunk *c, const struct scan *s)
{
	const char *base = s->bytes + s->data, *last = s->bytes + s->size, *end;
	const char *from = base + c->number * s->chunk, *to = from;

	to = (uint64_t)(last - from) > s->chunk ? from + s->chunk : last;
	if (c->number > 0) {
		from = memchr(from - 1, '\n', (size_t)(to - from) + 1);
		from = from ? from + 1 : to;
	}
	if (from < to && to[-1] != '\n') {
		end = memchr(to, '\n', (size_t)(last - to));
		to = end ? end + 1 : last;
	}
	c->from = from;
	c->end = to;
}

static void make_chunk(struct scan *s, struct scan_chunk *c)
{
	c->failed = 0;
	if (s->fd < 0)
		load_bytes(c, s);
	else if (!load_file(c, s))
		c->failed = errno ? errno : -1;
	if (!c->failed)
		scan_chunk_parse(c, &s->plan);
}

/* ---- handing over ---- */

/* Codes of the chunk to codes of the file. */
static void number_texts(struct scan *s, struct scan_chunk *c, size_t i)
{
	struct scan_fill *f = &c->fill[i];

	if (f->words.n > f->room_global) {
		f->room_global = f->words.n;
		f->global = xrealloc(f->global, f->room_global, sizeof(*f->global));
	}
	for (size_t w = 0; w < f->words.n; w++)
		f->global[w] = scan_word(&s->words[i], f->words.text[w], f->words.len[w], true);
	for (size_t row = 0; row < c->nrows; row++) {
		if (f->code[row] != SCAN_MISSING)
			f->code[row] = f->global[f->code[row]];
	}
}

static void tell_rejects(struct scan *s, const struct scan_chunk *c)
{
	s->rejected += c->rejects.n;
	for (size_t i = 0; s->reject && i < c->rejects.n; i++) {
		const struct scan_reject *r = &c->rejects.v[i];

		s->reject(s->reject_arg, s->lines + r->line + 1, r->s, r->len, r->why);
	}
}

static int hand_over(struct scan *s, struct scan_chunk *c)
{
	struct scan_batch batch = {.nrows = c->nrows, .line = c->line, .columns = c->columns};

	if (c->failed)
		return read_error(s, c->failed > 0 ? c->failed : 0, s->e);
	for (size_t i = 0; i < s->plan.nwanted; i++) {
		if (s->plan.wanted[i].kind == SCAN_TEXT && s->place[i] != SCAN_MISSING)
			number_texts(s, c, i);
	}
	for (size_t row = 0; row < c->nrows; row++)
		c->line[row] += s->lines + 1;
	tell_rejects(s, c);
	s->lines += c->lines;
	return c->nrows ? s->fn(s->arg, s, &batch, s->e) : 0;
}

/* All chunks that are ready and whose turn it is; the lock is held, but for the work itself. */
static void hand_over_ready(struct scan *s)
{
	struct slot *slot = &s->slots[s->handed % s->nslots];

	s->handing = true;
	while (!s->failed && s->handed < s->nchunks && slot->state == SLOT_READY &&
		slot->chunk.number == s->handed) {
		bool failed;

		pthread_mutex_unlock(&s->lock);
		failed = hand_over(s, &slot->chunk) != 0;
		pthread_mutex_lock(&s->lock);
		s->failed = failed;
		slot->state = SLOT_FREE;
		s->handed++;
		pthread_cond_broadcast(&s->changed);
		slot = &s->slots[s->handed % s->nslots];
	}
	s->handing = false;
}

/* A thread: chunks one after the other, as long as there is a free slot for one. */
static void *work(void *arg)
{
	struct scan *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->failed && s->taken < s->nchunks) {
		struct slot *slot = &s->slots[s->taken % s->nslots];

		if (slot->state != SLOT_FREE) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		slot->state = SLOT_BUSY;
		slot->chunk.number = s->taken++;
		pthread_mutex_unlock(&s->lock);
		make_chunk(s, &slot->chunk);
		pthread_mutex_lock(&s->lock);
		slot->state = SLOT_READY;
		if (!s->handing)
			hand_over_ready(s);
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void work_together(struct scan *s)
{
	pthread_t thread[MAX_THREADS];
	unsigned started = 0;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	while (started + 1 < s->threads && pthread_create(&thread[started], NULL, work, s) == 0)
		started++;
	work(s);
	while (started > 0)
		pthread_join(thread[--started], NULL);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
}

static void work_alone(struct scan *s)
{
	struct scan_chunk *c = &s->slots[0].chunk;

	for (c->number = 0; !s->failed && c->number < s->nchunks; c->number++) {
		make_chunk(s, c);
		s->failed = hand_over(s, c) != 0;
	}
}

int scan_run(struct scan *s, const struct scan_wanted *wanted, size_t nwanted, scan_batch_fn *fn,
	void *arg, struct err *e)
{
	s->place = xcalloc(nwanted, sizeof(*s->place));
	s->words = xcalloc(nwanted, sizeof(*s->words));
	for (size_t i = 0; i < nwanted; i++) {
		s->place[i] = SCAN_MISSING;
		for (size_t k = s->ncolumns; k-- > 0;) {
			if (strcmp(s->names[k], wanted[i].name) == 0)
				s->place[i] = (uint32_t)k;
		}
	}
	s->plan = (struct scan_plan){wanted, nwanted, s->place, s->ncolumns, s->checked};
	s->fn = fn;
	s->arg = arg;
	s->e = e;
	s->nchunks = (s->size - s->data + s->chunk - 1) / s->chunk;
	s->alone = s->threads == 1 || s->nchunks < 2;
	s->nslots = s->alone ? 1 : 2 * s->threads + 1;
	s->slots = xcalloc(s->nslots, sizeof(*s->slots));
	for (size_t i = 0; i < s->nslots; i++)
		scan_chunk_init(&s->slots[i].chunk, &s->plan);
	if (s->alone)
		work_alone(s);
	else
		work_together(s);
	for (size_t i = 0; i < s->nslots; i++)
		scan_chunk_release(&s->slots[i].chunk, &s->plan);
	return s->failed ? -1 : 0;
}

/* ---- opening ---- */

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

		if (!read_at(s, block, n, s->data))
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

	if (s->size >= UTF8_BOM_LEN && read_at(s, mark, UTF8_BOM_LEN, 0) &&
		memcmp(mark, UTF8_BOM, UTF8_BOM_LEN) == 0)
		s->data = UTF8_BOM_LEN;
	do {
		if (s->data >= s->size)
			return err_set(e, ERR_JOURNAL, "%s: empty, without even a header", s->path);
		if (!read_line(s, ended))
			return read_error(s, errno, e);
		if (!s->checked && s->header.len > 0 && s->header.s[s->header.len - 1] == '\r')
			s->header.s[--s->header.len] = '\0';
	} while (!s->checked && s->header.len == 0);
	return 0;
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
		for (size_t j = 0; j < i; j++) {
			if (strcmp(s->names[i], s->names[j]) == 0)
				return err_set(e, ERR_JOURNAL, "%s: two columns named %s", s->path,
					err_quote(quoted, sizeof(quoted), s->names[i]));
		}
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
	for (s->ncolumns = 0; s->ncolumns < (size_t)n; s->ncolumns++) {
		struct csv_field *f = &fields[s->ncolumns];

		if (s->checked)
			f->len = csv_unescape(s->header.s + (f->s - s->header.s), f->len);
		s->names[s->ncolumns] = strndup(f->s, f->len);
		if (!s->names[s->ncolumns])
			BUG("no memory for a name");
	}
	free(fields);
	return check_names(s, ended, e);
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
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
		return read_error(s, errno, e);
	if (S_ISDIR(st.st_mode))
		return read_error(s, EISDIR, e);
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
	if (s->threads > MAX_THREADS)
		s->threads = MAX_THREADS;
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
	free(s->words);
	free(s->place);
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

		if (!read_at(s, block, len, from))
			break;
		for (size_t i = 0; i < len; i++)
			n += block[i] == '\n';
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
