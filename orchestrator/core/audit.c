/* audit.c - the verdict on a row, reason by reason. */
#include "audit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"

#define LAG_MAX        NS_PER_MS
#define LAG_OF_TTFT    0.01
#define LATE_MAX       (5 * NS_PER_MS)
#define LATE_OF_WHOLE  0.05
#define CPU_MOST       0.95
#define CPU_LEAST_TIME (100 * NS_PER_MS)
#define SLEPT_MIN      (50 * NS_PER_MS) /* less is noise: two clocks are not read at one instant */
/* Ten pages from a quick disk are a millisecond; fewer are some other program's. */
#define SWAPPED_MIN    10
#define STALL_MIN      (10 * NS_PER_MS)
#define STALL_OF_WHOLE 0.01

/* An unexpected load stands out of the load_durations of the resident model in three ways at once.
 * No fixed time will do: these are 1 to 350 ms, and a small model loads in 500. */
#define LOAD_LEAST_SEEN 3
#define LOAD_TIMES      3                /* the median */
#define LOAD_SPREADS    10               /* median absolute deviations above the median */
#define LOAD_EXCESS     (50 * NS_PER_MS) /* no process starts and reads a model in less */

/* Prefill is compared among prompts of about the same length, since short ones cost more per token.
 * Cached prompts take a third (24 tokens) to a thirtieth (300) of the time; machines vary by 20 %.
 */
#define PREFILL_LIKE_TOKENS 0.25
#define PREFILL_LEAST_SEEN  3
#define PREFILL_CACHED      0.4
#define PREFILL_NOT_CACHED  0.6

/* A length is met as nearly as words allow: some are two tokens, and texts are estimated. */
#define LENGTH_OFF       4
#define LENGTH_OFF_SHARE 0.02

void audit_new_load(struct audit *a)
{
	*a = (struct audit){.concurrency = a->concurrency,
		.rate = a->rate,
		.trust_known = a->trust_known,
		.trusted_streams = a->trusted_streams};
}

static void PRINTF_LIKE(3, 4) blame(struct row_keys *k, enum validity verdict, const char *fmt, ...)
{
	size_t len = strlen(k->validity_why);
	va_list ap;

	if (verdict > k->validity)
		k->validity = verdict;
	if (len > 0)
		len += (size_t)snprintf(k->validity_why + len, sizeof(k->validity_why) - len, "; ");
	if (len >= sizeof(k->validity_why))
		return;
	va_start(ap, fmt);
	vsnprintf(k->validity_why + len, sizeof(k->validity_why) - len, fmt, ap);
	va_end(ap);
}

static const char *ms_text(char dst[NUM_TEXT], ns t)
{
	return num_sig(dst, (double)t / NS_PER_MS, 3);
}

/* How many content chunks came together with another. */
static size_t lumped(const struct sample *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->times.n; i++) {
		n += (i > 0 && s->times.v[i] == s->times.v[i - 1]) ||
			(i + 1 < s->times.n && s->times.v[i] == s->times.v[i + 1]);
	}
	return n;
}

/* 1 ms, or 1 % of the TTFT where that is more: less cannot move a figure that is read to 1 %. */
static ns lag_allowed(ns ttft)
{
	ns share = ttft == NS_NONE ? 0 : (ns)(LAG_OF_TTFT * (double)ttft);

	return share > LAG_MAX ? share : LAG_MAX;
}

/* What the kernel dated does not depend on when the loop came to it. */
static void judge_times(struct row_keys *k, const struct sample *s)
{
	ns allowed = lag_allowed(sample_ttft(s));
	char text[NUM_TEXT];

	if (s->stamps == STAMP_USER && s->loop_lag_max != NS_NONE && s->loop_lag_max > allowed)
		blame(k, SUSPECT, "the loop was late by %s ms", ms_text(text, s->loop_lag_max));
	if (s->stamps == STAMP_KERNEL && s->late_first > allowed)
		blame(k, SUSPECT, "the first content may have come %s ms earlier",
			ms_text(text, s->late_first));
	if (s->sending != NS_NONE && s->sending > allowed)
		blame(k, SUSPECT, "handing it to the kernel took %s ms", ms_text(text, s->sending));
	if (2 * lumped(s) > s->times.n)
		blame(k, SUSPECT, "most chunks came several at once");
}

/* At a rate the moment of sending is what was asked for.  Else requests are sent as soon as may be,
 * a thousand of them one after the other: what counts is that they are in flight together, but for
 * a small part of their time. */
static ns late_allowed(const struct row_keys *k, const struct sample *s)
{
	ns whole = sample_e2e(s);
	ns share = whole == NS_NONE || k->item->rate > 0 ? 0 : (ns)(LATE_OF_WHOLE * (double)whole);

	return share > LATE_MAX ? share : LATE_MAX;
}

static void judge_client(const struct audit *a, struct row_keys *k, const struct sample *s)
{
	char text[NUM_TEXT];

	judge_times(k, s);
	if (s->due != NS_NONE && s->sent != NS_NONE && s->sent - s->due > late_allowed(k, s))
		blame(k, SUSPECT, "sent %s ms late", ms_text(text, s->sent - s->due));
	if (s->new_connects > 0)
		blame(k, SUSPECT, "the connection was opened again");
	if (a->trust_known && s->streams > (int64_t)a->trusted_streams)
		blame(k, SUSPECT,
			"%" PRId64 " requests in flight, this machine is trusted with %" PRIu32,
			s->streams, a->trusted_streams);
	/* A short request is mostly its own start. */
	if (s->cpu_share > CPU_MOST && s->done != NS_NONE && s->sent != NS_NONE &&
		s->done - s->sent > CPU_LEAST_TIME)
		blame(k, SUSPECT, "the client used %.0f %% of a processor", 100 * s->cpu_share);
	if (s->slept != NS_NONE && s->slept >= SLEPT_MIN)
		blame(k, INVALID, "the machine slept");
}

/* Of the machine that server and client share; what is not known is below every bound. */
static void judge_host(struct row_keys *k, const struct sample *s)
{
	ns whole = sample_e2e(s);
	char text[NUM_TEXT];

	if (s->swapped_in >= SWAPPED_MIN)
		blame(k, SUSPECT, "the machine swapped in %" PRId64 " pages while it ran",
			s->swapped_in);
	if (s->memory_stall >= STALL_MIN && whole != NS_NONE &&
		(double)s->memory_stall > STALL_OF_WHOLE * (double)whole)
		blame(k, SUSPECT, "tasks waited %s ms for memory while it ran",
			ms_text(text, s->memory_stall));
	if (s->throttled > 0)
		blame(k, SUSPECT, "the processor was slowed to cool while it ran");
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the values. */
static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare_doubles);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static size_t kept(size_t seen)
{
	return seen < AUDIT_KEPT ? seen : AUDIT_KEPT;
}

static bool is_outlier(const struct audit *a, ns load)
{
	double v[AUDIT_KEPT], center, spread;
	size_t n = kept(a->nresident);

	if (n < LOAD_LEAST_SEEN)
		return false;
	for (size_t i = 0; i < n; i++)
		v[i] = (double)a->resident_load[i];
	center = median(v, n);
	for (size_t i = 0; i < n; i++)
		v[i] = fabs(v[i] - center);
	spread = median(v, n);
	return (double)load > LOAD_TIMES * center && (double)load > center + LOAD_EXCESS &&
		(double)load > center + LOAD_SPREADS * spread;
}

static void judge_load(struct audit *a, struct row_keys *k, const struct sample *s, bool load_due)
{
	char text[NUM_TEXT];

	if (load_due)
		k->paid_load = true;
	if (load_due || s->load == NS_NONE)
		return;
	if (is_outlier(a, s->load)) {
		k->paid_load = true;
		blame(k, SUSPECT, "a load of %s ms that was not planned", ms_text(text, s->load));
		return;
	}
	a->resident_load[a->nresident++ % AUDIT_KEPT] = s->load;
}

/* The fastest prefill, ms per token, of uncached prompts of about this length; NaN if fewer than
 * `least` are known.  The fastest, since noise only slows: on a busy machine the middle may be
 * three times the true cost, and the next quiet request would look cached. */
static double fastest_prefill(const struct audit *a, int64_t tokens, size_t least)
{
	double fastest = INFINITY;
	size_t n = 0;

	for (size_t i = 0; i < kept(a->nprefill); i++) {
		if (fabs((double)(a->prefill[i].tokens - tokens)) <=
			PREFILL_LIKE_TOKENS * (double)tokens) {
			fastest = fmin(fastest, a->prefill[i].ms_per_token);
			n++;
		}
	}
	return n == 0 || n < least ? (double)NAN : fastest;
}

/* A prompt that with the answer to it was longer than the sliding window is computed anew every
 * time: not all that it would be resumed from is still there. */
static bool fits_window(const struct audit *a, const struct row_keys *k, const struct sample *s)
{
	const struct server_facts *server = &k->plan->servers[k->server];
	const struct model_facts *m =
		server_facts_model(server, plan_model(k->plan, k->item->cell));

	return !m || m->sliding_window <= 0 ||
		s->prompt_tokens + a->last.output_tokens <= m->sliding_window;
}

static struct audit_prompt prompt_of(
	const struct row_keys *k, const struct sample *s, bool may_cache)
{
	const struct plan *p = k->plan;
	uint32_t cell = k->item->cell;

	return (struct audit_prompt){.known = may_cache,
		.prompt = k->item->prompt,
		.tokens_asked = plan_prompt_tokens(p, cell),
		.output_tokens = s->output_tokens > 0 ? s->output_tokens : 0,
		.system = plan_system(p, cell),
		.template = plan_template(p, cell)};
}

/* Texts of a plan are the same where they are in the same place. */
static bool same_prompt(const struct audit_prompt *a, const struct audit_prompt *b)
{
	return a->known && b->known && a->prompt == b->prompt &&
		a->tokens_asked == b->tokens_asked && a->system == b->system &&
		a->template == b->template;
}

/* Whether a cached prompt is to be expected: the one before was the same, alone on its slot. */
static bool cache_is_due(const struct audit *a, const struct row_keys *k, const struct sample *s)
{
	struct audit_prompt mine = prompt_of(k, s, true);

	return same_prompt(&a->last, &mine) && k->item->concurrency <= 1 && !(k->item->rate > 0) &&
		fits_window(a, k, s);
}

/* Where the server says how much was cached: half and more is not the template's first words. */
static void judge_cached_count(
	struct row_keys *k, const struct sample *s, bool repeat_is_due, bool may_cache)
{
	bool cached = s->cached_tokens * 2 > s->prompt_tokens;

	if (!may_cache && cached)
		blame(k, SUSPECT, "a unique prompt that was cached");
	else if (repeat_is_due && !cached)
		blame(k, SUSPECT, "a repeated prompt that was not cached");
}

/* Elsewhere the time of its prefill gives it away. */
static void judge_prefill(struct audit *a, struct row_keys *k, const struct sample *s,
	bool repeat_is_due, bool uncached)
{
	double ms_per_token = (double)s->prompt_eval / NS_PER_MS / (double)s->prompt_tokens;
	double fastest = fastest_prefill(a, s->prompt_tokens, uncached ? PREFILL_LEAST_SEEN : 1);

	/* Comparisons with NaN are false: what is not known blames nobody. */
	if (repeat_is_due && ms_per_token > PREFILL_NOT_CACHED * fastest)
		blame(k, SUSPECT, "a repeated prompt that does not look cached");
	if (uncached && ms_per_token < PREFILL_CACHED * fastest)
		blame(k, SUSPECT, "a unique prompt that looks cached");
	else if (uncached)
		a->prefill[a->nprefill++ % AUDIT_KEPT] = (struct audit_prefill){
			.ms_per_token = ms_per_token, .tokens = s->prompt_tokens};
}

static void judge_cache(
	struct audit *a, struct row_keys *k, const struct sample *s, bool load_due, bool may_cache)
{
	/* Right after a load nothing is cached yet, whatever is sent. */
	bool repeat_is_due = may_cache && !load_due && cache_is_due(a, k, s);

	if (s->prompt_tokens <= 0)
		return;
	if (s->cached_tokens >= 0)
		judge_cached_count(k, s, repeat_is_due, may_cache);
	else if (s->prompt_eval != NS_NONE)
		judge_prefill(a, k, s, repeat_is_due, load_due || !may_cache);
}

static void judge_length(struct row_keys *k, const struct sample *s)
{
	int64_t asked = plan_prompt_tokens(k->plan, k->item->cell);
	double off = fabs((double)(s->prompt_tokens - asked));

	if (asked > 0 && s->prompt_tokens > 0 && off > LENGTH_OFF &&
		off > LENGTH_OFF_SHARE * (double)asked)
		blame(k, SUSPECT, "a prompt of %" PRId64 " tokens where %" PRId64 " were asked for",
			s->prompt_tokens, asked);
}

void audit_row(
	struct audit *a, struct row_keys *k, const struct sample *s, bool load_due, bool may_cache)
{
	if (k->item->concurrency != a->concurrency || k->item->rate != a->rate) {
		a->concurrency = k->item->concurrency;
		a->rate = k->item->rate;
		audit_new_load(a);
	}
	judge_client(a, k, s);
	judge_host(k, s);
	if (k->load && k->load->other_models[0])
		blame(k, SUSPECT, "in memory too: %s", k->load->other_models);
	judge_load(a, k, s, load_due);
	judge_length(k, s);
	judge_cache(a, k, s, load_due, may_cache);
	a->last = prompt_of(k, s, may_cache);
}
