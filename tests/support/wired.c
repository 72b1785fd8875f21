/* wired.c - see wired.h */
#include "wired.h"

#include <string.h>

#include "unit.h"

/* Wall clock minus monotonic is known this well, even if the thread that reads them is held up. */
#define SLACK (100 * NS_PER_US)

static const struct scripted_route none[] = {{0}};

void wired_begin(struct wired *w)
{
	struct str reply = STR_INIT(STR_MAX_LINE);

	memset(w, 0, sizeof(*w));
	exchanger_start(&w->f, none);
	w->server = segments_new();
	str_add(&reply, SEGMENTS_HEAD);
	segments_chunk(&reply, FINAL);
	str_add(&reply, SEGMENTS_LAST);
	segments_request(w->server);
	segments_bytes(w->server, &reply);
	segments_request(w->server);
	str_release(&reply);
}

static void on_done(void *arg, struct reply *reply)
{
	struct wired *w = arg;

	sample_release(&w->sample);
	if (++w->ended == w->wanted)
		uv_stop(&w->f.loop); /* it must not wait for what is here */
	w->sample = reply->sample;
	w->answers = reply->sample.text.len;
	/* The times are ours now. */
	memset(&reply->sample.times, 0, sizeof(reply->sample.times));
	memset(&w->sample.text, 0, sizeof(w->sample.text));
}

static void exchange(struct wired *w)
{
	struct exchange_spec spec = exchanger_spec(segments_url(w->server));
	struct exchange *x;

	w->wanted = w->ended + 1;
	assert_int_equal(exchange_start(w->f.http, &spec, on_done, w, &x, NULL), 0);
	while (w->ended < w->wanted)
		uv_run(&w->f.loop, UV_RUN_ONCE);
	assert_int_equal(w->ended, w->wanted);
}

static void on_hog(uv_timer_t *timer)
{
	struct wired *w = timer->data;

	if (!segments_waits(w->server))
		return;
	segments_open(w->server);
	while (!w->hogged && !segments_waits(w->server) && !segments_over(w->server))
		uv_sleep(1);
	w->hogged = true;
}

void wired_run(struct wired *w)
{
	segments_start(w->server);
	exchange(w);
	assert_int_equal(w->sample.status, STATUS_OK);
	exchange(w);
	segments_join(w->server);
	w->sent = segments_sent(w->server, &w->nsent) + 1; /* without that of the first reply */
	w->nsent--;
	if (w->hogs)
		assert_true(w->hogged);
}

void wired_run_late(struct wired *w)
{
	w->hogs = true;
	w->hog.data = w;
	uv_timer_init(&w->f.loop, &w->hog);
	uv_timer_start(&w->hog, on_hog, 1, 1);
	wired_run(w);
}

void wired_end(struct wired *w)
{
	if (w->hogs)
		uv_close((uv_handle_t *)&w->hog, NULL);
	exchanger_stop(&w->f);
	sample_release(&w->sample);
	segments_free(w->server);
}

static void within(size_t i, const char *what, ns distance)
{
	if (distance < -SLACK)
		fail_msg("chunk %zu is %.3f ms %s", i, -(double)distance / NS_PER_MS, what);
}

void wired_came_before(const struct wired *w, size_t i, size_t send)
{
	const struct sample *s = &w->sample;

	assert_true(i < s->times.n && send < w->nsent);
	within(i, "too early", s->times.v[i] - w->sent[send].before);
	within(i, "too late for its bound", w->sent[send].after - (s->times.v[i] - s->late_max));
}

void wired_came_with(const struct wired *w, size_t i, size_t send)
{
	wired_came_before(w, i, send);
	within(i, "too late", w->sent[send].after - w->sample.times.v[i]);
}

void wired_counts(const struct wired *w, int64_t chunks, int64_t unresolved, int64_t by_user)
{
	const struct sample *s = &w->sample;

	assert_int_equal(s->chunks, chunks);
	assert_int_equal(s->times.n, chunks);
	assert_int_equal(sample_unresolved(s), unresolved);
	assert_int_equal(s->user_stamped, by_user);
	for (size_t i = 1; i < s->times.n; i++)
		assert_true(s->times.v[i] >= s->times.v[i - 1]);
	assert_true(chunks == 0 || s->first_content == s->times.v[0]);
	assert_true(chunks == 0 || s->last_content == s->times.v[s->times.n - 1]);
	assert_true(s->first_byte >= s->sent && s->first_content >= s->first_byte);
	assert_true(s->late_max >= 0 && s->late_first >= 0 && s->late_first <= s->late_max);
}
