/* understand_parts.h - what the understand_*.c share. */
#ifndef DATA_UNDERSTAND_PARTS_H
#define DATA_UNDERSTAND_PARTS_H

#include "understand.h"

/* Rows of a piece that are looked at to understand its columns, evenly spread. */
#define SAMPLE_ROWS 100

/* What the values of a column look like. */
struct column_seen {
	size_t cells;     /* that hold something */
	size_t numbers;   /* of them numbers */
	size_t with_unit; /* of them with a unit beside it */
	size_t texts;     /* no numbers */
	size_t booleans;
	size_t dates;
	size_t leads;          /* texts that begin with a number: "40 layers" */
	size_t wholes, powers; /* whole numbers; powers of two that are usual settings */
	bool one_unit;         /* all units beside numbers are `unit` */
	struct unit unit;
	double least, most; /* of the numbers, in `unit` or as they stand */
	double largest_power;
	size_t distinct; /* of up to SAMPLE_ROWS values */
};

/* Work of understand_table(). */
struct seen {
	const struct grid *g;
	struct understood *u;
	struct column_seen *column; /* [ncols] */
	struct meaning *context;    /* [g->ncontext] */
};

/* The row of sample i, and how many there are. */
size_t seen_rows(const struct seen *s);
size_t seen_row(const struct seen *s, size_t i);

/* A cell that holds nothing: missing, "", "-", "n/a", "null". */
bool cell_empty(const struct grid_cell *c);
/* A text that is a date or a time of day. */
bool cell_is_date(const struct grid_cell *c);
/* A power of two of the size that settings of contexts and buffers have, and times seldom. */
bool is_setting_power(double x);
/* Number of a cell; fast where it is plain. */
bool cell_number(const struct grid_cell *c, bool comma, double *number, struct unit *unit);
/* Whether the numbers of a table have decimal commas. */
bool cells_have_commas(const struct seen *s);

/* understand_seen.c: looks at the values of all columns. */
void see_columns(struct seen *s);
/* understand_units.c: the unit and factor of a measure's column, or why it is not used. */
void settle_units(struct seen *s);
/* understand_sanity.c: columns whose values contradict their names. */
void settle_sanity(struct seen *s);
/* understand_choice.c: which columns are measures, settings, subjects, and the class. */
void settle_parts(struct seen *s);
/* understand_signs.c: columns of nothing but "PASS" and "FAIL" are of successes; which columns say
 * how a row went; a table of single rows that holds no figure at all is TABLE_NOTHING. */
void find_verdicts(struct seen *s);
void choose_others(struct seen *s);
void drop_empty(struct seen *s);
/* Of a column of warm-ups. */
bool says_warmup(const struct grid_cell *c);
/* understand_turned.c: "Metric | Value". */
bool settle_turned(struct seen *s);

/* "NAME is not used: why", kept in u's arena. */
void note_column(struct seen *s, size_t col, const char *why);
/* "NAME is used in part: why". */
void note_part(struct seen *s, size_t col, const char *why);
/* That rows are left out since the column calls them warm-ups. */
void note_warmups(struct seen *s, size_t col);
/* The last note says that the values are not what the heading says. */
void note_misnamed(struct seen *s);
/* A measure or a load time. */
static inline bool is_figure(const struct understood_column *c)
{
	return c->meaning.part == PART_MEASURE || c->meaning.part == PART_LOAD;
}

#endif
