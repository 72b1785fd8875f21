/* sweep_resolve.c - what depends on the servers: words for layers become numbers, the quick grid is
 * made where there is no factor, and every default in force is written down. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "sweep_internal.h"

#define ALL_LAYERS_UNKNOWN 999 /* "all" where the server does not tell: more than any model has */
#define DEFAULT_NUM_CTX    4096
#define DEFAULT_NUM_BATCH  512 /* newer servers derive it from num_ctx unless told */
#define DEFAULT_PREDICT    64
#define DEFAULT_SEED       42
#define BYTES_PER_TOKEN    3 /* fewer than usual, so that the estimate is on the safe side */

static const char default_prompt[] =
	"Explain in one short paragraph, for a curious twelve-year-old, why the sky looks blue "
	"during the day and turns red when the sun sets.";

/* What is known of the sweep's models on the first server. */
struct known {
	int64_t least_layers, most_layers; /* -1: not known of every model */
	int64_t least_train;               /* the smallest context trained for, -1 unknown */
	bool vision;                       /* of any */
};

static void add_known(struct known *k, const struct server_facts *server, const char *model)
{
	const struct model_facts *m = server ? server_facts_model(server, model) : NULL;

	if (!m || m->layers < 0)
		k->least_layers = k->most_layers = -1;
	if (k->most_layers >= 0) {
		k->least_layers = m->layers < k->least_layers ? m->layers : k->least_layers;
		k->most_layers = m->layers > k->most_layers ? m->layers : k->most_layers;
	}
	if (m && m->context_train > 0 && (k->least_train < 0 || m->context_train < k->least_train))
		k->least_train = m->context_train;
	if (m && m->vision)
		k->vision = true;
}

static struct known gather_known(const struct sweep *s, const struct server_facts *server)
{
	struct known k = {.least_layers = INT64_MAX, .most_layers = 0, .least_train = -1};
	const struct factor *models = sweep_factor(s, "model");

	if (s->model)
		add_known(&k, server, s->model);
	for (size_t i = 0; models && i < models->nlevels; i++)
		add_known(&k, server, json_string_value(models->levels[i].value));
	return k;
}

/* ---- layers on the GPU ---- */

static json_t *all_layers(struct sweep *s, const struct known *k)
{
	if (k->most_layers >= 0)
		return json_integer(k->most_layers + 1); /* the output layer counts */
	sweep_warn(s,
		"num_gpu all is sent as %d: the server does not tell how many layers there are",
		ALL_LAYERS_UNKNOWN);
	return json_integer(ALL_LAYERS_UNKNOWN);
}

/* "75%" of the layers, rounded up. */
static json_t *some_layers(const char *word, const struct known *k, struct err *e)
{
	double percent;

	if (k->least_layers < 0) {
		err_set(e, ERR_USAGE,
			"num_gpu: %s of the layers: the server does not tell how many "
			"there are",
			word);
		err_hint(e,
			"/api/show is missing on that server: write numbers of layers, or \"all\"");
		return NULL;
	}
	if (k->least_layers != k->most_layers) {
		err_set(e, ERR_USAGE,
			"num_gpu: %s of the layers: the models have %" PRId64 " to %" PRId64
			" of them",
			word, k->least_layers, k->most_layers);
		err_hint(e, "write numbers of layers, or sweep the models one by one");
		return NULL;
	}
	if (!num_parse(word, strlen(word) - 1, &percent))
		BUG("percentage \"%s\"", word);
	return json_integer((json_int_t)ceil((double)k->most_layers * percent / 100));
}

/* The number for a word; *ret stays NULL where it stays as it is. */
static int resolve_word(
	struct sweep *s, const struct known *k, const json_t *value, json_t **ret, struct err *e)
{
	const char *word = json_string_value(value);

	*ret = NULL;
	if (!word || strcmp(word, "auto") == 0)
		return 0;
	*ret = strcmp(word, "all") == 0 ? all_layers(s, k) : some_layers(word, k, e);
	return *ret ? 0 : -1;
}

static bool has_value(const struct factor *f, size_t n, const json_t *value, size_t *at)
{
	for (*at = 0; *at < n; ++*at) {
		if (json_equal(f->levels[*at].value, value))
			return true;
	}
	return false;
}

static void drop_equal(struct sweep *s, struct factor *f)
{
	size_t kept = 0, other;
	uint32_t *now = xcalloc(f->nlevels, sizeof(*now));

	for (size_t i = 0; i < f->nlevels; i++) {
		struct level l = f->levels[i];

		if (!has_value(f, kept, l.value, &other)) {
			now[i] = (uint32_t)kept;
			f->levels[kept++] = l;
			continue;
		}
		now[i] = (uint32_t)other;
		if (!s->quick)
			sweep_warn(s, "num_gpu %s and %s are both %s layers here: measured once",
				f->levels[other].asked, l.asked, l.text);
		sweep_release_level(&l);
	}
	f->nlevels = kept;
	sweep_relevel(s, (size_t)(f - s->factors), now);
	free(now);
}

static int resolve_gpu_factor(
	struct sweep *s, struct factor *f, const struct known *k, struct err *e)
{
	bool changed = false;

	for (size_t i = 0; i < f->nlevels; i++) {
		struct level *l = &f->levels[i];
		json_t *number;

		if (resolve_word(s, k, l->value, &number, e))
			return -1;
		if (number)
			sweep_set_level(l, number);
		changed |= number != NULL;
	}
	/* Only words can have become equal: numbers were compared when they were read. */
	if (changed)
		drop_equal(s, f);
	return 0;
}

static int resolve_gpu(struct sweep *s, const struct known *k, struct err *e)
{
	json_t *number;

	for (size_t i = 0; i < s->nfactors; i++) {
		if (strcmp(s->factors[i].name, "num_gpu") == 0)
			return resolve_gpu_factor(s, &s->factors[i], k, e);
	}
	if (resolve_word(s, k, json_object_get(s->options, "num_gpu"), &number, e))
		return -1;
	if (number)
		json_object_set_new(s->options, "num_gpu", number);
	return 0;
}

/* ---- the quick grid ---- */

static void quick_num_gpu(struct sweep *s, const struct known *k)
{
	static const char *const words[] = {"auto", "all", "75%", "50%"};
	size_t n = k->least_layers >= 0 && k->least_layers == k->most_layers ? 4 : 2;
	struct factor *f = sweep_add_factor(s, "num_gpu");

	for (size_t i = 0; i < n; i++)
		sweep_add_level(f, json_string(words[i]), NULL);
	sweep_add_level(f, json_integer(0), NULL);
}

/* Contexts beyond the one trained for are one setting: they are left out. */
static void quick_num_ctx(struct sweep *s, const struct known *k)
{
	struct factor *f = sweep_add_factor(s, "num_ctx");

	for (json_int_t x = 4096; x <= 16384; x *= 2) {
		if (k->least_train < 0 || x <= k->least_train)
			sweep_add_level(f, json_integer(x), NULL);
	}
	if (f->nlevels == 0)
		sweep_add_level(f, json_integer(k->least_train), NULL);
}

static void make_quick_grid(struct sweep *s, const struct known *k)
{
	bool gpu = json_object_get(s->options, "num_gpu"),
	     ctx = json_object_get(s->options, "num_ctx");

	if (s->nfactors)
		return;
	s->quick = true;
	if (gpu && ctx)
		sweep_warn(
			s, "nothing varies: num_gpu and num_ctx are fixed, and there is one cell");
	if (!gpu)
		quick_num_gpu(s, k);
	if (!ctx)
		quick_num_ctx(s, k);
	if (s->subset.kind != SUBSET_ALL)
		sweep_sort_factors(s);
}

/* ---- servers as levels ---- */

static bool is_server(const struct server_facts *facts, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(facts[i].name, name) == 0)
			return true;
	}
	return false;
}

static int unknown_server(const struct sweep *s, const struct server_facts *facts, size_t n,
	const char *name, struct err *e)
{
	char safe[80];

	err_set(e, ERR_USAGE, "%s: factors.server: there is no server \"%s\"", s->source,
		err_quote(safe, sizeof(safe), name));
	return err_hint(e,
		"levels are names of servers (--server NAME=URL), here \"%s\"%s, or "
		"\"*\" for all",
		facts[0].name, n > 1 ? " and others" : "");
}

/* Names of servers, or "*" for all. */
static int resolve_servers(
	struct sweep *s, const struct server_facts *facts, size_t n, struct err *e)
{
	struct factor *f = NULL;

	for (size_t i = 0; i < s->nfactors; i++) {
		if (s->factors[i].kind == FACTOR_SERVER)
			f = &s->factors[i];
	}
	if (!f || n == 0)
		return 0;
	if (f->nlevels == 1 && strcmp(f->levels[0].text, "*") == 0 &&
		!sweep_link_of(s, (size_t)(f - s->factors))) {
		sweep_release_level(&f->levels[0]);
		f->nlevels = 0;
		for (size_t i = 0; i < n; i++)
			sweep_add_level(f, json_string(facts[i].name), NULL);
	}
	for (size_t i = 0; i < f->nlevels; i++) {
		const char *name = json_string_value(f->levels[i].value);

		if (!is_server(facts, n, name))
			return unknown_server(s, facts, n, name, e);
	}
	return 0;
}

/* ---- defaults and warnings ---- */

static void put_default(struct sweep *s, const char *name, json_t *value)
{
	if (sweep_factor(s, name) || json_object_get(s->options, name))
		json_decref(value);
	else
		json_object_set_new(s->options, name, value);
}

/* What a server would choose by itself can change with its version or what it has loaded, so it is
 * chosen here, sent with every request, and written into the sweep. */
static void fill_options(struct sweep *s, const struct known *k)
{
	json_int_t ctx = DEFAULT_NUM_CTX;

	if (k->least_train > 0 && k->least_train < ctx)
		ctx = k->least_train;
	put_default(s, "num_gpu", json_string("auto"));
	put_default(s, "num_ctx", json_integer(ctx));
	put_default(s, "num_batch", json_integer(DEFAULT_NUM_BATCH));
	put_default(s, "num_predict", json_integer(DEFAULT_PREDICT));
	put_default(s, "seed", json_integer(DEFAULT_SEED));
}

static void fill_prompts(struct sweep *s)
{
	if (s->nprompts)
		return;
	s->prompts = xcalloc(1, sizeof(*s->prompts));
	s->nprompts = 1;
	s->prompts[0].id = xstrdup("default");
	s->prompts[0].text = xstrdup(default_prompt);
}

/* The least or the greatest value of an option over the sweep; -1 where it has none. */
static int64_t extreme(const struct sweep *s, const char *name, bool greatest)
{
	const struct factor *f = sweep_factor(s, name);
	const json_t *fixed = json_object_get(s->options, name);
	int64_t x = json_is_integer(fixed) ? json_integer_value(fixed) : -1;

	for (size_t i = 0; f && i < f->nlevels; i++) {
		int64_t v = json_integer_value(f->levels[i].value);

		if (i == 0 || (greatest ? v > x : v < x))
			x = v;
	}
	return x;
}

/* Bytes of the longest system prompt. */
static int64_t longest_system(const struct sweep *s)
{
	const struct factor *f = sweep_factor(s, "system");
	size_t longest = s->system ? strlen(s->system) : 0;

	for (size_t i = 0; f && i < f->nlevels; i++) {
		size_t len = json_string_length(f->levels[i].value);

		longest = len > longest ? len : longest;
	}
	return (int64_t)longest;
}

/* The longest length asked for, in tokens of a context; 0 if none is. */
static int64_t longest_asked(const struct sweep *s, int64_t ctx)
{
	const struct factor *f = sweep_factor(s, "prompt_tokens");
	double share = s->prompt_tokens_share, part, longest = (double)s->prompt_tokens;

	for (size_t i = 0; f && i < f->nlevels; i++) {
		const json_t *value = f->levels[i].value;

		if (sweep_percentage(json_string_value(value), &part))
			share = fmax(share, part);
		else
			longest = fmax(longest, json_number_value(value));
	}
	return (int64_t)fmax(longest, share * (double)ctx);
}

static void warn_texts(struct sweep *s, int64_t ctx, int64_t answer)
{
	int64_t longest = 0, over = 0, system = longest_system(s);
	const char *which = NULL;

	for (size_t i = 0; i < s->nprompts; i++) {
		int64_t tokens = ((int64_t)strlen(s->prompts[i].text) + system) / BYTES_PER_TOKEN;

		over += tokens + answer > ctx;
		if (tokens >= longest) {
			longest = tokens;
			which = s->prompts[i].id;
		}
	}
	if (over)
		sweep_warn(s,
			"%" PRId64 " of %zu prompts may not fit into num_ctx %" PRId64
			": \"%s\" has about %" PRId64 " tokens, and an answer up to %" PRId64,
			over, s->nprompts, ctx, which, longest, answer);
}

static void warn_length(struct sweep *s)
{
	int64_t ctx = extreme(s, "num_ctx", false), answer = extreme(s, "num_predict", true);
	int64_t asked = longest_asked(s, ctx);

	answer = answer > 0 ? answer : 0; /* without a limit nothing can be said */
	if (asked == 0)
		warn_texts(s, ctx, answer);
	else if (asked + answer > ctx)
		sweep_warn(s,
			"prompts of %" PRId64 " tokens may not fit into num_ctx %" PRId64
			" with an answer of up to %" PRId64,
			asked, ctx, answer);
}

static void warn_clamped(struct sweep *s, const struct known *k)
{
	const json_t *fixed = json_object_get(s->options, "num_ctx");
	json_int_t ctx = json_integer_value(fixed);

	if (!fixed)
		return;
	if (k->least_train > 0 && ctx > k->least_train)
		sweep_warn(s,
			"num_ctx %" JSON_INTEGER_FORMAT " is %" PRId64
			" here: the model was trained for no more",
			ctx, k->least_train);
	else if (k->vision && ctx < FACTS_VISION_NUM_CTX)
		sweep_warn(s,
			"num_ctx %" JSON_INTEGER_FORMAT " is %d here: models that see have no less",
			ctx, FACTS_VISION_NUM_CTX);
}

int sweep_resolve(struct sweep *s, const struct server_facts *facts, size_t nfacts, struct err *e)
{
	struct known k = gather_known(s, nfacts ? &facts[0] : NULL);

	make_quick_grid(s, &k);
	if (resolve_gpu(s, &k, e) || resolve_servers(s, facts, nfacts, e))
		return -1;
	if (s->subset.kind != SUBSET_ALL)
		sweep_sort_levels(s);
	if (s->distribute == DISTRIBUTE_REPLICATE && nfacts == 1)
		sweep_warn(s, "distribute: replicate does nothing: there is one server");
	fill_options(s, &k);
	fill_prompts(s);
	if (sweep_bind_conditions(s, e))
		return -1;
	warn_length(s);
	warn_clamped(s, &k);
	return 0;
}
