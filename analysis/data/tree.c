/* tree.c - walks the paths: what is listed, in which order, what is not followed. */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree_parts.h"
#include "vec.h"

#define FILE_BYTES ((uint64_t)16 << 20)
#define MOST_FILES 200000
#define DEPTH      32
#define MOST_DEPTH 500 /* folders in folders are calls in calls */

struct tree_walk {
	struct tree *tree;
	struct tree_limits limits;
	struct tree_seen seen;
	struct {
		struct tree_file *v;
		size_t n, cap;
	} files;
	const char *root; /* real path of what was given: links lead out of it or not */
	bool named;       /* what is looked at was named itself */
};

struct names {
	char **v;
	size_t n, cap;
};

const char *tree_kind_name(enum tree_kind k)
{
	static const char *const names[] = {"CSV", "JSON", "JSON lines", "Markdown", "run"};

	return names[k];
}

static void list(struct tree_walk *w, const char *path, const char *name, enum tree_kind kind,
	uint64_t bytes, const char *why)
{
	if (w->files.n >= w->limits.files) {
		w->tree->beyond++;
		return;
	}
	*VEC_PUSH(&w->files) = (struct tree_file){.path = path,
		.name = name,
		.kind = kind,
		.bytes = bytes,
		.why = why,
		.result = !why};
}

static void skip(struct tree_walk *w, const char *path, const char *name, const char *why)
{
	list(w, path, name, TREE_CSV, 0, why);
}

static const char *because(struct tree_walk *w, const char *what, int error)
{
	return arena_fmt(&w->tree->arena, "%s: %s", what, strerror(error));
}

/* Why the file is not read, or NULL and its kind. */
static const char *look(
	struct tree_walk *w, const char *path, const struct stat *st, enum tree_kind *kind)
{
	enum tree_look found;
	char size[NUM_TEXT];

	if (st->st_size == 0)
		return "empty";
	found = tree_look(path, kind);
	if (found == TREE_UNREADABLE)
		return because(w, "cannot be read", errno);
	if (found == TREE_BINARY)
		return "a binary file";
	if (found == TREE_OTHER)
		return "neither CSV, TSV, JSON, JSON lines nor Markdown";
	if (!w->named && (*kind == TREE_JSON || *kind == TREE_MARKDOWN) &&
		(uint64_t)st->st_size > w->limits.file_bytes)
		return arena_fmt(&w->tree->arena, "larger than %s",
			num_bytes(size, (double)w->limits.file_bytes));
	return NULL;
}

static void take_file(
	struct tree_walk *w, const char *path, const char *name, const struct stat *st)
{
	enum tree_kind kind = TREE_CSV;
	const char *before = tree_seen(&w->seen, st, name), *why;

	if (before)
		why = arena_fmt(&w->tree->arena, "the same file as %s", before);
	else
		why = look(w, path, st, &kind);
	list(w, path, name, kind, (uint64_t)st->st_size, why);
	if (why && !before && w->tree->beyond == 0) {
		struct tree_file *f = &w->files.v[w->files.n - 1];

		f->result = tree_kind_of_name(name, &f->kind);
	}
}

/* ---- folders ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, in order; false with errno. */
static bool read_names(const char *path, struct names *names)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int error;

	if (!dir)
		return false;
	errno = 0;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			*VEC_PUSH(names) = xstrdup(entry->d_name);
	}
	error = errno;
	closedir(dir);
	if (names->n > 0)
		qsort(names->v, names->n, sizeof(*names->v), compare_names);
	errno = error;
	return error == 0;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	VEC_RELEASE(names);
}

/* The size of the folder's runs.csv if it is a run of ours. */
static bool is_run(struct tree_walk *w, const char *path, const struct names *names, uint64_t *ret)
{
	static const char *const parts[] = {"manifest.json", "runs.csv"};
	struct stat st = {0};

	for (size_t i = 0; i < COUNTOF(parts); i++) {
		const char *part = parts[i];

		if (names->n == 0 ||
			!bsearch(&part, names->v, names->n, sizeof(*names->v), compare_names) ||
			stat(arena_fmt(&w->tree->arena, "%s/%s", path, part), &st) ||
			!S_ISREG(st.st_mode))
			return false;
	}
	*ret = (uint64_t)st.st_size;
	return true;
}

/* Whether the folder has a report of this program, whose figures are those of other files. */
static bool has_report(struct tree_walk *w, const char *path)
{
	FILE *f = fopen(arena_fmt(&w->tree->arena, "%s/summary.json", path), "re");
	char head[64] = "";

	if (!f)
		return false;
	head[fread(head, 1, sizeof(head) - 1, f)] = '\0';
	fclose(f);
	return strstr(head, "\"schema\": 1") && strstr(head, "\"kind\": \"insight\"");
}

/* "summary.json", "tables" of such a folder. */
static bool is_of_report(const char *base)
{
	static const char *const parts[] = {
		"charts", "report.html", "report.json", "report.md", "summary.json", "tables"};

	for (size_t i = 0; i < COUNTOF(parts); i++) {
		if (strcmp(base, parts[i]) == 0)
			return true;
	}
	return false;
}

/* Why a link is not followed, or NULL and what it leads to. */
static const char *follow(struct tree_walk *w, const char *path, struct stat *st)
{
	char real[PATH_MAX];
	size_t len = strlen(w->root);

	if (!realpath(path, real) || stat(real, st))
		return because(w, "a symbolic link that leads nowhere", errno);
	if (len > 1 && (strncmp(real, w->root, len) != 0 || (real[len] != '/' && real[len])))
		return "a symbolic link that leads out of the path";
	return NULL;
}

static void take_folder(struct tree_walk *w, const char *path, const char *name,
	const struct stat *st, uint32_t depth);

static void take(struct tree_walk *w, const char *path, const char *name, uint32_t depth)
{
	const char *base = strrchr(name, '/'), *why = NULL;
	struct stat st;

	if (base ? base[1] == '.' : name[0] == '.')
		why = "hidden";
	else if (lstat(path, &st))
		why = because(w, "cannot be read", errno);
	else if (S_ISLNK(st.st_mode))
		why = follow(w, path, &st);
	if (!why && S_ISDIR(st.st_mode)) {
		take_folder(w, path, name, &st, depth);
		return;
	}
	if (!why && !S_ISREG(st.st_mode))
		why = "not a regular file";
	if (why)
		skip(w, path, name, why);
	else
		take_file(w, path, name, &st);
}

static void take_names(struct tree_walk *w, const char *path, const char *name,
	const struct names *names, uint32_t depth)
{
	struct arena *a = &w->tree->arena;
	const char *summary = "summary.json";
	bool report = names->n > 0 &&
		bsearch(&summary, names->v, names->n, sizeof(*names->v), compare_names) &&
		has_report(w, path);

	for (size_t i = 0; i < names->n; i++) {
		const char *at = arena_fmt(a, "%s/%s", path, names->v[i]),
			   *shown = arena_fmt(a, "%s%s%s", name, name[0] ? "/" : "", names->v[i]);

		if (report && is_of_report(names->v[i]))
			skip(w, at, shown, "of an earlier report of this program");
		else
			take(w, at, shown, depth);
	}
}

/* `name` is "" for the folder that was given alone. */
static void take_folder(struct tree_walk *w, const char *path, const char *name,
	const struct stat *st, uint32_t depth)
{
	struct names names = {0};
	const char *shown = name[0] ? name : tree_base(&w->tree->arena, path);
	const char *before = tree_seen(&w->seen, st, shown);
	struct arena *a = &w->tree->arena;
	uint64_t bytes;

	if (before)
		skip(w, path, shown, arena_fmt(a, "the same folder as %s", before));
	else if (depth > w->limits.depth)
		skip(w, path, shown,
			arena_fmt(a, "more than %u folders deep", (unsigned)w->limits.depth));
	else if (!read_names(path, &names))
		skip(w, path, shown, because(w, "cannot be read", errno));
	else if (is_run(w, path, &names, &bytes))
		list(w, path, shown, TREE_RUN, bytes, NULL);
	else
		take_names(w, path, name, &names, depth + 1);
	free_names(&names);
}

/* ---- what was given ---- */

static int take_path(struct tree_walk *w, const char *given, bool alone, struct err *e)
{
	struct arena *a = &w->tree->arena;
	size_t len = strlen(given);
	const char *path;
	struct stat st;
	char real[PATH_MAX];

	while (len > 1 && given[len - 1] == '/')
		len--;
	path = arena_strn(a, given, len);
	if (len == 0 || stat(path, &st) || !realpath(path, real))
		return err_sys(e, ERR_ENV, len ? errno : ENOENT, "cannot read %s", given);
	if (access(path, S_ISDIR(st.st_mode) ? R_OK | X_OK : R_OK))
		return err_sys(e, ERR_ENV, errno, "cannot read %s", given);
	w->root = arena_str(a, real);
	w->named = !S_ISDIR(st.st_mode);
	if (S_ISDIR(st.st_mode))
		take_folder(w, strcmp(path, "/") == 0 ? "" : path, alone ? "" : tree_base(a, path),
			&st, 0);
	else if (S_ISREG(st.st_mode))
		take_file(w, path, tree_base(a, path), &st);
	else
		skip(w, path, tree_base(a, path), "not a regular file");
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	const struct tree_file *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->path, y->path);
}

static struct tree_limits filled(const struct tree_limits *l)
{
	struct tree_limits ret = l ? *l : (struct tree_limits){0};

	if (!ret.file_bytes)
		ret.file_bytes = FILE_BYTES;
	if (!ret.files)
		ret.files = MOST_FILES;
	if (!ret.depth)
		ret.depth = DEPTH;
	if (ret.depth > MOST_DEPTH)
		ret.depth = MOST_DEPTH;
	return ret;
}

static void finish(struct tree_walk *w)
{
	struct tree *t = w->tree;

	t->nfiles = w->files.n;
	t->files = arena_alloc(&t->arena, t->nfiles ? t->nfiles : 1, sizeof(*t->files));
	if (w->files.v) {
		memcpy(t->files, w->files.v, t->nfiles * sizeof(*t->files));
		qsort(t->files, t->nfiles, sizeof(*t->files), compare_files);
	}
	for (size_t i = 0; i < t->nfiles; i++)
		t->nusable += !t->files[i].why;
}

int tree_walk(struct tree *t, const char *const *paths, size_t npaths, const struct tree_limits *l,
	struct err *e)
{
	struct tree_walk w = {.tree = t, .limits = filled(l)};
	int ret = 0;

	*t = (struct tree){0};
	for (size_t i = 0; i < npaths && ret == 0; i++)
		ret = take_path(&w, paths[i], npaths == 1, e);
	if (ret == 0)
		finish(&w);
	VEC_RELEASE(&w.files);
	tree_seen_release(&w.seen);
	if (ret)
		tree_release(t);
	return ret;
}

void tree_release(struct tree *t)
{
	arena_release(&t->arena);
	*t = (struct tree){0};
}
