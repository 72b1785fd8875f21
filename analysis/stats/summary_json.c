/* summary_json.c - RUN/summary.json, "schema": 1.
 *
 * A value that cannot be given is null, and its reason stands beside it as NAME_why. */
#include "summary.h"

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

static void append(json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value))
		BUG("no JSON for an element");
}

static void put_count(json_t *object, const char *key, uint64_t n)
{
	jsonx_put(object, key, json_integer((json_int_t)n));
}

/* What the rows of a run were loaded in; of a table, which may not say, what was set up together.
 */
static void put_loads(json_t *object, const struct dataset *d, uint64_t n)
{
	if (!d->independent)
		put_count(object, d->foreign ? "blocks" : "loads", n);
}

/* ---- cells ---- */

static json_t *metric_json(
	const struct dataset *d, const struct metric_summary *m, const struct metric_spec *spec)
{
	json_t *o = json_object();
	const char *none = m->n ? NULL
		: d->foreign    ? "no row that counts has it"
				: "no request that counts has it";
	const char *one = none ? none : "there is one value";

	put_count(o, "n", m->n);
	put_loads(o, d, m->nloads);
	jsonx_put(o, "unit", json_string(spec->unit));
	jsonx_put(o, "better", json_string(spec->better > 0 ? "higher" : "lower"));
	jsonx_put(o, "scale", json_string(spec->log ? "log" : "linear"));
	jsonx_put_or_why(o, "estimate", m->estimate, none);
	jsonx_put_or_why(o, "ci_low", m->ci_low, m->ci_why);
	jsonx_put_or_why(o, "ci_high", m->ci_high, m->ci_why);
	jsonx_put_or_why(o, "df", m->df, m->ci_why);
	jsonx_put_or_why(o, "mean", m->mean, none);
	jsonx_put_or_why(o, "sd", m->sd, one);
	jsonx_put_or_why(o, "cv", m->cv, one);
	jsonx_put_or_why(o, "p50", m->p50, m->median_why);
	jsonx_put_or_why(o, "p95", m->p95, m->p95_why);
	jsonx_put_or_why(o, "p99", m->p99, m->p99_why);
	jsonx_put_or_why(o, "mad", m->mad, none);
	jsonx_put_or_why(o, "min", m->min, none);
	jsonx_put_or_why(o, "max", m->max, none);
	if (!d->foreign)
		jsonx_put_or_why(o, "estimate_valid_only", m->estimate_valid_only,
			none ? none : "all of its rows are suspect");
	if (m->ranks)
		jsonx_put(o, "rank_intervals", rank_limits_json(m->ranks));
	return o;
}

/* A level as what it is: a number where it is one. */
static json_t *level_json(const struct data_factor *f, uint32_t level)
{
	return isfinite(f->value[level]) ? jsonx_number(f->value[level])
					 : json_string(f->level[level]);
}

static json_t *settings_json(const struct dataset *d, const struct data_cell *cell)
{
	json_t *o = json_object();

	for (size_t f = 0; f < d->nfactors; f++)
		jsonx_put(o, d->factors[f].name, level_json(&d->factors[f], cell->level[f]));
	return o;
}

static json_t *effective_json(const struct summary *s, const struct cell_summary *c)
{
	json_t *o = json_object();

	jsonx_put_or_why(
		o, "num_ctx", c->eff_num_ctx, "not read back, or not the same after each load");
	jsonx_put_or_why(o, "offload_fraction", c->offload_fraction,
		"not read back, or not the same after each load");
	jsonx_put(o, "differs", json_boolean(c->effective_differs));
	if (c->effective_differs)
		jsonx_put(o, "why", jsonx_text(c->effective_why));
	jsonx_put(o, "same_as", json_string(s->data->cells[c->alias_of].id));
	return o;
}

static json_t *failed_json(const struct cell_summary *c)
{
	json_t *o = json_object();

	for (size_t i = 0; i < c->nfailed; i++)
		put_count(o, c->failed[i].status, c->failed[i].n);
	return o;
}

/* What bursts say of the cell. */
static json_t *bursts_json(const struct cell_summary *c)
{
	json_t *o = json_object();

	put_count(o, "n", c->nbursts);
	jsonx_put_or_why(o, "concurrency", c->concurrency ? c->concurrency : (double)NAN,
		"requests were sent at a rate");
	jsonx_put_or_why(o, "rate", c->rate, "requests were kept in flight");
	jsonx_put_or_why(o, "at_once", c->at_once ? c->at_once : (double)NAN, "no answer shows it");
	jsonx_put_or_why(o, "serves", c->serves ? c->serves : (double)NAN, "no answer shows it");
	jsonx_put(o, "queued", json_boolean(c->queued));
	jsonx_put(o, "overload", json_boolean(c->overload));
	jsonx_put_or_why(o, "ttft_due_p95", c->ttft_due_p95, c->ttft_due_why);
	return o;
}

/* What only a run has. */
static void put_run_of_cell(json_t *o, const struct summary *s, const struct cell_summary *c)
{
	jsonx_put(o, "effective", effective_json(s, c));
	put_count(o, "planned", c->n_planned);
	put_count(o, "suspect", c->n_suspect);
	put_count(o, "invalid", c->n_invalid);
	if (c->concurrency || isfinite(c->rate))
		jsonx_put(o, "bursts", bursts_json(c));
}

static json_t *cell_json(const struct summary *s, const struct cell_summary *c)
{
	const struct data_cell *cell = &s->data->cells[c->cell];
	json_t *o = json_object(), *metrics = json_object();

	jsonx_put(o, "cell_id", json_string(cell->id));
	jsonx_put(o, "label", json_string(cell->label));
	jsonx_put(o, "settings", settings_json(s->data, cell));
	put_count(o, "n", c->n);
	if (!s->data->foreign)
		put_run_of_cell(o, s, c);
	put_count(o, "paid_load", c->n_paid_load);
	jsonx_put(o, "failed", failed_json(c));
	jsonx_put_or_why(o, "failure_upper", c->failure_upper, "no request was sent");
	for (size_t m = 0; m < s->data->nmetrics; m++) {
		const struct metric_spec *spec = &s->data->metrics[m];

		jsonx_put(metrics, spec->column, metric_json(s->data, &c->metric[m], spec));
	}
	jsonx_put(o, "metrics", metrics);
	return o;
}

/* ---- effects ---- */

static json_t *effect_level_json(
	const struct dataset *d, const struct level_summary *l, const char *why)
{
	json_t *o = json_object();
	const char *none = l->n ? why : "it was not measured";

	jsonx_put(o, "level", json_string(l->level));
	put_count(o, "n", l->n);
	put_loads(o, d, l->nloads);
	jsonx_put_or_why(o, "estimate", l->estimate, none);
	jsonx_put_or_why(o, "estimate_low", l->estimate_low, none);
	jsonx_put_or_why(o, "estimate_high", l->estimate_high, none);
	jsonx_put_or_why(o, "ratio", l->ratio, none);
	jsonx_put_or_why(o, "ci_low", l->ci_low, none);
	jsonx_put_or_why(o, "ci_high", l->ci_high, none);
	return o;
}

static json_t *furthest_json(const struct effect *e)
{
	const struct level_pair *p = &e->furthest;
	json_t *o = json_object();

	jsonx_put(o, "worse", json_string(e->levels[p->worse].level));
	jsonx_put(o, "better", json_string(e->levels[p->better].level));
	jsonx_put_or_why(o, "ratio", p->ratio, NULL);
	jsonx_put_or_why(o, "ci_low", p->ci_low, NULL);
	jsonx_put_or_why(o, "ci_high", p->ci_high, NULL);
	return o;
}

static void put_tests(json_t *o, const struct effect *e, const char *why)
{
	jsonx_put_or_why(o, "df", e->df, why);
	jsonx_put_or_why(o, "df_error", e->df_error, why);
	jsonx_put(o, "error_term", json_string(e->error_term));
	jsonx_put_or_why(o, "f", e->f, why);
	jsonx_put_or_why(o, "p", e->p, why);
	jsonx_put_or_why(o, "p_holm", e->primary ? e->p_adjusted : (double)NAN,
		e->primary ? why : "exploratory: see p_adjusted");
	jsonx_put_or_why(o, "p_adjusted", e->p_adjusted, why);
	jsonx_put(o, "adjusted_by", json_string(e->primary ? "holm" : "benjamini_hochberg"));
	jsonx_put_or_why(o, "partial_eta_sq", e->partial_eta_sq, why);
	jsonx_put_or_why(o, "eta_low", e->eta_low, why);
	jsonx_put_or_why(o, "eta_high", e->eta_high, why);
	jsonx_put_or_why(o, "margin", e->margin, "no margin is set for it");
	jsonx_put(o, "negligible", json_boolean(e->negligible));
	jsonx_put_or_why(o, "widest_low", e->widest_low, why);
	jsonx_put_or_why(o, "widest_high", e->widest_high, why);
	jsonx_put_or_why(o, "detectable", e->detectable, why);
}

const char *stratum_name(const struct dataset *d, enum data_stratum stratum)
{
	if (d->foreign)
		return stratum == DATA_RUNNER ? "block" : "row";
	return stratum == DATA_RUNNER ? "runner" : "request";
}

static json_t *effect_json(const struct summary *s, size_t i)
{
	const struct effect *e = &s->effects[i];
	const char *why = e->why[0] ? e->why : "there is no test of it";
	json_t *o = json_object(), *levels = json_array();

	jsonx_put(o, "factor", json_string(e->factor));
	jsonx_put(o, "metric", json_string(e->spec->column));
	jsonx_put(o, "stratum", json_string(stratum_name(s->data, e->stratum)));
	jsonx_put(o, "family", json_string(e->primary ? "confirmatory" : "exploratory"));
	put_tests(o, e, why);
	jsonx_put(o, "verdict", json_string(verdict_name(e->verdict)));
	jsonx_put(o, "why", json_string(e->why));
	jsonx_put(o, "note", json_string(e->note));
	jsonx_put_or_why(o, "passes_needed", e->passes_needed ? e->passes_needed : (double)NAN,
		e->verdict == VERDICT_INCONCLUSIVE ? why : "the verdict needs none");
	if (dataset_is_score(s->data, e->metric))
		jsonx_put_or_why(o, "questions_needed",
			e->questions_needed ? e->questions_needed : (double)NAN,
			e->verdict == VERDICT_INCONCLUSIVE ? why : "the verdict needs none");
	if (!s->data->foreign) {
		jsonx_put_or_why(o, "p_valid_only", e->p_valid_only, why);
		jsonx_put(
			o, "verdict_valid_only", json_string(verdict_name(e->verdict_valid_only)));
	}
	if (e->reference)
		jsonx_put(o, "reference", json_string(e->reference));
	for (size_t k = 0; k < e->nlevels; k++)
		append(levels, effect_level_json(s->data, &e->levels[k], why));
	jsonx_put(o, "levels", levels);
	if (e->nlevels && isfinite(e->furthest.ratio))
		jsonx_put(o, "furthest", furthest_json(e));
	if (e->primary && e->factor_b < 0)
		jsonx_put(o, "permutation", permutation_json(&s->trust->permutation[i], e->p));
	return o;
}

/* ---- the rest ---- */

static json_t *cell_ids(const struct summary *s, const uint32_t *cells, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		append(list, json_string(s->data->cells[cells[i]].id));
	return list;
}

static void put_best(json_t *o, const struct summary *s)
{
	json_t *best = json_object(), *about = json_object();

	for (size_t m = 0; m < s->data->nmetrics; m++) {
		const struct best_set *b = &s->best[m];
		json_t *one = json_object();

		jsonx_put(best, s->data->metrics[m].column, cell_ids(s, b->cells, b->ncells));
		put_count(one, "settings", b->different);
		put_count(one, "of", b->of);
		put_count(one, "worse", b->worse);
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
		append(list, o);
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
			append(levels, json_string(a->levels[k]));
		jsonx_put(o, "factor", json_string(a->factor));
		jsonx_put(o, "levels", levels);
		jsonx_put(o, "why", json_string(a->why));
		jsonx_put(o, "by_read_back", json_boolean(a->by_read_back));
		append(list, o);
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
		put_count(rows, "n", f->n);
		jsonx_put(o, "id", json_string(f->id));
		jsonx_put(o, "kind", json_string(finding_kind_name(f->kind)));
		jsonx_put(o, "text", json_string(f->text));
		jsonx_put(o, "rows", rows);
		append(list, o);
	}
	return list;
}

/* What the sentinel's loads show. */
static void put_sentinel(json_t *o, const struct drift_summary *t)
{
	const char *why =
		"there are no two loads of the sentinel, or no error to hold them against";

	put_count(o, "sentinel_loads", t->sentinel_loads);
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
		put_count(o, "lag1_n", t->lag1_n);
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
		append(notes, one);
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
			put_count(one, "rows", f->rejected);
			jsonx_put(one, "why", json_string("damaged or cut off"));
			append(skipped, one);
		}
	}
	put_count(formats, "csv", csv);
	put_count(formats, "json", json);
	put_count(o, "files", d->nfiles);
	put_count(o, "bytes", bytes);
	jsonx_put(o, "by_format", formats);
	jsonx_put(o, "skipped", skipped);
	jsonx_put(o, "duplicates", json_array()); /* a run directory has none */
	jsonx_put(o, "notes", notes_json(d));
	put_count(o, "notes_in_all", d->notes_in_all);
	return o;
}

static json_t *run_json(const struct summary *s)
{
	const struct dataset *d = s->data;
	json_t *o = json_object();

	put_count(o, "rows", s->rows);
	put_count(o, "measured", s->measured);
	put_count(o, "ok", s->ok);
	put_count(o, "failed", s->failed);
	put_count(o, "warmups", s->warmups);
	put_count(o, "sentinel", s->sentinel);
	put_count(o, "suspect", s->suspect);
	put_count(o, "invalid", s->invalid);
	put_count(o, "set_aside", s->set_aside);
	put_count(o, "left_out", d->left_out);
	jsonx_put(o, "percentiles",
		json_string(s->fold->histogram ? "histogram within 0.1 %" : "exact"));
	put_count(o, "loads_made", s->loads_made);
	put_count(o, "loads_planned", s->loads_planned);
	put_count(o, "requests_planned", d->planned_requests);
	put_count(o, "passes_planned", d->passes_planned);
	put_count(o, "passes_complete", d->passes_complete);
	put_count(o, "blocks", d->nblocks);
	jsonx_put_or_why(o, "seconds", s->seconds, "no row says when it was sent");
	jsonx_put_or_why(o, "client_lag_p99_us", s->client_lag_p99_us, "p99 needs 100 samples");
	jsonx_put_or_why(o, "ttft_minus_server_ms_p50", s->ttft_minus_server_ms_p50,
		"no row has both times");
	jsonx_put_or_why(
		o, "ttft_minus_server_ms_p95", s->ttft_minus_server_ms_p95, "p95 needs 20 samples");
	put_count(o, "ttft_minus_server_n", s->ttft_minus_server_n);
	put_count(o, "ttft_minus_server_outside", s->ttft_minus_server_outside);
	jsonx_put_or_why(o, "prompt_tokens_max", s->prompt_tokens_max, "the server did not say");
	jsonx_put_or_why(o, "context_filled_max", s->context_filled_max, "the server did not say");
	jsonx_put(o, "interleaved", json_boolean(s->interleaved));
	jsonx_put(o, "ended", jsonx_text(d->ended && d->ended[0] ? d->ended : NULL));
	put_count(o, "passes_due", dataset_passes_due(d));
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
	put_count(o, "repeated_at_0", s->repeated);
	put_count(o, "differed_at_0", s->differed);
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
		put_count(o, "questions", g->questions);
		jsonx_put_or_why(o, "estimate", g->estimate, NULL);
		jsonx_put_or_why(o, "ci_low", g->low, one);
		jsonx_put_or_why(o, "ci_high", g->high, one);
		append(list, o);
	}
	return list;
}

/* Of a table of the user's: its rows, in place of a run. */
static json_t *table_json(const struct summary *s)
{
	const struct dataset *d = s->data;
	json_t *o = json_object();

	put_count(o, "rows", s->rows);
	put_count(o, "counted", s->fold->counted);
	put_count(o, "ok", s->ok);
	put_count(o, "failed", s->failed);
	put_count(o, "left_out", d->left_out);
	jsonx_put(o, "independent_rows", json_boolean(d->independent));
	if (!d->independent)
		put_count(o, "blocks", d->nloads);
	jsonx_put(o, "paid_load_when", jsonx_text(d->paid_how));
	if (!d->paid_how)
		jsonx_put(o, "paid_load_when_why",
			json_string("no row is known to have waited for a load"));
	return o;
}

json_t *summary_json(const struct summary *s)
{
	json_t *o = json_object(), *cells = json_array(), *effects = json_array();

	put_count(o, "schema", SCHEMA);
	jsonx_put(o, "name", jsonx_text(s->data->name));
	jsonx_put(o, "simulated", json_boolean(s->data->simulated));
	jsonx_put(o, "confidence", jsonx_number(dataset_confidence(s->data)));
	jsonx_put(o, "kind", json_string(s->data->foreign ? "table" : "run"));
	jsonx_put(o, s->data->foreign ? "table" : "run",
		s->data->foreign ? table_json(s) : run_json(s));
	for (size_t i = 0; i < s->ncells; i++)
		append(cells, cell_json(s, &s->cells[i]));
	for (size_t i = 0; i < s->neffects; i++)
		append(effects, effect_json(s, i));
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
