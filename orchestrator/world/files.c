/* files.c - the soft limit is a default for old programs; the hard one is what may be used. */
#include "files.h"

#include <sys/resource.h>

uint32_t files_raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return UINT32_MAX;
	if (r.rlim_cur < r.rlim_max) {
		struct rlimit most = {.rlim_cur = r.rlim_max, .rlim_max = r.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &most) == 0)
			r = most;
	}
	return r.rlim_cur < UINT32_MAX ? (uint32_t)r.rlim_cur : UINT32_MAX;
}
