/* probe.h - asks servers who they are, before anything is planned: version, tags, show, ps.
 * Blocking; reads only. */
#ifndef WORLD_PROBE_H
#define WORLD_PROBE_H

#include "err.h"
#include "facts.h"

/* Fills in facts->version, installed, and the facts of each model already added to `f`.  ERR_ENV if
 * nothing answers or what answers is not Ollama (says what it was); a missing /api/show or /api/ps
 * is not an error.  A model that is not installed (where /api/tags says) is ERR_ENV naming those
 * that are, hint `ollama pull NAME`. */
int probe_server(struct server_facts *f, struct err *e);

#endif
