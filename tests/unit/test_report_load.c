/* test_report_load.c - the report of bursts, of scores, and of a run that decided its own length.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "analysed.h"
#include "fsx.h"
#include "report.h"
#include "str.h"
#include "unit.h"

static struct str write_report(struct analysed *f)
{
	const struct report_times times = {0.01, NAN, NAN};
	struct str text = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;

	analysed_run(f);
	if (report_write(&f->s, unit_path("."), "1.2.3", &times, NULL, &e) ||
		fsx_read(unit_path("report.md"), STR_MAX_FILE, &text, &e))
		fail_msg("%s", e.msg);
	return text;
}

/* The last temperature becomes a level that runs as bursts of 4 requests in flight, or of a rate.
 */
static void make_bursts(struct analysed *f, bool rate, bool overload)
{
	struct splitplot c = analysed_plain();
	struct dataset *d = &f->d;

	analysed_make(f, &c);
	d->manifest = json_object();
	d->bursts = arena_alloc(&d->arena, d->nrows, sizeof(*d->bursts));
	for (size_t i = 0; i < d->nrows; i++) {
		struct data_row *r = &d->rows[i];

		if (d->cells[r->cell].level[2] != 2)
			continue;
		r->burst = 1;
		r->concurrency = rate ? 1 : 4;
		r->rate = rate ? 2 : (double)NAN;
		r->metric[METRIC_SYSTEM] = r->metric[METRIC_DECODE] * 3;
		r->metric[METRIC_GOODPUT] = (double)(i % 3);
		d->bursts[d->nbursts++] = (struct data_burst){.cell = r->cell,
			.load = r->load,
			.burst = 1,
			.concurrency = r->concurrency,
			.rate = r->rate,
			.rows = 1,
			.at_once = 2,
			.system_tok_s = r->metric[METRIC_SYSTEM],
			.goodput_rps = NAN,
			.overload = overload};
	}
}

static void test_closed_loop(void **state)
{
	struct analysed f;
	struct str text;

	(void)state;
	make_bursts(&f, false, false);
	f.d.goodput.ttft_ms = 500;
	f.d.goodput.tpot_ms = 20.5;
	text = write_report(&f);
	assert_contains(text.s, "**Bursts: all requests of a setting together (95 % interval)**");
	assert_contains(text.s, "System throughput, tok/s | Goodput, req/s | Mark |");
	assert_contains(text.s, "queue: decodes 2 at a time");
	assert_contains(
		text.s, "a request is good with TTFT within 500 ms and TPOT within 20.5 ms");
	assert_contains(text.s, "### 4. For many requests at once");
	assert_contains(text.s, "Users wait in a queue");
	assert_contains(text.s, "| goodput | requests a second that meet every stated limit");
	assert_null(strstr(text.s, "from due, ms")); /* nothing was due */
	str_release(&text);
	analysed_release(&f);
}

static void test_overload(void **state)
{
	struct analysed f;
	struct str text;

	(void)state;
	make_bursts(&f, true, true);
	text = write_report(&f);
	assert_contains(text.s, "TTFT p95 from due, ms | Mark |");
	assert_contains(text.s, "more than it takes |");
	assert_contains(text.s, "goodput is not given, since no limits were stated");
	assert_contains(text.s, "More requests than the server takes");
	/* The only setting with a figure is one it does not take. */
	assert_contains(text.s, "No burst has a figure to choose by.");
	assert_contains(text.s, "What was sent is more than this server takes"); /* first of all */
	assert_null(strstr(text.s, "free to choose, as far as this goes: temperature"));
	str_release(&text);
	analysed_release(&f);
}

static void test_scores(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;
	struct str text;

	(void)state;
	c.prompts = 40;
	c.per_pass = 1;
	analysed_make(&f, &c);
	f.d.manifest = json_object();
	f.d.margin[METRIC_SCORE] = 0.05;
	for (size_t p = 0; p < f.d.nprompts; p++)
		f.d.suite[p].kind = p % 2 ? "arithmetic" : "a | b";
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *r = &f.d.rows[i];

		r->metric[METRIC_SCORE] = f.d.cells[r->cell].level[2] == 2 && r->prompt % 2 ? 0 : 1;
	}
	text = write_report(&f);
	assert_contains(text.s, "**Scores, by factor, question against question**");
	assert_contains(text.s, "effect: 0.6 gives 0.50 lower score than 0.2");
	assert_contains(text.s, "A difference of 0.05 was said to matter before the run");
	assert_contains(text.s, "**Mean scores by kind of question (95 % interval)**");
	assert_contains(
		text.s, "| Kind of question | Questions | All settings | temperature 0.2 |");
	assert_contains(text.s, "| arithmetic | 20 | 0.67 ");
	assert_null(strstr(text.s, "| a | b |")); /* a name breaks no table */
	/* Effects on the score stand in their own table alone. */
	assert_null(strstr(text.s, "| Score | 0.6 gives"));
	str_release(&text);
	analysed_release(&f);
}

static void test_adaptive(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;
	struct str text;

	(void)state;
	analysed_make(&f, &c);
	f.d.manifest = json_object();
	f.d.until = 0.025;
	f.d.passes_planned = 9;
	f.d.ended = "enough";
	text = write_report(&f);
	assert_contains(text.s, "**Each setting: estimate (97 % interval)**");
	assert_contains(text.s,
		"- **Passes:** 3 of at most 9 were made: that was enough. It was to "
		"stop when the ratio of any two levels is known within 2.5 %: the "
		"widest, ");
	assert_contains(text.s, "intervals are made at 97 % so that 95 % hold");
	assert_null(strstr(text.s, "The run is not complete"));
	assert_null(strstr(text.s, "(95 % interval)"));
	str_release(&text);
	analysed_release(&f);
}

/* num_gpu follows num_ctx level by level: one effect, told once. */
static void test_in_step(void **state)
{
	static const double effect[] = {0, -0.1, -0.2};
	struct splitplot c = analysed_plain();
	struct analysed f;
	struct str text;

	(void)state;
	c.contexts = 3;
	c.context_effect = effect;
	analysed_make(&f, &c);
	f.d.manifest = json_object();
	f.d.factors[1] = f.d.factors[0];
	f.d.factors[1].name = f.d.factors[1].column = "num_batch";
	for (size_t i = 0; i < f.d.ncells; i++)
		f.d.cells[i].level[1] = f.d.cells[i].level[0];
	text = write_report(&f);
	assert_contains(text.s,
		"num_batch varied in step with num_ctx: what is said of num_ctx is "
		"said of both");
	assert_contains(text.s, "- **num_batch:** varied in step with num_ctx.");
	assert_int_equal(f.s.in_step[1], 0);
	for (size_t i = 0; i < f.s.neffects; i++)
		assert_null(strstr(f.s.effects[i].factor, "num_batch"));
	analysed_expect(&f, FIND_EFFECT, "num_ctx 3072 costs ");
	str_release(&text);
	analysed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_loop),
		cmocka_unit_test(test_overload),
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_adaptive),
		cmocka_unit_test(test_in_step),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
