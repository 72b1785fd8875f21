/* clock.c - the system's clocks as int64 nanoseconds. */
#include "clock.h"

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
