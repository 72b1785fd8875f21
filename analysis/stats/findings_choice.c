/* findings_choice.c - what to choose: how low a factor may go, the front, the balance. */
#include <math.h>

#include "bug.h"
#include "choice.h"
#include "findings.h"
#include "num.h"
#include "wording.h"

/* ---- knees ---- */

static void say_knee(struct author *a, const struct choice_knee *k)
{
	const struct effect *e = k->of;
	char text[WORDING_TEXT];

	if (k->why || k->knee == k->best)
		return;
	findings_add(a, FIND_BEST, STRENGTH_BEST - 2,
		arena_fmt(a->arena, "%s %s is as good in %s as %s, the best level, within %s%s",
			e->factor, e->levels[k->knee].level, findings_noun(a->d, e->metric),
			e->levels[k->best].level,
			wording_fixed(text, e->spec->log ? 100 * e->margin : e->margin,
				e->spec->log && e->margin >= 0.01 ? 0 : 2),
			e->spec->log ? " %" : ""),
		findings_level_filter(a, (size_t)e->factor_a, k->knee, k->best),
		findings_rows(a, e->metric));
}

/* ---- the front ---- */

static const char *axes_text(const struct author *a, bool weights)
{
	const struct choice *c = a->s->choice;
	const char *names[CHOICE_MAX_AXES];
	size_t n = 0;

	for (size_t i = 0; i < c->naxes; i++) {
		const struct choice_axis *axis = &c->axis[i];
		const char *noun = axis->memory ? "memory" : findings_noun(a->d, axis->metric);
		char text[NUM_TEXT];

		if (weights && !(axis->weight > 0))
			continue;
		names[n++] = weights
			? arena_fmt(a->arena, "%s %s", noun, num_text(text, axis->weight))
			: noun;
	}
	return wording_list(a->arena, names, n, "and");
}

static void say_front(struct author *a)
{
	const struct choice *c = a->s->choice;

	if (c->why || c->naxes < 2)
		return;
	findings_add(a, FIND_BEST, STRENGTH_BEST - 3,
		arena_fmt(a->arena,
			"in %s together %zu of %zu different settings %s beaten by no other, by "
			"the "
			"estimates; %zu may be one of these (each that is is among them with "
			"95 %%)",
			axes_text(a, false), c->nfront, c->n, c->nfront == 1 ? "is" : "are",
			c->nmayfront),
		FILTER_COUNTS, a->s->ok);
}

/* ---- the balance ---- */

/* "; the choice stays for any weight of TTFT from 0.4 to 3" */
static const char *how_far(const struct author *a)
{
	const struct choice *c = a->s->choice;
	const char *parts[CHOICE_MAX_AXES];
	size_t n = 0;

	for (size_t i = 0; i < c->nsweeps; i++) {
		const struct choice_sweep *s = &c->sweeps[i];
		const struct choice_axis *axis = &c->axis[s->axis];
		char from[NUM_TEXT], to[NUM_TEXT];
		size_t at = 0;

		while (at + 1 < s->n && s->breaks[at + 1].from <= axis->weight)
			at++;
		if (s->n == 1)
			continue;
		parts[n++] = arena_fmt(a->arena, "%s %s %s",
			axis->memory ? "memory" : findings_noun(a->d, axis->metric),
			at == 0 ? "up to"
				: arena_fmt(a->arena, "from %s",
					  num_sig(from, s->breaks[at].from, 2)),
			at + 1 == s->n ? "on"
				       : arena_fmt(a->arena, "%s%s", at == 0 ? "" : "to ",
						 num_sig(to, s->breaks[at + 1].from, 2)));
	}
	if (n == 0)
		return "; the first of them by the estimates stays it whatever the weights";
	return arena_fmt(a->arena,
		"; the first of them by the estimates stays it for weights of %s",
		wording_list(a->arena, parts, n, "and"));
}

/* Whether failures are excluded for the settings of the set. */
static const char *failures_text(const struct author *a)
{
	const struct choice *c = a->s->choice;
	char limit[NUM_TEXT];
	size_t open = 0;
	double most = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->settings[i].may_be_best && !c->settings[i].failures_excluded) {
			open++;
			most = fmax(most, c->settings[i].failure_upper);
		}
	}
	if (open == 0)
		return "";
	return arena_fmt(a->arena,
		"; failures are not excluded in %zu of them (up to %.0f %%, where %s %% is "
		"tolerated)",
		open, 100 * most, num_text(limit, 100 * c->max_failures));
}

static void say_balance(struct author *a)
{
	const struct choice *c = a->s->choice;

	if (c->why || c->nbest == 0 || c->nsweeps < 2)
		return;
	findings_add(a, FIND_BEST, STRENGTH_BEST - 4,
		arena_fmt(a->arena,
			"balanced by weights (%s) the best is among %zu of %zu different settings, "
			"%s first%s%s",
			axes_text(a, true), c->nbest, c->n, a->d->cells[c->settings[0].cell].label,
			how_far(a), failures_text(a)),
		FILTER_COUNTS, a->s->ok);
}

void findings_choice(struct author *a)
{
	const struct choice *c = a->s->choice;

	for (size_t i = 0; i < c->nknees; i++)
		say_knee(a, &c->knees[i]);
	say_front(a);
	say_balance(a);
}
