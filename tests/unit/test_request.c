/* test_request.c - bodies of requests, read back as JSON. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "jsonx.h"
#include "request.h"

static const char *const urls[] = {"http://10.0.0.1:11434"};
static struct fake_plan fake;
static struct item item;

static void begin(const char *sweep)
{
	struct item *items;
	size_t n;

	fake_plan_make(&fake, sweep, urls, 1);
	for (uint32_t v = 0; v < fake.plan.nvisits; v++) {
		if (fake.plan.visits[v].kind == VISIT_BLOCK) {
			plan_items(&fake.plan, &fake.plan.visits[v], &items, &n);
			item = items[0];
			free(items);
			return;
		}
	}
	fail();
}

static json_t *generate(uint32_t session, uint32_t attempt, size_t *prompt_bytes)
{
	struct str body = STR_INIT(STR_MAX_LINE);
	json_t *object;

	request_generate(&fake.plan, &item, session, attempt, &body, prompt_bytes);
	assert_null(memchr(body.s, '\n', body.len));
	object = json_loadb(body.s, body.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	str_release(&body);
	return object;
}

static void test_generate(void **state)
{
	json_t *object, *options;
	size_t bytes;

	(void)state;
	begin("{\"model\":\"gemma3:270m\",\"factors\":{\"num_gpu\":[\"auto\"]},\"options\":{"
	      "\"temperature\":0.1,\"seed\":40},\"prompt\":\"Why \\\"so\\\"?\\n\",\"cache\":"
	      "\"repeat\",\"system\":\"Be short.\",\"keep_alive\":1800}");
	item.repeat = 2;
	object = generate(1, 1, &bytes);
	assert_string_equal(jsonx_get_string(object, "model"), "gemma3:270m");
	assert_string_equal(jsonx_get_string(object, "prompt"), "Why \"so\"?\n");
	assert_int_equal(bytes, 10);
	assert_true(json_is_true(json_object_get(object, "stream")));
	assert_true(json_is_integer(json_object_get(object, "keep_alive")));
	assert_int_equal(json_integer_value(json_object_get(object, "keep_alive")), 1800);
	assert_string_equal(jsonx_get_string(object, "system"), "Be short.");
	assert_null(json_object_get(object, "raw"));
	options = json_object_get(object, "options");
	assert_int_equal(json_integer_value(json_object_get(options, "num_gpu")), -1);
	assert_int_equal(json_integer_value(json_object_get(options, "seed")), 42);
	assert_double(json_real_value(json_object_get(options, "temperature")), 0.1);
	json_decref(object);
	fake_plan_release(&fake);
}

static void test_numbers_are_sent_as_they_were_written(void **state)
{
	struct str body = STR_INIT(STR_MAX_LINE);
	size_t bytes;

	(void)state;
	begin("{\"model\":\"m:1b\",\"options\":{\"temperature\":0.1},\"prompt\":\"x\","
	      "\"raw\":true}");
	request_generate(&fake.plan, &item, 1, 1, &body, &bytes);
	assert_contains(body.s, "\"temperature\":0.1");
	assert_null(strstr(body.s, "0.10000"));
	assert_contains(body.s, "\"raw\":true");
	str_release(&body);
	fake_plan_release(&fake);
}

/* The prompt of one request; caller frees. */
static char *prompt_of(uint32_t session, uint32_t attempt)
{
	size_t bytes;
	json_t *object = generate(session, attempt, &bytes);
	char *prompt = strdup(jsonx_get_string(object, "prompt"));

	assert_int_equal(bytes, strlen(prompt));
	json_decref(object);
	return prompt;
}

static void test_unique_prompts(void **state)
{
	char *prompts[4];

	(void)state;
	begin("{\"model\":\"m:1b\",\"prompt\":\"Why?\",\"cache\":\"unique\"}");
	prompts[0] = prompt_of(1, 1);
	prompts[1] = prompt_of(1, 2);
	prompts[2] = prompt_of(2, 1);
	item.run_id[0] = item.run_id[0] == '0' ? '1' : '0';
	prompts[3] = prompt_of(1, 1);
	for (size_t i = 0; i < COUNTOF(prompts); i++) {
		assert_int_equal(strspn(prompts[i], "0123456789"), 12);
		assert_string_equal(prompts[i] + 12, " Why?");
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(prompts[i], prompts[k]);
	}
	free(prompts[1]);
	prompts[1] = prompt_of(1, 1); /* asked again: the same */
	assert_string_equal(prompts[1], prompts[3]);
	for (size_t i = 0; i < COUNTOF(prompts); i++)
		free(prompts[i]);
	fake_plan_release(&fake);
}

static void test_unload_and_show(void **state)
{
	struct str body = STR_INIT(1000);

	(void)state;
	request_unload("gemma3:270m", &body);
	assert_string_equal(body.s,
		"{\"model\":\"gemma3:270m\",\"prompt\":\"\",\"stream\":false,\"keep_alive\":0}");
	str_reset(&body);
	request_show("a\"b", &body);
	assert_string_equal(body.s, "{\"model\":\"a\\\"b\"}");
	str_release(&body);
}

static void test_num_ctx(void **state)
{
	struct load load = {.context_length = -1};

	(void)state;
	begin("{\"model\":\"m\",\"factors\":{\"num_ctx\":[4096]}}");
	assert_int_equal(request_num_ctx(&fake.plan, &item, &load), 4096);
	load.read_back = true; /* by a server that does not tell the context */
	assert_int_equal(request_num_ctx(&fake.plan, &item, &load), 4096);
	load.context_length = 2048;
	assert_int_equal(request_num_ctx(&fake.plan, &item, &load), 2048);
	fake_plan_release(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_num_ctx),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_numbers_are_sent_as_they_were_written),
		cmocka_unit_test(test_unique_prompts),
		cmocka_unit_test(test_unload_and_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
