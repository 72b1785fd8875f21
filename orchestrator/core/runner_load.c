/* runner_load.c - one model load of a visit: the warm-up that pays it, read-back, the other
 * warm-ups, and what happens when it does not fit. */
#include "runner_internal.h"

#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

#define MOST_WARMUPS 5
/* While a warm-up takes less than this part of the one before, times still fall. */
#define STILL_FALLING 0.9

/* Unique over the shards of a run, too. */
static void name_load(struct lane *l)
{
	struct runner *r = l->r;
	uint32_t shard = r->plan->sweep->shard;
	char *to = l->load.id;
	size_t size = sizeof(l->load.id);

	if (shard)
		snprintf(to, size, "k%u-s%u-l%04u", shard, r->session, r->next_load++);
	else
		snprintf(to, size, "s%u-l%04u", r->session, r->next_load++);
}

/* What was in memory, if anything, counts no more. */
static void new_load(struct lane *l)
{
	struct runner *r = l->r;
	const struct visit *v = l->visit;

	l->load = (struct load){.session = r->session,
		.block = v->block,
		.pass = v->pass,
		.phase = v->kind == VISIT_SENTINEL ? PHASE_SENTINEL : PHASE_MEASURE,
		.server = v->server,
		.status = STATUS_CANCELLED, /* until it is answered */
		.load_ms_server = NS_NONE,
		.context_length = -1,
		.size = -1,
		.size_vram = -1,
		.started_wall = r->now}; /* monotonic here; the session dates it */
	name_load(l);
	if (l->stuck)
		snprintf(l->load.other_models, sizeof(l->load.other_models),
			"%s (not unloaded after 60 s: this may be no load of its own)", l->stuck);
	l->load_row_written = l->is_loaded = false;
	l->warm_time = l->warm_time_before = NS_NONE;
	l->reload_due = l->recover = false;
	l->state = LANE_WARMING;
}

void load_begin(struct lane *l)
{
	new_load(l);
	l->load_asked = false;
	l->warm_failed = 0;
	l->ttft_max = 0;
	l->wait = WAIT_NONE;
	l->exit = EXIT_NONE;
	visit_pump(l);
}

/* ---- warm-ups ---- */

bool load_wants_warmup(const struct lane *l)
{
	uint32_t least = (uint32_t)l->r->plan->sweep->warmups, n = l->load.warmups;
	uint32_t most = least > MOST_WARMUPS ? least : MOST_WARMUPS;

	if (n < least || n == 0 || l->reload_due)
		return true;
	if (n >= most || l->warm_time == NS_NONE || l->warm_time_before == NS_NONE)
		return false;
	return (double)l->warm_time < STILL_FALLING * (double)l->warm_time_before;
}

/* The cells of the block in turn, from the one that is measured first. */
static uint32_t warmup_cell(const struct lane *l)
{
	const struct plan *p = l->r->plan;
	const struct block *b = &p->blocks[l->visit->block];

	if (l->visit->kind == VISIT_SENTINEL)
		return plan_visit_cell(p, l->visit);
	return p->cell_of_block[b->first_cell + (l->warm_cell + l->warm_ordinal) % b->ncells];
}

void load_send_warmup(struct lane *l)
{
	const struct runner *r = l->r;
	struct work w = {.item = {.cell = warmup_cell(l),
				 .ordinal = l->warm_ordinal,
				 .concurrency = 1,
				 .sentinel = l->visit->kind == VISIT_SENTINEL}};
	bool load_due;

	/* Between items the load is over, its row is written: this begins another. */
	if (l->load_row_written && l->reload_due)
		new_load(l);
	load_due = !l->is_loaded || l->reload_due;
	plan_warmup_id(r->plan, l->visit, l->warm_ordinal++, w.item.run_id);
	if (r->past.attempts)
		w.attempts = r->past.attempts(r->past.arg, w.item.run_id);
	l->reload_due = false;
	l->load_asked = true;
	burst_break(l);
	lane_send(l, &w, PHASE_WARMUP, load_due, r->now);
}

/* The part of a warm-up that a load does not explain. */
static ns warm_time(const struct sample *s)
{
	if (s->total != NS_NONE && s->load != NS_NONE)
		return s->total - s->load;
	return sample_e2e(s);
}

/* The runner may be gone after it. */
static bool may_have_died(const struct sample *s)
{
	return s->broken || s->status == STATUS_SERVER_ERROR || s->status == STATUS_CONNECT_ERROR ||
		(s->status == STATUS_HTTP_ERROR && s->http_status >= 500);
}

/* The base weights repeat themselves until the server ends the stream without `done`: the model is
 * there all the same.  One that dies in its answer was loaded, but once that is known, dying is a
 * failure. */
static bool shows_a_load(const struct lane *l, const struct sample *s)
{
	switch (s->status) {
	case STATUS_OK:
	case STATUS_PROMPT_TRUNCATED:
		return true;
	case STATUS_TRUNCATED:
	case STATUS_SERVER_ERROR:
		return may_have_died(s) ? s->chunks > 0 && !l->is_loaded : true;
	default:
		return false;
	}
}

static void read_back(struct lane *l)
{
	if (!l->r->plan->servers[l->index].has_ps || l->r->interrupted)
		return;
	l->state = LANE_READBACK;
	runner_emit(l->r, EFFECT_PS, l);
}

static void on_loaded(struct lane *l, const struct sample *s)
{
	bool first = !l->is_loaded;

	l->warm_failed = 0;
	l->recover = false;
	if (l->load_row_written)
		return; /* a warm-up between items */
	l->is_loaded = true;
	l->load.warmups++;
	l->warm_time_before = l->warm_time;
	l->warm_time = warm_time(s);
	if (first) {
		l->load.load_ms_server = s->load;
		l->r->progress.loads_made++;
		read_back(l);
	}
}

/* ---- out of memory ---- */

static void skip_all(struct lane *l, const struct visit *visit, struct works *works, size_t from)
{
	struct runner *r = l->r;
	const struct block *b = &r->plan->blocks[visit->block];
	char why[200];

	snprintf(why, sizeof(why), "does not fit in memory, tried %d times: %s", RUNNER_OOM_LOADS,
		b->label ? b->label : "");
	for (size_t i = from; i < works->n; i++)
		runner_skip(r, visit, &works->v[i], why);
	VEC_RELEASE(works);
}

void load_skip_visit(struct lane *l)
{
	skip_all(l, l->visit, &l->works, l->next_work);
	l->next_work = 0;
}

static void defer(struct lane *l, struct oom *oom)
{
	struct runner *r = l->r;
	struct deferred *d = VEC_PUSH(&r->deferred);

	*d = (struct deferred){.visit = *l->visit};
	for (size_t i = l->next_work; i < l->works.n; i++)
		*VEC_PUSH(&d->works) = l->works.v[i];
	oom->deferred = (uint32_t)r->deferred.n;
}

static void out_of_memory(struct lane *l)
{
	struct runner *r = l->r;
	struct oom *oom = runner_oom(r, l->visit);

	if (l->load_row_written)
		new_load(l); /* the one before was good, this is a reload that was not */
	l->load.status = STATUS_OUT_OF_MEMORY;
	load_write_row(l);
	l->exit = EXIT_VISIT;
	if (++oom->loads < RUNNER_OOM_LOADS) {
		defer(l, oom);
		return;
	}
	load_skip_visit(l);
	if (oom->deferred) {
		struct deferred *d = &r->deferred.v[oom->deferred - 1];

		skip_all(l, &d->visit, &d->works, 0);
		oom->deferred = 0;
	}
}

/* ---- answers ---- */

static void on_failed(struct lane *l, const struct sample *s)
{
	switch (s->status) {
	case STATUS_CONNECT_ERROR:
		l->wait = WAIT_REFUSED;
		break;
	case STATUS_OUT_OF_MEMORY:
		out_of_memory(l);
		break;
	case STATUS_MODEL_MISSING:
		l->exit = EXIT_LANE;
		break;
	default:
		l->wait = WAIT_FAILED;
		if (++l->warm_failed >= RUNNER_MAX_FAILED)
			l->exit = EXIT_FAILED_VISIT;
		break;
	}
}

void load_on_response(struct lane *l, const struct ticket *t, const struct sample *s)
{
	bool loaded = shows_a_load(l, s);

	if (!l->load_row_written && !l->is_loaded)
		l->load.status = s->status;
	if ((t->load_due && !loaded) || may_have_died(s))
		l->reload_due = true;
	if (loaded)
		on_loaded(l, s);
	else
		on_failed(l, s);
}

/* "name;name": what else is in memory.  Appended to a note that may stand there. */
static void note_others(struct load *load, const struct ps_list *ps, const struct ps_entry *ours)
{
	size_t len = strlen(load->other_models);

	for (size_t i = 0; i < ps->n; i++) {
		if (&ps->entry[i] == ours)
			continue;
		snprintf(load->other_models + len, sizeof(load->other_models) - len, "%s%s",
			len ? ";" : "", ps->entry[i].name);
		len = strlen(load->other_models);
	}
}

void load_on_ps(struct lane *l, const struct ps_list *ps)
{
	const struct server_facts *server = &l->r->plan->servers[l->index];
	const char *model = l->r->plan->blocks[l->visit->block].model;
	const struct model_facts *m = server_facts_model(server, model);
	const struct ps_entry *ours = NULL;

	l->state = LANE_WARMING;
	if (ps && ps->known) {
		ours = ps_find(ps, model, m ? m->digest : "");
		note_others(&l->load, ps, ours);
	}
	if (ours) {
		l->load.read_back = true;
		l->load.context_length = ours->context_length;
		l->load.size = ours->size;
		l->load.size_vram = ours->size_vram;
	}
	visit_pump(l);
}

void load_write_row(struct lane *l)
{
	if (!l->visit || !l->load_asked || l->load_row_written)
		return;
	l->load_row_written = true;
	runner_emit(l->r, EFFECT_LOAD_ROW, l)->load = l->load;
}
