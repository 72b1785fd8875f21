/* cmd_status.c - how far a run is, from another terminal or afterwards. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "jsonx.h"
#include "num.h"
#include "say.h"
#include "status_read.h"
#include "vec.h"

enum { OPT_JSON = 1, OPT_HELP };

static const struct opt status_table[] = {
	{"json", 0, NULL, "print one JSON object for each run", OPT_JSON},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

struct status_args {
	struct {
		const char **v;
		size_t n, cap;
	} dirs;
	bool json, help;
};

static const struct opt *status_options(void)
{
	return status_table;
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct status_args *a = arg;

	(void)e;
	if (!opt)
		*VEC_PUSH(&a->dirs) = text;
	else if (opt->id == OPT_JSON)
		a->json = true;
	else
		a->help = true;
	return 0;
}

/* ---- as text ---- */

static void print_safe(const char *text)
{
	char safe[400];

	fputs(err_quote(safe, sizeof(safe), text), stdout);
}

static void print_head(const struct run_status *s)
{
	const struct journal_tally *t = &s->tally;

	fputs(say_bold(), stdout);
	print_safe(s->dir);
	fputs(say_plain(), stdout);
	if (s->sweep.shards)
		printf("  shard %" PRIu32 "/%" PRIu32, s->sweep.shard, s->sweep.shards);
	if (t->writer == WRITER_THERE && t->pid)
		printf("  running, process %ld", t->pid);
	else if (strcmp(s->state, "killed") == 0)
		printf("  stopped without a word: killed, or the machine went down");
	else if (strcmp(s->state, "unknown") == 0)
		printf("  running or killed: this file system has no locks, so it cannot be told");
	else
		printf("  %s", s->state);
	printf("\n");
}

static void print_level(const char *what, const struct run_status *s, const char *key)
{
	char level[NUM_TEXT];
	double x = jsonx_get_number(s->search, key);

	if (isfinite(x))
		printf(", %s %s", what, num_text(level, x));
	else
		printf(", none %s", what);
}

/* How many levels it will take is not known: the answer so far is. */
static void print_search(const struct run_status *s)
{
	char from[NUM_TEXT], to[NUM_TEXT];
	size_t told, begun;

	status_levels(s, &told, &begun);
	printf("  search    ");
	print_safe(jsonx_get_string(s->search, "find"));
	printf(" from %s to %s: %zu level%s told",
		num_text(from, jsonx_get_number(s->search, "from")),
		num_text(to, jsonx_get_number(s->search, "to")), told, told == 1 ? "" : "s");
	if (begun > told)
		printf(", %zu begun", begun - told);
	print_level("confirmed", s, "confirmed");
	print_level("refused", s, "refused");
	if (json_array_size(json_object_get(s->search, "undecided")))
		printf(", %zu undecided", json_array_size(json_object_get(s->search, "undecided")));
	printf("\n");
}

static void print_failed(const struct run_status *s)
{
	char n[NUM_TEXT];
	int told = 0;

	printf("; %s failed", num_group(n, (int64_t)s->failed));
	for (int i = 0; i < STATUS_COUNT; i++) {
		if (i != STATUS_OK && s->tally.count[i])
			printf("%s%s %s", told++ ? ", " : " (", status_name((enum status)i),
				num_group(n, (int64_t)s->tally.count[i]));
	}
	printf("%s\n", told ? ")" : "");
}

static void print_counts(const struct run_status *s)
{
	const struct journal_tally *t = &s->tally;
	char done[NUM_TEXT], all[NUM_TEXT];
	bool at_most = s->sweep.until > 0 || s->sweep.budget_s > 0;

	printf("  requests  %s", num_group(done, (int64_t)t->done));
	if (s->requests)
		printf(" of %s%s done, %" PRIu64 " %%", at_most ? "at most " : "",
			num_group(all, (int64_t)s->requests), t->done * 100 / s->requests);
	else
		printf(" done");
	print_failed(s);
	printf("  loads     %s", num_group(done, (int64_t)t->loads));
	if (s->loads)
		printf(" of %s%s planned", at_most ? "at most " : "",
			num_group(all, (int64_t)s->loads));
	if (s->passes)
		printf("; %" PRIu32 " of %" PRIu64 " passes complete", s->passes_complete,
			s->passes);
	printf("\n");
}

static void print_pace(const struct run_status *s)
{
	const struct journal_tally *t = &s->tally;
	char text[NUM_TEXT];

	if (t->rows) {
		printf("  last      ");
		print_safe(t->last_cell.s);
		printf("%s%s in pass %" PRIu32 ", ", t->last_cell.len ? ", " : "",
			say_safe(t->last_phase), t->last_pass);
		print_safe(t->last_status);
		printf("%s%s\n", t->last_started[0] ? ", " : "", say_safe(t->last_started));
	}
	if (!isfinite(s->per_second))
		return;
	printf("  pace      %s requests a minute", num_sig(text, 60 * s->per_second, 3));
	if (isfinite(s->seconds_left))
		printf(", about %s left", num_duration(text, s->seconds_left));
	printf("\n");
}

static void print_sessions(const struct run_status *s)
{
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(s->manifest, "sessions"), i, one) {
		const char *how = jsonx_get_string(one, "how");
		const char *started = jsonx_get_string(one, "started");
		const char *end = jsonx_get_string(one, "end");

		printf("  session   %lld, ",
			(long long)json_integer_value(json_object_get(one, "number")));
		print_safe(how ? how : "unknown");
		printf(", ");
		print_safe(started ? started : "unknown");
		printf(": ");
		print_safe(end ? end : "no end written");
		printf("\n");
	}
}

static void print_files(const struct run_status *s)
{
	char text[NUM_TEXT], n[NUM_TEXT];

	printf("  files     %s", num_bytes(text, (double)s->tally.bytes));
	if (s->tally.bad)
		printf("; %s line%s that do not count", num_group(n, (int64_t)s->tally.bad),
			s->tally.bad == 1 ? "" : "s");
	if (s->set_aside)
		printf("; %s line%s set aside", num_group(n, (int64_t)s->set_aside),
			s->set_aside == 1 ? "" : "s");
	printf("\n");
}

static void print_text(const struct run_status *s)
{
	print_head(s);
	if (s->search)
		print_search(s);
	print_counts(s);
	print_pace(s);
	print_sessions(s);
	print_files(s);
}

static int show_all(const struct status_args *a)
{
	struct err e = ERR_INIT;
	int code = EXIT_FINE;

	if (a->dirs.n == 0) {
		err_set(&e, ERR_USAGE, "which run?");
		err_hint(&e, "chimera status runs/DATE-NAME");
		return say_error(&e);
	}
	for (size_t i = 0; i < a->dirs.n; i++) {
		struct run_status s;

		e = (struct err)ERR_INIT;
		if (status_read(&s, a->dirs.v[i], &e)) {
			code = exit_worse(code, say_error(&e));
			continue;
		}
		if (a->json)
			say_json(status_json(&s));
		else
			print_text(&s);
		status_release(&s);
	}
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct status_args a = {.json = false};
	struct err e = ERR_INIT;
	int code;

	if (opt_parse(status_table, "chimera status", argc, argv, take, &a, &e))
		code = say_error(&e);
	else
		code = a.help ? command_help(self) : show_all(&a);
	VEC_RELEASE(&a.dirs);
	return code;
}

const struct command cmd_status = {
	.name = "status",
	.usage = "chimera status [options] RUN...",
	.summary = "tell how far a run is, while it runs or afterwards",
	.about = "Reads a run directory and changes nothing in it: whether somebody is measuring "
		 "there,\n"
		 "requests done and failed, loads, passes, pace, time left, sessions and how they "
		 "ended.",
	.examples = "  chimera status runs/2026-11-24-gemma3-grid\n"
		    "  chimera status fleet/shard-*\n",
	.options = status_options,
	.run = run,
};
