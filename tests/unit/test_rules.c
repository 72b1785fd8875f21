/* test_rules.c - headings of many tools and what they mean; a user's own rules; any bytes. */
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "rng.h"
#include "rules.h"
#include "unit.h"

/* "part quantity statistic unit", without what is absent. */
static const char *text_of(const struct meaning *m)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", rule_part_name(m->part),
		m->quantity[0] ? " " : "", m->quantity, m->stat ? " " : "", rule_stat_name(m->stat),
		m->unit.name[0] ? " " : "", m->unit.name);
	return text;
}

struct pair {
	const char *heading, *meaning;
};

static void check(const struct pair *pairs, size_t n)
{
	struct rules *r = rules_new();

	for (size_t i = 0; i < n; i++) {
		struct meaning m = rules_meaning(r, pairs[i].heading, strlen(pairs[i].heading));
		const char *text = text_of(&m);

		if (strcmp(text, pairs[i].meaning) != 0)
			fail_msg("\"%s\": %s, not %s", pairs[i].heading, text, pairs[i].meaning);
	}
	rules_free(r);
}

static void test_load_generators(void **state)
{
	static const struct pair pairs[] = {
		{"50%", "unknown"},
		{"99.9%", "unknown"},
		{"metrics.inter_token_latency_ms.successful.mean", "measure itl mean ms"},
		{"metrics.inter_token_latency_ms.successful.count", "count"},
		{"metrics.output_tokens_per_second.successful.count", "count"},
		{"successful_requests", "count"},
		{"num_successful", "success"},
		{"versions.hellaswag", "ignore"},
		{"hellaswag", "measure accuracy"},
		{"aggregate_name", "repeat"},
		{"Command", "subject name"},
		{"requests_per_minute", "measure request_rate req/min"},
		{"num_completed_requests_per_minute", "measure request_rate req/min"},
		{"Requests/minute", "measure request_rate req/min"},
		{"tokens per minute", "measure throughput tok/min"},
		{"throughput_mb_s", "measure bandwidth MB/s"},
		{"throughput (k tok/s)", "unknown"},
		{"throughput_frames_s", "unknown"},
		{"load_s", "load load s"},
		{"server command", "ignore"},
		{"Mod\xc3\xa8le", "subject model"},
		{"Latenz (ms)", "measure latency ms"},
		{"Durchsatz (Token/s)", "measure throughput tok/s"},
		{"Fehler", "error"},
	};

	(void)state;
	check(pairs, COUNTOF(pairs));
}

static void test_ollama(void **state)
{
	static const struct pair pairs[] = {
		{"total_duration", "measure e2el"},
		{"load_duration", "load load"},
		{"prompt_eval_count", "measure prompt_tokens"},
		{"prompt_eval_duration", "measure prefill"},
		{"eval_count", "measure output_tokens"},
		{"eval_duration", "measure decode"},
		{"eval_rate", "measure throughput"},
		{"prompt_eval_rate", "measure prefill_rate"},
		{"ttft_s", "measure ttft s"},
		{"tokens_s", "measure throughput tok/s"},
		{"load_s", "load load s"},
		{"prompt_eval_s", "measure prefill s"},
		{"eval_s", "measure decode s"},
		{"eval_s_mean", "measure decode mean s"},
		{"mean_load_s", "load load mean s"},
		{"prompt_eval", "measure prefill"},
		{"total_tokens", "measure total_tokens"},
		{"num_ctx", "setting num_ctx"},
		{"num_gpu", "setting num_gpu"},
		{"options.temperature", "setting temperature"},
		{"top_p", "setting top_p"},
		{"topK", "setting top_k"},
		{"repeat_penalty", "setting repeat_penalty"},
		{"seed", "setting seed"},
		{"num_predict", "setting num_predict"},
		{"keep_alive", "setting keep_alive"},
		{"NS_PER_COUNT", "unknown"},
		{"TOKEN_PER_SEC", "measure throughput tok/s"},
	};

	(void)state;
	check(pairs, COUNTOF(pairs));
}

static void test_servers(void **state)
{
	static const struct pair pairs[] = {
		{"mean_ttft_ms", "measure ttft mean ms"},
		{"median_ttft_ms", "measure ttft p50 ms"},
		{"p99_itl_ms", "measure itl p99 ms"},
		{"std_tpot_ms", "measure tpot sd ms"},
		{"p95_e2el_ms", "measure e2el p95 ms"},
		{"request_throughput", "measure request_rate"},
		{"output_throughput", "measure throughput"},
		{"total_token_throughput", "measure total_throughput"},
		{"request_goodput", "measure goodput"},
		{"max_concurrency", "setting concurrency"},
		{"request_rate", "setting request_rate"},
		{"model_id", "subject model"},
		{"completed", "count"},
		{"failed", "ignore"},
		{"results_ttft_s_mean", "measure ttft mean s"},
		{"results_ttft_s_quantiles_p95", "measure ttft p95 s"},
		{"results_inter_token_latency_s_stddev", "measure itl sd s"},
		{"results_request_output_throughput_token_per_s_mean",
			"measure throughput mean tok/s"},
		{"Time to First Token (ms)", "measure ttft ms"},
		{"Time To Second Token (ms)", "measure ttst ms"},
		{"Inter Token Latency (ms)", "measure itl ms"},
		{"Request Latency (ms)", "measure e2el ms"},
		{"Output Token Throughput (tokens/sec)", "measure throughput tok/s"},
		{"Request Throughput (per sec)", "measure request_rate req/s"},
		{"Output Sequence Length (tokens)", "measure output_tokens"},
		{"time_per_output_token_ms", "measure tpot ms"},
		{"requests_per_second", "measure request_rate req/s"},
		{"vllm:time_to_first_token_seconds", "measure ttft s"},
		{"gpu_memory_utilization", "setting gpu_memory_utilization"},
		{"max_model_len", "setting num_ctx"},
		{"tensor_parallel_size", "setting tensor_parallel"},
		{"queue_time_ms", "measure queue ms"},
		{"success_rate", "measure success_rate"},
		{"error_rate", "measure error_rate"},
	};

	(void)state;
	check(pairs, COUNTOF(pairs));
}

static void test_llama_bench(void **state)
{
	static const struct pair pairs[] = {
		{"avg_ts", "measure throughput mean"},
		{"stddev_ts", "measure throughput sd"},
		{"avg_ns", "measure time mean ns"},
		{"n_gpu_layers", "setting num_gpu"},
		{"ngl", "setting num_gpu"},
		{"n_prompt", "setting n_prompt"},
		{"n_gen", "setting num_predict"},
		{"n_threads", "setting threads"},
		{"n_batch", "setting batch"},
		{"type_k", "setting dtype"},
		{"flash_attn", "setting flash_attn"},
		{"test", "subject test"},
		{"model_filename", "subject model"},
		{"model_type", "ignore"},
		{"backend", "subject backend"},
		{"gpu_info", "subject device"},
		{"build_commit", "ignore"},
		{"t/s", "measure throughput tok/s"},
		{"S_PP t/s", "measure prefill_rate tok/s"},
		{"S_TG t/s", "measure throughput tok/s"},
		{"predicted_per_second", "measure throughput"},
	};

	(void)state;
	check(pairs, COUNTOF(pairs));
}

static void test_small_benchmarks(void **state)
{
	static const struct pair pairs[] = {
		{"mean_time_ms", "measure time mean ms"},
		{"std_time_ms", "measure time sd ms"},
		{"min_time_ms", "measure time min ms"},
		{"p50_ms", "measure time p50 ms"},
		{"timing.p95_ms", "measure time p95 ms"},
		{"timing_stats.overall_stdev_ms", "measure time sd ms"},
		{"latency_percentiles.p99", "measure latency p99"},
		{"Mean (ms)", "measure time mean ms"},
		{"Std (ms)", "measure time sd ms"},
		{"Compile Time (s)", "measure compile_time s"},
		{"compilation.success", "success"},
		{"benchmark.metadata.error", "error"},
		{"wall time (s)", "measure time s"},
		{"elapsed", "measure time"},
		{"duration_ms", "measure time ms"},
		{"latency", "measure latency"},
		{"Latency p99.9 (ms)", "measure latency other ms"},
		{"latency (95th percentile) [us]", "measure latency p95 us"},
		{"latency_min", "measure latency min"},
		{"ns_per_op", "measure time"},
		{"rps", "measure request_rate req/s"},
		{"QPS", "measure request_rate req/s"},
		{"samples", "count"},
		{"iterations", "count"},
		{"n", "count"},
		{"iteration", "repeat"},
		{"run_id", "repeat"},
		{"GFLOPS", "measure flops GFLOPS"},
		{"bandwidth (GB/s)", "measure bandwidth GB/s"},
		{"speedup", "measure speedup"},
		{"kernel_name", "subject kernel"},
		{"warmup_runs", "ignore"},
		{"batch_size", "setting batch"},
		{"dtype", "setting dtype"},
		{"seq_len", "setting seq_len"},
		{"warp_ms", "measure warp ms"},
	};

	(void)state;
	check(pairs, COUNTOF(pairs));
}

static void test_quality_and_machine(void **state)
{
	static const struct pair pairs[] = {
		{"acc", "measure accuracy"},
		{"acc_norm,none", "measure accuracy"},
		{"acc_stderr,none", "measure accuracy other"},
		{"exact_match,strict-match", "measure exact_match"},
		{"f1", "measure f1"},
		{"Accuracy (%)", "measure accuracy %"},
		{"val_loss", "measure loss"},
		{"perplexity", "measure perplexity"},
		{"model_size_bytes", "measure size B"},
		{"Size (GB)", "measure size GB"},
		{"power_draw", "measure power"},
		{"power_w", "measure power W"},
		{"energy_j", "measure energy J"},
		{"gpu.temperature", "measure temperature_c"},
		{"gpu_temp_c", "measure temperature_c"},
		{"temperature", "setting temperature"},
		{"Temperature (\xc2\xb0"
		 "C)",
			"measure temperature_c \xc2\xb0"
			"C"},
		{"system.cpu_percent", "measure cpu_utilization %"},
		{"utilization_gpu", "measure gpu_utilization"},
		{"memory_used_mb", "measure memory MB"},
		{"memory_percent", "measure memory_share %"},
		{"memory_total_mb", "ignore MB"},
		{"peak_vram_gb", "measure memory GB"},
		{"clock_memory", "measure clock"},
		{"sm_clock_mhz", "measure clock MHz"},
	};

	(void)state;
	check(pairs, COUNTOF(pairs));
}

static void test_reports(void **state)
{
	static const struct pair pairs[] = {
		{"Mean TTFT (s)", "measure ttft mean s"},
		{"Mean TTFT (warm)", "measure ttft mean"},
		{"P05 Tokens/s", "measure throughput p5 tok/s"},
		{"meanTTFT", "measure ttft mean"},
		{"**Peak Throughput** (tok/s)", "measure throughput max tok/s"},
		{"Tokens per Second", "measure throughput tok/s"},
		{"Generation Time (ms)", "measure e2el ms"},
		{"Mean generation time across five scenarios", "measure e2el mean"},
		{"GPU Layers", "setting num_gpu"},
		{"Context Size", "setting num_ctx"},
		{"Model Tag", "subject model"},
		{"Test Name", "subject test"},
		{"Config", "subject config"},
		{"Quantization", "setting quant"},
		{"Prompt", "prompt prompt"},
		{"prompt_index", "prompt prompt"},
		{"timestamp", "time"},
		{"generated_at", "time"},
		{"Notes", "ignore"},
		/* Differences and ratios are no figures of the quantity. */
		{"Throughput \xce\x94", "ignore"},
		{"TTFT \xce\x94 (ms)", "ignore ms"},
		{"delta_ttft_ms", "ignore ms"},
		{"Avg TTFT Penalty (ms)", "ignore mean ms"},
		{"Tokens per GB", "unknown"},
		{"Efficiency (tok/s per GB)", "unknown"},
		{"target_latency_ms", "ignore ms"},
		{"total_generation_time_ms", "measure e2el total ms"},
		{"overall_tokens_per_second", "measure throughput mean tok/s"},
		{"error", "error"},
		{"errors", "ignore"},
		{"success", "success"},
		{"", "unknown"},
		{"(", "unknown"},
		{"()", "unknown"},
		{"foo", "unknown"},
		{"s", "unknown"},
		{"%", "unknown"},
	};

	(void)state;
	check(pairs, COUNTOF(pairs));
}

/* What figures of a quantity look like. */
static void test_facts(void **state)
{
	struct rules *r = rules_new();
	struct meaning m = rules_meaning(r, "ttft_s", 6);

	(void)state;
	assert_string_equal(m.label, "TTFT");
	assert_string_equal(m.canonical, "ms");
	assert_int_equal(m.better, -1);
	assert_true(m.least > 0 && m.most >= 3600e3);
	assert_true(m.rule > 0);
	m = rules_meaning(r, "tokens_per_s", 12);
	assert_string_equal(m.canonical, "tok/s");
	assert_int_equal(m.better, 1);
	m = rules_meaning(r, "eval_duration", 13);
	assert_string_equal(m.assumed.name, "ns");
	m = rules_meaning(r, "ttft_cv", 7);
	assert_int_equal(m.stat, STAT_CV);
	assert_string_equal(m.canonical, "%");
	assert_int_equal(m.better, 0);
	/* Nobody's rule: named after the heading, and the same for the same words. */
	m = rules_meaning(r, "x.warp_core_ms", 14);
	assert_int_equal(m.rule, 0);
	assert_string_equal(m.quantity, "x_warp_core");
	assert_string_equal(m.label, "X warp core");
	assert_ptr_equal(m.quantity, rules_meaning(r, "x warp core [s]", 15).quantity);
	rules_free(r);
}

static void test_own_rules(void **state)
{
	static const char text[] =
		"# mine\n"
		"zap|zip_zap measure zaps req/s>req/s higher 0.5..1e4 Zaps of it\n"
		"\n"
		"\tttft  setting  my_ttft   # no measure here\r\n"
		"=only measure only\n"
		"near_* ignore\n"
		"@J measure joules J - 0.. Joules\n";
	struct rules *r = rules_new();
	struct err e = ERR_INIT;
	struct meaning m;

	(void)state;
	assert_int_equal(rules_add_text(r, "mine", text, sizeof(text) - 1, &e), 0);
	m = rules_meaning(r, "Zip of Zap", 10);
	assert_string_equal(text_of(&m), "measure zaps");
	assert_string_equal(m.label, "Zaps of it");
	assert_int_equal(m.rule, 2);
	assert_double(m.least, 0.5);
	assert_double(m.most, 1e4);
	m = rules_meaning(r, "zap (ms)", 8);
	assert_string_equal(text_of(&m), "measure zap ms"); /* a rate of ms there is none */
	assert_string_equal(rules_meaning(r, "mean ttft", 9).quantity, "my_ttft");
	assert_string_equal(rules_meaning(r, "only", 4).quantity, "only");
	assert_string_equal(rules_meaning(r, "the only one only", 17).quantity, "");
	assert_int_equal(rules_meaning(r, "near latency ms", 15).part, PART_IGNORE);
	assert_string_equal(rules_meaning(r, "total (J)", 9).quantity, "joules");
	/* A later text stands before an earlier one. */
	assert_int_equal(rules_add_text(r, "later", "zap count\n", 10, &e), 0);
	assert_int_equal(rules_meaning(r, "zap", 3).part, PART_COUNT);
	rules_free(r);
}

static void test_wrong_rules(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"a measurement x\n", "mine, line 1: no part of that name \"measurement\""},
		{"\n\na\n", "mine, line 3: no part of that name \"\""},
		{"a measure\n", "mine, line 1: a name is needed behind \"measure\""},
		{"a measure x parrots\n", "mine, line 1: no unit of that name \"parrots\""},
		{"a measure x s>tok/s\n", "mine, line 1: units of different kinds \"s>tok/s\""},
		{"a measure x s up\n", "mine, line 1: better is higher, lower or -, not \"up\""},
		{"a measure x s lower 5\n", "mine, line 1: no range \"5\""},
		{"a measure x s lower 5..1\n", "mine, line 1: no range \"5..1\""},
		{"a@miles measure x\n", "mine, line 1: no unit of that name \"miles\""},
		{"a__b ignore\n", "mine, line 1: no words of a heading \"a__b\""},
		{"a_b_c_d_e_f_g ignore\n", "mine, line 1: no words of a heading \"a_b_c_d_e_f_g\""},
		{"= ignore\n", "mine, line 1: no words of a heading \"=\""},
		{"* ignore\n", "mine, line 1: no words of a heading \"*\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct rules *r = rules_new();
		struct err e = ERR_INIT;

		assert_int_equal(
			rules_add_text(r, "mine", cases[i].text, strlen(cases[i].text), &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_string_equal(e.msg, cases[i].message);
		rules_free(r);
	}
}

static void test_rules_file(void **state)
{
	struct rules *r = rules_new();
	struct err e = ERR_INIT;
	const char *path = unit_write_text("mine.rules", "bogus measure bogus ms lower\nx y\n");

	(void)state;
	assert_int_equal(rules_add_file(r, path, &e), -1);
	assert_non_null(strstr(e.msg, "mine.rules, line 2"));
	e = (struct err)ERR_INIT;
	assert_int_equal(rules_add_file(r, unit_path("not there"), &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	rules_free(r);
}

/* Any bytes as a heading or as rules: something comes out, and it stays in its bounds. */
static void test_random(void **state)
{
	static const char some[] = "abcpTS_.-/ ()[]%0159\xce\x94\xc2\xb0\0|=@*>#\n\t";
	struct rules *r = rules_new();
	struct rng rng;

	(void)state;
	rng_init(&rng, 7, "headings");
	for (int i = 0; i < 20000; i++) {
		char heading[300];
		size_t len = rng_below(&rng, sizeof(heading));
		struct meaning m;

		for (size_t k = 0; k < len; k++)
			heading[k] = i % 2 ? some[rng_below(&rng, sizeof(some) - 1)]
					   : (char)rng_below(&rng, 256);
		m = rules_meaning(r, heading, len);
		assert_true(m.part <= PART_IGNORE && m.stat < STAT_COUNT_OF_KINDS);
		assert_true(strlen(m.quantity) < 60 && m.least <= m.most);
		if (i % 20 == 0) {
			struct err e = ERR_INIT;
			struct rules *own = rules_new();

			if (rules_add_text(own, "random", heading, len, &e))
				assert_int_equal(e.code, ERR_USAGE);
			rules_free(own);
		}
	}
	rules_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ollama),
		cmocka_unit_test(test_load_generators),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_llama_bench),
		cmocka_unit_test(test_small_benchmarks),
		cmocka_unit_test(test_quality_and_machine),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_own_rules),
		cmocka_unit_test(test_wrong_rules),
		cmocka_unit_test(test_rules_file),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
