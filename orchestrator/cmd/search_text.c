/* search_text.c - see search_text.h */
#include "search_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "say.h"

static const char *level_text(const struct search_job *job, double level, char text[NUM_TEXT + 4])
{
	char number[NUM_TEXT];

	snprintf(text, NUM_TEXT + 4, "%s%s", num_text(number, level), job->axis->unit);
	return text;
}

/* What a level does that is kept: "keeps TTFT <= 500 ms and TPOT <= 50 ms for 95 % of requests". */
static void add_asked(const struct search_job *job, struct str *out)
{
	const struct search_asked *a = &job->asked;
	const struct {
		const char *name;
		double limit;
	} limits[] = {{"TTFT", a->ttft_ms}, {"TPOT", a->tpot_ms}, {"e2e", a->e2e_ms}};
	const char *join = "keeps ";
	char number[NUM_TEXT];

	if (a->find == FIND_NUM_CTX)
		str_add(out, "is wholly on the GPU");
	else if (a->find == FIND_NUM_GPU)
		str_add(out, "loads with its layers on the GPU");
	for (size_t i = 0; a->find <= FIND_RATE && i < COUNTOF(limits); i++) {
		if (isnan(limits[i].limit))
			continue;
		str_addf(out, "%s%s <= %s ms", join, limits[i].name,
			num_text(number, limits[i].limit));
		join = " and ";
	}
	if (a->find <= FIND_RATE)
		str_addf(out, " for %s %% of requests", num_text(number, a->share * 100));
}

void search_text_begin(const struct search_job *job)
{
	char from[NUM_TEXT + 4], to[NUM_TEXT + 4];
	struct str asked = STR_INIT(STR_MAX_LINE);

	add_asked(job, &asked);
	printf("%s from %s to %s: the largest that %s\n"
	       "  a level is tried by %d bursts, each after a model load of its own; at most %zu "
	       "levels\n",
		job->axis->name, level_text(job, job->search.from, from),
		level_text(job, job->search.to, to), asked.s, SEARCH_BURSTS,
		search_bound(&job->search));
	str_release(&asked);
}

static uint32_t kept_of(const struct search_trial *t)
{
	uint32_t n = 0;

	for (size_t i = 0; i < SEARCH_BURSTS; i++)
		n += t->burst[i].verdict == BURST_KEPT;
	return n;
}

/* "30, 29, 30 of 30 requests met the limits" */
static void print_met(const struct search_trial *t)
{
	for (size_t i = 0; i < SEARCH_BURSTS; i++)
		printf("%s%u", i ? ", " : "", (unsigned)t->burst[i].met);
	printf(" of %u requests met the limits", (unsigned)t->burst[0].requests);
}

/* "; TTFT p95 130, 131, 130 ms", where all bursts have enough values. */
static void print_p95(const char *name, const double ms[SEARCH_BURSTS])
{
	char number[NUM_TEXT];

	for (size_t i = 0; i < SEARCH_BURSTS; i++) {
		if (isnan(ms[i]))
			return;
	}
	for (size_t i = 0; i < SEARCH_BURSTS; i++) {
		if (i == 0)
			printf("; %s p95 ", name);
		printf("%s%s", i ? ", " : "", num_sig(number, ms[i], 3));
	}
	printf(" ms");
}

static void print_figures(const struct search_job *job, const struct search_trial *t)
{
	double ttft[SEARCH_BURSTS], tpot[SEARCH_BURSTS], e2e[SEARCH_BURSTS];

	for (size_t i = 0; i < SEARCH_BURSTS; i++) {
		ttft[i] = t->burst[i].ttft_p95_ms;
		tpot[i] = t->burst[i].tpot_p95_ms;
		e2e[i] = t->burst[i].e2e_p95_ms;
	}
	if (!isnan(job->asked.ttft_ms))
		print_p95("TTFT", ttft);
	if (!isnan(job->asked.tpot_ms))
		print_p95("TPOT", tpot);
	if (!isnan(job->asked.e2e_ms))
		print_p95("e2e", e2e);
}

/* What the bursts say, once where they say the same. */
static void print_whys(const struct search_trial *t)
{
	bool same = true;

	for (size_t i = 1; i < SEARCH_BURSTS; i++)
		same &= strcmp(t->burst[i].why, t->burst[0].why) == 0;
	for (size_t i = 0; i < (same ? 1 : SEARCH_BURSTS); i++)
		printf("%s%s", i ? " | " : "", say_safe(t->burst[i].why));
}

static bool all_judged(const struct search_trial *t)
{
	for (size_t i = 0; i < SEARCH_BURSTS; i++) {
		if (t->burst[i].verdict == BURST_UNJUDGED)
			return false;
	}
	return true;
}

void search_text_trial(const struct search_job *job, const struct search_trial *trial)
{
	char level[NUM_TEXT + 4];

	printf("  %s %-8s %u of %d kept: ", job->axis->name, level_text(job, trial->level, level),
		(unsigned)kept_of(trial), SEARCH_BURSTS);
	if (job->asked.find <= FIND_RATE && all_judged(trial)) {
		print_met(trial);
		print_figures(job, trial);
	} else {
		print_whys(trial);
	}
	printf("\n");
	fflush(stdout);
}

static const struct search_trial *trial_at(const struct search_job *job, double level)
{
	for (size_t i = 0; i < job->trials.n; i++) {
		if (job->trials.v[i].level == level)
			return &job->trials.v[i];
	}
	BUG("level %g was not tried", level);
}

static void print_undecided(const struct search_job *job, const struct search_result *r)
{
	char level[NUM_TEXT + 4];

	printf("; between them undecided:");
	for (size_t i = 0; i < r->nundecided; i++) {
		double at = r->undecided[i].level;

		printf("%s %s (%u of %d)", i ? "," : "", level_text(job, at, level),
			(unsigned)kept_of(trial_at(job, at)), SEARCH_BURSTS);
	}
}

static void print_upper(const struct search_job *job, const struct search_result *r)
{
	char level[NUM_TEXT + 4];

	if (!isnan(r->refused))
		printf("; %s %s not (0 of %d)", level_text(job, r->refused, level),
			job->asked.find == FIND_NUM_CTX ? "is" : "does", SEARCH_BURSTS);
	else
		printf("; nothing up to %s was refused", level_text(job, job->search.to, level));
	if (r->nundecided)
		print_undecided(job, r);
}

void search_text_answer(const struct search_job *job)
{
	char level[NUM_TEXT + 4];
	struct str asked = STR_INIT(STR_MAX_LINE);
	struct search_result r;

	search_result(&job->search, &r);
	add_asked(job, &asked);
	printf("\n%s", say_bold());
	if (isnan(r.confirmed))
		printf("%s: no level %s", job->axis->name, asked.s);
	else
		printf("%s: %s %s (%d of %d bursts)", job->axis->name,
			level_text(job, r.confirmed, level), asked.s, SEARCH_BURSTS, SEARCH_BURSTS);
	print_upper(job, &r);
	printf("%s\n", say_plain());
	if (r.disorder)
		printf("%s kept it again above that: no simple threshold; look at every level\n",
			level_text(job, r.confirmed_above, level));
	if (job->base->simulated)
		printf("SIMULATED: no model was run; these are figures of a simulated machine.\n");
	str_release(&asked);
}
