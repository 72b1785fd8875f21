/* splitplot.c - runs of a known truth, made in memory. */
#include "splitplot.h"

#include <math.h>
#include <stdlib.h>

uint32_t splitplot_cell(
	const struct splitplot *c, uint32_t context, uint32_t gpu, uint32_t temperature)
{
	return (context * c->gpus + gpu) * c->temperatures + temperature;
}

static void add_factor(struct dataset *d, const char *name, enum data_stratum stratum, uint32_t n,
	double first, double step)
{
	struct data_factor *f = &d->factors[d->nfactors++];

	*f = (struct data_factor){.name = name,
		.column = name,
		.stratum = stratum,
		.nlevels = n,
		.level = arena_alloc(&d->arena, n, sizeof(*f->level)),
		.value = arena_alloc(&d->arena, n, sizeof(*f->value)),
		.sent = arena_alloc(&d->arena, n, sizeof(*f->sent)),
		.numeric = true};
	for (uint32_t i = 0; i < n; i++) {
		f->value[i] = f->sent[i] = first + step * i;
		f->level[i] = arena_fmt(&d->arena, "%g", f->value[i]);
	}
}

static void add_cells(struct dataset *d, const struct splitplot *c)
{
	d->ncells = (size_t)c->contexts * c->gpus * c->temperatures;
	d->cells = arena_alloc(&d->arena, d->ncells, sizeof(*d->cells));
	for (uint32_t i = 0; i < d->ncells; i++) {
		struct data_cell *cell = &d->cells[i];
		uint32_t level[] = {i / c->temperatures / c->gpus, i / c->temperatures % c->gpus,
			i % c->temperatures};

		cell->level = arena_alloc(&d->arena, 3, sizeof(*cell->level));
		for (int f = 0; f < 3; f++)
			cell->level[f] = level[f];
		cell->block = i / c->temperatures;
		cell->id = arena_fmt(&d->arena, "c%u", i);
		cell->label = arena_fmt(&d->arena, "num_ctx=%s num_gpu=%s temperature=%s",
			d->factors[0].level[level[0]], d->factors[1].level[level[1]],
			d->factors[2].level[level[2]]);
	}
}

static double truth(const struct splitplot *c, const struct data_cell *cell)
{
	uint32_t context = cell->level[0], temperature = cell->level[2];
	double y = log(c->base > 0 ? c->base : 100);

	if (c->context_effect)
		y += c->context_effect[context];
	if (c->temperature_effect)
		y += c->temperature_effect[temperature];
	if (context + 1 == c->contexts && temperature + 1 == c->temperatures)
		y += c->interaction;
	return y;
}

static void add_load(struct dataset *d, const struct splitplot *c, uint32_t block, uint32_t pass)
{
	struct data_load *l = &d->loads[d->nloads];

	*l = (struct data_load){.id = arena_fmt(&d->arena, "l%zu", d->nloads),
		.block = block,
		.pass = pass,
		.status = "ok",
		.load_ms = 600,
		.context_length = d->factors[0].value[block / c->gpus],
		.size = 5e8 + block,
		.size_vram = c->no_gpu ? 0 : 1e8 + 1e6 * block,
		.other_models = ""};
	d->nloads++;
}

static void add_row(struct dataset *d, struct rng *r, const struct splitplot *c, uint32_t cell,
	uint32_t prompt, uint32_t pass, const double shift[2])
{
	struct data_row *row = &d->rows[d->nrows];
	double y = truth(c, &d->cells[cell]) + 0.1 * prompt;

	*row = (struct data_row){.cell = cell,
		.load = (uint32_t)(d->nloads - 1),
		.prompt = prompt,
		.order = (uint32_t)d->nrows + 1,
		.line = (uint32_t)d->nrows + 2,
		.session = 1,
		.attempt = 1,
		.concurrency = 1,
		.rate = NAN,
		.answer = DATA_NONE,
		.pass = (uint16_t)pass,
		.phase = ROW_MEASURE,
		.validity = ROW_VALID,
		.ok = true,
		.counts = true,
		.started_s = 1.8e9 + 10.0 * (double)d->nrows,
		.done_ms = 9000,
		.prompt_eval_ms = NAN,
		.prompt_tokens = NAN,
		.client_queue_ms = 0,
		.output_tokens = NAN,
		.loop_lag_us = NAN,
		.client = {.stamp_bound_us = NAN,
			.send_us = NAN,
			.cpu_share = NAN,
			.gaps = DATA_NONE,
			.unresolved = DATA_NONE,
			.multi_line_reads = DATA_NONE,
			.streams = DATA_NONE}};
	for (int m = 0; m < METRIC_COUNT; m++)
		row->metric[m] = NAN;
	row->metric[METRIC_DECODE] = exp(y + shift[0] + c->sd_request * rng_normal(r));
	row->metric[METRIC_TTFT] = exp(-y + shift[1] + c->sd_request * rng_normal(r));
	d->nrows++;
}

/* One load and its requests, in an order drawn for it. */
static void add_visit(struct dataset *d, struct rng *r, const struct splitplot *c, uint32_t block,
	uint32_t pass, const double pass_shift[2])
{
	uint32_t n = c->temperatures * c->prompts * c->per_pass;
	uint32_t *order = calloc(n, sizeof(*order));
	double shift[2];

	add_load(d, c, block, pass);
	for (int m = 0; m < 2; m++)
		shift[m] = pass_shift[m] + c->sd_load * rng_normal(r);
	rng_permute(r, order, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t which = order[i] / c->per_pass;

		add_row(d, r, c, block * c->temperatures + which / c->prompts, which % c->prompts,
			pass, shift);
	}
	free(order);
}

void splitplot_make(struct dataset *d, const struct splitplot *c, struct rng *r)
{
	uint32_t blocks = c->contexts * c->gpus;
	uint32_t *order = calloc(blocks, sizeof(*order));
	static const char *const status[] = {"ok", "timeout_first"};

	*d = (struct dataset){.name = "splitplot", .dir = ""};
	d->factors = arena_alloc(&d->arena, 3, sizeof(*d->factors));
	add_factor(d, "num_ctx", DATA_RUNNER, c->contexts, 1024, 1024);
	add_factor(d, "num_gpu", DATA_RUNNER, c->gpus, 0, 10);
	add_factor(d, "temperature", DATA_SAMPLING, c->temperatures, 0.2, 0.2);
	add_cells(d, c);
	d->nblocks = blocks;
	d->passes_planned = d->passes_complete = c->passes;
	d->loads = arena_alloc(&d->arena, (size_t)blocks * c->passes, sizeof(*d->loads));
	d->rows = arena_alloc(
		&d->arena, d->ncells * c->prompts * c->passes * c->per_pass, sizeof(*d->rows));
	d->nprompts = c->prompts;
	d->prompts = arena_alloc(&d->arena, c->prompts, sizeof(*d->prompts));
	d->suite = arena_alloc(&d->arena, c->prompts, sizeof(*d->suite));
	for (uint32_t p = 0; p < c->prompts; p++)
		d->suite[p].id = d->prompts[p] = arena_fmt(&d->arena, "p%u", p);
	d->goodput = (struct goodput_limits){NAN, NAN, NAN};
	d->ended = "complete";
	d->metrics = metric_specs;
	d->nmetrics = METRIC_COUNT;
	d->nservers = 1;
	d->servers = arena_alloc(&d->arena, 1, sizeof(*d->servers));
	d->servers[0] = "test";
	d->nstatus = COUNTOF(status);
	d->status = arena_alloc(&d->arena, d->nstatus, sizeof(*d->status));
	for (size_t i = 0; i < d->nstatus; i++)
		d->status[i] = status[i];
	for (int m = 0; m < METRIC_COUNT; m++)
		d->margin[m] = NAN;
	d->margin[METRIC_DECODE] = 0.02;
	d->margin[METRIC_TTFT] = 0.05;
	for (uint32_t pass = 1; pass <= c->passes; pass++) {
		double shift[2] = {c->sd_pass * rng_normal(r), c->sd_pass * rng_normal(r)};

		rng_permute(r, order, blocks);
		for (uint32_t i = 0; i < blocks; i++)
			add_visit(d, r, c, order[i], pass, shift);
	}
	free(order);
}
