/* clock.c - the system's clocks as int64 nanoseconds. */
#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bug.h"

static ns clock_read(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t))
		BUG("clock %d cannot be read", (int)id);
	return (ns)t.tv_sec * NS_PER_S + t.tv_nsec;
}

ns clock_mono(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

ns clock_boot(void)
{
#ifdef CLOCK_BOOTTIME
	return clock_read(CLOCK_BOOTTIME);
#else
	return clock_mono();
#endif
}

ns clock_cpu(void)
{
	return clock_read(CLOCK_PROCESS_CPUTIME_ID);
}

ns clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}

/* Breaks wall time into UTC fields; returns the nanoseconds within the second, also before 1970. */
static int split_wall(ns wall, struct tm *tm)
{
	ns rest = wall % NS_PER_S;
	time_t seconds;

	if (rest < 0)
		rest += NS_PER_S;
	seconds = (time_t)((wall - rest) / NS_PER_S);
	if (!gmtime_r(&seconds, tm))
		BUG("no date for %lld", (long long)wall);
	return (int)rest;
}

char *clock_iso(char *dst, ns wall)
{
	struct tm tm;
	int rest;
	size_t len;

	dst[0] = '\0';
	if (wall == NS_NONE)
		return dst;
	rest = split_wall(wall, &tm);
	len = strftime(dst, 24, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst + len, 12, ".%09dZ", rest);
	return dst;
}

/* `count` digits at *p. */
static bool read_part(const char **p, const char *end, int count, int *value)
{
	*value = 0;
	for (; count > 0; count--, (*p)++) {
		if (*p == end || **p < '0' || **p > '9')
			return false;
		*value = *value * 10 + (**p - '0');
	}
	return true;
}

/* "", or a point and one digit to nine. */
static bool read_fraction(const char **p, const char *end, ns *fraction)
{
	ns unit = NS_PER_S;
	const char *first;

	*fraction = 0;
	if (*p == end || **p != '.')
		return true;
	for (first = ++*p; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		unit /= 10;
		*fraction += unit * (**p - '0');
	}
	return *p > first && *p - first <= 9;
}

ns clock_parse_iso(const char *s, size_t len)
{
	static const int widths[] = {4, 2, 2, 2, 2, 2};
	static const char ends[] = "--T::";
	const char *end = s + len;
	struct tm tm = {0}, normal;
	int part[6];
	time_t seconds;
	ns fraction;

	for (int i = 0; i < 6; i++) {
		if (!read_part(&s, end, widths[i], &part[i]) ||
			(i < 5 && (s == end || *s++ != ends[i])))
			return NS_NONE;
	}
	if (!read_fraction(&s, end, &fraction) || end - s != 1 || *s != 'Z')
		return NS_NONE;
	if (part[0] < 1678 || part[0] > 2261) /* what fits into ns */
		return NS_NONE;
	tm.tm_year = part[0] - 1900;
	tm.tm_mon = part[1] - 1;
	tm.tm_mday = part[2];
	tm.tm_hour = part[3];
	tm.tm_min = part[4];
	tm.tm_sec = part[5];
	normal = tm;
	seconds = timegm(&normal); /* a date that there is not becomes another one */
	if (normal.tm_mon != tm.tm_mon || normal.tm_mday != tm.tm_mday ||
		normal.tm_hour != tm.tm_hour || normal.tm_min != tm.tm_min ||
		normal.tm_sec != tm.tm_sec)
		return NS_NONE;
	return (ns)seconds * NS_PER_S + fraction;
}

char *clock_date(char *dst, ns wall)
{
	struct tm tm;

	dst[0] = '\0';
	if (wall == NS_NONE)
		return dst;
	split_wall(wall, &tm);
	strftime(dst, 12, "%Y-%m-%d", &tm);
	return dst;
}
