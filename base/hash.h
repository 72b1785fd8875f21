/* hash.h - CRC-32C for rows, SHA-256 for content and identities.
 *
 * SHA-256 is libcrypto's (which libcurl brings into the process anyway); CRC-32C uses the CPU's
 * instruction where there is one, three parts of a long text at once. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_SHA_TEXT 65 /* 64 hex digits and NUL */
#define HASH_ID_TEXT  17 /* 16 hex digits and NUL */

/* CRC-32C (Castagnoli, RFC 3720): continues from `crc`, 0 to begin. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
/* The same without the CPU's instruction. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len);

/* Whether a line of a journal file ends in ",CRC": 8 lower-case hex digits, the CRC-32C of the
 * bytes before that comma.  The one rule for reading rows and for mending files; without the line's
 * end. */
#define ROW_CRC_DIGITS 8
enum row_crc { ROW_CRC_FITS, ROW_CRC_MISSING, ROW_CRC_WRONG };
enum row_crc row_crc_check(const char *line, size_t len);
/* The 8 digits alone; false if they are none. */
bool row_crc_parse(const char *digits, uint32_t *ret);

/* FNV-1a, 64 bits (Fowler, Noll and Vo), continued from `h`; begin with HASH64.  For tables in
 * memory: nobody is kept from making texts that collide. */
#define HASH64 UINT64_C(0xcbf29ce484222325)
static inline uint64_t hash64_add(uint64_t h, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return h;
}
/* The finalizer of splitmix64 (Steele, Lea and Flood 2014). */
static inline uint64_t hash64_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* A running SHA-256. */
struct sha {
	void *ctx;
};
void sha_init(struct sha *h);
void sha_add(struct sha *h, const void *data, size_t len);
void sha_text(struct sha *h, char hex[HASH_SHA_TEXT]); /* finishes and releases */
void sha_release(struct sha *h); /* releases without result; fine after sha_text */

/* SHA-256 of one buffer. */
char *hash_sha256(char hex[HASH_SHA_TEXT], const void *data, size_t len);
/* The first 64 bits of the SHA-256 of the NUL-terminated parts, each ended by a zero byte, so that
 * ("ab","c") and ("a","bc") differ.  The list ends with NULL. */
char *hash_id(char hex[HASH_ID_TEXT], const char *part, ...);
/* The value of 16 lower-case hex digits; false if they are none. */
bool hash_id_parse(const char *digits, uint64_t *ret);

#endif
