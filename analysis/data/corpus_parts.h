/* corpus_parts.h - from a file to the corpus: what one thread makes of a file (corpus_load.c), and
 * how it is taken in when its turn has come (corpus_take.c).
 *
 * A part is one table's rows, column by column, with all that is needed to judge copies and to pool
 * the rows; it lives in the arena of its file and in growing arrays, until it is taken. */
#ifndef DATA_CORPUS_PARTS_H
#define DATA_CORPUS_PARTS_H

#include <stdatomic.h>

#include "corpus.h"
#include "keymap.h"
#include "rowset.h"
#include "str.h"
#include "understand.h"
#include "vec.h"

/* Rows of a part; a longer table is taken in several. */
#define PART_MOST_ROWS 250000
/* Levels of a setting that are told apart, and subjects of a table. */
#define PART_MOST_LEVELS   1000
#define PART_MOST_SUBJECTS 1000
#define PART_MOST_PROMPTS  10000
/* While no more rows are remembered, they are also compared by the digits that a shorter print of
 * them would have. */
#define CORPUS_COARSE_ROWS 200000
/* 8 bytes each. */
#define CORPUS_MOST_REMEMBERED 13000000

struct numbers {
	uint32_t *v;
	size_t n, cap;
};
struct longs {
	uint64_t *v;
	size_t n, cap;
};
struct doubles {
	double *v;
	size_t n, cap;
};
struct texts {
	const char **v;
	size_t n, cap;
};
struct octets {
	uint8_t *v;
	size_t n, cap;
};

/* Numbers texts 0, 1, 2, ... as they are met; the texts live in an arena. */
struct names {
	struct keymap map;
	struct {
		const char **v;
		size_t n, cap;
	} list;
};
/* `most` texts; beyond: CORPUS_NONE. */
uint32_t names_number(struct names *n, struct arena *a, const char *s, size_t len, size_t most);
void names_release(struct names *n);

enum row_flags {
	ROW_FAILED = 1,
	ROW_COLD = 2,
	ROW_COPY = 4,
	ROW_LOAD_KNOWN = 8,
	ROW_AGAIN = 16,  /* an earlier row of the part has the same identity */
	ROW_SUMMED = 32, /* load, prefill and TTFT are there */
	ROW_SUM = 64,    /* and TTFT is the sum of the others */
	ROW_LATE = 128   /* its table has too few rows to tell whether it is a cold one */
};

struct part_failure {
	uint32_t row;
	const char *why;
	bool zeros; /* its figures are there, and all 0 */
};

/* The number that a text had lately, by its hash: most rows repeat what others have. */
#define LATELY 64
struct lately {
	uint64_t hash[LATELY]; /* 0: none */
	uint32_t number[LATELY];
};

struct part_setting {
	const char *name;
	struct lately lately;
	struct names levels;
	struct numbers of_row; /* [rows] level, or CORPUS_NONE */
	bool varies;           /* two levels and more */
};

struct part {
	struct part *next;
	const char *place, *title;
	bool json, more, later; /* not the table's last part; not its first */
	size_t nmeasures;
	struct meaning measure[UNDERSTAND_MOST_MEASURES];
	bool again[UNDERSTAND_MOST_MEASURES]; /* of a quantity that an earlier one has */
	/* Throughput that no column has: from these two; `rate` 0: it is not made. */
	size_t rate, tokens, decode;
	struct doubles value[UNDERSTAND_MOST_MEASURES];
	size_t nrows;
	struct numbers subject, line;
	struct octets flags;
	struct doubles load_s;
	struct longs identity, coarse; /* 0: of a row without two figures */
	struct {
		struct part_failure *v;
		size_t n, cap;
	} failures;
	struct names subjects; /* "" where none is named */
	struct lately lately;
	struct texts models; /* [subjects.list.n] the model of each; NULL none */
	struct part_setting setting[UNDERSTAND_MOST_SETTINGS];
	size_t nsettings;
	bool has_load, has_time;
	struct str sweep; /* its rows as CSV, where settings vary and they are few */
	struct keymap prompt_map;
};

struct loaded_told {
	struct corpus_told of; /* place.file and .table are filled in when it is taken */
	uint32_t table;        /* in loaded.tables */
};

/* A table without rows that are pooled. */
struct loaded_table {
	const char *place, *title, *why;
	enum corpus_use use;
	uint64_t rows, failed;
	uint64_t beyond; /* rows of which figures were too many to be noted */
	bool json;
	struct part *part; /* of CORPUS_ROWS */
};

/* What came of one file. */
struct loaded {
	struct arena arena;
	struct foreign_facts facts;
	struct err error; /* code other than 0: it could not be read */
	struct {
		struct loaded_table *v;
		size_t n, cap;
	} tables;
	struct {
		struct loaded_told *v;
		size_t n, cap;
	} told;
	struct {
		struct corpus_note *v;
		size_t n, cap;
	} notes;
	uint64_t notes_in_all, rows;
	uint32_t told_rows;
	struct corpus_span span;
	uint32_t forms; /* bits of enum stamp_form */
	const struct corpus_enough *enough;
	const char *model;  /* the one it names, if it names one alone */
	bool models;        /* it names several */
	uint32_t continues; /* the table in the corpus of which rows were taken before its end */
};

/* What is known to be of no use any more: it only saves work, and changes no result. */
struct corpus_enough {
	atomic_bool told, coarse, sweeps;
};

/* Reads a file into `l`, all zero.  `flush` is asked to take what there is when it becomes much. */
struct corpus_loader {
	const struct rules *rules;
	const struct corpus_enough *enough;
	struct foreign_work work; /* of this thread */
	void (*flush)(void *arg, struct loaded *l);
	void *arg;
};
void corpus_load(struct corpus_loader *by, const struct tree_file *f, struct loaded *l);
void loaded_release(struct loaded *l);

/* A part from a grid and what it means; further pieces of the same table are added. */
struct part *part_new(struct loaded *l, const struct understood *u, const struct grid *g);
void part_add(struct part *p, struct loaded *l, const struct understood *u, const struct grid *g);
/* Which rows paid for a load, and the sweep's CSV. */
void part_finish(struct part *p, const struct corpus_enough *enough);
/* A measure more where throughput can be had from two others; its value of a row (corpus_rate.c).
 */
void part_derive_rate(struct part *p);
double part_rate(const struct part *p, const double *value);
/* Above this a load time is that of a row that waited for a load; infinite where none is known.
 * Sorts v. */
double part_paid_above(double *v, size_t n);
void part_release(struct part *p);
/* The table as CSV where it can be a sweep (corpus_sweep.c). */
bool part_is_sweep(const struct part *p);
void part_write_sweep(struct part *p);
/* Name of what a row is about, in `out`. */
struct str;
void part_subject_name(
	const struct understood *u, const struct grid *g, size_t row, struct str *out);

/* Figures told by a table of aggregates. */
void told_add(struct loaded *l, const struct understood *u, const struct grid *g, uint32_t table);

/* ---- the corpus while it grows ---- */

/* A value of a row that is warm or cold by what all such rows of the subject show. */
struct late_value {
	double load_s, value;
	uint32_t measure; /* of the subject's */
};
/* Beyond so many rows all count as warm. */
#define MOST_LATE_ROWS 200000

struct subject_work {
	struct doubles late_rows; /* load times */
	struct {
		struct late_value *v;
		size_t n, cap;
	} late;
	struct corpus_subject of;
	uint32_t file, table; /* where it was met first; whose it is if it is nameless */
	bool nameless;
	bool merged; /* into the subject of a model */
	uint32_t merged_into;
	struct {
		struct corpus_measure *v;
		size_t n, cap;
	} measures;
	struct {
		struct corpus_failure *v;
		size_t n, cap;
	} failures;
	struct {
		struct corpus_place *v;
		size_t n, cap;
	} places;
	struct keymap prompts;
};

struct setting_work {
	const char *name;
	struct names levels;
	struct longs count;
};

struct growing {
	struct corpus *c;
	struct rowset fine, coarse;
	struct corpus_enough enough;
	uint64_t values; /* kept exactly */
	bool histograms; /* from now on */
	struct {
		struct subject_work *v;
		size_t n, cap;
	} subjects;
	struct keymap subject_map;
	struct {
		struct setting_work *v;
		size_t n, cap;
	} settings;
	struct {
		struct corpus_table *v;
		size_t n, cap;
	} tables;
	struct {
		struct corpus_told *v;
		size_t n, cap;
	} told;
	struct {
		struct corpus_sweep *v;
		size_t n, cap;
	} sweeps;
	struct keymap hash_map;   /* of the bytes of files that were read */
	struct numbers hash_file; /* file of each of its numbers */
	const char **file_model;  /* [nfiles] the one model a file names; NULL */
	uint32_t told_rows;
	uint32_t told_dropped; /* the last row of which a figure was not kept */
	uint32_t forms;
	struct longs distinct;     /* [tables] rows of each that were remembered, equal ones once */
	struct keymap renamed;     /* models that nameless subjects have got */
	struct numbers renamed_to; /* the subject of each */
};

void growing_start(struct growing *g, struct corpus *c);
/* Takes what was made of file `i`, in the order of files; `last` unless more of it will come. */
void growing_take(struct growing *g, uint32_t i, struct loaded *l, bool last);
/* The one part of a run of ours, whose bytes are not looked at. */
void growing_take_run_part(struct growing *g, uint32_t i, struct loaded *l);
/* Rows of `p`, of table `self`, that stand in another table get ROW_COPY; that table, or
 * CORPUS_NONE, and how many.
 */
uint32_t growing_find_copies(struct growing *g, struct part *p, uint32_t self, uint64_t *n);
void growing_remember(struct growing *g, const struct part *p, uint32_t table);
/* Pools the rows of a part that are no copies. */
void growing_pool(struct growing *g, const struct part *p, uint32_t file, uint32_t table);
void growing_settings(struct growing *g, const struct part *p);
/* The subject of that name (of a table that names none, "") that has been pooled; CORPUS_NONE. */
uint32_t growing_subject(const struct growing *g, const char *name, uint32_t table);
/* Names what is nameless, sorts, and fills in the corpus. */
void growing_finish(struct growing *g);
uint32_t *growing_finish_subjects(struct growing *g);
/* Rows of tables of few rows: which of them are cold (corpus_late.c). */
void late_add(struct subject_work *s, double load_s, const double *value, const uint32_t *measure,
	size_t n);
void late_merge(
	struct subject_work *into, const struct subject_work *from, const uint32_t *measure);
void late_settle(struct subject_work *s);
void late_release(struct subject_work *s);
void growing_release(struct growing *g);
/* The rows of a run of ours, as a subject (corpus_run.c). */
int growing_take_run(struct growing *g, uint32_t i, struct err *e);

/* Of files without a model of their own the one beside them whose name is nearest and whose model
 * is known (corpus_nearest.c): ret[i] is a file or CORPUS_NONE. */
void corpus_nearest(const struct corpus *c, const char *const *model, uint32_t *ret);

#endif
