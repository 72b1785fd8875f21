/* foreign_json_parts.h - walking a JSON document, and what in it is a table. */
#ifndef DATA_FOREIGN_JSON_PARTS_H
#define DATA_FOREIGN_JSON_PARTS_H

#include "foreign_parts.h"

#define FOREIGN_MAP_LEVELS 4

struct json_walk {
	struct foreign_reader *r;
	struct str place; /* of what is looked at */
	unsigned in_rows; /* objects are parts of a row that many tables up */
	size_t grids;
	bool too_many, too_deep;
};

/* Whether most members of an array are objects. */
bool foreign_json_is_rows(const json_t *array);
/* Whether such an array is among the members of an object or of the objects in it. */
bool foreign_json_has_rows(const json_t *object, unsigned depth);
/* An object whose members are objects of like keys is a table of them: 1; where that holds for
 * the members' members, 2, and so on; 0 where it holds for none. */
unsigned foreign_json_map(const json_t *object);

#endif
