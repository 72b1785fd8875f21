/* utf8.h - one character of UTF-8. */
#ifndef REPORT_UTF8_H
#define REPORT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character at s, of which `room` bytes may be read, and its length in bytes; 0 for what is not
 * UTF-8, and for NUL.  Of a text that a NUL ends, SIZE_MAX will do: no character goes beyond it. */
uint32_t utf8_at(const unsigned char *s, size_t room, size_t *len);

#endif
