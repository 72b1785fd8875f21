/* journal_scan.h - a journal file as it is found: which lines count, and mending it.
 *
 * A line counts if it ends in a newline, has the header's field count, its CRC fits, and the
 * caller's judge finds nothing wrong with what it says.  Lines are judged one by one. */
#ifndef CORE_JOURNAL_SCAN_H
#define CORE_JOURNAL_SCAN_H

#include <stdint.h>

#include "csv.h"
#include "journal_file.h"
#include "str.h"

/* No row is longer: this holds the gaps of half a million chunks. */
#define JOURNAL_MAX_ROW ((size_t)16 << 20)

/* Why the last line of a file that is still written, or was cut off, does not count. */
#define JOURNAL_NO_END "it has no end"

/* Looks at a row whose form is right.  NULL if it counts, else why not (a static text). */
typedef const char *journal_judge_fn(void *arg, const struct csv_field *fields);

/* Neighbouring lines that do not count for one reason. */
struct journal_span {
	off_t from, to;
	uint64_t first_line, last_line;
	const char *why;
};

struct journal_scan {
	struct {
		struct journal_span *v;
		size_t n, cap;
	} bad;
	off_t size;     /* of the file */
	uint64_t lines; /* that do not count */
};

/* Reads the file from its start; ERR_INTERRUPTED once f->stop says so.  A header that is not
 * `header` is ERR_JOURNAL, one that was cut off before any row is written anew (but in a file open
 * for reading alone). */
int journal_scan(struct journal_scan *scan, struct journal_file *f, const struct str *header,
	journal_judge_fn *judge, void *arg, struct err *e);
/* Appends what does not count to DIR/set-aside/NAME-LABEL.txt, with the reasons; safe on the disk
 * when it returns. */
int journal_set_aside(const struct journal_scan *scan, const struct journal_file *f,
	const char *dir, const char *label, struct err *e);
/* Moves what does not count to DIR/set-aside/NAME-sessionN.txt; what counts stays byte for byte. */
int journal_mend(const struct journal_scan *scan, struct journal_file *f, const char *dir,
	uint32_t session, struct err *e);
void journal_scan_release(struct journal_scan *scan);

#endif
