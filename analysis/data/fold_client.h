/* fold_client.h - what the client noted of itself (struct data_client), of all requests that were
 * answered: how their times came about and how well they are known. */
#ifndef DATA_FOLD_CLIENT_H
#define DATA_FOLD_CLIENT_H

#include "dataset.h"
#include "values.h"

/* Times so near to the wire's are as good as asked for (docs/design.md, bench). */
#define FOLD_WIRE_NEAR_US 100.0

struct fold_client {
	uint64_t answered;
	uint64_t dated[DATED_KINDS];           /* of these, by enum data_dated */
	uint64_t kernel_exact, kernel_bounded; /* of kernel: bound 0; more */
	/* Stamp bound and send time together: no content time less the send time differs from the
	 * wire's by more.  Of so many rows, of these within FOLD_WIRE_NEAR_US, the largest. */
	uint64_t wire_rows, wire_near;
	double wire_us;
	double kernel_bound_us; /* the largest; NaN: no row has one above 0 */
	/* Of rows that recorded it. */
	struct values user_bound_us; /* of user */
	struct values queue_ms, send_us, cpu_share;
	uint64_t gap_rows, gaps, unresolved; /* gaps of so many rows, and how many cannot be told */
	uint64_t read_rows, multi_line_reads;
	uint32_t streams; /* the most; 0: not recorded */
};

void fold_client_init(struct fold_client *f, bool histogram);
/* An answered request. */
void fold_client_row(struct fold_client *f, const struct data_row *r);
void fold_client_finish(struct fold_client *f);
void fold_client_release(struct fold_client *f);

#endif
