/* manifest.c - manifest.json, sweep.json, and whether a run may be gone on with. */
#include "manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest_change.h"
#include "manifest_host.h"

#define SCHEMA 1

/* What the measured columns mean, kept with the data so that a run explains itself. */
static const struct {
	const char *column, *text;
} definitions[] = {
	{"ttft_ms",
		"first chunk with content (answer or thinking) minus the moment the request was "
		"wholly sent, seen by the client; the server's own start is inside it"},
	{"load_ms",
		"the server's load_duration: 100 to 350 ms even with the model resident; "
		"load_ms + prompt_eval_ms is the server's time to first token, never mixed "
		"with ttft_ms"},
	{"itl_p50_ms", "median of the gaps between successive content chunks"},
	{"itl_p99_ms", "99th percentile of those gaps, empty below 100 gaps"},
	{"itl_max_ms", "largest of those gaps"},
	{"tpot_ms",
		"(last - first content) / (output_tokens - 1), one more less when done_reason is "
		"stop; empty when chunks < output_tokens - 2, since text was held back"},
	{"e2e_ms", "last content minus sent"},
	{"done_ms", "end of the reply minus sent"},
	{"client_queue_ms", "sent minus due"},
	{"server_rest_ms",
		"total - load - prompt_eval - eval: waiting for a slot, tokenising, sampling"},
	{"decode_tok_s", "(output_tokens - 1) / eval; empty below 8 output tokens or 1 ms of eval"},
	{"decode_tok_s_raw", "output_tokens / eval, what Ollama prints; empty as decode_tok_s"},
	{"decode_tok_s_client", "1 / tpot; empty below 8 output tokens or 1 ms"},
	{"prefill_tok_s",
		"prompt tokens that were not cached / prompt_eval; empty for repeated "
		"prompts where the server does not say how many were cached"},
	{"paid_load",
		"1 if the request waited for a model load, by the schedule or as an outlier of "
		"its load's own rows at equal concurrency; such rows are in no cell's figures"},
	{"cache",
		"unique: the prompt begins with a word never repeated, made from run_id, session "
		"and attempt; repeat: sent again on purpose"},
	{"validity",
		"suspect and invalid rows have causes recorded independently of the figures; "
		"invalid rows count nowhere"},
	{"status",
		"ok, or the kind of failure; failed requests are rows, never averaged, always "
		"counted"},
};

static json_t *count_or_null(int64_t x)
{
	return x < 0 ? json_null() : json_integer(x);
}

static json_t *time_or_null(ns wall)
{
	char text[32];

	return wall == NS_NONE ? json_null() : json_string(clock_iso(text, wall));
}

/* A proxy's address may hold a password: what stands before the @ is left out. */
static json_t *proxy_json(const char *proxy)
{
	const char *scheme = proxy ? strstr(proxy, "://") : NULL;
	const char *host = proxy ? strrchr(proxy, '@') : NULL;
	size_t kept = scheme ? (size_t)(scheme + 3 - proxy) : 0;
	char *clean;
	json_t *text;

	if (!host)
		return jsonx_text(proxy);
	clean = xasprintf("%.*s%s", (int)kept, proxy, host + 1);
	text = jsonx_text(clean);
	free(clean);
	return text;
}

static json_t *model_json(const struct model_facts *m)
{
	json_t *object = json_object();

	jsonx_put(object, "name", jsonx_text(m->name));
	jsonx_put(object, "digest", jsonx_text(m->digest));
	jsonx_put(object, "quantization", jsonx_text(m->quantization));
	jsonx_put(object, "parameter_size", jsonx_text(m->parameter_size));
	jsonx_put(object, "layers", count_or_null(m->layers));
	jsonx_put(object, "context_train", count_or_null(m->context_train));
	return object;
}

/* What could not be checked, since the server does not answer that question. */
static json_t *unchecked_json(const struct server_facts *f)
{
	json_t *list = json_array();

	if (!f->version[0])
		json_array_append_new(list, json_string("version"));
	if (!f->has_tags)
		json_array_append_new(list, json_string("digests: no /api/tags"));
	if (!f->has_show)
		json_array_append_new(
			list, json_string("layers and trained context: no /api/show"));
	if (!f->has_ps)
		json_array_append_new(list, json_string("settings in effect: no /api/ps"));
	return list;
}

static json_t *server_json(const struct server_facts *f)
{
	json_t *object = json_object(), *models = json_array();

	jsonx_put(object, "url", jsonx_text(f->url));
	jsonx_put(object, "name", jsonx_text(f->name));
	jsonx_put(object, "version", jsonx_text(f->version));
	jsonx_put(object, "proxy", proxy_json(f->proxy));
	jsonx_put(object, "unchecked", unchecked_json(f));
	for (size_t i = 0; i < f->nmodels; i++)
		json_array_append_new(models, model_json(&f->models[i]));
	jsonx_put(object, "models", models);
	return object;
}

static json_t *session_json(const struct manifest_session *s)
{
	json_t *object = json_object();

	jsonx_put(object, "number", json_integer(s->number));
	jsonx_put(object, "how", jsonx_text(s->how));
	jsonx_put(object, "started", time_or_null(s->started_wall));
	jsonx_put(object, "ended", time_or_null(s->ended_wall));
	jsonx_put(object, "end", jsonx_text(s->ended));
	jsonx_put(object, "loads_made", json_integer((json_int_t)s->loads_made));
	jsonx_put(object, "rows", json_integer((json_int_t)s->rows));
	jsonx_put(object, "simulated", json_boolean(s->simulated));
	jsonx_put(object, "virtual", json_boolean(s->is_virtual));
	if (json_array_size(s->notes))
		jsonx_put(object, "notes", json_deep_copy(s->notes));
	return object;
}

/* The earlier sessions with this one put in the place of its number, or at the end. */
static json_t *sessions_json(const json_t *earlier, const struct manifest_session *session)
{
	json_t *sessions = json_array(), *one;
	size_t i;

	json_array_foreach (json_object_get(earlier, "sessions"), i, one) {
		const json_t *number = json_object_get(one, "number");

		if (json_integer_value(number) != (json_int_t)session->number)
			json_array_append(sessions, one);
	}
	json_array_append_new(sessions, session_json(session));
	return sessions;
}

/* The simulated machine, so that a resume finds the same one. */
static json_t *simulator_json(const struct manifest_session *s)
{
	json_t *object = json_object();

	jsonx_put(object, "virtual", json_boolean(s->is_virtual));
	jsonx_put(object, "seed", json_integer((json_int_t)s->sim_seed));
	jsonx_put(object, "set", s->sim_set ? json_deep_copy(s->sim_set) : json_array());
	return object;
}

static json_t *definitions_json(void)
{
	json_t *object = json_object();

	for (size_t i = 0; i < COUNTOF(definitions); i++)
		jsonx_put(object, definitions[i].column, json_string(definitions[i].text));
	return object;
}

static json_t *measured_json(const struct sweep *s)
{
	json_t *sweep = sweep_json(s), *measured = manifest_measured(sweep);

	json_decref(sweep);
	return measured;
}

/* Loads that a merged run has beside those of the whole plan: each shard had a sentinel before its
 * first pass.  Told by what the earlier manifest planned for as many passes. */
static uint64_t shard_loads(const struct plan *p, const json_t *earlier)
{
	uint64_t loads = manifest_planned(earlier, "loads"), whole = 0;
	uint64_t passes = manifest_planned(earlier, "passes");

	if (!json_object_get(earlier, "shards") || p->sweep->shards)
		return 0;
	for (uint32_t v = 0; v < p->nvisits; v++)
		whole += p->visits[v].pass <= passes;
	return loads > whole ? loads - whole : 0;
}

/* What this process has to do: of a shard its part.  With adaptive passes the most. */
static json_t *planned_json(const struct plan *p, const json_t *earlier)
{
	const struct sweep *s = p->sweep;
	int64_t passes = s->shards ? (p->passes - s->shard) / s->shards + 1 : p->passes;
	uint64_t more = shard_loads(p, earlier);
	uint64_t loads = p->block_loads + p->sentinel_loads + more;
	uint64_t sentinels = p->sentinel_requests + more * PLAN_SENTINEL_REQUESTS;
	uint64_t warmups = p->warmups + more * (uint64_t)s->warmups;
	json_t *o = json_object();

	jsonx_put(o, "requests", json_integer((json_int_t)p->requests));
	jsonx_put(o, "sentinel_requests", json_integer((json_int_t)sentinels));
	jsonx_put(o, "loads", json_integer((json_int_t)loads));
	jsonx_put(o, "warmups", json_integer((json_int_t)warmups));
	jsonx_put(o, "passes", json_integer(passes));
	return o;
}

int manifest_write_file(const char *dir, const char *name, const json_t *object, struct err *e)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	char *path = fsx_join(dir, name);
	int result;

	jsonx_dump(&text, object, 2, false);
	str_addc(&text, '\n');
	if (text.overflowed)
		result = err_set(e, ERR_ENV, "%s: larger than 512 MiB", path);
	else
		result = fsx_replace(path, text.s, text.len, e);
	free(path);
	str_release(&text);
	return result;
}

int manifest_write(const char *dir, const char *tool_version, const struct plan *p,
	const struct manifest_session *session, struct err *e)
{
	char *path = fsx_join(dir, "manifest.json");
	bool exists = fsx_exists(path);
	json_t *earlier = exists ? manifest_load(dir, e) : NULL;
	json_t *object, *servers;
	int result;

	free(path);
	if (exists && !earlier)
		return -1;
	object = json_object();
	servers = json_array();
	jsonx_put(object, "schema", json_integer(SCHEMA));
	jsonx_put(object, "tool", json_string("chimera"));
	jsonx_put(object, "version", jsonx_text(tool_version));
	jsonx_put(object, "sweep", jsonx_text(p->sweep->name));
	jsonx_put(object, "fingerprint", json_string(p->fingerprint));
	jsonx_put(object, "measured", measured_json(p->sweep));
	jsonx_put(object, "order_seed", json_integer(p->sweep->order_seed));
	jsonx_put(object, "planned", planned_json(p, earlier));
	jsonx_put(object, "host", manifest_host());
	jsonx_put(object, "gpu", json_null());
	jsonx_put(object, "gpu_why",
		json_string("the client does not ask the GPU; size_vram in loads.csv "
			    "is what the server put there"));
	if (session->clock)
		jsonx_put(object, "clock", json_deep_copy(session->clock));
	for (size_t i = 0; i < p->nservers; i++)
		json_array_append_new(servers, server_json(&p->servers[i]));
	jsonx_put(object, "servers", servers);
	if (session->simulated)
		jsonx_put(object, "simulator", simulator_json(session));
	jsonx_put(object, "definitions", definitions_json());
	jsonx_put(object, "sessions", sessions_json(earlier, session));
	if (json_object_get(earlier, "shards")) /* of a merged run */
		jsonx_put(object, "shards", json_incref(json_object_get(earlier, "shards")));
	result = manifest_write_file(dir, "manifest.json", object, e);
	json_decref(object);
	json_decref(earlier);
	return result;
}

uint64_t manifest_planned(const json_t *manifest, const char *key)
{
	json_int_t n =
		json_integer_value(json_object_get(json_object_get(manifest, "planned"), key));

	return n > 0 ? (uint64_t)n : 0;
}

json_t *manifest_load(const char *dir, struct err *e)
{
	char *path = fsx_join(dir, "manifest.json");
	json_t *object = NULL;

	if (!fsx_exists(dir)) {
		err_set(e, ERR_ENV, "%s: no such run directory", dir);
		err_hint(e, "a run is in runs/DATE-NAME, or where --out said");
	} else if (!fsx_exists(path)) {
		err_set(e, ERR_JOURNAL, "%s is not a run directory: it has no manifest.json", dir);
		err_hint(e, "a run is in runs/DATE-NAME, or where --out said");
	} else {
		object = jsonx_load(path, e);
		if (!object && e)
			e->code = ERR_JOURNAL;
	}
	if (object &&
		(json_integer_value(json_object_get(object, "schema")) != SCHEMA ||
			!json_is_array(json_object_get(object, "sessions")) ||
			!json_is_array(json_object_get(object, "servers")))) {
		err_set(e, ERR_JOURNAL, "%s: not a manifest of schema %d", path, SCHEMA);
		json_decref(object);
		object = NULL;
	}
	free(path);
	return object;
}

/* ---- going on with a run ---- */

/* The member of an array of objects with that name, else the one at that place, else the first. */
static const json_t *named(const json_t *array, const char *name, size_t place)
{
	const json_t *one;
	size_t i;

	json_array_foreach (array, i, one) {
		const char *its = jsonx_get_string(one, "name");

		if (its && name && strcmp(its, name) == 0)
			return one;
	}
	one = json_array_get(array, place);
	return one ? one : json_array_get(array, 0);
}

/* Differs, where both are known. */
static bool differs(const char *then, const char *now)
{
	return then && *then && *now && strcmp(then, now) != 0;
}

static int check_server(
	const json_t *then, const char *dir, const struct server_facts *now, struct err *e)
{
	const char *version = jsonx_get_string(then, "version");

	if (differs(version, now->version)) {
		err_set(e, ERR_JOURNAL, "%s: %s is version %s now, the run was made with %s", dir,
			now->name, now->version, version);
		return err_hint(e, "start a new run, and compare the two reports");
	}
	for (size_t i = 0; i < now->nmodels; i++) {
		const struct model_facts *m = &now->models[i];
		const json_t *models = json_object_get(then, "models");
		const char *digest = jsonx_get_string(named(models, m->name, i), "digest");

		if (!differs(digest, m->digest))
			continue;
		err_set(e, ERR_JOURNAL,
			"%s: %s on %s has digest %.12s now, the run was made with %.12s", dir,
			m->name, now->name, m->digest, digest);
		return err_hint(e, "the model was changed since: start a new run");
	}
	return 0;
}

/* What the run measured: as the manifest has it, or a run made before it had it, as its sweep.json
 * has it.  New reference, NULL if neither tells. */
static json_t *measured_then(const json_t *manifest, const char *dir)
{
	json_t *measured = json_object_get(manifest, "measured"), *sweep;
	struct err ignored = ERR_INIT;
	char *path;

	if (json_is_object(measured))
		return json_incref(measured);
	path = fsx_join(dir, "sweep.json");
	sweep = jsonx_load(path, &ignored);
	measured = json_is_object(sweep) ? manifest_measured(sweep) : NULL;
	json_decref(sweep);
	free(path);
	return measured;
}

static int say_changed(const json_t *manifest, const char *dir, const struct plan *p,
	const char *fingerprint, struct err *e)
{
	json_t *then = measured_then(manifest, dir), *now = measured_json(p->sweep);
	struct str text = STR_INIT(STR_MAX_LINE);

	if (then)
		manifest_changes(then, now, &text);
	if (text.len)
		err_set(e, ERR_JOURNAL, "%s: the sweep is not the run's: %s", dir, text.s);
	else
		err_set(e, ERR_JOURNAL,
			"%s: the sweep has fingerprint %.12s, the run was made with %.12s", dir,
			p->fingerprint, fingerprint ? fingerprint : "none");
	json_decref(then);
	json_decref(now);
	str_release(&text);
	return err_hint(e, "what is measured may not change inside a run; how often may");
}

int manifest_check(const json_t *manifest, const char *dir, const struct plan *p, struct err *e)
{
	const char *fingerprint = jsonx_get_string(manifest, "fingerprint");
	const json_t *servers = json_object_get(manifest, "servers");

	/* The particular first: a changed digest changes the fingerprint too. */
	for (size_t i = 0; i < p->nservers; i++) {
		if (check_server(named(servers, p->servers[i].name, i), dir, &p->servers[i], e))
			return -1;
	}
	if (fingerprint && strcmp(fingerprint, p->fingerprint) == 0)
		return 0;
	return say_changed(manifest, dir, p, fingerprint, e);
}

/* ---- sweep.json ---- */

static json_t *before_and_after(int64_t before, int64_t after)
{
	json_t *o = json_object();

	jsonx_put(o, "before", json_integer(before));
	jsonx_put(o, "after", json_integer(after));
	return o;
}

static json_t *cut_json(const struct plan_cut *c)
{
	json_t *o = json_object();

	jsonx_put(o, "per_pass", before_and_after(c->per_pass_before, c->per_pass));
	jsonx_put(o, "passes", before_and_after(c->passes_before, c->passes));
	jsonx_put(o, "cells", before_and_after((int64_t)c->cells_before, (int64_t)c->cells));
	return o;
}

json_t *sweep_file_json(const struct plan *p)
{
	json_t *object = sweep_json(p->sweep);

	/* What the plan has decided since. */
	jsonx_put(object, "passes", json_integer(p->passes));
	jsonx_put(object, "repeats", json_integer(p->repeats));
	jsonx_put(object, "per_pass", json_integer(p->per_pass));
	if (p->nlooks)
		jsonx_put(object, "max_passes", json_integer(p->passes));
	jsonx_put(object, "aliases_found", plan_aliases_json(p));
	jsonx_put(object, "fingerprint", json_string(p->fingerprint));
	if (p->cut.cut)
		jsonx_put(object, "budget_cut", cut_json(&p->cut));
	return object;
}

/* What was cut before the first session stays told: a plan made from its sweep.json is cut already.
 */
static void keep_cut(json_t *object, const char *dir)
{
	struct err ignored = ERR_INIT;
	char *path = fsx_join(dir, "sweep.json");
	json_t *then = jsonx_load(path, &ignored), *cut = json_object_get(then, "budget_cut");

	if (cut && !json_object_get(object, "budget_cut"))
		jsonx_put(object, "budget_cut", json_incref(cut));
	json_decref(then);
	free(path);
}

int sweep_file_write(const char *dir, const struct plan *p, struct err *e)
{
	json_t *object = sweep_file_json(p);
	int result;

	keep_cut(object, dir);
	result = manifest_write_file(dir, "sweep.json", object, e);
	json_decref(object);
	return result;
}
