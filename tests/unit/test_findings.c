/* test_findings.c - what is said, of much data and of little, and how. */
#include <math.h>
#include <string.h>

#include "analysed.h"
#include "unit.h"

static bool has_kind(const struct analysed *f, enum finding_kind kind)
{
	return analysed_find(f, kind, "") != NULL;
}

static void test_effect(void **state)
{
	static const double slower[] = {0, 0, 0, -0.10};
	struct splitplot c = analysed_plain();
	const struct finding *text;
	struct analysed f;

	(void)state;
	c.context_effect = slower;
	analysed_make(&f, &c);
	analysed_run(&f);
	text = analysed_find(&f, FIND_EFFECT, "throughput");
	assert_non_null(text);
	assert_contains(text->text, "num_ctx 4096 costs ");
	assert_contains(text->text, " % throughput against ");
	assert_contains(text->text, " for this prompt");
	assert_contains(text->filter, "num_ctx=");
	assert_contains(text->filter, "|4096");
	assert_int_equal(text->n, 36); /* two levels */
	analysed_expect(&f, FIND_EFFECT, "num_ctx 4096 adds ");
	analysed_expect(
		&f, FIND_NO_EFFECT, "temperature changes nothing in speed that this run could see");
	analysed_expect(&f, FIND_RUN, "72 of 72 requests ok in 11 min 59 s; 12 loads");
	analysed_expect(
		&f, FIND_LIMIT, "9 times in 10 this run would have found one level that is off");
	analysed_expect(&f, FIND_QUALITY, "answers were not graded");
	analysed_expect(&f, FIND_BEST, "of 12 different settings");
	analysed_expect(&f, FIND_BEST, "all with num_ctx 3072 or less");
	for (size_t i = 0; i < f.s.nfindings; i++) {
		char id[24];

		snprintf(id, sizeof(id), "F%zu", i + 1);
		assert_string_equal(f.s.findings[i].id, id);
		assert_null(strstr(f.s.findings[i].text, "nan"));
		assert_null(strstr(f.s.findings[i].text, "inf"));
		if (i > 0)
			assert_true(f.s.findings[i].strength <= f.s.findings[i - 1].strength);
	}
	analysed_release(&f);
}

/* Settings that differ by nothing: nobody is crowned. */
static void test_no_winner_in_the_noise(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	analysed_expect(&f, FIND_BEST,
		"no setting can be called the best in TTFT for this prompt: any of the 12 "
		"different settings may be it, about ");
	assert_in_range(f.s.best[METRIC_DECODE].different, 2, 12);
	assert_false(has_kind(&f, FIND_EFFECT));
	analysed_release(&f);
}

static void test_one_winner(void **state)
{
	static const double faster[] = {0, 0, 0, 0.3}, warmer[] = {0, 0.1, 0.2};
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	c.context_effect = faster;
	c.temperature_effect = warmer;
	c.prompts = 2;
	analysed_make(&f, &c);
	analysed_run(&f);
	analysed_expect(&f, FIND_BEST,
		"the best in throughput for these 2 prompts, of 12 different settings, is "
		"num_ctx=4096 num_gpu=0 temperature=0.6 at ");
	analysed_release(&f);
}

static void test_interaction(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	c.interaction = 0.2;
	analysed_make(&f, &c);
	analysed_run(&f);
	analysed_expect(&f, FIND_EFFECT,
		"what num_ctx does to throughput for this prompt depends on temperature (p below "
		"0.001)");
	analysed_release(&f);
}

static void test_alias(void **state)
{
	struct splitplot c = analysed_plain();
	const struct finding *text;
	struct analysed f;

	(void)state;
	c.gpus = 2;
	c.no_gpu = true;
	analysed_make(&f, &c);
	analysed_run(&f);
	text = analysed_find(&f, FIND_ALIAS, "");
	assert_non_null(text);
	assert_string_equal(text->text,
		"num_gpu: 0 and 10 are one setting; this server has no GPU: size_vram is 0 after "
		"every "
		"load");
	assert_int_equal(text->n, 144);
	assert_int_equal(f.s.cells[3].alias_of, 0); /* num_gpu 10 is num_gpu 0 */
	analysed_release(&f);
}

static void test_one_pass(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	c.passes = 1;
	analysed_make(&f, &c);
	analysed_run(&f);
	analysed_expect(&f, FIND_INCONCLUSIVE,
		"num_ctx is inconclusive for throughput and TTFT for this "
		"prompt: each setting was loaded once");
	analysed_expect(
		&f, FIND_INCONCLUSIVE, "`chimera resume --passes 3` costs 8 loads more, about ");
	analysed_expect(&f, FIND_BEST,
		"no setting can be called the best in throughput: each setting was "
		"loaded once");
	assert_string_equal(f.s.cells[0].metric[METRIC_DECODE].ci_why,
		"each setting was loaded once: a difference between loads cannot be told from a "
		"difference between settings");
	analysed_release(&f);
}

/* Passes that nobody would make are not counted out. */
static void test_many_passes(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	c.sd_load = 0.03;
	analysed_make(&f, &c);
	analysed_run(&f);
	analysed_expect(&f, FIND_INCONCLUSIVE,
		"num_ctx is inconclusive for throughput for this prompt: differences up to 9 % are "
		"not excluded, and the margin is 2 %; it would take more than 100 passes to find "
		"or "
		"exclude it");
	analysed_expect(&f, FIND_INCONCLUSIVE,
		"the margin is 5 %; about 10 passes would find or exclude it");
	analysed_release(&f);
}

/* Rows that name a prompt which the run does not list. */
static void test_unlisted_prompt(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	f.d.nprompts = 0;
	analysed_run(&f);
	assert_true(has_kind(&f, FIND_BEST));
	for (size_t i = 0; i < f.s.nfindings; i++)
		assert_null(strstr(f.s.findings[i].text, "(null)"));
	analysed_release(&f);
}

/* "1 row is", "2 rows are". */
static void test_suspect_rows(void **state)
{
	struct splitplot c = analysed_plain();

	(void)state;
	for (int n = 1; n <= 2; n++) {
		const struct metric_summary *m;
		struct analysed f;

		analysed_make(&f, &c);
		for (int i = 0; i < n; i++)
			f.d.rows[i].validity = ROW_SUSPECT;
		analysed_run(&f);
		analysed_expect(&f, FIND_AUDIT,
			n == 1 ? "1 row is suspect and counts; without it every verdict is the same"
			       : "2 rows are suspect and count; without them every verdict is the "
				 "same");
		assert_true(isfinite(f.s.effects[0].p_valid_only));
		m = &f.s.cells[f.d.rows[0].cell].metric[METRIC_DECODE];
		assert_true(m->estimate_valid_only != m->estimate);
		analysed_release(&f);
	}
}

/* Two wild rows make an effect, and it is said that they alone do. */
static void test_headline_without_suspects(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *r = &f.d.rows[i];

		if (f.d.cells[r->cell].level[2] != 2)
			continue;
		r->validity = ROW_SUSPECT;
		r->metric[METRIC_DECODE] *= r->cell % 2 ? 1.5 : 1.4;
	}
	analysed_run(&f);
	analysed_expect(&f, FIND_AUDIT, "temperature in throughput is no_effect");
	analysed_expect(&f, FIND_EFFECT, "temperature");
	analysed_release(&f);
}

static void test_failures(void **state)
{
	struct splitplot c = analysed_plain();
	const struct finding *text;
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	for (size_t i = 0, n = 0; i < f.d.nrows && n < 2; i++) {
		struct data_row *r = &f.d.rows[i];

		if (r->cell != 7)
			continue;
		r->ok = r->counts = false;
		r->status = 1;
		n++;
	}
	analysed_run(&f);
	text = analysed_find(&f, FIND_FAILURE, "");
	assert_non_null(text);
	assert_string_equal(text->text,
		"2 of 72 requests did not succeed: 2 timeout_first; all with num_ctx=3072 "
		"num_gpu=0 "
		"temperature=0.4 (2)");
	assert_int_equal(text->n, 2);
	analysed_release(&f);
}

static void test_missing_block_is_named(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *r = &f.d.rows[i];

		if (r->pass == 3 && f.d.cells[r->cell].block == 2)
			r->counts = r->ok = false;
	}
	analysed_run(&f);
	analysed_expect(&f, FIND_RUN, "pass 3 has no figures for num_ctx=3072 num_gpu=0");
	analysed_release(&f);
	analysed_make(&f, &c); /* passes of the other shards are not missed */
	for (size_t i = 0; i < f.d.nrows; i++)
		f.d.rows[i].counts = f.d.rows[i].ok = f.d.rows[i].pass == 3;
	f.d.shard = f.d.shards = 3;
	analysed_run(&f);
	assert_null(analysed_find(&f, FIND_RUN, "has no figures"));
	analysed_expect(&f, FIND_INCONCLUSIVE, "the other shards make the other passes");
	analysed_release(&f);
}

static void test_simulated(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	f.d.simulated = true;
	analysed_run(&f);
	assert_contains(f.s.findings[0].text, "SIMULATED");
	analysed_release(&f);
}

/* ---- what is left to say of little data ---- */

static void check_quiet(struct analysed *f)
{
	analysed_run(f);
	for (size_t i = 0; i < f->s.neffects; i++) {
		assert_true(isnan(f->s.effects[i].p));
		assert_int_equal(f->s.effects[i].verdict, VERDICT_INCONCLUSIVE);
		assert_true(strlen(f->s.effects[i].why) > 0);
	}
	assert_false(has_kind(f, FIND_EFFECT));
	assert_false(has_kind(f, FIND_NO_EFFECT));
	analysed_expect(f, FIND_RUN, "ok");
}

static void test_little_data(void **state)
{
	static const struct splitplot cases[] = {
		{.contexts = 1,
			.gpus = 1,
			.temperatures = 1,
			.prompts = 1,
			.passes = 1,
			.per_pass = 1},
		{.contexts = 1,
			.gpus = 1,
			.temperatures = 1,
			.prompts = 1,
			.passes = 3,
			.per_pass = 2,
			.sd_request = 0.01},
		{.contexts = 2,
			.gpus = 1,
			.temperatures = 1,
			.prompts = 1,
			.passes = 1,
			.per_pass = 1},
		{.contexts = 2,
			.gpus = 1,
			.temperatures = 2,
			.prompts = 1,
			.passes = 1,
			.per_pass = 1},
		{.contexts = 2,
			.gpus = 1,
			.temperatures = 2,
			.prompts = 1,
			.passes = 3,
			.per_pass = 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct analysed f;

		analysed_make(&f, &cases[i]);
		check_quiet(&f);
		analysed_release(&f);
	}
}

static void test_all_failed(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	for (size_t i = 0; i < f.d.nrows; i++) {
		f.d.rows[i].ok = f.d.rows[i].counts = false;
		f.d.rows[i].status = 1;
	}
	analysed_run(&f);
	assert_int_equal(f.s.neffects, 0);
	analysed_expect(&f, FIND_RUN, "0 of 72 requests ok");
	analysed_expect(&f, FIND_FAILURE, "72 of 72 requests did not succeed: 72 timeout_first");
	assert_int_equal(f.s.best[METRIC_DECODE].ncells, 0);
	analysed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_effect),
		cmocka_unit_test(test_no_winner_in_the_noise),
		cmocka_unit_test(test_one_winner),
		cmocka_unit_test(test_interaction),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_one_pass),
		cmocka_unit_test(test_many_passes),
		cmocka_unit_test(test_unlisted_prompt),
		cmocka_unit_test(test_suspect_rows),
		cmocka_unit_test(test_headline_without_suspects),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_missing_block_is_named),
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_little_data),
		cmocka_unit_test(test_all_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
