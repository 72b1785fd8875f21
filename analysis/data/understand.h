/* understand.h - what a grid says: which column plays which part, and each row as an observation.
 *
 * understand_table() looks at the names and at the first piece's values; understand_row() makes of
 * a row its figures in canonical units, whether it failed, what it is about.  A column whose values
 * contradict its name is not used, with the reason: a "latency" that is num_ctx, a mixture of
 * units. */
#ifndef DATA_UNDERSTAND_H
#define DATA_UNDERSTAND_H

#include "arena.h"
#include "grid.h"
#include "rules.h"

/* More of them are left out, with a note. */
#define UNDERSTAND_MOST_MEASURES 24
#define UNDERSTAND_MOST_SETTINGS 16
#define UNDERSTAND_MOST_SUBJECTS 6
/* Columns that say how a row went, and those of a transposed table that hold values. */
#define UNDERSTAND_MOST_SIGNS  8
#define UNDERSTAND_MOST_VALUES 12

enum table_class {
	TABLE_ROWS,       /* each row is one measurement */
	TABLE_AGGREGATES, /* each row stands for several: means, percentiles */
	TABLE_NOTHING     /* no measure in it: `why` */
};

struct understood_column {
	struct meaning meaning;
	/* The unit its values are in, if not the heading's: seen beside them ("53.51 W"). */
	struct unit unit;
	double factor;   /* from the value as it stands to the canonical unit */
	bool no_powers;  /* powers of two among its values are settings, and not used */
	bool each;       /* some values name a unit of their own, which counts for them */
	const char *why; /* it is not used, though it has a meaning: the reason; else NULL */
};

/* A text of the row or of what surrounds it. */
struct understood_source {
	int32_t column;  /* in the grid; -1: of the context */
	int32_t context; /* in grid.context; -1 */
};

struct understood {
	struct arena arena;
	enum table_class class;
	const char *why;
	size_t ncols;
	struct understood_column *column; /* [ncols] */
	/* Columns that are figures, in their order; their meaning is column[...].meaning. */
	uint32_t measure[UNDERSTAND_MOST_MEASURES];
	size_t nmeasures;
	/* Settings that vary by row, or hold for the table (context). */
	struct understood_source setting[UNDERSTAND_MOST_SETTINGS];
	const char *setting_name[UNDERSTAND_MOST_SETTINGS]; /* "num_ctx" */
	size_t nsettings;
	/* What it is about, model first, then backend, device and others. */
	struct understood_source subject[UNDERSTAND_MOST_SUBJECTS];
	const char *subject_name[UNDERSTAND_MOST_SUBJECTS]; /* quantity of its rule: "model" */
	size_t nsubjects;
	bool has_model;                                            /* one of them is a model */
	int32_t prompt, time, error, success, load, count, repeat; /* columns; -1 none */
	/* All columns of that part, of which `error` and `success` are the first
	 * ("compilation.error" and "benchmark.error"). */
	uint32_t errors[UNDERSTAND_MOST_SIGNS], successes[UNDERSTAND_MOST_SIGNS];
	size_t nerrors, nsuccesses;
	uint32_t headline;  /* of the measures, a bit each: those of which 0 is no measurement */
	uint64_t count_all; /* of the context: values behind each row; 0 not said */
	bool comma;         /* numbers have a decimal comma */
	bool units_row;     /* the first row of the first piece holds units, no values */
	/* The measure's name is in the row: "Metric | Value", "Metric | model A | model B".  Then
	 * nmeasures is 0, and understand_figure() gives the figures. */
	bool transposed;
	uint32_t value_column[UNDERSTAND_MOST_VALUES]; /* whose headings are subjects, or say
							  nothing */
	size_t nvalues;
	int32_t done;        /* says no of a part of an answer that goes on; -1 */
	int32_t warmup;      /* says yes of a row that was to warm up; -1 */
	int32_t unit_column; /* of a transposed table; -1 */
	int32_t model_row;   /* its row that names the model; -1 */
	const struct rules *rules;
	/* Notes on columns: "mean_latency_ms is not used: ..." */
	const char **note;
	bool *misnamed; /* [nnotes] its values are not what its heading says */
	size_t nnotes;
};

void understand_table(struct understood *u, const struct grid *g, const struct rules *r);
void understood_release(struct understood *u);

struct observation {
	/* [u->nmeasures] in canonical units; NaN missing or unusable. */
	double value[UNDERSTAND_MOST_MEASURES];
	double load_s; /* NaN unknown */
	bool failed;
	/* Static, or a slice of the grid: an error's text; "success is no"; "all that was measured
	 * is 0". */
	const char *failure;
	uint32_t failure_len;
	uint32_t unusable; /* cells that hold something, but no number in that unit */
	uint64_t count; /* of PART_COUNT; 1 of a single measurement; 0 an aggregate of unknown many
			 */
	bool skip;      /* no observation: a row of units, or the mean of the rows above it */
};
void understand_row(
	const struct understood *u, const struct grid *g, size_t row, struct observation *ret);
/* A text of the row as it stands, in `buf` where it is a number.  "" missing. */
struct grid_cell understand_text(
	const struct understood_source *s, const struct grid *g, size_t row);

/* The scalars around an outermost list of a JSON file as a table of one row of its own ("" is its
 * place), since they may be figures of all of the list: "overall_tokens_per_second".  True if they
 * are: then `u` is to be released, and ret->name to be freed after it.  Its line is that of g's
 * first row.  Once for each file is enough: its lists have the same surroundings. */
bool understand_context(
	struct understood *u, const struct grid *g, const struct rules *r, struct grid *ret);

/* A figure of a transposed table: what the row is, and the value in its canonical unit. */
struct understood_figure {
	struct understood_column of;
	double value;
};
/* `value` counts in u->value_column.  False if the cell is no figure. */
bool understand_figure(const struct understood *u, const struct grid *g, size_t row, size_t value,
	struct understood_figure *ret);
/* The heading of such a column, where it tells what was measured; "" of "Value" or "p95". */
struct grid_cell understand_figure_subject(
	const struct understood *u, const struct grid *g, size_t value);

/* A number as people write it, in any unit: "53.51 W", "1,024", "3,5" (decimal comma, only where
 * `comma` says that the file uses it), "~6", "**78.42**", "1.2e3", "0.16 s (warm)", "99.2 ± 0.3
 * tok/s".  False if it is none, or two
 * ("6-7 GB"). */
bool understand_number(const struct grid_cell *c, bool comma, double *number, struct unit *unit);

#endif
