/* corpus_nearest.c - of files without a model, the one beside them whose name is nearest. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"

/* Files of one folder are compared with so many on either side in the order of names. */
#define NEIGHBOURS 64
#define MOST_WORDS 24

struct stem {
	uint32_t file;
	const char *folder, *name; /* in the file's name */
	size_t folder_len, len;    /* of the name without its ending */
};

static struct stem stem_of(const struct tree_file *f, uint32_t file)
{
	const char *slash = strrchr(f->name, '/');
	struct stem s = {.file = file, .folder = f->name, .name = slash ? slash + 1 : f->name};
	const char *dot = strrchr(s.name, '.');

	s.folder_len = (size_t)(s.name - f->name);
	s.len = dot && dot > s.name ? (size_t)(dot - s.name) : strlen(s.name);
	return s;
}

static int by_name(const void *a, const void *b)
{
	const struct stem *x = a, *y = b;
	size_t least = x->folder_len < y->folder_len ? x->folder_len : y->folder_len;
	int order = memcmp(x->folder, y->folder, least);

	if (order || x->folder_len != y->folder_len)
		return order ? order : x->folder_len < y->folder_len ? -1 : 1;
	least = x->len < y->len ? x->len : y->len;
	order = memcmp(x->name, y->name, least);
	if (order || x->len != y->len)
		return order ? order : x->len < y->len ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

static bool is_between(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ';
}

static size_t split(const struct stem *s, size_t *from, size_t *end)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len && n < MOST_WORDS;) {
		if (is_between(s->name[i])) {
			i++;
			continue;
		}
		from[n] = i;
		while (i < s->len && !is_between(s->name[i]))
			i++;
		end[n++] = i;
	}
	return n;
}

/* How many first words two names share; in *rest how many more the second has. */
static size_t shared_words(const struct stem *a, const struct stem *b, size_t *rest)
{
	size_t from_a[MOST_WORDS], end_a[MOST_WORDS], from_b[MOST_WORDS], end_b[MOST_WORDS];
	size_t n = split(a, from_a, end_a), m = split(b, from_b, end_b), same = 0;

	while (same < n && same < m) {
		size_t len = end_a[same] - from_a[same];

		if (len != end_b[same] - from_b[same] ||
			memcmp(a->name + from_a[same], b->name + from_b[same], len) != 0)
			break;
		same++;
	}
	*rest = m - same;
	return same;
}

static bool same_folder(const struct stem *a, const struct stem *b)
{
	return a->folder_len == b->folder_len && memcmp(a->folder, b->folder, a->folder_len) == 0;
}

struct nearest {
	size_t shared, rest;
	uint32_t file;
	const char *model;
	bool doubt; /* two are as near, of different models */
};

static void consider(
	struct nearest *best, const struct stem *s, const struct stem *other, const char *model)
{
	size_t rest, shared = shared_words(s, other, &rest);

	if (shared == 0 || shared < best->shared || (shared == best->shared && rest > best->rest))
		return;
	if (shared == best->shared && rest == best->rest) {
		best->doubt = best->doubt || strcmp(best->model, model) != 0;
		return;
	}
	*best = (struct nearest){shared, rest, other->file, model, false};
}

static uint32_t nearest_of(const struct stem *stems, size_t n, size_t at, const char *const *model)
{
	struct nearest best = {.file = CORPUS_NONE, .model = ""};

	for (size_t i = at; i > 0 && at - i < NEIGHBOURS && same_folder(&stems[i - 1], &stems[at]);
		i--) {
		if (model[stems[i - 1].file])
			consider(&best, &stems[at], &stems[i - 1], model[stems[i - 1].file]);
	}
	for (size_t i = at + 1; i < n && i - at <= NEIGHBOURS && same_folder(&stems[i], &stems[at]);
		i++) {
		if (model[stems[i].file])
			consider(&best, &stems[at], &stems[i], model[stems[i].file]);
	}
	return best.doubt ? CORPUS_NONE : best.file;
}

void corpus_nearest(const struct corpus *c, const char *const *model, uint32_t *ret)
{
	struct stem *stems = xcalloc(c->nfiles, sizeof(*stems));

	for (size_t i = 0; i < c->nfiles; i++)
		stems[i] = stem_of(c->files[i].of, (uint32_t)i);
	qsort(stems, c->nfiles, sizeof(*stems), by_name);
	for (size_t i = 0; i < c->nfiles; i++) {
		uint32_t file = stems[i].file;

		ret[file] = model[file] ? CORPUS_NONE : nearest_of(stems, c->nfiles, i, model);
	}
	free(stems);
}
