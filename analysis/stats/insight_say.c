/* insight_say.c - statements and the rows behind them: collected, sorted, numbered. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_parts.h"
#include "num.h"
#include "vec.h"

#define MOST_QUOTED  70 /* bytes */
#define PLAIN_DIGITS 3

/* ---- words ---- */

char *insight_plain(char *dst, double x)
{
	char text[NUM_TEXT];

	num_sig(text, x, PLAIN_DIGITS);
	memcpy(dst, text, strlen(text) + 1);
	return dst;
}

char *insight_digits(char *dst, double x, double low, double high)
{
	double half = (high - low) / 2;
	int whole = isfinite(x) && x != 0 ? (int)floor(log10(fabs(x))) + 1 : 1;
	int places = PLAIN_DIGITS - whole, wanted;

	if (!isfinite(x) || !(half > 0) || !isfinite(half))
		return insight_plain(dst, x);
	wanted = wording_decimals(half);
	return wording_fixed(dst, x, wanted > places ? wanted : places < 0 ? 0 : places);
}

const char *insight_cut(struct arena *a, const char *text)
{
	size_t len = strlen(text), n = MOST_QUOTED;

	if (len <= MOST_QUOTED)
		return text;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	return arena_fmt(a, "%.*s...", (int)n, text);
}

const char *insight_some(struct arena *a, const char *const *items, size_t n, size_t most)
{
	const char **shown;
	const char *text;
	size_t k = n <= most ? n : most;

	shown = xcalloc(k + 1, sizeof(*shown));
	for (size_t i = 0; i < k; i++)
		shown[i] = items[i];
	if (k < n)
		shown[k] = arena_fmt(a, "%zu more", n - k);
	text = wording_list(a, shown, k + (k < n), "and");
	free(shown);
	return text;
}

const char *insight_joined(struct arena *a, const char *const *parts, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		if (parts[i])
			text = text[0] ? arena_fmt(a, "%s; %s", text, parts[i]) : parts[i];
	return text;
}

const char *insight_file_name(const struct insight_work *w, uint32_t file)
{
	return file < w->c->nfiles ? w->c->files[file].of->name : "";
}

const char *insight_where(struct insight_work *w, const struct corpus_place *p)
{
	return p->table < w->c->ntables ? corpus_where(w->c, p, w->arena) : "";
}

void insight_subject_files(const struct insight_work *w, uint32_t subject, struct file_list *files)
{
	const struct corpus_subject *s = &w->c->subjects[subject];

	for (size_t i = 0; i < s->nplaces; i++)
		*VEC_PUSH(files) = s->places[i].file;
}

/* ---- statements ---- */

static int compare_files(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorted, each once. */
static size_t each_once(struct file_list *f)
{
	size_t n = 0;

	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), compare_files);
	for (size_t i = 0; i < f->n; i++) {
		if (n == 0 || f->v[n - 1] != f->v[i])
			f->v[n++] = f->v[i];
	}
	f->n = n;
	return n;
}

/* One line of UTF-8, whatever the names in it are. */
static const char *clean(struct arena *a, const char *text)
{
	json_t *valid = json_string(text);
	char *copy = arena_str(a, text);

	for (char *at = copy; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if (c < 0x20 || c == 0x7f)
			*at = ' ';
		else if (!valid && c >= 0x80)
			*at = '?';
	}
	json_decref(valid);
	return copy;
}

void insight_add(struct insight_work *w, const char *kind, int trap, int strength, const char *text,
	const char *where, uint64_t n, struct file_list *files)
{
	struct file_list none = {0};
	struct insight_finding *f = VEC_PUSH(&w->found);
	uint32_t *list;

	files = files ? files : &none;
	each_once(files);
	list = arena_alloc(w->arena, files->n, sizeof(*list));
	if (files->n)
		memcpy(list, files->v, files->n * sizeof(*list));
	*f = (struct insight_finding){.kind = kind,
		.trap = trap,
		.strength = strength,
		.text = clean(w->arena, text),
		.file = files->n == 1  ? insight_file_name(w, list[0])
			: files->n > 1 ? wording_count(w->arena, files->n, "file", "files")
				       : "",
		.where = files->n == 1 ? where : "",
		.n = n,
		.files = list,
		.nfiles = files->n};
	VEC_RELEASE(files);
}

/* By the text among equals, so that the order does not depend on the sort. */
static int compare_found(const void *a, const void *b)
{
	const struct insight_finding *x = a, *y = b;

	if (x->strength != y->strength)
		return x->strength > y->strength ? -1 : 1;
	return strcmp(x->text, y->text);
}

void insight_number(struct insight_work *w)
{
	struct insight *in = w->in;

	in->nfindings = w->found.n;
	in->findings = arena_alloc(w->arena, in->nfindings, sizeof(*in->findings));
	if (in->nfindings) {
		memcpy(in->findings, w->found.v, in->nfindings * sizeof(*in->findings));
		qsort(in->findings, in->nfindings, sizeof(*in->findings), compare_found);
	}
	for (size_t i = 0; i < in->nfindings; i++)
		in->findings[i].id = arena_fmt(w->arena, "F%zu", i + 1);
	VEC_RELEASE(&w->found);
}

const char *insight_times_range(struct insight_work *w, double least, double most)
{
	char low[WORDING_TEXT], high[WORDING_TEXT];

	wording_fixed(low, least, least < 10);
	wording_fixed(high, most, most < 10);
	return strcmp(low, high) == 0 ? arena_fmt(w->arena, "%s times", low)
				      : arena_fmt(w->arena, "%s to %s times", low, high);
}
