/* corpus.c - files are read by several threads and taken in the order of their names. */
#include "corpus.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "corpus_parts.h"

#define MOST_THREADS 8

/* What the threads share. */
struct reading {
	struct corpus *c;
	struct growing growing;
	const struct rules *rules;
	atomic_size_t next; /* file that nobody reads yet */
	pthread_mutex_t lock;
	pthread_cond_t turned;
	size_t turn; /* file whose turn it is */
};

/* One thread. */
struct reader {
	struct reading *r;
	struct corpus_loader loader;
	size_t file;
};

static void wait_for_turn(struct reader *me)
{
	struct reading *r = me->r;

	pthread_mutex_lock(&r->lock);
	while (r->turn != me->file)
		pthread_cond_wait(&r->turned, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

static void pass_turn(struct reader *me)
{
	struct reading *r = me->r;

	pthread_mutex_lock(&r->lock);
	r->turn++;
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->lock);
}

static void flush(void *arg, struct loaded *l)
{
	struct reader *me = arg;

	wait_for_turn(me);
	growing_take(&me->r->growing, (uint32_t)me->file, l, false);
}

static void read_file(struct reader *me)
{
	struct corpus_file *f = &me->r->c->files[me->file];
	struct loaded l = {0};
	struct err e = ERR_INIT;

	if (!f->of->why && f->of->kind != TREE_RUN)
		corpus_load(&me->loader, f->of, &l);
	wait_for_turn(me);
	if (f->of->kind == TREE_RUN && !f->of->why) {
		if (growing_take_run(&me->r->growing, (uint32_t)me->file, &e))
			f->why = arena_str(&me->r->c->arena, e.msg);
	} else if (!f->of->why) {
		growing_take(&me->r->growing, (uint32_t)me->file, &l, true);
	}
	pass_turn(me);
	loaded_release(&l);
}

static void *read_files(void *arg)
{
	struct reader me = {.r = arg};

	me.loader = (struct corpus_loader){
		.rules = me.r->rules, .enough = &me.r->growing.enough, .flush = flush, .arg = &me};
	while ((me.file = atomic_fetch_add(&me.r->next, 1)) < me.r->c->nfiles)
		read_file(&me);
	foreign_work_release(&me.loader.work);
	return NULL;
}

static unsigned threads_of(const struct corpus_options *o)
{
	long n = o->threads ? (long)o->threads : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (unsigned)n;
}

static void read_all(struct reading *r, unsigned nthreads)
{
	pthread_t threads[MOST_THREADS];
	unsigned n = 0;

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->turned, NULL);
	while (n + 1 < nthreads && pthread_create(&threads[n], NULL, read_files, r) == 0)
		n++;
	read_files(r);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	pthread_cond_destroy(&r->turned);
	pthread_mutex_destroy(&r->lock);
}

static void list_files(struct corpus *c)
{
	c->nfiles = c->tree.nfiles;
	c->files = arena_alloc(&c->arena, c->nfiles, sizeof(*c->files));
	for (size_t i = 0; i < c->nfiles; i++) {
		const struct tree_file *of = &c->tree.files[i];

		c->files[i] = (struct corpus_file){
			.of = of, .copy_of = CORPUS_NONE, .model_of = CORPUS_NONE};
		c->results += of->result;
		c->by_kind[of->kind] += of->result;
		c->bytes += of->result ? of->bytes : 0;
	}
}

/* ERR_DATA unless some file gave a figure. */
static int check_used(
	const struct corpus *c, const char *const *paths, size_t npaths, struct err *e)
{
	char quoted[200];

	for (size_t i = 0; i < c->nfiles; i++) {
		if (!c->files[i].of->why && c->files[i].used > 0)
			return 0;
	}
	err_set(e, ERR_DATA, "%s: no file of %zu holds a figure that is understood%s",
		err_quote(quoted, sizeof(quoted), paths[0]), c->nfiles,
		npaths > 1 ? ", nor does any of the other paths" : "");
	for (size_t i = 0; i < c->nfiles; i++) {
		const char *why = c->files[i].of->why ? c->files[i].of->why : c->files[i].why;

		if (why)
			return err_hint(e, "%s: %s",
				err_quote(quoted, sizeof(quoted), c->files[i].of->name), why);
	}
	return -1;
}

int corpus_read(struct corpus *c, const char *const *paths, size_t npaths,
	const struct corpus_options *o, struct err *e)
{
	struct rules *rules;
	struct reading r = {.c = c};

	*c = (struct corpus){0};
	rules = rules_new();
	r.rules = rules;
	if ((o->rules && rules_add_file(rules, o->rules, e)) ||
		tree_walk(&c->tree, paths, npaths, &o->limits, e)) {
		rules_free(rules);
		corpus_release(c);
		return -1;
	}
	list_files(c);
	growing_start(&r.growing, c);
	read_all(&r, threads_of(o));
	growing_finish(&r.growing);
	growing_release(&r.growing);
	rules_free(rules);
	if (check_used(c, paths, npaths, e)) {
		corpus_release(c);
		return -1;
	}
	return 0;
}

void corpus_release(struct corpus *c)
{
	for (size_t i = 0; i < c->nsubjects; i++) {
		for (size_t m = 0; m < c->subjects[i].nmeasures; m++) {
			values_release(&c->subjects[i].measures[m].warm);
			values_release(&c->subjects[i].measures[m].cold);
		}
	}
	tree_release(&c->tree);
	arena_release(&c->arena);
	*c = (struct corpus){0};
}

/* "results[3]", "results[0] to [35]"; of the values of an object "backends.*, entry 2"; "" the
 * root. */
static const char *json_where(const char *place, const struct corpus_place *p, struct arena *a)
{
	size_t len = strlen(place);
	bool one = p->first == p->last;

	if (len == 0)
		return "the document";
	if (len < 2 || strcmp(place + len - 2, "[]") != 0)
		return one ? arena_fmt(a, "%s, entry %u", place, p->first + 1)
			   : arena_fmt(a, "%s, entries %u to %u", place, p->first + 1, p->last + 1);
	return one ? arena_fmt(a, "%.*s[%u]", (int)len - 2, place, p->first)
		   : arena_fmt(a, "%.*s[%u] to [%u]", (int)len - 2, place, p->first, p->last);
}

const char *corpus_where(const struct corpus *c, const struct corpus_place *p, struct arena *a)
{
	const struct corpus_table *t = p->table == CORPUS_NONE ? NULL : &c->tables[p->table];
	const char *lines;

	if (!t)
		return "";
	if (t->json)
		return json_where(t->place, p, a);
	lines = p->first == p->last ? arena_fmt(a, "line %u", p->first)
				    : arena_fmt(a, "lines %u to %u", p->first, p->last);
	return t->place[0] ? arena_fmt(a, "%s, %s", t->place, lines) : lines;
}
