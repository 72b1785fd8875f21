/* doc_folder.h - the folder of a report: the charts that were drawn into it, and the three files
 * that the document becomes. */
#ifndef REPORT_DOC_FOLDER_H
#define REPORT_DOC_FOLDER_H

#include <jansson.h>

#include "document.h"

/* DIR/charts/index.json; NULL where there is none that can be read.  The caller's to release. */
json_t *doc_folder_charts(const char *dir);
/* The entry called `name` in the index's `list` ("charts", "left_out"); NULL where there is none.
 */
const json_t *doc_folder_chart(const json_t *charts, const char *list, const char *name);

/* Writes report.md, report.html of at most `html_max` bytes and report.json into `dir`. */
int doc_folder_write(
	const struct doc *d, const char *dir, size_t html_max, struct err *e) NODISCARD;

#endif
