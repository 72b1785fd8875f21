/* report_words.c - numbers and names as they stand in sentences and tables. */
#include "report_internal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "num.h"
#include "str.h"
#include "wording.h"

#define PLAIN_DIGITS 3
#define ROUGH_DIGITS 2

const char *words_fmt(struct report *r, const char *fmt, ...)
{
	struct str text = STR_INIT(STR_MAX_LINE);
	const char *kept;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	kept = arena_strn(&r->arena, text.s, text.len);
	str_release(&text);
	return kept;
}

const char *words_quote(struct report *r, const char *text)
{
	char line[600];

	if (r->doc)
		return doc_quote(r->doc, text);
	return arena_str(&r->arena, err_quote(line, sizeof(line), text));
}

const char *words_cell(struct report *r, uint32_t cell)
{
	return r->d->nfactors ? words_quote(r, r->d->cells[cell].label) : "the one setting";
}

const char *words_count(struct report *r, uint64_t n, const char *singular)
{
	char text[NUM_TEXT];

	return words_fmt(r, "%s %s%s", num_group(text, (int64_t)n), singular, n == 1 ? "" : "s");
}

const char *words_number(struct report *r, uint64_t n)
{
	static const char *const words[] = {"no", "one", "two", "three", "four", "five", "six",
		"seven", "eight", "nine", "ten"};
	char text[NUM_TEXT];

	if (n < COUNTOF(words))
		return words[n];
	return arena_str(&r->arena, num_group(text, (int64_t)n));
}

static const char *digits(struct report *r, double x, int n)
{
	char text[NUM_TEXT];

	if (!isfinite(x))
		return NOT_GIVEN;
	if (fabs(x) >= 1000)
		return arena_str(&r->arena, num_group(text, (int64_t)llround(x)));
	return arena_str(&r->arena, num_sig(text, x, n));
}

const char *words_plain(struct report *r, double x)
{
	return digits(r, x, PLAIN_DIGITS);
}

const char *words_rough(struct report *r, double x)
{
	return digits(r, x, ROUGH_DIGITS);
}

const char *words_capital(struct report *r, const char *text)
{
	size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'");

	/* "num_ctx 8192", "http://...": a name is written as it is. */
	if (word == 0 || !strchr(" ,;:.", text[word]) || text[0] < 'a' || text[0] > 'z')
		return text;
	return words_fmt(r, "%c%s", text[0] - 'a' + 'A', text + 1);
}

/* Decimals for a figure with this interval; never more than five digits altogether. */
static int decimals(double x, double low, double high)
{
	int wanted = wording_decimals((high - low) / 2);
	int whole = isfinite(x) && x != 0 ? (int)floor(log10(fabs(x))) + 1 : 1;

	return wanted + whole > 5 ? 5 - whole : wanted;
}

static bool has_range(double low, double high)
{
	return isfinite(low) && isfinite(high) && high > low;
}

static const char *fixed(struct report *r, double x, int places)
{
	char text[WORDING_TEXT];

	return arena_str(&r->arena, wording_fixed(text, x, places));
}

const char *words_value(struct report *r, double x, double low, double high)
{
	if (!isfinite(x))
		return NOT_GIVEN;
	return has_range(low, high) ? fixed(r, x, decimals(x, low, high)) : words_plain(r, x);
}

const char *words_range(struct report *r, double low, double high)
{
	int places = decimals((low + high) / 2, low, high);

	if (!has_range(low, high))
		return NOT_GIVEN;
	return words_fmt(r, "%s to %s", fixed(r, low, places), fixed(r, high, places));
}

const char *words_estimate(struct report *r, double x, double low, double high)
{
	int places = decimals(x, low, high);

	if (!isfinite(x) || !has_range(low, high))
		return words_value(r, x, low, high);
	return words_fmt(r, "%s (%s to %s)", fixed(r, x, places), fixed(r, low, places),
		fixed(r, high, places));
}

const char *words_metric(struct report *r, enum metric m, double x, double low, double high)
{
	const char *unit = metric_specs[m].unit;
	int places = decimals(x, low, high);

	if (!isfinite(x) || !has_range(low, high))
		return words_fmt(
			r, "%s%s%s", words_value(r, x, low, high), unit[0] ? " " : "", unit);
	return words_fmt(r, "%s%s%s (%s to %s)", fixed(r, x, places), unit[0] ? " " : "", unit,
		fixed(r, low, places), fixed(r, high, places));
}

/* Above this ratio a change is told as a multiple: nobody reads "1,330 % more". */
#define TIMES_FROM 3

static struct change as_times(struct report *r, double ratio, double low, double high)
{
	struct change c = {.text = words_fmt(r, "%s times", words_value(r, ratio, low, high)),
		.range = has_range(low, high) ? words_range(r, low, high) : "",
		.is_more = true,
		.is_times = true};

	return c;
}

struct change words_change(struct report *r, enum metric m, double ratio, double low, double high)
{
	bool log = metric_specs[m].log;
	double scale = log ? 100 : 1, none = log ? 1 : 0;
	double x = (ratio - none) * scale, from = (low - none) * scale, to = (high - none) * scale;
	struct change c = {.is_more = x >= 0};
	const char *own = metric_specs[m].unit;
	const char *unit = log ? " %" : own[0] ? words_fmt(r, " %s", own) : "";
	int places;

	if (log && ratio >= TIMES_FROM)
		return as_times(r, ratio, low, high);
	if (x < 0) { /* told as a loss, the ends in the order of size */
		double end = from;

		from = -to;
		to = -end;
	}
	if (!has_range(from, to)) {
		c.text = words_fmt(r, "%s%s", words_plain(r, fabs(x)), unit);
		c.range = "";
		return c;
	}
	places = decimals(fmax(fabs(from), fabs(to)), from, to);
	c.text = words_fmt(r, "%s%s", fixed(r, fabs(x), places), unit);
	c.range = words_fmt(r, "%s to %s", fixed(r, from, places), fixed(r, to, places));
	return c;
}

const char *words_name(enum metric m)
{
	static const char *const names[METRIC_COUNT] = {[METRIC_DECODE] = "throughput",
		[METRIC_E2E] = "end-to-end time",
		[METRIC_PREFILL] = "prefill rate",
		[METRIC_LOAD] = "load_duration",
		[METRIC_SYSTEM] = "system throughput",
		[METRIC_GOODPUT] = "goodput",
		[METRIC_SCORE] = "score"};

	return names[m] ? names[m] : metric_specs[m].label;
}

const char *words_p(struct report *r, double p)
{
	char text[NUM_TEXT];

	if (isnan(p))
		return NOT_GIVEN;
	if (p < 0.001)
		return "< 0.001";
	if (p > 0.99)
		return "> 0.99";
	return arena_str(&r->arena, num_sig(text, p, p < 0.1 ? 1 : 2));
}

const char *words_share(const struct report *r)
{
	return dataset_confidence(r->d) > 0.96 ? "97 %" : "95 %";
}

const char *words_percent(struct report *r, double share)
{
	char text[WORDING_TEXT];

	return words_fmt(r, "%s %%", wording_plain(text, share * 100));
}

const char *words_simulated(const struct report *r)
{
	return r->is_virtual ? " --simulate --virtual" : r->simulated ? " --simulate" : "";
}

const char *words_shell(struct report *r, const char *word)
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
	kept = arena_strn(&r->arena, text.s, text.len);
	str_release(&text);
	return kept;
}
