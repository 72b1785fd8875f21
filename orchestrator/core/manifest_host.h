/* manifest_host.h - the machine that the client runs on, for manifest.json. */
#ifndef CORE_MANIFEST_HOST_H
#define CORE_MANIFEST_HOST_H

#include <jansson.h>

/* {hostname, cpu, cores, memory_bytes, os, kernel}; what cannot be found out is null.  New
 * reference. */
json_t *manifest_host(void);

#endif
