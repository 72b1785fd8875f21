/* insight_names.h - which subject a text speaks of: words in common, and no other subject with more
 * of them. */
#ifndef STATS_INSIGHT_NAMES_H
#define STATS_INSIGHT_NAMES_H

#include "corpus.h"
#include "keymap.h"

#define NAMES_MOST_WORDS 32

/* The different words of a text, as numbers in order.  Lower case, split at everything that is
 * neither letter nor digit; "latest", the tag that stands for none, is left out. */
struct name_words {
	uint32_t word[NAMES_MOST_WORDS];
	size_t n;
	bool variant[NAMES_MOST_WORDS]; /* it says which one of a family: "8b", "q4", "270m" */
	bool latest;                    /* it had the tag */
};

struct whose {
	struct keymap words, sets;
	uint32_t nsubjects;
	struct name_words *subject; /* [nsubjects] */
	bool *model;                /* [nsubjects] it is one */
	bool *family;               /* [nsubjects] another one has all its words and more */
	uint32_t *of_set;           /* [sets of subjects] the first subject with these words */
	uint32_t *how_many;         /* and how many have them */
	size_t nsets;
	/* Subjects by each of their words, and by the rarest one. */
	uint32_t *start, *list;   /* list[start[word] .. start[word + 1]] */
	uint32_t *rstart, *rlist; /* the same */
	size_t nwords;            /* words of subjects */
};

void whose_init(struct whose *n, const struct corpus *c);
void whose_release(struct whose *n);
/* Adds the words of a text to what is there. */
void whose_words(struct whose *n, const char *text, struct name_words *ret);
/* A number for a set of words: equal for equal ones. */
uint32_t whose_set(struct whose *n, const struct name_words *w);
/* The subject with just these words, else the one with most words that are all among them, else the
 * only one that has all of them and more.  CORPUS_NONE where there is none, or several are as near,
 * or the one may be meant as little as others of its family. */
uint32_t whose_find(struct whose *n, const struct name_words *w);

#endif
