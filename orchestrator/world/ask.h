/* ask.h - one question at a time to one server, waiting for each answer, on a loop of its own: for
 * what comes before a run. */
#ifndef WORLD_ASK_H
#define WORLD_ASK_H

#include "facts.h"
#include "http.h"

struct ask {
	uv_loop_t uv;
	struct http *http;
	const struct server_facts *server; /* borrowed */
	/* The last answer. */
	int status; /* 0: none, and `why` says why */
	char type[64], why[HTTP_WHY_TEXT];
	struct str body;
};

/* On failure nothing is left. */
int ask_open(struct ask *a, const struct server_facts *server, struct err *e);
/* Asks and waits.  True if the answer is a 200; otherwise status and why say what it was.  `post`
 * NULL means GET. */
bool ask_for(struct ask *a, const char *path, const char *post, double limit_s);
void ask_close(struct ask *a);

#endif
