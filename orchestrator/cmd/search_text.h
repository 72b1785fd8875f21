/* search_text.h - a capacity search in words. */
#ifndef CMD_SEARCH_TEXT_H
#define CMD_SEARCH_TEXT_H

#include "search_run.h"

/* What will be tried, before anything is. */
void search_text_begin(const struct search_job *job);
/* A line for a level that was tried. */
void search_text_trial(const struct search_job *job, const struct search_trial *trial);
/* The answer. */
void search_text_answer(const struct search_job *job);

#endif
