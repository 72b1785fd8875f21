/* scan_load.c - the bytes of a chunk: a stretch of the file from line to line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "scan_internal.h"

#define MORE ((size_t)16 << 10) /* read at a time to complete a line */

bool scan_read_at(const struct scan *s, char *buf, size_t len, uint64_t at)
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

int scan_read_error(const struct scan *s, int error, struct err *e)
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
	return scan_read_at(s, c->buffer + have, more, at);
}

/* Reads on until the last line is whole, the file ends, or it is too long to be one. */
static bool complete(struct scan_chunk *c, const struct scan *s, size_t *have, uint64_t at)
{
	uint64_t limit = at + SCAN_MOST_LINE + MORE;

	if (limit > s->size)
		limit = s->size;
	if (*have > 0 && c->buffer[*have - 1] == '\n')
		return true;
	for (size_t step = MORE; at < limit; step *= 2) {
		size_t more = limit - at < step ? (size_t)(limit - at) : step;
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
	const char *from = base + c->number * s->chunk, *to;

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

void scan_load(struct scan_chunk *c, const struct scan *s)
{
	c->failed = 0;
	if (c->room > SCAN_MOST_KEPT) {
		c->room = SCAN_MOST_KEPT;
		c->buffer = xrealloc(c->buffer, c->room, 1);
	}
	if (s->fd < 0)
		load_bytes(c, s);
	else if (!load_file(c, s))
		c->failed = errno ? errno : -1;
}
