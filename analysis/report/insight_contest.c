/* insight_contest.c - who is best in a quantity, and who cannot be told from it. */
#include "insight_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "wording.h"

#define ALPHA       0.05
#define MOST_NAMES  4
#define LEAST_LOADS 2 /* rows that paid for one, below which their mean says nothing */

struct entry {
	uint32_t subject;
	double key; /* smaller is better */
};

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->subject < y->subject ? -1 : x->subject > y->subject;
}

uint32_t *page_ranked(struct page *p, const char *quantity, size_t *n)
{
	struct entry *all = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*all));
	uint32_t *ranked = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*ranked));

	*n = 0;
	for (uint32_t s = 0; s < p->c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(p->in, s, quantity);

		if (m && m->warm.n > 0 && isfinite(m->warm.mean))
			all[(*n)++] =
				(struct entry){s, m->of->better > 0 ? -m->warm.mean : m->warm.mean};
	}
	qsort(all, *n, sizeof(*all), by_key);
	for (size_t i = 0; i < *n; i++)
		ranked[i] = all[i].subject;
	return ranked;
}

/* ---- pairs ---- */

static bool is_of(const struct insight_pair *pair, const char *quantity)
{
	return strcmp(pair->quantity, quantity) == 0;
}

static double distance(const struct insight_pair *pair)
{
	return fabs(log(pair->ratio));
}

static int by_distance(const void *a, const void *b)
{
	const struct insight_pair *x = *(const struct insight_pair *const *)a;
	const struct insight_pair *y = *(const struct insight_pair *const *)b;

	if (distance(x) != distance(y))
		return distance(x) < distance(y) ? -1 : 1;
	return x->worse < y->worse ? -1 : x->worse > y->worse;
}

bool page_contest(struct page *p, const char *quantity, struct contest *ret)
{
	const struct insight_pair **won = arena_alloc(&p->arena, p->in->npairs + 1, sizeof(*won));

	*ret = (struct contest){
		.quantity = quantity, .best = insight_best(p->in, quantity), .same_prompts = true};
	if (ret->best == CORPUS_NONE)
		return false;
	ret->of = insight_measure(p->in, ret->best, quantity);
	ret->tied = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*ret->tied));
	ret->beaten = arena_alloc(&p->arena, p->c->nsubjects + 1, sizeof(*ret->beaten));
	for (size_t i = 0; i < p->in->npairs; i++) {
		const struct insight_pair *pair = &p->in->pairs[i];

		if (!is_of(pair, quantity) || pair->better != ret->best)
			continue;
		ret->same_prompts = ret->same_prompts && pair->same_prompts;
		if (pair->p_adjusted < ALPHA && pair->ratio > 0)
			won[ret->nbeaten++] = pair;
		else
			ret->tied[ret->ntied++] = pair->worse;
	}
	qsort(won, ret->nbeaten, sizeof(*won), by_distance);
	for (size_t i = 0; i < ret->nbeaten; i++)
		ret->beaten[i] = won[i]->worse;
	if (ret->nbeaten > 0) {
		ret->next = won[0];
		ret->last = won[ret->nbeaten - 1];
	}
	return true;
}

const char *page_best_names(struct page *p, const struct contest *k)
{
	size_t shown = k->ntied < MOST_NAMES ? k->ntied : MOST_NAMES - 1;
	const char *names[MOST_NAMES + 1];
	size_t n = 0;

	if (k->ntied == 0)
		return page_subject(p, k->best);
	names[n++] = page_subject(p, k->best);
	for (size_t i = 0; i < shown; i++)
		names[n++] = page_subject(p, k->tied[i]);
	if (shown < k->ntied)
		names[n++] =
			page_fmt(p, "one of %s more", figures_number(&p->arena, k->ntied - shown));
	return page_fmt(
		p, "%s, which cannot be told apart,", wording_list(&p->arena, names, n, "or"));
}

/* ---- grades ---- */

bool page_has_score(const struct page *p)
{
	bool named = false, given = false;

	for (uint32_t s = 0; s < p->c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(p->in, s, "score");

		named = named || m;
		given = given || (m && m->all.n > 0);
	}
	return p->in->has_score && (given || !named);
}

/* ---- models ---- */

static size_t keep_model(const char **models, size_t n, size_t most, const char *model)
{
	for (size_t i = 0; model && i < n; i++)
		if (strcmp(models[i], model) == 0)
			return n;
	if (model && n < most)
		models[n++] = model;
	return n;
}

size_t page_models(struct page *p, const char **models, size_t most)
{
	static const char *const quantities[] = {INSIGHT_THROUGHPUT, INSIGHT_TTFT, INSIGHT_LATENCY};
	const struct corpus_subject *s = p->c->subjects;
	struct contest k;
	size_t n = 0;

	for (size_t i = 0; i < COUNTOF(quantities) && n == 0; i++) {
		if (!page_contest(p, quantities[i], &k))
			continue;
		n = keep_model(models, n, most, s[k.best].model);
		for (size_t t = 0; t < k.ntied; t++)
			n = keep_model(models, n, most, s[k.tied[t]].model);
		for (size_t b = 0; b < k.nbeaten; b++)
			n = keep_model(models, n, most, s[k.beaten[b]].model);
	}
	for (size_t i = 0; i < p->c->nsubjects && n == 0; i++)
		n = keep_model(models, n, most, s[i].model);
	return n;
}

/* A single model without any option would be swept over a grid of its own. */
const char *page_run_command(struct page *p, const char *const *models, size_t n, const char *rest)
{
	struct str list = STR_INIT(STR_MAX_LINE);
	const char *command;

	for (size_t i = 0; i < n; i++)
		str_addf(&list, "%s%s", i ? "," : "", models[i]);
	command = page_fmt(p, "chimera run --model %s%s --num-ctx 4096%s",
		n ? page_quote(p, figures_shell(&p->arena, list.s)) : "MODEL",
		n > 1 ? "" : " --num-gpu auto", rest);
	str_release(&list);
	return command;
}

/* ---- loads ---- */

uint32_t page_most_loaded(struct page *p, const struct insight_measure **ret)
{
	static const char *const quantities[] = {INSIGHT_TTFT, INSIGHT_LATENCY};
	uint32_t found = CORPUS_NONE;
	double most = 1;

	for (size_t k = 0; k < COUNTOF(quantities) && found == CORPUS_NONE; k++) {
		for (uint32_t s = 0; s < p->c->nsubjects; s++) {
			const struct corpus_subject *of = &p->c->subjects[s];
			const struct insight_measure *m = insight_measure(p->in, s, quantities[k]);

			if (!of->load_known || of->cold < LEAST_LOADS || !m || m->warm.n < 2 ||
				!(m->warm.mean > 0) || !(m->all.mean / m->warm.mean > most))
				continue;
			most = m->all.mean / m->warm.mean;
			found = s;
			*ret = m;
		}
	}
	return found;
}
