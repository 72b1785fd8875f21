/* insight_json.c - OUT/summary.json of a corpus, "schema": 1, "kind": "insight".
 *
 * A value that cannot be given is null, and its reason stands beside it as NAME_why. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_json.h"
#include "jsonx.h"
#include "summary_json_parts.h"

#define SCHEMA 1

/* Text from outside; "" stays "" where readers want a text, and bytes that are no UTF-8 are '?': a
 * name is worth more than none. */
json_t *insight_text_json(const char *s)
{
	json_t *ret = s ? json_string(s) : json_null();
	char *copy;

	if (ret)
		return ret;
	copy = xstrdup(s);
	for (char *at = copy; *at; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	ret = json_string(copy);
	free(copy);
	return ret;
}

double insight_rounded(double x)
{
	double size = fabs(x), scale;

	if (!(size > 1e-9) || !(size < 1e12))
		return x;
	/* At most 10^21, which is a double. */
	scale = pow(10, 11 - floor(log10(size)));
	return round(x * scale) / scale;
}

const char *insight_verdict_name(enum told_verdict v)
{
	static const char *const names[] = {[TOLD_ALONE] = "alone",
		[TOLD_AGREES] = "agrees",
		[TOLD_POSSIBLE] = "possible",
		[TOLD_CONTRADICTS] = "contradicts",
		[TOLD_SWAPPED] = "swapped",
		[TOLD_SETTING] = "setting",
		[TOLD_FAILED] = "failed"};

	return names[v];
}

static const char *file_name(const struct insight *in, uint32_t file)
{
	return file < in->corpus->nfiles ? in->corpus->files[file].of->name : "";
}

static const char *table_place(const struct insight *in, uint32_t table)
{
	return table < in->corpus->ntables ? in->corpus->tables[table].place : "";
}

static const char *subject_name(const struct insight *in, uint32_t subject)
{
	return subject < in->corpus->nsubjects ? in->corpus->subjects[subject].name : NULL;
}

/* ---- ingest ---- */

static json_t *skipped_json(const struct insight *in)
{
	json_t *list = json_array();

	for (size_t i = 0; i < in->corpus->nfiles; i++) {
		const struct corpus_file *f = &in->corpus->files[i];
		const char *why = f->of->why ? f->of->why : f->why;
		json_t *o;

		if (!why)
			continue;
		o = json_object();
		jsonx_put(o, "file", insight_text_json(f->of->name));
		jsonx_put(o, "why", insight_text_json(why));
		summary_append(list, o);
	}
	return list;
}

static json_t *duplicate(
	const struct insight *in, uint32_t file, const char *place, uint32_t of, uint64_t rows)
{
	json_t *o = json_object();

	jsonx_put(o, "file", insight_text_json(file_name(in, file)));
	jsonx_put(o, "place", insight_text_json(place));
	jsonx_put(o, "of", insight_text_json(file_name(in, of)));
	summary_put_count(o, "rows", rows);
	return o;
}

/* Whole files, then tables whose rows stand in another file. */
static json_t *duplicates_json(const struct insight *in)
{
	const struct corpus *c = in->corpus;
	json_t *list = json_array();

	for (uint32_t i = 0; i < c->nfiles; i++) {
		json_t *o;

		if (c->files[i].copy_of == CORPUS_NONE)
			continue;
		o = duplicate(in, i, "", c->files[i].copy_of, c->files[i].rows);
		jsonx_put(o, "why",
			insight_text_json(c->files[i].why ? c->files[i].why
							  : "all of it is in the other file"));
		summary_append(list, o);
	}
	for (size_t i = 0; i < c->ntables; i++) {
		const struct corpus_table *t = &c->tables[i];
		json_t *o;

		if (t->copies == 0 || c->files[t->file].copy_of != CORPUS_NONE)
			continue;
		o = duplicate(in, t->file, t->place,
			t->copy_of < c->ntables ? c->tables[t->copy_of].file : CORPUS_NONE,
			t->copies);
		jsonx_put(o, "why",
			insight_text_json(t->why              ? t->why
					: t->copies < t->rows ? "some of its rows are elsewhere"
							      : "its rows are elsewhere"));
		summary_append(list, o);
	}
	return list;
}

static json_t *notes_json(const struct insight *in)
{
	json_t *list = json_array();

	for (size_t i = 0; i < in->corpus->nnotes; i++) {
		const struct corpus_note *n = &in->corpus->notes[i];
		json_t *o = json_object();

		jsonx_put(o, "file", insight_text_json(file_name(in, n->file)));
		jsonx_put_or_why(o, "line", n->line ? (double)n->line : (double)NAN,
			"it is about the file as a whole");
		jsonx_put(o, "why", insight_text_json(n->why));
		summary_append(list, o);
	}
	return list;
}

static json_t *ingest_json(const struct insight *in)
{
	const struct corpus *c = in->corpus;
	json_t *o = json_object(), *kinds = json_object();
	uint64_t files = 0, were_read = 0;

	for (size_t i = 0; i < c->nfiles; i++)
		were_read += !c->files[i].of->why;
	for (int k = 0; k <= TREE_RUN; k++) {
		summary_put_count(kinds, tree_kind_name((enum tree_kind)k), c->by_kind[k]);
		files += c->by_kind[k];
	}
	summary_put_count(o, "files", files);
	summary_put_count(o, "read", were_read);
	summary_put_count(o, "bytes", c->bytes);
	jsonx_put(o, "by_format", kinds);
	summary_put_count(o, "headings", c->headings);
	summary_put_count(o, "hash_lines", c->hash_lines);
	summary_put_count(o, "beyond", c->tree.beyond);
	summary_put_count(o, "told_beyond", c->told_beyond);
	jsonx_put(o, "skipped", skipped_json(in));
	jsonx_put(o, "duplicates", duplicates_json(in));
	jsonx_put(o, "notes", notes_json(in));
	summary_put_count(o, "notes_in_all", c->notes_in_all);
	summary_put_count(o, "rows", c->rows);
	summary_put_count(o, "copies", c->copies);
	summary_put_count(o, "failed", c->failed);
	jsonx_put(o, "percentiles", json_string(c->exact ? "exact" : "histogram within 0.1 %"));
	return o;
}

/* ---- series ---- */

static json_t *stat_json(const struct insight_stat *s)
{
	json_t *o = json_object();
	const char *none = "there is no value";

	summary_put_count(o, "n", s->n);
	jsonx_put_or_why(o, "mean", insight_rounded(s->mean), none);
	jsonx_put_or_why(o, "sd", insight_rounded(s->sd), s->n ? "one value has no spread" : none);
	jsonx_put_or_why(o, "ci_low", insight_rounded(s->low), s->interval_why);
	jsonx_put_or_why(o, "ci_high", insight_rounded(s->high), s->interval_why);
	jsonx_put_or_why(o, "min", s->min, none);
	jsonx_put_or_why(o, "max", s->max, none);
	jsonx_put_or_why(o, "p50", insight_rounded(s->p50), none);
	jsonx_put_or_why(o, "p95", insight_rounded(s->p95), s->p95_why);
	jsonx_put_or_why(o, "p99", insight_rounded(s->p99), s->p99_why);
	return o;
}

static json_t *measure_json(const struct insight_measure *m)
{
	json_t *o = json_object();

	jsonx_put(o, "quantity", insight_text_json(m->of->quantity));
	jsonx_put(o, "label", insight_text_json(m->of->label));
	jsonx_put(o, "unit", insight_text_json(m->of->unit));
	jsonx_put(o, "better", json_integer(m->of->better));
	jsonx_put(o, "all", stat_json(&m->all));
	jsonx_put(o, "warm", stat_json(&m->warm));
	return o;
}

static json_t *places_json(const struct insight *in, const struct corpus_subject *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nplaces; i++) {
		json_t *o = json_object();

		jsonx_put(o, "file", insight_text_json(file_name(in, s->places[i].file)));
		jsonx_put(o, "place", insight_text_json(table_place(in, s->places[i].table)));
		summary_put_count(o, "first", s->places[i].first);
		summary_put_count(o, "last", s->places[i].last);
		summary_append(list, o);
	}
	return list;
}

static json_t *subject_json(const struct insight *in, const struct insight_subject *s)
{
	json_t *o = json_object(), *failures = json_array(), *measures = json_array();

	for (size_t i = 0; i < s->of->nfailures; i++) {
		json_t *f = json_object();

		jsonx_put(f, "why", insight_text_json(s->of->failures[i].why));
		summary_put_count(f, "n", s->of->failures[i].n);
		summary_append(failures, f);
	}
	for (size_t i = 0; i < s->of->nmeasures; i++)
		summary_append(measures, measure_json(&s->measures[i]));
	jsonx_put(o, "subject", insight_text_json(s->of->name));
	jsonx_put(o, "model", insight_text_json(s->of->model));
	jsonx_put(o, "model_from", insight_text_json(s->of->model_from));
	summary_put_count(o, "n", s->of->rows);
	summary_put_count(o, "failed", s->of->failed);
	summary_put_count(o, "cold", s->of->cold);
	jsonx_put(o, "load_known", json_boolean(s->of->load_known));
	summary_put_count(o, "prompts", s->of->prompts);
	jsonx_put(o, "failures", failures);
	jsonx_put(o, "places", places_json(in, s->of));
	summary_put_count(o, "places_beyond", s->of->places_beyond);
	jsonx_put(o, "measures", measures);
	return o;
}

static json_t *settings_json(const struct corpus *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nsettings; i++) {
		const struct corpus_setting *s = &c->settings[i];
		json_t *o = json_object(), *levels = json_array(), *n = json_array();

		for (size_t k = 0; k < s->nlevels; k++) {
			summary_append(levels, insight_text_json(s->level[k]));
			summary_append(n, json_integer((json_int_t)s->n[k]));
		}
		jsonx_put(o, "name", insight_text_json(s->name));
		jsonx_put(o, "levels", levels);
		jsonx_put(o, "n", n);
		summary_append(list, o);
	}
	return list;
}

/* ---- told, pairs ---- */

static json_t *told_json(const struct insight *in, const struct insight_told *t, struct arena *a)
{
	const struct corpus_told *of = t->of;
	json_t *o = json_object();

	jsonx_put(o, "subject", insight_text_json(of->subject));
	jsonx_put(o, "quantity", insight_text_json(of->quantity));
	jsonx_put(o, "stat", json_string(rule_stat_name(of->stat)));
	jsonx_put_or_why(o, "value", of->value, of->failed ? "its row failed" : "it is no number");
	jsonx_put(o, "unit", insight_text_json(of->unit));
	if (of->n)
		summary_put_count(o, "n", of->n);
	else
		jsonx_put_or_why(o, "n", NAN, "the file does not say");
	jsonx_put(o, "failed", json_boolean(of->failed));
	jsonx_put(o, "file", insight_text_json(file_name(in, of->place.file)));
	jsonx_put(o, "where",
		insight_text_json(of->place.table < in->corpus->ntables
				? corpus_where(in->corpus, &of->place, a)
				: ""));
	jsonx_put(o, "settings", insight_text_json(of->settings));
	jsonx_put(o, "verdict", json_string(insight_verdict_name(t->verdict)));
	jsonx_put(o, "against", insight_text_json(subject_name(in, t->subject)));
	jsonx_put(o, "which", insight_text_json(t->which));
	jsonx_put_or_why(
		o, "rows_say", insight_rounded(t->rows_say), "no such figure of the rows is known");
	return o;
}

static json_t *pair_json(const struct insight *in, const struct insight_pair *p)
{
	json_t *o = json_object();

	jsonx_put(o, "quantity", insight_text_json(p->quantity));
	jsonx_put(o, "better", insight_text_json(subject_name(in, p->better)));
	jsonx_put(o, "worse", insight_text_json(subject_name(in, p->worse)));
	jsonx_put_or_why(o, "ratio", insight_rounded(p->ratio), NULL);
	jsonx_put_or_why(o, "ci_low", insight_rounded(p->low), NULL);
	jsonx_put_or_why(o, "ci_high", insight_rounded(p->high), NULL);
	jsonx_put_or_why(o, "p", insight_rounded(p->p), NULL);
	jsonx_put_or_why(o, "p_adjusted", insight_rounded(p->p_adjusted), NULL);
	jsonx_put(o, "same_prompts", json_boolean(p->same_prompts));
	return o;
}

/* ---- sweeps, runs, findings ---- */

static json_t *effects_json(const struct summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; s && i < s->neffects; i++)
		summary_append(list, summary_effect_json(s, i));
	return list;
}

static json_t *sweep_json(const struct insight *in, const struct insight_sweep *s)
{
	json_t *o = json_object(), *settings = json_array();
	uint32_t table = s->of->table;

	for (size_t i = 0; i < s->of->nsettings; i++)
		summary_append(settings, insight_text_json(s->of->setting[i]));
	jsonx_put(o, "file",
		insight_text_json(file_name(in,
			table < in->corpus->ntables ? in->corpus->tables[table].file
						    : CORPUS_NONE)));
	jsonx_put(o, "place", insight_text_json(table_place(in, table)));
	jsonx_put(o, "subject", insight_text_json(subject_name(in, s->of->subject)));
	summary_put_count(o, "rows", s->of->rows);
	jsonx_put(o, "settings", settings);
	jsonx_put(o, "effects", effects_json(s->summary));
	jsonx_put(o, "why", insight_text_json(s->why));
	return o;
}

static json_t *run_json(const struct insight *in, const struct insight_run *r)
{
	json_t *o = json_object(), *findings = json_array();

	for (size_t i = 0; r->summary && i < r->summary->nfindings; i++) {
		const struct finding *f = &r->summary->findings[i];
		json_t *one = json_object();

		jsonx_put(one, "id", json_string(f->id));
		jsonx_put(one, "kind", json_string(finding_kind_name(f->kind)));
		jsonx_put(one, "text", insight_text_json(f->text));
		summary_append(findings, one);
	}
	jsonx_put(o, "dir", insight_text_json(file_name(in, r->file)));
	jsonx_put(o, "simulated", json_boolean(r->data && r->data->simulated));
	jsonx_put(o, "findings", findings);
	jsonx_put(o, "why", insight_text_json(r->why));
	return o;
}

static json_t *finding_json(const struct insight *in, const struct insight_finding *f)
{
	json_t *o = json_object(), *rows = json_object(), *files = json_array();

	for (size_t i = 0; i < f->nfiles; i++)
		summary_append(files, insight_text_json(file_name(in, f->files[i])));
	jsonx_put(rows, "file", insight_text_json(f->file));
	jsonx_put(rows, "filter", insight_text_json(f->where));
	summary_put_count(rows, "n", f->n);
	jsonx_put(rows, "files", files);
	jsonx_put(o, "id", json_string(f->id));
	jsonx_put(o, "kind", json_string(f->kind));
	jsonx_put(o, "trap",
		f->trap < 0 ? json_null() : json_string(trap_kind_name((enum trap_kind)f->trap)));
	jsonx_put(o, "text", insight_text_json(f->text));
	jsonx_put(o, "rows", rows);
	return o;
}

/* ---- all of it ---- */

static void put_lists(json_t *o, const struct insight *in)
{
	json_t *series = json_array(), *told = json_array(), *pairs = json_array();
	struct arena a = {0};

	for (size_t i = 0; i < in->corpus->nsubjects; i++)
		summary_append(series, subject_json(in, &in->subjects[i]));
	for (size_t i = 0; i < in->corpus->ntold; i++)
		summary_append(told, told_json(in, &in->told[i], &a));
	for (size_t i = 0; i < in->npairs; i++)
		summary_append(pairs, pair_json(in, &in->pairs[i]));
	jsonx_put(o, "series", series);
	jsonx_put(o, "settings", settings_json(in->corpus));
	jsonx_put(o, "told", told);
	jsonx_put(o, "told_series", insight_series_json(in));
	jsonx_put(o, "pairs", pairs);
	arena_release(&a);
}

static void put_analyses(json_t *o, const struct insight *in)
{
	json_t *sweeps = json_array(), *runs = json_array(), *findings = json_array();

	for (size_t i = 0; i < in->corpus->nsweeps; i++)
		summary_append(sweeps, sweep_json(in, &in->sweeps[i]));
	for (size_t i = 0; i < in->nruns; i++)
		summary_append(runs, run_json(in, &in->runs[i]));
	for (size_t i = 0; i < in->nfindings; i++)
		summary_append(findings, finding_json(in, &in->findings[i]));
	jsonx_put(o, "sweeps", sweeps);
	jsonx_put(o, "runs", runs);
	jsonx_put(o, "findings", findings);
}

static bool any_simulated(const struct insight *in)
{
	for (size_t i = 0; i < in->nruns; i++) {
		if (in->runs[i].data && in->runs[i].data->simulated)
			return true;
	}
	return false;
}

json_t *insight_json(const struct insight *in)
{
	json_t *o = json_object();

	summary_put_count(o, "schema", SCHEMA);
	jsonx_put(o, "kind", json_string("insight"));
	jsonx_put(o, "simulated", json_boolean(any_simulated(in)));
	jsonx_put(o, "confidence", jsonx_number(0.95));
	jsonx_put(o, "ingest", ingest_json(in));
	put_lists(o, in);
	put_analyses(o, in);
	/* A reader of other summaries finds that there is none of these. */
	jsonx_put(o, "cells", json_array());
	jsonx_put(o, "effects", json_array());
	jsonx_put(o, "best", json_object());
	return o;
}
