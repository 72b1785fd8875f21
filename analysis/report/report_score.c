/* report_score.c - what the settings do to the score of the answers: by factor, and by kind of
 * question. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "bug.h"
#include "wording.h"

#define LEVELS_SHOWN 6

/* ---- by factor ---- */

static const char *levels_text(struct report *r, const struct effect *e)
{
	const char *parts[LEVELS_SHOWN];
	size_t n = e->nlevels < LEVELS_SHOWN ? e->nlevels : LEVELS_SHOWN;

	for (size_t i = 0; i < n; i++) {
		const struct level_summary *l = &e->levels[i];

		parts[i] = words_fmt(r, "%s: %s", words_quote(r, l->level),
			words_estimate(r, l->estimate, l->estimate_low, l->estimate_high));
	}
	if (n == 0)
		return NOT_GIVEN;
	return words_fmt(r, "%s%s", wording_list(&r->arena, parts, n, "and"),
		n < e->nlevels ? ", and others" : "");
}

static const char *verdict(struct report *r, const struct effect *e)
{
	const char *name = report_verdict(e, e->verdict);

	if (e->verdict == VERDICT_EFFECT && isfinite(e->furthest.ratio))
		return words_fmt(r, "%s: %s", name, report_effect_text(r, e));
	if (e->verdict != VERDICT_INCONCLUSIVE)
		return name;
	return words_fmt(r, "%s: %s%s", name, doc_guard(r->doc, e->why),
		e->questions_needed
			? words_fmt(r, "; about %u questions would tell", e->questions_needed)
			: "");
}

static const char *detectable(struct report *r, const struct effect *e)
{
	char text[WORDING_TEXT];

	if (!isfinite(e->detectable))
		return NOT_GIVEN;
	return words_fmt(
		r, "%s", wording_fixed(text, e->detectable, e->detectable < 0.0995 ? 3 : 2));
}

static void by_factor(struct report *r)
{
	const char *head[] = {"Factor", words_fmt(r, "Mean score (%s interval)", words_share(r)),
		"p (Benjamini-Hochberg)", "Could have seen", "Verdict"};
	static const enum doc_align align[] = {DOC_LEFT, DOC_LEFT, DOC_RIGHT, DOC_RIGHT, DOC_LEFT};
	char margin[WORDING_TEXT];
	bool any = false;

	for (size_t i = 0; i < r->s->neffects; i++) {
		const struct effect *e = &r->s->effects[i];

		if (e->metric != METRIC_SCORE)
			continue;
		if (!any)
			doc_table(r->doc, "Scores, by factor, question against question",
				COUNTOF(head), head, align);
		any = true;
		{
			const char *cells[] = {words_quote(r, e->factor), levels_text(r, e),
				words_p(r, e->p_adjusted), detectable(r, e), verdict(r, e)};

			doc_table_row(r->doc, cells);
		}
	}
	if (any)
		doc_para(r->doc,
			words_fmt(r,
				"The unit is the question: each is compared with itself at other "
				"levels. A difference of %s was said to matter before the run; "
				"\"could have seen\" is the difference of one level that would "
				"have been found 9 times in 10.",
				wording_plain(margin, r->d->margin[METRIC_SCORE])),
			0);
}

/* ---- by kind ---- */

/* The factor with the plainest effect on the score, of those that have room as columns; -1 none. */
static int pick_factor(const struct report *r)
{
	const struct effect *found = NULL;

	for (size_t i = 0; i < r->s->neffects; i++) {
		const struct effect *e = &r->s->effects[i];

		if (e->metric == METRIC_SCORE && e->nlevels > 1 && e->nlevels <= LEVELS_SHOWN &&
			(!found || e->p < found->p))
			found = e;
	}
	return found ? found->factor_a : -1;
}

static const struct quality_group *group_of(
	const struct report *r, const struct quality_group *like, int factor, uint32_t level)
{
	for (size_t i = 0; i < r->s->nquality; i++) {
		const struct quality_group *g = &r->s->quality[i];

		if (g->by_kind == like->by_kind && strcmp(g->name, like->name) == 0 &&
			g->factor == factor && (factor < 0 || g->level == level))
			return g;
	}
	return NULL;
}

static const char *group_text(struct report *r, const struct quality_group *g)
{
	return g ? words_estimate(r, g->estimate, g->low, g->high) : NOT_GIVEN;
}

static const struct effect *score_effect(const struct report *r, int factor)
{
	return factor < 0 ? NULL : report_effect(r, factor, METRIC_SCORE);
}

static void class_row(struct report *r, const struct quality_group *g, int factor)
{
	const struct effect *e = score_effect(r, factor);
	const char *cells[3 + LEVELS_SHOWN] = {
		words_quote(r, g->name), words_fmt(r, "%u", g->questions), group_text(r, g)};

	for (uint32_t l = 0; e && l < e->nlevels; l++)
		cells[3 + l] = group_text(r, group_of(r, g, factor, l));
	doc_table_row(r->doc, cells);
}

static void by_class(struct report *r, bool by_kind)
{
	int factor = pick_factor(r);
	const struct effect *e = score_effect(r, factor);
	const char *head[3 + LEVELS_SHOWN] = {
		by_kind ? "Kind of question" : "Difficulty", "Questions", "All settings"};
	enum doc_align align[3 + LEVELS_SHOWN] = {DOC_LEFT, DOC_RIGHT, DOC_RIGHT};
	bool any = false;

	for (uint32_t l = 0; e && l < e->nlevels; l++) {
		head[3 + l] = words_fmt(
			r, "%s %s", words_quote(r, e->factor), words_quote(r, e->levels[l].level));
		align[3 + l] = DOC_RIGHT;
	}
	for (size_t i = 0; i < r->s->nquality; i++) {
		const struct quality_group *g = &r->s->quality[i];

		if (g->by_kind != by_kind || g->factor >= 0)
			continue;
		if (!any)
			doc_table(r->doc,
				words_fmt(r, "Mean scores by %s (%s interval)",
					by_kind ? "kind of question" : "difficulty",
					words_share(r)),
				3 + (e ? e->nlevels : 0), head, align);
		any = true;
		class_row(r, g, factor);
	}
}

void report_score(struct report *r)
{
	if (!report_has_score(r))
		return;
	by_factor(r);
	by_class(r, true);
	by_class(r, false);
}
