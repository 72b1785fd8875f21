/* clock.h - time.  Measured time is monotonic nanoseconds in an int64_t; wall time is for people.
 *
 * Inside the program every duration and instant is `ns`.  NS_NONE says "not measured" and is never
 * written as 0.  Pure code takes `now` as an argument and does not call this file's functions. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t ns;

#define NS_NONE   INT64_MIN
#define NS_PER_US ((ns)1000)
#define NS_PER_MS ((ns)1000000)
#define NS_PER_S  ((ns)1000000000)

ns clock_mono(void); /* CLOCK_MONOTONIC */
ns clock_boot(void); /* CLOCK_BOOTTIME: also counts sleep; clock_mono() elsewhere than Linux */
ns clock_wall(void); /* since 1970, UTC */
ns clock_cpu(void);  /* processor time of this process, all threads */

/* "2026-11-24T23:19:48.123456789Z" into dst (at least 32 bytes).  Returns dst. */
char *clock_iso(char *dst, ns wall);
/* Reads what clock_iso writes (the fraction may be shorter or missing); NS_NONE if it is no such
 * text, no such date, or not from 1678 to 2261. */
ns clock_parse_iso(const char *s, size_t len);
/* "2026-11-24" in UTC into dst (at least 12 bytes).  Returns dst. */
char *clock_date(char *dst, ns wall);

#endif
