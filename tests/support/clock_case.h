/* clock_case.h - one load of streams, put on the simulated server by `chimera run` or by the least
 * client, and what came of it: errors against the server's truth log, request by request, and
 * costs.
 *
 * Server and client are processes of their own, made anew for each case.  A result that is wrong (a
 * request that failed, a token or a truth that is missing) ends the process with a message. */
#ifndef TESTS_CLOCK_CASE_H
#define TESTS_CLOCK_CASE_H

#include <stddef.h>

struct clock_place {
	const char *chimera; /* the program */
	const char *folder;  /* for files; a case removes its own */
};

struct clock_load {
	unsigned streams; /* in flight together */
	unsigned rounds;  /* requests on each, one after the other */
	unsigned tokens;  /* of a request */
	double tok_s;     /* of a stream */
	double ttft_ms;   /* of a request, in truth */
};

/* Errors are in ms, of absolute values but for the bias, which is the signed median. */
enum clock_figure {
	CLOCK_TTFT_BIAS,
	CLOCK_TTFT_P50,
	CLOCK_TTFT_P99,
	CLOCK_TTFT_MAX,
	CLOCK_ITL_BIAS,
	CLOCK_ITL_P50,
	CLOCK_ITL_P99,
	CLOCK_ITL_MAX,
	CLOCK_LAST_P99, /* of the last content, from the request's being sent */
	CLOCK_LAST_MAX,
	CLOCK_LATE_P50, /* the server's own: handed over minus due */
	CLOCK_LATE_P99,
	CLOCK_LATE_MAX,
	CLOCK_UNTOLD,    /* share of the gaps that the client could not tell */
	CLOCK_KERNEL,    /* share of requests dated by the kernel, first and last content */
	CLOCK_SUSPECT,   /* share of requests that the client's own audit doubts */
	CLOCK_LAG_MAX,   /* ms: the worst delay of the client's loop, as it says */
	CLOCK_QUEUE_MAX, /* ms: the latest that a request was sent after it was due */
	CLOCK_USER,      /* us of processor time a token */
	CLOCK_SYSTEM,    /* the same, in the kernel */
	CLOCK_CPU,       /* both */
	CLOCK_PEAK,      /* MiB */
	CLOCK_SHARE,     /* of a processor, while streams were in flight; also what came before */
	CLOCK_SERVER,    /* the server's share */
	CLOCK_REQUESTS,  /* how many, all phases */
	CLOCK_TOKENS,
	CLOCK_FIGURES
};

struct clock_figures {
	double v[CLOCK_FIGURES]; /* NaN: does not apply */
};

void clock_case_run(
	const struct clock_place *p, const struct clock_load *l, struct clock_figures *f);
void clock_case_least(
	const struct clock_place *p, const struct clock_load *l, struct clock_figures *f);
/* The median of each figure over n cases. */
void clock_median(const struct clock_figures *cases, size_t n, struct clock_figures *f);

#endif
