/* sim_options.c - the options object: types as Ollama checks them, values as it reads them. */
#include <math.h>
#include <string.h>

#include "sim_internal.h"

enum kind { INTEGER, FLOAT, BOOLEAN, STRINGS };

/* Those without a place are checked and have no effect on the model. */
#define NOWHERE SIZE_MAX
static const struct spec {
	const char *name;
	enum kind kind;
	size_t offset;
} specs[] = {
	{"num_ctx", INTEGER, offsetof(struct sim_options, num_ctx)},
	{"num_batch", INTEGER, offsetof(struct sim_options, num_batch)},
	{"num_gpu", INTEGER, offsetof(struct sim_options, num_gpu)},
	{"num_thread", INTEGER, offsetof(struct sim_options, num_thread)},
	{"main_gpu", INTEGER, offsetof(struct sim_options, main_gpu)},
	{"use_mmap", BOOLEAN, offsetof(struct sim_options, use_mmap)},
	{"num_keep", INTEGER, offsetof(struct sim_options, num_keep)},
	{"num_predict", INTEGER, offsetof(struct sim_options, num_predict)},
	{"seed", INTEGER, offsetof(struct sim_options, seed)},
	{"temperature", FLOAT, offsetof(struct sim_options, temperature)},
	{"draft_num_predict", INTEGER, NOWHERE},
	{"top_k", INTEGER, NOWHERE},
	{"repeat_last_n", INTEGER, NOWHERE},
	{"top_p", FLOAT, NOWHERE},
	{"min_p", FLOAT, NOWHERE},
	{"typical_p", FLOAT, NOWHERE},
	{"repeat_penalty", FLOAT, NOWHERE},
	{"presence_penalty", FLOAT, NOWHERE},
	{"frequency_penalty", FLOAT, NOWHERE},
	{"stop", STRINGS, NOWHERE},
};

static int wrong_type(struct sim_answer *a, const struct spec *s, const char *type)
{
	return sim_error(a, 500, "option \"%s\" must be of type %s", s->name, type);
}

static int strings(struct sim_answer *a, const struct spec *s, const json_t *v)
{
	size_t i;
	const json_t *item;

	if (!json_is_array(v))
		return wrong_type(a, s, "array");
	json_array_foreach (v, i, item) {
		if (!json_is_string(item))
			return sim_error(
				a, 500, "option \"%s\" must be of an array of strings", s->name);
	}
	return 0;
}

/* Any number is an integer to Ollama, cut at its point. */
static int64_t truncated(const json_t *v)
{
	if (json_is_integer(v))
		return json_integer_value(v);
	return (int64_t)fmax(-9e15, fmin(9e15, json_real_value(v)));
}

static int option(
	struct sim_options *o, const struct spec *s, const json_t *v, struct sim_answer *a)
{
	char *at = s->offset == NOWHERE ? NULL : (char *)o + s->offset;
	int64_t integer;
	double real;

	switch (s->kind) {
	case INTEGER:
		if (!json_is_number(v))
			return wrong_type(a, s, "integer");
		integer = truncated(v);
		if (at)
			memcpy(at, &integer, sizeof(integer));
		return 0;
	case FLOAT:
		if (!json_is_number(v))
			return wrong_type(a, s, "float32");
		real = json_number_value(v);
		if (at)
			memcpy(at, &real, sizeof(real));
		return 0;
	case BOOLEAN:
		if (!json_is_boolean(v))
			return wrong_type(a, s, "boolean");
		integer = json_is_true(v);
		if (at)
			memcpy(at, &integer, sizeof(integer));
		return 0;
	case STRINGS:
		return strings(a, s, v);
	}
	BUG("option kind %d", (int)s->kind);
}

/* Unknown ones are ignored, null keeps the default. */
int sim_parse_options(struct sim_call *c, struct sim_answer *a)
{
	json_t *options = json_object_get(c->root, "options"), *v;
	const char *name;

	json_object_foreach (options, name, v) {
		for (size_t i = 0; i < COUNTOF(specs); i++) {
			if (strcmp(specs[i].name, name) != 0 || json_is_null(v))
				continue;
			if (option(&c->options, &specs[i], v, a))
				return -1;
		}
	}
	return 0;
}
