/* facts_url.c - addresses of servers, read as Ollama reads OLLAMA_HOST. */
#include "facts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bug.h"
#include "num.h"

#define DEFAULT_PORT 11434
#define MAX_SPEC     1000

/* The parts of an address; pointers into the text that was read. */
struct address {
	const char *scheme;
	const char *host, *port, *path;
	size_t host_len, port_len, path_len;
	int default_port;
};

static bool is_host_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

static bool is_ipv6(const char *s, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ignored;

	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, &ignored) == 1;
}

/* "[::1]:80", "::1", "host:80", ":80", "host". */
static bool split_host(struct address *a, const char *s, size_t len)
{
	const char *close, *colon;

	a->port = "";
	a->port_len = 0;
	if (len && *s == '[') {
		close = memchr(s, ']', len);
		if (!close || !is_ipv6(s + 1, (size_t)(close - s - 1)))
			return false;
		a->host = s + 1;
		a->host_len = (size_t)(close - s - 1);
		colon = close + 1;
		if (colon == s + len)
			return true;
		if (*colon != ':')
			return false;
	} else {
		a->host = s;
		a->host_len = len;
		colon = memchr(s, ':', len);
		if (!colon || is_ipv6(s, len))
			return true;
		a->host_len = (size_t)(colon - s);
	}
	a->port = colon + 1;
	a->port_len = len - (size_t)(colon + 1 - s);
	return true;
}

static bool split_address(struct address *a, const char *s, size_t len)
{
	const char *slashes = memmem(s, len, "://", 3), *slash;
	size_t scheme_len = slashes ? (size_t)(slashes - s) : 0;

	a->scheme = "http";
	a->default_port = slashes ? 80 : DEFAULT_PORT;
	if (slashes && scheme_len == 5 && strncasecmp(s, "https", 5) == 0) {
		a->scheme = "https";
		a->default_port = 443;
	} else if (slashes && (scheme_len != 4 || strncasecmp(s, "http", 4) != 0)) {
		return false;
	}
	if (slashes) {
		len -= scheme_len + 3;
		s = slashes + 3;
	}
	slash = memchr(s, '/', len);
	a->path = slash ? slash : "";
	a->path_len = slash ? len - (size_t)(slash - s) : 0;
	while (a->path_len && a->path[a->path_len - 1] == '/')
		a->path_len--;
	return split_host(a, s, slash ? (size_t)(slash - s) : len);
}

/* Only what cannot break out of a URL, a header or a CSV field. */
static bool is_clean(const struct address *a)
{
	bool v6 = memchr(a->host, ':', a->host_len);

	for (size_t i = 0; i < a->host_len; i++) {
		if (!v6 && !is_host_char(a->host[i]))
			return false;
	}
	for (size_t i = 0; i < a->path_len; i++) {
		if (!is_host_char(a->path[i]) && !strchr("/~%", a->path[i]))
			return false;
	}
	return true;
}

/* The port; the default where there is none, -1 where it is no port. */
static int port_of(const struct address *a)
{
	int64_t port;

	if (a->port_len == 0)
		return a->default_port;
	if (!num_parse_int(a->port, a->port_len, &port) || !isdigit((unsigned char)*a->port) ||
		port < 1 || port > 65535)
		return -1;
	return (int)port;
}

static bool host_is(const struct address *a, const char *host)
{
	return a->host_len == strlen(host) && memcmp(a->host, host, a->host_len) == 0;
}

/* Surrounding spaces and quotes, as a shell or a unit file may leave them. */
static const char *trimmed(const char *s, size_t *len)
{
	static const char junk[] = " \t\r\n\"'";

	s += strspn(s, junk);
	*len = strlen(s);
	while (*len && strchr(junk, s[*len - 1]))
		--*len;
	return s;
}

/* `lenient` takes the default port for a bad one, as Ollama does.  NULL if it is no address. */
static char *normalize(const char *spec, bool lenient)
{
	struct address a;
	size_t len;
	int port;

	if (strlen(spec) > MAX_SPEC)
		return NULL;
	spec = trimmed(spec, &len);
	if (!split_address(&a, spec, len) || !is_clean(&a))
		return NULL;
	port = port_of(&a);
	if (port < 0 && !lenient)
		return NULL;
	if (port < 0)
		port = a.default_port;
	/* An address to listen on at all interfaces is not one to connect to. */
	if (a.host_len == 0 || host_is(&a, "0.0.0.0"))
		a.host = "127.0.0.1", a.host_len = 9;
	else if (host_is(&a, "::"))
		a.host = "::1", a.host_len = 3;
	if (memchr(a.host, ':', a.host_len))
		return xasprintf("%s://[%.*s]:%d%.*s", a.scheme, (int)a.host_len, a.host, port,
			(int)a.path_len, a.path);
	return xasprintf("%s://%.*s:%d%.*s", a.scheme, (int)a.host_len, a.host, port,
		(int)a.path_len, a.path);
}

char *server_url_default(const char *env)
{
	char *url = normalize(env ? env : "", true);

	return url ? url : normalize("", true);
}

char *server_url_normalize(const char *spec)
{
	size_t len;

	(void)trimmed(spec, &len);
	return len ? normalize(spec, false) : NULL;
}

static bool ipv4_is_local(const unsigned char b[4])
{
	return b[0] == 0 || b[0] == 127 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
		(b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254);
}

bool server_host_is_loopback(const char *host)
{
	unsigned char b[sizeof(struct in6_addr)];

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, b) == 1)
		return b[0] == 127;
	return inet_pton(AF_INET6, host, b) == 1 &&
		IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)b);
}

bool server_host_is_local(const char *host)
{
	unsigned char b[sizeof(struct in6_addr)];
	size_t len = strlen(host);

	if (strcasecmp(host, "localhost") == 0 ||
		(len > 10 && strcasecmp(host + len - 10, ".localhost") == 0))
		return true;
	if (inet_pton(AF_INET, host, b) == 1)
		return ipv4_is_local(b);
	if (inet_pton(AF_INET6, host, b) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)b))
		return ipv4_is_local(b + 12);
	return IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)b) ||
		(b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}
