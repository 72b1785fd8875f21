/* scan_internal.h - the parts of a scan: a chunk of the file, what its lines hold, its texts. */
#ifndef BASE_SCAN_INTERNAL_H
#define BASE_SCAN_INTERNAL_H

#include "arena.h"
#include "csv.h"
#include "scan.h"
#include "str.h"

/* A longer line does not count. */
#define SCAN_MOST_LINE ((size_t)64 << 20)

/* Bytes of a chunk, where tests want small ones; 0: as it is. */
extern uint64_t scan_chunk_bytes;

/* ---- texts ---- */

/* Texts numbered in the order they are met. */
struct scan_words {
	struct arena arena; /* the texts, where they are copied */
	const char **text;
	uint32_t *len, *hash;
	size_t n, room;
	uint32_t *slot; /* [nslots] a number and one, 0: free; nslots is a power of two */
	size_t nslots;
};
/* The number of a text without NULs; a new one is copied if `copy`, else borrowed. */
uint32_t scan_word(struct scan_words *w, const char *s, size_t len, bool copy);
/* Forgets the texts, keeps the room. */
void scan_words_reset(struct scan_words *w);
void scan_words_release(struct scan_words *w);

/* ---- fields ---- */

/* A line taken apart: where its fields are.  Places are of the text handed in. */
struct scan_line {
	const char *s;
	size_t len;   /* without the line end */
	bool ended;   /* has a line end */
	bool special; /* quotes or backslashes: not split yet */
	size_t ncommas;
	uint32_t *comma; /* [room] places of the first commas */
	size_t room;
};
/* The line that begins at s, before `end`; its commas up to l->room are noted, more are counted. */
void scan_split(struct scan_line *l, const char *s, const char *end);

/* ---- values ---- */

/* As num_parse, to the same double. */
bool scan_number(const char *s, size_t len, double *ret);
uint64_t scan_hash(const char *s, size_t len);
/* As clock_parse_iso; NS_NONE. */
struct scan_day {
	char text[10]; /* the date that was read last */
	int64_t seconds;
};
int64_t scan_time(struct scan_day *day, const char *s, size_t len);

/* ---- a chunk ---- */

struct scan_reject {
	uint64_t line; /* in the chunk, from 0 */
	const char *s;
	size_t len;
	const char *why;
};

/* What a wanted column is filled with. */
struct scan_fill {
	double *num;
	uint32_t *code;
	uint64_t *hash;
	int64_t *time;
	struct scan_words words; /* of the chunk */
	uint32_t last;           /* code of the row before */
	uint32_t *global;        /* [room_global] codes of the file */
	size_t room_global;
	struct scan_day day;
};

struct scan_chunk {
	uint64_t number;
	char *buffer; /* NULL: the bytes are the caller's */
	size_t room;
	const char *from, *end; /* its lines; the last may lack its end */
	uint64_t lines;         /* that begin in it */
	size_t nrows, rows_room;
	uint64_t *line;         /* [nrows] from 0, then of the file */
	struct scan_fill *fill; /* [nwanted] */
	struct scan_column *columns;
	struct arena texts; /* fields that were unquoted, reasons */
	struct {
		struct scan_reject *v;
		size_t n, cap;
	} rejects;
	struct scan_line split;
	struct csv_field *fields;
	struct str scratch;
	int failed; /* it could not be read: errno */
};

/* What a chunk is read by. */
struct scan_plan {
	const struct scan_wanted *wanted;
	size_t nwanted;
	const uint32_t *place; /* [nwanted] its column, SCAN_MISSING: there is none */
	size_t ncolumns;
	bool checked;
};

void scan_chunk_init(struct scan_chunk *c, const struct scan_plan *p);
void scan_chunk_release(struct scan_chunk *c, const struct scan_plan *p);
/* All lines of the chunk. */
void scan_chunk_parse(struct scan_chunk *c, const struct scan_plan *p);

#endif
