/* bench_fits.c - what the fits of an analysis cost once the rows are read: milliseconds by stage,
 * for designs of 12 to 1,000 cells and 10,000 to 100,000 loads with one request in each (load,
 * cell), so that rows are groups.  Peak memory: with rows and groups made, and after the fits (of
 * the first case; later ones hide behind it).  The stages run on one thread, the summary on all.
 *
 *	bench_fits [part of a case's name] */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "best.h"
#include "bug.h"
#include "effects.h"
#include "fold.h"
#include "splitplot.h"
#include "summary.h"

struct bench_case {
	const char *name;
	struct splitplot c;
	int metrics;     /* that are there */
	bool all_runner; /* the third factor forces a load too */
	double failed;   /* share of the rows */
	int times;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The levels of num_gpu, a hundred of them, become those of two runner factors of ten. */
static void split_factor(struct dataset *d)
{
	struct data_factor *gpu = &d->factors[1], *third = &d->factors[2];

	*third = *gpu;
	third->name = third->column = "num_batch";
	gpu->nlevels = third->nlevels = 10;
	for (size_t i = 0; i < d->ncells; i++) {
		d->cells[i].level[2] = d->cells[i].level[1] % 10;
		d->cells[i].level[1] /= 10;
	}
}

static void fill(struct dataset *d, const struct bench_case *b, struct rng *r)
{
	splitplot_make(d, &b->c, r);
	if (b->all_runner)
		split_factor(d);
	for (size_t i = 0; i < d->nrows; i++) {
		struct data_row *row = &d->rows[i];
		double y = row->metric[METRIC_DECODE];

		row->ok = row->counts = rng_uniform(r) >= b->failed;
		row->status = !row->ok;
		for (int m = 0, have = 2; m < METRIC_COUNT && have < b->metrics; m++) {
			if (m == METRIC_DECODE || m == METRIC_TTFT || m == METRIC_SYSTEM ||
				m == METRIC_GOODPUT || m == METRIC_SCORE)
				continue;
			row->metric[m] = y * exp(0.01 * rng_normal(r));
			have++;
		}
	}
}

struct stages {
	double strata, effects, best, summary;
};

static void run_stages(const struct dataset *d, struct stages *t)
{
	static struct strata strata[METRIC_MAX];
	struct arena arena = {0};
	struct alias_finding *aliases;
	struct best_set best;
	struct effects effects;
	struct effective eff;
	size_t naliases;
	double at;

	effective_find(&eff, d, &arena, &aliases, &naliases);
	at = now_ms();
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_fit(&strata[m], d, &eff, (enum metric)m, false, &arena);
	t->strata += now_ms() - at;
	at = now_ms();
	effects_make(&effects, d, &eff, strata, &arena);
	t->effects += now_ms() - at;
	at = now_ms();
	for (int m = 0; m < METRIC_COUNT; m++)
		best_find(&best, &strata[m], d, &eff, &arena);
	t->best += now_ms() - at;
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&strata[m]);
	arena_release(&arena);
}

static void run_summary(const struct dataset *d, struct stages *t)
{
	struct err e = ERR_INIT;
	struct summary s;
	double at = now_ms();

	if (summary_make(&s, d, &e))
		BUG("%s", e.msg);
	t->summary += now_ms() - at;
	summary_release(&s);
}

static long peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

static void measure(const struct bench_case *b)
{
	struct stages t = {0, 0, 0, 0};
	struct dataset d;
	struct fold fold;
	struct rng r;
	long before;

	rng_init(&r, 1, b->name);
	fill(&d, b, &r);
	fold_of(&d, &fold);
	d.fold = &fold;
	before = peak_mib();
	for (int i = 0; i < b->times; i++) {
		run_stages(&d, &t);
		run_summary(&d, &t);
	}
	printf("%-44s %7zu %7zu %9.2f %9.2f %9.2f %9.2f %4ld > %ld\n", b->name, d.nrows, d.nloads,
		t.strata / b->times, t.effects / b->times, t.best / b->times, t.summary / b->times,
		before, peak_mib());
	fflush(stdout);
	d.fold = NULL;
	fold_release(&fold);
	dataset_release(&d);
}

static struct splitplot grid(
	uint32_t contexts, uint32_t gpus, uint32_t temperatures, uint32_t passes, uint32_t per_pass)
{
	return (struct splitplot){.contexts = contexts,
		.gpus = gpus,
		.temperatures = temperatures,
		.prompts = 1,
		.passes = passes,
		.per_pass = per_pass,
		.sd_request = 0.01,
		.sd_load = 0.007,
		.sd_pass = 0.005};
}

int main(int argc, char **argv)
{
	static const double slower[] = {
		0, -0.01, -0.02, -0.05, -0.05, -0.06, -0.07, -0.08, -0.09, -0.1};
	struct bench_case cases[] = {
		{"12 cells, 3 passes", grid(4, 1, 3, 3, 2), 2, false, 0, 200},
		{"100 cells, 10 passes", grid(10, 1, 10, 10, 1), 7, false, 0, 5},
		{"1,000 cells, 4 passes", grid(10, 10, 10, 4, 1), 7, false, 0, 1},
		{"1,000 cells, 100 passes", grid(10, 10, 10, 100, 1), 7, false, 0, 1},
		{"1,000 cells, 100 passes, effects", grid(10, 10, 10, 100, 1), 7, false, 0, 1},
		{"1,000 cells, 100 passes, 1 % failed", grid(10, 10, 10, 100, 1), 7, false, 0.01,
			1},
		{"1,000 blocks, 100 passes", grid(10, 100, 1, 100, 1), 7, true, 0, 1},
		{"1,000 blocks, 100 passes, 1 % failed", grid(10, 100, 1, 100, 1), 7, true, 0.01,
			1},
	};

	cases[4].c.context_effect = slower;
	printf("%-44s %7s %7s %9s %9s %9s %9s %s\n", "milliseconds of", "rows", "loads", "strata",
		"effects", "best", "summary", "peak MiB");
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		if (argc < 2 || strstr(cases[i].name, argv[1]))
			measure(&cases[i]);
	}
	return 0;
}
