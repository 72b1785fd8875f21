/* big_tree_rows.h - the rows of a big tree as text: requests that never were, in the ways that
 * people write them. */
#ifndef TESTS_BIG_TREE_ROWS_H
#define TESTS_BIG_TREE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"

/* One call puts no more bytes than this, without looking whether there is room. */
#define BIG_TREE_MOST_PIECE 4096

struct big_text {
	char *at; /* the next byte */
};

void big_put(struct big_text *t, const char *s);
/* A text, and x / 10^places. */
void big_put_named(struct big_text *t, const char *before, uint64_t x, int places);
/* ISO 8601; seconds of a year whose months have 28 days. */
void big_put_time(struct big_text *t, uint64_t s);

struct big_request {
	uint32_t model, gpu, context, temperature, prompt;
	uint64_t second;               /* of its time stamp */
	uint64_t load, prefill, eval;  /* microseconds */
	uint32_t rate;                 /* tokens in 1,000 s */
	uint32_t tokens, asked, chars; /* asked: tokens of the prompt */
	bool failed;
};

/* One request after the other, of one file. */
struct big_requests {
	struct rng rng;
	uint32_t file;
	uint64_t n;
};

void big_requests_begin(struct big_requests *q, uint64_t seed, uint32_t file);
void big_requests_next(struct big_requests *q, struct big_request *r);
const char *big_request_model(const struct big_request *r);

/* CSV has a column for each setting, or all of them in one, which the file's number says. */
void big_put_csv_head(struct big_text *t, uint32_t file);
void big_put_csv_row(struct big_text *t, uint32_t file, const struct big_request *r);
void big_put_jsonl_row(struct big_text *t, const struct big_request *r);
void big_put_json_row(struct big_text *t, const struct big_request *r); /* of a list, indented */

#endif
