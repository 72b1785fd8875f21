/* streams_record.h - with how many streams at once this machine's client may be trusted: what
 * `chimera doctor` measured, judged, and kept for the runs that follow.
 *
 * A level is so many streams at once.  It is trusted if errors of TTFT and of ITL have p50 at most
 * 0.1 ms and p99 at most 1 ms and the client used at most 95 % of a processor.  It is not judged
 * where something failed, nor where an error is larger and the server was late itself, since that
 * says nothing of the client.  The machine may be trusted with the largest level for which it and
 * all smaller ones are trusted. */
#ifndef CORE_STREAMS_RECORD_H
#define CORE_STREAMS_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "truth.h"

#define STREAMS_P50_LIMIT  (NS_PER_MS / 10)
#define STREAMS_P99_LIMIT  NS_PER_MS
#define STREAMS_LATE_LIMIT NS_PER_MS /* p99 of the server's own lateness */
#define STREAMS_CPU_LIMIT  0.95

/* The kernel tells user's time from system's by ticks of some milliseconds: not of less than this.
 */
#define STREAMS_SPLIT (NS_PER_S / 5)

#define STREAMS_WHY 200

enum streams_verdict { STREAMS_TRUSTED, STREAMS_NOT_TRUSTED, STREAMS_NOT_JUDGED };
const char *streams_verdict_name(enum streams_verdict v); /* "trusted", "not trusted", ... */

struct streams_level {
	uint32_t streams;
	uint64_t requests, failed; /* made; of them not ok */
	uint64_t unpaired;         /* not in the truth log, or not once */
	uint64_t differing;        /* another number of chunks than the server sent */
	struct truth_figures ttft, itl, sent, late;
	uint64_t gaps, unresolved; /* in all; that the client cannot tell */
	uint64_t user_stamped;     /* chunks dated by user-space time */
	/* While tokens streamed: NaN unknown. */
	uint64_t tokens;           /* that came meanwhile */
	double cpu_us;             /* of the client's processor time, per token */
	double user_us, system_us; /* its parts; unknown where little was used (STREAMS_SPLIT) */
	double client_share, server_share; /* of one processor */
	int64_t memory;                    /* bytes, the client's most; -1 unknown */
	enum streams_verdict verdict;
	char why[STREAMS_WHY]; /* of a verdict that is not trusted; else "" */
};

/* Fills in verdict and why. */
void streams_judge(struct streams_level *l);
/* With how many the client may be trusted, of levels in rising order; 0: with none.  False, and 0,
 * where that is not known: there is no level, or the first was not judged. */
bool streams_trusted(const struct streams_level *levels, size_t n, uint32_t *ret);

/* ---- the record ---- */

/* What makes a record this machine's; "" where it cannot be told. */
struct streams_machine {
	char host[256], cpu[200], kernel[200];
};
void streams_machine_here(struct streams_machine *m);

struct streams_record {
	struct streams_machine machine;
	char version[64]; /* of the program */
	ns measured_wall;
	double rate, seconds; /* tokens per second of each stream; how long each level lasted */
	const struct streams_level *levels; /* in rising order; borrowed */
	size_t nlevels;
};

/* The record as one object (docs/formats.md).  New reference. */
json_t *streams_record_json(const struct streams_record *r) NODISCARD;

/* Where it is kept: $XDG_STATE_HOME/chimera/doctor.json, else ~/.local/state/chimera/doctor.json;
 * the arguments are the values of XDG_STATE_HOME and HOME, or NULL.  New string; NULL if there is
 * no such place. */
char *streams_record_path(const char *xdg_state_home, const char *home);
/* Writes it there, whole or not at all; makes the folders.  ERR_ENV. */
int streams_record_write(const char *path, const json_t *record, struct err *e) NODISCARD;

/* What a run needs of it. */
struct streams_trust {
	uint32_t streams; /* 0: with none */
	uint32_t tried;   /* the largest level: with more it may be trusted, if with all that were
			     tried */
	double rate;      /* at so many tokens per second of each */
	char measured_at[40];
};
/* The record of this machine.  0; or -1 with the reason in e->msg, as an end to "the number of
 * streams is not known: ", and what to do about it as its hint: there is none, it cannot be read,
 * or it is of another machine, processor or kernel.  *ret is then all zero. */
int streams_record_load(struct streams_trust *ret, const char *path,
	const struct streams_machine *here, struct err *e);
/* The same of this machine, from where it is kept. */
int streams_record_here(struct streams_trust *ret, struct err *e);

#endif
