/* probe.c - blocking questions to one server, on a loop of their own. */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "request.h"

#define ANSWER_LIMIT_S 10.0
#define MAX_NAMES      12 /* installed models that an error lists, and their text */
#define MAX_NAMES_TEXT 360

struct probe {
	struct ask ask;
	struct server_facts *facts;
};

static bool ask(struct probe *p, const char *path, const char *post)
{
	return ask_for(&p->ask, path, post, ANSWER_LIMIT_S);
}

/* ---- who is it ---- */

static int nobody(const struct probe *p, struct err *e)
{
	err_set(e, ERR_ENV, "%s: no server answers (%s)", p->facts->url, p->ask.why);
	if (p->facts->proxy)
		return err_hint(e,
			"requests to it go through the proxy of the environment; set "
			"no_proxy=%s to go there directly",
			p->facts->host);
	return err_hint(e,
		"start it with `ollama serve`, name another with --server URL, or try "
		"--simulate");
}

static int stranger(const struct probe *p, struct err *e)
{
	char said[64];
	size_t skip = strspn(p->ask.body.s, " \t\r\n");

	err_quote(said, sizeof(said), p->ask.body.s + skip);
	err_set(e, ERR_ENV, "%s: answers, but is not Ollama (GET /api/version gave %d%s%s: \"%s\")",
		p->facts->url, p->ask.status, p->ask.type[0] ? " " : "", p->ask.type, said);
	if (p->facts->proxy)
		return err_hint(e,
			"it may be the proxy of the environment that answers; set no_proxy=%s "
			"to go to the server directly",
			p->facts->host);
	return err_hint(
		e, "name the address of an Ollama server with --server URL, or try --simulate");
}

static int ask_version(struct probe *p, struct err *e)
{
	bool ok = ask(p, "/api/version", NULL);

	if (p->ask.status == 0)
		return nobody(p, e);
	if (!ok || facts_read_version(p->facts, p->ask.body.s, p->ask.body.len))
		return stranger(p, e);
	return 0;
}

/* ---- what it has ---- */

static bool is_installed(const struct server_facts *f, const char *model)
{
	for (size_t i = 0; i < f->ninstalled; i++)
		if (model_name_equal(f->installed[i], model))
			return true;
	return false;
}

/* The first few names, as many as a line holds. */
static void list_installed(const struct server_facts *f, struct str *out)
{
	char name[100];
	size_t i;

	for (i = 0; i < f->ninstalled && i < MAX_NAMES; i++) {
		err_quote(name, sizeof(name), f->installed[i]);
		if (out->len + strlen(name) > MAX_NAMES_TEXT)
			break;
		str_addf(out, "%s%s", i ? ", " : "", name);
	}
	if (i < f->ninstalled)
		str_addf(out, " and %zu more", f->ninstalled - i);
}

static int not_installed(const struct server_facts *f, const char *model, struct err *e)
{
	struct str names = STR_INIT(sizeof(e->msg));
	char asked[80];

	err_quote(asked, sizeof(asked), model);
	list_installed(f, &names);
	if (f->ninstalled)
		err_set(e, ERR_ENV, "%s: model \"%s\" is not installed there; it has %s", f->url,
			asked, names.s);
	else
		err_set(e, ERR_ENV, "%s: model \"%s\" is not installed there, and no other is",
			f->url, asked);
	str_release(&names);
	return err_hint(e, "ollama pull %s", asked);
}

static int ask_tags(struct probe *p, struct err *e)
{
	struct server_facts *f = p->facts;

	f->has_tags =
		ask(p, "/api/tags", NULL) && !facts_read_tags(f, p->ask.body.s, p->ask.body.len);
	for (size_t i = 0; f->has_tags && i < f->nmodels; i++)
		if (!is_installed(f, f->models[i].name))
			return not_installed(f, f->models[i].name, e);
	return 0;
}

static void ask_show(struct probe *p, struct model_facts *m)
{
	struct str body = STR_INIT(STR_MAX_LINE);

	request_show(m->name, &body);
	m->shown =
		ask(p, "/api/show", body.s) && !facts_read_show(m, p->ask.body.s, p->ask.body.len);
	if (m->shown)
		p->facts->has_show = true;
	str_release(&body);
}

static void ask_ps(struct probe *p)
{
	struct ps_list ps = {0};

	p->facts->has_ps =
		ask(p, "/api/ps", NULL) && !facts_read_ps(&ps, p->ask.body.s, p->ask.body.len);
}

static int ask_all(struct probe *p, struct err *e)
{
	if (ask_version(p, e) || ask_tags(p, e))
		return -1;
	for (size_t i = 0; i < p->facts->nmodels; i++)
		ask_show(p, &p->facts->models[i]);
	ask_ps(p);
	return 0;
}

int probe_server(struct server_facts *f, struct err *e)
{
	struct probe p = {.facts = f};
	int rc;

	if (!f->proxy)
		f->proxy = http_proxy_for(f->url);
	if (ask_open(&p.ask, f, e))
		return -1;
	rc = ask_all(&p, e);
	ask_close(&p.ask);
	return rc;
}
