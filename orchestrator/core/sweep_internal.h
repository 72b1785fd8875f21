/* sweep_internal.h - shared by the sweep_*.c files only. */
#ifndef CORE_SWEEP_INTERNAL_H
#define CORE_SWEEP_INTERNAL_H

#include "jsonx.h"
#include "sweep.h"

/* One reading of a sweep object. */
struct reading {
	struct sweep *s;
	const json_t *origin; /* path to the option that set it, or NULL */
	struct err *e;
};

/* The keys of a sweep file, NULL-ended. */
extern const char *const sweep_keys[];

/* A place below `above`.  What an option of the command line has set is named by that option. */
struct jsonx_at sweep_at(const struct reading *r, const struct jsonx_at *above, const char *key);
/* An element; the option that set the list stands for all of them. */
struct jsonx_at sweep_at_index(const struct jsonx_at *above, size_t i);
/* Puts the place before a message that has none.  Returns -1. */
int sweep_prefix(const struct jsonx_at *at, struct err *e);

/* "factors" and "options", with the rules between them. */
int sweep_read_grid(struct reading *r, const struct jsonx_at *root);
/* "prompts" or "prompt". */
int sweep_read_prompts(struct reading *r, const struct jsonx_at *root);

/* A new factor without levels; BUG beyond SWEEP_MAX_FACTORS. */
struct factor *sweep_add_factor(struct sweep *s, const char *name);
/* A new last level.  Steals `value`; `asked` is how it was written, NULL for the value's own text.
 */
void sweep_add_level(struct factor *f, json_t *value, const char *asked);
/* Another value for a level.  Steals `value`. */
void sweep_set_level(struct level *l, json_t *value);
void sweep_release_level(struct level *l);

/* A line for people to read before the plan. */
void sweep_warn(struct sweep *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
