/* httpcall.c - small whole-body calls on the bridge of http.c. */
#include <stdlib.h>

#include "bug.h"
#include "http.h"

struct call {
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct str body;
	size_t head_bytes;
	http_call_fn *done;
	void *arg;
	char said[CURL_ERROR_SIZE];
};

static void call_free(struct call *c)
{
	if (c->easy)
		curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	str_release(&c->body);
	free(c);
}

static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
	struct call *c = arg;

	(void)line;
	(void)one; /* always 1, says libcurl */
	c->head_bytes += len;
	return c->head_bytes > HTTP_MAX_HEAD ? CURL_WRITEFUNC_ERROR : len;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct call *c = arg;

	(void)one;
	str_addn(&c->body, bytes, len);
	return c->body.overflowed ? CURL_WRITEFUNC_ERROR : len;
}

static void on_ended(void *arg, CURLcode code)
{
	struct call *c = arg;
	char why[HTTP_WHY_TEXT];
	char *type = NULL;
	long status = 0;
	struct http_answer a = {
		.type = "", .body = "", .why = http_why(c->http, why, c->easy, code, c->said)};

	if (c->head_bytes > HTTP_MAX_HEAD)
		a.why = HTTP_HEAD_TOO_LONG;
	if (c->body.overflowed)
		a.why = "the reply is larger than 8 MiB";
	if (code == CURLE_OK) {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
		a.status = (int)status;
		a.type = type ? type : "";
		a.body = c->body.s;
		a.len = c->body.len;
	}
	c->done(c->arg, &a);
	call_free(c);
}

static int set_options(struct call *c, const char *post, double timeout_s)
{
	int bad = 0;

	if (post) {
		c->headers = curl_slist_append(NULL, "Content-Type: application/json");
		bad |= !c->headers;
		bad |= curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
		bad |= curl_easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, post);
	}
	bad |= curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)(timeout_s * 1000));
	bad |= curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->said);
	bad |= curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
	bad |= curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	bad |= curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	return bad ? -1 : 0;
}

int http_call(struct http *h, const char *url, const char *proxy, const char *post,
	double timeout_s, http_call_fn *done, void *arg)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->body = (struct str)STR_INIT(HTTP_MAX_BODY);
	c->http = h;
	c->done = done;
	c->arg = arg;
	c->easy = http_easy(url, proxy);
	if (!c->easy || set_options(c, post, timeout_s) ||
		http_add(h, c->easy, HTTP_CALL, on_ended, c)) {
		call_free(c);
		return -1;
	}
	return 0;
}
