/* suite_rules.h - the rules of the questions in sweeps/prompts/graded.json, worked out again.
 *
 * "= 17 + 25": an expression (base/expr.h); "? 7 > 5": a condition, yes or no; else a verb with
 * words after it, such as "reverse cat" or "weekday Monday +10". */
#ifndef TESTS_SUITE_RULES_H
#define TESTS_SUITE_RULES_H

#include <stdbool.h>

#include "str.h"

/* Appends the right answer; false if the rule is none that is known here. */
bool suite_rule(const char *rule, struct str *answer);

#endif
