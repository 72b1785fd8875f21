/* test_request.c - bodies of requests, read back as JSON. */
#include "unit.h"

#include <stdio.h>
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
	assert_int_equal(bytes, 10 + 9); /* the server counts the tokens of both */
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
		assert_string_equal(prompts[i] + 12, "\nWhy?");
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

/* A template puts the system prompt first: without a first word of its own it would be cached. */
static void test_a_unique_system_prompt(void **state)
{
	const char *prompt, *system;
	json_t *object;
	size_t bytes;

	(void)state;
	begin("{\"model\":\"m:1b\",\"prompt\":\"Why?\",\"system\":\"Be short.\","
	      "\"template\":\"{{ .System }} {{ .Prompt }}\"}");
	object = generate(1, 1, &bytes);
	prompt = jsonx_get_string(object, "prompt");
	system = jsonx_get_string(object, "system");
	assert_int_equal(strspn(system, "0123456789"), 12);
	assert_string_equal(system + 12, "\nBe short.");
	assert_memory_equal(prompt, system, 13);
	assert_int_equal(bytes, strlen(prompt) + strlen(system));
	assert_string_equal(jsonx_get_string(object, "template"), "{{ .System }} {{ .Prompt }}");
	json_decref(object);
	fake_plan_release(&fake);
}

/* What a cell's levels are is what it is sent. */
static void test_texts_of_cells(void **state)
{
	static const char *const wanted[] = {"60 A A1", "60 A B2", "60 - A1", "60 - B2", "90 A A1",
		"90 A B2", "90 - A1", "90 - B2"};

	(void)state;
	begin("{\"model\":\"m:1b\",\"prompt\":\"Why?\",\"cache\":\"repeat\",\"factors\":{"
	      "\"keep_alive\":[60,90],\"system\":[\"A\",\"\"],\"template\":[\"A1\",\"B2\"]}}");
	assert_int_equal(fake.plan.ncells, COUNTOF(wanted));
	for (uint32_t cell = 0; cell < fake.plan.ncells; cell++) {
		const char *system;
		char got[80];
		json_t *object;
		size_t bytes;

		item.cell = cell;
		object = generate(1, 1, &bytes);
		system = jsonx_get_string(object, "system");
		snprintf(got, sizeof(got), "%d %s %s",
			(int)json_integer_value(json_object_get(object, "keep_alive")),
			system ? system : "-", jsonx_get_string(object, "template"));
		assert_string_equal(got, wanted[cell]);
		json_decref(object);
	}
	fake_plan_release(&fake);
}

#define CALIBRATED                                                                                 \
	",\"calibrations\":[{\"model\":\"m:1b\",\"fixed\":20,\"per_word\":1,\"first_word\":13,"    \
	"\"text\":{\"p1\":0},\"measured\":1}]}"

/* The words stand between the first word and the text. */
static void test_a_prompt_of_a_length(void **state)
{
	static const char text[] = "\n\nWhy?";
	char *unique, *repeat;

	(void)state;
	begin("{\"model\":\"m:1b\",\"prompt\":\"Why?\",\"prompt_tokens\":100" CALIBRATED);
	unique = prompt_of(1, 1);
	assert_int_equal(strspn(unique, "0123456789"), 12);
	/* 100 - 20 - 13 words of four letters, with a space between. */
	assert_int_equal(strlen(unique), 13 + 67 * 5 - 1 + strlen(text));
	assert_string_equal(unique + strlen(unique) - strlen(text), text);
	assert_int_equal(strspn(unique + 13, "abcdefghijklmnopqrstuvwxyz "), 67 * 5 - 1);
	fake_plan_release(&fake);

	begin("{\"model\":\"m:1b\",\"prompt\":\"Why?\",\"prompt_tokens\":100,\"cache\":"
	      "\"repeat\"" CALIBRATED);
	repeat = prompt_of(1, 1);
	assert_int_equal(strlen(repeat), 80 * 5 - 1 + strlen(text));
	free(unique);
	unique = prompt_of(2, 7);
	assert_string_equal(unique, repeat); /* the same again, so that it may be cached */
	free(unique);
	free(repeat);
	fake_plan_release(&fake);
}

/* What is sent to have tokens counted: one token is answered, in one object, in that context. */
static void test_a_request_to_count(void **state)
{
	struct str body = STR_INIT(STR_MAX_LINE);
	json_t *object, *options;
	size_t bytes;

	(void)state;
	begin("{\"model\":\"m:1b\",\"prompt\":\"Why?\",\"options\":{\"num_ctx\":512,"
	      "\"num_gpu\":5,\"num_predict\":40,\"top_k\":3}}");
	request_count(&fake.plan, &item, true, 10, 2048, &body, &bytes);
	object = json_loadb(body.s, body.len, 0, NULL);
	options = json_object_get(object, "options");
	assert_true(json_is_false(json_object_get(object, "stream")));
	assert_int_equal(json_integer_value(json_object_get(options, "num_predict")), 1);
	assert_int_equal(json_integer_value(json_object_get(options, "num_ctx")), 2048);
	assert_int_equal(json_integer_value(json_object_get(options, "num_gpu")), -1);
	assert_int_equal(json_integer_value(json_object_get(options, "top_k")), 3);
	assert_int_equal(bytes, 13 + 10 * 5 - 1 + 2 + 4);
	assert_int_equal(strlen(jsonx_get_string(object, "prompt")), bytes);
	json_decref(object);
	str_reset(&body);
	request_count(&fake.plan, &item, false, 0, 2048, &body, &bytes);
	assert_contains(body.s, "\"prompt\":\"Why?\"");
	str_release(&body);
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
		cmocka_unit_test(test_a_unique_system_prompt),
		cmocka_unit_test(test_texts_of_cells),
		cmocka_unit_test(test_a_prompt_of_a_length),
		cmocka_unit_test(test_a_request_to_count),
		cmocka_unit_test(test_unload_and_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
