/* budget_left.c - the budget less the length of the sessions so far. */
#include "budget_left.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"

/* "2026-11-24T23:19:48.123456789Z" to seconds since 1970; -1 if it is no such text. */
static double seconds_of(const char *iso)
{
	struct tm tm = {0};
	double s;

	if (!iso ||
		sscanf(iso, "%d-%d-%dT%d:%d:%lf", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
			&tm.tm_min, &s) != 6)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (double)timegm(&tm) + s;
}

static double last_row_at(const char *dir)
{
	char *path = fsx_join(dir, "runs.csv");
	struct stat st;
	double at = stat(path, &st) == 0 ? (double)st.st_mtime : -1;

	free(path);
	return at;
}

/* Before the next one began, where its own end is not known. */
static double length_of(const json_t *session, const json_t *next, const char *dir)
{
	double from = seconds_of(jsonx_get_string(session, "started"));
	double to = seconds_of(jsonx_get_string(session, "ended"));
	double limit = next ? seconds_of(jsonx_get_string(next, "started")) : -1;

	if (to < 0)
		to = next && limit >= 0 ? limit : last_row_at(dir);
	return from >= 0 && to > from ? to - from : 0;
}

static double seconds_used(const json_t *manifest, const char *dir, uint32_t session)
{
	const json_t *sessions = json_object_get(manifest, "sessions");
	const json_t *one;
	double sum = 0;
	size_t i;

	json_array_foreach (sessions, i, one) {
		if (json_integer_value(json_object_get(one, "number")) < (json_int_t)session)
			sum += length_of(one, json_array_get(sessions, i + 1), dir);
	}
	return sum;
}

static ns as_ns(double seconds)
{
	return seconds < 1e9 ? (ns)(seconds * (double)NS_PER_S) : (ns)1000000000 * NS_PER_S;
}

ns budget_left(const struct sweep *s, const char *dir, uint32_t session, ns *used)
{
	struct err none_yet = ERR_INIT;
	json_t *manifest;
	ns budget = as_ns(s->budget_s);

	*used = 0;
	if (!(s->budget_s > 0))
		return NS_NONE;
	manifest = session > 1 ? manifest_load(dir, &none_yet) : NULL;
	if (manifest)
		*used = as_ns(seconds_used(manifest, dir, session));
	json_decref(manifest);
	return budget > *used ? budget - *used : 0;
}
