/* test_hash.c - published vectors, and what identities rely on. */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "rng.h"
#include "unit.h"

/* One bit at a time, straight from the definition. */
static uint32_t slow_crc(uint32_t crc, const unsigned char *p, size_t len)
{
	crc = ~crc;
	for (; len > 0; len--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* RFC 3720, B.4, and the check value of the Rocksoft catalogue. */
static void test_crc_vectors(void **state)
{
	unsigned char bytes[32];

	(void)state;
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
	assert_int_equal(crc32c(0, "", 0), 0);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x8a9136aau);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43u);
	for (unsigned char i = 0; i < 32; i++)
		bytes[i] = i;
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x46dd794eu);
}

static void fill_random(unsigned char *bytes, size_t len, struct rng *r)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)rng_next(r);
}

/* Every length and alignment around the eight bytes of the instruction, in one go and in two. */
static void test_crc_pieces(void **state)
{
	unsigned char bytes[80];
	struct rng r;

	(void)state;
	rng_init(&r, 1, "crc");
	fill_random(bytes, sizeof(bytes), &r);
	for (size_t start = 0; start < 9; start++) {
		for (size_t len = 0; start + len <= sizeof(bytes); len++) {
			const unsigned char *p = bytes + start;
			size_t cut = rng_below(&r, (uint32_t)len + 1);
			uint32_t crc = slow_crc(0, p, len);

			assert_int_equal(crc32c(0, p, len), crc);
			assert_int_equal(crc32c_portable(0, p, len), crc);
			assert_int_equal(crc32c(crc32c(0, p, cut), p + cut, len - cut), crc);
		}
	}
}

/* Every length that is read in three parts, up to more than two rounds of the longest parts, and
 * such lengths continued from each other. */
static void test_crc_long(void **state)
{
	enum { MOST = 7000 };
	unsigned char bytes[MOST];
	uint32_t crc = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 2, "crc");
	fill_random(bytes, sizeof(bytes), &r);
	for (size_t len = 1; len <= MOST; len++) {
		crc = slow_crc(crc, bytes + len - 1, 1);
		assert_int_equal(crc32c(0, bytes, len), crc);
	}
	for (int i = 0; i < 2000; i++) {
		size_t len = rng_below(&r, MOST + 1), cut = rng_below(&r, (uint32_t)len + 1);
		const unsigned char *p = bytes + rng_below(&r, (uint32_t)(MOST - len) + 1);

		assert_int_equal(
			crc32c(crc32c(0, p, cut), p + cut, len - cut), crc32c_portable(0, p, len));
	}
}

/* Each byte in each place of the digits: 16 of 256 are one. */
static void test_digits(void **state)
{
	static const char hex[] = "0123456789abcdef";
	char digits[] = "0123456789abcdef";
	uint64_t id = 0;
	uint32_t crc = 0;

	(void)state;
	assert_true(hash_id_parse(digits, &id));
	assert_true(id == UINT64_C(0x0123456789abcdef));
	assert_true(row_crc_parse(digits + 8, &crc));
	assert_int_equal(crc, 0x89abcdefu);
	for (int place = 0; place < 16; place++) {
		char was = digits[place];

		for (int byte = 0; byte < 256; byte++) {
			const char *at;
			uint64_t shift = 4 * (15 - (unsigned)place);

			digits[place] = (char)byte;
			at = byte ? strchr(hex, byte) : NULL;
			assert_int_equal(hash_id_parse(digits, &id), at != NULL);
			if (place < 8)
				assert_int_equal(row_crc_parse(digits, &crc), at != NULL);
			if (at)
				assert_int_equal(id >> shift & 15, at - hex);
		}
		digits[place] = was;
	}
}

static void test_sha_vectors(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	char hex[HASH_SHA_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		size_t len = strlen(cases[i].text);
		struct sha h;

		assert_string_equal(hash_sha256(hex, cases[i].text, len), cases[i].hex);
		sha_init(&h);
		for (size_t j = 0; j < len; j++)
			sha_add(&h, cases[i].text + j, 1);
		sha_text(&h, hex);
		assert_string_equal(hex, cases[i].hex);
		sha_release(&h); /* fine after sha_text */
	}
}

static void test_sha_million(void **state)
{
	char *a = malloc(1000), hex[HASH_SHA_TEXT];
	struct sha h;

	(void)state;
	memset(a, 'a', 1000);
	sha_init(&h);
	for (int i = 0; i < 1000; i++)
		sha_add(&h, a, 1000);
	sha_text(&h, hex);
	assert_string_equal(
		hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	sha_init(&h);
	sha_add(&h, a, 1000);
	sha_release(&h); /* without a result */
	free(a);
}

static void test_id(void **state)
{
	char a[HASH_ID_TEXT], b[HASH_ID_TEXT], hex[HASH_SHA_TEXT];

	(void)state;
	hash_id(a, "ab", "c", NULL);
	assert_int_equal(strlen(a), HASH_ID_TEXT - 1);
	assert_int_equal(strspn(a, "0123456789abcdef"), HASH_ID_TEXT - 1);
	assert_string_equal(hash_id(b, "ab", "c", NULL), a);
	assert_string_not_equal(hash_id(b, "a", "bc", NULL), a);
	assert_string_not_equal(hash_id(b, "abc", NULL), a);
	assert_string_not_equal(hash_id(b, "ab", "c", "", NULL), a);
	assert_string_not_equal(hash_id(b, "c", "ab", NULL), a);
	/* The documented meaning, so that other programs can make it too. */
	hash_sha256(hex, "ab\0c\0", 5);
	assert_memory_equal(hex, a, HASH_ID_TEXT - 1);
	hash_sha256(hex, "", 0);
	assert_memory_equal(hash_id(b, NULL), hex, HASH_ID_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc_vectors),
		cmocka_unit_test(test_crc_pieces),
		cmocka_unit_test(test_crc_long),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_sha_vectors),
		cmocka_unit_test(test_sha_million),
		cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
