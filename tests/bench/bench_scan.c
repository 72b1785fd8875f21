/* bench_scan.c - rows of a run read as the analysis reads them, against counting their line ends.
 *
 *	BENCH_ROWS=10000000 bench_scan      so many rows in place of 100,000 and of a million */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "big_run.h"
#include "scan.h"

/* As many and of such kinds as data/dataset.c wants. */
static const struct scan_wanted wanted[] = {{"run_id", SCAN_HASH}, {"cell_id", SCAN_TEXT},
	{"phase", SCAN_TEXT}, {"status", SCAN_TEXT}, {"load_id", SCAN_TEXT}, {"block", SCAN_NUMBER},
	{"pass", SCAN_NUMBER}, {"order", SCAN_NUMBER}, {"server", SCAN_TEXT},
	{"prompt_id", SCAN_TEXT}, {"num_gpu", SCAN_TEXT}, {"num_ctx", SCAN_TEXT},
	{"temperature", SCAN_TEXT}, {"validity", SCAN_TEXT}, {"paid_load", SCAN_NUMBER},
	{"decode_tok_s", SCAN_NUMBER}, {"ttft_ms", SCAN_NUMBER}, {"tpot_ms", SCAN_NUMBER},
	{"e2e_ms", SCAN_NUMBER}, {"prefill_tok_s", SCAN_NUMBER}, {"load_ms", SCAN_NUMBER},
	{"score", SCAN_NUMBER}, {"prompt_eval_ms", SCAN_NUMBER}, {"done_ms", SCAN_NUMBER},
	{"response_sha256", SCAN_HASH}, {"started_at", SCAN_TIME}};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static int take(void *arg, const struct scan *s, const struct scan_batch *b, struct err *e)
{
	(void)s;
	(void)e;
	*(uint64_t *)arg += b->nrows;
	return 0;
}

static double count_ends(const char *path)
{
	static char block[1 << 20];
	double began = now_s();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	for (ssize_t got; (got = read(fd, block, sizeof(block))) > 0;) {
		for (const char *at = block, *end = block + got;
			(at = memchr(at, '\n', (size_t)(end - at))); at++)
			n++;
	}
	close(fd);
	return n ? now_s() - began : 0;
}

static int measure(const char *path, uint64_t bytes, unsigned threads)
{
	struct scan_options o = {.checked = true, .threads = threads};
	struct scan_source source = {.path = path};
	double plain = count_ends(path), began = now_s(), cpu = cpu_s(), wall;
	struct err e = {0};
	struct scan *s;
	uint64_t rows = 0;
	int failed = scan_open(&s, &source, &o, &e) ||
		scan_run(s, wanted, sizeof(wanted) / sizeof(*wanted), take, &rows, &e);

	wall = now_s() - began;
	cpu = cpu_s() - cpu;
	if (failed)
		fprintf(stderr, "%s\n", e.msg);
	else
		printf("%2u thread%s %9.0f rows/s %6.2f GB/s %5.0f ns a row of each core, "
		       "%4.1f x counting line ends, %llu rejected\n",
			threads, threads == 1 ? " " : "s", (double)rows / wall,
			(double)bytes / wall / 1e9, cpu / (double)rows * 1e9, wall / plain,
			(unsigned long long)scan_rejected(s));
	scan_close(s);
	return failed;
}

static void remove_run(const char *dir)
{
	static const char *const names[] = {"runs.csv", "loads.csv", "sweep.json", "manifest.json"};
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static int measure_run(uint64_t rows)
{
	struct big_run b = {rows, 10, 10, 10, rows > 1000000 ? 100 : 10};
	char dir[] = "/tmp/bench_scan.XXXXXX", path[64];
	struct rusage use;
	uint64_t bytes;
	int failed = 1;

	if (!mkdtemp(dir))
		return 1;
	bytes = big_run_write(dir, &b);
	snprintf(path, sizeof(path), "%s/runs.csv", dir);
	printf("%llu rows, %.2f GB, %zu columns of them wanted\n", (unsigned long long)b.rows,
		(double)bytes / 1e9, sizeof(wanted) / sizeof(*wanted));
	if (bytes)
		failed = measure(path, bytes, 1) || measure(path, bytes, 2);
	getrusage(RUSAGE_SELF, &use);
	printf("at most %ld MiB\n", use.ru_maxrss / 1024);
	remove_run(dir);
	return failed;
}

/* A text of 80 rows, as rehearsals read thousands. */
static int measure_small(void)
{
	enum { TIMES = 5000 };
	struct scan_options o = {.checked = true};
	struct big_run b = {80, 2, 2, 2, 2};
	char dir[] = "/tmp/bench_scan.XXXXXX", path[64], *text = malloc(1 << 20);
	struct scan_source source = {.path = path, .bytes = text};
	struct err e = {0};
	uint64_t rows = 0;
	double began;
	FILE *f;
	int failed = 0;

	if (!text || !mkdtemp(dir) || !big_run_write(dir, &b))
		return 1;
	snprintf(path, sizeof(path), "%s/runs.csv", dir);
	f = fopen(path, "r");
	source.len = f ? fread(text, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	began = now_s();
	for (int i = 0; i < TIMES && !failed; i++) {
		struct scan *s;

		failed = scan_open(&s, &source, &o, &e) ||
			scan_run(s, wanted, sizeof(wanted) / sizeof(*wanted), take, &rows, &e);
		scan_close(s);
	}
	printf("%.0f us for a text of %llu rows, %zu bytes\n", (now_s() - began) / TIMES * 1e6,
		(unsigned long long)rows / TIMES, source.len);
	remove_run(dir);
	free(text);
	return failed;
}

int main(void)
{
	const char *rows = getenv("BENCH_ROWS");

	if (rows)
		return measure_run(strtoull(rows, NULL, 10));
	return measure_small() || measure_run(100000) || measure_run(1000000);
}
