/* sim_time.c - how long each step takes, and the noise on it.
 *
 * A duration is what the machine would need without noise times exp(sum of the noises), so that the
 * keys are sds of the logarithm.  Load, pass, day, drift, warming and outliers slow decode and
 * prefill of a request alike; request noise is drawn for each part by itself. */
#include <math.h>
#include <stdio.h>

#include "sim_internal.h"

#define PASS_LENGTH   (1800 * NS_PER_S) /* one draw of noise_pass: half an hour */
#define POLL          (250 * NS_PER_MS) /* how often a newer server asks whether a load is done */
#define LONGEST       (30 * 86400.0)    /* seconds; whatever the keys are, no step takes longer */
#define MAX_LOG       20.0
#define OUTLIER       3.0    /* times slower */
#define JITTER_SPREAD 0.0866 /* half width of a uniform draw with sd 0.05 */

ns sim_later(ns t, ns d)
{
	return t > SIM_FAR - d ? SIM_FAR : t + d;
}

static ns span(double seconds)
{
	if (!(seconds > 0))
		return 0;
	return (ns)llround(fmin(seconds, LONGEST) * 1e9);
}

static double factor(double log_noise)
{
	return exp(fmax(-MAX_LOG, fmin(MAX_LOG, log_noise)));
}

static void source_init(struct sim_source *s, uint64_t seed, const char *name)
{
	char tail[40];

	snprintf(tail, sizeof(tail), "%s.tail", name);
	rng_init(&s->normal, seed, name);
	rng_init(&s->tail, seed, tail);
	s->last = 0;
	s->begun = false;
}

void sim_noise_init(struct sim_noise *n, uint64_t seed)
{
	struct rng day;

	source_init(&n->decode, seed, "decode");
	source_init(&n->prefill, seed, "prefill");
	source_init(&n->resident, seed, "resident");
	source_init(&n->overhead, seed, "overhead");
	rng_init(&n->load, seed, "load");
	rng_init(&n->load_time, seed, "load_time");
	rng_init(&n->outlier, seed, "outlier");
	rng_init(&n->jitter, seed, "jitter");
	rng_init(&n->answer, seed, "answer");
	rng_init(&n->fault_connect, seed, "fault_connect");
	rng_init(&n->fault_midstream, seed, "fault_midstream");
	rng_init(&n->fault_truncated, seed, "fault_truncated");
	rng_init(&n->fault_stall, seed, "fault_stall");
	rng_init(&n->fault_where, seed, "fault_where");
	rng_init(&day, seed, "day");
	n->day = rng_normal(&day);
}

/* Student t with 3 degrees of freedom over its sd, the root of 3. */
static double student(struct rng *r)
{
	double z = rng_normal(r), a = rng_normal(r), b = rng_normal(r), c = rng_normal(r);

	return z / sqrt(a * a + b * b + c * c);
}

/* Mean 0, variance 1 whatever the keys: `tail` is the share of draws from the t distribution, and
 * what an autocorrelated draw keeps of the last one it takes from the new one. */
static double draw(double ar1, double tail, struct sim_source *s)
{
	double z = rng_normal(&s->normal);

	if (tail > 0 && rng_uniform(&s->tail) < tail)
		z = student(&s->tail);
	if (s->begun)
		z = ar1 * s->last + sqrt(1 - ar1 * ar1) * z;
	s->begun = true;
	s->last = z;
	return z;
}

/* By the keys. */
static double request_noise(const struct sim *m, struct sim_source *s)
{
	return m->config.noise_request * draw(m->config.ar1, m->config.tail, s);
}

static double pass_noise(const struct sim *m, ns at)
{
	struct rng r;
	char name[40];

	snprintf(name, sizeof(name), "pass.%lld", (long long)((at - m->origin) / PASS_LENGTH));
	rng_init(&r, m->seed, name);
	return rng_normal(&r);
}

/* Drift compounds, so that no key makes time run backwards; small drifts are fractions per hour. */
static double machine_noise(struct sim *m, ns at)
{
	const struct sim_config *c = &m->config;
	double hours = (double)(at - m->origin) / 3.6e12;
	double pass = m->has_own_noise ? 0 : c->noise_pass * pass_noise(m, at);
	double log_noise = c->noise_day * m->noise.day + pass + c->drift * hours;

	if (rng_uniform(&m->noise.outlier) < c->outlier)
		log_noise += log(OUTLIER);
	return log_noise;
}

/* ---- noise of its own ---- */

static const char *const own_names[SIM_OWN] = {"own.ttft", "own.decode"};

void sim_set_noise(
	struct sim *m, const struct sim_noise_of *ttft, const struct sim_noise_of *decode)
{
	const struct sim_noise_of *of[SIM_OWN] = {ttft, decode};

	m->has_own_noise = true;
	for (int i = 0; i < SIM_OWN; i++) {
		struct sim_own_noise *own = &m->own[i];
		char load[40];

		own->of = *of[i];
		own->of.ar1 = fmax(-0.99, fmin(0.99, own->of.ar1));
		source_init(&own->request, m->seed, own_names[i]);
		snprintf(load, sizeof(load), "%s.load", own_names[i]);
		rng_init(&own->load, m->seed, load);
	}
}

void sim_set_pass(struct sim *m, uint32_t pass)
{
	m->pass = pass;
}

static double own_noise(struct sim *m, enum sim_own which, const struct sim_term *t)
{
	struct sim_own_noise *own = &m->own[which];
	struct rng pass;
	char name[60];

	snprintf(name, sizeof(name), "%s.pass.%u", own_names[which], m->pass);
	rng_init(&pass, m->seed, name);
	return t->own_noise[which] + own->of.pass * rng_normal(&pass) +
		own->of.request * draw(own->of.ar1, own->of.tail, &own->request);
}

/* ---- a request ---- */

/* What the machine adds just now, beside the request's own noise. */
static double state(struct sim *m, const struct sim_term *t, ns at)
{
	double first = t->warmed ? 0 : log1p(m->config.warmup_slow);

	return first + (m->has_own_noise ? 0 : t->noise) + machine_noise(m, at);
}

void sim_noise_request(struct sim *m, const struct sim_call *c, const struct sim_term *t, ns at,
	struct sim_draw *d)
{
	double machine = state(m, t, at), decode = request_noise(m, &m->noise.decode);
	double prefill = request_noise(m, &m->noise.prefill);
	double overhead = request_noise(m, &m->noise.overhead);

	if (m->has_own_noise) {
		decode = own_noise(m, SIM_OWN_DECODE, t);
		prefill = overhead = c->ttft;
	}
	d->decode = machine + decode + c->planted[SIM_DECODE];
	d->prefill = machine + prefill + c->planted[SIM_TTFT] + c->planted[SIM_PREFILL];
	d->overhead = overhead + c->planted[SIM_TTFT];
}

ns sim_time_resident(struct sim *m, struct sim_call *c, const struct sim_term *t)
{
	double noise = request_noise(m, &m->noise.resident);

	if (m->has_own_noise)
		noise = c->ttft = own_noise(m, SIM_OWN_TTFT, t);
	return span(m->config.resident_load_ms / 1e3 * factor(noise + c->planted[SIM_TTFT]));
}

void sim_noise_load(struct sim *m, struct sim_term *t)
{
	t->noise = m->config.noise_load * rng_normal(&m->noise.load);
	for (int i = 0; i < SIM_OWN && m->has_own_noise; i++)
		t->own_noise[i] = m->own[i].of.load * rng_normal(&m->own[i].load);
}

ns sim_time_load(struct sim *m, const struct sim_call *c)
{
	double z = m->config.noise_load * rng_normal(&m->noise.load_time);
	ns t = span(m->config.load_ms / 1e3 * factor(z + c->planted[SIM_LOAD]));

	return m->config.era >= 3 ? (t + POLL - 1) / POLL * POLL : t;
}

ns sim_time_overhead(const struct sim *m, const struct sim_draw *d)
{
	return span(m->config.overhead_ms / 1e3 * factor(d->overhead));
}

static double sharing(const struct sim_config *c, size_t busy)
{
	return 1 + c->share_cost * (double)(busy > 0 ? busy - 1 : 0);
}

ns sim_time_prefill(
	const struct sim *m, double fraction, int64_t tokens, size_t busy, const struct sim_draw *d)
{
	const struct sim_config *c = &m->config;
	double per_token = fraction / c->gpu_prefill_tok_s + (1 - fraction) / c->cpu_prefill_tok_s;

	return span(per_token / c->prefill_speed * (double)tokens * sharing(c, busy) *
		factor(d->prefill));
}

ns sim_time_decode(const struct sim *m, double fraction, int64_t num_ctx, double temperature,
	int64_t steps, size_t busy, const struct sim_draw *d)
{
	const struct sim_config *c = &m->config;
	double per_token = fraction / c->gpu_tok_s + (1 - fraction) / c->cpu_tok_s;
	double doublings = num_ctx > 1024 ? log2((double)num_ctx / 1024) : 0;
	double warmth = 1 + c->temperature_cost * fmax(0, fmin(temperature, 100));

	per_token *= (1 + c->ctx_cost * doublings) * fmax(warmth, 0.05) / c->decode_speed;
	return span(per_token * (double)steps * sharing(c, busy) * factor(d->decode));
}

/* Each instant is moved by itself, not each gap: the whole keeps its length, and since no move is
 * half a gap none overtakes. */
void sim_time_tokens(struct sim *m, ns first, double gap, ns *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double move = (rng_uniform(&m->noise.jitter) * 2 - 1) * JITTER_SPREAD;

		at[i] = first + (ns)(((double)i + (i > 0 && i + 1 < n ? move : 0)) * gap);
	}
}

bool sim_fault(struct rng *r, double share)
{
	return rng_uniform(r) < share;
}
