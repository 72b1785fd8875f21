/* sweep_grid.c - "factors" and "options": values typed by options.h, and the rules between them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "columns.h"
#include "num.h"
#include "range.h"
#include "sweep_internal.h"

#define MAX_OPTION_NAME  40
#define MAX_OPTIONS      100
#define MAX_STOPS        16
#define MAX_MODELS       1000
#define MAX_CONCURRENCY  4096
#define MAX_TEXT         200 /* of a level that is a word */
#define CELLS_COUNTED_TO INT64_C(1000000000000000000)

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

static bool is_percentage(const char *text)
{
	size_t len = strlen(text);
	double x;

	return len > 1 && text[len - 1] == '%' && num_parse(text, len - 1, &x) && x >= 0 &&
		x <= 100;
}

/* Layers on the GPU: a number, or a word that sweep_resolve turns into one. */
static json_t *typed_num_gpu(
	const struct jsonx_at *at, const struct option_spec *spec, struct err *e)
{
	const char *word = json_string_value(at->value);
	int64_t x;

	if (word && (strcmp(word, "auto") == 0 || strcmp(word, "all") == 0 || is_percentage(word)))
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

static json_t *typed_real(const struct jsonx_at *at, const struct option_spec *spec, struct err *e)
{
	double x;

	if (jsonx_real(at, spec->min, spec->max, &x, e)) {
		hint_number(at, e);
		return NULL;
	}
	return jsonx_number(x == 0 ? 0 : x); /* -0 is 0 */
}

static json_t *typed_text(const struct jsonx_at *at, struct err *e)
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

/* A value of an option Ollama is not known to have: whatever is simple. */
static json_t *typed_unknown(const struct jsonx_at *at, struct err *e)
{
	if (json_is_real(at->value))
		return jsonx_number(json_real_value(at->value));
	if (json_is_integer(at->value) || json_is_boolean(at->value))
		return json_incref(at->value);
	if (json_is_string(at->value))
		return typed_text(at, e);
	jsonx_expected(at, "a number, a text, true or false", e);
	return NULL;
}

/* New reference, NULL with the error. */
static json_t *typed_option(
	const struct jsonx_at *at, const struct option_spec *spec, struct err *e)
{
	bool b;

	if (!spec)
		return typed_unknown(at, e);
	if (strcmp(spec->name, "num_gpu") == 0)
		return typed_num_gpu(at, spec, e);
	switch (spec->type) {
	case OPTION_INT:
		return typed_int(at, (int64_t)spec->min, (int64_t)spec->max, e);
	case OPTION_REAL:
		return typed_real(at, spec, e);
	case OPTION_BOOL:
		return jsonx_bool(at, &b, e) ? NULL : json_boolean(b);
	case OPTION_STRINGS:
		return typed_text(at, e);
	}
	BUG("option type %d", (int)spec->type);
}

static json_t *typed_level(const struct jsonx_at *at, const struct factor *f, struct err *e)
{
	const char *word = json_string_value(at->value);

	switch (f->kind) {
	case FACTOR_OPTION:
		return typed_option(at, option_find(f->name), e);
	case FACTOR_MODEL:
		return typed_text(at, e);
	case FACTOR_CONCURRENCY:
		return typed_int(at, 1, MAX_CONCURRENCY, e);
	case FACTOR_CACHE:
		if (word && (strcmp(word, "unique") == 0 || strcmp(word, "repeat") == 0))
			return json_string(word);
		jsonx_expected(at, "\"unique\" or \"repeat\"", e);
		return NULL;
	}
	BUG("factor kind %d", (int)f->kind);
}

/* ---- names ---- */

/* Factors name columns of runs.csv, so only plain names will do. */
static bool is_plain_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= MAX_OPTION_NAME && name[0] >= 'a' && name[0] <= 'z' &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static bool is_sweep_key(const char *name)
{
	for (const char *const *key = sweep_keys; *key; key++) {
		if (strcmp(*key, name) == 0)
			return true;
	}
	return false;
}

static int check_name(const struct jsonx_at *at, const char *name, struct err *e)
{
	if (!is_plain_name(name)) {
		jsonx_error(at, e, "is no name of an option");
		return err_hint(
			e, "options have small letters, digits and _, at most %d", MAX_OPTION_NAME);
	}
	if (is_sweep_key(name)) {
		jsonx_error(at, e, "is a key of the sweep, not an option");
		return err_hint(e, "move it one level up");
	}
	return 0;
}

/* runs.csv has columns of its own, which a factor of that name would have to fill. */
static int check_column(const struct jsonx_at *at, const char *name, struct err *e)
{
	if (strcmp(name, "seed") == 0)
		return 0;
	if (!run_column_find(name) && strcmp(name, COLUMN_ROW_CRC) != 0)
		return 0;
	return jsonx_error(at, e, "is a column of runs.csv that a factor cannot fill");
}

static void warn_unknown(struct sweep *s, const char *name)
{
	const char *nearest = option_did_you_mean(name);

	sweep_warn(s,
		"option %s is not one that Ollama is known to have: it ignores what it does not "
		"know%s%s%s",
		name, nearest ? " (did you mean " : "", nearest ? nearest : "",
		nearest ? "?)" : "");
}

/* ---- factors ---- */

static int too_many_cells(const struct jsonx_at *at, int64_t cells, struct err *e)
{
	char n[NUM_TEXT], most[NUM_TEXT];

	jsonx_error(at, e, "%s%s cells are more than %s", cells >= CELLS_COUNTED_TO ? "over " : "",
		num_group(n, cells), num_group(most, SWEEP_MAX_CELLS));
	return err_hint(e, "fewer levels or factors; a cell is one combination of levels");
}

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

/* Equal values have equal texts, however they were written (0.2 and 2e-1). */
static int check_duplicates(
	const struct jsonx_at *at, const struct factor *f, bool indexed, struct err *e)
{
	struct seen *seen = xmalloc(f->nlevels * sizeof(*seen));
	size_t twice = SIZE_MAX;

	for (size_t i = 0; i < f->nlevels; i++)
		seen[i] = (struct seen){f->levels[i].text, i};
	qsort(seen, f->nlevels, sizeof(*seen), compare_seen);
	for (size_t i = 1; i < f->nlevels; i++) {
		if (strcmp(seen[i].text, seen[i - 1].text) == 0 && seen[i].at < twice)
			twice = seen[i].at;
	}
	free(seen);
	if (twice != SIZE_MAX) {
		struct jsonx_at one = indexed ? sweep_at_index(at, twice) : *at;
		char safe[80];

		return jsonx_error(&one, e, "the level %s stands there twice",
			err_quote(safe, sizeof(safe), f->levels[twice].text));
	}
	return 0;
}

static int add_levels(const struct jsonx_at *at, struct factor *f, bool indexed, struct err *e)
{
	size_t n = json_array_size(at->value);

	if (n == 0)
		return jsonx_error(at, e, "expected at least one level, got none");
	if (f->kind == FACTOR_MODEL && n > MAX_MODELS)
		return jsonx_error(at, e, "more than %d models", MAX_MODELS);
	if (n > SWEEP_MAX_CELLS)
		return too_many_cells(at, (int64_t)n, e);
	for (size_t i = 0; i < n; i++) {
		struct jsonx_at one = sweep_at_index(at, i);
		json_t *value;

		if (!indexed)
			memcpy(one.path, at->path, sizeof(one.path));
		value = typed_level(&one, f, e);
		if (!value)
			return -1;
		sweep_add_level(f, value, NULL);
	}
	return check_duplicates(at, f, indexed, e);
}

static int read_levels(const struct jsonx_at *at, struct factor *f, struct err *e)
{
	struct jsonx_at list = *at;
	int failed;

	if (json_is_array(at->value))
		return add_levels(at, f, true, e);
	if (!json_is_string(at->value)) {
		jsonx_expected(at, "an array of levels, or a range such as \"1024-8192x2\"", e);
		return err_hint(e, "a value that does not vary belongs under options");
	}
	list.value = range_parse(json_string_value(at->value), e);
	if (!list.value)
		return sweep_prefix(at, e);
	failed = add_levels(&list, f, false, e);
	json_decref(list.value);
	return failed;
}

static int read_factor(struct reading *r, const struct jsonx_at *factors, const char *name)
{
	struct jsonx_at at = sweep_at(r, factors, name);
	bool is_key = strcmp(name, "model") == 0 || strcmp(name, "concurrency") == 0 ||
		strcmp(name, "cache") == 0;
	struct factor *f;

	if (!is_key && (check_name(&at, name, r->e) || check_column(&at, name, r->e)))
		return -1;
	if (r->s->nfactors == SWEEP_MAX_FACTORS)
		return jsonx_error(factors, r->e, "more than %d factors", SWEEP_MAX_FACTORS);
	f = sweep_add_factor(r->s, name);
	if (!f->known)
		warn_unknown(r->s, name);
	return read_levels(&at, f, r->e);
}

static int check_cells(struct reading *r, const struct jsonx_at *factors)
{
	int64_t cells = 1;

	for (size_t i = 0; i < r->s->nfactors; i++) {
		if (__builtin_mul_overflow(cells, (int64_t)r->s->factors[i].nlevels, &cells) ||
			cells > CELLS_COUNTED_TO)
			cells = CELLS_COUNTED_TO;
	}
	return cells > SWEEP_MAX_CELLS ? too_many_cells(factors, cells, r->e) : 0;
}

static int read_factors(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at factors = sweep_at(r, root, "factors");
	const char *name;
	json_t *value;

	if (!factors.value)
		return 0;
	if (jsonx_object(&factors, r->e))
		return -1;
	if (json_object_size(factors.value) == 0) {
		jsonx_error(&factors, r->e, "expected at least one factor, got none");
		return err_hint(
			r->e, "leave the key out for the quick grid of num_gpu and num_ctx");
	}
	json_object_foreach (factors.value, name, value) {
		if (read_factor(r, &factors, name))
			return -1;
	}
	return check_cells(r, &factors);
}

/* ---- options ---- */

/* An array of texts where the option takes one; a single text is an array of one. */
static json_t *typed_strings(struct reading *r, const struct jsonx_at *at)
{
	size_t n = json_array_size(at->value);
	json_t *list = json_array();

	if (json_is_string(at->value))
		n = 1;
	else if (n == 0 || n > MAX_STOPS)
		jsonx_error(at, r->e, "expected 1 to %d texts", MAX_STOPS);
	for (size_t i = 0; i < n && n <= MAX_STOPS; i++) {
		struct jsonx_at one = json_is_string(at->value) ? *at : sweep_at_index(at, i);
		json_t *text = typed_text(&one, r->e);

		if (!text)
			break;
		json_array_append_new(list, text);
	}
	if (n > 0 && json_array_size(list) == n)
		return list;
	json_decref(list);
	return NULL;
}

static int read_option(struct reading *r, const struct jsonx_at *options, const char *name)
{
	struct jsonx_at at = sweep_at(r, options, name);
	const struct option_spec *spec = option_find(name);
	json_t *value;

	if (check_name(&at, name, r->e))
		return -1;
	if (sweep_factor(r->s, name)) {
		jsonx_error(&at, r->e, "stands under factors too");
		return err_hint(r->e, "one value under options, or several under factors");
	}
	if (!spec)
		warn_unknown(r->s, name);
	value = spec && spec->type == OPTION_STRINGS ? typed_strings(r, &at)
						     : typed_option(&at, spec, r->e);
	if (!value)
		return -1;
	json_object_set_new(r->s->options, name, value);
	return 0;
}

static int read_options(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at options = sweep_at(r, root, "options");
	const char *name;
	json_t *value;

	if (!options.value)
		return 0;
	if (jsonx_object(&options, r->e))
		return -1;
	if (json_object_size(options.value) > MAX_OPTIONS)
		return jsonx_error(&options, r->e, "more than %d options", MAX_OPTIONS);
	json_object_foreach (options.value, name, value) {
		if (read_option(r, &options, name))
			return -1;
	}
	return 0;
}

/* What stands beside the factors as a key of its own must not be varied too. */
static int check_both(struct reading *r, const struct jsonx_at *root, const char *key)
{
	struct jsonx_at at = sweep_at(r, root, key);

	if (!at.value || !sweep_factor(r->s, key))
		return 0;
	jsonx_error(&at, r->e, "stands under factors too");
	return err_hint(r->e, "one value here, or several under factors");
}

int sweep_read_grid(struct reading *r, const struct jsonx_at *root)
{
	if (read_factors(r, root) || read_options(r, root))
		return -1;
	return check_both(r, root, "model") || check_both(r, root, "concurrency") ||
			check_both(r, root, "cache")
		? -1
		: 0;
}
