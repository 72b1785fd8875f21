/* sim_parse.c - bodies of /api/generate and /api/chat, checked as Ollama's decoder checks them. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim_internal.h"

#define MAX_TEXT ((size_t)64 << 20)

/* --- JSON --- */

json_t *sim_parse_body(const char *body, size_t len, struct sim_answer *a)
{
	json_error_t why;
	json_t *root;
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", body[i]) && body[i])
		i++;
	if (i == len) {
		sim_error(a, 400, "missing request body");
		return NULL;
	}
	/* Go reads one value and does not look at what follows it. */
	root = json_loadb(
		body, len, JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &why);
	if (root)
		return root;
	if (json_error_code(&why) == json_error_premature_end_of_input)
		sim_error(a, 400, "unexpected EOF");
	else
		sim_error(a, 400, "invalid character at offset %d", why.position);
	return NULL;
}

/* What Go calls a value of the wrong type. */
static const char *go_kind(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "number";
	default:
		return "bool";
	}
}

static const struct field {
	const char *name;
	json_type type; /* JSON_TRUE stands for both booleans */
	const char *go_type;
} fields[] = {
	{"model", JSON_STRING, "string"},
	{"prompt", JSON_STRING, "string"},
	{"suffix", JSON_STRING, "string"},
	{"system", JSON_STRING, "string"},
	{"template", JSON_STRING, "string"},
	{"stream", JSON_TRUE, "bool"},
	{"raw", JSON_TRUE, "bool"},
	{"truncate", JSON_TRUE, "bool"},
	{"shift", JSON_TRUE, "bool"},
	{"context", JSON_ARRAY, "[]int"},
	{"images", JSON_ARRAY, "[]api.ImageData"},
	{"messages", JSON_ARRAY, "[]api.Message"},
	{"options", JSON_OBJECT, "map[string]interface {}"},
};

static bool has_type(const json_t *v, json_type type)
{
	return json_is_null(v) || json_typeof(v) == type ||
		(type == JSON_TRUE && json_is_boolean(v));
}

static const char *request_type(const struct sim_call *c)
{
	return c->chat ? "ChatRequest" : "GenerateRequest";
}

static int check_field(
	const struct sim_call *c, const char *name, const json_t *v, struct sim_answer *a)
{
	for (size_t i = 0; i < COUNTOF(fields); i++) {
		if (strcmp(fields[i].name, name) == 0 && !has_type(v, fields[i].type))
			return sim_error(a, 400,
				"json: cannot unmarshal %s into Go struct field %s.%s of type %s",
				go_kind(v), request_type(c), name, fields[i].go_type);
	}
	return 0;
}

/* --- keep_alive --- */

static bool duration_unit(const char **s, double *ret)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6}, {"\xce\xbcs", 1e-6},
		{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
	size_t len = strcspn(*s, "+-.0123456789");

	for (size_t i = 0; i < COUNTOF(units); i++) {
		if (strlen(units[i].name) == len && strncmp(*s, units[i].name, len) == 0) {
			*s += len;
			*ret = units[i].seconds;
			return true;
		}
	}
	return false;
}

/* Digits with at most one point among them, at least one digit. */
static bool duration_number(const char **s, double *ret)
{
	double x = 0, scale = 1;
	bool digits = false, point = false;

	for (; isdigit((unsigned char)**s) || (**s == '.' && !point); (*s)++) {
		if (**s == '.') {
			point = true;
			continue;
		}
		digits = true;
		x = x * 10 + (**s - '0');
		scale *= point ? 10 : 1;
	}
	*ret = x / scale;
	return digits;
}

int sim_duration(const char *s, ns *ret, char *error, size_t size)
{
	const char *p = s;
	bool negative = *p == '-';
	double sum = 0, number, unit = 0;
	char shown[80];

	err_quote(shown, sizeof(shown), s);
	if (*p == '-' || *p == '+')
		p++;
	if (strcmp(p, "0") == 0) {
		*ret = 0;
		return 0;
	}
	do {
		if (!duration_number(&p, &number)) {
			snprintf(error, size, "time: invalid duration \"%s\"", shown);
			return -1;
		}
		if (!duration_unit(&p, &unit)) {
			snprintf(error, size, "time: %s unit in duration \"%s\"",
				*p ? "unknown" : "missing", shown);
			return -1;
		}
		sum += number * unit;
	} while (*p);
	if (!(sum < 9.2e9)) {
		snprintf(error, size, "time: invalid duration \"%s\"", shown);
		return -1;
	}
	*ret = (ns)(sum * 1e9) * (negative ? -1 : 1);
	return 0;
}

/* Numbers are seconds; below zero means for ever. */
static int read_keep_alive(struct sim_call *c, struct sim_answer *a)
{
	const json_t *v = json_object_get(c->root, "keep_alive");
	char error[200];
	double seconds;

	if (!v || json_is_null(v))
		return 0;
	c->has_keep_alive = true;
	if (json_is_number(v)) {
		seconds = json_number_value(v);
		c->keep_alive = seconds < 0 || seconds > 9.2e9 ? SIM_FOREVER : (ns)(seconds * 1e9);
		return 0;
	}
	if (!json_is_string(v))
		return sim_error(a, 400, "Unsupported type: '%s'",
			json_is_boolean(v)         ? "bool"
				: json_is_array(v) ? "[]interface {}"
						   : "map[string]interface {}");
	if (sim_duration(json_string_value(v), &c->keep_alive, error, sizeof(error)))
		return sim_error(a, 400, "%s", error);
	if (c->keep_alive < 0)
		c->keep_alive = SIM_FOREVER;
	return 0;
}

/* --- the rest --- */

static int read_messages(struct sim_call *c, struct sim_answer *a)
{
	const json_t *messages = json_object_get(c->root, "messages"), *item, *content;
	size_t i;

	c->messages = json_array_size(messages);
	c->empty = c->messages == 0;
	json_array_foreach (messages, i, item) {
		if (!json_is_object(item))
			return sim_error(a, 400,
				"json: cannot unmarshal %s into Go struct field "
				"ChatRequest.messages of type api.Message",
				go_kind(item));
		content = json_object_get(item, "content");
		if (content && !has_type(content, JSON_STRING))
			return sim_error(a, 400,
				"json: cannot unmarshal %s into Go struct field "
				"ChatRequest.messages.content of type string",
				go_kind(content));
		str_addn(&c->text, content ? json_string_value(content) : "",
			content ? json_string_length(content) : 0);
		str_addc(&c->text, '\n');
	}
	return 0;
}

static void add_string(struct str *out, const json_t *v)
{
	if (json_is_string(v))
		str_addn(out, json_string_value(v), json_string_length(v));
}

static void read_prompt(struct sim_call *c)
{
	const json_t *prompt = json_object_get(c->root, "prompt");

	c->empty = json_string_length(prompt) == 0;
	add_string(&c->text, json_object_get(c->root, "system"));
	add_string(&c->text, prompt);
	c->raw = json_is_true(json_object_get(c->root, "raw"));
	c->raw_conflict = c->raw &&
		(json_string_length(json_object_get(c->root, "system")) ||
			json_string_length(json_object_get(c->root, "template")) ||
			json_array_size(json_object_get(c->root, "context")));
}

/* A name with a NUL in it is no name of ours. */
static void read_model(struct sim_call *c)
{
	const json_t *v = json_object_get(c->root, "model");
	const char *name = json_string_value(v);

	if (name && strlen(name) == json_string_length(v))
		snprintf(c->model, sizeof(c->model), "%s", name);
}

static bool unless_false(const struct sim_call *c, const char *name)
{
	return !json_is_false(json_object_get(c->root, name));
}

static int read_think(struct sim_call *c, struct sim_answer *a)
{
	const json_t *v = json_object_get(c->root, "think");

	if (v && !json_is_null(v) && !json_is_boolean(v) && !json_is_string(v))
		return sim_error(a, 400,
			"think must be a boolean or string (\"high\", \"medium\", \"low\", true, "
			"or "
			"false)");
	c->think = json_is_true(v) || json_is_string(v);
	return 0;
}

int sim_parse(struct sim_call *c, const struct sim *m, bool chat, const char *body, size_t len,
	struct sim_answer *a)
{
	const char *name;
	json_t *v;

	*c = (struct sim_call){.chat = chat, .text = STR_INIT(MAX_TEXT)};
	c->options = (struct sim_options){.num_ctx = 4096,
		.num_gpu = -1,
		.main_gpu = -1,
		.use_mmap = -1,
		.num_keep = 4,
		.num_predict = -1,
		.seed = -1,
		.temperature = 1};
	c->root = sim_parse_body(body, len, a);
	if (!c->root)
		return -1;
	if (!json_is_object(c->root))
		return sim_error(a, 400, "json: cannot unmarshal %s into Go value of type api.%s",
			go_kind(c->root), request_type(c));
	json_object_foreach (c->root, name, v) {
		if (check_field(c, name, v, a))
			return -1;
	}
	if (read_keep_alive(c, a) || read_think(c, a))
		return -1;
	if (chat && read_messages(c, a))
		return -1;
	if (!chat)
		read_prompt(c);
	c->stream = unless_false(c, "stream");
	c->truncate = unless_false(c, "truncate") || m->config.era < 2;
	c->shift = unless_false(c, "shift") || m->config.era < 2;
	read_model(c);
	return 0;
}

void sim_call_release(struct sim_call *c)
{
	str_release(&c->text);
	json_decref(c->root);
	c->root = NULL;
}
