/* merge_rows.c - the rows of all shards in the order of their times, read and written one by one.
 *
 * Each part has a cursor on its next row that counts; a heap gives the earliest.  In a part rows
 * keep their order, so nothing has to be sorted. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"
#include "merge_internal.h"

/* started_at stands before row_crc in both files. */
_Static_assert(RUN_STARTED_AT == RUN_COLUMN_COUNT - 1, "started_at is the last column of runs.csv");
_Static_assert(
	LOADS_STARTED_AT == LOADS_COLUMN_COUNT - 1, "started_at is the last column of loads.csv");

struct cursor {
	const struct merge_part *part;
	const struct journal_scan *scan;
	FILE *in;
	off_t at;
	size_t span; /* the next stretch that does not count */
	char *line;
	size_t cap, len; /* the row at hand, without its end; len 0: no more */
	char key[32];    /* when it began */
};

struct writer {
	const struct merge *m;
	enum merge_file which;
	struct cursor *cursors;
	struct cursor **heap;
	size_t n; /* in the heap */
	struct str row;
	uint64_t rows;
	FILE *out;
	const char *path;
};

/* ---- one part ---- */

static int read_failed(const struct cursor *c, const struct writer *w, struct err *e)
{
	return err_sys(e, ERR_ENV, ferror(c->in) ? errno : EIO, "%s/%s", c->part->dir,
		merge_names[w->which]);
}

/* When the row began, as text; a row that was never sent keeps the time of the one before it. */
static void set_key(struct cursor *c)
{
	const char *crc = memrchr(c->line, ',', c->len), *from;
	size_t len;

	if (!crc)
		return;
	from = memrchr(c->line, ',', (size_t)(crc - c->line));
	from = from ? from + 1 : c->line;
	len = (size_t)(crc - from);
	if (len > 0 && len < sizeof(c->key)) {
		memcpy(c->key, from, len);
		c->key[len] = '\0';
	}
}

/* Goes to the next row that counts. */
static int advance(struct cursor *c, const struct writer *w, struct err *e)
{
	off_t before = c->at;
	ssize_t n;

	while (c->span < c->scan->bad.n && c->scan->bad.v[c->span].from == c->at)
		c->at = c->scan->bad.v[c->span++].to;
	c->len = 0;
	if (c->at >= c->scan->size)
		return 0;
	if (c->at != before && fseeko(c->in, c->at, SEEK_SET))
		return read_failed(c, w, e);
	n = getline(&c->line, &c->cap, c->in);
	if (n < 2 || c->line[n - 1] != '\n')
		return read_failed(c, w, e); /* it was longer when it was judged */
	c->at += n;
	c->len = (size_t)n - 1;
	if (w->which != MERGE_CHUNKS) /* these stay with their shard */
		set_key(c);
	return 0;
}

static int open_cursor(struct cursor *c, const struct merge_part *p, const struct writer *w,
	off_t from, struct err *e)
{
	char *path = fsx_join(p->dir, merge_names[w->which]);
	int failed = 0;

	*c = (struct cursor){.part = p, .scan = &p->scan[w->which], .at = from};
	c->in = fopen(path, "re");
	if (!c->in || fseeko(c->in, from, SEEK_SET))
		failed = err_sys(e, ERR_ENV, errno, "%s", path);
	free(path);
	return failed ? -1 : advance(c, w, e);
}

/* ---- the earliest of all ---- */

static bool earlier(const struct cursor *a, const struct cursor *b)
{
	int order = strcmp(a->key, b->key);

	return order ? order < 0 : a->part->shard < b->part->shard;
}

static void sift_down(struct writer *w, size_t i)
{
	for (;;) {
		size_t least = i, child = 2 * i + 1;
		struct cursor *moved;

		for (size_t k = child; k < child + 2 && k < w->n; k++) {
			if (earlier(w->heap[k], w->heap[least]))
				least = k;
		}
		if (least == i)
			return;
		moved = w->heap[i];
		w->heap[i] = w->heap[least];
		w->heap[least] = moved;
		i = least;
	}
}

/* ---- writing ---- */

/* The bytes of field `index` of a row that counts: [*from, *to). */
static void find_field(const char *s, size_t len, size_t index, size_t *from, size_t *to)
{
	bool quoted = false;
	size_t i = 0, field = 0;

	*from = 0;
	for (; i < len; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		if (s[i] != ',' || quoted)
			continue;
		if (field++ == index)
			break;
		*from = i + 1;
	}
	*to = i;
}

static uint32_t session_of(const struct cursor *c, size_t from, size_t to)
{
	struct csv_field field = {c->line + from, to - from};
	int64_t session;

	if (!journal_field_number(&field, 0, UINT32_MAX, &session))
		BUG("a row that counted has no session");
	return merge_session_number(c->part, (uint32_t)session);
}

/* The row with its new numbers and a new CRC. */
static void renumber(struct writer *w, const struct cursor *c)
{
	size_t from, to, at = 0, end;
	const char *crc = memrchr(c->line, ',', c->len);

	if (w->which == MERGE_RUNS) {
		find_field(c->line, c->len, RUN_ORDER, &from, &to);
		str_addn(&w->row, c->line, from);
		str_addf(&w->row, "%" PRIu64, w->rows);
		at = to;
	}
	find_field(c->line, c->len,
		w->which == MERGE_RUNS ? (size_t)RUN_SESSION : (size_t)LOADS_SESSION, &from, &to);
	str_addn(&w->row, c->line + at, from - at);
	str_addf(&w->row, "%" PRIu32, session_of(c, from, to));
	end = (size_t)(crc - c->line);
	str_addn(&w->row, c->line + to, end - to);
	row_seal(&w->row, 0);
}

static int write_failed(const struct writer *w, struct err *e)
{
	return err_sys(e, ERR_ENV, errno, "%s", w->path);
}

static int write_row(struct writer *w, const struct cursor *c, struct err *e)
{
	w->rows++;
	str_reset(&w->row);
	if (w->which == MERGE_CHUNKS) {
		str_addn(&w->row, c->line, c->len);
		str_addc(&w->row, '\n');
	} else {
		renumber(w, c);
	}
	if (w->row.overflowed)
		return err_set(e, ERR_ENV, "%s: a row larger than 16 MiB", w->path);
	return fwrite(w->row.s, 1, w->row.len, w->out) == w->row.len ? 0 : write_failed(w, e);
}

static int check_interrupted(const struct writer *w, struct err *e)
{
	if (!w->m->opt->interrupted || !*w->m->opt->interrupted)
		return 0;
	return err_set(e, ERR_INTERRUPTED, "interrupted; nothing was merged");
}

static int write_merged(struct writer *w, struct err *e)
{
	for (size_t i = w->n / 2; i-- > 0;)
		sift_down(w, i);
	while (w->n > 0) {
		struct cursor *c = w->heap[0];

		if (check_interrupted(w, e) || write_row(w, c, e) || advance(c, w, e))
			return -1;
		if (c->len == 0)
			w->heap[0] = w->heap[--w->n];
		sift_down(w, 0);
	}
	return 0;
}

static int open_cursors(struct writer *w, off_t from, struct err *e)
{
	for (size_t i = 0; i < w->m->n; i++) {
		if (!w->m->parts[i].has[w->which])
			continue;
		if (open_cursor(&w->cursors[i], &w->m->parts[i], w, from, e))
			return -1;
		if (w->cursors[i].len)
			w->heap[w->n++] = &w->cursors[i];
	}
	return 0;
}

static void close_cursors(struct writer *w)
{
	for (size_t i = 0; i < w->m->n; i++) {
		if (w->cursors[i].in)
			fclose(w->cursors[i].in);
		free(w->cursors[i].line);
	}
	free(w->cursors);
	free(w->heap);
}

static int write_file(struct writer *w, struct err *e)
{
	struct str header = STR_INIT(STR_MAX_LINE);
	int failed;

	merge_header(w->m, w->which, &header);
	failed = fwrite(header.s, 1, header.len, w->out) == header.len ? 0 : write_failed(w, e);
	if (!failed)
		failed = open_cursors(w, (off_t)header.len, e);
	if (!failed)
		failed = write_merged(w, e);
	str_release(&header);
	if (!failed && (fflush(w->out) || fsync(fileno(w->out))))
		failed = write_failed(w, e);
	return failed;
}

int merge_write_rows(const struct merge *m, enum merge_file which, const char *dir, uint64_t *rows,
	struct err *e)
{
	char *path = fsx_join(dir, merge_names[which]);
	struct writer w = {.m = m,
		.which = which,
		.cursors = xcalloc(m->n, sizeof(*w.cursors)),
		.heap = xcalloc(m->n, sizeof(struct cursor *)),
		.row = STR_INIT(JOURNAL_MAX_ROW + 64),
		.path = path};
	int failed;

	w.out = fopen(path, "wxe");
	failed = w.out ? write_file(&w, e) : write_failed(&w, e);
	if (w.out && fclose(w.out) && !failed)
		failed = write_failed(&w, e);
	*rows = w.rows;
	close_cursors(&w);
	str_release(&w.row);
	free(path);
	return failed;
}
