/* big_tree_rows.c - numbers are put together by hand: printf would take longer than what is
 * measured. */
#include "big_tree_rows.h"

#include <string.h>

#include "big_tree.h"

#define ROWS_PER_LOAD 25
#define PROMPTS       12

static const struct {
	const char *name;
	uint32_t rate; /* tokens in 1,000 s */
	uint32_t load_ms;
} models[BIG_TREE_MODELS] = {{"otter:2b", 161000, 900}, {"otter:7b-q4_K_M", 88400, 2100},
	{"otter:7b-q8_0", 51300, 3600}, {"heron:1b", 214500, 700}, {"heron:4b-q4_0", 121900, 1500},
	{"heron:12b-q4_0", 46200, 4100}, {"lynx:3b", 143100, 1200},
	{"lynx:14b-q5_K_M", 33700, 5200}, {"marten:500m", 301700, 400},
	{"marten:8b-q4_K_S", 79800, 2300}, {"ibex:27b-q4_0", 19400, 8800},
	{"ibex:9b-q6_K", 58900, 3100}};

static const char *const prompts[PROMPTS] = {"Name three rivers and say where each ends.",
	"Sum up the paragraph above in one line.",
	"Why is the sky darker, not lighter, at noon up high?",
	"Write a toast for a colleague who retires.", "List what a bicycle needs before winter.",
	"Explain recursion to a cook, with an example.",
	"Which of the two plans is cheaper, and why?", "Turn these notes into a letter.",
	"Give a title to the story.", "Find the mistake in the proof.",
	"Compare tea and coffee in a table.", "Translate the menu, keep the prices."};

static const uint32_t gpus[] = {0, 16, 32, 99}, contexts[] = {2048, 4096, 8192},
		      temperatures[] = {0, 3, 8}; /* tenths */

#define REFUSED "connection refused, is the server running?"

/* ---- putting text together ---- */

void big_put(struct big_text *t, const char *s)
{
	t->at = stpcpy(t->at, s);
}

static void put_count(struct big_text *t, uint64_t x)
{
	char digits[24];
	int n = 0;

	do
		digits[n++] = (char)('0' + x % 10);
	while (x /= 10);
	while (n > 0)
		*t->at++ = digits[--n];
}

/* x / 10^places */
static void put_fixed(struct big_text *t, uint64_t x, int places)
{
	uint64_t unit = 1;

	for (int i = 0; i < places; i++)
		unit *= 10;
	put_count(t, x / unit);
	*t->at++ = '.';
	for (x %= unit; (unit /= 10) > 0; x %= unit)
		*t->at++ = (char)('0' + x / unit);
}

static void put_two(struct big_text *t, uint64_t x)
{
	*t->at++ = (char)('0' + x / 10);
	*t->at++ = (char)('0' + x % 10);
}

void big_put_time(struct big_text *t, uint64_t s)
{
	uint64_t day = s / 86400;

	big_put(t, "2026-");
	put_two(t, day / 28 % 12 + 1);
	*t->at++ = '-';
	put_two(t, day % 28 + 1);
	*t->at++ = 'T';
	put_two(t, s / 3600 % 24);
	*t->at++ = ':';
	put_two(t, s / 60 % 60);
	*t->at++ = ':';
	put_two(t, s % 60);
	*t->at++ = 'Z';
}

void big_put_named(struct big_text *t, const char *before, uint64_t x, int places)
{
	big_put(t, before);
	if (places)
		put_fixed(t, x, places);
	else
		put_count(t, x);
}

/* ---- requests ---- */

void big_requests_begin(struct big_requests *q, uint64_t seed, uint32_t file)
{
	*q = (struct big_requests){.file = file};
	rng_init(&q->rng, seed + file, "big tree");
}

void big_requests_next(struct big_requests *q, struct big_request *r)
{
	uint64_t bits = rng_next(&q->rng), more = rng_next(&q->rng), i = q->n++;
	uint64_t cell = i / ROWS_PER_LOAD % 12;

	*r = (struct big_request){.model = (uint32_t)((q->file / 10 + i / 300) % BIG_TREE_MODELS),
		.gpu = gpus[cell / 3],
		.context = contexts[cell % 3],
		.temperature = temperatures[i % 3],
		.prompt = (uint32_t)(i % PROMPTS),
		.second = q->file * 1800 + i * 2,
		.failed = bits % 100 == 0};
	if (r->failed)
		return;
	r->rate = models[r->model].rate;
	r->rate += (uint32_t)(r->rate / 50 * ((bits >> 8) % 8192) / 8192) - r->rate / 100;
	r->tokens = 64 + (uint32_t)((bits >> 24) % 448);
	r->asked = 12 + r->prompt * 3;
	r->chars = r->tokens * 4 + (uint32_t)(bits >> 40) % 60;
	r->eval = (uint64_t)r->tokens * 1000000000 / r->rate;
	r->prefill = 9000 + r->context + more % 8192;
	r->load = i % ROWS_PER_LOAD ? 45000 + (more >> 16) % 32768
				    : models[r->model].load_ms * 1000ul + (more >> 16) % 262144;
}

const char *big_request_model(const struct big_request *r)
{
	return models[r->model].name;
}

/* There are two kinds of CSV: with a column for each setting, and with all of them in one. */
static bool has_options(uint32_t file)
{
	return file % 10 % 3 == 1;
}

void big_put_csv_head(struct big_text *t, uint32_t file)
{
	big_put(t,
		has_options(file) ? "timestamp,model,prompt_index,prompt_text,"
				  : "timestamp,model,num_gpu,num_ctx,temperature,prompt_index,");
	big_put(t,
		"ttft_s,tokens_s,load_s,prompt_eval_s,eval_s,prompt_eval_count,eval_count,"
		"response_chars,error");
	big_put(t, has_options(file) ? ",options\n" : "\n");
}

static void put_csv_options(struct big_text *t, const struct big_request *r)
{
	big_put_named(t, ",\"{\"\"num_gpu\"\":", r->gpu, 0);
	big_put_named(t, ",\"\"num_ctx\"\":", r->context, 0);
	big_put_named(t, ",\"\"temperature\"\":", r->temperature, 1);
	big_put(t, "}\"");
}

void big_put_csv_row(struct big_text *t, uint32_t file, const struct big_request *r)
{
	big_put_time(t, r->second);
	big_put(t, ",");
	big_put(t, models[r->model].name);
	if (has_options(file)) {
		big_put_named(t, ",", r->prompt + 1, 0);
		big_put(t, ",\"");
		big_put(t, prompts[r->prompt]);
		big_put(t, "\"");
	} else {
		big_put_named(t, ",", r->gpu, 0);
		big_put_named(t, ",", r->context, 0);
		big_put_named(t, ",", r->temperature, 1);
		big_put_named(t, ",", r->prompt + 1, 0);
	}
	big_put_named(t, ",", r->load + r->prefill, 6);
	big_put_named(t, ",", r->rate, 3);
	big_put_named(t, ",", r->load, 6);
	big_put_named(t, ",", r->prefill, 6);
	big_put_named(t, ",", r->eval, 6);
	big_put_named(t, ",", r->asked, 0);
	big_put_named(t, ",", r->tokens, 0);
	big_put_named(t, ",", r->chars, 0);
	big_put(t, r->failed ? ",\"" REFUSED "\"" : ",");
	if (has_options(file))
		put_csv_options(t, r);
	big_put(t, "\n");
}

/* The figures of an object, one a line where `gap` is a line end. */
static void put_json_figures(struct big_text *t, const struct big_request *r, const char *gap)
{
	static const char *const name[] = {"\"ttft_s\": ", "\"tokens_s\": ", "\"load_s\": ",
		"\"prompt_eval_s\": ", "\"eval_s\": ", "\"prompt_eval_count\": ",
		"\"eval_count\": ", "\"response_chars\": "};
	static const int places[] = {6, 3, 6, 6, 6, 0, 0, 0};
	const uint64_t value[] = {r->load + r->prefill, r->rate, r->load, r->prefill, r->eval,
		r->asked, r->tokens, r->chars};

	for (size_t i = 0; i < sizeof(value) / sizeof(value[0]); i++) {
		big_put_named(t, name[i], value[i], places[i]);
		big_put(t, gap);
	}
	big_put(t, r->failed ? "\"error\": \"" REFUSED "\"" : "\"error\": null");
}

static void put_json_options(struct big_text *t, const struct big_request *r)
{
	big_put_named(t, "\"options\": {\"num_gpu\": ", r->gpu, 0);
	big_put_named(t, ", \"num_ctx\": ", r->context, 0);
	big_put_named(t, ", \"temperature\": ", r->temperature, 1);
	big_put(t, "}");
}

void big_put_jsonl_row(struct big_text *t, const struct big_request *r)
{
	big_put(t, "{\"timestamp\": \"");
	big_put_time(t, r->second);
	big_put(t, "\", \"model\": \"");
	big_put(t, models[r->model].name);
	big_put_named(t, "\", \"prompt_index\": ", r->prompt + 1, 0);
	big_put(t, ", ");
	put_json_options(t, r);
	big_put(t, ", ");
	put_json_figures(t, r, ", ");
	big_put(t, "}\n");
}

void big_put_json_row(struct big_text *t, const struct big_request *r)
{
	big_put(t, "    {\n      \"timestamp\": \"");
	big_put_time(t, r->second);
	big_put(t, "\",\n      \"model\": \"");
	big_put(t, models[r->model].name);
	big_put(t, "\",\n      \"prompt\": \"");
	big_put(t, prompts[r->prompt]);
	big_put(t, "\",\n      ");
	put_json_options(t, r);
	big_put(t, ",\n      ");
	put_json_figures(t, r, ",\n      ");
	big_put(t, "\n    }");
}
