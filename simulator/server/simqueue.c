/* simqueue.c - a binary heap. */
#include "simqueue.h"

#include <stdlib.h>

#include "vec.h"

static bool before(const struct simqueue_entry *a, const struct simqueue_entry *b)
{
	return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void place(struct simqueue *q, size_t i, struct simqueue_entry *e)
{
	q->v[i] = e;
	e->at = i + 1;
}

/* Moves the hole at `i` up, then down, to where e belongs. */
static void sift(struct simqueue *q, size_t i, struct simqueue_entry *e)
{
	while (i > 0 && before(e, q->v[(i - 1) / 2])) {
		place(q, i, q->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < q->n && before(q->v[child + 1], q->v[child]))
			child++;
		if (child >= q->n || !before(q->v[child], e))
			break;
		place(q, i, q->v[child]);
		i = child;
	}
	place(q, i, e);
}

void simqueue_add(struct simqueue *q, struct simqueue_entry *e, ns due)
{
	if (e->at)
		BUG("queued twice");
	e->due = due;
	e->seq = q->seq++;
	*VEC_PUSH(q) = e; /* NOLINT(bugprone-sizeof-expression): of pointers */
	sift(q, q->n - 1, e);
}

void simqueue_remove(struct simqueue *q, struct simqueue_entry *e)
{
	size_t i = e->at - 1;
	struct simqueue_entry *last;

	if (!e->at)
		return;
	e->at = 0;
	last = q->v[--q->n];
	if (last != e)
		sift(q, i, last);
}

struct simqueue_entry *simqueue_first(const struct simqueue *q)
{
	return q->n ? q->v[0] : NULL;
}

void simqueue_release(struct simqueue *q)
{
	VEC_RELEASE(q);
}
