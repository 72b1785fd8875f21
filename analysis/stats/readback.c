/* readback.c - effective levels, settings and treatments. */
#include "readback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "str.h"
#include "vec.h"

/* What /api/ps said after the loads of a block on one server; NaN unknown, infinite not always the
 * same. */
struct block_facts {
	double context, size, vram;
};

struct block {
	uint32_t number;
	const uint32_t *level;  /* [nfactors] of one of its cells */
	struct block_facts *on; /* [nservers] */
};

struct finder {
	const struct dataset *d;
	struct arena *arena;
	struct effective *eff;
	struct block *blocks;
	size_t nblocks;
	bool no_gpu; /* size_vram was 0 after every load */
	struct {
		struct alias_finding *v;
		size_t n, cap;
	} found;
};

/* ---- what was read back ---- */

static int compare_blocks(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void find_blocks(struct finder *f)
{
	const struct dataset *d = f->d;
	size_t nservers = d->nservers ? d->nservers : 1, n = 0;

	f->blocks = xcalloc(d->ncells, sizeof(*f->blocks));
	for (size_t c = 0; c < d->ncells; c++)
		f->blocks[c] =
			(struct block){.number = d->cells[c].block, .level = d->cells[c].level};
	qsort(f->blocks, d->ncells, sizeof(*f->blocks), compare_blocks);
	for (size_t c = 0; c < d->ncells; c++) {
		if (c == 0 || f->blocks[c].number != f->blocks[n - 1].number)
			f->blocks[n++] = f->blocks[c];
	}
	f->nblocks = n;
	for (size_t b = 0; b < n; b++) {
		f->blocks[b].on = xcalloc(nservers, sizeof(*f->blocks[b].on));
		for (size_t s = 0; s < nservers; s++)
			f->blocks[b].on[s] = (struct block_facts){NAN, NAN, NAN};
	}
}

static void agree(double *known, double x)
{
	if (isnan(*known))
		*known = x;
	else if (isfinite(x) && *known != x)
		*known = INFINITY;
}

/* Of whatever status: what was not read back after a load is NaN. */
static void read_loads(struct finder *f)
{
	const struct dataset *d = f->d;
	size_t known = 0, zero = 0;

	for (size_t i = 0; i < d->nloads; i++) {
		const struct data_load *l = &d->loads[i];
		struct block key = {.number = l->block}, *b;
		struct block_facts *facts;

		known += isfinite(l->size_vram);
		zero += l->size_vram == 0;
		b = bsearch(&key, f->blocks, f->nblocks, sizeof(key), compare_blocks);
		if (!b)
			continue;
		facts = &b->on[l->server];
		agree(&facts->context, l->context_length);
		agree(&facts->size, l->size);
		agree(&facts->vram, l->size_vram);
	}
	f->no_gpu = known > 0 && zero == known;
}

/* ---- levels that are one ---- */

/* The two blocks differ in this factor alone (and in what is no runner option). */
static bool are_partners(
	const struct finder *f, const struct block *a, const struct block *b, size_t factor)
{
	for (size_t i = 0; i < f->d->nfactors; i++) {
		if (i != factor && f->d->factors[i].stratum == DATA_RUNNER &&
			a->level[i] != b->level[i])
			return false;
	}
	return true;
}

static bool same(double x, double y)
{
	return isfinite(x) && x == y;
}

enum agreement { UNKNOWN, AGREE, DIFFER };

/* What two blocks came to, on the servers where both were read back. */
static enum agreement compare_effect(
	const struct finder *f, const struct block *a, const struct block *b, bool is_context)
{
	size_t nservers = f->d->nservers ? f->d->nservers : 1;
	enum agreement found = UNKNOWN;

	for (size_t s = 0; s < nservers; s++) {
		const struct block_facts *x = &a->on[s], *y = &b->on[s];

		if (isnan(is_context ? x->context : x->size + x->vram) ||
			isnan(is_context ? y->context : y->size + y->vram))
			continue;
		if (is_context ? !same(x->context, y->context)
			       : !(same(x->vram, y->vram) && same(x->size, y->size)))
			return DIFFER;
		found = AGREE;
	}
	return found;
}

/* Wherever both levels were loaded and read back with all else equal, they came to the same. */
static bool levels_agree(const struct finder *f, size_t factor, uint32_t x, uint32_t y)
{
	bool is_context = strcmp(f->d->factors[factor].name, "num_ctx") == 0;
	enum agreement found = UNKNOWN;

	if (!is_context && f->no_gpu)
		return true;
	for (size_t i = 0; i < f->nblocks; i++) {
		if (f->blocks[i].level[factor] != x)
			continue;
		for (size_t j = 0; j < f->nblocks; j++) {
			enum agreement pair;

			if (f->blocks[j].level[factor] != y ||
				!are_partners(f, &f->blocks[i], &f->blocks[j], factor))
				continue;
			pair = compare_effect(f, &f->blocks[i], &f->blocks[j], is_context);
			if (pair == DIFFER)
				return false;
			found = pair == AGREE ? AGREE : found;
		}
	}
	return found == AGREE;
}

static const char *why_same(const struct finder *f, size_t factor, uint32_t level)
{
	bool is_context = strcmp(f->d->factors[factor].name, "num_ctx") == 0;
	char text[NUM_TEXT];
	double x = NAN;

	if (!is_context && f->no_gpu)
		return f->d->nservers > 1
			? "these servers have no GPU: size_vram is 0 after every load"
			: "this server has no GPU: size_vram is 0 after every load";
	for (size_t i = 0; i < f->nblocks; i++) {
		if (f->blocks[i].level[factor] == level)
			agree(&x,
				is_context ? f->blocks[i].on[0].context : f->blocks[i].on[0].vram);
	}
	if (is_context)
		return isfinite(x)
			? arena_fmt(f->arena, "the server loaded a context of %s for each",
				  num_text(text, x))
			: "the server loaded the same context for each";
	return isfinite(x) ? arena_fmt(f->arena, "the server put the same %s on the GPU for each",
				     num_bytes(text, x))
			   : "the server put as many bytes on the GPU for each";
}

/* root[i] is the first level that level i is the same as. */
static void merge(uint32_t *root, uint32_t n, uint32_t x, uint32_t y)
{
	uint32_t from = root[x] > root[y] ? root[x] : root[y];
	uint32_t to = root[x] > root[y] ? root[y] : root[x];

	for (uint32_t i = 0; i < n; i++) {
		if (root[i] == from)
			root[i] = to;
	}
}

static void add_finding(
	struct finder *f, size_t factor, const uint32_t *root, uint32_t of, const char *why)
{
	const struct data_factor *factor_of = &f->d->factors[factor];
	struct alias_finding *a = VEC_PUSH(&f->found);

	*a = (struct alias_finding){.factor = factor_of->name,
		.levels = arena_alloc(f->arena, factor_of->nlevels, sizeof(*a->levels)),
		.why = why,
		.by_read_back = true};
	for (uint32_t i = 0; i < factor_of->nlevels; i++) {
		if (root[i] == of)
			a->levels[a->nlevels++] = factor_of->level[i];
	}
}

static void merge_read_back(struct finder *f, size_t factor, uint32_t *root)
{
	const struct data_factor *of = &f->d->factors[factor];
	bool *grew = xcalloc(of->nlevels, sizeof(*grew));

	for (uint32_t y = 0; y < of->nlevels; y++) {
		for (uint32_t x = 0; x < y; x++) {
			if (!levels_agree(f, factor, x, y))
				continue;
			if (root[x] != root[y])
				merge(root, of->nlevels, x, y);
			grew[root[x]] = true;
		}
	}
	for (uint32_t x = 0; x < of->nlevels; x++) {
		if (grew[x] && root[x] == x)
			add_finding(f, factor, root, x, why_same(f, factor, x));
	}
	free(grew);
}

/* ---- what the plan knew ---- */

static bool names_meet(const struct data_alias *a, const struct data_alias *b)
{
	return strcmp(a->factor, b->factor) == 0 &&
		(strcmp(a->level, b->level) == 0 || strcmp(a->level, b->same_as) == 0 ||
			strcmp(a->same_as, b->level) == 0 || strcmp(a->same_as, b->same_as) == 0);
}

/* group[i]: the first alias that speaks of the same setting as alias i. */
static uint32_t *group_planned(const struct dataset *d)
{
	uint32_t *group = xcalloc(d->naliases, sizeof(*group));

	for (uint32_t i = 0; i < d->naliases; i++)
		group[i] = i;
	for (uint32_t i = 0; i < d->naliases; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (group[i] != group[j] && names_meet(&d->aliases[i], &d->aliases[j]))
				merge(group, (uint32_t)d->naliases, i, j);
		}
	}
	return group;
}

static void add_name(struct alias_finding *a, const char *name)
{
	for (size_t i = 0; i < a->nlevels; i++) {
		if (strcmp(a->levels[i], name) == 0)
			return;
	}
	a->levels[a->nlevels++] = name;
}

/* One finding for all names of one setting. */
static void add_planned(struct finder *f, const uint32_t *group, uint32_t of)
{
	const struct dataset *d = f->d;
	struct alias_finding *a = VEC_PUSH(&f->found);

	*a = (struct alias_finding){.factor = d->aliases[of].factor,
		.levels = arena_alloc(f->arena, 2 * d->naliases, sizeof(*a->levels)),
		.why = d->aliases[of].why};
	for (size_t i = 0; i < d->naliases; i++) {
		if (group[i] == of) {
			add_name(a, d->aliases[i].same_as);
			add_name(a, d->aliases[i].level);
		}
	}
}

static uint32_t level_named(const struct data_factor *factor, const char *name)
{
	for (uint32_t i = 0; i < factor->nlevels; i++) {
		if (strcmp(factor->level[i], name) == 0)
			return i;
	}
	return DATA_NONE;
}

/* Levels kept as an A/A control are one setting all the same.  What holds for one of several models
 * need not hold for the next: that is left to what was read back. */
static void merge_planned(struct finder *f, size_t factor, uint32_t *root)
{
	const struct dataset *d = f->d;
	const struct data_factor *of = &d->factors[factor];
	int model = dataset_factor(d, "model");
	uint32_t *group;

	if (model >= 0 && (size_t)model != factor && d->factors[model].nlevels > 1)
		return;
	group = group_planned(d);
	for (uint32_t i = 0; i < d->naliases; i++) {
		for (uint32_t j = 0; j <= i; j++) {
			uint32_t x = level_named(of, d->aliases[i].level);
			uint32_t y = level_named(of, d->aliases[j].level);
			uint32_t z = level_named(of, d->aliases[j].same_as);

			if (group[i] != group[j] || strcmp(d->aliases[i].factor, of->name) != 0)
				continue;
			if (x != DATA_NONE && y != DATA_NONE && root[x] != root[y])
				merge(root, of->nlevels, x, y);
			if (x != DATA_NONE && z != DATA_NONE && root[x] != root[z])
				merge(root, of->nlevels, x, z);
		}
	}
	free(group);
}

static void report_planned(struct finder *f)
{
	uint32_t *group = group_planned(f->d);

	for (uint32_t i = 0; i < f->d->naliases; i++) {
		if (group[i] == i)
			add_planned(f, group, i);
	}
	free(group);
}

/* ---- effective levels, settings, treatments ---- */

static const char *joined_name(
	struct finder *f, const struct data_factor *of, const uint32_t *root, uint32_t level)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *name;

	for (uint32_t i = 0; i < of->nlevels; i++) {
		if (root[i] == level)
			str_addf(&text, "%s%s", text.len ? " = " : "", of->level[i]);
	}
	name = arena_str(f->arena, text.s);
	str_release(&text);
	return name;
}

static void find_levels(struct finder *f, size_t factor)
{
	const struct data_factor *of = &f->d->factors[factor];
	struct effective_factor *e = &f->eff->factors[factor];
	uint32_t *root = xcalloc(of->nlevels, sizeof(*root));

	for (uint32_t i = 0; i < of->nlevels; i++)
		root[i] = i;
	merge_planned(f, factor, root);
	if (strcmp(of->name, "num_gpu") == 0 || strcmp(of->name, "num_ctx") == 0)
		merge_read_back(f, factor, root);
	e->of = arena_alloc(f->arena, of->nlevels, sizeof(*e->of));
	e->name = arena_alloc(f->arena, of->nlevels, sizeof(*e->name));
	e->value = arena_alloc(f->arena, of->nlevels, sizeof(*e->value));
	for (uint32_t i = 0; i < of->nlevels; i++) {
		if (root[i] != i) {
			e->of[i] = e->of[root[i]];
			continue;
		}
		e->of[i] = e->nlevels;
		e->name[e->nlevels] = joined_name(f, of, root, i);
		e->value[e->nlevels++] = of->value[i];
	}
	free(root);
}

/* Cells sorted by what makes them one; qsort has no room for a context, so each carries it. */
struct sorted_cell {
	const struct dataset *d;
	const struct effective *eff;
	uint32_t cell;
	bool runner_only;
};

static int compare_parts(const struct sorted_cell *x, const struct sorted_cell *y)
{
	const struct data_cell *a = &x->d->cells[x->cell], *b = &x->d->cells[y->cell];

	for (size_t f = 0; f < x->d->nfactors; f++) {
		const uint32_t *of = x->eff->factors[f].of;

		if (x->runner_only && x->d->factors[f].stratum != DATA_RUNNER)
			continue;
		if (of[a->level[f]] != of[b->level[f]])
			return of[a->level[f]] < of[b->level[f]] ? -1 : 1;
	}
	if (x->d->nfactors > 0)
		return 0;
	/* Factors unknown: blocks and cells are all there is. */
	if (x->runner_only || a->block != b->block)
		return (a->block > b->block) - (a->block < b->block);
	return (x->cell > y->cell) - (x->cell < y->cell);
}

static int compare_sorted(const void *a, const void *b)
{
	const struct sorted_cell *x = a, *y = b;
	int order = compare_parts(x, y);

	return order ? order : (x->cell > y->cell) - (x->cell < y->cell);
}

/* Numbers the classes in the order of their first cells; returns how many. */
static uint32_t classify(struct finder *f, bool runner_only, uint32_t *class, uint32_t *first)
{
	size_t n = f->d->ncells;
	struct sorted_cell *sorted = xcalloc(n, sizeof(*sorted));
	uint32_t *leader = xcalloc(n, sizeof(*leader)), count = 0;

	for (size_t c = 0; c < n; c++)
		sorted[c] = (struct sorted_cell){f->d, f->eff, (uint32_t)c, runner_only};
	qsort(sorted, n, sizeof(*sorted), compare_sorted);
	for (size_t i = 0; i < n; i++) {
		bool same = i > 0 && compare_parts(&sorted[i - 1], &sorted[i]) == 0;

		leader[sorted[i].cell] = same ? leader[sorted[i - 1].cell] : sorted[i].cell;
	}
	for (size_t c = 0; c < n; c++) {
		if (leader[c] == c) {
			if (first)
				first[count] = (uint32_t)c;
			class[c] = count++;
		} else {
			class[c] = class[leader[c]];
		}
	}
	free(sorted);
	free(leader);
	return count;
}

void effective_find(struct effective *eff, const struct dataset *d, struct arena *arena,
	struct alias_finding **aliases, size_t *naliases)
{
	struct finder f = {.d = d, .arena = arena, .eff = eff};

	*eff = (struct effective){.factors = arena_alloc(arena, d->nfactors, sizeof(*eff->factors)),
		.setting = arena_alloc(arena, d->ncells, sizeof(*eff->setting)),
		.treatment = arena_alloc(arena, d->ncells, sizeof(*eff->treatment)),
		.first_cell = arena_alloc(arena, d->ncells, sizeof(*eff->first_cell))};
	find_blocks(&f);
	read_loads(&f);
	for (size_t i = 0; i < d->nfactors; i++)
		find_levels(&f, i);
	effective_steps(eff, d, arena);
	report_planned(&f);
	eff->nsettings = classify(&f, false, eff->setting, eff->first_cell);
	classify(&f, true, eff->treatment, NULL);
	*naliases = f.found.n;
	*aliases = arena_alloc(arena, f.found.n, sizeof(**aliases));
	if (f.found.n)
		memcpy(*aliases, f.found.v, f.found.n * sizeof(**aliases));
	VEC_RELEASE(&f.found);
	for (size_t b = 0; b < f.nblocks; b++)
		free(f.blocks[b].on);
	free(f.blocks);
}
