/* fake_shards.h - run directories of the shards of a small sweep, in the temporary folder, and
 * merging them. */
#ifndef TESTS_FAKE_SHARDS_H
#define TESTS_FAKE_SHARDS_H

#include "fake_rows.h"
#include "merge.h"

/* The text of a sweep of 24 requests in 3 passes up to its shard; others that differ from it; and
 * the whole. */
#define FAKE_SHARD_SWEEP                                                                           \
	"{\"name\":\"night\",\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],"             \
	"\"temperature\":[0,0.5]},\"prompt\":\"Hi\",\"passes\":3,\"repeats\":6,\"shard\":\""
#define FAKE_SHARD_OTHER_FACTOR                                                                    \
	"{\"name\":\"night\",\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],"             \
	"\"temperature\":[0,0.7]},\"prompt\":\"Hi\",\"passes\":3,\"repeats\":6,\"shard\":\""
#define FAKE_SHARD_MORE_PASSES                                                                     \
	"{\"name\":\"night\",\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],"             \
	"\"temperature\":[0,0.5]},\"prompt\":\"Hi\",\"passes\":4,\"repeats\":8,\"shard\":\""
#define FAKE_SHARD_WHOLE                                                                           \
	"{\"name\":\"night\",\"model\":\"m:1b\",\"factors\":{\"num_ctx\":[2048,4096],"             \
	"\"temperature\":[0,0.5]},\"prompt\":\"Hi\",\"passes\":3,\"repeats\":6}"

/* How a shard differs from a plain one. */
struct fake_shard {
	const char *name, *shard; /* folder; "K/N" */
	const char *sweep;        /* NULL is FAKE_SHARD_SWEEP */
	size_t leave_out;         /* so many requests at its end are open */
	bool no_chunks, interrupted, simulated;
	const char *version, *digest, *url; /* of the server */
	const char *load;                   /* load_id; NULL is "kK-s1-l0001" */
	int64_t from_s;                     /* its first request; K if 0; then every 10 s */
};

/* The plan and rows of a shard K/N of a sweep whose text ends where they stand. */
void fake_shard_rows(struct fake_rows *f, const char *sweep, const char *shard);
/* Its sweep.json and manifest.json, with one more session. */
void fake_shard_manifest(
	struct fake_rows *f, const char *path, const struct fake_shard *made, uint32_t number);
/* The run directory: all its requests are done, in two sessions. */
void fake_shard_make(struct fake_shard made);
/* a, b and c: 1/3, 2/3 and 3/3. */
void fake_shards_three(void);

/* Merges folders of these names into `out`. */
int fake_merge(
	const char *const *names, size_t n, bool partial, struct merge_result *r, struct err *e);
/* The same where failing fails the test. */
struct merge_result fake_merge_ok(const char *const *names, size_t n, bool partial);
/* How many names in the temporary folder begin with "out". */
size_t fake_merge_left(void);

#endif
