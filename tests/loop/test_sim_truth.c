/* test_sim_truth.c - the truth log: what its rows say is what a client saw, and nothing is missing
 * that should be there. */
#include "unit.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bug.h"
#include "clock.h"
#include "csv.h"
#include "fsx.h"
#include "hash.h"
#include "num.h"
#include "simclient.h"
#include "simserver.h"
#include "simtest.h"

#define HEADER "request_id,received_at,received_by,first_us,gaps_us,late_us,queued,row_crc\n"
#define FIELDS 8

/* --- servers --- */

/* A server in a thread with a truth log, or none (NULL), with these settings. */
#define SERVER(truth, ...) start(truth, (const char *const[]){__VA_ARGS__, NULL})
static struct simthread *start(const char *truth, const char *const *settings)
{
	struct sim_config c;
	struct err e = ERR_INIT;
	struct simthread *t;

	sim_config_default(&c);
	c.load_ms = c.resident_load_ms = c.overhead_ms = 0;
	c.gpu_tok_s = 20000;
	for (; *settings; settings++)
		if (sim_config_set(&c, *settings, &e))
			fail_msg("%s", e.msg);
	t = simthread_start_with(
		&(struct simserver_options){.config = &c, .seed = 1, .truth = truth}, &e);
	if (!t)
		fail_msg("%s", e.msg);
	return t;
}

static void stop(struct simthread *t)
{
	struct err e = ERR_INIT;

	if (simthread_end(t, &e))
		fail_msg("%s", e.msg);
}

/* --- requests --- */

/* The whole text of a request for so many tokens; an id of NULL is none. */
static void compose(struct str *out, const char *id, size_t tokens, const char *more)
{
	char body[200];

	snprintf(body, sizeof(body),
		"{\"model\":\"gemma3:270m\",\"prompt\":\"a\"%s,\"options\":{\"num_predict\":%zu,"
		"\"num_ctx\":32768}}",
		more, tokens);
	str_add(out, "POST /api/generate HTTP/1.1\r\nHost: x\r\n");
	if (id)
		str_addf(out, "X-Request-Id: %s\r\n", id);
	str_addf(out, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static void ask(int fd, const char *id, size_t tokens, const char *more)
{
	struct str s = STR_INIT(STR_MAX_LINE);

	compose(&s, id, tokens, more);
	client_send(fd, s.s, s.len);
	str_release(&s);
}

/* Until the first content is there. */
static void wait_for_content(int fd, struct client_reply *r)
{
	while (!strstr(r->bytes.s, "\"done\":false"))
		assert_true(client_more(fd, r));
}

/* Asks, and takes the whole answer: so many lines with content. */
static void talk(int fd, const char *id, size_t tokens)
{
	struct client_reply r;

	ask(fd, id, tokens, "");
	r = client_read(fd);
	assert_true(r.complete);
	assert_int_equal(client_lines(&r), tokens + 1);
	client_release(&r);
}

/* --- rows --- */

struct row {
	char id[201];
	ns received;
	bool kernel;
	double first; /* -1: none */
	size_t gaps, late;
	int64_t queued;
};

struct rows {
	struct str text;
	struct row v[40];
	size_t n;
};

/* A list of numbers of 0 and above; how many. */
static size_t count(struct csv_field f)
{
	char *text = xstrndup(f.s, f.len), *rest = text, *item;
	size_t n = 0;

	while (f.len > 0 && (item = strsep(&rest, " "))) {
		double x;

		assert_true(num_parse(item, strlen(item), &x));
		assert_true(x >= 0);
		n++;
	}
	free(text);
	return n;
}

static void read_row(char *line, size_t len, struct row *r)
{
	struct csv_field f[FIELDS];
	char id[300];

	assert_int_equal(row_crc_check(line, len), ROW_CRC_FITS);
	assert_int_equal(csv_split(line, len, ',', f, FIELDS), FIELDS);
	snprintf(id, sizeof(id), "%.*s", (int)f[0].len, f[0].s);
	assert_true(strlen(id) < sizeof(r->id));
	memcpy(r->id, id, strlen(id) + 1);
	r->received = clock_parse_iso(f[1].s, f[1].len);
	assert_true(r->received != NS_NONE);
	r->kernel = f[2].len == 6 && memcmp(f[2].s, "kernel", 6) == 0;
	assert_true(r->kernel || (f[2].len == 4 && memcmp(f[2].s, "user", 4) == 0));
	r->first = -1;
	if (f[3].len > 0) {
		assert_true(num_parse(f[3].s, f[3].len, &r->first));
		assert_true(r->first >= 0);
	}
	r->gaps = count(f[4]);
	r->late = count(f[5]);
	assert_true(num_parse_int(f[6].s, f[6].len, &r->queued));
	assert_int_equal(r->gaps, r->late > 0 ? r->late - 1 : 0);
	assert_int_equal(r->first >= 0, r->late > 0);
}

static struct rows read_rows(const char *path)
{
	struct rows rows = {.text = STR_INIT(STR_MAX_FILE)};
	struct err e = ERR_INIT;
	char *line, *rest;

	if (fsx_read(path, STR_MAX_FILE, &rows.text, &e))
		fail_msg("%s", e.msg);
	assert_true(rows.text.len >= strlen(HEADER));
	assert_memory_equal(rows.text.s, HEADER, strlen(HEADER));
	rest = rows.text.s + strlen(HEADER);
	while (*rest) {
		line = strsep(&rest, "\n");
		assert_non_null(rest); /* every row is whole */
		assert_true(rows.n < COUNTOF(rows.v));
		read_row(line, strlen(line), &rows.v[rows.n++]);
	}
	str_release(&rows.text);
	return rows;
}

static const struct row *find(const struct rows *rows, const char *id)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < rows->n; i++) {
		if (strcmp(rows->v[i].id, id) != 0)
			continue;
		assert_null(found); /* once */
		found = &rows->v[i];
	}
	assert_non_null(found);
	return found;
}

/* --- rows and what a client saw --- */

static void test_rows_pair_with_streams(void **state)
{
	enum { STREAMS = 16 };
	const char *path = unit_path("pair.csv");
	struct simthread *t = SERVER(path, "num_parallel=16", "share_cost=0");
	ns before = clock_wall(), after;
	int fd[STREAMS];
	struct rows rows;
	char id[20];

	(void)state;
	for (int i = 0; i < STREAMS; i++) {
		fd[i] = client_dial(simthread_port(t));
		snprintf(id, sizeof(id), "r%d-1", i);
		ask(fd[i], id, (size_t)i + 1, "");
	}
	for (int i = 0; i < STREAMS; i++) {
		struct client_reply r = client_read(fd[i]);

		assert_int_equal(client_lines(&r), i + 2);
		client_release(&r);
	}
	/* The same connection again: a row of its own. */
	talk(fd[0], "again, \"quoted\"", 3);
	after = clock_wall();
	for (int i = 0; i < STREAMS; i++)
		close(fd[i]);
	stop(t);
	rows = read_rows(path);
	assert_int_equal(rows.n, STREAMS + 1);
	for (int i = 0; i < STREAMS; i++) {
		const struct row *r;

		snprintf(id, sizeof(id), "r%d-1", i);
		r = find(&rows, id);
		assert_int_equal(r->late, i + 1);
		assert_int_equal(r->queued, 0);
		assert_true(r->received >= before && r->received <= after);
		assert_true(r->first * 1e3 <= (double)(after - before));
	}
	assert_int_equal(find(&rows, "again, \"quoted\"")->late, 3);
}

static void test_who_has_no_row(void **state)
{
	static const char ps[] = "GET /api/ps HTTP/1.1\r\nHost: x\r\nX-Request-Id: ps\r\n\r\n";
	const char *path = unit_path("none.csv");
	struct simthread *t = SERVER(path, "era=3");
	int fd = client_dial(simthread_port(t));
	struct client_reply r;
	struct rows rows;
	char id[202];

	(void)state;
	talk(fd, NULL, 3);
	talk(fd, "", 3);
	memset(id, 'x', 201);
	id[201] = '\0';
	talk(fd, id, 3); /* too long to be kept */
	ask(fd, "whole", 3, ",\"stream\":false");
	r = client_read(fd);
	assert_int_equal(r.status, 200);
	client_release(&r);
	client_send(fd, ps, strlen(ps));
	r = client_read(fd);
	assert_int_equal(r.status, 200);
	client_release(&r);
	talk(fd, "counts", 2);
	close(fd);
	stop(t);
	rows = read_rows(path);
	assert_int_equal(rows.n, 1);
	assert_int_equal(find(&rows, "counts")->late, 2);
}

/* However a stream ends it has a row, with the content that was sent. */
static void test_endings(void **state)
{
	static const struct {
		const char *setting;
		bool reads_on;
	} cases[] = {
		{"fail_midstream=1", true},
		{"fail_truncated=1", true},
		{"fail_stall=1", false},
		{"decode_speed=0.001", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		for (int leaves = 0; leaves <= !cases[i].reads_on; leaves++) {
			const char *path = unit_path(leaves ? "left.csv" : "stopped.csv");
			struct simthread *t = SERVER(path, cases[i].setting);
			int fd = client_dial(simthread_port(t));
			struct client_reply r = CLIENT_REPLY_INIT;
			const struct row *row;
			struct rows rows;

			ask(fd, "id", 30, "");
			wait_for_content(fd, &r);
			while (cases[i].reads_on && !strstr(r.bytes.s, "\r\n0\r\n\r\n"))
				assert_true(client_more(fd, &r));
			if (leaves)
				close(fd);
			stop(t); /* otherwise the server leaves first */
			if (!leaves)
				close(fd);
			client_release(&r);
			rows = read_rows(path);
			row = find(&rows, "id");
			assert_int_equal(rows.n, 1);
			assert_in_range(row->late, 1, 30);
			if (i == 3)
				assert_true(row->late < 30);
			assert_int_equal(unlink(path), 0);
		}
	}
}

/* One that is answered but has sent nothing. */
static void test_cancelled_before_content(void **state)
{
	const char *path = unit_path("early.csv");
	struct simthread *t = SERVER(path, "overhead_ms=1000000");
	int fd = client_dial(simthread_port(t));
	struct client_reply r;
	struct rows rows;

	(void)state;
	ask(fd, "early", 30, "");
	close(fd);
	/* By the time that another is answered the server has seen both. */
	fd = client_dial(simthread_port(t));
	client_get(fd, "/");
	r = client_read(fd);
	client_release(&r);
	close(fd);
	stop(t);
	rows = read_rows(path);
	assert_int_equal(rows.n, 1);
	assert_double(find(&rows, "early")->first, -1);
}

/* Who waits for the end of its streams finds them in the file soon, while the server goes on. */
static void test_written_when_idle(void **state)
{
	const char *path = unit_path("idle.csv");
	struct simthread *t = SERVER(path, "era=3");
	int fd = client_dial(simthread_port(t));
	struct rows rows;

	(void)state;
	talk(fd, "one", 5);
	talk(fd, "two", 5);
	for (int i = 0; i < 500 && (rows = read_rows(path)).n < 2; i++)
		usleep(10000);
	assert_int_equal(rows.n, 2);
	close(fd);
	stop(t);
	assert_int_equal(read_rows(path).n, 2);
}

static void test_two_servers(void **state)
{
	char *paths[2] = {xstrdup(unit_path("a.csv")), xstrdup(unit_path("b.csv"))};
	struct simthread *t[2];
	int fd[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		t[i] = SERVER(paths[i], "era=3");
		fd[i] = client_dial(simthread_port(t[i]));
	}
	talk(fd[0], "to a", 2);
	talk(fd[1], "to b", 3);
	talk(fd[1], "to b again", 4);
	for (int i = 0; i < 2; i++) {
		struct rows rows;

		close(fd[i]);
		stop(t[i]);
		rows = read_rows(paths[i]);
		assert_int_equal(rows.n, i + 1);
		assert_int_equal(find(&rows, i ? "to b again" : "to a")->late, i ? 4 : 2);
		free(paths[i]);
	}
}

/* --- a client that does not read for a while --- */

static int dial_narrow(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), room = 4096;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void test_queued(void **state)
{
	enum { TOKENS = 32000 };
	const char *path = unit_path("queued.csv");
	struct simthread *t = SERVER(path, "num_parallel=2", "gpu_tok_s=100000");
	int idle = dial_narrow(simthread_port(t)), fd = client_dial(simthread_port(t));
	const struct row *row;
	struct client_reply r;
	struct rows rows;

	(void)state;
	ask(idle, "idle", TOKENS, "");
	/* The same, later and slower, and read: by its end all of the other is due. */
	talk(fd, "reader", TOKENS);
	r = client_read(idle);
	assert_true(r.complete);
	assert_int_equal(client_lines(&r), TOKENS + 1);
	assert_int_equal(r.chunks, TOKENS + 1);
	client_release(&r);
	close(idle);
	close(fd);
	stop(t);
	rows = read_rows(path);
	row = find(&rows, "idle");
	assert_int_equal(row->late, TOKENS);
	assert_in_range(row->queued, 1, TOKENS - 1);
	assert_int_equal(find(&rows, "reader")->late, TOKENS);
}

/* --- files that cannot be --- */

static void test_no_such_file(void **state)
{
	struct sim_config c;
	struct simserver_options o = {.config = &c};
	struct err e = ERR_INIT;
	struct str text = STR_INIT(STR_MAX_LINE);

	(void)state;
	sim_config_default(&c);
	o.truth = unit_path("no/such/folder.csv");
	assert_null(simthread_start_with(&o, &e));
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "no/such/folder.csv: No such file or directory");
	/* One that is there is left as it is. */
	o.truth = unit_write_text("there.csv", "mine");
	assert_null(simthread_start_with(&o, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "there.csv is there already");
	assert_int_equal(fsx_read(o.truth, 100, &text, &e), 0);
	assert_string_equal(text.s, "mine");
	str_release(&text);
	/* A server that cannot be leaves no file. */
	o.truth = unit_path("unmade.csv");
	o.address = "nowhere.example";
	assert_null(simthread_start_with(&o, &e));
	assert_false(fsx_exists(o.truth));
}

/* A disk that is full, by a limit on the size of files: told at the end. */
static void test_full_disk(void **state)
{
	const char *path = unit_path("full.csv");
	struct simthread *t = SERVER(path, "era=3");
	int fd = client_dial(simthread_port(t));
	struct rlimit before, little;
	struct err e = ERR_INIT;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	talk(fd, "lost", 100);
	talk(fd, "lost too", 1);
	close(fd);
	assert_int_equal(simthread_end(t, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "full.csv is not whole: File too large");
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	return unit_setup_tmpdir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_pair_with_streams),
		cmocka_unit_test(test_who_has_no_row),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_cancelled_before_content),
		cmocka_unit_test(test_written_when_idle),
		cmocka_unit_test(test_two_servers),
		cmocka_unit_test(test_queued),
		cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, setup, unit_teardown_tmpdir);
}
