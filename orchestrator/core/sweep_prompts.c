/* sweep_prompts.c - "prompts": in the sweep, or in a suite of their own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "grade.h"
#include "sweep_internal.h"

#define MAX_PROMPTS 10000
#define MAX_PROMPT  ((size_t)4 << 20)
#define MAX_ID      80
#define MAX_TOKENS  1000000

static int read_id(const struct jsonx_at *at, char **ret, struct err *e)
{
	const char *id;

	if (jsonx_string(at, &id, e))
		return -1;
	if (strlen(id) > MAX_ID)
		return jsonx_error(at, e, "longer than %d bytes", MAX_ID);
	for (const char *c = id; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return jsonx_error(at, e, "has control characters");
	}
	*ret = xstrdup(id);
	return 0;
}

static int read_text(const struct jsonx_at *at, struct prompt *p, struct err *e)
{
	const char *text;

	if (jsonx_string(at, &text, e))
		return -1;
	if (strlen(text) > MAX_PROMPT)
		return jsonx_error(at, e, "longer than %zu bytes", MAX_PROMPT);
	p->text = xstrdup(text);
	return 0;
}

static int read_check(const struct jsonx_at *at, struct prompt *p, struct err *e)
{
	if (jsonx_object(at, e))
		return -1;
	if (grade_check(at->value, &p->check, e))
		return sweep_prefix(at, e);
	p->check_spec = json_deep_copy(at->value);
	return 0;
}

/* A short text, or a whole number as one: {"kind": "arithmetic", "difficulty": 2}. */
static int read_label(const struct jsonx_at *at, char **ret, struct err *e)
{
	int64_t n;

	if (!at->value)
		return 0;
	if (!json_is_integer(at->value))
		return read_id(at, ret, e);
	if (jsonx_int(at, 0, 1000, &n, e))
		return -1;
	*ret = xasprintf("%" PRId64, n);
	return 0;
}

/* "source" and "rule" say where a question is from, "answer" and "wrong" are examples; nothing
 * depends on them. */
static int read_object(struct reading *r, const struct jsonx_at *at, struct prompt *p)
{
	static const char *const keys[] = {"id", "text", "check", "kind", "difficulty", "source",
		"rule", "answer", "wrong", NULL};
	struct jsonx_at id = sweep_at(r, at, "id"), text = sweep_at(r, at, "text");
	struct jsonx_at check = sweep_at(r, at, "check"), kind = sweep_at(r, at, "kind");
	struct jsonx_at difficulty = sweep_at(r, at, "difficulty");

	if (jsonx_only_keys(at, keys, r->e))
		return -1;
	if (id.value && read_id(&id, &p->id, r->e))
		return -1;
	if (read_text(&text, p, r->e) || read_label(&kind, &p->kind, r->e) ||
		read_label(&difficulty, &p->difficulty, r->e))
		return -1;
	return check.value ? read_check(&check, p, r->e) : 0;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_ids(const struct jsonx_at *at, const struct sweep *s, struct err *e)
{
	const char **ids = xmalloc(s->nprompts * sizeof(*ids));
	const char *twice = NULL;

	for (size_t i = 0; i < s->nprompts; i++)
		ids[i] = s->prompts[i].id;
	qsort(ids, s->nprompts, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < s->nprompts && !twice; i++) {
		if (strcmp(ids[i], ids[i - 1]) == 0)
			twice = ids[i];
	}
	free(ids);
	if (!twice)
		return 0;
	jsonx_error(at, e, "two prompts have the id \"%s\"", twice);
	return err_hint(e, "rows are told apart by it: give each prompt one of its own");
}

static int read_list(struct reading *r, const struct jsonx_at *at)
{
	size_t n = json_array_size(at->value);
	struct sweep *s = r->s;

	if (n == 0 || n > MAX_PROMPTS)
		return jsonx_error(at, r->e, "expected 1 to %d prompts, got %zu", MAX_PROMPTS, n);
	s->prompts = xcalloc(n, sizeof(*s->prompts));
	for (size_t i = 0; i < n; i++) {
		struct jsonx_at one = sweep_at_index(at, i);
		struct prompt *p = &s->prompts[s->nprompts++];

		if (json_is_object(one.value) ? read_object(r, &one, p) : read_text(&one, p, r->e))
			return -1;
		if (!p->id)
			p->id = xasprintf("p%zu", i + 1);
	}
	return check_ids(at, s, r->e);
}

/* Kept until factors and options are known. */
static int read_suite_defaults(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at tokens = jsonx_key(root, "prompt_tokens");
	struct jsonx_at predict = jsonx_key(root, "num_predict");

	if (tokens.value && jsonx_int(&tokens, 1, MAX_TOKENS, &r->suite_tokens, r->e))
		return -1;
	return predict.value ? jsonx_int(&predict, 1, MAX_TOKENS, &r->suite_predict, r->e) : 0;
}

void sweep_suite_defaults(struct reading *r)
{
	struct sweep *s = r->s;

	if (r->suite_tokens && !s->prompt_tokens && !(s->prompt_tokens_share > 0) &&
		!sweep_factor(s, "prompt_tokens"))
		s->prompt_tokens = r->suite_tokens;
	if (r->suite_predict && !json_object_get(s->options, "num_predict") &&
		!sweep_factor(s, "num_predict"))
		jsonx_put(s->options, "num_predict", json_integer(r->suite_predict));
}

/* A suite: an array as in a sweep, or an object with it under "prompts". */
static int read_suite(struct reading *r, json_t *suite, const char *path)
{
	static const char *const keys[] = {
		"about", "name", "prompts", "prompt_tokens", "num_predict", "$schema", NULL};
	struct jsonx_at root = jsonx_root(path, suite), list = root;
	struct reading plain = {.s = r->s, .e = r->e}; /* no option stands for what is inside */

	if (json_is_object(suite)) {
		if (jsonx_only_keys(&root, keys, r->e) || read_suite_defaults(r, &root))
			return -1;
		list = jsonx_key(&root, "prompts");
	}
	if (jsonx_array(&list, r->e))
		return -1;
	return read_list(&plain, &list);
}

/* Relative to the folder of the sweep file; what the command line names is relative to where the
 * person stands. */
static char *suite_path(const struct sweep *s, const struct jsonx_at *at, const char *name)
{
	const char *slash = strrchr(s->source, '/');
	char *folder, *path;

	if (name[0] == '/' || !slash || !at->source)
		return xstrdup(name);
	folder = xstrndup(s->source, (size_t)(slash - s->source) + (slash == s->source));
	path = fsx_join(folder, name);
	free(folder);
	return path;
}

static void missing_suite(const struct jsonx_at *at, const char *path, struct err *e)
{
	if (!fsx_exists(path))
		err_hint(e,
			"name a JSON file; suites that come with chimera (short, graded, "
			"long-prefill, long-decode) are looked for in ./sweeps, beside the "
			"program and where it was installed");
	sweep_prefix(at, e);
}

static int read_file(struct reading *r, const struct jsonx_at *at)
{
	const char *name;
	char *path;
	json_t *suite;
	int failed = -1;

	if (jsonx_string(at, &name, r->e))
		return -1;
	path = suite_path(r->s, at, name);
	suite = jsonx_load(path, r->e);
	if (suite)
		failed = read_suite(r, suite, path);
	else
		missing_suite(at, path, r->e);
	json_decref(suite);
	free(path);
	return failed;
}

static int read_one(struct reading *r, const struct jsonx_at *at)
{
	r->s->prompts = xcalloc(1, sizeof(*r->s->prompts));
	r->s->nprompts = 1;
	r->s->prompts[0].id = xstrdup("p1");
	return read_text(at, &r->s->prompts[0], r->e);
}

int sweep_read_prompts(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at many = sweep_at(r, root, "prompts"), one = sweep_at(r, root, "prompt");

	/* What an option says comes in place of what the file says. */
	if (one.value && many.value && many.source) {
		jsonx_error(&one, r->e, "stands beside prompts");
		return err_hint(r->e, "leave one of the two out");
	}
	if (one.value && !many.value)
		return read_one(r, &one);
	if (json_is_array(many.value))
		return read_list(r, &many);
	if (many.value && !json_is_string(many.value))
		return jsonx_expected(&many, "a file, or an array of prompts", r->e);
	return many.value ? read_file(r, &many) : 0;
}

/* ---- prompts as levels ---- */

static bool is_prompt(const struct sweep *s, const char *id)
{
	for (size_t i = 0; i < s->nprompts; i++) {
		if (strcmp(s->prompts[i].id, id) == 0)
			return true;
	}
	return false;
}

static int unknown_prompt(
	const struct jsonx_at *at, const struct sweep *s, const char *id, struct err *e)
{
	const char **ids = xcalloc(s->nprompts + 1, sizeof(*ids)), *nearest;
	char safe[MAX_ID + 1];

	for (size_t i = 0; i < s->nprompts; i++)
		ids[i] = s->prompts[i].id;
	nearest = jsonx_did_you_mean(id, ids);
	jsonx_error(at, e, "there is no prompt \"%s\"", err_quote(safe, sizeof(safe), id));
	if (nearest)
		err_hint(e, "did you mean \"%s\"?", nearest);
	else if (s->nprompts)
		err_hint(e, "levels are ids of the prompts, \"%s\" for one, or \"*\" for all",
			s->prompts[0].id);
	else
		err_hint(e, "name prompts, in the sweep or by a suite");
	free(ids);
	return -1;
}

static void all_prompts(const struct sweep *s, struct factor *f)
{
	sweep_release_level(&f->levels[0]);
	f->nlevels = 0;
	for (size_t i = 0; i < s->nprompts; i++)
		sweep_add_level(f, json_string(s->prompts[i].id), NULL);
}

int sweep_check_prompt_levels(struct reading *r, const struct jsonx_at *at, struct factor *f)
{
	const struct sweep *s = r->s;

	if (f->kind != FACTOR_PROMPT)
		return 0;
	if (f->nlevels == 1 && strcmp(f->levels[0].text, "*") == 0 && s->nprompts &&
		!sweep_link_of(s, (size_t)(f - s->factors))) {
		all_prompts(s, f);
		return 0;
	}
	for (size_t i = 0; i < f->nlevels; i++) {
		struct jsonx_at one = json_is_array(at->value) ? sweep_at_index(at, i) : *at;
		const char *id = json_string_value(f->levels[i].value);

		if (!is_prompt(s, id))
			return unknown_prompt(&one, s, id, r->e);
	}
	return 0;
}
