/* corpus_late.c - rows of tables that are too short to tell which of their rows paid for a load: a
 * file for each answer, as dumps of a server are.  All such rows of a subject are looked at
 * together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "corpus_parts.h"

void late_add(struct subject_work *s, double load_s, const double *value, const uint32_t *measure,
	size_t n)
{
	*VEC_PUSH(&s->late_rows) = load_s;
	for (size_t i = 0; i < n; i++) {
		if (isfinite(value[i]))
			*VEC_PUSH(&s->late) = (struct late_value){load_s, value[i], measure[i]};
	}
}

void late_merge(struct subject_work *into, const struct subject_work *from, const uint32_t *measure)
{
	for (size_t i = 0; i < from->late_rows.n; i++)
		*VEC_PUSH(&into->late_rows) = from->late_rows.v[i];
	for (size_t i = 0; i < from->late.n; i++) {
		struct late_value v = from->late.v[i];

		v.measure = measure[v.measure];
		*VEC_PUSH(&into->late) = v;
	}
}

void late_settle(struct subject_work *s)
{
	double above = part_paid_above(s->late_rows.v, s->late_rows.n);

	for (size_t i = 0; i < s->late_rows.n; i++)
		s->of.cold += s->late_rows.v[i] > above;
	for (size_t i = 0; i < s->late.n; i++) {
		const struct late_value *v = &s->late.v[i];
		struct corpus_measure *m = &s->measures.v[v->measure];

		values_add(v->load_s > above ? &m->cold : &m->warm, v->value);
	}
}

void late_release(struct subject_work *s)
{
	VEC_RELEASE(&s->late_rows);
	VEC_RELEASE(&s->late);
}
