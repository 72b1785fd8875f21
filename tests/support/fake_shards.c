/* fake_shards.c - shards made up from rows that no server gave. */
#include "fake_shards.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "manifest.h"
#include "unit.h"

void fake_shard_rows(struct fake_rows *f, const char *sweep, const char *shard)
{
	struct str text = STR_INIT(STR_MAX_LINE);

	str_addf(&text, "%s%s\"}", sweep, shard);
	fake_rows_make(f, text.s);
	str_release(&text);
}

/* ---- made-up shards ---- */

void fake_shard_manifest(
	struct fake_rows *f, const char *path, const struct fake_shard *made, uint32_t number)
{
	struct manifest_session s = {.number = number,
		.started_wall = 1795484761000000000 + (made->from_s + 30 * number) * NS_PER_S,
		.ended_wall = NS_NONE,
		.how = number == 1 ? "run" : "resume",
		.ended = made->interrupted ? "interrupted" : "complete",
		.simulated = made->simulated};
	struct err e = ERR_INIT;

	if (sweep_file_write(path, &f->fake.plan, &e) ||
		manifest_write(path, "1.0", &f->fake.plan, &s, &e))
		fail_msg("%s", e.msg);
}

static void add_load(struct fake_rows *f, struct journal *j, const char *id, uint32_t session)
{
	struct load load = {.session = session,
		.pass = 1,
		.phase = PHASE_MEASURE,
		.load_ms_server = NS_NONE,
		.context_length = -1,
		.size = -1,
		.size_vram = -1,
		.started_wall = 1795484761000000000};
	struct err e = ERR_INIT;

	snprintf(load.id, sizeof(load.id), "%s", id);
	if (journal_load(j, &f->fake.plan, &load, &e))
		fail_msg("%s", e.msg);
}

static void change_server(struct fake_rows *f, const struct fake_shard *made)
{
	struct server_facts *server = &f->fake.servers[0];

	if (made->version)
		snprintf(server->version, sizeof(server->version), "%s", made->version);
	if (made->digest)
		snprintf(server->models[0].digest, sizeof(server->models[0].digest), "%s",
			made->digest);
	if (made->url) {
		struct err e = ERR_INIT;
		struct server_facts other;

		assert_int_equal(server_facts_init(&other, made->url, &e), 0);
		free(server->url);
		free(server->name);
		server->url = strdup(other.url);
		server->name = strdup(other.name);
		server_facts_release(&other);
	}
}

/* Rows of all requests of the shard: two sessions, the second from the fourth request on. */
static void fill(
	struct fake_rows *f, const char *path, const struct fake_shard *made, const char *load)
{
	struct journal *j =
		fake_rows_open(f, path, JOURNAL_NEW, made->no_chunks ? JOURNAL_NO_CHUNKS : 0);

	add_load(f, j, load, 1);
	for (size_t i = 0; i + made->leave_out < f->n; i++)
		fake_rows_add(f, j,
			(struct fake_row){.item = i,
				.chunks = 3,
				.session = i < 3 ? 1 : 2,
				.load = load,
				.pass = f->fake.sweep.shard,
				.after_s = made->from_s + 10 * (int64_t)i});
	fake_rows_close(j);
}

void fake_shard_make(struct fake_shard made)
{
	struct fake_rows f;
	char load[24];
	const char *path = unit_path(made.name);

	fake_shard_rows(&f, made.sweep ? made.sweep : FAKE_SHARD_SWEEP, made.shard);
	if (made.from_s == 0)
		made.from_s = f.fake.sweep.shard;
	snprintf(load, sizeof(load), "k%u-s1-l0001", f.fake.sweep.shard);
	change_server(&f, &made);
	if (made.digest) /* the fingerprint covers it */
		sweep_fingerprint(&f.fake.sweep, f.fake.servers, f.fake.plan.fingerprint);
	assert_int_equal(mkdir(path, 0777), 0);
	fake_shard_manifest(&f, path, &made, 1);
	fake_shard_manifest(&f, path, &made, 2);
	fill(&f, path, &made, made.load ? made.load : load);
	fake_rows_release(&f);
}

void fake_shards_three(void)
{
	fake_shard_make((struct fake_shard){.name = "a", .shard = "1/3"});
	fake_shard_make((struct fake_shard){.name = "b", .shard = "2/3"});
	fake_shard_make((struct fake_shard){.name = "c", .shard = "3/3"});
}

/* ---- merging ---- */

int fake_merge(
	const char *const *names, size_t n, bool partial, struct merge_result *r, struct err *e)
{
	char paths[4][900], out[900];
	const char *dir = unit_path("");
	const char *dirs[4];
	struct merge_options opt = {.dirs = dirs, .n = n, .out = out, .partial = partial};

	assert_true(n <= 4);
	for (size_t i = 0; i < n; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s%s", dir, names[i]);
		dirs[i] = paths[i];
	}
	snprintf(out, sizeof(out), "%sout", dir);
	return merge_runs(&opt, r, e);
}

struct merge_result fake_merge_ok(const char *const *names, size_t n, bool partial)
{
	struct merge_result r;
	struct err e = ERR_INIT;

	if (fake_merge(names, n, partial, &r, &e))
		fail_msg("%s", e.msg);
	return r;
}

size_t fake_merge_left(void)
{
	struct dirent *entry;
	DIR *d = opendir(unit_path(""));
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += strncmp(entry->d_name, "out", 3) == 0;
	closedir(d);
	return n;
}
