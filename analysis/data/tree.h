/* tree.h - the files below some paths: which may hold results, and which do not, with the reason.
 *
 * Symbolic links that lead out of the path they were met in are not followed, nor are files and
 * folders met twice; hidden ones (a name with a dot in front), files that are neither CSV, TSV,
 * JSON, JSON lines nor Markdown by name or content, binary ones and too large ones are listed as
 * skipped.  A run folder of ours (runs.csv beside manifest.json) is one entry.  The order is that
 * of the names, byte by byte, whatever the file system says. */
#ifndef DATA_TREE_H
#define DATA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

enum tree_kind { TREE_CSV, TREE_JSON, TREE_JSONL, TREE_MARKDOWN, TREE_RUN };

struct tree_file {
	const char *path; /* to open it */
	const char *name; /* for people: below the path that was given, whose last part begins it
			     where several paths were given */
	enum tree_kind kind;
	uint64_t bytes; /* of a run folder those of runs.csv */
	const char
		*why; /* skipped: the reason ("hidden", "a binary file", ...); NULL: to be read */
	bool result;  /* by its name it is of those kinds, though it may be skipped */
};

struct tree_limits {
	uint64_t file_bytes; /* JSON and Markdown above it are skipped; 0: 16 MiB */
	uint32_t depth;      /* of folders; 0: 32 */
	uint64_t files;      /* 0: 200,000; what is beyond is counted in `beyond` */
};

struct tree {
	struct arena arena;
	struct tree_file *files;
	size_t nfiles;
	size_t nusable;  /* without a reason against them */
	uint64_t beyond; /* files not even listed, since there are too many */
};

/* ERR_ENV for a path that is not there or cannot be read.  A file named by itself is taken whatever
 * its size and though its name be hidden. */
int tree_walk(struct tree *t, const char *const *paths, size_t npaths, const struct tree_limits *l,
	struct err *e);
void tree_release(struct tree *t);
const char *tree_kind_name(enum tree_kind k); /* "CSV", "JSON", "JSON lines", "Markdown", "run" */

#endif
