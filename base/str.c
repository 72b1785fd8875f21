/* str.c - the string builder.
 *
 * An overflow is final until str_reset: what is in the buffer is then always an unbroken beginning
 * of what was added, never a text with a hole. */
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define FIRST_CAP 64

/* What `s` points to while nothing is allocated; nobody writes to it. */
char str_empty[1] = "";

void str_release(struct str *b)
{
	if (b->cap)
		free(b->s);
	*b = (struct str)STR_INIT(b->max);
}

void str_reset(struct str *b)
{
	b->len = 0;
	b->overflowed = false;
	if (b->cap)
		b->s[0] = '\0';
}

/* Room for `extra` more bytes and a NUL.  False, and an overflow, where the ceiling forbids it. */
static bool make_room(struct str *b, size_t extra)
{
	size_t need, cap;

	if (b->overflowed || extra > b->max - b->len) {
		b->overflowed = true;
		return false;
	}
	need = b->len + extra + 1;
	if (need <= b->cap)
		return true;
	cap = b->cap ? b->cap : FIRST_CAP;
	while (cap < need)
		cap *= 2;
	b->s = xrealloc(b->cap ? b->s : NULL, cap, 1);
	b->cap = cap;
	return true;
}

void str_add(struct str *b, const char *s)
{
	str_addn(b, s, strlen(s));
}

void str_addn(struct str *b, const char *s, size_t len)
{
	if (len == 0 || !make_room(b, len))
		return;
	memcpy(b->s + b->len, s, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void str_addc(struct str *b, char c)
{
	str_addn(b, &c, 1);
}

void str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(b, fmt, ap);
	va_end(ap);
}

void str_vaddf(struct str *b, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		BUG("bad format \"%s\"", fmt);
	if (len == 0 || !make_room(b, (size_t)len))
		return;
	vsnprintf(b->s + b->len, (size_t)len + 1, fmt, ap);
	b->len += (size_t)len;
}

char *str_take(struct str *b)
{
	char *s = b->cap ? b->s : xstrdup("");

	*b = (struct str)STR_INIT(b->max);
	return s;
}
