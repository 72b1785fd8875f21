/* clockfacts_dated.h - whether the kernel dates what is received, tried. */
#ifndef WORLD_CLOCKFACTS_DATED_H
#define WORLD_CLOCKFACTS_DATED_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"

/* True with the most that a byte was dated after its sending began; or false with the reason. */
bool clockfacts_dated(char *why, size_t size, ns *late);

#endif
