/* simconn.c - reading requests and writing answers. */
#include "simconn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

#define MAX_WAITING SIMHTTP_MAX_HEAD   /* bytes sent ahead while an answer is on its way */
#define MAX_UNSENT  ((size_t)4 << 20)  /* a client that does not read loses its stream */
#define MAX_LINGER  ((size_t)64 << 20) /* bytes dropped before giving up */
#define MAX_OUT     ((size_t)1 << 30)

enum state { READING, ANSWERING, LINGERING, CLOSED };

struct simconn {
	uv_tcp_t tcp;
	struct simshare *share;
	struct simconn *newer, *older; /* neighbours in share->first */
	struct simqueue_entry entry;
	enum state state;
	struct simhttp http;
	struct str waiting; /* bytes not yet looked at */
	struct str out;
	struct sim_answer answer;
	bool head_sent, close_after;
	size_t line; /* of the stream, to be sent next */
	size_t dropped;
	uv_shutdown_t shutdown;
};

static ns wall_offset(void)
{
	return clock_wall() - clock_mono();
}

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

static void linger(struct simconn *c)
{
	c->state = LINGERING;
	if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown))
		simconn_close(c);
}

/* --- writing --- */

struct unsent {
	uv_write_t req;
	struct simconn *conn;
	char bytes[];
};

static void on_written(uv_write_t *req, int status)
{
	struct unsent *u = req->data;

	if (status < 0 && u->conn->state != CLOSED)
		simconn_close(u->conn);
	free(u);
}

/* At once as far as the socket takes it; only the rest is copied. */
static void send_bytes(struct simconn *c, const char *bytes, size_t len)
{
	uv_stream_t *stream = (uv_stream_t *)&c->tcp;
	uv_buf_t buf = {.base = (char *)(uintptr_t)bytes, .len = len};
	struct unsent *u;
	int sent;

	if (c->state == CLOSED || len == 0)
		return;
	sent = uv_try_write(stream, &buf, 1);
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0) {
		simconn_close(c);
		return;
	}
	len -= (size_t)sent;
	if (len == 0)
		return;
	if (c->answer.shape == SIM_STREAM && uv_stream_get_write_queue_size(stream) > MAX_UNSENT) {
		simconn_close(c);
		return;
	}
	u = xmalloc(sizeof(*u) + len);
	memcpy(u->bytes, bytes + sent, len);
	u->conn = c;
	u->req.data = u;
	buf = (uv_buf_t){.base = u->bytes, .len = len};
	if (uv_write(&u->req, stream, &buf, 1, on_written)) {
		free(u);
		simconn_close(c);
	}
}

/* --- answers --- */

/* In the order of Go's server. */
static void add_head(struct str *out, int status, const char *type, const char *allow, bool close,
	bool chunked, size_t length)
{
	char date[32];

	str_addf(out, "HTTP/1.1 %d %s\r\n", status, simhttp_reason(status));
	if (allow)
		str_addf(out, "Allow: %s\r\n", allow);
	str_addf(out, "Content-Type: %s\r\nDate: %s\r\n", type,
		simhttp_date(date, clock_wall() / NS_PER_S));
	if (!chunked)
		str_addf(out, "Content-Length: %zu\r\n", length);
	if (close)
		str_add(out, "Connection: close\r\n");
	if (chunked)
		str_add(out, "Transfer-Encoding: chunked\r\n");
	str_add(out, "\r\n");
}

static void answer_bad_request(struct simconn *c)
{
	int status = c->http.status;
	char body[64];

	snprintf(body, sizeof(body), "%d %s", status, simhttp_reason(status));
	str_reset(&c->out);
	add_head(&c->out, status, "text/plain; charset=utf-8", NULL, true, false, strlen(body));
	str_add(&c->out, body);
	send_bytes(c, c->out.s, c->out.len);
	if (c->state != CLOSED)
		linger(c);
}

static void finish(struct simconn *c)
{
	if (c->state == CLOSED)
		return;
	sim_answer_release(&c->answer);
	c->answer = (struct sim_answer){0};
	simhttp_reset(&c->http);
	c->state = READING;
	if (c->close_after)
		linger(c);
}

static void send_whole(struct simconn *c)
{
	const struct sim_answer *a = &c->answer;

	str_reset(&c->out);
	add_head(&c->out, a->http_status, a->content_type, a->allow, c->close_after, false,
		a->body.len);
	if (strcmp(c->http.method, "HEAD") != 0)
		str_addn(&c->out, a->body.s, a->body.len);
	send_bytes(c, c->out.s, c->out.len);
	finish(c);
}

/* One line is one HTTP chunk. */
static void add_line(struct simconn *c, size_t i)
{
	const struct sim_answer *a = &c->answer;
	struct str line = STR_INIT(STR_MAX_LINE);
	ns at = i < a->ntokens ? a->token_at[i] : a->end_at;

	sim_answer_line(a, i, at + wall_offset(), &line);
	if (line.len > 0) {
		str_addf(&c->out, "%zx\r\n", line.len);
		str_addn(&c->out, line.s, line.len);
		str_add(&c->out, "\r\n");
	}
	str_release(&line);
}

/* The last line and the end of the body are two writes, as a real server's are. */
static void send_end(struct simconn *c)
{
	add_line(c, c->answer.ntokens);
	send_bytes(c, c->out.s, c->out.len);
	send_bytes(c, "0\r\n\r\n", 5);
	finish(c);
}

static bool is_stalled(const struct simconn *c)
{
	return c->answer.ending == SIM_END_STALL && c->line == c->answer.ntokens;
}

static ns next_due(const struct simconn *c)
{
	const struct sim_answer *a = &c->answer;

	if (a->shape != SIM_STREAM || !c->head_sent)
		return a->ready_at;
	return c->line < a->ntokens ? a->token_at[c->line] : a->end_at;
}

static void send_stream(struct simconn *c, ns now)
{
	const struct sim_answer *a = &c->answer;

	str_reset(&c->out);
	if (!c->head_sent) {
		add_head(&c->out, a->http_status, a->content_type, NULL, c->close_after, true, 0);
		c->head_sent = true;
	}
	for (; c->line < a->ntokens && a->token_at[c->line] <= now; c->line++)
		add_line(c, c->line);
	if (c->line == a->ntokens && !is_stalled(c) && a->end_at <= now)
		send_end(c);
	else
		send_bytes(c, c->out.s, c->out.len);
}

/* All that is due; then the queue is told when to come back.  A stalled stream does not come back:
 * it stays open and silent until the client leaves. */
static void step(struct simconn *c, ns now)
{
	if (next_due(c) <= now) {
		switch (c->answer.shape) {
		case SIM_WHOLE:
			send_whole(c);
			break;
		case SIM_STREAM:
			send_stream(c, now);
			break;
		case SIM_REFUSE:
			simconn_close(c);
			break;
		}
	}
	if (c->state == ANSWERING && !(c->head_sent && is_stalled(c)))
		simqueue_add(&c->share->queue, &c->entry, next_due(c));
}

static void begin_answer(struct simconn *c)
{
	struct sim *sim = c->share->sim;
	ns now = clock_mono();

	c->state = ANSWERING;
	c->head_sent = false;
	c->line = 0;
	c->close_after = c->http.close;
	sim_set_wall(sim, wall_offset());
	sim_request(sim, c->http.method, c->http.path, c->http.body.s, c->http.body.len, now,
		&c->answer);
	step(c, now);
}

/* --- reading --- */

static void drop_front(struct str *s, size_t n)
{
	if (n == 0)
		return;
	memmove(s->s, s->s + n, s->len - n);
	s->len -= n;
	s->s[s->len] = '\0';
}

/* Looks at the bytes there are until a request has to be answered. */
static void pump(struct simconn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	size_t taken = 0;

	while (c->state == READING && taken < c->waiting.len) {
		taken += simhttp_feed(&c->http, c->waiting.s + taken, c->waiting.len - taken);
		if (c->http.stage == SIMHTTP_BAD)
			answer_bad_request(c);
		else if (c->http.stage == SIMHTTP_DONE)
			begin_answer(c);
	}
	drop_front(&c->waiting, taken);
	if (c->state == READING && c->http.expects_continue && c->http.body.len == 0 &&
		c->http.stage >= SIMHTTP_BODY) {
		c->http.expects_continue = false;
		send_bytes(c, go_on, sizeof(go_on) - 1);
	}
}

void simconn_due(struct simqueue_entry *e, ns now)
{
	struct simconn *c = CONTAINER_OF(e, struct simconn, entry);

	simqueue_remove(&c->share->queue, e);
	step(c, now);
	pump(c);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct simconn *c = h->data;

	(void)suggested;
	*buf = (uv_buf_t){.base = c->share->input, .len = sizeof(c->share->input)};
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
	pump(c);
}

void simconn_accept(struct simshare *share, uv_stream_t *listener)
{
	struct simconn *c = xcalloc(1, sizeof(*c));

	c->share = share;
	simhttp_init(&c->http);
	c->waiting = (struct str)STR_INIT(2 * sizeof(share->input));
	c->out = (struct str)STR_INIT(MAX_OUT);
	if (uv_tcp_init(share->loop, &c->tcp))
		BUG("uv_tcp_init");
	c->tcp.data = c;
	c->older = share->first;
	if (share->first)
		share->first->newer = c;
	share->first = c;
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) || uv_tcp_nodelay(&c->tcp, 1) ||
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
		simconn_close(c);
}
