/* modes_json.c - humps as summary.json has them. */
#include "jsonx.h"
#include "modes.h"

static json_t *humps_json(const struct humps *h)
{
	json_t *o = json_object();

	jsonx_put(o, "n", json_integer((json_int_t)h->n));
	jsonx_put_or_why(o, "dip", h->dip, h->why);
	jsonx_put_or_why(o, "p", h->p, h->why);
	if (h->found) {
		jsonx_put(o, "split", jsonx_number(h->split));
		jsonx_put(o, "low", jsonx_number(h->low));
		jsonx_put(o, "high", jsonx_number(h->high));
		jsonx_put(o, "share_low", jsonx_number(h->share));
	}
	return o;
}

json_t *modes_json(const struct modes *m)
{
	json_t *o = json_object();

	jsonx_put(o, "where", json_string(modes_where_name(m->where)));
	jsonx_put(o, "plain", humps_json(&m->plain));
	jsonx_put(o, "within", humps_json(&m->within));
	return o;
}
