/* parallel.c - threads that take the next number until there is none. */
#include "parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "bug.h"

#define MOST_THREADS 16

struct crew {
	void (*work)(void *of, size_t i, struct arena *a);
	void *of;
	size_t n;
	atomic_size_t next;
	struct arena *arenas; /* [n] */
};

static void *take_turns(void *arg)
{
	struct crew *c = arg;

	for (;;) {
		size_t i = atomic_fetch_add(&c->next, 1);

		if (i >= c->n)
			return NULL;
		c->work(c->of, i, &c->arenas[i]);
	}
}

static size_t count_threads(size_t n)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = processors < 1 ? 1 : (size_t)processors;

	most = most < MOST_THREADS ? most : MOST_THREADS;
	return n < most ? n : most;
}

void parallel_for(size_t n, bool heavy, struct arena *arena,
	void (*work)(void *of, size_t i, struct arena *a), void *of)
{
	struct crew c = {.work = work, .of = of, .n = n};
	size_t threads = heavy ? count_threads(n) : 1, started = 0;
	pthread_t thread[MOST_THREADS];

	if (threads < 2) {
		for (size_t i = 0; i < n; i++)
			work(of, i, arena);
		return;
	}
	c.arenas = xcalloc(n, sizeof(*c.arenas));
	/* Without a thread the caller's own does it all. */
	while (started + 1 < threads && pthread_create(&thread[started], NULL, take_turns, &c) == 0)
		started++;
	take_turns(&c);
	for (size_t i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < n; i++)
		arena_adopt(arena, &c.arenas[i]);
	free(c.arenas);
}
