/* report_head.c - what was measured: a line below the title, and a table of model, server, settings
 * and dates. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "jsonx.h"
#include "num.h"
#include "wording.h"

#define LEVELS_SHOWN 12

static void row(struct report *r, const char *what, const char *text)
{
	const char *cells[] = {what, text};

	if (text)
		doc_table_row(r->doc, cells);
}

/* A text of an object, quoted, or NULL. */
static const char *text_of(struct report *r, const json_t *object, const char *key)
{
	const char *text = jsonx_get_string(object, key);

	return text && text[0] ? words_quote(r, text) : NULL;
}

/* The texts that are there; NULL if none is. */
static const char *join(struct report *r, const char *const *parts, size_t n, const char *between)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *kept;

	for (size_t i = 0; i < n; i++)
		if (parts[i])
			str_addf(&text, "%s%s", text.len ? between : "", parts[i]);
	kept = text.len ? arena_str(&r->arena, text.s) : NULL;
	str_release(&text);
	return kept;
}

/* ---- models and servers ---- */

static const char *model_text(struct report *r, const json_t *m)
{
	const char *digest = jsonx_get_string(m, "digest");
	double layers = jsonx_get_number(m, "layers"),
	       context = jsonx_get_number(m, "context_train");
	const char *parts[] = {text_of(r, m, "name"), text_of(r, m, "parameter_size"),
		text_of(r, m, "quantization"),
		layers >= 0 ? words_fmt(r, "%.0f layers", layers) : NULL,
		context > 0 ? words_fmt(r, "trained for %.0f tokens", context) : NULL,
		digest && digest[0]
			? words_fmt(r, "digest %s", words_quote(r, words_fmt(r, "%.12s", digest)))
			: NULL};

	return join(r, parts, COUNTOF(parts), ", ");
}

static const char *server_text(struct report *r, const json_t *server)
{
	const char *version = text_of(r, server, "version");
	const char *url = text_of(r, server, "url"), *proxy = text_of(r, server, "proxy");

	if (!url)
		return NULL;
	return words_fmt(r, "%s, %s%s%s%s", url, version ? "Ollama " : "version unknown",
		version ? version : "", proxy ? ", through the proxy " : "", proxy ? proxy : "");
}

static void server_rows(struct report *r, const json_t *server)
{
	size_t i;
	json_t *model;

	row(r, "Server", server_text(r, server));
	json_array_foreach (json_object_get(server, "models"), i, model)
		row(r, "Model", model_text(r, model));
}

/* ---- settings ---- */

static const char *levels_text(struct report *r, const struct data_factor *f)
{
	const char **names = arena_alloc(&r->arena, f->nlevels, sizeof(*names));

	for (uint32_t l = 0; l < f->nlevels; l++)
		names[l] = words_quote(r, f->level[l]);
	if (f->nlevels <= LEVELS_SHOWN)
		return wording_list(&r->arena, names, f->nlevels, "and");
	return words_fmt(r, "%s to %s, %u levels", names[0], names[f->nlevels - 1], f->nlevels);
}

static const char *options_text(struct report *r)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *key, *kept;
	json_t *value;

	json_object_foreach (json_object_get(r->d->sweep, "options"), key, value) {
		struct str dumped = STR_INIT(STR_MAX_LINE);

		jsonx_dump(&dumped, value, 0, false);
		str_addf(&text, "%s%s", text.len ? ", " : "",
			words_quote(r, words_fmt(r, "%s=%s", key, dumped.s)));
		str_release(&dumped);
	}
	kept = text.len ? arena_str(&r->arena, text.s) : NULL;
	str_release(&text);
	return kept;
}

static void setting_rows(struct report *r)
{
	for (size_t i = 0; i < r->d->nfactors; i++)
		if (r->d->factors[i].nlevels > 0)
			row(r, words_fmt(r, "Varied: %s", words_quote(r, r->d->factors[i].name)),
				levels_text(r, &r->d->factors[i]));
	row(r, "Held fixed", options_text(r));
	if (r->d->nprompts > 0)
		row(r, "Prompts", words_number(r, r->d->nprompts));
}

/* ---- dates and machine ---- */

/* "2026-11-24T23:19:48.1Z" as "2026-11-24 23:19". */
static const char *minute(struct report *r, const char *iso)
{
	if (!iso || strlen(iso) < 16 || iso[10] != 'T')
		return NULL;
	return words_quote(r, words_fmt(r, "%.10s %.5s", iso, iso + 11));
}

static const char *dates_text(struct report *r)
{
	const json_t *sessions = json_object_get(r->d->manifest, "sessions");
	size_t n = json_array_size(sessions);
	const char *from = minute(r, jsonx_get_string(json_array_get(sessions, 0), "started"));
	const char *to =
		n ? minute(r, jsonx_get_string(json_array_get(sessions, n - 1), "ended")) : NULL;

	if (!from)
		return NULL;
	return words_fmt(r, "%s%s%s UTC%s", from, to ? " to " : ", end not recorded", to ? to : "",
		n > 1 ? words_fmt(r, ", in %s sessions", words_number(r, n)) : "");
}

static const char *host_text(struct report *r)
{
	const json_t *host = json_object_get(r->d->manifest, "host");
	double cores = jsonx_get_number(host, "cores"),
	       bytes = jsonx_get_number(host, "memory_bytes");
	char size[NUM_TEXT];
	const char *parts[] = {text_of(r, host, "hostname"), text_of(r, host, "cpu"),
		cores > 0 ? words_count(r, (uint64_t)cores, "core") : NULL,
		bytes > 0 ? words_fmt(r, "%s of memory", num_bytes(size, bytes)) : NULL,
		text_of(r, host, "os")};

	return join(r, parts, COUNTOF(parts), ", ");
}

static const char *size_text(struct report *r)
{
	const struct summary *s = r->s;

	return words_fmt(r, "%s, %s, %s", words_count(r, s->ncells, "cell"),
		words_count(r, s->measured, "measured request"),
		words_count(r, s->loads_made, "model load"));
}

/* "gemma3:270m, Q4_K_M, digest 735af2139dc6; http://127.0.0.1:11434, Ollama 0.24.0; 2026-11-24 ..."
 */
void report_lead(struct report *r)
{
	const json_t *servers = json_object_get(r->d->manifest, "servers");
	const json_t *server = json_array_get(servers, 0);
	const json_t *models = json_object_get(server, "models");
	const char *model = json_array_size(models) == 1
		? model_text(r, json_array_get(models, 0))
		: words_count(r, json_array_size(models), "model");
	const char *where = json_array_size(servers) > 1
		? words_count(r, json_array_size(servers), "server")
		: server_text(r, server);
	const char *parts[] = {json_array_size(models) ? model : NULL, where, dates_text(r)};
	const char *text = join(r, parts, COUNTOF(parts), "; ");

	if (text)
		doc_lead(r->doc, text);
}

void report_head(struct report *r)
{
	static const char *const head[] = {"What", "Measured here"};
	size_t i;
	json_t *server;

	doc_section(r->doc, "configuration", "What was measured");
	doc_table(r->doc, "Model, server, settings and dates", COUNTOF(head), head, NULL);
	row(r, "Run", words_quote(r, r->d->name));
	json_array_foreach (json_object_get(r->d->manifest, "servers"), i, server)
		server_rows(r, server);
	setting_rows(r);
	row(r, "Size", size_text(r));
	row(r, "Dates", dates_text(r));
	row(r, "Client machine", host_text(r));
	row(r, "Program", words_fmt(r, "chimera %s", words_quote(r, r->version)));
	if (r->simulated)
		row(r, "Simulated",
			"yes: the answers came from a simulated server, not from a model");
	if (r->is_virtual)
		row(r, "Clock", "virtual: times are those of the simulation, not of a wall clock");
}
