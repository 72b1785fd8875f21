/* fsx.c - files, with every step checked that can lose data. */
#include "fsx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "num.h"

#define READ_STEP ((size_t)128 << 10)

/* read(2) through EINTR. */
static ssize_t read_some(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* The rest of `fd`; returns -1 with errno, EFBIG where it is more than `max`. */
static int read_rest(int fd, size_t max, struct str *out)
{
	char *buf = xmalloc(READ_STEP);
	size_t total = 0;
	ssize_t n;

	while ((n = read_some(fd, buf, READ_STEP)) > 0) {
		total += (size_t)n;
		if (total <= max)
			str_addn(out, buf, (size_t)n);
		if (total > max || out->overflowed) {
			errno = EFBIG;
			n = -1;
			break;
		}
	}
	free(buf);
	return n < 0 ? -1 : 0;
}

int fsx_read(const char *path, size_t max, struct str *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int errnum = 0;
	char size[NUM_TEXT];

	if (fd < 0)
		return err_sys(e, ERR_ENV, errno, "%s", path);
	if (read_rest(fd, max, out))
		errnum = errno;
	close(fd);
	if (errnum == EFBIG)
		return err_set(e, ERR_ENV, "%s: larger than %s", path,
			num_bytes(size, (double)(max < out->max ? max : out->max)));
	if (errnum)
		return err_sys(e, ERR_ENV, errnum, "%s", path);
	return 0;
}

int fsx_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The folder that holds `path`; caller frees. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* Makes a rename in `dir` survive a power cut.  File systems that cannot sync a folder are believed
 * to order it themselves. */
static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int errnum = 0;

	if (fd < 0)
		return -1;
	if (fsync(fd) && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		errnum = errno;
	close(fd);
	errno = errnum;
	return errnum ? -1 : 0;
}

/* Writes a new file, and syncs it if asked to; it is gone again on failure.  Returns -1 with errno.
 */
static int write_new(const char *path, const void *data, size_t len, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	int errnum = 0;

	if (fd < 0)
		return -1;
	if (fsx_write_all(fd, data, len) || (sync && fsync(fd)))
		errnum = errno;
	/* A full disk or a quota may only be told at close. */
	if (close(fd) && errnum == 0)
		errnum = errno;
	if (errnum == 0)
		return 0;
	unlink(path);
	errno = errnum;
	return -1;
}

static int replace(const char *path, const void *data, size_t len, bool sync, struct err *e)
{
	/* One process replaces a given file from one thread, so its pid is name enough. */
	char *temporary = xasprintf("%s.tmp-%ld", path, (long)getpid());
	char *dir = parent_of(path);
	int errnum = 0;

	if (write_new(temporary, data, len, sync)) {
		errnum = errno;
	} else if (rename(temporary, path)) {
		errnum = errno;
		unlink(temporary);
	} else if (sync && sync_dir(dir)) {
		errnum = errno;
	}
	free(temporary);
	free(dir);
	return errnum ? err_sys(e, ERR_ENV, errnum, "%s", path) : 0;
}

int fsx_replace(const char *path, const void *data, size_t len, struct err *e)
{
	return replace(path, data, len, true, e);
}

int fsx_put(const char *path, const void *data, size_t len, struct err *e)
{
	return replace(path, data, len, false, e);
}

/* mkdir that is content with a folder that is there, whatever mkdir said about it: on a read-only
 * file system, or without rights on a parent, that need not be EEXIST. */
static int make_dir(const char *path)
{
	int errnum;

	if (mkdir(path, 0777) == 0)
		return 0;
	errnum = errno;
	if (fsx_is_dir(path))
		return 0;
	errno = errnum == EEXIST ? ENOTDIR : errnum;
	return -1;
}

int fsx_mkdirs(const char *path, struct err *e)
{
	char *part = xstrdup(path);
	int errnum = 0;

	for (char *p = part + strspn(part, "/"); errnum == 0 && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (make_dir(part))
			errnum = errno;
		*p = '/';
	}
	if (errnum == 0 && make_dir(part))
		errnum = errno;
	free(part);
	return errnum ? err_sys(e, ERR_ENV, errnum, "%s: cannot make the folder", path) : 0;
}

bool fsx_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool fsx_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *fsx_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);

	if (len == 0)
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}
