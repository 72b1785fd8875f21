/* runner_items.c - what the response of a request means for the next one. */
#include "runner_internal.h"

#include <stdio.h>

#include "vec.h"

/* Takes the place of one that was sent, so it is the next; in an open-loop burst by when it is due.
 */
static void send_again_next(struct lane *l, const struct work *w)
{
	struct work *v = l->works.v;
	size_t at = --l->next_work;

	while (at + 1 < l->works.n && v[at + 1].item.burst == w->item.burst &&
		v[at + 1].item.due < w->item.due) {
		v[at] = v[at + 1];
		at++;
	}
	v[at] = *w;
}

static void on_ok(struct lane *l, struct work *w, enum validity validity)
{
	if (validity != INVALID)
		return;
	w->invalid++;
	if (w->invalid < visit_most_rows(&w->item))
		*VEC_PUSH(&l->works) = *w; /* at the end of the visit */
	else if (l->visit->kind == VISIT_BLOCK)
		l->r->progress.done++; /* given up: a resume passes it over too */
}

static void on_refused(struct lane *l, struct work *w)
{
	l->wait = WAIT_REFUSED;
	l->recover = l->reload_due = true;
	if (++w->refused <= fleet_refusals(l))
		send_again_next(l, w);
}

/* The runner may have died of it: the next request would pay for a load, and be lost to it. */
static void on_crashed(struct lane *l)
{
	l->recover = l->reload_due = true;
}

static void on_item(struct lane *l, struct work *w, const struct sample *s, enum validity validity)
{
	w->attempts++;
	burst_on_response(l, w, s);
	switch (s->status) {
	case STATUS_OK:
		on_ok(l, w, validity);
		break;
	case STATUS_CONNECT_ERROR:
		on_refused(l, w);
		break;
	case STATUS_SERVER_ERROR:
	case STATUS_OUT_OF_MEMORY:
		on_crashed(l);
		break;
	case STATUS_HTTP_ERROR:
		if (s->http_status >= 500)
			on_crashed(l);
		break;
	case STATUS_QUEUE_FULL: /* so that it is asked at leisure whether it has room again */
	case STATUS_BAD_LINE:   /* we went away: it may be busy with what was cut */
	case STATUS_TIMEOUT_FIRST:
	case STATUS_TIMEOUT_STALL:
	case STATUS_TIMEOUT_TOTAL:
		l->recover = true;
		break;
	case STATUS_CANCELLED:
		l->recover = true;
		l->r->cut |= l->r->interrupted;
		break;
	case STATUS_MODEL_MISSING:
		l->exit = EXIT_LANE;
		break;
	case STATUS_TRUNCATED: /* if not broken: the server ended it itself and is ready */
		if (s->broken)
			on_crashed(l);
		break;
	case STATUS_PROMPT_TRUNCATED:
	case STATUS_SKIPPED:
	case STATUS_COUNT:
		break;
	}
}

static void note_progress(
	struct runner *r, const struct ticket *t, const struct sample *s, enum validity validity)
{
	struct runner_progress *p = &r->progress;
	double rate = sample_decode_tok_s(s);

	if (t->phase == PHASE_WARMUP)
		return;
	if (s->status != STATUS_OK)
		p->failed++;
	if (t->phase == PHASE_MEASURE &&
		(s->status == STATUS_OK ? validity != INVALID : status_is_final(s->status)))
		p->done++;
	if (s->status == STATUS_OK) {
		p->last_ttft = sample_ttft(s);
		p->last_tok_s = rate;
	}
}

static void note_error(struct lane *l, const struct sample *s)
{
	char text[120];

	err_quote(text, sizeof(text), s->error);
	snprintf(l->last_error, sizeof(l->last_error), "%s%s%s", status_name(s->status),
		text[0] ? ": " : "", text);
}

void item_on_response(
	struct lane *l, const struct slot *slot, const struct sample *s, enum validity validity)
{
	const struct ticket *t = &slot->t;
	struct work w = slot->w;
	ns ttft = sample_ttft(s);

	note_progress(l->r, t, s, validity);
	if (!t->load_due && ttft != NS_NONE && ttft > l->ttft_max)
		l->ttft_max = ttft;
	if (s->status != STATUS_OK)
		note_error(l, s);
	if (s->status != STATUS_CONNECT_ERROR)
		l->refusals = 0;
	if (t->phase == PHASE_WARMUP)
		load_on_response(l, t, s);
	else
		on_item(l, &w, s, validity);
}
