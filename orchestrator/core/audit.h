/* audit.h - whether a row may be believed, from causes recorded independently of the metric.
 *
 * suspect: where times are the reader's, the loop was late by more than 1 ms and 1 % of the TTFT;
 * where they are the kernel's, the first content's is known no better than that; handing the
 * request to the kernel took longer than that; most chunks came several at once; the request was
 * sent more than 5 ms after it was due and, unless it came at a rate, 5 % of its time; more
 * requests in flight than this machine is trusted with; more than 95 % of a processor used by the
 * client; a connection had to be opened again (libcurl may have sent it twice); another model was
 * in memory; a load the schedule did not expect; a unique prompt that looks cached, or a repeat
 * that does not; a prompt that is not as long as asked for, by more than 2 % and 4 tokens; where
 * the server is on this machine: it swapped, tasks waited for memory, or a processor was slowed to
 * cool while it ran.  The machine slept while it ran: invalid.
 */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "row.h"

#define AUDIT_KEPT 64 /* of each kind, the latest */

/* What has been seen since the lane's last load, at equal concurrency and rate.  All zero to begin
 * with. */
struct audit {
	ns resident_load[AUDIT_KEPT]; /* load_duration of rows that paid none */
	size_t nresident;             /* seen, of which the latest are kept */
	uint32_t concurrency;
	double rate;
	/* With how many requests in flight this machine measures well; set by the caller. */
	bool trust_known;
	uint32_t trusted_streams;
	struct audit_prefill {
		double ms_per_token;
		int64_t tokens;
	} prefill[AUDIT_KEPT]; /* of prompts that cannot have been cached */
	size_t nprefill;
	/* The previous request, if it was sent as it is and may be found in the cache. */
	struct audit_prompt {
		bool known;
		uint32_t prompt;
		int64_t tokens_asked, output_tokens;
		const char *system, *template;
	} last;
};

void audit_new_load(struct audit *a);
/* Judges one ok row and learns from it.  Sets k->paid_load (unexpected loads), validity, why.
 * `load_due`: by the schedule it pays the load; `may_cache`: the prompt was sent as it is, on
 * purpose.
 */
void audit_row(
	struct audit *a, struct row_keys *k, const struct sample *s, bool load_due, bool may_cache);

#endif
