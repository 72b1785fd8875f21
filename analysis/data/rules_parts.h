/* rules_parts.h - what the rules_*.c share: a heading in words, and the rules as they are kept. */
#ifndef DATA_RULES_PARTS_H
#define DATA_RULES_PARTS_H

#include <pthread.h>

#include "arena.h"
#include "rules.h"

/* analysis/data/rules.txt, as it is built into the program. */
extern const char rules_text[];
extern const size_t rules_text_len;

#define HEADING_MOST_BYTES 200
#define HEADING_MOST_WORDS 24
#define RULE_MOST_WORDS    6

/* A word of a heading, in lower case. */
struct heading_word {
	const char *s; /* in heading.text, NUL-terminated */
	uint32_t hash;
	uint8_t len;
	uint8_t stat; /* enum rule_stat, if the word is the name of one; STAT_VALUE none */
	bool noise;   /* says nothing of what is measured: "results" */
	bool aside;   /* behind "across", "for", "with": not what it is about */
	bool slash;   /* a '/' stood before it */
};

struct heading {
	char text[2 * HEADING_MOST_BYTES];
	struct heading_word word[HEADING_MOST_WORDS];
	size_t n;
	size_t nall;      /* with the words of the unit, which stand behind the others */
	struct unit unit; /* "" none */
	bool odd_unit;    /* in brackets stands one that is not known: "(tok/s per GB)" */
	bool bracketed;   /* the unit stood in brackets, and is no word */
	enum rule_stat in_brackets;
};

/* "Mean TTFT (s)": its words, and what of it is a unit.  Cut if too long. */
void heading_split(struct heading *h, const char *s, size_t len);
/* The statistic that a word names; STAT_VALUE none. */
enum rule_stat heading_stat(const char *word, size_t len);
uint32_t heading_hash(const char *s, size_t len);

/* One way to write the words of a rule. */
struct pattern {
	const char *word[RULE_MOST_WORDS]; /* in lower case */
	uint32_t nwords;
	bool exact;       /* no other words: "=name" */
	bool anywhere;    /* the last one need not end the heading: "delta_*" */
	struct unit unit; /* only with that unit in the heading ("load@ms"); "" any that fits */
	const struct rule *rule;
	struct pattern *next; /* with the same hash of the last word, by order */
};

struct rule {
	struct meaning meaning;
	struct unit canonical;
	int64_t order; /* the least one that matches is taken */
};

#define RULES_BUCKETS 1024

struct rules {
	struct arena arena;
	struct pattern *bucket[RULES_BUCKETS];
	int64_t first; /* order of the first one so far */
	struct made_names *made;
};

/* Names of quantities that no rule has, made of headings. */
struct made_names {
	pthread_mutex_t lock;
	struct arena arena;
	struct made *first;
	size_t n;
};

#endif
