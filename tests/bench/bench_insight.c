/* bench_insight.c - a tree of result files to its report, without charts: seconds, memory, and how
 * often the newlines of the files could have been counted meanwhile.
 *
 * The large tree is 10,000 files of 1 GB of rows that never were (big_tree.h), in $TMPDIR or /tmp;
 * the small ones are that of the tests and, where it is, the corpus at $CHIMERA_CORPUS or beside
 * the project, of which a start to end is a matter of milliseconds.
 *
 *	BENCH_FILES=1000     as many files of 100 KB in the large tree, 0 none
 *	BENCH_REPEATS=1      how often the large tree is read [3]; medians are printed
 *
 * The program is $CHIMERA_BIN, else the one beside this benchmark's folder.  It fails where a
 * result is wrong, never for being slow. */
#include <ftw.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "big_tree.h"
#include "bug.h"
#include "child.h"
#include "clock.h"
#include "fsx.h"
#include "jsonx.h"

#define BAR_LARGE_S   5.0
#define BAR_LARGE_MIB 256.0
#define BAR_SMALL_S   0.050
#define SMALL_RUNS    20
#define MOST_RUNS     99
#define BYTES_A_FILE  100000

static char *chimera;

struct timing {
	double s[MOST_RUNS], cpu[MOST_RUNS], peak_mib;
	unsigned n;
};

static unsigned from_environment(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *values, unsigned n)
{
	double sorted[MOST_RUNS];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), by_size);
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* ---- the least work on all bytes ---- */

static uint64_t bytes_seen, lines_seen;

static int count_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	static char block[1 << 18];
	int fd;

	(void)ftw;
	if (kind != FTW_F)
		return 0;
	bytes_seen += (uint64_t)st->st_size;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		child_fail("%s cannot be read", path);
	for (ssize_t n; (n = read(fd, block, sizeof(block))) > 0;) {
		const char *s = block, *end = block + n;

		while (s < end && (s = memchr(s, '\n', (size_t)(end - s)))) {
			lines_seen++;
			s++;
		}
	}
	close(fd);
	return 0;
}

static double count_newlines(const char *tree)
{
	ns began = clock_mono();

	bytes_seen = lines_seen = 0;
	if (nftw(tree, count_file, 16, FTW_PHYS))
		child_fail("%s cannot be walked", tree);
	return (double)(clock_mono() - began) / 1e9;
}

/* ---- chimera insight ---- */

static void run_once(const char *tree, const char *out, struct timing *t)
{
	const char *argv[] = {
		chimera, "insight", tree, "--out", out, "--no-charts", "--quiet", NULL};
	char *log = xasprintf("%s.log", out);
	struct child_cost cost;
	ns began;

	child_remove(out);
	began = clock_mono();
	child_wait(child_start(argv, log), &cost);
	t->s[t->n] = (double)(clock_mono() - began) / 1e9;
	t->cpu[t->n++] = cost.user + cost.system;
	if (cost.peak_mib > t->peak_mib)
		t->peak_mib = cost.peak_mib;
	if (cost.exit) {
		child_say(log);
		child_fail("chimera insight %s ended with %d", tree, cost.exit);
	}
	free(log);
}

static double number_at(const json_t *o, const char *path)
{
	char part[64];
	size_t len;

	for (; o && *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		o = json_object_get(o, part);
	}
	return json_is_number(o) ? json_number_value(o) : -1;
}

static void expect(const json_t *o, const char *path, uint64_t want)
{
	double got = number_at(o, path);

	if (got != (double)want)
		child_fail("summary.json: %s is %.0f, expected %llu", path, got,
			(unsigned long long)want);
}

/* New reference. */
static json_t *summary_of(const char *out)
{
	char *path = fsx_join(out, "summary.json"), *report = fsx_join(out, "report.md");
	struct err e = ERR_INIT;
	json_t *o = jsonx_load(path, &e);

	if (!o)
		child_fail("%s", e.msg);
	if (!fsx_exists(report))
		child_fail("%s was not written", report);
	free(path);
	free(report);
	return o;
}

/* A series of each model, and no row twice or lost; but of millions, some have the figures of
 * another by chance. */
static void check_series(const json_t *series, uint64_t measured)
{
	double rows = 0;

	if (json_array_size(series) != BIG_TREE_MODELS)
		child_fail("%zu series of %d models", json_array_size(series), BIG_TREE_MODELS);
	for (size_t i = 0; i < json_array_size(series); i++)
		rows += number_at(json_array_get(series, i), "n");
	if (fabs(rows - (double)measured) > 1e-3 * (double)measured)
		child_fail("%.0f rows count of %llu that are measurements", rows,
			(unsigned long long)measured);
}

static void check_large(const char *out, const struct big_tree_made *m)
{
	json_t *o = summary_of(out);
	uint64_t files = 0, bytes = 0;

	for (int f = 0; f < BIG_TREE_FORMS; f++) {
		files += m->files[f];
		bytes += m->bytes[f];
	}
	expect(o, "ingest/files", files);
	expect(o, "ingest/bytes", bytes);
	expect(o, "ingest/by_format/CSV", m->files[BIG_TREE_CSV]);
	expect(o, "ingest/by_format/JSON lines", m->files[BIG_TREE_JSONL]);
	expect(o, "ingest/by_format/JSON", m->files[BIG_TREE_JSON]);
	expect(o, "ingest/by_format/Markdown", m->files[BIG_TREE_MARKDOWN]);
	check_series(json_object_get(o, "series"), m->measured);
	printf("    %.0f rows of %llu, %.0f copies of %llu, %.0f failed of %llu\n",
		number_at(o, "ingest/rows"), (unsigned long long)m->rows,
		number_at(o, "ingest/copies"), (unsigned long long)m->copies,
		number_at(o, "ingest/failed"), (unsigned long long)m->failed);
	json_decref(o);
}

static const char *against(double value, double bar)
{
	return value <= bar ? "within" : "OVER";
}

static void print_timing(const struct timing *t, double counting, double bar_s)
{
	double s = median(t->s, t->n);

	printf("    %.3f s (median of %u, least %.3f, most %.3f; processor %.3f), %.0f MB/s, "
	       "%.1f x counting newlines (%.3f s), %.0f MiB\n",
		s, t->n, t->s[0], t->s[t->n - 1], median(t->cpu, t->n),
		(double)bytes_seen / s / 1e6, s / counting, counting, t->peak_mib);
	printf("    %s the bar of %g s", against(s, bar_s), bar_s);
}

static void sort_runs(struct timing *t)
{
	qsort(t->s, t->n, sizeof(*t->s), by_size);
}

/* ---- the trees ---- */

struct making {
	char *dir;
	struct big_tree tree;
	struct big_tree_made made;
};

static void make_tree(void *arg)
{
	struct making *m = arg;

	if (big_tree_write(m->dir, &m->tree, &m->made))
		child_fail("no room for %.1f GB in %s", (double)m->tree.bytes / 1e9, m->dir);
}

/* In a process of its own, since what it needs would count as memory of what is measured. */
static struct making *make_apart(const char *dir, unsigned files)
{
	struct making *m = child_shared(sizeof(*m));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct child_cost cost;
	struct err e = ERR_INIT;

	m->dir = fsx_join(dir, "tree");
	m->tree = (struct big_tree){(uint64_t)files * BYTES_A_FILE, files, 7, (unsigned)cores};
	if (fsx_mkdirs(m->dir, &e))
		child_fail("%s", e.msg);
	child_run(make_tree, m, &cost);
	return m;
}

static void bench_large(const char *folder, unsigned files)
{
	struct making *m = make_apart(folder, files);
	char *out = fsx_join(folder, "out");
	unsigned repeats = from_environment("BENCH_REPEATS", 3);
	struct timing t = {.n = 0};
	double counting;

	sync(); /* or its writing back would be measured */
	count_newlines(m->dir);
	counting = count_newlines(m->dir);
	printf("%u files, %.0f MB, %llu lines: %.0f %% CSV and JSON lines, %.0f %% JSON, %.0f %% "
	       "Markdown\n",
		files, (double)bytes_seen / 1e6, (unsigned long long)lines_seen,
		100.0 * (double)(m->made.bytes[BIG_TREE_CSV] + m->made.bytes[BIG_TREE_JSONL]) /
			(double)bytes_seen,
		100.0 * (double)m->made.bytes[BIG_TREE_JSON] / (double)bytes_seen,
		100.0 * (double)m->made.bytes[BIG_TREE_MARKDOWN] / (double)bytes_seen);
	fflush(stdout);
	do
		run_once(m->dir, out, &t);
	while (t.n < repeats && t.n < MOST_RUNS);
	check_large(out, &m->made);
	sort_runs(&t);
	print_timing(&t, counting, BAR_LARGE_S);
	printf(", %s that of %g MiB%s\n", against(t.peak_mib, BAR_LARGE_MIB), BAR_LARGE_MIB,
		files == 10000 ? "" : " (of 10,000 files)");
	free(out);
	free(m->dir);
	child_unshare(m, sizeof(*m));
}

static void bench_small(const char *folder, const char *tree)
{
	char *out = fsx_join(folder, "small");
	struct timing t = {.n = 0}, first = {.n = 0};
	double counting;
	json_t *o;

	count_newlines(tree);
	counting = count_newlines(tree);
	run_once(tree, out, &first); /* warms the page cache for the program too */
	while (t.n < SMALL_RUNS)
		run_once(tree, out, &t);
	o = summary_of(out);
	printf("%s: %.0f files, %.0f kB\n", tree, number_at(o, "ingest/files"),
		number_at(o, "ingest/bytes") / 1e3);
	if (!(number_at(o, "ingest/files") > 0))
		child_fail("nothing was read");
	json_decref(o);
	sort_runs(&t);
	print_timing(&t, counting, BAR_SMALL_S);
	printf("\n");
	fflush(stdout);
	free(out);
}

static void bench_corpus(const char *folder)
{
	const char *told = getenv("CHIMERA_CORPUS");
	const char *corpus = told && *told ? told : "../corpus/seed-reports";

	if (fsx_is_dir(corpus))
		bench_small(folder, corpus);
	else
		printf("%s: not there; CHIMERA_CORPUS may say where the corpus is\n", corpus);
}

static int bench(const char *folder)
{
	const char *data = getenv("TEST_DATA");
	char *tree = fsx_join(data && *data ? data : "tests/data", "insight");
	unsigned files = from_environment("BENCH_FILES", 10000);

	bench_small(folder, tree);
	bench_corpus(folder);
	if (files > 0)
		bench_large(folder, files);
	free(tree);
	return 0;
}

/* New string. */
static char *find_chimera(const char *self)
{
	const char *told = getenv("CHIMERA_BIN");
	char *copy = xstrdup(self);
	char *path = told && *told ? xstrdup(told) : xasprintf("%s/../chimera", dirname(copy));

	free(copy);
	return path;
}

int main(int argc, char **argv)
{
	int code = 1;

	chimera = find_chimera(argc > 0 ? argv[0] : "");
	if (access(chimera, X_OK))
		fprintf(stderr, "%s: not there; build it, or set CHIMERA_BIN\n", chimera);
	else
		code = child_in_folder(bench);
	free(chimera);
	return code;
}
