/* test_slurm_script.c - shell text made of hostile words, run by a shell with a Slurm made up for
 * it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_rows.h"
#include "fsx.h"
#include "slurm_script.h"
#include "str.h"

#define HOSTILE "it's $(touch pwned) `x` \"q\" \\ %j * ;&|<>#!\t~"

static const char *dir;

static int setup(void **state)
{
	(void)state;
	dir = unit_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unit_tmpdir_remove();
	return 0;
}

static struct slurm_job plain(void)
{
	return (struct slurm_job){.chimera = "/usr/bin/chimera",
		.dir = "/data/fleet",
		.sweep = "/data/fleet/sweep.json",
		.name = "night",
		.shards = 4,
		.node_server = true};
}

static char *array_of(const struct slurm_job *j)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	slurm_array_script(j, &text);
	return str_take(&text);
}

static char *merge_of(const struct slurm_job *j)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	slurm_merge_script(j, &text);
	return str_take(&text);
}

/* ---- the text ---- */

static void test_directives(void **state)
{
	static const char *const own[] = {"--gres=gpu:1", "--comment=a \"b\" \\ c"};
	struct slurm_job j = plain();
	char *text;

	(void)state;
	j.name = "a b/c'd";
	j.dir = "/data/100%/it's \"x\"";
	j.time = "02:00:00";
	j.partition = "gpu";
	j.sbatch = own;
	j.nsbatch = 2;
	text = array_of(&j);
	assert_int_equal(strncmp(text, "#!/bin/sh\n#SBATCH --job-name=chimera-a-b-c-d\n", 45), 0);
	assert_contains(text, "\n#SBATCH --chdir=\"/data/100%/it's \\\"x\\\"\"\n");
	assert_contains(
		text, "\n#SBATCH --output=\"/data/100%%/it's \\\"x\\\"/log/shard-%a.%A.txt\"\n");
	assert_contains(text, "\n#SBATCH --time=\"02:00:00\"\n#SBATCH --partition=\"gpu\"\n");
	assert_contains(text, "\n#SBATCH --array=1-4\n");
	assert_contains(text, "\n#SBATCH --requeue\n");
	/* The user's own are the last. */
	assert_contains(text,
		".txt\"\n#SBATCH \"--gres=gpu:1\"\n#SBATCH \"--comment=a \\\"b\\\" \\\\ "
		"c\"\n#\n");
	free(text);
	text = merge_of(&j);
	assert_contains(text, "#SBATCH --job-name=chimera-a-b-c-d-merge\n");
	assert_contains(text, "#SBATCH \"--gres=gpu:1\"\n");
	assert_null(strstr(text, "--array"));
	assert_null(strstr(text, "--exclusive"));
	free(text);
}

static void test_servers(void **state)
{
	static const char *const both[] = {"--server", "a=http://10.0.0.1:1"};
	static const char *const run[] = {"--simulate", "--sim", "load_ms=20"};
	struct slurm_job j = plain();
	char *text = array_of(&j);

	(void)state;
	assert_contains(text, "set -- \"$@\" --server \"$node=${OLLAMA_HOST:-127.0.0.1:11434}\"\n");
	free(text);
	j.node_server = false;
	j.one_at_a_time = true;
	j.both = both;
	j.nboth = 2;
	text = array_of(&j);
	assert_contains(text, "\n#SBATCH --array=1-4%1\n");
	assert_contains(text, "\nset -- '--server' 'a=http://10.0.0.1:1'\n");
	assert_null(strstr(text, "OLLAMA_HOST"));
	free(text);
	j = plain();
	j.node_server = false;
	j.run = run;
	j.nrun = 3;
	j.simulated = true;
	j.sim_seed = 7;
	text = array_of(&j);
	assert_contains(text,
		"run --no-report \"$@\" '--simulate' '--sim' 'load_ms=20' --sim-seed \"$((7 + k - "
		"1))\" "
		"\\\n\t\t--shard \"$k/$shards\" --out \"$run\" \"$sweep\" &\n");
	free(text);
}

static void test_quote(void **state)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	(void)state;
	slurm_quote(&text, "");
	slurm_quote(&text, "a b");
	slurm_quote(&text, "it's");
	slurm_quote(&text, "'");
	assert_string_equal(text.s, "'''a b''it'\\''s'''\\'''");
	str_release(&text);
}

static void test_refused(void **state)
{
	static const struct {
		const char *time, *sbatch, *partition, *dir, *msg;
	} cases[] = {
		{"2 hours", NULL, NULL, NULL, "--time: expected a time limit"},
		{"", NULL, NULL, NULL, "--time: expected"},
		{"1:2:3:4", NULL, NULL, NULL, "--time: expected"},
		{"1:2-3", NULL, NULL, NULL, "--time: expected"},
		{"1-", NULL, NULL, NULL, "--time: expected"},
		{NULL, "gpu:1", NULL, NULL, "--sbatch: expected an option"},
		{NULL, "--x=\n#SBATCH --y", NULL, NULL,
			"--sbatch: \"--x=?#SBATCH --y\" has control"},
		{NULL, NULL, "a\nb", NULL, "--partition: "},
		{NULL, NULL, NULL, "/a\nb", "--out: "},
	};
	static const char *const fine[] = {"90", "90:00", "02:00:00", "1-12", "1-12:30:00"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct slurm_job j = plain();
		struct err e = ERR_INIT;

		j.time = cases[i].time;
		j.partition = cases[i].partition;
		j.dir = cases[i].dir ? cases[i].dir : j.dir;
		j.sbatch = &cases[i].sbatch;
		j.nsbatch = cases[i].sbatch ? 1 : 0;
		assert_int_equal(slurm_check(&j, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_contains(e.msg, cases[i].msg);
		assert_true(strlen(e.hint) > 0);
	}
	for (size_t i = 0; i < COUNTOF(fine); i++) {
		struct slurm_job j = plain();
		struct err e = ERR_INIT;

		j.time = fine[i];
		assert_int_equal(slurm_check(&j, &e), 0);
	}
}

/* ---- run by a shell ---- */

/* A stand-in for chimera: notes its arguments, one a line; `run` makes a manifest and a row, and
 * the file `fate` tells how it ends. */
static const char stand_in[] =
	"#!/bin/sh\n"
	"for word; do printf '%s\\n' \"$word\"; done >>calls\n"
	"echo . >>calls\n"
	"case $1 in\n"
	"run) while [ \"$1\" != --out ]; do shift; done; run=$2; mkdir \"$run\"; "
	"echo >\"$run/manifest.json\" ;;\n"
	"resume) for run; do :; done ;;\n"
	"*) exit 0 ;;\n"
	"esac\n"
	"[ -e idle ] || echo ',measure,,ok,' >>\"$run/runs.csv\"\n"
	". ./fate\n";

static const char requeue[] = "#!/bin/sh\necho \"$@\" >>requeued\n";

static void write_program(const char *name, const char *text)
{
	assert_int_equal(chmod(unit_write_text(name, text), 0755), 0);
}

/* Runs a script as task `k` would be; returns its exit code. */
static int run_script(const char *shell, const char *script, int k)
{
	struct str command = STR_INIT(STR_MAX_LINE);
	int status;

	str_add(&command, "cd ");
	slurm_quote(&command, dir);
	str_addf(&command,
		" && PATH=$PWD/bin:$PATH SLURM_ARRAY_TASK_ID=%d SLURM_ARRAY_JOB_ID=77 "
		"SLURM_JOB_ID=77 "
		"SLURMD_NODENAME=n%d OLLAMA_HOST=10.0.0.%d %s ./%s >>out 2>&1",
		k, k, k, shell, script);
	status = system(command.s);
	str_release(&command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A fleet in a folder with a hostile name, with programs that only pretend. */
static struct slurm_job pretend(char *fleet, size_t size)
{
	static char program[900], sweep[1100];
	static const char *const run[] = {"--sim", HOSTILE};
	struct slurm_job j = plain();
	char *text;

	snprintf(fleet, size, "%s/%s", dir, "it's \"a\" $(touch pwned) * %j");
	assert_int_equal(mkdir(fleet, 0777), 0);
	mkdir(unit_path("bin"), 0777);
	snprintf(program, sizeof(program), "%s/chi'm era", dir);
	snprintf(sweep, sizeof(sweep), "%s/sweep.json", fleet);
	write_program("chi'm era", stand_in);
	write_program("bin/scontrol", requeue);
	unit_write_text("fate", "exit 0\n");
	j.chimera = program;
	j.dir = fleet;
	j.sweep = sweep;
	j.name = HOSTILE;
	j.shards = 3;
	j.run = run;
	j.nrun = 2;
	text = array_of(&j);
	unit_write_text("array.sh", text);
	free(text);
	text = merge_of(&j);
	unit_write_text("merge.sh", text);
	free(text);
	return j;
}

static bool exists(const char *name)
{
	return fsx_exists(unit_path(name));
}

static const char *const shells[] = {"sh", "bash"};

static void test_first_turn(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(shells); i++) {
		struct str calls, wanted = STR_INIT(STR_MAX_LINE);
		char fleet[900];

		pretend(fleet, sizeof(fleet));
		assert_int_equal(run_script(shells[i], "array.sh", 2), 0);
		str_addf(&wanted,
			"run\n--no-report\n--server\nn2=10.0.0.2\n--sim\n%s\n--shard\n2/"
			"3\n--out\n%s/"
			"shard-2\n%s/sweep.json\n.\n",
			HOSTILE, fleet, fleet);
		calls = fake_file("calls");
		assert_string_equal(calls.s, wanted.s);
		assert_false(exists("pwned"));
		assert_false(exists("requeued"));
		str_release(&calls);
		str_release(&wanted);
		unit_tmpdir_remove();
		dir = unit_tmpdir();
	}
}

static void test_second_turn_resumes(void **state)
{
	struct str calls, wanted = STR_INIT(STR_MAX_LINE);
	char fleet[900];

	(void)state;
	pretend(fleet, sizeof(fleet));
	assert_int_equal(run_script("sh", "array.sh", 1), 0);
	unlink(unit_path("calls"));
	assert_int_equal(run_script("sh", "array.sh", 1), 0);
	str_addf(&wanted, "resume\n--no-report\n--server\nn1=10.0.0.1\n%s/shard-1\n.\n", fleet);
	calls = fake_file("calls");
	assert_string_equal(calls.s, wanted.s);
	str_release(&calls);
	str_release(&wanted);
}

/* A folder without a manifest was made by a run that was killed before it measured anything. */
static void test_an_unborn_shard_is_begun_anew(void **state)
{
	struct str calls;
	char fleet[900], path[1000];

	(void)state;
	pretend(fleet, sizeof(fleet));
	snprintf(path, sizeof(path), "%s/shard-3", fleet);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(run_script("sh", "array.sh", 3), 0);
	calls = fake_file("calls");
	assert_int_equal(strncmp(calls.s, "run\n", 4), 0);
	str_release(&calls);
}

/* How a run ends, and whether its task asks for another turn. */
static void test_who_is_requeued(void **state)
{
	static const struct {
		const char *fate;
		bool idle; /* it measured nothing */
		int code;
		bool requeued;
	} cases[] = {
		{"exit 0\n", false, 0, false},
		{"exit 6\n", false, 6, false},
		{"exit 4\n", false, 4, false},
		{"exit 2\n", false, 2, false},
		{"exit 3\n", false, 3, true},
		{"exit 3\n", true, 3, false},
		{"kill -9 $$\n", false, 137, true},
		{"kill -9 $$\n", true, 137, false},
		/* The limit is near: USR1 to the script, which passes it on as TERM. */
		{"trap 'exit 130' TERM; kill -USR1 $PPID; sleep 5 & wait\n", false, 130, true},
		{"trap 'exit 0' TERM; kill -USR1 $PPID; sleep 5 & wait\n", false, 0, false},
		/* Slurm ends the job: TERM to all of it. */
		{"trap 'sleep 0.2; exit 130' TERM; kill $PPID $$; sleep 5 & wait\n", false, 130,
			false},
		/* ^C of the run alone is nobody's wish to go on. */
		{"exit 130\n", false, 130, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		for (size_t s = 0; s < COUNTOF(shells); s++) {
			char fleet[900];

			pretend(fleet, sizeof(fleet));
			unit_write_text("fate", cases[i].fate);
			if (cases[i].idle)
				unit_write_text("idle", "");
			assert_int_equal(run_script(shells[s], "array.sh", 2), cases[i].code);
			assert_int_equal(exists("requeued"), cases[i].requeued);
			if (cases[i].requeued) {
				struct str text = fake_file("requeued");

				/* Never the whole array. */
				assert_string_equal(text.s, "requeue 77_2\n");
				str_release(&text);
			}
			unit_tmpdir_remove();
			dir = unit_tmpdir();
		}
	}
}

static void test_merge(void **state)
{
	struct str calls, wanted = STR_INIT(STR_MAX_LINE);
	char fleet[900], path[1000];

	(void)state;
	pretend(fleet, sizeof(fleet));
	for (int k = 1; k <= 3; k += 2) {
		snprintf(path, sizeof(path), "%s/shard-%d", fleet, k);
		assert_int_equal(mkdir(path, 0777), 0);
	}
	snprintf(path, sizeof(path), "%s/shard-1.begun-1", fleet); /* not a shard */
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(run_script("sh", "merge.sh", 0), 0);
	str_addf(&wanted,
		"merge\n%s/shard-1\n%s/shard-3\n--out\n%s/merged\n.\nreport\n%s/merged\n.\n", fleet,
		fleet, fleet, fleet);
	calls = fake_file("calls");
	assert_string_equal(calls.s, wanted.s);
	str_release(&calls);
	str_reset(&wanted);
	/* What is merged is not merged again: it may have been gone on with. */
	snprintf(path, sizeof(path), "%s/merged", fleet);
	assert_int_equal(mkdir(path, 0777), 0);
	unlink(unit_path("calls"));
	assert_int_equal(run_script("sh", "merge.sh", 0), 0);
	str_addf(&wanted, "report\n%s/merged\n.\n", fleet);
	calls = fake_file("calls");
	assert_string_equal(calls.s, wanted.s);
	str_release(&calls);
	str_release(&wanted);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_directives),
		TEST(test_servers),
		TEST(test_quote),
		TEST(test_refused),
		TEST(test_first_turn),
		TEST(test_second_turn_resumes),
		TEST(test_an_unborn_shard_is_begun_anew),
		TEST(test_who_is_requeued),
		TEST(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
