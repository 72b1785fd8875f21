/* test_trial.c - trials against the simulated server in a thread: who was asked what and how often,
 * in which order, and what is told of it.  No durations. */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cost.h"
#include "simtest.h"
#include "trial.h"
#include "truth.h"
#include "unit.h"

static char url[80];

/* Slots for all, so that nobody waits; load and first content at once. */
static struct simthread *start_server(const char *more)
{
	struct simthread *t =
		SIMTHREAD("num_parallel=64", "warmup_slow=0", "noise_request=0", more);

	snprintf(url, sizeof(url), "http://127.0.0.1:%d", simthread_port(t));
	return t;
}

static struct trial_spec spec_of(uint32_t streams, uint32_t bursts, uint32_t tokens)
{
	return (struct trial_spec){.url = url,
		.model = "gemma3:270m",
		.label = "try",
		.streams = streams,
		.bursts = bursts,
		.tokens = tokens,
		.limit = 60 * NS_PER_S};
}

static void each_burst_is_whole(void **state)
{
	struct simthread *server = start_server("era=3");
	struct trial_spec spec = spec_of(8, 2, 20);
	struct err e = ERR_INIT;
	struct trial t;
	char id[TRIAL_ID];

	(void)state;
	spec.short_bursts = 1;
	assert_int_equal(trial_run(&t, &spec, &e), 0);
	assert_int_equal(t.n, 24);
	for (size_t i = 0; i < t.n; i++) {
		const struct sample *s = &t.v[i].sample;

		snprintf(id, sizeof(id), "try-8-%zu-%zu", i / 8 + 1, i % 8 + 1);
		assert_string_equal(t.v[i].id, id);
		assert_int_equal(s->status, STATUS_OK);
		assert_int_equal(s->chunks, i < 8 ? 1 : 20);
		assert_int_equal(s->times.n, s->chunks);
		assert_int_equal(s->new_connects, 0); /* all were open */
		assert_true(s->due <= s->sent);
		assert_true(s->sent <= s->first_content);
		assert_int_equal(s->times.v[0], s->first_content);
		for (size_t k = 1; k < s->times.n; k++)
			assert_true(s->times.v[k - 1] <= s->times.v[k]);
	}
	/* A burst begins when the one before is over, all of it at once. */
	for (size_t i = 8; i < t.n; i++) {
		assert_true(t.v[i].sample.due >= t.v[i / 8 * 8 - 1].sample.first_content);
		assert_int_equal(t.v[i].sample.due, t.v[i / 8 * 8].sample.due);
	}
	trial_release(&t);
	simthread_stop(server);
}

/* Each request finds its row, and each chunk its own. */
static void held_against_the_truth(void **state)
{
	struct simserver_options o = {.seed = 1, .truth = unit_path("truth.csv")};
	struct trial_spec spec = spec_of(16, 1, 30);
	struct err e = ERR_INIT;
	struct sim_config config;
	struct truth_errors x;
	struct simthread *server;
	struct trial t;
	struct truth log;

	(void)state;
	sim_config_default(&config);
	config.num_parallel = 64;
	config.load_ms = config.overhead_ms = 0;
	config.gpu_tok_s = 1000;
	o.config = &config;
	server = simthread_start_with(&o, &e);
	assert_non_null(server);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", simthread_port(server));
	spec.short_bursts = 2;
	assert_int_equal(trial_run(&t, &spec, &e), 0);
	assert_int_equal(simthread_end(server, &e), 0);
	assert_int_equal(truth_read(&log, o.truth, &e), 0);
	assert_int_equal(log.rows.n, 1 + 48); /* and the one that paid for the load */
	assert_int_equal(log.rejected, 0);
	assert_non_null(truth_find(&log, "try-16-0-0"));
	truth_errors_init(&x);
	for (size_t i = 0; i < t.n; i++)
		truth_pair_sample(&x, &log, t.v[i].id, &t.v[i].sample);
	assert_int_equal(x.paired, 48);
	assert_int_equal(x.missing + x.twice + x.differing + x.unmeasured, 0);
	assert_int_equal(x.ttft.n, 48);
	assert_int_equal(x.sent.n, 48);
	assert_int_equal(x.late.n, 32 + 16 * 30);
	assert_int_equal(x.itl.n + x.unresolved, 16 * 29);
	truth_errors_release(&x);
	truth_release(&log);
	trial_release(&t);
}

/* Costs are of the time between settling and the first end: with 0 from the start on. */
static void costs_are_of_what_streamed(void **state)
{
	struct simthread *server = start_server("gpu_tok_s=1000");
	struct trial_spec spec = spec_of(4, 2, 60);
	struct err e = ERR_INIT;
	struct trial t;

	(void)state;
	spec.server = getpid();
	assert_int_equal(trial_run(&t, &spec, &e), 0);
	assert_true(t.cost.wall > 0);
	assert_true(t.cost.user >= 0 && t.cost.system >= 0);
	assert_true(t.cost.server > 0);
	assert_true(t.cost.tokens > 0);
	assert_true(t.cost.tokens <= 2 * 4 * 60);
	assert_true(t.memory > 1 << 20);
	trial_release(&t);
	spec.settle = 3600 * NS_PER_S; /* never */
	spec.server = 0;
	assert_int_equal(trial_run(&t, &spec, &e), 0);
	assert_int_equal(t.n, 8);
	assert_int_equal(t.cost.wall, 0);
	assert_int_equal(t.cost.tokens, 0);
	trial_release(&t);
	simthread_stop(server);
}

static void failures_are_samples(void **state)
{
	struct simthread *server = start_server("fail_midstream=1");
	struct trial_spec spec = spec_of(3, 2, 20);
	struct err e = ERR_INIT;
	struct trial t;

	(void)state;
	/* The request that pays for the load fails too. */
	assert_int_equal(trial_run(&t, &spec, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "the first request ended as server_error");
	assert_int_equal(t.n, 0);
	trial_release(&t);
	simthread_stop(server);
	server = SIMTHREAD("num_parallel=64", "max_queue=1", "share_cost=0", "gpu_tok_s=60");
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", simthread_port(server));
	spec.streams = 100; /* 64 at work, one waits, the rest is refused */
	assert_int_equal(trial_run(&t, &spec, &e), 0);
	assert_int_equal(t.n, 200);
	for (int burst = 0; burst < 2; burst++) {
		int ok = 0, full = 0;

		for (int i = 0; i < 100; i++) {
			ok += t.v[burst * 100 + i].sample.status == STATUS_OK;
			full += t.v[burst * 100 + i].sample.status == STATUS_QUEUE_FULL;
		}
		assert_int_equal(ok + full, 100);
		assert_true(ok >= 65);
		assert_true(full > 0);
	}
	trial_release(&t);
	simthread_stop(server);
}

static void a_server_that_is_not_there(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	struct trial_spec spec = spec_of(2, 1, 2);
	struct err e = ERR_INIT;
	struct trial t;

	(void)state;
	/* A port that is taken, and at which nobody listens. */
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(at.sin_port));
	assert_int_equal(trial_run(&t, &spec, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "of 2 connections 0 were opened");
	trial_release(&t);
	close(fd);
}

static void processor_time_of_processes(void **state)
{
	ns user, system, user_later, system_later, other;

	(void)state;
	cost_cpu(&user, &system);
	other = cost_cpu_of(getpid());
	assert_true(other > 0);
	while (cost_cpu_of(getpid()) < other + 20 * NS_PER_MS)
		;
	cost_cpu(&user_later, &system_later);
	assert_true(user_later + system_later - user - system >= 15 * NS_PER_MS);
	assert_int_equal(cost_cpu_of(0), NS_NONE);
	assert_int_equal(cost_cpu_of(-1), NS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_burst_is_whole),
		cmocka_unit_test(held_against_the_truth),
		cmocka_unit_test(costs_are_of_what_streamed),
		cmocka_unit_test(failures_are_samples),
		cmocka_unit_test(a_server_that_is_not_there),
		cmocka_unit_test(processor_time_of_processes),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
