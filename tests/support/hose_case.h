/* hose_case.h - streams as fast as they go, from a firehose, taken by the client's own path or by
 * the least client, each in a process of its own. */
#ifndef TESTS_HOSE_CASE_H
#define TESTS_HOSE_CASE_H

struct hose_load {
	unsigned streams; /* in flight together */
	unsigned rounds;  /* requests on each, one after the other */
	unsigned tokens;  /* of a request */
};

struct hose_cost {
	double tok_s;
	double cpu_us; /* of processor time a token, of the client */
	double peak_mib;
	double share;        /* of a processor, the client's */
	double sender_share; /* the sender's: near 1 it is the sender that is measured */
	double token_bytes;  /* of the wire */
};

/* Both end the process with a message if a request fails or a token is missing. */
void hose_case_bridge(const struct hose_load *l, struct hose_cost *c);
void hose_case_least(const struct hose_load *l, struct hose_cost *c);

#endif
