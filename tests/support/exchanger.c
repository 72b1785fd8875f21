/* exchanger.c - see exchanger.h */
#include "exchanger.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

void exchanger_start(struct exchanger *f, const struct scripted_route *routes)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->http = http_new(&f->loop, NULL);
	assert_non_null(f->http);
	f->server = scripted_start(&f->loop, routes);
	snprintf(f->url, sizeof(f->url), "%s" PATH, scripted_url(f->server));
}

void exchanger_stop(struct exchanger *f)
{
	scripted_close(f->server);
	http_close(f->http);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	http_free(f->http);
	scripted_free(f->server);
}

void exchanger_done(void *arg, struct reply *reply)
{
	struct exchanger *f = arg;

	if (++f->ended == f->wanted)
		uv_stop(&f->loop); /* it must not wait for what is here */
	f->sample = reply->sample;
	snprintf(f->text, sizeof(f->text), "%s", reply->sample.text.s);
}

struct exchange_spec exchanger_spec(const char *url)
{
	static const char body[] = "{\"model\":\"m\",\"prompt\":\"p\"}";

	return (struct exchange_spec){
		.url = url,
		.body = body,
		.body_len = sizeof(body) - 1,
		.request_id = "id-1",
		.num_ctx = -1,
		.prompt_bytes = 1,
		.due = clock_mono(),
		.limits = {.connect = LONG_MS * NS_PER_MS,
			.first = LONG_MS * NS_PER_MS,
			.stall = LONG_MS * NS_PER_MS,
			.total = 0},
	};
}

struct exchange *exchanger_begin(struct exchanger *f, const struct exchange_spec *spec)
{
	struct exchange *x = NULL;

	f->ended = 0;
	assert_int_equal(exchange_start(f->http, spec, exchanger_done, f, &x, NULL), 0);
	assert_int_equal(f->ended, 0); /* never from inside the call */
	return x;
}

void exchanger_wait(struct exchanger *f, int ends)
{
	f->wanted = ends;
	while (f->ended < ends)
		uv_run(&f->loop, UV_RUN_ONCE);
	f->wanted = 0;
	assert_int_equal(f->ended, ends);
}

void exchanger_run(struct exchanger *f, const struct exchange_spec *spec)
{
	exchanger_begin(f, spec);
	exchanger_wait(f, 1);
}

void exchanger_check_times(const char *name, const struct sample *s)
{
	bool ordered = s->sent >= s->due && s->sent_wall > 0 &&
		(s->first_byte == NS_NONE || s->first_byte >= s->sent) &&
		(s->first_content == NS_NONE ||
			(s->first_content >= s->first_byte &&
				s->last_content >= s->first_content)) &&
		(s->done == NS_NONE || s->done >= s->sent);

	if (!ordered)
		fail_msg("%s: the times are out of order", name);
	/* The server is on the same loop: its answer may be there before the kernel is asked. */
	assert_true(s->stamps == STAMP_KERNEL || s->stamps == STAMP_USER);
	assert_true(s->stamps == STAMP_KERNEL ? s->user_stamped < s->chunks
					      : s->chunks < 1 || s->user_stamped > 0);
	assert_true(s->loop_lag_max >= 0);
	assert_true(s->slept < 50 * NS_PER_MS); /* the noise of reading two clocks */
}
