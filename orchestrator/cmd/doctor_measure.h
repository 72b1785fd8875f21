/* doctor_measure.h - one level of the doctor: so many streams at once, held against the truth. */
#ifndef CMD_DOCTOR_MEASURE_H
#define CMD_DOCTOR_MEASURE_H

#include "streams_record.h"

/* What is asked: tokens per second of each stream, and how long its tokens stream. */
struct doctor_load {
	double rate, seconds;
};

/* Measures and judges it, on a server of its own.  ERR_ENV where the server or the connections
 * cannot be had. */
int doctor_measure(struct streams_level *l, uint32_t streams, const struct doctor_load *load,
	struct err *e) NODISCARD;
/* About how long that takes, in seconds. */
double doctor_takes(uint32_t streams, const struct doctor_load *load);

#endif
