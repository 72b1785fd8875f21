/* sweep_text.h - sweeps from text, for servers that exist in a test only. */
#ifndef TESTS_SWEEP_TEXT_H
#define TESTS_SWEEP_TEXT_H

#include "jsonx.h"
#include "sweep.h"

/* Fails the test if it is no JSON.  New reference. */
json_t *text_json(const char *text);
/* sweep_parse of a text, as from the file "x.json". */
int text_parse(struct sweep *s, const char *text, struct err *e);
/* A server at 127.0.0.1 that knows the models of the sweep; -1 for what it does not tell. */
void text_server(struct server_facts *f, const struct sweep *s, int64_t layers, int64_t train);
/* sweep_resolve for such a server. */
int text_resolve(struct sweep *s, int64_t layers, int64_t train, struct err *e);
/* Both; a failure fails the test. */
void text_sweep(struct sweep *s, const char *text, int64_t layers, int64_t train);
/* "num_gpu=auto,19 num_ctx=4096"; valid until the next call. */
const char *text_grid(const struct sweep *s);
/* JSON on one line, keys sorted; new string. */
char *text_of(const json_t *value);

#endif
