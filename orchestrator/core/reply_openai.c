/* reply_openai.c - the events of OpenAI-style endpoints, chat and completions.
 *
 * Server-sent events "data: {...}", an extra one with usage where asked, then "data: [DONE]"; or
 * one object.  Such servers say nothing about time. */
#include "reply_parts.h"

static const json_t *string_of(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);

	return json_string_length(text) > 0 ? text : NULL;
}

static void take_choice(struct reply *r, const json_t *choice, const struct moment *m)
{
	static const char *const parts[] = {"delta", "message"};
	const json_t *text = string_of(choice, "text");
	const json_t *reason = string_of(choice, "finish_reason");
	bool thought = false;

	for (size_t i = 0; i < COUNTOF(parts); i++) {
		const json_t *part = json_object_get(choice, parts[i]);

		if (!text)
			text = string_of(part, "content");
		thought = thought || string_of(part, "reasoning") ||
			string_of(part, "reasoning_content");
	}
	if (text)
		sample_add_arrival(
			&r->sample, json_string_value(text), json_string_length(text), m);
	else if (thought)
		sample_add_arrival(&r->sample, "", 0, m);
	if (reason)
		reply_copy_text(r->sample.done_reason, sizeof(r->sample.done_reason),
			json_string_value(reason), json_string_length(reason));
}

/* Ollama sends zeros in every event of a completion and the counts in the last one. */
static void take_usage(struct sample *s, const json_t *usage)
{
	const json_t *details = json_object_get(usage, "prompt_tokens_details");
	int64_t prompt = reply_count(usage, "prompt_tokens");
	int64_t output = reply_count(usage, "completion_tokens");
	int64_t cached = reply_count(details, "cached_tokens");

	if (prompt > 0)
		s->prompt_tokens = prompt;
	if (output > 0)
		s->output_tokens = output;
	if (cached > 0)
		s->cached_tokens = cached;
}

void reply_openai_object(struct reply *r, const json_t *object, bool event, const struct moment *m)
{
	const json_t *choices = json_object_get(object, "choices");

	if (json_array_size(choices) > 0)
		take_choice(r, json_array_get(choices, 0), m);
	take_usage(&r->sample, json_object_get(object, "usage"));
	if (!event && json_is_array(choices)) {
		r->done_seen = true;
		r->sample.done = m->at;
	}
}
