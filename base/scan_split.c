/* scan_split.c - where the commas of a line are and where it ends, 64 bytes at a time. */
#include <string.h>

#include "scan_internal.h"

/* Notes the commas among 64 bytes at `at`, in the bits of the mask. */
static inline void note(struct scan_line *l, uint64_t commas, size_t at)
{
	size_t n = l->ncommas;

	l->ncommas += (size_t)__builtin_popcountll(commas);
	for (; commas && n < l->room; commas &= commas - 1)
		l->comma[n++] = (uint32_t)(at + (size_t)__builtin_ctzll(commas));
}

/* Byte by byte. */
static void split_rest(struct scan_line *l, const char *s, const char *end)
{
	for (; s < end; s++) {
		if (*s == '\n') {
			l->ended = true;
			break;
		}
		if (*s == ',') {
			if (l->ncommas < l->room)
				l->comma[l->ncommas] = (uint32_t)(s - l->s);
			l->ncommas++;
		}
		l->special |= *s == '"' || *s == '\\' || *s == '\0';
	}
	l->len = (size_t)(s - l->s);
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static inline uint64_t equal(__m256i a, __m256i b, char c)
{
	__m256i wanted = _mm256_set1_epi8(c);
	uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, wanted));
	uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, wanted));

	return (uint64_t)high << 32 | low;
}

__attribute__((target("avx2,popcnt,bmi"))) static void split_avx2(
	struct scan_line *l, const char *s, const char *end)
{
	for (; end - s >= 64; s += 64) {
		__m256i a = _mm256_loadu_si256((const __m256i *)s);
		__m256i b = _mm256_loadu_si256((const __m256i *)(s + 32));
		uint64_t ends = equal(a, b, '\n'),
			 before = ends ? (ends & -ends) - 1 : ~UINT64_C(0);

		note(l, equal(a, b, ',') & before, (size_t)(s - l->s));
		l->special |=
			((equal(a, b, '"') | equal(a, b, '\\') | equal(a, b, '\0')) & before) != 0;
		if (ends) {
			l->ended = true;
			l->len = (size_t)(s - l->s) + (size_t)__builtin_ctzll(ends);
			return;
		}
	}
	split_rest(l, s, end);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
#else
static void split_avx2(struct scan_line *l, const char *s, const char *end)
{
	split_rest(l, s, end);
}

static bool has_avx2(void)
{
	return false;
}
#endif

void scan_split(struct scan_line *l, const char *s, const char *end)
{
	l->s = s;
	l->ended = l->special = false;
	l->ncommas = 0;
	if (has_avx2())
		split_avx2(l, s, end);
	else
		split_rest(l, s, end);
}
