/* fake_ledger.h - rows of a run kept in memory, as a journal would: the runner's past in a test. */
#ifndef TESTS_FAKE_LEDGER_H
#define TESTS_FAKE_LEDGER_H

#include "fake_plan.h"
#include "runner.h"

/* What is known of a run_id. */
struct fake_row {
	char run_id[HASH_ID_TEXT];
	uint32_t attempts, good, invalid, final, failed;
	bool warmup, burst;
};

struct fake_ledger {
	struct {
		struct fake_row *v;
		size_t n, cap;
	} rows;
	uint32_t *places; /* hash table of row numbers from 1, 0 empty; nplaces is a power of 2 */
	size_t nplaces;
	const struct plan *plan;
	uint32_t *oom_loads; /* [nservers][nblocks] */
	uint32_t loads;      /* rows of loads.csv */
};

void fake_ledger_init(struct fake_ledger *l, const struct plan *p);
/* A copy that does not go on counting. */
void fake_ledger_copy(struct fake_ledger *to, const struct fake_ledger *from);
void fake_ledger_release(struct fake_ledger *l);
struct runner_past fake_ledger_past(struct fake_ledger *l);

/* A row; false if it is not the next attempt, or an item (no warm-up) that is done already. */
bool fake_ledger_add(struct fake_ledger *l, const struct item *it, enum phase phase,
	uint32_t attempt, enum status status, enum validity validity);
void fake_ledger_add_load(struct fake_ledger *l, const struct load *load);
/* NULL if there is none. */
const struct fake_row *fake_ledger_find(const struct fake_ledger *l, const char *run_id);

/* The run_ids of the plan: done, never tried, tried without a row that counts. */
struct fake_count {
	uint64_t planned, done, untried, only_failed;
};
struct fake_count fake_ledger_count(const struct fake_ledger *l, const struct plan *p);

#endif
