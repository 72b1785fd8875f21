/* foreign_path.c - settings that the folders of a file name: "model=a/num_ctx=4096/runs.csv".
 *
 * They surround all tables of the file, outermost first, before what the file itself says. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "foreign_parts.h"

#define MOST_PAIRS    16
#define LONGEST_VALUE 200

struct foreign_path {
	const struct foreign_sink *sink;
	char *text; /* the path, cut at its separators */
	struct grid_pair pair[MOST_PAIRS];
	size_t npairs;
};

/* "num_ctx=4096", NUL-terminated. */
static void add_pair(struct foreign_path *p, char *part)
{
	char *value = strchr(part, '=');

	if (!value || value == part || !value[1] || strlen(value) > LONGEST_VALUE ||
		p->npairs == MOST_PAIRS)
		return;
	*value++ = '\0';
	p->pair[p->npairs++] = (struct grid_pair){
		part, {.s = value, .len = (uint32_t)strlen(value), .kind = GRID_TEXT}};
}

/* Each folder may name several, between commas; the file's own name is none. */
static void add_folders(struct foreign_path *p, const char *path)
{
	char *s, *end;

	p->text = xstrdup(path);
	for (s = p->text; (end = strchr(s, '/')) != NULL; s = end + 1) {
		*end = '\0';
		for (char *part = s, *comma; part; part = comma) {
			comma = strchr(part, ',');
			if (comma)
				*comma++ = '\0';
			add_pair(p, part);
		}
	}
}

static int take_grid(void *arg, const struct grid *g, struct err *e)
{
	const struct foreign_path *p = arg;
	struct grid_pair *all = xcalloc(p->npairs + g->ncontext, sizeof(*all));
	struct grid with = *g;
	int ret;

	memcpy(all, p->pair, p->npairs * sizeof(*all));
	if (g->ncontext > 0)
		memcpy(all + p->npairs, g->context, g->ncontext * sizeof(*all));
	with.context = all;
	with.ncontext = p->npairs + g->ncontext;
	ret = p->sink->grid(p->sink->arg, &with, e);
	free(all);
	return ret;
}

static void take_note(void *arg, uint64_t line, const char *why)
{
	const struct foreign_path *p = arg;

	p->sink->note(p->sink->arg, line, why);
}

struct foreign_path *foreign_path_new(
	const char *path, const struct foreign_sink *sink, struct foreign_sink *ret)
{
	struct foreign_path *p;

	*ret = *sink;
	if (!strchr(path, '='))
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->sink = sink;
	add_folders(p, path);
	if (p->npairs > 0)
		*ret = (struct foreign_sink){take_grid, take_note, p};
	return p;
}

void foreign_path_free(struct foreign_path *p)
{
	if (!p)
		return;
	free(p->text);
	free(p);
}
