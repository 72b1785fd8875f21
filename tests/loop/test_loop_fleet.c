/* test_loop_fleet.c - many servers on one loop, and one that has to be set aside, in the real
 * world. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fake_plan.h"
#include "loop.h"
#include "scripted.h"
#include "simserver.h"
#include "unit.h"

#define SERVERS 64
#define STREAMS 16
#define BURST   32

static void quick(struct sim_config *c)
{
	sim_config_default(c);
	c->load_ms = 10;
	c->resident_load_ms = 2;
	c->overhead_ms = 1;
	c->unload_ms = 1;
	c->gpu_tok_s = 200;
	c->num_parallel = STREAMS;
}

/* ---- simulated servers, each with an address of its own, on the loop of one thread ---- */

struct farm {
	uv_loop_t loop;
	uv_async_t stop;
	uv_thread_t thread;
	struct simserver *server[SERVERS];
	char url[SERVERS][60];
	const char *urls[SERVERS];
};

static void on_stop(uv_async_t *async)
{
	struct farm *f = async->data;

	for (int i = 0; i < SERVERS; i++)
		simserver_close(f->server[i]);
	uv_close((uv_handle_t *)async, NULL);
}

static void farm_main(void *arg)
{
	struct farm *f = arg;

	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void farm_start(struct farm *f)
{
	struct sim_config c;
	struct err e = ERR_INIT;
	char address[20];

	quick(&c);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(uv_async_init(&f->loop, &f->stop, on_stop), 0);
	f->stop.data = f;
	for (int i = 0; i < SERVERS; i++) {
		snprintf(address, sizeof(address), "127.0.0.%d", i + 1);
		f->server[i] = simserver_start(&f->loop,
			&(struct simserver_options){
				.config = &c, .seed = (uint64_t)i + 1, .address = address},
			&e);
		if (!f->server[i])
			fail_msg("%s", e.msg);
		snprintf(f->url[i], sizeof(f->url[i]), "box%d=http://%s:%d", i, address,
			simserver_port(f->server[i]));
		f->urls[i] = f->url[i];
	}
	assert_int_equal(uv_thread_create(&f->thread, farm_main, f), 0);
}

static void farm_stop(struct farm *f)
{
	uv_async_send(&f->stop);
	uv_thread_join(&f->thread);
	for (int i = 0; i < SERVERS; i++)
		simserver_free(f->server[i], NULL);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

/* ---- rows ---- */

struct seen {
	ns sent, done;
};

struct counts {
	uint32_t rows[SERVERS], measured[SERVERS], passes[SERVERS];
	struct seen seen[SERVERS][BURST];
	uint32_t notes;
	char note[RUNNER_WHY];
};

static void on_row(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct counts *c = arg;

	c->rows[k->server]++;
	if (k->phase != PHASE_MEASURE)
		return;
	if (s->status != STATUS_OK)
		fail_msg("%s: %s", status_name(s->status), s->error);
	c->passes[k->server] += c->measured[k->server] % BURST == 0;
	c->seen[k->server][c->measured[k->server]++ % BURST] = (struct seen){s->sent, s->done};
}

static void on_note(void *arg, const char *line)
{
	struct counts *c = arg;

	c->notes++;
	snprintf(c->note, sizeof(c->note), "%s", line);
}

/* The most of a server's requests that were under way at once. */
static uint32_t most_at_once(const struct seen *seen)
{
	uint32_t most = 0;

	for (int i = 0; i < BURST; i++) {
		uint32_t n = 0;

		for (int k = 0; k < BURST; k++)
			n += seen[k].sent <= seen[i].sent && seen[i].sent < seen[k].done;
		most = n > most ? n : most;
	}
	return most;
}

static void run_session(struct fake_plan *f, struct counts *c, struct runner_progress *p)
{
	struct loop_options opt = {.signals = false};
	struct session s;
	struct err e = ERR_INIT;

	if (session_init(&s, &f->plan, NULL, 1, clock_wall() - clock_mono(), &e))
		fail_msg("%s", e.msg);
	s.on_row = on_row;
	s.on_row_arg = c;
	s.on_note = on_note;
	s.on_note_arg = c;
	if (loop_run(&s, &opt, &e))
		fail_msg("%s", e.msg);
	if (s.stopped != STOP_COMPLETE)
		fail_msg("stopped: %s", s.why);
	runner_progress(s.runner, p);
	session_release(&s);
}

static void sixty_four_servers_times_sixteen_streams(void **state)
{
	struct farm *farm = xcalloc(1, sizeof(*farm));
	struct counts *c = xcalloc(1, sizeof(*c));
	struct runner_progress p;
	struct fake_plan f;
	char sweep[400];

	(void)state;
	snprintf(sweep, sizeof(sweep),
		"{\"model\":\"gemma3:270m\",\"options\":{\"num_predict\":6},"
		"\"factors\":{\"concurrency\":[%d]},\"burst\":%d,\"prompt\":\"Hi.\","
		"\"passes\":%d,\"repeats\":%d,\"warmups\":1,\"sentinel\":false}",
		STREAMS, BURST, SERVERS, SERVERS);
	farm_start(farm);
	fake_plan_make(&f, sweep, farm->urls, SERVERS);
	run_session(&f, c, &p);
	assert_int_equal(p.done, SERVERS * BURST);
	assert_int_equal(p.loads_made, SERVERS);
	assert_int_equal(p.loads_planned, SERVERS);
	assert_int_equal(p.passes_made, SERVERS);
	assert_int_equal(c->notes, 0);
	for (int i = 0; i < SERVERS; i++) {
		assert_int_equal(c->rows[i], BURST + 1);
		assert_int_equal(c->passes[i], 1);
		assert_int_equal(most_at_once(c->seen[i]), STREAMS);
	}
	fake_plan_release(&f);
	farm_stop(farm);
	free(farm);
	free(c);
}

/* A server that has lost the model: its pass is made by the other. */
static void a_server_is_set_aside(void **state)
{
	static const struct scripted_step lost[] = {
		WHOLE(404, "{\"error\":\"model 'gemma3:270m' not found\"}"), {0}};
	static const struct scripted_step ps[] = {WHOLE(200, "{\"models\":[]}"), {0}};
	static const struct scripted_route routes[] = {
		{"/api/generate", lost}, {"/api/ps", ps}, {0}};
	struct counts *c = xcalloc(1, sizeof(*c));
	struct scripted_thread bad;
	struct sim_config config;
	struct simthread *good;
	struct runner_progress p;
	struct fake_plan f;
	struct err e = ERR_INIT;
	char one[60], other[60];
	const char *urls[] = {one, other};

	(void)state;
	quick(&config);
	good = simthread_start(&config, 1, &e);
	assert_non_null(good);
	scripted_thread_start(&bad, routes);
	snprintf(one, sizeof(one), "good=http://127.0.0.1:%d", simthread_port(good));
	snprintf(other, sizeof(other), "bad=%s", scripted_url(bad.server));
	fake_plan_make(&f,
		"{\"model\":\"gemma3:270m\",\"options\":{\"num_predict\":2},\"prompt\":\"Hi.\","
		"\"factors\":{\"num_ctx\":[2048,4096]},\"passes\":4,\"repeats\":4,\"warmups\":1,"
		"\"sentinel\":false}",
		urls, 2);
	run_session(&f, c, &p);
	assert_int_equal(p.done, 8);
	assert_int_equal(p.sick, 1);
	assert_int_equal(c->measured[0], 8);
	assert_int_equal(c->rows[1], 1);
	assert_int_equal(c->notes, 1);
	assert_contains(c->note, "bad is set aside: model_missing");
	assert_contains(c->note, "; the rest of pass 2 goes to good and is incomplete on both");
	assert_contains(c->note, "; 1 pass nobody had begun goes to others");
	fake_plan_release(&f);
	simthread_stop(good);
	scripted_thread_stop(&bad);
	scripted_free(bad.server);
	free(c);
}

/* ---- open loop ---- */

static void check_due(void *arg, const struct row_keys *k, const struct sample *s)
{
	uint32_t *n = arg;

	if (k->phase != PHASE_MEASURE)
		return;
	assert_int_equal(s->status, STATUS_OK);
	assert_true(s->sent >= s->due); /* never before it was due */
	assert_int_equal(k->item->cell_burst, 1);
	++*n;
}

static void requests_at_a_rate(void **state)
{
	struct loop_options opt = {.signals = false};
	struct sim_config config;
	struct simthread *sim;
	struct session s;
	struct fake_plan f;
	uint32_t n = 0;
	struct err e = ERR_INIT;
	char one[60];
	const char *urls[] = {one};

	(void)state;
	quick(&config);
	config.gpu_tok_s = 20; /* several are in flight */
	sim = simthread_start(&config, 1, &e);
	assert_non_null(sim);
	snprintf(one, sizeof(one), "http://127.0.0.1:%d", simthread_port(sim));
	fake_plan_make(&f,
		"{\"model\":\"gemma3:270m\",\"options\":{\"num_predict\":2},\"prompt\":\"Hi.\","
		"\"factors\":{\"num_ctx\":[2048]},\"rate\":100,\"arrivals\":\"poisson\","
		"\"burst\":40,\"passes\":1,\"repeats\":1,\"warmups\":1,\"sentinel\":false}",
		urls, 1);
	assert_int_equal(session_init(&s, &f.plan, NULL, 1, clock_wall() - clock_mono(), &e), 0);
	s.on_row = check_due;
	s.on_row_arg = &n;
	assert_int_equal(loop_run(&s, &opt, &e), 0);
	assert_int_equal(s.stopped, STOP_COMPLETE);
	assert_int_equal(n, 40);
	session_release(&s);
	fake_plan_release(&f);
	simthread_stop(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_four_servers_times_sixteen_streams),
		cmocka_unit_test(a_server_is_set_aside),
		cmocka_unit_test(requests_at_a_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
