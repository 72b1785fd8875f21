/* dechunk.c - see dechunk.h */
#include "dechunk.h"

#define MOST_DIGITS 16 /* what a size can be; leading zeros are digits, too */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The end of a size line. */
static void begin_chunk(struct dechunk *d)
{
	if (d->digits == 0)
		d->stage = DECHUNK_BAD;
	else
		d->stage = d->left > 0 ? DECHUNK_DATA : DECHUNK_END;
}

static void take_size(struct dechunk *d, char c)
{
	int digit = hex(c);

	if (digit >= 0 && d->digits < MOST_DIGITS) {
		d->left = d->left * 16 + (uint64_t)digit;
		d->digits++;
	} else if (digit >= 0) {
		d->stage = DECHUNK_BAD;
	} else if (c == '\n') {
		begin_chunk(d);
	} else {
		d->stage = c == '\r' || c == ';' || c == ' ' || c == '\t' ? DECHUNK_EXTENSION
									  : DECHUNK_BAD;
	}
}

/* A byte of the framing. */
static void take_frame(struct dechunk *d, char c)
{
	switch (d->stage) {
	case DECHUNK_SIZE:
		take_size(d, c);
		break;
	case DECHUNK_EXTENSION:
		if (c == '\n')
			begin_chunk(d);
		break;
	case DECHUNK_AFTER:
		if (c == '\n')
			*d = (struct dechunk){.stage = DECHUNK_SIZE};
		else if (c != '\r')
			d->stage = DECHUNK_BAD;
		break;
	case DECHUNK_DATA:
	case DECHUNK_END:
	case DECHUNK_BAD:
		break;
	}
}

size_t dechunk_next(
	struct dechunk *d, const char *bytes, size_t len, const char **data, size_t *data_len)
{
	size_t at = 0;

	*data = bytes;
	*data_len = 0;
	while (at < len && d->stage != DECHUNK_DATA) {
		if (d->stage == DECHUNK_END || d->stage == DECHUNK_BAD)
			return len;
		take_frame(d, bytes[at++]);
	}
	if (at == len)
		return len;
	*data = bytes + at;
	*data_len = len - at < d->left ? len - at : (size_t)d->left;
	d->left -= *data_len;
	if (d->left == 0)
		d->stage = DECHUNK_AFTER;
	return at + *data_len;
}
