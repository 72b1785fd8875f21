/* report_risk.c - what may be wrong with these figures, or go wrong when they are followed: each
 * with what was seen and what to do about it. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "columns.h"
#include "fold.h"
#include "jsonx.h"
#include "num.h"
#include "wording.h"

#define FEW_DF      6
#define FEW_PROMPTS 8
#define TREND_ALPHA 0.05

static void risk(struct report *r, const char *what, const char *seen, const char *mitigation)
{
	const char *cells[] = {what, seen, mitigation};

	doc_table_row(r->doc, cells);
}

/* ---- failures ---- */

/* What helps against a kind of failure. */
static const char *remedy(const char *status)
{
	static const struct {
		const char *status, *remedy;
	} remedies[] = {
		{"out_of_memory", "use a smaller num_ctx or num_gpu, or a smaller quantization"},
		{"timeout_first",
			"raise the limit for the first token, or find what the server waits for"},
		{"timeout_stall", "look at the server's log for the time of the stall"},
		{"timeout_total", "raise the limit, or lower num_predict"},
		{"connect_error", "see that the server runs and can be reached, then resume"},
		{"queue_full", "lower concurrency, or raise OLLAMA_MAX_QUEUE on the server"},
		{"prompt_truncated", "use a num_ctx that holds prompt and answer"},
		{"model_missing", "pull the model, then resume"},
		{"server_error", "look at the server's log; the error column has its message"},
		{"truncated", "look at the server's log: it ended answers early"},
	};

	for (size_t i = 0; i < COUNTOF(remedies); i++)
		if (strcmp(remedies[i].status, status) == 0)
			return remedies[i].remedy;
	return "see the error column of runs.csv";
}

static void failures(struct report *r)
{
	double upper = 0;
	char percent[WORDING_TEXT];

	for (size_t k = 0; k < r->d->nstatus; k++) {
		uint64_t n = r->s->fold->failed_by[k];

		if (n > 0)
			risk(r, words_fmt(r, "Requests fail: %s", words_quote(r, r->d->status[k])),
				words_fmt(r, "%llu of %s", (unsigned long long)n,
					words_count(r, r->s->measured, "request")),
				remedy(r->d->status[k]));
	}
	for (size_t i = 0; i < r->s->ncells; i++)
		if (isfinite(r->s->cells[i].failure_upper))
			upper = fmax(upper, r->s->cells[i].failure_upper);
	if (r->s->failed == 0 && upper > 0)
		risk(r, "Failures too rare to be seen",
			words_fmt(r,
				"none of %s failed; a rate of up to %s %% in one setting is not "
				"excluded",
				words_count(r, r->s->measured, "request"),
				wording_fixed(percent, 100 * upper, 0)),
			"more repeats of the setting that is chosen, before anything is promised");
}

/* ---- the experiment ---- */

static void thin_data(struct report *r)
{
	double least = INFINITY;

	for (size_t i = 0; i < r->s->neffects; i++) {
		const struct effect *e = &r->s->effects[i];

		if (e->primary && e->factor_b < 0 && isfinite(e->df_error) && !isnan(e->p))
			least = fmin(least, e->df_error);
	}
	if (!r->s->interleaved && report_varies(r))
		risk(r, "Each setting was loaded in one pass only",
			"a difference between loads cannot be told from one between settings",
			"run at least 3 passes");
	else if (least < FEW_DF)
		risk(r, "Thin data",
			words_fmt(r, "a verdict rests on %.0f degree%s of freedom", least,
				least == 1 ? "" : "s"),
			"more passes");
	if (dataset_passes_due(r->d) > r->d->passes_complete && r->d->passes_complete > 0)
		risk(r, "The run is not complete",
			words_fmt(
				r, "%u of %u passes", r->d->passes_complete, r->d->passes_planned),
			"chimera resume finishes it");
}

static void prompts(struct report *r)
{
	if (r->d->nprompts == 0 || r->d->nprompts >= FEW_PROMPTS)
		return;
	risk(r, "Other prompts behave otherwise",
		words_fmt(r, "%s measured; every statement is about %s",
			words_fmt(r, "%s prompt%s", words_number(r, r->d->nprompts),
				r->d->nprompts == 1 ? " was" : "s were"),
			r->d->nprompts == 1 ? "it" : "them"),
		words_fmt(r, "a suite of at least %d prompts", FEW_PROMPTS));
}

static void aliases(struct report *r)
{
	for (size_t f = 0; f < r->d->nfactors; f++) {
		const char *text = report_alias_text(r, (int)f);

		if (text)
			risk(r,
				words_fmt(r, "Levels of %s are not what they say",
					words_quote(r, r->d->factors[f].name)),
				doc_guard(r->doc, text), "sweep one of them");
	}
	for (size_t i = 0; i < r->s->ncells; i++)
		if (r->s->cells[i].effective_differs) {
			risk(r, "The server did not do what was asked",
				r->s->cells[i].effective_why
					? doc_guard(r->doc, r->s->cells[i].effective_why)
					: "a setting in effect differs from the one requested",
				"read the settings in effect, not the requested ones");
			break;
		}
}

/* ---- the machine ---- */

static void drift(struct report *r)
{
	static const enum metric metrics[] = {METRIC_DECODE, METRIC_TTFT};
	bool moved = false, known = false;

	for (size_t i = 0; i < COUNTOF(metrics); i++) {
		const struct drift_summary *d = &r->s->drift[metrics[i]];
		const char *name = metric_specs[metrics[i]].label;

		known = known || isfinite(d->trend_p) || isfinite(d->sentinel_low);
		if (d->trend_p < TREND_ALPHA) {
			moved = true;
			risk(r, words_fmt(r, "%s drifted during the run", name),
				words_fmt(
					r, "a trend over the run, p = %s", words_p(r, d->trend_p)),
				"passes spread it evenly over the settings; look for heat or other "
				"load");
		} else if (d->sentinel_low > 1 || d->sentinel_high < 1) {
			moved = true;
			risk(r, words_fmt(r, "%s drifted during the run", name),
				words_fmt(r,
					"the same setting, loaded again and again, ended at %s of "
					"where it began",
					words_range(r, d->sentinel_low, d->sentinel_high)),
				"passes spread it evenly over the settings; look for heat or other "
				"load");
		}
	}
	if (known && !moved)
		risk(r, "Drift too small to be seen", "no trend over the run",
			"look at the chart of requests in order");
	risk(r, "Another day is different",
		"all was measured on one machine in one stretch: its intervals know nothing of "
		"other "
		"days",
		"repeat the run on another day and compare");
}

static bool is_local(const char *url)
{
	return url &&
		(strstr(url, "//127.") || strstr(url, "//localhost") || strstr(url, "//[::1]"));
}

static void memory(struct report *r)
{
	double largest = NAN, vram = NAN;
	const json_t *server = json_array_get(json_object_get(r->d->manifest, "servers"), 0);
	double host = jsonx_get_number(json_object_get(r->d->manifest, "host"), "memory_bytes");
	char a[NUM_TEXT], b[NUM_TEXT];

	for (size_t i = 0; i < r->d->nloads; i++) {
		largest = fmax(largest, r->d->loads[i].size);
		vram = fmax(vram, r->d->loads[i].size_vram);
	}
	if (!isfinite(largest)) {
		risk(r, "Memory runs out", "the server did not say how much a load takes",
			"watch the memory of the server when num_ctx is raised");
		return;
	}
	risk(r, "Memory runs out",
		words_fmt(r, "the largest load took %s%s%s", num_bytes(a, largest),
			isfinite(vram) ? words_fmt(r, ", %s of it on a GPU",
						 vram > 0 ? num_bytes(b, vram) : "none")
				       : "",
			isfinite(host) && is_local(jsonx_get_string(server, "url"))
				? words_fmt(r, "; the machine has %s", num_bytes(b, host))
				: "; how much the server has is not known"),
		"leave room for what else the server loads");
}

static void other_models(struct report *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->d->nloads; i++)
		n += r->d->loads[i].other_models && r->d->loads[i].other_models[0];
	if (n > 0)
		risk(r, "Another model was in memory",
			words_fmt(r, "after %llu of %s", (unsigned long long)n,
				words_count(r, r->d->nloads, "load")),
			"unload it and run again; such rows are suspect");
}

/* ---- the rows ---- */

static void rows(struct report *r)
{
	const struct summary *s = r->s;

	if (s->suspect > 0)
		risk(r, "Suspect rows",
			words_fmt(r, "%s of %s", words_count(r, s->suspect, "row"),
				words_count(r, s->measured, "measured one")),
			"each headline is also given without them, under data quality");
	if (s->invalid > 0)
		risk(r, "Invalid rows",
			words_fmt(r, "%s, in no figure", words_count(r, s->invalid, "row")),
			"they were measured again, at most twice; validity_why names the cause");
	if (s->set_aside > 0)
		risk(r, "Rows set aside",
			words_fmt(r, "%s with a wrong checksum or a wrong number of fields",
				words_count(r, s->set_aside, "line")),
			"the lines are in set-aside/; chimera resume measures them again");
	if (s->loads_planned > 0 && s->loads_made != s->loads_planned)
		risk(r, "Loads not as planned",
			words_fmt(r, "%llu made, %llu planned", (unsigned long long)s->loads_made,
				(unsigned long long)s->loads_planned),
			"a load that nobody asked for is another user of the server: give it to "
			"the sweep "
			"alone");
	if (isfinite(s->context_filled_max) && s->context_filled_max < 0.5)
		risk(r, "Long prompts are slower",
			words_fmt(r, "the prompts filled at most %s %% of the context",
				words_rough(r, s->context_filled_max * 100)),
			"measure with prompts as long as those in use");
}

/* ---- load ---- */

/* A finding that begins so, or NULL. */
static const struct finding *finding_of(const struct report *r, const char *part)
{
	for (size_t i = 0; i < r->s->nfindings; i++)
		if (strstr(r->s->findings[i].text, part))
			return &r->s->findings[i];
	return NULL;
}

static void load(struct report *r)
{
	const struct finding *queue = finding_of(r, "queue: this server");
	const struct finding *overload = finding_of(r, OVERLOAD_ERROR);
	const struct finding *spill = finding_of(r, "probably spilled");

	if (overload)
		risk(r, "More requests than the server takes", words_fmt(r, "see %s", overload->id),
			"keep below the highest rate without that mark, or add a server");
	if (queue)
		risk(r, "Users wait in a queue", words_fmt(r, "see %s", queue->id),
			"raise OLLAMA_NUM_PARALLEL on the server if its memory allows, or lower "
			"concurrency");
	if (spill)
		risk(r, "The GPU's memory spills over", words_fmt(r, "see %s", spill->id),
			"use a smaller num_ctx or num_gpu, or the driver's setting against it");
}

void report_risk(struct report *r)
{
	static const char *const head[] = {"Risk", "What was seen", "What to do"};

	doc_section(r->doc, "risk", "Risks and what to do about them");
	doc_table(r->doc, "Risks, what was seen of each, and its mitigation", COUNTOF(head), head,
		NULL);
	if (r->simulated)
		risk(r, "Nothing here was measured", "the server was simulated",
			"run the sweep against a real server before acting on it");
	failures(r);
	thin_data(r);
	prompts(r);
	aliases(r);
	drift(r);
	memory(r);
	load(r);
	other_models(r);
	rows(r);
}
