/* virtual_probe.c - the questions of world/probe.h, put to the model.
 *
 * Another machine of the same making is asked: the first question would start the clock of the one
 * that is to be measured. */
#include "virtual.h"

#include <string.h>

#include "request.h"

/* True if the answer is a 200; then its body is in `out`. */
static bool ask(
	struct sim *sim, const char *method, const char *path, const char *post, struct str *out)
{
	struct sim_answer a;
	bool ok;

	str_reset(out);
	sim_request(sim, method, path, post ? post : "", post ? strlen(post) : 0, 0, &a);
	ok = a.shape == SIM_WHOLE && a.http_status == 200;
	if (ok)
		str_addn(out, a.body.s, a.body.len);
	sim_answer_release(&a);
	return ok;
}

static bool is_installed(const struct server_facts *f, const char *model)
{
	for (size_t i = 0; i < f->ninstalled; i++)
		if (model_name_equal(f->installed[i], model))
			return true;
	return false;
}

static int not_installed(
	const struct server_facts *f, const struct sim *sim, const char *model, struct err *e)
{
	char asked[80], has[80], models[SIM_MODELS];

	err_quote(asked, sizeof(asked), model);
	err_quote(has, sizeof(has), sim_config_models(sim_config_of(sim), models));
	err_set(e, ERR_ENV, "%s: model \"%s\" is not installed there; it has %s", f->url, asked,
		has);
	return err_hint(e, "the simulated machine has one model: --sim model=%s", asked);
}

static void ask_show(
	struct server_facts *f, struct model_facts *m, struct sim *sim, struct str *body)
{
	struct str question = STR_INIT(STR_MAX_LINE);

	request_show(m->name, &question);
	m->shown = ask(sim, "POST", "/api/show", question.s, body) &&
		!facts_read_show(m, body->s, body->len);
	f->has_show |= m->shown;
	str_release(&question);
}

static int ask_all(struct server_facts *f, struct sim *sim, struct str *body, struct err *e)
{
	struct ps_list ps = {0};

	if (!ask(sim, "GET", "/api/version", NULL, body) ||
		facts_read_version(f, body->s, body->len))
		return err_set(e, ERR_ENV, "%s: the simulated server has no version", f->url);
	f->has_tags =
		ask(sim, "GET", "/api/tags", NULL, body) && !facts_read_tags(f, body->s, body->len);
	for (size_t i = 0; i < f->nmodels; i++) {
		struct model_facts *m = &f->models[i];

		if (f->has_tags && !is_installed(f, m->name))
			return not_installed(f, sim, m->name, e);
		ask_show(f, m, sim, body);
	}
	f->has_ps =
		ask(sim, "GET", "/api/ps", NULL, body) && !facts_read_ps(&ps, body->s, body->len);
	return 0;
}

int virtual_probe(struct server_facts *f, struct sim *sim, struct err *e)
{
	struct str body = STR_INIT(STR_MAX_FILE);
	struct sim *twin = sim_new(sim_config_of(sim), 0);
	int rc = ask_all(f, twin, &body, e);

	sim_free(twin);
	str_release(&body);
	return rc;
}
