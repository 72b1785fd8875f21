/* hand_corpus.h - a corpus put together by hand, for what is made of one.  Lists have room for
 * HAND_MOST entries; what is handed over must live as long as it. */
#ifndef TESTS_HAND_CORPUS_H
#define TESTS_HAND_CORPUS_H

#include "corpus.h"

#define HAND_MOST 40

void hand_init(struct corpus *c);
/* Values too; corpus_release would not know that they were made here. */
void hand_release(struct corpus *c);

uint32_t hand_file(struct corpus *c, const char *name, enum tree_kind kind);
/* Of rows, as a whole CSV file. */
uint32_t hand_table(struct corpus *c, uint32_t file, const char *title);
/* Its rows are lines 2 to rows + 1 of the table. */
uint32_t hand_subject(struct corpus *c, const char *name, uint32_t table, uint64_t rows);
/* A quantity in its canonical unit and direction: "throughput" in tok/s, all others in ms. */
struct corpus_measure *hand_measure(
	struct corpus *c, uint32_t subject, const char *quantity, const char *label);
void hand_warm(struct corpus_measure *m, const double *v, size_t n);
void hand_cold(struct corpus_measure *m, const double *v, size_t n);
/* A figure in a row of its own, told to `digits` behind the point. */
struct corpus_told *hand_told(struct corpus *c, uint32_t table, const char *subject,
	const char *quantity, enum rule_stat stat, double value, int digits);
struct corpus_setting *hand_setting(
	struct corpus *c, const char *name, const double *level, size_t n);
/* With the measures throughput and ttft, load_s and ok. */
struct corpus_sweep *hand_sweep(struct corpus *c, uint32_t subject, uint32_t table, const char *csv,
	uint64_t rows, const char **setting, size_t nsettings);

#endif
