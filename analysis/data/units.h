/* units.h - units in headings and beside numbers: "ttft_ms", "latency (s)", "53.5 W". */
#ifndef DATA_UNITS_H
#define DATA_UNITS_H

#include <stdbool.h>
#include <stddef.h>

enum unit_kind { UNIT_OTHER, UNIT_TIME, UNIT_RATE, UNIT_BYTES, UNIT_SHARE };

struct unit {
	const char *name; /* "ms", "tok/s"; "" unknown.  Static */
	enum unit_kind kind;
	double factor; /* to the kind's own unit: seconds, per second, bytes, parts of 1 */
};

/* The unit of a heading: in brackets at its end, or its last words.  The name is "" without one. */
struct unit unit_of_heading(const char *heading);
/* The unit of that spelling, or one with the name "". */
struct unit unit_named(const char *s, size_t len);
/* What a value in `from` is multiplied by to be one in `to`; NaN if they measure different things
 * ("tok/s" and "req/s" do, though both are rates). */
double unit_factor(const struct unit *from, const struct unit *to);
/* A number, with a unit behind it perhaps ("12.5 ms", "3s", "40 %").  False if it is none. */
bool unit_number(const char *s, size_t len, double *number, struct unit *unit);

#endif
