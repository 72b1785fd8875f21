/* dechunk.h - the chunked transfer coding taken off a reply, without copying.
 *
 * libcurl hands over the bytes of the wire, so that their places are those the kernel dated; it
 * reads the same framing itself to find the end.  Pure. */
#ifndef CORE_DECHUNK_H
#define CORE_DECHUNK_H

#include <stddef.h>
#include <stdint.h>

enum dechunk_stage {
	DECHUNK_SIZE,      /* hexadecimal digits */
	DECHUNK_EXTENSION, /* the rest of that line */
	DECHUNK_DATA,
	DECHUNK_AFTER, /* the line end behind the data */
	DECHUNK_END,   /* the last chunk has begun; trailers are not looked at */
	DECHUNK_BAD,
};

/* All zero to begin with. */
struct dechunk {
	enum dechunk_stage stage;
	uint64_t left; /* of the chunk; while reading the size, what it is so far */
	unsigned digits;
};

/* Takes bytes up to the end of the next stretch of data in them; returns how many (all, once the
 * end or bad framing is reached).  The stretch, perhaps empty, is *data of *data_len bytes. */
size_t dechunk_next(
	struct dechunk *d, const char *bytes, size_t len, const char **data, size_t *data_len);

#endif
