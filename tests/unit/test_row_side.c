/* test_row_side.c - lines of loads.csv and chunks.csv, read back column by column. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "row.h"
#include "row_fields.h"

static const char *const urls[] = {"box=http://10.0.0.1:11434"};
static struct fake_plan fake;
static struct load load;

static void begin(void)
{
	fake_plan_make(&fake,
		"{\"model\":\"gemma3:270m\",\"factors\":{\"num_ctx\":[2048,4096]},\"prompt\":"
		"\"Hi\"}",
		urls, 1);
	load = (struct load){.id = "s1-l0007",
		.session = 1,
		.block = 1,
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

static void test_a_load(void **state)
{
	struct str header = STR_INIT(STR_MAX_LINE), line = STR_INIT(STR_MAX_LINE);
	struct row_fields p;

	(void)state;
	begin();
	strcpy(load.other_models, "llama3;qwen");
	load_header(&header);
	load_encode(&fake.plan, &load, &line);
	row_assert_sealed(&line);
	row_fields_parse(&p, &header, &line);
	assert_int_equal(p.nnames, LOADS_COLUMN_COUNT + 1);
	assert_string_equal(row_field(&p, "load_id"), "s1-l0007");
	assert_string_equal(row_field(&p, "session"), "1");
	assert_int_equal(atoi(row_field(&p, "block")), load.block);
	assert_string_equal(row_field(&p, "pass"), "2");
	assert_string_equal(row_field(&p, "phase"), "measure");
	assert_string_equal(row_field(&p, "server"), "box");
	assert_string_equal(row_field(&p, "model"), "gemma3:270m");
	assert_contains(row_field(&p, "requested"), "\"num_ctx\":");
	assert_string_equal(row_field(&p, "status"), "ok");
	assert_string_equal(row_field(&p, "load_ms"), "1234.567890");
	assert_string_equal(row_field(&p, "context_length"), "4096");
	assert_string_equal(row_field(&p, "size"), "1000");
	assert_string_equal(row_field(&p, "size_vram"), "250");
	assert_string_equal(row_field(&p, "other_models"), "llama3;qwen");
	assert_string_equal(row_field(&p, "warmups"), "2");
	assert_string_equal(row_field(&p, "started_at"), "1970-01-01T00:00:00.000000000Z");
	row_fields_release(&p);

	load.size = load.size_vram = load.context_length = -1;
	load.load_ms_server = load.started_wall = NS_NONE;
	load.status = STATUS_OUT_OF_MEMORY;
	str_reset(&line);
	load_encode(&fake.plan, &load, &line);
	row_fields_parse(&p, &header, &line);
	assert_string_equal(row_field(&p, "status"), "out_of_memory");
	assert_string_equal(row_field(&p, "load_ms"), "");
	assert_string_equal(row_field(&p, "size"), "");
	assert_string_equal(row_field(&p, "size_vram"), "");
	assert_string_equal(row_field(&p, "context_length"), "");
	assert_string_equal(row_field(&p, "started_at"), "");
	row_fields_release(&p);
	str_release(&header);
	str_release(&line);
	fake_plan_release(&fake);
}

static void test_chunks(void **state)
{
	static const ns gaps[] = {/* together, later by so much, overtaken */
		0, 1, 10, 100, 999, 1000, 1001, 1500, 12345678, 300000000000, -2500};
	struct str header = STR_INIT(STR_MAX_LINE), line = STR_INIT(STR_MAX_LINE);
	struct row_fields p;
	struct sample s;
	ns at;

	(void)state;
	sample_init(&s);
	s.sent = 1000;
	at = s.sent + 250000000;
	sample_add_chunk(&s, "x", 1, at);
	for (size_t i = 0; i < COUNTOF(gaps); i++)
		sample_add_chunk(&s, "x", 1, at += gaps[i]);
	s.user_stamped = 3;
	chunks_header(&header);
	chunks_encode("0123456789abcdef", 2, &s, &line);
	row_assert_sealed(&line);
	row_fields_parse(&p, &header, &line);
	assert_int_equal(p.nnames, CHUNKS_COLUMN_COUNT + 1);
	assert_string_equal(row_field(&p, "run_id"), "0123456789abcdef");
	assert_string_equal(row_field(&p, "attempt"), "2");
	assert_string_equal(row_field(&p, "first_us"), "250000");
	assert_string_equal(row_field(&p, "gaps_us"),
		"~ 0.001 0.01 0.1 0.999 1 1.001 1.5 12345.678 300000000 ~");
	assert_string_equal(row_field(&p, "user_stamped"), "3");
	row_fields_release(&p);
	sample_release(&s);

	sample_init(&s);
	str_reset(&line);
	chunks_encode("0123456789abcdef", 1, &s, &line);
	row_fields_parse(&p, &header, &line);
	assert_string_equal(row_field(&p, "first_us"), "");
	assert_string_equal(row_field(&p, "gaps_us"), "");
	row_fields_release(&p);
	sample_release(&s);
	str_release(&header);
	str_release(&line);
}

static void test_sealing_covers_its_own_line(void **state)
{
	struct str line = STR_INIT(1000);

	(void)state;
	str_add(&line, "earlier\n");
	str_add(&line, "123456789");
	row_seal(&line, 8);
	assert_string_equal(line.s, "earlier\n123456789,e3069283\n"); /* RFC 3720's check value */
	str_release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_load),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_sealing_covers_its_own_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
