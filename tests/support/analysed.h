/* analysed.h - a run of a known truth with its summary, and what the summary says of it. */
#ifndef TESTS_ANALYSED_H
#define TESTS_ANALYSED_H

#include "dataset.h"
#include "splitplot.h"
#include "summary.h"

struct analysed {
	struct dataset d;
	struct summary s;
	struct err e;
};

/* 4 num_ctx x 3 temperatures, no effect, little noise. */
struct splitplot analysed_plain(void);
/* The data; the test may change them before it analyses them. */
void analysed_make(struct analysed *f, const struct splitplot *c);
void analysed_run(struct analysed *f);
void analysed_release(struct analysed *f);

/* The first finding of the kind that has the part, or NULL. */
const struct finding *analysed_find(
	const struct analysed *f, enum finding_kind kind, const char *part);
/* Fails the test if there is none, and prints what there is. */
void analysed_expect(const struct analysed *f, enum finding_kind kind, const char *part);

#endif
