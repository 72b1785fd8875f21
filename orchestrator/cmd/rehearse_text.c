/* rehearse_text.c - a rehearsal on one screen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "rehearse_show.h"
#include "say.h"

#define LABEL 33
#define CELL  24

/* "87 % (84 to 90)"; "-" of none. */
static const char *share_text(struct rehearse_share s, char text[64])
{
	double low, high, share = s.of ? 100.0 * (double)s.hits / (double)s.of : (double)NAN;
	bool fine = share > 0 && share < 10;

	if (s.of == 0)
		return "-";
	rehearse_share_limits(s, &low, &high);
	snprintf(text, 64, fine ? "%.1f %% (%.1f to %.1f)" : "%.0f %% (%.0f to %.0f)", share,
		100 * low, 100 * high);
	return text;
}

static bool has_plants(const struct rehearsal *r)
{
	return r->nplants > 0;
}

/* The tally that a row of the table is of. */
static const struct rehearse_tally *main_tally(const struct rehearsal *r, int scene)
{
	return has_plants(r) ? &r->scenes[scene].with : &r->scenes[scene].without;
}

static void print_head(const struct rehearsal *r)
{
	const struct plan *p = r->plan;

	printf("%srehearsed%s  %u cells in %u blocks, %s%lld pass%s, %lld repeats", say_bold(),
		say_plain(), p->ncells, p->nblocks, p->nlooks ? "at most " : "",
		(long long)p->passes, p->passes == 1 ? "" : "es", (long long)p->repeats);
	if (!r->own_effects)
		printf("; all cells are alike%s", has_plants(r) ? " but for what is planted" : "");
	printf("\n");
	for (int m = 0; m < METRIC_COUNT; m++) {
		char *text;

		if (!noise_has((enum metric)m))
			continue;
		text = power_plan_noise_text(&r->power.noise, (enum metric)m);
		printf("  %-11s %s\n", metric_specs[m].label, say_safe(text));
		free(text);
	}
}

static void print_cell(int scene, const char *text)
{
	printf("%-*s", scene + 1 < SCENES ? CELL : 0, text);
}

static void print_columns(const struct rehearsal *r)
{
	static const char *const names[SCENES] = {"noise x 1/2", "noise as it is", "noise x 2"};

	printf("%-*s", LABEL, "");
	for (int i = 0; i < SCENES; i++)
		print_cell(i, names[i]);
	printf("\n  %-*s", LABEL - 2, has_plants(r) ? "times with plants, and without" : "times");
	for (int i = 0; i < SCENES; i++) {
		char text[80];

		snprintf(text, sizeof(text), has_plants(r) ? "%zu, %zu" : "%zu",
			main_tally(r, i)->played, r->scenes[i].without.played);
		print_cell(i, text);
	}
	printf("\n");
}

/* A label that is too long has a line of its own. */
static void print_label(const char *label)
{
	printf("  %-*s", LABEL - 2, label);
	if (strlen(label) > LABEL - 3)
		printf("\n%-*s", LABEL, "");
}

static void print_shares(const char *label, const struct rehearse_share s[SCENES])
{
	char text[64];

	if (s[SCENE_HALF].of == 0 && s[SCENE_AS_IS].of == 0 && s[SCENE_DOUBLE].of == 0)
		return;
	print_label(label);
	for (int i = 0; i < SCENES; i++)
		print_cell(i, share_text(s[i], text));
	printf("\n");
}

static void print_found(const struct rehearsal *r)
{
	for (size_t p = 0; p < r->nplants; p++) {
		struct rehearse_share s[SCENES];
		char label[200];

		for (int i = 0; i < SCENES; i++)
			s[i] = r->scenes[i].with.plants[p];
		snprintf(label, sizeof(label), "found %s", say_safe(r->plants[p].text));
		print_shares(label, s);
	}
}

static void print_best(const struct rehearsal *r, enum metric m, const char *label)
{
	char text[80];
	bool any = false;

	for (int i = 0; i < SCENES; i++)
		any = any || main_tally(r, i)->held[m].of > 0;
	if (!any)
		return;
	print_label(label);
	for (int i = 0; i < SCENES; i++) {
		const struct rehearse_tally *t = main_tally(r, i);

		if (t->held[m].of == 0)
			snprintf(text, sizeof(text), "-");
		else
			snprintf(text, sizeof(text), "%.0f %%, %.1f of %zu",
				100.0 * (double)t->held[m].hits / (double)t->held[m].of,
				t->mean_size[m], r->with.settings);
		print_cell(i, text);
	}
	printf("\n");
}

/* Median and 95th percentile; once where they are the same. */
static void print_two(int scene, const char *a, const char *b, bool played)
{
	char text[2 * NUM_TEXT + 4];

	snprintf(text, sizeof(text), strcmp(a, b) == 0 ? "%s" : "%s, %s", a, b);
	print_cell(scene, played ? text : "-");
}

static void print_pair(const struct rehearsal *r, const char *label,
	double (*of)(const struct rehearse_tally *, int))
{
	char a[NUM_TEXT], b[NUM_TEXT];

	print_label(label);
	for (int i = 0; i < SCENES; i++) {
		const struct rehearse_tally *t = main_tally(r, i);

		if (!t->played) {
			print_two(i, "", "", false);
			continue;
		}
		print_two(i, num_group(a, (int64_t)(of(t, 0) + 0.5)),
			num_group(b, (int64_t)(of(t, 1) + 0.5)), true);
	}
	printf("\n");
}

static double loads_of(const struct rehearse_tally *t, int i)
{
	return t->loads[i];
}

static double requests_of(const struct rehearse_tally *t, int i)
{
	return t->requests[i];
}

static double passes_of(const struct rehearse_tally *t, int i)
{
	return t->passes[i];
}

static void print_time(const struct rehearsal *r)
{
	char a[NUM_TEXT], b[NUM_TEXT];

	print_label("time (median, 95 %)");
	for (int i = 0; i < SCENES; i++) {
		const struct rehearse_tally *t = main_tally(r, i);

		print_two(i, num_duration(a, t->seconds[0]), num_duration(b, t->seconds[1]),
			t->played > 0);
	}
	printf("\n");
}

static void print_table(const struct rehearsal *r)
{
	struct rehearse_share wolf[SCENES], beside[SCENES], covered[SCENES], withheld[SCENES],
		open[SCENES], enough[SCENES];

	for (int i = 0; i < SCENES; i++) {
		const struct rehearse_tally *t = main_tally(r, i);

		wolf[i] = r->scenes[i].without.alarms;
		beside[i] = r->scenes[i].with.alarms;
		covered[i] = r->scenes[i].with.covered;
		withheld[i] = t->withheld;
		open[i] = t->inconclusive;
		enough[i] = t->enough;
	}
	print_columns(r);
	print_found(r);
	print_shares("cried wolf, nothing planted", wolf);
	if (has_plants(r)) {
		print_shares("cried wolf beside the plants", beside);
		print_shares("planted ratios covered (95 %)", covered);
	}
	print_best(r, METRIC_DECODE, "best throughput in set, size");
	print_best(r, METRIC_TTFT, "best TTFT in set, its size");
	print_shares("tests withheld", withheld);
	print_shares("tests inconclusive", open);
	if (r->plan->nlooks) {
		print_shares("stopped early by its looks", enough);
		print_pair(r, "passes (median, 95 %)", passes_of);
	}
	print_pair(r, "loads (median, 95 %)", loads_of);
	print_pair(r, "requests (median, 95 %)", requests_of);
	print_time(r);
}

/* ---- closed forms ---- */

static void print_least_of(const struct rehearsal *r, enum metric m, const char *label)
{
	print_label(label);
	for (size_t i = 0; i < r->power.design.nfactors; i++) {
		struct power_answer a = power_plan_ask(&r->power, &r->power.factors[i], m,
			r->plan->sweep->margin_throughput, r->target);
		char nine[NUM_TEXT], eight[NUM_TEXT];

		printf("%s%s ", i ? ", " : "", say_safe(a.factor->name));
		if (a.factor->why)
			printf("no figure: %s", say_safe(a.factor->why));
		else if (isnan(a.least90[0]))
			printf("untested");
		else
			printf("%s (%s) %%", num_sig(nine, 100 * a.least90[0], 2),
				num_sig(eight, 100 * a.least80[0], 2));
	}
	printf("\n");
}

static void print_least(const struct rehearsal *r)
{
	printf("by formula, at the noise as it is");
	if (r->plan->nlooks)
		printf(", with all %lld passes", (long long)r->plan->passes);
	printf("\n");
	if (power_same_noise(&r->power.noise)) {
		print_least_of(r, METRIC_DECODE, "finds 9 (8) times in 10");
		return;
	}
	print_least_of(r, METRIC_DECODE, "finds 9 (8) in 10 in throughput");
	print_least_of(r, METRIC_TTFT, "finds 9 (8) in 10 in TTFT");
}

static void print_cheapest(const struct rehearsal *r)
{
	const struct power_need *n = &r->cheapest, *up = &r->cheapest_upper;
	char rate[NUM_TEXT], label[80], text[64];

	snprintf(label, sizeof(label), "cheapest for %s, %s %%",
		has_plants(r) ? "the plants" : "margins", num_sig(rate, 100 * r->target, 2));
	print_label(label);
	if (!n->found) {
		printf("%s%s\n", n->why ? "none: " : "more passes than anyone makes",
			n->why ? say_safe(n->why) : "");
		return;
	}
	printf("--passes %u --repeats %u", n->passes, n->passes * n->per_pass);
	if (up->found && (up->passes != n->passes || up->per_pass != n->per_pass))
		printf("; at the upper limit of the noise --passes %u --repeats %u", up->passes,
			up->passes * up->per_pass);
	printf("\n");
	for (size_t p = 0; r->checked.played && p < r->nplants; p++) {
		snprintf(label, sizeof(label), "  rehearsed %zu times", r->checked.played);
		print_label(label);
		printf("found %s: %s, in %s\n", say_safe(r->plants[p].text),
			share_text(r->checked.plants[p], text),
			num_duration(rate, r->checked.seconds[0]));
	}
}

static void print_failures(const struct rehearsal *r)
{
	for (int i = 0; i < SCENES; i++) {
		const struct rehearse_tally *t = main_tally(r, i);

		if (t->played < t->asked)
			printf("  %zu of %zu could not be played: %s\n", t->asked - t->played,
				t->asked, say_safe(t->why));
	}
}

void rehearse_print(const struct rehearsal *r)
{
	print_head(r);
	print_table(r);
	print_failures(r);
	print_least(r);
	print_cheapest(r);
	if (!r->machine_of_run)
		printf("  times are the simulated machine's: with --noise-from RUN they are those "
		       "of a "
		       "run\n");
	printf("True if your machine is noisy like this; it knows nothing of faults or of effects "
	       "not planted.\n");
}
