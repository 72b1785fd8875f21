/* sweep_level.c - one factor's levels: values typed by the factor's kind, and their names. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "num.h"
#include "range.h"
#include "sweep_internal.h"

#define MAX_MODELS      1000
#define MAX_CONCURRENCY 4096
#define MAX_TEXT        200 /* of a level that is a word */
#define MAX_LEVEL_NAME  80
#define MAX_SHOWN_TEXT  40 /* longer ones get a name: they are a column of every row */

/* ---- one value ---- */

/* How many a suffix stands for; 0 if it is none. */
static int64_t suffix_factor(const char *suffix)
{
	static const struct {
		const char *name;
		int64_t factor;
	} suffixes[] = {{"k", 1024}, {"ki", 1024}, {"kb", 1024}, {"kib", 1024}, {"m", 1048576},
		{"mi", 1048576}, {"mb", 1048576}, {"mib", 1048576}};

	for (size_t i = 0; i < COUNTOF(suffixes); i++) {
		if (strcasecmp(suffix, suffixes[i].name) == 0)
			return suffixes[i].factor;
	}
	return 0;
}

/* What the writer of a text that should be a number may have meant. */
static void hint_number(const struct jsonx_at *at, struct err *e)
{
	const char *text = json_string_value(at->value);
	size_t digits = text ? strspn(text, "0123456789") : 0;
	int64_t x, factor;

	if (digits == 0 || !num_parse_int(text, digits, &x))
		return;
	factor = suffix_factor(text + digits);
	if (text[digits] == '\0')
		err_hint(e, "write %" PRId64 " without quotes", x);
	else if (factor && x < INT64_MAX / factor)
		err_hint(e, "write %" PRId64, x * factor);
}

bool sweep_percentage(const char *text, double *share)
{
	size_t len = text ? strlen(text) : 0;

	return len > 1 && text[len - 1] == '%' && num_share(text, len, 0, 1, share);
}

/* Layers on the GPU: a number, or a word that sweep_resolve turns into one. */
static json_t *typed_num_gpu(
	const struct jsonx_at *at, const struct option_spec *spec, struct err *e)
{
	const char *word = json_string_value(at->value);
	double share;
	int64_t x;

	if (word &&
		(strcmp(word, "auto") == 0 || strcmp(word, "all") == 0 ||
			sweep_percentage(word, &share)))
		return json_string(word);
	if (!json_is_number(at->value)) {
		jsonx_expected(at, "an integer, \"auto\", \"all\" or a percentage up to 100%", e);
		hint_number(at, e);
		return NULL;
	}
	if (jsonx_int(at, (int64_t)spec->min, (int64_t)spec->max, &x, e))
		return NULL;
	return x < 0 ? json_string("auto") : json_integer(x);
}

static json_t *typed_int(const struct jsonx_at *at, int64_t min, int64_t max, struct err *e)
{
	int64_t x;

	if (jsonx_int(at, min, max, &x, e)) {
		hint_number(at, e);
		return NULL;
	}
	return json_integer(x);
}

static json_t *typed_real(const struct jsonx_at *at, double min, double max, struct err *e)
{
	double x;

	if (jsonx_real(at, min, max, &x, e)) {
		hint_number(at, e);
		return NULL;
	}
	return jsonx_number(x == 0 ? 0 : x); /* -0 is 0 */
}

/* A word: of a model, of a server. */
json_t *sweep_typed_text(const struct jsonx_at *at, struct err *e)
{
	const char *text;

	if (jsonx_string(at, &text, e))
		return NULL;
	if (strlen(text) > MAX_TEXT) {
		jsonx_error(at, e, "longer than %d bytes", MAX_TEXT);
		return NULL;
	}
	return json_string(text);
}

/* A system prompt or template; an empty one is the sweep without it. */
static json_t *typed_long_text(const struct jsonx_at *at, struct err *e)
{
	const char *text = json_string_value(at->value);

	if (!text) {
		jsonx_expected(at, "a string", e);
		return NULL;
	}
	if (strlen(text) > SWEEP_MAX_SYSTEM) {
		jsonx_error(at, e, "longer than %zu bytes", SWEEP_MAX_SYSTEM);
		return NULL;
	}
	return json_string(text);
}

/* A value of an option Ollama is not known to have: whatever is simple. */
static json_t *typed_unknown(const struct jsonx_at *at, struct err *e)
{
	if (json_is_real(at->value))
		return jsonx_number(json_real_value(at->value));
	if (json_is_integer(at->value) || json_is_boolean(at->value))
		return json_incref(at->value);
	if (json_is_string(at->value))
		return sweep_typed_text(at, e);
	jsonx_expected(at, "a number, a text, true or false", e);
	return NULL;
}

static json_t *typed_option(
	const struct jsonx_at *at, const struct option_spec *spec, struct err *e)
{
	bool b;

	if (strcmp(spec->name, "num_gpu") == 0)
		return typed_num_gpu(at, spec, e);
	switch (spec->type) {
	case OPTION_INT:
		return typed_int(at, (int64_t)spec->min, (int64_t)spec->max, e);
	case OPTION_REAL:
		return typed_real(at, spec->min, spec->max, e);
	case OPTION_BOOL:
		return jsonx_bool(at, &b, e) ? NULL : json_boolean(b);
	case OPTION_STRINGS:
		return sweep_typed_text(at, e);
	}
	BUG("option type %d", (int)spec->type);
}

json_t *sweep_typed_option(const struct jsonx_at *at, const struct option_spec *spec, struct err *e)
{
	json_t *value = spec ? typed_option(at, spec, e) : typed_unknown(at, e);
	double x = json_number_value(at->value);
	bool fits = spec && json_is_number(at->value) &&
		(spec->type == OPTION_REAL || (spec->type == OPTION_INT && x == floor(x)));

	if (!value && fits && e && !e->hint[0])
		err_hint(e, "outside of this a server takes it for something else, or refuses it");
	return value;
}

static json_t *typed_keep_alive(const struct jsonx_at *at, struct err *e)
{
	int64_t seconds;

	return sweep_keep_alive(at, &seconds, e) ? NULL : json_integer(seconds);
}

static json_t *typed_prompt_tokens(const struct jsonx_at *at, struct err *e)
{
	int64_t tokens;
	double share;
	char number[NUM_TEXT];

	if (sweep_prompt_tokens(at, &tokens, &share, e))
		return NULL;
	if (tokens)
		return json_integer(tokens);
	/* 7 % is 0.07 * 100 but for the last digit. */
	return json_sprintf("%s%%", num_text(number, round(share * 1e11) / 1e9));
}

static json_t *typed_cache(const struct jsonx_at *at, struct err *e)
{
	const char *word = json_string_value(at->value);

	if (word && (strcmp(word, "unique") == 0 || strcmp(word, "repeat") == 0))
		return json_string(word);
	jsonx_expected(at, "\"unique\" or \"repeat\"", e);
	return NULL;
}

json_t *sweep_typed_level(const struct jsonx_at *at, const struct factor *f, struct err *e)
{
	switch (f->kind) {
	case FACTOR_OPTION:
		return sweep_typed_option(at, option_find(f->name), e);
	case FACTOR_MODEL:
	case FACTOR_SERVER:
	case FACTOR_PROMPT:
		return sweep_typed_text(at, e);
	case FACTOR_CONCURRENCY:
		return typed_int(at, 1, MAX_CONCURRENCY, e);
	case FACTOR_RATE:
		return typed_real(at, SWEEP_MIN_RATE, SWEEP_MAX_RATE, e);
	case FACTOR_CACHE:
		return typed_cache(at, e);
	case FACTOR_KEEP_ALIVE:
		return typed_keep_alive(at, e);
	case FACTOR_SYSTEM:
	case FACTOR_TEMPLATE:
		return typed_long_text(at, e);
	case FACTOR_PROMPT_TOKENS:
		return typed_prompt_tokens(at, e);
	}
	BUG("factor kind %d", (int)f->kind);
}

/* ---- names ---- */

static bool is_printable(const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	}
	return true;
}

/* A name that looks like another value would be read as that value. */
static int check_level_name(
	const struct jsonx_at *at, const char *name, const char *value, struct err *e)
{
	double x;

	if (!*name || strlen(name) > MAX_LEVEL_NAME || !is_printable(name)) {
		jsonx_error(at, e, "is no name of a level");
		return err_hint(
			e, "names have 1 to %d bytes and no control characters", MAX_LEVEL_NAME);
	}
	if (strcmp(name, value) == 0)
		return 0;
	if (option_find(name) || sweep_is_kind(name)) {
		jsonx_error(at, e, "names a level after a setting");
		return err_hint(e,
			"conditions would take the one for the other: choose a name "
			"that is no setting");
	}
	if (num_parse(name, strlen(name), &x) || sweep_percentage(name, &x) ||
		strcmp(name, "auto") == 0 || strcmp(name, "all") == 0) {
		jsonx_error(at, e, "names a level after another value");
		return err_hint(e, "choose a name that is no value: {\"small\": 1024}");
	}
	return 0;
}

static void set_name(struct level *l, const char *name)
{
	free(l->text);
	l->text = xstrdup(name);
	l->named = true;
}

/* Long texts are named by their place; an empty one would read as missing in the rows. */
static void name_texts(struct factor *f)
{
	for (size_t i = 0; i < f->nlevels; i++) {
		struct level *l = &f->levels[i];
		char *name;

		if (l->named ||
			(*l->text && strlen(l->text) <= MAX_SHOWN_TEXT && is_printable(l->text)))
			continue;
		name = *l->text ? xasprintf("%s-%zu", f->name, i + 1) : xstrdup("none");
		set_name(l, name);
		free(l->asked);
		l->asked = name;
	}
}

/* ---- all levels of a factor ---- */

struct seen {
	const char *text;
	size_t at;
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* The first that stands there a second time; SIZE_MAX if none. */
static size_t find_twice(struct seen *seen, size_t n)
{
	size_t twice = SIZE_MAX;

	qsort(seen, n, sizeof(*seen), compare_seen);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(seen[i].text, seen[i - 1].text) == 0 && seen[i].at < twice)
			twice = seen[i].at;
	}
	return twice;
}

/* Equal values have equal texts, however they were written (0.2 and 2e-1). */
static int check_duplicates(
	const struct jsonx_at *at, const struct factor *f, bool indexed, struct err *e)
{
	struct seen *seen = xmalloc(f->nlevels * sizeof(*seen));
	char **values = xcalloc(f->nlevels, sizeof(*values)), safe[80];
	size_t twice;
	struct jsonx_at one = *at;

	for (size_t i = 0; i < f->nlevels; i++)
		seen[i] = (struct seen){f->levels[i].text, i};
	twice = find_twice(seen, f->nlevels);
	for (size_t i = 0; twice == SIZE_MAX && i < f->nlevels; i++)
		seen[i] = (struct seen){values[i] = sweep_value_text(f->levels[i].value), i};
	if (twice == SIZE_MAX)
		twice = find_twice(seen, f->nlevels);
	if (twice != SIZE_MAX && indexed)
		one = sweep_at_index(at, twice);
	if (twice != SIZE_MAX)
		jsonx_error(&one, e, "the level %s stands there twice",
			err_quote(safe, sizeof(safe), f->levels[twice].text));
	if (twice != SIZE_MAX)
		err_hint(e, "each level once; repeats and passes say how often it is measured");
	for (size_t i = 0; i < f->nlevels; i++)
		free(values[i]);
	free(values);
	free(seen);
	return twice == SIZE_MAX ? 0 : -1;
}

static bool is_text_kind(const struct factor *f)
{
	return f->kind == FACTOR_SYSTEM || f->kind == FACTOR_TEMPLATE;
}

static int check_count(const struct jsonx_at *at, const struct factor *f, size_t n, struct err *e)
{
	char a[NUM_TEXT], b[NUM_TEXT];

	if (n == 0)
		return jsonx_error(at, e, "expected at least one level, got none");
	if (f->kind == FACTOR_MODEL && n > MAX_MODELS)
		return jsonx_error(at, e, "more than %d models", MAX_MODELS);
	if (n <= SWEEP_MAX_CELLS)
		return 0;
	jsonx_error(at, e, "%s cells are more than %s", num_group(a, (int64_t)n),
		num_group(b, SWEEP_MAX_CELLS));
	return err_hint(e, "fewer levels or factors; a cell is one combination of levels");
}

/* What was written, where it is more than the value says: "75%", "30m". */
static const char *asked_text(const struct factor *f, const json_t *written)
{
	return is_text_kind(f) ? NULL : json_string_value(written);
}

int sweep_take_level(const struct jsonx_at *at, struct factor *f, const char *name, struct err *e)
{
	json_t *value = sweep_typed_level(at, f, e);
	struct level *l;

	if (!value)
		return -1;
	sweep_add_level(f, value, asked_text(f, at->value));
	l = &f->levels[f->nlevels - 1];
	if (!name)
		return 0;
	if (check_level_name(at, name, l->text, e))
		return -1;
	if (strcmp(name, l->text) == 0)
		return 0;
	if (is_text_kind(f)) {
		free(l->asked);
		l->asked = xstrdup(name);
	}
	set_name(l, name);
	return 0;
}

static int add_levels(const struct jsonx_at *at, struct factor *f, bool indexed, struct err *e)
{
	size_t n = json_array_size(at->value);

	if (check_count(at, f, n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct jsonx_at one = sweep_at_index(at, i);

		if (!indexed)
			memcpy(one.path, at->path, sizeof(one.path));
		if (sweep_take_level(&one, f, NULL, e))
			return -1;
	}
	return sweep_finish_levels(at, f, indexed, e);
}

int sweep_finish_levels(const struct jsonx_at *at, struct factor *f, bool indexed, struct err *e)
{
	if (is_text_kind(f))
		name_texts(f);
	return check_duplicates(at, f, indexed, e);
}

/* {"small": 1024, "large": 8192} */
static int add_named_levels(const struct jsonx_at *at, struct factor *f, struct err *e)
{
	const char *name;
	json_t *value;

	if (check_count(at, f, json_object_size(at->value), e))
		return -1;
	json_object_foreach (at->value, name, value) {
		struct jsonx_at one = jsonx_key(at, name);

		if (!at->source)
			memcpy(one.path, at->path, sizeof(one.path));
		if (sweep_take_level(&one, f, name, e))
			return -1;
	}
	return sweep_finish_levels(at, f, false, e);
}

/* "a, b": names, of which none is a range ("7b-2" is a name). */
static json_t *split_names(const char *text)
{
	json_t *list = json_array();

	for (;;) {
		size_t len = strcspn(text, ","), skip = strspn(text, " \t");
		size_t end = len;

		while (end > skip && (text[end - 1] == ' ' || text[end - 1] == '\t'))
			end--;
		json_array_append_new(list,
			json_stringn(
				text + (skip < len ? skip : len), end > skip ? end - skip : 0));
		if (!text[len])
			return list;
		text += len + 1;
	}
}

int sweep_read_levels(const struct jsonx_at *at, struct factor *f, struct err *e)
{
	const char *text = json_string_value(at->value);
	struct jsonx_at list = *at;
	int failed;

	if (json_is_array(at->value))
		return add_levels(at, f, true, e);
	if (json_is_object(at->value))
		return add_named_levels(at, f, e);
	if (!text || is_text_kind(f)) {
		jsonx_expected(at,
			is_text_kind(f) ? "an array of texts, or an object of named ones"
					: "an array of levels, or a range such as \"1024-8192x2\"",
			e);
		return err_hint(e,
			is_text_kind(f) ? "a text that does not vary belongs one level up"
					: "a value that does not vary belongs under options");
	}
	list.value = f->kind == FACTOR_SERVER || f->kind == FACTOR_PROMPT ? split_names(text)
									  : range_parse(text, e);
	if (!list.value)
		return sweep_prefix(at, e);
	failed = add_levels(&list, f, false, e);
	json_decref(list.value);
	return failed;
}
