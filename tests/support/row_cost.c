/* row_cost.c - a journal of any number of rows. */
#include "row_cost.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "child.h"
#include "fsx.h"
#include "journal.h"
#include "plan.h"
#include "virtual.h"

struct writing {
	uint64_t rows;
	ns took;
	const char *folder;
	struct sweep sweep;
	struct server_facts facts;
	struct plan plan;
};

static void check(int failed, const struct err *e)
{
	if (failed)
		child_fail("%s", e->msg);
}

static void make_plan(struct writing *w)
{
	struct err e = ERR_INIT;
	struct sim_config config;
	struct sim *sim;
	json_t *o = json_pack(
		"{s:s,s:{s:[i,i]}}", "model", "gemma3:270m", "factors", "num_ctx", 2048, 4096);

	sim_config_default(&config);
	sim = sim_new(&config, 1);
	w->sweep = (struct sweep)SWEEP_INIT;
	check(sweep_parse(&w->sweep, o, "bench", NULL, &e), &e);
	check(server_facts_init(&w->facts, "simulator=http://simulator.invalid", &e), &e);
	server_facts_add_model(&w->facts, "gemma3:270m");
	check(virtual_probe(&w->facts, sim, &e), &e);
	check(sweep_resolve(&w->sweep, &w->facts, 1, &e), &e);
	check(plan_build(&w->plan, &w->sweep, &w->facts, 1, &e), &e);
	sim_free(sim);
	json_decref(o);
}

static void drop_plan(struct writing *w)
{
	plan_release(&w->plan);
	server_facts_release(&w->facts);
	sweep_release(&w->sweep);
}

static void fill(struct sample *s)
{
	sample_init(s);
	s->status = STATUS_OK;
	s->http_status = 200;
	s->sent = s->due = NS_PER_S;
	s->sent_wall = 1790000000 * NS_PER_S;
	s->first_byte = s->first_content = 2 * NS_PER_S;
	s->last_content = s->done = 3 * NS_PER_S;
	s->eval = s->total = NS_PER_S;
	s->output_tokens = s->chunks = 64;
}

static void write_rows(struct writing *w, struct journal *j)
{
	struct err e = ERR_INIT;
	struct item it = {.concurrency = 1};
	struct load load = {.id = "s1-l0001"};
	struct row_keys k = {.plan = &w->plan,
		.item = &it,
		.load = &load,
		.pass = 1,
		.session = 1,
		.attempt = 1,
		.phase = PHASE_MEASURE};
	struct sample s;

	fill(&s);
	for (uint64_t i = 0; i < w->rows; i++) {
		/* Spread over the numbers, as hashes are. */
		snprintf(it.run_id, sizeof(it.run_id), "%016llx",
			(unsigned long long)((i + 1) * 0x9e3779b97f4a7c15u));
		k.order = i + 1;
		check(journal_row(j, &k, &s, &e), &e);
	}
	sample_release(&s);
}

static void write_journal(void *arg)
{
	struct writing *w = arg;
	struct row_schema schema;
	struct journal *j;
	struct err e = ERR_INIT;
	ns began;

	make_plan(w);
	row_schema_init(&schema, &w->sweep);
	check(journal_open(w->folder, JOURNAL_NEW, JOURNAL_NO_CHUNKS, &schema, &j, &e), &e);
	began = clock_mono();
	write_rows(w, j);
	w->took = clock_mono() - began;
	check(journal_close(j, &e), &e);
	drop_plan(w);
}

/* Lines and bytes of a file. */
static uint64_t count_lines(const char *path, double *bytes)
{
	static char block[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t lines = 0;
	ssize_t n;

	*bytes = 0;
	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0) {
		const char *at = block, *end = block + n;

		*bytes += (double)n;
		for (; (at = memchr(at, '\n', (size_t)(end - at))); at++)
			lines++;
	}
	if (fd >= 0)
		close(fd);
	return lines;
}

void row_cost_measure(const char *folder, uint64_t rows, struct row_cost *c)
{
	char *run = fsx_join(folder, "journal"), *path = fsx_join(run, "runs.csv");
	struct writing *w = child_shared(sizeof(*w));
	struct child_cost cost;
	struct err e = ERR_INIT;
	uint64_t lines;

	check(fsx_mkdirs(run, &e), &e);
	w->rows = rows;
	w->folder = run;
	child_run(write_journal, w, &cost);
	lines = count_lines(path, &c->bytes);
	if (lines != rows + 1)
		child_fail("%llu lines of %llu rows and a header", (unsigned long long)lines,
			(unsigned long long)rows);
	c->us = (double)w->took / 1e3 / (double)rows;
	c->cpu_us = (cost.user + cost.system) / (double)rows * 1e6;
	c->peak_mib = cost.peak_mib;
	child_remove(run);
	child_unshare(w, sizeof(*w));
	free(path);
	free(run);
}
