/* fake_rows.c - rows for a journal. */
#include "fake_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "unit.h"

static const char small_sweep[] =
	"{\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],\"temperature\":[0,0.5]},"
	"\"prompt\":\"Hi\",\"passes\":3,\"repeats\":6}";
static const char *const urls[] = {"http://10.0.0.1:1"};

void fake_rows_make(struct fake_rows *f, const char *sweep)
{
	*f = (struct fake_rows){.items = NULL};
	fake_plan_make(&f->fake, sweep ? sweep : small_sweep, urls, 1);
	row_schema_init(&f->schema, &f->fake.sweep);
	for (uint32_t v = 0; v < f->fake.plan.nvisits; v++) {
		struct item *items;
		size_t n;

		if (f->fake.plan.visits[v].kind != VISIT_BLOCK)
			continue;
		plan_items(&f->fake.plan, &f->fake.plan.visits[v], &items, &n);
		f->items = xrealloc(f->items, f->n + n, sizeof(*items));
		memcpy(f->items + f->n, items, n * sizeof(*items));
		f->n += n;
		free(items);
	}
}

void fake_rows_release(struct fake_rows *f)
{
	free(f->items);
	fake_plan_release(&f->fake);
}

static void fill_sample(struct sample *s, const struct fake_row *row)
{
	sample_init(s);
	s->status = row->status;
	s->http_status = 200;
	s->due = s->sent = 1000;
	s->sent_wall = row->after_s < 0 ? NS_NONE : 1795484761000000000 + row->after_s * NS_PER_S;
	for (int i = 0; i < row->chunks; i++)
		sample_add_chunk(s, " word", 5, 1000 + (i + 1) * NS_PER_MS + i * i);
	if (row->took_s)
		s->done = s->sent + row->took_s * NS_PER_S;
	if (row->status != STATUS_OK)
		snprintf(s->error, sizeof(s->error), "it failed, \"badly\"");
	sample_finish(s);
}

int fake_rows_append(struct fake_rows *f, struct journal *j, struct fake_row row, struct err *e)
{
	struct load load = {.id = "s1-l0001", .context_length = 4096, .size = -1, .size_vram = -1};
	struct row_keys k = {.plan = &f->fake.plan,
		.item = &f->items[row.item],
		.load = &load,
		.pass = row.pass ? row.pass : 1,
		.session = row.session ? row.session : 1,
		.attempt = row.attempt ? row.attempt : 1,
		.order = row.order ? row.order : row.item + 1,
		.phase = row.phase ? row.phase : PHASE_MEASURE,
		.validity = row.validity};
	struct sample s;
	int result;

	if (row.load)
		snprintf(load.id, sizeof(load.id), "%s", row.load);
	fill_sample(&s, &row);
	result = journal_row(j, &k, &s, e);
	sample_release(&s);
	return result;
}

int fake_rows_load(struct fake_rows *f, struct journal *j, uint32_t block, uint32_t session,
	enum status status, struct err *e)
{
	struct load load = {.id = "s1-l0001",
		.session = session,
		.block = block,
		.pass = 1,
		.phase = PHASE_MEASURE,
		.status = status,
		.load_ms_server = NS_NONE,
		.context_length = -1,
		.size = -1,
		.size_vram = -1,
		.started_wall = NS_NONE};

	return journal_load(j, &f->fake.plan, &load, e);
}

struct journal *fake_rows_open(
	struct fake_rows *f, const char *dir, enum journal_mode mode, unsigned flags)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;

	if (journal_open(dir, mode, flags, &f->schema, &j, &e))
		fail_msg("%s", e.msg);
	return j;
}

void fake_rows_close(struct journal *j)
{
	struct err e = ERR_INIT;

	if (journal_close(j, &e))
		fail_msg("%s", e.msg);
}

void fake_rows_add(struct fake_rows *f, struct journal *j, struct fake_row row)
{
	struct err e = ERR_INIT;

	if (fake_rows_append(f, j, row, &e))
		fail_msg("%s", e.msg);
}

struct str fake_file(const char *name)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;

	if (fsx_read(unit_path(name), STR_MAX_FILE, &text, &e))
		fail_msg("%s", e.msg);
	return text;
}

size_t fake_file_lines(const char *name)
{
	struct str text = fake_file(name);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.s[i] == '\n';
	str_release(&text);
	return n;
}
