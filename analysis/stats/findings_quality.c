/* findings_quality.c - what the answers are worth: scores, what changes them, whether the same
 * question gets the same answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "findings.h"
#include "fold.h"
#include "jsonx.h"
#include "wording.h"

#define FILTER_SCORE FILTER_COUNTS " score!="

static uint64_t graded_rows(const struct author *a)
{
	return findings_rows(a, METRIC_SCORE);
}

static void say_graded(struct author *a)
{
	const char *cache = jsonx_get_string(a->d->sweep, "cache");
	const struct fold *f = a->s->fold;
	uint64_t n = graded_rows(a);
	char text[WORDING_TEXT];

	if (n == 0)
		findings_add(a, FIND_QUALITY, STRENGTH_QUALITY,
			"answers were not graded: what the settings do to quality is not known",
			FILTER_COUNTS, findings_rows(a, METRIC_DECODE));
	else
		findings_add(a, FIND_QUALITY, STRENGTH_QUALITY,
			arena_fmt(a->arena, "%llu of %s graded right, mean score %s%s",
				(unsigned long long)f->graded_right,
				wording_count(a->arena, n, "answer was", "answers were"),
				wording_fixed(text, f->graded_sum / (double)n, 2),
				cache && strcmp(cache, "unique") == 0
					? "; each question began with another word (cache unique), "
					  "which may change an answer: --cache repeat"
					: ""),
			FILTER_SCORE, n);
}

/* ---- what changes it ---- */

/* "; it would have seen 0.06 9 times in 10" */
static const char *least_seen(const struct author *a, const struct effect *e)
{
	char text[WORDING_TEXT];

	if (!isfinite(e->detectable))
		return "";
	return arena_fmt(a->arena,
		"; a level that is off by %s would have been found 9 times in 10",
		wording_fixed(text, e->detectable, e->detectable < 0.0995 ? 3 : 2));
}

/* How far two levels may be apart. */
static const char *reach(const struct author *a, const struct effect *e)
{
	char text[WORDING_TEXT];

	wording_fixed(text, fmax(fabs(e->widest_low), fabs(e->widest_high)),
		wording_decimals((e->widest_high - e->widest_low) / 2));
	return arena_str(a->arena, text);
}

static void say_factor(struct author *a, const struct effect *e)
{
	const char *needs = "";

	if (e->verdict == VERDICT_NO_EFFECT)
		findings_add(a, FIND_NO_EFFECT, STRENGTH_NO_EFFECT - 2,
			arena_fmt(a->arena,
				"%s changes nothing in the score that these questions could show: "
				"within %s%s",
				e->factor, reach(a, e), least_seen(a, e)),
			FILTER_SCORE, graded_rows(a));
	if (e->verdict != VERDICT_INCONCLUSIVE)
		return; /* effects are told with those on time */
	if (e->questions_needed)
		needs = arena_fmt(a->arena, "; about %u questions would find or exclude it",
			e->questions_needed);
	findings_add(a, FIND_INCONCLUSIVE, STRENGTH_INCONCLUSIVE - 1,
		arena_fmt(a->arena, "%s is inconclusive for the score: %s%s%s", e->factor, e->why,
			least_seen(a, e), needs),
		FILTER_SCORE, graded_rows(a));
}

/* ---- copies ---- */

static void say_copies(struct author *a)
{
	const struct summary *s = a->s;

	if (s->repeated == 0)
		return;
	if (s->differed)
		findings_add(a, FIND_QUALITY, STRENGTH_QUALITY + 1,
			arena_fmt(a->arena,
				"at temperature 0 %u of %s answered in more than one way when "
				"asked again: this server is not deterministic",
				s->differed,
				wording_count(a->arena, s->repeated, "question was",
					"questions (in each setting) were")),
			FILTER_SCORE, graded_rows(a));
	else
		findings_add(a, FIND_QUALITY, STRENGTH_CALM,
			arena_fmt(a->arena,
				"at temperature 0 every question (%u, in each setting) got the "
				"same answer whenever it was asked again; copies count once",
				s->repeated),
			FILTER_SCORE, graded_rows(a));
}

void findings_quality(struct author *a)
{
	say_graded(a);
	for (size_t i = 0; i < a->s->neffects; i++) {
		if (a->s->effects[i].metric == METRIC_SCORE)
			say_factor(a, &a->s->effects[i]);
	}
	say_copies(a);
}
