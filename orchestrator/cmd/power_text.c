/* power_text.c - power as a person, or a script, reads it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "power_plan.h"

#define FIND_TARGET 0.90
#define SIZE_TEXT   (2 * NUM_TEXT + 8)

int power_take_share(const char *option, const char *text, double *ret, struct err *e)
{
	size_t len = strlen(text);
	bool percent = len > 0 && text[len - 1] == '%';
	char shown[80];

	if (num_parse(text, len - percent, ret)) {
		*ret /= percent ? 100 : 1;
		if (*ret > 0 && *ret < 1)
			return 0;
	}
	err_set(e, ERR_USAGE, "--%s: expected a share between 0 and 100 %%, got \"%s\"", option,
		err_quote(shown, sizeof(shown), text));
	return err_hint(e, "write 2%% or 0.02");
}

/* "2.4 %" or, where the noise has limits, "2.4 to 3.1 %"; "untested". */
static char *size_text(const double least[2], char text[SIZE_TEXT])
{
	char low[NUM_TEXT], high[NUM_TEXT];

	if (isnan(least[0])) {
		snprintf(text, SIZE_TEXT, "untested");
		return text;
	}
	num_sig(low, 100 * least[0], 2);
	num_sig(high, 100 * least[1], 2);
	if (strcmp(low, high) == 0)
		snprintf(text, SIZE_TEXT, "%s %%", low);
	else
		snprintf(text, SIZE_TEXT, "%s to %s %%", low, high);
	return text;
}

static void option_text(
	const struct power_plan *pp, const struct power_need *n, bool runner, struct str *out)
{
	uint64_t passes = n->passes, repeats = passes * n->per_pass;

	if (!n->found)
		str_add(out, "more than is ever made");
	else if (n->as_planned)
		str_add(out, "as planned");
	else if (runner && pp->plan->sweep->repeats == 0)
		str_addf(out, "--passes %llu", (unsigned long long)passes);
	else if (passes > (uint64_t)pp->plan->passes)
		str_addf(out, "--passes %llu --repeats %llu", (unsigned long long)passes,
			(unsigned long long)repeats);
	else
		str_addf(out, "--repeats %llu", (unsigned long long)repeats);
}

/* At the noise as estimated, and where that differs at its upper limit. */
static void need_text(const struct power_plan *pp, const struct power_answer *a, struct str *out)
{
	const struct power_need *low = &a->need[0], *high = &a->need[1];

	option_text(pp, low, a->factor->runner, out);
	if (low->found == high->found && low->passes == high->passes &&
		low->per_pass == high->per_pass)
		return;
	str_add(out, " to ");
	option_text(pp, high, a->factor->runner, out);
}

/* ---- the line of a plan ---- */

bool power_same_noise(const struct noise *n)
{
	const struct noise_of *a = &n->of[METRIC_DECODE], *b = &n->of[METRIC_TTFT];

	return a->request.value == b->request.value && a->load.value == b->load.value &&
		a->request.high == b->request.high && a->load.high == b->load.high;
}

static const char *origin_text(const struct noise *n)
{
	if (n->origin == NOISE_ASSUMED)
		return " (noise ASSUMED)";
	if (n->origin == NOISE_GIVEN)
		return " (noise as given)";
	return noise_is_assumed(n) ? " (noise partly ASSUMED)" : "";
}

/* Factors of one stratum that need more than the plan has, and what the neediest of them needs:
 * more passes, or repeats, help them all. */
static void add_advice(const struct power_plan *pp, bool runner, double margin, struct str *out)
{
	struct power_answer most = {0};
	size_t names = 0;
	struct str list = STR_INIT(STR_MAX_LINE);

	for (size_t i = 0; i < pp->design.nfactors; i++) {
		struct power_answer a;

		if (pp->factors[i].runner != runner)
			continue;
		a = power_plan_ask(pp, &pp->factors[i], METRIC_DECODE, margin, FIND_TARGET);
		if (a.need[1].as_planned || !a.need[1].found)
			continue;
		str_addf(&list, "%s%s", names++ ? ", " : "", a.factor->name);
		if (a.need[1].passes * a.need[1].per_pass >
			most.need[1].passes * most.need[1].per_pass)
			most = a;
	}
	if (most.factor) {
		str_addf(out, "; for %s %.3g %% use ", list.s, 100 * margin);
		need_text(pp, &most, out);
	}
	str_release(&list);
}

static void print_line(const struct power_plan *pp)
{
	double margin = pp->plan->sweep->margin_throughput;
	struct str finds = STR_INIT(STR_MAX_LINE), advice = STR_INIT(STR_MAX_LINE);
	char text[SIZE_TEXT];

	for (size_t i = 0; i < pp->design.nfactors; i++) {
		struct power_answer a =
			power_plan_ask(pp, &pp->factors[i], METRIC_DECODE, margin, FIND_TARGET);

		str_addf(&finds, "%s%s %s", finds.len ? ", " : "", a.factor->name,
			size_text(a.least90, text));
	}
	add_advice(pp, true, margin, &advice);
	add_advice(pp, false, margin, &advice);
	if (finds.len)
		printf("  will find in throughput, 9 times in 10: %s%s%s\n", finds.s,
			origin_text(&pp->noise), advice.s);
	str_release(&finds);
	str_release(&advice);
}

void power_text_line(const struct plan *p, const struct earlier_times *times)
{
	struct err ignored = ERR_INIT;
	struct power_plan pp;

	power_plan_init(&pp, p, times);
	/* Without a run or parts to read this does not fail. */
	(void)power_plan_noise(&pp.noise, NULL, NULL, times, &ignored);
	print_line(&pp);
}

/* ---- the table ---- */

static void print_noise(const struct power_plan *pp)
{
	bool same = power_same_noise(&pp->noise);

	for (int m = 0; m < METRIC_COUNT; m++) {
		char *text;

		if (!noise_has((enum metric)m) || (same && m != METRIC_DECODE))
			continue;
		text = power_plan_noise_text(&pp->noise, (enum metric)m);
		printf("  %s%s%s\n", same ? "" : metric_specs[m].label, same ? "" : ", ", text);
		free(text);
	}
}

static void print_row(const struct power_plan *pp, const struct power_factor *f, enum metric m,
	const char *label, double size, double target)
{
	struct power_answer a = power_plan_ask(pp, f, m, size, target);
	struct str need = STR_INIT(STR_MAX_LINE), equal = STR_INIT(STR_MAX_LINE);
	char nine[SIZE_TEXT], eight[SIZE_TEXT];

	if (isnan(a.least90[0]) && !a.need[0].found)
		str_add(&need, "untested");
	else
		need_text(pp, &a, &need);
	option_text(pp, &a.equal, f->runner, &equal);
	printf("  %-12s %-11s %-15s %-15s %-24s %s\n", f->name, label, size_text(a.least90, nine),
		size_text(a.least80, eight), need.s, equal.s);
	str_release(&need);
	str_release(&equal);
}

static void print_one_cheapest(
	const struct power_plan *pp, const struct power_need *n, const char *which)
{
	double loads = pp->design.blocks * n->passes;
	double requests = pp->design.groups * n->passes * n->per_pass;
	char took[NUM_TEXT], count[NUM_TEXT];

	printf("  all of it in throughput%s: ", which);
	if (!n->found) {
		printf("more than is ever made\n");
		return;
	}
	printf("--passes %u --repeats %u, %.0f loads, %s requests", n->passes,
		n->passes * n->per_pass, loads, num_group(count, (int64_t)requests));
	if (pp->cost.per_load > 0)
		printf(", about %s",
			num_duration(
				took, loads * pp->cost.per_load + requests * pp->cost.per_request));
	printf("\n");
}

static void print_cheapest(const struct power_plan *pp, double size, double target)
{
	struct power_need low = power_plan_cheapest(pp, size, target, false);
	struct power_need high = power_plan_cheapest(pp, size, target, true);

	if (low.passes == high.passes && low.per_pass == high.per_pass) {
		print_one_cheapest(pp, &high, "");
		return;
	}
	print_one_cheapest(pp, &low, ", at the noise as estimated");
	print_one_cheapest(pp, &high, ", at its upper limit");
}

void power_text_table(const struct power_plan *pp, double size, double target)
{
	bool same = power_same_noise(&pp->noise);
	char takes[64], equal[64];

	if (pp->design.nfactors == 0) {
		printf("power: nothing varies, so there is no effect to find\n");
		return;
	}
	snprintf(takes, sizeof(takes), "%.3g %% takes, for %.3g %%", 100 * size, 100 * target);
	snprintf(equal, sizeof(equal), "no effect in %.3g %%, for 80 %%", 100 * size);
	printf("power: the least effect on one level that is found, and what one of %.3g %% "
	       "takes\n",
		100 * size);
	print_noise(pp);
	printf("  %-12s %-11s %-15s %-15s %-24s %s\n", "", "", "9 times in 10", "8 times in 10",
		takes, equal);
	for (size_t i = 0; i < pp->design.nfactors; i++) {
		print_row(pp, &pp->factors[i], METRIC_DECODE, same ? "either" : "throughput", size,
			target);
		if (!same)
			print_row(pp, &pp->factors[i], METRIC_TTFT, "TTFT", size, target);
	}
	print_cheapest(pp, size, target);
}

/* ---- JSON ---- */

json_t *power_need_json(const struct power_need *n)
{
	json_t *o;

	if (!n->found)
		return json_null();
	o = json_object();
	jsonx_put(o, "passes", json_integer(n->passes));
	jsonx_put(o, "repeats", json_integer((json_int_t)n->passes * n->per_pass));
	jsonx_put(o, "as_planned", json_boolean(n->as_planned));
	return o;
}

static json_t *part_json(const struct noise_part *p)
{
	json_t *o = json_object();

	jsonx_put(o, "value", jsonx_number(p->value));
	jsonx_put(o, "low", jsonx_number(p->low));
	jsonx_put(o, "high", jsonx_number(p->high));
	jsonx_put(o, "assumed", json_boolean(p->assumed));
	return o;
}

static json_t *noise_of_json(const struct noise_of *n)
{
	json_t *o = json_object();

	jsonx_put(o, "request", part_json(&n->request));
	jsonx_put(o, "load", part_json(&n->load));
	jsonx_put(o, "pass", part_json(&n->pass));
	jsonx_put(o, "ar1", part_json(&n->ar1));
	jsonx_put(o, "tail", part_json(&n->tail));
	return o;
}

static json_t *answer_json(const struct power_answer *a)
{
	json_t *o = json_object();

	jsonx_put(o, "factor", json_string(a->factor->name));
	jsonx_put(o, "metric", json_string(metric_specs[a->metric].column));
	jsonx_put(o, "finds_90", jsonx_number(a->least90[0]));
	jsonx_put(o, "finds_90_upper", jsonx_number(a->least90[1]));
	jsonx_put(o, "finds_80", jsonx_number(a->least80[0]));
	jsonx_put(o, "finds_80_upper", jsonx_number(a->least80[1]));
	jsonx_put(o, "needs", power_need_json(&a->need[0]));
	jsonx_put(o, "needs_upper", power_need_json(&a->need[1]));
	jsonx_put(o, "no_effect_needs", power_need_json(&a->equal));
	return o;
}

json_t *power_noise_json(const struct noise *n)
{
	static const char *const origins[] = {"assumed", "given", "run"};
	json_t *o = json_object();

	jsonx_put(o, "origin", json_string(origins[n->origin]));
	jsonx_put(o, "from", n->from[0] ? json_string(n->from) : json_null());
	for (int m = 0; m < METRIC_COUNT; m++) {
		if (noise_has((enum metric)m))
			jsonx_put(o, metric_specs[m].column, noise_of_json(&n->of[m]));
	}
	return o;
}

json_t *power_json(const struct power_plan *pp, double size, double target)
{
	struct power_need cheapest = power_plan_cheapest(pp, size, target, false);
	struct power_need upper = power_plan_cheapest(pp, size, target, true);
	json_t *o = json_object(), *list = json_array();

	jsonx_put(o, "size", jsonx_number(size));
	jsonx_put(o, "target", jsonx_number(target));
	jsonx_put(o, "noise", power_noise_json(&pp->noise));
	for (size_t i = 0; i < pp->design.nfactors; i++) {
		for (int m = 0; m < METRIC_COUNT; m++) {
			struct power_answer a;

			if (!noise_has((enum metric)m))
				continue;
			a = power_plan_ask(pp, &pp->factors[i], (enum metric)m, size, target);
			json_array_append_new(list, answer_json(&a));
		}
	}
	jsonx_put(o, "factors", list);
	jsonx_put(o, "cheapest", power_need_json(&cheapest));
	jsonx_put(o, "cheapest_upper", power_need_json(&upper));
	return o;
}
