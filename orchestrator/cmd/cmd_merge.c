/* cmd_merge.c - shards of a sweep into one run. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "command.h"
#include "jsonx.h"
#include "merge.h"
#include "num.h"
#include "say.h"
#include "vec.h"

enum { OPT_OUT = 1, OPT_PARTIAL, OPT_JSON, OPT_HELP };

static const struct opt merge_table[] = {
	{"out", 'o', "DIR", "run directory to make; needed", OPT_OUT},
	{"partial", 0, NULL, "merge what there is, though shards are missing", OPT_PARTIAL},
	{"json", 0, NULL, "print what was done as one JSON object", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct merge_args {
	struct {
		const char **v;
		size_t n, cap;
	} dirs;
	const char *out;
	bool partial, json, help;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static const struct opt *merge_options_table(void)
{
	return merge_table;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct merge_args *a = arg;

	switch (opt ? opt->id : 0) {
	case 0:
		if (a->dirs.n == MERGE_MAX_SHARDS)
			return err_set(e, ERR_USAGE, "more than %d shards", MERGE_MAX_SHARDS);
		*VEC_PUSH(&a->dirs) = text;
		return 0;
	case OPT_OUT:
		a->out = text;
		return 0;
	case OPT_PARTIAL:
		a->partial = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	default:
		a->help = true;
		return 0;
	}
}

static int check_args(const struct merge_args *a, struct err *e)
{
	if (a->dirs.n == 0) {
		err_set(e, ERR_USAGE, "which shards are to be merged?");
		return err_hint(e, "chimera merge SHARD_DIR... --out DIR");
	}
	if (!a->out || !*a->out) {
		err_set(e, ERR_USAGE, "--out: missing: where is the merged run to be?");
		return err_hint(e, "chimera merge SHARD_DIR... --out DIR");
	}
	return 0;
}

static void print_text(const struct merge_args *a, const struct merge_result *r)
{
	char rows[NUM_TEXT], loads[NUM_TEXT], done[NUM_TEXT], requests[NUM_TEXT];
	char safe[400];

	printf("%u of %u shards merged: %s rows, %s loads", r->shards, r->of,
		num_group(rows, (int64_t)r->rows), num_group(loads, (int64_t)r->loads));
	if (r->requests)
		printf("; %s of %s requests done", num_group(done, (int64_t)r->done),
			num_group(requests, (int64_t)r->requests));
	err_quote(safe, sizeof(safe), a->out);
	printf("\nchimera %s %s\n", r->open ? "resume" : "report", safe);
}

static void print_json(const struct merge_args *a, const struct merge_result *r, int code)
{
	json_t *run = json_string(a->out);
	json_t *o = json_pack("{s:o, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "run",
		run ? run : json_null(), "shards", (int)r->shards, "of", (int)r->of, "rows",
		(json_int_t)r->rows, "loads", (json_int_t)r->loads, "chunks", (json_int_t)r->chunks,
		"set_aside", (json_int_t)r->set_aside, "done", (json_int_t)r->done, "open",
		(json_int_t)r->open, "exit", code);

	jsonx_put(o, "requests", r->requests ? json_integer((json_int_t)r->requests) : json_null());
	say_json(o);
}

/* Of each shard up to three files stay open to the end, and one more is while rows are written. */
static void raise_files(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int merge_dirs(const struct merge_args *a)
{
	struct merge_options opt = {.dirs = a->dirs.v,
		.n = a->dirs.n,
		.out = a->out,
		.partial = a->partial,
		.interrupted = &interrupted};
	struct sigaction stop = {.sa_handler = on_signal};
	struct merge_result r;
	struct err e = ERR_INIT;
	int code;

	sigemptyset(&stop.sa_mask);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	raise_files();
	if (merge_runs(&opt, &r, &e))
		return say_error(&e);
	/* As a run that ends with requests of which nothing was measured. */
	code = r.open ? EXIT_FAILED_REQUESTS : EXIT_FINE;
	say_warnings(r.warnings.s);
	if (a->json)
		print_json(a, &r, code);
	else
		print_text(a, &r);
	merge_result_release(&r);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct merge_args a = {.out = NULL};
	struct err e = ERR_INIT;
	int code;

	if (opt_parse(merge_table, "chimera merge", argc, argv, take, &a, &e))
		code = say_error(&e);
	else if (a.help)
		code = command_help(self);
	else
		code = check_args(&a, &e) ? say_error(&e) : merge_dirs(&a);
	VEC_RELEASE(&a.dirs);
	return code;
}

const struct command cmd_merge = {
	.name = "merge",
	.usage = "chimera merge [options] SHARD_DIR... --out DIR",
	.summary = "join the shards of a sweep into one run",
	.about = "Joins the run directories that `chimera run --shard K/N` made into one that "
		 "resume,\n"
		 "analyze, report and plot read like any other.  Refuses (exit 4) what does not "
		 "belong\n"
		 "together: another sweep, plan, server version or model, a shard twice, an "
		 "overlap, a\n"
		 "shard that is still measured.  The shards are only read.  Exit 6 if requests "
		 "are open.",
	.examples = "  chimera merge fleet/shard-1 fleet/shard-2 fleet/shard-3 --out fleet/merged\n"
		    "  chimera report fleet/merged\n",
	.options = merge_options_table,
	.run = run,
};
