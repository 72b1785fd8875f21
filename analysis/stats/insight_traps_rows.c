/* insight_traps_rows.c - rows that must not go into a mean as they are: failures written as zeros,
 * copies, files in which everything failed, unlike rows in one figure. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_parts.h"
#include "num.h"
#include "vec.h"

#define MOST_NAMED  3
#define MOST_LOOKED 100

struct texts {
	const char **v;
	size_t n, cap;
};

/* ---- zeros that stand for failures ---- */

/* Files of tables in which some failed.  How many failed is the corpus's to say: a table counts
 * those that stand in another one too. */
static void failed_tables(const struct insight_work *w, struct file_list *files)
{
	for (size_t i = 0; i < w->c->ntables; i++) {
		const struct corpus_table *t = &w->c->tables[i];

		if (t->use != CORPUS_ROWS || t->failed == 0)
			continue;
		*VEC_PUSH(files) = t->file;
	}
}

static const char *say_failed_rows(struct insight_work *w, struct file_list *all, uint64_t *count)
{
	struct file_list files = {0};
	uint64_t most = 0;
	const char *reason = "";
	char zeros[NUM_TEXT];

	failed_tables(w, &files);
	for (size_t s = 0; s < w->c->nsubjects; s++) {
		const struct corpus_subject *of = &w->c->subjects[s];

		if (of->nfailures && of->failures[0].n > most) {
			most = of->failures[0].n;
			reason = of->failures[0].why;
		}
	}
	for (size_t i = 0; w->c->zeros && i < files.n; i++)
		*VEC_PUSH(all) = files.v[i];
	VEC_RELEASE(&files);
	*count += w->c->zeros;
	if (w->c->zeros == 0)
		return NULL;
	return arena_fmt(w->arena,
		"%s of %s have figures that are all 0%s%s%s: a 0 there is no measurement",
		num_group(zeros, (int64_t)w->c->zeros),
		wording_count(w->arena, w->c->failed, "row that failed", "rows that failed"),
		reason[0] ? " (most often: " : "", insight_cut(w->arena, reason),
		reason[0] ? ")" : "");
}

/* Among those that will be seen; all that follow may be there again. */
static bool is_named(const struct texts *named, const char *text)
{
	for (size_t i = 0; i < named->n && i < MOST_LOOKED; i++) {
		if (strcmp(named->v[i], text) == 0)
			return true;
	}
	return false;
}

/* Figures that are told, of what failed. */
static const char *say_failed_told(struct insight_work *w, struct file_list *files, uint64_t *count)
{
	const char *text = NULL;
	struct texts who = {0}, named = {0};
	uint64_t n = 0, zero = 0;
	uint32_t last = UINT32_MAX;

	for (size_t i = 0; i < w->c->ntold; i++) {
		const struct corpus_told *t = &w->c->told[i];

		if (!t->failed)
			continue;
		zero += t->value == 0;
		*VEC_PUSH(files) = t->place.file;
		if (n > 0 && t->row == last)
			continue;
		n++;
		last = t->row;
		if (t->subject[0] && !is_named(&named, t->subject)) {
			*VEC_PUSH(&named) = t->subject;
			*VEC_PUSH(&who) = arena_fmt(w->arena, "\"%s\"", t->subject);
		}
	}
	*count += n;
	if (n)
		text = arena_fmt(w->arena, "figures are told of %s%s%s%s: %s",
			wording_count(w->arena, n, "row that failed", "rows that failed"),
			who.n ? " (" : "",
			who.n ? insight_some(w->arena, who.v, who.n, MOST_NAMED) : "",
			who.n ? ")" : "",
			zero ? "a 0 there says that it failed, not that it took no time"
			     : "they are no measurements");
	VEC_RELEASE(&who);
	VEC_RELEASE(&named);
	return text;
}

static void say_zeros(struct insight_work *w)
{
	struct file_list files = {0};
	const char *part[2], *text;
	uint64_t n = 0;

	part[0] = say_failed_rows(w, &files, &n);
	part[1] = say_failed_told(w, &files, &n);
	text = insight_joined(w->arena, part, COUNTOF(part));
	if (text[0])
		insight_add(w, "trap", TRAP_ZEROS, INSIGHT_TRAP_MINOR + 44, text, "", n, &files);
	VEC_RELEASE(&files);
}

/* ---- copies ---- */

static void say_copies(struct insight_work *w)
{
	const struct corpus *c = w->c;
	struct file_list files = {0};
	struct texts named = {0};
	size_t whole = 0, tables = 0;

	for (uint32_t i = 0; i < c->nfiles; i++) {
		if (c->files[i].copy_of == CORPUS_NONE)
			continue;
		whole++;
		*VEC_PUSH(&files) = i;
		*VEC_PUSH(&named) = arena_fmt(w->arena, "%s is in %s", c->files[i].of->name,
			insight_file_name(w, c->files[i].copy_of));
	}
	for (size_t i = 0; i < c->ntables; i++) {
		const struct corpus_table *t = &c->tables[i];

		if (t->copies == 0 || c->files[t->file].copy_of != CORPUS_NONE)
			continue;
		tables++;
		*VEC_PUSH(&files) = t->file;
		*VEC_PUSH(&named) = arena_fmt(w->arena, "%s of %s %s in %s",
			wording_count(w->arena, t->copies, "row", "rows"),
			insight_file_name(w, t->file), wording_verb(t->copies, "is", "are"),
			t->copy_of < c->ntables ? insight_file_name(w, c->tables[t->copy_of].file)
						: "other tables");
	}
	if (whole + tables + c->copies)
		insight_add(w, "trap", TRAP_COPIES, INSIGHT_TRAP_MINOR + 40,
			arena_fmt(w->arena, "%s a second time, and %s once%s%s",
				c->copies ? wording_count(
						    w->arena, c->copies, "row stands", "rows stand")
					  : "files are there",
				c->copies == 1 ? "counts" : "count", named.n ? ": " : "",
				named.n ? insight_some(w->arena, named.v, named.n, MOST_NAMED)
					: ""),
			"", c->copies ? c->copies : whole + tables, &files);
	VEC_RELEASE(&files);
	VEC_RELEASE(&named);
}

/* ---- files in which everything failed ---- */

static void say_all_failed(struct insight_work *w)
{
	const struct corpus *c = w->c;
	uint64_t *failed = xcalloc(c->nfiles + 1, sizeof(*failed)), rows = 0;
	uint64_t *all = xcalloc(c->nfiles + 1, sizeof(*all));
	struct file_list files = {0};
	struct texts named = {0};

	for (size_t i = 0; i < c->ntables; i++) {
		if (c->tables[i].use != CORPUS_ROWS)
			continue;
		failed[c->tables[i].file] += c->tables[i].failed;
		all[c->tables[i].file] += c->tables[i].rows;
	}
	for (uint32_t i = 0; i < c->nfiles; i++) {
		if (failed[i] == 0 || failed[i] < all[i])
			continue;
		rows += failed[i];
		*VEC_PUSH(&files) = i;
		*VEC_PUSH(&named) = c->files[i].of->name;
	}
	if (files.n) {
		const char *list = insight_some(w->arena, named.v, named.n, MOST_NAMED);

		insight_add(w, "trap", TRAP_ALL_FAILED, INSIGHT_TRAP + 32,
			arena_fmt(w->arena,
				"in %s every row failed (%s): %s; no figure can come of %s",
				wording_count(w->arena, files.n, "file", "files"),
				wording_count(w->arena, rows, "row", "rows"), list,
				files.n == 1 ? "it" : "them"),
			"", rows, &files);
	}
	VEC_RELEASE(&files);
	VEC_RELEASE(&named);
	free(failed);
	free(all);
}

/* ---- unlike rows in one figure ---- */

struct pooled {
	uint32_t subject, files, settings;
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t count_files(const struct corpus_subject *s)
{
	uint32_t *files = xcalloc(s->nplaces + 1, sizeof(*files)), n = 0;

	for (size_t i = 0; i < s->nplaces; i++)
		files[i] = s->places[i].file;
	qsort(files, s->nplaces, sizeof(*files), compare_u32);
	for (size_t i = 0; i < s->nplaces; i++)
		n += i == 0 || files[i] != files[i - 1];
	free(files);
	return n;
}

/* Most rows first. */
static int compare_pooled(const void *a, const void *b, void *arg)
{
	const struct pooled *x = a, *y = b;
	const struct corpus_subject *of = arg;
	uint64_t nx = of[x->subject].rows, ny = of[y->subject].rows;

	if (nx != ny)
		return nx > ny ? -1 : 1;
	return (x->subject > y->subject) - (x->subject < y->subject);
}

/* "46 rows of a: 8 prompts, 3 files, 2 settings that vary" */
static const char *name_pooled(struct insight_work *w, const struct pooled *p)
{
	const struct corpus_subject *s = &w->c->subjects[p->subject];
	const char *part[3];
	size_t n = 0;

	if (s->prompts > 1)
		part[n++] = wording_count(w->arena, s->prompts, "prompt", "prompts");
	if (p->files > 1)
		part[n++] = wording_count(w->arena, p->files, "file", "files");
	if (p->settings > 0)
		part[n++] = wording_count(
			w->arena, p->settings, "setting that varies", "settings that vary");
	return arena_fmt(w->arena, "%s of %s (%s)", wording_count(w->arena, s->rows, "row", "rows"),
		s->name, wording_list(w->arena, part, n, "and"));
}

static void say_pooled(struct insight_work *w)
{
	const struct corpus *c = w->c;
	struct pooled *list = xcalloc(c->nsubjects + 1, sizeof(*list));
	uint32_t *settings = xcalloc(c->nsubjects + 1, sizeof(*settings));
	const char *part[MOST_NAMED];
	struct file_list files = {0};
	uint64_t rows = 0;
	size_t n = 0, k;

	for (size_t i = 0; i < c->nsweeps; i++) {
		if (c->sweeps[i].nsettings > settings[c->sweeps[i].subject])
			settings[c->sweeps[i].subject] = (uint32_t)c->sweeps[i].nsettings;
	}
	for (uint32_t s = 0; s < c->nsubjects; s++) {
		struct pooled p = {s, count_files(&c->subjects[s]), settings[s]};

		/* Prompts and settings of a run are terms of its own analysis. */
		if (c->subjects[s].rows < 2 || c->subjects[s].run ||
			(c->subjects[s].prompts < 2 && p.files < 2 && p.settings == 0))
			continue;
		rows += c->subjects[s].rows;
		insight_subject_files(w, s, &files);
		list[n++] = p;
	}
	qsort_r(list, n, sizeof(*list), compare_pooled, c->subjects);
	k = n < MOST_NAMED ? n : MOST_NAMED;
	for (size_t i = 0; i < k; i++)
		part[i] = name_pooled(w, &list[i]);
	if (n)
		insight_add(w, "trap", TRAP_POOLED, INSIGHT_TRAP_MINOR + 20,
			arena_fmt(w->arena,
				"figures pool unlike rows, so that their spread is not noise%s: %s",
				n > k ? ", of several subjects" : "",
				wording_list(w->arena, part, k, "and")),
			"", rows, &files);
	VEC_RELEASE(&files);
	free(settings);
	free(list);
}

void insight_traps_rows(struct insight_work *w)
{
	say_zeros(w);
	say_copies(w);
	say_all_failed(w);
	say_pooled(w);
}
