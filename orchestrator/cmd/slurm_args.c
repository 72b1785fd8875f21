/* slurm_args.c - options, and the sweep made fit for another folder and another machine. */
#include "slurm_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "merge.h"
#include "num.h"
#include "setup.h"
#include "vec.h"

enum {
	OPT_SHARDS = OPT_OWN,
	OPT_OUT,
	OPT_SUBMIT,
	OPT_TIME,
	OPT_PARTITION,
	OPT_SBATCH,
	OPT_NO_CHUNKS,
	OPT_JSON,
	OPT_HELP
};

static const struct opt own_options[] = {
	{"", 0, NULL, "The jobs", 0},
	{"shards", 0, "N", "parts of the sweep, each a task of its own; needed", OPT_SHARDS},
	{"out", 'o', "DIR", "folder of scripts, shards and the merged run [runs/DATE-NAME-fleet]",
		OPT_OUT},
	{"submit", 0, NULL, "queue both jobs with sbatch", OPT_SUBMIT},
	{"time", 0, "LIMIT", "time limit of a task, 02:00:00 [the partition's]", OPT_TIME},
	{"partition", 0, "NAME", "partition to run in [Slurm's default]", OPT_PARTITION},
	{"sbatch", 0, "ARG", "another option of sbatch, --sbatch=--gres=gpu:1; repeat for more",
		OPT_SBATCH},
	{"no-chunks", 0, NULL, "do not keep the arrival times of chunks", OPT_NO_CHUNKS},
	{"json", 0, NULL, "print what was done as one JSON object", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

const struct opt *slurm_args_table(void)
{
	static const struct opt *table;

	if (!table)
		table = sweep_args_table(own_options);
	return table;
}

void slurm_args_init(struct slurm_args *a)
{
	*a = (struct slurm_args){.shards = 0};
	sweep_args_init(&a->sweep);
}

void slurm_args_release(struct slurm_args *a)
{
	VEC_RELEASE(&a->sbatch);
	sweep_args_release(&a->sweep);
}

static int take_shards(struct slurm_args *a, const char *text, struct err *e)
{
	char safe[80];

	if (num_parse_int(text, strlen(text), &a->shards) && a->shards >= 1 &&
		a->shards <= MERGE_MAX_SHARDS)
		return 0;
	return err_set(e, ERR_USAGE, "--shards: expected a number from 1 to %d, got \"%s\"",
		MERGE_MAX_SHARDS, err_quote(safe, sizeof(safe), text));
}

int slurm_args_take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct slurm_args *a = arg;

	switch (opt ? opt->id : 0) {
	case OPT_SHARDS:
		return take_shards(a, text, e);
	case OPT_OUT:
		a->out = text;
		return 0;
	case OPT_SUBMIT:
		a->submit = true;
		return 0;
	case OPT_TIME:
		a->time = text;
		return 0;
	case OPT_PARTITION:
		a->partition = text;
		return 0;
	case OPT_SBATCH:
		*VEC_PUSH(&a->sbatch) = text;
		return 0;
	case OPT_NO_CHUNKS:
		a->no_chunks = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return sweep_args_take(&a->sweep, opt, text, e);
	}
}

/* ---- the sweep ---- */

/* Whether the sweep's own number of passes is enough, where it says one. */
static int check_passes(const json_t *object, int64_t shards, struct err *e)
{
	const json_t *passes = json_object_get(object, "passes");

	if (!json_is_integer(passes) || json_integer_value(passes) >= shards)
		return 0;
	err_set(e, ERR_USAGE, "--shards: %lld for %lld passes: a shard is whole passes",
		(long long)shards, (long long)json_integer_value(passes));
	return err_hint(e, "fewer shards, or --passes %lld", (long long)shards);
}

/* Makes the plan of the first shard: it says what is wrong with the sweep or the number.  A server
 * that cannot be asked from here is for the tasks to find. */
static int check_plan(const struct slurm_args *a, struct err *unasked, struct err *e)
{
	struct sweep_args first = a->sweep;
	struct err why = ERR_INIT;
	struct setup s;
	int failed;

	first.given = json_copy(a->sweep.given);
	first.origin = json_copy(a->sweep.origin);
	json_object_set_new(first.given, "shard", json_sprintf("1/%lld", (long long)a->shards));
	json_object_set_new(first.origin, "shard", json_string("--shards"));
	failed = setup_open(&s, &first, &why);
	if (!failed)
		setup_release(&s);
	else if (why.code == ERR_ENV)
		*unasked = why;
	else
		*e = why;
	json_decref(first.given);
	json_decref(first.origin);
	return failed && why.code != ERR_ENV ? -1 : 0;
}

json_t *slurm_sweep(const struct slurm_args *a, struct err *unasked, struct err *e)
{
	const char *source;
	json_t *object = setup_object(&a->sweep, &source, e);

	if (!object)
		return NULL;
	if (json_object_get(object, "shard")) {
		err_set(e, ERR_USAGE, "shard: the tasks get theirs from Slurm");
		err_hint(e, "leave it out; --shards tells how many there are");
	} else if (!check_passes(object, a->shards, e) && !check_plan(a, unasked, e)) {
		/* The file moves. */
		sweep_anchor_prompts(object, a->sweep.file ? a->sweep.file : ".");
		return object;
	}
	json_decref(object);
	return NULL;
}

/* ---- what tasks pass on ---- */

void slurm_words(const struct slurm_args *a, const char **run, size_t *nrun, const char **both,
	size_t *nboth)
{
	const json_t *one;
	size_t i;

	*nrun = *nboth = 0;
	for (i = 0; i < a->sweep.nservers; i++) {
		both[(*nboth)++] = "--server";
		both[(*nboth)++] = a->sweep.servers[i];
	}
	if (a->sweep.simulate)
		run[(*nrun)++] = "--simulate";
	if (a->sweep.is_virtual)
		run[(*nrun)++] = "--virtual";
	if (a->no_chunks)
		run[(*nrun)++] = "--no-chunks";
	json_array_foreach (a->sweep.sim_set, i, one) {
		if (*nrun + 2 > SLURM_WORDS)
			return; /* more settings than there are keys: the last ones say nothing new
				 */
		run[(*nrun)++] = "--sim";
		run[(*nrun)++] = json_string_value(one);
	}
}
