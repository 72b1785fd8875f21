/* foreign_parts.h - what the readers of the kinds share: the file's text as it comes, the columns
 * of a table, the cells of a piece. */
#ifndef DATA_FOREIGN_PARTS_H
#define DATA_FOREIGN_PARTS_H

#include <string.h>
#include <sys/types.h>

#include "arena.h"
#include "compiler.h"
#include "foreign.h"
#include "foreign_json_tree.h"
#include "str.h"

/* Text of a piece of CSV or JSON lines; tests want small ones. */
extern size_t foreign_piece_bytes;
#define FOREIGN_MOST_CELLS ((size_t)1 << 20) /* of a piece */
#define FOREIGN_PADDING    64                /* readable zeros behind a text */
#define FOREIGN_NONE       UINT32_MAX

/* ---- text ---- */

/* Whether bytes are UTF-8, taken in parts.  All zero begins. */
struct foreign_utf8 {
	uint8_t need, low, high; /* bytes that have to follow, and the range of the next one */
	bool bad;
};
void foreign_utf8_add(struct foreign_utf8 *u, const char *s, size_t len);
bool foreign_utf8_valid(const char *s, size_t len);

/* A 64-bit hash of bytes that are taken in parts, wherever they are cut.  All zero begins. */
struct foreign_hash {
	uint64_t lane[4], len;
	char rest[32];
	size_t nrest;
};
void foreign_hash_add(struct foreign_hash *h, const char *s, size_t len);
uint64_t foreign_hash_value(const struct foreign_hash *h);

enum foreign_form { FORM_UTF8, FORM_UTF16_LOW, FORM_UTF16_HIGH };

struct foreign_reader {
	struct foreign_own *own;
	const struct foreign_sink *sink;
	struct foreign_facts *facts;
	struct err *e;
	/* Where it comes from. */
	const char *path;
	int fd; /* -1: the bytes */
	const char *bytes;
	size_t len, at;
	bool again; /* bytes that were counted before */
	int failed; /* errno of a read */
	/* What was seen of it. */
	bool begun, ended;
	bool done; /* all of the text is in the buffer */
	enum foreign_form form;
	char head[4]; /* read to see the form, not handed over yet */
	size_t nhead;
	char raw[4096]; /* UTF-16 */
	size_t nraw;
	uint32_t high; /* a surrogate that waits for its second half */
	bool marked;
	char last;
	struct foreign_utf8 utf8;
	struct foreign_hash hash;
	/* The text in own->text that is not taken yet. */
	char *from, *end;
	uint64_t line; /* of `from`, from 1 */
};

/* As many of the file's bytes as UTF-8 as there is room for; less only at its end, or at an error
 * (r->failed). */
size_t foreign_fill(struct foreign_reader *r, char *to, size_t room);
/* Moves what is not taken to the front of the buffer and reads on; places of the text change.
 * False if nothing came. */
bool foreign_refill(struct foreign_reader *r);
/* Passes over the rest of a line that is longer than may be. */
void foreign_skip_line(struct foreign_reader *r);
/* All of it in own->whole, with padding; its length. */
size_t foreign_whole(struct foreign_reader *r);
/* Takes the rest, so that it is counted. */
void foreign_drain(struct foreign_reader *r);

/* ---- tables ---- */

/* Names of columns in the order they were met, found by their text. */
struct foreign_columns {
	struct foreign_column {
		const char *key;
		uint32_t len, hash;
	} * v;
	size_t n, cap;
	uint32_t *slot; /* [nslots] a number and one; 0 free */
	size_t nslots;
	uint32_t next; /* the one that is expected */
	bool full;     /* some are left out */
};
void foreign_columns_reset(struct foreign_columns *c);
void foreign_columns_release(struct foreign_columns *c);
/* The column of that key or FOREIGN_NONE; with `a`, a new one is added, its key copied there. */
uint32_t foreign_column(struct foreign_columns *c, const char *key, size_t len, struct arena *a);
/* The same; quickly where the one after that before it is meant, which is so in most rows. */
static inline uint32_t foreign_column_next(
	struct foreign_columns *c, const char *key, size_t len, struct arena *a)
{
	uint32_t ret = c->next;

	if (ret >= c->n || c->v[ret].len != len || memcmp(c->v[ret].key, key, len) != 0)
		ret = foreign_column(c, key, len, a);
	c->next = ret == FOREIGN_NONE ? c->next : ret + 1;
	return ret;
}

/* Memory that is given back all at once. */
struct foreign_blocks {
	struct foreign_block *first, *last;
	struct foreign_block *at; /* that has room */
};
void foreign_blocks_release(struct foreign_blocks *b);

/* Buffers of a thread. */
struct foreign_own {
	char *text;
	size_t text_room;
	char *whole; /* of JSON and Markdown */
	size_t whole_room;
	struct grid_cell *cell, *name;
	size_t cell_room, name_room;
	uint32_t *line;
	size_t line_room;
	struct foreign_columns columns;
	struct arena arena; /* of a file */
	struct arena piece; /* of a piece */
	struct {
		struct grid_pair *v;
		size_t n, cap;
	} context;
	struct str path;
	struct json_doc doc;          /* of JSON, or of a line of it */
	struct foreign_blocks blocks; /* of cmark */
};

/* Room for so many; what is there stays. */
struct grid_cell *foreign_cells(struct foreign_own *o, size_t n);
uint32_t *foreign_lines(struct foreign_own *o, size_t n);
/* Names of the grid from the columns. */
const struct grid_cell *foreign_names(struct foreign_own *o);

static inline struct grid_cell foreign_text(const char *s, const char *end)
{
	struct grid_cell ret = {0};

	while (s < end && (unsigned char)*s <= ' ')
		s++;
	while (end > s && (unsigned char)end[-1] <= ' ')
		end--;
	if (s < end) {
		ret.s = s;
		ret.len = (uint32_t)(end - s);
		ret.kind = GRID_TEXT;
	}
	return ret;
}

/* Hands a grid over; counts tables.  0, or what the sink said. */
int foreign_hand_over(struct foreign_reader *r, const struct grid *g);
void foreign_note(struct foreign_reader *r, uint64_t line, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same of a row that is not used. */
void foreign_reject(struct foreign_reader *r, uint64_t line, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* ---- the kinds ---- */

int foreign_csv(struct foreign_reader *r);
int foreign_jsonl(struct foreign_reader *r);
int foreign_json(struct foreign_reader *r);
int foreign_markdown(struct foreign_reader *r);
/* Text of JSON lines that was counted before. */
int foreign_jsonl_bytes(struct foreign_reader *r, const char *s, size_t len);

/* foreign_path.c: a sink that gives each grid what the folders of `path` say ("num_ctx=4096") as
 * context, in *ret.  NULL: they say nothing, and *ret is `sink`. */
struct foreign_path *foreign_path_new(
	const char *path, const struct foreign_sink *sink, struct foreign_sink *ret);
void foreign_path_free(struct foreign_path *p);

#endif
