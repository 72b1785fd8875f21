/* test_dechunk.c - the chunked coding, whole and torn. */
#include <string.h>

#include "dechunk.h"
#include "rng.h"
#include "str.h"
#include "unit.h"

/* Feeds it in pieces of `step` bytes; what is data comes out. */
static enum dechunk_stage decode(const char *wire, size_t len, size_t step, struct str *out)
{
	struct dechunk d = {0};

	str_reset(out);
	for (size_t at = 0; at < len;) {
		size_t end = at + step < len ? at + step : len;

		while (at < end) {
			const char *data;
			size_t data_len,
				taken = dechunk_next(&d, wire + at, end - at, &data, &data_len);

			assert_in_range(taken, 1, end - at);
			assert_true(data >= wire + at && data + data_len <= wire + end);
			str_addn(out, data, data_len);
			at += taken;
		}
	}
	return d.stage;
}

static void test_bodies(void **state)
{
	static const struct {
		const char *wire, *body;
		enum dechunk_stage stage;
	} cases[] = {
		{"5\r\nhello\r\n0\r\n\r\n", "hello", DECHUNK_END},
		{"5\r\nhel", "hel", DECHUNK_DATA},
		{"5;name=\"a\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
			"hello0123456789", DECHUNK_END},
		{"00a\r\n0123456789\r\n", "0123456789", DECHUNK_SIZE},
		{"3\nabc\n1 \nd\n0\n\n", "abcd", DECHUNK_END}, /* bare line ends */
		{"0\r\n\r\n5\r\nhello", "", DECHUNK_END},      /* nothing counts after the end */
		{"0000000000000005\r\nhello\r\n0\r\n\r\n", "hello", DECHUNK_END},
		{"x\r\nhello", "", DECHUNK_BAD},
		{"\r\nhello", "", DECHUNK_BAD},
		{"-1\r\nhello", "", DECHUNK_BAD},
		{"2\r\nabc", "ab", DECHUNK_BAD},
		{"fffffffffffffffff\r\nabc", "", DECHUNK_BAD},
	};
	struct str out = STR_INIT(STR_MAX_LINE);

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		for (size_t step = 1; step <= strlen(cases[i].wire); step++) {
			enum dechunk_stage stage =
				decode(cases[i].wire, strlen(cases[i].wire), step, &out);

			if (stage != cases[i].stage ||
				strcmp(out.s ? out.s : "", cases[i].body) != 0)
				fail_msg(
					"case %zu by %zu: stage %d, \"%s\"", i, step, stage, out.s);
		}
	}
	str_release(&out);
}

/* Random bodies in random chunks, read in random pieces. */
static void test_random(void **state)
{
	struct str body = STR_INIT(STR_MAX_LINE), wire = STR_INIT(STR_MAX_LINE);
	struct str out = STR_INIT(STR_MAX_LINE);
	struct rng rng;

	(void)state;
	rng_init(&rng, 7, "chunks");
	for (int round = 0; round < 500; round++) {
		str_reset(&body);
		str_reset(&wire);
		for (size_t n = rng_below(&rng, 20); n > 0; n--) {
			size_t len = 1 + rng_below(&rng, 300);

			str_addf(&wire, rng_below(&rng, 2) ? "%zx\r\n" : "%zX;q\r\n", len);
			for (size_t i = 0; i < len; i++) {
				char c = "\r\n0a{}"[rng_below(&rng, 6)];

				str_addc(&wire, c);
				str_addc(&body, c);
			}
			str_add(&wire, "\r\n");
		}
		str_add(&wire, "0\r\n\r\n");
		assert_int_equal(
			decode(wire.s, wire.len, 1 + rng_below(&rng, 100), &out), DECHUNK_END);
		assert_int_equal(out.len, body.len);
		assert_true(body.len == 0 || memcmp(out.s, body.s, body.len) == 0);
	}
	str_release(&body);
	str_release(&wire);
	str_release(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
