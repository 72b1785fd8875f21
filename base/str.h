/* str.h - the one string builder.
 *
 * Always NUL-terminated (`s` is "" when nothing was added), knows its length, may hold NULs, and
 * has a ceiling set at init: an add that would pass it adds nothing and sets `overflowed`, and so
 * does every later one until str_reset, so hostile input cannot grow it without bound.
 * STR_INIT(max) allocates nothing. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

struct str {
	char *s;
	size_t len, cap, max;
	bool overflowed;
};

extern char str_empty[1];

#define STR_MAX_LINE ((size_t)8 << 20)   /* one line of a file or of the wire */
#define STR_MAX_FILE ((size_t)512 << 20) /* a whole output file */
#define STR_INIT(ceiling)                                                                          \
	{                                                                                          \
		.s = str_empty, .len = 0, .cap = 0, .max = (ceiling), .overflowed = false          \
	}

void str_release(struct str *b); /* frees the contents; the str is as after STR_INIT */
void str_reset(struct str *b);   /* empties it, keeps the memory, forgets an overflow */
void str_add(struct str *b, const char *s);
void str_addn(struct str *b, const char *s, size_t len);
void str_addc(struct str *b, char c);
void str_addf(struct str *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void str_vaddf(struct str *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Hands the contents to the caller, who frees them with free(); the str is empty after it. */
char *str_take(struct str *b) NODISCARD;

#endif
