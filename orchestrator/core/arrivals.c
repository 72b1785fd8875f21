/* arrivals.c - see arrivals.h */
#include "arrivals.h"

#include <stdint.h>
#include <string.h>

#define MOST_LINES     1024 /* of one read; further ones belong to the last piece */
#define MOST_QUESTIONS 128  /* a read of so many segments is late anyway */

void arrivals_unknown(struct arrivals *a, ns read_at, ns busy)
{
	a->n = 0;
	a->taken = 0;
	a->first_line = SIZE_MAX;
	a->asked = a->before = NS_NONE;
	a->read_at = read_at;
	a->busy = busy;
}

/* ---- finding ---- */

/* One search: the ends of lines, and what the kernel said of some of them. */
struct search {
	struct arrivals *a;
	size_t end[MOST_LINES];
	size_t n;
	size_t len;
	ns last;
	size_t asked;
	arrivals_ask_fn *ask;
	void *arg;
};

/* Where the line whose newline is at `i` ends with its framing; 0 if it is no end, but the newline
 * of a chunk's size or of a header. */
static size_t line_end(const char *s, size_t i, size_t len)
{
	if (i > 0 && s[i - 1] == '\r')
		return 0;
	if (i + 1 == len || s[i + 1] != '\r')
		return i + 1;
	return i + 1 + ARRIVALS_FRAMING < len ? i + 1 + ARRIVALS_FRAMING : len;
}

static void find_lines(struct search *s, const char *bytes)
{
	const char *p = bytes, *stop = bytes + s->len;

	while (s->n < MOST_LINES && (p = memchr(p, '\n', (size_t)(stop - p)))) {
		size_t end = line_end(bytes, (size_t)(p - bytes), s->len);

		if (end > 0 && (s->n == 0 || end > s->end[s->n - 1]))
			s->end[s->n++] = end;
		p++;
	}
}

/* Of the bytes up to `upto`; what cannot be asked any more is not known. */
static ns ask(struct search *s, size_t upto)
{
	if (upto >= s->len)
		return s->last;
	if (s->asked >= MOST_QUESTIONS)
		return NS_NONE;
	s->asked++;
	return s->ask(s->arg, upto);
}

static void add_piece(struct search *s, size_t upto, ns at, bool sharp)
{
	if (s->a->n == ARRIVALS_PIECES) { /* one longer piece rather than a wrong one */
		s->a->n--;
		sharp = false;
	}
	s->a->piece[s->a->n++] = (struct arrival){.upto = upto, .at = at, .sharp = sharp};
}

/* The piece that ends with line i: sharp if its segment holds nothing of what follows. */
static void close_piece(struct search *s, size_t i, ns at)
{
	size_t end = s->end[i];
	ns next = end < s->len ? ask(s, end + 1) : NS_NONE;

	add_piece(s, end, at, end >= s->len || (next != NS_NONE && next != at));
}

/* The last line of those before `high` that has the time of `low`; *next is the time of the one
 * after it.  By growing steps, since most segments hold a line or two.  NS_NONE in *next: there
 * were no more questions. */
static size_t last_alike(struct search *s, size_t low, ns at, size_t high, ns high_at, ns *next)
{
	size_t left = low, right = high, step = 1;

	*next = high_at;
	while (right - left > 1) {
		size_t middle = left + (step < right - left ? step : (right - left) / 2);
		ns t = ask(s, s->end[middle]);

		if (t == at) {
			left = middle;
			step *= 2;
			continue;
		}
		right = middle;
		step = (right - left) / 2;
		*next = t;
		if (t == NS_NONE)
			break;
	}
	return left;
}

/* Lines from `low`, whose time is `at`, to `high`, whose time is `high_at`: a piece for every time
 * among them but the last. */
static void split(struct search *s, size_t low, ns at, size_t high, ns high_at)
{
	while (at != high_at) {
		ns next;
		size_t left = last_alike(s, low, at, high, high_at, &next);

		if (next == NS_NONE) /* all that is left is one piece */
			return;
		close_piece(s, left, at);
		low = left + 1;
		at = next;
	}
}

void arrivals_find(struct arrivals *a, const char *bytes, size_t len, ns last, ns asked,
	arrivals_ask_fn *ask_kernel, void *arg)
{
	struct search s; /* not zeroed: the ends are many */
	const char *end;
	ns first, high;

	s.a = a;
	s.n = s.asked = 0;
	s.len = len;
	s.last = last;
	s.ask = ask_kernel;
	s.arg = arg;
	a->n = 0;
	a->taken = 0;
	a->asked = asked;
	end = memchr(bytes, '\n', len);
	a->first_line = end ? (size_t)(end - bytes) + 1 : len;
	find_lines(&s, bytes);
	if (s.n == 0) {
		add_piece(&s, len, last, true);
		return;
	}
	high = ask(&s, s.end[s.n - 1]);
	first = s.n > 1 ? ask(&s, s.end[0]) : high;
	if (first != NS_NONE && high != NS_NONE)
		split(&s, 0, first, s.n - 1, high);
	if (high == NS_NONE)
		high = last;
	close_piece(&s, s.n - 1, high);
	if (s.end[s.n - 1] < len)
		add_piece(&s, len, last, true);
}

/* ---- asking ---- */

void arrivals_take_header(struct arrivals *a, size_t len)
{
	a->taken += a->taken == 0 && len > a->first_line ? a->first_line : len;
}

static ns bound(ns at, ns since)
{
	return since != NS_NONE && since < at ? at - since : 0;
}

struct moment arrivals_of(const struct arrivals *a, size_t end, ns earliest)
{
	ns since = a->before != NS_NONE ? a->before : earliest;

	end += a->taken;
	for (size_t i = 0; i < a->n; i++) {
		const struct arrival *p = &a->piece[i];

		if (end <= p->upto) {
			bool ends_it = p->sharp && p->upto - end <= ARRIVALS_FRAMING;

			return (struct moment){.at = p->at,
				.late = ends_it ? 0 : bound(p->at, since),
				.kernel = true};
		}
		since = p->at;
	}
	return (struct moment){.at = a->read_at,
		.late = a->asked != NS_NONE ? bound(a->read_at, a->asked) : a->busy};
}
