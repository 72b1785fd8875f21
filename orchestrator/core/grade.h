/* grade.h - the prompt's own check of an answer: 0 or 1, or NaN where there is none.  Pure.
 *
 * {"exact": "Paris"}: the whole answer, but for white space, one final full stop and marks
 * (* _ ` " ') on both sides; ASCII letters of either case.
 * {"one_of": ["yes", "y"]}: any of several, each like exact.
 * {"number": 4, "tolerance": 0.01}: the number that it gives (grade_number.h).
 * {"regex": "^[A-Z]{3}$"}: POSIX extended, anywhere; ^ and $ are the ends of the answer without the
 * white space around it, and a point is any character.
 * {"json": {schema}}: its first text in balanced brackets that is a JSON object (or array, as the
 * schema says) fits the schema (grade_schema.h); code fences and words around it do not count.
 *
 * So an answer that says more than was asked is wrong by exact and one_of; by number its last
 * number counts unless its first line is a number alone.  An answer with a NUL in it ends there.
 * Of long answers the first 64 KiB count, for regex 16 KiB. */
#ifndef CORE_GRADE_H
#define CORE_GRADE_H

#include "sweep.h"

/* Checks a {"exact": ...} object at load time; -1 with a message without a place. */
int grade_check(const json_t *spec, enum check_kind *kind, struct err *e);
double grade_answer(const struct prompt *p, const char *answer);

#endif
