/* report_client.c - how the times of the run came about and how well they are known: whose clock
 * dated the replies, how exactly requests were sent, what the client could not tell. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

#include "client.h"
#include "fold_client.h"
#include "num.h"
#include "wording.h"

#define ANSWERED   "status=ok"
#define NEARLY_ALL 0.99 /* of the requests: what is said of them is said of the run */
#define DATE_LEN   10   /* of an ISO 8601 time */

/* ---- words ---- */

static const char *group(struct report *r, uint64_t n)
{
	char text[NUM_TEXT];

	return words_fmt(r, "%s", num_group(text, (int64_t)n));
}

static const char *time_text(struct report *r, double us)
{
	if (us < 1000)
		return words_fmt(r, "%s \xc2\xb5s", words_rough(r, us));
	return words_fmt(r, "%s ms", words_rough(r, us / 1000));
}

static const char *share_text(struct report *r, double share)
{
	return words_fmt(r, "%s %%", words_rough(r, 100 * share));
}

/* "55 us (median), 95 us in 99 of 100, 1.2 ms at most"; of one value that alone.  `scale` makes
 * values those that `text` takes. */
static const char *spread_text(struct report *r, const struct client_spread *s, double scale,
	const char *(*text)(struct report *, double))
{
	if (s->n == 1)
		return text(r, scale * s->max);
	return words_fmt(r, "%s (median), %s%s%s at most", text(r, scale * s->p50),
		isfinite(s->p99) ? text(r, scale * s->p99) : "",
		isfinite(s->p99) ? " in 99 of 100, " : "", text(r, scale * s->max));
}

/* "all 66 answered requests", "64 of 66 answered requests", "the one answered request". */
static const char *part_of(struct report *r, uint64_t n, uint64_t all)
{
	if (n < all)
		return words_fmt(r, "%s of %s answered requests", group(r, n), group(r, all));
	return all == 1 ? "the one answered request"
			: words_fmt(r, "all %s answered requests", group(r, all));
}

static int answered(struct report *r)
{
	return doc_evidence(r->doc, "runs.csv", ANSWERED, (unsigned long)r->s->client.answered);
}

/* ---- arrival ---- */

/* The largest bound, and that of 99 of 100 where there are so many. */
static const char *bound_text(struct report *r, const struct client_spread *s)
{
	if (isfinite(s->p99))
		return words_fmt(r, "%s in 99 of 100, %s at worst", time_text(r, s->p99),
			time_text(r, s->max));
	return time_text(r, s->max);
}

static const char *kernel_text(struct report *r, const struct client_summary *c)
{
	uint64_t unknown = c->by_kernel - c->kernel_exact - c->kernel_bounded;
	const char *late = "";

	if (unknown == c->by_kernel)
		return "; how exactly is not recorded";
	if (c->kernel_bounded == c->by_kernel)
		return words_fmt(r, ", late by at most %s", time_text(r, c->kernel_bound_us));
	if (c->kernel_bounded)
		late = words_fmt(r, ", but for %s with a chunk that may be late, by at most %s",
			group(r, c->kernel_bounded), time_text(r, c->kernel_bound_us));
	return words_fmt(r, ", each chunk by the segment it came in%s%s", late,
		unknown ? words_fmt(r, "; of %s how exactly is not recorded", group(r, unknown))
			: "");
}

static void kernel(struct report *r, const struct client_summary *c)
{
	if (c->by_kernel == 0)
		return;
	doc_item(r->doc, "Dated by the kernel:",
		words_fmt(r, "%s%s.", part_of(r, c->by_kernel, c->answered), kernel_text(r, c)),
		doc_evidence(r->doc, "runs.csv", ANSWERED " timestamp_source=kernel",
			(unsigned long)c->by_kernel));
}

static void reader(struct report *r, const struct client_summary *c)
{
	const struct client_spread *s = &c->user_bound_us;

	if (c->by_user == 0)
		return;
	doc_item(r->doc, "Dated by the reader:",
		words_fmt(r, "%s, when the client read them%s%s%s.",
			part_of(r, c->by_user, c->answered),
			s->n ? ": late by at most " : "; how late is not recorded",
			s->n ? bound_text(r, s) : "",
			s->n > 0 && s->n < c->by_user
				? words_fmt(r, " (of %s that recorded it)", group(r, s->n))
				: ""),
		doc_evidence(r->doc, "runs.csv", ANSWERED " timestamp_source=user",
			(unsigned long)c->by_user));
}

static void undated(struct report *r, const struct client_summary *c)
{
	if (c->by_nobody > 0 && c->by_nobody < c->answered)
		doc_item(r->doc, "Not dated:",
			words_fmt(r, "%s; whose time it is was not recorded.",
				part_of(r, c->by_nobody, c->answered)),
			0);
}

/* "all requests", "89.6 % of the requests"; no share is rounded up to all. */
static const char *near_text(struct report *r, const struct client_summary *c)
{
	if (c->wire_near == c->wire_rows)
		return "all requests";
	return words_fmt(r, "%s %% of the requests",
		words_plain(r, floor(1000 * (double)c->wire_near / (double)c->wire_rows) / 10));
}

static void wire(struct report *r, const struct client_summary *c)
{
	if (c->wire_rows == 0)
		return;
	doc_item(r->doc, "Times against the wire:",
		words_fmt(r,
			"within %s in %s, at most %s off in any: that is sending and the "
			"least known content time together.",
			time_text(r, FOLD_WIRE_NEAR_US), near_text(r, c), time_text(r, c->wire_us)),
		answered(r));
}

static const char *reads_text(struct report *r, const struct client_summary *c)
{
	if (!c->reads_known)
		return "";
	if (c->multi_line_reads == 0)
		return "; no read held more than one line";
	return words_fmt(
		r, "; %s held more than one line", words_count(r, c->multi_line_reads, "read"));
}

static void together(struct report *r, const struct client_summary *c)
{
	bool one = c->unresolved == 1;

	if (!c->gaps_known)
		return;
	if (c->unresolved == 0)
		doc_item(r->doc, "Gaps between chunks:",
			words_fmt(r, "%s, %s told%s.", words_count(r, c->gaps, "gap"),
				c->gaps == 1 ? "and it can be" : "and all can be",
				reads_text(r, c)),
			answered(r));
	else
		doc_item(r->doc, "Gaps between chunks:",
			words_fmt(r,
				"%s of %s (%s) cannot be told and %s in no figure, since %s chunks "
				"came together%s.",
				group(r, c->unresolved), words_count(r, c->gaps, "gap"),
				share_text(r, (double)c->unresolved / (double)c->gaps),
				one ? "is" : "are", one ? "its" : "their", reads_text(r, c)),
			answered(r));
}

/* ---- sending and work ---- */

static void sending(struct report *r, const struct client_summary *c)
{
	if (c->queue_ms.n)
		doc_item(r->doc, "Send delay:",
			words_fmt(r, "a request was sent after it was due by %s.",
				spread_text(r, &c->queue_ms, 1000, time_text)),
			answered(r));
	if (c->send_us.n)
		doc_item(r->doc, "Send time:",
			words_fmt(r,
				"known within %s: handing a request to the kernel took so long, "
				"and its beginning is the send time.",
				spread_text(r, &c->send_us, 1, time_text)),
			answered(r));
}

static void work(struct report *r, const struct client_summary *c)
{
	if (c->streams)
		doc_item(r->doc, "In flight at once:",
			words_fmt(r, "at most %s.", words_count(r, c->streams, "request")),
			answered(r));
	if (c->cpu_share.n)
		doc_item(r->doc, "Processor:",
			words_fmt(r,
				"while a request was in flight the client used, of one processor, "
				"%s.",
				spread_text(r, &c->cpu_share, 1, share_text)),
			answered(r));
}

/* "; the run had at most 64". */
static const char *had_text(struct report *r, const struct client_summary *c)
{
	if (c->streams == 0)
		return "";
	if (c->streams > c->trusted_streams)
		return words_fmt(r, "; the run had more, up to %s", group(r, c->streams));
	return words_fmt(r, "; the run had at most %s", group(r, c->streams));
}

static void trusted(struct report *r, const struct client_summary *c)
{
	const char *why = c->trusted_why ? c->trusted_why : "the reason is not recorded";
	const char *since = c->trusted_since
		? words_fmt(r, ", %s",
			  doc_quote(r->doc, words_fmt(r, "%.*s", DATE_LEN, c->trusted_since)))
		: "";

	if (!c->trust_asked)
		return;
	if (!isfinite(c->trusted_streams)) {
		doc_item(r->doc, "Trusted with:",
			words_fmt(r,
				"how many streams this machine can be trusted with is not known: "
				"%s. To measure it: chimera doctor.",
				doc_quote(r->doc, why)),
			0);
		return;
	}
	doc_item(r->doc, "Trusted with:",
		words_fmt(r, "this machine was trusted with %s in flight (chimera doctor%s)%s.",
			c->trusted_streams > 0
				? words_count(r, (uint64_t)c->trusted_streams, "request")
				: "no request",
			since, had_text(r, c)),
		0);
}

/* ---- the loop ---- */

static void lateness(struct report *r)
{
	const struct summary *s = r->s;

	if (!isfinite(s->client_lag_p99_us)) {
		doc_item(r->doc,
			"Client lateness:", "not given: fewer than 100 requests recorded it.", 0);
		return;
	}
	doc_item(r->doc, "Client lateness:",
		words_fmt(r, "in 99 of 100 requests the client's loop was at most %s ms late%s.",
			words_rough(r, s->client_lag_p99_us / 1000),
			s->client.by_kernel ? "; times that the kernel dated do not depend on it"
					    : ""),
		0);
}

void report_client(struct report *r)
{
	const struct client_summary *c = &r->s->client;

	if (r->is_virtual) {
		doc_item(r->doc, "Client:",
			"all times are the virtual clock's, under which nothing is late.", 0);
		return;
	}
	wire(r, c);
	kernel(r, c);
	reader(r, c);
	undated(r, c);
	together(r, c);
	sending(r, c);
	work(r, c);
	trusted(r, c);
	lateness(r);
}

void report_client_clause(const struct summary *s, struct str *out)
{
	const struct client_summary *c = &s->client;
	char near[WORDING_TEXT];
	struct report r;

	if (s->data->foreign || c->wire_rows == 0)
		return;
	report_init(&r, s, s->data->dir, "");
	if (!r.is_virtual)
		str_addf(out, "client within %s ms of the wire",
			wording_plain(near, FOLD_WIRE_NEAR_US / 1000));
	if (!r.is_virtual && (double)c->wire_near < NEARLY_ALL * (double)c->wire_rows)
		str_addf(out, " in %s", near_text(&r, c));
	report_release(&r);
}
