/* filler.h - prompts made to a length: common words before the text, so that the text, the question
 * or task itself, stays whole and stands last.  Pure.
 *
 * All words have four letters and are one token after a space in the vocabularies of the usual
 * models.  They come in rounds, each of which has every word once in a new order, so that n words
 * cost n times the mean whatever single words cost.  The order is a function of prompt and number
 * of words: the same request is sent again with the same words, and prompts of two lengths begin
 * differently. */
#ifndef CORE_FILLER_H
#define CORE_FILLER_H

#include "plan.h"
#include "str.h"

#define FILLER_WORD_BYTES 5 /* of each word with the space after it */
#define FILLER_MAX_WORDS  8000000

/* Appends `words` words and an empty line; nothing for 0. */
void filler_add(struct str *out, const char *prompt_id, int64_t words);
/* The tokens of prompt `prompt` of the sweep with so many words; `unique` with a first word. */
double filler_tokens(const struct calibration *c, size_t prompt, bool unique, int64_t words);
/* How many words bring it nearest to `tokens`; 0 if it is too long for even one. */
int64_t filler_words(const struct calibration *c, size_t prompt, bool unique, int64_t tokens);
/* What a cell's level of a factor is called; NULL where it is none. */
const char *filler_level_name(const struct plan *p, uint32_t cell, const char *factor);
/* The calibration of a cell's model, system prompt and template; NULL without. */
const struct calibration *filler_calibration(const struct plan *p, uint32_t cell);
/* The words a planned prompt begins with: 0 where no length is asked for. */
int64_t filler_words_of(const struct plan *p, uint32_t cell, size_t prompt);

/* Whether any length is asked for, and whether each cell's is calibrated. */
bool filler_is_needed(const struct sweep *s);
bool filler_is_calibrated(const struct plan *p);
/* How many cells ask for a prompt that does not fit into their num_ctx together with an answer of
 * num_predict tokens; *first is one of them.  Such a prompt is cut, or its answer is. */
uint32_t filler_misfits(const struct plan *p, uint32_t *first);
/* A number of a cell's settings: the option's level or its fixed value; -1 where there is none. */
int64_t filler_option(const struct plan *p, uint32_t cell, const char *option);
/* ERR_USAGE if a cell asks for fewer tokens than a prompt of it has by itself: names both. */
int filler_check(const struct plan *p, struct err *e);

#endif
