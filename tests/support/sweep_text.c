/* sweep_text.c - sweeps and servers made up for tests. */
#include "sweep_text.h"

#include <string.h>

#include "unit.h"

json_t *text_json(const char *text)
{
	json_t *value = jsonx_parse(text, strlen(text));

	if (!value)
		fail_msg("not JSON: %s", text);
	return value;
}

int text_parse(struct sweep *s, const char *text, struct err *e)
{
	json_t *object = text_json(text);
	int failed = sweep_parse(s, object, "x.json", NULL, e);

	json_decref(object);
	return failed;
}

void text_server(struct server_facts *f, const struct sweep *s, int64_t layers, int64_t train)
{
	const struct factor *models = sweep_factor(s, "model");
	struct err e = ERR_INIT;

	assert_int_equal(server_facts_init(f, "127.0.0.1", &e), 0);
	if (s->model)
		server_facts_add_model(f, s->model);
	for (size_t i = 0; models && i < models->nlevels; i++)
		server_facts_add_model(f, models->levels[i].text);
	for (size_t i = 0; i < f->nmodels; i++) {
		f->models[i].layers = layers;
		f->models[i].context_train = train;
	}
}

int text_resolve(struct sweep *s, int64_t layers, int64_t train, struct err *e)
{
	struct server_facts f;
	int failed;

	text_server(&f, s, layers, train);
	failed = sweep_resolve(s, &f, 1, e);
	server_facts_release(&f);
	return failed;
}

void text_sweep(struct sweep *s, const char *text, int64_t layers, int64_t train)
{
	struct err e = ERR_INIT;

	if (text_parse(s, text, &e) || text_resolve(s, layers, train, &e))
		fail_msg("%s: %s", text, e.msg);
}

const char *text_grid(const struct sweep *s)
{
	static struct str text = STR_INIT(STR_MAX_LINE);

	str_reset(&text);
	for (size_t i = 0; i < s->nfactors; i++) {
		const struct factor *f = &s->factors[i];

		str_addf(&text, "%s%s=", i ? " " : "", f->name);
		for (size_t k = 0; k < f->nlevels; k++)
			str_addf(&text, "%s%s", k ? "," : "", f->levels[k].text);
	}
	return text.s;
}

char *text_of(const json_t *value)
{
	struct str text = STR_INIT(STR_MAX_FILE);

	jsonx_dump(&text, value, 0, true);
	return str_take(&text);
}
