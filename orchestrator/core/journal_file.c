/* journal_file.c - append, or leave no trace of having tried. */
#include "journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"

#define LOCK_TRIES 10

static int open_path(struct journal_file *f, bool fresh, struct err *e)
{
	struct stat st;

	f->fd = open(f->path,
		O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT | O_NONBLOCK | O_NOCTTY |
			(fresh ? O_EXCL : 0),
		0666);
	if (f->fd < 0 && errno == EEXIST) {
		err_set(e, ERR_JOURNAL, "%s is there already", f->path);
		return err_hint(e, "`chimera resume` continues a run; --out names another folder");
	}
	if (f->fd < 0)
		return err_sys(e, ERR_ENV, errno, "%s", f->path);
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

/* Whether the path still leads to the file that is open: whoever mends a journal renames. */
static bool is_current(const struct journal_file *f)
{
	struct stat open_one, named;

	return fstat(f->fd, &open_one) == 0 && stat(f->path, &named) == 0 &&
		open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

int journal_file_lock(struct journal_file *f, struct err *e)
{
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		if (flock(f->fd, LOCK_EX | LOCK_NB)) {
			if (errno == EWOULDBLOCK)
				return err_set(
					e, ERR_JOURNAL, "%s is in use by another chimera", f->path);
			if (errno != ENOLCK && errno != ENOSYS && errno != EOPNOTSUPP)
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
