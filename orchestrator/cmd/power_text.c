/* power_text.c - power as a person, or a script, reads it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "num.h"
#include "power_plan.h"
#include "say.h"

#define FIND_TARGET 0.90
#define SIZE_TEXT   (2 * NUM_TEXT + 8)

int power_take_share(const char *option, const char *text, double *ret, struct err *e)
{
	char shown[80];
	double x;

	if (num_share(text, strlen(text), 0, 1, &x) && x > 0 && x < 1) {
		*ret = x;
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

/* "no figure for num_batch: varies with num_ctx: one effect under two names", once for each reason.
 */
static void add_reasons(const struct power_plan *pp, struct str *out)
{
	size_t n = pp->design.nfactors;

	for (size_t i = 0; i < n; i++) {
		const char *why = pp->factors[i].why;
		bool told = false;

		for (size_t k = 0; why && k < i; k++)
			told = told || (pp->factors[k].why && strcmp(pp->factors[k].why, why) == 0);
		if (!why || told)
			continue;
		str_addf(out, "%sno figure for ", out->len ? "; " : "");
		for (size_t k = i; k < n; k++) {
			if (pp->factors[k].why && strcmp(pp->factors[k].why, why) == 0)
				str_addf(out, "%s%s", k > i ? ", " : "", pp->factors[k].name);
		}
		str_addf(out, ": %s", why);
	}
}

void power_text_line(const struct power_plan *pp)
{
	double margin = pp->plan->sweep->margin_throughput;
	struct str finds = STR_INIT(STR_MAX_LINE), advice = STR_INIT(STR_MAX_LINE);
	struct str reasons = STR_INIT(STR_MAX_LINE);
	char text[SIZE_TEXT];

	for (size_t i = 0; i < pp->design.nfactors; i++) {
		struct power_answer a;

		if (pp->factors[i].why)
			continue;
		a = power_plan_ask(pp, &pp->factors[i], METRIC_DECODE, margin, FIND_TARGET);
		str_addf(&finds, "%s%s %s", finds.len ? ", " : "", a.factor->name,
			size_text(a.least90, text));
	}
	add_advice(pp, true, margin, &advice);
	add_advice(pp, false, margin, &advice);
	add_reasons(pp, &reasons);
	if (finds.len)
		printf("  %s in throughput, 9 times in 10: %s%s%s\n",
			pp->plan->sweep->shards ? "the whole sweep will find" : "will find",
			say_safe(finds.s), origin_text(&pp->noise), say_safe(advice.s));
	if (reasons.len)
		printf("  %s\n", say_safe(reasons.s));
	str_release(&finds);
	str_release(&advice);
	str_release(&reasons);
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
		printf("  %s%s%s\n", same ? "" : metric_specs[m].label, same ? "" : ", ",
			say_safe(text));
		free(text);
	}
}

/* Columns as wide as what stands in them; the last is not filled up. */
#define COLUMNS 6

struct grid {
	char *text[2 * SWEEP_MAX_FACTORS + 1][COLUMNS];
	const char *why[2 * SWEEP_MAX_FACTORS + 1]; /* in place of figures; NULL none */
	size_t n;
};

static void grid_print(const struct grid *g)
{
	size_t width[COLUMNS] = {0};

	for (size_t i = 0; i < g->n; i++) {
		for (int k = 0; k < (g->why[i] ? 1 : COLUMNS); k++) {
			if (strlen(g->text[i][k]) > width[k])
				width[k] = strlen(g->text[i][k]);
		}
	}
	for (size_t i = 0; i < g->n; i++) {
		printf("  %-*s", (int)width[0], g->text[i][0]);
		for (int k = 1; !g->why[i] && k < COLUMNS; k++)
			printf("  %-*s", k + 1 < COLUMNS ? (int)width[k] : 0, g->text[i][k]);
		printf("%s%s\n", g->why[i] ? "  no figure: " : "",
			g->why[i] ? say_safe(g->why[i]) : "");
	}
}

static void grid_release(struct grid *g)
{
	for (size_t i = 0; i < g->n; i++) {
		for (int k = 0; k < COLUMNS; k++)
			free(g->text[i][k]);
	}
}

static void add_head(struct grid *g, double size, double target)
{
	g->text[0][0] = xstrdup("");
	g->text[0][1] = xstrdup("");
	g->text[0][2] = xstrdup("9 times in 10");
	g->text[0][3] = xstrdup("8 times in 10");
	g->text[0][4] = xasprintf("%.3g %% takes, for %.3g %%", 100 * size, 100 * target);
	g->text[0][5] = xasprintf("no effect in %.3g %%, for 80 %%", 100 * size);
	g->n = 1;
}

static void add_row(struct grid *g, const struct power_plan *pp, const struct power_factor *f,
	enum metric m, const char *label, double size, double target)
{
	struct power_answer a = power_plan_ask(pp, f, m, size, target);
	struct str need = STR_INIT(STR_MAX_LINE), equal = STR_INIT(STR_MAX_LINE);
	char nine[SIZE_TEXT], eight[SIZE_TEXT], **row = g->text[g->n];

	if (isnan(a.least90[0]) && !a.need[0].found)
		str_add(&need, "untested");
	else
		need_text(pp, &a, &need);
	option_text(pp, &a.equal, f->runner, &equal);
	row[0] = xstrdup(say_safe(f->name));
	row[1] = xstrdup(label);
	row[2] = xstrdup(size_text(a.least90, nine));
	row[3] = xstrdup(size_text(a.least80, eight));
	row[4] = xstrdup(need.s);
	row[5] = xstrdup(equal.s);
	g->why[g->n++] = f->why;
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
		printf("%s%s\n", n->why ? "no figure: " : "more than is ever made",
			n->why ? say_safe(n->why) : "");
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
	struct grid g = {0};

	if (pp->design.nfactors == 0) {
		printf("power: nothing varies, so there is no effect to find\n");
		return;
	}
	printf("power%s: the least effect on one level that is found, and what one of %.3g %% "
	       "takes\n",
		pp->plan->sweep->shards ? " of the whole sweep" : "", 100 * size);
	print_noise(pp);
	add_head(&g, size, target);
	for (size_t i = 0; i < pp->design.nfactors; i++) {
		const struct power_factor *f = &pp->factors[i];

		add_row(&g, pp, f, METRIC_DECODE, same || f->why ? "either" : "throughput", size,
			target);
		if (!same && !f->why)
			add_row(&g, pp, f, METRIC_TTFT, "TTFT", size, target);
	}
	grid_print(&g);
	grid_release(&g);
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
	jsonx_put(o, "why", a->factor->why ? json_string(a->factor->why) : json_null());
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
