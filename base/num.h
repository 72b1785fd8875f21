/* num.h - numbers as text: whatever the locale, no digit lost, none invented. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"

#define NUM_TEXT 40 /* room for any number written here */

/* The fewest significant digits that read back to the same double: "0.1", "4096", "2e-07".
 * dst holds NUM_TEXT bytes.  NaN gives "" (missing), infinities "inf" and "-inf".  Returns dst. */
char *num_text(char *dst, double x);
/* Nanoseconds as milliseconds with 6 decimals: "12.345678"; NS_NONE gives "".  Returns dst. */
char *num_ms(char *dst, ns t);
/* Nanoseconds as microseconds with as many of the three decimals as needed: "20001.5"; NS_NONE
 * gives "".  Returns the length: a long answer has thousands of these, and they are written on the
 * loop. */
size_t num_us(char *dst, ns t);
/* `digits` significant digits in plain notation, for people: num_sig(d, 87.3412, 3) "87.3",
 * 12345.6 with 3 "12346" (never scientific, integers are not rounded).  NaN gives "". */
char *num_sig(char *dst, double x, int digits);
/* Thousands separated by commas: "10,000,000". */
char *num_group(char *dst, int64_t x);

/* The whole of s (len bytes) is one decimal number, with a point, no spaces, hex, inf or nan. */
bool num_parse(const char *s, size_t len, double *ret);
bool num_parse_int(const char *s, size_t len, int64_t *ret);
/* A share as people write it, "2%" or "0.02"; false also where it is not from min to max. */
bool num_share(const char *s, size_t len, double min, double max, double *ret);

/* A duration for people: "83 ms", "12.4 s", "13 min 52 s", "2 h 05 min". */
char *num_duration(char *dst, double seconds);
/* A size for people in powers of 1024: "467 MiB". */
char *num_bytes(char *dst, double bytes);

#endif
