/* report_quality.c - what was measured of the measuring: rows by kind, the client
 * (report_client.c), the headlines without suspect rows, drift, and where the noise sits. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "fold.h"
#include "jsonx.h"
#include "num.h"

static void row(struct report *r, const char *what, const char *text)
{
	const char *cells[] = {what, text};

	doc_table_row(r->doc, cells);
}

static void count_row(struct report *r, const char *what, uint64_t n)
{
	char text[NUM_TEXT];

	row(r, what, words_fmt(r, "%s", num_group(text, (int64_t)n)));
}

static void counts(struct report *r)
{
	static const char *const head[] = {"Rows", "Number"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_RIGHT};
	const struct summary *s = r->s;

	doc_table(r->doc, "Rows of runs.csv by kind", COUNTOF(head), head, align);
	count_row(r, "all", s->rows);
	count_row(r, "measured", s->measured);
	count_row(r, "measured and answered", s->ok);
	count_row(r, "failed", s->failed);
	count_row(r, "warm-ups, in no figure", s->warmups);
	count_row(r, "sentinel, for drift only", s->sentinel);
	count_row(r, "suspect: counted, and each headline given without them", s->suspect);
	count_row(r, "invalid: in no figure", s->invalid);
	count_row(r, "lines set aside", s->set_aside);
	if (r->d->left_out)
		count_row(r, "left out by the condition, in nothing here", r->d->left_out);
}

/* What a large run is said by in place of all its rows. */
static void large(struct report *r)
{
	const struct summary *s = r->s;

	if (s->fold->histogram)
		doc_item(r->doc, "Percentiles:",
			words_fmt(r,
				"of a histogram, within 0.1 %% of the exact ones: those are kept "
				"of up to %s.",
				words_count(r, DATA_ROWS_EXACT, "row")),
			0);
	if (r->d->fold && s->drift[METRIC_DECODE].lag1_n > 0)
		doc_item(r->doc, "Correlation with the request before:",
			words_fmt(r, "of the first %s that count.",
				words_count(r, s->drift[METRIC_DECODE].lag1_n, "request")),
			0);
}

/* ---- the run beside its plan and its server ---- */

static void server(struct report *r)
{
	const struct summary *s = r->s;

	if (isfinite(s->ttft_minus_server_ms_p50))
		doc_item(r->doc, "TTFT against the server's own times:",
			words_fmt(r,
				"the client's TTFT is %s ms longer than load and prompt evaluation "
				"as the server tells them (median of %llu%s); %llu outside 0 to "
				"50 ms.",
				words_plain(r, s->ttft_minus_server_ms_p50),
				(unsigned long long)s->ttft_minus_server_n,
				isfinite(s->ttft_minus_server_ms_p95)
					? words_fmt(r, ", p95 %s",
						  words_plain(r, s->ttft_minus_server_ms_p95))
					: "",
				(unsigned long long)s->ttft_minus_server_outside),
			0);
	doc_item(r->doc, "Loads:",
		s->loads_planned == 0
			? words_fmt(r, "%s made; how many were planned is not recorded.",
				  words_count(r, s->loads_made, "load"))
			: s->loads_made == s->loads_planned
			? words_fmt(
				  r, "%s made, as planned.", words_count(r, s->loads_made, "load"))
			: words_fmt(r, "%s made, %llu planned.",
				  words_count(r, s->loads_made, "load"),
				  (unsigned long long)s->loads_planned),
		0);
}

/* What the run told on its way: servers that were set aside, passes that are in two parts. */
static void notes(struct report *r)
{
	const json_t *session, *note;
	size_t i, k;

	json_array_foreach (json_object_get(r->d->manifest, "sessions"), i, session) {
		json_array_foreach (json_object_get(session, "notes"), k, note) {
			if (json_is_string(note))
				doc_item(r->doc,
					"On the way:", doc_quote(r->doc, json_string_value(note)),
					0);
		}
	}
}

/* How many passes were made and why no more, where the run decided that itself. */
static void length(struct report *r)
{
	const struct dataset *d = r->d;
	const struct summary *s = r->s;

	if (!(d->until > 0))
		return;
	doc_item(r->doc, "Passes:",
		words_fmt(r,
			"%u of at most %u were made%s. It was to stop when the ratio of any two "
			"levels is known within %s: %s. Looks use widths only, never an estimate "
			"or a p, and intervals are made at 97 %% so that 95 %% hold.",
			d->passes_complete, d->passes_planned,
			strcmp(d->ended, "enough") == 0           ? ": that was enough"
				: strcmp(d->ended, "budget") == 0 ? ": the budget ended it"
								  : "",
			words_percent(r, d->until),
			isfinite(s->widest)
				? words_fmt(r, "the widest, %s in %s, is %s %%",
					  words_quote(r, s->widest_factor),
					  words_name(s->widest_metric),
					  words_rough(r, 100 * s->widest))
				: words_fmt(r, "how well they are known cannot be told, %s",
					  doc_guard(r->doc, s->widest_why))),
		0);
}

/* Adds "2 of 6 repeats a pass" where the budget left less than there was. */
static void add_cut(const struct report *r, struct str *text, const char *key, const char *unit)
{
	const json_t *cut = json_object_get(json_object_get(r->d->sweep, "budget_cut"), key);
	double before = jsonx_get_number(cut, "before"), after = jsonx_get_number(cut, "after");

	if (after < before)
		str_addf(text, "%s%.0f of %.0f %s", text->len ? ", " : "", after, before, unit);
}

/* What the plan was cut down to before anything was measured. */
static void budget_cut(struct report *r)
{
	struct str left = STR_INIT(STR_MAX_LINE);
	char budget[NUM_TEXT];

	add_cut(r, &left, "per_pass", "repeats a pass");
	add_cut(r, &left, "cells", "cells, by priority");
	add_cut(r, &left, "passes", "passes");
	if (left.len)
		doc_item(r->doc, "Budget:",
			words_fmt(r,
				"%s left %s; what was left out was decided from times alone, "
				"before the run.",
				r->d->budget_s > 0 ? num_duration(budget, r->d->budget_s) : "it",
				left.s),
			0);
	str_release(&left);
}

/* What a server does not offer, and so nobody could check. */
static void unchecked(struct report *r)
{
	size_t i, k;
	json_t *server, *what;

	json_array_foreach (json_object_get(r->d->manifest, "servers"), i, server) {
		const char *name = jsonx_get_string(server, "name");

		json_array_foreach (json_object_get(server, "unchecked"), k, what)
			if (name && json_is_string(what))
				doc_item(r->doc, "Could not be checked:",
					words_fmt(r, "%s on %s.",
						words_quote(r, json_string_value(what)),
						words_quote(r, name)),
					0);
	}
}

/* ---- with and without suspect rows ---- */

static void headline(struct report *r, enum metric m)
{
	const struct best_set *set = &r->s->best[m];
	const struct metric_summary *v;

	if (set->ncells == 0)
		return;
	v = &r->s->cells[set->cells[0]].metric[m];
	{
		const char *cells[] = {words_fmt(r, "best %s, %s", metric_specs[m].label,
					       words_cell(r, set->cells[0])),
			words_metric(r, m, v->estimate, v->ci_low, v->ci_high),
			isfinite(v->estimate_valid_only)
				? words_fmt(r, "%s %s",
					  words_value(
						  r, v->estimate_valid_only, v->ci_low, v->ci_high),
					  metric_specs[m].unit)
				: "no row is left"};

		doc_table_row(r->doc, cells);
	}
}

static void verdict_row(struct report *r, const struct effect *e)
{
	const char *cells[] = {
		words_fmt(r, "%s on %s", words_quote(r, e->factor), metric_specs[e->metric].label),
		words_fmt(r, "%s, p %s", report_verdict(e, e->verdict), words_p(r, e->p_adjusted)),
		words_fmt(r, "%s, p %s", report_verdict(e, e->verdict_valid_only),
			words_p(r, e->p_valid_only))};

	doc_table_row(r->doc, cells);
}

static void sensitivity(struct report *r)
{
	static const char *const head[] = {"Headline", "With suspect rows", "Without"};

	if (r->s->suspect == 0) {
		doc_para(r->doc, "No row is suspect, so every headline stands as it is.", 0);
		return;
	}
	doc_table(r->doc, "Headlines with and without suspect rows", COUNTOF(head), head, NULL);
	headline(r, METRIC_DECODE);
	headline(r, METRIC_TTFT);
	for (size_t i = 0; i < r->s->neffects; i++) {
		const struct effect *e = &r->s->effects[i];

		if (e->primary && e->factor_b < 0 && e->verdict != VERDICT_ALIAS)
			verdict_row(r, e);
	}
}

/* ---- drift and noise ---- */

static const char *percent(struct report *r, double x)
{
	return isfinite(x) ? words_fmt(r, "%s %%", words_rough(r, x * 100)) : NOT_GIVEN;
}

static void drift_row(struct report *r, enum metric m)
{
	const struct drift_summary *d = &r->s->drift[m];
	const char *cells[] = {metric_specs[m].label, percent(r, d->trend_per_hour),
		words_p(r, d->trend_p), words_rough(r, d->lag1),
		isfinite(d->sentinel_low)
			? words_fmt(r, "%s of the first",
				  words_range(r, d->sentinel_low, d->sentinel_high))
			: NOT_GIVEN,
		words_fmt(r, "%u", d->sentinel_loads)};

	doc_table_row(r->doc, cells);
}

static void drift(struct report *r)
{
	const char *head[] = {"Measure", "Trend per hour", "p",
		"Correlation with the request before",
		words_fmt(r, "Last sentinel (%s)", words_share(r)), "Sentinel loads"};
	static const enum doc_align align[] = {
		DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT};

	doc_table(r->doc, "Drift: what the order of the run does to what the model leaves over",
		COUNTOF(head), head, align);
	drift_row(r, METRIC_DECODE);
	drift_row(r, METRIC_TTFT);
	if (r->s->drift[METRIC_DECODE].why)
		doc_para(r->doc,
			words_fmt(r, "Not all of it is given: %s.",
				doc_guard(r->doc, r->s->drift[METRIC_DECODE].why)),
			0);
}

static void noise(struct report *r)
{
	static const char *const head[] = {
		"Measure", "From load to load", "From pass to pass", "From request to request"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_RIGHT};
	static const enum metric metrics[] = {METRIC_DECODE, METRIC_TTFT};

	doc_table(r->doc, "Noise: standard deviations, by where they arise", COUNTOF(head), head,
		align);
	for (size_t i = 0; i < COUNTOF(metrics); i++) {
		enum metric m = metrics[i];
		const char *cells[] = {metric_specs[m].label, percent(r, r->s->sd_load[m]),
			percent(r, r->s->sd_pass[m]), percent(r, r->s->sd_request[m])};

		doc_table_row(r->doc, cells);
	}
}

void report_quality(struct report *r)
{
	doc_section(r->doc, "quality", "Data quality and audit of the client");
	counts(r);
	large(r);
	report_client(r);
	server(r);
	length(r);
	budget_cut(r);
	notes(r);
	unchecked(r);
	sensitivity(r);
	drift(r);
	noise(r);
	report_chart(r, "run-order");
}
