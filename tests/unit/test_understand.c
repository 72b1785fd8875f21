/* test_understand.c - small tables of the families that benchmarks write: which columns are what,
 * in which unit, which rows failed, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"
#include "str.h"
#include "understand.h"
#include "unit.h"

#define MOST_COLS 24
#define MOST_ROWS 300

/* A grid of a text: columns by '|', rows by '\n', the first the names.  "_" is missing, "#1" a
 * number of JSON, "T" and "F" true and false. */
struct table {
	struct grid g;
	struct grid_cell name[MOST_COLS], cell[MOST_COLS * MOST_ROWS];
	uint32_t line[MOST_ROWS];
	struct rules *rules;
	struct understood u;
};

static struct grid_cell cell_of(const char *s, size_t len)
{
	struct grid_cell c = {s, 0, (uint32_t)len, GRID_TEXT};

	if (len == 1 && strchr("_TF", *s))
		c = (struct grid_cell){NULL, 0, 0,
			*s == '_'           ? GRID_MISSING
				: *s == 'T' ? GRID_TRUE
					    : GRID_FALSE};
	else if (len > 1 && *s == '#')
		c = (struct grid_cell){NULL, strtod(s + 1, NULL), 0, GRID_NUMBER};
	return c;
}

static struct table *table(
	enum grid_form form, const char *place, const char *text, const struct grid_pair *context)
{
	struct table *t = calloc(1, sizeof(*t));
	size_t n = 0;

	assert_non_null(t);
	for (const char *s = text; *s;) {
		size_t len = strcspn(s, "|\n");

		if (!t->g.ncols)
			t->name[n] = (struct grid_cell){s, 0, (uint32_t)len, GRID_TEXT};
		else
			t->cell[n] = cell_of(s, len);
		n++;
		if (s[len] != '|' && !t->g.ncols) {
			t->g.ncols = n;
			n = 0;
		}
		s += len + (s[len] != '\0');
	}
	assert_int_equal(n % t->g.ncols, 0);
	t->g.form = form;
	t->g.place = place;
	t->g.title = "";
	t->g.nrows = n / t->g.ncols;
	t->g.name = t->name;
	t->g.cell = t->cell;
	t->g.line = t->line;
	t->g.context = context;
	while (context && context[t->g.ncontext].name)
		t->g.ncontext++;
	t->g.last = true;
	t->rules = rules_new();
	understand_table(&t->u, &t->g, t->rules);
	return t;
}

static void done(struct table *t)
{
	understood_release(&t->u);
	rules_free(t->rules);
	free(t);
}

/* "rows: ttft*1000 throughput; num_ctx temperature; model": measures with their statistic and
 * factor, settings, subjects. */
static const char *text_of(const struct table *t)
{
	static char text[1000];
	static const char *const classes[] = {"rows:", "aggregates:", "nothing:"};
	struct str s = STR_INIT(sizeof(text));
	const struct understood *u = &t->u;

	str_add(&s, u->transposed ? "turned:" : classes[u->class]);
	for (size_t i = 0; i < u->nmeasures; i++) {
		const struct understood_column *c = &u->column[u->measure[i]];

		str_addf(&s, " %s%s%s", c->meaning.quantity, c->meaning.stat ? "." : "",
			rule_stat_name(c->meaning.stat));
		if (c->factor != 1)
			str_addf(&s, "*%g", c->factor);
		if (c->each)
			str_add(&s, "!");
	}
	str_add(&s, ";");
	for (size_t i = 0; i < u->nsettings; i++)
		str_addf(&s, " %s", u->setting_name[i]);
	str_add(&s, ";");
	for (size_t i = 0; i < u->nsubjects; i++)
		str_addf(&s, " %s", u->subject_name[i]);
	snprintf(text, sizeof(text), "%s", s.s);
	str_release(&s);
	return text;
}

static struct observation row(const struct table *t, size_t i)
{
	struct observation o;

	understand_row(&t->u, &t->g, i, &o);
	return o;
}

static void assert_failure(const struct table *t, size_t i, const char *why)
{
	struct observation o = row(t, i);

	assert_int_equal(o.failed, why != NULL);
	if (why) {
		assert_int_equal(o.failure_len, strlen(why));
		assert_memory_equal(o.failure, why, strlen(why));
	}
}

static void assert_note(const struct table *t, const char *note)
{
	for (size_t i = 0; i < t->u.nnotes; i++) {
		if (strcmp(t->u.note[i], note) == 0)
			return;
	}
	fail_msg("no note \"%s\" but \"%s\"", note, t->u.nnotes ? t->u.note[0] : "");
}

static void test_runs(void **state)
{
	struct table *t = table(GRID_CSV, "",
		"timestamp|model|num_ctx|temperature|config_name|prompt|ttft_s|tokens_s|load_s|"
		"eval_count|"
		"error\n"
		"2026-01-02T03:04:05|m:1|512|0.2|a|hi|2.5|50.5|2.25|100|\n"
		"2026-01-02T03:04:06|m:1|2048|0.7|b|hi|0.25|51|0.125|90|none\n"
		"2026-01-02T03:04:07|m:2|2048|0.7|b|hi|0.000|0.00|0|0|no route to host\n"
		"2026-01-02T03:04:08|m:2|2048|0.7|b|hi|||||timed out\n"
		"2026-01-02T03:04:09|m:2|2048|0.7|b|hi|0.0|0|0|0|\n"
		"2026-01-02T03:04:09|m:2|2048|0.7|b|hi|||||\n",
		NULL);
	struct observation o = row(t, 0);

	(void)state;
	assert_string_equal(text_of(t),
		"rows: ttft*1000 throughput load*1000 output_tokens; num_ctx temperature; model");
	assert_true(t->u.has_model);
	assert_int_equal(t->u.time, 0);
	assert_int_equal(t->u.prompt, 5);
	assert_int_equal(t->u.load, 8);
	assert_int_equal(t->u.error, 10);
	assert_false(o.failed);
	assert_double(o.value[0], 2500);
	assert_double(o.value[1], 50.5);
	assert_double(o.load_s, 2.25);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.unusable, 0);
	assert_failure(t, 1, NULL);
	assert_failure(t, 2, "no route to host");
	assert_failure(t, 3, "timed out");
	assert_failure(t, 4, "all that was measured is 0");
	assert_failure(t, 5, "nothing was measured");
	assert_true(isnan(row(t, 4).value[0]));
	assert_memory_equal(understand_text(&t->u.subject[0], &t->g, 2).s, "m:2", 3);
	done(t);
}

static void test_means_beside_plain(void **state)
{
	struct table *t = table(GRID_CSV, "",
		"num_gpu|mean_tokens_s|mean_ttft_s|prompt_eval|eval_s_mean|n\n"
		"10|50.5|0.5|0.12|1.5|7\n"
		"20|51.5|0.4|0.13|1.6|8\n",
		NULL);

	(void)state;
	/* prompt_eval has no unit: it is in that of its neighbours, and a mean like them. */
	assert_string_equal(text_of(t),
		"aggregates: throughput.mean ttft.mean*1000 prefill.mean*1000 decode.mean*1000; "
		"num_gpu;");
	assert_double(row(t, 1).value[2], 130);
	assert_int_equal(row(t, 1).count, 8);
	done(t);
	/* Of another size than its neighbours nothing can be said. */
	t = table(GRID_CSV, "", "mean_ttft_s|prompt_eval\n0.5|5000\n0.4|6001\n", NULL);
	assert_string_equal(text_of(t), "aggregates: ttft.mean*1000;;");
	assert_note(t, "prompt_eval is not used: nothing says in which unit it is");
	done(t);
}

static void test_nested(void **state)
{
	static const struct grid_pair context[] = {
		{"model.name", {"net", 0, 3, GRID_TEXT}},
		{"model.device", {"cpu", 0, 3, GRID_TEXT}},
		{"model.batch_size", {NULL, 4, 0, GRID_NUMBER}},
		{"settings.runs", {NULL, 10, 0, GRID_NUMBER}},
		{NULL, {NULL, 0, 0, GRID_MISSING}},
	};
	struct table *t = table(GRID_JSON, "backends.*",
		"backends|compilation|compilation.success|compilation.error|benchmark.mean_time_ms|"
		"benchmark.std_time_ms|benchmark.metadata.compile_time_s\n"
		"plain|_|_|_|#3.5|#0.5|#0\n"
		"jit|_|T|_|#2.5|#0.25|#1.5\n"
		"aot|_|F|no such compiler|#0|#0|_\n"
		"odd|_|F|_|_|_|_\n",
		context);

	(void)state;
	assert_string_equal(text_of(t),
		"aggregates: time.mean time.sd compile_time.mean; batch; model backend device");
	assert_int_equal(t->u.count_all, 10);
	/* An object that is not there is no failure, nor is a compile time of 0. */
	assert_failure(t, 0, NULL);
	assert_double(row(t, 0).value[2], 0);
	assert_int_equal(row(t, 0).count, 10);
	assert_failure(t, 1, NULL);
	assert_failure(t, 2, "no such compiler");
	assert_failure(t, 3, "success is no");
	done(t);
}

static void test_telemetry(void **state)
{
	struct table *t = table(GRID_JSON, "samples[].gpu[]",
		"name|temperature|power_draw|utilization_gpu|memory_used_mb|memory_total_mb\n"
		"some card|#55|#120.5|#1|#2048|#8192\n",
		NULL);

	(void)state;
	assert_string_equal(
		text_of(t), "rows: temperature_c power gpu_utilization memory;; device");
	assert_double(row(t, 0).value[2], 1); /* 1 %, not 100 % */
	assert_double(row(t, 0).value[3], 2048);
	done(t);
}

static void test_own_units(void **state)
{
	/* The value's own unit counts before the heading's. */
	struct table *t = table(GRID_CSV, "",
		"model|latency (ms)|power|vram\na|3 s|53.5 W|1.5 GB\nb|2.5 s|60 W|900 MB\n", NULL);

	(void)state;
	assert_string_equal(text_of(t), "rows: latency*1000 power memory!;; model");
	assert_double(row(t, 0).value[0], 3000);
	assert_double(row(t, 0).value[1], 53.5);
	assert_double(row(t, 0).value[2], 1500);
	assert_double(row(t, 1).value[2], 900);
	done(t);
	t = table(GRID_CSV, "", "ttft|elapsed|tokens_s\n0.5 s|3 s|5\n0.25|200 ms|6\n", NULL);
	assert_string_equal(text_of(t), "rows: time! throughput;;");
	assert_double(row(t, 0).value[0], 3000);
	assert_double(row(t, 1).value[0], 200);
	assert_note(t, "ttft is not used: some of its values name a unit and others do not");
	done(t);
	t = table(GRID_CSV, "", "latency_ms|tokens_s\n5 GB|5\n6 GB|6\n", NULL);
	assert_note(t, "latency_ms is not used: its values are in GB, which is no unit of Latency");
	done(t);
}

static void test_assumed_units(void **state)
{
	struct table *t = table(GRID_JSONL, "",
		"model|load_duration|eval_duration|accuracy|throughput\n"
		"a|#2500000|#1500000000|#0.75|#50\na|#3500000|#1200000000|#0.5|#51\n",
		NULL);

	(void)state;
	assert_string_equal(
		text_of(t), "rows: load*1e-06 decode*1e-06 accuracy*100 throughput;; model");
	assert_double(row(t, 0).value[0], 2.5);
	assert_double(row(t, 0).value[2], 75);
	done(t);
	/* As nanoseconds these would be nothing; accuracy is in percent already. */
	t = table(GRID_CSV, "", "eval_duration|accuracy\n1.5|75\n1.25|1\n", NULL);
	assert_string_equal(text_of(t), "rows: accuracy;;");
	assert_note(t, "eval_duration is not used: nothing says in which unit it is");
	done(t);
	t = table(GRID_CSV, "", "latency|model\n1.5|a\n", NULL);
	assert_int_equal(t->u.class, TABLE_NOTHING);
	assert_string_equal(t->u.why,
		"no measure in it that can be used (latency is not used: nothing says in which "
		"unit it is)");
	done(t);
}

static void test_settings_told_as_times(void **state)
{
	struct table *t = table(GRID_MARKDOWN, "list 1",
		"label|mean_latency_ms|tokens_per_s\na|1024.000|78\nb|1024.000|77\nc|2048.000|76\n",
		NULL);

	(void)state;
	assert_string_equal(text_of(t), "aggregates: throughput;; name");
	assert_note(t,
		"mean_latency_ms is not used: 3 of its 3 values are powers of two (such as 2048), "
		"as a "
		"setting's are and a time's are not");
	done(t);
	t = table(GRID_JSON, "", "latency_ms|tokens_per_s\n#1024|#5\n", NULL);
	assert_note(t,
		"latency_ms is not used: its value, 1024, is a power of two, as a setting's is and "
		"a "
		"time's is not");
	done(t);
	/* The values of a setting in the same rows. */
	t = table(GRID_CSV, "", "batch|latency_ms|rps\n3|3|5\n6|6|4\n9|9|3\n", NULL);
	assert_note(t, "latency_ms is not used: its values are those of batch");
	done(t);
	/* One among real times. */
	t = table(GRID_CSV, "", "name|latency_ms\na|12.25\nb|1024.000\nc|30.5\n", NULL);
	assert_string_equal(text_of(t), "rows: latency;; name");
	assert_double(row(t, 0).value[0], 12.25);
	assert_true(isnan(row(t, 1).value[0]));
	assert_int_equal(row(t, 1).unusable, 1);
	assert_int_equal(t->u.nnotes, 1);
	done(t);
	/* Whole milliseconds hit a power of two now and then, and mean it. */
	t = table(GRID_CSV, "", "latency_ms\n300\n512\n417\n500\n123\n999\n", NULL);
	assert_double(row(t, 1).value[0], 512);
	assert_int_equal(t->u.nnotes, 0);
	done(t);
}

static void test_sanity(void **state)
{
	struct table *t = table(GRID_CSV, "",
		"accuracy_pct|gpu_util_pct|tokens_s|execution_time\n"
		"300|50|5|2026-01-01 10:00:00\n250|150|6|2026-01-01 10:00:01\n",
		NULL);

	(void)state;
	assert_string_equal(text_of(t), "rows: gpu_utilization throughput;;");
	assert_note(
		t, "accuracy_pct is not used: its values, from 250 to 300 %, are none of Accuracy");
	assert_int_equal(t->u.time, 3);
	assert_double(row(t, 0).value[0], 50);
	assert_true(isnan(row(t, 1).value[0]));
	assert_int_equal(row(t, 1).unusable, 1);
	done(t);
	/* A temperature of 60 is none of sampling; a context that is a text none of tokens. */
	t = table(GRID_CSV, "", "temperature|context|tokens_s\n60|lost|5\n65|won|6\n", NULL);
	assert_string_equal(text_of(t), "rows: throughput;;");
	assert_note(t, "temperature is not used: its values are none of that setting");
	assert_note(t, "context is not used: it holds no numbers");
	done(t);
	/* Two columns of one quantity: the one with more in it. */
	t = table(GRID_CSV, "", "tokens_s|tps\n5|\n6|\n|7\n", NULL);
	assert_string_equal(text_of(t), "rows: throughput;;");
	assert_note(t, "tps is not used: another column is Throughput too");
	done(t);
}

static void test_commas(void **state)
{
	struct table *t =
		table(GRID_CSV, "", "model|ttft_ms|tokens_s\na|12,5|50,25\nb|13,75|1024,5\n", NULL);

	(void)state;
	assert_true(t->u.comma);
	assert_double(row(t, 0).value[0], 12.5);
	assert_double(row(t, 1).value[1], 1024.5);
	done(t);
	/* Thousands; and a point elsewhere says that commas are no decimals. */
	t = table(GRID_CSV, "", "model|ttft_ms|eval_count\na|1,250|3,503\nb|13,75|1,005\nc|1.5|7\n",
		NULL);
	assert_false(t->u.comma);
	assert_double(row(t, 0).value[0], 1250);
	assert_double(row(t, 0).value[1], 3503);
	assert_true(isnan(row(t, 1).value[0]));
	assert_int_equal(row(t, 1).unusable, 1);
	done(t);
}

static void test_units_row(void **state)
{
	struct table *t =
		table(GRID_CSV, "", "kernel|duration|power\n|us|W\nk1|12.5|40\nk2|13.5|41\n", NULL);

	(void)state;
	assert_true(t->u.units_row);
	assert_string_equal(text_of(t), "rows: time*0.001 power;; kernel");
	assert_true(row(t, 0).skip);
	assert_false(row(t, 1).skip);
	assert_double(row(t, 1).value[0], 0.0125);
	done(t);
	t = table(GRID_CSV, "", "name|ttft_ms\na|1\nb|2\nMean|1.5\n", NULL);
	assert_false(row(t, 1).skip);
	assert_true(row(t, 2).skip);
	done(t);
}

static void test_rows_or_aggregates(void **state)
{
	static const struct {
		const char *text;
		enum table_class class;
	} cases[] = {
		{"ttft_ms|tokens_s\n1|2\n", TABLE_ROWS},
		{"p50_ms|p95_ms\n1|2\n", TABLE_AGGREGATES},
		{"ttft_ms|mean_itl_ms|p99_itl_ms\n1|2|3\n", TABLE_ROWS},
		{"mean_itl_ms|p99_itl_ms\n2|3\n", TABLE_AGGREGATES},
		{"ttft_ms|max_memory_mb|avg_power_w\n1|2|3\n", TABLE_ROWS},
		{"overall_tokens_per_second|total_tokens\n5|6\n", TABLE_AGGREGATES},
		{"latency_ms|samples\n5|20\n", TABLE_AGGREGATES},
		{"latency_ms|samples\n5|1\n", TABLE_ROWS},
		{"acc|acc_stderr\n0.5|0.1\n", TABLE_ROWS},
		{"model|config\na|b\n", TABLE_NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct table *t = table(GRID_CSV, "", cases[i].text, NULL);

		if (t->u.class != cases[i].class)
			fail_msg("%s: %s", cases[i].text, text_of(t));
		done(t);
	}
}

/* Columns that nobody knows, but whose values come again and again, are factors. */
static void test_unknown_factors(void **state)
{
	struct table *t = table(GRID_CSV, "",
		"planner|fold|note_text|elapsed_ms\n"
		"x|1|p|5\nx|2|q|6\ny|1|r|7\ny|2|s|8\n",
		NULL);

	(void)state;
	assert_string_equal(text_of(t), "rows: time; fold; name");
	done(t);
	t = table(GRID_JSON, "*", "name|accuracy|loss\nint8|#0.5|#1.25\nfp16|#0.75|#1\n", NULL);
	assert_string_equal(text_of(t), "rows: accuracy*100 loss;; name");
	done(t);
}

static void test_turned(void **state)
{
	struct table *t = table(GRID_MARKDOWN, "table 1",
		"Metric|small:1b|large (mean \xc2\xb1 \xcf\x83)|\xce\x94|Winner\n"
		"Model size|1.5 GB|4.5 GB|+3|small\n"
		"**Mean Throughput**|102.5 tok/s|76.5 \xc2\xb1 0.5 tok/s|-30%|small\n"
		"TTFT (ms)|165|97|x|large\n"
		"Latency|3|4|x|nobody\n"
		"Vibes|good|bad|x|nobody\n",
		NULL);
	struct understood_figure f;

	(void)state;
	assert_string_equal(text_of(t), "turned:;;");
	assert_int_equal(t->u.nvalues, 2);
	assert_memory_equal(understand_figure_subject(&t->u, &t->g, 0).s, "small:1b", 8);
	assert_true(understand_figure(&t->u, &t->g, 0, 1, &f));
	assert_string_equal(f.of.meaning.quantity, "size");
	assert_double(f.value, 4500);
	assert_true(understand_figure(&t->u, &t->g, 1, 0, &f));
	assert_int_equal(f.of.meaning.stat, STAT_MEAN);
	assert_double(f.value, 102.5);
	assert_true(understand_figure(&t->u, &t->g, 1, 1, &f));
	assert_double(f.value, 76.5);
	assert_true(understand_figure(&t->u, &t->g, 2, 0, &f));
	assert_int_equal(f.of.meaning.stat, STAT_VALUE);
	assert_double(f.value, 165);
	/* Nothing says in which unit a latency of 3 is. */
	assert_false(understand_figure(&t->u, &t->g, 3, 0, &f));
	assert_false(understand_figure(&t->u, &t->g, 4, 0, &f));
	done(t);
	t = table(GRID_CSV, "",
		"Metric|avg|p99|p75|unit\nTime to first token|20.5|40.5|30|ms\n"
		"Output token throughput|100|110|105|tokens/sec\n",
		NULL);
	assert_string_equal(text_of(t), "turned:;;");
	assert_int_equal(t->u.unit_column, 4);
	assert_true(understand_figure(&t->u, &t->g, 0, 1, &f));
	assert_int_equal(f.of.meaning.stat, STAT_P99);
	assert_double(f.value, 40.5);
	assert_string_equal(f.of.unit.name, "ms");
	assert_int_equal(understand_figure_subject(&t->u, &t->g, 1).len, 0);
	assert_false(understand_figure(&t->u, &t->g, 0, 2, &f));
	done(t);
}

static void test_context_figures(void **state)
{
	static const struct grid_pair context[] = {
		{"model", {"m", 0, 1, GRID_TEXT}},
		{"overall_tokens_per_second", {NULL, 14.5, 0, GRID_NUMBER}},
		{"total_tests", {NULL, 5, 0, GRID_NUMBER}},
		{NULL, {NULL, 0, 0, GRID_MISSING}},
	};
	struct table *t = table(GRID_JSON, "results[]", "tokens_per_second\n#14\n", context);
	struct understood u;
	struct grid around;
	struct observation o;

	(void)state;
	assert_true(understand_context(&u, &t->g, t->rules, &around));
	assert_int_equal(u.class, TABLE_AGGREGATES);
	understand_row(&u, &around, 0, &o);
	assert_int_equal(u.nmeasures, 1);
	assert_double(o.value[0], 14.5);
	understood_release(&u);
	free((void *)around.name);
	t->g.place = "results[].parts[]";
	assert_false(understand_context(&u, &t->g, t->rules, &around));
	done(t);
}

static void test_success(void **state)
{
	static const struct {
		const char *cell;
		bool failed;
	} cases[] = {
		{"yes", false},
		{"TRUE", false},
		{"1", false},
		{"200", false},
		{"completed", false},
		{"_", false},
		{"no", true},
		{"False", true},
		{"F", true},
		{"#0", true},
		{"503", true},
		{"failed", true},
		{"timeout", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char text[60];
		struct table *t;

		snprintf(text, sizeof(text), "status|ttft_ms\n%s|5\n", cases[i].cell);
		t = table(GRID_CSV, "", text, NULL);
		if (row(t, 0).failed != cases[i].failed)
			fail_msg("status \"%s\"", cases[i].cell);
		done(t);
	}
}

/* A column of verdicts is one by its values. */
static void test_verdicts(void **state)
{
	struct table *t =
		table(GRID_CSV, "", "model|result|ttft_ms\na|PASS|5\na|fail|6\na||7\n", NULL);

	(void)state;
	assert_string_equal(text_of(t), "rows: ttft;; model");
	assert_failure(t, 0, NULL);
	assert_failure(t, 1, "success is no");
	assert_failure(t, 2, NULL);
	done(t);
	t = table(GRID_CSV, "", "model|result|ttft_ms\na|pass|5\na|42|6\n", NULL);
	assert_int_equal(t->u.nsuccesses, 0);
	done(t);
}

/* The time of a run is in another unit than those of its requests, where nothing names it. */
static void test_units_of_wholes(void **state)
{
	struct table *t = table(
		GRID_JSON, "", "duration|mean_ttft_ms|median_ttft_ms\n#12.5|#48.5|#47.5\n", NULL);

	(void)state;
	assert_string_equal(text_of(t), "aggregates: ttft.mean ttft.p50;;");
	assert_note(t, "duration is not used: nothing says in which unit it is");
	done(t);
	t = table(GRID_JSON, "r[]", "request_latency|ttft_ms\n#2.5|#50\n#2.25|#51\n", NULL);
	assert_string_equal(text_of(t), "rows: ttft;;");
	assert_note(t, "request_latency is not used: nothing says in which unit it is");
	done(t);
	t = table(GRID_JSON, "r[]", "request_latency|ttft_ms\n#250|#50\n#225|#51\n", NULL);
	assert_string_equal(text_of(t), "rows: e2el ttft;;");
	done(t);
}

/* What is plain beside means is a mean too, but for the time of the run. */
static void test_duration_beside_means(void **state)
{
	struct table *t = table(GRID_CSV, "",
		"model|mean_ttft_ms|output_throughput|duration_s\na|55.5|80.5|25.5\n", NULL);

	(void)state;
	assert_string_equal(text_of(t), "aggregates: ttft.mean throughput.mean time*1000;; model");
	done(t);
}

/* "95 %" and "0.9" in one column: nothing says what the second is. */
static void test_mixed_shares(void **state)
{
	struct table *t = table(GRID_CSV, "", "model|ttft_ms|gpu_util\na|5|95 %\nb|6|0.9\n", NULL);

	(void)state;
	assert_string_equal(text_of(t), "rows: ttft;; model");
	assert_note(t, "gpu_util is not used: some of its values name a unit and others do not");
	done(t);
}

static void test_unit_column(void **state)
{
	struct table *t = table(GRID_CSV, "",
		"name|real_time|cpu_time|time_unit\na|5.5|5.25|us\nb|9.5|9.25|us\nc|||\n", NULL);

	(void)state;
	assert_string_equal(text_of(t), "rows: time*0.001 cpu_time*0.001;; name");
	assert_double(row(t, 1).value[0], 0.0095);
	done(t);
	t = table(GRID_CSV, "", "name|real_time|time_unit\na|5.5|us\nb|9.5|ms\n", NULL);
	assert_int_equal(t->u.class, TABLE_NOTHING);
	done(t);
}

static void test_summary_rows(void **state)
{
	struct table *t = table(GRID_CSV, "",
		"model|run|latency_ms\na|1|5\na|2|6\na|mean|5.5\na|std|0.5\nTotal||11\n", NULL);

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(row(t, i).skip, i >= 2);
	done(t);
	t = table(GRID_CSV, "", "type|name|rps\nGET|/a|5\nPOST|/b|6\n|Aggregated|11\n", NULL);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(row(t, i).skip, i == 2);
	done(t);
	/* These are what was measured. */
	t = table(GRID_CSV, "", "op|latency_ms\nsum|5\nmax|6\nmean|7\n", NULL);
	for (size_t i = 0; i < 3; i++)
		assert_false(row(t, i).skip);
	done(t);
}

static void test_rows_that_are_none(void **state)
{
	struct table *t = table(GRID_JSONL, "",
		"model|done|total_duration|eval_count\nm|F|_|_\nm|F|_|_\nm|T|#1200000000|#9\n",
		NULL);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(row(t, i).skip, i < 2);
	assert_failure(t, 2, NULL);
	done(t);
	t = table(GRID_CSV, "", "model|ttft_ms\na|5\nmodel|ttft_ms\na|6\n", NULL);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(row(t, i).skip, i == 1);
	done(t);
}

static void test_warmups(void **state)
{
	struct table *t = table(
		GRID_CSV, "", "model|is_warmup|ttft_ms\na|True|500\na|False|5\na|false|6\n", NULL);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(row(t, i).skip, i == 0);
	assert_note(
		t, "is_warmup is a column of warm-ups: rows where it says so are no measurements");
	done(t);
	/* So many of them. */
	t = table(GRID_CSV, "", "model|warmup|ttft_ms\na|1|500\na|1|5\n", NULL);
	assert_int_equal(t->u.warmup, -1);
	assert_false(row(t, 0).skip);
	done(t);
}

/* A single document of which nothing was measured is no failure, unless it says so. */
static void test_nothing_in_it(void **state)
{
	struct table *t = table(GRID_JSON, "", "title|throughput\nx|_\n", NULL);

	(void)state;
	assert_int_equal(t->u.class, TABLE_NOTHING);
	assert_note(t, "throughput is not used: it is empty");
	done(t);
	t = table(GRID_JSON, "", "title|throughput|error\nx|_|no route\n", NULL);
	assert_failure(t, 0, "no route");
	done(t);
}

static void test_outermost_model(void **state)
{
	struct table *t = table(GRID_JSON, "",
		"config.model|results.x.acc,none|versions.x|model_name\nhf|#0.5|#1|org/a\n", NULL);

	(void)state;
	assert_string_equal(text_of(t), "rows: accuracy*100;; model");
	assert_memory_equal(understand_text(&t->u.subject[0], &t->g, 0).s, "org/a", 5);
	done(t);
}

/* Any names and cells: nothing breaks, and no figure is infinite. */
static void test_random(void **state)
{
	static const char *const names[] = {"ttft_s", "latency", "tokens_s", "n", "error",
		"success", "model", "num_ctx", "accuracy", "p95", "Metric", "load_s", "x",
		"eval_duration", "time", "vram", "\xff\xfe", ""};
	static const char *const cells[] = {"1", "0", "-5", "1024", "3 s", "12 ms", "50%", "1,5",
		"1,024", "nan", "", "yes", "no", "m:1", "2026-01-01 10:00", "1e300", "ttft", "\xff",
		"5 GB"};
	struct rng rng;

	(void)state;
	rng_init(&rng, 3, "tables");
	for (int i = 0; i < 3000; i++) {
		struct str text = STR_INIT(100000);
		size_t ncols = 1 + rng_below(&rng, 8), nrows = rng_below(&rng, 12);
		struct table *t;

		for (size_t k = 0; k < ncols * (nrows + 1); k++)
			str_addf(&text, "%s%s",
				k < ncols ? names[rng_below(&rng, COUNTOF(names))]
					  : cells[rng_below(&rng, COUNTOF(cells))],
				(k + 1) % ncols ? "|" : "\n");
		t = table((enum grid_form)rng_below(&rng, 4), i % 2 ? "a[]" : "a.*", text.s, NULL);
		for (size_t r = 0; r < t->g.nrows; r++) {
			struct observation o = row(t, r);
			struct understood_figure f;

			for (size_t k = 0; k < t->u.nmeasures; k++)
				assert_false(isinf(o.value[k]));
			for (size_t k = 0; k < t->u.nvalues; k++)
				assert_true(!understand_figure(&t->u, &t->g, r, k, &f) ||
					isfinite(f.value));
		}
		done(t);
		str_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_means_beside_plain),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_telemetry),
		cmocka_unit_test(test_own_units),
		cmocka_unit_test(test_assumed_units),
		cmocka_unit_test(test_settings_told_as_times),
		cmocka_unit_test(test_sanity),
		cmocka_unit_test(test_commas),
		cmocka_unit_test(test_units_row),
		cmocka_unit_test(test_rows_or_aggregates),
		cmocka_unit_test(test_unknown_factors),
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_context_figures),
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_units_of_wholes),
		cmocka_unit_test(test_duration_beside_means),
		cmocka_unit_test(test_mixed_shares),
		cmocka_unit_test(test_unit_column),
		cmocka_unit_test(test_summary_rows),
		cmocka_unit_test(test_warmups),
		cmocka_unit_test(test_rows_that_are_none),
		cmocka_unit_test(test_nothing_in_it),
		cmocka_unit_test(test_outermost_model),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
