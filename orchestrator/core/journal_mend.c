/* journal_mend.c - moves lines that do not count out of a journal file: first they are safe in
 * set-aside/, then they leave the file.  A crash in between leaves them in both places. */
#include "journal_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"

#define COPY_STEP ((size_t)256 << 10)

/* Copies [from, to) of `in` to the end of `out`.  Returns -1 with errno. */
static int copy_range(int in, off_t from, off_t to, int out)
{
	char *buf = xmalloc(COPY_STEP);
	int result = 0;

	while (from < to && result == 0) {
		size_t want = to - from < (off_t)COPY_STEP ? (size_t)(to - from) : COPY_STEP;
		ssize_t n = pread(in, buf, want, from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* it was longer when it was read */
		result = n <= 0 ? -1 : fsx_write_all(out, buf, (size_t)n);
		from += n > 0 ? n : 0;
	}
	free(buf);
	return result;
}

/* The reason on a line of its own, then the bytes as they were. */
static int write_span(const struct journal_span *span, const struct journal_file *f, int out)
{
	char reason[300];
	int len =
		snprintf(reason, sizeof(reason), "# %s, line %" PRIu64, f->name, span->first_line);

	if (span->last_line > span->first_line)
		len += snprintf(reason + len, sizeof(reason) - (size_t)len, " to %" PRIu64,
			span->last_line);
	len += snprintf(reason + len, sizeof(reason) - (size_t)len, ": %s\n", span->why);
	if (fsx_write_all(out, reason, (size_t)len) || copy_range(f->fd, span->from, span->to, out))
		return -1;
	return fsx_write_all(out, "\n", 1);
}

static int write_spans(
	const struct journal_scan *scan, const struct journal_file *f, const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int errnum = 0;

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < scan->bad.n && errnum == 0; i++) {
		if (write_span(&scan->bad.v[i], f, fd))
			errnum = errno;
	}
	if (errnum == 0 && fsync(fd))
		errnum = errno;
	if (close(fd) && errnum == 0)
		errnum = errno;
	errno = errnum;
	return errnum ? -1 : 0;
}

int journal_set_aside(const struct journal_scan *scan, const struct journal_file *f,
	const char *dir, const char *label, struct err *e)
{
	char *folder = fsx_join(dir, "set-aside");
	char *path = xasprintf("%s/%s-%s.txt", folder, f->name, label);
	int result = fsx_mkdirs(folder, e);

	if (result == 0 && write_spans(scan, f, path))
		result = err_sys(e, ERR_ENV, errno, "%s", path);
	if (result == 0)
		result = journal_dir_sync(folder, e);
	free(path);
	free(folder);
	return result;
}

/* Copies what counts into an open new file. */
static int copy_good(const struct journal_scan *scan, const struct journal_file *f, int out)
{
	off_t from = 0;

	for (size_t i = 0; i < scan->bad.n; i++) {
		if (copy_range(f->fd, from, scan->bad.v[i].from, out))
			return -1;
		from = scan->bad.v[i].to;
	}
	return copy_range(f->fd, from, scan->size, out);
}

/* Puts a copy without the bad lines in the place of the file.  The copy is locked before it gets
 * the name, so the run is never free for another. */
static int rewrite(
	const struct journal_scan *scan, struct journal_file *f, const char *dir, struct err *e)
{
	char *temporary = xasprintf("%s.tmp-%ld", f->name, (long)getpid());
	struct journal_file copy = JOURNAL_FILE_CLOSED;
	struct stat st;
	int result;

	copy.path = fsx_join(dir, temporary);
	unlink(copy.path); /* of a process of the same number that was killed here */
	free(copy.path);
	result = journal_file_open(&copy, dir, temporary, true, e);
	if (result == 0 && !f->unlocked)
		result = journal_file_lock(&copy, e);
	if (result == 0 &&
		(fstat(f->fd, &st) || fchmod(copy.fd, st.st_mode & 0777) ||
			copy_good(scan, f, copy.fd) || fsync(copy.fd) ||
			rename(copy.path, f->path)))
		result = err_sys(e, ERR_ENV, errno, "%s", copy.path);
	if (result == 0) {
		int old = f->fd;

		f->fd = copy.fd;
		copy.fd = old; /* closed below, and with it the old lock */
		result = journal_dir_sync(dir, e);
	} else if (copy.fd >= 0) {
		unlink(copy.path);
	}
	journal_file_close(&copy, NULL);
	free(temporary);
	return result;
}

int journal_mend(const struct journal_scan *scan, struct journal_file *f, const char *dir,
	uint32_t session, struct err *e)
{
	const struct journal_span *first = scan->bad.v;
	off_t size = scan->size;
	char label[40];

	if (scan->bad.n == 0)
		return 0;
	snprintf(label, sizeof(label), "session%" PRIu32, session);
	if (journal_set_aside(scan, f, dir, label, e))
		return -1;
	for (size_t i = 0; i < scan->bad.n; i++)
		size -= scan->bad.v[i].to - scan->bad.v[i].from;
	if (scan->bad.n == 1 && first->to == scan->size) {
		/* A torn end, the usual case, needs no room for a copy: the disk may be full. */
		if (ftruncate(f->fd, first->from) || fsync(f->fd))
			return err_sys(e, ERR_ENV, errno, "%s", f->path);
	} else if (rewrite(scan, f, dir, e)) {
		return -1;
	}
	f->size = size;
	return 0;
}
