/* fold.c - rows into a fold. */
#include "fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* Makes room for `n` elements, new ones all zero. */
#define GROW(array, have, n)                                                                       \
	((n) > (have) ? grow((void **)&(array), &(have), (n), sizeof(*(array))) : (void)0)

static void grow(void **array, size_t *have, size_t n, size_t size)
{
	size_t room = *have ? *have : 16;

	while (room < n)
		room *= 2;
	*array = xrealloc(*array, room, size);
	memset((char *)*array + *have * size, 0, (room - *have) * size);
	*have = room;
}

void fold_init(struct fold *f, const struct dataset *d, bool histogram)
{
	*f = (struct fold){.metrics = d->metrics,
		.nmetrics = d->nmetrics,
		.foreign = d->foreign,
		.histogram = histogram};
	values_init(&f->lag, histogram);
	values_init(&f->gap, histogram);
	fold_client_init(&f->client, histogram);
}

static void free_values(struct values **v)
{
	if (*v)
		values_release(*v);
	free(*v);
	*v = NULL;
}

void fold_drop(struct fold *f, size_t metric)
{
	free(f->all[metric]);
	free(f->suspect[metric]);
	f->all[metric] = f->suspect[metric] = NULL;
	for (size_t c = 0; c < f->ncells; c++)
		free_values(&f->cells[c].value[metric]);
	free_values(&f->paid[metric]);
	free_values(&f->other[metric]);
}

void fold_release(struct fold *f)
{
	for (size_t m = 0; m < METRIC_MAX; m++)
		fold_drop(f, m);
	for (size_t c = 0; c < f->ncells; c++)
		free(f->cells[c].by_status);
	free(f->groups);
	free(f->sorted);
	free(f->cells);
	free(f->loads);
	free(f->answers);
	free(f->sessions);
	free(f->prompt_met);
	values_release(&f->lag);
	values_release(&f->gap);
	fold_client_release(&f->client);
	keymap_release(&f->group_map);
	keymap_release(&f->answer_map);
	keymap_release(&f->session_map);
	*f = (struct fold){0};
}

/* ---- one row ---- */

static void add_value(struct fold *f, struct values **v, double x)
{
	if (!*v) {
		*v = xmalloc(sizeof(**v));
		values_init(*v, f->histogram);
	}
	values_add(*v, x);
}

static uint64_t pair(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

/* Room for one more group, in the moments of each metric too. */
static void grow_groups(struct fold *f)
{
	size_t had = f->room;

	GROW(f->groups, f->room, f->ngroups + 1);
	for (size_t m = 0; f->room > had && m < f->nmetrics; m++) {
		size_t room = had;

		if (f->all[m])
			GROW(f->all[m], room, f->room);
		room = had;
		if (f->suspect[m])
			GROW(f->suspect[m], room, f->room);
	}
}

static uint32_t group_of(struct fold *f, const struct data_row *r)
{
	uint32_t prompt = r->burst ? DATA_NONE : r->prompt;
	uint32_t i = keymap_number(&f->group_map, pair(r->load, r->cell), pair(r->burst, prompt));

	if (i < f->ngroups)
		return i;
	grow_groups(f);
	f->groups[f->ngroups++] = (struct fold_group){.load = r->load,
		.cell = r->cell,
		.burst = r->burst,
		.prompt = prompt,
		.pass = r->pass};
	return i;
}

static void add_metric(struct fold *f, uint32_t group, size_t m, const struct data_row *r)
{
	struct sums **list = r->validity == ROW_SUSPECT ? &f->suspect[m] : &f->all[m];
	double x = r->metric[m];

	add_value(f, &f->cells[r->cell].value[m], x);
	if (f->metrics[m].log && x <= 0)
		return;
	if (!*list)
		*list = xcalloc(f->room, sizeof(**list));
	sums_add(&(*list)[group], f->metrics[m].log ? log(x) : x);
}

static void add_load(struct fold *f, const struct data_row *r)
{
	struct fold_load *l;

	GROW(f->loads, f->nloads, (size_t)r->load + 1);
	l = &f->loads[r->load];
	l->rows++;
	if (isfinite(r->started_s)) {
		l->first_s = l->timed++ ? l->first_s : r->started_s;
		l->since_s += r->started_s - l->first_s;
	}
	if (isfinite(r->prompt_tokens)) {
		l->told++;
		l->prompt_tokens = fmax(l->prompt_tokens, r->prompt_tokens);
	}
}

static void add_answer(struct fold *f, const struct data_row *r)
{
	bool suspect = r->validity == ROW_SUSPECT;
	double score = r->metric[METRIC_SCORE];
	struct fold_answers *a;
	uint32_t i;

	f->graded++;
	f->graded_right += score == 1;
	f->graded_sum += score;
	if (r->prompt == DATA_NONE)
		return;
	i = keymap_number(&f->answer_map, pair(r->cell, r->prompt), suspect);
	if (i == f->nanswers) {
		GROW(f->answers, f->answers_room, f->nanswers + 1);
		f->answers[f->nanswers++] = (struct fold_answers){.cell = r->cell,
			.prompt = r->prompt,
			.suspect = suspect,
			.first_at = f->rows,
			.first = score,
			.answer = r->answer};
	}
	a = &f->answers[i];
	a->n++;
	a->sum += score;
	a->differs = a->differs || a->answer != r->answer;
}

static void add_gap(struct fold *f, const struct data_row *r)
{
	double gap = r->metric[METRIC_TTFT] - r->metric[METRIC_LOAD] - r->prompt_eval_ms;

	if (f->foreign || r->burst > 0 || !isfinite(gap))
		return;
	values_add(&f->gap, gap);
	f->gap_outside += gap < FOLD_GAP_LEAST_MS || gap > FOLD_GAP_MOST_MS;
}

/* A row that counts. */
static void add_counted(struct fold *f, const struct data_row *r)
{
	uint32_t group = group_of(f, r);
	struct fold_group *g = &f->groups[group];

	g->rows++;
	g->order += r->order;
	f->order_squares += (double)r->order * r->order;
	f->counted++;
	f->counted_suspect += r->validity == ROW_SUSPECT;
	f->most_pass = r->pass > f->most_pass ? r->pass : f->most_pass;
	if (r->prompt != DATA_NONE) {
		GROW(f->prompt_met, f->nprompts, (size_t)r->prompt + 1);
		f->prompt_met[r->prompt] = true;
	}
	add_load(f, r);
	for (size_t m = 0; m < f->nmetrics; m++) {
		if (isfinite(r->metric[m]))
			add_metric(f, group, m, r);
	}
	if (!f->foreign && isfinite(r->metric[METRIC_SCORE]))
		add_answer(f, r);
	add_gap(f, r);
}

static void count_failure(struct fold_cell *c, uint8_t status)
{
	size_t i = 0;

	c->failed++;
	while (i < c->nby_status && c->by_status[i].status != status)
		i++;
	if (i == c->nby_status) {
		c->by_status = xrealloc(c->by_status, i + 1, sizeof(*c->by_status));
		c->by_status[c->nby_status++] = (struct fold_status){status, 0};
	}
	c->by_status[i].n++;
}

static void add_to_cell(struct fold *f, const struct data_row *r)
{
	struct fold_cell *c;

	if (r->cell == DATA_NONE)
		return;
	GROW(f->cells, f->ncells, (size_t)r->cell + 1);
	c = &f->cells[r->cell];
	c->rows++;
	c->counted += r->counts;
	c->suspect += r->counts && r->validity == ROW_SUSPECT;
	c->invalid += r->ok && r->validity == ROW_INVALID;
	c->paid_load += r->ok && r->paid_load;
	c->bursts = c->bursts || r->burst > 0;
	if (!r->ok)
		count_failure(c, r->status);
}

static void add_measured(struct fold *f, const struct data_row *r)
{
	f->measured++;
	f->ok += r->ok;
	f->suspect_rows += r->ok && r->validity == ROW_SUSPECT;
	f->invalid += r->ok && r->validity == ROW_INVALID;
	f->interleaved = f->interleaved || r->pass > 1;
	if (!r->ok) {
		f->failed++;
		f->failed_by[r->status]++;
		f->unsent_by[r->status] += r->overload;
	}
	add_to_cell(f, r);
}

static void add_session(struct fold *f, const struct data_row *r)
{
	double end = r->started_s + (isfinite(r->done_ms) ? r->done_ms / 1000 : 0);
	struct fold_session *s;
	uint32_t i;

	if (!isfinite(r->started_s))
		return;
	i = keymap_number(&f->session_map, r->session, 0);
	if (i == f->nsessions) {
		GROW(f->sessions, f->sessions_room, f->nsessions + 1);
		f->sessions[f->nsessions++] = (struct fold_session){r->session, r->started_s, end};
	}
	s = &f->sessions[i];
	s->first_s = fmin(s->first_s, r->started_s);
	s->last_s = fmax(s->last_s, end);
}

/* Answered, and in no figure of a cell. */
static void add_uncounted(struct fold *f, const struct data_row *r)
{
	struct values **list = r->paid_load ? f->paid : f->other;

	for (size_t m = 0; m < f->nmetrics; m++) {
		if (isfinite(r->metric[m]))
			add_value(f, &list[m], r->metric[m]);
	}
}

void fold_row(struct fold *f, const struct data_row *r)
{
	f->warmups += r->phase == ROW_WARMUP;
	f->sentinel += r->phase == ROW_SENTINEL;
	f->unsent += r->overload;
	if (r->phase == ROW_MEASURE)
		add_measured(f, r);
	add_session(f, r);
	if (r->ok && isfinite(r->loop_lag_us))
		values_add(&f->lag, r->loop_lag_us);
	if (r->ok && !f->foreign)
		fold_client_row(&f->client, r);
	if (r->counts)
		add_counted(f, r);
	else if (r->ok)
		add_uncounted(f, r);
	f->rows++;
}

/* ---- the end ---- */

static uint32_t renumber(const uint32_t *cell_of, size_t n, uint32_t cell)
{
	if (cell >= n || cell_of[cell] == DATA_NONE)
		BUG("cell %u has rows and no number", cell);
	return cell_of[cell];
}

void fold_renumber(struct fold *f, const uint32_t *cell_of, size_t n)
{
	struct fold_cell *old = f->cells;
	size_t nold = f->ncells;

	f->cells = NULL;
	f->ncells = 0;
	for (uint32_t c = 0; c < nold; c++) {
		if (old[c].rows == 0)
			continue;
		GROW(f->cells, f->ncells, (size_t)renumber(cell_of, n, c) + 1);
		f->cells[renumber(cell_of, n, c)] = old[c];
	}
	free(old);
	keymap_release(&f->group_map);
	for (size_t i = 0; i < f->ngroups; i++) {
		struct fold_group *g = &f->groups[i];

		g->cell = renumber(cell_of, n, g->cell);
		keymap_number(&f->group_map, pair(g->load, g->cell), pair(g->burst, g->prompt));
	}
	keymap_release(&f->answer_map);
	for (size_t i = 0; i < f->nanswers; i++) {
		struct fold_answers *a = &f->answers[i];

		a->cell = renumber(cell_of, n, a->cell);
		keymap_number(&f->answer_map, pair(a->cell, a->prompt), a->suspect);
	}
}

void fold_restate(struct fold *f, uint8_t from, uint8_t to)
{
	f->failed_by[to] += f->failed_by[from];
	f->unsent_by[to] += f->unsent_by[from];
	f->failed_by[from] = f->unsent_by[from] = 0;
	for (size_t c = 0; c < f->ncells; c++) {
		for (size_t i = 0; i < f->cells[c].nby_status; i++) {
			if (f->cells[c].by_status[i].status == from)
				f->cells[c].by_status[i].status = to;
		}
	}
}

/* A group's key with its index. */
struct sorted_group {
	uint64_t a, b;
	uint32_t index;
};

static int compare_groups(const void *x, const void *y)
{
	const struct sorted_group *a = x, *b = y;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return (a->b > b->b) - (a->b < b->b);
}

static void sort_groups(struct fold *f)
{
	struct sorted_group *order = xcalloc(f->ngroups, sizeof(*order));

	for (uint32_t i = 0; i < f->ngroups; i++) {
		const struct fold_group *g = &f->groups[i];

		order[i] =
			(struct sorted_group){pair(g->load, g->cell), pair(g->burst, g->prompt), i};
	}
	qsort(order, f->ngroups, sizeof(*order), compare_groups);
	f->sorted = xcalloc(f->ngroups, sizeof(*f->sorted));
	for (size_t i = 0; i < f->ngroups; i++)
		f->sorted[i] = order[i].index;
	free(order);
}

static void finish_values(struct values **list)
{
	for (size_t m = 0; m < METRIC_MAX; m++) {
		if (list[m])
			values_finish(list[m]);
	}
}

void fold_finish(struct fold *f, const struct dataset *d)
{
	keymap_release(&f->group_map);
	keymap_release(&f->answer_map);
	keymap_release(&f->session_map);
	sort_groups(f);
	GROW(f->cells, f->ncells, d->ncells);
	GROW(f->loads, f->nloads, d->nloads);
	for (size_t c = 0; c < f->ncells; c++)
		finish_values(f->cells[c].value);
	finish_values(f->paid);
	finish_values(f->other);
	values_finish(&f->lag);
	values_finish(&f->gap);
	fold_client_finish(&f->client);
}

const struct fold *fold_of(const struct dataset *d, struct fold *own)
{
	*own = (struct fold){0};
	if (d->fold)
		return d->fold;
	fold_init(own, d, false);
	for (size_t i = 0; i < d->nrows; i++)
		fold_row(own, &d->rows[i]);
	fold_finish(own, d);
	return own;
}

/* ---- questions ---- */

const struct fold_group *fold_group(const struct fold *f, size_t i)
{
	return &f->groups[f->sorted[i]];
}

struct fold_moments fold_group_moments(
	const struct fold *f, size_t i, size_t metric, bool valid_only)
{
	struct sums m = {0};

	if (f->all[metric])
		m = f->all[metric][f->sorted[i]];
	if (f->suspect[metric] && !valid_only)
		sums_merge(&m, &f->suspect[metric][f->sorted[i]]);
	if (m.n == 0)
		return (struct fold_moments){0, 0, 0};
	return (struct fold_moments){sums_mean(&m), sums_squares(&m), (uint32_t)m.n};
}

void fold_values(const struct fold *f, size_t metric, struct values *ret)
{
	values_init(ret, f->histogram);
	for (size_t c = 0; c < f->ncells; c++) {
		if (f->cells[c].value[metric])
			values_merge(ret, f->cells[c].value[metric]);
	}
	values_finish(ret);
}
