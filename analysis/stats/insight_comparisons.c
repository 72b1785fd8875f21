/* insight_comparisons.c - one statement for each primary quantity: the best against the next and
 * the farthest; and one for what files only tell. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_parts.h"
#include "vec.h"

#define SURE        0.05
#define MOST_NAMED  3
#define MOST_GROUPS 3 /* of told series that are named */

const char *insight_times(struct arena *a, double x, double low, double high)
{
	char text[3][WORDING_TEXT];
	int digits = wording_decimals((high - low) / 2);

	if (!isfinite(low) || !isfinite(high))
		return arena_fmt(a, "%s times (told without spread)", insight_plain(text[0], x));
	/* An interval of no width at that many digits would look exact. */
	digits = digits > 4 ? 4 : digits;
	return arena_fmt(a, "%s times (%s to %s)", wording_fixed(text[0], x, digits),
		wording_fixed(text[1], low, digits), wording_fixed(text[2], high, digits));
}

/* ---- by rows ---- */

/* Pairs from..to are of one quantity. */
struct field {
	const struct insight_pair *pairs;
	size_t n;
	bool unlike;         /* some have no model, and are not compared with those that have one */
	uint32_t best, open; /* open: the best, where it cannot be told from any and others are
				told apart; else CORPUS_NONE */
	const struct insight_pair *next, *last; /* of the best: the nearest that it beats, and the
						   farthest; NULL none */
	const uint32_t *tied;
	size_t ntied;
};

static double distance(const struct insight_pair *p)
{
	return fabs(log(p->ratio));
}

static void place_others(struct insight_work *w, struct field *f)
{
	uint32_t *tied = arena_alloc(w->arena, f->n, sizeof(*tied));

	f->best = insight_best(w->in, f->pairs->quantity);
	for (size_t i = 0; i < f->n; i++) {
		const struct insight_pair *p = &f->pairs[i];

		if (p->better != f->best)
			continue;
		if (!(p->p_adjusted < SURE)) {
			tied[f->ntied++] = p->worse;
			continue;
		}
		if (!f->next || distance(p) < distance(f->next))
			f->next = p;
		if (!f->last || distance(p) > distance(f->last))
			f->last = p;
	}
	f->tied = tied;
}

static const char *name_of(const struct insight_work *w, uint32_t subject)
{
	return w->c->subjects[subject].name;
}

static const char *ratio_of(struct insight_work *w, const struct insight_pair *p)
{
	return insight_times(w->arena, p->ratio, p->low, p->high);
}

static bool has_unlike(const struct insight_work *w, const char *quantity)
{
	for (uint32_t s = 0; s < w->c->nsubjects; s++) {
		const struct insight_measure *m = insight_measure(w->in, s, quantity);

		if (m && m->warm.n > 0 && !w->c->subjects[s].model)
			return true;
	}
	return false;
}

/* "1.57 times (1.53 to 1.61) that of the next, b, and 6.2 times (6.0 to 6.4) that of the farthest
 * that can be told from it, c" */
static const char *against(struct insight_work *w, const struct field *f)
{
	if (f->next == f->last)
		return arena_fmt(w->arena, "%s that of %s", ratio_of(w, f->next),
			name_of(w, f->next->worse));
	return arena_fmt(w->arena,
		"%s that of the next, %s, and %s that of the farthest that can be told from it, %s",
		ratio_of(w, f->next), name_of(w, f->next->worse), ratio_of(w, f->last),
		name_of(w, f->last->worse));
}

static const char *tied_text(struct insight_work *w, const struct field *f)
{
	const char **names, *text;

	if (f->open != CORPUS_NONE)
		return arena_fmt(
			w->arena, "; the best, %s, cannot be told from any", name_of(w, f->open));
	names = xcalloc(f->ntied + 1, sizeof(*names));
	for (size_t i = 0; i < f->ntied; i++)
		names[i] = name_of(w, f->tied[i]);
	text = f->ntied ? arena_fmt(w->arena, "; %s cannot be told from it",
				  insight_some(w->arena, names, f->ntied, MOST_NAMED))
			: "";
	free(names);
	return text;
}

static uint64_t warm_rows(const struct insight_work *w, uint32_t subject, const char *quantity)
{
	return insight_measure(w->in, subject, quantity)->warm.n;
}

/* "over 27, 28 and 8 rows that paid for no load" */
static const char *rows_text(
	struct insight_work *w, const struct field *f, const uint32_t *who, size_t n)
{
	const char *part[3];
	bool loads = false;

	for (size_t i = 0; i < n; i++) {
		part[i] = arena_fmt(w->arena, "%llu",
			(unsigned long long)warm_rows(w, who[i], f->pairs->quantity));
		loads = loads || w->c->subjects[who[i]].load_known;
	}
	return arena_fmt(w->arena, "over %s rows%s", wording_list(w->arena, part, n, "and"),
		loads ? " that paid for no load" : "");
}

static void say_field(struct insight_work *w, const struct field *f, int strength)
{
	struct file_list files = {0};
	uint32_t who[3] = {f->best, f->next->worse, f->last->worse};
	size_t n = f->next == f->last ? 2 : 3;
	bool same = f->next->same_prompts && f->last->same_prompts;
	uint64_t rows = 0;

	for (size_t i = 0; i < n; i++) {
		insight_subject_files(w, who[i], &files);
		rows += warm_rows(w, who[i], f->pairs->quantity);
	}
	insight_add(w, "comparison", -1, strength,
		arena_fmt(w->arena, "%s of %s is%s %s, %s%s%s", f->pairs->label,
			name_of(w, f->best), f->unlike ? ", among models," : "", against(w, f),
			rows_text(w, f, who, n), tied_text(w, f),
			same ? ""
				: n == 2
				? "; nothing says that both answered the same prompts, so it "
				  "describes these rows"
				: "; nothing says that all answered the same prompts, so it "
				  "describes these rows"),
		"", rows, &files);
}

/* Of those that can be told apart at all, where the best cannot be told from any. */
static bool take_farthest(struct field *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct insight_pair *p = &f->pairs[i];

		if (p->p_adjusted < SURE && (!f->last || distance(p) > distance(f->last)))
			f->last = p;
	}
	f->next = f->last;
	if (!f->last)
		return false;
	f->open = f->best;
	f->best = f->last->better;
	f->ntied = 0;
	return true;
}

static void say_rows(struct insight_work *w)
{
	const struct insight *in = w->in;
	int strength = INSIGHT_COMPARISON + 40;

	for (size_t from = 0, to; from < in->npairs; from = to) {
		struct field f = {.pairs = &in->pairs[from], .open = CORPUS_NONE};

		for (to = from; to < in->npairs &&
			strcmp(in->pairs[to].quantity, in->pairs[from].quantity) == 0;)
			to++;
		f.n = to - from;
		place_others(w, &f);
		f.unlike = w->c->subjects[f.best].model && has_unlike(w, f.pairs->quantity);
		if (f.next || take_farthest(&f))
			say_field(w, &f, strength--);
	}
}

/* ---- by what is only told ---- */

/* "of conv, cpu: onnx is best at 0.693 ms, then comes jit with 5.5 times (5.1 to 5.9) that, and
 * last torch_compile with 5.9 times (5.4 to 6.5)" */
static const char *group_text(struct insight_work *w, const struct insight_group *g)
{
	const struct insight_series *s = &w->in->series[g->first];
	const struct insight_series *last = NULL, *next = NULL;
	const char *failed[MOST_NAMED + 1], *text;
	char mean[WORDING_TEXT];
	size_t k = 0;

	for (size_t i = 1; i < g->n; i++) {
		if (s[i].failed && k < MOST_NAMED)
			failed[k++] = s[i].part;
		if (!isfinite(s[i].ratio))
			continue;
		next = next ? next : &s[i];
		last = &s[i];
	}
	if (!next)
		BUG("nothing to compare in %s", g->name);
	text = arena_fmt(w->arena, "of %s: %s is best at %s%s%s, %s %s %s %s%s", g->name, s[0].part,
		insight_digits(mean, s[0].mean, s[0].low, s[0].high), s[0].unit[0] ? " " : "",
		s[0].unit, next->p >= SURE ? "from which" : "then comes", next->part,
		next->p >= SURE ? "cannot be told:" : "with",
		insight_times(w->arena, next->ratio, next->ratio_low, next->ratio_high),
		next->p >= SURE ? "" : " that");
	if (last != next)
		text = arena_fmt(w->arena, "%s, and last %s with %s", text, last->part,
			insight_times(w->arena, last->ratio, last->ratio_low, last->ratio_high));
	if (k)
		text = arena_fmt(
			w->arena, "%s (%s failed)", text, wording_list(w->arena, failed, k, "and"));
	return text;
}

/* Groups that are worth a statement: of a primary quantity, in one table, with something to
 * compare; those that are surest come first in each quantity. */
static bool is_telling(const struct insight *in, const struct insight_group *g)
{
	const struct insight_series *s = &in->series[g->first];
	bool any = false;

	for (size_t i = 1; i < g->n; i++)
		any = any || isfinite(s[i].ratio);
	return g->compared && any && insight_use(s->quantity) == USE_FIRST;
}

static bool is_sure(const struct insight *in, const struct insight_group *g)
{
	return g->one_table && isfinite(in->series[g->first].low);
}

static void add_files(
	const struct insight *in, const struct insight_group *g, struct file_list *files)
{
	for (size_t i = 0; i < g->n; i++) {
		for (size_t k = 0; k < in->series[g->first + i].nplaces; k++)
			*VEC_PUSH(files) = in->series[g->first + i].places[k].file;
	}
}

/* Of groups that are sure, or of all where none is. */
static void say_told(struct insight_work *w)
{
	const struct insight *in = w->in;
	struct file_list files = {0};
	const char *part[MOST_GROUPS];
	const char *label = NULL;
	size_t n = 0, all = 0, sure = 0;
	uint64_t series = 0;

	for (size_t i = 0; i < in->ngroups; i++)
		sure += is_telling(in, &in->groups[i]) && is_sure(in, &in->groups[i]);
	for (size_t i = 0; i < in->ngroups; i++) {
		const struct insight_group *g = &in->groups[i];

		if (!is_telling(in, g) || (sure && !is_sure(in, g)))
			continue;
		/* One quantity: the first of those that are there. */
		if (label && strcmp(label, in->series[g->first].label) != 0)
			continue;
		label = in->series[g->first].label;
		series += g->n;
		all++;
		add_files(in, g, &files);
		if (n < MOST_GROUPS)
			part[n++] = group_text(w, g);
	}
	if (n)
		insight_add(w, "comparison", -1, INSIGHT_COMPARISON,
			arena_fmt(w->arena, "%s as files tell it, without rows behind it: %s%s",
				label, insight_joined(w->arena, part, n),
				all > n ? arena_fmt(w->arena, "; the tables have %zu more", all - n)
					: ""),
			"", series, &files);
	VEC_RELEASE(&files);
}

void insight_comparisons(struct insight_work *w)
{
	say_rows(w);
	say_told(w);
}
