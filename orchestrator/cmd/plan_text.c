/* plan_text.c - a plan as a person reads it. */
#include "plan_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	printf("%s%s%s  %s%s%s  Ollama %s", say_bold(), m ? m->name : "?", say_plain(),
		strcmp(f->name, f->url) != 0 ? f->name : "",
		strcmp(f->name, f->url) != 0 ? " = " : "", f->url,
		f->version[0] ? f->version : "of unknown version");
	if (m && m->quantization[0])
		printf(", %s", m->quantization);
	if (m && m->layers >= 0)
		printf(", %lld layers", (long long)m->layers);
	if (m && m->context_train >= 0)
		printf(", trained for %s tokens", num_group(train, m->context_train));
	printf("\n");
	if (f->proxy) {
		const char *host = strrchr(f->proxy, '@'); /* before it may stand a password */

		printf("  through the proxy %s\n", host ? host + 1 : f->proxy);
	}
	if (!f->has_show || !f->has_ps)
		printf("  not offered here: %s%s%s, so %s cannot be checked\n",
			f->has_show ? "" : "/api/show", !f->has_show && !f->has_ps ? " and " : "",
			f->has_ps ? "" : "/api/ps",
			f->has_ps ? "levels that are one setting" : "what the server really loads");
}

static void print_levels(const struct factor *f)
{
	printf("  %-12s", f->name);
	for (size_t i = 0; i < f->nlevels; i++) {
		const struct level *l = &f->levels[i];

		if (i == 12 && f->nlevels > 14) {
			printf(" ... %s (%zu levels)", f->levels[f->nlevels - 1].text, f->nlevels);
			break;
		}
		if (strcmp(l->text, l->asked) == 0)
			printf(" %s", l->text);
		else
			printf(" %s (%s)", l->text, l->asked);
	}
	printf("\n");
}

static void print_aliases(const struct plan *p, const char *factor)
{
	for (size_t i = 0; i < p->naliases; i++) {
		const struct alias *a = &p->aliases[i];

		if (strcmp(a->factor, factor) == 0)
			printf("  %-12s %s is %s: %s%s\n", "", a->level, a->same_as, a->why,
				a->merged ? "; merged" : "");
	}
}

static void print_factor(const struct plan *p, const struct factor *f)
{
	print_levels(f);
	print_aliases(p, f->name);
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
			d->note[0] ? "; " : "", d->note);
	}
}

static void print_size(const struct plan *p)
{
	char requests[NUM_TEXT];

	printf("  %u cell%s", p->ncells, plural(p->ncells));
	if (p->sweep->nprompts != 1)
		printf(" x %zu prompts", p->sweep->nprompts);
	printf(" x %lld repeat%s in %u block%s, %lld pass%s: %s request%s, %llu load%s",
		(long long)p->repeats, plural((uint64_t)p->repeats), p->nblocks, plural(p->nblocks),
		(long long)p->passes, p->passes == 1 ? "" : "es",
		num_group(requests, (int64_t)p->requests), plural(p->requests),
		(unsigned long long)p->block_loads, plural(p->block_loads));
	if (p->sentinel_loads)
		printf(" (+%llu sentinel)", (unsigned long long)p->sentinel_loads);
	printf(", %llu warm-ups or more\n", (unsigned long long)p->warmups);
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
	char took[NUM_TEXT];

	if (times->known)
		printf("  about %s, from %s%s%s\n",
			num_duration(took, plan_seconds(p, times->per_load, times->per_request)),
			times->from, times->date[0] ? " of " : "", times->date);
	else
		printf("  time unknown: no earlier run of this model here%s\n",
			simulated
				? ""
				: " (`chimera plan --probe` loads once and sends three requests)");
}

void plan_text_print(const struct plan *p, bool simulated, const struct earlier_times *times)
{
	if (simulated)
		printf("SIMULATED machine: nothing below is a measurement of a real server\n");
	for (size_t i = 0; i < p->nservers; i++)
		print_server(&p->servers[i]);
	for (size_t i = 0; i < p->sweep->nfactors; i++)
		print_factor(p, &p->sweep->factors[i]);
	print_size(p);
	print_limits(p->sweep);
	print_time(p, simulated, times);
	fflush(stdout);
}
