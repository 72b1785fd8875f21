/* analysed.c - a run of a known truth with its summary. */
#include "analysed.h"

#include <string.h>

#include "rng.h"
#include "unit.h"

struct splitplot analysed_plain(void)
{
	return (struct splitplot){.contexts = 4,
		.gpus = 1,
		.temperatures = 3,
		.prompts = 1,
		.passes = 3,
		.per_pass = 2,
		.sd_request = 0.01,
		.sd_load = 0.005,
		.sd_pass = 0.005};
}

void analysed_make(struct analysed *f, const struct splitplot *c)
{
	struct rng r;

	*f = (struct analysed){0};
	rng_init(&r, 11, "summary");
	splitplot_make(&f->d, c, &r);
}

void analysed_run(struct analysed *f)
{
	assert_int_equal(summary_make(&f->s, &f->d, &f->e), 0);
}

void analysed_release(struct analysed *f)
{
	summary_release(&f->s);
	dataset_release(&f->d);
}

const struct finding *analysed_find(
	const struct analysed *f, enum finding_kind kind, const char *part)
{
	for (size_t i = 0; i < f->s.nfindings; i++) {
		if (f->s.findings[i].kind == kind && strstr(f->s.findings[i].text, part))
			return &f->s.findings[i];
	}
	return NULL;
}

void analysed_expect(const struct analysed *f, enum finding_kind kind, const char *part)
{
	if (analysed_find(f, kind, part))
		return;
	for (size_t i = 0; i < f->s.nfindings; i++)
		print_message("%s: %s\n", finding_kind_name(f->s.findings[i].kind),
			f->s.findings[i].text);
	fail_msg("no finding says \"%s\"", part);
}
