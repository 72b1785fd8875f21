/* http.h - libcurl's multi interface on a libuv loop: the bridge, and whole-body calls.
 *
 * The bridge law: curl_multi_info_read is drained after EVERY socket action; a poll error is passed
 * on as CURL_CSELECT_ERR; a timeout of 0 is 1 ms (and is looked at before the next poll, so that a
 * request does not wait for it); no multi function is called from inside a curl callback
 * (curl_multi_assign in the socket callback is libcurl's one exception); every CURLMcode is looked
 * at; teardown is easies, multi, uv_close, then the loop. */
#ifndef WORLD_HTTP_H
#define WORLD_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

#include "arrivals.h"
#include "clock.h"
#include "err.h"
#include "str.h"

#define HTTP_CONNECT_LIMIT_MS 5000L /* unless an exchange sets its own */
#define HTTP_MAX_BODY         ((size_t)8 << 20)
#define HTTP_MAX_HEAD         ((size_t)256 << 10) /* libcurl would keep any number of lines */
#define HTTP_HEAD_TOO_LONG    "the head of the reply is longer than 256 KiB"
#define HTTP_WHY_TEXT         (CURL_ERROR_SIZE + 64)

struct http; /* opaque */

/* The loop is the caller's and outlives it.  The process ignores SIGPIPE from now on. */
struct http *http_new(uv_loop_t *loop, struct err *e);
/* Closes all handles from the loop: what is still under way ends with CURLE_ABORTED_BY_CALLBACK,
 * and nothing new starts.  The caller then runs the loop until it is empty, and calls http_free. */
void http_close(struct http *h);
void http_free(struct http *h);
uv_loop_t *http_loop(const struct http *h);
/* Other callbacks of the loop have begun to run: first in those that may take long. */
void http_woke(struct http *h);
ns http_loop_lag_max(const struct http *h, ns since); /* worst lateness of the loop since then */

/* Used by exchange.c: an easy handle whose end is told by `ended` from the loop.  It has left the
 * multi by then; the owner cleans it up. */
typedef void http_ended_fn(void *arg, CURLcode code);
CURL *http_easy(const char *url, const char *proxy); /* common options set; NULL: out of memory */
/* HTTP_TIMED: a measurement; what arrives for it is dated by the kernel where that can be.
 * HTTP_UNDATED: a measurement whose bytes are not the reply's own (TLS). */
enum http_kind { HTTP_CALL, HTTP_TIMED, HTTP_UNDATED };
int http_add(struct http *h, CURL *easy, enum http_kind kind, http_ended_fn *ended, void *arg);
size_t http_measuring_max(const struct http *h, ns since); /* most measurements under way at once */
/* When the bytes arrived that libcurl is handing over for this transfer: to be called first in its
 * callbacks, and `taken` is theirs to move.  Borrowed until the callback returns. */
struct arrivals *http_arrivals(struct http *h, const CURL *easy);
void http_drop(struct http *h, CURL *easy); /* removes it; ended is not called */
/* What curl (its error buffer `said`) and the system say of a failure; "" for none.  Returns dst.
 */
const char *http_why(
	const struct http *h, char dst[HTTP_WHY_TEXT], CURL *easy, CURLcode code, const char *said);

/* A small whole-body call (ps, unload, version, show, tags): done exactly once, from the loop,
 * unless -1 is returned.  `post` NULL means GET; it is copied. */
struct http_answer {
	int status;       /* 0: no reply (or none of use), and `why` says why */
	const char *type; /* Content-Type, "" if not said */
	const char *body; /* at most HTTP_MAX_BODY */
	size_t len;
	const char *why;
};
typedef void http_call_fn(void *arg, const struct http_answer *a);
int http_call(struct http *h, const char *url, const char *proxy, const char *post,
	double timeout_s, http_call_fn *done, void *arg);

/* The proxy of the environment that applies to a URL, or NULL; none for local addresses.  New
 * string. */
char *http_proxy_for(const char *url);

#endif
