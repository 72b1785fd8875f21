/* reply_parts.h - what the files of a reply share: reply.c splits into lines and decides how the
 * request ended, reply_ollama.c and reply_openai.c read one JSON object of their protocol,
 * reply_error.c reads what is said about failures. */
#ifndef CORE_REPLY_PARTS_H
#define CORE_REPLY_PARTS_H

#include <jansson.h>

#include "reply.h"

/* Reads a line as it nearly always is without building JSON; false: it must be parsed. */
bool reply_ollama_plain(struct reply *r, const char *line, size_t len, const struct moment *m);
void reply_ollama_object(struct reply *r, const json_t *object, const struct moment *m);
/* `event`: one of many server-sent events; otherwise the object is the whole reply. */
void reply_openai_object(struct reply *r, const json_t *object, bool event, const struct moment *m);

/* A counter or a duration of an object.  Servers leave out what is 0, and have sent the smallest
 * int64 for "none": what is absent, not positive or beyond belief is missing. */
int64_t reply_count(const json_t *object, const char *key); /* -1 missing */
ns reply_duration(const json_t *object, const char *key);   /* NS_NONE missing */

/* The {"error": ...} of a line inside a reply that began well. */
void reply_error_line(struct reply *r, const json_t *error);
/* The body of a reply with an error status, whole. */
void reply_error_body(struct reply *r, const char *body, size_t len);

/* Copies text that came from outside: what is not UTF-8 becomes '?', NUL a space, and a cut falls
 * between characters.  Control characters stay. */
void reply_copy_text(char *dst, size_t size, const char *src, size_t len);

#endif
