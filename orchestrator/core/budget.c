/* budget.c - see budget.h. */
#include "budget.h"

#include <string.h>

#include "jsonx.h"

static ns time_of(const json_t *session, const char *key)
{
	const char *text = jsonx_get_string(session, key);

	return text ? clock_parse_iso(text, strlen(text)) : NS_NONE;
}

/* NS_NONE: it has no row that was sent. */
static ns last_row_of(const struct journal_tally *t, uint32_t number)
{
	for (size_t i = 0; i < t->sessions.n; i++) {
		if (t->sessions.v[i].number == number)
			return t->sessions.v[i].ended;
	}
	return NS_NONE;
}

static ns length_of(const json_t *session, const struct journal_tally *t, uint32_t number)
{
	ns from = time_of(session, "started"), to = time_of(session, "ended");

	if (to == NS_NONE) /* it was killed */
		to = last_row_of(t, number);
	return from != NS_NONE && to > from ? to - from : 0;
}

ns budget_used(const json_t *manifest, const struct journal_tally *t, uint32_t session)
{
	const json_t *one;
	ns sum = 0;
	size_t i;

	json_array_foreach (json_object_get(manifest, "sessions"), i, one) {
		json_int_t number = json_integer_value(json_object_get(one, "number"));

		if (number > 0 && number < (json_int_t)session)
			sum += length_of(one, t, (uint32_t)number);
	}
	return sum;
}
