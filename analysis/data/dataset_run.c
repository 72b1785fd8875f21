/* dataset_run.c - a run directory into a dataset. */
#include "dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bug.h"
#include "dataset_build.h"
#include "fsx.h"
#include "jsonx.h"

/* Differences that do not matter.  A resolved sweep.json sets them all; these of docs/statistics.md
 * are for a table without one, which is analysed all the same. */
#define MARGIN_THROUGHPUT 0.02
#define MARGIN_TPOT       0.02
#define MARGIN_TTFT       0.05
#define MARGIN_SCORE      0.05

/* Remembers a file that went in. */
static void add_file(
	struct dataset *d, const char *path, const char *format, uint64_t rows, uint64_t rejected)
{
	struct data_file *f = &d->files[d->nfiles++];
	struct stat st;

	f->path = arena_str(&d->arena, path);
	f->format = format;
	f->bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	f->rows = rows;
	f->rejected = rejected;
}

/* *ret is NULL if there is no such file. */
static int read_json(
	struct dataset *d, const char *dir, const char *name, json_t **ret, struct err *e)
{
	char *path = fsx_join(dir, name);
	int failed = 0;

	if (fsx_exists(path)) {
		*ret = jsonx_load(path, e);
		if (!*ret || !json_is_object(*ret))
			failed =
				*ret ? err_set(e, ERR_JOURNAL, "%s: expected an object", path) : -1;
		else
			add_file(d, path, "json", 1, 0);
		if (failed && e && e->code == ERR_USAGE)
			e->code = ERR_JOURNAL;
	}
	free(path);
	return failed;
}

static int read_loads(struct dataset *d, const char *path, struct table *t, struct err *e)
{
	if (table_read(t, path, true, load_columns, LOADS_COLUMN_COUNT, NULL, NULL, e))
		return -1;
	add_file(d, path, "csv", t->nrows, t->rejected);
	return 0;
}

/* The same from memory. */
static int read_loads_bytes(
	struct dataset *d, const struct dataset_text *from, struct table *t, struct err *e)
{
	struct data_file *f = &d->files[d->nfiles++];

	if (table_read_bytes(t, "loads.csv", from->loads, from->loads_len, true, load_columns,
		    LOADS_COLUMN_COUNT, e))
		return -1;
	*f = (struct data_file){.path = "loads.csv",
		.format = "csv",
		.bytes = from->loads_len,
		.rows = t->nrows,
		.rejected = t->rejected};
	return 0;
}

/* "runs/2026-11-24-demo/" -> "2026-11-24-demo", where the sweep has no name. */
static const char *name_of(struct dataset *d)
{
	const char *name = jsonx_get_string(d->sweep, "name"), *start;
	size_t end = strlen(d->dir);

	if (name)
		return arena_str(&d->arena, name);
	while (end > 1 && d->dir[end - 1] == '/')
		end--;
	start = d->dir + end;
	while (start > d->dir && start[-1] != '/')
		start--;
	return arena_strn(&d->arena, start, (size_t)(d->dir + end - start));
}

static void read_margins(struct dataset *d)
{
	static const struct {
		enum metric metric;
		const char *key;
		double otherwise;
	} known[] = {{METRIC_DECODE, "throughput", MARGIN_THROUGHPUT},
		{METRIC_TPOT, "tpot", MARGIN_TPOT}, {METRIC_TTFT, "ttft", MARGIN_TTFT},
		{METRIC_SCORE, "score", MARGIN_SCORE}};
	const json_t *margin = json_object_get(d->sweep, "margin");

	for (size_t m = 0; m < METRIC_MAX; m++)
		d->margin[m] = NAN;
	for (size_t i = 0; i < COUNTOF(known); i++) {
		double x = jsonx_get_number(margin, known[i].key);

		d->margin[known[i].metric] = isfinite(x) && x > 0 ? x : known[i].otherwise;
	}
}

static const char *text_or_empty(const json_t *object, const char *key)
{
	const char *text = jsonx_get_string(object, key);

	return text ? text : "";
}

/* Levels that the plan knew to be one setting. */
static void read_aliases(struct dataset *d)
{
	const json_t *list = json_object_get(d->sweep, "aliases_found"), *one;
	size_t i;

	d->aliases = arena_alloc(&d->arena, json_array_size(list), sizeof(*d->aliases));
	json_array_foreach (list, i, one) {
		struct data_alias *a = &d->aliases[d->naliases];

		if (!jsonx_get_string(one, "factor"))
			continue;
		a->factor = arena_str(&d->arena, text_or_empty(one, "factor"));
		a->level = arena_str(&d->arena, text_or_empty(one, "level"));
		a->same_as = arena_str(&d->arena, text_or_empty(one, "same_as"));
		a->why = arena_str(&d->arena, text_or_empty(one, "why"));
		a->merged = json_is_true(json_object_get(one, "merged"));
		d->naliases++;
	}
}

/* One simulated session makes a simulated run. */
static void read_sessions(struct dataset *d)
{
	const json_t *list = json_object_get(d->manifest, "sessions"), *one;
	size_t i;

	json_array_foreach (list, i, one) {
		d->simulated = d->simulated || json_is_true(json_object_get(one, "simulated"));
		d->is_virtual = d->is_virtual || json_is_true(json_object_get(one, "virtual"));
	}
}

static int no_rows(const struct build *b, struct err *e)
{
	if (b->d->left_out) {
		err_set(e, ERR_DATA, "%s: none of its %llu rows meets the condition",
			b->source.path, (unsigned long long)b->d->left_out);
		return err_hint(e, "the condition is: %s", b->options->where);
	}
	err_set(e, ERR_DATA, "%s: no row that counts", b->source.path);
	return err_hint(e,
		b->rejected ? "none of its lines has the right row_crc"
			    : "the run ended before its first request");
}

/* runs.csv, with a scan that is open. */
static int read_rows(struct build *b, struct scan *s, struct err *e)
{
	if (build_factors(b, s, e) || build_wanted(b, s, e))
		return -1;
	build_loads(b);
	build_rules(b);
	if (build_rows(b, s, e))
		return -1;
	return b->nrows ? 0 : no_rows(b, e);
}

/* What was seen, with the numbers that are its own. */
static void settle(struct build *b)
{
	struct dataset *d = b->d;

	build_names(b);
	build_cells(b);
	build_more_loads(b);
	build_suite(b);
	build_late_rows(b);
	build_passes(b);
	read_margins(d);
	read_aliases(d);
	read_sessions(d);
	build_plan_counts(b);
	/* What was planned says nothing of a part of it. */
	if (d->left_out)
		d->planned_loads = d->planned_requests = d->passes_planned = 0;
	d->fold = b->fold;
	b->fold = NULL;
}

static int read_runs(struct build *b, struct err *e)
{
	const struct scan_options options = {.checked = true, .threads = b->options->threads};
	struct scan *s = NULL;
	int failed = scan_open(&s, &b->source, &options, e) || read_rows(b, s, e);

	scan_close(s);
	if (!failed)
		settle(b);
	return failed ? -1 : 0;
}

static int read_run(struct build *b, const char *loads_path, struct err *e)
{
	struct dataset *d = b->d;
	struct data_file *runs;
	char *chunks_path;

	if (read_json(d, d->dir, "manifest.json", &d->manifest, e) ||
		read_json(d, d->dir, "sweep.json", &d->sweep, e))
		return -1;
	if (!d->manifest)
		d->manifest = json_object();
	d->name = name_of(d);
	runs = &d->files[d->nfiles];
	add_file(d, b->source.path, "csv", 0, 0);
	b->has_loads = fsx_exists(loads_path);
	if ((b->has_loads && read_loads(d, loads_path, &b->loads, e)) || read_runs(b, e))
		return -1;
	runs->rows = b->nrows + d->left_out;
	runs->rejected = b->rejected;
	chunks_path = fsx_join(d->dir, "chunks.csv");
	if (!d->fold && fsx_exists(chunks_path))
		build_equal_lengths(d, chunks_path);
	free(chunks_path);
	return 0;
}

static int read_bytes(struct build *b, const struct dataset_text *t, struct err *e)
{
	struct dataset *d = b->d;
	struct data_file *runs = &d->files[d->nfiles++];

	b->source.bytes = t->runs;
	b->source.len = t->runs_len;
	b->has_loads = t->loads;
	if ((b->has_loads && read_loads_bytes(d, t, &b->loads, e)) || read_runs(b, e))
		return -1;
	*runs = (struct data_file){.path = b->source.path,
		.format = "csv",
		.bytes = t->runs_len,
		.rows = b->nrows,
		.rejected = b->rejected};
	return 0;
}

static int finish(struct build *b, int failed)
{
	table_release(&b->loads);
	build_release(b);
	where_close(b->where);
	free(b->wanted);
	free(b->known_loads);
	free(b->twice.v);
	free(b->met_twice);
	if (failed)
		dataset_release(b->d);
	return failed ? -1 : 0;
}

static const struct dataset_options no_options = {0};

int dataset_from_text(struct dataset *d, const struct dataset_text *t, struct err *e)
{
	struct build b = {.d = d, .options = &no_options, .source = {.path = "runs.csv"}};

	*d = (struct dataset){.metrics = metric_specs, .nmetrics = METRIC_COUNT};
	d->dir = d->name = arena_str(&d->arena, t->name);
	d->files = arena_alloc(&d->arena, 2, sizeof(*d->files));
	/* Counted, never changed. */
	d->sweep = json_incref((json_t *)t->sweep);
	d->manifest = t->manifest ? json_incref((json_t *)t->manifest) : json_object();
	return finish(&b, read_bytes(&b, t, e));
}

int dataset_open(struct dataset *d, const char *dir, const struct dataset_options *o, struct err *e)
{
	char *runs_path = fsx_join(dir, "runs.csv"), *loads_path = fsx_join(dir, "loads.csv");
	struct build b = {.d = d, .options = o ? o : &no_options, .source = {.path = runs_path}};
	int failed;

	*d = (struct dataset){.metrics = metric_specs, .nmetrics = METRIC_COUNT};
	d->dir = arena_str(&d->arena, dir);
	d->files = arena_alloc(&d->arena, 4, sizeof(*d->files));
	if (!fsx_is_dir(dir)) {
		err_set(e, ERR_ENV, "%s: no such run directory", dir);
		failed = err_hint(e, "a run is in runs/DATE-NAME, or where --out said");
	} else if (!fsx_exists(runs_path)) {
		failed =
			err_set(e, ERR_JOURNAL, "%s: not a run directory, it has no runs.csv", dir);
		err_hint(e, "give the folder that `chimera run` named, such as runs/DATE-NAME");
	} else {
		failed = read_run(&b, loads_path, e);
	}
	failed = finish(&b, failed);
	free(runs_path);
	free(loads_path);
	return failed;
}

int dataset_from_run(struct dataset *d, const char *dir, struct err *e)
{
	return dataset_open(d, dir, &no_options, e);
}
