/* scan_internal.h - the parts of a scan: a chunk of the file, what its lines hold, its texts. */
#ifndef BASE_SCAN_INTERNAL_H
#define BASE_SCAN_INTERNAL_H

#include <pthread.h>

#include "arena.h"
#include "csv.h"
#include "scan.h"
#include "str.h"

/* A longer line does not count. */
#define SCAN_MOST_LINE ((size_t)64 << 20)
/* Room that a long line needed is not kept beyond so many bytes. */
#define SCAN_MOST_KEPT ((size_t)4 << 20)

#define SCAN_MOST_THREADS 8

/* Bytes of a chunk, where tests want small ones; 0: as it is. */
extern uint64_t scan_chunk_bytes;

/* ---- texts ---- */

/* Texts numbered in the order they are met. */
struct scan_words {
	const char **text;
	uint32_t *len, *hash;
	size_t n, room;
	uint32_t *slot; /* [nslots] a number and one, 0: free; nslots is a power of two */
	size_t nslots;
};
/* The number of a text without NULs; a new one is copied into `copies`, or borrowed if that is
 * NULL.
 */
uint32_t scan_word(struct scan_words *w, const char *s, size_t len, struct arena *copies);
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
	uint32_t *comma; /* [room + SCAN_SPLIT_BYTES] places of the first commas, then anything */
	size_t room;
};
#define SCAN_SPLIT_BYTES 64 /* that are looked at together, at most */
/* The line that begins at s, before `end`; its commas up to l->room are noted, more are counted. */
void scan_split(struct scan_line *l, const char *s, const char *end);
/* The same on any machine. */
void scan_split_portable(struct scan_line *l, const char *s, const char *end);

/* ---- values ---- */

/* As num_parse, to the same double; quickly where some more bytes before `limit` may be read. */
bool scan_number(const char *s, size_t len, const char *limit, double *ret);
/* 64 bits of any text, the same on every machine. */
uint64_t scan_text_hash(const char *s, size_t len);
/* As SCAN_HASH says. */
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
	uint32_t *edge; /* [ncolumns + 1] the field of a column is between this one and the next */
	struct csv_field *fields;
	struct str scratch;
	int failed; /* it could not be read: errno */
};

/* A field of a line that is wanted. */
struct scan_field {
	uint32_t wanted, place; /* which of the wanted ones; its column */
	enum scan_kind kind;
};

/* What a chunk is read by. */
struct scan_plan {
	const struct scan_wanted *wanted;
	size_t nwanted;
	/* Those that the file has, numbers first, since they may take a row out: what does leaves
	 * no texts behind. */
	struct scan_field *fields;
	size_t nfields, nnumbers;
	size_t ncolumns;
	bool checked;
};

void scan_chunk_init(struct scan_chunk *c, const struct scan_plan *p);
void scan_chunk_release(struct scan_chunk *c, const struct scan_plan *p);
/* All lines of the chunk. */
void scan_chunk_parse(struct scan_chunk *c, const struct scan_plan *p);

/* ---- a scan ---- */

enum scan_slot_state { SLOT_FREE, SLOT_BUSY, SLOT_READY };

struct scan_slot {
	struct scan_chunk chunk;
	enum scan_slot_state state;
};

struct scan {
	char *path;
	int fd;            /* -1: in memory */
	const char *bytes; /* in memory */
	uint64_t size;
	uint64_t data;  /* where the lines after the header begin */
	uint64_t lines; /* before them */
	uint64_t chunk; /* bytes of a chunk */
	unsigned threads;
	bool checked;
	scan_reject_fn *reject;
	void *reject_arg;
	struct str header; /* its names, split in place */
	char **names;
	uint64_t *name_hashes; /* [ncolumns] of their texts */
	size_t ncolumns;
	/* While it runs. */
	struct scan_plan plan;
	struct scan_words *words; /* [nwanted] of the file */
	struct arena texts;       /* theirs */
	scan_batch_fn *fn;
	void *arg;
	struct err *e;
	struct scan_slot *slots;
	size_t nslots;
	uint64_t taken, handed, nchunks;
	bool handing, failed;
	uint64_t rejected;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* The first column of that name, or SCAN_MISSING. */
uint32_t scan_find_column(const struct scan *s, const char *name);
/* Fills buf from the place on; false, with errno (0: the file is shorter than it was). */
bool scan_read_at(const struct scan *s, char *buf, size_t len, uint64_t at);
/* The ERR_ENV of such an errno; -1. */
int scan_read_error(const struct scan *s, int error, struct err *e);
/* The lines that begin in the chunk of c->number: c->from and c->end, or c->failed. */
void scan_load(struct scan_chunk *c, const struct scan *s);

#endif
