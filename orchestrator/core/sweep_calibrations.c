/* sweep_calibrations.c - "calibrations": what lengths in tokens were measured with, kept in
 * sweep.json so that a resumed run sends the same prompts. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "sweep_internal.h"

#define MAX_CALIBRATIONS 10000
#define MAX_TOKENS       1e9
#define MIN_PER_WORD     0.01
#define MAX_PER_WORD     100

struct calibration *sweep_add_calibration(
	struct sweep *s, const char *model, const char *system, const char *template)
{
	struct calibration *c;

	s->calibrations = xrealloc(s->calibrations, s->ncalibrations + 1, sizeof(*s->calibrations));
	c = &s->calibrations[s->ncalibrations++];
	*c = (struct calibration){.model = xstrdup(model),
		.system = system ? xstrdup(system) : NULL,
		.template = template ? xstrdup(template) : NULL,
		.text = xcalloc(s->nprompts, sizeof(*c->text)),
		.ntexts = s->nprompts};
	return c;
}

static void release(struct calibration *c)
{
	free(c->model);
	free(c->system);
	free(c->template);
	free(c->text);
}

void sweep_release_calibrations(struct sweep *s)
{
	for (size_t i = 0; i < s->ncalibrations; i++)
		release(&s->calibrations[i]);
	free(s->calibrations);
	s->calibrations = NULL;
	s->ncalibrations = 0;
}

/* ---- as JSON ---- */

static json_t *calibration_json(const struct sweep *s, const struct calibration *c)
{
	json_t *o = json_object(), *text = json_object();

	jsonx_put(o, "model", json_string(c->model));
	if (c->system)
		jsonx_put(o, "system", json_string(c->system));
	if (c->template)
		jsonx_put(o, "template", json_string(c->template));
	jsonx_put(o, "fixed", jsonx_number(c->fixed));
	jsonx_put(o, "per_word", jsonx_number(c->per_word));
	jsonx_put(o, "first_word", jsonx_number(c->first_word));
	for (size_t i = 0; i < c->ntexts; i++)
		jsonx_put(text, s->prompts[i].id, jsonx_number(c->text[i]));
	jsonx_put(o, "text", text);
	jsonx_put(o, "measured", json_integer((json_int_t)c->measured));
	return o;
}

json_t *sweep_calibrations_json(const struct sweep *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->ncalibrations; i++)
		json_array_append_new(list, calibration_json(s, &s->calibrations[i]));
	return list;
}

/* ---- read back ---- */

static int read_name(const struct jsonx_at *above, const char *key, const char **ret, struct err *e)
{
	struct jsonx_at at = jsonx_key(above, key);

	*ret = NULL;
	return at.value ? jsonx_string(&at, ret, e) : 0;
}

/* Returns 1 if some prompt has no figure: it was not there when this was measured. */
static int read_texts(
	const struct sweep *s, const struct jsonx_at *above, struct calibration *c, struct err *e)
{
	struct jsonx_at at = jsonx_key(above, "text");

	if (jsonx_object(&at, e))
		return -1;
	for (size_t i = 0; i < c->ntexts; i++) {
		struct jsonx_at one = jsonx_key(&at, s->prompts[i].id);

		if (!one.value)
			return 1;
		if (jsonx_real(&one, -MAX_TOKENS, MAX_TOKENS, &c->text[i], e))
			return -1;
	}
	return 0;
}

/* What was measured for other prompts is left out, and measured again. */
static int read_calibration(struct sweep *s, const struct jsonx_at *at, struct err *e)
{
	static const char *const keys[] = {"model", "system", "template", "fixed", "per_word",
		"first_word", "text", "measured", NULL};
	struct jsonx_at model = jsonx_key(at, "model"), fixed = jsonx_key(at, "fixed");
	struct jsonx_at per_word = jsonx_key(at, "per_word"), measured = jsonx_key(at, "measured");
	struct jsonx_at first_word = jsonx_key(at, "first_word");
	const char *name, *system, *template;
	struct calibration *c;
	int64_t n = 0;
	int rc;

	if (jsonx_only_keys(at, keys, e) || jsonx_string(&model, &name, e) ||
		read_name(at, "system", &system, e) || read_name(at, "template", &template, e))
		return -1;
	c = sweep_add_calibration(s, name, system, template);
	if (jsonx_real(&fixed, -MAX_TOKENS, MAX_TOKENS, &c->fixed, e) ||
		jsonx_real(&per_word, MIN_PER_WORD, MAX_PER_WORD, &c->per_word, e) ||
		jsonx_real(&first_word, -MAX_TOKENS, MAX_TOKENS, &c->first_word, e) ||
		jsonx_int(&measured, 0, INT64_C(1) << 40, &n, e))
		return -1;
	c->measured = (size_t)n;
	rc = read_texts(s, at, c, e);
	if (rc == 1)
		release(&s->calibrations[--s->ncalibrations]);
	return rc < 0 ? -1 : 0;
}

int sweep_read_calibrations(struct reading *r, const struct jsonx_at *root)
{
	struct jsonx_at at = jsonx_key(root, "calibrations");
	size_t n = json_array_size(at.value);

	if (!at.value)
		return 0;
	if (jsonx_array(&at, r->e))
		return -1;
	if (n > MAX_CALIBRATIONS)
		return jsonx_error(&at, r->e, "more than %d", MAX_CALIBRATIONS);
	for (size_t i = 0; i < n; i++) {
		struct jsonx_at one = jsonx_index(&at, i);

		if (jsonx_object(&one, r->e) || read_calibration(r->s, &one, r->e))
			return -1;
	}
	return 0;
}
