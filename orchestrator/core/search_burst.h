/* search_burst.h - whether one burst of a capacity search kept what was asked.  Pure.
 *
 * For concurrency and rate: at least `share` of its requests met every stated limit; a request that
 * failed, was skipped or refused, or whose stated figure is not known, met none.  At a rate times
 * count from when the request was due, so that waiting in the client counts.
 * For num_ctx: the load went wholly to the GPU, by read-back.  For num_gpu: the load succeeded with
 * weights on the GPU; from all layers on, wholly.  A load that was out of memory did not.
 *
 * A burst is judged only when all of it was measured: rows that the audit calls invalid, requests
 * without a row, and a load without read-back leave it unjudged, with the reason. */
#ifndef CORE_SEARCH_BURST_H
#define CORE_SEARCH_BURST_H

#include "row.h"

enum search_find { FIND_CONCURRENCY, FIND_RATE, FIND_NUM_CTX, FIND_NUM_GPU };

/* Judged by what the server loaded, not by requests. */
bool search_is_of_load(enum search_find find);

/* What is asked; a limit that is not stated is NaN. */
struct search_asked {
	enum search_find find;
	double ttft_ms, tpot_ms, e2e_ms;
	double share;
	int64_t all_layers; /* num_gpu that puts every layer on the GPU; -1 unknown */
};

enum burst_verdict { BURST_UNJUDGED, BURST_KEPT, BURST_NOT_KEPT };
const char *burst_verdict_name(enum burst_verdict v);

struct search_burst {
	uint32_t requests; /* that were to be made */
	uint32_t measured; /* that have a row, by whatever way they ended */
	uint32_t met, failed, invalid;
	uint32_t over_ttft, over_tpot, over_e2e, unknown; /* of those that ended well */
	/* Of requests that ended well, NaN left out. */
	struct {
		double *v;
		size_t n, cap;
	} ttft_ms, tpot_ms, e2e_ms;
	/* Read back. */
	bool loaded, out_of_memory, skipped;
	int64_t context_length; /* -1 unknown */
	double offload;         /* NaN unknown */
};

void search_burst_init(struct search_burst *b, uint32_t requests);
void search_burst_release(struct search_burst *b);
/* One row of the burst, or of the warm-ups of its load.  The first try of a request decides. */
void search_burst_add(struct search_burst *b, const struct search_asked *a,
	const struct row_keys *k, const struct sample *s);
/* `level` is what was tried; *why (at least 160 bytes) says it in a few words. */
enum burst_verdict search_burst_judge(
	const struct search_burst *b, const struct search_asked *a, double level, char why[160]);

#endif
