/* many.c - see many.h. */
#include "many.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bug.h"

struct pool {
	many_fn *fn;
	const void *arg;
	size_t n, size;
	char *out;
	atomic_size_t next;
	pthread_mutex_t lock; /* of what follows */
	size_t failed;        /* the first; n: none */
	struct err e;
};

static void note(struct pool *p, size_t number, const struct err *e)
{
	pthread_mutex_lock(&p->lock);
	if (number < p->failed) {
		p->failed = number;
		p->e = *e;
	}
	pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
	struct pool *p = arg;

	for (;;) {
		struct err e = ERR_INIT;
		size_t number = atomic_fetch_add(&p->next, 1);

		if (number >= p->n)
			return NULL;
		if (p->fn(p->arg, number, p->out + number * p->size, &e))
			note(p, number, &e);
	}
}

void *many_run(many_fn *fn, const void *arg, size_t n, size_t size, size_t threads, struct err *e)
{
	struct pool p = {.fn = fn, .arg = arg, .n = n, .size = size, .failed = n, .e = ERR_INIT};
	pthread_t *others = xcalloc(threads, sizeof(*others));
	size_t started = 0;

	p.out = xcalloc(n, size);
	pthread_mutex_init(&p.lock, NULL);
	/* Without a thread the caller's own does it all. */
	while (started + 1 < threads && pthread_create(&others[started], NULL, work, &p) == 0)
		started++;
	work(&p);
	for (size_t i = 0; i < started; i++)
		pthread_join(others[i], NULL);
	pthread_mutex_destroy(&p.lock);
	free(others);
	if (p.failed == n)
		return p.out;
	*e = p.e;
	free(p.out);
	return NULL;
}
