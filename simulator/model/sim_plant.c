/* sim_plant.c - effects put into the machine, for rehearsals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

void sim_plant_add(struct sim *m, const struct sim_plant *p)
{
	struct sim_plant *to;

	if (!(p->factor > 0) || !isfinite(p->factor))
		BUG("a plant of factor %g", p->factor);
	to = VEC_PUSH(&m->plants);
	*to = *p;
	to->name = xstrdup(p->name);
	json_incref(to->value);
}

void sim_plants_release(struct sim *m)
{
	for (size_t i = 0; i < m->plants.n; i++) {
		free((char *)m->plants.v[i].name);
		json_decref(m->plants.v[i].value);
	}
	VEC_RELEASE(&m->plants);
}

/* 4096 and 4096.0 are one level. */
static bool same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b) == 1;
}

static bool asks_for(const struct sim_call *c, const struct sim_plant *p)
{
	const json_t *v = json_object_get(json_object_get(c->root, "options"), p->name);

	return same(v ? v : json_object_get(c->root, p->name), p->value);
}

/* Durations: a rate that is higher takes less time. */
void sim_plants_of(const struct sim *m, struct sim_call *c)
{
	for (size_t i = 0; i < m->plants.n; i++) {
		const struct sim_plant *p = &m->plants.v[i];
		bool rate = p->measure == SIM_DECODE || p->measure == SIM_PREFILL;

		if (asks_for(c, p))
			c->planted[p->measure] += rate ? -log(p->factor) : log(p->factor);
	}
}
