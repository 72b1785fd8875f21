/* client.c - see client.h. */
#include "client.h"

#include <math.h>

#include "fold_client.h"
#include "jsonx.h"
#include "quantile.h"

/* ---- from the rows ---- */

static struct client_spread spread_of(const struct values *v)
{
	return (struct client_spread){.n = v->n,
		.p50 = values_quantile(v, 0, 0.5),
		.p99 = v->n >= QUANTILE_P99_NEEDS ? values_quantile(v, 0, 0.99) : (double)NAN,
		.max = v->n ? v->max : (double)NAN};
}

static void read_trust(struct client_summary *c, const json_t *manifest)
{
	const json_t *clock = json_object_get(manifest, "clock");

	c->trust_asked = json_is_object(clock);
	c->trusted_streams = jsonx_get_number(clock, "trusted_streams");
	c->trusted_why = jsonx_get_string(clock, "trusted_why");
	c->trusted_since = jsonx_get_string(clock, "trusted_measured_at");
}

void client_describe(struct client_summary *c, const struct fold_client *f, const struct dataset *d)
{
	*c = (struct client_summary){.answered = f->answered,
		.by_kernel = f->dated[DATED_KERNEL],
		.by_user = f->dated[DATED_USER],
		.by_virtual = f->dated[DATED_VIRTUAL],
		.by_nobody = f->dated[DATED_UNKNOWN],
		.kernel_exact = f->kernel_exact,
		.kernel_bounded = f->kernel_bounded,
		.kernel_bound_us = f->kernel_bounded ? f->kernel_bound_us : (double)NAN,
		.user_bound_us = spread_of(&f->user_bound_us),
		.wire_rows = f->wire_rows,
		.wire_near = f->wire_near,
		.wire_us = f->wire_rows ? f->wire_us : (double)NAN,
		.queue_ms = spread_of(&f->queue_ms),
		.send_us = spread_of(&f->send_us),
		.cpu_share = spread_of(&f->cpu_share),
		.gaps_known = f->gap_rows > 0,
		.reads_known = f->read_rows > 0,
		.gaps = f->gaps,
		.unresolved = f->unresolved,
		.multi_line_reads = f->multi_line_reads,
		.streams = f->streams};
	read_trust(c, d->manifest);
}

/* ---- to summary.json ---- */

static void put_count(json_t *o, const char *key, uint64_t n)
{
	jsonx_put(o, key, json_integer((json_int_t)n));
}

/* A count of what rows may not have recorded. */
static void put_known(json_t *o, const char *key, bool known, uint64_t n)
{
	jsonx_put_or_why(o, key, known ? (double)n : (double)NAN, "no row recorded it");
}

static json_t *spread_json(const struct client_spread *s, const char *why)
{
	json_t *o = json_object();

	put_count(o, "n", s->n);
	jsonx_put_or_why(o, "p50", s->p50, why);
	jsonx_put_or_why(o, "p99", s->p99, s->n ? "p99 needs 100 samples" : why);
	jsonx_put_or_why(o, "max", s->max, why);
	return o;
}

static void put_dates(json_t *o, const struct client_summary *c)
{
	put_count(o, "answered", c->answered);
	put_count(o, "kernel_dated", c->by_kernel);
	put_count(o, "kernel_exact", c->kernel_exact);
	put_count(o, "kernel_bounded", c->kernel_bounded);
	jsonx_put_or_why(o, "kernel_bound_us_max", c->kernel_bound_us,
		c->by_kernel ? "no time that the kernel gave needs a bound"
			     : "the kernel dated no request");
	put_count(o, "user_dated", c->by_user);
	jsonx_put(o, "user_bound_us",
		spread_json(&c->user_bound_us,
			c->by_user ? "no row recorded it" : "the reader dated no request"));
	put_count(o, "virtual_dated", c->by_virtual);
	put_count(o, "undated", c->by_nobody);
}

static void put_trust(json_t *o, const struct client_summary *c)
{
	jsonx_put_or_why(o, "trusted_streams", c->trusted_streams,
		c->trusted_why ? c->trusted_why : "the run did not ask chimera doctor's record");
	jsonx_put(o, "trusted_measured_at", jsonx_text(c->trusted_since));
	if (!c->trusted_since)
		jsonx_put(o, "trusted_measured_at_why", json_string("there is no such record"));
}

json_t *client_json(const struct client_summary *c)
{
	static const char *const none = "no row recorded it";
	json_t *o = json_object();

	put_dates(o, c);
	put_count(o, "wire_known", c->wire_rows);
	put_known(o, "wire_within_100_us", c->wire_rows > 0, c->wire_near);
	jsonx_put_or_why(o, "wire_us_max", c->wire_us, none);
	jsonx_put(o, "client_queue_ms", spread_json(&c->queue_ms, none));
	jsonx_put(o, "send_us", spread_json(&c->send_us, none));
	put_known(o, "multi_line_reads", c->reads_known, c->multi_line_reads);
	put_known(o, "gaps", c->gaps_known, c->gaps);
	put_known(o, "gaps_unresolved", c->gaps_known, c->unresolved);
	jsonx_put(o, "cpu_share", spread_json(&c->cpu_share, none));
	put_known(o, "streams_max", c->streams > 0, c->streams);
	put_trust(o, c);
	return o;
}
