/* test_sim_received.c - when the simulated server says that it had a request: the time of the
 * segment that completed it, whatever came before or after; and nothing is dated where no truth log
 * is kept. */
#include "unit.h"

#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "simclient.h"
#include "simserver.h"
#include "simstamp.h"
#include "simtest.h"
#include "truth.h"

#define BODY   "{\"model\":\"gemma3:270m\",\"prompt\":\"a\",\"options\":{\"num_predict\":20}}"
#define MIDDLE 40 /* bytes of a request: in its head */

#define SEGMENTS 8 /* fewer than a new connection may send at once */

static struct sim_config quick(void)
{
	struct sim_config c;

	sim_config_default(&c);
	c.load_ms = c.resident_load_ms = c.overhead_ms = 0;
	c.gpu_tok_s = 2000;
	return c;
}

static struct simthread *start(const char *truth)
{
	struct sim_config c = quick();
	struct err e = ERR_INIT;
	struct simthread *t = simthread_start_with(
		&(struct simserver_options){.config = &c, .seed = 1, .truth = truth}, &e);

	if (!t)
		fail_msg("%s", e.msg);
	return t;
}

/* Every piece goes out when it is sent, whatever is not yet acknowledged. */
static int dial(int port)
{
	int fd = client_dial(port), on = 1;

	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
	return fd;
}

/* Adds the text of a request; returns where it ends. */
static size_t compose(struct str *out, const char *id)
{
	str_addf(out,
		"POST /api/generate HTTP/1.1\r\nHost: x\r\nX-Request-Id: %s\r\n"
		"Content-Length: %zu\r\n\r\n" BODY,
		id, strlen(BODY));
	return out->len;
}

static ns received(const struct truth *t, const char *id)
{
	const struct truth_row *row = truth_find(t, id);

	if (!row)
		fail_msg("no row of %s", id);
	assert_int_equal(row->nlate, 20);
	assert_true(row->first >= 0);
	return row->received_wall;
}

static void read_truth(struct truth *t, const char *path, size_t rows)
{
	struct err e = ERR_INIT;

	if (truth_read(t, path, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(t->rows.n, rows);
	assert_int_equal(t->rejected, 0);
}

static void read_reply(int fd)
{
	struct client_reply r = client_read(fd);

	assert_true(r.complete);
	assert_int_equal(client_lines(&r), 21);
	client_release(&r);
}

/* Makes sure that a time before and one after cannot be the same. */
static ns tick(void)
{
	usleep(2000);
	return clock_wall();
}

/* In pieces: the last one counts, wherever it begins. */
static void test_split(void **state)
{
	static const size_t left[] = {1, 5, sizeof(BODY) - 1, sizeof(BODY), sizeof(BODY) + 40};
	const char *path = unit_path("split.csv");
	struct simthread *t = start(path);
	int fd = dial(simthread_port(t));
	ns before[COUNTOF(left)], after[COUNTOF(left)];
	struct truth truth;
	char id[20];

	(void)state;
	for (size_t i = 0; i < COUNTOF(left); i++) {
		struct str s = STR_INIT(STR_MAX_LINE);
		size_t len, first;

		snprintf(id, sizeof(id), "split-%zu", i);
		len = compose(&s, id);
		first = len - left[i];
		client_send(fd, s.s, MIDDLE);
		tick();
		client_send(fd, s.s + MIDDLE, first - MIDDLE);
		before[i] = tick();
		client_send(fd, s.s + first, left[i]);
		after[i] = tick();
		read_reply(fd);
		str_release(&s);
	}
	close(fd);
	simthread_stop(t);
	read_truth(&truth, path, COUNTOF(left));
	for (size_t i = 0; i < COUNTOF(left); i++) {
		snprintf(id, sizeof(id), "split-%zu", i);
		assert_true(received(&truth, id) >= before[i]);
		/* Not the kernel's only where it gave no time: then it is when we looked. */
		if (truth_find(&truth, id)->by_kernel)
			assert_true(received(&truth, id) <= after[i]);
	}
	truth_release(&truth);
}

/* What is sent ahead, in part with the request before it and while that is answered. */
static void test_sent_ahead(void **state)
{
	const char *path = unit_path("ahead.csv");
	struct simthread *t = start(path);
	int fd = dial(simthread_port(t));
	struct str s = STR_INIT(STR_MAX_LINE);
	size_t a = compose(&s, "a"), b = compose(&s, "b"), c = compose(&s, "c");
	struct client_reply first = CLIENT_REPLY_INIT, second, third;
	struct truth truth;
	ns begin = tick(), middle, end;

	(void)state;
	client_send(fd, s.s, a + MIDDLE);
	while (!strstr(first.bytes.s, "\"done\":false"))
		assert_true(client_more(fd, &first)); /* the first is being answered */
	middle = tick();
	client_send(fd, s.s + a + MIDDLE, c - a - MIDDLE - 1);
	end = tick();
	client_send(fd, s.s + c - 1, 1);
	while (!strstr(first.bytes.s, "\r\n0\r\n\r\n"))
		assert_true(client_more(fd, &first));
	first.used = (size_t)(strstr(first.bytes.s, "\r\n0\r\n\r\n") - first.bytes.s) + 7;
	second = client_read_after(fd, &first);
	third = client_read_after(fd, &second);
	assert_true(second.complete && third.complete);
	assert_int_equal(client_lines(&second), 21);
	assert_int_equal(client_lines(&third), 21);
	client_release(&first);
	client_release(&second);
	client_release(&third);
	close(fd);
	simthread_stop(t);
	read_truth(&truth, path, 3);
	assert_true(received(&truth, "a") >= begin && received(&truth, "a") < middle);
	assert_true(received(&truth, "b") >= middle);
	assert_true(received(&truth, "c") >= end);
	if (truth_find(&truth, "b")->by_kernel && truth_find(&truth, "c")->by_kernel)
		assert_true(received(&truth, "b") <= received(&truth, "c"));
	assert_true(b > a);
	truth_release(&truth);
	str_release(&s);
}

/* Runs the server's loop until so many answers are here whole. */
static void run_until_answered(uv_loop_t *loop, int fd, size_t answers)
{
	static const char end[] = "\r\n0\r\n\r\n";
	struct str got = STR_INIT(STR_MAX_LINE);
	char bytes[4096];

	for (size_t n = 0; n < answers;) {
		ssize_t len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		const char *at;

		assert_true(len != 0); /* still open */
		if (len > 0)
			str_addn(&got, bytes, (size_t)len);
		else if (!uv_run(loop, UV_RUN_NOWAIT) || len < 0)
			uv_sleep(1); /* an answer may be written by a timer, and then nothing is
					left to wait for */
		at = got.s;
		for (n = 0; (at = strstr(at, end)); n++)
			at += strlen(end);
	}
	str_release(&got);
}

/* Two that wait before the server looks at all: whether the kernel kept them apart or not, the
 * first has no later time than the second, and neither one from before it was sent. */
static void test_both_wait(void **state)
{
	const char *path = unit_path("wait.csv");
	struct sim_config config = quick();
	struct err e = ERR_INIT;
	struct str s = STR_INIT(STR_MAX_LINE);
	size_t a = compose(&s, "a"), b = compose(&s, "b");
	struct simserver *server;
	ns sent_a, sent_b;
	struct truth truth;
	uv_loop_t loop;
	int fd;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	server = simserver_start(&loop,
		&(struct simserver_options){.config = &config, .seed = 1, .truth = path}, &e);
	assert_non_null(server);
	fd = dial(simserver_port(server));
	sent_a = tick();
	client_send(fd, s.s, a);
	sent_b = tick();
	client_send(fd, s.s + a, b - a);
	tick();
	run_until_answered(&loop, fd, 2);
	simserver_close(server);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(simserver_free(server, &e), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(fd);
	read_truth(&truth, path, 2);
	assert_true(received(&truth, "a") >= sent_a);
	assert_true(received(&truth, "b") >= sent_b);
	assert_true(received(&truth, "a") <= received(&truth, "b"));
	truth_release(&truth);
	str_release(&s);
}

/* --- the look into the queue --- */

/* Two connected sockets of this process; fd[1] receives. */
static void connect_pair(int fd[2])
{
	struct sockaddr_storage at;
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	assert_int_equal(listen(listener, 1), 0); /* at a port of the system's choice */
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&at, size), 0);
	assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
	fd[1] = accept(listener, NULL, NULL);
	assert_true(fd[1] >= 0);
	close(listener);
}

static void test_look(void **state)
{
	char scratch[100], bytes[100];
	struct simstamp s;
	ns before, after;
	int fd[2];

	(void)state;
	connect_pair(fd);
	/* Nothing waits. */
	before = clock_mono();
	assert_int_equal(simstamp_look(fd[1], scratch, sizeof(scratch), NS_NONE, &s), 0);
	assert_false(s.kernel);
	assert_true(s.at >= before && s.at <= clock_mono());
	/* Nobody asked for times: ours. */
	client_send(fd[0], "hello", 5);
	assert_int_equal(simstamp_look(fd[1], scratch, sizeof(scratch), NS_NONE, &s), 5);
	assert_false(s.kernel);
	assert_int_equal(recv(fd[1], bytes, 5, MSG_WAITALL), 5);
	simstamp_want(fd[1]);
	for (int i = 0; i < 1000; i++) { /* the kernel begins some time after it is asked to */
		before = clock_mono();
		client_send(fd[0], "hello", 5);
		after = clock_mono();
		assert_int_equal(simstamp_look(fd[1], scratch, sizeof(scratch), NS_NONE, &s), 5);
		if (s.kernel)
			break;
		assert_true(s.at >= after);
		assert_int_equal(recv(fd[1], bytes, 5, MSG_WAITALL), 5);
		usleep(1000);
	}
	assert_true(s.kernel);
	assert_in_range(s.at, before - NS_PER_US, after + NS_PER_US);
	/* No more than asked for; a time that cannot be right is not taken. */
	assert_int_equal(simstamp_look(fd[1], scratch, 3, NS_NONE, &s), 3);
	assert_true(s.kernel);
	assert_int_equal(simstamp_look(fd[1], scratch, 3, after + NS_PER_S, &s), 3);
	assert_false(s.kernel);
	/* Nothing was taken out. */
	assert_int_equal(recv(fd[1], bytes, sizeof(bytes), 0), 5);
	assert_memory_equal(bytes, "hello", 5);
	close(fd[0]);
	assert_int_equal(simstamp_look(fd[1], scratch, sizeof(scratch), NS_NONE, &s), 0);
	close(fd[1]);
}

/* Sends some segments to a new connection and looks at what waits, time by time; returns how many
 * times there were. */
static int look_at_segments(void)
{
	ns before[SEGMENTS], after[SEGMENTS], last = NS_NONE;
	char scratch[1000], bytes[1000];
	size_t seen = 0, all = 10 * (size_t)SEGMENTS;
	int fd[2], looks = 0, off = 0;

	connect_pair(fd);
	simstamp_want(fd[1]);
	/* What is acknowledged the kernel puts together, with one time. */
	assert_int_equal(setsockopt(fd[1], IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off)), 0);
	for (int i = 0; i < SEGMENTS; i++) {
		before[i] = clock_mono();
		client_send(fd[0], "0123456789", 10);
		after[i] = clock_mono();
	}
	for (; seen < all; looks++) {
		struct simstamp s;
		size_t n = simstamp_look(fd[1], scratch, sizeof(scratch), last, &s);

		assert_in_range(n, 1, all - seen);
		assert_int_equal(recv(fd[1], bytes, n, 0), n);
		seen += n;
		assert_int_equal(seen % 10, 0); /* at the end of a segment */
		if (s.kernel) {
			assert_in_range(s.at, before[seen / 10 - 1] - NS_PER_US,
				after[seen / 10 - 1] + NS_PER_US);
			last = s.at;
		}
	}
	close(fd[0]);
	close(fd[1]);
	return looks;
}

/* Segments that wait apart are looked at one by one, each with its time. */
static void test_segments(void **state)
{
	struct simthread *t = start(unit_path("keeps.csv")); /* the kernel goes on dating */
	int most = 0;

	(void)state;
	for (int i = 0; i < 200 && most < SEGMENTS; i++) {
		int looks = look_at_segments();

		most = looks > most ? looks : most;
	}
	assert_int_equal(most, SEGMENTS);
	simthread_stop(t);
}

/* --- who pays --- */

/* Sockets of this process for which times are wanted. */
static int stamped(void)
{
	int n = 0;

	for (int fd = 3; fd < 200; fd++) {
		int flags = 0;
		socklen_t size = sizeof(flags);

		n += getsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, &size) == 0 &&
			(flags & SOF_TIMESTAMPING_RX_SOFTWARE);
	}
	return n;
}

static void test_only_with_a_log(void **state)
{
	for (int kept = 0; kept <= 1; kept++) {
		struct simthread *t = start(kept ? unit_path("kept.csv") : NULL);
		struct str s = STR_INIT(STR_MAX_LINE);
		int a = dial(simthread_port(t)), b = dial(simthread_port(t));

		(void)state;
		compose(&s, "id");
		client_send(a, s.s, s.len);
		read_reply(a);
		client_send(b, s.s, s.len);
		read_reply(b);
		/* The listening one, and one for each connection. */
		assert_int_equal(stamped(), kept ? 3 : 0);
		close(a);
		close(b);
		simthread_stop(t);
		assert_int_equal(stamped(), 0);
		str_release(&s);
	}
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	return unit_setup_tmpdir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_sent_ahead),
		cmocka_unit_test(test_both_wait),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_only_with_a_log),
	};

	return cmocka_run_group_tests(tests, setup, unit_teardown_tmpdir);
}
