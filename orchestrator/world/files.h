/* files.h - how many files and sockets this process may have open. */
#ifndef WORLD_FILES_H
#define WORLD_FILES_H

#include <stdint.h>

/* Raises the limit as far as it may be, and says what it is then (UINT32_MAX: not known). */
uint32_t files_raise_limit(void);

#endif
