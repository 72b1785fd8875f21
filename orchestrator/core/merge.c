/* merge.c - from shards to a run: read, check, judge the rows, write beside, rename. */
#include "merge.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bug.h"
#include "fsx.h"
#include "jsonx.h"
#include "manifest.h"
#include "merge_internal.h"
#include "num.h"
#include "vec.h"

const char *const merge_names[MERGE_FILES] = {"runs.csv", "loads.csv", "chunks.csv"};

void merge_header(const struct merge *m, enum merge_file which, struct str *header)
{
	if (which == MERGE_RUNS)
		row_header(&m->schema, header);
	else if (which == MERGE_LOADS)
		load_header(header);
	else
		chunks_header(header);
}

/* ---- reading what the shards say of themselves ---- */

static int read_sweep(struct merge_part *p, struct err *e)
{
	char *path = fsx_join(p->dir, "sweep.json");

	p->sweep = jsonx_load(path, e);
	free(path);
	if (!p->sweep) {
		if (e)
			e->code = ERR_JOURNAL;
		return -1;
	}
	if (sweep_shard(jsonx_get_string(p->sweep, "shard"), &p->shard, &p->shards) &&
		p->shards <= MERGE_MAX_SHARDS)
		return 0;
	err_set(e, ERR_JOURNAL, "%s is not a shard: its sweep.json has no \"shard\": \"K/N\"",
		p->dir);
	return err_hint(e, "shards are made by `chimera run --shard K/N`");
}

static int read_part(struct merge_part *p, const char *dir, struct err *e)
{
	*p = (struct merge_part){.dir = dir};
	for (int i = 0; i < MERGE_FILES; i++)
		p->file[i] = (struct journal_file)JOURNAL_FILE_CLOSED;
	if (fsx_exists(dir) && !fsx_is_dir(dir)) {
		err_set(e, ERR_JOURNAL, "%s is not a run directory: it is no folder", dir);
		return err_hint(e, "chimera merge SHARD_DIR... --out DIR");
	}
	p->manifest = manifest_load(dir, e);
	if (!p->manifest)
		return -1;
	return read_sweep(p, e);
}

static void release_part(struct merge_part *p)
{
	json_decref(p->sweep);
	json_decref(p->manifest);
	for (int i = 0; i < MERGE_FILES; i++) {
		journal_scan_release(&p->scan[i]);
		journal_file_close(&p->file[i], NULL);
	}
	VEC_RELEASE(&p->sessions);
}

static int by_shard(const void *a, const void *b)
{
	const struct merge_part *x = a, *y = b;

	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	return strcmp(x->dir, y->dir);
}

static int read_parts(struct merge *m, struct err *e)
{
	const struct merge_options *opt = m->opt;

	m->parts = xcalloc(opt->n, sizeof(*m->parts));
	for (size_t i = 0; i < opt->n; i++) {
		m->n++;
		if (read_part(&m->parts[i], opt->dirs[i], e))
			return -1;
	}
	qsort(m->parts, m->n, sizeof(*m->parts), by_shard);
	m->of = m->parts[0].shards;
	return 0;
}

/* The columns follow from the sweep; its factors are the same in all parts. */
static int parse_sweep(struct merge *m, struct err *e)
{
	char *path = fsx_join(m->parts[0].dir, "sweep.json");
	int failed = sweep_parse(&m->sweep, m->parts[0].sweep, path, NULL, e);

	if (failed && e)
		e->code = ERR_JOURNAL;
	free(path);
	if (!failed)
		row_schema_init(&m->schema, &m->sweep);
	return failed;
}

/* ---- the new directory ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* OUT without slashes at its end. */
static char *clean_out(const char *out)
{
	char *s = xstrdup(out);
	size_t len = strlen(s);

	while (len > 1 && s[len - 1] == '/')
		s[--len] = '\0';
	return s;
}

/* The folder that holds a path; new string. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* A folder beside OUT, to be renamed to it; NULL on error. */
static char *make_beside(const char *out, struct err *e)
{
	char *parent = parent_of(out), *dir = NULL;
	struct stat st;
	int failed = -1;

	if (lstat(out, &st) == 0) {
		err_set(e, ERR_USAGE, "--out %s: exists already", out);
		err_hint(e, "name another folder; a merged run goes on with `chimera resume`");
	} else if (fsx_mkdirs(parent, e) == 0) {
		for (int i = 0; i < 100 && failed; i++) {
			free(dir);
			dir = xasprintf("%s.tmp-%ld-%d", out, (long)getpid(), i);
			failed = mkdir(dir, 0777);
			if (failed && errno != EEXIST)
				break;
		}
		if (failed)
			err_sys(e, ERR_ENV, errno, "--out %s: cannot make the folder", out);
	}
	free(parent);
	if (failed) {
		free(dir);
		return NULL;
	}
	return dir;
}

/* Gives it its name.  An empty folder that somebody made meanwhile is replaced, any other not. */
static int rename_to(const char *dir, const char *out, struct err *e)
{
	char *parent = parent_of(out);
	int failed = journal_dir_sync(dir, e);

	if (!failed && rename(dir, out))
		failed = err_sys(e, ERR_ENV, errno, "%s: cannot be renamed to %s", dir, out);
	else if (!failed)
		failed = journal_dir_sync(parent, e);
	free(parent);
	return failed;
}

static int set_aside(const struct merge_part *p, const char *dir, struct err *e)
{
	char label[40];

	snprintf(label, sizeof(label), "shard%" PRIu32, p->shard);
	for (int i = 0; i < MERGE_FILES; i++) {
		if (p->scan[i].bad.n && journal_set_aside(&p->scan[i], &p->file[i], dir, label, e))
			return -1;
	}
	return 0;
}

static int write_all(const struct merge *m, const char *dir, struct merge_result *r, struct err *e)
{
	uint64_t *rows[MERGE_FILES] = {&r->rows, &r->loads, &r->chunks};

	for (int i = 0; i < MERGE_FILES; i++) {
		bool has = false;

		for (size_t k = 0; k < m->n; k++)
			has = has || m->parts[k].has[i];
		if (has && merge_write_rows(m, (enum merge_file)i, dir, rows[i], e))
			return -1;
	}
	for (size_t k = 0; k < m->n; k++) {
		if (set_aside(&m->parts[k], dir, e))
			return -1;
	}
	return merge_write_manifest(m, dir, e);
}

static int write_run(const struct merge *m, struct merge_result *r, struct err *e)
{
	char *out = clean_out(m->opt->out), *dir = make_beside(out, e);
	int failed = -1;

	if (dir) {
		failed = write_all(m, dir, r, e) || rename_to(dir, out, e) ? -1 : 0;
		if (failed)
			remove_tree(dir);
	}
	free(dir);
	free(out);
	return failed;
}

/* ---- what a person should know ---- */

static void note_part(const struct merge_part *p, struct merge_result *r)
{
	uint64_t open = merge_part_open(p), requests = merge_part_requests(p);
	char a[NUM_TEXT], b[NUM_TEXT];

	r->set_aside += p->set_aside;
	r->open += open;
	if (requests == 0)
		str_addf(&r->warnings,
			"%s: its manifest does not say how many requests it has: whether it is "
			"complete is not known\n",
			p->dir);
	if (open)
		str_addf(&r->warnings,
			"%s (shard %" PRIu32 "/%" PRIu32
			") is incomplete: %s of %s requests are open\n",
			p->dir, p->shard, p->shards, num_group(a, (int64_t)open),
			num_group(b, (int64_t)requests));
	if (p->set_aside)
		str_addf(&r->warnings, "%s: %s line%s did not count and went to set-aside/\n",
			p->dir, num_group(a, (int64_t)p->set_aside), p->set_aside == 1 ? "" : "s");
	if (p->file[MERGE_RUNS].unlocked)
		str_addf(&r->warnings,
			"%s: this file system has no locks: make sure that nothing measures into "
			"it\n",
			p->dir);
}

static void note_missing(const struct merge *m, struct merge_result *r)
{
	uint64_t requests = merge_requests(m), there = 0;

	for (size_t i = 0; i < m->n; i++)
		there += merge_part_requests(&m->parts[i]);
	if (m->n == m->of)
		return;
	if (requests > there)
		r->open += requests - there;
	str_addf(&r->warnings,
		"%zu of %" PRIu32 " shards are not there; what they would have "
		"measured is open\n",
		m->of - m->n, m->of);
}

static void note_versions(const struct merge *m, struct merge_result *r)
{
	const char *first = jsonx_get_string(m->parts[0].manifest, "version");

	for (size_t i = 1; first && i < m->n; i++) {
		const char *its = jsonx_get_string(m->parts[i].manifest, "version");

		if (!its || strcmp(its, first) == 0)
			continue;
		str_addf(&r->warnings, "%s was made by chimera %s, %s by chimera %s\n",
			m->parts[0].dir, first, m->parts[i].dir, its);
		return;
	}
}

static void fill_result(const struct merge *m, struct merge_result *r)
{
	r->shards = (uint32_t)m->n;
	r->of = m->of;
	r->requests = merge_requests(m);
	for (size_t i = 0; i < m->n; i++) {
		r->done += m->parts[i].done;
		note_part(&m->parts[i], r);
	}
	note_missing(m, r);
	note_versions(m, r);
}

static int merge_all(struct merge *m, struct merge_result *r, struct err *e)
{
	if (read_parts(m, e) || merge_check(m, e) || parse_sweep(m, e))
		return -1;
	for (size_t i = 0; i < m->n; i++) {
		if (merge_scan(m, i, e))
			return -1;
	}
	merge_number_sessions(m);
	if (write_run(m, r, e))
		return -1;
	fill_result(m, r);
	return 0;
}

int merge_runs(const struct merge_options *opt, struct merge_result *ret, struct err *e)
{
	struct merge m = {.opt = opt, .sweep = SWEEP_INIT};
	int result;

	*ret = (struct merge_result)MERGE_RESULT_INIT;
	if (opt->n == 0)
		BUG("nothing to merge");
	result = merge_all(&m, ret, e);
	for (size_t i = 0; i < m.n; i++)
		release_part(&m.parts[i]);
	free(m.parts);
	journal_index_release(&m.runs);
	journal_index_release(&m.loads);
	sweep_release(&m.sweep);
	if (result)
		merge_result_release(ret);
	return result;
}

void merge_result_release(struct merge_result *r)
{
	str_release(&r->warnings);
}
