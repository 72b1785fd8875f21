/* jsonx.h - strict reading over jansson, and writing that loses no digit.
 *
 * A jsonx_at is a place in a document: it knows the file and the path, so that every error reads
 * `sweeps/x.json: factors.num_ctx[2]: expected an integer, got "8k"`.  Values are borrowed. */
#ifndef BASE_JSONX_H
#define BASE_JSONX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

struct jsonx_at {
	const char *source; /* file name or "command line"; may be NULL for none */
	char path[200];     /* "factors.num_ctx[2]", "" at the root */
	json_t *value;      /* borrowed; NULL when absent */
};

/* Parses a whole file; duplicate keys are refused.  ERR_USAGE with line and column, also if there
 * is no such file.  New reference. */
json_t *jsonx_load(const char *path, struct err *e) NODISCARD;
/* Parses a buffer that came from outside; NUL escapes allowed; NULL if it is not JSON. */
json_t *jsonx_parse(const char *s, size_t len) NODISCARD;

struct jsonx_at jsonx_root(const char *source, json_t *value);
struct jsonx_at jsonx_key(const struct jsonx_at *at, const char *key); /* value NULL if absent */
struct jsonx_at jsonx_index(const struct jsonx_at *at, size_t i);

/* "expected WHAT, got VALUE" at this place.  Always returns -1. */
int jsonx_expected(const struct jsonx_at *at, const char *what, struct err *e);
/* Any other complaint at this place. */
int jsonx_error(const struct jsonx_at *at, struct err *e, const char *fmt, ...) PRINTF_LIKE(3, 4);

int jsonx_int(const struct jsonx_at *at, int64_t min, int64_t max, int64_t *ret, struct err *e);
int jsonx_real(const struct jsonx_at *at, double min, double max, double *ret, struct err *e);
int jsonx_bool(const struct jsonx_at *at, bool *ret, struct err *e);
int jsonx_string(const struct jsonx_at *at, const char **ret, struct err *e); /* not empty */
int jsonx_object(const struct jsonx_at *at, struct err *e);
int jsonx_array(const struct jsonx_at *at, struct err *e);
/* Refuses a key that is not in the NULL-ended list, with "did you mean". */
int jsonx_only_keys(const struct jsonx_at *at, const char *const *keys, struct err *e);

/* The nearest of the NULL-ended candidates to `word` (edit distance at most 2, or a third of the
 * length), or NULL. */
const char *jsonx_did_you_mean(const char *word, const char *const *candidates);

/* Writes JSON: object keys in insertion order, numbers by num_text, non-finite numbers as null.
 * indent 0 gives one line.  With `sorted`, keys in byte order (for fingerprints). */
void jsonx_dump(struct str *out, const json_t *value, int indent, bool sorted);
/* Sets a key of an object of our own making; steals the value.  A missing value or one that is
 * refused is a mistake of ours: BUG. */
void jsonx_put(json_t *object, const char *key, json_t *value);
/* A number; where it is none, null, and the reason as KEY_why (NULL or "": "not measured"). */
void jsonx_put_or_why(json_t *object, const char *key, double x, const char *why);
/* A double as JSON: integer where exact and below 2^53, null where not finite.  New reference. */
json_t *jsonx_number(double x) NODISCARD;
/* Text from outside as JSON: null where there is none ("" too) or it is not UTF-8. */
json_t *jsonx_text(const char *s) NODISCARD;
/* Convenience for reading foreign objects: number or NaN, text or NULL, never an error. */
double jsonx_get_number(const json_t *object, const char *key);
const char *jsonx_get_string(const json_t *object, const char *key);

#endif
