/* search_file.c - see search_file.h */
#include "search_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "vec.h"

#define SCHEMA 1

/* ---- writing ---- */

static json_t *count_json(uint32_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *limits_json(const struct search_asked *a)
{
	json_t *o = json_object();

	jsonx_put(o, "ttft_ms", jsonx_number(a->ttft_ms));
	jsonx_put(o, "tpot_ms", jsonx_number(a->tpot_ms));
	jsonx_put(o, "e2e_ms", jsonx_number(a->e2e_ms));
	jsonx_put(o, "share", jsonx_number(a->share));
	return o;
}

static void put_requests(json_t *o, const struct search_note *n)
{
	jsonx_put(o, "met", count_json(n->met));
	jsonx_put(o, "failed", count_json(n->failed));
	jsonx_put(o, "over_ttft", count_json(n->over_ttft));
	jsonx_put(o, "over_tpot", count_json(n->over_tpot));
	jsonx_put(o, "over_e2e", count_json(n->over_e2e));
	jsonx_put(o, "unknown", count_json(n->unknown));
	jsonx_put(o, "invalid", count_json(n->invalid));
	jsonx_put(o, "ttft_p95_ms", jsonx_number(n->ttft_p95_ms));
	jsonx_put(o, "tpot_p95_ms", jsonx_number(n->tpot_p95_ms));
	jsonx_put(o, "e2e_p95_ms", jsonx_number(n->e2e_p95_ms));
}

static json_t *burst_json(const struct search_job *job, const struct search_note *n)
{
	json_t *o = json_object();

	jsonx_put(o, "pass", count_json(n->pass));
	jsonx_put(o, "n", count_json(n->requests));
	jsonx_put(o, "verdict", json_string(burst_verdict_name(n->verdict)));
	jsonx_put(o, "why", json_string(n->why));
	if (search_is_of_load(job->axis->find)) {
		jsonx_put(o, "offload_fraction", jsonx_number(n->offload));
		jsonx_put(o, "context_length",
			n->context_length < 0 ? json_null() : json_integer(n->context_length));
	} else {
		put_requests(o, n);
	}
	return o;
}

static void count_verdicts(const struct search_trial *t, uint32_t *kept, uint32_t *not_kept)
{
	*kept = *not_kept = 0;
	for (size_t i = 0; t->told && i < SEARCH_BURSTS; i++) {
		*kept += t->burst[i].verdict == BURST_KEPT;
		*not_kept += t->burst[i].verdict == BURST_NOT_KEPT;
	}
}

static json_t *trial_json(const struct search_job *job, const struct search_trial *t)
{
	json_t *o = json_object(), *bursts = json_array();
	uint32_t kept, not_kept;

	count_verdicts(t, &kept, &not_kept);
	jsonx_put(o, "level", jsonx_number(t->level));
	jsonx_put(o, "begun", count_json(t->begun));
	jsonx_put(o, "session", t->told ? count_json(t->session) : json_null());
	jsonx_put(o, "verdict",
		t->told ? json_string(search_verdict_name(search_verdict(kept, not_kept)))
			: json_null());
	for (size_t i = 0; t->told && i < SEARCH_BURSTS; i++)
		json_array_append_new(bursts, burst_json(job, &t->burst[i]));
	jsonx_put(o, "bursts", bursts);
	return o;
}

static void put_value(json_t *o, const char *key, double value, const char *why)
{
	char name[40];

	jsonx_put(o, key, jsonx_number(value));
	if (!isnan(value))
		return;
	snprintf(name, sizeof(name), "%s_why", key);
	jsonx_put(o, name, json_string(why));
}

static void put_result(json_t *o, const struct search_job *job)
{
	json_t *undecided = json_array();
	struct search_result r;

	search_result(&job->search, &r);
	put_value(o, "confirmed", r.confirmed, "no level kept what was asked in 3 of 3 bursts");
	put_value(o, "refused", r.refused, "no level failed to in 3 of 3 bursts");
	for (size_t i = 0; i < r.nundecided; i++)
		json_array_append_new(undecided, jsonx_number(r.undecided[i].level));
	jsonx_put(o, "undecided", undecided);
	jsonx_put(o, "disorder", json_boolean(r.disorder));
	if (r.disorder)
		jsonx_put(o, "confirmed_above", jsonx_number(r.confirmed_above));
}

json_t *search_json(const struct search_job *job)
{
	json_t *o = json_object(), *levels = json_array();

	jsonx_put(o, "schema", json_integer(SCHEMA));
	jsonx_put(o, "find", json_string(job->axis->name));
	jsonx_put(o, "from", jsonx_number(job->search.from));
	jsonx_put(o, "to", jsonx_number(job->search.to));
	jsonx_put(o, "resolution", jsonx_number(job->search.resolution));
	if (!search_is_of_load(job->axis->find))
		jsonx_put(o, "limits", limits_json(&job->asked));
	jsonx_put(o, "bursts_per_level", json_integer(SEARCH_BURSTS));
	jsonx_put(o, "end", job->end ? json_string(job->end) : json_null());
	put_result(o, job);
	for (size_t i = 0; i < job->trials.n; i++)
		json_array_append_new(levels, trial_json(job, &job->trials.v[i]));
	jsonx_put(o, "levels", levels);
	jsonx_put(o, "simulated", json_boolean(job->base->simulated));
	return o;
}

int search_file_write(const struct search_job *job, struct err *e)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	char *path = fsx_join(job->dir, SEARCH_FILE);
	json_t *o = search_json(job);
	int failed;

	jsonx_dump(&text, o, 2, false);
	str_addc(&text, '\n');
	failed = fsx_replace(path, text.s, text.len, e);
	json_decref(o);
	str_release(&text);
	free(path);
	return failed;
}

/* ---- reading ---- */

static int not_ours(const char *path, const char *what, struct err *e)
{
	err_set(e, ERR_JOURNAL, "%s: %s", path, what);
	return err_hint(
		e, "begin a new search: this file was not written by this chimera, or changed");
}

static int read_asked(struct search_record *r, const char *path, struct err *e)
{
	const char *name = jsonx_get_string(r->root, "find");
	const json_t *limits = json_object_get(r->root, "limits");

	r->axis = name ? search_axis(name) : NULL;
	if (json_integer_value(json_object_get(r->root, "schema")) != SCHEMA || !r->axis)
		return not_ours(path, "not a search of schema 1", e);
	r->asked = (struct search_asked){.find = r->axis->find,
		.ttft_ms = jsonx_get_number(limits, "ttft_ms"),
		.tpot_ms = jsonx_get_number(limits, "tpot_ms"),
		.e2e_ms = jsonx_get_number(limits, "e2e_ms"),
		.share = jsonx_get_number(limits, "share")};
	r->range[0] = jsonx_get_number(r->root, "from");
	r->range[1] = jsonx_get_number(r->root, "to");
	r->range[2] = jsonx_get_number(r->root, "resolution");
	for (size_t i = 0; i < 3; i++) {
		if (isnan(r->range[i]))
			return not_ours(path, "from, to or resolution is missing", e);
	}
	return 0;
}

int search_file_load(struct search_record *r, const char *dir, struct err *e)
{
	char *path = fsx_join(dir, SEARCH_FILE);
	int failed = -1;

	*r = (struct search_record){0};
	if (!fsx_exists(dir)) {
		err_set(e, ERR_ENV, "%s: no such run directory", dir);
		err_hint(e, "a search is in runs/DATE-NAME, or where --out said");
	} else if (!fsx_exists(path)) {
		err_set(e, ERR_JOURNAL, "%s is no search: it has no " SEARCH_FILE, dir);
		err_hint(e, "chimera resume %s goes on with a run", dir);
	} else {
		r->root = jsonx_load(path, e);
		if (!r->root && e)
			e->code = ERR_JOURNAL;
	}
	if (r->root)
		failed = read_asked(r, path, e);
	if (failed) {
		json_decref(r->root);
		r->root = NULL;
	}
	free(path);
	return failed;
}

static uint32_t count_at(const json_t *o, const char *key)
{
	const json_t *n = json_object_get(o, key);
	json_int_t value = json_integer_value(n);

	return value < 0 || value > UINT32_MAX ? 0 : (uint32_t)value;
}

static int recall_burst(struct search_note *n, const json_t *o)
{
	const char *verdict = jsonx_get_string(o, "verdict"), *why = jsonx_get_string(o, "why");
	const json_t *context = json_object_get(o, "context_length");

	*n = (struct search_note){.pass = count_at(o, "pass"),
		.requests = count_at(o, "n"),
		.met = count_at(o, "met"),
		.failed = count_at(o, "failed"),
		.invalid = count_at(o, "invalid"),
		.over_ttft = count_at(o, "over_ttft"),
		.over_tpot = count_at(o, "over_tpot"),
		.over_e2e = count_at(o, "over_e2e"),
		.unknown = count_at(o, "unknown"),
		.ttft_p95_ms = jsonx_get_number(o, "ttft_p95_ms"),
		.tpot_p95_ms = jsonx_get_number(o, "tpot_p95_ms"),
		.e2e_p95_ms = jsonx_get_number(o, "e2e_p95_ms"),
		.offload = jsonx_get_number(o, "offload_fraction"),
		.context_length = json_is_integer(context) ? json_integer_value(context) : -1};
	if (!verdict || !why)
		return -1;
	err_quote(n->why, sizeof(n->why), why);
	for (n->verdict = BURST_UNJUDGED; n->verdict <= BURST_NOT_KEPT; n->verdict++) {
		if (strcmp(verdict, burst_verdict_name(n->verdict)) == 0)
			return 0;
	}
	return -1;
}

/* A level whose session had only begun has no bursts: it will be tried anew. */
static int recall_trial(struct search_job *job, const json_t *o)
{
	const json_t *bursts = json_object_get(o, "bursts");
	struct search_trial t = {.level = jsonx_get_number(o, "level"),
		.begun = count_at(o, "begun"),
		.session = count_at(o, "session")};
	uint32_t kept, not_kept;

	if (!(t.level >= job->search.from && t.level <= job->search.to) || t.begun == 0 ||
		t.begun > 1000 || job->trials.n == SEARCH_MAX_LEVELS)
		return -1;
	t.told = json_array_size(bursts) == SEARCH_BURSTS;
	for (size_t i = 0; t.told && i < SEARCH_BURSTS; i++) {
		if (recall_burst(&t.burst[i], json_array_get(bursts, i)))
			return -1;
	}
	count_verdicts(&t, &kept, &not_kept);
	if (t.told)
		search_told(&job->search, t.level, kept, not_kept);
	*VEC_PUSH(&job->trials) = t;
	return 0;
}

int search_file_recall(struct search_job *job, const struct search_record *r, struct err *e)
{
	const json_t *o;
	size_t i;

	json_array_foreach (json_object_get(r->root, "levels"), i, o) {
		char what[60];

		snprintf(what, sizeof(what), "levels[%zu] is not whole", i);
		if (recall_trial(job, o))
			return not_ours(SEARCH_FILE, what, e);
	}
	return 0;
}
