/* journal_file.h - one append-only file: opened, locked, a row at a time, synced; or only read,
 * which leaves no trace in it. */
#ifndef CORE_JOURNAL_FILE_H
#define CORE_JOURNAL_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

struct journal_file {
	char *path;
	const char *name; /* "runs.csv" */
	int fd;
	off_t size;    /* the end of the last whole row */
	bool unlocked; /* its file system has no locks */
	bool readonly;
	const volatile sig_atomic_t *stop; /* not 0: reading it is broken off; may be NULL */
};

#define JOURNAL_FILE_CLOSED                                                                        \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Opens DIR/name, creating it if need be; `fresh`: it must not be there.  `name` is static. */
int journal_file_open(
	struct journal_file *f, const char *dir, const char *name, bool fresh, struct err *e);
/* Opens it for reading alone; ERR_JOURNAL if it is not there. */
int journal_file_open_read(
	struct journal_file *f, const char *dir, const char *name, struct err *e);
/* Takes the lock that says "this run is mine", and makes sure that the file locked is the one of
 * that name.  A file open for reading gets a lock that other readers may have as well.  ERR_JOURNAL
 * if another process has it. */
int journal_file_lock(struct journal_file *f, struct err *e);

/* Whether a process is writing.  Asked of the kernel's list of locks, where it has one of this
 * machine's file systems, and then it may know who; else by trying the lock for an instant. */
enum journal_writer { WRITER_NONE, WRITER_THERE, WRITER_UNKNOWN };
/* *pid is 0 where it is not known. */
enum journal_writer journal_file_writer(const struct journal_file *f, long *pid);
/* Appends by one write.  On failure the file is cut back to what it was. */
int journal_file_append(struct journal_file *f, const char *row, size_t len, struct err *e);
int journal_file_sync(const struct journal_file *f, struct err *e);
/* Fine on a closed one. */
int journal_file_close(struct journal_file *f, struct err *e);

/* Makes new names in a folder survive a power cut. */
int journal_dir_sync(const char *dir, struct err *e);

#endif
