/* units.c - spellings of units. */
#include "units.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "num.h"

#define DEGREE "\xc2\xb0"

/* Units of one base are converted into each other; a kind with one base only names none. */
static const struct {
	const char *spelling;
	struct unit unit;
	const char *base;
} known[] = {
	{"ns", {"ns", UNIT_TIME, 1e-9}, NULL},
	{"nsec", {"ns", UNIT_TIME, 1e-9}, NULL},
	{"nanosecond", {"ns", UNIT_TIME, 1e-9}, NULL},
	{"nanoseconds", {"ns", UNIT_TIME, 1e-9}, NULL},
	{"us", {"us", UNIT_TIME, 1e-6}, NULL},
	{"usec", {"us", UNIT_TIME, 1e-6}, NULL},
	{"\xc2\xb5s", {"us", UNIT_TIME, 1e-6}, NULL},
	{"\xce\xbcs", {"us", UNIT_TIME, 1e-6}, NULL},
	{"microsecond", {"us", UNIT_TIME, 1e-6}, NULL},
	{"microseconds", {"us", UNIT_TIME, 1e-6}, NULL},
	{"ms", {"ms", UNIT_TIME, 1e-3}, NULL},
	{"msec", {"ms", UNIT_TIME, 1e-3}, NULL},
	{"msecs", {"ms", UNIT_TIME, 1e-3}, NULL},
	{"millis", {"ms", UNIT_TIME, 1e-3}, NULL},
	{"millisecond", {"ms", UNIT_TIME, 1e-3}, NULL},
	{"milliseconds", {"ms", UNIT_TIME, 1e-3}, NULL},
	{"s", {"s", UNIT_TIME, 1}, NULL},
	{"sec", {"s", UNIT_TIME, 1}, NULL},
	{"secs", {"s", UNIT_TIME, 1}, NULL},
	{"seconds", {"s", UNIT_TIME, 1}, NULL},
	{"min", {"min", UNIT_TIME, 60}, NULL},
	{"mins", {"min", UNIT_TIME, 60}, NULL},
	{"minutes", {"min", UNIT_TIME, 60}, NULL},
	{"h", {"h", UNIT_TIME, 3600}, NULL},
	{"hours", {"h", UNIT_TIME, 3600}, NULL},
	{"tok/s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tok/sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"toks/s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"toks/sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tok_s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tok_sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tok_per_s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tok_per_sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tok_per_second", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"toks_per_s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"toks_per_sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"t/s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"token/s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"token/sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"token/second", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens/s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens/sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens/second", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens_s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens_sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"token_per_s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"token_per_sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"token_per_second", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens_per_s", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens_per_sec", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens_per_second", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tokens per second", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"tps", {"tok/s", UNIT_RATE, 1}, "tok/s"},
	{"req/s", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"req/sec", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"reqs/s", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"request/s", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"requests/s", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"requests/sec", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"requests/second", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"req_s", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"req_per_s", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"req_per_sec", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"requests_per_s", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"requests_per_sec", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"requests_per_second", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"requests per second", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"queries_per_second", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"rps", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"qps", {"req/s", UNIT_RATE, 1}, "req/s"},
	{"req/min", {"req/min", UNIT_RATE, 1.0 / 60}, "req/s"},
	{"requests/min", {"req/min", UNIT_RATE, 1.0 / 60}, "req/s"},
	{"requests/minute", {"req/min", UNIT_RATE, 1.0 / 60}, "req/s"},
	{"request_per_minute", {"req/min", UNIT_RATE, 1.0 / 60}, "req/s"},
	{"requests_per_minute", {"req/min", UNIT_RATE, 1.0 / 60}, "req/s"},
	{"tok/min", {"tok/min", UNIT_RATE, 1.0 / 60}, "tok/s"},
	{"tokens/min", {"tok/min", UNIT_RATE, 1.0 / 60}, "tok/s"},
	{"tokens/minute", {"tok/min", UNIT_RATE, 1.0 / 60}, "tok/s"},
	{"token_per_minute", {"tok/min", UNIT_RATE, 1.0 / 60}, "tok/s"},
	{"tokens_per_minute", {"tok/min", UNIT_RATE, 1.0 / 60}, "tok/s"},
	{"1/s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"samples_s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"images_s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"items_s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"ops_s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"it/s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"ops/s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"ops/sec", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"items/s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"samples/s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"samples/sec", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"images/s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"images/sec", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"per_s", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"per_sec", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"per_second", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"hz", {"1/s", UNIT_RATE, 1}, "1/s"},
	{"khz", {"kHz", UNIT_RATE, 1e3}, "1/s"},
	{"mhz", {"MHz", UNIT_RATE, 1e6}, "1/s"},
	{"ghz", {"GHz", UNIT_RATE, 1e9}, "1/s"},
	{"b", {"B", UNIT_BYTES, 1}, NULL},
	{"byte", {"B", UNIT_BYTES, 1}, NULL},
	{"bytes", {"B", UNIT_BYTES, 1}, NULL},
	{"kb", {"kB", UNIT_BYTES, 1e3}, NULL},
	{"mb", {"MB", UNIT_BYTES, 1e6}, NULL},
	{"gb", {"GB", UNIT_BYTES, 1e9}, NULL},
	{"tb", {"TB", UNIT_BYTES, 1e12}, NULL},
	{"kib", {"KiB", UNIT_BYTES, 1024}, NULL},
	{"mib", {"MiB", UNIT_BYTES, 1048576}, NULL},
	{"gib", {"GiB", UNIT_BYTES, 1073741824}, NULL},
	{"%", {"%", UNIT_SHARE, 0.01}, NULL},
	{"percent", {"%", UNIT_SHARE, 0.01}, NULL},
	{"percentage", {"%", UNIT_SHARE, 0.01}, NULL},
	{"pct", {"%", UNIT_SHARE, 0.01}, NULL},
	{"w", {"W", UNIT_OTHER, 1}, "W"},
	{"watt", {"W", UNIT_OTHER, 1}, "W"},
	{"watts", {"W", UNIT_OTHER, 1}, "W"},
	{"mw", {"mW", UNIT_OTHER, 1e-3}, "W"},
	{"kw", {"kW", UNIT_OTHER, 1e3}, "W"},
	{"j", {"J", UNIT_OTHER, 1}, "J"},
	{"joule", {"J", UNIT_OTHER, 1}, "J"},
	{"joules", {"J", UNIT_OTHER, 1}, "J"},
	{"kj", {"kJ", UNIT_OTHER, 1e3}, "J"},
	{"wh", {"Wh", UNIT_OTHER, 3600}, "J"},
	{"kwh", {"kWh", UNIT_OTHER, 3.6e6}, "J"},
	{DEGREE "c", {DEGREE "C", UNIT_OTHER, 1}, "C"},
	{"celsius", {DEGREE "C", UNIT_OTHER, 1}, "C"},
	{"degc", {DEGREE "C", UNIT_OTHER, 1}, "C"},
	{"deg_c", {DEGREE "C", UNIT_OTHER, 1}, "C"},
	{"b/s", {"B/s", UNIT_OTHER, 1}, "B/s"},
	{"kb/s", {"kB/s", UNIT_OTHER, 1e3}, "B/s"},
	{"mb/s", {"MB/s", UNIT_OTHER, 1e6}, "B/s"},
	{"gb/s", {"GB/s", UNIT_OTHER, 1e9}, "B/s"},
	{"tb/s", {"TB/s", UNIT_OTHER, 1e12}, "B/s"},
	{"mib/s", {"MiB/s", UNIT_OTHER, 1048576}, "B/s"},
	{"gib/s", {"GiB/s", UNIT_OTHER, 1073741824}, "B/s"},
	{"kb_s", {"kB/s", UNIT_OTHER, 1e3}, "B/s"},
	{"mb_s", {"MB/s", UNIT_OTHER, 1e6}, "B/s"},
	{"gb_s", {"GB/s", UNIT_OTHER, 1e9}, "B/s"},
	{"mib_s", {"MiB/s", UNIT_OTHER, 1048576}, "B/s"},
	{"gib_s", {"GiB/s", UNIT_OTHER, 1073741824}, "B/s"},
	{"gflops", {"GFLOPS", UNIT_OTHER, 1e9}, "FLOPS"},
	{"gflop/s", {"GFLOPS", UNIT_OTHER, 1e9}, "FLOPS"},
	{"tflops", {"TFLOPS", UNIT_OTHER, 1e12}, "FLOPS"},
	{"tflop/s", {"TFLOPS", UNIT_OTHER, 1e12}, "FLOPS"},
};

static const struct unit none = {"", UNIT_OTHER, 1};
/* Bytes of a spelling. */
#define LONGEST 20

static int find(const char *s, size_t len)
{
	char first = (char)tolower((unsigned char)s[0]);

	for (size_t i = 0; i < COUNTOF(known); i++) {
		if (known[i].spelling[0] == first && strlen(known[i].spelling) == len &&
			strncasecmp(known[i].spelling, s, len) == 0)
			return (int)i;
	}
	return -1;
}

struct unit unit_named(const char *s, size_t len)
{
	int at = len > 0 && len <= LONGEST ? find(s, len) : -1;

	return at < 0 ? none : known[at].unit;
}

/* The unit that those of its kind are told in: "tok/s" and "req/s" are both rates, yet no figure of
 * one is one of the other. */
static const char *base_of(const struct unit *u)
{
	for (size_t i = 0; i < COUNTOF(known); i++) {
		if (strcmp(known[i].unit.name, u->name) == 0)
			return known[i].base;
	}
	return u->name;
}

static double whole(double x)
{
	double near = round(x);

	return fabs(x - near) < near * 1e-12 ? near : x;
}

double unit_factor(const struct unit *from, const struct unit *to)
{
	const char *a, *b;

	if (strcmp(from->name, to->name) == 0)
		return 1;
	a = base_of(from);
	b = base_of(to);
	if (from->kind != to->kind || (a && (!b || strcmp(a, b) != 0)) || (!a && b))
		return NAN;
	/* What is a whole number stays one: 1e-3 / 1e-9 is not quite 1e6. */
	return from->factor < to->factor ? 1 / whole(to->factor / from->factor)
					 : whole(from->factor / to->factor);
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
