/* row_fields.c - a line of a journal file, taken apart. */
#include "row_fields.h"

#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "unit.h"

void row_fields_parse(struct row_fields *p, const struct str *header, const struct str *line)
{
	p->header = p->line = (struct str)STR_INIT(STR_MAX_LINE);
	assert_int_equal(header->s[header->len - 1], '\n');
	assert_int_equal(line->s[line->len - 1], '\n');
	assert_null(memchr(line->s, '\n', line->len - 1));
	str_addn(&p->header, header->s, header->len - 1);
	str_addn(&p->line, line->s, line->len - 1);
	p->nnames = csv_split(p->header.s, p->header.len, ',', p->names, ROW_FIELDS_MAX);
	p->nfields = csv_split(p->line.s, p->line.len, ',', p->fields, ROW_FIELDS_MAX);
	assert_int_equal(p->nfields, p->nnames);
}

void row_fields_release(struct row_fields *p)
{
	str_release(&p->header);
	str_release(&p->line);
}

const char *row_field(const struct row_fields *p, const char *name)
{
	static char texts[8][2000];
	static unsigned turn;
	char *text = texts[turn++ % 8];

	for (int i = 0; i < p->nnames; i++) {
		if (p->names[i].len == strlen(name) &&
			memcmp(p->names[i].s, name, p->names[i].len) == 0) {
			snprintf(text, sizeof(texts[0]), "%.*s", (int)p->fields[i].len,
				p->fields[i].s);
			return text;
		}
	}
	fail_msg("no column %s", name);
	return NULL;
}

void row_assert_sealed(const struct str *line)
{
	char crc[9];

	assert_int_equal(line->s[line->len - 10], ',');
	snprintf(crc, sizeof(crc), "%08x", crc32c(0, line->s, line->len - 10));
	assert_memory_equal(line->s + line->len - 9, crc, 8);
}
