/* test_budget.c - how much of its budget a run has used. */
#include "budget.h"

#include <string.h>

#include "unit.h"

static const char manifest[] =
	"{\"sessions\": ["
	"{\"number\": 1, \"started\": \"2026-11-24T20:00:00.000000000Z\","
	" \"ended\": \"2026-11-24T20:10:00.000000000Z\"},"
	"{\"number\": 2, \"started\": \"2026-11-24T21:00:00.000000000Z\", \"ended\": null},"
	"{\"number\": 3, \"started\": \"2026-11-25T08:00:00.000000000Z\", \"ended\": null},"
	"{\"number\": 4, \"started\": \"soon\", \"ended\": null},"
	"{\"number\": 5, \"started\": \"2026-11-25T09:00:00.000000000Z\","
	" \"ended\": \"2026-11-25T08:00:00.000000000Z\"},"
	"{\"number\": 6, \"started\": \"2026-11-25T10:00:00.000000000Z\","
	" \"ended\": \"2026-11-25T10:00:30.000000000Z\"}]}";

static ns at(const char *text)
{
	return clock_parse_iso(text, strlen(text));
}

/* Session 2 was killed after 5 minutes and lay until the morning; session 3 before its first row.
 */
static void test_used(void **state)
{
	struct tally_session sessions[] = {
		{.number = 2, .ended = at("2026-11-24T21:05:00.000000000Z")},
		{.number = 3, .ended = NS_NONE},
		{.number = 4, .ended = at("2026-11-25T21:05:00.000000000Z")},
	};
	const struct journal_tally t = {.sessions = {sessions, 3, 3}};
	static const struct {
		uint32_t session;
		int64_t used_s;
	} cases[] = {{1, 0}, {2, 600}, {3, 900}, {4, 900}, {5, 900}, {6, 900}, {7, 930}};
	json_t *m = json_loads(manifest, 0, NULL);

	(void)state;
	assert_non_null(m);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(budget_used(m, &t, cases[i].session) / NS_PER_S, cases[i].used_s);
	json_decref(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
