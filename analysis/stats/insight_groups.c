/* insight_groups.c - told series side by side: those of one table, or of small tables in one
 * folder, whose names differ in one part, the best first, and how far the others are behind. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_told.h"
#include "str.h"

#define MOST_PARTS 8
#define LEVEL      0.95

/* ---- names ---- */

/* The next ", " that is in no brackets; the end. */
static const char *end_of_part(const char *s)
{
	int depth = 0;

	for (; *s; s++) {
		depth += (*s == '(' || *s == '[' || *s == '<') -
			(*s == ')' || *s == ']' || *s == '>');
		if (depth <= 0 && s[0] == ',' && s[1] == ' ')
			break;
	}
	return s;
}

size_t name_parts(const char *name, struct name_part *ret, size_t most)
{
	size_t n = 0;

	while (*name && n < most) {
		const char *end = n + 1 < most ? end_of_part(name) : name + strlen(name);

		ret[n++] = (struct name_part){name, (size_t)(end - name)};
		name = *end ? end + 2 : end;
	}
	return n;
}

static int compare_part(const struct name_part *a, const struct name_part *b)
{
	size_t least = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->s, b->s, least);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* ---- which stand side by side ---- */

struct entry {
	const struct insight_series *s;
	const struct insight_work *w;
	uint32_t table; /* CORPUS_NONE: its only one, side by side with those of its folder */
	struct name_part part[MOST_PARTS];
	size_t nparts, varies; /* the part that is not of the group's name */
	bool by_setting;       /* settings are */
	bool only_setting;     /* nothing but settings varies */
};

static struct name_part folder_of(const struct entry *e)
{
	const char *name = insight_file_name(e->w, e->s->places[0].file);
	const char *slash = strrchr(name, '/');

	return (struct name_part){name, slash ? (size_t)(slash - name) : 0};
}

static int compare_quantity(const struct insight_series *a, const struct insight_series *b)
{
	int order = a->quantity == b->quantity ? 0 : strcmp(a->quantity, b->quantity), use;

	if (order == 0)
		return a->unit == b->unit ? 0 : strcmp(a->unit, b->unit);
	use = insight_use_order(a->quantity, b->quantity);
	return use ? use : order;
}

static int compare_table(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = compare_quantity(x->s, y->s);
	uint32_t tx = x->s->places[0].table, ty = y->s->places[0].table;

	return order ? order : (tx > ty) - (tx < ty);
}

/* The same table or folder, and names of as many parts. */
static int compare_scope(const struct entry *x, const struct entry *y)
{
	int order = compare_quantity(x->s, y->s);

	if (!order && x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (!order && x->table == CORPUS_NONE) {
		struct name_part a = folder_of(x), b = folder_of(y);

		order = compare_part(&a, &b);
	}
	return order ? order : (x->nparts > y->nparts) - (x->nparts < y->nparts);
}

static int by_scope(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = compare_scope(x, y);

	return order ? order : (x->s > y->s) - (x->s < y->s);
}

static struct entry *list_entries(struct insight_work *w, size_t n)
{
	struct entry *list = xcalloc(n + 1, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		list[i] = (struct entry){.s = &w->in->series[i], .w = w, .table = CORPUS_NONE};
		list[i].nparts = name_parts(list[i].s->subject, list[i].part, MOST_PARTS);
	}
	qsort(list, n, sizeof(*list), compare_table);
	for (size_t i = 0; i + 1 < n; i++) {
		if (compare_table(&list[i], &list[i + 1]) == 0)
			list[i].table = list[i + 1].table = list[i].s->places[0].table;
	}
	qsort(list, n, sizeof(*list), by_scope);
	return list;
}

/* ---- the part that differs ---- */

static int by_part(const void *a, const void *b)
{
	return compare_part(a, b);
}

static size_t count_different(const struct entry *list, size_t n, size_t part)
{
	struct name_part *all = xcalloc(n, sizeof(*all));
	size_t different = 0;

	for (size_t i = 0; i < n; i++)
		all[i] = list[i].part[part];
	qsort(all, n, sizeof(*all), by_part);
	for (size_t i = 0; i < n; i++)
		different += i == 0 || compare_part(&all[i], &all[i - 1]) != 0;
	free(all);
	return different;
}

static int by_subject(const void *a, const void *b)
{
	const struct insight_series *x = *(const struct insight_series *const *)a;
	const struct insight_series *y = *(const struct insight_series *const *)b;
	int order = strcmp(x->subject, y->subject);

	return order ? order : strcmp(x->settings, y->settings);
}

/* One thing was measured under several settings, so that they are to be the same side by side; a
 * setting that only one of them has is no reason to set it apart. */
static bool has_repeats(const struct entry *list, size_t n)
{
	const struct insight_series **all = xcalloc(n, sizeof(*all));
	bool found = false;

	for (size_t i = 0; i < n; i++)
		all[i] = list[i].s;
	qsort(all, n, sizeof(*all), by_subject);
	for (size_t i = 1; i < n && !found; i++)
		found = strcmp(all[i]->subject, all[i - 1]->subject) == 0 &&
			strcmp(all[i]->settings, all[i - 1]->settings) != 0;
	free(all);
	return found;
}

/* The one of which there are most; of several the last, since names go from what is common to what
 * is special. */
static void find_varying(struct entry *list, size_t n)
{
	size_t most = 1, varies = SIZE_MAX;
	bool repeats = has_repeats(list, n);

	for (size_t k = 0; n > 1 && k < list[0].nparts; k++) {
		size_t different = count_different(list, n, k);

		if (different >= most && different > 1) {
			most = different;
			varies = k;
		}
	}
	for (size_t i = 0; i < n; i++) {
		list[i].varies = varies;
		list[i].by_setting = varies != SIZE_MAX && repeats;
		list[i].only_setting = varies == SIZE_MAX && repeats;
	}
}

/* ---- order in a group ---- */

static int compare_group(const struct entry *x, const struct entry *y)
{
	int order = compare_scope(x, y);

	for (size_t k = 0; !order && k < x->nparts; k++) {
		if (k != x->varies)
			order = compare_part(&x->part[k], &y->part[k]);
	}
	return order || !x->by_setting ? order : strcmp(x->s->settings, y->s->settings);
}

static double middle(const struct insight_series *s)
{
	return isfinite(s->mean) ? s->mean : s->p50;
}

static int by_group(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const struct insight_series *s = x->s, *t = y->s;
	int order = compare_group(x, y);

	if (order)
		return order;
	if (s->failed != t->failed)
		return s->failed ? 1 : -1;
	if (!s->failed && middle(s) != middle(t))
		return (middle(s) < middle(t)) == (s->better <= 0) ? -1 : 1;
	order = strcmp(s->subject, t->subject);
	return order ? order : (s > t) - (s < t);
}

/* ---- against the best ---- */

static bool differ(const struct insight_series *a, const struct insight_series *b)
{
	return strcmp(a->subject, b->subject) != 0 || strcmp(a->settings, b->settings) != 0;
}

static bool logs_of(const struct insight_series *s, struct log_moments *ret)
{
	double cv = s->sd / s->mean;

	*ret = (struct log_moments){.n = s->n, .mean = log(s->mean), .variance = cv * cv};
	return s->n > 1 && isfinite(cv);
}

static void compare(const struct insight_series *best, struct insight_series *s, size_t comparisons)
{
	struct log_moments x, y;
	struct log_ratio r;

	if (!(best->mean > 0) || !(s->mean > 0))
		return;
	s->ratio = s->mean / best->mean;
	if (!logs_of(s, &x) || !logs_of(best, &y) || !insight_welch(&x, &y, LEVEL, &r))
		return;
	s->ratio_low = r.low;
	s->ratio_high = r.high;
	s->p = fmin(r.p * (double)comparisons, 1);
}

static void compare_all(struct insight *in, struct insight_group *g)
{
	struct insight_series *s = &in->series[g->first];
	size_t others = 0;

	for (size_t i = 1; i < g->n; i++)
		others += !s[i].failed && isfinite(s[i].mean) && differ(&s[i], &s[0]);
	g->compared = others > 0 && s[0].better != 0 && isfinite(s[0].mean) && s[0].mean > 0;
	for (size_t i = 1; g->compared && i < g->n; i++) {
		if (!s[i].failed && differ(&s[i], &s[0]))
			compare(&s[0], &s[i], others);
	}
}

/* ---- groups ---- */

static const char *stem(struct insight_work *w, uint32_t file)
{
	const char *name = insight_file_name(w, file), *slash = strrchr(name, '/');
	const char *dot;

	name = slash ? slash + 1 : name;
	dot = strrchr(name, '.');
	return arena_strn(w->arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

/* "conv, cpu"; what the table or the file is called where nothing else is shared. */
static const char *shared_name(struct insight_work *w, const struct entry *e)
{
	const struct corpus_place *at = &e->s->places[0];
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *ret;

	for (size_t k = 0; k < e->nparts; k++) {
		if (k != e->varies)
			str_addf(&text, "%s%.*s", text.len ? ", " : "", (int)e->part[k].len,
				e->part[k].s);
	}
	if (e->by_setting && e->s->settings[0])
		str_addf(&text, "%s%s", text.len ? ", " : "", e->s->settings);
	if (text.len)
		ret = arena_strn(w->arena, text.s, text.len);
	else if (e->table < w->c->ntables && w->c->tables[at->table].title[0])
		ret = w->c->tables[at->table].title;
	else if (e->table == CORPUS_NONE && folder_of(e).len > 0)
		ret = arena_strn(w->arena, folder_of(e).s, folder_of(e).len);
	else
		ret = stem(w, at->file);
	str_release(&text);
	return ret;
}

struct named {
	struct insight_group *g;
	const struct insight_series *s;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->g->name, y->g->name);

	if (!order)
		order = compare_quantity(x->s, y->s);
	return order ? order : (x->g > y->g) - (x->g < y->g);
}

static bool same_name(const struct named *a, const struct named *b)
{
	return strcmp(a->g->name, b->g->name) == 0 && compare_quantity(a->s, b->s) == 0;
}

/* Its file, or its table where the other is in the same file; NULL where they are of one table, of
 * which a row's place would name one of them and not the group. */
static const char *where_alone(
	struct insight_work *w, const struct named *one, const struct named *other)
{
	const struct corpus_place *at = &one->s->places[0];

	if (at->file != other->s->places[0].file || at->table >= w->c->ntables)
		return stem(w, at->file);
	if (at->table == other->s->places[0].table)
		return NULL;
	return w->c->tables[at->table].title[0]    ? w->c->tables[at->table].title
		: w->c->tables[at->table].place[0] ? w->c->tables[at->table].place
						   : NULL;
}

/* Groups of one name and quantity, of which each is in a file or a table of its own. */
static void tell_apart(struct insight_work *w)
{
	struct insight *in = w->in;
	struct named *list = xcalloc(in->ngroups + 1, sizeof(*list));

	for (size_t i = 0; i < in->ngroups; i++)
		list[i] = (struct named){&in->groups[i], &in->series[in->groups[i].first]};
	qsort(list, in->ngroups, sizeof(*list), by_name);
	for (size_t i = 0, end; i < in->ngroups; i = end) {
		for (end = i + 1; end < in->ngroups && same_name(&list[i], &list[end]);)
			end++;
		for (size_t k = i; end - i > 1 && k < end; k++) {
			const char *where =
				where_alone(w, &list[k], i < k ? &list[k - 1] : &list[k + 1]);

			if (where)
				list[k].g->name =
					arena_fmt(w->arena, "%s (%s)", list[k].g->name, where);
		}
	}
	free(list);
}

static const char *part_of(struct insight_work *w, const struct entry *e)
{
	if (e->varies != SIZE_MAX)
		return arena_strn(w->arena, e->part[e->varies].s, e->part[e->varies].len);
	return e->only_setting && e->s->settings[0] ? e->s->settings : e->s->subject;
}

/* Those of one table that compare something with its spread first, those that compare nothing last.
 */
static int weight(const struct insight_group *g, const struct insight_series *s)
{
	return !g->compared ? 4 : 2 * !g->one_table + isnan(s[g->first].low);
}

static int by_weight(const void *a, const void *b, void *arg)
{
	const struct insight_group *x = a, *y = b;
	const struct insight_series *s = arg;
	int order = compare_quantity(&s[x->first], &s[y->first]);

	if (!order)
		order = weight(x, s) - weight(y, s);
	return order ? order : (x->first > y->first) - (x->first < y->first);
}

/* Groups in their order, and the series in that of the groups. */
static void sort_groups(struct insight_work *w)
{
	struct insight *in = w->in;
	struct insight_series *sorted = arena_alloc(w->arena, in->nseries, sizeof(*sorted));
	size_t at = 0;

	qsort_r(in->groups, in->ngroups, sizeof(*in->groups), by_weight, in->series);
	for (size_t i = 0; i < in->ngroups; i++) {
		struct insight_group *g = &in->groups[i];

		memcpy(sorted + at, in->series + g->first, g->n * sizeof(*sorted));
		g->first = at;
		at += g->n;
	}
	in->series = sorted;
}

static void make_groups(struct insight_work *w, const struct entry *list, size_t n)
{
	struct insight *in = w->in;
	struct insight_series *sorted = arena_alloc(w->arena, n, sizeof(*sorted));

	in->groups = arena_alloc(w->arena, n, sizeof(*in->groups));
	for (size_t i = 0; i < n; i++) {
		sorted[i] = *list[i].s;
		sorted[i].part = part_of(w, &list[i]);
		if (i == 0 || compare_group(&list[i - 1], &list[i]) != 0)
			in->groups[in->ngroups++] =
				(struct insight_group){.name = shared_name(w, &list[i]),
					.first = i,
					.one_table = list[i].table != CORPUS_NONE};
		in->groups[in->ngroups - 1].n++;
		in->groups[in->ngroups - 1].nfailed += sorted[i].failed;
	}
	in->series = sorted;
	for (size_t i = 0; i < in->ngroups; i++)
		compare_all(in, &in->groups[i]);
	tell_apart(w);
	sort_groups(w);
}

void insight_groups(struct insight_work *w)
{
	size_t n = w->in->nseries;
	struct entry *list = list_entries(w, n);

	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && compare_scope(&list[from], &list[to]) == 0;)
			to++;
		find_varying(list + from, to - from);
	}
	qsort(list, n, sizeof(*list), by_group);
	make_groups(w, list, n);
	free(list);
}
