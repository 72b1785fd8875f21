/* summary_write.c - RUN/summary.json and RUN/tables/: the summary as files. */
#include "summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "csv.h"
#include "fold.h"
#include "fsx.h"
#include "jsonx.h"
#include "num.h"
#include "str.h"

/* ---- rows of a table ---- */

static void add_text(struct str *t, const char *text)
{
	if (t->len && t->s[t->len - 1] != '\n')
		str_addc(t, ',');
	csv_add(t, text, strlen(text));
}

/* An empty first field would be taken for the start of a line, so no table begins with a number. */
static void add_number(struct str *t, double x)
{
	char text[NUM_TEXT];

	str_addc(t, ',');
	str_add(t, isfinite(x) ? num_text(text, x) : "");
}

static void add_count(struct str *t, uint64_t n)
{
	add_number(t, (double)n);
}

static void end_row(struct str *t)
{
	str_addc(t, '\n');
}

static void add_header(struct str *t, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_text(t, names[i]);
}

/* ---- the tables ---- */

/* Of a table of the user's only what it has: `run` are counts of a run. */
static void cells_header(const struct summary *s, struct str *t)
{
	static const char *const figures[] = {
		"n", "estimate", "ci_low", "ci_high", "mean", "sd", "p50", "p95", "p99"};
	static const char *const run[] = {"same_as", "n", "failed", "suspect", "invalid",
		"failure_upper", "eff_num_ctx", "offload_fraction"};
	static const char *const table[] = {"n", "failed", "paid_load", "failure_upper"};
	struct str name = STR_INIT(STR_MAX_LINE);

	add_text(t, "cell_id");
	for (size_t f = 0; f < s->data->nfactors; f++)
		add_text(t, s->data->factors[f].name);
	if (s->data->foreign)
		add_header(t, table, COUNTOF(table));
	else
		add_header(t, run, COUNTOF(run));
	for (size_t m = 0; m < s->data->nmetrics; m++) {
		for (size_t i = 0; i < COUNTOF(figures); i++) {
			str_reset(&name);
			str_addf(&name, "%s_%s", s->data->metrics[m].column, figures[i]);
			add_text(t, name.s);
		}
	}
	end_row(t);
	str_release(&name);
}

static void add_counts(struct str *t, const struct dataset *d, const struct cell_summary *c)
{
	if (!d->foreign)
		add_text(t, d->cells[c->alias_of].id);
	add_count(t, c->n);
	add_count(t, c->n_failed);
	if (d->foreign) {
		add_count(t, c->n_paid_load);
		add_number(t, c->failure_upper);
		return;
	}
	add_count(t, c->n_suspect);
	add_count(t, c->n_invalid);
	add_number(t, c->failure_upper);
	add_number(t, c->eff_num_ctx);
	add_number(t, c->offload_fraction);
}

static void add_metric(struct str *t, const struct metric_summary *m)
{
	const double figures[] = {
		m->estimate, m->ci_low, m->ci_high, m->mean, m->sd, m->p50, m->p95, m->p99};

	add_count(t, m->n);
	for (size_t i = 0; i < COUNTOF(figures); i++)
		add_number(t, figures[i]);
}

static void make_cells(const struct summary *s, struct str *t)
{
	const struct dataset *d = s->data;

	cells_header(s, t);
	for (size_t i = 0; i < s->ncells; i++) {
		const struct cell_summary *c = &s->cells[i];

		add_text(t, d->cells[c->cell].id);
		for (size_t f = 0; f < d->nfactors; f++)
			add_text(t, d->factors[f].level[d->cells[c->cell].level[f]]);
		add_counts(t, d, c);
		for (size_t m = 0; m < s->data->nmetrics; m++)
			add_metric(t, &c->metric[m]);
		end_row(t);
	}
}

static void make_effects(const struct summary *s, struct str *t)
{
	static const char *const header[] = {"factor", "metric", "stratum", "family", "error_term",
		"df", "df_error", "f", "p", "p_adjusted", "partial_eta_sq", "margin", "widest_low",
		"widest_high", "detectable", "verdict", "negligible", "why"};

	add_header(t, header, COUNTOF(header));
	end_row(t);
	for (size_t i = 0; i < s->neffects; i++) {
		const struct effect *e = &s->effects[i];
		const double figures[] = {e->df, e->df_error, e->f, e->p, e->p_adjusted,
			e->partial_eta_sq, e->margin, e->widest_low, e->widest_high, e->detectable};

		add_text(t, e->factor);
		add_text(t, e->spec->column);
		add_text(t, stratum_name(s->data, e->stratum));
		add_text(t, e->primary ? "confirmatory" : "exploratory");
		add_text(t, e->error_term);
		for (size_t k = 0; k < COUNTOF(figures); k++)
			add_number(t, figures[k]);
		add_text(t, verdict_name(e->verdict));
		add_text(t, e->negligible ? "true" : "false");
		add_text(t, e->why);
		end_row(t);
	}
}

static void make_levels(const struct summary *s, struct str *t)
{
	const char *header[] = {"factor", "metric", "level", "reference", "n",
		s->data->foreign ? "blocks" : "loads", "estimate", "estimate_low", "estimate_high",
		"ratio", "ci_low", "ci_high"};

	add_header(t, header, COUNTOF(header));
	end_row(t);
	for (size_t i = 0; i < s->neffects; i++) {
		const struct effect *e = &s->effects[i];

		for (size_t k = 0; k < e->nlevels; k++) {
			const struct level_summary *l = &e->levels[k];
			const double figures[] = {l->n,
				s->data->independent ? (double)NAN : l->nloads, l->estimate,
				l->estimate_low, l->estimate_high, l->ratio, l->ci_low, l->ci_high};

			add_text(t, e->factor);
			add_text(t, e->spec->column);
			add_text(t, l->level);
			add_text(t, e->reference);
			for (size_t j = 0; j < COUNTOF(figures); j++)
				add_number(t, figures[j]);
			end_row(t);
		}
	}
}

static void make_findings(const struct summary *s, struct str *t)
{
	static const char *const header[] = {"id", "kind", "text", "file", "filter", "n"};

	add_header(t, header, COUNTOF(header));
	end_row(t);
	for (size_t i = 0; i < s->nfindings; i++) {
		const struct finding *f = &s->findings[i];

		add_text(t, f->id);
		add_text(t, finding_kind_name(f->kind));
		add_text(t, f->text);
		add_text(t, f->file);
		add_text(t, f->filter);
		add_count(t, f->n);
		end_row(t);
	}
}

/* What is known of each load, and how many of its requests count. */
static void make_loads(const struct summary *s, struct str *t)
{
	static const char *const header[] = {"load_id", "phase", "status", "server", "block",
		"pass", "load_ms", "context_length", "size", "size_vram", "n"};
	const struct dataset *d = s->data;

	add_header(t, header, COUNTOF(header));
	end_row(t);
	for (size_t i = 0; i < d->nloads; i++) {
		const struct data_load *l = &d->loads[i];
		double block = l->block == DATA_NONE ? (double)NAN : l->block;
		const double figures[] = {block, l->pass, l->load_ms, l->context_length, l->size,
			l->size_vram, s->fold->loads[i].rows};

		add_text(t, l->id);
		add_text(t, l->sentinel ? "sentinel" : "measure");
		add_text(t, l->status);
		add_text(t, l->server < d->nservers ? d->servers[l->server] : "");
		for (size_t k = 0; k < COUNTOF(figures); k++)
			add_number(t, figures[k]);
		end_row(t);
	}
}

/* The same of a table of the user's; rows that are independent have none. */
static void make_blocks(const struct summary *s, struct str *t)
{
	static const char *const header[] = {"block_id", "settings", "pass", "n"};
	const struct dataset *d = s->data;

	add_header(t, header, COUNTOF(header));
	end_row(t);
	for (size_t i = 0; i < d->nloads && !d->independent; i++) {
		add_text(t, d->loads[i].id);
		add_count(t, d->loads[i].block);
		add_count(t, d->loads[i].pass);
		add_count(t, s->fold->loads[i].rows);
		end_row(t);
	}
}

/* ---- files ---- */

static int write_json(const struct summary *s, const char *dir, struct err *e)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	char *path = fsx_join(dir, "summary.json");
	json_t *o = summary_json(s);
	int failed;

	jsonx_dump(&text, o, 1, false);
	str_addc(&text, '\n');
	failed = text.overflowed ? err_set(e, ERR_ENV, "%s: larger than a file may be", path)
				 : fsx_put(path, text.s, text.len, e);
	json_decref(o);
	str_release(&text);
	free(path);
	return failed;
}

static int write_table(const struct summary *s, const char *dir, const char *name,
	void (*make)(const struct summary *s, struct str *t), struct err *e)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	char *path = fsx_join(dir, name);
	int failed;

	make(s, &text);
	failed = text.overflowed ? err_set(e, ERR_ENV, "%s: larger than a file may be", path)
				 : fsx_put(path, text.s, text.len, e);
	str_release(&text);
	free(path);
	return failed;
}

int summary_write(const struct summary *s, const char *dir, struct err *e)
{
	static const struct {
		const char *name;
		void (*make)(const struct summary *s, struct str *t);
	} tables[] = {{"cells.csv", make_cells}, {"effects.csv", make_effects},
		{"levels.csv", make_levels}, {"findings.csv", make_findings}};
	char *folder = fsx_join(dir, "tables");
	int failed = write_json(s, dir, e) || fsx_mkdirs(folder, e);

	for (size_t i = 0; !failed && i < COUNTOF(tables); i++)
		failed = write_table(s, folder, tables[i].name, tables[i].make, e);
	if (!failed)
		failed = s->data->foreign ? write_table(s, folder, "blocks.csv", make_blocks, e)
					  : write_table(s, folder, "loads.csv", make_loads, e);
	free(folder);
	return failed ? -1 : 0;
}
