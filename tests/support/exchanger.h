/* exchanger.h - a loop with a scripted server and a client of it, one exchange at a time. */
#ifndef TESTS_EXCHANGER_H
#define TESTS_EXCHANGER_H

#include "exchange.h"
#include "scripted.h"

#define PATH "/api/generate"
#define TOKEN                                                                                      \
	"{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\","                                \
	"\"response\":\"He\",\"done\":false}"
#define TOKEN2                                                                                     \
	"{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\","                                \
	"\"response\":\"llo\",\"done\":false}"
#define FINAL                                                                                      \
	"{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:01Z\",\"response\":\"\","              \
	"\"done\":true,\"done_reason\":\"length\",\"total_duration\":900,"                         \
	"\"load_duration\":100,\"prompt_eval_count\":7,\"prompt_eval_duration\":200,"              \
	"\"eval_count\":2,\"eval_duration\":300}"
#define LONG_MS 60000

struct exchanger {
	uv_loop_t loop;
	struct http *http;
	struct scripted *server;
	char url[80]; /* the server's PATH */
	/* The last exchange; how many have ended since the last begin. */
	int ended, wanted;    /* the loop stops at so many; 0 does not */
	struct sample sample; /* without its arrays */
	char text[64];
};

void exchanger_start(struct exchanger *f, const struct scripted_route *routes);
/* Every handle must close and nothing be left: a leak fails the test. */
void exchanger_stop(struct exchanger *f);

/* A small request with long limits. */
struct exchange_spec exchanger_spec(const char *url);
/* The done function: arg is the exchanger. */
void exchanger_done(void *arg, struct reply *reply);
struct exchange *exchanger_begin(struct exchanger *f, const struct exchange_spec *spec);
/* Runs the loop until so many have ended. */
void exchanger_wait(struct exchanger *f, int ends);
void exchanger_run(struct exchanger *f, const struct exchange_spec *spec); /* begin and wait */
/* For an exchange that was sent: its times are in order, and the client's audit is filled in. */
void exchanger_check_times(const char *name, const struct sample *s);

#endif
