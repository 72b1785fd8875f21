/* simtest.h - a simulated machine for tests: made from --sim settings, asked over the model. */
#ifndef TESTS_SIMTEST_H
#define TESTS_SIMTEST_H

#include <stdbool.h>

#include "sim.h"
#include "simserver.h"

#define MS(x) ((ns)((x)*1e6))
#define S(x)  ((ns)((x)*1e9))

/* A machine whose times can be worked out by hand: 100 ms resident, 1000 ms load, 10 ms overhead.
 */
#define QUIET                                                                                      \
	"noise_request=0", "noise_load=0", "noise_pass=0", "noise_day=0", "warmup_slow=0",         \
		"resident_load_ms=100", "overhead_ms=10", "load_ms=1000"

/* A machine with these settings; one that is refused fails the test.  Ends with NULL. */
#define MACHINE(seed, ...) simtest_machine(seed, (const char *const[]){__VA_ARGS__, NULL})
struct sim *simtest_machine(uint64_t seed, const char *const *settings);

/* A server in a thread of its own that answers fast, with these settings; simthread_stop. */
#define SIMTHREAD(...)                                                                             \
	simtest_thread((const char *const[]){"load_ms=0", "resident_load_ms=0", "overhead_ms=0",   \
		"gpu_tok_s=20000", __VA_ARGS__, NULL})
struct simthread *simtest_thread(const char *const *settings);

/* POST /api/generate with {"model":"gemma3:270m", and `rest`. */
struct sim_answer simtest_ask(struct sim *m, ns now, const char *rest);
/* The prompt "hello" with these options, as in "\"num_ctx\":2048". */
struct sim_answer simtest_options(struct sim *m, ns now, const char *options);
/* A prompt of so many four-letter words, each a token, and then `rest`. */
struct sim_answer simtest_words(struct sim *m, ns now, size_t words, const char *rest);

/* A number that /api/ps says of the first model listed, or -1. */
double simtest_ps(struct sim *m, ns now, const char *key);
bool simtest_is_listed(struct sim *m, ns now);

#endif
