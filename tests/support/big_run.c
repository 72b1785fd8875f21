/* big_run.c - rows of a run that never was, as fast as a disk takes them. */
#include "big_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "hash.h"
#include "rng.h"

#define LINE_ROOM 1024
#define SD        0.01 /* of requests and of loads, in logarithms */
#define BASE_TOKS 80.0
#define TOKENS    64

struct writer {
	FILE *runs, *loads;
	const struct big_run *b;
	struct rng rng;
	uint64_t order, bytes;
	char line[LINE_ROOM];
	char *at;
};

static void put_text(struct writer *w, const char *s)
{
	w->at = stpcpy(w->at, s);
	*w->at++ = ',';
}

static void put_count(struct writer *w, uint64_t x)
{
	char digits[24];
	int n = 0;

	do
		digits[n++] = (char)('0' + x % 10);
	while (x /= 10);
	while (n > 0)
		*w->at++ = digits[--n];
	*w->at++ = ',';
}

/* Six decimals, as milliseconds have. */
static void put_fixed(struct writer *w, double x)
{
	uint64_t millionths = (uint64_t)llround(x * 1e6);

	put_count(w, millionths / 1000000);
	w->at[-1] = '.';
	for (uint64_t i = 100000; i > 0; i /= 10)
		*w->at++ = (char)('0' + millionths / i % 10);
	*w->at++ = ',';
}

/* Ends the line with its CRC. */
static void end_line(struct writer *w, FILE *f, uint64_t *bytes)
{
	size_t len = (size_t)(w->at - w->line) - 1; /* without the last comma */
	uint32_t crc = crc32c(0, w->line, len);

	for (int i = 28; i >= 0; i -= 4)
		*w->at++ = "0123456789abcdef"[crc >> i & 15];
	*w->at++ = '\n';
	fwrite(w->line, 1, (size_t)(w->at - w->line), f);
	*bytes += (uint64_t)(w->at - w->line);
	w->at = w->line;
}

static void put_hex(struct writer *w, uint64_t x)
{
	for (int i = 60; i >= 0; i -= 4)
		*w->at++ = "0123456789abcdef"[x >> i & 15];
	*w->at++ = ',';
}

/* A number that no two orders share. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

struct place {
	uint32_t gpu, context, temperature, block, pass;
	double shift; /* of the load */
};

static void put_keys(struct writer *w, const struct place *p, const char *load, uint64_t repeat)
{
	char text[32];

	put_hex(w, mix(w->order + 1));
	put_hex(w, mix((uint64_t)p->block << 32 | (p->temperature + 1)));
	put_count(w, p->block);
	put_count(w, p->pass);
	put_text(w, load);
	put_count(w, repeat);
	put_count(w, ++w->order);
	put_text(w, "1,1,measure,,http://127.0.0.1:11434,gemma3:270m");
	put_count(w, p->gpu);
	put_count(w, (uint64_t)1024 * (p->context + 1));
	snprintf(text, sizeof(text), "%.1f", p->temperature / 10.0);
	put_text(w, text);
	put_text(w, "prompt-1");
	put_count(w, 42 + repeat);
	put_text(w, "1,,,unique");
	put_count(w, (uint64_t)1024 * (p->context + 1));
	put_text(w, "0.5,8e841cd66333,0.24.0,ok,200,,length,0");
}

static void put_times(struct writer *w, const struct place *p)
{
	double y = p->shift - 0.005 * p->context;
	double rate = BASE_TOKS * exp(y + SD * rng_normal(&w->rng));
	double prefill = 40 * exp(-y + SD * rng_normal(&w->rng)), load = 20;
	double eval = (TOKENS - 1) / rate * 1e3, ttft = load + prefill + 8, tpot = 1e3 / rate;

	put_text(w, "0.000000");
	put_fixed(w, 0.1);
	put_fixed(w, ttft - 0.01);
	put_fixed(w, ttft);
	put_fixed(w, tpot);
	put_fixed(w, tpot * 0.99);
	put_text(w, "");
	put_fixed(w, tpot * 1.5);
	put_fixed(w, ttft + eval);
	put_fixed(w, ttft + eval + 1);
	put_fixed(w, load);
	put_fixed(w, prefill);
	put_fixed(w, eval);
	put_fixed(w, load + prefill + eval + 5);
	put_text(w, "5.000000,32,");
	put_text(w, "64,64,300");
	put_fixed(w, rate);
	put_fixed(w, rate * TOKENS / (TOKENS - 1));
	put_fixed(w, rate);
	put_fixed(w, 32e3 / prefill);
	put_text(w, "");
}

/* What the client noted of itself; one request in 64 is dated with a bound. */
static void put_audit(struct writer *w)
{
	uint64_t i = w->order;

	put_text(w, i % 10 ? "25.125,kernel" : "25.125,user");
	put_text(w, i % 64 ? "0" : "85.375");
	put_fixed(w, 20 + (double)(i * 7919 % 4001) / 1000);
	put_text(w, i % 16 ? "0,0,1" : "1,2,1");
	put_fixed(w, 0.001 + (double)(i * 104729 % 7001) / 1e6);
	put_text(w, "valid,");
}

static void put_row(struct writer *w, const struct place *p, const char *load, uint64_t repeat)
{
	uint64_t s = w->order / 1000, ms = w->order % 1000;
	char text[40];

	put_keys(w, p, load, repeat);
	put_times(w, p);
	put_text(w, "");
	put_audit(w);
	snprintf(text, sizeof(text), "2026-11-%02u", 1 + (unsigned)(s / 86400 % 28));
	w->at = stpcpy(w->at, text);
	snprintf(text, sizeof(text), "T%02u:%02u:%02u.%03u000000Z", (unsigned)(s / 3600 % 24),
		(unsigned)(s / 60 % 60), (unsigned)(s % 60), (unsigned)ms);
	put_text(w, text);
	end_line(w, w->runs, &w->bytes);
}

static void put_load(struct writer *w, const struct place *p, const char *load)
{
	uint64_t bytes = 0;
	char text[160];

	put_text(w, load);
	snprintf(text, sizeof(text), "1,%u,%u,measure,http://127.0.0.1:11434,gemma3:270m", p->block,
		p->pass);
	put_text(w, text);
	snprintf(text, sizeof(text), "\"{\"\"num_gpu\"\":%u,\"\"num_ctx\"\":%u}\"", p->gpu,
		1024 * (p->context + 1));
	put_text(w, text);
	snprintf(text, sizeof(text), "ok,800.000000,%u,%u,%u,,2,2026-11-01T00:00:00.000000000Z",
		1024 * (p->context + 1), 467313152 + p->context * 1000000,
		(p->gpu + 1) * 20000000 + p->context);
	put_text(w, text);
	end_line(w, w->loads, &bytes);
}

/* One load: the requests of its cells, one of each in turn. */
static void put_visit(struct writer *w, struct place *p, uint64_t per_visit)
{
	const struct big_run *b = w->b;
	char load[24];

	snprintf(
		load, sizeof(load), "s1-l%u", (p->pass - 1) * b->gpus * b->contexts + p->block + 1);
	p->shift = SD * rng_normal(&w->rng);
	put_load(w, p, load);
	for (uint64_t i = 0; i < per_visit; i++) {
		p->temperature = (uint32_t)(i % b->temperatures);
		put_row(w, p, load, i / b->temperatures);
	}
}

static void put_header(FILE *f, const struct column_spec *specs, size_t n, bool runs)
{
	for (size_t i = 0; i < n; i++) {
		if (runs && i == RUN_PROMPT_ID)
			fputs("num_gpu,num_ctx,temperature,", f);
		fprintf(f, "%s,", specs[i].name);
	}
	fprintf(f, "%s\n", COLUMN_ROW_CRC);
}

static void write_levels(FILE *f, const char *name, uint32_t n, double first, double step)
{
	fprintf(f, "\"%s\": [", name);
	for (uint32_t i = 0; i < n; i++)
		fprintf(f, "%s%g", i ? ", " : "", first + step * i);
	fputc(']', f);
}

static bool write_sweep(FILE *f, const struct big_run *b)
{
	if (!f)
		return false;
	fputs("{\"name\": \"big\", \"model\": \"gemma3:270m\", \"factors\": {", f);
	write_levels(f, "num_gpu", b->gpus, 0, 1);
	fputs(", ", f);
	write_levels(f, "num_ctx", b->contexts, 1024, 1024);
	fputs(", ", f);
	write_levels(f, "temperature", b->temperatures, 0, 0.1);
	fprintf(f,
		"}, \"passes\": %u, \"cache\": \"unique\", \"margin\": {\"throughput\": 0.02}}\n",
		b->passes);
	return fclose(f) == 0;
}

static FILE *open_in(const char *dir, const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fopen(path, "w");
}

uint64_t big_run_write(const char *dir, const struct big_run *b)
{
	struct writer w = {
		.b = b, .runs = open_in(dir, "runs.csv"), .loads = open_in(dir, "loads.csv")};
	FILE *manifest = open_in(dir, "manifest.json");
	uint64_t visits = (uint64_t)b->gpus * b->contexts * b->passes;
	bool fine = write_sweep(open_in(dir, "sweep.json"), b) && w.runs && w.loads && manifest;

	rng_init(&w.rng, 1, "big run");
	w.at = w.line;
	if (fine) {
		fputs("{\"schema\": 1, \"sessions\": [{\"simulated\": true}]}\n", manifest);
		put_header(w.runs, run_columns, RUN_COLUMN_COUNT, true);
		w.bytes = (uint64_t)ftell(w.runs);
		put_header(w.loads, load_columns, LOADS_COLUMN_COUNT, false);
	}
	for (uint32_t pass = 1; fine && pass <= b->passes; pass++) {
		for (uint32_t k = 0; k < b->gpus * b->contexts; k++) {
			uint32_t block = (k * 7 + pass) % (b->gpus * b->contexts);
			struct place p = {.gpu = block % b->gpus,
				.context = block / b->gpus,
				.block = block,
				.pass = pass};

			put_visit(&w, &p, b->rows / visits);
		}
	}
	fine = (!manifest || fclose(manifest) == 0) && fine;
	fine = (!w.runs || fclose(w.runs) == 0) && fine;
	fine = (!w.loads || fclose(w.loads) == 0) && fine;
	return fine ? w.bytes : 0;
}
