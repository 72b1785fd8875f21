/* summary_json_parts.h - the parts of summary.json that have a file of their own. */
#ifndef STATS_SUMMARY_JSON_PARTS_H
#define STATS_SUMMARY_JSON_PARTS_H

#include "summary.h"

/* New references. */
json_t *summary_cell_json(const struct summary *s, const struct cell_summary *c);
json_t *summary_effect_json(const struct summary *s, size_t effect);

/* Takes over the reference. */
void summary_append(json_t *array, json_t *value);
void summary_put_count(json_t *object, const char *key, uint64_t n);

#endif
