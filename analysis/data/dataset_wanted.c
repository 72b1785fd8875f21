/* dataset_wanted.c - the columns of runs.csv that make a dataset. */
#include <string.h>

#include "bug.h"
#include "dataset_build.h"
#include "jsonx.h"

static const struct {
	const char *name;
	enum scan_kind kind;
	bool needed;
} columns[IN_METRIC] = {
	[IN_RUN_ID] = {"run_id", SCAN_HASH, true},
	[IN_CELL_ID] = {"cell_id", SCAN_TEXT, true},
	[IN_PHASE] = {"phase", SCAN_TEXT, true},
	[IN_STATUS] = {"status", SCAN_TEXT, true},
	[IN_LOAD_ID] = {"load_id", SCAN_TEXT, false},
	[IN_BLOCK] = {"block", SCAN_NUMBER, false},
	[IN_PASS] = {"pass", SCAN_NUMBER, false},
	[IN_SERVER] = {"server", SCAN_TEXT, false},
	[IN_PROMPT_ID] = {"prompt_id", SCAN_TEXT, false},
	[IN_ORDER] = {"order", SCAN_NUMBER, false},
	[IN_SESSION] = {"session", SCAN_NUMBER, false},
	[IN_ATTEMPT] = {"attempt", SCAN_NUMBER, false},
	[IN_CONCURRENCY] = {"concurrency", SCAN_NUMBER, false},
	[IN_RATE] = {"rate", SCAN_NUMBER, false},
	[IN_BURST] = {"burst", SCAN_NUMBER, false},
	[IN_ERROR] = {"error", SCAN_TEXT, false},
	[IN_ANSWER] = {"response_sha256", SCAN_HASH, false},
	[IN_VALIDITY] = {"validity", SCAN_TEXT, false},
	[IN_PAID_LOAD] = {"paid_load", SCAN_NUMBER, false},
	[IN_STARTED_AT] = {"started_at", SCAN_TIME, false},
	[IN_CLIENT_QUEUE] = {"client_queue_ms", SCAN_NUMBER, false},
	[IN_DONE] = {"done_ms", SCAN_NUMBER, false},
	[IN_PROMPT_EVAL] = {"prompt_eval_ms", SCAN_NUMBER, false},
	[IN_PROMPT_TOKENS] = {"prompt_tokens", SCAN_NUMBER, false},
	[IN_OUTPUT_TOKENS] = {"output_tokens", SCAN_NUMBER, false},
	[IN_LOOP_LAG] = {"loop_lag_max_us", SCAN_NUMBER, false},
	[IN_TIMESTAMP_SOURCE] = {"timestamp_source", SCAN_TEXT, false},
	[IN_STAMP_BOUND] = {"stamp_bound_us", SCAN_NUMBER, false},
	[IN_SEND] = {"send_us", SCAN_NUMBER, false},
	[IN_CHUNKS] = {"chunks", SCAN_NUMBER, false},
	[IN_ITL_UNRESOLVED] = {"itl_unresolved", SCAN_NUMBER, false},
	[IN_MULTI_LINE_READS] = {"multi_line_reads", SCAN_NUMBER, false},
	[IN_STREAMS] = {"streams", SCAN_NUMBER, false},
	[IN_CPU_SHARE] = {"cpu_share", SCAN_NUMBER, false},
	[IN_EFF_NUM_CTX] = {"eff_num_ctx", SCAN_NUMBER, false},
	[IN_OFFLOAD] = {"offload_fraction", SCAN_NUMBER, false},
};

bool build_has_column(const struct scan *s, const char *name)
{
	for (size_t i = 0; i < scan_ncolumns(s); i++) {
		if (strcmp(scan_column_name(s, i), name) == 0)
			return true;
	}
	return false;
}

void build_want(struct build *b, enum in_column column, bool wanted)
{
	b->wanted[column].name = wanted ? columns[column].name : "(not wanted)\n";
}

/* Whether there may be bursts.  If the sweep hides them, the scan finds out and begins again. */
static bool may_have_bursts(const struct dataset *d)
{
	const json_t *factors = json_object_get(d->sweep, "factors");

	return json_object_get(factors, "concurrency") || json_object_get(factors, "rate") ||
		jsonx_get_number(d->sweep, "concurrency") > 1 ||
		jsonx_get_number(d->sweep, "rate") > 0;
}

int build_wanted(struct build *b, const struct scan *s, struct err *e)
{
	struct dataset *d = b->d;
	const char *where = b->options->where;

	b->wanted = xcalloc(IN_FACTOR + d->nfactors + scan_ncolumns(s), sizeof(*b->wanted));
	for (size_t i = 0; i < IN_METRIC; i++) {
		b->wanted[i] = (struct scan_wanted){columns[i].name, columns[i].kind};
		if (columns[i].needed && !build_has_column(s, columns[i].name))
			return err_set(e, ERR_JOURNAL, "%s: it has no column %s", b->source.path,
				columns[i].name);
	}
	for (size_t m = 0; m < METRIC_COUNT; m++)
		b->wanted[IN_METRIC + m] =
			(struct scan_wanted){metric_specs[m].column, SCAN_NUMBER};
	for (size_t f = 0; f < d->nfactors; f++)
		b->wanted[IN_FACTOR + f] = (struct scan_wanted){d->factors[f].column, SCAN_TEXT};
	b->nwanted = IN_FACTOR + d->nfactors;
	b->rates = may_have_bursts(d);
	b->guesses = !b->has_loads;
	return where ? where_open(&b->where, where, s, b->wanted, &b->nwanted, e) : 0;
}
