/* sample.c - the figures of one response, by the definitions of docs/design.md. */
#include "sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "vec.h"

/* Below these a rate says nothing: a server reports 1,000 ns, or none, for the eval of one token.
 */
#define RATE_MIN_TOKENS 8
#define RATE_MIN_TIME   NS_PER_MS

/* A streamed answer may come in this many chunks less than tokens: the stop token is never sent,
 * and some servers keep the last token back.  With less, text was held back and the times say
 * little. */
#define CHUNKS_MAY_LACK 2

#define STATUS_ROW(id, name, final) {name, final},

static const struct {
	const char *name;
	bool final;
} statuses[STATUS_COUNT] = {SAMPLE_STATUS(STATUS_ROW)};

const char *status_name(enum status s)
{
	return statuses[s].name;
}

bool status_is_final(enum status s)
{
	return statuses[s].final;
}

bool status_from_name(const char *name, enum status *ret)
{
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		if (strcmp(statuses[i].name, name) == 0) {
			*ret = (enum status)i;
			return true;
		}
	}
	return false;
}

void sample_init(struct sample *s)
{
	*s = (struct sample){
		.status = STATUS_CONNECT_ERROR,
		.due = NS_NONE,
		.sent = NS_NONE,
		.first_byte = NS_NONE,
		.first_content = NS_NONE,
		.last_content = NS_NONE,
		.done = NS_NONE,
		.sent_wall = NS_NONE,
		.connect = NS_NONE,
		.load = NS_NONE,
		.prompt_eval = NS_NONE,
		.eval = NS_NONE,
		.total = NS_NONE,
		.prompt_tokens = -1,
		.cached_tokens = -1,
		.output_tokens = -1,
		.chunks = -1,
		.response_bytes = -1,
		.text = STR_INIT(SAMPLE_MAX_TEXT),
		.sending = NS_NONE,
		.cpu_share = NAN,
		.streams = -1,
		.loop_lag_max = NS_NONE,
		.slept = NS_NONE,
		.swapped_in = -1,
		.memory_stall = NS_NONE,
		.throttled = -1,
	};
}

void sample_release(struct sample *s)
{
	VEC_RELEASE(&s->times);
	str_release(&s->text);
}

void sample_add_chunk(struct sample *s, const char *text, size_t len, ns at)
{
	sample_add_arrival(s, text, len, &(struct moment){.at = at});
}

void sample_add_arrival(struct sample *s, const char *text, size_t len, const struct moment *m)
{
	ns at = m->at;

	if (s->first_content == NS_NONE) {
		s->first_content = at;
		s->first_by_kernel = m->kernel;
		s->late_first = m->late;
	} else if (at < s->last_content) {
		at = s->last_content;
	}
	s->last_content = at;
	s->last_by_kernel = m->kernel;
	s->user_stamped += !m->kernel;
	s->late_max = m->late > s->late_max ? m->late : s->late_max;
	s->chunks = s->chunks < 0 ? 1 : s->chunks + 1;
	if (s->times.n < SAMPLE_MAX_TIMES)
		*VEC_PUSH(&s->times) = at;
	s->response_bytes = (s->response_bytes < 0 ? 0 : s->response_bytes) + (int64_t)len;
	str_addn(&s->text, text, len);
}

void sample_finish(struct sample *s)
{
	bool answered = s->text.len > 0 || s->status == STATUS_OK;

	s->sha256[0] = '\0';
	if (!answered)
		return;
	if (s->response_bytes < 0)
		s->response_bytes = (int64_t)s->text.len;
	if (!s->text.overflowed)
		hash_sha256(s->sha256, s->text.s, s->text.len);
}

/* b - a where both were measured and came in this order. */
static ns span(ns a, ns b)
{
	return a == NS_NONE || b == NS_NONE || b < a ? NS_NONE : b - a;
}

ns sample_ttft(const struct sample *s)
{
	return span(s->sent, s->first_content);
}

ns sample_e2e(const struct sample *s)
{
	return span(s->sent, s->last_content);
}

double sample_tpot_ms(const struct sample *s)
{
	ns stream = span(s->first_content, s->last_content);
	/* The token that stops the answer is counted by the server but never sent. */
	int64_t steps = s->output_tokens - 1 - (strcmp(s->done_reason, "stop") == 0);

	if (stream == NS_NONE || stream == 0 || s->output_tokens < 0 || steps < 1)
		return NAN;
	if (s->chunks < 2 || s->chunks < s->output_tokens - CHUNKS_MAY_LACK)
		return NAN;
	return (double)stream / (double)steps / NS_PER_MS;
}

static bool has_rate(const struct sample *s)
{
	return s->output_tokens >= RATE_MIN_TOKENS && s->eval != NS_NONE &&
		s->eval >= RATE_MIN_TIME;
}

static double per_second(int64_t tokens, ns time)
{
	return (double)tokens / ((double)time / NS_PER_S);
}

double sample_decode_tok_s(const struct sample *s)
{
	/* The first token comes out of the prompt's evaluation: n tokens are n - 1 decode steps. */
	return has_rate(s) ? per_second(s->output_tokens - 1, s->eval) : NAN;
}

double sample_decode_tok_s_raw(const struct sample *s)
{
	return has_rate(s) ? per_second(s->output_tokens, s->eval) : NAN;
}

double sample_decode_tok_s_client(const struct sample *s)
{
	double tpot_ms = sample_tpot_ms(s);

	if (s->output_tokens < RATE_MIN_TOKENS || isnan(tpot_ms) ||
		s->last_content - s->first_content < RATE_MIN_TIME)
		return NAN;
	return 1e3 / tpot_ms;
}

double sample_prefill_tok_s(const struct sample *s)
{
	/* prompt_eval_count includes cached tokens, the duration does not.  A server that does not
	 * say how many were cached is taken at its word; the audit finds the prompts that were. */
	int64_t uncached = s->prompt_tokens - (s->cached_tokens > 0 ? s->cached_tokens : 0);

	if (s->prompt_tokens < 0 || uncached < 1 || s->prompt_eval == NS_NONE ||
		s->prompt_eval < RATE_MIN_TIME)
		return NAN;
	return per_second(uncached, s->prompt_eval);
}

ns sample_server_rest(const struct sample *s)
{
	if (s->total == NS_NONE || s->load == NS_NONE || s->prompt_eval == NS_NONE ||
		s->eval == NS_NONE)
		return NS_NONE;
	return s->total - s->load - s->prompt_eval - s->eval;
}

static int compare_ns(const void *a, const void *b)
{
	ns x = *(const ns *)a, y = *(const ns *)b;

	return (x > y) - (x < y);
}

int64_t sample_unresolved(const struct sample *s)
{
	int64_t n = 0;

	for (size_t i = 1; i < s->times.n; i++)
		n += s->times.v[i] == s->times.v[i - 1];
	return n;
}

double sample_itl_ms(const struct sample *s, double percentile, size_t least)
{
	size_t n = 0, below;
	double rank, value;
	ns *gaps;

	if (s->times.n < 2)
		return NAN;
	gaps = xmalloc((s->times.n - 1) * sizeof(*gaps));
	for (size_t i = 1; i < s->times.n; i++) {
		if (s->times.v[i] != s->times.v[i - 1])
			gaps[n++] = s->times.v[i] - s->times.v[i - 1];
	}
	if (n == 0 || n < least) {
		free(gaps);
		return NAN;
	}
	qsort(gaps, n, sizeof(*gaps), compare_ns);
	/* Type 7 of Hyndman and Fan: linear between the two neighbouring order statistics. */
	rank = percentile / 100 * (double)(n - 1);
	below = (size_t)rank;
	value = (double)gaps[below];
	if (below + 1 < n)
		value += (rank - (double)below) * (double)(gaps[below + 1] - gaps[below]);
	free(gaps);
	return value / NS_PER_MS;
}
