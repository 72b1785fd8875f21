/* narrator_schema.c - what an answer must look like, as a JSON schema that a server makes a grammar
 * of.  Only what its converter is known to take: objects with all members required, arrays with a
 * fixed number of items, enums of text, patterns from ^ to $. */
#include "narrator_schema.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "jsonx.h"
#include "narrator_internal.h"
#include "narrator_words.h"

#define TARGET    ((NARRATOR_WORDS_LEAST + NARRATOR_WORDS_MOST) / 2.0)
#define SLACK     3 /* words that a free sentence may be longer or shorter */
#define SENTENCES 6 /* of a free summary */
#define MIN_SLOTS 3 /* of a bound one */
#define MAX_SLOTS 8
#define MAX_RISKS 4
#define MAX_NAMES 12 /* that sentences may hold */
#define MAX_NAME  60

static const char *const topics[NARRATOR_TOPICS] = {"throughput", "ttft", "quality"};
static const char *const ordinals[MAX_SLOTS] = {
	"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"};

/* ---- facts by use ---- */

struct pool {
	size_t v[NARRATOR_MAX_FACTS]; /* in the facts */
	size_t n;
};

static void add_kind(struct pool *p, const struct narrator_facts *f, enum narrator_kind k)
{
	for (size_t i = 0; i < narrator_shown(f); i++)
		if (f->v[i].kind == k && narrator_is_plain(f, i))
			p->v[p->n++] = i;
}

static struct pool summary_pool(const struct narrator_facts *f)
{
	struct pool p = {.n = 0};

	add_kind(&p, f, NARRATOR_FINDING);
	if (p.n < MIN_SLOTS)
		add_kind(&p, f, NARRATOR_LIMIT);
	return p;
}

static struct pool risk_pool(const struct narrator_facts *f)
{
	struct pool p = {.n = 0};

	add_kind(&p, f, NARRATOR_RISK);
	add_kind(&p, f, NARRATOR_LIMIT);
	return p;
}

static struct pool advice_pool(const struct narrator_facts *f)
{
	struct pool p = {.n = 0};

	add_kind(&p, f, NARRATOR_RECOMMENDATION);
	return p;
}

/* Recommendations that speak of a topic; all, where none does. */
static struct pool topic_pool(
	const struct narrator_facts *f, const struct pool *advice, size_t topic)
{
	static const char *const words[NARRATOR_TOPICS][2] = {
		{"throughput", "tokens per second"}, {"TTFT", "first token"}, {"grade", "quality"}};
	struct pool p = {.n = 0};

	for (size_t i = 0; i < advice->n; i++)
		for (size_t k = 0; k < 2; k++)
			if (strcasestr(f->v[advice->v[i]].what, words[topic][k]) &&
				(p.n == 0 || p.v[p.n - 1] != advice->v[i]))
				p.v[p.n++] = advice->v[i];
	return p.n > 0 ? p : *advice;
}

static size_t words_in(const char *s)
{
	return s ? narrator_words(s, strlen(s)) : 0;
}

/* Words that a citation becomes, and those of the statement, on average over a pool. */
static double cited_words(const struct narrator_facts *f, const struct pool *p)
{
	double sum = 0;

	for (size_t i = 0; i < p->n; i++)
		sum += 1 + (double)words_in(f->v[p->v[i]].figure);
	return p->n ? sum / (double)p->n : 0;
}

static double stated_words(const struct narrator_facts *f, const struct pool *p)
{
	double sum = 0;

	for (size_t i = 0; i < p->n; i++)
		sum += (double)words_in(f->v[p->v[i]].what);
	return p->n ? sum / (double)p->n : 0;
}

/* ---- parts of a schema ---- */

static json_t *object_of(json_t *properties)
{
	json_t *o = json_object(), *required = json_array();
	const char *name;
	json_t *v;

	json_object_foreach (properties, name, v)
		json_array_append_new(required, json_string(name));
	jsonx_put(o, "type", json_string("object"));
	jsonx_put(o, "properties", properties);
	jsonx_put(o, "required", required);
	jsonx_put(o, "additionalProperties", json_false());
	return o;
}

static json_t *array_of(json_t *items, size_t n)
{
	json_t *o = json_object();

	jsonx_put(o, "type", json_string("array"));
	jsonx_put(o, "minItems", json_integer((json_int_t)n));
	jsonx_put(o, "maxItems", json_integer((json_int_t)n));
	jsonx_put(o, "items", items);
	return o;
}

static json_t *enum_of(json_t *values)
{
	json_t *o = json_object();

	jsonx_put(o, "type", json_string("string"));
	jsonx_put(o, "enum", values);
	return o;
}

/* Every `of`-th fact of a pool from `from` on; all, where that would be none. */
static json_t *facts_enum(
	const struct narrator_facts *f, const struct pool *p, size_t from, size_t of)
{
	json_t *ids = json_array();

	if (p->n < of)
		from = 0, of = 1;
	for (size_t i = from; i < p->n; i += of)
		json_array_append_new(ids, json_string(f->v[p->v[i]].id));
	return enum_of(ids);
}

static json_t *texts_enum(const char *const *texts, size_t n, size_t from, size_t of)
{
	json_t *values = json_array();

	for (size_t i = from; i < n; i += of)
		json_array_append_new(values, json_string(texts[i]));
	return enum_of(values);
}

/* ---- sentences in the model's own words ---- */

/* Letters, digits and what needs no thought in a pattern. */
static bool is_simple(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= MAX_NAME &&
		strspn(name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-") ==
		len;
}

static bool is_told(const struct narrator_facts *f, const char *name)
{
	for (size_t i = 0; i < narrator_shown(f); i++)
		if (strstr(f->v[i].what, name))
			return true;
	return false;
}

/* A word like any other: letters, and '-' inside. */
static bool is_plain_word(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
		strlen(name);
}

/* "gemma3:latest|num_ctx|".  Two ways to read one word would double the work of the grammar at each
 * of them. */
static void add_names(const struct narrator_facts *f, struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nnames && n < MAX_NAMES; i++) {
		const char *name = f->names[i];

		if (!name || !is_simple(name) || is_plain_word(name) || !is_told(f, name))
			continue;
		for (; *name; name++)
			str_addf(out, "%s%c", *name == '.' ? "\\" : "", *name);
		str_addc(out, '|');
		n++;
	}
}

static json_t *sentence_of(const struct narrator_facts *f, double words)
{
	struct str pattern = STR_INIT(STR_MAX_LINE), names = STR_INIT(STR_MAX_LINE);
	json_t *o = json_object();
	int mean = (int)lround(fmax(6, fmin(words, 32)));

	add_names(f, &names);
	/* Words have an end: a model that must not say more makes the last one longer. */
	str_addf(&pattern, "^(%sTTFT|[A-Z][a-z]{0,13})(,? (%sTTFT|[A-Za-z][a-z]{0,13})){%d,%d}\\.$",
		names.s, names.s, mean - SLACK - 1, mean + SLACK - 1);
	jsonx_put(o, "type", json_string("string"));
	jsonx_put(o, "pattern", json_string(pattern.s));
	str_release(&pattern);
	str_release(&names);
	return o;
}

static json_t *free_item(const struct narrator_facts *f, const struct pool *p, double words)
{
	json_t *o = json_object();

	jsonx_put(o, "fact", facts_enum(f, p, 0, 1));
	jsonx_put(o, "sentence", sentence_of(f, words));
	return object_of(o);
}

json_t *narrator_schema_free(const struct narrator_facts *f)
{
	struct pool found = summary_pool(f), advice = advice_pool(f), risks = risk_pool(f);
	json_t *root = json_object(), *topic = json_object(), *risk = json_object();
	double fixed = SENTENCES * cited_words(f, &found) +
		NARRATOR_TOPICS * cited_words(f, &advice) +
		NARRATOR_LEAST_RISKS * cited_words(f, &risks);
	double words = (TARGET - fixed) / (SENTENCES + NARRATOR_TOPICS + 2 * NARRATOR_LEAST_RISKS);

	if (found.n == 0)
		add_kind(&found, f, NARRATOR_RECOMMENDATION);
	jsonx_put(root, "summary", array_of(free_item(f, &found, words), SENTENCES));
	for (size_t i = 0; i < NARRATOR_TOPICS; i++) {
		struct pool p = topic_pool(f, &advice, i);

		jsonx_put(topic, topics[i], free_item(f, &p, words));
	}
	jsonx_put(root, "recommendations", object_of(topic));
	jsonx_put(risk, "fact", facts_enum(f, &risks, 0, 1));
	jsonx_put(risk, "risk", sentence_of(f, words));
	jsonx_put(risk, "mitigation", sentence_of(f, words));
	jsonx_put(root, "risks", array_of(object_of(risk), NARRATOR_LEAST_RISKS));
	return object_of(root);
}

/* ---- sentences in our words ---- */

/* Words of one place of each section, on average. */
struct lengths {
	double found, advice, risk;
};

static double mean_words(const char *const *texts, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)words_in(texts[i]);
	return sum / (double)n;
}

static struct lengths lengths_of(const struct narrator_facts *f, const struct pool *found,
	const struct pool *advice, const struct pool *risks)
{
	return (struct lengths){.found = stated_words(f, found) + cited_words(f, found) +
			mean_words(narrator_findings_go_on, narrator_findings_n),
		.advice = stated_words(f, advice) + cited_words(f, advice) +
			mean_words(narrator_advice_goes_on[0], NARRATOR_TOPICS * NARRATOR_CHOICES),
		.risk = stated_words(f, risks) + cited_words(f, risks) +
			mean_words(narrator_mitigations, narrator_mitigations_n)};
}

/* How many sentences and risks come nearest to the wanted length. */
static void choose_counts(
	const struct lengths *l, size_t most_found, size_t most_risks, size_t *found, size_t *risks)
{
	double nearest = INFINITY;

	for (size_t s = MIN_SLOTS; s <= most_found; s++) {
		for (size_t k = NARRATOR_LEAST_RISKS; k <= most_risks; k++) {
			double words = (double)s * l->found + NARRATOR_TOPICS * l->advice +
				(double)k * l->risk;

			if (fabs(words - TARGET) < nearest) {
				nearest = fabs(words - TARGET);
				*found = s;
				*risks = k;
			}
		}
	}
}

static json_t *bound_item(json_t *fact, const char *key, json_t *words)
{
	json_t *o = json_object();

	jsonx_put(o, "fact", fact);
	jsonx_put(o, key, words);
	return object_of(o);
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

json_t *narrator_schema_bound(const struct narrator_facts *f)
{
	struct pool found = summary_pool(f), advice = advice_pool(f), risks = risk_pool(f);
	json_t *root = json_object(), *s = json_object(), *a = json_object(), *k = json_object();
	struct lengths l = lengths_of(f, &found, &advice, &risks);
	size_t nfound = 0, nrisks = 0;

	choose_counts(
		&l, at_most(found.n, MAX_SLOTS), at_most(risks.n, MAX_RISKS), &nfound, &nrisks);
	/* Each place has facts and words of its own, so that nothing comes twice. */
	for (size_t i = 0; i < nfound; i++)
		jsonx_put(s, ordinals[i],
			bound_item(facts_enum(f, &found, i, nfound), "then",
				texts_enum(
					narrator_findings_go_on, narrator_findings_n, i, nfound)));
	for (size_t i = 0; i < NARRATOR_TOPICS; i++) {
		struct pool p = topic_pool(f, &advice, i);

		jsonx_put(a, topics[i],
			bound_item(facts_enum(f, &p, 0, 1), "then",
				texts_enum(narrator_advice_goes_on[i], NARRATOR_CHOICES, 0, 1)));
	}
	for (size_t i = 0; i < nrisks; i++)
		jsonx_put(k, ordinals[i],
			bound_item(facts_enum(f, &risks, i, nrisks), "mitigation",
				texts_enum(
					narrator_mitigations, narrator_mitigations_n, i, nrisks)));
	jsonx_put(root, "summary", object_of(s));
	jsonx_put(root, "recommendations", object_of(a));
	jsonx_put(root, "risks", object_of(k));
	if (nfound > 0 && nrisks > 0 && advice.n > 0)
		return object_of(root);
	json_decref(root);
	return NULL;
}
