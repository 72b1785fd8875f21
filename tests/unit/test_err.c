/* test_err.c - struct err, and the functions that end the process. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "arena.h"
#include "bug.h"
#include "unit.h"
#include "vec.h"

static void test_set(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&e, ERR_USAGE, "%s: expected %d", "x.json", 7), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_string_equal(e.msg, "x.json: expected 7");
	assert_string_equal(e.hint, "");
	assert_int_equal(err_hint(&e, "write %d", 8192), -1);
	assert_string_equal(e.hint, "write 8192");
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(err_set(&e, ERR_ENV, "other"), -1);
	assert_string_equal(e.hint, ""); /* advice for an older error must not stay */
}

static void test_null_is_fine(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_ENV, "x"), -1);
	assert_int_equal(err_sys(NULL, ERR_ENV, ENOENT, "x"), -1);
	assert_int_equal(err_prefix(NULL, "x"), -1);
	assert_int_equal(err_hint(NULL, "x"), -1);
}

static void test_sys(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_sys(&e, ERR_ENV, ENOSPC, "%s", "runs/x/runs.csv"), -1);
	assert_string_equal(e.msg, "runs/x/runs.csv: No space left on device");
	assert_int_equal(e.code, ERR_ENV);
}

static void test_prefix(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_JOURNAL, "line 7");
	err_hint(&e, "keep me");
	assert_int_equal(err_prefix(&e, "resuming %s: ", "runs/x"), -1);
	assert_string_equal(e.msg, "resuming runs/x: line 7");
	assert_string_equal(e.hint, "keep me");
	assert_int_equal(e.code, ERR_JOURNAL);
}

static void test_arguments_may_be_its_own(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_ENV, "inner");
	err_set(&e, ERR_ENV, "outer: %s", e.msg);
	assert_string_equal(e.msg, "outer: inner");
	err_prefix(&e, "%s / ", e.msg);
	assert_string_equal(e.msg, "outer: inner / outer: inner");
}

static void test_one_printable_line(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_ENV,
		"a\nb\tc\033[31m\177 \xc2\x9b"
		"31m \xc3\xa9");
	assert_string_equal(e.msg, "a?b?c?[31m? ??31m \xc3\xa9");
	err_hint(&e, "x\r\ny");
	assert_string_equal(e.hint, "x??y");
}

static void test_long_messages_are_cut(void **state)
{
	struct err e = ERR_INIT;
	char big[3000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, ERR_ENV, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_string_equal(e.msg + strlen(e.msg) - 4, "x...");
	err_prefix(&e, "in front: ");
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_memory_equal(e.msg, "in front: xxx", 13);
	assert_string_equal(e.msg + strlen(e.msg) - 4, "x...");
	err_hint(&e, "%s", big);
	assert_int_equal(strlen(e.hint), sizeof(e.hint) - 1);
	/* The reason is kept whatever the length of what stands before it. */
	err_sys(&e, ERR_ENV, ENOSPC, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_contains(e.msg, "xx...: No space left on device");
}

static void test_cut_between_characters(void **state)
{
	char src[64], dst[16];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		memcpy(src + 3 * i, "\xe2\x82\xac", 4); /* the euro sign */
	for (size_t size = 5; size <= sizeof(dst); size++) {
		size_t kept;

		assert_ptr_equal(err_quote(dst, size, src), dst);
		assert_true(strlen(dst) < size);
		kept = strlen(dst) - 3;
		assert_string_equal(dst + kept, "...");
		assert_int_equal(kept % 3, 0);
	}
}

static void test_quote(void **state)
{
	char dst[8];

	(void)state;
	assert_string_equal(err_quote(dst, sizeof(dst), "1234567"), "1234567");
	assert_string_equal(err_quote(dst, sizeof(dst), "12345678"), "1234...");
	assert_string_equal(err_quote(dst, sizeof(dst), "a\nb"), "a?b");
	assert_string_equal(err_quote(dst, sizeof(dst), ""), "");
	assert_string_equal(err_quote(dst, 1, "abc"), "");
	assert_string_equal(err_quote(dst, 3, "abc"), "ab"); /* no room for dots */
	dst[0] = 'z';
	err_quote(dst, 0, "abc");
	assert_int_equal(dst[0], 'z');
}

static void call_bug(void *arg)
{
	BUG("state %d", *(int *)arg);
}

static void ask_for_too_much(void *arg)
{
	free(xcalloc(*(size_t *)arg, 2));
}

static void grow_too_much(void *arg)
{
	free(xrealloc(NULL, *(size_t *)arg, 2));
}

static void arena_too_much(void *arg)
{
	struct arena a = {0};

	memset(arena_alloc(&a, *(size_t *)arg, 2), 0, 1);
}

static void test_ends(void **state)
{
	size_t count = SIZE_MAX / 2 + 2;
	int status, value = 7;

	(void)state;
	status = unit_in_child(call_bug, &value);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	status = unit_in_child(grow_too_much, &count);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	/* The sanitizers' own calloc aborts where the real one says no. */
	status = unit_in_child(ask_for_too_much, &count);
	assert_int_not_equal(status, 0);
	status = unit_in_child(arena_too_much, &count);
	assert_int_not_equal(status, 0);
}

static void test_memory(void **state)
{
	char *s = xstrdup("abc"), *n = xstrndup("abcdef", 2), *short_one = xstrndup("ab", 9);
	char *f = xasprintf("%d-%s", 5, "x"), *zero = xmalloc(0);
	int *c = xcalloc(4, sizeof(*c));

	(void)state;
	assert_string_equal(s, "abc");
	assert_string_equal(n, "ab");
	assert_string_equal(short_one, "ab");
	assert_string_equal(f, "5-x");
	assert_non_null(zero);
	for (int i = 0; i < 4; i++)
		assert_int_equal(c[i], 0);
	s = xrealloc(s, 0, 1);
	assert_non_null(s);
	free(s);
	free(n);
	free(short_one);
	free(f);
	free(zero);
	free(c);
}

static void test_arena(void **state)
{
	struct arena a = {0};
	const char *texts[500];
	char wanted[32];

	(void)state;
	for (int i = 0; i < 500; i++) {
		unsigned char *block = arena_alloc(&a, (size_t)i * 7 + 1, (size_t)(i % 90) + 1);
		size_t size = ((size_t)i * 7 + 1) * ((size_t)(i % 90) + 1);

		assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(block[j], 0);
		memset(block, 0xee, size); /* must not reach any other */
		texts[i] = arena_fmt(&a, "text %d", i);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(wanted, sizeof(wanted), "text %d", i);
		assert_string_equal(texts[i], wanted);
	}
	assert_string_equal(arena_str(&a, ""), "");
	assert_string_equal(arena_strn(&a, "abcdef", 3), "abc");
	assert_non_null(arena_alloc(&a, 0, 8));
	arena_release(&a);
	assert_null(a.head);
	arena_release(&a);
}

static void test_vec(void **state)
{
	struct {
		int *v;
		size_t n, cap;
	} a = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		*VEC_PUSH(&a) = i;
	assert_int_equal(a.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(a.v[i], i);
	VEC_RELEASE(&a);
	assert_null(a.v);
	assert_int_equal(a.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_null_is_fine),
		cmocka_unit_test(test_sys),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_arguments_may_be_its_own),
		cmocka_unit_test(test_one_printable_line),
		cmocka_unit_test(test_long_messages_are_cut),
		cmocka_unit_test(test_cut_between_characters),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_vec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
