/* tree_look.c - which kind a file is, by its name and its first bytes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tree_parts.h"
#include "vec.h"

#define HEAD  1024 /* bytes that are looked at */
#define LINES 4    /* lines of a text that have to look like a table's */

static const struct {
	const char *ending;
	enum tree_kind kind;
} known[] = {
	{"csv", TREE_CSV},
	{"tsv", TREE_CSV},
	{"json", TREE_JSON},
	{"jsonl", TREE_JSONL},
	{"ndjson", TREE_JSONL},
	{"md", TREE_MARKDOWN},
	{"markdown", TREE_MARKDOWN},
};

/* Endings that say nothing of what is in the file. */
static const char *const vague[] = {"", "txt", "dat", "tab", "log", "out"};

static const char *ending_of(const char *path)
{
	const char *base = strrchr(path, '/'), *dot;

	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	return dot && dot > base ? dot + 1 : "";
}

static bool is_binary(const unsigned char *s, size_t len)
{
	bool marked =
		len >= 2 && ((s[0] == 0xff && s[1] == 0xfe) || (s[0] == 0xfe && s[1] == 0xff));

	/* Four bytes a character: nobody writes results so. */
	if (marked && len >= 4 && s[2] == 0 && s[3] == 0)
		return true;
	return !marked && len > 0 && memchr(s, '\0', len);
}

/* The next line of the head that is not blank; false if it is not there as a whole. */
static bool next_line(const char **p, const char *end, bool whole, const char **line, size_t *len)
{
	while (*p < end) {
		const char *stop = memchr(*p, '\n', (size_t)(end - *p));

		if (!stop && !whole)
			return false;
		*line = *p;
		*len = (size_t)((stop ? stop : end) - *p);
		*p = stop ? stop + 1 : end;
		while (*len > 0 && strchr(" \t\r", (*line)[*len - 1]))
			(*len)--;
		if (*len > 0)
			return true;
	}
	return false;
}

/* An object on each of the first two lines. */
static bool looks_like_lines(const char *s, size_t len, bool whole)
{
	const char *p = s, *end = s + len, *line;
	size_t n;

	if (!next_line(&p, end, whole, &line, &n) || line[0] != '{' || line[n - 1] != '}')
		return false;
	while (p < end && strchr(" \t\r\n", *p))
		p++;
	return p < end && *p == '{';
}

static size_t count(const char *s, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += s[i] == c;
	return n;
}

/* The first lines have the same number of one separator. */
static bool looks_like_csv(const char *s, size_t len, bool whole)
{
	for (const char *sep = ",;\t"; *sep; sep++) {
		const char *p = s, *line;
		size_t n, lines = 0, wanted = 0;
		bool equal = true;

		while (equal && lines < LINES && next_line(&p, s + len, whole, &line, &n)) {
			size_t here = count(line, n, *sep);

			wanted = lines++ == 0 ? here : wanted;
			equal = here == wanted && here > 0;
		}
		if (equal && lines >= 2)
			return true;
	}
	return false;
}

/* Of objects or of arrays; "[info]" begins a log. */
static bool opens_array(const char *p, const char *end)
{
	if (*p++ != '[')
		return false;
	while (p < end && strchr(" \t\r\n", *p))
		p++;
	return p < end && (*p == '{' || *p == '[');
}

static bool by_content(const char *s, size_t len, bool whole, enum tree_kind *kind)
{
	const char *p = s, *end = s + len;

	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end && strchr(" \t\r\n", *p))
		p++;
	if (p == end)
		return false;
	if (*p == '{' || opens_array(p, end))
		*kind = looks_like_lines(p, (size_t)(end - p), whole) ? TREE_JSONL : TREE_JSON;
	else
		*kind = TREE_CSV;
	return *kind != TREE_CSV || looks_like_csv(p, (size_t)(end - p), whole);
}

bool tree_kind_of_name(const char *name, enum tree_kind *kind)
{
	for (size_t i = 0; i < COUNTOF(known); i++) {
		if (strcasecmp(ending_of(name), known[i].ending) == 0) {
			*kind = known[i].kind;
			return true;
		}
	}
	return false;
}

enum tree_look tree_look_bytes(
	const char *name, const char *head, size_t len, bool whole, enum tree_kind *kind)
{
	const char *ending = ending_of(name);

	if (is_binary((const unsigned char *)head, len))
		return TREE_BINARY;
	if (tree_kind_of_name(name, kind)) {
		if (*kind == TREE_JSON && looks_like_lines(head, len, whole))
			*kind = TREE_JSONL;
		return TREE_FOUND;
	}
	for (size_t i = 0; i < COUNTOF(vague); i++) {
		if (strcasecmp(ending, vague[i]) != 0 || !by_content(head, len, whole, kind))
			continue;
		/* Sentences with as many commas are no table. */
		if (*kind != TREE_CSV || strcasecmp(ending, "log") != 0)
			return TREE_FOUND;
	}
	return TREE_OTHER;
}

enum tree_look tree_look(const char *path, enum tree_kind *kind)
{
	char head[HEAD];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;
	ssize_t n;

	if (fd < 0)
		return TREE_UNREADABLE;
	do
		n = read(fd, head, sizeof(head));
	while (n < 0 && errno == EINTR);
	error = errno;
	close(fd);
	errno = error;
	if (n < 0)
		return TREE_UNREADABLE;
	return tree_look_bytes(path, head, (size_t)n, (size_t)n < sizeof(head), kind);
}

const char *tree_base(struct arena *a, const char *path)
{
	char real[PATH_MAX];
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (strcmp(base, ".") != 0 && strcmp(base, "..") != 0 && *base)
		return arena_str(a, base);
	if (!realpath(*path ? path : "/", real) || strcmp(real, "/") == 0)
		return "/";
	return arena_str(a, strrchr(real, '/') + 1);
}

/* ---- met before ---- */

static struct tree_seen_one *find(const struct tree_seen *s, uint64_t device, uint64_t number)
{
	uint64_t h = (number ^ device << 32) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 20) & (s->nslots - 1);

	while (s->slot[i].name && (s->slot[i].number != number || s->slot[i].device != device))
		i = (i + 1) & (s->nslots - 1);
	return &s->slot[i];
}

static void grow(struct tree_seen *s)
{
	struct tree_seen old = *s;

	s->nslots = old.nslots ? old.nslots * 2 : 256;
	s->slot = xcalloc(s->nslots, sizeof(*s->slot));
	for (size_t i = 0; i < old.nslots; i++) {
		if (old.slot[i].name)
			*find(s, old.slot[i].device, old.slot[i].number) = old.slot[i];
	}
	free(old.slot);
}

const char *tree_seen(struct tree_seen *s, const struct stat *st, const char *name)
{
	struct tree_seen_one *one;

	if (2 * (s->n + 1) > s->nslots)
		grow(s);
	one = find(s, (uint64_t)st->st_dev, (uint64_t)st->st_ino);
	if (one->name)
		return one->name;
	*one = (struct tree_seen_one){
		.device = (uint64_t)st->st_dev, .number = (uint64_t)st->st_ino, .name = name};
	s->n++;
	return NULL;
}

void tree_seen_release(struct tree_seen *s)
{
	free(s->slot);
	*s = (struct tree_seen){0};
}
