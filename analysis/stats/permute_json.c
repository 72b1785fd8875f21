/* permute_json.c - a permutation as summary.json has it. */
#include "jsonx.h"
#include "permute.h"

json_t *permutation_json(const struct permutation *p, double f_test_p)
{
	json_t *o = json_object();

	jsonx_put_or_why(o, "p", p->p, p->why);
	jsonx_put_or_why(o, "least_p", p->least, p->why);
	jsonx_put_or_why(o, "one_level_p", p->one_level, p->why);
	jsonx_put(o, "arrangements", json_integer((json_int_t)p->draws));
	jsonx_put(o, "exact", json_boolean(p->exact));
	jsonx_put(o, "unit", json_string(p->unit));
	jsonx_put(o, "says", json_string(permutation_says_name(permutation_compare(p, f_test_p))));
	return o;
}
