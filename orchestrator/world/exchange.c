/* exchange.c - the edge between libcurl and a protocol: bytes and their times in, a sample out. */
#include "exchange.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"

enum exchange_state { CONNECTING, STREAMING, ENDED };

struct exchange {
	struct http *http;
	uv_timer_t timer; /* of the limits */
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	size_t body_len, body_out; /* to be sent, handed to the kernel so far */
	uint32_t sends;            /* how often it went out whole: libcurl may send it again */
	enum exchange_state state;
	struct reply reply;
	bool status_told, head_too_long, answer_too_long, chunked;
	bool last_look; /* a limit has passed; the sockets are looked at once more before it counts
			 */
	bool warmed;
	size_t head_bytes;
	ns started, cpu; /* when it began: the instant, and what the process had used */
	ns sending;      /* when the piece at hand began to be handed to the kernel */
	struct hostwatch *watch;
	struct host_counts host; /* when it started */
	struct exchange_limits limits;
	exchange_done_fn *done;
	void *arg;
	char said[CURL_ERROR_SIZE];
};

/* ---- time ---- */

/* The instant at which a limit ends the exchange, and which; INT64_MAX for none. */
static ns deadline(const struct exchange *x, enum reply_end *which)
{
	const struct sample *s = &x->reply.sample;
	ns from = s->sent != NS_NONE ? s->sent : x->started;
	ns at = INT64_MAX, other = INT64_MAX;

	*which = REPLY_LIMIT_TOTAL;
	if (x->limits.total)
		at = from + x->limits.total;
	if (reply_has_content(&x->reply)) {
		if (x->limits.stall)
			other = x->reply.last_activity + x->limits.stall;
		if (other < at)
			*which = REPLY_LIMIT_STALL;
	} else {
		if (x->limits.first)
			other = from + x->limits.first;
		if (other < at)
			*which = REPLY_LIMIT_FIRST;
	}
	return other < at ? other : at;
}

/* ---- the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
	struct exchange *x = CONTAINER_OF((uv_timer_t *)handle, struct exchange, timer);

	x->done(x->arg, &x->reply);
	reply_release(&x->reply);
	curl_slist_free_all(x->headers);
	free(x->body);
	free(x);
}

static void read_connection(struct exchange *x, struct sample *s)
{
	long opened = 0;
	curl_off_t tcp = 0, tls = 0;

	curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &opened);
	curl_easy_getinfo(x->easy, CURLINFO_CONNECT_TIME_T, &tcp);
	curl_easy_getinfo(x->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
	if (opened == 0 && x->sends > 0)
		s->connect = 0;
	else if (tcp > 0)
		s->connect = (tls > tcp ? tls : tcp) * NS_PER_US;
	s->new_connects = x->warmed ? opened : 0;
	if (x->sends > 1 && s->new_connects == 0) /* sent again over another kept connection */
		s->new_connects = 1;
}

/* What the client itself did meanwhile. */
static void audit(struct exchange *x, struct sample *s, ns now)
{
	struct host_counts host = hostwatch_look(x->watch, now);

	hostwatch_note(s, &x->host, &host);
	s->loop_lag_max = http_loop_lag_max(x->http, s->sent != NS_NONE ? s->sent : x->started);
	s->streams = (int64_t)http_measuring_max(x->http, x->started);
	if (now > x->started)
		s->cpu_share = (double)(clock_cpu() - x->cpu) / (double)(now - x->started);
}

/* The only way to ENDED; the easy handle has left the multi. */
static void finish(struct exchange *x, enum reply_end how, const char *why, ns now)
{
	x->state = ENDED;
	read_connection(x, &x->reply.sample);
	audit(x, &x->reply.sample, now);
	reply_end(&x->reply, how, why[0] ? why : NULL, now);
	curl_easy_cleanup(x->easy);
	uv_close((uv_handle_t *)&x->timer, on_timer_closed);
}

static enum reply_end how_ended(const struct exchange *x, CURLcode code)
{
	if (code == CURLE_OK)
		return REPLY_CLEAN;
	if (code == CURLE_ABORTED_BY_CALLBACK) /* http_close */
		return REPLY_CANCEL;
	return x->sends == 0 && x->body_out == 0 ? REPLY_NO_CONNECTION : REPLY_RESET;
}

static void on_ended(void *arg, CURLcode code)
{
	ns now = clock_mono();
	struct exchange *x = arg;
	char why[HTTP_WHY_TEXT];
	const char *text = http_why(x->http, why, x->easy, code, x->said);

	if (x->head_too_long)
		text = HTTP_HEAD_TOO_LONG;
	else if (x->answer_too_long)
		text = "the answer is longer than was allowed";
	finish(x, how_ended(x, code), text, now);
}

static void leave(struct exchange *x, enum reply_end how, ns now)
{
	http_drop(x->http, x->easy);
	finish(x, how, "", now);
}

void exchange_cancel(struct exchange *x)
{
	if (x->state != ENDED)
		leave(x, REPLY_CANCEL, clock_mono());
}

/* ---- limits ---- */

static void on_limit(uv_timer_t *timer);

/* libuv's clock is whole milliseconds and as old as the loop's turn: too early is looked at again.
 */
static void arm(struct exchange *x, ns now)
{
	enum reply_end which;
	ns at = deadline(x, &which);

	if (at == INT64_MAX)
		return;
	if (at < now)
		at = now;
	uv_timer_start(&x->timer, on_limit, (uint64_t)((at - now) / NS_PER_MS) + 1, 0);
}

static void on_limit(uv_timer_t *timer)
{
	ns now = clock_mono();
	struct exchange *x = CONTAINER_OF(timer, struct exchange, timer);
	enum reply_end which;

	if (now < deadline(x, &which)) {
		x->last_look = false;
		arm(x, now);
	} else if (!x->last_look) { /* timers run before sockets: a late loop is no silent server */
		x->last_look = true;
		arm(x, now);
	} else {
		leave(x, which, now);
	}
}

/* ---- edges: curl calls ---- */

/* The connection is there; the request is about to be written. */
static int on_before_sending(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct exchange *x = arg;

	(void)to, (void)from, (void)to_port, (void)from_port;
	x->sending = clock_mono();
	return CURL_PREREQFUNC_OK;
}

/* Sent is when the last piece of the request began to be handed to the kernel: on one machine the
 * server may run before the call returns, and its end may be many milliseconds later. */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len, void *arg)
{
	struct exchange *x = arg;

	(void)easy;
	(void)bytes;
	if (type == CURLINFO_HEADER_OUT)
		x->body_out = 0; /* a head begins a sending, be it the second */
	if (type != CURLINFO_DATA_OUT)
		return 0;
	x->body_out += len;
	if (x->body_out >= x->body_len) {
		struct sample *s = &x->reply.sample;
		ns now = clock_mono();

		s->sent = x->sending != NS_NONE ? x->sending : now;
		s->sending = now - s->sent;
		s->sent_wall = clock_wall() - s->sending;
		x->sends++;
	} else {
		x->sending = clock_mono(); /* the next piece begins */
	}
	return 0;
}

static void tell_status(struct exchange *x)
{
	long code = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &code);
	if (code < 200 || x->status_told) /* 1xx: the real head follows; told: a trailer */
		return;
	x->status_told = true;
	reply_head(&x->reply, (int)code, x->chunked);
}

static bool begins(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && strncasecmp(line, with, n) == 0;
}

/* libcurl hands the body over as it is on the wire, so that its bytes are those that were dated. */
static void read_header(struct exchange *x, const char *line, size_t len)
{
	static const char coding[] = "transfer-encoding:", word[] = "chunked";

	if (begins(line, len, "HTTP/")) /* after a 1xx another head follows */
		x->chunked = false;
	else if (begins(line, len, coding))
		for (size_t i = sizeof(coding) - 1; i + sizeof(word) - 1 <= len; i++)
			x->chunked = x->chunked || begins(line + i, len - i, word);
	else if (line[0] == '\r' || line[0] == '\n')
		tell_status(x);
}

static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
	struct exchange *x = arg;
	struct arrivals *a = http_arrivals(x->http, x->easy);

	(void)one; /* always 1, says libcurl */
	if (x->state == CONNECTING) {
		x->state = STREAMING;
		x->reply.sample.first_byte = arrivals_of(a, 1, NS_NONE).at;
		curl_easy_setopt(x->easy, CURLOPT_VERBOSE, 0L); /* it is sent; spare the rest */
	}
	x->head_bytes += len;
	if (x->head_bytes > HTTP_MAX_HEAD) {
		x->head_too_long = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (!x->status_told) /* what follows the body is looked at in it */
		arrivals_take_header(a, len);
	read_header(x, line, len);
	return len;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct exchange *x = arg;
	struct arrivals *a = http_arrivals(x->http, x->easy);
	bool had_content = reply_has_content(&x->reply);

	(void)one;
	if (reply_read(&x->reply, bytes, len, a))
		return CURL_WRITEFUNC_ERROR;
	x->answer_too_long = x->limits.answer > 0 && x->reply.sample.text.len > x->limits.answer;
	if (x->answer_too_long)
		return CURL_WRITEFUNC_ERROR;
	if (!had_content && reply_has_content(&x->reply))
		arm(x, a->read_at); /* from now on it is the stall limit */
	return len;
}

/* ---- the start ---- */

static int set_headers(struct exchange *x, const char *request_id)
{
	char *id = xasprintf("X-Request-Id: %s", request_id);
	/* Without the empty Expect curl asks first when the body is large, and waits for the
	 * answer. */
	const char *const lines[] = {"Content-Type: application/json", "Expect:", id};
	int bad = 0;

	for (size_t i = 0; i < COUNTOF(lines); i++) {
		struct curl_slist *longer = curl_slist_append(x->headers, lines[i]);

		bad |= !longer;
		x->headers = longer ? longer : x->headers;
	}
	free(id);
	return bad;
}

static long connect_ms(ns limit)
{
	return limit && limit / NS_PER_MS < INT_MAX ? (long)(limit / NS_PER_MS) + 1 : (long)INT_MAX;
}

static int set_options(struct exchange *x, const struct exchange_spec *spec)
{
	CURL *c = x->easy = http_easy(spec->url, spec->proxy);
	int bad = 0;

	if (!c || set_headers(x, spec->request_id))
		return -1;
	bad |= curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers);
	bad |= curl_easy_setopt(c, CURLOPT_POSTFIELDS, x->body);
	bad |= curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len);
	bad |= curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect_ms(spec->limits.connect));
	bad |= curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->said);
	bad |= curl_easy_setopt(
		c, CURLOPT_VERBOSE, 1L); /* for on_debug, which drops what it prints */
	bad |= curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
	bad |= curl_easy_setopt(c, CURLOPT_DEBUGDATA, x);
	bad |= curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_before_sending);
	bad |= curl_easy_setopt(c, CURLOPT_PREREQDATA, x);
	bad |= curl_easy_setopt(c, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
	bad |= curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	bad |= curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	bad |= curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	return bad ? -1 : 0;
}

static struct exchange *exchange_new(struct http *http, const struct exchange_spec *spec)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	x->http = http;
	x->state = CONNECTING;
	x->limits = spec->limits;
	x->warmed = spec->warmed;
	x->body = xmalloc(spec->body_len);
	memcpy(x->body, spec->body, spec->body_len);
	x->body_len = spec->body_len;
	reply_init(&x->reply, REPLY_OLLAMA, spec->num_ctx, spec->prompt_bytes);
	x->reply.made_to = spec->prompt_tokens;
	x->reply.sample.due = spec->due;
	x->reply.sample.stamps = STAMP_USER;
	x->sending = NS_NONE;
	x->started = clock_mono();
	x->cpu = clock_cpu();
	x->watch = spec->watch;
	x->host = hostwatch_look(x->watch, x->started);
	return x;
}

int exchange_start(struct http *http, const struct exchange_spec *spec, exchange_done_fn *done,
	void *arg, struct exchange **ret, struct err *e)
{
	struct exchange *x = exchange_new(http, spec);

	enum http_kind kind = strncasecmp(spec->url, "http:", 5) == 0 ? HTTP_TIMED : HTTP_UNDATED;

	if (set_options(x, spec) || http_add(http, x->easy, kind, on_ended, x)) {
		if (x->easy)
			curl_easy_cleanup(x->easy);
		reply_release(&x->reply);
		curl_slist_free_all(x->headers);
		free(x->body);
		free(x);
		return err_set(e, ERR_ENV, "%s: the request cannot be started", spec->url);
	}
	x->done = done;
	x->arg = arg;
	uv_timer_init(http_loop(http), &x->timer);
	arm(x, x->started);
	*ret = x;
	return 0;
}
