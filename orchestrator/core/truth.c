/* truth.c - a truth log, read. */
#include "truth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "truth_parts.h"
#include "vec.h"

#define MAX_US                                                                                     \
	1e12 /* eleven days: what is beyond it is no time of a request, and sums stay sums         \
	      */

/* ---- times as text ---- */

static bool read_us(const char *s, size_t len, ns *ret)
{
	double us;

	if (!num_parse(s, len, &us) || !(fabs(us) < MAX_US))
		return false;
	*ret = (ns)llround(us * (double)NS_PER_US);
	return true;
}

bool truth_read_time(const char *text, ns *ret)
{
	*ret = NS_NONE;
	return !text || read_us(text, strlen(text), ret);
}

bool truth_read_times(const char *text, bool allowed, struct truth_series *out)
{
	for (const char *s = text; s; s = *s ? s + 1 : NULL) {
		size_t len = strcspn(s, " ");
		ns *at = VEC_PUSH(out);

		*at = NS_NONE;
		if (!(allowed && len == 1 && *s == '~') && !read_us(s, len, at))
			return false;
		s += len;
	}
	return true;
}

int truth_read_table(struct table *t, const char *path, const struct column_spec *specs,
	size_t nspecs, const char *const *columns, struct err *e)
{
	if (table_read(t, path, true, specs, nspecs, NULL, NULL, e))
		return -1;
	for (; *columns; columns++) {
		if (!table_column(t, *columns))
			return err_set(e, ERR_JOURNAL, "%s: it has no column %s", path, *columns);
	}
	return 0;
}

/* ---- rows ---- */

/* A copy that stays; NULL of none. */
static const ns *keep(struct truth *t, const struct truth_series *s)
{
	ns *v = s->n ? arena_alloc(&t->arena, s->n, sizeof(*v)) : NULL;

	if (v)
		memcpy(v, s->v, s->n * sizeof(*v));
	return v;
}

/* False if the row is not what a server writes. */
static bool read_row(struct truth *t, const char *const text[TRUTH_COLUMN_COUNT],
	struct truth_series *gaps, struct truth_series *late)
{
	const char *id = text[TRUTH_REQUEST_ID], *at = text[TRUTH_RECEIVED_AT];
	const char *by = text[TRUTH_RECEIVED_BY], *queued = text[TRUTH_QUEUED];
	struct truth_row row = {0};

	gaps->n = late->n = 0;
	if (!id || !at || !by)
		return false;
	row.received_wall = clock_parse_iso(at, strlen(at));
	row.by_kernel = strcmp(by, "kernel") == 0;
	if (row.received_wall == NS_NONE || (!row.by_kernel && strcmp(by, "user") != 0) ||
		!truth_read_time(text[TRUTH_FIRST_US], &row.first) ||
		!truth_read_times(text[TRUTH_GAPS_US], false, gaps) ||
		!truth_read_times(text[TRUTH_LATE_US], false, late) ||
		(queued && !num_parse_int(queued, strlen(queued), &row.queued)) || row.queued < 0)
		return false;
	row.request_id = arena_str(&t->arena, id);
	row.gaps = keep(t, gaps);
	row.ngaps = gaps->n;
	row.late = keep(t, late);
	row.nlate = late->n;
	*VEC_PUSH(&t->rows) = row;
	return true;
}

static void read_rows(struct truth *t, const struct table *table)
{
	const struct table_column *columns[TRUTH_COLUMN_COUNT];
	const char *text[TRUTH_COLUMN_COUNT];
	struct truth_series gaps = {0}, late = {0};

	for (size_t c = 0; c < TRUTH_COLUMN_COUNT; c++)
		columns[c] = table_column(table, truth_columns[c].name);
	for (size_t i = 0; i < table->nrows; i++) {
		for (size_t c = 0; c < TRUTH_COLUMN_COUNT; c++)
			text[c] = table_text(columns[c], i);
		t->rejected += !read_row(t, text, &gaps, &late);
	}
	VEC_RELEASE(&gaps);
	VEC_RELEASE(&late);
}

static int compare_rows(const void *a, const void *b)
{
	const struct truth_row *x = a, *y = b;

	return strcmp(x->request_id, y->request_id);
}

static void sort_rows(struct truth *t)
{
	struct truth_row *v = t->rows.v;

	if (t->rows.n > 0)
		qsort(v, t->rows.n, sizeof(*v), compare_rows);
	for (size_t i = 1; i < t->rows.n; i++) {
		if (strcmp(v[i - 1].request_id, v[i].request_id) == 0)
			v[i - 1].twice = v[i].twice = true;
	}
}

int truth_read(struct truth *t, const char *path, struct err *e)
{
	const char *names[TRUTH_COLUMN_COUNT + 1] = {0};
	struct table table = {0};
	int rc;

	*t = (struct truth){0};
	for (size_t c = 0; c < TRUTH_COLUMN_COUNT; c++)
		names[c] = truth_columns[c].name;
	rc = truth_read_table(&table, path, truth_columns, TRUTH_COLUMN_COUNT, names, e);
	if (!rc) {
		t->rejected = table.rejected;
		read_rows(t, &table);
		sort_rows(t);
	}
	table_release(&table);
	return rc;
}

void truth_release(struct truth *t)
{
	VEC_RELEASE(&t->rows);
	arena_release(&t->arena);
}

const struct truth_row *truth_find(const struct truth *t, const char *request_id)
{
	struct truth_row key = {.request_id = request_id};

	if (t->rows.n == 0)
		return NULL;
	return bsearch(&key, t->rows.v, t->rows.n, sizeof(key), compare_rows);
}
