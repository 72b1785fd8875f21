/* The document: what it refuses, and that three writers say the same, whatever the text. */
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "fsx.h"
#include "hash.h"
#include "jsonx.h"

static size_t count_of(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, part)); s += strlen(part))
		n++;
	return n;
}

typedef int writer(const struct doc *d, struct str *out, struct err *e);

static struct str written(const struct doc *d, writer *write)
{
	struct str out = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;

	if (write(d, &out, &e))
		fail_msg("%s", e.msg);
	return out;
}

/* ---- refusals ---- */

static void test_faults_are_refused(void **state)
{
	static const struct {
		const char *text, *why; /* NULL: fine */
	} cases[] = {
		{"TTFT was 12 ms", NULL},
		{"", "no text"},
		{"   ", "no text"},
		{"the mean is NaN ms", "NaN"},
		{"the mean is nan", "NaN"},
		{"-nan", "NaN"},
		{"takes inf ms", "inf"},
		{"an infinite loop", NULL},
		{"nano, Nantes, banana, info, inferior", NULL},
		{"value: {} ms", "{}"},
		{"value: {{mean}}", "{}"},
		{"p99 [Estimate p99]", "[...]"},
		{"and [...] so on", "[...]"},
		{"and [\xe2\x80\xa6] so on", "[...]"},
		{"and [] so on", "[...]"},
		{"between [1, 2]", NULL},
		{"list[2] is there", NULL},
		{"TODO: write this", "TODO"},
		{"model (null)", "(null)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct doc *d = doc_new("Title", NULL);
		struct str out = STR_INIT(STR_MAX_FILE);
		struct err e = ERR_INIT;

		doc_section(d, "s", "Section");
		doc_para(d, cases[i].text, 0);
		assert_int_equal(doc_markdown(d, &out, &e), cases[i].why ? -1 : 0);
		if (cases[i].why) {
			assert_int_equal(e.code, ERR_DATA);
			assert_contains(e.msg, cases[i].why);
			assert_contains(e.msg, "a paragraph");
			assert_int_equal(doc_html(d, &out, &e), -1);
			assert_int_equal(doc_json(d, &out, &e), -1);
			assert_int_equal(out.len, 0);
		}
		str_release(&out);
		doc_free(d);
	}
}

/* Wherever a text goes, it is looked at; the first refusal is the one told. */
static void test_every_place_is_checked(void **state)
{
	static const char *const good[] = {"a", "b"}, *const bad[] = {"a", "NaN"};

	(void)state;
	for (int place = 0; place < 13; place++) {
		struct doc *d = doc_new(place == 0 ? "NaN" : "Title", place == 1 ? "NaN" : NULL);
		struct str out = STR_INIT(STR_MAX_FILE);
		struct err e = ERR_INIT;

		doc_section(d, "s", place == 2 ? "NaN" : "Section");
		doc_subsection(d, place == 3 ? "NaN" : "Sub");
		doc_note(d, place == 4 ? "NaN" : "note");
		doc_code(d, place == 5 ? "NaN" : "code");
		doc_item(d, place == 6 ? "NaN" : NULL, place == 7 ? "NaN" : "item", 0);
		doc_table(d, place == 8 ? "NaN" : "Table", 2, place == 9 ? bad : good, NULL);
		doc_table_row(d, place == 10 ? bad : good);
		doc_figure(d, "/nowhere", "x", "Figure", place == 11 ? "NaN" : "alt", "caption");
		doc_evidence(d, "runs.csv", place == 12 ? "NaN" : "", 1);
		doc_para(d, "TODO", 0); /* comes later, is not told */
		assert_int_equal(doc_html(d, &out, &e), -1);
		assert_contains(e.msg, "NaN");
		str_release(&out);
		doc_free(d);
	}
}

static void test_text_from_outside_is_no_refusal(void **state)
{
	struct doc *d = doc_new("Title", NULL);
	struct str out;
	char text[200];

	(void)state;
	doc_section(d, "s", "Section");
	snprintf(text, sizeof(text), "model %s and %s", doc_quote(d, "NaN:{} [x] TODO"),
		doc_quote(d, ""));
	doc_para(d, text, 0);
	doc_expect(d, "nan");
	doc_expect(d, "plain");
	doc_para(d, doc_guard(d, "num_ctx=nan is plain"), 0);
	out = written(d, doc_json);
	assert_contains(out.s, "\"model NaN:{} [x] TODO and (empty)\"");
	assert_contains(out.s, "\"num_ctx=nan is plain\"");
	str_release(&out);
	doc_free(d);
}

/* ---- three formats ---- */

static struct doc *sample(void)
{
	static const char *const head[] = {"Setting", "TTFT, ms"};
	static const char *const rows[][2] = {{"a", "1.5"}, {"b|c", "2.5"}};
	static const enum doc_align align[] = {DOC_LEFT, DOC_RIGHT};
	struct doc *d = doc_new("Report", "SIMULATED");
	int e1, e2;

	doc_lead(d, "One line");
	doc_section(d, "one", "First");
	e1 = doc_evidence(d, "runs.csv", "phase=measure", 1200);
	e2 = doc_evidence(d, "loads.csv", "", 1);
	assert_int_equal(e1, 1);
	assert_int_equal(e2, 2);
	assert_int_equal(doc_evidence(d, "runs.csv", "phase=measure", 1200), 1);
	doc_para(d, "A statement.", e1);
	doc_item(d, "Lead:", "with lead", e2);
	doc_item(d, NULL, "without", 0);
	doc_section(d, "two", "Second");
	doc_subsection(d, "Part");
	doc_note(d, "Mind this.");
	doc_code(d, "chimera run");
	doc_table(d, "Numbers", 2, head, align);
	doc_table_row(d, rows[0]);
	doc_table_row(d, rows[1]);
	doc_figure(d, unit_path("charts"), "pic", "Picture", "What it shows", "A caption.");
	return d;
}

static void test_markdown(void **state)
{
	struct doc *d = sample();
	struct str out = written(d, doc_markdown);

	(void)state;
	assert_contains(out.s, "# Report\n\n> **SIMULATED**\n\nOne line\n\n## First\n\n");
	assert_contains(
		out.s, "A statement.[^1]\n\n- **Lead:** with lead[^2]\n- without\n\n## Second");
	assert_contains(out.s, "### Part\n\n> **Note:** Mind this.\n\n```sh\nchimera run\n```\n\n");
	assert_contains(out.s,
		"**Numbers**\n\n| Setting | TTFT, ms |\n| --- | ---: |\n| a | 1.5 |\n"
		"| b\\|c | 2.5 |\n\n");
	assert_contains(out.s, "![What it shows](charts/pic.png)\n\n*Picture.* A caption.\n\n");
	assert_contains(
		out.s, "[^1]: runs.csv: 1,200 rows with phase=measure\n[^2]: loads.csv: 1 row\n");
	str_release(&out);
	doc_free(d);
}

static void test_html(void **state)
{
	struct doc *d = sample();
	struct str out = written(d, doc_html);

	(void)state;
	assert_int_equal(strncmp(out.s, "<!DOCTYPE html>", 15), 0);
	assert_int_equal(count_of(out.s, "<section"), 3); /* and the evidence */
	assert_int_equal(count_of(out.s, "</section>"), 3);
	assert_int_equal(count_of(out.s, "<table>"), 1);
	assert_int_equal(count_of(out.s, "<ul>"), 2); /* contents and list */
	assert_int_equal(count_of(out.s, "</ul>"), 2);
	assert_int_equal(count_of(out.s, "<h1>"), 1);
	assert_int_equal(count_of(out.s, "<script"), 0);
	assert_contains(out.s, "<caption><span>Numbers</span></caption>");
	assert_contains(out.s, "<th scope=\"col\" class=\"r\">TTFT, ms</th>");
	assert_contains(out.s, "<a href=\"#e1\"");
	assert_contains(out.s, "<li id=\"e1\">runs.csv: 1,200 rows");
	assert_contains(out.s, "<p class=\"stamp\">SIMULATED</p>");
	assert_contains(out.s, "charts/pic.png"); /* the picture is not there: named */
	assert_contains(out.s, "prefers-color-scheme: dark");
	str_release(&out);
	doc_free(d);
}

static void test_json(void **state)
{
	struct doc *d = sample();
	struct str out = written(d, doc_json);
	json_t *root = jsonx_parse(out.s, out.len), *section, *table;

	(void)state;
	assert_non_null(root);
	assert_string_equal(jsonx_get_string(root, "stamp"), "SIMULATED");
	assert_int_equal(json_array_size(json_object_get(root, "sections")), 2);
	section = json_array_get(json_object_get(root, "sections"), 1);
	assert_string_equal(jsonx_get_string(section, "id"), "two");
	assert_int_equal(json_array_size(json_object_get(section, "blocks")), 5);
	table = json_array_get(json_object_get(section, "blocks"), 3);
	assert_string_equal(jsonx_get_string(table, "type"), "table");
	assert_string_equal(json_string_value(json_array_get(
				    json_array_get(json_object_get(table, "rows"), 1), 0)),
		"b|c");
	assert_int_equal(json_array_size(json_object_get(root, "evidence")), 2);
	json_decref(root);
	str_release(&out);
	doc_free(d);
}

/* ---- hostile text ---- */

static void test_markdown_escapes(void **state)
{
	static const struct {
		const char *text, *markdown;
	} cases[] = {
		{"num_ctx=4096", "num_ctx=4096"},
		{"_a_ __b", "\\_a\\_ \\_\\_b"},
		{"*a* `b` |c| <d> ~e~", "\\*a\\* \\`b\\` \\|c\\| &lt;d> \\~e\\~"},
		{"- no list", "\\- no list"},
		{"# no heading", "\\# no heading"},
		{"> no quote", "\\> no quote"},
		{"12. no list", "12\\. no list"},
		{"1.5 ms", "1.5 ms"},
		{"a & b", "a &amp; b"},
		{"back\\slash", "back\\\\slash"},
		{"line\nbreak", "line break"},
		{"![x](y)", "\\!\\[x\\](y)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct doc *d = doc_new("T", NULL);
		struct str out;
		char wanted[200];

		doc_section(d, "s", "S");
		doc_para(d, doc_quote(d, cases[i].text), 0);
		snprintf(wanted, sizeof(wanted), "# T\n\n## S\n\n%s\n\n", cases[i].markdown);
		out = written(d, doc_markdown);
		assert_string_equal(out.s, wanted);
		str_release(&out);
		doc_free(d);
	}
}

static void test_html_escapes(void **state)
{
	struct doc *d = doc_new("T", NULL);
	struct str out;

	(void)state;
	doc_section(d, "s", "S");
	doc_para(d, doc_quote(d, "<script>alert('x')</script> & \"q\""), 0);
	doc_figure(d, "/nowhere", "f", "T", doc_quote(d, "\" onerror=\"x"), "c");
	out = written(d, doc_html);
	assert_contains(out.s,
		"<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; "
		"&quot;q&quot;</p>");
	assert_int_equal(count_of(out.s, "<script"), 0);
	assert_int_equal(count_of(out.s, "\" onerror"), 0);
	str_release(&out);
	doc_free(d);
}

/* A name that is written from the right stands for itself, or the figures behind it would change
 * places with its parts; not in attributes, nor in Markdown. */
static void test_right_to_left_names(void **state)
{
	static const char name[] = "\xd7\x90\xd7\x91:7b";
	struct doc *d = doc_new("T", NULL);
	struct str html, md, text = STR_INIT(STR_MAX_LINE);

	(void)state;
	doc_section(d, "s", "S");
	str_addf(&text, "a <%s> and %s, 92 ms, 5 %%", doc_quote(d, "b"), doc_quote(d, name));
	doc_para(d, text.s, 0);
	doc_figure(d, "/nowhere", "f", doc_quote(d, name), doc_quote(d, name), "c");
	html = written(d, doc_html);
	md = written(d, doc_markdown);
	assert_contains(
		html.s, "<p>a &lt;b&gt; and <bdi>\xd7\x90\xd7\x91:7b</bdi>, 92 ms, 5\xc2\xa0%</p>");
	assert_contains(html.s, "<figcaption><b><bdi>\xd7\x90\xd7\x91:7b</bdi>.</b> c");
	assert_int_equal(count_of(html.s, "<bdi>"), 2);
	assert_int_equal(count_of(md.s, "bdi"), 0);
	str_release(&text);
	str_release(&html);
	str_release(&md);
	doc_free(d);
}

static void test_text_is_made_clean(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"bad \xff\xfe bytes", "\"bad ?? bytes\""},
		{"bell\x07 esc\x1b[31m", "\"bell  esc [31m\""},
		{"\x02marks\x03", "\" marks \""},
		{"right\xe2\x80\xaeleft\xe2\x80\x8bgap", "\"right left gap\""},
		{"\xf0\x9f\x98\x80 \xc3\xa9", "\"\xf0\x9f\x98\x80 \xc3\xa9\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct doc *d = doc_new("T", NULL);
		struct str out;

		doc_section(d, "s", "S");
		doc_para(d, doc_quote(d, cases[i].text), 0);
		out = written(d, doc_json);
		assert_contains(out.s, cases[i].json);
		str_release(&out);
		doc_free(d);
	}
}

static void test_long_text_is_cut(void **state)
{
	struct doc *d = doc_new("T", NULL);
	char text[1001];
	const char *quoted;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 2);
	text[1000] = '\0';
	quoted = doc_quote(d, text);
	assert_true(strlen(quoted) < 300);
	assert_contains(quoted, "\xc3\xa9\xe2\x80\xa6");
	doc_free(d);
}

static void test_code_outlasts_backticks(void **state)
{
	struct doc *d = doc_new("T", NULL);
	struct str out;

	(void)state;
	doc_section(d, "s", "S");
	doc_code(d, doc_quote(d, "echo ```` x"));
	out = written(d, doc_markdown);
	assert_contains(out.s, "`````sh\necho ```` x\n`````\n");
	str_release(&out);
	doc_free(d);
}

/* ---- rows of several files ---- */

static struct doc *with_places(size_t rows)
{
	static const char *const head[] = {"Model", "n"}, *const row[] = {"a", "46"};
	static const struct doc_place places[] = {
		{"a.csv", "lines 2 to 37"}, {"b|c.json", "results[0]"}, {"d.md", ""}};
	struct doc *d = doc_new("Report", NULL);
	int e1 = doc_evidence_places(d, places, 3, 1046, "row");

	assert_int_equal(e1, 1);
	assert_int_equal(doc_evidence_places(d, places, 3, 1046, "row"), 1);
	assert_int_equal(doc_evidence_places(d, places, 2, 1046, "row"), 2);
	assert_int_equal(doc_evidence_places(d, places, 1, 1, "figure"), 3);
	doc_evidence_intro(d, "Below the paths.");
	doc_section(d, "s", "S");
	doc_table(d, "T", 2, head, NULL);
	for (size_t i = 0; i < rows; i++)
		doc_table_row_of(d, row, i == 0 ? e1 : 0);
	return d;
}

static void test_places(void **state)
{
	struct doc *d = with_places(2);
	struct str md = written(d, doc_markdown), html = written(d, doc_html);
	struct str json = written(d, doc_json);
	json_t *root = jsonx_parse(json.s, json.len), *table, *first;

	(void)state;
	assert_contains(md.s, "| a[^1] | 46 |\n| a | 46 |\n");
	assert_contains(md.s,
		"[^1]: 1,046 rows: a.csv (lines 2 to 37), b\\|c.json (results\\[0\\]), d.md\n");
	assert_contains(md.s, "[^3]: 1 figure: a.csv (lines 2 to 37)\n");
	assert_contains(
		html.s, "<td>a<sup><a href=\"#e1\" aria-label=\"evidence 1\">1</a></sup></td>");
	assert_contains(html.s, "<p>Below the paths.</p>");
	table = json_array_get(
		json_object_get(json_array_get(json_object_get(root, "sections"), 0), "blocks"), 0);
	assert_int_equal(
		json_integer_value(json_array_get(json_object_get(table, "evidence"), 0)), 1);
	assert_int_equal(
		json_integer_value(json_array_get(json_object_get(table, "evidence"), 1)), 0);
	first = json_array_get(json_object_get(root, "evidence"), 0);
	assert_int_equal(json_integer_value(json_object_get(first, "rows")), 1046);
	assert_string_equal(
		jsonx_get_string(json_array_get(json_object_get(first, "places"), 1), "file"),
		"b|c.json");
	json_decref(root);
	str_release(&md);
	str_release(&html);
	str_release(&json);
	doc_free(d);
}

static void test_many_places_are_cut(void **state)
{
	struct doc_place places[DOC_MOST_PLACES + 6];
	struct doc *d = doc_new("T", NULL);
	struct str md;

	(void)state;
	for (size_t i = 0; i < COUNTOF(places); i++)
		places[i] = (struct doc_place){"a.csv", ""};
	doc_section(d, "s", "S");
	doc_para(d, "p", doc_evidence_places(d, places, COUNTOF(places), 60, "row"));
	md = written(d, doc_markdown);
	assert_contains(md.s, ", a.csv and 6 more\n");
	assert_int_equal(count_of(md.s, "a.csv"), DOC_MOST_PLACES);
	str_release(&md);
	doc_free(d);
}

/* ---- the script ---- */

/* No script but the one whose hash is named, and none where there is nothing to sort. */
static void test_tables_sort(void **state)
{
	struct doc *few = with_places(2), *many = with_places(3);
	struct str plain = written(few, doc_html), html = written(many, doc_html);
	char *begin = strstr(html.s, "<script>"), *end = strstr(html.s, "</script>");
	char hex[HASH_SHA_TEXT];

	(void)state;
	assert_null(strstr(plain.s, "<script"));
	assert_null(strstr(plain.s, "script-src"));
	assert_non_null(begin);
	assert_int_equal(count_of(html.s, "<script"), 1);
	begin += strlen("<script>");
	hash_sha256(hex, begin, (size_t)(end - begin));
	/* The policy has it in base 64, whose first four digits are its first 24 bits. */
	{
		static const char digit[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		char first[9] = {0}, wanted[40];
		unsigned long bits;

		memcpy(first, hex, 6);
		bits = strtoul(first, NULL, 16);
		snprintf(wanted, sizeof(wanted), "script-src 'sha256-%c%c%c%c", digit[bits >> 18],
			digit[bits >> 12 & 63], digit[bits >> 6 & 63], digit[bits & 63]);
		assert_contains(html.s, wanted);
	}
	assert_contains(begin, "aria-sort");
	str_release(&plain);
	str_release(&html);
	doc_free(few);
	doc_free(many);
}

/* A name that was cut in a text made elsewhere makes it all from outside; without such a name a
 * fault is one of ours. */
static void test_fit(void **state)
{
	struct doc *d = doc_new("T", NULL);

	(void)state;
	assert_true(doc_is_fit(d, "mean is NaN"));
	doc_expect(d, "x {} y");
	assert_false(doc_is_fit(d, doc_guard(d, "x {} is cut")));
	assert_true(doc_is_fit(d, doc_guard(d, "the model x {} y is fast")));
	doc_free(d);
}

/* ---- pictures ---- */

static void test_pictures_are_inline(void **state)
{
	static const char svg[] = "<svg>\xc3\xa9</svg>";
	struct doc *d = sample();
	struct str out;
	char *large;

	(void)state;
	assert_int_equal(fsx_mkdirs(unit_path("charts"), NULL), 0);
	unit_write("charts/pic.svg", svg, strlen(svg));
	out = written(d, doc_html);
	assert_contains(out.s,
		"<img src=\"data:image/svg+xml;base64,PHN2Zz7DqTwvc3ZnPg==\" "
		"alt=\"What it shows\">\n</div>");
	str_release(&out);
	large = calloc(1, 600 << 10); /* too large: the PNG goes in */
	unit_write("charts/pic.svg", large, 600 << 10);
	unit_write("charts/pic.png", "png!", 4);
	out = written(d, doc_html);
	assert_contains(out.s, "data:image/png;base64,cG5nIQ==");
	str_release(&out);
	unit_write("charts/pic.png", large, 600 << 10);
	out = written(d, doc_html);
	assert_true(out.len < 3 << 20);
	str_release(&out);
	free(large);
	unlink(unit_path("charts/pic.svg"));
	unlink(unit_path("charts/pic.png"));
	doc_free(d);
}

/* Many pictures stay below 3 MB: those that no longer fit are named. */
static void test_pictures_have_a_ceiling(void **state)
{
	struct doc *d = doc_new("T", NULL);
	char *large = calloc(1, 500 << 10);
	struct str out;

	(void)state;
	assert_int_equal(fsx_mkdirs(unit_path("charts"), NULL), 0);
	unit_write("charts/big.png", large, 500 << 10);
	doc_section(d, "s", "S");
	for (int i = 0; i < 8; i++)
		doc_figure(d, unit_path("charts"), "big", "T", "alt", "c");
	out = written(d, doc_html);
	assert_true(out.len < 3 << 20);
	assert_int_equal(count_of(out.s, "<img"), 3);
	assert_int_equal(count_of(out.s, "<code>charts/big.png</code>"), 5);
	str_release(&out);
	free(large);
	unlink(unit_path("charts/big.png"));
	doc_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults_are_refused),
		cmocka_unit_test(test_every_place_is_checked),
		cmocka_unit_test(test_text_from_outside_is_no_refusal),
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_markdown_escapes),
		cmocka_unit_test(test_html_escapes),
		cmocka_unit_test(test_right_to_left_names),
		cmocka_unit_test(test_text_is_made_clean),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_code_outlasts_backticks),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_many_places_are_cut),
		cmocka_unit_test(test_tables_sort),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_pictures_are_inline),
		cmocka_unit_test(test_pictures_have_a_ceiling),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
