/* A fixed number of flips: K different bits, every set of K being equally likely. */
#include "base/status.h"
#include "fault/fault_int.h"

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    if (words->n != 1) return rsl_fail(RSL_EARG, "it takes one number of faults, 'count:10'");
    s->amount.kind = RSL_AMOUNT_COUNT;
    return rsl_fault_parse_whole(words->at[0], "the number of faults", 1, INT64_MAX - 1,
                                 &s->amount.count);
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    rsl_text_printf(text, ":%lld", (long long)s->amount.count);
}

const struct rsl_fault_model rsl_fault_count = {
    .name = "count",
    .arguments = ":K",
    .about = "exactly K different bits are flipped",
    .options = RSL_TAKES_PLACES | RSL_TAKES_POSITIONS | RSL_TAKES_SAMPLING,
    .parse = parse,
    .print = print,
    .open = rsl_fault_sample_open,
    .draw = rsl_fault_sample_flips,
    .expected = rsl_fault_sample_expected,
};
