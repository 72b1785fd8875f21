/* test_plan_design.c - which combinations of levels are cells: links and conditions, against
 * brute force on thousands of random sweeps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fake_plan.h"
#include "sweep_text.h"
#include "unit.h"

#define SWEEPS 3000

static const char *const one_url[] = {"http://127.0.0.1:11434"};

static void make(struct fake_plan *f, const char *sweep)
{
	fake_plan_make(f, sweep, one_url, 1);
}

/* ---- brute force ---- */

/* The five factors that a random sweep may have; a level is a number, of num_gpu -1 for auto. */
enum { CTX, GPU, TOP_K, TEMP, BATCH, FACTORS };
static const char *const names[FACTORS] = {
	"num_ctx", "num_gpu", "top_k", "temperature", "num_batch"};
static const int levels[FACTORS][4] = {{1024, 40000, 32768, 4096}, {-1, 99, 0, 19}, {1, 2, 3, 4},
	{0, 1, 2, 3}, {64, 128, 256, 512}};

struct drawn {
	int n[FACTORS];         /* levels; 0: not a factor */
	int zip[2];             /* factors that are zipped, -1 none */
	int excluded[2], nexcl; /* which conditions */
	int only;               /* or -1 */
	bool keep;              /* aliases */
};

/* Conditions as text and as C. */
static const char *const texts[] = {"num_ctx > 20000", "num_gpu == auto",
	"top_k * temperature >= 4", "num_gpu > 10 and num_ctx < 5000", "top_k in (1, 3)",
	"num_gpu == 99 or temperature == 2", "num_batch + num_ctx == 1088"};

/* 1 true, 0 false, -1 cannot be told: order and arithmetic with auto. */
static int holds(int condition, const int *v)
{
	bool is_auto = v[GPU] == -1;

	switch (condition) {
	case 0:
		return v[CTX] > 20000;
	case 1:
		return is_auto;
	case 2:
		return v[TOP_K] * v[TEMP] >= 4;
	case 3:
		if (is_auto)
			return v[CTX] < 5000 ? -1 : 0;
		return v[GPU] > 10 && v[CTX] < 5000;
	case 4:
		return v[TOP_K] == 1 || v[TOP_K] == 3;
	case 5:
		return v[GPU] == 99 || v[TEMP] == 2;
	default:
		return v[BATCH] + v[CTX] == 1088;
	}
}

/* The model of fake_plan has 18 layers and was trained for 32768. */
static void effective(const struct drawn *d, int *v)
{
	if (d->keep)
		return;
	v[GPU] = v[GPU] > 19 ? 19 : v[GPU];
	v[CTX] = v[CTX] > 32768 ? 32768 : v[CTX];
}

struct found {
	int value[1024][FACTORS];
	int n, excluded, merged;
	long grid;
};

static bool is_there(const struct drawn *d, const struct found *f, const int *value)
{
	int x[FACTORS], y[FACTORS];

	memcpy(x, value, sizeof(x));
	effective(d, x);
	for (int i = 0; i < f->n; i++) {
		memcpy(y, f->value[i], sizeof(y));
		effective(d, y);
		if (memcmp(x, y, sizeof(x)) == 0)
			return true;
	}
	return false;
}

static void consider(const struct drawn *d, struct found *f, const int *at)
{
	int v[FACTORS];
	bool out = false;

	if (d->zip[0] >= 0 && at[d->zip[0]] != at[d->zip[1]])
		return;
	f->grid++;
	for (int i = 0; i < FACTORS; i++) /* what is no factor is fixed at its first level */
		v[i] = levels[i][at[i]];
	for (int i = 0; i < d->nexcl; i++)
		out = out || holds(d->excluded[i], v) == 1;
	out = out || (d->only >= 0 && holds(d->only, v) == 0);
	f->excluded += out;
	if (out)
		return;
	if (is_there(d, f, v)) {
		f->merged++;
		return;
	}
	memcpy(f->value[f->n++], v, sizeof(v));
}

static void brute_force(const struct drawn *d, struct found *f)
{
	int at[FACTORS] = {0};

	memset(f, 0, sizeof(*f));
	for (;;) {
		int i = FACTORS - 1;

		consider(d, f, at);
		while (i >= 0 && ++at[i] >= d->n[i])
			at[i--] = 0;
		if (i < 0)
			return;
	}
}

/* ---- random sweeps ---- */

static void draw(struct rng *r, struct drawn *d)
{
	int factors = 0;

	memset(d, 0, sizeof(*d));
	for (int i = 0; i < FACTORS; i++) {
		d->n[i] = rng_below(r, 4) ? 1 + (int)rng_below(r, 4) : 0;
		factors += d->n[i] > 0;
	}
	if (factors == 0)
		d->n[TOP_K] = 2;
	d->zip[0] = d->zip[1] = -1;
	for (int i = 0; i < FACTORS && rng_below(r, 2); i++) {
		for (int k = i + 1; k < FACTORS && d->zip[0] < 0; k++) {
			if (d->n[i] > 0 && d->n[i] == d->n[k]) {
				d->zip[0] = i;
				d->zip[1] = k;
			}
		}
	}
	d->nexcl = (int)rng_below(r, 3);
	for (int i = 0; i < d->nexcl; i++)
		d->excluded[i] = (int)rng_below(r, COUNTOF(texts));
	d->only = rng_below(r, 3) ? -1 : (int)rng_below(r, COUNTOF(texts));
	d->keep = rng_below(r, 3) == 0;
}

static void add_level(struct str *json, int factor, int level)
{
	if (levels[factor][level] < 0)
		str_add(json, "\"auto\"");
	else
		str_addf(json, "%d", levels[factor][level]);
}

static void write_sweep(const struct drawn *d, struct str *json)
{
	const char *sep = "";

	str_add(json, "{\"model\":\"m\",\"factors\":{");
	for (int i = 0; i < FACTORS; i++) {
		if (d->n[i] == 0)
			continue;
		str_addf(json, "%s\"%s\":[", sep, names[i]);
		for (int k = 0; k < d->n[i]; k++) {
			str_add(json, k ? "," : "");
			add_level(json, i, k);
		}
		str_add(json, "]");
		sep = ",";
	}
	str_add(json, "},\"options\":{");
	sep = "";
	for (int i = 0; i < FACTORS; i++) {
		if (d->n[i])
			continue;
		str_addf(json, "%s\"%s\":", sep, names[i]);
		add_level(json, i, 0);
		sep = ",";
	}
	str_add(json, "}");
	if (d->zip[0] >= 0)
		str_addf(json, ",\"zip\":[\"%s\",\"%s\"]", names[d->zip[0]], names[d->zip[1]]);
	for (int i = 0; i < d->nexcl; i++)
		str_addf(json, "%s\"%s\"", i ? "," : ",\"exclude\":[", texts[d->excluded[i]]);
	str_add(json, d->nexcl ? "]" : "");
	if (d->only >= 0)
		str_addf(json, ",\"only\":[\"%s\"]", texts[d->only]);
	str_addf(json, ",\"aliases\":\"%s\"}", d->keep ? "keep" : "merge");
}

static int level_value(const struct plan *p, const struct drawn *d, uint32_t cell, int factor)
{
	const struct factor *f = sweep_factor(p->sweep, names[factor]);

	if (d->n[factor] == 0)
		return levels[factor][0];
	return levels[factor][plan_level(p, cell, (size_t)(f - p->sweep->factors))];
}

/* Factors stand in the file in the order of names[], so cells come in the order of brute force
 * unless a link, which takes the place of its first factor, changes it. */
static void assert_cells(const struct plan *p, const struct drawn *d, const struct found *f)
{
	bool *taken = xcalloc((size_t)f->n, sizeof(*taken));

	assert_int_equal(p->ncells, f->n);
	for (uint32_t c = 0; c < p->ncells; c++) {
		int v[FACTORS], i = 0;

		for (int k = 0; k < FACTORS; k++)
			v[k] = level_value(p, d, c, k);
		while (i < f->n && memcmp(v, f->value[i], sizeof(v)) != 0)
			i++;
		if (i < f->n) {
			assert_false(taken[i]);
			taken[i] = true;
			if (d->zip[0] < 0)
				assert_int_equal(i, c);
			continue;
		}
		/* Of equal settings the first in the plan's order is kept, which a link changes. */
		assert_true(d->zip[0] >= 0 && is_there(d, f, v));
	}
	free(taken);
}

static void assert_counts(const struct plan *p, const struct found *f)
{
	const struct plan_counts *c = &p->counts;

	assert_int_equal(c->grid, f->grid);
	assert_int_equal(c->excluded, f->excluded);
	assert_int_equal(c->merged, f->merged);
	assert_int_equal(c->left_out, 0);
	assert_int_equal(c->dropped, 0);
	assert_int_equal(c->grid, c->excluded + c->left_out + c->merged + c->dropped + p->ncells);
}

/* Cells of a block have equal runner options and blocks differ in them; names differ. */
static void assert_blocks(const struct plan *p)
{
	char(*ids)[HASH_ID_TEXT] = xmalloc(p->ncells * sizeof(*ids));

	for (uint32_t c = 0; c < p->ncells; c++) {
		plan_cell_id(p, c, ids[c]);
		for (uint32_t k = 0; k < c; k++) {
			bool same = true;

			assert_string_not_equal(ids[c], ids[k]);
			for (size_t f = 0; f < p->sweep->nfactors; f++)
				same = same &&
					(p->sweep->factors[f].stratum != STRATUM_RUNNER ||
						plan_level(p, c, f) == plan_level(p, k, f));
			assert_int_equal(same, p->block_of_cell[c] == p->block_of_cell[k]);
		}
		assert_true(c == 0 || p->grid_index[c] > p->grid_index[c - 1]);
	}
	free(ids);
}

static int build(struct sweep *s, const char *json, struct plan *p, struct server_facts *facts,
	struct err *e)
{
	text_sweep(s, json, 18, 32768);
	text_server(facts, s, 18, 32768);
	return plan_build(p, s, facts, 1, e);
}

static void test_brute_force(void **state)
{
	struct found *f = xmalloc(sizeof(*f));
	struct rng r;
	int empty = 0;

	(void)state;
	rng_init(&r, 11, "designs");
	for (int i = 0; i < SWEEPS; i++) {
		struct str json = STR_INIT(STR_MAX_LINE);
		struct sweep s = SWEEP_INIT;
		struct server_facts facts;
		struct err e = ERR_INIT;
		struct drawn d;
		struct plan p;
		int failed;

		draw(&r, &d);
		write_sweep(&d, &json);
		brute_force(&d, f);
		failed = build(&s, json.s, &p, &facts, &e);
		assert_int_equal(failed != 0, f->n == 0);
		if (failed) {
			empty++;
			assert_int_equal(e.code, ERR_USAGE);
			assert_contains(e.msg, "no cell is left of");
		} else {
			assert_cells(&p, &d, f);
			assert_counts(&p, f);
			assert_blocks(&p);
		}
		plan_release(&p);
		server_facts_release(&facts);
		sweep_release(&s);
		str_release(&json);
	}
	assert_in_range(empty, 1, SWEEPS / 4);
	free(f);
}

/* ---- conditions and links, by hand ---- */

static void test_refused(void **state)
{
	static const struct {
		const char *sweep, *msg;
	} cases[] = {
		{"{\"model\":\"m\",\"factors\":{\"top_k\":[1,2,3]},\"exclude\":[\"top_k < "
		 "3\",\"top_k "
		 "== 3\"]}",
			"exclude \"top_k == 3\": no cell is left of 3 combinations"},
		{"{\"model\":\"m\",\"factors\":{\"top_k\":[1,2,3]},\"only\":[\"top_k > 5\"]}",
			"only \"top_k > 5\": no cell is left of 3 combinations"},
		{"{\"model\":\"m\",\"factors\":{\"top_k\":\"1-2000\",\"num_ctx\":\"1001-2000\"},"
		 "\"exclude\":[\"top_k == 1\"]}",
			"more than 1,000,000 cells are left of 2,000,000 combinations"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct server_facts facts;
		struct err e = ERR_INIT;
		struct plan p;

		assert_int_equal(build(&s, cases[i].sweep, &p, &facts, &e), -1);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.code, ERR_USAGE);
		assert_true(strlen(e.hint) > 0);
		server_facts_release(&facts);
		sweep_release(&s);
	}
}

static void test_notes(void **state)
{
	struct fake_plan f;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_gpu\":[\"auto\",0,10],\"top_k\":[1,2]},"
		"\"exclude\":[\"top_k > 7\",\"num_gpu > 5\"]}");
	assert_int_equal(f.plan.ncells, 4); /* auto is not greater, nor is it not */
	assert_int_equal(f.plan.nnotes, 2);
	assert_string_equal(
		f.plan.notes[0], "exclude \"top_k > 7\" takes none of the 6 combinations");
	assert_string_equal(f.plan.notes[1],
		"exclude \"num_gpu > 5\" cannot be told for 2 of the 6 combinations: they stay");
	fake_plan_release(&f);
}

/* Combinations written out are one dimension, beside which other factors vary; a grid whose factors
 * alone would be larger than any number is no matter. */
static void test_cells_written_out(void **state)
{
	struct str json = STR_INIT(STR_MAX_LINE);
	struct fake_plan f;
	char *label;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"top_k\":[1,2]},\"cells\":["
		"{\"num_ctx\":1024,\"temperature\":0},{\"num_ctx\":2048,\"temperature\":0.5},"
		"{\"num_ctx\":1024,\"temperature\":1}]}");
	assert_int_equal(f.plan.ncells, 6);
	assert_int_equal(f.plan.nblocks, 2);
	assert_int_equal(f.plan.counts.grid, 6);
	fake_plan_release(&f);
	str_add(&json, "{\"model\":\"m\",\"cells\":[");
	for (int row = 0; row < 200; row++) {
		static const char *const options[] = {"num_ctx", "num_batch", "top_k",
			"num_predict", "repeat_last_n", "num_keep", "seed", "num_thread"};

		str_add(&json, row ? ",{" : "{");
		for (size_t i = 0; i < COUNTOF(options); i++)
			str_addf(&json, "%s\"%s\":%d", i ? "," : "", options[i], 100 + row);
		str_add(&json, "}");
	}
	str_add(&json, "]}"); /* 200^8 combinations without the link */
	make(&f, json.s);
	assert_int_equal(f.plan.ncells, 200);
	label = plan_cell_label(&f.plan, 199);
	assert_contains(label, "num_ctx=299");
	assert_contains(label, "num_thread=299");
	free(label);
	fake_plan_release(&f);
	str_release(&json);
}

/* The sentinel is the nearest cell where the middle one is none. */
static void test_sentinel(void **state)
{
	struct fake_plan f;
	char *label;

	(void)state;
	make(&f,
		"{\"model\":\"m\",\"factors\":{\"num_ctx\":[8,16,32],\"top_k\":[1,2,3]},"
		"\"exclude\":[\"num_ctx == 16 and top_k < 3\"]}");
	label = plan_cell_label(&f.plan, f.plan.sentinel_cell);
	assert_string_equal(label, "num_ctx=8 top_k=2");
	free(label);
	fake_plan_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_brute_force),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_cells_written_out),
		cmocka_unit_test(test_sentinel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
