/* budget_left.c - the budget less the length of the sessions so far. */
#include "budget_left.h"

#include "budget.h"
#include "manifest.h"

static ns as_ns(double seconds)
{
	return seconds < 1e9 ? (ns)(seconds * (double)NS_PER_S) : (ns)1000000000 * NS_PER_S;
}

static void find_used(
	const struct sweep *s, const char *dir, uint32_t session, struct budget_left *ret)
{
	struct err ignored = ERR_INIT;
	struct row_schema schema;
	struct journal_tally t;
	json_t *manifest = manifest_load(dir, &ignored);

	row_schema_init(&schema, s);
	if (manifest && journal_tally_read(&t, dir, &schema, &ignored) == 0) {
		ret->used = budget_used(manifest, &t, session);
		ret->longest_pass = t.longest_pass;
		journal_tally_release(&t);
	}
	json_decref(manifest);
}

void budget_left_find(
	struct budget_left *ret, const struct sweep *s, const char *dir, uint32_t session)
{
	ns budget = as_ns(s->budget_s);

	*ret = (struct budget_left){.left = NS_NONE};
	if (!(s->budget_s > 0))
		return;
	if (session > 1)
		find_used(s, dir, session, ret);
	ret->left = budget > ret->used ? budget - ret->used : 0;
}
