/* streams_record.c - see streams_record.h */
#include "streams_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest_host.h"

#define SCHEMA     1
#define MAX_RECORD ((size_t)1 << 20)
#define FILE_NAME  "chimera/doctor.json"
#define MAX_WORTH  1000000 /* streams; more is no record of ours */

/* ---- the machine ---- */

static void copy_text(char *dst, size_t size, const json_t *object, const char *key)
{
	const char *text = jsonx_get_string(object, key);

	snprintf(dst, size, "%s", text ? text : "");
}

static void read_machine(struct streams_machine *m, const json_t *object)
{
	copy_text(m->host, sizeof(m->host), object, "hostname");
	copy_text(m->cpu, sizeof(m->cpu), object, "cpu");
	copy_text(m->kernel, sizeof(m->kernel), object, "kernel");
}

void streams_machine_here(struct streams_machine *m)
{
	json_t *host = manifest_host();

	read_machine(m, host);
	json_decref(host);
}

/* ---- writing ---- */

static json_t *us(ns t)
{
	return jsonx_number(t == NS_NONE ? (double)NAN : (double)t / NS_PER_US);
}

static json_t *figures_json(const struct truth_figures *f)
{
	json_t *o = json_object();

	jsonx_put(o, "n", json_integer((json_int_t)f->n));
	jsonx_put(o, "p50", us(f->p50));
	jsonx_put(o, "p99", us(f->p99));
	jsonx_put(o, "max", us(f->max));
	jsonx_put(o, "bias", us(f->bias));
	return o;
}

static void put_count(json_t *o, const char *key, uint64_t n)
{
	jsonx_put(o, key, json_integer((json_int_t)n));
}

static void put_cost(json_t *o, const struct streams_level *l)
{
	static const char few[] = "too little processor time to tell user's from system's";

	jsonx_put_or_why(o, "cpu_us_per_token", l->cpu_us, NULL);
	jsonx_put_or_why(o, "cpu_user_us_per_token", l->user_us, few);
	jsonx_put_or_why(o, "cpu_system_us_per_token", l->system_us, few);
	jsonx_put_or_why(o, "client_cpu_share", l->client_share, NULL);
	jsonx_put_or_why(o, "server_cpu_share", l->server_share, NULL);
}

static json_t *level_json(const struct streams_level *l)
{
	json_t *o = json_object();

	put_count(o, "streams", l->streams);
	put_count(o, "requests", l->requests);
	put_count(o, "failed", l->failed);
	put_count(o, "unpaired", l->unpaired);
	put_count(o, "differing", l->differing);
	jsonx_put(o, "ttft_error_us", figures_json(&l->ttft));
	jsonx_put(o, "itl_error_us", figures_json(&l->itl));
	jsonx_put(o, "sent_minus_received_us", figures_json(&l->sent));
	jsonx_put(o, "server_late_us", figures_json(&l->late));
	put_count(o, "gaps", l->gaps);
	put_count(o, "gaps_unresolved", l->unresolved);
	put_count(o, "user_stamped", l->user_stamped);
	put_count(o, "tokens_streamed", l->tokens);
	put_cost(o, l);
	jsonx_put(o, "memory_bytes", l->memory < 0 ? json_null() : json_integer(l->memory));
	jsonx_put(o, "verdict", json_string(streams_verdict_name(l->verdict)));
	jsonx_put(o, "why", jsonx_text(l->why));
	return o;
}

static json_t *machine_json(const struct streams_machine *m)
{
	json_t *o = json_object();

	jsonx_put(o, "hostname", jsonx_text(m->host));
	jsonx_put(o, "cpu", jsonx_text(m->cpu));
	jsonx_put(o, "kernel", jsonx_text(m->kernel));
	return o;
}

json_t *streams_record_json(const struct streams_record *r)
{
	json_t *o = json_object(), *levels = json_array();
	uint32_t trusted;
	char at[32];

	for (size_t i = 0; i < r->nlevels; i++) {
		if (json_array_append_new(levels, level_json(&r->levels[i])))
			BUG("no JSON array");
	}
	jsonx_put(o, "schema", json_integer(SCHEMA));
	jsonx_put(o, "version", jsonx_text(r->version));
	jsonx_put(o, "measured_at", json_string(clock_iso(at, r->measured_wall)));
	jsonx_put(o, "machine", machine_json(&r->machine));
	jsonx_put(o, "rate_tok_s", jsonx_number(r->rate));
	jsonx_put(o, "seconds", jsonx_number(r->seconds));
	if (streams_trusted(r->levels, r->nlevels, &trusted))
		put_count(o, "trusted_streams", trusted);
	else
		jsonx_put(o, "trusted_streams", json_null());
	jsonx_put(o, "levels", levels);
	return o;
}

char *streams_record_path(const char *xdg_state_home, const char *home)
{
	/* The specification of these folders has relative ones ignored. */
	if (xdg_state_home && xdg_state_home[0] == '/')
		return xasprintf("%s/" FILE_NAME, xdg_state_home);
	if (home && home[0] == '/')
		return xasprintf("%s/.local/state/" FILE_NAME, home);
	return NULL;
}

int streams_record_write(const char *path, const json_t *record, struct err *e)
{
	struct str text = STR_INIT(MAX_RECORD);
	char *dir = xstrdup(path);
	int rc;

	*strrchr(dir, '/') = '\0';
	jsonx_dump(&text, record, 2, false);
	str_addc(&text, '\n');
	rc = fsx_mkdirs(dir, e) || fsx_replace(path, text.s, text.len, e) ? -1 : 0;
	str_release(&text);
	free(dir);
	return rc;
}

/* ---- reading ---- */

/* "another machine (box, this is mill)" where two texts differ. */
static int differs(const char *what, const char *then, const char *here, struct err *e)
{
	char a[100], b[100];

	if (strcmp(then, here) == 0)
		return 0;
	return err_set(e, ERR_DATA, "measured on another %s (%s, this is %s)", what,
		err_quote(a, sizeof(a), then[0] ? then : "unknown"),
		err_quote(b, sizeof(b), here[0] ? here : "unknown"));
}

static int check_machine(
	const struct streams_machine *then, const struct streams_machine *here, struct err *e)
{
	if (differs("machine", then->host, here->host, e) ||
		differs("processor", then->cpu, here->cpu, e) ||
		differs("kernel", then->kernel, here->kernel, e))
		return -1;
	return 0;
}

static uint32_t largest_level(const json_t *levels)
{
	const json_t *level;
	uint32_t most = 0;
	size_t i;

	json_array_foreach (levels, i, level) {
		double n = jsonx_get_number(level, "streams");

		if (n > most && n <= MAX_WORTH)
			most = (uint32_t)n;
	}
	return most;
}

static int read_record(struct streams_trust *ret, const json_t *o,
	const struct streams_machine *here, const char *path, struct err *e)
{
	double streams = jsonx_get_number(o, "trusted_streams");
	const char *at = jsonx_get_string(o, "measured_at");
	struct streams_trust trust = {.rate = jsonx_get_number(o, "rate_tok_s")};
	struct streams_machine then;

	if (jsonx_get_number(o, "schema") != SCHEMA || !(streams >= 0 && streams <= MAX_WORTH) ||
		!(trust.rate > 0) || !at || clock_parse_iso(at, strlen(at)) == NS_NONE)
		return err_set(e, ERR_DATA, "%s is no record of chimera doctor", path);
	read_machine(&then, json_object_get(o, "machine"));
	if (check_machine(&then, here, e))
		return -1;
	trust.streams = (uint32_t)streams;
	trust.tried = largest_level(json_object_get(o, "levels"));
	snprintf(trust.measured_at, sizeof(trust.measured_at), "%s", at);
	*ret = trust;
	return 0;
}

int streams_record_load(struct streams_trust *ret, const char *path,
	const struct streams_machine *here, struct err *e)
{
	struct str text = STR_INIT(MAX_RECORD);
	json_t *o = NULL;
	int rc = -1;

	*ret = (struct streams_trust){0};
	if (!fsx_exists(path))
		err_set(e, ERR_DATA, "this machine was not measured yet");
	else if (!fsx_read(path, MAX_RECORD, &text, e)) {
		o = jsonx_parse(text.s, text.len);
		rc = read_record(ret, o, here, path, e);
	}
	json_decref(o);
	str_release(&text);
	return rc ? err_hint(e, "chimera doctor measures it, in half a minute") : 0;
}

int streams_record_here(struct streams_trust *ret, struct err *e)
{
	char *path = streams_record_path(getenv("XDG_STATE_HOME"), getenv("HOME"));
	struct streams_machine here;
	int rc;

	*ret = (struct streams_trust){0};
	if (!path)
		return err_set(e, ERR_DATA, "there is no home folder that it could be kept in");
	streams_machine_here(&here);
	rc = streams_record_load(ret, path, &here, e);
	free(path);
	return rc;
}
