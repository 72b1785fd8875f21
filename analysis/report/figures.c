/* figures.c - numbers and words of reports. */
#include "figures.h"

#include <math.h>
#include <string.h>

#include "num.h"
#include "str.h"
#include "wording.h"

#define PLAIN_DIGITS 3
#define ROUGH_DIGITS 2

const char *figures_count(struct arena *a, uint64_t n, const char *singular)
{
	char text[NUM_TEXT];

	return arena_fmt(a, "%s %s%s", num_group(text, (int64_t)n), singular, n == 1 ? "" : "s");
}

const char *figures_number(struct arena *a, uint64_t n)
{
	static const char *const words[] = {"no", "one", "two", "three", "four", "five", "six",
		"seven", "eight", "nine", "ten"};
	char text[NUM_TEXT];

	if (n < COUNTOF(words))
		return words[n];
	return arena_str(a, num_group(text, (int64_t)n));
}

static const char *digits(struct arena *a, double x, int n)
{
	char text[NUM_TEXT];

	if (!isfinite(x))
		return NOT_GIVEN;
	if (fabs(x) >= 1000 && fabs(x) < 1e15)
		return arena_str(a, num_group(text, (int64_t)llround(x)));
	return arena_str(a, num_sig(text, x, n));
}

const char *figures_plain(struct arena *a, double x)
{
	return digits(a, x, PLAIN_DIGITS);
}

const char *figures_rough(struct arena *a, double x)
{
	return digits(a, x, ROUGH_DIGITS);
}

int figures_decimals(double x, double low, double high)
{
	int wanted = wording_decimals((high - low) / 2);
	int whole = isfinite(x) && x != 0 ? (int)floor(log10(fabs(x))) + 1 : 1;

	/* One digit remains however wide the interval is. */
	if (wanted < 1 - whole)
		wanted = 1 - whole;
	return wanted + whole > 5 ? 5 - whole : wanted;
}

bool figures_has_range(double low, double high)
{
	return isfinite(low) && isfinite(high) && high > low;
}

const char *figures_fixed(struct arena *a, double x, int decimals)
{
	char text[WORDING_TEXT];

	return arena_str(a, wording_fixed(text, x, decimals));
}

const char *figures_value(struct arena *a, double x, double low, double high)
{
	if (!isfinite(x))
		return NOT_GIVEN;
	return figures_has_range(low, high) ? figures_fixed(a, x, figures_decimals(x, low, high))
					    : figures_plain(a, x);
}

const char *figures_range(struct arena *a, double low, double high)
{
	int places = figures_decimals((low + high) / 2, low, high);

	if (!figures_has_range(low, high))
		return NOT_GIVEN;
	return arena_fmt(
		a, "%s to %s", figures_fixed(a, low, places), figures_fixed(a, high, places));
}

const char *figures_estimate(struct arena *a, double x, double low, double high, const char *unit)
{
	const char *gap = unit[0] ? " " : "";
	int places = figures_decimals(x, low, high);

	if (!isfinite(x))
		return NOT_GIVEN;
	if (!figures_has_range(low, high))
		return arena_fmt(a, "%s%s%s", figures_plain(a, x), gap, unit);
	return arena_fmt(a, "%s%s%s (%s to %s)", figures_fixed(a, x, places), gap, unit,
		figures_fixed(a, low, places), figures_fixed(a, high, places));
}

/* Above this ratio a change is told as a multiple: nobody reads "1,330 % more". */
#define TIMES_FROM 3

static struct change as_times(struct arena *a, double ratio, double low, double high)
{
	struct change c = {.text = arena_fmt(a, "%s times", figures_value(a, ratio, low, high)),
		.range = figures_has_range(low, high) ? figures_range(a, low, high) : "",
		.is_more = true,
		.is_times = true};

	return c;
}

struct change figures_change(
	struct arena *a, bool log, const char *unit, double ratio, double low, double high)
{
	double scale = log ? 100 : 1, none = log ? 1 : 0;
	double x = (ratio - none) * scale, from = (low - none) * scale, to = (high - none) * scale;
	struct change c = {.is_more = x >= 0};
	const char *behind = log ? " %" : unit[0] ? arena_fmt(a, " %s", unit) : "";
	int places;

	if (log && ratio >= TIMES_FROM)
		return as_times(a, ratio, low, high);
	if (x < 0) { /* told as a loss, the ends in the order of size */
		double end = from;

		from = -to;
		to = -end;
	}
	if (!figures_has_range(from, to)) {
		c.text = arena_fmt(a, "%s%s", figures_plain(a, fabs(x)), behind);
		c.range = "";
		return c;
	}
	places = figures_decimals(fmax(fabs(from), fabs(to)), from, to);
	c.text = arena_fmt(a, "%s%s", figures_fixed(a, fabs(x), places), behind);
	c.range = arena_fmt(
		a, "%s to %s", figures_fixed(a, from, places), figures_fixed(a, to, places));
	return c;
}

const char *figures_p(struct arena *a, double p)
{
	char text[NUM_TEXT];

	if (isnan(p))
		return NOT_GIVEN;
	if (p < 0.001)
		return "< 0.001";
	if (p > 0.99)
		return "> 0.99";
	return arena_str(a, num_sig(text, p, p < 0.1 ? 1 : 2));
}

const char *figures_capital(struct arena *a, const char *text)
{
	size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'");

	/* "num_ctx 8192", "http://...": a name is written as it is. */
	if (word == 0 || !strchr(" ,;:.", text[word]) || text[0] < 'a' || text[0] > 'z')
		return text;
	if (text[word] && text[word] != ' ' && text[word + 1] && text[word + 1] != ' ')
		return text; /* "otter:7b" */
	return arena_fmt(a, "%c%s", text[0] - 'a' + 'A', text + 1);
}

const char *figures_shell(struct arena *a, const char *word)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *kept;

	if (word[0] && word[0] != '-' &&
		strspn(word,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			"./_-:=+,@") == strlen(word))
		return word;
	str_addc(&text, '\'');
	for (const char *s = word; *s; s++) {
		if (*s == '\'')
			str_add(&text, "'\\''");
		else
			str_addc(&text, *s);
	}
	str_addc(&text, '\'');
	kept = arena_strn(a, text.s, text.len);
	str_release(&text);
	return kept;
}
