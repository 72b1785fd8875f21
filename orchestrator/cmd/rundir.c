/* rundir.c - run directories by name and by date. */
#include "rundir.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "clock.h"
#include "fsx.h"

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
	if (fsx_mkdirs(RUNDIR_RUNS, e))
		return NULL;
	clock_date(date, clock_wall());
	folder = folder_name(name);
	for (int i = 1; i < 10000; i++) {
		dir = i == 1 ? xasprintf(RUNDIR_RUNS "/%s-%s", date, folder)
			     : xasprintf(RUNDIR_RUNS "/%s-%s-%d", date, folder, i);
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
		err_set(e, ERR_ENV, RUNDIR_RUNS "/%s-%s: no free number", date, folder);
	free(folder);
	return dir;
}

int rundir_is_run(const char *dir, enum err_code code, struct err *e)
{
	char *path = fsx_join(dir, "search.json");
	bool is_search = fsx_exists(path);

	free(path);
	if (!is_search)
		return 0;
	err_set(e, code, "%s is a capacity search: its answer is in search.json", dir);
	return err_hint(e, "chimera search --resume %s goes on with it, or says the answer", dir);
}

void rundir_unmake(const char *dir)
{
	rmdir(dir); /* fails, as it should, where something was written */
}
