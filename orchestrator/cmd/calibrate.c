/* calibrate.c - requests whose tokens the server counts, and a straight line through them. */
#include "calibrate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "counting.h"
#include "filler.h"
#include "num.h"
#include "request.h"
#include "say.h"

#define MOST_PROMPTS          20
#define FEW_WORDS             64 /* all words equally often, in each of these */
#define MANY_WORDS            256
#define WORD_TOKENS           2 /* surely enough, to choose a context */
#define BYTES_PER_TOKEN       2
#define MARGIN_TOKENS         128
#define USUAL_BYTES_PER_TOKEN 4.0

static const int64_t slope_words[] = {FEW_WORDS, 2 * FEW_WORDS, MANY_WORDS};
#define PLAIN  COUNTOF(slope_words) /* the request without a first word */
#define OTHERS (PLAIN + 1)          /* the first of those with other prompts */

/* The requests for one calibration: the slope's, one without a first word, then one for each other
 * prompt. */
struct job {
	const struct plan *plan;
	uint32_t cell;
	size_t nprompts, step; /* every step-th prompt of the sweep is sent */
	struct counting *counts;
	struct str *bodies;
	size_t n;
};

/* A straight line by least squares; level where all x are equal. */
struct line {
	double at_mean_x, mean_x, slope;
};

static struct line fit(const double *x, const double *y, size_t n, double slope_if_unknown)
{
	struct line l = {.slope = slope_if_unknown};
	double sxx = 0, sxy = 0;

	for (size_t i = 0; i < n; i++) {
		l.mean_x += x[i] / (double)n;
		l.at_mean_x += y[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		sxx += (x[i] - l.mean_x) * (x[i] - l.mean_x);
		sxy += (x[i] - l.mean_x) * (y[i] - l.at_mean_x);
	}
	if (sxx > 0)
		l.slope = sxy / sxx;
	return l;
}

static double on_line(const struct line *l, double x)
{
	return l->at_mean_x + l->slope * (x - l->mean_x);
}

static double rounded(double x, double parts)
{
	return round(x * parts) / parts;
}

/* ---- what is sent ---- */

static size_t text_bytes(const struct plan *p, size_t prompt)
{
	return strlen(p->sweep->prompts[prompt].text);
}

static int64_t tokens_needed(const struct plan *p, uint32_t cell)
{
	const char *system = plan_system(p, cell), *template = plan_template(p, cell);
	size_t longest = 0,
	       around = (system ? strlen(system) : 0) + (template ? strlen(template) : 0);

	for (size_t i = 0; i < p->sweep->nprompts; i++) {
		if (text_bytes(p, i) > longest)
			longest = text_bytes(p, i);
	}
	return MANY_WORDS * WORD_TOKENS + MARGIN_TOKENS +
		(int64_t)((longest + around) / BYTES_PER_TOKEN);
}

/* The sweep's smallest context that is enough; if none is, what is needed. */
static int64_t choose_num_ctx(const struct plan *p, uint32_t cell)
{
	const struct factor *f = sweep_factor(p->sweep, "num_ctx");
	const json_t *fixed = json_object_get(p->sweep->options, "num_ctx");
	int64_t need = tokens_needed(p, cell), best = 0;

	if (json_is_integer(fixed) && json_integer_value(fixed) >= need)
		best = json_integer_value(fixed);
	for (size_t i = 0; f && i < f->nlevels; i++) {
		int64_t x = json_integer_value(f->levels[i].value);

		if (x >= need && (best == 0 || x < best))
			best = x;
	}
	return best ? best : need;
}

static size_t job_prompt(const struct job *j, size_t request)
{
	return request < OTHERS ? 0 : (request - OTHERS + 1) * j->step;
}

static void write_requests(struct job *j)
{
	int64_t num_ctx = choose_num_ctx(j->plan, j->cell);

	for (size_t i = 0; i < j->n; i++) {
		struct item it = {.cell = j->cell, .prompt = (uint32_t)job_prompt(j, i)};
		int64_t words = i < PLAIN ? slope_words[i] : FEW_WORDS;

		snprintf(it.run_id, sizeof(it.run_id), "%016zx", i); /* for a first word */
		j->bodies[i] = (struct str)STR_INIT(REQUEST_MAX);
		request_count(j->plan, &it, i != PLAIN, words, num_ctx, &j->bodies[i],
			&j->counts[i].prompt_bytes);
		j->counts[i].body = j->bodies[i].s;
		j->counts[i].num_ctx = num_ctx;
	}
}

static void job_init(struct job *j, const struct plan *p, uint32_t cell)
{
	size_t n = p->sweep->nprompts;

	*j = (struct job){.plan = p, .cell = cell, .step = 1, .nprompts = n};
	if (n > MOST_PROMPTS) {
		j->step = n / MOST_PROMPTS;
		j->nprompts = MOST_PROMPTS;
	}
	j->n = OTHERS + j->nprompts - 1;
	j->counts = xcalloc(j->n, sizeof(*j->counts));
	j->bodies = xcalloc(j->n, sizeof(*j->bodies));
	write_requests(j);
}

static void job_release(struct job *j)
{
	for (size_t i = 0; i < j->n; i++)
		str_release(&j->bodies[i]);
	free(j->bodies);
	free(j->counts);
}

/* ---- what is made of the answers ---- */

static int take_slope(const struct job *j, struct calibration *c, struct err *e)
{
	double x[COUNTOF(slope_words)], y[COUNTOF(slope_words)];
	struct line l;

	for (size_t i = 0; i < COUNTOF(slope_words); i++) {
		x[i] = (double)slope_words[i];
		y[i] = (double)j->counts[i].tokens;
	}
	l = fit(x, y, COUNTOF(slope_words), NAN);
	for (size_t i = 0; i < COUNTOF(slope_words); i++) {
		/* Cut, cached or counted otherwise: no straight line, or one that does not rise. */
		if (l.slope < 0.1 || fabs(y[i] - on_line(&l, x[i])) > fmax(3, 0.02 * y[i]))
			return err_set(e, ERR_ENV,
				"%s: prompts of %d, %d and %d words have %.0f, %.0f and %.0f "
				"tokens: lengths "
				"cannot be calibrated",
				j->plan->servers[0].url, FEW_WORDS, 2 * FEW_WORDS, MANY_WORDS, y[0],
				y[1], y[2]);
	}
	c->per_word = rounded(l.slope, 1e6);
	c->first_word = (double)(j->counts[0].tokens - j->counts[PLAIN].tokens);
	c->fixed = rounded(on_line(&l, 0) - c->first_word, 1e3);
	return 0;
}

/* What each prompt has more than the first. */
static void take_texts(const struct job *j, struct calibration *c)
{
	double bytes[MOST_PROMPTS], more[MOST_PROMPTS];
	struct line l;

	bytes[0] = (double)text_bytes(j->plan, 0);
	more[0] = 0;
	for (size_t i = 1; i < j->nprompts; i++) {
		const struct counting *count = &j->counts[OTHERS + i - 1];

		bytes[i] = (double)text_bytes(j->plan, i * j->step);
		more[i] = (double)(count->tokens - j->counts[0].tokens);
	}
	l = fit(bytes, more, j->nprompts, 1 / USUAL_BYTES_PER_TOKEN);
	for (size_t i = 0; i < c->ntexts; i++)
		c->text[i] = round(on_line(&l, (double)text_bytes(j->plan, i)));
	for (size_t i = 0; i < j->nprompts; i++)
		c->text[i * j->step] = more[i];
	c->measured = j->nprompts;
}

/* One more calibration: the one that the cell lacks. */
static int measure_one(struct sweep *s, const struct plan *p, uint32_t cell, const struct sim *sim,
	struct calibrated *ret, struct err *e)
{
	const struct server_facts *server = &p->servers[0];
	const char *model = plan_model(p, cell);
	struct calibration *c = sweep_add_calibration(s, model,
		filler_level_name(p, cell, "system"), filler_level_name(p, cell, "template"));
	struct job j;
	int failed;

	job_init(&j, p, cell);
	failed = sim ? counting_virtual(server, sim, j.counts, j.n, e)
		     : counting_real(server, model, j.counts, j.n, s->limit_first_load_s, e);
	failed = failed || take_slope(&j, c, e);
	if (!failed) {
		take_texts(&j, c);
		ret->requests += j.n;
		ret->estimated = c->ntexts - c->measured;
	}
	job_release(&j);
	return failed ? -1 : 0;
}

int calibrate(struct sweep *s, struct plan *p, const struct sim *sim, struct calibrated *ret,
	struct err *e)
{
	const struct server_facts *servers = p->servers;
	size_t nservers = p->nservers;

	*ret = (struct calibrated){0};
	if (!filler_is_needed(s))
		return 0;
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		if (plan_prompt_tokens(p, cell) > 0 && !filler_calibration(p, cell) &&
			measure_one(s, p, cell, sim, ret, e))
			return err_prefix(e, "prompt_tokens: ");
	}
	if (ret->requests) {
		plan_release(p);
		if (plan_build(p, s, servers, nservers, e))
			return -1;
	}
	return filler_check(p, e);
}

void calibrate_announce(const struct plan *p)
{
	if (!filler_is_calibrated(p))
		fprintf(stderr, "calibrating the lengths of prompts on %s\n",
			say_safe(p->servers[0].url));
}

static void say_one(const struct calibration *c)
{
	double least = INFINITY, most = 0;
	char per_word[NUM_TEXT];

	for (size_t i = 0; i < c->ntexts; i++) {
		least = fmin(least, filler_tokens(c, i, false, 0));
		most = fmax(most, filler_tokens(c, i, false, 0));
	}
	printf("  lengths      %s%s%s%s%s: a filler word is %s tokens; without any the prompts "
	       "have ",
		say_safe(c->model), c->system ? ", system " : "",
		c->system ? say_safe(c->system) : "", c->template ? ", template " : "",
		c->template ? say_safe(c->template) : "", num_sig(per_word, c->per_word, 3));
	if (least < most)
		printf("%.0f to %.0f\n", least, most);
	else
		printf("%.0f\n", most);
}

static void say_misfits(const struct plan *p)
{
	uint32_t cell, n = filler_misfits(p, &cell);
	int64_t answer;

	if (n == 0)
		return;
	answer = filler_option(p, cell, "num_predict");
	printf("  lengths      %" PRIu32 " of %" PRIu32 " cells do not fit: a prompt of %" PRId64
	       " tokens and an answer of %" PRId64 " in num_ctx %" PRId64 "\n",
		n, p->ncells, plan_prompt_tokens(p, cell), answer > 0 ? answer : 0,
		filler_option(p, cell, "num_ctx"));
	printf("  %-12s what is cut is marked and not counted; it is left out by "
	       "--exclude 'prompt_tokens + num_predict > num_ctx'\n",
		"");
}

void calibrate_say(const struct plan *p, const struct calibrated *c)
{
	const struct sweep *s = p->sweep;

	if (!filler_is_needed(s))
		return;
	say_misfits(p);
	if (!filler_is_calibrated(p)) {
		printf("  lengths      are calibrated on the server at the start of the run\n");
		return;
	}
	for (size_t i = 0; i < s->ncalibrations; i++)
		say_one(&s->calibrations[i]);
	if (c->estimated)
		printf("  %-12s the tokens of %zu prompts are told from their bytes\n", "",
			c->estimated);
}
