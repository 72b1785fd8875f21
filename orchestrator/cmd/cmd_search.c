/* cmd_search.c - the largest load that still keeps what was asked. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calibrate.h"
#include "command.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"
#include "measure.h"
#include "rundir.h"
#include "say.h"
#include "search_args.h"
#include "search_file.h"
#include "search_text.h"

static int end_code(const struct search_job *job)
{
	struct search_result r;

	if (job->end && strcmp(job->end, "interrupted") == 0)
		return ERR_INTERRUPTED;
	if (job->end && strcmp(job->end, "complete") != 0)
		return ERR_ENV;
	search_result(&job->search, &r);
	return isnan(r.confirmed) ? ERR_DATA : EXIT_FINE;
}

static void say_server_gone(const struct search_job *job)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_ENV, "%s", job->why[0] ? job->why : "the server is gone");
	err_hint(&e, "when it is back: chimera search --resume %s", job->dir);
	say_error(&e);
}

static int report(const struct search_job *job, const struct search_args *a)
{
	int code = end_code(job);
	bool complete = strcmp(job->end, "complete") == 0;

	if (code == ERR_ENV)
		say_server_gone(job);
	if (a->json)
		say_json(search_json(job));
	else
		search_text_answer(job);
	if (!a->json && !complete)
		printf("chimera search --resume %s\n", say_safe(job->dir));
	else if (!a->json)
		printf("search  %s/" SEARCH_FILE "\n", say_safe(job->dir));
	return code;
}

/* Runs a job that is ready. */
static int search_in(struct search_job *job, const char *dir, const struct search_args *a)
{
	struct err e = ERR_INIT;

	job->dir = dir;
	job->no_chunks = a->no_chunks;
	if (!a->quiet) {
		search_text_begin(job);
		job->on_trial = search_text_trial;
		job->live = isatty(STDERR_FILENO);
	}
	if (search_job_run(job, &e)) {
		rundir_unmake(dir);
		return say_error(&e);
	}
	return report(job, a);
}

static int open_job(struct search_job *job, struct setup *s, struct search_args *a, struct err *e)
{
	struct calibrated calibrated;

	if (search_args_limits(a, &s->sweep, e) ||
		calibrate(&s->sweep, &s->plan, s->sim, &calibrated, e))
		return -1;
	return search_job_init(job, s, a->axis, &a->asked, a->range, e);
}

static int search_new(struct search_args *a)
{
	struct err e = ERR_INIT;
	struct search_job job;
	struct setup s;
	char *dir;
	int code;

	if (setup_open(&s, &a->sweep, &e))
		return say_error(&e);
	setup_warn(&s);
	if (open_job(&job, &s, a, &e)) {
		code = say_error(&e);
	} else {
		dir = rundir_make(a->out, s.sweep.name, &e);
		code = dir ? search_in(&job, dir, a) : say_error(&e);
		free(dir);
		search_job_release(&job);
	}
	setup_release(&s);
	return code;
}

/* ---- going on ---- */

static int resume_job(struct search_job *job, const struct setup *s, const struct search_record *r,
	const json_t *manifest, const char *dir, struct err *e)
{
	if (search_job_init(job, s, r->axis, &r->asked, r->range, e)) {
		if (e->code == ERR_USAGE) /* not what the user wrote, but what the file says */
			e->code = ERR_JOURNAL;
		return -1;
	}
	job->dir = dir;
	job->resumed = true;
	if (manifest_check(manifest, dir, &job->whole, e) || search_file_recall(job, r, e)) {
		search_job_release(job);
		return -1;
	}
	return 0;
}

static int resume_with(
	const struct search_args *a, const struct search_record *r, const json_t *manifest)
{
	struct search_args args = *a;
	struct err e = ERR_INIT;
	struct search_job job;
	struct setup s;
	char *chunks = fsx_join(a->resume, "chunks.csv");
	int code;

	args.no_chunks = !fsx_exists(chunks); /* as the search began */
	free(chunks);
	if (setup_resume(&s, a->resume, manifest, &a->sweep, 0, NULL, &e))
		return say_error(&e);
	if (resume_job(&job, &s, r, manifest, a->resume, &e)) {
		code = say_error(&e);
	} else {
		code = search_in(&job, a->resume, &args);
		search_job_release(&job);
	}
	setup_release(&s);
	return code;
}

static int search_again(const struct search_args *a)
{
	struct err e = ERR_INIT;
	struct search_record r;
	json_t *manifest;
	int code;

	if (search_file_load(&r, a->resume, &e))
		return say_error(&e);
	manifest = manifest_load(a->resume, &e);
	code = manifest ? resume_with(a, &r, manifest) : say_error(&e);
	json_decref(manifest);
	json_decref(r.root);
	return code;
}

static int search(const struct command *self, int argc, char **argv)
{
	struct search_args a;
	struct err e = ERR_INIT;
	int code;

	search_args_init(&a);
	if (opt_parse(self->options(), "chimera search", argc, argv, search_args_take, &a, &e))
		code = say_error(&e);
	else if (a.help)
		code = command_help(self);
	else if (search_args_check(&a, &e))
		code = say_error(&e);
	else
		code = a.resume ? search_again(&a) : search_new(&a);
	search_args_release(&a);
	return code;
}

const struct command cmd_search = {
	.name = "search",
	.usage = "chimera search --find WHAT [options] [SWEEP.json]",
	.summary = "find the largest load that keeps stated limits",
	.about = "Doubles and then bisects one level (concurrency, rate, num_ctx or num_gpu) with "
		 "all else\n"
		 "held fixed.  A level counts as kept when 3 of 3 bursts keep the limits, as "
		 "refused when\n"
		 "none does; what is neither is named as undecided.  num_ctx and num_gpu are "
		 "judged by what\n"
		 "the server says is on the GPU.",
	.examples = "  chimera search --model gemma3:270m --find concurrency --limit ttft=500\n"
		    "  chimera search sweeps/demo.json --find rate --burst 30s --limit "
		    "ttft=500,tpot=50\n"
		    "  chimera search --model gemma3:270m --find num_ctx --num-gpu auto\n",
	.options = search_options,
	.run = search,
};
