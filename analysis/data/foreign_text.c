/* foreign_text.c - the text of a file as it comes: encodings, the hash of its bytes, its lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "foreign_parts.h"
#include "word.h"

size_t foreign_piece_bytes = (size_t)1 << 20;

/* ---- UTF-8 ---- */

/* What has to follow a first byte of two and more. */
static void lead(struct foreign_utf8 *u, unsigned char c)
{
	u->low = 0x80;
	u->high = 0xbf;
	if (c >= 0xc2 && c <= 0xdf) {
		u->need = 1;
	} else if (c >= 0xe0 && c <= 0xef) {
		u->need = 2;
		u->low = c == 0xe0 ? 0xa0 : 0x80;
		u->high = c == 0xed ? 0x9f : 0xbf;
	} else if (c >= 0xf0 && c <= 0xf4) {
		u->need = 3;
		u->low = c == 0xf0 ? 0x90 : 0x80;
		u->high = c == 0xf4 ? 0x8f : 0xbf;
	} else {
		u->bad = true;
	}
}

void foreign_utf8_add(struct foreign_utf8 *u, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end && !u->bad) {
		unsigned char c = (unsigned char)*s;

		if (u->need > 0) {
			u->bad = c < u->low || c > u->high;
			u->low = 0x80;
			u->high = 0xbf;
			u->need--;
			s++;
		} else if (c >= 0x80) {
			lead(u, c);
			s++;
		} else {
			while (end - s >= 8 && !(word_at(s) & 0x80 * WORD_EACH))
				s += 8;
			while (s < end && (unsigned char)*s < 0x80)
				s++;
		}
	}
}

bool foreign_utf8_valid(const char *s, size_t len)
{
	struct foreign_utf8 u = {0};

	foreign_utf8_add(&u, s, len);
	return !u.bad && u.need == 0;
}

/* ---- hash ---- */

static inline uint64_t mixed(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 32;
}

static void stripe(struct foreign_hash *h, const char *s)
{
	for (size_t i = 0; i < 4; i++)
		h->lane[i] = mixed(h->lane[i] + i + 1, word_at(s + 8 * i));
}

void foreign_hash_add(struct foreign_hash *h, const char *s, size_t len)
{
	size_t part = sizeof(h->rest) - h->nrest;

	h->len += len;
	if (h->nrest > 0 && len >= part) {
		memcpy(h->rest + h->nrest, s, part);
		stripe(h, h->rest);
		h->nrest = 0;
		s += part;
		len -= part;
	}
	if (h->nrest == 0) {
		for (; len >= sizeof(h->rest); s += sizeof(h->rest), len -= sizeof(h->rest))
			stripe(h, s);
	}
	if (len > 0)
		memcpy(h->rest + h->nrest, s, len);
	h->nrest += len;
}

uint64_t foreign_hash_value(const struct foreign_hash *h)
{
	struct foreign_hash last = *h;
	uint64_t ret = last.len * UINT64_C(0x9e3779b97f4a7c15);

	memset(last.rest + last.nrest, 0, sizeof(last.rest) - last.nrest);
	stripe(&last, last.rest);
	for (size_t i = 0; i < 4; i++)
		ret = mixed(ret, last.lane[i]);
	return ret;
}

/* ---- bytes ---- */

static ssize_t read_some(struct foreign_reader *r, char *to, size_t room)
{
	ssize_t n;

	if (r->fd < 0) {
		n = (ssize_t)(room < r->len - r->at ? room : r->len - r->at);
		if (n > 0)
			memcpy(to, r->bytes + r->at, (size_t)n);
		r->at += (size_t)n;
		return n;
	}
	do
		n = read(r->fd, to, room);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Bytes as they stand in the file. */
static size_t read_raw(struct foreign_reader *r, char *to, size_t room)
{
	size_t got = 0;

	while (got < room && !r->ended) {
		ssize_t n = read_some(r, to + got, room - got);

		if (n < 0)
			r->failed = errno;
		if (n <= 0)
			r->ended = true;
		else
			got += (size_t)n;
	}
	if (!r->again && got > 0) {
		foreign_hash_add(&r->hash, to, got);
		r->facts->bytes += got;
	}
	return got;
}

static void begin(struct foreign_reader *r)
{
	const char *h = r->head;
	size_t n = read_raw(r, r->head, 3), mark = 0;

	r->begun = true;
	if (n == 3 && memcmp(h, "\xef\xbb\xbf", 3) == 0) {
		mark = 3;
		r->marked = true;
	} else if (n >= 2 && (memcmp(h, "\xff\xfe", 2) == 0 || memcmp(h, "\xfe\xff", 2) == 0)) {
		mark = 2;
		r->form = h[0] == '\xff' ? FORM_UTF16_LOW : FORM_UTF16_HIGH;
	}
	r->nhead = n - mark;
	memmove(r->head, r->head + mark, r->nhead);
	if (r->form != FORM_UTF8) {
		memcpy(r->raw, r->head, r->nhead);
		r->nraw = r->nhead;
		r->nhead = 0;
	}
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* One unit of UTF-16; halves that stand alone become U+FFFD. */
static size_t put_unit(struct foreign_reader *r, char *to, uint32_t unit)
{
	uint32_t high = r->high;
	size_t n = 0;

	r->high = 0;
	if (high && unit >= 0xdc00 && unit <= 0xdfff)
		return put_utf8(to, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
	if (high)
		n = put_utf8(to, 0xfffd);
	if (unit >= 0xd800 && unit <= 0xdbff) {
		r->high = unit;
		return n;
	}
	return n + put_utf8(to + n, unit >= 0xdc00 && unit <= 0xdfff ? 0xfffd : unit);
}

static size_t fill_utf16(struct foreign_reader *r, char *to, size_t room)
{
	size_t got = 0;

	/* A unit is six bytes at most: U+FFFD twice. */
	while (room - got >= 6) {
		size_t most = (room - got) / 6 * 2, i;

		most = most < sizeof(r->raw) ? most : sizeof(r->raw);
		if (r->nraw < most)
			r->nraw += read_raw(r, r->raw + r->nraw, most - r->nraw);
		for (i = 0; i + 1 < r->nraw && i < most; i += 2) {
			unsigned char a = (unsigned char)r->raw[i],
				      b = (unsigned char)r->raw[i + 1];

			got += put_unit(r, to + got,
				r->form == FORM_UTF16_LOW ? (uint32_t)b << 8 | a
							  : (uint32_t)a << 8 | b);
		}
		if (i == 0)
			break;
		memmove(r->raw, r->raw + i, r->nraw - i);
		r->nraw -= i;
	}
	return got;
}

static size_t newlines(const char *s, size_t len)
{
	size_t n = 0, i = 0;

	for (; i + 8 <= len; i += 8)
		n += (word_equal(word_at(s + i), '\n') >> 7) * WORD_EACH >> 56;
	for (; i < len; i++)
		n += s[i] == '\n';
	return n;
}

size_t foreign_fill(struct foreign_reader *r, char *to, size_t room)
{
	size_t got = 0;

	if (!r->begun)
		begin(r);
	if (r->form != FORM_UTF8) {
		got = fill_utf16(r, to, room);
	} else {
		got = r->nhead < room ? r->nhead : room;
		memcpy(to, r->head, got);
		r->nhead -= got;
		memmove(r->head, r->head + got, r->nhead);
		got += read_raw(r, to + got, room - got);
		if (!r->again)
			foreign_utf8_add(&r->utf8, to, got);
	}
	if (!r->again && got > 0) {
		r->facts->lines += newlines(to, got);
		r->last = to[got - 1];
	}
	return got;
}

/* ---- the buffer ---- */

bool foreign_refill(struct foreign_reader *r)
{
	struct foreign_own *o = r->own;
	size_t left = (size_t)(r->end - r->from), piece = foreign_piece_bytes, wanted, got;

	wanted = left + (left > piece ? left : piece);
	if (left > 0)
		memmove(o->text, r->from, left);
	if (o->text_room < wanted + FOREIGN_PADDING) {
		o->text_room = wanted + FOREIGN_PADDING;
		o->text = xrealloc(o->text, o->text_room, 1);
	}
	got = foreign_fill(r, o->text + left, wanted - left);
	r->done = r->form == FORM_UTF8 ? r->ended : got == 0;
	r->from = o->text;
	r->end = o->text + left + got;
	memset(r->end, 0, FOREIGN_PADDING);
	return got > 0;
}

void foreign_skip_line(struct foreign_reader *r)
{
	for (;;) {
		char *stop = r->from == r->end ? NULL
					       : memchr(r->from, '\n', (size_t)(r->end - r->from));

		if (stop) {
			r->from = stop + 1;
			r->line++;
			return;
		}
		r->from = r->end;
		if (!foreign_refill(r))
			return;
	}
}

size_t foreign_whole(struct foreign_reader *r)
{
	struct foreign_own *o = r->own;
	size_t len = 0, got;

	do {
		if (o->whole_room < len + FOREIGN_PADDING + 4096) {
			o->whole_room = 2 * o->whole_room + ((size_t)64 << 10);
			o->whole = xrealloc(o->whole, o->whole_room, 1);
		}
		got = foreign_fill(r, o->whole + len, o->whole_room - FOREIGN_PADDING - len);
		len += got;
	} while (got > 0);
	memset(o->whole + len, 0, FOREIGN_PADDING);
	return len;
}

void foreign_drain(struct foreign_reader *r)
{
	r->from = r->end;
	while (foreign_refill(r))
		r->from = r->end;
}
