/* rules_words.c - a heading as words: "meanTTFT_ms", "Mean TTFT (ms)" and "ttft.mean [ms]" are one.
 */
#include <ctype.h>
#include <string.h>

#include "compiler.h"
#include "rules_parts.h"

static const struct {
	const char *word;
	enum rule_stat stat;
} stats[] = {
	{"mean", STAT_MEAN},
	{"avg", STAT_MEAN},
	{"average", STAT_MEAN},
	{"averaged", STAT_MEAN},
	{"overall", STAT_MEAN},
	{"\xce\xbc", STAT_MEAN},
	{"std", STAT_SD},
	{"stdev", STAT_SD},
	{"stddev", STAT_SD},
	{"sd", STAT_SD},
	{"sigma", STAT_SD},
	{"\xcf\x83", STAT_SD},
	{"deviation", STAT_SD},
	{"min", STAT_MIN},
	{"minimum", STAT_MIN},
	{"max", STAT_MAX},
	{"maximum", STAT_MAX},
	{"peak", STAT_MAX},
	{"median", STAT_P50},
	{"cv", STAT_CV},
	{"variation", STAT_CV},
	{"total", STAT_TOTAL},
	{"sum", STAT_TOTAL},
	{"cumulative", STAT_TOTAL},
	{"var", STAT_OTHER},
	{"variance", STAT_OTHER},
	{"iqr", STAT_OTHER},
	{"mad", STAT_OTHER},
	{"sem", STAT_OTHER},
	{"stderr", STAT_OTHER},
	{"ci", STAT_OTHER},
	{"ci95", STAT_OTHER},
	{"confidence", STAT_OTHER},
	{"geomean", STAT_OTHER},
	{"skewness", STAT_OTHER},
	{"kurtosis", STAT_OTHER},
};

/* "p95", "q50", "95th", "p99.9" as "p99_9". */
static enum rule_stat percentile(const char *s, size_t len)
{
	static const struct {
		const char *digits;
		enum rule_stat stat;
	} known[] = {
		{"5", STAT_P5},
		{"05", STAT_P5},
		{"50", STAT_P50},
		{"90", STAT_P90},
		{"95", STAT_P95},
		{"99", STAT_P99},
	};
	bool behind = len > 3 && memcmp(s + len - 2, "th", 2) == 0;
	size_t from = behind ? 0 : 1, n = behind ? len - 2 : len - 1;

	if (len < 2 || (!behind && s[0] != 'p' && s[0] != 'q'))
		return STAT_VALUE;
	for (size_t i = from; i < from + n; i++) {
		if (!isdigit((unsigned char)s[i]) && s[i] != '_')
			return STAT_VALUE;
	}
	for (size_t i = 0; i < COUNTOF(known); i++) {
		if (strlen(known[i].digits) == n && memcmp(known[i].digits, s + from, n) == 0)
			return known[i].stat;
	}
	return STAT_OTHER;
}

enum rule_stat heading_stat(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNTOF(stats); i++) {
		if (strlen(stats[i].word) == len && memcmp(stats[i].word, word, len) == 0)
			return stats[i].stat;
	}
	return percentile(word, len);
}

/* Words that say nothing of what is measured. */
static bool is_noise(const char *word)
{
	static const char *const noise[] = {"value", "values", "stat", "stats", "statistics",
		"metric", "metrics", "percentile", "percentiles", "result", "results", "summary",
		"benchmark", "bench", "measured", "measurement", "timing", "timings", "standard",
		"coefficient", "of", "the", "run", "all", "data", "aggregate", "observed",
		"quantiles", "none", "raw", "successful"};

	for (size_t i = 0; i < COUNTOF(noise); i++) {
		if (strcmp(noise[i], word) == 0)
			return true;
	}
	return false;
}

/* What stands behind such a word says where or when, not what: "mean time across scenarios". */
static bool leads_off(const char *word)
{
	static const char *const leading[] = {"across", "for", "by", "over", "with", "at", "in",
		"on", "under", "during", "after", "before", "between", "from", "within", "using"};

	for (size_t i = 0; i < COUNTOF(leading); i++) {
		if (strcmp(leading[i], word) == 0)
			return true;
	}
	return false;
}

/* Marks what is behind such a word, unless that is the first or the last. */
static void mark_aside(struct heading *h)
{
	bool aside = false;

	for (size_t i = 0; i < h->n; i++) {
		aside = aside || (i > 0 && i + 1 < h->n && leads_off(h->word[i].s));
		h->word[i].aside = aside;
	}
}

uint32_t heading_hash(const char *s, size_t len)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)s[i]) * 16777619U;
	return hash;
}

static bool is_word(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || c == '%';
}

/* Whether a word begins at s[i] though no blank is before it: "numCtx", "TTFTMean". */
static bool camel(const char *s, size_t i, size_t len)
{
	unsigned char before = (unsigned char)s[i - 1], c = (unsigned char)s[i];
	unsigned char after = i + 1 < len ? (unsigned char)s[i + 1] : 0;

	return isupper(c) && (islower(before) || (isupper(before) && islower(after)));
}

/* "p99.9" is one word. */
static bool joins(const char *s, size_t i, size_t from, size_t len)
{
	return s[i] == '.' && i > from + 1 && i + 1 < len && (s[from] == 'p' || s[from] == 'P') &&
		isdigit((unsigned char)s[from + 1]) && isdigit((unsigned char)s[i - 1]) &&
		isdigit((unsigned char)s[i + 1]);
}

/* The sign of a difference, however it is written. */
static bool is_delta(const char *s, size_t len)
{
	return (len == 2 && (memcmp(s, "\xce\x94", 2) == 0 || memcmp(s, "\xce\xb4", 2) == 0)) ||
		(len == 3 && memcmp(s, "\xe2\x88\x86", 3) == 0);
}

static void add(struct heading *h, size_t *used, const char *s, size_t len, bool slash)
{
	struct heading_word *w = &h->word[h->n];

	if (is_delta(s, len)) {
		s = "delta";
		len = 5;
	}
	if (h->n == HEADING_MOST_WORDS || *used + len + 1 > sizeof(h->text))
		return;
	for (size_t i = 0; i < len; i++)
		h->text[*used + i] = s[i] == '.' ? '_' : (char)tolower((unsigned char)s[i]);
	h->text[*used + len] = '\0';
	w->s = h->text + *used;
	w->len = (uint8_t)len;
	w->hash = heading_hash(w->s, len);
	w->stat = (uint8_t)heading_stat(w->s, len);
	w->noise = is_noise(w->s);
	w->aside = false;
	w->slash = slash;
	*used += len + 1;
	h->n++;
}

/* The words of s, which holds no brackets. */
static void words(struct heading *h, size_t *used, const char *s, size_t len)
{
	bool slash = false;
	size_t i = 0, from;

	while (i < len) {
		if (!is_word((unsigned char)s[i])) {
			slash = s[i++] == '/';
			continue;
		}
		from = i++;
		while (i < len &&
			(joins(s, i, from, len) ||
				(is_word((unsigned char)s[i]) && s[from] != '%' && s[i] != '%' &&
					!camel(s, i, len))))
			i++;
		add(h, used, s + from, i - from, slash);
		slash = false;
	}
}

/* The unit that the words from `at` to `end` name; "min" is a minimum there, no minute. */
static struct unit unit_of_words(const struct heading *h, size_t at, size_t end)
{
	char s[48];
	size_t n = 0;

	for (size_t i = at; i < end; i++) {
		const struct heading_word *w = &h->word[i];

		if (n + w->len + 2 > sizeof(s) || (w->stat && end == at + 1))
			return unit_named("", 0);
		if (i > at)
			s[n++] = w->slash ? '/' : '_';
		memcpy(s + n, w->s, w->len);
		n += w->len;
	}
	return unit_named(s, n);
}

/* What stands in brackets: a unit, a statistic ("mean", "p95"), both, or a remark. */
static void bracket(struct heading *h, const char *s, size_t len)
{
	struct heading inner;
	size_t used = 0;
	struct unit unit = unit_named(s, len);

	if (unit.name[0]) {
		h->unit = unit;
		h->bracketed = true;
		return;
	}
	h->odd_unit = h->odd_unit || memchr(s, '/', len);
	inner.n = 0;
	words(&inner, &used, s, len);
	unit = inner.n > 1 ? unit_of_words(&inner, 0, inner.n) : unit;
	if (unit.name[0]) {
		h->unit = unit;
		h->bracketed = true;
		return;
	}
	for (size_t i = 0; i < inner.n && inner.n <= 3; i++) {
		unit = unit_named(inner.word[i].s, inner.word[i].len);
		if (inner.word[i].stat && !h->in_brackets) {
			h->in_brackets = (enum rule_stat)inner.word[i].stat;
		} else if (unit.name[0] && (i == 0 || (i + 1 == inner.n && !inner.word[i].slash))) {
			h->unit = unit;
			h->bracketed = true;
		}
	}
}

/* Splits at brackets: what is outside are words. */
static void parts(struct heading *h, size_t *used, const char *s, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		const char *close;

		if (s[i] != '(' && s[i] != '[')
			continue;
		close = memchr(s + i, s[i] == '(' ? ')' : ']', len - i);
		if (!close)
			continue;
		words(h, used, s + from, i - from);
		bracket(h, s + i + 1, (size_t)(close - (s + i)) - 1);
		i = (size_t)(close - s);
		from = i + 1;
	}
	words(h, used, s + from, len - from);
}

static void move_to_end(struct heading *h, size_t at, size_t k)
{
	struct heading_word unit[4];
	size_t behind = h->n - at - k;

	memcpy(unit, &h->word[at], k * sizeof(*unit));
	memmove(&h->word[at], &h->word[at + k], behind * sizeof(*unit));
	memcpy(&h->word[at + behind], unit, k * sizeof(*unit));
	h->n -= k;
}

/* The last words that are a unit, before statistics: "ttft_ms_p95". */
static void take_unit(struct heading *h)
{
	size_t end = h->n;

	while (end > 0 && (h->word[end - 1].stat || h->word[end - 1].noise))
		end--;
	for (size_t k = 4; k > 0 && !h->unit.name[0]; k--) {
		struct unit unit;

		if (k > end)
			continue;
		unit = unit_of_words(h, end - k, end);
		/* "s", "b" or "h" alone are no unit. */
		if (!unit.name[0] || (h->n == 1 && h->word[0].len < 2 && h->word[0].s[0] != '%'))
			continue;
		h->unit = unit;
		move_to_end(h, end - k, k);
	}
}

void heading_split(struct heading *h, const char *s, size_t len)
{
	size_t used = 0;

	h->n = h->nall = 0;
	h->odd_unit = false;
	h->unit = unit_named("", 0);
	h->bracketed = false;
	h->in_brackets = STAT_VALUE;
	parts(h, &used, s, len < HEADING_MOST_BYTES ? len : HEADING_MOST_BYTES);
	h->nall = h->n;
	if (!h->unit.name[0])
		take_unit(h);
	mark_aside(h);
}
