/* client.h - how the times of a run came about and how well they are known, by what the client
 * noted of itself in its rows. */
#ifndef STATS_CLIENT_H
#define STATS_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"

struct dataset;
struct fold_client;

/* p99 NaN below 100 values, all NaN without one. */
struct client_spread {
	uint64_t n;
	double p50, p99, max;
};

struct client_summary {
	/* Requests that were answered, warm-ups and sentinel too; of these dated by. */
	uint64_t answered, by_kernel, by_user, by_virtual, by_nobody;
	/* Of those by the kernel: to the segment; late by at most so much, the largest NaN. */
	uint64_t kernel_exact, kernel_bounded;
	double kernel_bound_us;
	struct client_spread user_bound_us; /* of those by the reader: late by at most so much */
	/* Content times less the send time differ from the wire's by at most so much: known of so
	 * many rows, of these within FOLD_WIRE_NEAR_US, the largest (NaN). */
	uint64_t wire_rows, wire_near;
	double wire_us;
	struct client_spread queue_ms; /* sent after due */
	struct client_spread send_us;  /* handing the request to the kernel */
	struct client_spread cpu_share;
	bool gaps_known, reads_known;
	uint64_t gaps, unresolved, multi_line_reads;
	uint32_t streams; /* the most in flight; 0 not recorded */
	/* manifest.json, `clock`. */
	bool trust_asked;          /* it is there */
	double trusted_streams;    /* NaN: not known */
	const char *trusted_why;   /* why not, or NULL; borrowed */
	const char *trusted_since; /* when that was measured, or NULL; borrowed */
};

void client_describe(
	struct client_summary *c, const struct fold_client *f, const struct dataset *d);
/* For summary.json (docs/formats.md).  New reference. */
json_t *client_json(const struct client_summary *c) NODISCARD;

#endif
