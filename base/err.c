/* err.c - filling a struct err without ever allocating. */
#include "err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "..."

/* A terminal acts on control bytes, and on U+0080..U+009F, which are two bytes in UTF-8. */
static void make_printable(char *s)
{
	for (unsigned char *p = (unsigned char *)s; *p; p++) {
		if (*p < 0x20 || *p == 0x7f) {
			*p = '?';
		} else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
			p[0] = p[1] = '?';
		}
	}
}

/* Ends a text of size - 1 bytes that was cut there with "...", not inside a UTF-8 character. */
static void mark_cut(char *s, size_t size)
{
	size_t at;

	if (size <= sizeof(ELLIPSIS))
		return;
	at = size - sizeof(ELLIPSIS);
	while (at > 0 && ((unsigned char)s[at] & 0xc0) == 0x80)
		at--;
	memcpy(s + at, ELLIPSIS, sizeof(ELLIPSIS));
}

static void format(char *dst, size_t size, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
static void format(char *dst, size_t size, const char *fmt, va_list ap)
{
	int len = vsnprintf(dst, size, fmt, ap);

	if (len < 0)
		dst[0] = '\0';
	else if ((size_t)len >= size)
		mark_cut(dst, size);
	make_printable(dst);
}

/* Copies `first` and `second` one after the other into dst, which may be `second`. */
static void join(char *dst, size_t size, const char *first, const char *second)
{
	char both[2 * sizeof(((struct err *)0)->msg)];

	snprintf(both, sizeof(both), "%s%s", first, second);
	if (strlen(both) < size) {
		memcpy(dst, both, strlen(both) + 1);
	} else {
		memcpy(dst, both, size - 1);
		dst[size - 1] = '\0';
		mark_cut(dst, size);
	}
}

/* The arguments may point into `e`, so the new text is made beside it first. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	char msg[sizeof(e->msg)];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	format(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	e->code = code;
	memcpy(e->msg, msg, sizeof(msg));
	e->hint[0] = '\0';
	return -1;
}

int err_sys(struct err *e, enum err_code code, int errnum, const char *fmt, ...)
{
	char msg[sizeof(e->msg)], buf[128], why[140];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	format(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	snprintf(why, sizeof(why), ": %s", strerror_r(errnum, buf, sizeof(buf)));
	/* The reason is worth more than the end of a long message. */
	if (strlen(msg) + strlen(why) >= sizeof(msg)) {
		msg[sizeof(msg) - strlen(why) - 1] = '\0';
		mark_cut(msg, sizeof(msg) - strlen(why));
	}
	e->code = code;
	join(e->msg, sizeof(e->msg), msg, why);
	e->hint[0] = '\0';
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char prefix[sizeof(e->msg)];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	format(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	join(e->msg, sizeof(e->msg), prefix, e->msg);
	return -1;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	char hint[sizeof(e->hint)];
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	format(hint, sizeof(hint), fmt, ap);
	va_end(ap);
	memcpy(e->hint, hint, sizeof(hint));
	return -1;
}

const char *err_quote(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	bool cut = len >= size;

	if (size == 0)
		return dst;
	if (cut)
		len = size - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
	if (cut)
		mark_cut(dst, size);
	make_printable(dst);
	return dst;
}
