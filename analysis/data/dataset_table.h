/* dataset_table.h - any table as a dataset: the user says which columns are factors, measures and
 * blocks; units and scale follow from headings and values (units.h). */
#ifndef DATA_DATASET_TABLE_H
#define DATA_DATASET_TABLE_H

#include "dataset.h"

#define TABLE_MOST_FACTORS 16
/* More levels of a factor, or combinations of them, are no settings. */
#define TABLE_MOST_LEVELS 1000
#define TABLE_MOST_CELLS  10000
/* Rows and values that are not used are listed up to so many; all are counted. */
#define TABLE_MOST_NOTES 100

enum table_scale { TABLE_SCALE_AUTO, TABLE_SCALE_LOG, TABLE_SCALE_LINEAR };

struct table_measure {
	const char *name; /* a heading */
	int better;       /* 1 higher, -1 lower */
	/* AUTO: logarithms of times and rates that are all above 0, else as it is. */
	enum table_scale scale;
	/* Fraction of a ratio, or a difference of what is analysed as it is; NaN none. */
	double margin;
	bool margin_share; /* it was stated as a percentage */
};

/* Headings; NULL where the table has no such column. */
struct table_roles {
	const char *factor[TABLE_MOST_FACTORS];
	size_t nfactors;
	struct table_measure measure[METRIC_MAX];
	size_t nmeasures;
	const char
		*block;     /* what was set up once and measured together: the unit of replication
			       of factors that do not change inside it.  NULL: rows are independent */
	const char *pass;   /* which repetition of all blocks */
	const char *prompt; /* which question or item: a term of the analysis */
	const char *ok;     /* whether the row is a success; a row that is not is never averaged */
	const char *order;  /* place in the run, by number or (time stamps) by text; NULL: as in
			       the file */
	/* Time spent loading: rows whose time is over four times the lower quartile (where that is
	 * 0, over a quarter of the longest) waited for a load, and do not count. */
	const char *load_time;
	const char *where; /* rows that do not meet it are left out (expr.h) */
	char separator;    /* 0: as the first line shows */
};

/* ERR_ENV if the file cannot be read; ERR_USAGE for a column that is not there, one with two roles
 * that exclude each other, a margin in percent of what is no ratio, or a condition that is none;
 * ERR_DATA where nothing is left to analyse. */
int dataset_from_table(
	struct dataset *d, const char *path, const struct table_roles *r, struct err *e) NODISCARD;
/* The same from memory: `len` bytes separated by commas (roles.separator is not looked at), with
 * `name` in place of the path.  Lines that are no rows are counted in one note, not listed. */
int dataset_from_table_text(struct dataset *d, const char *name, const char *text, size_t len,
	const struct table_roles *r, struct err *e) NODISCARD;

#endif
