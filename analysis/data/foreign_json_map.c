/* foreign_json_map.c - which arrays and objects of a JSON document are tables. */
#include <string.h>
#include <strings.h>

#include "foreign_json_parts.h"
#include "units.h"

#define SAMPLE     8 /* members that are compared */
#define MOST_KEYS  200
#define MOST_DEPTH 64

bool foreign_json_is_rows(const json_t *array)
{
	size_t n = json_array_size(array), objects = 0;

	for (size_t i = 0; i < n; i++)
		objects += json_is_object(json_array_get(array, i));
	return 2 * objects > n;
}

bool foreign_json_has_rows(const json_t *object, unsigned depth)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		(void)key;
		if (json_is_array(value) && foreign_json_is_rows(value))
			return true;
		if (json_is_object(value) && depth < MOST_DEPTH &&
			foreign_json_has_rows(value, depth + 1))
			return true;
	}
	return false;
}

/* ---- objects of like objects ---- */

struct members {
	const json_t *v[SAMPLE];
	size_t n; /* all of them; the first are in v */
};

/* The members that are `level` levels down; false if one on the way is no object. */
static bool gather(struct members *m, const json_t *object, unsigned level)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		(void)key;
		if (!json_is_object(value))
			return false;
		if (level > 1) {
			if (!gather(m, value, level - 1))
				return false;
			continue;
		}
		if (m->n < SAMPLE)
			m->v[m->n] = value;
		m->n++;
	}
	return true;
}

static bool is_statistic(const char *key)
{
	static const char *const words[] = {"mean", "avg", "average", "median", "min", "max", "std",
		"stddev", "stdev", "sd", "var", "cv", "sum", "total", "count", "n", "p1", "p5",
		"p10", "p25", "p50", "p75", "p90", "p95", "p99", "p999"};

	for (size_t i = 0; i < COUNTOF(words); i++) {
		if (strcasecmp(key, words[i]) == 0)
			return true;
	}
	return false;
}

/* How much the members have in common: the mean share of a member's keys that more than half of the
 * members have.  *statistics: those are nothing but "mean", "p95" and the like. */
static double likeness(const struct members *m, bool *statistics)
{
	size_t n = m->n < SAMPLE ? m->n : SAMPLE;
	double sum = 0;

	*statistics = true;
	for (size_t i = 0; i < n; i++) {
		size_t keys = 0, common = 0;
		const char *key;
		json_t *value;

		json_object_foreach ((json_t *)(uintptr_t)m->v[i], key, value) {
			size_t have = 0;

			(void)value;
			if (keys++ >= MOST_KEYS)
				break;
			for (size_t j = 0; j < n; j++)
				have += json_object_get(m->v[j], key) != NULL;
			if (2 * have <= n)
				continue;
			common++;
			*statistics &= is_statistic(key);
		}
		sum += keys ? (double)common / (double)keys : 0;
	}
	return n ? sum / (double)n : 0;
}

/* Keys as "ttft_ms" name what was measured, not what was compared. */
static bool names_quantities(const json_t *object)
{
	static const char *const words[] = {"latency", "ttft", "tpot", "itl", "throughput",
		"duration", "time", "tokens", "memory", "power", "energy", "rate"};
	size_t n = 0, quantities = 0;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		bool found = unit_of_heading(key).name[0] != '\0';

		(void)value;
		for (size_t i = 0; i < COUNTOF(words) && !found; i++)
			found = strcasestr(key, words[i]) != NULL;
		quantities += found;
		if (++n >= MOST_KEYS)
			break;
	}
	return 2 * quantities > n;
}

/* The objects whose keys would become the last of the row's names. */
static bool lowest_name_quantities(const json_t *object, unsigned level)
{
	const char *key;
	json_t *value;

	if (level == 1)
		return names_quantities(object);
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		(void)key;
		return lowest_name_quantities(value, level - 1);
	}
	return false;
}

unsigned foreign_json_map(const json_t *object)
{
	for (unsigned level = FOREIGN_MAP_LEVELS; level > 0; level--) {
		struct members m = {.n = 0};
		bool statistics;
		double like;

		if (!gather(&m, object, level) || m.n < 2)
			continue;
		like = likeness(&m, &statistics);
		/* One that failed has few keys; deeper down, alternating kinds must not pass. */
		if (like < (level == 1 ? 1.0 / 3 : 0.75))
			continue;
		if (statistics && lowest_name_quantities(object, level))
			continue;
		return level;
	}
	return 0;
}
