/* finish.c - what a person sees last. */
#include "finish.h"

#include <stdio.h>
#include <string.h>

#include "fsx.h"
#include "jsonx.h"
#include "num.h"
#include "pipeline.h"
#include "say.h"

/* Why it ended before the plan did, and what a look found. */
static void print_stop(const struct measured *m)
{
	if (m->stopped == STOP_ENOUGH || m->stopped == STOP_BUDGET)
		printf("%s\n", say_safe(m->why));
	if (m->looked[0])
		printf("%s\n", say_safe(m->looked));
}

/* "216 of 216 ok in 13 min 52 s; 40 loads, as planned" */
static void print_outcome(const struct setup *s, const struct measured *m, const struct str *clause)
{
	char took[NUM_TEXT];

	printf("\n%s%llu of %llu requests done in %s%s; %llu failed; %llu load%s", say_bold(),
		(unsigned long long)m->done, (unsigned long long)m->total,
		num_duration(took, m->seconds), s->is_virtual ? " of virtual time" : "",
		(unsigned long long)m->failed, (unsigned long long)m->loads_made,
		m->loads_made == 1 ? "" : "s");
	if (m->loads_made == m->loads_planned)
		printf(", as planned");
	else if (m->stopped == STOP_ENOUGH || m->stopped == STOP_BUDGET)
		printf(" of at most %llu", (unsigned long long)m->loads_planned);
	else
		printf(" (planned %llu)", (unsigned long long)m->loads_planned);
	printf("%s%s%s\n", clause->len ? "; " : "", clause->len ? clause->s : "", say_plain());
	print_stop(m);
	if (s->simulated)
		printf("SIMULATED: no model was run; these are figures of a simulated machine.\n");
}

static void print_json(const struct setup *s, const char *dir, const struct measured *m, int code)
{
	json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:b, s:b, s:i}", "run",
		dir, "end", m->end, "requests", (json_int_t)m->total, "done", (json_int_t)m->done,
		"failed", (json_int_t)m->failed, "rows", (json_int_t)m->rows, "loads",
		(json_int_t)m->loads_made, "loads_planned", (json_int_t)m->loads_planned, "seconds",
		m->seconds, "simulated", s->simulated, "virtual", s->is_virtual, "exit", code);

	say_json(o);
}

static int end_code(const struct measured *m, int code)
{
	if (m->stopped == STOP_INTERRUPTED)
		code = exit_worse(code, ERR_INTERRUPTED);
	if (m->stopped == STOP_SERVER_GONE)
		code = exit_worse(code, ERR_ENV);
	/* Requests that nothing was measured of are no better than failed ones, unless they were
	 * not needed or there was no time for them. */
	if (m->failed ||
		(m->done < m->total && m->stopped != STOP_ENOUGH && m->stopped != STOP_BUDGET))
		code = exit_worse(code, EXIT_FAILED_REQUESTS);
	return code;
}

int finish(const struct setup *s, const char *dir, const struct measured *m, int code,
	const struct finish_options *opt)
{
	struct str brief = STR_INIT(1 << 20), clause = STR_INIT(STR_MAX_LINE);

	code = end_code(m, code);
	if (m->stopped == STOP_SERVER_GONE) {
		struct err e = ERR_INIT;

		err_set(&e, ERR_ENV, "%s", m->why[0] ? m->why : "the server is gone");
		err_hint(&e, "when it is back: chimera resume %s", dir);
		say_error(&e);
	}
	if (!opt->no_report)
		code = exit_worse(code, pipeline(dir, PIPELINE_ALL, &brief, &clause));
	if (opt->json) {
		print_json(s, dir, m, code);
	} else {
		print_outcome(s, m, &clause);
		fputs(brief.s, stdout);
		if (!opt->no_report && brief.len)
			printf("report  %s/report.html\n", say_safe(dir));
		if (m->stopped == STOP_ENOUGH)
			printf("more passes, should they be wanted: chimera resume %s --passes N\n",
				say_safe(dir));
		else if (m->done < m->total || m->stopped != STOP_COMPLETE)
			printf("chimera resume %s\n", say_safe(dir));
	}
	str_release(&brief);
	str_release(&clause);
	return code;
}
