/* fake_plan.h - a plan from the text of a sweep file, for servers that exist in a test only. */
#ifndef TESTS_FAKE_PLAN_H
#define TESTS_FAKE_PLAN_H

#include "plan.h"
#include "rng.h"
#include "str.h"

struct fake_plan {
	struct sweep sweep;
	struct server_facts *servers;
	size_t nservers;
	struct plan plan;
};

/* Every server knows every model of the sweep: 18 layers, trained for 32768 tokens.  A sweep that
 * is refused fails the test. */
void fake_plan_make(struct fake_plan *f, const char *sweep, const char *const *urls, size_t nurls);
void fake_plan_release(struct fake_plan *f);

/* A small sweep drawn by `r`, on one to three servers, some of them on one host: up to 3 x 3 runner
 * levels, sampling factors, concurrency, prompts, passes, sentinel or not. */
void fake_plan_random(struct fake_plan *f, struct rng *r);

/* Everything a schedule may be asked for: beside the above rates, a factor `server` or passes on
 * every server, shards, looks (with `until`) and budgets, on one to four servers. */
struct fake_wish {
	bool looks, shards;
};
void fake_plan_random_wide(struct fake_plan *f, struct rng *r, struct fake_wish wish);

#endif
