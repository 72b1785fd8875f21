/* goodput.h - whether an answer kept what was promised: one rule for searching and for analysing.
 */
#ifndef BASE_GOODPUT_H
#define BASE_GOODPUT_H

#include <stdbool.h>

/* In milliseconds; NaN: no such limit. */
struct goodput_limits {
	double ttft_ms, tpot_ms, e2e_ms;
};

/* What was seen of one answer, from the time that the promise counts from; NaN not known. */
struct goodput_seen {
	double ttft_ms, tpot_ms, e2e_ms;
	double tokens;
};

struct goodput_kept {
	bool met; /* every limit there is */
	bool over_ttft, over_tpot, over_e2e;
	bool unknown; /* a figure that a limit asks for */
};

bool goodput_is_limited(const struct goodput_limits *limits);
/* An answer of one token has no time per output token, and so it keeps any limit of it.  (So has
 * one of two where the second is the one that stops it and is never sent.)  Any other figure that
 * is not known keeps no limit. */
struct goodput_kept goodput_judge(
	const struct goodput_limits *limits, const struct goodput_seen *seen);

#endif
