/* earlier_times.c - what run directories tell about time. */
#include "earlier_times.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bug.h"
#include "clock.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"
#include "table.h"
#include "vec.h"

#define RUNS_LOOKED_AT 200

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

static bool earlier_times_of(const char *dir, struct earlier_times *ret)
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

/* Same model and same first server as the plan's.  A simulated run has a server of its own. */
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

struct dir_entries {
	struct dir_entry *v;
	size_t n, cap;
};

static int by_newest(const void *a, const void *b)
{
	const struct dir_entry *x = a, *y = b;

	return (x->modified < y->modified) - (x->modified > y->modified);
}

static void list_runs(const char *runs, struct dir_entries *list)
{
	DIR *d = opendir(runs);
	struct dirent *f;

	while (d && (f = readdir(d))) {
		struct stat st;
		char *path;

		if (f->d_name[0] == '.' || strlen(f->d_name) >= sizeof(list->v[0].name))
			continue;
		path = fsx_join(runs, f->d_name);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			struct dir_entry *one = VEC_PUSH(list);

			memcpy(one->name, f->d_name, strlen(f->d_name) + 1);
			one->modified = st.st_mtime;
		}
		free(path);
	}
	if (d)
		closedir(d);
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_newest);
}

void earlier_times_find(const char *runs, const struct plan *p, struct earlier_times *ret)
{
	struct dir_entries list = {0};

	*ret = (struct earlier_times){0};
	list_runs(runs, &list);
	for (size_t i = 0; i < list.n && i < RUNS_LOOKED_AT && !ret->known; i++) {
		char *dir = fsx_join(runs, list.v[i].name);
		struct err ignored = ERR_INIT;
		json_t *manifest = manifest_load(dir, &ignored);

		if (manifest && same_subject(manifest, p) && earlier_times_of(dir, ret))
			clock_date(ret->date, (ns)list.v[i].modified * NS_PER_S);
		json_decref(manifest);
		free(dir);
	}
	VEC_RELEASE(&list);
}
