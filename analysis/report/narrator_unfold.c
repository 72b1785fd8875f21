/* narrator_unfold.c - an answer by one of our schemas back into a text with headings.
 *
 * What is put together here is judged like any other text: a server need not have kept to the
 * schema. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "jsonx.h"
#include "narrator_internal.h"
#include "narrator_schema.h"

/* Where the JSON begins and ends: models put it into a fence of code. */
static void inside_fence(const char **s, size_t *len)
{
	const char *begin, *end;

	while (*len > 0 && isspace((unsigned char)**s))
		(*s)++, (*len)--;
	if (*len < 3 || strncmp(*s, "```", 3) != 0)
		return;
	begin = memchr(*s, '{', *len);
	end = memrchr(*s, '}', *len);
	if (begin && end && end > begin) {
		*len = (size_t)(end + 1 - begin);
		*s = begin;
	}
}

static void trim_end(struct str *out)
{
	while (out->len > 0 && strchr(" .", out->s[out->len - 1]))
		out->s[--out->len] = '\0';
}

/* A statement as the beginning of a sentence: with a capital, unless a name stands there. */
static void add_statement(const struct narrator_facts *f, const char *what, struct str *out)
{
	size_t at = out->len, word;
	bool is_name = false;

	narrator_one_line(out, what);
	trim_end(out);
	word = strspn(out->s + at, "abcdefghijklmnopqrstuvwxyz");
	for (size_t i = 0; i < f->nnames; i++)
		is_name = is_name ||
			(f->names[i] && strlen(f->names[i]) == word &&
				strncmp(f->names[i], out->s + at, word) == 0);
	if (word > 0 && !is_name && (out->s[at + word] == ' ' || out->s[at + word] == ','))
		out->s[at] = (char)toupper((unsigned char)out->s[at]);
}

/* "Sentence [F1]." or "Statement [F1], how it goes on." */
static void add_sentence(
	const struct narrator_facts *f, const json_t *item, const char *key, struct str *out)
{
	const char *said = jsonx_get_string(item, key), *then = jsonx_get_string(item, "then");
	const char *id = jsonx_get_string(item, "fact");
	int fact = id ? narrator_find(f, id, strlen(id)) : -1;

	if (said) {
		narrator_one_line(out, said);
		trim_end(out);
	} else if (fact >= 0) {
		add_statement(f, f->v[fact].what, out);
	}
	if (id) {
		str_add(out, " [");
		narrator_one_line(out, id);
		str_addc(out, ']');
	}
	if (!said && then) {
		str_add(out, ", ");
		narrator_one_line(out, then);
		trim_end(out);
	}
	str_addc(out, '.');
}

/* "What may happen; what would help": the two parts of such a statement, if it is one that has to
 * stand for the risk. */
static char *split_risk(const struct narrator_facts *f, const json_t *item, const char **help)
{
	const char *id = jsonx_get_string(item, "fact"), *parted;
	int fact = id ? narrator_find(f, id, strlen(id)) : -1;

	parted = fact >= 0 ? strstr(f->v[fact].what, "; ") : NULL;
	if (!parted || jsonx_get_string(item, "risk"))
		return NULL;
	*help = parted + 2;
	return xstrndup(f->v[fact].what, (size_t)(parted - f->v[fact].what));
}

static void add_risk(const struct narrator_facts *f, const json_t *item, struct str *out)
{
	const char *mitigation = jsonx_get_string(item, "mitigation"), *help;
	char *risk = split_risk(f, item, &help);

	str_add(out, "- Risk: ");
	if (risk) {
		add_statement(f, risk, out);
		str_addf(out, " [%s].", jsonx_get_string(item, "fact"));
	} else {
		add_sentence(f, item, "risk", out);
	}
	str_add(out, " Mitigation: ");
	if (risk) {
		add_statement(f, help, out);
		str_add(out, ". ");
	}
	free(risk);
	if (mitigation)
		narrator_one_line(out, mitigation);
	trim_end(out);
	str_add(out, ".\n");
}

enum section { SECTION_SUMMARY, SECTION_ADVICE, SECTION_RISKS };

static void add_item(const struct narrator_facts *f, enum section section, size_t number,
	const json_t *item, struct str *out)
{
	if (section == SECTION_RISKS) {
		add_risk(f, item, out);
		return;
	}
	if (section == SECTION_ADVICE)
		str_addf(out, "%zu. ", number);
	add_sentence(f, item, "sentence", out);
	str_addc(out, '\n');
}

/* An array's items or an object's members, whichever it is. */
static void add_section(
	const struct narrator_facts *f, enum section section, json_t *of, struct str *out)
{
	static const char *const headings[] = {NARRATOR_SUMMARY, NARRATOR_ADVICE, NARRATOR_RISKS};
	const char *name;
	json_t *v;
	size_t i, n = 0;

	str_addf(out, "%s\n\n", headings[section]);
	json_array_foreach (of, i, v)
		add_item(f, section, ++n, v, out);
	json_object_foreach (of, name, v)
		add_item(f, section, ++n, v, out);
	str_addc(out, '\n');
}

void narrator_unfold(
	const struct narrator_facts *f, const char *answer, size_t len, struct str *text)
{
	const char *s = answer;
	size_t rest = len;
	json_t *root = NULL;

	if (len <= NARRATOR_MAX_TEXT) {
		inside_fence(&s, &rest);
		root = rest > 0 && *s == '{' ? jsonx_parse(s, rest) : NULL;
	}
	if (!json_is_object(root) || !json_object_get(root, "summary")) {
		str_addn(text, answer, len);
	} else {
		add_section(f, SECTION_SUMMARY, json_object_get(root, "summary"), text);
		add_section(f, SECTION_ADVICE, json_object_get(root, "recommendations"), text);
		add_section(f, SECTION_RISKS, json_object_get(root, "risks"), text);
	}
	json_decref(root);
}
