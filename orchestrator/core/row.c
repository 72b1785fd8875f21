/* row.c - one line of runs.csv.  What a column holds is decided here, in which order they stand by
 * columns.h alone. */
#include "row.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "csv.h"
#include "grade.h"
#include "num.h"

#define INT_MISSING   INT64_MIN
#define DIGEST_DIGITS 12

/* All that the columns are made from. */
struct source {
	const struct row_schema *schema;
	const struct row_keys *k;
	const struct sample *s;
	const struct sweep *sweep;
	const struct server_facts *server;
	uint32_t cell;
	char scratch[80]; /* of the text at hand */
};

const char *phase_name(enum phase p)
{
	static const char *const names[] = {
		[PHASE_WARMUP] = "warmup",
		[PHASE_MEASURE] = "measure",
		[PHASE_SENTINEL] = "sentinel",
		[PHASE_PROBE] = "probe",
		[PHASE_SEARCH] = "search",
	};

	return names[p];
}

const char *validity_name(enum validity v)
{
	static const char *const names[] = {
		[VALID] = "valid",
		[SUSPECT] = "suspect",
		[INVALID] = "invalid",
	};

	return names[v];
}

void row_schema_init(struct row_schema *schema, const struct sweep *s)
{
	*schema = (struct row_schema){.sweep = s};
	for (size_t f = 0; f < s->nfactors; f++) {
		if (!run_column_find(s->factors[f].column))
			schema->factor[schema->nfactors++] = f;
	}
}

void row_seal(struct str *line, size_t start)
{
	str_addf(line, ",%08" PRIx32 "\n", crc32c(0, line->s + start, line->len - start));
}

void row_header(const struct row_schema *schema, struct str *out)
{
	for (size_t c = 0; c < RUN_COLUMN_COUNT; c++) {
		str_add(out, run_columns[c].name);
		str_addc(out, ',');
		for (size_t i = 0; c == RUN_MODEL && i < schema->nfactors; i++) {
			const char *name = schema->sweep->factors[schema->factor[i]].column;

			csv_add(out, name, strlen(name));
			str_addc(out, ',');
		}
	}
	str_add(out, COLUMN_ROW_CRC "\n");
}

static const char *stamp_name(const struct sample *s)
{
	static const char *const names[] = {
		[STAMP_USER] = "user",
		[STAMP_KERNEL] = "kernel",
		[STAMP_VIRTUAL] = "virtual",
	};

	return s->sent == NS_NONE ? "" : names[s->stamps];
}

static const char *digest_of(struct source *in)
{
	const struct model_facts *m =
		server_facts_model(in->server, plan_model(in->k->plan, in->cell));

	snprintf(in->scratch, sizeof(in->scratch), "%.*s", DIGEST_DIGITS, m ? m->digest : "");
	return in->scratch;
}

static const char *cell_id_of(struct source *in)
{
	plan_cell_id(in->k->plan, in->cell, in->scratch);
	return in->scratch;
}

static const char *text_of(struct source *in, enum run_column c)
{
	const struct row_keys *k = in->k;
	const struct sample *s = in->s;

	switch (c) {
	case RUN_RUN_ID:
		return k->item->run_id;
	case RUN_CELL_ID:
		return cell_id_of(in);
	case RUN_LOAD_ID:
		return k->load ? k->load->id : "";
	case RUN_PHASE:
		return phase_name(k->phase);
	case RUN_SHARD:
		if (in->sweep->shards)
			snprintf(in->scratch, sizeof(in->scratch), "%" PRIu32 "/%" PRIu32,
				in->sweep->shard, in->sweep->shards);
		else
			in->scratch[0] = '\0';
		return in->scratch;
	case RUN_SERVER:
		return in->server->name ? in->server->name : in->server->url;
	case RUN_MODEL:
		return plan_model(k->plan, in->cell);
	case RUN_PROMPT_ID:
		return in->sweep->prompts[k->item->prompt].id;
	case RUN_CACHE:
		return plan_cache(k->plan, in->cell);
	case RUN_MODEL_DIGEST:
		return digest_of(in);
	case RUN_SERVER_VERSION:
		return in->server->version;
	case RUN_STATUS:
		return status_name(s->status);
	case RUN_ERROR:
		return s->error;
	case RUN_DONE_REASON:
		return s->done_reason;
	case RUN_RESPONSE_SHA256:
		return s->sha256;
	case RUN_TIMESTAMP_SOURCE:
		return stamp_name(s);
	case RUN_VALIDITY:
		return validity_name(k->validity);
	case RUN_VALIDITY_WHY:
		return k->validity_why;
	case RUN_STARTED_AT:
		return s->sent_wall == NS_NONE ? "" : clock_iso(in->scratch, s->sent_wall);
	default:
		BUG("column %s has no text", run_columns[c].name);
	}
}

static int64_t counter(int64_t x)
{
	return x < 0 ? INT_MISSING : x;
}

/* The seed that was sent; options may have none. */
static int64_t seed_of(const struct source *in)
{
	json_t *options = plan_options(in->k->plan, in->cell, in->k->item->repeat);
	const json_t *seed = json_object_get(options, "seed");
	int64_t value = json_is_integer(seed) ? json_integer_value(seed) : INT_MISSING;

	json_decref(options);
	return value;
}

static int64_t int_of(struct source *in, enum run_column c)
{
	const struct row_keys *k = in->k;
	const struct sample *s = in->s;

	switch (c) {
	case RUN_BLOCK:
		return k->plan->block_of_cell[in->cell];
	case RUN_PASS:
		return k->pass;
	case RUN_REPEAT:
		return k->item->repeat;
	case RUN_ORDER:
		return (int64_t)k->order;
	case RUN_SESSION:
		return k->session;
	case RUN_ATTEMPT:
		return k->attempt;
	case RUN_SEED:
		return seed_of(in);
	case RUN_CONCURRENCY:
		return k->item->concurrency;
	case RUN_BURST:
		return k->item->cell_burst ? k->item->cell_burst : INT_MISSING;
	case RUN_EFF_NUM_CTX:
		return k->load ? counter(k->load->context_length) : INT_MISSING;
	case RUN_HTTP_STATUS:
		return s->http_status > 0 ? s->http_status : INT_MISSING;
	case RUN_PAID_LOAD:
		return k->paid_load;
	case RUN_PROMPT_TOKENS:
		return counter(s->prompt_tokens);
	case RUN_CACHED_TOKENS:
		return counter(s->cached_tokens);
	case RUN_OUTPUT_TOKENS:
		return counter(s->output_tokens);
	case RUN_CHUNKS:
		return counter(s->chunks);
	case RUN_RESPONSE_BYTES:
		return counter(s->response_bytes);
	case RUN_MULTI_LINE_READS:
		return s->chunks < 0 ? INT_MISSING : s->multi_line_reads;
	case RUN_ITL_UNRESOLVED:
		return s->chunks < 2 ? INT_MISSING : sample_unresolved(s);
	case RUN_STREAMS:
		return counter(s->streams);
	default:
		BUG("column %s has no integer", run_columns[c].name);
	}
}

static ns since_sent(const struct sample *s, ns at)
{
	return s->sent == NS_NONE || at == NS_NONE || at < s->sent ? NS_NONE : at - s->sent;
}

static ns from_ms(double ms)
{
	return isnan(ms) ? NS_NONE : (ns)llround(ms * NS_PER_MS);
}

static ns time_of(struct source *in, enum run_column c)
{
	const struct sample *s = in->s;

	switch (c) {
	case RUN_CONNECT_MS:
		return s->connect;
	case RUN_CLIENT_QUEUE_MS:
		return s->due == NS_NONE || s->sent == NS_NONE ? NS_NONE : s->sent - s->due;
	case RUN_TTFB_MS:
		return since_sent(s, s->first_byte);
	case RUN_TTFT_MS:
		return sample_ttft(s);
	case RUN_TPOT_MS:
		return from_ms(sample_tpot_ms(s));
	case RUN_ITL_P50_MS:
		return from_ms(sample_itl_ms(s, 50, 1));
	case RUN_ITL_P99_MS:
		return from_ms(sample_itl_ms(s, 99, 100));
	case RUN_ITL_MAX_MS:
		return from_ms(sample_itl_ms(s, 100, 1));
	case RUN_E2E_MS:
		return sample_e2e(s);
	case RUN_DONE_MS:
		return since_sent(s, s->done);
	case RUN_LOAD_MS:
		return s->load;
	case RUN_PROMPT_EVAL_MS:
		return s->prompt_eval;
	case RUN_EVAL_MS:
		return s->eval;
	case RUN_TOTAL_MS:
		return s->total;
	case RUN_SERVER_REST_MS:
		return sample_server_rest(s);
	default:
		BUG("column %s has no time", run_columns[c].name);
	}
}

static double offload_fraction(const struct load *l)
{
	return l && l->size > 0 && l->size_vram >= 0 ? (double)l->size_vram / (double)l->size : NAN;
}

static double prefill_rate(const struct source *in)
{
	/* A repeated prompt was cached to an extent that only some servers tell. */
	if (in->s->cached_tokens < 0 && strcmp(plan_cache(in->k->plan, in->cell), "repeat") == 0)
		return NAN;
	return sample_prefill_tok_s(in->s);
}

static double score_of(const struct source *in)
{
	/* An answer that was cut, by the server or by our own bound, is not the answer. */
	if (in->s->status != STATUS_OK || in->s->text.overflowed)
		return NAN;
	return grade_answer(&in->sweep->prompts[in->k->item->prompt], in->s->text.s);
}

static double as_us(ns t)
{
	return t == NS_NONE ? NAN : (double)t / NS_PER_US;
}

static double real_of(struct source *in, enum run_column c)
{
	const struct sample *s = in->s;

	switch (c) {
	case RUN_RATE:
		return in->k->item->rate > 0 ? in->k->item->rate : NAN;
	case RUN_OFFLOAD_FRACTION:
		return offload_fraction(in->k->load);
	case RUN_DECODE_TOK_S:
		return sample_decode_tok_s(s);
	case RUN_DECODE_TOK_S_RAW:
		return sample_decode_tok_s_raw(s);
	case RUN_DECODE_TOK_S_CLIENT:
		return sample_decode_tok_s_client(s);
	case RUN_PREFILL_TOK_S:
		return prefill_rate(in);
	case RUN_SCORE:
		return score_of(in);
	case RUN_LOOP_LAG_MAX_US:
		return as_us(s->loop_lag_max);
	case RUN_STAMP_BOUND_US:
		return s->chunks < 1 ? NAN : as_us(s->late_max);
	case RUN_SEND_US:
		return as_us(s->sending);
	case RUN_CPU_SHARE:
		return s->cpu_share;
	default:
		BUG("column %s has no number", run_columns[c].name);
	}
}

static void add_int(struct str *out, int64_t x)
{
	if (x != INT_MISSING)
		str_addf(out, "%" PRId64, x);
}

static void add_column(struct source *in, enum run_column c, struct str *out)
{
	char number[NUM_TEXT];
	const char *text;

	switch (run_columns[c].type) {
	case COLUMN_TEXT:
		text = text_of(in, c);
		csv_add(out, text, strlen(text));
		return;
	case COLUMN_INT:
		add_int(out, int_of(in, c));
		return;
	case COLUMN_MS:
		str_add(out, num_ms(number, time_of(in, c)));
		return;
	case COLUMN_REAL:
		str_add(out, num_text(number, real_of(in, c)));
		return;
	}
}

static void add_factors(const struct source *in, struct str *out)
{
	for (size_t i = 0; i < in->schema->nfactors; i++) {
		size_t f = in->schema->factor[i];
		const struct factor *factor = &in->sweep->factors[f];
		const char *level = factor->levels[plan_level(in->k->plan, in->cell, f)].text;

		str_addc(out, ',');
		csv_add(out, level, strlen(level));
	}
}

void row_encode(const struct row_schema *schema, const struct row_keys *k, const struct sample *s,
	struct str *out)
{
	struct source in = {.schema = schema,
		.k = k,
		.s = s,
		.sweep = k->plan->sweep,
		.server = &k->plan->servers[k->server],
		.cell = k->item->cell};
	size_t start = out->len;

	for (size_t c = 0; c < RUN_COLUMN_COUNT; c++) {
		if (c > 0)
			str_addc(out, ',');
		add_column(&in, (enum run_column)c, out);
		if (c == RUN_MODEL)
			add_factors(&in, out);
	}
	row_seal(out, start);
}
