/* lined.c - a run of a known truth with its lines and shapes. */
#include "lined.h"

#include <math.h>
#include <string.h>

#include "unit.h"

void lined_close(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.15g is not %.15g", got, want);
}

struct splitplot lined_plan(void)
{
	return (struct splitplot){.contexts = 4,
		.gpus = 1,
		.temperatures = 4,
		.prompts = 2,
		.passes = 4,
		.per_pass = 2,
		.sd_request = 0.01,
		.sd_load = 0.005,
		.sd_pass = 0.005};
}

/* num_ctx of 1024, 2048, 4096, 8192, and as many tokens in effect. */
static void make_doubling(struct dataset *d)
{
	struct data_factor *f = &d->factors[0];

	for (uint32_t i = 0; i < f->nlevels; i++) {
		f->value[i] = f->sent[i] = 1024 << i;
		f->level[i] = arena_fmt(&d->arena, "%g", f->value[i]);
	}
	for (size_t i = 0; i < d->nloads; i++)
		d->loads[i].context_length = f->value[d->loads[i].block];
}

void lined_run(struct lined *f)
{
	effective_find(&f->eff, &f->d, &f->arena, &f->aliases, &f->naliases);
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_fit(&f->strata[m], &f->d, &f->eff, (enum metric)m, false, &f->arena);
	effects_make(&f->effects, &f->d, &f->eff, f->strata, &f->arena);
	trend_lines_make(&f->lines, &f->nlines, &f->eff, &f->effects, &f->arena);
	contrasts_make(&f->shapes, &f->nshapes, &f->effects, &f->eff, &f->arena);
}

void lined_make(struct lined *f, const struct splitplot *c, struct rng *r)
{
	*f = (struct lined){0};
	splitplot_make(&f->d, c, r);
	make_doubling(&f->d);
}

void lined_release(struct lined *f)
{
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&f->strata[m]);
	arena_release(&f->arena);
	dataset_release(&f->d);
}

struct trend_line *lined_line(const struct lined *f, const char *factor)
{
	for (size_t i = 0; i < f->nlines; i++) {
		if (strcmp(f->lines[i].of->factor, factor) == 0 &&
			f->lines[i].of->metric == METRIC_DECODE)
			return &f->lines[i];
	}
	fail_msg("there is no line for %s", factor);
	return NULL;
}

const struct contrasts *lined_shapes(const struct lined *f, const char *factor)
{
	for (size_t i = 0; i < f->nshapes; i++) {
		if (strcmp(f->shapes[i].of->factor, factor) == 0 &&
			f->shapes[i].of->metric == METRIC_DECODE)
			return &f->shapes[i];
	}
	return NULL;
}
