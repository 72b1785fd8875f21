/* filler.c - words by rounds, and how many of them. */
#include "filler.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bug.h"
#include "rng.h"

/* Plain nouns and adjectives; none asks, negates or orders anything. */
static const char words[][FILLER_WORD_BYTES] = {"time", "year", "work", "life", "hand", "part",
	"city", "road", "tree", "fish", "bird", "door", "wall", "room", "home", "town", "land",
	"hill", "lake", "rain", "snow", "wind", "fire", "gold", "iron", "wood", "rock", "sand",
	"salt", "milk", "rice", "corn", "food", "book", "page", "word", "song", "game", "ball",
	"ship", "boat", "bank", "farm", "shop", "park", "west", "east", "blue", "dark", "cold",
	"warm", "soft", "hard", "deep", "high", "long", "wide", "full", "open", "slow", "fast",
	"good", "rich", "free"};

void filler_add(struct str *out, const char *prompt_id, int64_t n)
{
	uint32_t order[COUNTOF(words)];
	struct rng r;

	if (n <= 0)
		return;
	rng_init(&r, (uint64_t)n, prompt_id);
	for (int64_t i = 0; i < n; i++) {
		size_t place = (size_t)i % COUNTOF(words);

		if (place == 0)
			rng_permute(&r, order, COUNTOF(words));
		if (i > 0)
			str_addc(out, ' ');
		str_addn(out, words[order[place]], FILLER_WORD_BYTES - 1);
	}
	str_add(out, "\n\n");
}

double filler_tokens(const struct calibration *c, size_t prompt, bool unique, int64_t n)
{
	return c->fixed + (prompt < c->ntexts ? c->text[prompt] : 0) +
		(unique ? c->first_word : 0) + c->per_word * (double)n;
}

int64_t filler_words(const struct calibration *c, size_t prompt, bool unique, int64_t tokens)
{
	double n = ((double)tokens - filler_tokens(c, prompt, unique, 0)) / c->per_word;

	/* Not even half a word of room, or (a false comparison) no number. */
	if (!(n >= 0.5))
		return 0;
	return n < FILLER_MAX_WORDS ? (int64_t)llround(n) : FILLER_MAX_WORDS;
}

/* ---- the calibrations of a plan ---- */

static bool is_name(const char *given, const char *wanted)
{
	return given && wanted ? strcmp(given, wanted) == 0 : !given && !wanted;
}

/* A cell's level of a factor; NULL where it is none. */
static const struct level *level_of(const struct plan *p, uint32_t cell, const char *factor)
{
	for (size_t f = 0; f < p->sweep->nfactors; f++) {
		if (strcmp(p->sweep->factors[f].name, factor) == 0)
			return &p->sweep->factors[f].levels[plan_level(p, cell, f)];
	}
	return NULL;
}

const char *filler_level_name(const struct plan *p, uint32_t cell, const char *factor)
{
	const struct level *l = level_of(p, cell, factor);

	return l ? l->text : NULL;
}

const struct calibration *filler_calibration(const struct plan *p, uint32_t cell)
{
	const struct sweep *s = p->sweep;
	const char *model, *system, *template;

	if (s->ncalibrations == 0)
		return NULL;
	model = plan_model(p, cell);
	system = filler_level_name(p, cell, "system");
	template = filler_level_name(p, cell, "template");
	for (size_t i = 0; i < s->ncalibrations; i++) {
		const struct calibration *c = &s->calibrations[i];

		if (is_name(c->model, model) && is_name(c->system, system) &&
			is_name(c->template, template))
			return c;
	}
	return NULL;
}

static bool is_unique(const struct plan *p, uint32_t cell)
{
	return strcmp(plan_cache(p, cell), "repeat") != 0;
}

int64_t filler_words_of(const struct plan *p, uint32_t cell, size_t prompt)
{
	int64_t tokens = plan_prompt_tokens(p, cell);
	const struct calibration *c = tokens > 0 ? filler_calibration(p, cell) : NULL;

	return c ? filler_words(c, prompt, is_unique(p, cell), tokens) : 0;
}

bool filler_is_needed(const struct sweep *s)
{
	return s->prompt_tokens > 0 || s->prompt_tokens_share > 0 ||
		sweep_factor(s, "prompt_tokens");
}

bool filler_is_calibrated(const struct plan *p)
{
	if (!filler_is_needed(p->sweep))
		return true;
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		if (plan_prompt_tokens(p, cell) > 0 && !filler_calibration(p, cell))
			return false;
	}
	return true;
}

int64_t filler_option(const struct plan *p, uint32_t cell, const char *option)
{
	const struct level *l = level_of(p, cell, option);
	const json_t *value = l ? l->value : json_object_get(p->sweep->options, option);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

uint32_t filler_misfits(const struct plan *p, uint32_t *first)
{
	uint32_t n = 0;

	if (!filler_is_needed(p->sweep))
		return 0;
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		int64_t answer = filler_option(p, cell, "num_predict");
		int64_t num_ctx = filler_option(p, cell, "num_ctx");
		int64_t tokens = plan_prompt_tokens(p, cell);

		if (num_ctx <= 0 || tokens + (answer > 0 ? answer : 0) <= num_ctx)
			continue;
		if (n++ == 0)
			*first = cell;
	}
	return n;
}

/* The one of a cell's prompts that is longest by itself. */
static size_t longest_prompt(const struct plan *p, uint32_t cell, const struct calibration *c)
{
	size_t first, n = plan_prompts(p, cell, &first), longest = first;

	for (size_t i = first; i < first + n && i < c->ntexts; i++) {
		if (c->text[i] > c->text[longest])
			longest = i;
	}
	return longest;
}

static int too_short(const struct plan *p, uint32_t cell, size_t prompt, struct err *e)
{
	const struct calibration *c = filler_calibration(p, cell);
	bool unique = is_unique(p, cell);
	char id[100];

	err_set(e, ERR_USAGE,
		"prompt_tokens %" PRId64
		": prompt \"%s\" has %.0f tokens by itself, with what stands around it",
		plan_prompt_tokens(p, cell),
		err_quote(id, sizeof(id), p->sweep->prompts[prompt].id),
		filler_tokens(c, prompt, unique, 0));
	return err_hint(e, "ask for %.0f and more, or take a shorter prompt",
		ceil(filler_tokens(c, prompt, unique, 1)));
}

int filler_check(const struct plan *p, struct err *e)
{
	for (uint32_t cell = 0; cell < p->ncells; cell++) {
		int64_t tokens = plan_prompt_tokens(p, cell), n;
		const struct calibration *c = tokens > 0 ? filler_calibration(p, cell) : NULL;
		size_t prompt;

		if (!c)
			continue;
		prompt = longest_prompt(p, cell, c);
		n = filler_words(c, prompt, is_unique(p, cell), tokens);
		if (n == 0)
			return too_short(p, cell, prompt, e);
		if (n == FILLER_MAX_WORDS)
			return err_set(e, ERR_USAGE,
				"prompt_tokens %" PRId64 ": no request is so long", tokens);
	}
	return 0;
}
