/* insight_brief.c - the lines that a person sees when the report is written. */
#include "insight_page.h"

#include <string.h>

#include "brief_lines.h"
#include "num.h"
#include "wording.h"

/* A sentence of the report as a line: without its full stop. */
static void line(struct page *p, struct str *out, const char *name, const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && text[len - 1] == '.')
		len--;
	brief_line(out, BRIEF_NAME_WIDTH + 1, name, page_fmt(p, "%.*s", (int)len, text));
}

/* ---- the best ---- */

static void add_best(struct page *p, struct str *out, const char *quantity)
{
	struct contest k;
	const char *name, *ahead = "";
	size_t n;
	uint32_t *ranked;
	const struct insight_measure *m;

	if (page_contest(p, quantity, &k)) {
		if (k.next)
			ahead = page_fmt(p, "; the next is %s at %s",
				page_subject(p, k.next->worse),
				page_mean(p, insight_measure(p->in, k.next->worse, quantity)));
		name = page_noun(p, quantity, k.of->of->label);
		line(p, out, name,
			page_fmt(p, "%s at %s%s", page_best_names(p, &k), page_mean(p, k.of),
				ahead));
		return;
	}
	ranked = page_ranked(p, quantity, &n);
	if (n == 0)
		return;
	m = insight_measure(p->in, ranked[0], quantity);
	line(p, out, page_noun(p, quantity, m->of->label),
		page_fmt(p, "%s at %s%s", page_subject(p, ranked[0]), page_mean(p, m),
			n > 1 && p->c->subjects[ranked[0]].run
				? "; runs are not compared by their rows"
				: n > 1 ? "; too few rows to compare with others"
					: "; there is no other to compare"));
}

static bool has_any(struct page *p, const char *quantity)
{
	size_t n;

	page_ranked(p, quantity, &n);
	return n > 0;
}

/* ---- what else was seen ---- */

static void add_settings(struct page *p, struct str *out)
{
	struct swept w = page_swept(p);

	if (w.shown)
		line(p, out, "settings",
			page_fmt(p, "%s: %s", page_subject(p, w.of->of->subject),
				page_fmt(p, "%s: %s", page_quote(p, w.effect->factor),
					page_effect_text(p, w.effect))));
	else if (w.open)
		line(p, out, "settings", page_fmt(p, "what %s would do is open", w.open));
}

static const char *number(struct page *p, size_t n)
{
	char text[NUM_TEXT];

	return page_fmt(p, "%s", num_group(text, (int64_t)n));
}

static void add_told(struct page *p, struct str *out)
{
	size_t counts[TOLD_FAILED + 1], n = 0;
	const char *items[4];

	if (p->c->ntold == 0)
		return;
	page_told_counts(p->in, counts);
	if (counts[TOLD_AGREES])
		items[n++] = page_fmt(p, "%s %s with rows", number(p, counts[TOLD_AGREES]),
			wording_verb(counts[TOLD_AGREES], "agrees", "agree"));
	if (counts[TOLD_CONTRADICTS])
		items[n++] = page_fmt(p, "%s %s them", number(p, counts[TOLD_CONTRADICTS]),
			wording_verb(counts[TOLD_CONTRADICTS], "contradicts", "contradict"));
	if (counts[TOLD_SWAPPED] + counts[TOLD_SETTING])
		items[n++] = page_fmt(p, "%s under a wrong name",
			number(p, counts[TOLD_SWAPPED] + counts[TOLD_SETTING]));
	if (counts[TOLD_ALONE])
		items[n++] = page_fmt(
			p, "%s without rows to be held against", number(p, counts[TOLD_ALONE]));
	line(p, out, "told",
		page_fmt(p, "%s%s%s", page_count(p, p->c->ntold, "figure"), n ? ": " : "",
			n ? wording_list(&p->arena, items, n, "and") : ""));
}

static void add_traps(struct page *p, struct str *out)
{
	const char *names[TRAP_ALL_FAILED + 1];
	bool seen[TRAP_ALL_FAILED + 1] = {false};
	size_t n = 0;

	for (size_t i = 0; i < p->in->nfindings; i++) {
		int trap = p->in->findings[i].trap;

		if (trap < 0 || trap > TRAP_ALL_FAILED || seen[trap])
			continue;
		seen[trap] = true;
		names[n++] = trap_kind_name((enum trap_kind)trap);
	}
	if (n > 0)
		line(p, out, "traps", wording_list(&p->arena, names, n, "and"));
}

static void add_skipped(struct page *p, struct str *out)
{
	size_t n = 0;
	const struct corpus_file *first = NULL;

	for (size_t i = 0; i < p->c->nfiles; i++) {
		const struct corpus_file *f = &p->c->files[i];

		if (!f->of->why && !f->why)
			continue;
		n++;
		first = first ? first : f;
	}
	if (n > 0)
		line(p, out, "not used",
			page_fmt(p, "%s%s: %s (%s)", page_count(p, n, "file"),
				n > 1 ? ", such as" : "", page_quote(p, first->of->name),
				page_quote(p, first->of->why ? first->of->why : first->why)));
}

void insight_brief(const struct insight *in, struct str *out)
{
	struct page p;
	struct behind behind = {0};
	const char *loads, *failed;

	page_init(&p, in, NULL);
	brief_text(out, page_what_was_read(&p));
	add_best(&p, out, INSIGHT_THROUGHPUT);
	add_best(&p, out, INSIGHT_TTFT);
	if (!has_any(&p, INSIGHT_THROUGHPUT) && !has_any(&p, INSIGHT_TTFT))
		add_best(&p, out, INSIGHT_LATENCY);
	loads = page_load_sentence(&p, &behind);
	if (loads)
		line(&p, out, "loads", loads);
	failed = page_failed_sentence(&p, &behind);
	if (failed)
		line(&p, out, "failed", failed);
	add_settings(&p, out);
	add_told(&p, out);
	add_traps(&p, out);
	add_skipped(&p, out);
	page_release(&p);
}
