/* hash.c - CRC-32C by hand, SHA-256 by libcrypto. */
#include "hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "word.h"

#define CRC32C_POLYNOMIAL 0x82f63b78u /* reflected */
#define LONG              192         /* bytes from which three parts at once are worth it */

static uint32_t crc_table[256];

static void crc_fill_table(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ CRC32C_POLYNOMIAL : crc >> 1;
		crc_table[byte] = crc;
	}
}

/* For any machine: about 0.5 GB/s. */
static uint32_t crc_by_table(uint32_t crc, const unsigned char *p, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, crc_fill_table);
	while (len--)
		crc = crc >> 8 ^ crc_table[(crc ^ *p++) & 0xff];
	return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define MOST_WORDS 128 /* of a stream at a time */

/* [n - 1]: x^(64 n - 33) modulo the polynomial; a state times it, times x^33 by the instruction, is
 * the state n words of zeros later. */
static uint64_t crc_power[2 * MOST_WORDS];

__attribute__((target("sse4.2"))) static void crc_fill_powers(void)
{
	crc_power[0] = 1; /* x^31 */
	for (int i = 1; i < 2 * MOST_WORDS; i++)
		crc_power[i] = __builtin_ia32_crc32di(0, crc_power[i - 1]);
}

/* The state `words` words of zeros later. */
__attribute__((target("sse4.2,pclmul"))) static inline uint64_t crc_shift(
	uint64_t crc, size_t words)
{
	__m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc),
		_mm_cvtsi64_si128((long long)crc_power[words - 1]), 0);

	return __builtin_ia32_crc32di(0, (uint64_t)_mm_cvtsi128_si64(product));
}

/* The instruction takes three cycles, but a new one can begin in each: three parts of `words` words
 * at once, put together by what a state is after so many zeros. */
__attribute__((target("sse4.2,pclmul"))) static uint64_t crc_three(
	uint64_t crc, const unsigned char *p, size_t words)
{
	const unsigned char *second = p + 8 * words, *third = second + 8 * words;
	uint64_t b = 0, c = 0;

	for (size_t i = 0; i < words; i++) {
		crc = __builtin_ia32_crc32di(crc, word_at(p + 8 * i));
		b = __builtin_ia32_crc32di(b, word_at(second + 8 * i));
		c = __builtin_ia32_crc32di(c, word_at(third + 8 * i));
	}
	return crc_shift(crc, 2 * words) ^ crc_shift(b, words) ^ c;
}

static bool cpu_multiplies(void)
{
	return __builtin_cpu_supports("pclmul");
}

/* For any x86 of the last fifteen years: eight bytes at a time. */
__attribute__((target("sse4.2"))) static uint32_t crc_by_cpu(
	uint32_t crc, const unsigned char *p, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint64_t wide = crc;

	if (len >= LONG && cpu_multiplies()) {
		pthread_once(&once, crc_fill_powers);
		for (size_t words; len >= LONG; p += 24 * words, len -= 24 * words) {
			words = len / 24 < MOST_WORDS ? len / 24 : MOST_WORDS;
			wide = crc_three(wide, p, words);
		}
	}
	for (; len >= 8; len -= 8, p += 8)
		wide = __builtin_ia32_crc32di(wide, word_at(p));
	crc = (uint32_t)wide;
	while (len--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}

static bool cpu_has_crc(void)
{
	return __builtin_cpu_supports("sse4.2");
}

#else

static uint32_t crc_by_cpu(uint32_t crc, const unsigned char *p, size_t len)
{
	return crc_by_table(crc, p, len);
}

static bool cpu_has_crc(void)
{
	return false;
}

#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	return ~(cpu_has_crc() ? crc_by_cpu(~crc, data, len) : crc_by_table(~crc, data, len));
}

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len)
{
	return ~crc_by_table(~crc, data, len);
}

/* Eight lower-case hex digits at once, a byte each; what is none is not what its value is written
 * as.  No branch depends on a digit: they are as random as can be. */
static bool hex_parse(const char *digits, uint32_t *ret)
{
	const uint64_t each = WORD_EACH, text = word_at(digits);
	uint64_t value = (text & 15 * each) + 9 * (text >> 6 & each);
	uint64_t letters = (value + 6 * each) >> 4 & each;
	uint64_t written = '0' * each + value + ('a' - '9' - 1) * letters;

	if (written != text || value & 0xf0 * each)
		return false;
	value = (value << 4 | value >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	value = (value << 8 | value >> 16) & UINT64_C(0x0000ffff0000ffff);
	*ret = (uint32_t)(value << 16 | value >> 32);
	return true;
}

bool row_crc_parse(const char *digits, uint32_t *ret)
{
	return hex_parse(digits, ret);
}

bool hash_id_parse(const char *digits, uint64_t *ret)
{
	uint32_t high, low;

	if (!hex_parse(digits, &high) || !hex_parse(digits + 8, &low))
		return false;
	*ret = (uint64_t)high << 32 | low;
	return true;
}

enum row_crc row_crc_check(const char *line, size_t len)
{
	uint32_t crc;

	if (len < ROW_CRC_DIGITS + 1 || line[len - ROW_CRC_DIGITS - 1] != ',' ||
		!row_crc_parse(line + len - ROW_CRC_DIGITS, &crc))
		return ROW_CRC_MISSING;
	return crc == crc32c(0, line, len - ROW_CRC_DIGITS - 1) ? ROW_CRC_FITS : ROW_CRC_WRONG;
}

void sha_init(struct sha *h)
{
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1)
		BUG("libcrypto has no SHA-256");
}

void sha_add(struct sha *h, const void *data, size_t len)
{
	if (EVP_DigestUpdate(h->ctx, data, len) != 1)
		BUG("SHA-256 failed");
}

/* Finishes, releases, and writes the first `digits` / 2 bytes as hex. */
static void sha_hex(struct sha *h, char *hex, size_t digits)
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (EVP_DigestFinal_ex(h->ctx, sum, NULL) != 1)
		BUG("SHA-256 failed");
	sha_release(h);
	for (size_t i = 0; i < digits; i++)
		hex[i] = "0123456789abcdef"[i % 2 ? sum[i / 2] & 15 : sum[i / 2] >> 4];
	hex[digits] = '\0';
}

void sha_text(struct sha *h, char hex[HASH_SHA_TEXT])
{
	sha_hex(h, hex, HASH_SHA_TEXT - 1);
}

void sha_release(struct sha *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
}

char *hash_sha256(char hex[HASH_SHA_TEXT], const void *data, size_t len)
{
	struct sha h;

	sha_init(&h);
	sha_add(&h, data, len);
	sha_text(&h, hex);
	return hex;
}

char *hash_id(char hex[HASH_ID_TEXT], const char *part, ...)
{
	struct sha h;
	va_list ap;

	sha_init(&h);
	va_start(ap, part);
	for (; part; part = va_arg(ap, const char *))
		sha_add(&h, part, strlen(part) + 1);
	va_end(ap);
	sha_hex(&h, hex, HASH_ID_TEXT - 1);
	return hex;
}
