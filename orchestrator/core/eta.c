/* eta.c - multiplicative models of times: logarithms, a mean, an effect for every level; fitted by
 * going through the factors in turn (backfitting), each effect shrunk by a few imagined
 * observations without effect. */
#include "eta.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

#define MOST_SEEN                                                                                  \
	4096 /* of a kind; beyond it every second is forgotten, and only such are kept             \
	      */
#define ROUNDS     12
#define SHRINK     0.2 /* imagined observations of no effect, for each level */
#define FIT_AGAIN  1.1 /* when so much more was seen */
#define LEAST_SEEN 3

/* Kinds of what is timed. */
enum kind { KIND_REQUEST, KIND_CLOSED, KIND_OPEN, KIND_LOAD, KINDS };

struct seen {
	uint32_t cell, prompt;
	double log_s; /* over what the kind takes for granted */
	double rest;  /* not explained by the fit so far */
};

struct model {
	struct {
		struct seen *v;
		size_t n, cap;
	} seen;
	uint64_t told, stride; /* every stride-th is kept */
	uint64_t fitted_at;    /* told, at the last fit */
	double mean;
	double *effect; /* [nfeatures] rows of levels, one after the other; NULL before the first */
	double mean_prompt; /* mean of the prompts' factors */
};

struct eta {
	const struct plan *p;
	size_t first[SWEEP_MAX_FACTORS + 2]; /* where a feature's effects begin; prompts last */
	size_t nfeatures;
	double *sum, *count; /* of one feature's levels, for the fit */
	struct model model[KINDS];
};

struct eta *eta_new(const struct plan *p)
{
	struct eta *e = xcalloc(1, sizeof(*e));
	size_t most = p->sweep->nprompts;

	e->p = p;
	e->nfeatures = p->sweep->nfactors + 1;
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		size_t n = p->sweep->factors[f].nlevels;

		e->first[f + 1] = e->first[f] + n;
		most = n > most ? n : most;
	}
	e->first[e->nfeatures] = e->first[e->nfeatures - 1] + p->sweep->nprompts;
	e->sum = xcalloc(most + 1, sizeof(*e->sum));
	e->count = xcalloc(most + 1, sizeof(*e->count));
	for (int k = 0; k < KINDS; k++)
		e->model[k].stride = 1;
	return e;
}

void eta_free(struct eta *e)
{
	if (!e)
		return;
	for (int k = 0; k < KINDS; k++) {
		VEC_RELEASE(&e->model[k].seen);
		free(e->model[k].effect);
	}
	free(e->sum);
	free(e->count);
	free(e);
}

/* ---- what was seen ---- */

static void forget_every_second(struct model *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->seen.n; i += 2)
		m->seen.v[kept++] = m->seen.v[i];
	m->seen.n = kept;
	m->stride *= 2;
}

static void note(struct model *m, uint32_t cell, uint32_t prompt, double seconds)
{
	if (m->told++ % m->stride || !(seconds > 0))
		return;
	if (m->seen.n == MOST_SEEN)
		forget_every_second(m);
	*VEC_PUSH(&m->seen) = (struct seen){.cell = cell, .prompt = prompt, .log_s = log(seconds)};
}

static enum kind kind_of(const struct plan *p, uint32_t cell, uint32_t size)
{
	if (size <= 1)
		return KIND_REQUEST;
	return plan_rate(p, cell) > 0 ? KIND_OPEN : KIND_CLOSED;
}

/* What is taken for granted: a closed burst takes as long as its requests in turn, an open one as
 * long as they are sent. */
static double granted(const struct plan *p, uint32_t cell, uint32_t size, enum kind kind)
{
	if (kind == KIND_OPEN)
		return size / plan_rate(p, cell);
	return kind == KIND_CLOSED ? size : 1;
}

void eta_saw_unit(struct eta *e, uint32_t cell, uint32_t prompt, uint32_t size, ns took)
{
	enum kind kind = kind_of(e->p, cell, size);

	note(&e->model[kind], cell, prompt,
		(double)took / (double)NS_PER_S / granted(e->p, cell, size, kind));
}

void eta_saw_load(struct eta *e, const struct visit *v, ns took)
{
	note(&e->model[KIND_LOAD], plan_visit_cell(e->p, v), 0, (double)took / (double)NS_PER_S);
}

bool eta_knows(const struct eta *e)
{
	/* Bursts at a rate take as long as they send. */
	bool granted_all = e->p->of_kind[FACTOR_RATE] >= 0 || e->p->sweep->rate > 0;
	uint64_t units = 0;

	for (int k = 0; k < KIND_LOAD; k++)
		units += e->model[k].seen.n;
	return e->model[KIND_LOAD].seen.n > 0 && (units >= LEAST_SEEN || granted_all);
}

uint64_t eta_seen(const struct eta *e)
{
	uint64_t n = 0;

	for (int k = 0; k < KINDS; k++)
		n += e->model[k].told;
	return n;
}

/* ---- the fit ---- */

/* Whether a feature tells anything about what is timed: a load knows no prompt and no sampling
 * option, a burst has all prompts. */
static bool is_used(const struct eta *e, enum kind kind, size_t feature)
{
	if (feature + 1 == e->nfeatures)
		return kind == KIND_REQUEST && e->p->sweep->nprompts > 1;
	return kind != KIND_LOAD || e->p->sweep->factors[feature].stratum == STRATUM_RUNNER;
}

static uint32_t level_of(const struct eta *e, size_t feature, uint32_t cell, uint32_t prompt)
{
	return feature + 1 == e->nfeatures ? prompt : plan_level(e->p, cell, feature);
}

static void fit_mean(struct model *m)
{
	double sum = 0;

	for (size_t i = 0; i < m->seen.n; i++)
		sum += m->seen.v[i].rest;
	sum /= (double)m->seen.n;
	m->mean += sum;
	for (size_t i = 0; i < m->seen.n; i++)
		m->seen.v[i].rest -= sum;
}

static void fit_feature(struct eta *e, struct model *m, size_t feature)
{
	double *effect = m->effect + e->first[feature];
	size_t n = e->first[feature + 1] - e->first[feature];

	memset(e->sum, 0, n * sizeof(*e->sum));
	memset(e->count, 0, n * sizeof(*e->count));
	for (size_t i = 0; i < m->seen.n; i++) {
		uint32_t level = level_of(e, feature, m->seen.v[i].cell, m->seen.v[i].prompt);

		e->sum[level] += m->seen.v[i].rest + effect[level];
		e->count[level]++;
	}
	for (size_t i = 0; i < m->seen.n; i++) {
		struct seen *s = &m->seen.v[i];
		uint32_t level = level_of(e, feature, s->cell, s->prompt);

		s->rest += effect[level] - e->sum[level] / (e->count[level] + SHRINK);
	}
	for (size_t k = 0; k < n; k++)
		effect[k] = e->sum[k] / (e->count[k] + SHRINK);
}

static void fit(struct eta *e, enum kind kind)
{
	struct model *m = &e->model[kind];
	const double *prompts;

	if (!m->effect)
		m->effect = xcalloc(e->first[e->nfeatures] + 1, sizeof(*m->effect));
	memset(m->effect, 0, e->first[e->nfeatures] * sizeof(*m->effect));
	m->mean = 0;
	for (size_t i = 0; i < m->seen.n; i++)
		m->seen.v[i].rest = m->seen.v[i].log_s;
	for (int round = 0; round < ROUNDS; round++) {
		fit_mean(m);
		for (size_t f = 0; f < e->nfeatures; f++)
			if (is_used(e, kind, f))
				fit_feature(e, m, f);
	}
	m->mean_prompt = 0;
	prompts = m->effect + e->first[e->nfeatures - 1];
	for (size_t i = 0; i < e->p->sweep->nprompts; i++)
		m->mean_prompt += exp(prompts[i]) / (double)e->p->sweep->nprompts;
	m->fitted_at = m->told;
}

/* The model of a kind, fitted lately enough; NULL if nothing of the kind was seen. */
static const struct model *fitted(struct eta *e, enum kind kind)
{
	struct model *m = &e->model[kind];

	if (m->seen.n == 0)
		return NULL;
	if (m->fitted_at == 0 || (double)m->told > FIT_AGAIN * (double)m->fitted_at)
		fit(e, kind);
	return m;
}

/* ---- what will be ---- */

/* The product for a cell, prompts apart. */
static double product(const struct eta *e, const struct model *m, enum kind kind, uint32_t cell)
{
	double log_s = m->mean;

	for (size_t f = 0; f + 1 < e->nfeatures; f++)
		if (is_used(e, kind, f))
			log_s += m->effect[e->first[f] + plan_level(e->p, cell, f)];
	return exp(log_s);
}

static double prompt_factor(const struct eta *e, const struct model *m, uint32_t prompt)
{
	return exp(m->effect[e->first[e->nfeatures - 1] + prompt]);
}

/* Before any burst of its kind was seen: from single requests. */
static double burst_s(struct eta *e, uint32_t cell, uint32_t size, enum kind kind)
{
	const struct model *m = fitted(e, kind), *one = fitted(e, KIND_REQUEST);
	double granted_s = granted(e->p, cell, size, kind), each;

	if (m)
		return granted_s * product(e, m, kind, cell);
	each = one ? product(e, one, KIND_REQUEST, cell) * one->mean_prompt : 0;
	return kind == KIND_OPEN ? granted_s + each : granted_s * each;
}

double eta_unit_s(struct eta *e, uint32_t cell, uint32_t prompt, uint32_t size)
{
	enum kind kind = kind_of(e->p, cell, size);
	const struct model *m;

	if (kind != KIND_REQUEST)
		return burst_s(e, cell, size, kind);
	m = fitted(e, kind);
	if (m)
		return product(e, m, kind, cell) * prompt_factor(e, m, prompt);
	/* Only bursts so far: one of its requests. */
	m = fitted(e, KIND_CLOSED);
	return m ? product(e, m, KIND_CLOSED, cell) : 0;
}

double eta_load_s(struct eta *e, const struct visit *v)
{
	const struct model *m = fitted(e, KIND_LOAD);

	return m ? product(e, m, KIND_LOAD, plan_visit_cell(e->p, v)) : 0;
}

/* All units of a cell in one pass. */
static double cell_s(struct eta *e, uint32_t cell)
{
	const struct sweep *s = e->p->sweep;
	uint32_t size = plan_burst_size(e->p, cell);
	const struct model *m;
	size_t first, n;
	double sum = 0;

	if (size > 1)
		return (double)e->p->per_pass * burst_s(e, cell, size, kind_of(e->p, cell, size));
	m = fitted(e, KIND_REQUEST);
	if (!m)
		return (double)e->p->per_pass * eta_unit_s(e, cell, 0, 1);
	n = plan_prompts(e->p, cell, &first);
	if (n == s->nprompts)
		sum = m->mean_prompt * (double)n;
	for (size_t i = 0; n < s->nprompts && i < n; i++)
		sum += prompt_factor(e, m, (uint32_t)(first + i));
	return (double)e->p->per_pass * sum * product(e, m, KIND_REQUEST, cell);
}

double eta_visit_s(struct eta *e, const struct visit *v)
{
	const struct block *b = &e->p->blocks[v->block];
	double sum = eta_load_s(e, v);

	if (v->kind == VISIT_SENTINEL)
		return sum + PLAN_SENTINEL_REQUESTS * eta_unit_s(e, plan_visit_cell(e->p, v), 0, 1);
	for (uint32_t i = 0; i < b->ncells; i++)
		sum += cell_s(e, e->p->cell_of_block[b->first_cell + i]);
	return sum;
}
