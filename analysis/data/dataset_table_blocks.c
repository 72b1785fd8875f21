/* dataset_table_blocks.c - what was set up together, in a table of the user's, and how often. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "dataset_table_parts.h"
#include "keymap.h"

/* Rows that were set up together; one load of all where no column says. */
static void find_loads(struct table_work *w)
{
	struct dataset *d = w->d;
	struct keymap map = {0};

	w->load_of_row = xcalloc(w->table.nrows, sizeof(*w->load_of_row));
	for (size_t row = 0; row < w->table.nrows; row++) {
		uint64_t block = w->block ? w->block->code[row] : 0;
		uint64_t pass = w->pass ? w->pass->code[row] : 0;

		if (!w->out[row])
			w->load_of_row[row] = keymap_number(&map, block, pass);
	}
	d->nloads = map.n;
	d->independent = !w->block;
	keymap_release(&map);
	d->loads = arena_alloc(&d->arena, d->nloads, sizeof(*d->loads));
	for (size_t row = 0; row < w->table.nrows; row++) {
		struct data_load *l;

		if (w->out[row] || d->loads[w->load_of_row[row]].id)
			continue;
		l = &d->loads[w->load_of_row[row]];
		*l = (struct data_load){.id = w->block ? table_text(w->block, row) : "all",
			.block = w->cell_of_row[row], /* a cell of it, for now */
			.pass = 1,
			.status = "",
			.load_ms = NAN,
			.context_length = NAN,
			.size = NAN,
			.size_vram = NAN,
			.other_models = ""};
		l->id = arena_str(&d->arena, l->id);
	}
}

/* Factors that never change inside a block are set with it. */
static void find_strata(struct table_work *w)
{
	struct dataset *d = w->d;

	for (size_t i = 0; i < d->nfactors && w->block; i++) {
		bool changes = false;

		for (size_t row = 0; row < w->table.nrows && !changes; row++) {
			uint32_t first;

			if (w->out[row])
				continue;
			first = d->loads[w->load_of_row[row]].block;
			changes =
				d->cells[first].level[i] != d->cells[w->cell_of_row[row]].level[i];
		}
		d->factors[i].stratum = changes ? DATA_SAMPLING : DATA_RUNNER;
	}
}

/* The combination of runner levels of each cell, numbered. */
static void number_blocks(struct table_work *w)
{
	struct dataset *d = w->d;

	d->nblocks = 0;
	for (size_t c = 0; c < d->ncells; c++) {
		size_t same = 0;

		for (; same < c; same++) {
			bool equal = true;

			for (size_t i = 0; i < d->nfactors && equal; i++)
				equal = d->factors[i].stratum == DATA_SAMPLING ||
					d->cells[same].level[i] == d->cells[c].level[i];
			if (equal)
				break;
		}
		d->cells[c].block = same < c ? d->cells[same].block : d->nblocks++;
	}
	for (size_t l = 0; l < d->nloads; l++)
		d->loads[l].block = d->cells[d->loads[l].block].block;
}

/* Which time a block's settings were set up: by the column, else as they come in the file. */
static void number_passes(struct table_work *w)
{
	struct dataset *d = w->d;
	uint32_t *times = xcalloc(d->nblocks, sizeof(*times));
	struct keymap map = {0};

	for (size_t l = 0; l < d->nloads; l++)
		d->loads[l].pass = w->block && !w->pass ? ++times[d->loads[l].block] : 1;
	for (size_t row = 0; row < w->table.nrows && w->pass; row++) {
		if (!w->out[row])
			d->loads[w->load_of_row[row]].pass =
				keymap_number(&map, w->pass->code[row], 0) + 1;
	}
	for (size_t l = 0; l < d->nloads; l++) {
		if (d->loads[l].pass > d->passes_complete)
			d->passes_complete = d->loads[l].pass;
	}
	free(times);
	keymap_release(&map);
}

int table_blocks(struct table_work *w, struct err *e)
{
	if (w->d->ncells == 0) {
		err_set(e, ERR_DATA, "%s: no row that can be used", w->path);
		return w->d->left_out
			? err_hint(e, "--where left out %llu", (unsigned long long)w->d->left_out)
			: -1;
	}
	find_loads(w);
	find_strata(w);
	number_blocks(w);
	number_passes(w);
	return 0;
}
