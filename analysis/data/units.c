/* units.c - spellings of units. */
#include "units.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "num.h"

static const struct {
	const char *spelling;
	struct unit unit;
} known[] = {
	{"ns", {"ns", UNIT_TIME, 1e-9}},
	{"nanoseconds", {"ns", UNIT_TIME, 1e-9}},
	{"us", {"us", UNIT_TIME, 1e-6}},
	{"\xc2\xb5s", {"us", UNIT_TIME, 1e-6}},
	{"\xce\xbcs", {"us", UNIT_TIME, 1e-6}},
	{"microseconds", {"us", UNIT_TIME, 1e-6}},
	{"ms", {"ms", UNIT_TIME, 1e-3}},
	{"msec", {"ms", UNIT_TIME, 1e-3}},
	{"milliseconds", {"ms", UNIT_TIME, 1e-3}},
	{"s", {"s", UNIT_TIME, 1}},
	{"sec", {"s", UNIT_TIME, 1}},
	{"secs", {"s", UNIT_TIME, 1}},
	{"seconds", {"s", UNIT_TIME, 1}},
	{"min", {"min", UNIT_TIME, 60}},
	{"minutes", {"min", UNIT_TIME, 60}},
	{"h", {"h", UNIT_TIME, 3600}},
	{"hours", {"h", UNIT_TIME, 3600}},
	{"tok/s", {"tok/s", UNIT_RATE, 1}},
	{"tok_s", {"tok/s", UNIT_RATE, 1}},
	{"t/s", {"tok/s", UNIT_RATE, 1}},
	{"tokens/s", {"tok/s", UNIT_RATE, 1}},
	{"tokens/sec", {"tok/s", UNIT_RATE, 1}},
	{"tokens_s", {"tok/s", UNIT_RATE, 1}},
	{"tokens_per_s", {"tok/s", UNIT_RATE, 1}},
	{"tokens_per_sec", {"tok/s", UNIT_RATE, 1}},
	{"tokens_per_second", {"tok/s", UNIT_RATE, 1}},
	{"tps", {"tok/s", UNIT_RATE, 1}},
	{"req/s", {"req/s", UNIT_RATE, 1}},
	{"requests/s", {"req/s", UNIT_RATE, 1}},
	{"req_s", {"req/s", UNIT_RATE, 1}},
	{"rps", {"req/s", UNIT_RATE, 1}},
	{"qps", {"req/s", UNIT_RATE, 1}},
	{"1/s", {"1/s", UNIT_RATE, 1}},
	{"hz", {"1/s", UNIT_RATE, 1}},
	{"b", {"B", UNIT_BYTES, 1}},
	{"bytes", {"B", UNIT_BYTES, 1}},
	{"kb", {"kB", UNIT_BYTES, 1e3}},
	{"mb", {"MB", UNIT_BYTES, 1e6}},
	{"gb", {"GB", UNIT_BYTES, 1e9}},
	{"kib", {"KiB", UNIT_BYTES, 1024}},
	{"mib", {"MiB", UNIT_BYTES, 1048576}},
	{"gib", {"GiB", UNIT_BYTES, 1073741824}},
	{"%", {"%", UNIT_SHARE, 0.01}},
	{"percent", {"%", UNIT_SHARE, 0.01}},
	{"pct", {"%", UNIT_SHARE, 0.01}},
	{"w", {"W", UNIT_OTHER, 1}},
	{"watts", {"W", UNIT_OTHER, 1}},
	{"j", {"J", UNIT_OTHER, 1}},
};

static const struct unit none = {"", UNIT_OTHER, 1};

struct unit unit_named(const char *s, size_t len)
{
	for (size_t i = 0; i < COUNTOF(known); i++) {
		if (strlen(known[i].spelling) == len && strncasecmp(known[i].spelling, s, len) == 0)
			return known[i].unit;
	}
	return none;
}

/* "latency (ms)", "rate [tok/s]". */
static struct unit in_brackets(const char *s, size_t len)
{
	size_t from = len - 1;
	char open = s[len - 1] == ')' ? '(' : '[';

	while (from > 0 && s[from - 1] != open)
		from--;
	return from > 0 ? unit_named(s + from, len - 1 - from) : none;
}

struct unit unit_of_heading(const char *heading)
{
	size_t len = strlen(heading);
	struct unit unit = none;

	while (len > 0 && heading[len - 1] == ' ')
		len--;
	if (len > 2 && (heading[len - 1] == ')' || heading[len - 1] == ']'))
		return in_brackets(heading, len);
	/* The longest ending that is a unit: "tokens_per_s" before "s".  A heading that is nothing
	 * but a short unit ("s", "b", "h") says nothing. */
	for (size_t from = 0; from < len && !unit.name[0]; from++) {
		bool begins = from == 0 || strchr("_ .-", heading[from - 1]);

		if (begins && (from > 0 || len > 2))
			unit = unit_named(heading + from, len - from);
	}
	return unit;
}

bool unit_number(const char *s, size_t len, double *number, struct unit *unit)
{
	size_t end, from;

	while (len > 0 && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	*unit = none;
	if (num_parse(s, len, number))
		return true;
	for (end = 0; end < len && strchr("0123456789.+-eE", s[end]) && s[end]; end++)
		;
	/* "5e" of "5 em" is no exponent. */
	while (end > 0 && !isdigit((unsigned char)s[end - 1]) && s[end - 1] != '.')
		end--;
	for (from = end; from < len && s[from] == ' '; from++)
		;
	*unit = unit_named(s + from, len - from);
	return unit->name[0] && num_parse(s, end, number);
}
