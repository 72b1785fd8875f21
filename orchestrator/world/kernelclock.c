/* kernelclock.c - see kernelclock.h */
#include "kernelclock.h"

#define READ_EVERY NS_PER_MS
#define TIGHT      (2 * NS_PER_US) /* a reading that was not pre-empted */
#define TRIES      4
#define LEAST_STEP (20 * NS_PER_US)
#define FORGIVEN   (2 * NS_PER_US)

static ns distance(ns a, ns b)
{
	return a > b ? a - b : b - a;
}

void kernelclock_read(struct kernelclock *k, ns before, ns wall, ns after)
{
	ns offset = wall - before - (after - before) / 2, width = after - before;

	k->read_at = after;
	if (k->known && distance(offset, k->offset) > LEAST_STEP + width / 2 + k->width / 2) {
		k->steps++;
		k->sure_since = after;
	} else if (k->known && width >= k->width) {
		return; /* not known better than before */
	} else if (!k->known) {
		k->sure_since = NS_NONE;
	}
	k->known = true;
	k->offset = offset;
	k->width = width;
}

ns kernelclock_map(const struct kernelclock *k, ns wall, ns earliest, ns now)
{
	ns at = wall - k->offset, slack = FORGIVEN + k->width / 2;

	if (!k->known || wall <= 0)
		return NS_NONE;
	if (k->sure_since != NS_NONE && at < k->sure_since)
		return NS_NONE;
	if (at > now + slack || (earliest != NS_NONE && at < earliest - slack))
		return NS_NONE;
	if (at > now)
		return now;
	return earliest != NS_NONE && at < earliest ? earliest : at;
}

void kernelclock_look(struct kernelclock *k, ns now)
{
	if (k->known && now - k->read_at < READ_EVERY)
		return;
	for (int i = 0; i < TRIES; i++) {
		ns before = clock_mono(), wall = clock_wall(), after = clock_mono();

		if (after - before <= TIGHT || i == TRIES - 1) {
			kernelclock_read(k, before, wall, after);
			return;
		}
	}
}
