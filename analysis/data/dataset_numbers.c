/* dataset_numbers.c - texts get numbers as they are met. */
#include <stdlib.h>

#include "bug.h"
#include "dataset_build.h"
#include "vec.h"

uint32_t build_new_number(
	struct build *b, struct numbering *n, const struct scan *s, size_t column, uint32_t code)
{
	struct scan_dict dict;

	if (code >= n->ncodes) {
		dict = scan_dict(s, column);
		n->of_code = xrealloc(n->of_code, dict.n, sizeof(*n->of_code));
		for (; n->ncodes < dict.n; n->ncodes++)
			n->of_code[n->ncodes] = DATA_NONE;
	}
	if (n->of_code[code] == DATA_NONE) {
		*VEC_PUSH(&n->names) = arena_str(&b->d->arena, scan_dict(s, column).text[code]);
		n->of_code[code] = (uint32_t)n->names.n - 1;
	}
	return n->of_code[code];
}
