/* search_burst.c - see search_burst.h */
#include "search_burst.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "bug.h"
#include "goodput.h"
#include "num.h"
#include "vec.h"

#define WHY          160
#define WHOLLY       0.9995 /* of the size: servers round */
#define SHARE_EXCESS 1e-9   /* 95 % of 20 are 19, whatever the last digit of 0.95 */

bool search_is_of_load(enum search_find find)
{
	return find == FIND_NUM_CTX || find == FIND_NUM_GPU;
}

const char *burst_verdict_name(enum burst_verdict v)
{
	switch (v) {
	case BURST_UNJUDGED:
		return "not judged";
	case BURST_KEPT:
		return "kept";
	case BURST_NOT_KEPT:
		return "not kept";
	}
	BUG("burst verdict %d", (int)v);
}

void search_burst_init(struct search_burst *b, uint32_t requests)
{
	*b = (struct search_burst){.requests = requests, .context_length = -1, .offload = NAN};
}

void search_burst_release(struct search_burst *b)
{
	VEC_RELEASE(&b->ttft_ms);
	VEC_RELEASE(&b->tpot_ms);
	VEC_RELEASE(&b->e2e_ms);
}

/* ---- rows ---- */

/* Milliseconds from when it was due, or sent where nothing was due at a time. */
static double ms_since(const struct sample *s, ns span, bool from_due)
{
	if (span == NS_NONE)
		return NAN;
	if (from_due && s->due != NS_NONE && s->sent != NS_NONE && s->sent > s->due)
		span += s->sent - s->due;
	return (double)span / NS_PER_MS;
}

static void add_ok(struct search_burst *b, const struct search_asked *a, const struct row_keys *k,
	const struct sample *s)
{
	bool from_due = k->item->rate > 0;
	struct goodput_limits limits = {a->ttft_ms, a->tpot_ms, a->e2e_ms};
	struct goodput_seen seen = {.ttft_ms = ms_since(s, sample_ttft(s), from_due),
		.tpot_ms = sample_tpot_ms(s),
		.e2e_ms = ms_since(s, sample_e2e(s), from_due),
		.tokens = s->output_tokens < 0 ? (double)NAN : (double)s->output_tokens};
	struct goodput_kept kept = goodput_judge(&limits, &seen);

	if (!isnan(seen.ttft_ms))
		*VEC_PUSH(&b->ttft_ms) = seen.ttft_ms;
	if (!isnan(seen.tpot_ms))
		*VEC_PUSH(&b->tpot_ms) = seen.tpot_ms;
	if (!isnan(seen.e2e_ms))
		*VEC_PUSH(&b->e2e_ms) = seen.e2e_ms;
	b->over_ttft += kept.over_ttft;
	b->over_tpot += kept.over_tpot;
	b->over_e2e += kept.over_e2e;
	b->met += kept.met;
	b->unknown += kept.unknown;
}

static void add_load(struct search_burst *b, const struct load *l)
{
	if (!l || !l->read_back)
		return;
	b->loaded = true;
	b->context_length = l->context_length;
	if (l->size > 0 && l->size_vram >= 0)
		b->offload = (double)l->size_vram / (double)l->size;
}

void search_burst_add(struct search_burst *b, const struct search_asked *a,
	const struct row_keys *k, const struct sample *s)
{
	b->out_of_memory |= s->status == STATUS_OUT_OF_MEMORY;
	if (k->phase == PHASE_WARMUP)
		return;
	if (s->status == STATUS_OK)
		add_load(b, k->load);
	b->skipped |= s->status == STATUS_SKIPPED;
	if (k->attempt > 1)
		return;
	b->measured++;
	if (k->validity == INVALID)
		b->invalid++;
	else if (s->status == STATUS_OK)
		add_ok(b, a, k, s);
	else
		b->failed++;
}

/* ---- verdicts ---- */

static enum burst_verdict judge_load(
	const struct search_burst *b, const struct search_asked *a, double level, char *why)
{
	char percent[NUM_TEXT];
	bool wholly = b->offload >= WHOLLY;

	/* Skipped: it was given up after two loads out of memory. */
	if (b->out_of_memory || b->skipped) {
		snprintf(why, WHY, "out of memory");
		return BURST_NOT_KEPT;
	}
	if (!b->loaded && b->failed) {
		snprintf(why, WHY, "it did not run");
		return BURST_UNJUDGED;
	}
	if (isnan(b->offload)) {
		snprintf(why, WHY, "the server does not say what is on the GPU");
		return BURST_UNJUDGED;
	}
	if (a->find == FIND_NUM_CTX && b->context_length >= 0 &&
		(double)b->context_length < level) {
		snprintf(why, WHY, "the server loaded a context of %" PRId64, b->context_length);
		return BURST_UNJUDGED;
	}
	snprintf(why, WHY, "%s %% on the GPU", num_sig(percent, 100 * b->offload, 3));
	if (a->find == FIND_NUM_CTX || (a->all_layers > 0 && level >= (double)a->all_layers))
		return wholly ? BURST_KEPT : BURST_NOT_KEPT;
	return b->offload > 0 ? BURST_KEPT : BURST_NOT_KEPT;
}

static void explain(const struct search_burst *b, char *why)
{
	const struct {
		uint32_t n;
		const char *text;
	} causes[] = {{b->failed, "failed"}, {b->over_ttft, "over TTFT"},
		{b->over_tpot, "over TPOT"}, {b->over_e2e, "over e2e"},
		{b->unknown, "without the figure"}};
	size_t len = (size_t)snprintf(
		why, WHY, "%" PRIu32 " of %" PRIu32 " met the limits", b->met, b->requests);
	const char *join = "; ";

	for (size_t i = 0; i < COUNTOF(causes); i++) {
		if (causes[i].n == 0)
			continue;
		len += (size_t)snprintf(why + len, WHY - len, "%s%" PRIu32 " %s", join, causes[i].n,
			causes[i].text);
		join = ", ";
	}
}

static enum burst_verdict judge_requests(
	const struct search_burst *b, const struct search_asked *a, char *why)
{
	explain(b, why);
	if ((double)b->met >= a->share * (double)b->requests - SHARE_EXCESS)
		return BURST_KEPT;
	return BURST_NOT_KEPT;
}

enum burst_verdict search_burst_judge(
	const struct search_burst *b, const struct search_asked *a, double level, char why[160])
{
	if (b->invalid) {
		snprintf(why, WHY, "%" PRIu32 " of %" PRIu32 " requests invalid by the audit",
			b->invalid, b->requests);
		return BURST_UNJUDGED;
	}
	/* A load that was out of memory leaves requests that are not made. */
	if (b->requests == 0 || (b->measured < b->requests && !b->out_of_memory)) {
		snprintf(why, WHY, "%" PRIu32 " of %" PRIu32 " requests were made", b->measured,
			b->requests);
		return BURST_UNJUDGED;
	}
	return search_is_of_load(a->find) ? judge_load(b, a, level, why)
					  : judge_requests(b, a, why);
}
