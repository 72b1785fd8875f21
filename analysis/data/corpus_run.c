/* corpus_run.c - the rows of a run of ours, pooled as one subject beside those of other files. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "dataset.h"
#include "jsonx.h"

/* Measures of a run and what they are called among other files'. */
static const struct {
	enum metric metric;
	const char *quantity;
} known[] = {
	{METRIC_DECODE, "throughput"},
	{METRIC_TTFT, "ttft"},
	{METRIC_TPOT, "tpot"},
	{METRIC_E2E, "e2el"},
	{METRIC_PREFILL, "prefill_rate"},
	{METRIC_SCORE, "score"},
};

static void begin(struct part *p, struct loaded *l, const struct dataset *d, const char *name)
{
	const char *model = jsonx_get_string(d->sweep, "model");

	*p = (struct part){.place = "",
		.title = "",
		.has_load = true,
		.nmeasures = COUNTOF(known),
		.sweep = STR_INIT(STR_MAX_FILE)};
	for (size_t i = 0; i < COUNTOF(known); i++)
		p->measure[i] = (struct meaning){.part = PART_MEASURE,
			.quantity = known[i].quantity,
			.label = d->metrics[known[i].metric].label,
			.canonical = d->metrics[known[i].metric].unit,
			.unit = {.name = ""},
			.better = d->metrics[known[i].metric].better};
	names_number(&p->subjects, &l->arena, name, strlen(name), PART_MOST_SUBJECTS);
	*VEC_PUSH(&p->models) = model ? arena_str(&l->arena, model) : NULL;
}

static void add_row(struct part *p, const struct dataset *d, const struct data_row *r)
{
	bool failed = !r->ok || r->validity == ROW_INVALID;

	if (failed)
		*VEC_PUSH(&p->failures) = (struct part_failure){
			.row = (uint32_t)p->nrows, .why = r->ok ? "invalid" : d->status[r->status]};
	for (size_t i = 0; i < COUNTOF(known); i++)
		*VEC_PUSH(&p->value[i]) = failed ? NAN : r->metric[known[i].metric];
	*VEC_PUSH(&p->subject) = 0;
	*VEC_PUSH(&p->line) = r->line;
	*VEC_PUSH(&p->flags) = (uint8_t)(ROW_LOAD_KNOWN | (failed ? ROW_FAILED : 0) |
		(r->paid_load ? ROW_COLD : 0));
	*VEC_PUSH(&p->load_s) = NAN;
	*VEC_PUSH(&p->identity) = 0;
	*VEC_PUSH(&p->coarse) = 0;
	if (r->prompt != DATA_NONE)
		keymap_number(&p->prompt_map, 0, r->prompt);
	p->nrows++;
}

/* "gemma3:270m, run NAME". */
static const char *subject_name(struct arena *a, const struct dataset *d, const char *run)
{
	const char *model = jsonx_get_string(d->sweep, "model");

	return model ? arena_fmt(a, "%s, run %s", model, run) : arena_fmt(a, "run %s", run);
}

int growing_take_run(struct growing *g, uint32_t i, struct err *e)
{
	struct corpus *c = g->c;
	struct corpus_file *f = &c->files[i];
	struct loaded l = {.continues = CORPUS_NONE, .enough = &g->enough};
	struct loaded_table *t;
	struct dataset d;
	struct part *p;

	if (dataset_open(&d, f->of->path, NULL, e))
		return -1;
	p = arena_alloc(&l.arena, 1, sizeof(*p));
	begin(p, &l, &d, subject_name(&l.arena, &d, f->of->name));
	for (size_t k = 0; k < d.nrows; k++) {
		const struct data_row *r = &d.rows[k];

		if (r->phase == ROW_MEASURE && r->concurrency <= 1)
			add_row(p, &d, r);
	}
	t = VEC_PUSH(&l.tables);
	*t = (struct loaded_table){
		.place = "", .title = "", .use = CORPUS_ROWS, .part = p, .rows = p->nrows};
	l.facts.bytes = f->of->bytes;
	l.facts.tables = 1;
	if (d.fold) /* of a long run not all rows are kept */
		*VEC_PUSH(&l.notes) = (struct corpus_note){
			.why = arena_fmt(&l.arena,
				"only %zu of its rows stand beside those of other files; its own "
				"findings are of all",
				p->nrows)};
	l.notes_in_all = l.notes.n;
	growing_take_run_part(g, i, &l);
	dataset_release(&d);
	loaded_release(&l);
	return 0;
}
