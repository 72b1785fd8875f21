/* simtruth.c - rows of the truth log. */
#include "simtruth.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "columns.h"
#include "csv.h"
#include "fsx.h"
#include "hash.h"
#include "num.h"

#define BLOCK ((size_t)64 << 10) /* bytes written together */

struct simtruth {
	int fd;
	int failed; /* errno of the write that failed; nothing is written after it */
	char *path;
	struct str rows; /* not yet written */
	size_t under_way;
};

/* --- the file --- */

static void write_rows(struct simtruth *t)
{
	if (!t->failed && fsx_write_all(t->fd, t->rows.s, t->rows.len))
		t->failed = errno;
	str_reset(&t->rows);
}

struct simtruth *simtruth_open(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	struct simtruth *t;
	char safe[200];

	err_quote(safe, sizeof(safe), path);
	if (fd < 0 && errno == EEXIST) {
		err_set(e, ERR_USAGE, "the truth log %s is there already", safe);
		err_hint(e, "name another file, or remove it");
		return NULL;
	}
	if (fd < 0) {
		err_sys(e, ERR_ENV, errno, "cannot make the truth log %s", safe);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->fd = fd;
	t->path = xstrdup(safe);
	t->rows = (struct str)STR_INIT(STR_MAX_FILE);
	for (size_t c = 0; c < TRUTH_COLUMN_COUNT; c++)
		str_addf(&t->rows, "%s,", truth_columns[c].name);
	str_add(&t->rows, COLUMN_ROW_CRC "\n");
	write_rows(t);
	return t;
}

int simtruth_close(struct simtruth *t, struct err *e)
{
	int rc = 0;

	if (!t)
		return 0;
	write_rows(t);
	if (close(t->fd) && !t->failed)
		t->failed = errno;
	if (t->failed)
		rc = err_sys(e, ERR_ENV, t->failed, "the truth log %s is not whole", t->path);
	str_release(&t->rows);
	free(t->path);
	free(t);
	return rc;
}

/* --- a stream --- */

void simtruth_begin(struct simtruth *t, struct simtruth_stream *s, const char *id,
	const struct simstamp *received)
{
	str_reset(&s->id);
	str_reset(&s->gaps);
	str_reset(&s->late);
	str_add(&s->id, id);
	s->received = *received;
	s->first = s->last = NS_NONE;
	s->queued = 0;
	t->under_way++;
}

static void add_us(struct str *out, ns t)
{
	char text[NUM_TEXT];

	str_addn(out, text, num_us(text, t));
}

/* One of a list.  In one go: it is done for every piece of content. */
static void list_us(struct str *out, ns t)
{
	char text[1 + NUM_TEXT] = " ";
	size_t skip = out->len == 0;

	str_addn(out, text + skip, 1 + num_us(text + 1, t) - skip);
}

void simtruth_content(struct simtruth_stream *s, ns handed, ns due, bool queued)
{
	list_us(&s->late, handed - due);
	if (s->first == NS_NONE)
		s->first = handed;
	else
		list_us(&s->gaps, handed - s->last);
	s->last = handed;
	s->queued += queued;
}

static void add_row(const struct simtruth_stream *s, struct str *out)
{
	size_t start = out->len;
	char when[32];

	csv_add(out, s->id.s, s->id.len);
	str_addf(out, ",%s,%s,", clock_iso(when, s->received.wall),
		s->received.kernel ? "kernel" : "user");
	if (s->first != NS_NONE)
		add_us(out, s->first - s->received.at);
	str_addc(out, ',');
	str_addn(out, s->gaps.s, s->gaps.len);
	str_addc(out, ',');
	str_addn(out, s->late.s, s->late.len);
	str_addf(out, ",%zu", s->queued);
	str_addf(out, ",%08" PRIx32 "\n", crc32c(0, out->s + start, out->len - start));
}

void simtruth_end(struct simtruth *t, struct simtruth_stream *s)
{
	if (s->id.len == 0)
		return;
	add_row(s, &t->rows);
	str_reset(&s->id);
	if (--t->under_way == 0 || t->rows.len >= BLOCK)
		write_rows(t);
}

void simtruth_stream_release(struct simtruth_stream *s)
{
	str_release(&s->id);
	str_release(&s->gaps);
	str_release(&s->late);
}
