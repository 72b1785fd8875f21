/* bench_clock.c - the clock of a run: how far its times are from the truth, and what it costs
 *beside the least client that could take the same load.
 *
 *	BENCH_STREAMS=128    leaves out loads of more streams
 *	BENCH_REPEATS=1      how often what is repeated is measured [3]; medians are printed
 *	BENCH_ROWS=100000    leaves out journals of more rows
 *
 * The program is $CHIMERA_BIN, else the one beside this benchmark's folder.  Nothing here can fail
 * for being slow; it fails where a result is wrong: a request that failed, a token, a row or a
 * truth that is missing. */
#include <libgen.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "child.h"
#include "clock_case.h"
#include "clock_table.h"
#include "hose_case.h"
#include "row_cost.h"

#define MOST_REPEATS 15

static struct clock_place place;

static unsigned from_environment(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text && atol(text) > 0 ? (unsigned)atol(text) : otherwise;
}

static unsigned repeats(void)
{
	unsigned n = from_environment("BENCH_REPEATS", 3);

	return n < MOST_REPEATS ? n : MOST_REPEATS;
}

/* ---- loads at their pace ---- */

static const struct {
	struct clock_load load;
	bool repeated;
} paced[] = {
	/* streams, rounds, tokens, tok/s, TTFT: few streams go round more often */
	{{1, 100, 11, 50, 50}, false},
	{{16, 7, 50, 50, 50}, false},
	{{128, 2, 100, 50, 50}, false},
	{{1024, 2, 100, 50, 50}, true},
	{{1024, 2, 200, 100, 50}, true},
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Each pair ran one after the other, so that what else the machine does meets both. */
static void put_ratios(struct clock_row *row, const struct clock_figures *ours,
	const struct clock_figures *least, unsigned n)
{
	double ratios[MOST_REPEATS];

	for (unsigned i = 0; i < n; i++)
		ratios[i] = ours[i].v[CLOCK_CPU] / least[i].v[CLOCK_CPU];
	qsort(ratios, n, sizeof(*ratios), by_value);
	row->ratio = (ratios[(n - 1) / 2] + ratios[n / 2]) / 2;
	row->ratio_least = ratios[0];
	row->ratio_most = ratios[n - 1];
}

static void measure_load(struct clock_row *row, bool repeated)
{
	struct clock_figures ours[MOST_REPEATS], least[MOST_REPEATS];
	unsigned n = repeated ? repeats() : 1;

	for (unsigned i = 0; i < n; i++) {
		clock_case_run(&place, &row->load, &ours[i]);
		clock_case_least(&place, &row->load, &least[i]);
	}
	clock_median(ours, n, &row->ours);
	clock_median(least, n, &row->least);
	put_ratios(row, ours, least, n);
}

static void bench_paced(void)
{
	unsigned most = from_environment("BENCH_STREAMS", UINT32_MAX);
	struct clock_row rows[COUNTOF(paced)];
	size_t n = 0;

	for (size_t i = 0; i < COUNTOF(paced); i++) {
		if (paced[i].load.streams > most)
			continue;
		rows[n].load = paced[i].load;
		measure_load(&rows[n++], paced[i].repeated);
	}
	clock_table_errors(rows, n);
	clock_table_server(rows, n);
	clock_table_costs(rows, n);
}

/* ---- as fast as they go ---- */

static int by_rate(const void *a, const void *b)
{
	double x = ((const struct hose_cost *)a)->tok_s, y = ((const struct hose_cost *)b)->tok_s;

	return (x > y) - (x < y);
}

/* The case whose rate is the median. */
static void middle(struct hose_cost *cases, unsigned n, struct hose_cost *c)
{
	qsort(cases, n, sizeof(*cases), by_rate);
	*c = cases[n / 2];
}

static void measure_hose(const struct hose_load *l, struct hose_cost *ours, struct hose_cost *least)
{
	struct hose_cost bridge[MOST_REPEATS], epoll[MOST_REPEATS];
	unsigned n = repeats();

	for (unsigned i = 0; i < n; i++) {
		hose_case_bridge(l, &bridge[i]);
		hose_case_least(l, &epoll[i]);
	}
	middle(bridge, n, ours);
	middle(epoll, n, least);
}

static void put_hose(const char *name, const struct hose_cost *c)
{
	printf("%-14s %12.0f %8.3f %6.1f %6.1f%% %9.1f%%\n", name, c->tok_s, c->cpu_us, c->peak_mib,
		c->share * 100, c->sender_share * 100);
}

static void bench_firehose(void)
{
	static const struct hose_load load = {16, 20, 10000};
	struct hose_cost ours, least;

	measure_hose(&load, &ours, &least);
	printf("\nFirehose: %u streams as fast as they go, canned lines of %.0f bytes, many in a "
	       "read\n",
		load.streams, ours.token_bytes);
	printf("%-14s %12s %8s %6s %7s %10s\n", "", "tok/s", "us CPU", "MiB", "share", "sender's");
	put_hose("exchanges", &ours);
	put_hose("least client", &least);
	printf("%-14s %12.2f %8.2f   bar: %.1f of its tok/s, %s\n", "ratio",
		ours.tok_s / least.tok_s, ours.cpu_us / least.cpu_us, CLOCK_BAR_HOSE_RATIO,
		ours.tok_s < CLOCK_BAR_HOSE_RATIO * least.tok_s ? "missed" : "met");
}

/* ---- long answers ---- */

#define LENGTHS     3
#define TOKENS      160000 /* of each paced case */
#define HOSE_FACTOR 20     /* times as many from the firehose */

struct length_cost {
	double paced, hose; /* us of processor time a token */
	double paced_mib, hose_mib;
};

static void measure_length(unsigned tokens, struct length_cost *c)
{
	struct clock_load load = {16, TOKENS / 16 / tokens, tokens, 2000, 5};
	struct hose_load hose = {16, load.rounds * HOSE_FACTOR, tokens};
	struct clock_figures f;
	struct hose_cost h;

	clock_case_run(&place, &load, &f);
	hose_case_bridge(&hose, &h);
	*c = (struct length_cost){
		f.v[CLOCK_CPU],
		h.cpu_us,
		f.v[CLOCK_PEAK],
		h.peak_mib,
	};
}

static void bench_lengths(void)
{
	static const unsigned lengths[LENGTHS] = {100, 1000, 10000};
	struct length_cost c[LENGTHS];

	for (int i = 0; i < LENGTHS; i++)
		measure_length(lengths[i], &c[i]);
	printf("\nLong answers: us of processor time a token, 16 streams, as many tokens in each "
	       "line\n");
	printf("%14s  %-26s %-26s\n", "", "chimera run, 2,000 tok/s", "exchanges, firehose");
	printf("%14s  %8s %8s %8s %8s %8s %8s\n", "tokens", "us", "of 100's", "MiB", "us",
		"of 100's", "MiB");
	for (int i = 0; i < LENGTHS; i++)
		printf("%14u  %8.2f %8.2f %8.1f %8.3f %8.2f %8.1f\n", lengths[i], c[i].paced,
			c[i].paced / c[0].paced, c[i].paced_mib, c[i].hose, c[i].hose / c[0].hose,
			c[i].hose_mib);
}

/* ---- long runs ---- */

static void bench_rows(void)
{
	unsigned most = from_environment("BENCH_ROWS", 1000000);
	double first = 0;

	printf("\nLong runs: a row from sample to journal\n");
	printf("%14s  %8s %10s %8s %8s %10s\n", "rows", "us", "of 1,000's", "us CPU", "MiB",
		"bytes");
	for (unsigned rows = 1000; rows <= 1000000 && rows <= most; rows *= 10) {
		struct row_cost c;

		row_cost_measure(place.folder, rows, &c);
		first = rows == 1000 ? c.us : first;
		printf("%14u  %8.2f %10.2f %8.2f %8.1f %10.0f\n", rows, c.us, c.us / first,
			c.cpu_us, c.peak_mib, c.bytes / rows);
	}
}

static int bench(const char *folder)
{
	place.folder = folder;
	clock_table_machine();
	printf("The client, the least client (one thread, epoll, a recv a wake-up, lines counted) "
	       "and the simulated\nserver are processes of their own.  Errors are of each request "
	       "against what the server's truth log\nsays of it.  Where the server was late itself "
	       "(p99 over %.0f ms, or over 95 %% of a processor) a missed bar\nsays so.  Medians "
	       "of %u where a load is repeated: 1,024 streams, firehose.  Sums of user and system "
	       "time are exact,\nhow they part is sampled.\n",
		CLOCK_BAR_P99_MS, repeats());
	bench_paced();
	bench_firehose();
	bench_lengths();
	bench_rows();
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
	char *chimera = find_chimera(argc > 0 ? argv[0] : "");
	int code = 1;

	place.chimera = chimera;
	if (access(chimera, X_OK))
		fprintf(stderr, "%s: not there; build it, or set CHIMERA_BIN\n", chimera);
	else
		code = child_in_folder(bench);
	free(chimera);
	return code;
}
