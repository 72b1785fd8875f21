/* session.c - rows first, then decisions: a response is audited and written before the runner is
 * told of it.  What the runner asks to be recorded (loads, skipped requests) is done here, so a
 * world sees only what it has to carry out. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* ---- the past, as the journal knows it ---- */

static bool past_done(void *arg, const char *run_id)
{
	return journal_done(arg, run_id);
}

static uint32_t past_attempts(void *arg, const char *run_id)
{
	return journal_attempts(arg, run_id);
}

static uint32_t past_invalid(void *arg, const char *run_id)
{
	return journal_invalid(arg, run_id);
}

static uint32_t past_oom_loads(void *arg, uint32_t block, const char *server)
{
	return journal_oom_loads(arg, block, server);
}

static struct runner *new_runner(const struct plan *p, struct journal *j, uint32_t number)
{
	struct runner_past past = {.arg = j,
		.done = past_done,
		.attempts = past_attempts,
		.invalid = past_invalid,
		.oom_loads = past_oom_loads};
	uint32_t loads = j ? journal_loads(j) : 0;
	bool has_past = j && (journal_last_order(j) > 0 || loads > 0);

	return runner_new(p, number, loads + 1, has_past ? &past : NULL);
}

int session_init(struct session *s, const struct plan *p, struct journal *j, uint32_t number,
	ns wall_minus_mono, struct err *e)
{
	if (p->nservers == 0 || p->nvisits == 0)
		return err_set(e, ERR_USAGE, "%s: the plan has nothing to do",
			p->sweep->source ? p->sweep->source : "sweep");
	*s = (struct session){.plan = p,
		.journal = j,
		.number = number,
		.order = j ? journal_last_order(j) : 0,
		.measure_as = PHASE_MEASURE,
		.wall_minus_mono = wall_minus_mono};
	row_schema_init(&s->schema, p->sweep);
	s->audit = xcalloc(p->nservers, sizeof(*s->audit));
	s->runner = new_runner(p, j, number);
	return 0;
}

void session_release(struct session *s)
{
	runner_free(s->runner);
	free(s->audit);
	s->runner = NULL;
	s->audit = NULL;
}

/* ---- rows ---- */

static enum phase recorded_phase(const struct session *s, enum phase phase)
{
	return phase == PHASE_MEASURE ? s->measure_as : phase;
}

static struct row_keys keys_of(struct session *s, const struct ticket *t, const struct load *load)
{
	return (struct row_keys){.plan = s->plan,
		.item = &t->item,
		.load = load,
		.pass = t->pass,
		.session = s->number,
		.attempt = t->attempt,
		.server = (uint32_t)t->lane,
		.order = ++s->order,
		.phase = recorded_phase(s, t->phase),
		.paid_load = t->load_due,
		.validity = VALID};
}

static int write_row(
	struct session *s, const struct row_keys *k, const struct sample *sample, struct err *e)
{
	if (s->journal && journal_row(s->journal, k, sample, e))
		return -1;
	if (k->phase == PHASE_WARMUP)
		s->warmup_rows++;
	else
		s->count[sample->status]++;
	if (s->on_row)
		s->on_row(s->on_row_arg, k, sample);
	return 0;
}

static int record_response(struct session *s, struct event *ev, struct err *e)
{
	const struct ticket *t = runner_ticket(s->runner, ev->ticket);
	struct audit *audit = &s->audit[t->lane];
	struct row_keys k = keys_of(s, t, &t->load);

	if (t->load_due && t->phase == PHASE_WARMUP)
		audit_new_load(audit);
	if (ev->sample->status == STATUS_OK)
		audit_row(audit, &k, ev->sample, t->load_due,
			strcmp(plan_cache(s->plan, t->item.cell), "repeat") == 0);
	ev->validity = k.validity;
	return write_row(s, &k, ev->sample, e);
}

static int record_skip(struct session *s, const struct effect *ef, struct err *e)
{
	const struct ticket *t = runner_ticket(s->runner, ef->ticket);
	struct row_keys k = keys_of(s, t, &t->load);
	struct sample sample;
	int rc;

	sample_init(&sample);
	sample.status = STATUS_SKIPPED;
	snprintf(sample.error, sizeof(sample.error), "%s", ef->why);
	rc = write_row(s, &k, &sample, e);
	sample_release(&sample);
	return rc;
}

static int record_load(struct session *s, const struct load *load, struct err *e)
{
	struct load dated = *load;

	dated.phase = recorded_phase(s, load->phase);
	dated.started_wall = load->started_wall + s->wall_minus_mono;
	return s->journal ? journal_load(s->journal, s->plan, &dated, e) : 0;
}

/* ---- events ---- */

static bool is_own(const struct effect *ef)
{
	return ef->kind == EFFECT_LOAD_ROW || ef->kind == EFFECT_SKIP || ef->kind == EFFECT_NOTE;
}

static int carry_out(struct session *s, const struct effect *ef, struct err *e)
{
	if (ef->kind == EFFECT_LOAD_ROW)
		return record_load(s, &ef->load, e);
	if (ef->kind == EFFECT_SKIP)
		return record_skip(s, ef, e);
	if (s->on_note)
		s->on_note(s->on_note_arg, ef->why);
	return 0;
}

static void note_stop(struct session *s, const struct effect *ef)
{
	s->has_stopped = true;
	s->stopped = ef->reason;
	snprintf(s->why, sizeof(s->why), "%s", ef->why);
}

/* Carries out what is the session's, from `first` on, and closes the gaps. */
static int take_own_effects(struct session *s, struct effects *out, size_t first, struct err *e)
{
	size_t kept = first;

	for (size_t i = first; i < out->n; i++) {
		const struct effect *ef = &out->v[i];

		if (is_own(ef)) {
			if (carry_out(s, ef, e))
				return -1;
			continue;
		}
		if (ef->kind == EFFECT_STOP)
			note_stop(s, ef);
		if (kept != i)
			out->v[kept] = *ef;
		kept++;
	}
	out->n = kept;
	return 0;
}

int session_event(struct session *s, struct event *ev, ns now, struct effects *out, struct err *e)
{
	size_t first = out->n;

	if (ev->kind == EVENT_RESPONSE && record_response(s, ev, e))
		return -1;
	runner_step(s->runner, ev, now, out);
	return take_own_effects(s, out, first, e);
}

void session_set_trusted(struct session *s, uint32_t streams)
{
	for (uint32_t i = 0; i < s->plan->nservers; i++) {
		s->audit[i].trust_known = true;
		s->audit[i].trusted_streams = streams;
	}
}
