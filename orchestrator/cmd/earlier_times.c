/* earlier_times.c - what run directories tell about time. */
#include "earlier_times.h"

#include <dirent.h>
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

static bool earlier_times_of(const char *dir, struct earlier_times *ret)
{
	char *runs = fsx_join(dir, "runs.csv"), *loads = fsx_join(dir, "loads.csv");
	struct table r, l;
	struct err ignored = ERR_INIT;

	if (table_read(&r, runs, true, run_columns, RUN_COLUMN_COUNT, NULL, NULL, &ignored) == 0) {
		bool has_loads = table_read(&l, loads, true, load_columns, LOADS_COLUMN_COUNT, NULL,
					 NULL, &ignored) == 0;

		ret->known = pace_read(&ret->pace, &r, has_loads ? &l : NULL);
		if (has_loads)
			table_release(&l);
		table_release(&r);
	}
	free(runs);
	free(loads);
	if (ret->known)
		snprintf(ret->from, sizeof(ret->from), "%s", dir);
	return ret->known;
}

/* Same model and same first server as the plan's.  Simulated runs have a server of their own, so
 * that they tell times of simulated plans alone. */
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
