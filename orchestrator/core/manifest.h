/* manifest.h - RUN/manifest.json: who, where, with what; and RUN/sweep.json.  docs/formats.md has
 * the keys.  Written at the start of every session and at its end; replaced atomically. */
#ifndef CORE_MANIFEST_H
#define CORE_MANIFEST_H

#include <jansson.h>

#include "clock.h"
#include "err.h"
#include "plan.h"

struct manifest_session {
	uint32_t number;
	ns started_wall, ended_wall; /* ended NS_NONE while it runs */
	const char *how;             /* "run" or "resume" */
	const char *ended; /* "complete", "interrupted", "server gone", "failed"; or NULL */
	uint64_t loads_made, rows;
	bool simulated, is_virtual;
	const json_t *clock; /* how far this machine's times are trusted; NULL: nothing to say */
	const json_t *notes; /* lines told on the way, as texts; may be NULL; borrowed */
	/* Simulated: seed and --sim settings of the machine, kept as "simulator" {virtual, seed,
	 * set[]} at the top level so that a resume finds the same one.  Borrowed. */
	uint64_t sim_seed;
	const json_t *sim_set;
};

/* Writes manifest.json; a resumed run keeps the earlier sessions. */
int manifest_write(const char *dir, const char *tool_version, const struct plan *p,
	const struct manifest_session *session, struct err *e);
/* Reads it.  ERR_JOURNAL if the folder is not a run directory, ERR_ENV if there is none.  New
 * reference. */
json_t *manifest_load(const char *dir, struct err *e);
/* A count of what was planned: "requests", "loads", "passes"; 0 where it does not say. */
uint64_t manifest_planned(const json_t *manifest, const char *key);
/* Exit 4 naming both, where fingerprint, a server's version or a model's digest differs. */
int manifest_check(const json_t *manifest, const char *dir, const struct plan *p, struct err *e);

/* The resolved sweep with what the plan decided: the contents of RUN/sweep.json.  New reference. */
json_t *sweep_file_json(const struct plan *p);
/* Replaces DIR/NAME by the object, atomically. */
int manifest_write_file(const char *dir, const char *name, const json_t *object, struct err *e);
int sweep_file_write(const char *dir, const struct plan *p, struct err *e); /* RUN/sweep.json */

#endif
