/* journal_file.c - append, or leave no trace of having tried. */
#include "journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "bug.h"
#include "clock.h"
#include "fsx.h"

#define LOCK_TRIES 10
/* Somebody who only asks whether a run is being written may hold its lock for an instant. */
#define BUSY_TRIES 5
#define BUSY_WAIT  (10 * NS_PER_MS)

static int open_path(struct journal_file *f, bool fresh, struct err *e)
{
	int flags = f->readonly ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT | (fresh ? O_EXCL : 0);
	struct stat st;

	f->fd = open(f->path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
	if (f->fd < 0 && errno == EEXIST) {
		err_set(e, ERR_JOURNAL, "%s is there already", f->path);
		return err_hint(e, "`chimera resume` continues a run; --out names another folder");
	}
	if (f->fd < 0)
		return err_sys(e, f->readonly && errno == ENOENT ? ERR_JOURNAL : ERR_ENV, errno,
			"%s", f->path);
	if (fstat(f->fd, &st))
		return err_sys(e, ERR_ENV, errno, "%s", f->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_JOURNAL, "%s is not a file", f->path);
	f->size = st.st_size;
	return 0;
}

int journal_file_open(
	struct journal_file *f, const char *dir, const char *name, bool fresh, struct err *e)
{
	f->path = fsx_join(dir, name);
	f->name = name;
	return open_path(f, fresh, e);
}

int journal_file_open_read(struct journal_file *f, const char *dir, const char *name, struct err *e)
{
	f->path = fsx_join(dir, name);
	f->name = name;
	f->readonly = true;
	return open_path(f, false, e);
}

/* Whether the path still leads to the file that is open: whoever mends a journal renames. */
static bool is_current(const struct journal_file *f)
{
	struct stat open_one, named;

	return fstat(f->fd, &open_one) == 0 && stat(f->path, &named) == 0 &&
		open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

static bool has_no_locks(int errnum)
{
	return errnum == ENOLCK || errnum == ENOSYS || errnum == EOPNOTSUPP;
}

static int try_lock(int fd, int operation)
{
	const struct timespec wait = {.tv_nsec = BUSY_WAIT};

	for (int tries = 1; flock(fd, operation | LOCK_NB); tries++) {
		if (errno != EWOULDBLOCK || tries == BUSY_TRIES)
			return -1;
		nanosleep(&wait, NULL);
	}
	return 0;
}

int journal_file_lock(struct journal_file *f, struct err *e)
{
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		if (try_lock(f->fd, f->readonly ? LOCK_SH : LOCK_EX)) {
			if (errno == EWOULDBLOCK)
				return err_set(
					e, ERR_JOURNAL, "%s is in use by another chimera", f->path);
			if (!has_no_locks(errno))
				return err_sys(e, ERR_ENV, errno, "%s: cannot be locked", f->path);
			f->unlocked = true;
		}
		if (is_current(f))
			return 0;
		close(f->fd);
		if (open_path(f, false, e))
			return -1;
	}
	return err_set(e, ERR_JOURNAL, "%s is being replaced again and again", f->path);
}

/* The holder of an exclusive lock by the kernel's list, whose lines end in "FLOCK ADVISORY WRITE
 * PID MAJOR:MINOR:INODE 0 EOF" (numbers of the device in hex); 0 if it is not in it. */
static long listed_writer(const struct stat *st)
{
	FILE *list = fopen("/proc/locks", "re");
	char line[256], wanted[80];
	long pid = 0;

	if (!list)
		return 0;
	snprintf(wanted, sizeof(wanted), " %02x:%02x:%llu ", major(st->st_dev), minor(st->st_dev),
		(unsigned long long)st->st_ino);
	while (pid == 0 && fgets(line, sizeof(line), list)) {
		const char *at = strstr(line, " WRITE ");

		if (at && strstr(line, " FLOCK ") && !strstr(line, "->") && strstr(line, wanted))
			pid = strtol(at + strlen(" WRITE "), NULL, 10);
	}
	fclose(list);
	return pid > 0 ? pid : 0;
}

enum journal_writer journal_file_writer(const struct journal_file *f, long *pid)
{
	struct stat st;

	*pid = fstat(f->fd, &st) == 0 ? listed_writer(&st) : 0;
	if (*pid)
		return WRITER_THERE;
	if (flock(f->fd, LOCK_SH | LOCK_NB))
		return errno == EWOULDBLOCK ? WRITER_THERE : WRITER_UNKNOWN;
	flock(f->fd, LOCK_UN);
	return WRITER_NONE;
}

static ssize_t write_some(int fd, const char *s, size_t len)
{
	ssize_t n;

	do
		n = write(fd, s, len);
	while (n < 0 && errno == EINTR);
	return n;
}

int journal_file_append(struct journal_file *f, const char *row, size_t len, struct err *e)
{
	ssize_t n = write_some(f->fd, row, len);
	int errnum = errno, cut = 0;

	/* A short write does not say why; one more for the rest does. */
	if (n >= 0 && (size_t)n < len) {
		ssize_t rest = write_some(f->fd, row + n, len - (size_t)n);

		errnum = rest < 0 ? errno : ENOSPC;
		n += rest > 0 ? rest : 0;
	}
	if (n >= 0 && (size_t)n == len) {
		f->size += n;
		return 0;
	}
	if (n > 0)
		cut = ftruncate(f->fd, f->size);
	(void)cut; /* where even that fails, the torn row is found when the journal is opened again
		    */
	err_sys(e, ERR_ENV, errnum, "%s", f->path);
	return err_hint(e, "what was measured is kept: make room, then `chimera resume`");
}

int journal_file_sync(const struct journal_file *f, struct err *e)
{
	if (fdatasync(f->fd))
		return err_sys(e, ERR_ENV, errno, "%s: cannot be synced", f->path);
	return 0;
}

int journal_file_close(struct journal_file *f, struct err *e)
{
	int result = 0;

	if (f->fd >= 0 && close(f->fd))
		result = err_sys(e, ERR_ENV, errno, "%s", f->path);
	free(f->path);
	*f = (struct journal_file)JOURNAL_FILE_CLOSED;
	return result;
}

int journal_dir_sync(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int errnum = 0;

	if (fd < 0)
		return err_sys(e, ERR_ENV, errno, "%s", dir);
	/* File systems that cannot sync a folder are believed to order it themselves. */
	if (fsync(fd) && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		errnum = errno;
	close(fd);
	return errnum ? err_sys(e, ERR_ENV, errnum, "%s: cannot be synced", dir) : 0;
}
