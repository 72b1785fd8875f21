/* sweep_conditions.c - "exclude", "only" and "priority": conditions over the settings of a cell. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "sweep_internal.h"

#define MAX_CONDITIONS 100
#define MAX_NAMES      400
#define SHOWN          80

static void release(struct sweep_condition *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].text);
		free(list[i].place);
		expr_free(list[i].expr);
	}
	free(list);
}

void sweep_release_conditions(struct sweep *s)
{
	release(s->exclude, s->nexclude);
	release(s->only, s->nonly);
	release(s->priority, s->npriority);
}

/* ---- what a word may be ---- */

/* A key beside the factors has one value for all cells: expr_fix gets it. */
static bool fixed_value(const struct sweep *s, const char *name, struct expr_value *ret)
{
	const struct {
		const char *name;
		double number;
		const char *text;
	} keys[] = {
		{"model", 0, s->model ? s->model : ""},
		{"cache", 0, s->cache},
		{"concurrency", (double)s->concurrency, NULL},
		{"keep_alive", (double)s->keep_alive_s, NULL},
		{"rate", s->rate, NULL},
		{"prompt_tokens", (double)s->prompt_tokens, NULL},
	};

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		*ret = (struct expr_value){.kind = EXPR_NUMBER, .number = keys[i].number};
		if (keys[i].text)
			*ret = (struct expr_value){.kind = EXPR_TEXT, .text = keys[i].text};
		else if (!(keys[i].number > 0)) /* not asked for */
			*ret = (struct expr_value){.kind = EXPR_MISSING};
		return true;
	}
	return false;
}

/* Options that sweep_resolve fills in where the sweep says nothing. */
static bool is_filled_in(const char *name)
{
	static const char *const names[] = {
		"num_gpu", "num_ctx", "num_batch", "num_predict", "seed"};

	for (size_t i = 0; i < COUNTOF(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Position among the fixed options, or -1. */
static int64_t option_position(const struct sweep *s, const char *name)
{
	const char *key;
	json_t *value;
	int64_t i = 0;

	json_object_foreach (s->options, key, value) {
		if (strcmp(key, name) == 0)
			return i;
		i++;
	}
	return -1;
}

struct expr_value sweep_level_value(const struct level *l)
{
	if (json_is_number(l->value))
		return (struct expr_value){
			.kind = EXPR_NUMBER, .number = json_number_value(l->value)};
	return (struct expr_value){.kind = EXPR_TEXT, .text = l->text};
}

static bool same_value(struct expr_value a, struct expr_value b)
{
	if (a.kind != b.kind)
		return false;
	return a.kind == EXPR_NUMBER ? a.number == b.number : strcmp(a.text, b.text) == 0;
}

/* What a word that is no name of a setting says: the level that is called so, or was written so.
 * Returns how many different values that may be; the first is in *ret. */
static int find_level(const struct sweep *s, const char *word, struct expr_value *ret)
{
	int found = 0;

	for (size_t i = 0; i < s->nfactors; i++) {
		for (size_t k = 0; k < s->factors[i].nlevels; k++) {
			const struct level *l = &s->factors[i].levels[k];
			struct expr_value v;

			if (strcmp(l->text, word) != 0 && strcmp(l->asked, word) != 0)
				continue;
			v = sweep_level_value(l);
			if (found == 0)
				*ret = v;
			found += found == 0 || !same_value(v, *ret);
		}
	}
	return found;
}

/* "auto" is a level of num_gpu whether or not it is one here; `all` is one until it is a number. */
static bool is_common_word(const struct sweep *s, const char *word)
{
	const char *key;
	json_t *value;

	if (strcmp(word, "auto") == 0 || strcmp(word, "all") == 0 || strcmp(word, "true") == 0 ||
		strcmp(word, "false") == 0)
		return true;
	if (s->model && strcmp(word, s->model) == 0)
		return true;
	if (strcmp(word, "unique") == 0 || strcmp(word, "repeat") == 0)
		return true;
	json_object_foreach (s->options, key, value) {
		if (json_is_string(value) && strcmp(json_string_value(value), word) == 0)
			return true;
	}
	return false;
}

/* ---- words that are nothing ---- */

struct names {
	const char *list[MAX_NAMES + 1];
	size_t n;
};

static void add_name(struct names *names, const char *name)
{
	if (names->n < MAX_NAMES)
		names->list[names->n++] = name;
}

static const char *nearest_name(const struct sweep *s, const char *word)
{
	static const char *const keys[] = {
		"model", "cache", "concurrency", "keep_alive", "rate", "prompt_tokens", "auto"};
	struct names names = {.n = 0};
	const char *key;
	json_t *value;

	for (size_t i = 0; i < s->nfactors; i++)
		add_name(&names, s->factors[i].name);
	json_object_foreach (s->options, key, value)
		add_name(&names, key);
	for (size_t i = 0; i < COUNTOF(keys); i++)
		add_name(&names, keys[i]);
	for (size_t i = 0; i < s->nfactors; i++) {
		for (size_t k = 0; k < s->factors[i].nlevels && k < MAX_NAMES; k++) {
			if (json_is_string(s->factors[i].levels[k].value))
				add_name(&names, s->factors[i].levels[k].text);
		}
	}
	return jsonx_did_you_mean(word, names.list);
}

static int unknown_word(const struct sweep *s, const struct expr *x, size_t w, struct err *e)
{
	const char *word = expr_word(x, w), *nearest = nearest_name(s, word);
	char safe[SHOWN];

	if (option_find(word) || sweep_is_kind(word)) {
		err_set(e, ERR_USAGE,
			"character %zu: %s is neither varied nor fixed, so it cannot be compared",
			expr_word_place(x, w), word);
		return err_hint(e, "give it a value, or leave it out of the condition");
	}
	err_set(e, ERR_USAGE, "character %zu: there is no setting and no level \"%s\"",
		expr_word_place(x, w), err_quote(safe, sizeof(safe), word));
	if (nearest)
		return err_hint(e, "did you mean \"%s\"?", nearest);
	return err_hint(e, "names of factors and options; texts that are no level stand in quotes");
}

static int ambiguous_word(const struct expr *x, size_t w, struct err *e)
{
	char safe[SHOWN];

	err_set(e, ERR_USAGE, "character %zu: \"%s\" is a level of several factors",
		expr_word_place(x, w), err_quote(safe, sizeof(safe), expr_word(x, w)));
	return err_hint(e, "write the value");
}

/* What is both would silently be the setting. */
static int level_and_setting(const struct expr *x, size_t w, struct err *e)
{
	char safe[SHOWN];

	err_set(e, ERR_USAGE, "character %zu: \"%s\" is a setting, and a level is called so too",
		expr_word_place(x, w), err_quote(safe, sizeof(safe), expr_word(x, w)));
	return err_hint(e, "give the level another name; or write its value, a text in quotes");
}

/* ---- binding ---- */

/* Levels are "*", which the servers turn into names. */
static bool has_open_servers(const struct sweep *s)
{
	const struct factor *f = sweep_factor(s, "server");

	return f && f->nlevels == 1 && strcmp(f->levels[0].text, "*") == 0;
}

/* Before the servers are known (`early`) what will be filled in has no value yet. */
static int bind_word(const struct sweep *s, struct expr *x, size_t w, bool early, struct err *e)
{
	const char *word = expr_word(x, w);
	const struct factor *f = sweep_factor(s, word);
	int64_t position = option_position(s, word);
	struct expr_value value;
	int levels = find_level(s, word, &value);

	if (levels && (f || position >= 0 || fixed_value(s, word, &value)))
		return level_and_setting(x, w, e);
	if (f) {
		expr_bind(x, w, (size_t)(f - s->factors));
		return 0;
	}
	if (position >= 0) {
		expr_bind(x, w, SWEEP_MAX_FACTORS + (size_t)position);
		return 0;
	}
	if (fixed_value(s, word, &value)) {
		expr_fix(x, w, value);
		return 0;
	}
	if (early && is_filled_in(word))
		return 0;
	if (levels > 1)
		return ambiguous_word(x, w, e);
	if (levels == 1) {
		expr_fix(x, w, value);
		return 0;
	}
	if (is_common_word(s, word) || (early && has_open_servers(s)))
		return 0;
	return unknown_word(s, x, w, e);
}

static int bind_one(const struct sweep *s, struct expr *x, bool early, struct err *e)
{
	for (size_t w = 0; w < expr_words(x); w++) {
		if (bind_word(s, x, w, early, e))
			return -1;
	}
	return 0;
}

static int bind_list(const struct sweep *s, struct sweep_condition *list, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (bind_one(s, list[i].expr, false, e))
			return err_prefix(e, "%s: ", list[i].place);
	}
	return 0;
}

int sweep_bind_conditions(struct sweep *s, struct err *e)
{
	return bind_list(s, s->exclude, s->nexclude, e) || bind_list(s, s->only, s->nonly, e) ||
			bind_list(s, s->priority, s->npriority, e)
		? -1
		: 0;
}

/* ---- reading ---- */

static int read_condition(
	struct reading *r, const struct jsonx_at *at, struct sweep_condition **list, size_t *n)
{
	struct sweep_condition *to;
	const char *text;
	struct expr *x;

	if (jsonx_string(at, &text, r->e))
		return -1;
	if (expr_parse(text, &x, r->e)) {
		if (r->e && !r->e->hint[0])
			err_hint(r->e,
				"several conditions do as well: an array, or the option again");
		return sweep_prefix(at, r->e);
	}
	*list = xrealloc(*list, *n + 1, sizeof(**list));
	to = &(*list)[(*n)++];
	*to = (struct sweep_condition){.text = xstrdup(text), .expr = x};
	to->place = at->source ? xasprintf("%s: %s", at->source, at->path) : xstrdup(at->path);
	return bind_one(r->s, x, true, r->e) ? sweep_prefix(at, r->e) : 0;
}

/* A text, or several. */
static int read_list(struct reading *r, const struct jsonx_at *root, const char *key,
	struct sweep_condition **list, size_t *n)
{
	struct jsonx_at at = sweep_at(r, root, key);
	size_t count = json_array_size(at.value);

	if (!at.value)
		return 0;
	if (json_is_string(at.value))
		return read_condition(r, &at, list, n);
	if (!json_is_array(at.value))
		return jsonx_expected(&at, "a condition, or an array of conditions", r->e);
	if (count > MAX_CONDITIONS)
		return jsonx_error(&at, r->e, "more than %d conditions", MAX_CONDITIONS);
	for (size_t i = 0; i < count; i++) {
		struct jsonx_at one = sweep_at_index(&at, i);

		if (read_condition(r, &one, list, n))
			return -1;
	}
	return 0;
}

int sweep_read_conditions(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at kept = sweep_at(r, root, "priority_kept");
	struct sweep *s = r->s;

	if (read_list(r, root, "exclude", &s->exclude, &s->nexclude) ||
		read_list(r, root, "only", &s->only, &s->nonly) ||
		read_list(r, root, "priority", &s->priority, &s->npriority))
		return -1;
	return kept.value ? jsonx_int(&kept, 0, (int64_t)s->npriority, &s->priority_kept, r->e) : 0;
}

static json_t *list_json(const struct sweep_condition *list, size_t n)
{
	json_t *texts = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(texts, json_string(list[i].text));
	return texts;
}

void sweep_put_conditions(json_t *o, const struct sweep *s)
{
	if (s->nexclude)
		jsonx_put(o, "exclude", list_json(s->exclude, s->nexclude));
	if (s->nonly)
		jsonx_put(o, "only", list_json(s->only, s->nonly));
	if (s->npriority)
		jsonx_put(o, "priority", list_json(s->priority, s->npriority));
	if (s->priority_kept)
		jsonx_put(o, "priority_kept", json_integer(s->priority_kept));
}
