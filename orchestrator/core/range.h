/* range.h - levels as people write them: `0,20,40`, `0-48+8`, `1024-8192x2` (`*` for x), `75%`,
 * `auto`, `all`, `0.2,0.6,0.8`, `true,false`.  Steps are by index, so 0-1+0.1 has eleven exact
 * levels. */
#ifndef CORE_RANGE_H
#define CORE_RANGE_H

#include <jansson.h>

#include "err.h"

#define RANGE_MAX_LEVELS 100000

/* Parses `text` into a JSON array of levels (integers, reals, booleans or strings; words such as
 * "auto", "all" and "75%" stay strings).  On failure the message begins at the thing, without a
 * place: `expected a number after "-", got "8k"`; callers prefix the place.  New reference. */
json_t *range_parse(const char *text, struct err *e);

#endif
