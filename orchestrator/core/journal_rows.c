/* journal_rows.c - fields of a row of runs.csv as numbers. */
#include "journal_rows.h"

#include <stdio.h>
#include <string.h>

#include "num.h"

size_t journal_column(const struct row_schema *schema, enum run_column c)
{
	return c <= RUN_MODEL ? (size_t)c : (size_t)c + schema->nfactors;
}

bool journal_field_is(const struct csv_field *f, const char *text)
{
	return f->len == strlen(text) && memcmp(f->s, text, f->len) == 0;
}

bool journal_field_number(const struct csv_field *f, int64_t min, int64_t max, int64_t *ret)
{
	return num_parse_int(f->s, f->len, ret) && *ret >= min && *ret <= max;
}

enum status journal_field_status(const struct csv_field *f)
{
	char name[32];
	enum status s;

	snprintf(name, sizeof(name), "%.*s", (int)(f->len < 32 ? f->len : 31), f->s);
	return status_from_name(name, &s) ? s : STATUS_COUNT;
}

static bool read_phase(const struct csv_field *f, enum phase *ret)
{
	for (int p = PHASE_WARMUP; p <= PHASE_SEARCH; p++) {
		if (journal_field_is(f, phase_name((enum phase)p))) {
			*ret = (enum phase)p;
			return true;
		}
	}
	return false;
}

const char *journal_facts_read(
	const struct row_schema *schema, const struct csv_field *fields, struct journal_facts *ret)
{
	const struct csv_field *run_id = &fields[journal_column(schema, RUN_RUN_ID)];
	int64_t attempt, order, session, pass;

	if (!journal_field_number(
		    &fields[journal_column(schema, RUN_ATTEMPT)], 1, UINT32_MAX, &attempt) ||
		!journal_field_number(
			&fields[journal_column(schema, RUN_ORDER)], 0, INT64_MAX, &order) ||
		!journal_field_number(
			&fields[journal_column(schema, RUN_SESSION)], 0, UINT32_MAX, &session))
		return "attempt, order or session is not a number";
	if (!journal_field_number(&fields[journal_column(schema, RUN_PASS)], 0, UINT32_MAX, &pass))
		return "pass is not a number";
	if (!read_phase(&fields[journal_column(schema, RUN_PHASE)], &ret->phase))
		return "phase is not one";
	ret->id = journal_id(run_id->s, run_id->len);
	ret->attempt = (uint32_t)attempt;
	ret->order = (uint64_t)order;
	ret->session = (uint32_t)session;
	ret->pass = (uint32_t)pass;
	ret->status = journal_field_status(&fields[journal_column(schema, RUN_STATUS)]);
	ret->invalid = journal_field_is(
		&fields[journal_column(schema, RUN_VALIDITY)], validity_name(INVALID));
	ret->burst = fields[journal_column(schema, RUN_BURST)].len > 0;
	return NULL;
}

/* One of a burst is not made again when it is invalid: nothing is left to be done of it. */
void journal_facts_note(struct journal_index *x, const struct journal_facts *row)
{
	struct journal_entry *entry = journal_index_add(x, row->id, row->attempt);

	if (row->status == STATUS_OK && row->invalid) {
		entry->invalid += entry->invalid < 63;
		entry->is_final |= row->burst;
	} else if (row->status == STATUS_OK) {
		entry->is_ok = 1;
	} else if (row->status < STATUS_COUNT && status_is_final(row->status)) {
		entry->is_final = 1;
	}
}

bool journal_entry_done(const struct journal_entry *entry)
{
	return entry->is_ok || entry->is_final;
}
