/* grade_schema.h - the part of JSON Schema that checks of answers know: type, enum, const;
 * required, properties, additionalProperties (true or false); items, minItems, maxItems; minimum,
 * maximum; minLength, maxLength (characters), pattern (POSIX extended, anywhere in the text).  Any
 * other keyword is an error, so that none is silently without effect.  1 and 1.0 are equal, and
 * both are integers.  Pure. */
#ifndef CORE_GRADE_SCHEMA_H
#define CORE_GRADE_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"

/* Checks a schema at load time: ERR_USAGE whose message begins with the place in it, without the
 * file's.  The root is an object or an array, at most 16 levels deep, of at most 1000 schemas. */
int grade_schema_check(const json_t *schema, struct err *e);
/* Whether a value fits a schema that was checked. */
bool grade_schema_fits(const json_t *schema, const json_t *value);

#endif
