/* facts.h - what a server says about itself and its models, read from its replies.
 * Every field may be missing: an old or a different server is measured all the same. */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define FACTS_VISION_NUM_CTX 2048 /* models that see have at least this context */

struct model_facts {
	char *name;            /* as asked for */
	bool shown;            /* /api/show answered for it */
	char digest[65];       /* hex, from /api/tags; "" unknown */
	char quantization[32]; /* "" unknown */
	char parameter_size[32];
	char family[32];
	int64_t layers; /* block_count; useful num_gpu levels end at layers + 1.  -1 unknown */
	int64_t context_train;  /* -1 unknown */
	int64_t sliding_window; /* -1 unknown */
	bool vision;            /* it sees: see FACTS_VISION_NUM_CTX */
};

struct server_facts {
	char *url;        /* "http://127.0.0.1:11434", no trailing slash */
	char *name;       /* label; the url unless given as NAME=URL */
	char *host;       /* host part: servers that share it take turns */
	char *proxy;      /* proxy that requests to it go through, or NULL */
	char version[64]; /* "" unknown */
	bool has_tags, has_show, has_ps;
	char **installed; /* model names from /api/tags */
	size_t ninstalled;
	struct model_facts *models; /* one for each model of the sweep, in its order */
	size_t nmodels;
};

struct ps_entry {
	char name[160];
	char digest[65];
	int64_t size, size_vram, context_length; /* -1 missing */
};
/* What /api/ps said; `known` is false where it could not be read. */
struct ps_list {
	bool known;
	size_t n;
	struct ps_entry entry[16];
};

/* A server as yet unasked.  `spec` is URL or NAME=URL; ERR_USAGE if it is not one. */
int server_facts_init(struct server_facts *f, const char *spec, struct err *e);
void server_facts_release(struct server_facts *f);
struct model_facts *server_facts_add_model(struct server_facts *f, const char *name);
const struct model_facts *server_facts_model(const struct server_facts *f, const char *name);

/* Where requests go by default: OLLAMA_HOST as Ollama itself reads it (scheme and port optional,
 * 0.0.0.0 means this machine), else http://127.0.0.1:11434.  `env` is its value or NULL; new
 * string. */
char *server_url_default(const char *env);
/* Normalises like the above ("localhost", ":8080", "https://h/"); NULL if it is no address. */
char *server_url_normalize(const char *spec);
/* Whether the host of a URL is this machine: localhost, 127.0.0.0/8 or ::1. */
bool server_host_is_loopback(const char *host);
/* Loopback or private: proxies of the environment are not used for it. */
bool server_host_is_local(const char *host);

/* Readers of replies; 0, or -1 if the body is not what the endpoint sends (fields stay unknown). */
int facts_read_version(struct server_facts *f, const char *body, size_t len);
int facts_read_tags(struct server_facts *f, const char *body, size_t len); /* also model digests */
int facts_read_show(struct model_facts *m, const char *body, size_t len);
int facts_read_ps(struct ps_list *ps, const char *body, size_t len);
/* "gemma3" and "gemma3:latest" are one name. */
bool model_name_equal(const char *a, const char *b);
/* The entry that is this model (by name, else by digest), or NULL. */
const struct ps_entry *ps_find(const struct ps_list *ps, const char *model, const char *digest);

#endif
