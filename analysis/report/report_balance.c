/* report_balance.c - choosing among several measures at once: the front, the balance, knees; and
 * the lines over the levels of numeric factors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "choice.h"
#include "num.h"
#include "report_internal.h"
#include "trend_line.h"

#define SETTINGS_SHOWN 12

/* ---- settings ---- */

static const char *axis_head(struct report *r, const struct choice_axis *axis)
{
	if (axis->memory)
		return "Memory, MiB";
	return words_fmt(r, "%s%s%s", r->d->metrics[axis->metric].label, axis->unit[0] ? ", " : "",
		axis->unit);
}

static const char *axis_value(struct report *r, const struct choice_axis *axis, double mean)
{
	double x = axis->log ? exp(mean) : mean;

	if (!isfinite(mean))
		return NOT_GIVEN;
	return words_plain(r, axis->memory ? x / 1048576 : x);
}

static const char *share(struct report *r, double p)
{
	if (isnan(p))
		return NOT_GIVEN;
	return p > 0 && p < 0.005 ? "< 1 %" : words_fmt(r, "%.0f %%", 100 * p);
}

static void settings_table(struct report *r)
{
	const struct choice *c = r->s->choice;
	const char *head[CHOICE_MAX_AXES + 4] = {"Setting"};
	enum doc_align align[CHOICE_MAX_AXES + 4] = {DOC_LEFT};
	size_t n = 1;

	for (size_t a = 0; a < c->naxes; a++) {
		align[n] = DOC_RIGHT;
		head[n++] = axis_head(r, &c->axis[a]);
	}
	for (size_t k = 0; k < 3; k++)
		align[n + k] = DOC_RIGHT;
	head[n] = "May be on front";
	head[n + 1] = "May be best";
	head[n + 2] = "Failures, at most";
	doc_table(r->doc,
		words_fmt(r, "Settings by balance%s",
			c->n > SETTINGS_SHOWN
				? words_fmt(r, " (the first %d of %zu; all are in summary.json)",
					  SETTINGS_SHOWN, c->n)
				: ""),
		n + 3, head, align);
	for (size_t i = 0; i < c->n && i < SETTINGS_SHOWN; i++) {
		const struct choice_setting *v = &c->settings[i];
		const char *cells[CHOICE_MAX_AXES + 4] = {words_cell(r, v->cell)};

		for (size_t a = 0; a < c->naxes; a++)
			cells[1 + a] = axis_value(r, &c->axis[a], v->mean[a]);
		cells[n] = c->why ? NOT_GIVEN : v->may_be_front ? "yes" : "no";
		cells[n + 1] = c->why ? NOT_GIVEN : v->may_be_best ? "yes" : "no";
		cells[n + 2] = share(r, v->failure_upper);
		doc_table_row(r->doc, cells);
	}
}

static const char *weights_text(struct report *r)
{
	const struct choice *c = r->s->choice;
	const char *text = "";

	for (size_t a = 0; a < c->naxes; a++) {
		char number[NUM_TEXT];

		text = words_fmt(r, "%s%s%s %s", text, text[0] ? ", " : "",
			c->axis[a].memory ? "memory" : words_name(c->axis[a].metric),
			num_text(number, c->axis[a].weight));
	}
	return text;
}

/* ---- knees ---- */

static void say_knee(struct report *r, const struct choice_knee *k)
{
	const char *lead = words_fmt(r, "%s:", words_quote(r, k->of->factor));
	const char *best = words_quote(r, k->of->levels[k->best].level);
	const char *measure = words_name(k->of->metric);

	if (k->knee == k->best && k->least)
		doc_item(r->doc, lead,
			words_fmt(r, "%s, the least, is the best in %s.", best, measure), 0);
	else if (k->knee == k->best)
		doc_item(r->doc, lead,
			words_fmt(r, "no level below %s, the best in %s, is shown to be as good.",
				best, measure),
			0);
	else
		doc_item(r->doc, lead,
			words_fmt(r,
				"%s is as good in %s as %s, the best, within the margin of %s%s.",
				words_quote(r, k->of->levels[k->knee].level), measure, best,
				words_percent(r, k->of->margin),
				k->least ? "" : "; further down that is not shown"),
			0);
}

static void say_knees(struct report *r)
{
	for (size_t i = 0; i < r->s->choice->nknees; i++) {
		if (!r->s->choice->knees[i].why)
			say_knee(r, &r->s->choice->knees[i]);
	}
}

void report_balance(struct report *r)
{
	const struct choice *c = r->s->choice;

	if (c->n < 2 || c->naxes < 1)
		return;
	doc_section(r->doc, "choice", "When one setting is not the best in everything");
	doc_para(r->doc,
		c->why ? words_fmt(r, "No probabilities can be given: %s.", c->why)
		       : words_fmt(r,
				 "%zu of %zu different settings %s beaten by no other in all "
				 "measures by the estimates; a setting that truly is so is marked "
				 "below with 95 %%, by %zu draws of the means from their noise. "
				 "The "
				 "balance weighs logarithms (scores as they are): %s; analyze "
				 "takes "
				 "others with --weights.",
				 c->nfront, c->n, c->nfront == 1 ? "is" : "are", c->draws,
				 weights_text(r)),
		doc_evidence(
			r->doc, "runs.csv", "phase=measure status=ok", (unsigned long)r->s->ok));
	settings_table(r);
	say_knees(r);
}

/* ---- lines ---- */

static const char *slope_text(struct report *r, const struct trend_line *l)
{
	struct change change = words_change(r, l->of->metric, l->slope, l->low, l->high);

	return words_fmt(r, "%s %s%s%s%s", change.text, change.is_more ? "higher" : "lower",
		change.range[0] ? " (" : "", change.range, change.range[0] ? ")" : "");
}

static const char *fit_text(const struct trend_line *l)
{
	if (isnan(l->misfit_p))
		return "not known";
	return l->misfit_p < 0.05 ? "no: the levels leave it" : "yes";
}

void report_lines(struct report *r)
{
	static const char *const head[] = {
		"Factor", "Measure", "Each", "Change", "p", "A straight line is enough"};
	static const enum doc_align align[] = {
		DOC_LEFT, DOC_LEFT, DOC_LEFT, DOC_LEFT, DOC_RIGHT, DOC_LEFT};
	bool any = false;

	for (size_t i = 0; i < r->s->nlines; i++) {
		const struct trend_line *l = &r->s->lines[i];

		if (l->why)
			continue;
		if (!any)
			doc_table(r->doc,
				"Straight lines over the levels of numeric factors (exploratory)",
				COUNTOF(head), head, align);
		any = true;
		{
			const char *cells[] = {words_quote(r, l->of->factor), l->of->spec->label,
				l->doubling ? "doubling" : "unit", slope_text(r, l),
				words_p(r, l->p), fit_text(l)};

			doc_table_row(r->doc, cells);
		}
	}
}
