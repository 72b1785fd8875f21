/* doc_folder.c - a report's charts are looked up, and its three files written. */
#include "doc_folder.h"

#include <stdlib.h>
#include <string.h>

#include "fsx.h"
#include "jsonx.h"

json_t *doc_folder_charts(const char *dir)
{
	char *path = fsx_join(dir, "charts/index.json");
	json_t *index = fsx_exists(path) ? jsonx_load(path, NULL) : NULL;

	free(path);
	return index;
}

const json_t *doc_folder_chart(const json_t *charts, const char *list, const char *name)
{
	size_t i;
	json_t *one;

	json_array_foreach (json_object_get(charts, list), i, one) {
		const char *its = jsonx_get_string(one, "name");

		if (its && strcmp(its, name) == 0)
			return one;
	}
	return NULL;
}

typedef int writer(const struct doc *d, struct str *out, struct err *e);

static int write_one(const struct doc *d, const char *dir, const char *name, writer *write,
	size_t max, struct err *e)
{
	struct str text = STR_INIT(max);
	char *path = fsx_join(dir, name);
	int failed = write(d, &text, e);

	if (!failed)
		failed = fsx_put(path, text.s, text.len, e);
	else
		err_prefix(e, "%s: ", path);
	free(path);
	str_release(&text);
	return failed ? -1 : 0;
}

int doc_folder_write(const struct doc *d, const char *dir, size_t html_max, struct err *e)
{
	if (write_one(d, dir, "report.md", doc_markdown, STR_MAX_FILE, e) ||
		write_one(d, dir, "report.html", doc_html, html_max, e))
		return -1;
	return write_one(d, dir, "report.json", doc_json, STR_MAX_FILE, e);
}
