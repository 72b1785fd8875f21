/* choice.c - the axes, the settings, and what is drawn for them. */
#include "choice.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "choice_parts.h"
#include "dist.h"

#define DRAWS       2000
#define MOST_WORK   500000
#define LEAST_DRAWS 400

/* ---- axes ---- */

static void add_metric(struct choice *c, const struct dataset *d, enum metric m, double weight)
{
	const struct metric_spec *spec = &d->metrics[m];

	c->axis[c->naxes++] = (struct choice_axis){.metric = m,
		.name = spec->column,
		.unit = spec->unit,
		.log = spec->log,
		.better = spec->better,
		.weight = weight};
}

static bool is_there(const struct summary *s, enum metric m)
{
	for (size_t i = 0; i < s->ncells; i++) {
		if (s->cells[i].metric[m].n > 0)
			return true;
	}
	return false;
}

/* Throughput and TTFT, scores where answers were graded, memory where it differs: all that is
 * primary of a table of the user's. */
static void find_axes(struct choice *c, const struct summary *s)
{
	const struct dataset *d = s->data;
	const struct data_wishes *w = &d->wishes;
	bool asked = w->memory > 0;

	for (size_t m = 0; m < d->nmetrics; m++)
		asked = asked || w->weight[m] > 0;
	for (size_t m = 0; m < d->nmetrics; m++) {
		/* The unit of a score is the question: of one nothing is known of its error. */
		bool primary = dataset_is_score(d, m) ? d->nprompts > 1 : d->metrics[m].primary;

		if ((primary || w->weight[m] > 0) && is_there(s, (enum metric)m))
			add_metric(c, d, (enum metric)m, asked ? w->weight[m] : 1);
	}
	if (!d->foreign)
		c->axis[c->naxes++] = (struct choice_axis){.memory = true,
			.name = "memory",
			.unit = "B",
			.log = true,
			.better = -1,
			.weight = w->memory};
}

/* ---- settings ---- */

static void add_setting(struct choice *c, const struct summary *s, const struct effective *eff,
	uint32_t setting, struct arena *arena)
{
	struct choice_setting *v = &c->settings[c->n++];

	*v = (struct choice_setting){.setting = setting,
		.cell = eff->first_cell[setting],
		.mean = arena_alloc(arena, c->naxes, sizeof(*v->mean)),
		.on_front = NAN,
		.is_best = NAN};
	for (size_t axis = 0; axis < c->naxes; axis++) {
		double size;

		v->mean[axis] = NAN;
		if (c->axis[axis].memory) {
			size = dataset_load_size(s->data, v->cell);
			v->mean[axis] = size > 0 ? log(size) : (double)NAN;
		} else if (dataset_is_score(s->data, c->axis[axis].metric)) {
			v->mean[axis] = s->cells[v->cell].metric[c->axis[axis].metric].estimate;
		}
	}
	for (uint32_t i = 0; i < s->ncells; i++) {
		if (eff->setting[i] != setting)
			continue;
		v->failed += s->cells[i].n_failed;
		v->tried += s->cells[i].n + s->cells[i].n_failed;
	}
	v->failure_upper = dist_share_upper(v->failed, v->tried, 0.95);
	v->failures_excluded = v->failure_upper <= c->max_failures;
}

/* An axis on which all are the same, or nobody is known, tells nothing. */
static bool tells(const struct choice *c, size_t axis)
{
	double least = INFINITY, most = -INFINITY;

	for (size_t i = 0; i < c->n; i++) {
		if (isfinite(c->settings[i].mean[axis])) {
			least = fmin(least, c->settings[i].mean[axis]);
			most = fmax(most, c->settings[i].mean[axis]);
		}
	}
	return most > least;
}

/* Memory is the last axis. */
static void drop_memory(struct choice *c)
{
	if (c->naxes && c->axis[c->naxes - 1].memory && !tells(c, c->naxes - 1))
		c->naxes--;
}

/* ---- probabilities ---- */

struct counts {
	double *front, *best; /* [n] draws in which it is */
	double *behind;       /* [n] under the weights, of the best estimate */
	double *ahead;        /* [n] draws in which chance puts somebody that far ahead of it */
	double *noise, *by;
	bool *on;
};

static void count_draw(const struct choice *c, struct counts *k, const double *value)
{
	double most = -INFINITY, best = -INFINITY;
	size_t at = 0;

	choice_front(c, k->noise, k->on);
	for (size_t i = 0; i < c->n; i++) {
		double drawn = choice_value(c, i, k->noise);

		k->front[i] += k->on[i];
		k->by[i] = isfinite(drawn) ? drawn - value[i] : (double)-INFINITY;
		most = fmax(most, k->by[i]);
		if (drawn > best) {
			best = drawn;
			at = i;
		}
	}
	k->best[at]++;
	for (size_t i = 0; i < c->n; i++)
		k->ahead[i] += most - k->by[i] >= k->behind[i];
}

/* A setting may be the best under the weights unless another is ahead of it by more than chance
 * would put somebody ahead of the truly best one. */
static void judge(struct choice *c, const struct counts *k, const double *value)
{
	for (size_t i = 0; i < c->n; i++) {
		c->settings[i].on_front = k->front[i] / (double)c->draws;
		c->settings[i].is_best = k->best[i] / (double)c->draws;
		c->settings[i].may_be_best =
			isfinite(value[i]) && k->ahead[i] >= CHOICE_ALPHA * (double)c->draws;
	}
}

/* Fewer where each takes long: of many settings, more so where many are on the front. */
static size_t draws_for(const struct choice *c)
{
	size_t work = c->n * (1 + c->nfront / 100);
	size_t draws = work * DRAWS <= MOST_WORK ? DRAWS : MOST_WORK / work;

	return draws < LEAST_DRAWS ? LEAST_DRAWS : draws;
}

static void draw_all(struct choice *c, struct choice_chance *h, const double *value)
{
	struct choice_stays stays;
	double *room = xcalloc(c->n * (c->naxes + 5), sizeof(*room)), best = -INFINITY;
	struct counts k = {.front = room,
		.best = room + c->n,
		.behind = room + 2 * c->n,
		.ahead = room + 3 * c->n,
		.by = room + 4 * c->n,
		.noise = room + 5 * c->n,
		.on = xcalloc(c->n, sizeof(*k.on))};

	c->draws = draws_for(c);
	for (size_t i = 0; i < c->n; i++)
		best = fmax(best, value[i]);
	for (size_t i = 0; i < c->n; i++)
		k.behind[i] = best - value[i];
	choice_stays_init(&stays, h, k.noise);
	for (size_t draw = 0; draw < c->draws; draw++) {
		choice_draw(h, k.noise);
		count_draw(c, &k, value);
		choice_stays_draw(&stays, k.noise);
	}
	judge(c, &k, value);
	choice_stays_judge(&stays, c);
	choice_stays_release(&stays);
	free(room);
	free(k.on);
}

/* ---- all of it ---- */

static int compare_settings(const void *a, const void *b)
{
	const struct choice_setting *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return (x->cell > y->cell) - (x->cell < y->cell);
}

static void find_estimates(struct choice *c, double *value)
{
	bool *on = xcalloc(c->n, sizeof(*on));

	choice_front(c, NULL, on);
	for (size_t i = 0; i < c->n; i++) {
		c->settings[i].front = on[i];
		c->nfront += on[i];
		value[i] = c->settings[i].value = choice_value(c, i, NULL);
	}
	free(on);
}

static const char *too_few(const struct choice *c)
{
	if (c->n < 2)
		return "there are no two settings to choose from";
	return c->naxes < 1 ? "there is no measure to choose by" : NULL;
}

void choice_make(struct choice *c, const struct summary *s, const struct effective *eff,
	const struct effects *effects, struct strata *strata, struct arena *arena)
{
	const struct dataset *d = s->data;
	struct choice_chance h;
	double *value;

	*c = (struct choice){.max_failures = d->wishes.max_failures > 0 ? d->wishes.max_failures
									: CHOICE_MAX_FAILURES};
	choice_knees(c, d, effects, eff, arena);
	if (eff->nsettings > CHOICE_MAX_SETTINGS) {
		c->why = arena_fmt(arena, "%u settings are more than are compared", eff->nsettings);
		return;
	}
	find_axes(c, s);
	c->settings = arena_alloc(arena, eff->nsettings, sizeof(*c->settings));
	for (uint32_t i = 0; i < eff->nsettings; i++)
		add_setting(c, s, eff, i, arena);
	drop_memory(c);
	c->why = too_few(c);
	if (c->why)
		return;
	value = xcalloc(c->n, sizeof(*value));
	c->why = choice_chance_init(&h, c, s, eff, strata);
	find_estimates(c, value);
	if (!c->why)
		draw_all(c, &h, value);
	choice_chance_release(&h);
	free(value);
	qsort(c->settings, c->n, sizeof(*c->settings), compare_settings);
	for (size_t i = 0; i < c->n; i++) {
		c->nbest += c->settings[i].may_be_best;
		c->nmayfront += c->settings[i].may_be_front;
	}
	choice_sweeps(c, arena);
}
