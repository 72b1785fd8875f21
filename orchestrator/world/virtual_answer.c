/* virtual_answer.c - a planned answer of the model, cut by our limits, as a sample. */
#include "virtual_answer.h"

#include <stdio.h>
#include <string.h>

#define NEVER (INT64_MAX / 4) /* as far as the model's own; sums do not overflow */

static ns limit_ns(double seconds)
{
	return seconds > 0 && seconds < 1e9 ? (ns)(seconds * (double)NS_PER_S) : NEVER;
}

/* ---- when it ends ---- */

struct limits {
	ns first, stall, total; /* first and total are instants, stall is a duration */
};

/* True if `at` comes too late after `last`, the instant of the byte before (NS_NONE: no content
 * yet); then *end is when we went away. */
static bool too_late(const struct limits *l, ns last, ns at, struct virtual_end *end)
{
	ns until = last == NS_NONE ? l->first : last + l->stall;

	*end = (struct virtual_end){until, last == NS_NONE ? REPLY_LIMIT_FIRST : REPLY_LIMIT_STALL};
	if (l->total < until)
		*end = (struct virtual_end){l->total, REPLY_LIMIT_TOTAL};
	if (end->at >= NEVER)
		end->at = NS_NONE;
	return end->at != NS_NONE && at > end->at;
}

static struct virtual_end stream_end(const struct sim_answer *a, const struct limits *l)
{
	struct virtual_end end;
	ns last = NS_NONE;

	for (size_t i = 0; i < a->ntokens; i++) {
		if (too_late(l, last, a->token_at[i], &end))
			return end;
		last = a->token_at[i];
	}
	if (too_late(l, last, a->ending == SIM_END_STALL ? NEVER : a->end_at, &end) ||
		a->ending == SIM_END_STALL)
		return end;
	return (struct virtual_end){a->end_at, REPLY_CLEAN};
}

struct virtual_end virtual_answer_end(const struct sim_answer *a, const struct ticket *t, ns sent)
{
	struct limits l = {.first = sent + limit_ns(t->limit_first_s),
		.stall = limit_ns(t->limit_stall_s),
		.total = sent + limit_ns(t->limit_total_s)};
	struct virtual_end end;

	if (a->shape == SIM_STREAM)
		return stream_end(a, &l);
	if (too_late(&l, NS_NONE, a->ready_at, &end))
		return end;
	return (struct virtual_end){
		a->ready_at, a->shape == SIM_REFUSE ? REPLY_NO_CONNECTION : REPLY_CLEAN};
}

bool virtual_was_cut(struct virtual_end end)
{
	switch (end.how) {
	case REPLY_LIMIT_FIRST:
	case REPLY_LIMIT_STALL:
	case REPLY_LIMIT_TOTAL:
	case REPLY_CANCEL:
		return true;
	case REPLY_CLEAN:
	case REPLY_RESET:
	case REPLY_NO_CONNECTION:
		return false;
	}
	return false;
}

/* ---- what it is ---- */

static ns duration(ns t)
{
	return t > 0 ? t : NS_NONE; /* servers leave a zero out */
}

static int64_t count(int64_t n)
{
	return n > 0 ? n : -1;
}

/* What the last line says, without writing and parsing it. */
static void take_final(const struct sim_answer *a, struct reply *r)
{
	struct sample *s = &r->sample;

	r->done_seen = true;
	r->last_activity = s->done = a->end_at;
	snprintf(s->done_reason, sizeof(s->done_reason), "%s", a->done_reason);
	s->load = duration(a->load);
	s->prompt_eval = duration(a->prompt_eval);
	s->eval = duration(a->eval);
	s->total = duration(a->total);
	s->prompt_tokens = count(a->prompt_tokens);
	s->output_tokens = count(a->output_tokens);
}

static void take_error_line(const struct sim_answer *a, struct reply *r)
{
	struct str line = STR_INIT(STR_MAX_LINE);

	sim_answer_line(a, a->ntokens, 0, &line);
	reply_body(r, line.s, line.len, a->end_at);
	str_release(&line);
}

static void take_stream(const struct sim_answer *a, struct virtual_end end, struct reply *r)
{
	struct sample *s = &r->sample;

	if (a->ready_at > end.at)
		return; /* not even the head had come */
	reply_status(r, a->http_status);
	s->first_byte = a->ready_at;
	for (size_t i = 0; i < a->ntokens && a->token_at[i] <= end.at; i++) {
		sample_add_chunk(s, a->token[i], strlen(a->token[i]), a->token_at[i]);
		r->last_activity = a->token_at[i];
	}
	if (end.how != REPLY_CLEAN)
		return;
	if (a->ending == SIM_END_CLEAN)
		take_final(a, r);
	else if (a->ending == SIM_END_ERROR_LINE)
		take_error_line(a, r);
}

static void take_whole(const struct sim_answer *a, struct virtual_end end, struct reply *r)
{
	if (a->ready_at > end.at)
		return;
	reply_status(r, a->http_status);
	reply_body(r, a->body.s, a->body.len, a->ready_at);
}

void virtual_answer_read(const struct sim_answer *a, struct virtual_end end, struct reply *r)
{
	r->sample.stamps = STAMP_VIRTUAL;
	r->sample.loop_lag_max = 0;
	r->sample.connect = 0;
	if (a->shape == SIM_STREAM)
		take_stream(a, end, r);
	else if (a->shape == SIM_WHOLE)
		take_whole(a, end, r);
	reply_end(r, end.how, NULL, end.at);
}
