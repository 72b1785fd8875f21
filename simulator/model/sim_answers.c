/* sim_answers.c - answers from a file: a model that says what it is told to. */
#include <stdlib.h>
#include <string.h>

#include "fsx.h"
#include "sim_internal.h"

#define PARTED_BY '\f'

/* Bytes of the next token: as many as a token has in prompts, and no character cut in two. */
static size_t piece_length(const char *s, const char *end, size_t wanted)
{
	size_t n = 1;

	while (s + n < end && s[n] != PARTED_BY &&
		(n < wanted || ((unsigned char)s[n] & 0xc0) == 0x80))
		n++;
	return n;
}

static void add_piece(struct sim_answers *x, const char *s, size_t len)
{
	if (x->npieces == x->pieces_cap) {
		x->pieces_cap = x->pieces_cap ? x->pieces_cap * 2 : 64;
		x->piece = xrealloc(x->piece, x->pieces_cap, sizeof(*x->piece));
	}
	x->piece[x->npieces++] = xstrndup(s, len);
}

static void add_mark(struct sim_answers *x)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 8;
		x->first = xrealloc(x->first, x->cap, sizeof(*x->first));
	}
	x->first[x->n++] = x->npieces;
}

static void cut(struct sim_answers *x, const char *s, size_t len, size_t wanted)
{
	const char *end = s + len;

	add_mark(x);
	while (s < end) {
		size_t n = piece_length(s, end, wanted);

		if (*s == PARTED_BY) {
			add_mark(x);
			s++;
			continue;
		}
		add_piece(x, s, n);
		s += n;
	}
	add_mark(x);
	x->n--; /* the last mark is an end */
}

void sim_answers_load(struct sim_answers *x, const struct sim_config *c)
{
	struct str text = STR_INIT(SIM_MAX_ANSWERS);
	struct err e = ERR_INIT;

	*x = (struct sim_answers){0};
	if (!c->answers[0])
		return;
	if (fsx_read(c->answers, SIM_MAX_ANSWERS, &text, &e))
		str_add(&text, e.msg);
	cut(x, text.s, text.len, (size_t)c->chars_per_token);
	str_release(&text);
}

void sim_answers_release(struct sim_answers *x)
{
	for (size_t i = 0; i < x->npieces; i++)
		free(x->piece[i]);
	free(x->piece);
	free(x->first);
	*x = (struct sim_answers){0};
}
