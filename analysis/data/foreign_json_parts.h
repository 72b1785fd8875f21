/* foreign_json_parts.h - walking a JSON document, and what in it is a table. */
#ifndef DATA_FOREIGN_JSON_PARTS_H
#define DATA_FOREIGN_JSON_PARTS_H

#include <jansson.h>

#include "foreign_parts.h"

#define FOREIGN_MAP_LEVELS 4

struct json_walk {
	struct foreign_reader *r;
	struct str place; /* of what is looked at */
	unsigned in_rows; /* objects are parts of a row that many tables up */
	size_t grids;
	bool too_many, too_deep;
};

/* Whether an array of objects is among the members of an object or of the objects in it. */
bool foreign_json_has_rows(const struct json_node *object, unsigned depth);
/* An object whose members are objects of like keys is a table of them: 1; where that holds for
 * the members' members, 2, and so on; 0 where it holds for none. */
unsigned foreign_json_map(const struct json_node *object);
/* Where and why a text is no JSON document, in jansson's words. */
void foreign_json_error(const char *s, size_t len, json_error_t *error);

#endif
