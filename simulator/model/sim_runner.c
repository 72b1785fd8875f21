/* sim_runner.c - what is loaded: one runner for one model at a time, its slots, its end.
 *
 * A stay in memory is a `term`.  Since requests are planned when they arrive, several terms may be
 * known at once: the one at work, and later ones that wait for it.  Requests go to the last.
 *
 *	loading --ready--> serving --other options, unload, or idle--> closing --> gone
 *
 * Simpler than the real scheduler in two points: a request never overtakes one that waits for a
 * reload, and every request that waits, for a load or for a slot, counts against max_queue. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define RELOAD_UNLOAD (40 * NS_PER_MS) /* the old runner's end, before the new one's load */
#define VISION_FLOOR  2048
#define MIB           ((double)(1 << 20))

/* --- options in effect --- */

static int64_t auto_batch(const struct sim_config *c, int64_t num_ctx)
{
	if (c->era < 3 || num_ctx <= 4096)
		return 512;
	return num_ctx <= 32768 ? 1024 : 2048;
}

static void effective(const struct sim *m, const struct sim_call *call, struct sim_want *w)
{
	const struct sim_config *c = &m->config;
	const struct sim_options *o = &call->options;
	int64_t num_ctx = o->num_ctx < 4 ? 4 : o->num_ctx;

	if (c->vision > 0 && num_ctx < VISION_FLOOR)
		num_ctx = VISION_FLOOR;
	w->compare_ctx = num_ctx;
	w->num_ctx = num_ctx < (int64_t)c->context_train ? num_ctx : (int64_t)c->context_train;
	if (c->era >= 3)
		w->compare_ctx = w->num_ctx;
	w->num_batch = o->num_batch > 0 ? o->num_batch : auto_batch(c, w->num_ctx);
	w->num_gpu = o->num_gpu < 0 ? -1 : o->num_gpu;
	w->num_thread = o->num_thread;
	/* Older servers know no "not given" here. */
	w->main_gpu = c->era < 3 && o->main_gpu < 0 ? 0 : o->main_gpu;
	w->use_mmap = o->use_mmap;
	w->shift = c->era < 3 || call->shift;
}

/* What the request leaves to the server is not compared. */
static bool needs_reload(const struct sim_want *have, const struct sim_want *want)
{
	return have->compare_ctx != want->compare_ctx || have->num_batch != want->num_batch ||
		have->num_thread != want->num_thread || have->main_gpu != want->main_gpu ||
		have->shift != want->shift ||
		(want->use_mmap >= 0 && have->use_mmap != want->use_mmap) ||
		(want->num_gpu >= 0 && have->num_gpu != want->num_gpu);
}

/* --- terms --- */

static void term_free(struct sim_term *t)
{
	str_release(&t->cached);
	free(t->slot_free);
	free(t);
}

void sim_runner_release(struct sim *m)
{
	for (size_t i = 0; i < m->terms.n; i++)
		term_free(m->terms.v[i]);
	VEC_RELEASE(&m->terms);
	VEC_RELEASE(&m->flights);
}

static struct sim_term *last_term(const struct sim *m)
{
	return m->terms.n ? m->terms.v[m->terms.n - 1] : NULL;
}

static struct sim_term *find_term(const struct sim *m, uint64_t id)
{
	for (size_t i = 0; i < m->terms.n; i++)
		if (m->terms.v[i]->id == id)
			return m->terms.v[i];
	return NULL;
}

/* Until when the requests planned keep it. */
static ns busy_until(const struct sim *m, const struct sim_term *t)
{
	ns until = t->ready > t->last_end ? t->ready : t->last_end;

	for (size_t i = 0; i < m->flights.n; i++)
		if (m->flights.v[i].term == t->id && m->flights.v[i].end > until)
			until = m->flights.v[i].end;
	return until;
}

static void close_term(struct sim_term *t, ns from, ns takes)
{
	t->closing = true;
	t->expires = from;
	t->gone = sim_later(from, takes);
}

static ns unload_time(const struct sim *m)
{
	return (ns)llround(m->config.unload_ms * 1e6);
}

static void end_flights(struct sim *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->flights.n; i++) {
		struct sim_flight *f = &m->flights.v[i];
		struct sim_term *t = find_term(m, f->term);

		if (f->end > m->now)
			m->flights.v[kept++] = *f;
		else if (t && f->end > t->last_end)
			t->last_end = f->end;
	}
	m->flights.n = kept;
}

static void drop_gone(struct sim *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->terms.n; i++) {
		struct sim_term *t = m->terms.v[i];

		if (t->closing && t->gone <= m->now)
			term_free(t);
		else
			m->terms.v[kept++] = t;
	}
	m->terms.n = kept;
}

void sim_runner_settle(struct sim *m)
{
	struct sim_term *t;
	ns expires;

	end_flights(m);
	t = last_term(m);
	if (t && !t->closing) {
		expires = sim_later(busy_until(m, t), t->keep_alive);
		if (expires <= m->now)
			close_term(t, expires, unload_time(m));
	}
	drop_gone(m);
}

/* --- loading --- */

/* Sizes and the share of the layers on the GPU. */
static void lay_out(const struct sim *m, struct sim_term *t)
{
	const struct sim_config *c = &m->config;
	double layers = c->layers + 1, vram = c->vram_mib * MIB, on_gpu;
	double size = c->model_mib * MIB + c->kv_kib_per_token * 1024 * (double)t->want.num_ctx;

	if (vram <= 0)
		on_gpu = 0;
	else if (t->want.num_gpu >= 0)
		on_gpu = fmin((double)t->want.num_gpu, layers);
	else
		on_gpu = fmin(floor(vram / (size / layers)), layers);
	t->fraction = on_gpu / layers;
	t->size = (int64_t)size;
	t->size_vram = (int64_t)(size * t->fraction);
}

static bool fits(const struct sim *m, const struct sim_term *t)
{
	return (double)t->size <= m->config.ram_mib * MIB &&
		(double)t->size_vram <= m->config.vram_mib * MIB;
}

/* When a new load may begin: what is there must be idle and gone first. */
static ns make_room(struct sim *m)
{
	struct sim_term *t = last_term(m);
	ns idle;

	if (!t)
		return m->now;
	if (!t->closing) {
		idle = busy_until(m, t);
		close_term(t, idle > m->now ? idle : m->now, RELOAD_UNLOAD);
	}
	return t->gone > m->now ? t->gone : m->now;
}

static struct sim_term *load(struct sim *m, const struct sim_want *want, const struct sim_call *c)
{
	struct sim_term *t = xcalloc(1, sizeof(*t));
	double in_ram;

	t->id = ++m->last_id;
	t->want = *want;
	memcpy(t->name, c->model, sizeof(t->name));
	t->cached = (struct str)STR_INIT(STR_MAX_FILE);
	t->slot_free = xcalloc((size_t)m->config.num_parallel, sizeof(*t->slot_free));
	t->keep_alive = SIM_KEEP_ALIVE;
	sim_noise_load(m, t);
	lay_out(m, t);
	t->begin = make_room(m);
	t->ready = sim_later(t->begin, sim_time_load(m, c));
	t->last_end = t->ready;
	in_ram = m->config.ram_mib * MIB;
	if (!fits(m, t)) {
		t->failed = true;
		/* Too little memory is known before the load, too little on the GPU by its end. */
		if ((double)t->size > in_ram)
			t->ready = t->begin;
		close_term(t, t->ready, 0);
	}
	*VEC_PUSH(&m->terms) = t; /* NOLINT(bugprone-sizeof-expression): of pointers */
	return t;
}

struct sim_term *sim_runner_place(struct sim *m, struct sim_call *c, ns *ready)
{
	struct sim_term *t = last_term(m);
	struct sim_want want;
	ns resident;

	effective(m, c, &want);
	if (!t || t->closing || !sim_model_same(t->name, c->model) || needs_reload(&t->want, &want))
		t = load(m, &want, c);
	/* Without one of its own a request leaves the runner's keep_alive as it is. */
	if (c->has_keep_alive)
		t->keep_alive = c->keep_alive;
	resident = sim_later(m->now, sim_time_resident(m, c, t));
	*ready = t->ready > resident ? t->ready : resident;
	return t;
}

void sim_runner_unload(struct sim *m)
{
	struct sim_term *t = last_term(m);
	ns idle;

	if (!t || t->closing)
		return;
	idle = busy_until(m, t);
	close_term(t, idle > m->now ? idle : m->now, unload_time(m));
}

ns sim_runner_expires(const struct sim *m, const struct sim_term *t)
{
	ns from;

	if (t->closing)
		return t->expires;
	if (t->keep_alive == SIM_FOREVER)
		return SIM_FOREVER;
	from = busy_until(m, t);
	return sim_later(from < m->now ? from : m->now, t->keep_alive);
}

/* --- slots --- */

size_t sim_runner_waiting(const struct sim *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->flights.n; i++)
		n += m->flights.v[i].start > m->now;
	return n;
}

ns sim_runner_slot(
	const struct sim *m, const struct sim_term *t, ns ready, size_t *slot, size_t *busy)
{
	size_t best = 0;
	ns start;

	for (size_t i = 1; i < (size_t)m->config.num_parallel; i++)
		if (t->slot_free[i] < t->slot_free[best])
			best = i;
	start = t->slot_free[best] > ready ? t->slot_free[best] : ready;
	*slot = best;
	*busy = 1;
	for (size_t i = 0; i < m->flights.n; i++) {
		const struct sim_flight *f = &m->flights.v[i];

		*busy += f->term == t->id && f->slot != SIM_NO_SLOT && f->start <= start &&
			f->end > start;
	}
	return start;
}

uint64_t sim_runner_fly(struct sim *m, struct sim_term *t, size_t slot, ns start, ns end)
{
	struct sim_flight f = {
		.handle = ++m->last_id, .term = t->id, .slot = slot, .start = start, .end = end};

	if (slot != SIM_NO_SLOT)
		t->slot_free[slot] = end;
	*VEC_PUSH(&m->flights) = f;
	return f.handle;
}

/* --- the client went away --- */

/* Free at `now`, unless others are planned in the slot after it. */
static void leave_slot(struct sim *m, struct sim_term *t, const struct sim_flight *f)
{
	if (f->slot != SIM_NO_SLOT && t->slot_free[f->slot] == f->end) {
		t->slot_free[f->slot] = m->now;
		for (size_t i = 0; i < m->flights.n; i++) {
			const struct sim_flight *other = &m->flights.v[i];

			if (other->term == t->id && other->slot == f->slot &&
				other->end > t->slot_free[f->slot])
				t->slot_free[f->slot] = other->end;
		}
	}
}

static bool has_flights(const struct sim *m, const struct sim_term *t)
{
	for (size_t i = 0; i < m->flights.n; i++)
		if (m->flights.v[i].term == t->id)
			return true;
	return false;
}

void sim_cancel(struct sim *m, uint64_t handle, ns now)
{
	struct sim_flight f;
	struct sim_term *t;
	size_t i = 0;

	if (now < m->now)
		BUG("sim_cancel goes back in time");
	m->now = now;
	end_flights(m);
	while (i < m->flights.n && m->flights.v[i].handle != handle)
		i++;
	if (i == m->flights.n)
		return;
	f = m->flights.v[i];
	memmove(&m->flights.v[i], &m->flights.v[i + 1],
		(m->flights.n - i - 1) * sizeof(*m->flights.v));
	m->flights.n--;
	t = find_term(m, f.term);
	if (!t)
		return;
	leave_slot(m, t, &f);
	if (t->ready > now && !has_flights(m, t) && !t->failed)
		close_term(t, now, 0); /* nobody waits for this load any more */
	else if (t->last_end < now)
		t->last_end = now;
}
