/* insight_alike.c - what holds of several tables alike is said once. */
#include <string.h>

#include "bug.h"
#include "insight_traps.h"
#include "vec.h"

#define MOST_NAMED 4

size_t alike_first(struct alike *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		struct alike one = v[i];

		if (strcmp(one.key, v[0].key) != 0)
			continue;
		memmove(v + k + 1, v + k, (i - k) * sizeof(*v));
		v[k++] = one;
	}
	return k;
}

const char *alike_names(struct insight_work *w, const struct alike *v, size_t n)
{
	const char *name[MOST_NAMED];

	for (size_t i = 0; i < n && i < MOST_NAMED; i++)
		name[i] = w->c->subjects[v[i].sweep->subject].name;
	if (n <= MOST_NAMED)
		return wording_list(w->arena, name, n, "and");
	name[MOST_NAMED - 1] = arena_fmt(w->arena, "%zu more", n - MOST_NAMED + 1);
	return wording_list(w->arena, name, MOST_NAMED, "and");
}

void alike_add(struct insight_work *w, const struct alike *v, size_t n, int trap, int strength,
	const char *text)
{
	struct file_list files = {0};
	uint64_t rows = 0;

	if (n == 1) {
		add_of_sweep(w, v->sweep, "trap", trap, strength, v->text, v->n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		*VEC_PUSH(&files) = w->c->tables[v[i].sweep->table].file;
		rows += v[i].n;
	}
	insight_add(w, "trap", trap, strength, text, "", rows, &files);
}
