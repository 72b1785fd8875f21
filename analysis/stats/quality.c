/* quality.c - scores by cell and question, and their intervals. */
#include "quality.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "fold.h"
#include "jsonx.h"

/* ---- the table of scores ---- */

/* The temperature that was sent in a cell; NaN where the model's own holds. */
static double temperature_of(const struct dataset *d, uint32_t cell)
{
	int f = dataset_factor(d, "temperature");
	const json_t *fixed = dataset_option(d, "temperature");

	if (f >= 0)
		return d->factors[f].sent[d->cells[cell].level[f]];
	return json_is_number(fixed) ? json_number_value(fixed) : (double)NAN;
}

/* Whether the question is sent as it is; else each begins with another word, and answers are no
 * copies of each other. */
static bool is_repeat(const struct dataset *d, uint32_t cell)
{
	int f = dataset_factor(d, "cache");
	const char *cache = f >= 0 ? d->factors[f].level[d->cells[cell].level[f]]
				   : jsonx_get_string(d->sweep, "cache");

	return !cache || strcmp(cache, "unique") != 0;
}

/* Which of the two met it first; the other may have none. */
static const struct fold_answers *first_of(
	const struct fold_answers *a, const struct fold_answers *b)
{
	if (!a || !b)
		return a ? a : b;
	return a->first_at < b->first_at ? a : b;
}

/* The answers to a question in a cell: those that are not suspect, and those that are (NULL: none).
 * Copies of one answer are one. */
static void add_answers(struct quality *q, size_t at, bool copies, const struct fold_answers *sound,
	const struct fold_answers *suspect)
{
	const struct fold_answers *first = first_of(sound, suspect);
	uint32_t n = (sound ? sound->n : 0) + (suspect ? suspect->n : 0);
	double sum = (sound ? sound->sum : 0) + (suspect ? suspect->sum : 0);

	q->answers[at] = n;
	q->score[at] = copies ? first->first : sum / n;
	if (!copies || n < 2 || first->answer == DATA_NONE)
		return;
	q->repeated++;
	q->differed += (sound && (sound->differs || sound->answer != first->answer)) ||
		(suspect && (suspect->differs || suspect->answer != first->answer));
}

/* The records of each cell and question, [cell * nprompts + prompt], of suspect rows or others. */
static const struct fold_answers **place_answers(
	const struct dataset *d, const struct fold *f, bool suspect, size_t *found)
{
	const struct fold_answers **at = xcalloc(d->ncells * d->nprompts, sizeof(*at));

	for (size_t i = 0; i < f->nanswers; i++) {
		const struct fold_answers *a = &f->answers[i];

		if (a->suspect != suspect || a->prompt >= d->nprompts)
			continue;
		at[a->cell * d->nprompts + a->prompt] = a;
		++*found;
	}
	return at;
}

static void read_answers(struct quality *q, const struct fold *f, bool valid_only)
{
	const struct dataset *d = q->d;
	size_t n = d->ncells * d->nprompts, found = 0, doubtful = 0;
	const struct fold_answers **sound = place_answers(d, f, false, &found);
	const struct fold_answers **suspect = place_answers(d, f, true, &doubtful);

	found += valid_only ? 0 : doubtful;
	if (found > 0) {
		q->score = xcalloc(n, sizeof(*q->score));
		q->answers = xcalloc(n, sizeof(*q->answers));
	}
	for (size_t i = 0; found > 0 && i < n; i++) {
		uint32_t c = (uint32_t)(i / d->nprompts);
		const struct fold_answers *doubted = valid_only ? NULL : suspect[i];

		q->score[i] = NAN;
		if (sound[i] || doubted)
			add_answers(q, i, temperature_of(d, c) == 0 && is_repeat(d, c), sound[i],
				doubted);
	}
	free(sound);
	free(suspect);
}

void quality_read(struct quality *q, const struct dataset *d, bool valid_only)
{
	struct fold own;

	*q = (struct quality){.d = d, .confidence = dataset_confidence(d)};
	read_answers(q, fold_of(d, &own), valid_only);
	fold_release(&own);
}

void quality_release(struct quality *q)
{
	free(q->score);
	free(q->answers);
	*q = (struct quality){0};
}

/* ---- intervals ---- */

/* Wilson (1927): of a share x of n. */
static void wilson(double x, double n, double confidence, double *low, double *high)
{
	double z = gsl_cdf_ugaussian_Qinv((1 - confidence) / 2), z2 = z * z;
	double middle = (x + z2 / (2 * n)) / (1 + z2 / n);
	double half = z * sqrt(x * (1 - x) / n + z2 / (4 * n * n)) / (1 + z2 / n);

	*low = fmax(0, middle - half);
	*high = fmin(1, middle + half);
}

const char *quality_interval(
	const double *v, size_t n, double confidence, double *mean, double *low, double *high)
{
	bool binary = true;
	double ss = 0, half;

	*mean = *low = *high = NAN;
	if (n == 0)
		return "no answer was graded";
	*mean = 0;
	for (size_t i = 0; i < n; i++) {
		*mean += v[i] / (double)n;
		binary = binary && (v[i] == 0 || v[i] == 1);
	}
	for (size_t i = 0; i < n; i++)
		ss += (v[i] - *mean) * (v[i] - *mean);
	if (n == 1)
		return "one question was graded, and the unit of a score is the question";
	if (binary || !(ss > 0)) {
		wilson(*mean, (double)n, confidence, low, high);
		return NULL;
	}
	/* Near 0 and 1 most questions are alike, and their spread says little of others: never less
	 * than what n questions alike leave open. */
	half = fmax(
		dist_t_quantile(confidence, (double)n - 1) * sqrt(ss / ((double)n - 1) / (double)n),
		dist_share_upper(0, n, confidence));
	*low = fmax(0, *mean - half);
	*high = fmin(1, *mean + half);
	return NULL;
}

double quality_score(const struct quality *q, size_t cell, size_t prompt)
{
	return q->score ? q->score[cell * q->d->nprompts + prompt] : (double)NAN;
}

void quality_cell(const struct quality *q, uint32_t cell, struct metric_summary *m)
{
	size_t nprompts = q->d->nprompts, n = 0;
	double *v = xcalloc(nprompts, sizeof(*v));

	for (size_t p = 0; p < nprompts; p++) {
		double x = quality_score(q, cell, p);

		if (!isnan(x))
			v[n++] = x;
	}
	m->ci_why = quality_interval(v, n, q->confidence, &m->estimate, &m->ci_low, &m->ci_high);
	m->df = m->ci_why ? (double)NAN : (double)n - 1;
	free(v);
}

/* ---- kinds of questions ---- */

static const char *class_of(const struct data_prompt *p, bool by_kind)
{
	return by_kind ? p->kind : p->difficulty;
}

/* The mean of each question of the class over the cells of that level (DATA_NONE: over all). */
static void add_group(struct summary *s, const struct quality *q, const struct effective *eff,
	struct quality_group g)
{
	const struct dataset *d = q->d;
	double *v = xcalloc(d->nprompts, sizeof(*v));
	size_t n = 0;

	for (size_t p = 0; p < d->nprompts; p++) {
		const char *class = class_of(&d->suite[p], g.by_kind);
		double sum = 0, cells = 0;

		if (!class || strcmp(class, g.name) != 0)
			continue;
		for (size_t c = 0; c < d->ncells; c++) {
			double x = quality_score(q, c, p);

			if (isnan(x) ||
				(g.factor >= 0 &&
					eff->factors[g.factor].of[d->cells[c].level[g.factor]] !=
						g.level))
				continue;
			sum += x;
			cells++;
		}
		if (cells > 0)
			v[n++] = sum / cells;
	}
	quality_interval(v, n, q->confidence, &g.estimate, &g.low, &g.high);
	g.questions = (uint32_t)n;
	g.level_name = g.factor >= 0 ? eff->factors[g.factor].name[g.level] : NULL;
	if (n > 0)
		s->quality[s->nquality++] = g;
	free(v);
}

/* The classes in the order of the suite. */
static const char **list_classes(const struct dataset *d, bool by_kind, size_t *n)
{
	const char **classes = xcalloc(d->nprompts, sizeof(*classes));

	*n = 0;
	for (size_t p = 0; d->suite && p < d->nprompts; p++) {
		const char *class = class_of(&d->suite[p], by_kind);
		size_t k = 0;

		while (class && k < *n && strcmp(classes[k], class) != 0)
			k++;
		if (class && k == *n)
			classes[(*n)++] = class;
	}
	return classes;
}

static void add_classes(
	struct summary *s, const struct quality *q, const struct effective *eff, bool by_kind)
{
	const struct dataset *d = q->d;
	size_t n;
	const char **classes = list_classes(d, by_kind, &n);

	for (size_t k = 0; n > 1 && n <= QUALITY_MAX_CLASSES && k < n; k++) {
		struct quality_group g = {.by_kind = by_kind, .name = classes[k], .factor = -1};

		add_group(s, q, eff, g);
		for (size_t f = 0; f < d->nfactors; f++) {
			g.factor = (int)f;
			for (g.level = 0; g.level < eff->factors[f].nlevels; g.level++) {
				if (eff->factors[f].nlevels > 1 && eff->in_step[f] < 0 &&
					strcmp(d->factors[f].name, "prompt") != 0)
					add_group(s, q, eff, g);
			}
		}
	}
	free(classes);
}

void quality_groups(struct summary *s, const struct quality *q, const struct effective *eff)
{
	size_t levels = 1;

	for (size_t f = 0; f < q->d->nfactors; f++)
		levels += eff->factors[f].nlevels;
	s->quality = arena_alloc(&s->arena, 2 * QUALITY_MAX_CLASSES * levels, sizeof(*s->quality));
	add_classes(s, q, eff, true);
	add_classes(s, q, eff, false);
}
