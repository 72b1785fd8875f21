/* tree_parts.h - what the walk asks of a file: which kind it is, and whether it was met before. */
#ifndef DATA_TREE_PARTS_H
#define DATA_TREE_PARTS_H

#include <sys/stat.h>

#include "num.h"
#include "tree.h"

enum tree_look { TREE_FOUND, TREE_OTHER, TREE_BINARY, TREE_UNREADABLE /* errno */ };

/* By the ending of the name and by the first KiB. */
enum tree_look tree_look(const char *path, enum tree_kind *kind);
/* The same of bytes that were read already. */
enum tree_look tree_look_bytes(
	const char *name, const char *head, size_t len, bool whole, enum tree_kind *kind);

/* The kind by the ending of the name alone; false: it tells none. */
bool tree_kind_of_name(const char *name, enum tree_kind *kind);

/* The files and folders that were met, by device and number. */
struct tree_seen {
	struct tree_seen_one {
		uint64_t device, number;
		const char *name; /* NULL: free */
	} * slot;
	size_t nslots, n;
};
/* The name that it was met by before, or NULL, and it is noted under this one. */
const char *tree_seen(struct tree_seen *s, const struct stat *st, const char *name);
void tree_seen_release(struct tree_seen *s);

/* The last part of a path, of "." and ".." that of the folder it is. */
const char *tree_base(struct arena *a, const char *path);

#endif
