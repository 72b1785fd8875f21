/* search_args.h - the command line of `chimera search`. */
#ifndef CMD_SEARCH_ARGS_H
#define CMD_SEARCH_ARGS_H

#include "search_run.h"

struct search_args {
	struct sweep_args sweep;
	const struct search_axis *axis; /* NULL: --find was not given */
	struct search_asked asked;
	double range[3]; /* from, to, resolution; NaN: not given */
	const char *out, *resume;
	bool no_chunks, quiet, json, help;
	bool limits_given, range_given;
};

const struct opt *search_options(void);
void search_args_init(struct search_args *a);
void search_args_release(struct search_args *a);
/* opt_fn of a struct search_args. */
int search_args_take(const struct opt *opt, const char *text, void *arg, struct err *e);
/* What only all options together show; puts the axis into the sweep's factors. */
int search_args_check(struct search_args *a, struct err *e);
/* The limits that were not given, from the sweep's goodput; ERR_USAGE if there is none at all. */
int search_args_limits(struct search_args *a, const struct sweep *s, struct err *e);

#endif
