/* scan.c - a file in chunks: parsed by several threads, handed over in order. */
#include "scan.h"

#include <stdlib.h>

#include "bug.h"
#include "scan_internal.h"

static void make_chunk(struct scan *s, struct scan_chunk *c)
{
	scan_load(c, s);
	if (!c->failed)
		scan_chunk_parse(c, &s->plan);
}

/* ---- handing over ---- */

/* Codes of the chunk to codes of the file. */
static void number_texts(struct scan *s, struct scan_chunk *c, size_t i)
{
	struct scan_fill *f = &c->fill[i];

	if (f->words.n > f->room_global) {
		f->room_global = f->words.n;
		f->global = xrealloc(f->global, f->room_global, sizeof(*f->global));
	}
	for (size_t w = 0; w < f->words.n; w++)
		f->global[w] =
			scan_word(&s->words[i], f->words.text[w], f->words.len[w], &s->texts);
	for (size_t row = 0; row < c->nrows; row++) {
		if (f->code[row] != SCAN_MISSING)
			f->code[row] = f->global[f->code[row]];
	}
}

static void tell_rejects(struct scan *s, const struct scan_chunk *c)
{
	s->rejected += c->rejects.n;
	for (size_t i = 0; s->reject && i < c->rejects.n; i++) {
		const struct scan_reject *r = &c->rejects.v[i];

		s->reject(s->reject_arg, s->lines + r->line + 1, r->s, r->len, r->why);
	}
}

static int hand_over(struct scan *s, struct scan_chunk *c)
{
	struct scan_batch batch = {.nrows = c->nrows, .line = c->line, .columns = c->columns};

	if (c->failed)
		return scan_read_error(s, c->failed > 0 ? c->failed : 0, s->e);
	for (size_t i = s->plan.nnumbers; i < s->plan.nfields; i++) {
		if (s->plan.fields[i].kind == SCAN_TEXT)
			number_texts(s, c, s->plan.fields[i].wanted);
	}
	for (size_t row = 0; row < c->nrows; row++)
		c->line[row] += s->lines + 1;
	tell_rejects(s, c);
	s->lines += c->lines;
	return c->nrows ? s->fn(s->arg, s, &batch, s->e) : 0;
}

/* All chunks that are ready and whose turn it is; the lock is held, but for the work itself. */
static void hand_over_ready(struct scan *s)
{
	struct scan_slot *slot = &s->slots[s->handed % s->nslots];

	s->handing = true;
	while (!s->failed && s->handed < s->nchunks && slot->state == SLOT_READY &&
		slot->chunk.number == s->handed) {
		bool failed;

		pthread_mutex_unlock(&s->lock);
		failed = hand_over(s, &slot->chunk) != 0;
		pthread_mutex_lock(&s->lock);
		s->failed = failed;
		slot->state = SLOT_FREE;
		s->handed++;
		pthread_cond_broadcast(&s->changed);
		slot = &s->slots[s->handed % s->nslots];
	}
	s->handing = false;
}

/* A thread: chunks one after the other, as long as there is a free slot for one. */
static void *work(void *arg)
{
	struct scan *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->failed && s->taken < s->nchunks) {
		struct scan_slot *slot = &s->slots[s->taken % s->nslots];

		if (slot->state != SLOT_FREE) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		slot->state = SLOT_BUSY;
		slot->chunk.number = s->taken++;
		pthread_mutex_unlock(&s->lock);
		make_chunk(s, &slot->chunk);
		pthread_mutex_lock(&s->lock);
		slot->state = SLOT_READY;
		if (!s->handing)
			hand_over_ready(s);
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void work_together(struct scan *s)
{
	pthread_t thread[SCAN_MOST_THREADS];
	unsigned started = 0;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	while (started + 1 < s->threads && pthread_create(&thread[started], NULL, work, s) == 0)
		started++;
	work(s);
	while (started > 0)
		pthread_join(thread[--started], NULL);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
}

static void work_alone(struct scan *s)
{
	struct scan_chunk *c = &s->slots[0].chunk;

	for (c->number = 0; !s->failed && c->number < s->nchunks; c->number++) {
		make_chunk(s, c);
		s->failed = hand_over(s, c) != 0;
	}
}

static int by_place(const void *left, const void *right)
{
	const struct scan_field *a = left, *b = right;
	bool a_number = a->kind == SCAN_NUMBER, b_number = b->kind == SCAN_NUMBER;

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return a->wanted < b->wanted ? -1 : a->wanted > b->wanted;
}

static void make_plan(struct scan *s, const struct scan_wanted *wanted, size_t nwanted)
{
	struct scan_plan *p = &s->plan;

	*p = (struct scan_plan){.wanted = wanted,
		.nwanted = nwanted,
		.fields = xcalloc(nwanted, sizeof(*p->fields)),
		.ncolumns = s->ncolumns,
		.checked = s->checked};
	for (size_t i = 0; i < nwanted; i++) {
		uint32_t place = scan_find_column(s, wanted[i].name);

		if (place == SCAN_MISSING)
			continue;
		p->fields[p->nfields++] = (struct scan_field){(uint32_t)i, place, wanted[i].kind};
		p->nnumbers += wanted[i].kind == SCAN_NUMBER;
	}
	qsort(p->fields, p->nfields, sizeof(*p->fields), by_place);
}

int scan_run(struct scan *s, const struct scan_wanted *wanted, size_t nwanted, scan_batch_fn *fn,
	void *arg, struct err *e)
{
	bool alone;

	make_plan(s, wanted, nwanted);
	s->words = xcalloc(nwanted, sizeof(*s->words));
	s->fn = fn;
	s->arg = arg;
	s->e = e;
	s->nchunks = (s->size - s->data + s->chunk - 1) / s->chunk;
	alone = s->threads == 1 || s->nchunks < 2;
	s->nslots = alone ? 1 : 2 * s->threads + 1;
	s->slots = xcalloc(s->nslots, sizeof(*s->slots));
	for (size_t i = 0; i < s->nslots; i++)
		scan_chunk_init(&s->slots[i].chunk, &s->plan);
	if (alone)
		work_alone(s);
	else
		work_together(s);
	for (size_t i = 0; i < s->nslots; i++)
		scan_chunk_release(&s->slots[i].chunk, &s->plan);
	return s->failed ? -1 : 0;
}
