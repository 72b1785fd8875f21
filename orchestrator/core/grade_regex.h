/* grade_regex.h - patterns of checks: bounded, so that neither a pattern nor an answer can take a
 * match for ever.  Pure. */
#ifndef CORE_GRADE_REGEX_H
#define CORE_GRADE_REGEX_H

#include <stdbool.h>

#include "err.h"

/* glibc takes up to n * n steps: 0.3 s for these, 5 s for 64 KiB. */
#define GRADE_MAX_MATCHED ((size_t)16 << 10)

/* POSIX extended, at most 500 bytes, without back references, its repeats multiplied at most 10000.
 * ERR_USAGE whose message begins with `key`. */
int grade_regex_check(const char *key, const char *pattern, struct err *e);
/* Whether it matches anywhere in the first 16 KiB of a text. */
bool grade_regex_matches(const char *pattern, const char *text);

#endif
