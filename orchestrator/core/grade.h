/* grade.h - the prompt's own check of an answer: 0..1, or NaN where there is none.  Pure.
 * exact: trimmed text equals (case and final full stop apart); one_of: any of several; number: the
 * last number in the answer within the tolerance; regex: POSIX extended, anywhere in the answer.
 * Of long answers the first 64 KiB count, for regex 16 KiB. */
#ifndef CORE_GRADE_H
#define CORE_GRADE_H

#include "sweep.h"

/* Checks a {"exact": ...} object at load time; -1 with a message without a place. */
int grade_check(const json_t *spec, enum check_kind *kind, struct err *e);
double grade_answer(const struct prompt *p, const char *answer);

#endif
