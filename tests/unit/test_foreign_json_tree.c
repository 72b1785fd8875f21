/* test_foreign_json_tree.c - the scanner of JSON against jansson: both take a document or none
 * does, and the values are the same. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_parts.h"
#include "rng.h"
#include "unit.h"

#define FLAGS (JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL)

/* ---- the same document ---- */

static void same_value(const struct json_node *n, const json_t *wanted);

static void same_object(const struct json_node *n, const json_t *wanted)
{
	const struct json_node *m = json_first(n);
	const char *key;
	json_t *value;

	assert_int_equal(n->kind, JNODE_OBJECT);
	assert_int_equal(n->len, json_object_size(wanted));
	json_object_foreach ((json_t *)(uintptr_t)wanted, key, value) {
		assert_non_null(m);
		assert_string_equal(m->key, key);
		assert_int_equal(m->key_len, strlen(key));
		same_value(m, value);
		m = json_next(m);
	}
	assert_null(m);
}

static void same_rows(const struct json_node *n, const json_t *wanted)
{
	size_t i = 0;

	for (const struct json_node *m = json_first(n); m; m = json_next(m)) {
		assert_null(m->key);
		if (m->kind == JNODE_OBJECT) {
			same_value(m, json_array_get(wanted, i++));
			continue;
		}
		assert_int_equal(m->kind, JNODE_OTHERS);
		assert_true(m->len > 0);
		for (uint32_t k = 0; k < m->len; k++, i++)
			assert_false(json_is_object(json_array_get(wanted, i)));
	}
	assert_int_equal(i, json_array_size(wanted));
}

static void same_array(const struct json_node *n, const json_t *wanted)
{
	size_t size = json_array_size(wanted), objects = 0;

	for (size_t i = 0; i < size; i++)
		objects += json_is_object(json_array_get(wanted, i));
	assert_int_equal(n->len, size);
	if (2 * objects > size) {
		assert_int_equal(n->kind, JNODE_ROWS);
		same_rows(n, wanted);
		return;
	}
	assert_int_equal(
		n->kind, json_is_array(json_array_get(wanted, 0)) ? JNODE_MATRIX : JNODE_LIST);
	assert_null(json_first(n));
}

static void same_value(const struct json_node *n, const json_t *wanted)
{
	double number = json_number_value(wanted);

	switch (json_typeof(wanted)) {
	case JSON_OBJECT:
		same_object(n, wanted);
		return;
	case JSON_ARRAY:
		same_array(n, wanted);
		return;
	case JSON_STRING:
		assert_int_equal(n->kind, JNODE_TEXT);
		assert_int_equal(n->len, json_string_length(wanted));
		assert_memory_equal(n->text, json_string_value(wanted), n->len);
		return;
	case JSON_INTEGER:
	case JSON_REAL:
		assert_int_equal(n->kind, JNODE_NUMBER);
		/* To the last bit, and minus zero is not zero. */
		assert_memory_equal(&n->number, &number, sizeof(number));
		return;
	case JSON_TRUE:
		assert_int_equal(n->kind, JNODE_TRUE);
		return;
	case JSON_FALSE:
		assert_int_equal(n->kind, JNODE_FALSE);
		return;
	case JSON_NULL:
		assert_int_equal(n->kind, JNODE_NULL);
		return;
	}
}

/* Whether it is a document; the same by both. */
static bool check(struct json_doc *d, const char *text, size_t len)
{
	json_t *wanted = json_loadb(text, len, FLAGS, NULL);
	/* On the heap, where overruns are seen. */
	char *copy = xcalloc(len + 16, 1);
	bool taken;

	memcpy(copy, text, len);
	taken = json_doc_read(d, copy, copy + len);
	if (taken != (wanted != NULL))
		fail_msg("%s by jansson, not here: %.*s", wanted ? "taken" : "refused", (int)len,
			text);
	if (taken)
		same_value(d->v, wanted);
	else
		assert_memory_equal(copy, text, len);
	json_decref(wanted);
	free(copy);
	return taken;
}

static bool check_text(struct json_doc *d, const char *text)
{
	return check(d, text, strlen(text));
}

/* ---- random documents ---- */

static const char *const keys[] = {"a", "b", "ttft_ms", "mean", "\\u0061", "", "n\\u00e9", "x\\ny",
	"a key of more than eight bytes", "a key of more than eight bytez", "\\ud83d\\ude00",
	"\xc3\xa9"};

static const char *const values[] = {"1", "-0", "0", "-0.0", "0.5", "1e3", "-1.25E-2", "1e+2",
	"12345678901234567890", "0.1234567890123456789", "123456789012345", "1234567890123456",
	"9007199254740993", "0.000001", "1.7976931348623157e308", "5e-324", "1e-400",
	"2.2250738585072011e-308", "true", "false", "null", "\"\"", "\"x\"", "\" a b \"",
	"\"\xc3\xa9 of more than eight bytes\"", "\"\\b\\f\\n\\r\\t\\\" \\\\ \\/\"",
	"\"\\u00e9\\u20AC\\ud83d\\ude00 and\"", "\"\\u0000\"", "\"{[,:]}\"", "[]", "{}", "[1, 2]",
	"[[1], {}]", "[{}, 1, 2, {\"a\": 1}, {}]"};

static const char *const wrong[] = {"01", "+1", "1.", ".5", "1e", "1e+", "-", "1e400", "-1e400",
	"tru", "nulll", "True", "nan", "inf", "'x'", "\"\xff\"", "\"\xc3\"", "\"\t\"", "\"\x01\"",
	"\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\\x\"", "\"\\u12\"",
	"\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\udc00\"", "\"\\",
	"\"", "", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
	"{\"\\u0000\":1}", "{\"a\" 1}", "[1}", "{\"a\":1]", "/**/1", "0x10", "1 1", "]",
	"\xef\xbb\xbf[1]"};

static void add_space(struct rng *r, struct str *to)
{
	static const char *const spaces[] = {"", "", "", " ", "\n", "\r\n\t  "};

	str_add(to, spaces[rng_below(r, COUNTOF(spaces))]);
}

static void add_value(struct rng *r, struct str *to, unsigned depth);

static void add_members(struct rng *r, struct str *to, unsigned depth, bool object)
{
	size_t n = rng_below(r, 6);

	str_addc(to, object ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		add_space(r, to);
		if (object)
			str_addf(to, "\"%s\"", keys[rng_below(r, COUNTOF(keys))]);
		if (object)
			add_space(r, to);
		str_add(to, object ? ":" : "");
		add_value(r, to, depth + 1);
		str_add(to, i + 1 < n ? "," : "");
	}
	add_space(r, to);
	str_addc(to, object ? '}' : ']');
}

static void add_value(struct rng *r, struct str *to, unsigned depth)
{
	size_t which = rng_below(r, 8);

	add_space(r, to);
	if (depth < 5 && which < 4)
		add_members(r, to, depth, which != 0);
	else if (rng_below(r, 300) == 0)
		str_add(to, wrong[rng_below(r, COUNTOF(wrong))]);
	else
		str_add(to, values[rng_below(r, COUNTOF(values))]);
	add_space(r, to);
}

/* Bytes put in, left out or changed; no NUL, which is not the same to jansson. */
static void damage(struct rng *r, struct str *text)
{
	static const char spice[] = "\"\"\\\\{}[]:,,-+.eE019tfnu \n\t\x01\x7f\xff\xc3\xa9\xed/d8";
	struct str ret = STR_INIT(text->max);
	size_t at = rng_below(r, text->len + 1), how = rng_below(r, 3);

	str_addn(&ret, text->s, at);
	if (how != 0)
		str_addc(&ret, spice[rng_below(r, sizeof(spice) - 1)]);
	at += how != 1 && at < text->len;
	str_addn(&ret, text->s + at, text->len - at);
	str_release(text);
	*text = ret;
}

static void test_random(void **state)
{
	struct json_doc d = {0};
	size_t taken = 0, refused = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 3, "foreign json tree");
	for (int round = 0; round < 40000; round++) {
		struct str text = STR_INIT(1 << 20);

		add_value(&r, &text, rng_below(&r, 6) ? 0 : 5);
		for (size_t n = rng_below(&r, 2) ? 0 : 1 + rng_below(&r, 3); n > 0; n--)
			damage(&r, &text);
		if (check(&d, text.s, text.len))
			taken++;
		else
			refused++;
		str_release(&text);
	}
	assert_true(taken > 10000 && refused > 10000);
	json_doc_release(&d);
}

/* Each alone, as a value and a member, and cut short everywhere. */
static void test_each(void **state)
{
	struct json_doc d = {0};
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNTOF(values) + COUNTOF(wrong); i++) {
		bool good = i < COUNTOF(values);
		const char *one = good ? values[i] : wrong[i - COUNTOF(values)];

		assert_int_equal(check_text(&d, one), good);
		snprintf(text, sizeof(text), "{\"key\": [%s, {\"a\": %s}]}", one, one);
		/* Nothing between brackets is good where it is something. */
		assert_int_equal(check_text(&d, text), good);
		for (size_t len = 0; len < strlen(text); len++)
			assert_false(check(&d, text, len));
	}
	json_doc_release(&d);
}

/* ---- numbers ---- */

static void test_numbers(void **state)
{
	struct json_doc d = {0};
	char text[100];
	struct rng r;

	(void)state;
	rng_init(&r, 4, "foreign json numbers");
	for (int round = 0; round < 60000; round++) {
		struct str to = STR_INIT(90);
		size_t whole = 1 + rng_below(&r, 19), fraction = rng_below(&r, 19);

		str_add(&to, rng_below(&r, 3) ? "" : "-");
		if (rng_below(&r, 3) == 0)
			str_add(&to, "0");
		else
			str_addc(&to, (char)('1' + rng_below(&r, 9)));
		for (size_t i = 1; i < whole && to.s[to.len - 1] != '0'; i++)
			str_addc(&to, (char)('0' + rng_below(&r, 10)));
		for (size_t i = 0; i < fraction; i++)
			str_addf(&to, "%s%d", i ? "" : ".", (int)rng_below(&r, 10));
		if (rng_below(&r, 4) == 0)
			str_addf(&to, "e%d", (int)rng_below(&r, 640) - 320);
		snprintf(text, sizeof(text), "[{\"a\": %s}]", to.s);
		check_text(&d, text);
		str_release(&to);
	}
	json_doc_release(&d);
}

/* ---- strings ---- */

/* Each unit of UTF-16 as an escape, and pairs; quotes and escapes at each place of eight bytes. */
static void test_strings(void **state)
{
	struct json_doc d = {0};
	char text[100];

	(void)state;
	for (unsigned unit = 0; unit < 0x10000; unit += unit < 0x900 || unit >= 0xd7f0 ? 1 : 7) {
		snprintf(text, sizeof(text), "\"\\u%04x\"", unit);
		assert_int_equal(check_text(&d, text), unit < 0xd800 || unit > 0xdfff);
	}
	for (unsigned low = 0xdb00; low < 0xe100; low += 3) {
		snprintf(text, sizeof(text), "{\"\\uD8%02x\\u%04X\": \"\\udbff\\u%04x\"}",
			low & 0xff, low, low);
		assert_int_equal(check_text(&d, text), low >= 0xdc00 && low < 0xe000);
	}
	for (int before = 0; before < 20; before++) {
		static const char *const ends[] = {
			"\"", "\\\"\"", "\\n\"", "\xc3\xa9\"", "\xc3\"", "\x1f\"", "\\", "\x7f\""};

		for (size_t i = 0; i < COUNTOF(ends); i++) {
			snprintf(text, sizeof(text), "{\"%.*s%s:\"%.*s%s}", before,
				"abcdefghijklmnopqrstuvwxyz", ends[i], before,
				"abcdefghijklmnopqrstuvwxyz", ends[i]);
			assert_int_equal(check_text(&d, text), i < 4 || i == 7);
		}
	}
	json_doc_release(&d);
}

/* ---- keys that come again ---- */

static void test_repeated(void **state)
{
	static const char *const texts[] = {"{\"a\":1,\"b\":2,\"a\":3}",
		"{\"a\":1,\"a\":{\"x\":1},\"b\":2}", "{\"a\":{\"x\":1},\"b\":2,\"a\":{\"y\":3}}",
		"{\"a\":{\"x\":1},\"a\":5}", "{\"a\":[{\"x\":1,\"x\":2}],\"\\u0061\":[{\"y\":1}]}",
		"{\"a\":1,\"a\":2,\"a\":{\"a\":3,\"a\":{}},\"b\":{\"a\":1,\"a\":\"\"}}",
		"{\"\":1,\"\":2}", "{\"b\":0,\"a\":1,\"a\":null}"};
	struct json_doc d = {0};
	struct rng r;

	(void)state;
	for (size_t i = 0; i < COUNTOF(texts); i++)
		assert_true(check_text(&d, texts[i]));
	rng_init(&r, 6, "foreign json keys");
	for (int round = 0; round < 300; round++) {
		static const size_t sizes[] = {2, 15, 16, 17, 40, 1024, 1025, 1500};
		size_t n = sizes[rng_below(&r, COUNTOF(sizes))];
		size_t names = rng_below(&r, 3) ? 1000000 : n;
		struct str text = STR_INIT(1 << 20);

		for (size_t i = 0; i < n; i++)
			str_addf(&text, "%s\"key number %d\":%zu", i ? "," : "{",
				(int)rng_below(&r, names), i);
		str_addc(&text, '}');
		assert_true(check(&d, text.s, text.len));
		str_release(&text);
	}
	json_doc_release(&d);
}

/* ---- bounds ---- */

static bool deep(struct json_doc *d, char open, int levels, const char *within)
{
	struct str text = STR_INIT(1 << 20);
	bool ret;

	for (int i = 0; i < levels; i++)
		str_add(&text, open == '[' ? "[" : "{\"a\":");
	str_add(&text, within);
	for (int i = 0; i < levels; i++)
		str_addc(&text, open == '[' ? ']' : '}');
	ret = check(d, text.s, text.len);
	str_release(&text);
	return ret;
}

static void test_depth(void **state)
{
	struct json_doc d = {0};

	(void)state;
	assert_true(deep(&d, '[', 2047, "1"));
	assert_false(deep(&d, '[', 2048, "1"));
	assert_true(deep(&d, '[', 2048, ""));
	assert_false(deep(&d, '[', 2049, ""));
	assert_true(deep(&d, '{', 2047, "1"));
	assert_false(deep(&d, '{', 2048, "1"));
	json_doc_release(&d);
}

/* Members that no table needs take no room. */
static void test_room(void **state)
{
	struct str text = STR_INIT(4 << 20);
	struct json_doc d = {0};

	(void)state;
	str_add(&text, "{\"list\": [");
	for (int i = 0; i < 100000; i++)
		str_addf(&text, "%s%s", i ? "," : "",
			i % 3           ? "1"
				: i % 2 ? "[\"a\"]"
					: "{\"a\":1}");
	str_add(&text, "], \"ones\": [");
	for (int i = 0; i < 100000; i++)
		str_add(&text, i ? ",1" : "1");
	str_add(&text, "], \"rows\": [{\"a\": [[1], [2], [{}]]}, 1, 2, {}, {}, {}]}");
	assert_true(check(&d, text.s, text.len));
	assert_true(d.rows);
	/* root, list, ones, rows, an object, its array, 1 and 2, three objects */
	assert_int_equal(d.n, 10);
	assert_true(check_text(&d, "{\"a\": [1, {}]}"));
	assert_false(d.rows);
	json_doc_release(&d);
	str_release(&text);
}

/* Jansson passes over a NUL behind a number. */
static void test_nul(void **state)
{
	static const char *const texts[] = {
		"1\0", "{}\0 {}", "{\"a\"\0:1}", "[1\0]", "\"\0\"", "\0"};
	static const size_t lens[] = {2, 6, 8, 4, 3, 1};
	struct json_doc d = {0};

	(void)state;
	for (size_t i = 0; i < COUNTOF(texts); i++) {
		json_t *other = json_loadb(texts[i], lens[i], FLAGS, NULL);
		char copy[64] = {0};

		assert_int_equal(other != NULL, i == 0 || i == 3);
		json_decref(other);
		memcpy(copy, texts[i], lens[i]);
		assert_false(json_doc_read(&d, copy, copy + lens[i]));
	}
	json_doc_release(&d);
}

/* What Python writes of a figure that is none is read as missing. */
static void test_no_numbers(void **state)
{
	static const char *const good[] = {"NaN", "Infinity", "-Infinity"},
				 *const bad[] = {
					 "NaNs", "Na", "-NaN", "Infinit", "-I", "+Infinity"};
	struct json_doc d = {0};

	(void)state;
	for (size_t i = 0; i < COUNTOF(good) + COUNTOF(bad); i++) {
		bool taken = i < COUNTOF(good);
		char text[64];
		int len = snprintf(text, sizeof(text) - 16, "{\"a\": %s, \"b\": 1}",
			taken ? good[i] : bad[i - COUNTOF(good)]);

		memset(text + len, 0, 16);
		assert_int_equal(json_doc_read(&d, text, text + len), taken);
		if (!taken)
			continue;
		assert_int_equal(json_first(d.v)->kind, JNODE_NULL);
		assert_int_equal(json_first(d.v)[1].kind, JNODE_NUMBER);
	}
	json_doc_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_no_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
