/* goodput.c - see goodput.h */
#include "goodput.h"

#include <math.h>

bool goodput_is_limited(const struct goodput_limits *limits)
{
	return !isnan(limits->ttft_ms) || !isnan(limits->tpot_ms) || !isnan(limits->e2e_ms);
}

static bool is_over(double limit, double value, bool *unknown)
{
	*unknown |= !isnan(limit) && isnan(value);
	return value > limit;
}

struct goodput_kept goodput_judge(
	const struct goodput_limits *limits, const struct goodput_seen *seen)
{
	bool has_no_tpot = isnan(seen->tpot_ms) && seen->tokens <= 2;
	struct goodput_kept k = {.unknown = false};

	k.over_ttft = is_over(limits->ttft_ms, seen->ttft_ms, &k.unknown);
	k.over_tpot = !has_no_tpot && is_over(limits->tpot_ms, seen->tpot_ms, &k.unknown);
	k.over_e2e = is_over(limits->e2e_ms, seen->e2e_ms, &k.unknown);
	k.met = !k.over_ttft && !k.over_tpot && !k.over_e2e && !k.unknown;
	return k;
}
