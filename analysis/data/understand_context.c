/* understand_context.c - what an object says beside its list of results:
 * "overall_tokens_per_second" next to "results". */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "understand_parts.h"

/* "results[]", "backends.*": one list, of the file's own object; what surrounds deeper ones are the
 * rows of another list. */
static bool is_outermost(const char *place)
{
	const char *list = strstr(place, "[]"), *map = strchr(place, '*');

	return (list && !list[2] && !map) || (map && !map[1] && !list);
}

bool understand_context(
	struct understood *u, const struct grid *g, const struct rules *r, struct grid *ret)
{
	struct grid_cell *name, *cell;

	if (g->form != GRID_JSON || g->piece != 0 || g->ncontext == 0 || !is_outermost(g->place))
		return false;
	name = xcalloc(2 * g->ncontext, sizeof(*name));
	cell = name + g->ncontext;
	for (size_t i = 0; i < g->ncontext; i++) {
		const char *s = g->context[i].name;

		name[i] = (struct grid_cell){s, 0, (uint32_t)strlen(s), GRID_TEXT};
		cell[i] = g->context[i].value;
	}
	*ret = (struct grid){.form = GRID_JSON,
		.place = "",
		.title = g->title,
		.ncols = g->ncontext,
		.nrows = 1,
		.name = name,
		.cell = cell,
		.line = g->line,
		.last = true};
	understand_table(u, ret, r);
	if (u->class != TABLE_NOTHING)
		return true;
	understood_release(u);
	free(name);
	return false;
}
