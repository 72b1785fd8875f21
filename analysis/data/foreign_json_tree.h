/* foreign_json_tree.h - a JSON document as a list of nodes that point into its text.
 *
 * A document is strict JSON (RFC 8259), one value, nested at most 2,048 deep.  A key that comes
 * again gives its value to the first one, and a key may hold no NUL.  Members keep their order.
 * What no table needs has no node: arrays that are not mostly objects have no members, and in the
 * others what stands between the objects is only counted. */
#ifndef DATA_FOREIGN_JSON_TREE_H
#define DATA_FOREIGN_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grid.h"
#include "str.h"

enum json_node_kind {
	JNODE_NULL,
	JNODE_TRUE,
	JNODE_FALSE,
	JNODE_NUMBER,
	JNODE_TEXT,
	JNODE_OTHERS, /* `len` members of an array that are no objects */
	JNODE_OBJECT,
	JNODE_ROWS,   /* an array of more objects than others */
	JNODE_LIST,   /* another array */
	JNODE_MATRIX, /* another array, whose first member is an array */
};

struct json_node {
	char *key;        /* of a member of an object, NUL-terminated; else NULL */
	uint32_t key_len; /* bytes */
	uint32_t next;    /* so many nodes on is the next member; 0: it is the last */
	union {
		double number;
		char *text;     /* not NUL-terminated, may hold NULs */
		uint32_t first; /* so many nodes on is the first member; 0: there is none */
	};
	uint32_t len; /* bytes of the text; members of an object or array */
	uint8_t kind;
	bool escaped, key_escaped; /* while it is read */
};

/* Serves for one document after the other.  All zero is empty. */
struct json_doc {
	struct json_node *v; /* the root comes first */
	size_t n, cap;
	bool rows; /* there is a JNODE_ROWS */
	/* To find keys that come again. */
	uint64_t *slot;
	uint32_t stamp;
	struct {
		struct json_node **v;
		size_t n, cap;
	} sorted;
};
void json_doc_release(struct json_doc *d);

/* Reads the document from s to `end`.  True: the text is changed, since the nodes' texts stand
 * there without escapes.  False: it is none, or has 4 GiB; the text is as it was, but for a NUL at
 * `end`.  16 bytes after `end` can be read, and the first of them written. */
bool json_doc_read(struct json_doc *d, char *s, char *end);

static inline bool json_is_scalar_node(const struct json_node *n)
{
	return n->kind < JNODE_OTHERS;
}

/* Members of an object or array, in their order. */
static inline const struct json_node *json_first(const struct json_node *n)
{
	return n->first ? n + n->first : NULL;
}
static inline const struct json_node *json_next(const struct json_node *n)
{
	return n->next ? n + n->next : NULL;
}

/* Any node as a cell, missing where it is no scalar; its text is borrowed. */
void json_cell(const struct json_node *n, struct grid_cell *to);

/* Calls for each scalar in an object and in the objects in it, with its dotted name, which is put
 * together in `path`; an object for which `leave` is true is passed over. */
struct json_flatten {
	struct str *path;
	void (*scalar)(void *arg, const char *name, size_t len, const struct json_node *value);
	bool (*leave)(void *arg, const struct json_node *object); /* may be NULL */
	void *arg;
};
void json_flatten(const struct json_flatten *f, const struct json_node *object);

/* ---- the parts ---- */

/* The nodes of the text; texts and keys stand in it as they are, keys may come again. */
bool json_scan(struct json_doc *d, const char *s, const char *end);

#endif
