/* say.c - errors, warnings, exit codes. */
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "jsonx.h"

int say_error(const struct err *e)
{
	char safe[sizeof(e->msg)];

	fprintf(stderr, "chimera: %s\n", err_quote(safe, sizeof(safe), e->msg));
	if (e->hint[0])
		fprintf(stderr, "hint: %s\n", err_quote(safe, sizeof(safe), e->hint));
	return (int)e->code;
}

void say_warning(const char *text)
{
	char safe[600];

	fprintf(stderr, "chimera: warning: %s\n", err_quote(safe, sizeof(safe), text));
}

void say_warnings(const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");
		char *one = xstrndup(lines, len);

		say_warning(one);
		free(one);
		lines += len + (lines[len] == '\n');
	}
}

void say_json(json_t *object)
{
	struct str out = STR_INIT(STR_MAX_FILE);

	jsonx_dump(&out, object, 2, false);
	printf("%s\n", out.s);
	str_release(&out);
	json_decref(object);
}

const char *say_safe(const char *text)
{
	static char ring[8][1001];
	static size_t next;
	char *one = ring[next++ % COUNTOF(ring)];

	return err_quote(one, sizeof(ring[0]), text);
}

int exit_worse(int a, int b)
{
	static const int order[] = {ERR_INTERRUPTED, ERR_JOURNAL, ERR_USAGE, ERR_ENV, ERR_DATA, 1,
		EXIT_FAILED_REQUESTS};

	for (size_t i = 0; i < COUNTOF(order); i++) {
		if (a == order[i] || b == order[i])
			return order[i];
	}
	return EXIT_FINE;
}

static int colours(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && no[0]);
}

const char *say_bold(void)
{
	return colours() ? "\033[1m" : "";
}

const char *say_plain(void)
{
	return colours() ? "\033[0m" : "";
}
