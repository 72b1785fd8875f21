/* The report of a corpus, from structs made by hand: what it says, in what number, and that it
 * never says nothing, whatever is there. */
#include "unit.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsx.h"
#include "insight_report.h"
#include "jsonx.h"

/* ---- a corpus made by hand ---- */

#define MOST 5200

struct made {
	struct arena arena;
	struct corpus c;
	struct insight in;
	struct str md, html, json;
};

static void *array(struct made *m, size_t n, size_t size)
{
	return arena_alloc(&m->arena, n ? n : 1, size);
}

static void begin(struct made *m)
{
	*m = (struct made){.md = STR_INIT(STR_MAX_FILE),
		.html = STR_INIT(STR_MAX_FILE),
		.json = STR_INIT(STR_MAX_FILE)};
	m->c.files = array(m, MOST, sizeof(*m->c.files));
	m->c.tables = array(m, MOST, sizeof(*m->c.tables));
	m->c.subjects = array(m, MOST, sizeof(*m->c.subjects));
	m->c.settings = array(m, 8, sizeof(*m->c.settings));
	m->c.told = array(m, 20000, sizeof(*m->c.told));
	m->c.notes = array(m, 2000, sizeof(*m->c.notes));
	m->c.span = (struct corpus_span){.first_s = NAN, .last_s = NAN};
	m->c.exact = true;
	m->in.corpus = &m->c;
	m->in.subjects = array(m, MOST, sizeof(*m->in.subjects));
	m->in.pairs = array(m, 100, sizeof(*m->in.pairs));
	m->in.told = array(m, 20000, sizeof(*m->in.told));
	m->in.findings = array(m, 200, sizeof(*m->in.findings));
}

static void end(struct made *m)
{
	str_release(&m->md);
	str_release(&m->html);
	str_release(&m->json);
	arena_release(&m->arena);
}

static uint32_t add_file(struct made *m, const char *name, enum tree_kind kind, const char *why)
{
	struct tree_file *of = array(m, 1, sizeof(*of));

	*of = (struct tree_file){.path = name,
		.name = name,
		.kind = kind,
		.result = !why,
		.bytes = 1000,
		.why = why};
	m->c.files[m->c.nfiles] = (struct corpus_file){.of = of,
		.copy_of = CORPUS_NONE,
		.facts = {.encoding = "UTF-8", .bytes = 1000, .hash = m->c.nfiles + 1}};
	if (!why) {
		m->c.by_kind[kind]++;
		m->c.results++;
		m->c.bytes += 1000;
	}
	m->c.tables[m->c.ntables++] = (struct corpus_table){
		.file = (uint32_t)m->c.nfiles, .place = "", .title = "", .copy_of = CORPUS_NONE};
	return (uint32_t)m->c.nfiles++;
}

static struct insight_stat stat_of(uint64_t n, double mean, double sd)
{
	double half = n > 1 ? 2 * sd / sqrt((double)n) : NAN;
	struct insight_stat s = {.n = n,
		.mean = n ? mean : NAN,
		.sd = n > 1 ? sd : NAN,
		.low = mean - half,
		.high = mean + half,
		.min = mean - sd,
		.max = mean + sd,
		.p50 = n ? mean : NAN,
		.p95 = n >= 20 ? mean + sd : NAN,
		.p99 = NAN,
		.interval_why = n > 1 ? NULL : "one value has no spread",
		.p95_why = n >= 20 ? NULL : "fewer than 20 values",
		.p99_why = "fewer than 100 values"};

	return s;
}

/* A subject of `rows` rows in one file, `cold` of them slow to begin with. */
static uint32_t add_subject(struct made *m, const char *name, uint32_t file, uint64_t rows,
	uint64_t cold, uint64_t failed)
{
	struct corpus_subject *s = &m->c.subjects[m->c.nsubjects];

	*s = (struct corpus_subject){.name = name,
		.model = name,
		.rows = rows,
		.cold = cold,
		.failed = failed,
		.load_known = cold > 0,
		.prompts = 5,
		.nplaces = 1};
	s->places = array(m, 1, sizeof(*s->places));
	s->places[0] = (struct corpus_place){
		.file = file, .table = file, .first = 2, .last = (uint32_t)(rows + failed + 1)};
	s->measures = array(m, 2, sizeof(*s->measures));
	m->in.subjects[m->c.nsubjects].of = s;
	m->in.subjects[m->c.nsubjects].measures = array(m, 2, sizeof(*m->in.subjects[0].measures));
	m->c.rows += rows + failed;
	m->c.failed += failed;
	return (uint32_t)m->c.nsubjects++;
}

static void add_measure(struct made *m, uint32_t subject, const char *quantity, const char *label,
	const char *unit, int better, double mean, double sd, double all_mean)
{
	struct corpus_subject *s = &m->c.subjects[subject];
	struct insight_measure *to = &m->in.subjects[subject].measures[s->nmeasures];

	s->measures[s->nmeasures] = (struct corpus_measure){
		.quantity = quantity, .label = label, .unit = unit, .better = better};
	to->of = &s->measures[s->nmeasures++];
	to->warm = stat_of(s->rows - s->cold, mean, sd);
	to->all = stat_of(s->rows, all_mean, s->cold ? all_mean : sd);
}

static void both(struct made *m, uint32_t s, double rate, double ttft, double ttft_all)
{
	add_measure(m, s, "throughput", "Throughput", "tok/s", 1, rate, rate / 100, rate);
	add_measure(m, s, "ttft", "TTFT", "ms", -1, ttft, ttft / 20, ttft_all);
}

static void add_pair(struct made *m, const char *quantity, const char *label, uint32_t better,
	uint32_t worse, double ratio, double p)
{
	m->in.pairs[m->in.npairs++] = (struct insight_pair){.better = better,
		.worse = worse,
		.quantity = quantity,
		.label = label,
		.ratio = ratio,
		.low = ratio * 0.98,
		.high = ratio * 1.02,
		.p = p,
		.p_adjusted = p,
		.same_prompts = true};
}

static void add_finding(
	struct made *m, const char *kind, int trap, const char *text, const char *file)
{
	struct insight_finding *f = &m->in.findings[m->in.nfindings++];
	char id[16];

	snprintf(id, sizeof(id), "F%zu", m->in.nfindings);
	*f = (struct insight_finding){.id = arena_str(&m->arena, id),
		.kind = kind,
		.trap = trap,
		.text = text,
		.file = file,
		.where = "lines 2 to 11",
		.n = 10,
		.nfiles = 1};
}

static void add_told(struct made *m, uint32_t file, enum told_verdict verdict, double value)
{
	struct corpus_told *t = &m->c.told[m->c.ntold];

	*t = (struct corpus_told){.subject = "alpha",
		.quantity = "throughput",
		.label = "Throughput",
		.unit = "tok/s",
		.better = 1,
		.stat = STAT_MEAN,
		.value = value,
		.precision = 0.05,
		.column = "mean",
		.settings = "",
		.place = {.file = file, .table = file, .first = 3, .last = 3}};
	m->in.told[m->c.ntold++] = (struct insight_told){.of = t,
		.verdict = verdict,
		.subject = 0,
		.which = verdict == TOLD_SWAPPED ? "TTFT of alpha" : "mean of all rows",
		.rows_say = verdict == TOLD_ALONE ? NAN : 102.16};
}

static struct str slurp(const char *name)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;

	if (fsx_read(unit_path(name), STR_MAX_FILE, &text, &e))
		fail_msg("%s", e.msg);
	return text;
}

static void report(struct made *m, struct insight_report_options o)
{
	static const char *const paths[] = {"some/results"};
	struct err e = ERR_INIT;

	o.dir = unit_path(".");
	o.paths = paths;
	o.npaths = 1;
	if (insight_report(&m->in, &o, &e))
		fail_msg("%s", e.msg);
	m->md = slurp("report.md");
	m->html = slurp("report.html");
	m->json = slurp("report.json");
}

static void plain(struct made *m)
{
	report(m,
		(struct insight_report_options){
			.version = "1.2", .times = {0.01, 0.02, NAN, NAN}, .no_charts = true});
}

/* Three models, of which two cannot be told apart; loads, failures, a report and a trap. */
static void make_three(struct made *m)
{
	static const char *const levels[] = {"1024", "2048"};
	static double values[] = {1024, 2048};
	static uint64_t counts[] = {20, 26};
	uint32_t a, b, c, csv, json, md;

	begin(m);
	csv = add_file(m, "a/alpha.csv", TREE_CSV, NULL);
	json = add_file(m, "b.json", TREE_JSON, NULL);
	md = add_file(m, "report.md", TREE_MARKDOWN, NULL);
	add_file(m, "picture.png", TREE_CSV, "a binary file");
	a = add_subject(m, "alpha", csv, 46, 10, 4);
	b = add_subject(m, "beta", csv, 41, 0, 0);
	c = add_subject(m, "gamma", json, 12, 0, 0);
	both(m, a, 102.16, 134.2, 1264.4);
	both(m, b, 184, 93.8, 93.8);
	both(m, c, 183, 95, 95);
	m->c.subjects[a].failures = array(m, 1, sizeof(*m->c.subjects[a].failures));
	m->c.subjects[a].failures[0] = (struct corpus_failure){.why = "timed out",
		.n = 4,
		.first = {.file = csv, .table = csv, .first = 9, .last = 9}};
	m->c.subjects[a].nfailures = 1;
	add_pair(m, "throughput", "Throughput", b, a, 1.8, 1e-9);
	add_pair(m, "throughput", "Throughput", b, c, 1.005, 0.4);
	add_pair(m, "throughput", "Throughput", c, a, 1.79, 1e-8);
	add_pair(m, "ttft", "TTFT", b, a, 0.7, 1e-6);
	add_pair(m, "ttft", "TTFT", b, c, 0.98, 0.3);
	add_finding(m, "comparison", -1, "beta is 80 % faster than alpha", "a/alpha.csv");
	add_finding(m, "trap", TRAP_LOAD_IN_TTFT, "TTFT holds the load in 10 rows.", "a/alpha.csv");
	m->c.settings[m->c.nsettings++] = (struct corpus_setting){.name = "num_ctx",
		.level = (const char **)levels,
		.value = values,
		.n = counts,
		.nlevels = 2,
		.numeric = true};
	add_told(m, md, TOLD_AGREES, 102.2);
	add_told(m, md, TOLD_CONTRADICTS, 253.9);
	add_told(m, md, TOLD_SWAPPED, 134.2);
	add_told(m, md, TOLD_ALONE, 12);
	m->c.hash_lines = 425;
	m->c.headings = 420;
	m->c.copies = 51;
	m->c.rows += 51;
	m->c.ttft_checked = 40;
	m->c.ttft_is_sum = 40;
	m->c.span = (struct corpus_span){
		.first_s = 1759363200, .last_s = 1759881600, .n = 12, .local = true, .formats = 2};
}

/* ---- what it says ---- */

/* Whatever there is, the sections stand in this order. */
static void assert_order(const char *text, const char *const *parts, size_t n)
{
	const char *at = text;

	for (size_t i = 0; i < n; i++) {
		const char *found = strstr(at, parts[i]);

		if (!found)
			fail_msg("\"%s\" is missing, or not behind \"%s\"", parts[i],
				i ? parts[i - 1] : "the beginning");
		at = found;
	}
}

static void test_sections(void **state)
{
	static const char *const order[] = {"# Insight report: results",
		"3 files (1 CSV, 1 JSON and 1 Markdown) \xc2\xb7 2.9 KiB \xc2\xb7 3 models "
		"\xc2\xb7 "
		"2025-10-02 to 2025-10-08",
		"## In three sentences", "## Findings, strongest first", "## Recommendations",
		"## Risks, and what helps", "## What would settle the open questions",
		"## Performance", "## Parameter ranges", "## What files tell",
		"## Data that went in", "## Data quality", "## Definitions", "## Workflow",
		"## How to reproduce this", "[^1]: "};
	struct made m;

	(void)state;
	make_three(&m);
	plain(&m);
	assert_order(m.md.s, order, COUNTOF(order));
	assert_null(strstr(m.md.s, "Run folders")); /* there are none */
	end(&m);
}

static void test_summary(void **state)
{
	struct made m;

	(void)state;
	make_three(&m);
	plain(&m);
	assert_contains(m.md.s,
		"3 files hold 154 rows of measurements and 4 figures that files tell; 51 rows "
		"stand "
		"twice and 4 failed, which leaves 99 rows of 3 subjects.");
	assert_contains(m.md.s,
		"The highest throughput is that of beta or gamma, which cannot be told apart, at "
		"184.0 tok/s (183.4 to 184.6); the lowest TTFT is that of beta or gamma, which "
		"cannot be told apart, at 93.8 ms (92.3 to 95.3).[^1]");
	assert_contains(m.md.s,
		"10 of 46 rows of alpha paid for loading the model: with them the mean TTFT is "
		"1,264 ms, without 134.2 ms (132.0 to 136.4).[^2]");
	end(&m);
}

static void test_recommendations(void **state)
{
	static const char *const order[] = {"### 1. For throughput",
		"**Setting:** beta or gamma, which cannot be told apart, at 184.0 tok/s",
		"**Expected gain:** 80 % higher throughput than alpha (76 to 84).",
		"**Costs:** Nothing in TTFT, in which it may be best too", "quality is unknown",
		"**Not when:**", "### 2. For TTFT",
		"**Expected gain:** 30.0 % lower TTFT than alpha (28.6 to 31.4).",
		"### 3. For TTFT: keep the model loaded", "in place of 1,300 ms (900 to 1,600)",
		"(9.4 times the warm one)", "### 4. For quality",
		"chimera run --model beta,gamma,alpha --num-ctx 4096 --prompts graded",
		"### 5. Settings: leave them as they are", "### 6. Failures", "timed out"};
	struct made m;

	(void)state;
	make_three(&m);
	plain(&m);
	assert_order(m.md.s, order, COUNTOF(order));
	end(&m);
}

static void test_tables_have_their_rows(void **state)
{
	struct made m;
	json_t *root, *section, *block;
	size_t i, k, tables = 0;

	(void)state;
	make_three(&m);
	plain(&m);
	/* beta first, since it is best; the mean with the digits of its interval */
	assert_contains(m.md.s,
		"| Subject | n | Failed | Cold | Mean \xc2\xb1 sd, warm | 95 % of the mean, warm | "
		"Mean, all | p50, warm | p95, warm |\n"
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
		"| beta[^1] | 41 | 0 | \xe2\x80\x93 | 184.0 \xc2\xb1 1.8 | 183.4 to 184.6 |");
	assert_contains(
		m.md.s, "| alpha[^2] | 46 | 4 | 10 | 102.16 \xc2\xb1 1.02 | 101.82 to 102.50 |");
	assert_contains(m.md.s,
		"A p95 needs 20 rows, a p99 needs 100: where there are fewer, it is "
		"withheld.");
	assert_contains(m.md.s, "[^1]: 41 rows: a/alpha.csv (lines 2 to 42)\n");
	assert_contains(m.html.s, "<td>alpha<sup><a href=\"#e2\"");
	assert_contains(m.html.s, "<li id=\"e2\">50 rows: a/alpha.csv (lines 2 to 51)</li>");
	root = jsonx_parse(m.json.s, m.json.len);
	json_array_foreach (json_object_get(root, "sections"), i, section) {
		if (strcmp(jsonx_get_string(section, "id"), "performance") != 0)
			continue;
		json_array_foreach (json_object_get(section, "blocks"), k, block)
			if (json_object_get(block, "rows")) {
				assert_int_equal(
					json_array_size(json_object_get(block, "evidence")),
					json_array_size(json_object_get(block, "rows")));
				tables++;
			}
	}
	assert_int_equal(tables, 2);
	json_decref(root);
	end(&m);
}

static void test_told(void **state)
{
	struct made m;

	(void)state;
	make_three(&m);
	plain(&m);
	assert_contains(m.md.s, "4 figures are no measurement of their own");
	assert_contains(m.md.s, "| contradicts | 1 | outside of all that the rows span |");
	assert_contains(m.md.s,
		"| alpha | Throughput, mean | 253.9 tok/s | 102.2 tok/s, mean of all rows | "
		"contradicts |");
	assert_contains(m.md.s, "| 134.2 tok/s | it is TTFT of alpha | swapped |");
	assert_contains(m.md.s, "| report.md | 4 | 1 | \xe2\x80\x93 | 1 | 1 |");
	end(&m);
}

static void test_data(void **state)
{
	struct made m;

	(void)state;
	make_three(&m);
	m.c.tables[1].copies = 51;
	m.c.tables[1].rows = 51;
	m.c.tables[1].copy_of = 0;
	m.c.notes[m.c.nnotes++] = (struct corpus_note){.line = 7, .why = "3 fields in place of 9"};
	m.c.notes[m.c.nnotes++] = (struct corpus_note){.line = 8, .why = "3 fields in place of 9"};
	m.c.notes_in_all = 2;
	plain(&m);
	assert_contains(m.md.s,
		"425 lines begin with #; 420 of them are headings, the others stand in "
		"code");
	assert_contains(m.md.s, "| b.json | a/alpha.csv | 51 of 51 rows |");
	assert_contains(m.md.s, "| picture.png | a binary file |");
	assert_contains(m.md.s, "| a/alpha.csv | 7 | 3 fields in place of 9 | 2 |");
	assert_contains(m.md.s, "| alpha[^");
	assert_contains(m.md.s, "timed out (4)");
	assert_contains(m.md.s,
		"12 time stamps could be read, in two ways of writing them; some have no "
		"zone");
	assert_contains(m.md.s, "**Load in TTFT:** see F2.");
	assert_contains(m.md.s, "the sum of load time and prefill time that the server told");
	assert_contains(m.md.s, "chimera insight some/results --out ");
	assert_contains(m.md.s, "| reading | 3 files, 4 tables, 154 rows | 10 ms |");
	end(&m);
}

static void test_next(void **state)
{
	struct made m;

	(void)state;
	make_three(&m);
	plain(&m);
	assert_contains(m.md.s, "**Which of them is best.**");
	assert_contains(m.md.s,
		"chimera run --model beta,gamma --num-ctx 4096 --passes 3 "
		"--repeats ");
	assert_contains(m.md.s, "**What num_ctx does.**");
	assert_contains(m.md.s, "12 requests and 6 loads");
	assert_contains(
		m.md.s, "chimera run --model alpha --num-ctx 1024,2048 --passes 3 --repeats 6");
	assert_contains(m.md.s, "these rows do not say how long a request did");
	end(&m);
}

/* ---- our own runs, and a narrator ---- */

static void test_runs(void **state)
{
	static struct finding findings[] = {
		{.id = "F1", .kind = FIND_BEST, .text = "the best is num_ctx 2048", .n = 24},
		{.id = "F2",
			.kind = FIND_EFFECT,
			.text = "num_ctx 8192 gives 3 % less throughput (2 to 4)",
			.file = "runs.csv",
			.filter = "phase=measure",
			.n = 24}};
	struct dataset d = {.simulated = true};
	struct summary sum = {
		.findings = findings, .nfindings = 2, .measured = 24, .ncells = 1, .data = &d};
	struct made m;
	uint32_t good, bad;

	(void)state;
	make_three(&m);
	good = add_file(&m, "night 1", TREE_RUN, NULL);
	bad = add_file(&m, "night 2", TREE_RUN, NULL);
	m.in.runs = array(&m, 2, sizeof(*m.in.runs));
	m.in.runs[0] = (struct insight_run){.file = good, .data = &d, .summary = &sum};
	m.in.runs[1] = (struct insight_run){.file = bad, .why = "no row counts"};
	m.in.nruns = 2;
	plain(&m);
	assert_contains(
		m.md.s, "> **SIMULATED: figures of night 1 are those of a model of a server");
	assert_contains(m.md.s, "1 Markdown and 2 run folders)");
	assert_contains(m.md.s, "- The best is num_ctx 2048.[^");
	assert_contains(m.md.s, "24 requests, 1 cell; its own report is night 1/report.html");
	assert_contains(m.md.s, "chimera report 'night 1'");
	assert_contains(m.md.s, "Could not be analysed: No row counts.");
	assert_contains(m.md.s, "Settings: by the run night 1");
	assert_contains(
		m.md.s, "**Expected gain:** num_ctx 8192 gives 3 % less throughput (2 to 4).");
	end(&m);
}

static void test_narrator(void **state)
{
	struct narrated told = {.model = "gemma3:4b", .why = "the model answered with markup"};
	struct made m;

	(void)state;
	make_three(&m);
	report(&m,
		(struct insight_report_options){
			.times = {NAN, NAN, NAN, NAN}, .no_charts = true, .narrated = &told});
	assert_contains(m.md.s, "the model answered with markup");
	assert_contains(m.md.s, "## In three sentences"); /* the computed text stands */
	end(&m);
}

/* ---- little ---- */

static void test_one_of_each(void **state)
{
	struct made m;
	uint32_t s;

	(void)state;
	begin(&m);
	add_file(&m, "one.csv", TREE_CSV, NULL);
	s = add_subject(&m, "alpha", 0, 1, 0, 0);
	both(&m, s, 50, 100, 100);
	m.c.subjects[s].prompts = 1;
	plain(&m);
	assert_contains(m.md.s, "1 file (1 CSV)");
	assert_contains(m.md.s, "1 file holds 1 row of measurements, of 1 subject.");
	assert_contains(m.md.s, "alpha has a mean throughput of 50.0 tok/s; nothing was compared");
	assert_contains(m.md.s, "## In two sentences");
	assert_contains(m.md.s, "| Subject | n | Mean | p50 |"); /* one value has no sd */
	assert_contains(m.md.s, "1 subject has fewer than 20 rows (1): alpha");
	assert_contains(m.md.s, "### 2. More measurements");
	assert_contains(m.md.s, "### 3. Something to compare with");
	assert_contains(m.md.s, "chimera run --model alpha,ANOTHER ");
	assert_contains(m.md.s, "Nothing could be established from these files.");
	assert_null(strstr(m.md.s, "1 rows"));
	assert_null(strstr(m.md.s, "1 files"));
	end(&m);
}

static void test_only_failures(void **state)
{
	struct made m;

	(void)state;
	begin(&m);
	add_file(&m, "one.csv", TREE_CSV, NULL);
	add_subject(&m, "alpha", 0, 0, 0, 3);
	plain(&m);
	assert_contains(
		m.md.s, "Of alpha every row failed: it has no figure, and no 0 in place of one.");
	assert_contains(m.md.s, "no reason is given");
	assert_contains(m.md.s, "## In three sentences");
	assert_contains(m.md.s, "All 3 rows of alpha failed.");
	end(&m);
}

/* Two that were not compared are both named, and with rows enough no more are asked for. */
static void test_not_compared(void **state)
{
	struct dataset d = {.simulated = false};
	struct summary sum = {.measured = 200, .ncells = 1, .data = &d};
	struct made m;
	uint32_t s;

	(void)state;
	begin(&m);
	add_file(&m, "a", TREE_RUN, NULL);
	add_file(&m, "b", TREE_RUN, NULL);
	for (uint32_t i = 0; i < 2; i++) {
		s = add_subject(&m, i ? "beta" : "alpha", i, 200, 0, 0);
		m.c.subjects[s].run = true;
		both(&m, s, 50 + i, 100, 100);
	}
	m.in.has_score = true;
	m.in.runs = array(&m, 1, sizeof(*m.in.runs));
	m.in.runs[0] = (struct insight_run){.file = 0, .data = &d, .summary = &sum};
	m.in.nruns = 1;
	plain(&m);
	assert_contains(m.md.s,
		"beta has a mean throughput of 51.00 tok/s (50.93 to 51.07), alpha one of 50.00 "
		"tok/s (49.93 to 50.07); runs are not compared by their rows.");
	assert_null(strstr(m.md.s, "More measurements"));
	assert_contains(m.md.s, "what is here was not measured side by side");
	assert_contains(
		m.md.s, "What would settle the open questions of a run stands in its own report.");
	end(&m);
}

static void test_only_told(void **state)
{
	struct made m;

	(void)state;
	begin(&m);
	add_file(&m, "one.md", TREE_MARKDOWN, NULL);
	add_told(&m, 0, TOLD_ALONE, 12);
	m.in.told[0].subject = CORPUS_NONE;
	plain(&m);
	assert_contains(
		m.md.s, "1 file holds no row of single measurements, but 1 figure that is told.");
	assert_contains(m.md.s, "1 figure is no measurement of its own");
	assert_contains(m.md.s, "### 3. ");
	end(&m);
}

/* ---- what files only tell ---- */

static struct insight_series told_series(const struct corpus_place *place, const char *subject,
	const char *part, double mean, double half, double ratio)
{
	bool failed = isnan(mean);

	return (struct insight_series){.part = part,
		.subject = subject,
		.quantity = "time",
		.label = "Time",
		.unit = "ms",
		.better = -1,
		.settings = "",
		.places = place,
		.nplaces = 1,
		.n = 10,
		.mean = mean,
		.sd = half,
		.low = mean - half,
		.high = mean + half,
		.min = mean - 2 * half,
		.max = mean + 2 * half,
		.p50 = NAN,
		.p95 = NAN,
		.p99 = NAN,
		.failed = failed,
		.failure = failed ? "TODO: no compiler" : NULL,
		.ratio = ratio,
		.ratio_low = 0.9 * ratio,
		.ratio_high = 1.1 * ratio,
		.p = 1e-6};
}

/* A table for the quantity, the best first, what failed never a figure; a recommendation with what
 * it costs, and the first page where there is nothing else. */
static void test_told_series(void **state)
{
	static const struct corpus_place place = {.first = 2, .last = 2, .n = 1};
	struct insight_series all[4] = {told_series(&place, "conv, onnx", "onnx", 0.693, 0.02, NAN),
		told_series(&place, "conv, jit", "jit", 3.78, 0.27, 5.46),
		told_series(&place, "conv, fused", "fused", NAN, NAN, NAN),
		told_series(&place, "conv, onnx", "onnx", 0.131, NAN, NAN)};
	struct insight_group groups[2] = {
		{.name = "conv", .n = 3, .nfailed = 1, .compared = true, .one_table = true},
		{.name = "conv", .first = 3, .n = 1}};
	struct made m;

	(void)state;
	begin(&m);
	add_file(&m, "bench.json", TREE_JSON, NULL);
	all[3].quantity = "compile_time";
	all[3].label = "Compile time";
	all[3].unit = "s";
	m.in.series = all;
	m.in.nseries = 4;
	m.in.groups = groups;
	m.in.ngroups = 2;
	plain(&m);
	assert_contains(m.md.s,
		"By what files tell alone, without rows to check it by, of conv: onnx is "
		"best in time, 0.693 ms (0.673 to 0.713), 5.5 times as fast as jit");
	assert_contains(m.md.s, "### Figures that files tell, without rows behind them");
	assert_contains(m.md.s, "**Time, ms, as told (lower is better)**");
	assert_contains(m.md.s,
		"| onnx | 10 | 0.693 \xc2\xb1 0.020 | 0.673 to 0.713 | the best | "
		"0.653 to 0.733 |");
	assert_contains(m.md.s, "| jit | 10 |");
	assert_contains(m.md.s, "| fused | 10 | failed | \xe2\x80\x93 |");
	assert_contains(m.md.s, "**Failed:** \"conv, fused\": TODO: no compiler");
	assert_true(strstr(m.md.s, "| jit | 10 |") < strstr(m.md.s, "| fused | 10 |"));
	assert_contains(m.md.s, "### 1. For conv, by what files tell");
	assert_contains(m.md.s, "A compile time of 0.131 s");
	end(&m);
}

/* Of a time that is told without its least value nobody says that it may be below 0. */
static void test_told_intervals_end_at_0(void **state)
{
	static const struct corpus_place place = {.first = 2, .last = 2, .n = 1};
	struct insight_series wide = told_series(&place, "conv, onnx", "onnx", 6, 7, NAN);
	struct insight_group group = {.name = "conv", .n = 1};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct made m;

		begin(&m);
		add_file(&m, "bench.json", TREE_JSON, NULL);
		wide.min = i ? -8 : NAN;
		m.in.series = &wide;
		m.in.groups = &group;
		m.in.nseries = m.in.ngroups = 1;
		plain(&m);
		assert_contains(m.md.s, i ? "| -1 to 13 |" : "| 0 to 13 |");
		end(&m);
	}
}

static void test_nothing(void **state)
{
	struct made m;

	(void)state;
	begin(&m);
	add_file(&m, "one.csv", TREE_CSV, NULL);
	m.in.has_score = true; /* no advice is left but what always holds */
	plain(&m);
	assert_contains(m.md.s, "### 3. Your own machine");
	assert_contains(m.md.s, "1 file holds no row of single measurements.");
	end(&m);
}

/* ---- much, and hostile ---- */

static size_t count_of(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, part)); s += strlen(part))
		n++;
	return n;
}

static void test_lists_are_cut(void **state)
{
	struct made m;

	(void)state;
	begin(&m);
	for (uint32_t i = 0; i < 5000; i++) {
		char name[40];

		snprintf(name, sizeof(name), "subject %04u", i);
		add_file(&m, arena_str(&m.arena, name), TREE_CSV, i % 50 ? NULL : "hidden");
		both(&m, add_subject(&m, arena_str(&m.arena, name), i, 30, 0, i % 2), 50 + i, 100,
			100);
	}
	for (size_t i = 0; i < 20000; i++)
		add_told(&m, (uint32_t)(i % 5000), TOLD_CONTRADICTS, 1 + (double)(i / 4));
	for (uint32_t i = 0; i < 2000; i++)
		m.c.notes[m.c.nnotes++] =
			(struct corpus_note){.file = i, .line = 1, .why = "broken"};
	m.c.notes_in_all = 50000;
	for (size_t i = 0; i < 200; i++)
		add_finding(&m, "limit", -1, "this is one", "x.csv");
	plain(&m);
	assert_contains(m.md.s, "And 4,940 more subjects: summary.json has all of them.");
	/* 40 are shown, each of them with the three others that say the same. */
	assert_contains(m.md.s, "subject 0000 and 3 more");
	assert_contains(m.md.s, "And 19,840 more such figures");
	assert_contains(m.md.s, "And 1,970 more files");
	assert_contains(m.md.s, "And 160 more findings");
	assert_contains(m.md.s, "50,000 notes in all; the first 2,000 were kept.");
	assert_true(m.html.len < (3 << 20));
	assert_true(m.md.len < (1 << 20));
	end(&m);
}

/* Text that could be taken for markup; in a command, which stands as code, it cannot. */
static size_t outside_of_code(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, part)); s += strlen(part)) {
		const char *line = s;

		while (line > text && line[-1] != '\n')
			line--;
		n += strncmp(line, "chimera ", 8) != 0;
	}
	return n;
}

static void test_hostile_names(void **state)
{
	static const char *const names[] = {"NaN {} [Estimate p99] <script>alert(1)</script>",
		"|`x`|*_a_*\n# h", "\xff\xfe\x02\x03 \xe2\x80\xae", "inf", "$(rm x)'\"", ""};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		struct made m;

		make_three(&m);
		for (size_t k = 0; k < 3; k++)
			m.c.subjects[k].name = m.c.subjects[k].model = names[i];
		((struct tree_file *)m.c.files[0].of)->name = names[i];
		m.c.subjects[0].failures[0].why = names[i];
		m.c.told[1].subject = m.c.told[1].unit = m.c.told[1].label = names[i];
		m.in.told[1].which = names[i];
		m.c.settings[0].name = names[i];
		m.in.findings[0].text =
			arena_fmt(&m.arena, "%s is faster than %.9s", names[i], names[i]);
		m.in.findings[1].file = names[i];
		m.c.files[3].why = names[i];
		plain(&m);
		assert_int_equal(outside_of_code(m.md.s, "<script"), 0);
		assert_int_equal(count_of(m.html.s, "<script>alert"), 0);
		assert_int_equal(count_of(m.md.s, "\n# h"), 0);
		end(&m);
	}
}

/* A fault in a text of ours is refused all the same. */
static void test_our_faults_are_refused(void **state)
{
	struct made m;
	struct err e = ERR_INIT;
	struct insight_report_options o = {.dir = unit_path("."), .no_charts = true};

	(void)state;
	make_three(&m);
	m.in.findings[0].text = "the mean is NaN";
	assert_int_equal(insight_report(&m.in, &o, &e), -1);
	assert_contains(e.msg, "NaN");
	end(&m);
}

/* ---- charts, facts, the brief ---- */

static void test_charts(void **state)
{
	static const char index[] = "{\"schema\": 1, \"charts\": [{\"name\": "
				    "\"series-throughput\", \"title\": \"Throughput "
				    "by subject\", \"alt\": \"beta is fastest\", \"caption\": "
				    "\"Dots are means\", \"n\": 9}, "
				    "{\"name\": \"series-ttft\", \"title\": \"TTFT by subject\", "
				    "\"alt\": \"alpha waits\", "
				    "\"caption\": \"Log axis\", \"n\": 9}], \"left_out\": []}";
	struct made m;

	(void)state;
	make_three(&m);
	assert_int_equal(fsx_mkdirs(unit_path("charts"), NULL), 0);
	unit_write_text("charts/index.json", index);
	report(&m, (struct insight_report_options){.times = {0.01, 0.02, 0.5, NAN}});
	assert_int_equal(count_of(m.md.s, "](charts/series-throughput.png)"), 1);
	assert_int_equal(count_of(m.md.s, "](charts/series-ttft.png)"), 1);
	assert_true(strstr(m.md.s, "series-throughput.png") < strstr(m.md.s, "## Findings"));
	assert_true(strstr(m.md.s, "series-ttft.png") > strstr(m.md.s, "## Performance"));
	assert_contains(m.md.s, "| charts | 2 charts | 500 ms |");
	end(&m);
}

/* No figure in what a narrator is shown; a number goes on behind the findings'. */
static void test_facts(void **state)
{
	struct made m;
	struct arena a = {0};
	struct narrator_facts f;

	(void)state;
	make_three(&m);
	insight_facts(&m.in, &a, &f);
	assert_null(narrator_can_try(&f));
	assert_string_equal(f.v[0].id, "F3");
	assert_string_equal(f.v[0].what,
		"beta or gamma, which cannot be told apart, may have the highest throughput of "
		"what "
		"was compared, loads left out");
	assert_string_equal(f.v[0].figure, "184.0 tok/s (183.4 to 184.6)");
	assert_string_equal(f.v[0].file, "a/alpha.csv");
	assert_string_equal(f.v[0].where, "lines 2 to 42");
	for (size_t i = 0; i < f.n; i++) {
		assert_null(strpbrk(f.v[i].what, "0123456789"));
		assert_true(f.v[i].what[0] != '\0');
	}
	assert_in_range(f.n, 10, NARRATOR_MAX_FACTS);
	assert_string_equal(f.names[0], "num_ctx");
	arena_release(&a);
	end(&m);
}

static void test_brief(void **state)
{
	struct made m;
	struct str out = STR_INIT(STR_MAX_LINE);

	(void)state;
	make_three(&m);
	insight_brief(&m.in, &out);
	assert_contains(out.s, "which leaves 99 rows of 3 subjects.\n");
	assert_contains(out.s,
		"  throughput   beta or gamma, which cannot be told apart, at 184.0 tok/s (183.4 "
		"to "
		"184.6); the next\n               is alpha at ");
	assert_contains(out.s, "  loads        10 of 46 rows of alpha paid");
	assert_contains(out.s, "  told         4 figures: 1 agrees with rows, 1 contradicts them");
	assert_contains(out.s, "  traps        load in TTFT\n");
	assert_contains(out.s, "  not used     1 file: picture.png (a binary file)\n");
	str_release(&out);
	end(&m);
}

/* ---- one word and one figure for one thing ---- */

static void test_reproduce(void **state)
{
	struct made m;

	(void)state;
	make_three(&m);
	report(&m,
		(struct insight_report_options){.times = {NAN, NAN, NAN, NAN},
			.rules = "my rules",
			.max_file = 32 << 20,
			.narrate = "gemma3:4b",
			.no_charts = true});
	assert_contains(
		m.md.s, " --rules 'my rules' --max-file 32M --no-charts --narrate gemma3:4b\n");
	str_release(&m.md);
	str_release(&m.html);
	str_release(&m.json);
	report(&m,
		(struct insight_report_options){
			.times = {NAN, NAN, NAN, NAN}, .max_file = 1000, .no_charts = true});
	assert_contains(m.md.s, " --max-file 1000 --no-charts\n");
	assert_null(strstr(m.md.s, "--narrate"));
	end(&m);
}

/* A time is never below 0, wherever its interval stands; a change may be. */
static void test_intervals_end_at_0(void **state)
{
	struct str out = STR_INIT(1 << 16);
	struct made m;
	struct insight_stat *s;

	(void)state;
	begin(&m);
	add_file(&m, "a.csv", TREE_CSV, NULL);
	both(&m, add_subject(&m, "alpha", 0, 3, 0, 0), 100, 5.5, 5.5);
	s = &m.in.subjects[0].measures[1].warm;
	s->low = -1;
	s->high = 12;
	s->min = 1;
	m.in.subjects[0].measures[1].all = *s;
	plain(&m);
	assert_contains(m.md.s, "| 0 to 12 |");
	assert_null(strstr(m.md.s, "-1 to"));
	assert_contains(m.md.s, "Where no value is below 0, an interval is shown from 0 on.");
	insight_brief(&m.in, &out);
	assert_contains(out.s, "alpha at 6 ms (0 to 12)");
	str_release(&out);
	end(&m);
	begin(&m);
	add_file(&m, "a.csv", TREE_CSV, NULL);
	both(&m, add_subject(&m, "alpha", 0, 3, 0, 0), 100, 5.5, 5.5);
	s = &m.in.subjects[0].measures[1].warm;
	s->low = s->min = -1;
	s->high = 12;
	plain(&m);
	assert_contains(m.md.s, "| -1 to 12 |");
	end(&m);
}

/* Whose rows it was held against, where it does not say itself whom it is about. */
static void test_claims_are_about_somebody(void **state)
{
	struct made m;

	(void)state;
	make_three(&m);
	m.c.told[1].subject = "";
	plain(&m);
	assert_contains(m.md.s, "**Figures that the rows here do not bear out**");
	assert_contains(m.md.s,
		"| alpha | Throughput, mean | 253.9 tok/s | 102.2 tok/s, mean of all rows | "
		"contradicts |");
	str_release(&m.md);
	str_release(&m.html);
	str_release(&m.json);
	m.in.told[1].subject = CORPUS_NONE;
	plain(&m);
	assert_contains(m.md.s, "| \xe2\x80\x93 | Throughput, mean | 253.9 tok/s |");
	end(&m);
}

/* Files and tables are as many in the lead, in the table by kind and in the workflow. */
static void test_files_are_counted_once(void **state)
{
	struct made m;

	(void)state;
	make_three(&m);
	m.c.files[1].tables = 7; /* as reading met them; four are kept */
	((struct tree_file *)m.c.files[2].of)->why = "it cannot be read";
	plain(&m);
	assert_contains(m.md.s, "3 files (1 CSV, 1 JSON and 1 Markdown)");
	assert_contains(m.md.s, "| Kind | Files | Read | Size | Tables |");
	assert_contains(m.md.s, "| Markdown | 1 | 0 |");
	assert_contains(m.md.s, "| all | 3 | 2 | 2.9 KiB | 4 |");
	assert_contains(m.md.s, "| reading | 3 files, 4 tables, 154 rows |");
	assert_contains(m.md.s,
		"10 rows paid for one, of 46 rows with a load time; 53 rows have no load time.");
	end(&m);
}

/* The advice, the risk and the line of the first page are about the same subject. */
static void test_failures_are_of_one_subject(void **state)
{
	struct str out = STR_INIT(1 << 16);
	struct made m;
	uint32_t s;

	(void)state;
	make_three(&m);
	s = add_subject(&m, "delta", 0, 1, 0, 3); /* a larger share of fewer rows */
	m.c.subjects[s].failures = m.c.subjects[0].failures;
	m.c.subjects[s].nfailures = 1;
	plain(&m);
	assert_contains(m.md.s, "Find out what \"timed out\" of alpha comes from");
	assert_contains(m.md.s, "of alpha 4 of 50 rows, with \"timed out\"");
	assert_contains(
		m.md.s, "**Costs:** The time to find it, and to measure what failed once more.");
	insight_brief(&m.in, &out);
	assert_contains(out.s, "4 of 50 rows of alpha failed");
	str_release(&out);
	end(&m);
}

/* 30 of its 60 rows are warm: half the interval is 0.0200 and the difference 0.0198, so that 2.79
 * times as many tell them apart. */
static void test_repeats_are_of_warm_rows(void **state)
{
	struct made m;

	(void)state;
	begin(&m);
	add_file(&m, "a.csv", TREE_CSV, NULL);
	both(&m, add_subject(&m, "alpha", 0, 60, 30, 9), 102, 100, 900);
	both(&m, add_subject(&m, "beta", 0, 60, 30, 0), 100, 100, 900);
	add_pair(&m, "throughput", "Throughput", 0, 1, 1.02, 0.4);
	plain(&m);
	assert_contains(m.md.s, "--passes 3 --repeats 84\n");
	end(&m);
}

/* More tables than are kept: the first are named, and how many rows are elsewhere. */
static void test_places_beyond(void **state)
{
	struct made m;

	(void)state;
	begin(&m);
	add_file(&m, "a.csv", TREE_CSV, NULL);
	both(&m, add_subject(&m, "alpha", 0, 60, 0, 0), 102, 100, 100);
	m.c.subjects[0].places[0].n = 10;
	m.c.subjects[0].places_beyond = 50;
	plain(&m);
	assert_contains(m.md.s, "60 rows: a.csv (lines 2 to 61), and 50 rows in other tables\n");
	end(&m);
}

/* What a run of the graded suite is said to cost is that of the suite. */
static void test_graded_suite(void **state)
{
	struct made m;
	json_t *suite;
	char text[1000];

	(void)state;
	snprintf(text, sizeof(text), "%s/../../sweeps/prompts/graded.json", getenv("TEST_DATA"));
	suite = jsonx_load(text, NULL);
	assert_non_null(suite);
	snprintf(text, sizeof(text), "%zu questions that check their own answers",
		json_array_size(json_object_get(suite, "prompts")));
	json_decref(suite);
	make_three(&m);
	plain(&m);
	assert_contains(m.md.s, text);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_recommendations),
		cmocka_unit_test(test_tables_have_their_rows),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_narrator),
		cmocka_unit_test(test_one_of_each),
		cmocka_unit_test(test_only_failures),
		cmocka_unit_test(test_not_compared),
		cmocka_unit_test(test_only_told),
		cmocka_unit_test(test_told_series),
		cmocka_unit_test(test_told_intervals_end_at_0),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_lists_are_cut),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_our_faults_are_refused),
		cmocka_unit_test(test_charts),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_brief),
		cmocka_unit_test(test_reproduce),
		cmocka_unit_test(test_intervals_end_at_0),
		cmocka_unit_test(test_claims_are_about_somebody),
		cmocka_unit_test(test_files_are_counted_once),
		cmocka_unit_test(test_failures_are_of_one_subject),
		cmocka_unit_test(test_repeats_are_of_warm_rows),
		cmocka_unit_test(test_places_beyond),
		cmocka_unit_test(test_graded_suite),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
