/* lag.c - see lag.h */
#include "lag.h"

void lag_add(struct lag *l, ns ended, ns length)
{
	if (length < 0)
		length = 0;
	while (l->n > 0 && l->step[l->n - 1].length <= length)
		l->n--;
	if (l->n == LAG_STEPS) { /* overstates the newest rather than forget the older */
		l->step[l->n - 1].ended = ended;
		return;
	}
	l->step[l->n].ended = ended;
	l->step[l->n].length = length;
	l->n++;
}

ns lag_max(const struct lag *l, ns since)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->step[i].ended >= since)
			return l->step[i].length;
	return 0;
}
