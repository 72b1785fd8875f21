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
	int64_t suite_tokens, suite_predict; /* what the prompts' suite asks for; 0 nothing */
};

/* The keys of a sweep file, NULL-ended. */
extern const char *const sweep_keys[];

/* A place below `above`.  What an option of the command line has set is named by that option. */
struct jsonx_at sweep_at(const struct reading *r, const struct jsonx_at *above, const char *key);
/* An element; the option that set the list stands for all of them. */
struct jsonx_at sweep_at_index(const struct jsonx_at *above, size_t i);
/* Puts the place before a message that has none.  Returns -1. */
int sweep_prefix(const struct jsonx_at *at, struct err *e);

/* "factors", "cells", "zip" and "options", with the rules between them; after the prompts. */
int sweep_read_grid(struct reading *r, const struct jsonx_at *root);
/* "prompts" or "prompt". */
int sweep_read_prompts(struct reading *r, const struct jsonx_at *root);
/* What their suite asks for where the sweep says nothing of it; after factors and options. */
void sweep_suite_defaults(struct reading *r);

/* "calibrations"; after the prompts. */
int sweep_read_calibrations(struct reading *r, const struct jsonx_at *root);
json_t *sweep_calibrations_json(const struct sweep *s);
void sweep_release_calibrations(struct sweep *s);

/* ---- sweep_extends.c, sweep_variables.c, sweep_presets.c ---- */

/* The object of a preset, or NULL.  New reference. */
json_t *sweep_preset(const char *name);
/* A copy with variables of the environment filled in; NULL with the error.  New reference. */
json_t *sweep_expand(const struct jsonx_at *at, struct err *e);

/* ---- sweep_grid.c, sweep_level.c: factors ---- */

/* A factor under a checked name, as yet without levels; NULL with the error. */
struct factor *sweep_new_factor(struct reading *r, const struct jsonx_at *at, const char *name);
/* All levels of a factor: an array, a range, or an object of named ones. */
int sweep_read_levels(const struct jsonx_at *at, struct factor *f, struct err *e);
/* One more level, of a name or NULL; after the last sweep_finish_levels. */
int sweep_take_level(const struct jsonx_at *at, struct factor *f, const char *name, struct err *e);
int sweep_finish_levels(const struct jsonx_at *at, struct factor *f, bool indexed, struct err *e);
/* Levels of a factor `prompt` are prompts of the sweep; "*" becomes all of them. */
int sweep_check_prompt_levels(struct reading *r, const struct jsonx_at *at, struct factor *f);
/* A value as the factor or option takes it; new reference, NULL with the error. */
json_t *sweep_typed_level(const struct jsonx_at *at, const struct factor *f, struct err *e);
json_t *sweep_typed_option(
	const struct jsonx_at *at, const struct option_spec *spec, struct err *e);
json_t *sweep_typed_text(const struct jsonx_at *at, struct err *e);
/* What rows and charts call a value without a name; new string. */
char *sweep_value_text(const json_t *value);

/* ---- sweep_load_keys.c ---- */

#define SWEEP_MIN_RATE   1e-4
#define SWEEP_MAX_RATE   1e5
#define SWEEP_MAX_SYSTEM ((size_t)1 << 20)

int sweep_read_traffic(struct reading *r, const struct jsonx_at *root);
/* The rules between rate, burst and concurrency; after the grid. */
int sweep_check_traffic(struct reading *r, const struct jsonx_at *root);
const char *sweep_subset_word(enum subset_kind kind);
json_t *sweep_subset_json(const struct sweep_subset *subset); /* new reference */
/* "30m", "1h30m", "90s" in seconds; NaN if it is none. */
double sweep_duration(const char *text);
/* "80%" as 0.8; false if it is no percentage up to 100. */
bool sweep_percentage(const char *text, double *share);
/* "2%" or 0.02 */
int sweep_fraction(const struct jsonx_at *at, double min, double max, double *ret, struct err *e);
int sweep_keep_alive(const struct jsonx_at *at, int64_t *ret, struct err *e);
/* Tokens, or a share of num_ctx; the other is 0. */
int sweep_prompt_tokens(const struct jsonx_at *at, int64_t *tokens, double *share, struct err *e);

/* ---- sweep_cells.c, sweep_links.c: factors that vary together ---- */

int sweep_read_links(struct reading *r, const struct jsonx_at *root);
/* Not more places than a plan can go through; after everything that takes some away. */
int sweep_check_places(struct reading *r, const struct jsonx_at *root);
/* The link a factor is in, or NULL. */
const struct sweep_link *sweep_link_of(const struct sweep *s, size_t factor);
/* A link's factors in rising order, its rows' levels with them. */
void sweep_sort_link(struct sweep_link *link);
/* By name: what is drawn from a grid must not depend on the order of keys. */
void sweep_sort_factors(struct sweep *s);
/* By value, linked rows by their levels, for the same reason; after words have become numbers. */
void sweep_sort_levels(struct sweep *s);
/* After levels became equal: now[old index] is the new index. */
void sweep_relevel(struct sweep *s, size_t factor, const uint32_t *now);
/* A row as {factor: value}, or with the names of levels that have one.  New reference. */
json_t *sweep_link_row_json(
	const struct sweep *s, const struct sweep_link *link, size_t row, bool names);
void sweep_put_links(json_t *o, const struct sweep *s);
void sweep_release_links(struct sweep *s);

/* ---- sweep_conditions.c ---- */

int sweep_read_conditions(struct reading *r, const struct jsonx_at *root);
/* Binds all words for good; after every option is there. */
int sweep_bind_conditions(struct sweep *s, struct err *e);
void sweep_put_conditions(json_t *o, const struct sweep *s);
void sweep_release_conditions(struct sweep *s);

/* Whether a factor of that name is no option: "model", "server", "rate", ... */
bool sweep_is_kind(const char *name);
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
