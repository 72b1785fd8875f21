/* plan_budget.c - how long a plan takes, and what to leave out so that it takes no longer. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "plan_internal.h"

#define LEAST_PASSES 3

/* ---- time ---- */

/* Of each block in one pass, at one repeat, without its load. */
static double *block_seconds(const struct plan *p, const struct pace *pace)
{
	double *t = xcalloc(p->nblocks, sizeof(*t));

	for (uint32_t cell = 0; cell < p->ncells; cell++)
		t[p->block_of_cell[cell]] +=
			pace_unit_s(pace, plan_burst_size(p, cell), plan_concurrency(p, cell),
				plan_rate(p, cell)) *
			(double)(plan_cell_units(p, cell) / (uint64_t)p->per_pass);
	return t;
}

uint32_t plan_host(const struct plan *p, uint32_t server)
{
	const char *host = server < p->nservers ? p->servers[server].host : NULL;

	for (uint32_t i = 0; host && i < server; i++) {
		if (p->servers[i].host && strcmp(p->servers[i].host, host) == 0)
			return i;
	}
	return server;
}

/* Seconds of the first `passes` passes with `per_pass` repeats in each: the host that is busy
 * longest counts. */
static double seconds_of(
	const struct plan *p, const struct pace *pace, int64_t passes, int64_t per_pass)
{
	uint32_t servers = p->nservers ? (uint32_t)p->nservers : 1;
	double *busy = xcalloc(servers, sizeof(*busy)), longest = 0;
	double *measured = block_seconds(p, pace);

	for (uint32_t i = 0; i < p->nvisits; i++) {
		const struct visit *v = &p->visits[i];
		double t = v->kind == VISIT_SENTINEL ? PLAN_SENTINEL_REQUESTS * pace->per_request
						     : measured[v->block] * (double)per_pass;

		if (v->pass > passes)
			continue;
		busy[plan_host(p, v->server)] +=
			pace->per_load + pace->per_request * (double)p->sweep->warmups + t;
	}
	for (uint32_t i = 0; i < servers; i++)
		longest = busy[i] > longest ? busy[i] : longest;
	free(measured);
	free(busy);
	return longest;
}

static bool is_known(const struct pace *pace)
{
	return pace->per_load >= 0 && pace->per_request >= 0;
}

double plan_seconds(const struct plan *p, const struct pace *pace)
{
	return is_known(pace) ? seconds_of(p, pace, p->passes, p->per_pass) : -1;
}

double plan_seconds_least(const struct plan *p, const struct pace *pace)
{
	int64_t passes = p->nlooks ? p->looks[0] : p->passes;

	return is_known(pace) ? seconds_of(p, pace, passes, p->per_pass) : -1;
}

/* ---- what is left out ---- */

/* The largest number from `least` to `most` that fits, 0 if none does. */
static int64_t largest_that_fits(
	const struct plan *p, const struct pace *pace, bool passes, int64_t least, int64_t most)
{
	int64_t fits = 0;

	while (least <= most) {
		int64_t mid = least + (most - least) / 2;
		double t =
			passes ? seconds_of(p, pace, mid, 1) : seconds_of(p, pace, p->passes, mid);

		if (t <= p->sweep->budget_s) {
			fits = mid;
			least = mid + 1;
		} else {
			most = mid - 1;
		}
	}
	return fits;
}

/* The fewest passes that a budget leaves: every shard and every server that shares them has one,
 * and there is a look. */
static int64_t fewest_passes(const struct plan *p)
{
	int64_t shards = p->sweep->shards ? p->sweep->shards : 1;
	int64_t sharing = plan_shares(p) && p->nservers ? (int64_t)p->nservers : 1;
	int64_t least = p->nlooks ? plan_least_look(p) : LEAST_PASSES;

	least = shards * sharing > least ? shards * sharing : least;
	return p->passes < least ? p->passes : least;
}

static void set_passes(struct sweep *s, int64_t passes)
{
	s->passes = passes;
	if (s->until > 0)
		s->max_passes = passes;
}

/* The plan of the sweep as it is now; the times of a plan that cannot be made fit nothing. */
static bool build_again(struct plan *trial, const struct sweep *s, const struct plan *p)
{
	struct err ignored = ERR_INIT;

	return plan_build(trial, s, p->servers, p->nservers, &ignored) == 0;
}

/* Drops the cells of the lowest priority, and so on; leaves in `trial` the smallest plan that could
 * be made, which is the one that fits if one does. */
static bool drop_cells(
	struct sweep *s, const struct plan *p, const struct pace *pace, struct plan *trial)
{
	int64_t kept = s->priority_kept > 0 ? s->priority_kept - 1 : (int64_t)s->npriority;
	int64_t before = s->priority_kept;
	struct plan next;

	for (; kept >= 1; kept--) {
		s->priority_kept = kept;
		if (!build_again(&next, s, p))
			break;
		before = kept;
		plan_release(trial);
		*trial = next;
		if (seconds_of(trial, pace, trial->passes, 1) <= s->budget_s)
			return true;
	}
	s->priority_kept = before;
	return false;
}

/* ---- what cannot be done ---- */

static void list_tested(const struct plan *p, struct str *names)
{
	size_t n = 0;

	for (size_t f = 0; f < p->ndf; f++) {
		if (p->df[f].stratum == STRATUM_RUNNER && p->df[f].df > 0)
			str_addf(names, "%s%s", n++ ? ", " : "", p->df[f].name);
	}
}

static int fits_nothing(
	const struct plan *p, const struct pace *pace, int64_t passes, struct err *e)
{
	double least = seconds_of(p, pace, passes, 1), one = seconds_of(p, pace, 1, 1);
	char budget[NUM_TEXT], text[NUM_TEXT], of_one[NUM_TEXT], cells[NUM_TEXT];
	struct str names = STR_INIT(200);

	err_set(e, ERR_USAGE,
		"budget: nothing fits into %s: %" PRId64
		" passes of %s cells, a repeat in each, take %s",
		num_duration(budget, p->sweep->budget_s), passes,
		num_group(cells, (int64_t)p->ncells), num_duration(text, least));
	list_tested(p, &names);
	if (passes <= 1)
		err_hint(e, "write at least that, or fewer levels of runner options");
	else if (names.len || names.overflowed)
		err_hint(e,
			"write at least that; --passes 1 takes %s, and then %s cannot be tested",
			num_duration(of_one, one), names.overflowed ? "runner options" : names.s);
	else
		err_hint(e, "write at least that; --passes 1 takes %s", num_duration(of_one, one));
	str_release(&names);
	return -1;
}

/* Shards that are cut each by the times of its own machine are no parts of one plan. */
static int cannot_shard(const struct plan *p, double seconds, struct err *e)
{
	char budget[NUM_TEXT], takes[NUM_TEXT];

	err_set(e, ERR_USAGE, "budget: shard %" PRIu32 "/%" PRIu32 " takes %s, more than %s",
		p->sweep->shard, p->sweep->shards, num_duration(takes, seconds),
		num_duration(budget, p->sweep->budget_s));
	return err_hint(e,
		"more shards, or cut the whole sweep first: chimera plan --budget=TIME "
		"--expand, and shard that");
}

/* ---- all of it ---- */

static int fit(struct sweep *s, const struct plan *p, const struct pace *pace, struct plan *trial,
	struct err *e)
{
	int64_t per_pass, passes;

	per_pass = largest_that_fits(trial, pace, false, 1, p->per_pass);
	s->per_pass = per_pass ? per_pass : 1;
	set_passes(s, p->passes);
	if (per_pass || drop_cells(s, p, pace, trial))
		return 0;
	passes = largest_that_fits(trial, pace, true, fewest_passes(trial), p->passes);
	if (!passes)
		return fits_nothing(trial, pace, fewest_passes(trial), e);
	set_passes(s, passes);
	return 0;
}

static void say_cut(const struct plan *p, const struct plan *left, const struct sweep *s,
	const struct pace *pace, struct plan_cut *cut)
{
	int64_t passes = s->until > 0 ? s->max_passes : s->passes;

	*cut = (struct plan_cut){.cut = true,
		.per_pass_before = p->per_pass,
		.per_pass = s->per_pass,
		.passes_before = p->passes,
		.passes = passes,
		.cells_before = p->ncells,
		.cells = left->ncells,
		.seconds = seconds_of(left, pace, passes, s->per_pass)};
}

int plan_fit_budget(struct sweep *s, const struct plan *p, const struct pace *pace,
	struct plan_cut *cut, struct err *e)
{
	int64_t passes = s->passes, most = s->max_passes, per_pass = s->per_pass;
	int64_t kept = s->priority_kept;
	double seconds = plan_seconds(p, pace);
	struct plan trial;
	int failed;

	*cut = (struct plan_cut){.per_pass_before = p->per_pass,
		.per_pass = p->per_pass,
		.passes_before = p->passes,
		.passes = p->passes,
		.cells_before = p->ncells,
		.cells = p->ncells,
		.seconds = seconds};
	if (!(s->budget_s > 0) || seconds < 0 || seconds <= s->budget_s)
		return 0;
	if (s->shards)
		return cannot_shard(p, seconds, e);
	if (plan_build(&trial, s, p->servers, p->nservers, e))
		return -1;
	failed = fit(s, p, pace, &trial, e);
	if (!failed) {
		say_cut(p, &trial, s, pace, cut);
	} else {
		s->passes = passes;
		s->max_passes = most;
		s->per_pass = per_pass;
		s->priority_kept = kept;
	}
	plan_release(&trial);
	return failed;
}
