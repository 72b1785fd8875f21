/* ollama_lines.h - lines as Ollama streams them. */
#ifndef TESTS_OLLAMA_LINES_H
#define TESTS_OLLAMA_LINES_H

#define TOKEN(text)                                                                                \
	"{\"model\":\"m\",\"created_at\":\"t\",\"response\":\"" text "\",\"done\":false}\n"
#define FINAL                                                                                      \
	"{\"model\":\"m\",\"created_at\":\"t\",\"response\":\"\",\"done\":true,\"done_reason\":"   \
	"\"stop\",\"context\":[2,105],\"total_duration\":900,\"load_duration\":100,"               \
	"\"prompt_eval_count\":26,\"prompt_eval_duration\":200,\"eval_count\":3,"                  \
	"\"eval_duration\":500}\n"
#define STREAM TOKEN("Hel") TOKEN("lo") FINAL

#endif
