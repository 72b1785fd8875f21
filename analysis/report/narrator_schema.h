/* narrator_schema.h - JSON schemas of an answer, and answers back into text. */
#ifndef REPORT_NARRATOR_SCHEMA_H
#define REPORT_NARRATOR_SCHEMA_H

#include "narrator.h"

/* Sentences in the model's own words, letters and names only, of lengths that come to the wanted
 * number of words with the figures put in.  New reference. */
json_t *narrator_schema_free(const struct narrator_facts *f);
/* Each sentence is a fact in our words, chosen from those of its place, and how it goes on, chosen
 * from ours.  New reference; NULL where there are too few facts to come to the length. */
json_t *narrator_schema_bound(const struct narrator_facts *f);

#endif
