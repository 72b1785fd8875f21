/* stamp.h - time stamps as people and programs write them. */
#ifndef DATA_STAMP_H
#define DATA_STAMP_H

#include <stdbool.h>
#include <stddef.h>

enum stamp_form {
	STAMP_NONE,
	STAMP_ISO,      /* 2025-09-30T20:11:33.5+02:00, with a blank for T, a date alone */
	STAMP_SLASHED,  /* 2025/09/30 20:11:33 */
	STAMP_COMPACT,  /* 20250930-201133, 20250930_201133, 20250930T201133Z */
	STAMP_DOTTED,   /* 30.09.2025 20:11 */
	STAMP_AMERICAN, /* 9/30/2025 8:11:33 PM; with the day first only where it is above 12 */
	STAMP_NAMED,    /* Tue, 30 Sep 2025 20:11:33 GMT; Sep 30 2025 20:11; 30-Sep-2025 */
	STAMP_EPOCH     /* seconds, milliseconds, microseconds or nanoseconds since 1970 */
};

struct stamp {
	enum stamp_form form;
	double seconds; /* since 1970, as if a local time were UTC */
	bool local;     /* it names no zone */
};

/* `form` STAMP_NONE if it is none, or one that may mean two days ("03/04/2025"). */
struct stamp stamp_parse(const char *s, size_t len);
/* The same of a number: of the years 2001 to 2100, in the unit its size tells. */
struct stamp stamp_number(double x);

#endif
