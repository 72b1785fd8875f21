/* chunks.h - chunks.csv, read row by row: when each piece of an answer arrived. */
#ifndef DATA_CHUNKS_H
#define DATA_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct chunks_row {
	uint64_t run_id; /* its 16 hex digits */
	uint32_t attempt;
	const double *gap_us; /* between successive pieces; borrowed for the call */
	size_t ngaps;         /* one less than pieces */
};

typedef void chunks_fn(void *arg, const struct chunks_row *row);

/* Tells of each row that counts by the journal's rule (table.h), in the order of the file.  Others
 * are passed over.  ERR_ENV if the file cannot be read, ERR_JOURNAL if its header is not that of
 * chunks.csv. */
int chunks_read(const char *path, chunks_fn *fn, void *arg, struct err *e) NODISCARD;

#endif
