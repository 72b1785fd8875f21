/* clockfacts.c - asks /sys, /proc and the kernel. */
#include "clockfacts.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bug.h"
#include "clockfacts_dated.h"
#include "fsx.h"
#include "num.h"

#define MAX_TEXT  4096
#define GOVERNORS "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"
#define SOURCE    "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define LOOKS     1000 /* at the clock, of which one is the mean */
#define ROUNDS    5    /* of which the least counts: the others were disturbed */

/* The first word of a small file; "" if there is none. */
static void read_word(char *dst, size_t size, const char *path)
{
	struct str text = STR_INIT(MAX_TEXT);

	dst[0] = '\0';
	if (!fsx_read(path, MAX_TEXT, &text, NULL))
		snprintf(dst, size, "%.*s", (int)strcspn(text.s, " \t\n"), text.s);
	str_release(&text);
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *s = list; (s = strstr(s, word)); s += len) {
		bool begins = s == list || s[-1] == ' ', ends = s[len] == '\0' || s[len] == ',';

		if (begins && ends)
			return true;
	}
	return false;
}

void clockfacts_governor(char *dst, size_t size, const char *root)
{
	char *pattern = xasprintf("%s" GOVERNORS, root);
	char word[CLOCKFACTS_WORD];
	glob_t found = {0};

	dst[0] = '\0';
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			size_t used = strlen(dst);

			read_word(word, sizeof(word), found.gl_pathv[i]);
			if (word[0] && !has_word(dst, word))
				snprintf(dst + used, size - used, "%s%s", used ? ", " : "", word);
		}
	}
	globfree(&found);
	free(pattern);
}

/* "0.41 0.35 0.30 1/80 1234" */
static double load_now(const char *root)
{
	char *path = xasprintf("%s/proc/loadavg", root);
	char word[CLOCKFACTS_WORD];
	double load;

	read_word(word, sizeof(word), path);
	free(path);
	return num_parse(word, strlen(word), &load) ? load : (double)NAN;
}

static ns time_of_a_look(void)
{
	ns least = INT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		ns before = clock_mono(), after = before;

		for (int i = 0; i < LOOKS; i++)
			after = clock_mono();
		if (after - before < least)
			least = after - before;
	}
	return least / LOOKS;
}

void clockfacts_find(struct clockfacts *f, const char *root)
{
	char *source = xasprintf("%s" SOURCE, root);
	struct utsname kernel;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	*f = (struct clockfacts){.cores = cores > 0 ? (int)cores : 0};
	read_word(f->source, sizeof(f->source), source);
	free(source);
	clockfacts_governor(f->governor, sizeof(f->governor), root);
	if (uname(&kernel) == 0)
		snprintf(f->kernel, sizeof(f->kernel), "%.60s %.60s %.60s", kernel.sysname,
			kernel.release, kernel.machine);
	f->load = load_now(root);
	f->reading = time_of_a_look();
	f->dated = clockfacts_dated(f->undated_why, sizeof(f->undated_why), &f->dated_late);
}
