/* clock_table.c - printing. */
#include "clock_table.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "clock.h"
#include "fsx.h"
#include "str.h"

/* The server is the one to blame above these. */
#define LATE_MS   CLOCK_BAR_P99_MS
#define BUSY      0.95
#define MANY      1024
#define WORD_ROOM 120

/* ---- machine ---- */

/* The value behind "KEY : " in a text of /proc, to the line's end. */
static void find_value(char *dst, size_t size, const char *text, const char *key)
{
	const char *at = strstr(text, key);

	snprintf(dst, size, "unknown processor");
	at = at ? strchr(at, ':') : NULL;
	if (at)
		snprintf(dst, size, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
}

void clock_table_machine(void)
{
	struct str cpu = STR_INIT(STR_MAX_LINE);
	struct utsname system = {0};
	double load = 0;
	char model[WORD_ROOM], date[16];

	if (fsx_read("/proc/cpuinfo", STR_MAX_LINE, &cpu, NULL))
		str_reset(&cpu);
	find_value(model, sizeof(model), cpu.s, "model name");
	uname(&system);
	getloadavg(&load, 1);
	printf("%s, %ld processors, %s %s, %s; load %.2f at the start\n", model,
		sysconf(_SC_NPROCESSORS_ONLN), system.sysname, system.release,
		clock_date(date, clock_wall()), load);
	str_release(&cpu);
}

/* ---- errors ---- */

/* " 12.345" or a dash. */
static void put(double x, int width, int decimals)
{
	if (isnan(x))
		printf(" %*s", width, "-");
	else
		printf(" %*.*f", width, decimals, x);
}

static void put_run(const struct clock_figures *f, enum clock_figure from, int n)
{
	for (int i = 0; i < n; i++)
		put(f->v[from + (enum clock_figure)i], 7, 3);
}

static void put_load(const struct clock_load *l)
{
	printf("%7u %5.0f", l->streams, l->tok_s);
}

static bool server_is_late(const struct clock_figures *f)
{
	return f->v[CLOCK_LATE_P99] > LATE_MS || f->v[CLOCK_SERVER] > BUSY;
}

static void add_miss(char words[WORD_ROOM], const char *what, double x, double bar)
{
	size_t len = strlen(words);

	if (x > bar)
		snprintf(words + len, WORD_ROOM - len, "%s%s", len ? ", " : "missed: ", what);
}

static const char *verdict(char words[WORD_ROOM], const struct clock_figures *f)
{
	words[0] = '\0';
	add_miss(words, "TTFT p50", f->v[CLOCK_TTFT_P50], CLOCK_BAR_P50_MS);
	add_miss(words, "TTFT p99", f->v[CLOCK_TTFT_P99], CLOCK_BAR_P99_MS);
	add_miss(words, "ITL p50", f->v[CLOCK_ITL_P50], CLOCK_BAR_P50_MS);
	add_miss(words, "ITL p99", f->v[CLOCK_ITL_P99], CLOCK_BAR_P99_MS);
	if (words[0] && server_is_late(f))
		return "server late";
	return words[0] ? words : "met";
}

void clock_table_errors(const struct clock_row *rows, size_t n)
{
	char words[WORD_ROOM];

	printf("\nError of chimera run against the truth, ms            bars: p50 %.1f, p99 %.0f\n",
		CLOCK_BAR_P50_MS, CLOCK_BAR_P99_MS);
	printf("%7s %5s %5s  %-31s  %-31s  %-15s  %6s %6s %7s\n", "", "", "", "TTFT", "ITL",
		"last token", "gaps", "dated", "rows");
	printf("%7s %5s %5s  %7s %7s %7s %7s  %7s %7s %7s %7s  %7s %7s  %6s %6s %7s  %s\n",
		"streams", "tok/s", "n", "bias", "p50", "p99", "max", "bias", "p50", "p99", "max",
		"p99", "max", "untold", "kernel", "suspect", "bars");
	for (size_t i = 0; i < n; i++) {
		const struct clock_figures *f = &rows[i].ours;

		put_load(&rows[i].load);
		printf(" %5.0f ", f->v[CLOCK_REQUESTS]);
		put_run(f, CLOCK_TTFT_BIAS, 4);
		putchar(' ');
		put_run(f, CLOCK_ITL_BIAS, 4);
		putchar(' ');
		put_run(f, CLOCK_LAST_P99, 2);
		printf("  %5.2f%% %5.0f%% %6.1f%%  %s\n", f->v[CLOCK_UNTOLD] * 100,
			f->v[CLOCK_KERNEL] * 100, f->v[CLOCK_SUSPECT] * 100, verdict(words, f));
	}
}

static void put_server(const struct clock_figures *f)
{
	put_run(f, CLOCK_LATE_P50, 3);
	printf(" %6.1f%% ", f->v[CLOCK_SERVER] * 100);
}

void clock_table_server(const struct clock_row *rows, size_t n)
{
	printf("\nError of the least client by its own clock, and how late the server was itself, "
	       "ms\n");
	printf("%7s %5s  %-31s  %-31s  %-31s\n", "", "", "least client: TTFT",
		"server, with chimera", "server, with the least client");
	printf("%7s %5s  %7s %7s %7s %7s  %7s %7s %7s %7s  %7s %7s %7s %7s\n", "streams", "tok/s",
		"bias", "p50", "p99", "max", "p50", "p99", "max", "CPU", "p50", "p99", "max",
		"CPU");
	for (size_t i = 0; i < n; i++) {
		const struct clock_figures *ours = &rows[i].ours, *least = &rows[i].least;
		bool late = server_is_late(ours) || server_is_late(least);

		put_load(&rows[i].load);
		putchar(' ');
		put_run(least, CLOCK_TTFT_BIAS, 4);
		putchar(' ');
		put_server(ours);
		put_server(least);
		printf("%s\n", late ? " server late" : "");
	}
}

/* ---- costs ---- */

static const char *cost_verdict(char words[WORD_ROOM], const struct clock_row *r)
{
	words[0] = '\0';
	if (r->load.streams < MANY)
		return "";
	if (r->load.tok_s <= 50)
		add_miss(words, "ratio", r->ratio, CLOCK_BAR_RATIO);
	add_miss(words, "share", r->ours.v[CLOCK_SHARE], CLOCK_BAR_SHARE);
	add_miss(words, "memory", r->ours.v[CLOCK_PEAK], CLOCK_BAR_MIB);
	return words[0] ? words : "met";
}

static void put_cost(const struct clock_figures *f)
{
	put(f->v[CLOCK_USER], 6, 2);
	put(f->v[CLOCK_SYSTEM], 6, 2);
	put(f->v[CLOCK_CPU], 6, 2);
	put(f->v[CLOCK_PEAK], 6, 1);
	printf(" %5.1f%%", f->v[CLOCK_SHARE] * 100);
}

/* With its range where there are several. */
static void put_ratio(const struct clock_row *r)
{
	char range[WORD_ROOM] = "";

	if (r->ratio_most > r->ratio_least)
		snprintf(range, sizeof(range), "%.2f-%.2f", r->ratio_least, r->ratio_most);
	printf("  %6.2f %9s", r->ratio, range);
}

void clock_table_costs(const struct clock_row *rows, size_t n)
{
	char words[WORD_ROOM];

	printf("\nCost of the whole process, its start and end included: us of processor time a "
	       "token\n%53s bars at %d streams: ratio %.1f at 50 tok/s, share %.0f %%, %.0f MiB\n",
		"", MANY, CLOCK_BAR_RATIO, CLOCK_BAR_SHARE * 100, CLOCK_BAR_MIB);
	printf("%7s %5s %7s  %-34s  %-15s  %-34s\n", "", "", "", "chimera run", "worst, ms",
		"least client");
	printf("%7s %5s %7s  %6s %6s %6s %6s %6s  %7s %7s  %6s %6s %6s %6s %6s  %6s %9s  %s\n",
		"streams", "tok/s", "tokens", "user", "system", "sum", "MiB", "share", "lag",
		"queue", "user", "system", "sum", "MiB", "share", "ratio", "from-to", "bars");
	for (size_t i = 0; i < n; i++) {
		const struct clock_row *r = &rows[i];

		put_load(&r->load);
		printf(" %7.0f ", r->ours.v[CLOCK_TOKENS]);
		put_cost(&r->ours);
		putchar(' ');
		put(r->ours.v[CLOCK_LAG_MAX], 7, 2);
		put(r->ours.v[CLOCK_QUEUE_MAX], 7, 2);
		putchar(' ');
		put_cost(&r->least);
		put_ratio(r);
		printf("  %s\n", cost_verdict(words, r));
	}
}
