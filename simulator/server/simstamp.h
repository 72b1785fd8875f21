/* simstamp.h - when the bytes that wait in a socket came: the kernel's time of their segment.
 *
 * The kernel dates what it receives with wall time, from some time after the first socket of the
 * machine asks for it until the last such socket is closed: so one has to be kept open (the
 * listening one will do).  Two segments that wait may become one, with the time of the later. */
#ifndef SIMSERVER_SIMSTAMP_H
#define SIMSERVER_SIMSTAMP_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"

struct simstamp {
	ns at;       /* monotonic */
	ns wall;     /* the same instant, UTC */
	bool kernel; /* the kernel's time; else ours, when we looked */
};

/* Wants times for what this socket receives.  Where there are none it changes nothing. */
void simstamp_want(int fd);
/* How many of up to `max` waiting bytes came at one time, and when that was; 0, and our own time,
 * if nothing waits.  A time that cannot be right (after now, or before `earliest`: the wall clock
 * was set meanwhile) is not taken.  Nothing is read; `scratch` has room for `max` bytes. */
size_t simstamp_look(int fd, char *scratch, size_t max, ns earliest, struct simstamp *s);
/* Wall time minus monotonic time just now, to some tens of nanoseconds. */
ns simstamp_offset(void);

#endif
