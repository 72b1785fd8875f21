/* report_effects.c - what each factor does: range explored, effect, interval, p, verdict; which
 * levels are one setting; how much of the context was used. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "wording.h"

static const char *verdict_text(struct report *r, const struct effect *e)
{
	const char *name = report_verdict(e, e->verdict);
	const char *why = e->why && e->why[0] ? doc_guard(r->doc, e->why) : "";
	const char *note = e->note && e->note[0] ? doc_guard(r->doc, e->note) : "";

	return words_fmt(r, "%s%s%s%s%s", name, why[0] ? ": " : "", why, note[0] ? "; " : "", note);
}

/* The range of a factor's levels: what a verdict speaks of. */
static const char *range_text(struct report *r, const struct effect *e)
{
	const struct data_factor *f = &r->d->factors[e->factor_a];
	const char **names = arena_alloc(&r->arena, f->nlevels, sizeof(*names));

	if (f->nlevels > 6)
		return words_fmt(r, "%s to %s, %u levels", words_quote(r, f->level[0]),
			words_quote(r, f->level[f->nlevels - 1]), f->nlevels);
	for (uint32_t l = 0; l < f->nlevels; l++)
		names[l] = words_quote(r, f->level[l]);
	return wording_list(&r->arena, names, f->nlevels, "and");
}

/* The furthest pair where an effect is shown, else how far apart two levels may be. */
static const char *size_text(struct report *r, const struct effect *e)
{
	const char *reach;

	if (e->verdict == VERDICT_EFFECT && e->nlevels > 0 && isfinite(e->furthest.ratio))
		return report_effect_text(r, e);
	reach = report_reach(r, e);
	return reach ? words_fmt(r, "no two levels further apart than %s (90 %%)", reach)
		     : NOT_GIVEN;
}

static void add_row(struct report *r, const struct effect *e)
{
	const char *cells[] = {words_quote(r, e->factor),
		e->factor_b < 0 ? range_text(r, e) : "interaction", metric_specs[e->metric].label,
		size_text(r, e), words_p(r, e->p_adjusted), verdict_text(r, e)};

	doc_table_row(r->doc, cells);
}

/* Effects on the score have a table of their own. */
static bool is_shown(const struct effect *e, bool primary, bool interactions)
{
	return e->metric != METRIC_SCORE && e->primary == primary &&
		(e->factor_b >= 0) == interactions;
}

static size_t count(const struct report *r, bool primary, bool interactions, bool found_only)
{
	size_t n = 0;

	for (size_t i = 0; i < r->s->neffects; i++) {
		const struct effect *e = &r->s->effects[i];

		n += is_shown(e, primary, interactions) &&
			(!found_only || e->verdict == VERDICT_EFFECT);
	}
	return n;
}

static void add_table(struct report *r, const char *caption, const char *p_head, bool primary,
	bool interactions, bool found_only)
{
	const char *head[] = {"Factor", "Range explored", "Measure",
		words_fmt(r, "Effect (%s interval)", words_share(r)), p_head, "Verdict"};
	static const enum doc_align align[] = {
		DOC_LEFT, DOC_LEFT, DOC_LEFT, DOC_LEFT, DOC_RIGHT, DOC_LEFT};

	doc_table(r->doc, caption, COUNTOF(head), head, align);
	for (size_t i = 0; i < r->s->neffects; i++) {
		const struct effect *e = &r->s->effects[i];

		if (is_shown(e, primary, interactions) &&
			(!found_only || e->verdict == VERDICT_EFFECT))
			add_row(r, e);
	}
}

static void say_margins(struct report *r)
{
	doc_para(r->doc,
		words_fmt(r,
			"Differences were said to matter, before the run, from %s on for "
			"throughput and from %s on for TTFT. Effect: the difference is shown "
			"(adjusted p below 0.05). No effect: every difference between two levels "
			"is shown to be within the margin. Inconclusive: neither.",
			words_percent(r, r->d->margin[METRIC_DECODE]),
			words_percent(r, r->d->margin[METRIC_TTFT])),
		0);
}

static void say_interactions(struct report *r)
{
	size_t all = count(r, true, true, false), found = count(r, true, true, true);

	if (all == 0)
		return;
	if (found == 0) {
		doc_para(r->doc,
			words_fmt(r,
				"Of %s (whether the effect of one factor depends on another), "
				"none is shown.",
				words_count(r, all, "interaction")),
			0);
		return;
	}
	add_table(r, "Interactions that are shown: the effect of one factor depends on the other",
		"p (Holm)", true, true, true);
}

static void say_exploratory(struct report *r)
{
	size_t found = count(r, false, false, true), all = count(r, false, false, false);

	if (all == 0)
		return;
	if (found > 0)
		add_table(r, "Exploratory: other measures, effects that are shown only",
			"p (Benjamini-Hochberg)", false, false, true);
	doc_para(r->doc,
		words_fmt(r,
			"On other measures %s of factors %s made, of which %s an effect; they are "
			"exploratory: a reason to look, not to decide.",
			words_count(r, all, "test"), all == 1 ? "was" : "were",
			found == 0           ? "none shows"
				: found == 1 ? "one shows"
					     : words_fmt(r, "%s show", words_number(r, found))),
		0);
}

static void say_aliases(struct report *r)
{
	for (size_t i = 0; i < r->s->naliases; i++) {
		const struct alias_finding *a = &r->s->aliases[i];
		const char **names = arena_alloc(&r->arena, a->nlevels, sizeof(*names));

		for (size_t l = 0; l < a->nlevels; l++)
			names[l] = words_quote(r, a->levels[l]);
		doc_item(r->doc, words_fmt(r, "%s:", words_quote(r, a->factor)),
			words_fmt(r, "%s are one setting%s%s%s.",
				wording_list(&r->arena, names, a->nlevels, "and"),
				a->why[0] ? ": " : "", doc_guard(r->doc, a->why),
				a->by_read_back ? " (read back from the server)"
						: " (known before the run)"),
			0);
	}
}

static void say_steps(struct report *r)
{
	for (size_t f = 0; f < r->d->nfactors; f++) {
		const char *name = words_quote(r, r->d->factors[f].name), *lead;

		if (r->s->in_step[f] < 0)
			continue;
		lead = words_quote(r, r->d->factors[r->s->in_step[f]].name);
		doc_item(r->doc, words_fmt(r, "%s:", name),
			words_fmt(r,
				"varied in step with %s. What is said of %s is said of both "
				"together; which of them it is cannot be told.",
				lead, lead),
			0);
	}
}

static void say_context(struct report *r)
{
	char tokens[NUM_TEXT];

	if (!isfinite(r->s->context_filled_max) || !isfinite(r->s->prompt_tokens_max))
		return;
	doc_para(r->doc,
		words_fmt(r,
			"The prompts filled at most %s %% of the context that was loaded; the "
			"longest had %s tokens.%s",
			words_rough(r, r->s->context_filled_max * 100),
			num_group(tokens, (int64_t)r->s->prompt_tokens_max),
			r->s->context_filled_max < 0.5 ? " What a full context costs was therefore "
							 "not measured: num_ctx here "
							 "is the price of reserving it."
						       : ""),
		doc_evidence(r->doc, "runs.csv", "phase=measure status=ok, column prompt_tokens",
			(unsigned long)r->s->ok));
}

void report_effects(struct report *r)
{
	doc_section(r->doc, "effects", "What each parameter does");
	if (count(r, true, false, false) > 0) {
		say_margins(r);
		add_table(r, "Factors and the two main measures", "p (Holm)", true, false, false);
	} else {
		doc_para(r->doc,
			report_varies(r)
				? "No factor could be tested: no request that counts has a "
				  "figure of throughput or TTFT."
				: "Nothing was varied, so no parameter has an effect to report.",
			0);
	}
	report_chart(r, "main-effects-throughput");
	report_chart(r, "main-effects-ttft");
	say_aliases(r);
	say_steps(r);
	say_interactions(r);
	report_lines(r);
	report_score(r);
	say_exploratory(r);
	say_context(r);
}
