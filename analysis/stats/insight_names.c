/* insight_names.c - words of names, indexed by word. */
#include "insight_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* Subjects that are looked at for one word: beyond, it says too little. */
#define MOST_LOOKED 512
#define MOST_FAMILY 64
#define MOST_TEXT   400 /* bytes of a text that are read */

/* ---- words ---- */

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t h, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h;
}

/* "8b", "270m", "q4", "fp16", "int8": a size or a precision. */
static bool is_variant(const char *s, size_t len)
{
	size_t digits = 0;

	while (digits < len && isdigit((unsigned char)s[digits]))
		digits++;
	if (digits > 0 && digits + 1 == len && strchr("bmk", s[digits]))
		return true;
	for (size_t k = 1; k <= 4 && k < len; k++) {
		if (isdigit((unsigned char)s[k]))
			return (k == 1 && s[0] == 'q') || (k == 2 && memcmp(s, "fp", 2) == 0) ||
				(k == 2 && (memcmp(s, "bf", 2) == 0 || memcmp(s, "iq", 2) == 0)) ||
				(k == 3 && memcmp(s, "int", 3) == 0);
	}
	return false;
}

static void add_word(struct whose *n, struct name_words *w, const char *s, size_t len)
{
	uint32_t word;
	size_t at;

	if (len == 6 && memcmp(s, "latest", 6) == 0) {
		w->latest = true;
		return;
	}
	if (w->n >= NAMES_MOST_WORDS)
		return;
	word = keymap_number(&n->words, hash(0xcbf29ce484222325u, s, len), hash(len, s, len));
	for (at = 0; at < w->n && w->word[at] < word; at++)
		;
	if (at < w->n && w->word[at] == word)
		return;
	memmove(&w->word[at + 1], &w->word[at], (w->n - at) * sizeof(*w->word));
	memmove(&w->variant[at + 1], &w->variant[at], (w->n - at) * sizeof(*w->variant));
	w->word[at] = word;
	w->variant[at] = is_variant(s, len);
	w->n++;
}

/* Letters of other alphabets are letters: every byte above ASCII. */
static bool is_part(unsigned char c)
{
	return isalnum(c) || c >= 0x80;
}

void whose_words(struct whose *n, const char *text, struct name_words *ret)
{
	char word[64];
	size_t len = 0;

	for (size_t i = 0; i < MOST_TEXT; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_part(c)) {
			if (len < sizeof(word))
				word[len++] = (char)tolower(c);
			continue;
		}
		if (len)
			add_word(n, ret, word, len);
		len = 0;
		if (c == '\0')
			break;
	}
	if (len)
		add_word(n, ret, word, len);
}

uint32_t whose_set(struct whose *n, const struct name_words *w)
{
	uint64_t a = 0xcbf29ce484222325u, b = w->n;

	for (size_t i = 0; i < w->n; i++) {
		a = (a ^ w->word[i]) * 0x100000001b3u;
		b = (b ^ w->word[i]) * 0x9e3779b97f4a7c15u + 1;
	}
	return keymap_number(&n->sets, a, b);
}

/* ---- the index ---- */

/* Subjects by the words that `rarest` (NULL: all of them) picks. */
static void make_lists(struct whose *n, const uint32_t *rarest, uint32_t **start, uint32_t **list)
{
	uint32_t *at = xcalloc(n->nwords + 2, sizeof(*at));
	size_t all = 0;

	for (uint32_t s = 0; s < n->nsubjects; s++) {
		const struct name_words *w = &n->subject[s];

		for (size_t i = 0; i < w->n; i++) {
			if (rarest && rarest[s] != w->word[i])
				continue;
			at[w->word[i] + 1]++;
			all++;
		}
	}
	for (size_t i = 1; i <= n->nwords + 1; i++)
		at[i] += at[i - 1];
	*list = xcalloc(all + 1, sizeof(**list));
	*start = xcalloc(n->nwords + 2, sizeof(**start));
	memcpy(*start, at, (n->nwords + 2) * sizeof(*at));
	for (uint32_t s = 0; s < n->nsubjects; s++) {
		const struct name_words *w = &n->subject[s];

		for (size_t i = 0; i < w->n; i++) {
			if (!rarest || rarest[s] == w->word[i])
				(*list)[at[w->word[i]]++] = s;
		}
	}
	free(at);
}

static void find_rarest(const struct whose *n, uint32_t *rarest)
{
	for (uint32_t s = 0; s < n->nsubjects; s++) {
		const struct name_words *w = &n->subject[s];
		uint32_t fewest = UINT32_MAX;

		rarest[s] = UINT32_MAX;
		for (size_t i = 0; i < w->n; i++) {
			uint32_t many = n->start[w->word[i] + 1] - n->start[w->word[i]];

			if (many < fewest) {
				fewest = many;
				rarest[s] = w->word[i];
			}
		}
	}
}

/* Whether all words of a are words of b. */
static bool all_in(const struct name_words *a, const struct name_words *b)
{
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++) {
		while (k < b->n && b->word[k] < a->word[i])
			k++;
		if (k == b->n || b->word[k] != a->word[i])
			return false;
	}
	return true;
}

/* Those whose rarest word is in many names are taken for one. */
static void find_families(struct whose *n, const uint32_t *rarest)
{
	for (uint32_t s = 0; s < n->nsubjects; s++) {
		const struct name_words *w = &n->subject[s];
		uint32_t from, to;

		if (rarest[s] == UINT32_MAX)
			continue;
		from = n->start[rarest[s]];
		to = n->start[rarest[s] + 1];
		n->family[s] = to - from > MOST_FAMILY;
		for (uint32_t k = from; k < to && !n->family[s]; k++)
			n->family[s] = n->subject[n->list[k]].n > w->n &&
				all_in(w, &n->subject[n->list[k]]);
	}
}

void whose_init(struct whose *n, const struct corpus *c)
{
	uint32_t *rarest;

	*n = (struct whose){.nsubjects = (uint32_t)c->nsubjects};
	n->subject = xcalloc(c->nsubjects + 1, sizeof(*n->subject));
	n->model = xcalloc(c->nsubjects + 1, sizeof(*n->model));
	n->family = xcalloc(c->nsubjects + 1, sizeof(*n->family));
	n->of_set = xcalloc(c->nsubjects + 1, sizeof(*n->of_set));
	n->how_many = xcalloc(c->nsubjects + 1, sizeof(*n->how_many));
	for (uint32_t s = 0; s < n->nsubjects; s++) {
		uint32_t set;

		n->model[s] = c->subjects[s].model != NULL;
		whose_words(n, c->subjects[s].name, &n->subject[s]);
		set = whose_set(n, &n->subject[s]);
		if (n->how_many[set]++ == 0)
			n->of_set[set] = s;
	}
	n->nsets = n->sets.n;
	n->nwords = n->words.n;
	make_lists(n, NULL, &n->start, &n->list);
	rarest = xcalloc(c->nsubjects + 1, sizeof(*rarest));
	find_rarest(n, rarest);
	find_families(n, rarest);
	make_lists(n, rarest, &n->rstart, &n->rlist);
	free(rarest);
}

void whose_release(struct whose *n)
{
	keymap_release(&n->words);
	keymap_release(&n->sets);
	free(n->subject);
	free(n->model);
	free(n->family);
	free(n->of_set);
	free(n->how_many);
	free(n->start);
	free(n->list);
	free(n->rstart);
	free(n->rlist);
	*n = (struct whose){0};
}

/* ---- finding ---- */

/* "owl3 27b" is not about a subject owl3: another of the family is meant. */
static bool other_variant(const struct name_words *subject, const struct name_words *text)
{
	for (size_t i = 0; i < text->n; i++) {
		const struct name_words one = {.word = {text->word[i]}, .n = 1};

		if (text->variant[i] && !all_in(&one, subject))
			return true;
	}
	return false;
}

/* One word that is no model's, such as "baseline", is not enough; nor is the name of a family,
 * unless the text says that its latest is meant. */
static bool may_be_within(const struct whose *n, uint32_t subject, const struct name_words *w)
{
	if (n->subject[subject].n == 1 && !n->model[subject])
		return false;
	return !n->family[subject] || w->latest;
}

/* The subject with most words, all of which are in the text. */
static uint32_t find_within(const struct whose *n, const struct name_words *w)
{
	uint32_t best = CORPUS_NONE;
	size_t most = 0;
	bool tied = false;

	for (size_t i = 0; i < w->n; i++) {
		uint32_t word = w->word[i], from, to;

		if (word >= n->nwords)
			continue;
		from = n->rstart[word];
		to = n->rstart[word + 1];
		for (uint32_t k = from; k < to && k - from < MOST_LOOKED; k++) {
			const struct name_words *s = &n->subject[n->rlist[k]];

			if (s->n < most || !may_be_within(n, n->rlist[k], w) || !all_in(s, w) ||
				other_variant(s, w))
				continue;
			tied = s->n == most;
			best = n->rlist[k];
			most = s->n;
		}
	}
	return tied ? CORPUS_NONE : best;
}

/* The only subject that has all words of the text. */
static uint32_t find_around(const struct whose *n, const struct name_words *w)
{
	uint32_t best = CORPUS_NONE, fewest = UINT32_MAX, word = 0;

	for (size_t i = 0; i < w->n; i++) {
		uint32_t many;

		if (w->word[i] >= n->nwords)
			return CORPUS_NONE; /* no subject has that word */
		many = n->start[w->word[i] + 1] - n->start[w->word[i]];
		if (many < fewest) {
			fewest = many;
			word = w->word[i];
		}
	}
	if (fewest > MOST_LOOKED)
		return CORPUS_NONE;
	for (uint32_t k = n->start[word]; k < n->start[word + 1]; k++) {
		if (!all_in(w, &n->subject[n->list[k]]))
			continue;
		if (best != CORPUS_NONE)
			return CORPUS_NONE;
		best = n->list[k];
	}
	return best;
}

uint32_t whose_find(struct whose *n, const struct name_words *w)
{
	uint32_t set, found;

	if (w->n == 0 || n->nsubjects == 0)
		return CORPUS_NONE;
	set = whose_set(n, w);
	if (set < n->nsets)
		return n->how_many[set] == 1 ? n->of_set[set] : CORPUS_NONE;
	found = find_within(n, w);
	return found != CORPUS_NONE ? found : find_around(n, w);
}
