/* big_tree.h - a tree of result files as other people's programs write them, of any size, for
 * benchmarks: by bytes four fifths CSV and JSON lines, a tenth JSON, a tenth Markdown.
 *
 * The rows are requests to language models: model, settings, prompt, TTFT, rate, times, counts,
 * error, time stamp.  One row in a hundred failed and holds zeros; one file in fifty is the copy of
 * another; one CSV file in twenty begins with all the rows of another; one in twenty has means
 * instead of rows.  The same numbers give the same bytes, whatever the number of threads. */
#ifndef TESTS_BIG_TREE_H
#define TESTS_BIG_TREE_H

#include <stdint.h>

/* As many as there are names of models in the rows. */
#define BIG_TREE_MODELS 12

enum big_tree_form {
	BIG_TREE_CSV,
	BIG_TREE_JSONL,
	BIG_TREE_JSON,
	BIG_TREE_MARKDOWN,
	BIG_TREE_FORMS
};

struct big_tree {
	uint64_t bytes; /* about; of all files */
	uint32_t files; /* most of 17 to 450 KB where bytes / files is 100 KB, one in a thousand of
			   several MB */
	uint64_t seed;
	unsigned threads;
};

/* What was written. */
struct big_tree_made {
	uint64_t files[BIG_TREE_FORMS], bytes[BIG_TREE_FORMS];
	/* Rows that are requests, in CSV, JSON lines and JSON, with those that stand twice; of them
	 * failed ones, those that stand in an earlier file too, and those that are neither. */
	uint64_t rows, failed, copies, measured;
};

/* Writes it below `dir`, which is there.  0, or -1 with errno where a file could not be written. */
int big_tree_write(const char *dir, const struct big_tree *t, struct big_tree_made *ret);

#endif
