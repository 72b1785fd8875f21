/* findings_audit.c - whether the figures can be believed: rows, client, drift. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "findings.h"
#include "num.h"
#include "wording.h"

/* Shifts from pass to pass count as drift here, so a trend has to be plainer than an effect. */
#define SURE_TREND  0.01
#define RESEMBLANCE 0.3 /* lag-1 autocorrelation worth a sentence */

/* Effects whose verdict is another one without the suspect rows. */
static const char *changed_verdicts(const struct author *a, size_t *n)
{
	const char **named = xcalloc(a->s->neffects, sizeof(*named)), *list;

	*n = 0;
	for (size_t i = 0; i < a->s->neffects; i++) {
		const struct effect *e = &a->s->effects[i];

		if (e->primary && e->verdict != e->verdict_valid_only)
			named[(*n)++] = arena_fmt(a->arena, "%s in %s is %s", e->factor,
				findings_noun(a->d, e->metric),
				verdict_name(e->verdict_valid_only));
	}
	list = wording_list(a->arena, named, *n, "and");
	free(named);
	return list;
}

static void say_rows(struct author *a)
{
	const struct summary *s = a->s;
	size_t changed;
	const char *list = changed_verdicts(a, &changed);

	if (s->suspect)
		findings_add(a, FIND_AUDIT, STRENGTH_AUDIT,
			arena_fmt(a->arena, "%s suspect and %s; without %s %s%s",
				wording_count(a->arena, s->suspect, "row is", "rows are"),
				wording_verb(s->suspect, "counts", "count"),
				wording_verb(s->suspect, "it", "them"),
				changed ? "" : "every verdict is the same", changed ? list : ""),
			"phase=measure status=ok validity=suspect", s->suspect);
	if (s->invalid)
		findings_add(a, FIND_AUDIT, STRENGTH_AUDIT,
			arena_fmt(a->arena, "%s invalid and %s not count",
				wording_count(a->arena, s->invalid, "row is", "rows are"),
				wording_verb(s->invalid, "does", "do")),
			"phase=measure status=ok validity=invalid", s->invalid);
	if (s->set_aside)
		findings_add(a, FIND_AUDIT, STRENGTH_AUDIT,
			arena_fmt(a->arena, "%s not read: damaged or cut off",
				wording_count(a->arena, s->set_aside, "line was", "lines were")),
			"", s->set_aside);
	if (!s->suspect && !s->invalid)
		findings_add(a, FIND_AUDIT, STRENGTH_CALM, "no row is suspect or invalid",
			"phase=measure status=ok", s->ok);
}

static void say_gap(struct author *a)
{
	const struct summary *s = a->s;
	char median[WORDING_TEXT];

	if (!s->ttft_minus_server_n)
		return;
	findings_add(a, FIND_AUDIT,
		s->ttft_minus_server_outside ? STRENGTH_AUDIT - 1 : STRENGTH_CALM,
		arena_fmt(a->arena,
			"TTFT is %s ms (median) above what the server says of its load and "
			"prefill; "
			"%llu of %s outside 0 to 50 ms",
			wording_fixed(median, s->ttft_minus_server_ms_p50, 1),
			(unsigned long long)s->ttft_minus_server_outside,
			wording_count(a->arena, s->ttft_minus_server_n, "row is", "rows are")),
		FILTER_COUNTS, s->ttft_minus_server_n);
}

static void say_lag(struct author *a)
{
	char text[WORDING_TEXT];

	if (!isfinite(a->s->client_lag_p99_us) || a->d->is_virtual)
		return;
	findings_add(a, FIND_AUDIT, STRENGTH_CALM,
		arena_fmt(a->arena, "the client was at most %s ms late in 99 of 100 requests%s",
			wording_fixed(text, a->s->client_lag_p99_us / 1000, 2),
			a->s->client.by_kernel > 0 && a->s->client.by_user == 0
				? "; its times are the kernel's and do not depend on that"
				: ""),
		"status=ok", a->s->rows);
}

/* ---- drift ---- */

static void say_trend(struct author *a, const struct drift_summary *t)
{
	double percent = 100 * expm1(t->trend_per_hour);
	char size[WORDING_TEXT], p[NUM_TEXT];

	if (!(t->trend_p < SURE_TREND))
		return;
	findings_add(a, FIND_DRIFT, STRENGTH_DRIFT,
		arena_fmt(a->arena, "%s %s by %s %% an hour over the run (Kendall's p %s)%s",
			findings_noun(a->d, t->metric), percent < 0 ? "fell" : "rose",
			wording_fixed(size, fabs(percent), fabs(percent) < 9.5 ? 1 : 0),
			t->trend_p < 0.001 ? "below 0.001" : num_sig(p, t->trend_p, 2),
			a->s->interleaved ? "; passes in random order keep most of that out of the "
					    "comparisons"
					  : ""),
		FILTER_COUNTS, findings_rows(a, t->metric));
}

static void say_sentinel(struct author *a, const struct drift_summary *t)
{
	double percent = 100 * (t->sentinel_ratio - 1), low, high;
	char size[WORDING_TEXT], from[WORDING_TEXT], to[WORDING_TEXT];
	const char *how = "as";
	bool sure = t->sentinel_low > 1 || t->sentinel_high < 1;
	int decimals;

	if (!isfinite(t->sentinel_low))
		return;
	low = 100 * (t->sentinel_low - 1);
	high = 100 * (t->sentinel_high - 1);
	decimals = wording_decimals((high - low) / 2);
	wording_fixed(size, fabs(percent), decimals);
	if (strtod(size, NULL) > 0)
		how = arena_fmt(a->arena, "%s %% %s than", size, percent < 0 ? "lower" : "higher");
	findings_add(a, FIND_DRIFT, sure ? STRENGTH_DRIFT : STRENGTH_CALM,
		arena_fmt(a->arena, "the sentinel's %s ended %s it began (%s to %s %%)%s",
			findings_noun(a->d, t->metric), how, wording_fixed(from, low, decimals),
			wording_fixed(to, high, decimals),
			sure ? "" : ": no drift that this run could see"),
		"phase=sentinel status=ok paid_load=0", a->s->sentinel);
}

static void say_autocorrelation(struct author *a, const struct drift_summary *t)
{
	char text[WORDING_TEXT];

	if (!(t->lag1 > RESEMBLANCE))
		return;
	findings_add(a, FIND_DRIFT, STRENGTH_DRIFT - 1,
		arena_fmt(a->arena,
			"neighbouring requests resemble each other in %s (lag-1 autocorrelation "
			"%s); "
			"their random order within a load keeps that out of the tests",
			findings_noun(a->d, t->metric), wording_fixed(text, t->lag1, 2)),
		FILTER_COUNTS, findings_rows(a, t->metric));
}

void findings_audit(struct author *a)
{
	say_rows(a);
	say_gap(a);
	say_lag(a);
	for (size_t m = 0; m < a->d->nmetrics; m++) {
		if (!a->d->metrics[m].primary)
			continue;
		say_trend(a, &a->s->drift[m]);
		say_sentinel(a, &a->s->drift[m]);
		say_autocorrelation(a, &a->s->drift[m]);
	}
}
