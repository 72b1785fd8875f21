/* plan_build.c - from a resolved sweep to cells, blocks, passes and counts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "plan_internal.h"

#define MAX_LOADS          10000000
#define MAX_VISIT_REQUESTS 10000000             /* a visit's requests are laid out in memory */
#define MAX_REQUESTS       UINT64_C(4000000000) /* repeats are numbered in 32 bits */
#define LEAST_PASSES       3
#define LEAST_DF_ERROR     6
#define DEFAULT_PER_PASS   2
#define NO_BLOCK           UINT32_MAX

/* ---- cells ---- */

/* Returns how many places the grid has. */
static uint32_t set_strides(struct plan *p)
{
	uint32_t grid = 1;

	for (size_t f = p->sweep->nfactors; f-- > 0;) {
		p->stride[f] = grid;
		grid *= (uint32_t)p->sweep->factors[f].nlevels; /* at most SWEEP_MAX_CELLS */
	}
	return grid;
}

/* The whole grid, or of equal settings the first. */
static void make_cells(struct plan *p, const struct canon *c, uint32_t grid)
{
	p->grid_index = arena_alloc(&p->arena, grid, sizeof(*p->grid_index));
	for (uint32_t g = 0; g < grid; g++) {
		if (!p->sweep->merge_aliases || canon_grid(c, p, g) == g)
			p->grid_index[p->ncells++] = g;
	}
}

/* ---- blocks ---- */

/* Which combination of runner levels; below the number of all of them. */
static uint32_t runner_code(const struct plan *p, uint32_t grid)
{
	uint32_t code = 0;

	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		if (p->sweep->factors[f].stratum == STRATUM_RUNNER)
			code = code * (uint32_t)p->sweep->factors[f].nlevels +
				plan_digit(p, grid, f);
	}
	return code;
}

static uint32_t runner_codes(const struct plan *p)
{
	uint32_t n = 1;

	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		if (p->sweep->factors[f].stratum == STRATUM_RUNNER)
			n *= (uint32_t)p->sweep->factors[f].nlevels;
	}
	return n;
}

/* Numbers the combinations in the order of their first cells. */
static void number_blocks(struct plan *p)
{
	uint32_t ncodes = runner_codes(p);
	uint32_t *block_of_code = xmalloc(ncodes * sizeof(*block_of_code));

	for (uint32_t i = 0; i < ncodes; i++)
		block_of_code[i] = NO_BLOCK;
	p->block_of_cell = arena_alloc(&p->arena, p->ncells, sizeof(*p->block_of_cell));
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		uint32_t *block = &block_of_code[runner_code(p, p->grid_index[cell])];

		if (*block == NO_BLOCK)
			*block = p->nblocks++;
		p->block_of_cell[cell] = *block;
	}
	free(block_of_code);
}

/* Cells grouped by block, in order: a counting sort. */
static void group_cells(struct plan *p)
{
	uint32_t *filled = xcalloc(p->nblocks, sizeof(*filled));
	uint32_t at = 0;

	p->blocks = arena_alloc(&p->arena, p->nblocks, sizeof(*p->blocks));
	p->cell_of_block = arena_alloc(&p->arena, p->ncells, sizeof(*p->cell_of_block));
	for (uint32_t cell = 0; cell < p->ncells; cell++)
		p->blocks[p->block_of_cell[cell]].ncells++;
	for (uint32_t b = 0; b < p->nblocks; b++) {
		p->blocks[b].first_cell = at;
		at += p->blocks[b].ncells;
	}
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		uint32_t b = p->block_of_cell[cell];

		p->cell_of_block[p->blocks[b].first_cell + filled[b]++] = cell;
	}
	free(filled);
}

static const char *block_label(struct plan *p, uint32_t cell, struct str *text)
{
	str_reset(text);
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		const struct factor *factor = &p->sweep->factors[f];

		if (factor->stratum == STRATUM_RUNNER)
			str_addf(text, "%s%s=%s", text->len ? " " : "", factor->name,
				factor->levels[plan_level(p, cell, f)].text);
	}
	return arena_str(&p->arena, text->len ? text->s : plan_model(p, cell));
}

static void make_blocks(struct plan *p)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	number_blocks(p);
	group_cells(p);
	for (uint32_t b = 0; b < p->nblocks; b++) {
		uint32_t cell = p->cell_of_block[p->blocks[b].first_cell];

		p->blocks[b].label = block_label(p, cell, &text);
		p->blocks[b].model = plan_model(p, cell);
	}
	str_release(&text);
}

/* ---- passes and repeats ---- */

/* The least that leaves the error of runner options 6 degrees of freedom; a pass for every server.
 */
static int64_t default_passes(const struct plan *p)
{
	int64_t passes = LEAST_PASSES, b = p->nblocks;

	while (b > 1 && (b - 1) * (passes - 1) < LEAST_DF_ERROR)
		passes++;
	return passes < (int64_t)p->nservers ? (int64_t)p->nservers : passes;
}

static int choose_passes(struct plan *p, struct err *e)
{
	const struct sweep *s = p->sweep;

	p->passes = s->passes ? s->passes : default_passes(p);
	if (p->passes < (int64_t)p->nservers) {
		err_set(e, ERR_USAGE,
			"passes: %" PRId64 " for %zu servers: %s would have nothing to do",
			p->passes, p->nservers, p->servers[p->passes].name);
		return err_hint(e,
			"a pass is made on one server: name fewer servers, or --passes %zu",
			p->nservers);
	}
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

static int check_bursts(const struct plan *p, struct err *e)
{
	int64_t highest = p->sweep->concurrency;
	const struct factor *f = sweep_factor(p->sweep, "concurrency");

	for (size_t i = 0; f && i < f->nlevels; i++) {
		int64_t c = json_integer_value(f->levels[i].value);

		highest = c > highest ? c : highest;
	}
	if (p->sweep->burst == 0 || p->sweep->burst >= highest)
		return 0;
	err_set(e, ERR_USAGE, "burst: %" PRId64 " requests cannot keep %" PRId64 " in flight",
		p->sweep->burst, highest);
	return err_hint(e, "write at least %" PRId64 "; 10 times the concurrency is a good choice",
		highest);
}

/* ---- counts ---- */

static int too_much(uint64_t n, const char *what, uint64_t most, const char *hint, struct err *e)
{
	char a[NUM_TEXT], b[NUM_TEXT];

	err_set(e, ERR_USAGE, "%s %s are more than %s", num_group(a, (int64_t)n), what,
		num_group(b, (int64_t)most));
	return err_hint(e, "%s", hint);
}

static int count_requests(struct plan *p, struct err *e)
{
	uint64_t largest = 0, in_pass = 0;

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
	if (in_pass > MAX_REQUESTS / (uint64_t)p->passes)
		return too_much(in_pass, "requests in a pass", MAX_REQUESTS / (uint64_t)p->passes,
			"fewer passes, prompts, repeats or levels", e);
	p->requests = in_pass * (uint64_t)p->passes;
	return 0;
}

static int count_loads(struct plan *p, struct err *e)
{
	uint64_t servers = p->nservers ? p->nservers : 1;

	p->block_loads = (uint64_t)p->nblocks * (uint64_t)p->passes;
	p->sentinel_loads = p->sweep->sentinel ? (uint64_t)p->passes + servers : 0;
	if (p->block_loads + p->sentinel_loads > MAX_LOADS)
		return too_much(p->block_loads + p->sentinel_loads, "model loads", MAX_LOADS,
			"fewer passes, or fewer levels of runner options", e);
	p->sentinel_requests = p->sentinel_loads * PLAN_SENTINEL_REQUESTS;
	p->warmups = (p->block_loads + p->sentinel_loads) * (uint64_t)p->sweep->warmups;
	return 0;
}

/* ---- the sentinel ---- */

/* The level in the middle; of num_gpu not auto, if there is another; of concurrency the lowest,
 * since the sentinel sends one request at a time. */
static uint32_t middle_level(const struct factor *f)
{
	uint32_t best = (uint32_t)(f->nlevels - 1) / 2;

	if (f->kind == FACTOR_CONCURRENCY) {
		for (uint32_t l = best = 0; l < f->nlevels; l++) {
			if (json_integer_value(f->levels[l].value) <
				json_integer_value(f->levels[best].value))
				best = l;
		}
	} else if (strcmp(f->name, "num_gpu") == 0 && json_is_string(f->levels[best].value)) {
		best = best + 1 < f->nlevels ? best + 1 : best ? best - 1 : 0;
	}
	return best;
}

static void choose_sentinel(struct plan *p, const struct canon *c)
{
	uint32_t grid = 0, low = 0, high = p->ncells;

	for (size_t f = 0; f < p->sweep->nfactors; f++)
		grid += middle_level(&p->sweep->factors[f]) * p->stride[f];
	if (p->sweep->merge_aliases)
		grid = canon_grid(c, p, grid);
	while (low < high) { /* grid_index rises */
		uint32_t mid = low + (high - low) / 2;

		if (p->grid_index[mid] < grid)
			low = mid + 1;
		else
			high = mid;
	}
	p->sentinel_cell = low;
}

/* ---- what names a cell ---- */

static void add_setting(struct plan *p, const char *name, const json_t *fixed)
{
	struct plan_setting *to = &p->settings[p->nsettings++];
	struct str text = STR_INIT(STR_MAX_LINE);

	*to = (struct plan_setting){.name = name, .factor = plan_factor_index(p, name)};
	if (to->factor < 0) {
		jsonx_dump(&text, fixed, 0, true);
		to->fixed = arena_str(&p->arena, text.s);
	}
	str_release(&text);
}

static int compare_settings(const void *a, const void *b)
{
	return strcmp(
		((const struct plan_setting *)a)->name, ((const struct plan_setting *)b)->name);
}

static void add_fixed(struct plan *p, const char *name, json_t *value)
{
	if (plan_factor_index(p, name) < 0)
		add_setting(p, name, value);
	json_decref(value);
}

static void make_settings(struct plan *p)
{
	const struct sweep *s = p->sweep;
	const char *name;
	json_t *value;

	p->settings = arena_alloc(
		&p->arena, s->nfactors + json_object_size(s->options) + 3, sizeof(*p->settings));
	for (size_t f = 0; f < s->nfactors; f++)
		add_setting(p, s->factors[f].name, NULL);
	json_object_foreach (s->options, name, value) {
		if (strcmp(name, "seed") != 0)
			add_setting(p, name, value);
	}
	add_fixed(p, "model", json_string(s->model ? s->model : ""));
	add_fixed(p, "cache", json_string(s->cache));
	add_fixed(p, "concurrency", json_integer(s->concurrency));
	qsort(p->settings, p->nsettings, sizeof(*p->settings), compare_settings);
}

/* ---- all of it ---- */

int plan_build(struct plan *p, const struct sweep *s, const struct server_facts *servers,
	size_t nservers, struct err *e)
{
	struct canon c;
	uint32_t grid;
	int failed;

	*p = (struct plan){.sweep = s, .servers = servers, .nservers = nservers};
	sweep_fingerprint(s, nservers ? &servers[0] : NULL, p->fingerprint);
	grid = set_strides(p);
	canon_init(&c, p);
	make_cells(p, &c, grid);
	make_blocks(p);
	make_settings(p);
	failed = choose_passes(p, e) || check_bursts(p, e) || count_loads(p, e) ||
		count_requests(p, e);
	if (!failed) {
		choose_sentinel(p, &c);
		plan_order_visits(p);
		plan_count_df(p, &c);
	}
	canon_release(&c);
	if (failed)
		plan_release(p);
	return failed ? -1 : 0;
}
