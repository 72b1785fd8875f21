/* rules.h - what a heading means: quantity, unit, direction, and which part a column plays.
 *
 * The rules are a table, analysis/data/rules.txt (its head says how it is read), which is built
 * into the program; a user's own go before them (--rules FILE).  A heading is split into words
 * ("meanTTFT", "mean_ttft_s" and "Mean TTFT (s)" are one), statistics and units are taken off
 * (units.h), and the first rule whose words are all there, in order and the last of them at the
 * end, is the one. */
#ifndef DATA_RULES_H
#define DATA_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "units.h"

enum rule_part {
	PART_UNKNOWN, /* no rule: a text, or a number that nobody knows */
	PART_MEASURE, /* what was measured */
	PART_SETTING, /* what was set: num_ctx, temperature, threads */
	PART_SUBJECT, /* what was measured it: model, backend, device */
	PART_PROMPT,  /* which question or item */
	PART_TIME,    /* when: a time stamp */
	PART_ERROR,   /* the text of an error, empty where there was none */
	PART_SUCCESS, /* whether it went well */
	PART_LOAD,    /* time spent loading a model: a measure too */
	PART_COUNT,   /* how many values are behind the row */
	PART_REPEAT,  /* which repetition, or place in the run */
	PART_IGNORE   /* known, and of no use here */
};

/* What kind of figure of the quantity. */
enum rule_stat {
	STAT_VALUE, /* itself: one row is one measurement */
	STAT_MEAN,
	STAT_SD,
	STAT_MIN,
	STAT_P5,
	STAT_P50,
	STAT_P90,
	STAT_P95,
	STAT_P99,
	STAT_MAX,
	STAT_CV,
	STAT_TOTAL,
	STAT_OTHER, /* a statistic that is of no use here: a variance, the 75th percentile */
	STAT_COUNT_OF_KINDS
};
const char *rule_stat_name(enum rule_stat s); /* "mean", "p95"; "" of a value */
const char *rule_part_name(enum rule_part p);

struct meaning {
	enum rule_part part;
	enum rule_stat stat;
	/* Of rules.txt: "ttft", "throughput", "latency", "num_ctx"; "" unknown.  Lives as long as
	 * the rules. */
	const char *quantity;
	const char *label;     /* "TTFT", "Throughput" */
	struct unit unit;      /* of the heading; name "" where it says none */
	struct unit assumed;   /* where the heading names none, as in Ollama's durations; or "" */
	const char *canonical; /* unit that figures are given in: "ms", "tok/s"; "" as it stands */
	int better;            /* 1 higher, -1 lower, 0 neither */
	/* Values outside are none of that quantity (in the canonical unit). */
	double least, most;
	uint32_t rule; /* its line in the rules, for people; 0 none */
};

struct rules;

/* The built-in ones.  Never fails. */
struct rules *rules_new(void);
/* A user's file in front of what there is.  ERR_USAGE names the line. */
int rules_add_file(struct rules *r, const char *path, struct err *e);
int rules_add_text(struct rules *r, const char *name, const char *text, size_t len, struct err *e);
void rules_free(struct rules *r);

/* What a heading means.  `len` bytes, any bytes.  A heading that no rule knows, but that names a
 * unit ("warp_ms"), is a measure of that name.  Safe in several threads. */
struct meaning rules_meaning(const struct rules *r, const char *heading, size_t len);

#endif
