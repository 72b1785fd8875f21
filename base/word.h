/* word.h - eight bytes of a text in one number, worked on all at once.
 *
 * The first byte is the lowest, whatever the machine.  A mask has the top bit of each byte that it
 * names and no other. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdint.h>
#include <string.h>

#define WORD_EACH UINT64_C(0x0101010101010101) /* times a byte: that byte eight times */

/* The eight bytes at s. */
static inline uint64_t word_at(const void *s)
{
	uint64_t word;

	memcpy(&word, s, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* The bytes that are zero.  Exact: no sum carries into the next byte. */
static inline uint64_t word_zeros(uint64_t word)
{
	const uint64_t low = 0x7f * WORD_EACH;

	return ~(((word & low) + low) | word | low);
}

/* The bytes that are c. */
static inline uint64_t word_equal(uint64_t word, char c)
{
	return word_zeros(word ^ (unsigned char)c * WORD_EACH);
}

/* The bytes that are 10 or more. */
static inline uint64_t word_above_9(uint64_t word)
{
	return (((word & 0x7f * WORD_EACH) + 0x76 * WORD_EACH) | word) & 0x80 * WORD_EACH;
}

/* The number of bytes before the first of a mask; 8 if it names none. */
static inline unsigned word_first(uint64_t mask)
{
	return mask ? (unsigned)__builtin_ctzll(mask) / 8 : 8;
}

#endif
