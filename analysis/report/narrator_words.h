/* narrator_words.h - words of ours that a model may choose from (narrator_schema_bound). */
#ifndef REPORT_NARRATOR_WORDS_H
#define REPORT_NARRATOR_WORDS_H

#include <stddef.h>

/* How a sentence about any finding may go on, behind a comma. */
extern const char *const narrator_findings_go_on[];
extern const size_t narrator_findings_n;

/* How a recommendation may go on: of throughput, of TTFT, of quality. */
#define NARRATOR_TOPICS  3
#define NARRATOR_CHOICES 3
extern const char *const narrator_advice_goes_on[NARRATOR_TOPICS][NARRATOR_CHOICES];

/* What helps against any risk or limit. */
extern const char *const narrator_mitigations[];
extern const size_t narrator_mitigations_n;

#endif
