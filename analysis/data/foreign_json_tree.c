/* foreign_json_tree.c - a document that was read: escapes resolved, keys that come again dropped.
 */
#include "foreign_json_tree.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_parts.h"
#include "vec.h"
#include "word.h"

#define MOST_FLATTEN 32 /* levels of objects in a row's object */
#define NSLOTS       4096

void json_doc_release(struct json_doc *d)
{
	VEC_RELEASE(d);
	VEC_RELEASE(&d->sorted);
	free(d->slot);
	d->slot = NULL;
}

/* ---- escapes ---- */

static uint32_t hex4(const char *s)
{
	uint32_t ret = 0;

	for (int i = 0; i < 4; i++)
		ret = ret * 16 + (uint32_t)(s[i] <= '9' ? s[i] - '0' : (s[i] | ' ') - 'a' + 10);
	return ret;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* Resolves the escapes, which are known to be good, in place: none becomes longer. */
static uint32_t resolve(char *s, uint32_t len)
{
	static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *from = s, *end = s + len;
	char *to = s;

	while (from < end) {
		uint32_t c;

		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		if (from[1] != 'u') {
			*to++ = meant[strchr(plain, from[1]) - plain];
			from += 2;
			continue;
		}
		c = hex4(from + 2);
		from += 6;
		if (c >= 0xd800 && c <= 0xdbff) {
			c = 0x10000 + (c - 0xd800) * 0x400 + (hex4(from + 2) - 0xdc00);
			from += 6;
		}
		to = put_utf8(to, c);
	}
	return (uint32_t)(to - s);
}

static inline void resolve_node(struct json_node *n)
{
	if (n->key_escaped)
		n->key_len = resolve(n->key, n->key_len);
	if (n->key)
		n->key[n->key_len] = '\0'; /* where the quote was */
	if (n->escaped)
		n->len = resolve(n->text, n->len);
}

/* ---- keys that come again ---- */

static uint64_t hash_of(const struct json_node *n)
{
	uint64_t h = n->key_len;
	size_t i = 0;

	for (; i + 8 <= n->key_len; i += 8) {
		h = (h ^ word_at(n->key + i)) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	h ^= word_at(n->key + i) & ((UINT64_C(1) << n->key_len % 8 * 8) - 1);
	return h * UINT64_C(0x9e3779b97f4a7c15);
}

/* Whether keys of the object may be equal: rarely without need, and never at great cost.  A slot
 * is taken where its upper half is the object's stamp; the lower half is of the key's hash. */
static bool may_repeat(struct json_doc *d, const struct json_node *object)
{
	size_t nslots = 32, steps = 0;

	if (object->len > NSLOTS / 4)
		return true;
	if (!d->slot)
		d->slot = xcalloc(NSLOTS, sizeof(*d->slot));
	while (nslots < 2 * (size_t)object->len)
		nslots *= 2;
	d->stamp++;
	for (const struct json_node *m = json_first(object); m; m = json_next(m)) {
		uint64_t h = hash_of(m), mine = (uint64_t)d->stamp << 32 | h >> 32;
		size_t i = h >> 24 & (nslots - 1);

		for (; d->slot[i] >> 32 == d->stamp; i = (i + 1) & (nslots - 1)) {
			if (d->slot[i] == mine || ++steps > 4 * (size_t)object->len)
				return true;
		}
		d->slot[i] = mine;
	}
	return false;
}

static int compare_keys(const struct json_node *a, const struct json_node *b)
{
	if (a->key_len != b->key_len)
		return a->key_len < b->key_len ? -1 : 1;
	return memcmp(a->key, b->key, a->key_len);
}

static int compare_members(const void *a, const void *b)
{
	const struct json_node *const *x = a, *const *y = b;
	int ret = compare_keys(*x, *y);

	return ret ? ret : (*x > *y) - (*x < *y);
}

/* The value of `from` becomes that of `to`, which has the same key. */
static void move_value(struct json_node *to, const struct json_node *from)
{
	to->kind = from->kind;
	to->len = from->len;
	if (from->kind == JNODE_TEXT)
		to->text = from->text;
	else if (from->kind == JNODE_NUMBER)
		to->number = from->number;
	else if (from->kind >= JNODE_OBJECT)
		to->first = from->first ? from->first + (uint32_t)(from - to) : 0;
}

/* The first of equal keys takes the value of the last; the others are members no more. */
static void drop_repeated(struct json_doc *d, struct json_node *object)
{
	struct json_node *first, *m, *next;

	d->sorted.n = 0;
	for (m = object + object->first; m; m = m->next ? m + m->next : NULL)
		*VEC_PUSH(&d->sorted) = m;
	qsort(d->sorted.v, d->sorted.n, sizeof(struct json_node *), compare_members);
	first = d->sorted.v[0];
	for (size_t i = 1; i < d->sorted.n; i++) {
		m = d->sorted.v[i];
		if (compare_keys(first, m) != 0) {
			first = m;
			continue;
		}
		move_value(first, m);
		m->kind = JNODE_OTHERS;
		object->len--;
	}
	/* The first member stays. */
	for (m = object + object->first; m->next; m = next) {
		next = m + m->next;
		if (next->kind == JNODE_OTHERS) {
			m->next = next->next ? m->next + next->next : 0;
			next = m;
		}
	}
}

bool json_doc_read(struct json_doc *d, char *s, char *end)
{
	*end = '\0';
	if ((uint64_t)(end - s) > UINT32_MAX || !json_scan(d, s, end))
		return false;
	/* From the last one, so that an object comes after its members. */
	for (size_t i = d->n; i-- > 0;) {
		struct json_node *n = &d->v[i];

		resolve_node(n);
		if (n->kind == JNODE_OBJECT && n->len > 1 && may_repeat(d, n))
			drop_repeated(d, n);
	}
	return true;
}

/* ---- what is in it ---- */

void json_cell(const struct json_node *n, struct grid_cell *to)
{
	const char *s = NULL, *end = NULL;

	to->number = 0;
	switch (n->kind) {
	case JNODE_TEXT:
		s = n->text;
		end = s + n->len;
		while (s < end && (unsigned char)*s <= ' ')
			s++;
		while (end > s && (unsigned char)end[-1] <= ' ')
			end--;
		to->kind = s < end ? GRID_TEXT : GRID_MISSING;
		break;
	case JNODE_NUMBER:
		to->kind = GRID_NUMBER;
		to->number = n->number;
		break;
	case JNODE_TRUE:
		to->kind = GRID_TRUE;
		break;
	case JNODE_FALSE:
		to->kind = GRID_FALSE;
		break;
	default:
		to->kind = GRID_MISSING;
	}
	to->s = s < end ? s : NULL;
	to->len = (uint32_t)(end - s);
}

/* The path holds the names of the objects around it. */
static void flatten(const struct json_flatten *f, const struct json_node *object, unsigned depth)
{
	struct str *path = f->path;
	size_t before = path->len;

	for (const struct json_node *m = json_first(object); m; m = json_next(m)) {
		bool scalar = json_is_scalar_node(m);

		if ((!scalar && m->kind != JNODE_OBJECT) || before + m->key_len + 2 > path->max)
			continue;
		if (scalar && before == 0) {
			f->scalar(f->arg, m->key, m->key_len, m);
			continue;
		}
		if (!scalar && (depth >= MOST_FLATTEN || (f->leave && f->leave(f->arg, m))))
			continue;
		str_addn(path, m->key, m->key_len);
		if (scalar) {
			f->scalar(f->arg, path->s, path->len, m);
		} else {
			str_addc(path, '.');
			flatten(f, m, depth + 1);
		}
		path->len = before;
	}
}

void json_flatten(const struct json_flatten *f, const struct json_node *object)
{
	str_reset(f->path);
	flatten(f, object, 0);
}
