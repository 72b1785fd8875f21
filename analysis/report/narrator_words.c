/* narrator_words.c - clauses that are true behind any fact of their kind. */
#include "narrator_words.h"

#include "compiler.h"

const char *const narrator_findings_go_on[] = {
	"so a choice between settings should begin with it",
	"and anyone who plans for speed should know it first",
	"which matters most where many people wait for their answers",
	"although other prompts and other machines may behave differently",
	"and it deserves a second look before much is built on it",
	"so it belongs on the short list of what to settle early",
	"which is worth more than any single impressive measurement",
	"and the rows behind it are listed with the facts below",
	"so a later comparison should be held against it",
	"which tells the reader where the next effort is well spent",
	"and it should be kept in mind when plans are made",
	"although it speaks only for what was measured here",
	"so nobody needs to guess about it any longer",
	"which is a good reason to measure before changing anything",
	"and it sets what can be expected of the rest",
	"so it is a sound place to start a discussion",
};
const size_t narrator_findings_n = COUNTOF(narrator_findings_go_on);

const char *const narrator_advice_goes_on[NARRATOR_TOPICS][NARRATOR_CHOICES] = {
	{"and watch the throughput under the load that is meant, since a gain for a single caller "
	 "can be lost when many come together",
		"and compare the throughput before and after on the same prompts, so that the "
		"change is judged by what it gives",
		"and weigh the throughput it gives against the memory it takes, since both are "
		"paid for on the same machine"},
	{"and watch the TTFT as callers see it, since the wait for the first word is what people "
	 "feel",
		"and keep an eye on the TTFT after every load of the model, since a caller who "
		"pays for it waits longest",
		"and measure the TTFT with prompts as long as those in use, since short ones "
		"flatter it"},
	{"and compare the quality of the answers on prompts of your own, since no speed makes up "
	 "for a worse answer",
		"and have the quality of the answers graded before it becomes the rule, since "
		"speed alone decides nothing",
		"and let the quality of the answers have the last word, since a fast answer that "
		"is wrong saves no time"},
};

const char *const narrator_mitigations[] = {
	"Repeat the measurement with more requests before anything rests on it",
	"Set a limit beforehand and drop the setting when it is passed",
	"Compare only what was measured in the same way and at the same time",
	"Watch it in daily use and measure again when something changes",
	"Change one thing at a time, in an order drawn by lot",
	"Keep the earlier setting at hand until the new one has proved itself",
	"Note what could not be seen, and plan the measurement that would show it",
	"Leave room to spare, and check that it is still there after each change",
};
const size_t narrator_mitigations_n = COUNTOF(narrator_mitigations);
