/* Axes of charts: what varies together is one, and what cannot be compared has no panel. */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "chart_axes.h"

static json_t *cells;

static void begin(void)
{
	cells = json_array();
}

/* A cell of three factors with its throughput. */
static void cell(int ctx, int batch, int top_k, double speed)
{
	json_array_append_new(cells,
		json_pack("{s:s, s:{s:i, s:i, s:i}, s:i, s:{}, s:{s:{s:f, s:f, s:f}}}", "cell_id",
			"c", "settings", "num_ctx", ctx, "num_batch", batch, "top_k", top_k, "n", 3,
			"failed", "metrics", "decode_tok_s", "estimate", speed, "ci_low", speed - 1,
			"ci_high", speed + 1));
}

static void load(struct chart_data *d)
{
	json_t *root = json_pack("{s:o}", "cells", cells);
	struct err e = ERR_INIT;

	json_dump_file(root, unit_path("summary.json"), 0);
	json_decref(root);
	if (chart_data_load(d, unit_path("."), &e))
		fail_msg("%s", e.msg);
}

/* num_ctx and num_batch row by row, both levels of top_k. */
static void load_linked(struct chart_data *d)
{
	static const int batch[3] = {128, 256, 512}, ctx[3] = {1024, 2048, 4096};

	begin();
	for (int i = 0; i < 3; i++) {
		cell(ctx[i], batch[i], 10, 100 - 10 * i);
		cell(ctx[i], batch[i], 40, 101 - 10 * i);
	}
	load(d);
}

static void test_what_varies_together_is_one_axis(void **state)
{
	struct chart_data d;
	struct chart_axes a;

	(void)state;
	load_linked(&d);
	assert_int_equal(d.nfactors, 3);
	assert_true(chart_in_step(&d, 0, 1));
	assert_false(chart_in_step(&d, 0, 2));
	chart_axes_make(&a, &d, CHART_THROUGHPUT);
	assert_int_equal(a.n, 2);
	/* What does most comes first: 20 % against 1 %. */
	assert_string_equal(a.v[0].factor.name, "num_ctx, num_batch");
	assert_int_equal(a.v[0].factor.nlevels, 3);
	assert_string_equal(a.v[0].factor.level[1].name, "2048, 256");
	assert_int_equal(a.v[0].level[4], 2);
	assert_string_equal(a.v[1].factor.name, "top_k");
	chart_axes_release(&a);
	chart_data_release(&d);
}

/* A list of pairs that is no zip: three of nine. */
static void test_a_list_is_one_axis(void **state)
{
	struct chart_data d;
	struct chart_axes a;

	(void)state;
	begin();
	for (int k = 10; k <= 40; k += 30) {
		cell(1024, 128, k, 100);
		cell(1024, 256, k, 90);
		cell(2048, 512, k, 80);
		cell(4096, 512, k, 70);
	}
	load(&d);
	assert_false(chart_in_step(&d, 0, 1));
	chart_axes_make(&a, &d, CHART_THROUGHPUT);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.v[0].factor.nlevels, 4);
	assert_string_equal(a.v[0].factor.level[3].name, "4096, 512");
	chart_axes_release(&a);
	chart_data_release(&d);
}

static uint32_t count_common(const struct chart_data *d, uint32_t f)
{
	bool use[16];
	uint32_t n = 0;

	assert_true(d->ncells <= 16);
	assert_true(chart_common(d, f, CHART_THROUGHPUT, use));
	for (uint32_t i = 0; i < d->ncells; i++)
		n += use[i];
	return n;
}

static void test_like_is_compared_with_like(void **state)
{
	struct chart_data d;

	(void)state;
	load_linked(&d);
	for (uint32_t f = 0; f < 3; f++) /* a pair in step is no hole */
		assert_int_equal(count_common(&d, f), 6);
	chart_data_release(&d);
	begin();
	for (int ctx = 1024; ctx <= 4096; ctx *= 2)
		for (int batch = 128; batch <= 256; batch *= 2)
			if (ctx < 4096 || batch < 256)
				cell(ctx, batch, 10, 100), cell(ctx, batch, 40, 100);
	load(&d);
	assert_int_equal(count_common(&d, 0), 6); /* all contexts with 128 */
	assert_int_equal(count_common(&d, 1), 8); /* both batches with the lower contexts */
	assert_int_equal(count_common(&d, 2), 10);
	chart_data_release(&d);
}

static void draw(const struct chart_data *d,
	void (*make)(const struct chart_data *, enum chart_metric, struct chart *), struct chart *c)
{
	chart_init(c, "x");
	make(d, CHART_THROUGHPUT, c);
}

static void test_a_chart_of_effects_leaves_them_out(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	/* No level of one was met with every level of the other. */
	begin();
	for (int k = 10; k <= 40; k += 30) {
		cell(1, 2, k, 100), cell(1, 4, k, 90);
		cell(2, 2, k, 80), cell(2, 8, k, 70);
		cell(3, 4, k, 60), cell(3, 8, k, 50);
	}
	load(&d);
	draw(&d, chart_effects, &c);
	assert_non_null(strstr(c.alt.s, "top_k: "));
	assert_null(strstr(c.alt.s, "num_ctx: "));
	assert_non_null(strstr(c.caption.s, "since the grid has holes: num_ctx, num_batch."));
	chart_release(&c);
	chart_data_release(&d);
	load_linked(&d);
	draw(&d, chart_effects, &c);
	assert_null(strstr(c.alt.s, "num_batch: "));
	assert_non_null(strstr(c.caption.s, "One effect under two names: num_batch with num_ctx."));
	chart_release(&c);
	chart_data_release(&d);
}

/* Of a field that averages two cells both must be in the set. */
static void test_a_frame_is_true_of_all_cells(void **state)
{
	struct chart_data d;
	struct chart c;
	uint32_t framed = 0;

	(void)state;
	begin();
	for (int i = 0; i < 16; i++)
		json_array_append_new(cells,
			json_pack("{s:s, s:{s:i, s:i, s:i, s:i}, s:i, s:{s:{s:f}}}", "cell_id", "c",
				"settings", "little", i & 1, "a", i >> 1 & 1, "b", i >> 2 & 1, "c",
				i >> 3, "n", 3, "metrics", "decode_tok_s", "estimate",
				100.0 + (i & 1) + 10 * (i >> 1 & 1) + 20 * (i >> 2 & 1) +
					40 * (i >> 3)));
	load(&d);
	for (uint32_t i = 0; i < d.ncells; i++)
		d.cells[i].best[CHART_THROUGHPUT] = i >= 13; /* one of a field, and both */
	draw(&d, chart_heatmap, &c);
	assert_int_equal(c.why.len, 0);
	assert_null(strstr(c.title.s, "little")); /* what does least is averaged over */
	assert_non_null(strstr(c.caption.s, "fields all of whose cells are in the set"));
	for (const char *line = strchr(c.dat.s, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
		int best = -1;

		assert_int_equal(sscanf(line, "%*s %*s %*s %*s %*s %*s %d", &best), 1);
		framed += best == 1;
	}
	assert_int_equal(framed, 1);
	chart_release(&c);
	chart_data_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_varies_together_is_one_axis,
			unit_setup_tmpdir, unit_teardown_tmpdir),
		cmocka_unit_test_setup_teardown(
			test_a_list_is_one_axis, unit_setup_tmpdir, unit_teardown_tmpdir),
		cmocka_unit_test_setup_teardown(
			test_like_is_compared_with_like, unit_setup_tmpdir, unit_teardown_tmpdir),
		cmocka_unit_test_setup_teardown(test_a_chart_of_effects_leaves_them_out,
			unit_setup_tmpdir, unit_teardown_tmpdir),
		cmocka_unit_test_setup_teardown(
			test_a_frame_is_true_of_all_cells, unit_setup_tmpdir, unit_teardown_tmpdir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
