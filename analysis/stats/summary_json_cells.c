/* summary_json_cells.c - cells and effects in summary.json. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "rank_checks.h"
#include "summary_json_parts.h"
#include "trust.h"

/* What the rows of a run were loaded in; of a table, which may not say, what was set up together.
 */
static void put_loads(json_t *object, const struct dataset *d, uint64_t n)
{
	if (!d->independent)
		summary_put_count(object, d->foreign ? "blocks" : "loads", n);
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

	summary_put_count(o, "n", m->n);
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
		summary_put_count(o, c->failed[i].status, c->failed[i].n);
	return o;
}

/* What bursts say of the cell. */
static json_t *bursts_json(const struct cell_summary *c)
{
	json_t *o = json_object();

	summary_put_count(o, "n", c->nbursts);
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
	summary_put_count(o, "planned", c->n_planned);
	summary_put_count(o, "suspect", c->n_suspect);
	summary_put_count(o, "invalid", c->n_invalid);
	if (c->concurrency || isfinite(c->rate))
		jsonx_put(o, "bursts", bursts_json(c));
}

json_t *summary_cell_json(const struct summary *s, const struct cell_summary *c)
{
	const struct data_cell *cell = &s->data->cells[c->cell];
	json_t *o = json_object(), *metrics = json_object();

	jsonx_put(o, "cell_id", json_string(cell->id));
	jsonx_put(o, "label", json_string(cell->label));
	jsonx_put(o, "settings", settings_json(s->data, cell));
	summary_put_count(o, "n", c->n);
	if (!s->data->foreign)
		put_run_of_cell(o, s, c);
	summary_put_count(o, "paid_load", c->n_paid_load);
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
	summary_put_count(o, "n", l->n);
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

json_t *summary_effect_json(const struct summary *s, size_t i)
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
		summary_append(levels, effect_level_json(s->data, &e->levels[k], why));
	jsonx_put(o, "levels", levels);
	if (e->nlevels && isfinite(e->furthest.ratio))
		jsonx_put(o, "furthest", furthest_json(e));
	if (e->primary && e->factor_b < 0)
		jsonx_put(o, "permutation", permutation_json(&s->trust->permutation[i], e->p));
	return o;
}
