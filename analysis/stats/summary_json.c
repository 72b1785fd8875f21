/* summary_json.c - RUN/summary.json, "schema": 1.
 *
 * A value that cannot be given is null, and its reason stands beside it as NAME_why. */
#include "summary_json_parts.h"

#include <math.h>
#include <string.h>

#include "bug.h"
#include "fold.h"
#include "jsonx.h"
#include "rank_checks.h"
#include "choice.h"
#include "contrasts.h"
#include "trend_line.h"
#include "trust.h"

#define SCHEMA 1

void summary_append(json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value))
		BUG("no JSON for an element");
}

void summary_put_count(json_t *object, const char *key, uint64_t n)
{
	jsonx_put(object, key, json_integer((json_int_t)n));
}

static json_t *cell_ids(const struct summary *s, const uint32_t *cells, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		summary_append(list, json_string(s->data->cells[cells[i]].id));
	return list;
}

static void put_best(json_t *o, const struct summary *s)
{
	json_t *best = json_object(), *about = json_object();

	for (size_t m = 0; m < s->data->nmetrics; m++) {
		const struct best_set *b = &s->best[m];
		json_t *one = json_object();

		jsonx_put(best, s->data->metrics[m].column, cell_ids(s, b->cells, b->ncells));
		summary_put_count(one, "settings", b->different);
		summary_put_count(one, "of", b->of);
		summary_put_count(one, "worse", b->worse);
		jsonx_put(one, "why", json_string(b->why ? b->why : ""));
		jsonx_put(about, s->data->metrics[m].column, one);
	}
	jsonx_put(o, "best", best);
	jsonx_put(o, "best_sets", about);
	jsonx_put(o, "pareto", cell_ids(s, s->pareto, s->npareto));
}

static json_t *in_step_json(const struct summary *s)
{
	json_t *list = json_array();

	for (size_t f = 0; f < s->data->nfactors; f++) {
		json_t *o;

		if (s->in_step[f] < 0)
			continue;
		o = json_object();
		jsonx_put(o, "factor", json_string(s->data->factors[f].name));
		jsonx_put(o, "with", json_string(s->data->factors[s->in_step[f]].name));
		summary_append(list, o);
	}
	return list;
}

static json_t *aliases_json(const struct summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->naliases; i++) {
		const struct alias_finding *a = &s->aliases[i];
		json_t *o = json_object(), *levels = json_array();

		for (size_t k = 0; k < a->nlevels; k++)
			summary_append(levels, json_string(a->levels[k]));
		jsonx_put(o, "factor", json_string(a->factor));
		jsonx_put(o, "levels", levels);
		jsonx_put(o, "why", json_string(a->why));
		jsonx_put(o, "by_read_back", json_boolean(a->by_read_back));
		summary_append(list, o);
	}
	return list;
}

static json_t *findings_json(const struct summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nfindings; i++) {
		const struct finding *f = &s->findings[i];
		json_t *o = json_object(), *rows = json_object();

		jsonx_put(rows, "file", json_string(f->file));
		jsonx_put(rows, "filter", json_string(f->filter));
		summary_put_count(rows, "n", f->n);
		jsonx_put(o, "id", json_string(f->id));
		jsonx_put(o, "kind", json_string(finding_kind_name(f->kind)));
		jsonx_put(o, "text", json_string(f->text));
		jsonx_put(o, "rows", rows);
		summary_append(list, o);
	}
	return list;
}

/* What the sentinel's loads show. */
static void put_sentinel(json_t *o, const struct drift_summary *t)
{
	const char *why =
		"there are no two loads of the sentinel, or no error to hold them against";

	summary_put_count(o, "sentinel_loads", t->sentinel_loads);
	jsonx_put_or_why(o, "sentinel_sd", t->sentinel_sd, why);
	jsonx_put_or_why(o, "sentinel_ratio", t->sentinel_ratio, why);
	jsonx_put_or_why(o, "sentinel_low", t->sentinel_low, why);
	jsonx_put_or_why(o, "sentinel_high", t->sentinel_high, why);
}

/* The noise by source. */
static void put_noise(json_t *o, const struct summary *s, size_t metric)
{
	const struct dataset *d = s->data;

	jsonx_put_or_why(o, d->foreign ? "sd_row" : "sd_request", s->sd_request[metric],
		d->foreign ? "no setting has two rows" : "no request was repeated");
	if (d->independent)
		return;
	jsonx_put_or_why(o, d->foreign ? "sd_block" : "sd_load", s->sd_load[metric],
		d->foreign ? "no degrees of freedom between blocks"
			   : "no degrees of freedom between loads");
	jsonx_put_or_why(o, "sd_pass", s->sd_pass[metric], "no degrees of freedom between passes");
}

static json_t *drift_json(const struct summary *s)
{
	json_t *all = json_object();

	for (size_t m = 0; m < s->data->nmetrics; m++) {
		const struct drift_summary *t = &s->drift[m];
		json_t *o = json_object();

		if (!s->data->foreign) {
			jsonx_put_or_why(o, "trend_per_hour", t->trend_per_hour, t->why);
			jsonx_put_or_why(o, "trend_p", t->trend_p, t->why);
		}
		jsonx_put_or_why(o, "lag1", t->lag1, "too few values vary");
		summary_put_count(o, "lag1_n", t->lag1_n);
		if (!s->data->foreign)
			put_sentinel(o, t);
		put_noise(o, s, m);
		jsonx_put(all, s->data->metrics[m].column, o);
	}
	return all;
}

static json_t *notes_json(const struct dataset *d)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < d->nnotes; i++) {
		json_t *one = json_object();

		jsonx_put_or_why(one, "line",
			d->notes[i].line ? (double)d->notes[i].line : (double)NAN,
			"it is about the table as a whole");
		jsonx_put(one, "why", jsonx_text(d->notes[i].why));
		summary_append(notes, one);
	}
	return notes;
}

static json_t *ingest_json(const struct dataset *d)
{
	json_t *o = json_object(), *formats = json_object(), *skipped = json_array();
	uint64_t bytes = 0, csv = 0, json = 0;

	for (size_t i = 0; i < d->nfiles; i++) {
		const struct data_file *f = &d->files[i];

		bytes += f->bytes;
		csv += strcmp(f->format, "csv") == 0;
		json += strcmp(f->format, "json") == 0;
		if (f->rejected) {
			json_t *one = json_object();

			jsonx_put(one, "file", json_string(f->path));
			summary_put_count(one, "rows", f->rejected);
			jsonx_put(one, "why", json_string("damaged or cut off"));
			summary_append(skipped, one);
		}
	}
	summary_put_count(formats, "csv", csv);
	summary_put_count(formats, "json", json);
	summary_put_count(o, "files", d->nfiles);
	summary_put_count(o, "bytes", bytes);
	jsonx_put(o, "by_format", formats);
	jsonx_put(o, "skipped", skipped);
	jsonx_put(o, "duplicates", json_array()); /* a run directory has none */
	jsonx_put(o, "notes", notes_json(d));
	summary_put_count(o, "notes_in_all", d->notes_in_all);
	return o;
}

static json_t *run_json(const struct summary *s)
{
	const struct dataset *d = s->data;
	json_t *o = json_object();

	summary_put_count(o, "rows", s->rows);
	summary_put_count(o, "measured", s->measured);
	summary_put_count(o, "ok", s->ok);
	summary_put_count(o, "failed", s->failed);
	summary_put_count(o, "warmups", s->warmups);
	summary_put_count(o, "sentinel", s->sentinel);
	summary_put_count(o, "suspect", s->suspect);
	summary_put_count(o, "invalid", s->invalid);
	summary_put_count(o, "set_aside", s->set_aside);
	summary_put_count(o, "left_out", d->left_out);
	jsonx_put(o, "percentiles",
		json_string(s->fold->histogram ? "histogram within 0.1 %" : "exact"));
	summary_put_count(o, "loads_made", s->loads_made);
	summary_put_count(o, "loads_planned", s->loads_planned);
	summary_put_count(o, "requests_planned", d->planned_requests);
	summary_put_count(o, "passes_planned", d->passes_planned);
	summary_put_count(o, "passes_complete", d->passes_complete);
	summary_put_count(o, "blocks", d->nblocks);
	jsonx_put_or_why(o, "seconds", s->seconds, "no row says when it was sent");
	jsonx_put_or_why(o, "client_lag_p99_us", s->client_lag_p99_us, "p99 needs 100 samples");
	jsonx_put_or_why(o, "ttft_minus_server_ms_p50", s->ttft_minus_server_ms_p50,
		"no row has both times");
	jsonx_put_or_why(
		o, "ttft_minus_server_ms_p95", s->ttft_minus_server_ms_p95, "p95 needs 20 samples");
	summary_put_count(o, "ttft_minus_server_n", s->ttft_minus_server_n);
	summary_put_count(o, "ttft_minus_server_outside", s->ttft_minus_server_outside);
	jsonx_put_or_why(o, "prompt_tokens_max", s->prompt_tokens_max, "the server did not say");
	jsonx_put_or_why(o, "context_filled_max", s->context_filled_max, "the server did not say");
	jsonx_put(o, "interleaved", json_boolean(s->interleaved));
	jsonx_put(o, "ended", jsonx_text(d->ended && d->ended[0] ? d->ended : NULL));
	summary_put_count(o, "passes_due", dataset_passes_due(d));
	jsonx_put_or_why(o, "until", d->until > 0 ? d->until : (double)NAN,
		"the number of passes was fixed");
	jsonx_put_or_why(o, "widest", s->widest, s->widest_why);
	if (s->widest_factor) {
		jsonx_put(o, "widest_factor", json_string(s->widest_factor));
		jsonx_put(
			o, "widest_metric", json_string(s->data->metrics[s->widest_metric].column));
	}
	jsonx_put_or_why(
		o, "budget_s", d->budget_s > 0 ? d->budget_s : (double)NAN, "there was none");
	summary_put_count(o, "repeated_at_0", s->repeated);
	summary_put_count(o, "differed_at_0", s->differed);
	return o;
}

static json_t *quality_json(const struct summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nquality; i++) {
		const struct quality_group *g = &s->quality[i];
		const char *one =
			"one question was graded, and the unit of a score is the question";
		json_t *o = json_object();

		jsonx_put(o, "by", json_string(g->by_kind ? "kind" : "difficulty"));
		jsonx_put(o, "name", json_string(g->name));
		jsonx_put(o, "factor",
			jsonx_text(g->factor >= 0 ? s->data->factors[g->factor].name : NULL));
		jsonx_put(o, "level", jsonx_text(g->level_name));
		summary_put_count(o, "questions", g->questions);
		jsonx_put_or_why(o, "estimate", g->estimate, NULL);
		jsonx_put_or_why(o, "ci_low", g->low, one);
		jsonx_put_or_why(o, "ci_high", g->high, one);
		summary_append(list, o);
	}
	return list;
}

/* Of a table of the user's: its rows, in place of a run. */
static json_t *table_json(const struct summary *s)
{
	const struct dataset *d = s->data;
	json_t *o = json_object();

	summary_put_count(o, "rows", s->rows);
	summary_put_count(o, "counted", s->fold->counted);
	summary_put_count(o, "ok", s->ok);
	summary_put_count(o, "failed", s->failed);
	summary_put_count(o, "left_out", d->left_out);
	jsonx_put(o, "independent_rows", json_boolean(d->independent));
	if (!d->independent)
		summary_put_count(o, "blocks", d->nloads);
	jsonx_put(o, "paid_load_when", jsonx_text(d->paid_how));
	if (!d->paid_how)
		jsonx_put(o, "paid_load_when_why",
			json_string("no row is known to have waited for a load"));
	return o;
}

json_t *summary_json(const struct summary *s)
{
	json_t *o = json_object(), *cells = json_array(), *effects = json_array();

	summary_put_count(o, "schema", SCHEMA);
	jsonx_put(o, "name", jsonx_text(s->data->name));
	jsonx_put(o, "simulated", json_boolean(s->data->simulated));
	jsonx_put(o, "confidence", jsonx_number(dataset_confidence(s->data)));
	jsonx_put(o, "kind", json_string(s->data->foreign ? "table" : "run"));
	jsonx_put(o, s->data->foreign ? "table" : "run",
		s->data->foreign ? table_json(s) : run_json(s));
	if (!s->data->foreign)
		jsonx_put(o, "client", client_json(&s->client));
	for (size_t i = 0; i < s->ncells; i++)
		summary_append(cells, summary_cell_json(s, &s->cells[i]));
	for (size_t i = 0; i < s->neffects; i++)
		summary_append(effects, summary_effect_json(s, i));
	jsonx_put(o, "cells", cells);
	jsonx_put(o, "effects", effects);
	put_best(o, s);
	if (!s->data->foreign)
		jsonx_put(o, "aliases", aliases_json(s));
	jsonx_put(o, "in_step", in_step_json(s));
	jsonx_put(o, "findings", findings_json(s));
	if (!s->data->foreign)
		jsonx_put(o, "quality", quality_json(s));
	jsonx_put(o, "drift", drift_json(s));
	jsonx_put(o, "choice", choice_json(s->choice, s->data));
	jsonx_put(o, "trust", trust_json(s->trust, s->data));
	jsonx_put(o, "lines", trend_lines_json(s->lines, s->nlines));
	jsonx_put(o, "contrasts", contrasts_json(s->contrasts, s->ncontrasts));
	if (s->nrank_tests)
		jsonx_put(o, "rank_tests", rank_tests_json(s));
	jsonx_put(o, "ingest", ingest_json(s->data));
	return o;
}
