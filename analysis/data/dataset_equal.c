/* dataset_equal.c - decoding compared over equal lengths, where answers differ in length.
 *
 * A long answer decodes more slowly than a short one (its context has grown), so settings whose
 * answers differ in length are compared over tokens 2 to m, m the longest that nine in ten of all
 * answers reach (docs/statistics.md, length). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "chunks.h"
#include "dataset_build.h"

#define REACHED     90   /* of 100 answers that are as long as m */
#define LEAST_M     8    /* as throughput's */
#define SAME_LENGTH 1.02 /* means of cells nearer than this are one length */
#define HELD_BACK   2    /* pieces that may be fewer than tokens (docs/design.md, TPOT) */

/* A row that counts, to be found by its name. */
struct named {
	uint64_t id;
	uint32_t attempt;
	uint32_t row, length; /* tokens whose arrival is known */
};

struct equal {
	struct dataset *d;
	struct named *v; /* [n] sorted by id and attempt */
	size_t n;
	uint32_t m;
};

static int compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

static struct named *find(struct equal *q, const struct chunks_row *row)
{
	struct named key = {.id = row->run_id, .attempt = row->attempt};

	return q->n ? bsearch(&key, q->v, q->n, sizeof(*q->v), compare_named) : NULL;
}

/* Whether the means of the cells' answers are of different lengths. */
static bool lengths_differ(const struct dataset *d)
{
	double *sum = xcalloc(d->ncells, sizeof(*sum)), *n = xcalloc(d->ncells, sizeof(*n));
	double least = INFINITY, most = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		if (r->counts && r->output_tokens > 0) {
			sum[r->cell] += r->output_tokens;
			n[r->cell]++;
		}
	}
	for (size_t c = 0; c < d->ncells; c++) {
		if (n[c] > 0) {
			least = fmin(least, sum[c] / n[c]);
			most = fmax(most, sum[c] / n[c]);
		}
	}
	free(sum);
	free(n);
	return most > SAME_LENGTH * least;
}

static void collect(struct equal *q)
{
	const struct dataset *d = q->d;

	q->v = xcalloc(d->nrows, sizeof(*q->v));
	for (size_t i = 0; i < d->nrows; i++) {
		const struct data_row *r = &d->rows[i];

		if (r->counts && r->burst == 0 && r->output_tokens > 0)
			q->v[q->n++] = (struct named){r->run_id, r->attempt, (uint32_t)i, 0};
	}
	qsort(q->v, q->n, sizeof(*q->v), compare_named);
}

/* Where text was held back, pieces are not tokens. */
static void take_length(void *arg, const struct chunks_row *row)
{
	struct equal *q = arg;
	struct named *x = find(q, row);
	size_t pieces = row->ngaps + 1;

	if (x && (double)pieces + HELD_BACK >= q->d->rows[x->row].output_tokens)
		x->length = pieces < UINT32_MAX ? (uint32_t)pieces : UINT32_MAX;
}

static int compare_lengths(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The longest that nine in ten reach. */
static uint32_t common_length(const struct equal *q)
{
	uint32_t *length = xcalloc(q->n, sizeof(*length)), m;

	for (size_t i = 0; i < q->n; i++)
		length[i] = q->v[i].length;
	qsort(length, q->n, sizeof(*length), compare_lengths);
	m = q->n ? length[q->n - (REACHED * q->n + 99) / 100] : 0;
	free(length);
	return m;
}

static void take_rate(void *arg, const struct chunks_row *row)
{
	struct equal *q = arg;
	struct named *x = find(q, row);
	double us = 0;

	if (!x || x->length < q->m)
		return;
	for (uint32_t i = 0; i + 1 < q->m; i++)
		us += row->gap_us[i];
	if (us > 0)
		q->d->rows[x->row].metric[METRIC_EQUAL] = (q->m - 1) * 1e6 / us;
}

void build_equal_lengths(struct dataset *d, const char *chunks_path)
{
	struct equal q = {.d = d};

	if (!lengths_differ(d))
		return;
	collect(&q);
	if (chunks_read(chunks_path, take_length, &q, NULL) == 0)
		q.m = common_length(&q);
	if (q.m >= LEAST_M && chunks_read(chunks_path, take_rate, &q, NULL) == 0)
		d->equal_tokens = q.m;
	free(q.v);
}
