/* manifest_host.c - asks /proc, /etc and the kernel. */
#include "manifest_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fsx.h"
#include "jsonx.h"

#define MAX_PROC ((size_t)4 << 20)

/* The rest of the first line of a file that begins with `key`, behind `separator`; null if none. */
static json_t *value_in(const char *path, const char *key, char separator)
{
	struct str text = STR_INIT(MAX_PROC);
	json_t *value = NULL;

	if (fsx_read(path, MAX_PROC, &text, NULL))
		str_reset(&text);
	for (char *line = text.s, *next; line && *line && !value; line = next) {
		char *at;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		at = strchr(line, separator);
		at = at ? at + 1 : line + strlen(line);
		at += strspn(at, " \t\"");
		for (size_t len = strlen(at); len > 0 && strchr(" \t\"", at[len - 1]); len--)
			at[len - 1] = '\0';
		value = json_string(at);
	}
	str_release(&text);
	return value ? value : json_null();
}

static json_t *positive(double x)
{
	return x > 0 ? jsonx_number(x) : json_null();
}

json_t *manifest_host(void)
{
	char name[256] = "";
	struct utsname kernel;
	json_t *host = json_object();

	if (gethostname(name, sizeof(name) - 1))
		name[0] = '\0';
	json_object_set_new(host, "hostname", name[0] ? json_string(name) : json_null());
	json_object_set_new(host, "cpu", value_in("/proc/cpuinfo", "model name", ':'));
	json_object_set_new(host, "cores", positive((double)sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(host, "memory_bytes",
		positive((double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE)));
	json_object_set_new(host, "os", value_in("/etc/os-release", "PRETTY_NAME=", '='));
	json_object_set_new(host, "kernel",
		uname(&kernel)
			? json_null()
			: json_sprintf("%s %s %s", kernel.sysname, kernel.release, kernel.machine));
	return host;
}
