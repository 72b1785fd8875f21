/* test_sim_wire.c - what real servers were asked, put to the simulated one: status, content type,
 * keys in their order, error texts. */
#include "unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "simtest.h"
#include "bug.h"
#include "wire.h"

/* --- shapes: keys in their order, and the kinds of values --- */

static void add_shape(struct str *out, const json_t *v, int depth)
{
	const char *key;
	json_t *item;

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		str_addc(out, '{');
		if (depth > 0) {
			json_object_foreach ((json_t *)(uintptr_t)v, key, item) {
				str_addf(out, "%s:", key);
				add_shape(out, item, depth - 1);
				str_addc(out, ',');
			}
		}
		str_addc(out, '}');
		break;
	case JSON_ARRAY: /* as its first element */
		str_addc(out, '[');
		if (json_array_size(v))
			add_shape(out, json_array_get(v, 0), depth);
		str_addc(out, ']');
		break;
	case JSON_STRING:
		str_add(out, "string");
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		str_add(out, "number");
		break;
	case JSON_NULL:
		str_add(out, "null");
		break;
	default:
		str_add(out, json_is_true(v) ? "true" : "false");
	}
}

/* Of the JSON from s on; the caller frees it. */
static char *shape(const char *s, size_t len, int depth)
{
	struct str out = STR_INIT(STR_MAX_LINE);
	json_t *v = json_loadb(s, len, JSON_DECODE_ANY, NULL);

	if (!v)
		fail_msg("not JSON: %.*s", (int)len, s);
	add_shape(&out, v, depth);
	json_decref(v);
	return str_take(&out);
}

static void assert_same_shape(const char *name, const char *ours, size_t ours_len,
	const char *theirs, size_t theirs_len, int depth)
{
	char *a = shape(ours, ours_len, depth), *b = shape(theirs, theirs_len, depth);

	if (strcmp(a, b) != 0)
		fail_msg("%s: ours %s\ntheirs %s", name, a, b);
	free(a);
	free(b);
}

/* Digits are not compared: our tokens are counted otherwise. */
static void assert_same_text(const char *name, const char *ours, const char *theirs)
{
	const char *a = ours, *b = theirs;

	while (*a || *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789");
			b += strspn(b, "0123456789");
		} else if (*a++ != *b++) {
			fail_msg("%s: ours %s\ntheirs %s", name, ours, theirs);
		}
	}
}

/* --- replay: the recorded requests, in their order, to the simulated server --- */

/* The last line, which ends in a line feed. */
static const char *last_line(const char *body, size_t len, size_t *line_len)
{
	const char *end = body + len - 1, *begin = end;

	assert_int_equal(*end, '\n');
	while (begin > body && begin[-1] != '\n')
		begin--;
	*line_len = (size_t)(end - begin);
	return begin;
}

static void compare_stream(const char *name, const struct sim_answer *a, const struct wire *w)
{
	struct str first = STR_INIT(STR_MAX_LINE), last = STR_INIT(STR_MAX_LINE);
	const char *theirs;
	size_t len;

	assert_true(a->ntokens > 0);
	sim_answer_line(a, 0, 0, &first);
	sim_answer_line(a, a->ntokens, 0, &last);
	assert_int_equal(first.s[first.len - 1], '\n');
	assert_same_shape(name, first.s, first.len, w->body.s, strcspn(w->body.s, "\n"), 9);
	theirs = last_line(w->body.s, w->body.len, &len);
	assert_same_shape(name, last.s, last.len, theirs, len, 9);
	str_release(&first);
	str_release(&last);
}

static void compare(const char *name, const struct sim_answer *a, const struct wire *w)
{
	bool is_json = strncmp(w->content_type, "application/json", 16) == 0;

	if (a->http_status != w->http_status)
		fail_msg("%s: status %d, a real server says %d", name, a->http_status,
			w->http_status);
	assert_int_equal(strncmp(a->content_type, w->content_type, strlen(w->content_type)), 0);
	if (strcmp(w->content_type, "application/x-ndjson") == 0) {
		assert_int_equal(a->shape, SIM_STREAM);
		compare_stream(name, a, w);
		return;
	}
	assert_int_equal(a->shape, SIM_WHOLE);
	if (w->http_status == 200 && is_json)
		assert_same_shape(name, a->body.s, a->body.len, w->body.s, w->body.len,
			strcmp(name, "show") == 0 ? 1 : 9);
	else
		assert_same_text(name, a->body.s, w->body.s);
}

/* What the simulated server does not do: the OpenAI-style endpoints, log probabilities, a runner
 * that is killed, an answer cut because it repeats itself. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {
		"generate-logprobs", "generate-repeat", "runner-killed"};

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return strncmp(name, "openai-", 7) == 0;
}

static ns replay(struct sim *m, const char *server, const char *name, ns now)
{
	struct wire w;
	struct sim_answer a;

	wire_load(&w, server, name);
	sim_request(m, w.method, w.path, w.request.s, w.request.len, now, &a);
	compare(name, &a, &w);
	now = a.end_at > a.ready_at ? a.end_at : a.ready_at;
	sim_answer_release(&a);
	wire_release(&w);
	return now + MS(100);
}

static void replay_all(const char *server, const char *era)
{
	struct sim *m = MACHINE(1, QUIET, "vram_mib=0", era);
	struct str index = STR_INIT(STR_MAX_LINE);
	char path[80], *line, *rest;
	size_t replayed = 0;
	ns now = S(1);

	snprintf(path, sizeof(path), "wire/%s/INDEX.csv", server);
	wire_data(&index, path);
	rest = strchr(index.s, '\n') + 1; /* behind the header */
	while ((line = strsep(&rest, "\n")) && *line) {
		struct csv_field f[4];

		assert_int_equal(csv_split(line, strlen(line), ',', f, 4), 4);
		line = xstrndup(f[0].s, f[0].len);
		if (!is_left_out(line)) {
			now = replay(m, server, line, now);
			replayed++;
		}
		free(line);
	}
	assert_int_equal(replayed, 44);
	str_release(&index);
	sim_free(m);
}

static void test_like_v0_32(void **state)
{
	(void)state;
	replay_all("v0.32.14", "era=3");
}

static void test_like_v0_24(void **state)
{
	(void)state;
	replay_all("v0.24.0", "era=2");
}

/* --- many lines quickly are the same lines --- */

static void assert_same_lines(const char *path, const char *body, const char *fault)
{
	struct sim *m = MACHINE(1, QUIET, "vision=0", fault);
	struct str one = STR_INIT(STR_MAX_LINE), many = STR_INIT(STR_MAX_LINE);
	struct sim_lines lines = SIM_LINES_INIT;
	struct sim_answer a;

	for (int round = 0; round < 2; round++) { /* the second uses what the first left */
		sim_request(m, "POST", path, body, strlen(body), S(round), &a);
		assert_int_equal(a.shape, SIM_STREAM);
		sim_lines_begin(&lines, &a);
		for (size_t i = 0; i <= a.ntokens; i++) {
			/* Back and forth over the ends of seconds, down to none of one. */
			ns wall = S(1787338102) + (ns)(i * 7 % 5) * MS(300) + (ns)i * 10;

			str_reset(&one);
			str_reset(&many);
			sim_answer_line(&a, i, wall, &one);
			sim_lines_add(&lines, &a, i, wall, &many);
			assert_string_equal(many.s, one.s);
		}
		assert_true(a.ntokens > 20 || *fault == 'f');
		sim_answer_release(&a);
	}
	sim_lines_release(&lines);
	str_release(&one);
	str_release(&many);
	sim_free(m);
}

static void test_lines_made_once(void **state)
{
	static const char generate[] = "{\"model\":\"gemma3:270m\",\"prompt\":\"a\"}";
	static const char chat[] = "{\"model\":\"gemma3:270m\",\"messages\":[{\"role\":\"user\","
				   "\"content\":\"a\"}]}";

	(void)state;
	assert_same_lines("/api/generate", generate, "era=3");
	assert_same_lines("/api/chat", chat, "era=1");
	assert_same_lines("/api/generate", generate, "fail_midstream=1");
	assert_same_lines("/api/generate", generate, "fail_truncated=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_v0_32),
		cmocka_unit_test(test_like_v0_24),
		cmocka_unit_test(test_lines_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
