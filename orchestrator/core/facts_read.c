/* facts_read.c - readers of /api/version, tags, show and ps.  What a server sends is never trusted:
 * sizes are bounded, numbers must be plausible, texts are made printable. */
#include "facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"

#define MAX_BODY      ((size_t)32 << 20)
#define MAX_INSTALLED 10000
#define MAX_LAYERS    100000
#define MAX_TOKENS    ((int64_t)1 << 40)

/* The body as an object without an "error"; NULL otherwise.  New reference. */
static json_t *read_object(const char *body, size_t len)
{
	json_t *root = len <= MAX_BODY ? jsonx_parse(body, len) : NULL;

	if (json_is_object(root) && !json_object_get(root, "error"))
		return root;
	json_decref(root);
	return NULL;
}

static void copy_text(char *dst, size_t size, const json_t *object, const char *key)
{
	const char *s = jsonx_get_string(object, key);

	if (s)
		err_quote(dst, size, s);
}

/* An integer from `min` to `max`, or -1. */
static int64_t plausible(const json_t *value, int64_t min, int64_t max)
{
	int64_t x = json_is_integer(value) ? json_integer_value(value) : -1;

	return x >= min && x <= max ? x : -1;
}

/* 12 to 64 hex digits, with or without "sha256:"; anything else leaves "". */
static void copy_digest(char dst[65], const json_t *object)
{
	const char *s = jsonx_get_string(object, "digest");
	size_t len;

	dst[0] = '\0';
	if (!s)
		return;
	if (strncmp(s, "sha256:", 7) == 0)
		s += 7;
	len = strlen(s);
	if (len < 12 || len > 64 || strspn(s, "0123456789abcdefABCDEF") != len)
		return;
	for (size_t i = 0; i <= len; i++)
		dst[i] = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] - 'A' + 'a') : s[i];
}

static void read_details(struct model_facts *m, const json_t *object)
{
	const json_t *details = json_object_get(object, "details");

	copy_text(m->quantization, sizeof(m->quantization), details, "quantization_level");
	copy_text(m->parameter_size, sizeof(m->parameter_size), details, "parameter_size");
	copy_text(m->family, sizeof(m->family), details, "family");
}

int facts_read_version(struct server_facts *f, const char *body, size_t len)
{
	json_t *root = read_object(body, len);
	int failed = jsonx_get_string(root, "version") ? 0 : -1;

	if (!failed)
		copy_text(f->version, sizeof(f->version), root, "version");
	json_decref(root);
	return failed;
}

static const char *entry_name(const json_t *entry)
{
	const char *name = jsonx_get_string(entry, "name");

	return name ? name : jsonx_get_string(entry, "model");
}

static void forget_installed(struct server_facts *f)
{
	for (size_t i = 0; i < f->ninstalled; i++)
		free(f->installed[i]);
	free(f->installed);
	f->installed = NULL;
	f->ninstalled = 0;
}

static void read_tag(struct server_facts *f, const json_t *entry, const char *name)
{
	char safe[200];

	f->installed[f->ninstalled++] = xstrdup(err_quote(safe, sizeof(safe), name));
	for (size_t i = 0; i < f->nmodels; i++) {
		if (!model_name_equal(f->models[i].name, name))
			continue;
		copy_digest(f->models[i].digest, entry);
		read_details(&f->models[i], entry);
	}
}

int facts_read_tags(struct server_facts *f, const char *body, size_t len)
{
	json_t *root = read_object(body, len);
	const json_t *models = json_object_get(root, "models");
	size_t n = json_array_size(models);

	/* Go writes an empty list as null. */
	if (!json_is_array(models) && !json_is_null(models)) {
		json_decref(root);
		return -1;
	}
	forget_installed(f);
	f->has_tags = true;
	n = n < MAX_INSTALLED ? n : MAX_INSTALLED;
	f->installed = xcalloc(n + 1, sizeof(*f->installed));
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(models, i);
		const char *name = entry_name(entry);

		if (name && *name)
			read_tag(f, entry, name);
	}
	json_decref(root);
	return 0;
}

/* info["ARCH.NAME"]; where the architecture is not said, the one key that ends so and is not about
 * the vision part. */
static const json_t *info_value(json_t *info, const char *name)
{
	const char *arch = jsonx_get_string(info, "general.architecture");
	size_t name_len = strlen(name);
	const char *key;
	json_t *value;
	char full[200];

	if (arch) {
		snprintf(full, sizeof(full), "%s.%s", arch, name);
		return json_object_get(info, full);
	}
	json_object_foreach (info, key, value) {
		size_t len = strlen(key);

		if (len > name_len && key[len - name_len - 1] == '.' && !strstr(key, ".vision.") &&
			strcmp(key + len - name_len, name) == 0)
			return value;
	}
	return NULL;
}

static bool sees(const json_t *root, json_t *info)
{
	const json_t *capabilities = json_object_get(root, "capabilities");
	const char *key;
	json_t *value;

	for (size_t i = 0; i < json_array_size(capabilities); i++) {
		const char *word = json_string_value(json_array_get(capabilities, i));

		if (word && strcmp(word, "vision") == 0)
			return true;
	}
	if (json_is_array(capabilities))
		return false;
	/* Servers before v0.6 do not name capabilities. */
	if (json_object_size(json_object_get(root, "projector_info")))
		return true;
	json_object_foreach (info, key, value) {
		if (strstr(key, ".vision."))
			return true;
	}
	return false;
}

int facts_read_show(struct model_facts *m, const char *body, size_t len)
{
	json_t *root = read_object(body, len);
	json_t *info = json_object_get(root, "model_info");

	if (!info && !json_object_get(root, "details")) {
		json_decref(root);
		return -1;
	}
	m->shown = true;
	read_details(m, root);
	m->layers = plausible(info_value(info, "block_count"), 1, MAX_LAYERS);
	m->context_train = plausible(info_value(info, "context_length"), 1, MAX_TOKENS);
	m->sliding_window = plausible(info_value(info, "attention.sliding_window"), 1, MAX_TOKENS);
	m->vision = sees(root, info);
	json_decref(root);
	return 0;
}

static void read_ps_entry(struct ps_entry *to, const json_t *entry)
{
	const char *name = entry_name(entry);

	*to = (struct ps_entry){0};
	err_quote(to->name, sizeof(to->name), name ? name : "");
	copy_digest(to->digest, entry);
	to->size = plausible(json_object_get(entry, "size"), 0, INT64_MAX);
	to->size_vram = plausible(json_object_get(entry, "size_vram"), 0, INT64_MAX);
	to->context_length = plausible(json_object_get(entry, "context_length"), 1, MAX_TOKENS);
}

int facts_read_ps(struct ps_list *ps, const char *body, size_t len)
{
	json_t *root = read_object(body, len);
	const json_t *models = json_object_get(root, "models");

	*ps = (struct ps_list){0};
	if (!json_is_array(models) && !json_is_null(models)) {
		json_decref(root);
		return -1;
	}
	ps->known = true;
	for (size_t i = 0; i < json_array_size(models) && ps->n < COUNTOF(ps->entry); i++)
		read_ps_entry(&ps->entry[ps->n++], json_array_get(models, i));
	json_decref(root);
	return 0;
}
