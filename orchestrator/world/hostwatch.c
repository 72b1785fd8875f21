/* hostwatch.c - see hostwatch.h */
#include "hostwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "num.h"

#define READ_EVERY     (100 * NS_PER_MS)
#define THROTTLE_EVERY NS_PER_S
#define MAX_TEXT       ((size_t)32 << 10)
#define THROTTLE_FILES "/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/package_throttle_count"

/* ---- the kernel's texts ---- */

/* A count without sign, ended by the end of its line; -1 if it is none. */
static int64_t number(const char *s, size_t len)
{
	int64_t n;

	if (len == 0 || *s < '0' || *s > '9' || !num_parse_int(s, len, &n))
		return -1;
	return n;
}

/* The rest of the line that begins with `word`; NULL if there is none.  A last line without its
 * newline was cut, and may be a part of a number. */
static const char *after_word(const char *text, size_t len, const char *word, size_t *rest)
{
	size_t word_len = strlen(word);

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		if (!end)
			return NULL;
		if (line >= word_len && memcmp(text, word, word_len) == 0) {
			*rest = line - word_len;
			return text + word_len;
		}
		text += line + 1;
		len -= line + 1;
	}
	return NULL;
}

int64_t hostwatch_read_swap(const char *vmstat, size_t len)
{
	size_t rest = 0;
	const char *s = after_word(vmstat, len, "pswpin ", &rest);

	return s ? number(s, rest) : -1;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234", in microseconds. */
ns hostwatch_read_stall(const char *pressure, size_t len)
{
	static const char total[] = " total=";
	size_t rest = 0;
	const char *s = after_word(pressure, len, "some", &rest);
	const char *t = s ? memmem(s, rest, total, sizeof(total) - 1) : NULL;
	int64_t us;

	if (!t)
		return NS_NONE;
	t += sizeof(total) - 1;
	us = number(t, rest - (size_t)(t - s));
	return us < 0 || us > INT64_MAX / NS_PER_US ? NS_NONE : us * NS_PER_US;
}

int64_t hostwatch_read_count(const char *text, size_t len)
{
	if (len == 0 || text[len - 1] != '\n')
		return -1;
	return number(text, len - 1);
}

/* ---- files ---- */

static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static int open_under(const char *root, const char *path)
{
	char *full = xasprintf("%s%s", root, path);
	int fd = open_file(full);

	free(full);
	return fd;
}

/* The file from its beginning; the kernel makes these texts anew for every read.  Length 0 if it
 * cannot be read. */
static size_t read_again(int fd, char text[static MAX_TEXT])
{
	size_t len = 0;

	while (fd >= 0 && len < MAX_TEXT) {
		ssize_t got = pread(fd, text + len, MAX_TEXT - len, (off_t)len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	return len;
}

static void open_throttle(struct hostwatch *w, const char *root)
{
	char *pattern = xasprintf("%s" THROTTLE_FILES, root);
	glob_t found = {0};

	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
		size_t every = (found.gl_pathc + HOSTWATCH_CPUS - 1) / HOSTWATCH_CPUS;

		for (size_t i = 0; i < found.gl_pathc; i += every) {
			int fd = open_file(found.gl_pathv[i]);

			if (fd >= 0)
				w->throttle[w->nthrottle++] = fd;
		}
	}
	globfree(&found);
	free(pattern);
}

void hostwatch_open(struct hostwatch *w, const char *root)
{
	*w = (struct hostwatch){.read_at = NS_NONE, .throttle_read_at = NS_NONE};
	w->vmstat = open_under(root, "/proc/vmstat");
	w->pressure = open_under(root, "/proc/pressure/memory");
	open_throttle(w, root);
}

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void hostwatch_close(struct hostwatch *w)
{
	close_file(&w->vmstat);
	close_file(&w->pressure);
	for (size_t i = 0; i < w->nthrottle; i++)
		close_file(&w->throttle[i]);
	w->nthrottle = 0;
}

/* ---- looking ---- */

static ns asleep(void)
{
	for (int tries = 0;; tries++) {
		ns before = clock_mono(), boot = clock_boot(), after = clock_mono();

		if (after - before < NS_PER_MS || tries == 9) /* not pre-empted in between */
			return boot - before;
	}
}

/* The sum; one that cannot be read makes it unknown, since a smaller sum would mislead. */
static int64_t throttle_counts(const struct hostwatch *w, char *text)
{
	int64_t sum = w->nthrottle ? 0 : -1;

	for (size_t i = 0; i < w->nthrottle; i++) {
		int64_t n = hostwatch_read_count(text, read_again(w->throttle[i], text));

		if (n < 0 || n > INT64_MAX - sum)
			return -1;
		sum += n;
	}
	return sum;
}

static bool is_old(ns read_at, ns now, ns every)
{
	return read_at == NS_NONE || now - read_at >= every;
}

struct host_counts hostwatch_look(struct hostwatch *w, ns now)
{
	struct host_counts counts = {.swapped_in = -1, .memory_stall = NS_NONE, .throttled = -1};
	char text[MAX_TEXT];

	if (w && is_old(w->read_at, now, READ_EVERY)) {
		w->last.swapped_in = hostwatch_read_swap(text, read_again(w->vmstat, text));
		w->last.memory_stall = hostwatch_read_stall(text, read_again(w->pressure, text));
		w->read_at = now;
	}
	if (w && is_old(w->throttle_read_at, now, THROTTLE_EVERY)) {
		w->last.throttled = throttle_counts(w, text);
		w->throttle_read_at = now;
	}
	if (w)
		counts = w->last;
	counts.asleep = asleep();
	return counts;
}

/* The difference of two totals; unknown where one is, or where it went backwards. */
static int64_t grown(int64_t before, int64_t after, int64_t unknown)
{
	return before == unknown || after == unknown || after < before ? unknown : after - before;
}

void hostwatch_note(
	struct sample *s, const struct host_counts *before, const struct host_counts *after)
{
	s->slept = after->asleep - before->asleep;
	s->swapped_in = grown(before->swapped_in, after->swapped_in, -1);
	s->memory_stall = grown(before->memory_stall, after->memory_stall, NS_NONE);
	s->throttled = grown(before->throttled, after->throttled, -1);
}
