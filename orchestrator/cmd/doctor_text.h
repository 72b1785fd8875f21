/* doctor_text.h - what the doctor found, on one screen and as one object. */
#ifndef CMD_DOCTOR_TEXT_H
#define CMD_DOCTOR_TEXT_H

#include "clockfacts.h"
#include "doctor_measure.h"

/* What is told beside the levels. */
struct doctor_facts {
	struct streams_machine machine;
	struct clockfacts clock;
	const char *server; /* the one that runs are sent to, by its URL */
	bool shares;        /* it has a loopback address */
	uint32_t files;     /* levels of more streams need more files than there may be */
};

/* Before anything is measured. */
void doctor_text_head(const struct doctor_facts *f, const struct doctor_load *load,
	const uint32_t *streams, size_t n);
/* One row of the table, as soon as it is there; the first with the heads of columns. */
void doctor_text_level(const struct streams_level *l, bool first);
/* The sentences below it. */
void doctor_text_facts(const struct doctor_facts *f, const struct streams_level *levels, size_t n);
void doctor_text_trust(
	const struct doctor_load *load, const struct streams_level *levels, size_t n);

/* The record with `clock` and `server` in it.  New reference. */
json_t *doctor_json(const struct doctor_facts *f, const struct streams_record *r) NODISCARD;

#endif
