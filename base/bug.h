/* bug.h - our own mistakes, and memory that is not there.
 *
 * BUG() is for states that cannot be: it names the place and aborts, in every build.  Running out
 * of memory prints one line and exits 3; the journal survives that by design, so dying is the
 * simplest correct answer.  These are the only places outside the commands that print or exit. */
#ifndef BASE_BUG_H
#define BASE_BUG_H

#include "compiler.h"

#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4) NORETURN;

/* As malloc, calloc, realloc (of `count` elements), strdup; never NULL.  Freed with free(). */
void *xmalloc(size_t size) NODISCARD;
void *xcalloc(size_t count, size_t size) NODISCARD;
void *xrealloc(void *old, size_t count, size_t size) NODISCARD;
char *xstrdup(const char *s) NODISCARD;
char *xstrndup(const char *s, size_t len) NODISCARD;
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) NODISCARD;

#endif
