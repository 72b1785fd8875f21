/* test_opt.c - command lines as people type them. */
#include <stdio.h>
#include <string.h>

#include "opt.h"
#include "str.h"
#include "unit.h"

static const struct opt table[] = {
	{.name = "", .help = "Options"},
	{.name = "server", .letter = 's', .value = "URL", .help = "server to ask", .id = 1},
	{.name = "out", .letter = 'o', .value = "DIR", .help = "run directory", .id = 2},
	{.name = "quiet", .letter = 'q', .help = "no progress", .id = 3},
	{.name = "verbose", .letter = 'v', .help = "more words", .id = 4},
	{.name = "", .help = "Rare ones"},
	{.name = "num-gpu", .value = "N", .help = "layers on the GPU", .id = 5},
	{.name = "an-option-with-a-long-name", .value = "SOMETHING", .help = "long", .id = 6},
	{.name = NULL},
};

/* Writes down what it is told: "name=text " or "name " or "[operand] ". */
static int note(const struct opt *opt, const char *text, void *arg, struct err *e)
{
	struct str *log = arg;

	if (!opt)
		str_addf(log, "[%s] ", text);
	else if (text)
		str_addf(log, "%s=%s ", opt->name, text);
	else
		str_addf(log, "%s ", opt->name);
	if (text && strcmp(text, "bad") == 0)
		return err_set(e, ERR_USAGE, "bad is bad");
	if (text && strcmp(text, "disk") == 0) {
		err_set(e, ERR_ENV, "disk is full");
		return -1;
	}
	return 0;
}

/* Splits `line` at blanks ('_' stands for an empty argument) and parses it. */
static int parse_line(const char *line, struct str *log, struct err *e)
{
	char copy[200], *words[20], *rest = copy, *word;
	int n = 1;

	words[0] = copy;
	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, " ")))
		words[n++] = strcmp(word, "_") == 0 ? word + 1 : word;
	/* Not ended by NULL: argc is what counts. */
	words[n] = (char *)(uintptr_t) "--beyond";
	return opt_parse(table, "chimera run", line[0] ? n : 1, words, note, log, e);
}

static void test_accepts(void **state)
{
	static const struct {
		const char *line, *log;
	} cases[] = {
		{"", ""},
		{"a b", "[a] [b] "},
		{"--quiet", "quiet "},
		{"-q", "quiet "},
		{"-qv", "quiet verbose "},
		{"--out=x", "out=x "},
		{"--out x", "out=x "},
		{"--out=", "out= "},
		{"--out _", "out= "},
		{"--out=a=b", "out=a=b "},
		{"-ox", "out=x "},
		{"-o x", "out=x "},
		{"-qox y", "quiet out=x [y] "},
		{"-qo x", "quiet out=x "},
		{"--num-gpu -1", "num-gpu=-1 "},
		{"--num-gpu=-1", "num-gpu=-1 "},
		{"-o -q", "out=-q "},
		{"a --quiet b", "[a] quiet [b] "},
		{"-- --quiet -q a", "[--quiet] [-q] [a] "},
		{"--out -- a", "out=-- [a] "},
		{"-", "[-] "},
		{"_", "[] "},
		{"--server a --server b", "server=a server=b "},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str log = STR_INIT(1000);
		struct err e = ERR_INIT;

		assert_int_equal(parse_line(cases[i].line, &log, &e), 0);
		assert_string_equal(log.s, cases[i].log);
		assert_int_equal(e.code, ERR_NONE);
		str_release(&log);
	}
}

static void test_refuses(void **state)
{
	static const char *const general = "chimera run --help lists the options";
	static const struct {
		const char *line, *msg, *hint; /* NULL: the general one */
	} cases[] = {
		{"--sever=x", "unknown option --sever",
			"did you mean --server? chimera run --help lists the options"},
		{"--quite", "unknown option --quite",
			"did you mean --quiet? chimera run --help lists the options"},
		{"--something-else", "unknown option --something-else", NULL},
		{"--=x", "unknown option --", NULL},
		{"-x", "unknown option -x", NULL},
		{"-qx", "unknown option -x", NULL},
		{"-1", "unknown option -1", NULL},
		{"--out", "--out needs a value: --out=DIR", NULL},
		{"-o", "--out needs a value: --out=DIR", NULL},
		{"-qo", "--out needs a value: --out=DIR", NULL},
		{"--quiet=1", "--quiet takes no value", NULL},
		{"--out bad", "bad is bad", NULL},
		{"bad", "bad is bad", NULL},
		{"disk", "disk is full", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str log = STR_INIT(1000);
		struct err e = ERR_INIT;

		assert_int_equal(parse_line(cases[i].line, &log, &e), -1);
		assert_string_equal(e.msg, cases[i].msg);
		assert_string_equal(e.hint, cases[i].hint ? cases[i].hint : general);
		if (strcmp(cases[i].line, "disk") != 0)
			assert_int_equal(e.code, ERR_USAGE);
		assert_int_equal(parse_line(cases[i].line, &log, NULL), -1);
		str_release(&log);
	}
}

static void test_help(void **state)
{
	struct str out = STR_INIT(5000);

	(void)state;
	opt_help(table, &out);
	assert_string_equal(out.s,
		"Options:\n"
		"  -s, --server=URL  server to ask\n"
		"  -o, --out=DIR     run directory\n"
		"  -q, --quiet       no progress\n"
		"  -v, --verbose     more words\n"
		"\n"
		"Rare ones:\n"
		"      --num-gpu=N   layers on the GPU\n"
		"      --an-option-with-a-long-name=SOMETHING\n"
		"                    long\n");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
