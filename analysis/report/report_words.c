/* report_words.c - numbers and names as they stand in sentences and tables. */
#include "report_internal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "num.h"
#include "str.h"
#include "wording.h"

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
	return figures_count(&r->arena, n, singular);
}

const char *words_number(struct report *r, uint64_t n)
{
	return figures_number(&r->arena, n);
}

const char *words_plain(struct report *r, double x)
{
	return figures_plain(&r->arena, x);
}

const char *words_rough(struct report *r, double x)
{
	return figures_rough(&r->arena, x);
}

const char *words_capital(struct report *r, const char *text)
{
	return figures_capital(&r->arena, text);
}

const char *words_value(struct report *r, double x, double low, double high)
{
	return figures_value(&r->arena, x, low, high);
}

const char *words_range(struct report *r, double low, double high)
{
	return figures_range(&r->arena, low, high);
}

const char *words_estimate(struct report *r, double x, double low, double high)
{
	return figures_estimate(&r->arena, x, low, high, "");
}

const char *words_metric(struct report *r, enum metric m, double x, double low, double high)
{
	const char *unit = metric_specs[m].unit;
	int places = figures_decimals(x, low, high);

	if (!isfinite(x) || !figures_has_range(low, high))
		return words_fmt(
			r, "%s%s%s", words_value(r, x, low, high), unit[0] ? " " : "", unit);
	return words_fmt(r, "%s%s%s (%s to %s)", figures_fixed(&r->arena, x, places),
		unit[0] ? " " : "", unit, figures_fixed(&r->arena, low, places),
		figures_fixed(&r->arena, high, places));
}

struct change words_change(struct report *r, enum metric m, double ratio, double low, double high)
{
	return figures_change(
		&r->arena, metric_specs[m].log, metric_specs[m].unit, ratio, low, high);
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
	return figures_p(&r->arena, p);
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
	return figures_shell(&r->arena, word);
}
