/* insight_traps_placebo.c - levels of a setting that are one setting: no load is paid between them,
 * or they ask for more layers than a model has. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dataset_table.h"
#include "insight_traps.h"
#include "vec.h"

#define MOST_LEVELS 32 /* of a setting whose changes are counted pair by pair */
#define MOST_NAMED  3
#define LEAST_SEEN  2   /* changes that say something */
#define ALL_LAYERS  200 /* no model that runs on one machine has so many */

/* ---- names of settings ---- */

/* Whether a name has one of these beginnings of words, NULL at the end. */
static bool has_word(const char *name, const char *const *words)
{
	for (; *words; words++) {
		const char *at = strcasestr(name, *words);

		if (at && (at == name || !isalnum((unsigned char)at[-1])))
			return true;
	}
	return false;
}

/* Those that a server takes when it loads a model. */
static bool is_runner(const char *name)
{
	static const char *const words[] = {"num_ctx", "n_ctx", "ctx", "context", "num_gpu",
		"n_gpu", "ngl", "gpu_layers", "num_thread", "n_threads", "threads", "num_batch",
		"n_batch", "batch_size", "ubatch", "main_gpu", "low_vram", "use_mmap", "use_mlock",
		"numa", "kv_cache", "cache_type", "flash_attn", NULL};

	return has_word(name, words);
}

static bool counts_layers(const char *name)
{
	static const char *const words[] = {"num_gpu", "n_gpu_layers", "gpu_layers", "ngl", NULL};

	return has_word(name, words);
}

/* ---- changes without a load ---- */

struct change {
	uint32_t seen, paid;
};

static int compare_order(const void *a, const void *b)
{
	const struct data_row *x = *(const struct data_row *const *)a,
			      *y = *(const struct data_row *const *)b;

	return (x->order > y->order) - (x->order < y->order);
}

/* Rows as they came. */
static const struct data_row **in_order(const struct dataset *d)
{
	const struct data_row **rows = xcalloc(d->nrows + 1, sizeof(*rows));

	for (size_t i = 0; i < d->nrows; i++)
		rows[i] = &d->rows[i];
	qsort(rows, d->nrows, sizeof(*rows), compare_order);
	return rows;
}

/* Whether another setting of the runner changes too, which may be what the load is for. */
static bool others_change(
	const struct dataset *d, size_t factor, const uint32_t *from, const uint32_t *to)
{
	for (size_t f = 0; f < d->nfactors; f++) {
		if (f != factor && from[f] != to[f] && is_runner(d->factors[f].name))
			return true;
	}
	return false;
}

/* Changes between each two levels, from either to the other, and which of them paid a load. */
static void count_changes(
	const struct dataset *d, const struct data_row **rows, size_t f, struct change *ret)
{
	for (size_t i = 1; i < d->nrows; i++) {
		const uint32_t *from = d->cells[rows[i - 1]->cell].level;
		const uint32_t *to = d->cells[rows[i]->cell].level;
		uint32_t a = from[f] < to[f] ? from[f] : to[f];
		uint32_t b = from[f] < to[f] ? to[f] : from[f];

		/* A row that failed says nothing of loads, nor in what state it left the server. */
		if (a == b || !rows[i]->ok || !rows[i - 1]->ok || others_change(d, f, from, to))
			continue;
		ret[a * MOST_LEVELS + b].seen++;
		ret[a * MOST_LEVELS + b].paid += rows[i]->paid_load;
	}
}

static void keep_free(struct insight_work *w, const struct insight_sweep *s, size_t f, uint32_t a,
	uint32_t b, const struct change *c, const struct change *rest, struct alikes *list)
{
	const struct data_factor *of = &s->data->factors[f];
	const char *key = arena_fmt(w->arena, "%s %s and %s are one setting to this server",
		of->name, of->level[a], of->level[b]);

	*VEC_PUSH(list) = (struct alike){.sweep = s->of,
		.key = key,
		.text = arena_fmt(w->arena,
			"in the table of %s: %s: in %u of %u changes between them no load was "
			"paid, while %u of %u "
			"other changes of it paid one",
			w->c->subjects[s->of->subject].name, key, c->seen, c->seen, rest->paid,
			rest->seen),
		.n = c->seen};
}

static void look_for_free(struct insight_work *w, const struct insight_sweep *s,
	const struct data_row **rows, size_t f, struct alikes *list)
{
	struct change change[MOST_LEVELS * MOST_LEVELS] = {{0, 0}}, all = {0, 0};
	uint32_t n = s->data->factors[f].nlevels;

	count_changes(s->data, rows, f, change);
	for (size_t i = 0; i < COUNTOF(change); i++) {
		all.seen += change[i].seen;
		all.paid += change[i].paid;
	}
	for (uint32_t a = 0; a < n; a++) {
		for (uint32_t b = a + 1; b < n; b++) {
			const struct change *c = &change[a * MOST_LEVELS + b];
			struct change rest = {.seen = all.seen - c->seen, .paid = all.paid};

			/* The others must nearly all pay, or loads have another cause. */
			if (c->seen >= LEAST_SEEN && c->paid == 0 && rest.paid >= LEAST_SEEN &&
				rest.paid * 10 >= rest.seen * 9)
				keep_free(w, s, f, a, b, c, &rest, list);
		}
	}
}

/* ---- more layers than there are ---- */

/* The level for all layers against the others; false where the rows do not say. */
static bool against_others(
	const struct insight_sweep *s, size_t f, uint32_t large, struct log_ratio *r)
{
	struct log_moments all, others;
	size_t m = sweep_metric(s->data, INSIGHT_THROUGHPUT);

	return m < s->data->nmetrics && sweep_logs(s->data, m, f, large, false, &all) &&
		sweep_logs(s->data, m, f, large, true, &others) &&
		insight_welch(&all, &others, 0.95, r);
}

#define NO_DIFFERENCE "no difference that could be told from chance"
#define A_DIFFERENCE                                                                               \
	"if it has, the difference in the rows is what the machine did over time, and nothing "    \
	"smaller can be read from them"

/* "throughput with 999 against the others: ratio 0.999, 0.995 to 1.003" */
static const char *ratio_text(struct insight_work *w, const struct data_factor *of, uint32_t large,
	const struct log_ratio *r)
{
	char ratio[WORDING_TEXT], low[WORDING_TEXT], high[WORDING_TEXT];
	int digits = wording_decimals((r->high - r->low) / 2);

	return arena_fmt(w->arena, "throughput with %s against the others: ratio %s, %s to %s",
		of->level[large], wording_fixed(ratio, r->ratio, digits),
		wording_fixed(low, r->low, digits), wording_fixed(high, r->high, digits));
}

static void keep_layers(struct insight_work *w, const struct insight_sweep *s, size_t f,
	uint32_t small, uint32_t large, struct alikes *list)
{
	const struct data_factor *of = &s->data->factors[f];
	struct log_ratio r;
	bool known = against_others(s, f, large, &r), none = known && r.low <= 1 && r.high >= 1;
	const char *key = arena_fmt(w->arena,
		"%s counts layers: %s means all of them, and where the model has fewer than %s the "
		"other levels mean the same",
		of->name, of->level[large], of->level[small]);

	*VEC_PUSH(list) = (struct alike){.sweep = s->of,
		.key = key,
		.text = arena_fmt(w->arena, "in the table of %s: %s%s%s%s%s%s",
			w->c->subjects[s->of->subject].name, key, known ? "; " : "",
			known ? none ? "the rows show " NO_DIFFERENCE : A_DIFFERENCE : "",
			known ? " (" : "", known ? ratio_text(w, of, large, &r) : "",
			known ? ")" : ""),
		.size = !known ? (double)NAN
			: none ? 0
			       : r.ratio,
		.n = s->data->nrows};
}

/* "; the rows of 3 of the tables show no difference ...; those of alpha do (ratio 0.994): ..." */
static const char *what_all_show(struct insight_work *w, const struct alike *v, size_t n)
{
	const char *differ[MOST_NAMED + 1], *none;
	size_t same = 0, k = 0;
	char text[WORDING_TEXT];

	for (size_t i = 0; i < n; i++) {
		same += v[i].size == 0;
		if (v[i].size > 0 && k <= MOST_NAMED)
			differ[k++] = arena_fmt(w->arena, "%s (ratio %s)",
				w->c->subjects[v[i].sweep->subject].name,
				wording_fixed(text, v[i].size, 3));
	}
	none = same
		? arena_fmt(w->arena, "; the throughput of %zu of them shows " NO_DIFFERENCE, same)
		: "";
	if (k == 0)
		return none;
	return arena_fmt(w->arena, "%s; that of %s differs with that level: " A_DIFFERENCE, none,
		insight_some(w->arena, differ, k, MOST_NAMED));
}

/* A level above any number of layers beside smaller ones. */
static void look_for_layers(
	struct insight_work *w, const struct insight_sweep *s, size_t f, struct alikes *list)
{
	const struct data_factor *of = &s->data->factors[f];
	uint32_t small = DATA_NONE, large = DATA_NONE;

	for (uint32_t l = 0; l < of->nlevels; l++) {
		if (!(of->value[l] > 0))
			continue;
		if (of->value[l] >= ALL_LAYERS)
			large = l;
		else if (small == DATA_NONE)
			small = l;
	}
	if (small != DATA_NONE && large != DATA_NONE)
		keep_layers(w, s, f, small, large, list);
}

static void look_at(struct insight_work *w, const struct insight_sweep *s, struct alikes *unpaid,
	struct alikes *layers)
{
	const struct data_row **rows = in_order(s->data);

	for (size_t f = 0; f < s->data->nfactors; f++) {
		const struct data_factor *of = &s->data->factors[f];

		if (s->of->has_load && of->nlevels <= MOST_LEVELS && is_runner(of->name))
			look_for_free(w, s, rows, f, unpaid);
		if (counts_layers(of->name))
			look_for_layers(w, s, f, layers);
	}
	free(rows);
}

static void say_all(struct insight_work *w, struct alikes *list, bool layers)
{
	for (size_t from = 0, n; from < list->n; from += n) {
		const struct alike *v = list->v + from;

		n = alike_first(list->v + from, list->n - from);
		alike_add(w, v, n, TRAP_PLACEBO, INSIGHT_TRAP + (layers ? 35 : 38),
			arena_fmt(w->arena, "%s, in %zu tables (%s)%s", v->key, n,
				alike_names(w, v, n),
				layers ? what_all_show(w, v, n)
				       : ": no change between them paid for a load, while nearly "
					 "all other changes of it did"));
	}
}

void insight_traps_placebo(struct insight_work *w)
{
	struct alikes unpaid = {0}, layers = {0};

	for (size_t i = 0; i < w->c->nsweeps; i++) {
		if (w->in->sweeps[i].summary)
			look_at(w, &w->in->sweeps[i], &unpaid, &layers);
	}
	say_all(w, &unpaid, false);
	say_all(w, &layers, true);
	VEC_RELEASE(&unpaid);
	VEC_RELEASE(&layers);
}
