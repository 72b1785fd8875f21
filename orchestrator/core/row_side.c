/* row_side.c - one line of loads.csv, one line of chunks.csv. */
#include "row.h"

#include <inttypes.h>
#include <string.h>

#include "bug.h"
#include "csv.h"
#include "jsonx.h"
#include "num.h"

static void add_header(const struct column_spec *specs, size_t n, struct str *out)
{
	for (size_t c = 0; c < n; c++)
		str_addf(out, "%s,", specs[c].name);
	str_add(out, COLUMN_ROW_CRC "\n");
}

void load_header(struct str *out)
{
	add_header(load_columns, LOADS_COLUMN_COUNT, out);
}

void chunks_header(struct str *out)
{
	add_header(chunk_columns, CHUNKS_COLUMN_COUNT, out);
}

static void add_text(struct str *out, const char *text)
{
	csv_add(out, text, strlen(text));
}

/* The runner options as they were sent, one line of JSON. */
static void add_requested(const struct plan *p, uint32_t block, struct str *out)
{
	json_t *options = plan_runner_options(p, block);
	struct str json = STR_INIT(STR_MAX_LINE);

	jsonx_dump(&json, options, 0, false);
	csv_add(out, json.s, json.len);
	str_release(&json);
	json_decref(options);
}

static void add_counter(struct str *out, int64_t x)
{
	if (x >= 0)
		str_addf(out, "%" PRId64, x);
}

static void add_load_column(
	const struct plan *p, const struct load *l, enum load_column c, struct str *out)
{
	char scratch[NUM_TEXT];

	switch (c) {
	case LOADS_LOAD_ID:
		add_text(out, l->id);
		return;
	case LOADS_SESSION:
		add_counter(out, l->session);
		return;
	case LOADS_BLOCK:
		add_counter(out, l->block);
		return;
	case LOADS_PASS:
		add_counter(out, l->pass);
		return;
	case LOADS_PHASE:
		add_text(out, phase_name(l->phase));
		return;
	case LOADS_SERVER:
		add_text(out, p->servers[l->server].name);
		return;
	case LOADS_MODEL:
		add_text(out, p->blocks[l->block].model);
		return;
	case LOADS_REQUESTED:
		add_requested(p, l->block, out);
		return;
	case LOADS_STATUS:
		add_text(out, status_name(l->status));
		return;
	case LOADS_LOAD_MS:
		str_add(out, num_ms(scratch, l->load_ms_server));
		return;
	case LOADS_CONTEXT_LENGTH:
		add_counter(out, l->context_length);
		return;
	case LOADS_SIZE:
		add_counter(out, l->size);
		return;
	case LOADS_SIZE_VRAM:
		add_counter(out, l->size_vram);
		return;
	case LOADS_OTHER_MODELS:
		add_text(out, l->other_models);
		return;
	case LOADS_WARMUPS:
		add_counter(out, l->warmups);
		return;
	case LOADS_STARTED_AT:
		add_text(out, clock_iso(scratch, l->started_wall));
		return;
	case LOADS_COLUMN_COUNT:
		break;
	}
	BUG("no column %d of loads.csv", (int)c);
}

void load_encode(const struct plan *p, const struct load *l, struct str *out)
{
	size_t start = out->len;

	for (size_t c = 0; c < LOADS_COLUMN_COUNT; c++) {
		if (c > 0)
			str_addc(out, ',');
		add_load_column(p, l, (enum load_column)c, out);
	}
	row_seal(out, start);
}

static void add_us(struct str *out, ns t)
{
	char text[NUM_TEXT];

	str_addn(out, text, num_us(text, t));
}

void chunks_encode(const char *run_id, uint32_t attempt, const struct sample *s, struct str *out)
{
	size_t start = out->len;

	add_text(out, run_id);
	str_addf(out, ",%" PRIu32 ",", attempt);
	if (s->sent != NS_NONE && s->first_content != NS_NONE)
		add_us(out, s->first_content - s->sent);
	str_addc(out, ',');
	for (size_t i = 1; i < s->times.n; i++) {
		if (i > 1)
			str_addc(out, ' ');
		if (s->times.v[i] == s->times.v[i - 1])
			str_addc(out, '~');
		else
			add_us(out, s->times.v[i] - s->times.v[i - 1]);
	}
	str_addc(out, ',');
	add_counter(out, s->user_stamped);
	row_seal(out, start);
}
