/* plan_estimate.c - what a subset of a grid can tell, and what else the reader of a plan should
 * know before it is run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "plan_internal.h"

#define MAX_WORK   UINT64_C(20000000) /* cells times pairs of factors */
#define MAX_TABLE  UINT64_C(4000000)  /* pairs of levels of two factors */
#define MAX_NAMES  4                  /* pairs of factors named */
#define NEARLY_ALL 0.8                /* of the cells are blocks of their own */

/* ---- main effects ---- */

struct spread {
	uint32_t levels, least, most; /* there are, and cells of each */
};

static struct spread spread_of(const struct plan *p, size_t f)
{
	uint32_t n = (uint32_t)p->sweep->factors[f].nlevels, *count = xcalloc(n, sizeof(*count));
	struct spread s = {.least = UINT32_MAX};

	for (uint32_t cell = 0; cell < p->ncells; cell++)
		count[plan_level(p, cell, f)]++;
	for (uint32_t l = 0; l < n; l++) {
		if (count[l] == 0)
			continue;
		s.levels++;
		s.least = count[l] < s.least ? count[l] : s.least;
		s.most = count[l] > s.most ? count[l] : s.most;
	}
	free(count);
	return s;
}

/* "num_ctx 8 levels, 12 or 13 cells each" */
static void add_main(const struct plan *p, size_t f, struct str *to)
{
	struct spread s = spread_of(p, f);
	size_t asked = p->sweep->factors[f].nlevels;

	if (s.levels == asked)
		str_addf(to, "%s all %" PRIu32 " levels", p->sweep->factors[f].name, s.levels);
	else
		str_addf(to, "%s %" PRIu32 " of %zu levels", p->sweep->factors[f].name, s.levels,
			asked);
	if (s.least == s.most)
		str_addf(to, ", %" PRIu32 " cell%s each", s.most, s.most == 1 ? "" : "s");
	else
		str_addf(to, ", %" PRIu32 " to %" PRIu32 " cells each", s.least, s.most);
}

static void add_mains(const struct plan *p, struct str *to)
{
	str_add(to, "main effects: ");
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		if (f)
			str_add(to, " | ");
		add_main(p, f, to);
	}
}

/* ---- two-factor interactions ---- */

/* Different pairs of levels of two factors. */
static uint64_t pairs_seen(const struct plan *p, size_t f, size_t g)
{
	uint64_t n = p->sweep->factors[g].nlevels, seen = 0;
	bool *there = xcalloc(p->sweep->factors[f].nlevels * n, sizeof(*there));

	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		bool *pair = &there[plan_level(p, cell, f) * n + plan_level(p, cell, g)];

		seen += !*pair;
		*pair = true;
	}
	free(there);
	return seen;
}

struct interactions {
	uint32_t pairs, whole, uncounted;
	uint64_t df; /* all of them and the main effects need */
	struct str names;
	uint32_t named;
};

static void count_pair(const struct plan *p, size_t f, size_t g, struct interactions *x)
{
	uint64_t a = p->sweep->factors[f].nlevels, b = p->sweep->factors[g].nlevels, seen;

	if (a < 2 || b < 2 || p->place[f].dim == p->place[g].dim)
		return;
	x->pairs++;
	x->df += (a - 1) * (b - 1);
	if (a * b > MAX_TABLE) {
		x->uncounted++;
		return;
	}
	seen = pairs_seen(p, f, g);
	x->whole += seen == a * b;
	if (seen == a * b || x->named == MAX_NAMES)
		return;
	str_addf(&x->names, "%s%s x %s (%" PRIu64 " of %" PRIu64 " pairs)", x->named++ ? ", " : "",
		p->sweep->factors[f].name, p->sweep->factors[g].name, seen, a * b);
}

static void add_interactions(const struct plan *p, struct str *to)
{
	struct interactions x = {.names = STR_INIT(STR_MAX_LINE), .df = 1};
	uint64_t n = p->sweep->nfactors;

	if (p->ncells * (n * (n - 1) / 2) > MAX_WORK) {
		str_add(to, "; two-factor interactions: too many to be counted here");
		return;
	}
	for (size_t f = 0; f < n; f++) {
		x.df += p->sweep->factors[f].nlevels - 1;
		for (size_t g = f + 1; g < n; g++)
			count_pair(p, f, g, &x);
	}
	if (x.pairs == 0)
		return;
	str_addf(to, "; two-factor interactions: %" PRIu32 " of %" PRIu32 " have all their pairs",
		x.whole, x.pairs);
	if (x.named)
		str_addf(to, ", not %s%s", x.names.s,
			x.named + x.whole + x.uncounted < x.pairs ? ", ..." : "");
	if (x.df > p->ncells)
		str_addf(to,
			"; all of them together would need %" PRIu64 " cells, there are %" PRIu32
			": an analysis with all of them has aliases",
			x.df, p->ncells);
	str_release(&x.names);
}

/* ---- loads ---- */

static void add_loads(const struct plan *p, struct str *to)
{
	char n[NUM_TEXT];

	if (p->nblocks < 2)
		return;
	str_addf(to, "; %" PRIu32 " blocks for %" PRIu32 " cells: %s%s loads", p->nblocks,
		p->ncells,
		p->nblocks >= NEARLY_ALL * p->ncells ? "nearly every cell needs loads of its own, "
						     : "",
		num_group(n, (int64_t)p->block_loads));
}

static const char *subset_word(enum subset_kind kind)
{
	return kind == SUBSET_RANDOM   ? "drawn at random"
		: kind == SUBSET_LATIN ? "of a Latin hypercube"
				       : "along a Sobol sequence";
}

static void note_subset(struct plan *p)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	char n[NUM_TEXT], m[NUM_TEXT];

	str_addf(&text, "%s of %s cells, %s, seed %" PRId64 "; ", num_group(n, p->ncells),
		num_group(m, (int64_t)p->counts.grid), subset_word(p->sweep->subset.kind),
		p->sweep->subset.seed);
	add_mains(p, &text);
	add_interactions(p, &text);
	add_loads(p, &text);
	p->subset_note = arena_str(&p->arena, text.s);
	str_release(&text);
}

/* ---- servers ---- */

static void note_servers(struct plan *p)
{
	for (size_t i = 0; p->sentinel_of_server && i < p->nservers; i++) {
		if (p->sentinel_of_server[i] == UINT32_MAX)
			plan_note(p, "server %s has no cell: it has nothing to do",
				p->servers[i].name);
	}
	if (plan_shares(p) && p->nservers > 1 && p->passes == (int64_t)p->nservers &&
		!p->sweep->shards)
		plan_note(p,
			"each server makes one pass: a difference between passes is one between "
			"servers");
}

void plan_note_all(struct plan *p)
{
	if (p->sweep->subset.kind != SUBSET_ALL)
		note_subset(p);
	note_servers(p);
}
