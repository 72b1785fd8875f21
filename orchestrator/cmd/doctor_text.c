/* doctor_text.c - the table, and sentences. */
#include "doctor_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "jsonx.h"
#include "num.h"
#include "say.h"

/* ---- the table ---- */

/* Three significant digits of milliseconds, at most three decimals; "-" of none. */
static const char *ms(ns t, char text[NUM_TEXT])
{
	double x = (double)t / NS_PER_MS;

	if (t == NS_NONE)
		return "-";
	snprintf(text, NUM_TEXT, x < 10 ? "%.3f" : x < 100 ? "%.1f" : "%.0f", x);
	return text;
}

static const char *us(double x, char text[NUM_TEXT])
{
	if (isnan(x))
		return "-";
	snprintf(text, NUM_TEXT, "%.1f", x);
	return text;
}

static const char *percent(double share, char text[NUM_TEXT])
{
	if (isnan(share))
		return "-";
	snprintf(text, NUM_TEXT, "%.0f %%", 100 * share);
	return text;
}

/* "30 s" or "2 min 10 s". */
static const char *about(double seconds, char text[NUM_TEXT])
{
	double whole = seconds < 10 ? ceil(seconds) : 5 * ceil(seconds / 5);

	if (whole >= 120)
		return num_duration(text, whole);
	snprintf(text, NUM_TEXT, "%.0f s", whole);
	return text;
}

void doctor_text_head(const struct doctor_facts *f, const struct doctor_load *load,
	const uint32_t *streams, size_t n)
{
	char rate[NUM_TEXT], seconds[NUM_TEXT], time[NUM_TEXT];
	double takes = 0;

	for (size_t i = 0; i < n; i++)
		takes += doctor_takes(streams[i], load);
	printf("%s%s%s, %s\n", say_safe(f->machine.host), f->machine.cpu[0] ? ", " : "",
		say_safe(f->machine.cpu), say_safe(f->clock.kernel));
	printf("This client against a server of its own that notes when it sends each token: %s "
	       "tok/s in\neach stream, %s s at %s%zu level%s, about %s.\n\n",
		num_text(rate, load->rate), num_text(seconds, load->seconds),
		n == 1 ? "" : "each of ", n, n == 1 ? "" : "s", about(takes, time));
	fflush(stdout);
}

static void print_columns(void)
{
	printf("%9s  %-20s  %-20s  %-18s  %-14s  %s\n%9s", "", "TTFT is off by, ms",
		"ITL is off by, ms", "CPU, us/token", "of a core", "server late", "streams");
	for (int i = 0; i < 2; i++)
		printf("  %6s %6s %6s", "p50", "p99", "max");
	printf("  %5s %5s %6s  %6s %7s  %11s\n", "all", "user", "system", "client", "server",
		"p99, ms");
}

static void print_errors(const struct truth_figures *f)
{
	char p50[NUM_TEXT], p99[NUM_TEXT], max[NUM_TEXT];

	printf("  %6s %6s %6s", ms(f->p50, p50), ms(f->p99, p99), ms(f->max, max));
}

void doctor_text_level(const struct streams_level *l, bool first)
{
	char a[NUM_TEXT], b[NUM_TEXT], c[NUM_TEXT];

	if (first)
		print_columns();
	printf("%9s", num_group(a, l->streams));
	print_errors(&l->ttft);
	print_errors(&l->itl);
	printf("  %5s %5s %6s", us(l->cpu_us, a), us(l->user_us, b), us(l->system_us, c));
	printf("  %6s %7s", percent(l->client_share, a), percent(l->server_share, b));
	printf("  %11s\n", ms(l->late.p99, a));
	if (l->verdict != STREAMS_TRUSTED)
		printf("%9s  %s: %s\n", "", streams_verdict_name(l->verdict), l->why);
	fflush(stdout);
}

/* ---- sentences ---- */

#define LABEL "  %-10s "

static void print_clock(const struct clockfacts *c)
{
	char late[NUM_TEXT];

	printf(LABEL "%s; one look at it takes %lld ns\n", "clock",
		c->source[0] ? say_safe(c->source) : "of a source that is not told",
		(long long)c->reading);
	if (c->dated)
		printf(LABEL
			"dated by the kernel: tried on loopback, within %s us of the sending\n",
			"arrivals", num_sig(late, (double)c->dated_late / NS_PER_US, 2));
	else
		printf(LABEL "not dated by the kernel (%s), but when they are read: late by what "
			     "the\n%13sclient is busy with\n",
			"arrivals", c->undated_why, "");
}

static void print_governor(const struct clockfacts *c)
{
	if (!c->governor[0])
		printf(LABEL "no governor of the frequency is told, as in most virtual machines\n",
			"processor");
	else if (strcmp(c->governor, "performance") == 0)
		printf(LABEL "governor performance\n", "processor");
	else
		printf(LABEL "governor %s: it may slow down between tokens, and rows differ by "
			     "it;\n%13s`cpupower frequency-set -g performance` keeps it fast\n",
			"processor", say_safe(c->governor), "");
}

static void print_cores(const struct doctor_facts *f)
{
	const struct clockfacts *c = &f->clock;
	printf(LABEL, "cores");
	if (c->cores > 0)
		printf("%d", c->cores);
	else
		printf("not told");
	if (!isnan(c->load))
		printf("; load %.2f when this began%s", c->load,
			c->cores > 0 && c->load > 0.5 * c->cores
				? ": other work disturbs what is measured"
				: "");
	printf("\n" LABEL "%s %s\n", "server", say_safe(f->server),
		f->shares
			? "is on this machine and shares its cores: what the client uses, it lacks"
			: "is on another machine");
}

/* The last level that says something of the client. */
static const struct streams_level *last_judged(const struct streams_level *levels, size_t n)
{
	while (n > 0 && levels[n - 1].verdict == STREAMS_NOT_JUDGED)
		n--;
	return n > 0 ? &levels[n - 1] : NULL;
}

/* Microseconds. */
static const char *few_us(ns t, char text[NUM_TEXT])
{
	return num_sig(text, fabs((double)t) / NS_PER_US, 2);
}

static void print_sent(const struct streams_level *l)
{
	char bias[NUM_TEXT], p99[NUM_TEXT], group[NUM_TEXT];
	bool before = l->sent.bias < 0;

	if (l->sent.n > 0)
		printf(LABEL "noted %s us %s the server has the request, so TTFT is too %s by "
			     "that\n%13s(median at %s stream%s; 99 %% within %s us)\n",
			"send time", few_us(l->sent.bias, bias), before ? "before" : "after",
			before ? "long" : "short", "", num_group(group, l->streams),
			l->streams == 1 ? "" : "s", few_us(l->sent.p99, p99));
}

/* What else the level shows of the client. */
static void print_client(const struct streams_level *l)
{
	char share[NUM_TEXT], group[NUM_TEXT], bytes[NUM_TEXT];

	num_group(group, l->streams);
	if (l->unresolved > 0)
		printf(LABEL "%s %% at %s streams cannot be told: chunks that came together\n",
			"gaps", num_sig(share, 100.0 * (double)l->unresolved / (double)l->gaps, 2),
			group);
	if (l->user_stamped > 0)
		printf(LABEL "%s at %s streams were dated when they were read\n", "chunks",
			num_group(share, (int64_t)l->user_stamped), group);
	if (l->memory >= 0)
		printf(LABEL "%s at %s stream%s\n", "memory", num_bytes(bytes, (double)l->memory),
			group, l->streams == 1 ? "" : "s");
}

void doctor_text_facts(const struct doctor_facts *f, const struct streams_level *levels, size_t n)
{
	const struct streams_level *last = last_judged(levels, n);

	printf("\n");
	print_clock(&f->clock);
	print_governor(&f->clock);
	print_cores(f);
	if (last) {
		print_sent(last);
		print_client(last);
	}
	if (f->files)
		printf(LABEL "more than %u streams need more open files than are allowed (ulimit "
			     "-n)\n",
			"files", f->files);
}

void doctor_text_trust(const struct doctor_load *load, const struct streams_level *levels, size_t n)
{
	char rate[NUM_TEXT], group[NUM_TEXT];
	uint32_t trusted;

	if (!streams_trusted(levels, n, &trusted))
		return; /* an error says so */
	if (trusted == 0)
		printf("\nThis machine may not be trusted even with %s stream%s of %s tok/s: %s.\n",
			num_group(group, levels[0].streams), levels[0].streams == 1 ? "" : "s",
			num_text(rate, load->rate), levels[0].why);
	else
		printf("\nThis machine may be trusted with %s stream%s of %s tok/s%s.\n",
			num_group(group, trusted), trusted == 1 ? "" : "s",
			num_text(rate, load->rate),
			trusted == levels[n - 1].streams ? ", all that were tried" : "");
}

/* ---- JSON ---- */

json_t *doctor_json(const struct doctor_facts *f, const struct streams_record *r)
{
	json_t *o = streams_record_json(r), *clock = json_object(), *server = json_object();
	const struct clockfacts *c = &f->clock;

	jsonx_put(clock, "source", jsonx_text(c->source));
	jsonx_put(clock, "reading_ns", json_integer(c->reading));
	jsonx_put(clock, "kernel_receive_times", json_boolean(c->dated));
	jsonx_put(clock, "kernel_receive_times_why", jsonx_text(c->undated_why));
	jsonx_put(clock, "governor", jsonx_text(c->governor));
	jsonx_put(clock, "cores", c->cores > 0 ? json_integer(c->cores) : json_null());
	jsonx_put(clock, "load_1min", jsonx_number(c->load));
	jsonx_put(server, "url", jsonx_text(f->server));
	jsonx_put(server, "shares_cores", json_boolean(f->shares));
	jsonx_put(o, "clock", clock);
	jsonx_put(o, "server", server);
	return o;
}
