/* merge_check.c - which shards do not belong together, and why. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jsonx.h"
#include "merge_internal.h"

/* Keys of sweep.json in which shards of one sweep may differ: which shard it is, where it ran, what
 * it is called. */
static bool may_differ(const char *key)
{
	static const char *const keys[] = {"shard", "servers", "name", "fingerprint"};

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (strcmp(key, keys[i]) == 0)
			return true;
	}
	return false;
}

/* The first key of `a` that `b` has otherwise, or NULL. */
static const char *differing_key(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)a, key, value) {
		if (!may_differ(key) && !json_equal(value, json_object_get(b, key)))
			return key;
	}
	return NULL;
}

/* Where two sweeps differ, as a path: "factors.num_ctx"; false if they do not. */
static bool difference(const json_t *a, const json_t *b, char *path, size_t size)
{
	const char *key = "passes", *inner = NULL; /* more of them brings more of other things */
	const json_t *x, *y;

	if (json_equal(json_object_get(a, key), json_object_get(b, key)))
		key = differing_key(a, b);
	if (!key)
		key = differing_key(b, a);
	if (!key)
		return false;
	x = json_object_get(a, key);
	y = json_object_get(b, key);
	if (json_is_object(x) && json_is_object(y)) {
		inner = differing_key(x, y);
		if (!inner)
			inner = differing_key(y, x);
	}
	snprintf(path, size, "%s%s%s", key, inner ? "." : "", inner ? inner : "");
	return true;
}

/* ---- servers ---- */

static const json_t *named(const json_t *array, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach (array, i, one) {
		const char *its = jsonx_get_string(one, "name");

		if (its && name && strcmp(its, name) == 0)
			return one;
	}
	return NULL;
}

/* Two texts that are known and not equal. */
static bool differs(const char *a, const char *b)
{
	return a && *a && b && *b && strcmp(a, b) != 0;
}

static int check_models(const struct merge_part *a, const json_t *sa, const struct merge_part *b,
	const json_t *sb, struct err *e)
{
	const json_t *models = json_object_get(sa, "models"), *one;
	size_t i;

	json_array_foreach (json_object_get(sb, "models"), i, one) {
		const char *name = jsonx_get_string(one, "name");
		const char *now = jsonx_get_string(one, "digest");
		const char *then = jsonx_get_string(named(models, name), "digest");

		if (!differs(then, now))
			continue;
		err_set(e, ERR_JOURNAL, "%s has digest %.12s in %s and %.12s in %s", name, then,
			a->dir, now, b->dir);
		return err_hint(e, "these are two models: `ollama pull` brought another one");
	}
	return 0;
}

static int check_server(const struct merge_part *a, const json_t *sa, const struct merge_part *b,
	const json_t *sb, struct err *e)
{
	const char *then = jsonx_get_string(sa, "version"), *now = jsonx_get_string(sb, "version");

	if (differs(then, now)) {
		err_set(e, ERR_JOURNAL, "the server is version %s in %s and %s in %s", then, a->dir,
			now, b->dir);
		return err_hint(e, "versions do not measure alike: run the shards on one version");
	}
	return check_models(a, sa, b, sb, e);
}

/* A server that the first part does not know by name is held against its first: shards usually run
 * on machines of their own. */
static int check_servers(const struct merge_part *a, const struct merge_part *b, struct err *e)
{
	const json_t *servers = json_object_get(a->manifest, "servers"), *one;
	size_t i;

	json_array_foreach (json_object_get(b->manifest, "servers"), i, one) {
		const json_t *same = named(servers, jsonx_get_string(one, "name"));

		if (!same)
			same = json_array_get(servers, 0);
		if (same && check_server(a, same, b, one, e))
			return -1;
	}
	return 0;
}

static int check_machine(const struct merge_part *a, const struct merge_part *b, struct err *e)
{
	const json_t *x = json_object_get(a->manifest, "simulator");
	const json_t *y = json_object_get(b->manifest, "simulator");

	if (!x == !y && (!x || json_equal(json_object_get(x, "set"), json_object_get(y, "set"))))
		return 0;
	if (x && y)
		err_set(e, ERR_JOURNAL, "%s and %s were made on different simulated machines",
			a->dir, b->dir);
	else
		err_set(e, ERR_JOURNAL, "%s was simulated, %s was measured", x ? a->dir : b->dir,
			x ? b->dir : a->dir);
	return err_hint(e, "only shards of one kind can be joined");
}

/* ---- one pair, all pairs ---- */

static int check_fingerprint(const struct merge_part *a, const struct merge_part *b, struct err *e)
{
	const char *x = jsonx_get_string(a->manifest, "fingerprint");
	const char *y = jsonx_get_string(b->manifest, "fingerprint");
	char path[200];

	if (x && y && strcmp(x, y) == 0)
		return 0;
	if (difference(a->sweep, b->sweep, path, sizeof(path)))
		err_set(e, ERR_JOURNAL, "%s and %s are not of one sweep: %s differs", a->dir,
			b->dir, path);
	else
		err_set(e, ERR_JOURNAL,
			"%s and %s are not of one sweep: their fingerprints are %.12s and %.12s",
			a->dir, b->dir, x ? x : "none", y ? y : "none");
	return err_hint(e, "merge only shards that were made from one sweep file");
}

static int check_definition(const struct merge_part *a, const struct merge_part *b, struct err *e)
{
	char path[200];

	if (!json_equal(json_object_get(a->manifest, "definitions"),
		    json_object_get(b->manifest, "definitions"))) {
		err_set(e, ERR_JOURNAL, "%s and %s were made with different definitions", a->dir,
			b->dir);
		return err_hint(e, "they come from different versions of chimera");
	}
	if (!difference(a->sweep, b->sweep, path, sizeof(path)))
		return 0;
	err_set(e, ERR_JOURNAL, "%s and %s do not have the same plan: %s differs", a->dir, b->dir,
		path);
	if (strcmp(path, "passes") == 0)
		return err_hint(e, "bring each to the same: chimera resume SHARD --passes N");
	return err_hint(e, "merge only shards that were made from one sweep file");
}

static int check_pair(const struct merge_part *a, const struct merge_part *b, struct err *e)
{
	/* The particular first: a changed digest changes the fingerprint too. */
	if (check_machine(a, b, e) || check_servers(a, b, e) || check_fingerprint(a, b, e))
		return -1;
	if (a->shards != b->shards) {
		err_set(e, ERR_JOURNAL,
			"%s is shard %" PRIu32 "/%" PRIu32 ", %s is shard %" PRIu32 "/%" PRIu32,
			a->dir, a->shard, a->shards, b->dir, b->shard, b->shards);
		return err_hint(e, "a sweep is cut into one number of shards");
	}
	return check_definition(a, b, e);
}

static int check_twice(const struct merge *m, struct err *e)
{
	for (size_t i = 1; i < m->n; i++) {
		const struct merge_part *a = &m->parts[i - 1], *b = &m->parts[i];

		if (a->shard != b->shard)
			continue;
		err_set(e, ERR_JOURNAL, "%s and %s are both shard %" PRIu32 "/%" PRIu32, a->dir,
			b->dir, a->shard, a->shards);
		return err_hint(e, "name each shard once");
	}
	return 0;
}

/* A part whose two files tell of different sweeps was put together by hand. */
static int check_whole(const struct merge_part *p, struct err *e)
{
	const char *x = jsonx_get_string(p->manifest, "fingerprint");
	const char *y = jsonx_get_string(p->sweep, "fingerprint");

	if (x && y && strcmp(x, y) == 0)
		return 0;
	err_set(e, ERR_JOURNAL, "%s: sweep.json and manifest.json have different fingerprints",
		p->dir);
	return err_hint(e, "one of them is of another run");
}

static int check_missing(const struct merge *m, struct err *e)
{
	char list[200] = "";
	size_t at = 0, missing = m->of - m->n, told = 0;
	uint32_t k = 1;

	if (missing == 0 || m->opt->partial)
		return 0;
	for (size_t i = 0; k <= m->of && told < 10; k++) {
		if (i < m->n && m->parts[i].shard == k) {
			i++;
			continue;
		}
		at += (size_t)snprintf(
			list + at, sizeof(list) - at, "%s%" PRIu32, told++ ? ", " : "", k);
	}
	err_set(e, ERR_JOURNAL, "%zu of %" PRIu32 " shards missing: %s%s", missing, m->of, list,
		missing > told ? "..." : "");
	return err_hint(e, "name them too, or merge what there is with --partial");
}

int merge_check(const struct merge *m, struct err *e)
{
	for (size_t i = 0; i < m->n; i++) {
		if (check_whole(&m->parts[i], e))
			return -1;
	}
	for (size_t i = 1; i < m->n; i++) {
		if (check_pair(&m->parts[0], &m->parts[i], e))
			return -1;
	}
	if (check_twice(m, e))
		return -1;
	return check_missing(m, e);
}
