/* rehearse_plant.c - reads what is to be planted. */
#include "rehearse_plant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "vec.h"

#define MOST_TEXT 200

/* A piece of the text, trimmed. */
struct piece {
	const char *s;
	size_t len;
};

static struct piece trim(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct piece){s, (size_t)(end - s)};
}

static bool is(struct piece p, const char *word)
{
	return strlen(word) == p.len && memcmp(word, p.s, p.len) == 0;
}

static int complain(const char *text, struct piece at, const char *what, struct err *e)
{
	char whole[MOST_TEXT], part[80], *copy = xstrndup(at.s, at.len);

	err_set(e, ERR_USAGE, "--plant \"%s\": %s \"%s\"", err_quote(whole, sizeof(whole), text),
		what, err_quote(part, sizeof(part), copy));
	free(copy);
	return -1;
}

/* ---- factor and level ---- */

static const struct factor *find_factor(
	const struct plan *p, const char *text, struct piece name, struct err *e)
{
	const char *names[SWEEP_MAX_FACTORS + 1] = {0}, *near;
	char *copy;

	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		names[f] = p->sweep->factors[f].name;
		if (is(name, names[f]))
			return &p->sweep->factors[f];
	}
	copy = xstrndup(name.s, name.len);
	near = jsonx_did_you_mean(copy, names);
	free(copy);
	complain(text, name, "the sweep has no factor", e);
	if (near)
		err_hint(e, "did you mean %s?", near);
	else if (p->sweep->nfactors)
		err_hint(e, "its factors begin with %s", names[0]);
	else
		err_hint(e, "it varies nothing: give an option several values");
	return NULL;
}

/* What of a request tells the level; NULL: nothing that the simulator could go by. */
static const char *member_of(const struct factor *f)
{
	switch (f->kind) {
	case FACTOR_OPTION:
		return f->name;
	case FACTOR_MODEL:
		return "model";
	case FACTOR_SYSTEM:
		return "system";
	case FACTOR_TEMPLATE:
		return "template";
	default:
		return NULL;
	}
}

static const struct level *find_level(
	const struct factor *f, const char *text, struct piece name, struct err *e)
{
	struct str all = STR_INIT(100);

	for (size_t i = 0; i < f->nlevels; i++) {
		if (is(name, f->levels[i].text) || is(name, f->levels[i].asked)) {
			str_release(&all);
			return &f->levels[i];
		}
		str_addf(&all, "%s%s", i ? ", " : "", f->levels[i].text);
	}
	complain(text, name, "the grid has no level", e);
	err_hint(e, "%s has %s%s", f->name, all.s, all.overflowed ? ", ..." : "");
	str_release(&all);
	return NULL;
}

/* Levels that are not measured under that name. */
static int refuse_alias(const struct plan *p, const struct factor *f, const struct level *l,
	const char *text, struct err *e)
{
	for (size_t i = 0; i < p->naliases; i++) {
		const struct alias *a = &p->aliases[i];
		char whole[MOST_TEXT];

		if (strcmp(a->factor, f->name) != 0 || strcmp(a->level, l->text) != 0)
			continue;
		err_set(e, ERR_USAGE, "--plant \"%s\": %s of %s is %s under another name",
			err_quote(whole, sizeof(whole), text), a->level, a->factor, a->same_as);
		return err_hint(e, "plant it on %s=%s", a->factor, a->same_as);
	}
	return 0;
}

/* ---- measure and size ---- */

static const struct {
	const char *name;
	enum sim_measure measure;
	enum metric metric;
} measures[] = {{"ttft", SIM_TTFT, METRIC_TTFT}, {"throughput", SIM_DECODE, METRIC_DECODE},
	{"decode", SIM_DECODE, METRIC_DECODE}};

/* "+3%", "-0.02", "3%". */
static bool read_size(struct piece p, double *ret)
{
	if (p.len > 0 && *p.s == '+') {
		p.s++;
		p.len--;
		if (p.len > 0 && (*p.s == '+' || *p.s == '-'))
			return false;
	}
	return num_share(p.s, p.len, -0.99, 100, ret) && *ret != 0;
}

static int add_one(struct rehearse_plants *plants, const struct factor *f, const struct level *l,
	const char *text, struct piece what, struct err *e)
{
	size_t word = 0;
	struct piece name, size;
	double x;

	while (word < what.len && what.s[word] != ' ' && what.s[word] != '+' && what.s[word] != '-')
		word++;
	name = (struct piece){what.s, word};
	size = trim(what.s + word, what.s + what.len);
	for (size_t i = 0; i < COUNTOF(measures); i++) {
		struct rehearse_plant *to;

		if (!is(name, measures[i].name))
			continue;
		if (!read_size(size, &x)) {
			complain(text, size, "no size:", e);
			return err_hint(e, "a change such as +3%% or -0.5%%, above -99%%");
		}
		to = VEC_PUSH(plants);
		*to = (struct rehearse_plant){.metric = measures[i].metric, .size = x};
		to->sim = (struct sim_plant){.name = member_of(f),
			.value = json_is_string(l->value) && f->kind == FACTOR_OPTION &&
					strcmp(json_string_value(l->value), "auto") == 0
				? json_integer(-1)
				: json_incref(l->value),
			.measure = measures[i].measure,
			.factor = 1 + x};
		to->level = xstrndup(l->text, strlen(l->text));
		to->text =
			xasprintf("%s=%s: %s %+g%%", f->name, l->text, measures[i].name, 100 * x);
		return 0;
	}
	complain(text, name, "no measure that is tested:", e);
	return err_hint(e, "ttft or throughput");
}

int rehearse_plants_add(
	struct rehearse_plants *plants, const struct plan *p, const char *text, struct err *e)
{
	const char *colon = strstr(text, ": "), *equals = strchr(text, '='), *end;
	const struct factor *f;
	const struct level *l;
	char whole[MOST_TEXT];

	colon = colon ? colon : strrchr(text, ':');
	if (!equals || !colon || equals > colon) {
		err_set(e, ERR_USAGE, "--plant \"%s\": expected FACTOR=LEVEL: MEASURE and a change",
			err_quote(whole, sizeof(whole), text));
		return err_hint(e, "write it as 'num_ctx=8192: ttft +3%%'");
	}
	f = find_factor(p, text, trim(text, equals), e);
	if (!f)
		return -1;
	if (!member_of(f)) {
		complain(text, trim(text, equals), "the simulator cannot plant on", e);
		return err_hint(e, "it can on Ollama's options, model, system and template");
	}
	l = find_level(f, text, trim(equals + 1, colon), e);
	if (!l || refuse_alias(p, f, l, text, e))
		return -1;
	for (const char *s = colon + 1; s; s = *end ? end + 1 : NULL) {
		end = s + strcspn(s, ",");
		if (add_one(plants, f, l, text, trim(s, end), e))
			return -1;
	}
	return 0;
}

void rehearse_plants_release(struct rehearse_plants *plants)
{
	for (size_t i = 0; i < plants->n; i++) {
		json_decref(plants->v[i].sim.value);
		free(plants->v[i].level);
		free(plants->v[i].text);
	}
	VEC_RELEASE(plants);
}
