/* test_manifest.c - manifest.json and sweep.json, and which runs may be gone on with. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "columns.h"
#include "fake_plan.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"

#define SWEEP                                                                                      \
	"{\"name\":\"night\",\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],\"num_gpu\":" \
	"[19,"                                                                                     \
	"99]},\"options\":{\"temperature\":0.1},\"prompt\":\"Hi\",\"passes\":3,\"order_seed\":7}"

static const char *const urls[] = {"http://10.0.0.1:1", "two=http://10.0.0.2:1"};
static struct fake_plan fake;
static const char *dir;

static int setup(void **state)
{
	(void)state;
	fake_plan_make(&fake, SWEEP, urls, 2);
	dir = unit_tmpdir();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_plan_release(&fake);
	unit_tmpdir_remove();
	return 0;
}

static struct manifest_session session(uint32_t number)
{
	return (struct manifest_session){.number = number,
		.started_wall = 1795484761000000000,
		.ended_wall = NS_NONE,
		.how = number == 1 ? "run" : "resume"};
}

static void write_ok(const struct manifest_session *s)
{
	struct err e = ERR_INIT;

	if (manifest_write(dir, "1.2.3+abc", &fake.plan, s, &e))
		fail_msg("%s", e.msg);
}

static json_t *load_ok(void)
{
	struct err e = ERR_INIT;
	json_t *m = manifest_load(dir, &e);

	if (!m)
		fail_msg("%s", e.msg);
	return m;
}

static void test_what_it_holds(void **state)
{
	struct manifest_session s = session(1);
	const json_t *server, *model, *host;
	json_t *m;

	(void)state;
	free(fake.servers[1].proxy);
	fake.servers[1].proxy = xstrdup("http://user:secret@proxy.example:3128");
	fake.servers[1].has_show = fake.servers[1].has_ps = false;
	fake.servers[1].models[0].layers = fake.servers[1].models[0].context_train = -1;
	write_ok(&s);
	m = load_ok();
	assert_string_equal(jsonx_get_string(m, "tool"), "chimera");
	assert_string_equal(jsonx_get_string(m, "version"), "1.2.3+abc");
	assert_string_equal(jsonx_get_string(m, "fingerprint"), fake.plan.fingerprint);
	assert_double(jsonx_get_number(m, "order_seed"), 7);
	host = json_object_get(m, "host");
	assert_true(jsonx_get_number(host, "cores") >= 1);
	assert_true(jsonx_get_number(host, "memory_bytes") > 1e6);
	assert_non_null(json_object_get(host, "hostname"));
	assert_contains(jsonx_get_string(host, "kernel"), "Linux");
	assert_true(json_is_null(json_object_get(m, "gpu")));
	assert_true(strlen(jsonx_get_string(m, "gpu_why")) > 0);

	server = json_array_get(json_object_get(m, "servers"), 0);
	assert_string_equal(jsonx_get_string(server, "url"), "http://10.0.0.1:1");
	assert_string_equal(jsonx_get_string(server, "version"), "0.32.14");
	assert_true(json_is_null(json_object_get(server, "proxy")));
	assert_int_equal(json_array_size(json_object_get(server, "unchecked")), 0);
	model = json_array_get(json_object_get(server, "models"), 0);
	assert_string_equal(jsonx_get_string(model, "name"), "m:1b");
	assert_string_equal(jsonx_get_string(model, "digest"), fake.servers[0].models[0].digest);
	assert_string_equal(jsonx_get_string(model, "quantization"), "Q4_K_M");
	assert_double(jsonx_get_number(model, "layers"), 18);
	assert_double(jsonx_get_number(model, "context_train"), 32768);

	server = json_array_get(json_object_get(m, "servers"), 1);
	assert_string_equal(jsonx_get_string(server, "name"), "two");
	assert_string_equal(jsonx_get_string(server, "proxy"), "http://proxy.example:3128");
	assert_int_equal(json_array_size(json_object_get(server, "unchecked")), 2);
	model = json_array_get(json_object_get(server, "models"), 0);
	assert_true(json_is_null(json_object_get(model, "layers")));
	json_decref(m);
}

static void test_definitions_are_of_columns(void **state)
{
	static const char *const headline[] = {"ttft_ms", "tpot_ms", "decode_tok_s", "paid_load"};
	struct manifest_session s = session(1);
	json_t *definitions, *text, *m;
	const char *name;

	(void)state;
	write_ok(&s);
	m = load_ok();
	definitions = json_object_get(m, "definitions");
	json_object_foreach (definitions, name, text) {
		if (!run_column_find(name))
			fail_msg("%s is no column", name);
		assert_true(json_string_length(text) > 10);
	}
	for (size_t i = 0; i < COUNTOF(headline); i++)
		assert_non_null(json_object_get(definitions, headline[i]));
	json_decref(m);
}

static void test_sessions(void **state)
{
	struct manifest_session s = session(1);
	const json_t *sessions, *one;
	json_t *m;

	(void)state;
	write_ok(&s);
	m = load_ok();
	one = json_array_get(json_object_get(m, "sessions"), 0);
	assert_true(json_is_null(json_object_get(one, "ended")));
	assert_true(json_is_null(json_object_get(one, "end")));
	json_decref(m);

	s.ended_wall = s.started_wall + 5 * NS_PER_S;
	s.ended = "interrupted";
	s.loads_made = 12;
	s.rows = 345;
	write_ok(&s); /* the end of the same session */
	s = session(2);
	s.simulated = s.is_virtual = true;
	write_ok(&s);
	m = load_ok();
	sessions = json_object_get(m, "sessions");
	assert_int_equal(json_array_size(sessions), 2);
	one = json_array_get(sessions, 0);
	assert_double(jsonx_get_number(one, "number"), 1);
	assert_string_equal(jsonx_get_string(one, "how"), "run");
	assert_string_equal(jsonx_get_string(one, "started"), "2026-11-24T01:46:01.000000000Z");
	assert_string_equal(jsonx_get_string(one, "ended"), "2026-11-24T01:46:06.000000000Z");
	assert_string_equal(jsonx_get_string(one, "end"), "interrupted");
	assert_double(jsonx_get_number(one, "loads_made"), 12);
	assert_double(jsonx_get_number(one, "rows"), 345);
	assert_true(json_is_false(json_object_get(one, "simulated")));
	one = json_array_get(sessions, 1);
	assert_string_equal(jsonx_get_string(one, "how"), "resume");
	assert_true(json_is_true(json_object_get(one, "simulated")));
	assert_true(json_is_true(json_object_get(one, "virtual")));
	json_decref(m);
}

static void test_what_is_no_run_directory(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{NULL, "is not a run directory: it has no manifest.json"},
		{"", "manifest.json:1:"},
		{"{", "manifest.json:1:"},
		{"[]", "not a manifest of schema 1"},
		{"{\"schema\":2,\"sessions\":[],\"servers\":[]}", "not a manifest of schema 1"},
		{"{\"schema\":1,\"servers\":[]}", "not a manifest of schema 1"},
		{"{\"schema\":1,\"sessions\":{},\"servers\":[]}", "not a manifest of schema 1"},
	};
	struct manifest_session s = session(2);

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct err e = ERR_INIT;

		if (cases[i].text)
			unit_write_text("manifest.json", cases[i].text);
		assert_null(manifest_load(dir, &e));
		assert_int_equal(e.code, ERR_JOURNAL);
		assert_contains(e.msg, cases[i].msg);
		/* What is not understood is not overwritten. */
		if (cases[i].text) {
			struct str now = STR_INIT(1000);

			assert_int_equal(manifest_write(dir, "1", &fake.plan, &s, NULL), -1);
			assert_int_equal(fsx_read(unit_path("manifest.json"), 1000, &now, NULL), 0);
			assert_string_equal(now.s, cases[i].text);
			str_release(&now);
		}
	}
}

/* A merged run had a load more than the whole plan: it is planned still when more passes are. */
static void test_loads_of_shards(void **state)
{
	struct manifest_session s = session(1);
	uint64_t loads = fake.plan.block_loads + fake.plan.sentinel_loads;
	json_t *m;

	(void)state;
	write_ok(&s);
	m = load_ok();
	assert_int_equal(manifest_planned(m, "loads"), loads);
	json_object_set_new(
		json_object_get(m, "planned"), "loads", json_integer((json_int_t)loads + 1));
	assert_int_equal(manifest_write_file(dir, "manifest.json", m, NULL), 0);
	write_ok(&s); /* of no merged run: what was planned then is of no matter */
	json_object_set_new(m, "shards", json_array());
	assert_int_equal(manifest_write_file(dir, "manifest.json", m, NULL), 0);
	json_decref(m);
	for (int i = 0; i < 2; i++) {
		write_ok(&s);
		m = load_ok();
		assert_int_equal(manifest_planned(m, "loads"), loads + 1);
		assert_int_equal(manifest_planned(m, "sentinel_requests"),
			fake.plan.sentinel_requests + PLAN_SENTINEL_REQUESTS);
		json_decref(m);
	}
}

static void test_notes(void **state)
{
	struct manifest_session s = session(1);
	json_t *notes = json_pack("[s]", "b is set aside"), *m;

	(void)state;
	s.notes = notes;
	write_ok(&s);
	s = session(2);
	write_ok(&s);
	m = load_ok();
	assert_true(json_equal(
		json_object_get(json_array_get(json_object_get(m, "sessions"), 0), "notes"),
		notes));
	assert_null(json_object_get(json_array_get(json_object_get(m, "sessions"), 1), "notes"));
	json_decref(m);
	json_decref(notes);
}

static void check_refused(const json_t *m, const char *a, const char *b)
{
	struct err e = ERR_INIT;

	assert_int_equal(manifest_check(m, "runs/x", &fake.plan, &e), -1);
	assert_int_equal(e.code, ERR_JOURNAL);
	assert_contains(e.msg, "runs/x: ");
	assert_contains(e.msg, a);
	assert_contains(e.msg, b);
	assert_true(e.hint[0]);
}

static void test_a_run_that_may_go_on(void **state)
{
	struct manifest_session s = session(1);
	struct err e = ERR_INIT;
	json_t *m;

	(void)state;
	write_ok(&s);
	m = load_ok();
	assert_int_equal(manifest_check(m, dir, &fake.plan, &e), 0);
	/* What cannot be asked any more is not held against it. */
	fake.servers[0].version[0] = '\0';
	fake.servers[1].models[0].digest[0] = '\0';
	assert_int_equal(manifest_check(m, dir, &fake.plan, &e), 0);
	/* Where the server is may change: it is compared with the one at its place. */
	free(fake.servers[0].name);
	fake.servers[0].name = xstrdup("http://10.9.9.9:1");
	strcpy(fake.servers[0].version, "0.32.14");
	assert_int_equal(manifest_check(m, dir, &fake.plan, &e), 0);
	strcpy(fake.servers[0].version, "0.33.0");
	check_refused(m, "10.9.9.9", "0.33.0");
	json_decref(m);
}

static void test_a_changed_version(void **state)
{
	struct manifest_session s = session(1);
	json_t *m;

	(void)state;
	write_ok(&s);
	m = load_ok();
	strcpy(fake.servers[1].version, "0.24.0");
	check_refused(m, "two is version 0.24.0 now", "made with 0.32.14");
	json_decref(m);
}

static void test_a_changed_model(void **state)
{
	struct manifest_session s = session(1);
	char was[13];
	json_t *m;

	(void)state;
	write_ok(&s);
	m = load_ok();
	memcpy(was, fake.servers[0].models[0].digest, 12);
	was[12] = '\0';
	memset(fake.servers[0].models[0].digest, 'e', 64);
	check_refused(m, "m:1b on http://10.0.0.1:1 has digest eeeeeeeeeeee now", was);
	json_decref(m);
}

static void test_another_sweep(void **state)
{
	struct manifest_session s = session(1);
	json_t *m;

	(void)state;
	write_ok(&s);
	m = load_ok();
	memset(fake.plan.fingerprint, 'f', 64);
	check_refused(m, "fingerprint ffffffffffff", "the run was made with");
	json_decref(m);
}

#define CHANGED(more) "{\"model\":\"m:1b\"," more "}"

/* What changed is named, on one line; what has only moved is not. */
static void test_what_changed(void **state)
{
	static const struct {
		const char *then, *now, *changes;
	} cases[] = {
		{CHANGED("\"factors\":{\"num_ctx\":[1024,2048]}"),
			CHANGED("\"factors\":{\"num_ctx\":[4096,1024]}"),
			"factors.num_ctx: was 1024, 2048, now 4096, 1024"},
		{CHANGED("\"factors\":{\"num_ctx\":[1024,2048],\"top_k\":[1,2]}"),
			CHANGED("\"factors\":{\"num_ctx\":[2048,1024]},\"options\":{\"top_k\":2}"),
			"factors.top_k: was 1, 2, now not set; options.top_k: was not set, now 2"},
		{CHANGED("\"prompts\":[{\"id\":\"a\",\"text\":\"x\"},{\"id\":\"b\",\"text\":"
			 "\"y\"}]"),
			CHANGED("\"prompts\":[{\"id\":\"a\",\"text\":\"z\"},{\"id\":\"c\","
				"\"text\":\"y\"}]"),
			"prompts.a: its text was changed; prompts.b: is gone; prompts.c: is new"},
		{CHANGED("\"cache\":\"repeat\",\"options\":{\"top_k\":1,\"top_p\":1,\"min_p\":"
			 "0.1}"),
			CHANGED("\"options\":{\"top_k\":2,\"top_p\":0.5,\"min_p\":0.2}"),
			"options.top_k: was 1, now 2; options.top_p: was 1, now 0.5; "
			"options.min_p: "
			"was 0.1, now 0.2; and 1 more"},
		{CHANGED("\"factors\":{\"top_k\":\"1-9\"},\"exclude\":[\"top_k == 3\"]"),
			CHANGED("\"factors\":{\"top_k\":\"1-9\"},\"exclude\":[\"top_k == 4\"],"
				"\"passes\":9"),
			"exclude: was top_k == 3, now top_k == 4"},
		{CHANGED("\"factors\":{\"top_k\":\"1-9\"}"),
			CHANGED("\"factors\":{\"top_k\":\"1-8\"}"),
			"factors.top_k: was 1, 2, 3, 4, 5, 6, ... (9), now 1, 2, 3, 4, 5, 6, ... "
			"(8)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct manifest_session s = session(1);
		struct fake_plan then, now;
		struct err e = ERR_INIT;
		json_t *m;

		fake_plan_make(&then, cases[i].then, urls, 1);
		fake_plan_make(&now, cases[i].now, urls, 1);
		assert_int_equal(manifest_write(dir, "1", &then.plan, &s, &e), 0);
		assert_int_equal(sweep_file_write(dir, &then.plan, &e), 0);
		m = load_ok();
		/* Also of a run made before the manifest kept it. */
		for (int old = 0; old < 2; old++) {
			char *wanted = xasprintf(
				"%s: the sweep is not the run's: %s", dir, cases[i].changes);

			assert_int_equal(manifest_check(m, dir, &then.plan, &e), 0);
			assert_int_equal(manifest_check(m, dir, &now.plan, &e), -1);
			assert_string_equal(e.msg, wanted);
			assert_int_equal(e.code, ERR_JOURNAL);
			json_object_del(m, "measured");
			free(wanted);
		}
		json_decref(m);
		unlink(unit_path("manifest.json"));
		fake_plan_release(&then);
		fake_plan_release(&now);
	}
}

static void test_sweep_json_is_read_again(void **state)
{
	struct sweep again;
	struct err e = ERR_INIT;
	char fingerprint[65];
	json_t *object;

	(void)state;
	assert_int_equal(sweep_file_write(dir, &fake.plan, &e), 0);
	object = sweep_object_load(unit_path("sweep.json"), &e);
	assert_non_null(object);
	assert_string_equal(jsonx_get_string(object, "fingerprint"), fake.plan.fingerprint);
	assert_double(jsonx_get_number(object, "passes"), 3);
	assert_double(jsonx_get_number(object, "repeats"), (double)fake.plan.repeats);
	/* 99 layers are the 19 that there are. */
	assert_int_equal(json_array_size(json_object_get(object, "aliases_found")), 1);
	if (sweep_parse(&again, object, "sweep.json", NULL, &e) ||
		sweep_resolve(&again, fake.servers, 2, &e))
		fail_msg("%s", e.msg);
	sweep_fingerprint(&again, fake.servers, fingerprint);
	assert_string_equal(fingerprint, fake.plan.fingerprint);
	assert_int_equal(again.passes, 3);
	assert_int_equal(again.repeats, fake.plan.repeats);
	json_decref(object);
	sweep_release(&again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_it_holds),
		TEST(test_definitions_are_of_columns),
		TEST(test_sessions),
		TEST(test_what_is_no_run_directory),
		TEST(test_loads_of_shards),
		TEST(test_notes),
		TEST(test_a_run_that_may_go_on),
		TEST(test_a_changed_version),
		TEST(test_a_changed_model),
		TEST(test_another_sweep),
		TEST(test_what_changed),
		TEST(test_sweep_json_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
