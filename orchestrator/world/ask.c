/* ask.c - the loop runs until the one call is over. */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "bug.h"

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct ask *a = arg;

	a->status = answer->status;
	err_quote(a->type, sizeof(a->type), answer->type);
	err_quote(a->why, sizeof(a->why), answer->why);
	str_addn(&a->body, answer->body, answer->len);
}

int ask_open(struct ask *a, const struct server_facts *server, struct err *e)
{
	int rc;

	*a = (struct ask){.server = server, .body = STR_INIT(HTTP_MAX_BODY)};
	rc = uv_loop_init(&a->uv);
	if (rc)
		return err_set(e, ERR_ENV, "the event loop: %s", uv_strerror(rc));
	a->http = http_new(&a->uv, e);
	if (!a->http) {
		ask_close(a);
		return -1;
	}
	return 0;
}

bool ask_for(struct ask *a, const char *path, const char *post, double limit_s)
{
	char *url = xasprintf("%s%s", a->server->url, path);

	str_reset(&a->body);
	a->status = 0;
	a->type[0] = '\0';
	snprintf(a->why, sizeof(a->why), "the request cannot be started");
	if (!http_call(a->http, url, a->server->proxy, post, limit_s, on_answer, a))
		uv_run(&a->uv, UV_RUN_DEFAULT);
	free(url);
	return a->status == 200;
}

void ask_close(struct ask *a)
{
	if (a->http) {
		http_close(a->http);
		uv_run(&a->uv, UV_RUN_DEFAULT);
		http_free(a->http);
	}
	if (uv_loop_close(&a->uv))
		BUG("a handle was left open");
	str_release(&a->body);
}
