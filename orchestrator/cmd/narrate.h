/* narrate.h - asks a language model on an Ollama server for the summary, once and once more. */
#ifndef CMD_NARRATE_H
#define CMD_NARRATE_H

#include "clock.h"
#include "err.h"
#include "narrator.h"

/* Bounds of one request; 0: the default below. */
struct narrate_limits {
	ns connect, first, stall, total;
};
#define NARRATE_CONNECT (10 * NS_PER_S)
#define NARRATE_FIRST   (180 * NS_PER_S) /* a load is in it, and on processors a long prompt */
#define NARRATE_STALL   (60 * NS_PER_S)
#define NARRATE_TOTAL   (600 * NS_PER_S)

struct narrate_spec {
	const char *host; /* URL as --host has it; NULL: OLLAMA_HOST, else this machine */
	const char *model;
	struct narrate_limits limits;
};

/* Asks for the summary.  0: a server was asked, and `ret` says whether a text was accepted and what
 * each try took; what a server does wrong meanwhile is a reason in it and no error.  -1: nobody
 * could be asked (ERR_ENV with the hint: no server, no such model; ERR_USAGE: no address); ret->why
 * says it too, so that the report can.  Where the facts are too few nobody is asked, which is no
 * error.  Blocks until it is over; the report should be written before.  Caller: narrated_release
 * in every case. */
int narrate(const struct narrate_spec *spec, const struct narrator_facts *facts,
	struct narrated *ret, struct err *e) NODISCARD;

#endif
