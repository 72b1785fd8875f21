/* again.c - the pipeline's stages on a run directory that is there. */
#include "again.h"

#include <stdio.h>
#include <string.h>

#include "charts.h"
#include "pipeline.h"
#include "rundir.h"
#include "say.h"

struct again_args {
	const char *dir;
	bool help;
};

static const struct opt table[] = {
	{"help", 'h', NULL, "this text", 1},
	{0},
};

const struct opt *again_options(void)
{
	return table;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct again_args *a = arg;

	if (opt) {
		a->help = true;
		return 0;
	}
	if (a->dir)
		return err_set(e, ERR_USAGE, "one run directory at a time");
	a->dir = text;
	return 0;
}

/* The charts alone read files alone: the summary is not made again. */
static int charts_only(const char *dir)
{
	struct err e = ERR_INIT;

	return charts_draw(dir, &e) ? say_error(&e) : EXIT_FINE;
}

static int do_stages(const struct again_args *a, const char *name, unsigned stages)
{
	struct str brief = STR_INIT(1 << 20);
	struct err e = ERR_INIT;
	int code;

	if (!a->dir) {
		err_set(&e, ERR_USAGE, "which run?");
		err_hint(&e, "chimera %s runs/DATE-NAME", name);
		return say_error(&e);
	}
	if (rundir_is_run(a->dir, ERR_DATA, &e))
		return say_error(&e);
	if (stages == PIPELINE_CHARTS)
		return charts_only(a->dir);
	code = pipeline(a->dir, stages, &brief, NULL);
	fputs(brief.s, stdout);
	if (brief.len && (stages & PIPELINE_REPORT))
		printf("report  %s/report.html\n", say_safe(a->dir));
	str_release(&brief);
	return code;
}

int again(const struct command *self, int argc, char **argv, unsigned stages)
{
	struct again_args a = {0};
	struct err e = ERR_INIT;
	char name[40];

	snprintf(name, sizeof(name), "chimera %s", self->name);
	if (opt_parse(table, name, argc, argv, take, &a, &e))
		return say_error(&e);
	return a.help ? command_help(self) : do_stages(&a, self->name, stages);
}
