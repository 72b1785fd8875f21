/* request.c - what is sent.  The text is JSON by jansson's rules and our numbers. */
#include "request.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"

#define NONCE_DIGITS 12
#define NONCE_RANGE  1000000000000u /* 10^12 */

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

void request_generate(const struct plan *p, const struct item *it, uint32_t session,
	uint32_t attempt, struct str *body, size_t *prompt_bytes)
{
	const struct sweep *s = p->sweep;
	json_t *object = new_object();
	struct str prompt = STR_INIT(STR_MAX_FILE);
	char first_word[NONCE_DIGITS + 1];

	if (strcmp(plan_cache(p, it->cell), "repeat") != 0) {
		nonce(first_word, it->run_id, session, attempt);
		str_addf(&prompt, "%s ", first_word);
	}
	str_add(&prompt, s->prompts[it->prompt].text);
	jsonx_put(object, "model", json_string(plan_model(p, it->cell)));
	jsonx_put(object, "prompt", json_stringn(prompt.s, prompt.len));
	jsonx_put(object, "stream", json_true());
	jsonx_put(object, "keep_alive", json_integer(s->keep_alive_s));
	if (s->raw)
		jsonx_put(object, "raw", json_true());
	if (s->system)
		jsonx_put(object, "system", json_string(s->system));
	jsonx_put(object, "options", plan_options(p, it->cell, it->repeat));
	*prompt_bytes = prompt.len;
	str_release(&prompt);
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
