/* sweep_presets.c - what `extends` and --preset know by name: the keys of a sweep without a model.
 * sweeps/README.md says what each is for. */
#include <string.h>

#include "bug.h"
#include "sweep_internal.h"

const char *const sweep_presets[] = {
	"quick", "context", "quality", "capacity", "load", "nightly", NULL};

/* As sweep_presets. */
static const char *const texts[] = {
	/* One request per cell and pass: the grid that is made for the model, as cheap as can be.
	 */
	"{\"passes\": 3, \"repeats\": 3, \"options\": {\"num_predict\": 32}}",
	/* Prompts that fill the context, since short ones measure allocation and not use. */
	"{\"factors\": {\"num_ctx\": \"2048-32768x2\"}, \"prompt_tokens\": \"80%\","
	" \"options\": {\"num_predict\": 64}}",
	/* Sent as they are: a changed first word changes the answer. */
	"{\"factors\": {\"temperature\": [0, 0.4, 0.8]}, \"prompts\": \"graded\","
	" \"cache\": \"repeat\", \"options\": {\"num_predict\": 64}, \"passes\": 3, \"repeats\": "
	"3}",
	"{\"factors\": {\"concurrency\": [1, 2, 4, 8, 16]}, \"options\": {\"num_predict\": 64},"
	" \"repeats\": 6, \"goodput\": {\"ttft_ms\": 1000, \"tpot_ms\": 100}}",
	"{\"factors\": {\"rate\": [0.25, 0.5, 1, 2]}, \"arrivals\": \"poisson\","
	" \"burst\": \"60s\", \"options\": {\"num_predict\": 64}, \"repeats\": 3,"
	" \"goodput\": {\"ttft_ms\": 1000, \"tpot_ms\": 100}}",
	"{\"factors\": {\"num_gpu\": [\"auto\", 0], \"num_ctx\": [4096, 16384]},"
	" \"options\": {\"temperature\": 0, \"num_predict\": 64, \"seed\": 42},"
	" \"passes\": 5, \"repeats\": 20, \"limits\": {\"total\": 600}}",
};

json_t *sweep_preset(const char *name)
{
	for (size_t i = 0; sweep_presets[i]; i++) {
		json_t *object;

		if (strcmp(sweep_presets[i], name) != 0)
			continue;
		object = jsonx_parse(texts[i], strlen(texts[i]));
		if (!object)
			BUG("preset %s is no JSON", name);
		return object;
	}
	return NULL;
}
