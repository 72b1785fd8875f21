/* corpus_sweep.c - a table whose rows differ in settings, as CSV for dataset_from_table_text(). */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"
#include "csv.h"
#include "num.h"

/* Fewer rows say nothing of a setting. */
#define LEAST_ROWS 4

bool part_is_sweep(const struct part *p)
{
	bool varies = false;

	for (size_t i = 0; i < p->nsettings; i++)
		varies = varies || p->setting[i].varies;
	return varies && !p->more && !p->later && p->nrows >= LEAST_ROWS &&
		p->nrows <= CORPUS_SWEEP_ROWS && p->subjects.list.n == 1;
}

static void add_number(struct str *out, double x)
{
	char text[NUM_TEXT];

	str_addc(out, ',');
	str_add(out, num_text(text, x));
}

static void add_header(struct part *p)
{
	struct str *out = &p->sweep;

	str_add(out, "ok");
	for (size_t i = 0; i < p->nsettings; i++) {
		if (p->setting[i].varies) {
			str_addc(out, ',');
			csv_add(out, p->setting[i].name, strlen(p->setting[i].name));
		}
	}
	for (size_t i = 0; i < p->nmeasures; i++) {
		if (p->again[i])
			continue;
		str_addc(out, ',');
		csv_add(out, p->measure[i].quantity, strlen(p->measure[i].quantity));
	}
	str_add(out, p->has_load ? ",load_s\n" : "\n");
}

static void add_line(struct part *p, size_t row)
{
	struct str *out = &p->sweep;

	str_addc(out, p->flags.v[row] & ROW_FAILED ? '0' : '1');
	for (size_t i = 0; i < p->nsettings; i++) {
		const struct part_setting *s = &p->setting[i];

		if (!s->varies)
			continue;
		str_addc(out, ',');
		if (s->of_row.v[row] != CORPUS_NONE)
			csv_add(out, s->levels.list.v[s->of_row.v[row]],
				strlen(s->levels.list.v[s->of_row.v[row]]));
	}
	for (size_t i = 0; i < p->nmeasures; i++) {
		if (!p->again[i])
			add_number(out, p->value[i].v[row]);
	}
	if (p->has_load)
		add_number(out, p->load_s.v[row]);
	str_addc(out, '\n');
}

void part_write_sweep(struct part *p)
{
	add_header(p);
	for (size_t row = 0; row < p->nrows; row++)
		add_line(p, row);
}
