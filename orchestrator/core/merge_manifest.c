/* merge_manifest.c - sweep.json and manifest.json of the merged run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "facts.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"
#include "merge_internal.h"

static uint64_t planned(const struct merge_part *p, const char *key)
{
	return manifest_planned(p->manifest, key);
}

uint64_t merge_part_requests(const struct merge_part *p)
{
	return planned(p, "requests");
}

/* The sum over the shards.  Of shards that are missing: every pass has the same requests. */
uint64_t merge_requests(const struct merge *m)
{
	uint64_t requests = 0, passes = 0;
	json_int_t all = json_integer_value(json_object_get(m->parts[0].sweep, "passes"));

	for (size_t i = 0; i < m->n; i++) {
		if (planned(&m->parts[i], "requests") == 0 || planned(&m->parts[i], "passes") == 0)
			return 0;
		requests += planned(&m->parts[i], "requests");
		passes += planned(&m->parts[i], "passes");
	}
	return m->n == m->of || all <= 0 || passes == 0 ? requests
							: requests / passes * (uint64_t)all;
}

static const char *last_end(const struct merge_part *p)
{
	const json_t *sessions = json_object_get(p->manifest, "sessions");
	size_t n = json_array_size(sessions);

	return n ? jsonx_get_string(json_array_get(sessions, n - 1), "end") : NULL;
}

uint64_t merge_part_open(const struct merge_part *p)
{
	const char *end = last_end(p);
	uint64_t requests = planned(p, "requests");

	if (end && (strcmp(end, "enough") == 0 || strcmp(end, "budget") == 0))
		return 0;
	return requests > p->done ? requests - p->done : 0;
}

static json_t *shard_text(const struct merge_part *p)
{
	return json_sprintf("%" PRIu32 "/%" PRIu32, p->shard, p->shards);
}

static const char *hostname_of(const struct merge_part *p)
{
	return jsonx_get_string(json_object_get(p->manifest, "host"), "hostname");
}

/* ---- sessions ---- */

static json_t *session_json(const struct merge_part *p, const struct merge_session *s)
{
	const char *host = hostname_of(p);
	json_t *o = s->record ? json_copy((json_t *)s->record) : json_object();

	jsonx_put(o, "number", json_integer(s->merged));
	jsonx_put(o, "shard", shard_text(p));
	jsonx_put(o, "shard_session", json_integer(s->number));
	jsonx_put(o, "host", host ? json_string(host) : json_null());
	return o;
}

static json_t *sessions_json(const struct merge *m)
{
	size_t n = 0;
	json_t **by_number, *list = json_array();

	for (size_t i = 0; i < m->n; i++)
		n += m->parts[i].sessions.n;
	by_number = xcalloc(n + 1, sizeof(json_t *));
	for (size_t i = 0; i < m->n; i++) {
		const struct merge_part *p = &m->parts[i];

		for (size_t k = 0; k < p->sessions.n; k++)
			by_number[p->sessions.v[k].merged - 1] = session_json(p, &p->sessions.v[k]);
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, by_number[i]);
	free(by_number);
	return list;
}

/* ---- servers ---- */

static bool has_named(const json_t *servers, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach (servers, i, one) {
		const char *its = jsonx_get_string(one, "name");

		if (its && name && strcmp(its, name) == 0)
			return true;
	}
	return false;
}

/* The host of a URL is a loopback address: another machine's is another server. */
static bool is_loopback(const char *url)
{
	struct server_facts f;
	bool loopback;

	if (!url || server_facts_init(&f, url, NULL))
		return false;
	loopback = server_host_is_loopback(f.host);
	server_facts_release(&f);
	return loopback;
}

/* United by name; one at a loopback address says on which machine. */
static json_t *servers_json(const struct merge *m)
{
	json_t *servers = json_array(), *one;
	size_t i;

	for (size_t k = 0; k < m->n; k++) {
		const char *host = hostname_of(&m->parts[k]);

		json_array_foreach (json_object_get(m->parts[k].manifest, "servers"), i, one) {
			json_t *copy;

			if (has_named(servers, jsonx_get_string(one, "name")))
				continue;
			copy = json_copy(one);
			if (host && is_loopback(jsonx_get_string(one, "url")))
				jsonx_put(copy, "host", json_string(host));
			json_array_append_new(servers, copy);
		}
	}
	return servers;
}

/* ---- shards ---- */

static json_t *shard_json(const struct merge_part *p)
{
	json_t *o = json_object(), *sessions = json_array(), *dir = json_string(p->dir);
	static const char *const kept[] = {"host", "gpu", "servers", "version"};

	jsonx_put(o, "shard", shard_text(p));
	jsonx_put(o, "dir", dir ? dir : json_null()); /* a name that is not UTF-8 is none */
	for (size_t i = 0; i < COUNTOF(kept); i++) {
		json_t *value = json_object_get(p->manifest, kept[i]);

		jsonx_put(o, kept[i], value ? json_incref(value) : json_null());
	}
	for (size_t i = 0; i < p->sessions.n; i++)
		json_array_append_new(sessions, json_integer(p->sessions.v[i].merged));
	jsonx_put(o, "sessions", sessions);
	jsonx_put(o, "rows", json_integer((json_int_t)p->rows[MERGE_RUNS]));
	jsonx_put(o, "set_aside", json_integer((json_int_t)p->set_aside));
	jsonx_put(o, "done", json_integer((json_int_t)p->done));
	jsonx_put(o, "planned",
		json_object_get(p->manifest, "planned")
			? json_incref(json_object_get(p->manifest, "planned"))
			: json_null());
	return o;
}

static json_t *shards_json(const struct merge *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(list, shard_json(&m->parts[i]));
	return list;
}

/* Of the whole sweep: the sums, where all shards are there and say. */
static json_t *planned_json(const struct merge *m)
{
	static const char *const keys[] = {"sentinel_requests", "loads", "warmups", "passes"};
	uint64_t requests = merge_requests(m);
	json_t *o;

	if (requests == 0)
		return NULL;
	o = json_object();
	jsonx_put(o, "requests", json_integer((json_int_t)requests));
	for (size_t k = 0; m->n == m->of && k < COUNTOF(keys); k++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < m->n; i++)
			sum += planned(&m->parts[i], keys[k]);
		jsonx_put(o, keys[k], json_integer((json_int_t)sum));
	}
	return o;
}

/* One machine, or none in particular. */
static void put_host(json_t *o, const struct merge *m)
{
	const char *first = hostname_of(&m->parts[0]);

	for (size_t i = 1; i < m->n; i++) {
		const char *its = hostname_of(&m->parts[i]);

		if (first && its && strcmp(first, its) == 0)
			continue;
		jsonx_put(o, "host", json_null());
		jsonx_put(o, "host_why", json_string("several: see shards"));
		return;
	}
}

static json_t *manifest_json(const struct merge *m)
{
	json_t *o = json_copy(m->parts[0].manifest), *total = planned_json(m);

	put_host(o, m);
	json_object_del(o, "planned");
	if (total)
		jsonx_put(o, "planned", total);
	jsonx_put(o, "servers", servers_json(m));
	jsonx_put(o, "sessions", sessions_json(m));
	jsonx_put(o, "shards", shards_json(m));
	return o;
}

/* The whole sweep: no shard of it, and its servers only where all name the same. */
static json_t *sweep_whole_json(const struct merge *m)
{
	json_t *o = json_copy(m->parts[0].sweep);

	json_object_del(o, "shard");
	for (size_t i = 1; i < m->n; i++) {
		if (!json_equal(json_object_get(o, "servers"),
			    json_object_get(m->parts[i].sweep, "servers")))
			json_object_del(o, "servers");
	}
	return o;
}

int merge_write_manifest(const struct merge *m, const char *dir, struct err *e)
{
	json_t *sweep = sweep_whole_json(m), *manifest = manifest_json(m);
	int failed = manifest_write_file(dir, "sweep.json", sweep, e) ||
		manifest_write_file(dir, "manifest.json", manifest, e);

	json_decref(sweep);
	json_decref(manifest);
	return failed ? -1 : 0;
}
