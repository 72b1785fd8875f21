/* test_simserver_faults.c - the simulated server when clients leave, do not read, or when it is
 * told to misbehave. */
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simclient.h"
#include "simserver.h"
#include "simtest.h"

#define GENERATE(n)                                                                                \
	"{\"model\":\"gemma3:270m\",\"prompt\":\"hello\",\"options\":{\"num_predict\":" #n "}}"

/* --- clients that leave --- */

/* One slot, and an answer that would hold it for an hour and more. */
static void test_client_leaves_midstream(void **state)
{
	struct simthread *t = SIMTHREAD("decode_speed=0.001");
	int fd = client_dial(simthread_port(t));
	struct client_reply r = CLIENT_REPLY_INIT;

	(void)state;
	client_post(fd, "/api/generate", GENERATE(100000));
	while (!strstr(r.bytes.s, "\"done\":false"))
		assert_true(client_more(fd, &r));
	str_release(&r.bytes);
	close(fd);
	fd = client_dial(simthread_port(t));
	client_post(fd, "/api/generate", GENERATE(1));
	r = client_read(fd);
	assert_true(r.complete);
	assert_int_equal(client_lines(&r), 2);
	client_release(&r);
	close(fd);
	simthread_stop(t);
}

static void test_client_leaves_early(void **state)
{
	static const char *const beginnings[] = {"", "GET", "POST / HTTP/1.1\r\nHost: x\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
		"POST /api/generate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"};
	struct simthread *t = SIMTHREAD("era=3");
	struct client_reply r;
	int fd;

	(void)state;
	for (size_t i = 0; i < 20 * COUNTOF(beginnings); i++) {
		const char *s = beginnings[i % COUNTOF(beginnings)];
		struct linger reset = {.l_onoff = 1};

		fd = client_dial(simthread_port(t));
		client_send(fd, s, strlen(s));
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	fd = client_dial(simthread_port(t));
	client_get(fd, "/");
	r = client_read(fd);
	assert_int_equal(r.status, 200);
	client_release(&r);
	close(fd);
	simthread_stop(t);
}

/* A client that asks for much and reads nothing loses its stream: the kernel's buffers take about
 * 4 MB, and when 32,768 lines more are due it is dropped. */
static void test_client_that_does_not_read(void **state)
{
	static const char body[] = "{\"model\":\"gemma3:270m\",\"prompt\":\"x\",\"options\":"
				   "{\"num_ctx\":32768,\"num_predict\":120000}}";
	struct simthread *t = SIMTHREAD("era=2", "num_parallel=2", "gpu_tok_s=100000");
	int idle = client_dial(simthread_port(t)), fd = client_dial(simthread_port(t));
	struct client_reply r;

	(void)state;
	client_post(idle, "/api/generate", body);
	/* The same, later and slower, and read: by its end the other has been dropped. */
	client_post(fd, "/api/generate", body);
	r = client_read(fd);
	assert_true(r.complete);
	assert_int_equal(client_lines(&r), 120001);
	client_release(&r);
	r = client_read(idle);
	assert_false(r.complete);
	assert_null(strstr(r.body.s, "\"done\":true"));
	client_release(&r);
	close(fd);
	close(idle);
	simthread_stop(t);
}

/* --- faults --- */

static void test_endings(void **state)
{
	static const struct {
		const char *setting;
		bool complete; /* the framing is */
		const char *last;
	} cases[] = {
		{"fail_midstream=1", true,
			"{\"error\":\"an error was encountered while running the model: unexpected "
			"EOF\"}\n"},
		{"fail_truncated=1", true, "\"done\":false}\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct simthread *t = SIMTHREAD(cases[i].setting);
		int fd = client_dial(simthread_port(t));
		struct client_reply r;

		client_post(fd, "/api/generate", GENERATE(20));
		r = client_read(fd);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.complete, cases[i].complete);
		assert_null(strstr(r.body.s, "\"done\":true"));
		assert_true(r.body.len > strlen(cases[i].last));
		assert_string_equal(r.body.s + r.body.len - strlen(cases[i].last), cases[i].last);
		client_release(&r);
		close(fd);
		simthread_stop(t);
	}
}

static void test_refused(void **state)
{
	struct simthread *t = SIMTHREAD("fail_connect=1");
	int fd = client_dial(simthread_port(t));

	(void)state;
	client_post(fd, "/api/generate", GENERATE(20));
	client_assert_closed(fd);
	close(fd);
	simthread_stop(t);
}

/* Silence until the server goes: the stop does not wait for streams that never end. */
static void test_stall(void **state)
{
	struct simthread *t = SIMTHREAD("fail_stall=1");
	int fd = client_dial(simthread_port(t));
	struct client_reply r = CLIENT_REPLY_INIT;

	(void)state;
	client_post(fd, "/api/generate", GENERATE(20));
	while (!strstr(r.bytes.s, "\"done\":false"))
		assert_true(client_more(fd, &r));
	simthread_stop(t);
	while (client_more(fd, &r))
		;
	assert_null(strstr(r.bytes.s, "\"done\":true"));
	assert_null(strstr(r.bytes.s, "\r\n0\r\n"));
	str_release(&r.bytes);
	close(fd);
}

static void test_stop_with_open_streams(void **state)
{
	struct simthread *t = SIMTHREAD("decode_speed=0.001", "num_parallel=8");
	int fd[16];

	(void)state;
	for (size_t i = 0; i < COUNTOF(fd); i++) {
		fd[i] = client_dial(simthread_port(t));
		if (i % 4)
			client_post(fd[i], "/api/generate", GENERATE(1000));
	}
	simthread_stop(t);
	for (size_t i = 0; i < COUNTOF(fd); i++)
		close(fd[i]);
	simthread_stop(NULL);
}

static int ignore_sigpipe(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_leaves_midstream),
		cmocka_unit_test(test_client_leaves_early),
		cmocka_unit_test(test_client_that_does_not_read),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_stop_with_open_streams),
	};

	return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}
