/* rundir.c - run directories by name and by date. */
#include "rundir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "clock.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"
#include "table.h"

#define RUNS_FOLDER    "runs"
#define RUNS_LOOKED_AT 200

/* A name that is safe as a folder: letters, digits, dot, dash; others become a dash. */
static char *folder_name(const char *name)
{
	char *s = xstrndup(name, 80);

	for (char *c = s; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_' && !(*c == '.' && c != s))
			*c = '-';
	}
	return s;
}

static int make_named(const char *out, struct err *e)
{
	char parent[4096];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", out);
	while ((slash = strrchr(parent, '/')) && slash[1] == '\0' && slash != parent)
		*slash = '\0';
	if (slash && slash != parent) {
		*slash = '\0';
		if (fsx_mkdirs(parent, e))
			return -1;
	}
	if (mkdir(out, 0777) == 0)
		return 0;
	if (errno == EEXIST) {
		err_set(e, ERR_USAGE, "--out %s: exists already", out);
		return err_hint(e,
			"name another folder, or continue that run with `chimera resume %s`", out);
	}
	return err_sys(e, ERR_ENV, errno, "--out %s: cannot make the folder", out);
}

char *rundir_make(const char *out, const char *name, struct err *e)
{
	char date[12];
	char *folder, *dir = NULL;

	if (out)
		return make_named(out, e) ? NULL : xstrdup(out);
	if (fsx_mkdirs(RUNS_FOLDER, e))
		return NULL;
	clock_date(date, clock_wall());
	folder = folder_name(name);
	for (int i = 1; i < 10000; i++) {
		dir = i == 1 ? xasprintf(RUNS_FOLDER "/%s-%s", date, folder)
			     : xasprintf(RUNS_FOLDER "/%s-%s-%d", date, folder, i);
		if (mkdir(dir, 0777) == 0)
			break;
		if (errno != EEXIST) {
			err_sys(e, ERR_ENV, errno, "%s: cannot make the folder", dir);
			free(dir);
			dir = NULL;
			break;
		}
		free(dir);
		dir = NULL;
	}
	if (!dir && e->code == ERR_NONE)
		err_set(e, ERR_ENV, RUNS_FOLDER "/%s-%s: no free number", date, folder);
	free(folder);
	return dir;
}

void rundir_unmake(const char *dir)
{
	rmdir(dir); /* fails, as it should, where something was written */
}

static double mean_where(const struct table *t, const char *column, const char *phase, double *n)
{
	const struct table_column *value = table_column(t, column),
				  *kind = table_column(t, "phase");
	const struct table_column *status = table_column(t, "status");
	double sum = 0;

	*n = 0;
	for (size_t i = 0; i < t->nrows; i++) {
		const char *p = table_text(kind, i), *s = table_text(status, i);
		double x = table_num(value, i);

		if (isnan(x) || !p || !s || strcmp(s, "ok") != 0 ||
			(phase && strcmp(p, phase) != 0))
			continue;
		sum += x;
		++*n;
	}
	return *n > 0 ? sum / *n : NAN;
}

bool rundir_times(const char *dir, struct earlier_times *ret)
{
	char *runs = fsx_join(dir, "runs.csv"), *loads = fsx_join(dir, "loads.csv");
	struct table t;
	struct err ignored = ERR_INIT;
	double nrows = 0, nloads = 0, request_ms = NAN, load_ms = NAN;

	if (table_read(&t, runs, true, run_columns, RUN_COLUMN_COUNT, NULL, NULL, &ignored) == 0) {
		request_ms = mean_where(&t, "done_ms", "measure", &nrows);
		table_release(&t);
	}
	if (table_read(&t, loads, true, load_columns, LOADS_COLUMN_COUNT, NULL, NULL, &ignored) ==
		0) {
		load_ms = mean_where(&t, "load_ms", NULL, &nloads);
		table_release(&t);
	}
	free(runs);
	free(loads);
	if (nrows < 3 || nloads < 1)
		return false;
	ret->known = true;
	ret->per_request = request_ms / 1e3;
	ret->per_load = load_ms / 1e3;
	snprintf(ret->from, sizeof(ret->from), "%s", dir);
	return true;
}

/* Same model and same first server as the plan's, and neither of the two simulated unless both. */
static bool same_subject(const json_t *manifest, const struct plan *p)
{
	const json_t *server = json_array_get(json_object_get(manifest, "servers"), 0);
	const json_t *model = json_array_get(json_object_get(server, "models"), 0);
	const char *url = jsonx_get_string(server, "url"), *name = jsonx_get_string(model, "name");

	return url && name && strcmp(url, p->servers[0].url) == 0 && p->servers[0].nmodels > 0 &&
		strcmp(name, p->servers[0].models[0].name) == 0;
}

struct dir_entry {
	char name[160];
	time_t modified;
};

static int by_newest(const void *a, const void *b)
{
	const struct dir_entry *x = a, *y = b;

	return (x->modified < y->modified) - (x->modified > y->modified);
}

static size_t list_runs(const char *runs, struct dir_entry *entries, size_t max)
{
	DIR *d = opendir(runs);
	struct dirent *f;
	size_t n = 0;

	while (d && n < max && (f = readdir(d))) {
		struct stat st;
		char *path;

		if (f->d_name[0] == '.' || strlen(f->d_name) >= sizeof(entries[0].name))
			continue;
		path = fsx_join(runs, f->d_name);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			memcpy(entries[n].name, f->d_name, strlen(f->d_name) + 1);
			entries[n++].modified = st.st_mtime;
		}
		free(path);
	}
	if (d)
		closedir(d);
	qsort(entries, n, sizeof(*entries), by_newest);
	return n;
}

void rundir_earlier_times(const char *runs, const struct plan *p, struct earlier_times *ret)
{
	struct dir_entry *entries = xcalloc(RUNS_LOOKED_AT, sizeof(*entries));
	size_t n = list_runs(runs, entries, RUNS_LOOKED_AT);

	*ret = (struct earlier_times){0};
	for (size_t i = 0; i < n && !ret->known; i++) {
		char *dir = fsx_join(runs, entries[i].name);
		struct err ignored = ERR_INIT;
		json_t *manifest = manifest_load(dir, &ignored);

		if (manifest && same_subject(manifest, p) && rundir_times(dir, ret))
			clock_date(ret->date, (ns)entries[i].modified * NS_PER_S);
		json_decref(manifest);
		free(dir);
	}
	free(entries);
}
