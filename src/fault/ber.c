/* Bit errors: every bit is inverted with the same probability, independently of all others. */
#include "fault/fault_int.h"

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    return rsl_fault_parse_amount(&s->amount, words, 0);
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    rsl_fault_print_amount(&s->amount, text);
}

const struct rsl_fault_model rsl_fault_ber = {
    .name = "ber",
    .arguments = "[:RATE|:count:K]",
    .about = "each bit is flipped with probability RATE, or K are",
    .options = RSL_TAKES_PLACES | RSL_TAKES_POSITIONS | RSL_TAKES_SAMPLING,
    .parse = parse,
    .print = print,
    .open = rsl_fault_sample_open,
    .draw = rsl_fault_sample_flips,
    .expected = rsl_fault_sample_expected,
};
