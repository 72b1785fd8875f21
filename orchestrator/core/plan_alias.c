/* plan_alias.c - levels that are one setting under two names.
 *
 * Ollama makes num_gpu above layers + 1 that number, num_ctx below 4 (below 2048 for models that
 * see) that floor, num_ctx above the context trained for that context; two names with one digest
 * are one model.  "auto" is never merged: what it chose is seen at its first load. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "plan_internal.h"
#include "vec.h"

#define LEAST_NUM_CTX 4
#define AUTO          INT64_MIN /* equals no number of layers */

struct aliases {
	struct alias *v;
	size_t n, cap;
};

static const struct model_facts *facts_of(const struct plan *p, uint32_t m, const char **name)
{
	int f = p->of_kind[FACTOR_MODEL];

	*name = f < 0 ? p->sweep->model : json_string_value(p->sweep->factors[f].levels[m].value);
	return p->nservers ? server_facts_model(&p->servers[0], *name) : NULL;
}

static int64_t effective_gpu(const struct model_facts *m, int64_t layers)
{
	return m && m->layers >= 0 && layers > m->layers + 1 ? m->layers + 1 : layers;
}

int64_t canon_ctx(const struct model_facts *m, int64_t ctx)
{
	if (ctx < LEAST_NUM_CTX)
		ctx = LEAST_NUM_CTX;
	if (m && m->vision && ctx < FACTS_VISION_NUM_CTX)
		ctx = FACTS_VISION_NUM_CTX;
	return m && m->context_train > 0 && ctx > m->context_train ? m->context_train : ctx;
}

/* "all 18 layers and the output layer are 19", with the model's name where there are several. */
static const char *why(struct plan *p, const struct canon *c, bool gpu, const struct model_facts *m,
	int64_t effective, const char *model)
{
	char text[160], n[NUM_TEXT], of[220] = "";

	if (gpu)
		snprintf(text, sizeof(text),
			"all %" PRId64 " layers and the output layer are %" PRId64, m->layers,
			effective);
	else if (m && effective == m->context_train)
		snprintf(text, sizeof(text), "the model was trained for %s tokens",
			num_group(n, effective));
	else if (effective == FACTS_VISION_NUM_CTX)
		snprintf(text, sizeof(text), "models that see have at least %d",
			FACTS_VISION_NUM_CTX);
	else
		snprintf(text, sizeof(text), "%d is the least there is", LEAST_NUM_CTX);
	if (c->nmodels > 1)
		snprintf(of, sizeof(of), " (%s)", model);
	return arena_fmt(&p->arena, "%s%s", text, of);
}

struct value {
	int64_t effective;
	uint32_t level;
};

static int compare_values(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	if (x->effective != y->effective)
		return x->effective < y->effective ? -1 : 1;
	return (x->level > y->level) - (x->level < y->level);
}

static int64_t asked_value(const struct level *l)
{
	return json_is_integer(l->value) ? json_integer_value(l->value) : AUTO;
}

/* Fills same[] for one model and lists what it found, in the order of the levels. */
static void compare_levels(struct plan *p, const struct canon *c, uint32_t model, bool gpu,
	uint32_t *same, struct aliases *out)
{
	const struct factor *f = &p->sweep->factors[gpu ? c->gpu : c->ctx];
	const char *name;
	const struct model_facts *m = facts_of(p, model, &name);
	struct value *values = xmalloc(f->nlevels * sizeof(*values));
	bool *shared = xcalloc(f->nlevels, sizeof(*shared));

	for (uint32_t l = 0; l < f->nlevels; l++) {
		int64_t x = asked_value(&f->levels[l]);

		if (x != AUTO)
			x = gpu ? effective_gpu(m, x) : canon_ctx(m, x);
		values[l] = (struct value){x, l};
		same[l] = l;
	}
	qsort(values, f->nlevels, sizeof(*values), compare_values);
	for (size_t i = 1; i < f->nlevels; i++) {
		if (values[i].effective != values[i - 1].effective)
			continue;
		same[values[i].level] = same[values[i - 1].level];
		shared[values[i].level] = shared[values[i - 1].level] = true;
	}
	/* A model that is an alias itself has nothing new to say. */
	for (uint32_t l = 0; l < f->nlevels && c->model_same[model] == model; l++) {
		int64_t asked = asked_value(&f->levels[l]), x = asked;

		if (x != AUTO)
			x = gpu ? effective_gpu(m, x) : canon_ctx(m, x);
		if (same[l] == l && (shared[l] || x == asked))
			continue;
		*VEC_PUSH(out) = (struct alias){
			.factor = f->name,
			.level = f->levels[l].text,
			.same_as = same[l] != l ? f->levels[same[l]].text
						: arena_fmt(&p->arena, "%" PRId64, x),
			.why = why(p, c, gpu, m, x, name),
			.merged = same[l] != l && p->sweep->merge_aliases,
		};
	}
	free(shared);
	free(values);
}

static void compare_models(struct plan *p, struct canon *c, struct aliases *out)
{
	const char *name, *other;

	for (uint32_t i = 0; i < c->nmodels; i++) {
		const struct model_facts *m = facts_of(p, i, &name);

		c->model_same[i] = i;
		for (uint32_t k = 0; m && m->digest[0] && k < i; k++) {
			const struct model_facts *first = facts_of(p, k, &other);

			if (!first || strcmp(first->digest, m->digest) != 0)
				continue;
			c->model_same[i] = k;
			*VEC_PUSH(out) = (struct alias){
				.factor = "model",
				.level = name,
				.same_as = other,
				.why = arena_fmt(
					&p->arena, "both have the digest %.12s", m->digest),
				.merged = p->sweep->merge_aliases,
			};
			break;
		}
	}
}

static uint32_t *compare_all(struct plan *p, const struct canon *c, bool gpu, struct aliases *out)
{
	int f = gpu ? c->gpu : c->ctx;
	size_t n = f < 0 ? 0 : p->sweep->factors[f].nlevels;
	uint32_t *same = n ? xmalloc(c->nmodels * n * sizeof(*same)) : NULL;

	for (uint32_t m = 0; n && m < c->nmodels; m++)
		compare_levels(p, c, m, gpu, same + m * n, out);
	return same;
}

void canon_init(struct canon *c, struct plan *p)
{
	struct aliases found = {0};

	c->model = p->of_kind[FACTOR_MODEL];
	c->gpu = plan_factor_index(p, "num_gpu");
	c->ctx = plan_factor_index(p, "num_ctx");
	c->nmodels = c->model < 0 ? 1 : (uint32_t)p->sweep->factors[c->model].nlevels;
	c->model_same = xcalloc(c->nmodels, sizeof(*c->model_same));
	compare_models(p, c, &found);
	c->gpu_same = compare_all(p, c, true, &found);
	c->ctx_same = compare_all(p, c, false, &found);
	p->naliases = found.n;
	p->aliases = arena_alloc(&p->arena, found.n + 1, sizeof(*p->aliases));
	if (found.n)
		memcpy(p->aliases, found.v, found.n * sizeof(*found.v));
	VEC_RELEASE(&found);
}

void canon_release(struct canon *c)
{
	free(c->model_same);
	free(c->gpu_same);
	free(c->ctx_same);
}

void canon_digits(const struct canon *c, const struct plan *p, uint32_t *digit)
{
	uint32_t m = 0;

	if (c->model >= 0)
		m = digit[c->model] = c->model_same[digit[c->model]];
	if (c->gpu >= 0)
		digit[c->gpu] = c->gpu_same[m * p->sweep->factors[c->gpu].nlevels + digit[c->gpu]];
	if (c->ctx >= 0)
		digit[c->ctx] = c->ctx_same[m * p->sweep->factors[c->ctx].nlevels + digit[c->ctx]];
}
