/* facts.c - the facts of one server and its models as values; facts_url.c has addresses,
 * facts_read.c the readers of replies. */
#include "facts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"

#define MAX_LABEL 80

static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '_' || c == '.';
}

/* The length of NAME in NAME=URL; 0 where there is none. */
static size_t label_length(const char *spec)
{
	size_t len = 0;

	while (is_label_char(spec[len]))
		len++;
	return spec[len] == '=' ? len : 0;
}

/* The host of a normalised URL, brackets taken off; new string. */
static char *host_of(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	if (*host == '[')
		return xstrndup(host + 1, strcspn(host + 1, "]"));
	return xstrndup(host, strcspn(host, ":/"));
}

int server_facts_init(struct server_facts *f, const char *spec, struct err *e)
{
	size_t label = label_length(spec);
	char *url = server_url_normalize(label ? spec + label + 1 : spec);
	char safe[120];

	if (!url || label > MAX_LABEL) {
		free(url);
		err_set(e, ERR_USAGE, "\"%s\" is no address of a server",
			err_quote(safe, sizeof(safe), spec));
		return err_hint(e, "write http://HOST:PORT, HOST, :PORT, or NAME=http://HOST:PORT");
	}
	*f = (struct server_facts){.url = url};
	f->name = label ? xstrndup(spec, label) : xstrdup(url);
	f->host = host_of(url);
	return 0;
}

void server_facts_release(struct server_facts *f)
{
	free(f->url);
	free(f->name);
	free(f->host);
	free(f->proxy);
	for (size_t i = 0; i < f->ninstalled; i++)
		free(f->installed[i]);
	free(f->installed);
	for (size_t i = 0; i < f->nmodels; i++)
		free(f->models[i].name);
	free(f->models);
	*f = (struct server_facts){0};
}

struct model_facts *server_facts_add_model(struct server_facts *f, const char *name)
{
	struct model_facts *m;

	for (size_t i = 0; i < f->nmodels; i++) {
		if (strcmp(f->models[i].name, name) == 0)
			return &f->models[i];
	}
	f->models = xrealloc(f->models, f->nmodels + 1, sizeof(*f->models));
	m = &f->models[f->nmodels++];
	*m = (struct model_facts){
		.name = xstrdup(name), .layers = -1, .context_train = -1, .sliding_window = -1};
	return m;
}

const struct model_facts *server_facts_model(const struct server_facts *f, const char *name)
{
	for (size_t i = 0; i < f->nmodels; i++) {
		if (model_name_equal(f->models[i].name, name))
			return &f->models[i];
	}
	return NULL;
}

static const char *skip_prefix(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncasecmp(s, prefix, len) == 0 ? s + len : s;
}

/* The length of the name without its tag; *tag is the tag, "latest" where there is none. */
static size_t split_tag(const char *name, const char **tag)
{
	const char *slash = strrchr(name, '/');
	const char *colon = strchr(slash ? slash : name, ':');

	*tag = colon ? colon + 1 : "latest";
	return colon ? (size_t)(colon - name) : strlen(name);
}

bool model_name_equal(const char *a, const char *b)
{
	const char *tag_a, *tag_b;
	size_t len_a, len_b;

	a = skip_prefix(skip_prefix(a, "registry.ollama.ai/"), "library/");
	b = skip_prefix(skip_prefix(b, "registry.ollama.ai/"), "library/");
	len_a = split_tag(a, &tag_a);
	len_b = split_tag(b, &tag_b);
	return len_a == len_b && strncasecmp(a, b, len_a) == 0 && strcasecmp(tag_a, tag_b) == 0;
}

const struct ps_entry *ps_find(const struct ps_list *ps, const char *model, const char *digest)
{
	for (size_t i = 0; i < ps->n; i++) {
		if (model_name_equal(ps->entry[i].name, model))
			return &ps->entry[i];
	}
	for (size_t i = 0; digest && *digest && i < ps->n; i++) {
		if (strcasecmp(ps->entry[i].digest, digest) == 0)
			return &ps->entry[i];
	}
	return NULL;
}
