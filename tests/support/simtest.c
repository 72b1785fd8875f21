/* simtest.c - a simulated machine for tests. */
#include "simtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct sim_config config_of(const char *const *settings)
{
	struct sim_config c;
	struct err e = ERR_INIT;

	sim_config_default(&c);
	for (; *settings; settings++)
		if (sim_config_set(&c, *settings, &e))
			fail_msg("%s: %s", *settings, e.msg);
	return c;
}

struct sim *simtest_machine(uint64_t seed, const char *const *settings)
{
	struct sim_config c = config_of(settings);

	return sim_new(&c, seed);
}

struct simthread *simtest_thread(const char *const *settings)
{
	struct sim_config c = config_of(settings);
	struct err e = ERR_INIT;
	struct simthread *t = simthread_start(&c, 1, &e);

	if (!t)
		fail_msg("%s", e.msg);
	return t;
}

struct sim_answer simtest_ask(struct sim *m, ns now, const char *rest)
{
	struct str body = STR_INIT(STR_MAX_LINE);
	struct sim_answer a;

	str_addf(&body, "{\"model\":\"gemma3:270m\",%s}", rest);
	sim_request(m, "POST", "/api/generate", body.s, body.len, now, &a);
	str_release(&body);
	return a;
}

struct sim_answer simtest_options(struct sim *m, ns now, const char *options)
{
	char rest[400];

	snprintf(rest, sizeof(rest), "\"prompt\":\"hello\",\"options\":{%s}", options);
	return simtest_ask(m, now, rest);
}

struct sim_answer simtest_words(struct sim *m, ns now, size_t words, const char *rest)
{
	struct str s = STR_INIT(STR_MAX_LINE);
	struct sim_answer a;

	str_add(&s, "\"prompt\":\"");
	for (size_t i = 0; i < words; i++)
		str_add(&s, "abc ");
	str_addf(&s, "\"%s", rest);
	a = simtest_ask(m, now, s.s);
	str_release(&s);
	return a;
}

double simtest_ps(struct sim *m, ns now, const char *key)
{
	struct sim_answer a;
	json_t *root, *models, *value;
	double x;

	sim_request(m, "GET", "/api/ps", "", 0, now, &a);
	root = json_loadb(a.body.s, a.body.len, 0, NULL);
	assert_non_null(root);
	models = json_object_get(root, "models");
	value = json_object_get(json_array_get(models, 0), key);
	x = json_is_number(value) ? json_number_value(value) : -1;
	json_decref(root);
	sim_answer_release(&a);
	return x;
}

bool simtest_is_listed(struct sim *m, ns now)
{
	return simtest_ps(m, now, "size") >= 0;
}
