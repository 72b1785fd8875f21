/* truth_pair.c - one request held against the row that the server wrote of it, and what all of them
 * amount to. */
#include "truth.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

void truth_errors_init(struct truth_errors *x)
{
	*x = (struct truth_errors){0};
}

void truth_errors_release(struct truth_errors *x)
{
	VEC_RELEASE(&x->ttft);
	VEC_RELEASE(&x->itl);
	VEC_RELEASE(&x->sent);
	VEC_RELEASE(&x->late);
	*x = (struct truth_errors){0};
}

/* ---- pairing ---- */

/* A gap told and those behind it that are not are one span of time on both sides. */
static void pair_gaps(
	struct truth_errors *x, const struct truth_row *row, const struct truth_client *c)
{
	size_t i = 0;

	for (; i < c->ngaps && c->gaps[i] == NS_NONE; i++) /* inside the time to first content */
		x->unresolved++;
	while (i < c->ngaps) {
		ns client = c->gaps[i], server = row->gaps[i];

		for (i++; i < c->ngaps && c->gaps[i] == NS_NONE; i++) {
			server += row->gaps[i];
			x->unresolved++;
		}
		*VEC_PUSH(&x->itl) = client - server;
	}
}

/* What the row says of the server itself. */
static void note_server(struct truth_errors *x, const struct truth_row *row)
{
	x->user_received += !row->by_kernel;
	x->queued += (size_t)row->queued;
	for (size_t i = 0; i < row->nlate; i++)
		*VEC_PUSH(&x->late) = row->late[i];
}

void truth_pair(struct truth_errors *x, const struct truth *t, const struct truth_client *c)
{
	const struct truth_row *row = truth_find(t, c->request_id);

	if (!row) {
		x->missing++;
		return;
	}
	if (row->twice) {
		x->twice++;
		return;
	}
	x->paired++;
	note_server(x, row);
	if (c->sent_wall != NS_NONE)
		*VEC_PUSH(&x->sent) = c->sent_wall - row->received_wall;
	if (c->first == NS_NONE || row->first == NS_NONE) {
		x->unmeasured++;
		return;
	}
	*VEC_PUSH(&x->ttft) = c->first - row->first;
	if (c->ngaps == row->ngaps)
		pair_gaps(x, row, c);
	else
		x->differing++;
}

void truth_pair_sample(struct truth_errors *x, const struct truth *t, const char *request_id,
	const struct sample *s)
{
	size_t n = s->times.n > 0 ? s->times.n - 1 : 0;
	ns *gaps = xcalloc(n ? n : 1, sizeof(*gaps));
	struct truth_client c = {.request_id = request_id,
		.sent_wall = s->sent_wall,
		.first = sample_ttft(s),
		.gaps = gaps,
		.ngaps = n};

	/* Chunks of one segment have one time. */
	for (size_t i = 0; i < n; i++) {
		ns gap = s->times.v[i + 1] - s->times.v[i];

		gaps[i] = gap == 0 ? NS_NONE : gap;
	}
	truth_pair(x, t, &c);
	free(gaps);
}

/* ---- figures ---- */

static int compare_ns(const void *a, const void *b)
{
	ns x = *(const ns *)a, y = *(const ns *)b;

	return (x > y) - (x < y);
}

/* Type 7 of Hyndman and Fan, of values in order. */
static ns percentile(const ns *v, size_t n, double p)
{
	double rank = p / 100 * (double)(n - 1);
	size_t below = (size_t)rank;

	if (below + 1 >= n)
		return v[n - 1];
	return v[below] + (ns)((rank - (double)below) * (double)(v[below + 1] - v[below]));
}

struct truth_figures truth_figures(const struct truth_series *s)
{
	struct truth_figures f = {s->n, NS_NONE, NS_NONE, NS_NONE, NS_NONE};
	ns *v;

	if (s->n == 0)
		return f;
	v = xmalloc(s->n * sizeof(*v));
	memcpy(v, s->v, s->n * sizeof(*v));
	qsort(v, s->n, sizeof(*v), compare_ns);
	f.bias = percentile(v, s->n, 50);
	for (size_t i = 0; i < s->n; i++)
		v[i] = v[i] < 0 ? -v[i] : v[i];
	qsort(v, s->n, sizeof(*v), compare_ns);
	f.p50 = percentile(v, s->n, 50);
	f.p99 = percentile(v, s->n, 99);
	f.max = v[s->n - 1];
	free(v);
	return f;
}
