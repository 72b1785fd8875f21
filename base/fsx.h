/* fsx.h - files: read whole, replaced atomically, appended one write at a time.  Every descriptor
 * is O_CLOEXEC.  Messages name the path. */
#ifndef BASE_FSX_H
#define BASE_FSX_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "str.h"

/* Reads a file of at most `max` bytes, appending to `out`.  ERR_ENV with the path. */
int fsx_read(const char *path, size_t max, struct str *out, struct err *e) NODISCARD;
/* Writes to a temporary file beside `path`, syncs it, renames it over `path`, syncs the folder: a
 * reader sees the old or the new content, never a part. */
int fsx_replace(const char *path, const void *data, size_t len, struct err *e) NODISCARD;
/* The same for what can be made again (tables, reports, charts): it does not wait for the disk. */
int fsx_put(const char *path, const void *data, size_t len, struct err *e) NODISCARD;
/* mkdir -p. */
int fsx_mkdirs(const char *path, struct err *e) NODISCARD;
bool fsx_exists(const char *path);
bool fsx_is_dir(const char *path);
/* "a/b" from "a" and "b"; caller frees. */
char *fsx_join(const char *dir, const char *name) NODISCARD;
/* All of the bytes, through EINTR and short writes.  Returns 0, or -1 with errno. */
int fsx_write_all(int fd, const void *data, size_t len);

#endif
