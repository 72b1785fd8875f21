/* grid.h - a table of somebody else's as it stands in a file: names, cells, and where each row is.
 *
 * A reader (foreign.h) hands grids over one by one; all of it is borrowed and gone after the call.
 * Nothing is understood here: a cell is text, or a number of a JSON file. */
#ifndef DATA_GRID_H
#define DATA_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grid_form { GRID_CSV, GRID_JSON, GRID_JSONL, GRID_MARKDOWN };

enum grid_kind { GRID_MISSING, GRID_TEXT, GRID_NUMBER, GRID_TRUE, GRID_FALSE };

struct grid_cell {
	const char *s; /* GRID_TEXT: not NUL-terminated, without spaces around it; else NULL */
	double number; /* GRID_NUMBER: of JSON */
	uint32_t len;
	uint8_t kind;
};

/* What surrounds a table: "model" = "gemma3:latest" of the object it is in, or of a list above it.
 */
struct grid_pair {
	const char *name; /* as a column of that object would be called: "options.temperature" */
	struct grid_cell value;
};

struct grid {
	enum grid_form form;
	/* Where in the file: "" a whole CSV or JSON-lines file; a JSON path without the row's index
	 * ("results[]", "models[].runs[]", "backends.*", "" the root); "table 3", "list 2". */
	const char *place;
	const char *title; /* of Markdown: the heading above it; else "" */
	size_t ncols, nrows;
	const struct grid_cell *name; /* [ncols] GRID_TEXT; in JSON dotted: "timing.p50_ms" */
	const struct grid_cell *cell; /* [nrows * ncols] row by row */
	/* Entries of a list may share a line. */
	const uint32_t *line; /* [nrows] line in the file from 1; in JSON the row's number from 0 */
	const struct grid_pair *context; /* outermost first */
	size_t ncontext;
	/* A long table comes in pieces, one after the other, of equal names. */
	uint32_t piece; /* from 0 */
	bool last;
};

static inline const struct grid_cell *grid_at(const struct grid *g, size_t row, size_t col)
{
	return &g->cell[row * g->ncols + col];
}

#endif
