/* rehearse_stage.c - one performance of the schedule. */
#include "rehearse_stage.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "session.h"
#include "virtual.h"

#define WALL ((ns)1767225600 * NS_PER_S) /* rehearsals begin with the year 2026 */

/* ---- the machine ---- */

static struct sim_noise_of noise_of(const struct noise *n, enum metric m)
{
	const struct noise_of *of = n ? &n->of[m] : NULL;

	if (!of)
		return (struct sim_noise_of){0};
	return (struct sim_noise_of){.request = of->request.value,
		.load = of->load.value,
		.pass = of->pass.value,
		.ar1 = of->ar1.value,
		.tail = of->tail.value};
}

static struct sim *make_machine(const struct rehearse_stage *stage, uint64_t seed)
{
	struct sim_noise_of ttft = noise_of(stage->noise, METRIC_TTFT);
	struct sim_noise_of decode = noise_of(stage->noise, METRIC_DECODE);
	struct sim_config c = stage->machine;
	struct sim *m;

	c.noise_day = 0; /* common to all that is compared */
	if (!stage->noise)
		c.noise_load = c.drift = c.outlier = c.fail_connect = c.fail_midstream =
			c.fail_truncated = c.fail_stall = 0;
	m = sim_new(&c, seed);
	sim_set_noise(m, &ttft, &decode);
	for (size_t i = 0; i < stage->nplants; i++)
		sim_plant_add(m, &stage->plants[i].sim);
	return m;
}

/* ---- rows in memory ---- */

struct performance {
	const struct rehearse_stage *stage;
	struct session session;
	struct sim **machines;
	char (*load)[sizeof(((struct load *)0)->id)]; /* [servers] written last */
	rehearse_look_fn *look;
	struct rehearse_rows *rows;
};

/* A load's row is written with the first row after its read-back. */
static void note_load(struct performance *p, const struct row_keys *k)
{
	char *last = p->load[k->server];

	if (!k->load || k->phase == PHASE_WARMUP || strcmp(k->load->id, last) == 0)
		return;
	memcpy(last, k->load->id, sizeof(k->load->id));
	load_encode(p->stage->plan, k->load, &p->rows->loads);
	p->rows->nloads++;
}

static void on_row(void *arg, const struct row_keys *k, const struct sample *sample)
{
	struct performance *p = arg;

	sim_set_pass(p->machines[k->server], k->pass);
	note_load(p, k);
	row_encode(&p->session.schema, k, sample, &p->rows->runs);
	if (k->phase != PHASE_MEASURE)
		return;
	p->rows->requests++;
	p->rows->passes = k->pass > p->rows->passes ? k->pass : p->rows->passes;
}

static bool on_look(void *arg, uint32_t pass)
{
	struct performance *p = arg;

	(void)pass;
	return !p->stage->all_passes && p->look(p->stage, p->rows);
}

static int perform(struct performance *p, struct err *e)
{
	struct virtual_options opt = {.interrupt_at = NS_NONE};
	ns ended = 0;
	int failed;

	if (session_init(&p->session, p->stage->plan, NULL, 1, WALL, e))
		return -1;
	p->session.on_row = on_row;
	p->session.on_row_arg = p;
	p->session.look = on_look;
	p->session.look_arg = p;
	row_header(&p->session.schema, &p->rows->runs);
	load_header(&p->rows->loads);
	failed = virtual_run(&p->session, p->machines, &opt, &ended, e);
	p->rows->seconds = (double)ended / 1e9;
	p->rows->enough = p->session.stopped == STOP_ENOUGH;
	session_release(&p->session);
	return failed;
}

int rehearse_perform(struct rehearse_rows *rows, const struct rehearse_stage *stage, uint64_t seed,
	rehearse_look_fn *look, struct err *e)
{
	size_t servers = stage->plan->nservers;
	struct performance p = {.stage = stage, .rows = rows, .look = look};
	int failed;

	*rows = (struct rehearse_rows){
		.runs = STR_INIT(STR_MAX_FILE), .loads = STR_INIT(STR_MAX_FILE)};
	p.machines = xcalloc(servers, sizeof(struct sim *));
	p.load = xcalloc(servers, sizeof(*p.load));
	for (size_t i = 0; i < servers; i++)
		p.machines[i] = make_machine(stage, seed + ((uint64_t)i << 56));
	failed = perform(&p, e);
	for (size_t i = 0; i < servers; i++)
		sim_free(p.machines[i]);
	free(p.machines);
	free(p.load);
	if (failed)
		rehearse_rows_release(rows);
	return failed ? -1 : 0;
}

void rehearse_rows_release(struct rehearse_rows *rows)
{
	str_release(&rows->runs);
	str_release(&rows->loads);
}
