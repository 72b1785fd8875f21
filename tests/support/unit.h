/* unit.h - what every cmocka test includes: cmocka with the headers it wants before it, a temporary
 * folder, and assertions that cmocka lacks. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compiler.h"
#include "err.h"

/* A new empty folder in $TMPDIR or /tmp.  The path is valid until unit_tmpdir_remove, which removes
 * the folder with all that is in it.  One at a time. */
const char *unit_tmpdir(void);
void unit_tmpdir_remove(void);

/* The path of `name` in the temporary folder; the last eight stay valid. */
const char *unit_path(const char *name);
/* Writes a file there (an embedded NUL is fine) and returns its path, as unit_path. */
const char *unit_write(const char *name, const void *data, size_t len);
const char *unit_write_text(const char *name, const char *text);

/* Group setup and teardown for cmocka_run_group_tests: the temporary folder. */
int unit_setup_tmpdir(void **state);
int unit_teardown_tmpdir(void **state);

/* The same double to the bit, except that any NaN equals any other. */
#define assert_double(got, wanted) unit_assert_double((got), (wanted), __FILE__, __LINE__)
void unit_assert_double(double got, double wanted, const char *file, int line);

/* `text` contains `part`; both are printed if not. */
#define assert_contains(text, part) unit_assert_contains((text), (part), __FILE__, __LINE__)
void unit_assert_contains(const char *text, const char *part, const char *file, int line);

/* Runs fn(arg) in a child process whose stderr is thrown away, and returns how it ended as waitpid
 * says it: for what aborts or exits. */
int unit_in_child(void (*fn)(void *arg), void *arg);

#endif
