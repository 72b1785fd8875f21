/* bench_analysis.c - from the rows of a run to its summary: seconds by stage, memory, and how often
 * the newlines of the file could have been counted meanwhile.
 *
 * 1,000 cells, in 10 or 100 passes, with 100,000 and 1,000,000 rows; BENCH_ROWS=10000000 adds as
 * many. Each run is analysed in a process of its own, so that its memory is its own.  It fails
 * where a result is wrong, never for being slow. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "big_run.h"
#include "bug.h"
#include "clock.h"
#include "fsx.h"
#include "jsonx.h"
#include "str.h"
#include "summary.h"

struct timing {
	double read, analyse, write, all;
	long kib;
};

static double seconds_since(ns began)
{
	return (double)(clock_mono() - began) / 1e9;
}

/* The least work on all bytes. */
static double count_newlines(const char *path, uint64_t *lines)
{
	static char block[1 << 20];
	FILE *f = fopen(path, "r");
	ns began = clock_mono();

	*lines = 0;
	if (!f)
		BUG("%s cannot be read", path);
	setvbuf(f, NULL, _IONBF, 0);
	for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;) {
		for (const char *s = block; (s = memchr(s, '\n', (size_t)(block + n - s)));) {
			++*lines;
			if (++s == block + n)
				break;
		}
	}
	fclose(f);
	return seconds_since(began);
}

/* What is known of the runs that big_run.h makes. */
static void check(const struct summary *s, const struct big_run *b)
{
	const struct effect *context = NULL;

	if (s->rows != b->rows || s->ok != b->rows)
		BUG("%llu rows of %llu", (unsigned long long)s->rows, (unsigned long long)b->rows);
	if (s->ncells != (size_t)b->gpus * b->contexts * b->temperatures)
		BUG("%zu cells", s->ncells);
	for (size_t i = 0; i < s->neffects; i++) {
		if (s->effects[i].metric == METRIC_DECODE &&
			strcmp(s->effects[i].factor, "num_ctx") == 0)
			context = &s->effects[i];
	}
	if (!context || context->verdict != VERDICT_EFFECT)
		BUG("the effect of num_ctx was not found");
	for (size_t c = 0; c < s->ncells; c++) {
		const struct metric_summary *m = &s->cells[c].metric[METRIC_DECODE];

		if (!(fabs(m->median / m->mean - 1) < 0.02))
			BUG("cell %zu: median %g, mean %g", c, m->median, m->mean);
	}
}

static void analyse(const char *dir, const struct big_run *b, struct timing *t)
{
	struct err e = ERR_INIT;
	ns began = clock_mono(), at = began;
	struct str text = STR_INIT(STR_MAX_FILE);
	struct rusage usage;
	struct dataset d;
	struct summary s;
	json_t *o;

	if (dataset_from_run(&d, dir, &e))
		BUG("%s", e.msg);
	t->read = seconds_since(at);
	at = clock_mono();
	if (summary_make(&s, &d, &e))
		BUG("%s", e.msg);
	t->analyse = seconds_since(at);
	at = clock_mono();
	o = summary_json(&s);
	jsonx_dump(&text, o, 1, false);
	t->write = seconds_since(at);
	t->all = seconds_since(began);
	getrusage(RUSAGE_SELF, &usage);
	t->kib = usage.ru_maxrss;
	check(&s, b);
	json_decref(o);
	str_release(&text);
	summary_release(&s);
	dataset_release(&d);
}

static void analyse_apart(const char *dir, const struct big_run *b, struct timing *t)
{
	int ends[2], status;
	pid_t child;

	if (pipe(ends) || (child = fork()) < 0)
		BUG("no process to be had");
	if (child == 0) {
		struct timing own;

		analyse(dir, b, &own);
		_exit(write(ends[1], &own, sizeof(own)) == sizeof(own) ? 0 : 1);
	}
	close(ends[1]);
	if (read(ends[0], t, sizeof(*t)) != sizeof(*t))
		BUG("%s was not analysed", dir);
	close(ends[0]);
	if (waitpid(child, &status, 0) != child || status != 0)
		BUG("the analysis of %s ended with %d", dir, status);
}

static void measure(const char *dir, uint64_t rows)
{
	struct big_run b = {rows, 10, 10, 10, rows > 1000000 ? 100 : 10};
	char *path = fsx_join(dir, "runs.csv");
	struct timing t = {0};
	uint64_t lines;
	double counting, bytes;

	b.rows = rows / (100 * b.passes) * (100 * b.passes);
	bytes = (double)big_run_write(dir, &b);
	if (!(bytes > 0))
		BUG("no room for %llu rows in %s", (unsigned long long)rows, dir);
	sync(); /* or its writing back would be measured */
	counting = count_newlines(path, &lines);
	analyse_apart(dir, &b, &t);
	printf("%9llu rows %6.0f MB %7.3f s = read %.3f + analyse %.3f + write %.3f, "
	       "%.2f M rows/s %5.0f MB/s, %4.1f x counting newlines, %4.0f MiB\n",
		(unsigned long long)b.rows, bytes / 1e6, t.all, t.read, t.analyse, t.write,
		(double)b.rows / t.all / 1e6, bytes / t.all / 1e6, t.all / counting,
		(double)t.kib / 1024);
	fflush(stdout);
	unlink(path);
	free(path);
}

int main(void)
{
	const char *more = getenv("BENCH_ROWS"), *tmp = getenv("TMPDIR");
	char dir[200];

	snprintf(dir, sizeof(dir), "%s/bench-analysis-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		BUG("no folder to be had in %s", tmp ? tmp : "/tmp");
	measure(dir, 100000);
	measure(dir, 1000000);
	if (more && strtoull(more, NULL, 10) > 0)
		measure(dir, strtoull(more, NULL, 10));
	for (size_t i = 0; i < 3; i++) {
		static const char *const files[] = {"loads.csv", "sweep.json", "manifest.json"};
		char *path = fsx_join(dir, files[i]);

		unlink(path);
		free(path);
	}
	rmdir(dir);
	return 0;
}
