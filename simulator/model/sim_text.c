/* sim_text.c - how many tokens a prompt has, what of it is cached, and what is answered.
 *
 * The answer says nothing, but it is a function of the prompt, the seed and the temperature as a
 * real one is: greedy answers ignore the seed, equal seeds give equal text and equal length. */
#include <math.h>
#include <string.h>

#include "sim_internal.h"

#define TEMPLATE_HEAD  4 /* tokens around the text: the start of a turn... */
#define TEMPLATE_TAIL  2 /* ...and what asks for the answer */
#define DEFAULT_OUTPUT 128

static const char *const pieces[] = {" the", " of", " and", " a", " to", " in", " is", " it",
	" that", " was", " for", " on", " are", " as", " with", " they", " at", " be", " this",
	" from", " light", " sky", " water", " blue", " air", " sun", " small", " long", " time",
	" people", " city", " river", " stone", " winter", " music", " because", " when", " where",
	" while", " scatter", "ing", "ed", "er", "ly", "ness", "s", ",", ".", "\n", " \"", "\"",
	" 1", "2", " <b>", " &", " caf\xc3\xa9", " na\xc3\xafve", " \xe2\x80\x94", ":", ";"};

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

/* Characters are bytes here: a letter outside ASCII is nearer to a token of its own. */
static int64_t tokens_of(const struct sim *m, size_t chars)
{
	return (int64_t)ceil((double)chars / m->config.chars_per_token);
}

int64_t sim_text_prompt_tokens(const struct sim *m, const struct sim_call *c)
{
	int64_t turns = c->messages > 1 ? (int64_t)c->messages - 1 : 0;
	int64_t around = c->raw ? 1 : TEMPLATE_HEAD + TEMPLATE_TAIL + turns * TEMPLATE_HEAD;

	return around + tokens_of(m, c->text.len);
}

int64_t sim_text_cached(
	const struct sim *m, const struct sim_term *t, const struct sim_call *c, int64_t tokens)
{
	size_t most = t->cached.len < c->text.len ? t->cached.len : c->text.len;
	size_t same = 0;
	int64_t cached;

	if (tokens > (int64_t)m->config.sliding_window || t->cached_raw != c->raw)
		return 0;
	while (same < most && t->cached.s[same] == c->text.s[same])
		same++;
	cached = (int64_t)((double)same / m->config.chars_per_token);
	if (cached == 0)
		return 0;
	cached += c->raw ? 1 : TEMPLATE_HEAD;
	return cached < tokens ? cached : tokens - 1; /* the last token is always evaluated */
}

/* What is longer than the window is not kept. */
void sim_text_remember(
	const struct sim *m, struct sim_term *t, const struct sim_call *c, int64_t tokens)
{
	str_reset(&t->cached);
	t->cached_raw = c->raw;
	if (tokens <= (int64_t)m->config.sliding_window)
		str_addn(&t->cached, c->text.s, c->text.len);
}

/* The next answer of the file: as long as it is, and ended by itself if it fits. */
static void take_answer(struct sim_answers *x, int64_t limit, struct sim_script *s)
{
	size_t which = x->next < x->n - 1 ? x->next++ : x->n - 1;
	int64_t tokens = (int64_t)(x->first[which + 1] - x->first[which]);

	s->pieces = x->piece + x->first[which];
	s->stopped = tokens < limit;
	s->sampled = s->stopped ? tokens + 1 : limit;
}

void sim_text_script(struct sim *m, const struct sim_call *c, int64_t limit, struct sim_script *s)
{
	double temperature = c->options.temperature, stop = m->config.stop_probability, u;
	int64_t wish = c->options.num_predict > 0 ? c->options.num_predict : DEFAULT_OUTPUT;
	uint64_t any = rng_next(&m->noise.answer); /* drawn whether used or not */
	uint64_t seed = c->options.seed >= 0 ? (uint64_t)c->options.seed : any;
	uint64_t h = mix(0xcbf29ce484222325u, c->text.s, c->text.len);

	if (temperature > 0) {
		h = mix(h, &seed, sizeof(seed));
		h = mix(h, &temperature, sizeof(temperature));
	}
	rng_init(&s->rng, h, "answer");
	s->sampled = wish < limit ? wish : limit;
	s->stopped = false;
	s->pieces = NULL;
	u = rng_uniform(&s->rng);
	if (m->answers.n > 0) {
		take_answer(&m->answers, limit, s);
	} else if (stop > 0) {
		/* The number of tokens until one of that chance comes up. */
		double length = stop < 1 ? 1 + floor(log(u) / log1p(-stop)) : 1;

		s->stopped = length <= (double)s->sampled;
		if (s->stopped)
			s->sampled = (int64_t)length;
	}
}

const char *sim_text_next(struct sim_script *s)
{
	if (s->pieces)
		return *s->pieces++;
	return pieces[rng_below(&s->rng, COUNTOF(pieces))];
}
