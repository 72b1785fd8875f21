/* foreign_json_scan.c - strict JSON, but for "NaN" and the like, taken apart in one pass.
 *
 * The byte at the end is NUL, which no token holds: only strings, which may be long, are looked at
 * eight bytes at a time and compare with the end. */
#include <string.h>

#include "foreign_json_tree.h"
#include "foreign_parts.h"
#include "num.h"
#include "vec.h"
#include "word.h"

#define MOST_DEPTH   2048
#define EXACT_DIGITS 15 /* of a double, whatever they are */

/* An object or array whose end was not met yet. */
struct level {
	uint32_t node, last; /* itself; its last member, 0: none */
	uint32_t members, objects;
	bool array, matrix;
};

struct scan {
	struct json_doc *doc;
	const char *s, *end;
	size_t depth;
	struct level level[MOST_DEPTH];
};

static inline void past_spaces(struct scan *c)
{
	const char *s = c->s;

	while (*s == ' ' || *s == '\n' || *s == '\t' || *s == '\r')
		s++;
	c->s = s;
}

/* ---- strings ---- */

/* Four hexadecimal digits; -1. */
static int32_t hex4(const char *s)
{
	int32_t ret = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			ret = ret * 16 + (c - '0');
		else if ((c | ' ') >= 'a' && (c | ' ') <= 'f')
			ret = ret * 16 + ((c | ' ') - 'a' + 10);
		else
			return -1;
	}
	return ret;
}

static bool is_high(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* What follows the escape whose backslash is at s. */
static const char *past_escape(const char *s, bool *nul)
{
	int32_t unit;

	if (s[1] && strchr("\"\\/bfnrt", s[1]))
		return s + 2;
	if (s[1] != 'u')
		return NULL;
	unit = hex4(s + 2);
	if (unit < 0 || is_low(unit))
		return NULL;
	*nul |= unit == 0;
	if (!is_high(unit))
		return s + 6;
	return s[6] == '\\' && s[7] == 'u' && is_low(hex4(s + 8)) ? s + 12 : NULL;
}

/* The closing quote of a string with escapes, the first of them at s. */
static const char *escaped_end(const char *s, bool *high, bool *nul)
{
	while (*s != '"') {
		if ((unsigned char)*s < ' ')
			return NULL;
		*high |= (unsigned char)*s >= 0x80;
		s = *s == '\\' ? past_escape(s, nul) : s + 1;
		if (!s)
			return NULL;
	}
	return s;
}

/* The closing quote of a string whose first byte is at s. */
static inline const char *string_end(const char *s, const char *end, bool *escaped, bool *nul)
{
	const char *start = s;
	uint64_t high = 0;
	bool any;

	for (; s < end; s += 8) {
		uint64_t word = word_at(s);
		uint64_t stops = word_equal(word, '"') | word_equal(word, '\\') |
			word_zeros(word & 0xe0 * WORD_EACH);
		uint64_t before = stops ? (stops & -stops) - 1 : UINT64_MAX;

		high |= word & before & 0x80 * WORD_EACH;
		if (stops) {
			s += word_first(stops);
			break;
		}
	}
	any = high != 0;
	if (s < end && *s == '\\') {
		*escaped = true;
		s = escaped_end(s, &any, nul);
	}
	if (!s || s >= end || *s != '"')
		return NULL;
	return !any || foreign_utf8_valid(start, (size_t)(s - start)) ? s : NULL;
}

static bool scan_key(struct scan *c, struct json_node *n)
{
	bool nul = false;
	const char *stop;

	if (*c->s != '"')
		return false;
	stop = string_end(c->s + 1, c->end, &n->key_escaped, &nul);
	if (!stop || nul)
		return false;
	n->key = (char *)(uintptr_t)(c->s + 1);
	n->key_len = (uint32_t)(stop - n->key);
	c->s = stop + 1;
	past_spaces(c);
	if (*c->s != ':')
		return false;
	c->s++;
	past_spaces(c);
	return true;
}

static bool scan_text(struct scan *c, struct json_node *n)
{
	bool nul = false;
	const char *stop = string_end(c->s + 1, c->end, &n->escaped, &nul);

	if (!stop)
		return false;
	n->kind = JNODE_TEXT;
	n->text = (char *)(uintptr_t)(c->s + 1);
	n->len = (uint32_t)(stop - n->text);
	c->s = stop + 1;
	return true;
}

/* ---- numbers ---- */

static inline const char *past_digits(const char *s, uint64_t *mantissa)
{
	for (; *s >= '0' && *s <= '9'; s++)
		*mantissa = *mantissa * 10 + (uint64_t)(*s - '0');
	return s;
}

/* [eE][+-]digits */
static const char *past_exponent(const char *s)
{
	uint64_t value = 0;
	const char *digits;

	s++;
	s += *s == '+' || *s == '-';
	digits = s;
	s = past_digits(s, &value);
	return s > digits ? s : NULL;
}

/* As num_parse, to the same double; the grammar of JSON is narrower. */
static bool scan_number(struct scan *c, struct json_node *n)
{
	static const double ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15};
	const char *start = c->s, *whole = start + (*start == '-'), *s, *fraction;
	size_t digits, decimals = 0;
	uint64_t mantissa = 0;

	s = past_digits(whole, &mantissa);
	digits = (size_t)(s - whole);
	if (digits == 0 || (*whole == '0' && digits > 1))
		return false;
	if (*s == '.') {
		fraction = s + 1;
		s = past_digits(fraction, &mantissa);
		decimals = (size_t)(s - fraction);
		if (decimals == 0)
			return false;
	}
	n->kind = JNODE_NUMBER;
	if (*s == 'e' || *s == 'E') {
		s = past_exponent(s);
	} else if (digits + decimals <= EXACT_DIGITS) {
		/* Both are exact, so that the quotient is rounded once. */
		n->number = (double)mantissa / ten[decimals];
		if (whole > start)
			n->number = -n->number;
		c->s = s;
		return true;
	}
	c->s = s;
	return s && num_parse(start, (size_t)(s - start), &n->number);
}

/* ---- values ---- */

static inline bool scan_word(
	struct scan *c, struct json_node *n, const char *word, size_t len, uint8_t kind)
{
	if (memcmp(c->s, word, len) != 0)
		return false;
	n->kind = kind;
	c->s += len;
	return true;
}

static void open_level(struct scan *c, struct json_node *n)
{
	bool array = *c->s++ == '[';

	n->kind = array ? JNODE_LIST : JNODE_OBJECT;
	c->level[c->depth++] = (struct level){.node = (uint32_t)(n - c->doc->v), .array = array};
}

/* The value whose node `at` is complete becomes a member of what it is in. */
static inline void end_value(struct scan *c, uint32_t at)
{
	struct json_node *v = c->doc->v;
	struct level *in;

	if (c->depth == 0)
		return;
	in = &c->level[c->depth - 1];
	in->members++;
	in->objects += v[at].kind == JNODE_OBJECT;
	if (in->array && v[at].kind != JNODE_OBJECT) {
		if (in->members == 1)
			in->matrix = v[at].kind >= JNODE_ROWS;
		c->doc->n = at + 1;
		if (in->last && v[in->last].kind == JNODE_OTHERS) {
			v[in->last].len++;
			c->doc->n = at;
			return;
		}
		v[at] = (struct json_node){.kind = JNODE_OTHERS, .len = 1};
	}
	if (in->last)
		v[in->last].next = at - in->last;
	else
		v[in->node].first = at - in->node;
	in->last = at;
}

static void close_level(struct scan *c)
{
	const struct level *in = &c->level[--c->depth];
	struct json_node *n = &c->doc->v[in->node];

	n->len = in->members;
	if (in->array && in->objects > in->members - in->objects) {
		n->kind = JNODE_ROWS;
		c->doc->rows = true;
	} else if (in->array) {
		n->kind = in->matrix ? JNODE_MATRIX : JNODE_LIST;
		n->first = 0;
		c->doc->n = in->node + 1;
	}
	end_value(c, in->node);
}

/* "NaN", "Infinity", "-Infinity": no JSON, but what Python writes of a figure that is none. */
static bool scan_no_number(struct scan *c, struct json_node *n)
{
	static const char *const words[] = {"NaN", "Infinity", "-Infinity"};

	if (*c->s != 'N' && *c->s != 'I' && (*c->s != '-' || c->s[1] != 'I'))
		return false;
	for (size_t i = 0; i < COUNTOF(words); i++) {
		size_t len = strlen(words[i]);

		if (strncmp(c->s, words[i], len) == 0)
			return scan_word(c, n, words[i], len, JNODE_NULL);
	}
	return false;
}

/* A value with its key, or the opening bracket of one. */
static bool scan_member(struct scan *c)
{
	struct json_node *n;

	if (c->depth >= MOST_DEPTH)
		return false;
	n = VEC_PUSH(c->doc);
	*n = (struct json_node){0};
	if (c->depth > 0 && !c->level[c->depth - 1].array && !scan_key(c, n))
		return false;
	switch (*c->s) {
	case '{':
	case '[':
		open_level(c, n);
		return true;
	case '"':
		if (!scan_text(c, n))
			return false;
		break;
	case 't':
		if (!scan_word(c, n, "true", 4, JNODE_TRUE))
			return false;
		break;
	case 'f':
		if (!scan_word(c, n, "false", 5, JNODE_FALSE))
			return false;
		break;
	case 'n':
		if (!scan_word(c, n, "null", 4, JNODE_NULL))
			return false;
		break;
	default:
		if (!scan_no_number(c, n) && !scan_number(c, n))
			return false;
	}
	end_value(c, (uint32_t)(n - c->doc->v));
	return true;
}

static inline bool at_closing(const struct scan *c)
{
	return c->depth > 0 && *c->s == (c->level[c->depth - 1].array ? ']' : '}');
}

bool json_scan(struct json_doc *d, const char *s, const char *end)
{
	struct scan c;

	c.doc = d;
	c.s = s;
	c.end = end;
	c.depth = 0;
	d->n = 0;
	d->rows = false;
	for (;;) {
		size_t depth = c.depth;

		past_spaces(&c);
		if (!scan_member(&c))
			return false;
		past_spaces(&c);
		if (c.depth > depth && !at_closing(&c))
			continue;
		while (at_closing(&c)) {
			c.s++;
			close_level(&c);
			past_spaces(&c);
		}
		if (c.depth == 0)
			return c.s == end;
		if (*c.s++ != ',')
			return false;
	}
}
