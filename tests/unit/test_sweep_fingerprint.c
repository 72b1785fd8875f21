/* test_sweep_fingerprint.c - the name of what is measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "sweep_text.h"
#include "unit.h"

#define BASE                                                                                       \
	"\"model\":\"m\",\"factors\":{\"num_ctx\":[1024,2048],\"temperature\":[0.2,0.8]},"         \
	"\"options\":{\"num_gpu\":0,\"top_k\":5},\"prompts\":[\"a\",\"b\"]"

static void fingerprint(const char *text, char hex[65])
{
	struct sweep s = SWEEP_INIT;

	text_sweep(&s, text, 18, 32768);
	sweep_fingerprint(&s, NULL, hex);
	assert_int_equal(strlen(hex), 64);
	sweep_release(&s);
}

static void test_fingerprint(void **state)
{
	/* How much, in which order and where are not what is measured. */
	static const char *const same[] = {
		"{\"prompts\":[\"a\",\"b\"],\"options\":{\"top_k\":5,\"num_gpu\":0},\"factors\":"
		"{\"temperature\":[8e-1,0.2],\"num_ctx\":\"1024-2048x2\"},\"model\":\"m\"}",
		"{" BASE ",\"repeats\":9}",
		"{" BASE ",\"passes\":9,\"per_pass\":3,\"order_seed\":5,\"sentinel\":false}",
		"{" BASE
		",\"name\":\"other\",\"servers\":[\"h\"],\"warmups\":5,\"margin\":{\"ttft\":0.1}}",
		"{" BASE ",\"limits\":{\"stall\":1},\"keep_alive\":60,\"aliases\":\"keep\"}",
		"{" BASE ",\"until\":\"2%\",\"max_passes\":9,\"budget\":\"6h\"}",
		"{" BASE ",\"priority\":[\"num_ctx > 1024\"],\"priority_kept\":1}",
		"{" BASE ",\"distribute\":\"replicate\",\"shard\":\"2/3\"}",
		"{" BASE ",\"goodput\":{\"ttft_ms\":500}}",
		/* Names are names. */
		"{\"prompts\":[{\"text\":\"a\",\"kind\":\"k\",\"difficulty\":\"d\"},\"b\"],"
		"\"options\":{\"top_k\":5,\"num_gpu\":0},\"factors\":{\"temperature\":"
		"{\"cool\":0.2,\"hot\":0.8},\"num_ctx\":[2048,1024]},\"model\":\"m\"}",
	};
	static const char *const other[] = {
		"{" BASE ",\"system\":\"s\"}",
		"{" BASE ",\"raw\":true}",
		"{" BASE ",\"cache\":\"repeat\"}",
		"{" BASE ",\"concurrency\":2}",
		"{\"model\":\"n\",\"factors\":{\"num_ctx\":[1024,2048],\"temperature\":[0.2,0.8]},"
		"\"options\":{\"num_gpu\":0,\"top_k\":5},\"prompts\":[\"a\",\"b\"]}",
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1024,4096],\"temperature\":[0.2,0.8]},"
		"\"options\":{\"num_gpu\":0,\"top_k\":5},\"prompts\":[\"a\",\"b\"]}",
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1024,2048],\"temperature\":[0.2,0.8]},"
		"\"options\":{\"num_gpu\":0,\"top_k\":6},\"prompts\":[\"a\",\"b\"]}",
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1024,2048],\"temperature\":[0.2,0.8]},"
		"\"options\":{\"num_gpu\":0,\"top_k\":5},\"prompts\":[\"a\",\"c\"]}",
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1024,2048],\"temperature\":[0.2,0.8]},"
		"\"options\":{\"num_gpu\":0,\"top_k\":5},\"prompts\":[\"a\","
		"{\"id\":\"p2\",\"text\":\"b\",\"check\":{\"number\":1}}]}",
		"{" BASE ",\"template\":\"s\"}",
		"{" BASE ",\"prompt_tokens\":80}",
		"{" BASE ",\"prompt_tokens\":\"80%\"}",
		"{" BASE ",\"burst\":30}",
		"{" BASE ",\"burst\":30,\"rate\":1}",
		"{" BASE ",\"burst\":30,\"rate\":2}",
		"{" BASE ",\"burst\":\"30s\",\"rate\":2}",
		"{" BASE ",\"burst\":30,\"rate\":2,\"arrivals\":\"poisson\"}",
		"{" BASE ",\"zip\":[\"num_ctx\",\"temperature\"]}",
		"{" BASE ",\"exclude\":\"num_ctx > 1024\"}",
		"{" BASE ",\"only\":\"num_ctx > 1024\"}",
		"{" BASE ",\"subset\":\"latin:3\"}",
		"{" BASE ",\"subset\":\"sobol:3\"}",
		"{" BASE ",\"subset\":\"latin:2\"}",
		"{" BASE ",\"subset\":{\"kind\":\"latin\",\"cells\":3,\"seed\":2}}",
	};
	char base[65], hex[COUNTOF(other)][65];

	(void)state;
	fingerprint("{" BASE "}", base);
	for (size_t i = 0; i < COUNTOF(same); i++) {
		fingerprint(same[i], hex[0]);
		assert_string_equal(hex[0], base);
	}
	for (size_t i = 0; i < COUNTOF(other); i++) {
		fingerprint(other[i], hex[i]);
		assert_string_not_equal(hex[i], base);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(hex[i], hex[k]);
	}
}

/* A model is its digest, whatever its name; without a digest it is its name. */
static void test_fingerprint_digest(void **state)
{
	char hex[3][65];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct sweep s = SWEEP_INIT;
		struct server_facts f;
		struct err e = ERR_INIT;

		assert_int_equal(
			text_parse(&s, i ? "{\"model\":\"b\"}" : "{\"model\":\"a\"}", &e), 0);
		text_server(&f, &s, 18, 32768);
		snprintf(f.models[0].digest, sizeof(f.models[0].digest), "%s",
			i == 2 ? "1111111111111111" : "0123456789abcdef");
		assert_int_equal(sweep_resolve(&s, &f, 1, &e), 0);
		sweep_fingerprint(&s, &f, hex[i]);
		server_facts_release(&f);
		sweep_release(&s);
	}
	assert_string_equal(hex[0], hex[1]);
	assert_string_not_equal(hex[0], hex[2]);
}

/* Neither the order of keys nor that of rows and factors of a list of cells. */
static void test_fingerprint_of_cells(void **state)
{
	static const char *const same[] = {
		"{\"model\":\"m\",\"cells\":[{\"num_ctx\":1024,\"top_k\":1},"
		"{\"num_ctx\":2048,\"top_k\":2},{\"num_ctx\":1024,\"top_k\":2}]}",
		"{\"cells\":[{\"top_k\":2,\"num_ctx\":1024.0},{\"num_ctx\":2048,\"top_k\":2},"
		"{\"num_ctx\":1024,\"top_k\":1}],\"model\":\"m\"}",
		"{\"model\":\"m\",\"factors\":{\"top_k\":{\"a\":2,\"b\":1}},\"cells\":["
		"{\"num_ctx\":1024,\"top_k\":\"b\"},{\"num_ctx\":1024,\"top_k\":\"a\"},"
		"{\"num_ctx\":2048,\"top_k\":\"a\"}]}",
	};
	static const char *const other[] = {
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[1024,2048],\"top_k\":[1,2]}}",
		"{\"model\":\"m\",\"cells\":[{\"num_ctx\":1024,\"top_k\":1},"
		"{\"num_ctx\":2048,\"top_k\":2}]}",
		"{\"model\":\"m\",\"cells\":[{\"num_ctx\":1024,\"top_k\":1},"
		"{\"num_ctx\":2048,\"top_k\":2},{\"num_ctx\":2048,\"top_k\":1}]}",
	};
	char base[65], hex[65];

	(void)state;
	fingerprint(same[0], base);
	for (size_t i = 1; i < COUNTOF(same); i++) {
		fingerprint(same[i], hex);
		assert_string_equal(hex, base);
	}
	for (size_t i = 0; i < COUNTOF(other); i++) {
		fingerprint(other[i], hex);
		assert_string_not_equal(hex, base);
	}
}

static void assert_same_fingerprints(const char *const *rest, size_t n)
{
	char first[65] = "", hex[65];

	for (size_t i = 0; i < n; i++) {
		char *text = xasprintf("{\"model\":\"m\",%s", rest[i]);

		fingerprint(text, i ? hex : first);
		if (i && strcmp(first, hex) != 0)
			fail_msg("%s: another fingerprint than %s", text, rest[0]);
		free(text);
	}
}

/* Which cells are drawn depends neither on the order of factors nor on that of levels, which may be
 * keys too. */
static void test_fingerprint_of_subsets(void **state)
{
	static const char *const same[] = {
		"\"factors\":{\"num_ctx\":{\"s\":2048,\"l\":4096,\"m\":3000},\"num_gpu\":"
		"[\"auto\",\"all\",2]},\"subset\":\"sobol:3\"}",
		"\"factors\":{\"num_gpu\":[2,\"all\",\"auto\"],\"num_ctx\":{\"l\":4096,\"m\":3000,"
		"\"s\":2048}},\"subset\":\"sobol:3\"}",
		"\"factors\":{\"num_gpu\":[19,\"auto\",2],\"num_ctx\":[4096,2048,3000]},"
		"\"subset\":\"sobol:3\"}",
	};
	static const char *const zipped[] = {
		"\"factors\":{\"num_ctx\":{\"s\":2048,\"l\":4096,\"m\":3000},\"num_gpu\":"
		"[5,6,7],\"top_k\":[1,2]},\"zip\":[[\"num_ctx\",\"num_gpu\"]],\"subset\":\"latin:"
		"4\"}",
		"\"factors\":{\"num_ctx\":{\"l\":4096,\"m\":3000,\"s\":2048},\"num_gpu\":"
		"[6,7,5],\"top_k\":[2,1]},\"zip\":[[\"num_gpu\",\"num_ctx\"]],\"subset\":\"latin:"
		"4\"}",
	};
	char a[65], b[65], c[65];

	(void)state;
	fingerprint("{\"model\":\"m\",\"factors\":{\"num_ctx\":[1024,2048],\"top_k\":[1,2]},"
		    "\"subset\":\"random:2\"}",
		a);
	fingerprint("{\"subset\":\"random:2\",\"model\":\"m\",\"factors\":{\"top_k\":[1,2],"
		    "\"num_ctx\":[1024,2048]}}",
		b);
	fingerprint("{\"model\":\"m\",\"factors\":{\"num_ctx\":[2048,1024],\"top_k\":[1,2]},"
		    "\"subset\":\"random:2\"}",
		c);
	assert_string_equal(a, b);
	assert_string_equal(a, c);
	assert_same_fingerprints(same, COUNTOF(same));
	assert_same_fingerprints(zipped, COUNTOF(zipped));
}

/* What a run directory keeps names the same cells when it is read again. */
static void test_subset_read_again(void **state)
{
	struct sweep s = SWEEP_INIT, again = SWEEP_INIT;
	struct err e = ERR_INIT;
	char a[65], b[65];
	json_t *object;

	(void)state;
	text_sweep(&s,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":{\"s\":2048,\"l\":4096,\"m\":3000},"
		"\"num_gpu\":[\"all\",\"auto\",3],\"top_k\":[3,1]},\"subset\":\"latin:4\","
		"\"zip\":[[\"num_gpu\",\"num_ctx\"]]}",
		18, 32768);
	assert_string_equal(text_grid(&s), "num_ctx=s,m,l num_gpu=3,19,auto top_k=1,3");
	sweep_fingerprint(&s, NULL, a);
	object = sweep_json(&s);
	assert_int_equal(sweep_parse(&again, object, "RUN/sweep.json", NULL, &e), 0);
	assert_int_equal(text_resolve(&again, 18, 32768, &e), 0);
	sweep_fingerprint(&again, NULL, b);
	assert_string_equal(a, b);
	json_decref(object);
	sweep_release(&s);
	sweep_release(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_fingerprint_digest),
		cmocka_unit_test(test_fingerprint_of_cells),
		cmocka_unit_test(test_fingerprint_of_subsets),
		cmocka_unit_test(test_subset_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
