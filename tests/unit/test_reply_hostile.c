/* test_reply_hostile.c - servers that send too much, not what they should, or in odd pieces. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "ollama_lines.h"
#include "reply.h"
#include "rng.h"

/* Feeds `len` bytes of 'a' in pieces of a mebibyte inside an unfinished string. */
static int feed_long_line(struct reply *r, size_t len)
{
	static char block[1 << 20];
	int result = 0;

	memset(block, 'a', sizeof(block));
	while (len > 0 && result == 0) {
		size_t n = len < sizeof(block) ? len : sizeof(block);

		result = reply_body(r, block, n, 1);
		len -= n;
	}
	return result;
}

static void test_lines_are_bounded(void **state)
{
	const char *begin = "{\"response\":\"", *end = "\",\"done\":true}\n";
	size_t frame = strlen(begin) + strlen(end) - 1;
	struct reply r;

	(void)state;
	reply_init(&r, REPLY_OLLAMA, -1, 0);
	reply_status(&r, 200);
	reply_body(&r, begin, strlen(begin), 1);
	assert_int_equal(feed_long_line(&r, STR_MAX_LINE - frame), 0);
	assert_int_equal(reply_body(&r, end, strlen(end), 2), 0);
	reply_end(&r, REPLY_CLEAN, NULL, 3);
	assert_int_equal(r.sample.status, STATUS_OK);
	assert_int_equal(r.sample.response_bytes, STR_MAX_LINE - frame);
	assert_true(r.sample.text.overflowed); /* the answer kept is bounded by half of that */
	assert_string_equal(r.sample.sha256, "");
	reply_release(&r);

	reply_init(&r, REPLY_OLLAMA, -1, 0);
	reply_status(&r, 200);
	reply_body(&r, begin, strlen(begin), 1);
	assert_int_equal(feed_long_line(&r, STR_MAX_LINE), -1);
	assert_int_equal(reply_body(&r, "x", 1, 2), -1);
	reply_end(&r, REPLY_RESET, "dropped by us", 3);
	assert_int_equal(r.sample.status, STATUS_BAD_LINE);
	assert_contains(r.sample.error, "longer than 8 MiB");
	reply_release(&r);
}

static void test_error_bodies_are_bounded(void **state)
{
	struct reply r;

	(void)state;
	reply_init(&r, REPLY_OLLAMA, -1, 0);
	reply_status(&r, 500);
	assert_int_equal(feed_long_line(&r, 2 << 20), -1);
	assert_true(r.line.cap <= 256 << 10);
	reply_end(&r, REPLY_RESET, "dropped by us", 3);
	assert_int_equal(r.sample.status, STATUS_HTTP_ERROR);
	assert_int_equal(strlen(r.sample.error), sizeof(r.sample.error) - 1);
	reply_release(&r);
}

/* A reply of status 500 with this body. */
static void feed_error(struct reply *r, const char *body)
{
	reply_init(r, REPLY_OLLAMA, -1, 0);
	reply_status(r, 500);
	reply_body(r, body, strlen(body), 1);
	reply_end(r, REPLY_CLEAN, NULL, 2);
	assert_int_equal(r->sample.status, STATUS_HTTP_ERROR);
}

static void test_error_text_is_utf8(void **state)
{
	static const struct {
		const char *body, *error;
	} cases[] = {
		{"caf\xc3\xa9", "caf\xc3\xa9"},
		{"caf\xe9!", "caf?!"},
		{"\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80", "?????????"},
		{"\xf0\x9f\x98\x80\xe2\x82\xac", "\xf0\x9f\x98\x80\xe2\x82\xac"},
		{"cut \xe2\x82", "cut ??"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct reply r;

		feed_error(&r, cases[i].body);
		assert_string_equal(r.sample.error, cases[i].error);
		reply_release(&r);
	}
}

/* A cut falls between characters: 399 bytes hold 133 euro signs and no third of one. */
static void test_error_text_is_cut_between_characters(void **state)
{
	char body[3 * 200 + 2] = "x";
	struct reply r;

	(void)state;
	for (int i = 0; i < 200; i++)
		memcpy(body + 1 + 3 * i, "\xe2\x82\xac", 4);
	feed_error(&r, body);
	assert_int_equal(strlen(r.sample.error), 1 + 3 * 132);
	reply_release(&r);
}

/* ---- any split, any damage ---- */

static void assert_same(const struct sample *a, const struct sample *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->chunks, b->chunks);
	assert_int_equal(a->response_bytes, b->response_bytes);
	assert_int_equal(a->prompt_tokens, b->prompt_tokens);
	assert_int_equal(a->output_tokens, b->output_tokens);
	assert_int_equal(a->eval, b->eval);
	assert_int_equal(a->text.len, b->text.len);
	assert_memory_equal(a->text.s, b->text.s, a->text.len);
	assert_string_equal(a->error, b->error);
	assert_string_equal(a->sha256, b->sha256);
}

static void feed_split(struct reply *r, const char *body, size_t len, size_t piece)
{
	reply_init(r, REPLY_OLLAMA, -1, 0);
	reply_status(r, 200);
	for (size_t i = 0; i < len; i += piece)
		reply_body(r, body + i, len - i < piece ? len - i : piece, (ns)i);
	reply_end(r, REPLY_CLEAN, NULL, (ns)len);
}

static void test_every_split_is_the_same(void **state)
{
	static const char *const bodies[] = {STREAM, TOKEN("a") "{\"error\":\"boom\"}\n" FINAL,
		TOKEN("\\u00fc") "oops\n", TOKEN("a") "{\"respo"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(bodies); i++) {
		size_t len = strlen(bodies[i]);
		struct reply whole, split;

		feed_split(&whole, bodies[i], len, len);
		for (size_t piece = 1; piece < len; piece++) {
			feed_split(&split, bodies[i], len, piece);
			assert_same(&whole.sample, &split.sample);
			reply_release(&split);
		}
		reply_release(&whole);
	}
}

static const char usual[] = "{\"model\":\"gemma3\",\"created_at\":\"2026-11-24T02:07:33Z\","
			    "\"response\":\" word\",\"done\":false}";

/* Up to two bytes of the line changed, put in or taken out.  Returns its new length. */
static size_t damage(struct rng *r, char line[sizeof(usual) + 4])
{
	static const char bytes[] = "{}[]\",:\\ \x01\x7f\x80\xc3\xa9truefalsnumdoer015-.";
	size_t len = sizeof(usual) - 1;

	memcpy(line, usual, sizeof(usual));
	for (uint64_t n = rng_below(r, 3); n > 0; n--) {
		char byte = bytes[rng_below(r, sizeof(bytes) - 1)];
		size_t at = 1 + rng_below(r, len - 1);

		switch (rng_below(r, 3)) {
		case 0:
			line[at] = byte;
			break;
		case 1:
			memmove(line + at + 1, line + at, len++ - at);
			line[at] = byte;
			break;
		default:
			memmove(line + at, line + at + 1, len-- - at - 1);
		}
	}
	return len;
}

/* The usual line is read by hand.  A space behind the brace sends it through the JSON parser: both
 * must make the same of it, whatever is damaged. */
static void assert_both_readers_agree(char *line, size_t len)
{
	char spaced[200] = "{ ";
	struct reply a, b;

	line[len] = '\n';
	memcpy(spaced + 2, line + 1, len);
	feed_split(&a, line, len + 1, len + 1);
	feed_split(&b, spaced, len + 2, len + 2);
	if (a.sample.status == STATUS_BAD_LINE)
		b.sample.error[0] = a.sample.error[0] = '\0'; /* shows the space */
	assert_same(&a.sample, &b.sample);
	reply_release(&a);
	reply_release(&b);
}

static void test_both_readers_agree(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 7, "readers");
	for (int round = 0; round < 20000; round++) {
		char line[sizeof(usual) + 4];

		assert_both_readers_agree(line, damage(&rng, line));
	}
}

/* Members in another order, twice, or missing. */
static void test_both_readers_agree_on_members(void **state)
{
	static const char *const members[] = {"\"model\":\"m\"", "\"response\":\"a\"",
		"\"response\":\"\"", "\"done\":false", "\"done\":true", "\"created_at\":\"t\"",
		"\"error\":\"e\"", "\"thinking\":\"h\""};
	const size_t n = COUNTOF(members);

	(void)state;
	for (size_t i = 0; i < n * n * n; i++) {
		char line[120];
		int len = snprintf(line, sizeof(line), "{%s,%s,%s}", members[i % n],
			members[i / n % n], members[i / n / n]);

		assert_both_readers_agree(line, (size_t)len);
	}
}

static void test_random_bytes(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 11, "bytes");
	for (int round = 0; round < 2000; round++) {
		char body[64];
		struct reply r;
		size_t len = 1 + rng_below(&rng, sizeof(body));

		for (size_t i = 0; i < len; i++)
			body[i] = rng_below(&rng, 8) ? (char)rng_below(&rng, 256) : '\n';
		reply_init(&r, round % 2 ? REPLY_OLLAMA : REPLY_OPENAI, 100, 100);
		if (round % 3)
			reply_status(&r, round % 5 ? 200 : 500);
		reply_body(&r, body, len, 1);
		reply_end(&r, (enum reply_end)rng_below(&rng, 7), NULL, 2);
		assert_int_not_equal(r.sample.status, STATUS_OK);
		assert_true(r.sample.error[0]);
		reply_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_bounded),
		cmocka_unit_test(test_error_bodies_are_bounded),
		cmocka_unit_test(test_error_text_is_utf8),
		cmocka_unit_test(test_error_text_is_cut_between_characters),
		cmocka_unit_test(test_every_split_is_the_same),
		cmocka_unit_test(test_both_readers_agree),
		cmocka_unit_test(test_both_readers_agree_on_members),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
