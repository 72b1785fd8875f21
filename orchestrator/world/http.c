/* http.c - the curl-uv bridge: sockets become uv_poll handles, curl's one timer a uv_timer. */
#include "http.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bug.h"
#include "lag.h"
#include "peek.h"
#include "vec.h"

#define REST             (150 * NS_PER_US)
#define REST_STREAMS     64
#define REST_UNLESS_BUSY NS_PER_MS

#define READ_MAX (16L << 10) /* of libcurl at once; it may read again before the next look */

#define KEEP_CONNECTIONS 65536L /* idle ones; the default closes all but four a transfer */
#define KEEP_SECONDS     (10L * 365 * 86400) /* longer than any pause of a sweep */

struct transfer {
	CURL *easy; /* its CURLOPT_PRIVATE is the place in http.transfers, from 1 */
	enum http_kind kind;
	http_ended_fn *ended;
	void *arg;
};

struct http {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer;
	uv_prepare_t before_poll;
	uv_check_t after_poll;
	struct {
		struct transfer *v;
		size_t n, cap;
	} transfers;
	bool kick;    /* curl has something to do before the next poll */
	bool closing; /* http_close was called */
	ns woke;      /* when callbacks began to run after the last poll; NS_NONE: they have not */
	ns stretch;   /* how long they ran before that poll */
	ns polled, polled_before; /* when this poll began, and the one before */
	ns rested;                /* and how long nothing was done after that */
	struct lag lag;
	size_t measuring, timed;  /* of transfers, how many are measured; and dated */
	struct lag crowd;         /* how many were measured at once, kept as lateness is */
	const CURL *asked_for;    /* whose connection was asked before libcurl reads it: */
	int broke;                /* its errno, if asking met it, */
	struct arrivals arrivals; /* and what waits there; no pieces: not told */
	struct arrivals untold;   /* of what libcurl reads on its own account */
	struct peek peek;
};

/* A socket that curl wants watched. */
struct watch {
	struct http *http;
	uv_poll_t poll;
	curl_socket_t fd;
	int events; /* of uv */
	bool closed;
	const CURL *easy; /* that uses it */
	bool dated;       /* what arrives is asked about */
	ns asked;         /* when it last was; NS_NONE never */
};

/* ---- what ended ---- */

static void must(CURLMcode code, const char *what)
{
	if (code != CURLM_OK)
		BUG("%s: %s", what, curl_multi_strerror(code));
}

static int set_place(CURL *easy, size_t place)
{
	void *mark = (void *)(uintptr_t)(place + 1);

	return curl_easy_setopt(easy, CURLOPT_PRIVATE, mark) == CURLE_OK ? 0 : -1;
}

static size_t place_of(const struct http *h, CURL *easy)
{
	char *mark = NULL;
	size_t place;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &mark);
	place = (size_t)(uintptr_t)mark - 1;
	if (place >= h->transfers.n || h->transfers.v[place].easy != easy)
		BUG("an easy handle that is not ours");
	return place;
}

/* Takes it out of the multi; what it was is returned. */
static struct transfer transfer_remove(struct http *h, size_t place)
{
	struct transfer t = h->transfers.v[place], last = h->transfers.v[--h->transfers.n];

	must(curl_multi_remove_handle(h->multi, t.easy), "curl_multi_remove_handle");
	h->measuring -= t.kind != HTTP_CALL;
	h->timed -= t.kind == HTTP_TIMED;
	if (place < h->transfers.n) {
		h->transfers.v[place] = last;
		set_place(last.easy, place);
	}
	return t;
}

static bool is_broken(const struct http *h, const CURL *easy)
{
	return h->broke && h->asked_for == easy;
}

static void drain(struct http *h)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		/* msg is gone with the handle.  To libcurl a broken connection of which we have
		 * heard first has merely ended. */
		CURLcode code =
			is_broken(h, msg->easy_handle) ? CURLE_RECV_ERROR : msg->data.result;
		struct transfer t = transfer_remove(h, place_of(h, msg->easy_handle));

		t.ended(t.arg, code);
	}
}

static void act(struct http *h, curl_socket_t fd, int bits)
{
	int running;

	must(curl_multi_socket_action(h->multi, fd, bits, &running), "curl_multi_socket_action");
	drain(h);
}

/* ---- edges: libuv calls ---- */

void http_woke(struct http *h)
{
	if (h->woke == NS_NONE)
		h->woke = clock_mono();
}

/* Asks when what waits came, before libcurl reads it. */
static void date(struct watch *w)
{
	struct arrivals *a = &w->http->arrivals;

	w->http->asked_for = w->easy;
	if (!peek_look(&w->http->peek, w->fd, w->asked, a, &w->http->broke))
		return;
	/* Nothing waited when the poll before this one began, or it would have been read then. */
	a->before = w->asked > w->http->polled_before ? w->asked : w->http->polled_before;
	w->asked = a->asked;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = CONTAINER_OF(poll, struct watch, poll);
	int bits = 0;

	http_woke(w->http);
	if (status < 0) /* with IN, so that what came before a reset is still read */
		bits = CURL_CSELECT_ERR | CURL_CSELECT_IN;
	if (events & UV_READABLE)
		bits |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		bits |= CURL_CSELECT_OUT;
	/* Nothing of a reply comes before the request is sent. */
	if (w->dated && bits & CURL_CSELECT_IN && w->events == UV_READABLE)
		date(w);
	act(w->http, w->fd, bits);
	w->http->broke = 0;
	w->http->arrivals.n = 0;
	/* libuv has stopped the handle; until curl has met the error itself it must be told again.
	 */
	if (status < 0 && !w->closed)
		uv_poll_start(&w->poll, w->events, on_poll);
}

static void on_timer(uv_timer_t *timer)
{
	struct http *h = CONTAINER_OF(timer, struct http, timer);

	http_woke(h);
	act(h, CURL_SOCKET_TIMEOUT, 0);
}

/* Closes the account of a stretch of callbacks that ends now. */
static void account(struct http *h)
{
	ns now = clock_mono();

	if (h->woke != NS_NONE) {
		h->stretch = now - h->woke;
		lag_add(&h->lag, now, h->stretch);
	}
	h->woke = NS_NONE;
}

/* With many streams something comes every few microseconds, and waking for each costs as much as
 * reading it.  The kernel dates what comes, so nothing is lost by letting it come together. */
static void rest(struct http *h)
{
	static const struct timespec pause = {.tv_nsec = REST};
	ns began;

	h->rested = 0;
	if (h->timed < REST_STREAMS || h->peek.keeper < 0 || h->stretch > REST_UNLESS_BUSY)
		return;
	began = clock_mono();
	nanosleep(&pause, NULL);
	h->rested = clock_mono() - began;
}

static void on_before_poll(uv_prepare_t *prepare)
{
	struct http *h = CONTAINER_OF(prepare, struct http, before_poll);

	account(h);
	if (h->kick && !h->closing) {
		h->kick = false;
		http_woke(h);
		act(h, CURL_SOCKET_TIMEOUT, 0);
		account(h);
	} else {
		rest(h);
	}
	h->polled_before = h->polled;
	h->polled = clock_mono();
}

static void on_after_poll(uv_check_t *check)
{
	http_woke(CONTAINER_OF(check, struct http, after_poll));
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(CONTAINER_OF((uv_poll_t *)handle, struct watch, poll));
}

/* ---- edges: curl calls ---- */

static struct watch *watch_new(struct http *h, curl_socket_t fd)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	int rc = uv_poll_init_socket(h->loop, &w->poll, fd);

	if (rc)
		BUG("uv_poll_init: %s", uv_strerror(rc));
	w->http = h;
	w->fd = fd;
	w->asked = NS_NONE;
	must(curl_multi_assign(h->multi, fd, w), "curl_multi_assign");
	return w;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct http *h = arg;
	struct watch *w = of_socket;

	if (what == CURL_POLL_REMOVE) {
		if (!w)
			return 0;
		must(curl_multi_assign(h->multi, fd, NULL), "curl_multi_assign");
		w->closed = true;
		uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		return 0;
	}
	if (!w)
		w = watch_new(h, fd);
	w->easy = easy;
	w->dated = h->transfers.v[place_of(h, easy)].kind == HTTP_TIMED;
	w->events =
		(what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	uv_poll_start(&w->poll, w->events, on_poll);
	return 0;
}

static int on_timeout(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	if (h->closing)
		return 0;
	if (ms < 0) {
		uv_timer_stop(&h->timer);
		return 0;
	}
	if (ms == 0)
		h->kick = true;
	uv_timer_start(&h->timer, on_timer, ms > 0 ? (uint64_t)ms : 1, 0);
	return 0;
}

/* ---- life cycle ---- */

struct http *http_new(uv_loop_t *loop, struct err *e)
{
	CURLM *multi = NULL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(multi = curl_multi_init())) {
		err_set(e, ERR_ENV, "libcurl cannot be initialised");
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);

	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	h->multi = multi;
	h->woke = h->polled = h->polled_before = NS_NONE;
	peek_open(&h->peek);
	must(curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket), "SOCKETFUNCTION");
	must(curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, h), "SOCKETDATA");
	must(curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout), "TIMERFUNCTION");
	must(curl_multi_setopt(multi, CURLMOPT_TIMERDATA, h), "TIMERDATA");
	must(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, KEEP_CONNECTIONS), "MAXCONNECTS");
	uv_timer_init(loop, &h->timer);
	uv_prepare_init(loop, &h->before_poll);
	uv_prepare_start(&h->before_poll, on_before_poll);
	uv_unref((uv_handle_t *)&h->before_poll);
	uv_check_init(loop, &h->after_poll);
	uv_check_start(&h->after_poll, on_after_poll);
	uv_unref((uv_handle_t *)&h->after_poll);
	return h;
}

static void on_teardown(uv_timer_t *timer)
{
	struct http *h = CONTAINER_OF(timer, struct http, timer);

	while (h->transfers.n > 0) {
		struct transfer t = transfer_remove(h, h->transfers.n - 1);

		t.ended(t.arg, CURLE_ABORTED_BY_CALLBACK);
	}
	must(curl_multi_cleanup(h->multi), "curl_multi_cleanup");
	uv_close((uv_handle_t *)&h->timer, NULL);
	uv_close((uv_handle_t *)&h->before_poll, NULL);
	uv_close((uv_handle_t *)&h->after_poll, NULL);
}

void http_close(struct http *h)
{
	if (h->closing)
		return;
	h->closing = true;
	uv_timer_start(&h->timer, on_teardown, 0, 0);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	VEC_RELEASE(&h->transfers);
	peek_close(&h->peek);
	free(h);
	curl_global_cleanup();
}

uv_loop_t *http_loop(const struct http *h)
{
	return h->loop;
}

ns http_loop_lag_max(const struct http *h, ns since)
{
	ns worst = lag_max(&h->lag, since);

	if (h->woke != NS_NONE) { /* the stretch that is running */
		ns length = clock_mono() - h->woke;

		worst = length > worst ? length : worst;
	}
	return worst;
}

/* libcurl also reads when a timer of its own is due, whichever connection it is called for. */
struct arrivals *http_arrivals(struct http *h, const CURL *easy)
{
	ns now = clock_mono();
	ns busy = h->stretch + h->rested + (h->woke == NS_NONE ? 0 : now - h->woke);

	if (h->asked_for == easy && h->arrivals.n > 0) {
		h->arrivals.read_at = now;
		h->arrivals.busy = busy;
		return &h->arrivals;
	}
	arrivals_unknown(&h->untold, now, busy);
	return &h->untold;
}

/* ---- transfers ---- */

static int on_socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	if (purpose == CURLSOCKTYPE_IPCXN)
		peek_want(fd); /* where it cannot be had nothing will be dated */
	return CURL_SOCKOPT_OK;
}

CURL *http_easy(const char *url, const char *proxy)
{
	CURL *c = curl_easy_init();
	int bad = 0;

	if (!c)
		return NULL;
	bad |= curl_easy_setopt(c, CURLOPT_URL, url);
	/* Explicit, or the environment would be obeyed, for 127.0.0.1 too. */
	bad |= curl_easy_setopt(c, CURLOPT_PROXY, proxy ? proxy : "");
	bad |= curl_easy_setopt(c, CURLOPT_NOPROXY, "");
	bad |= curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, KEEP_SECONDS);
	bad |= curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	bad |= curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_LIMIT_MS);
	bad |= curl_easy_setopt(c, CURLOPT_USERAGENT, "chimera");
	/* Also of calls: connections are opened by one and used by another. */
	bad |= curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
	bad |= curl_easy_setopt(c, CURLOPT_BUFFERSIZE, READ_MAX);
	if (bad) {
		curl_easy_cleanup(c);
		return NULL;
	}
	return c;
}

int http_add(struct http *h, CURL *easy, enum http_kind kind, http_ended_fn *ended, void *arg)
{
	if (h->closing || set_place(easy, h->transfers.n) ||
		curl_multi_add_handle(h->multi, easy) != CURLM_OK)
		return -1;
	*VEC_PUSH(&h->transfers) =
		(struct transfer){.easy = easy, .kind = kind, .ended = ended, .arg = arg};
	if (kind != HTTP_CALL)
		lag_add(&h->crowd, clock_mono(), (ns)++h->measuring);
	h->timed += kind == HTTP_TIMED;
	return 0;
}

size_t http_measuring_max(const struct http *h, ns since)
{
	return (size_t)lag_max(&h->crowd, since);
}

void http_drop(struct http *h, CURL *easy)
{
	transfer_remove(h, place_of(h, easy));
}

const char *http_why(
	const struct http *h, char dst[HTTP_WHY_TEXT], CURL *easy, CURLcode code, const char *said)
{
	long os = 0;
	char text[128];

	dst[0] = '\0';
	if (code == CURLE_OK)
		return dst;
	if (is_broken(h, easy))
		return err_quote(dst, HTTP_WHY_TEXT, strerror_r(h->broke, text, sizeof(text)));
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_COULDNT_CONNECT && os)
		return err_quote(dst, HTTP_WHY_TEXT, strerror_r((int)os, text, sizeof(text)));
	return err_quote(dst, HTTP_WHY_TEXT, said[0] ? said : curl_easy_strerror(code));
}
