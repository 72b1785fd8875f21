/* budget.h - how much of its budget a run has used: the length of its sessions, by their records in
 * the manifest and, of one that was killed, by its rows.  Time between sessions costs nothing. */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include <jansson.h>

#include "journal_tally.h"

/* The sessions before number `session` together. */
ns budget_used(const json_t *manifest, const struct journal_tally *t, uint32_t session);

#endif
