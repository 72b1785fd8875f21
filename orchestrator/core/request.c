/* request.c - what is sent.  The text is JSON by jansson's rules and our numbers. */
#include "request.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "filler.h"
#include "jsonx.h"

#define NONCE_DIGITS 12
#define NONCE_RANGE  1000000000000u /* 10^12 */
#define FIRST_WORD   (NONCE_DIGITS + 2)

#define COUNT_KEEP_ALIVE_S 60 /* if nobody comes to unload it */

static json_t *new_object(void)
{
	json_t *object = json_object();

	if (!object)
		BUG("no JSON object");
	return object;
}

static void finish(json_t *object, struct str *body)
{
	jsonx_dump(body, object, 0, false);
	json_decref(object);
}

/* 12 decimal digits that no other request of this run has, and the same ones when asked again. */
static void nonce(
	char dst[NONCE_DIGITS + 1], const char *run_id, uint32_t session, uint32_t attempt)
{
	char hex[HASH_ID_TEXT], session_text[12], attempt_text[12];

	snprintf(session_text, sizeof(session_text), "%" PRIu32, session);
	snprintf(attempt_text, sizeof(attempt_text), "%" PRIu32, attempt);
	hash_id(hex, run_id, session_text, attempt_text, (const char *)NULL);
	snprintf(dst, NONCE_DIGITS + 1, "%012" PRIu64,
		(uint64_t)strtoull(hex, NULL, 16) % NONCE_RANGE);
}

/* The never-repeated first word of a unique request, on a line of its own: it is no part of the
 * question. */
static void write_first_word(
	char dst[FIRST_WORD], const char *run_id, uint32_t session, uint32_t attempt)
{
	nonce(dst, run_id, session, attempt);
	memcpy(dst + NONCE_DIGITS, "\n", 2);
}

/* Model, texts and what goes with them.  A template puts the system prompt first, so the first word
 * stands before it too: else a server would answer for all of it from its cache. */
static json_t *texts(const struct plan *p, const struct item *it, const char *first, int64_t words,
	size_t *prompt_bytes)
{
	const char *system = plan_system(p, it->cell), *template = plan_template(p, it->cell);
	const struct prompt *prompt = &p->sweep->prompts[it->prompt];
	struct str text = STR_INIT(STR_MAX_FILE);
	json_t *object = new_object();

	jsonx_put(object, "model", json_string(plan_model(p, it->cell)));
	str_add(&text, first);
	filler_add(&text, prompt->id, words);
	str_add(&text, prompt->text);
	jsonx_put(object, "prompt", json_stringn(text.s, text.len));
	*prompt_bytes = text.len;
	str_reset(&text);
	if (p->sweep->raw)
		jsonx_put(object, "raw", json_true());
	if (system) {
		str_addf(&text, "%s%s", first, system);
		jsonx_put(object, "system", json_stringn(text.s, text.len));
		*prompt_bytes += text.len;
	}
	if (template)
		jsonx_put(object, "template", json_string(template));
	str_release(&text);
	return object;
}

void request_generate(const struct plan *p, const struct item *it, uint32_t session,
	uint32_t attempt, struct str *body, size_t *prompt_bytes)
{
	char first[FIRST_WORD] = "";
	json_t *object;

	if (strcmp(plan_cache(p, it->cell), "repeat") != 0)
		write_first_word(first, it->run_id, session, attempt);
	object = texts(p, it, first, filler_words_of(p, it->cell, it->prompt), prompt_bytes);
	jsonx_put(object, "stream", json_true());
	jsonx_put(object, "keep_alive", json_integer(plan_keep_alive_s(p, it->cell)));
	jsonx_put(object, "options", plan_options(p, it->cell, it->repeat));
	finish(object, body);
}

void request_count(const struct plan *p, const struct item *it, bool unique, int64_t words,
	int64_t num_ctx, struct str *body, size_t *prompt_bytes)
{
	char first[FIRST_WORD] = "";
	json_t *object, *options = plan_options(p, it->cell, it->repeat);

	if (unique)
		write_first_word(first, it->run_id, 0, 0);
	object = texts(p, it, first, words, prompt_bytes);
	jsonx_put(options, "num_predict", json_integer(1));
	jsonx_put(options, "num_ctx", json_integer(num_ctx));
	jsonx_put(options, "num_gpu", json_integer(-1)); /* wherever it fits */
	jsonx_put(object, "stream", json_false());
	jsonx_put(object, "keep_alive", json_integer(COUNT_KEEP_ALIVE_S));
	jsonx_put(object, "options", options);
	finish(object, body);
}

int64_t request_num_ctx(const struct plan *p, const struct item *it, const struct load *load)
{
	json_t *options;
	double n;

	if (load->read_back && load->context_length > 0)
		return load->context_length;
	options = plan_options(p, it->cell, it->repeat);
	n = jsonx_get_number(options, "num_ctx");
	json_decref(options);
	return isnan(n) ? -1 : (int64_t)n;
}

void request_unload(const char *model, struct str *body)
{
	json_t *object = new_object();

	jsonx_put(object, "model", json_string(model));
	jsonx_put(object, "prompt", json_string(""));
	jsonx_put(object, "stream", json_false());
	jsonx_put(object, "keep_alive", json_integer(0));
	finish(object, body);
}

void request_show(const char *model, struct str *body)
{
	json_t *object = new_object();

	jsonx_put(object, "model", json_string(model));
	finish(object, body);
}
