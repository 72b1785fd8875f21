/* rules.c - the rules as they are read: a line each, as the head of rules.txt says. */
#include "rules.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "num.h"
#include "rules_parts.h"
#include "vec.h"

#define MOST_BYTES ((size_t)1 << 20)
/* Rules of one text; those of a later one stand before it. */
#define MOST_RULES 100000

static const char *const part_names[] = {"unknown", "measure", "setting", "subject", "prompt",
	"time", "error", "success", "load", "count", "repeat", "ignore"};
static const char *const stat_names[STAT_COUNT_OF_KINDS] = {
	"", "mean", "sd", "min", "p5", "p50", "p90", "p95", "p99", "max", "CV", "total", "other"};

const char *rule_part_name(enum rule_part p)
{
	return part_names[p];
}

const char *rule_stat_name(enum rule_stat s)
{
	return stat_names[s];
}

/* A field of a line. */
struct field {
	const char *s;
	size_t len;
};

static bool is(const struct field *f, const char *s)
{
	return strlen(s) == f->len && memcmp(s, f->s, f->len) == 0;
}

static bool absent(const struct field *f)
{
	return f->len == 0 || is(f, "-");
}

static struct field next_field(struct field *rest)
{
	struct field f;
	size_t i = 0;

	while (i < rest->len && (rest->s[i] == ' ' || rest->s[i] == '\t'))
		i++;
	f.s = rest->s + i;
	while (i < rest->len && rest->s[i] != ' ' && rest->s[i] != '\t')
		i++;
	f.len = (size_t)(rest->s + i - f.s);
	rest->s += i;
	rest->len -= i;
	return f;
}

static struct field trimmed(struct field f)
{
	while (f.len > 0 && isspace((unsigned char)f.s[0])) {
		f.s++;
		f.len--;
	}
	while (f.len > 0 && isspace((unsigned char)f.s[f.len - 1]))
		f.len--;
	return f;
}

/* A line that is being read, and where it stands. */
struct line {
	struct rules *r;
	const char *file;
	uint32_t number;
	struct err *e;
};

static int wrong(const struct line *l, const char *what, const struct field *f)
{
	char raw[60], quoted[60];
	size_t n = f->len < sizeof(raw) - 1 ? f->len : sizeof(raw) - 1;

	memcpy(raw, f->s, n);
	raw[n] = '\0';
	err_set(l->e, ERR_USAGE, "%s, line %u: %s \"%s\"", l->file, l->number, what,
		err_quote(quoted, sizeof(quoted), raw));
	return err_hint(l->e, "a rule is: words part quantity unit better range label");
}

static int read_part(const struct line *l, const struct field *f, enum rule_part *ret)
{
	for (size_t i = PART_MEASURE; i < COUNTOF(part_names); i++) {
		if (is(f, part_names[i])) {
			*ret = (enum rule_part)i;
			return 0;
		}
	}
	return wrong(l, "no part of that name", f);
}

static int read_unit(const struct line *l, const struct field *f, struct unit *ret)
{
	*ret = unit_named(f->s, f->len);
	return ret->name[0] ? 0 : wrong(l, "no unit of that name", f);
}

/* "ms", or "ns>ms": ns where the heading says nothing. */
static int read_units(const struct line *l, const struct field *f, struct rule *rule)
{
	struct unit *given = &rule->meaning.assumed;
	const char *arrow = memchr(f->s, '>', f->len);
	struct field canonical = *f, assumed = *f;

	rule->canonical = *given = unit_named("", 0);
	if (absent(f))
		return 0;
	if (arrow) {
		assumed.len = (size_t)(arrow - f->s);
		canonical.s = arrow + 1;
		canonical.len = f->len - assumed.len - 1;
		if (read_unit(l, &assumed, given))
			return -1;
	}
	if (read_unit(l, &canonical, &rule->canonical))
		return -1;
	if (arrow && isnan(unit_factor(given, &rule->canonical)))
		return wrong(l, "units of different kinds", f);
	return 0;
}

static int read_better(const struct line *l, const struct field *f, int *ret)
{
	if (absent(f))
		*ret = 0;
	else if (is(f, "higher"))
		*ret = 1;
	else if (is(f, "lower"))
		*ret = -1;
	else
		return wrong(l, "better is higher, lower or -, not", f);
	return 0;
}

/* "0..100"; an end that is left out has no limit. */
static int read_range(const struct line *l, const struct field *f, struct meaning *m)
{
	const char *dots = f->len >= 2 ? memmem(f->s, f->len, "..", 2) : NULL;
	size_t before = dots ? (size_t)(dots - f->s) : 0, after = dots ? f->len - before - 2 : 0;

	m->least = -INFINITY;
	m->most = INFINITY;
	if (absent(f))
		return 0;
	if (!dots || (before > 0 && !num_parse(f->s, before, &m->least)) ||
		(after > 0 && !num_parse(dots + 2, after, &m->most)) || m->least > m->most)
		return wrong(l, "no range", f);
	return 0;
}

static const char *keep(struct rules *r, const struct field *f)
{
	return absent(f) ? "" : arena_strn(&r->arena, f->s, f->len);
}

/* A bucket is read from the least order on, and of one rule the way with the most words first. */
static bool stands_before(const struct pattern *a, const struct pattern *b)
{
	return a->rule->order < b->rule->order ||
		(a->rule->order == b->rule->order && a->nwords >= b->nwords);
}

static void put(struct rules *r, struct pattern *p)
{
	const char *last = p->nwords ? p->word[p->nwords - 1] : "";
	struct pattern **at = &r->bucket[heading_hash(last, strlen(last)) % RULES_BUCKETS];

	while (*at && stands_before(*at, p))
		at = &(*at)->next;
	p->next = *at;
	*at = p;
}

/* One of the ways to write the words: "=name", "load@ms", "delta_*", "time_to_first_token". */
static int add_pattern(const struct line *l, const struct rule *rule, struct field f)
{
	struct pattern *p = arena_alloc(&l->r->arena, 1, sizeof(*p));
	const char *at = memchr(f.s, '@', f.len);
	struct field whole = f, unit;

	p->rule = rule;
	p->unit = unit_named("", 0);
	if (at) {
		unit.s = at + 1;
		unit.len = (size_t)(f.s + f.len - at) - 1;
		f.len -= unit.len + 1;
		if (read_unit(l, &unit, &p->unit))
			return -1;
	}
	if (f.len > 0 && f.s[0] == '=') {
		p->exact = true;
		f.s++;
		f.len--;
	}
	if (f.len > 2 && f.s[f.len - 1] == '*' && f.s[f.len - 2] == '_') {
		p->anywhere = true;
		f.len -= 2;
	}
	while (f.len > 0) {
		const char *end = memchr(f.s, '_', f.len);
		size_t n = end ? (size_t)(end - f.s) : f.len;
		char *word;

		if (n == 0 || p->nwords == RULE_MOST_WORDS || memchr(f.s, '*', n))
			return wrong(l, "no words of a heading", &whole);
		word = arena_strn(&l->r->arena, f.s, n);
		for (size_t i = 0; i < n; i++)
			word[i] = (char)tolower((unsigned char)word[i]);
		p->word[p->nwords++] = word;
		f.s += n + (end != NULL);
		f.len -= n + (end != NULL);
	}
	if (p->nwords == 0 && !p->unit.name[0])
		return wrong(l, "no words of a heading", &whole);
	put(l->r, p);
	return 0;
}

static int add_patterns(const struct line *l, const struct rule *rule, struct field words)
{
	while (words.len > 0) {
		const char *bar = memchr(words.s, '|', words.len);
		struct field one = words;

		if (bar)
			one.len = (size_t)(bar - words.s);
		if (add_pattern(l, rule, one))
			return -1;
		words.s += one.len + (bar != NULL);
		words.len -= one.len + (bar != NULL);
	}
	return 0;
}

static int read_rule(const struct line *l, struct field text, int64_t order)
{
	struct rule *rule = arena_alloc(&l->r->arena, 1, sizeof(*rule));
	struct meaning *m = &rule->meaning;
	struct field words = next_field(&text), part = next_field(&text);
	struct field quantity = next_field(&text), unit = next_field(&text);
	struct field better = next_field(&text), range = next_field(&text), label = trimmed(text);

	if (read_part(l, &part, &m->part) || read_units(l, &unit, rule) ||
		read_better(l, &better, &m->better) || read_range(l, &range, m))
		return -1;
	if (absent(&quantity) &&
		(m->part == PART_MEASURE || m->part == PART_SETTING || m->part == PART_SUBJECT))
		return wrong(l, "a name is needed behind", &part);
	m->quantity = keep(l->r, &quantity);
	m->label = absent(&label) ? m->quantity : keep(l->r, &label);
	m->canonical = rule->canonical.name;
	m->unit = unit_named("", 0);
	m->rule = l->number;
	rule->order = order;
	return add_patterns(l, rule, words);
}

int rules_add_text(struct rules *r, const char *name, const char *text, size_t len, struct err *e)
{
	struct line l = {r, name, 0, e};
	int64_t order = r->first - MOST_RULES;

	r->first = order;
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		struct field line = {text, end ? (size_t)(end - text) : len};
		size_t used = line.len + (end != NULL);
		const char *hash = memchr(line.s, '#', line.len);

		if (hash)
			line.len = (size_t)(hash - line.s);
		l.number++;
		line = trimmed(line);
		if (line.len > 0 && read_rule(&l, line, order++))
			return -1;
		if (order - r->first >= MOST_RULES)
			return err_set(e, ERR_USAGE, "%s: more than %d rules", name, MOST_RULES);
		text += used;
		len -= used;
	}
	return 0;
}

int rules_add_file(struct rules *r, const char *path, struct err *e)
{
	struct str text = STR_INIT(MOST_BYTES);
	int rc = fsx_read(path, MOST_BYTES, &text, e);

	if (!rc)
		rc = rules_add_text(r, path, text.s, text.len, e);
	str_release(&text);
	return rc;
}

struct rules *rules_new(void)
{
	struct rules *r = xcalloc(1, sizeof(*r));
	struct err e = ERR_INIT;

	r->made = xcalloc(1, sizeof(*r->made));
	if (pthread_mutex_init(&r->made->lock, NULL))
		BUG("a mutex cannot be made");
	if (rules_add_text(r, "the built-in rules", rules_text, rules_text_len, &e))
		BUG("%s", e.msg);
	return r;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->made->lock);
	arena_release(&r->made->arena);
	free(r->made);
	arena_release(&r->arena);
	free(r);
}
