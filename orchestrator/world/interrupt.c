/* interrupt.c - see interrupt.h */
#include "interrupt.h"

#include <unistd.h>

#include "compiler.h"

static void on_second(int number)
{
	(void)number;
	_exit(130);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct interrupt *i = CONTAINER_OF(handle, struct interrupt_signal, handle)->owner;
	struct sigaction die = {.sa_handler = on_second};

	(void)number;
	sigemptyset(&die.sa_mask);
	for (size_t k = 0; k < COUNTOF(i->sig); k++) {
		if (!i->sig[k].watched)
			continue;
		uv_signal_stop(&i->sig[k].handle);
		sigaction(i->sig[k].number, &die, NULL);
	}
	i->fn(i->arg);
}

void interrupt_start(struct interrupt *i, uv_loop_t *loop, interrupt_fn *fn, void *arg)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	i->fn = fn;
	i->arg = arg;
	for (size_t k = 0; k < COUNTOF(i->sig); k++) {
		struct interrupt_signal *s = &i->sig[k];

		s->owner = i;
		s->number = numbers[k];
		sigaction(s->number, NULL, &s->before);
		uv_signal_init(loop, &s->handle);
		uv_unref((uv_handle_t *)&s->handle);
		/* nohup ignores SIGHUP on purpose; a shell's `&` ignores SIGINT by habit. */
		s->watched = !(s->number == SIGHUP && s->before.sa_handler == SIG_IGN) &&
			!uv_signal_start(&s->handle, on_signal, s->number);
	}
}

void interrupt_close(struct interrupt *i)
{
	for (size_t k = 0; k < COUNTOF(i->sig); k++)
		uv_close((uv_handle_t *)&i->sig[k].handle, NULL);
}

void interrupt_restore(struct interrupt *i)
{
	for (size_t k = 0; k < COUNTOF(i->sig); k++)
		if (i->sig[k].watched)
			sigaction(i->sig[k].number, &i->sig[k].before, NULL);
}
