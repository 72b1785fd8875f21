/* look.c - widths so far, against the width asked for. */
#include "look.h"

#include <math.h>
#include <stdio.h>

#include "num.h"
#include "precision.h"

static void describe(struct look *l, const struct precision *p, const char *why)
{
	char found[NUM_TEXT], asked[NUM_TEXT];

	num_sig(asked, 100 * l->until, 2);
	if (isnan(l->widest))
		snprintf(l->text, sizeof(l->text),
			"after pass %u: how well the ratios are known cannot be told yet: %s",
			l->pass, why);
	else
		snprintf(l->text, sizeof(l->text),
			"after pass %u: ratios are known within %s %% (the widest: %s, %s); asked "
			"for: %s %%",
			l->pass, num_sig(found, 100 * l->widest, 2), p->factor,
			metric_specs[p->metric].column, asked);
}

bool look_enough(void *arg, uint32_t pass)
{
	struct look *l = arg;
	struct precision p = {.widest = NAN};
	struct err e = ERR_INIT;
	struct dataset d;

	l->made = true;
	l->pass = pass;
	l->widest = NAN;
	if (dataset_from_run(&d, l->dir, &e)) {
		describe(l, &p, e.msg);
	} else {
		precision_find(&p, &d);
		l->widest = p.widest;
		describe(l, &p, p.why ? p.why : "no reason is known");
		dataset_release(&d);
	}
	return l->widest <= l->until; /* false for NaN */
}

void look_tell(void *arg)
{
	const struct look *l = arg;

	if (l->tell)
		l->tell(l->tell_arg, l->text);
}
