/* options.h - what is known of Ollama's request options: type, range, and whether a change of it
 * forces a model load.  One table; sweep files, the command line, --help and the plan follow it.
 * Source: api/types.go of Ollama (docs/design.md lists the versions read). */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include <stddef.h>

enum option_type { OPTION_INT, OPTION_REAL, OPTION_BOOL, OPTION_STRINGS };

/* Runner options are set once per model load; sampling options change from request to request. */
enum stratum { STRATUM_RUNNER, STRATUM_SAMPLING };

struct option_spec {
	const char *name;
	enum option_type type;
	enum stratum stratum;
	double min, max; /* inclusive; for numbers */
	const char *help;
};

extern const struct option_spec option_specs[];
extern const size_t option_count;

const struct option_spec *option_find(
	const char *name); /* NULL: not an option Ollama is known to have */
/* The nearest known option's name, or NULL. */
const char *option_did_you_mean(const char *name);

#endif
