/* rules_match.c - the rule of a heading: the first whose words are in it, the last one at its end.
 *
 * What a heading is about stands at its end in English ("prompt eval duration" is a duration), but
 * for statistics, units and words that say nothing.  A heading that no rule knows, but whose unit
 * says that something is measured, is a quantity of that name. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "rules_parts.h"

#define MOST_MADE  512 /* names of quantities that are made of headings */
#define MADE_WORDS 3
#define UNIT_BYTES 10
#define MADE_BYTES 56

struct made {
	struct made *next;
	const char *quantity, *label;
};

/* The same word, or the plural of it. */
static bool same_word(const char *rule, const struct heading_word *w)
{
	size_t n = strlen(rule);

	return memcmp(rule, w->s, n < w->len ? n : w->len) == 0 &&
		(w->len == n || (w->len == n + 1 && w->s[n] == 's'));
}

/* Nothing behind word i but statistics and words that say nothing. */
static bool ends_at(const struct heading *h, size_t i)
{
	for (i++; i < h->n; i++) {
		if (!h->word[i].stat && !h->word[i].noise && !h->word[i].aside)
			return false;
	}
	return true;
}

/* Whether its words are there, the last at `at`; those it took are marked. */
static bool words_match(const struct pattern *p, const struct heading *h, size_t at, uint32_t *took)
{
	size_t j = at;

	*took = 0;
	for (uint32_t k = p->nwords; k > 0; k--) {
		while (!same_word(p->word[k - 1], &h->word[j])) {
			if (j == 0 || k == p->nwords)
				return false;
			j--;
		}
		*took |= 1U << j;
		if (k > 1 && j-- == 0)
			return false;
	}
	return true;
}

static bool only_words(const struct pattern *p, const struct heading *h, uint32_t took)
{
	for (size_t i = 0; p->exact && i < h->n; i++) {
		if (!(took & 1U << i) && !h->word[i].stat)
			return false;
	}
	return true;
}

/* "Request throughput (per second)": requests, then. */
static bool is_rate_of_it(const struct heading *h, const struct unit *canonical)
{
	return strcmp(h->unit.name, "1/s") == 0 && canonical->kind == UNIT_RATE &&
		isnan(unit_factor(&h->unit, canonical));
}

static bool unit_fits(const struct pattern *p, const struct heading *h)
{
	const struct unit *canonical = &p->rule->canonical;
	enum rule_part part = p->rule->meaning.part;

	if (h->odd_unit && !h->unit.name[0] && (part == PART_MEASURE || part == PART_LOAD))
		return false;
	if (p->unit.name[0])
		return h->unit.name[0] && !isnan(unit_factor(&h->unit, &p->unit));
	if (!h->unit.name[0])
		return true;
	if (part == PART_TIME)
		return h->unit.kind == UNIT_TIME;
	if (part == PART_IGNORE)
		return true;
	return is_rate_of_it(h, canonical) ||
		(canonical->name[0] && !isnan(unit_factor(&h->unit, canonical)));
}

/* The best so far. */
struct best {
	const struct pattern *p;
	uint32_t took;
};

static void look(
	const struct rules *r, const struct heading *h, size_t at, size_t len, struct best *best)
{
	const struct heading_word *w = &h->word[at];
	uint32_t hash = len == w->len ? w->hash : heading_hash(w->s, len);
	bool last = !w->aside && ends_at(h, at);

	for (struct pattern *p = r->bucket[hash % RULES_BUCKETS]; p; p = p->next) {
		uint32_t took;

		if (best->p && p->rule->order >= best->p->rule->order)
			return;
		if (p->nwords == 0 || (!last && !p->anywhere) || !unit_fits(p, h) ||
			!words_match(p, h, at, &took) || !only_words(p, h, took))
			continue;
		best->p = p;
		best->took = took;
		return;
	}
}

static struct best best_of(const struct rules *r, const struct heading *h)
{
	struct best best = {NULL, 0};

	for (size_t i = h->n; i > 0; i--) {
		const struct heading_word *w = &h->word[i - 1];

		look(r, h, i - 1, w->len, &best);
		if (w->len > 1 && w->s[w->len - 1] == 's')
			look(r, h, i - 1, w->len - 1U, &best);
	}
	return best;
}

/* A heading that is no more than a unit and a statistic: "p95 (ms)". */
static struct best best_of_unit(const struct rules *r, const struct heading *h)
{
	struct best best = {NULL, 0};
	const struct pattern *p = r->bucket[heading_hash("", 0) % RULES_BUCKETS];

	for (size_t i = 0; i < h->n; i++) {
		if (!h->word[i].stat && !h->word[i].noise)
			return best;
	}
	for (; p && !best.p && h->unit.name[0]; p = p->next) {
		if (p->nwords == 0 && unit_fits(p, h))
			best.p = p;
	}
	return best;
}

/* Of several words the one that says most: "overall stddev" is a deviation. */
static enum rule_stat stat_of(const struct heading *h, uint32_t took)
{
	enum rule_stat ret = h->in_brackets;

	for (size_t i = 0; i < h->n; i++) {
		enum rule_stat s = took & 1U << i ? STAT_VALUE : (enum rule_stat)h->word[i].stat;

		if (s && (!ret || ret == STAT_MEAN || ret == STAT_TOTAL))
			ret = s;
	}
	return ret;
}

static struct made *find_made(const struct made_names *names, const char *quantity)
{
	struct made *m = names->first;

	while (m && strcmp(m->quantity, quantity) != 0)
		m = m->next;
	return m;
}

/* A name that lives as long as the rules.  NULL when there are too many. */
static const struct made *keep_made(struct made_names *names, const char *quantity)
{
	struct made *m;

	pthread_mutex_lock(&names->lock);
	m = find_made(names, quantity);
	if (!m && names->n < MOST_MADE) {
		char *label = arena_str(&names->arena, quantity);

		m = arena_alloc(&names->arena, 1, sizeof(*m));
		m->quantity = arena_str(&names->arena, quantity);
		for (char *s = label; *s; s++)
			*s = *s == '_' ? ' ' : *s;
		label[0] = (char)toupper((unsigned char)label[0]);
		m->label = label;
		m->next = names->first;
		names->first = m;
		names->n++;
	}
	pthread_mutex_unlock(&names->lock);
	return m;
}

/* The last words that say something, joined: "connect_time". */
static bool made_name(const struct heading *h, char *name, size_t size)
{
	size_t from = h->n, left = MADE_WORDS, n = 0;

	while (from > 0 && left > 0) {
		from--;
		left -= !h->word[from].stat && !h->word[from].noise;
	}
	for (size_t i = from; i < h->n; i++) {
		const struct heading_word *w = &h->word[i];

		if (w->stat || w->noise || n + w->len + 2 > size)
			continue;
		if (n > 0)
			name[n++] = '_';
		memcpy(name + n, w->s, w->len);
		n += w->len;
	}
	name[n] = '\0';
	return n > 1;
}

static struct meaning unknown(void)
{
	return (struct meaning){.part = PART_UNKNOWN,
		.quantity = "",
		.label = "",
		.unit = unit_named("", 0),
		.assumed = unit_named("", 0),
		.canonical = "",
		.least = -INFINITY,
		.most = INFINITY};
}

static void add_unit(char *name, size_t size, const char *unit)
{
	size_t n = strlen(name);

	snprintf(name + n, size - n, "_%s", unit);
}

/* "95%" is a percentile of something, no share of 95. */
static bool is_bare_percent(const struct heading *h)
{
	if (h->unit.kind != UNIT_SHARE)
		return false;
	for (size_t i = 0; i < h->n; i++) {
		for (size_t k = 0; k < h->word[i].len; k++) {
			if (!isdigit((unsigned char)h->word[i].s[k]))
				return false;
		}
	}
	return true;
}

/* "throughput_x_s" is a rate of something, no time. */
static bool is_rate_in_time(const struct heading *h)
{
	static const char *const rates[] = {"throughput", "rate", "bandwidth", "speed"};

	for (size_t i = 0; h->unit.kind == UNIT_TIME && i < h->n; i++) {
		for (size_t k = 0; k < COUNTOF(rates); k++) {
			if (strcmp(h->word[i].s, rates[k]) == 0)
				return true;
		}
	}
	return false;
}

/* No rule knows it, but it has a unit. */
static struct meaning make(const struct rules *r, const struct heading *h)
{
	struct meaning m = unknown();
	char name[MADE_BYTES];
	const struct made *made;
	bool hertz = h->unit.kind == UNIT_RATE && h->unit.factor != 1;

	if (!h->unit.name[0] || !made_name(h, name, sizeof(name) - UNIT_BYTES) ||
		strcmp(h->word[h->n - 1].s, "per") == 0 || is_bare_percent(h) || is_rate_in_time(h))
		return m;
	/* "latency (%)" is no latency. */
	if (h->unit.kind != UNIT_TIME && h->unit.kind != UNIT_RATE)
		add_unit(name, sizeof(name), h->unit.name);
	made = keep_made(r->made, name);
	if (!made)
		return m;
	m.part = PART_MEASURE;
	m.quantity = made->quantity;
	m.label = made->label;
	m.unit = h->unit;
	m.canonical = h->unit.kind == UNIT_TIME ? unit_named("ms", 2).name : h->unit.name;
	m.better = h->unit.kind == UNIT_TIME ? -1 : h->unit.kind == UNIT_RATE && !hertz;
	m.least = h->unit.kind == UNIT_TIME ? 0 : -INFINITY;
	m.stat = stat_of(h, 0);
	return m;
}

/* A coefficient of variation is a share, whatever it is of. */
static void as_variation(struct meaning *m)
{
	if (m->unit.kind != UNIT_SHARE)
		m->unit = unit_named("", 0);
	m->canonical = unit_named("%", 1).name;
	m->assumed = unit_named("", 0);
	m->better = 0;
}

static struct meaning of_rule(const struct best *best, const struct heading *h)
{
	struct meaning m = best->p->rule->meaning;

	m.unit = is_rate_of_it(h, &best->p->rule->canonical) ? best->p->rule->canonical : h->unit;
	m.stat = stat_of(h, best->took);
	if (m.stat == STAT_CV && (m.part == PART_MEASURE || m.part == PART_LOAD))
		as_variation(&m);
	return m;
}

struct meaning rules_meaning(const struct rules *r, const char *heading, size_t len)
{
	struct heading h, plain;
	struct best best;

	heading_split(&h, heading, len);
	best = best_of(r, &h);
	if (!best.p)
		best = best_of_unit(r, &h);
	if (best.p)
		return of_rule(&best, &h);
	/* What looked like a unit may be a word of it: "model_b". */
	plain = h;
	plain.n = plain.nall;
	plain.unit = unit_named("", 0);
	best = plain.n > h.n ? best_of(r, &plain) : best;
	return best.p ? of_rule(&best, &plain) : make(r, &h);
}
