/* plan_passes.c - passes, repeats, looks, and what they come to: loads and requests. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "plan_internal.h"

#define MAX_LOADS          10000000
#define MAX_VISIT_REQUESTS 10000000             /* a visit's requests are laid out in memory */
#define MAX_REQUESTS       UINT64_C(4000000000) /* repeats are numbered in 32 bits */
#define MAX_PASSES         1000000
#define LEAST_PASSES       3
#define LEAST_LOOK_OF_TWO  4 /* the first look with two blocks */
#define LEAST_DF_ERROR     6
#define DEFAULT_PER_PASS   2

bool plan_replicates(const struct plan *p)
{
	return p->sweep->distribute == DISTRIBUTE_REPLICATE && p->of_kind[FACTOR_SERVER] < 0 &&
		p->nservers > 0;
}

bool plan_shares(const struct plan *p)
{
	return !plan_replicates(p) && p->of_kind[FACTOR_SERVER] < 0;
}

/* Servers that share the passes between them. */
static int64_t sharing(const struct plan *p)
{
	return plan_shares(p) && p->nservers ? (int64_t)p->nservers : 1;
}

uint32_t plan_own_passes(const struct plan *p, int64_t n)
{
	const struct sweep *s = p->sweep;

	if (s->shards == 0)
		return (uint32_t)n;
	return n < (int64_t)s->shard ? 0 : (uint32_t)((n - s->shard) / s->shards + 1);
}

/* ---- passes ---- */

/* The least that leaves the error of runner options 6 degrees of freedom; a pass for every server.
 */
static int64_t default_passes(const struct plan *p)
{
	int64_t passes = LEAST_PASSES, b = p->nblocks;

	while (b > 1 && (b - 1) * (passes - 1) < LEAST_DF_ERROR)
		passes++;
	return passes < sharing(p) ? sharing(p) : passes;
}

static int check_servers(const struct plan *p, struct err *e)
{
	uint32_t own = plan_own_passes(p, p->passes);

	if (p->sweep->shards > p->passes) {
		err_set(e, ERR_USAGE,
			"shards: %" PRIu32 " for %" PRId64 " passes: shard %" PRId64
			" would have nothing to do",
			p->sweep->shards, p->passes, p->passes + 1);
		return err_hint(e, "a shard is whole passes: fewer shards, or --passes %" PRIu32,
			p->sweep->shards);
	}
	if (own >= sharing(p))
		return 0;
	if (p->sweep->shards)
		err_set(e, ERR_USAGE,
			"passes: shard %" PRIu32 "/%" PRIu32 " has %" PRIu32
			" for %zu servers: %s would have nothing to do",
			p->sweep->shard, p->sweep->shards, own, p->nservers, p->servers[own].name);
	else
		err_set(e, ERR_USAGE,
			"passes: %" PRId64 " for %zu servers: %s would have nothing to do",
			p->passes, p->nservers, p->servers[own].name);
	return err_hint(e, "a pass is made on one server: name fewer servers, or --passes %" PRId64,
		sharing(p) * (p->sweep->shards ? p->sweep->shards : 1));
}

/* ---- looks ---- */

static int64_t whole_rounds(const struct plan *p, int64_t passes)
{
	int64_t n = sharing(p);

	return (passes + n - 1) / n * n;
}

int64_t plan_least_look(const struct plan *p)
{
	return p->nblocks == 2 ? LEAST_LOOK_OF_TWO : LEAST_PASSES;
}

/* The first look is after the passes that would be made by default, the others evenly spaced up to
 * the last pass, each after a pass on every server that shares them. */
static int choose_looks(struct plan *p, struct err *e)
{
	const struct sweep *s = p->sweep;
	int64_t least = plan_least_look(p);
	int64_t first = whole_rounds(p, default_passes(p));
	int64_t last = s->max_passes > s->passes ? s->max_passes : s->passes;
	uint32_t looks;

	last = last ? last : PLAN_MAX_LOOKS * first;
	if (s->shards) {
		err_set(e, ERR_USAGE, "until: a shard knows its own passes only");
		return err_hint(e, "give --passes, and look at the merged run");
	}
	if (last < least) {
		err_set(e, ERR_USAGE,
			"until: %" PRId64 " passes at most: the first look is after pass %" PRId64,
			last, least);
		return err_hint(e, "--max-passes %" PRId64 " or more", 2 * least);
	}
	first = first < last ? first : last;
	looks = last - first + 1 < PLAN_MAX_LOOKS ? (uint32_t)(last - first + 1) : PLAN_MAX_LOOKS;
	for (uint32_t i = 0; i < looks; i++) {
		int64_t pass = looks == 1 ? last : first + (last - first) * i / (looks - 1);

		pass = i + 1 == looks ? last : whole_rounds(p, pass);
		if (pass > last || (p->nlooks && pass <= p->looks[p->nlooks - 1]))
			continue;
		p->looks[p->nlooks++] = (uint32_t)pass;
	}
	p->passes = last;
	if (p->nlooks == 1)
		plan_note(p,
			"until: the one look is after pass %" PRId64
			", the last there may be (max_passes, or passes): nothing can stop earlier",
			last);
	return 0;
}

static int choose_passes(struct plan *p, struct err *e)
{
	const struct sweep *s = p->sweep;

	p->passes = s->passes ? s->passes : default_passes(p);
	if (s->until > 0 && choose_looks(p, e))
		return -1;
	if (p->passes > MAX_PASSES)
		return err_set(e, ERR_USAGE, "passes: %" PRId64 " are more than %d", p->passes,
			MAX_PASSES);
	if (check_servers(p, e))
		return -1;
	/* Extending a run by passes must not change what its earlier passes were. */
	if (s->per_pass)
		p->per_pass = s->per_pass;
	else if (s->repeats)
		p->per_pass = (s->repeats + p->passes - 1) / p->passes;
	else
		p->per_pass = DEFAULT_PER_PASS;
	p->repeats = p->per_pass * p->passes;
	return 0;
}

/* ---- bursts ---- */

static int check_burst(const struct plan *p, uint32_t cell, struct err *e)
{
	uint32_t concurrency = plan_concurrency(p, cell);
	uint64_t size = plan_cell_burst(p, cell);
	double rate = plan_rate(p, cell);
	char n[NUM_TEXT], most[NUM_TEXT];

	if (size > MAX_BURST) {
		err_set(e, ERR_USAGE, "burst: %s requests are more than %s",
			num_group(n, (int64_t)size), num_group(most, MAX_BURST));
		return err_hint(e, "a lower rate, or a shorter burst");
	}
	if (rate > 0 || concurrency <= 1)
		return 0;
	if (p->sweep->burst_s > 0) {
		err_set(e, ERR_USAGE, "burst: a burst of %s s needs a rate",
			num_text(n, p->sweep->burst_s));
		return err_hint(e, "with a concurrency, write how many requests a burst has");
	}
	if (p->sweep->burst == 0 || p->sweep->burst >= concurrency)
		return 0;
	err_set(e, ERR_USAGE, "burst: %" PRId64 " requests cannot keep %" PRIu32 " in flight",
		p->sweep->burst, concurrency);
	return err_hint(e, "write at least %" PRIu32 "; 10 times the concurrency is a good choice",
		concurrency);
}

static int check_bursts(const struct plan *p, struct err *e)
{
	bool vary = p->of_kind[FACTOR_CONCURRENCY] >= 0 || p->of_kind[FACTOR_RATE] >= 0;
	uint32_t highest = 0;

	/* The highest concurrency is the one to name. */
	for (uint32_t cell = 0; cell < p->ncells && vary; cell++) {
		if (plan_rate(p, cell) > 0 && check_burst(p, cell, e))
			return -1;
		if (plan_concurrency(p, cell) > plan_concurrency(p, highest))
			highest = cell;
	}
	return check_burst(p, highest, e);
}

/* ---- counts ---- */

static int too_much(uint64_t n, const char *what, uint64_t most, const char *hint, struct err *e)
{
	char a[NUM_TEXT], b[NUM_TEXT];

	err_set(e, ERR_USAGE, "%s %s are more than %s", num_group(a, (int64_t)n), what,
		num_group(b, (int64_t)most));
	return err_hint(e, "%s", hint);
}

/* How often each block is measured in a pass. */
static uint64_t copies(const struct plan *p)
{
	return plan_replicates(p) ? p->nservers : 1;
}

static int count_requests(struct plan *p, struct err *e)
{
	uint64_t largest = 0, in_pass = 0, passes = (uint64_t)p->passes;

	for (uint32_t b = 0; b < p->nblocks; b++) {
		uint64_t n = 0;

		for (uint32_t i = 0; i < p->blocks[b].ncells; i++)
			n += plan_cell_requests(p, p->cell_of_block[p->blocks[b].first_cell + i]);
		largest = n > largest ? n : largest;
		in_pass += n;
	}
	if (largest > MAX_VISIT_REQUESTS)
		return too_much(largest, "requests in one load", MAX_VISIT_REQUESTS,
			"fewer prompts, repeats or levels of sampling options", e);
	in_pass *= copies(p);
	if (in_pass > MAX_REQUESTS / passes)
		return too_much(in_pass, "requests in a pass", MAX_REQUESTS / passes,
			"fewer passes, prompts, repeats or levels", e);
	p->requests = in_pass * plan_own_passes(p, p->passes);
	return 0;
}

/* Servers that make passes: with a factor `server` those that have cells. */
static uint64_t busy_servers(const struct plan *p)
{
	uint64_t n = 0;

	if (!p->server_of_level)
		return p->nservers ? p->nservers : 1;
	for (size_t i = 0; i < p->nservers; i++)
		n += p->sentinel_of_server[i] != UINT32_MAX;
	return n;
}

static int count_loads(struct plan *p, struct err *e)
{
	uint64_t servers = busy_servers(p), own = plan_own_passes(p, p->passes);
	uint64_t each = plan_shares(p) ? 1 : servers; /* sentinels after a pass */

	p->block_loads = (uint64_t)p->nblocks * own * copies(p);
	p->sentinel_loads = p->sweep->sentinel ? own * each + servers : 0;
	if (p->block_loads + p->sentinel_loads > MAX_LOADS)
		return too_much(p->block_loads + p->sentinel_loads, "model loads", MAX_LOADS,
			"fewer passes, or fewer levels of runner options", e);
	p->sentinel_requests = p->sentinel_loads * PLAN_SENTINEL_REQUESTS;
	p->warmups = (p->block_loads + p->sentinel_loads) * (uint64_t)p->sweep->warmups;
	return 0;
}

int plan_count(struct plan *p, struct err *e)
{
	return choose_passes(p, e) || check_bursts(p, e) || count_loads(p, e) ||
			count_requests(p, e)
		? -1
		: 0;
}

void plan_least(const struct plan *p, uint64_t *loads, uint64_t *requests)
{
	uint32_t last = p->nlooks ? p->looks[0] : (uint32_t)p->passes;
	uint64_t own = plan_own_passes(p, p->passes);

	*loads = 0;
	for (uint32_t i = 0; i < p->nvisits; i++)
		*loads += p->visits[i].pass <= last;
	*requests = own ? p->requests / own * plan_own_passes(p, last) : 0;
}
