/* test_findings_load.c - what is said of queues, of rates that are too much, of memory that spills,
 * and of how many passes there were. */
#include <math.h>
#include <string.h>

#include "analysed.h"
#include "precision.h"
#include "unit.h"

/* ---- bursts ---- */

/* temperature becomes concurrency 1, 4, 8: bursts of which the server serves `serves` at a time. */
static void make_bursts(struct analysed *f, const uint32_t serves[4])
{
	static const uint32_t levels[] = {1, 4, 8};
	struct splitplot c = analysed_plain();
	struct dataset *d = &f->d;

	analysed_make(f, &c);
	d->factors[2].name = d->factors[2].column = "concurrency";
	for (uint32_t i = 0; i < 3; i++) {
		d->factors[2].value[i] = d->factors[2].sent[i] = levels[i];
		d->factors[2].level[i] = arena_fmt(&d->arena, "%u", levels[i]);
	}
	d->bursts = arena_alloc(&d->arena, d->nrows, sizeof(*d->bursts));
	for (size_t i = 0; i < d->nrows; i++) {
		struct data_row *r = &d->rows[i];
		uint32_t concurrency = levels[d->cells[r->cell].level[2]];
		uint32_t slots = serves[d->cells[r->cell].level[0]];

		r->concurrency = concurrency;
		r->burst = concurrency > 1;
		if (r->burst)
			d->bursts[d->nbursts++] = (struct data_burst){.cell = r->cell,
				.load = r->load,
				.burst = 1,
				.concurrency = concurrency,
				.rate = NAN,
				.rows = 1,
				.at_once = concurrency < slots ? concurrency : slots,
				.system_tok_s = 100,
				.goodput_rps = NAN};
	}
}

static void test_queue(void **state)
{
	static const uint32_t one[] = {1, 1, 1, 1}, four[] = {4, 4, 4, 4}, less[] = {8, 8, 8, 2},
			      plenty[] = {8, 8, 8, 8};
	const struct finding *text;
	struct analysed f;

	(void)state;
	make_bursts(&f, one);
	analysed_run(&f);
	text = analysed_find(&f, FIND_LOAD, "queue: this server decodes 1 at a time");
	assert_non_null(text);
	assert_contains(text->text, "at concurrency 4 and 8 the other requests wait");
	assert_string_equal(text->filter, "phase=measure status=ok concurrency=4|8");
	assert_int_equal(text->n, 48);
	assert_true(f.s.cells[1].queued && f.s.cells[2].queued);
	assert_false(f.s.cells[0].queued); /* one at a time waits for nobody */
	analysed_release(&f);
	make_bursts(&f, four);
	analysed_run(&f);
	analysed_expect(&f, FIND_LOAD, "decodes 4 at a time; at concurrency 8 the other");
	analysed_release(&f);
	make_bursts(&f, less); /* a large context leaves room for two */
	analysed_run(&f);
	analysed_expect(&f, FIND_LOAD, "decodes 2 at a time with num_ctx=4096; at concurrency 4");
	analysed_release(&f);
	make_bursts(&f, plenty);
	analysed_run(&f);
	analysed_expect(&f, FIND_LOAD, "no queue: the server worked on 8 requests at a time");
	assert_null(analysed_find(&f, FIND_LOAD, "queue: this server decodes"));
	analysed_release(&f);
}

static void test_overload(void **state)
{
	static const uint32_t plenty[] = {8, 8, 8, 8};
	const struct finding *text;
	struct analysed f;

	(void)state;
	make_bursts(&f, plenty);
	for (size_t i = 0; i < f.d.nbursts; i++) {
		f.d.bursts[i].rate = f.d.bursts[i].concurrency / 2;
		f.d.bursts[i].overload = f.d.bursts[i].concurrency == 8;
	}
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *r = &f.d.rows[i];

		if (r->concurrency == 8 && i % 2) {
			r->ok = r->counts = false;
			r->overload = true;
			r->status = 1;
		}
	}
	analysed_run(&f);
	text = analysed_find(&f, FIND_FAILURE, "4 requests a second is more than this server");
	assert_non_null(text);
	assert_string_equal(text->filter, "phase=measure status=skipped rate=4");
	/* They are said once: nothing else failed. */
	assert_null(analysed_find(&f, FIND_FAILURE, "did not succeed"));
	assert_true(f.s.cells[2].overload);
	assert_true(isnan(f.s.cells[2].metric[METRIC_TTFT].p50));
	assert_contains(f.s.cells[2].metric[METRIC_TTFT].median_why, "grows as long as");
	assert_false(f.s.cells[1].overload);
	analysed_release(&f);
}

/* However many rates are too much, each is named. */
static void test_many_rates(void **state)
{
	struct splitplot c = analysed_plain();
	const struct finding *text;
	struct analysed f;

	(void)state;
	c.temperatures = 70;
	analysed_make(&f, &c);
	f.d.bursts = arena_alloc(&f.d.arena, f.d.nrows, sizeof(*f.d.bursts));
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *r = &f.d.rows[i];

		r->burst = 1;
		r->rate = 100 + f.d.cells[r->cell].level[2];
		f.d.bursts[f.d.nbursts++] = (struct data_burst){.cell = r->cell,
			.load = r->load,
			.burst = 1,
			.concurrency = 1,
			.rate = r->rate,
			.rows = 1,
			.at_once = 1,
			.system_tok_s = 100,
			.goodput_rps = NAN,
			.overload = true};
	}
	analysed_run(&f);
	text = analysed_find(&f, FIND_FAILURE, "requests a second are more than this server");
	assert_non_null(text);
	assert_contains(text->text, "100, 101, 102");
	assert_contains(text->text, "164, 165, 166, 167, 168 and 169 requests");
	assert_contains(text->filter, "|164|165|166|167|168|169");
	analysed_release(&f);
}

/* ---- spill ---- */

static void spill(struct analysed *f, double ratio, double vram)
{
	double effects[] = {0, 0, log(ratio), log(ratio)};
	struct splitplot c = analysed_plain();

	c.context_effect = effects;
	analysed_make(f, &c);
	for (size_t i = 0; i < f->d.nloads; i++) {
		f->d.loads[i].size = 1e9 + 1e6 * f->d.loads[i].block;
		f->d.loads[i].size_vram = vram * f->d.loads[i].size;
	}
	analysed_run(f);
}

static void test_spill(void **state)
{
	const struct finding *text;
	struct analysed f;

	(void)state;
	spill(&f, 0.4, 1);
	text = analysed_find(&f, FIND_LOAD, "probably spilled to shared memory");
	assert_non_null(text);
	assert_contains(text->text,
		"num_ctx 3072 decodes at 40 % of the rate of 2048, with the "
		"same 100 % of the model on the GPU");
	assert_contains(text->filter, "num_ctx=2048|3072");
	assert_int_equal(text->n, 36);
	analysed_release(&f);
	spill(&f, 0.6, 1); /* slower, but not by half */
	assert_null(analysed_find(&f, FIND_LOAD, "spilled"));
	analysed_release(&f);
	spill(&f, 0.4, 0); /* without a GPU there is nothing to spill */
	assert_null(analysed_find(&f, FIND_LOAD, "spilled"));
	analysed_release(&f);
}

/* Less of the model on the GPU explains it. */
static void test_no_spill_where_less_is_offloaded(void **state)
{
	static const double slower[] = {0, 0, -1, -1};
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	c.context_effect = slower;
	analysed_make(&f, &c);
	for (size_t i = 0; i < f.d.nloads; i++) {
		f.d.loads[i].size = 1e9 + 1e6 * f.d.loads[i].block;
		f.d.loads[i].size_vram = f.d.loads[i].size * (f.d.loads[i].block < 2 ? 1 : 0.5);
	}
	analysed_run(&f);
	assert_null(analysed_find(&f, FIND_LOAD, "spilled"));
	analysed_release(&f);
}

/* ---- how many passes ---- */

static void test_adaptive(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f, fixed;
	const struct metric_summary *wide, *narrow;
	struct precision p;

	(void)state;
	analysed_make(&fixed, &c);
	analysed_run(&fixed);
	analysed_make(&f, &c);
	f.d.until = 0.02;
	f.d.passes_planned = 8;
	f.d.ended = "enough";
	analysed_run(&f);
	analysed_expect(&f, FIND_RUN,
		"it stopped after 3 of at most 8 passes; the ratios between "
		"levels are known within ");
	analysed_expect(&f, FIND_RUN, "2 % was asked for");
	assert_null(analysed_find(&f, FIND_RUN, "chimera resume"));
	assert_true(f.s.widest > 0 && f.s.widest < 0.1);
	assert_true(isnan(fixed.s.widest));
	precision_find(&p, &f.d); /* what the looks went by */
	assert_double(f.s.widest, p.widest);
	assert_string_equal(f.s.widest_factor, p.factor);
	/* All intervals are made at 97 %, and nothing else changes. */
	wide = &f.s.cells[0].metric[METRIC_DECODE];
	narrow = &fixed.s.cells[0].metric[METRIC_DECODE];
	assert_double(wide->estimate, narrow->estimate);
	assert_true(wide->ci_low < narrow->ci_low && wide->ci_high > narrow->ci_high);
	for (size_t i = 0; i < f.s.neffects; i++) {
		const struct effect *x = &f.s.effects[i], *y = &fixed.s.effects[i];

		assert_double(x->p, y->p);
		assert_int_equal(x->verdict, y->verdict);
		if (x->nlevels > 1 && isfinite(y->levels[1].ci_low))
			assert_true(x->levels[1].ci_low < y->levels[1].ci_low);
	}
	analysed_release(&f);
	analysed_release(&fixed);
}

static void test_budget(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	f.d.sweep = json_pack("{s:i, s:i, s:[s,s]}", "per_pass", 1, "priority_kept", 1, "priority",
		"num_ctx < 3000", "num_ctx < 4000");
	f.d.budget_s = 3600;
	f.d.passes_planned = 5;
	f.d.ended = "budget";
	analysed_run(&f);
	analysed_expect(&f, FIND_RUN, "the budget of 1 h 00 min ended it after 3 of 5 passes");
	analysed_expect(&f, FIND_RUN,
		"1 request of each cell and prompt in each; of the cells "
		"those of the first 1 of 2 priorities were kept");
	analysed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_overload),
		cmocka_unit_test(test_many_rates),
		cmocka_unit_test(test_spill),
		cmocka_unit_test(test_no_spill_where_less_is_offloaded),
		cmocka_unit_test(test_adaptive),
		cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
