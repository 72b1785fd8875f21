/* narration.h - facts for a narrator, and a text about them that is as it should be. */
#ifndef TESTS_NARRATION_H
#define TESTS_NARRATION_H

#include "narrator.h"

/* F1 to F6 findings, F7 to F9 recommendations, F10 and F11 risks, F12 a limit. */
extern const struct narrator_facts narration_facts;
/* Accepted: 6 sentences, 3 recommendations, 3 risks. */
extern const char narration_text[];

/* The text with the first `what` in it replaced; `what` must be there.  New string. */
char *narration_with(const char *what, const char *by);

#endif
