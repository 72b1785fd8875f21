/* bug.c - the only code outside the commands that prints or ends the process. */
#include "bug.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_NO_MEMORY 3

void bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "chimera: BUG at %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* _exit, not exit: handlers would want memory, and other threads may still be at work. */
static void die_without_memory(size_t count, size_t size) NORETURN;
static void die_without_memory(size_t count, size_t size)
{
	fprintf(stderr, "chimera: out of memory (asked for %zu x %zu bytes)\n", count, size);
	_exit(EXIT_NO_MEMORY);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		die_without_memory(1, size);
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		die_without_memory(count, size);
	return p;
}

void *xrealloc(void *old, size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes))
		die_without_memory(count, size);
	p = realloc(old, bytes ? bytes : 1);
	if (!p)
		die_without_memory(count, size);
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

/* As strndup: stops at a NUL before `len`. */
char *xstrndup(const char *s, size_t len)
{
	size_t n = strnlen(s, len);
	char *copy = xmalloc(n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		die_without_memory(1, strlen(fmt));
	return text;
}
