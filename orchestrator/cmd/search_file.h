/* search_file.h - RUN/search.json: what a capacity search was asked, tried and found
 * (docs/formats.md has the keys). */
#ifndef CMD_SEARCH_FILE_H
#define CMD_SEARCH_FILE_H

#include "search_run.h"

#define SEARCH_FILE "search.json"

/* New reference. */
json_t *search_json(const struct search_job *job);
int search_file_write(const struct search_job *job, struct err *e);

/* What a search was asked, from the file of one that is there. */
struct search_record {
	json_t *root;
	const struct search_axis *axis;
	struct search_asked asked;
	double range[3]; /* from, to, resolution */
};
/* ERR_JOURNAL if the folder holds no search, or not one of this schema.  Caller: json_decref
 * root. */
int search_file_load(struct search_record *r, const char *dir, struct err *e);
/* The levels tried so far into a job that was made of it. */
int search_file_recall(struct search_job *job, const struct search_record *r, struct err *e);

#endif
