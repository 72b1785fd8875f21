/* simconn.c - the life of a connection, and its requests. */
#include "simconn_parts.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

#define MAX_WAITING SIMHTTP_MAX_HEAD   /* bytes sent ahead while an answer is on its way */
#define MAX_LINGER  ((size_t)64 << 20) /* bytes dropped before giving up */
#define MAX_OUT     ((size_t)1 << 30)

/* --- closing --- */

static void on_closed(uv_handle_t *h)
{
	struct simconn *c = h->data;

	if (c->newer)
		c->newer->older = c->older;
	else
		c->share->first = c->older;
	if (c->older)
		c->older->newer = c->newer;
	simhttp_release(&c->http);
	sim_lines_release(&c->lines);
	simtruth_stream_release(&c->truth);
	VEC_RELEASE(&c->arrivals);
	str_release(&c->waiting);
	str_release(&c->out);
	free(c);
}

void simconn_close(struct simconn *c)
{
	if (c->state == CLOSED)
		return;
	simqueue_remove(&c->share->queue, &c->entry);
	if (c->state == ANSWERING) {
		if (c->answer.handle)
			sim_cancel(c->share->sim, c->answer.handle, clock_mono());
		simtruth_end(c->share->truth, &c->truth);
		sim_answer_release(&c->answer);
	}
	c->state = CLOSED;
	uv_close((uv_handle_t *)&c->tcp, on_closed);
}

struct simconn *simconn_older(const struct simconn *c)
{
	return c->older;
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
	(void)req, (void)status; /* the client's end, or ours, closes the connection */
}

void simconn_linger(struct simconn *c)
{
	c->state = LINGERING;
	if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown))
		simconn_close(c);
}

/* --- reading --- */

/* When the first `n` of the waiting bytes were there. */
static struct simstamp arrival_of(const struct simconn *c, size_t n)
{
	for (size_t i = 0; i < c->arrivals.n; i++)
		if (c->arrivals.v[i].end >= n)
			return c->arrivals.v[i].stamp;
	return (struct simstamp){0};
}

static void drop_front(struct simconn *c, size_t n)
{
	struct str *s = &c->waiting;
	size_t kept = 0;

	if (n == 0)
		return;
	memmove(s->s, s->s + n, s->len - n);
	s->len -= n;
	s->s[s->len] = '\0';
	for (size_t i = 0; i < c->arrivals.n; i++) {
		struct simconn_arrival a = c->arrivals.v[i];

		if (a.end <= n)
			continue;
		a.end -= n;
		c->arrivals.v[kept++] = a;
	}
	c->arrivals.n = kept;
}

/* Looks at the bytes there are until a request has to be answered. */
static void pump(struct simconn *c)
{
	size_t taken = 0;

	while (c->state == READING && !c->full && taken < c->waiting.len) {
		taken += simhttp_feed(&c->http, c->waiting.s + taken, c->waiting.len - taken);
		if (c->http.stage == SIMHTTP_BAD) {
			simconn_refuse(c);
		} else if (c->http.stage == SIMHTTP_DONE) {
			struct simstamp received = arrival_of(c, taken);

			simconn_answer(c, &received);
		}
	}
	drop_front(c, taken);
	if (c->state == READING && !c->full && c->http.expects_continue && c->http.body.len == 0 &&
		c->http.stage >= SIMHTTP_BODY) {
		c->http.expects_continue = false;
		str_reset(&c->out);
		str_add(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		simconn_send(c);
	}
}

void simconn_go_on(struct simconn *c, ns now)
{
	simqueue_remove(&c->share->queue, &c->entry);
	if (c->state == ANSWERING)
		simconn_step(c, now);
	pump(c);
}

/* Whoever is still full has not read for long. */
void simconn_due(struct simqueue_entry *e, ns now)
{
	struct simconn *c = CONTAINER_OF(e, struct simconn, entry);

	if (c->full)
		simconn_close(c);
	else
		simconn_go_on(c, now);
}

/* Called right before each read; what is read then came at one time. */
static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct simconn *c = h->data;
	struct simshare *share = c->share;
	size_t size = sizeof(share->input), n;

	(void)suggested;
	*buf = (uv_buf_t){.base = share->input, .len = size};
	if (!share->truth || c->state == LINGERING || c->state == CLOSED)
		return;
	n = simstamp_look(c->fd, share->input, size, c->latest, &share->stamp);
	if (n > 0)
		buf->len = n;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct simconn *c = stream->data;

	if (n == 0 || c->state == CLOSED)
		return;
	if (n < 0) {
		simconn_close(c);
		return;
	}
	if (c->state == LINGERING) {
		c->dropped += (size_t)n;
		if (c->dropped > MAX_LINGER)
			simconn_close(c);
		return;
	}
	if (c->state == ANSWERING && c->waiting.len + (size_t)n > MAX_WAITING) {
		simconn_close(c);
		return;
	}
	str_addn(&c->waiting, buf->base, (size_t)n);
	if (c->share->truth) {
		c->latest = c->share->stamp.at;
		*VEC_PUSH(&c->arrivals) =
			(struct simconn_arrival){.end = c->waiting.len, .stamp = c->share->stamp};
	}
	pump(c);
}

void simconn_accept(struct simshare *share, uv_stream_t *listener)
{
	struct simconn *c = xcalloc(1, sizeof(*c));
	uv_os_fd_t fd = -1;

	c->share = share;
	c->latest = NS_NONE;
	simhttp_init(&c->http);
	c->waiting = (struct str)STR_INIT(2 * sizeof(share->input));
	c->out = (struct str)STR_INIT(MAX_OUT);
	c->lines = (struct sim_lines)SIM_LINES_INIT;
	c->truth = (struct simtruth_stream)SIMTRUTH_STREAM_INIT;
	if (uv_tcp_init(share->loop, &c->tcp))
		BUG("uv_tcp_init");
	c->tcp.data = c;
	c->older = share->first;
	if (share->first)
		share->first->newer = c;
	share->first = c;
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) || uv_tcp_nodelay(&c->tcp, 1) ||
		uv_fileno((uv_handle_t *)&c->tcp, &fd) ||
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read)) {
		simconn_close(c);
		return;
	}
	c->fd = fd;
	if (share->truth)
		simstamp_want(fd);
}
