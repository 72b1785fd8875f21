/* narration.c - facts for a narrator, and a text about them. */
#include "narration.h"

#include <string.h>

#include "bug.h"
#include "unit.h"

static const struct narrator_fact facts[] = {
	{"F1", NARRATOR_FINDING, "gemma3:latest gives more tokens per second than llama3:8b, warm",
		"102.2 tok/s (101.9 to 102.4)", "a/runs.csv", "model=gemma3:latest", 36},
	{"F2", NARRATOR_FINDING,
		"llama3:8b waits longer for the first token than gemma3:latest, warm",
		"1.84 times (1.80 to 1.88)", "a/runs.csv", "model=llama3:8b", 36},
	{"F3", NARRATOR_FINDING, "raising num_ctx lowers throughput a little",
		"3.1 % less (1.9 to 4.3)", "b/grid.csv", "", 72},
	{"F4", NARRATOR_FINDING, "temperature makes no difference to speed", "within 2 %",
		"b/grid.csv", "", 72},
	{"F5", NARRATOR_FINDING, "requests that paid for a load of the model wait much longer",
		"4.2 s (3.9 to 4.5)", "a/runs.csv", "load", 12},
	{"F6", NARRATOR_FINDING, "the reports repeat what the rows say", "12 of 14 figures", NULL,
		NULL, 0},
	{"F7", NARRATOR_RECOMMENDATION, "use gemma3:latest where throughput counts",
		"1.5 times (1.4 to 1.6)", "a/runs.csv", NULL, 72},
	{"F8", NARRATOR_RECOMMENDATION,
		"keep num_ctx small unless prompts are long, for a shorter TTFT",
		"3.1 % (1.9 to 4.3)", "b/grid.csv", "", 72},
	{"F9", NARRATOR_RECOMMENDATION,
		"grade the answers before choosing a model, since quality was not measured", "",
		NULL, NULL, 0},
	{"F10", NARRATOR_RISK, "requests with torch_compile failed", "20 of 20 requests",
		"c/conv.json", "success=false", 20},
	{"F11", NARRATOR_RISK, "the first request after a load is slow", "12 requests",
		"a/runs.csv", "load", 12},
	{"F12", NARRATOR_LIMIT, "there are too few rows for the highest percentile", "36 rows",
		"a/runs.csv", "", 36},
};
static const char *const names[] = {
	"gemma3:latest", "llama3:8b", "num_ctx", "temperature", "torch_compile", "4096", "8 ms"};

const struct narrator_facts narration_facts = {
	.v = facts, .n = COUNTOF(facts), .names = names, .nnames = COUNTOF(names)};

const char narration_text[] =
	"## Executive summary\n"
	"\n"
	"gemma3:latest gives more tokens per second than llama3:8b when both are warm [F1], so a\n"
	"choice between the two should begin with it. For the first token llama3:8b also waits\n"
	"longer [F2], which matters most where many people wait for their answers. Raising "
	"num_ctx\n"
	"lowers throughput a little, and it sets what can be expected of longer prompts. [F3]\n"
	"\n"
	"The temperature makes no difference to speed [F4], although other prompts and other\n"
	"machines may behave differently. Requests that paid for a load wait much longer than all\n"
	"the rest [F5], and it should be kept in mind when plans are made. The earlier reports\n"
	"repeat what the rows say [F6], although they speak only for what was measured there.\n"
	"\n"
	"## Recommendations\n"
	"\n"
	"1. Use gemma3:latest where throughput counts [F7], and compare before and after on the\n"
	"   same prompts, so that the change is judged by what it gives and not by what was "
	"hoped.\n"
	"2. Keep num_ctx small for a shorter TTFT [F8], unless prompts are long, and measure with\n"
	"   prompts as long as those in use, since short ones flatter whatever is tried with "
	"them.\n"
	"3. Grade the answers before choosing a model [F9], since no speed makes up for a worse\n"
	"   answer and nothing here says anything about their quality.\n"
	"\n"
	"## Risks\n"
	"\n"
	"| Risk | Mitigation |\n"
	"| --- | --- |\n"
	"| Requests with torch_compile failed [F10] | Leave it off until a short run passes, and "
	"watch its failures in daily use afterwards |\n"
	"| The first request after a load is slow [F11] | Keep the model resident, so that nobody "
	"who calls pays for its load |\n"
	"| There are too few rows for the highest percentile [F12] | Repeat the measurement with "
	"more requests before anything is promised on it |\n";

char *narration_with(const char *what, const char *by)
{
	const char *at = strstr(narration_text, what);

	if (!at)
		fail_msg("\"%s\" is not in the text", what);
	return xasprintf(
		"%.*s%s%s", (int)(at - narration_text), narration_text, by, at + strlen(what));
}
