/* rehearse.c - one rehearsal: schedule, rows, analysis. */
#include "rehearse.h"

#include "best.h"
#include "bug.h"
#include "precision.h"

int rehearse_read(struct dataset *d, const struct rehearse_stage *stage,
	const struct rehearse_rows *rows, const char *ended, struct err *e)
{
	json_t *manifest = json_pack("{s:[{s:i, s:s}]}", "sessions", "number", 1, "ended", ended);
	struct dataset_text text = {.name = "rehearsal",
		.runs = rows->runs.s,
		.runs_len = rows->runs.len,
		.loads = rows->loads.s,
		.loads_len = rows->loads.len,
		.sweep = stage->sweep,
		.manifest = manifest};
	int failed;

	if (!manifest)
		BUG("no memory for a manifest");
	failed = dataset_from_text(d, &text, e);
	json_decref(manifest);
	return failed;
}

/* The same question that a run asks after a pass. */
static bool look(const struct rehearse_stage *stage, const struct rehearse_rows *rows)
{
	struct err ignored = ERR_INIT;
	struct precision p;
	struct dataset d;

	if (rehearse_read(&d, stage, rows, "", &ignored))
		return false;
	precision_find(&p, &d);
	dataset_release(&d);
	return p.widest <= stage->plan->sweep->until;
}

static void analyse(struct rehearse_run *run, bool best)
{
	struct arena *arena = &run->data.arena;
	struct alias_finding *aliases;
	size_t naliases;

	effective_find(&run->eff, &run->data, arena, &aliases, &naliases);
	for (int m = 0; m < METRIC_COUNT; m++) {
		struct strata *s = &run->strata[m];

		run->best[m] = (struct best_set){.metric = (enum metric)m};
		if (!metric_specs[m].primary) {
			*s = (struct strata){
				.metric = (enum metric)m, .why = "only the family is rehearsed"};
			continue;
		}
		strata_fit(s, &run->data, &run->eff, (enum metric)m, false, arena);
		if (best)
			best_find(&run->best[m], s, &run->data, &run->eff, arena);
	}
	effects_make(&run->effects, &run->data, &run->eff, run->strata, arena);
}

int rehearse_play(struct rehearse_run *run, const struct rehearse_stage *stage, uint64_t seed,
	bool best, struct err *e)
{
	struct rehearse_rows rows;
	int failed;

	*run = (struct rehearse_run){0};
	if (rehearse_perform(&rows, stage, seed, look, e))
		return -1;
	failed = rehearse_read(&run->data, stage, &rows, rows.enough ? "enough" : "complete", e);
	run->seconds = rows.seconds;
	run->loads = rows.nloads;
	run->requests = rows.requests;
	run->passes = rows.passes;
	run->enough = rows.enough;
	rehearse_rows_release(&rows);
	if (failed)
		return -1;
	analyse(run, best);
	return 0;
}

void rehearse_release(struct rehearse_run *run)
{
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&run->strata[m]);
	dataset_release(&run->data);
}
