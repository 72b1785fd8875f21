/* scan_split.c - where the commas of a line are and where it ends, many bytes at a time. */
#include <string.h>

#include "scan_internal.h"
#include "word.h"

static inline void end_at(struct scan_line *l, const char *s)
{
	l->ended = true;
	l->len = (size_t)(s - l->s);
}

/* Byte by byte, to the line's end or the text's. */
static void split_rest(struct scan_line *l, const char *s, const char *end)
{
	for (; s < end; s++) {
		if (*s == '\n') {
			end_at(l, s);
			return;
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

/* Eight bytes in a number. */
static void split_words(struct scan_line *l, const char *s, const char *end)
{
	for (; end - s >= 8; s += 8) {
		uint64_t word = word_at(s), commas = word_equal(word, ',');

		if (word_equal(word, '\n'))
			break;
		l->special |=
			(word_equal(word, '"') | word_equal(word, '\\') | word_zeros(word)) != 0;
		for (; commas; commas &= commas - 1) {
			if (l->ncommas < l->room)
				l->comma[l->ncommas] =
					(uint32_t)((size_t)(s - l->s) + word_first(commas));
			l->ncommas++;
		}
	}
	split_rest(l, s, end);
}

static void begin(struct scan_line *l, const char *s)
{
	l->s = s;
	l->ended = l->special = false;
	l->ncommas = 0;
}

void scan_split_portable(struct scan_line *l, const char *s, const char *end)
{
	begin(l, s);
	split_words(l, s, end);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define FAST __attribute__((target("avx2,popcnt,bmi")))

/* The places of the next four commas; behind the last one something that is not counted. */
FAST static inline uint64_t note_four(uint32_t *comma, uint64_t mask, uint32_t at)
{
	for (int i = 0; i < 4; i++) {
		comma[i] = at + (uint32_t)_tzcnt_u64(mask);
		mask &= mask - 1;
	}
	return mask;
}

/* The commas among 64 bytes.  Twelve are noted without asking whether there are so many: mostly it
 * is about ten, and a wrong guess would cost more. */
FAST static inline void note(struct scan_line *l, uint64_t mask, size_t at)
{
	size_t n = l->ncommas;

	l->ncommas += (size_t)_mm_popcnt_u64(mask);
	if (n >= l->room)
		return;
	mask = note_four(&l->comma[n], mask, (uint32_t)at);
	mask = note_four(&l->comma[n + 4], mask, (uint32_t)at);
	mask = note_four(&l->comma[n + 8], mask, (uint32_t)at);
	for (n += 12; mask; n += 4)
		mask = note_four(&l->comma[n], mask, (uint32_t)at);
}

FAST static inline __m256i equal(__m256i bytes, char c)
{
	return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
}

FAST static inline uint64_t mask_of(__m256i low, __m256i high)
{
	return (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32 |
		(uint32_t)_mm256_movemask_epi8(low);
}

FAST static inline __m256i special(__m256i bytes)
{
	return _mm256_or_si256(
		_mm256_or_si256(equal(bytes, '"'), equal(bytes, '\\')), equal(bytes, '\0'));
}

/* 64 bytes at a time. */
FAST static void split_avx2(struct scan_line *l, const char *s, const char *end)
{
	for (; end - s >= SCAN_SPLIT_BYTES; s += SCAN_SPLIT_BYTES) {
		__m256i a = _mm256_loadu_si256((const __m256i *)s);
		__m256i b = _mm256_loadu_si256((const __m256i *)(s + 32));
		uint64_t ends = mask_of(equal(a, '\n'), equal(b, '\n'));
		uint64_t before = ends ? (ends & -ends) - 1 : ~UINT64_C(0);

		note(l, mask_of(equal(a, ','), equal(b, ',')) & before, (size_t)(s - l->s));
		l->special |= (mask_of(special(a), special(b)) & before) != 0;
		if (ends) {
			end_at(l, s + _tzcnt_u64(ends));
			return;
		}
	}
	split_rest(l, s, end);
}

void scan_split(struct scan_line *l, const char *s, const char *end)
{
	begin(l, s);
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
		split_avx2(l, s, end);
	else
		split_words(l, s, end);
}
#else
void scan_split(struct scan_line *l, const char *s, const char *end)
{
	scan_split_portable(l, s, end);
}
#endif
