/* insight_write.c - OUT/summary.json and OUT/tables/ of a corpus. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "csv.h"
#include "fsx.h"
#include "insight_json.h"
#include "jsonx.h"
#include "num.h"
#include "str.h"

/* ---- rows of a table ---- */

/* A spreadsheet takes a text that begins so for a formula: an apostrophe before it says that it is
 * none. */
static void add_text(struct str *t, const char *text)
{
	struct str safe = STR_INIT(STR_MAX_LINE);

	if (t->len && t->s[t->len - 1] != '\n')
		str_addc(t, ',');
	if (text && text[0] && strchr("=+-@\t\r", text[0])) {
		str_addc(&safe, '\'');
		str_add(&safe, text);
		csv_add(t, safe.s, safe.len);
	} else {
		csv_add(t, text ? text : "", text ? strlen(text) : 0);
	}
	str_release(&safe);
}

static void add_number(struct str *t, double x)
{
	char text[NUM_TEXT];

	str_addc(t, ',');
	str_add(t, isfinite(x) ? num_text(text, insight_rounded(x)) : "");
}

static void add_count(struct str *t, uint64_t n)
{
	add_number(t, (double)n);
}

static void add_header(struct str *t, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_text(t, names[i]);
	str_addc(t, '\n');
}

static const char *file_name(const struct insight *in, uint32_t file)
{
	return file < in->corpus->nfiles ? in->corpus->files[file].of->name : "";
}

/* ---- the tables ---- */

static void add_stat(struct str *t, const struct insight_stat *s)
{
	const double figures[] = {(double)s->n, s->mean, s->sd, s->low, s->high, s->min, s->max,
		s->p50, s->p95, s->p99};

	for (size_t i = 0; i < COUNTOF(figures); i++)
		add_number(t, figures[i]);
}

/* Each measure of each subject, over all rows and over those that paid for no load. */
static void make_series(const struct insight *in, struct str *t)
{
	static const char *const header[] = {"subject", "quantity", "label", "unit", "rows",
		"failed", "cold", "all_n", "all_mean", "all_sd", "all_ci_low", "all_ci_high",
		"all_min", "all_max", "all_p50", "all_p95", "all_p99", "warm_n", "warm_mean",
		"warm_sd", "warm_ci_low", "warm_ci_high", "warm_min", "warm_max", "warm_p50",
		"warm_p95", "warm_p99"};

	add_header(t, header, COUNTOF(header));
	for (size_t s = 0; s < in->corpus->nsubjects; s++) {
		const struct insight_subject *of = &in->subjects[s];

		for (size_t m = 0; m < of->of->nmeasures; m++) {
			const struct insight_measure *im = &of->measures[m];

			add_text(t, of->of->name);
			add_text(t, im->of->quantity);
			add_text(t, im->of->label);
			add_text(t, im->of->unit);
			add_count(t, of->of->rows);
			add_count(t, of->of->failed);
			add_count(t, of->of->cold);
			add_stat(t, &im->all);
			add_stat(t, &im->warm);
			str_addc(t, '\n');
		}
	}
}

static void make_told(const struct insight *in, struct str *t)
{
	static const char *const header[] = {"subject", "quantity", "stat", "unit", "settings",
		"file", "where", "verdict", "which", "value", "rows_say", "n"};
	const struct corpus *c = in->corpus;
	struct arena a = {0};

	add_header(t, header, COUNTOF(header));
	for (size_t i = 0; i < c->ntold; i++) {
		const struct insight_told *told = &in->told[i];
		const struct corpus_told *of = told->of;

		add_text(t, of->subject);
		add_text(t, of->quantity);
		add_text(t, rule_stat_name(of->stat));
		add_text(t, of->unit);
		add_text(t, of->settings);
		add_text(t, file_name(in, of->place.file));
		add_text(t, of->place.table < c->ntables ? corpus_where(c, &of->place, &a) : "");
		add_text(t, insight_verdict_name(told->verdict));
		add_text(t, told->which);
		add_number(t, of->value);
		add_number(t, told->rows_say);
		add_number(t, of->n ? (double)of->n : (double)NAN);
		str_addc(t, '\n');
	}
	arena_release(&a);
}

/* The group of a series; `last` is that of the one before. */
static const struct insight_group *group_of(const struct insight *in, size_t i, size_t *last)
{
	while (i >= in->groups[*last].first + in->groups[*last].n)
		(*last)++;
	return &in->groups[*last];
}

/* What files only tell, group by group. */
static void make_told_series(const struct insight *in, struct str *t)
{
	static const char *const header[] = {"group", "subject", "quantity", "label", "unit",
		"settings", "file", "where", "failed", "failure", "n", "mean", "sd", "ci_low",
		"ci_high", "min", "max", "p50", "p95", "p99", "ratio", "ratio_low", "ratio_high"};
	const struct corpus *c = in->corpus;
	struct arena a = {0};
	size_t last = 0;

	add_header(t, header, COUNTOF(header));
	for (size_t i = 0; i < in->nseries; i++) {
		const struct insight_group *g = group_of(in, i, &last);
		const struct insight_series *s = &in->series[i];
		const struct corpus_place *at = &s->places[0];
		const double figures[] = {s->n ? (double)s->n : (double)NAN, s->mean, s->sd, s->low,
			s->high, s->min, s->max, s->p50, s->p95, s->p99, s->ratio, s->ratio_low,
			s->ratio_high};

		add_text(t, g->name);
		add_text(t, s->subject);
		add_text(t, s->quantity);
		add_text(t, s->label);
		add_text(t, s->unit);
		add_text(t, s->settings);
		add_text(t, file_name(in, at->file));
		add_text(t, at->table < c->ntables ? corpus_where(c, at, &a) : "");
		add_text(t, s->failed ? "true" : "false");
		add_text(t, s->failure);
		for (size_t k = 0; k < COUNTOF(figures); k++)
			add_number(t, figures[k]);
		str_addc(t, '\n');
	}
	arena_release(&a);
}

static void make_findings(const struct insight *in, struct str *t)
{
	static const char *const header[] = {"id", "kind", "trap", "text", "file", "where", "n"};

	add_header(t, header, COUNTOF(header));
	for (size_t i = 0; i < in->nfindings; i++) {
		const struct insight_finding *f = &in->findings[i];

		add_text(t, f->id);
		add_text(t, f->kind);
		add_text(t, f->trap < 0 ? "" : trap_kind_name((enum trap_kind)f->trap));
		add_text(t, f->text);
		add_text(t, f->file);
		add_text(t, f->where);
		add_count(t, f->n);
		str_addc(t, '\n');
	}
}

static void make_files(const struct insight *in, struct str *t)
{
	static const char *const header[] = {
		"file", "format", "copy_of", "why", "bytes", "tables", "rows", "used"};

	add_header(t, header, COUNTOF(header));
	for (size_t i = 0; i < in->corpus->nfiles; i++) {
		const struct corpus_file *f = &in->corpus->files[i];

		add_text(t, f->of->name);
		add_text(t, tree_kind_name(f->of->kind));
		add_text(t, file_name(in, f->copy_of));
		add_text(t, f->of->why ? f->of->why : f->why);
		add_count(t, f->of->bytes);
		add_count(t, f->tables);
		add_count(t, f->rows);
		add_count(t, f->used);
		str_addc(t, '\n');
	}
}

/* ---- files ---- */

static int write_text(const char *dir, const char *name, const struct str *text, struct err *e)
{
	char *path = fsx_join(dir, name);
	int failed = text->overflowed ? err_set(e, ERR_ENV, "%s: larger than a file may be", path)
				      : fsx_put(path, text->s, text->len, e);

	free(path);
	return failed;
}

static int write_json(const struct insight *in, const char *dir, struct err *e)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	json_t *o = insight_json(in);
	int failed;

	jsonx_dump(&text, o, 1, false);
	str_addc(&text, '\n');
	failed = write_text(dir, "summary.json", &text, e);
	json_decref(o);
	str_release(&text);
	return failed;
}

int insight_write(const struct insight *in, const char *dir, struct err *e)
{
	static const struct {
		const char *name;
		void (*make)(const struct insight *in, struct str *t);
	} tables[] = {{"series.csv", make_series}, {"told.csv", make_told},
		{"told_series.csv", make_told_series}, {"findings.csv", make_findings},
		{"files.csv", make_files}};
	char *folder = fsx_join(dir, "tables");
	int failed = fsx_mkdirs(folder, e) || write_json(in, dir, e);

	for (size_t i = 0; !failed && i < COUNTOF(tables); i++) {
		struct str text = STR_INIT(STR_MAX_FILE);

		tables[i].make(in, &text);
		failed = write_text(folder, tables[i].name, &text, e);
		str_release(&text);
	}
	free(folder);
	return failed ? -1 : 0;
}
