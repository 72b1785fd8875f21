/* analyze_args.h - what `chimera analyze` was asked. */
#ifndef CMD_ANALYZE_ARGS_H
#define CMD_ANALYZE_ARGS_H

#include "command.h"
#include "dataset_table.h"

#define ANALYZE_MOST_PATHS 64

struct analyze_args {
	const char *path[ANALYZE_MOST_PATHS]; /* run directories, or one table */
	size_t npaths;
	struct table_roles roles; /* of a table; `where` of runs too */
	enum table_scale scale;   /* of all measures */
	const char *out;          /* NULL: into the run */
	bool json, quiet, help;
	struct analyze_margin {
		const char *name;
		double size;
		bool share; /* stated as a percentage */
	} margin[METRIC_MAX], weight[METRIC_MAX];
	size_t nmargins, nweights;
	double max_failures; /* 0: not stated */
	char **kept;         /* what the names point to */
	size_t nkept;
};

const struct opt *analyze_options(void);
/* ERR_USAGE; release in any case. */
int analyze_parse(struct analyze_args *a, int argc, char **argv, struct err *e) NODISCARD;
/* What was asked of the choice, by the names of the dataset's measures. */
int analyze_wishes(const struct analyze_args *a, struct dataset *d, struct err *e) NODISCARD;
void analyze_args_release(struct analyze_args *a);

#endif
