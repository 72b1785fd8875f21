/* stamp.c - see stamp.h. */
#include "stamp.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "num.h"

#define LONGEST    64
#define FIRST_YEAR 1970
#define LAST_YEAR  2200

/* What is left to read. */
struct text {
	const char *s, *end;
};

struct date {
	int year, month, day, hour, minute;
	double second;
};

static const struct stamp none = {.form = STAMP_NONE, .seconds = NAN};

/* Days since 1970-01-01 of a date of the Gregorian calendar (years counted from March). */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool is_date(const struct date *d)
{
	return d->year >= FIRST_YEAR && d->year <= LAST_YEAR && d->month >= 1 && d->month <= 12 &&
		d->day >= 1 && d->day <= month_days(d->year, d->month) && d->hour <= 23 &&
		d->minute <= 59 && d->second < 61;
}

static double seconds_of(const struct date *d)
{
	return (double)days_of(d->year, d->month, d->day) * 86400 + d->hour * 3600 +
		d->minute * 60 + d->second;
}

/* ---- parts ---- */

/* From `least` to `most` digits, all that are there. */
static bool digits(struct text *t, int least, int most, int *ret)
{
	int n = 0;

	*ret = 0;
	for (; n < most && t->s < t->end && isdigit((unsigned char)*t->s); n++)
		*ret = *ret * 10 + (*t->s++ - '0');
	return n >= least && (t->s == t->end || !isdigit((unsigned char)*t->s) || n == most);
}

static bool take(struct text *t, char c)
{
	if (t->s == t->end || *t->s != c)
		return false;
	t->s++;
	return true;
}

static void blanks(struct text *t)
{
	while (t->s < t->end && *t->s == ' ')
		t->s++;
}

/* ".5", ",123456": behind the seconds. */
static void fraction(struct text *t, double *second)
{
	double unit = 0.1;

	if (t->end - t->s < 2 || (*t->s != '.' && *t->s != ',') || !isdigit((unsigned char)t->s[1]))
		return;
	for (t->s++; t->s < t->end && isdigit((unsigned char)*t->s); t->s++, unit /= 10)
		*second += unit * (*t->s - '0');
}

/* "20:11", "20:11:33.5", "8:11 PM". */
static bool clock_time(struct text *t, struct date *d)
{
	int second = 0;
	bool afternoon;

	if (!digits(t, 1, 2, &d->hour) || !take(t, ':') || !digits(t, 2, 2, &d->minute))
		return false;
	if (take(t, ':')) {
		if (!digits(t, 2, 2, &second))
			return false;
		d->second = second;
		fraction(t, &d->second);
	}
	blanks(t);
	if (t->end - t->s < 2 ||
		(strncasecmp(t->s, "am", 2) != 0 && strncasecmp(t->s, "pm", 2) != 0))
		return true;
	afternoon = *t->s == 'p' || *t->s == 'P';
	t->s += 2;
	if (d->hour < 1 || d->hour > 12)
		return false;
	d->hour = d->hour % 12 + (afternoon ? 12 : 0);
	return true;
}

/* "Z", "UTC", "GMT", "+02:00", "-0730", or nothing: local.  Seconds east; false for another text.
 */
static bool zone(struct text *t, double *east, bool *local)
{
	int hours, minutes = 0;
	bool negative;

	blanks(t);
	*east = 0;
	*local = t->s == t->end;
	if (*local)
		return true;
	if ((t->end - t->s == 1 && (*t->s == 'Z' || *t->s == 'z')) ||
		(t->end - t->s == 3 &&
			(strncmp(t->s, "UTC", 3) == 0 || strncmp(t->s, "GMT", 3) == 0))) {
		t->s = t->end;
		return true;
	}
	if (*t->s != '+' && *t->s != '-')
		return false;
	negative = *t->s++ == '-';
	if (!digits(t, 2, 2, &hours))
		return false;
	take(t, ':');
	if (t->s < t->end && !digits(t, 2, 2, &minutes))
		return false;
	*east = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
	return t->s == t->end && hours <= 14 && minutes <= 59;
}

/* What may follow a date: a time of day, and a zone. */
static struct stamp finish(struct text *t, struct date *d, enum stamp_form form)
{
	struct stamp ret = {.form = form};
	double east = 0;

	ret.local = true;
	take(t, ',');
	if (t->s < t->end && (*t->s == 'T' || *t->s == ' ' || *t->s == '_')) {
		t->s++;
		blanks(t);
		if (t->s < t->end && !clock_time(t, d))
			return none;
		if (!zone(t, &east, &ret.local))
			return none;
	}
	if (t->s != t->end || !is_date(d))
		return none;
	ret.seconds = seconds_of(d) - east;
	return ret;
}

/* ---- forms ---- */

static struct stamp year_first(struct text t)
{
	struct date d = {0};
	char between;

	if (!digits(&t, 4, 4, &d.year) || t.s == t.end || (*t.s != '-' && *t.s != '/'))
		return none;
	between = *t.s++;
	if (!digits(&t, 1, 2, &d.month) || !take(&t, between) || !digits(&t, 1, 2, &d.day))
		return none;
	return finish(&t, &d, between == '-' ? STAMP_ISO : STAMP_SLASHED);
}

static struct stamp compact(struct text t)
{
	struct date d = {0};
	struct stamp ret = {.form = STAMP_COMPACT};
	int second;
	double east;

	if (!digits(&t, 4, 4, &d.year) || !digits(&t, 2, 2, &d.month) ||
		!digits(&t, 2, 2, &d.day) || !(take(&t, '-') || take(&t, '_') || take(&t, 'T')) ||
		!digits(&t, 2, 2, &d.hour) || !digits(&t, 2, 2, &d.minute) ||
		!digits(&t, 2, 2, &second))
		return none;
	d.second = second;
	fraction(&t, &d.second);
	if (!zone(&t, &east, &ret.local) || !is_date(&d))
		return none;
	ret.seconds = seconds_of(&d) - east;
	return ret;
}

/* "30.09.2025", "9/30/2025". */
static struct stamp year_last(struct text t)
{
	struct date d = {0};
	int first, second;
	char between;

	if (!digits(&t, 1, 2, &first) || t.s == t.end || (*t.s != '.' && *t.s != '/'))
		return none;
	between = *t.s++;
	if (!digits(&t, 1, 2, &second) || !take(&t, between) || !digits(&t, 4, 4, &d.year))
		return none;
	if (between == '/' && first <= 12 && second <= 12 && first != second)
		return none;
	d.day = between == '.' || first > 12 ? first : second;
	d.month = between == '.' || first > 12 ? second : first;
	return finish(&t, &d, between == '.' ? STAMP_DOTTED : STAMP_AMERICAN);
}

static bool month_name(struct text *t, int *month)
{
	static const char names[][4] = {
		"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};

	for (size_t i = 0; i < COUNTOF(names) && t->end - t->s >= 3; i++) {
		if (strncasecmp(t->s, names[i], 3) != 0)
			continue;
		while (t->s < t->end && isalpha((unsigned char)*t->s))
			t->s++;
		*month = (int)i + 1;
		return true;
	}
	return false;
}

static void day_name(struct text *t)
{
	static const char names[][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	for (size_t i = 0; i < COUNTOF(names) && t->end - t->s >= 4; i++) {
		if (strncasecmp(t->s, names[i], 3) == 0 && (t->s[3] == ',' || t->s[3] == ' ')) {
			t->s += 4;
			blanks(t);
			return;
		}
	}
}

static bool between_parts(struct text *t)
{
	bool any = take(t, ',');

	any = take(t, '-') || take(t, ' ') || any;
	blanks(t);
	return any;
}

static struct stamp named(struct text t)
{
	struct date d = {0};

	day_name(&t);
	if (month_name(&t, &d.month)) {
		if (!between_parts(&t) || !digits(&t, 1, 2, &d.day))
			return none;
	} else if (!digits(&t, 1, 2, &d.day) || !between_parts(&t) || !month_name(&t, &d.month)) {
		return none;
	}
	if (!between_parts(&t) || !digits(&t, 4, 4, &d.year))
		return none;
	return finish(&t, &d, STAMP_NAMED);
}

struct stamp stamp_number(double x)
{
	static const double unit[] = {1, 1e3, 1e6, 1e9};

	for (size_t i = 0; i < COUNTOF(unit); i++) {
		double seconds = x / unit[i];

		if (seconds >= 978307200 && seconds < 4102444800)
			return (struct stamp){.form = STAMP_EPOCH, .seconds = seconds};
	}
	return none;
}

struct stamp stamp_parse(const char *s, size_t len)
{
	static struct stamp (*const forms[])(struct text) = {year_first, compact, year_last, named};
	struct text t;
	struct stamp ret;
	double number;

	while (len > 0 && *s == ' ') {
		s++;
		len--;
	}
	while (len > 0 && s[len - 1] == ' ')
		len--;
	if (len < 8 || len > LONGEST)
		return none;
	t = (struct text){s, s + len};
	for (size_t i = 0; i < COUNTOF(forms); i++) {
		ret = forms[i](t);
		if (ret.form != STAMP_NONE)
			return ret;
	}
	return num_parse(s, len, &number) ? stamp_number(number) : none;
}
