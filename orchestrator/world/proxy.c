/* proxy.c - which proxy of the environment applies to a URL, by the rules curl documents:
 * http_proxy in lower case only (HTTP_PROXY is a request header in CGI), https_proxy and all_proxy
 * in either; no_proxy lists hosts, domains (with or without a leading dot), addresses, networks
 * (CIDR), each with an optional port, or is "*". */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "facts.h"
#include "http.h"

struct target {
	char *scheme, *host, *port;
};

static bool target_init(struct target *t, const char *url)
{
	CURLU *u = curl_url();
	bool ok = u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
		!curl_url_get(u, CURLUPART_SCHEME, &t->scheme, 0) &&
		!curl_url_get(u, CURLUPART_HOST, &t->host, 0) &&
		!curl_url_get(u, CURLUPART_PORT, &t->port, CURLU_DEFAULT_PORT);

	if (ok && t->host[0] == '[') { /* [::1] */
		size_t len = strcspn(t->host + 1, "]");

		memmove(t->host, t->host + 1, len);
		t->host[len] = '\0';
	}
	curl_url_cleanup(u);
	return ok;
}

static void target_release(struct target *t)
{
	curl_free(t->scheme);
	curl_free(t->host);
	curl_free(t->port);
}

static const char *env(const char *lower, const char *upper)
{
	const char *value = getenv(lower);

	return value || !upper ? value : getenv(upper);
}

/* "10.0.0.0/8" or a bare address, of either family. */
static bool network_matches(const char *network, const char *host)
{
	char text[INET6_ADDRSTRLEN] = "";
	size_t len = strcspn(network, "/");
	unsigned char net[16], addr[16];
	int family = strchr(network, ':') ? AF_INET6 : AF_INET;
	long size = family == AF_INET6 ? 128 : 32, bits = size;

	if (len >= sizeof(text))
		return false;
	memcpy(text, network, len);
	if (inet_pton(family, text, net) != 1 || inet_pton(family, host, addr) != 1)
		return false;
	if (network[len] == '/') {
		char *end;

		bits = strtol(network + len + 1, &end, 10);
		if (end == network + len + 1 || *end || bits < 0 || bits > size)
			return false;
	}
	if (memcmp(net, addr, (size_t)bits / 8) != 0)
		return false;
	return bits % 8 == 0 || (net[bits / 8] ^ addr[bits / 8]) >> (8 - bits % 8) == 0;
}

/* "example.org" and ".example.org" stand for the host itself and all below it. */
static bool domain_matches(const char *domain, const char *host)
{
	size_t skip = strspn(domain, "."), len = strlen(domain + skip), have = strlen(host);

	if (len == 0 || have < len || strcasecmp(host + have - len, domain + skip) != 0)
		return false;
	return have == len || host[have - len - 1] == '.';
}

/* One entry of no_proxy; writes to it. */
static bool entry_matches(char *entry, const struct target *t)
{
	char *colon = strrchr(entry, ':');
	char *close = strchr(entry, ']');

	if (strcmp(entry, "*") == 0 || network_matches(entry, t->host))
		return true;
	/* "host:8080", "[::1]:8080"; more colons without brackets are an address. */
	if (colon && (close ? colon > close : colon == strchr(entry, ':'))) {
		if (strcmp(colon + 1, t->port) != 0)
			return false;
		*colon = '\0';
	}
	if (entry[0] == '[' && close) {
		*close = '\0';
		entry++;
	}
	return network_matches(entry, t->host) || domain_matches(entry, t->host);
}

static bool excluded(const struct target *t)
{
	const char *list = env("no_proxy", "NO_PROXY");
	char *copy = xstrdup(list ? list : ""), *rest = NULL;
	bool hit = false;

	for (char *entry = strtok_r(copy, ", \t", &rest); entry && !hit;
		entry = strtok_r(NULL, ", \t", &rest))
		hit = entry_matches(entry, t);
	free(copy);
	return hit;
}

char *http_proxy_for(const char *url)
{
	struct target t = {0};
	const char *proxy = NULL;

	if (target_init(&t, url) && !server_host_is_local(t.host) && !excluded(&t)) {
		if (strcmp(t.scheme, "https") == 0)
			proxy = env("https_proxy", "HTTPS_PROXY");
		else
			proxy = env("http_proxy", NULL);
		if (!proxy)
			proxy = env("all_proxy", "ALL_PROXY");
	}
	target_release(&t);
	return proxy && *proxy ? xstrdup(proxy) : NULL;
}
