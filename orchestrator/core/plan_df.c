/* plan_df.c - degrees of freedom per factor, before anything runs (docs/statistics.md).
 *
 * B blocks, P passes (with several servers that each make them: P of each), T loads.
 *
 *	runner factor     df_error = (B - 1) * (P - 1), block x pass
 *	sampling factor   df_error = N - T - S, the residual within loads
 *
 * N counts the independent values: a request, or a burst.  T is the load as a fixed term.  S are
 *the terms of the model within loads: the df of the sampling factors, those of their interactions
 *with runner factors (no more than cells - blocks), and prompts - 1.  With a factor `server` passes
 *are made on each server apart: (B - servers) * (P - 1), and (servers - 1) * (P - 1) for the
 *servers.
 *
 * In a whole grid df = levels - 1.  In part of one it is what the other factors of the stratum
 *leave: the rank of the main effects less their rank without the factor; over the blocks for runner
 * factors, over the differences inside blocks for sampling factors. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "plan_internal.h"
#include "plan_rank.h"

#define FEW_DF   6
#define MAX_WORK UINT64_C(200000000)
#define NOT_SEEN UINT32_MAX

struct counting {
	struct plan *p;
	const struct canon *canon;
	uint32_t *place[SWEEP_MAX_FACTORS]; /* of each level in effect among those there are */
	uint32_t levels[SWEEP_MAX_FACTORS]; /* there are */
	int same_as[SWEEP_MAX_FACTORS];     /* an earlier factor that varies in step, or -1 */
	bool on_servers[SWEEP_MAX_FACTORS]; /* no level of it on two servers */
	size_t column[SWEEP_MAX_FACTORS];   /* first of levels - 1, of its stratum */
	uint64_t rank[2];                   /* of the main effects of a stratum */
	bool at_most[2];
	uint64_t passes; /* the least */
	uint64_t copies; /* servers that each make all of them */
	uint64_t values;
};

static bool is_runner(const struct counting *k, size_t f)
{
	return k->p->sweep->factors[f].stratum == STRATUM_RUNNER;
}

/* Levels in effect of a cell. */
static void effective(const struct counting *k, uint32_t cell, uint32_t *digit)
{
	for (size_t f = 0; f < k->p->sweep->nfactors; f++)
		digit[f] = plan_level(k->p, cell, f);
	canon_digits(k->canon, k->p, digit);
}

static void find_levels(struct counting *k)
{
	const struct sweep *s = k->p->sweep;
	uint32_t digit[SWEEP_MAX_FACTORS];

	for (size_t f = 0; f < s->nfactors; f++) {
		k->place[f] = xmalloc(s->factors[f].nlevels * sizeof(**k->place));
		for (size_t l = 0; l < s->factors[f].nlevels; l++)
			k->place[f][l] = NOT_SEEN;
	}
	for (uint32_t cell = 0; cell < k->p->ncells; cell++) {
		effective(k, cell, digit);
		for (size_t f = 0; f < s->nfactors; f++) {
			uint32_t *place = &k->place[f][digit[f]];

			if (*place == NOT_SEEN)
				*place = k->levels[f]++;
		}
	}
}

/* Whether all combinations are there, so that nothing need be counted. */
static bool is_whole(const struct plan *p)
{
	return p->sweep->nlinks == 0 &&
		p->counts.excluded + p->counts.left_out + p->counts.dropped == 0;
}

/* ---- factors that vary in step ---- */

/* Whether a level of f has one level of g with it only. */
static bool determines(const struct counting *k, size_t f, size_t g)
{
	uint32_t *with = xmalloc(k->levels[f] * sizeof(*with));
	uint32_t digit[SWEEP_MAX_FACTORS];
	bool it_does = true;

	for (uint32_t i = 0; i < k->levels[f]; i++)
		with[i] = NOT_SEEN;
	for (uint32_t cell = 0; cell < k->p->ncells && it_does; cell++) {
		uint32_t *seen;

		effective(k, cell, digit);
		seen = &with[k->place[f][digit[f]]];
		it_does = *seen == NOT_SEEN || *seen == digit[g];
		*seen = digit[g];
	}
	free(with);
	return it_does;
}

static void find_steps(struct counting *k, bool whole)
{
	size_t n = k->p->sweep->nfactors;
	int server = k->p->of_kind[FACTOR_SERVER];

	for (size_t f = 0; f < n; f++) {
		k->same_as[f] = -1;
		for (size_t g = 0; !whole && g < f && k->same_as[f] < 0; g++) {
			if (k->levels[f] > 1 && k->levels[f] == k->levels[g] &&
				determines(k, f, g) && determines(k, g, f))
				k->same_as[f] = k->same_as[g] < 0 ? (int)g : k->same_as[g];
		}
		k->on_servers[f] = !whole && server >= 0 && (int)f != server && k->levels[f] > 1 &&
			k->levels[server] > 1 && determines(k, f, (size_t)server);
	}
}

/* ---- ranks ---- */

/* Whether the factor has columns of its own in its stratum. */
static bool has_columns(const struct counting *k, size_t f, enum stratum stratum)
{
	int same = k->same_as[f];

	return k->p->sweep->factors[f].stratum == stratum &&
		(same < 0 || k->p->sweep->factors[same].stratum != stratum);
}

static size_t place_columns(struct counting *k, enum stratum stratum)
{
	size_t columns = stratum == STRATUM_RUNNER; /* the mean */

	for (size_t f = 0; f < k->p->sweep->nfactors; f++) {
		if (!has_columns(k, f, stratum))
			continue;
		k->column[f] = columns;
		columns += k->levels[f] - 1;
	}
	return columns;
}

/* The cell's main effects of the stratum, added to or taken from the row. */
static void put_effects(
	const struct counting *k, enum stratum stratum, uint32_t cell, int sign, int *row)
{
	uint32_t digit[SWEEP_MAX_FACTORS];

	effective(k, cell, digit);
	for (size_t f = 0; f < k->p->sweep->nfactors; f++) {
		uint32_t place = k->place[f][digit[f]];

		if (has_columns(k, f, stratum) && place > 0)
			row[k->column[f] + place - 1] += sign;
	}
}

static void fill(const struct counting *k, enum stratum stratum, struct plan_rank *m)
{
	const struct plan *p = k->p;
	int row[PLAN_RANK_COLUMNS];

	for (uint32_t b = 0; b < p->nblocks; b++) {
		const uint32_t *cell = p->cell_of_block + p->blocks[b].first_cell;
		uint32_t n = stratum == STRATUM_RUNNER ? 1 : p->blocks[b].ncells;

		for (uint32_t i = stratum == STRATUM_RUNNER ? 0 : 1; i < n; i++) {
			if (m->rank == m->columns || m->work > MAX_WORK)
				return;
			memset(row, 0, m->columns * sizeof(*row));
			put_effects(k, stratum, cell[i], 1, row);
			if (stratum == STRATUM_RUNNER)
				row[0] = 1;
			else
				put_effects(k, stratum, cell[0], -1, row);
			plan_rank_add(m, row);
		}
	}
}

/* df of the stratum's factors, and their rank together; levels - 1 where it would cost too much. */
static void count_stratum(struct counting *k, enum stratum stratum, bool whole)
{
	size_t columns = place_columns(k, stratum), mean = stratum == STRATUM_RUNNER;
	struct plan_rank m;

	k->rank[stratum] = columns - mean;
	if (whole || columns == mean)
		return;
	k->at_most[stratum] = columns > PLAN_RANK_COLUMNS;
	if (k->at_most[stratum])
		return;
	plan_rank_init(&m, columns);
	fill(k, stratum, &m);
	k->at_most[stratum] = m.work > MAX_WORK && m.rank < m.columns;
	if (!k->at_most[stratum]) {
		k->rank[stratum] = m.rank - mean;
		for (size_t f = 0; f < k->p->sweep->nfactors; f++) {
			if (has_columns(k, f, stratum))
				k->p->df[f].df = m.rank -
					plan_rank_without(&m, k->column[f], k->levels[f] - 1);
		}
	}
	plan_rank_release(&m);
}

/* ---- errors and notes ---- */

static uint64_t values(const struct counting *k)
{
	uint64_t n = 0;

	for (uint32_t cell = 0; cell < k->p->ncells; cell++)
		n += plan_cell_units(k->p, cell);
	return n * k->passes * k->copies;
}

static uint64_t within_terms(const struct counting *k)
{
	uint64_t sampling = k->rank[STRATUM_SAMPLING];
	uint64_t terms = sampling + sampling * k->rank[STRATUM_RUNNER];
	uint64_t most = k->p->ncells - k->p->nblocks; /* a mean for every cell */
	size_t first;

	return (terms < most ? terms : most) + plan_prompts(k->p, 0, &first) - 1;
}

static uint64_t error_of(const struct counting *k, size_t f)
{
	const struct plan *p = k->p;
	int server = p->of_kind[FACTOR_SERVER];
	uint64_t servers = server < 0 ? 1 : k->levels[server];
	uint64_t n = k->values, used = p->nblocks * k->passes * k->copies + within_terms(k);

	if (!is_runner(k, f))
		return n > used ? n - used : 0;
	if ((int)f == server)
		return (servers - 1) * (k->passes - 1);
	return (p->nblocks - servers) * (k->passes * k->copies - 1);
}

static const char *few(struct counting *k, const struct factor_df *d)
{
	if (d->stratum == STRATUM_RUNNER && k->passes * k->copies == 1)
		return "one pass: estimates without a test";
	if (d->df_error == 0)
		return "no degrees of freedom: estimates without a test";
	if (d->df_error < FEW_DF)
		return arena_fmt(&k->p->arena, "rests on %u degree%s of freedom",
			(unsigned)d->df_error, d->df_error == 1 ? "" : "s");
	return "";
}

/* Two notes as one. */
static const char *both(struct counting *k, const char *first, const char *second)
{
	return !*first     ? second
		: !*second ? first
			   : arena_fmt(&k->p->arena, "%s; %s", first, second);
}

/* Whether two cells of a block have different levels of f. */
static bool varies_inside(const struct counting *k, size_t f)
{
	const struct plan *p = k->p;
	uint32_t digit[SWEEP_MAX_FACTORS], first[SWEEP_MAX_FACTORS];

	for (uint32_t b = 0; b < p->nblocks; b++) {
		const uint32_t *cell = p->cell_of_block + p->blocks[b].first_cell;

		effective(k, cell[0], first);
		for (uint32_t i = 1; i < p->blocks[b].ncells; i++) {
			effective(k, cell[i], digit);
			if (digit[f] != first[f])
				return true;
		}
	}
	return false;
}

static const char *note(struct counting *k, size_t f)
{
	const struct factor_df *d = &k->p->df[f];
	const char *text = "";

	if (d->levels <= 1)
		return "one setting: nothing to compare";
	if (k->same_as[f] >= 0)
		text = arena_fmt(&k->p->arena, "varies with %s: one effect under two names",
			k->p->sweep->factors[k->same_as[f]].name);
	else if (d->df == 0 && !is_runner(k, f) && !varies_inside(k, f))
		return "never varies inside a load: cannot be told from runner options";
	else if (d->df == 0)
		return "cannot be told from the other factors";
	else if (d->df < d->levels - 1)
		text = arena_fmt(&k->p->arena,
			"%u of %u differences can be told from other factors", (unsigned)d->df,
			(unsigned)(d->levels - 1));
	else if (k->at_most[d->stratum])
		text = "at most: not all combinations are there";
	if (k->on_servers[f])
		text = both(k, text, "its levels are on different servers: it compares hosts");
	return both(k, text, few(k, d));
}

/* A factor that varies in step with another of its stratum has the other's df; with a runner factor
 * it has none inside a load. */
static void share_df(struct counting *k, size_t f)
{
	int same = k->same_as[f];

	if (same >= 0 && is_runner(k, f) == is_runner(k, (size_t)same))
		k->p->df[f].df = k->p->df[same].df;
}

static void open_counting(struct counting *k, struct plan *p, const struct canon *c)
{
	const struct sweep *s = p->sweep;

	*k = (struct counting){.p = p, .canon = c};
	k->passes = p->nlooks ? p->looks[0] : (uint64_t)p->passes;
	k->copies = plan_replicates(p) ? p->nservers : 1;
	k->values = values(k);
	find_levels(k);
	p->ndf = s->nfactors;
	for (size_t f = 0; f < p->ndf; f++)
		p->df[f] = (struct factor_df){.name = s->factors[f].name,
			.stratum = s->factors[f].stratum,
			.levels = k->levels[f],
			.df = k->levels[f] - 1};
}

void plan_count_df(struct plan *p, const struct canon *c)
{
	bool whole = is_whole(p);
	struct counting k;

	open_counting(&k, p, c);
	find_steps(&k, whole);
	count_stratum(&k, STRATUM_RUNNER, whole);
	count_stratum(&k, STRATUM_SAMPLING, whole);
	for (size_t f = 0; f < p->ndf; f++) {
		share_df(&k, f);
		p->df[f].df_error = error_of(&k, f);
		p->df[f].same_as = k.same_as[f];
		p->df[f].note = note(&k, f);
	}
	for (size_t f = 0; f < p->ndf; f++)
		free(k.place[f]);
}
