/* report_definitions.c - what the words and columns mean, printed in every report. */
#include "report_internal.h"

static const struct {
	const char *name, *is;
} definitions[] = {
	{"TTFT",
		"time to first token: from the moment the request was wholly sent to the first "
		"chunk "
		"that holds text, an answer or a thought, as the client sees it. The server's own "
		"start, some 100 to 350 ms in Ollama even with the model in memory, is inside it."},
	{"server TTFT",
		"load_duration + prompt_eval_duration as the server tells them; a figure of its "
		"own, never mixed with TTFT."},
	{"TPOT",
		"time per output token after the first: from the first to the last chunk, divided "
		"by "
		"the tokens in between. Left empty where the server held text back."},
	{"ITL", "the gaps between one chunk with text and the next, all of them together."},
	{"throughput",
		"tokens after the first divided by eval_duration, for one request. Left empty "
		"below 8 tokens or 1 ms. The raw quotient that Ollama prints and the rate that "
		"the client saw are columns beside it."},
	{"system throughput",
		"tokens a second of all requests in flight together. Ramps are left out: it is "
		"taken from the first send after the end of the first answer (and when as many "
		"are in flight as asked) to the last send, or of a rate from due time to due "
		"time; tokens of an answer count as spread evenly from its first chunk to its "
		"last. One value for each burst. Of a single request beside bursts: its tokens "
		"from sending to the last chunk."},
	{"goodput",
		"requests a second that meet every stated limit, in the same window; waiting in "
		"the client counts, and so does a failure as not good."},
	{"burst, rate, due",
		"a burst is one uninterrupted run of requests of one setting: so many kept in "
		"flight, or sent at a rate whether or not earlier ones are answered; then each is "
		"due at its time, and what it waits in the client before it is sent is "
		"client_queue_ms."},
	{"queue, more than it takes",
		"a server that was never seen to work on as many requests at once as were in "
		"flight lets the others wait; at a rate that is more than it takes the wait grows "
		"as long as requests come, so the burst was ended, and waits are not given."},
	{"prefill rate", "prompt tokens that were not cached, divided by prompt_eval_duration."},
	{"end to end", "from the moment the request was wholly sent to the last chunk with text."},
	{"waited for a load",
		"the request was in flight while the server loaded the model: by the "
		"schedule, or because its load_duration stands out from its own load's. "
		"Such requests are in no figure of a cell."},
	{"unique, repeat",
		"a unique prompt begins with a word never sent before, so that nothing is "
		"cached; a repeat is sent again on purpose."},
	{"setting, cell", "one combination of the levels that were varied."},
	{"load, block, pass",
		"a block is one combination of the options that need the model loaded "
		"anew; a pass visits every block once, each with a load of its own. The "
		"load is what such options are replicated by, the request is what "
		"sampling options are."},
	{"counted request", "of phase measure, answered, not invalid, and not waiting for a load."},
	{"estimate",
		"geometric mean for times and rates, so that effects are ratios; the mean for "
		"scores."},
	{"score",
		"0 to 1 from the question's own check of the answer. The unit is the question: "
		"the mean of its answers in a setting is one value, and at temperature 0 copies "
		"of an answer count once."},
	{"p",
		"the chance of a difference this large if there were none; adjusted (Holm) over "
		"all main "
		"effects and interactions on throughput and TTFT."},
	{"effect, no effect, inconclusive",
		"shown; shown to be within the margin that was set before "
		"the run; neither."},
	{"set that holds the best",
		"with 95 % confidence the best setting is one of it. It does not "
		"say that the others are worse."},
	{"percentile",
		"linear interpolation between the ordered values; p95 from 20 values on, p99 "
		"from 100."},
	{"suspect, invalid",
		"causes recorded without looking at the figures: a late client, a "
		"connection opened anew, another model in memory, a load nobody planned. "
		"Suspect rows count, invalid ones do not."},
};

void report_definitions(struct report *r)
{
	static const char *const head[] = {"Word", "Is"};

	const char *interval[] = {"interval",
		words_fmt(r,
			"%s unless another share is named%s; of the estimate, over loads that "
			"were not made too. Of an effect: over all pairs of levels at once. Of a "
			"score: over questions that were not asked too.",
			words_share(r),
			r->d->until > 0
				? " (looks at the widths decided how many passes were made: "
				  "so 95 % hold)"
				: "")};

	doc_section(r->doc, "definitions", "Definitions");
	doc_table(r->doc, "What is meant by the words of this report", COUNTOF(head), head, NULL);
	for (size_t i = 0; i < COUNTOF(definitions); i++) {
		const char *cells[] = {definitions[i].name, definitions[i].is};

		doc_table_row(r->doc, cells);
	}
	doc_table_row(r->doc, interval);
}
