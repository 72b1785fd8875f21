/* test_sweep_random.c - sweeps put together at random from good, odd and bad pieces: each is
 * refused in one line that names a place, or is written and read back as the same sweep. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "rng.h"
#include "sweep_text.h"
#include "unit.h"

#define SWEEPS 20000

static const char *const factor_values[] = {"[1,2]", "[2048,4096,8192]", "\"1-4\"",
	"\"1024-8192x2\"", "[\"auto\",0,\"all\"]", "[\"50%\",\"all\"]", "{\"a\":1,\"b\":2}",
	"{\"a\":\"x\",\"b\":\"y\"}", "[\"p1\",\"p2\"]", "\"*\"", "[0.5,1]", "[\"1m\",\"2m\"]", "[]",
	"{}", "[1,1]", "[null]", "5", "\"\"", "[[1]]", "[\"\",\"z\"]", "[true,false]",
	"[\"unique\",\"repeat\"]", "[1e300]", "[-1]", "\"1-\"", "[\"80%\",10]",
	"[\"01234567890123456789012345678901234567890123456789\"]"};
static const char *const factors[] = {"num_ctx", "num_gpu", "num_batch", "temperature", "model",
	"server", "concurrency", "rate", "cache", "keep_alive", "system", "template", "prompt",
	"prompt_tokens", "top_k", "colour", "use_mmap"};
static const char *const keys[] = {"zip", "cells", "exclude", "only", "subset", "priority", "rate",
	"arrivals", "burst", "goodput", "until", "max_passes", "budget", "distribute", "shard",
	"prompt_tokens", "template", "system", "concurrency", "cache", "keep_alive", "options",
	"prompts", "passes", "raw", "asked", "priority_kept", "model"};
static const char *const values[] = {"[\"num_ctx\",\"top_k\"]",
	"[[\"num_ctx\",\"num_gpu\"],[\"top_k\",\"rate\"]]", "[{\"num_ctx\":1,\"top_k\":2}]",
	"[{\"num_ctx\":1,\"top_k\":2},{\"num_ctx\":2,\"top_k\":{\"n\":1}}]",
	"[[{\"system\":\"a\"},{\"system\":\"\"}],[{\"num_ctx\":4},{\"num_ctx\":5}]]", "[[],[]]",
	"\"num_ctx > 2\"", "[\"num_ctx * concurrency > 4096\",\"num_gpu == auto\"]", "\"(((\"",
	"\"temperature in (0, a)\"", "\"latin:5\"", "{\"kind\":\"sobol\",\"cells\":4}",
	"\"poisson\"", "\"constant\"", "\"30s\"", "30", "1", "2", "0", "-1", "0.02", "\"2%\"",
	"\"6h\"", "\"share\"", "\"replicate\"", "\"2/3\"", "\"3/2\"", "{\"ttft_ms\":5}", "\"x\"",
	"true", "null", "[]", "{}", "[\"one\",\"two\"]", "{\"top_k\":5,\"num_ctx\":4096}",
	"\"repeat\"", "\"80%\"", "1e30", "{\"num_gpu\":[\"a\",\"b\"]}", "5"};

#define PICK(r, list) ((list)[rng_below((r), COUNTOF(list))])

static void random_sweep(struct rng *r, struct str *out)
{
	size_t nfactors = rng_below(r, 4), nkeys = rng_below(r, 4);
	bool seen[COUNTOF(keys)] = {false}, has[COUNTOF(factors)] = {false};

	str_reset(out);
	str_add(out, "{\"name\":\"random\"");
	if (rng_below(r, 8))
		str_add(out, ",\"prompts\":[\"one\",\"two\"]");
	seen[22] = true;
	if (rng_below(r, 8))
		str_add(out, ",\"model\":\"m\"");
	seen[27] = true;
	if (nfactors)
		str_add(out, ",\"factors\":{");
	for (size_t i = 0, n = 0; i < nfactors; i++) {
		size_t f = rng_below(r, COUNTOF(factors));

		if (has[f])
			continue;
		has[f] = true;
		str_addf(out, "%s\"%s\":%s", n++ ? "," : "", factors[f], PICK(r, factor_values));
	}
	str_add(out, nfactors ? "}" : "");
	for (size_t i = 0; i < nkeys; i++) {
		size_t k = rng_below(r, COUNTOF(keys));

		if (seen[k])
			continue;
		seen[k] = true;
		str_addf(out, ",\"%s\":%s", keys[k], PICK(r, values));
	}
	str_addc(out, '}');
}

static void check_message(const char *text, const struct err *e)
{
	if (e->code != ERR_USAGE || !*e->msg || strchr(e->msg, '\n') || strchr(e->hint, '\n') ||
		!strchr(e->msg, ':'))
		fail_msg("%s: \"%s\" \"%s\"", text, e->msg, e->hint);
}

/* Whether it was a sweep. */
static bool check_sweep(const char *text)
{
	struct sweep s = SWEEP_INIT, again = SWEEP_INIT;
	struct err e = ERR_INIT;
	char a[65], b[65], *first_text, *second_text;
	json_t *first, *second;

	if (text_parse(&s, text, &e) || text_resolve(&s, 18, 32768, &e)) {
		check_message(text, &e);
		sweep_release(&s);
		return false;
	}
	first = sweep_json(&s);
	if (sweep_parse(&again, first, "RUN/sweep.json", NULL, &e) ||
		text_resolve(&again, 18, 32768, &e))
		fail_msg("%s: read back: %s", text, e.msg);
	second = sweep_json(&again);
	first_text = text_of(first);
	second_text = text_of(second);
	sweep_fingerprint(&s, NULL, a);
	sweep_fingerprint(&again, NULL, b);
	if (strcmp(first_text, second_text) != 0 || strcmp(a, b) != 0)
		fail_msg("%s: %s then %s", text, first_text, second_text);
	free(first_text);
	free(second_text);
	json_decref(first);
	json_decref(second);
	sweep_release(&s);
	sweep_release(&again);
	return true;
}

static void test_random_sweeps(void **state)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	size_t good = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 1, "sweeps");
	for (size_t i = 0; i < SWEEPS; i++) {
		random_sweep(&r, &text);
		good += check_sweep(text.s);
	}
	assert_in_range(good, SWEEPS / 40, SWEEPS - SWEEPS / 40);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_sweeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
