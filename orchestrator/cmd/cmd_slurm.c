/* cmd_slurm.c - a sweep as a job array: writes the scripts, and queues them if asked. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "command.h"
#include "facts.h"
#include "fsx.h"
#include "jsonx.h"
#include "rundir.h"
#include "say.h"
#include "slurm_args.h"
#include "slurm_submit.h"

struct written {
	char *dir; /* absolute */
	char *array, *merge, *sweep;
	char array_id[SLURM_ID], merge_id[SLURM_ID]; /* "" not queued */
};

/* ---- what is written ---- */

/* The program that runs now, as tasks are to call it. */
static char *own_path(struct err *e)
{
	char *path = realpath("/proc/self/exe", NULL);

	if (!path)
		err_sys(e, ERR_ENV, errno, "/proc/self/exe: where this program is cannot be told");
	return path;
}

static int write_script(const char *path, const struct str *text, struct err *e)
{
	if (text->overflowed)
		return err_set(e, ERR_USAGE, "%s: larger than 8 MiB", path);
	if (fsx_replace(path, text->s, text->len, e))
		return -1;
	return chmod(path, 0755) ? err_sys(e, ERR_ENV, errno, "%s", path) : 0;
}

static int write_sweep(const struct written *w, const json_t *object, struct err *e)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	int failed;

	jsonx_dump(&text, object, 2, false);
	str_addc(&text, '\n');
	failed = fsx_replace(w->sweep, text.s, text.len, e);
	str_release(&text);
	return failed;
}

static int write_scripts(const struct slurm_job *job, const struct written *w, struct err *e)
{
	struct str array = STR_INIT(STR_MAX_LINE), merge = STR_INIT(STR_MAX_LINE);
	char *log = fsx_join(w->dir, "log");
	int failed;

	slurm_array_script(job, &array);
	slurm_merge_script(job, &merge);
	failed = fsx_mkdirs(log, e) || write_script(w->array, &array, e) ||
		write_script(w->merge, &merge, e);
	free(log);
	str_release(&array);
	str_release(&merge);
	return failed ? -1 : 0;
}

/* Servers that are named are the same for all tasks, and two tasks must not measure one at once. */
static struct slurm_job job_of(const struct slurm_args *a, const json_t *object)
{
	bool named = a->sweep.nservers > 0 || json_object_get(object, "servers");

	return (struct slurm_job){.name = jsonx_get_string(object, "name"),
		.shards = (uint32_t)a->shards,
		.time = a->time,
		.partition = a->partition,
		.sbatch = a->sbatch.v,
		.nsbatch = a->sbatch.n,
		.node_server = !named && !a->sweep.simulate,
		.one_at_a_time = named && !a->sweep.simulate,
		.simulated = a->sweep.simulate,
		.sim_seed = a->sweep.sim_seed};
}

static int write_all(
	const struct slurm_args *a, const json_t *object, struct written *w, struct err *e)
{
	const char *run[SLURM_WORDS], *both[SLURM_WORDS];
	struct slurm_job job = job_of(a, object);
	char *chimera = own_path(e);
	int failed = -1;

	slurm_words(a, run, &job.nrun, both, &job.nboth);
	job.run = run;
	job.both = both;
	job.chimera = chimera;
	job.dir = w->dir;
	job.sweep = w->sweep;
	if (chimera)
		failed = write_sweep(w, object, e) || write_scripts(&job, w, e);
	free(chimera);
	return failed ? -1 : 0;
}

/* ---- what is said ---- */

static void say_server(const struct slurm_args *a, const json_t *object)
{
	const char *host = getenv("OLLAMA_HOST");
	char text[300];

	if (!job_of(a, object).node_server || !host || !*host)
		return;
	snprintf(text, sizeof(text),
		"OLLAMA_HOST is %s here, and sbatch hands it to every task: unset it, or name the "
		"server with --server, so that tasks take turns",
		host);
	say_warning(text);
}

static void say_unasked(const struct err *unasked)
{
	char text[600];

	if (unasked->code == ERR_NONE)
		return;
	snprintf(text, sizeof(text),
		"%.400s: the plan was not made here; each task asks its own server", unasked->msg);
	say_warning(text);
}

static void print_commands(const struct written *w)
{
	struct str array = STR_INIT(STR_MAX_LINE), merge = STR_INIT(STR_MAX_LINE);

	slurm_quote(&array, w->array);
	slurm_quote(&merge, w->merge);
	printf("array=$(sbatch --parsable %s) &&\n"
	       "sbatch --dependency=afterany:${array%%%%;*} %s\n",
		array.s, merge.s);
	str_release(&array);
	str_release(&merge);
}

static void print_text(const struct slurm_args *a, const struct written *w)
{
	char safe[400];

	err_quote(safe, sizeof(safe), w->dir);
	if (!w->array_id[0]) {
		printf("# %lld shards, then a merge: written to %s\n", (long long)a->shards, safe);
		print_commands(w);
		return;
	}
	printf("%lld shards  job %s\nmerge     job %s, after them\nrun       %s/merged\n",
		(long long)a->shards, w->array_id, w->merge_id, safe);
}

static void print_json(const struct slurm_args *a, const struct written *w)
{
	json_t *o = json_object();

	jsonx_put(o, "dir", jsonx_text(w->dir));
	jsonx_put(o, "shards", json_integer(a->shards));
	jsonx_put(o, "array", jsonx_text(w->array));
	jsonx_put(o, "merge", jsonx_text(w->merge));
	jsonx_put(o, "array_job", jsonx_text(w->array_id));
	jsonx_put(o, "merge_job", jsonx_text(w->merge_id));
	say_json(o);
}

/* ---- queueing ---- */

static int submit(struct written *w, struct err *e)
{
	char *after;
	int failed;

	if (slurm_submit(w->array, NULL, w->array_id, e))
		return -1;
	after = xasprintf("afterany:%s", w->array_id);
	failed = slurm_submit(w->merge, after, w->merge_id, e);
	if (failed)
		err_prefix(e, "the array is queued as job %s, but ", w->array_id);
	free(after);
	return failed;
}

/* ---- the command ---- */

static int open_written(
	struct written *w, const struct slurm_args *a, const json_t *object, struct err *e)
{
	char *name = xasprintf("%s-fleet", jsonx_get_string(object, "name"));
	char *made = rundir_make(a->out, name, e);

	*w = (struct written){.dir = NULL};
	free(name);
	if (!made)
		return -1;
	w->dir = realpath(made, NULL);
	if (!w->dir)
		err_sys(e, ERR_ENV, errno, "%s", made);
	free(made);
	if (!w->dir)
		return -1;
	w->array = fsx_join(w->dir, "array.sh");
	w->merge = fsx_join(w->dir, "merge.sh");
	w->sweep = fsx_join(w->dir, "sweep.json");
	return 0;
}

static void release_written(struct written *w)
{
	free(w->dir);
	free(w->array);
	free(w->merge);
	free(w->sweep);
}

static int make(const struct slurm_args *a, const json_t *object, struct err *e)
{
	struct written w;
	int code = EXIT_FINE;

	if (open_written(&w, a, object, e))
		return say_error(e);
	if (write_all(a, object, &w, e)) {
		code = say_error(e);
		rundir_unmake(w.dir);
	} else if (a->submit && submit(&w, e)) {
		code = say_error(e);
	} else if (a->json) {
		print_json(a, &w);
	} else {
		print_text(a, &w);
	}
	release_written(&w);
	return code;
}

static int slurm_sweep_jobs(const struct slurm_args *a)
{
	struct err e = ERR_INIT, unasked = ERR_INIT;
	struct slurm_job job;
	json_t *object;
	int code;

	if (a->shards == 0) {
		err_set(&e, ERR_USAGE, "--shards: missing: into how many parts is it to be cut?");
		err_hint(&e, "chimera slurm SWEEP.json --shards 4");
		return say_error(&e);
	}
	object = slurm_sweep(a, &unasked, &e);
	if (!object)
		return say_error(&e);
	job = job_of(a, object);
	job.dir = a->out ? a->out : "";
	if (slurm_check(&job, &e)) {
		json_decref(object);
		return say_error(&e);
	}
	say_unasked(&unasked);
	say_server(a, object);
	code = make(a, object, &e);
	json_decref(object);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct slurm_args a;
	struct err e = ERR_INIT;
	int code;

	slurm_args_init(&a);
	if (opt_parse(self->options(), "chimera slurm", argc, argv, slurm_args_take, &a, &e))
		code = say_error(&e);
	else
		code = a.help ? command_help(self) : slurm_sweep_jobs(&a);
	slurm_args_release(&a);
	return code;
}

const struct command cmd_slurm = {
	.name = "slurm",
	.usage = "chimera slurm [options] --shards N [SWEEP.json]",
	.summary = "spread a sweep over a Slurm cluster",
	.about = "Writes a job array that measures one shard of the sweep per task, and a job "
		 "that merges\n"
		 "them and reports; --submit queues both.  A task that is requeued or queued again "
		 "goes on\n"
		 "with its shard.  Each task measures the Ollama server of its node ($OLLAMA_HOST "
		 "there);\n"
		 "tasks whose server is named with --server or in the sweep take turns.",
	.examples = "  chimera slurm sweeps/gemma3-grid.json --shards 3 --time 02:00:00 --submit\n"
		    "  chimera slurm night.json --shards 8 --partition gpu --sbatch=--gres=gpu:1\n"
		    "  chimera status runs/2026-11-24-night-fleet/shard-*\n",
	.options = slurm_args_table,
	.run = run,
};
