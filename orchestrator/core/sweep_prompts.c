/* sweep_prompts.c - "prompts": in the sweep, or in a suite of their own. */
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

/* "source" and "rule" say where a question is from; nothing depends on them. */
static int read_object(struct reading *r, const struct jsonx_at *at, struct prompt *p)
{
	static const char *const keys[] = {"id", "text", "check", "source", "rule", NULL};
	struct jsonx_at id = sweep_at(r, at, "id"), text = sweep_at(r, at, "text");
	struct jsonx_at check = sweep_at(r, at, "check");

	if (jsonx_only_keys(at, keys, r->e))
		return -1;
	if (id.value && read_id(&id, &p->id, r->e))
		return -1;
	if (read_text(&text, p, r->e))
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
	return twice ? jsonx_error(at, e, "two prompts have the id \"%s\"", twice) : 0;
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

/* A suite: an array as in a sweep, or an object with it under "prompts". */
static int read_suite(struct reading *r, json_t *suite, const char *path)
{
	static const char *const keys[] = {"about", "name", "prompts", "$schema", NULL};
	struct jsonx_at root = jsonx_root(path, suite), list = root;
	struct reading plain = {.s = r->s, .e = r->e}; /* no option stands for what is inside */

	if (json_is_object(suite)) {
		if (jsonx_only_keys(&root, keys, r->e))
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
		sweep_prefix(at, r->e);
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
