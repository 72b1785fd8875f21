/* report_next.c - what would settle the open questions: the next experiment, its command, and what
 * it costs by this run's own times. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

#define QUESTIONS_MAX 6
#define PROMPTS       8
#define LEAST_PASSES  3

/* Loads, requests and time of so many more passes. */
static const char *cost_of(struct report *r, double passes)
{
	double done = r->d->passes_complete ? r->d->passes_complete : r->d->passes_planned;
	double share = done > 0 ? passes / done : NAN;
	/* A pass loads every block once, and the sentinel after it. */
	uint64_t loads = (uint64_t)passes *
		(r->d->nblocks + (r->s->drift[METRIC_DECODE].sentinel_loads > 0));
	char took[NUM_TEXT];

	if (!isfinite(share))
		return "its cost is not known, since no pass was complete";
	return words_fmt(r, "%s and about %s more%s%s", words_count(r, loads, "load"),
		words_count(r, (uint64_t)llround((double)r->s->measured * share), "request"),
		isfinite(r->s->seconds) ? ", " : "",
		isfinite(r->s->seconds) ? num_duration(took, r->s->seconds * share) : "");
}

static const char *resume_command(struct report *r, uint32_t passes)
{
	return words_fmt(
		r, "chimera resume %s --passes %u", words_quote(r, words_shell(r, r->dir)), passes);
}

static uint32_t passes_now(const struct report *r)
{
	return r->d->passes_complete ? r->d->passes_complete : r->d->passes_planned;
}

/* Main effects first. */
static const struct effect *open_question(const struct report *r, size_t k)
{
	for (int interaction = 0; interaction < 2; interaction++) {
		for (size_t i = 0; i < r->s->neffects; i++) {
			const struct effect *e = &r->s->effects[i];

			if (e->primary && e->verdict == VERDICT_INCONCLUSIVE &&
				(e->factor_b >= 0) == interaction && k-- == 0)
				return e;
		}
	}
	return NULL;
}

static const char *question(struct report *r, const struct effect *e)
{
	const char *name = words_name(e->metric);

	if (e->factor_b >= 0)
		return words_fmt(r, "Does the effect of %s on %s depend on %s?",
			words_quote(r, r->d->factors[e->factor_a].name), name,
			words_quote(r, r->d->factors[e->factor_b].name));
	return words_fmt(r, "Does %s change %s?", words_quote(r, e->factor), name);
}

static void ask(struct report *r, const struct effect *e)
{
	const char *why = words_capital(
		r, e->why && e->why[0] ? doc_guard(r->doc, e->why) : "neither shown nor excluded");
	const char *answer;

	if (e->passes_needed > PASSES_MANY)
		answer = words_fmt(r, "%s. With this noise it takes more than %d passes to settle.",
			why, PASSES_MANY);
	else if (e->passes_needed > passes_now(r))
		answer = words_fmt(r, "%s. Settled, 9 times in 10, by %u passes: %s.", why,
			e->passes_needed, cost_of(r, e->passes_needed - passes_now(r)));
	else
		answer = words_fmt(r, "%s.", why);
	doc_item(r->doc, question(r, e), answer, 0);
}

/* Passes that settle the main effects, or where none can be settled so the interactions; 0 where
 * nobody would make as many. */
static uint32_t passes_wanted(const struct report *r, size_t n)
{
	uint32_t most = 0;

	for (size_t k = 0; k < n; k++) {
		const struct effect *e = open_question(r, k);

		if (e->factor_b >= 0 && most > 0)
			break;
		if (e->passes_needed <= PASSES_MANY && e->passes_needed > most)
			most = e->passes_needed;
	}
	if (most <= passes_now(r) && !r->s->interleaved && n > 0)
		most = LEAST_PASSES;
	return most;
}

static void say_open(struct report *r, size_t n)
{
	uint32_t passes = passes_wanted(r, n);

	for (size_t k = 0; k < n && k < QUESTIONS_MAX; k++)
		ask(r, open_question(r, k));
	if (n > QUESTIONS_MAX)
		doc_para(r->doc,
			words_capital(r,
				words_fmt(r, "%s more %s open.", words_number(r, n - QUESTIONS_MAX),
					n - QUESTIONS_MAX == 1 ? "is" : "are")),
			0);
	if (passes > passes_now(r)) {
		doc_para(r->doc,
			words_fmt(r,
				"The next experiment: %u passes, which keep what was measured; %s.",
				passes, cost_of(r, passes - passes_now(r))),
			0);
		doc_code(r->doc, resume_command(r, passes));
	}
}

static void say_prompts(struct report *r)
{
	double share = r->d->nprompts ? (double)PROMPTS / (double)r->d->nprompts : NAN;

	if (r->d->nprompts == 0 || r->d->nprompts >= PROMPTS)
		return;
	doc_item(r->doc, "Does it hold for other prompts?",
		words_fmt(r, "A suite of %d prompts costs the same %s and %s instead of %llu.",
			PROMPTS, words_count(r, r->s->loads_made, "load"),
			words_count(
				r, (uint64_t)llround((double)r->s->measured * share), "request"),
			(unsigned long long)r->s->measured),
		0);
}

void report_next(struct report *r)
{
	char took[NUM_TEXT];
	size_t n = 0;

	doc_section(r->doc, "next", "What would settle the open questions");
	while (open_question(r, n))
		n++;
	if (n == 0)
		doc_para(r->doc, "No question about a factor is open within the margins.", 0);
	say_open(r, n);
	say_prompts(r);
	doc_item(r->doc, "Does it hold on another day?",
		words_fmt(r,
			"The same sweep again costs %s and %s%s%s; its report beside this one "
			"tells a "
			"change from noise.",
			words_count(r, r->s->loads_made, "load"),
			words_count(r, r->s->measured, "request"),
			isfinite(r->s->seconds) ? ", " : "",
			isfinite(r->s->seconds) ? num_duration(took, r->s->seconds) : ""),
		0);
	if (!report_has_score(r))
		doc_item(r->doc, "Are the answers any good?",
			"Not measured: see the recommendation for quality.", 0);
}
