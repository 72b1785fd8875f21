/* narrator_figures.c - figures that a text brings along, in digits or in words.
 *
 * A small number alone is none ("two settings", "one of them"); with a unit, beside what is counted
 * in requests or rows, above twelve, or as a part or a multiple it is. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "narrator_internal.h"

struct word {
	const char *s;
	size_t len;
};

static bool is_one_of(struct word w, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == w.len && strncasecmp(list[i], w.s, w.len) == 0)
			return true;
	return false;
}
#define IS_ONE_OF(w, list) is_one_of(w, list, COUNTOF(list))

static const char *const small[] = {"zero", "one", "two", "three", "four", "five", "six", "seven",
	"eight", "nine", "ten", "eleven", "twelve"};
static const char *const large[] = {"thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
	"eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty",
	"ninety", "hundred", "hundreds", "thousand", "thousands", "million", "millions", "billion",
	"billions", "dozen", "dozens", "twice", "thrice", "half", "halve", "halves", "halved",
	"halving", "double", "doubles", "doubled", "doubling", "triple", "triples", "tripled",
	"tripling", "quadruple", "quadruples", "quadrupled", "quarter", "quarters", "thirds",
	"fifths", "tenths", "hundredth", "thousandth", "percent", "magnitude", "twofold",
	"threefold", "fourfold", "fivefold", "sixfold", "sevenfold", "eightfold", "ninefold",
	"tenfold", "hundredfold"};
static const char *const units[] = {"ms", "millisecond", "milliseconds", "microsecond",
	"microseconds", "nanoseconds", "second", "seconds", "minute", "minutes", "hour", "hours",
	"day", "days", "week", "weeks", "token", "tokens", "tok", "times", "x", "gib", "gb", "mib",
	"mb", "kib", "kb", "gigabyte", "gigabytes", "megabyte", "megabytes", "watt", "watts",
	"points", "fold", "cent", "degrees"};
static const char *const counted[] = {"request", "requests", "run", "runs", "row", "rows", "sample",
	"samples", "failure", "failures", "error", "errors", "load", "loads", "prompt", "prompts",
	"file", "files", "repeat", "repeats", "core", "cores", "layer", "layers", "thread",
	"threads", "stream", "streams", "user", "users", "word", "words"};
static const char *const parts[] = {
	"third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"};
static const char *const of_parts[] = {
	"of", "as", "less", "more", "lower", "higher", "faster", "slower", "fewer", "the"};
static const char *const between[] = {"of", "the", "a", "an", "is", "are", "and", "for", "to", "in",
	"as", "that", "which", "by", "with"};
static const char *const one[] = {"one"}, *const one_or_a[] = {"a", "one"};
static const char *const checks[] = {"check", "checks", "checked", "checking"};
static const char *const of[] = {"of"}, *const out[] = {"out"}, *const dbl[] = {"double"};

/* The next word from *at on; len 0 at the end. */
static struct word next_word(const char *s, size_t *at, size_t end)
{
	struct word w;

	while (*at < end && !isalpha((unsigned char)s[*at]))
		(*at)++;
	w.s = s + *at;
	while (*at < end && (isalpha((unsigned char)s[*at]) || s[*at] == '_'))
		(*at)++;
	w.len = (size_t)(s + *at - w.s);
	return w;
}

/* w[2] is the word at hand, w[0] and w[1] those before it, w[3] and w[4] behind it. */
static bool is_figure(const struct word w[5])
{
	if (IS_ONE_OF(w[2], large))
		return !(IS_ONE_OF(w[2], dbl) && IS_ONE_OF(w[3], checks));
	if (IS_ONE_OF(w[2], parts))
		return IS_ONE_OF(w[1], one_or_a) && IS_ONE_OF(w[3], of_parts);
	if (!IS_ONE_OF(w[2], small))
		return false;
	if (IS_ONE_OF(w[3], units) || (IS_ONE_OF(w[4], units) && !IS_ONE_OF(w[3], between)))
		return true;
	if (!IS_ONE_OF(w[2], one) &&
		(IS_ONE_OF(w[3], counted) ||
			(IS_ONE_OF(w[4], counted) && !IS_ONE_OF(w[3], between))))
		return true;
	return (IS_ONE_OF(w[3], of) && IS_ONE_OF(w[4], small)) ||
		(IS_ONE_OF(w[3], out) && IS_ONE_OF(w[4], of));
}

static void check_words(
	const char *s, struct narrator_span at, const char *place, struct narrator_reasons *why)
{
	struct word w[5] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
	size_t i = at.start;

	w[3] = next_word(s, &i, at.end);
	w[4] = next_word(s, &i, at.end);
	while (w[3].len > 0) {
		memmove(w, w + 1, 4 * sizeof(*w));
		w[4] = next_word(s, &i, at.end);
		if (is_figure(w)) {
			narrator_reason(why, "%s: a figure of its own in words, \"%.*s%s%.*s\"",
				place, (int)w[2].len, w[2].s, w[3].len ? " " : "", (int)w[3].len,
				w[3].s);
			return;
		}
	}
}

void narrator_check_figures(const struct narrator_source *s, struct narrator_span at,
	const char *place, struct narrator_reasons *why)
{
	const char *t = s->mask;

	for (size_t i = at.start; i < at.end; i++) {
		size_t from = i, to = i;

		if (!isdigit((unsigned char)t[i]) && t[i] != '%')
			continue;
		while (from > at.start && i - from < 16 && !isspace((unsigned char)t[from - 1]))
			from--;
		while (to < at.end && to - i < 16 && !isspace((unsigned char)t[to]))
			to++;
		narrator_reason(why, "%s: a figure of its own, \"%.*s\"", place, (int)(to - from),
			s->text + from);
		break;
	}
	check_words(t, at, place, why);
}
