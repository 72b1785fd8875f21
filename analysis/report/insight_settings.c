/* insight_settings.c - which settings were tried, and what each table of them shows. */
#include "insight_page.h"

#include <math.h>
#include <string.h>

#include "wording.h"

#define MOST_SETTINGS 24
#define MOST_LEVELS   10
#define MOST_SWEEPS   12

/* ---- ranges ---- */

/* "1024 (12), 2048 (12) and 4096 (12)"; of many numbers the ends. */
static const char *levels_text(struct page *p, const struct corpus_setting *s)
{
	const char *items[MOST_LEVELS + 1];
	size_t n = s->nlevels < MOST_LEVELS ? s->nlevels : MOST_LEVELS;

	if (s->numeric && s->nlevels > MOST_LEVELS)
		return page_fmt(p, "%s to %s, %s", page_quote(p, s->level[0]),
			page_quote(p, s->level[s->nlevels - 1]),
			page_count(p, s->nlevels, "level"));
	for (size_t i = 0; i < n; i++)
		items[i] = page_fmt(
			p, "%s (%llu)", page_quote(p, s->level[i]), (unsigned long long)s->n[i]);
	if (s->nlevels > n)
		items[n++] =
			page_fmt(p, "%s more", figures_number(&p->arena, s->nlevels - MOST_LEVELS));
	return wording_list(&p->arena, items, n, "and");
}

static void ranges_table(struct page *p)
{
	static const char *const head[] = {"Setting", "Levels (rows at each)"};
	size_t shown = p->c->nsettings < MOST_SETTINGS ? p->c->nsettings : MOST_SETTINGS;

	if (shown == 0)
		return;
	doc_table(p->doc, "Parameter ranges explored", COUNTOF(head), head, NULL);
	for (size_t i = 0; i < shown; i++) {
		const struct corpus_setting *s = &p->c->settings[i];
		const char *cells[] = {page_quote(p, s->name), levels_text(p, s)};

		doc_table_row(p->doc, cells);
	}
	page_more(p, shown, p->c->nsettings, "setting");
}

/* ---- effects ---- */

static bool is_primary(const struct effect *e)
{
	return e->factor_b < 0 && e->primary;
}

static bool is_shown(const struct effect *e)
{
	return e->verdict == VERDICT_EFFECT && !e->negligible && e->nlevels > 0 &&
		isfinite(e->furthest.ratio);
}

static const char *noun_of(struct page *p, const struct effect *e)
{
	return page_noun(p, e->spec->column, e->spec->label);
}

const char *page_effect_text(struct page *p, const struct effect *e)
{
	const struct level_pair *pair = &e->furthest;
	struct change c = figures_change(
		&p->arena, e->spec->log, e->spec->unit, pair->ratio, pair->ci_low, pair->ci_high);
	const char *range = c.range[0] ? page_fmt(p, " (%s)", c.range) : "";
	const char *worse = page_quote(p, e->levels[pair->worse].level);
	const char *better = page_quote(p, e->levels[pair->better].level);

	if (c.is_times)
		return page_fmt(p, "%s the %s at %s of that at %s%s", c.text, noun_of(p, e), worse,
			better, range);
	return page_fmt(p, "%s %s %s at %s than at %s%s", c.text, c.is_more ? "higher" : "lower",
		noun_of(p, e), worse, better, range);
}

/* Reached by the interval that goes furthest: what is not excluded. */
static const char *reach_text(struct page *p, const struct effect *e)
{
	double low = e->widest_low, high = e->widest_high;
	double reach = e->spec->log ? fmax(high, 1 / low) - 1 : fmax(fabs(low), fabs(high));
	double scale = e->spec->log ? 100 : 1;

	if (!isfinite(low) || !isfinite(high) || !isfinite(reach))
		return NOT_GIVEN;
	return page_fmt(p, "no two levels further apart than %s%s (90 %%)",
		figures_rough(&p->arena, reach * scale), e->spec->log ? " %" : "");
}

static const char *verdict_text(struct page *p, const struct effect *e)
{
	const char *name = e->verdict == VERDICT_EFFECT && e->negligible
		? "effect, but too small to matter"
		: e->verdict == VERDICT_NO_EFFECT ? "no effect"
						  : verdict_name(e->verdict);
	const char *why = e->why && e->why[0] ? page_clause(p, e->why) : "";
	const char *note = e->note && e->note[0] ? page_clause(p, e->note) : "";

	return page_fmt(p, "%s%s%s%s%s", name, why[0] ? ": " : "", why, note[0] ? "; " : "", note);
}

/* "1024: 102.02 (101.8 to 102.2)", one after the other. */
static const char *estimates_text(struct page *p, const struct effect *e)
{
	const char **items = arena_alloc(&p->arena, e->nlevels + 1, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < e->nlevels && n < MOST_LEVELS; i++)
		if (isfinite(e->levels[i].estimate))
			items[n++] = page_fmt(p, "%s: %s", page_quote(p, e->levels[i].level),
				figures_estimate(&p->arena, e->levels[i].estimate,
					e->levels[i].estimate_low, e->levels[i].estimate_high, ""));
	if (n == 0)
		return NOT_GIVEN;
	if (n < e->nlevels && n == MOST_LEVELS)
		items[n - 1] = page_fmt(
			p, "%s more", figures_number(&p->arena, e->nlevels - MOST_LEVELS + 1));
	return wording_list(&p->arena, items, n, "and");
}

/* Columns of a sweep's table: those that no effect has are left out, since the verdict says why. */
struct effect_shape {
	bool interval, size, p;
};

static bool has_size(const struct effect *e)
{
	return is_shown(e) || (isfinite(e->widest_low) && isfinite(e->widest_high));
}

static struct effect_shape effect_shape_of(const struct summary *s)
{
	struct effect_shape shape = {0};

	for (size_t i = 0; i < s->neffects; i++) {
		const struct effect *e = &s->effects[i];

		if (!is_primary(e))
			continue;
		shape.size = shape.size || has_size(e);
		shape.p = shape.p || isfinite(e->p_adjusted);
		for (size_t k = 0; k < e->nlevels; k++)
			shape.interval = shape.interval || isfinite(e->levels[k].estimate_low);
	}
	return shape;
}

static void effect_row(struct page *p, const struct effect *e, const struct effect_shape *shape)
{
	const char *cells[6];
	size_t n = 0;

	cells[n++] = page_quote(p, e->factor);
	cells[n++] = page_fmt(p, "%s%s%s", page_quote(p, e->spec->label),
		e->spec->unit[0] ? ", " : "", e->spec->unit);
	cells[n++] = estimates_text(p, e);
	if (shape->size)
		cells[n++] = is_shown(e) ? page_effect_text(p, e) : reach_text(p, e);
	if (shape->p)
		cells[n++] = figures_p(&p->arena, e->p_adjusted);
	cells[n++] = verdict_text(p, e);
	doc_table_row(p->doc, cells);
}

static void effects_table(struct page *p, const char *name, const struct summary *s)
{
	const struct effect_shape shape = effect_shape_of(s);
	const char *head[6];
	enum doc_align align[6] = {DOC_LEFT, DOC_LEFT, DOC_LEFT};
	size_t n = 0;

	head[n++] = "Setting";
	head[n++] = "Measure";
	head[n++] = shape.interval ? "Level: mean (95 %)" : "Level: mean";
	if (shape.size)
		head[n++] = "Largest difference";
	if (shape.p) {
		align[n] = DOC_RIGHT;
		head[n++] = "p, adjusted";
	}
	head[n++] = "Verdict";
	doc_table(p->doc, page_fmt(p, "Effects of settings, %s", name), n, head, align);
	for (size_t i = 0; i < s->neffects; i++)
		if (is_primary(&s->effects[i]))
			effect_row(p, &s->effects[i], &shape);
}

static struct behind behind_sweep(struct page *p, const struct insight_sweep *s)
{
	const struct corpus_table *t = &p->c->tables[s->of->table];
	struct behind b = {.n = 1, .rows = s->of->rows, .noun = "row"};

	b.place = arena_alloc(&p->arena, 1, sizeof(*b.place));
	b.place[0] = (struct doc_place){
		page_file(p, t->file), t->place && t->place[0] ? page_quote(p, t->place) : ""};
	return b;
}

static void sweep_part(struct page *p, const struct insight_sweep *s)
{
	struct behind behind = behind_sweep(p, s);
	const char *name = page_subject(p, s->of->subject);
	int evidence = page_evidence(p, &behind);
	size_t n = 0;

	doc_subsection(p->doc, page_fmt(p, "Settings of %s", name));
	if (!s->summary) {
		doc_para(p->doc,
			page_fmt(p, "%s with settings %s not examined: %s",
				page_count(p, s->of->rows, "row"),
				wording_verb(s->of->rows, "was", "were"),
				page_clause(p, s->why ? s->why : "they do not suffice")),
			evidence);
		return;
	}
	for (size_t i = 0; i < s->summary->neffects; i++)
		n += is_primary(&s->summary->effects[i]);
	if (n == 0) {
		doc_para(p->doc,
			page_fmt(p, "None of its settings could be tested with %s.",
				page_count(p, s->of->rows, "row")),
			evidence);
		return;
	}
	doc_para(p->doc, page_fmt(p, "From %s of one table.", page_count(p, s->of->rows, "row")),
		evidence);
	effects_table(p, name, s->summary);
}

/* Tables that could not be examined, by reason. */
static void say_refused(struct page *p)
{
	const char *reasons[MOST_SWEEPS];
	size_t counts[MOST_SWEEPS], n = 0;

	for (size_t i = 0; i < p->c->nsweeps; i++) {
		const char *why = p->in->sweeps[i].why;
		size_t k = 0;

		if (!why)
			continue;
		while (k < n && strcmp(reasons[k], why) != 0)
			k++;
		if (k == MOST_SWEEPS)
			continue;
		if (k == n) {
			reasons[n] = why;
			counts[n++] = 0;
		}
		counts[k]++;
	}
	for (size_t k = 0; k < n; k++)
		doc_item(p->doc, NULL,
			page_fmt(p, "%s with settings %s not examined: %s",
				page_count(p, counts[k], "table"),
				wording_verb(counts[k], "was", "were"),
				page_sentence(p, reasons[k])),
			0);
}

void page_settings(struct page *p)
{
	size_t examined = 0, shown = 0;

	if (p->c->nsettings == 0 && p->c->nsweeps == 0)
		return;
	doc_section(p->doc, "effects", "Parameter ranges, and what each parameter does");
	ranges_table(p);
	for (size_t i = 0; i < p->c->nsweeps; i++)
		examined += p->in->sweeps[i].summary != NULL;
	for (size_t i = 0; i < p->c->nsweeps && shown < MOST_SWEEPS; i++)
		if (p->in->sweeps[i].summary) {
			sweep_part(p, &p->in->sweeps[i]);
			shown++;
		}
	page_more(p, shown, examined, "examined table");
	if (examined > 0)
		doc_note(p->doc,
			"Rows are taken as independent, and a setting that was changed in step "
			"with "
			"time or with another cannot be told from it: the findings say where that "
			"was seen.");
	else if (p->c->nsweeps == 0)
		doc_para(p->doc,
			"No table has rows that differ in a setting and in nothing else, so that "
			"no "
			"effect can be told.",
			0);
	say_refused(p);
}

/* ---- in one line ---- */

static void keep_name(const char **names, size_t *n, size_t most, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(names[i], name) == 0)
			return;
	if (*n < most)
		names[(*n)++] = name;
}

struct swept page_swept(struct page *p)
{
	const char *shown[MOST_LEVELS], *open[MOST_LEVELS], *alias[MOST_LEVELS];
	size_t nshown = 0, nopen = 0, nalias = 0;
	struct swept ret = {0};

	for (size_t i = 0; i < p->c->nsweeps; i++) {
		const struct insight_sweep *s = &p->in->sweeps[i];

		ret.refused += !s->summary;
		ret.sweeps += s->summary != NULL;
		for (size_t k = 0; s->summary && k < s->summary->neffects; k++) {
			const struct effect *e = &s->summary->effects[k];

			if (!is_primary(e))
				continue;
			if (e->verdict == VERDICT_INCONCLUSIVE)
				keep_name(open, &nopen, MOST_LEVELS, e->factor);
			if (e->verdict == VERDICT_ALIAS)
				keep_name(alias, &nalias, MOST_LEVELS, e->factor);
			if (!is_shown(e))
				continue;
			keep_name(shown, &nshown, MOST_LEVELS, e->factor);
			if (!ret.effect || e->p_adjusted < ret.effect->p_adjusted) {
				ret.effect = e;
				ret.of = s;
			}
		}
	}
	ret.shown = nshown ? page_names(p, shown, nshown, MOST_LEVELS) : NULL;
	ret.open = nopen ? page_names(p, open, nopen, MOST_LEVELS) : NULL;
	ret.alias = nalias ? page_names(p, alias, nalias, MOST_LEVELS) : NULL;
	return ret;
}
