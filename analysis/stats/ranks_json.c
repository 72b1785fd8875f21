/* ranks_json.c - tests by ranks as summary.json has them. */
#include "jsonx.h"
#include "ranks.h"

json_t *ranks_test_json(const struct ranks_test *t)
{
	json_t *o = json_object();

	jsonx_put(o, "statistic", jsonx_number(t->statistic));
	jsonx_put(o, "p", jsonx_number(t->p));
	jsonx_put(o, "least_p", jsonx_number(t->least));
	jsonx_put(o, "exact", json_boolean(t->exact));
	if (t->why)
		jsonx_put(o, "why", json_string(t->why));
	return o;
}

json_t *ranks_shift_json(const struct ranks_shift *s)
{
	json_t *o = json_object();

	jsonx_put(o, "estimate", jsonx_number(s->estimate));
	jsonx_put(o, "low", jsonx_number(s->low));
	jsonx_put(o, "high", jsonx_number(s->high));
	jsonx_put(o, "coverage", jsonx_number(s->coverage));
	jsonx_put(o, "exact", json_boolean(s->exact));
	if (s->why)
		jsonx_put(o, "why", json_string(s->why));
	return o;
}
