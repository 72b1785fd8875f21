/* cmd_analyze.c - rows to tables: of a run, of several runs of one sweep, of any table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze_args.h"
#include "bug.h"
#include "dataset_join.h"
#include "fsx.h"
#include "report.h"
#include "rundir.h"
#include "say.h"
#include "summary.h"

/* ---- what is analysed ---- */

static int which(const struct analyze_args *a, struct err *e)
{
	const struct table_roles *r = &a->roles;
	bool is_table = a->npaths == 1 && fsx_exists(a->path[0]) && !fsx_is_dir(a->path[0]);

	if (a->npaths == 0) {
		err_set(e, ERR_USAGE, "which run, or which table?");
		return err_hint(e, "chimera analyze runs/DATE-NAME");
	}
	for (size_t i = 0; i < a->npaths; i++) {
		if (!fsx_exists(a->path[i]))
			return err_set(e, ERR_ENV, "%s: no such run and no such table", a->path[i]);
	}
	if (is_table && (r->nfactors == 0 || r->nmeasures == 0)) {
		err_set(e, ERR_USAGE, "%s is a table: which columns are what?", a->path[0]);
		return err_hint(e, "--factor A,B --measure M:lower --out DIR");
	}
	if (is_table && !a->out && !a->json) {
		err_set(e, ERR_USAGE, "where shall summary.json and tables/ go?");
		return err_hint(e, "--out DIR");
	}
	if (!is_table &&
		(r->nfactors || r->nmeasures || r->block || r->pass || r->prompt || r->ok ||
			r->order || r->load_time || r->separator)) {
		err_set(e, ERR_USAGE, "%s is no file: a run says itself what its columns are",
			a->path[0]);
		return err_hint(e, "leave out --factor, --measure and what belongs to them");
	}
	if (a->npaths > 1 && !a->out && !a->json) {
		err_set(e, ERR_USAGE, "where shall the tables of %zu runs go?", a->npaths);
		return err_hint(e, "--out DIR");
	}
	return is_table ? 1 : 0;
}

/* ERR_USAGE if a run is named twice, in whatever way. */
static int check_twice(const struct analyze_args *a, struct err *e)
{
	char *path[ANALYZE_MOST_PATHS] = {0};
	int failed = 0;

	for (size_t i = 0; i < a->npaths; i++) {
		path[i] = realpath(a->path[i], NULL);
		for (size_t k = 0; k < i && !failed && path[i]; k++) {
			if (path[k] && strcmp(path[i], path[k]) == 0)
				failed = err_set(e, ERR_USAGE, "%s is named twice", a->path[i]);
		}
	}
	for (size_t i = 0; i < a->npaths; i++)
		free(path[i]);
	return failed;
}

/* One run, or several of one sweep as one. */
static int read_runs(const struct analyze_args *a, struct dataset *d, struct err *e)
{
	/* Joined runs are in memory, row by row. */
	const struct dataset_options options = {
		.where = a->roles.where, .rows_kept = a->npaths > 1 ? DATASET_JOIN_ROWS : 0};
	struct dataset *runs;
	size_t n = 0;
	int failed = 0;

	if (a->npaths == 1)
		return rundir_is_run(a->path[0], ERR_DATA, e) ||
				dataset_open(d, a->path[0], &options, e)
			? -1
			: 0;
	if (check_twice(a, e))
		return -1;
	runs = xcalloc(a->npaths, sizeof(*runs));
	while (!failed && n < a->npaths) {
		failed = rundir_is_run(a->path[n], ERR_DATA, e) ||
			dataset_open(&runs[n], a->path[n], &options, e);
		n += !failed;
	}
	failed = failed || dataset_join(d, runs, n, e);
	while (n > 0)
		dataset_release(&runs[--n]);
	free(runs);
	return failed ? -1 : 0;
}

/* ---- what comes of it ---- */

/* Findings in the order of their strength, a line each. */
static void print_findings(const struct summary *s)
{
	for (size_t i = 0; i < s->nfindings; i++)
		printf("  %-4s %s\n", s->findings[i].id, say_safe(s->findings[i].text));
}

/* Rows that could not be used, the first of them by line. */
#define SHOWN_NOTES 5

/* Lines of a run that do not count: the journal's CRC says they are not as they were written. */
static void print_rejected(const struct dataset *d)
{
	for (size_t i = 0; i < d->nfiles && !d->foreign; i++) {
		const struct data_file *f = &d->files[i];

		if (f->rejected)
			fprintf(stderr, "chimera: %s: %llu %s not count: damaged or cut off\n",
				say_safe(f->path), (unsigned long long)f->rejected,
				f->rejected == 1 ? "line does" : "lines do");
	}
}

static void print_notes(const struct dataset *d)
{
	size_t lines = 0, others = 0;

	for (size_t i = 0; i < d->nnotes; i++) {
		const struct data_note *n = &d->notes[i];

		if (n->line && lines++ < SHOWN_NOTES)
			fprintf(stderr, "chimera: %s:%llu: %s\n", say_safe(d->dir),
				(unsigned long long)n->line, say_safe(n->why));
		others += n->line == 0;
		/* Of a table they are among the findings. */
		if (n->line == 0 && !d->foreign)
			fprintf(stderr, "chimera: %s: %s\n", say_safe(d->dir), say_safe(n->why));
	}
	if (lines > SHOWN_NOTES)
		fprintf(stderr, "chimera: %s: %llu more were not used, see summary.json\n",
			say_safe(d->dir),
			(unsigned long long)(d->notes_in_all - others - SHOWN_NOTES));
}

static int put_out(const struct analyze_args *a, const struct summary *s)
{
	const char *dir = a->out ? a->out : a->path[0];
	struct err e = ERR_INIT;
	struct str brief = STR_INIT(1 << 20);

	if (!a->json || a->out) {
		if (fsx_mkdirs(dir, &e) || summary_write(s, dir, &e))
			return say_error(&e);
	}
	if (!a->quiet)
		print_notes(s->data);
	print_rejected(s->data);
	if (a->json) {
		say_json(summary_json(s));
	} else if (a->quiet) {
		; /* the files are all that is wanted */
	} else if (s->data->foreign) {
		print_findings(s);
	} else {
		report_brief(s, &brief);
		fputs(brief.s, stdout);
	}
	if (!a->json && !a->quiet && a->out)
		printf("tables  %s\n", say_safe(dir));
	str_release(&brief);
	return EXIT_FINE;
}

static int analyze(const struct analyze_args *a)
{
	struct err e = ERR_INIT;
	struct dataset d;
	struct summary s;
	int kind = which(a, &e), code;

	if (kind < 0)
		return say_error(&e);
	if (kind ? dataset_from_table(&d, a->path[0], &a->roles, &e) : read_runs(a, &d, &e))
		return say_error(&e);
	if (!kind)
		dataset_set_scale(&d, a->scale);
	if (analyze_wishes(a, &d, &e) || summary_make(&s, &d, &e)) {
		dataset_release(&d);
		return say_error(&e);
	}
	code = put_out(a, &s);
	summary_release(&s);
	dataset_release(&d);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct analyze_args a;
	struct err e = ERR_INIT;
	int code;

	if (analyze_parse(&a, argc, argv, &e))
		code = say_error(&e);
	else
		code = a.help ? command_help(self) : analyze(&a);
	analyze_args_release(&a);
	return code;
}

const struct command cmd_analyze = {
	.name = "analyze",
	.usage = "chimera analyze RUN... | TABLE.csv --factor A --measure M:lower --out DIR",
	.summary = "tables of a run or of any CSV file: summary.json and tables/",
	.about = "Analyses the rows of RUN again and writes summary.json and tables/.  The same\n"
		 "rows give the same bytes.  Several runs of one sweep are analysed as one.\n\n"
		 "A table that is not a run is analysed in the same way once it is said which\n"
		 "columns are factors, what was measured and which way is better.  Rows are\n"
		 "taken as independent unless --block names what was set up together.",
	.examples =
		"  chimera analyze runs/2026-11-24-gemma3-grid\n"
		"  chimera analyze runs/night-1 runs/night-2 --out both\n"
		"  chimera analyze results.csv --factor num_gpu,num_ctx \\\n"
		"      --measure ttft_s:lower,tokens_per_s:higher --block load --out analysis\n",
	.options = analyze_options,
	.run = run,
};
