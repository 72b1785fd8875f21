/* test_row.c - lines of runs.csv, read back column by column. */
#include "unit.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "hash.h"
#include "row.h"
#include "row_fields.h"

#define MS NS_PER_MS

static const char *const urls[] = {"box=http://10.0.0.1:11434"};

#define SWEEP                                                                                      \
	"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048,4096],\"temperature\":[0.1,0."  \
	"6]},"                                                                                     \
	"\"options\":{\"seed\":40,\"num_predict\":16},\"prompts\":[{\"id\":\"capital\",\"text\":"  \
	"\"The capital of France?\",\"check\":{\"exact\":\"Paris\"}},{\"id\":\"sky\",\"text\":"    \
	"\"Why?\"}],\"passes\":3,\"repeats\":6}"

static struct fake_plan fake;
static struct row_schema schema;
static struct item item;
static struct load load;

static void begin(const char *sweep)
{
	struct item *items;
	size_t n;

	fake_plan_make(&fake, sweep, urls, 1);
	row_schema_init(&schema, &fake.sweep);
	for (uint32_t v = 0; v < fake.plan.nvisits; v++) {
		if (fake.plan.visits[v].kind != VISIT_BLOCK)
			continue;
		plan_items(&fake.plan, &fake.plan.visits[v], &items, &n);
		item = items[0];
		free(items);
		break;
	}
	item.prompt = 0;
	item.repeat = 2;
	load = (struct load){.id = "s1-l0007",
		.session = 1,
		.block = fake.plan.block_of_cell[item.cell],
		.pass = 2,
		.phase = PHASE_MEASURE,
		.status = STATUS_OK,
		.load_ms_server = 1234567890,
		.read_back = true,
		.context_length = 4096,
		.size = 1000,
		.size_vram = 250,
		.warmups = 2,
		.started_wall = 0};
}

static void end(void)
{
	fake_plan_release(&fake);
}

static struct row_keys keys(void)
{
	return (struct row_keys){.plan = &fake.plan,
		.item = &item,
		.load = &load,
		.pass = 2,
		.session = 3,
		.attempt = 4,
		.order = 56,
		.phase = PHASE_MEASURE};
}

static void encode(struct row_fields *p, const struct row_keys *k, const struct sample *s)
{
	struct str header = STR_INIT(STR_MAX_LINE), line = STR_INIT(STR_MAX_LINE);

	row_header(&schema, &header);
	row_encode(&schema, k, s, &line);
	row_assert_sealed(&line);
	row_fields_parse(p, &header, &line);
	str_release(&header);
	str_release(&line);
}

/* 11 chunks from 300 ms on, 20 ms apart; sent at 1 s, 2.5 ms after it was due. */
static void fill(struct sample *s, const char *answer)
{
	sample_init(s);
	s->status = STATUS_OK;
	s->http_status = 200;
	strcpy(s->done_reason, "length");
	s->sent = NS_PER_S;
	s->due = s->sent - 2500000;
	s->first_byte = s->sent + 299 * MS;
	sample_add_chunk(s, answer, strlen(answer), s->sent + 300 * MS);
	for (int i = 1; i < 11; i++)
		sample_add_chunk(s, "", 0, s->sent + (300 + 20 * i) * MS);
	s->done = s->sent + 501 * MS;
	s->sent_wall = 1795484761123456789;
	s->connect = 0;
	s->load = 100 * MS;
	s->prompt_eval = 50 * MS;
	s->eval = 200 * MS + 1;
	s->total = 360 * MS;
	s->prompt_tokens = 25;
	s->output_tokens = 11;
	s->stamps = STAMP_KERNEL;
	s->loop_lag_max = 1500;
	sample_finish(s);
}

static void test_header(void **state)
{
	struct str header = STR_INIT(STR_MAX_LINE);
	size_t at = 0;

	(void)state;
	begin(SWEEP);
	row_header(&schema, &header);
	/* Every column in its order, the factors between model and prompt_id, the CRC last. */
	for (size_t c = 0; c < RUN_COLUMN_COUNT; c++) {
		const char *name = run_columns[c].name;

		if (c == RUN_PROMPT_ID) {
			assert_memory_equal(header.s + at, "num_ctx,temperature,", 20);
			at += 20;
		}
		assert_memory_equal(header.s + at, name, strlen(name));
		at += strlen(name);
		assert_int_equal(header.s[at++], ',');
	}
	assert_string_equal(header.s + at, "row_crc\n");
	str_release(&header);
	end();
}

static void test_a_full_row(void **state)
{
	struct row_keys k;
	struct row_fields p;
	struct sample s;
	char cell_id[HASH_ID_TEXT], hex[HASH_SHA_TEXT];

	(void)state;
	begin(SWEEP);
	k = keys();
	k.validity = SUSPECT;
	strcpy(k.validity_why, "late; cached");
	fill(&s, "Paris");
	encode(&p, &k, &s);
	plan_cell_id(&fake.plan, item.cell, cell_id);
	assert_string_equal(row_field(&p, "run_id"), item.run_id);
	assert_string_equal(row_field(&p, "cell_id"), cell_id);
	assert_int_equal(atoi(row_field(&p, "block")), fake.plan.block_of_cell[item.cell]);
	assert_string_equal(row_field(&p, "pass"), "2");
	assert_string_equal(row_field(&p, "load_id"), "s1-l0007");
	assert_string_equal(row_field(&p, "repeat"), "2");
	assert_string_equal(row_field(&p, "order"), "56");
	assert_string_equal(row_field(&p, "session"), "3");
	assert_string_equal(row_field(&p, "attempt"), "4");
	assert_string_equal(row_field(&p, "phase"), "measure");
	assert_string_equal(row_field(&p, "shard"), "");
	assert_string_equal(row_field(&p, "server"), "box");
	assert_string_equal(row_field(&p, "model"), "gemma3:270m");
	assert_string_equal(row_field(&p, "num_ctx"),
		fake.sweep.factors[0].levels[plan_level(&fake.plan, item.cell, 0)].text);
	assert_string_equal(row_field(&p, "temperature"),
		fake.sweep.factors[1].levels[plan_level(&fake.plan, item.cell, 1)].text);
	assert_string_equal(row_field(&p, "prompt_id"), "capital");
	assert_string_equal(row_field(&p, "seed"), "42");
	assert_string_equal(row_field(&p, "concurrency"), "1");
	assert_string_equal(row_field(&p, "rate"), "");
	assert_string_equal(row_field(&p, "cache"), "unique");
	assert_string_equal(row_field(&p, "eff_num_ctx"), "4096");
	assert_string_equal(row_field(&p, "offload_fraction"), "0.25");
	assert_int_equal(strlen(row_field(&p, "model_digest")), 12);
	assert_memory_equal(row_field(&p, "model_digest"), fake.servers[0].models[0].digest, 12);
	assert_string_equal(row_field(&p, "server_version"), "0.32.14");
	assert_string_equal(row_field(&p, "status"), "ok");
	assert_string_equal(row_field(&p, "http_status"), "200");
	assert_string_equal(row_field(&p, "error"), "");
	assert_string_equal(row_field(&p, "done_reason"), "length");
	assert_string_equal(row_field(&p, "paid_load"), "0");
	assert_string_equal(row_field(&p, "score"), "1");
	assert_string_equal(row_field(&p, "response_sha256"), hash_sha256(hex, "Paris", 5));
	assert_string_equal(row_field(&p, "timestamp_source"), "kernel");
	assert_string_equal(row_field(&p, "validity"), "suspect");
	assert_string_equal(row_field(&p, "validity_why"), "late; cached");
	assert_string_equal(row_field(&p, "started_at"), "2026-11-24T01:46:01.123456789Z");
	row_fields_release(&p);
	sample_release(&s);
	end();
}

static void test_the_figures_of_a_row(void **state)
{
	struct row_keys k;
	struct row_fields p;
	struct sample s;

	(void)state;
	begin(SWEEP);
	k = keys();
	fill(&s, "London");
	encode(&p, &k, &s);
	assert_string_equal(row_field(&p, "connect_ms"), "0.000000");
	assert_string_equal(row_field(&p, "client_queue_ms"), "2.500000");
	assert_string_equal(row_field(&p, "ttfb_ms"), "299.000000");
	assert_string_equal(row_field(&p, "ttft_ms"), "300.000000");
	assert_string_equal(row_field(&p, "tpot_ms"), "20.000000");
	assert_string_equal(row_field(&p, "itl_p50_ms"), "20.000000");
	assert_string_equal(row_field(&p, "itl_p99_ms"), ""); /* ten gaps */
	assert_string_equal(row_field(&p, "itl_max_ms"), "20.000000");
	assert_string_equal(row_field(&p, "e2e_ms"), "500.000000");
	assert_string_equal(row_field(&p, "done_ms"), "501.000000");
	assert_string_equal(row_field(&p, "load_ms"), "100.000000");
	assert_string_equal(row_field(&p, "prompt_eval_ms"), "50.000000");
	assert_string_equal(row_field(&p, "eval_ms"), "200.000001");
	assert_string_equal(row_field(&p, "total_ms"), "360.000000");
	assert_string_equal(row_field(&p, "server_rest_ms"), "9.999999");
	assert_string_equal(row_field(&p, "prompt_tokens"), "25");
	assert_string_equal(row_field(&p, "cached_tokens"), "");
	assert_string_equal(row_field(&p, "output_tokens"), "11");
	assert_string_equal(row_field(&p, "chunks"), "11");
	assert_string_equal(row_field(&p, "response_bytes"), "6");
	assert_double(strtod(row_field(&p, "decode_tok_s"), NULL), 10 / 0.200000001);
	assert_double(strtod(row_field(&p, "decode_tok_s_raw"), NULL), 11 / 0.200000001);
	assert_string_equal(row_field(&p, "decode_tok_s_client"), "50");
	assert_string_equal(row_field(&p, "prefill_tok_s"), "500");
	assert_string_equal(row_field(&p, "score"), "0");
	assert_string_equal(row_field(&p, "loop_lag_max_us"), "1.5");
	row_fields_release(&p);
	sample_release(&s);
	end();
}

/* A request that was never sent: the keys are there, nothing measured is, and nothing is 0. */
static void test_missing_is_empty(void **state)
{
	static const char *const present[] = {"run_id", "cell_id", "block", "pass", "repeat",
		"order", "session", "attempt", "phase", "server", "model", "num_ctx", "temperature",
		"prompt_id", "seed", "concurrency", "cache", "model_digest", "server_version",
		"status", "error", "paid_load", "validity", "row_crc"};
	struct row_keys k;
	struct row_fields p;
	struct sample s;

	(void)state;
	begin(SWEEP);
	k = keys();
	k.load = NULL;
	sample_init(&s);
	s.status = STATUS_SKIPPED;
	strcpy(s.error, "does not fit in memory");
	encode(&p, &k, &s);
	for (int i = 0; i < p.nnames; i++) {
		bool wanted = false;

		for (size_t c = 0; c < COUNTOF(present); c++)
			wanted = wanted ||
				(p.names[i].len == strlen(present[c]) &&
					memcmp(p.names[i].s, present[c], p.names[i].len) == 0);
		if (wanted != (p.fields[i].len > 0))
			fail_msg("%.*s is \"%.*s\"", (int)p.names[i].len, p.names[i].s,
				(int)p.fields[i].len, p.fields[i].s);
	}
	assert_string_equal(row_field(&p, "status"), "skipped");
	assert_string_equal(row_field(&p, "validity"), "valid");
	row_fields_release(&p);
	sample_release(&s);
	end();
}

static void test_unknown_read_back_is_empty(void **state)
{
	struct row_keys k;
	struct row_fields p;
	struct sample s;

	(void)state;
	begin(SWEEP);
	load.read_back = false;
	load.context_length = load.size = load.size_vram = -1;
	k = keys();
	fill(&s, "Paris");
	encode(&p, &k, &s);
	assert_string_equal(row_field(&p, "eff_num_ctx"), "");
	assert_string_equal(row_field(&p, "offload_fraction"), "");
	row_fields_release(&p);
	load.size = 1000;
	load.size_vram = 0; /* no GPU: measured, and 0 */
	encode(&p, &k, &s);
	assert_string_equal(row_field(&p, "offload_fraction"), "0");
	row_fields_release(&p);
	sample_release(&s);
	end();
}

static void test_hostile_text_stays_in_its_field(void **state)
{
	struct row_keys k;
	struct row_fields p;
	struct sample s;

	(void)state;
	begin(SWEEP);
	k = keys();
	sample_init(&s);
	s.status = STATUS_SERVER_ERROR;
	strcpy(s.error, "a,\"b\"\r\nc\x1b[0m\\");
	encode(&p, &k, &s);
	assert_string_equal(row_field(&p, "error"), "a,\"b\"\\x0d\\nc\\x1b[0m\\\\");
	assert_string_equal(row_field(&p, "score"), ""); /* what failed is not graded */
	row_fields_release(&p);
	sample_release(&s);
	end();
}

static void test_factors_that_are_columns_fill_them(void **state)
{
	const char *sweep = "{\"factors\":{\"model\":[\"a:1b\",\"b:1b\"],\"concurrency\":[1,2],"
			    "\"cache\":[\"unique\",\"repeat\"],\"num_gpu\":[\"auto\",0]},"
			    "\"prompt\":\"Hi\",\"passes\":1,\"repeats\":1}";
	struct str header = STR_INIT(STR_MAX_LINE);
	struct sample s;

	(void)state;
	begin(sweep);
	assert_int_equal(schema.nfactors, 1);
	row_header(&schema, &header);
	assert_contains(header.s, ",server,model,num_gpu,prompt_id,seed,concurrency,");
	fill(&s, "x");
	for (uint32_t cell = 0; cell < fake.plan.ncells; cell++) {
		struct row_keys k = keys();
		char concurrency[16];
		struct row_fields p;

		item.cell = cell;
		item.concurrency = plan_concurrency(&fake.plan, cell);
		snprintf(concurrency, sizeof(concurrency), "%u", item.concurrency);
		encode(&p, &k, &s);
		assert_string_equal(row_field(&p, "model"), plan_model(&fake.plan, cell));
		assert_string_equal(row_field(&p, "cache"), plan_cache(&fake.plan, cell));
		assert_string_equal(row_field(&p, "concurrency"), concurrency);
		assert_true(strcmp(row_field(&p, "num_gpu"), "auto") == 0 ||
			strcmp(row_field(&p, "num_gpu"), "0") == 0);
		/* How much of a repeated prompt was computed is not known. */
		assert_int_equal(strcmp(row_field(&p, "prefill_tok_s"), "") == 0,
			strcmp(row_field(&p, "cache"), "repeat") == 0);
		s.cached_tokens = 5;
		row_fields_release(&p);
		encode(&p, &k, &s);
		assert_string_equal(row_field(&p, "prefill_tok_s"), "400");
		s.cached_tokens = -1;
		row_fields_release(&p);
	}
	sample_release(&s);
	str_release(&header);
	end();
}

/* Texts stand in the rows by their names, a share as it was asked for, a prompt by its id. */
static void test_factors_that_are_no_options(void **state)
{
	static const char *const columns[] = {"keep_alive", "system", "template", "prompt_id",
		"prompt_tokens_asked", "prompt_tokens"};
	const char *sweep =
		"{\"model\":\"a:1b\",\"factors\":{\"keep_alive\":[\"2m\"],\"system\":{"
		"\"short, please\":\"Be short.\"},\"template\":{\"plain\":\"{{ .Prompt }}\"},"
		"\"prompt\":[\"why\"],\"prompt_tokens\":[\"80%\"]},\"prompts\":[{\"id\":"
		"\"why\",\"text\":\"Why?\"}],\"passes\":1,\"repeats\":1}";
	static const char *const wanted[] = {"120", "short, please", "plain", "why", "80%", "25"};
	struct row_keys k;
	struct row_fields p;
	struct sample s;

	(void)state;
	begin(sweep);
	assert_int_equal(schema.nfactors, 4); /* the prompt has a column of its own */
	fill(&s, "x");
	k = keys();
	encode(&p, &k, &s);
	for (size_t i = 0; i < COUNTOF(columns); i++)
		assert_string_equal(row_field(&p, columns[i]), wanted[i]);
	row_fields_release(&p);
	sample_release(&s);
	end();
}

/* A single request has no burst and no rate; only the row of a shard names it. */
static void test_bursts_rates_and_shards(void **state)
{
	static const struct {
		double rate;
		uint32_t burst;
		const char *rate_text, *burst_text, *shard;
	} cases[] = {{0, 0, "", "", ""}, {0, 1, "", "1", "1/16"}, {2.5, 3, "2.5", "3", "3/16"},
		{0.1, 12, "0.1", "12", "12/16"}};
	struct sample s;

	(void)state;
	begin(SWEEP);
	fill(&s, "x");
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct row_keys k = keys();
		struct row_fields p;

		item.rate = cases[i].rate;
		item.cell_burst = cases[i].burst;
		fake.sweep.shard = cases[i].burst;
		fake.sweep.shards = cases[i].burst ? 16 : 0;
		encode(&p, &k, &s);
		assert_string_equal(row_field(&p, "rate"), cases[i].rate_text);
		assert_string_equal(row_field(&p, "burst"), cases[i].burst_text);
		assert_string_equal(row_field(&p, "shard"), cases[i].shard);
		row_fields_release(&p);
	}
	sample_release(&s);
	end();
}

static void test_rows_do_not_depend_on_the_locale(void **state)
{
	struct str here = STR_INIT(STR_MAX_LINE), there = STR_INIT(STR_MAX_LINE);
	struct row_keys k;
	struct sample s;
	bool has_comma;

	(void)state;
	begin(SWEEP);
	k = keys();
	fill(&s, "Paris");
	row_encode(&schema, &k, &s, &here);
	has_comma = setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "fr_FR.UTF-8");
	row_encode(&schema, &k, &s, &there);
	setlocale(LC_ALL, "C");
	assert_string_equal(here.s, there.s);
	str_release(&here);
	str_release(&there);
	sample_release(&s);
	end();
	if (!has_comma) {
		print_message("skipped: no locale with a decimal comma is installed\n");
		skip();
	}
}

static void test_phases_and_verdicts(void **state)
{
	(void)state;
	assert_string_equal(phase_name(PHASE_WARMUP), "warmup");
	assert_string_equal(phase_name(PHASE_SENTINEL), "sentinel");
	assert_string_equal(phase_name(PHASE_PROBE), "probe");
	assert_string_equal(phase_name(PHASE_SEARCH), "search");
	assert_string_equal(validity_name(VALID), "valid");
	assert_string_equal(validity_name(INVALID), "invalid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_a_full_row),
		cmocka_unit_test(test_the_figures_of_a_row),
		cmocka_unit_test(test_missing_is_empty),
		cmocka_unit_test(test_unknown_read_back_is_empty),
		cmocka_unit_test(test_hostile_text_stays_in_its_field),
		cmocka_unit_test(test_factors_that_are_columns_fill_them),
		cmocka_unit_test(test_factors_that_are_no_options),
		cmocka_unit_test(test_bursts_rates_and_shards),
		cmocka_unit_test(test_rows_do_not_depend_on_the_locale),
		cmocka_unit_test(test_phases_and_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
