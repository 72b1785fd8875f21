/* slurm_script.c - shell text.  Whatever comes from outside is a quoted word of the shell, or one
 * of an #SBATCH line, which has other rules. */
#include "slurm_script.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define MAX_NAME     40
#define BEFORE_LIMIT 120 /* seconds; a run needs 10 to cut what is in flight, and an unload */

void slurm_quote(struct str *out, const char *text)
{
	str_addc(out, '\'');
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			str_add(out, "'\\''");
		else
			str_addc(out, *c);
	}
	str_addc(out, '\'');
}

/* A word as Slurm reads its lines: in double quotes, where a backslash takes the next character as
 * it is. */
static void add_quoted(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			str_addc(out, '\\');
		str_addc(out, *c);
	}
	str_addc(out, '"');
}

static void add_name(struct str *out, const char *name)
{
	str_add(out, "chimera-");
	for (size_t i = 0; name[i] && i < MAX_NAME; i++)
		str_addc(out,
			isalnum((unsigned char)name[i]) || strchr("-_.", name[i]) ? name[i] : '-');
}

/* ---- what is refused ---- */

static int check_text(const char *option, const char *text, struct err *e)
{
	char safe[120];

	for (const char *c = text; c && *c; c++) {
		if ((unsigned char)*c >= 0x20 && *c != 0x7f)
			continue;
		err_set(e, ERR_USAGE, "%s: \"%s\" has control characters", option,
			err_quote(safe, sizeof(safe), text));
		return err_hint(e, "they cannot stand in an #SBATCH line");
	}
	return 0;
}

/* 90, 90:00, 02:00:00, 1-12, 1-12:30, 1-12:30:00: digits with : and one -. */
static bool is_time(const char *text)
{
	bool digit = false, dash = false;
	int colons = 0;

	for (const char *c = text; *c; c++) {
		if (isdigit((unsigned char)*c)) {
			digit = true;
			continue;
		}
		if (!digit || (*c != ':' && *c != '-') || (*c == '-' && (dash || colons)))
			return false;
		dash = dash || *c == '-';
		colons += *c == ':';
		digit = false;
	}
	return digit && colons <= 2;
}

int slurm_check(const struct slurm_job *j, struct err *e)
{
	char safe[80];

	if (check_text("--out", j->dir, e) || check_text("--partition", j->partition, e))
		return -1;
	for (size_t i = 0; i < j->nsbatch; i++) {
		if (check_text("--sbatch", j->sbatch[i], e))
			return -1;
		if (j->sbatch[i][0] != '-') {
			err_set(e, ERR_USAGE, "--sbatch: expected an option of sbatch, got \"%s\"",
				err_quote(safe, sizeof(safe), j->sbatch[i]));
			return err_hint(e, "--sbatch=--gres=gpu:1");
		}
	}
	if (j->time && !is_time(j->time)) {
		err_set(e, ERR_USAGE, "--time: expected a time limit as Slurm has it, got \"%s\"",
			err_quote(safe, sizeof(safe), j->time));
		return err_hint(e, "02:00:00 is two hours, 1-12 is a day and a half");
	}
	return 0;
}

/* ---- pieces of both scripts ---- */

static void add_directive(struct str *out, const char *option, const char *value)
{
	if (!value)
		return;
	str_addf(out, "#SBATCH %s", option);
	add_quoted(out, value);
	str_addc(out, '\n');
}

/* What sbatch reads.  The user's own arguments are the last, and so win. */
static void add_head(const struct slurm_job *j, struct str *out, const char *suffix)
{
	str_add(out, "#!/bin/sh\n#SBATCH --job-name=");
	add_name(out, j->name);
	str_addf(out, "%s\n", suffix);
	add_directive(out, "--chdir=", j->dir);
	str_add(out, "#SBATCH --open-mode=append\n#SBATCH --requeue\n");
	add_directive(out, "--time=", j->time);
	add_directive(out, "--partition=", j->partition);
}

/* Where a job's output goes.  Slurm takes % in it for a pattern, wherever it stands. */
static void add_output(const struct slurm_job *j, struct str *out, const char *pattern)
{
	struct str path = STR_INIT(STR_MAX_LINE);

	for (const char *c = j->dir; *c; c++)
		str_add(&path, *c == '%' ? "%%" : (const char[]){*c, '\0'});
	str_addf(&path, "/log/%s", pattern);
	add_directive(out, "--output=", path.s);
	str_release(&path);
}

static void add_own(const struct slurm_job *j, struct str *out)
{
	for (size_t i = 0; i < j->nsbatch; i++)
		add_directive(out, "", j->sbatch[i]);
}

static void add_variable(struct str *out, const char *name, const char *value)
{
	str_addf(out, "%s=", name);
	slurm_quote(out, value);
	str_addc(out, '\n');
}

static void add_words(struct str *out, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		str_addc(out, ' ');
		slurm_quote(out, words[i]);
	}
}

/* ---- the array ---- */

static void add_array_directives(const struct slurm_job *j, struct str *out)
{
	add_head(j, out, "");
	str_addf(out,
		"#SBATCH --array=1-%" PRIu32 "%s\n"
		"#SBATCH --signal=B:USR1@%d\n"
		"#SBATCH --exclusive\n",
		j->shards, j->one_at_a_time ? "%1" : "", BEFORE_LIMIT);
	add_output(j, out, "shard-%a.%A.txt");
	add_own(j, out);
	str_add(out,
		"#\n"
		"# One shard of the sweep per task.  A shard that is there already is gone on "
		"with:\n"
		"# queue a task again with `sbatch --array=K` and this file.\n");
	if (j->node_server)
		str_add(out,
			"# The server is the one of the task's node: OLLAMA_HOST there, else\n"
			"# 127.0.0.1:11434; rows have the node as its name.\n");
	if (j->one_at_a_time)
		str_add(out,
			"# All tasks measure the same server, so they run one after the other.\n");
}

/* The arguments of both run and resume: $@. */
static void add_server(const struct slurm_job *j, struct str *out)
{
	str_add(out, "set --");
	add_words(out, j->both, j->nboth);
	str_addc(out, '\n');
	if (j->node_server)
		str_add(out,
			"node=${SLURMD_NODENAME:-$(hostname)}\n"
			"set -- \"$@\" --server \"$node=${OLLAMA_HOST:-127.0.0.1:11434}\"\n");
}

static const char functions[] =
	"\n"
	"# Requests measured so far.\n"
	"measured() {\n"
	"\tn=$(grep -c ',measure,.*,ok,' \"$run/runs.csv\" 2>/dev/null)\n"
	"\techo \"${n:-0}\"\n"
	"}\n"
	"\n"
	"# The time limit is near: the run stops in good order.  When Slurm ends the job, the run\n"
	"# gets the signal itself.\n"
	"pid= time_up= stopped= signalled=\n"
	"trap 'time_up=1 signalled=1; [ -z \"$pid\" ] || kill -TERM \"$pid\"' USR1\n"
	"trap 'stopped=1 signalled=1' TERM INT\n"
	"\n"
	"before=$(measured)\n"
	"if [ -e \"$run/manifest.json\" ]; then\n"
	"\t\"$chimera\" resume --no-report \"$@\" \"$run\" &\n"
	"else\n"
	"\t# Killed before it measured anything.\n"
	"\t[ ! -e \"$run\" ] || mv \"$run\" \"$run.begun-$(date +%s)\" || exit 3\n";

static const char waiting[] =
	"fi\n"
	"pid=$!\n"
	"[ -z \"$time_up\" ] || kill -TERM \"$pid\"\n"
	"\n"
	"# A signal ends a wait early.  127, and -1 of some shells, say that the run ended "
	"meanwhile\n"
	"# and its code is gone.\n"
	"code=\n"
	"while :; do\n"
	"\tsignalled=\n"
	"\twait \"$pid\"\n"
	"\tnow=$?\n"
	"\tcase $now in -1 | 127) ;; *) code=$now ;; esac\n"
	"\t[ -n \"$signalled\" ] || break\n"
	"done\n"
	"\n"
	"again=\n"
	"[ \"$code\" != 3 ] || again='its server or its disk failed'\n"
	"[ \"$code\" -le 128 ] || [ \"$code\" = 130 ] || again='it was killed'\n"
	"[ -z \"$time_up\" ] || again='its time was up'\n"
	"if [ \"$code\" = 0 ] || [ \"$code\" = 6 ] || [ -n \"$stopped\" ]; then\n"
	"\tagain=\n"
	"fi\n"
	"if [ -n \"$again\" ] && [ \"$(measured)\" -gt \"$before\" ]; then\n"
	"\techo \"shard $k/$shards: $again; it goes on when Slurm starts it again\"\n"
	"\t# The job's own number may be that of the whole array.\n"
	"\tscontrol requeue \"${SLURM_ARRAY_JOB_ID}_$k\"\n"
	"fi\n"
	"exit \"$code\"\n";

void slurm_array_script(const struct slurm_job *j, struct str *out)
{
	add_array_directives(j, out);
	str_addc(out, '\n');
	add_variable(out, "chimera", j->chimera);
	add_variable(out, "sweep", j->sweep);
	add_variable(out, "dir", j->dir);
	str_addf(out,
		"shards=%" PRIu32 "\n"
		"k=${SLURM_ARRAY_TASK_ID:?sbatch runs this, one task for each shard}\n"
		"run=$dir/shard-$k\n",
		j->shards);
	add_server(j, out);
	str_add(out, functions);
	str_add(out, "\t\"$chimera\" run --no-report \"$@\"");
	add_words(out, j->run, j->nrun);
	if (j->simulated)
		str_addf(out, " --sim-seed \"$((%" PRIu64 " + k - 1))\"", j->sim_seed);
	str_add(out, " \\\n\t\t--shard \"$k/$shards\" --out \"$run\" \"$sweep\" &\n");
	str_add(out, waiting);
}

/* ---- the merge ---- */

static const char merging[] = "\n"
			      "if [ ! -e \"$dir/merged\" ]; then\n"
			      "\tset --\n"
			      "\tk=1\n"
			      "\twhile [ \"$k\" -le \"$shards\" ]; do\n"
			      "\t\t[ ! -e \"$dir/shard-$k\" ] || set -- \"$@\" \"$dir/shard-$k\"\n"
			      "\t\tk=$((k + 1))\n"
			      "\tdone\n"
			      "\t\"$chimera\" merge \"$@\" --out \"$dir/merged\"\n"
			      "\tcode=$?\n"
			      "\t# 6: merged, and some requests are open.\n"
			      "\t[ \"$code\" = 0 ] || [ \"$code\" = 6 ] || exit \"$code\"\n"
			      "else\n"
			      "\techo \"$dir/merged is there already, and is not made again\"\n"
			      "\tcode=0\n"
			      "fi\n"
			      "\"$chimera\" report \"$dir/merged\" || exit\n"
			      "exit \"$code\"\n";

void slurm_merge_script(const struct slurm_job *j, struct str *out)
{
	add_head(j, out, "-merge");
	add_output(j, out, "merge.%j.txt");
	add_own(j, out);
	str_add(out, "#\n# Joins the shards that are there into merged/, and reports on it.\n\n");
	add_variable(out, "chimera", j->chimera);
	add_variable(out, "dir", j->dir);
	str_addf(out, "shards=%" PRIu32 "\n", j->shards);
	str_add(out, merging);
}
