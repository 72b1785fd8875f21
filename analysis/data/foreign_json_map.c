/* foreign_json_map.c - which arrays and objects of a JSON document are tables. */
#include <string.h>
#include <strings.h>

#include "foreign_json_parts.h"
#include "units.h"

#define SAMPLE     8 /* members that are compared */
#define MOST_KEYS  200
#define MOST_DEPTH 64

bool foreign_json_has_rows(const struct json_node *object, unsigned depth)
{
	for (const struct json_node *m = json_first(object); m; m = json_next(m)) {
		if (m->kind == JNODE_ROWS)
			return true;
		if (m->kind == JNODE_OBJECT && depth < MOST_DEPTH &&
			foreign_json_has_rows(m, depth + 1))
			return true;
	}
	return false;
}

/* ---- objects of like objects ---- */

struct members {
	const struct json_node *v[SAMPLE];
	size_t n; /* all of them; the first are in v */
};

/* The members that are `level` levels down; false if one on the way is no object. */
static bool gather(struct members *m, const struct json_node *object, unsigned level)
{
	for (const struct json_node *one = json_first(object); one; one = json_next(one)) {
		if (one->kind != JNODE_OBJECT)
			return false;
		if (level > 1) {
			if (!gather(m, one, level - 1))
				return false;
			continue;
		}
		if (m->n < SAMPLE)
			m->v[m->n] = one;
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

/* The members' keys, the first MOST_KEYS of each, and how many of the members have each. */
struct keys {
	struct foreign_columns found;
	uint32_t have[FOREIGN_MOST_COLUMNS];
	struct arena arena;
};

static void count_keys(struct keys *k, const struct members *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct json_node *one = json_first(m->v[i]);

		for (size_t j = 0; one && j < MOST_KEYS; one = json_next(one), j++)
			foreign_column_next(&k->found, one->key, one->key_len, &k->arena);
		k->found.next = 0;
	}
	memset(k->have, 0, k->found.n * sizeof(*k->have));
	for (size_t i = 0; i < n; i++) {
		const struct json_node *one = json_first(m->v[i]);

		k->found.next = 0;
		for (; one; one = json_next(one)) {
			uint32_t key = foreign_column_next(&k->found, one->key, one->key_len, NULL);

			if (key != FOREIGN_NONE)
				k->have[key]++;
		}
	}
}

/* How much the members have in common: the mean share of a member's keys that more than half of the
 * members have.  *statistics: those are nothing but "mean", "p95" and the like. */
static double likeness(const struct members *m, bool *statistics)
{
	size_t n = m->n < SAMPLE ? m->n : SAMPLE;
	struct keys k = {.found = {0}};
	double sum = 0;

	count_keys(&k, m, n);
	*statistics = true;
	for (size_t i = 0; i < n; i++) {
		const struct json_node *one = json_first(m->v[i]);
		size_t keys = 0, common = 0;

		for (; one && keys++ < MOST_KEYS; one = json_next(one)) {
			uint32_t key = foreign_column(&k.found, one->key, one->key_len, NULL);

			if (2 * (size_t)k.have[key] <= n)
				continue;
			common++;
			*statistics &= is_statistic(one->key);
		}
		sum += keys ? (double)common / (double)keys : 0;
	}
	foreign_columns_release(&k.found);
	arena_release(&k.arena);
	return n ? sum / (double)n : 0;
}

/* Keys as "ttft_ms" name what was measured, not what was compared. */
static bool names_quantities(const struct json_node *object)
{
	static const char *const words[] = {"latency", "ttft", "tpot", "itl", "throughput",
		"duration", "time", "tokens", "memory", "power", "energy", "rate"};
	size_t n = 0, quantities = 0;

	for (const struct json_node *m = json_first(object); m; m = json_next(m)) {
		bool found = unit_of_heading(m->key).name[0] != '\0';

		for (size_t i = 0; i < COUNTOF(words) && !found; i++)
			found = strcasestr(m->key, words[i]) != NULL;
		quantities += found;
		if (++n >= MOST_KEYS)
			break;
	}
	return 2 * quantities > n;
}

/* The objects whose keys would become the last of the row's names. */
static bool lowest_name_quantities(const struct json_node *object, unsigned level)
{
	while (object && level-- > 1)
		object = json_first(object);
	return object && names_quantities(object);
}

unsigned foreign_json_map(const struct json_node *object)
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
