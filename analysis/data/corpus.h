/* corpus.h - everything below some paths, read once: which files, which tables, what they measured.
 *
 * Rows are pooled by subject: the model where one is named, else what else the table names
 * (backend, device, kernel), else the table.  A subject without a model takes that of the file
 * beside it whose name is nearest (corpus_nearest.c).  Failed rows are counted and never averaged;
 * rows that paid for a load are kept apart; a row that stands in two files counts once
 * (corpus_copies.c).  Tables whose rows stand for several measurements give figures that are told,
 * and are not pooled.
 *
 * Files are read by several threads and taken in the order of their names, so the same tree gives
 * the same corpus.  Everything lives in the corpus's arena but the values. */
#ifndef DATA_CORPUS_H
#define DATA_CORPUS_H

#include "arena.h"
#include "err.h"
#include "foreign.h"
#include "rules.h"
#include "tree.h"
#include "values.h"

#define CORPUS_NONE UINT32_MAX

/* Texts that are kept of each list; what is beyond is counted. */
#define CORPUS_MOST_NOTES    2000
#define CORPUS_MOST_SUBJECTS 5000
#define CORPUS_MOST_TOLD     20000
/* Values of a measure are kept exactly while all together are no more; else as a histogram. */
#define CORPUS_EXACT_VALUES 2000000
/* Tables that are examined for the effects of their settings, the first of them, and their rows. */
#define CORPUS_MOST_SWEEPS 100
#define CORPUS_SWEEP_ROWS  5000

/* Where something stands (corpus_where() for people). */
struct corpus_place {
	uint32_t file;        /* in files */
	uint32_t table;       /* in tables; CORPUS_NONE the file as a whole */
	uint32_t first, last; /* lines of the file, or rows of a JSON array from 0 */
	uint64_t n;           /* how many of them */
};

struct corpus_file {
	const struct tree_file *of;
	struct foreign_facts facts;
	uint32_t tables;
	/* Rows of its tables; those that are pooled or counted as failed, and told figures. */
	uint64_t rows, used;
	uint32_t copy_of;  /* another file with the same bytes, or one that holds all its rows;
			      CORPUS_NONE */
	const char *why;   /* nothing of it is used: the reason; NULL */
	uint32_t model_of; /* it names no model: the file beside it whose model it is taken to be
			      about; CORPUS_NONE */
};

enum corpus_use {
	CORPUS_ROWS,   /* its rows are pooled */
	CORPUS_TOLD,   /* its figures are told by the file */
	CORPUS_COPY,   /* its rows stand in another table */
	CORPUS_UNUSED, /* nothing in it that is known */
};

struct corpus_table {
	uint32_t file;
	const char *place, *title; /* grid.h */
	enum corpus_use use;
	const char *why;               /* of CORPUS_UNUSED and CORPUS_COPY */
	uint32_t copy_of;              /* a table; CORPUS_NONE */
	uint64_t rows, failed, copies; /* copies: rows that stand in copy_of too */
	bool json;                     /* its rows are numbered from 0 */
};

/* One quantity of a subject. */
struct corpus_measure {
	const char *quantity, *label, *unit; /* rules.h; unit "" none */
	int better;
	struct values warm, cold; /* of rows that did not fail; cold: they paid for a load */
};

struct corpus_failure {
	const char *why; /* the error's text, cut and made one line */
	uint64_t n;
	struct corpus_place first;
};

struct corpus_subject {
	const char *name;       /* "gemma3:latest"; "conv, cuda, eager" */
	const char *model;      /* NULL: none named */
	const char *model_from; /* the file whose model was taken; NULL: it says so itself */
	bool run; /* the rows of a run of ours, which are of one day and its own loads */
	uint64_t rows, failed, cold; /* rows: not failed, each once; cold: of them */
	bool load_known;             /* load times are there, so that cold rows can be told */
	struct corpus_measure *measures;
	size_t nmeasures;
	struct corpus_failure *failures; /* most frequent first */
	size_t nfailures;
	struct corpus_place *places; /* where its rows stand, failed ones too, by table */
	size_t nplaces;
	uint64_t places_beyond; /* rows in further tables */
	uint32_t prompts;       /* different ones among the rows; 0 unknown */
};

/* A figure as a file tells it: an aggregate, or a number in a report. */
struct corpus_told {
	const char *subject; /* words of the row and what surrounds it; "" none */
	const char *quantity, *label, *unit;
	int better;
	enum rule_stat stat;
	double value;     /* in `unit` */
	double precision; /* half of the last digit that was printed, in `unit`; 0 unknown */
	uint64_t n;       /* how many it stands for; 0 not said */
	bool failed;      /* the row says that it failed: no figure, whatever stands there */
	const char *failure;
	const char *column; /* heading */
	struct corpus_place place;
	/* Settings of its row: "num_ctx=1024 temperature=0.4"; "". */
	const char *settings;
	/* The same figures of the same row: told with this one, of one quantity. */
	uint32_t row; /* in told order: equal for figures of one row */
};

/* A setting, and what was tried of it. */
struct corpus_setting {
	const char *name;
	const char **level; /* numbers in order, then words */
	double *value;      /* NaN: a word */
	uint64_t *n;        /* rows at each */
	size_t nlevels;
	bool numeric;
};

/* A table of one subject whose rows differ in settings: as CSV in canonical units, for
 * dataset_from_table_text(): settings by name, measures by quantity, "ok", and "load_s" where
 * has_load says so. */
struct corpus_sweep {
	uint32_t subject, table;
	const char *csv;
	size_t len;
	const char **setting; /* names of columns that vary */
	size_t nsettings;
	const char **measure; /* quantities */
	int *better;
	size_t nmeasures;
	bool has_load, has_ok;
	uint64_t rows;
};

/* A time stamp as it was met. */
struct corpus_span {
	double first_s, last_s; /* since 1970; NaN none */
	uint64_t n;             /* readable ones */
	bool local;             /* some had no zone */
	uint32_t formats;       /* different ways of writing them */
};

struct corpus_note {
	uint32_t file;
	uint64_t line; /* 0: the file as a whole */
	const char *why;
	bool misnamed; /* a column whose values are not what its heading says */
};

struct corpus {
	struct arena arena;
	struct tree tree;          /* owned */
	struct corpus_file *files; /* [nfiles] one for each of tree.files */
	size_t nfiles;
	/* Files that are results by their names, what of them is not usable included; their bytes.
	 */
	uint64_t results, bytes;
	uint64_t by_kind[TREE_RUN + 1];
	uint64_t hash_lines, headings; /* of Markdown */
	struct corpus_table *tables;
	size_t ntables;
	struct corpus_subject *subjects; /* by name */
	size_t nsubjects;
	struct corpus_told *told;
	size_t ntold;
	uint64_t told_beyond; /* rows of tables whose figures were too many to be kept */
	struct corpus_setting *settings;
	size_t nsettings;
	struct corpus_sweep *sweeps;
	size_t nsweeps;
	uint64_t sweeps_beyond;    /* more of them */
	struct corpus_note *notes; /* first CORPUS_MOST_NOTES */
	size_t nnotes;
	uint64_t notes_in_all;
	struct corpus_span span;
	uint64_t rows, copies,
		failed; /* rows in all tables of rows; standing twice; failed (each once) */
	uint64_t zeros; /* failed rows whose figures are there and all 0 */
	/* Rows with a load time, TTFT and prefill time; of them those whose TTFT is the sum of
	 * both. */
	uint64_t ttft_checked, ttft_is_sum;
	bool exact;          /* percentiles are of the values themselves */
	bool copies_bounded; /* there were too many rows to look for copies among all of them */
};

struct corpus_options {
	struct tree_limits limits;
	const char *rules; /* a user's file; NULL */
	unsigned threads;  /* 0: as many as there are processors, at most 8 */
};

/* ERR_ENV for a path that is not there, ERR_USAGE for rules, ERR_DATA where no file is usable. */
int corpus_read(struct corpus *c, const char *const *paths, size_t npaths,
	const struct corpus_options *o, struct err *e);
void corpus_release(struct corpus *c);
/* "line 3", "results[2]", "table 2, lines 41 to 50" for people, in the arena `a`. */
const char *corpus_where(const struct corpus *c, const struct corpus_place *p, struct arena *a);

#endif
