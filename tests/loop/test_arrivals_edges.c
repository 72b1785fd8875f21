/* test_arrivals_edges.c - what was dated wrongly once: torn heads, more than is looked at, an
 * answer of one object, and a socket that libcurl looks at on its own account. */
#include <string.h>

#include "unit.h"
#include "wired.h"

#define SLACK (100 * NS_PER_US)

static void add_silence(struct wired *w, int ms)
{
	segments_read(w->server);
	segments_pause(w->server, ms);
}

static void add_end(struct wired *w)
{
	struct str end = STR_INIT(STR_MAX_LINE);

	segments_chunk(&end, FINAL);
	str_add(&end, SEGMENTS_LAST);
	segments_bytes(w->server, &end);
	str_release(&end);
}

/* A header of which the beginning was read before is not all of this read. */
static void a_torn_head(void **state)
{
	struct str rest = STR_INIT(STR_MAX_LINE);
	struct wired w;

	(void)state;
	str_add(&rest, "ding: chunked\r\n\r\n");
	segments_chunk(&rest, TOKEN);
	wired_begin(&w);
	segments_text(w.server, "HTTP/1.1 200 OK\r\nTransfer-Enco");
	add_silence(&w, 5);
	segments_bytes(w.server, &rest);
	add_silence(&w, 5);
	segments_line(w.server, TOKEN);
	add_silence(&w, 1);
	add_end(&w);
	wired_run(&w);
	assert_int_equal(w.sample.status, STATUS_OK);
	wired_counts(&w, 2, 0, 0);
	wired_came_with(&w, 0, 1);
	wired_came_with(&w, 1, 2);
	assert_int_equal(w.sample.late_max, 0);
	wired_end(&w);
	str_release(&rest);
}

/* More waits than is looked at at once, on a connection that was never asked about. */
static void more_than_is_looked_at(void **state)
{
	struct str all = STR_INIT(STR_MAX_LINE);
	struct wired w;

	(void)state;
	wired_begin(&w);
	segments_gate(w.server);
	str_add(&all, SEGMENTS_HEAD);
	for (int i = 0; i < 400; i++)
		segments_chunk(&all, TOKEN);
	segments_bytes(w.server, &all);
	segments_pause(w.server, 20);
	segments_gate(w.server);
	add_silence(&w, 1);
	add_end(&w);
	wired_run_late(&w);
	assert_int_equal(w.sample.status, STATUS_OK);
	wired_counts(&w, 400, sample_unresolved(&w.sample), w.sample.user_stamped);
	assert_true(w.sample.first_by_kernel);
	for (size_t i = 0; i < 400; i++)
		wired_came_before(&w, i, 0);
	wired_end(&w);
	str_release(&all);
}

/* An answer of one object has no newline. */
static void one_object(void **state)
{
	static const char body[] = "{\"model\":\"m\",\"response\":\"Hello\",\"done\":true,"
				   "\"done_reason\":\"length\",\"eval_count\":2}";
	struct str all = STR_INIT(STR_MAX_LINE);
	struct wired w;

	(void)state;
	str_addf(&all, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
	wired_begin(&w);
	segments_gate(w.server);
	segments_bytes(w.server, &all);
	segments_pause(w.server, 20);
	wired_run_late(&w);
	assert_int_equal(w.sample.status, STATUS_OK);
	wired_counts(&w, 1, 0, 0);
	wired_came_with(&w, 0, 0);
	wired_end(&w);
	str_release(&all);
}

/* Two exchanges at once, with a server each. */
struct pair {
	uv_loop_t *loop;
	struct segments *s[2];
	bool hogged;
	int ended;
	struct sample sample[2];
};

struct one {
	struct pair *p;
	int i;
};

static void pair_done(void *arg, struct reply *reply)
{
	struct one *o = arg;
	struct sample *s = &o->p->sample[o->i];

	if (++o->p->ended == 2)
		uv_stop(o->p->loop);
	sample_release(s);
	*s = reply->sample;
	memset(&reply->sample.times, 0, sizeof(reply->sample.times));
	memset(&s->text, 0, sizeof(s->text));
}

static struct segments *pair_server(void)
{
	struct segments *s = segments_new();
	struct str end = STR_INIT(STR_MAX_LINE);

	segments_chunk(&end, FINAL);
	str_add(&end, SEGMENTS_LAST);
	segments_request(s);
	segments_text(s, SEGMENTS_HEAD);
	segments_read(s);
	segments_gate(s);
	segments_line(s, TOKEN);
	segments_gate(s);
	segments_read(s);
	segments_line(s, TOKEN);
	segments_read(s);
	segments_bytes(s, &end);
	str_release(&end);
	segments_start(s);
	return s;
}

/* One line to each, 40 ms apart, while the loop stands still. */
static void pair_hog(uv_timer_t *timer)
{
	struct pair *p = timer->data;

	if (!segments_waits(p->s[0]) || !segments_waits(p->s[1]))
		return;
	if (!p->hogged) {
		segments_open(p->s[0]);
		while (!segments_waits(p->s[0]))
			uv_sleep(1);
		uv_sleep(40);
		segments_open(p->s[1]);
		while (!segments_waits(p->s[1]))
			uv_sleep(1);
		uv_sleep(20);
		p->hogged = true;
	} else {
		segments_open(p->s[0]);
		segments_open(p->s[1]);
	}
}

/* A timer of libcurl's has it look at one socket while another's times are at hand. */
static void times_are_of_their_socket(void **state)
{
	static const struct scripted_route none[] = {{0}};
	struct exchanger f;
	struct pair p = {0};
	struct one o[2] = {{&p, 0}, {&p, 1}};
	uv_timer_t hog;

	(void)state;
	exchanger_start(&f, none);
	for (int i = 0; i < 2; i++) {
		struct exchange_spec spec;
		struct exchange *x;

		p.s[i] = pair_server();
		spec = exchanger_spec(segments_url(p.s[i]));
		spec.limits.connect = 50 * NS_PER_MS; /* over while the loop stands still */
		assert_int_equal(exchange_start(f.http, &spec, pair_done, &o[i], &x, NULL), 0);
	}
	hog.data = &p;
	p.loop = &f.loop;
	uv_timer_init(&f.loop, &hog);
	uv_timer_start(&hog, pair_hog, 1, 1);
	while (p.ended < 2) /* timers run before sockets: what the hog makes due comes after them */
		uv_run(&f.loop, UV_RUN_DEFAULT);
	for (int i = 0; i < 2; i++) {
		const struct segment_sent *sent;
		const struct sample *s = &p.sample[i];
		size_t n;

		segments_join(p.s[i]);
		sent = segments_sent(p.s[i], &n);
		assert_int_equal(s->status, STATUS_OK);
		assert_true(s->first_content >= sent[1].before - SLACK);
		assert_true(s->first_content - s->late_first <= sent[1].after + SLACK);
		sample_release(&p.sample[i]);
		segments_free(p.s[i]);
	}
	uv_close((uv_handle_t *)&hog, NULL);
	exchanger_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_torn_head),
		cmocka_unit_test(more_than_is_looked_at),
		cmocka_unit_test(one_object),
		cmocka_unit_test(times_are_of_their_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
