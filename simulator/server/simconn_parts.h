/* simconn_parts.h - what the two halves of a connection share; nobody else includes it.  simconn.c
 * has its life and what comes in, simanswer.c what goes out. */
#ifndef SIMSERVER_SIMCONN_PARTS_H
#define SIMSERVER_SIMCONN_PARTS_H

#include "simconn.h"

enum simconn_state { READING, ANSWERING, LINGERING, CLOSED };

/* Bytes that came together, among those not yet looked at. */
struct simconn_arrival {
	size_t end; /* of them, in `waiting` */
	struct simstamp stamp;
};

/* What every line needs stands together. */
struct simconn {
	struct simqueue_entry entry;
	struct simshare *share;
	int fd;
	enum simconn_state state;
	bool full; /* the socket has not taken all of `out`, which stays as it is until it has */
	bool head_sent, all_sent, close_after;
	size_t line;  /* of the stream, to be sent next; ntokens + 1: the end of the body */
	size_t dated; /* content whose time is in `truth` */
	size_t held;  /* content that was due when the socket was full */
	struct str out;
	struct sim_lines lines;
	struct simtruth_stream truth;
	struct sim_answer answer;
	struct simconn *newer, *older; /* neighbours in share->first */
	uv_tcp_t tcp;
	uv_write_t rest;
	uv_shutdown_t shutdown;
	struct simhttp http;
	struct str waiting; /* bytes not yet looked at */
	struct {
		struct simconn_arrival *v;
		size_t n, cap;
	} arrivals;     /* of them; none where no truth is kept */
	ns latest;      /* when the last of them came, NS_NONE: none yet */
	size_t dropped; /* while lingering */
};

/* Answers the request in c->http, which was there whole at `received`; sends what is due. */
void simconn_answer(struct simconn *c, const struct simstamp *received);
/* Answers what is no request, and lingers. */
void simconn_refuse(struct simconn *c);
/* Sends what is due, and comes back for the rest.  ANSWERING only. */
void simconn_step(struct simconn *c, ns now);
/* Sends c->out, as far as the socket takes it; then c->full, and simconn_go_on when it is taken.
 * May close the connection. */
void simconn_send(struct simconn *c);

/* Whatever can be done now: what is due, then what waits to be looked at. */
void simconn_go_on(struct simconn *c, ns now);
/* The reply is out, and it is the last. */
void simconn_linger(struct simconn *c);

#endif
