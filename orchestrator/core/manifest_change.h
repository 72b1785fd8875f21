/* manifest_change.h - what is measured, as a manifest keeps it, and what changed in it. */
#ifndef CORE_MANIFEST_CHANGE_H
#define CORE_MANIFEST_CHANGE_H

#include <jansson.h>

#include "str.h"

/* The keys of a sweep.json that are in the fingerprint; of prompts, whose texts may be long, id and
 * hash.  New reference. */
json_t *manifest_measured(const json_t *sweep);
/* "factors.num_ctx: was 1024, 2048, now 1024, 4096; cache: was unique, now repeat" on one line, the
 * first few of what differs; nothing if nothing does.  The order of lists is not a change. */
void manifest_changes(const json_t *then, const json_t *now, struct str *to);

#endif
