/* plan_text.c - a plan as a person reads it. */
#include "plan_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "say.h"

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_server(const struct server_facts *f)
{
	const struct model_facts *m = f->nmodels ? &f->models[0] : NULL;
	char train[NUM_TEXT];

	printf("%s%s%s  %s%s%s  Ollama %s", say_bold(), say_safe(m ? m->name : "?"), say_plain(),
		strcmp(f->name, f->url) != 0 ? say_safe(f->name) : "",
		strcmp(f->name, f->url) != 0 ? " = " : "", say_safe(f->url),
		f->version[0] ? say_safe(f->version) : "of unknown version");
	if (m && m->quantization[0])
		printf(", %s", say_safe(m->quantization));
	if (m && m->layers >= 0)
		printf(", %lld layers", (long long)m->layers);
	if (m && m->context_train >= 0)
		printf(", trained for %s tokens", num_group(train, m->context_train));
	printf("\n");
	if (f->proxy) {
		const char *host = strrchr(f->proxy, '@'); /* before it may stand a password */

		printf("  through the proxy %s\n", say_safe(host ? host + 1 : f->proxy));
	}
	if (!f->has_show || !f->has_ps)
		printf("  not offered here: %s%s%s, so %s cannot be checked\n",
			f->has_show ? "" : "/api/show", !f->has_show && !f->has_ps ? " and " : "",
			f->has_ps ? "" : "/api/ps",
			f->has_ps ? "levels that are one setting" : "what the server really loads");
}

static void print_levels(const struct factor *f)
{
	printf("  %-12s", say_safe(f->name));
	for (size_t i = 0; i < f->nlevels; i++) {
		const struct level *l = &f->levels[i];

		if (i == 12 && f->nlevels > 14) {
			printf(" ... %s (%zu levels)", say_safe(f->levels[f->nlevels - 1].text),
				f->nlevels);
			break;
		}
		if (strcmp(l->text, l->asked) == 0)
			printf(" %s", say_safe(l->text));
		else
			printf(" %s (%s)", say_safe(l->text), say_safe(l->asked));
	}
	printf("\n");
}

static bool is_level(const struct factor *f, const char *name)
{
	for (size_t i = 0; i < f->nlevels; i++) {
		if (strcmp(f->levels[i].text, name) == 0)
			return true;
	}
	return false;
}

static bool is_one_setting(const struct alias *a, const struct alias *b)
{
	return strcmp(a->factor, b->factor) == 0 && strcmp(a->same_as, b->same_as) == 0 &&
		strcmp(a->why, b->why) == 0;
}

/* "1, 2 and 3 are one setting", once for all of its names: none of them need be what is in effect.
 */
static void print_one_setting(const struct plan *p, size_t first)
{
	const struct alias *a = &p->aliases[first];
	size_t last = first;

	for (size_t i = 0; i < p->naliases; i++) {
		if (!is_one_setting(a, &p->aliases[i]))
			continue;
		if (i < first)
			return;
		last = i;
	}
	printf("  %-12s %s", "", say_safe(a->same_as));
	for (size_t i = first; i <= last; i++) {
		if (is_one_setting(a, &p->aliases[i]))
			printf("%s%s", i == last ? " and " : ", ", say_safe(p->aliases[i].level));
	}
	printf(" are one setting: %s; ", say_safe(a->why));
	if (a->merged)
		printf("measured once, as %s\n", say_safe(a->same_as));
	else
		printf("each is measured\n");
}

static void print_aliases(const struct plan *p, const struct factor *f)
{
	for (size_t i = 0; i < p->naliases; i++) {
		const struct alias *a = &p->aliases[i];

		if (strcmp(a->factor, f->name) != 0)
			continue;
		if (is_level(f, a->same_as))
			print_one_setting(p, i);
		else
			printf("  %-12s %s is %s: %s\n", "", say_safe(a->level),
				say_safe(a->same_as), say_safe(a->why));
	}
}

static void print_factor(const struct plan *p, const struct factor *f)
{
	print_levels(f);
	print_aliases(p, f);
	for (size_t i = 0; i < f->nlevels; i++) {
		if (strcmp(f->name, "num_gpu") == 0 && strcmp(f->levels[i].text, "auto") == 0)
			printf("  %-12s what auto chooses is seen at its first load\n", "");
	}
	for (size_t i = 0; i < p->ndf; i++) {
		const struct factor_df *d = &p->df[i];

		if (strcmp(d->name, f->name) != 0)
			continue;
		printf("  %-12s %llu and %llu degrees of freedom%s%s%s\n", "",
			(unsigned long long)d->df, (unsigned long long)d->df_error,
			f->stratum == STRATUM_SAMPLING ? ", no load needed" : "",
			d->note[0] ? "; " : "", say_safe(d->note));
	}
}

/* ---- which cells there are ---- */

static void print_link(const struct plan *p, const struct sweep_link *link)
{
	printf("  %-12s ", "together");
	for (size_t i = 0; i < link->nfactors; i++)
		printf("%s%s", i ? ", " : "", say_safe(p->sweep->factors[link->factor[i]].name));
	printf(": %zu combinations\n", link->nrows);
}

static void print_conditions(const char *what, const struct sweep_condition *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("  %-12s %s\n", what, say_safe(list[i].text));
}

static void print_part(uint64_t n, const char *what)
{
	char text[NUM_TEXT];

	if (n)
		printf(", %s %s", num_group(text, (int64_t)n), what);
}

/* Only where not every combination is a cell. */
static void print_counts(const struct plan *p)
{
	const struct plan_counts *c = &p->counts;
	char grid[NUM_TEXT];

	if (c->excluded + c->left_out + c->merged + c->dropped == 0)
		return;
	printf("  %-12s %s", "combinations", num_group(grid, (int64_t)c->grid));
	print_part(c->excluded, "excluded");
	print_part(c->left_out, "left out by the subset");
	print_part(c->merged, "the same setting as another");
	print_part(c->dropped, "dropped for the budget");
	printf("\n");
}

/* The parts of the note on lines of their own. */
static void print_subset(const char *note)
{
	const char *head = "subset";

	while (note && *note) {
		const char *end = strstr(note, "; ");
		size_t len = end ? (size_t)(end - note) : strlen(note);

		char *part = xstrndup(note, len);

		printf("  %-12s %s\n", head, say_safe(part));
		free(part);
		note = end ? end + 2 : NULL;
		head = "";
	}
}

static void print_cells(const struct plan *p)
{
	const struct sweep *s = p->sweep;

	for (size_t i = 0; i < s->nlinks; i++)
		print_link(p, &s->links[i]);
	print_conditions("exclude", s->exclude, s->nexclude);
	print_conditions("only", s->only, s->nonly);
	print_conditions("priority", s->priority, s->npriority);
	print_counts(p);
	print_subset(p->subset_note);
}

/* ---- how it is done ---- */

struct traffic {
	uint32_t concurrency, size;
	double rate;
};

static void print_traffic(const struct plan *p, const struct traffic *t)
{
	char rate[NUM_TEXT];

	if (t->rate > 0)
		printf("%s a second (%s)", num_text(rate, t->rate),
			p->sweep->poisson ? "Poisson" : "equal gaps");
	else
		printf("%u in flight", t->concurrency);
	printf(": %u requests a burst", t->size);
}

/* The different traffic that cells are measured under, as far as a line goes. */
static void print_bursts(const struct plan *p)
{
	struct traffic seen[5];
	size_t n = 0;
	bool more = false;

	for (uint32_t cell = 0; cell < p->ncells && !more; cell++) {
		struct traffic t = {
			plan_concurrency(p, cell), plan_burst_size(p, cell), plan_rate(p, cell)};
		size_t i = 0;

		if (!plan_is_burst(p, cell))
			continue;
		while (i < n &&
			(seen[i].concurrency != t.concurrency || seen[i].size != t.size ||
				seen[i].rate < t.rate || seen[i].rate > t.rate))
			i++;
		if (i < n)
			continue;
		more = n == COUNTOF(seen);
		if (!more)
			seen[n++] = t;
	}
	for (size_t i = 0; i < n; i++) {
		printf("%s", i ? ", " : "  bursts       ");
		print_traffic(p, &seen[i]);
	}
	if (n)
		printf("%s; a burst is a repeat\n", more ? ", ..." : "");
}

static void print_servers(const struct plan *p)
{
	if (p->nservers < 2 && p->sweep->distribute != DISTRIBUTE_REPLICATE)
		return;
	printf("  %-12s ", "servers");
	for (size_t i = 0; i < p->nservers; i++)
		printf("%s%s", i ? ", " : "", say_safe(p->servers[i].name));
	if (p->of_kind[FACTOR_SERVER] >= 0)
		printf(": each block on its own, passes on each\n");
	else if (p->sweep->distribute == DISTRIBUTE_REPLICATE)
		printf(": every pass on each\n");
	else
		printf(": whole passes in turn\n");
}

static void print_shard(const struct plan *p)
{
	const struct sweep *s = p->sweep;

	if (!s->shards)
		return;
	printf("  shard        %u of %u: passes %u", s->shard, s->shards, s->shard);
	if (s->shard + s->shards <= p->passes)
		printf(", %u%s", s->shard + s->shards,
			s->shard + 2 * (int64_t)s->shards <= p->passes ? ", ..." : "");
	printf(" of %lld; what follows is its part\n", (long long)p->passes);
}

static void print_loads(const struct plan *p)
{
	printf("%llu load%s", (unsigned long long)p->block_loads, plural(p->block_loads));
	if (p->sentinel_loads)
		printf(" (+%llu sentinel)", (unsigned long long)p->sentinel_loads);
}

/* Of a shard its own. */
static int64_t passes_here(const struct plan *p)
{
	const struct sweep *s = p->sweep;

	if (!s->shards)
		return p->passes;
	return p->passes < s->shard ? 0 : (p->passes - s->shard) / s->shards + 1;
}

static void print_size(const struct plan *p)
{
	char requests[NUM_TEXT];
	size_t first, prompts = plan_prompts(p, 0, &first);

	int64_t passes = passes_here(p), repeats = passes * p->per_pass;

	printf("  %u cell%s", p->ncells, plural(p->ncells));
	if (prompts != 1)
		printf(" x %zu prompts", prompts);
	printf(" x %lld repeat%s in %u block%s, %lld pass%s: %s request%s, ", (long long)repeats,
		plural((uint64_t)repeats), p->nblocks, plural(p->nblocks), (long long)passes,
		passes == 1 ? "" : "es", num_group(requests, (int64_t)p->requests),
		plural(p->requests));
	print_loads(p);
	printf(", %llu warm-ups or more\n", (unsigned long long)p->warmups);
}

/* With `until`: when it may stop, and what it comes to then. */
static void print_looks(const struct plan *p)
{
	char percent[NUM_TEXT], least[NUM_TEXT], most[NUM_TEXT];
	uint64_t most_loads = p->block_loads + p->sentinel_loads, loads, requests;

	if (!p->nlooks)
		return;
	plan_least(p, &loads, &requests);
	printf("  until        level ratios are known within %s %%: looks after pass",
		num_text(percent, round(p->sweep->until * 1e8) / 1e6));
	for (uint32_t i = 0; i < p->nlooks; i++)
		printf("%s %u", i ? "," : "", p->looks[i]);
	printf("\n  %-12s %llu to %llu loads, %s to %s requests\n", "", (unsigned long long)loads,
		(unsigned long long)most_loads, num_group(least, (int64_t)requests),
		num_group(most, (int64_t)p->requests));
}

/* ---- how long ---- */

static void print_cut(const struct plan_cut *c)
{
	const char *sep = "";

	if (c->per_pass < c->per_pass_before) {
		printf("%lld of %lld repeats a pass", (long long)c->per_pass,
			(long long)c->per_pass_before);
		sep = ", ";
	}
	if (c->cells < c->cells_before) {
		printf("%s%llu of %llu cells, by priority", sep, (unsigned long long)c->cells,
			(unsigned long long)c->cells_before);
		sep = ", ";
	}
	if (c->passes < c->passes_before)
		printf("%s%lld of %lld passes", sep, (long long)c->passes,
			(long long)c->passes_before);
	printf(" are left\n");
}

static void print_budget(const struct plan *p, bool known)
{
	char text[NUM_TEXT];

	if (!(p->sweep->budget_s > 0))
		return;
	printf("  budget       %s: ", num_duration(text, p->sweep->budget_s));
	if (p->cut.cut)
		print_cut(&p->cut);
	else if (known)
		printf("nothing is left out\n");
	else
		printf("times are not known yet: `run` first loads once and sends three requests, "
		       "then leaves out what does not fit\n");
}

static void print_limits(const struct sweep *s)
{
	char a[NUM_TEXT], b[NUM_TEXT], c[NUM_TEXT], d[NUM_TEXT];

	printf("  limits: connect %s, first token %s after a load, else %s or 10 x the longest "
	       "seen, "
	       "silence %s\n",
		num_duration(a, s->limit_connect_s), num_duration(b, s->limit_first_load_s),
		num_duration(c, s->limit_first_s), num_duration(d, s->limit_stall_s));
}

static void print_time(const struct plan *p, bool simulated, const struct earlier_times *times)
{
	char least[NUM_TEXT], most[NUM_TEXT];

	if (!times->known) {
		printf("  time unknown: no earlier run of this model here (`chimera plan --probe` "
		       "loads once and sends three requests)\n");
		return;
	}
	num_duration(least, plan_seconds_least(p, &times->pace));
	num_duration(most, plan_seconds(p, &times->pace));
	printf("  about %s%s%s, from %s%s%s%s\n", p->nlooks ? least : "", p->nlooks ? " to " : "",
		most, say_safe(times->from), times->date[0] ? " of " : "", times->date,
		simulated ? " (simulated)" : "");
}

static void print_power(const struct plan *p, const struct earlier_times *times)
{
	struct err ignored = ERR_INIT;
	struct power_plan power;

	power_plan_init(&power, p, times);
	/* Without a run or parts to read this does not fail. */
	(void)power_plan_noise(&power.noise, NULL, NULL, times, &ignored);
	power_text_line(&power);
}

void plan_text_print(const struct plan *p, bool simulated, const struct earlier_times *times,
	const struct power_plan *power)
{
	if (simulated)
		printf("SIMULATED machine: nothing below is a measurement of a real server\n");
	for (size_t i = 0; i < p->nservers; i++)
		print_server(&p->servers[i]);
	for (size_t i = 0; i < p->sweep->nfactors; i++)
		print_factor(p, &p->sweep->factors[i]);
	print_cells(p);
	for (size_t i = 0; i < p->nnotes; i++)
		printf("  note         %s\n", say_safe(p->notes[i]));
	print_servers(p);
	print_bursts(p);
	print_shard(p);
	print_size(p);
	print_looks(p);
	print_limits(p->sweep);
	print_budget(p, times->known);
	print_time(p, simulated, times);
	if (power)
		power_text_line(power);
	else
		print_power(p, times);
	fflush(stdout);
}
