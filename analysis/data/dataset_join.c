/* dataset_join.c - runs laid behind each other. */
#include "dataset_join.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "str.h"

#define SHOWN 60 /* bytes of a value that differs */
#define NAMED 3  /* runs in the name of the whole */

/* Where what a run numbers for itself is in the whole. */
struct joined {
	struct dataset *d;   /* the whole */
	struct dataset *run; /* the one at hand */
	size_t k;            /* its number, from 0 */
	uint32_t *cell, *prompt, *server, *status, **level;
	uint32_t load_offset, pass_offset, order_offset, session_offset;
};

/* ---- may they be joined? ---- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = jsonx_get_string(o, key);

	return text ? text : "";
}

/* The first key whose values differ, sought through objects inside; false where all are alike. */
static bool find_difference(const json_t *a, const json_t *b, struct str *path, const json_t **in_a,
	const json_t **in_b)
{
	const json_t *sides[] = {a, b};
	size_t base = path->len;

	for (size_t side = 0; side < 2; side++) {
		const char *key;
		json_t *value;

		json_object_foreach ((json_t *)sides[side], key, value) {
			*in_a = json_object_get(a, key);
			*in_b = json_object_get(b, key);
			if (*in_a && *in_b && json_equal(*in_a, *in_b))
				continue;
			str_addf(path, "%s%s", base ? "." : "", key);
			if (json_is_object(*in_a) && json_is_object(*in_b))
				return find_difference(*in_a, *in_b, path, in_a, in_b);
			return true;
		}
	}
	return false;
}

static const char *shown(const json_t *value, char *dst, size_t size)
{
	struct str text = STR_INIT(STR_MAX_FILE);

	if (value)
		jsonx_dump(&text, value, 0, true);
	snprintf(dst, size, "%.*s%s", SHOWN, value ? text.s : "nothing",
		text.len > SHOWN ? "..." : "");
	str_release(&text);
	return dst;
}

/* "factors.num_ctx is [2048,4096] in the one and [2048,8192] in the other" */
static void say_difference(const struct dataset *a, const struct dataset *b, const char *part,
	const char *otherwise, struct str *to)
{
	const json_t *one = json_object_get(a->manifest, part), *in_a = NULL;
	const json_t *other = json_object_get(b->manifest, part), *in_b = NULL;
	struct str path = STR_INIT(STR_MAX_LINE);
	char x[SHOWN + 8], y[SHOWN + 8];

	if (find_difference(one, other, &path, &in_a, &in_b))
		str_addf(to, "%s is %s in the one and %s in the other", path.s,
			shown(in_a, x, sizeof(x)), shown(in_b, y, sizeof(y)));
	else
		str_add(to, otherwise);
	str_release(&path);
}

static int check_pair(const struct dataset *a, const struct dataset *b, struct err *e)
{
	struct str what = STR_INIT(STR_MAX_LINE);
	bool differ;

	if (!a->sweep || !b->sweep)
		str_addf(&what, "%s has no sweep.json", a->sweep ? b->dir : a->dir);
	else if (strcmp(text_of(a->sweep, "fingerprint"), text_of(b->sweep, "fingerprint")) != 0)
		say_difference(
			a, b, "measured", "the models are not the same, by their digests", &what);
	else if (!json_equal(json_object_get(a->manifest, "definitions"),
			 json_object_get(b->manifest, "definitions")))
		say_difference(a, b, "definitions", "", &what);
	for (size_t f = 0; !what.len && f < a->nfactors; f++) {
		if (a->nfactors != b->nfactors ||
			strcmp(a->factors[f].name, b->factors[f].name) != 0)
			str_add(&what, "their factors are not the same");
	}
	if (what.len) {
		err_set(e, ERR_DATA, "%s and %s did not measure the same: %s", a->dir, b->dir,
			what.s);
		err_hint(e, "only runs of one sweep are analysed as one");
	}
	differ = what.len > 0;
	str_release(&what);
	return differ ? -1 : 0;
}

static int check(const struct dataset *runs, size_t n, struct err *e)
{
	for (size_t k = 0; k < n; k++) {
		if (runs[k].fold)
			return err_set(e, ERR_DATA,
				"%s: several runs are analysed as one up to %d rows each",
				runs[k].dir, DATASET_JOIN_ROWS);
		if (check_pair(&runs[0], &runs[k], e))
			return -1;
		for (size_t i = 0; i < k; i++) {
			if (strcmp(runs[i].dir, runs[k].dir) == 0)
				return err_set(e, ERR_USAGE, "%s is named twice", runs[k].dir);
		}
	}
	return 0;
}

/* ---- names ---- */

/* The place of a name in a list that may grow by it. */
static uint32_t place(const char **list, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(list[i], name) == 0)
			return (uint32_t)i;
	}
	list[*n] = name;
	return (uint32_t)(*n)++;
}

static uint32_t *place_all(const char **list, size_t *n, const char *const *names, size_t count)
{
	uint32_t *of = xcalloc(count, sizeof(*of));

	for (size_t i = 0; i < count; i++)
		of[i] = place(list, n, names[i]);
	return of;
}

/* Levels of all runs: as the first has them, then what others have beside them; numbers in order.
 */
static void join_levels(struct dataset *d, const struct dataset *runs, size_t n, size_t f)
{
	struct data_factor *to = &d->factors[f];
	size_t most = 0;

	for (size_t k = 0; k < n; k++)
		most += runs[k].factors[f].nlevels;
	*to = runs[0].factors[f];
	to->level = arena_alloc(&d->arena, most, sizeof(*to->level));
	to->value = arena_alloc(&d->arena, most, sizeof(*to->value));
	to->sent = arena_alloc(&d->arena, most, sizeof(*to->sent));
	to->nlevels = 0;
	for (size_t k = 0; k < n; k++) {
		const struct data_factor *from = &runs[k].factors[f];

		to->numeric = to->numeric && from->numeric;
		for (uint32_t i = 0; i < from->nlevels; i++) {
			uint32_t at = 0;

			while (at < to->nlevels && strcmp(to->level[at], from->level[i]) != 0)
				at++;
			if (at < to->nlevels)
				continue;
			for (at = to->nlevels++; at > 0 && to->value[at - 1] > from->value[i];
				at--) {
				to->level[at] = to->level[at - 1];
				to->value[at] = to->value[at - 1];
				to->sent[at] = to->sent[at - 1];
			}
			to->level[at] = from->level[i];
			to->value[at] = from->value[i];
			to->sent[at] = from->sent[i];
		}
	}
}

static void map_levels(struct joined *j)
{
	j->level = xcalloc(j->d->nfactors, sizeof(*j->level));
	for (size_t f = 0; f < j->d->nfactors; f++) {
		const struct data_factor *from = &j->run->factors[f], *to = &j->d->factors[f];

		j->level[f] = xcalloc(from->nlevels, sizeof(*j->level[f]));
		for (uint32_t i = 0; i < from->nlevels; i++) {
			while (strcmp(to->level[j->level[f][i]], from->level[i]) != 0)
				j->level[f][i]++;
		}
	}
}

static void map_cells(struct joined *j)
{
	struct dataset *d = j->d;

	j->cell = xcalloc(j->run->ncells, sizeof(*j->cell));
	for (size_t c = 0; c < j->run->ncells; c++) {
		struct data_cell *from = &j->run->cells[c];
		size_t at = 0;

		while (at < d->ncells && strcmp(d->cells[at].id, from->id) != 0)
			at++;
		j->cell[c] = (uint32_t)at;
		if (at < d->ncells)
			continue;
		d->cells[d->ncells] = *from;
		for (size_t f = 0; f < d->nfactors; f++)
			d->cells[at].level[f] = j->level[f][from->level[f]];
		d->ncells++;
	}
}

/* ---- what is laid behind ---- */

static void add_loads(struct joined *j)
{
	struct dataset *d = j->d;

	for (size_t l = 0; l < j->run->nloads; l++) {
		struct data_load *to = &d->loads[d->nloads++];

		*to = j->run->loads[l];
		to->id = arena_fmt(&d->arena, "run%zu:%s", j->k + 1, to->id);
		to->pass += j->pass_offset;
		to->server = to->server < j->run->nservers ? j->server[to->server] : 0;
	}
}

static uint32_t moved(uint32_t index, const uint32_t *map)
{
	return index == DATA_NONE ? DATA_NONE : map[index];
}

static void add_rows(struct joined *j)
{
	struct dataset *d = j->d;

	for (size_t i = 0; i < j->run->nrows; i++) {
		struct data_row *r = &d->rows[d->nrows++];
		uint32_t pass;

		*r = j->run->rows[i];
		pass = r->pass + j->pass_offset;
		r->cell = moved(r->cell, j->cell);
		r->prompt = moved(r->prompt, j->prompt);
		r->load = r->load == DATA_NONE ? DATA_NONE : r->load + j->load_offset;
		r->pass = pass < UINT16_MAX ? (uint16_t)pass : UINT16_MAX;
		r->order += j->order_offset;
		r->session += j->session_offset;
		r->status = (uint8_t)j->status[r->status];
	}
	for (size_t i = 0; i < j->run->nbursts; i++) {
		struct data_burst *b = &d->bursts[d->nbursts++];

		*b = j->run->bursts[i];
		b->cell = moved(b->cell, j->cell);
		b->load += j->load_offset;
	}
	for (size_t i = 0; i < j->run->nfiles; i++)
		d->files[d->nfiles++] = j->run->files[i];
}

static void add_counts(struct joined *j)
{
	struct dataset *d = j->d;
	const struct dataset *run = j->run;
	uint32_t passes = run->passes_planned;

	for (size_t i = 0; i < run->nrows; i++)
		passes = run->rows[i].pass > passes ? run->rows[i].pass : passes;
	d->simulated = d->simulated || run->simulated;
	d->is_virtual = d->is_virtual || run->is_virtual;
	d->planned_loads += run->planned_loads;
	d->planned_requests += run->planned_requests;
	d->passes_planned += run->passes_planned;
	d->passes_complete += run->passes_complete;
	d->left_out += run->left_out;
	d->budget_s += run->budget_s;
	d->until = fmax(d->until, run->until);
	j->pass_offset += passes;
}

static void add_run(struct joined *j)
{
	struct dataset *d = j->d;
	uint32_t last_order = 0, last_session = 0;

	map_levels(j);
	map_cells(j);
	j->prompt = place_all(d->prompts, &d->nprompts, j->run->prompts, j->run->nprompts);
	for (size_t i = 0; i < j->run->nprompts; i++)
		d->suite[j->prompt[i]] = j->run->suite[i];
	j->server = place_all(d->servers, &d->nservers, j->run->servers, j->run->nservers);
	j->status = place_all(d->status, &d->nstatus, j->run->status, j->run->nstatus);
	add_loads(j);
	add_rows(j);
	for (size_t i = 0; i < j->run->nrows; i++) {
		const struct data_row *r = &j->run->rows[i];

		last_order = r->order > last_order ? r->order : last_order;
		last_session = r->session > last_session ? r->session : last_session;
	}
	add_counts(j);
	j->load_offset = (uint32_t)d->nloads;
	j->order_offset += last_order;
	j->session_offset += last_session;
	for (size_t f = 0; f < d->nfactors; f++)
		free(j->level[f]);
	free(j->level);
	free(j->cell);
	free(j->prompt);
	free(j->server);
	free(j->status);
}

/* ---- versions ---- */

static bool same_versions(const struct dataset *a, const struct dataset *b)
{
	const json_t *one = json_object_get(a->manifest, "servers"), *x, *y;
	const json_t *other = json_object_get(b->manifest, "servers");
	size_t i, k;

	json_array_foreach (one, i, x) {
		json_array_foreach (other, k, y) {
			if (strcmp(text_of(x, "version"), text_of(y, "version")) != 0)
				return false;
		}
	}
	return true;
}

static void drop(struct dataset *d, const enum metric *metrics, size_t n, const char *why)
{
	for (size_t i = 0; i < d->nrows; i++) {
		for (size_t m = 0; m < n; m++)
			d->rows[i].metric[metrics[m]] = NAN;
	}
	d->notes[d->nnotes++] = (struct data_note){0, why};
	d->notes_in_all = d->nnotes;
}

/* What would mean one thing in one run and another in the next. */
static void drop_the_incomparable(struct dataset *d, const struct dataset *runs, size_t n)
{
	static const enum metric of_the_server[] = {METRIC_DECODE, METRIC_PREFILL, METRIC_LOAD};
	static const enum metric of_lengths[] = {METRIC_EQUAL};
	bool versions = false, lengths = false;

	d->notes = arena_alloc(&d->arena, 2, sizeof(*d->notes));
	for (size_t k = 1; k < n; k++) {
		versions = versions || !same_versions(&runs[0], &runs[k]);
		lengths = lengths || runs[0].equal_tokens != runs[k].equal_tokens;
	}
	/* Servers' own figures change their meaning with the version (docs/statistics.md). */
	if (versions)
		drop(d, of_the_server, COUNTOF(of_the_server),
			"the servers' versions differ: throughput, prefill rate and load_duration, "
			"which are the server's own figures, are left out");
	if (lengths) {
		drop(d, of_lengths, COUNTOF(of_lengths),
			"the lengths over which answers can be compared differ between the runs: "
			"throughput over equal lengths is left out");
		d->equal_tokens = 0;
	}
}

/* ---- the whole ---- */

static void allocate(struct dataset *d, const struct dataset *runs, size_t n)
{
	size_t cells = 0, loads = 0, prompts = 0, servers = 0, status = 0, rows = 0, bursts = 0,
	       files = 0;

	for (size_t k = 0; k < n; k++) {
		cells += runs[k].ncells;
		loads += runs[k].nloads;
		prompts += runs[k].nprompts;
		servers += runs[k].nservers;
		status += runs[k].nstatus;
		rows += runs[k].nrows;
		bursts += runs[k].nbursts;
		files += runs[k].nfiles;
	}
	d->cells = arena_alloc(&d->arena, cells, sizeof(*d->cells));
	d->loads = arena_alloc(&d->arena, loads, sizeof(*d->loads));
	d->prompts = arena_alloc(&d->arena, prompts, sizeof(*d->prompts));
	d->suite = arena_alloc(&d->arena, prompts, sizeof(*d->suite));
	d->servers = arena_alloc(&d->arena, servers, sizeof(*d->servers));
	d->status = arena_alloc(&d->arena, status, sizeof(*d->status));
	d->rows = arena_alloc(&d->arena, rows, sizeof(*d->rows));
	d->bursts = arena_alloc(&d->arena, bursts, sizeof(*d->bursts));
	d->files = arena_alloc(&d->arena, files, sizeof(*d->files));
}

static const char *name_of(struct arena *arena, const struct dataset *runs, size_t n)
{
	const char *name = runs[0].name;

	if (n > NAMED)
		return arena_fmt(arena, "%s and %zu more", name, n - 1);
	for (size_t k = 1; k < n; k++)
		name = arena_fmt(arena, "%s + %s", name, runs[k].name);
	return name;
}

/* What is one for all as the first run has it; what is each one's own is empty. */
static void begin(struct dataset *d, const struct dataset *runs, size_t n)
{
	*d = runs[0];
	d->arena = (struct arena){0};
	d->name = name_of(&d->arena, runs, n);
	json_incref(d->manifest);
	json_incref(d->sweep);
	d->simulated = d->is_virtual = false;
	d->rows_owned = NULL;
	d->ncells = d->nloads = d->nprompts = d->nbursts = d->nservers = d->nstatus = 0;
	d->nrows = d->nfiles = d->nnotes = 0;
	d->left_out = d->planned_loads = d->planned_requests = d->notes_in_all = 0;
	d->until = d->budget_s = 0;
	d->passes_planned = d->passes_complete = d->nblocks = d->shard = d->shards = 0;
	d->ended = "complete";
	d->factors = arena_alloc(&d->arena, d->nfactors, sizeof(*d->factors));
}

int dataset_join(struct dataset *ret, struct dataset *runs, size_t n, struct err *e)
{
	struct joined j = {.d = ret};

	if (check(runs, n, e))
		return -1;
	begin(ret, runs, n);
	for (size_t f = 0; f < ret->nfactors; f++)
		join_levels(ret, runs, n, f);
	allocate(ret, runs, n);
	for (j.k = 0; j.k < n; j.k++) {
		j.run = &runs[j.k];
		add_run(&j);
		if (strcmp(j.run->ended, "complete") != 0)
			ret->ended = j.run->ended;
	}
	for (size_t c = 0; c < ret->ncells; c++)
		ret->nblocks = ret->cells[c].block + 1 > ret->nblocks ? ret->cells[c].block + 1
								      : ret->nblocks;
	drop_the_incomparable(ret, runs, n);
	for (size_t k = 0; k < n; k++)
		arena_adopt(&ret->arena, &runs[k].arena);
	return 0;
}
