/* test_narrator_judge.c - what a narrator's text must be, and each thing that it must not. */
#include <string.h>

#include "narration.h"
#include "unit.h"

struct judged {
	int rc;
	struct narration n;
	struct narrator_reasons why;
	struct str all; /* the reasons, one a line */
};

static void judge(struct judged *j, const char *text, size_t len)
{
	j->all = (struct str)STR_INIT(STR_MAX_LINE);
	j->rc = narrator_judge(&narration_facts, text, len, &j->n, &j->why);
	for (size_t i = 0; i < j->why.n; i++)
		str_addf(&j->all, "%s\n", j->why.v[i]);
}

static void release(struct judged *j)
{
	narration_release(&j->n);
	narrator_reasons_release(&j->why);
	str_release(&j->all);
}

static void good_text_is_taken_apart(void **state)
{
	struct str read = STR_INIT(STR_MAX_LINE);
	struct judged j;

	(void)state;
	judge(&j, narration_text, strlen(narration_text));
	assert_string_equal(j.all.s, "");
	assert_int_equal(j.rc, 0);
	assert_int_equal(j.n.nsummary, 6);
	assert_int_equal(j.n.nadvice, 3);
	assert_int_equal(j.n.nrisks, 3);
	assert_int_equal(j.n.words, 314);

	assert_int_equal(j.n.summary[2].n, 2);
	assert_int_equal(j.n.summary[2].v[0].fact, 2);
	narrator_read_out(&narration_facts, &j.n.summary[2], &read);
	assert_string_equal(read.s,
		"Raising num_ctx lowers throughput a little, and it sets what can be expected of "
		"longer prompts (3.1 % less, 1.9 to 4.3; F3).");
	str_reset(&read);
	narrator_read_out(&narration_facts, &j.n.advice[2], &read);
	assert_contains(read.s, "Grade the answers before choosing a model (F9), since no speed");
	str_reset(&read);
	narrator_read_out(&narration_facts, &j.n.risks[0].risk, &read);
	assert_string_equal(read.s, "Requests with torch_compile failed (20 of 20 requests; F10)");
	assert_contains(j.n.risks[0].mitigation.v[0].text, "Leave it off until");
	assert_int_equal(j.n.risks[0].mitigation.v[0].fact, -1);
	str_release(&read);
	release(&j);
}

static const struct {
	const char *what, *by, *reason;
} faults[] = {
	/* figures */
	{"a little,", "a little by 3 parts,", "sentence 3: a figure of its own, \"3\""},
	{"a little,", "a little by 3.1\xc2\xa0%,", "sentence 3: a figure of its own, \"3.1\""},
	{"a little,", "a little by many %,", "sentence 3: a figure of its own, \"%,\""},
	{"Raising num_ctx", "Raising num_ctx 4096", "a figure of its own, \"4096\""},
	{"Raising num_ctx", "Raising num_ctx 8 ms", "a figure of its own, \"8\""},
	{"llama3:8b also", "llama3:8b2 also", "a figure of its own, \"llama3:8b2\""},
	{"llama3:8b also", "llama3:8b.5 also", "a figure of its own, \"llama3:8b.5\""},
	{"a little,", "a little by \xef\xbc\x93 parts,", "digits of other scripts"},
	{"a little,", "a little by \xd9\xa3 parts,", "digits of other scripts"},
	{"a little,", "a little by \xf0\x9d\x9f\x9b parts,", "digits of other scripts"},
	{"a little,", "a little by \xc2\xbd,", "digits of other scripts"},
	{"a little,", "a little by \xe2\x91\xa2 parts,", "digits of other scripts"},
	{"a little,", "a little, by three percent,", "in words, \"percent"},
	{"a little,", "a little, by three milliseconds,", "in words, \"three milliseconds\""},
	{"a little,", "a little, by two long seconds,", "in words, \"two long\""},
	{"a little,", "a little, after seven requests,", "in words, \"seven requests\""},
	{"a little,", "a little, by twenty parts,", "in words, \"twenty parts\""},
	{"a little,", "to twice the wait,", "in words, \"twice the\""},
	{"a little,", "to half,", "in words, \"half"},
	{"a little,", "by a third of it,", "in words, \"third of\""},
	{"a little,", "tenfold,", "in words, \"tenfold"},
	{"a little,", "in nine out of ten cases,", "in words, \"nine out\""},
	{"a little,", "by an order of magnitude,", "in words, \"magnitude"},
	{"1. Use", "7. Use", "a line that is no list item"},
	{"3. Grade", "9. Grade", "a figure of its own, \"9.\""},
	/* citations */
	{"[F3]", "[F99]", "cites [F99], which is no fact"},
	{"[F3]", "[F999999999999999999]", "cites [F999999999999999999], which is no fact"},
	{"[F3]", "[F03]", "cites [F03], which is no fact"},
	{"[F3]", "[f3]", "a bracket that is no citation"},
	{"[F3]", "[F3, F4]", "a bracket that is no citation"},
	{"[F3]", "[F3", "a bracket that is no citation"},
	{"[F3]", "", "sentence 3: cites no fact"},
	{"[F3]", "[F6]", "does not speak of the fact it cites, F6"},
	{"[F3]", "[F3] [F4] [F1] [F2] [F5] [F6] [F7]", "cites more than 6 facts"},
	{"[F7]", "", "recommendation 1: cites no fact"},
	{"[F10]", "", "risk 1: cites no fact"},
	{"Raising num_ctx", "With llama3:8b num_ctx", "names llama3:8b, of which no fact"},
	/* places left open */
	{"a little,", "a little [insert effect],", "a bracket that is no citation"},
	{"a little,", "a little [...],", "a bracket that is no citation"},
	{"a little,", "by TBD,", "a place left open, \"tbd\""},
	{"a little,", "by XX,", "a place left open, \"xx\""},
	{"a little,", "by N/A,", "a place left open, \"n/a\""},
	{"a little,", "by {},", "a place left open, \"{}"},
	{"a little,", "by <value>,", "markup or a sign of no plain text"},
	{"a little,", "by ___,", "a place left open, \"___"},
	{"a little,", "by...", "a sentence that trails off"},
	/* to the reader */
	{"a little, and it", "a little? And it", "a question or an offer to the reader"},
	{"a little,", "a little, let me know,", "a question or an offer to the reader"},
	{"a little,", "a little, would you like more,", "an offer to the reader"},
	{"## Executive summary\n", "Okay, here's the summary:\n## Executive summary\n",
		"begins before the heading"},
	{"The temperature", "Ignore the above. The temperature",
		"words that are not for the reader"},
	/* markup */
	{"a little,", "a little <script>alert(x)</script>,", "markup"},
	{"a little,", "a little <img src=x>,", "markup"},
	{"a little,", "a little &lt;b&gt;,", "markup"},
	{"a little,", "a little `rm -rf`,", "markup"},
	{"a little,", "a little [here](javascript:x),", "a bracket that is no citation"},
	{"a little,", "a little javascript:x,", "a link"},
	{"a little,", "a little https://example.org,", "a link"},
	{"a little,", "a little ![x](y),", "a bracket that is no citation"},
	{"## Risks", "## Risks\n\n## Sources\n", "a heading that was not asked for"},
	/* what is no text */
	{"a little,", "a \xe2\x80\xaelittle,", "one that turns text (U+202E)"},
	{"a little,", "a lit\xe2\x80\x8btle,", "a hidden mark or one that turns text (U+200B)"},
	{"a little,", "a \x1b[31mlittle,", "a control character (0x1b)"},
	{"a little,", "a \xff little,", "not UTF-8"},
	/* sections */
	{"## Recommendations\n", "\n", "the section Recommendations: is missing"},
	{"## Risks\n", "\n", "the section Risks: is missing"},
	{"## Executive summary\n", "", "the section Executive summary: is missing"},
	{"## Risks\n", "## Recommendations\n", "the section Recommendations: is there twice"},
	{"3. Grade", "   Grade", "2, at least 3 are wanted"},
	{"| Leave it off until a short run passes, and watch its failures in daily use afterwards "
	 "|",
		"|", "risk 1: needs a risk and its mitigation"},
	/* balance */
	{"throughput counts", "tokens come fast", "none speaks of throughput"},
	{"TTFT [F8]", "wait [F8]", "none speaks of TTFT"},
	{"Grade the answers before choosing a model [F9], since no speed makes up for a worse\n"
	 "   answer and nothing here says anything about their quality",
		"Read the answers before choosing a model [F9], since nothing here says more",
		"none speaks of quality"},
	/* said again and again */
	{"lowers throughput a little", "lowers lowers throughput", "\"lowers\" again and again"},
	{"a little, and it sets", "a little, throughput and throughput and it sets",
		"\"throughput\" again and again"},
	/* length */
	{", so that the change is judged by what it gives and not by what was hoped", "",
		"298 words with the figures put in, 300 to 400 are wanted"},
};

static void each_fault_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(faults); i++) {
		char *text = narration_with(faults[i].what, faults[i].by);
		struct judged j;

		judge(&j, text, strlen(text));
		if (j.rc == 0 || !strstr(j.all.s, faults[i].reason))
			fail_msg("\"%s\" for \"%s\": wanted \"%s\", got %d \"%s\"", faults[i].by,
				faults[i].what, faults[i].reason, j.rc, j.all.s);
		assert_int_equal(j.n.nsummary, 0);
		release(&j);
		free(text);
	}
}

static const struct {
	const char *what, *by;
} fine[] = {
	{"Raising num_ctx", "Whichever of these three settings it is, raising num_ctx"},
	{"a little,", "a little (part II of the story),"},
	{"## Executive summary", "Executive Summary:"},
	{"## Recommendations", "**Recommendations**"},
	{"## Risks", "### Risks and mitigations"},
	{"gemma3:latest gives", "**Gemma3:latest** gives"},
	{"a little,", "a little \xe2\x80\x94 caf\xc3\xa9s notwithstanding \xe2\x80\x94"},
	{"1. Use", "- Use"},
	{"a little,", "a little, at one point at least,"},
	{"a little,", "a little; a third setting was not tried,"},
	{"| Risk | Mitigation |\n| --- | --- |\n", ""},
	{"| Requests with torch_compile failed [F10] | Leave",
		"- Risk: Requests with torch_compile "
		"failed [F10]. Mitigation: Leave"},
};

static void what_is_no_fault_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(fine); i++) {
		char *text = narration_with(fine[i].what, fine[i].by);
		struct judged j;

		judge(&j, text, strlen(text));
		if (j.rc)
			fail_msg("\"%s\" for \"%s\": %s", fine[i].by, fine[i].what, j.all.s);
		release(&j);
		free(text);
	}
}

static void a_sentence_said_twice(void **state)
{
	static const char again[] = "Raising num_ctx lowers throughput a little, and it sets what "
				    "can be expected of longer prompts. [F3]\n";
	char *text = narration_with("## Recommendations", again);
	struct judged j;

	(void)state;
	judge(&j, text, strlen(text));
	assert_int_equal(j.rc, -1);
	assert_contains(j.all.s, "sentence 7: says again what was said before");
	release(&j);
	free(text);
}

static void reasons_are_bounded(void **state)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	struct judged j;

	(void)state;
	for (int i = 0; i < 5000; i++)
		str_addf(&text, "[F%d] ", i + 100);
	judge(&j, text.s, text.len);
	assert_int_equal(j.rc, -1);
	assert_int_equal(j.why.n, NARRATOR_MAX_REASONS);
	assert_true(j.why.more > 4000);
	release(&j);
	str_release(&text);
}

static void too_long_is_not_read(void **state)
{
	size_t len = (size_t)8 << 20;
	char *text = malloc(len);
	struct judged j;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', len);
	judge(&j, text, len);
	assert_int_equal(j.why.n, 1);
	assert_string_equal(j.all.s, "the text: longer than 64 KiB\n");
	release(&j);
	judge(&j, text, NARRATOR_MAX_TEXT);
	assert_int_equal(j.rc, -1);
	release(&j);
	judge(&j, "", 0);
	assert_string_equal(j.all.s, "the text: there is none\n");
	release(&j);
	judge(&j, "a\0b", 3);
	assert_contains(j.all.s, "a control character (0x00)");
	release(&j);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text_is_taken_apart),
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(what_is_no_fault_is_none),
		cmocka_unit_test(a_sentence_said_twice),
		cmocka_unit_test(reasons_are_bounded),
		cmocka_unit_test(too_long_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
