/* progress.c - the progress line. */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "num.h"

#define PLAIN_EVERY (30 * NS_PER_S)

void progress_init(struct progress *p, bool quiet)
{
	*p = (struct progress){.quiet = quiet, .tty = isatty(STDERR_FILENO)};
}

/* "9:41" or "1:02:05". */
static void clock_text(char *dst, size_t size, double seconds)
{
	long s = (long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(dst, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(dst, size, "%ld:%02ld", s / 60, s % 60);
}

static void add_left(const struct runner_progress *r, struct str *line)
{
	char left[24];

	if (r->left == NS_NONE || r->done >= r->total)
		return;
	clock_text(left, sizeof(left), (double)r->left / 1e9);
	str_addf(line, "  %s left", left);
}

/* Servers that were set aside. */
static void add_sick(const struct session *s, const struct runner_progress *r, struct str *line)
{
	if (r->sick)
		str_addf(line, "  %u of %zu servers", (unsigned)(s->plan->nservers - r->sick),
			s->plan->nservers);
}

static void add_last(const struct runner_progress *r, struct str *line)
{
	char a[NUM_TEXT], b[NUM_TEXT];

	if (!isnan(r->last_tok_s) && r->last_tok_s > 0)
		str_addf(line, "  %s tok/s", num_sig(a, r->last_tok_s, 3));
	if (r->last_ttft != NS_NONE && r->last_ttft > 0)
		str_addf(line, "  TTFT %s ms", num_sig(b, (double)r->last_ttft / 1e6, 3));
}

static void compose(const struct session *s, ns now, struct str *line)
{
	struct runner_progress r;
	char *label;

	runner_progress(s->runner, &r);
	str_addf(line, "%*llu/%llu  %llu %%",
		(int)snprintf(NULL, 0, "%llu", (unsigned long long)r.total),
		(unsigned long long)r.done, (unsigned long long)r.total,
		(unsigned long long)(r.total ? r.done * 100 / r.total : 100));
	add_left(&r, line);
	add_sick(s, &r, line);
	if (r.interrupted) {
		str_add(line, "  stopping");
	} else if (r.loading) {
		str_addf(line, "  loading %s, %lld s", s->plan->blocks[r.block].label,
			(long long)((now - r.loading_since) / NS_PER_S));
	} else {
		label = plan_cell_label(s->plan, r.cell);
		str_addf(line, "  %s", label);
		free(label);
		add_last(&r, line);
	}
	str_addf(line, "  failed %llu", (unsigned long long)r.failed);
}

static int terminal_width(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 80;
}

static void show_tty(struct progress *p, const struct str *line)
{
	int width = terminal_width() - 1;
	char safe[400];

	err_quote(safe, sizeof(safe), line->s);
	fprintf(stderr, "\r%-*.*s", width, width, safe);
	fflush(stderr);
	p->line_open = true;
}

/* Plain: at each tenth, or when half a minute has passed in silence. */
static bool plain_is_due(struct progress *p, const struct session *s, ns now)
{
	struct runner_progress r;
	uint64_t tenth;

	runner_progress(s->runner, &r);
	tenth = r.total ? r.done * 10 / r.total : 10;
	if (tenth == p->last_tenth && now - p->last_told < PLAIN_EVERY)
		return false;
	p->last_tenth = tenth;
	p->last_told = now;
	return true;
}

void progress_show(void *arg, const struct session *s, ns now)
{
	struct progress *p = arg;
	struct str line = STR_INIT(4096);
	char safe[400];

	if (p->quiet)
		return;
	if (!p->begun) {
		struct runner_progress r;

		runner_progress(s->runner, &r);
		p->begun = true;
		p->last_told = now;
		p->last_tenth = r.total ? r.done * 10 / r.total : 10;
	}
	compose(s, now, &line);
	if (p->tty)
		show_tty(p, &line);
	else if (plain_is_due(p, s, now))
		fprintf(stderr, "%s\n", err_quote(safe, sizeof(safe), line.s));
	str_release(&line);
}

void progress_say(struct progress *p, const char *line)
{
	char safe[400];

	if (p->quiet)
		return;
	progress_end(p);
	fprintf(stderr, "%s\n", err_quote(safe, sizeof(safe), line));
}

void progress_end(struct progress *p)
{
	if (p->line_open && p->wipe)
		fprintf(stderr, "\r%*s\r", terminal_width() - 1, "");
	else if (p->line_open)
		fputc('\n', stderr);
	p->line_open = false;
}
