/* fold_client.c - see fold_client.h. */
#include "fold_client.h"

#include <math.h>

void fold_client_init(struct fold_client *f, bool histogram)
{
	*f = (struct fold_client){.kernel_bound_us = NAN, .wire_us = NAN};
	values_init(&f->user_bound_us, histogram);
	values_init(&f->queue_ms, histogram);
	values_init(&f->send_us, histogram);
	values_init(&f->cpu_share, histogram);
}

void fold_client_release(struct fold_client *f)
{
	values_release(&f->user_bound_us);
	values_release(&f->queue_ms);
	values_release(&f->send_us);
	values_release(&f->cpu_share);
	*f = (struct fold_client){.kernel_bound_us = NAN, .wire_us = NAN};
}

void fold_client_finish(struct fold_client *f)
{
	values_finish(&f->user_bound_us);
	values_finish(&f->queue_ms);
	values_finish(&f->send_us);
	values_finish(&f->cpu_share);
}

static void add_known(struct values *v, double x)
{
	if (isfinite(x))
		values_add(v, x);
}

static void add_bound(struct fold_client *f, const struct data_client *c)
{
	if (c->dated == DATED_USER)
		add_known(&f->user_bound_us, c->stamp_bound_us);
	if (c->dated != DATED_KERNEL)
		return;
	f->kernel_exact += c->stamp_bound_us == 0;
	if (!(c->stamp_bound_us > 0))
		return;
	f->kernel_bounded++;
	f->kernel_bound_us = fmax(f->kernel_bound_us, c->stamp_bound_us);
}

static void add_wire(struct fold_client *f, double us)
{
	if (!isfinite(us))
		return;
	f->wire_rows++;
	f->wire_near += us <= FOLD_WIRE_NEAR_US;
	f->wire_us = fmax(f->wire_us, us);
}

void fold_client_row(struct fold_client *f, const struct data_row *r)
{
	const struct data_client *c = &r->client;

	f->answered++;
	f->dated[c->dated]++;
	add_bound(f, c);
	add_wire(f, c->stamp_bound_us + c->send_us);
	add_known(&f->queue_ms, r->client_queue_ms);
	add_known(&f->send_us, c->send_us);
	add_known(&f->cpu_share, c->cpu_share);
	if (c->unresolved != DATA_NONE) {
		f->gap_rows++;
		f->gaps += c->gaps;
		f->unresolved += c->unresolved;
	}
	if (c->multi_line_reads != DATA_NONE) {
		f->read_rows++;
		f->multi_line_reads += c->multi_line_reads;
	}
	if (c->streams != DATA_NONE && c->streams > f->streams)
		f->streams = c->streams;
}
