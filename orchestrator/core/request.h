/* request.h - bodies of requests to Ollama, as text.  Pure. */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "plan.h"
#include "row.h"
#include "str.h"

#define REQUEST_MAX ((size_t)64 << 20)

/* The body of /api/generate for one planned request.  With cache "unique" the prompt, and a system
 * prompt, begin with a never-repeated first word of fixed form on its own line: 12 decimal digits
 * from (run_id, session, attempt), since Gemma's tokenizer makes every digit a token and the count
 * so stays equal.  Where a length is asked for, filler words (filler.h) stand between it and the
 * text. *prompt_bytes is the length of prompt and system prompt as sent. */
void request_generate(const struct plan *p, const struct item *it, uint32_t session,
	uint32_t attempt, struct str *body, size_t *prompt_bytes);
/* Its texts, with a first word or not and so many filler words, in a context of that size, to be
 * answered by one token in one object: to have its tokens counted (cmd/calibrate.h). */
void request_count(const struct plan *p, const struct item *it, bool unique, int64_t words,
	int64_t num_ctx, struct str *body, size_t *prompt_bytes);
/* The context a request is answered in: as read back after its load, else as asked for; -1 unknown.
 */
int64_t request_num_ctx(const struct plan *p, const struct item *it, const struct load *load);
/* The body that unloads a model (empty prompt, keep_alive 0). */
void request_unload(const char *model, struct str *body);
/* The body of /api/show. */
void request_show(const char *model, struct str *body);

#endif
