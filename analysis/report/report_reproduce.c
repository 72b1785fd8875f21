/* report_reproduce.c - what it takes to do the same again: commands, versions, seeds, digests. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "jsonx.h"
#include "num.h"

static void row(struct report *r, const char *what, const char *text)
{
	const char *cells[] = {what, text};

	if (text && text[0])
		doc_table_row(r->doc, cells);
}

static const char *text_of(struct report *r, const json_t *object, const char *key)
{
	const char *text = jsonx_get_string(object, key);

	return text && text[0] ? words_quote(r, text) : NULL;
}

/* A whole number, as an identity: without commas. */
static const char *seed_of(struct report *r, const json_t *value)
{
	char text[NUM_TEXT];

	return json_is_number(value) ? words_fmt(r, "%s", num_text(text, json_number_value(value)))
				     : NULL;
}

static void server_rows(struct report *r, const json_t *server)
{
	size_t i;
	json_t *model;

	row(r, words_fmt(r, "version of %s", words_quote(r, jsonx_get_string(server, "url"))),
		text_of(r, server, "version"));
	json_array_foreach (json_object_get(server, "models"), i, model)
		row(r,
			words_fmt(
				r, "digest of %s", words_quote(r, jsonx_get_string(model, "name"))),
			text_of(r, model, "digest"));
}

static void identities(struct report *r)
{
	static const char *const head[] = {"What", "Is"};
	const json_t *manifest = r->d->manifest;
	size_t i;
	json_t *server;

	doc_table(r->doc, "Versions, seeds and digests", COUNTOF(head), head, NULL);
	row(r, "chimera, this report", words_quote(r, r->version));
	row(r, "chimera, the measurement", text_of(r, manifest, "version"));
	row(r, "fingerprint of the sweep", text_of(r, manifest, "fingerprint"));
	row(r, "seed of the order", seed_of(r, json_object_get(manifest, "order_seed")));
	row(r, "seed of the first repeat", seed_of(r, dataset_option(r->d, "seed")));
	json_array_foreach (json_object_get(manifest, "servers"), i, server)
		server_rows(r, server);
}

void report_reproduce(struct report *r)
{
	const char *dir = words_shell(r, r->dir);
	const char *sweep = words_shell(r, words_fmt(r, "%s/sweep.json", r->dir));

	doc_section(r->doc, "reproduce", "How to reproduce this");
	doc_para(r->doc, "Measure the same again, in a folder of its own:", 0);
	doc_code(r->doc,
		words_fmt(r, "chimera run %s%s", words_quote(r, sweep), words_simulated(r)));
	doc_para(r->doc, "Make tables, charts and report again from the same rows:", 0);
	doc_code(r->doc, words_fmt(r, "chimera report %s", words_quote(r, dir)));
	identities(r);
}
