/* report_brief.c - the few lines at the end of a run: a line per factor, the best, the limits. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "brief_lines.h"
#include "columns.h"
#include "str.h"
#include "wording.h"

#define NAME_MAX 24

/* ---- lines ---- */

static size_t name_width(const struct report *r)
{
	size_t widest = BRIEF_NAME_WIDTH - 1;

	for (size_t f = 0; f < r->d->nfactors; f++) {
		size_t width = strlen(r->d->factors[f].name);

		widest = width > widest ? width : widest;
	}
	return (widest > NAME_MAX ? NAME_MAX : widest) + 1;
}

static void add_line(struct report *r, struct str *out, const char *name, const char *text)
{
	size_t width = name_width(r);

	brief_line(out, width + 1, words_fmt(r, "%.*s", (int)width, words_quote(r, name)), text);
}

/* ---- factors ---- */

static const enum metric shown[] = {METRIC_DECODE, METRIC_TTFT};

static const char *shown_effects(struct report *r, int factor)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *kept;

	for (size_t i = 0; i < COUNTOF(shown); i++) {
		const struct effect *e = report_effect(r, factor, shown[i]);

		if (report_is_effect(e))
			str_addf(&text, "%s%s", text.len ? "; " : "", report_effect_text(r, e));
	}
	kept = text.len ? words_fmt(r, "%s", text.s) : NULL;
	str_release(&text);
	return kept;
}

static bool all_within(const struct report *r, int factor)
{
	bool known = false;

	for (size_t i = 0; i < COUNTOF(shown); i++) {
		const struct effect *e = report_effect(r, factor, shown[i]);

		if (e && e->verdict != VERDICT_NO_EFFECT && !e->negligible)
			return false;
		known = known || e;
	}
	return known;
}

/* Not how the request is sent or how long the answer may be. */
static bool changes_answers(const struct data_factor *f)
{
	static const char *const others[] = {"concurrency", "rate", "cache", "prompt",
		"prompt_tokens", "num_predict", "num_keep"};

	for (size_t i = 0; i < COUNTOF(others); i++)
		if (strcmp(f->name, others[i]) == 0)
			return false;
	return f->stratum == DATA_SAMPLING;
}

/* "throughput within 2 %, TTFT within 5 %"; a metric without a figure is named as such. */
static const char *within_text(struct report *r, int factor)
{
	struct str known = STR_INIT(STR_MAX_LINE), not_known = STR_INIT(STR_MAX_LINE);
	const char *kept;

	for (size_t i = 0; i < COUNTOF(shown); i++) {
		if (report_effect(r, factor, shown[i]))
			str_addf(&known, "%s%s within %s", known.len ? ", " : "",
				words_name(shown[i]), words_percent(r, r->d->margin[shown[i]]));
		else
			str_addf(&not_known, "; no request has a figure of %s",
				words_name(shown[i]));
	}
	kept = words_fmt(r, "%s%s", known.s, not_known.s);
	str_release(&known);
	str_release(&not_known);
	return kept;
}

static const char *no_effect_text(struct report *r, int factor)
{
	const char *within = within_text(r, factor);

	if (changes_answers(&r->d->factors[factor]) && !report_has_score(r))
		return words_fmt(r,
			"does not change the speed (%s); answers were not graded: "
			"--prompts graded",
			within);
	return words_fmt(r, "no effect: %s", within);
}

static const char *settled_by(struct report *r, const struct effect *e)
{
	if (e->passes_needed == 0)
		return "";
	if (e->passes_needed > PASSES_MANY)
		return "; no number of passes that one would make settles it";
	return words_fmt(r, "; --passes %u would settle it", e->passes_needed);
}

static const char *open_text(struct report *r, int factor)
{
	for (size_t i = 0; i < COUNTOF(shown); i++) {
		const struct effect *e = report_effect(r, factor, shown[i]);

		if (e && e->verdict == VERDICT_INCONCLUSIVE)
			return words_fmt(r, "open for %s: %s%s", words_name(shown[i]),
				e->why && e->why[0] ? e->why : "neither shown nor excluded",
				settled_by(r, e));
	}
	return "not tested: no request that counts has a figure";
}

static const char *factor_text(struct report *r, int factor)
{
	const char *alias = report_is_alias(r, factor) ? report_alias_text(r, factor) : NULL;
	const char *effects = alias ? NULL : shown_effects(r, factor);

	if (alias)
		return alias;
	if (r->s->in_step[factor] >= 0)
		return words_fmt(r, "varied in step with %s: see there",
			words_quote(r, r->d->factors[r->s->in_step[factor]].name));
	if (effects)
		return effects;
	return all_within(r, factor) ? no_effect_text(r, factor) : open_text(r, factor);
}

/* ---- best and limits ---- */

static const char *best_text(struct report *r)
{
	const struct best_set *set = &r->s->best[METRIC_DECODE];
	const struct metric_summary *best;
	const char *common;

	if (set->ncells == 0)
		return words_fmt(
			r, "cannot be told: %s", set->why ? set->why : "no cell has a result");
	best = &r->s->cells[set->cells[0]].metric[METRIC_DECODE];
	common = report_common(r, set->cells, set->ncells);
	if (set->different <= 1)
		return words_fmt(r, "%s at %s", words_cell(r, set->cells[0]),
			words_metric(
				r, METRIC_DECODE, best->estimate, best->ci_low, best->ci_high));
	if (report_is_all(set))
		return words_fmt(r, "any of the %zu different settings may be, at %s tok/s",
			set->of, words_value(r, best->estimate, best->ci_low, best->ci_high));
	return words_fmt(r, "the best is among %zu of %zu different settings at %s tok/s%s%s",
		set->different, set->of,
		words_value(r, best->estimate, best->ci_low, best->ci_high),
		common[0] ? ", all with " : "", common);
}

/* The least difference in throughput that each factor would have shown. */
static const char *limit_text(struct report *r)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *kept;

	for (size_t f = 0; f < r->d->nfactors; f++) {
		const struct effect *e = report_effect(r, (int)f, METRIC_DECODE);

		if (e && isfinite(e->detectable) && e->verdict != VERDICT_ALIAS)
			str_addf(&text, "%s%s %% by %s", text.len ? ", " : "",
				words_rough(r, e->detectable * 100), words_quote(r, e->factor));
	}
	kept = text.len
		? words_fmt(r, "may have missed a difference in throughput under %s", text.s)
		: NULL;
	str_release(&text);
	return kept;
}

/* What load or memory did, where something did. */
static void add_findings(struct report *r, struct str *out)
{
	static const struct {
		const char *part, *name;
	} said[] = {{OVERLOAD_ERROR, "load"}, {"queue: this server", "load"},
		{"probably spilled", "memory"}};

	for (size_t k = 0; k < COUNTOF(said); k++)
		for (size_t i = 0; i < r->s->nfindings; i++)
			if (strstr(r->s->findings[i].text, said[k].part))
				add_line(r, out, said[k].name, r->s->findings[i].text);
}

void report_brief(const struct summary *s, struct str *out)
{
	struct report r;
	const char *limit;

	report_init(&r, s, s->data->dir, "");
	for (size_t f = 0; f < r.d->nfactors; f++)
		if (r.d->factors[f].nlevels > 1)
			add_line(&r, out, r.d->factors[f].name, factor_text(&r, (int)f));
	add_line(&r, out, "best", best_text(&r));
	add_findings(&r, out);
	limit = limit_text(&r);
	if (limit)
		add_line(&r, out, "limit", limit);
	report_release(&r);
}
