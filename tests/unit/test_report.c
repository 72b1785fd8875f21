/* The report: the same content three times, no figure without its digits, no text that breaks out,
 * and a sentence where there is nothing to say. */
#include "unit.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsx.h"
#include "jsonx.h"
#include "report.h"
#include "report_internal.h"
#include "rng.h"
#include "splitplot.h"
#include "summary.h"

/* ---- a run ------------------------------------------------------------------------------- */

/* num_ctx 4096 is slower by a tenth, num_gpu is one setting, temperature does nothing. */
static const double context_effect[] = {0, 0, 0, -0.1};
static const struct splitplot grid = {.contexts = 4,
	.gpus = 3,
	.temperatures = 2,
	.prompts = 1,
	.passes = 3,
	.per_pass = 3,
	.no_gpu = true,
	.sd_request = 0.004,
	.sd_load = 0.002,
	.context_effect = context_effect};

struct run {
	struct dataset d;
	struct summary s;
};

static json_t *manifest(const char *model, bool simulated)
{
	return json_pack(
		"{s:s, s:s, s:i, s:[{s:s, s:s, s:[{s:s, s:s, s:s, s:i}]}], s:[{s:s, s:s, s:b}],"
		" s:{s:s, s:i}}",
		"version", "0.1.0", "fingerprint", "abcdef", "order_seed", 7, "servers", "url",
		"http://127.0.0.1:11434", "version", "0.24.0", "models", "name", model, "digest",
		"0123456789abcdef0123", "quantization", "Q4_K_M", "layers", 18, "sessions",
		"started", "2026-11-24T23:19:48.1Z", "ended", "2026-11-24T23:33:40Z", "simulated",
		simulated, "host", "cpu", "A CPU", "cores", 2);
}

static void make_data(struct run *run, const struct splitplot *c, const char *model)
{
	struct rng rng;

	rng_init(&rng, 20261124, "report");
	splitplot_make(&run->d, c, &rng);
	run->d.manifest = manifest(model, false);
	run->d.sweep = json_pack("{s:{s:i, s:s}}", "options", "num_predict", 100, "stop", "\n\n");
}

static void analyse(struct run *run)
{
	struct err e = ERR_INIT;

	if (summary_make(&run->s, &run->d, &e))
		fail_msg("%s", e.msg);
}

static void make_run(struct run *run)
{
	make_data(run, &grid, "gemma3:270m");
	analyse(run);
}

static void end_run(struct run *run)
{
	summary_release(&run->s);
	dataset_release(&run->d);
}

static void write_report(const struct run *run)
{
	const struct report_times times = {0.0123, 0.5, NAN};
	struct err e = ERR_INIT;

	if (report_write(&run->s, unit_path("."), "1.2.3", &times, NULL, &e))
		fail_msg("%s", e.msg);
}

static struct str slurp(const char *name)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;

	if (fsx_read(unit_path(name), STR_MAX_FILE, &text, &e))
		fail_msg("%s", e.msg);
	return text;
}

static size_t count_of(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, part)); s += strlen(part))
		n++;
	return n;
}

static json_t *load_json(void)
{
	struct err e = ERR_INIT;
	json_t *root = jsonx_load(unit_path("report.json"), &e);

	if (!root)
		fail_msg("%s", e.msg);
	return root;
}

static const json_t *section_of(const json_t *root, const char *id)
{
	size_t i;
	json_t *one;

	json_array_foreach (json_object_get(root, "sections"), i, one) {
		if (strcmp(jsonx_get_string(one, "id"), id) == 0)
			return json_object_get(one, "blocks");
	}
	fail_msg("no section %s", id);
	return NULL;
}

static size_t count_blocks(const json_t *root, const char *type)
{
	size_t i, k, n = 0;
	json_t *section, *block;

	json_array_foreach (json_object_get(root, "sections"), i, section) {
		json_array_foreach (json_object_get(section, "blocks"), k, block)
			n += strcmp(jsonx_get_string(block, "type"), type) == 0;
	}
	return n;
}

/* The text of all blocks of a section, one a line; caller releases. */
static struct str section_text(const json_t *root, const char *id)
{
	struct str text = STR_INIT(STR_MAX_FILE);

	jsonx_dump(&text, section_of(root, id), 1, false);
	return text;
}

/* ---- three formats ----------------------------------------------------------------------- */

static void test_three_formats_hold_the_same(void **state)
{
	struct run run;
	struct str md, html;
	json_t *root;
	size_t sections;

	(void)state;
	make_run(&run);
	write_report(&run);
	md = slurp("report.md");
	html = slurp("report.html");
	root = load_json();
	sections = json_array_size(json_object_get(root, "sections"));
	assert_int_equal(sections, 14);
	assert_int_equal(count_of(md.s, "\n## "), sections);
	assert_int_equal(count_of(html.s, "<section"), sections + 1); /* and the evidence */
	assert_int_equal(count_of(html.s, "<table"), count_blocks(root, "table"));
	assert_int_equal(count_of(md.s, "| --- |") + count_of(md.s, "| ---: |\n") > 0, 1);
	assert_int_equal(count_of(html.s, "<h3>"), count_blocks(root, "heading"));
	assert_int_equal(count_of(md.s, "\n### "), count_blocks(root, "heading"));
	assert_int_equal(count_of(md.s, "\n```sh\n"), count_blocks(root, "code"));
	assert_int_equal(count_of(html.s, "<pre"), count_blocks(root, "code"));
	assert_int_equal(
		count_of(html.s, "<li id=\"e"), json_array_size(json_object_get(root, "evidence")));
	assert_true(html.len < 3 << 20);
	json_decref(root);
	str_release(&md);
	str_release(&html);
	end_run(&run);
}

static void test_order_of_sections(void **state)
{
	static const char *const ids[] = {"summary", "findings", "recommendations", "effects",
		"choice", "performance", "risk", "next", "configuration", "ingestion", "quality",
		"workflow", "definitions", "reproduce"};
	struct run run;
	json_t *root;

	(void)state;
	make_run(&run);
	write_report(&run);
	root = load_json();
	for (size_t i = 0; i < COUNTOF(ids); i++)
		assert_string_equal(
			jsonx_get_string(
				json_array_get(json_object_get(root, "sections"), i), "id"),
			ids[i]);
	json_decref(root);
	end_run(&run);
}

/* ---- content ----------------------------------------------------------------------------- */

static void test_summary_is_three_sentences(void **state)
{
	struct run run;
	json_t *root;
	const json_t *blocks;

	(void)state;
	make_run(&run);
	write_report(&run);
	root = load_json();
	blocks = section_of(root, "summary");
	assert_int_equal(json_array_size(blocks), 3); /* no chart was drawn */
	for (size_t i = 0; i < 3; i++) {
		const char *text = jsonx_get_string(json_array_get(blocks, i), "text");

		assert_int_equal(count_of(text, ". "), 0);
		assert_int_equal(text[strlen(text) - 1], '.');
	}
	assert_contains(jsonx_get_string(json_array_get(blocks, 0), "text"),
		"24 settings of gemma3:270m were measured with 216 requests over 36 model loads");
	assert_contains(jsonx_get_string(json_array_get(blocks, 1), "text"),
		"num_ctx matters: 4096 gives ");
	assert_contains(jsonx_get_string(json_array_get(blocks, 1), "text"),
		"temperature makes no difference beyond the margins; num_gpu is one setting under "
		"three "
		"names");
	assert_contains(
		jsonx_get_string(json_array_get(blocks, 2), "text"), "The best throughput is");
	json_decref(root);
	end_run(&run);
}

static void test_recommendations(void **state)
{
	struct run run;
	struct str text;
	json_t *root;

	(void)state;
	make_run(&run);
	write_report(&run);
	root = load_json();
	text = section_text(root, "recommendations");
	assert_int_equal(count_of(text.s, "\"type\": \"heading\""), 4);
	assert_contains(text.s, "1. For throughput");
	assert_contains(text.s, "2. For TTFT");
	assert_contains(text.s, "3. For quality");
	assert_contains(text.s, "4. For the next sweep: one level of num_gpu");
	/* The cheapest of those that cannot be told apart, and what it brings, from the better
	 * side. */
	assert_contains(text.s, "num_ctx=1024 num_gpu=0");
	assert_contains(text.s, "instead of 4096: ");
	assert_contains(text.s, " more throughput (");
	assert_contains(text.s, " shorter TTFT (");
	assert_contains(text.s, "0 of 9 failed, which does not exclude a rate of up to ");
	assert_contains(text.s, "not graded");
	assert_contains(text.s, "--prompts graded");
	str_release(&text);
	json_decref(root);
	end_run(&run);
}

static void test_graded_answers_are_recommended_on(void **state)
{
	struct run run;
	struct str text;
	json_t *root;
	struct splitplot c = grid;

	(void)state;
	c.prompts = 8;
	make_data(&run, &c, "m");
	for (size_t i = 0; i < run.d.nrows; i++)
		run.d.rows[i].metric[METRIC_SCORE] = i % 3 ? 1 : 0;
	analyse(&run);
	write_report(&run);
	root = load_json();
	text = section_text(root, "recommendations");
	assert_int_equal(count_of(text.s, "graded.json"), 0);
	assert_contains(text.s, "3. For quality");
	str_release(&text);
	json_decref(root);
	end_run(&run);
}

static void test_effects_table(void **state)
{
	struct run run;
	struct str text;
	json_t *root;

	(void)state;
	make_run(&run);
	write_report(&run);
	root = load_json();
	text = section_text(root, "effects");
	assert_contains(text.s, "1024, 2048, 3072 and 4096");
	assert_contains(text.s, "alias: the levels of num_gpu are one setting");
	assert_contains(text.s, "no effect");
	assert_contains(text.s, "0, 10 and 20 are one setting: this server has no GPU");
	assert_contains(text.s, "from 2 % on for throughput and from 5 % on for TTFT");
	str_release(&text);
	text = section_text(root, "performance");
	assert_contains(text.s,
		"p95 of TTFT and throughput is left out, since no setting has it: p95 "
		"needs 20 samples, there are 9.");
	str_release(&text);
	json_decref(root);
	end_run(&run);
}

static void test_configuration_and_reproduction(void **state)
{
	struct run run;
	struct str text;
	json_t *root;

	(void)state;
	make_run(&run);
	write_report(&run);
	root = load_json();
	assert_contains(jsonx_get_string(root, "lead"),
		"gemma3:270m, Q4_K_M, 18 layers, digest 0123456789ab; http://127.0.0.1:11434, "
		"Ollama "
		"0.24.0; 2026-11-24 23:19 to 2026-11-24 23:33 UTC");
	assert_true(json_is_null(json_object_get(root, "stamp")));
	text = section_text(root, "reproduce");
	assert_contains(text.s, "chimera run ");
	assert_contains(text.s, "/sweep.json");
	assert_contains(text.s, "abcdef");
	assert_contains(text.s, "0123456789abcdef0123");
	assert_contains(text.s, "1.2.3");
	str_release(&text);
	text = section_text(root, "workflow");
	assert_contains(text.s, "\"12 ms\"");
	assert_contains(text.s, "not done in this call");
	str_release(&text);
	json_decref(root);
	end_run(&run);
}

static void test_simulated_is_stamped(void **state)
{
	struct run run;
	struct str md, html;
	json_t *root;

	(void)state;
	make_run(&run);
	run.d.simulated = true;
	write_report(&run);
	md = slurp("report.md");
	html = slurp("report.html");
	root = load_json();
	assert_contains(md.s, "> **SIMULATED: ");
	assert_contains(html.s, "<p class=\"stamp\">SIMULATED: ");
	assert_contains(jsonx_get_string(root, "stamp"), "SIMULATED");
	run.d.is_virtual = true;
	write_report(&run);
	str_release(&md);
	md = slurp("report.md");
	assert_contains(md.s, "> **SIMULATED, on a virtual clock: ");
	json_decref(root);
	str_release(&md);
	str_release(&html);
	end_run(&run);
}

/* ---- failures and thin runs -------------------------------------------------------------- */

static void test_failures_are_told(void **state)
{
	struct run run;
	struct str text;
	json_t *root;

	(void)state;
	make_data(&run, &grid, "m");
	for (size_t i = 0; i < 30; i += 10) {
		run.d.rows[i].ok = run.d.rows[i].counts = false;
		run.d.rows[i].status = 1;
		run.d.rows[i].metric[METRIC_DECODE] = run.d.rows[i].metric[METRIC_TTFT] = NAN;
	}
	analyse(&run);
	write_report(&run);
	root = load_json();
	text = section_text(root, "summary");
	assert_contains(text.s, "; three failed.");
	str_release(&text);
	text = section_text(root, "risk");
	assert_contains(text.s, "Requests fail: timeout_first");
	assert_contains(text.s, "3 of 216 requests");
	assert_contains(text.s, "raise the limit for the first token");
	str_release(&text);
	json_decref(root);
	end_run(&run);
}

/* One pass, one cell, nothing that counts: each has a report, and none says more than it knows. */
static void test_thin_runs_have_a_report(void **state)
{
	static const struct {
		uint32_t contexts, temperatures, passes;
		bool all_fail;
		const char *says;
	} cases[] = {
		{4, 2, 1, false, "Every setting was loaded in one pass only"},
		{1, 1, 3, false, "Nothing was varied, so there is nothing to compare."},
		{2, 2, 3, true, "Which setting is best cannot be told: "},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct splitplot c = grid;
		struct run run;
		struct str text;
		json_t *root;

		c.contexts = cases[i].contexts;
		c.gpus = 1;
		c.temperatures = cases[i].temperatures;
		c.passes = cases[i].passes;
		c.context_effect = NULL;
		make_data(&run, &c, "m");
		for (size_t k = 0; cases[i].all_fail && k < run.d.nrows; k++) {
			run.d.rows[k].ok = run.d.rows[k].counts = false;
			run.d.rows[k].status = 1;
			run.d.rows[k].metric[METRIC_DECODE] = NAN;
			run.d.rows[k].metric[METRIC_TTFT] = NAN;
		}
		analyse(&run);
		write_report(&run);
		root = load_json();
		text = section_text(root, "summary");
		assert_contains(text.s, cases[i].says);
		str_release(&text);
		json_decref(root);
		end_run(&run);
	}
}

/* What nobody would measure is no advice: no number of passes, no command. */
static void test_more_passes_than_anyone_makes(void **state)
{
	static const struct {
		uint32_t passes;
		bool offered;
		const char *brief, *next;
	} cases[] = {
		{12, true, "; --passes 12 would settle it", "by 12 passes"},
		{100, true, "; --passes 100 would settle it", "by 100 passes"},
		{101, false, "; no number of passes that one would make settles it",
			"more than 100 passes"},
		{781, false, "; no number of passes that one would make settles it",
			"more than 100 passes"},
	};
	struct splitplot c = grid;

	(void)state;
	c.gpus = 1;
	c.context_effect = NULL;
	c.sd_load = 0.1;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str brief = STR_INIT(1 << 20), next, line = STR_INIT(STR_MAX_LINE);
		struct run run;
		json_t *root;

		make_data(&run, &c, "m");
		analyse(&run);
		for (size_t k = 0; k < run.s.neffects; k++) {
			if (run.s.effects[k].verdict == VERDICT_INCONCLUSIVE)
				run.s.effects[k].passes_needed = cases[i].passes;
		}
		report_brief(&run.s, &brief);
		for (const char *s = brief.s; *s;
			s += *s == ' ' || *s == '\n' ? strspn(s, " \n") : 1)
			str_addc(&line, *s == '\n' ? ' ' : *s);
		assert_contains(line.s, cases[i].brief);
		write_report(&run);
		root = load_json();
		next = section_text(root, "next");
		assert_contains(next.s, cases[i].next);
		assert_int_equal(strstr(next.s, "chimera resume") != NULL, cases[i].offered);
		json_decref(root);
		str_release(&next);
		str_release(&line);
		str_release(&brief);
		end_run(&run);
	}
}

static void test_nothing_is_known_but_the_rows(void **state)
{
	struct run run;

	(void)state;
	make_data(&run, &grid, "m");
	json_decref(run.d.manifest);
	json_decref(run.d.sweep);
	run.d.manifest = run.d.sweep = NULL;
	run.d.passes_planned = run.d.passes_complete = 0;
	run.d.nprompts = 0;
	for (size_t i = 0; i < run.d.nrows; i++)
		run.d.rows[i].prompt = DATA_NONE;
	analyse(&run);
	write_report(&run);
	end_run(&run);
}

static void test_large_grids_are_cut(void **state)
{
	struct splitplot c = grid;
	struct run run;
	struct str html, text;
	json_t *root;

	(void)state;
	c.contexts = 40;
	c.gpus = 1;
	c.temperatures = 20;
	c.per_pass = 1;
	c.context_effect = NULL;
	make_data(&run, &c, "m");
	analyse(&run);
	write_report(&run);
	html = slurp("report.html");
	assert_true(html.len < 1 << 20);
	root = load_json();
	text = section_text(root, "performance");
	assert_contains(text.s, "Of 800 settings the 120 with the highest throughput are shown");
	str_release(&text);
	json_decref(root);
	str_release(&html);
	end_run(&run);
}

/* ---- hostile names ----------------------------------------------------------------------- */

static void test_hostile_names(void **state)
{
	static const char *const names[] = {"NaN {} [Estimate p99] <script>alert(1)</script>",
		"|`x`|*_a_*\n# h", "\xff\xfe\x02\x03 \xe2\x80\xae", "inf", ""};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		struct run run;
		struct str md, html;

		make_data(&run, &grid, "m");
		run.d.name = names[i];
		run.d.factors[0].name = names[i];
		run.d.factors[0].level[3] = names[i];
		run.d.prompts[0] = run.d.servers[0] = names[i];
		run.d.loads[0].other_models = names[i];
		run.d.status[1] = names[i];
		run.d.rows[0].ok = run.d.rows[0].counts = false;
		run.d.rows[0].status = 1;
		for (size_t k = 0; k < run.d.ncells; k++)
			run.d.cells[k].label = names[i];
		analyse(&run);
		write_report(&run);
		md = slurp("report.md");
		html = slurp("report.html");
		assert_int_equal(count_of(md.s, "<script"), 0);
		assert_int_equal(count_of(html.s, "<script>alert"), 0);
		assert_int_equal(count_of(html.s, "<script"), 1); /* the sorting of tables */
		assert_int_equal(count_of(md.s, "\n# h"), 0);
		str_release(&md);
		str_release(&html);
		end_run(&run);
	}
}

static void test_a_quote_in_the_folder(void **state)
{
	struct run run;
	struct str md;
	struct err e = ERR_INIT;

	(void)state;
	make_run(&run);
	assert_int_equal(fsx_mkdirs(unit_path("it's a run"), NULL), 0);
	assert_int_equal(report_write(&run.s, unit_path("it's a run"), "1", NULL, NULL, &e), 0);
	md = slurp("it's a run/report.md");
	assert_contains(md.s, "it'\\''s a run/sweep.json'");
	str_release(&md);
	end_run(&run);
}

/* ---- charts ------------------------------------------------------------------------------ */

static void test_charts_are_taken_from_their_index(void **state)
{
	struct run run;
	struct str md, html;
	json_t *root;

	(void)state;
	make_run(&run);
	assert_int_equal(fsx_mkdirs(unit_path("charts"), NULL), 0);
	unit_write_text("charts/index.json",
		"{\"schema\": 1, \"charts\": [{\"name\": \"ttft-throughput\", \"title\": \"T\", "
		"\"alt\": "
		"\"Alt\", \"caption\": \"C.\", \"n\": 1}, {\"name\": 5}], \"left_out\": "
		"[{\"name\": "
		"\"run-order\", \"why\": \"gnuplot: not found\"}]}");
	unit_write_text("charts/ttft-throughput.svg", "<svg/>");
	write_report(&run);
	md = slurp("report.md");
	html = slurp("report.html");
	root = load_json();
	assert_contains(md.s, "![Alt](charts/ttft-throughput.png)");
	assert_contains(md.s, "The chart run-order was not drawn: gnuplot: not found.");
	assert_int_equal(count_of(html.s, "data:image/svg+xml;base64,PHN2Zy8+"), 1);
	assert_int_equal(count_blocks(root, "figure"), 1);
	unlink(unit_path("charts/index.json"));
	json_decref(root);
	str_release(&md);
	str_release(&html);
	end_run(&run);
}

/* ---- the program ------------------------------------------------------------------------- */

/* A run of the program itself, simulated: its folder has a report that says so. */
static void test_a_run_of_the_program(void **state)
{
	const char *program = getenv("CHIMERA_BIN");
	char command[2000];
	struct str text;
	json_t *root;

	(void)state;
	if (!program || access(program, X_OK) != 0)
		skip();
	snprintf(command, sizeof(command),
		"'%s' run --simulate --virtual --num-ctx=1024,2048 --temperature=0,1 -q -o '%s' "
		">/dev/null 2>&1",
		program, unit_path("run"));
	if (system(command) == -1)
		fail_msg("%s", command);
	text = slurp("run/report.json");
	root = jsonx_parse(text.s, text.len);
	assert_contains(jsonx_get_string(root, "stamp"), "SIMULATED, on a virtual clock");
	assert_int_equal(json_array_size(json_object_get(root, "sections")), 14);
	str_release(&text);
	text = section_text(root, "summary");
	assert_contains(text.s, "4 settings of gemma3:270m were measured with ");
	str_release(&text);
	text = section_text(root, "ingestion");
	assert_contains(text.s, "\"runs.csv\"");
	assert_contains(text.s, "No line was set aside");
	str_release(&text);
	text = section_text(root, "reproduce");
	assert_contains(text.s, "--simulate --virtual");
	str_release(&text);
	json_decref(root);
}

/* ---- the brief --------------------------------------------------------------------------- */

static void test_brief(void **state)
{
	struct run run;
	struct str brief = STR_INIT(1 << 20);

	(void)state;
	make_run(&run);
	report_brief(&run.s, &brief);
	assert_contains(
		brief.s, "  num_gpu      one setting under three names: this server has no GPU");
	assert_contains(brief.s, "  num_ctx      4096 gives ");
	assert_contains(brief.s,
		"  temperature  does not change the speed (throughput within 2 %, TTFT "
		"within 5 %)");
	assert_contains(brief.s, "  best         the best is among ");
	assert_contains(
		brief.s, "  limit        may have missed a difference in throughput under ");
	str_release(&brief);
	end_run(&run);
}

/* What has no figure is not said to be unchanged. */
static void test_brief_claims_nothing_unmeasured(void **state)
{
	static const struct {
		enum metric missing;
		const char *said;
	} cases[] = {
		{METRIC_DECODE,
			"  temperature  does not change the speed (TTFT within 5 %; no "
			"request has a figure of throughput)"},
		{METRIC_TTFT,
			"  temperature  does not change the speed (throughput within 2 %; no "
			"request has a figure of TTFT)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str brief = STR_INIT(1 << 20);
		struct run run;

		make_data(&run, &grid, "gemma3:270m");
		for (size_t k = 0; k < run.d.nrows; k++)
			run.d.rows[k].metric[cases[i].missing] = NAN;
		analyse(&run);
		report_brief(&run.s, &brief);
		assert_contains(brief.s, cases[i].said);
		str_release(&brief);
		end_run(&run);
	}
}

static void test_brief_fits_a_terminal(void **state)
{
	struct run run;
	struct str brief = STR_INIT(1 << 20);
	char name[400];

	(void)state;
	make_data(&run, &grid, "m");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	run.d.factors[0].level[0] = name;
	run.d.factors[2].name = "a_factor_with_a_very_long_name";
	analyse(&run);
	report_brief(&run.s, &brief);
	for (const char *line = brief.s; *line;) {
		size_t len = strcspn(line, "\n");

		assert_true(len <= 100);
		line += len + (line[len] == '\n');
	}
	str_release(&brief);
	end_run(&run);
}

/* ---- words ------------------------------------------------------------------------------- */

static void test_estimates(void **state)
{
	static const struct {
		double x, low, high;
		const char *text;
	} cases[] = {
		{87.3412, 86.2, 88.5, "87.3 (86.2 to 88.5)"},
		{87.3412, 80, 95, "87 (80 to 95)"},
		{1234.56, 1200, 1270, "1,235 (1,200 to 1,270)"},
		{0.98765, 0.98, 0.995, "0.988 (0.980 to 0.995)"},
		{87.3412, NAN, NAN, "87.3"},
		{87.3412, 87.3412, 87.3412, "87.3"},
		{NAN, NAN, NAN, NOT_GIVEN},
		{12345.6, NAN, NAN, "12,346"},
	};
	struct run run;
	struct report r;

	(void)state;
	make_run(&run);
	report_init(&r, &run.s, ".", "1");
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(
			words_estimate(&r, cases[i].x, cases[i].low, cases[i].high), cases[i].text);
	report_release(&r);
	end_run(&run);
}

static void test_changes(void **state)
{
	static const struct {
		enum metric m;
		double ratio, low, high;
		const char *text, *range;
	} cases[] = {
		{METRIC_DECODE, 0.969, 0.957, 0.981, "3.1 %", "1.9 to 4.3"},
		{METRIC_DECODE, 1.05, 1.03, 1.07, "5.0 %", "3.0 to 7.0"},
		{METRIC_DECODE, 0.99, 0.97, 1.01, "1.0 %", "-1.0 to 3.0"},
		{METRIC_TTFT, 14.3, 14.06, 14.56, "14.30 times", "14.06 to 14.56"},
		{METRIC_TTFT, 1.127, NAN, NAN, "12.7 %", ""},
		{METRIC_SCORE, -0.05, -0.08, -0.02, "0.050", "0.020 to 0.080"},
	};
	struct run run;
	struct report r;

	(void)state;
	make_run(&run);
	report_init(&r, &run.s, ".", "1");
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct change c =
			words_change(&r, cases[i].m, cases[i].ratio, cases[i].low, cases[i].high);

		assert_string_equal(c.text, cases[i].text);
		assert_string_equal(c.range, cases[i].range);
	}
	report_release(&r);
	end_run(&run);
}

static void test_small_words(void **state)
{
	struct run run;
	struct report r;

	(void)state;
	make_run(&run);
	report_init(&r, &run.s, ".", "1");
	assert_string_equal(words_count(&r, 1, "load"), "1 load");
	assert_string_equal(words_count(&r, 2000, "load"), "2,000 loads");
	assert_string_equal(words_count(&r, 0, "load"), "0 loads");
	assert_string_equal(words_number(&r, 3), "three");
	assert_string_equal(words_number(&r, 11), "11");
	assert_string_equal(words_p(&r, 0.0004), "< 0.001");
	assert_string_equal(words_p(&r, 0.0042), "0.004");
	assert_string_equal(words_p(&r, 0.62), "0.62");
	assert_string_equal(words_p(&r, 1), "> 0.99");
	assert_string_equal(words_p(&r, NAN), NOT_GIVEN);
	assert_string_equal(words_percent(&r, 0.07), "7 %");
	assert_string_equal(words_capital(&r, "the best"), "The best");
	assert_string_equal(words_capital(&r, "num_ctx matters"), "num_ctx matters");
	assert_string_equal(words_capital(&r, "9 of 10"), "9 of 10");
	assert_string_equal(words_shell(&r, "runs/2026-11-24-x"), "runs/2026-11-24-x");
	assert_string_equal(words_shell(&r, "a b; rm"), "'a b; rm'");
	assert_string_equal(words_shell(&r, "-x"), "'-x'");
	assert_string_equal(words_shell(&r, ""), "''");
	report_release(&r);
	end_run(&run);
}

/* ---- choice ------------------------------------------------------------------------------ */

/* Of cells that cannot be told apart the one without failures, then with the least memory. */
static void test_choice_is_the_cheapest(void **state)
{
	struct splitplot c = grid;
	struct run run;
	struct report r;
	uint32_t cell;

	(void)state;
	c.context_effect = NULL;
	c.gpus = 1;
	make_data(&run, &c, "m");
	analyse(&run);
	report_init(&r, &run.s, ".", "1");
	cell = report_choice(&r, METRIC_DECODE, METRIC_TTFT);
	assert_true(report_in_set(&r, METRIC_DECODE, cell));
	assert_int_equal(run.d.cells[cell].level[0], 0); /* the first loads are the smallest */
	for (size_t i = 0; i < run.s.ncells; i++)
		run.s.cells[i].n_failed = run.d.cells[i].level[0] < 2;
	cell = report_choice(&r, METRIC_DECODE, METRIC_TTFT);
	assert_int_equal(run.d.cells[cell].level[0], 2);
	run.s.best[METRIC_DECODE].ncells = 0;
	assert_int_equal(report_choice(&r, METRIC_DECODE, METRIC_TTFT), CHOICE_NONE);
	report_release(&r);
	end_run(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_formats_hold_the_same),
		cmocka_unit_test(test_order_of_sections),
		cmocka_unit_test(test_summary_is_three_sentences),
		cmocka_unit_test(test_recommendations),
		cmocka_unit_test(test_graded_answers_are_recommended_on),
		cmocka_unit_test(test_effects_table),
		cmocka_unit_test(test_configuration_and_reproduction),
		cmocka_unit_test(test_simulated_is_stamped),
		cmocka_unit_test(test_failures_are_told),
		cmocka_unit_test(test_thin_runs_have_a_report),
		cmocka_unit_test(test_more_passes_than_anyone_makes),
		cmocka_unit_test(test_nothing_is_known_but_the_rows),
		cmocka_unit_test(test_large_grids_are_cut),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_a_quote_in_the_folder),
		cmocka_unit_test(test_charts_are_taken_from_their_index),
		cmocka_unit_test(test_a_run_of_the_program),
		cmocka_unit_test(test_brief),
		cmocka_unit_test(test_brief_claims_nothing_unmeasured),
		cmocka_unit_test(test_brief_fits_a_terminal),
		cmocka_unit_test(test_estimates),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_small_words),
		cmocka_unit_test(test_choice_is_the_cheapest),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
