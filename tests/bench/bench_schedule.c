/* bench_schedule.c - what a decision of the schedule costs, for sweeps of a hundred to a million
 * cells: the runner alone, in a world where everything is answered at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fake_plan.h"
#include "runner.h"
#include "unit.h"

#define MOST_STEPS 400000

struct world {
	struct runner *runner;
	struct effects out, next;
	struct sample sample;
	ns now;
	uint64_t steps;
	bool stopped;
};

static void step(struct world *w, struct event ev)
{
	w->now += NS_PER_MS;
	w->steps++;
	runner_step(w->runner, &ev, w->now, &w->next);
}

static void answer(struct world *w, const struct effect *ef)
{
	static const struct ps_list nothing = {.known = true};

	switch (ef->kind) {
	case EFFECT_REQUEST:
		step(w,
			(struct event){.kind = EVENT_RESPONSE,
				.lane = ef->lane,
				.ticket = ef->ticket,
				.sample = &w->sample});
		break;
	case EFFECT_UNLOAD:
		step(w, (struct event){.kind = EVENT_UNLOADED, .lane = ef->lane});
		break;
	case EFFECT_PS:
		step(w,
			(struct event){.kind = EVENT_PS,
				.lane = ef->lane,
				.ps = &nothing,
				.answered = true});
		break;
	case EFFECT_TIMER:
		step(w, (struct event){.kind = EVENT_TIMER, .lane = ef->lane});
		break;
	case EFFECT_STOP:
		w->stopped = true;
		break;
	default:
		break;
	}
}

/* Steps a sweep through, or as far as MOST_STEPS. */
static void run(struct world *w)
{
	step(w, (struct event){.kind = EVENT_START, .lane = -1});
	while (!w->stopped && w->steps < MOST_STEPS) {
		struct effects turn = w->next;

		w->next = w->out;
		w->next.n = 0;
		w->out = turn;
		for (size_t i = 0; i < w->out.n; i++)
			answer(w, &w->out.v[i]);
	}
}

static void add_numbers(struct str *json, uint32_t n, double first, double by)
{
	for (uint32_t i = 0; i < n; i++)
		str_addf(json, "%s%g", i ? "," : "", first + by * i);
}

static void measure(uint32_t contexts, uint32_t temperatures, uint32_t top_ks)
{
	static const char *const url[] = {"http://10.0.0.1:1"};
	struct str json = STR_INIT(1 << 20);
	struct world w = {.now = 0};
	struct fake_plan f;
	ns began;

	str_add(&json,
		"{\"model\":\"m\",\"prompt\":\"Hi.\",\"passes\":1,\"repeats\":1,\"warmups\":1,"
		"\"sentinel\":false,\"factors\":{\"num_ctx\":[");
	add_numbers(&json, contexts, 256, 16);
	str_add(&json, "],\"temperature\":[");
	add_numbers(&json, temperatures, 0, 0.001);
	str_add(&json, "],\"top_k\":[");
	add_numbers(&json, top_ks, 1, 1);
	str_add(&json, "]}}");
	fake_plan_make(&f, json.s, url, 1);
	sample_init(&w.sample);
	w.sample.status = STATUS_OK;
	w.sample.chunks = 0;
	w.runner = runner_new(&f.plan, 1, 1, NULL);
	began = clock_mono();
	run(&w);
	printf("%9u cells in %4u blocks: %7llu steps, %5.0f ns each%s\n", f.plan.ncells,
		f.plan.nblocks, (unsigned long long)w.steps,
		(double)(clock_mono() - began) / (double)w.steps,
		w.stopped ? "" : " (not to its end)");
	runner_free(w.runner);
	free(w.out.v);
	free(w.next.v);
	sample_release(&w.sample);
	fake_plan_release(&f);
	str_release(&json);
}

int main(void)
{
	printf("schedule, names of the requests included (SHA-256, once each):\n");
	measure(10, 10, 1);
	measure(100, 10, 10);
	measure(1000, 100, 10);
	return 0;
}
