/* main.c - the calibration table, every row of it, on the whole chain: exit 1 if any bar is
 * missed.  `make calibrate`, options by CALIBRATE='...'. */
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bug.h"
#include "num.h"
#include "opt.h"
#include "rows.h"

#define MOST 1000000

enum {
	OPT_SWEEPS = 1,
	OPT_FEWER,
	OPT_PILOTS,
	OPT_ONLY,
	OPT_SEED,
	OPT_JOBS,
	OPT_JSON,
	OPT_CSV,
	OPT_HELP
};

static const struct opt options[] = {
	{"sweeps", 0, "N", "sweeps of each condition and design [2000]", OPT_SWEEPS},
	{"fewer", 0, "N", "sweeps of each other claim [1000]", OPT_FEWER},
	{"pilots", 0, "N", "pilots that advise a number of passes [200]", OPT_PILOTS},
	{"only", 0, "ROW",
		"false-alarms, coverage, power, equivalence, choice, front, planted; may repeat",
		OPT_ONLY},
	{"seed", 0, "N", "of all sweeps [1]", OPT_SEED},
	{"jobs", 'j', "N", "threads [one for each core]; changes no result", OPT_JOBS},
	{"json", 0, "FILE", "also write all figures as one JSON object", OPT_JSON},
	{"csv", 0, "FILE", "also write them as a table", OPT_CSV},
	{"help", 'h', NULL, "this text", OPT_HELP},
	{0},
};

static const struct row {
	const char *name;
	int (*make)(struct calibration_of *a, struct err *e);
} rows[] = {
	{"false-alarms", row_false_alarms},
	{"coverage", row_coverage},
	{"power", row_power},
	{"equivalence", row_equivalence},
	{"choice", row_choice},
	{"front", row_front},
	{"planted", row_planted},
};

struct args {
	struct calibration_of of;
	bool only[COUNTOF(rows)], some, help;
	const char *json, *csv;
};

static int take_count(const struct opt *opt, const char *text, size_t *ret, struct err *e)
{
	int64_t n;

	if (!num_parse_int(text, strlen(text), &n) || n < 1 || n > MOST)
		return err_set(
			e, ERR_USAGE, "--%s: expected a number from 1 to %d", opt->name, MOST);
	*ret = (size_t)n;
	return 0;
}

static int take_only(struct args *a, const char *text, struct err *e)
{
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		if (strcmp(rows[i].name, text) == 0) {
			a->only[i] = a->some = true;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "--only: there is no such row");
}

static int take(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct args *a = arg;
	size_t n = 0;

	switch (opt ? opt->id : 0) {
	case OPT_SWEEPS:
		return take_count(opt, text, &a->of.sweeps, e);
	case OPT_FEWER:
		return take_count(opt, text, &a->of.fewer, e);
	case OPT_PILOTS:
		return take_count(opt, text, &a->of.pilots, e);
	case OPT_ONLY:
		return take_only(a, text, e);
	case OPT_SEED:
		if (take_count(opt, text, &n, e))
			return -1;
		a->of.seed = n;
		return 0;
	case OPT_JOBS:
		return take_count(opt, text, &a->of.threads, e);
	case OPT_JSON:
		a->json = text;
		return 0;
	case OPT_CSV:
		a->csv = text;
		return 0;
	case OPT_HELP:
		a->help = true;
		return 0;
	default:
		return err_set(e, ERR_USAGE, "no operands are expected");
	}
}

static int complain(const struct err *e)
{
	fprintf(stderr, "calibrate: %s\n", e->msg);
	return e->code;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int make_rows(struct args *a, struct err *e)
{
	claims_head(stdout);
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		double began = now_s();

		if (a->some && !a->only[i])
			continue;
		if (rows[i].make(&a->of, e))
			return err_prefix(e, "%s: ", rows[i].name);
		printf("  (%s: %.0f s)\n", rows[i].name, now_s() - began);
	}
	return 0;
}

static int write_all(const struct args *a, struct err *e)
{
	if (a->json) {
		json_t *all = claims_json(a->of.claims);
		int failed = json_dump_file(all, a->json, JSON_INDENT(1));

		json_decref(all);
		if (failed)
			return err_set(e, ERR_ENV, "%s: cannot be written", a->json);
	}
	if (a->csv) {
		FILE *f = fopen(a->csv, "w");

		if (!f)
			return err_set(e, ERR_ENV, "%s: cannot be written", a->csv);
		claims_csv(a->of.claims, f);
		if (fclose(f))
			return err_set(e, ERR_ENV, "%s: cannot be written", a->csv);
	}
	return 0;
}

static void help(void)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	opt_help(options, &text);
	printf("usage: calibrate [options]\n%s", text.s);
	str_release(&text);
}

int main(int argc, char **argv)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct claims claims = {.live = stdout};
	struct args a = {.of = {.sweeps = 2000,
				 .fewer = 1000,
				 .pilots = 200,
				 .per_pilot = 10,
				 .threads = cores < 1 ? 1 : (size_t)cores,
				 .seed = 1,
				 .claims = &claims}};
	struct err e = ERR_INIT;
	int code;

	/* Asked for before threads are there, who could not share it. */
	gsl_set_error_handler_off();
	if (opt_parse(options, "calibrate", argc, argv, take, &a, &e))
		return complain(&e);
	if (a.help) {
		help();
		return 0;
	}
	if (make_rows(&a, &e) || write_all(&a, &e)) {
		claims_release(&claims);
		return complain(&e);
	}
	claims_sum(&claims, stdout);
	code = claims_count(&claims, CLAIM_FAIL) > 0;
	claims_release(&claims);
	return code;
}
