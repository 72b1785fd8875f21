/* scripted.c - see scripted.h */
#include "scripted.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "bug.h"
#include "str.h"
#include "vec.h"

#define MAX_ROUTES  32
#define MAX_REQUEST ((size_t)64 << 20)

struct conn {
	struct scripted *server;
	uv_tcp_t tcp;
	uv_timer_t timer;
	unsigned number, open_handles;
	bool leaving;
	struct str in;
	const struct scripted_step *step; /* NULL: waits for a request */
	bool split;
	/* Being written. */
	struct str out;
	size_t written;
	uv_write_t write;
	struct conn *next, *prev;
};

struct scripted {
	uv_tcp_t tcp;
	const struct scripted_route *routes;
	bool used[MAX_ROUTES];
	char url[40];
	unsigned nconns;
	atomic_uint asked, answered;
	struct conn *conns;
	struct {
		struct scripted_request *v;
		size_t n, cap;
	} requests;
};

static void must(int rc, const char *what)
{
	if (rc)
		BUG("%s: %s", what, uv_strerror(rc));
}

/* ---- the end of a connection ---- */

static void on_conn_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->open_handles)
		return;
	if (c->prev)
		c->prev->next = c->next;
	else
		c->server->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	str_release(&c->in);
	str_release(&c->out);
	free(c);
}

static void leave(struct conn *c, bool reset)
{
	if (c->leaving)
		return;
	c->leaving = true;
	uv_close((uv_handle_t *)&c->timer, on_conn_closed);
	if (!reset || uv_tcp_close_reset(&c->tcp, on_conn_closed))
		uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

/* ---- answering ---- */

static void run(struct conn *c);
static void write_more(struct conn *c);

static void on_wait_over(uv_timer_t *timer)
{
	run(timer->data);
}

/* The next byte of a split reply goes out in a later turn of the loop. */
static void on_next_byte(uv_timer_t *timer)
{
	write_more(timer->data);
}

static void on_written(uv_write_t *write, int status)
{
	struct conn *c = write->data;

	if (c->leaving)
		return;
	if (status)
		leave(c, false);
	else if (c->written < c->out.len)
		uv_timer_start(&c->timer, on_next_byte, 0, 0);
	else
		run(c);
}

static void write_more(struct conn *c)
{
	size_t n = c->split ? 1 : c->out.len - c->written;
	uv_buf_t buf = uv_buf_init(c->out.s + c->written, (unsigned)n);

	c->written += n;
	c->write.data = c;
	if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written))
		leave(c, false);
}

static void chunk(struct str *out, const char *bytes, size_t len, const char *end)
{
	str_addf(out, "%zx\r\n", len + strlen(end));
	str_addn(out, bytes, len);
	str_addf(out, "%s\r\n", end);
}

static void fill(struct str *out, size_t n)
{
	char *bytes = xmalloc(n);

	memset(bytes, 'x', n);
	chunk(out, bytes, n, "");
	free(bytes);
}

/* What a step sends; empty for those that send nothing. */
static void step_bytes(const struct scripted_step *s, struct str *out)
{
	str_reset(out);
	switch (s->what) {
	case SCRIPTED_HEAD:
		str_addf(out,
			"HTTP/1.1 %d Scripted\r\nContent-Type: application/x-ndjson\r\n"
			"Transfer-Encoding: chunked\r\n\r\n",
			s->n);
		break;
	case SCRIPTED_LINE:
		chunk(out, s->text, strlen(s->text), "\n");
		break;
	case SCRIPTED_FILL:
		fill(out, (size_t)s->n);
		break;
	case SCRIPTED_RAW:
		str_add(out, s->text);
		break;
	case SCRIPTED_WHOLE:
		str_addf(out,
			"HTTP/1.1 %d Scripted\r\nContent-Type: application/json; charset=utf-8\r\n"
			"Content-Length: %zu\r\n\r\n%s",
			s->n, strlen(s->text), s->text);
		break;
	default:
		break;
	}
}

static void look(struct conn *c);

/* Goes on with the script until a step that must be waited for. */
static void run(struct conn *c)
{
	while (!c->leaving && c->step) {
		const struct scripted_step *s = c->step++;

		if (s->what == SCRIPTED_END) {
			c->step = NULL;
			c->server->answered++;
			look(c);
			return;
		}
		if (s->what == SCRIPTED_HOLD)
			return;
		if (s->what == SCRIPTED_CLOSE || s->what == SCRIPTED_RESET) {
			leave(c, s->what == SCRIPTED_RESET);
			return;
		}
		if (s->what == SCRIPTED_WAIT) {
			uv_timer_start(&c->timer, on_wait_over, (uint64_t)s->n, 0);
			return;
		}
		c->split |= s->what == SCRIPTED_SPLIT;
		step_bytes(s, &c->out);
		c->written = 0;
		if (c->out.len) {
			write_more(c);
			return;
		}
	}
}

/* ---- asking ---- */

static const struct scripted_step *route(struct scripted *s, const char *head)
{
	static const struct scripted_step not_found[] = {
		RAW("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: "
		    "18\r\n\r\n"
		    "404 page not found"),
		{0},
	};
	const char *path = strchr(head, ' ');
	size_t len = path ? strcspn(path + 1, " ") : 0, last = MAX_ROUTES;

	for (size_t i = 0; path && s->routes[i].path; i++) {
		if (strlen(s->routes[i].path) != len ||
			strncmp(path + 1, s->routes[i].path, len) != 0)
			continue;
		last = i;
		if (!s->used[i])
			break;
	}
	if (last == MAX_ROUTES)
		return not_found;
	s->used[last] = true;
	return s->routes[last].steps;
}

static size_t content_length(const char *head)
{
	for (const char *line = head; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncasecmp(line, "Content-Length:", 15))
			return strtoul(line + 15, NULL, 10);
	}
	return 0;
}

/* Takes a whole request out of what has come in, and begins to answer it. */
static void look(struct conn *c)
{
	char *end = c->in.len ? strstr(c->in.s, "\r\n\r\n") : NULL;

	if (!end || c->step)
		return;

	size_t head_len = (size_t)(end - c->in.s) + 4;
	char *head = xstrndup(c->in.s, head_len);
	size_t body_len = content_length(head);

	if (c->in.len < head_len + body_len) {
		free(head);
		return;
	}
	*VEC_PUSH(&c->server->requests) = (struct scripted_request){
		.head = head,
		.body = xstrndup(c->in.s + head_len, body_len),
		.body_len = body_len,
		.connection = c->number,
	};

	c->server->asked++;

	size_t rest = c->in.len - head_len - body_len;
	char *kept = xstrndup(c->in.s + head_len + body_len, rest);

	str_reset(&c->in);
	str_addn(&c->in, kept, rest);
	free(kept);
	c->step = route(c->server, head);
	c->split = false;
	run(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)handle;
	*buf = uv_buf_init(xmalloc(suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct conn *c = stream->data;

	if (n < 0) {
		leave(c, false);
	} else if (n > 0) {
		str_addn(&c->in, buf->base, (size_t)n);
		look(c);
	}
	free(buf->base);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct scripted *s = stream->data;
	struct conn *c = xcalloc(1, sizeof(*c));

	must(status, "listen");
	c->server = s;
	c->in = (struct str)STR_INIT(MAX_REQUEST);
	c->out = (struct str)STR_INIT(MAX_REQUEST);
	c->number = ++s->nconns;
	c->open_handles = 2;
	must(uv_tcp_init(stream->loop, &c->tcp), "uv_tcp_init");
	must(uv_timer_init(stream->loop, &c->timer), "uv_timer_init");
	c->tcp.data = c->timer.data = c;
	c->next = s->conns;
	if (c->next)
		c->next->prev = c;
	s->conns = c;
	must(uv_accept(stream, (uv_stream_t *)&c->tcp), "uv_accept");
	uv_tcp_nodelay(&c->tcp, 1);
	must(uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read), "uv_read_start");
}

/* ---- life cycle ---- */

struct scripted *scripted_start(uv_loop_t *loop, const struct scripted_route *routes)
{
	struct scripted *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in addr;
	int len = sizeof(addr);

	s->routes = routes;
	s->tcp.data = s;
	must(uv_ip4_addr("127.0.0.1", 0, &addr), "uv_ip4_addr");
	must(uv_tcp_init(loop, &s->tcp), "uv_tcp_init");
	must(uv_tcp_bind(&s->tcp, (struct sockaddr *)&addr, 0), "bind");
	must(uv_listen((uv_stream_t *)&s->tcp, 128, on_connection), "listen");
	must(uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&addr, &len), "getsockname");
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", ntohs(addr.sin_port));
	return s;
}

const char *scripted_url(const struct scripted *s)
{
	return s->url;
}

void scripted_close(struct scripted *s)
{
	uv_close((uv_handle_t *)&s->tcp, NULL);
	for (struct conn *c = s->conns; c; c = c->next)
		leave(c, false);
}

void scripted_free(struct scripted *s)
{
	for (size_t i = 0; i < s->requests.n; i++) {
		free(s->requests.v[i].head);
		free(s->requests.v[i].body);
	}
	VEC_RELEASE(&s->requests);
	free(s);
}

size_t scripted_requests(const struct scripted *s, const struct scripted_request **ret)
{
	*ret = s->requests.v;
	return s->requests.n;
}

unsigned scripted_connections(const struct scripted *s)
{
	return s->nconns;
}

unsigned scripted_asked(const struct scripted *s)
{
	return s->asked;
}

unsigned scripted_answered(const struct scripted *s)
{
	return s->answered;
}

/* ---- in a thread ---- */

static void on_stop(uv_async_t *async)
{
	struct scripted_thread *t = async->data;

	scripted_close(t->server);
	uv_close((uv_handle_t *)async, NULL);
}

static void thread_main(void *arg)
{
	struct scripted_thread *t = arg;

	uv_run(&t->loop, UV_RUN_DEFAULT);
	must(uv_loop_close(&t->loop), "uv_loop_close");
}

void scripted_thread_start(struct scripted_thread *t, const struct scripted_route *routes)
{
	must(uv_loop_init(&t->loop), "uv_loop_init");
	t->server = scripted_start(&t->loop, routes);
	must(uv_async_init(&t->loop, &t->stop, on_stop), "uv_async_init");
	t->stop.data = t;
	must(uv_thread_create(&t->thread, thread_main, t), "uv_thread_create");
}

void scripted_thread_stop(struct scripted_thread *t)
{
	uv_async_send(&t->stop);
	uv_thread_join(&t->thread);
}

int scripted_dead_port(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
		getsockname(fd, (struct sockaddr *)&addr, &len))
		BUG("no port");
	close(fd);
	return ntohs(addr.sin_port);
}
