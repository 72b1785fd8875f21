/* streams_judge.c - whether a level's figures may be believed, and up to which the client may be.
 */
#include "streams_record.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "num.h"

const char *streams_verdict_name(enum streams_verdict v)
{
	static const char *const names[] = {"trusted", "not trusted", "not judged"};

	return names[v];
}

PRINTF_LIKE(3, 4)
static void judged(struct streams_level *l, enum streams_verdict v, const char *fmt, ...)
{
	va_list ap;

	l->verdict = v;
	va_start(ap, fmt);
	vsnprintf(l->why, sizeof(l->why), fmt, ap);
	va_end(ap);
}

static const char *ms(char text[NUM_TEXT], ns t)
{
	return num_sig(text, (double)t / NS_PER_MS, 2);
}

/* What makes the level say nothing of the client, whatever the figures are. */
static bool says_nothing(struct streams_level *l)
{
	if (l->failed > 0)
		judged(l, STREAMS_NOT_JUDGED, "%" PRIu64 " of %" PRIu64 " requests failed",
			l->failed, l->requests);
	else if (l->unpaired > 0)
		judged(l, STREAMS_NOT_JUDGED,
			"the server has no one row for %" PRIu64 " of %" PRIu64 " requests",
			l->unpaired, l->requests);
	else if (l->ttft.n == 0 || l->late.n == 0)
		judged(l, STREAMS_NOT_JUDGED, "nothing was measured");
	else
		return false;
	return true;
}

/* Whether one error is small enough; else says why not. */
static bool within(struct streams_level *l, const char *name, const struct truth_figures *f)
{
	char got[NUM_TEXT], limit[NUM_TEXT];

	if (f->n > 0 && f->p50 > STREAMS_P50_LIMIT)
		judged(l, STREAMS_NOT_TRUSTED, "%s is off by %s ms in the median, above %s", name,
			ms(got, f->p50), ms(limit, STREAMS_P50_LIMIT));
	else if (f->n > 0 && f->p99 > STREAMS_P99_LIMIT)
		judged(l, STREAMS_NOT_TRUSTED,
			"%s is off by %s ms at the 99th percentile, above %s", name,
			ms(got, f->p99), ms(limit, STREAMS_P99_LIMIT));
	else
		return true;
	return false;
}

/* A machine on which the server could not keep its times may have kept the client from it, too. */
static void excuse(struct streams_level *l)
{
	char late[NUM_TEXT];

	if (l->late.p99 > STREAMS_LATE_LIMIT)
		judged(l, STREAMS_NOT_JUDGED, "the server itself was late (p99 %s ms)",
			ms(late, l->late.p99));
}

void streams_judge(struct streams_level *l)
{
	l->verdict = STREAMS_TRUSTED;
	l->why[0] = '\0';
	if (says_nothing(l))
		return;
	if (!within(l, "TTFT", &l->ttft) || !within(l, "ITL", &l->itl)) {
		excuse(l);
		return;
	}
	if (l->differing > 0)
		judged(l, STREAMS_NOT_TRUSTED,
			"%" PRIu64 " of %" PRIu64
			" answers have another number of chunks than were sent",
			l->differing, l->requests);
	else if (l->client_share > STREAMS_CPU_LIMIT)
		judged(l, STREAMS_NOT_TRUSTED, "the client used %.0f %% of a processor",
			100 * l->client_share);
}

bool streams_trusted(const struct streams_level *levels, size_t n, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < n && levels[i].verdict == STREAMS_TRUSTED; i++)
		*ret = levels[i].streams;
	return n > 0 && levels[0].verdict != STREAMS_NOT_JUDGED;
}
