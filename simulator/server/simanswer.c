/* simanswer.c - answers: what is sent, when, and when it was. */
#include "simconn_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "vec.h"

#define MAX_BEHIND 32768              /* lines, 4 MiB: a client that does not read is dropped... */
#define PATIENCE   (NS_PER_S / 2)     /* ...after that at the earliest */
#define SLICE      ((size_t)64 << 10) /* bytes of a stream that are made and sent at once */

/* --- writing --- */

/* What of the content sent ends within the first `taken` bytes of it has its time. */
static void date_content(struct simconn *c, size_t taken, ns handed)
{
	const struct sim_answer *a = &c->answer;

	if (c->truth.id.len == 0)
		return;
	for (size_t i = 0; i < c->share->ends.n && c->share->ends.v[i] <= taken; i++) {
		simtruth_content(&c->truth, handed, a->token_at[c->dated], c->dated < c->held);
		c->dated++;
	}
}

/* What did not find room has its time only now, and so what fell due meanwhile. */
static void date_rest(struct simconn *c, ns taken)
{
	const struct sim_answer *a = &c->answer;

	if (c->truth.id.len == 0)
		return;
	for (; c->dated < c->line && c->dated < a->ntokens; c->dated++)
		simtruth_content(&c->truth, taken, a->token_at[c->dated], true);
	for (c->held = c->dated; c->held < a->ntokens && a->token_at[c->held] <= taken;)
		c->held++;
}

static void on_rest(uv_write_t *req, int status)
{
	struct simconn *c = req->data;
	ns now = clock_mono();

	c->full = false;
	if (status < 0)
		simconn_close(c);
	if (c->state == ANSWERING)
		date_rest(c, now);
	if (c->state != CLOSED)
		simconn_go_on(c, now);
}

/* All of `out`, at once as far as the socket takes it; libuv waits until the rest is taken. */
void simconn_send(struct simconn *c)
{
	ns handed = c->truth.id.len > 0 ? clock_mono() : 0;
	ssize_t sent;
	uv_buf_t buf;

	do
		sent = send(c->fd, c->out.s, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS) {
		simconn_close(c);
		return;
	}
	sent = sent > 0 ? sent : 0;
	date_content(c, (size_t)sent, handed);
	if ((size_t)sent == c->out.len)
		return;
	c->full = true;
	c->rest.data = c;
	buf = (uv_buf_t){.base = c->out.s + sent, .len = c->out.len - (size_t)sent};
	if (uv_write(&c->rest, (uv_stream_t *)&c->tcp, &buf, 1, on_rest))
		simconn_close(c);
}

static void add_head(struct simconn *c, const struct simhttp_head *h)
{
	simhttp_add_head(&c->out, h, clock_wall() / NS_PER_S);
}

void simconn_refuse(struct simconn *c)
{
	char body[64];
	size_t length;

	snprintf(body, sizeof(body), "%d %s", c->http.status, simhttp_reason(c->http.status));
	length = strlen(body);
	str_reset(&c->out);
	add_head(c,
		&(struct simhttp_head){.status = c->http.status,
			.type = "text/plain; charset=utf-8",
			.close = true,
			.length = &length});
	str_add(&c->out, body);
	simconn_send(c);
	if (c->state != CLOSED)
		simconn_linger(c);
}

/* --- answers --- */

static void finish(struct simconn *c)
{
	simtruth_end(c->share->truth, &c->truth);
	sim_answer_release(&c->answer);
	c->answer = (struct sim_answer){0};
	simhttp_reset(&c->http);
	c->state = READING;
	if (c->close_after)
		simconn_linger(c);
}

static void send_whole(struct simconn *c)
{
	const struct sim_answer *a = &c->answer;

	str_reset(&c->out);
	add_head(c,
		&(struct simhttp_head){.status = a->http_status,
			.type = a->content_type,
			.allow = a->allow,
			.close = c->close_after,
			.length = &a->body.len});
	if (strcmp(c->http.method, "HEAD") != 0)
		str_addn(&c->out, a->body.s, a->body.len);
	c->all_sent = true;
	simconn_send(c);
}

/* One line is one HTTP chunk; a line of nothing would be the end of them. */
static void add_line(struct simconn *c, size_t i, ns wall)
{
	static const char hex[] = "0123456789abcdef";
	struct str *line = &c->share->line;
	char size[20], *p = size + sizeof(size);

	str_reset(line);
	sim_lines_add(&c->lines, &c->answer, i, wall, line);
	if (line->len == 0)
		return;
	*--p = '\n';
	*--p = '\r';
	for (size_t n = line->len; n > 0; n >>= 4)
		*--p = hex[n & 15];
	str_addn(&c->out, p, (size_t)(size + sizeof(size) - p));
	str_addn(line, "\r\n", 2);
	str_addn(&c->out, line->s, line->len);
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

/* A slice of what is due.  The last line and the end of the body are two writes, as a real server's
 * are. */
static void send_stream(struct simconn *c, ns now)
{
	const struct sim_answer *a = &c->answer;
	ns offset = c->share->wall_offset;

	str_reset(&c->out);
	c->share->ends.n = 0;
	if (!c->head_sent) {
		add_head(c,
			&(struct simhttp_head){.status = a->http_status,
				.type = a->content_type,
				.close = c->close_after});
		c->head_sent = true;
	}
	for (; c->line < a->ntokens && a->token_at[c->line] <= now && c->out.len < SLICE;
		c->line++) {
		add_line(c, c->line, a->token_at[c->line] + offset);
		*VEC_PUSH(&c->share->ends) = c->out.len;
	}
	if (c->line > a->ntokens) {
		str_add(&c->out, "0\r\n\r\n");
		c->all_sent = true;
	} else if (c->line == a->ntokens && !is_stalled(c) && a->end_at <= now) {
		add_line(c, a->ntokens, a->end_at + offset);
		c->line++;
	}
	if (c->out.len > 0)
		simconn_send(c);
}

static void send_next(struct simconn *c, ns now)
{
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

static bool is_sending(const struct simconn *c)
{
	return c->state == ANSWERING && !c->full && !c->all_sent;
}

/* Tells the queue when to come back: for what is due next, for more of a backlog (behind the others
 * that are due), or, where the client does not read, to drop it.  A stalled stream does not come
 * back: it stays open and silent until the client leaves. */
static void wait_for_next(struct simconn *c, ns now)
{
	const struct sim_answer *a = &c->answer;
	ns due = next_due(c);

	if (c->full) {
		if (a->shape != SIM_STREAM || c->line + MAX_BEHIND >= a->ntokens)
			return;
		due = a->token_at[c->line + MAX_BEHIND];
		simqueue_add(
			&c->share->queue, &c->entry, due > now + PATIENCE ? due : now + PATIENCE);
		return;
	}
	if (c->head_sent && is_stalled(c))
		return;
	simqueue_add(&c->share->queue, &c->entry, due > now ? due : now + 1);
}

/* Sends what is due, of a long backlog a slice so that others have their turn. */
void simconn_step(struct simconn *c, ns now)
{
	bool is_slice = false;

	while (is_sending(c) && !is_slice && !(c->head_sent && is_stalled(c)) &&
		next_due(c) <= now) {
		send_next(c, now);
		is_slice = c->out.len >= SLICE;
	}
	if (c->state != ANSWERING)
		return;
	if (c->all_sent && !c->full)
		finish(c);
	else
		wait_for_next(c, now);
}

void simconn_answer(struct simconn *c, const struct simstamp *received)
{
	struct simshare *share = c->share;
	ns now = clock_mono();

	c->state = ANSWERING;
	c->head_sent = c->all_sent = false;
	c->line = c->dated = c->held = 0;
	c->close_after = c->http.close;
	share->wall_offset = simstamp_offset();
	sim_set_wall(share->sim, share->wall_offset);
	sim_request(share->sim, c->http.method, c->http.path, c->http.body.s, c->http.body.len, now,
		&c->answer);
	if (c->answer.shape == SIM_STREAM) {
		sim_lines_begin(&c->lines, &c->answer);
		if (share->truth && c->http.request_id[0])
			simtruth_begin(share->truth, &c->truth, c->http.request_id, received);
	}
	simconn_step(c, now);
}
